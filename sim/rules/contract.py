"""Family-doctor contracts: lapse and uptake that keep a published coverage steady."""

from __future__ import annotations

from typing import Any

from sim.jit import kernel


@kernel
def lapse_probability(p: Any, years: float) -> float:
    """Law: a contract is not renewed within `years` (a month or so).

    Source: this model (docs/odd.md).
    """
    return (1.0 - p.contract_renewal) * years


@kernel
def uptake_probability(p: Any, coverage: float, years: float) -> float:
    """Law: somebody without a contract signs one within `years`.

    Signing balances lapsing at the region's published coverage, so that without a lever coverage
    stays where the data put it.

    Source: this model (docs/odd.md).
    """
    if coverage >= 1.0:
        return 1.0
    return min(1.0, (1.0 - p.contract_renewal) * coverage / (1.0 - coverage) * years)
