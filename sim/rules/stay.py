"""Length of stay: lognormal from mean and coefficient of variation, whole days, at least one."""

from __future__ import annotations

import math
from typing import Any

from sim.jit import kernel
from sim.rules.random import normal_quantile


@kernel
def lognormal_law(mean: float, cv: float) -> tuple[float, float]:
    """Law: log-mean and log-sd of a lognormal with this mean and coefficient of variation.

    >>> [round(x, 5) for x in lognormal_law(6.56, 5.3 / 6.56)]
    [1.62977, 0.70883]

    Source: moments of the lognormal, Aitchison and Brown (1957), The Lognormal Distribution.
    """
    variance = math.log(1.0 + cv * cv)
    return math.log(max(mean, 1e-9)) - 0.5 * variance, math.sqrt(variance)


@kernel
def lognormal(u: float, law: tuple[float, float]) -> float:
    """Draw: lognormal from its law.

    Source: inversion, Devroye (1986), Non-Uniform Random Variate Generation, ch. II.
    """
    return math.exp(law[0] + law[1] * normal_quantile(u))


@kernel
def stay_days(p: Any, u: float, tier: int, factor: float) -> int:
    """Draw: midnights in bed, 1 .. stay_longest; a day case counts 1.

    factor  the episode's severity factor on the mean

    Source: this model (docs/odd.md).
    """
    days = lognormal(u, lognormal_law(p.stay_mean[tier] * factor, p.stay_cv[tier]))
    return int(min(p.stay_longest, max(1.0, math.floor(days + 0.5))))


@kernel
def residual_days(p: Any, u: float, u_share: float, tier: int) -> int:
    """Draw: days left of a stay found in progress: length-biased, so the longer are likelier.

    A length-biased lognormal is a lognormal whose log-mean is larger by its log-variance.

    Source: length-biased sampling, Cox (1962), Renewal Theory, ch. 5.
    """
    variance = math.log(1.0 + p.stay_cv[tier] * p.stay_cv[tier])
    law = lognormal_law(p.stay_mean[tier], p.stay_cv[tier])
    biased = lognormal(u, law) * math.exp(variance)
    left = math.floor(biased * u_share) + 1.0
    return int(min(p.stay_longest, left))
