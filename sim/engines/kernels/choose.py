"""Choice and arrival of the day's requests: a facility, a pool and a second for each."""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np

from sim.day import (
    CLOSED,
    DAY_SECONDS,
    DISCHARGE_SECOND,
    SLOT_SECONDS,
    days_to_opening,
    session_start,
    sessions_open,
)
from sim.engines.kernels.episode_word import (
    DEAD,
    DIFFICULTY,
    EPISODE_WORD,
    ESCALATION,
    FACILITY,
    FIRST_SHARED,
    IDLE,
    IN_BED,
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
from sim.engines.kernels.menu import is_offered, is_shut, menu_row
from sim.jit import inlined, kernel, prefetch
from sim.rules.choice import (
    ABSENT,
    choice_exponents,
    nest_scale,
    nest_sums,
    own_utility,
    own_weights,
    pick,
    scale_nests,
    scope_of,
)
from sim.rules.consult import EMERGENCY_POOL, pool_of, session_position
from sim.rules.exp_log import exp
from sim.rules.random import Stream, blocks
from sim.tiers import (
    ALTERNATIVE_TIER,
    CRITICAL,
    EFFECTIVE_CONTRACT,
    N_ALTERNATIVES,
    N_CHOICES,
    N_TIERS,
)

_CHOICE = int(Stream.CHOICE)
_ONE_UNIT = 1.0 / QUALITY_ONE
BATCH = 64
Batch = namedtuple(
    "Batch",
    [
        "identity", "day", "occurrence", "pool", "chosen", "primary", "outside", "weights",
        "weight", "u",
    ],
)  # fmt: skip
_CHOOSES, _DECIDED, _TOMORROW = -2, -3, -4  # besides an alternative, 0 and up
_TIER_OF = np.array(ALTERNATIVE_TIER, dtype=np.int64)
_FIRST_OF = tuple(sum(tier < t for tier in ALTERNATIVE_TIER) for t in range(N_TIERS + 1))


def new_batch() -> Batch:
    """One worker's scratch for a batch of choices."""
    whole = [np.zeros(BATCH, dtype=np.int64) for _ in range(5)]
    weights = np.zeros(N_CHOICES * BATCH)
    sums = [np.ones(BATCH), np.ones(BATCH)]
    arrays = [*whole, *sums, weights, weights.reshape(BATCH, N_CHOICES), np.empty((4, BATCH))]
    return Batch._make(arrays)


@inlined
def _utilities(
    p: Any, facilities: Any, villages: Any, scheme: Any, people: Any, published: Any, menu: Any,
    yuan: Any, r: int, episode_word: int, pool: int, utility: Any,
) -> None:  # fmt: skip
    """Utility of every alternative of resident r for this episode; (12,), self-care first."""
    need_class = need_class_of(episode_word)
    failed = failed_of(episode_word)
    v = people[r].village
    choices = villages[v].choices
    scope = scope_of(people[r].age, people[r].sex)
    insurance = people[r].insurance
    taste = people[r].taste
    price_factor = scheme.price_taste[taste & 15, people[r].income]
    weights = own_weights(p, need_class, price_factor, scheme.travel_taste[taste >> 4])
    cap = scheme.visit_cap[insurance]
    exhausted = 1 if cap > 0 and people[r].visit_fund >= cap else 0
    offered = menu[choices, menu_row(need_class, scope, insurance, pool)]
    prices = yuan[choices, insurance, exhausted]
    hours = villages[v].hours
    utility[0] = offered[0]
    for j in range(FIRST_SHARED):
        utility[j + 1] = ABSENT
        f = villages[v].facility[j]
        if is_offered(facilities, published, f, need_class, scope):
            price = published[f].visit_yuan[insurance, exhausted]
            seen = people[r].quality[j] * _ONE_UNIT
            own = own_utility(weights, seen, hours[j], price)
            utility[j + 1] = published[f].utility[need_class, 0, insurance] + own
    for tier in range(2, 6):
        seen = people[r].quality[tier] * _ONE_UNIT
        for j in range(_FIRST_OF[tier], _FIRST_OF[tier + 1]):
            own = own_utility(weights, seen, hours[j], prices[j + 1])
            utility[j + 1] = offered[j + 1] + own
    # Nothing is added where there is no contract or habit; which, a branch could not foretell.
    contract = p.contract_weight[need_class] if people[r].contract == EFFECTIVE_CONTRACT else 0.0
    utility[1] += contract
    utility[2] += contract
    habit = (int(people[r].habit) >> (5 * need_class)) & 31
    good = p.outcome_weight if habit & 16 else -p.outcome_weight
    utility[habit & 15] += p.habit_weight[need_class] + good if habit & 15 else 0.0
    if failed > 0:
        for j in range(_FIRST_OF[failed]):
            utility[j + 1] = ABSENT
    if asks_for(episode_word) == ESCALATION:
        utility[0] = ABSENT  # those who go on have decided to see somebody


@inlined
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


@inlined
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
    parameters: Any, facilities: Any, villages: Any, scheme: Any, people: Any, published: Any, menu: Any,
    yuan: Any, seed: int, key_day: int, day: int, weekday: int, requests: Any, first: int,
    last: int, facility: Any, alternative: Any, identity: Any, pool: Any, second: Any, fate: Any,
    out: Any, batch: Any,
) -> int:  # fmt: skip
    """Decide where requests first..last go today.

    parameters  a table of one row
    menu, yuan  of the day, see sim.engines.kernels.menu
    requests  (n, 6) int32 events sorted by resident
    facility, alternative, identity, pool, second, fate  (n,) written; facility -1 where nobody
              is visited
    out       (n, 6) events that wait for a later day, from row `first`
    batch     a Batch of scratch
    returns   events written

    A batch at a time: random numbers, then what everybody sees, then all the exponentials, then
    the choices and what follows from them. One resident's chain of steps is long, but a batch's
    run side by side.
    """
    p = parameters[0]
    written = first
    chosen, weight, u = batch.chosen, batch.weight, batch.u
    primary, outside = batch.primary, batch.outside
    for start in range(first, last, BATCH):
        n = min(start + BATCH, last) - start
        for k in range(n):
            i = start + k
            identity[i] = people[requests[i, RESIDENT]].identity
            batch.identity[k] = identity[i]
            batch.day[k] = key_day + requests[i, ONSET]
            batch.occurrence[k] = occurrence_of(requests[i, EPISODE_WORD])
        blocks(seed, _CHOICE, batch.identity, batch.day, batch.occurrence, n, u)
        for k in range(n):
            i = start + k
            if i + BATCH < last:
                prefetch(people, requests[i + BATCH, RESIDENT])
            chosen[k] = _first_look(
                p, facilities, villages, people, published, requests, i,
                facility, alternative, second, fate, u, k,
            )  # fmt: skip
            r = requests[i, RESIDENT]
            episode_word = requests[i, EPISODE_WORD]
            batch.pool[k] = pool_of(p, u[1, k], need_class_of(episode_word), people[r].age, True)
            if chosen[k] == _CHOOSES:
                _utilities(
                    p, facilities, villages, scheme, people, published, menu, yuan, r, episode_word,
                    batch.pool[k], weight[k],
                )  # fmt: skip
                choice_exponents(p, weight[k], weight[k])
            else:
                weight[k, :] = 0.0  # goes through the arithmetic below and is not looked at
            if chosen[k] == _TOMORROW:
                _send_on(out, written, requests, i, episode_word, requests[i, FACILITY], day + 1)
                written += 1
        _exponentials(batch.weights, N_CHOICES * n)
        for k in range(n):
            primary[k], outside[k] = nest_sums(weight[k])
        _nest_scales(primary, n, p.primary_nest)
        _nest_scales(outside, n, p.outside_nest)
        for k in range(n):
            if chosen[k] == _CHOOSES:
                total = scale_nests(weight[k], primary[k], outside[k])
                chosen[k] = pick(u[0, k], weight[k], total) - 1
                if chosen[k] < 0:
                    chosen[k] = _DECIDED
                    fate[start + k] = SELF_CARE
        for k in range(n):
            if chosen[k] < 0:
                continue
            i = start + k
            episode_word = requests[i, EPISODE_WORD]
            f = villages[people[requests[i, RESIDENT]].village].facility[chosen[k]]
            delay = _days_to_visit(published, facilities[f].tier, f, episode_word, weekday)
            if delay > 0:
                _send_on(out, written, requests, i, asking(episode_word, NAMED), f, day + delay)
                written += 1
                fate[i] = POSTPONED
                continue
            facility[i] = f
            alternative[i] = chosen[k]
            pool[i] = batch.pool[k] if facilities[f].pooled else 0
            second[i] = _arrival(p, facilities, published, f, pool[i], u[2, k], u[3, k])
    return written - first


@inlined
def _exponentials(values: Any, n: int) -> None:
    for i in range(n):
        values[i] = exp(values[i])


@inlined
def _nest_scales(values: Any, n: int, dissimilarity: float) -> None:
    for i in range(n):
        values[i] = nest_scale(values[i], dissimilarity)


@inlined
def _first_look(
    p: Any, facilities: Any, villages: Any, people: Any, published: Any, requests: Any, i: int,
    facility: Any, alternative: Any, second: Any, fate: Any, u: Any, k: int,
) -> int:  # fmt: skip
    """What happens to request i before any choice: an alternative where it is settled, else
    _CHOOSES, _DECIDED (nothing more today) or _TOMORROW. An ambulance uses up part of u[0, k]."""
    r = requests[i, RESIDENT]
    episode_word = requests[i, EPISODE_WORD]
    kind = asks_for(episode_word)
    facility[i] = -1
    alternative[i] = -1
    second[i] = 0
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
    need_class = need_class_of(episode_word)
    if kind == NAMED:
        named = alternative_of(villages, village, requests[i, FACILITY])
        at = requests[i, FACILITY]
        shut = need_class == CRITICAL and is_shut(facilities, published, at)
        if named >= 0 and facilities[at].available[need_class] and not shut:
            return named
    elif need_class == CRITICAL:
        if u[0, k] < p.ambulance_share:
            nearest = _nearest_capable(
                facilities, villages, village, need_class, failed_of(episode_word)
            )
            u[0, k] = u[0, k] / p.ambulance_share
            if nearest >= 0:
                return nearest
        else:
            u[0, k] = (u[0, k] - p.ambulance_share) / (1.0 - p.ambulance_share)
    return _CHOOSES


@inlined
def _days_to_visit(published: Any, tier: int, f: int, episode_word: int, weekday: int) -> int:
    """Whole days until a non-emergency visit: the appointment (none where one was named before),
    or the day the clinic opens."""
    if need_class_of(episode_word) == CRITICAL:
        return 0
    days = 0 if asks_for(episode_word) == NAMED else published[f].appointment_days
    if days == 0:
        return days_to_opening(tier, weekday)
    return days + 1 if sessions_open(tier, (weekday + days) % 7) == CLOSED else days


@inlined
def _send_on(
    out: Any, row: int, requests: Any, i: int, episode_word: int, f: int, due: int
) -> None:
    """Write request i as an event of a later day."""
    onset, difficulty_bits = requests[i, ONSET], requests[i, DIFFICULTY]
    write_event(out, row, requests[i, RESIDENT], onset, episode_word, difficulty_bits, f, due)
