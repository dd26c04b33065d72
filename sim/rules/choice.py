"""Where a resident goes: nested logit with random tastes over his choice set.

Nests: self-care alone; village and township together; every county hospital alone; city, regional
and outside together. The available alternatives of a tier share its constant by size, so that n
equal facilities draw what one would.
"""

from __future__ import annotations

import math
from typing import Any

from sim.jit import kernel
from sim.rules.consult import WOMEN_CHILDREN_POOL
from sim.rules.exp_log import exp, log
from sim.rules.random import normal_quantile
from sim.tiers import BEYOND, HOSPITALS, N_CHOICES, Kind

TCM = int(Kind.TCM_HOSPITAL)
MATERNAL_CHILD = int(Kind.MATERNAL_CHILD_HOSPITAL)

SELF_CARE = -1  # the alternative "see nobody"
ABSENT = -1e300  # utility of an alternative that is not there
TASTE_LEVELS = 16
_LARGEST = 60.0  # utilities beyond this cannot change a choice; keeps exp finite
_LEAST = 600.0  # exponents stop here
_NOTHING = 1e-150  # more than any weight that an absent alternative can have


@kernel
def scope_of(age: int, sex: int) -> int:
    """Whom a scope of services distinguishes: 0 children under 15, 1 women of 15-49, 2 others.

    Source: this model (docs/odd.md).
    """
    if age < 15:
        return 0
    return 1 if sex == 1 and age < 50 else 2


@kernel
def in_scope(kind: int, need_class: int, scope: int) -> bool:
    """Does a facility of this kind take such a patient? TCM hospitals take no critical episodes;
    maternal-child hospitals take children and women of childbearing age.

    Source: this model (docs/odd.md).
    """
    if kind == TCM:
        return need_class <= 2
    if kind == MATERNAL_CHILD:
        return scope <= 1
    return True


def part_of_doctors(p: Any, kind: int) -> float:
    """Law: a facility weighs among the alternatives of its tier with its doctors over this part.

    All doctors of a maternal-child hospital see the women and children it takes, of a general
    hospital's only the pool for them. Source: this model (docs/odd.md).
    """
    if kind == MATERNAL_CHILD:
        return float(p.pool_doctor_share[WOMEN_CHILDREN_POOL]) or 1.0  # no such pool
    return 1.0


@kernel
def price_taste(p: Any, u: float, income: int) -> float:
    """Law: factor on the price weight, lognormal over u, larger for the poor; income 0..4.

    Source: random tastes as in mixed logit, Train (2009), Discrete Choice Methods with
    Simulation, ch. 6.
    """
    return math.exp(p.taste_sd * normal_quantile(u) + p.taste_income_slope * (income - 2))


@kernel
def travel_taste(p: Any, u: float) -> float:
    """Law: factor on the travel weight, lognormal over u with median 1.

    Source: random tastes as in mixed logit, Train (2009), Discrete Choice Methods with
    Simulation, ch. 6.
    """
    return math.exp(p.taste_sd * normal_quantile(u))


@kernel
def taste_level(u: float) -> int:
    """Draw: one of sixteen equally likely levels of a taste.

    Source: this model (docs/odd.md).
    """
    return int(u * TASTE_LEVELS)


@kernel
def level_midpoint(level: int) -> float:
    """The u that stands for a level of taste: its middle.

    Source: this model (docs/odd.md).
    """
    return (level + 0.5) / TASTE_LEVELS


@kernel
def facility_utility(
    p: Any, tier: int, need_class: int, wait_hours: float, delay_days: float, stay_yuan: float
) -> float:
    """Law: the part of utility that a facility offers everybody today.

    wait_hours  expected wait in the building before the doctor
    delay_days  days to the appointment or to opening
    stay_yuan   expected out-of-pocket of a stay

    Source: this model (docs/odd.md).
    """
    admitted = min(1.0, p.admission_probability[tier, need_class] * p.admission_scale[tier])
    return (
        p.tier_constant[tier]
        - p.wait_weight[need_class] * wait_hours
        - p.delay_weight[need_class] * delay_days
        - p.inpatient_price_weight[need_class] * admitted * stay_yuan / 1000.0
    )


@kernel
def own_weights(
    p: Any, need_class: int, price_factor: float, travel_factor: float
) -> tuple[float, float, float]:
    """Law: a resident's weights of quality (a unit of adequacy), the way (an hour, one way) and
    the price of a visit (a yuan out-of-pocket), from his tastes.

    Source: this model (docs/odd.md).
    """
    return (
        p.quality_weight[need_class],
        p.travel_weight[need_class] * travel_factor,
        p.outpatient_price_weight[need_class] * price_factor / 100.0,
    )


@kernel
def own_utility(
    weights: tuple[float, float, float], quality: float, hours: float, visit_yuan: float
) -> float:
    """Law: the part of utility that is this resident's: quality seen, way, price.

    Source: a utility linear in its weights, Train (2009), Discrete Choice Methods with
    Simulation, ch. 3.
    """
    return weights[0] * quality - weights[1] * hours - weights[2] * visit_yuan


@kernel
def shared_constant(log_doctors: float, log_all: float, dissimilarity: float) -> float:
    """Law: what sharing a tier's constant adds to one of several available alternatives: ln of its
    share of their doctors, times the dissimilarity of its nest, which the nest divides by again.

    Equal facilities then draw together what one of their joint size would.

    Source: size variables, Ben-Akiva and Lerman (1985), Discrete Choice Analysis, ch. 9.
    """
    return dissimilarity * (log_doctors - log_all)


@kernel
def nested_logit(p: Any, utility: Any, weight: Any) -> float:
    """Law: choice weights from utilities; probabilities are weight / the returned sum.

    utility  (12,) self-care first, then tiers.ALTERNATIVE_KEYS; ABSENT where not available
    weight   (12,) written

    The compiled engine takes its steps for a batch of residents each.

    Source: McFadden (1978), Modelling the choice of residential location; Train (2009),
    Discrete Choice Methods with Simulation, ch. 4.
    """
    choice_exponents(p, utility, weight)
    for j in range(N_CHOICES):
        weight[j] = exp(weight[j])
    primary, outside = nest_sums(weight)
    to_primary = nest_scale(primary, p.primary_nest)
    return scale_nests(weight, to_primary, nest_scale(outside, p.outside_nest))


@kernel
def choice_exponents(p: Any, utility: Any, weight: Any) -> None:
    """First step: utilities over the dissimilarity of their nest. Absent alternatives get -600,
    whose exponential is nothing beside any other. May be done in place.

    Source: as nested_logit.
    """
    primary, outside = 1.0 / p.primary_nest, 1.0 / p.outside_nest
    for j in range(N_CHOICES):
        over = 1.0
        if 0 < j <= HOSPITALS:
            over = primary
        elif j > BEYOND:
            over = outside
        weight[j] = choice_exponent(utility[j], over)


@kernel
def choice_exponent(utility: float, over: float) -> float:
    """`choice_exponents` of one alternative; over is 1 / the dissimilarity of its nest.

    Source: as nested_logit.
    """
    return max(-_LEAST, min(_LARGEST, utility) * over)


@kernel
def nest_sums(weight: Any) -> tuple[float, float]:
    """Third step: what the exponentials inside the primary and the outside nest add up to.

    Source: as nested_logit.
    """
    first = 1 + BEYOND
    beyond = weight[first] + weight[first + 1] + weight[first + 2] + weight[first + 3]
    return weight[1] + weight[HOSPITALS], beyond


@kernel
def nest_scale(inside: float, dissimilarity: float) -> float:
    """Fourth step: factor that turns the exponentials inside a nest into choice weights.

    Source: as nested_logit.
    """
    return exp(nest_exponent(inside, dissimilarity))


@kernel
def nest_exponent(inside: float, dissimilarity: float) -> float:
    """ln of `nest_scale`.

    Source: as nested_logit.
    """
    return (dissimilarity - 1.0) * log(inside)


@kernel
def scale_nests(weight: Any, primary: float, outside: float) -> float:
    """Last step: scale the exponentials inside the nests; returns the sum of all weights.

    Source: as nested_logit.
    """
    weight[1] *= primary
    weight[2] *= primary
    for j in range(1 + BEYOND, N_CHOICES):
        weight[j] *= outside
    total = 0.0
    for j in range(N_CHOICES):
        total += weight[j]
    return total


@kernel
def pick(u: float, weight: Any, total: float) -> int:
    """Draw: index of the chosen alternative, -1 for none at all.

    Source: inversion of the cumulated weights, Devroye (1986), Non-Uniform Random Variate
    Generation, ch. III.
    """
    point = u * total
    passed = 0.0
    below = 0
    for j in range(N_CHOICES):
        # Counting instead of stopping: where it would stop cannot be predicted.
        passed += weight[j]
        below += 1 if passed <= point else 0
    if below < 12 and weight[below] > _NOTHING:
        return below
    # The point fell on rounding error: the last alternative that is there.
    last = -1
    for j in range(N_CHOICES):
        if weight[j] > _NOTHING:
            last = j
    return last


@kernel
def learned(p: Any, quality: float, good: bool) -> float:
    """Perceived quality after one experience; bad news moves it faster than good.

    Source: this model (docs/odd.md).
    """
    if good:
        return quality + p.learning_good * (1.0 - quality)
    return quality - p.learning_bad * quality
