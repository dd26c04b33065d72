"""Who falls ill, with what and when: Poisson episodes thinned by season, weekday and access.

Latent difficulty: an episode carries one difficulty ~ U(0,1) for life. A facility resolves it when
that is at most its capability K, so what one tier could not resolve is harder than average at the
next; triage, stay and price follow the same difficulty.
"""

from __future__ import annotations

from typing import Any

from sim.jit import kernel
from sim.tiers import CHRONIC, COMPLEX

MOST_CANDIDATES = 63  # an ordinal of an episode has six bits; the bound is never met in practice
_FEW_CANDIDATES = 3  # seldom more in a month


@kernel
def age_group(age: int) -> int:
    """Index of the age group 0-14, 15-44, 45-64, 65+ of a single year of age.

    Source: this model (docs/odd.md).
    """
    if age < 15:
        return 0
    if age < 45:
        return 1
    if age < 65:
        return 2
    return 3


@kernel
def yearly_rate(p: Any, need_class: int, age: int, sex: int, chronic: int) -> float:
    """Law: episodes a person-year of one need class, before season and access.

    sex 0 male, 1 female; chronic 0 none .. 3 advanced. The routine class (1) belongs to the
    chronically ill only.

    Source: this model (docs/odd.md).
    """
    rate = p.need_rate[need_class, age_group(age)] * p.need_scale[need_class]
    ratio = p.female_need_ratio
    rate *= 2.0 * (ratio if sex == 1 else 1.0) / (1.0 + ratio)
    if need_class == CHRONIC:
        return rate * p.chronic_state_need[chronic]
    if need_class >= COMPLEX and chronic > 0:
        return rate * p.chronic_need_multiplier
    return rate


@kernel
def intensity(p: Any, month: int, weekday: int, access: float) -> float:
    """Law: factor on the yearly rate on one day; month 0-11, weekday 0 = Monday.

    Source: this model (docs/odd.md).
    """
    return p.season[month] * p.weekday[weekday] * access


@kernel
def intensity_bound(p: Any, month: int, access: float) -> float:
    """Largest value `intensity` takes in a month: the bound the thinning draws against.

    Source: thinning of Lewis and Shedler (1979), Simulation of nonhomogeneous Poisson processes
    by thinning, Naval Research Logistics Quarterly 26.
    """
    weekday = 0.0
    for day in range(7):
        weekday = max(weekday, p.weekday[day])
    return p.season[month] * weekday * access


@kernel
def poisson_steps(mean: float, p_none: float, steps: Any) -> None:
    """Law: chance of at most 0, 1, 2, ... episodes when `mean` are expected; p_none = exp(-mean),
    steps (63,) written.

    Source: the Poisson distribution by the ratio of successive terms, Devroye (1986), Non-Uniform
    Random Variate Generation, ch. X.
    """
    p_count = p_none
    cumulative = p_none
    for count in range(MOST_CANDIDATES):
        steps[count] = cumulative
        p_count *= mean / (count + 1)
        cumulative += p_count


@kernel
def poisson_count(u: float, steps: Any) -> int:
    """Draw: Poisson count by inverse CDF, `steps` as above; 0 <= result <= 63.

    Source: inversion by sequential search, Devroye (1986), Non-Uniform Random Variate Generation,
    ch. III.
    """
    count = 0
    for few in range(_FEW_CANDIDATES):
        # Counting instead of stopping: where it would stop cannot be predicted.
        count += 1 if u > steps[few] else 0
    if count == _FEW_CANDIDATES:
        while count < MOST_CANDIDATES and u > steps[count]:
            count += 1
    return count


@kernel
def severity_factor(p: Any, difficulty: float) -> float:
    """Law: factor on stay and charge of an episode of a difficulty; mean 1 over all difficulties.

    Source: this model (docs/odd.md).
    """
    return 1.0 + p.severity_spread * (2.0 * difficulty - 1.0)


@kernel
def difficulty_of(difficulty_bits: int) -> float:
    """Difficulty of an episode in (0,1) from the 32 random bits it carries (signed or not).

    Source: this model (docs/odd.md).
    """
    return ((int(difficulty_bits) & 0xFFFFFFFF) + 0.5) / 4294967296.0


@kernel
def relative_mortality(p: Any, age: int, chronic: int) -> float:
    """Law: death rate of a chronic state over the mean of the age group, so that the life table
    holds for all together at the prevalence of the start.

    Source: this model (docs/odd.md).
    """
    prevalence = p.chronic_prevalence[age_group(age)]
    mean = 1.0 - prevalence
    for state in range(1, 4):
        mean += prevalence * p.chronic_state_share[state - 1] * p.chronic_mortality_ratio[state]
    return p.chronic_mortality_ratio[chronic] / mean


@kernel
def next_chronic_state(p: Any, u: float, state: int, age: int, managed: bool, years: float) -> int:
    """Draw: chronic state after `years`; 0 none, 1 controlled, 2 uncontrolled, 3 advanced.

    managed: under an effective contract, which doubles control and halves deterioration and
    progression. Probabilities are rate x time, for steps of a month.

    Source: this model (docs/odd.md).
    """
    if state == 0:
        return 1 if u < p.chronic_incidence[age_group(age)] * years else 0
    if state == 1:
        rate = p.chronic_deterioration * (0.5 if managed else 1.0)
        return 2 if u < rate * years else 1
    if state == 2:
        control = p.chronic_control * (2.0 if managed else 1.0) * years
        progress = p.chronic_progression * (0.5 if managed else 1.0) * years
        if u < control:
            return 1
        return 3 if u < control + progress else 2
    return 3
