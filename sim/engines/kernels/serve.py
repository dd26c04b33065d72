"""One doctor pool for one session: who is seen when.

Rooms are a heap of the seconds at which they fall free. Patients of one priority are called in the
order they became ready, so four heads of queues are all that is compared, and only those back from
tests need a heap. Time only moves forward; at an instant everybody ready has a claim.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.engines.kernels.durations import consult_seconds
from sim.engines.kernels.episode_word import CONSULTED, EPISODE_WORD, UNSEEN, need_class_of
from sim.jit import inlined, kernel
from sim.rules.consult import is_sent_for_tests, test_law, whole_seconds
from sim.rules.order import claim_key, is_return, place_of, ready_key, second_of
from sim.tiers import CRITICAL

# Rows of a facility's day: events (RESIDENT, ONSET, EPISODE_WORD, DIFFICULTY) and what serving them
# adds.
FATE, WAITED, ENDED, CONSULT, AWAY, SECOND_CONSULT = 4, 5, 6, 7, 8, 9
VISIT_COLUMNS = 10

URGENT, OTHER = 0, 1  # priorities of claims on a room
_NEVER = 1 << 62  # nobody: later than any ready key
_NO_CLAIM = 1 << 62
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


@inlined
def replace(heap: Any, size: int, key: int) -> None:
    """Put a key in place of heap[0], the least."""
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


@kernel
def pop(heap: Any, size: int) -> int:
    """Remove heap[0] (read it first); returns the new size."""
    replace(heap, size - 1, heap[size - 1])
    return size - 1


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
    visits: Any, keys: Any, n: int, rooms: int, opens: int, cutoff: int, free: Any, urgent: Any,
    returning: Any,
) -> int:  # fmt: skip
    """Serve the visits in keys[:n], sorted ready keys over rows of `visits`.

    visits    (m, 10) int64 rows of a facility's day; EPISODE_WORD and what `draw_consults`
              wrote are read; FATE (CONSULTED or UNSEEN), WAITED seconds for the first consult and
              ENDED are written
    keys      (n,) overwritten
    rooms     doctors' rooms, at least 1, free from second `opens`
    cutoff    first visits not called by then leave unseen; returns from tests are always seen
    free, urgent, returning  scratch, at least (rooms,), (n,), (2, n)
    returns   seconds of consulting

    Those of one priority who come for the first time are called in the order they came, and so are
    those back from tests: the next claim is the least of four.
    """
    for room in range(rooms):
        free[room] = opens
    n_urgent = _set_apart(visits, keys, n, urgent)
    n_other = n - n_urgent
    at_urgent = at_other = 0
    away_urgent = away_other = np.int64(0)  # not literals: each would compile the heap anew
    now = opens
    busy = 0
    while True:
        head_0 = returning[0, 0] if away_urgent > 0 else _NEVER
        head_1 = urgent[at_urgent] if at_urgent < n_urgent else _NEVER
        head_2 = returning[1, 0] if away_other > 0 else _NEVER
        head_3 = keys[at_other] if at_other < n_other else _NEVER
        earliest = min(head_0, head_1, head_2, head_3)
        if earliest == _NEVER:
            return busy
        now = max(now, free[0], second_of(earliest))
        claim_0, claim_1 = _claim(head_0, URGENT, 0, now), _claim(head_1, URGENT, 1, now)
        claim_2, claim_3 = _claim(head_2, OTHER, 0, now), _claim(head_3, OTHER, 1, now)
        claim = min(claim_0, claim_1, claim_2, claim_3)
        at = place_of(claim)
        if is_return(claim):
            if claim == claim_0:
                away_urgent = pop(returning[0], away_urgent)
            else:
                away_other = pop(returning[1], away_other)
            seconds = visits[at, SECOND_CONSULT]
            visits[at, ENDED] = now + seconds
        else:
            at_urgent += 1 if claim == claim_1 else 0
            at_other += 1 if claim == claim_3 else 0
            if now > cutoff:
                visits[at, WAITED] = max(0, cutoff - second_of(claim))
                visits[at, FATE] = UNSEEN
                visits[at, ENDED] = cutoff
                continue
            seconds = visits[at, CONSULT]
            visits[at, WAITED] = now - second_of(claim)
            visits[at, FATE] = CONSULTED
            visits[at, ENDED] = now + seconds
            if visits[at, AWAY] > 0:
                back = ready_key(now + seconds + visits[at, AWAY], at)
                if claim == claim_1:
                    away_urgent = push(returning[0], away_urgent, back)
                else:
                    away_other = push(returning[1], away_other, back)
        busy += seconds
        replace(free, rooms, now + seconds)


@inlined
def _set_apart(visits: Any, keys: Any, n: int, urgent: Any) -> int:
    """Move the keys of emergencies to `urgent`, the others together; both keep their order."""
    n_urgent = 0
    for i in range(n):
        key = ready_key(second_of(keys[i]), place_of(keys[i]))  # without what stands above
        is_urgent = _priority(visits[place_of(key), EPISODE_WORD]) == URGENT
        urgent[n_urgent] = key
        keys[i - n_urgent] = key
        n_urgent += 1 if is_urgent else 0
    return n_urgent


@inlined
def _priority(episode_word: int) -> int:
    """Emergencies are called before others."""
    return URGENT if need_class_of(episode_word) == CRITICAL else OTHER


@inlined
def _claim(ready: int, priority: int, is_first: int, now: int) -> int:
    """Claim on a room of the first of those who became ready, if he did by now."""
    claim = claim_key(priority, is_first, second_of(ready), place_of(ready))
    return claim if ready < _NEVER and second_of(ready) <= now else _NO_CLAIM
