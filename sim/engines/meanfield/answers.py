"""How first contacts of places answer to a change of what services are like."""

from __future__ import annotations

from typing import Any

from sim.compiled import kernel
from sim.elementary import exp
from sim.rules.choice import nest_scale


@kernel
def answer(p: Any, base: Any, change: Any, out: Any) -> None:
    """First contacts of places after a change of utility: (G, 4, 12) from those before it.

    The pivot form of the nested logit: exact for people alike, and nearly so for small changes.
    base    (G, 4, 12) contacts at the old utilities; change (G, 4, 11) of utility
    """
    for g in range(base.shape[0]):
        for s in range(4):
            total = everybody = 0.0
            for j in range(12):
                everybody += base[g, s, j]
            row = out[g, s]
            for j in range(11):
                over = p.primary_nest if j < 2 else p.outside_nest if j >= 7 else 1.0
                row[j + 1] = change[g, s, j] / over
            row[0] = 0.0
            for j in range(12):
                row[j] = exp(row[j])
            for j in range(12):
                row[j] *= base[g, s, j]
            total = row[0]
            for j in range(3, 8):
                total += row[j]
            total += _answer_nest(base[g, s], row, 1, 3, p.primary_nest)
            total += _answer_nest(base[g, s], row, 8, 12, p.outside_nest)
            if total > 0.0:
                for j in range(12):
                    row[j] *= everybody / total


@kernel
def _answer_nest(base: Any, out: Any, first: int, last: int, nest: float) -> float:
    """Scale one nest, whose alternatives have answered, to its new weight, which is returned."""
    before = after = 0.0
    for j in range(first, last):
        before += base[j]
        after += out[j]
    if before <= 0.0 or after <= 0.0:
        return 0.0
    weight = after * nest_scale(after / before, nest)
    for j in range(first, last):
        out[j] *= weight / after
    return weight
