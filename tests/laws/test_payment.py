"""Money to the fen: charge = fund + patient, deductible, rate, cap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.parameters import load_parameters
from sim.rules.payment import charge_fen, deductible_fen, fund_fen

P = load_parameters(anchored=False)
FEN = st.integers(0, 10**9)


@pytest.mark.parametrize(
    ("charge", "rate", "deductible", "cap", "paid", "fund"),
    [
        (100_000, 7_500, 20_000, 0, 0, 60_000),
        (100_000, 7_500, 100_000, 0, 0, 0),
        (100_001, 7_500, 100_000, 0, 0, 0),  # three quarters of a fen
        (100_002, 7_500, 100_000, 0, 0, 1),
        (100_000, 5_000, 0, 30_000, 0, 30_000),
        (100_000, 5_000, 0, 30_000, 29_999, 1),
        (100_000, 5_000, 0, 30_000, 40_000, 0),
        (0, 9_000, 0, 0, 0, 0),
        (700_000, 0, 0, 0, 0, 0),
        (700_000, 10_000, 0, 0, 0, 700_000),
    ],
)
def test_known_bills(charge, rate, deductible, cap, paid, fund):
    assert fund_fen(charge, rate, deductible, cap, paid) == fund


@settings(max_examples=300)
@given(FEN, st.integers(0, 10_000), FEN, FEN, FEN)
def test_the_fund_pays_by_the_rule_and_the_patient_the_rest(charge, rate, deductible, cap, paid):
    fund = fund_fen(charge, rate, deductible, cap, paid)
    exact = max(0, charge - deductible) * rate // 10_000
    if cap > 0:
        exact = min(exact, max(0, cap - paid))
    assert fund == exact
    assert 0 <= fund <= charge
    if cap > 0 and paid <= cap:
        assert paid + fund <= cap


@settings(max_examples=100)
@given(FEN, st.integers(0, 9_999), FEN, st.integers(1, 10_000))
def test_a_higher_rate_or_a_lower_deductible_never_pays_less(charge, rate, deductible, more):
    fund = fund_fen(charge, rate, deductible, 0, 0)
    assert fund_fen(charge, min(10_000, rate + more), deductible, 0, 0) >= fund
    assert fund_fen(charge, rate, max(0, deductible - more), 0, 0) >= fund
    assert fund_fen(charge + more, rate, deductible, 0, 0) >= fund


def test_the_deductible_falls_with_admissions_and_stays_at_its_last_factor():
    factor = np.array([10_000, 5_000, 0], dtype=np.int64)
    known = [50_001, 25_000, 0, 0, 0]
    assert [deductible_fen(50_001, factor, before) for before in range(5)] == known


@settings(max_examples=100)
@given(FEN, st.floats(0.0, 1.0, exclude_min=True, exclude_max=True))
def test_a_charge_is_the_price_times_severity_to_the_fen(price, y):
    charge = charge_fen(P, price, y)
    exact = price * (1.0 + float(P.severity_spread) * (2.0 * y - 1.0))
    assert abs(charge - exact) <= 0.5 + 1e-6
    assert charge_fen(P, price, 0.5) == price
