"""`python -m scenarios`: tables in two languages, JSON, faults on standard error."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scenarios import levers, targets
from scenarios.cli.main import main
from scenarios.plans.clauses import REGIONS
from scenarios.report.listing import coverage, list_coverage
from sim.cli.console import OK, USAGE

ROOT = Path(__file__).resolve().parents[2]


def printed(capsys, *arguments):
    assert main(arguments) == OK
    return capsys.readouterr().out


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_lever_and_target_is_listed_by_name(capsys, lang):
    table = printed(capsys, "list", "levers", "--lang", lang)
    for lever in levers().values():
        assert lever.id in table
        assert (lever.name_zh if lang == "zh" else lever.name) in table
    table = printed(capsys, "list", "targets", "--lang", lang)
    for target in targets().values():
        assert target.id in table
        assert target.conflict_note in table


def test_a_region_lists_its_own_only(capsys):
    rows = printed(capsys, "list", "levers", "chifeng").splitlines()[1:]
    assert {line.split()[1] for line in rows} == {
        lever.id for lever in levers().values() if "chifeng" in lever.clauses
    }
    assert "liaocheng." not in printed(capsys, "list", "targets", "suining")


def test_columns_stand_under_each_other_in_chinese(capsys):
    def width(text):
        return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)

    head, *rows = printed(capsys, "list", "scenarios", "--lang", "zh").splitlines()
    column = width(head[: head.index("名称")])
    assert len(rows) == 15
    for row in rows:
        at = next(k for k in range(len(row)) if width(row[:k]) >= column)
        assert row[at - 1] == " " != row[at]


def test_show_prints_reasons_and_what_the_levers_come_to(capsys):
    shown = printed(capsys, "show", "liaocheng", "plan-2025")
    assert "35% of the centres reach the recommended standard." in shown
    (beds,) = [line for line in shown.splitlines() if line.startswith("reserved_bed_share:city")]
    assert beds.split()[-6:-1] == ["0", "-", "0.1", "0.1", "0.1"]
    assert "settings, not results" in shown
    assert "没有任何变化" in printed(capsys, "show", "taonan", "as-now", "--lang", "zh")


def test_json_carries_the_same(capsys):
    listed = json.loads(printed(capsys, "list", "levers", "--json"))
    assert [lever["id"] for lever in listed] == list(levers())
    found = json.loads(printed(capsys, "list", "targets", "taonan", "--json"))
    assert [t["target"] for t in found if t["id"] == "taonan.doctors_per_1000"] == [3.54]
    scenarios = json.loads(printed(capsys, "list", "scenarios", "--json"))
    names = ["as-now", "plan-2025", "vision-2035"]
    assert [(s["region"], s["name"]) for s in scenarios] == [(r, n) for r in REGIONS for n in names]
    vision = json.loads(printed(capsys, "show", "suining", "vision-2035", "--json"))
    assert vision["extends"] == ["plan-2025"]
    assert vision["first_day"] == "2024-07-01"
    assert vision["changes"]["2023"] == []
    (referral,) = [c for c in vision["changes"]["2035"] if c["quantity"] == "formal_referral"]
    gained = sum(step["size"] * step["level"] for step in referral["steps"])
    assert referral["value"] == pytest.approx(referral["without"] + gained)


def test_a_file_of_ones_own_is_shown_and_a_wrong_one_refused(capsys, tmp_path):
    own = tmp_path / "mine.yaml"
    shipped = ROOT / "scenarios" / "library" / "taonan" / "plan-2025.yaml"
    text = shipped.read_text(encoding="utf-8").replace("name: plan-2025", "name: mine")
    own.write_text(text, encoding="utf-8")
    assert printed(capsys, "show", str(own)) == printed(capsys, "show", "taonan", "plan-2025")
    own.write_text(text.replace("county_consortium:", "county_consortia:"), encoding="utf-8")
    assert main(["show", str(own)]) == USAGE
    told = capsys.readouterr()
    assert told.out == ""
    assert re.search(r"mine.yaml row \d+, levers.county_consortia: .* mean county_cons", told.err)


def test_counts_add_up_and_the_page_prints_them(capsys):
    counts = coverage()
    assert counts["acting"] + counts["context"] == counts["levers"] == len(levers())
    assert counts["direct"] + counts["stocks"] == counts["acting"]
    for kind in ("definitions", "targets"):
        parts = [count for name, count in counts.items() if name.startswith(f"{kind}.")]
        assert sum(parts) == counts[kind]
    page = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    assert list_coverage(None, "en") in page
    assert printed(capsys, "list", "coverage") == list_coverage(None, "en")
