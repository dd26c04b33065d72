"""The published figures and the census, as look-ups that keep their source."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sim.tiers import AGE_BAND_KEYS

DATA = Path(__file__).resolve().parent.parent / "data"


@dataclass(frozen=True, slots=True)
class Observation:
    """One figure as it stands in observations.csv."""

    geography: str
    geography_zh: str
    year: int
    indicator: str
    indicator_zh: str
    value: float
    unit: str
    tier: str
    source: str
    status: str
    note: str


@dataclass(frozen=True, slots=True)
class CensusRow:
    """One county or total of the census of 2020; `male` and `female` by 19 age bands."""

    code: str
    name_zh: str
    is_total: bool
    population: int
    urban: int
    rural: int
    male: tuple[int, ...]
    female: tuple[int, ...]


def _year(text: str) -> int:
    return int(text[:4])


@cache
def observations() -> tuple[Observation, ...]:
    """All rows of observations.csv; a range of years is filed under its first."""
    with (DATA / "observations.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Observation(
                geography=row["geography"],
                geography_zh=row["geography_zh"],
                year=_year(row["year"]),
                indicator=row["indicator"],
                indicator_zh=row["indicator_zh"],
                value=float(row["value"]),
                unit=row["unit"],
                tier=row["tier"],
                source=row["source"],
                status=row["status"],
                note=row["note"],
            )
            for row in csv.DictReader(file)
        )  # fmt: skip


@cache
def _by_place() -> dict[tuple[str, str], list[Observation]]:
    index: dict[tuple[str, str], list[Observation]] = {}
    for observation in observations():
        index.setdefault((observation.geography, observation.indicator), []).append(observation)
    return index


def find(
    geography: str, indicator: str, year: int | None = None, tier: str | None = None
) -> Observation | None:
    """The first figure of a place, indicator, year and tier; None when there is none."""
    for found in _by_place().get((geography, indicator), ()):
        if year in (None, found.year) and tier in (None, found.tier):
            return found
    return None


def need(
    geography: str, indicator: str, year: int | None = None, tier: str | None = None
) -> Observation:
    """As `find`, for a figure a rule cannot do without.

    raises  LookupError when there is none
    """
    found = find(geography, indicator, year, tier)
    if found is None:
        raise LookupError(f"no observation {geography} {indicator} {year} {tier}")
    return found


def of_place(geography: str) -> list[Observation]:
    """Every figure of a place, in the order of the file."""
    return [found for found in observations() if found.geography == geography]


@cache
def census() -> dict[str, CensusRow]:
    """Census rows by division code."""
    with (DATA / "census2020_counties.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["code"]: _census_row(row) for row in rows}


def _census_row(row: dict[str, str]) -> CensusRow:
    bands = {
        sex: tuple(int(row[f"{sex}_{band}"]) for band in AGE_BAND_KEYS)
        for sex in ("male", "female")
    }
    return CensusRow(
        row["code"], row["county"], row["row_kind"] == "city_total", int(row["population"]),
        int(row["urban"]), int(row["rural"]), bands["male"], bands["female"],
    )  # fmt: skip


def english_names(codes: Iterable[str]) -> dict[str, str]:
    """Name used in observations.csv for each division code, matched by its Chinese name.

    raises  KeyError for a code the census does not list, or a county without observations
    """
    names = {found.geography_zh: found.geography for found in observations()}
    return {code: names[census()[code].name_zh] for code in codes}
