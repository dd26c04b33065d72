"""Choice: nested logit against known shares, draws against weights, tastes, scope, learning."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.parameters import load_parameters
from sim.rules.choice import (
    ABSENT,
    TASTE_LEVELS,
    facility_utility,
    in_scope,
    learned,
    level_midpoint,
    nested_logit,
    own_utility,
    own_weights,
    pick,
    price_taste,
    scope_of,
    taste_level,
    travel_taste,
)
from sim.rules.random import Stream
from sim.tiers import Kind
from tests.laws.draws import N, assert_counts, uniforms

P = load_parameters(anchored=False)
MNL = load_parameters({"primary_nest": 1.0, "outside_nest": 1.0}, anchored=False)
NESTED = load_parameters({"primary_nest": 0.6, "outside_nest": 0.5}, anchored=False)

# Self-care, village, township, county general, city first, regional, outside.
SLOTS = (0, 1, 2, 3, 8, 10, 11)
UTILITIES = (0.0, 0.6, 0.4, 0.3, -0.9, -1.6, -1.9)


def weights_of(p, utilities, slots=SLOTS):
    utility = np.full(12, ABSENT)
    utility[list(slots)] = utilities
    weight = np.empty(12)
    total = nested_logit(p, utility, weight)
    return weight, total


def shares_of(p, utilities, slots=SLOTS):
    weight, total = weights_of(p, utilities, slots)
    return weight[list(slots)] / total


def test_logit_shares_without_nests():
    shares = shares_of(MNL, UTILITIES)
    known = (0.155719, 0.283738, 0.232305, 0.210198, 0.063310, 0.031439, 0.023291)
    assert shares == pytest.approx(known, abs=1e-6)
    assert math.log(weights_of(MNL, UTILITIES)[1]) == pytest.approx(1.859704229815508, abs=1e-9)


def test_nested_logit_shares():
    shares = shares_of(NESTED, UTILITIES)
    known = (0.186999, 0.274509, 0.196694, 0.252423, 0.064674, 0.015948, 0.008753)
    assert shares == pytest.approx(known, abs=1e-6)
    assert math.log(weights_of(NESTED, UTILITIES)[1]) == pytest.approx(1.6766504564, abs=1e-9)
    in_county = shares[1:4].sum() / shares[1:].sum()
    assert shares[1:3].sum() / shares[1:4].sum() == pytest.approx(0.6511693861317185, abs=1e-6)
    assert in_county == pytest.approx(0.890067178153985, abs=1e-6)


def test_nests_of_dissimilarity_one_are_no_nests():
    exact = np.exp(UTILITIES)
    assert shares_of(MNL, UTILITIES) == pytest.approx(exact / exact.sum(), abs=1e-15)


@pytest.mark.parametrize(
    ("p", "own", "cross"),
    [(MNL, -0.0921234, 0.0278766), (NESTED, -0.1430023, None)],
)
def test_own_price_elasticity_of_the_township(p, own, cross):
    # 0.30 a 100 yuan at 40 yuan; central difference of the logarithm of the shares.
    step = 1e-5
    low, high = list(UTILITIES), list(UTILITIES)
    low[2] += 0.30 * 40.0 / 100.0 * step
    high[2] -= 0.30 * 40.0 / 100.0 * step
    slope = np.log(shares_of(p, high) / shares_of(p, low)) / (2.0 * step)
    assert slope[2] == pytest.approx(own, abs=1e-6)
    if cross is not None:
        assert slope[[0, 1, 3]] == pytest.approx([cross] * 3, abs=1e-6)


@settings(max_examples=60)
@given(
    st.lists(st.floats(-8.0, 8.0), min_size=12, max_size=12),
    st.lists(st.booleans(), min_size=12, max_size=12),
    st.floats(-5.0, 5.0),
)
def test_a_constant_added_to_all_changes_no_share(utilities, present, constant):
    utility = np.where(present, utilities, ABSENT)
    weight, moved = np.empty(12), np.empty(12)
    total = nested_logit(P, utility, weight)
    total_moved = nested_logit(P, np.where(present, utility + constant, ABSENT), moved)
    absent = ~np.array(present)
    if not any(present):
        assert pick(0.5, weight, total) == pick(0.5, moved, total_moved) == -1
        return
    assert weight.sum() == pytest.approx(total, rel=1e-12)
    assert np.all(weight[absent] <= 1e-100 * total)  # nothing beside any other
    assert moved / total_moved == pytest.approx(weight / total, abs=1e-12)
    for u in (2.0**-33, 0.5, 1.0 - 2.0**-33):
        assert present[pick(u, weight, total)]


@pytest.mark.parametrize("slots", [(3, 4, 5, 6), (8, 9)])
@pytest.mark.parametrize("p", [MNL, NESTED])
def test_equal_facilities_less_the_logarithm_of_their_number(p, slots):
    # n equal alternatives draw what one would when each gives up ln n, and inside a nest of
    # dissimilarity d when each gives up d ln n: n exp((V - d ln n) / d) = exp(V / d).
    n = len(slots)
    given_up = math.log(n) * (p.outside_nest if slots[0] == 8 else 1.0)
    one = shares_of(p, (0.0, 0.5), (0, slots[0]))[1]
    many = shares_of(p, (0.0, *([0.5 - given_up] * n)), (0, *slots))[1:]
    assert many == pytest.approx([one / n] * n, abs=1e-12)


@pytest.mark.parametrize("p", [MNL, NESTED])
def test_picks_are_as_frequent_as_their_weights(p):
    weight, total = weights_of(p, UTILITIES)
    u = uniforms(Stream.CHOICE)[:, 0]
    chosen = [pick(value, weight, total) for value in u]
    assert_counts("nested logit", np.bincount(chosen, minlength=12), weight / total)


def test_nothing_to_choose_from_is_said_so():
    weight, total = weights_of(P, (), ())
    assert pick(0.5, weight, total) == -1


def test_a_pick_at_the_end_of_the_interval_is_the_last_alternative():
    weight, total = weights_of(P, UTILITIES)
    assert pick(1.0 - 2.0**-33, weight, total) == SLOTS[-1]
    assert pick(2.0**-33, weight, total) == 0


def test_utilities_too_large_for_an_exponential_stay_finite():
    shares = shares_of(P, (0.0, 900.0, -900.0), (0, 3, 8))
    assert shares == pytest.approx([0.0, 1.0, 0.0], abs=1e-12)


def test_tastes_have_median_one_and_fall_with_income():
    assert travel_taste(P, 0.5) == pytest.approx(1.0, abs=1e-12)
    assert price_taste(P, 0.5, 2) == pytest.approx(1.0, abs=1e-12)
    by_income = [price_taste(P, 0.3, income) for income in range(5)]
    assert np.all(np.diff(by_income) < 0.0)
    # One standard deviation above the median.
    assert math.log(travel_taste(P, 0.8413447460685429)) == pytest.approx(P.taste_sd, abs=1e-9)


def test_taste_levels_are_equally_likely_and_hold_their_midpoint():
    u = uniforms(Stream.TASTE)[:, 0]
    levels = [taste_level(value) for value in u]
    observed = np.bincount(levels, minlength=TASTE_LEVELS)
    assert_counts("taste levels", observed, [1.0 / TASTE_LEVELS] * TASTE_LEVELS)
    assert len(levels) == N
    for level in range(TASTE_LEVELS):
        assert taste_level(level_midpoint(level)) == level


def test_scope_of_services():
    child, woman, other = scope_of(14, 0), scope_of(49, 1), scope_of(70, 0)
    assert (child, woman, other) == (0, 1, 2)
    assert [scope_of(15, 1), scope_of(15, 0), scope_of(50, 1)] == [woman, other, other]
    assert in_scope(Kind.TCM_HOSPITAL, 2, other) and not in_scope(Kind.TCM_HOSPITAL, 3, other)
    maternal = Kind.MATERNAL_CHILD_HOSPITAL
    assert in_scope(maternal, 0, child) and in_scope(maternal, 0, woman)
    assert not in_scope(maternal, 0, other)
    for kind in (Kind.GENERAL_HOSPITAL, Kind.PRIVATE_HOSPITAL, Kind.VILLAGE_CLINIC):
        assert all(in_scope(kind, need_class, other) for need_class in range(4))


def test_utility_moves_the_right_way():
    base = facility_utility(P, 2, 2, 0.5, 1.0, 2_000.0)
    assert facility_utility(P, 2, 2, 0.6, 1.0, 2_000.0) < base
    assert facility_utility(P, 2, 2, 0.5, 2.0, 2_000.0) < base
    assert facility_utility(P, 2, 2, 0.5, 1.0, 3_000.0) < base
    assert facility_utility(P, 2, 2, 0.0, 0.0, 0.0) == P.tier_constant[2]
    weights = own_weights(P, 0, 1.0, 1.0)
    assert own_utility(weights, 0.0, 0.0, 100.0) == pytest.approx(-P.outpatient_price_weight[0])
    assert own_utility(weights, 0.0, 1.0, 0.0) == pytest.approx(-P.travel_weight[0])
    assert own_utility(weights, 1.0, 0.0, 0.0) == pytest.approx(P.quality_weight[0])


@settings(max_examples=60)
@given(st.floats(0.0, 1.0), st.booleans())
def test_perceived_quality_stays_a_probability(quality, good):
    after = learned(P, quality, good)
    assert 0.0 <= after <= 1.0
    assert after >= quality if good else after <= quality
    # Bad news moves it further: the pull to 0 is stronger than the pull to 1.
    assert P.learning_bad > P.learning_good
