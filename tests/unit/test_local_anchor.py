"""Local anchoring: how far a few uncertain figures may move a region, and that runs use it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from calibration import regional
from calibration.regional import (
    REPORT,
    UNKNOWNS,
    LocalAnchor,
    Unknown,
    access_unknowns,
    local_anchors,
    most_probable,
    report_rows,
    shift_rows,
    solve_region,
)
from sim.packs import REGIONS
from sim.packs.observed import Observation
from sim.parameters import REGIONAL, load_parameters, read_anchored, read_rows, read_shifts

positive = st.floats(0.01, 10.0)


@given(st.floats(-3, 3), st.floats(0.1, 3), positive, positive)
def test_one_figure_and_one_unknown_weigh_by_precision(
    misfit: float, slope: float, allowed: float, prior: float
) -> None:
    mean, covariance = most_probable(
        np.array([[slope]]), np.array([misfit]), np.array([allowed]), np.array([prior])
    )
    variance = 1 / (1 / prior**2 + slope**2 / allowed**2)
    assert covariance[0, 0] == pytest.approx(variance)
    assert mean[0] == pytest.approx(variance * slope * misfit / allowed**2, abs=1e-9)
    assert abs(slope * mean[0]) <= abs(misfit) + 1e-9  # never past the figure
    assert math.sqrt(covariance[0, 0]) <= prior * (1 + 1e-9)


def test_an_unsure_year_takes_its_part_of_the_misfit() -> None:
    figure = np.array([1.0])
    alone, _ = most_probable(np.array([[1.0]]), figure, np.array([0.5]), np.array([1.0]))
    shared, _ = most_probable(np.array([[1.0, 1.0]]), figure, np.array([0.5]), np.array([1.0, 1.0]))
    assert 0 < shared[0] < alone[0]
    assert shared[0] == pytest.approx(shared[1])


def test_a_figure_nothing_moves_shifts_nothing() -> None:
    mean, covariance = most_probable(
        np.zeros((1, 2)), np.array([5.0]), np.array([0.1]), np.array([0.3, 0.2])
    )
    assert mean == pytest.approx([0.0, 0.0])
    assert np.sqrt(np.diag(covariance)) == pytest.approx([0.3, 0.2])


def test_unknowns_add_or_multiply() -> None:
    assert Unknown("a", ("k",), "add", 1.0, 0.1).moved(2.0, -0.5) == 1.5
    assert Unknown("m", ("k",), "multiply", 1.0, 0.1).moved(2.0, math.log(3)) == pytest.approx(6)


def test_access_factors_are_unknown_only_in_pandemic_years() -> None:
    found = access_unknowns([2020, 2022, 2023])
    assert [unknown.name for unknown in found] == ["access_factor:2020", "access_factor:2022"]
    assert all(unknown.prior_sd > 0 for unknown in found)


@pytest.mark.parametrize("region", REGIONS)
def test_a_figure_is_compared_in_its_own_year_unless_for_scale(region: str) -> None:
    for anchor in local_anchors(region):
        assert (anchor.run_year == anchor.found.year) == (anchor.use == "fitted")
        assert anchor.found.geography == region
        assert anchor.found.status == "published"
        assert anchor.allowed > 0
    fitted = any(anchor.use == "fitted" for anchor in local_anchors(region))
    assert fitted == (region in UNKNOWNS)


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_differs_in_what_its_own_figures_shift_and_in_nothing_else(region: str) -> None:
    shifts = read_shifts(region)
    wanted = {key for unknown in UNKNOWNS.get(region, ()) for key in unknown.keys}
    assert set(shifts) == wanted
    national, local = load_parameters(), load_parameters(region=region)
    rows = {row.key: row for row in read_rows()}
    values = {**{key: row.default for key, row in rows.items()}, **read_anchored()}
    for key, (operation, amount) in shifts.items():
        assert operation in ("add", "multiply")
        value = values[key] + amount if operation == "add" else values[key] * amount
        assert rows[key].low <= value <= rows[key].high, key
        assert rows[key].status == "calibrated", key
        expected = load_parameters({key: value})
        name = key.partition(":")[0]
        assert not np.array_equal(local[name], national[name])
        changed = local[name] != national[name]
        assert local[name][changed] == pytest.approx(
            np.where(expected[name] != national[name], expected[name], local[name])[changed]
        )
    touched = {key.partition(":")[0] for key in shifts}
    for name in national.dtype.names:
        if name not in touched:
            assert np.array_equal(local[name], national[name]), name


def test_a_value_given_stands_whatever_the_region_shifts() -> None:
    given_value = load_parameters({"stay_mean:county": 7.0}, region="bayannur")
    assert float(given_value.stay_mean[2]) == 7.0


def test_stored_shifts_are_surer_than_the_prior_and_say_where_they_come_from() -> None:
    import csv

    with REGIONAL.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["region"] for row in rows} == set(UNKNOWNS)
    for row in rows:
        assert float(row["posterior_sd"]) <= float(row["prior_sd"])
        moved = float(row["amount"])
        moved = abs(moved if row["operation"] == "add" else math.log(moved))
        assert moved < 3 * float(row["prior_sd"])
        assert row["status"] == "calibrated"
        assert f"calibration anchor {row['region']}" in row["source"]
    with REPORT.open(encoding="utf-8", newline="") as stream:
        report = list(csv.DictReader(stream))
    for row in report:
        anchors = {anchor.name: anchor for anchor in local_anchors(row["region"])}
        assert float(row["published"]) == pytest.approx(anchors[row["anchor"]].published, rel=1e-5)
        residual = float(row["simulated"]) - float(row["published"])
        assert float(row["residual"]) == pytest.approx(
            residual, rel=0.05, abs=2e-3 * float(row["published"])
        )
        assert row["run_key"]


class _Run:
    """A run whose figures are a linear function of the parameters overridden."""

    def __init__(self, year: int, overrides: dict[str, float]) -> None:
        from types import SimpleNamespace

        county = overrides.get("tier_constant:county", _PULLED)
        access = overrides.get(f"access_factor:{year}", 0.87)
        figure = 0.6 - 0.2 * (county - _NATIONAL) + 0.5 * (access - 0.87)
        self.dataset = SimpleNamespace(figure=figure)
        self.manifest = {"key": f"{figure:.6f}"}


_NATIONAL = read_anchored()["tier_constant:county"]
_PULLED = _NATIONAL + 1.0


def test_a_region_with_one_linear_figure_gets_the_analytic_shift(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pull = Unknown("pull", ("tier_constant:county",), "add", 0.3, 0.2)
    found = Observation("x", "某地", 2020, "share", "占比", 40.0, "%", "all", "s", "published", "")
    anchor = LocalAnchor("share", "占比", "1", found, 0.01, 0.05, "fitted", 2020, "",
                         lambda ds: float(ds.figure))  # fmt: skip
    monkeypatch.setattr(regional, "local_anchors", lambda region: [anchor])
    monkeypatch.setattr(regional, "UNKNOWNS", {"x": (pull,)})
    monkeypatch.setattr(
        regional, "simulate", lambda region, year, *, overrides, **_: _Run(year, overrides)
    )
    solution = solve_region("x", report=lambda line: None)
    prior = np.array([0.3, 0.025])  # access 0.82-0.92 read as two deviations each way
    slope = np.array([-0.2, 0.5])
    covariance = np.linalg.inv(np.diag(1 / prior**2) + np.outer(slope, slope) / 0.05**2)
    assert solution.before == pytest.approx((0.6,))
    assert solution.shifts == pytest.approx([(covariance @ slope * (0.4 - 0.6) / 0.05**2)[0]])
    assert solution.posterior_sd == pytest.approx([math.sqrt(covariance[0, 0])])
    (row,) = report_rows("x", solution)
    # What is stored is a plain run under the shifts as stored, not the solver's own last step.
    assert float(row["simulated"]) == pytest.approx(0.6 - 0.2)
    assert row["run_key"] == "0.400000"
    (shift,) = shift_rows("x", solution)
    assert shift["key"] == "tier_constant:county"
    assert float(shift["amount"]) == pytest.approx(solution.shifts[0], abs=1e-4)


def _facilities() -> xr.Dataset:
    """A township centre, a county and a private hospital, a city one outside the region."""
    return xr.Dataset(
        {
            "facility_visits": ("facility", [600, 300, 100, 999]),
            "facility_bed_days": ("facility", [10, 80, 5, 0]),
            "facility_open_bed_days": ("facility", [20, 100, 50, 0]),
            "facility_stay_days": ("facility", [30, 90, 70, 999]),
            "facility_discharges": ("facility", [5, 10, 7, 1]),
            "facility_is_delay": ("facility", [0, 0, 0, 1]),
            "facility_withdrawn": ("facility", [0.0, 0.2, 0.0, 0.0]),
        },
        coords={
            "facility": ["t", "c", "p", "m"],
            "facility_tier": ("facility", [1, 2, 2, 3]),
            "facility_county": ("facility", [0, 0, 0, -1]),
            "facility_kind": ("facility", ["township_centre", "general_hospital",
                                           "private_hospital", "general_hospital"]),
        },
    )  # fmt: skip


def test_figures_are_taken_where_the_published_ones_are() -> None:
    ds = _facilities()
    assert regional.primary_share(ds) == pytest.approx(0.6)
    assert regional.public_occupancy(ds) == pytest.approx(0.8)
    assert regional.public_stay(ds) == pytest.approx(9.0)
    assert regional.at_facility("c", "facility_visits")(ds) == pytest.approx(300 / 0.8)
