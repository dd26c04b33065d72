"""exp and log of multiplications, additions and one division: the same bits on every machine.

A library's exp and log differ from version to version and are called one number at a time. These
are short enough to be written into a loop, where the compiler does four or eight numbers at once.
"""

from __future__ import annotations

import math

from sim.jit import bits_of, inlined, number_of

# exp(r) for |r| <= ln(2)/2: the Taylor series to 1/12!, even and odd powers apart (two short
# chains run side by side), highest first.
_EVEN = (
    2.08767569878681e-09, 2.7557319223985893e-07, 2.48015873015873e-05, 0.001388888888888889,
    0.041666666666666664, 0.5, 1.0,
)  # fmt: skip
_ODD = (
    2.505210838544172e-08, 2.7557319223985893e-06, 0.0001984126984126984, 0.008333333333333333,
    0.16666666666666666, 1.0,
)  # fmt: skip
# log((1 + s) / (1 - s)) = 2 s (1 + s^2/3 + s^4/5 + ...), highest first, less the leading 1.
_ATANH = tuple(1.0 / (2 * n + 1) for n in range(10, 0, -1))
_INVERSE_LN2, _LN2_HIGH, _LN2_LOW = 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10
_ROOT_2 = 1.4142135623730951
_MANTISSA, _ONE = (1 << 52) - 1, 1023 << 52


@inlined
def exp(x: float) -> float:
    """e to the power x, |x| <= 700; relative error below 4e-16 (test).

    Source: the Taylor series, after the argument reduction with ln 2 in two parts of Cody and Waite
    (1980), Software Manual for the Elementary Functions.
    """
    k = math.floor(x * _INVERSE_LN2 + 0.5)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    square = r * r
    even, odd = _EVEN[0], _ODD[0]
    for n in range(1, 7):
        even = even * square + _EVEN[n]
    for n in range(1, 6):
        odd = odd * square + _ODD[n]
    return (odd * r + even) * number_of((int(k) + 1023) << 52)


@inlined
def log(x: float) -> float:
    """Natural logarithm of x, at least 1e-300; error below 4e-16 of the larger of 1 and the
    result (test).

    Source: the series of the inverse hyperbolic tangent; reduction as exp.
    """
    bits = bits_of(x)
    fraction = number_of((bits & _MANTISSA) | _ONE)
    is_upper = 1 if fraction > _ROOT_2 else 0
    exponent = float((bits >> 52) - 1023 + is_upper)
    fraction = fraction * (0.5 if is_upper else 1.0)
    s = (fraction - 1.0) / (fraction + 1.0)
    square = s * s
    series = _ATANH[0]
    for n in range(1, 10):
        series = series * square + _ATANH[n]
    rest = 2.0 * s + 2.0 * s * square * series
    return exponent * _LN2_HIGH + (rest + exponent * _LN2_LOW)
