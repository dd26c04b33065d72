"""Region and parameters → the flat tables that agent engines set up from."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from sim.day import weekly_share
from sim.engines.record_types import (
    FACILITY_RECORD,
    FIRST_SHARED,
    SCHEME_RECORD,
    VILLAGE_RECORD,
    WAIT_BINS,
    World,
)
from sim.jit import kernel
from sim.parameters import one_row
from sim.population import Ledger, Residents
from sim.region import Region
from sim.rules.choice import (
    TASTE_LEVELS,
    in_scope,
    level_midpoint,
    part_of_doctors,
    price_taste,
    travel_taste,
)
from sim.rules.consult import (
    EMERGENCY_POOL,
    N_POOLS,
    full_time_rooms,
)
from sim.rules.resolution import raised_capability
from sim.tiers import ALTERNATIVE_KEYS, CRITICAL, N_CLASSES, N_TIERS, WITH_DEPARTMENTS, Kind, Tier

# Upper edges of the 60 waiting-time bins, minutes: fine where waits are short. 0-24 h.
WAIT_EDGES_MINUTES = np.concatenate(
    [
        np.arange(0.5, 10.01, 0.5),  # 20 bins of half a minute
        np.arange(11, 31, 1.0),  # 20 of a minute
        np.arange(35, 61, 5.0),  # 6 of five
        np.arange(70, 121, 10.0),  # 6 of ten
        np.array([180, 240, 300, 360, 480, 600, 960, 1440.0]),  # 8
    ]
)
assert len(WAIT_EDGES_MINUTES) == WAIT_BINS  # noqa: S101  (a constant of this file)

_SCHEME_ROW = np.dtype((np.record, SCHEME_RECORD))
_WAIT_BIN = np.minimum(
    np.searchsorted(WAIT_EDGES_MINUTES, np.arange(2 * 1440 + 1) / 2.0, side="right"), WAIT_BINS - 1
)


def has_pools(region: Region) -> Any:
    """Facilities with specialty pools and an emergency department: general and private hospitals
    and regional centres, from the county tier up; shape (facilities,), bool. Delay facilities of
    those tiers count too: an ambulance may go there."""
    kind = region.facilities.kind
    tier = region.facilities.tier
    return np.isin(kind, [int(k) for k in WITH_DEPARTMENTS]) | (tier == int(Tier.OUTSIDE))


def choice_sets(region: Region) -> Any:
    """Facilities from the county tier up that villages choose among: one row a set, (sets, 9)
    int64, in the order of the villages' `choices`."""
    return np.unique(region.villages.facility[:, FIRST_SHARED:], axis=0).astype(np.int64)


def sizes(region: Region, p: Any) -> Any:
    """Doctors by which facilities weigh among the alternatives of their tier; (facilities,), at
    least 0.01.

    A facility's own doctors by the rule `part_of_doctors`; but a village has one of the city's
    hospitals of a kind in its choice set, dealt out by beds: that one stands for all of them.
    """
    f = region.facilities
    size = f.doctors * (1.0 - f.withdrawn)
    own = size.copy()
    city = np.flatnonzero(f.tier == int(Tier.CITY))
    kind, county = f.kind[city], f.county[city]
    for k, i in enumerate(city):
        size[i] = own[city[(kind == kind[k]) & (county == county[k])]].sum()
    size /= np.array([part_of_doctors(p, int(each)) for each in f.kind])
    return np.maximum(size, 0.01)


def build_world(region: Region, p: Any) -> Any:
    """The world of a run or of a month of it: rooms, beds, prices, travel. int64 or float64."""
    return World(
        facility=facility_table(region, p),
        village=village_table(region, p),
        scheme=scheme_of(region, p),
    )


def facility_table(region: Region, p: Any) -> Any:
    """Records of the facilities, a FACILITY_RECORD each."""
    f = region.facilities
    n = len(f.key)
    pooled = has_pools(region)
    own_doctors = f.doctors * (1.0 - f.withdrawn)
    rooms, room_share = np.zeros((n, N_POOLS), dtype=np.int64), np.zeros((n, N_POOLS))
    opening = np.array([weekly_share(tier) for tier in range(N_TIERS)])
    write_rooms(p, own_doctors, f.tier, pooled, opening, np.zeros(N_POOLS), rooms, room_share)
    beds = np.floor(f.beds * (1.0 - f.withdrawn)).astype(np.int64)
    beds[f.is_delay] = 1  # a delay facility always has a bed; the number is not used
    available = np.zeros((n, 4), dtype=np.bool_)
    clinic = rooms[:, :EMERGENCY_POOL].sum(axis=1) > 0
    available[:, :CRITICAL] = clinic[:, None]
    available[:, CRITICAL] = np.where(pooled, rooms[:, EMERGENCY_POOL] > 0, clinic)
    available[f.is_delay] = True
    facility = np.zeros(n, dtype=FACILITY_RECORD)
    for name, values in {
        "tier": f.tier, "kind": f.kind, "county": f.county, "outside": f.place_outside,
        "delay": f.is_delay, "pooled": pooled, "rooms": rooms, "room_share": room_share,
        "beds": beds, "overflow": np.floor(beds * p.overflow_share),
        "reserved": np.floor(beds * (p.reserved_bed_share[f.tier] + f.reserved)),
        "price": f.outpatient_fen, "stay_price": f.inpatient_fen, "available": available,
        "capability": raised_capability(p.capability[f.tier], f.gain),
    }.items():  # fmt: skip
        facility[name] = values
    scopes = np.array(
        [
            [[in_scope(kind, each, scope) for scope in range(3)] for each in range(N_CLASSES)]
            for kind in range(len(Kind))
        ]
    )
    for need_class in range(N_CLASSES):
        for scope in range(3):
            taken = scopes[f.kind, need_class, scope]
            bit = 1 << (3 * need_class + scope)
            facility["takes"] |= np.where(available[:, need_class] & taken, bit, 0)
    facility["doctors"] = sizes(region, p)
    facility["log_doctors"] = [math.log(staff) for staff in facility["doctors"]]
    regional = np.flatnonzero((f.tier == int(Tier.REGIONAL)) & ~f.is_delay)
    relative = np.minimum(1.0, facility["doctors"][regional] / p.regional_reference_doctors)
    facility["attraction"][regional] = [math.log(part) for part in relative]
    seconds = (p.morning_hours + p.afternoon_hours)[f.tier] * 3600.0 * opening[f.tier]
    seen = (rooms * room_share)[:, :EMERGENCY_POOL].sum(axis=1) * seconds
    consults = 1.0 + p.test_share[f.tier]
    facility["visits_a_day"] = seen / (p.service_minutes[f.tier] * 60.0 * consults)
    facility["visits_a_day"][f.is_delay] = 0.0
    return facility.view(np.recarray)


@kernel
def write_rooms(
    p: Any, doctors: Any, tier: Any, pooled: Any, opening: Any, full: Any, rooms: Any, share: Any
) -> None:
    """Rooms and their full-time share of facilities, (n, 6); full (6,) scratch."""
    for i in range(len(doctors)):
        of_tier = opening[tier[i]]
        rooms_of(p, doctors[i], tier[i], pooled[i], of_tier, full, rooms[i], share[i])


@kernel
def rooms_of(
    p: Any, doctors: float, tier: int, pooled: bool, opening: float, full: Any, rooms: Any,
    share: Any,
) -> None:  # fmt: skip
    """Rooms of one facility's pools and their full-time share, (6,); full (6,) scratch."""
    full_time_rooms(p, doctors, tier, pooled, opening, full)
    for q in range(N_POOLS):
        rooms[q] = math.ceil(full[q])
        share[q] = full[q] / rooms[q] if full[q] > 0.0 else 0.0


def village_table(region: Region, p: Any) -> Any:
    """Records of the villages, a VILLAGE_RECORD each."""
    villages = region.villages
    general = ALTERNATIVE_KEYS.index("county_general")
    to_hospital = np.where(villages.facility[:, general] >= 0, villages.hours[:, general], np.inf)
    village = np.zeros(len(villages.township), dtype=VILLAGE_RECORD)
    village["facility"] = villages.facility
    # No way leads to what is not there; 0 keeps the arithmetic finite.
    village["hours"] = np.where(villages.facility >= 0, villages.hours, 0.0)
    village["choices"] = np.unique(
        villages.facility[:, FIRST_SHARED:], axis=0, return_inverse=True
    )[1].reshape(-1)
    village["county"] = region.village_county
    village["urban"] = villages.is_urban
    village["band"] = np.searchsorted(p.catchment_band_hours, to_hospital, side="right")
    return village.view(np.recarray)


def scheme_of(region: Region, p: Any) -> Any:
    """Reimbursement and tastes, one SCHEME_RECORD."""
    insurance = region.insurance
    scheme = np.zeros(1, dtype=SCHEME_RECORD)
    scheme["visit_fund_bp"] = insurance.outpatient_rate_bp
    scheme["visit_cap"] = insurance.outpatient_cap_fen
    scheme["stay_fund_bp"] = insurance.inpatient_rate_bp
    scheme["deductible"] = insurance.inpatient_deductible_fen
    scheme["deductible_factor"] = insurance.deductible_factor_bp
    scheme["stay_cap"] = insurance.inpatient_cap_fen
    _write_tastes(one_row(p), scheme["travel_taste"][0], scheme["price_taste"][0])
    scheme["wait_bin"] = _WAIT_BIN
    return scheme.view(np.recarray)[0]


def scheme_row(scheme: Any) -> Any:
    """A scheme as an array of one row, see sim.parameters.one_row."""
    return np.asarray(scheme).reshape(1).view(_SCHEME_ROW)


@kernel
def _write_tastes(parameters: Any, travel: Any, price: Any) -> None:
    """Tastes by level, (16,), and by level and income, (16, 5)."""
    p = parameters[0]
    for level in range(TASTE_LEVELS):
        u = level_midpoint(level)
        travel[level] = travel_taste(p, u)
        for income in range(5):
            price[level, income] = price_taste(p, u, income)


def move_rates(region: Region, residents: Residents, ledger: Ledger, p: Any) -> np.ndarray:
    """Moves out a person-year by county and age: the mean of the years carried, spread over ages
    by the moving weights; (counties, 111)."""
    n_counties = len(region.counties.code)
    by_age = np.zeros((n_counties, 111), dtype=np.int64)
    for county, (a, b) in zip(
        region.village_county, pairwise(residents.village_start), strict=True
    ):
        by_age[county] += np.bincount(residents.age[a:b], minlength=111)
    years = max(1, region.year - 2020)
    groups = np.searchsorted([15, 45, 65], np.arange(111), side="right")
    weight = np.asarray(p.move_weight)[groups]
    rates = np.zeros((n_counties, 111), dtype=np.float64)
    for county in range(n_counties):
        weighted = float((by_age[county] * weight).sum())
        if weighted > 0.0:
            rates[county] = weight * float(ledger.moved_out[county]) / years / weighted
    return rates
