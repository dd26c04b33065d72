"""Build a pack from the published figures by the filling rules; the same bytes every time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from ruamel.yaml import YAML

from sim.packbuild import (
    capacity,
    geography,
    institutions,
    prices,
    reference_county,
    rows,
    sharing_out,
)
from sim.packbuild.filling_rules import CITY_SEAT_WEIGHT, SourceBook
from sim.packbuild.rows import Draft, Row
from sim.packbuild.settlements import Township, Village, lay_out_townships, lay_out_villages
from sim.packbuild.sources import sources_page
from sim.packs.observed import need
from sim.packs.region_facts import FACTS, RegionFacts
from sim.packs.schema import FIXED_TABLES, SETTINGS_FILE, TableSchema, facilities_schema

REGIONS_FOLDER = Path(__file__).resolve().parent.parent / "regions"
# Two places have a split of beds of their own; all others follow the general rules.
OWN_BED_RULE = {"taonan": "r_taonan_beds", "reference": "r_reference_beds"}


def build(region: str, folder: Path = REGIONS_FOLDER) -> Path:
    """Write the pack of one region and return its folder.

    region  one of region_facts.REGIONS
    folder  the pack is written to folder/region
    """
    draft = _draft(FACTS[region])
    files = _files(draft)
    target = folder / region
    target.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (target / name).write_text(text, encoding="utf-8", newline="\n")
    return target


def _draft(facts: RegionFacts) -> Draft:
    book = SourceBook()
    origin = geography.origin(facts)
    counties = geography.county_rows(facts, origin, book)
    townships: list[Township] = []
    villages: list[Village] = []
    for county in counties:
        others = [other.plan for other in counties if other is not county]
        placed = lay_out_townships(county.plan, others)
        townships += placed
        villages += lay_out_villages(county.plan, placed)
    for rule in ("r_units_spread", "r_urban_villages", "r_layout"):
        book.rule(rule)
    township_rule = OWN_BED_RULE.get(facts.id, "r_township_beds")
    county_rule = OWN_BED_RULE.get(facts.id, "r_county_beds")
    facilities = institutions.village_tier(villages, book)
    facilities += institutions.township_tier(townships, villages, township_rule, book)
    facilities += institutions.county_tier([c.plan for c in counties], facts, county_rule, book)
    facilities += institutions.city_tier(facts, geography.city_seat(facts, origin), book)
    facilities += geography.delay_facilities(facts, origin, book)
    draft = Draft(facts, book, origin, counties, townships, villages, facilities, [])
    _fill_stocks(draft)
    return draft


def _fill_stocks(draft: Draft) -> None:
    facts, book = draft.facts, draft.book
    people = {c.plan.code: float(c.census.population) for c in draft.counties}
    weight = {code: CITY_SEAT_WEIGHT if code in facts.urban_core else 1.0 for code in people}
    public = {code: people[code] * weight[code] for code in people}
    published = {
        f"m-{facts.id}-{i + 1}": int(need(facts.id, "hospital_beds", tier="city").value)
        for i, hospital in enumerate(facts.city)
        if hospital.indicator
    }
    for year in facts.years:
        if facts.id == "reference":
            groups, by_tier = reference_county.bed_groups(), reference_county.doctors()
            beds = capacity.Stock(groups.total, "derived", book.rule("r_reference_beds"))
            licensed = capacity.Stock(
                round(sum(by_tier.values())), "derived", book.rule("r_reference_doctors")
            )
        else:
            beds = capacity.stock(facts, "beds", year, book)
            licensed = capacity.stock(facts, "doctors", year, book)
            groups = capacity.bed_groups(facts, int(beds.value))
        sharing_out.fill_beds(draft.facilities, year, groups, public, people, published)
        if facts.id != "reference":
            residents = capacity.residents(facts)[year].value
            by_tier = sharing_out.doctors_by_tier(draft.facilities, year, residents, licensed.value)
        sharing_out.fill_doctors(draft.facilities, year, by_tier)
        draft.stocks += _stock_rows(draft, year, beds, licensed, groups.not_simulated)


def _stock_rows(
    draft: Draft, year: int, beds: capacity.Stock, licensed: capacity.Stock, not_simulated: int
) -> list[Row]:
    inside = [f for f in draft.facilities if not f.is_delay]
    doctors = round(sum(f.doctors[year] for f in inside), 2)
    taonan = draft.facts.id == "taonan"
    outside = ("derived", draft.book.rule("r_taonan_beds" if taonan else "r_not_simulated"))
    doctors_rule = draft.book.rule("r_doctors")

    values = (
        ("beds_total", int(beds.value), beds.status, beds.source),
        ("beds_not_simulated", not_simulated, *outside),
        ("doctors_licensed", int(licensed.value), licensed.status, licensed.source),
        ("doctors_in_facilities", doctors, "assumed", doctors_rule),
    )
    return [
        {"quantity": q, "year": year, "value": v, "status": s, "source": o} for q, v, s, o in values
    ]


def _files(draft: Draft) -> dict[str, str]:
    """Every file of the pack as text; sources.csv last, when all is cited."""
    schemas = {schema.file: schema for schema in FIXED_TABLES}
    schemas["facilities.csv"] = facilities_schema(draft.facts.years)
    tables: dict[str, list[Row]] = {
        "counties.csv": [county.row for county in draft.counties],
        "population.csv": rows.population_rows(draft),
        "targets.csv": rows.target_rows(draft),
        "townships.csv": [rows.township_row(t) for t in draft.townships],
        "villages.csv": [rows.village_row(v) for v in draft.villages],
        "facilities.csv": [rows.facility_row(f, draft.facts.years) for f in draft.facilities],
        "stocks.csv": draft.stocks,
        "prices.csv": prices.price_rows(
            {(f.tier.name.lower(), f.kind) for f in draft.facilities}, draft.book
        ),
        "insurance.csv": list(prices.insurance_rows(draft.facts, draft.book)),
        "travel.csv": geography.travel_rows(draft.facts, draft.book),
        "anchors.csv": rows.anchor_rows(draft),
    }
    settings = rows.settings_tree(draft)
    tables["sources.csv"] = list(draft.book.rows())
    files = {name: _csv(schemas[name], table) for name, table in tables.items()}
    files[SETTINGS_FILE] = _yaml(settings)
    derivation = reference_county.derivation() if draft.facts.id == "reference" else ()
    files["SOURCES.md"] = sources_page(draft.facts.name, settings, tables, derivation)
    return files


def _csv(schema: TableSchema, table: Iterable[Row]) -> str:
    out = io.StringIO(newline="")
    names = [column.name for column in schema.columns]
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(row[name]) for name in names} for row in table)
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        text = f"{value:.6f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    return str(value)


def _yaml(settings: Mapping[str, object]) -> str:
    yaml = YAML()
    yaml.width = 4096
    out = io.StringIO()
    yaml.dump(dict(settings), out)
    return out.getvalue()
