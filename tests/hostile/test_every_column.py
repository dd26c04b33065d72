"""What every column of every file refuses, tried on all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import InputError
from sim.packs.schema import CODE, FIXED_TABLES, MAY_BE_EMPTY, PACK_FILES, Column, facilities_schema
from tests.hostile.edits import as_bytes, rows_of
from tests.hostile.packs import YEAR, example, outcome, written

SCHEMAS = {schema.file: schema for schema in (*FIXED_TABLES, facilities_schema([YEAR]))}
TABLES = tuple(name for name in SCHEMAS if name not in MAY_BE_EMPTY)
Places = set[tuple[str, int, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("packs") / "mine")


def faults(folder: Path, changed: dict[str, bytes]) -> InputError:
    result = outcome(folder, changed)
    assert isinstance(result, InputError), "the fault went unnoticed"
    return result


def places(error: InputError) -> Places:
    return {(fault.file, fault.row, fault.field) for fault in error.faults}


NOT_NUMBERS = (
    "", " 5", "5 ", "1,200", "1_000", "１２", "nan", "inf", "-inf", "1e3", "0x10", "five", "+5",
    "5%", "٣", "1.2.3", "--1", "-0", "007", "\t7", "9" * 40, "FILL",
)  # fmt: skip
NOT_WORDS = ("", " ", " town", "Town ", "a\tb", "a\x00b", "\u2028", "\u202e", "FILL")
NOT_CHOICES = ("VILLAGE", "maybe", "1", "true")


def _breaks(column: Column, value: str) -> bool:
    if column.kind in ("integer", "number"):
        return value in NOT_NUMBERS
    if column.kind in ("text", "key"):
        return value in NOT_WORDS
    return column.kind == CODE or value in (*NOT_WORDS, *NOT_CHOICES)


@pytest.mark.parametrize("value", sorted({*NOT_NUMBERS, *NOT_WORDS, *NOT_CHOICES}))
def test_every_column_refuses_it_and_all_faults_come_at_once(folder: Path, value: str) -> None:
    changed: dict[str, bytes] = {}
    wanted: Places = set()
    for name in TABLES:
        rows = rows_of(example()[name])
        for i, column in enumerate(SCHEMAS[name].columns):
            # A row of its own for each column as far as the rows go.
            row = 1 + i % (len(rows) - 1)
            if _breaks(column, value):
                rows[row][rows[0].index(column.name)] = value
                wanted.add((name, row + 1, column.name))
        changed[name] = as_bytes(rows)
    error = faults(folder, changed)
    assert wanted <= places(error)
    told = [fault for fault in error.faults if (fault.file, fault.row, fault.field) in wanted]
    assert all(fault.got and fault.expected for fault in told)


@pytest.mark.parametrize("name", [n for n in TABLES if n != "sources.csv"])
def test_a_number_beyond_its_range_is_told_in_every_column(folder: Path, name: str) -> None:
    for end in ("low", "high"):
        rows, wanted = rows_of(example()[name]), set()
        for column in SCHEMAS[name].columns:
            if column.kind in ("integer", "number"):
                limit = getattr(column, end)
                assert limit is not None, column.name
                beyond = int(limit) + 1 if end == "high" else int(limit) - 1
                rows[1][rows[0].index(column.name)] = str(beyond)
                wanted.add((name, 2, column.name))
        assert wanted <= places(faults(folder, {name: as_bytes(rows)}))


@pytest.mark.parametrize("name", TABLES)
def test_a_row_given_twice_is_told_with_both_lines(folder: Path, name: str) -> None:
    rows = rows_of(example()[name])
    found = faults(folder, {name: as_bytes([*rows, rows[1]])}).faults
    assert [(fault.row, "as in row 2" in fault.got) for fault in found] == [(len(rows) + 1, True)]


@pytest.mark.parametrize("name", TABLES)
def test_an_unknown_a_missing_and_a_doubled_column_are_told(folder: Path, name: str) -> None:
    rows = rows_of(example()[name])
    for i, column in enumerate(rows[0]):
        renamed = [[*row[:i], "other" if line == 0 else row[i], *row[i + 1:]]
                   for line, row in enumerate(rows)]  # fmt: skip
        assert {(name, 1, "other"), (name, 1, column)} == places(
            faults(folder, {name: as_bytes(renamed)})
        )
        doubled = as_bytes([[*row, row[i]] for row in rows])
        assert {(name, 1, column)} == places(faults(folder, {name: doubled}))


@pytest.mark.parametrize("name", PACK_FILES)
def test_a_garbled_file_is_told(folder: Path, name: str) -> None:
    for content in (
        b"",
        b"\xff\xfe\x00",
        b"\x00" * 40,
        b'"',
        b"{[",
        b"\n\n\n",
        b"\xef\xbb\xbf",
        b"\r",
        b",",
        b"\x1a",
        b"---",
        b"%YAML 9.9\n---\n",
        b"&a",
        b"*a",
        b"!x y",
    ):
        assert {fault.file for fault in faults(folder, {name: content}).faults} == {name}, content
