"""Facilities gathered into stations, and which stations a place's alternatives lead to.

A hospital is a station of its own. Village clinics and township centres of a county are gathered
by the residence of most of their people, never into one merged queue: a station is a set of up to
six typical facilities with their own whole rooms, opening and relative load, and its wait is the
mean of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.compiled import kernel
from sim.engines.meanfield.places import Cells, Floats, Ints
from sim.region import Region
from sim.rules.admission import seeks_bed_at
from sim.rules.choice import in_scope
from sim.tiers import ALTERNATIVE_TIER, N_ALTERNATIVES, Tier

_TIER_OF = ALTERNATIVE_TIER
_OTHERS = 2  # scope of those who are neither children nor women of childbearing age
MEMBERS = 6  # typical facilities of a station
NONE = -1


@dataclass(frozen=True, slots=True)
class Stations:
    """Stations (S), their typical facilities (M rows), and links from places (G).

    facility       (S,) a facility that stands for the station: tier, kind, prices
    facilities     (S,) number of facilities
    station_of     (facilities,) station of every facility, -1 where nobody goes
    member_start   (S + 1,) rows of the typical facilities of a station
    member         (M,) the typical facility itself
    count          (M,) facilities it stands for
    load           (M,) its part of the station's demand
    link_start     (G * 11 + 1,) rows of the links of a place's alternative
    link_station, link_weight  stations an alternative leads to, and shares that add up to 1
    part           (facilities,) a facility's part of its station's demand
    nearest        (G, 6, 11) where the ambulance goes, by least tier allowed
    up             (G, 6, 4, 3) alternative a patient of a class and scope is referred to from a
                   tier, -1 for none
    onward         (G, 2, 11, 11) where others and critical patients whom an alternative has no bed
                   for look next: shares of a place's people that add up to 1, or 0 for nowhere
    takes          (G, 4, 3, 11) 1 where an alternative takes a class and scope
    typical        (G, 11) facility that most of a place's people have behind an alternative
    """

    facility: Ints
    facilities: Ints
    station_of: Ints
    member_start: Ints
    member: Ints
    count: Floats
    load: Floats
    link_start: Ints
    link_station: Ints
    link_weight: Floats
    part: Floats
    nearest: Floats
    up: Ints
    onward: Floats
    takes: Ints
    typical: Ints


def stations_of(region: Region, world: Any, cells: Cells) -> Stations:
    """Gather the facilities of a region."""
    demand, urban = _catchment(world, cells)
    station_of, n_stations = _gather(world.facility, demand, urban)
    members = _members(world.facility, station_of, n_stations, demand)
    total = np.bincount(station_of[station_of >= 0], demand[station_of >= 0], n_stations)
    part = np.where(station_of >= 0, demand / np.maximum(total[station_of], 1e-12), 0.0)
    links = _links(world, cells, station_of)
    return Stations(
        station_of=station_of,
        part=part,
        **members,
        **links,
        **_ways(world, cells),
    )


def _catchment(world: Any, cells: Cells) -> tuple[Floats, Floats]:
    """People who have a facility in their choice set, and those of them in urban villages; of
    hospitals, all equal to 1."""
    facility = world.facility
    demand = np.zeros(len(facility))
    urban = np.zeros(len(facility))
    for j in range(N_ALTERNATIVES):
        f = world.village.facility[:, j]
        here = f >= 0
        np.add.at(demand, f[here], cells.village_people[here])
        np.add.at(urban, f[here], (cells.village_people * world.village.urban)[here])
    return demand, urban


def _gather(facility: Any, demand: Floats, urban: Floats) -> tuple[Ints, int]:
    """Station of every facility: village and township by county and residence, hospitals alone."""
    station_of = np.full(len(facility), NONE, dtype=np.int64)
    keys: dict[tuple[int, ...], int] = {}
    for f in range(len(facility)):
        if demand[f] <= 0.0:
            continue
        if facility.tier[f] <= 1:
            is_urban = int(urban[f] > 0.5 * demand[f])
            key: tuple[int, ...] = (int(facility.tier[f]), int(facility.county[f]), is_urban)
        else:
            key = (9, f)
        station_of[f] = keys.setdefault(key, len(keys))
    return station_of, len(keys)


def _members(facility: Any, station_of: Ints, n: int, demand: Floats) -> dict[str, Any]:
    """Typical facilities of every station: slices of its facilities in order of their load."""
    start = [0]
    columns: dict[str, list[Any]] = {name: [] for name in ("member", "count", "load")}
    first = np.zeros(n, dtype=np.int64)
    number = np.zeros(n, dtype=np.int64)
    for s in range(n):
        own = np.flatnonzero(station_of == s)
        capacity = np.maximum((facility.rooms * facility.room_share)[own].sum(axis=1), 1e-3)
        order = own[np.lexsort((own, demand[own] / capacity))]
        reach = np.cumsum(demand[order]) / demand[order].sum()
        slice_of = np.minimum((reach * MEMBERS - 1e-9).astype(np.int64), MEMBERS - 1)
        for k in np.unique(slice_of):
            rows = order[slice_of == k]
            middle = rows[len(rows) // 2]
            columns["member"].append(middle)
            columns["count"].append(float(len(rows)))
            columns["load"].append(demand[rows].sum() / demand[order].sum())
        first[s] = order[len(order) // 2]
        number[s] = len(own)
        start.append(len(columns["count"]))
    return {
        "facility": first,
        "facilities": number,
        "member_start": np.array(start, dtype=np.int64),
        "member": np.array(columns["member"], dtype=np.int64),
        "count": np.array(columns["count"]),
        "load": np.array(columns["load"]),
    }


def _links(world: Any, cells: Cells, station_of: Ints) -> dict[str, Any]:
    """Stations behind every alternative of every place, by people."""
    start, stations, weights = [0], [], []
    for g in range(len(cells.county)):
        here = cells.village_place == g
        for j in range(N_ALTERNATIVES):
            if np.isfinite(cells.hours[g, j]):
                f = world.village.facility[here, j]
                people = cells.village_people[here][f >= 0]
                s, at = np.unique(station_of[f[f >= 0]], return_inverse=True)
                shares = np.bincount(at, people)
                stations += s.tolist()
                weights += (shares / shares.sum()).tolist()
            start.append(len(stations))
    return {
        "link_start": np.array(start, dtype=np.int64),
        "link_station": np.array(stations, dtype=np.int64),
        "link_weight": np.array(weights, dtype=np.float64),
    }


def _ways(world: Any, cells: Cells) -> dict[str, Any]:
    """Who takes whom, and who follows whom: ambulance, referral and search for a bed."""
    n = len(cells.county)
    facility = world.facility
    takes = np.zeros((n, 4, 3, N_ALTERNATIVES), dtype=np.int64)
    typical = np.zeros((n, N_ALTERNATIVES), dtype=np.int64)
    nearest = np.zeros((n, 6, N_ALTERNATIVES))
    up = np.full((n, 6, 4, 3), NONE, dtype=np.int64)
    onward = np.stack([_onward(world, cells, need_class) for need_class in (2, 3)], axis=1)
    for g in range(n):
        hours = cells.hours[g]
        of = typical[g] = _typical(world, cells, g)
        for need_class in range(4):
            for scope in range(3):
                row = takes[g, need_class, scope]
                for j in np.flatnonzero(np.isfinite(hours)):
                    kind = int(facility.kind[of[j]])
                    is_open = bool(facility.available[of[j], need_class])
                    row[j] = int(is_open and in_scope(kind, need_class, scope))
                for tier in range(6):
                    above = [j for j in range(N_ALTERNATIVES) if row[j] and _TIER[j] > tier]
                    up[g, tier, need_class, scope] = above[0] if above else NONE
        nearest[g] = _nearest(world, cells, g)
    return {"takes": takes, "typical": typical, "nearest": nearest, "up": up, "onward": onward}


_TIER = np.array(ALTERNATIVE_TIER)


def _typical(world: Any, cells: Cells, g: int) -> Ints:
    """The facility most of a place's people have behind each alternative."""
    here = np.flatnonzero(cells.village_place == g)
    of = np.zeros(N_ALTERNATIVES, dtype=np.int64)
    for j in range(N_ALTERNATIVES):
        f = world.village.facility[here, j]
        counts = np.bincount(f[f >= 0], cells.village_people[here][f >= 0] + 1e-9, 1)
        of[j] = counts.argmax()
    return of


def _nearest(world: Any, cells: Cells, g: int) -> Floats:
    """Shares of the alternatives with an emergency pool that are nearest, by least tier."""
    facility, village = world.facility, world.village
    result = np.zeros((6, N_ALTERNATIVES))
    for v in np.flatnonzero(cells.village_place == g):
        f = village.facility[v]
        able = (f >= 0) & facility.pooled[f] & (facility.available[f, 3] > 0)
        able &= np.isfinite(cells.hours[g])  # what a village or two has is not the place's
        for least in range(6):
            hours = np.where(able & (least <= _TIER), village.hours[v], np.inf)
            if np.isfinite(hours).any():
                result[least, hours.argmin()] += cells.village_people[v] + 1e-9
    return result / np.maximum(result.sum(axis=1, keepdims=True), 1e-300)


def _onward(world: Any, cells: Cells, need_class: int) -> Floats:
    """Where an adult of a class whom no tier has failed seeks a bed next, see
    rules.admission.seeks_bed_at: shares of every place's people by alternative they leave,
    (G, 11, 11).

    Hospitals of a town are about as far, so that their order differs from village to village.
    """
    village, facility = world.village, world.facility
    of = village.facility
    can = (of >= 0) & ((facility.takes[of] >> (3 * need_class + _OTHERS)) & 1 == 1)
    can &= facility.delay[of] | (facility.beds[of] > 0)
    can &= np.isfinite(cells.hours[cells.village_place])  # what a village or two has is not
    can[:, :2] = False
    is_centre = (facility.tier[of] == int(Tier.REGIONAL)) & ~facility.delay[of]
    result = np.zeros((len(cells.county), N_ALTERNATIVES, N_ALTERNATIVES))
    people = cells.village_people + 1e-9
    _add_searches(of, village.hours, can, is_centre, cells.village_place, people, result)
    result[:, :, -1] *= np.isfinite(cells.hours[:, -1])[:, None]
    return result / np.maximum(result.sum(axis=2, keepdims=True), 1e-300)


@kernel
def _add_searches(
    of: Any, hours: Any, can: Any, is_centre: Any, place: Any, people: Any, out: Any
) -> None:
    """Add the people of every village to where they seek a bed after each alternative."""
    for v in range(len(place)):
        for j in range(N_ALTERNATIVES - 1):
            if of[v, j] < 0:
                continue
            to, nearest = N_ALTERNATIVES - 1, np.inf
            for k in range(2, N_ALTERNATIVES):
                way = hours[v, k]
                is_farther = way > hours[v, j] or (way == hours[v, j] and k > j)
                if k != j and can[v, k] and way < nearest and seeks_bed_at(
                    _TIER_OF[j], is_centre[v, j], _TIER_OF[k], is_centre[v, k], is_farther, 0
                ):  # fmt: skip
                    to, nearest = k, way
            out[place[v], j, to] += people[v]
