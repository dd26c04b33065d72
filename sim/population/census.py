"""Census population of 2020: every person of the census tables, in a village, with attributes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.errors import Fault, InputError
from sim.jit import njit
from sim.population.attributes import laws_of, set_attributes
from sim.population.records import (
    Floats,
    Ints,
    People,
    PopulationParameters,
    Residents,
    empty_residents,
    freeze_residents,
    in_threads,
    starts_of,
)
from sim.population.vital_rates import Demography, load_demography
from sim.region import Region
from sim.rules.demography import CENSUS_YEAR, MAX_CENSUS_RESIDENTS
from sim.rules.random import Stream, block
from sim.tiers import AGE_BAND_STARTS

_RESIDENT = int(Stream.RESIDENT)

_N_BANDS = len(AGE_BAND_STARTS)
_N_CELLS = 2 * _N_BANDS
_LAST_BAND_START = AGE_BAND_STARTS[-1]
_MAX_VILLAGES = int(np.iinfo(np.uint16).max) + 1


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
    people = people_of_census(region, parameters, rates, seed, threads)
    residents = empty_residents(*people)
    laws = laws_of(region, parameters, rates, seed, CENSUS_YEAR)
    set_attributes(residents, region, laws, threads)
    return freeze_residents(residents)


def people_of_census(
    region: Region, parameters: PopulationParameters, rates: Demography, seed: int, threads: int
) -> People:
    """Village, identity, age and sex of everybody in the census of 2020; see `synthesise`."""
    counts = census_counts(region, parameters)
    village_start = starts_of(counts.sum(axis=1, dtype=np.int64))
    n = int(village_start[-1])
    age, sex = np.empty((2, n), dtype=np.uint8)
    people = People(village_start, np.empty(n, dtype=np.uint32), age, sex)
    oldest = _oldest_age_distribution(rates.mortality)
    band_start = np.array(AGE_BAND_STARTS, dtype=np.int64)

    def fill(first: int, last: int) -> None:
        _fill_census(
            first, last, int(seed), village_start, counts, band_start, oldest,
            people.identity, people.age, people.sex,
        )  # fmt: skip

    in_threads(fill, village_start, threads)
    return people


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
        faults.append(Fault("census", 0, "", f"{total} persons", f"at most {MAX_CENSUS_RESIDENTS}"))
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
