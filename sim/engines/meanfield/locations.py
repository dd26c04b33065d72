"""Residents counted into places and cells: what the mean-field knows of people.

A place is the part of a county's villages with the same residence (rural, urban), distance band
and nearer neighbour hospital or none; everybody of a place has its mean travel times. A cell is
the part of a place of the same scope of services, insurance and chronic illness (none, any). Age,
sex, contract and chronic state stay as counts inside it, since choice does not distinguish them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engines.record_types import GROUPS
from sim.population import Residents
from sim.region import Region
from sim.rules.choice import scope_of
from sim.tiers import ALTERNATIVE_KEYS, EFFECTIVE_CONTRACT, N_ALTERNATIVES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NEIGHBOUR = ALTERNATIVE_KEYS.index("neighbour")
AGES = 5
LEAST_SHARE = 0.03  # a place with fewer of its county's people joins the most alike
LEAST_OF_REGION = 0.004  # and with fewer of the region's, another band alike otherwise
_AGE_STARTS = (15, 45, 65, 75)


@dataclass(frozen=True, slots=True)
class Cells:
    """Places and cells of a region; arrays by place (G) or cell (N).

    county, urban, band  (G,) county index; 1 urban; distance band of most people
    village_place        (villages,) place of every village
    village_people       (villages,) residents
    hours                (G, 11) mean one-way travel, hours; inf where nobody has the alternative
    bands                (G, 3) share of people by distance band
    place, scope, insurance, chronic  (N,) what the cell is made of
    people               (N, 5 ages, 2 sexes, 4 chronic states) residents on 1 January
    effective            (N,) share with an effective contract
    income               (G, 5) share of people by income fifth
    contracts            (counties x 300 groups, 2 key groups, 3 contracts) residents, see
                         episode_word.group_of
    managed              (counties x 300,) chronically ill under an effective contract
    """

    county: Ints
    urban: Ints
    band: Ints
    village_place: Ints
    village_people: Floats
    hours: Floats
    bands: Floats
    place: Ints
    scope: Ints
    insurance: Ints
    chronic: Ints
    people: Floats
    effective: Floats
    income: Floats
    contracts: Floats
    managed: Floats


def cells_of(region: Region, world: Any, residents: Residents) -> Cells:
    """Count residents into places and cells."""
    village = world.village
    people = np.diff(np.asarray(residents.village_start)).astype(np.float64)
    key = _place_keys(village, people)
    found, village_place = np.unique(key, return_inverse=True)
    n_places = len(found)
    weight = np.maximum(people, 1e-9)
    bands = np.zeros((n_places, 3))
    np.add.at(bands, (village_place, village.band), weight)
    first = np.zeros(n_places, dtype=np.int64)
    first[village_place[::-1]] = np.arange(len(village_place))[::-1]
    return Cells(
        county=village.county[first],
        urban=village.urban[first],
        band=bands.argmax(axis=1),
        village_place=village_place,
        village_people=people,
        hours=place_hours(region, village_place, people),
        bands=bands / bands.sum(axis=1, keepdims=True),
        **_count(residents, village, village_place, n_places),
    )


def place_hours(region: Region, village_place: Ints, people: Floats) -> Floats:
    """Mean one-way travel of places, hours, (G, 11); inf where less than half of the people have
    the alternative: a village or two that joined the place."""
    villages, weight = region.villages, np.maximum(people, 1e-9)
    n = int(village_place.max()) + 1
    total = np.bincount(village_place, weight, n)
    hours = np.full((n, N_ALTERNATIVES), np.inf)
    for j in range(N_ALTERNATIVES):
        there = villages.facility[:, j] >= 0
        mass = np.bincount(village_place[there], weight[there], n)
        way = np.bincount(village_place[there], (weight * villages.hours[:, j])[there], n)
        held = mass > 0.5 * total
        hours[held, j] = way[held] / mass[held]
    return hours


def _place_keys(village: Any, people: Floats) -> Ints:
    """A number for every village; villages of the same number are one place."""
    near = (village.facility[:, NEIGHBOUR] >= 0).astype(np.int64)
    # Six numbers for a county's rural villages and six for its urban ones: bands, near or not.
    key = ((village.county * 2 + village.urban) * 3 + village.band) * 2 + near
    county = np.bincount(village.county, people)[village.county]
    numbers = np.arange(int(key.max()) + 6)
    for least, alike in (
        (LEAST_SHARE * county, numbers // 2),  # first the neighbour gives way, then the band
        (LEAST_SHARE * county, numbers // 6),
        (LEAST_OF_REGION * people.sum(), numbers // 6 * 2 + numbers % 2),  # the band alone
    ):
        key = _joined(key, people, least, alike)
    return key


def _joined(key: Ints, people: Floats, least: Any, alike: Ints) -> Ints:
    """Keys after places of fewer than `least` people have joined the largest that is alike."""
    key = key.copy()
    counts = np.bincount(key, people, minlength=len(alike))
    for number in np.unique(key[counts[key] < least]):
        options = np.flatnonzero((alike == alike[number]) & (counts > 0.0))
        options = options[options != number]
        if len(options):
            key[key == number] = options[np.argmax(counts[options])]
            counts = np.bincount(key, people, minlength=len(alike))
    return key


def _count(
    residents: Residents, village: Any, village_place: Ints, n_places: int
) -> dict[str, Any]:
    """Cells of the residents: their keys, people, contracts and incomes."""
    ages = np.arange(111)
    age_group = np.searchsorted(_AGE_STARTS, ages, side="right")
    scopes = np.array([[scope_of(int(age), sex) for sex in range(2)] for age in ages])
    size = n_places * 3 * 2 * 2
    inner = AGES * 2 * 4
    counts = np.zeros(size * inner)
    effective = np.zeros(size)
    income = np.zeros(n_places * 5)
    n_groups = (int(village.county.max()) + 1) * GROUPS
    contracts = np.zeros(n_groups * 6)
    managed = np.zeros(n_groups)
    step = 1 << 20
    for start in range(0, residents.count, step):  # slices: six million rows of int64 are heavy
        part = slice(start, start + step)
        age = residents.age[part].astype(np.int64)
        sex = residents.sex[part].astype(np.int64)
        state = residents.chronic[part].astype(np.int64)
        place = village_place[residents.village[part]]
        cell = (place * 3 + scopes[age, sex]) * 4 + residents.insurance[part] * 2 + (state > 0)
        index = ((cell * AGES + age_group[age]) * 2 + sex) * 4 + state
        counts += np.bincount(index, minlength=size * inner)
        effective += np.bincount(
            cell, residents.contract[part] == EFFECTIVE_CONTRACT, minlength=size
        )
        fifth = residents.income[part].astype(np.int64)
        income += np.bincount(place * 5 + fifth, minlength=n_places * 5)
        at = residents.village[part]
        group = ((age_group[age] * 2 + sex) * 2 + village.urban[at]) * 5 + fifth
        group = group * 3 + village.band[at] + village.county[at] * GROUPS
        contract = residents.contract[part].astype(np.int64)
        key = (group * 2 + residents.key_group[part]) * 3 + contract
        contracts += np.bincount(key, minlength=n_groups * 6)
        managed += np.bincount(
            group, (state > 0) & (contract == EFFECTIVE_CONTRACT), minlength=n_groups
        )
    by_cell = counts.reshape(size, AGES, 2, 4)
    total = by_cell.sum(axis=(1, 2, 3))
    used = np.flatnonzero(total > 0)
    by_income = income.reshape(n_places, 5)
    return {
        "place": used // 12,
        "scope": used // 4 % 3,
        "insurance": used // 2 % 2,
        "chronic": used % 2,
        "people": np.ascontiguousarray(by_cell[used]),
        "effective": effective[used] / total[used],
        "contracts": contracts.reshape(n_groups, 2, 3),
        "managed": managed,
        "income": by_income / np.maximum(by_income.sum(axis=1, keepdims=True), 1e-9),
    }
