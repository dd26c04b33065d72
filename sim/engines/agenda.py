"""What is due on the days to come: visits and requests of open episodes, and ends of stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.engines.kernels import layout as L
from sim.engines.kernels.shuffle import book, by_due, count_due, has_left

NO_EVENTS = np.empty((0, L.EVENT_COLUMNS), dtype=np.int32)
NO_STAYS = np.empty((0, L.STAY_COLUMNS), dtype=np.int32)
Gone = Callable[[np.ndarray, np.ndarray], None]  # metas and statuses of whoever left


class Agenda:
    """Events and stays by the day they fall due; `booked` counts visits to come by facility."""

    def __init__(self, facilities: int) -> None:
        self.pending: dict[int, list[np.ndarray]] = {}
        self.stays: dict[int, list[np.ndarray]] = {}
        self.booked = np.zeros(facilities, dtype=np.int64)
        self.horizon = 64  # days ahead that rows are filed for; grows

    # ------------------------------------------------------------------ events

    def post(self, day: int, parts: list[np.ndarray]) -> None:
        """File events under the day they fall due, the parts one after the other."""
        for part in parts:
            book(part, 1, self.booked)
        self._file(self.pending, parts, L.DUE, day, day)

    def _file(
        self, filed: dict[int, list[np.ndarray]], parts: list[np.ndarray], column: int, day: int,
        today: int,
    ) -> None:  # fmt: skip
        """File rows by a column that holds days of which `day` is today."""
        due = np.zeros(self.horizon, dtype=np.int64)
        for part in parts:
            short = count_due(part, column, day, due)
            if short > 0:
                self.horizon = 2 * short
                return self._file(filed, parts, column, day, today)
        ends = np.cumsum(due)
        start = ends - due
        rows = np.empty((int(ends[-1]), parts[0].shape[1]), dtype=np.int32)
        at = start.copy()
        for part in parts:
            by_due(part, column, day, at, rows)
        for ahead in np.flatnonzero(due):
            filed.setdefault(today + int(ahead), []).append(rows[start[ahead] : ends[ahead]])
        return None

    def due(self, day: int) -> np.ndarray:
        """Events that fall due on a day; they leave the agenda."""
        rows = self.pending.pop(day, None)
        events = np.concatenate(rows) if rows else NO_EVENTS
        book(events, -1, self.booked)
        return events

    # ------------------------------------------------------------------ stays

    def schedule(self, stays: np.ndarray, today: int) -> None:
        """File stays under the day they end."""
        self._file(self.stays, [stays], L.DAYS, 0, today)

    def leaving(self, day: int) -> np.ndarray:
        """Stays that end on a day; they leave the agenda."""
        rows = self.stays.pop(day, None)
        return np.concatenate(rows) if rows else NO_STAYS

    # ------------------------------------------------------------------ people

    def drop_those_who_left(self, people: Any, gone: Gone) -> np.ndarray:
        """Take out whoever died or moved; returns the stays that ended so, all of them.

        gone  told of the open episodes that ended
        """
        for rows in self.pending.values():
            rows[:] = [self._keep(events, people, gone) for events in rows]
        ended = []
        for rows in self.stays.values():
            for index, stays in enumerate(rows):
                left = np.empty(len(stays), dtype=np.int64)
                has_left(people, stays, L.RESIDENT, left)
                if left.any():
                    ended.append(stays[left > 0])
                    gone(stays[left > 0, L.META], left[left > 0])
                    rows[index] = np.ascontiguousarray(stays[left == 0])
        return np.concatenate(ended) if ended else NO_STAYS

    def _keep(self, rows: np.ndarray, people: Any, gone: Gone) -> np.ndarray:
        left = np.empty(len(rows), dtype=np.int64)
        has_left(people, rows, L.RESIDENT, left)
        if not left.any():
            return rows
        book(np.ascontiguousarray(rows[left > 0]), -1, self.booked)
        metas = rows[left > 0, L.META]
        begun = ((metas >> 11) & 7) != L.NEW
        gone(metas[begun], left[left > 0][begun])
        return np.ascontiguousarray(rows[left == 0])

    def open_metas(self) -> list[np.ndarray]:
        """Meta words of all open episodes."""
        metas = []
        for rows in self.pending.values():
            for events in rows:
                meta = events[:, L.META].astype(np.int64)
                metas.append(meta[((meta >> 11) & 7) != L.NEW])
        for rows in self.stays.values():
            metas += [stays[stays[:, L.RESIDENT] >= 0, L.META] for stays in rows]
        return metas

    def renumber(self, row_of: np.ndarray) -> None:
        """Residents have new rows: row_of (old rows,) int32. Beds taken before the run stay so."""
        for filed in (self.pending, self.stays):
            for rows in filed.values():
                for index, events in enumerate(rows):
                    fresh = events.copy()
                    mine = events[:, L.RESIDENT] >= 0
                    fresh[mine, L.RESIDENT] = row_of[events[mine, L.RESIDENT]]
                    rows[index] = fresh

    # ------------------------------------------------------------------ state

    def state(self) -> dict[str, np.ndarray]:
        """All of it as arrays."""
        return {
            "booked": self.booked, "horizon": np.array(self.horizon),
            **_filed("pending", self.pending, NO_EVENTS), **_filed("stays", self.stays, NO_STAYS),
        }  # fmt: skip

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """What `state` gave."""
        self.booked = state["booked"].copy()
        self.horizon = int(state["horizon"])
        self.pending, self.stays = _unfiled("pending", state), _unfiled("stays", state)


def _filed(
    name: str, filed: dict[int, list[np.ndarray]], none: np.ndarray
) -> dict[str, np.ndarray]:
    days = [day for day, rows in filed.items() for _ in rows]
    rows = [part for parts in filed.values() for part in parts]
    return {
        f"{name}_day": np.array(days, dtype=np.int64),
        f"{name}_rows": np.array([len(part) for part in rows], dtype=np.int64),
        name: np.concatenate([none, *rows]),
    }


def _unfiled(name: str, state: dict[str, np.ndarray]) -> dict[int, list[np.ndarray]]:
    filed: dict[int, list[np.ndarray]] = {}
    ends = np.cumsum(state[f"{name}_rows"])
    for day, part in zip(
        state[f"{name}_day"].tolist(), np.split(state[name], ends[:-1]), strict=True
    ):
        filed.setdefault(day, []).append(np.ascontiguousarray(part))
    return filed
