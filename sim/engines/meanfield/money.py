"""Charges and what the fund pays of them, in expectation: yearly caps and deductibles included.

A person's fund payments for visits in a year are taken as gamma distributed inside a cell, with
the mean and variance of a compound Poisson sum; what is above the cap is his own. Deductibles go
by the number of stays a person has had before in the year, Poisson inside a cell.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import gammainc, gammaln

from sim.compiled import kernel
from sim.engines.meanfield.chain import (
    DOWN,
    DOWN_SEVERITY,
    SHORT,
    SHORT_SEVERITY,
    STAY_SEVERITY,
    STAYS,
    VISIT_SEVERITY,
    VISITS,
)
from sim.engines.meanfield.places import Floats

_UNEVEN = 0.25  # squared spread of need among the people of a cell, of age and severity


def capped(mean: Floats, variance: Floats, cap: Floats) -> tuple[Floats, Floats]:
    """E[min(Z, cap)] and P(Z > cap) of a gamma variable Z; cap 0 means none."""
    value, above = mean.copy(), np.zeros_like(mean)
    at = np.flatnonzero((cap > 0.0) & (mean > 1e-12))
    m, limit = mean[at], cap[at]
    shape = m * m / np.maximum(variance[at], 1e-300)
    x = limit * shape / m
    below = gammainc(shape, x)
    # Of a gamma variable of one shape more the recurrence tells the distribution.
    within = below - np.exp(shape * np.log(x) - x - gammaln(shape + 1.0))
    value[at], above[at] = m * within + limit * (1.0 - below), 1.0 - below
    return value, above


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


@kernel
def visit_money(
    place_of: Any, insurance: Any, people: Any, visits: Any, flows: Any, price: Any, rate: Any,
    uneven: float, years: float, charge: Any, fund: Any, mean: Any, square: Any,
) -> None:  # fmt: skip
    """Charges of visits in a period and what the fund pays of them before caps, (N, 4, 11) fen.

    visits  (N, 4, 11) a year; flows of places, see chain; price (G, 11) fen
    rate    (2, 11) share the fund pays; uneven  E[X^2] / E[X]^2 of a visit's charge
    mean, square  (N,) fund payments a person in the period, and their squares, added to
    """
    for i in range(len(place_of)):
        g = place_of[i]
        total = squares = 0.0
        for s in range(4):
            for j in range(11):
                charge[i, s, j] = fund[i, s, j] = 0.0
                if visits[i, s, j] <= 0.0:
                    continue
                severity = flows[g, s, j, VISIT_SEVERITY] / flows[g, s, j, VISITS]
                each = price[g, j] * severity
                paid = each * rate[insurance[i], j]
                charge[i, s, j] = visits[i, s, j] * each * years
                fund[i, s, j] = visits[i, s, j] * paid * years
                total += visits[i, s, j] * paid
                squares += visits[i, s, j] * paid * paid
        mean[i] += total / people[i] * years
        square[i] += squares / people[i] * uneven * years


@kernel
def stay_fund(charge: float, rate: float, deductible: float, spread: float) -> float:
    """Fund payment of a stay of mean charge: (charge - deductible) x rate, 0 at least, averaged
    over charges that run from 1 - spread to 1 + spread times the mean."""
    total = 0.0
    for k in range(4):
        factor = 1.0 + spread * (2.0 * (k + 0.5) / 4 - 1.0)
        total += max(0.0, charge * factor - deductible) * rate
    return total / 4


@kernel
def stay_money(
    place_of: Any, insurance: Any, part: Any, flows: Any, price: Any, days: Any, rate: Any,
    deductible: Any, share: Any, spread: float, years: float, charge: Any, fund: Any,
) -> None:  # fmt: skip
    """Charges of stays in a period and what the fund pays of them, (N, 4, 11) fen.

    part   (N, 4) of what a place's episodes lead to; price (G, 11) fen of a stay
    days   (11,) mean stay, by which the price of one that transfers after a day is divided
    rate, deductible  (2, 11) of the fund; share (N,) mean factor on the deductible
    """
    for i in range(len(place_of)):
        g = place_of[i]
        for s in range(4):
            for j in range(11):
                charge[i, s, j] = fund[i, s, j] = 0.0
                flow = flows[g, s, j]
                first = deductible[insurance[i], j] * share[i]
                for kind in range(2):
                    count, severity, cost = flow[SHORT], flow[SHORT_SEVERITY], price[g, j] / days[j]
                    if kind == 0:
                        count = flow[STAYS] + flow[DOWN]
                        severity = flow[STAY_SEVERITY] + flow[DOWN_SEVERITY]
                        cost = price[g, j]
                    if count <= 0.0:
                        continue
                    number = part[i, s] * count * years
                    each = cost * severity / count
                    charge[i, s, j] += number * each
                    paid = stay_fund(each, rate[insurance[i], j], first, spread)
                    fund[i, s, j] += number * paid
