"""The parameter table: faults, shapes, overrides; every number a rule reads is a row, and used."""

from __future__ import annotations

import ast
import csv
from pathlib import Path

import numpy as np
import pytest

import sim.parameters as table
from sim.errors import InputError
from sim.parameters import (
    COLUMNS,
    STATUSES,
    load_parameters,
    one_row,
    read_anchored,
    read_rows,
    with_values,
)
from sim.tiers import CLASS_KEYS, TIER_KEYS

SIM = Path(table.__file__).parent
ROWS = read_rows()
NAMES = {row.name for row in ROWS}
# Read no more; kept draws rest on the bytes of the table, so they go when it next changes.
RETIRED = {"bed_loss_factor", "bed_wait_factor"}
BEHAVIOUR = [
    *sorted((SIM / "rules").glob("*.py")),
    *sorted((SIM / "engines").rglob("*.py")),
    SIM / "day.py",
]
GOOD = {
    "name": "a", "symbol": "a", "index": "", "unit": "1", "default": "1", "low": "0", "high": "2",
    "prior": "normal", "rule": "choice", "source": "ours", "status": "assumed", "note": "",
}  # fmt: skip


def written(folder, *changes, header=COLUMNS):
    path = folder / "parameters.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, extrasaction="ignore")
        writer.writeheader()
        writer.writerows({**GOOD, **change} for change in changes)
    return path


# ------------------------------------------------------------------------------- the table itself


def test_a_row_that_is_in_order(tmp_path):
    (row,) = read_rows(written(tmp_path, {"index": "minor"}))
    assert (row.key, row.default, row.low, row.high) == ("a:minor", 1.0, 0.0, 2.0)


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ({"default": "many"}, "default", "a number"),
        ({"default": ""}, "default", "a number"),
        ({"low": "nan"}, "low", "a number"),
        ({"high": "inf"}, "high", "a number"),
        ({"high": "1_000"}, "high", "a number"),
        ({"default": "3"}, "default", "low <= default <= high"),
        ({"default": "-1"}, "default", "low <= default <= high"),
        ({"status": "guessed"}, "status", "one of published"),
    ],
)
def test_a_faulty_cell_is_named_with_its_row(tmp_path, change, field, expected):
    with pytest.raises(InputError) as caught:
        read_rows(written(tmp_path, {"name": "first"}, change))
    fault = caught.value.faults[0]
    assert (fault.file, fault.row, fault.field) == ("parameters.csv", 3, field)
    assert expected in fault.expected


def test_all_faults_of_a_table_are_found_at_once(tmp_path):
    with pytest.raises(InputError) as caught:
        read_rows(written(tmp_path, {"default": "x", "status": "y"}, {"name": "b", "default": "9"}))
    assert {(fault.row, fault.field) for fault in caught.value.faults} == {
        (2, "default"),
        (2, "status"),
        (3, "default"),
    }


def test_a_row_given_twice_is_a_fault(tmp_path):
    with pytest.raises(InputError, match="each row once"):
        read_rows(written(tmp_path, {}, {"default": "2"}))


def test_a_header_in_another_order_is_a_fault(tmp_path):
    with pytest.raises(InputError, match=r"parameters\.csv row 1"):
        read_rows(written(tmp_path, {}, header=COLUMNS[::-1]))


@pytest.mark.parametrize(
    "indices", [("minor", "chronic"), ("minor", "chronic", "complex", "acute"), ("", "minor")]
)
def test_an_index_must_be_a_whole_declared_axis(tmp_path, monkeypatch, indices):
    rows = read_rows(written(tmp_path, *({"index": index} for index in indices)))
    monkeypatch.setattr(table, "_table", lambda: rows)
    with pytest.raises(InputError, match="an axis"):
        table._shapes.__wrapped__()


def test_a_product_of_axes_with_a_hole_is_a_fault(tmp_path, monkeypatch):
    keys = [f"{tier}/{kind}" for tier in TIER_KEYS for kind in CLASS_KEYS]
    keys.remove("city/complex")
    rows = read_rows(written(tmp_path, *({"index": key} for key in keys)))
    monkeypatch.setattr(table, "_table", lambda: rows)
    with pytest.raises(InputError, match=r"lacks \['city/complex'\]"):
        table._shapes.__wrapped__()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_every_row_says_what_it_is(row):
    assert row.low <= row.default <= row.high
    assert row.status in STATUSES
    assert row.name.isidentifier() and row.name == row.name.lower()
    assert row.symbol and row.unit and row.source and row.prior and row.rule


def test_every_probability_and_share_stays_one_over_its_range():
    for row in ROWS:
        if row.unit in ("probability", "share"):
            assert row.low >= 0.0, row.key
            assert row.high <= 1.0, row.key


@pytest.mark.parametrize("name", ["pool_doctor_share", "pool_demand_share", "chronic_state_share"])
def test_shares_of_a_whole_add_up(name):
    assert float(load_parameters(anchored=False)[name].sum()) == pytest.approx(1.0, abs=1e-9)


# ------------------------------------------------------------------------------- reading it


def test_scalars_and_arrays_have_their_shapes_and_values():
    p = load_parameters(anchored=False)
    assert np.ndim(p.taste_sd) == 0
    assert p.tier_constant.shape == (6,)
    assert p.capability.shape == (6, 4)
    assert p.need_rate.shape == (4, 4)
    by_key = {row.key: row.default for row in ROWS}
    for t, tier in enumerate(TIER_KEYS):
        for c, need_class in enumerate(CLASS_KEYS):
            assert p.capability[t, c] == by_key[f"capability:{tier}/{need_class}"]


def test_every_row_reaches_the_record():
    p = load_parameters(anchored=False)
    total = sum(float(np.sum(p[name])) for name in NAMES)
    assert total == pytest.approx(sum(row.default for row in ROWS), rel=1e-12)
    assert sum(np.size(p[name]) for name in NAMES) == len(ROWS)


def test_parameters_cannot_be_written_to():
    p = load_parameters()
    with pytest.raises(ValueError, match="read-only"):
        p.tier_constant[0] = 1.0


def test_an_override_changes_its_number_and_no_other():
    base = load_parameters(anchored=False)
    changed = load_parameters({"capability:county/complex": 0.5, "taste_sd": 0.0}, anchored=False)
    assert (changed.capability[2, 2], changed.taste_sd) == (0.5, 0.0)
    different = {
        name for name in NAMES if not np.array_equal(base[name], changed[name])
    }  # fmt: skip
    assert different == {"capability", "taste_sd"}
    assert (changed.capability != base.capability).sum() == 1
    assert load_parameters(anchored=False).taste_sd == base.taste_sd


def test_unknown_overrides_are_all_named():
    with pytest.raises(InputError) as caught:
        load_parameters({"tast_sd": 1.0, "capability": 1.0, "taste_sd": 1.0})
    assert [fault.field for fault in caught.value.faults] == ["capability", "tast_sd"]


def test_anchored_values_lie_over_the_defaults(tmp_path, monkeypatch):
    path = tmp_path / "anchored.csv"
    assert read_anchored(path) == {}
    path.write_text("key,value,source\nneed_scale:minor,1.25,solved\n", encoding="utf-8")
    assert read_anchored(path) == {"need_scale:minor": 1.25}
    monkeypatch.setattr(table, "read_anchored", lambda: read_anchored(path))
    assert load_parameters().need_scale[0] == 1.25
    assert load_parameters({"need_scale:minor": 0.5}).need_scale[0] == 0.5
    assert load_parameters(anchored=False).need_scale[0] != 1.25


def test_the_shipped_anchored_values_are_calibrated_rows_inside_their_range():
    rows = {row.key: row for row in ROWS}
    for key, value in read_anchored().items():
        assert rows[key].status == "calibrated", key
        assert rows[key].low <= value <= rows[key].high, key


# ------------------------------------------------------------------------------- rules and rows


def numbers_read(path):
    """Names asked of the parameter record (`p`, `self.p` or `parameters`) in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Attribute):
            continue
        owner = node.value
        named = isinstance(owner, ast.Name) and owner.id in ("p", "parameters")
        held = isinstance(owner, ast.Attribute) and owner.attr == "p"
        if named or held:
            yield node.attr, node.lineno


@pytest.mark.parametrize("path", BEHAVIOUR, ids=lambda path: str(path.relative_to(SIM)))
def test_every_number_a_rule_reads_is_a_row(path):
    unknown = [
        f"{path.name}:{line} {name}" for name, line in numbers_read(path) if name not in NAMES
    ]
    assert unknown == []


def test_the_search_for_numbers_finds_some():
    assert len({name for path in BEHAVIOUR for name, _ in numbers_read(path)}) > 60


def test_every_row_is_used():
    used = set()
    for path in SIM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                used.add(node.attr)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                used.add(node.target.id)  # the fields of PopulationParameters
    assert sorted(NAMES - used) == sorted(RETIRED)


def test_rows_of_all_records_have_one_type_object():
    """Numba knows it at sight; one that is merely equal costs ten times a call."""
    first, other = load_parameters(), with_values(load_parameters(), {"taste_sd": 0.0})
    assert one_row(first).dtype is one_row(other).dtype
    assert (one_row(first)["taste_sd"][0], one_row(other)["taste_sd"][0]) == (first.taste_sd, 0.0)
    assert np.shares_memory(one_row(first), first)
