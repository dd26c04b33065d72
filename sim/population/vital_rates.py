"""Mortality and fertility by single year of age, from the table of observations.

National rates of the United Nations World Population Prospects 2024: mortality by sex and age
band for five-year periods, total fertility by year, its distribution over the mother's age.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import Fault, InputError
from sim.rules.demography import N_AGES

OBSERVATIONS = Path(__file__).parent.parent / "data" / "observations.csv"
FIRST_YEAR = 2015
LAST_YEAR = 2036  # years after the last period, 2030-2035, keep its rates

_MORTALITY_BANDS = (
    "0", "1-4", "5-9", "10-14", "15-19", "20-24", "25-29", "30-34", "35-39", "40-44", "45-49",
    "50-54", "55-59", "60-64", "65-69", "70-74", "75-79", "80-84", "85-89", "90-94", "95-99",
    "100+",
)  # fmt: skip
_FERTILITY_BANDS = ("15-19", "20-24", "25-29", "30-34", "35-39", "40-44", "45-49")
_SEXES = ("male", "female")
# A period is filed under the year three years after its first: 2023 is 2020-2024.
_YEARS_BEFORE_LABEL = 3
_PREFIXES = ("un_mortality_rate_", "un_total_fertility_rate", "un_fertility_share_age")


@dataclass(frozen=True, slots=True)
class Demography:
    """Rates of one year.

    year       calendar year
    mortality  (2 sexes male/female, 111 ages) deaths a person-year; constant within a band
    fertility  (111,) births a woman-year by the mother's age; 0 outside 15-49
    """

    year: int
    mortality: NDArray[np.float64]
    fertility: NDArray[np.float64]


def load_demography(year: int, path: Path = OBSERVATIONS) -> Demography:
    """Rates of a calendar year (2015-2036), the period that contains it; read-only arrays.

    Total fertility between two published years is interpolated linearly; a year before the first
    or after the last period of a table takes that period.

    Raises ValueError for a year outside the tables and InputError when rows are missing.

    Example
    -------
    >>> rates = load_demography(2023)
    >>> float(rates.mortality[0, 0]), round(float(rates.fertility.sum()), 3)
    (0.006179, 0.999)
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"year {year}: rates are known for {FIRST_YEAR} to {LAST_YEAR}")
    rows = _rows(Path(path))
    mortality = _mortality(rows, year, Path(path).name)
    fertility = _fertility(rows, year, Path(path).name)
    mortality.setflags(write=False)
    fertility.setflags(write=False)
    return Demography(year=year, mortality=mortality, fertility=fertility)


@lru_cache(maxsize=4)
def _rows(path: Path) -> dict[str, dict[int, float]]:
    """National United Nations rows: indicator -> year -> value."""
    table: dict[str, dict[int, float]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            indicator = row["indicator"]
            if row["geography"] == "national" and indicator.startswith(_PREFIXES):
                table.setdefault(indicator, {})[int(row["year"])] = float(row["value"])
    return table


def _of_period(rows: dict[str, dict[int, float]], indicator: str, year: int, file: str) -> float:
    """Value of the five-year period that contains `year`, or of the nearest period."""
    values = rows.get(indicator)
    if not values:
        raise InputError([Fault(file, 0, "indicator", "no row", f"national rows of {indicator}")])
    containing = [
        label
        for label in values
        if label - _YEARS_BEFORE_LABEL <= year < label - _YEARS_BEFORE_LABEL + 5
    ]
    if containing:
        return values[containing[0]]
    return values[min(values, key=lambda label: (abs(label - year), label))]


def _mortality(rows: dict[str, dict[int, float]], year: int, file: str) -> NDArray[np.float64]:
    mortality = np.empty((2, N_AGES), dtype=np.float64)
    for sex, name in enumerate(_SEXES):
        for band in _MORTALITY_BANDS:
            first, last = _ages(band)
            mortality[sex, first : last + 1] = _of_period(
                rows, f"un_mortality_rate_{name}_age:{band}", year, file
            )
    return mortality


def _fertility(rows: dict[str, dict[int, float]], year: int, file: str) -> NDArray[np.float64]:
    totals = rows.get("un_total_fertility_rate")
    if not totals:
        raise InputError(
            [Fault(file, 0, "indicator", "no row", "national rows of un_total_fertility_rate")]
        )
    years = sorted(totals)
    total = float(np.interp(year, years, [totals[known] for known in years]))
    shares = np.array(
        [
            _of_period(rows, f"un_fertility_share_age:{band}", year, file)
            for band in _FERTILITY_BANDS
        ]
    )
    fertility = np.zeros(N_AGES, dtype=np.float64)
    for band, share in zip(_FERTILITY_BANDS, shares / shares.sum(), strict=True):
        first, last = _ages(band)
        fertility[first : last + 1] = total * share / (last - first + 1)
    return fertility


def _ages(band: str) -> tuple[int, int]:
    """First and last single year of a band: "5-9" is (5, 9), "100+" is (100, 110)."""
    if band.endswith("+"):
        return int(band[:-1]), N_AGES - 1
    first, _, last = band.partition("-")
    return int(first), int(last or first)
