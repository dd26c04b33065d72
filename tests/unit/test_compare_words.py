"""What a comparison tells its reader: units, reasons, who is worse off, what could not be told."""

# ruff: noqa: F401, F811  (fixtures are imported by name)

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.cli.compare_command import page
from scenarios.comparison.findings import Figure
from scenarios.report import export
from scenarios.report.background_tables import (
    assumptions_sheet,
    bottlenecks_sheet,
    command,
    costs_sheet,
    flows_sheet,
    gains_sheet,
    inputs_sheet,
)
from scenarios.report.document import column_widths
from scenarios.report.formats import decimal_year, shown
from scenarios.report.summary import summary
from scenarios.report.tables import Sheet, clause_of, headlines_sheet, targets_sheet
from scenarios.rollout import year_of
from tests.unit.test_compare_output import found, small, stood_in


@given(st.dates(date(2020, 1, 1), date(2049, 12, 31)))
def test_a_date_of_a_lever_is_printed_in_its_own_month(day):
    assert decimal_year(year_of(day), "zh") == f"{day:%Y-%m}"


@pytest.mark.parametrize("value", [-0.0004, 0.0, 0.0004])
def test_an_index_of_nothing_has_no_sign(value):
    assert shown(value, "index") == "0.000"
    assert shown(value - 0.01, "index").startswith("−0.01")


# What a reader must be told


def test_a_clause_is_told_without_the_lines_of_our_copy(found):
    told = page(found, "zh")
    assert not re.search(r"L\d", told)
    assert clause_of("三(三)4 L246") == "三(三)4"
    assert clause_of("表 row16 L159-161 @L161") == "表第16行"


def test_a_target_names_the_indicator_it_is_judged_by(found):
    rows = [row[0] for row in targets_sheet(found, "zh").rows if len(row) == 1]
    leaving = next(row for row in rows if "患者外转率" in row)
    assert "1减去县域内就诊率" in leaving
    words = next(row for row in rows if "基层首诊、双向转诊" in row)
    assert "判定指标：基层首诊率" in words


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_draws_there_is_no_column_of_chances_and_no_range_in_a_head(found, lang):
    whole = targets_sheet(found, lang)
    without = replace(found, targets=tuple(
        replace(j, chance=None, figure=Figure(j.figure.value)) for j in found.targets
    ))  # fmt: skip
    sheet = targets_sheet(without, lang)
    assert len(sheet.head) == len(whole.head) - 1
    assert "5–95%" in whole.head[1]
    assert "5–95%" not in sheet.head[1]
    assert {len(row) for row in sheet.rows} == {1, len(sheet.head)}


def test_a_plan_without_a_target_to_judge_says_so(found):
    assert any("no target that the model can judge" in s
               for s in summary(replace(found, targets=()), "en"))  # fmt: skip
    assert not any("no target" in s for s in summary(found, "en"))


def test_a_plan_without_time_to_act_by_2025_says_so(found):
    late = tuple(replace(a, start=2024.5, ninety=2031.0) for a in found.arrivals)
    told = summary(replace(found, arrivals=late), "zh")
    assert any("2024-07起推进，到2025年7月1日，3项中有0项" in s for s in told)
    soon = tuple(replace(a, ninety=2024.5) for a in found.arrivals)
    assert not any("起推进" in s for s in summary(replace(found, arrivals=soon), "zh"))


def test_levers_at_work_before_the_base_year_are_told_under_its_figures(found):
    early = tuple(replace(a, start=2021.0) for a in found.arrivals)
    told = headlines_sheet(replace(found, arrivals=early), "zh").notes
    assert any("2023年以前已开始" in note for note in told)
    assert not any("以前已开始" in note for note in headlines_sheet(found, "zh").notes)


def test_incomes_are_told_apart_only_by_one_to_one_runs(found):
    expected = gains_sheet(found, found.arms[1], "zh")
    assert not any("收入" in row[0] for row in expected.rows)
    assert any("不区分收入" in note for note in expected.notes)
    assert not any("集中指数" in row[0] for row in headlines_sheet(found, "zh").rows)
    paired = replace(found, seeds=2)
    rows = [row[0] for row in gains_sheet(paired, found.arms[1], "zh").rows]
    assert {"收入最低", "收入最高"} <= set(rows)
    assert any("集中指数" in row[0] for row in headlines_sheet(paired, "zh").rows)


def test_who_is_worse_off_is_named_and_nobody_else(found):
    arm = found.arms[1]

    def moved(by):
        return tuple(
            replace(g, change=Figure(by.get((g.indicator, g.part), -0.2))) for g in found.gains
        )

    worse = {("out_of_pocket_per_person", "75+"): 57.0, ("wait_minutes_mean", "rural"): 0.04}
    parts = {g.part for g in found.gains if g.split == "by_age"}
    old = sorted(parts)[-1]
    worse[("out_of_pocket_per_person", old)] = 57.0
    told = gains_sheet(replace(found, gains=moved(worse)), arm, "en").notes[0]
    assert told.startswith("Worse off: Out-of-pocket per resident, yuan a year: ")
    assert "+57" in told
    assert "wait" not in told
    assert gains_sheet(replace(found, gains=moved({})), arm, "en").notes[0].startswith("No group")


def test_facilities_alike_stand_in_one_row_with_their_number(found):
    arm, year = found.arms[1], found.years[-1]
    one = next(b for b in found.bottlenecks if b.arm == arm.key and b.year == year)
    alike = tuple(replace(one, facility=f"f{k}", name_zh=f"第{k}卫生院") for k in range(3))
    sheet = bottlenecks_sheet(replace(found, bottlenecks=alike), arm, "zh")
    assert [row[0] for row in sheet.rows] == ["第0卫生院等3家（情况相同）"]


def test_a_centre_of_ones_own_is_explained_where_people_go_and_where_wards_are_full(found):
    arm, year = found.arms[1], found.years[-1]
    away = tuple(replace(f, place="outside_region") if f.tier == "regional" else f
                 for f in found.flows)  # fmt: skip
    here = tuple(replace(f, place="own_county", count=9.0)
                 if f.tier == "regional" and (f.arm, f.year) == (arm.key, year) else f
                 for f in away)  # fmt: skip
    for flows, is_told in ((away, False), (here, True)):
        c = replace(found, flows=flows)
        for sheet in (flows_sheet(c, "en"), bottlenecks_sheet(c, arm, "en")):
            assert any("asks at the city hospitals" in note for note in sheet.notes) == is_told


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_relieves_is_left_out_with_its_reason_when_levers_were_not_run(found, lang):
    arm = found.arms[1]
    whole = bottlenecks_sheet(found, arm, lang)
    without = bottlenecks_sheet(replace(found, drivers=()), arm, lang)
    assert len(without.head) == len(whole.head) - 2
    assert {len(row) for row in without.rows} == {len(without.head)}
    assert any("--no-levers" in note for note in without.notes)


def test_levels_and_goals_have_their_unit(found):
    places = {row[2] for row in assumptions_sheet(found, "zh").rows}
    assert "工程完成比例，50%乡镇" in places
    levels = {row[1] for row in assumptions_sheet(found, "zh").rows}
    assert levels == {"80%", "35%", "100%"}
    goals = {row[0]: row[2] for row in inputs_sheet(found, "zh").rows}
    assert goals["每千人口床位数"] == "≈7.5 每千人口"
    assert not any(re.search("fraction|qualitative|per_1000", cell)
                   for row in inputs_sheet(found, "zh").rows for cell in row)  # fmt: skip


def test_the_command_told_gives_the_same_comparison(found):
    def parts(c):
        return command(c).split()

    def value(c, option):
        return parts(c)[parts(c).index(option) + 1]

    # Without an option of its own a comparison with draws runs three pairs.
    assert (value(found, "--draws"), value(found, "--seeds")) == ("6", "0")
    assert value(replace(found, seeds=2), "--seeds") == "2"
    assert "--no-levers" not in parts(found)
    assert "--no-levers" in parts(replace(found, drivers=()))


def test_a_lever_with_nothing_to_count_in_the_region_says_so(found):
    cost = replace(found.costs[0], arm=found.arms[1].key, count="districts", units=0.0)
    rows = costs_sheet(replace(found, costs=(cost,)), found.arms[1], "zh").rows
    assert rows[0][2:4] == ("–", "本地区没有")


def test_a_narrow_column_of_word_keeps_its_numbers_whole():
    long = "x" * 60
    head = ("lever", "level", "unit", "from", "basis", "grade", "why")
    widths = column_widths(Sheet("s", "s", head, ((long, "0.85", long, long, long, "CD", long),)))
    assert sum(widths) == pytest.approx(17.4)
    assert widths[1] > 1.1  # cm; four figures of 8.5 points and the margins of a cell


def test_costs_have_a_column_for_each_end_and_empty_tables_are_left_out(found):
    rows = export.tables(found)["costs"]
    assert all(r["yearly_low"] <= r["yearly"] <= r["yearly_high"] for r in rows)
    without = export.tables(replace(found, drivers=(), totals=()))
    assert not {"drivers", "totals"} & set(without)
