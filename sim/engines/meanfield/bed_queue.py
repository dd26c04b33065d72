"""The queue for the beds of a ward: emergencies first, the others in order, with patience.

The others see a queue with general patience (Baccelli and Hebuterne; Zeltyn and Mandelbaum): their
virtual wait x, the days that somebody of endless patience would wait, has the density

    v(x) = v(0) exp((1 - r) (int_0^x e S(u) du - c x)),   c = n / stay - a,   r = a stay / n

where e and a are requests of the others and emergencies a day, S(u) is the share with more patience
than u, n the beds of a full ward, and c the beds a day that emergencies leave. The factor 1 - r is
the diffusion limit of a queue that others pass. Below its beds the census of a ward is normal with
the variance of its load, as Garnett, Mandelbaum and Reiman have it.

Beds fall free at 10:00 and the others who wait take them, so that of a full ward emergencies have
the beds beyond at midnight who came since. Who of the critical finds none goes elsewhere, most of
them the same day; transfers wait for the next morning.
"""

from __future__ import annotations

import math
from typing import Any

from sim.day import DISCHARGE_SECOND
from sim.engines.meanfield.surfaces import hazard
from sim.jit import kernel
from sim.rules.admission import PATIENCE_SPREAD
from sim.rules.exp_log import exp
from sim.tiers import CRITICAL

_SINCE_DISCHARGES = 1.0 - DISCHARGE_SECOND / 86_400.0  # part of a day until midnight
_POINTS = 48  # of the waits at which somebody may lose patience, evenly in their logarithm
_IDLE = 6.0  # standard deviations of the census below the beds beyond which nobody waits
PATIENCE_POINTS = _POINTS + 1
_NOTHING = 700.0  # e-folds under its peak beyond which a density is nothing
_MOST_URGENT = 0.98  # of the beds, numerical: the factor 1 - r of the others stays above 0
# A request leaves at the last midnight of its patience, a number of days rounded to the nearest: it
# waits as many midnights as days of patience drawn, less a half.
_TO_MIDNIGHT = 0.5
_LOG_SPREAD = 2.0 * math.log(PATIENCE_SPREAD)


@kernel
def impatient(patience: float, drawn: float) -> tuple[float, float, float]:
    """Share of a class with less patience than `drawn` days, its integral from 0, and the days of
    patience of those, times the share.

    Source: the law of admission.patience, even in the logarithm.
    """
    low, high = patience / PATIENCE_SPREAD, patience * PATIENCE_SPREAD
    if drawn <= low:
        return 0.0, 0.0, 0.0
    at = min(drawn, high)
    share, days = math.log(at / low) / _LOG_SPREAD, (at - low) / _LOG_SPREAD
    return share, at * share - days + (drawn - at), days


@kernel
def patience_table(p: Any, out: Any) -> None:
    """`impatient` of the classes that are not urgent, at points of drawn patience from the least on
    to the most: (PATIENCE_POINTS, 10) days, then shares, integrals and days of the three.

    Source: as impatient.
    """
    days = p.patience_days
    least = min(days[0], days[1], days[2]) / PATIENCE_SPREAD
    most = max(days[0], days[1], days[2]) * PATIENCE_SPREAD
    growth = (most / least) ** (1.0 / _POINTS)
    drawn = least
    for k in range(PATIENCE_POINTS):
        out[k, 0] = drawn
        for need_class in range(3):
            share, area, spent = impatient(days[need_class], drawn)
            out[k, 1 + need_class] = share
            out[k, 4 + need_class] = area
            out[k, 7 + need_class] = spent
        drawn *= growth


@kernel
def bed_queue(
    p: Any, table: Any, beds: float, beyond: float, urgent: float, critical: float, minor: float,
    chronic: float, complex_: float, stay: float, x: Any,
) -> tuple[float, float, float, float]:  # fmt: skip
    """Of the others: the share who leave, the mean wait of the admitted, the mean days in the queue
    of them all, days; and the share of emergencies who leave.

    table   of `patience_table`
    beds    for all, above 0;  beyond  for emergencies only
    urgent  requests a day of emergencies and transfers up, of them `critical` in class
    minor, chronic, complex_  requests a day of the others
    stay    mean days in bed
    x       (4, PATIENCE_POINTS) scratch

    Source: Baccelli and Hebuterne (1981), On queues with impatient customers, Performance '81;
    Zeltyn and Mandelbaum (2005), Call centers with impatient customers, Queueing Systems 51. Below
    its beds: Garnett, Mandelbaum and Reiman (2002), as surfaces.ward.
    """
    others = minor + chronic + complex_
    load = (urgent + others) * stay
    if load <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    slack = (beds - load) / math.sqrt(load)
    if slack > _IDLE:
        return 0.0, 0.0, 0.0, 0.0
    since = urgent * _SINCE_DISCHARGES
    turned = 0.0
    if since > beyond:
        hasty, _, _ = impatient(p.patience_days[CRITICAL], 1.0 + _TO_MIDNIGHT)
        turned = (since - beyond) * critical / urgent * hasty
    full = beds + min(beyond, since)
    first = min(_MOST_URGENT, (urgent - turned) * stay / full)
    flow = (1.0 - first) * full / stay
    some = max(others, 1e-300)
    top, kept, lost, moment, left = _virtual_waits(
        table, 1.0 - first, others, flow, minor / some, chronic / some, complex_ / some, x
    )
    idle = math.sqrt(load) / hazard(-slack) * math.exp(-top)
    busy = flow * (kept + lost)
    total = idle + busy
    wait = flow * moment / max(idle + flow * kept, 1e-300)
    away = turned / urgent * busy / total if urgent > 0.0 else 0.0
    return min(1.0, flow * lost / total), wait, flow * (moment + left) / total, away


@kernel
def _virtual_waits(
    table: Any, speed: float, others: float, flow: float, minor: float, chronic: float,
    complex_: float, x: Any,
) -> tuple[float, float, float, float, float]:  # fmt: skip
    """The logarithm `top` of the density's peak over v(0), and integrals of the density over its
    peak: times the share still patient and its complement, times the wait of the patient, and times
    the days of the impatient.

    speed  1 - r;  others, flow  requests and beds a day;  minor, chronic, complex_  parts
    x      (4, PATIENCE_POINTS) scratch: wait, density, share of the impatient and their days
    """
    for k in range(PATIENCE_POINTS):
        wait = max(0.0, table[k, 0] - _TO_MIDNIGHT)
        area = minor * table[k, 4] + chronic * table[k, 5] + complex_ * table[k, 6]
        x[0, k] = wait
        x[1, k] = speed * (others * (wait - area) - flow * wait)
        x[2, k] = minor * table[k, 1] + chronic * table[k, 2] + complex_ * table[k, 3]
        x[3, k] = minor * table[k, 7] + chronic * table[k, 8] + complex_ * table[k, 9]
    top = 0.0
    for k in range(PATIENCE_POINTS):
        top = max(top, x[1, k])
    for k in range(PATIENCE_POINTS):
        x[1, k] = exp(max(-_NOTHING, x[1, k] - top))
    # Up to the least patience nobody leaves and the density is one exponential.
    kept, moment = _exponential(speed * (others - flow), x[0, 0], top)
    lost = left = 0.0
    for k in range(_POINTS):
        half = 0.5 * (x[0, k + 1] - x[0, k])
        before, after = half * x[1, k], half * x[1, k + 1]
        patient, still = before * (1.0 - x[2, k]), after * (1.0 - x[2, k + 1])
        kept += patient + still
        lost += before * x[2, k] + after * x[2, k + 1]
        moment += patient * x[0, k] + still * x[0, k + 1]
        left += before * x[3, k] + after * x[3, k + 1]
    # Beyond the most patience nobody is left to be admitted.
    tail = x[1, _POINTS] / (speed * flow)
    return top, kept, lost + tail, moment, left + tail * x[3, _POINTS]


@kernel
def _exponential(tilt: float, x: float, top: float) -> tuple[float, float]:
    """Integrals of exp(tilt u - top) and of u times it from 0 to x."""
    if abs(tilt * x) < 1e-4:
        scale = math.exp(-top)
        return scale * x * (1.0 + 0.5 * tilt * x), scale * x * x * (0.5 + tilt * x / 3.0)
    end = math.exp(tilt * x - top)
    mass = (end - math.exp(-top)) / tilt
    return mass, (x * end - mass) / tilt
