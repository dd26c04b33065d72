"""region.yaml read strictly: every scalar is taken as text and parsed by a declared column."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from sim.errors import Fault
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
from sim.packs.text import Value, cell_fault, decode, parse_cell

DEEPEST = 6
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
    try:
        root = YAML(typ="safe", pure=True).compose(content)
    except MarkedYAMLError as error:
        row = error.problem_mark.line + 1 if error.problem_mark else 0
        faults.append(Fault(SETTINGS_FILE, row, "", str(error.problem), "valid YAML"))
        return {}
    except (YAMLError, RecursionError, ValueError) as error:
        faults.append(Fault(SETTINGS_FILE, 0, "", type(error).__name__, "valid YAML"))
        return {}
    if not isinstance(root, MappingNode):
        faults.append(Fault(SETTINGS_FILE, 1, "", "no settings", "`name: value` lines"))
        return {}
    found: Settings = {}
    for path, line, value in _scalars(root, "", set(), faults):
        _take(path, line, value, found, faults)
    _check_complete(found, faults)
    return found


def _scalars(
    node: Node, path: str, seen: set[int], faults: list[Fault]
) -> Iterator[tuple[str, int, str]]:
    """Path, line and text of every scalar; keys given twice and aliases are faults."""
    line = node.start_mark.line + 1
    if id(node) in seen or path.count(".") > DEEPEST:
        faults.append(Fault(SETTINGS_FILE, line, path, "an alias", "the value written out"))
        return
    seen.add(id(node))
    if isinstance(node, ScalarNode):
        yield path, line, node.value
    elif isinstance(node, SequenceNode):
        for i, item in enumerate(node.value):
            yield from _scalars(item, f"{path}[{i}]", seen, faults)
    elif isinstance(node, MappingNode):
        names: set[str] = set()
        for name, value in node.value:
            row = name.start_mark.line + 1
            word = name.value if isinstance(name, ScalarNode) else "a list or mapping"
            where = f"{path}.{word}" if path else word
            if word in names:
                faults.append(Fault(SETTINGS_FILE, row, where, "the key twice", "one key"))
            else:
                names.add(word)
                yield from _scalars(value, where, seen, faults)


def pattern_of(path: str) -> str:
    """Path with list positions left out: "years[3]" becomes "years[]"."""
    return re.sub(r"\[[0-9]+\]", "[]", path)


def _take(path: str, line: int, value: str, found: Settings, faults: list[Fault]) -> None:
    column = SETTINGS.get(pattern_of(path))
    if column is None:
        known = sorted({name.split(".")[0].split("[")[0] for name in SETTINGS})
        want = "one of " + ", ".join(known) + " and what belongs under them"
        faults.append(Fault(SETTINGS_FILE, line, path, "an unknown key", want, "Remove it."))
        return
    parsed = parse_cell(value, column)
    if parsed is None:
        fault = cell_fault(SETTINGS_FILE, line, value, column)
        faults.append(Fault(fault.file, line, path, fault.got, fault.expected, fault.hint))
        return
    found[path] = parsed


def _check_complete(found: Settings, faults: list[Fault]) -> None:
    """Every key once; lists of the right length; a fault already told is not told again."""
    told = {pattern_of(fault.field) for fault in faults if fault.file == SETTINGS_FILE}
    for pattern in SETTINGS:
        if pattern in told:
            continue
        if "[]." in pattern:
            _check_items(pattern, found, faults)
            continue
        got = sum(pattern_of(path) == pattern for path in found)
        if pattern in LENGTHS and got != LENGTHS[pattern]:
            want = f"{LENGTHS[pattern]} values"
            faults.append(Fault(SETTINGS_FILE, 0, pattern, f"{got} values", want))
        elif got == 0:
            faults.append(Fault(SETTINGS_FILE, 0, pattern, "no such key", "the key", "Add it."))


def _check_items(pattern: str, found: Settings, faults: list[Fault]) -> None:
    """Each item of a list of mappings holds this key."""
    stem, name = pattern.split("[].")
    items = {path.split(".")[0] for path in found if path.startswith(f"{stem}[")}
    for item in sorted(items):
        if f"{item}.{name}" not in found:
            where = f"{item}.{name}"
            faults.append(Fault(SETTINGS_FILE, 0, where, "no such key", "the key", "Add it."))
