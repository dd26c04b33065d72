"""Counties of a region with their seats and areas, the cities beyond it, and how one travels."""

from __future__ import annotations

from dataclasses import dataclass

from sim.packbuild import reference_county
from sim.packbuild.filling_rules import CENSUS_TABLES, SourceBook
from sim.packbuild.institutions import Facility, delay
from sim.packbuild.settlements import CountyPlan, count_villages, plane
from sim.packs.observed import CensusRow, census, english_names, find, need
from sim.packs.region_facts import FACTS, Point, RegionFacts
from sim.packs.schema import NEVER
from sim.tiers import TIER_KEYS, Tier

KINDS_ZH = {"区": "district", "县": "county", "旗": "banner", "市": "county_level_city"}
UNIT_COLUMNS = ("towns", "townships", "subdistricts", "village_committees", "residents_committees")
# Share of a county's area in which villages lie, by residents per km2.
SETTLED = ((30, 1.0), (10, 0.5), (0, 0.25))
HIGHWAY_FACTOR = 1.25
# Speed with its lowest and highest to test, km/h, and minutes to set out, wait and park.
TRAVEL_MODES = {
    "village": (15, 5, 25, 3), "township": (28, 20, 40, 5), "county": (45, 30, 60, 10),
    "city": (60, 45, 80, 15), "regional": (80, 60, 120, 20), "outside": (80, 60, 150, 30),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CountyRow:
    """A county: what the layout needs, its census and its row of counties.csv."""

    plan: CountyPlan
    census: CensusRow
    row: dict[str, object]


def origin(facts: RegionFacts) -> tuple[float, float]:
    """Latitude and longitude of the region's city seat, the origin of its plane."""
    if facts.id == "reference":
        return 35.0, 115.0
    axes = ("seat_latitude", "seat_longitude")
    return tuple(need(facts.id, axis).value for axis in axes)  # type: ignore[return-value]


def city_seat(facts: RegionFacts, at: tuple[float, float]) -> tuple[float, float]:
    """Position of the city's hospitals in km: the city seat is the origin."""
    return plane(*at, at)


def county_rows(facts: RegionFacts, at: tuple[float, float], book: SourceBook) -> list[CountyRow]:
    """Counties of a region in the order of their codes; the reference county stands alone."""
    if facts.id == "reference":
        return [_reference_row(book)]
    names = english_names(facts.counties)
    return [_county_row(facts, code, names[code], at, book) for code in sorted(facts.counties)]


def _county_row(
    facts: RegionFacts, code: str, name: str, at: tuple[float, float], book: SourceBook
) -> CountyRow:
    people = census()[code]
    # The county-level row, where a place has a city-level one of the same name too.
    seats = [find(name, f"seat_{axis}", tier="county") or need(name, f"seat_{axis}")
             for axis in ("latitude", "longitude")]  # fmt: skip
    area = find(f"{name} incl. zones", "area_km2") or need(name, "area_km2")
    units = {column: _count(name, column) for column in UNIT_COLUMNS}
    unit_source = need(name, "village_committees", 2023).source
    settled = next(share for least, share in SETTLED if people.population / area.value >= least)
    villages = count_villages(
        people.urban, people.rural, units["village_committees"], units["residents_committees"]
    )
    shown = "Taonan" if name == "taonan" else name
    east, north = plane(seats[0].value, seats[1].value, at)
    plan = CountyPlan(
        code, shown, people.name_zh, east, north, settled * area.value, people.urban,
        people.rural, units["towns"], units["townships"], units["subdistricts"], villages,
        units["residents_committees"],
    )  # fmt: skip
    row = {
        "code": code, "name": shown, "name_zh": people.name_zh,
        "kind": KINDS_ZH[people.name_zh[-1]], "city_seat": code == facts.seat,
        "latitude": seats[0].value, "longitude": seats[1].value, "seat_status": seats[0].status,
        "seat_source": book.cite(seats[0].source) if seats[0].status == "published"
        else book.rule("r_seat"),
        "area_km2": area.value, "area_status": area.status,
        "area_source": book.cite(area.source) if area.status == "published"
        else book.rule("r_area"),
        "settled_share": settled, "settled_status": "assumed",
        "settled_source": book.rule("r_settled"), "census_total": people.population,
        "census_urban": people.urban, "census_rural": people.rural,
        "census_status": "published", "census_source": book.cite(CENSUS_TABLES), **units,
        "villages": villages, "communities": units["residents_committees"],
        "units_status": "published", "units_source": book.cite(unit_source),
    }  # fmt: skip
    return CountyRow(plan, people, row)


def _count(name: str, unit: str) -> int:
    found = find(name, unit, 2023)
    return int(found.value) if found is not None else 0


def _reference_row(book: SourceBook) -> CountyRow:
    people, area = reference_county.census_row(), FACTS["reference"].area_km2
    plan = CountyPlan(
        people.code, "Reference county", people.name_zh, 0.0, 0.0, area, people.urban,
        people.rural, *reference_county.UNITS.values(),
    )  # fmt: skip
    geometry = book.rule("r_reference_geometry")
    row = {
        "code": people.code, "name": plan.name, "name_zh": plan.name_zh, "kind": "county",
        "city_seat": False, "latitude": 35.0, "longitude": 115.0, "seat_status": "assumed",
        "seat_source": geometry, "area_km2": area, "area_status": "assumed",
        "area_source": geometry, "settled_share": 1.0, "settled_status": "assumed",
        "settled_source": geometry, "census_total": people.population,
        "census_urban": people.urban, "census_rural": people.rural, "census_status": "assumed",
        "census_source": book.rule("r_reference_urban"), **reference_county.UNITS,
        "villages": plan.villages, "communities": plan.communities,
        "units_status": "derived", "units_source": book.rule("r_reference_units"),
    }  # fmt: skip
    return CountyRow(plan, people, row)


def delay_facilities(
    facts: RegionFacts, at: tuple[float, float], book: SourceBook
) -> list[Facility]:
    """City, regional and outside facilities beyond the counties."""
    found = []
    if facts.city_outside_at is not None:
        city = _place(facts.city_outside_at, at)
        for i, hospital in enumerate(facts.city_outside):
            names, key = (hospital.name, hospital.name_zh), f"m-{facts.id}-{i + 1}"
            status = hospital.name_status
            found.append(
                delay(key, names, Tier.CITY, hospital.kind, city, book, name_status=status)
            )
    if facts.regional_outside is not None:
        point = facts.regional_outside
        last = facts.centre_opens - 1 if facts.centre else NEVER
        names, key = (point.name, point.name_zh), f"r-{facts.id}-outside"
        at_point = _place(point, at)
        found.append(
            delay(key, names, Tier.REGIONAL, "regional_centre", at_point, book, last_year=last)
        )
    point = facts.outside
    names = (point.name, point.name_zh)
    found.append(
        delay(f"x-{facts.id}", names, Tier.OUTSIDE, "outside_hospital", _place(point, at), book)
    )
    return found


def _place(point: Point, at: tuple[float, float]) -> tuple[float, float]:
    return plane(point.latitude, point.longitude, at)


def travel_rows(facts: RegionFacts, book: SourceBook) -> list[dict[str, object]]:
    """Rows of travel.csv: speed, access time and road factor by tier."""
    return [
        {"tier": tier, "speed_kmh": speed, "speed_low": low, "speed_high": high,
         "access_minutes": access, "road_factor": _road_factor(facts, tier),
         "status": "assumed", "source": book.rule("r_travel")}
        for tier in TIER_KEYS
        for speed, low, high, access in [TRAVEL_MODES[tier]]
    ]  # fmt: skip


def _road_factor(facts: RegionFacts, tier: str) -> float:
    return HIGHWAY_FACTOR if tier in ("regional", "outside") else facts.road_factor
