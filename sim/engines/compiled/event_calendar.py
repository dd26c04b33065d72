"""What is due on the days to come: visits and requests of open episodes, and ends of stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sim.engines.kernels import episode_word as L
from sim.engines.kernels.event_chunks import (
    CHUNK,
    EventChunks,
    copy_all,
    file_events,
    file_rows,
    new_chunks,
    renumber_rows,
    strike_out,
    take_day,
)
from sim.engines.kernels.shuffle import book

Gone = Callable[[np.ndarray, np.ndarray], None]  # episode words and statuses of whoever left


class EventCalendar:
    """Events and stays by the day they fall due; `booked` counts visits to come by facility."""

    def __init__(self, facilities: int) -> None:
        self.pending = new_chunks(L.EVENT_COLUMNS)
        self.stays = new_chunks(L.STAY_COLUMNS)
        self.booked = np.zeros(facilities, dtype=np.int64)

    # ------------------------------------------------------------------ events

    def post(self, day: int, parts: Sequence[np.ndarray]) -> None:
        """File events under the day they fall due, the parts one after the other."""
        for part in parts:
            if not file_events(self.pending, part, day, self.booked):
                self.pending = _with_room(self.pending, part, L.DUE, day, day)
                file_events(self.pending, part, day, self.booked)

    def due(self, day: int) -> np.ndarray:
        """Events that fall due on a day; they leave the event calendar."""
        events = _taken(self.pending, day)
        book(events, -1, self.booked)
        return events

    def events(self) -> np.ndarray:
        """All events to come, (n, 6)."""
        return _all_of(self.pending)

    # ------------------------------------------------------------------ stays

    def schedule(self, stays: np.ndarray, today: int) -> None:
        """File stays under the day they end."""
        if not file_rows(self.stays, stays, L.DAYS, 0, today):
            self.stays = _with_room(self.stays, stays, L.DAYS, 0, today)
            file_rows(self.stays, stays, L.DAYS, 0, today)

    def leaving(self, day: int) -> np.ndarray:
        """Stays that end on a day; they leave the event calendar."""
        return _taken(self.stays, day)

    # ------------------------------------------------------------------ people

    def drop_those_who_left(self, people: Any, gone: Gone) -> np.ndarray:
        """Take out whoever died or moved; returns the stays that ended so, all of them.

        gone  called with the open episodes that ended
        """
        events, left = _struck_out(self.pending, people)
        book(events, -1, self.booked)
        begun = _has_begun(events)
        gone(events[begun, L.EPISODE_WORD], left[begun])
        stays, left = _struck_out(self.stays, people)
        gone(stays[:, L.EPISODE_WORD], left)
        return stays

    def open_metas(self) -> list[np.ndarray]:
        """Episode word of all open episodes."""
        events, stays = self.events(), _all_of(self.stays)
        return [
            events[_has_begun(events), L.EPISODE_WORD],
            stays[stays[:, L.RESIDENT] >= 0, L.EPISODE_WORD],
        ]

    def renumber(self, row_of: np.ndarray) -> None:
        """Residents have new rows: row_of (old rows,) int32. Beds taken before the run stay so."""
        renumber_rows(self.pending, row_of)
        renumber_rows(self.stays, row_of)

    # ------------------------------------------------------------------ state

    def state(self) -> dict[str, np.ndarray]:
        """All of it as arrays."""
        return {
            "booked": self.booked,
            **{f"pending_{name}": array for name, array in self.pending._asdict().items()},
            **{f"stays_{name}": array for name, array in self.stays._asdict().items()},
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """What `state` gave."""
        self.booked = state["booked"].copy()
        self.pending, self.stays = (
            EventChunks._make(state[f"{which}_{name}"].copy() for name in EventChunks._fields)
            for which in ("pending", "stays")
        )


def _has_begun(events: np.ndarray) -> np.ndarray:
    """Is it the episode's second request or a later one?"""
    return ((events[:, L.EPISODE_WORD] >> 11) & 7) != L.NEW


def _taken(chunks: EventChunks, day: int) -> np.ndarray:
    """A day's rows, which leave the event calendar."""
    n = chunks.count[day % len(chunks.count)]
    rows = np.empty((n, chunks.rows.shape[2]), dtype=np.int32)
    take_day(chunks, day, rows)
    return rows


def _all_of(chunks: EventChunks) -> np.ndarray:
    rows = np.empty((chunks.count.sum(), chunks.rows.shape[2]), dtype=np.int32)
    copy_all(chunks, rows)
    return rows


def _struck_out(chunks: EventChunks, people: Any) -> tuple[np.ndarray, np.ndarray]:
    """Rows of whoever died or moved, which leave the event calendar, and how they left."""
    most = chunks.count.sum()
    rows = np.empty((most, chunks.rows.shape[2]), dtype=np.int32)
    left = np.empty(most, dtype=np.int64)
    n = strike_out(chunks, people, rows, left)
    return rows[:n], left[:n]


def _with_room(
    old: EventChunks, rows: np.ndarray, column: int, day: int, today: int
) -> EventChunks:
    """A larger event calendar of the same content, in which there is room for these rows."""
    days, chunks = len(old.count), len(old.rows)
    ahead = max(days, 2 * int(rows[:, column].max() - day + 1))
    wanted = len(rows) // CHUNK + min(len(rows), ahead)
    larger = new_chunks(old.rows.shape[2], ahead, 2 * (chunks + wanted))
    used = chunks - old.spare[0]
    larger.rows[:chunks], larger.following[:chunks] = old.rows, old.following
    free = np.concatenate([np.arange(chunks, len(larger.rows)), old.free[: old.spare[0]]])
    larger.free[: len(free)] = free
    larger.spare[0] = len(larger.rows) - used
    at = np.flatnonzero(old.count)
    then = (today + (at - today) % days) % ahead  # no row falls due before today
    for ring, ring_before in zip(larger[2:5], old[2:5], strict=True):
        ring[then] = ring_before[at]
    return larger
