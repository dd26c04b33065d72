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

from sim.engines.meanfield.locations import Cells, Floats, Ints
from sim.engines.meanfield.referral_routes import NONE, ways_of
from sim.jit import kernel
from sim.region import Region
from sim.tiers import N_ALTERNATIVES

MEMBERS = 6  # typical facilities of a station


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
    links = _links(world, cells, station_of, n_stations)
    return Stations(
        station_of=station_of,
        part=part,
        **members,
        **links,
        **ways_of(world, cells),
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
    tier, county = facility.tier.tolist(), facility.county.tolist()
    is_urban = (urban > 0.5 * demand).tolist()
    for f in np.flatnonzero(demand > 0.0).tolist():
        key = (tier[f], county[f], int(is_urban[f])) if tier[f] <= 1 else (9, f)
        station_of[f] = keys.setdefault(key, len(keys))
    return station_of, len(keys)


def _members(facility: Any, station_of: Ints, n: int, demand: Floats) -> dict[str, Any]:
    """Typical facilities of every station: slices of its facilities in order of their load."""
    start = [0]
    columns: dict[str, list[Any]] = {name: [] for name in ("member", "count", "load")}
    first = np.zeros(n, dtype=np.int64)
    number = np.zeros(n, dtype=np.int64)
    capacity = np.maximum((facility.rooms * facility.room_share).sum(axis=1), 1e-3)
    for s in range(n):
        own = np.flatnonzero(station_of == s)
        order = own[np.lexsort((own, demand[own] / capacity[own]))]
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


def _links(world: Any, cells: Cells, station_of: Ints, n: int) -> dict[str, Any]:
    """Stations behind every alternative of every place, by people; n stations."""
    is_there = np.isfinite(cells.hours)
    people = np.zeros((*is_there.shape, n))
    linked = np.zeros(people.shape, dtype=np.bool_)
    _add_links(
        np.asarray(world.village)["facility"], station_of, is_there, cells.village_place,
        cells.village_people, people, linked,
    )  # fmt: skip
    total = people.sum(axis=2, keepdims=True)
    return {
        "link_start": np.concatenate([[0], np.cumsum(linked.sum(axis=2))]),
        "link_station": np.nonzero(linked)[2],
        "link_weight": (people / np.where(total > 0.0, total, 1.0))[linked],
    }


@kernel
def _add_links(
    of: Any, station_of: Any, is_there: Any, place: Any, people: Any, out: Any, linked: Any
) -> None:
    """Add the people of every village to the station behind each alternative of its place, and say
    which stations there are: both (G, 11, S)."""
    for v in range(len(place)):
        for j in range(N_ALTERNATIVES):
            if of[v, j] >= 0 and is_there[place[v], j]:
                s = station_of[of[v, j]]
                out[place[v], j, s] += people[v]
                linked[place[v], j, s] = True
