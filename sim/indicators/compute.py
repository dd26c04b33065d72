"""What each indicator computes, by id; the definitions in words are definitions.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.indicators.facilities import (
    beds_per_doctor,
    doctor_day,
    located_primary_share,
    of_arrivals,
    of_facilities,
    per_bed,
    stock_per,
    tcm_hospital_share,
    wait_quantile,
)
from sim.indicators.shares import (
    PRIMARY,
    Compute,
    Quantity,
    Residents,
    Value,
    counties_of,
    county_and_district,
    is_county,
    of_income,
    of_residents,
    ratio,
    tiers_of,
)
from sim.tiers import TIER_KEYS

if TYPE_CHECKING:
    import xarray as xr

_OWN = 0  # place: the county of residence
_TOWNSHIP = (1,)
_ABOVE_TOWNSHIP = (2, 3, 4, 5)


def _tally(*names: str, tiers: tuple[int, ...] | None = None) -> Quantity:
    return lambda residents: residents.sum(*names, tiers=tiers)


def _persons(residents: Residents) -> Any:
    return residents.mean("residents")


def _per_person(name: str, scale: float = 1.0) -> Compute:
    return of_residents(_tally(name), _persons, scale=scale, tiers="part")


def _primary_of(name: str, counties_only: bool = False) -> Compute:
    """Share of a tally at village and township tier; `by_tier` shows the share of every tier."""
    share = of_residents(_tally(name, tiers=PRIMARY), _tally(name), counties_only=counties_only)
    parts = of_residents(_tally(name), _tally(name), tiers="part", counties_only=counties_only)

    def compute(ds: xr.Dataset, p: Any) -> Value:
        return {**share(ds, p), "by_tier": parts(ds, p)["by_tier"]}

    return compute


def _claimed(residents: Residents) -> Any:
    """Visits and admissions that leave a claim: all in the own county, and beyond it all
    admissions and the visits that are not paid by the patient himself."""
    beyond = residents.sum("visits") - residents.sum("own_visits")
    unseen_by_the_insurer = float(residents.p.self_paid_outside) * beyond
    return residents.sum("visits", "admissions") - unseen_by_the_insurer


def _covered(*levels: str, key: bool = False) -> Compute:
    return of_residents(
        lambda residents: residents.contracts(*levels, key=key),
        lambda residents: residents.contracts("none", "nominal", "effective", key=key),
    )


def _by_county(
    top: str, bottom: str, tiers: tuple[int, ...], places: tuple[int, ...] = (0, 1, 2),
    reported: tuple[int, ...] = tuple(range(len(TIER_KEYS))),
) -> Compute:  # fmt: skip
    """Ratio of two variables by county of residence, of some tiers and places; `by_tier` shows
    the tiers reported, nan elsewhere."""

    shown = np.isin(np.arange(len(TIER_KEYS)), reported)

    def compute(ds: xr.Dataset, p: Any) -> Value:
        a, b = (ds[name].sum("month").values[:, :, list(places)].sum(axis=2)
                for name in (top, bottom))  # fmt: skip
        chosen = list(tiers)
        tops, bottoms = a[:, chosen].sum(axis=1), b[:, chosen].sum(axis=1)
        return {
            "value": ratio(tops.sum(), bottoms.sum()),
            "by_tier": tiers_of(np.where(shown, ratio(a.sum(axis=0), b.sum(axis=0)), np.nan)),
            "by_county": counties_of(ds, ratio(tops, bottoms)),
        }

    return compute


def _inpatient_cost(ds: xr.Dataset, p: Any) -> Value:
    """Charges of stays in the own county over discharges there, in yuan; counties only."""
    charge, out = (ds[name].sum("month").values[:, :, _OWN] for name in ("stay_charge",
                                                                         "discharges"))  # fmt: skip
    chosen = is_county(ds)
    by_tier = ratio(charge[chosen].sum(axis=0) / 100.0, out[chosen].sum(axis=0))
    value = county_and_district(ds, charge.sum(axis=1) / 100.0, out.sum(axis=1))
    return {**value, "by_tier": tiers_of(by_tier)}


def _facilities_and_groups(facilities: Compute, groups: Compute) -> Compute:
    """In all, by tier and by county as facilities report it; by group as residents met it."""

    def compute(ds: xr.Dataset, p: Any) -> Value:
        return {**groups(ds, p), **facilities(ds, p)}

    return compute


def _deaths(ds: xr.Dataset, p: Any) -> Value:
    deaths = ds.vital_events.sel(event="deaths").values
    return {"value": float(deaths.sum()), "by_county": counties_of(ds, deaths)}


def _pending(ds: xr.Dataset, p: Any) -> Value:
    return {"value": float(ds.episodes.sel(outcome="pending_end").sum())}


def _not_modelled(ds: xr.Dataset, p: Any) -> Value:
    return {"value": np.nan}


FORMULAS: dict[str, Compute] = {
    "visits_per_person": _per_person("visits"),
    "admissions_per_100": _per_person("admissions", 100.0),
    "hospitalised_share": of_residents(
        lambda residents: residents.at_end("admitted"),
        lambda residents: residents.at_end("residents"),
    ),
    "managed_admissions_per_100": of_residents(
        _tally("managed_admissions"), lambda residents: residents.mean("managed"),
        scale=100.0, tiers="part",
    ),
    "tcm_hospital_visit_share": tcm_hospital_share,
    "in_county_visit_rate": of_residents(
        _tally("own_visits"), _tally("visits"), counties_only=True
    ),
    "in_county_visit_rate_claims": of_residents(
        _tally("own_visits", "own_admissions"), _claimed, counties_only=True
    ),
    "in_county_admission_share": of_residents(
        _tally("own_admissions"), _tally("admissions"), counties_only=True
    ),
    "in_county_fund_share": of_residents(_tally("own_fund"), _tally("fund"), counties_only=True),
    "primary_fund_share_in_county": _primary_of("own_fund", counties_only=True),
    "inpatient_cost_in_county": _inpatient_cost,
    "primary_share_in_county": located_primary_share(with_clinics=False),
    "primary_share_in_county_with_clinics": located_primary_share(with_clinics=True),
    "primary_share_all": _primary_of("visits"),
    "first_contact_share": _primary_of("first_contacts"),
    "referral_rate": _by_county("referrals", "visits", PRIMARY),
    "referral_rate_first_contacts": _by_county(
        "referrals", "first_contacts", _TOWNSHIP, reported=PRIMARY
    ),
    "back_referral_rate": of_facilities(
        "facility_back_sent", "facility_discharges", tiers=_ABOVE_TOWNSHIP
    ),
    "transfer_rate": of_facilities("facility_transfers_out", "facility_discharges"),
    "wait_minutes_mean": _facilities_and_groups(
        of_facilities("facility_wait_seconds", "facility_visits", 1.0 / 60.0),
        of_residents(_tally("wait_seconds"), _tally("visits"), scale=1.0 / 60.0),
    ),
    "wait_minutes_p50": wait_quantile(0.5),
    "wait_minutes_p90": wait_quantile(0.9),
    "left_unseen_share": of_arrivals,
    "admission_wait_days": _facilities_and_groups(
        of_facilities("facility_bed_wait_days", "facility_admissions"),
        of_residents(_tally("bed_wait_days"), _tally("admissions")),
    ),
    "travel_minutes_return_mean": of_residents(
        _tally("travel_seconds"), _tally("visits"), scale=1.0 / 60.0, tiers="own"
    ),
    "unresolved_need_share": of_residents(
        _tally("unresolved"), _tally("unresolved", "resolved")
    ),
    "bed_occupancy": of_facilities("facility_bed_days", "facility_open_bed_days"),
    "average_length_of_stay": _facilities_and_groups(
        of_facilities("facility_stay_days", "facility_discharges"),
        of_residents(_tally("stay_days"), _tally("discharges")),
    ),
    "bed_turnover": per_bed("facility_discharges"),
    "bed_working_days": per_bed("facility_bed_days"),
    "visits_per_doctor_day": doctor_day,
    "beds_per_1000": stock_per("facility_beds", 1000.0),
    "doctors_per_1000": stock_per("facility_doctors", 1000.0),
    "beds_per_doctor": beds_per_doctor,
    "out_of_pocket_per_person": _per_person("out_of_pocket", 0.01),
    "fund_spending_per_person": _per_person("fund", 0.01),
    "contract_coverage": _covered("nominal", "effective"),
    "contract_coverage_effective": _covered("effective"),
    "contract_coverage_key": _covered("nominal", "effective", key=True),
    "contract_coverage_key_effective": _covered("effective", key=True),
    "concentration_index": of_income("visits"),
    "concentration_index_admissions": of_income("admissions"),
    "concentration_index_out_of_pocket": of_income("out_of_pocket"),
    "concentration_index_unresolved": of_income("unresolved"),
    "died": _deaths,
    "pending_episodes": _pending,
    **dict.fromkeys(
        (
            "inpatient_cost_growth", "posted_doctors_per_10000", "remote_readings_per_10000",
            "staff_income_ratio", "premature_mortality", "doctors_per_nurse", "beds_per_nurse",
            "nurses_per_1000", "general_practitioners_per_10000",
        ),
        _not_modelled,
    ),
}  # fmt: skip
