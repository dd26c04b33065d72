"""Packs with anything wrong in them: a Region or an InputError that points at the place."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.errors import Fault, InputError
from sim.packs import load_region
from sim.packs.read import pack_folder
from sim.packs.schema import FIXED_TABLES, PACK_FILES, SETTINGS_FILE, Column, facilities_schema
from sim.region import Region

YEAR = 2023
SCHEMAS = {schema.file: schema for schema in (*FIXED_TABLES, facilities_schema([YEAR]))}
TABLES = tuple(name for name, schema in SCHEMAS.items() if name != "targets.csv")
Rows = list[list[str]]


@cache
def shipped() -> dict[str, bytes]:
    """Files of the reference pack, the smallest one."""
    folder = pack_folder("reference")
    return {name: (folder / name).read_bytes() for name in PACK_FILES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(
        shutil.copytree(pack_folder("reference"), tmp_path_factory.mktemp("packs") / "mine")
    )


def outcome(folder: Path, changed: dict[str, bytes | None]) -> Region | InputError:
    """Load the pack with some files replaced (None: removed); the folder is restored."""
    try:
        for name, content in changed.items():
            (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
        return load_region(folder, YEAR)
    except InputError as error:
        return error
    finally:
        for name in changed:
            (folder / name).write_bytes(shipped()[name])


def faults(folder: Path, changed: dict[str, bytes | None]) -> list[Fault]:
    result = outcome(folder, changed)
    assert isinstance(result, InputError), "the fault went unnoticed"
    return list(result.faults)


def places(found: list[Fault]) -> set[tuple[str, int, str]]:
    return {(fault.file, fault.row, fault.field) for fault in found}


def rows_of(name: str) -> Rows:
    return list(csv.reader(io.StringIO(shipped()[name].decode(), newline="")))


def as_bytes(rows: Rows) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def with_cell(name: str, row: int, column: str, value: str) -> dict[str, bytes | None]:
    rows = rows_of(name)
    rows[row - 1][rows[0].index(column)] = value
    return {name: as_bytes(rows)}


def test_the_copy_itself_is_sound(folder: Path) -> None:
    assert isinstance(outcome(folder, {}), Region)


NOT_NUMBERS = ("", " 5", "5 ", "1,200", "1_000", "１２", "nan", "inf", "-inf", "1e3", "0x10",
               "five",               "+5", "5%", "٣", "1.2.3", "--1", "\t7", "9" * 40)  # fmt: skip
NOT_WORDS = ("", " ", " town", "Town ", "a\tb", "a\x00b", "VILLAGE", "\u2028")


def _breaks(column: Column, value: str) -> bool:
    if column.kind in ("integer", "number"):
        return value in NOT_NUMBERS
    if column.kind in ("text", "key"):
        return value in NOT_WORDS and value != "VILLAGE"
    return value in NOT_WORDS


@pytest.mark.parametrize("value", [*NOT_NUMBERS, *NOT_WORDS])
def test_every_column_refuses_it_and_all_faults_come_at_once(folder: Path, value: str) -> None:
    changed: dict[str, bytes | None] = {}
    wanted = set()
    for name in TABLES:
        rows = rows_of(name)
        for i, column in enumerate(SCHEMAS[name].columns):
            # A row of its own for each column as far as the rows go.
            row = 1 + i % (len(rows) - 1)
            if _breaks(column, value):
                rows[row][rows[0].index(column.name)] = value
                wanted.add((name, row + 1, column.name))
        changed[name] = as_bytes(rows)
    found = faults(folder, changed)
    assert wanted <= places(found)
    told = [fault for fault in found if (fault.file, fault.row, fault.field) in wanted]
    assert all(fault.got and fault.expected for fault in told)


@pytest.mark.parametrize("name", TABLES)
def test_out_of_range_numbers_are_told(folder: Path, name: str) -> None:
    rows = rows_of(name)
    wanted = set()
    for column in SCHEMAS[name].columns:
        if column.kind in ("integer", "number"):
            assert column.low is not None and column.high is not None, column.name
            at = rows[0].index(column.name)
            rows[1][at] = f"{int(column.high) + 1}"
            wanted.add((name, 2, column.name))
    if wanted:
        assert wanted <= places(faults(folder, {name: as_bytes(rows)}))
    else:
        assert name == "sources.csv"


@pytest.mark.parametrize("name", TABLES)
def test_a_row_given_twice_is_told_with_both_lines(folder: Path, name: str) -> None:
    rows = rows_of(name)
    found = faults(folder, {name: as_bytes([*rows, rows[1]])})
    twice = [f for f in found if f.file == name and f.row == len(rows) + 1]
    assert twice and "as in row 2" in twice[0].got


@pytest.mark.parametrize("name", [n for n in TABLES if n != "anchors.csv"])
def test_a_row_left_out_is_told(folder: Path, name: str) -> None:
    rows = rows_of(name)
    assert faults(folder, {name: as_bytes(rows[:-1])})


@pytest.mark.parametrize("name", TABLES)
def test_an_unknown_a_missing_and_a_doubled_column_are_told(folder: Path, name: str) -> None:
    rows = rows_of(name)
    first = rows[0][0]
    unknown = as_bytes([[*row, "note" if i == 0 else "x"] for i, row in enumerate(rows)])
    assert (name, 1, "note") in places(faults(folder, {name: unknown}))
    assert (name, 1, first) in places(faults(folder, {name: as_bytes([r[1:] for r in rows])}))
    doubled = as_bytes([[*row, row[0]] for row in rows])
    assert (name, 1, first) in places(faults(folder, {name: doubled}))


@pytest.mark.parametrize("name", PACK_FILES)
def test_a_missing_empty_or_garbled_file_is_told(folder: Path, name: str) -> None:
    for content in (None, b"", b"\xff\xfe\x00", b"\x00" * 40, b'"', b"{[", b"\n\n\n"):
        found = faults(folder, {name: content})
        assert name in {fault.file for fault in found}, content


def test_a_short_and_a_long_row_are_told(folder: Path) -> None:
    rows = rows_of("villages.csv")
    rows[3].pop()
    rows[5].append("more")
    found = places(faults(folder, {"villages.csv": as_bytes(rows)}))
    assert {("villages.csv", 4, ""), ("villages.csv", 6, "")} <= found


def _row_where(name: str, column: str, value: str) -> int:
    rows = rows_of(name)
    return next(i for i, row in enumerate(rows, 1) if row[rows[0].index(column)] == value)


@pytest.mark.parametrize(
    ("name", "row", "column", "value"),
    [
        ("facilities.csv", ("key", "c-000001-general"), "beds_2023", "1071000"),
        ("facilities.csv", ("key", "t-000001-t01"), "beds_2023", "31000"),
        ("facilities.csv", ("key", "c-000001-tcm"), "beds_2023", "0.432"),
        ("facilities.csv", ("key", "v-000001-t01-c001"), "doctors_2023", "430"),
        ("facilities.csv", ("key", "c-000001-general"), "withdrawn", "10"),
        ("facilities.csv", ("key", "c-000001-general"), "tier", "township"),
        ("facilities.csv", ("key", "c-000001-general"), "county", "999999"),
        ("facilities.csv", ("key", "t-000001-t01"), "township", "none"),
        ("facilities.csv", ("key", "v-000001-t01-c001"), "village", "nowhere"),
        ("facilities.csv", ("key", "v-000001-t01-c001"), "township", "000001-t09"),
        ("facilities.csv", ("key", "x-reference"), "place_outside", "no"),
        ("facilities.csv", ("key", "x-reference"), "is_delay", "no"),
        ("facilities.csv", ("key", "c-000001-general"), "place_outside", "yes"),
        ("facilities.csv", ("key", "c-000001-general"), "beds_source", "s99"),
        ("villages.csv", ("key", "000001-t01-c001"), "east_km", "1500"),
        ("villages.csv", ("key", "000001-t01-c001"), "residence", "rural"),
        ("villages.csv", ("key", "000001-t01-c001"), "township", "000001-t77"),
        ("insurance.csv", ("tier", "county"), "inpatient_rate_bp", "0.68"),
        ("insurance.csv", ("tier", "county"), "inpatient_rate_bp", "68000"),
        ("counties.csv", ("code", "000001"), "settled_share", "100"),
        ("counties.csv", ("code", "000001"), "census_total", "500001"),
        ("counties.csv", ("code", "000001"), "census_urban", "250001"),
        ("counties.csv", ("code", "000001"), "towns", "9"),
        ("counties.csv", ("code", "000001"), "villages", "207"),
        ("townships.csv", ("key", "000001-t01"), "communities", "3"),
        ("travel.csv", ("tier", "county"), "road_factor", "130"),
        ("travel.csv", ("tier", "county"), "speed_kmh", "90"),
        ("prices.csv", ("tier", "city"), "outpatient_fen", "360"),
        ("stocks.csv", ("quantity", "beds_total"), "value", "3049"),
        ("stocks.csv", ("quantity", "doctors_in_facilities"), "value", "1.66"),
    ],
)  # fmt: skip
def test_a_wrong_unit_or_reference_is_told_at_its_place(
    folder: Path, name: str, row: tuple[str, str], column: str, value: str
) -> None:
    at = _row_where(name, *row)
    assert (name, at, column) in places(faults(folder, with_cell(name, at, column, value)))


def test_a_closed_facility_with_beds_is_told(folder: Path) -> None:
    row = _row_where("facilities.csv", "key", "c-000001-general")
    found = places(faults(folder, with_cell("facilities.csv", row, "opens_year", "2030")))
    assert ("facilities.csv", row, f"beds_{YEAR}") in found


def test_one_person_too_many_is_told(folder: Path) -> None:
    rows = rows_of("population.csv")
    at = rows[0].index("age_30_34")
    changed = with_cell("population.csv", 2, "age_30_34", str(int(rows[1][at]) + 1))
    assert ("counties.csv", 2, "census_total") in places(faults(folder, changed))


SETTING_EDITS: dict[str, tuple[Callable[[str], str], str]] = {
    "duplicate key": (lambda t: t + "\nname: again\n", "name"),
    "unknown key": (lambda t: t + "\nnmae: x\n", "nmae"),
    "unknown inner key": (lambda t: t.replace("  others:", "  otters:"),
                          "contract_coverage.otters"),
    "missing key": (lambda t: t.replace("name_zh:", "name_zn:"), "name_zh"),
    "percent": (lambda t: t.replace("others: 0.3", "others: 30"), "contract_coverage.others"),
    "underscore": (lambda t: t.replace("population: 500000", "population: 500_000"),
                   "census.population"),
    "another sum": (lambda t: t.replace("population: 500000", "population: 500001"),
                    "census.population"),
    "no years": (lambda t: t.replace("years:\n- 2023", "years: []"), "years[]"),
    "a year twice": (lambda t: t.replace("- 2023", "- 2023\n- 2023"), "years[]"),
    "a scalar for a group": (lambda t: t.replace("origin:\n  latitude: 35.0\n  longitude: 115.0",
                                                 "origin: 35"), "origin"),
    "not basis points": (lambda t: t.replace("- 10000\n", "- 1.0\n", 1),
                         "insurance.deductible_factor_bp.values[0]"),
    "a value too few": (lambda t: t.replace("    - 10000\n", "", 1),
                        "insurance.deductible_factor_bp.values[]"),
    "unknown source": (lambda t: t.replace("source: r_contracts", "source: r_nothing"),
                       "contract_coverage.source"),
    "unknown status": (lambda t: t.replace("status: assumed", "status: guessed", 1),
                       "contract_coverage.status"),
}  # fmt: skip


@pytest.mark.parametrize("edit", SETTING_EDITS)
def test_a_slip_in_the_settings_is_told_by_its_key(folder: Path, edit: str) -> None:
    change, field = SETTING_EDITS[edit]
    before = shipped()[SETTINGS_FILE].decode()
    after = change(before)
    assert after != before
    found = faults(folder, {SETTINGS_FILE: after.encode()})
    assert (SETTINGS_FILE, field) in {(fault.file, fault.field) for fault in found}


@pytest.mark.parametrize(
    "text",
    ["a: &a [1]\nb: *a\n", "a: &a\n  b: *a\n", "[" * 5000, "a: b: c", "\tid: x", "- 1\n- 2\n",
     "--- 1\n--- 2\n", "id: !!python/object:os.system x\n", "? [1, 2]\n: 3\n", "id: |\n  x\n  y\n"],
)  # fmt: skip
def test_strange_yaml_is_refused_not_run(folder: Path, text: str) -> None:
    found = faults(folder, {SETTINGS_FILE: text.encode()})
    assert SETTINGS_FILE in {fault.file for fault in found}


SLOW = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@SLOW
@given(
    st.sampled_from(TABLES),
    st.integers(0, 10_000),
    st.integers(0, 100),
    st.text(max_size=12) | st.integers(-10, 10**7).map(str) | st.floats().map(str),
)
def test_any_cell_may_hold_anything(
    folder: Path, name: str, row: int, column: int, value: str
) -> None:
    rows = rows_of(name)
    at = 1 + row % (len(rows) - 1)
    rows[at][column % len(rows[0])] = value
    try:
        content = as_bytes(rows)
    except (csv.Error, UnicodeEncodeError):
        return
    result = outcome(folder, {name: content})
    if isinstance(result, InputError):
        assert all(fault.file in PACK_FILES and fault.expected for fault in result.faults)
        assert all(fault.row >= 0 for fault in result.faults)
    else:
        assert result.year == YEAR


@SLOW
@given(st.sampled_from(PACK_FILES), st.integers(0, 10**6), st.binary(min_size=1, max_size=6))
def test_any_bytes_anywhere_give_a_region_or_a_fault(
    folder: Path, name: str, at: int, junk: bytes
) -> None:
    content = shipped()[name]
    cut = at % (len(content) + 1)
    result = outcome(folder, {name: content[:cut] + junk + content[cut + len(junk) :]})
    assert isinstance(result, Region | InputError)
    if isinstance(result, InputError):
        assert result.faults


def test_a_journey_of_days_is_told_at_its_village(folder: Path) -> None:
    rows = rows_of("travel.csv")
    at = _row_where("travel.csv", "tier", "outside")
    for column in ("speed_low", "speed_kmh"):
        rows[at - 1][rows[0].index(column)] = "2"
    found = faults(folder, {"travel.csv": as_bytes(rows)})
    assert {fault.file for fault in found} == {"villages.csv"}
    assert len(found) == len(rows_of("villages.csv")) - 1
    assert "x-reference" in found[0].got


def test_a_folder_in_the_place_of_a_file_is_told(folder: Path) -> None:
    path = folder / "prices.csv"
    path.unlink()
    path.mkdir()
    try:
        result = outcome(folder, {})
    finally:
        path.rmdir()
        path.write_bytes(shipped()["prices.csv"])
    assert isinstance(result, InputError)
    assert [fault.file for fault in result.faults] == ["prices.csv"]


def test_a_file_too_large_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.packs.text.LARGEST_TABLE", 1000)
    monkeypatch.setattr("sim.packs.text.LARGEST_SETTINGS", 1000)
    large = {name for name, content in shipped().items() if len(content) > 1000}
    found = faults(folder, {})
    assert large <= {fault.file for fault in found if "more than 1,000 bytes" in fault.got}
