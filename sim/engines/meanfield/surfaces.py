"""Waits and beds in expectation: a session of a doctor pool, a week of a facility, a ward.

A session is a fluid with a stochastic queue (pointwise stationary fluid flow; Wang, Tipper and
Banerjee 1996): the mean number n
in the rooms and before them follows dn/dt = arrivals + returns from tests - c u(n) / s, where the
share u of the rooms in use is the one at which a stationary queue of c rooms holds n (Sakasegawa's
approximation with the variability of the service). It carries the morning peak, sessions that end
and overload without a singularity at utilisation 1. What is left of its error against the
compiled engine is a factor a tier, fitted there (`sim.engines.meanfield.fit`).
"""

from __future__ import annotations

import math
from typing import Any

from sim.jit import kernel

ROOMS = (1, 2, 3, 4, 6, 9, 14, 24, 60)
OPEN_HOURS = (0.3, 0.8, 1.6, 2.7, 4.0, 5.2)
LOADS = (
    0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.45, 1.6, 1.8, 2.0,
    2.3, 2.7, 3.2, 4.0, 5.0, 6.5,
)  # fmt: skip
NUMBERS = 64  # of points of the table of rooms in use
_STEPS = 40
_AFTER_STEPS = 16


@kernel
def rooms_in_use(rooms: float, variability: float, number: float, start: float) -> float:
    """Share of the rooms in use when `number` are there: c u + u^sqrt(2(c+1)) / (1-u) x
    variability = number, by Newton's method inside a bracket.

    Source: Sakasegawa (1977), An approximation formula L_q = a rho^b / (1 - rho), Annals of the
    Institute of Statistical Mathematics 29.
    """
    if number <= 1e-9:
        return number / rooms
    power = math.sqrt(2.0 * (rooms + 1.0))
    low, high = 0.0, min(1.0, number / rooms)
    u = start if low < start < high else 0.5 * high
    for _ in range(40):
        raised = u**power * variability
        gap = rooms * u + raised / (1.0 - u) - number
        if gap > 0.0:
            high = u
        else:
            low = u
        slope = rooms + raised * (power / (u * (1.0 - u)) + 1.0 / ((1.0 - u) * (1.0 - u)))
        following = u - gap / slope
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - u) < 1e-10:
            return following
        u = following
    return u


@kernel
def use_table(service_cv: float, table: Any) -> None:
    """Rooms in use by number present: (9 rooms, 64), number = rooms x z / (1 - z) at z = k/64.

    Source: as rooms_in_use.
    """
    variability = 0.5 * (1.0 + service_cv * service_cv)
    for k in range(len(ROOMS)):
        u = 0.5
        for i in range(NUMBERS):
            z = i / NUMBERS
            u = rooms_in_use(ROOMS[k], variability, 2.0 * ROOMS[k] * z / (1.0 - z), u)
            table[k, i] = u


@kernel
def _in_use(table: Any, rooms: float, number: float) -> float:
    """Look up the rooms in use."""
    relative = 0.5 * number / rooms
    at = relative / (1.0 + relative) * NUMBERS
    i = int(at)
    if i >= NUMBERS - 1:
        return table[NUMBERS - 1] + (1.0 - table[NUMBERS - 1]) * min(1.0, at - (NUMBERS - 1))
    return table[i] + (table[i + 1] - table[i]) * (at - i)


@kernel
def seconds_of_visit(p: Any, tier: int) -> float:
    """Mean seconds of a doctor's time that a visit takes, the return from tests included.

    Source: this model (docs/odd.md).
    """
    return p.service_minutes[tier] * 60.0 * (1.0 + p.test_share[tier])


@kernel
def arrived(early: float, x: float) -> float:
    """Share of a session's patients who have come by the part x of its open time: the inverse of
    the rule that places them.

    Source: as consult.session_position.
    """
    if early < 1e-9:
        return x
    return (math.sqrt((1.0 - early) * (1.0 - early) + 4.0 * early * x) - (1.0 - early)) / (
        2.0 * early
    )


@kernel
def sessions(
    p: Any, tier: int, rooms: float, in_use: Any, seconds: float, patients: Any, out: Any, x: Any
) -> None:
    """Mean wait of a patient, seconds, and share who leave unseen, in sessions side by side that
    differ in their patients: (n, 2) written.

    in_use    (64,) row of `use_table` for these rooms
    seconds   open time; who has not been called `overrun_minutes` later leaves
    patients  (n,) expected arrivals, above 0
    x         (3, n) scratch: patients present, at tests, and the time they have waited

    Source: Wang, Tipper and Banerjee (1996), A simple approximation for modeling nonstationary
    queues, INFOCOM 96; the stationary queue as rooms_in_use.
    """
    service = p.service_minutes[tier] * 60.0
    tests, away = p.test_share[tier], p.test_minutes[tier] * 60.0
    step, rate, before = seconds / _STEPS, rooms / service, 0.0
    returning = 1.0 - math.exp(-step / away)
    x[:] = 0.0
    number, testing, waited = x[0], x[1], x[2]
    for k in range(_STEPS + _AFTER_STEPS):
        part = 0.0
        if k < _STEPS:
            reached = arrived(p.early_arrival, (k + 1.0) / _STEPS)
            part, before = reached - before, reached
        elif k == _STEPS:
            step = p.overrun_minutes * 60.0 / _AFTER_STEPS
            returning = 1.0 - math.exp(-step / away)
        for i in range(len(patients)):
            u = _in_use(in_use, rooms, number[i])
            arrivals, back = patients[i] * part, testing[i] * returning
            done = min(rate * u * step, number[i] + arrivals + back)
            waited[i] += max(0.0, number[i] - rooms * u) * step
            number[i] += arrivals + back - done
            testing[i] += tests * max(0.0, done - back) - back
    for i in range(len(patients)):
        left = max(0.0, number[i] - rooms * _in_use(in_use, rooms, number[i]))
        out[i, 0] = waited[i] / patients[i]
        out[i, 1] = min(1.0, left / patients[i])


@kernel
def session_table(parameters: Any, tier: int, in_use: Any, table: Any, x: Any) -> None:
    """A tier's waits and unseen shares: (9 rooms, 6 open hours, 24 loads, 2).

    A load is the work that comes over the work the rooms can do while open. The factors of the
    surface are applied here. x (4, 24) scratch

    Source: as sessions; the factors are fitted (sim.engines.meanfield.fit).
    """
    p, first = parameters[0], 1  # nobody waits at load 0
    work = seconds_of_visit(p, tier)
    idle, busy = p.wait_factor_idle[tier], p.wait_factor_busy[tier]
    patients = x[3, first:]
    for k in range(len(ROOMS)):
        for h in range(len(OPEN_HOURS)):
            seconds = OPEN_HOURS[h] * 3600.0
            for i in range(first, len(LOADS)):
                x[3, i] = LOADS[i] * ROOMS[k] * seconds / work
            sessions(
                p, tier, ROOMS[k], in_use[k], seconds, patients, table[k, h, first:], x[:3, first:]
            )
            for i in range(first, len(LOADS)):
                load = min(1.0, LOADS[i])
                table[k, h, i, 0] *= idle * (1.0 - load) + busy * load


@kernel
def _below(grid: Any, x: float) -> tuple[int, float]:
    """Interval of a grid that contains x, and the place in it; x is clipped to it."""
    n = len(grid)
    i = 0
    while i < n - 2 and x >= grid[i + 1]:
        i += 1
    return i, min(1.0, max(0.0, (x - grid[i]) / (grid[i + 1] - grid[i])))


@kernel
def session_lines(table: Any, out: Any) -> None:
    """A session table of a tier as lines over the load, (9, 6, 24, 4): level at load 0 and slope of
    the wait, then of the unseen share, from each load on. Above the last load waits rise on as
    before it, and no more leave."""
    last = len(LOADS) - 1
    for k in range(len(ROOMS)):
        for h in range(len(OPEN_HOURS)):
            values, lines = table[k, h], out[k, h]
            for i in range(last):
                for what in range(2):
                    rise = values[i + 1, what] - values[i, what]
                    slope = rise / (LOADS[i + 1] - LOADS[i])
                    lines[i, 2 * what] = values[i, what] - slope * LOADS[i]
                    lines[i, 2 * what + 1] = slope
            lines[last, 0], lines[last, 1] = lines[last - 1, 0], lines[last - 1, 1]
            lines[last, 2], lines[last, 3] = values[last, 1], 0.0


@kernel
def at_rooms_and_hours(lines: Any, rooms: float, hours: float, out: Any) -> None:
    """A tier's session lines at these rooms and open hours, (24, 4); linear in ln rooms and in
    hours."""
    k, a = _below(ROOMS, rooms)
    if a > 0.0:
        a = math.log(min(rooms, ROOMS[k + 1]) / ROOMS[k]) / math.log(ROOMS[k + 1] / ROOMS[k])
    h, b = _below(OPEN_HOURS, hours)
    fewer, fewer_longer = (1.0 - a) * (1.0 - b), (1.0 - a) * b
    more, more_longer = a * (1.0 - b), a * b
    for i in range(len(LOADS)):
        for part in range(4):
            out[i, part] = (
                fewer * lines[k, h, i, part] + fewer_longer * lines[k, h + 1, i, part]
                + more * lines[k + 1, h, i, part] + more_longer * lines[k + 1, h + 1, i, part]
            )  # fmt: skip


@kernel
def all_day_wait(p: Any, tier: int, rooms: float, patients_a_day: float) -> float:
    """Wait at an emergency pool, open day and night: Sakasegawa with linear growth above 0.97.

    Source: Sakasegawa (1977), as rooms_in_use; the line above 0.97 is this model's.
    """
    service = p.service_minutes[tier] * 60.0
    load = patients_a_day * seconds_of_visit(p, tier) / (rooms * 86400.0)
    spread = service / rooms * 0.5 * (1.0 + p.service_cv * p.service_cv)
    power = math.sqrt(2.0 * (rooms + 1.0)) - 1.0
    if load <= 0.0:
        return 0.0
    if load < 0.97:
        return spread * load**power / (1.0 - load)
    at = spread * 0.97**power / 0.03
    slope = at * (power / 0.97 + 1.0 / 0.03)
    return at + slope * (load - 0.97)


_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)


@kernel
def hazard(x: float) -> float:
    """Hazard of the standard normal, phi(x) / (1 - Phi(x)).

    Source: the definition; above 8 the first terms of the asymptotic series of Mills's ratio.
    """
    if x > 8.0:
        return x + 1.0 / x
    tail = 0.5 * math.erfc(x / math.sqrt(2.0))
    return math.exp(-0.5 * x * x) / _ROOT_TWO_PI / tail


@kernel
def ward(beds: float, load: float, patience: float, stay: float) -> tuple[float, float]:
    """A ward with a queue whose patients look elsewhere after a while: share who leave it, and
    share who find no bed at first. A request waits leave x patience days on average.

    beds      beds for them, above 0
    load      beds that all of them together would fill
    patience  mean days a patient waits;  stay  mean days in bed

    Garnett, Mandelbaum and Reiman's approximation of a queue with abandonment; exact in the limit
    of many beds, below, near and above capacity.

    Source: Garnett, Mandelbaum and Reiman (2002), Designing a call center with impatient
    customers, Manufacturing and Service Operations Management 4.
    """
    if load <= 0.0:
        return 0.0, 0.0
    ratio = math.sqrt(stay / patience)  # root of (rate of leaving / rate of service)
    slack = (beds - load) / math.sqrt(load)
    scaled = slack / ratio
    busy = 1.0 / (1.0 + ratio * hazard(scaled) / hazard(-slack))
    leave = ratio / math.sqrt(load) * max(0.0, hazard(scaled) - scaled) * busy
    leave = min(1.0, leave)
    return leave, busy
