"""Laws of dying, giving birth, ageing and moving, and the layout of identities.

All functions are compiled scalars; a caller draws the uniform by the key of the person and the
year (streams CARRY and BIRTH). Tables of rates are read by `sim.population.vital_rates`.

Identity of a person, 32 bits, never a running counter:

    bits 0-25   row number in the census population (or county, year and ordinal of a newcomer)
    bits 26-30  0, or for a child born after the census: year of birth - 2020 + 1
    bit 31      1 for a newcomer to the region and for a newcomer's child

A woman gives birth at most once a year, so mother and year name the child.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.jit import njit as compiled
from sim.jit import numba

njit: Any = numba.njit
boolean, float64, int64 = numba.boolean, numba.float64, numba.int64
# Explicit signatures: a caller's uint32 identity becomes int64 at the call.
_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "fastmath": False, "error_model": "numpy"}

CENSUS_YEAR = 2020
OLDEST_AGE = 110
N_AGES = OLDEST_AGE + 1
DAYS_PER_YEAR = 365.25

ORIGIN_BITS = 26
MAX_CENSUS_RESIDENTS = 1 << ORIGIN_BITS
NEWBORN_MASK = 31 << ORIGIN_BITS
MIGRANT_BASE = 1 << 31
MAX_MIGRANT_COUNTIES = 1 << 6
MAX_MIGRANTS_A_YEAR = 1 << 15
# Children born from 2020 on turn 15 in 2035; a child's identity has no room for a grandchild.
LAST_CARRY_YEAR = 2035


@njit(float64(float64, float64), **_OPTIONS)
def death_probability(rate_per_year: float, days: float) -> float:
    """Probability of dying within `days` at a constant death rate (deaths a person-year).

    1 - exp(-rate * days / 365.25).

    Source: a constant death rate within the interval, Preston, Heuveline and Guillot (2001),
    Demography, ch. 3.

    Example
    -------
    >>> round(death_probability(0.1, 365.25), 4)
    0.0952
    """
    return 1.0 - math.exp(-rate_per_year * days / DAYS_PER_YEAR)


@njit(float64(float64, float64), **_OPTIONS)
def birth_probability(rate_per_year: float, days: float) -> float:
    """Probability that a woman gives birth within `days`; at most one birth (0.0-1.0).

    The expected number at a fertility rate (births a woman-year), cut at 1; rates are below 0.2.

    Source: this model (docs/odd.md).
    """
    expected = rate_per_year * days / DAYS_PER_YEAR
    return min(1.0, expected)


@njit(float64(float64, float64), **_OPTIONS)
def calendar_year_rate(rate_at_age: float, rate_at_next_age: float) -> float:
    """Mean rate over a calendar year of people of one age in whole years on 1 January.

    Birthdays are spread evenly over the year, so half of the time is spent at the next age.

    Source: this model (docs/odd.md).
    """
    return 0.5 * (rate_at_age + rate_at_next_age)


@njit(boolean(float64, float64), **_OPTIONS)
def happens(u: float, probability: float) -> bool:
    """Draw of a yes or no: True when the uniform is below the probability.

    Source: inversion, Devroye (1986), Non-Uniform Random Variate Generation, ch. III.
    """
    return u < probability


@njit(int64(float64, float64), **_OPTIONS)
def newborn_sex(u: float, boys_per_100_girls: float) -> int:
    """Sex of a newborn: 0 boy, 1 girl.

    Source: this model (docs/odd.md).
    """
    return 0 if u * (100.0 + boys_per_100_girls) < boys_per_100_girls else 1


@njit(int64(int64), **_OPTIONS)
def next_age(age: int) -> int:
    """Age in whole years one calendar year later, at most 110.

    Source: this model (docs/odd.md).
    """
    return min(age + 1, OLDEST_AGE)


@njit(float64(float64, float64), **_OPTIONS)
def move_score(u: float, weight: float) -> float:
    """Order in which people move: the k smallest scores are a draw of k without replacement.

    Exponential race -log(u) / weight; weight 0 never moves (inf).

    Source: Efraimidis and Spirakis (2006), Weighted random sampling with a reservoir, Information
    Processing Letters 97.
    """
    return -math.log(u) / weight if weight > 0.0 else math.inf


@njit(boolean(int64), **_OPTIONS)
def is_newborn(identity: int) -> bool:
    """True for a person born after the census."""
    return (identity & NEWBORN_MASK) != 0


@njit(int64(int64), **_OPTIONS)
def mother_identity(identity: int) -> int:
    """Identity of the mother of a person born after the census; of the person itself otherwise."""
    return identity & ~NEWBORN_MASK


@njit(int64(int64, int64), **_OPTIONS)
def newborn_identity(mother: int, year: int) -> int:
    """Identity of the child a woman bears in `year` (2020-2050); -1 when it cannot be named.

    Example
    -------
    >>> mother_identity(newborn_identity(77, 2022))
    77
    """
    offset = year - CENSUS_YEAR + 1
    if offset < 1 or offset > 31 or (mother & NEWBORN_MASK) != 0:
        return -1
    return mother + (offset << ORIGIN_BITS)


@njit(int64(int64, int64, int64), **_OPTIONS)
def migrant_identity(county: int, year: int, ordinal: int) -> int:
    """Identity of the ordinal-th newcomer of a county and year; -1 outside the reserved range.

    county 0-63, year 2020-2051, ordinal 0-32767.
    """
    offset = year - CENSUS_YEAR
    if (
        county < 0
        or county >= MAX_MIGRANT_COUNTIES
        or offset < 0
        or offset > 31
        or ordinal < 0
        or ordinal >= MAX_MIGRANTS_A_YEAR
    ):
        return -1
    return MIGRANT_BASE + (county << 20) + (offset << 15) + ordinal


@compiled
def death_probability_table(mortality: np.ndarray, days: float) -> np.ndarray:
    """Probability of dying in a calendar year by (sex, age on 1 January); shape as `mortality`.

    mortality  (2, 111) deaths a person-year

    Source: as death_probability and calendar_year_rate.
    """
    table = np.empty_like(mortality)
    for sex in range(mortality.shape[0]):
        for age in range(mortality.shape[1]):
            rate = calendar_year_rate(mortality[sex, age], mortality[sex, next_age(age)])
            table[sex, age] = death_probability(rate, days)
    return table


@compiled
def birth_probability_table(fertility: np.ndarray, days: float) -> np.ndarray:
    """Probability of a birth in a calendar year by the mother's age on 1 January; shape (111,).

    fertility  (111,) births a woman-year by single year of age

    Source: as birth_probability and calendar_year_rate.
    """
    table = np.empty_like(fertility)
    for age in range(fertility.shape[0]):
        rate = calendar_year_rate(fertility[age], fertility[next_age(age)])
        table[age] = birth_probability(rate, days)
    return table
