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
from sim.engines.meanfield.balance import PLACE, CellArrays, StationArrays
from sim.engines.meanfield.clinics import POINTS, Clinics, clinic_surfaces
from sim.engines.meanfield.places import Cells, Floats, cells_of
from sim.engines.meanfield.solver import Services, new_state
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
from sim.engines.world import build_world, move_rates, scheme_of, sizes, write_rooms
from sim.population import Ledger, Residents
from sim.region import Region
from sim.rules.choice import (
    TASTE_LEVELS,
    level_midpoint,
    price_taste,
    shared_constant,
    travel_taste,
)
from sim.rules.consult import EMERGENCY_POOL, N_POOLS
from sim.rules.illness import severity_factor
from sim.rules.resolution import raised_capability
from sim.rules.stay import stay_days
from sim.tiers import ALTERNATIVE_TIER, N_ALTERNATIVES, Tier

_STAY_POINTS = 256
_TIER = ALTERNATIVE_TIER
# What a session's wait rests on; a test holds this list to the rules.
SESSION_PARAMETERS = (
    "early_arrival", "overrun_minutes", "service_cv", "service_minutes", "test_minutes",
    "test_share", "wait_factor_busy", "wait_factor_idle",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ground:
    """What all parameter draws of a region and year share."""

    region: Region
    cells: Cells
    stations: Stations
    vital: Vital
    world: Any


@dataclass(frozen=True, slots=True)
class Conditions:
    """What services are like in a period, by facility of the region (F).

    doctors     (F,) licensed doctors, less the share for patients from elsewhere
    size        (F,) doctors by which they weigh in their tier, see sim.engines.world.sizes
    beds        (F,) open beds, less the same
    price       (F,) charge of a visit, fen
    stay_price  (F,) charge of a stay, fen
    capability  (F, 4) difficulty resolved up to, by class
    reserved    (F,) share of beds held for referred patients beyond the tier's
    scheme      reimbursement, a schema.SCHEME_RECORD

    Who has a doctor at all, and so who takes whom, is the ground's.
    """

    doctors: Floats
    size: Floats
    beds: Floats
    price: Any
    stay_price: Any
    capability: Floats
    reserved: Floats
    scheme: Any


@dataclass(frozen=True, slots=True)
class Sessions:
    """The session table of some parameters, and the bytes of those it rests on; and what else
    follows from parameters alone.

    parameters  the record `stay` and `tastes` are of
    stay        (6, 2) days of a stay by tier over the severity factor, see balance.fill_places
    tastes      (4, 2) factors on price and travel
    """

    table: Floats
    made_of: bytes
    parameters: Any
    stay: Floats
    tastes: Floats


@dataclass(frozen=True, slots=True)
class Setting:
    """What a period's fixed point reads besides people and memory."""

    conditions: Conditions
    sessions: Sessions
    facilities: Any
    scheme: Any
    cells: Any
    stations: Any
    clinics: Any
    stay: Floats
    places: Any
    prices: Floats
    tastes: Floats

    @property
    def services(self) -> Any:
        """As the solver sees it; numba is slow to tell the type of a recarray."""
        return Services(
            self.facilities.view(np.ndarray), self.scheme, self.cells, self.stations, self.clinics,
            self.stay, self.places.view(np.ndarray), self.prices, self.tastes,
        )  # fmt: skip


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


def conditions_of(ground: Ground, p: Any, region: Region | None = None) -> Conditions:
    """The conditions of a region, that of the ground if none: the same places and facilities, with
    other beds, doctors, prices, capability or reimbursement."""
    now = region or ground.region
    f, facility = now.facilities, ground.world.facility
    beds = np.where(f.is_delay, facility.beds, np.floor(f.beds * (1.0 - f.withdrawn)))
    return Conditions(
        doctors=f.doctors * (1.0 - f.withdrawn), size=sizes(now, p), beds=_as_typical(ground, beds),
        price=f.outpatient_fen, stay_price=f.inpatient_fen,
        capability=raised_capability(np.asarray(p.capability)[facility.tier], f.gain),
        reserved=f.reserved, scheme=scheme_of(now, p),
    )  # fmt: skip


def _as_typical(ground: Ground, beds: Floats) -> Floats:
    """Beds of facilities; where a typical facility stands for many, changes are spread over all, so
    that it speaks for those that change and those that do not."""
    of, then = ground.stations.station_of, ground.world.facility.beds
    here = of >= 0
    n = len(ground.stations.facility)
    before = np.bincount(of[here], then[here], n)
    after = np.bincount(of[here], beds[here], n)
    ratio = after / np.maximum(before, 1e-9)
    typical = beds.astype(np.float64)
    typical[here] = np.where(before[of] > 0, then * ratio[of], beds)[here]
    return typical


def setting_of(
    ground: Ground,
    p: Any,
    children: float,
    conditions: Conditions | None = None,
    held: Sessions | None = None,
) -> Setting:
    """The setting of a parameter set under some conditions, those of the ground's year if none.

    children  their part of visits
    held      the session table of an earlier setting: most of the work, and taken over as long as
              the parameters it rests on are the same
    """
    now = conditions or conditions_of(ground, p)
    c = ground.cells
    n = len(ground.stations.facility)
    facilities = station_facilities(ground, p, now)
    arrays = station_arrays(ground, p, facilities, now)
    sessions = session_surfaces(p, held)
    clinics = Clinics(*(np.zeros((n, POINTS)) for _ in range(3)))
    blend, days = np.zeros((2, POINTS)), np.zeros((2, 7))
    clinic_surfaces(p, arrays, sessions.table, children, clinics, blend, days)
    return Setting(
        conditions=now, sessions=sessions, facilities=facilities, scheme=now.scheme,
        cells=CellArrays(c.place, c.scope, c.insurance, c.effective, c.hours),
        stations=arrays, clinics=clinics, stay=sessions.stay,
        places=_places(ground, now), prices=_prices(ground, facilities, now.scheme),
        tastes=sessions.tastes,
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


def station_facilities(ground: Ground, p: Any, now: Conditions) -> Any:
    """Records of the facilities that stand for stations, with what depends on parameters."""
    of = ground.stations.facility
    facilities = ground.world.facility[of].copy()
    facilities.doctors = now.size[of]
    facilities.price, facilities.stay_price = now.price[of], now.stay_price[of]
    regional = (facilities.tier == int(Tier.REGIONAL)) & ~facilities.delay
    relative = np.minimum(1.0, facilities.doctors / float(p.regional_reference_doctors))
    facilities.attraction = np.where(regional, np.log(relative), 0.0)
    return facilities


@kernel
def _log_shares(doctors: Any, typical: Any, takes: Any, out: Any) -> None:
    """ln of each alternative's part of the doctors of its tier among those who take a class and
    scope: (G, 4, 3, 11)."""
    for g in range(takes.shape[0]):
        for need_class in range(4):
            for scope in range(3):
                row = takes[g, need_class, scope]
                for tier in range(2, 4):
                    total, alike = 0.0, 0
                    for j in range(N_ALTERNATIVES):
                        if _TIER[j] == tier and row[j]:
                            total += doctors[typical[g, j]]
                            alike += 1
                    for j in range(N_ALTERNATIVES):
                        if alike > 1 and _TIER[j] == tier and row[j]:
                            own = doctors[typical[g, j]]
                            out[g, need_class, scope, j] = shared_constant(
                                math.log(own), math.log(total), 1.0
                            )


def station_arrays(ground: Ground, p: Any, facilities: Any, now: Conditions) -> Any:
    """Stations as the kernels see them; rooms follow from the doctors of typical facilities."""
    s = ground.stations
    n = len(s.facility)
    tier, delay = facilities.tier, facilities.delay
    rooms = np.zeros((len(s.member), N_POOLS), dtype=np.int64)
    share = np.zeros((len(s.member), N_POOLS))
    station = np.repeat(np.arange(n), np.diff(s.member_start))
    opening = np.array([timetable.weekly_share(t) for t in range(6)])
    write_rooms(
        p, now.doctors[s.member], tier[station], facilities.pooled[station], opening,
        np.zeros(N_POOLS), rooms, share,
    )  # fmt: skip
    log_share = np.zeros(s.takes.shape)
    _log_shares(now.size, s.typical, s.takes, log_share)
    clinic = (rooms * share)[:, :EMERGENCY_POOL].sum(axis=1) * s.count
    seconds = (p.morning_hours + p.afternoon_hours) * 3600.0 * opening
    work = np.asarray(p.service_minutes) * 60.0 * (1.0 + np.asarray(p.test_share))
    seen = np.bincount(station, clinic, n) * (seconds / work)[tier]
    wait = np.where(delay, p.outside_wait_minutes[tier], p.service_minutes[tier]) * 60.0
    whole = np.bincount(station, rooms[:, :EMERGENCY_POOL].sum(axis=1) * s.count, n)
    return StationArrays(
        facility=np.arange(n), tier=tier.copy(), delay=delay.copy(),
        pooled=facilities.pooled.copy(), weight=np.where(delay, 1.0, whole),
        member_start=s.member_start, rooms=rooms, share=share, beds=now.beds[s.member],
        count=s.count, load=s.load, link_start=s.link_start, link_station=s.link_station,
        link_weight=s.link_weight, takes=s.takes, log_share=log_share, own_wait=wait,
        own_delay=np.floor(np.asarray(p.appointment_days)[tier] + 0.5), visits_a_day=seen,
        reserved=p.reserved_bed_share[tier] + now.reserved[s.facility],
    )  # fmt: skip


def session_surfaces(p: Any, held: Sessions | None = None) -> Sessions:
    """The session table of a parameter set; that of `held` when it is of the same parameters, and
    `held` itself when it is of this very record."""
    if held is not None and held.parameters is p:
        return held
    stay, tastes = np.zeros((6, 2)), np.zeros((4, 2))
    _stay_lines(p, stay)
    _taste_points(p, np.zeros((TASTE_LEVELS, 5)), np.zeros(TASTE_LEVELS), tastes)
    made_of = b"".join(np.asarray(p[name]).tobytes() for name in SESSION_PARAMETERS)
    if held is not None and held.made_of == made_of:
        return Sessions(held.table, made_of, p, stay, tastes)
    in_use = np.zeros((len(ROOMS), NUMBERS))
    use_table(float(p.service_cv), in_use)
    table = np.zeros((5, len(ROOMS), len(OPEN_HOURS), len(LOADS), 2))
    session_table(p, in_use, table)
    return Sessions(table, made_of, p, stay, tastes)


def first_state(stations: Any, p: Any) -> Any:
    """Where the iteration starts: waits as long as a consult, neutral occupancy."""
    state = new_state(len(stations.facility))
    state.wait[:] = stations.own_wait / 3600.0
    state.emergency_wait[:] = stations.own_wait / 3600.0
    state.appointment[:] = stations.own_delay
    state.occupancy[:] = p.neutral_occupancy
    return state


def _places(ground: Ground, now: Conditions) -> Any:
    """The part of the place records that no state changes."""
    s, cells = ground.stations, ground.cells
    people = cells.people.reshape(len(cells.place), -1).sum(axis=1)
    total = np.bincount(cells.place, people, len(cells.county))
    places = np.zeros(len(cells.county), dtype=PLACE).view(np.recarray)
    places.nearest = s.nearest
    places.ambulance = (s.nearest.sum(axis=2) > 0.5).astype(np.float64)
    places.up = s.up[:, :, :, 2].transpose(0, 2, 1)
    places.onward = s.onward
    here = s.station_of >= 0
    weighted = s.part[:, None] * now.capability
    of_station = [
        np.bincount(s.station_of[here], weighted[here, k], len(s.facility)) for k in range(4)
    ]
    places.capability = behind(ground, np.stack(of_station, axis=1))
    effective = np.bincount(cells.place, people * cells.effective, len(cells.county))
    places.effective = effective / np.maximum(total, 1e-300)
    return places


def _prices(ground: Ground, facilities: Any, scheme: Any) -> Floats:
    """Yuan of a visit from places: (G, 11, 2, 2), by the rule."""
    board = np.zeros(len(facilities), dtype=L.BOARD_RECORD).view(np.recarray)
    visit_prices(facilities, scheme, board)
    return behind(ground, board.visit_yuan.reshape(-1, 4)).reshape(-1, N_ALTERNATIVES, 2, 2)


def behind(ground: Ground, values: Floats) -> Floats:
    """Values of stations (S, k) as places see them, (G, 11, k): the mean over the links."""
    s = ground.stations
    out = np.zeros((len(s.link_start) - 1, values.shape[1]))
    _mean_of_links(s.link_start, s.link_station, s.link_weight, np.ascontiguousarray(values), out)
    return out.reshape(-1, N_ALTERNATIVES, values.shape[1])


@kernel
def _mean_of_links(start: Any, station: Any, weight: Any, values: Any, out: Any) -> None:
    for row in range(len(out)):
        for k in range(start[row], start[row + 1]):
            for column in range(out.shape[1]):
                out[row, column] += weight[k] * values[station[k], column]


@kernel
def _taste_points(p: Any, price: Any, travel: Any, out: Any) -> None:
    """Four points with the mean and spread of the engine's tastes (ln): (4, 2) price, travel.

    price (16, 5), travel (16,)  scratch
    """
    for level in range(TASTE_LEVELS):
        u = level_midpoint(level)
        travel[level] = math.log(travel_taste(p, u))
        for income in range(5):
            price[level, income] = math.log(price_taste(p, u, income))
    wide = 2.0**0.5
    for k in range(4):
        side = wide if k % 2 == 0 else -wide
        out[k, 0] = math.exp(price.mean() + (side * price.std() if k < 2 else 0.0))
        out[k, 1] = math.exp(travel.mean() + (side * travel.std() if k >= 2 else 0.0))
