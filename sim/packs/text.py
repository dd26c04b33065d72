"""Strict reading of text: what a cell may look like, and the fault when it does not."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sim.errors import Fault
from sim.packs.schema import MAY_BE_EMPTY, Column, TableSchema

# ASCII digits only: int() and float() would also take 1_000, full-width digits, nan and inf.
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?")
_KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
LONGEST_TEXT = 600
LARGEST_FILE = 64_000_000
_WORDS = {"integer": "a whole number", "number": "a decimal number", "key": "a key", "text": "text"}

Value = str | int | float | bool


@dataclass(slots=True)
class Table:
    """A parsed table: values by column, None where the cell was faulty; `line` is the file line."""

    file: str
    line: list[int] = field(default_factory=list)
    columns: dict[str, list[Value | None]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.line)

    def __getitem__(self, name: str) -> list[Value | None]:
        return self.columns[name]


def expected(column: Column) -> str:
    """What a column allows, in words, for the message of a fault."""
    if column.kind == "choice":
        return "one of " + ", ".join(column.choices)
    if column.kind == "boolean":
        return "yes or no"
    words = _WORDS[column.kind]
    if column.low is not None or column.high is not None:
        words += f" from {column.low:g} to {column.high:g}"
    return f"{words} ({column.unit})" if column.unit else words


def shown(text: str) -> str:
    """An offending value as it stands, quoted and not longer than a line."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def parse_cell(text: str, column: Column) -> Value | None:
    """Value of one cell, or None when the text is not what the column declares."""
    kind = column.kind
    if kind == "integer":
        if not _INTEGER.fullmatch(text):
            return None
        return _in_range(int(text), column)
    if kind == "number":
        if not _NUMBER.fullmatch(text):
            return None
        return _in_range(float(text), column)
    if kind == "choice":
        return text if text in column.choices else None
    if kind == "boolean":
        return {"yes": True, "no": False}.get(text)
    if kind == "key":
        return text if _KEY.fullmatch(text) else None
    plain = text and text == text.strip() and len(text) <= LONGEST_TEXT
    return text if plain and not _CONTROL.search(text) else None


def _in_range(value: float, column: Column) -> float | None:
    if column.low is not None and value < column.low:
        return None
    if column.high is not None and value > column.high:
        return None
    return value


def hint_for(text: str, column: Column) -> str:
    """What to do about a faulty cell; the usual mistakes are named."""
    if text == "":
        return "The cell is empty; every cell must be filled."
    if column.kind in ("integer", "number"):
        if "," in text or "\uff0c" in text:
            return "Remove the thousands separator."
        if "%" in text:
            return "Write a share as a fraction, 0.35 and not 35%."
        if not text.isascii():
            return "Use the plain digits 0-9."
        if _NUMBER.fullmatch(text):
            return f"Check the unit of {column.name}." if column.unit else "Check the value."
    return ""


def read_bytes(folder: Path, name: str, faults: list[Fault]) -> bytes | None:
    """Bytes of one file of the pack; a fault and None when it cannot be read."""
    path = folder / name
    try:
        if path.stat().st_size > LARGEST_FILE:
            faults.append(Fault(name, 0, "", "a file of more than 64 MB", "a table of a region"))
            return None
        return path.read_bytes()
    except FileNotFoundError:
        faults.append(Fault(name, 0, "", "no such file", f"the file in {folder}"))
    except OSError as error:
        faults.append(Fault(name, 0, "", error.strerror or "an error", "a readable file"))
    return None


def decode(name: str, raw: bytes, faults: list[Fault]) -> str | None:
    """Text of a file in UTF-8, with or without a byte-order mark."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        hint = "Save the file as UTF-8."
        faults.append(Fault(name, row, "", "bytes that are not UTF-8", "UTF-8 text", hint))
        return None


def parse_table(raw: bytes, schema: TableSchema, faults: list[Fault]) -> Table | None:
    """Parse a CSV file by its schema.

    raw     the bytes of the file
    schema  declared columns; the header must hold exactly these, in any order
    faults  every fault found is appended
    returns the table, with None for faulty cells, or None when there is no usable header
    """
    text = decode(schema.file, raw, faults)
    if text is None:
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[int] = []
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append(record)
            lines.append(reader.line_num)
    except csv.Error as error:
        hint = "Check the quotes."
        faults.append(Fault(schema.file, reader.line_num, "", str(error), "a CSV row", hint))
        return None
    if not records:
        faults.append(Fault(schema.file, 1, "", "an empty file", "a header and rows"))
        return None
    if not _check_header(records[0], schema, faults):
        return None
    kept = _rows_of_full_length(records, lines, schema, faults)
    return _columns(records[0], kept, schema, faults)


def _check_header(header: Sequence[str], schema: TableSchema, faults: list[Fault]) -> bool:
    names = [column.name for column in schema.columns]
    before = len(faults)
    for name in sorted(set(header)):
        if name not in names:
            known = "one of " + ", ".join(names)
            faults.append(Fault(schema.file, 1, name, "an unknown column", known, "Remove it."))
        elif list(header).count(name) > 1:
            faults.append(Fault(schema.file, 1, name, "the column twice", "one column"))
    for name in names:
        if name not in header:
            faults.append(Fault(schema.file, 1, name, "no such column", "the column", "Add it."))
    return len(faults) == before


def _rows_of_full_length(
    records: list[list[str]], lines: list[int], schema: TableSchema, faults: list[Fault]
) -> list[tuple[int, list[str]]]:
    width = len(records[0])
    kept = []
    for line, record in zip(lines[1:], records[1:], strict=True):
        if len(record) == width:
            kept.append((line, record))
        else:
            got, want = f"{len(record)} cells", f"{width} cells as in the header"
            faults.append(Fault(schema.file, line, "", got, want))
    if not kept and schema.file not in MAY_BE_EMPTY:
        faults.append(Fault(schema.file, 0, "", "no rows", "at least one row"))
    return kept


def _columns(
    header: Sequence[str],
    rows: list[tuple[int, list[str]]],
    schema: TableSchema,
    faults: list[Fault],
) -> Table:
    table = Table(schema.file, [line for line, _ in rows])
    place = {name: i for i, name in enumerate(header)}
    for column in schema.columns:
        at = place[column.name]
        values = [parse_cell(record[at], column) for _, record in rows]
        if None in values:
            for (line, record), value in zip(rows, values, strict=True):
                if value is None:
                    faults.append(cell_fault(schema.file, line, record[at], column))
        table.columns[column.name] = values
    return table


def cell_fault(file: str, line: int, text: str, column: Column) -> Fault:
    """The fault of one cell whose text is not what its column declares."""
    got = shown(text)
    return Fault(file, line, column.name, got, expected(column), hint_for(text, column))
