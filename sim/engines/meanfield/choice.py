"""First contacts and later choices of every cell, from the choice rules."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from sim.compiled import kernel
from sim.day import days_to_opening
from sim.elementary import exp
from sim.engines.kernels.publish import first_stay_yuan
from sim.rules.choice import (
    ABSENT,
    choice_exponents,
    facility_utility,
    nest_scale,
    own_utility,
    own_weights,
)
from sim.tiers import ALTERNATIVE_TIER

_TIER = ALTERNATIVE_TIER
TASTES = 4
NOTHING = 1e-200
_RARE = 5e-3  # a provider fewer than this are used to is left out of the habits


@kernel
def closed_days(p: Any, tier: int) -> float:
    """Mean days to opening of the clinics of a tier on the day an illness begins."""
    total = days = 0.0
    for weekday in range(7):
        total += p.weekday[weekday]
        days += p.weekday[weekday] * days_to_opening(tier, weekday)
    return days / total


@kernel
def offer(p: Any, facilities: Any, scheme: Any, stations: Any, state: Any, out: Any) -> None:
    """Utility a station offers everybody: (S, 4 classes, 2 insurances), from the rule.

    What residents know of a wait is the station's own and the mean of its tier over rooms.
    """
    for need_class in range(4):
        for tier in range(6):
            known = p.wait_knowledge
            total = rooms = 0.0
            for s in range(len(stations.facility)):
                if facilities[stations.facility[s]].tier == tier:
                    wait = state.emergency_wait[s] if need_class == 3 else state.wait[s]
                    total += wait * stations.weight[s]
                    rooms += stations.weight[s]
            mean = total / rooms if rooms > 0.0 else 0.0
            for s in range(len(stations.facility)):
                f = stations.facility[s]
                if facilities[f].tier != tier:
                    continue
                wait = state.emergency_wait[s] if need_class == 3 else state.wait[s]
                delay = 0.0
                if need_class < 3:
                    delay = state.appointment[s]
                    if delay < 1.0:
                        delay = max(delay, closed_days(p, tier))
                for insurance in range(2):
                    stay = first_stay_yuan(facilities, scheme, insurance, f)
                    seen = known * wait + (1.0 - known) * mean
                    out[s, need_class, insurance] = (
                        facility_utility(p, tier, need_class, seen, delay, stay)
                        + facilities[f].attraction
                    )


@kernel
def offered(stations: Any, offers: Any, out: Any) -> None:
    """Offers of stations seen from places: (G, 4, 2, 11), by the shares of the links."""
    for g in range(out.shape[0]):
        for j in range(11):
            first, last = stations.link_start[11 * g + j], stations.link_start[11 * g + j + 1]
            for need_class in range(4):
                for insurance in range(2):
                    total = 0.0
                    for k in range(first, last):
                        s = stations.link_station[k]
                        total += stations.link_weight[k] * offers[s, need_class, insurance]
                    out[g, need_class, insurance, j] = total


@kernel
def exponents(p: Any, cells: Any, place_offer: Any, out: Any, utility: Any) -> None:
    """exp(offer / dissimilarity) of every place: (G, 4, 2, 12), by the rule's own first steps."""
    for g in range(place_offer.shape[0]):
        for need_class in range(4):
            for insurance in range(2):
                utility[0] = 0.0
                for j in range(11):
                    utility[j + 1] = place_offer[g, need_class, insurance, j]
                row = out[g, need_class, insurance]
                choice_exponents(p, utility, row)
                for j in range(12):
                    row[j] = exp(row[j])


@kernel
def own_exponents(
    p: Any, cells: Any, stations: Any, prices: Any, tastes: Any, need: Any, quality: Any,
    exhausted: Any, out: Any, utility: Any,
) -> None:  # fmt: skip
    """exp(own utility / dissimilarity): (N, 4 classes, 12 x 4 tastes), self-care first.

    prices  (G, 11, 2 insurances, 2) yuan of a visit, yearly cap left or exhausted
    tastes  (4, 2) factors on price and travel
    quality (N, 4, 6) see memory.seen_by_all; exhausted (N,) share whose cap is used up
    """
    for i in range(len(cells.place)):
        g, scope, insurance = cells.place[i], cells.scope[i], cells.insurance[i]
        for need_class in range(4):
            if need[i, need_class] <= 0.0:
                continue
            row = out[i, need_class]
            for q in range(TASTES):
                weights = own_weights(p, need_class, tastes[q, 0], tastes[q, 1])
                utility[0] = p.self_care_constant[need_class]
                for j in range(11):
                    utility[j + 1] = ABSENT
                    if stations.takes[g, need_class, scope, j] == 0:
                        continue
                    tier = _TIER[j]
                    yuan = prices[g, j, insurance, 0]
                    yuan += exhausted[i] * (prices[g, j, insurance, 1] - yuan)
                    nest = p.outside_nest if tier == 3 else 1.0
                    utility[j + 1] = (
                        own_utility(weights, quality[i, need_class, tier], cells.hours[g, j], yuan)
                        + nest * stations.log_share[g, need_class, scope, j]
                    )
                # The mean over contracts; its spread is too small to bend the choice.
                loyal = p.contract_weight[need_class] * cells.effective[i]
                utility[1] += loyal
                utility[2] += loyal
                choice_exponents(p, utility, utility)
                for j in range(12):
                    row[TASTES * j + q] = utility[j]
            for k in range(12 * TASTES):
                row[k] = exp(row[k])
            for j in range(11):
                if stations.takes[g, need_class, scope, j] == 0:
                    for q in range(TASTES):
                        row[TASTES * (j + 1) + q] = 0.0


@kernel
def first_contacts(
    p: Any, cells: Any, need: Any, own: Any, place: Any, habit: Any, habit_good: Any, first: Any,
    care: Any, later: Any, scratch: Any, raised: Any,
) -> None:  # fmt: skip
    """Shares of first choices of every cell and class, and of choices after a failure.

    need    (N, 4) episodes; own, place  from `own_exponents` and `exponents`
    habit   (N, 4, 11) share whose last provider is the alternative; habit_good  whom it served well
    first   (N, 4, 12) written, self-care first
    care    (N, 4, 11) written: share of those used to an alternative who see somebody
    later   (G, 4, 5, 11) written: choice of those whom a tier failed, need-weighted
    raised  (11,) scratch
    """
    later[:] = 0.0
    for i in range(len(cells.place)):
        g, insurance = cells.place[i], cells.insurance[i]
        for s in range(4):
            for j in range(12):
                first[i, s, j] = 0.0
            if need[i, s] <= 0.0:
                continue
            habit_factors(p, s, habit[i, s], habit_good[i, s], raised)
            for j in range(12):
                for q in range(TASTES):
                    scratch.e[j, q] = own[i, s, TASTES * j + q] * place[g, s, insurance, j]
            fill_nests(p, scratch, raised)
            mix_habits(scratch, habit[i, s], raised, first[i, s], care[i, s])
            after_failures(scratch, later[g, s], need[i, s] / TASTES)
    for g in range(later.shape[0]):
        for s in range(4):
            for t in range(5):
                total = 0.0
                for j in range(11):
                    total += later[g, s, t, j]
                for j in range(11):
                    later[g, s, t, j] = later[g, s, t, j] / total if total > 0.0 else 0.0


@kernel
def habit_factors(p: Any, s: int, habit: Any, good: Any, out: Any) -> None:
    """Factors on alternatives' exponentials for those used to them, (11,); 0 where too few are."""
    primary, outside = 1.0 / p.primary_nest, 1.0 / p.outside_nest
    for k in range(11):
        well = good[k] / max(habit[k], _RARE)
        over = primary if k < 2 else outside if k >= 7 else 1.0
        out[k] = (p.habit_weight[s] + p.outcome_weight * (2.0 * well - 1.0)) * over
    for k in range(11):
        out[k] = exp(out[k])
    for k in range(11):
        if habit[k] < _RARE:
            out[k] = 0.0


# A cell's class has twelve exponentials for each taste, rows of e (12, 4). What is inside a nest,
# as it is and with one alternative raised, stands in rows of four tastes: (4, 4) as is, village
# raised, township raised, township alone; (5, 4) as is, and each of the four beyond the county
# raised. All of them lie in one row of numbers, so that the powers are taken in one loop.
PRIMARY_ROWS, OUTSIDE_ROWS = 4, 5
Scratch = namedtuple(
    "Scratch",
    ["e", "total", "inside", "nest", "over", "primary", "outside", "n_primary", "n_outside"],
)


def new_scratch() -> Any:
    """Scratch of `first_contacts`."""
    first, rows = PRIMARY_ROWS * TASTES, PRIMARY_ROWS + OUTSIDE_ROWS
    inside, nest, over = (np.zeros(rows * TASTES) for _ in range(3))
    parts = (inside[:first], inside[first:], nest[:first], nest[first:])
    return Scratch(
        np.zeros((12, TASTES)), np.zeros(TASTES), inside, nest, over,
        *(part.reshape(-1, TASTES) for part in parts),
    )  # fmt: skip


@kernel
def _powers(inside: Any, nest: Any, dissimilarity: Any) -> None:
    """Weights of nests from what is inside them and their dissimilarity, number by number."""
    for k in range(len(inside)):
        nest[k] = inside[k] * nest_scale(inside[k], dissimilarity[k])


@kernel
def fill_nests(p: Any, x: Any, factor: Any) -> None:
    """Everything inside the nests, their weights, and the total, for all tastes at once."""
    e = x.e
    for q in range(TASTES):
        primary = e[1, q] + e[2, q] + NOTHING
        x.primary[0, q] = primary
        x.primary[1, q] = primary + e[1, q] * (factor[0] - 1.0 if factor[0] > 0.0 else 0.0)
        x.primary[2, q] = primary + e[2, q] * (factor[1] - 1.0 if factor[1] > 0.0 else 0.0)
        x.primary[3, q] = e[2, q] + NOTHING
        outside = e[8, q] + e[9, q] + e[10, q] + e[11, q] + NOTHING
        x.outside[0, q] = outside
        for k in range(7, 11):
            more = factor[k] - 1.0 if factor[k] > 0.0 else 0.0
            x.outside[k - 6, q] = outside + e[k + 1, q] * more
    for k in range(len(x.over)):
        x.over[k] = p.primary_nest if k < PRIMARY_ROWS * TASTES else p.outside_nest
    _powers(x.inside, x.nest, x.over)
    for q in range(TASTES):
        total = e[0, q] + x.n_primary[0, q] + x.n_outside[0, q]
        for j in range(3, 8):
            total += e[j, q]
        x.total[q] = total + NOTHING


@kernel
def mix_habits(x: Any, habit: Any, factor: Any, out: Any, care: Any) -> None:
    """Choice shares averaged over tastes and over who is used to which provider; fills out (12,),
    and care (11,): share of those used to an alternative who see somebody.

    The shares given one habit are the nested logit's with one utility raised, worked out from the
    sums already there; a test holds them to the rule.
    """
    e = x.e
    care[:] = 1.0
    for q in range(TASTES):
        everybody = no_primary = no_outside = 0.0
        none = 1.0
        for k in range(11):
            if factor[k] <= 0.0 or e[k + 1, q] <= 0.0:
                care[k] -= e[0, q] / x.total[q] / TASTES
                continue
            none -= habit[k]
            more = e[k + 1, q] * (factor[k] - 1.0)
            if 2 <= k < 7:
                weight = habit[k] / (x.total[q] + more)
                out[k + 1] += weight * more
            elif k < 2:
                nest = x.n_primary[k + 1, q]
                weight = habit[k] / (x.total[q] + nest - x.n_primary[0, q])
                no_primary += weight
                part = weight * nest / x.primary[k + 1, q]
                out[1] += part * e[1, q]
                out[2] += part * e[2, q]
                out[k + 1] += part * more
            else:
                nest = x.n_outside[k - 6, q]
                weight = habit[k] / (x.total[q] + nest - x.n_outside[0, q])
                no_outside += weight
                part = weight * nest / x.outside[k - 6, q]
                for j in range(8, 12):
                    out[j] += part * e[j, q]
                out[k + 1] += part * more
            care[k] -= weight / habit[k] * e[0, q] / TASTES
            everybody += weight
        everybody += none / x.total[q]
        out[0] += everybody * e[0, q]
        for j in range(3, 8):
            out[j] += everybody * e[j, q]
        part = (everybody - no_primary) * x.n_primary[0, q] / x.primary[0, q]
        out[1] += part * e[1, q]
        out[2] += part * e[2, q]
        part = (everybody - no_outside) * x.n_outside[0, q] / x.outside[0, q]
        for j in range(8, 12):
            out[j] += part * e[j, q]
    total = 0.0
    for j in range(12):
        total += out[j]
    for j in range(12):
        out[j] /= total


@kernel
def after_failures(x: Any, later: Any, need: float) -> None:
    """Add the choice shares of those a tier 0-4 failed: tiers above it, no self-care."""
    e = x.e
    for q in range(TASTES):
        county = 0.0
        for j in range(3, 8):
            county += e[j, q]
        for t in range(3):
            township = x.n_primary[3, q] if t == 0 and e[2, q] > 0.0 else 0.0
            here = county if t <= 1 else 0.0
            total = township + here + x.n_outside[0, q]
            if total <= 1e-100:
                continue
            each = need / total
            later[t, 1] += each * township
            if here > 0.0:
                for j in range(3, 8):
                    later[t, j - 1] += each * e[j, q]
            part = each * x.n_outside[0, q] / x.outside[0, q]
            for j in range(8, 12):
                later[t, j - 1] += part * e[j, q]
        above = e[10, q] + e[11, q]
        if above > 0.0:
            later[3, 9] += need * e[10, q] / above
            later[3, 10] += need * e[11, q] / above
        if e[11, q] > 0.0:
            later[4, 10] += need


@kernel
def answer(p: Any, base: Any, change: Any, out: Any) -> None:
    """First contacts of places after a change of utility: (G, 4, 12) from those before it.

    The pivot form of the nested logit: exact for people alike, and nearly so for small changes.
    base    (G, 4, 12) contacts at the old utilities; change (G, 4, 11) of utility
    """
    for g in range(base.shape[0]):
        for s in range(4):
            total = everybody = 0.0
            for j in range(12):
                everybody += base[g, s, j]
            row = out[g, s]
            for j in range(11):
                over = p.primary_nest if j < 2 else p.outside_nest if j >= 7 else 1.0
                row[j + 1] = change[g, s, j] / over
            row[0] = 0.0
            for j in range(12):
                row[j] = exp(row[j])
            for j in range(12):
                row[j] *= base[g, s, j]
            total = row[0]
            for j in range(3, 8):
                total += row[j]
            total += _answer_nest(base[g, s], row, 1, 3, p.primary_nest)
            total += _answer_nest(base[g, s], row, 8, 12, p.outside_nest)
            if total > 0.0:
                for j in range(12):
                    row[j] *= everybody / total


@kernel
def _answer_nest(base: Any, out: Any, first: int, last: int, nest: float) -> float:
    """Scale one nest, whose alternatives have answered, to its new weight, which is returned."""
    before = after = 0.0
    for j in range(first, last):
        before += base[j]
        after += out[j]
    if before <= 0.0 or after <= 0.0:
        return 0.0
    weight = after * nest_scale(after / before, nest)
    for j in range(first, last):
        out[j] *= weight / after
    return weight
