"""How first contacts of places answer to a change of what services are like."""

from __future__ import annotations

from typing import Any

from sim.engines.meanfield.flows import TINY, WIDE
from sim.jit import inlined, kernel
from sim.rules.choice import choice_exponent, nest_scale
from sim.rules.exp_log import exp
from sim.tiers import BEYOND, HOSPITALS, N_ALTERNATIVES, N_CHOICES

_ALL, _TOTAL, _BEFORE, _AFTER, ROWS = range(5)


@kernel
def answer(p: Any, places: int, base: Any, change: Any, out: Any, x: Any) -> None:
    """First contacts of places after a change of utility, from those before it, each by class and
    (12, WIDE), see flows: places side by side.

    The pivot form of the nested logit: exact for people alike, and nearly so for small changes.
    places  number of them
    base    contacts at the old utilities;  change (11, WIDE) of utility;  out is written
    x       (ROWS x WIDE,) scratch

    Source: pivot form, Ben-Akiva and Lerman (1985), Discrete Choice Analysis, ch. 5; the nests as
    choice.nested_logit.
    """
    for b in range(base.shape[0]):
        n = min(WIDE, places - WIDE * b)
        for s in range(base.shape[1]):
            _answer(p, base[b, s], change[b, s], out[b, s], x, n)


@inlined
def _answer(p: Any, base: Any, change: Any, out: Any, x: Any, n: int) -> None:
    x[: ROWS * WIDE] = 0.0
    for j in range(N_CHOICES):
        for q in range(n):
            x[_ALL * WIDE + q] += base[j, q]
    for q in range(n):
        out[0, q] = x[_TOTAL * WIDE + q] = base[0, q]
    for j in range(N_ALTERNATIVES):
        over = 1.0 / (p.primary_nest if j < HOSPITALS else p.outside_nest if j >= BEYOND else 1.0)
        for q in range(n):
            out[j + 1, q] = base[j + 1, q] * exp(choice_exponent(change[j, q], over))
    for j in range(1 + HOSPITALS, 1 + BEYOND):
        for q in range(n):
            x[_TOTAL * WIDE + q] += out[j, q]
    _answer_nest(base, out, 1, 1 + HOSPITALS, p.primary_nest, x, n)
    _answer_nest(base, out, 1 + BEYOND, N_CHOICES, p.outside_nest, x, n)
    for j in range(N_CHOICES):
        for q in range(n):
            out[j, q] *= x[_ALL * WIDE + q] / max(x[_TOTAL * WIDE + q], TINY)


@inlined
def _answer_nest(base: Any, out: Any, first: int, last: int, nest: float, x: Any, n: int) -> None:
    """Scale one nest, whose alternatives have answered, to its new weight; adds to the total."""
    for q in range(n):
        x[_BEFORE * WIDE + q] = x[_AFTER * WIDE + q] = TINY
    for j in range(first, last):
        for q in range(n):
            x[_BEFORE * WIDE + q] += base[j, q]
            x[_AFTER * WIDE + q] += out[j, q]
    for q in range(n):
        scale = nest_scale(x[_AFTER * WIDE + q] / x[_BEFORE * WIDE + q], nest)
        x[_TOTAL * WIDE + q] += scale * x[_AFTER * WIDE + q]
        x[_AFTER * WIDE + q] = scale
    for j in range(first, last):
        for q in range(n):
            out[j, q] *= x[_AFTER * WIDE + q]
