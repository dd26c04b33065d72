"""What follows a first contact, in expectation: consults, escalation, and then beds.

Latent difficulty: that of an episode is uniform, and above K for whoever was not helped by
capability K. A stream of patients is therefore a number and the highest capability that failed
it; a facility of capability K' helps the part (K' - K) / (1 - K) of them.
"""

from __future__ import annotations

from typing import Any

from sim.engines.meanfield.flows import (
    ADMITS,
    ADMITS_BEYOND,
    AGAIN,
    ALL,
    ARRIVED,
    ARRIVING,
    ASK,
    ASK_BEYOND,
    ASK_BEYOND_SEVERITY,
    ASK_DEPTH,
    ASK_FAILED,
    ASK_SEVERITY,
    BAD,
    CAPABILITY,
    CONTACTED,
    FAILED,
    FIRST,
    FIRST_PRIMARY,
    FLOWS,
    FOLLOWS,
    FROM_TIER,
    GONE,
    GOOD,
    NUMBER,
    OPEN_DAYS,
    PART,
    REFERRED,
    REFERRED_IN,
    RESOLVED,
    SCALE,
    SEEN,
    SELF_RESOLVED,
    SELF_UNRESOLVED,
    STARTED,
    TINY,
    TURNED,
    UNRESOLVED,
    UNSEEN,
    URGENT,
    VISIT_SEVERITY,
    VISITS,
    WIDE,
    WRITTEN,
    at,
    helped,
)
from sim.engines.meanfield.stays import stays_of
from sim.jit import inlined
from sim.rules.illness import severity_factor
from sim.rules.resolution import MOST_VISITS
from sim.tiers import ALTERNATIVE_TIER, CRITICAL, N_ALTERNATIVES, N_CHOICES, OUTSIDE, Tier

_TIER = ALTERNATIVE_TIER
_CITY = int(Tier.CITY)


@inlined
def follow(
    p: Any, s: int, first: Any, later: Any, place: Any, stay: Any, x: Any, carry: Any, flow: Any,
    in_full: bool, n: int,
) -> None:  # fmt: skip
    """Follow the episodes of class s of n places from first choice to end.

    first   (12, WIDE) episodes by first choice, self-care first
    later   (5, 12, WIDE) choice of those a tier failed, and 1 where there is any
    place   a PLACES record;  stay (6, 2) see balance.run_chains
    x       scratch; its first rows are written: ends, (ENDS, WIDE)
    carry   (6, 3, WIDE) scratch: patients failed by a tier, the sum of the capabilities that
            failed, and those of a tier's failed who were seen again
    flow    (11, FLOWS, WIDE) written
    in_full False: only the flows that loads rest on (see balance.chain_loads), no ends
    n       places, at most WIDE
    """
    for j in range(N_ALTERNATIVES):
        flow[at(j, 0) : at(j, FLOWS if in_full else VISITS)] = 0.0
    carry[:] = 0.0
    x[:] = 0.0
    for j in range(N_CHOICES):
        for q in range(n):
            x[ALL * WIDE + q] += first[j, q]
    fetched = p.ambulance_share if s == CRITICAL else 0.0
    if in_full:
        well = min(1.0, p.self_care_adequacy[s])
        for q in range(n):
            alone = first[0, q] * (1.0 - fetched * place.ambulance[0, q])
            x[STARTED * WIDE + q] = x[ALL * WIDE + q]
            x[SELF_RESOLVED * WIDE + q] = alone * well
            x[SELF_UNRESOLVED * WIDE + q] = alone * (1.0 - well)
    for q in range(n):
        x[SCALE * WIDE + q] = 1.0
    for j in range(N_ALTERNATIVES):
        for q in range(n):
            x[ARRIVING * WIDE + q] = first[j + 1, q]
        if fetched > 0.0:
            _fetch(place, 0, j, fetched, x, n)
        _visit(p, s, j, 0, place, x, carry, flow, in_full, n)
        if in_full:
            _tell_of_first(j, x, flow, n)
    for depth in range(1, MOST_VISITS):
        for t in range(4, -1, -1):  # downward: whoever fails above is not taken twice in one round
            _go_on(p, s, t, depth, fetched, later[t], place, x, carry, flow, in_full, n)
    if in_full:
        _seen_again(carry, flow, n)
        for t in range(6):
            for q in range(n):
                x[UNRESOLVED * WIDE + q] += carry[3 * WIDE * t + q]
    stays_of(p, s, place, stay, x, flow, in_full, n)


@inlined
def _fetch(place: Any, least: int, j: int, fetched: float, x: Any, n: int) -> None:
    """Of those on their way to alternative j, row ARRIVING, a part goes where the ambulance goes;
    so does that part of all, row ALL."""
    for q in range(n):
        chose, there = x[ARRIVING * WIDE + q], x[ALL * WIDE + q] * place.nearest[least, j, q]
        x[ARRIVING * WIDE + q] = chose + fetched * place.ambulance[least, q] * (there - chose)


@inlined
def _visit(
    p: Any, s: int, j: int, depth: int, place: Any, x: Any, carry: Any, flow: Any, in_full: bool,
    n: int,
) -> None:  # fmt: skip
    """Patients in row ARRIVING with `depth` visits behind them come to alternative j; those its
    tier fails are added to `carry`. Row SCALE is 1 / (1 - failed)."""
    like, days = place.like[s, j], place.days_to_visit[j]
    waits = 1.0 if s < CRITICAL else 0.0
    tier, deep = 3 * WIDE * _TIER[j], at(j, ASK_DEPTH + depth)
    for q in range(n):
        arriving, failed = x[ARRIVING * WIDE + q], x[FAILED * WIDE + q]
        capability = like[CAPABILITY, q]
        seen = arriving - waits * arriving * like[GONE, q]
        good = seen * helped(capability, failed, x[SCALE * WIDE + q])
        bad = seen - good
        worst = max(failed, capability)
        ease = severity_factor(p, 0.5 * (failed + worst))
        strain = severity_factor(p, 0.5 * (1.0 + worst))
        inside, beyond = good * like[ADMITS, q], bad * like[ADMITS_BEYOND, q]
        flow[at(j, ARRIVED) + q] += arriving
        flow[at(j, ASK) + q] += inside
        flow[at(j, ASK_SEVERITY) + q] += inside * ease
        flow[at(j, ASK_BEYOND) + q] += beyond
        flow[at(j, ASK_BEYOND_SEVERITY) + q] += beyond * strain
        flow[deep + q] += beyond
        carry[tier + q] += bad - beyond
        carry[tier + WIDE + q] += (bad - beyond) * worst
        if in_full:
            x[SEEN * WIDE + q] = seen
            turned = waits * arriving * like[TURNED, q]
            flow[at(j, VISITS) + q] += seen
            flow[at(j, UNSEEN) + q] += turned
            flow[at(j, VISIT_SEVERITY) + q] += good * ease + bad * strain
            flow[at(j, GOOD) + q] += good
            flow[at(j, BAD) + q] += bad - beyond  # of those admitted beyond it the stay decides
            x[RESOLVED * WIDE + q] += good - inside
            x[UNRESOLVED * WIDE + q] += arriving - seen
            x[OPEN_DAYS * WIDE + q] += turned * p.unseen_return + waits * arriving * days[q]
    if s == CRITICAL:
        for q in range(n):
            flow[at(j, URGENT) + q] = flow[at(j, ASK) + q] + flow[at(j, ASK_BEYOND) + q]


@inlined
def _tell_of_first(j: int, x: Any, flow: Any, n: int) -> None:
    """Count first contacts with alternative j."""
    is_primary = 1.0 if _TIER[j] <= 1 else 0.0
    for q in range(n):
        seen = x[SEEN * WIDE + q]
        flow[at(j, FIRST) + q] = seen
        x[CONTACTED * WIDE + q] += seen
        x[FIRST_PRIMARY * WIDE + q] += is_primary * seen


@inlined
def _go_on(
    p: Any, s: int, t: int, depth: int, fetched: float, later: Any, place: Any, x: Any, carry: Any,
    flow: Any, in_full: bool, n: int,
) -> None:  # fmt: skip
    """Those tier t failed drop out, follow a referral, or choose again above it; later (12, WIDE)
    their choice, see `follow`."""
    failed = 3 * WIDE * t
    for q in range(n):
        number = carry[failed + q]
        worst = carry[failed + WIDE + q] / max(number, TINY)
        going = number * p.escalation[s]
        written = going * p.formal_referral
        follows = written * place.adherence[q] * place.has_up[s, t, q]
        x[NUMBER * WIDE + q] = number
        x[FAILED * WIDE + q] = worst
        x[SCALE * WIDE + q] = 1.0 / max(1.0 - worst, TINY)
        x[WRITTEN * WIDE + q] = written
        x[FOLLOWS * WIDE + q] = follows
        x[ALL * WIDE + q] = (going - follows) * later[N_ALTERNATIVES, q]
    for k in range(2 * WIDE):
        carry[failed + k] = 0.0
    if in_full:
        _tell_of_failed(p, s, t, x, flow, n)
    for j in range(FROM_TIER[t + 1], N_ALTERNATIVES):
        for q in range(n):
            x[ARRIVING * WIDE + q] = x[ALL * WIDE + q] * later[j, q]
        if fetched > 0.0:
            _fetch(place, t + 1, j, fetched, x, n)
        if place.is_up[s, t, j]:
            for q in range(n):
                followed = x[FOLLOWS * WIDE + q] * place.up[s, t, j, q]
                x[ARRIVING * WIDE + q] += followed
                if in_full:
                    flow[at(j, REFERRED_IN) + q] += followed
        searched = t == _CITY and j < OUTSIDE
        if searched:
            for q in range(n):
                asked = flow[at(j, ASK) + q] + flow[at(j, ASK_BEYOND) + q]
                flow[at(j, ASK_FAILED) + q] -= asked
        _visit(p, s, j, depth, place, x, carry, flow, in_full, n)
        if searched:
            for q in range(n):
                asked = flow[at(j, ASK) + q] + flow[at(j, ASK_BEYOND) + q]
                flow[at(j, ASK_FAILED) + q] += asked
        if in_full:
            for q in range(n):
                carry[failed + 2 * WIDE + q] += x[SEEN * WIDE + q]


@inlined
def _tell_of_failed(p: Any, s: int, t: int, x: Any, flow: Any, n: int) -> None:
    """Count those tier t failed: who goes on, who of them sees somebody, and referrals written."""
    for q in range(n):
        number = x[NUMBER * WIDE + q]
        x[UNRESOLVED * WIDE + q] += number - x[FOLLOWS * WIDE + q] - x[ALL * WIDE + q]
        x[OPEN_DAYS * WIDE + q] += number * p.escalation[s]
        x[PART * WIDE + q] = 0.0
    for j in range(FROM_TIER[t], FROM_TIER[t + 1]):
        for q in range(n):
            x[PART * WIDE + q] += flow[at(j, VISITS) + q]
    for j in range(FROM_TIER[t], FROM_TIER[t + 1]):
        for q in range(n):
            each = x[WRITTEN * WIDE + q] / max(x[PART * WIDE + q], TINY)
            flow[at(j, REFERRED) + q] += each * flow[at(j, VISITS) + q]


@inlined
def _seen_again(carry: Any, flow: Any, n: int) -> None:
    """A tier's patients who were seen again, by alternative as its bad outcomes are."""
    for t in range(5):
        for q in range(n):
            bad = 0.0
            for j in range(FROM_TIER[t], FROM_TIER[t + 1]):
                bad += flow[at(j, BAD) + q]
            again = carry[3 * WIDE * t + 2 * WIDE + q] / max(bad, TINY)
            for j in range(FROM_TIER[t], FROM_TIER[t + 1]):
                flow[at(j, AGAIN) + q] = again * flow[at(j, BAD) + q]
