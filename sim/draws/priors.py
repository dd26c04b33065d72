"""Draws of the parameters from their priors, by key.

A row of parameters.csv says how its value is spread (`prior`) and between what (`low`, `high`). The
default is the middle and the range four standard deviations, cut off at its ends:

normal        as it says
lognormal     the logarithm is normal, the default its median; each side has its own deviation
beta          with the default as mean, on 0 to 1
logit-normal  the logit is normal, its deviation that of the lower side
uniform       between low and high
dirichlet     each share beta, then all of a parameter scaled back to their sum

The rows of one parameter share half of the variance of what is drawn (assumed): a source that is
wrong on one class of need or one tier is likely wrong on the next. A value of 0 stays: what does
not happen at all is structure. Draw `number` has the same uniforms in every region, and a new
row of the table changes no other row's draws.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from functools import cache

from scipy.special import betainc, betaincinv

from sim.parameters import Row, read_rows
from sim.rules.random import Stream, block, normal_quantile

# Solved on figures, or by fitting, and not drawn; who the people are belongs to a
# region's inputs.
_NOT_DRAWN_STATUS = ("calibrated",)
_NOT_DRAWN_RULES = ("population", "indicators")
_NOT_DRAWN_NAMES = ("season", "weekday")  # known patterns with a mean to keep
_COMMON = 0.5  # part of the variance that rows of a parameter share


@cache
def drawn_rows() -> tuple[Row, ...]:
    """Rows that have a prior and are drawn, in table order."""
    return tuple(
        row
        for row in read_rows()
        if row.prior != "fixed"
        and row.low < row.high
        and row.default != 0.0
        and row.status not in _NOT_DRAWN_STATUS
        and row.rule not in _NOT_DRAWN_RULES
        and row.name not in _NOT_DRAWN_NAMES
    )


def prior_draw(number: int, seed: int = 0) -> dict[str, float]:
    """Values by key of one draw from the priors, number 0, 1, 2, …

    raises  ValueError for a row whose prior has no draw

    >>> values = prior_draw(3)
    >>> values == prior_draw(3), 0.2 <= values["taste_sd"] <= 0.9
    (True, True)
    """
    rows = drawn_rows()
    values = {row.key: _value(row, _deviate(row, number, seed)) for row in rows}
    shares = {row.name for row in rows if row.prior == "dirichlet"}
    for name in sorted(shares):
        _scale_back([row for row in rows if row.name == name], values)
    return values


def _deviate(row: Row, number: int, seed: int) -> float:
    """Standard normal deviate of a row: half common to its parameter, half its own."""
    common, own = (
        normal_quantile(block(seed, Stream.PARAMETER, zlib.crc32(key.encode()), number, kind)[0])
        for kind, key in ((0, row.name), (1, row.key))
    )
    return math.sqrt(_COMMON) * common + math.sqrt(1.0 - _COMMON) * own


def _cut(deviate: float, lowest: float, highest: float) -> float:
    """A standard normal deviate of the same chance between two bounds."""
    below, above = _chance(lowest), _chance(highest)
    return normal_quantile(below + _chance(deviate) * (above - below))


def _chance(deviate: float) -> float:
    return 0.5 * math.erfc(-deviate / math.sqrt(2.0))


def _logit(share: float) -> float:
    return math.log(share / (1.0 - share))


def _value(row: Row, deviate: float) -> float:
    """A row's value at a standard normal deviate."""
    low, middle, high = row.low, row.default, row.high
    if row.prior == "normal":
        value = middle + (high - low) / 4.0 * _cut(
            deviate, 4.0 * (low - middle) / (high - low), 4.0 * (high - middle) / (high - low)
        )
    elif row.prior == "lognormal":
        side = _cut(deviate, -2.0, 2.0)
        end = high if side > 0.0 else low
        # A range that begins at 0 falls on its lower side as it rises on its upper.
        ratio = end / middle if end > 0.0 else middle / high
        value = middle * math.exp(abs(math.log(ratio)) / 2.0 * side)
    elif row.prior in ("beta", "dirichlet"):
        value = _beta(row, deviate)
    elif row.prior == "logit-normal":
        spread = (_logit(middle) - _logit(low)) / 2.0
        x = _logit(middle) + spread * _cut(deviate, -2.0, 2.0)
        value = 1.0 / (1.0 + math.exp(-x))
    elif row.prior == "uniform":
        value = low + (high - low) * _chance(deviate)
    else:
        raise ValueError(f"{row.key}: prior {row.prior!r} has no draw")
    return min(high, max(low, value))


def _beta(row: Row, deviate: float) -> float:
    """Beta with the default as mean and a quarter of the range as deviation, cut at its ends."""
    mean = min(0.995, max(0.005, row.default))
    variance = min(((row.high - row.low) / 4.0) ** 2, 0.9 * mean * (1.0 - mean))
    size = mean * (1.0 - mean) / variance - 1.0
    a, b = mean * size, (1.0 - mean) * size
    below, above = float(betainc(a, b, row.low)), float(betainc(a, b, row.high))
    return float(betaincinv(a, b, below + _chance(deviate) * (above - below)))


def _scale_back(rows: Iterable[Row], values: dict[str, float]) -> None:
    """Scale the shares of one parameter back to the sum of their defaults."""
    rows = list(rows)
    factor = sum(row.default for row in rows) / sum(values[row.key] for row in rows)
    for row in rows:
        values[row.key] *= factor
