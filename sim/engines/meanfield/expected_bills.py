"""Charges and what the fund pays of them, in expectation: yearly caps and deductibles included.

A person's fund payments for visits in a year are taken as gamma distributed inside a cell, with
the mean and variance of a compound Poisson sum; what is above the cap is his own. Deductibles go
by the number of stays a person has had before in the year, Poisson inside a cell.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import gammainc

from sim.engines.meanfield.alternatives import PRICE, STAY_PRICE
from sim.engines.meanfield.flows import (
    DOWN,
    DOWN_SEVERITY,
    SHORT,
    SHORT_SEVERITY,
    STAY_SEVERITY,
    STAYS,
    VISIT_SEVERITY,
    VISITS,
)
from sim.engines.meanfield.locations import Floats
from sim.engines.meanfield.periods import MeanField, Solution
from sim.jit import kernel
from sim.parameters import one_row
from sim.rules.exp_log import exp
from sim.tiers import ALTERNATIVE_TIER, N_ALTERNATIVES, N_CLASSES

_UNEVEN = 0.25  # squared spread of need among the people of a cell, of age and severity
VISIT_CHARGE, VISIT_FUND, STAY_CHARGE, STAY_FUND = range(4)  # what a cell pays, and is paid for
_VISIT, _STAY, _SHORT_STAY = range(3)  # what is charged for; a short stay ends in a transfer
_OF_VISITS, _OF_STAYS, _DEDUCTIBLE = range(3)  # rates of the fund, 0-1, and fen


class Money:
    """Charges and fund payments of a year, period by period.

    period  (4, N, 4, 11) charges and fund payments of visits and of stays, fen, by cell, class and
            alternative, of the period counted last
    fund, square  (N,) uncapped fund payments for visits in the year so far, fen a person, and the
            sum of their squares
    within  (N,) of the fund payments, those within the yearly cap
    charge, number, stays, rates  of the places and of the fund in the period, see the functions
            that write them
    """

    def __init__(self, model: MeanField) -> None:
        places, n = len(model.cells.county), len(model.cells.place)
        self.period = np.zeros((4, n, N_CLASSES, N_ALTERNATIVES))
        self.fund, self.square, self.within = np.zeros(n), np.zeros(n), np.zeros(n)
        self.charge = np.zeros((3, places, N_CLASSES, N_ALTERNATIVES))
        self.number = np.zeros((3, places, N_CLASSES, N_ALTERNATIVES))
        self.stays = np.zeros((places, 4))
        self.rates = np.zeros((3, 2, N_ALTERNATIVES))

    def new_year(self) -> None:
        """Nobody has been paid anything this year."""
        for of_year in (self.fund, self.square, self.within):
            of_year[:] = 0.0

    def count(
        self, model: MeanField, solution: Solution, means: Floats, begun: float, years: float
    ) -> None:
        """A period of `years` that begins `begun` years into the year; the model learns whose cap
        is used up. means  see alternatives.Links"""
        cells, p, flows = model.cells, one_row(model.p), solution.flows
        scheme = model.solver_inputs.scheme
        _charges(p, flows, means, self.charge, self.number, self.stays)
        _rates(scheme, self.rates)
        before, within_before = self.fund.copy(), self.within
        visit_money(
            p, cells.place, cells.insurance, model.count, solution.visits, self.charge, self.rates,
            years, self.period, self.fund, self.square,
        )  # fmt: skip
        cap = scheme["visit_cap"][0][cells.insurance].astype(np.float64)
        # The next period's share of people whose cap is used up is that of its start.
        self.within, model.memory.exhausted[:] = capped(
            self.fund, visit_variance(self.fund, self.square), cap
        )
        _keep_within(self.fund, before, self.within, within_before, self.period)
        stay_money(
            p, scheme, cells.place, cells.insurance, model.count, solution.part, self.charge,
            self.number, self.stays, self.rates, begun, years, self.period,
        )  # fmt: skip


def capped(mean: Floats, variance: Floats, cap: Floats) -> tuple[Floats, Floats]:
    """E[min(Z, cap)] and P(Z > cap) of a gamma variable Z; cap 0 means none."""
    shape, x = np.empty_like(mean), np.empty_like(mean)
    _gamma_points(mean, variance, cap, shape, x)
    below = gammainc(shape, x)
    value, above = mean.copy(), np.zeros_like(mean)
    _within(mean, cap, shape, x, below, value, above)
    return value, above


@kernel
def _gamma_points(mean: Any, variance: Any, cap: Any, shape: Any, x: Any) -> None:
    """Shape of the gamma variable, and the cap over its scale; 1 and 0 where there is no cap."""
    for i in range(len(mean)):
        shape[i], x[i] = 1.0, 0.0
        if cap[i] > 0.0 and mean[i] > 1e-12:
            shape[i] = mean[i] * mean[i] / max(variance[i], 1e-300)
            x[i] = cap[i] * shape[i] / mean[i]


@kernel
def _within(
    mean: Any, cap: Any, shape: Any, x: Any, below: Any, value: Any, above: Any
) -> None:  # fmt: skip
    """`capped` where there is a cap, from P(Z < cap)."""
    for i in range(len(mean)):
        if x[i] > 0.0:
            # Of a gamma variable of one shape more the recurrence gives the distribution.
            density = math.exp(shape[i] * math.log(x[i]) - x[i] - math.lgamma(shape[i] + 1.0))
            value[i] = mean[i] * (below[i] - density) + cap[i] * (1.0 - below[i])
            above[i] = 1.0 - below[i]


def visit_variance(mean: Floats, square: Floats) -> Floats:
    """Variance of a year's payments: compound Poisson, with uneven need.

    mean    expected payments a person; square  expected sum of squared payments
    """
    return square + _UNEVEN * mean * mean


@kernel
def deductible_share(stays: float, factors: Any, start: float, end: float) -> float:
    """Mean factor on the deductible of admissions between two times of the year (0-1).

    stays    a person-year
    factors  (3,) factor of the first, second, and third or later stay, in 1/10,000
    """
    points = 8
    step = (end - start) / points
    total, before = 0.0, stays * (start + 0.5 * step)
    none, still = exp(-min(700.0, before)), exp(-min(700.0, stays * step))
    for _ in range(points):
        one = none * before
        total += factors[0] * none + factors[1] * one + factors[2] * (1.0 - none - one)
        before += stays * step
        none *= still
    return total / points / 10_000.0


@kernel
def _charges(
    parameters: Any, flows: Any, means: Any, charge: Any, number: Any, stays: Any
) -> None:  # fmt: skip
    """Mean charges, fen, and numbers a year of places' visits, stays and short stays:
    (3, G, 4, 11); a short stay costs a day of the mean stay. Stays of both kinds: (G, 4)."""
    p = parameters[0]
    stays[:] = 0.0
    for g in range(flows.shape[0]):
        for j in range(N_ALTERNATIVES):
            visit, stay = means[g, j, PRICE], means[g, j, STAY_PRICE]
            day = stay / p.stay_mean[ALTERNATIVE_TIER[j]]
            for s in range(N_CLASSES):
                flow = flows[g, s, j]
                number[_VISIT, g, s, j] = flow[VISITS]
                number[_STAY, g, s, j] = flow[STAYS] + flow[DOWN]
                number[_SHORT_STAY, g, s, j] = flow[SHORT]
                stays[g, s] += flow[STAYS] + flow[DOWN] + flow[SHORT]
                charge[_VISIT, g, s, j] = visit * flow[VISIT_SEVERITY]
                charge[_STAY, g, s, j] = stay * (flow[STAY_SEVERITY] + flow[DOWN_SEVERITY])
                charge[_SHORT_STAY, g, s, j] = day * flow[SHORT_SEVERITY]
                for kind in range(3):
                    count = number[kind, g, s, j]
                    charge[kind, g, s, j] *= 1.0 / count if count > 0.0 else 0.0


@kernel
def _rates(scheme: Any, out: Any) -> None:
    """What the fund pays of visits and stays, 0-1, and deductibles, fen, by scheme and
    alternative: (3, 2, 11)."""
    for insurance in range(2):
        for j in range(N_ALTERNATIVES):
            tier = ALTERNATIVE_TIER[j]
            out[_OF_VISITS, insurance, j] = scheme[0].visit_fund_bp[insurance, tier] / 10_000.0
            out[_OF_STAYS, insurance, j] = scheme[0].stay_fund_bp[insurance, tier] / 10_000.0
            out[_DEDUCTIBLE, insurance, j] = scheme[0].deductible[insurance, tier]


@kernel
def visit_money(
    parameters: Any, place_of: Any, insurance: Any, people: Any, visits: Any, charge: Any,
    rates: Any, years: float, money: Any, mean: Any, square: Any,
) -> None:  # fmt: skip
    """Charges of visits in a period and what the fund pays of them before caps, into money, fen.

    visits  (N, 4, 11) a year; charge, rates  see `_charges`, `_rates`
    mean, square  (N,) fund payments a person in the period, and their squares, added to
    """
    spread = parameters[0].severity_spread
    uneven = 1.0 + spread * spread / 3.0  # E[X^2] / E[X]^2 of a visit's charge
    for i in range(len(place_of)):
        g, rate = place_of[i], rates[_OF_VISITS, insurance[i]]
        total = squares = 0.0
        for s in range(N_CLASSES):
            for j in range(N_ALTERNATIVES):
                each, number = charge[_VISIT, g, s, j], visits[i, s, j]
                paid = each * rate[j]
                money[VISIT_CHARGE, i, s, j] = number * each * years
                money[VISIT_FUND, i, s, j] = number * paid * years
                total += number * paid
                squares += number * paid * paid
        mean[i] += total / max(people[i], 1e-300) * years
        square[i] += squares / max(people[i], 1e-300) * uneven * years


@kernel
def _keep_within(fund: Any, before: Any, within: Any, within_before: Any, money: Any) -> None:
    """Take off fund payments what is above the cap, of every visit of a cell the same part."""
    for i in range(len(fund)):
        kept = (within[i] - within_before[i]) / max(fund[i] - before[i], 1e-300)
        if kept < 1.0:
            for s in range(N_CLASSES):
                for j in range(N_ALTERNATIVES):
                    money[VISIT_FUND, i, s, j] *= kept


@kernel
def stay_fund(charge: float, rate: float, deductible: float, spread: float) -> float:
    """Fund payment of a stay of mean charge: (charge - deductible) x rate, 0 at least, averaged
    over charges that run from 1 - spread to 1 + spread times the mean."""
    if charge * (1.0 - 0.75 * spread) >= deductible:
        return (charge - deductible) * rate
    total = 0.0
    for k in range(4):
        factor = 1.0 + spread * (2.0 * (k + 0.5) / 4 - 1.0)
        total += max(0.0, charge * factor - deductible) * rate
    return total / 4


@kernel
def stay_money(
    parameters: Any, scheme: Any, place_of: Any, insurance: Any, people: Any, part: Any,
    charge: Any, number: Any, stays: Any, rates: Any, begun: float, years: float, money: Any,
) -> None:  # fmt: skip
    """Charges of stays in a period and what the fund pays of them, into money, fen.

    part   (N, 4) of what a place's episodes lead to
    charge, number, stays, rates  see `_charges`, `_rates`
    begun  years since 1 January
    """
    spread = 0.5 * parameters[0].severity_spread
    for i in range(len(place_of)):
        g, own = place_of[i], 0.0
        rate, deductible = rates[_OF_STAYS, insurance[i]], rates[_DEDUCTIBLE, insurance[i]]
        for s in range(N_CLASSES):
            own += part[i, s] * stays[g, s]
        share = deductible_share(
            own / max(people[i], 1e-300), scheme[0].deductible_factor, begun, begun + years
        )
        for s in range(N_CLASSES):
            for j in range(N_ALTERNATIVES):
                charged = paid = 0.0
                for kind in (_STAY, _SHORT_STAY):
                    count = part[i, s] * number[kind, g, s, j] * years
                    if count > 0.0:
                        each = charge[kind, g, s, j]
                        charged += count * each
                        paid += count * stay_fund(each, rate[j], deductible[j] * share, spread)
                money[STAY_CHARGE, i, s, j] = charged
                money[STAY_FUND, i, s, j] = paid
