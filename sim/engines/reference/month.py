"""The turn of a month: what is the same for all residents, and what they tell each other."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.engines.reference.rules import (
    Parameters,
    lapse_probability,
    relative_mortality,
    uptake_probability,
)
from sim.rules.demography import death_probability_table

if TYPE_CHECKING:
    from sim.engines.reference.model import TieredCare
    from sim.engines.reference.setup import Village


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
        years, mortality, model.move_rates, model.demography.fertility,
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
