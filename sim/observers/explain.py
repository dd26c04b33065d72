"""One choice taken apart: every alternative, the parts of its utility, its chance, and the draw.

The parts come from the rules, one argument at a time; added up they are the utility the engine
used, and the same draw picks the same alternative (tests/unit/test_trace.py holds both).
"""

from __future__ import annotations

from math import log
from typing import Any, NamedTuple

import numpy as np

from sim.day import days_to_opening
from sim.engines.kernels import episode_word as L
from sim.engines.kernels.choose import _nearest_capable
from sim.engines.kernels.menu import is_offered, is_shut
from sim.engines.kernels.publish import first_stay_yuan
from sim.engines.observe import Today
from sim.rules.choice import (
    ABSENT,
    SELF_CARE,
    facility_utility,
    nested_logit,
    own_utility,
    own_weights,
    pick,
    scope_of,
    shared_constant,
)
from sim.rules.consult import pool_of
from sim.rules.random import Stream, block
from sim.tiers import ALTERNATIVE_TIER, CRITICAL, N_ALTERNATIVES, Tier

PARTS = (
    "constant", "size", "wait", "delay", "stay_price", "quality", "travel", "price", "contract",
    "habit", "experience",
)  # fmt: skip
CHOSEN, NAMED, AMBULANCE = "chosen", "named", "ambulance"


class Option(NamedTuple):
    """One alternative as the resident saw it.

    alternative  column of his choice set, -1 self-care; facility -1 for self-care
    parts        utility by part, see PARTS; utility their sum
    chance       probability of the choice
    hours        one way; wait_minutes expected; delay_days to appointment or opening; visit_yuan
                 out-of-pocket of a visit; quality as he thinks of the tier, 0-1
    """

    alternative: int
    facility: int
    parts: dict[str, float]
    utility: float
    chance: float
    hours: float = 0.0
    wait_minutes: float = 0.0
    delay_days: int = 0
    visit_yuan: float = 0.0
    quality: float = 0.0


class Decision(NamedTuple):
    """`how` CHOSEN, NAMED (by an appointment or a referral) or AMBULANCE; the last two weigh
    nothing, so there are no options."""

    how: str
    alternative: int
    options: tuple[Option, ...]


def decide(engine: Any, today: Today, i: int) -> Decision:
    """The decision of request i of a day, when all have chosen and nothing else has happened."""
    p, world, published = engine.p, engine.world, engine.published
    request = [int(value) for value in today.requests[i]]
    episode_word = request[L.EPISODE_WORD]
    person = engine.people[request[L.RESIDENT]]
    village, need_class = int(person.village), L.need_class_of(episode_word)
    day = engine.key + request[L.ONSET]
    u = list(
        block(
            engine.seed,
            int(Stream.CHOICE),
            int(person.identity),
            day,
            L.occurrence_of(episode_word),
        )
    )
    if L.asks_for(episode_word) == L.NAMED:
        at = request[L.FACILITY]
        named = int(L.alternative_of(world.village, village, at))
        shut = need_class == CRITICAL and is_shut(world.facility, published, at)
        if named >= 0 and world.facility[at].available[need_class] and not shut:
            return Decision(NAMED, named, ())
    elif need_class == CRITICAL:
        called = u[0] < p.ambulance_share
        if called:
            failed = L.failed_of(episode_word)
            nearest = _nearest_capable(world.facility, world.village, village, need_class, failed)
            if nearest >= 0:
                return Decision(AMBULANCE, int(nearest), ())
        # What is left of the uniform once it has said whether an ambulance was called.
        share = float(p.ambulance_share)
        u[0] = u[0] / share if called else (u[0] - share) / (1.0 - share)
    options, weight, total = weigh(engine, today.weekday, request[L.RESIDENT], episode_word, u[1])
    return Decision(CHOSEN, int(pick(u[0], weight, total)) - 1, options)


class _Patient(NamedTuple):
    """A resident and his episode: what is the same for every alternative.

    facility, hours  his village's choice set; quality as he sees it, by tier
    weights          of quality, the way and the price of a visit
    pool             doctor pool he is for, where a facility has several
    habit            five bits: alternative + 1, and whether it went well
    """

    need_class: int
    failed: int
    scope: int
    pool: int
    insurance: int
    pays_all: bool
    has_family_doctor: bool
    habit: int
    weights: tuple[float, float, float]
    quality: list[float]
    facility: list[int]
    hours: list[float]


def _patient(engine: Any, resident: int, episode_word: int, u_pool: float) -> _Patient:
    p, scheme, person = engine.p, engine.world.scheme, engine.people[resident]
    need_class, age, taste = L.need_class_of(episode_word), int(person.age), int(person.taste)
    village = engine.world.village[int(person.village)]
    price_factor = float(scheme.price_taste[taste & 15, int(person.income)])
    travel_factor = float(scheme.travel_taste[taste >> 4])
    return _Patient(
        need_class=need_class,
        failed=L.failed_of(episode_word),
        scope=scope_of(age, int(person.sex)),
        pool=int(pool_of(p, u_pool, need_class, age, True)),
        insurance=int(person.insurance),
        pays_all=fund_is_used_up(engine, person),
        has_family_doctor=int(person.contract) == 2,
        habit=(int(person.habit) >> (5 * need_class)) & 31,
        weights=own_weights(p, need_class, price_factor, travel_factor),
        quality=(person.quality / L.QUALITY_ONE).tolist(),
        facility=village.facility.tolist(),
        hours=village.hours.tolist(),
    )


def weigh(
    engine: Any, weekday: int, resident: int, episode_word: int, u_pool: float
) -> tuple[tuple[Option, ...], np.ndarray, float]:
    """What a resident weighs for an episode: his options, and weights (12,) with their sum."""
    patient = _patient(engine, resident, episode_word, u_pool)
    utility = np.full(N_ALTERNATIVES + 1, ABSENT)
    options = {}
    if L.asks_for(episode_word) != L.ESCALATION:
        constant = float(engine.p.self_care_constant[patient.need_class])
        options[SELF_CARE] = Option(SELF_CARE, -1, {"constant": constant}, constant, 0.0)
    size = _size_parts(engine, patient)
    for j in np.flatnonzero(size > ABSENT).tolist():
        options[j] = _option(engine, weekday, patient, j, float(size[j]))
    for j, option in options.items():
        utility[j + 1] = option.utility
    weight = np.empty(N_ALTERNATIVES + 1)
    total = float(nested_logit(engine.p, utility, weight))
    found = tuple(
        option._replace(chance=float(weight[j + 1]) / total) for j, option in options.items()
    )
    return found, weight, total


def _size_parts(engine: Any, patient: _Patient) -> np.ndarray:
    """Part of utility that comes from size, by column; ABSENT where there is no alternative."""
    facilities, board = engine.world.facility, engine.published
    part = np.full(N_ALTERNATIVES, ABSENT)
    for j, f in enumerate(patient.facility):
        above = ALTERNATIVE_TIER[j] >= patient.failed
        if above and is_offered(facilities, board, f, patient.need_class, patient.scope):
            part[j] = facilities[f].attraction
    for tier, nest in ((Tier.COUNTY, 1.0), (Tier.CITY, float(engine.p.outside_nest))):
        alike = [j for j in np.flatnonzero(part > ABSENT) if ALTERNATIVE_TIER[j] == tier]
        if alike:
            record = facilities[[patient.facility[j] for j in alike]]
            log_size = log(float(record.doctors.sum()))
            part[alike] += [shared_constant(own, log_size, nest) for own in record.log_doctors]
    return part


def _option(engine: Any, weekday: int, patient: _Patient, j: int, size: float) -> Option:
    """One facility of the choice set."""
    p, world, tier = engine.p, engine.world, ALTERNATIVE_TIER[j]
    f, hours, need_class = patient.facility[j], patient.hours[j], patient.need_class
    board, quality = engine.published[f], patient.quality[tier]
    emergency = need_class == CRITICAL
    pool = patient.pool if world.facility[f].pooled else 0
    known = float(p.wait_knowledge)
    seconds = known * float(board.wait[pool])
    seconds += (1.0 - known) * float(engine.tier_wait[tier, int(emergency)])
    delay = 0 if emergency else max(int(board.appointment_days), days_to_opening(tier, weekday))
    stay_yuan = float(first_stay_yuan(world.facility, world.scheme, patient.insurance, f))
    visit_yuan = float(board.visit_yuan[patient.insurance, int(patient.pays_all)])

    def offered(wait_hours: float, delay_days: float, yuan: float) -> float:
        return float(facility_utility(p, tier, need_class, wait_hours, delay_days, yuan))

    constant = offered(0.0, 0.0, 0.0)
    parts = {
        "constant": constant,
        "size": size,
        "wait": offered(seconds / 3600.0, 0.0, 0.0) - constant,
        "delay": offered(0.0, float(delay), 0.0) - constant,
        "stay_price": offered(0.0, 0.0, stay_yuan) - constant,
        "quality": float(own_utility(patient.weights, quality, 0.0, 0.0)),
        "travel": float(own_utility(patient.weights, 0.0, hours, 0.0)),
        "price": float(own_utility(patient.weights, 0.0, 0.0, visit_yuan)),
    }
    if patient.has_family_doctor and tier <= 1:
        parts["contract"] = float(p.contract_weight[need_class])
    if patient.habit & 15 == j + 1:
        parts["habit"] = float(p.habit_weight[need_class])
        parts["experience"] = float(p.outcome_weight) * (1.0 if patient.habit & 16 else -1.0)
    return Option(
        j, f, parts, sum(parts.values()), 0.0, hours, seconds / 60.0, delay, visit_yuan, quality
    )


def fund_is_used_up(engine: Any, person: Any) -> bool:
    """Has the fund paid a person's yearly limit for visits?"""
    cap = int(engine.world.scheme.visit_cap[int(person.insurance)])
    return cap > 0 and int(person.visit_fund) >= cap
