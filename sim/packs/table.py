"""A CSV file of a pack read strictly by its schema, with all its faults."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from sim.errors import Fault, FaultList
from sim.packs.cells import LONGEST_SHOWN, Value, cell_fault, decode, named, parse_cell, shown
from sim.packs.schema import MAY_BE_EMPTY, TableSchema

MOST_ROWS = 200_000
MOST_COLUMNS = 200

Record = tuple[int, list[str]]  # line of the file at which it begins, its cells


@dataclass(slots=True)
class Table:
    """A parsed table: values by column, None where the cell was faulty.

    line         the file line of each row
    is_complete  False when rows were left out or given twice, so that sums and keys would mislead
    """

    file: str
    line: list[int] = field(default_factory=list)
    columns: dict[str, list[Value | None]] = field(default_factory=dict)
    is_complete: bool = True

    def __len__(self) -> int:
        return len(self.line)

    def __getitem__(self, name: str) -> list[Value | None]:
        return self.columns[name]


def parse_table(raw: bytes, schema: TableSchema, faults: FaultList) -> Table | None:
    """Parse a CSV file by its schema.

    raw     the bytes of the file
    schema  declared columns; the header must hold exactly these, in any order
    faults  every fault found is appended
    returns the table, with None for faulty cells, or None when it cannot be read as a whole
    """
    text = decode(schema.file, raw, faults)
    if text is None:
        return None
    records, whole = _records(text, schema.file, faults)
    if not records:
        if whole:
            faults.append(Fault(schema.file, 1, "", "an empty file", "a header and rows"))
        return None
    if not _check_header(records[0], schema, faults):
        return None
    before = len(faults)
    kept = _rows_of_full_length(records, schema, faults, whole)
    is_complete = len(faults) == before
    table = _columns(records[0][1], kept, schema, faults)
    table.is_complete = is_complete
    return table if whole else None


def _records(text: str, file: str, faults: FaultList) -> tuple[list[Record], bool]:
    """Rows of a CSV text, and whether it could be read to its end."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[Record] = []
    begins = 1
    try:
        for cells in reader:
            if len(records) > MOST_ROWS:
                want = f"at most {MOST_ROWS:,} rows"
                faults.append(Fault(file, begins, "", "more rows", want, "Check the file."))
                return [], False
            records.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        hint = "Check the quotes: a quoted cell begins and ends with one, inside it they double."
        faults.append(Fault(file, begins, "", str(error), "a CSV row", hint))
        return records, False
    return records, True


def _check_header(first: Record, schema: TableSchema, faults: FaultList) -> bool:
    line, header = first
    names = [column.name for column in schema.columns]
    before = len(faults)
    if not header:
        faults.append(Fault(schema.file, line, "", "an empty line", "a header", "Remove it."))
        return False
    for mark, what in ((";", "semicolons"), ("\t", "tabs"), ("\uff0c", "Chinese commas")):
        if len(header) == 1 and mark in header[0]:
            hint = "Save the file with commas between cells."
            got = f"a header with {what}"
            faults.append(Fault(schema.file, line, "", got, "cells between commas", hint))
            return False
    if len(header) > MOST_COLUMNS:
        got, want = f"{len(header)} columns", f"the {len(names)} columns of the table"
        faults.append(Fault(schema.file, line, "", got, want))
        return False
    missing = [name for name in names if name not in header]
    for name, times in sorted(Counter(header).items()):
        if name not in names:
            near = get_close_matches(name[:LONGEST_SHOWN], missing or names, n=1)
            hint = f"Did you mean {near[0]}?" if near else "Remove it."
            known = "one of " + ", ".join(names)
            faults.append(Fault(schema.file, line, named(name), "an unknown column", known, hint))
        elif times > 1:
            hint = "Remove one."
            faults.append(Fault(schema.file, line, name, "the column twice", "one column", hint))
    for name in missing:
        faults.append(Fault(schema.file, line, name, "no such column", "the column", "Add it."))
    return len(faults) == before


def _rows_of_full_length(
    records: list[Record], schema: TableSchema, faults: FaultList, whole: bool
) -> list[Record]:
    width = len(records[0][1])
    kept = [record for record in records[1:] if len(record[1]) == width]
    wrong = [record for record in records[1:] if len(record[1]) != width]
    room = faults.room(schema.file)
    for line, cells in wrong[:room]:
        faults.append(_wrong_length(schema.file, line, cells, width))
    faults.count_more(schema.file, len(wrong[room:]))
    if whole and len(records) == 1 and schema.file not in MAY_BE_EMPTY:
        faults.append(Fault(schema.file, 0, "", "no rows", "at least one row"))
    return kept


def _wrong_length(file: str, line: int, cells: list[str], width: int) -> Fault:
    got, want = f"{len(cells)} cells", f"{width} cells as in the header"
    if not cells:
        return Fault(file, line, "", "an empty line", "a row", "Remove it.")
    if len(cells) < width:
        hint = f"The last cell is {shown(cells[-1])}; fill the rest of the row."
        return Fault(file, line, "", got, want, hint)
    return Fault(file, line, "", got, want, "Put a cell that holds a comma in double quotes.")


def _columns(
    header: Sequence[str], rows: list[Record], schema: TableSchema, faults: FaultList
) -> Table:
    table = Table(schema.file, [line for line, _ in rows])
    place = {name: i for i, name in enumerate(header)}
    for column in schema.columns:
        at = place[column.name]
        values = [parse_cell(cells[at], column) for _, cells in rows]
        if None in values:
            wrong = [row for row, value in zip(rows, values, strict=True) if value is None]
            room = faults.room(schema.file)
            for line, cells in wrong[:room]:
                faults.append(cell_fault(schema.file, line, cells[at], column))
            faults.count_more(schema.file, len(wrong[room:]))
        table.columns[column.name] = values
    return table
