"""Charges and what the fund pays of them, in expectation: yearly caps and deductibles included.

A person's fund payments for visits in a year are taken as gamma distributed inside a cell, with
the mean and variance of a compound Poisson sum; what is above the cap is his own. Deductibles go
by the number of stays a person has had before in the year, Poisson inside a cell.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import gammainc

from sim.engines.meanfield.places import Floats

_UNEVEN = 0.25  # squared spread of need among the people of a cell, of age and severity


def capped_mean(mean: Floats, variance: Floats, cap: Floats) -> Floats:
    """E[min(Z, cap)] of a gamma variable Z; cap 0 means none."""
    ratio = mean * mean / np.maximum(variance, 1e-300)
    scale = variance / np.maximum(mean, 1e-300)
    with np.errstate(invalid="ignore", divide="ignore"):
        x = cap / np.maximum(scale, 1e-300)
        value = mean * gammainc(ratio + 1.0, x) + cap * (1.0 - gammainc(ratio, x))
    return np.where((cap > 0.0) & (mean > 1e-12), value, mean)


def above_cap(mean: Floats, variance: Floats, cap: Floats) -> Floats:
    """P(Z > cap) of a gamma variable."""
    ratio = mean * mean / np.maximum(variance, 1e-300)
    scale = variance / np.maximum(mean, 1e-300)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = 1.0 - gammainc(ratio, cap / np.maximum(scale, 1e-300))
    return np.where((cap > 0.0) & (mean > 1e-12), p, 0.0)


def visit_variance(mean: Floats, square: Floats) -> Floats:
    """Variance of a year's payments: compound Poisson, with uneven need.

    mean    expected payments a person; square  expected sum of squared payments
    """
    return square + _UNEVEN * mean * mean


def deductible_share(stays: Floats, factors: Floats, start: float, end: float) -> Floats:
    """Mean factor on the deductible of admissions between two times of the year (0-1).

    stays    (N,) stays a person-year
    factors  (3,) factor of the first, second, and third or later stay
    """
    total = np.zeros_like(stays)
    points = 8
    for k in range(points):
        before = stays * (start + (end - start) * (k + 0.5) / points)
        none = np.exp(-before)
        one = none * before
        total += factors[0] * none + factors[1] * one + factors[2] * (1.0 - none - one)
    return total / points


def stay_fund(charge: Floats, rate: Floats, deductible: Floats, spread: float) -> Floats:
    """Fund payment of a stay of mean charge: (charge - deductible) x rate, 0 at least, averaged
    over charges that run from 1 - spread to 1 + spread times the mean."""
    total = np.zeros(np.broadcast(charge, rate, deductible).shape)
    points = 4
    for k in range(points):
        factor = 1.0 + spread * (2.0 * (k + 0.5) / points - 1.0)
        total += np.maximum(0.0, charge * factor - deductible) * rate
    return total / points


def money_of(
    p: Any, scheme: Any, insurance: Any, visits: Floats, charge: Floats, tier: Any
) -> tuple[Floats, Floats]:
    """Uncapped fund payments for visits of cells and their squares: (N, 4, 11) in fen.

    visits (N, 4, 11) a person-year; charge (N, 4, 11) fen a visit; tier (11,)
    """
    rate = scheme.visit_fund_bp[:, tier][insurance] / 10_000.0
    each = charge * rate[:, None, :]
    spread = float(p.severity_spread)
    return visits * each, visits * each * each * (1.0 + spread * spread / 3.0)
