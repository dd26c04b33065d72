"""The turn of a month: word of mouth, deaths, moves and births."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.engines.reference.episode import Asks
from sim.engines.reference.resident import Resident
from sim.engines.reference.rule_calls import (
    Parameters,
    lapse_probability,
    relative_mortality,
    uptake_probability,
)
from sim.rules.demography import death_probability_table, newborn_identity, newborn_sex
from sim.rules.random import Stream

if TYPE_CHECKING:
    from sim.engines.reference.model import TieredCare
    from sim.engines.reference.setup import Village


_RESIDENT_SCHEME, _KEY_GROUP = 1, 1  # of a newborn


class Month(NamedTuple):
    """Probabilities of the days of a month that ended."""

    years: float
    mortality: Any
    moves: np.ndarray
    fertility: np.ndarray
    lapse: float
    uptake: tuple[float, float]


def month_of(model: TieredCare, days: int) -> Month:
    """Probabilities of the `days` that ended."""
    p, years = model.p, days / 365.0
    life_table = death_probability_table(model.demography.mortality, float(days))

    @cache
    def mortality(sex: int, age: int, chronic: int) -> float:
        relative = relative_mortality(p, age, chronic)
        return min(1.0, float(life_table[sex, age]) * relative)

    others, key_groups = (float(share) for share in model.region.contract_coverage)
    return Month(
        years, mortality, model.move_rate, model.demography.fertility,
        lapse_probability(p, years),
        (uptake_probability(p, others, years), uptake_probability(p, key_groups, years)),
    )  # fmt: skip


def word_of_mouth(p: Parameters, villages: list[Village], years: float) -> None:
    """Perceived quality moves towards the mean of the village, in whole units of fixed point."""
    weight = int(p.word_of_mouth * years * 65536.0)
    for village in villages:
        people = village.census
        if len(people) < 2:
            continue
        for tier in range(6):
            mean = sum(resident.quality[tier] for resident in people) // len(people)
            for resident in people:
                gap = mean - resident.quality[tier]
                resident.quality[tier] += (gap * weight + 32768) >> 16


def turn_of_month(model: TieredCare, first: int, days: int) -> None:
    """The `days` from day `first` on have ended: word of mouth, then deaths, moves, births, chronic
    states and contracts."""
    word_of_mouth(model.p, model.villages, days / 365.0)
    month = month_of(model, days)
    mothers = []
    for resident in model.residents:
        if resident.is_here:
            if resident.lives_a_month(model.key_day + first, month):
                mothers.append(resident)
            if not resident.is_here:
                column = 1 if resident.is_dead else 2
                model.tallies.people[resident.village.county, column] += 1
    _remove_those_who_left(model)
    for mother in mothers:
        _add_newborn(model, mother)
        model.tallies.people[mother.village.county, 0] += 1


def _remove_those_who_left(model: TieredCare) -> None:
    """Deaths and moves leave beds, queues and open episodes at this instant."""
    for day, episodes in model.pending.items():
        for episode in episodes:
            if not episode.resident.is_here and episode.asks != Asks.NEW:
                model.tallies.left(episode)
        model.pending[day] = [e for e in episodes if e.resident.is_here]
    for resident in model.residents:
        stay = resident.stay
        if not resident.is_here and stay is not None:
            model.tallies.left(stay.illness)
            stay.facility.ward.remove(stay)
            resident.stay = None


def _add_newborn(model: TieredCare, mother: Resident) -> None:
    """A child: the mother's village, income and opinions, and tastes of its own."""
    identity = newborn_identity(mother.identity, model.calendar_year)
    if identity < 0:
        raise RuntimeError("no identity left for a newborn")
    u = model.uniforms(Stream.BIRTH, identity, 0, 0)
    child = Resident(
        model, len(model.residents), identity, mother.village, age=0,
        sex=newborn_sex(u[0], model.p.boys_per_100_girls), income=mother.income,
        insurance=_RESIDENT_SCHEME, chronic=0, key_group=_KEY_GROUP, contract=0,
    )  # fmt: skip
    child.quality = list(mother.quality)
    model.residents.append(child)
