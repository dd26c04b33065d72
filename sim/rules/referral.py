"""Referral up and back-referral down."""

from __future__ import annotations

import math
from typing import Any

from sim.compiled import njit


@njit
def is_referred(p: Any, u: float) -> bool:
    """Draw: the doctor writes a referral to a named facility of a higher tier."""
    return u < p.formal_referral


@njit
def adherence_probability(p: Any, township_quality: float, has_effective_contract: bool) -> float:
    """Law: a referred patient goes to the named facility rather than choose for himself."""
    z = p.adherence_constant + p.adherence_trust * township_quality
    if has_effective_contract:
        z += p.referral_bonus
    return 1.0 / (1.0 + math.exp(-z))


@njit
def back_referral_probability(p: Any, tier: int) -> float:
    """Law: at discharge from `tier`, offered and accepted (when a township bed is free)."""
    return p.back_referral_offer[tier] * p.back_referral_acceptance


@njit
def appointment_delay(p: Any, tier: int, need_class: int) -> int:
    """Whole days to a visit at `tier`; none in an emergency."""
    if need_class == 3:
        return 0
    return int(math.floor(p.appointment_days[tier] + 0.5))
