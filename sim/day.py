"""The timetable of a day, one clock for both agent engines.

Time is a whole number of seconds since 00:00 of a day; days count from 1 January of the run year
and are negative in the warm-up. The order of a day:

1. 00:00 publish: every pool its expected wait, every facility its free beds and occupancy. On the
   first of a month, before that: deaths, moves, births, chronic states, contracts, word of mouth,
   and the month's episodes are drawn.
2. onsets and returns: residents whose episode starts today, and visits that fall due today; one
   visit a resident a day, a second one waits until tomorrow.
3. choice, for everybody not sent to a named facility.
4. arrival, in a session, on a slot.
5. consult: first come within priority, returns from tests first.
6. outcome, at the end of the consult: admitted, resolved, or going on.
7. beds: emergencies, then referred, then elective; 10:00 discharges free theirs.
8. 24:00 close: census, tallies, habit, learning, patience, smoothed waits.

A facility acts only on what was published at 00:00, so facilities are independent within a day.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel

DAY_SECONDS = 86_400
DISCHARGE_SECOND = 10 * 3_600
WARM_UP_DAYS = 42
SLOT_SECONDS = 60
KEY_EPOCH = date(2000, 1, 1)  # `day` of a random key counts from here

BOTH_SESSIONS, MORNING_ONLY, CLOSED = 2, 1, 0


def days_in_year(year: int) -> int:
    """365 or 366."""
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def key_day(year: int) -> int:
    """Days from 1 January 2000 to 1 January of `year`: added to a day it gives the key's day."""
    return (date(year, 1, 1) - KEY_EPOCH).days


def blocks(year: int) -> list[tuple[int, int, int]]:
    """(first day, days, month 0-11) of the warm-up and of the twelve months.

    The warm-up is drawn as one block with January's rates.

    >>> blocks(2023)[:2]
    [(-42, 42, 0), (0, 31, 0)]
    """
    result = [(-WARM_UP_DAYS, WARM_UP_DAYS, 0)]
    first = 0
    for month in range(1, 13):
        following = date(year + month // 12, month % 12 + 1, 1)
        days = (following - date(year, month, 1)).days
        result.append((first, days, month - 1))
        first += days
    return result


def weekdays(year: int, first: int, days: int) -> NDArray[np.int64]:
    """Weekday (0 Monday .. 6 Sunday) of `days` days from day `first`; shape (days,)."""
    start = date(year, 1, 1) + timedelta(days=first)
    return (start.weekday() + np.arange(days)) % 7


@kernel
def sessions_open(tier: int, weekday: int) -> int:
    """Clinic sessions of a day: village and township every day; hospitals Monday to Friday and
    Saturday morning. Emergency pools never close."""
    if tier <= 1 or weekday < 5:
        return BOTH_SESSIONS
    return MORNING_ONLY if weekday == 5 else CLOSED


@kernel
def days_to_opening(tier: int, weekday: int) -> int:
    """Days until the clinics of a tier next open: 0 when they open today."""
    return 1 if sessions_open(tier, weekday) == CLOSED else 0


@kernel
def weekly_share(tier: int) -> float:
    """Opening of an average day as a share of a full day."""
    total = 0
    for weekday in range(7):
        total += sessions_open(tier, weekday)
    return total / 14.0


@kernel
def open_seconds(p: Any, tier: int, session: int, share: float, day: int) -> int:
    """Seconds a pool takes arrivals in a session (0 morning, 1 afternoon).

    share  full-time-equivalent rooms over rooms, 0-1: a part-time clinic opens for less of the
           session rather than lose capacity. The fraction of a second is carried from day to day.
    """
    hours = p.morning_hours[tier] if session == 0 else p.afternoon_hours[tier]
    exact = hours * 3600.0 * share
    whole = int(exact)
    part = exact - whole
    return whole + math.floor(part * (day + 1)) - math.floor(part * day)


@kernel
def session_start(p: Any, tier: int, session: int) -> int:
    """Second of the day at which a session starts."""
    hours = p.morning_opens[tier] if session == 0 else p.afternoon_opens[tier]
    return int(hours * 3600.0)
