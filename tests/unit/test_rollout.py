"""How levers arrive: known answers and order in time."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.rollout import ROLLOUTS, delayed, fading, share, year_of

STARTS = st.floats(2020.0, 2030.0)
SPANS = st.floats(0.0, 8.0)
TIMES = st.floats(2018.0, 2040.0)
DELAYS = st.one_of(st.just(0.0), st.floats(0.05, 8.0))


def logistic(x):
    return 1 / (1 + math.exp(-x))


def test_a_logistic_has_its_middle_ends_and_quarter():
    assert share("logistic", 2024, 2028, 2024) == 0
    assert share("logistic", 2024, 2028, 2026) == pytest.approx(0.5, abs=1e-15)
    assert share("logistic", 2024, 2028, 2028) == 1
    quarter = (logistic(-2) - logistic(-4)) / (logistic(4) - logistic(-4))
    assert share("logistic", 2024, 2028, 2025) == pytest.approx(quarter, rel=1e-12)


def test_a_step_followed_with_delay_is_an_exponential():
    for delay, years in ((2.0, 1.0), (0.5, 0.3), (3.0, 12.0)):
        got = delayed("step", 2024, 2024, delay, 2024 + years)
        assert got == pytest.approx(1 - math.exp(-years / delay), rel=1e-9)
    assert delayed("step", 2024, 2024, 1.5, 2025.5) == pytest.approx(0.632120558828558, rel=1e-9)


def test_a_ramp_followed_with_delay_has_its_known_answer():
    delay, span = 1.5, 2.0
    for years in (0.25, 1.1, 2.0):
        ramp = (years - delay * (1 - math.exp(-years / delay))) / span
        got = delayed("linear", 2024, 2024 + span, delay, 2024 + years)
        assert got == pytest.approx(ramp, rel=1e-9)
    at_full = (span - delay * (1 - math.exp(-span / delay))) / span
    later = 1 - (1 - at_full) * math.exp(-3.7 / delay)
    assert delayed("linear", 2024, 2026, delay, 2029.7) == pytest.approx(later, rel=1e-9)


def test_a_logistic_followed_with_delay_agrees_with_a_fine_integration():
    start, full, delay, at = 2024.0, 2027.0, 1.2, 2026.4
    steps = 200_000
    length = (at - start) / steps
    followed = 0.0
    for step in range(steps):
        middle = share("logistic", start, full, start + (step + 0.5) * length)
        followed += (middle - followed) * (1 - math.exp(-length / delay))
    assert delayed("logistic", start, full, delay, at) == pytest.approx(followed, abs=2e-4)


def test_fading_halves_every_half_life_and_starts_at_the_full_date():
    assert fading(2025, 4.0, 2025) == 1
    assert fading(2025, 4.0, 2029) == 0.5
    assert fading(2025, 4.0, 2033) == 0.25
    assert fading(2025, None, 2035) == 1


@given(st.sampled_from(ROLLOUTS), STARTS, SPANS, DELAYS, TIMES, TIMES)
def test_rollouts_rise_from_nothing_to_all_and_follow_the_share(
    rollout, start, span, delay, one, other
):
    early, late = sorted((one, other))
    full = start + span
    before, after = (delayed(rollout, start, full, delay, at) for at in (early, late))
    assert 0.0 <= before <= after + 1e-12 <= 1.0 + 2e-12
    if early < start:
        assert before == 0.0
    assert after <= share(rollout, start, full, late) + 1e-12
    if delay == 0.0 and late >= full:
        assert after == 1.0


def test_dates_become_years():
    assert year_of(date(2024, 1, 1)) == 2024.0
    assert year_of(date(2024, 12, 31)) == pytest.approx(2024 + 365 / 366)
    assert year_of(date(2023, 7, 2)) == pytest.approx(2023 + 182 / 365)
