"""The parts of the page by themselves: questions, links, goals, numbers, charts, ranges, words."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios import levers, load
from scenarios.plans.clauses import REGIONS
from sim.errors import InputError, NotConverged
from sim.indicators import INDICATORS
from sim.tiers import TIER_KEYS
from ui.model import question as questions
from ui.model import ranges
from ui.model.answer import IN_COUNTY, SHOWN, UNRESOLVED, Answer
from ui.model.answer import from_json as answer_of
from ui.model.jobs import DONE, FULL_RUN, Job
from ui.model.question import AS_NOW, PLAN, SLIDER_IDS, SLIDERS, Question, question_of, scenario_of
from ui.pages import sections
from ui.pages.long_work import beside
from ui.view import charts
from ui.view import words as phrases
from ui.view.cards import Card, html_of, verdict_of
from ui.view.goals import cards_of, goals_of
from ui.view.numbers import DEFINED, difference, duration, level, name_of, people, shown
from ui.view.state import decode, encode

LEVEL = st.sampled_from(SLIDER_IDS).flatmap(
    lambda lever: st.tuples(
        st.just(lever),
        st.floats(levers()[lever].low, levers()[lever].high).map(lambda x: round(x, 6)),
    )
)
LANG = ("en", "zh")


def answer_with(**values):
    """An answer in which every year and tier has the same figures."""
    figures = {name: {"value": 0.5, "by_tier": dict.fromkeys(TIER_KEYS, 0.5)} for name in SHOWN}
    figures |= {name: {"value": value} for name, value in values.items()}
    years = (2020, 2022, 2023, 2025, 2035)
    flow = {tier: 1000.0 * (k + 1) for k, tier in enumerate(TIER_KEYS)}
    flows = {year: {"visits": flow, "admissions": flow} for year in years}
    return Answer(dict.fromkeys(years, figures), flows, "meanfield", 0, 1.0, ())


def card_of(indicator, now, plan, region="liaocheng", lang="en", **more):
    answers = {"as-now": now, "plan-2025": plan, "vision-2035": plan}
    return Card(region, DEFINED[indicator], "", answers, more.get("ranges"), lang)


# Questions


@given(st.dictionaries(st.sampled_from(SLIDER_IDS), st.floats(0, 0.1), max_size=4))
def test_a_question_keeps_what_was_moved_and_nothing_else(levels):
    question = question_of("taonan", levels)
    start = questions.start_levels("taonan")
    assert dict(question.moved) == {k: v for k, v in levels.items() if abs(v - start[k]) > 1e-9}
    assert questions.from_json(question.to_json()) == question
    assert question_of("taonan", dict(reversed(levels.items()))).key == question.key


def test_a_moved_lever_keeps_its_dates_and_place_and_the_others_are_the_plan():
    plan = load("liaocheng", PLAN)
    moved = scenario_of(Question("liaocheng", PLAN, (("township_standard", 0.3),)))
    assert len(moved.settings) == len(plan.settings)
    for before, after in zip(plan.settings, moved.settings, strict=True):
        if before.lever.id == "township_standard":
            assert after == replace(before, level=0.3, basis="assumed")
            assert not after.place.is_everywhere
        else:
            assert after == before


def test_a_lever_the_plan_does_not_name_arrives_after_it():
    assert questions.setting_in_plan("liaocheng", "extended_hours") is None
    moved = scenario_of(Question("liaocheng", PLAN, (("extended_hours", 0.2),)))
    assert moved.level("extended_hours", date(2025, 12, 31)) == 0.0
    assert moved.level("extended_hours", date(2031, 1, 1)) == pytest.approx(0.2)
    numbers = [setting.lever.number for setting in moved.settings]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    "question",
    [
        Question("atlantis"), Question("taonan", "plan-1999"),
        Question("taonan", PLAN, (("nothing", 0.1),)),
        Question("taonan", PLAN, (("bed_control", 9.0),)),
        Question("taonan", PLAN, (("bed_control", float("nan")),)),
    ],
)  # fmt: skip
def test_a_question_that_is_none_is_refused(question):
    with pytest.raises(InputError):
        scenario_of(question)


def test_the_sliders_act_and_their_words_are_known():
    assert len(SLIDER_IDS) == len(set(SLIDER_IDS)) == 10
    for lever in SLIDER_IDS:
        assert levers()[lever].effects
        assert levers()[lever].unit.startswith(("share", "reimbursement", "relative"))
    assert all(phrases.has(f"group.{group}") for group in SLIDERS)


# Links


@given(st.sampled_from(REGIONS), st.sampled_from(LANG), st.lists(LEVEL, max_size=10))
def test_a_link_brings_back_what_it_was_made_of(region, lang, moved):
    view = decode(encode(lang, region, dict(moved)))
    assert (view.lang, view.region, view.ignored) == (lang, region, ())
    assert view.moved == pytest.approx(dict(moved))


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=60), max_size=5))
def test_no_link_breaks_the_page(link):
    view = decode(link)
    assert view.region in REGIONS and view.lang in LANG
    for lever, value in view.moved.items():
        assert levers()[lever].low <= value <= levers()[lever].high
    allowed = set(string.punctuation) - {"_", "-"}
    assert not any(set(name) & allowed for name in view.ignored)


# Goals


def goal(region, name):
    return next(g for g in goals_of(region) if g.target.definition.id == name)


def test_a_goal_with_a_number_is_met_close_or_missed():
    nine_tenths = goal("liaocheng", "in_county_visit_rate")
    found = [nine_tenths.verdict(value, 0.5) for value in (0.95, 0.9, 0.89, 0.87, None)]
    assert found == ["met", "met", "close", "missed", ""]
    assert nine_tenths.aim("en") == "≥90%"
    assert nine_tenths.aim_with_year("zh") == "2025年≥90%"


def test_a_goal_without_a_number_is_measured_from_2023():
    more = goal("liaocheng", "primary_service_and_fund_share")
    assert [more.verdict(value, 0.3) for value in (0.31, 0.29)] == ["met", "missed"]
    assert more.verdict(0.31, None) == ""


def test_fewer_who_leave_are_more_who_stay():
    fewer = goal("bayannur", "out_of_area_share")
    assert fewer.target.comparator == "decrease"
    assert fewer.aim("en") == "fewer leave"
    assert [fewer.verdict(value, 0.8) for value in (0.85, 0.75)] == ["met", "missed"]


def test_a_goal_in_words_is_not_judged():
    words = goal("taonan", "tiered_care_pattern")
    assert words.verdict(0.9, 0.5) == ""
    assert words.aim("zh") == "文字表述"


def test_meeting_a_rate_while_more_stay_unresolved_is_no_success():
    now = answer_with(in_county_visit_rate=0.85, unresolved_need_share=0.18)
    good = answer_with(in_county_visit_rate=0.95, unresolved_need_share=0.17)
    bad = answer_with(in_county_visit_rate=0.95, unresolved_need_share=0.19)
    assert verdict_of(card_of("in_county_visit_rate", now, good)) == "met"
    assert verdict_of(card_of("in_county_visit_rate", now, bad)) == "watch"
    assert "more unresolved" in html_of(card_of("in_county_visit_rate", now, bad))


@pytest.mark.parametrize("region", REGIONS)
def test_every_goal_that_can_be_judged_has_a_card(region):
    shown_ids = {indicator for indicator, _ in cards_of(region)}
    assert {g.indicator for g in goals_of(region)} <= shown_ids
    assert len(cards_of(region)) == 8
    assert UNRESOLVED in shown_ids


def test_every_rate_within_the_county_that_plans_aim_at_shows_unresolved_need():
    for region in REGIONS:
        assert {g.indicator for g in goals_of(region)} <= set(IN_COUNTY)


# Cards


def test_names_of_any_length_and_markup_stay_inside_a_card():
    long = "<b>县域</b>" + "甲" * 300
    indicator = replace(DEFINED["in_county_visit_rate"], name=long, name_zh=long, note=long)
    card = replace(card_of("in_county_visit_rate", answer_with(), answer_with()),
                   indicator=indicator)  # fmt: skip
    for lang in LANG:
        html = html_of(replace(card, lang=lang))
        assert "<b>" not in html
        assert "&lt;b&gt;" in html


def test_a_figure_that_is_not_defined_is_a_dash_and_never_zero():
    empty = answer_with(in_county_visit_rate=None)
    html = html_of(card_of("in_county_visit_rate", empty, empty))
    assert "<td>–</td><td>–</td>" in html
    assert "<td>0" not in html
    assert "tc-chip" not in html


def test_a_card_with_ranges_tells_the_chance():
    values = {y: {"in_county_visit_rate": (0.88, 0.89, 0.91, 0.92)} for y in (2025, 2035)}
    card = card_of("in_county_visit_rate", answer_with(), answer_with(in_county_visit_rate=0.9),
                   ranges=ranges.Ranges(values, 4))  # fmt: skip
    html = html_of(card)
    assert "50% of draws meet 2025" in html
    assert "88.3–91.7%" in html


# Ranges


def test_a_draw_without_a_solution_is_counted_and_not_in_the_ranges(monkeypatch):
    def asked(question, overrides, threads):
        if overrides["number"] in (1, 4):
            raise NotConverged("residual 1.0")
        return answer_with(in_county_visit_rate=0.9)

    monkeypatch.setattr(ranges, "ask", asked)
    draws = [{"number": k} for k in range(6)]
    found = ranges.ranges_of(Question("taonan"), draws, lambda *told: None)
    assert (found.draws, found.left_out) == (4, 2)
    assert found.values[2035]["in_county_visit_rate"] == (0.9,) * 4
    assert ranges.from_json(found.to_json()) == found
    with pytest.raises(NotConverged):
        ranges.ranges_of(Question("taonan"), [draws[1], draws[4]], lambda *told: None)


def test_ranges_are_percentiles_of_the_draws_and_leave_out_what_none_defines():
    answers = [answer_with(in_county_visit_rate=k / 100) for k in range(101)]
    found = ranges.gathered([*answers, answer_with(in_county_visit_rate=None)])
    assert found.draws == 102
    assert found.ends(2035, "in_county_visit_rate") == pytest.approx((0.1, 0.9))
    assert found.chance(2035, "in_county_visit_rate", lambda v: v >= 0.5) == pytest.approx(51 / 101)
    assert ranges.from_json(found.to_json()) == found
    assert ranges.Ranges({}, 0).ends(2035, "bed_occupancy") is None
    assert ranges.Ranges({}, 0).chance(2035, "bed_occupancy", bool) is None


def test_every_draw_is_asked_the_same_question(path):
    told = []
    found = ranges.ranges_of(
        Question("taonan"), [{"a": 1.0}, {"a": 2.0}, {"a": 3.0}], lambda *p: told.append(p)
    )
    assert found.draws == 3
    assert told == [("draws", k, 3, 0) for k in range(3)]
    low, high = found.ends(2035, "primary_share_all")
    assert low < high


# Answers, charts and tables


def test_an_answer_survives_being_written():
    answer = answer_with(in_county_visit_rate=None)
    assert answer_of(answer.to_json()) == answer


def test_bars_hold_every_tier_and_their_words_the_same_numbers():
    flow = dict(zip(TIER_KEYS, (1.5e6, 2e6, 3e6, 0.0, 1e4, 123_456.0), strict=True))
    spec = charts.flow_bars([("2023", flow)], "visits", "zh")
    assert [series["data"][0]["value"] for series in spec["series"]] == [150, 200, 300, 0, 1, 12.3]
    assert [series["data"][0]["label"]["show"] for series in spec["series"]] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    words = charts.flow_words([("2023", flow)], "visits", "zh")
    assert "县级 300" in words and "万人次" in words


def test_lines_start_in_2020_and_grey_the_pandemic():
    spec = charts.years_line({"yours": answer_with()}, "bed_occupancy", "county", 100.0, "en")
    assert spec["xAxis"]["data"][0] == "2020"
    assert spec["series"][0]["data"][0] == ["2020", 50.0]
    assert spec["series"][0]["markArea"]["data"] == [[{"xAxis": "2020"}, {"xAxis": "2022"}]]


def test_the_table_for_excel_opens_in_chinese_and_says_what_it_is():
    raw = sections.as_csv("taonan", {"as-now": answer_with()}, "zh")
    text = raw.decode("utf-8-sig")
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = text.splitlines()
    assert lines[0] == "分级诊疗推演,taonan,条件推演，不是预测"
    assert lines[1] == "情景,年份,指标,层级,数值,单位"
    assert "现状延续,2035,县域内就诊率（居民口径）,合计,50.0,%" in lines


@pytest.mark.parametrize("lang", LANG)
def test_the_full_run_stands_beside_the_quick_answer(lang):
    quick, full = answer_with(), answer_with(in_county_visit_rate=0.51)
    rows = beside("taonan", quick, full, lang)
    first = list(rows[0].values())
    assert first[1:4] == ["50.0%", "51.0%", "+1.0 points" if lang == "en" else "+1.0个百分点"]
    assert len(rows) == 8


# Numbers and words


def test_numbers_are_printed_as_people_write_them():
    assert shown(1234.6, DEFINED["out_of_pocket_per_person"], "en") == "1,235"
    assert shown(None, DEFINED["out_of_pocket_per_person"], "en") == "–"
    assert difference(0.5, 0.52, DEFINED["bed_occupancy"], "zh") == "−2.0个百分点"
    assert difference(0.5, 0.5 + 1e-9, DEFINED["bed_occupancy"], "en") == "0.0 points"
    assert level(0.015) == "1.5%"
    assert name_of(DEFINED["bed_occupancy"], "zh", "county") == "县级病床使用率"
    assert duration(3.0, "en") == "10 s"
    assert people(350_000, "zh") == "35.0万"


def test_every_phrase_stands_in_both_languages_with_the_same_places():
    han = re.compile(r"[\u4e00-\u9fff]")
    for name in phrases.names():
        english, chinese = (phrases.text(name, lang) for lang in LANG)
        assert not han.search(english), name
        words = re.sub(r"{[^}]*}", "", chinese)
        assert han.search(chinese) or not re.search(r"[A-Za-z]{3}", words), name
        places = [sorted(re.findall(r"{(\w+)", words)) for words in (english, chinese)]
        assert places[0] == places[1], name


def test_the_shown_indicators_exist_and_can_be_given():
    known = {indicator.id: indicator for indicator in INDICATORS}
    assert all(not known[name].not_modelled for name in SHOWN)


def test_a_finished_job_tells_how_long_it_took():
    job = Job(FULL_RUN, Question("taonan", AS_NOW), state=DONE, began=5.0, ended=12.5)
    assert job.seconds == 7.5
    assert not job.is_open
