"""The consultation: rooms from doctors, when patients come, how long a consult and a test take."""

from __future__ import annotations

import math
from typing import Any

from sim.jit import kernel
from sim.rules.stay import lognormal, lognormal_law
from sim.tiers import CRITICAL

N_POOLS = 6
EMERGENCY_POOL = 5
WOMEN_CHILDREN_POOL = 2


@kernel
def service_law(p: Any, tier: int) -> tuple[float, float]:
    """Law: lognormal seconds of one consult.

    Source: this model (docs/odd.md): the lognormal form, see stay.lognormal_law; the values are
    rows of parameters.csv.
    """
    return lognormal_law(p.service_minutes[tier] * 60.0, p.service_cv)


@kernel
def test_law(p: Any, tier: int) -> tuple[float, float]:
    """Law: lognormal seconds from the first consult to being ready for the second.

    Source: this model (docs/odd.md).
    """
    return lognormal_law(p.test_minutes[tier] * 60.0, p.test_cv)


@kernel
def whole_seconds(u: float, law: tuple[float, float]) -> int:
    """Draw: a duration in whole seconds, rounded half up, at least 1.

    Source: this model (docs/odd.md).
    """
    return max(1, int(math.floor(lognormal(u, law) + 0.5)))


@kernel
def is_sent_for_tests(p: Any, u: float, tier: int) -> bool:
    """Draw: tests, then back to the same pool ahead of first visits; still one visit.

    Source: this model (docs/odd.md).
    """
    return u < p.test_share[tier]


@kernel
def pool_of(p: Any, u: float, need_class: int, age: int, has_pools: bool) -> int:
    """Draw: the doctor pool of a visit; facilities without pools have pool 0 only.

    Source: this model (docs/odd.md).
    """
    if not has_pools:
        return 0
    if need_class == CRITICAL:
        return EMERGENCY_POOL
    if age < 15:
        if u < p.paediatric_share:
            return WOMEN_CHILDREN_POOL
        u = (u - p.paediatric_share) / (1.0 - p.paediatric_share)
    passed = 0.0
    pool = 0
    for other in range(N_POOLS - 2):
        passed += p.pool_demand_share[other]
        pool += 1 if u >= passed else 0
    return pool


@kernel
def session_position(p: Any, u: float) -> float:
    """Draw: position of an arrival inside the open seconds of a session, 0-1, early ones likelier
    (density falls linearly when early_arrival is 1, is even when it is 0).

    Source: this model (docs/odd.md).
    """
    return u * (1.0 - p.early_arrival + p.early_arrival * u)


@kernel
def full_time_rooms(
    p: Any, doctors: float, tier: int, has_pools: bool, opening_share: float, rooms: Any
) -> None:
    """Write the full-time-equivalent rooms of the pools of a facility, (6,).

    doctors        licensed doctors
    has_pools      False: one general pool (index 0)
    opening_share  opening of an average day as a share of a full one (sim.day.weekly_share)

    A pool has doctors x clinic hours a year / opening hours a year rooms. The emergency pool is
    open day and night and staffed first, with at least one room; a hospital too small for that
    has its doctors on call, and at least half of their clinic time stays with the clinic.

    >>> import numpy as np
    >>> from sim.parameters import load_parameters
    >>> rooms = np.zeros(N_POOLS)
    >>> full_time_rooms(load_parameters(), 2.0, 0, False, 1.0, rooms)
    >>> [float(r > 0.0) for r in rooms]
    [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]

    Source: this model (docs/odd.md).
    """
    rooms[:] = 0.0
    if doctors <= 0.0:
        return
    hours_a_day = p.morning_hours[tier] + p.afternoon_hours[tier]
    opening = hours_a_day * 365.0 * opening_share
    if not has_pools:
        rooms[0] = doctors * p.clinic_hours[tier] / opening
        return
    emergency_share = p.pool_doctor_share[EMERGENCY_POOL]
    emergency = doctors * emergency_share * p.emergency_hours / 8760.0
    rooms[EMERGENCY_POOL] = max(1.0, math.floor(emergency + 0.5))
    staffed = rooms[EMERGENCY_POOL] * 8760.0 / p.emergency_hours
    clinic = max(doctors / 2.0, doctors - staffed)
    for pool in range(N_POOLS - 1):
        share = p.pool_doctor_share[pool] / (1.0 - emergency_share)
        rooms[pool] = clinic * share * p.clinic_hours[tier] / opening
