"""The page by its logic, without a browser: languages, regions, sliders, links, bad states."""

from __future__ import annotations

import re

import pytest

from scenarios.plans.clauses import REGIONS
from sim.errors import Fault, InputError
from tests.app import stand_in
from tests.app.reading import cards, shows, sliders, words
from ui.model import answer
from ui.model.question import SLIDER_IDS, start_levels
from ui.pages.sidebar import region_name
from ui.view.state import prepare_sliders, slider_key

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("region", REGIONS)
def test_every_region_loads_in_both_languages(app, region, lang):
    at = app(r=region, lang=lang)
    assert not at.exception and not at.error and not at.warning
    assert region_name(region, lang) in words(at)
    assert len(sliders(at)) == len(SLIDER_IDS) == 10
    found = cards(at)
    assert len(found) == 8
    for card in found:
        assert "2025" in card and "2035" in card


def test_the_projection_is_tagged_in_both_languages(app):
    assert "条件推演，不是预测" in words(app(lang="zh"))
    assert "conditional projection, not forecast" in words(app(lang="en"))


def test_the_english_page_has_chinese_only_in_clauses_and_cited_titles(app):
    said = words(app(r="chifeng", lang="en"))
    said = re.sub(r"<details.*?</details>|clause [^<;·]*|Source: [^<]*", "", said, flags=re.DOTALL)
    assert not HAN.search(said), HAN.search(said)


def test_unresolved_need_stands_beside_every_in_county_rate(app):
    for region in REGIONS:
        found = cards(app(r=region, lang="en"))
        names = [re.search(r'tc-name">(.*?)<', card)[1] for card in found]
        beside = [
            name for name, card in zip(names, found, strict=True) if "Unresolved need 2035" in card
        ]
        assert beside == [name for name in names if re.search("county|[Pp]rimary", name)
                          and "occupancy" not in name]  # fmt: skip
        assert len(beside) >= 4
        assert "Unresolved need" in names  # and by itself


def test_a_slider_starts_at_the_plan_and_changes_the_answer(app):
    at = app(r="taonan", lang="en")
    start = start_levels("taonan")
    assert {
        lever: at.slider(key=slider_key("taonan", lever)).value for lever in SLIDER_IDS
    } == start
    before = cards(at)
    assert all("Your plan" not in card for card in before)
    at.slider(key=slider_key("taonan", "bed_control")).set_value(0.2).run()
    after = cards(at)
    assert all("Your plan" in card for card in after)
    assert shows(at, "Control of bed numbers")
    assert at.query_params["x"] == ["bed_control:0.2"] or at.query_params["x"] == "bed_control:0.2"
    assert after != before


def test_as_now_does_not_move_when_a_slider_does(app):
    def of_now(at):
        return [re.search(r"tc-row-as-now.*?</tr>", card)[0] for card in cards(at)]

    at = app(r="taonan", lang="en")
    before = of_now(at)
    at.slider(key=slider_key("taonan", "bed_control")).set_value(0.2).run()
    assert of_now(at) == before


def test_reset_brings_the_plan_back(app):
    at = app(r="liaocheng", lang="en", x="bed_control:0.2~drug_alignment:0.3")
    assert at.slider(key=slider_key("liaocheng", "drug_alignment")).value == 0.3
    assert "Your plan is plan-2025 with 2 changed" in words(at)
    at.button(key="reset").click().run()
    start = start_levels("liaocheng")
    for lever in SLIDER_IDS:
        assert at.slider(key=slider_key("liaocheng", lever)).value == start[lever]
    assert "Your plan equals plan-2025" in words(at)
    assert "x" not in at.query_params


def test_the_language_changes_words_and_keeps_levels_and_figures(app):
    at = app(r="chifeng", lang="zh", x="extended_hours:0.1~bed_control:0.1")
    figures = re.findall(r"<td>([\d.,%–]+)</td>", " ".join(cards(at)))
    at.segmented_control(key="lang").set_value("en").run()
    assert at.slider(key=slider_key("chifeng", "bed_control")).value == 0.1
    assert re.findall(r"<td>([\d.,%–]+)</td>", " ".join(cards(at))) == figures
    assert len(figures) > 30


def test_another_region_has_its_own_levels_and_the_first_keeps_its(app):
    at = app(r="taonan", lang="en")
    at.slider(key=slider_key("taonan", "bed_control")).set_value(0.2).run()
    at.selectbox(key="region").set_value("suining").run()
    assert at.slider(key=slider_key("suining", "bed_control")).value == 0.0
    at.selectbox(key="region").set_value("taonan").run()
    assert at.slider(key=slider_key("taonan", "bed_control")).value == 0.2


@pytest.mark.parametrize(
    "link",
    [
        {"r": "atlantis"}, {"lang": "fr"}, {"x": "bed_control:7"}, {"x": "bed_control:nan"},
        {"x": "nothing:0.1"}, {"x": "<script>alert(1)</script>"}, {"spoon": "1"},
        {"x": "bed_control:" + "9" * 5000},
    ],
)  # fmt: skip
def test_a_bad_link_is_told_and_left_out(app, link):
    at = app(**{"lang": "en", "r": "liaocheng", **link})
    assert not at.exception and not at.error
    assert len(at.warning) == 1
    assert "<script" not in at.warning[0].value
    assert len(cards(at)) == 8


def test_a_link_of_another_version_is_told(app):
    at = app(r="taonan", lang="en", m="0.0.1")
    assert "0\\.0\\.1" in at.warning[0].value or "0.0.1" in at.warning[0].value


def test_a_state_that_makes_no_sense_is_replaced(app):
    at = app(r="taonan", lang="en")
    at.session_state["levels"] = {"taonan": {**start_levels("taonan"), "bed_control": 99.0}}
    at.session_state["ranges.of"] = None
    at.run()
    assert not at.exception and not at.error
    session = {slider_key("taonan", "bed_control"): float("nan")}
    prepare_sliders(session, "taonan")
    assert session[slider_key("taonan", "bed_control")] == start_levels("taonan")["bed_control"]


def test_a_fault_in_the_program_is_a_number_and_no_trace(app, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a secret place: /srv/tiercare/file.py")

    monkeypatch.setattr(answer, "simulate_path", broken)
    at = app(r="taonan", lang="en")
    assert not at.exception
    assert len(at.error) == 1
    assert re.search(r"log as [0-9a-f]{6}", at.error[0].value)
    assert "secret" not in words(at) and "Traceback" not in words(at)
    monkeypatch.setattr(answer, "simulate_path", stand_in.simulate_path)
    at.run()
    assert not at.error and len(cards(at)) == 8  # the session goes on


def test_a_fault_of_the_input_is_told_in_words(app, monkeypatch):
    def refused(*_, **__):
        raise InputError([Fault("taonan/region.yaml", 3, "name", "''", "a name")])

    monkeypatch.setattr(answer, "simulate_path", refused)
    at = app(r="taonan", lang="en")
    assert not at.exception and not at.error
    assert "expected a name" in at.warning[0].value


def test_a_plan_without_a_goal_says_so(app):
    at = app(r="suining", lang="en")
    assert "sets no goal that a run can judge" in at.info[0].value
    assert "tc-row-goal" not in " ".join(cards(at))


def test_no_in_county_rate_is_green(app):
    colours = re.findall(r"#[0-9A-Fa-f]{3,6}", words(app(r="liaocheng")))
    for colour in set(colours):
        digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
        red, green, blue = (int(digits[k : k + 2], 16) for k in (0, 2, 4))
        assert not (green > red + 30 and green > blue + 30), colour
