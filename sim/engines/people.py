"""Residents and the rates they move at → the table of records the kernels read and write."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.engines.kernels import layout as L
from sim.engines.kernels.census import Columns, write_residents
from sim.engines.workers import Workers, split
from sim.population import Ledger, Residents
from sim.region import Region


def people_table(residents: Residents, demography: Any, workers: Workers) -> tuple[Any, int]:
    """Residents as one table of records; rows beyond the count are for the year's newborns."""
    n = residents.count
    women = float(demography.fertility.max()) * n / 4.0
    capacity = n + int(women + 8.0 * women**0.5) + 1_000
    people = np.zeros(capacity, dtype=L.PERSON).view(np.recarray)
    columns = Columns(**{name: getattr(residents, name) for name in Columns._fields})
    workers.run(lambda _, a, b: write_residents(columns, people, a, b), split(n, workers.count))
    return people, n


def move_rates(region: Region, residents: Residents, ledger: Ledger, p: Any) -> np.ndarray:
    """Moves out a person-year by county and age: the mean of the years carried, spread over ages
    by the moving weights; (counties, 111)."""
    n_counties = len(region.counties.code)
    cell = region.village_county.astype(np.int64)[residents.village] * 111 + residents.age
    by_age = np.bincount(cell, minlength=n_counties * 111).reshape(n_counties, 111)
    years = max(1, region.year - 2020)
    groups = np.searchsorted([15, 45, 65], np.arange(111), side="right")
    weight = np.asarray(p.move_weight)[groups]
    rates = np.zeros((n_counties, 111), dtype=np.float64)
    for county in range(n_counties):
        weighted = float((by_age[county] * weight).sum())
        if weighted > 0.0:
            rates[county] = weight * float(ledger.moved_out[county]) / years / weighted
    return rates
