"""Admission and patience against their laws."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from sim.parameters import load_parameters
from sim.rules.admission import (
    ELECTIVE,
    EMERGENCY,
    REFERRED,
    admission_probability,
    patience,
)
from sim.rules.random import Stream
from tests.laws.draws import N, assert_counts, uniforms

P = load_parameters(anchored=False)


def test_emergencies_go_before_referred_and_those_before_elective_patients():
    assert EMERGENCY < REFERRED < ELECTIVE


@pytest.mark.parametrize("tier", range(6))
@pytest.mark.parametrize("need_class", range(4))
def test_at_the_neutral_occupancy_admission_is_the_table_entry(tier, need_class):
    table = P.admission_probability[tier, need_class] * P.admission_scale[tier]
    law = admission_probability(P, tier, need_class, P.neutral_occupancy, True)
    assert law == pytest.approx(table, rel=1e-12)
    beyond = admission_probability(P, tier, need_class, P.neutral_occupancy, False)
    assert beyond == pytest.approx(table * (1.0 - P.triage_accuracy), rel=1e-12)


def test_the_fuller_the_house_the_fewer_are_admitted_within_limits():
    p = load_parameters({"bed_elasticity": 0.8}, anchored=False)
    law = [admission_probability(p, 1, 2, occupancy, True) for occupancy in np.linspace(0, 3, 61)]
    assert all(a >= b for a, b in pairwise(law))
    base = p.admission_probability[1, 2]
    share = p.discretionary_share[1]
    assert law[0] <= base * (1.0 + 0.5 * share) + 1e-15
    assert law[-1] == pytest.approx(base * (1.0 - 0.5 * share), rel=1e-12)


def test_admission_is_a_probability_whatever_the_scale():
    p = load_parameters({"admission_scale:county": 6.0}, anchored=False)
    assert admission_probability(p, 2, 3, 0.0, True) == 1.0
    assert admission_probability(P, 0, 3, 0.0, True) == 0.0


@pytest.mark.parametrize("need_class", range(4))
def test_patience_is_log_uniform_from_half_to_double(need_class):
    u = uniforms(Stream.ADMISSION)[:, 1]
    days = np.array([patience(P, value, need_class) for value in u])
    value = float(P.patience_days[need_class])

    def below(limit):
        """P(value x 2 to the power of 2u-1 < limit)."""
        return min(1.0, max(0.0, (1.0 + math.log2(limit / value)) / 2.0))

    most = int(math.floor(2.0 * value + 0.5))
    edges = [0.0, *(below(day + 0.5) for day in range(1, most)), 1.0]
    assert_counts(f"patience {need_class}", np.bincount(days, minlength=most + 1)[1:],
                  np.diff(edges))  # fmt: skip
    assert days.min() >= 1
    assert len(days) == N
