"""Many calendar years of a region in the mean-field, with conditions that change every quarter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from sim.day import WARM_UP_DAYS
from sim.engines import record_types as L
from sim.engines.meanfield.ageing import (
    Cohorts,
    cohorts_of,
    crossings_of,
    grow_older,
)
from sim.engines.meanfield.contracts import new_year
from sim.engines.meanfield.locations import Cells, Floats, place_hours
from sim.engines.meanfield.periods import MeanField, number_of_people, quarters
from sim.engines.meanfield.solver import carried_on, copy_state
from sim.engines.meanfield.solver_inputs import RegionInputs, conditions_of
from sim.engines.meanfield.stations import stations_of
from sim.engines.meanfield.year import YearResult, conservation, end_of_year, intensity_of
from sim.engines.meanfield.year_report import YearReport
from sim.engines.world import build_world
from sim.jit import kernel
from sim.population import Residents
from sim.population.vital_rates import load_demography
from sim.region import Region

MONTHS = 3  # of a quarter


@lru_cache(maxsize=32)
def _rates(year: int) -> Any:
    return load_demography(year)


@dataclass(frozen=True, slots=True)
class PathInputs:
    """What all parameter draws of a region's path share: the region inputs of its first year,
    residents by single year of age, and moves out a person-year by county and age, (counties,
    111)."""

    inputs: RegionInputs
    cohorts: Cohorts
    move_rate: Floats


def path_inputs(inputs: RegionInputs, residents: Residents, move_rate: Floats) -> PathInputs:
    """Inputs of a path from the region inputs of its first year."""
    region = inputs.region
    cohorts = cohorts_of(residents, region.village_county, len(region.counties.code))
    return PathInputs(inputs, cohorts, move_rate)


class MeanFieldYears:
    """One path: `quarter` after `quarter`, `close_year` after four of them."""

    def __init__(self, start: PathInputs, p: Any) -> None:
        self.first = start
        self.cohorts = start.cohorts
        self.year = start.inputs.region.year
        self.quarters = quarters(self.year)
        self.model = MeanField(start.inputs, p)
        self.report = YearReport(self.model)
        self.before = self.model.people.copy()
        self.crossings = crossings_of(start.inputs.cells)
        self.quarter_of_year = 0
        self.residual, self.turns = 0.0, 0
        self.started = False
        self.recent: list[Any] = []  # states of the last five quarters
        self.coverage: list[Any] = []  # of contracts, in the quarters of the year
        self.reported = visits_and_charges(self.report.tallies.facility)  # before this quarter
        self.by_key = _in_key_groups(start.inputs.cells)

    # ------------------------------------------------------------------ down

    def couple(self, region: Region, p: Any) -> None:
        """Capacities, prices and parameters of the quarter to come."""
        model, inputs, was = self.model, self.model.inputs, self.model.inputs.region
        cells = inputs.cells
        opened = not np.array_equal(region.villages.facility, was.villages.facility)
        if opened or not np.array_equal(region.villages.hours, was.villages.hours):
            hours = place_hours(region, cells.village_place, cells.village_people)
            cells = replace(cells, hours=hours)
        model.cells = cells
        if opened:
            self._new_ways(region, p, cells)
        model.inputs = replace(model.inputs, region=region, cells=cells)
        model.update(conditions_of(model.inputs, p), p)

    def _new_ways(self, region: Region, p: Any, cells: Cells) -> None:
        """A facility opens that residents may choose; who stays keeps his waits and beds."""
        model = self.model
        old, state = model.inputs.stations, model.state
        world = build_world(region, p)
        stations = stations_of(region, world, cells)
        model.inputs = replace(
            model.inputs, region=region, cells=cells, stations=stations, world=world
        )
        model.resize(p)
        kept = {int(f): s for s, f in enumerate(old.facility)}
        for values, before in zip(model.state, state, strict=True):
            for s, f in enumerate(stations.facility):
                if int(f) in kept:
                    values[s] = before[kept[int(f)]]
        self.recent = []

    # ------------------------------------------------------------------ a quarter

    def quarter(self, by_group: bool = True) -> None:
        """Solve the next quarter of the year and count it; by groups of residents where asked."""
        model, year = self.model, self.year
        self.report.by_group = by_group
        if not self.started:
            people = model.people.copy()
            model.period(WARM_UP_DAYS / 365.0, intensity_of(model.p, year, [0]), exact=False)
            model.people = people  # nobody is born or dies in the warm-up
            self.started = True
        months, length = self.quarters[self.quarter_of_year]
        recent = self.recent
        if len(recent) >= 5:  # the season comes again, a year later
            floor = model.solver_inputs.stations.own_delay
            carried_on(recent[-4], recent[-1], recent[-5], floor, model.state)
        elif len(recent) == 4:
            copy_state(recent[0], model.state)
        solution = model.period(length, intensity_of(model.p, year, months), exact=False)
        self.recent = [*recent[-4:], solution.state]
        self.residual = max(self.residual, solution.residual)
        self.turns += solution.turns
        self.reported = visits_and_charges(self.report.tallies.facility)
        self.report.add(solution, months, length)
        self.coverage.append(np.asarray(model.inputs.region.contract_coverage))
        self.quarter_of_year += 1

    def month_tally(self) -> dict[str, Floats]:
        """The mean month of the last quarter, see sim.dynamics.provider_groups.MonthTally."""
        months = self.quarters[self.quarter_of_year - 1][0]
        visits, charges = visits_and_charges(self.report.tallies.facility) - self.reported
        table = self.report.tallies.county[months[0] : months[-1] + 1]
        fund = np.zeros(table.shape[1])
        _fund(table, fund)
        cells = self.model.cells
        people = number_of_people(self.model.people)
        return {
            "visits": visits / MONTHS,
            "charges": charges / 100.0 / MONTHS,
            "fund": fund / 100.0 / MONTHS,
            "residents": np.bincount(cells.county[cells.place], people, table.shape[1]),
            "by_key": self.by_key,
        }

    # ------------------------------------------------------------------ a year

    def close_year(self) -> YearResult:
        """Tallies and censuses of the year; then it is 1 January of the next."""
        model = self.model
        cells, report = model.cells, self.report
        coverage = _by_month(np.stack(self.coverage))
        end = end_of_year(
            model.p, model.inputs, coverage, self.before, model.people, report.tallies
        )
        result = YearResult(
            tallies=report.tallies,
            start=(cells.contracts, cells.managed, np.zeros_like(cells.managed)),
            end=end, residual=self.residual, turns=self.turns,
            checks=conservation(report.tallies),
        )  # fmt: skip
        self._grow(end)
        self.year += 1
        self.report.new_year()
        self.quarters = quarters(self.year)
        self.quarter_of_year, self.residual, self.turns = 0, 0.0, 0
        self.coverage = []
        return result

    def _grow(self, end: tuple[Floats, Floats, Floats]) -> None:
        """Everybody is a year older."""
        model, region = self.model, self.model.inputs.region
        older = grow_older(
            model.cells, self.crossings, model.people, self.cohorts,
            region.insurance.employee_share,
        )  # fmt: skip
        rates = _rates(self.year)
        boys = float(model.p.boys_per_100_girls)
        self.cohorts = self.cohorts.grown(rates, self.first.move_rate, boys)
        cells = new_year(
            model.p, model.cells, end[0], model.people, older, self.cohorts.people
        )  # fmt: skip
        vital = self.cohorts.vital(_rates(self.year + 1), self.first.move_rate)
        model.people = older
        model.cells = cells
        self.by_key = _in_key_groups(cells)
        model.inputs = replace(model.inputs, cells=cells, vital=vital)
        self.before = older.copy()


def _in_key_groups(cells: Cells) -> Floats:
    """Residents outside and inside key groups on 1 January, (2,)."""
    count: Floats = cells.contracts.sum(axis=0).sum(axis=1)
    return count


def visits_and_charges(facility: Floats) -> Floats:
    """Visits, and charges of visits and stays in fen, of facilities: (2, F)."""
    out = np.empty((2, len(facility)))
    _visits_and_charges(facility, out)
    return out


@kernel
def _visits_and_charges(facility: Any, out: Any) -> None:
    for f in range(len(facility)):
        out[0, f] = facility[f, L.F_VISITS]
        out[1, f] = facility[f, L.F_CHARGE_OUTPATIENT] + facility[f, L.F_CHARGE_INPATIENT]


@kernel
def _fund(table: Any, out: Any) -> None:
    """Fund payments by county of residence, fen, from its tallies, see year_report.Tallies."""
    for month in range(table.shape[0]):
        for county in range(table.shape[1]):
            for tier in range(table.shape[2]):
                for place in range(table.shape[3]):
                    row = table[month, county, tier, place]
                    out[county] += row[L.C_FUND] + row[L.C_STAY_FUND]


def _by_month(quarters: Floats) -> Floats:
    """Values of twelve months from those of the first months of four quarters, (4, n): as a
    straight roll-out runs between them, and on after the last."""
    rise = np.diff(quarters, axis=0)
    rise = np.concatenate([rise, rise[-1:]])
    months = quarters[:, None] + rise[:, None] * (np.arange(MONTHS) / MONTHS)[:, None]
    values: Floats = np.clip(months.reshape(-1, quarters.shape[1]), 0.0, 1.0)
    return values
