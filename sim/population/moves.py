"""Who moves out of a county and who moves in, so that published totals are met."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from sim.errors import Fault, InputError
from sim.jit import kernel, njit
from sim.population.attributes import by_single_age
from sim.population.records import (
    Floats,
    Ints,
    Newcomers,
    People,
    PopulationParameters,
    Year,
    starts_of,
)
from sim.region import Region
from sim.rules.demography import (
    MAX_MIGRANT_COUNTIES,
    MAX_MIGRANTS_A_YEAR,
    migrant_identity,
    move_score,
)
from sim.rules.random import Stream, block

_CARRY = int(Stream.CARRY)

MOVED_OUT = 2  # a bit of what happened to a resident in a year


def move_out(
    people: People,
    region: Region,
    parameters: PopulationParameters,
    odds: Year,
    change: Ints,
    happened: NDArray[np.uint8],
    threads: int,
) -> Ints:
    """Mark those who leave, exactly -change of every county; returns leavers by village."""
    moved = np.zeros(people.village_start.shape[0] - 1, dtype=np.int64)
    weight = by_single_age(parameters.move_weight)
    village_county = region.village_county
    counties = np.flatnonzero(change < 0)

    def leave(county: int) -> bool:
        villages = np.flatnonzero(village_county == county).astype(np.int64)
        size = int((people.village_start[villages + 1] - people.village_start[villages]).sum())
        score = np.empty(size, dtype=np.float64)
        _score_moves(villages, odds, people, happened, weight, score)
        leavers = int(-change[county])
        if leavers > size:
            return False
        limit = float(np.partition(score, leavers - 1)[leavers - 1])
        if not np.isfinite(limit):
            return False
        ties = leavers - int((score < limit).sum())
        _mark_moves(villages, people.village_start, score, limit, ties, happened, moved)
        return True

    with ThreadPoolExecutor(max(1, threads)) as pool:
        reached = list(pool.map(leave, counties.tolist()))
    faults = [
        Fault("counties", 0, "target_population",
              f"{-change[county]} people to leave {region.counties.code[county]} in {odds.year}",
              "no more than live there and may move")
        for county, done in zip(counties, reached, strict=True)
        if not done
    ]  # fmt: skip
    if faults:
        raise InputError(faults)
    return moved


@kernel
def _score_moves(
    villages: Ints,
    odds: Year,
    people: People,
    happened: NDArray[np.uint8],
    weight: Floats,
    score: Floats,
) -> None:
    """Order of leaving of every resident of the villages; infinity for those who stay."""
    place = 0
    for village in villages:
        for row in range(people.village_start[village], people.village_start[village + 1]):
            score[place] = np.inf
            w = weight[people.age[row]]
            if happened[row] == 0 and w > 0.0:
                u = block(odds.seed, _CARRY, np.int64(people.identity[row]), odds.year, 0)
                # Two uniforms make a finer one, so that equal scores do not happen in practice.
                fine = u[1] + (u[2] - 0.5) / 4294967296.0
                score[place] = move_score(fine, w)
            place += 1


@kernel
def _mark_moves(
    villages: Ints,
    village_start: Ints,
    score: Floats,
    limit: float,
    ties: int,
    happened: NDArray[np.uint8],
    moved: Ints,
) -> None:
    """Mark everyone below the limit and the first `ties` at it."""
    place = 0
    for village in villages:
        for row in range(village_start[village], village_start[village + 1]):
            leaves = score[place] < limit
            if score[place] == limit and ties > 0:
                leaves = True
                ties -= 1
            if leaves:
                happened[row] |= MOVED_OUT
                moved[village] += 1
            place += 1


def newcomers_of(
    region: Region, parameters: PopulationParameters, odds: Year, change: Ints
) -> Newcomers:
    """People who move in, `change` of every county where it is above 0."""
    n_villages = region.village_county.shape[0]
    _check_newcomers(region, change)
    number = int(change[change > 0].sum())
    village = np.empty(number, dtype=np.int64)
    identity = np.empty(number, dtype=np.uint32)
    age = np.empty(number, dtype=np.uint8)
    sex = np.empty(number, dtype=np.uint8)
    by_age = np.cumsum(by_single_age(parameters.move_weight))
    by_age /= by_age[-1]
    expected = _expected_village_size(region)
    done = 0
    for county in np.flatnonzero(change > 0):
        here = np.flatnonzero(region.village_county == county)
        by_village = np.cumsum(expected[here])
        part = slice(done, done + int(change[county]))
        _draw_newcomers(
            int(county), odds, float(parameters.migrant_female_share), by_age,
            by_village / by_village[-1], here, village[part], identity[part], age[part], sex[part],
        )  # fmt: skip
        done = part.stop
    order = np.argsort(village, kind="stable")
    size = np.bincount(village, minlength=n_villages).astype(np.int64)
    return Newcomers(starts_of(size), identity[order], age[order], sex[order])


def _check_newcomers(region: Region, change: Ints) -> None:
    faults = [
        Fault("counties", 0, "target_population",
              f"{change[county]} people to move into {region.counties.code[county]} in a year",
              f"at most {MAX_MIGRANTS_A_YEAR}, in the first {MAX_MIGRANT_COUNTIES} counties")
        for county in np.flatnonzero(change > 0)
        if change[county] > MAX_MIGRANTS_A_YEAR or county >= MAX_MIGRANT_COUNTIES
    ]  # fmt: skip
    if faults:
        raise InputError(faults)


def _expected_village_size(region: Region) -> Floats:
    """Census persons a village should have by its weight; does not depend on any draw."""
    size = np.zeros(region.village_county.shape[0], dtype=np.float64)
    total = region.counties.census.sum(axis=(1, 2))
    for county in range(total.shape[0]):
        urban = int(region.counties.urban[county])
        for is_urban, persons in ((True, urban), (False, int(total[county]) - urban)):
            here = (region.village_county == county) & (region.villages.is_urban == is_urban)
            weight = region.villages.weight[here]
            if persons > 0:
                size[here] = persons * weight / weight.sum()
    return size


@njit
def _draw_newcomers(
    county: int,
    odds: Year,
    female_share: float,
    by_age: Floats,
    by_village: Floats,
    here: Ints,
    village: Ints,
    identity: NDArray[np.uint32],
    age: NDArray[np.uint8],
    sex: NDArray[np.uint8],
) -> None:
    """Identity, age on the coming 1 January, sex and village of a county's newcomers of a year."""
    for ordinal in range(identity.shape[0]):
        key = migrant_identity(county, odds.year, ordinal)
        u = block(odds.seed, _CARRY, key, odds.year, 1)
        identity[ordinal] = key
        age[ordinal] = min(np.searchsorted(by_age, u[0]), by_age.shape[0] - 1)
        sex[ordinal] = 1 if u[1] < female_share else 0
        village[ordinal] = here[min(np.searchsorted(by_village, u[2]), here.shape[0] - 1)]
