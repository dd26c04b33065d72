"""Parameter tables, anchored values and overrides with anything wrong in them."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim.parameters as table
from sim.errors import InputError
from sim.packs.template import EXAMPLE, SOURCE
from sim.parameters import beyond_range, limits, load_parameters, read_anchored, read_rows
from sim.run import simulate

ROWS = {row.key: row for row in read_rows()}
HEADER = ",".join(table.COLUMNS)
GOOD = "a,x,,1,1,0,2,normal,choice,ours,assumed,"
SECOND = GOOD.replace("a,", "b,", 1)


def refused(path: Path, content: bytes, read: Callable[[Path], object]) -> InputError:
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(path)
    assert {fault.file for fault in caught.value.faults} == {path.name}
    return caught.value


# id, the second row of the table, row and field reported, words of the message
TABLES = (
    ("a cell too many", GOOD + ",more", 3, "", "13 cells"),
    ("a cell too few", GOOD.rstrip(","), 3, "", "11 cells"),
    ("an empty line", "\n" + SECOND, 3, "", "0 cells"),
    ("a bare comma in a note", GOOD + "mean, roughly", 3, "", "double quotes"),
    ("underscore", SECOND.replace(",1,1,0,", ",1,1_0,0,"), 3, "default", "'1_0'"),
    ("full-width", SECOND.replace(",1,1,0,", ",1,１,0,"), 3, "default", "'１'"),
    ("Arabic digit", SECOND.replace(",0,2,", ",0,٣,"), 3, "high", "a number"),
    ("space", SECOND.replace(",1,1,0,", ",1, 1,0,"), 3, "default", "' 1'"),
    ("nan", SECOND.replace(",0,2,", ",nan,2,"), 3, "low", "'nan'"),
    ("inf", SECOND.replace(",0,2,", ",0,inf,"), 3, "high", "'inf'"),
    ("empty", SECOND.replace(",0,2,", ",,2,"), 3, "low", "''"),
    ("default under low", SECOND.replace(",1,1,0,", ",1,-1,0,"), 3, "default", "0 .. 2"),
    ("status", SECOND.replace("assumed", "believed"), 3, "status", "one of published"),
    ("a row twice", GOOD, 3, "name", "each row once"),
    ("a quote left open", SECOND + '"', 0, "", "CSV"),
)


@pytest.mark.parametrize(("row", "line", "field", "says"), [t[1:] for t in TABLES],
                         ids=[t[0] for t in TABLES])  # fmt: skip
def test_a_faulty_row_of_the_table_is_told(
    tmp_path: Path, row: str, line: int, field: str, says: str
) -> None:
    content = f"{HEADER}\n{GOOD}\n{row}\n".encode()
    error = refused(tmp_path / "parameters.csv", content, read_rows)
    told = [f for f in error.faults if (f.row, f.field) == (line, field)]
    assert told and says in str(told[0]), str(error)


NO_TABLES = (
    b"", b"\n", b"\x00", b"\xff\xfe", HEADER.encode("utf-16"), HEADER.encode() + b",more",
    HEADER.replace("low", "Low").encode(), f"{HEADER}\n中文".encode("gb18030"),
)  # fmt: skip


@pytest.mark.parametrize("content", NO_TABLES)
def test_what_is_no_parameter_table_is_told(tmp_path: Path, content: bytes) -> None:
    refused(tmp_path / "parameters.csv", content, read_rows)


# id, rows of anchored.csv, row and field reported, words of the message
ANCHORED = (
    ("unknown key", "need_scale:mniro,1,x", 2, "key", "Did you mean need_scale:minor?"),
    ("name without index", "need_scale,1,x", 2, "key", "a row of parameters.csv"),
    ("empty key", ",1,x", 2, "key", "''"),
    ("no calibrated row", "taste_sd,0.5,x", 2, "key", "status calibrated"),
    ("key twice", "need_scale:minor,1,x\nneed_scale:minor,1.1,x", 3, "key", "each key once"),
    ("no number", "need_scale:minor,one,x", 2, "value", "'one'"),
    ("nan", "need_scale:minor,nan,x", 2, "value", "'nan'"),
    ("underscore", "need_scale:minor,1_0,x", 2, "value", "'1_0'"),
    ("beyond its limits", "need_scale:minor,-1,x", 2, "value", "0 to 1000"),
    ("a cell too few", "need_scale:minor,1", 2, "", "2 cells"),
    ("a cell too many", "need_scale:minor,1,x,y", 2, "", "4 cells"),
)


@pytest.mark.parametrize(("rows", "line", "field", "says"), [a[1:] for a in ANCHORED],
                         ids=[a[0] for a in ANCHORED])  # fmt: skip
def test_a_faulty_anchored_value_is_told(
    tmp_path: Path, rows: str, line: int, field: str, says: str
) -> None:
    content = f"key,value,source\n{rows}\n".encode()
    error = refused(tmp_path / "anchored.csv", content, read_anchored)
    assert [(f.row, f.field) for f in error.faults] == [(line, field)]
    assert says in str(error)


def test_a_wrong_anchored_header_and_all_wrong_keys_are_told(tmp_path: Path) -> None:
    refused(tmp_path / "anchored.csv", b"key,values,source\n", read_anchored)
    content = b"key,value,source\nx,1,s\ny,1,s\n"
    error = refused(tmp_path / "anchored.csv", content, read_anchored)
    assert [fault.row for fault in error.faults] == [2, 3]


def test_faulty_anchored_values_never_reach_the_parameters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "anchored.csv"
    path.write_text("key,value,source\nneed_scale:mniro,1,x\n", encoding="utf-8")
    monkeypatch.setattr(table, "read_anchored", lambda: read_anchored(path))
    with pytest.raises(InputError, match="mniro"):
        load_parameters()


# ------------------------------------------------------------------------------- overrides


@pytest.mark.parametrize(
    ("key", "value", "bounds"),
    [
        ("escalation:minor", 1.01, "0 to 1 (probability)"),
        ("escalation:minor", -0.01, "0 to 1 (probability)"),
        ("private_clinic_share", 35, "0 to 1 (share)"),
        ("service_minutes:county", -1, "0 to 10080 (minutes)"),
        ("service_minutes:county", 1e9, "0 to 10080 (minutes)"),
        ("morning_opens:county", 25, "0 to 24 (hours)"),
        ("need_rate:minor/0_14", -1, "0 to 1000 (episodes/person-year)"),
        ("tier_constant:county", 1e6, "-100 to 100 (utility)"),
        ("primary_nest", 0, "0.01 to 1 (1)"),
        ("ambulance_share", 1.5, "0 to 1 (1)"),
        ("taste_sd", math.nan, "0 to 1000 (1)"),
        ("taste_sd", math.inf, "0 to 1000 (1)"),
        ("taste_sd", -math.inf, "0 to 1000 (1)"),
    ],
)
def test_an_override_beyond_its_limits_names_limits_and_range(
    key: str, value: float, bounds: str
) -> None:
    with pytest.raises(InputError) as caught:
        load_parameters({key: value})
    (fault,) = caught.value.faults
    assert (fault.field, fault.expected) == (key, bounds)
    row = ROWS[key]
    assert f"{row.low:g} to {row.high:g}" in fault.hint


@pytest.mark.parametrize("value", ["0.5", None, True, [0.5], 1j, np.zeros(2)])
def test_an_override_that_is_no_number_is_told(value: object) -> None:
    with pytest.raises(InputError, match="a number"):
        load_parameters({"taste_sd": value})  # type: ignore[dict-item]


def test_all_overrides_are_judged_at_once_and_the_nearest_name_is_told() -> None:
    with pytest.raises(InputError) as caught:
        load_parameters({"tast_sd": 1.0, "escalation:minor": 2.0, "primary_nest": "x"})  # type: ignore[dict-item]
    assert [fault.field for fault in caught.value.faults] == [
        "escalation:minor", "primary_nest", "tast_sd",
    ]  # fmt: skip
    assert caught.value.faults[2].hint == "Did you mean taste_sd?"


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.key)
def test_the_range_of_every_row_lies_within_its_limits(row: table.Row) -> None:
    lowest, highest = limits(row)
    assert lowest <= row.low <= row.high <= highest


def test_every_limit_is_of_a_unit_or_name_there_is() -> None:
    with table.LIMITS.open(encoding="utf-8", newline="") as stream:
        given_limits = list(csv.DictReader(stream))
    known = {"unit": {row.unit for row in ROWS.values()}, "name": {r.name for r in ROWS.values()}}
    assert all(row["name"] in known[row["kind"]] and row["reason"] for row in given_limits)
    assert {row["name"] for row in given_limits if row["kind"] == "unit"} == known["unit"]


@settings(max_examples=150)
@given(st.sampled_from(sorted(ROWS)), st.floats())
def test_an_override_is_taken_exactly_or_refused(key: str, value: float) -> None:
    lowest, highest = limits(ROWS[key])
    if lowest <= value <= highest:
        row = ROWS[key]
        elements = np.ravel(load_parameters({key: value}, anchored=False)[row.name])
        assert value in elements
    else:
        with pytest.raises(InputError):
            load_parameters({key: value}, anchored=False)


def test_a_value_outside_its_range_is_allowed_and_told_in_the_manifest() -> None:
    assert beyond_range({"taste_sd": 0.5}) == []
    assert beyond_range({"taste_sd": 0.2}) == []
    run = simulate(SOURCE / EXAMPLE, 2023, overrides={"escalation:minor": 0.9})
    row = ROWS["escalation:minor"]
    wanted = f"escalation:minor = 0.9 lies outside its range {row.low:g} to {row.high:g}"
    assert wanted in run.manifest["warnings"]
