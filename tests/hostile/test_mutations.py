"""A sound pack changed at random: it stays a pack, or every fault is reported."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.packs import verify
from sim.packs.cells import parse_cell
from sim.packs.schema import FIXED_TABLES, PACK_FILES, SETTINGS_FILE, facilities_schema
from sim.packs.settings import SETTINGS, pattern_of
from sim.region import Region
from sim.tiers import N_ALTERNATIVES
from tests.hostile.edits import Rows, as_bytes, rows_of
from tests.hostile.packs import YEAR, example, outcome, written

SCHEMAS = {schema.file: schema for schema in (*FIXED_TABLES, facilities_schema([YEAR]))}
TABLES = tuple(name for name in SCHEMAS if len(rows_of(example()[name])) > 1)
# Files whose sums and keys meet those of a file: a change in one may be reported in the other.
GEOGRAPHY = {"counties.csv", "population.csv", "townships.csv", "villages.csv", "facilities.csv",
             "targets.csv", SETTINGS_FILE, "stocks.csv"}  # fmt: skip
LINKED = {
    **dict.fromkeys(GEOGRAPHY, GEOGRAPHY | {"prices.csv", "travel.csv"}),
    "sources.csv": set(PACK_FILES), "prices.csv": {"prices.csv"},
    "insurance.csv": {"insurance.csv"}, "travel.csv": {"travel.csv", "villages.csv"},
    "anchors.csv": {"anchors.csv"},
}  # fmt: skip

VALUES = (
    st.sampled_from(
        ["", "FILL", "0", "-0", "1", "-1", "yes", "no", "none", "outside", "village", "male",
         "assumed", "nan", "inf", "1e3", "1_000", "１２", "٣", "9999", "0.5", "1000000", "000002",
         "999999", "000002-t01", "example", "=1+1", "'", '"', "\\", "\r", "\n", "\0", "\u2028",
         "\ud7ff", "🏥", "a" * 700, "9" * 400]
    )
    | st.text(max_size=12)
    | st.integers(-10, 10**7).map(str)
    | st.floats().map(str)
    | st.decimals(allow_nan=True, places=3).map(str)
)  # fmt: skip


def options(examples: int) -> settings:
    return settings(
        max_examples=examples,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("packs") / "mine")


def judged(folder: Path, changed: dict[str, bytes]) -> Region | InputError:
    """What reading gives: an intact region, or faults that can be shown, without long work."""
    begun = time.process_time()
    result = outcome(folder, changed)
    assert time.process_time() - begun < 60  # an order of magnitude of work, not a timing
    if isinstance(result, InputError):
        event("refused")
        assert all(fault.file in PACK_FILES for fault in result.faults)
        assert all(fault.got and fault.expected and fault.row >= 0 for fault in result.faults)
        assert all(line.isprintable() for line in str(result).splitlines())
        allowed = set().union(*(LINKED[name] for name in changed))
        assert {fault.file for fault in result.faults} <= allowed, str(result)
    else:
        event("accepted")
        _intact(result)
    return result


def _intact(region: Region) -> None:
    assert region.year == YEAR
    villages, facilities = region.villages, region.facilities
    assert villages.facility.shape == (len(villages.weight), N_ALTERNATIVES)
    assert villages.facility.min() >= -1
    assert villages.facility.max() < len(facilities.key)
    assert np.isfinite(villages.hours).all() and (villages.hours >= 0).all()
    assert (villages.hours[villages.facility >= 0] > 0).all()
    assert (villages.weight > 0).all() and (facilities.beds >= 0).all()
    assert (region.counties.census >= 0).all() and region.counties.census.sum() >= 1000
    assert (facilities.doctors >= 0).all() and (facilities.outpatient_fen > 0).all()


def _cell_changed(folder: Path, name: str, row: int, column: int, value: str) -> None:
    rows = rows_of(example()[name])
    line, at = 1 + row % (len(rows) - 1), column % len(rows[0])
    rows[line][at] = value
    try:
        content = as_bytes(rows)
    except UnicodeEncodeError:  # lone surrogates cannot stand in a file
        return
    result = judged(folder, {name: content})
    declared = next(c for c in SCHEMAS[name].columns if c.name == rows[0][at])
    if parse_cell(value, declared) is None:
        # What is wrong in itself is reported at its place and nowhere else.
        assert isinstance(result, InputError)
        assert {(f.file, f.row, f.field) for f in result.faults} == {
            (name, line + 1, declared.name)
        }
        assert len(result.faults) == 1


@options(200)
@given(st.sampled_from(TABLES), st.integers(0, 10_000), st.integers(0, 100), VALUES)
def test_any_cell_may_hold_anything(
    folder: Path, name: str, row: int, column: int, value: str
) -> None:
    _cell_changed(folder, name, row, column, value)


@pytest.mark.slow
@options(4_000)
@given(st.sampled_from(TABLES), st.integers(0, 10_000), st.integers(0, 100), VALUES)
def test_any_cell_may_hold_anything_at_length(
    folder: Path, name: str, row: int, column: int, value: str
) -> None:
    _cell_changed(folder, name, row, column, value)


@st.composite
def changed_rows(draw: st.DrawFn, name: str) -> bytes:
    """A table with one to four changes of its rows, columns or cells."""
    rows = rows_of(example()[name])
    for _ in range(draw(st.integers(1, 4))):
        _change(draw, rows)
    try:
        return as_bytes(rows)
    except UnicodeEncodeError:
        return example()[name]


def _change(draw: st.DrawFn, rows: Rows) -> None:
    if not rows or not any(rows):
        return
    i = draw(st.integers(0, len(rows) - 1))
    j = draw(st.integers(0, len(rows) - 1))
    column = draw(st.integers(0, max(0, len(rows[i]) - 1)))
    kind = draw(st.integers(0, 10))
    if kind == 0:
        rows[i], rows[j] = rows[j], rows[i]
    elif kind == 1:
        rows.insert(j, list(rows[i]))
    elif kind == 2:
        del rows[i]
    elif kind == 3 and rows[i]:
        del rows[i][column]
    elif kind == 4:
        rows[i].insert(column, draw(VALUES))
    elif kind == 5:
        for row in rows:
            del row[column : column + 1]
    elif kind == 6:
        for row in rows:
            row.insert(column, row[column] if column < len(row) else "")
    elif kind == 7 and column < len(rows[j]) and rows[i]:
        rows[i][column] = rows[j][column]
    elif kind == 8:
        rows.append([])
    elif rows[i]:
        rows[i][column] = draw(VALUES)


def _rows_changed(folder: Path, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(TABLES), min_size=1, max_size=3, unique=True))
    judged(folder, {name: data.draw(changed_rows(name)) for name in names})


@options(120)
@given(st.data())
def test_any_rows_and_columns_may_be_moved_doubled_or_lost(
    folder: Path, data: st.DataObject
) -> None:
    _rows_changed(folder, data)


@pytest.mark.slow
@options(2_500)
@given(st.data())
def test_any_rows_and_columns_at_length(folder: Path, data: st.DataObject) -> None:
    _rows_changed(folder, data)


def _bytes_changed(folder: Path, name: str, at: int, gone: int, junk: bytes) -> None:
    content = example()[name]
    cut = at % (len(content) + 1)
    judged(folder, {name: content[:cut] + junk + content[cut + gone :]})


JUNK = st.binary(max_size=6) | st.sampled_from(
    [b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b"\r", b'"', b'""', b",", b"\n\n", b": ", b"- ", b"&a ",
     b"*a", b"!!x ", b"[", b"{", b"}", b"|\n", b"#", b"%", b"---\n", b"\t", b"? ", b"<<: "]
)  # fmt: skip


@options(150)
@given(st.sampled_from(PACK_FILES), st.integers(0, 10**6), st.integers(0, 40), JUNK)
def test_any_bytes_anywhere(folder: Path, name: str, at: int, gone: int, junk: bytes) -> None:
    _bytes_changed(folder, name, at, gone, junk)


@pytest.mark.slow
@options(4_000)
@given(st.sampled_from(PACK_FILES), st.integers(0, 10**6), st.integers(0, 40), JUNK)
def test_any_bytes_at_length(folder: Path, name: str, at: int, gone: int, junk: bytes) -> None:
    _bytes_changed(folder, name, at, gone, junk)


def _setting_changed(folder: Path, line: int, value: str) -> None:
    lines = example()[SETTINGS_FILE].decode().splitlines()
    holding = [i for i, text in enumerate(lines) if re.match(r"\s*(-|\w+:) \S", text)]
    at = holding[line % len(holding)]
    lines[at] = re.sub(r"^(\s*(?:-|\w+:) ).*", lambda m: m[1] + value, lines[at])
    try:
        content = "\n".join(lines).encode() + b"\n"
    except UnicodeEncodeError:
        return
    result = judged(folder, {SETTINGS_FILE: content})
    if re.fullmatch(r"[A-Za-z0-9.]+", value) and isinstance(result, InputError):
        fields = {f.field for f in result.faults if f.row == at + 1}
        own = [f for f in fields if pattern_of(f) in SETTINGS]
        wrong = [f for f in own if parse_cell(value, SETTINGS[pattern_of(f)]) is None]
        assert wrong == own or value in ("null", "Null", "NULL")


@options(80)
@given(st.integers(0, 1000), VALUES)
def test_any_setting_may_hold_anything(folder: Path, line: int, value: str) -> None:
    _setting_changed(folder, line, value)


@options(40)
@given(st.sampled_from(TABLES), st.integers(0, 10_000), st.integers(0, 100), st.integers(0, 60))
def test_what_is_accepted_can_be_verified(
    folder: Path, name: str, row: int, column: int, value: int
) -> None:
    rows = rows_of(example()[name])
    line, at = 1 + row % (len(rows) - 1), column % len(rows[0])
    rows[line][at] = str(value)
    (folder / name).write_bytes(as_bytes(rows))
    try:
        assert verify(folder).text()
    except InputError as error:
        assert error.faults
    finally:
        (folder / name).write_bytes(example()[name])
