"""A day at a range of facilities: consults, then beds. Facilities share nothing within a day."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.compiled import njit, prefetch
from sim.day import DAY_SECONDS, session_start
from sim.engines.kernels.layout import (
    AHEAD,
    BED_ONLY,
    CONSULTED,
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
    LANE,
    META,
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
from sim.engines.kernels.serve import serve, sort_keys
from sim.engines.kernels.wards import run_wards, write_stay
from sim.rules.admission import admission_probability
from sim.rules.consult import EMERGENCY_POOL, N_POOLS
from sim.rules.illness import difficulty
from sim.rules.order import ready_key
from sim.rules.payment import charge_fen
from sim.rules.random import block
from sim.rules.resolution import resolves

_SERVICE = 5  # stream of sim.rules.random
_OPEN_ALL_DAY = 2 * DAY_SECONDS
_SEGMENT_SHIFT = 44  # above the second and the place of a ready key


@njit
def facility_day(
    p: Any, world: Any, people: Any, published: Any, seed: int, key_day: int, day: int,
    counting: int, first: int, last: int, order: Any, offset: Any, requests: Any, pool: Any,
    second: Any, fate: Any, wait: Any, occupied: Any, leaving: Any, queue: Any, queue_start: Any,
    pool_wait: Any, kept: Any, n_kept: Any, stays: Any, n_stays: Any, events: Any, n_events: Any,
    tally: Any, histogram: Any,
) -> None:  # fmt: skip
    """Run facilities first..last.

    order, offset  places in the day's list by facility: order[offset[f]:offset[f + 1]]
    pool, second   pool and arrival second of every place
    fate, wait     written at every place: what became of it, seconds waited
    occupied, leaving  beds in use at 00:00 (updated to 24:00) and falling free at 10:00
    queue, queue_start  waiting for a bed since earlier days, by facility
    pool_wait      (facilities, 6, 2) written: seconds waited and patients of each pool today
    kept, stays, events  written from row queue_start[f] + offset[f] on; counts in n_kept, …
    tally, histogram     (facilities, …) int64, added to when counting
    """
    most = 1
    for f in range(first, last):
        most = max(most, offset[f + 1] - offset[f])
    keys = np.empty(most, dtype=np.int64)
    free = np.empty(max(1, world.facility[first:last].rooms.max()) if last > first else 1, dtype=np.int64)
    waiting = np.empty(most, dtype=np.int64)
    returning = np.empty(most, dtype=np.int64)
    claims = np.empty(most, dtype=np.int64)
    n_places = len(requests)
    second_consult = np.empty(n_places, dtype=np.int64)
    end = np.empty(n_places, dtype=np.int64)
    u_admission = np.empty(n_places, dtype=np.float64)
    scrap = np.zeros(tally.shape[1], dtype=np.int64)
    for f in range(first, last):
        a, b = offset[f], offset[f + 1]
        row = tally[f] if counting else scrap
        base = queue_start[f] + a
        if world.facility[f].delay:
            n_stays[f] = _delay_facility(
                p, world, people, published, seed, key_day, day, f, order[a:b], requests, fate,
                wait, stays[base:], row,
            )  # fmt: skip
            n_kept[f] = 0
            n_events[f] = 0
            _tally_visits(p, f, order[a:b], requests, pool, fate, wait, world, pool_wait, row,
                          histogram, counting)  # fmt: skip
            continue
        n = _gather(p, world, people, f, order[a:b], requests, pool, second, keys)
        at = 0
        while at < n:
            segment = keys[at] >> _SEGMENT_SHIFT
            until = at + 1
            while until < n and keys[until] >> _SEGMENT_SHIFT == segment:
                until += 1
            opens, cutoff = _session(p, world, f, segment)
            row[F_SERVICE_SECONDS] += serve(
                p, people, requests, seed, key_day, world.facility[f].tier, keys[at:until],
                until - at, world.facility[f].rooms[segment >> 1], opens, cutoff, free, waiting,
                returning, second_consult, fate, wait, end, u_admission,
            )  # fmt: skip
            at = until
        n_claims = np.int64(0)
        for i in range(a, b):
            place = order[i]
            meta = requests[place, META]
            if asks_for(meta) >= TRANSFER:
                fate[place] = BED_ONLY
                claims[n_claims] = ready_key(second[place], place)
                n_claims += 1
            elif fate[place] == CONSULTED:
                need_class = need_class_of(meta)
                within = resolves(p, world.facility[f].tier, need_class, difficulty(requests[place, LANE]))
                p_admit = admission_probability(
                    p, world.facility[f].tier, need_class, published[f].occupancy, within
                )
                if u_admission[place] < p_admit and world.facility[f].beds > 0:
                    fate[place] = WANTS_BED
                    claims[n_claims] = ready_key(min(end[place], DAY_SECONDS - 1), place)
                    n_claims += 1
        _tally_visits(p, f, order[a:b], requests, pool, fate, wait, world, pool_wait, row,
                      histogram, counting)  # fmt: skip
        sort_keys(claims, n_claims)
        w0, w1 = queue_start[f], queue_start[f + 1]
        if world.facility[f].beds == 0 and n_claims == 0 and w1 == w0:
            n_kept[f] = 0
            n_stays[f] = 0
            n_events[f] = 0
            continue
        after, n_kept[f], n_stays[f], n_events[f] = run_wards(
            p, world, people, seed, key_day, day, f, occupied[f], leaving[f], queue[w0:w1],
            requests, claims, n_claims, kept[base:], stays[base:], events[base:], row,
        )  # fmt: skip
        occupied[f] = after
        row[F_BED_DAYS] += after
        row[F_OPEN_BED_DAYS] += world.facility[f].beds
        row[F_MOST_OCCUPIED] = max(row[F_MOST_OCCUPIED], after)


@njit
def _most_rooms(world: Any, first: int, last: int) -> int:
    """Rooms of the largest pool, at least 1."""
    most = 1
    for f in range(first, last):
        for q in range(N_POOLS):
            most = max(most, world.facility[f].rooms[q])
    return most


@njit
def _gather(
    p: Any, world: Any, people: Any, f: int, order: Any, requests: Any, pool: Any, second: Any,
    keys: Any,
) -> int:  # fmt: skip
    """Sorted keys of a facility's visits, each pool's sessions one after the other (the segment,
    2 x pool + session, stands above the ready key); returns their number."""
    pooled = world.facility[f].pooled
    afternoon = session_start(p, world.facility[f].tier, 1)
    n = 0
    for i in range(len(order)):
        if i + AHEAD < len(order):
            prefetch(requests, order[i + AHEAD])
        place = order[i]
        prefetch(people, requests[place, RESIDENT])
        if asks_for(requests[place, META]) >= TRANSFER:
            continue
        q = pool[place]
        session = 1 if second[place] >= afternoon else 0
        if pooled and q == EMERGENCY_POOL:
            session = 0
        keys[n] = ((2 * q + session) << _SEGMENT_SHIFT) | ready_key(second[place], place)
        n += 1
    sort_keys(keys, n)
    return n


@njit
def _session(p: Any, world: Any, f: int, segment: int) -> tuple[int, int]:
    """Second a segment's rooms open, and the second after which first visits are not called."""
    tier = world.facility[f].tier
    session = segment & 1
    if world.facility[f].pooled and segment >> 1 == EMERGENCY_POOL:
        return 0, _OPEN_ALL_DAY
    hours = p.morning_hours[tier] if session == 0 else p.afternoon_hours[tier]
    opens = session_start(p, tier, session)
    return opens, opens + int(hours * 3600.0) + int(p.overrun_minutes * 60.0)


@njit
def _delay_facility(
    p: Any, world: Any, people: Any, published: Any, seed: int, key_day: int, day: int, f: int,
    order: Any, requests: Any, fate: Any, wait: Any, stays: Any, row: Any,
) -> int:  # fmt: skip
    """A facility that serves mostly others: its published wait, and always a bed."""
    n_stays = np.int64(0)  # not a literal, which would compile write_stay twice
    tier = world.facility[f].tier
    for i in range(len(order)):
        place = order[i]
        meta = requests[place, META]
        resident = requests[place, RESIDENT]
        onset = requests[place, ONSET]
        wanted = asks_for(meta) >= TRANSFER
        if wanted:
            fate[place] = BED_ONLY
        else:
            identity = people[resident].identity
            u = block(seed, _SERVICE, identity, key_day + onset, occurrence_of(meta))
            wait[place] = published[f].wait[0]
            fate[place] = CONSULTED
            occupancy = p.neutral_occupancy
            need_class = need_class_of(meta)
            within = resolves(p, tier, need_class, difficulty(requests[place, LANE]))
            if u[3] < admission_probability(p, tier, need_class, occupancy, within):
                fate[place] = WANTS_BED
                wanted = True
        if wanted:
            write_stay(
                p, world, people, seed, key_day, day, f, resident, onset, meta,
                requests[place, LANE], 0, stays, n_stays,
            )  # fmt: skip
            row[F_ADMISSIONS] += 1
            n_stays += 1
    return n_stays


@njit
def _tally_visits(
    p: Any, f: int, order: Any, requests: Any, pool: Any, fate: Any, wait: Any, world: Any,
    pool_wait: Any, row: Any, histogram: Any, counting: int,
) -> None:  # fmt: skip
    """Count today's visits of one facility, their waits, and each pool's waits for publication."""
    for q in range(N_POOLS):
        pool_wait[f, q, 0] = 0
        pool_wait[f, q, 1] = 0
    for i in range(len(order)):
        place = order[i]
        outcome = fate[place]
        if outcome == BED_ONLY:
            continue
        q = pool[place] if world.facility[f].pooled else 0
        pool_wait[f, q, 0] += wait[place]
        pool_wait[f, q, 1] += 1
        if outcome == UNSEEN:
            row[F_UNSEEN] += 1
            continue
        row[F_VISITS] += 1
        row[F_WAIT_SECONDS] += wait[place]
        row[F_CHARGE_OUTPATIENT] += charge_fen(
            p, world.facility[f].price, difficulty(requests[place, LANE])
        )
        meta = requests[place, META]
        if need_class_of(meta) == 3:
            row[F_EMERGENCIES] += 1
        if is_referred(meta):
            row[F_REFERRED_IN] += 1
        if counting:
            half_minutes = min(len(world.scheme.wait_bin) - 1, wait[place] // 30)
            histogram[f, world.scheme.wait_bin[half_minutes]] += 1


