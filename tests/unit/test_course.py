"""Courses: what a step does, in which order, and when."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios import load
from scenarios.schedule import schedule_of
from sim.dynamics.conditions import check_schedule, figures_of, parameters_of, scope_of, value_of
from sim.dynamics.schedule import (
    EMPTY,
    EVERYWHERE,
    Place,
    PolicyChange,
    PolicySchedule,
    apply,
    in_order,
    month_of,
)
from sim.errors import InputError
from sim.packs import load_path_regions
from sim.parameters import load_parameters

REGION = load_path_regions("liaocheng").of(2023)
SCOPE = scope_of(REGION)
P = load_parameters(region="liaocheng")


def step(quantity, form, amount, place=EVERYWHERE):
    return PolicyChange(quantity, form, place, amount)


@given(st.sampled_from(["add", "multiply", "inadequacy"]), st.floats(0.0, 1.0))
def test_an_amount_of_nothing_changes_nothing_to_the_last_bit(form, value):
    assert apply(form, value, 0.0) == value


def test_steps_apply_inadequacy_first_then_factors_then_sums():
    steps = [step("x", "add", 1), step("x", "multiply", 1), step("x", "inadequacy", 1)]
    assert [s.form for s in in_order(steps)] == ["inadequacy", "multiply", "add"]


def test_steps_hold_from_their_month_until_the_next_list():
    first, second = (step("taste_sd", "add", 0.1),), (step("taste_sd", "add", 0.2),)
    schedule = PolicySchedule(((48, first), (60, second), (72, ())))
    assert [schedule.at(m) for m in (47, 48, 59, 60, 71, 72)] == [
        (),
        first,
        first,
        second,
        second,
        (),
    ]
    assert schedule.first_month == 48
    with pytest.raises(ValueError, match="ascend"):
        PolicySchedule(((60, first), (48, second)))


def test_the_empty_course_leaves_every_figure_and_parameter_as_it_is():
    figures = figures_of(REGION, SCOPE, EMPTY.at(100))
    assert (figures.planned == REGION.facilities.beds).all()
    assert (figures.price == REGION.facilities.outpatient_fen).all()
    assert (np.floor(figures.visit_rate * 1e4 + 0.5) == REGION.insurance.outpatient_rate_bp).all()
    assert (figures.coverage == REGION.contract_coverage).all()
    assert parameters_of(P, SCOPE, (), {}) is P


def test_a_step_limited_to_a_county_moves_that_county_alone():
    code = REGION.counties.code[2]
    change = step("beds:county", "multiply", 0.2, Place(counties=(code,)))
    figures = figures_of(REGION, SCOPE, [change])
    f = REGION.facilities
    here = (f.county == 2) & (f.tier == 2)
    assert here.any()
    assert figures.planned[here] == pytest.approx(1.2 * f.beds[here])
    assert (figures.planned[~here] == f.beds[~here]).all()


def test_a_share_of_townships_is_those_with_most_residents():
    change = step("capability:township/complex", "inadequacy", 0.3, Place(townships=0.1))
    gained = figures_of(REGION, SCOPE, [change]).gain[:, 2] > 0
    assert gained.sum() == round(0.1 * len(REGION.townships.name))
    assert (REGION.facilities.tier[gained] == 1).all()
    assert set(SCOPE.rank[SCOPE.township[gained]]) == set(range(gained.sum()))


def test_added_beds_are_all_there_and_lie_where_beds_lie():
    f = REGION.facilities
    figures = figures_of(REGION, SCOPE, [step("beds:city", "add", 500.0)])
    city = (f.tier == 3) & ~f.is_delay
    assert figures.planned.sum() - f.beds.sum() == pytest.approx(500.0)
    assert (figures.planned[~city] == f.beds[~city]).all()


def test_a_parameter_limited_to_a_county_moves_by_the_share_of_its_residents():
    code = REGION.counties.code[0]
    change = step("formal_referral", "add", 0.2, Place(counties=(code,)))
    share = REGION.counties.census[0].sum() / REGION.counties.census.sum()
    p = parameters_of(P, SCOPE, [change], {})
    assert float(p.formal_referral) == pytest.approx(float(P.formal_referral) + 0.2 * share)
    assert value_of(p, "stay_mean:county") == value_of(P, "stay_mean:county")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (step("no_such_thing", "add", 1), "no_such_thing"),
        (step("beds:county", "add", 1, Place(counties=("999999",))), "999999"),
        (step("beds:county", "add", 1, Place(facilities=("nowhere",))), "nowhere"),
        (step("stay_mean:county", "multiply", 0.1, Place(townships=0.5)), "region as a whole"),
        (step("capability:county/complex", "add", 0.1), "inadequacy"),
    ],
)
def test_a_step_that_cannot_act_is_told(wrong, told):
    with pytest.raises(InputError, match=told):
        check_schedule(PolicySchedule(((48, (wrong,)),)), REGION)


@pytest.mark.parametrize("region", ["chifeng", "taonan", "liaocheng", "suining", "bayannur"])
def test_every_scenario_is_a_course_that_can_act_and_starts_on_its_day(region):
    paths = load_path_regions(region)
    assert schedule_of(load(region, "as-now")) == EMPTY
    for name in ("plan-2025", "vision-2035"):
        scenario = load(region, name)
        schedule = schedule_of(scenario)
        check_schedule(schedule, paths.of(2020))
        start = scenario.first_day
        assert schedule.first_month is not None
        assert schedule.first_month >= month_of(start.year, start.month)
        assert schedule.first_month <= month_of(start.year, start.month) + 2
