"""What a pack holds: its files and every column with type, unit, range and meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.tiers import AGE_BAND_KEYS, KIND_KEYS, TIER_KEYS, Kind, Tier

STATUSES = (
    "published", "derived", "computed", "literature", "calibrated", "assumed", "recalled",
)  # fmt: skip
COUNTY_KINDS = ("district", "county", "banner", "county_level_city")
TOWNSHIP_KINDS = ("town", "township", "subdistrict")
SCHEMES = ("employee", "resident")
STOCK_QUANTITIES = (
    "beds_total", "beds_not_simulated", "doctors_licensed", "doctors_in_facilities",
)  # fmt: skip
OUTSIDE = "outside"
NONE = "none"
CODE = "code"  # kind of a column that holds a division code
FIRST_YEAR, LAST_YEAR = 2020, 2035
ALWAYS, NEVER = 1900, 9999

# Tiers a kind of facility may stand at.
TIERS_OF_KIND: dict[Kind, tuple[Tier, ...]] = {
    Kind.VILLAGE_CLINIC: (Tier.VILLAGE,),
    Kind.COMMUNITY_STATION: (Tier.VILLAGE,),
    Kind.TOWNSHIP_CENTRE: (Tier.TOWNSHIP,),
    Kind.COMMUNITY_CENTRE: (Tier.TOWNSHIP,),
    Kind.GENERAL_HOSPITAL: (Tier.COUNTY, Tier.CITY),
    Kind.TCM_HOSPITAL: (Tier.COUNTY, Tier.CITY),
    Kind.MATERNAL_CHILD_HOSPITAL: (Tier.COUNTY, Tier.CITY),
    Kind.PRIVATE_HOSPITAL: (Tier.COUNTY,),
    Kind.REGIONAL_CENTRE: (Tier.REGIONAL,),
    Kind.OUTSIDE_HOSPITAL: (Tier.OUTSIDE,),
}
# Most beds and doctors one facility of a tier can plausibly have; beyond it a unit is wrong.
MOST_BEDS = {Tier.VILLAGE: 30, Tier.TOWNSHIP: 500, Tier.COUNTY: 4000, Tier.CITY: 8000,
             Tier.REGIONAL: 20000, Tier.OUTSIDE: 50000}  # fmt: skip
MOST_DOCTORS = {Tier.VILLAGE: 60, Tier.TOWNSHIP: 200, Tier.COUNTY: 2000, Tier.CITY: 4000,
                Tier.REGIONAL: 10000, Tier.OUTSIDE: 30000}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One declared quantity.

    kind     text | key | code | integer | number | boolean (yes, no) | choice
    unit     "" for names and labels
    low/high allowed range of numbers, ends included
    """

    name: str
    kind: str
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A file of the pack; `key` names the columns that together distinguish its rows."""

    file: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]


def key(name: str, meaning: str) -> Column:
    """A column of identifiers: letters, digits, dot, dash, underscore."""
    return Column(name, "key", meaning)


def text(name: str, meaning: str) -> Column:
    """A column of free text, one line, never empty."""
    return Column(name, "text", meaning)


def choice(name: str, choices: Sequence[str], meaning: str) -> Column:
    """A column that takes one of the words listed."""
    return Column(name, "choice", meaning, choices=tuple(choices))


def integer(name: str, unit: str, low: int, high: int, meaning: str) -> Column:
    """A column of whole numbers from low to high."""
    return Column(name, "integer", meaning, unit, low, high)


def number(name: str, unit: str, low: float, high: float, meaning: str) -> Column:
    """A column of decimal numbers from low to high."""
    return Column(name, "number", meaning, unit, low, high)


def boolean(name: str, meaning: str) -> Column:
    """A column of yes and no."""
    return Column(name, "boolean", meaning)


def stated(of: str) -> tuple[Column, Column]:
    """The two columns that say where a value comes from."""
    prefix = f"{of}_" if of else ""
    return (
        choice(f"{prefix}status", STATUSES, f"how {of or 'the row'} is known"),
        key(f"{prefix}source", "identifier of the source or rule in sources.csv"),
    )


_CODE = Column("code", CODE, "six-digit division code")
_EAST = number("east_km", "km", -3000, 3000, "distance east of the region's origin")
_NORTH = number("north_km", "km", -3000, 3000, "distance north of the region's origin")
_YEAR = integer("year", "year", FIRST_YEAR, LAST_YEAR, "calendar year")
_COUNT = "units of this kind in the county"

COUNTIES = TableSchema("counties.csv", "counties, districts and banners simulated", ("code",), (
    _CODE, text("name", "name"), text("name_zh", "name in Chinese"),
    choice("kind", COUNTY_KINDS, "kind of county-level division"),
    boolean("city_seat", "true where the city's own urban core and hospitals stand"),
    number("latitude", "degrees north", 18, 54, "latitude of the county seat"),
    number("longitude", "degrees east", 73, 136, "longitude of the county seat"),
    *stated("seat"),
    number("area_km2", "km2", 10, 250000, "land area"), *stated("area"),
    number("settled_share", "share", 0.01, 1, "share of the area in which villages lie"),
    *stated("settled"),
    integer("census_total", "persons", 1000, 5_000_000, "residents, census 2020"),
    integer("census_urban", "persons", 0, 5_000_000, "urban residents, census 2020"),
    integer("census_rural", "persons", 0, 5_000_000, "rural residents, census 2020"),
    *stated("census"),
    integer("towns", "count", 0, 100, _COUNT), integer("townships", "count", 0, 100, _COUNT),
    integer("subdistricts", "count", 0, 100, _COUNT),
    integer("village_committees", "count", 0, 3000, _COUNT),
    integer("residents_committees", "count", 0, 3000, _COUNT), *stated("units"),
    integer("villages", "count", 0, 5000, "villages simulated, merged committees split"),
    integer("communities", "count", 0, 3000, "residents' committees simulated"),
))  # fmt: skip

POPULATION = TableSchema("population.csv", "residents by sex and age band", ("code", "sex"), (
    _CODE, choice("sex", ("male", "female"), "sex"),
    *(integer(f"age_{band}", "persons", 0, 1_000_000, f"residents aged {band.replace('_', '-')}")
      for band in AGE_BAND_KEYS), *stated(""),
))  # fmt: skip

TARGETS = TableSchema("targets.csv", "published residents of a county", ("code", "year_end"), (
    _CODE, integer("year_end", "year", 2018, LAST_YEAR, "the count is of the end of this year"),
    integer("persons", "persons", 1000, 5_000_000, "resident population"), *stated(""),
))  # fmt: skip

TOWNSHIPS = TableSchema("townships.csv", "towns, townships, sumu and subdistricts", ("key",), (
    key("key", "identifier"), key("county", "division code of its county"),
    text("name", "name"), text("name_zh", "name in Chinese"),
    choice("name_status", STATUSES, "how the name is known"),
    choice("kind", TOWNSHIP_KINDS, "kind; sumu count as townships"), _EAST, _NORTH,
    integer("villages", "count", 0, 500, "villages"),
    integer("communities", "count", 0, 500, "residents' committees"), *stated(""),
))  # fmt: skip

VILLAGES = TableSchema("villages.csv", "villages and residents' committees", ("key",), (
    key("key", "identifier"), key("township", "key of its township"),
    text("name", "name"), text("name_zh", "name in Chinese"),
    choice("residence", ("rural", "urban"), "who lives here"),
    choice("committee", ("village", "community"), "village or residents' committee"),
    number("weight", "relative", 0.0001, 10000, "population relative to the others"),
    _EAST, _NORTH, *stated(""),
))  # fmt: skip


def facilities_schema(years: Sequence[int]) -> TableSchema:
    """Schema of facilities.csv; beds and doctors have a column for each year of the pack."""
    stock = [integer(f"beds_{y}", "beds", 0, 50000, f"beds of {y}") for y in years]
    stock += [number(f"doctors_{y}", "full-time doctors", 0, 30000, f"of {y}") for y in years]
    years_of = ("first year it is open", "last year it is open")
    return TableSchema("facilities.csv", "facilities of all tiers", ("key",), (
        key("key", "identifier"), text("name", "name"), text("name_zh", "name in Chinese"),
        choice("name_status", STATUSES, "how the name is known"),
        choice("tier", TIER_KEYS, "tier of care"), choice("kind", KIND_KEYS, "kind of facility"),
        key("county", "division code, or `outside` the simulated counties"),
        key("township", "key of its township for the two lowest tiers, else `none`"),
        key("village", "key of its village for the lowest tier, else `none`"), _EAST, _NORTH,
        boolean("place_outside", "true when it lies outside the region"),
        boolean("is_delay", "true when it has neither queue nor bed limit"),
        number("withdrawn", "share", 0, 0.95, "share of beds and rooms used by non-residents"),
        integer("opens_year", "year", ALWAYS, NEVER, years_of[0]),
        integer("last_year", "year", ALWAYS, NEVER, years_of[1]),
        *stock, *stated("beds"), *stated("doctors"),
    ))  # fmt: skip


STOCKS = TableSchema("stocks.csv", "stocks of the region by year", ("quantity", "year"), (
    choice("quantity", STOCK_QUANTITIES, "what is counted"), _YEAR,
    number("value", "beds or persons", 0, 2_000_000, "the stock"), *stated(""),
))  # fmt: skip

PRICES = TableSchema("prices.csv", "charges by tier and kind", ("tier", "kind"), (
    choice("tier", TIER_KEYS, "tier of care"), choice("kind", KIND_KEYS, "kind of facility"),
    integer("outpatient_fen", "fen", 500, 500_000, "charge of a visit, constant 2023 prices"),
    integer("inpatient_fen", "fen", 0, 20_000_000, "mean charge of a stay"), *stated(""),
))  # fmt: skip

INSURANCE = TableSchema("insurance.csv", "reimbursement by scheme and tier", ("scheme", "tier"), (
    choice("scheme", SCHEMES, "insurance scheme"), choice("tier", TIER_KEYS, "tier of care"),
    integer("outpatient_rate_bp", "basis points", 0, 10000, "of a visit's charge, by the fund"),
    integer("inpatient_rate_bp", "basis points", 0, 10000, "of a stay's charge above deductible"),
    integer("inpatient_deductible_fen", "fen", 0, 500_000, "first admission of a year"),
    *stated("outpatient"), *stated("inpatient"), *stated("deductible"),
))  # fmt: skip

TRAVEL = TableSchema("travel.csv", "speed and access time by tier", ("tier",), (
    choice("tier", TIER_KEYS, "tier of care"),
    number("speed_kmh", "km/h", 2, 400, "speed on the road"),
    number("speed_low", "km/h", 2, 400, "lowest speed to test"),
    number("speed_high", "km/h", 2, 400, "highest speed to test"),
    number("access_minutes", "minutes", 0, 240, "time to set out, park and find the way"),
    number("road_factor", "ratio", 1, 3, "road distance over straight distance"), *stated(""),
))  # fmt: skip

ANCHORS = TableSchema("anchors.csv", "published figures to compare results with", (
    "geography", "indicator", "scope", "year",
), (
    text("geography", "where"), key("indicator", "what"), key("scope", "tier or group as printed"),
    integer("year", "year", 2000, LAST_YEAR, "calendar year"),
    number("value", "see unit", -1e12, 1e15, "the figure"), text("unit", "its unit"),
    text("definition", "what is counted, as far as the source says"), *stated(""),
))  # fmt: skip

SOURCES = TableSchema("sources.csv", "sources and filling rules", ("id",), (
    key("id", "identifier used by the other files"),
    choice("type", ("publication", "rule"), "a publication, or a rule that fills a gap"),
    text("description", "the publication as cited, or the rule in words"),
))  # fmt: skip

FIXED_TABLES = (
    COUNTIES, POPULATION, TARGETS, TOWNSHIPS, VILLAGES, STOCKS, PRICES, INSURANCE, TRAVEL,
    ANCHORS, SOURCES,
)  # fmt: skip
# A region may have no county with a published count of residents, and no local anchor.
MAY_BE_EMPTY = ("targets.csv", "anchors.csv")
SETTINGS_FILE = "region.yaml"
# In the order in which a new pack is best filled.
PACK_FILES = (
    SETTINGS_FILE, "sources.csv", "counties.csv", "population.csv", "targets.csv", "townships.csv",
    "villages.csv", "facilities.csv", "stocks.csv", "prices.csv", "insurance.csv", "travel.csv",
    "anchors.csv",
)  # fmt: skip
