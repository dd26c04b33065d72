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
Diary = namedtuple("Diary", ["rows", "following", "first", "last", "count", "free", "spare"])


def new_diary(columns: int, days: int = 64, chunks: int = 256) -> Diary:
    """An empty diary for rows that fall due less than `days` ahead."""
    rows = np.zeros((chunks, CHUNK, columns), dtype=np.int32)
    links = [np.zeros(size, dtype=np.int64) for size in (chunks, days, days, days)]
    return Diary._make([rows, *links, np.arange(chunks, dtype=np.int64), np.array([chunks])])


@kernel
def file_rows(diary: Any, rows: Any, column: int, day: int, today: int) -> bool:
    """File rows under the day they fall due, behind those already there.

    column  of the rows that holds the day they fall due;  day  that is today in it
    returns False when the diary has too few days or chunks; nothing is filed then
    """
    if not _is_enough(diary, rows, column, day):
        return False
    count, last = diary.count, diary.last
    for i in range(len(rows)):
        at = (today + rows[i, column] - day) % len(count)
        place = count[at] % CHUNK
        if place == 0:
            diary.spare[0] -= 1
            chunk = diary.free[diary.spare[0]]
            if count[at] == 0:
                diary.first[at] = chunk
            else:
                diary.following[last[at]] = chunk
            last[at] = chunk
        copy_row(rows, i, diary.rows[last[at]], place)
        count[at] += 1
    return True


@kernel
def _is_enough(diary: Any, rows: Any, column: int, day: int) -> bool:
    most = 0
    for i in range(len(rows)):
        most = max(most, rows[i, column] - day)
    days = len(diary.count)
    return most < days and len(rows) // CHUNK + min(len(rows), days) <= diary.spare[0]


@kernel
def file_events(diary: Any, events: Any, today: int, booked: Any) -> bool:
    """`file_rows` for events; appointments given are added to booked, by facility."""
    if not file_rows(diary, events, DUE, today, today):
        return False
    book(events, 1, booked)
    return True


@inlined
def _release(diary: Any, chunk: int) -> int:
    """Give a chunk back; returns the one that followed it."""
    diary.free[diary.spare[0]] = chunk
    diary.spare[0] += 1
    return diary.following[chunk]


@kernel
def take_day(diary: Any, day: int, out: Any) -> None:
    """Move a day's rows, all of them, to `out`."""
    at = day % len(diary.count)
    chunk = diary.first[at]
    for i in range(diary.count[at]):
        copy_row(diary.rows[chunk], i % CHUNK, out, i)
        if (i + 1) % CHUNK == 0 or i + 1 == diary.count[at]:
            chunk = _release(diary, chunk)
    diary.count[at] = 0


@kernel
def strike_out(diary: Any, people: Any, out: Any, left: Any) -> int:
    """Take out the rows of residents who have died or moved; the others close ranks.

    out, left  written: those rows, and the status of each resident's leaving
    returns    how many they are
    """
    gone = 0
    for at in range(len(diary.count)):
        n = diary.count[at]
        source = target = diary.first[at]
        kept = 0
        for i in range(n):
            rows = diary.rows[source]
            r = rows[i % CHUNK, RESIDENT]
            status = people[r].status & (DEAD | MOVED) if r >= 0 else 0
            if status > 0:
                copy_row(rows, i % CHUNK, out, gone)
                left[gone] = status
                gone += 1
            else:
                if kept > 0 and kept % CHUNK == 0:
                    target = diary.following[target]
                copy_row(rows, i % CHUNK, diary.rows[target], kept % CHUNK)
                kept += 1
            if (i + 1) % CHUNK == 0 and i + 1 < n:
                source = diary.following[source]
        if kept < n:
            _cut(diary, at, kept)
    return gone


@kernel
def _cut(diary: Any, at: int, kept: int) -> None:
    """Shorten a day's chain to its first rows."""
    chunk = diary.first[at]
    stays = (kept + CHUNK - 1) // CHUNK
    for k in range((diary.count[at] + CHUNK - 1) // CHUNK):
        if k < stays:
            diary.last[at] = chunk
            chunk = diary.following[chunk]
        else:
            chunk = _release(diary, chunk)
    diary.count[at] = kept


@kernel
def copy_all(diary: Any, out: Any) -> None:
    """Copy all rows to `out`, a day after the other."""
    n = 0
    for at in range(len(diary.count)):
        chunk = diary.first[at]
        for i in range(diary.count[at]):
            if i > 0 and i % CHUNK == 0:
                chunk = diary.following[chunk]
            copy_row(diary.rows[chunk], i % CHUNK, out, n)
            n += 1


@kernel
def renumber_rows(diary: Any, row_of: Any) -> None:
    """Residents have new rows: row_of (old rows,) int32. Rows of nobody stay so."""
    for at in range(len(diary.count)):
        chunk = diary.first[at]
        for i in range(diary.count[at]):
            if i > 0 and i % CHUNK == 0:
                chunk = diary.following[chunk]
            r = diary.rows[chunk, i % CHUNK, RESIDENT]
            if r >= 0:
                diary.rows[chunk, i % CHUNK, RESIDENT] = row_of[r]
