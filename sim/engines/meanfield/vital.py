"""Births, deaths, moves and chronic states of cells within a year, in expectation (E2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engines.meanfield.locations import Cells, Floats, Ints
from sim.jit import inlined, kernel
from sim.parameters import one_row
from sim.population import Residents
from sim.rules.demography import DAYS_PER_YEAR, death_probability_table
from sim.rules.illness import relative_mortality

STARTS = (0, 15, 45, 65, 75)  # first year of age of the bands
_TYPICAL_AGE = (8, 30, 55, 70, 80)


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
    # Deaths of a calendar year by age on 1 January, as a rate: the table the engines draw from.
    yearly = -np.log1p(-death_probability_table(demography.mortality, DAYS_PER_YEAR))
    people = np.maximum(by_band(counts), 1e-300)
    both = by_band(move_rate[:, None] * counts) / people  # (counties, 2, 5)
    of_sex = counts.sum(axis=1)
    return Vital(
        death=np.ascontiguousarray((by_band(counts * yearly) / people).T),
        birth=by_band(counts[1] * demography.fertility) / people[1],
        move=of_sex @ both / max(of_sex.sum(), 1e-300),
    )


def by_band(values: Floats) -> Floats:
    """Sums over age bands of values by single year of age, which come last."""
    sums: Floats = np.add.reduceat(values, STARTS, axis=-1)
    return sums


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
    dying = vital.death[:, :, None] * relative[:, None] * years
    _change(
        one_row(p), cells.county[cells.place], cells.effective, dying, vital.birth * years,
        vital.move * years, *partners, people, years, result, counts,
    )  # fmt: skip
    return result, counts


@kernel
def _change(
    parameters: Any, county: Any, effective: Any, dying: Any, birth: Any, moving: Any, ill: Any,
    child: Any, people: Any, years: float, result: Any, counts: Any,
) -> None:  # fmt: skip
    """`change`, cell by cell; result and counts are zeros and are added to.

    dying (5, 2, 4), birth (5,), moving (counties, 5)  chances in the period
    """
    p = parameters[0]
    boys = p.boys_per_100_girls / (100.0 + p.boys_per_100_girls)
    for i in range(len(people)):
        c, births, deaths, moves = county[i], 0.0, 0.0, 0.0
        for age in range(5):
            fresh = p.chronic_incidence[min(age, 3)] * years if ill[i] >= 0 else 0.0
            for sex in range(2):
                here, out = people[i, age, sex], result[i, age, sex]
                total = 0.0
                for state in range(4):
                    dead, away = here[state] * dying[age, sex, state], here[state] * moving[c, age]
                    out[state] -= dead + away
                    deaths += dead
                    moves += away
                    total += here[state]
                if sex == 1:
                    births += total * birth[age]
                if fresh > 0.0:
                    out[0] -= here[0] * fresh
                    result[ill[i], age, sex, 1] += here[0] * fresh
                _move_on(p, effective[i], years, here, out)
        counts[c, 0] += births
        counts[c, 1] += deaths
        counts[c, 2] += moves
        if child[i] >= 0:
            result[child[i], 0, 0, 0] += births * boys
            result[child[i], 0, 1, 0] += births * (1.0 - boys)


@inlined
def _move_on(p: Any, managed: float, years: float, here: Any, out: Any) -> None:
    """Change of chronic states, (4,), of people of whom a share is managed."""
    worse = here[1] * p.chronic_deterioration * (1.0 - 0.5 * managed) * years
    better = here[2] * p.chronic_control * (1.0 + managed) * years
    advance = here[2] * p.chronic_progression * (1.0 - 0.5 * managed) * years
    out[1] += better - worse
    out[2] += worse - better - advance
    out[3] += advance
