"""Ways to spoil one file of a pack, and what is expected of the reader then."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Edit = Callable[[bytes], bytes]
Rows = list[list[str]]


@dataclass(frozen=True)
class At:
    """Where a fault must be reported, and what its message must say."""

    row: int
    field: str
    says: tuple[str, ...]
    file: str = ""


@dataclass(frozen=True)
class Case:
    """A spoiled pack: the edits by file, and every place that must be reported and no other."""

    id: str
    edits: Mapping[str, Edit]
    expected: tuple[At, ...]


def at(row: int, field: str, *says: str, file: str = "") -> At:
    return At(row, field, says, file)


def case(name: str, file: str, edit: Edit, *expected: At) -> Case:
    """A case of one file; places without a file are in it."""
    return cases(name, {file: edit}, *expected)


def cases(name: str, edits: Mapping[str, Edit], *expected: At) -> Case:
    first = next(iter(edits))
    placed = (At(e.row, e.field, e.says, e.file or first) for e in expected)
    return Case(name, edits, tuple(placed))


def rows_of(content: bytes) -> Rows:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def as_bytes(rows: Rows) -> bytes:
    out = io.StringIO(newline="")
    # The writer leaves a carriage return unquoted unless it ends lines itself.
    has_return = any("\r" in cell for row in rows for cell in row)
    quoting = csv.QUOTE_ALL if has_return else csv.QUOTE_MINIMAL
    csv.writer(out, lineterminator="\n", quoting=quoting).writerows(rows)
    return out.getvalue().encode()


def _on_rows(change: Callable[[Rows], None]) -> Edit:
    def edit(content: bytes) -> bytes:
        rows = rows_of(content)
        change(rows)
        return as_bytes(rows)

    return edit


def cell(row: int, column: str, value: str) -> Edit:
    """One cell; rows are counted as in the file, the header is 1."""
    return cells({(row, column): value})


def cells(values: Mapping[tuple[int, str], str]) -> Edit:
    def change(rows: Rows) -> None:
        for (row, column), value in values.items():
            rows[row - 1][rows[0].index(column)] = value

    return _on_rows(change)


def column(name: str, change: Callable[[str], str]) -> Edit:
    """Every cell of a column."""

    def on(rows: Rows) -> None:
        for row in rows[1:]:
            row[rows[0].index(name)] = change(row[rows[0].index(name)])

    return _on_rows(on)


def times(factor: float, *names: str, rows: range | None = None) -> Edit:
    """Numbers of some columns times a factor, as a slip of the unit makes them."""

    def on(table: Rows) -> None:
        for line, row in enumerate(table[1:], 2):
            for name in names:
                i = table[0].index(name)
                if rows is None or line in rows:
                    row[i] = f"{float(row[i]) * factor:.6f}".rstrip("0").rstrip(".")

    return _on_rows(on)


def header(old: str, new: str) -> Edit:
    return _on_rows(lambda rows: rows[0].__setitem__(rows[0].index(old), new))


def drop_column(name: str) -> Edit:
    def change(rows: Rows) -> None:
        i = rows[0].index(name)
        for row in rows:
            del row[i]

    return _on_rows(change)


def add_column(name: str, value: str = "x") -> Edit:
    def change(rows: Rows) -> None:
        for i, row in enumerate(rows):
            row.append(value if i else name)

    return _on_rows(change)


def append(*values: str) -> Edit:
    return _on_rows(lambda rows: rows.append(list(values)))


def drop(row: int) -> Edit:
    return _on_rows(lambda rows: rows.__delitem__(row - 1))


def again(row: int) -> Edit:
    """The row a second time, at the end."""
    return _on_rows(lambda rows: rows.append(rows[row - 1]))


def header_only(content: bytes) -> bytes:
    return content.split(b"\n", 1)[0] + b"\n"


def raw(new: bytes) -> Edit:
    return lambda _content: new


def text(old: str, new: str) -> Edit:
    """The first occurrence of a text replaced by another."""

    def edit(content: bytes) -> bytes:
        assert old.encode() in content, f"the pack has no {old!r} to spoil"
        return content.replace(old.encode(), new.encode(), 1)

    return edit


def every(old: bytes, new: bytes) -> Edit:
    return lambda content: content.replace(old, new)


def encoded(encoding: str) -> Edit:
    return lambda content: content.decode().encode(encoding)


def both(*edits: Edit) -> Edit:
    def edit(content: bytes) -> bytes:
        for one in edits:
            content = one(content)
        return content

    return edit
