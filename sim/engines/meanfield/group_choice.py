"""First contacts and later choices of every cell, from the choice rules."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.engines.meanfield.flows import WIDE
from sim.jit import kernel
from sim.rules.choice import (
    choice_exponent,
    choice_exponents,
    nest_exponent,
    own_utility,
    own_weights,
)
from sim.rules.exp_log import exp
from sim.tiers import (
    ALTERNATIVE_TIER,
    BEYOND,
    HOSPITALS,
    N_ALTERNATIVES,
    N_CHOICES,
    N_CLASSES,
    OUTSIDE,
    REGIONAL,
)

_TIER = ALTERNATIVE_TIER
TASTES = 4
NOTHING = 1e-200
_RARE = 5e-3  # a provider fewer than this are used to is left out of the habits

# Everything of one cell lies in rows of sixteen lanes: its four classes by the four tastes. Each
# step is one loop over lanes, without branches, which the compiler does four or eight at a time.
LANES = 4 * TASTES
# Nests: the primary one as it is, with the village raised, with the township raised, the township
# alone; the outside one as it is, and with each of its four raised.
_PRIMARY, _ALONE, _OUTSIDE, _NESTS = 0, 3, 4, 9
# Rows: exponentials of the choices, habits and what they raise by alternative, nests and what
# scales them, sums, and the answers: shares of choices, and of care by alternative.
_E = 0
_MORE = _E + N_CHOICES
_HABIT = _MORE + N_ALTERNATIVES
_INSIDE = _HABIT + N_ALTERNATIVES
_SCALE = _INSIDE + _NESTS
_TOTAL = _SCALE + _NESTS
_WEIGHT, _ALL, _PART, _NEED = _TOTAL + 1, _TOTAL + 2, _TOTAL + 3, _TOTAL + 5
_OUT = _NEED + 1
_CARE = _OUT + N_CHOICES
_ROWS = _CARE + N_ALTERNATIVES
# Alternatives that share a nest with others.
_NESTED = (*range(HOSPITALS), *range(BEYOND, N_ALTERNATIVES))
LATER = 5 * N_ALTERNATIVES * LANES
_AFTER_CITY, _AFTER_REGIONAL = 3 * N_ALTERNATIVES, 4 * N_ALTERNATIVES  # rows of `later`
HABITS = N_CLASSES * N_ALTERNATIVES  # of a cell, class by class


def new_scratch() -> Any:
    """Scratch of `first_contacts`: rows of lanes."""
    return np.zeros(_ROWS * LANES)


@kernel
def exponents(p: Any, cells: Any, place_offer: Any, out: Any, utility: Any) -> None:
    """exp(offer / dissimilarity) of every place: (G, 2, 12 x 16 lanes), by the rule's own first
    steps, the same for all tastes.

    Source: as choice.nested_logit.
    """
    for g in range(place_offer.shape[0]):
        for need_class in range(N_CLASSES):
            for insurance in range(2):
                utility[0] = 0.0
                for j in range(N_ALTERNATIVES):
                    utility[j + 1] = place_offer[g, need_class, insurance, j]
                choice_exponents(p, utility, utility)
                for j in range(N_CHOICES):
                    utility[j] = exp(utility[j])
                row = out[g, insurance]
                for j in range(N_CHOICES):
                    for q in range(TASTES):
                        row[LANES * j + TASTES * need_class + q] = utility[j]


@kernel
def own_exponents(
    p: Any, cells: Any, stations: Any, prices: Any, tastes: Any, need: Any, quality: Any,
    exhausted: Any, out: Any, weight: Any,
) -> None:  # fmt: skip
    """exp(own utility / dissimilarity): (N, 12 x 16 lanes), self-care first.

    prices  (G, 11, 2 insurances, 2) yuan of a visit, yearly cap left or exhausted
    tastes  (4, 2) factors on price and travel
    quality (N, 4, 6) see recollection.seen_by_all; exhausted (N,) share whose cap is used up
    weight  (4, 16) scratch: of quality, the way and the price by lane, and self-care's utility

    Source: as choice.own_utility and choice.nested_logit; tastes as choice.price_taste.
    """
    for lane in range(LANES):
        need_class, q = lane // TASTES, lane % TASTES
        weights = own_weights(p, need_class, tastes[q, 0], tastes[q, 1])
        weight[0, lane], weight[1, lane], weight[2, lane] = weights
        weight[3, lane] = choice_exponent(p.self_care_constant[need_class], 1.0)
    for i in range(len(cells.place)):
        g, scope, insurance = cells.place[i], cells.scope[i], cells.insurance[i]
        row = out[i]
        for lane in range(LANES):
            row[lane] = weight[3, lane]
        for j in range(N_ALTERNATIVES):
            tier = _TIER[j]
            yuan = prices[g, j, insurance, 0]
            yuan += exhausted[i] * (prices[g, j, insurance, 1] - yuan)
            over = 1.0 / (
                p.primary_nest if j < HOSPITALS else p.outside_nest if j >= BEYOND else 1.0
            )
            nest = p.outside_nest if tier == 3 else 1.0
            for need_class in range(N_CLASSES):
                added = nest * stations.log_share[g, need_class, scope, j]
                if (
                    j < HOSPITALS
                ):  # the mean over contracts; its spread is too small to bend the choice
                    added += p.contract_weight[need_class] * cells.effective[i]
                seen, way = quality[i, need_class, tier], cells.hours[g, j]
                for lane in range(TASTES * need_class, TASTES * need_class + TASTES):
                    weights = weight[0, lane], weight[1, lane], weight[2, lane]
                    utility = own_utility(weights, seen, way, yuan) + added
                    row[LANES * (j + 1) + lane] = choice_exponent(utility, over)
        for k in range(N_CHOICES * LANES):
            row[k] = exp(row[k])
        for need_class in range(N_CLASSES):
            for j in range(N_ALTERNATIVES):
                if stations.takes[g, need_class, scope, j] == 0:
                    for q in range(TASTES):
                        row[LANES * (j + 1) + TASTES * need_class + q] = 0.0


@kernel
def first_contacts(
    p: Any, cells: Any, need: Any, own: Any, place: Any, habit: Any, habit_good: Any, first: Any,
    care: Any, later: Any, x: Any, raised: Any, lanes: Any,
) -> None:  # fmt: skip
    """Shares of first choices of every cell and class, and of choices after a failure.

    need    (N, 4) episodes; own, place  from `own_exponents` and `exponents`
    habit   (N, 4, 11) share whose last provider is the alternative; habit_good  whom it served well
    first   (N, 4, 12) written, self-care first
    care    (N, 4, 11) written: share of those used to an alternative who see somebody
    later   (4, 5, 12, WIDE) of places side by side written, see flows: choice of those a tier
            failed, need-weighted over cells and tastes, and 1 where there is any
    x, raised (3, HABITS), lanes (G, LATER)  scratch

    Source: as choice.nested_logit; averages over tastes as in mixed logit, Train (2009), Discrete
    Choice Methods with Simulation, ch. 6.
    """
    lanes[:] = 0.0
    used, well = habit.reshape(-1, HABITS), habit_good.reshape(-1, HABITS)
    habit_lines(p, raised)
    for i in range(len(cells.place)):
        g = cells.place[i]
        mine, common = own[i], place[g, cells.insurance[i]]
        for k in range(N_CHOICES * LANES):
            x[_E * LANES + k] = mine[k] * common[k]
        habit_factors(used[i], well[i], raised)
        for s in range(N_CLASSES):
            raises = raised[0, N_ALTERNATIVES * s : N_ALTERNATIVES * (s + 1)]
            lay_habits(x, s, habit[i, s], raises, need[i, s])
        fill_nests(p, x)
        mix_habits(x)
        after_failures(x, lanes[g])
        for s in range(N_CLASSES):
            read_shares(x, s, first[i, s], care[i, s])
            if need[i, s] <= 0.0:
                first[i, s] = 0.0
    for g in range(lanes.shape[0]):
        for s in range(N_CLASSES):
            read_later(lanes[g], s, g % WIDE, later[g // WIDE, s])


@kernel
def habit_lines(p: Any, out: Any) -> None:
    """What being used to an alternative adds to its utility over its nest's dissimilarity, into the
    last rows of out (3, HABITS): the second, and the third times the share served well.

    Source: this model (docs/odd.md).
    """
    for s in range(N_CLASSES):
        for k in range(N_ALTERNATIVES):
            over = 1.0 / (p.primary_nest if k < 2 else p.outside_nest if k >= 7 else 1.0)
            out[1, N_ALTERNATIVES * s + k] = (p.habit_weight[s] - p.outcome_weight) * over
            out[2, N_ALTERNATIVES * s + k] = 2.0 * p.outcome_weight * over


@kernel
def habit_factors(habit: Any, good: Any, out: Any) -> None:
    """Factors on alternatives' exponentials for those used to them, 0 where too few are, into the
    first row of out, see `habit_lines`; habit and good (HABITS,) of all classes."""
    for k in range(HABITS):
        out[0, k] = out[1, k] + out[2, k] * good[k] / max(habit[k], _RARE)
    for k in range(HABITS):
        out[0, k] = exp(out[0, k])
    for k in range(HABITS):
        out[0, k] = out[0, k] if habit[k] >= _RARE else 0.0


@kernel
def lay_habits(x: Any, s: int, habit: Any, factor: Any, need: float) -> None:
    """Habits of a class into its lanes: who is used to what, and how much its exponential gains;
    and its episodes."""
    for k in range(N_ALTERNATIVES):
        used, more = (habit[k], factor[k] - 1.0) if factor[k] > 0.0 else (0.0, 0.0)
        for q in range(TASTES):
            x[(_HABIT + k) * LANES + TASTES * s + q] = used
            x[(_MORE + k) * LANES + TASTES * s + q] = more
    for q in range(TASTES):
        x[_NEED * LANES + TASTES * s + q] = need / TASTES


@kernel
def _raise(x: Any, row: int, base: int, k: int) -> None:
    """What is inside a nest with alternative k raised."""
    for q in range(LANES):
        more = x[(_MORE + k) * LANES + q]
        x[row * LANES + q] = x[base * LANES + q] + x[(_E + k + 1) * LANES + q] * more


@kernel
def fill_nests(p: Any, x: Any) -> None:
    """Everything inside the nests, what scales it to the nests' weights, and the total.

    Source: as choice.nested_logit.
    """
    n = len(x) // _ROWS  # lanes; were the number known, short loops would be written out one by one
    village, town = (_E + 1) * LANES, (_E + 2) * LANES
    inside, outside = _INSIDE * LANES, (_INSIDE + _OUTSIDE) * LANES
    first, second_city = (_E + 1 + BEYOND) * LANES, (_E + 2 + BEYOND) * LANES
    region, away = (_E + OUTSIDE) * LANES, (_E + 1 + OUTSIDE) * LANES
    for q in range(n):
        x[inside + q] = x[village + q] + x[town + q] + NOTHING
        x[inside + _ALONE * LANES + q] = x[town + q] + NOTHING
        city, second, regional, last = first + q, second_city + q, region + q, away + q
        beyond = x[city] + x[second] + x[regional] + x[last]
        x[outside + q] = beyond + NOTHING
    for k in _NESTED:
        base = _INSIDE if k < HOSPITALS else _INSIDE + _OUTSIDE
        _raise(x, base + (k + 1 if k < HOSPITALS else k + 1 - BEYOND), base, k)
    for k in range(_OUTSIDE * LANES):
        x[_SCALE * LANES + k] = nest_exponent(x[inside + k], p.primary_nest)
    for k in range((_NESTS - _OUTSIDE) * LANES):
        exponent = nest_exponent(x[outside + k], p.outside_nest)
        x[(_SCALE + _OUTSIDE) * LANES + k] = exponent
    for k in range(_NESTS * LANES):  # apart: short chains of steps overlap better than a long one
        x[_SCALE * LANES + k] = exp(x[_SCALE * LANES + k])
    for q in range(n):
        total = x[q] + x[inside + q] * x[_SCALE * LANES + q]
        total += x[outside + q] * x[(_SCALE + _OUTSIDE) * LANES + q]
        for j in range(1 + HOSPITALS, 1 + BEYOND):
            total += x[(_E + j) * LANES + q]
        x[_TOTAL * LANES + q] = total + NOTHING


@kernel
def _used_to(x: Any, k: int, nest: int, raised: int) -> None:
    """Add the choice of those used to alternative k of a nest; raised is the nest with it raised.

    The parts are rows: _WEIGHT the sum of habits over totals, _PART + 0 and 1 what the primary and
    the outside nest get of it more than everybody's part.
    """
    base, up = (_INSIDE + nest) * LANES, (_INSIDE + raised) * LANES
    scale, scale_up = (_SCALE + nest) * LANES, (_SCALE + raised) * LANES
    part = (_PART + (1 if nest == _OUTSIDE else 0)) * LANES
    for q in range(LANES):
        more = x[up + q] * x[scale_up + q] - x[base + q] * x[scale + q]
        over = 1.0 / (x[_TOTAL * LANES + q] + more)
        weight = x[(_HABIT + k) * LANES + q] * over
        x[_WEIGHT * LANES + q] += weight
        x[part + q] += weight * (x[scale_up + q] - x[scale + q])
        gained = x[(_E + k + 1) * LANES + q] * x[(_MORE + k) * LANES + q]
        x[(_OUT + k + 1) * LANES + q] = weight * x[scale_up + q] * gained
        x[(_CARE + k) * LANES + q] = x[q] * over


@kernel
def mix_habits(x: Any) -> None:
    """Choices by lane, rows _OUT, mixed over who is used to which provider; and rows _CARE: share
    of those used to an alternative who see nobody.

    The shares given one habit are the nested logit's with one utility raised, worked out from the
    sums already there; a test compares them with the rule.

    Source: as choice.nested_logit.
    """
    for q in range(LANES):
        x[_WEIGHT * LANES + q] = x[_PART * LANES + q] = x[(_PART + 1) * LANES + q] = 0.0
        x[_ALL * LANES + q] = 1.0
    for k in range(N_ALTERNATIVES):
        for q in range(LANES):
            x[_ALL * LANES + q] -= x[(_HABIT + k) * LANES + q]
    for k in range(HOSPITALS):
        _used_to(x, k, _PRIMARY, _PRIMARY + k + 1)
    for k in range(HOSPITALS, BEYOND):
        for q in range(LANES):
            more = x[(_E + k + 1) * LANES + q] * x[(_MORE + k) * LANES + q]
            over = 1.0 / (x[_TOTAL * LANES + q] + more)
            weight = x[(_HABIT + k) * LANES + q] * over
            x[_WEIGHT * LANES + q] += weight
            x[(_OUT + k + 1) * LANES + q] = weight * more
            x[(_CARE + k) * LANES + q] = x[q] * over
    for k in range(BEYOND, N_ALTERNATIVES):
        _used_to(x, k, _OUTSIDE, _OUTSIDE + k + 1 - BEYOND)
    for q in range(LANES):
        everybody = x[_WEIGHT * LANES + q] + x[_ALL * LANES + q] / x[_TOTAL * LANES + q]
        x[_ALL * LANES + q] = everybody
        x[_PART * LANES + q] += everybody * x[_SCALE * LANES + q]
        x[(_PART + 1) * LANES + q] += everybody * x[(_SCALE + _OUTSIDE) * LANES + q]
        x[_OUT * LANES + q] = everybody * x[q]
    for j in range(1, N_CHOICES):
        row = _PART if j <= HOSPITALS else _PART + 1 if j > BEYOND else _ALL
        for q in range(LANES):
            x[(_OUT + j) * LANES + q] += x[row * LANES + q] * x[(_E + j) * LANES + q]


@kernel
def read_shares(x: Any, s: int, first: Any, care: Any) -> None:
    """A class's choice shares, (12,), and shares of those used to an alternative who see somebody,
    (11,), averaged over tastes."""
    total = 0.0
    for j in range(N_CHOICES):
        at = (_OUT + j) * LANES + TASTES * s
        first[j] = x[at] + x[at + 1] + x[at + 2] + x[at + 3]
        total += first[j]
    for j in range(N_CHOICES):
        first[j] /= total
    for k in range(N_ALTERNATIVES):
        at = (_CARE + k) * LANES + TASTES * s
        care[k] = 1.0 - (x[at] + x[at + 1] + x[at + 2] + x[at + 3]) / TASTES


@kernel
def after_failures(x: Any, later: Any) -> None:
    """Add the choices of those a tier 0-4 failed: tiers above it, no self-care; later (LATER,).

    Source: as choice.nested_logit, over what is left of the choice set.
    """
    n = len(x) // _ROWS
    town, beyond = (_INSIDE + _ALONE) * LANES, (_INSIDE + _OUTSIDE) * LANES
    for t in range(3):
        for q in range(n):
            township = x[town + q] * x[(_SCALE + _ALONE) * LANES + q]
            township = township if t == 0 and x[2 * LANES + q] > 0.0 else 0.0
            county = x[3 * LANES + q] + x[4 * LANES + q] + x[5 * LANES + q]
            county += x[6 * LANES + q] + x[7 * LANES + q]
            total = x[beyond + q] * x[(_SCALE + _OUTSIDE) * LANES + q] + township
            total += county if t <= 1 else 0.0
            each = x[_NEED * LANES + q] / max(total, 1e-100)
            x[_WEIGHT * LANES + q] = each if total > 1e-100 else 0.0
            later[(N_ALTERNATIVES * t + 1) * LANES + q] += x[_WEIGHT * LANES + q] * township
        for j in range(1 + HOSPITALS, 1 + BEYOND):
            for q in range(n):
                here = x[_WEIGHT * LANES + q] * x[j * LANES + q]
                later[(N_ALTERNATIVES * t + j - 1) * LANES + q] += here if t <= 1 else 0.0
        for j in range(1 + BEYOND, N_CHOICES):
            for q in range(n):
                scaled = x[_WEIGHT * LANES + q] * x[(_SCALE + _OUTSIDE) * LANES + q]
                later[(N_ALTERNATIVES * t + j - 1) * LANES + q] += scaled * x[j * LANES + q]
    for q in range(n):
        regional, last = x[OUTSIDE * LANES + q], x[(1 + OUTSIDE) * LANES + q]
        each = x[_NEED * LANES + q] / max(regional + last, 1e-300)
        later[(_AFTER_CITY + REGIONAL) * LANES + q] += each * regional
        later[(_AFTER_CITY + OUTSIDE) * LANES + q] += each * last
        later[(_AFTER_REGIONAL + OUTSIDE) * LANES + q] += (
            x[_NEED * LANES + q] if last > 0.0 else 0.0
        )


@kernel
def read_later(lanes: Any, s: int, q: int, later: Any) -> None:
    """A class's choices after a failure at each tier, see `first_contacts`, into later[..., q]."""
    for t in range(5):
        total = 0.0
        for j in range(N_ALTERNATIVES):
            at = (N_ALTERNATIVES * t + j) * LANES + TASTES * s
            later[t, j, q] = lanes[at] + lanes[at + 1] + lanes[at + 2] + lanes[at + 3]
            total += later[t, j, q]
        for j in range(N_ALTERNATIVES):
            later[t, j, q] = later[t, j, q] / total if total > 0.0 else 0.0
        later[t, N_ALTERNATIVES, q] = 1.0 if total > 0.0 else 0.0
