"""A year of the mean-field as the tallies of a run: the schema of every engine, expected values."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from sim.day import blocks, days_in_year, weekdays
from sim.engines import record_types as L
from sim.engines.meanfield.alternatives import Links
from sim.engines.meanfield.expected_bills import Money
from sim.engines.meanfield.facility_tallies import (
    add_episodes,
    add_places,
    county_table,
    open_episodes,
    seconds_of_service,
    share_out,
    to_stations,
)
from sim.engines.meanfield.group_tallies import add_groups
from sim.engines.meanfield.locations import Floats
from sim.engines.meanfield.periods import MeanField, Solution
from sim.parameters import one_row
from sim.tiers import N_ALTERNATIVES, N_CLASSES

_OF_BEDS = (
    L.F_ADMISSIONS, L.F_DISCHARGES, L.F_STAY_DAYS, L.F_BED_DAYS, L.F_BED_WAIT_DAYS, L.F_LEFT_QUEUE,
    L.F_BED_REQUESTS, L.F_TRANSFERS_OUT, L.F_TRANSFERS_IN, L.F_BACK_SENT, L.F_BACK_RECEIVED,
    L.F_CHARGE_INPATIENT,
)  # fmt: skip
_IS_OF_BEDS = np.isin(np.arange(L.FACILITY_TALLIES), _OF_BEDS).astype(np.float64)


@dataclass
class Tallies:
    """As sim.engines.record_types.RunTallies, in float64 expected values; without groups (0
    rows) as long as they are not distinguished."""

    county: Floats
    group: Floats
    episode: Floats
    facility: Floats
    histogram: Floats
    people: Floats


@dataclass
class YearReport:
    """Adds the periods of a year up.

    by_group  whether groups of residents are distinguished, a third of the work
    elapsed   years since 1 January
    """

    model: MeanField
    by_group: bool = True
    tallies: Tallies = field(init=False)
    money: Money = field(init=False)
    links: Links = field(init=False)
    sums: Floats = field(init=False)  # scratch of county_table
    elapsed: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.money, self.links = Money(self.model), Links(self.model)
        self.tallies = _no_tallies(self.model)
        self.sums = np.zeros((4, len(self.model.cells.county), N_CLASSES, N_ALTERNATIVES))

    def new_year(self) -> None:
        """Begin the tallies of the next year in new arrays; those so far stay as they are."""
        self.money.new_year()
        self.tallies, self.elapsed = _no_tallies(self.model), 0.0

    def add(self, solution: Solution, months: list[int], years: float) -> None:
        """Count one period that covers `months` (0-11)."""
        model, cells, tallies = self.model, self.model.cells, self.tallies
        if self.links.stations is not model.inputs.stations:
            self.links = Links(model)
        links, money = self.links, self.money
        links.update(model, solution.state)
        money.count(model, solution, links.means, self.elapsed, years)
        table = np.zeros((len(cells.county), N_ALTERNATIVES, L.COUNTY_TALLIES))
        county_table(
            cells.place, money.period, solution.flows, cells.hours, links.means, years, self.sums,
            table,
        )  # fmt: skip
        into = tallies.county[months[0] : months[-1] + 1]
        weights = _month_weights(model, months)
        add_places(table, weights, links.place, cells.county, into)
        if self.by_group:
            if not len(tallies.group):
                groups = tallies.county.shape[1] * L.GROUPS
                tallies.group = np.zeros((groups, 6, L.GROUP_TALLIES))
            add_groups(model, solution, money.period, links, years, tallies.group)
        self._episodes(solution, months, weights, years)
        self._facilities(solution.flows, table, years)
        tallies.people += model.events
        self.elapsed += years

    def _episodes(
        self, solution: Solution, months: list[int], weights: Floats, years: float
    ) -> None:
        """Episodes that end, and those open on the eve of the year and at its end: they began in
        its first and last month, not in the mean of the period. weights  see `_month_weights`"""
        add_episodes(solution.ends, years, self.tallies.episode)
        year, p = self.model.inputs.region.year, one_row(self.model.p)
        for column, month, day in (
            (L.E_PENDING_START, 0, -1), (L.E_PENDING_END, N_ALTERNATIVES, days_in_year(year) - 1),
        ):  # fmt: skip
            if month in months:
                k, days, open_then = months.index(month), _month_days(year)[months], np.zeros(4)
                weekday = int(weekdays(year, day, 1)[0])
                open_episodes(p, weekday, solution.ends, solution.flows, open_then)
                pace = weights[k] / days[k] * days.sum()
                self.tallies.episode[:, column] = open_then * pace

    def _facilities(self, flows: Floats, table: Floats, years: float) -> None:
        """Counts of facilities: stations' sums, by each facility's part of its station; what beds
        do is known of a station as a whole: its facilities are equally full."""
        model, ways = self.model, self.model.inputs.stations
        stations = model.solver_inputs.stations
        columns = np.zeros((len(stations.tier), L.FACILITY_TALLIES))
        to_stations(
            ways.link_start, ways.link_station, ways.link_weight, flows, table, years, columns
        )
        seconds_of_service(one_row(model.p), stations.tier, stations.delay, columns)
        share_out(
            columns, _IS_OF_BEDS, ways.station_of, ways.part, model.solver_inputs.conditions.beds,
            self.links.delay, years, np.zeros(len(columns)), self.tallies.facility,
        )  # fmt: skip


def _no_tallies(model: MeanField) -> Tallies:
    """Nothing counted yet."""
    region = model.inputs.region
    counties, facilities = len(region.counties.code), len(region.facilities.key)
    return Tallies(
        county=np.zeros((12, counties, 6, 3, L.COUNTY_TALLIES)),
        group=np.zeros((0, 6, L.GROUP_TALLIES)),
        episode=np.zeros((4, L.EPISODE_TALLIES)),
        facility=np.zeros((facilities, L.FACILITY_TALLIES)),
        histogram=np.zeros((facilities, L.WAIT_BINS)),
        people=np.zeros((counties, 3)),
    )


@lru_cache(maxsize=32)
def _month_days(year: int) -> Floats:
    """Days of the twelve months."""
    return np.array([length for _, length, _ in blocks(year)[1:]], dtype=np.float64)


def _month_weights(model: MeanField, months: list[int]) -> Floats:
    """Parts of a period's flows that fall in its months."""
    season = one_row(model.p)["season"][0]
    weights = (_month_days(model.inputs.region.year) * season)[months]
    weight: Floats = weights / weights.sum()
    return weight
