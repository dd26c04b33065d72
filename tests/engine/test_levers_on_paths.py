"""Levers on paths: no level is no change to the last bit, and a level acts from its date on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.levers import START, Change, acting, course_at, readings
from benchmarks.loops import FAST, SLOW, STRONG, jumps
from scenarios.plans.levers import levers
from sim.dynamics.conditions import figures_of, scope_of
from sim.dynamics.coupling import SystemDynamics
from sim.dynamics.schedule import EMPTY, EVERYWHERE, Place, PolicyChange, PolicySchedule, month_of
from sim.dynamics.stocks import LOOPS
from sim.packs import PathRegions
from sim.parameters import load_parameters
from sim.paths.drivers import DRIVERS, Job
from sim.paths.stock_table import StockTable
from tests.worlds import small_region

FIRST, LAST = 2020, 2021
P = load_parameters()
# Known to 2020, so that the loops and the levers act in 2021.
PATHS = PathRegions({FIRST: small_region(residents=600)}, None, None)
FROM = month_of(LAST, 1)


def path(engine, schedule):
    """Years and stocks of two years of a small world."""
    slow = SystemDynamics(PATHS, P, schedule)
    table = StockTable(slow)
    job = Job(PATHS, "small", P, slow, table, LAST, frozenset((FIRST, LAST)), 0, 1,
              lambda *_: None, "small", None, engine)  # fmt: skip
    years, _, _ = DRIVERS[engine](job)
    return years, table.dataset()


def course_of_effects(level):
    """Every effect of every acting lever, at a level."""
    steps = tuple(
        PolicyChange(effect.quantity.id, effect.form, EVERYWHERE, effect.size * level)
        for lever in acting() for effect in lever.effects
    )  # fmt: skip
    return PolicySchedule(((FROM, steps),))


@pytest.fixture(scope="module", params=["meanfield", "compiled"])
def as_now(request):
    return request.param, path(request.param, EMPTY)


def same(one, other):
    return all(
        np.array_equal(one[name].values, other[name].values, equal_nan=True)
        if one[name].dtype.kind == "f" else np.array_equal(one[name].values, other[name].values)
        for name in one.data_vars
    )  # fmt: skip


def test_all_levers_at_nothing_leave_every_number_as_it_is_to_the_last_bit(as_now):
    engine, (years, stocks) = as_now
    still, same_stocks = path(engine, course_of_effects(0.0))
    assert all(same(years[year], still[year]) for year in (FIRST, LAST))
    assert same(stocks, same_stocks)


def test_a_lever_changes_nothing_before_its_date_and_something_after(as_now):
    engine, (years, _) = as_now
    lever = levers()["service_prices"]
    (prices,) = [
        PolicySchedule(((FROM, steps),)) for _, steps in course_at(lever, 0.3, "taonan").months
    ]
    moved, _ = path(engine, prices)
    assert same(years[FIRST], moved[FIRST])
    name = "out_of_pocket_per_person"
    before, after = (readings(run[LAST], [name])[name] for run in (years, moved))
    assert before < after < 1.4 * before


def test_a_lever_alone_is_in_full_on_its_day_but_for_the_delay_of_its_effects():
    for lever in acting():
        schedule = course_at(lever, lever.high, "liaocheng")
        at_once = {e.quantity.id: e for e in lever.effects if e.delay_years == 0.0}
        month = month_of(START.year, START.month)
        assert schedule.at(month - 1) == ()
        steps = {step.quantity: step for step in schedule.at(month)}
        assert set(steps) == set(at_once)
        for name, effect in at_once.items():
            assert steps[name].amount == effect.size * lever.high


def test_students_are_counted_by_the_residents_of_the_place():
    region = small_region(n_counties=2, residents=(30_000, 10_000))
    scope = scope_of(region)
    code = region.counties.code[1]
    for place, students in ((EVERYWHERE, 0.8), (Place(counties=(code,)), 0.2)):
        step = PolicyChange("training_places:township", "add", place, 2.0)
        figures = figures_of(region, scope, [step])
        assert figures.places[1] == pytest.approx(students)
        assert figures.places.sum() == figures.places[1]


def test_a_change_counts_beyond_four_standard_errors_and_the_way_it_is_meant():
    spread = (0.9, 1.0, 1.1)
    change = Change(10.0, spread)
    assert change.error == pytest.approx(0.1 / 3**0.5)
    assert change.is_as_expected("rises")
    assert change.is_as_expected("unsure")
    assert not change.is_as_expected("falls")
    wide = replace(change, differences=(0.0, 1.0, 2.0))
    assert not wide.moves
    assert not Change(10.0, (1e-9,)).moves
    assert Change(10.0, (-1e-3,)).is_as_expected("falls")
    assert not Change(10.0, (float("nan"),)).moves


def test_a_jump_is_a_year_out_of_step_and_steady_growth_is_none():
    years = range(2024, 2036)
    steady = {year: {"wait": 1.02 ** (year - 2024)} for year in years}
    assert jumps(steady) == []
    jumped = {year: {"wait": held["wait"] + (year >= 2030)} for year, held in steady.items()}
    (said,) = jumps(jumped)
    assert said.startswith("wait 2029-2030: ")
    # Rounding around a constant is no jump.
    assert jumps({year: {"wait": 1.0 + 1e-9 * (year == 2030)} for year in years}) == []


def test_loops_are_fast_or_slow_and_the_strong_ones_are_parameters_of_slow_loops():
    assert set(FAST) | set(SLOW) == set(LOOPS)
    assert not set(FAST) & set(SLOW)
    assert set(STRONG) <= {name for loop in SLOW for name in LOOPS[loop]}
