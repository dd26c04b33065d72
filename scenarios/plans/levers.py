"""Every policy lever of the five plans: what it acts on, how strongly, how fast, at what cost.

`levers.csv` holds the levers, `effects.csv` what each does to one quantity, `quantities.csv` the
quantities that are no row of the parameter table, `costs.csv` unit costs, which anybody may edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from scenarios.plans.clauses import REGIONS, rows_of_clause
from scenarios.plans.strict_tables import (
    FOLDER,
    Row,
    number_or_none,
    read_table,
    text_or_empty,
    unknown,
)
from scenarios.rollout import ROLLOUTS, delayed, fading
from sim.dynamics.schedule import FORMS as EFFECT_FORMS
from sim.dynamics.schedule import apply
from sim.errors import Fault, FaultList, InputError
from sim.indicators import INDICATORS
from sim.packs.schema import STATUSES, choice, integer, key, number, text
from sim.parameters import limits, read_rows
from sim.tiers import TIER_KEYS

ROLES = ("acts", "context-only")
FORMS = (*(f"L{number}" for number in range(1, 18)), "own")
OWNERS = ("parameter", "pack", "stock")
EXPECTED = ("rises", "falls", "unsure", "none")
GRADES = ("A", "B", "C", "D")
_GIVEN = tuple(each.id for each in INDICATORS if not each.not_modelled)

_HALF_LIFE = number("fade_half_life_years", "years", 0.1, 100, "after the full date")
LEVER_COLUMNS = (
    integer("number", "", 1, 99, "number in the catalogue of levers"),
    key("id", "name"),
    text("name", "name"),
    text("name_zh", "name in Chinese"),
    choice("form", FORMS, "form in the model description"),
    choice("role", ROLES, "whether a mechanism exists"),
    text("unit", "unit of the level"),
    text("unit_zh", "the same in Chinese"),
    number("low", "", -1e6, 1e6, "lowest level"),
    number("high", "", -1e6, 1e6, "highest level"),
    choice("rollout", ROLLOUTS, "how the level arrives"),
    text("tiers", "tiers it concerns"),
    text("indicator", "indicator it is meant to move"),
    choice("expected", EXPECTED, "how the indicator moves with the level"),
    *(text(region, "clauses") for region in REGIONS),
    text("missing", "mechanism that is missing"),
    text("missing_zh", "the same in Chinese"),
)
EFFECT_COLUMNS = (
    key("lever", "lever"),
    choice("owner", OWNERS, "who holds the quantity"),
    text("quantity", "what is changed"),
    choice("form", EFFECT_FORMS, "how"),
    number("size", "", -1000, 1000, "at a level of 1"),
    number("low", "", -1000, 1000, "low end of the range"),
    number("high", "", -1000, 1000, "high end of the range"),
    number("delay_years", "years", 0, 20, "first-order delay"),
    text("fade_half_life_years", "half-life after the full date"),
    choice("evidence", GRADES, "grade"),
    choice("status", STATUSES, "how the size is known"),
    text("source", "source or reason"),
)
QUANTITY_COLUMNS = (
    text("id", "quantity"),
    choice("owner", OWNERS[1:], "who holds it"),
    text("unit", "unit"),
    number("low", "", -1e13, 1e13, "lowest value"),
    number("high", "", -1e13, 1e13, "highest value"),
    text("where", "where it stands"),
)
_YUAN = ("one_off_low", "one_off", "one_off_high", "yearly_low", "yearly", "yearly_high")
COST_COLUMNS = (
    key("lever", "lever"),
    text("basis", "what one unit is"),
    *(number(name, "yuan", 0, 1e10, "cost of one unit") for name in _YUAN),
    choice("status", STATUSES, "how the cost is known"),
    text("reason", "reason"),
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """What levers change. `owner`: parameter (a row of sim/parameters.csv), pack (a figure of a
    region's tables) or stock (what moves a stock of the system dynamics,
    sim/dynamics/stocks.py)."""

    id: str
    owner: str
    unit: str
    low: float
    high: float
    where: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a lever does to one quantity.

    form         add: value + size x; multiply: value (1 + size x);
                 inadequacy: 1 - (1 - value) exp(-size x), for probabilities of being resolved.
                 x is the lever's level as it has arrived; x = 0 leaves the value as it is
    size         at a level of 1 of the lever's unit; low and high its 90% range
    delay_years  first-order delay behind the roll-out
    half_life    years in which the effect halves after the full date, None where it stays
    evidence     A arithmetic or strong local evidence; B quasi-experiment in China or exact theory;
                 C observation or simulation; D our assumption
    """

    lever: str
    quantity: Quantity
    form: str
    size: float
    low: float
    high: float
    delay_years: float
    half_life: float | None
    evidence: str
    status: str
    source: str

    def apply(self, value: float, level: float) -> float:
        """The quantity's value where the lever has arrived at `level`, both in their units."""
        return apply(self.form, value, self.size * level)

    def arrived(self, rollout: str, start: float, full: float, at: float) -> float:
        """Share of the lever's level that acts at a time (years with a fraction)."""
        followed = delayed(rollout, start, full, self.delay_years, at)
        return followed * fading(full, self.half_life, at)


@dataclass(frozen=True, slots=True)
class Cost:
    """Unit cost of a lever in constant 2023 yuan: (low, middle, high), once and a year.

    basis  what one unit is: a bed, a contracted resident, a township centre ...
    """

    basis: str
    one_off: tuple[float, float, float]
    yearly: tuple[float, float, float]
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Lever:
    """A policy lever.

    number      its number in the catalogue of levers, 1-43
    form        L1-L17 of the model description, or own
    role        acts: a mechanism is there (effects); context-only: none is (missing says which)
    unit        of the level, which lies from low to high; 0 is no change; unit_zh in Chinese
    indicator   what it is meant to move first, with a tier where one is meant
                (`bed_occupancy:county`); "" for a context-only lever
    expected    how that moves as the level goes up: rises, falls, unsure; none for context-only
    clauses     clauses of each region's plan that call for it
    """

    number: int
    id: str
    name: str
    name_zh: str
    form: str
    role: str
    unit: str
    unit_zh: str
    low: float
    high: float
    rollout: str
    tiers: tuple[str, ...]
    indicator: str
    expected: str
    clauses: Mapping[str, tuple[str, ...]] = field(hash=False)
    missing: str
    missing_zh: str
    effects: tuple[Effect, ...]
    cost: Cost


@cache
def quantities(folder: Path = FOLDER) -> dict[str, Quantity]:
    """Every quantity a lever may change, by id: the rows of sim/parameters.csv and our own."""
    faults = FaultList()
    found = {}
    for row in read_rows():
        found[row.key] = Quantity(row.key, "parameter", row.unit, *limits(row), row.rule)
    for line, cells in read_table(folder / "quantities.csv", ("id",), QUANTITY_COLUMNS, faults):
        own = Quantity(
            str(cells["id"]), str(cells["owner"]), str(cells["unit"]),
            float(cells["low"]), float(cells["high"]), str(cells["where"]),
        )  # fmt: skip
        if own.id in found:
            want = "a name that is no parameter"
            faults.append(Fault("quantities.csv", line, "id", own.id, want))
        found[own.id] = own
    if faults:
        raise InputError(faults.all())
    return found


@cache
def levers(folder: Path = FOLDER) -> dict[str, Lever]:
    """All levers by id, in the catalogue's order.

    raises  InputError with every fault of levers.csv, effects.csv, quantities.csv and costs.csv

    >>> levers()["reserved_beds"].number
    4
    """
    faults = FaultList()
    rows = list(read_table(folder / "levers.csv", ("id",), LEVER_COLUMNS, faults))
    known = [str(row["id"]) for _, row in rows]
    effects = _effects(folder, known, faults)
    costs = _costs(folder, known, faults)
    found: dict[str, Lever] = {}
    for line, row in rows:
        name = str(row["id"])
        if name not in costs:
            faults.append(Fault("costs.csv", 0, "lever", f"no {name}", "one row a lever"))
            continue
        found[name] = lever = _lever(row, effects.get(name, []), costs[name])
        faults += _faults_of(lever, line)
    numbers = [lever.number for lever in found.values()]
    if not faults and numbers != list(range(1, len(numbers) + 1)):
        faults.append(Fault("levers.csv", 0, "number", str(numbers), "1, 2, 3 ... in order"))
    if faults:
        raise InputError(faults.all())
    return found


def _lever(row: Row, effects: Iterable[Effect], cost: Cost) -> Lever:
    clauses = {region: tuple(text_or_empty(row[region]).split("; ")) for region in REGIONS}
    return Lever(
        number=int(row["number"]), low=float(row["low"]), high=float(row["high"]),
        tiers=tuple(str(row["tiers"]).split()), effects=tuple(effects), cost=cost,
        clauses=MappingProxyType({r: found for r, found in clauses.items() if found != ("",)}),
        indicator=text_or_empty(row["indicator"]),
        missing=text_or_empty(row["missing"]), missing_zh=text_or_empty(row["missing_zh"]),
        **{name: str(row[name]) for name in
           ("id", "name", "name_zh", "form", "role", "unit", "unit_zh", "rollout", "expected")},
    )  # fmt: skip


def _faults_of(lever: Lever, line: int) -> list[Fault]:
    """What does not go together in one row of levers.csv."""
    faults = []
    file = "levers.csv"
    if not lever.low <= 0.0 <= lever.high or lever.low == lever.high:
        got = f"{lever.low:g} to {lever.high:g}"
        faults.append(Fault(file, line, "low", got, "a range that holds 0"))
    for tier in lever.tiers:
        if tier not in TIER_KEYS:
            faults.append(unknown(file, line, "tiers", tier, "tiers", TIER_KEYS))
    acts = lever.role == "acts"
    if acts != bool(lever.effects):
        got = f"{lever.role} with {len(lever.effects)} effects"
        want = "a row of effects.csv for each lever that acts, none for the others"
        faults.append(Fault(file, line, "role", got, want))
    if acts == bool(lever.missing) or acts == bool(lever.missing_zh):
        want = "- where the lever acts, the missing mechanism where it does not"
        faults.append(Fault(file, line, "missing", repr(lever.missing), want))
    indicator, _, tier = lever.indicator.partition(":")
    if acts and (indicator not in _GIVEN or tier not in ("", *TIER_KEYS)):
        want = "indicators that a run gives, with a tier after a colon where one is meant"
        faults.append(unknown(file, line, "indicator", lever.indicator, want, _GIVEN))
    if acts == (lever.expected == "none") or acts != bool(lever.indicator):
        want = "how the indicator moves where the lever acts, - and none where it does not"
        faults.append(Fault(file, line, "expected", lever.expected, want))
    for region, clauses in lever.clauses.items():
        for clause in clauses:
            if not rows_of_clause(region, clause):
                want = f"a clause of {region} in plan_catalogue.csv"
                faults.append(Fault(file, line, region, repr(clause), want))
    return faults


def _effects(folder: Path, known: list[str], faults: FaultList) -> dict[str, list[Effect]]:
    file = "effects.csv"
    found: dict[str, list[Effect]] = {}
    held = quantities(folder)
    for line, row in read_table(folder / file, ("lever", "quantity"), EFFECT_COLUMNS, faults):
        lever, name = str(row["lever"]), str(row["quantity"])
        if lever not in known:
            faults.append(unknown(file, line, "lever", lever, "a lever of levers.csv", known))
        quantity = held.get(name)
        if quantity is None or quantity.owner != row["owner"]:
            names = [each.id for each in held.values() if each.owner == row["owner"]]
            want = f"a quantity held by {row['owner']}"
            faults.append(unknown(file, line, "quantity", name, want, names))
            continue
        size, low, high = float(row["size"]), float(row["low"]), float(row["high"])
        if not low <= size <= high:
            faults.append(Fault(file, line, "size", f"{size:g}", f"{low:g} to {high:g}"))
        effect = Effect(
            lever, quantity, str(row["form"]), size, low, high, float(row["delay_years"]),
            number_or_none(file, line, row, _HALF_LIFE, faults),
            str(row["evidence"]), str(row["status"]), str(row["source"]),
        )  # fmt: skip
        found.setdefault(lever, []).append(effect)
    return found


def _costs(folder: Path, known: list[str], faults: FaultList) -> dict[str, Cost]:
    found = {}
    for line, row in read_table(folder / "costs.csv", ("lever",), COST_COLUMNS, faults):
        lever = str(row["lever"])
        if lever not in known:
            want = "a lever of levers.csv"
            faults.append(unknown("costs.csv", line, "lever", lever, want, known))
        yuan = [float(row[name]) for name in _YUAN]
        one_off, yearly = (yuan[0], yuan[1], yuan[2]), (yuan[3], yuan[4], yuan[5])
        for name, three in (("one_off", one_off), ("yearly", yearly)):
            if list(three) != sorted(three):
                got = " ".join(f"{value:g}" for value in three)
                faults.append(Fault("costs.csv", line, name, got, "low <= middle <= high"))
        texts = (str(row["status"]), str(row["reason"]))
        found[lever] = Cost(str(row["basis"]), one_off, yearly, *texts)
    return found
