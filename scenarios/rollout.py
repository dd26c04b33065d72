"""How a lever's level arrives over time: roll-out, first-order delay, fading.

Times are years with fractions (`2024.5`). Every function is 0 before its start, so that nothing
changes before a lever's date.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from datetime import date
from functools import lru_cache
from itertools import pairwise

ROLLOUTS = ("step", "linear", "logistic")
# From 2% to 98% of a logistic between start and full date; the ends are then moved to 0 and 1.
_STEEP = 4.0
_YEARS = range(2015, 2052)


def year_of(day: date) -> float:
    """A date as years with a fraction.

    >>> year_of(date(2024, 1, 1)), round(year_of(date(2024, 7, 2)), 3)
    (2024.0, 2024.5)
    """
    length = date(day.year + 1, 1, 1).toordinal() - date(day.year, 1, 1).toordinal()
    return day.year + (day.timetuple().tm_yday - 1) / length


def share(rollout: str, start: float, full: float, at: float) -> float:
    """Share of a lever's level in place at a time, 0 before `start`, 1 from `full` on.

    rollout  step: all at `start`; linear; logistic: slow, fast in the middle, slow

    >>> share("linear", 2024.0, 2026.0, 2025.0), share("logistic", 2024.0, 2026.0, 2025.0)
    (0.5, 0.5)
    """
    if at < start:
        return 0.0
    if rollout == "step" or at >= full:
        return 1.0
    along = (at - start) / (full - start)
    if rollout == "linear":
        return along
    lowest = _logistic(-_STEEP)
    return (_logistic(_STEEP * (2.0 * along - 1.0)) - lowest) / (1.0 - 2.0 * lowest)


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def delayed(rollout: str, start: float, full: float, delay: float, at: float) -> float:
    """What has followed the share with a first-order delay: dy/dt = (share - y) / delay, years.

    The share is taken as straight between months, for which a step of the equation is exact: a step
    gives 1 - exp(-t/delay), a linear roll-out its ramp.
    """
    if at < start:
        return 0.0
    if delay == 0.0:
        return share(rollout, start, full, at)
    times, followed = _followed(rollout, start, full, delay)
    k = bisect_right(times, at) - 1
    return _onward(rollout, start, full, delay, times[k], followed[k], at)


@lru_cache(maxsize=4096)
def _followed(
    rollout: str, start: float, full: float, delay: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """`delayed` at the start, the full date and the first of every month between and after."""
    firsts = (year_of(date(year, month, 1)) for year in _YEARS for month in range(1, 13))
    times = sorted({start, max(start, full), *firsts})
    times = times[times.index(start) :]
    followed = [0.0]
    for now, then in pairwise(times):
        followed.append(_onward(rollout, start, full, delay, now, followed[-1], then))
    return tuple(times), tuple(followed)


def _onward(
    rollout: str, start: float, full: float, delay: float, now: float, followed: float, then: float
) -> float:
    """The exact answer for a share that is straight between two times."""
    if then <= now:
        return followed
    length = then - now
    before = share(rollout, start, full, now)
    # A step is whole from its start on; what rises arrives along a line.
    slope = (share(rollout, start, full, then) - before) / length
    rest = followed - before + slope * delay
    return before + slope * (length - delay) + rest * math.exp(-length / delay)


def fading(full: float, half_life: float | None, at: float) -> float:
    """What is left of an effect that wears off after its full date; 1 where it does not.

    >>> fading(2025.0, 4.0, 2029.0), fading(2025.0, None, 2035.0)
    (0.5, 1.0)
    """
    if half_life is None or at <= full:
        return 1.0
    return 2.0 ** (-(at - full) / half_life)
