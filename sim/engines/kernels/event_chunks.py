"""Rows by the day they fall due, in chunks that are used again.

A day's rows lie in a chain of chunks, in the order they came; days stand in a ring, so that what is
filed, taken or struck out costs no more than its own rows.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from sim.engines.kernels.episode_word import DEAD, DUE, MOVED, RESIDENT, copy_row
from sim.engines.kernels.shuffle import book
from sim.jit import inlined, kernel

CHUNK = 64  # rows

# rows       (chunks, CHUNK, columns) int32
# following  (chunks,) the chunk after each in its chain; meaningless in the last
# first, last, count  (days,) chunks at both ends of a day's chain, and its rows; day modulo days
# free, spare  (chunks,) chunks of no chain, of which (1,) are left
EventChunks = namedtuple(
    "EventChunks", ["rows", "following", "first", "last", "count", "free", "spare"]
)


def new_chunks(columns: int, days: int = 64, chunks: int = 256) -> EventChunks:
    """An empty event calendar for rows that fall due less than `days` ahead."""
    rows = np.zeros((chunks, CHUNK, columns), dtype=np.int32)
    links = [np.zeros(size, dtype=np.int64) for size in (chunks, days, days, days)]
    return EventChunks._make([rows, *links, np.arange(chunks, dtype=np.int64), np.array([chunks])])


@kernel
def file_rows(calendar: Any, rows: Any, column: int, day: int, today: int) -> bool:
    """File rows under the day they fall due, behind those already there.

    column  of the rows that holds the day they fall due;  day  that is today in it
    returns False when the event calendar has too few days or chunks; nothing is filed then
    """
    if not _is_enough(calendar, rows, column, day):
        return False
    count, last = calendar.count, calendar.last
    for i in range(len(rows)):
        at = (today + rows[i, column] - day) % len(count)
        place = count[at] % CHUNK
        if place == 0:
            calendar.spare[0] -= 1
            chunk = calendar.free[calendar.spare[0]]
            if count[at] == 0:
                calendar.first[at] = chunk
            else:
                calendar.following[last[at]] = chunk
            last[at] = chunk
        copy_row(rows, i, calendar.rows[last[at]], place)
        count[at] += 1
    return True


@kernel
def _is_enough(calendar: Any, rows: Any, column: int, day: int) -> bool:
    most = 0
    for i in range(len(rows)):
        most = max(most, rows[i, column] - day)
    days = len(calendar.count)
    return most < days and len(rows) // CHUNK + min(len(rows), days) <= calendar.spare[0]


@kernel
def file_events(calendar: Any, events: Any, today: int, booked: Any) -> bool:
    """`file_rows` for events; appointments given are added to booked, by facility."""
    if not file_rows(calendar, events, DUE, today, today):
        return False
    book(events, 1, booked)
    return True


@inlined
def _release(calendar: Any, chunk: int) -> int:
    """Give a chunk back; returns the one that followed it."""
    calendar.free[calendar.spare[0]] = chunk
    calendar.spare[0] += 1
    return calendar.following[chunk]


@kernel
def take_day(calendar: Any, day: int, out: Any) -> None:
    """Move a day's rows, all of them, to `out`."""
    at = day % len(calendar.count)
    chunk = calendar.first[at]
    for i in range(calendar.count[at]):
        copy_row(calendar.rows[chunk], i % CHUNK, out, i)
        if (i + 1) % CHUNK == 0 or i + 1 == calendar.count[at]:
            chunk = _release(calendar, chunk)
    calendar.count[at] = 0


@kernel
def strike_out(calendar: Any, people: Any, out: Any, left: Any) -> int:
    """Take out the rows of residents who have died or moved; the others close ranks.

    out, left  written: those rows, and the status of each resident's leaving
    returns    how many they are
    """
    gone = 0
    for at in range(len(calendar.count)):
        n = calendar.count[at]
        source = target = calendar.first[at]
        kept = 0
        for i in range(n):
            rows = calendar.rows[source]
            r = rows[i % CHUNK, RESIDENT]
            status = people[r].status & (DEAD | MOVED) if r >= 0 else 0
            if status > 0:
                copy_row(rows, i % CHUNK, out, gone)
                left[gone] = status
                gone += 1
            else:
                if kept > 0 and kept % CHUNK == 0:
                    target = calendar.following[target]
                copy_row(rows, i % CHUNK, calendar.rows[target], kept % CHUNK)
                kept += 1
            if (i + 1) % CHUNK == 0 and i + 1 < n:
                source = calendar.following[source]
        if kept < n:
            _cut(calendar, at, kept)
    return gone


@kernel
def _cut(calendar: Any, at: int, kept: int) -> None:
    """Shorten a day's chain to its first rows."""
    chunk = calendar.first[at]
    stays = (kept + CHUNK - 1) // CHUNK
    for k in range((calendar.count[at] + CHUNK - 1) // CHUNK):
        if k < stays:
            calendar.last[at] = chunk
            chunk = calendar.following[chunk]
        else:
            chunk = _release(calendar, chunk)
    calendar.count[at] = kept


@kernel
def copy_all(calendar: Any, out: Any) -> None:
    """Copy all rows to `out`, a day after the other."""
    n = 0
    for at in range(len(calendar.count)):
        chunk = calendar.first[at]
        for i in range(calendar.count[at]):
            if i > 0 and i % CHUNK == 0:
                chunk = calendar.following[chunk]
            copy_row(calendar.rows[chunk], i % CHUNK, out, n)
            n += 1


@kernel
def renumber_rows(calendar: Any, row_of: Any) -> None:
    """Residents have new rows: row_of (old rows,) int32. Rows of nobody stay so."""
    for at in range(len(calendar.count)):
        chunk = calendar.first[at]
        for i in range(calendar.count[at]):
            if i > 0 and i % CHUNK == 0:
                chunk = calendar.following[chunk]
            r = calendar.rows[chunk, i % CHUNK, RESIDENT]
            if r >= 0:
                calendar.rows[chunk, i % CHUNK, RESIDENT] = row_of[r]
