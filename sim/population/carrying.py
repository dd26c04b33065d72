"""The same people a year later: deaths, births, ageing; moves are in `sim.population.moves`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel
from sim.population.attributes import laws_of, set_attributes
from sim.population.census import people_of_census
from sim.population.moves import MOVED_OUT, move_out, newcomers_of
from sim.population.records import (
    Ints,
    Ledger,
    Newcomers,
    People,
    PopulationParameters,
    Residents,
    Year,
    by_county,
    empty_residents,
    freeze_residents,
    in_threads,
    starts_of,
)
from sim.population.vital_rates import Demography, load_demography
from sim.region import Region
from sim.rules.demography import (
    CENSUS_YEAR,
    DAYS_PER_YEAR,
    LAST_CARRY_YEAR,
    birth_probability_table,
    death_probability,
    death_probability_table,
    happens,
    is_newborn,
    newborn_identity,
    newborn_sex,
    next_age,
)
from sim.rules.random import Stream, block

_CARRY = int(Stream.CARRY)
_BIRTH = int(Stream.BIRTH)

# What happened to a resident in a year; bits. MOVED_OUT is 2.
_DIED = 1
_BORE_BOY = 4
_BORE_GIRL = 8
_NEWBORN_DIED = 16


def carry(
    residents: Residents,
    region: Region,
    parameters: PopulationParameters,
    seed: int,
    *,
    from_year: int = CENSUS_YEAR,
    to_year: int,
    demography: Mapping[int, Demography] | None = None,
    threads: int = 2,
) -> tuple[Residents, Ledger]:
    """The same people on 1 January of `to_year`: deaths, births, ageing and net moves, by year.

    Every draw belongs to (identity, year). Where `region.year` is `to_year` and a county has a
    target population, its people move in or out so that the county's total is on the straight line
    from its start to the target on every 1 January; without a target nobody moves. Who moves out
    is drawn without replacement by `move_weight`; a woman who bears a child that year stays.
    Newcomers are new residents with identities of their own, placed in the villages of the county
    by size.

    from_year   year the residents stand in (1 January)
    to_year     2020-2035; equal to `from_year` returns the residents as they are
    demography  rates of every year from `from_year` to `to_year`; default: the national ones
    threads     worker threads; the result is the same for any number

    Raises ValueError for a year out of range and InputError when a target cannot be reached.
    """
    if not CENSUS_YEAR <= from_year <= to_year <= LAST_CARRY_YEAR:
        raise ValueError(
            f"from_year {from_year}, to_year {to_year}: expected "
            f"{CENSUS_YEAR} <= from_year <= to_year <= {LAST_CARRY_YEAR}"
        )
    people = People(residents.village_start, residents.identity, residents.age, residents.sex)
    people, ledger = _years(
        people, region, parameters, seed, range(from_year, to_year), demography, threads
    )
    if to_year == from_year:
        return residents, ledger
    rates = demography[to_year] if demography is not None else load_demography(to_year)
    return _with_attributes(people, region, parameters, rates, seed, to_year, threads), ledger


def residents_of(
    region: Region, parameters: PopulationParameters, seed: int, *, threads: int = 2
) -> tuple[Residents, Ledger]:
    """Census people carried to 1 January of `region.year`: the same as `synthesise` and `carry`,
    without the attributes of the census year in between.

    Raises as `synthesise` and `carry` do.
    """
    year = region.year
    people = people_of_census(region, parameters, load_demography(CENSUS_YEAR), seed, threads)
    people, ledger = _years(
        people, region, parameters, seed, range(CENSUS_YEAR, year), None, threads
    )
    rates = load_demography(year)
    return _with_attributes(people, region, parameters, rates, seed, year, threads), ledger


def _with_attributes(
    people: People,
    region: Region,
    parameters: PopulationParameters,
    rates: Demography,
    seed: int,
    year: int,
    threads: int,
) -> Residents:
    residents = empty_residents(people.village_start, people.identity, people.age, people.sex)
    set_attributes(residents, region, laws_of(region, parameters, rates, seed, year), threads)
    return freeze_residents(residents)


def _years(
    people: People,
    region: Region,
    parameters: PopulationParameters,
    seed: int,
    years: range,
    demography: Mapping[int, Demography] | None,
    threads: int,
) -> tuple[People, Ledger]:
    """People after the given calendar years, one after the other, and what became of them."""
    start = by_county(region, np.diff(people.village_start))
    births, deaths, moved_in, moved_out = np.zeros((4, start.shape[0]), dtype=np.int64)
    ledger = Ledger(start, births, deaths, moved_in, moved_out, start.copy())
    for year in years:
        rates = demography[year] if demography is not None else load_demography(year)
        target = _target(region, start, years.start, years.stop, year + 1)
        people = _one_year(people, region, parameters, seed, year, rates, target, ledger, threads)
    ledger.end[:] = by_county(region, np.diff(people.village_start))
    for field in fields(ledger):
        getattr(ledger, field.name).setflags(write=False)
    return people, ledger


def _target(region: Region, start: Ints, from_year: int, to_year: int, year: int) -> Ints:
    """County totals to reach on 1 January of `year`, -1 where there is no target."""
    target = region.counties.target_population
    if region.year != to_year:
        return np.full_like(start, -1)
    on_line = start + (target - start) * (year - from_year) // (to_year - from_year)
    return np.where(target > 0, on_line, -1)


def _one_year(
    people: People,
    region: Region,
    parameters: PopulationParameters,
    seed: int,
    year: int,
    rates: Demography,
    target: Ints,
    ledger: Ledger,
    threads: int,
) -> People:
    """One calendar year; adds to the ledger."""
    n_villages = people.village_start.shape[0] - 1
    happened = np.empty(people.identity.shape[0], dtype=np.uint8)
    # Columns: births, deaths, left alive in the village.
    counted = np.zeros((n_villages, 3), dtype=np.int64)
    odds = _year_odds(parameters, rates, seed, year)

    def live(first: int, last: int) -> None:
        _live_a_year(first, last, odds, people, happened, counted)

    in_threads(live, people.village_start, threads)
    natural = by_county(region, counted[:, 2])
    change = np.where(target >= 0, target - natural, 0)
    moved_out = move_out(people, region, parameters, odds, change, happened, threads)
    newcomers = newcomers_of(region, parameters, odds, change)
    size = counted[:, 2] - moved_out + np.diff(newcomers.village_start)
    after = People(
        starts_of(size),
        np.empty(int(size.sum()), dtype=np.uint32),
        np.empty(int(size.sum()), dtype=np.uint8),
        np.empty(int(size.sum()), dtype=np.uint8),
    )

    def write(first: int, last: int) -> None:
        _write_year(first, last, year, people, happened, newcomers, after)

    in_threads(write, people.village_start, threads)
    ledger.births[:] += by_county(region, counted[:, 0])
    ledger.deaths[:] += by_county(region, counted[:, 1])
    ledger.moved_out[:] += by_county(region, moved_out)
    ledger.moved_in[:] += by_county(region, np.diff(newcomers.village_start))
    return after


def _year_odds(parameters: PopulationParameters, rates: Demography, seed: int, year: int) -> Year:
    # A child born in the year lives half of it on average.
    half = DAYS_PER_YEAR / 2.0
    newborn = [death_probability(float(rate), half) for rate in rates.mortality[:, 0]]
    return Year(
        seed=int(seed),
        year=int(year),
        death=death_probability_table(rates.mortality, DAYS_PER_YEAR),
        birth=birth_probability_table(rates.fertility, DAYS_PER_YEAR),
        newborn_death=np.array(newborn, dtype=np.float64),
        boys_per_100_girls=float(parameters.boys_per_100_girls),
    )


@kernel
def _birth(odds: Year, mother: int) -> int:
    """Bits for a birth: none, boy or girl, and whether the child dies in the year."""
    child = newborn_identity(mother, odds.year)
    u = block(odds.seed, _BIRTH, mother, odds.year, 0)
    sex = newborn_sex(u[1], odds.boys_per_100_girls)
    bits = _BORE_BOY if sex == 0 else _BORE_GIRL
    survival = block(odds.seed, _CARRY, child, odds.year, 0)[0]
    if happens(survival, odds.newborn_death[sex]):
        bits |= _NEWBORN_DIED
    return bits


@kernel
def _live_a_year(
    first: int,
    last: int,
    odds: Year,
    people: People,
    happened: NDArray[np.uint8],
    counted: Ints,
) -> None:
    """Deaths and births of villages first..last-1: bits by resident, counts by village."""
    for village in range(first, last):
        births = 0
        deaths = 0
        alive = 0
        for row in range(people.village_start[village], people.village_start[village + 1]):
            identity = np.int64(people.identity[row])
            age = people.age[row]
            sex = people.sex[row]
            if happens(block(odds.seed, _CARRY, identity, odds.year, 0)[0], odds.death[sex, age]):
                happened[row] = _DIED
                deaths += 1
                continue
            bits = 0
            alive += 1
            if sex == 1 and odds.birth[age] > 0.0 and not is_newborn(identity):
                u = block(odds.seed, _BIRTH, identity, odds.year, 0)[0]
                if happens(u, odds.birth[age]):
                    bits = _birth(odds, identity)
                    births += 1
                    if bits & _NEWBORN_DIED:
                        deaths += 1
                    else:
                        alive += 1
            happened[row] = bits
        counted[village, 0] = births
        counted[village, 1] = deaths
        counted[village, 2] = alive


@kernel
def _write_year(
    first: int,
    last: int,
    year: int,
    people: People,
    happened: NDArray[np.uint8],
    newcomers: Newcomers,
    after: People,
) -> None:
    """Villages first..last-1 a year later: those who stay, their children, then newcomers."""
    for village in range(first, last):
        place = after.village_start[village]
        for row in range(people.village_start[village], people.village_start[village + 1]):
            if happened[row] & (_DIED | MOVED_OUT) == 0:
                after.identity[place] = people.identity[row]
                after.age[place] = next_age(np.int64(people.age[row]))
                after.sex[place] = people.sex[row]
                place += 1
        for row in range(people.village_start[village], people.village_start[village + 1]):
            bits = happened[row]
            if bits & (_BORE_BOY | _BORE_GIRL) and bits & _NEWBORN_DIED == 0:
                after.identity[place] = newborn_identity(np.int64(people.identity[row]), year)
                after.age[place] = 0
                after.sex[place] = 0 if bits & _BORE_BOY else 1
                place += 1
        for row in range(newcomers.village_start[village], newcomers.village_start[village + 1]):
            after.identity[place] = newcomers.identity[row]
            after.age[place] = newcomers.age[row]
            after.sex[place] = newcomers.sex[row]
            place += 1
