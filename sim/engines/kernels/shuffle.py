"""Moving rows between the steps of a day, always in an order that no thread decides."""

from __future__ import annotations

from typing import Any

from sim.compiled import kernel
from sim.engines.kernels.layout import FACILITY, LANE, META, ONSET, RESIDENT, copy_row


@kernel
def merge_requests(onsets: Any, returns: Any, out: Any) -> None:
    """Merge today's onsets (n, 4) and returns (m, 6), both sorted by resident; onsets first."""
    j = 0
    row = 0
    for i in range(len(onsets)):
        while j < len(returns) and returns[j, RESIDENT] < onsets[i, 0]:
            copy_row(returns, j, out, row)
            row += 1
            j += 1
        out[row, RESIDENT] = onsets[i, 0]
        out[row, ONSET] = onsets[i, 1]
        out[row, META] = onsets[i, 2]
        out[row, LANE] = onsets[i, 3]
        out[row, FACILITY] = -1
        out[row, 5] = onsets[i, 1]
        row += 1
    while j < len(returns):
        copy_row(returns, j, out, row)
        row += 1
        j += 1


@kernel
def by_facility(facility: Any, offset: Any, at: Any, order: Any) -> None:
    """Places of the day's list by facility, keeping their order; offset and the scratch `at` are
    (facilities + 1,)."""
    for f in range(len(offset)):
        offset[f] = 0
    n = len(facility)
    for i in range(n):
        if facility[i] >= 0:
            offset[facility[i] + 1] += 1
    for f in range(1, len(offset)):
        offset[f] += offset[f - 1]
    for f in range(len(offset)):
        at[f] = offset[f]
    for i in range(n):
        f = facility[i]
        if f >= 0:
            order[at[f]] = i
            at[f] += 1


@kernel
def gather_rows(source: Any, base: Any, count: Any, out: Any) -> None:
    """Copy count[f] rows from row base[f] on, facility by facility, into out."""
    row = 0
    for f in range(len(count)):
        for i in range(count[f]):
            copy_row(source, base[f] + i, out, row)
            row += 1


@kernel
def smooth_waits(published: Any, pool_wait: Any) -> None:
    """Tomorrow's published wait: (7 x old + today's mean) / 8 in whole seconds; a pool without
    patients keeps its own."""
    for f in range(len(published)):
        for q in range(6):
            patients = pool_wait[f, q, 1]
            if patients > 0:
                wait = published[f].wait
                wait[q] = (7 * wait[q] + pool_wait[f, q, 0] // patients) // 8


@kernel
def has_left(people: Any, rows: Any, column: int, out: Any) -> None:
    """out[i] = 1 where the resident of row i has died or moved (status bits 1 and 4)."""
    for i in range(len(rows)):
        r = rows[i, column]
        out[i] = 0 if r < 0 else people[r].status & 5
