"""How long a consult lasts, looked up: the rule's answer for every random number, exactly.

A uniform has 32 bits and a duration whole seconds, so a tier's law is a step function with a few
thousand steps. They are found once by asking the rule, and a look-up costs a fifth of asking again.
"""

from __future__ import annotations

from collections import namedtuple
from functools import lru_cache
from typing import Any

import numpy as np

from sim.jit import kernel
from sim.rules.consult import service_law, whole_seconds

_LANES = 1 << 32
_CELLS = 4096
_CELL_SHIFT = 20

# of       (tiers,) row of each tier in the tables; tiers of one law share a row
# shortest (rows, cells + 1) duration of the first number of every cell, and of the last number
# until    (rows, longest) the numbers below until[s] last at most s seconds
Durations = namedtuple("Durations", ["of", "shortest", "until"])


def consult_durations(p: Any) -> Durations:
    """Tables of the consults' durations of every tier."""
    return _tables(tuple(service_law(p, tier) for tier in range(len(p.service_minutes))))


@lru_cache(maxsize=8)
def _tables(laws: tuple[tuple[float, float], ...]) -> Durations:
    """As `consult_durations`; the months of a path mostly have the same laws."""
    distinct = sorted(set(laws))
    of = np.array([distinct.index(law) for law in laws], dtype=np.int64)
    longest = max(whole_seconds(_uniform(_LANES - 1), law) for law in distinct)
    until = np.full((len(distinct), longest + 1), _LANES, dtype=np.int64)
    shortest = np.empty((len(distinct), _CELLS + 1), dtype=np.int64)
    for row, law in enumerate(distinct):
        _find_steps(law, until[row], shortest[row])
    return Durations(of, shortest, until)


@kernel
def _uniform(difficulty_bits: int) -> float:
    return (difficulty_bits + 0.5) / 4294967296.0


@kernel
def _find_steps(law: tuple[float, float], until: Any, shortest: Any) -> None:
    """Fill a row of both tables, each step by bisection over the numbers."""
    last = whole_seconds(_uniform(_LANES - 1), law)
    below = 0
    for seconds in range(last):
        low, high = below, _LANES
        while low < high:
            middle = (low + high) // 2
            if whole_seconds(_uniform(middle), law) <= seconds:
                low = middle + 1
            else:
                high = middle
        until[seconds] = below = low
    for cell in range(_CELLS):
        shortest[cell] = whole_seconds(_uniform(cell << _CELL_SHIFT), law)
    shortest[_CELLS] = last


@kernel
def consult_seconds(durations: Any, tier: int, u: float) -> int:
    """The same as `whole_seconds(u, service_law(p, tier))` for a u of `sim.rules.random`."""
    row = durations.of[tier]
    difficulty_bits = int(u * 4294967296.0)
    cell = difficulty_bits >> _CELL_SHIFT
    seconds = durations.shortest[row, cell]
    most = durations.shortest[row, cell + 1]
    while most - seconds > 4:  # the tails: a cell of many steps
        middle = (seconds + most) // 2
        if difficulty_bits < durations.until[row, middle]:
            most = middle
        else:
            seconds = middle + 1
    while difficulty_bits >= durations.until[row, seconds]:
        seconds += 1
    return seconds
