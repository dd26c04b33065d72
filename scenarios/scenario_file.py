"""Scenario files read strictly: every fault at once, with its place and what is allowed."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from ruamel.yaml.error import YAMLError

from scenarios.plans.clauses import REGIONS, documents, parse_date, rows_of_clause
from scenarios.plans.levers import Lever, levers
from scenarios.plans.strict_tables import unknown
from scenarios.scenario import BASES, Scenario, Setting
from sim.dynamics.schedule import Place
from sim.errors import Fault, FaultList, InputError
from sim.packs.cells import (
    Value,
    cell_fault,
    decode,
    expected,
    named,
    parse_cell,
    plain_number,
    read_bytes,
)
from sim.packs.read import REGIONS_FOLDER
from sim.packs.schema import (
    CODE,
    FIRST_YEAR,
    LAST_YEAR,
    SETTINGS_FILE,
    Column,
    choice,
    integer,
    number,
    text,
)
from sim.packs.schema import key as key_column
from sim.packs.settings import parse_settings
from sim.packs.yaml_text import scalars, yaml_fault

LIBRARY = Path(__file__).parent / "library"
AS_NOW = "as-now"
_DAY = "a day, YYYY-MM-DD"

HEAD: dict[str, Column] = {
    "region": choice("region", REGIONS, "region"),
    "name": key_column("name", "name, as the file is called"),
    "title": text("title", "title"),
    "title_zh": text("title_zh", "title in Chinese"),
    "about": text("about", "what it stands for"),
    "about_zh": text("about_zh", "the same in Chinese"),
    "extends": key_column("extends", "scenario of the same folder that it continues"),
    "horizon": integer("horizon", "year", FIRST_YEAR, LAST_YEAR, "last year"),
}
# Under levers.<name>; [] stands for an item of a list.
SETTING: dict[str, Column] = {
    "level": number("level", "", -1e9, 1e9, "level"),
    "unit": text("unit", "unit of the level"),
    "from": text("from", "first day"),
    "full": text("full", "day from which it is in place as a whole"),
    "basis": choice("basis", BASES, "who asks for it"),
    "clause": text("clause", "clause of the region's plan"),
    "why": text("why", "reason"),
    "why_zh": text("why_zh", "reason in Chinese"),
    "counties[]": Column("counties", CODE, "counties it is limited to"),
    "facilities[]": key_column("facilities", "facilities it is limited to"),
    "townships": number("townships", "share", 0, 1, "share of townships it is limited to"),
}
_MAY_LACK = ("extends", "clause", "counties[]", "facilities[]", "townships")


@dataclass(slots=True)
class _File:
    """A scenario file while it is read: values by path, the line of each path, faults."""

    name: str
    values: dict[str, Value]
    line: dict[str, int]
    faults: FaultList

    def report(self, field: str, got: str, want: str, hint: str = "") -> None:
        """One more fault at a path, on its line or on that of the lever it belongs to."""
        lever = ".".join(field.split(".")[:2])
        line = self.line.get(field, self.line.get(lever, 0))
        self.faults.append(Fault(self.name, line, field, got, want, hint))


def load(source: str | Path, name: str | None = None) -> Scenario:
    """A scenario, read strictly.

    source  a region (`"liaocheng"`) with the name of one of its scenarios, or the path of a file
    name    `as-now`, `plan-2025`, `vision-2035`; None when source is a path
    raises  InputError for an unknown region or scenario, and with every fault: unknown lever, key
            given twice, wrong unit, level out of bounds, wrong date, untraceable clause

    >>> load("liaocheng", "plan-2025").first_day
    datetime.date(2024, 9, 2)
    """
    path = Path(source) if name is None else _shipped(str(source), name)
    faults = FaultList()
    scenario = _read(path, (), faults)
    if faults or scenario is None:
        raise InputError(faults.all())
    return scenario


def shipped(region: str) -> tuple[str, ...]:
    """Names of the scenarios of a region, as they extend each other.

    raises  InputError for an unknown region

    >>> shipped("taonan")
    ('as-now', 'plan-2025', 'vision-2035')
    """
    _check_region(region)
    return tuple(sorted(path.stem for path in (LIBRARY / region).glob("*.yaml")))


def _check_region(region: str) -> None:
    if region not in REGIONS:
        want = "one of " + ", ".join(REGIONS)
        raise InputError([unknown("command line", 0, "region", region, want, REGIONS)])


def _shipped(region: str, name: str) -> Path:
    names = shipped(region)
    if name not in names:
        want = "one of " + ", ".join(names)
        raise InputError([unknown("command line", 0, "scenario", name, want, names)])
    return LIBRARY / region / f"{name}.yaml"


def _read(path: Path, above: tuple[str, ...], faults: FaultList) -> Scenario | None:
    """A scenario with all it extends; None where it has faults."""
    before = len(faults)
    file = _values(path, faults)
    if not file.values:
        if len(faults) == before:
            file.report("", "no settings", "`name: value` lines")
        return None
    for field, column in HEAD.items():
        if field not in file.values and field not in _MAY_LACK and not _told(file, field):
            file.report(field, "no such key", expected(column), "Add it.")
    if (name := file.values.get("name")) not in (None, path.stem):
        file.report("name", repr(name), f"{path.stem}, as the file is called")
    region = file.values.get("region")
    own = _settings(file, str(region)) if region else []
    base = _base(path, file, (path.stem, *above), faults)
    if len(faults) > before:
        return None
    settings = _joined(file, base, own)
    if len(faults) > before:
        return None
    texts = {field: str(file.values[field]) for field in ("title", "title_zh", "about", "about_zh")}
    extends = () if base is None else (base.name, *base.extends)
    return Scenario(
        region=str(region), name=path.stem, extends=extends,
        horizon=int(file.values["horizon"]), settings=settings, **texts,
    )  # fmt: skip


def _values(path: Path, faults: FaultList) -> _File:
    """Every value of a file by its declared column; unknown keys are faults."""
    file = _File(path.name, {}, {}, faults)
    raw = read_bytes(path.parent, path.name, faults)
    content = None if raw is None else decode(path.name, raw, faults)
    if content is None:
        return file
    strange: set[str] = set()
    try:
        for where, line, value in scalars(content, faults, path.name):
            parts = where.split(".")
            if parts[0] == "levers" and len(parts) > 1:
                file.line.setdefault(".".join(parts[:2]), line)
            file.line[where] = line
            _take(file, where, value, strange)
    except (YAMLError, ValueError) as error:
        faults.append(yaml_fault(error, content, path.name))
    return file


def _take(file: _File, where: str, value: str, strange: set[str]) -> None:
    """Parse one scalar, or report its unknown key; an unknown lever is reported once."""
    parts = where.split(".")
    columns: Mapping[str, Column] = HEAD
    field = where
    if parts[0] == "levers":
        lever = parts[1] if len(parts) > 1 else ""
        if lever not in levers():
            if lever not in strange:
                at = f"levers.{lever}" if lever else where
                names = list(levers())
                want = "a lever (python -m scenarios list levers)"
                fault = unknown(file.name, file.line[where], named(at), lever or value, want, names)
                file.faults.append(fault)
            strange.add(lever)
            return
        columns, field = SETTING, ".".join(parts[2:])
        if not field:
            file.report(where, repr(value[:60]), "the settings of the lever: " + ", ".join(SETTING))
            return
    column = columns.get(re.sub(r"\[[0-9]+\]", "[]", field))
    if column is None:
        near = get_close_matches(field[:60], columns, n=1)
        hint = f"Did you mean {near[0]}?" if near else "Remove it."
        file.report(named(where), "an unknown key", "one of " + ", ".join(columns), hint)
        return
    parsed = parse_cell(value, column)
    if parsed is None:
        fault = cell_fault(file.name, file.line[where], value, column, where)
        file.faults.append(fault)
        return
    file.values[where] = parsed


def _told(file: _File, field: str) -> bool:
    """Whether a fault of this key has been reported already."""
    return any(f.file == file.name and f.field in (field, "") for f in file.faults)


def _settings(file: _File, region: str) -> list[Setting]:
    """The levers a file sets."""
    known = levers()
    paths = (path.split(".") for path in file.line)
    names = dict.fromkeys(path[1] for path in paths if path[0] == "levers" and len(path) > 2)
    found = (_setting(file, region, known[name]) for name in names if name in known)
    return [setting for setting in found if setting is not None]


def _setting(file: _File, region: str, lever: Lever) -> Setting | None:
    """One lever's setting, checked; None where it has faults."""
    before = len(file.faults)
    stem = f"levers.{lever.id}"
    values = {path[len(stem) + 1 :]: value for path, value in file.values.items()
              if path.startswith(f"{stem}.")}  # fmt: skip
    absent = [field for field in SETTING if field not in values and field not in _MAY_LACK]
    for field in absent:
        if not _told(file, f"{stem}.{field}"):
            file.report(f"{stem}.{field}", "no such key", expected(SETTING[field]), "Add it.")
    if absent or any(fault.field.startswith(f"{stem}.") for fault in file.faults):
        return None
    level, clause = float(values["level"]), str(values.get("clause", ""))
    _check_level(file, stem, lever, level, str(values["unit"]))
    start, full = _check_dates(file, stem, region, values)
    _check_clause(file, stem, region, str(values["basis"]), clause)
    place = _place(file, stem, region, values)
    if len(file.faults) > before or start is None or full is None:
        return None
    return Setting(
        lever, level, start, full, place, str(values["basis"]), clause,
        str(values["why"]), str(values["why_zh"]), file.name,
    )  # fmt: skip


def _check_level(file: _File, stem: str, lever: Lever, level: float, unit: str) -> None:
    if unit != lever.unit:
        file.report(f"{stem}.unit", repr(unit), lever.unit)
    elif not lever.low <= level <= lever.high:
        want = f"{plain_number(lever.low)} to {plain_number(lever.high)} ({lever.unit})"
        hint = ""
        if lever.unit.startswith("share") and 1 < level <= 100:
            hint = "Write a share as a fraction, 0.35 and not 35."
        file.report(f"{stem}.level", f"{level:g}", want, hint)


def _check_dates(
    file: _File, stem: str, region: str, values: Mapping[str, Value]
) -> tuple[date | None, date | None]:
    start, full = parse_date(str(values["from"])), parse_date(str(values["full"]))
    for field, day in (("from", start), ("full", full)):
        if day is None:
            file.report(f"{stem}.{field}", repr(values[field]), _DAY)
        elif not FIRST_YEAR <= day.year <= LAST_YEAR:
            file.report(f"{stem}.{field}", str(day), f"{FIRST_YEAR} to {LAST_YEAR}")
    if start is None or full is None:
        return start, full
    if full < start:
        file.report(f"{stem}.full", str(full), f"{start} or later")
    document = documents()[region]
    if values["basis"] == "plan" and start < document.starts:
        want = f"{document.starts} or later, when the plan applies"
        file.report(f"{stem}.from", str(start), want, "Before it, the basis cannot be the plan.")
    horizon = file.values.get("horizon")
    if isinstance(horizon, int) and start.year > horizon:
        file.report(f"{stem}.from", str(start), f"no later than {horizon}, the horizon")
    if file.values.get("name") == AS_NOW and start.year > (last := last_data_year(region)):
        want = f"no later than {last}, the last year with published figures"
        file.report(f"{stem}.from", str(start), want, "as-now carries published changes only.")
    return start, full


def last_data_year(region: str) -> int:
    """Last year a region's pack has published stocks for."""
    raw = (REGIONS_FOLDER / region / SETTINGS_FILE).read_bytes()
    settings = parse_settings(raw, [])
    return max(int(v) for path, v in settings.items() if path.startswith("years["))


def _check_clause(file: _File, stem: str, region: str, basis: str, clause: str) -> None:
    if basis == "plan" and not clause:
        want = "the clause that asks for it, such as 二(二)1"
        file.report(f"{stem}.clause", "no clause", want, "Or write basis: assumed.")
    elif clause and not rows_of_clause(region, clause):
        file.report(f"{stem}.clause", repr(clause), f"a clause of the plan of {region}")


def _place(file: _File, stem: str, region: str, values: Mapping[str, Value]) -> Place:
    """Where a lever acts; codes and keys must be of the region's pack."""
    named_places = {}
    for field, column, table in (
        ("counties", "code", "counties.csv"),
        ("facilities", "key", "facilities.csv"),
    ):
        given = {path: str(v) for path, v in values.items() if path.startswith(f"{field}[")}
        known = _column(region, table, column) if given else []
        for path, value in given.items():
            if value not in known:
                want = f"a {column} of {table} of {region}"
                place, line = f"{stem}.{path}", file.line[f"{stem}.{path}"]
                file.faults.append(unknown(file.name, line, place, value, want, known))
        if len(set(given.values())) < len(given):
            file.report(f"{stem}.{field}[0]", "the same place twice", "each once")
        named_places[field] = tuple(sorted(set(given.values())))
    # All townships are no limit.
    townships = float(values.get("townships", 1.0))
    return Place(**named_places, townships=None if townships == 1.0 else townships)


def _column(region: str, table: str, column: str) -> list[str]:
    path = REGIONS_FOLDER / region / table
    with path.open(encoding="utf-8", newline="") as stream:
        return [row[column] for row in csv.DictReader(stream)]


def _base(path: Path, file: _File, above: tuple[str, ...], faults: FaultList) -> Scenario | None:
    """The scenario a file extends."""
    name = file.values.get("extends")
    if name is None:
        return None
    names = sorted(other.stem for other in path.parent.glob("*.yaml") if other.stem not in above)
    if name not in names:
        got = f"{name}, which extends this one" if name in above else str(name)
        want = "another scenario of the same folder"
        line = file.line["extends"]
        faults.append(unknown(file.name, line, "extends", got, want, names))
        return None
    base = _read(path.parent / f"{name}.yaml", above, faults)
    if base is not None and base.region != file.values.get("region"):
        file.report("region", repr(file.values.get("region")), f"{base.region}, as in {name}")
    return base


def _joined(file: _File, base: Scenario | None, own: list[Setting]) -> tuple[Setting, ...]:
    """The settings of a scenario and of what it extends, by lever and date."""
    before: dict[str, Setting] = {}
    for setting in base.settings if base else ():
        before[setting.lever.id] = setting
    kept = []
    for setting in own:
        earlier = before.get(setting.lever.id)
        if earlier is None:
            kept.append(setting)
            continue
        place = earlier.place if setting.place.is_everywhere else setting.place
        kept.append(replace(setting, place=place))
        stem = f"levers.{setting.lever.id}"
        if setting.start < earlier.full:
            want = f"{earlier.full} or later, when {earlier.file} has it in full"
            file.report(f"{stem}.from", str(setting.start), want)
        if place != earlier.place:
            want = f"the place it has in {earlier.file}"
            file.report(stem, "another place", want, "Levers keep their place.")
    every = [*(base.settings if base else ()), *kept]
    return tuple(sorted(every, key=lambda s: (s.lever.number, s.start)))
