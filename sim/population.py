"""Every resident of a region: the census population, and the same people carried to a later year.

The census counts persons by county, sex and age band, and urban persons by county. What no table
gives is drawn by the resident's own key, so a resident's attributes depend on nobody else. All
attributes but age, sex and village follow from (seed, identity, age, residence, year) and are
found again after every carry: a threshold drawn once a life against a prevalence that rises with
age, so nobody loses a chronic disease by a birthday.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiled import njit
from sim.demography import Demography, load_demography
from sim.errors import Fault, InputError
from sim.region import Region
from sim.rules.demography import (
    CENSUS_YEAR,
    DAYS_PER_YEAR,
    LAST_CARRY_YEAR,
    MAX_CENSUS_RESIDENTS,
    MAX_MIGRANT_COUNTIES,
    MAX_MIGRANTS_A_YEAR,
    N_AGES,
    birth_probability_table,
    death_probability,
    death_probability_table,
    happens,
    is_newborn,
    migrant_identity,
    mother_identity,
    move_score,
    newborn_identity,
    newborn_sex,
    next_age,
)
from sim.rules.random import Stream, block
from sim.tiers import AGE_BAND_STARTS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_CARRY = int(Stream.CARRY)
_BIRTH = int(Stream.BIRTH)
_RESIDENT = int(Stream.RESIDENT)
_ATTRIBUTE = int(Stream.ATTRIBUTE)

_N_BANDS = len(AGE_BAND_STARTS)
_N_CELLS = 2 * _N_BANDS
_LAST_BAND_START = AGE_BAND_STARTS[-1]
_AGE_GROUP_STARTS = (0, 15, 45, 65)
_MAX_VILLAGES = int(np.iinfo(np.uint16).max) + 1

# What happened to a resident in a year; bits.
_DIED = 1
_MOVED_OUT = 2
_BORE_BOY = 4
_BORE_GIRL = 8
_NEWBORN_DIED = 16


@dataclass(frozen=True, slots=True)
class PopulationParameters:
    """Numbers the population needs; each field is a row of the parameter table of that name.

    chronic_prevalence        (4,) share with a chronic disease by age group 0-14/15-44/45-64/65+
    chronic_state_share       (3,) of them controlled, uncontrolled, advanced; adds up to 1
    disabled_share            (4,) share disabled by age group
    effective_contract_share  share of family-doctor contracts that are effective, 0-1
    key_group_age_from        years; from this age on everyone is in a key group
    key_group_child_below     years; below this age everyone is in a key group
    boys_per_100_girls        sex ratio at birth
    urban_age_tilt            (19,) odds of living in an urban place relative to the county's mean,
                              by census age band
    move_weight               (4,) relative propensity to move by age group
    migrant_female_share      share of women among those who move in
    """

    chronic_prevalence: Floats
    chronic_state_share: Floats
    disabled_share: Floats
    effective_contract_share: float
    key_group_age_from: float
    key_group_child_below: float
    boys_per_100_girls: float
    urban_age_tilt: Floats
    move_weight: Floats
    migrant_female_share: float

    @classmethod
    def from_table(cls, parameters: Any) -> PopulationParameters:
        """Pick the fields of this record from the record of all parameters, by name."""
        return cls(**{field.name: getattr(parameters, field.name) for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class Residents:
    """One row a resident, sorted by village; arrays of shape (residents,) unless said otherwise.

    village_start  (villages + 1,) int64; residents of village v are rows start[v]:start[v + 1]
    village        uint16 index into Region.villages
    age            uint8 whole years on 1 January, at most 110
    sex            uint8, 0 male, 1 female
    income         uint8, quintile 0-4 within the residence
    insurance      uint8, 0 employee scheme, 1 resident scheme
    chronic        uint8, 0 none, 1 controlled, 2 uncontrolled, 3 advanced
    key_group      uint8, 1 for people aged 65+, children under 7, pregnant, chronic, disabled
    contract       uint8, family-doctor contract: 0 none, 1 nominal, 2 effective
    identity       uint32, the person's random key; see sim.rules.demography
    """

    village_start: Ints
    village: NDArray[np.uint16]
    age: NDArray[np.uint8]
    sex: NDArray[np.uint8]
    income: NDArray[np.uint8]
    insurance: NDArray[np.uint8]
    chronic: NDArray[np.uint8]
    key_group: NDArray[np.uint8]
    contract: NDArray[np.uint8]
    identity: NDArray[np.uint32]

    @property
    def count(self) -> int:
        """Number of residents."""
        return int(self.identity.shape[0])


@dataclass(frozen=True, slots=True)
class Ledger:
    """Persons by county, shape (counties,): start + births - deaths + moved_in - moved_out = end.

    A child that dies in the year of birth counts once as a birth and once as a death.
    """

    start: Ints
    births: Ints
    deaths: Ints
    moved_in: Ints
    moved_out: Ints
    end: Ints


class _Laws(NamedTuple):
    """Tables the attribute draws read, by single year of age where they are arrays."""

    seed: int
    year: int
    prevalence: Floats
    advanced_share: float
    uncontrolled_share: float
    disabled: Floats
    employee: Floats
    birth: Floats
    coverage: Floats
    effective_share: float
    key_age_from: int
    key_child_below: int


# --------------------------------------------------------------------------- census population


def synthesise(
    region: Region,
    parameters: PopulationParameters,
    seed: int,
    *,
    demography: Demography | None = None,
    threads: int = 2,
) -> Residents:
    """Census population of 2020: every person of the census tables, in a village, with attributes.

    Persons by county, sex and age band and urban persons by county are met exactly, and every
    village gets its share by weight to within one person of each residence. Within the county the
    sex-age cells are split between urban and rural by iterative proportional fitting from
    `parameters.urban_age_tilt`. Ages within a five-year band are uniform; above 85 they follow the
    survivors of the life table. Income, insurance, chronic state, disability and contract are
    drawn independently of each other given age, residence and key group.

    seed        0..2**63-1
    demography  rates of 2020; default: the national ones
    threads     worker threads; the result is the same for any number

    Raises InputError when urban (rural) persons have no urban (rural) village with a weight.
    """
    rates = demography or load_demography(CENSUS_YEAR)
    counts = census_counts(region, parameters)
    village_start = _starts(counts.sum(axis=1, dtype=np.int64))
    laws = _laws(region, parameters, rates, seed, CENSUS_YEAR)
    residents = _empty(village_start)
    oldest = _oldest_age_distribution(rates.mortality)
    band_start = np.array(AGE_BAND_STARTS, dtype=np.int64)

    def fill(first: int, last: int) -> None:
        _fill_census(
            first, last, laws.seed, village_start, counts, band_start, oldest,
            residents.identity, residents.age, residents.sex,
        )  # fmt: skip

    _in_threads(fill, village_start, threads)
    _set_attributes(residents, region, laws, threads)
    return _freeze(residents)


def census_counts(region: Region, parameters: PopulationParameters) -> NDArray[np.int32]:
    """Persons by village and cell, shape (villages, 38); cell = sex * 19 + age band.

    Exact in every margin: county by cell, county by residence, and village size by largest
    remainder of the weights.
    """
    faults: list[Fault] = []
    village_county = region.village_county
    n_villages = village_county.shape[0]
    _check_sizes(region, n_villages)
    counts = np.zeros((n_villages, _N_CELLS), dtype=np.int32)
    tilt = np.tile(np.asarray(parameters.urban_age_tilt, dtype=np.float64), 2)
    for county, code in enumerate(region.counties.code):
        persons = region.counties.census[county].reshape(_N_CELLS)
        urban = split_by_residence(persons, int(region.counties.urban[county]), tilt)
        for is_urban, cells in ((True, urban), (False, persons - urban)):
            here = np.flatnonzero(
                (village_county == county) & (region.villages.is_urban == is_urban)
            )
            weight = region.villages.weight[here]
            if cells.sum() == 0:
                continue
            if weight.sum() <= 0.0:
                kind = "urban" if is_urban else "rural"
                faults.append(
                    Fault("villages", 0, "is_urban", f"{cells.sum()} {kind} persons in {code}",
                          f"a {kind} village with a weight above 0 in that county")
                )  # fmt: skip
                continue
            counts[here] = deal_to_villages(cells, weight)
    if faults:
        raise InputError(faults)
    return counts


def _check_sizes(region: Region, n_villages: int) -> None:
    total = int(region.counties.census.sum())
    faults = []
    if total > MAX_CENSUS_RESIDENTS:
        faults.append(
            Fault("census", 0, "", f"{total} persons", f"at most {MAX_CENSUS_RESIDENTS}")
        )
    if n_villages > _MAX_VILLAGES:
        faults.append(
            Fault("villages", 0, "", f"{n_villages} villages", f"at most {_MAX_VILLAGES}")
        )
    over = np.flatnonzero(region.counties.urban > region.counties.census.sum(axis=(1, 2)))
    for county in over:
        faults.append(
            Fault("census", 0, "urban", str(region.counties.urban[county]),
                  f"at most the population of {region.counties.code[county]}")
        )  # fmt: skip
    if faults:
        raise InputError(faults)


def split_by_residence(persons: Ints, urban_total: int, tilt: Floats) -> Ints:
    """Urban persons of every cell, whole numbers between 0 and `persons` adding up to the total.

    Iterative proportional fitting of a cells x 2 table (seed: urban odds `tilt`) has the limit
    urban = persons * tilt * x / (tilt * x + 1) with one unknown x; it is found by bisection.
    Rounding is by largest remainder, which keeps both margins.

    persons      (cells,) persons of both residences
    urban_total  0..persons.sum()
    tilt         (cells,) above 0

    Example
    -------
    >>> split_by_residence(np.array([10, 10]), 6, np.array([1.0, 2.0])).tolist()
    [2, 4]
    """
    total = int(persons.sum())
    if not 0 <= urban_total <= total:
        raise ValueError(f"urban total {urban_total} outside 0..{total}")
    if np.any(tilt <= 0.0):
        raise ValueError("tilt must be above 0")
    low, high = -80.0, 80.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        odds = tilt * np.exp(middle)
        if float((persons * (odds / (odds + 1.0))).sum()) < urban_total:
            low = middle
        else:
            high = middle
    odds = tilt * np.exp(0.5 * (low + high))
    return controlled_rounding(persons * (odds / (odds + 1.0)), persons, urban_total)


def controlled_rounding(expected: Floats, upper: Ints, total: int) -> Ints:
    """Whole numbers near `expected`, between 0 and `upper`, that add up to `total`.

    Largest remainder; ties go to the first. Needs 0 <= total <= upper.sum().

    Example
    -------
    >>> controlled_rounding(np.array([0.4, 1.4, 1.2]), np.array([1, 2, 2]), 3).tolist()
    [1, 1, 1]
    """
    if not 0 <= total <= int(upper.sum()):
        raise ValueError(f"total {total} outside 0..{int(upper.sum())}")
    whole = np.minimum(np.maximum(np.floor(expected).astype(np.int64), 0), upper)
    order = np.argsort(-(expected - whole), kind="stable")
    missing = total - int(whole.sum())
    # More than one round only when `expected` itself misses the total by rounding error or more.
    while missing > 0:
        free = order[whole[order] < upper[order]][:missing]
        whole[free] += 1
        missing -= free.shape[0]
    while missing < 0:
        free = order[::-1][whole[order[::-1]] > 0][:-missing]
        whole[free] -= 1
        missing += free.shape[0]
    return whole


def deal_to_villages(cells: Ints, weight: Floats) -> Ints:
    """Persons by village and cell, shape (villages, cells), exact in both margins.

    Village sizes are the largest remainder of the weights. Cells are dealt one after another in
    proportion to the places still free, so that no village collects the remainders of all cells.

    Example
    -------
    >>> deal_to_villages(np.array([3, 1]), np.array([1.0, 1.0])).sum(axis=1).tolist()
    [2, 2]
    """
    total = int(cells.sum())
    share = np.asarray(weight / weight.sum() * total, dtype=np.float64)
    free = controlled_rounding(share, np.where(weight > 0.0, total, 0), total)
    dealt = np.zeros((weight.shape[0], cells.shape[0]), dtype=np.int64)
    for cell, persons in enumerate(cells):
        if persons == 0:
            continue
        expected = free.astype(np.float64) * (int(persons) / int(free.sum()))
        dealt[:, cell] = controlled_rounding(expected, free, int(persons))
        free = free - dealt[:, cell]
    return dealt


@njit
def _fill_census(
    first: int,
    last: int,
    seed: int,
    village_start: Ints,
    counts: NDArray[np.int32],
    band_start: Ints,
    oldest: Floats,
    identity: NDArray[np.uint32],
    age: NDArray[np.uint8],
    sex: NDArray[np.uint8],
) -> None:
    """Rows of villages first..last-1: identity (the row number), sex, and an age in the band."""
    n_bands = band_start.shape[0]
    for village in range(first, last):
        row = village_start[village]
        for cell in range(counts.shape[1]):
            cell_sex = cell // n_bands
            band = cell - cell_sex * n_bands
            start = band_start[band]
            for _ in range(counts[village, cell]):
                u = block(seed, _RESIDENT, row, 0, 0)[0]
                if band == n_bands - 1:
                    years = np.searchsorted(oldest[cell_sex], u)
                else:
                    years = int(u * (band_start[band + 1] - start))
                identity[row] = row
                sex[row] = cell_sex
                age[row] = start + years
                row += 1


def _oldest_age_distribution(mortality: Floats) -> Floats:
    """Cumulative share of ages 85..110 among people of 85 and more, shape (2, 26).

    Stationary population: proportional to the survivors of the life table.
    """
    rates = mortality[:, _LAST_BAND_START:]
    before = np.cumsum(rates, axis=1) - rates
    survivors = np.exp(-before)
    cumulative = np.cumsum(survivors, axis=1)
    cumulative /= cumulative[:, -1:]
    cumulative[:, -1] = 1.0
    return cumulative


# ------------------------------------------------------------------------------------ attributes


def _by_age(values: Floats) -> Floats:
    """Spread values of the four age groups over single years of age (last axis)."""
    groups = np.searchsorted(np.array(_AGE_GROUP_STARTS), np.arange(N_AGES), side="right") - 1
    return np.ascontiguousarray(np.asarray(values, dtype=np.float64)[..., groups])


def _laws(
    region: Region, parameters: PopulationParameters, rates: Demography, seed: int, year: int
) -> _Laws:
    return _Laws(
        seed=int(seed),
        year=int(year),
        prevalence=_by_age(parameters.chronic_prevalence),
        advanced_share=float(parameters.chronic_state_share[2]),
        uncontrolled_share=float(parameters.chronic_state_share[1]),
        disabled=_by_age(parameters.disabled_share),
        employee=_by_age(region.insurance.employee_share),
        birth=birth_probability_table(rates.fertility, DAYS_PER_YEAR),
        coverage=np.array(region.contract_coverage, dtype=np.float64),
        effective_share=float(parameters.effective_contract_share),
        key_age_from=int(parameters.key_group_age_from),
        key_child_below=int(parameters.key_group_child_below),
    )


@njit
def _chronic_state(laws: _Laws, u: float, age: int) -> int:
    """Chronic state 0-3 from the threshold of a life.

    Ill when u is below the prevalence of the age. The rank u / prevalence falls as prevalence
    rises, and low ranks are the severe states, so with age a state only worsens.
    """
    prevalence = laws.prevalence[age]
    if u >= prevalence:
        return 0
    rank = u / prevalence
    if rank < laws.advanced_share:
        return 3
    return 2 if rank < laws.advanced_share + laws.uncontrolled_share else 1


@njit
def _gives_birth(laws: _Laws, identity: int, age: int, sex: int) -> bool:
    """True when a woman bears a child in the year; the draw `carry` uses for the birth itself."""
    probability = laws.birth[age]
    if sex == 0 or probability <= 0.0 or is_newborn(identity):
        return False
    return happens(block(laws.seed, _BIRTH, identity, laws.year, 0)[0], probability)


@njit
def _attributes_of(
    laws: _Laws, identity: int, age: int, sex: int, urban: int
) -> tuple[int, int, int, int, int]:
    """Income, insurance, chronic state, key group and contract of one resident."""
    u = block(laws.seed, _ATTRIBUTE, identity, 0, 0)
    # One lane serves two draws: quintile, and within it a fresh uniform for the scheme.
    fifths = 5.0 * u[1]
    income = int(fifths)
    insurance = 0 if fifths - income < laws.employee[urban, age] else 1
    if is_newborn(identity):
        income = int(5.0 * block(laws.seed, _ATTRIBUTE, mother_identity(identity), 0, 0)[1])
    chronic = _chronic_state(laws, u[0], age)
    key = (
        age >= laws.key_age_from
        or age < laws.key_child_below
        or chronic > 0
        or u[3] < laws.disabled[age]
        or _gives_birth(laws, identity, age, sex)
    )
    key_group = 1 if key else 0
    coverage = laws.coverage[key_group]
    contract = 0
    if u[2] < coverage:
        contract = 2 if u[2] < coverage * laws.effective_share else 1
    return income, insurance, chronic, key_group, contract


@njit
def _fill_attributes(
    first: int,
    last: int,
    laws: _Laws,
    village_start: Ints,
    is_urban: NDArray[np.bool_],
    identity: NDArray[np.uint32],
    age: NDArray[np.uint8],
    sex: NDArray[np.uint8],
    village: NDArray[np.uint16],
    income: NDArray[np.uint8],
    insurance: NDArray[np.uint8],
    chronic: NDArray[np.uint8],
    key_group: NDArray[np.uint8],
    contract: NDArray[np.uint8],
) -> None:
    """Village number and attributes of the residents of villages first..last-1."""
    for place in range(first, last):
        urban = 1 if is_urban[place] else 0
        for row in range(village_start[place], village_start[place + 1]):
            drawn = _attributes_of(
                laws, np.int64(identity[row]), np.int64(age[row]), np.int64(sex[row]), urban
            )
            village[row] = place
            income[row] = drawn[0]
            insurance[row] = drawn[1]
            chronic[row] = drawn[2]
            key_group[row] = drawn[3]
            contract[row] = drawn[4]


def _set_attributes(residents: Residents, region: Region, laws: _Laws, threads: int) -> None:
    def fill(first: int, last: int) -> None:
        _fill_attributes(
            first, last, laws, residents.village_start, region.villages.is_urban,
            residents.identity, residents.age, residents.sex, residents.village,
            residents.income, residents.insurance, residents.chronic, residents.key_group,
            residents.contract,
        )  # fmt: skip

    _in_threads(fill, residents.village_start, threads)


# ------------------------------------------------------------------------------------- carrying


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
    start = _by_county(region, np.diff(residents.village_start))
    births, deaths, moved_in, moved_out = np.zeros((4, start.shape[0]), dtype=np.int64)
    ledger = Ledger(start, births, deaths, moved_in, moved_out, start.copy())
    if to_year == from_year:
        return residents, ledger
    people = _People(residents.village_start, residents.identity, residents.age, residents.sex)
    for year in range(from_year, to_year):
        rates = demography[year] if demography is not None else load_demography(year)
        target = _target(region, start, from_year, to_year, year + 1)
        people = _one_year(people, region, parameters, seed, year, rates, target, ledger, threads)
    ledger.end[:] = _by_county(region, np.diff(people.village_start))
    for field in fields(ledger):
        getattr(ledger, field.name).setflags(write=False)
    last = demography[to_year] if demography is not None else load_demography(to_year)
    carried = _empty(people.village_start, people.identity, people.age, people.sex)
    _set_attributes(
        carried, region, _laws(region, parameters, last, seed, to_year), threads
    )
    return _freeze(carried), ledger


class _People(NamedTuple):
    """The part of Residents that a year changes."""

    village_start: Ints
    identity: NDArray[np.uint32]
    age: NDArray[np.uint8]
    sex: NDArray[np.uint8]


class _Year(NamedTuple):
    """Probabilities of one calendar year."""

    seed: int
    year: int
    death: Floats
    birth: Floats
    newborn_death: Floats
    boys_per_100_girls: float


class _Newcomers(NamedTuple):
    """People who move in, sorted by village."""

    village_start: Ints
    identity: NDArray[np.uint32]
    age: NDArray[np.uint8]
    sex: NDArray[np.uint8]


def _target(region: Region, start: Ints, from_year: int, to_year: int, year: int) -> Ints:
    """County totals to reach on 1 January of `year`, -1 where there is no target."""
    target = region.counties.target_population
    if region.year != to_year:
        return np.full_like(start, -1)
    on_line = start + (target - start) * (year - from_year) // (to_year - from_year)
    return np.where(target > 0, on_line, -1)


def _one_year(
    people: _People,
    region: Region,
    parameters: PopulationParameters,
    seed: int,
    year: int,
    rates: Demography,
    target: Ints,
    ledger: Ledger,
    threads: int,
) -> _People:
    """One calendar year; adds to the ledger."""
    n_villages = people.village_start.shape[0] - 1
    happened = np.empty(people.identity.shape[0], dtype=np.uint8)
    # Columns: births, deaths, left alive in the village.
    counted = np.zeros((n_villages, 3), dtype=np.int64)
    odds = _year_odds(parameters, rates, seed, year)

    def live(first: int, last: int) -> None:
        _live_a_year(first, last, odds, people, happened, counted)

    _in_threads(live, people.village_start, threads)
    natural = _by_county(region, counted[:, 2])
    change = np.where(target >= 0, target - natural, 0)
    moved_out = _move_out(people, region, parameters, odds, change, happened, threads)
    newcomers = _newcomers(region, parameters, odds, change)
    size = counted[:, 2] - moved_out + np.diff(newcomers.village_start)
    after = _People(
        _starts(size),
        np.empty(int(size.sum()), dtype=np.uint32),
        np.empty(int(size.sum()), dtype=np.uint8),
        np.empty(int(size.sum()), dtype=np.uint8),
    )

    def write(first: int, last: int) -> None:
        _write_year(first, last, year, people, happened, newcomers, after)

    _in_threads(write, people.village_start, threads)
    ledger.births[:] += _by_county(region, counted[:, 0])
    ledger.deaths[:] += _by_county(region, counted[:, 1])
    ledger.moved_out[:] += _by_county(region, moved_out)
    ledger.moved_in[:] += _by_county(region, np.diff(newcomers.village_start))
    return after


def _year_odds(
    parameters: PopulationParameters, rates: Demography, seed: int, year: int
) -> _Year:
    # A child born in the year lives half of it on average.
    newborn = [death_probability(float(rate), DAYS_PER_YEAR / 2.0) for rate in rates.mortality[:, 0]]
    return _Year(
        seed=int(seed),
        year=int(year),
        death=death_probability_table(rates.mortality, DAYS_PER_YEAR),
        birth=birth_probability_table(rates.fertility, DAYS_PER_YEAR),
        newborn_death=np.array(newborn, dtype=np.float64),
        boys_per_100_girls=float(parameters.boys_per_100_girls),
    )


@njit
def _birth(odds: _Year, mother: int) -> int:
    """Bits for a birth: none, boy or girl, and whether the child dies in the year."""
    child = newborn_identity(mother, odds.year)
    u = block(odds.seed, _BIRTH, mother, odds.year, 0)
    sex = newborn_sex(u[1], odds.boys_per_100_girls)
    bits = _BORE_BOY if sex == 0 else _BORE_GIRL
    survival = block(odds.seed, _CARRY, child, odds.year, 0)[0]
    if happens(survival, odds.newborn_death[sex]):
        bits |= _NEWBORN_DIED
    return bits


@njit
def _live_a_year(
    first: int,
    last: int,
    odds: _Year,
    people: _People,
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


def _move_out(
    people: _People,
    region: Region,
    parameters: PopulationParameters,
    odds: _Year,
    change: Ints,
    happened: NDArray[np.uint8],
    threads: int,
) -> Ints:
    """Mark those who leave, exactly -change of every county; returns leavers by village."""
    moved = np.zeros(people.village_start.shape[0] - 1, dtype=np.int64)
    weight = _by_age(parameters.move_weight)
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


@njit
def _score_moves(
    villages: Ints,
    odds: _Year,
    people: _People,
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
                # Two lanes make one fine uniform, so that equal scores do not happen in practice.
                fine = u[1] + (u[2] - 0.5) / 4294967296.0
                score[place] = move_score(fine, w)
            place += 1


@njit
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
                happened[row] |= _MOVED_OUT
                moved[village] += 1
            place += 1


def _newcomers(
    region: Region, parameters: PopulationParameters, odds: _Year, change: Ints
) -> _Newcomers:
    """People who move in, `change` of every county where it is above 0."""
    n_villages = region.village_county.shape[0]
    _check_newcomers(region, change)
    number = int(change[change > 0].sum())
    village = np.empty(number, dtype=np.int64)
    identity = np.empty(number, dtype=np.uint32)
    age = np.empty(number, dtype=np.uint8)
    sex = np.empty(number, dtype=np.uint8)
    by_age = np.cumsum(_by_age(parameters.move_weight))
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
    return _Newcomers(_starts(size), identity[order], age[order], sex[order])


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
    odds: _Year,
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


@njit
def _write_year(
    first: int,
    last: int,
    year: int,
    people: _People,
    happened: NDArray[np.uint8],
    newcomers: _Newcomers,
    after: _People,
) -> None:
    """Villages first..last-1 a year later: those who stay, their children, then newcomers."""
    for village in range(first, last):
        place = after.village_start[village]
        for row in range(people.village_start[village], people.village_start[village + 1]):
            if happened[row] & (_DIED | _MOVED_OUT) == 0:
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


# -------------------------------------------------------------------------------------- helpers


def _starts(size: Ints) -> Ints:
    """Offsets of consecutive blocks of the given sizes, one more than there are blocks."""
    starts = np.zeros(size.shape[0] + 1, dtype=np.int64)
    np.cumsum(size, out=starts[1:])
    return starts


def _by_county(region: Region, by_village: Ints) -> Ints:
    """Add up a whole number by village over counties."""
    total = np.zeros(len(region.counties.code), dtype=np.int64)
    np.add.at(total, region.village_county, by_village)
    return total


def _empty(
    village_start: Ints,
    identity: NDArray[np.uint32] | None = None,
    age: NDArray[np.uint8] | None = None,
    sex: NDArray[np.uint8] | None = None,
) -> Residents:
    """Residents with the given columns and the others still to be written."""
    n = int(village_start[-1])

    def column() -> NDArray[np.uint8]:
        return np.empty(n, dtype=np.uint8)

    return Residents(
        village_start=village_start,
        village=np.empty(n, dtype=np.uint16),
        age=column() if age is None else age,
        sex=column() if sex is None else sex,
        income=column(),
        insurance=column(),
        chronic=column(),
        key_group=column(),
        contract=column(),
        identity=np.empty(n, dtype=np.uint32) if identity is None else identity,
    )


def _freeze(residents: Residents) -> Residents:
    for field in fields(residents):
        getattr(residents, field.name).setflags(write=False)
    return residents


def _in_threads(work: Callable[[int, int], None], village_start: Ints, threads: int) -> None:
    """Run `work(first, last)` over village ranges of about equal numbers of residents.

    Every call writes rows of its own villages only, so the ranges do not show in the result.
    """
    parts = max(1, threads)
    total = int(village_start[-1])
    cuts = np.searchsorted(village_start[:-1], [total * part // parts for part in range(parts)])
    edges = [*cuts.tolist(), village_start.shape[0] - 1]
    edges[0] = 0
    ranges = list(pairwise(edges))
    if parts == 1:
        work(*ranges[0])
        return
    with ThreadPoolExecutor(parts) as pool:
        for done in [pool.submit(work, first, last) for first, last in ranges if first < last]:
            done.result()
