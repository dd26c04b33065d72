"""Every county's table of a real region, as a planner would look at it; minutes, so marked slow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.indicators import compute_all
from sim.packs import REGIONS
from sim.parameters import load_parameters
from sim.run import simulate
from sim.tiers import TIER_KEYS, Tier

REAL = tuple(region for region in REGIONS if region != "reference")


def test_waits_rise_with_the_tier_in_the_reference_county() -> None:
    found = compute_all(simulate("reference", 2023).dataset)["wait_minutes_mean"]["by_tier"]
    waits = [found[tier] for tier in TIER_KEYS]
    assert waits == sorted(waits)


def occupancy_of(ds: Any, chosen: np.ndarray) -> float:
    """Occupied over open bed-days of the facilities chosen."""
    return float(
        ds.facility_bed_days.values[chosen].sum() / ds.facility_open_bed_days.values[chosen].sum()
    )


@pytest.mark.slow
@pytest.mark.parametrize("year", [2020, 2023])
@pytest.mark.parametrize("region", REAL)
def test_every_county_is_plausible(region: str, year: int) -> None:
    ds = simulate(region, year).dataset
    values = compute_all(ds)

    def by_county(key: str) -> np.ndarray:
        found = values[key]["by_county"]
        return np.array([found[code] for code in ds.county.values], dtype=float)

    tier, county = ds.facility_tier.values, ds.facility_county.values
    inside = ds.facility_is_delay.values == 0
    visits = ds.facility_visits.values
    occupancy = ds.facility_bed_days.values / np.maximum(1, ds.facility_open_bed_days.values)
    waits = ds.facility_wait_seconds.values / 60 / np.maximum(1, visits)

    assert 5.0 <= values["visits_per_person"]["value"] <= 8.0
    assert 12.0 <= values["admissions_per_100"]["value"] <= 25.0
    assert 0.50 <= values["primary_share_in_county"]["value"] <= 0.75
    assert values["in_county_visit_rate"]["value"] > values["in_county_admission_share"]["value"]
    by_tier = values["bed_occupancy"]["by_tier"]
    assert by_tier["county"] > by_tier["township"]
    mean_wait = values["wait_minutes_mean"]["by_tier"]
    queued = [TIER_KEYS[level] for level in sorted(set(tier[inside]))]
    assert queued[:3] == ["village", "township", "county"]
    rising = [mean_wait[level] for level in queued]
    assert rising == sorted(rising)
    assert mean_wait["village"] < 6
    assert mean_wait["township"] < 12
    assert mean_wait["county"] < 30
    # Beds of every kind of county hospital are used, none to the last one; in 2020 fewer fell ill.
    least = 0.35 * float(load_parameters().access_factor[year - 2020])
    for kind in set(ds.facility_kind.values[inside & (tier == Tier.COUNTY)]):
        used = occupancy_of(ds, inside & (ds.facility_kind.values == kind))
        assert least < used < 0.98, kind

    assert (by_county("visits_per_person") > 5.0).all()
    assert (by_county("visits_per_person") < 8.0).all()
    assert (by_county("admissions_per_100") > 12.0).all()
    assert (by_county("admissions_per_100") < 27.0).all()
    district = ds.county_is_district.values == 1
    stays = by_county("in_county_visit_rate") > by_county("in_county_admission_share")
    assert stays[~district].all()  # the official rates leave districts out
    # In the districts of a city, its own hospitals are around the corner.
    share = by_county("primary_share_in_county")[~district]
    assert (share > 0.45).all()
    assert (share < 0.75).all()
    of_residents = ds.visits.sum(["month", "place"]).values.astype(float)
    primary = of_residents[:, : Tier.COUNTY].sum(axis=1) / of_residents.sum(axis=1)
    assert (primary > 0.2).all()
    assert (primary < 0.8).all()
    for i in range(len(ds.county)):
        here = county == i
        for level in (Tier.VILLAGE, Tier.TOWNSHIP, Tier.COUNTY):
            assert ds.facility_doctors.values[here & (tier == level)].sum() > 0
            assert visits[here & (tier == level)].sum() > 0
        assert waits[here & (visits > 100)].max() < 120
    assert (occupancy[inside] <= 1.0501).all()
    assert np.isfinite(waits).all()
