"""Ratios of what facilities reported, in all, by tier and by the county they lie in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.day import days_in_year
from sim.indicators.shares import (
    PRIMARY,
    Compute,
    Value,
    counties_of,
    county_and_district,
    ratio,
    tiers_of,
)

if TYPE_CHECKING:
    import xarray as xr

_N_TIERS = 6


def by_place(ds: xr.Dataset, values: Any) -> Any:
    """Sum of a facility array by the county it lies in; what lies in none is left out."""
    inside = ds.facility_county.values >= 0
    county = ds.facility_county.values[inside]
    return np.bincount(county, weights=np.asarray(values)[inside], minlength=len(ds.county))


def by_tier(ds: xr.Dataset, values: Any) -> Any:
    """Sum of a facility array by tier, shape (6,)."""
    return np.bincount(ds.facility_tier.values, weights=values, minlength=_N_TIERS)


def _split(ds: xr.Dataset, top: Any, bottom: Any) -> Value:
    return {
        "value": ratio(top.sum(), bottom.sum()),
        "by_tier": tiers_of(ratio(by_tier(ds, top), by_tier(ds, bottom))),
        "by_county": counties_of(ds, ratio(by_place(ds, top), by_place(ds, bottom))),
    }


def of_facilities(
    top: str, bottom: str, scale: float = 1.0, tiers: tuple[int, ...] | None = None
) -> Compute:
    """Ratio of two facility variables; `tiers` leaves the others out of the whole and the
    counties, not out of `by_tier`."""

    def compute(ds: xr.Dataset, p: Any) -> Value:
        a, b = ds[top].values * scale, ds[bottom].values.astype(np.float64)
        value = _split(ds, a, b)
        if tiers is not None:
            use = np.isin(ds.facility_tier.values, tiers)
            value = {**_split(ds, a * use, b * use), "by_tier": value["by_tier"]}
        return value

    return compute


def of_arrivals(ds: xr.Dataset, p: Any) -> Value:
    """Patients who left unseen over all who arrived."""
    unseen = ds.facility_left_unseen.values.astype(np.float64)
    return _split(ds, unseen, unseen + ds.facility_visits.values)


def per_bed(name: str) -> Compute:
    """A facility variable over average open beds (open bed-days over days of the year)."""

    def compute(ds: xr.Dataset, p: Any) -> Value:
        days = days_in_year(int(ds.attrs["year"]))
        has_beds = ds.facility_open_bed_days.values > 0
        return _split(ds, ds[name].values * has_beds, ds.facility_open_bed_days.values / days)

    return compute


def located_primary_share(with_clinics: bool) -> Compute:
    """Primary share of visits at facilities located in counties."""

    def compute(ds: xr.Dataset, p: Any) -> Value:
        village = 1.0 if with_clinics else 1.0 - float(p.private_clinic_share)
        weight = np.array([village, 1.0, 1.0, 1.0, 1.0, 0.0])[ds.facility_tier.values]
        visits = ds.facility_visits.values * weight
        primary = visits * np.isin(ds.facility_tier.values, PRIMARY)
        return county_and_district(ds, by_place(ds, primary), by_place(ds, visits))

    return compute


def tcm_hospital_share(ds: xr.Dataset, p: Any) -> Value:
    """Visits at hospitals of Chinese medicine over visits at all facilities in the region."""
    visits = ds.facility_visits.values * (ds.facility_county.values >= 0)
    tcm = visits * (ds.facility_kind.values == "tcm_hospital")
    return {
        "value": ratio(tcm.sum(), visits.sum()),
        "by_county": counties_of(ds, ratio(by_place(ds, tcm), by_place(ds, visits))),
    }


def doctor_day(ds: xr.Dataset, p: Any) -> Value:
    """Visits a doctor a working day; delay facilities see mostly others and report none."""
    own = ds.facility_is_delay.values == 0
    doctors = ds.facility_doctors.values * (1.0 - ds.facility_withdrawn.values) * own
    return _split(ds, ds.facility_visits.values * own, doctors * float(p.working_days))


def stock_per(name: str, persons: float) -> Compute:
    """A stock of the facilities in the region over the mean residents of the year."""

    def compute(ds: xr.Dataset, p: Any) -> Value:
        stock = by_place(ds, ds[name].values)
        residents = (ds.residents_start.values + ds.residents_end.values) / 2.0 / persons
        inside = ds.facility_county.values >= 0
        return {
            "value": ratio(stock.sum(), residents.sum()),
            "by_tier": tiers_of(
                ratio(by_tier(ds, ds[name].values * inside), np.full(_N_TIERS, residents.sum()))
            ),
            "by_county": counties_of(ds, ratio(stock, residents)),
        }

    return compute


def beds_per_doctor(ds: xr.Dataset, p: Any) -> Value:
    """Beds over doctors of the facilities in the region."""
    inside = ds.facility_county.values >= 0
    return _split(ds, ds.facility_beds.values * inside, ds.facility_doctors.values * inside)


def wait_quantile(quantile: float) -> Compute:
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
        edges, waits = ds.wait_edge_minutes.values, ds.waits.values
        tier, county = ds.facility_tier.values, ds.facility_county.values
        counties = [of(waits[county == c].sum(axis=0), edges) for c in range(len(ds.county))]
        return {
            "value": of(waits.sum(axis=0), edges),
            "by_tier": tiers_of([of(waits[tier == t].sum(axis=0), edges) for t in range(6)]),
            "by_county": counties_of(ds, counties),
        }

    return compute
