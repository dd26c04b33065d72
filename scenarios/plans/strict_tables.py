"""The package's own tables read strictly; "-" stands for a cell that says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from sim.errors import Fault, FaultList
from sim.packs.cells import LONGEST_SHOWN, Value, cell_fault, parse_cell, read_bytes, shown
from sim.packs.schema import Column, TableSchema
from sim.packs.table import Table, parse_table

FOLDER = Path(__file__).parent
NOTHING = "-"
Row = dict[str, Value]


def read_table(
    path: Path, key: Sequence[str], columns: Sequence[Column], faults: FaultList
) -> Iterator[tuple[int, Row]]:
    """Line and cells of every sound row of a CSV table.

    key      columns that together distinguish rows; the same key twice is a fault
    faults   every fault found is appended; a row with a faulty cell is left out
    """
    raw = read_bytes(path.parent, path.name, faults)
    schema = TableSchema(path.name, "", tuple(key), tuple(columns))
    table = None if raw is None else parse_table(raw, schema, faults)
    if table is None:
        return
    seen: set[tuple[Value, ...]] = set()
    for line, row in _sound(table):
        name = tuple(row[column] for column in key)
        if name in seen:
            got = " ".join(map(str, name)) + " again"
            faults.append(Fault(path.name, line, key[0], got, "each row once", "Remove one."))
        seen.add(name)
        yield line, row


def _sound(table: Table) -> Iterator[tuple[int, Row]]:
    for at, line in enumerate(table.line):
        row = {name: values[at] for name, values in table.columns.items()}
        sound = {name: value for name, value in row.items() if value is not None}
        if len(sound) == len(row):
            yield line, sound


def number_or_none(
    file: str, line: int, row: Row, column: Column, faults: list[Fault]
) -> float | None:
    """Number of a cell declared as text, None for "-" and for what is no number (a fault)."""
    text = str(row[column.name])
    if text == NOTHING:
        return None
    value = parse_cell(text, column)
    if value is None:
        faults.append(cell_fault(file, line, text, column))
        return None
    return float(value)


def text_or_empty(text: Value) -> str:
    """A text cell, "" where it says nothing.

    >>> given("-")
    ''
    """
    return "" if text == NOTHING else str(text)


def unknown(file: str, line: int, field: str, got: str, what: str, known: Sequence[str]) -> Fault:
    """The fault of a name that is not among the known ones; the nearest is offered."""
    near = get_close_matches(got[:LONGEST_SHOWN], known, n=1)
    hint = f"Did you mean {near[0]}?" if near else ""
    return Fault(file, line, field, shown(got), what, hint)
