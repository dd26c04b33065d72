"""Residents and the rates they move at → the table of records the kernels read and write."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.engines.kernels import layout as L
from sim.population import Ledger, Residents
from sim.region import Region


def people_table(residents: Residents, demography: Any) -> tuple[Any, int]:
    """Residents as one table of records; rows beyond the count are for the year's newborns."""
    n = residents.count
    women = float(demography.fertility.max()) * n / 4.0
    capacity = n + int(women + 8.0 * women**0.5) + 1_000

    people = np.zeros(capacity, dtype=L.PERSON).view(np.recarray)
    people.identity[:n] = residents.identity
    people.village[:n] = residents.village
    people.age[:n] = residents.age
    people.sex[:n] = residents.sex
    people.income[:n] = residents.income
    people.insurance[:n] = residents.insurance
    people.chronic[:n] = residents.chronic
    people.key[:n] = residents.key_group
    people.contract[:n] = residents.contract
    return people, n


def move_rates(region: Region, residents: Residents, ledger: Ledger, p: Any) -> np.ndarray:
    """Moves out a person-year by county and age: the mean of the years carried, spread over ages
    by the moving weights; (counties, 111)."""
    county_of = region.village_county[residents.village]
    years = max(1, region.year - 2020)
    groups = np.searchsorted([15, 45, 65], np.arange(111), side="right")
    weight = np.asarray(p.move_weight)[groups]
    rates = np.zeros((len(region.counties.code), 111), dtype=np.float64)
    for county in range(len(rates)):
        ages = np.bincount(residents.age[county_of == county], minlength=111)
        weighted = float((ages * weight).sum())
        if weighted > 0.0:
            rates[county] = weight * float(ledger.moved_out[county]) / years / weighted
    return rates
