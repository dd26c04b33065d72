"""Moving rows between the steps of a day, always in an order that no thread decides."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.engines.kernels.episode_word import (
    DIFFICULTY,
    DUE,
    EPISODE_WORD,
    FACILITY,
    NAMED,
    ONSET,
    RESIDENT,
    asks_for,
    copy_row,
)
from sim.jit import inlined, kernel

_RADIX_BITS = 13  # of a resident's row at a time, twice
RADIX = 1 << _RADIX_BITS
_ROW_BITS = 32
_ROW_MASK = (1 << _ROW_BITS) - 1


@kernel
def book(events: Any, change: int, booked: Any) -> None:
    """Appointments given (1), attended or given up (-1), added to booked by facility."""
    for i in range(len(events)):
        if asks_for(events[i, EPISODE_WORD]) == NAMED:
            booked[events[i, FACILITY]] += change


@kernel
def sort_events(events: Any, at: Any, keys: Any, other: Any, digits: Any) -> None:
    """Order of events by resident, then onset, then ordinal, in `at`.

    at  (n,) int32, written; keys, other  (n,) int64 and digits  (RADIX,) int64 scratch
    """
    n = len(events)
    for i in range(n):
        keys[i] = (np.int64(events[i, RESIDENT]) << _ROW_BITS) | i
    _scatter(keys, _ROW_BITS, digits, other)
    _scatter(other, _ROW_BITS + _RADIX_BITS, digits, keys)
    for i in range(n):
        # A resident has a few events a day at most: by exchanging neighbours.
        key = keys[i]
        row = key & _ROW_MASK
        place = i
        while place > 0 and key >> _ROW_BITS == keys[place - 1] >> _ROW_BITS:
            if not _comes_before(events, row, at[place - 1]):
                break
            at[place] = at[place - 1]
            place -= 1
        at[place] = row


@inlined
def _scatter(keys: Any, shift: int, start: Any, out: Any) -> None:
    """One pass of a radix sort that keeps the order of equals."""
    start[:] = 0
    for i in range(len(keys)):
        start[(keys[i] >> shift) & (RADIX - 1)] += 1
    total = 0
    for digit in range(RADIX):
        count = start[digit]
        start[digit] = total
        total += count
    for i in range(len(keys)):
        digit = (keys[i] >> shift) & (RADIX - 1)
        out[start[digit]] = keys[i]
        start[digit] += 1


@kernel
def _comes_before(events: Any, i: int, j: int) -> bool:
    """Of two events of one resident."""
    if events[i, ONSET] != events[j, ONSET]:
        return events[i, ONSET] < events[j, ONSET]
    return (events[i, EPISODE_WORD] >> 2) & 63 < (events[j, EPISODE_WORD] >> 2) & 63


@kernel
def merge_requests(
    onsets: Any, returns: Any, at: Any, first: int, last: int, back: int, back_end: int, out: Any
) -> None:
    """Merge onsets first..last, (n, 4), and returns back..back_end in the order `at`, (m, 6),
    both sorted by resident, into out from row first + back on; onsets first."""
    j = back
    row = first + back
    for i in range(first, last):
        while j < back_end and returns[at[j], RESIDENT] < onsets[i, 0]:
            copy_row(returns, at[j], out, row)
            row += 1
            j += 1
        out[row, RESIDENT] = onsets[i, 0]
        out[row, ONSET] = onsets[i, 1]
        out[row, EPISODE_WORD] = onsets[i, 2]
        out[row, DIFFICULTY] = onsets[i, 3]
        out[row, FACILITY] = -1
        out[row, DUE] = onsets[i, 1]
        row += 1
    while j < back_end:
        copy_row(returns, at[j], out, row)
        row += 1
        j += 1


@kernel
def returns_before(returns: Any, at: Any, resident: int) -> int:
    """How many returns, in the order `at`, belong to residents before this one."""
    low, high = 0, len(at)
    while low < high:
        middle = (low + high) // 2
        if returns[at[middle], RESIDENT] < resident:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def count_by_facility(facility: Any, first: int, last: int, count: Any) -> None:
    """Count places first..last of the day's list by facility, in count, (facilities,)."""
    count[:] = 0
    for i in range(first, last):
        if facility[i] >= 0:
            count[facility[i]] += 1


@kernel
def by_facility(facility: Any, first: int, last: int, start: Any, order: Any) -> None:
    """Write places first..last to their facility's rows of `order`, keeping their order; start,
    (facilities,), advances."""
    for i in range(first, last):
        f = facility[i]
        if f >= 0:
            order[start[f]] = i
            start[f] += 1


@kernel
def first_places(counts: Any, start: Any) -> int:
    """Where each facility's rows begin, in start (facilities + 1,), and in place of each worker's
    counts (workers, facilities) where his own do: at one facility the first worker's come first.
    Returns the most rows of a facility."""
    total = most = np.int64(0)
    for f in range(counts.shape[1]):
        most = max(most, total - start[f - 1]) if f > 0 else most
        start[f] = total
        for k in range(counts.shape[0]):
            count = counts[k, f]
            counts[k, f] = total
            total += count
    start[counts.shape[1]] = total
    return max(most, total - start[counts.shape[1] - 1])


@kernel
def close_ranks(rows: Any, base: Any, count: Any) -> int:
    """Move count[f] rows from row base[f] on, facility by facility, to the front; returns how many
    they are. A facility's rows never lie before those of the facilities before it."""
    row = 0
    for f in range(len(count)):
        for i in range(count[f]):
            copy_row(rows, base[f] + i, rows, row)
            row += 1
    return row


@kernel
def smooth_waits(published: Any, pool_wait: Any) -> int:
    """Tomorrow's published wait: (7 x old + today's mean) / 8 in whole seconds; a pool without
    patients keeps its own. Returns today's patients."""
    seen = 0
    for f in range(len(published)):
        for q in range(6):
            patients = pool_wait[f, q, 1]
            seen += patients
            if patients > 0:
                wait = published[f].wait
                wait[q] = (7 * wait[q] + pool_wait[f, q, 0] // patients) // 8
    return seen


@kernel
def has_left(people: Any, rows: Any, column: int, out: Any) -> None:
    """out[i] = 1 where the resident of row i has died or moved (status bits 1 and 4)."""
    for i in range(len(rows)):
        r = rows[i, column]
        out[i] = 0 if r < 0 else people[r].status & 5
