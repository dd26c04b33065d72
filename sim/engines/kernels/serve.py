"""One doctor pool for one session: who is seen when.

Rooms are a heap of the seconds at which they fall free, patients who wait a heap of claim keys.
Time only moves forward; at an instant everything ready is enqueued before anybody is called.
"""

from __future__ import annotations

from typing import Any

from sim.compiled import njit
from sim.engines.kernels.layout import (
    CONSULTED,
    META,
    ONSET,
    RESIDENT,
    UNSEEN,
    need_class_of,
    occurrence_of,
)
from sim.rules.consult import is_sent_for_tests, service_seconds, test_seconds
from sim.rules.order import claim_key, place_of, ready_key, second_of
from sim.rules.random import block

_SERVICE = 5  # stream of sim.rules.random
_NEVER = 1 << 40


@njit
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


@njit
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


@njit
def sort_keys(keys: Any, n: int) -> None:
    """Sort keys[:n] in place; short lists by insertion."""
    if n > 48:
        keys[:n].sort()
        return
    for i in range(1, n):
        key = keys[i]
        at = i
        while at > 0 and keys[at - 1] > key:
            keys[at] = keys[at - 1]
            at -= 1
        keys[at] = key


@njit
def serve(
    p: Any, people: Any, requests: Any, seed: int, key_day: int, tier: int,
    keys: Any, n: int, rooms: int, opens: int, cutoff: int,
    free: Any, waiting: Any, returning: Any, second_consult: Any,
    fate: Any, wait: Any, end: Any, u_admission: Any,
) -> int:  # fmt: skip
    """Serve the visits in keys[:n] (sorted ready keys over places in the day's list).

    rooms     doctors' rooms, at least 1, free from second `opens`
    cutoff    first visits not called by then leave unseen; returns from tests are always seen
    free, waiting, returning  scratch heaps, at least rooms, n, n long
    second_consult  (requests,) scratch: seconds of the consult after tests
    fate, wait, end, u_admission  (requests,) written at the places served: CONSULTED or UNSEEN,
              seconds waited for the first consult, second it all ended, uniform of the admission
    returns   seconds of consulting
    """
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
            place = place_of(keys[nxt])
            priority = 0 if need_class_of(requests[place, META]) == 3 else 1
            key = claim_key(priority, 1, second_of(keys[nxt]), place)
            n_waiting = push(waiting, n_waiting, key)
            nxt += 1
        while n_returning > 0 and second_of(returning[0]) <= now:
            place = place_of(returning[0])
            priority = 0 if need_class_of(requests[place, META]) == 3 else 1
            key = claim_key(priority, 0, second_of(returning[0]), place)
            n_returning = pop(returning, n_returning)
            n_waiting = push(waiting, n_waiting, key)
        key = waiting[0]
        n_waiting = pop(waiting, n_waiting)
        place = place_of(key)
        is_first = (key >> 44) & 1 == 1
        if not is_first:
            seconds = second_consult[place]
            end[place] = now + seconds
        else:
            wait[place] = now - second_of(key)
            if now > cutoff:
                wait[place] = max(0, cutoff - second_of(key))
                fate[place] = UNSEEN
                end[place] = cutoff
                continue
            meta = requests[place, META]
            identity = people[requests[place, RESIDENT]].identity
            onset = key_day + requests[place, ONSET]
            u = block(seed, _SERVICE, identity, onset, occurrence_of(meta))
            seconds = service_seconds(p, u[0], tier)
            fate[place] = CONSULTED
            u_admission[place] = u[3]
            end[place] = now + seconds
            if is_sent_for_tests(p, u[1], tier):
                second_consult[place] = service_seconds(p, u[2], tier)
                back = now + seconds + test_seconds(p, u[1] / p.test_share[tier], tier)
                n_returning = push(returning, n_returning, ready_key(back, place))
        busy += seconds
        pop(free, rooms)
        push(free, rooms - 1, now + seconds)


