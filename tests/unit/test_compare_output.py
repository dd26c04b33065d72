"""What a comparison prints and writes: words, JSON, CSV, figures, page, Word, exit codes."""

import csv
import io
import json
import re
import warnings
from dataclasses import replace
from html.parser import HTMLParser
from importlib import import_module
from types import MappingProxyType

import docx
import pytest
import xarray as xr

from scenarios.cli.compare_command import page
from scenarios.cli.main import main
from scenarios.comparison import runs
from scenarios.comparison.compare import compare
from scenarios.comparison.findings import Figure
from scenarios.report import charts, export, fonts
from scenarios.report.as_json import record
from scenarios.report.document import html, report_of, word
from scenarios.report.formats import money, shown_chance, shown_figure, signed
from scenarios.report.summary import summary
from scenarios.report.tables import targets_sheet
from scenarios.words.comparing import COMPARE
from tests import standin
from tests.unit.test_compare import AS_NOW, SMALL

compare_module = import_module("scenarios.comparison.compare")
HOSTILE = "<script>alert(1)</script>\"'&=cmd()"


@pytest.fixture(scope="module", autouse=True)
def stood_in():
    patch = pytest.MonkeyPatch()
    for module in (runs, compare_module):
        patch.setattr(module, "path_of", standin.path_of)
        patch.setattr(module, "draws_of", standin.draws_of)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    (folder / "as-now.yaml").write_text(AS_NOW, encoding="utf-8")
    path = folder / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def found(small):
    return compare("taonan", ("as-now", small), (2023, 2035), draws=6, threads=1)


@pytest.fixture(scope="module", params=("en", "zh"))
def published(request, found, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    return request.param, export.publish(found, folder, request.param)


# Words


def test_every_word_is_there_in_both_languages_with_the_same_gaps():
    for name, (english, chinese) in COMPARE.items():
        fields = [set(re.findall(r"{(\w+)", words)) for words in (english, chinese)]
        assert fields[0] == fields[1], name
        assert bool(english) == bool(chinese) or name == "head.verdict"
        # Only the numbers of clauses are quoted.
        assert not re.search("[一-鿿]", english) or name == "note.clause", name


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_word_promises(found, lang):
    told = page(found, lang) + " ".join(summary(found, lang))
    assert not re.search(r"\b(will|optimal|predicts?)\b", told)
    assert not re.search("最优|预测(?!。)|精准", told.replace("不是预测", ""))


def test_the_page_tells_targets_with_clause_chance_and_unresolved_need(found):
    told = page(found, "en")
    assert "Share of patients leaving the county or region" in told
    assert "plan 四(一)" in told
    assert ">99%" in told
    assert "unresolved need" in told
    assert "interaction" in told
    assert "not a forecast" in told


def test_a_conflict_of_the_plan_stands_under_its_target(found):
    one = found.targets[0]
    noted = replace(one, target=replace(one.target, conflict_note="Two numbers for a year."))
    sheet = targets_sheet(replace(found, targets=(noted,)), "en")
    assert ("! Two numbers for a year.",) in sheet.rows


def test_chances_are_never_none_or_certain():
    assert [shown_chance(x, "en") for x in (0.0, 0.004, 0.5, 0.996, 1.0)] == [
        "<1%", "<1%", "50%", ">99%", ">99%"
    ]  # fmt: skip


def test_numbers_read_as_the_field_writes_them():
    assert money(1.24e9, "en") == "CNY 1.2 billion"
    assert money(1.24e9, "zh") == "12.4亿元"
    assert signed(-0.04, 1) == "0.0"
    assert shown_figure(Figure(-0.01, -0.02, 0.01), "percent") == "−1.0% (−2.0 … 1.0)"


# JSON and CSV


def test_json_has_the_ids_of_a_run_and_ranges_in_order(found):
    document = json.loads(json.dumps(record(found), allow_nan=False))
    assert set(document["indicators"]) == {"as-now", "small"}
    assert set(document["indicators"]["small"]) == {"2023", "2025", "2035"}
    rates = document["indicators"]["small"]["2035"]["in_county_visit_rate"]
    assert rates["unit"] == "1"
    assert rates["low"] < rates["value"] < rates["high"]
    assert set(rates["by_income"]) == set("12345")
    judged = document["targets"]["simulated"]
    assert {"id", "clause", "scenario", "value", "low", "high", "chance", "met", "base",
            "unresolved_need_share", "conflict_note"} <= set(judged[0])  # fmt: skip
    assert all(0.0 <= j["chance"] <= 1.0 for j in judged if j["chance"] is not None)
    assert {t["status"] for t in document["targets"]["input"]} == {"input"}
    assert {t["status"] for t in document["targets"]["outside"]} == {"outside"}
    assert {"alone", "removed"} <= set(document["drivers"][0])


def test_no_text_of_a_csv_is_a_formula():
    rows = [{"name": sign + "cmd|calc", "value": -1.5} for sign in "=+-@\t\r\n"]
    read = list(csv.reader(io.StringIO(export.csv_bytes(rows).decode("utf-8-sig"), newline="")))
    assert read[0] == ["name", "value"]
    assert all(row[0].startswith("'") for row in read[1:])
    assert all(row[1] == "-1.5" for row in read[1:])


# What is published


def test_everything_is_published_with_its_checksum(published):
    _, folder = published
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert there == {*manifest["files"], "manifest.json"}
    assert {"report.docx", "report.html", "comparison.json", "comparison.nc",
            "csv/indicators.csv", "csv/targets.csv", "figures/headlines.png"} <= there  # fmt: skip
    assert [p for p in folder.parent.iterdir() if p.name.startswith(".tmp")] == []


def test_the_dataset_holds_the_figures_with_units(published, found):
    with xr.open_dataset(published[1] / "comparison.nc", engine="h5netcdf") as dataset:
        cell = dataset.in_county_visit_rate.sel(scenario="small", year=2035)
        figure = found.figure("small", 2035, "in_county_visit_rate")
        assert cell.values.tolist() == [figure.value, figure.low, figure.high]
        assert dataset.wait_minutes_mean.attrs["units"] == "minute"
        assert dataset.bed_occupancy_by_tier.dims == ("scenario", "year", "tier", "range")


def test_a_comparison_that_is_there_is_left_as_it_is(found, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "figures", lambda *_: {})
    folder = export.publish(found, tmp_path, "en")
    before = (folder / "report.html").stat().st_mtime_ns
    assert export.publish(found, tmp_path, "en") == folder
    assert (folder / "report.html").stat().st_mtime_ns == before


def test_an_interruption_leaves_nothing_behind(found, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(export, "dataset", interrupted)
    monkeypatch.setattr(export, "figures", lambda *_: {})
    with pytest.raises(KeyboardInterrupt):
        export.publish(found, tmp_path, "en")
    assert list(tmp_path.iterdir()) == []


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]


def test_the_page_stands_alone_and_says_its_language(published):
    lang, folder = published
    words = (folder / "report.html").read_text(encoding="utf-8")
    parser = Links()
    parser.feed(words)
    assert all(link.startswith(("#", "data:image/png")) for link in parser.links)
    assert "script" not in parser.tags
    assert "url(" not in words
    assert f'<html lang="{ {"zh": "zh-CN", "en": "en"}[lang] }">' in words
    assert parser.tags.count("img") >= 5


def hostile(found):
    counties = MappingProxyType(dict.fromkeys(found.counties, (HOSTILE, HOSTILE)))
    rows = tuple(replace(b, name=HOSTILE, name_zh=HOSTILE) for b in found.bottlenecks)
    return replace(found, name=HOSTILE, name_zh=HOSTILE, counties=counties, bottlenecks=rows)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_hostile_names_are_text(found, lang):
    words = html(hostile(found), lang, {})
    assert HOSTILE not in words
    assert "<script" not in words
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in words


def test_a_word_file_opens_with_every_table_and_picture(published, found):
    lang, folder = published
    document = docx.Document(str(folder / "report.docx"))
    report = report_of(found, lang)
    sheets = [s for part in (report.front, *report.sections) for s in part.sheets if s.rows]
    assert len(document.tables) == len(sheets)
    assert document.paragraphs[0].text == report.title
    assert len(document.inline_shapes) >= 5
    fonts_of = document.styles["Normal"].element.rPr.rFonts.attrib
    assert fonts_of[docx.oxml.ns.qn("w:eastAsia")] == "宋体"
    text = " ".join(cell.text for cell in document.tables[0]._cells)
    assert "四(一)" in text


def test_hostile_names_do_not_break_the_word_file(found, tmp_path):
    path = tmp_path / "report.docx"
    word(hostile(found), "en", {}).save(str(path))
    assert HOSTILE in docx.Document(str(path)).paragraphs[0].text


# Figures


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_figures_have_all_their_glyphs(found, lang):
    if lang == "zh" and fonts.chinese_family() is None:
        pytest.skip("no Chinese font here: figures fall back to English, tested below")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pictures = export.figures(found, lang)
    assert {"chances", "headlines", "visits", "admissions", "gains", "drivers-small"} == set(
        pictures
    )
    assert all(png.startswith(b"\x89PNG") for png in pictures.values())


def test_without_a_chinese_font_figures_are_english_and_the_report_says_so(found, monkeypatch):
    monkeypatch.setattr(fonts, "chinese_family", lambda: None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert export.figures(found, "zh")
    assert "未找到中文字体" in html(found, "zh", {})
    assert fonts.families("zh") == [fonts.LATIN]


def test_a_title_is_no_formula(found):
    arm = found.arms[1]
    named = replace(arm, key="$\\frac{1}{$")
    strange = replace(found, drivers=tuple(replace(d, arm=named.key) for d in found.drivers),
                      totals=tuple(replace(t, arm=named.key) for t in found.totals))  # fmt: skip
    picture = charts.drivers(strange, named, lang="en")
    assert picture is not None
    picture.savefig(io.BytesIO(), format="png")


def test_shares_of_tiers_add_up_to_one(found):
    shares = charts.tier_shares(found, "small", 2035, "visits")
    assert sum(shares.values()) == pytest.approx(1.0)


# The command


def test_the_command_prints_json_and_writes_nothing_else(small, capsys):
    code = main(["compare", "taonan", "as-now", small, "--years", "2023", "--draws", "2",
                 "--threads", "1", "--json", "--no-levers"])  # fmt: skip
    out = capsys.readouterr()
    assert code == 0
    assert json.loads(out.out)["comparison"]["draws"] == 2
    assert "2/2" in out.err or "4/4" in out.err


def test_a_wrong_scenario_is_a_usage_fault(capsys):
    assert main(["compare", "taonan", "as-now", "plan-2024", "--quiet"]) == 2
    assert "plan-2024" in capsys.readouterr().err


@pytest.mark.parametrize(("raised", "code"), [(RuntimeError("no fixed point"), 1),
                                              (KeyboardInterrupt(), 130)])  # fmt: skip
def test_a_failed_or_interrupted_run_has_its_own_exit_code(raised, code, monkeypatch, capsys):
    def fails(*_):
        raise raised

    monkeypatch.setattr(compare_module, "path_of", fails)
    assert main(["compare", "taonan", "as-now", "--draws", "0", "--quiet"]) == code
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_report_without_levers_one_by_one_has_no_empty_chapter_of_them(found, lang):
    figures = [f for s in report_of(found, lang).sections for f in s.figures]
    assert "drivers-small" in figures
    without = report_of(replace(found, drivers=(), totals=()), lang)
    assert not [f for s in without.sections for f in s.figures if f.startswith("drivers")]
    assert len(without.sections) == len(report_of(found, lang).sections) - 1
