"""Which facility stands for each alternative of a village, and how many hours away it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.region import Floats, Ints
from sim.tiers import ALTERNATIVE_KEYS, ALTERNATIVE_TIER, N_ALTERNATIVES, Kind, Tier

# Residents live around the clinic of their village: mean distance in a disc is 0.38 of the root
# of its area. Settlements are compact, so no more than a village's own extent counts.
DISC_MEAN_DISTANCE = 0.38
FARTHEST_HOME_KM = 3.0
URBAN_HOME_KM = 0.5
NEIGHBOUR_RATIO = 1.5
SAME_PLACE_HOURS = 0.1
GOLDEN_SHARE = 0.6180339887498949
COLUMN = {key: i for i, key in enumerate(ALTERNATIVE_KEYS)}
COUNTY_COLUMNS = {
    "county_general": Kind.GENERAL_HOSPITAL, "county_tcm": Kind.TCM_HOSPITAL,
    "county_maternal_child": Kind.MATERNAL_CHILD_HOSPITAL, "county_private": Kind.PRIVATE_HOSPITAL,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Places:
    """Points in km: villages (n,) with county, township and home distance; facilities (m,).

    village_xy, facility_xy  (n, 2), (m, 2)
    home_km                  (n,) mean distance from home to the village's own centre
    facility_township        (m,) index of the township served, -1 for none
    """

    village_xy: Floats
    village_county: Ints
    village_township: Ints
    home_km: Floats
    facility_xy: Floats
    facility_county: Ints
    facility_township: Ints
    tier: Ints
    kind: Ints
    beds: Ints


@dataclass(frozen=True, slots=True)
class Modes:
    """Speed (km/h), access time (hours) and road factor by tier, shape (6,)."""

    speed: Floats
    access: Floats
    road_factor: Floats


def home_distance(area_km2: Floats, villages: Ints, is_urban: NDArray[np.bool_]) -> Floats:
    """Mean km from home to the village centre, shape of the inputs.

    area_km2  settled area of the village's county
    villages  rural villages in it
    """
    rural = DISC_MEAN_DISTANCE * np.sqrt(area_km2 / np.maximum(villages, 1))
    return np.where(is_urban, URBAN_HOME_KM, np.minimum(rural, FARTHEST_HOME_KM))


def travel_table(places: Places, modes: Modes) -> tuple[Ints, Floats]:
    """Facility and one-way hours of every alternative, each (villages, alternatives).

    returns  facility index with -1 for none, and hours, 0 where there is none
    """
    n = len(places.village_xy)
    facility = np.full((n, N_ALTERNATIVES), -1, dtype=np.int64)
    hours = np.zeros((n, N_ALTERNATIVES))

    def put(rows: Ints, column: str, chosen: Ints) -> None:
        facility[rows, COLUMN[column]] = chosen
        hours[rows, COLUMN[column]] = _hours_to(places, modes, rows, chosen)

    for county in range(int(places.village_county.max()) + 1):
        rows = np.flatnonzero(places.village_county == county)
        local = places.facility_county == county
        for column, members in _county_members(places, local):
            if len(rows) and len(members):
                put(rows, column, _nearest(places, rows, members))
    for township in np.unique(places.village_township):
        rows = np.flatnonzero(places.village_township == township)
        served = (places.tier == Tier.TOWNSHIP) & (places.facility_township == township)
        members = np.flatnonzero(served)
        if len(members):
            put(rows, "township", _nearest(places, rows, members))
    for column, members in _outer_members(places):
        every = np.arange(n)
        if len(members):
            put(every, column, _shared(places, modes, every, members))
    _put_neighbours(places, modes, facility, hours)
    return facility, hours


def _county_members(places: Places, local: NDArray[np.bool_]) -> list[tuple[str, Ints]]:
    members = [("village", np.flatnonzero(local & (places.tier == Tier.VILLAGE)))]
    county = local & (places.tier == Tier.COUNTY)
    for column, kind in COUNTY_COLUMNS.items():
        members.append((column, np.flatnonzero(county & (places.kind == kind))))
    return members


def _outer_members(places: Places) -> list[tuple[str, Ints]]:
    """General hospitals of the city first, its other hospitals second, then beyond."""
    city = places.tier == Tier.CITY
    general = city & (places.kind == Kind.GENERAL_HOSPITAL)
    first, second = np.flatnonzero(general), np.flatnonzero(city & ~general)
    if len(first) == 0:
        first, second = second, first
    return [
        ("city_first", first),
        ("city_second", second),
        ("regional", np.flatnonzero(places.tier == Tier.REGIONAL)),
        ("outside", np.flatnonzero(places.tier == Tier.OUTSIDE)),
    ]


def _hours_to(places: Places, modes: Modes, rows: Ints, chosen: Ints) -> Floats:
    """One-way hours from villages `rows` to one facility each, same shape."""
    step = places.village_xy[rows] - places.facility_xy[chosen]
    tier = places.tier[chosen]
    mode = _mode(places)[chosen]
    straight = np.hypot(step[:, 0], step[:, 1])
    straight = straight + np.where(tier == Tier.VILLAGE, places.home_km[rows], 0.0)
    return modes.access[mode] + straight * modes.road_factor[mode] / modes.speed[mode]


def _mode(places: Places) -> Ints:
    """Row of the travel modes of each facility: inside the region nothing is beyond the city."""
    inside = places.facility_county >= 0
    return np.where(inside, np.minimum(places.tier, int(Tier.CITY)), places.tier)


def _distances(places: Places, rows: Ints, members: Ints) -> Floats:
    step = places.village_xy[rows][:, None, :] - places.facility_xy[members][None, :, :]
    return np.asarray(np.hypot(step[..., 0], step[..., 1]))


def _nearest(places: Places, rows: Ints, members: Ints) -> Ints:
    """Nearest member for each village; the earlier one of equals."""
    return np.asarray(members[np.argmin(_distances(places, rows, members), axis=1)])


def _shared(places: Places, modes: Modes, rows: Ints, members: Ints) -> Ints:
    """Nearest member, but hospitals of one place share its villages in proportion to beds.

    Two hospitals a street apart would otherwise leave the farther one empty. Villages are dealt
    out by the golden-ratio sequence, so every part of a county is shared alike.
    """
    mode = _mode(places)[members]
    hours = _distances(places, rows, members) * (modes.road_factor / modes.speed)[mode]
    close = hours <= hours.min(axis=1, keepdims=True) + SAME_PLACE_HOURS
    weight = np.where(close, np.maximum(places.beds[members], 1), 0).astype(np.float64)
    edges = np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)
    lot = np.modf((rows + 0.5) * GOLDEN_SHARE)[0]
    pick = np.minimum((edges < lot[:, None]).sum(axis=1), len(members) - 1)
    return np.asarray(members[pick])


def _put_neighbours(places: Places, modes: Modes, facility: Ints, hours: Floats) -> None:
    """Another county's general hospital where it is nearer than 1.5 times the own one."""
    general = (places.tier == Tier.COUNTY) & (places.kind == Kind.GENERAL_HOSPITAL)
    own = facility[:, COLUMN["county_general"]]
    for county in range(int(places.village_county.max()) + 1):
        rows = np.flatnonzero((places.village_county == county) & (own >= 0))
        members = np.flatnonzero(general & (places.facility_county != county))
        members = members[places.facility_county[members] >= 0]
        if len(rows) == 0 or len(members) == 0:
            continue
        chosen = _nearest(places, rows, members)
        there = _hours_to(places, modes, rows, chosen)
        near = there < NEIGHBOUR_RATIO * hours[rows, COLUMN["county_general"]]
        facility[rows[near], COLUMN["neighbour"]] = chosen[near]
        hours[rows[near], COLUMN["neighbour"]] = there[near]


def tier_hours(hours: Floats, facility: Ints, rows: NDArray[np.bool_]) -> dict[Tier, float]:
    """Median hours of the villages in `rows` to the first alternative of each tier present."""
    medians: dict[Tier, float] = {}
    for column, tier in enumerate(ALTERNATIVE_TIER):
        present = rows & (facility[:, column] >= 0)
        if Tier(tier) not in medians and present.any():
            medians[Tier(tier)] = float(np.median(hours[present, column]))
    return medians
