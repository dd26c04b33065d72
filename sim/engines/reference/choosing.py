"""Where a resident goes: named, by ambulance, or by nested logit over his choice set."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.engines.record_types import QUALITY_ONE
from sim.engines.reference.episode import Asks, Episode
from sim.engines.reference.rule_calls import (
    nested_logit,
    own_weights,
    pool_of,
    price_taste,
    travel_taste,
)
from sim.rules.choice import ABSENT, level_midpoint, own_utility, pick, shared_constant
from sim.tiers import ALTERNATIVE_TIER, EFFECTIVE_CONTRACT, HOSPITALS, N_ALTERNATIVES, Tier

if TYPE_CHECKING:
    from sim.engines.reference.resident import Resident

_MEASURED = 1.0 / QUALITY_ONE


def where_to(resident: Resident, episode: Episode, u: tuple[float, float, float, float]) -> int:
    """Alternative the resident goes to today, -1 for nobody."""
    p, uniform = resident.model.p, u[0]
    if episode.asks == Asks.NAMED:
        at = episode.named
        named = resident.village.column_of(at)
        shut = episode.is_critical and at.is_shut_today
        if named >= 0 and at.is_available[episode.need_class] and not shut:
            return named
    elif episode.is_critical:
        # One uniform for both: what is left of it decides the choice.
        if uniform < p.ambulance_share:
            nearest = nearest_emergency(resident, episode)
            if nearest >= 0:
                return nearest
            uniform = uniform / p.ambulance_share
        else:
            uniform = (uniform - p.ambulance_share) / (1.0 - p.ambulance_share)
    weight = np.empty(N_ALTERNATIVES + 1)
    total = nested_logit(p, utilities(resident, episode, u[1]), weight)
    return int(pick(uniform, weight, total)) - 1


def nearest_emergency(resident: Resident, episode: Episode) -> int:
    """The ambulance rule: the nearest hospital with an emergency pool; -1 when none is."""
    village = resident.village
    best, nearest = -1, math.inf
    for j, facility in village.facilities.items():
        capable = facility.is_pooled and facility.is_available[episode.need_class]
        above = ALTERNATIVE_TIER[j] >= episode.failed
        if capable and above and village.hours[j] < nearest:
            best, nearest = j, village.hours[j]
    return best


def utilities(resident: Resident, episode: Episode, u_pool: float) -> np.ndarray:
    """Utility of self-care and of every alternative; shape (12,), ABSENT where there is none."""
    model, village, need = resident.model, resident.village, episode.need_class
    p = model.p
    weights = model.own_weights(
        need, resident.income, resident.price_level, resident.travel_level
    )  # fmt: skip
    pool = pool_of(p, u_pool, need, resident.age, True)
    utility = [ABSENT] * (N_ALTERNATIVES + 1)
    if episode.asks != Asks.ESCALATION:  # those who go on have decided to see somebody
        utility[0] = p.self_care_constant[need]
    for j, facility in village.facilities.items():
        if ALTERNATIVE_TIER[j] < episode.failed or not facility.takes(need, resident.scope):
            continue
        if episode.is_critical and facility.is_shut_today:
            continue
        utility[j + 1] = facility.utility(
            need, pool if facility.is_pooled else 0, resident.insurance
        )
    _share_tier_constant(resident, utility, Tier.COUNTY, 1.0)
    _share_tier_constant(resident, utility, Tier.CITY, p.outside_nest)
    last, went_well = resident.habit[need]
    for j, facility in village.facilities.items():
        if utility[j + 1] == ABSENT:
            continue
        quality = resident.quality[ALTERNATIVE_TIER[j]] * _MEASURED
        price = facility.visit_yuan(resident.insurance, resident.has_used_up_visits)
        utility[j + 1] += own_utility(weights, quality, village.hours[j], price)
        if j < HOSPITALS and resident.contract == EFFECTIVE_CONTRACT:
            utility[j + 1] += p.contract_weight[need]
        if j == last:
            good = p.outcome_weight if went_well else -p.outcome_weight
            utility[j + 1] += p.habit_weight[need] + good
    return np.array(utility)


def _share_tier_constant(resident: Resident, utility: list[float], tier: Tier, nest: float) -> None:
    """Alternatives of a tier that are there today share its constant by their doctors."""
    there = resident.village.facilities
    alike = [j for j in there if ALTERNATIVE_TIER[j] == tier and utility[j + 1] > ABSENT]
    if len(alike) < 2:
        return
    log_all = math.log(sum(there[j].doctors for j in alike))
    for j in alike:
        utility[j + 1] += shared_constant(there[j].log_doctors, log_all, nest)


def weights_of(p: Any, need_class: int, income: int, price_level: int, travel_level: int) -> Any:
    """A resident's weights of quality, way and price, from the levels of his tastes."""
    price = price_taste(p, level_midpoint(price_level), income)
    return own_weights(p, need_class, price, travel_taste(p, level_midpoint(travel_level)))
