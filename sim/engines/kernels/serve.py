"""One doctor pool for one session: who is seen when.

Rooms are a heap of the seconds at which they fall free, patients who wait a heap of claim keys.
Time only moves forward; at an instant everything ready is enqueued before anybody is called.
"""

from __future__ import annotations

from typing import Any

from sim.compiled import kernel
from sim.engines.kernels.layout import CONSULTED, META, ONSET, UNSEEN, need_class_of, occurrence_of
from sim.rules.consult import is_sent_for_tests, service_law, test_law, whole_seconds
from sim.rules.order import claim_key, is_return, place_of, ready_key, second_of
from sim.rules.random import Stream, block

# Rows of a facility's day: events (RESIDENT, ONSET, META, LANE) and what serving them adds.
IDENTITY, FATE, WAITED, ENDED, SECOND_CONSULT = 4, 5, 6, 7, 8
VISIT_COLUMNS = 9

_SERVICE = int(Stream.SERVICE)
_NEVER = 1 << 40
_GAPS = (3548, 1577, 701, 301, 132, 57, 23, 10, 4, 1)


@kernel
def push(heap: Any, size: int, key: int) -> int:
    """Add a key to a binary min-heap; returns the new size."""
    at = size
    while at > 0:
        parent = (at - 1) >> 1
        if heap[parent] <= key:
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = key
    return size + 1


@kernel
def pop(heap: Any, size: int) -> int:
    """Remove heap[0] (read it first); returns the new size."""
    size -= 1
    key = heap[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = key
    return size


@kernel
def sort_keys(keys: Any, n: int) -> None:
    """Sort keys[:n] in place: Shell's sort with Ciura's gaps; short lists by insertion."""
    for gap in _GAPS:
        for i in range(gap, n):
            key = keys[i]
            at = i
            while at >= gap and keys[at - gap] > key:
                keys[at] = keys[at - gap]
                at -= gap
            keys[at] = key


@kernel
def serve(
    p: Any, seed: int, key_day: int, tier: int, visits: Any, keys: Any, n: int, rooms: int,
    opens: int, cutoff: int, free: Any, waiting: Any, returning: Any, u_admission: Any,
) -> int:  # fmt: skip
    """Serve the visits in keys[:n], sorted ready keys over rows of `visits`.

    visits    (m, 9) int64 rows of a facility's day; META, IDENTITY and ONSET are read; FATE
              (CONSULTED or UNSEEN), WAITED seconds for the first consult and ENDED are written
    rooms     doctors' rooms, at least 1, free from second `opens`
    cutoff    first visits not called by then leave unseen; returns from tests are always seen
    free, waiting, returning  scratch heaps, at least rooms, n, n long
    u_admission  (m,) written: the uniform of the admission
    returns   seconds of consulting
    """
    consult = service_law(p, tier)
    test = test_law(p, tier)
    for room in range(rooms):
        free[room] = opens
    n_waiting = 0
    n_returning = 0
    nxt = 0
    now = opens
    busy = 0
    while True:
        if n_waiting == 0:
            ready = second_of(keys[nxt]) if nxt < n else _NEVER
            if n_returning > 0:
                ready = min(ready, second_of(returning[0]))
            if ready == _NEVER:
                return busy
            now = max(now, ready)
        now = max(now, free[0])
        while nxt < n and second_of(keys[nxt]) <= now:
            n_waiting = push(waiting, n_waiting, _claim(visits, keys[nxt], 1))
            nxt += 1
        while n_returning > 0 and second_of(returning[0]) <= now:
            claim = _claim(visits, returning[0], 0)
            n_returning = pop(returning, n_returning)
            n_waiting = push(waiting, n_waiting, claim)
        key = waiting[0]
        n_waiting = pop(waiting, n_waiting)
        at = place_of(key)
        if is_return(key):
            seconds = visits[at, SECOND_CONSULT]
            visits[at, ENDED] = now + seconds
        else:
            if now > cutoff:
                visits[at, WAITED] = max(0, cutoff - second_of(key))
                visits[at, FATE] = UNSEEN
                visits[at, ENDED] = cutoff
                continue
            occurrence = occurrence_of(visits[at, META])
            u = block(seed, _SERVICE, visits[at, IDENTITY], key_day + visits[at, ONSET], occurrence)
            seconds = whole_seconds(u[0], consult)
            visits[at, WAITED] = now - second_of(key)
            visits[at, FATE] = CONSULTED
            visits[at, ENDED] = now + seconds
            u_admission[at] = u[3]
            if is_sent_for_tests(p, u[1], tier):
                # What is left of the uniform, given that tests were ordered.
                away = whole_seconds(u[1] / p.test_share[tier], test)
                visits[at, SECOND_CONSULT] = whole_seconds(u[2], consult)
                back = ready_key(now + seconds + away, at)
                n_returning = push(returning, n_returning, back)
        busy += seconds
        pop(free, rooms)
        push(free, rooms - 1, now + seconds)


@kernel
def _claim(visits: Any, ready: int, is_first: int) -> int:
    """Claim on a room of whoever became ready: emergencies before others."""
    at = place_of(ready)
    priority = 0 if need_class_of(visits[at, META]) == 3 else 1
    return claim_key(priority, is_first, second_of(ready), at)
