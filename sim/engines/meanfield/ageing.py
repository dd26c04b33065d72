"""People of cells grow a year older: what the residents of an agent engine do one by one.

Cells know five age bands; how many of a band stand at its upper edge comes from a cohort model by
single year of age, county and sex, which dies, bears and moves by the same rates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engines.meanfield.locations import AGES, Cells, Floats
from sim.engines.meanfield.vital import STARTS, Vital, by_band, vital_of
from sim.jit import kernel
from sim.population import Residents
from sim.rules.demography import (
    DAYS_PER_YEAR,
    N_AGES,
    birth_probability_table,
    death_probability_table,
)

_FERTILE_UNTIL, _LATE = 49, 2  # and the band it lies in
_LAST_YEARS = np.array(STARTS[1:]) - 1  # of age, of the bands below the oldest
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
    _grow_older(
        cells.place, cells.county, cells.urban, cells.scope, crossings.grown, crossings.older,
        people, *_edges(cohorts.people), np.ascontiguousarray(employee_share[:, 1]), after,
    )  # fmt: skip
    return after


@kernel
def _grow_older(
    place: Any, county: Any, urban: Any, scope: Any, grown: Any, older: Any, people: Any,
    edge: Any, late: Any, fertile: Any, employed: Any, after: Any,
) -> None:  # fmt: skip
    """`grow_older`, cell by cell; after is a copy of people.

    edge, late, fertile  see `_edges`;  employed  (2 residence,) share with the first scheme
    """
    for i in range(len(people)):
        c, at = county[place[i]], employed[urban[place[i]]]
        for age in range(AGES - 1):
            for sex in range(2):
                share = edge[c, sex, age]
                if sex == _WOMEN and age == _LATE:
                    share = late[c]
                if scope[i] == _WOMAN and age == _LATE:
                    share = 0.0  # they leave this scope before they leave the band
                for state in range(4):
                    moving = people[i, age, sex, state] * share
                    after[i, age, sex, state] -= moving
                    if scope[i] != _CHILD:
                        after[i, age + 1, sex, state] += moving
                    else:
                        after[grown[sex, 0, i], age + 1, sex, state] += moving * at
                        after[grown[sex, 1, i], age + 1, sex, state] += moving * (1.0 - at)
        if scope[i] == _WOMAN:
            for state in range(4):
                moving = people[i, _LATE, _WOMEN, state] * fertile[c]
                after[i, _LATE, _WOMEN, state] -= moving
                after[older[i], _LATE, _WOMEN, state] += moving


def _edges(people: Floats) -> tuple[Floats, Floats, Floats]:
    """Shares of people, (counties, 2, 111), who are at the last year of age of a band below the
    oldest, (counties, 2, 4); of the women past childbearing age at the last of theirs, and of those
    in the band of childbearing age at the last of that age, (counties,)."""
    band = people[..., _LAST_YEARS] / np.maximum(by_band(people)[..., :-1], 1e-12)
    women = people[:, _WOMEN]
    fertile = women[:, STARTS[_LATE] : _FERTILE_UNTIL + 1]
    late = women[:, _FERTILE_UNTIL + 1 : STARTS[_LATE + 1]]
    return band, *(of[:, -1] / np.maximum(of.sum(axis=1), 1e-12) for of in (late, fertile))
