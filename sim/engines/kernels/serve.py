"""One doctor pool for one session: who is seen when.

Rooms are a heap of the seconds at which they fall free, patients who wait a heap of claim keys.
Time only moves forward; at an instant everything ready is enqueued before anybody is called.
"""

from __future__ import annotations

from typing import Any

from sim.compiled import inlined, kernel
from sim.engines.kernels.durations import consult_seconds
from sim.engines.kernels.layout import CONSULTED, META, UNSEEN, need_class_of
from sim.rules.consult import is_sent_for_tests, test_law, whole_seconds
from sim.rules.order import claim_key, is_return, place_of, ready_key, second_of

# Rows of a facility's day: events (RESIDENT, ONSET, META, LANE) and what serving them adds.
FATE, WAITED, ENDED, CONSULT, AWAY, SECOND_CONSULT = 4, 5, 6, 7, 8, 9
VISIT_COLUMNS = 10

_NEVER = 1 << 40
_FEW = 48  # up to so many keys are sorted by insertion
_DIGIT = 255  # a byte at a time; the second and the pool of a key are its bits 24-47


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
def sort_keys(keys: Any, n: int, other: Any, digits: Any) -> None:
    """Sort keys[:n], made with places that ascend, in place: a few by insertion, many by radix.

    other  scratch of the same length; digits  (3, 256) int64 scratch
    """
    if n <= _FEW:
        for i in range(1, n):
            key = keys[i]
            at = i
            while at > 0 and keys[at - 1] > key:
                keys[at] = keys[at - 1]
                at -= 1
            keys[at] = key
        return
    digits[:] = 0
    for i in range(n):
        key = keys[i]
        digits[0, (key >> 24) & _DIGIT] += 1
        digits[1, (key >> 32) & _DIGIT] += 1
        digits[2, (key >> 40) & _DIGIT] += 1
    for byte in range(3):
        total = 0
        for digit in range(_DIGIT + 1):
            count = digits[byte, digit]
            digits[byte, digit] = total
            total += count
    _scatter(keys, n, 24, digits[0], other)
    _scatter(other, n, 32, digits[1], keys)
    _scatter(keys, n, 40, digits[2], other)
    for i in range(n):
        keys[i] = other[i]


@inlined
def _scatter(keys: Any, n: int, shift: int, start: Any, out: Any) -> None:
    for i in range(n):
        key = keys[i]
        digit = (key >> shift) & _DIGIT
        out[start[digit]] = key
        start[digit] += 1


@kernel
def draw_consults(p: Any, tier: int, durations: Any, draws: Any, visits: Any, n: int) -> None:
    """How long each of n visits will take: CONSULT, and for those sent for tests AWAY and
    SECOND_CONSULT (both 0 for the others), from the draws of the service stream, (4, >= n)."""
    test = test_law(p, tier)
    for i in range(n):
        visits[i, CONSULT] = consult_seconds(durations, tier, draws[0, i])
        visits[i, AWAY] = 0
        visits[i, SECOND_CONSULT] = 0
        if is_sent_for_tests(p, draws[1, i], tier):
            # What is left of the uniform, given that tests were ordered.
            visits[i, AWAY] = whole_seconds(draws[1, i] / p.test_share[tier], test)
            visits[i, SECOND_CONSULT] = consult_seconds(durations, tier, draws[2, i])


@kernel
def serve(
    visits: Any, keys: Any, n: int, rooms: int, opens: int, cutoff: int, free: Any, waiting: Any,
    returning: Any,
) -> int:  # fmt: skip
    """Serve the visits in keys[:n], sorted ready keys over rows of `visits`.

    visits    (m, 10) int64 rows of a facility's day; META and what `draw_consults` wrote are
              read; FATE (CONSULTED or UNSEEN), WAITED seconds for the first consult and ENDED are
              written
    rooms     doctors' rooms, at least 1, free from second `opens`
    cutoff    first visits not called by then leave unseen; returns from tests are always seen
    free, waiting, returning  scratch heaps, at least rooms, n, n long
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
            seconds = visits[at, CONSULT]
            visits[at, WAITED] = now - second_of(key)
            visits[at, FATE] = CONSULTED
            visits[at, ENDED] = now + seconds
            if visits[at, AWAY] > 0:
                back = ready_key(now + seconds + visits[at, AWAY], at)
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
