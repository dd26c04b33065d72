"""region.yaml read strictly: every scalar is taken as text and parsed by a declared column."""

from __future__ import annotations

import re
from difflib import get_close_matches

from ruamel.yaml.error import YAMLError

from sim.errors import Fault
from sim.packs.cells import (
    LONGEST_SHOWN,
    Value,
    cell_fault,
    decode,
    expected,
    named,
    parse_cell,
)
from sim.packs.columns import where_to_find
from sim.packs.schema import (
    FIRST_YEAR,
    LAST_YEAR,
    SETTINGS_FILE,
    STATUSES,
    Column,
    choice,
    integer,
    key,
    number,
    text,
)
from sim.packs.yaml_text import scalars, yaml_fault

_STATUS = choice("status", STATUSES, "how the value is known")
_SOURCE = key("source", "identifier in sources.csv")
_FEN = integer("value", "fen", 0, 1_000_000_000, "yearly cap a person, 0 for none")
_PERSONS = integer("persons", "persons", 1000, 50_000_000, "residents")
_SHARE = number("share", "share", 0, 1, "share of persons")

# Path of every setting; [] stands for an item of a list.
SETTINGS: dict[str, Column] = {
    "id": key("id", "identifier"),
    "name": text("name", "name"),
    "name_zh": text("name_zh", "name in Chinese"),
    "province": text("province", "province"),
    "province_zh": text("province_zh", "province in Chinese"),
    "area_km2": number("area_km2", "km2", 10, 300_000, "land area"),
    "years[]": integer("years", "year", FIRST_YEAR, LAST_YEAR, "years the stocks are given for"),
    "origin.latitude": number("latitude", "degrees north", 18, 54, "origin of the plane"),
    "origin.longitude": number("longitude", "degrees east", 73, 136, "origin of the plane"),
    "census.year": integer("year", "year", 2020, 2020, "year of the census"),
    "census.counties": integer("counties", "count", 1, 50, "counties simulated"),
    "census.population": _PERSONS,
    "census.urban": integer("urban", "persons", 0, 50_000_000, "urban residents"),
    "resident_population[].year_end": integer("year_end", "year", 2018, LAST_YEAR, "year's end"),
    "resident_population[].persons": _PERSONS,
    "resident_population[].status": _STATUS,
    "resident_population[].source": _SOURCE,
    "contract_coverage.others": _SHARE,
    "contract_coverage.key_groups": _SHARE,
    "contract_coverage.status": _STATUS,
    "contract_coverage.source": _SOURCE,
    "insurance.deductible_factor_bp.values[]": integer(
        "values", "basis points", 0, 10000, "factor on the deductible, admission 1, 2, 3"
    ),
    "insurance.deductible_factor_bp.status": _STATUS,
    "insurance.deductible_factor_bp.source": _SOURCE,
    "insurance.employee_share.rural[]": _SHARE,
    "insurance.employee_share.urban[]": _SHARE,
    "insurance.employee_share.status": _STATUS,
    "insurance.employee_share.source": _SOURCE,
    **{
        f"insurance.{cap}.{scheme}.{name}": column
        for cap in ("outpatient_cap_fen", "inpatient_cap_fen")
        for scheme in ("employee", "resident")
        for name, column in (("value", _FEN), ("status", _STATUS), ("source", _SOURCE))
    },
}
# Lists of fixed length; `years` needs one item or more, `resident_population` may be empty.
LENGTHS = {
    "insurance.deductible_factor_bp.values[]": 3,
    "insurance.employee_share.rural[]": 4,
    "insurance.employee_share.urban[]": 4,
}

Settings = dict[str, Value]


def parse_settings(raw: bytes, faults: list[Fault]) -> Settings:
    """Settings of a pack by path, list items numbered: {"years[0]": 2020, ...}.

    raw     bytes of region.yaml
    faults  every fault found is appended; a faulty setting is left out
    """
    content = decode(SETTINGS_FILE, raw, faults)
    if content is None:
        return {}
    found: Settings = {}
    before = len(faults)
    try:
        for path, line, value in scalars(content, faults):
            _take(path, line, value, found, faults)
    except (YAMLError, ValueError) as error:
        faults.append(yaml_fault(error, content, SETTINGS_FILE))
        return {}
    if not found and len(faults) == before:
        faults.append(Fault(SETTINGS_FILE, 1, "", "no settings", "`name: value` lines"))
        return {}
    if all(fault.field for fault in faults if fault.file == SETTINGS_FILE):
        check_complete(found, faults)  # not where reading stopped before the end
    return found


def _take(path: str, line: int, value: str, found: Settings, faults: list[Fault]) -> None:
    pattern = pattern_of(path)
    column = SETTINGS.get(pattern)
    if column is None:
        faults.append(_unknown(path, pattern, line))
        return
    parsed = parse_cell(value, column)
    if parsed is None:
        faults.append(cell_fault(SETTINGS_FILE, line, value, column, path))
        return
    found[path] = parsed


def _unknown(path: str, pattern: str, line: int) -> Fault:
    """The fault of a path that is no setting; the nearest key is named."""
    under = [known for known in SETTINGS if known.startswith(f"{pattern}.")
             or known.startswith(f"{pattern}[")]  # fmt: skip
    if under:
        inner = ", ".join(sorted({key[len(pattern):].lstrip(".") for key in under}))  # fmt: skip
        return Fault(SETTINGS_FILE, line, named(path), "a single value", inner)
    near = get_close_matches(pattern[:LONGEST_SHOWN], SETTINGS, n=1)
    hint = f"Did you mean {near[0]}?" if near else "Remove it."
    known = sorted({name.split(".")[0].split("[")[0] for name in SETTINGS})
    want = "one of " + ", ".join(known) + " and what belongs under them"
    return Fault(SETTINGS_FILE, line, named(path), "an unknown key", want, hint)


def pattern_of(path: str) -> str:
    """Path with list positions left out: "years[3]" becomes "years[]"."""
    return re.sub(r"\[[0-9]+\]", "[]", path)


def check_complete(found: Settings, faults: list[Fault]) -> None:
    """Every key once; lists of the right length; a fault already reported is not reported again."""
    reported = {pattern_of(fault.field) for fault in faults if fault.file == SETTINGS_FILE}
    for pattern, column in SETTINGS.items():
        if any(pattern == f or pattern.startswith((f"{f}.", f"{f}[")) for f in reported):
            continue
        if "[]." in pattern:
            _check_items(pattern, found, faults)
            continue
        got = sum(pattern_of(path) == pattern for path in found)
        if pattern in LENGTHS and got != LENGTHS[pattern]:
            want = f"{LENGTHS[pattern]} values"
            faults.append(Fault(SETTINGS_FILE, 0, pattern, f"{got} values", want))
        elif got == 0:
            what = "no values" if pattern.endswith("[]") else "no such key"
            hint = f"Add it. {where_to_find(SETTINGS_FILE, pattern)}".rstrip()
            faults.append(Fault(SETTINGS_FILE, 0, pattern, what, expected(column), hint))


def _check_items(pattern: str, found: Settings, faults: list[Fault]) -> None:
    """Each item of a list of mappings holds this key."""
    stem, name = pattern.split("[].")
    items = {path.split(".")[0] for path in found if path.startswith(f"{stem}[")}
    for item in sorted(items):
        if f"{item}.{name}" not in found:
            where = f"{item}.{name}"
            faults.append(Fault(SETTINGS_FILE, 0, where, "no such key", "the key", "Add it."))
