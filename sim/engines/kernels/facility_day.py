"""A day at a range of facilities: consults, then beds. Facilities share nothing within a day."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from sim.day import DAY_SECONDS, session_start
from sim.engines.kernels.episode_word import (
    BED_ONLY,
    CONSULTED,
    DIFFICULTY,
    EPISODE_WORD,
    F_ADMISSIONS,
    F_BED_DAYS,
    F_CHARGE_OUTPATIENT,
    F_EMERGENCIES,
    F_MOST_OCCUPIED,
    F_OPEN_BED_DAYS,
    F_REFERRED_IN,
    F_SERVICE_SECONDS,
    F_UNSEEN,
    F_VISITS,
    F_WAIT_SECONDS,
    ONSET,
    RESIDENT,
    TRANSFER,
    UNSEEN,
    WANTS_BED,
    asks_for,
    is_referred,
    need_class_of,
    occurrence_of,
)
from sim.engines.kernels.serve import ENDED, FATE, WAITED, draw_consults, serve, sort_keys
from sim.engines.kernels.wards import run_wards, write_stay
from sim.jit import inlined, kernel, prefetch
from sim.rules.admission import admission_probability
from sim.rules.consult import EMERGENCY_POOL, N_POOLS
from sim.rules.illness import difficulty_of
from sim.rules.order import ready_key
from sim.rules.payment import charge_fen
from sim.rules.random import Stream, blocks
from sim.rules.resolution import resolves
from sim.tiers import CRITICAL

_SERVICE = int(Stream.SERVICE)
_OPEN_ALL_DAY = 2 * DAY_SECONDS
_REQUESTS_AHEAD = 16
_SEGMENT_SHIFT = 44  # above the second and the place of a ready key

# One worker's scratch, as long as the busiest facility's day: visits, their identity, key day of
# onset and occurrence, draws, keys, other keys, a heap of rooms (free, as
# long as the largest pool has rooms) and two of those at tests (returning).
Scratch = namedtuple(
    "Scratch",
    [
        "visits", "identity", "onset", "occurrence", "draws", "keys", "free", "other",
        "returning", "digits", "tally",
    ],
)  # fmt: skip


@kernel
def facility_day(
    parameters: Any, facilities: Any, villages: Any, scheme: Any, people: Any, published: Any, durations: Any, seed: int,
    key_day: int, day: int, counting: int, first: int, last: int, order: Any, offset: Any, requests: Any,
    identity: Any, pool: Any, second: Any, fate: Any, wait: Any, occupied: Any, leaving: Any, queue: Any,
    queue_start: Any, pool_wait: Any, kept: Any, n_kept: Any, stays: Any, n_stays: Any, events: Any,
    n_events: Any, tally: Any, histogram: Any, scratch: Any,
) -> None:  # fmt: skip
    """Run facilities first..last.

    parameters     a table of one row
    order, offset  places in the day's list by facility: order[offset[f]:offset[f + 1]]
    identity, pool, second   of every place: the resident's, the doctors', and when he arrives
    fate, wait     written at every place: what became of it, seconds waited
    occupied, leaving  beds in use at 00:00 (updated to 24:00) and falling free at 10:00
    queue, queue_start  waiting for a bed since earlier days, by facility
    pool_wait      (facilities, 6, 2) written: seconds waited and patients of each pool today
    kept, stays, events  written from row queue_start[f] + offset[f] on; counts in n_kept, …
    tally, histogram     (facilities, …) int64, added to when counting
    scratch        this worker's Scratch
    """
    p = parameters[0]
    visits, keys, draws = scratch.visits, scratch.keys, scratch.draws
    for f in range(first, last):
        a, b = offset[f], offset[f + 1]
        row = tally[f] if counting else scratch.tally
        base = queue_start[f] + a
        tier = facilities[f].tier
        n = _gather(
            p,
            facilities,
            f,
            order,
            a,
            b,
            offset[len(offset) - 1],
            requests,
            identity,
            pool,
            second,
            seed,
            key_day,
            scratch,
        )
        n_claims = np.int64(0)
        n_kept[f] = n_stays[f] = n_events[f] = 0
        if facilities[f].delay:
            n_stays[f] = _delay_facility(
                p, facilities, people, published, seed, key_day, day, f, b - a, visits, draws,
                stays[base:], row,
            )  # fmt: skip
        else:
            draw_consults(p, tier, durations, draws, visits, b - a)
            at = 0
            while at < n:
                segment = keys[at] >> _SEGMENT_SHIFT
                until = at + 1
                while until < n and keys[until] >> _SEGMENT_SHIFT == segment:
                    until += 1
                opens, cutoff = _session(p, facilities, published, f, segment)
                row[F_SERVICE_SECONDS] += serve(
                    visits, keys[at:until], until - at, facilities[f].rooms[segment >> 1], opens,
                    cutoff, scratch.free, scratch.other, scratch.returning,
                )  # fmt: skip
                at = until
            n_claims = _claims(p, facilities, people, published, f, b - a, scratch)
        _tally_visits(p, facilities, scheme, f, order[a:b], visits, pool, fate, wait, pool_wait, row, histogram,
                      counting)  # fmt: skip
        w0, w1 = queue_start[f], queue_start[f + 1]
        # A ward that has lost its last bed still has whoever lies in it.
        empty = facilities[f].beds == 0 and n_claims + w1 - w0 + occupied[f] == 0
        if facilities[f].delay or empty:
            continue
        after, n_kept[f], n_stays[f], n_events[f] = run_wards(
            p, facilities, villages, people, seed, key_day, day, f, occupied[f], leaving[f], queue[w0:w1],
            visits, keys, n_claims, kept[base:], stays[base:], events[base:], row,
        )  # fmt: skip
        occupied[f] = after
        row[F_BED_DAYS] += after
        row[F_OPEN_BED_DAYS] += facilities[f].beds
        row[F_MOST_OCCUPIED] = max(row[F_MOST_OCCUPIED], after)


@inlined
def _gather(
    p: Any, facilities: Any, f: int, order: Any, a: int, b: int, arrivals: int, requests: Any, identity: Any, pool: Any,
    second: Any, seed: int, key_day: int, scratch: Any,
) -> int:  # fmt: skip
    """Copy a facility's day into the scratch: its visits, the draws of their consults, and the
    sorted keys of the consults, each pool's sessions one after the other: the segment, 2 x pool +
    session, stands above the ready key. A row's place in `visits` is the resident's order.
    Returns the number of consults."""
    visits, keys = scratch.visits, scratch.keys
    pooled = facilities[f].pooled
    afternoon = session_start(p, facilities[f].tier, 1)
    n = 0
    for i in range(b - a):
        if a + i + _REQUESTS_AHEAD < arrivals:
            prefetch(requests, order[a + i + _REQUESTS_AHEAD])
        place = order[a + i]
        episode_word = requests[place, EPISODE_WORD]
        onset = requests[place, ONSET]
        visits[i, RESIDENT] = requests[place, RESIDENT]
        visits[i, ONSET] = onset
        visits[i, EPISODE_WORD] = episode_word
        visits[i, DIFFICULTY] = requests[place, DIFFICULTY]
        visits[i, WAITED] = 0
        visits[i, FATE] = BED_ONLY
        visits[i, ENDED] = second[place]
        scratch.identity[i] = identity[place]
        scratch.onset[i] = key_day + onset
        scratch.occurrence[i] = occurrence_of(episode_word)
        if asks_for(episode_word) >= TRANSFER:
            continue
        q = int(pool[place])
        session = 1 if second[place] >= afternoon else 0
        if pooled and q == EMERGENCY_POOL:
            session = 0
        keys[n] = ((2 * q + session) << _SEGMENT_SHIFT) | ready_key(second[place], i)
        n += 1
    sort_keys(keys, n, scratch.other, scratch.digits)
    blocks(
        seed,
        _SERVICE,
        scratch.identity,
        scratch.onset,
        scratch.occurrence,
        b - a,
        scratch.draws,
    )
    return n


@inlined
def _claims(
    p: Any, facilities: Any, people: Any, published: Any, f: int, n: int, scratch: Any
) -> int:
    """Decide admissions; keys[:result] are the sorted ready keys of the day's bed requests."""
    visits, keys = scratch.visits, scratch.keys
    n_claims = 0
    tier = facilities[f].tier
    occupancy = published[f].occupancy
    for i in range(n):
        if visits[i, FATE] == CONSULTED:
            if facilities[f].beds == 0:
                continue
            need_class = need_class_of(visits[i, EPISODE_WORD])
            capability = facilities[f].capability[need_class]
            within = resolves(capability, difficulty_of(visits[i, DIFFICULTY]))
            p_admit = admission_probability(p, tier, need_class, occupancy, within)
            if scratch.draws[3, i] >= p_admit:
                continue
            visits[i, FATE] = WANTS_BED
        elif visits[i, FATE] != BED_ONLY:
            continue
        prefetch(people, visits[i, RESIDENT])
        keys[n_claims] = ready_key(min(visits[i, ENDED], DAY_SECONDS - 1), i)
        n_claims += 1
    sort_keys(keys, n_claims, scratch.other, scratch.digits)
    return n_claims


@inlined
def _session(p: Any, facilities: Any, published: Any, f: int, segment: int) -> tuple[int, int]:
    """Second a segment's rooms open, and the second after which first visits are not called."""
    tier = facilities[f].tier
    session = segment & 1
    if facilities[f].pooled and segment >> 1 == EMERGENCY_POOL:
        return 0, _OPEN_ALL_DAY
    opens = session_start(p, tier, session)
    closes = opens + published[f].open_seconds[segment >> 1, session]
    return opens, closes + int(p.overrun_minutes * 60.0)


@kernel
def _delay_facility(
    p: Any, facilities: Any, people: Any, published: Any, seed: int, key_day: int, day: int, f: int,
    n: int, visits: Any, draws: Any, stays: Any, row: Any,
) -> int:  # fmt: skip
    """A facility that serves mostly others: its published wait, and always a bed."""
    n_stays = np.int64(0)  # not a literal, which would compile write_stay twice
    tier = facilities[f].tier
    for i in range(n):
        episode_word = visits[i, EPISODE_WORD]
        onset = visits[i, ONSET]
        difficulty_bits = visits[i, DIFFICULTY]
        if asks_for(episode_word) < TRANSFER:
            visits[i, WAITED] = published[f].wait[0]
            visits[i, FATE] = CONSULTED
            need_class = need_class_of(episode_word)
            within = resolves(facilities[f].capability[need_class], difficulty_of(difficulty_bits))
            p_admit = admission_probability(p, tier, need_class, p.neutral_occupancy, within)
            if draws[3, i] >= p_admit:
                continue
            visits[i, FATE] = WANTS_BED
        resident = visits[i, RESIDENT]
        write_stay(
            p,
            facilities,
            people,
            seed,
            key_day,
            day,
            f,
            resident,
            onset,
            episode_word,
            difficulty_bits,
            0,
            stays,
            n_stays,
        )
        row[F_ADMISSIONS] += 1
        n_stays += 1
    return n_stays


@inlined
def _tally_visits(
    p: Any, facilities: Any, scheme: Any, f: int, order: Any, visits: Any, pool: Any, fate: Any, wait: Any,
    pool_wait: Any, row: Any, histogram: Any, counting: int,
) -> None:  # fmt: skip
    """Write back fates and waits, count the visits, and each pool's waits for publication."""
    for q in range(N_POOLS):
        pool_wait[f, q, 0] = 0
        pool_wait[f, q, 1] = 0
    price = facilities[f].price
    for i in range(len(order)):
        place = order[i]
        outcome = visits[i, FATE]
        waited = visits[i, WAITED]
        fate[place] = outcome
        wait[place] = waited
        if outcome == BED_ONLY:
            continue
        q = pool[place] if facilities[f].pooled else 0
        pool_wait[f, q, 0] += waited
        pool_wait[f, q, 1] += 1
        if outcome == UNSEEN:
            row[F_UNSEEN] += 1
            continue
        episode_word = visits[i, EPISODE_WORD]
        row[F_VISITS] += 1
        row[F_WAIT_SECONDS] += waited
        row[F_CHARGE_OUTPATIENT] += charge_fen(p, price, difficulty_of(visits[i, DIFFICULTY]))
        if need_class_of(episode_word) == CRITICAL:
            row[F_EMERGENCIES] += 1
        if is_referred(episode_word):
            row[F_REFERRED_IN] += 1
        if counting:
            half_minutes = min(len(scheme.wait_bin) - 1, waited // 30)
            histogram[f, scheme.wait_bin[half_minutes]] += 1
