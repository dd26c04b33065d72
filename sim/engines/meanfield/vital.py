"""Births, deaths, moves and chronic states of cells within a year, in expectation (E2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.compiled import kernel
from sim.engines.meanfield.places import Cells, Floats, Ints
from sim.population import Residents
from sim.rules.demography import DAYS_PER_YEAR, death_probability_table
from sim.rules.illness import relative_mortality

_STARTS = (0, 15, 45, 65, 75)
_TYPICAL_AGE = (8, 30, 55, 70, 80)
_SINGLE_AGES = np.arange(111)
_BAND = np.searchsorted(_STARTS[1:], _SINGLE_AGES, side="right")


@dataclass(frozen=True, slots=True)
class Vital:
    """Yearly rates by age band, from single years of age.

    death   (5, 2) deaths a person-year by band and sex, all chronic states together
    birth   (5,) births a woman-year
    move    (counties, 5) moves out a person-year
    """

    death: Floats
    birth: Floats
    move: Floats


def rates_of(residents: Residents, demography: Any, move_rate: Floats) -> Vital:
    """Rates of a region's bands.

    move_rate  (counties, 111) moves out a person-year
    """
    cell = residents.sex.astype(np.int64) * 111 + residents.age
    counts = np.bincount(cell, minlength=222).reshape(2, 111).astype(np.float64)
    return vital_of(counts, demography, move_rate)


def vital_of(counts: Floats, demography: Any, move_rate: Floats) -> Vital:
    """Rates of bands whose people are of the ages counted, (2 sexes, 111)."""
    ages = np.zeros((5, 2, 111))
    for a in range(5):
        here = np.where(a == _BAND, counts, 0.0)
        ages[a] = here / np.maximum(here.sum(axis=1, keepdims=True), 1e-300)
    both = ages * counts.sum(axis=1)[None, :, None]
    both = both.sum(axis=1) / np.maximum(both.sum(axis=(1, 2)), 1e-300)[:, None]
    # Deaths of a calendar year by age on 1 January, as a rate: the table the engines draw from.
    yearly = -np.log1p(-death_probability_table(demography.mortality, DAYS_PER_YEAR))
    return Vital(
        death=(ages * yearly[None]).sum(axis=2),
        birth=(ages[:, 1] * demography.fertility[None]).sum(axis=1),
        move=move_rate @ both.T,
    )


def relative_deaths(p: Any) -> Floats:
    """Death rate of a chronic state over that of its age band: (5, 4), from the rule."""
    out = np.zeros((5, 4))
    _relative_deaths(p, out)
    return out


@kernel
def _relative_deaths(p: Any, out: Any) -> None:
    for band in range(5):
        for state in range(4):
            out[band, state] = relative_mortality(p, _TYPICAL_AGE[band], state)


def partner_cells(cells: Cells) -> tuple[Ints, Ints]:
    """For every cell the cell of the same people once ill, and that of their newborns; -1: none."""
    keys = {
        (int(g), int(scope), int(insurance), int(chronic)): i
        for i, (g, scope, insurance, chronic) in enumerate(
            zip(cells.place, cells.scope, cells.insurance, cells.chronic, strict=True)
        )
    }
    ill = np.full(len(cells.place), -1, dtype=np.int64)
    child = np.full(len(cells.place), -1, dtype=np.int64)
    for (g, scope, insurance, chronic), i in keys.items():
        if chronic == 0:
            ill[i] = keys.get((g, scope, insurance, 1), -1)
        child[i] = keys.get((g, 0, 1, 0), -1)
    return ill, child


def change(
    p: Any, cells: Cells, vital: Vital, relative: Floats, partners: tuple[Ints, Ints],
    people: Floats, years: float,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Change of the people of cells, (N, 5, 2, 4), over `years`, and births, deaths and moves out
    by county, (counties, 3)."""
    result = np.zeros_like(people)
    counts = np.zeros((vital.move.shape[0], 3))
    _change(
        p, cells.county[cells.place], cells.effective, vital.death, vital.birth, vital.move,
        relative, *partners, people, years, result, counts,
    )  # fmt: skip
    return result, counts


@kernel
def _change(
    p: Any, county: Any, effective: Any, death: Any, birth: Any, move: Any, relative: Any,
    ill: Any, child: Any, people: Any, years: float, result: Any, counts: Any,
) -> None:  # fmt: skip
    """`change`, cell by cell; result and counts are zeros and are added to."""
    boys = p.boys_per_100_girls / (100.0 + p.boys_per_100_girls)
    for i in range(len(people)):
        c, managed, births = county[i], effective[i], 0.0
        for age in range(5):
            for sex in range(2):
                here, out = people[i, age, sex], result[i, age, sex]
                for state in range(4):
                    dead = here[state] * death[age, sex] * relative[age, state] * years
                    away = here[state] * move[c, age] * years
                    out[state] -= dead + away
                    counts[c, 1] += dead
                    counts[c, 2] += away
                    if sex == 1:
                        births += here[state] * birth[age] * years
                if ill[i] >= 0:
                    fresh = here[0] * p.chronic_incidence[min(age, 3)] * years
                    out[0] -= fresh
                    result[ill[i], age, sex, 1] += fresh
                worse = here[1] * p.chronic_deterioration * (1.0 - 0.5 * managed) * years
                better = here[2] * p.chronic_control * (1.0 + managed) * years
                advance = here[2] * p.chronic_progression * (1.0 - 0.5 * managed) * years
                out[1] += better - worse
                out[2] += worse - better - advance
                out[3] += advance
        counts[c, 0] += births
        if child[i] >= 0:
            result[child[i], 0, 0, 0] += births * boys
            result[child[i], 0, 1, 0] += births * (1.0 - boys)
