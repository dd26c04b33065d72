"""Results → named indicators by official definition.

Every indicator names its numerator, denominator, place, population base, data class (P provider
reports, where services are delivered; I insurer claims, where the enrolled go; H household survey)
and whether an official series of that name exists. Nothing that decides behaviour imports this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.parameters import load_parameters
from sim.tiers import TIER_KEYS, Place

if TYPE_CHECKING:
    import xarray as xr

_OWN, _ELSEWHERE, _OUTSIDE = (int(place) for place in Place)
_PRIMARY = (0, 1)
Value = dict[str, Any]


@dataclass(frozen=True)
class Indicator:
    """Definition of one indicator; `compute` maps (Dataset, parameters) to value and splits."""

    id: str
    name: str
    name_zh: str
    unit: str
    numerator: str
    denominator: str
    base: str
    data_class: str
    source: str
    status: str
    compute: Callable[[Any, Any], Value]


def compute_all(dataset: xr.Dataset, parameters: Any = None) -> dict[str, Value]:
    """All indicators of a run: {id: {"value", "unit", "by_tier"?, "by_county"?}}.

    Shares and occupancy are fractions 0-1 (unit 1), waits minutes, stays days, money yuan; None
    where undefined. `by_tier` is keyed by tiers.TIER_KEYS, `by_county` by six-digit code.
    """
    p = load_parameters() if parameters is None else parameters
    return {
        indicator.id: {"unit": indicator.unit, **_clean(indicator.compute(dataset, p))}
        for indicator in INDICATORS
    }


def _clean(value: Value) -> Value:
    """Floats that JSON can carry: None instead of nan and infinity."""

    def number(x: Any) -> float | None:
        x = float(x)
        return x if np.isfinite(x) else None

    return {
        key: {k: number(v) for k, v in part.items()} if isinstance(part, dict) else number(part)
        for key, part in value.items()
    }


def _ratio(top: Any, bottom: Any) -> Any:
    """top / bottom, nan where the bottom is 0."""
    top, bottom = np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)


def _tiers(values: Any) -> dict[str, float]:
    return dict(zip(TIER_KEYS, np.asarray(values), strict=True))


def _counties(ds: xr.Dataset, values: Any) -> dict[str, float]:
    return dict(zip([str(code) for code in ds.county.values], np.asarray(values), strict=True))


def _year(ds: xr.Dataset, name: str) -> Any:
    """A county variable summed over months: (county, tier, place)."""
    return ds[name].sum("month").values


def _residents(ds: xr.Dataset) -> Any:
    """Mean residents of the year by county (start and end)."""
    return (ds.residents_start.values + ds.residents_end.values) / 2.0


def _in_definition(ds: xr.Dataset) -> Any:
    """Counties that 'in the county' is defined for: not the urban districts; all when a region
    has districts only."""
    county = ds.county_is_district.values == 0
    return county if county.any() else ~county


def _facility_sum(ds: xr.Dataset, name: str) -> Any:
    """A facility variable summed by tier; shape (6,)."""
    return np.bincount(ds.facility_tier.values, weights=ds[name].values, minlength=6)


def _per_person(names: tuple[str, ...], scale: float) -> Callable[[Any, Any], Value]:
    def compute(ds: xr.Dataset, p: Any) -> Value:
        values = sum(_year(ds, name) for name in names) * scale
        residents = _residents(ds)
        return {
            "value": _ratio(values.sum(), residents.sum()),
            "by_tier": _tiers(values.sum(axis=(0, 2)) / max(residents.sum(), 1.0)),
            "by_county": _counties(ds, _ratio(values.sum(axis=(1, 2)), residents)),
        }

    return compute


def _located_share(with_clinics: bool) -> Callable[[Any, Any], Value]:
    """Primary share of visits at facilities located in the county (provider reports)."""

    def compute(ds: xr.Dataset, p: Any) -> Value:
        village = 1.0 if with_clinics else 1.0 - float(p.private_clinic_share)
        weight = np.array([village, 1.0, 1.0, 1.0, 1.0, 0.0])[ds.facility_tier.values]
        visits = ds.facility_visits.values * weight
        county = ds.facility_county.values
        inside = county >= 0
        n = len(ds.county)
        total = np.bincount(county[inside], weights=visits[inside], minlength=n)
        primary = inside & (ds.facility_tier.values <= 1)
        top = np.bincount(county[primary], weights=visits[primary], minlength=n)
        use = _in_definition(ds)
        return {
            "value": _ratio(top[use].sum(), total[use].sum()),
            "by_county": _counties(ds, _ratio(top, total)),
        }

    return compute


def _primary_share_all(ds: xr.Dataset, p: Any) -> Value:
    visits = _year(ds, "visits").sum(axis=2)
    top, bottom = visits[:, _PRIMARY].sum(axis=1), visits.sum(axis=1)
    return {
        "value": _ratio(top.sum(), bottom.sum()),
        "by_tier": _tiers(_ratio(visits.sum(axis=0), np.full(6, bottom.sum()))),
        "by_county": _counties(ds, _ratio(top, bottom)),
    }


def _own_county(*names: str, claims: bool = False) -> Callable[[Any, Any], Value]:
    """Share of residents' use (or fund payments) in their own county, counties only.

    claims: visits beyond the county count only as far as they leave a claim.
    """

    def compute(ds: xr.Dataset, p: Any) -> Value:
        own = np.zeros(len(ds.county))
        beyond = np.zeros(len(ds.county))
        for name in names:
            values = _year(ds, name)
            claimed = 1.0
            if claims and name == "visits":
                claimed = 1.0 - float(p.self_paid_outside)
            own += values[:, :, _OWN].sum(axis=1)
            beyond += claimed * values[:, :, (_ELSEWHERE, _OUTSIDE)].sum(axis=(1, 2))
        use = _in_definition(ds)
        return {
            "value": _ratio(own[use].sum(), (own + beyond)[use].sum()),
            "by_county": _counties(ds, _ratio(own, own + beyond)),
        }

    return compute


def _first_contact(ds: xr.Dataset, p: Any) -> Value:
    contacts = _year(ds, "first_contacts").sum(axis=2)
    top, bottom = contacts[:, _PRIMARY].sum(axis=1), contacts.sum(axis=1)
    return {
        "value": _ratio(top.sum(), bottom.sum()),
        "by_tier": _tiers(_ratio(contacts.sum(axis=0), np.full(6, bottom.sum()))),
        "by_county": _counties(ds, _ratio(top, bottom)),
    }


def _facility_ratio(top: str, bottom: str, scale: float = 1.0) -> Callable[[Any, Any], Value]:
    """Ratio of two facility variables, in all and by tier."""

    def compute(ds: xr.Dataset, p: Any) -> Value:
        a, b = _facility_sum(ds, top) * scale, _facility_sum(ds, bottom)
        return {"value": _ratio(a.sum(), b.sum()), "by_tier": _tiers(_ratio(a, b))}

    return compute


def _wait_quantile(quantile: float) -> Callable[[Any, Any], Value]:
    """Quantile of minutes waited, from summed histograms, linear inside a bin."""

    def of(counts: Any, edges: Any) -> float:
        total = counts.sum()
        if total == 0:
            return float("nan")
        reached = np.cumsum(counts)
        position = quantile * total
        at = int(np.searchsorted(reached, position))
        low = edges[at - 1] if at else 0.0
        before = reached[at - 1] if at else 0
        return float(low + (edges[at] - low) * (position - before) / counts[at])

    def compute(ds: xr.Dataset, p: Any) -> Value:
        edges = ds.wait_edge_minutes.values
        tier = ds.facility_tier.values
        by_tier = [of(ds.waits.values[tier == t].sum(axis=0), edges) for t in range(6)]
        return {"value": of(ds.waits.values.sum(axis=0), edges), "by_tier": _tiers(by_tier)}

    return compute


def _doctor_day(ds: xr.Dataset, p: Any) -> Value:
    """Visits a doctor a working day; delay facilities see mostly others and report none."""
    own = ds.facility_is_delay.values == 0
    doctors = ds.facility_doctors.values * (1.0 - ds.facility_withdrawn.values) * own
    tier = ds.facility_tier.values
    visits = np.bincount(tier, weights=ds.facility_visits.values * own, minlength=6)
    days = np.bincount(tier, weights=doctors, minlength=6) * float(p.working_days)
    return {"value": _ratio(visits.sum(), days.sum()), "by_tier": _tiers(_ratio(visits, days))}


def _referral_rate(ds: xr.Dataset, p: Any) -> Value:
    up = _year(ds, "referrals").sum(axis=2)
    visits = _year(ds, "visits").sum(axis=2)
    return {
        "value": _ratio(up[:, _PRIMARY].sum(), visits[:, _PRIMARY].sum()),
        "by_tier": _tiers(_ratio(up.sum(axis=0), visits.sum(axis=0))),
        "by_county": _counties(
            ds, _ratio(up[:, _PRIMARY].sum(axis=1), visits[:, _PRIMARY].sum(axis=1))
        ),
    }


def _back_referral_rate(ds: xr.Dataset, p: Any) -> Value:
    back, out = _facility_sum(ds, "facility_back_sent"), _facility_sum(ds, "facility_discharges")
    return {"value": _ratio(back[2:].sum(), out[2:].sum()), "by_tier": _tiers(_ratio(back, out))}


def _unresolved(ds: xr.Dataset, p: Any) -> Value:
    e = ds.episodes.sum("need_class")
    failed = e.sel(outcome=["unresolved", "self_unresolved"]).sum().item()
    ended = failed + e.sel(outcome=["resolved", "self_resolved"]).sum().item()
    return {"value": _ratio(failed, ended)}


def _coverage(key: str) -> Callable[[Any, Any], Value]:
    def compute(ds: xr.Dataset, p: Any) -> Value:
        counts = ds.contracts_end.values  # county, key group, has contract
        chosen = counts[:, 1] if key == "key" else counts.sum(axis=1)
        return {
            "value": _ratio(chosen[:, 1].sum(), chosen.sum()),
            "by_county": _counties(ds, _ratio(chosen[:, 1], chosen.sum(axis=1))),
        }

    return compute


def _concentration(ds: xr.Dataset, p: Any) -> Value:
    """Concentration index of visits over income fifths: 2 cov(use, rank) / mean use."""
    others = ["age_band", "sex", "residence", "distance_band"]
    visits = ds.group_visits.sum([*others, "tier"]).values.astype(np.float64)
    people = ds.group_residents_start.sum(others).values.astype(np.float64)
    if visits.sum() == 0:
        return {"value": float("nan")}
    share = people / people.sum()
    rank = np.cumsum(share) - share / 2.0
    return {"value": 2.0 * float((visits / visits.sum() * rank).sum()) - 1.0}


def _total(name: str, outcome: str) -> Callable[[Any, Any], Value]:
    dimension = {"vital_events": "event", "episodes": "outcome"}[name]

    def compute(ds: xr.Dataset, p: Any) -> Value:
        values = ds[name].sel({dimension: outcome})
        result: Value = {"value": float(values.sum())}
        if name == "vital_events":
            result["by_county"] = _counties(ds, values.values)
        return result

    return compute


def _travel(ds: xr.Dataset, p: Any) -> Value:
    seconds, visits = _year(ds, "travel_seconds"), _year(ds, "visits")
    return {
        "value": _ratio(seconds.sum() / 60.0, visits.sum()),
        "by_tier": _tiers(_ratio(seconds.sum(axis=(0, 2)) / 60.0, visits.sum(axis=(0, 2)))),
        "by_county": _counties(
            ds, _ratio(seconds.sum(axis=(1, 2)) / 60.0, visits.sum(axis=(1, 2)))
        ),
    }


_OUT_OF_POCKET = ("visit_out_of_pocket", "stay_out_of_pocket")
_FUND = ("visit_fund", "stay_fund")
_BULLETIN = "国家卫生健康统计调查制度；卫生健康事业发展统计公报"
_MONITORING = "紧密型县域医共体监测指标（2024）"
_MODEL = "model"

INDICATORS: tuple[Indicator, ...] = (
    Indicator("visits_per_person", "Visits per resident", "居民平均就诊次数", "1/year",
              "visits of residents, counted by registration", "mean residents of the year",
              "residents", "P", _BULLETIN, "official", _per_person(("visits",), 1.0)),
    Indicator("admissions_per_100", "Annual admission rate", "年住院率", "1/100 persons",
              "admissions of residents", "mean residents of the year / 100", "residents", "P",
              _BULLETIN, "official", _per_person(("admissions",), 100.0)),
    Indicator("primary_share_in_county", "Primary share of visits in the county",
              "县域内基层医疗卫生机构诊疗人次数占比", "1",
              "visits at village and township facilities in counties, private clinics left out",
              "these and visits at hospitals located in the county", "facilities", "P",
              _MONITORING, "official", _located_share(with_clinics=False)),
    Indicator("primary_share_in_county_with_clinics",
              "Primary share of visits in the county, with private clinics",
              "县域内基层诊疗人次占比（含诊所）", "1",
              "visits at village and township facilities in counties",
              "visits at all facilities located in the county", "facilities", "P",
              _MODEL, "model-only", _located_share(with_clinics=True)),
    Indicator("primary_share_all", "Primary share of all visits", "基层诊疗量占总诊疗量比重", "1",
              "visits of residents at village and township facilities",
              "all visits of residents", "residents", "P", _BULLETIN, "official",
              _primary_share_all),
    Indicator("in_county_visit_rate", "In-county visit rate (residents)", "县域内就诊率（居民口径）",
              "1", "visits of residents in their own county", "all visits of residents",
              "residents of counties, districts left out", "H", _MODEL, "model-only",
              _own_county("visits")),
    Indicator("in_county_visit_rate_claims", "In-county visit rate (claims)",
              "县域内就诊率（医保结算口径）", "1",
              "visits and admissions settled in the own county",
              "all settled visits and admissions; self-paid visits beyond leave no claim",
              "enrolled of counties, districts left out", "I", _MONITORING, "official",
              _own_county("visits", "admissions", claims=True)),
    Indicator("in_county_admission_share", "In-county admission share",
              "参保人县域内住院人次占比", "1", "admissions of the enrolled in their own county",
              "all admissions of the enrolled", "enrolled of counties, districts left out", "I",
              _MONITORING, "official", _own_county("admissions")),
    Indicator("in_county_fund_share", "In-county share of fund spending",
              "医保基金县域内支出占比（不含药店）", "1", "fund payments to facilities in the own county",
              "all fund payments for the enrolled, pharmacies excluded",
              "enrolled of counties, districts left out", "I", _MONITORING, "official",
              _own_county("visit_fund", "stay_fund")),
    Indicator("first_contact_share", "First-contact share of primary care", "基层首诊率", "1",
              "episodes first seen at a village or township facility",
              "episodes seen by anybody", "residents", "H", _MODEL, "model-only", _first_contact),
    Indicator("bed_occupancy", "Bed occupancy rate", "病床使用率", "1",
              "beds occupied at midnight, temporary beds included",
              "open bed-days, temporary beds excluded", "facilities with own beds", "P",
              _BULLETIN, "official",
              _facility_ratio("facility_bed_days", "facility_open_bed_days")),
    Indicator("average_length_of_stay", "Average length of stay", "出院者平均住院日", "day",
              "days in bed of those discharged", "discharges", "facilities", "P", _BULLETIN,
              "official", _facility_ratio("facility_stay_days", "facility_discharges")),
    Indicator("wait_minutes_mean", "Mean wait before the consult", "平均候诊时间", "minute",
              "time from arrival to the first consult", "visits", "facilities", "P", _MODEL,
              "model-only",
              _facility_ratio("facility_wait_seconds", "facility_visits", 1.0 / 60.0)),
    Indicator("wait_minutes_p90", "90th percentile of the wait", "候诊时间第90百分位", "minute",
              "90th percentile of time from arrival to the first consult", "visits", "facilities",
              "P", _MODEL, "model-only", _wait_quantile(0.9)),
    Indicator("admission_wait_days", "Mean wait for a bed", "平均候床天数", "day",
              "whole days from request to bed", "admissions", "facilities", "P", _MODEL,
              "model-only", _facility_ratio("facility_bed_wait_days", "facility_admissions")),
    Indicator("visits_per_doctor_day", "Visits per doctor and working day", "医师日均担负诊疗人次",
              "1/day", "visits of residents", "doctors (less the share for non-residents) x 251",
              "facilities with a queue", "P", _BULLETIN, "official", _doctor_day),
    Indicator("referral_rate", "Up-referral rate of primary care", "基层上转率", "1",
              "referrals up written at village and township facilities",
              "visits at village and township facilities", "residents", "P", _MODEL, "model-only",
              _referral_rate),
    Indicator("back_referral_rate", "Back-referral rate", "下转率", "1",
              "discharges to a township bed", "discharges from county facilities and above",
              "facilities", "P", _MODEL, "model-only", _back_referral_rate),
    Indicator("unresolved_need_share", "Unresolved need", "未满足需要比例", "1",
              "episodes ended without adequate resolution", "all episodes ended", "residents",
              "H", _MODEL, "model-only", _unresolved),
    Indicator("out_of_pocket_per_person", "Out-of-pocket per resident", "人均个人支付", "yuan/year",
              "charges less fund payments, visits and stays", "mean residents of the year",
              "residents", "I", _MODEL, "model-only", _per_person(_OUT_OF_POCKET, 0.01)),
    Indicator("fund_spending_per_person", "Fund spending per resident", "人均医保基金支出",
              "yuan/year", "fund payments for visits and stays", "mean residents of the year",
              "residents", "I", _MODEL, "model-only", _per_person(_FUND, 0.01)),
    Indicator("contract_coverage", "Family-doctor contract coverage", "家庭医生签约率", "1",
              "residents with a contract, nominal or effective", "residents at the year's end",
              "residents", "P", _BULLETIN, "official", _coverage("all")),
    Indicator("contract_coverage_key", "Contract coverage of key groups", "重点人群签约率", "1",
              "residents of key groups with a contract", "residents of key groups, counted once",
              "residents of key groups", "P", _BULLETIN, "official", _coverage("key")),
    Indicator("travel_minutes_return_mean", "Mean return travel to a visit", "就诊平均往返时间",
              "minute", "return travel time", "visits", "residents", "H", _MODEL, "model-only",
              _travel),
    Indicator("concentration_index", "Concentration index of visits over income",
              "就诊集中指数（按收入）", "1", "twice the covariance of visits and income rank",
              "mean visits; 0 equal, above 0 pro-rich", "residents", "H", _MODEL, "model-only",
              _concentration),
    Indicator("died", "Deaths in the year", "死亡人数", "1", "residents who died", "-", "residents",
              "P", _BULLETIN, "official", _total("vital_events", "deaths")),
    Indicator("pending_episodes", "Episodes open at the year's end", "年末未结束病程", "1",
              "episodes begun and not ended", "-", "residents", "P", _MODEL, "model-only",
              _total("episodes", "pending_end")),
)  # fmt: skip
