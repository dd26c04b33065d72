"""People of cells grow a year older: what the residents of an agent engine do one by one.

Cells know five age bands; how many of a band stand at its upper edge comes from a cohort model by
single year of age, county and sex, which dies, bears and moves by the same rates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engines.meanfield.places import Cells, Floats
from sim.engines.meanfield.vital import Vital, vital_of
from sim.population import Residents
from sim.rules.demography import (
    DAYS_PER_YEAR,
    N_AGES,
    birth_probability_table,
    death_probability_table,
)

_EDGES = (14, 44, 64, 74)  # last year of age of the bands below the oldest
_FERTILE_UNTIL = 49
_CHILD, _WOMAN, _OTHER = range(3)  # scopes of services
_WOMEN = 1


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Residents on 1 January by county, sex and single year of age, (counties, 2, 111)."""

    people: Floats

    def grown(self, demography: Any, move_rate: Floats, boys_per_100_girls: float) -> Cohorts:
        """A year later (E1): deaths, moves out and births, then everybody is a year older."""
        death = death_probability_table(demography.mortality, DAYS_PER_YEAR)
        births = self.people[:, 1] @ birth_probability_table(demography.fertility, DAYS_PER_YEAR)
        stay = np.maximum(0.0, 1.0 - death[None] - move_rate[:, None, :])
        left = self.people * stay
        after = np.zeros_like(left)
        after[:, :, 1:] = left[:, :, :-1]
        after[:, :, N_AGES - 1] += left[:, :, N_AGES - 1]
        boys = boys_per_100_girls / (100.0 + boys_per_100_girls)
        infant = demography.mortality[:, 0]
        after[:, 0, 0] = births * boys * (1.0 - 0.5 * infant[0])
        after[:, 1, 0] = births * (1.0 - boys) * (1.0 - 0.5 * infant[1])
        return Cohorts(after)

    def vital(self, demography: Any, move_rate: Floats) -> Vital:
        """Rates of the five bands at the ages people now have."""
        return vital_of(self.people.sum(axis=0), demography, move_rate)


def cohorts_of(residents: Residents, county_of_village: Any, counties: int) -> Cohorts:
    """Count residents by county, sex and single year of age."""
    key = np.asarray(county_of_village, dtype=np.int64)[residents.village] * 2 + residents.sex
    counts = np.bincount(key * N_AGES + residents.age, minlength=counties * 2 * N_AGES)
    return Cohorts(counts.reshape(counties, 2, N_AGES).astype(np.float64))


@dataclass(frozen=True, slots=True)
class Crossings:
    """Cells that people join when they leave a scope of services, (N,); themselves where there is
    no such cell.

    grown   (2 sexes, 2 schemes, N) from childhood: women of childbearing age, other men
    older   (N,) from childbearing age
    """

    grown: Any
    older: Any


def crossings_of(cells: Cells) -> Crossings:
    """Where the people of cells go; cells do not change over a path."""
    keys = list(zip(cells.place.tolist(), cells.scope.tolist(), cells.insurance.tolist(),
                    cells.chronic.tolist(), strict=True))  # fmt: skip
    at = {key: i for i, key in enumerate(keys)}
    n = len(keys)
    grown, older = np.tile(np.arange(n), (2, 2, 1)), np.arange(n)
    for i, (g, scope, insurance, chronic) in enumerate(keys):
        if scope == _CHILD:
            for sex, joins in ((0, _OTHER), (1, _WOMAN)):
                for scheme in range(2):
                    grown[sex, scheme, i] = at.get((g, joins, scheme, chronic), i)
        if scope == _WOMAN:
            older[i] = at.get((g, _OTHER, insurance, chronic), i)
    return Crossings(grown, older)


def grow_older(
    cells: Cells, crossings: Crossings, people: Floats, cohorts: Cohorts, employee_share: Floats
) -> Floats:
    """People of cells on 1 January a year later, (N, 5, 2, 4): who stands at the edge of a band or
    of a scope of services crosses it, and changes cell where the scope changes.

    employee_share  (2 residence, 4 age groups) of the insurance scheme people join when grown up
    """
    after = people.copy()
    county = cells.county[cells.place]
    child, woman = cells.scope == _CHILD, cells.scope == _WOMAN
    share = _top_share(cohorts.people)[county]
    share[:, _WOMEN, 2] = _edge(cohorts.people[:, _WOMEN], 50, 64)[county]
    share[woman, :, 2] = 0.0  # women of this scope leave it before they leave the band
    moving = people[:, :-1] * share.transpose(0, 2, 1)[..., None]
    after[:, :-1] -= moving
    after[~child, 1:] += moving[~child]
    employed = employee_share[cells.urban[cells.place][child], 1]
    for sex in range(2):
        for scheme, part in ((0, employed), (1, 1.0 - employed)):
            joins = crossings.grown[sex, scheme, child]
            grown = moving[child, :, sex] * part[:, None, None]
            np.add.at(after[:, 1:, sex], joins, grown)
    leaving = _edge(cohorts.people[:, _WOMEN], 45, _FERTILE_UNTIL)[county[woman]]
    moved = people[woman, 2, _WOMEN] * leaving[:, None]
    after[woman, 2, _WOMEN] -= moved
    np.add.at(after[:, 2, _WOMEN], crossings.older[woman], moved)
    return after


def _edge(people: Floats, first: int, last: int) -> Floats:
    """Share of the people of an age range who are at its last year, by county."""
    total = people[:, first : last + 1].sum(axis=1)
    return people[:, last] / np.maximum(total, 1e-12)


def _top_share(people: Floats) -> Floats:
    """Share of a band at its last year of age, (counties, 2, 4)."""
    starts = (0, *(edge + 1 for edge in _EDGES[:-1]))
    return np.stack(
        [
            people[:, :, edge] / np.maximum(people[:, :, start : edge + 1].sum(axis=2), 1e-12)
            for start, edge in zip(starts, _EDGES, strict=True)
        ],
        axis=2,
    )
