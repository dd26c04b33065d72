"""Anderson's acceleration of a fixed-point iteration."""

from __future__ import annotations

from typing import Any

from sim.jit import kernel


@kernel
def accelerate(x: Any, f: Any, turn: int, past_x: Any, past_f: Any, gram: Any, share: Any) -> None:
    """Anderson's step: x moves by f, corrected by what the last steps taught; x stays above 0.

    Source: Anderson (1965), Iterative procedures for nonlinear integral equations, J. ACM 12; in
    the form of Walker and Ni (2011), Anderson acceleration for fixed-point iterations, SIAM J.
    Numer. Anal. 49.

    past_x, past_f  (6, n) the last points and steps;  gram (5, 6), share (5,) scratch
    """
    n, memory = len(x), past_x.shape[0] - 1
    known = min(turn, memory)
    for k in range(memory, 0, -1):
        for i in range(n):
            past_x[k, i] = past_x[k - 1, i]
            past_f[k, i] = past_f[k - 1, i]
    for i in range(n):
        past_x[0, i] = x[i]
        past_f[0, i] = f[i]
    for a in range(known):
        for b in range(known):
            gram[a, b] = 0.0
            for i in range(n):
                gram[a, b] += (past_f[a, i] - past_f[a + 1, i]) * (past_f[b, i] - past_f[b + 1, i])
        gram[a, memory] = 0.0
        for i in range(n):
            gram[a, memory] += (past_f[a, i] - past_f[a + 1, i]) * f[i]
    _eliminate(gram, known, memory, share)
    for i in range(n):
        step = f[i]
        for a in range(known):
            step -= share[a] * (past_x[a, i] - past_x[a + 1, i] + past_f[a, i] - past_f[a + 1, i])
        x[i] = max(0.0, x[i] + step)


@kernel
def _eliminate(a: Any, n: int, right: int, out: Any) -> None:
    """Solve the n equations a x = a[:, right], slightly regularised, by Gauss's elimination."""
    for i in range(n):
        a[i, i] += 1e-10 * a[i, i] + 1e-30
    for i in range(n):
        for k in range(i + 1, n):
            factor = a[k, i] / a[i, i]
            for j in range(i, n):
                a[k, j] -= factor * a[i, j]
            a[k, right] -= factor * a[i, right]
    for i in range(n - 1, -1, -1):
        total = a[i, right]
        for j in range(i + 1, n):
            total -= a[i, j] * out[j]
        out[i] = total / a[i, i]
