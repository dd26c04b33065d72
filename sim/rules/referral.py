"""Referral up and back-referral down."""

from __future__ import annotations

import math
from typing import Any

from sim.jit import kernel


@kernel
def is_referred(p: Any, u: float) -> bool:
    """Draw: the doctor writes a referral to a named facility of a higher tier.

    Source: this model (docs/odd.md).
    """
    return u < p.formal_referral


@kernel
def adherence_probability(p: Any, township_quality: float, has_effective_contract: bool) -> float:
    """Law: a referred patient goes to the named facility rather than choose for himself.

    Source: a logit, Train (2009), Discrete Choice Methods with Simulation, ch. 3; its terms are
    this model's.
    """
    z = p.adherence_constant + p.adherence_trust * township_quality
    if has_effective_contract:
        z += p.referral_bonus
    return 1.0 / (1.0 + math.exp(-z))


@kernel
def back_referral_probability(p: Any, tier: int) -> float:
    """Law: at discharge from `tier`, offered and accepted (when a township bed is free).

    Source: this model (docs/odd.md).
    """
    return p.back_referral_offer[tier] * p.back_referral_acceptance


@kernel
def appointment_days(p: Any, tier: int, booked: int, visits_a_day: float) -> int:
    """Whole days to a non-emergency visit: the tier's own delay, or longer when the clinic's
    appointment book is full. Tiers without a delay of their own take walk-in patients and have no
    such book.

    booked        appointments given and not yet attended
    visits_a_day  what the clinic can see on an average day; 0 for facilities without a queue

    Source: this model (docs/odd.md).
    """
    own = int(math.floor(p.appointment_days[tier] + 0.5))
    if own == 0 or visits_a_day <= 0.0:
        return own
    return max(own, int(booked / visits_a_day))
