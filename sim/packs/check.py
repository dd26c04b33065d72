"""Whether the tables of a pack fit together: keys, references, counts, sums, coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from difflib import get_close_matches

from sim.errors import Fault
from sim.packs.cells import Value
from sim.packs.check_facilities import (
    check_facility_rows,
    check_facility_stocks,
    check_open_facilities,
    check_positions,
    check_stocks,
    check_village_clinics,
)
from sim.packs.check_units import UNIT_CHECKS
from sim.packs.pack import Pack
from sim.packs.schema import (
    NONE,
    OUTSIDE,
    SCHEMES,
    SETTINGS_FILE,
    TableSchema,
)
from sim.tiers import AGE_BAND_KEYS, TIER_KEYS

UNIT_KINDS = {"town": "towns", "township": "townships", "subdistrict": "subdistricts"}
MOST_HINTS = 30
COMMITTEES = {"villages": "village", "communities": "community"}


def find_faults_between(pack: Pack, schemas: Iterable[TableSchema], faults: list[Fault]) -> None:
    """Append the faults that show only when cells, rows and files are put beside one another."""
    for schema in schemas:
        _unique(pack, schema, faults)
    checks: tuple[Callable[[Pack, list[Fault]], None], ...] = (
        _references, _sources, _population, _units, _villages, _residence, check_facility_rows,
        check_facility_stocks, check_open_facilities, check_village_clinics, check_stocks,
        check_positions, _prices, _insurance, _speeds, _years, *UNIT_CHECKS,
    )  # fmt: skip
    for check in checks:
        check(pack, faults)


def _unique(pack: Pack, schema: TableSchema, faults: list[Fault]) -> None:
    first: dict[tuple[Value, ...], int] = {}
    for line, values in pack.rows(schema.file, *schema.key):
        row = first.setdefault(tuple(values), line)
        if row != line:
            got = " ".join(str(value) for value in values) + f", as in row {row}"
            want = "each " + " and ".join(schema.key) + " once"
            faults.append(Fault(schema.file, line, schema.key[0], got, want, "Remove one row."))
            pack.tables[schema.file].is_complete = False


def _known(pack: Pack, file: str, name: str) -> set[Value]:
    return {values[0] for _, values in pack.rows(file, name)}


def _references(pack: Pack, faults: list[Fault]) -> None:
    """Every key that names a row of another file names one that is there."""
    links = (
        ("population.csv", "code", "counties.csv", "code", ()),
        ("targets.csv", "code", "counties.csv", "code", ()),
        ("townships.csv", "county", "counties.csv", "code", ()),
        ("villages.csv", "township", "townships.csv", "key", ()),
        ("facilities.csv", "county", "counties.csv", "code", (OUTSIDE,)),
        ("facilities.csv", "township", "townships.csv", "key", (NONE,)),
        ("facilities.csv", "village", "villages.csv", "key", (NONE,)),
    )
    for file, name, other, other_name, free in links:
        if not pack.whole(other, other_name):
            continue
        known = _known(pack, other, other_name)
        want = f"a {other_name} of {other}" + "".join(f" or {word}" for word in free)
        for line, (value,) in pack.rows(file, name):
            if value not in known and value not in free:
                hint = _nearest(str(value), known, faults)
                faults.append(Fault(file, line, name, repr(value), want, hint))


def _nearest(value: str, known: set[Value], faults: list[Fault]) -> str:
    """Which key may have been meant; not looked for when many are wrong, since it takes long."""
    if len(faults) > MOST_HINTS:
        return ""
    near = get_close_matches(value, sorted(map(str, known)), n=1, cutoff=0.8)
    return f"Did you mean {near[0]}?" if near else "Add the row there, or mend the key here."


def _sources(pack: Pack, faults: list[Fault]) -> None:
    if not pack.whole("sources.csv", "id"):
        return
    known = _known(pack, "sources.csv", "id")
    want = "an id of sources.csv"
    for file, table in pack.tables.items():
        for name in table.columns:
            if name == "source" or name.endswith("_source"):
                for line, (value,) in pack.rows(file, name):
                    if value not in known:
                        hint = _nearest(str(value), known, faults)
                        faults.append(Fault(file, line, name, repr(value), want, hint))
    for path, value in pack.settings.items():
        if path.endswith(".source") and value not in known:
            hint = _nearest(str(value), known, faults)
            faults.append(Fault(SETTINGS_FILE, 0, path, repr(value), want, hint))


def _population(pack: Pack, faults: list[Fault]) -> None:
    """Ages sum to the census total of each county, counties to the region's."""
    bands = [f"age_{band}" for band in AGE_BAND_KEYS]
    if not pack.whole("population.csv", "code", "sex", *bands):
        return
    persons: Counter[Value] = Counter()
    sexes: dict[Value, list[Value]] = {}
    for _, (code, sex, *ages) in pack.rows("population.csv", "code", "sex", *bands):
        persons[code] += sum(int(age) for age in ages)
        sexes.setdefault(code, []).append(sex)
    columns = ("code", "census_total", "census_urban", "census_rural")
    for line, (code, total, urban, rural) in pack.rows("counties.csv", *columns):
        if sorted(map(str, sexes.get(code, []))) != ["female", "male"]:
            got = f"{len(sexes.get(code, []))} rows of {code}"
            faults.append(Fault("population.csv", 0, "sex", got, "one row male, one female"))
        elif persons[code] != total:
            want = f"{persons[code]}, the sum of the ages of {code} in population.csv"
            faults.append(Fault("counties.csv", line, "census_total", str(total), want))
        if int(urban) + int(rural) != total:
            got = f"{urban} urban and {rural} rural"
            faults.append(Fault("counties.csv", line, "census_urban", got, f"sum {total}"))
    if not pack.whole("counties.csv", *columns):
        return
    rows = [values for _, values in pack.rows("counties.csv", *columns)]
    sums = {"counties": len(rows), "population": sum(int(row[1]) for row in rows),
            "urban": sum(int(row[2]) for row in rows)}  # fmt: skip
    for name, value in sums.items():
        reported = pack.settings.get(f"census.{name}")
        if reported is not None and reported != value:
            want = f"{value} as in counties.csv"
            faults.append(Fault(SETTINGS_FILE, 0, f"census.{name}", str(reported), want))


def _units(pack: Pack, faults: list[Fault]) -> None:
    """Townships of each kind and their committees are as many as the county's counts say."""
    columns = ("county", "kind", *COMMITTEES)
    if not pack.whole("townships.csv", *columns):
        return
    count: Counter[tuple[Value, str]] = Counter()
    for _, (county, kind, *committees) in pack.rows("townships.csv", *columns):
        count[county, UNIT_KINDS[str(kind)]] += 1
        for name, number in zip(COMMITTEES, committees, strict=True):
            count[county, name] += int(number)
    names = (*UNIT_KINDS.values(), *COMMITTEES)
    for line, (code, *numbers) in pack.rows("counties.csv", "code", *names):
        for name, number in zip(names, numbers, strict=True):
            if count[code, name] != number:
                want = f"{count[code, name]} as in townships.csv"
                faults.append(Fault("counties.csv", line, name, str(number), want))


def _villages(pack: Pack, faults: list[Fault]) -> None:
    """Villages of each township are as many as its committees; residents' ones are urban."""
    columns = ("township", "committee", "residence")
    if not pack.whole("villages.csv", *columns):
        return
    count: Counter[tuple[Value, Value]] = Counter()
    for line, (township, committee, residence) in pack.rows("villages.csv", *columns):
        count[township, committee] += 1
        if committee == "community" and residence != "urban":
            want = "urban for a residents' committee"
            faults.append(Fault("villages.csv", line, "residence", repr(residence), want))
    for line, (key, *numbers) in pack.rows("townships.csv", "key", *COMMITTEES):
        for name, number in zip(COMMITTEES, numbers, strict=True):
            found = count[key, COMMITTEES[name]]
            if found != number:
                want = f"{found} as in villages.csv"
                faults.append(Fault("townships.csv", line, name, str(number), want))


def _residence(pack: Pack, faults: list[Fault]) -> None:
    """A county with urban (rural) residents has an urban (rural) village for them."""
    if not (pack.whole("villages.csv", "township", "residence")
            and pack.whole("townships.csv", "key", "county")):  # fmt: skip
        return
    county_of = {key: county for _, (key, county) in pack.rows("townships.csv", "key", "county")}
    present = {
        (county_of.get(township), residence)
        for _, (township, residence) in pack.rows("villages.csv", "township", "residence")
    }
    for name in ("urban", "rural"):
        for line, (code, persons) in pack.rows("counties.csv", "code", f"census_{name}"):
            if int(persons) > 0 and (code, name) not in present:
                got, want = f"{persons} and no {name} village", f"a {name} village in {code}"
                faults.append(Fault("counties.csv", line, f"census_{name}", got, want))


def _prices(pack: Pack, faults: list[Fault]) -> None:
    if not pack.whole("prices.csv", "tier", "kind"):
        return
    given = {tuple(values) for _, values in pack.rows("prices.csv", "tier", "kind")}
    asked = {tuple(values) for _, values in pack.rows("facilities.csv", "tier", "kind")}
    for tier, kind in sorted(asked - given, key=str):
        got = f"no price of {tier} {kind}"
        faults.append(Fault("prices.csv", 0, "kind", got, "a row for each kind of facility"))


def _insurance(pack: Pack, faults: list[Fault]) -> None:
    for file, wanted in (
        ("insurance.csv", [(s, t) for s in SCHEMES for t in TIER_KEYS]),
        ("travel.csv", [(t,) for t in TIER_KEYS]),
    ):
        names = ("scheme", "tier")[-len(wanted[0]):]  # fmt: skip
        if pack.whole(file, *names):
            given = {tuple(values) for _, values in pack.rows(file, *names)}
            for key in wanted:
                if key not in given:
                    got = "no row " + " ".join(key)
                    faults.append(Fault(file, 0, "tier", got, "a row for each tier"))


def _speeds(pack: Pack, faults: list[Fault]) -> None:
    """The speed lies between the lowest and the highest to test."""
    columns = ("speed_low", "speed_kmh", "speed_high")
    for line, (low, speed, high) in pack.rows("travel.csv", *columns):
        if not float(low) <= float(speed) <= float(high):
            want = f"between speed_low {low} and speed_high {high}"
            faults.append(Fault("travel.csv", line, "speed_kmh", str(speed), want))


def _years(pack: Pack, faults: list[Fault]) -> None:
    years = [value for path, value in pack.settings.items() if path.startswith("years[")]
    if len(set(years)) < len(years):
        faults.append(Fault(SETTINGS_FILE, 0, "years[]", str(years), "each year once"))
