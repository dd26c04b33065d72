"""Random numbers by key, not by order: Philox4x32-10 (Salmon et al. 2011, Random123).

A draw belongs to (seed, stream, resident, day, occurrence). It does not depend on what was drawn
before, on the number of threads or on who else lives in the region, so two runs that differ in a
lever share their draws, and one more resident changes nobody else's.

The arithmetic is written on signed 64-bit integers with masks. The 32x32-bit product wraps in
compiled code and is exact in plain Python; `(product >> 32) & MASK` is the right high word in both,
so the interpreted form gives the same numbers.
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Any

from sim.jit import numba

njit: Any = numba.njit
float64, int64, UniTuple = numba.float64, numba.int64, numba.types.UniTuple
# Explicit signatures: a caller's uint32 identity or enum member becomes int64 at the call, where
# mixing uint64 and int64 would silently turn into floats.
_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "fastmath": False, "error_model": "numpy"}


class Stream(IntEnum):
    """What a draw is for. Append only: a number once given is never reused or changed."""

    MONTH = 1
    EPISODE = 2
    CHOICE = 3
    TASTE = 4
    SERVICE = 5
    OUTCOME = 6
    ADMISSION = 7
    REFERRAL = 8
    STAY = 9
    RESIDENT = 10
    CARRY = 11
    BIRTH = 12
    ATTRIBUTE = 13
    PARAMETER = 14


MASK = 0xFFFFFFFF
_MULTIPLIER_0 = 0xD2511F53
_MULTIPLIER_1 = 0xCD9E8D57
_WEYL_0 = 0x9E3779B9
_WEYL_1 = 0xBB67AE85
_ROUNDS = 10
_SCALE = 1.0 / 4294967296.0


@njit(UniTuple(int64, 4)(int64, int64, int64, int64, int64, int64), forceinline=True, **_OPTIONS)
def philox(
    key_0: int, key_1: int, word_0: int, word_1: int, word_2: int, word_3: int
) -> tuple[int, int, int, int]:
    """Philox4x32-10: four 32-bit lanes from a 64-bit key and a 128-bit counter.

    All arguments and results are whole numbers in 0..2**32-1 (higher bits of the arguments are
    cut off).

    Example
    -------
    >>> hex(philox(0, 0, 0, 0, 0, 0)[0])
    '0x6627e8d5'

    Source: Salmon, Moraes, Dror and Shaw (2011), Parallel random numbers: as easy as 1, 2, 3,
    SC11.
    """
    k0 = int(key_0) & MASK
    k1 = int(key_1) & MASK
    c0 = int(word_0) & MASK
    c1 = int(word_1) & MASK
    c2 = int(word_2) & MASK
    c3 = int(word_3) & MASK
    for _ in range(_ROUNDS):
        product_0 = _MULTIPLIER_0 * c0
        product_1 = _MULTIPLIER_1 * c2
        c0 = ((product_1 >> 32) & MASK) ^ c1 ^ k0
        c1 = product_1 & MASK
        c2 = ((product_0 >> 32) & MASK) ^ c3 ^ k1
        c3 = product_0 & MASK
        k0 = (k0 + _WEYL_0) & MASK
        k1 = (k1 + _WEYL_1) & MASK
    return c0, c1, c2, c3


@njit(UniTuple(int64, 4)(int64, int64, int64, int64, int64), forceinline=True, **_OPTIONS)
def raw_block(
    seed: int, stream: int, resident: int, day: int, occurrence: int
) -> tuple[int, int, int, int]:
    """Four 32-bit lanes of one draw; for uniforms see `block`.

    seed        0..2**63-1; its two 32-bit halves are the key
    stream      a `Stream` number
    resident    identity of the resident (or facility), 0..2**32-1
    day         days since 1 January 2000, or any other whole number that names the occasion
    occurrence  counts the draws of the same stream, resident and day

    Source: as philox.
    """
    whole = int(seed)
    return philox(whole & MASK, (whole >> 32) & MASK, resident, day, stream, occurrence)


@njit(UniTuple(float64, 4)(int64, int64, int64, int64, int64), forceinline=True, **_OPTIONS)
def block(
    seed: int, stream: int, resident: int, day: int, occurrence: int
) -> tuple[float, float, float, float]:
    """Four independent uniforms in the open interval (0, 1): (lane + 1/2) / 2**32.

    Arguments as in `raw_block`. Neither 0 nor 1 can come out, so `log(u)` and
    `normal_quantile(u)` are always finite. Source: as philox.

    Example
    -------
    >>> u = block(0, Stream.EPISODE, 12, 7670, 0)
    >>> all(0.0 < value < 1.0 for value in u)
    True
    """
    a, b, c, d = raw_block(seed, stream, resident, day, occurrence)
    return (a + 0.5) * _SCALE, (b + 0.5) * _SCALE, (c + 0.5) * _SCALE, (d + 0.5) * _SCALE


@njit(_nrt=False, **_OPTIONS)
def blocks(
    seed: int, stream: int, residents: Any, days: Any, occurrences: Any, n: int, out: Any
) -> None:
    """`block` for n draws of one stream; fills out[:, :n].

    residents, days, occurrences  (>= n,) int64
    out  (4, >= n) float64, written

    The draws do not wait for each other, so the processor does several at once: a tenth of the
    time of as many calls of `block`. Source: as philox.
    """
    for i in range(n):
        u = block(seed, stream, residents[i], days[i], occurrences[i])
        out[0, i] = u[0]
        out[1, i] = u[1]
        out[2, i] = u[2]
        out[3, i] = u[3]


@njit(_nrt=False, **_OPTIONS)
def raw_blocks(
    seed: int, stream: int, residents: Any, days: Any, occurrences: Any, n: int, out: Any
) -> None:
    """`raw_block` for n draws of one stream; as `blocks`, out int64. Source: as philox."""
    for i in range(n):
        lanes = raw_block(seed, stream, residents[i], days[i], occurrences[i])
        out[0, i] = lanes[0]
        out[1, i] = lanes[1]
        out[2, i] = lanes[2]
        out[3, i] = lanes[3]


@njit(float64(float64), **_OPTIONS)
def _central(r: float) -> float:
    """Rational approximation for |u - 1/2| <= 0.425."""
    upper = 2.5090809287301226727e3
    upper = upper * r + 3.3430575583588128105e4
    upper = upper * r + 6.7265770927008700853e4
    upper = upper * r + 4.5921953931549871457e4
    upper = upper * r + 1.3731693765509461125e4
    upper = upper * r + 1.9715909503065514427e3
    upper = upper * r + 1.3314166789178437745e2
    upper = upper * r + 3.3871328727963666080e0
    lower = 5.2264952788528545610e3
    lower = lower * r + 2.8729085735721942674e4
    lower = lower * r + 3.9307895800092710610e4
    lower = lower * r + 2.1213794301586595867e4
    lower = lower * r + 5.3941960214247511077e3
    lower = lower * r + 6.8718700749205790830e2
    lower = lower * r + 4.2313330701600911252e1
    return upper / (lower * r + 1.0)


@njit(float64(float64), **_OPTIONS)
def _near_tail(r: float) -> float:
    """Rational approximation for tails down to exp(-25)."""
    upper = 7.74545014278341407640e-4
    upper = upper * r + 2.27238449892691845833e-2
    upper = upper * r + 2.41780725177450611770e-1
    upper = upper * r + 1.27045825245236838258e0
    upper = upper * r + 3.64784832476320460504e0
    upper = upper * r + 5.76949722146069140550e0
    upper = upper * r + 4.63033784615654529590e0
    upper = upper * r + 1.42343711074968357734e0
    lower = 1.05075007164441684324e-9
    lower = lower * r + 5.47593808499534494600e-4
    lower = lower * r + 1.51986665636164571966e-2
    lower = lower * r + 1.48103976427480074590e-1
    lower = lower * r + 6.89767334985100004550e-1
    lower = lower * r + 1.67638483018380384940e0
    lower = lower * r + 2.05319162663775882187e0
    return upper / (lower * r + 1.0)


@njit(float64(float64), **_OPTIONS)
def _far_tail(r: float) -> float:
    """Rational approximation for tails below exp(-25)."""
    upper = 2.01033439929228813265e-7
    upper = upper * r + 2.71155556874348757815e-5
    upper = upper * r + 1.24266094738807843860e-3
    upper = upper * r + 2.65321895265761230930e-2
    upper = upper * r + 2.96560571828504891230e-1
    upper = upper * r + 1.78482653991729133580e0
    upper = upper * r + 5.46378491116411436990e0
    upper = upper * r + 6.65790464350110377720e0
    lower = 2.04426310338993978564e-15
    lower = lower * r + 1.42151175831644588870e-7
    lower = lower * r + 1.84631831751005468180e-5
    lower = lower * r + 7.86869131145613259100e-4
    lower = lower * r + 1.48753612908506148525e-2
    lower = lower * r + 1.36929880922735805310e-1
    lower = lower * r + 5.99832206555887937690e-1
    return upper / (lower * r + 1.0)


@njit(float64(float64), **_OPTIONS)
def normal_quantile(u: float) -> float:
    """Standard normal quantile of u in (0, 1); relative error about 1e-16.

    Source: Wichura (1988), Algorithm AS 241: the percentage points of the normal distribution,
    Applied Statistics 37, PPND16. Products instead of powers, so that compiled and interpreted
    forms agree. Outside (0, 1) the result is nan.

    Example
    -------
    >>> round(normal_quantile(0.975), 6)
    1.959964
    """
    if not 0.0 < u < 1.0:
        return math.nan
    q = u - 0.5
    if abs(q) <= 0.425:
        return q * _central(0.180625 - q * q)
    tail = u if q < 0.0 else 1.0 - u
    r = math.sqrt(-math.log(tail))
    value = _near_tail(r - 1.6) if r <= 5.0 else _far_tail(r - 5.0)
    return -value if q < 0.0 else value
