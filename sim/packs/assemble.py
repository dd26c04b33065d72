"""From the sound tables of a pack to the arrays of a Region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from sim.packs.pack import Pack
from sim.packs.schema import SCHEMES
from sim.packs.travel import Modes, Places, home_distance, travel_table
from sim.region import (
    Counties,
    Facilities,
    Floats,
    Insurance,
    Ints,
    Region,
    Townships,
    Villages,
)
from sim.tiers import AGE_BAND_KEYS, KIND_KEYS, TIER_KEYS, Tier

MINUTES = 60.0


class _Rows:
    """Columns of one table as lists and arrays, restricted to some rows."""

    def __init__(self, pack: Pack, file: str, keep: Sequence[int] | None = None) -> None:
        self._table = pack.tables[file]
        self._keep = range(len(self._table)) if keep is None else keep

    def _column(self, name: str) -> list[object]:
        column = self._table[name]
        return [column[i] for i in self._keep]

    def text(self, name: str) -> tuple[str, ...]:
        return tuple(cast("list[str]", self._column(name)))

    def ints(self, name: str) -> Ints:
        return np.array(self._column(name), dtype=np.int64)

    def floats(self, name: str) -> Floats:
        return np.array(self._column(name), dtype=np.float64)

    def flags(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return np.array(self._column(name), dtype=np.bool_)

    def index(self, name: str, known: Sequence[str]) -> Ints:
        place = {key: i for i, key in enumerate(known)}
        return np.array([place.get(key, -1) for key in self.text(name)], dtype=np.int64)


def assemble(pack: Pack, year: int, digest: str) -> Region:
    """Region of a checked pack in one year; facilities not open in that year are left out."""
    rows = _open_rows(pack, year)
    return _assemble(pack, year, digest, rows, rows)


def assemble_for_path(pack: Pack, year: int, digest: str, seen_in: int) -> Region:
    """Region of a year with every facility that is open in any year from the pack's first on, so
    that a path keeps one list of them; residents reach those open in the year `seen_in`."""
    last = pack.tables["facilities.csv"]["last_year"]
    ever = [i for i, until in enumerate(last) if cast("int", until) >= min(pack.years)]
    return _assemble(pack, year, digest, ever, _open_rows(pack, seen_in))


def opening_year(pack: Pack) -> int | None:
    """Year in which a regional centre of the region opens after the pack's last year, if any."""
    table = pack.tables["facilities.csv"]
    opens = [cast("int", year) for year in table["opens_year"]]
    later = [year for year in opens if year > max(pack.years)]
    return min(later) if later else None


def _assemble(pack: Pack, year: int, digest: str, rows: list[int], reached: list[int]) -> Region:
    """`rows` of facilities.csv in a year; residents choose among the rows `reached`."""
    settings = pack.settings
    counties = _counties(pack, year)
    townships_table = _Rows(pack, "townships.csv")
    townships = Townships(
        townships_table.text("name"), townships_table.index("county", counties.code)
    )
    facilities = _facilities(pack, rows, counties.code, year)
    chosen = facilities if reached == rows else _facilities(pack, reached, counties.code, year)
    villages = _villages(pack, reached, counties, townships, chosen)
    if reached != rows:
        place = np.searchsorted(np.array(rows), np.array(reached))
        at = np.where(villages.facility >= 0, place[villages.facility], -1)
        villages = replace(villages, facility=at)
    coverage = [settings["contract_coverage.others"], settings["contract_coverage.key_groups"]]
    return Region(
        str(settings["id"]), str(settings["name"]), str(settings["name_zh"]), year, counties,
        townships, villages, facilities, _insurance(pack), np.array(coverage, dtype=np.float64),
        digest,
    )  # fmt: skip


def _counties(pack: Pack, year: int) -> Counties:
    table = _Rows(pack, "counties.csv")
    codes = table.text("code")
    census = np.zeros((len(codes), 2, len(AGE_BAND_KEYS)), dtype=np.int64)
    people = _Rows(pack, "population.csv")
    at = people.index("code", codes), people.index("sex", ("male", "female"))
    for i, band in enumerate(AGE_BAND_KEYS):
        census[*at, i] = people.ints(f"age_{band}")
    target = np.zeros(len(codes), dtype=np.int64)
    for _, (code, year_end, persons) in pack.rows("targets.csv", "code", "year_end", "persons"):
        # A count at the end of a year is the count at the start of the next.
        if int(year_end) == year - 1:
            target[codes.index(str(code))] = persons
    is_district = np.array([kind == "district" for kind in table.text("kind")])
    return Counties(
        codes, table.text("name"), table.text("name_zh"), is_district, census,
        table.ints("census_urban"), target,
    )  # fmt: skip


def _open_rows(pack: Pack, year: int) -> list[int]:
    table = pack.tables["facilities.csv"]
    years = zip(table["opens_year"], table["last_year"], strict=True)
    return [
        i for i, (opens, last) in enumerate(years)
        if cast("int", opens) <= year <= cast("int", last)
    ]  # fmt: skip


def _facilities(pack: Pack, rows: Sequence[int], codes: Sequence[str], year: int) -> Facilities:
    table = _Rows(pack, "facilities.csv", rows)
    tier, kind = table.index("tier", TIER_KEYS), table.index("kind", KIND_KEYS)
    prices = {
        (TIER_KEYS.index(str(t)), KIND_KEYS.index(str(k))): (int(visit), int(stay))
        for _, (t, k, visit, stay) in pack.rows(
            "prices.csv", "tier", "kind", "outpatient_fen", "inpatient_fen"
        )
    }
    charges = np.array(
        [prices[t, k] for t, k in zip(tier.tolist(), kind.tolist(), strict=True)], dtype=np.int64
    )
    return Facilities(
        table.text("key"), table.text("name"), table.text("name_zh"), tier, kind,
        table.index("county", codes), table.flags("place_outside"), table.ints(f"beds_{year}"),
        table.floats(f"doctors_{year}"), table.flags("is_delay"), table.floats("withdrawn"),
        np.ascontiguousarray(charges[:, 0]), np.ascontiguousarray(charges[:, 1]),
        np.zeros((len(tier), 4)), np.zeros(len(tier)),
    )  # fmt: skip


def _villages(
    pack: Pack,
    rows: Sequence[int],
    counties: Counties,
    townships: Townships,
    facilities: Facilities,
) -> Villages:
    table, county_table = _Rows(pack, "villages.csv"), _Rows(pack, "counties.csv")
    facility_table = _Rows(pack, "facilities.csv", rows)
    keys = _Rows(pack, "townships.csv").text("key")
    township = table.index("township", keys)
    county = townships.county[township]
    is_urban = np.array([residence == "urban" for residence in table.text("residence")])
    settled = county_table.floats("area_km2") * county_table.floats("settled_share")
    rural = np.bincount(county[~is_urban], minlength=len(counties.code))
    places = Places(
        np.stack([table.floats("east_km"), table.floats("north_km")], axis=1), county, township,
        home_distance(settled[county], rural[county], is_urban),
        np.stack([facility_table.floats("east_km"), facility_table.floats("north_km")], axis=1),
        facilities.county, facility_table.index("township", keys), facilities.tier,
        facilities.kind, facilities.beds,
    )  # fmt: skip
    facility, hours = travel_table(places, _modes(pack))
    return Villages(township, is_urban, table.floats("weight"), facility, hours)


def _modes(pack: Pack) -> Modes:
    table = _Rows(pack, "travel.csv")
    order = np.argsort(table.index("tier", TIER_KEYS))
    return Modes(
        table.floats("speed_kmh")[order],
        table.floats("access_minutes")[order] / MINUTES,
        table.floats("road_factor")[order],
    )


def _insurance(pack: Pack) -> Insurance:
    table, settings = _Rows(pack, "insurance.csv"), pack.settings
    at = table.index("scheme", SCHEMES), table.index("tier", TIER_KEYS)

    def by_tier(name: str) -> Ints:
        values = np.zeros((len(SCHEMES), len(Tier)), dtype=np.int64)
        values[at] = table.ints(name)
        return values

    def caps(name: str) -> Ints:
        paths = [f"insurance.{name}.{scheme}.value" for scheme in SCHEMES]
        return np.array([settings[path] for path in paths], dtype=np.int64)

    factors = [settings[f"insurance.deductible_factor_bp.values[{i}]"] for i in range(3)]
    employees = [
        [settings[f"insurance.employee_share.{residence}[{i}]"] for i in range(4)]
        for residence in ("rural", "urban")
    ]
    return Insurance(
        by_tier("outpatient_rate_bp"), caps("outpatient_cap_fen"), by_tier("inpatient_rate_bp"),
        by_tier("inpatient_deductible_fen"), np.array(factors, dtype=np.int64),
        caps("inpatient_cap_fen"), np.array(employees, dtype=np.float64),
    )  # fmt: skip
