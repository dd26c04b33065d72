"""Indicators by definition: known answers on hand-made results, weights, splits, and a real run."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from sim.indicators import GROUP_SPLITS, INDICATORS, compute_all, concentration
from sim.indicators.compute import FORMULAS
from sim.parameters import load_parameters
from sim.results import CONTRACT_KEYS, GROUP_COORDINATES, PLACE_KEYS
from sim.run import simulate
from sim.tiers import TIER_KEYS
from tests.worlds import small_region

BY_ID = {indicator.id: indicator for indicator in INDICATORS}
REQUIRED = [
    "visits_per_person", "admissions_per_100", "primary_share_in_county", "primary_share_all",
    "in_county_visit_rate", "in_county_visit_rate_claims", "in_county_admission_share",
    "in_county_fund_share", "first_contact_share", "bed_occupancy", "average_length_of_stay",
    "wait_minutes_mean", "wait_minutes_p90", "admission_wait_days", "visits_per_doctor_day",
    "referral_rate", "back_referral_rate", "unresolved_need_share", "out_of_pocket_per_person",
    "fund_spending_per_person", "contract_coverage", "contract_coverage_key",
    "travel_minutes_return_mean", "concentration_index", "died", "pending_episodes",
]  # fmt: skip
IN_COUNTY = [
    "in_county_visit_rate", "in_county_visit_rate_claims", "in_county_admission_share",
    "in_county_fund_share", "primary_fund_share_in_county",
]  # fmt: skip
# A hand-made year: two counties and a district, six facilities. Everybody is a rural man of 15 to
# 44, of middle income, near the hospital, but where a test says otherwise.
CELL = {"age_band": 1, "sex": 0, "residence": 0, "income": 2, "distance_band": 0}
GROUP = ("county", *GROUP_COORDINATES)
PRIVATE = 0.25
SELF_PAID = 0.5
TALLIES = (
    "visits", "own_visits", "first_contacts", "out_of_pocket", "fund", "own_fund",
    "travel_seconds", "wait_seconds", "admissions", "own_admissions", "unresolved", "resolved",
    "discharges", "stay_days", "bed_wait_days", "managed_admissions",
)  # fmt: skip
FACILITY = (
    "visits", "left_unseen", "wait_seconds", "admissions", "discharges", "stay_days", "bed_days",
    "open_bed_days", "bed_wait_days", "transfers_out", "back_sent", "beds", "doctors",
    "withdrawn", "is_delay",
)  # fmt: skip


def blank() -> xr.Dataset:
    """A Dataset as a run gives it, with nothing in it. Facilities: clinic, township and county
    hospital of county A, hospital of B, city hospital in the district, delay facility outside."""
    shape = tuple(len(keys) for keys in GROUP_COORDINATES.values())
    six = ("facility",)
    variables = {f"group_{n}": ((*GROUP, "tier"), np.zeros((3, *shape, 6))) for n in TALLIES}
    for name in ("residents_start", "residents_end", "managed_start", "managed_end",
                 "admitted_end"):  # fmt: skip
        variables[f"group_{name}"] = (GROUP, np.zeros((3, *shape)))
    variables["group_contracts_end"] = (
        (*GROUP, "key_group", "contract"), np.zeros((3, *shape, 2, 3))
    )  # fmt: skip
    for name in ("residents_start", "residents_end"):
        variables[name] = (("county",), np.zeros(3))
    for name in ("visits", "first_contacts", "referrals", "stay_charge", "discharges"):
        variables[name] = (("month", "county", "tier", "place"), np.zeros((12, 3, 6, 3)))
    for name in FACILITY:
        variables[f"facility_{name}"] = (six, np.zeros(6))
    variables["waits"] = (("facility", "wait_bin"), np.zeros((6, 4)))
    variables["vital_events"] = (("county", "event"), np.zeros((3, 3)))
    variables["episodes"] = (("need_class", "outcome"), np.zeros((4, 1)))
    kinds = ["village_clinic", "township_centre", "general_hospital", "tcm_hospital",
             "general_hospital", "outside_hospital"]  # fmt: skip
    coordinates = {
        "county": ["A", "B", "D"],
        "county_is_district": ("county", [0, 0, 1]),
        "tier": list(TIER_KEYS),
        "place": list(PLACE_KEYS),
        "event": ["births", "deaths", "moves_out"],
        "outcome": ["pending_end"],
        "key_group": ["other", "key"],
        "contract": list(CONTRACT_KEYS),
        "facility_tier": (six, [0, 1, 2, 2, 3, 5]),
        "facility_kind": (six, kinds),
        "facility_county": (six, [0, 0, 0, 1, 2, -1]),
        "wait_edge_minutes": ("wait_bin", [10.0, 20.0, 40.0, 80.0]),
        **{name: list(keys) for name, keys in GROUP_COORDINATES.items()},
    }
    return xr.Dataset(variables, coords=coordinates, attrs={"year": 2023})


def put(ds: xr.Dataset, name: str, county: int, value: float, tier: int | None = None, **cell: int):
    """Set one cell of a group variable, or of a variable by county."""
    place = {**CELL, **cell}
    index = (county, *(place[name] for name in GROUP_COORDINATES))
    ds[f"group_{name}"].values[index if tier is None else (*index, tier)] = value


def value_of(ds: xr.Dataset, name: str) -> dict:
    p = load_parameters({"private_clinic_share": PRIVATE, "self_paid_outside": SELF_PAID})
    return compute_all(ds, p, only=[name])[name]


def people(ds: xr.Dataset, a: float, b: float, district: float) -> None:
    for county, persons in enumerate((a, b, district)):
        for when in ("start", "end"):
            put(ds, f"residents_{when}", county, persons)
            ds[f"residents_{when}"].values[county] = persons


# ---------------------------------------------------------------------- known answers: residents


def test_per_person_figures_are_sums_over_mean_residents_weighted_by_people():
    ds = blank()
    people(ds, 100, 300, 600)
    put(ds, "residents_end", 0, 300)  # A: 100 at the start, 300 at the end, 200 in the mean
    put(ds, "visits", 0, 800, tier=0)
    put(ds, "visits", 1, 300, tier=2)
    put(ds, "visits", 2, 2200, tier=3)
    visits = value_of(ds, "visits_per_person")
    assert visits["by_county"] == {"A": 4.0, "B": 1.0, "D": pytest.approx(2200 / 600)}
    assert visits["value"] == 3300 / 1100  # not the mean of the three rates
    assert visits["by_tier"]["village"] == 800 / 1100
    assert sum(visits["by_tier"].values()) == pytest.approx(visits["value"])
    put(ds, "admissions", 1, 33, tier=2)
    assert value_of(ds, "admissions_per_100")["value"] == 3.0
    assert value_of(ds, "admissions_per_100")["by_county"]["B"] == 11.0
    put(ds, "out_of_pocket", 1, 110_000, tier=2)
    put(ds, "fund", 1, 220_000, tier=2)
    assert value_of(ds, "out_of_pocket_per_person")["value"] == 1.0  # fen to yuan
    assert value_of(ds, "fund_spending_per_person")["value"] == 2.0


def test_persons_hospitalised_are_not_admissions():
    ds = blank()
    people(ds, 100, 100, 0)
    put(ds, "admissions", 0, 30, tier=2)
    put(ds, "admitted_end", 0, 20)  # ten of them went twice
    assert value_of(ds, "hospitalised_share")["by_county"]["A"] == 0.2
    assert value_of(ds, "admissions_per_100")["by_county"]["A"] == 30.0
    put(ds, "managed_start", 0, 10)
    put(ds, "managed_end", 0, 30)
    put(ds, "managed_admissions", 0, 8, tier=1)
    assert value_of(ds, "managed_admissions_per_100")["value"] == 40.0


def test_in_county_rates_by_residents_and_by_claims_and_districts_apart():
    ds = blank()
    for county, (visits, own, admissions, own_admissions) in enumerate(
        [(100, 80, 20, 10), (300, 270, 40, 36), (1000, 1000, 50, 50)]
    ):
        put(ds, "visits", county, visits, tier=2)
        put(ds, "own_visits", county, own, tier=2)
        put(ds, "admissions", county, admissions, tier=2)
        put(ds, "own_admissions", county, own_admissions, tier=2)
    by_visits = value_of(ds, "in_county_visit_rate")
    assert by_visits["value"] == 350 / 400
    assert by_visits["by_county"] == {"A": 0.8, "B": 0.9, "D": None}
    assert by_visits["by_district"] == {"D": 1.0}
    assert by_visits["by_age"]["15_44"] == 350 / 400  # the district is in no split either
    admissions = value_of(ds, "in_county_admission_share")
    assert admissions["value"] == 46 / 60
    assert admissions["by_county"] == {"A": 0.5, "B": 0.9, "D": None}
    # Half of the 20 and of the 30 visits beyond leave no claim.
    claims = value_of(ds, "in_county_visit_rate_claims")
    assert claims["by_county"]["A"] == 90 / (80 + 10 + 20)
    assert claims["value"] == (350 + 46) / (350 + 25 + 60)
    assert claims["value"] != by_visits["value"]


def test_fund_shares_in_the_county():
    ds = blank()
    put(ds, "fund", 0, 500, tier=0)
    put(ds, "fund", 0, 1500, tier=3)
    put(ds, "own_fund", 0, 400, tier=0)
    put(ds, "own_fund", 0, 800, tier=2)
    put(ds, "own_fund", 2, 10**6, tier=1)  # a district
    put(ds, "fund", 2, 10**6, tier=1)
    assert value_of(ds, "in_county_fund_share")["value"] == 1200 / 2000
    primary = value_of(ds, "primary_fund_share_in_county")
    assert primary["value"] == 400 / 1200
    assert primary["by_tier"]["county"] == 800 / 1200
    assert primary["by_district"] == {"D": 1.0}


def test_a_stay_in_the_county_costs_its_charges_over_discharges_there():
    ds = blank()
    charge, out = ds["stay_charge"].values, ds["discharges"].values
    charge[3, 0, 2, 0], out[3, 0, 2, 0] = 900_000, 2
    charge[5, 1, 1, 0], out[5, 1, 1, 0] = 100_000, 2
    charge[5, 1, 3, 1], out[5, 1, 3, 1] = 10**9, 7  # elsewhere
    charge[5, 2, 3, 0], out[5, 2, 3, 0] = 10**9, 7  # a district
    cost = value_of(ds, "inpatient_cost_in_county")
    assert cost["value"] == 2500.0
    assert cost["by_county"] == {"A": 4500.0, "B": 500.0, "D": None}
    assert cost["by_tier"]["county"] == 4500.0


def test_primary_share_and_first_contact_show_the_share_of_every_tier():
    ds = blank()
    for tier, visits in enumerate((30, 20, 40, 10)):
        put(ds, "visits", 0, visits, tier=tier)
        put(ds, "first_contacts", 0, 2 * (tier == 0) + 1 * (tier == 2), tier=tier)
    share = value_of(ds, "primary_share_all")
    assert share["value"] == 0.5
    assert [share["by_tier"][tier] for tier in TIER_KEYS] == [0.3, 0.2, 0.4, 0.1, 0.0, 0.0]
    first = value_of(ds, "first_contact_share")
    assert first["value"] == first["by_tier"]["village"] == pytest.approx(2 / 3)
    assert first["by_tier"]["county"] == pytest.approx(1 / 3)


def test_up_referral_has_two_bases():
    ds = blank()
    ds["referrals"].values[0, 0, :3, 0] = [1, 3, 50]
    ds["visits"].values[0, 0, :3, 0] = [20, 60, 1000]
    ds["first_contacts"].values[0, 0, :3, 0] = [10, 30, 1]
    per_visit = value_of(ds, "referral_rate")
    assert per_visit["value"] == per_visit["by_county"]["A"] == 4 / 80  # village and township
    assert per_visit["by_tier"]["county"] == 0.05
    per_contact = value_of(ds, "referral_rate_first_contacts")
    assert per_contact["value"] == per_contact["by_tier"]["township"] == 3 / 30  # township only
    # Of what hospitals see, most is not a first contact: 50 to 1 would be told as a rate of 5,000%.
    assert per_contact["by_tier"]["county"] is None


def test_unresolved_need_and_travel():
    ds = blank()
    put(ds, "unresolved", 0, 3, tier=0)
    put(ds, "resolved", 0, 9, tier=2)
    put(ds, "resolved", 1, 4, tier=2)
    need = value_of(ds, "unresolved_need_share")
    assert need["value"] == 3 / 16
    assert need["by_county"] == {"A": 0.25, "B": 0.0, "D": None}  # nobody fell ill in D
    put(ds, "visits", 0, 4, tier=1)
    put(ds, "travel_seconds", 0, 4 * 1800, tier=1)
    put(ds, "visits", 0, 1, tier=3)
    put(ds, "travel_seconds", 0, 9000, tier=3)
    travel = value_of(ds, "travel_minutes_return_mean")
    assert travel["value"] == 54.0
    assert travel["by_tier"]["township"] == 30.0
    assert travel["by_tier"]["city"] == 150.0
    assert travel["by_tier"]["village"] is None


def test_contracts_nominal_and_effective_all_and_key_groups():
    ds = blank()
    cell = tuple(CELL.values())
    ds["group_contracts_end"].values[(0, *cell)] = [[50, 20, 10], [4, 10, 6]]
    ds["group_contracts_end"].values[(1, *cell)] = [[100, 0, 0], [0, 0, 0]]
    assert value_of(ds, "contract_coverage")["value"] == 46 / 200
    assert value_of(ds, "contract_coverage")["by_county"] == {"A": 0.46, "B": 0.0, "D": None}
    assert value_of(ds, "contract_coverage_effective")["value"] == 16 / 200
    assert value_of(ds, "contract_coverage_key")["value"] == 0.8
    assert value_of(ds, "contract_coverage_key")["by_county"]["B"] is None
    assert value_of(ds, "contract_coverage_key_effective")["value"] == 0.3


# --------------------------------------------------------------------- known answers: facilities


def facility(ds: xr.Dataset, **columns: list[float]) -> None:
    for name, values in columns.items():
        ds[f"facility_{name}"].values[:] = values


def test_primary_share_is_of_facilities_in_counties_with_and_without_private_clinics():
    ds = blank()
    facility(ds, visits=[400, 100, 300, 200, 5000, 900])
    # Village visits count three quarters; the district's and the outside's hospitals not at all.
    official = value_of(ds, "primary_share_in_county")
    assert official["value"] == (300 + 100) / (300 + 100 + 300 + 200)
    assert official["by_county"] == {"A": 400 / 700, "B": 0.0, "D": None}
    assert value_of(ds, "primary_share_in_county_with_clinics")["value"] == 500 / 1000
    assert value_of(ds, "tcm_hospital_visit_share")["value"] == 200 / 6000  # outside left out


def test_occupancy_turnover_working_days_and_stay():
    ds = blank()
    facility(
        ds,
        open_bed_days=[0, 3650, 7300, 0, 0, 0],
        bed_days=[0, 1825, 8030, 0, 0, 0],
        discharges=[0, 300, 1000, 0, 0, 50],
        stay_days=[0, 1500, 9000, 0, 0, 500],
        back_sent=[0, 0, 20, 0, 0, 1],
        transfers_out=[0, 30, 100, 0, 0, 0],
    )
    occupancy = value_of(ds, "bed_occupancy")
    assert occupancy["value"] == 9855 / 10950
    assert occupancy["by_tier"]["county"] == 1.1  # temporary beds: over 100 percent
    assert occupancy["by_tier"]["village"] is None
    assert occupancy["by_county"] == {"A": 0.9, "B": None, "D": None}
    turnover = value_of(ds, "bed_turnover")  # 10 and 20 beds on average
    assert turnover["value"] == pytest.approx(1300 / 30)  # the bedless 50 are left out
    assert turnover["by_tier"]["township"] == pytest.approx(30.0)
    working = value_of(ds, "bed_working_days")
    assert working["value"] == pytest.approx(9855 / 30)
    assert working["value"] == pytest.approx(365 * occupancy["value"])
    stay = value_of(ds, "average_length_of_stay")
    assert stay["value"] == 11000 / 1350
    assert stay["by_tier"]["township"] == 5.0
    assert value_of(ds, "back_referral_rate")["value"] == 21 / 1050  # county and above
    assert value_of(ds, "transfer_rate")["value"] == 130 / 1350
    ds.attrs["year"] = 2020
    assert value_of(ds, "bed_turnover")["by_tier"]["township"] == pytest.approx(300 / (3650 / 366))


def test_occupancy_and_stay_match_the_official_figures_of_2021():
    # 1,920,237,366 occupied over 2,575,612,968 open bed-days is 74.55 percent, 7,056,474 beds on
    # average and 272.1 working days; 1,852,770,685 days of those discharged at 9.20 days each are
    # 201,388,118 discharges, 28.5 a bed.
    ds = blank()
    facility(
        ds,
        bed_days=[0, 0, 1_920_237_366, 0, 0, 0],
        open_bed_days=[0, 0, 2_575_612_968, 0, 0, 0],
        stay_days=[0, 0, 1_852_770_685, 0, 0, 0],
        discharges=[0, 0, 201_388_118, 0, 0, 0],
    )
    assert value_of(ds, "bed_occupancy")["value"] == pytest.approx(0.745545774872803, abs=1e-12)
    assert value_of(ds, "average_length_of_stay")["value"] == pytest.approx(9.20, abs=1e-6)
    assert value_of(ds, "bed_working_days")["value"] == pytest.approx(272.12, abs=0.01)
    assert value_of(ds, "bed_turnover")["value"] == pytest.approx(28.54, abs=0.01)


def test_waits_by_facility_and_by_group():
    ds = blank()
    facility(
        ds,
        visits=[4, 0, 6, 0, 0, 0],
        wait_seconds=[4 * 300, 0, 6 * 1800, 0, 0, 0],
        left_unseen=[0, 0, 2, 0, 0, 0],
        admissions=[0, 5, 5, 0, 0, 0],
        bed_wait_days=[0, 10, 0, 0, 0, 0],
    )
    put(ds, "visits", 0, 10, tier=0)
    put(ds, "wait_seconds", 0, 12_000, tier=0)
    mean = value_of(ds, "wait_minutes_mean")
    assert mean["value"] == 20.0
    assert mean["by_tier"]["county"] == 30.0
    assert mean["by_age"]["15_44"] == 20.0
    assert value_of(ds, "left_unseen_share")["value"] == 2 / 12
    assert value_of(ds, "left_unseen_share")["by_tier"]["village"] == 0.0
    assert value_of(ds, "admission_wait_days")["value"] == 1.0
    assert value_of(ds, "admission_wait_days")["by_tier"]["township"] == 2.0
    ds["waits"].values[0] = [4, 0, 0, 0]
    ds["waits"].values[2] = [0, 4, 2, 0]
    # Of ten visits the fifth is a quarter into 10-20 minutes, the ninth half-way into 20-40.
    assert value_of(ds, "wait_minutes_p50")["value"] == 12.5
    assert value_of(ds, "wait_minutes_p90")["value"] == 30.0
    assert value_of(ds, "wait_minutes_p90")["by_county"] == {"A": 30.0, "B": None, "D": None}


def test_stocks_and_load_of_staff():
    ds = blank()
    people(ds, 1000, 3000, 0)
    facility(
        ds,
        beds=[0, 10, 20, 6, 0, 999],
        doctors=[2, 4, 10, 8, 0, 999],
        visits=[251 * 2 * 8, 0, 0, 251 * 8, 0, 10**6],
        withdrawn=[0, 0, 0, 0.5, 0, 0],
        is_delay=[0, 0, 0, 0, 0, 1],
    )
    assert value_of(ds, "beds_per_1000")["value"] == 9.0  # beds outside are nobody's here
    assert value_of(ds, "beds_per_1000")["by_county"] == {"A": 30.0, "B": 2.0, "D": None}
    assert value_of(ds, "doctors_per_1000")["value"] == 6.0
    assert value_of(ds, "beds_per_doctor")["value"] == 1.5
    load = value_of(ds, "visits_per_doctor_day")
    assert load["by_tier"]["village"] == 8.0
    assert load["by_county"]["B"] == 2.0  # half of its eight doctors serve others
    assert load["by_tier"]["outside"] is None
    assert load["value"] == 24 / 20


def test_counts():
    ds = blank()
    ds["vital_events"].values[:, 1] = [3, 4, 5]
    ds["episodes"].values[:, 0] = [1, 2, 3, 4]
    assert value_of(ds, "died") == {
        "unit": "1", "value": 12.0, "by_county": {"A": 3.0, "B": 4.0, "D": 5.0}
    }  # fmt: skip
    assert value_of(ds, "pending_episodes")["value"] == 10.0


# ---------------------------------------------------------------------- splits, gap, concentration


def test_every_split_finds_its_own_people_and_the_gap_is_urban_less_rural():
    for split, dimension in GROUP_SPLITS.items():
        ds = blank()
        people(ds, 100, 100, 100)
        last = len(GROUP_COORDINATES[dimension]) - 1
        put(ds, "residents_start", 1, 50, **{dimension: last})
        put(ds, "residents_end", 1, 50, **{dimension: last})
        put(ds, "visits", 0, 200, tier=0)
        put(ds, "visits", 1, 300, tier=0, **{dimension: last})
        visits = value_of(ds, "visits_per_person")
        keys = GROUP_COORDINATES[dimension]
        assert tuple(visits[split]) == keys
        assert visits[split][keys[CELL[dimension]]] == pytest.approx(200 / 300)
        assert visits[split][keys[last]] == 6.0
        if split == "by_residence":
            gap = visits["rural_gap"]
            assert gap["urban_minus_rural"] == pytest.approx(6.0 - 2 / 3)
            assert gap["urban_over_rural"] == pytest.approx(9.0)
        else:
            assert visits["rural_gap"] == {"urban_minus_rural": None, "urban_over_rural": None}


def test_an_empty_year_has_no_rates_and_no_error():
    ds = blank()
    for name, value in compute_all(ds).items():
        if name not in ("died", "pending_episodes"):
            assert value["value"] is None, name
            for part in value.values():
                assert not isinstance(part, dict) or set(part.values()) == {None}, name


def test_a_region_of_districts_only_has_no_in_county_rate():
    ds = blank()
    ds["county_is_district"] = ("county", [1, 1, 1])
    put(ds, "visits", 0, 10, tier=0)
    put(ds, "own_visits", 0, 9, tier=0)
    rate = value_of(ds, "in_county_visit_rate")
    assert rate["value"] is None
    assert rate["by_district"] == {"A": 0.9, "B": None, "D": None}


def test_concentration_of_known_distributions():
    equal = [7.0, 7.0, 7.0, 7.0, 7.0]
    assert concentration(equal, [1] * 5) == pytest.approx(0.0, abs=1e-15)
    assert concentration([0, 0, 0, 0, 3], [2] * 5) == pytest.approx(1 - 1 / 5)
    assert concentration([3, 0, 0, 0, 0], [2] * 5) == pytest.approx(-(1 - 1 / 5))
    # By the definition on twelve persons: 2 cov(use, rank) / mean use.
    use = np.array([1.0, 1, 4, 4, 4, 2, 2, 6, 6, 6, 6, 9])
    groups = [slice(0, 2), slice(2, 5), slice(5, 7), slice(7, 11), slice(11, 12)]
    sizes = np.array([len(use[g]) for g in groups])
    rank = np.concatenate([[r] * n for r, n in zip(
        (np.cumsum(sizes) - sizes / 2) / 12, sizes, strict=True)])  # fmt: skip
    expected = 2 * np.mean((use - use.mean()) * (rank - rank.mean())) / use.mean()
    assert concentration([use[g].sum() for g in groups], sizes) == pytest.approx(expected)
    assert np.isnan(concentration([0] * 5, [1] * 5))
    assert np.isnan(concentration([0] * 5, [0] * 5))


@given(
    st.lists(st.integers(0, 10**6), min_size=5, max_size=5).filter(any),
    st.lists(st.integers(1, 10**6), min_size=5, max_size=5),
)
def test_concentration_changes_sign_when_the_ranking_is_turned_round(use, persons):
    index = concentration(use, persons)
    assert -1.0 < index < 1.0
    assert concentration(use[::-1], persons[::-1]) == pytest.approx(-index, abs=1e-9)
    assert concentration([3 * x for x in use], persons) == pytest.approx(index, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "tally"),
    [("concentration_index", "visits"), ("concentration_index_admissions", "admissions"),
     ("concentration_index_out_of_pocket", "out_of_pocket"),
     ("concentration_index_unresolved", "unresolved")],
)  # fmt: skip
def test_every_concentration_index_ranks_its_own_tally_by_income(name, tally):
    ds = blank()
    for income in range(5):
        for when in ("start", "end"):
            put(ds, f"residents_{when}", 0, 10, income=income)
            put(ds, f"residents_{when}", 1, 10, income=income, distance_band=2)
    put(ds, tally, 0, 50, tier=2, income=4)
    put(ds, tally, 1, 50, tier=2, income=0, distance_band=2)
    value = value_of(ds, name)
    assert value["value"] == pytest.approx(0.0, abs=1e-15)
    assert value["by_county"] == {"A": pytest.approx(0.8), "B": pytest.approx(-0.8), "D": None}
    assert value["by_distance"]["near"] == pytest.approx(0.8)
    assert value["by_distance"]["far"] == pytest.approx(-0.8)
    assert "rural_gap" not in value


# ------------------------------------------------------------------------------------- a real run


@pytest.fixture(scope="module")
def run():
    return simulate(small_region(year=2023), seed=3)


@pytest.fixture(scope="module")
def values(run):
    return compute_all(run.dataset)


def test_every_indicator_is_defined_computed_and_in_both_languages(values):
    assert list(values) == list(BY_ID)
    assert set(FORMULAS) == set(BY_ID)
    assert set(REQUIRED) <= set(values)
    for i in INDICATORS:
        assert i.numerator and i.denominator and i.numerator_zh and i.denominator_zh, i.id
        assert i.name and i.name_zh and all(i.place) and all(i.base) and all(i.source), i.id
        assert bool(i.note) == bool(i.note_zh), i.id
        assert bool(i.not_modelled) == bool(i.not_modelled_zh), i.id
        assert i.status in ("official", "model-only"), i.id
        assert i.data_class in ("P", "I", "H"), i.id
        assert i.show in ("percent", "number", "count", "index"), i.id
        assert i.status == "model-only" or "read-out" not in i.source[0], i.id


def test_only_what_is_not_modelled_has_no_value(values):
    for i in INDICATORS:
        assert (values[i.id]["value"] is None) == bool(i.not_modelled), i.id
        assert values[i.id].get("not_modelled", "") == i.not_modelled


def test_splits_are_those_declared_and_json_can_carry_them(run, values):
    codes = [str(code) for code in run.dataset.county.values]
    for i in INDICATORS:
        found = {key[3:] for key in values[i.id] if key.startswith("by_")} - {"district"}
        assert found == set(i.splits), i.id
        assert ("rural_gap" in values[i.id]) == ("residence" in i.splits and i.show != "index")
        if "tier" in found:
            assert tuple(values[i.id]["by_tier"]) == TIER_KEYS
        if "county" in found:
            assert list(values[i.id]["by_county"]) == codes
    json.dumps(values, allow_nan=False)


def test_shares_are_fractions(values):
    for i in INDICATORS:
        if i.show == "percent" and not i.not_modelled:
            assert 0.0 <= values[i.id]["value"] <= 1.2, i.id


def weights_of(run, i, dimension):
    """Denominator of an indicator of residents by one dimension of groups."""
    from sim.indicators.shares import Residents

    residents = Residents(run.dataset, load_parameters())
    below = {
        "visits_per_person": lambda: residents.mean("residents"),
        "out_of_pocket_per_person": lambda: residents.mean("residents"),
        "primary_share_all": lambda: residents.sum("visits"),
        "in_county_visit_rate": lambda: residents.sum("visits"),
        "in_county_admission_share": lambda: residents.sum("admissions"),
        "in_county_fund_share": lambda: residents.sum("fund"),
        "first_contact_share": lambda: residents.sum("first_contacts"),
        "unresolved_need_share": lambda: residents.sum("unresolved", "resolved"),
        "travel_minutes_return_mean": lambda: residents.sum("visits"),
        "wait_minutes_mean": lambda: residents.sum("visits"),
        "admission_wait_days": lambda: residents.sum("admissions"),
    }[i]()
    if i in IN_COUNTY:
        below = below[run.dataset.county_is_district.values == 0]
    axis = GROUP.index(dimension)
    return below.sum(axis=tuple(k for k in range(below.ndim) if k != axis))


@pytest.mark.parametrize(
    "name",
    ["visits_per_person", "out_of_pocket_per_person", "primary_share_all", "in_county_visit_rate",
     "in_county_admission_share", "in_county_fund_share", "first_contact_share",
     "unresolved_need_share", "travel_minutes_return_mean", "wait_minutes_mean",
     "admission_wait_days"],
)  # fmt: skip
def test_the_parts_weighted_by_what_they_are_divided_by_make_the_whole(run, values, name):
    for split, dimension in GROUP_SPLITS.items():
        weights = weights_of(run, name, dimension)
        parts = [0.0 if part is None else part for part in values[name][split].values()]
        assert np.average(parts, weights=weights) == pytest.approx(values[name]["value"]), split


def test_groups_and_months_tell_the_same_story(run, values):
    ds = run.dataset
    use = ds.county_is_district.values == 0
    visits = ds.visits.sum(["month", "tier"]).values[use]
    rate = visits[:, 0].sum() / visits.sum()
    assert values["in_county_visit_rate"]["value"] == pytest.approx(rate)
    stays = ds.admissions.sum(["month", "tier"]).values[use]
    share = stays[:, 0].sum() / stays.sum()
    assert values["in_county_admission_share"]["value"] == pytest.approx(share)
    failed = ds.episodes.sel(outcome=["unresolved", "self_unresolved"]).sum().item()
    well = ds.episodes.sel(outcome=["resolved", "self_resolved"]).sum().item()
    assert values["unresolved_need_share"]["value"] == pytest.approx(failed / (failed + well))


def test_two_definitions_of_one_name_differ(values):
    pairs = [
        ("in_county_visit_rate", "in_county_visit_rate_claims"),
        ("in_county_visit_rate", "in_county_admission_share"),
        ("in_county_admission_share", "in_county_fund_share"),
        ("primary_share_in_county", "primary_share_in_county_with_clinics"),
        ("primary_share_in_county", "primary_share_all"),
        ("referral_rate", "referral_rate_first_contacts"),
        ("contract_coverage", "contract_coverage_effective"),
        ("wait_minutes_p50", "wait_minutes_p90"),
    ]
    for one, other in pairs:
        assert abs(values[one]["value"] - values[other]["value"]) > 1e-4, (one, other)
    per_person = values["admissions_per_100"]["value"] / 100
    assert 0.5 * per_person < values["hospitalised_share"]["value"] < per_person


def test_the_claims_rate_is_higher_because_self_paid_visits_beyond_leave_no_claim(run, values):
    more = compute_all(run.dataset, load_parameters({"self_paid_outside": 0.6}))
    name = "in_county_visit_rate_claims"
    assert more[name]["value"] > values[name]["value"]
    assert more["in_county_visit_rate"] == values["in_county_visit_rate"]


def test_private_clinics_raise_the_primary_share_when_they_are_counted(values):
    with_clinics = values["primary_share_in_county_with_clinics"]["value"]
    assert with_clinics > values["primary_share_in_county"]["value"]
