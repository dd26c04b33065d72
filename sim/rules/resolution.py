"""Is the episode adequately resolved here, and if not, does the patient go on?"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.jit import kernel

MOST_VISITS = 4  # visits of one episode; then it ends unresolved


def raised_capability(capability: Any, gain: Any) -> Any:
    """Capability K with a gain g of adequacy: 1 - (1 - K) exp(-g), whatever has brought the gain.

    Written so that a gain of 0 gives K back to the last bit. Arrays of any one shape.

    >>> float(raised_capability(0.5, 0.0)), round(float(raised_capability(0.5, 0.3)), 3)
    (0.5, 0.63)

    Source: this model (docs/odd.md).
    """
    return capability - (1.0 - capability) * np.expm1(-np.asarray(gain))


@kernel
def resolves(capability: float, difficulty: float) -> bool:
    """Law and draw in one: a facility of capability K resolves difficulties up to K.

    Source: this model (docs/odd.md).
    """
    return difficulty <= capability


@kernel
def self_care_resolves(p: Any, need_class: int, difficulty: float) -> bool:
    """Does the episode pass without care?

    Source: this model (docs/odd.md).
    """
    return difficulty <= p.self_care_adequacy[need_class]


@kernel
def goes_on(p: Any, u: float, need_class: int) -> bool:
    """Draw: an unresolved patient seeks a higher tier, else drops out.

    Source: this model (docs/odd.md).
    """
    return u < p.escalation[need_class]
