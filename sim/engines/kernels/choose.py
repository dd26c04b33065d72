"""Choice and arrival of the day's requests: a facility, a pool and a second for each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.compiled import exponentials, kernel, prefetch
from sim.day import (
    CLOSED,
    DAY_SECONDS,
    DISCHARGE_SECOND,
    SLOT_SECONDS,
    days_to_opening,
    session_start,
    sessions_open,
)
from sim.engines.kernels.layout import (
    AHEAD,
    DEAD,
    ESCALATION,
    FACILITY,
    IDLE,
    IN_BED,
    LANE,
    META,
    MOVED,
    NAMED,
    NEW,
    ONSET,
    POSTPONED,
    QUALITY_ONE,
    RESIDENT,
    SELF_CARE,
    TRANSFER,
    alternative_of,
    asking,
    asks_for,
    failed_of,
    need_class_of,
    occurrence_of,
    write_event,
)
from sim.rules.choice import (
    ABSENT,
    choice_exponents,
    nest_weights,
    own_utility,
    own_weights,
    pick,
    scope_of,
)
from sim.rules.consult import EMERGENCY_POOL, pool_of, session_position
from sim.rules.random import Stream, block
from sim.tiers import ALTERNATIVE_TIER, N_ALTERNATIVES

_CHOICE = int(Stream.CHOICE)
_ONE_UNIT = 1.0 / QUALITY_ONE
_COUNTY_FIRST, _CITY_FIRST, _CITY_LAST = 2, 7, 9
_BARELY = 0.5 * ABSENT
BATCH = 64
_CHOOSES, _DECIDED, _TOMORROW = -2, -3, -4  # besides an alternative, 0 and up
_TIER_OF = np.array(ALTERNATIVE_TIER, dtype=np.int64)


@kernel
def _utilities(
    p: Any, facilities: Any, villages: Any, scheme: Any, people: Any, published: Any, r: int,
    meta: int, u_pool: float, utility: Any,
) -> None:  # fmt: skip
    """Utility of every alternative of resident r for this episode; (12,), self-care first."""
    need_class = need_class_of(meta)
    failed = failed_of(meta)
    village = people[r].village
    age = people[r].age
    patient = 3 * need_class + scope_of(age, people[r].sex)
    insurance = people[r].insurance
    taste = people[r].taste
    price_factor = scheme.price_taste[taste & 15, people[r].income]
    weights = own_weights(p, need_class, price_factor, scheme.travel_taste[taste >> 4])
    exhausted = 0
    if scheme.visit_cap[insurance] > 0 and people[r].visit_fund >= scheme.visit_cap[insurance]:
        exhausted = 1
    pool = pool_of(p, u_pool, need_class, age, True)
    # Those who go on have decided to see somebody.
    utility[0] = ABSENT if asks_for(meta) == ESCALATION else p.self_care_constant[need_class]
    for j in range(N_ALTERNATIVES):
        utility[j + 1] = ABSENT
        tier = _TIER_OF[j]
        f = villages[village].facility[j]
        if f < 0 or tier < failed or (facilities[f].takes >> patient) & 1 == 0:
            continue
        if need_class == 3 and _is_shut(facilities, published, f):
            continue
        pool_here = pool if facilities[f].pooled else 0
        utility[j + 1] = published[f].utility[need_class, pool_here, insurance] + own_utility(
            weights, people[r].quality[tier] * _ONE_UNIT, villages[village].hours[j],
            published[f].visit_yuan[insurance, exhausted],
        )  # fmt: skip
    # Alternatives of one tier share its constant by size: ln(size / size of those available), so
    # that n equal facilities draw what one would. Only two tiers offer more than one.
    _share_constant(facilities, villages, village, utility, _COUNTY_FIRST, _CITY_FIRST, 1.0)
    nest = p.outside_nest
    _share_constant(facilities, villages, village, utility, _CITY_FIRST, _CITY_LAST, nest)
    if people[r].contract == 2:
        utility[1] += p.contract_weight[need_class]
        utility[2] += p.contract_weight[need_class]
    habit = (int(people[r].habit) >> (5 * need_class)) & 31
    if habit & 15:
        good = p.outcome_weight if habit & 16 else -p.outcome_weight
        utility[habit & 15] += p.habit_weight[need_class] + good
    for j in range(12):
        if utility[j] < _BARELY:
            utility[j] = ABSENT


@kernel
def _share_constant(
    facilities: Any, villages: Any, village: int, utility: Any, first: int, last: int, nest: float
) -> None:
    """Add ln of each alternative's share of the doctors available in its tier, times the
    dissimilarity of its nest, which the nest divides by again."""
    size = 0.0
    alike = 0
    for j in range(first, last):
        if utility[j + 1] > ABSENT:
            size += facilities[villages[village].facility[j]].doctors
            alike += 1
    if alike > 1:
        log_total = math.log(size)
        for j in range(first, last):
            if utility[j + 1] > ABSENT:
                share = facilities[villages[village].facility[j]].log_doctors - log_total
                utility[j + 1] += nest * share


@kernel
def _is_shut(facilities: Any, published: Any, f: int) -> bool:
    """Is there nobody for an emergency today: no emergency pool, and the clinics are closed?"""
    if facilities[f].pooled or facilities[f].delay:
        return False
    return published[f].open_seconds[0, 0] + published[f].open_seconds[0, 1] == 0


@kernel
def _nearest_capable(
    facilities: Any, villages: Any, village: int, need_class: int, failed: int
) -> int:
    """The ambulance rule: the nearest hospital with an emergency pool, -1 when there is none."""
    best = -1
    hours = math.inf
    for j in range(N_ALTERNATIVES):
        f = villages[village].facility[j]
        if f < 0 or not facilities[f].pooled or not facilities[f].available[need_class]:
            continue
        if _TIER_OF[j] >= failed and villages[village].hours[j] < hours:
            hours = villages[village].hours[j]
            best = j
    return best


@kernel
def _arrival(
    p: Any,
    facilities: Any,
    published: Any,
    facility: int,
    pool: int,
    u_session: float,
    u_place: float,
) -> int:
    """Second of the day of an arrival: any second at an emergency pool, else a slot inside the
    open seconds of a session."""
    if facilities[facility].delay or (facilities[facility].pooled and pool == EMERGENCY_POOL):
        return int(u_place * DAY_SECONDS)
    tier = facilities[facility].tier
    morning = published[facility].open_seconds[pool, 0]
    afternoon = published[facility].open_seconds[pool, 1]
    session = 0
    if afternoon > 0 and (morning == 0 or u_session >= p.morning_share):
        session = 1
    open_for = afternoon if session == 1 else morning
    offset = int(session_position(p, u_place) * open_for)
    return session_start(p, tier, session) + offset // SLOT_SECONDS * SLOT_SECONDS


@kernel
def choose(
    p: Any, facilities: Any, villages: Any, scheme: Any, people: Any, published: Any, seed: int,
    key_day: int, day: int, weekday: int, requests: Any, first: int, last: int,
    facility: Any, alternative: Any, pool: Any, second: Any, fate: Any, out: Any,
    utility: Any, weight: Any, uniforms: Any, chosen: Any,
) -> int:  # fmt: skip
    """Decide where requests first..last go today.

    requests  (n, 6) int32 events sorted by resident
    facility, alternative, pool, second, fate  (n,) written; facility -1 where nobody is visited
    out       (n, 6) events that wait for a later day, from row `first`
    utility, weight, uniforms, chosen  (12,), (BATCH, 12), (BATCH, 4), (BATCH,) scratch
    returns   events written

    A batch at a time: first what everybody sees, then all the exponentials, then the choices and
    what follows from them. One resident's chain of steps is long, but a batch's run side by side.
    """
    written = first
    for start in range(first, last, BATCH):
        stop = min(start + BATCH, last)
        for i in range(start, stop):
            if i + AHEAD < last:
                prefetch(people, requests[i + AHEAD, RESIDENT])
            k = i - start
            chosen[k] = _first_look(
                p, facilities, villages, scheme, people, published, seed, key_day, day, requests,
                i, facility, alternative, pool, second, fate, utility, weight[k], uniforms[k],
            )  # fmt: skip
            if chosen[k] == _TOMORROW:
                _send_on(
                    out, written, requests, i, requests[i, META], requests[i, FACILITY], day + 1
                )
                written += 1
        for k in range(stop - start):
            if chosen[k] == _CHOOSES:
                exponentials(weight[k])
        for k in range(stop - start):
            if chosen[k] == _CHOOSES:
                total = nest_weights(p, weight[k])
                chosen[k] = pick(uniforms[k, 0], weight[k], total) - 1
                if chosen[k] < 0:
                    chosen[k] = _DECIDED
                    fate[start + k] = SELF_CARE
        for i in range(start, stop):
            k = i - start
            if chosen[k] < 0:
                continue
            r = requests[i, RESIDENT]
            meta = requests[i, META]
            need_class = need_class_of(meta)
            f = villages[people[r].village].facility[chosen[k]]
            delay = _days_to_visit(published, facilities[f].tier, f, meta, weekday)
            if delay > 0:
                _send_on(out, written, requests, i, asking(meta, NAMED), f, day + delay)
                written += 1
                fate[i] = POSTPONED
                continue
            facility[i] = f
            alternative[i] = chosen[k]
            pool[i] = pool_of(p, uniforms[k, 1], need_class, people[r].age, facilities[f].pooled)
            second[i] = _arrival(
                p, facilities, published, f, pool[i], uniforms[k, 2], uniforms[k, 3]
            )
    return written - first


@kernel
def _first_look(
    p: Any, facilities: Any, villages: Any, scheme: Any, people: Any, published: Any, seed: int,
    key_day: int, day: int, requests: Any, i: int, facility: Any, alternative: Any, pool: Any,
    second: Any, fate: Any, utility: Any, weight: Any, u: Any,
) -> int:  # fmt: skip
    """What happens to request i before any choice: an alternative where it is settled, else
    _CHOOSES (its utilities are filled in), _DECIDED (nothing more today) or _TOMORROW."""
    r = requests[i, RESIDENT]
    meta = requests[i, META]
    kind = asks_for(meta)
    facility[i] = -1
    alternative[i] = -1
    second[i] = 0
    pool[i] = 0
    fate[i] = IDLE
    status = people[r].status
    if status & (DEAD | MOVED):
        return _DECIDED
    village = people[r].village
    if kind >= TRANSFER:  # a bed is asked for, at 10:00
        facility[i] = requests[i, FACILITY]
        alternative[i] = alternative_of(villages, village, facility[i])
        second[i] = DISCHARGE_SECOND
        return _DECIDED
    if status & IN_BED or (i > 0 and requests[i - 1, RESIDENT] == r):
        # Nobody is in two places; an illness that would begin during a stay is part of it.
        return _DECIDED if kind == NEW and status & IN_BED else _TOMORROW
    need_class = need_class_of(meta)
    day_of_key = key_day + requests[i, ONSET]
    drawn = block(seed, _CHOICE, people[r].identity, day_of_key, occurrence_of(meta))
    for j in range(4):
        u[j] = drawn[j]
    if kind == NAMED:
        named = alternative_of(villages, village, requests[i, FACILITY])
        at = requests[i, FACILITY]
        shut = need_class == 3 and _is_shut(facilities, published, at)
        if named >= 0 and facilities[at].available[need_class] and not shut:
            return named
    elif need_class == 3:
        if u[0] < p.ambulance_share:
            nearest = _nearest_capable(facilities, villages, village, need_class, failed_of(meta))
            u[0] = u[0] / p.ambulance_share
            if nearest >= 0:
                return nearest
        else:
            u[0] = (u[0] - p.ambulance_share) / (1.0 - p.ambulance_share)
    _utilities(p, facilities, villages, scheme, people, published, r, meta, u[1], utility)
    choice_exponents(p, utility, weight)
    return _CHOOSES


@kernel
def _days_to_visit(published: Any, tier: int, f: int, meta: int, weekday: int) -> int:
    """Whole days until a non-emergency visit: the appointment (kept already where one is named),
    or the day the clinic opens."""
    if need_class_of(meta) == 3:
        return 0
    days = 0 if asks_for(meta) == NAMED else published[f].appointment_days
    if days == 0:
        return days_to_opening(tier, weekday)
    return days + 1 if sessions_open(tier, (weekday + days) % 7) == CLOSED else days


@kernel
def _send_on(out: Any, row: int, requests: Any, i: int, meta: int, f: int, due: int) -> None:
    """Write request i as an event of a later day."""
    onset, lane = requests[i, ONSET], requests[i, LANE]
    write_event(out, row, requests[i, RESIDENT], onset, meta, lane, f, due)
