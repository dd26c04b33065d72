"""A region and a parameter set → the arrays a period's fixed point reads."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sim.engines.meanfield.balance import CellArrays
from sim.engines.meanfield.clinics import clinic_surfaces
from sim.engines.meanfield.locations import Cells, Floats, cells_of
from sim.engines.meanfield.services import (
    fill_facilities,
    fixed_places,
    mean_of_facilities,
    mean_of_stations,
    open_beds,
    set_capability,
    station_arrays,
)
from sim.engines.meanfield.session_tables import Tables, tables_of
from sim.engines.meanfield.solver import Services, new_state
from sim.engines.meanfield.stations import Stations, stations_of
from sim.engines.meanfield.vital import Vital, rates_of
from sim.engines.record_types import FACILITY_RECORD
from sim.engines.world import build_world, move_rates, scheme_of, scheme_row, sizes
from sim.jit import kernel
from sim.parameters import one_row
from sim.population import Ledger, Residents
from sim.region import Region
from sim.rules.choice import TASTE_LEVELS, level_midpoint, price_taste, travel_taste
from sim.rules.illness import severity_factor
from sim.rules.resolution import raised_capability
from sim.rules.stay import stay_days
from sim.tiers import N_ALTERNATIVES

_STAY_POINTS = 256


@dataclass(frozen=True, slots=True)
class RegionInputs:
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
    reserved    (F,) share of beds reserved for referred patients beyond the tier's
    scheme      reimbursement, a record_types.SCHEME_RECORD

    Who has a doctor at all, and so who takes whom, is the region inputs'.
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
class Frame:
    """Records that solver inputs of the same region inputs start from; copied, never written.

    inputs      its stations, cells and world are what the records are of
    facilities  (S,) of those that stand for stations;  places  see services.fixed_places
    """

    inputs: RegionInputs
    facilities: Any
    places: Any

    def is_of(self, inputs: RegionInputs) -> bool:
        """Whether region inputs have the same stations, cells and world."""
        own = self.inputs
        same_world = own.world is inputs.world and own.stations is inputs.stations
        return same_world and own.cells is inputs.cells


@dataclass(frozen=True, slots=True)
class Sessions:
    """What later solver inputs may take over: what follows from parameters or region inputs alone.

    tables      see session_tables.tables_of
    parameters  the record all but `frame` follow from
    stay        (6, 2) days of a stay by tier over the severity factor, see balance.run_chains
    tastes      (4, 2) factors on price and travel
    frame       records of the region inputs, None where there are no solver inputs yet
    """

    tables: Tables
    parameters: Any
    stay: Floats
    tastes: Floats
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class SolverInputs:
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
        """As the solver sees it; numba is slow to find the type of a recarray."""
        return Services(
            self.facilities, self.scheme, self.cells, self.stations, self.clinics,
            self.stay, self.places.view(np.ndarray), self.prices, self.tastes,
        )  # fmt: skip


def region_inputs_of(
    region: Region, p: Any, residents: Residents, demography: Any, ledger: Ledger
) -> RegionInputs:
    """Cells and stations of a region."""
    world = build_world(region, p)
    cells = cells_of(region, world, residents)
    return RegionInputs(
        region=region,
        cells=cells,
        stations=stations_of(region, world, cells),
        world=world,
        vital=rates_of(residents, demography, move_rates(region, residents, ledger, p)),
    )


def conditions_of(inputs: RegionInputs, p: Any, region: Region | None = None) -> Conditions:
    """The conditions of a region, that of the region inputs if none: the same places and
    facilities, with other beds, doctors, prices, capability or reimbursement."""
    now = region or inputs.region
    f, typical = now.facilities, np.asarray(inputs.world.facility)
    capability = np.asarray(p.capability).take(typical["tier"], axis=0)
    return Conditions(
        doctors=f.doctors * (1.0 - f.withdrawn), size=sizes(now, p),
        beds=open_beds(f, typical, inputs.stations), price=f.outpatient_fen,
        stay_price=f.inpatient_fen, reserved=f.reserved, scheme=scheme_of(now, p),
        capability=raised_capability(capability, f.gain),
    )  # fmt: skip


def solver_inputs_of(
    inputs: RegionInputs,
    p: Any,
    children: float,
    conditions: Conditions | None = None,
    earlier: Sessions | None = None,
) -> SolverInputs:
    """Solver inputs of a parameter set under some conditions, of the region inputs' year if none.

    children  their part of visits
    earlier   of earlier solver inputs, taken over as far as parameters and region inputs are the
              same
    """
    now = conditions or conditions_of(inputs, p)
    c, s, row = inputs.cells, inputs.stations, one_row(p)
    scheme = scheme_row(now.scheme)
    sessions = session_surfaces(p, earlier)
    frame = sessions.frame
    if frame is None or not frame.is_of(inputs):
        frame = _frame_of(inputs)
        sessions = replace(sessions, frame=frame)
    facilities, places = frame.facilities.copy(), frame.places.copy()
    yuan = fill_facilities(row, scheme, s.facility, now, facilities)
    set_capability(places, mean_of_stations(s, mean_of_facilities(s, now.capability)))
    arrays = station_arrays(row, s, facilities, now)
    return SolverInputs(
        conditions=now, sessions=sessions, facilities=facilities, scheme=scheme,
        cells=CellArrays(c.place, c.scope, c.insurance, c.effective, c.hours), stations=arrays,
        clinics=clinic_surfaces(p, arrays, sessions.tables, children), stay=sessions.stay,
        places=places.view(np.recarray), tastes=sessions.tastes,
        prices=mean_of_stations(s, yuan).reshape(-1, N_ALTERNATIVES, 2, 2),
    )  # fmt: skip


def _frame_of(inputs: RegionInputs) -> Frame:
    s = inputs.stations
    facilities = np.asarray(inputs.world.facility)[s.facility].astype(FACILITY_RECORD)
    return Frame(inputs, facilities, fixed_places(s, inputs.cells))


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


def session_surfaces(p: Any, earlier: Sessions | None = None) -> Sessions:
    """What follows from a parameter set; `earlier` itself when it is of this very record."""
    if earlier is not None and earlier.parameters is p:
        return earlier
    stay, tastes = np.zeros((6, 2)), np.zeros((4, 2))
    _stay_lines(p, stay)
    _taste_points(p, np.zeros((TASTE_LEVELS, 5)), np.zeros(TASTE_LEVELS), tastes)
    return Sessions(tables_of(p), p, stay, tastes, earlier.frame if earlier else None)


def first_state(stations: Any, p: Any) -> Any:
    """Where the iteration starts: waits as long as a consult, neutral occupancy."""
    state = new_state(len(stations.facility))
    state.wait[:] = stations.own_wait / 3600.0
    state.emergency_wait[:] = stations.own_wait / 3600.0
    state.appointment[:] = stations.own_delay
    state.occupancy[:] = p.neutral_occupancy
    return state


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
