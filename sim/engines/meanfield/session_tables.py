"""Waits in a session by tier, rooms, hours and load: worked out once for what they rest on."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from sim.engines.meanfield.locations import Floats
from sim.engines.meanfield.surfaces import (
    LOADS,
    NUMBERS,
    OPEN_HOURS,
    ROOMS,
    session_lines,
    session_table,
    use_table,
)
from sim.parameters import one_row

TIERS = 5  # sessions outside are not reported
# What a session's wait rests on; a test holds this list to the rules.
SESSION_PARAMETERS = (
    "early_arrival", "overrun_minutes", "service_cv", "service_minutes", "test_minutes",
    "test_share", "wait_factor_busy", "wait_factor_idle",
)  # fmt: skip
_TABLES: dict[tuple[int, bytes], Floats] = {}
_KEPT = 64
_LOCK = Lock()

Tables = tuple[Floats, ...]


def tables_of(p: Any) -> Tables:
    """Session lines of every tier, see surfaces.session_lines, each (9 rooms, 6 hours, 24 loads,
    4): the same arrays as long as the tier's parameters are among the last in use."""
    return tuple(_table(p, tier) for tier in range(TIERS))


def _table(p: Any, tier: int) -> Floats:
    values = (np.asarray(p[name]) for name in SESSION_PARAMETERS)
    key = tier, b"".join((value[tier] if value.ndim else value).tobytes() for value in values)
    with _LOCK:
        if key in _TABLES:
            return _TABLES[key]
    table = np.zeros((len(ROOMS), len(OPEN_HOURS), len(LOADS), 2))
    in_use = _in_use(float(p["service_cv"]))
    session_table(one_row(p), tier, in_use, table, np.zeros((4, len(LOADS))))
    lines = np.zeros((*table.shape[:-1], 4))
    session_lines(table, lines)
    lines.setflags(write=False)
    with _LOCK:
        while len(_TABLES) >= _KEPT:
            del _TABLES[next(iter(_TABLES))]
        return _TABLES.setdefault(key, lines)


@lru_cache(maxsize=8)
def _in_use(service_cv: float) -> Floats:
    in_use = np.zeros((len(ROOMS), NUMBERS))
    use_table(service_cv, in_use)
    return in_use
