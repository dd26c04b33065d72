"""What follows a request for a bed, in expectation: stays, the search for another, transfers."""

from __future__ import annotations

from typing import Any

from sim.engines.meanfield.flows import (
    AGAIN,
    ASK,
    ASK_BEYOND,
    ASK_BEYOND_SEVERITY,
    ASK_DEPTH,
    ASK_FAILED,
    ASK_SEVERITY,
    ASKED,
    BAD,
    BED_DAYS,
    CAPABILITY,
    DOWN,
    DOWN_SEVERITY,
    FAILED,
    FOUND,
    FROM_TIER,
    GOOD,
    LEAVE,
    MOVED_ON,
    NUMBER,
    OPEN_DAYS,
    OUTSIDE_PART,
    PART,
    RESOLVED,
    SCALE,
    SENT_BACK,
    SHORT,
    SHORT_DEPTH,
    SHORT_SEVERITY,
    STAY_SEVERITY,
    STAYS,
    TINY,
    TRANSFERRED_IN,
    UNRESOLVED,
    URGENT,
    WANTED,
    WANTED_DAYS,
    WANTED_URGENT,
    WIDE,
    at,
    helped,
)
from sim.jit import inlined
from sim.rules.illness import severity_factor
from sim.rules.referral import back_referral_probability
from sim.rules.resolution import MOST_VISITS
from sim.tiers import ALTERNATIVE_TIER, CRITICAL, HOSPITALS, N_ALTERNATIVES, Tier

_TIER = ALTERNATIVE_TIER
_CITY, _OUTSIDE = int(Tier.CITY), int(Tier.OUTSIDE)
_NOBODY = 1e-6  # persons a year, numerical: fewer stay where they ask
_SEARCHES = 5  # beds sought in a tier at most; who still has none goes outside
# Beds are asked for tier by tier. A regional centre of the region comes before the city hospitals,
# which take whom it has no bed for, and once more after them, for those they send up.
_BEDS_IN_ORDER = (1, 2, 4, 3, 4, 5)
_CENTRE_BEFORE = 2


@inlined
def stays_of(
    p: Any, s: int, place: Any, stay: Any, x: Any, flow: Any, in_full: bool, n: int
) -> None:
    """Requests for a bed, the search for another, transfers up and the way back down."""
    for step in range(6):
        tier = _BEDS_IN_ORDER[step]
        first, last = FROM_TIER[tier], FROM_TIER[tier + 1]
        rounds = 1 if last - first == 1 else _SEARCHES
        for k in range(rounds):
            lowest = tier if k < rounds - 1 else tier + 1
            if step == _CENTRE_BEFORE:
                lowest = _CITY
            for j in range(first, last):
                _grant(s, j, lowest, place, stay[tier], x, flow, in_full, n)
        if step == _CENTRE_BEFORE:
            continue
        for j in range(first, last):
            _send_up(p, s, tier, j, place, x, flow, in_full, n)
    for j in range(HOSPITALS, N_ALTERNATIVES):
        back = back_referral_probability(p, _TIER[j])
        for q in range(n):
            part = back * place.township_free[q]
            sent = part * flow[at(j, STAYS) + q]
            if in_full:
                flow[at(j, SENT_BACK) + q] = sent
            flow[at(1, DOWN) + q] += sent
            flow[at(1, DOWN_SEVERITY) + q] += part * flow[at(j, STAY_SEVERITY) + q]
    if in_full:
        for j in range(N_ALTERNATIVES):
            _tell_of_stays(j, place, stay[_TIER[j]], x, flow, n)


@inlined
def _tell_of_stays(j: int, place: Any, stay: Any, x: Any, flow: Any, n: int) -> None:
    """Bed-days of alternative j, and the days its patients' episodes are open."""
    outside = 1.0 if _TIER[j] == _OUTSIDE else 0.0
    base, slope = stay[0], stay[1]
    for q in range(n):
        x[RESOLVED * WIDE + q] += flow[at(j, STAYS) + q]
        # Outside there is nowhere to go on to: they stay their time.
        kept = outside * flow[at(j, SHORT) + q]
        kept_severity = outside * flow[at(j, SHORT_SEVERITY) + q]
        flow[at(j, STAYS) + q] += kept
        flow[at(j, STAY_SEVERITY) + q] += kept_severity
        flow[at(j, SHORT) + q] -= kept
        flow[at(j, SHORT_SEVERITY) + q] -= kept_severity
        days = base * (flow[at(j, STAYS) + q] + flow[at(j, DOWN) + q]) + flow[at(j, SHORT) + q]
        days += slope * (flow[at(j, STAY_SEVERITY) + q] + flow[at(j, DOWN_SEVERITY) + q])
        flow[at(j, BED_DAYS) + q] = days
        waiting = flow[at(j, WANTED) + q] - flow[at(j, WANTED_URGENT) + q]
        x[OPEN_DAYS * WIDE + q] += days + place.bed_queue[j, q] * waiting


@inlined
def _send_up(
    p: Any, s: int, tier: int, j: int, place: Any, x: Any, flow: Any, in_full: bool, n: int
) -> None:
    """Whom alternative j could not treat in a day in bed is sent on, as an emergency; who has had
    all his visits is not, nor who has nowhere to go."""
    some = 0
    for q in range(n):
        some |= 1 if flow[at(j, SHORT) + q] > 0.0 else 0
    if some == 0:
        return
    for q in range(n):
        spent = flow[at(j, SHORT_DEPTH + MOST_VISITS - 1) + q]
        failed = place.like[s, j, CAPABILITY, q]
        x[NUMBER * WIDE + q] = (flow[at(j, SHORT) + q] - spent) * place.has_up[s, tier, q]
        x[FAILED * WIDE + q] = failed
        x[SCALE * WIDE + q] = 1.0 / max(1.0 - failed, TINY)
    if in_full:
        for q in range(n):
            short, moved = flow[at(j, SHORT) + q], x[NUMBER * WIDE + q]
            flow[at(j, BAD) + q] += short
            flow[at(j, AGAIN) + q] += moved
            x[OPEN_DAYS * WIDE + q] += short
            x[UNRESOLVED * WIDE + q] += short - moved
    for k in range(FROM_TIER[tier + 1], N_ALTERNATIVES):
        if place.is_up[s, tier, k]:
            _take_from(p, s, tier, j, k, place, x, flow, in_full, n)


@inlined
def _take_from(
    p: Any, s: int, tier: int, j: int, k: int, place: Any, x: Any, flow: Any, in_full: bool, n: int
) -> None:
    """Alternative k takes the patients of row NUMBER that j sends up."""
    for q in range(n):
        up, failed = place.up[s, tier, k, q], x[FAILED * WIDE + q]
        above = place.like[s, k, CAPABILITY, q]
        moved, worst = up * x[NUMBER * WIDE + q], max(above, failed)
        part = helped(above, failed, x[SCALE * WIDE + q])
        good = moved * part
        flow[at(k, ASK) + q] += good
        flow[at(k, ASK_SEVERITY) + q] += good * severity_factor(p, 0.5 * (failed + worst))
        flow[at(k, ASK_BEYOND) + q] += moved - good
        strain = severity_factor(p, 0.5 * (1.0 + worst))
        flow[at(k, ASK_BEYOND_SEVERITY) + q] += (moved - good) * strain
        flow[at(k, URGENT) + q] += moved
        if in_full:
            flow[at(k, TRANSFERRED_IN) + q] += moved
            flow[at(k, GOOD) + q] += good
        x[PART * WIDE + q] = up * (1.0 - part)
    for depth in range(MOST_VISITS - 1):
        for q in range(n):
            beyond = flow[at(j, SHORT_DEPTH + depth) + q] * x[PART * WIDE + q]
            flow[at(k, ASK_DEPTH + depth + 1) + q] += beyond


@inlined
def _grant(
    s: int, j: int, lowest: int, place: Any, stay: Any, x: Any, flow: Any, in_full: bool, n: int
) -> None:
    """Give beds to the requests at alternative j; the rest asks at the next one, or outside where
    that is of a tier below the lowest."""
    some = 0
    for q in range(n):
        some |= 1 if flow[at(j, ASK) + q] + flow[at(j, ASK_BEYOND) + q] > 0.0 else 0
    if some == 0:
        return
    base, slope = stay[0], stay[1]
    for q in range(n):
        asked = flow[at(j, ASK) + q] + flow[at(j, ASK_BEYOND) + q]
        at_once = flow[at(j, URGENT) + q]
        urgent = min(1.0, at_once / max(asked, TINY))
        leave = urgent * place.leave_urgent[j, q] + (1.0 - urgent) * place.leave[j, q]
        days = base * flow[at(j, ASK) + q] + slope * flow[at(j, ASK_SEVERITY) + q]
        flow[at(j, WANTED) + q] += asked
        flow[at(j, WANTED_URGENT) + q] += at_once
        flow[at(j, WANTED_DAYS) + q] += days + flow[at(j, ASK_BEYOND) + q]
        x[LEAVE * WIDE + q] = leave if leave * asked > _NOBODY else 0.0
        x[FOUND * WIDE + q] = x[OUTSIDE_PART * WIDE + q] = 0.0
    some = 0
    for q in range(n):
        some |= 1 if x[LEAVE * WIDE + q] > 0.0 else 0
    if some:
        _look_on(1 if s == CRITICAL else 0, j, lowest, place, x, flow, in_full, n)
    for q in range(n):
        x[LEAVE * WIDE + q] = 1.0 - x[LEAVE * WIDE + q] * x[FOUND * WIDE + q]
    for k in range(SHORT_DEPTH - STAYS):
        for q in range(n):
            flow[at(j, STAYS + k) + q] += x[LEAVE * WIDE + q] * flow[at(j, ASK + k) + q]
    for k in range(MOST_VISITS):
        for q in range(n):
            kept = x[LEAVE * WIDE + q] * flow[at(j, ASK_DEPTH + k) + q]
            flow[at(j, SHORT_DEPTH + k) + q] += kept
    for k in range(at(j, ASK), at(j, ASKED)):
        flow[k] = 0.0


@inlined
def _look_on(
    urgent: int, j: int, lowest: int, place: Any, x: Any, flow: Any, in_full: bool, n: int
) -> None:
    """Who leaves alternative j, row LEAVE, asks for a bed at the next one; row FOUND is the part
    who have a next."""
    for q in range(n):
        asked = flow[at(j, ASK) + q] + flow[at(j, ASK_BEYOND) + q]
        x[NUMBER * WIDE + q] = asked
        x[FAILED * WIDE + q] = min(1.0, flow[at(j, ASK_FAILED) + q] / max(asked, TINY))
    for k in range(HOSPITALS, N_ALTERNATIVES):
        if place.is_onward[urgent, j, k] == 0:
            continue
        goes = 1.0 if _TIER[k] >= lowest else 0.0
        below = 1.0 if _TIER[k] < _TIER[j] else 0.0  # not to a tier that has failed them
        for q in range(n):
            share = place.onward[urgent, j, k, q]
            leaving = share * x[LEAVE * WIDE + q]
            there = goes * leaving * (1.0 - below * x[FAILED * WIDE + q])
            x[FOUND * WIDE + q] += share
            x[OUTSIDE_PART * WIDE + q] += leaving - there
            x[PART * WIDE + q] = there
        if goes > 0.0:
            _pass_on(j, k, x, flow, n)
    for q in range(n):
        x[PART * WIDE + q] = x[OUTSIDE_PART * WIDE + q]
        if in_full:
            moved = x[FOUND * WIDE + q] * x[LEAVE * WIDE + q] * x[NUMBER * WIDE + q]
            flow[at(j, MOVED_ON) + q] += moved
    _pass_on(j, 10, x, flow, n)


@inlined
def _pass_on(j: int, k: int, x: Any, flow: Any, n: int) -> None:
    """A part, row PART, of the requests at alternative j is made at k."""
    for column in range(ASK, ASKED):
        for q in range(n):
            flow[at(k, column) + q] += x[PART * WIDE + q] * flow[at(j, column) + q]
