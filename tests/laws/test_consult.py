"""Consultation: pools, rooms, service, tests, and when patients come."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.day import sessions_open, weekly_share
from sim.parameters import load_parameters
from sim.rules.consult import (
    EMERGENCY_POOL,
    N_POOLS,
    WOMEN_CHILDREN_POOL,
    full_time_rooms,
    is_sent_for_tests,
    pool_of,
    service_law,
    session_position,
    test_law,
    whole_seconds,
)
from sim.rules.random import Stream
from tests.laws.draws import N, assert_counts, assert_frequency, assert_mean, uniforms


def rooms_of(doctors, tier, has_pools, share):
    """Full-time rooms of the pools of a facility, as a list."""
    rooms = np.zeros(N_POOLS)
    full_time_rooms(P, doctors, tier, has_pools, share, rooms)
    return rooms.tolist()


test_law.__test__ = False  # a rule, not a test
P = load_parameters(anchored=False)


@pytest.mark.parametrize("tier", range(6))
def test_consults_have_the_mean_and_spread_of_the_law(tier):
    u = uniforms(Stream.SERVICE)[:, 0]
    law = service_law(P, tier)
    seconds = np.array([whole_seconds(value, law) for value in u])
    assert_mean(f"service at tier {tier}", seconds, float(P.service_minutes[tier]) * 60.0)
    exact = stats.lognorm(s=law[1], scale=math.exp(law[0]))
    assert exact.std() / exact.mean() == pytest.approx(float(P.service_cv), rel=1e-9)
    away = np.array([whole_seconds(value, test_law(P, tier)) for value in u])
    assert_mean(f"tests at tier {tier}", away, float(P.test_minutes[tier]) * 60.0)


def test_a_duration_is_at_least_a_second_and_rounds_half_up():
    assert whole_seconds(0.5, (-9.0, 0.0)) == 1
    assert whole_seconds(0.5, (math.log(2.5), 0.0)) == 3
    assert whole_seconds(0.5, (math.log(2.49), 0.0)) == 2


@pytest.mark.parametrize("tier", [1, 2, 4])
def test_tests_are_ordered_as_often_as_the_law_says(tier):
    u = uniforms(Stream.SERVICE)[:, 1]
    sent = np.array([is_sent_for_tests(P, value, tier) for value in u])
    share = float(P.test_share[tier])
    assert_frequency(f"sent for tests at tier {tier}", int(sent.sum()), N, share)
    # What is left of the uniform is uniform again, and serves the time away.
    result = stats.kstest(u[sent] / share, "uniform")
    assert result.pvalue > 1e-4


def test_pools_of_adults_have_their_shares():
    u = uniforms(Stream.CHOICE)[:, 1]
    pools = [pool_of(P, value, 0, 40, True) for value in u]
    share = P.pool_demand_share[: N_POOLS - 1].tolist()
    assert sum(share) == pytest.approx(1.0, abs=1e-9)
    assert_counts("pools of adults", np.bincount(pools, minlength=N_POOLS), [*share, 0.0])


def test_most_children_go_to_the_childrens_pool():
    u = uniforms(Stream.CHOICE)[:, 1]
    pools = [pool_of(P, value, 0, 6, True) for value in u]
    share = P.pool_demand_share * (1.0 - P.paediatric_share)
    share[WOMEN_CHILDREN_POOL] += P.paediatric_share
    assert_counts("pools of children", np.bincount(pools, minlength=N_POOLS), share)


def test_emergencies_and_houses_without_pools():
    assert pool_of(P, 0.3, 3, 6, True) == EMERGENCY_POOL
    assert pool_of(P, 0.9, 3, 40, False) == 0
    assert pool_of(P, 1.0 - 2.0**-33, 0, 40, True) in range(N_POOLS - 1)


def position_cdf(x, early):
    """P(position < x) for position = u (1 - early + early u)."""
    if early == 0.0:
        return x
    return (early - 1.0 + math.sqrt((1.0 - early) ** 2 + 4.0 * early * x)) / (2.0 * early)


@pytest.mark.parametrize("early", [0.0, 0.5, 1.0])
def test_positions_in_a_session_have_their_law(early):
    p = load_parameters({"early_arrival": early}, anchored=False)
    u = uniforms(Stream.CHOICE)[:, 3]
    positions = np.array([session_position(p, value) for value in u])
    assert positions.min() >= 0.0 and positions.max() < 1.0
    for x in (0.1, 0.25, 0.5, 0.75, 0.9):
        law = position_cdf(x, early)
        assert_frequency(f"position below {x}, {early}", int((positions < x).sum()), N, law)


def share_before_eleven(tier, open_share=1.0):
    """Share of a week's walk-in arrivals that come before 11:00: demand by weekday, closed days
    pushed to the next, mornings and afternoons as the session rule deals them."""
    until = float(P.morning_hours[tier]) * open_share
    by_eleven = min(1.0, (11.0 - float(P.morning_opens[tier])) / until)
    early = position_cdf(by_eleven, float(P.early_arrival))
    arrivals = np.zeros(7)
    for weekday in range(7):
        day = weekday
        while sessions_open(tier, day % 7) == 0:
            day += 1
        arrivals[day % 7] += P.weekday[weekday]
    both = np.array([sessions_open(tier, day) == 2 for day in range(7)])
    morning = np.where(both, float(P.morning_share), 1.0)
    return float((arrivals * morning).sum() / arrivals.sum()) * early


def test_most_patients_come_before_eleven():
    # Published: 60-65% of arrivals before 11:00. Where rooms are open for whole sessions.
    hospital = share_before_eleven(2)
    village = share_before_eleven(0)
    part_time = share_before_eleven(0, 0.48)
    print(f"before 11:00: hospital {hospital:.3f}, village {village:.3f}, at .48 {part_time:.3f}")
    assert 0.60 <= hospital <= 0.65
    assert 0.55 <= village <= hospital
    assert part_time == pytest.approx(float(P.morning_share), abs=1e-12)


@settings(max_examples=80)
@given(st.floats(0.1, 5_000.0), st.integers(2, 4))
def test_rooms_keep_the_clinic_hours_of_doctors(doctors, tier):
    share = weekly_share(tier)
    rooms = rooms_of(doctors, tier, True, share)
    opening = float(P.morning_hours[tier] + P.afternoon_hours[tier]) * 365.0 * share
    clinic_hours = sum(rooms[:EMERGENCY_POOL]) * opening
    staffed = rooms[EMERGENCY_POOL] * 8760.0 / float(P.emergency_hours)
    assert rooms[EMERGENCY_POOL] >= 1.0 and rooms[EMERGENCY_POOL] == int(rooms[EMERGENCY_POOL])
    clinic = max(doctors / 2.0, doctors - staffed)
    assert clinic_hours == pytest.approx(clinic * float(P.clinic_hours[tier]), rel=1e-9)


def test_a_clinic_without_pools_and_one_without_doctors():
    share = weekly_share(0)
    rooms = rooms_of(3.0, 0, False, share)
    exact = 3.0 * float(P.clinic_hours[0]) / (8.0 * 365.0)
    assert rooms == pytest.approx([exact, 0.0, 0.0, 0.0, 0.0, 0.0], rel=1e-12)
    assert rooms_of(0.0, 2, True, weekly_share(2)) == [0.0] * N_POOLS
