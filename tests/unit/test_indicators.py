"""Indicators by definition: official known answers, hand-made results, and what JSON must carry."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sim.indicators import INDICATORS, compute_all
from sim.parameters import load_parameters
from sim.run import simulate
from sim.tiers import TIER_KEYS
from tests.worlds import small_region

REQUIRED = [
    "visits_per_person",
    "admissions_per_100",
    "primary_share_in_county",
    "primary_share_all",
    "in_county_visit_rate",
    "in_county_visit_rate_claims",
    "in_county_admission_share",
    "in_county_fund_share",
    "first_contact_share",
    "bed_occupancy",
    "average_length_of_stay",
    "wait_minutes_mean",
    "wait_minutes_p90",
    "admission_wait_days",
    "visits_per_doctor_day",
    "referral_rate",
    "back_referral_rate",
    "unresolved_need_share",
    "out_of_pocket_per_person",
    "fund_spending_per_person",
    "contract_coverage",
    "contract_coverage_key",
    "travel_minutes_return_mean",
    "concentration_index",
    "died",
    "pending_episodes",
]
BY_TIER = (
    "bed_occupancy", "average_length_of_stay", "wait_minutes_mean", "wait_minutes_p90",
    "admission_wait_days", "visits_per_doctor_day",
)  # fmt: skip


@pytest.fixture(scope="module")
def run():
    return simulate(small_region(year=2023), seed=3)


def test_every_promised_indicator_is_there_with_its_definition(run):
    values = compute_all(run.dataset)
    assert set(REQUIRED) <= set(values)
    for indicator in INDICATORS:
        assert indicator.numerator
        assert indicator.denominator
        assert indicator.name_zh
        assert indicator.status in ("official", "model-only")
        assert indicator.data_class in ("P", "I", "H")


def test_splits_are_keyed_by_tier_and_by_county_code(run):
    values = compute_all(run.dataset)
    for name in BY_TIER:
        assert tuple(values[name]["by_tier"]) == TIER_KEYS
    codes = [str(code) for code in run.dataset.county.values]
    assert list(values["in_county_visit_rate"]["by_county"]) == codes
    json.dumps(values, allow_nan=False)


def test_shares_are_fractions_and_undefined_is_none(run):
    values = compute_all(run.dataset)
    for name in REQUIRED:
        if values[name]["unit"] == "1" and name not in (
            "concentration_index", "died", "pending_episodes",
        ):  # fmt: skip
            assert 0.0 <= values[name]["value"] <= 1.2, name
    assert values["bed_occupancy"]["by_tier"]["village"] is None
    assert values["bed_occupancy"]["by_tier"]["outside"] is None


def test_occupancy_and_stay_match_the_official_figures_of_2021(run):
    # 1,920,237,366 occupied over 2,575,612,968 open bed-days is 74.55 percent; 1,852,770,685 days
    # of those discharged at 9.20 days each are 201,388,118 discharges.
    ds = run.dataset.copy(deep=True)
    for name in ("facility_bed_days", "facility_open_bed_days", "facility_stay_days",
                 "facility_discharges"):  # fmt: skip
        ds[name].values[:] = 0
    at = int(np.flatnonzero(ds.facility_tier.values == 2)[0])
    ds["facility_bed_days"].values[at] = 1_920_237_366
    ds["facility_open_bed_days"].values[at] = 2_575_612_968
    ds["facility_stay_days"].values[at] = 1_852_770_685
    ds["facility_discharges"].values[at] = 201_388_118
    values = compute_all(ds)
    assert values["bed_occupancy"]["value"] == pytest.approx(0.745545774872803, abs=1e-12)
    assert values["average_length_of_stay"]["value"] == pytest.approx(9.20, abs=1e-6)


def test_in_county_rates_leave_districts_out(run):
    ds = run.dataset.copy(deep=True)
    ds["county_is_district"] = ("county", np.array([1, 0], dtype=np.int8))
    values = compute_all(ds)
    assert values["in_county_visit_rate"]["value"] == pytest.approx(
        list(values["in_county_visit_rate"]["by_county"].values())[1]
    )


def test_the_claims_rate_is_higher_because_self_paid_visits_beyond_leave_no_claim(run):
    values = compute_all(run.dataset)
    p = load_parameters({"self_paid_outside": 0.6})
    more = compute_all(run.dataset, p)
    name = "in_county_visit_rate_claims"
    assert more[name]["value"] > values[name]["value"]
    assert more["in_county_visit_rate"] == values["in_county_visit_rate"]


def test_private_clinics_raise_the_primary_share_when_they_are_counted(run):
    values = compute_all(run.dataset)
    with_clinics = values["primary_share_in_county_with_clinics"]["value"]
    assert with_clinics > values["primary_share_in_county"]["value"]


def test_use_shared_equally_has_a_concentration_index_of_nought(run):
    ds = run.dataset.copy(deep=True)
    ds["group_visits"].values[:] = 0
    ds["group_visits"].values[..., 0] = 7 * ds.group_residents_start.values
    ds["group_residents_end"].values[:] = ds.group_residents_start.values
    assert compute_all(ds)["concentration_index"]["value"] == pytest.approx(0.0, abs=1e-12)


def test_the_wait_quantile_lies_inside_the_bin_that_holds_it(run):
    ds = run.dataset.copy(deep=True)
    ds["waits"].values[:] = 0
    ds["waits"].values[0, 3] = 100  # all between 1.5 and 2 minutes
    assert compute_all(ds)["wait_minutes_p90"]["value"] == pytest.approx(1.95)
