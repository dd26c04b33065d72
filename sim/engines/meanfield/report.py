"""A year of the mean-field as the tallies of a run: the schema of every engine, expected values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.compiled import kernel
from sim.day import blocks, days_in_year, days_to_opening, weekdays
from sim.engines import schema as L
from sim.engines.meanfield import chain as C
from sim.engines.meanfield import money
from sim.engines.meanfield.links import Links, county_table, share_out
from sim.engines.meanfield.model import MeanField, Solution, need_shares
from sim.engines.meanfield.places import Floats
from sim.tiers import ALTERNATIVE_TIER

_TIER = np.array(ALTERNATIVE_TIER)


_OF_BEDS = (
    L.F_ADMISSIONS, L.F_DISCHARGES, L.F_STAY_DAYS, L.F_BED_DAYS, L.F_BED_WAIT_DAYS, L.F_LEFT_QUEUE,
    L.F_BED_REQUESTS, L.F_TRANSFERS_OUT, L.F_TRANSFERS_IN, L.F_BACK_SENT, L.F_BACK_RECEIVED,
    L.F_CHARGE_INPATIENT,
)  # fmt: skip
_IS_OF_BEDS = np.isin(np.arange(L.FACILITY_TALLIES), _OF_BEDS)


@dataclass
class Tallies:
    """As sim.engines.compiled.RunTallies, in float64 expected values; without groups (0 rows) as
    long as they are not told apart."""

    county: Floats
    group: Floats
    episode: Floats
    facility: Floats
    histogram: Floats
    people: Floats


@dataclass
class YearReport:
    """Adds the periods of a year up.

    by_group  whether groups of residents are told apart, a third of the work
    """

    model: MeanField
    by_group: bool = True
    tallies: Tallies = field(init=False)
    fund: Floats = field(init=False)  # (N,) uncapped fund payments for visits so far, fen a person
    square: Floats = field(init=False)
    capped: Floats = field(init=False)  # (N,) of the fund payments, those within the yearly cap
    links: Links = field(init=False, default=None)  # type: ignore[assignment]
    elapsed: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        region = self.model.ground.region
        counties, facilities = len(region.counties.code), len(region.facilities.key)
        self.tallies = Tallies(
            county=np.zeros((12, counties, 6, 3, L.COUNTY_TALLIES)),
            group=np.zeros((0, 6, L.GROUP_TALLIES)),
            episode=np.zeros((4, L.EPISODE_TALLIES)),
            facility=np.zeros((facilities, L.FACILITY_TALLIES)),
            histogram=np.zeros((facilities, L.WAIT_BINS)),
            people=np.zeros((counties, 3)),
        )
        n = len(self.model.cells.place)
        self.fund, self.square, self.capped = np.zeros(n), np.zeros(n), np.zeros(n)

    def add(self, solution: Solution, months: list[int], years: float) -> None:
        """Count one period that covers `months` (0-11)."""
        model, cells = self.model, self.model.cells
        if self.links is None or self.links.stations is not model.ground.stations:
            self.links = Links(model)
        links = self.links
        links.update(model, solution.state)
        visits, part = solution.visits, solution.part
        paid = self._visit_money(solution, years)
        stays = self._stay_money(solution, years)
        flows = solution.flows * years
        table = county_table(cells, flows, links, paid, stays)
        weights = _month_weights(model, months)
        into = self.tallies.county[months[0] : months[-1] + 1]
        _add_places(table, weights, links.place, cells.county, into)
        if self.by_group:
            self._groups(solution, visits * years, part * years, paid, stays, links)
        self._episodes(solution, months, years)
        self._facilities(flows, links, table, years)
        self.tallies.people += model.events
        self.elapsed += years

    # ------------------------------------------------------------------ money

    def _visit_money(self, solution: Solution, years: float) -> dict[str, Floats]:
        """Charge and fund payments of visits by cell, class and alternative, fen in the period."""
        model, cells, links = self.model, self.model.cells, self.links
        scheme = model.setting.scheme
        people = np.maximum(model.count, 1e-300)
        charge, fund = np.zeros_like(solution.visits), np.zeros_like(solution.visits)
        before, capped_before = self.fund.copy(), self.capped
        spread = float(model.p.severity_spread)
        rate = scheme.visit_fund_bp[:, _TIER] / 10_000.0
        money.visit_money(
            cells.place, cells.insurance, people, solution.visits, solution.flows, links.price,
            rate, 1.0 + spread * spread / 3.0, years, charge, fund, self.fund, self.square,
        )  # fmt: skip
        cap = scheme.visit_cap[cells.insurance].astype(np.float64)
        variance = money.visit_variance(self.fund, self.square)
        # The next period's share of people whose cap is used up is that of its start.
        self.capped, model.memory.exhausted[:] = money.capped(self.fund, variance, cap)
        kept = (self.capped - capped_before) / np.maximum(self.fund - before, 1e-300)
        fund *= np.minimum(1.0, kept)[:, None, None]
        return {"charge": charge, "fund": fund}

    def _stay_money(self, solution: Solution, years: float) -> dict[str, Floats]:
        """Charge and fund payments of stays by cell, class and alternative, fen in the period."""
        model, cells, links = self.model, self.model.cells, self.links
        p, scheme, f = model.p, model.setting.scheme, solution.flows
        people = np.maximum(model.count, 1e-300)
        stays = (f[..., C.STAYS] + f[..., C.SHORT] + f[..., C.DOWN]).sum(axis=2)
        own = (solution.part * stays[cells.place]).sum(axis=1) / people
        factors = scheme.deductible_factor / 10_000.0
        share = money.deductible_share(own, factors, self.elapsed, self.elapsed + years)
        charge, fund = np.zeros_like(solution.visits), np.zeros_like(solution.visits)
        money.stay_money(
            cells.place, cells.insurance, solution.part, f, links.stay_price,
            np.asarray(p.stay_mean)[_TIER], scheme.stay_fund_bp[:, _TIER] / 10_000.0,
            scheme.deductible[:, _TIER].astype(np.float64), share,
            0.5 * float(p.severity_spread), years, charge, fund,
        )  # fmt: skip
        return {"charge": charge, "fund": fund}

    # ------------------------------------------------------------------ tables

    def _groups(
        self, solution: Solution, visits: Floats, part: Floats, paid: Any, stays: Any, links: Links
    ) -> None:
        """What is counted by county and group of residents, expected."""
        model, cells = self.model, self.model.cells
        shares = need_shares(model.need_rates, model.mean_people)  # (N, 4, 5, 2)
        if not len(self.tallies.group):
            counties = self.tallies.county.shape[1]
            self.tallies.group = np.zeros((counties * L.GROUPS, 6, L.GROUP_TALLIES))
        view = self.tallies.group.reshape(-1, 5, 2, 2, 5, 3, 6, L.GROUP_TALLIES)
        place = np.zeros((len(cells.county), 5, 2, 6))
        places = np.zeros((*place.shape, L.GROUP_TALLIES))
        for column, values in self._group_columns(solution, visits, part, paid, stays, links):
            _by_age_and_tier(np.ascontiguousarray(values), shares, cells.place, place)
            places[..., column] = place
        _add_groups(places, cells.county, cells.urban, cells.income, cells.bands, view)

    def _group_columns(
        self, solution: Solution, visits: Floats, part: Floats, paid: Any, stays: Any, links: Links
    ) -> list[tuple[int, Floats]]:
        """Column of the group tallies, and values of cells by class and alternative (N, 4, 11)."""
        cells = self.model.cells
        at, f = cells.place, solution.flows

        def later(column: int) -> Floats:
            return part[..., None] * f[at, :, :, column]

        admitted = later(C.STAYS) + later(C.SHORT) + later(C.DOWN)
        fund = paid["fund"] + stays["fund"]
        pocket = paid["charge"] + stays["charge"] - fund
        own = links.place[..., 0][at][:, None, :]
        repeated = part[..., None] * np.maximum(0.0, f[..., C.VISITS] - f[..., C.FIRST])[at]
        wait = np.repeat(links.wait[:, None, :], 4, axis=1)
        wait[:, 3] = links.emergency_wait
        hours = np.where(np.isfinite(cells.hours), cells.hours, 0.0)[at][:, None, :]
        ends = solution.ends
        # Told apart by tier only as far as the village, where self-care is booked.
        lost, won = np.zeros_like(visits), np.zeros_like(visits)
        lost[:, :, 0] = part * (ends[..., C.UNRESOLVED] + ends[..., C.SELF_UNRESOLVED])[at]
        won[:, :, 0] = part * (ends[..., C.RESOLVED] + ends[..., C.SELF_RESOLVED])[at]
        managed = (cells.chronic * cells.effective)[:, None, None]
        return [
            (L.G_VISITS, visits), (L.G_OWN_VISITS, visits * own),
            (L.G_FIRST_CONTACTS, np.maximum(0.0, visits - repeated)), (L.G_OUT_OF_POCKET, pocket),
            (L.G_FUND, fund), (L.G_OWN_FUND, fund * own),
            (L.G_TRAVEL_SECONDS, visits * 2.0 * hours * 3600.0),
            (L.G_WAIT_SECONDS, visits * wait[at]), (L.G_ADMISSIONS, admitted),
            (L.G_OWN_ADMISSIONS, admitted * own), (L.G_UNRESOLVED, lost), (L.G_RESOLVED, won),
            (L.G_DISCHARGES, admitted), (L.G_STAY_DAYS, later(C.BED_DAYS)),
            (L.G_BED_WAIT_DAYS, admitted * links.bed_wait[at][:, None, :]),
            (L.G_MANAGED_ADMISSIONS, admitted * managed),
        ]  # fmt: skip

    def _episodes(self, solution: Solution, months: list[int], years: float) -> None:
        ends = solution.ends.sum(axis=0)
        for column, source in (
            (L.E_STARTED, C.STARTED), (L.E_SELF_RESOLVED, C.SELF_RESOLVED),
            (L.E_SELF_UNRESOLVED, C.SELF_UNRESOLVED), (L.E_RESOLVED, C.RESOLVED),
            (L.E_UNRESOLVED, C.UNRESOLVED), (L.E_FIRST_PRIMARY, C.FIRST_PRIMARY),
            (L.E_CONTACTED, C.CONTACTED),
        ):  # fmt: skip
            self.tallies.episode[:, column] += ends[:, source] * years
        # Episodes open at any time, by Little's law, and those a closed clinic puts off that day;
        # they began in the season's first and last month, not in the mean of the period.
        open_now = ends[:, C.OPEN_DAYS] / 365.0
        last = days_in_year(self.model.ground.region.year) - 1
        for column, day, k in ((L.E_PENDING_START, -1, 0), (L.E_PENDING_END, last, -1)):
            if column == L.E_PENDING_START and self.elapsed > 0.0:
                continue
            pace = _month_weights(self.model, months)[k] / _month_days(self.model, months)[k]
            self.tallies.episode[:, column] = (open_now + self._put_off(solution, day)) * pace

    def _put_off(self, solution: Solution, day: int) -> Floats:
        """First contacts of one day that wait for a clinic to open, by class."""
        p = self.model.p
        weekday = int(weekdays(self.model.ground.region.year, day, 1)[0])
        intensity = float(p.weekday[weekday] / np.mean(p.weekday))
        own = np.asarray(p.appointment_days)
        closed = [days_to_opening(t, weekday) > 0 and own[t] < 0.5 for t in range(6)]
        first = solution.flows[:, :3, :, C.FIRST].sum(axis=0)
        result = np.zeros(4)
        result[:3] = first[:, np.array(closed)[_TIER]].sum(axis=1) * intensity / 365.0
        return result

    def _facilities(self, flows: Floats, links: Links, table: Floats, years: float) -> None:
        """Counts of facilities: stations' sums, by each facility's part of its station; what beds
        do is known of a station as a whole: its facilities are equally full."""
        model = self.model
        stations, ground = model.setting.stations, model.ground.stations
        columns = links.to_stations(flows, table, len(stations.facility))
        p, tier = model.p, stations.tier
        consult = np.asarray(p.service_minutes) * 60.0 * (1.0 + np.asarray(p.test_share))
        columns[:, L.F_SERVICE_SECONDS] = columns[:, L.F_VISITS] * consult[tier]
        columns[stations.delay, L.F_BED_DAYS] = 0.0
        columns[stations.delay, L.F_SERVICE_SECONDS] = 0.0
        beds = np.where(model.ground.world.facility.delay, 0.0, model.setting.conditions.beds)
        share_out(
            columns, _IS_OF_BEDS, ground.station_of, ground.part, beds, np.zeros(len(columns)),
            self.tallies.facility,
        )  # fmt: skip
        self.tallies.facility[:, L.F_OPEN_BED_DAYS] += beds * years * 365.0


@kernel
def _by_age_and_tier(values: Any, shares: Any, place_of: Any, place: Any) -> None:
    """Values of cells by class and alternative, (N, 4, 11), as those of places by age band, sex and
    tier, (G, 5, 2, 6); shares (N, 4, 5, 2) parts of age bands and sexes."""
    place[:] = 0.0
    for i in range(len(place_of)):
        for s in range(4):
            for j in range(11):
                value = values[i, s, j]
                if value != 0.0:
                    for age in range(5):
                        for sex in range(2):
                            part = value * shares[i, s, age, sex]
                            place[place_of[i], age, sex, ALTERNATIVE_TIER[j]] += part


@kernel
def _add_groups(places: Any, county: Any, urban: Any, income: Any, bands: Any, out: Any) -> None:
    """Add tallies of places by age band, sex and tier, (G, 5, 2, 6, tallies), to those of groups:
    (counties, 5 ages, 2 sexes, 2 residences, 5 incomes, 3 bands, 6 tiers, tallies)."""
    for g in range(len(places)):
        for age in range(5):
            for sex in range(2):
                for fifth in range(5):
                    row = out[county[g], age, sex, urban[g], fifth]
                    for band in range(3):
                        part = income[g, fifth] * bands[g, band]
                        if part > 0.0:
                            for tier in range(6):
                                for column in range(places.shape[4]):
                                    row[band, tier, column] += (
                                        part * places[g, age, sex, tier, column]
                                    )


@kernel
def _add_places(table: Any, weights: Any, where: Any, county: Any, out: Any) -> None:
    """Add a table by place and alternative, (G, 11, tallies), to (months, counties, 6 tiers, 3
    places, tallies), by the months' weights; where (G, 11, 3) shares of an alternative's places."""
    for month in range(len(weights)):
        for g in range(len(county)):
            for j in range(11):
                for k in range(3):
                    part = weights[month] * where[g, j, k]
                    if part != 0.0:
                        row = out[month, county[g], ALTERNATIVE_TIER[j], k]
                        for column in range(table.shape[2]):
                            row[column] += part * table[g, j, column]


def _month_days(model: MeanField, months: list[int]) -> Floats:
    """Parts of a period's days that fall in its months."""
    days = {month: length for _, length, month in blocks(model.ground.region.year)[1:]}
    parts = np.array([days[month] for month in months], dtype=np.float64)
    part: Floats = parts / parts.sum()
    return part


def _month_weights(model: MeanField, months: list[int]) -> Floats:
    """Parts of a period's flows that fall in its months."""
    weights = _month_days(model, months) * np.array([model.p.season[month] for month in months])
    weight: Floats = weights / weights.sum()
    return weight
