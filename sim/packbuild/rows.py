"""A drafted pack as the rows of its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.packbuild import capacity, prices, reference_county
from sim.packbuild.filling_rules import CENSUS_TABLES, SourceBook
from sim.packbuild.geography import CountyRow
from sim.packbuild.institutions import Facility
from sim.packbuild.settlements import Township, Village
from sim.packs.observed import find, of_place
from sim.packs.region_facts import RegionFacts
from sim.tiers import AGE_BAND_KEYS, TIER_KEYS

Row = dict[str, object]
ANCHOR_WORDS = (
    "beds", "doctors", "nurses", "gps", "institutions", "hospital_", "bed_use", "average_los",
    "visit_share", "resident_population", "urban_share", "health_",
)  # fmt: skip
REFERENCE_ANCHORS = (
    "visits_per_capita", "annual_hospitalization_rate", "average_los", "bed_use_rate",
    "doctor_daily_visits", "admissions_per_100_visits", "beds_per_1000", "doctors_per_1000",
)  # fmt: skip


@dataclass(slots=True)
class Draft:
    """A pack under construction."""

    facts: RegionFacts
    book: SourceBook
    origin: tuple[float, float]
    counties: list[CountyRow]
    townships: list[Township]
    villages: list[Village]
    facilities: list[Facility]
    stocks: list[Row]


def population_rows(draft: Draft) -> list[Row]:
    """Rows of population.csv: two a county."""
    known = {"status": "published", "source": draft.book.cite(CENSUS_TABLES)}
    if draft.facts.id == "reference":
        known = {"status": "derived", "source": draft.book.rule("r_census_scaled")}
    rows = []
    for county in draft.counties:
        for sex in ("male", "female"):
            persons = getattr(county.census, sex)
            bands = {f"age_{b}": n for b, n in zip(AGE_BAND_KEYS, persons, strict=True)}
            rows.append({"code": county.plan.code, "sex": sex, **bands, **known})
    return rows


def target_rows(draft: Draft) -> list[Row]:
    """Published residents of a county at a year's end; series before the census are left out."""
    rows: list[Row] = []
    for county in draft.counties:
        for year in range(2020, 2024):
            name = county.plan.name
            found = find(name, "resident_population", year) or find(
                f"{name} incl. zones", "resident_population", year
            )
            if found is not None:
                rows.append(
                    {"code": county.plan.code, "year_end": year, "persons": int(found.value),
                     "status": found.status, "source": draft.book.cite(found.source)}
                )  # fmt: skip
    return rows


def township_row(township: Township) -> Row:
    """One row of townships.csv."""
    return {
        "key": township.key, "county": township.county, "name": township.name,
        "name_zh": township.name_zh, "name_status": "assumed", "kind": township.kind,
        "east_km": round(township.east, 2), "north_km": round(township.north, 2),
        "villages": township.villages, "communities": township.communities,
        "status": "assumed", "source": "r_units_spread",
    }  # fmt: skip


def village_row(village: Village) -> Row:
    """One row of villages.csv."""
    return {
        "key": village.key, "township": village.township, "name": village.name,
        "name_zh": village.name_zh, "residence": "urban" if village.is_urban else "rural",
        "committee": village.committee, "weight": 1, "east_km": round(village.east, 2),
        "north_km": round(village.north, 2), "status": "assumed",
        "source": "r_urban_villages" if village.is_urban else "r_layout",
    }  # fmt: skip


def facility_row(facility: Facility, years: Sequence[int]) -> Row:
    """One row of facilities.csv, with beds and doctors of every year."""
    row: dict[str, object] = {
        "key": facility.key, "name": facility.name, "name_zh": facility.name_zh,
        "name_status": facility.name_status, "tier": TIER_KEYS[facility.tier],
        "kind": facility.kind, "county": facility.county, "township": facility.township,
        "village": facility.village, "east_km": round(facility.east, 2),
        "north_km": round(facility.north, 2), "place_outside": facility.place_outside,
        "is_delay": facility.is_delay, "withdrawn": facility.withdrawn,
        "opens_year": facility.opens_year, "last_year": facility.last_year,
        "beds_status": facility.beds_known[0], "beds_source": facility.beds_known[1],
        "doctors_status": facility.doctors_known[0], "doctors_source": facility.doctors_known[1],
    }  # fmt: skip
    for year in years:
        row[f"beds_{year}"] = facility.beds[year]
        row[f"doctors_{year}"] = facility.doctors[year]
    return row


def anchor_rows(draft: Draft) -> list[Row]:
    """Rows of anchors.csv: local published figures since 2020, national ones for the reference."""
    facts = draft.facts
    if facts.id == "reference":
        year = reference_county.YEAR
        found = [o for o in of_place(capacity.NATION)
                 if o.year == year and o.indicator in REFERENCE_ANCHORS]  # fmt: skip
    else:
        found = [o for o in of_place(facts.id)
                 if o.year >= 2020 and o.indicator.startswith(ANCHOR_WORDS)]  # fmt: skip
    kept: dict[tuple[str, str, int], Row] = {}
    for o in found:
        if o.status in ("published", "derived"):
            kept.setdefault(
                (o.indicator, o.tier, o.year),
                {"geography": facts.name if facts.id != "reference" else "China",
                 "indicator": o.indicator, "scope": o.tier, "year": o.year, "value": o.value,
                 "unit": o.unit, "definition": f"{o.indicator_zh}; {o.note}".rstrip("; "),
                 "status": o.status, "source": draft.book.cite(o.source)},
            )  # fmt: skip
    return list(kept.values())


def settings_tree(draft: Draft) -> dict[str, object]:
    """What region.yaml holds."""
    facts, book = draft.facts, draft.book
    counties = [county.census for county in draft.counties]
    published = []
    for year, stock in capacity.residents(facts).items() if facts.id != "reference" else ():
        if stock.source not in ("census", "r_population_between"):
            count = {"year_end": year, "persons": int(stock.value), "status": stock.status}
            published.append({**count, "source": book.cite(stock.source)})
    return {
        "id": facts.id, "name": facts.name, "name_zh": facts.name_zh,
        "province": facts.province, "province_zh": facts.province_zh,
        "area_km2": facts.area_km2, "years": list(facts.years),
        "origin": {"latitude": draft.origin[0], "longitude": draft.origin[1]},
        "census": {"year": capacity.CENSUS_YEAR, "counties": len(counties),
                   "population": sum(c.population for c in counties),
                   "urban": sum(c.urban for c in counties)},
        "resident_population": published,
        "contract_coverage": {"others": 0.30, "key_groups": 0.65, "status": "assumed",
                              "source": book.rule("r_contracts")},
        "insurance": prices.settings(facts, book),
    }  # fmt: skip
