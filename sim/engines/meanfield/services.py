"""What facilities offer → what stations and places show, in the terms of the kernels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.day import weekly_share
from sim.engines.kernels.publish import visit_prices
from sim.engines.meanfield.balance import StationArrays
from sim.engines.meanfield.flows import CAPABILITY, PLACES, WIDE
from sim.engines.meanfield.locations import Cells, Floats
from sim.engines.meanfield.stations import Stations
from sim.engines.meanfield.surfaces import seconds_of_visit
from sim.engines.world import rooms_of
from sim.jit import kernel
from sim.rules.choice import shared_constant
from sim.rules.consult import EMERGENCY_POOL, N_POOLS
from sim.tiers import ALTERNATIVE_TIER, N_ALTERNATIVES, N_CLASSES, Tier

_TIER = ALTERNATIVE_TIER
_REGIONAL = int(Tier.REGIONAL)
_BOARD = np.dtype([("visit_yuan", np.float64, (2, 2))])


def open_beds(facilities: Any, typical: Any, stations: Stations) -> Floats:
    """Beds of facilities less those for patients from elsewhere, (F,); where a typical facility
    stands for many, changes are spread over all, so that it speaks for those that change and those
    that do not.

    facilities  of the region as it is; typical  those of the region inputs, by which stations were
                chosen
    """
    beds = np.empty(len(facilities.beds))
    _open_beds(
        facilities.beds, facilities.withdrawn, facilities.is_delay, typical["beds"],
        stations.station_of, np.zeros((len(stations.facility), 2)), beds,
    )  # fmt: skip
    return beds


@kernel
def _open_beds(
    beds: Any, withdrawn: Any, delay: Any, then: Any, station_of: Any, total: Any, out: Any
) -> None:
    """`open_beds`; total (S, 2)  zeros, for the beds of stations then and now."""
    for f in range(len(out)):
        out[f] = then[f] if delay[f] else math.floor(beds[f] * (1.0 - withdrawn[f]))
        if station_of[f] >= 0:
            total[station_of[f], 0] += then[f]
            total[station_of[f], 1] += out[f]
    for f in range(len(out)):
        if station_of[f] >= 0:
            before, now = total[station_of[f]]
            if before > 0.0:
                out[f] = then[f] * (now / before)


def station_arrays(p: Any, s: Stations, facilities: Any, now: Any) -> StationArrays:
    """Stations as the kernels see them; rooms follow from the doctors of typical facilities.

    p  parameters, an array of one row; facilities  records of those that stand for stations;
    now  a solver_inputs.Conditions
    """
    n, members = len(s.facility), len(s.member)
    weight, own_wait, own_delay, visits_a_day, reserved = np.empty((5, n))
    arrays = StationArrays(
        facility=np.arange(n), tier=facilities["tier"].copy(), delay=facilities["delay"].copy(),
        pooled=facilities["pooled"].copy(), weight=weight, member_start=s.member_start,
        rooms=np.empty((members, N_POOLS), dtype=np.int64), share=np.empty((members, N_POOLS)),
        beds=now.beds[s.member], count=s.count, load=s.load, link_start=s.link_start,
        link_station=s.link_station, link_weight=s.link_weight, takes=s.takes,
        log_share=np.zeros(s.takes.shape), own_wait=own_wait, own_delay=own_delay,
        visits_a_day=visits_a_day, reserved=reserved,
    )  # fmt: skip
    _fill_stations(
        p, now.doctors, now.size, now.reserved, s.facility, s.member, s.typical,
        np.empty(N_POOLS), np.empty(N_ALTERNATIVES), arrays,
    )  # fmt: skip
    return arrays


@kernel
def _fill_stations(
    parameters: Any, doctors: Any, size: Any, reserved: Any, facility: Any, member: Any,
    typical: Any, full: Any, logs: Any, out: Any,
) -> None:  # fmt: skip
    """What stations show whose doctors, sizes and reserved beds these are; full (6,), logs (11,)
    scratch."""
    p = parameters[0]
    for s in range(len(facility)):
        tier = out.tier[s]
        opening = weekly_share(tier)
        clinic = whole = 0.0
        for m in range(out.member_start[s], out.member_start[s + 1]):
            rooms, share = out.rooms[m], out.share[m]
            rooms_of(p, doctors[member[m]], tier, out.pooled[s], opening, full, rooms, share)
            for q in range(EMERGENCY_POOL):
                clinic += rooms[q] * share[q] * out.count[m]
                whole += rooms[q] * out.count[m]
        seconds = (p.morning_hours[tier] + p.afternoon_hours[tier]) * 3600.0 * opening
        minutes = p.outside_wait_minutes[tier] if out.delay[s] else p.service_minutes[tier]
        out.visits_a_day[s] = clinic * (seconds / seconds_of_visit(p, tier))
        out.weight[s] = 1.0 if out.delay[s] else whole
        out.own_wait[s] = minutes * 60.0
        out.own_delay[s] = math.floor(p.appointment_days[tier] + 0.5)
        out.reserved[s] = p.reserved_bed_share[tier] + reserved[facility[s]]
    for g in range(len(typical)):
        for j in range(N_ALTERNATIVES):
            logs[j] = math.log(size[typical[g, j]])
        for need_class in range(N_CLASSES):
            for scope in range(3):
                _log_shares(
                    size, typical[g], logs, out.takes[g, need_class, scope],
                    out.log_share[g, need_class, scope],
                )  # fmt: skip


@kernel
def _log_shares(size: Any, typical: Any, logs: Any, takes: Any, out: Any) -> None:
    """ln of each alternative's part of the doctors of its tier among those who take a class and
    scope, (11,); stays 0 for one alone.

    typical (11,) facility behind an alternative; logs (11,) ln of its size
    """
    for tier in range(2, 4):
        total, alike = 0.0, 0
        for j in range(N_ALTERNATIVES):
            if _TIER[j] == tier and takes[j]:
                total += size[typical[j]]
                alike += 1
        if alike < 2:
            continue
        log_total = math.log(total)
        for j in range(N_ALTERNATIVES):
            if _TIER[j] == tier and takes[j]:
                out[j] = shared_constant(logs[j], log_total, 1.0)


def fill_facilities(p: Any, scheme: Any, facility: Any, now: Any, facilities: Any) -> Floats:
    """Write what depends on parameters and conditions into the records of the facilities that stand
    for stations, and return what a visit to each costs out of pocket, yuan, (S, 4).

    p, scheme  arrays of one row; facility  (S,) its number; now  a solver_inputs.Conditions
    """
    board = np.empty(len(facility), dtype=_BOARD)
    _fill_facilities(p, scheme, facility, now.size, now.price, now.stay_price, facilities, board)
    return board["visit_yuan"].reshape(-1, 4)


@kernel
def _fill_facilities(
    parameters: Any, scheme: Any, facility: Any, size: Any, price: Any, stay_price: Any,
    facilities: Any, board: Any,
) -> None:  # fmt: skip
    p = parameters[0]
    for s in range(len(facility)):
        own = facilities[s]
        own.doctors = size[facility[s]]
        own.price = price[facility[s]]
        own.stay_price = stay_price[facility[s]]
        own.attraction = 0.0
        if own.tier == _REGIONAL and not own.delay:
            own.attraction = math.log(min(1.0, own.doctors / p.regional_reference_doctors))
    visit_prices(facilities, scheme[0], board)


def fixed_places(s: Stations, cells: Cells) -> Any:
    """Records of `WIDE` places side by side with what neither conditions nor states change: who
    follows whom, and the share under an effective contract."""
    places = np.zeros(-(-len(cells.county) // WIDE), dtype=PLACES)
    up = s.up[:, :, :, 2].transpose(0, 2, 1)[..., None] == np.arange(N_ALTERNATIVES)
    for name, values in (
        ("nearest", s.nearest), ("ambulance", s.nearest.sum(axis=2) > 0.5), ("up", up),
        ("onward", s.onward),
    ):  # fmt: skip
        places[name] = side_by_side(values)
    places["has_up"] = places["up"].sum(axis=-2)
    for name in ("up", "onward"):
        places[f"is_{name}"] = places[name].any(axis=-1)
    people = cells.people.reshape(len(cells.place), -1).sum(axis=1)
    total = np.bincount(cells.place, people, len(cells.county))
    effective = np.bincount(cells.place, people * cells.effective, len(cells.county))
    places["effective"] = side_by_side(effective / np.maximum(total, 1e-300))
    return places


def side_by_side(values: Any) -> Floats:
    """Values by place, (G, ...), as (blocks of places, ..., WIDE); zeros fill the last block up."""
    blocks = -(-len(values) // WIDE)
    padded = np.zeros((blocks * WIDE, *values.shape[1:]))
    padded[: len(values)] = values
    return np.moveaxis(padded.reshape(blocks, WIDE, *values.shape[1:]), 1, -1)


def set_capability(places: Any, capability: Floats) -> None:
    """Write what alternatives resolve up to by class, (G, 11, 4), into records of places."""
    places["like"][:, :, :, CAPABILITY] = side_by_side(capability.transpose(0, 2, 1))


def mean_of_facilities(s: Stations, values: Floats) -> Floats:
    """Values of facilities (F, k) by station, (S, k): the mean over its demand."""
    out = np.zeros((len(s.facility), values.shape[1]))
    _mean_of_facilities(s.station_of, s.part, values, out)
    return out


@kernel
def _mean_of_facilities(station_of: Any, part: Any, values: Any, out: Any) -> None:
    for f in range(len(values)):
        if station_of[f] >= 0:
            for column in range(out.shape[1]):
                out[station_of[f], column] += part[f] * values[f, column]


def mean_of_stations(s: Stations, values: Floats) -> Floats:
    """Values of stations (S, k) as places see them, (G, 11, k): the mean over the links."""
    out = np.zeros((len(s.link_start) - 1, values.shape[1]))
    _mean_of_links(s.link_start, s.link_station, s.link_weight, np.ascontiguousarray(values), out)
    return out.reshape(-1, N_ALTERNATIVES, values.shape[1])


@kernel
def _mean_of_links(start: Any, station: Any, weight: Any, values: Any, out: Any) -> None:
    for row in range(len(out)):
        for k in range(start[row], start[row + 1]):
            for column in range(out.shape[1]):
                out[row, column] += weight[k] * values[station[k], column]
