"""`parameters.csv` as frozen typed records: every number of the rules, its range and its source.

A parameter is a scalar, or an array over one or two declared axes (need class, tier, age group …);
which one follows from the `index` column of its rows, and every combination must be there.
`anchored.csv`, written by `python -m calibration anchor`, overlays the calibrated rows; what a
region's own published figures shift (`anchored_regions.csv`, by `python -m calibration anchor
REGION`) comes on top.

Two kinds of bounds. A row's low and high say what the number may be as things are: the range of its
prior. `data/limits.csv` says, by unit, what a rule can compute with at all: a policy or a limiting
case may leave the range, a value beyond the limits is refused.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
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
LIMITS = FOLDER / "data" / "limits.csv"
REGIONAL = FOLDER / "data" / "anchored_regions.csv"

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
ANCHORED_COLUMNS = ("key", "value", "source")
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


# ASCII digits only: float() would also take 1_000, full-width digits, nan and inf.
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?(e-?[0-9]{1,2})?")


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _records(path: Path, header: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line and cells of every row; InputError for what is no table with this header."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        got = str(error).splitlines()[0]
        raise InputError([Fault(path.name, 0, "", got, "a CSV table in UTF-8")]) from None
    if not rows or tuple(rows[0]) != header:
        got = ",".join(rows[0]) if rows else "an empty file"
        raise InputError([Fault(path.name, 1, "", got[:200], ",".join(header))])
    wrong = [(line, len(row)) for line, row in enumerate(rows, 1) if len(row) != len(header)]
    if wrong:
        want = f"{len(header)} cells as in the header"
        hint = "Put a cell that holds a comma in double quotes."
        raise InputError(Fault(path.name, line, "", f"{n} cells", want, hint) for line, n in wrong)
    for line, row in enumerate(rows[1:], 2):
        yield line, dict(zip(header, row, strict=True))


def read_rows(path: Path = TABLE) -> tuple[Row, ...]:
    """Rows of a parameter table.

    raises  InputError with every fault found
    """
    faults: list[Fault] = []
    rows: list[Row] = []
    seen: set[str] = set()
    for line, cells in _records(path, COLUMNS):
        numbers: dict[str, float] = {}
        for field in ("default", "low", "high"):
            value = _number(cells[field])
            if value is None:
                faults.append(Fault(path.name, line, field, repr(cells[field]), "a number"))
            numbers[field] = math.nan if value is None else value
        fields: dict[str, Any] = {**cells, **numbers}
        row = Row(**fields)
        sound = not any(math.isnan(number) for number in numbers.values())
        if sound and not numbers["low"] <= numbers["default"] <= numbers["high"]:
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


@cache
def _row_type() -> np.dtype:
    """The same with fields by name in Python, too."""
    return np.dtype((np.record, _record_type()))


@cache
def _limits() -> dict[tuple[str, str], tuple[float, float]]:
    """Lowest and highest value by ("unit", unit) and ("name", parameter)."""
    header = ("kind", "name", "lowest", "highest", "reason")
    return {
        (row["kind"], row["name"]): (float(row["lowest"]), float(row["highest"]))
        for _, row in _records(LIMITS, header)
    }


def limits(row: Row) -> tuple[float, float]:
    """What a rule can compute with: lowest and highest value of a parameter, ends included.

    raises  KeyError for a unit that limits.csv does not list
    """
    return _limits().get(("name", row.name)) or _limits()["unit", row.unit]


def read_anchored(path: Path = ANCHORED) -> dict[str, float]:
    """Calibrated values by key (`name:index`); empty where no anchoring has been done.

    raises  InputError for a key that is no calibrated row of parameters.csv, a key given twice, a
            value that is no number or beyond its limits, and a file that is no such table
    """
    if not path.exists():
        return {}
    rows = {row.key: row for row in _table()}
    faults: list[Fault] = []
    values: dict[str, float] = {}
    for line, cells in _records(path, ANCHORED_COLUMNS):
        key, value = cells["key"], _number(cells["value"])
        row = rows.get(key)
        if row is None:
            faults.append(_unknown(path.name, line, "key", key, rows))
        elif row.status != "calibrated":
            want = "a row of parameters.csv with status calibrated"
            faults.append(Fault(path.name, line, "key", f"{key}, {row.status}", want))
        elif value is None:
            faults.append(Fault(path.name, line, "value", repr(cells["value"]), "a number"))
        else:
            faults += _beyond(path.name, line, "value", value, row)
        if key in values:
            faults.append(Fault(path.name, line, "key", f"{key} again", "each key once"))
        values[key] = math.nan if value is None else value
    if faults:
        raise InputError(faults)
    return values


def _unknown(file: str, line: int, field: str, key: str, known: Iterable[str]) -> Fault:
    near = get_close_matches(key[:100], known, n=1)
    hint = f"Did you mean {near[0]}?" if near else ""
    got = "an unknown name" if field == key else repr(key[:100])
    return Fault(file, line, field, got, "a row of parameters.csv", hint)


def _beyond(file: str, line: int, field: str, value: float, row: Row) -> list[Fault]:
    """The fault of a value that no rule can compute with."""
    lowest, highest = limits(row)
    if lowest <= value <= highest:
        return []
    want = f"{lowest:g} to {highest:g} ({row.unit})"
    hint = f"As things are it lies in {row.low:g} to {row.high:g}; {row.default:g} is the default."
    return [Fault(file, line, field, f"{value:g}", want, hint)]


def _checked(overrides: Mapping[str, float]) -> dict[str, float]:
    """Overrides as floats; InputError for unknown names, no numbers, and what is beyond limits."""
    rows = {row.key: row for row in _table()}
    faults: list[Fault] = []
    values: dict[str, float] = {}
    for key in sorted(overrides, key=str):
        value, row = overrides[key], rows.get(key)
        if row is None:
            faults.append(_unknown("parameters", 0, str(key), str(key), rows))
        elif isinstance(value, bool) or not isinstance(value, int | float | np.number):
            faults.append(Fault("parameters", 0, key, repr(value)[:60], "a number"))
        else:
            values[key] = float(value)
            faults += _beyond("parameters", 0, key, values[key], row)
    if faults:
        raise InputError(faults)
    return values


def beyond_range(overrides: Mapping[str, float]) -> list[str]:
    """What to say a reader of overrides that lie outside the range thought possible as things are.

    >>> beyond_range({"taste_sd": 0.0})
    ['taste_sd = 0 lies outside its range 0.2 to 0.9']
    """
    return [
        f"{row.key} = {overrides[row.key]:g} lies outside its range {row.low:g} to {row.high:g}"
        for row in _table()
        if row.key in overrides and not row.low <= overrides[row.key] <= row.high
    ]


def read_shifts(region: str, path: Path = REGIONAL) -> dict[str, tuple[str, float]]:
    """What a region's own figures shift, {key: ("add" or "multiply", amount)}; mostly nothing."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        return {
            row["key"]: (row["operation"], float(row["amount"]))
            for row in csv.DictReader(stream)
            if row["region"] == region
        }


def load_parameters(
    overrides: Mapping[str, float] | None = None, *, anchored: bool = True, region: str = ""
) -> Any:
    """The parameters as one read-only record of floats and float64 arrays.

    overrides  values by key: `"taste_sd"` or `"capability:county/complex"`; they stand as given
    anchored   overlay the values solved by `python -m calibration anchor`
    region     overlay the shifts of this region, "" for the national values
    raises     InputError for an unknown key, a value that is no number or beyond the limits of its
               unit, and a faulty table of anchored values

    >>> float(load_parameters({"taste_sd": 0.0}).taste_sd)
    0.0
    """
    values = {row.key: row.default for row in _table()}
    if anchored:
        values.update(read_anchored())
        for key, (operation, amount) in read_shifts(region).items():
            values[key] = values[key] + amount if operation == "add" else values[key] * amount
    values.update(_checked(overrides or {}))
    record = np.zeros(1, dtype=_row_type())
    for name, axes in _shapes().items():
        flat = [values[f"{name}:{'/'.join(keys)}" if keys else name] for keys in product(*axes)]
        record[name][0] = np.array(flat).reshape([len(axis) for axis in axes])
    record.setflags(write=False)
    return record[0]


def one_row(p: Any) -> Any:
    """A record as an array of one row: compiled code takes a fiftieth of the time to receive it.

    Every record has a type object of its own. Numba compares one it does not know with one it does,
    field by field at every call, so rows have all the same.

    >>> one_row(load_parameters()).shape
    (1,)
    """
    row = np.asarray(p).reshape(1)
    return row if row.dtype is _row_type() else row.view(_row_type())


@cache
def _positions() -> dict[str, tuple[str, tuple[int, ...]]]:
    """Field and index of every parameter, by key."""
    found = {}
    for name, axes in _shapes().items():
        for at in product(*(range(len(axis)) for axis in axes)):
            keys = "/".join(axis[i] for axis, i in zip(axes, at, strict=True))
            found[f"{name}:{keys}" if keys else name] = (name, at)
    return found


def position(key: str) -> tuple[str, tuple[int, ...]] | None:
    """Field and index of a parameter in the record, by key; None where there is no such row.

    >>> position("stay_mean:county")
    ('stay_mean', (2,))
    """
    return _positions().get(key)


@cache
def _limits_by_key() -> dict[str, tuple[float, float]]:
    return {row.key: limits(row) for row in _table()}


def with_values(p: Any, values: Mapping[str, float]) -> Any:
    """A copy of a record with some values by key, each clipped to its limits.

    raises  KeyError for a key that is no row of parameters.csv
    """
    record = np.zeros(1, dtype=_row_type())
    record[0] = p
    bounds = _limits_by_key()
    for key, value in values.items():
        name, at = _positions()[key]
        lowest, highest = bounds[key]
        record[name][(0, *at)] = min(highest, max(lowest, value))
    record.setflags(write=False)
    return record[0]


def keys_of(name: str) -> tuple[str, ...]:
    """Keys of all rows of a parameter.

    >>> keys_of("taste_sd"), len(keys_of("wait_weight"))
    (('taste_sd',), 4)
    """
    return tuple(key for key, (field, _) in _positions().items() if field == name)


def rows_of_status(statuses: Iterable[str]) -> list[Row]:
    """Rows whose status is one of `statuses`, in table order."""
    wanted = set(statuses)
    return [row for row in _table() if row.status in wanted]
