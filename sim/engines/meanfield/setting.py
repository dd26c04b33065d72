"""A region and a parameter set → the arrays a period's fixed point reads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim import day as timetable
from sim.compiled import kernel
from sim.engines import schema as L
from sim.engines.kernels.publish import visit_prices
from sim.engines.meanfield.balance import (
    PLACE,
    POINTS,
    CellArrays,
    Clinics,
    StationArrays,
    clinic_surfaces,
)
from sim.engines.meanfield.places import Cells, Floats, cells_of
from sim.engines.meanfield.solver import new_state
from sim.engines.meanfield.stations import Stations, stations_of
from sim.engines.meanfield.surfaces import (
    LOADS,
    NUMBERS,
    OPEN_HOURS,
    ROOMS,
    session_table,
    use_table,
)
from sim.engines.meanfield.vital import Vital, rates_of
from sim.engines.world import build_world, move_rates
from sim.population import Ledger, Residents
from sim.region import Region
from sim.rules.choice import TASTE_LEVELS, level_midpoint, price_taste, travel_taste
from sim.rules.consult import EMERGENCY_POOL, pool_full_time_rooms
from sim.rules.illness import severity_factor
from sim.rules.resolution import raised_capability
from sim.rules.stay import stay_days
from sim.tiers import Tier

_STAY_POINTS = 256


@dataclass(frozen=True, slots=True)
class Ground:
    """What all parameter draws of a region and year share."""

    region: Region
    cells: Cells
    stations: Stations
    vital: Vital
    world: Any


@dataclass(frozen=True, slots=True)
class Setting:
    """What a period's fixed point reads besides people and memory."""

    facilities: Any
    scheme: Any
    cells: Any
    stations: Any
    clinics: Any
    stay: Floats
    patience: float
    places: Any
    prices: Floats
    tastes: Floats


def ground_of(
    region: Region, p: Any, residents: Residents, demography: Any, ledger: Ledger
) -> Ground:
    """Cells and stations of a region."""
    world = build_world(region, p)
    cells = cells_of(region, world, residents)
    return Ground(
        region=region,
        cells=cells,
        stations=stations_of(region, world, cells),
        world=world,
        vital=rates_of(residents, demography, move_rates(region, residents, ledger, p)),
    )


def setting_of(ground: Ground, p: Any, children: float) -> Setting:
    """The setting of a parameter set; children is their part of visits."""
    c = ground.cells
    n = len(ground.stations.facility)
    facilities = station_facilities(ground, p)
    arrays = station_arrays(ground, p, facilities)
    stay = np.zeros((6, 2))
    _stay_lines(p, stay)
    clinics = Clinics(*(np.zeros((n, POINTS)) for _ in range(3)))
    blend, days = np.zeros((POINTS, 2)), np.zeros((2, 7))
    clinic_surfaces(p, arrays, session_surfaces(p), children, clinics, blend, days)
    return Setting(
        facilities=facilities, scheme=ground.world.scheme,
        cells=CellArrays(c.place, c.scope, c.insurance, c.effective, c.hours),
        stations=arrays, clinics=clinics, stay=stay, patience=float(p.patience_days[2]),
        places=_places(ground, facilities), prices=_prices(ground, facilities),
        tastes=taste_points(p),
    )  # fmt: skip


@kernel
def _stay_lines(p: Any, out: Any) -> None:
    """Expected days of a stay as a line over the severity factor, from the rule's draw: (6, 2)."""
    for tier in range(6):
        low, high = severity_factor(p, 0.25), severity_factor(p, 0.75)
        a = b = 0.0
        for k in range(_STAY_POINTS):
            u = (k + 0.5) / _STAY_POINTS
            a += stay_days(p, u, tier, low) / _STAY_POINTS
            b += stay_days(p, u, tier, high) / _STAY_POINTS
        slope = (b - a) / (high - low) if high > low else 0.0
        out[tier, 0] = a - slope * low
        out[tier, 1] = slope


def station_facilities(ground: Ground, p: Any) -> Any:
    """Records of the facilities that stand for stations, with what depends on parameters."""
    facilities = ground.world.facility[ground.stations.facility].copy()
    regional = (facilities.tier == int(Tier.REGIONAL)) & ~facilities.delay
    relative = np.minimum(1.0, facilities.doctors / float(p.regional_reference_doctors))
    facilities.attraction = np.where(regional, np.log(relative), 0.0)
    part, of = ground.stations.part, ground.stations.station_of
    gain = np.zeros((len(facilities), 4))
    np.add.at(gain, of[of >= 0], (part[:, None] * ground.region.facilities.gain)[of >= 0])
    facilities.capability = raised_capability(p.capability[facilities.tier], gain)
    return facilities


def station_arrays(ground: Ground, p: Any, facilities: Any) -> Any:
    """Stations as the kernels see them; rooms follow from the doctors of typical facilities."""
    s = ground.stations
    n = len(s.facility)
    tier, delay = facilities.tier, facilities.delay
    rooms = np.zeros_like(s.rooms)
    share = np.zeros_like(s.share)
    station = np.repeat(np.arange(n), np.diff(s.member_start))
    for m, k in enumerate(station):
        pooled, its_tier = bool(facilities.pooled[k]), int(tier[k])
        opening = timetable.weekly_share(its_tier)
        full = pool_full_time_rooms(p, float(s.doctors[m]), its_tier, pooled, opening)
        for q, need in enumerate(full):
            rooms[m, q] = math.ceil(need)
            share[m, q] = need / rooms[m, q] if rooms[m, q] else 0.0
    clinic = (rooms * share)[:, :EMERGENCY_POOL].sum(axis=1) * s.count
    seconds = (p.morning_hours + p.afternoon_hours) * 3600.0
    seconds = seconds * np.array([timetable.weekly_share(t) for t in range(6)])
    work = np.asarray(p.service_minutes) * 60.0 * (1.0 + np.asarray(p.test_share))
    seen = np.bincount(station, clinic, n) * (seconds / work)[tier]
    wait = np.where(delay, p.outside_wait_minutes[tier], p.service_minutes[tier]) * 60.0
    whole = np.bincount(station, rooms[:, :EMERGENCY_POOL].sum(axis=1) * s.count, n)
    return StationArrays(
        facility=np.arange(n), tier=tier.copy(), delay=delay.copy(),
        pooled=facilities.pooled.copy(), weight=np.where(delay, 1.0, whole),
        member_start=s.member_start, rooms=rooms, share=share, beds=s.beds, count=s.count,
        load=s.load, link_start=s.link_start, link_station=s.link_station,
        link_weight=s.link_weight, takes=s.takes, log_share=s.log_share, own_wait=wait,
        own_delay=np.floor(np.asarray(p.appointment_days)[tier] + 0.5), visits_a_day=seen,
    )  # fmt: skip


def session_surfaces(p: Any) -> Floats:
    """The session table of a parameter set."""
    in_use = np.zeros((len(ROOMS), NUMBERS))
    use_table(float(p.service_cv), in_use)
    sessions = np.zeros((5, len(ROOMS), len(OPEN_HOURS), len(LOADS), 2))
    session_table(p, in_use, sessions)
    return sessions


def first_state(stations: Any, p: Any) -> Any:
    """Where the iteration starts: waits as long as a consult, neutral occupancy."""
    state = new_state(len(stations.facility))
    state.wait[:] = stations.own_wait / 3600.0
    state.emergency_wait[:] = stations.own_wait / 3600.0
    state.appointment[:] = stations.own_delay
    state.occupancy[:] = p.neutral_occupancy
    return state


def _places(ground: Ground, facilities: Any) -> Any:
    """The part of the place records that no state changes."""
    s, cells = ground.stations, ground.cells
    people = cells.people.sum(axis=(1, 2, 3))
    total = np.bincount(cells.place, people, len(cells.county))
    places = np.zeros(len(cells.county), dtype=PLACE).view(np.recarray)
    places.nearest = s.nearest
    places.ambulance = (s.nearest.sum(axis=2) > 0.5).astype(np.float64)
    places.up = s.up[:, :, :, 2].transpose(0, 2, 1)
    places.onward = s.onward
    row = np.repeat(np.arange(len(places) * 11), np.diff(s.link_start))
    behind = np.zeros((len(places) * 11, 4))
    np.add.at(behind, row, s.link_weight[:, None] * facilities.capability[s.link_station])
    places.capability = behind.reshape(-1, 11, 4).transpose(0, 2, 1)
    effective = np.bincount(cells.place, people * cells.effective, len(cells.county))
    places.effective = effective / np.maximum(total, 1e-300)
    return places


def _prices(ground: Ground, facilities: Any) -> Floats:
    """Yuan of a visit from places: (G, 11, 2, 2), by the rule."""
    board = np.zeros(len(facilities), dtype=L.BOARD_RECORD).view(np.recarray)
    visit_prices(facilities, ground.world.scheme, board)
    s = ground.stations
    prices = np.zeros((len(ground.cells.county) * 11, 2, 2))
    row = np.repeat(np.arange(len(prices)), np.diff(s.link_start))
    np.add.at(prices, row, s.link_weight[:, None, None] * board.visit_yuan[s.link_station])
    return prices.reshape(-1, 11, 2, 2)


def taste_points(p: Any) -> Floats:
    """Four points with the mean and spread of the engine's tastes (ln): (4, 2) price, travel."""
    middles = [level_midpoint(level) for level in range(TASTE_LEVELS)]
    price = np.log([[price_taste(p, u, income) for income in range(5)] for u in middles]).ravel()
    travel = np.log([travel_taste(p, u) for u in middles])
    wide = 2.0**0.5
    points = [(wide, 0.0), (-wide, 0.0), (0.0, wide), (0.0, -wide)]
    return np.array(
        [[np.exp(price.mean() + a * price.std()), np.exp(travel.mean() + b * travel.std())]
         for a, b in points]
    )  # fmt: skip
