"""What follows a first contact, in expectation: consults, admissions, escalation, transfers.

Latent difficulty: an episode's y is uniform, and whoever was not helped by capability K has
y > K. A stream of patients is therefore a number and the highest capability that failed it; a
facility of capability K' helps the part (K' - K) / (1 - K) of them.
"""

from __future__ import annotations

from typing import Any

from sim.compiled import inlined
from sim.rules.illness import severity_factor
from sim.rules.referral import back_referral_probability
from sim.rules.resolution import MOST_VISITS
from sim.tiers import ALTERNATIVE_TIER, Tier

_TIER = ALTERNATIVE_TIER
_CITY = int(Tier.CITY)
_NOBODY = 1e-6  # persons a year, numerical: fewer stay where they ask
_SEARCHES = 5  # beds sought in a tier at most; who still has none goes outside
# Beds are asked for tier by tier. A regional centre of the region comes before the city hospitals,
# which take whom it has no bed for, and once more after them, for those they send up.
_BEDS_IN_ORDER = (1, 2, 4, 3, 4, 5)
_CENTRE_BEFORE = 2
_FIRST = (0, 1, 2, 7, 9, 10, 11)  # first alternative of a tier, and one past the last
# Columns of the flows of a place, class and alternative, persons a year unless said otherwise.
(
    VISITS, VISIT_SEVERITY, FIRST, UNSEEN, LOST, REFERRED, GOOD, BAD, ASK, ASK_BEYOND, ASK_SEVERITY,
    ASK_BEYOND_SEVERITY, URGENT, STAYS, STAY_SEVERITY, SHORT, SHORT_SEVERITY, DOWN, DOWN_SEVERITY,
    MOVED_ON, SENT_BACK, REFERRED_IN, TRANSFERRED_IN, WANTED, WANTED_URGENT, WANTED_DAYS, BED_DAYS,
    ASK_DEPTH,
) = range(28)  # fmt: skip
SHORT_DEPTH = ASK_DEPTH + MOST_VISITS  # requests and stays beyond capability by visits so far
AGAIN = SHORT_DEPTH + MOST_VISITS  # bad outcomes another visit or stay of the episode follows
ASK_FAILED = AGAIN + 1  # at the regional tier: requests of those whom the city tier has failed
FLOWS = ASK_FAILED + 1
# Columns of the ends of a place's episodes of a class.
(
    STARTED, SELF_RESOLVED, SELF_UNRESOLVED, RESOLVED, UNRESOLVED, CONTACTED, FIRST_PRIMARY,
    OPEN_DAYS,
) = range(8)  # fmt: skip
ENDS = 8


@inlined
def helped(capability: float, failed: float) -> float:
    """Part of patients with y > failed that a facility helps."""
    if failed >= 1.0 or capability <= failed:
        return 0.0
    return (capability - failed) / (1.0 - failed)


@inlined
def follow(
    p: Any, s: int, first: Any, later: Any, place: Any, carry: Any, flow: Any, ends: Any, told: bool
) -> None:
    """Follow one place's episodes of class s from first choice to end.

    first   (12,) episodes by first choice, self-care first
    later   (5, 11) choice of those a tier failed
    place   a Place record: what its alternatives are like today
    carry   (3, 6) scratch: patients failed by a tier, the sum of the capabilities that failed, and
            those of a tier's failed who were seen again
    flow    (11, FLOWS) written; ends (8,) written
    told    False: only the flows that loads rest on (see balance.chain_loads), ends unfinished
    """
    flow[:] = 0.0
    ends[:] = 0.0
    total = 0.0
    for j in range(12):
        total += first[j]
    ends[STARTED] = total
    carry[:] = 0.0
    well = min(1.0, p.self_care_adequacy[s])
    ends[SELF_RESOLVED] = first[0] * well
    ends[SELF_UNRESOLVED] = first[0] * (1.0 - well)
    if s == 3 and place.ambulance[0] > 0.0:
        ends[SELF_RESOLVED] *= 1.0 - p.ambulance_share
        ends[SELF_UNRESOLVED] *= 1.0 - p.ambulance_share
    for j in range(11):
        arriving = _sent_by_ambulance(p, s, place, 0, first[j + 1], total, j)
        if s < 3:
            ends[OPEN_DAYS] += arriving * place.days_to_visit[j]
        seen = _visit(p, s, j, arriving, 0.0, 1.0, 0, place, carry, flow, ends, told)
        flow[j, FIRST] = seen
        ends[CONTACTED] += seen
        if _TIER[j] <= 1:
            ends[FIRST_PRIMARY] += seen
    for depth in range(1, MOST_VISITS):
        _go_on(p, s, later, place, carry, flow, ends, depth, told)
    if told:
        _seen_again(carry, flow)
        for t in range(6):
            ends[UNRESOLVED] += carry[0, t]
    _stays(p, s, place, flow, ends, told)


@inlined
def _sent_by_ambulance(
    p: Any, s: int, place: Any, least: int, chosen: float, everybody: float, j: int
) -> float:
    """Patients of alternative j when a share of the critical goes where the ambulance goes."""
    if s < 3 or place.ambulance[least] == 0.0:
        return chosen
    a = p.ambulance_share
    return (1.0 - a) * chosen + a * everybody * place.nearest[least, j]


@inlined
def _visit(
    p: Any, s: int, j: int, arriving: float, failed: float, scale: float, depth: int, place: Any,
    carry: Any, flow: Any, ends: Any, told: bool,
) -> float:  # fmt: skip
    """Patients with `depth` visits behind them arrive at alternative j; returns those seen.
    Failures are added to `carry`. scale is 1 / (1 - failed)."""
    if arriving <= 0.0:
        return 0.0
    tier = _TIER[j]
    seen = arriving
    if s < 3:
        seen -= arriving * place.lost[j]
        flow[j, LOST] += arriving - seen
        if told:
            turned = arriving * place.turned[j]
            flow[j, UNSEEN] += turned
            ends[UNRESOLVED] += arriving - seen
            ends[OPEN_DAYS] += turned * p.unseen_return
    capability = place.capability[j, s]
    good = 0.0
    if capability > failed:
        good = seen * (capability - failed) * scale
    bad = seen - good
    worst = max(failed, capability)
    ease = severity_factor(p, 0.5 * (failed + worst))
    strain = severity_factor(p, 0.5 * (1.0 + worst))
    flow[j, VISITS] += seen
    inside = good * place.admits[s, j]
    outside = bad * place.admits_beyond[s, j]
    flow[j, ASK] += inside
    flow[j, ASK_SEVERITY] += inside * ease
    flow[j, ASK_BEYOND] += outside
    flow[j, ASK_DEPTH + depth] += outside
    flow[j, ASK_BEYOND_SEVERITY] += outside * strain
    if s == 3:
        flow[j, URGENT] += inside + outside
    if told:
        flow[j, VISIT_SEVERITY] += good * ease + bad * strain
        flow[j, GOOD] += good
        flow[j, BAD] += bad - outside  # of those admitted beyond capability the stay tells
        ends[RESOLVED] += good - inside
    carry[0, tier] += bad - outside
    carry[1, tier] += (bad - outside) * worst
    return seen


@inlined
def _go_on(
    p: Any, s: int, later: Any, place: Any, carry: Any, flow: Any, ends: Any, depth: int, told: bool
) -> None:
    """Those a tier failed drop out, follow a referral, or choose again above that tier."""
    for t in range(4, -1, -1):  # downward: whoever fails above is not taken twice in one round
        number = carry[0, t]
        if number <= 0.0:
            continue
        failed = carry[1, t] / number
        scale = 1.0 / (1.0 - failed) if failed < 1.0 else 0.0
        carry[0, t] = carry[1, t] = 0.0
        going = number * p.escalation[s]
        up = place.up[s, t]
        written = going * p.formal_referral
        follows = 0.0
        if up >= 0:
            follows = written * place.adherence
        chosen = 0.0
        for j in range(_FIRST[t + 1], 11):
            chosen += later[t, j]
        alone = (going - follows) * (1.0 if chosen > 0.5 else 0.0)
        if told:
            _tell_of_failed(t, number, going, follows + alone, written, flow, ends)
        for j in range(_FIRST[t + 1], 11):
            number = _sent_by_ambulance(p, s, place, t + 1, alone * later[t, j], alone, j)
            if j == up:
                number += follows
                flow[j, REFERRED_IN] += follows
            if s < 3:
                ends[OPEN_DAYS] += number * place.days_to_visit[j]
            asked = flow[j, ASK] + flow[j, ASK_BEYOND]
            carry[2, t] += _visit(
                p, s, j, number, failed, scale, depth, place, carry, flow, ends, told
            )
            if t == _CITY and j < 10:
                flow[j, ASK_FAILED] += flow[j, ASK] + flow[j, ASK_BEYOND] - asked


@inlined
def _tell_of_failed(
    t: int, number: float, going: float, seeing: float, written: float, flow: Any, ends: Any
) -> None:
    """Count those a tier failed: who goes on, who of them sees somebody, and referrals written."""
    ends[UNRESOLVED] += number - seeing
    ends[OPEN_DAYS] += going
    seen = 0.0
    for j in range(_FIRST[t], _FIRST[t + 1]):
        seen += flow[j, VISITS]
    each = written / seen
    for j in range(_FIRST[t], _FIRST[t + 1]):
        flow[j, REFERRED] += each * flow[j, VISITS]


@inlined
def _seen_again(carry: Any, flow: Any) -> None:
    """A tier's patients who were seen again, by alternative as its bad outcomes are."""
    for t in range(5):
        bad = 0.0
        for j in range(_FIRST[t], _FIRST[t + 1]):
            bad += flow[j, BAD]
        for j in range(_FIRST[t], _FIRST[t + 1]):
            flow[j, AGAIN] = carry[2, t] * flow[j, BAD] / bad if bad > 0.0 else 0.0


@inlined
def _stays(p: Any, s: int, place: Any, flow: Any, ends: Any, told: bool) -> None:
    """Requests for a bed, the search for another, transfers up and the way back down."""
    for step in range(6):
        tier = _BEDS_IN_ORDER[step]
        first, last = _FIRST[tier], _FIRST[tier + 1]
        rounds = 1 if last - first == 1 else _SEARCHES
        for k in range(rounds):
            lowest = tier if k < rounds - 1 else tier + 1
            if step == _CENTRE_BEFORE:
                lowest = _CITY
            for j in range(first, last):
                _grant(s, j, place, flow, lowest)
        if step == _CENTRE_BEFORE:
            continue
        for j in range(first, last):
            if flow[j, SHORT] > 0.0:
                _send_up(p, s, tier, j, place, flow, ends)
    for j in range(11):
        stays = flow[j, STAYS]
        ends[RESOLVED] += stays
        if _TIER[j] >= 2 and place.township_free > 0.0:
            back = back_referral_probability(p, _TIER[j]) * place.township_free
            flow[j, SENT_BACK] = stays * back
            flow[1, DOWN] += stays * back
            flow[1, DOWN_SEVERITY] += flow[j, STAY_SEVERITY] * back
        if _TIER[j] == 5:  # nowhere to go on to: they stay their time
            flow[j, STAYS] += flow[j, SHORT]
            flow[j, STAY_SEVERITY] += flow[j, SHORT_SEVERITY]
            flow[j, SHORT] = flow[j, SHORT_SEVERITY] = 0.0
    if not told:
        return
    for j in range(11):
        days = place.stay_base[j] * (flow[j, STAYS] + flow[j, DOWN]) + flow[j, SHORT]
        days += place.stay_slope[j] * (flow[j, STAY_SEVERITY] + flow[j, DOWN_SEVERITY])
        flow[j, BED_DAYS] = days
        waiting = place.bed_queue[j] * (flow[j, WANTED] - flow[j, WANTED_URGENT])
        ends[OPEN_DAYS] += days + waiting


@inlined
def _send_up(p: Any, s: int, tier: int, j: int, place: Any, flow: Any, ends: Any) -> None:
    """Whom alternative j could not treat in a day in bed is sent on, as an emergency."""
    flow[j, BAD] += flow[j, SHORT]
    ends[OPEN_DAYS] += flow[j, SHORT]
    up = place.up[s, tier]
    if tier == 5 or up < 0:
        ends[UNRESOLVED] += flow[j, SHORT]
        return
    failed = place.capability[j, s]
    spent = flow[j, SHORT_DEPTH + MOST_VISITS - 1]  # no visit left to them
    ends[UNRESOLVED] += spent
    moved = flow[j, SHORT] - spent
    above = place.capability[up, s]
    good = moved * helped(above, failed)
    worst = max(above, failed)
    flow[up, ASK] += good
    flow[up, ASK_SEVERITY] += good * severity_factor(p, 0.5 * (failed + worst))
    flow[up, ASK_BEYOND] += moved - good
    flow[up, ASK_BEYOND_SEVERITY] += (moved - good) * severity_factor(p, 0.5 * (1.0 + worst))
    for depth in range(MOST_VISITS - 1):
        beyond = flow[j, SHORT_DEPTH + depth] * (1.0 - helped(above, failed))
        flow[up, ASK_DEPTH + depth + 1] += beyond
    flow[up, TRANSFERRED_IN] += moved
    flow[up, URGENT] += moved
    flow[up, GOOD] += good
    flow[j, AGAIN] += moved


@inlined
def _grant(s: int, j: int, place: Any, flow: Any, lowest: int) -> None:
    """Give beds to the requests at alternative j; the rest asks at the next one, or outside where
    that is of a tier below the lowest."""
    asked = flow[j, ASK] + flow[j, ASK_BEYOND]
    if asked <= 0.0:
        return
    urgent = min(1.0, flow[j, URGENT] / asked)
    leave = urgent * place.leave_urgent[j] + (1.0 - urgent) * place.leave[j]
    onward = place.onward[1 if s == 3 else 0, j]
    flow[j, WANTED] += asked
    flow[j, WANTED_URGENT] += flow[j, URGENT]
    flow[j, WANTED_DAYS] += (
        place.stay_base[j] * flow[j, ASK] + place.stay_slope[j] * flow[j, ASK_SEVERITY]
        + flow[j, ASK_BEYOND]
    )  # fmt: skip
    found = 0.0
    if leave * asked > _NOBODY:
        found = _look_on(j, leave, asked, onward, flow, lowest)
    leave *= found
    flow[j, STAYS] += (1.0 - leave) * flow[j, ASK]
    flow[j, STAY_SEVERITY] += (1.0 - leave) * flow[j, ASK_SEVERITY]
    flow[j, SHORT] += (1.0 - leave) * flow[j, ASK_BEYOND]
    flow[j, SHORT_SEVERITY] += (1.0 - leave) * flow[j, ASK_BEYOND_SEVERITY]
    for depth in range(MOST_VISITS):
        flow[j, SHORT_DEPTH + depth] += (1.0 - leave) * flow[j, ASK_DEPTH + depth]
        flow[j, ASK_DEPTH + depth] = 0.0
    for column in range(5):
        flow[j, ASK + column] = 0.0


@inlined
def _look_on(j: int, leave: float, asked: float, onward: Any, flow: Any, lowest: int) -> float:
    """Who leaves alternative j asks for a bed at the next one; returns the part who have a next."""
    failed = min(1.0, flow[j, ASK_FAILED] / asked)
    found = outside = 0.0
    for k in range(2, 11):
        share = onward[k]
        if share == 0.0:
            continue
        found += share
        there = share * leave if _TIER[k] >= lowest else 0.0
        if _TIER[k] < _TIER[j]:
            there *= 1.0 - failed
        outside += share * leave - there
        if there > 0.0:
            _pass_on(j, k, there, flow)
    if outside > 0.0:
        _pass_on(j, 10, outside, flow)
    flow[j, MOVED_ON] += found * leave * asked
    return found


@inlined
def _pass_on(j: int, k: int, part: float, flow: Any) -> None:
    """A part of the requests at alternative j is made at k."""
    for column in range(4):
        flow[k, ASK + column] += part * flow[j, ASK + column]
    flow[k, URGENT] += part * flow[j, URGENT]
    for depth in range(MOST_VISITS):
        flow[k, ASK_DEPTH + depth] += part * flow[j, ASK_DEPTH + depth]
