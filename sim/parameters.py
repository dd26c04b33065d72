"""`parameters.csv` as frozen typed records: every number of the rules, its range and its source.

A parameter is a scalar, or an array over one or two declared axes (need class, tier, age group …);
which one follows from the `index` column of its rows, and every combination must be there.
`anchored.csv`, written by `python -m sim anchor`, overlays the calibrated rows.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import Fault, InputError
from sim.tiers import AGE_BAND_KEYS, CLASS_KEYS, TIER_KEYS

FOLDER = Path(__file__).parent
TABLE = FOLDER / "parameters.csv"
ANCHORED = FOLDER / "data" / "anchored.csv"

AGE_GROUP_KEYS = ("0_14", "15_44", "45_64", "65plus")
POOL_KEYS = ("internal", "surgery", "women_children", "tcm", "other", "emergency")
STATE_KEYS = ("none", "controlled", "uncontrolled", "advanced")
AXES: tuple[tuple[str, ...], ...] = (
    CLASS_KEYS,
    TIER_KEYS,
    AGE_GROUP_KEYS,
    AGE_BAND_KEYS,
    POOL_KEYS,
    STATE_KEYS,
    STATE_KEYS[1:],
    ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"),
    ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    ("2020", "2021", "2022", "2023"),
    ("near", "middle"),
    ("rural", "urban"),
    ("other", "key"),
)
STATUSES = ("published", "derived", "computed", "literature", "calibrated", "assumed", "recalled")
COLUMNS = (
    "name", "symbol", "index", "unit", "default", "low", "high", "prior", "rule", "source",
    "status", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: one number, its unit, range, prior, rule, source and status."""

    name: str
    symbol: str
    index: str
    unit: str
    default: float
    low: float
    high: float
    prior: str
    rule: str
    source: str
    status: str
    note: str

    @property
    def key(self) -> str:
        """`name` of a scalar, `name:index` of an array element."""
        return f"{self.name}:{self.index}" if self.index else self.name


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def read_rows(path: Path = TABLE) -> tuple[Row, ...]:
    """Rows of a parameter table; raises InputError with every fault found."""
    faults: list[Fault] = []
    rows: list[Row] = []
    seen: set[str] = set()
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            got = ",".join(reader.fieldnames or ())
            raise InputError([Fault(path.name, 1, "", got, ",".join(COLUMNS))])
        for line, cells in enumerate(reader, start=2):
            numbers: dict[str, float] = {}
            for field in ("default", "low", "high"):
                value = _number(cells[field] or "")
                if value is None:
                    faults.append(Fault(path.name, line, field, repr(cells[field]), "a number"))
                numbers[field] = math.nan if value is None else value
            fields: dict[str, Any] = {**cells, **numbers}
            row = Row(**fields)
            if not numbers["low"] <= numbers["default"] <= numbers["high"]:
                expected = f"low <= default <= high ({row.low:g} .. {row.high:g})"
                faults.append(Fault(path.name, line, "default", f"{row.default:g}", expected))
            if row.status not in STATUSES:
                allowed = "one of " + " ".join(STATUSES)
                faults.append(Fault(path.name, line, "status", repr(row.status), allowed))
            if row.key in seen:
                faults.append(Fault(path.name, line, "name", row.key, "each row once"))
            seen.add(row.key)
            rows.append(row)
    if faults:
        raise InputError(faults)
    return tuple(rows)


def _axes_of(indices: list[str], name: str) -> list[tuple[str, ...]]:
    """The declared axes whose product the indices are, in order."""
    parts = [index.split("/") for index in indices]
    axes = []
    for position in range(len(parts[0])):
        keys = {part[position] for part in parts if len(part) > position}
        match = [axis for axis in AXES if set(axis) == keys]
        if not match:
            raise InputError([Fault(TABLE.name, 0, "index", f"{name}: {sorted(keys)}", "an axis")])
        axes.append(match[0])
    wanted = ["/".join(keys) for keys in product(*axes)]
    if sorted(wanted) != sorted(indices):
        missing = sorted(set(wanted) - set(indices))
        raise InputError([Fault(TABLE.name, 0, "index", f"{name} lacks {missing}", "every index")])
    return axes


@cache
def _table() -> tuple[Row, ...]:
    return read_rows()


@cache
def _shapes() -> dict[str, list[tuple[str, ...]]]:
    """Axes of every parameter, [] for a scalar."""
    indices: dict[str, list[str]] = {}
    for row in _table():
        indices.setdefault(row.name, []).append(row.index)
    return {name: [] if index == [""] else _axes_of(index, name) for name, index in indices.items()}


@cache
def _record_type() -> np.dtype:
    """One record type for all rules, so compiled code passes a single pointer, reads fields by
    name, and does not compile when a rule asks for a number that is not a row."""
    return np.dtype(
        [(name, np.float64, tuple(len(axis) for axis in axes)) for name, axes in _shapes().items()]
    )


def read_anchored(path: Path = ANCHORED) -> dict[str, float]:
    """Calibrated values by key (`name:index`); empty where no anchoring has been done."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["key"]: float(row["value"]) for row in csv.DictReader(stream)}


def load_parameters(overrides: Mapping[str, float] | None = None, *, anchored: bool = True) -> Any:
    """The parameters as one read-only record of floats and float64 arrays.

    overrides  values by key: `"taste_sd"` or `"capability:county/complex"`
    anchored   overlay the values solved by `python -m sim anchor`

    >>> float(load_parameters({"taste_sd": 0.0}).taste_sd)
    0.0
    """
    rows = _table()
    keys = {row.key for row in rows}
    values = {row.key: row.default for row in rows}
    if anchored:
        values.update(read_anchored())
    unknown = sorted(set(overrides or {}) - keys)
    if unknown:
        raise InputError(
            [Fault("parameters", 0, key, "an unknown name", "a row of parameters.csv")
             for key in unknown]
        )  # fmt: skip
    values.update(overrides or {})
    record = np.zeros(1, dtype=_record_type())
    for name, axes in _shapes().items():
        flat = [values[f"{name}:{'/'.join(keys)}" if keys else name] for keys in product(*axes)]
        record[name][0] = np.array(flat).reshape([len(axis) for axis in axes])
    record.setflags(write=False)
    return record.view(np.recarray)[0]


def rows_of_status(statuses: Iterable[str]) -> list[Row]:
    """Rows whose status is one of `statuses`, in table order."""
    wanted = set(statuses)
    return [row for row in _table() if row.status in wanted]
