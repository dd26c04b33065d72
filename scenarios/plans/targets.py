"""Every target of the five plans: what it is, what the plan prints, what judges it.

`definitions.csv` holds what a target means and whether the model can judge it; `targets.csv` one
row for each region that sets it. Each target row of the catalogue belongs to exactly one of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scenarios.plans.clauses import REGIONS, Clause, catalogue
from scenarios.plans.levers import levers
from scenarios.plans.strict_tables import (
    FOLDER,
    NOTHING,
    Row,
    number_or_none,
    read_table,
    text_or_empty,
    unknown,
)
from sim.errors import Fault, FaultList, InputError
from sim.indicators import INDICATORS
from sim.packs.schema import choice, key, number, text

STATUSES = ("simulated", "input", "outside")
COMPARATORS = ("=", ">=", "<=", "<", ">", "~", "increase", "decrease", NOTHING)
DEFINITION_COLUMNS = (
    key("definition", "name"),
    text("name", "name"),
    text("name_zh", "name in Chinese"),
    choice("status", STATUSES, "whether the model can judge it"),
    text("indicator", "indicator that judges it"),
    text("alternative", "second indicator where the plan gives no definition"),
    text("lever", "lever that moves it first"),
    text("why", "why it is no result"),
    text("why_zh", "the same in Chinese"),
)
TARGET_COLUMNS = (
    key("id", "region.definition"),
    key("definition", "definition"),
    choice("region", REGIONS, "region"),
    text("rows", "rows of the catalogue that state it, the one that counts first"),
    text("baseline_row", "row of the catalogue with the starting value"),
    text("baseline", "starting value as printed"),
    text("baseline_year", "its year"),
    choice("comparator", COMPARATORS, "how the target is meant"),
    text("target", "value as printed"),
    text("target_high", "upper end of a range"),
    text("year", "year of the target"),
    text("unit", "unit"),
    text("scope", "of what"),
    text("conflict_note", "what in the plans does not agree with it"),
    text("note", "what has to be known when it is read"),
)
# Columns of targets.csv that repeat the first row of the catalogue, and its name there.
_REPEATED = {
    "comparator": "comparator",
    "target": "value",
    "target_high": "value_high",
    "year": "year",
    "unit": "unit",
    "scope": "scope",
}


@dataclass(frozen=True, slots=True)
class Definition:
    """What a target means.

    status       simulated: a run gives it; input: a scenario or the pack sets it; outside: the
                 model has no such thing, `why` says what is missing
    indicator    id in sim.indicators that judges it, "" where there is none
    alternative  second reading where plans give no formula, "" where there is none
    lever        lever that is meant to move it, "" where none is
    """

    id: str
    name: str
    name_zh: str
    status: str
    indicator: str
    alternative: str
    lever: str
    why: str
    why_zh: str


@dataclass(frozen=True, slots=True)
class Target:
    """One target of one region; numbers are None where the plan prints none.

    rows      rows of the catalogue that state it; the first is the one that counts
    baseline  starting value of `baseline_year`, in `unit`
    conflict_note  what in the same plan contradicts it, "" where nothing does
    """

    id: str
    definition: Definition
    region: str
    rows: tuple[Clause, ...]
    baseline: float | None
    baseline_year: int | None
    comparator: str
    target: float | None
    target_high: float | None
    year: int | None
    unit: str
    scope: str
    conflict_note: str
    note: str

    @property
    def clause(self) -> str:
        """Clause of the plan that states it."""
        return self.rows[0].clause


@cache
def definitions(folder: Path = FOLDER) -> dict[str, Definition]:
    """All definitions by id; InputError with every fault."""
    faults = FaultList()
    file = "definitions.csv"
    modelled = {i.id: not i.not_modelled for i in INDICATORS}
    found = {}
    for line, row in read_table(folder / file, ("definition",), DEFINITION_COLUMNS, faults):
        cells = {name: text_or_empty(value) for name, value in row.items() if name != "definition"}
        found[str(row["definition"])] = each = Definition(str(row["definition"]), **cells)
        for field, name, known in (
            ("indicator", each.indicator, list(modelled)),
            ("alternative", each.alternative, list(modelled)),
            ("lever", each.lever, list(levers())),
        ):
            if name and name not in known:
                faults.append(unknown(file, line, field, name, f"a known {field}", known))
        simulated = each.status == "simulated"
        if simulated and not modelled.get(each.indicator):
            want = "an indicator that a run gives"
            faults.append(Fault(file, line, "indicator", repr(each.indicator), want))
        if simulated == bool(each.why) or simulated == bool(each.why_zh):
            want = "- where the target is simulated, the reason where it is not"
            faults.append(Fault(file, line, "why", repr(each.why), want))
    if faults:
        raise InputError(faults.all())
    return found


@cache
def targets(folder: Path = FOLDER) -> dict[str, Target]:
    """All targets by id, in the plans' order of regions; InputError with every fault.

    >>> targets()["liaocheng.in_county_visit_rate"].target
    0.9
    """
    faults = FaultList()
    file = "targets.csv"
    found: dict[str, Target] = {}
    stated: dict[str, str] = {}
    for line, row in read_table(folder / file, ("id",), TARGET_COLUMNS, faults):
        target = _target(line, row, folder, faults)
        if target is None:
            continue
        for clause in target.rows:
            if clause.id in stated:
                got = f"{clause.id}, already in {stated[clause.id]}"
                faults.append(Fault(file, line, "rows", got, "each row of the catalogue once"))
            stated[clause.id] = target.id
        found[target.id] = target
    left = [r.id for r in catalogue().values() if r.kind == "target" and r.id not in stated]
    faults += [Fault(file, 0, "rows", f"no {row}", "each target of the catalogue") for row in left]
    unused = set(definitions(folder)) - {target.definition.id for target in found.values()}
    faults += [
        Fault("definitions.csv", 0, "definition", name, "a definition some region uses")
        for name in sorted(unused)
    ]
    if faults:
        raise InputError(faults.all())
    return found


def _target(line: int, row: Row, folder: Path, faults: list[Fault]) -> Target | None:
    file, printed_rows, known = "targets.csv", catalogue(), definitions(folder)
    before = len(faults)
    region, name = str(row["region"]), str(row["definition"])
    if name not in known:
        want = "a definition of definitions.csv"
        faults.append(unknown(file, line, "definition", name, want, list(known)))
    if not f"{row['id']}.".startswith(f"{region}.{name}."):
        faults.append(Fault(file, line, "id", repr(row["id"]), f"{region}.{name}"))
    rows = _clauses(line, "rows", str(row["rows"]).split(), "target", region, printed_rows, faults)
    bases = _clauses(
        line,
        "baseline_row",
        text_or_empty(row["baseline_row"]).split(),
        "baseline",
        region,
        printed_rows,
        faults,
    )
    if len(faults) > before or not rows:
        return None
    _check_repeated(line, row, rows, bases, faults)

    def number_of(field: str, unit: str = "") -> float | None:
        column = number(field, unit, -math.inf, math.inf, "")
        return number_or_none(file, line, row, column, faults)

    def year_of(field: str) -> int | None:
        year = number_of(field, "year")
        return None if year is None else int(year)

    return Target(
        str(row["id"]), known[name], region, rows,
        number_of("baseline"), year_of("baseline_year"), text_or_empty(row["comparator"]),
        number_of("target"), number_of("target_high"), year_of("year"),
        str(row["unit"]), text_or_empty(row["scope"]), text_or_empty(row["conflict_note"]),
        text_or_empty(row["note"]),
    )  # fmt: skip


def _clauses(
    line: int,
    field: str,
    ids: list[str],
    kind: str,
    region: str,
    printed_rows: dict[str, Clause],
    faults: list[Fault],
) -> tuple[Clause, ...]:
    """Rows of the catalogue of one kind and region."""
    found = []
    for name in ids:
        clause = printed_rows.get(name)
        if clause is None:
            want = "a row of plan_catalogue.csv"
            faults.append(unknown("targets.csv", line, field, name, want, list(printed_rows)))
        elif clause.kind != kind or clause.region != region:
            got, want = f"{name}: {clause.kind} of {clause.region}", f"a {kind} of {region}"
            faults.append(Fault("targets.csv", line, field, got, want))
        else:
            found.append(clause)
    return tuple(found)


def _check_repeated(
    line: int, row: Row, rows: tuple[Clause, ...], bases: tuple[Clause, ...], faults: list[Fault]
) -> None:
    """What targets.csv repeats of the catalogue is the same there, and conflicts are reported."""
    first = rows[0]
    pairs = [(field, getattr(first, name)) for field, name in _REPEATED.items()]
    base = (bases[0].value, bases[0].year) if bases else ("", "")
    pairs += list(zip(("baseline", "baseline_year"), base, strict=True))
    for field, printed in pairs:
        if text_or_empty(row[field]) != printed:
            want = f"{printed or NOTHING} as in {first.id}"
            faults.append(Fault("targets.csv", line, field, repr(row[field]), want))
    values = {(clause.comparator, float(clause.value or "nan")) for clause in rows if clause.value}
    if len(values) > 1 and not text_or_empty(row["conflict_note"]):
        want = "what the rows of the catalogue disagree on"
        faults.append(Fault("targets.csv", line, "conflict_note", "nothing", want))
