"""The timetable: blocks, weekdays, sessions, and open seconds that lose no capacity."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.day import (
    BOTH_SESSIONS,
    CLOSED,
    DAY_SECONDS,
    DISCHARGE_SECOND,
    MORNING_ONLY,
    WARM_UP_DAYS,
    blocks,
    days_in_year,
    days_to_opening,
    key_day,
    open_seconds,
    session_start,
    sessions_open,
    weekdays,
    weekly_share,
)
from sim.parameters import load_parameters
from sim.tiers import N_TIERS, Tier

P = load_parameters(anchored=False)
YEARS = range(2020, 2036)


@pytest.mark.parametrize("year", YEARS)
def test_blocks_are_the_warm_up_and_twelve_months_without_a_gap(year):
    parts = blocks(year)
    assert len(parts) == 13
    assert parts[0] == (-WARM_UP_DAYS, WARM_UP_DAYS, 0)
    assert [month for _, _, month in parts[1:]] == list(range(12))
    following = parts[0][0]
    for first, days, _ in parts:
        assert first == following
        following = first + days
    assert following == days_in_year(year)
    for first, days, month in parts[1:]:
        assert date(year, 1, 1) + timedelta(days=first) == date(year, month + 1, 1)
        assert 28 <= days <= 31


@pytest.mark.parametrize(("year", "days"), [(2020, 366), (2023, 365), (2024, 366), (2100, 365)])
def test_days_in_year(year, days):
    assert days_in_year(year) == days


def test_days_of_the_key_run_on_over_the_years():
    assert key_day(2000) == 0
    for year in YEARS:
        assert key_day(year + 1) == key_day(year) + days_in_year(year)


@settings(max_examples=50)
@given(st.sampled_from(YEARS), st.integers(-60, 365), st.integers(1, 40))
def test_weekdays_are_the_calendars(year, first, days):
    exact = [(date(year, 1, 1) + timedelta(days=first + k)).weekday() for k in range(days)]
    assert weekdays(year, first, days).tolist() == exact


def test_villages_and_townships_open_every_day_hospitals_not_on_sundays():
    for tier in (Tier.VILLAGE, Tier.TOWNSHIP):
        assert [sessions_open(tier, day) for day in range(7)] == [BOTH_SESSIONS] * 7
        assert weekly_share(tier) == 1.0
    for tier in (Tier.COUNTY, Tier.CITY, Tier.REGIONAL, Tier.OUTSIDE):
        week = [sessions_open(tier, day) for day in range(7)]
        assert week == [BOTH_SESSIONS] * 5 + [MORNING_ONLY, CLOSED]
        assert weekly_share(tier) == 11.0 / 14.0


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("weekday", range(7))
def test_days_to_opening_lead_to_the_first_open_day(tier, weekday):
    days = days_to_opening(tier, weekday)
    is_open = [sessions_open(tier, (weekday + k) % 7) != CLOSED for k in range(7)]
    assert days == is_open.index(True)


@settings(max_examples=100)
@given(
    st.integers(0, N_TIERS - 1),
    st.integers(0, 1),
    st.floats(0.0, 1.0),
    st.sampled_from([-WARM_UP_DAYS, -1, 0]),
)
def test_open_seconds_add_up_to_the_exact_capacity(tier, session, share, first):
    hours = P.morning_hours[tier] if session == 0 else P.afternoon_hours[tier]
    exact = float(hours) * 3600.0 * share
    days = range(first, 400)
    seconds = [open_seconds(P, tier, session, share, day) for day in days]
    # Never off by more than the second that is being carried, and one more where a warm-up ends.
    off = np.cumsum(seconds) - exact * np.arange(1, len(seconds) + 1)
    assert np.abs(off).max() <= (1.0 if first == 0 else 2.0) + 1e-6
    assert {int(exact), int(exact) + 1} >= set(seconds)
    assert max(seconds) <= hours * 3600


def test_a_full_session_is_whole_every_day_and_none_is_nothing():
    for day in (-42, -1, 0, 1, 200, 364):
        assert open_seconds(P, 2, 0, 1.0, day) == int(P.morning_hours[2] * 3600)
        assert open_seconds(P, 2, 1, 0.0, day) == 0


@pytest.mark.parametrize("tier", list(Tier))
def test_sessions_follow_each_other_inside_the_day(tier):
    morning, afternoon = session_start(P, tier, 0), session_start(P, tier, 1)
    assert 0 < morning < DISCHARGE_SECOND
    assert morning + int(P.morning_hours[tier] * 3600) <= afternoon
    assert afternoon + int(P.afternoon_hours[tier] * 3600) <= DAY_SECONDS
