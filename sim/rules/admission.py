"""Is a patient admitted, and how long does he wait for a bed?"""

from __future__ import annotations

import math
from typing import Any

from sim.jit import kernel
from sim.tiers import Tier

# Priority of a claim on a bed or a doctor, lower first.
EMERGENCY = 0
REFERRED = 1
ELECTIVE = 2

# Patience for a bed lies between a class's value over this and times this, evenly in its logarithm
# (assumption: half to double).
PATIENCE_SPREAD = 2.0

_CITY = int(Tier.CITY)


@kernel
def admission_probability(
    p: Any, tier: int, need_class: int, occupancy: float, is_within_capability: bool
) -> float:
    """Law: admission after a consult, given the occupancy published at 00:00.

    The discretionary part answers to free beds (Roemer), between half and one and a half times.
    Doctors recognise most cases beyond their facility's capability and do not admit them.

    Source: Roemer (1961), Bed supply and hospital utilization, Hospitals 35: admission follows
    the beds that are free; the form is this model's (docs/odd.md). The neutral occupancy: Bagust,
    Place and Posnett (1999), Dynamics of bed use in accommodating emergency admissions, BMJ 319.
    """
    base = p.admission_probability[tier, need_class] * p.admission_scale[tier]
    factor = 1.0 + p.bed_elasticity * (p.neutral_occupancy - occupancy)
    factor = min(1.5, max(0.5, factor))
    share = p.discretionary_share[tier]
    if not is_within_capability:
        base *= 1.0 - p.triage_accuracy
    return min(1.0, base * (1.0 - share + share * factor))


@kernel
def patience(p: Any, u: float, need_class: int) -> int:
    """Draw: whole days a patient waits for a bed, about the class's value, at least 1.

    Source: this model (docs/odd.md).
    """
    days = p.patience_days[need_class] * math.exp(math.log(PATIENCE_SPREAD) * (2.0 * u - 1.0))
    return max(1, int(math.floor(days + 0.5)))


@kernel
def seeks_bed_at(
    tier: int, is_centre: bool, to_tier: int, to_is_centre: bool, is_farther: bool, failed: int
) -> bool:  # fmt: skip
    """May a patient whom a hospital had no bed for ask at another? Of those he goes to the nearest.

    He may at one farther from home, of the same tier or above. A regional centre of the region
    itself lies among the city's hospitals: whom it has no bed for asks at theirs, however near,
    unless one of them has failed him; and nobody goes from them to it: no search turns round.

    tier, to_tier            of the hospital without a bed, and of the other
    is_centre, to_is_centre  a regional centre of the region itself
    failed                   highest tier that has failed him, plus 1; 0 for none

    Source: this model (docs/odd.md).
    """
    if is_centre and to_tier == _CITY:
        return failed <= _CITY
    if to_is_centre and tier == _CITY:
        return False
    return is_farther and to_tier >= tier
