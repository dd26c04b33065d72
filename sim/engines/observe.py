"""Watching a run: at six moments the driver shows what it holds. An observer changes nothing.

The arrays are the driver's own and are written again the next day: copy what you need. An observer
that writes into one changes the run, and tests/engine/test_visit_log.py would notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Today:
    """A day's list of requests and what became of each; arrays of shape (requests,) unless said
    otherwise. Meanings of the numbers: sim.engines.kernels.episode_word.

    day, month, weekday  days from 1 January (negative in the warm-up), 0-11, 0 Monday
    counting     1 in the year, 0 in the warm-up
    requests     (requests, 6) events sorted by resident
    facility     where each went, -1 for nowhere
    alternative  column of that facility in the resident's choice set, -1 for none
    pool, second doctor pool and second of arrival
    fate, wait   SELF_CARE, UNSEEN, CONSULTED, …; seconds waited. Of whoever goes to a facility
                 they are known only once `served`
    """

    day: int
    month: int
    weekday: int
    counting: int
    requests: np.ndarray
    facility: np.ndarray
    alternative: np.ndarray
    pool: np.ndarray
    second: np.ndarray
    fate: np.ndarray
    wait: np.ndarray


class Observer:
    """Receives reports of a run as it goes; every method does nothing until a subclass says what.

    Events that follow are (n, 6), each with the day it falls due: `posted` the parts that workers
    wrote, together in order of resident, `moved` in order of facility. Stays are (n, 9).
    """

    def began(self, engine: Any) -> None:
        """Before the first day of the warm-up; `engine` is the CompiledEngine."""

    def chosen(self, today: Today, posted: list[np.ndarray]) -> None:
        """All have chosen. Boards and residents are still as everybody saw them at 00:00."""

    def served(
        self, today: Today, leaving: np.ndarray, admitted: np.ndarray, moved: np.ndarray
    ) -> None:
        """Doctors have seen whom they could and beds are given; nobody has paid.

        leaving   stays that end today, still unpaid
        admitted  stays that began
        moved     patients who look for a bed elsewhere tomorrow, or (facility -1) find none
        """

    def closed(self, today: Today, posted: list[np.ndarray]) -> None:
        """Visits are paid, episodes resolved or going on, habits and opinions learned."""

    def discharged(
        self, today: Today, stays: np.ndarray, paid: np.ndarray, posted: list[np.ndarray]
    ) -> None:
        """Stays of today have ended; `paid` is the charge of each in fen. Not shown a day
        without any."""

    def ended(self) -> None:
        """After the last day's midnight and its deaths and moves."""
