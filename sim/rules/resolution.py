"""Is the episode adequately resolved here, and if not, does the patient go on?"""

from __future__ import annotations

from typing import Any

from sim.compiled import kernel

MOST_VISITS = 4  # visits of one episode; then it ends unresolved


@kernel
def resolves(p: Any, tier: int, need_class: int, y: float) -> bool:
    """Law and draw in one: a facility of capability K resolves difficulties y <= K."""
    return y <= p.capability[tier, need_class]


@kernel
def self_care_resolves(p: Any, need_class: int, y: float) -> bool:
    """Does the episode pass without care?"""
    return y <= p.self_care_adequacy[need_class]


@kernel
def goes_on(p: Any, u: float, need_class: int) -> bool:
    """Draw: an unresolved patient seeks a higher tier, else drops out."""
    return u < p.escalation[need_class]
