"""Illness: rates, thinning, Poisson counts, severity and chronic states against their laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.parameters import load_parameters
from sim.rules.illness import (
    MOST_CANDIDATES,
    age_group,
    difficulty_of,
    intensity,
    intensity_bound,
    next_chronic_state,
    poisson_count,
    poisson_steps,
    severity_factor,
    yearly_rate,
)
from sim.rules.random import Stream
from tests.laws.draws import N, assert_counts, assert_frequency, uniforms

P = load_parameters(anchored=False)
MONTH = 30.0 / 365.0


def steps_of(mean):
    steps = np.empty(MOST_CANDIDATES)
    poisson_steps(mean, math.exp(-mean), steps)
    return steps


@pytest.mark.parametrize("mean", [0.001, 0.4, 3.0, 11.0])
def test_poisson_counts_have_the_poisson_law(mean):
    u = uniforms(Stream.MONTH)[:, 0]
    counts = [poisson_count(value, steps_of(mean)) for value in u]
    most = max(counts) + 1
    law = stats.poisson(mean)
    observed = np.bincount(counts, minlength=most + 1)
    assert_counts(f"Poisson {mean}", observed, [*law.pmf(range(most)), law.sf(most - 1)])


@pytest.mark.parametrize("mean", [0.05, 1.3, 8.0])
def test_poisson_counts_are_the_inverse_of_the_distribution(mean):
    u = np.linspace(0.0005, 0.9995, 997)
    counts = [poisson_count(value, steps_of(mean)) for value in u]
    assert counts == stats.poisson(mean).ppf(u).astype(int).tolist()


def test_a_poisson_count_has_a_largest_value():
    assert poisson_count(1.0 - 2.0**-33, steps_of(60.0)) == MOST_CANDIDATES
    assert poisson_count(0.7, steps_of(0.0)) == 0


@pytest.mark.parametrize("month", range(12))
def test_the_bound_of_a_month_is_reached_and_never_exceeded(month):
    days = [intensity(P, month, day, 0.9) for day in range(7)]
    assert max(days) == intensity_bound(P, month, 0.9)
    assert min(days) > 0.0


def test_season_and_weekday_have_mean_one():
    assert np.mean(P.season) == pytest.approx(1.0, abs=1e-4)
    assert np.mean(P.weekday) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(
    ("age", "group"), [(0, 0), (14, 0), (15, 1), (44, 1), (45, 2), (64, 2), (65, 3), (110, 3)]
)
def test_age_groups_begin_where_they_say(age, group):
    assert age_group(age) == group


@pytest.mark.parametrize("need_class", range(4))
@pytest.mark.parametrize("age", [3, 30, 50, 80])
def test_men_and_women_together_keep_the_rate(need_class, age):
    men = yearly_rate(P, need_class, age, 0, 1)
    women = yearly_rate(P, need_class, age, 1, 1)
    table = P.need_rate[need_class, age_group(age)] * P.need_scale[need_class]
    factor = P.chronic_state_need[1] if need_class == 1 else 1.0
    factor = P.chronic_need_multiplier if need_class >= 2 else factor
    assert (men + women) / 2.0 == pytest.approx(table * factor, rel=1e-12)
    assert women / men == pytest.approx(P.female_need_ratio, rel=1e-12)


def test_only_the_chronically_ill_have_routine_needs():
    assert yearly_rate(P, 1, 50, 0, 0) == 0.0
    assert 0.0 < yearly_rate(P, 1, 50, 0, 1) < yearly_rate(P, 1, 50, 0, 3)
    assert yearly_rate(P, 0, 50, 0, 0) == yearly_rate(P, 0, 50, 0, 3)
    assert yearly_rate(P, 2, 50, 0, 0) < yearly_rate(P, 2, 50, 0, 1)


def test_severity_has_mean_one_over_difficulty():
    y = (np.arange(1000) + 0.5) / 1000.0
    factors = np.array([severity_factor(P, value) for value in y])
    assert factors.mean() == pytest.approx(1.0, abs=1e-12)
    assert np.all(np.diff(factors) > 0.0) and factors.min() > 0.0


def test_a_signed_word_carries_the_same_difficulty():
    for difficulty_bits in (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
        signed = difficulty_bits - (1 << 32) if difficulty_bits >= 1 << 31 else difficulty_bits
        assert 0.0 < difficulty_of(difficulty_bits) < 1.0
        assert difficulty_of(signed) == difficulty_of(difficulty_bits)


@pytest.mark.parametrize("managed", [False, True])
def test_chronic_states_move_with_their_rates(managed):
    u = uniforms(Stream.MONTH)[:, 1]
    years = 6.0 * MONTH
    better, worse = (2.0, 0.5) if managed else (1.0, 1.0)
    laws = {
        0: {1: P.chronic_incidence[2] * years},
        1: {2: P.chronic_deterioration * worse * years},
        2: {1: P.chronic_control * better * years, 3: P.chronic_progression * worse * years},
        3: {},
    }
    for state, moves in laws.items():
        after = np.array([next_chronic_state(P, v, state, 50, managed, years) for v in u])
        for target, probability in moves.items():
            what = f"chronic {state} to {target}, managed {managed}"
            assert_frequency(what, (after == target).sum(), N, float(probability))
        assert set(after.tolist()) <= {state, *moves}


def test_a_two_state_chronic_chain_settles_at_its_balance():
    # Rates .03 in and .05 out: prevalence .375, and half of a gap closes in 8.664 years.
    p = load_parameters(
        {"chronic_deterioration": 0.03, "chronic_control": 0.05, "chronic_progression": 0.0},
        anchored=False,
    )
    steps = 30_000
    years = 1.0 / 12.0
    grid = (np.arange(steps) + 0.5) / steps
    into = np.mean([next_chronic_state(p, u, 1, 50, False, years) == 2 for u in grid]) / years
    out = np.mean([next_chronic_state(p, u, 2, 50, False, years) == 1 for u in grid]) / years
    assert into / (into + out) == pytest.approx(0.375, rel=1e-9)
    assert math.log(2.0) / (into + out) == pytest.approx(8.664339756999317, rel=1e-9)
