"""Whole townships cut out of a region: small enough to follow every patient, not a result.

Townships are taken county by county, the county of the fewest residents first and in it the
smallest township first, with their villages and every facility that is in the choice set of one of
them. An extract of all townships is the region itself.

What is left of a county is not there to fill its hospitals: the hospitals of a county that is not
taken whole, and city and regional hospitals unless the region is, become delay facilities (their
published wait, always a bed). Census persons are the county's, by age and sex, times the share of
its urban and rural residents who live in the townships taken.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from sim.errors import Fault, InputError
from sim.packs import PathRegions
from sim.region import Counties, Facilities, Region, Townships, Villages, freeze
from sim.tiers import Tier


def extract(region: Region, townships: int) -> Region:
    """So many townships of a region as a region of its own.

    raises  InputError when there are not so many

    >>> from sim.packs import load_region
    >>> len(extract(load_region("taonan", 2023), 2).townships.name)
    2
    """
    there = len(region.townships.name)
    if not 1 <= townships <= there:
        expected = f"1 to {there}, the townships of {region.name}"
        raise InputError([Fault("run", 0, "townships", str(townships), expected)])
    if townships == there:
        return region
    taken = np.zeros(there, dtype=np.bool_)
    taken[_smallest_first(region)[:townships]] = True
    village = taken[region.villages.township]
    counties = np.unique(region.townships.county[taken])
    whole = np.array([taken[region.townships.county == c].all() for c in counties])
    facilities = np.unique(region.villages.facility[village])
    facilities = facilities[facilities >= 0]
    name = f"{region.name}, {townships} of {there} townships"
    digest = hashlib.sha256(f"{region.pack_hash} townships {townships}".encode()).hexdigest()
    return freeze(
        replace(
            region,
            name=name,
            name_zh=f"{region.name_zh}{there}个乡镇中的{townships}个",
            counties=_counties(region, counties, village),
            townships=Townships(
                name=tuple(region.townships.name[t] for t in np.flatnonzero(taken)),
                county=np.searchsorted(counties, region.townships.county[taken]),
            ),
            villages=_villages(region, village, np.flatnonzero(taken), facilities),
            facilities=_facilities(region, facilities, counties, whole),
            pack_hash=digest,
        )
    )


def extract_path(paths: PathRegions, townships: int) -> PathRegions:
    """So many townships of a region over the years, each year cut alike.

    A regional centre that is to open would mostly serve people left out, and its opening would move
    nothing here: it stays closed, unless every township is taken.

    raises  InputError when there are not so many
    """
    years = {year: extract(region, townships) for year, region in paths.years.items()}
    if all(years[year] is region for year, region in paths.years.items()):
        return paths
    return PathRegions(years, None, None)


def _smallest_first(region: Region) -> np.ndarray:
    """Townships in the order they are taken; shape (townships,)."""
    of, weight = region.village_county, region.villages.weight
    persons = region.counties.census.sum(axis=(1, 2))
    residents = np.zeros(len(of))
    for is_urban in (True, False):
        total = region.counties.urban if is_urban else persons - region.counties.urban
        here = region.villages.is_urban == is_urban
        weights = np.bincount(of[here], weight[here], minlength=len(persons))
        residents[here] = (weight * (total / np.maximum(weights, 1e-9))[of])[here]
    township = np.bincount(region.villages.township, residents, len(region.townships.name))
    county = region.townships.county
    return np.lexsort((np.arange(len(township)), township, county, persons[county]))


def _counties(region: Region, taken: np.ndarray, village: np.ndarray) -> Counties:
    """Counties with the people of the villages taken; whole counties keep every person."""
    of, weight = region.village_county, region.villages.weight
    census = region.counties.census[taken].copy()
    urban = region.counties.urban[taken].copy()
    target = region.counties.target_population[taken].copy()
    for row, county in enumerate(taken):
        persons = int(census[row].sum())
        in_towns = int(urban[row])
        shares = []
        for is_urban in (True, False):
            here = (of == county) & (region.villages.is_urban == is_urban)
            total = float(weight[here].sum())
            shares.append(float(weight[here & village].sum()) / total if total > 0.0 else 0.0)
        urban[row] = round(in_towns * shares[0])
        kept = int(urban[row]) + round((persons - in_towns) * shares[1])
        census[row] = _scaled(census[row], kept)
        target[row] = round(int(target[row]) * kept / persons) if persons else 0
    counties = region.counties
    return Counties(
        code=tuple(counties.code[c] for c in taken),
        name=tuple(counties.name[c] for c in taken),
        name_zh=tuple(counties.name_zh[c] for c in taken),
        is_district=counties.is_district[taken],
        census=census,
        urban=urban,
        target_population=target,
    )


def _scaled(census: np.ndarray, total: int) -> np.ndarray:
    """A county's persons by sex and age in proportion, whole numbers that add up to `total`."""
    persons = int(census.sum())
    if persons == 0:
        return census
    exact = census * total
    whole = exact // persons
    order = np.argsort(-(exact - whole * persons), axis=None, kind="stable")
    whole.ravel()[order[: total - int(whole.sum())]] += 1
    return whole


def _villages(
    region: Region, taken: np.ndarray, townships: np.ndarray, facilities: np.ndarray
) -> Villages:
    villages = region.villages
    old = villages.facility[taken]
    return Villages(
        township=np.searchsorted(townships, villages.township[taken]),
        is_urban=villages.is_urban[taken],
        weight=villages.weight[taken],
        facility=np.where(old >= 0, np.searchsorted(facilities, old), -1),
        hours=villages.hours[taken],
    )


def _facilities(
    region: Region, rows: np.ndarray, counties: np.ndarray, whole: np.ndarray
) -> Facilities:
    """Facilities of the choice sets; those that mostly serve people left out become delays."""
    f = region.facilities
    tier, county = f.tier[rows], f.county[rows]
    inside = np.isin(county, counties)
    alone = np.isin(county, counties[whole])
    others = (tier == int(Tier.COUNTY)) & ~alone
    others |= tier >= int(Tier.CITY)
    return replace(
        f,
        key=tuple(f.key[row] for row in rows),
        name=tuple(f.name[row] for row in rows),
        name_zh=tuple(f.name_zh[row] for row in rows),
        tier=tier,
        kind=f.kind[rows],
        county=np.where(inside, np.searchsorted(counties, county), -1),
        place_outside=f.place_outside[rows],
        beds=f.beds[rows],
        doctors=f.doctors[rows],
        is_delay=f.is_delay[rows] | others,
        withdrawn=f.withdrawn[rows],
        outpatient_fen=f.outpatient_fen[rows],
        inpatient_fen=f.inpatient_fen[rows],
        gain=f.gain[rows],
        reserved=f.reserved[rows],
    )
