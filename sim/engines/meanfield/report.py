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
from sim.engines.meanfield.model import MeanField, Solution, need_shares, visits_of_cells
from sim.engines.meanfield.places import Floats
from sim.tiers import ALTERNATIVE_TIER, Place

_TIER = np.array(ALTERNATIVE_TIER)


_OF_BEDS = (
    L.F_ADMISSIONS, L.F_DISCHARGES, L.F_STAY_DAYS, L.F_BED_DAYS, L.F_BED_WAIT_DAYS, L.F_LEFT_QUEUE,
    L.F_BED_REQUESTS, L.F_TRANSFERS_OUT, L.F_TRANSFERS_IN, L.F_BACK_SENT, L.F_BACK_RECEIVED,
    L.F_CHARGE_INPATIENT,
)  # fmt: skip


@dataclass
class Tallies:
    """As sim.engines.compiled.RunTallies, in float64 expected values."""

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
    elapsed: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        region = self.model.ground.region
        counties, facilities = len(region.counties.code), len(region.facilities.key)
        self.tallies = Tallies(
            county=np.zeros((12, counties, 6, 3, L.COUNTY_TALLIES)),
            group=np.zeros((counties * L.GROUPS, 6, L.GROUP_TALLIES)),
            episode=np.zeros((4, L.EPISODE_TALLIES)),
            facility=np.zeros((facilities, L.FACILITY_TALLIES)),
            histogram=np.zeros((facilities, L.WAIT_BINS)),
            people=np.zeros((counties, 3)),
        )
        n = len(self.model.cells.place)
        self.fund, self.square = np.zeros(n), np.zeros(n)

    def add(self, solution: Solution, months: list[int], years: float) -> None:
        """Count one period that covers `months` (0-11)."""
        model, cells = self.model, self.model.cells
        links = Links(model, solution.state)
        visits, part = visits_of_cells(model.setting.cells, solution)
        paid = self._visit_money(solution, visits, links, years)
        stays = self._stay_money(solution, part, links, years)
        flows = solution.flows * years
        table = _county_table(flows, links, paid, stays)
        weights = _month_weights(model, months)
        for month, weight in zip(months, weights, strict=True):
            _add_places(table, weight, links.place, cells.county, self.tallies.county[month])
        if self.by_group:
            self._groups(solution, visits * years, part * years, paid, stays, links)
        self._episodes(solution, years)
        self._facilities(flows, links, table, solution.state, years)
        self.tallies.people += model.events
        self.elapsed += years

    # ------------------------------------------------------------------ money

    def _visit_money(
        self, solution: Solution, visits: Floats, links: Links, years: float
    ) -> dict[str, Floats]:
        """Charge and fund payments of visits by cell, class and alternative, fen in the period."""
        model, cells = self.model, self.model.cells
        p, scheme, f = model.p, model.setting.scheme, solution.flows
        factor = f[..., C.VISIT_SEVERITY] / np.maximum(f[..., C.VISITS], 1e-300)
        each = links.price[cells.place][:, None, :] * factor[cells.place]
        people = np.maximum(model.mean_people.sum(axis=(1, 2, 3)), 1e-300)
        mean, square = money.money_of(
            p, scheme, cells.insurance, visits / people[:, None, None], each, _TIER
        )
        cap = scheme.visit_cap[cells.insurance].astype(np.float64)
        before, before_square = self.fund.copy(), self.square.copy()
        self.fund += mean.sum(axis=(1, 2)) * years
        self.square += square.sum(axis=(1, 2)) * years
        spread = (money.visit_variance(before, before_square),
                  money.visit_variance(self.fund, self.square))  # fmt: skip
        paid = money.capped_mean(self.fund, spread[1], cap) - money.capped_mean(
            before, spread[0], cap
        )
        kept = paid / np.maximum(self.fund - before, 1e-300)
        # The next period's share of people whose cap is used up, by its start.
        model.memory.exhausted[:] = money.above_cap(self.fund, spread[1], cap)
        charge = visits * each * years
        fund = mean * years * people[:, None, None] * np.minimum(1.0, kept)[:, None, None]
        return {"charge": charge, "fund": fund}

    def _stay_money(
        self, solution: Solution, part: Floats, links: Links, years: float
    ) -> dict[str, Floats]:
        """Charge and fund payments of stays by cell, class and alternative, fen in the period."""
        model, cells = self.model, self.model.cells
        p, scheme, f = model.p, model.setting.scheme, solution.flows
        people = np.maximum(model.mean_people.sum(axis=(1, 2, 3)), 1e-300)
        stays = f[..., C.STAYS] + f[..., C.SHORT] + f[..., C.DOWN]
        own = (part[..., None] * stays[cells.place]).sum(axis=(1, 2)) / people
        factors = scheme.deductible_factor / 10_000.0
        share = money.deductible_share(own, factors, self.elapsed, self.elapsed + years)
        rate = (scheme.stay_fund_bp[:, _TIER] / 10_000.0)[cells.insurance][:, None, :]
        first = scheme.deductible[:, _TIER][cells.insurance] * share[:, None]
        charge = np.zeros((len(people), 4, 11))
        fund = np.zeros_like(charge)
        length = np.asarray(p.stay_mean)[_TIER]
        for count, severity, divide in (
            (f[..., C.STAYS] + f[..., C.DOWN], f[..., C.STAY_SEVERITY] + f[..., C.DOWN_SEVERITY],
             np.ones(11)),
            (f[..., C.SHORT], f[..., C.SHORT_SEVERITY], length),
        ):  # fmt: skip
            number = part[..., None] * count[cells.place] * years
            factor = severity / np.maximum(count, 1e-300)
            each = (links.stay_price / divide)[cells.place][:, None, :] * factor[cells.place]
            charge += number * each
            fund += number * money.stay_fund(
                each, rate, first[:, None, :], 0.5 * float(p.severity_spread)
            )
        return {"charge": charge, "fund": fund}

    # ------------------------------------------------------------------ tables

    def _groups(
        self, solution: Solution, visits: Floats, part: Floats, paid: Any, stays: Any, links: Links
    ) -> None:
        """What is counted by county and group of residents, expected."""
        model, cells = self.model, self.model.cells
        shares = need_shares(model.p, model.mean_people)  # (N, 4, 5, 2)
        view = self.tallies.group.reshape(-1, 5, 2, 2, 5, 3, 6, L.GROUP_TALLIES)
        place = np.zeros((len(cells.county), 5, 2, 6))
        for column, values in self._group_columns(solution, visits, part, paid, stays, links):
            _add_groups(
                np.ascontiguousarray(values), shares, cells.place, cells.county, cells.urban,
                cells.income, cells.bands, place, view[..., column],
            )  # fmt: skip

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

    def _episodes(self, solution: Solution, years: float) -> None:
        ends = solution.ends.sum(axis=0)
        for column, source in (
            (L.E_STARTED, C.STARTED), (L.E_SELF_RESOLVED, C.SELF_RESOLVED),
            (L.E_SELF_UNRESOLVED, C.SELF_UNRESOLVED), (L.E_RESOLVED, C.RESOLVED),
            (L.E_UNRESOLVED, C.UNRESOLVED), (L.E_FIRST_PRIMARY, C.FIRST_PRIMARY),
            (L.E_CONTACTED, C.CONTACTED),
        ):  # fmt: skip
            self.tallies.episode[:, column] += ends[:, source] * years
        # Episodes open at any time, by Little's law, and those a closed clinic puts off that day.
        open_now = ends[:, C.OPEN_DAYS] / 365.0
        if self.elapsed == 0.0:
            self.tallies.episode[:, L.E_PENDING_START] = open_now + self._put_off(solution, -1)
        last = days_in_year(self.model.ground.region.year) - 1
        self.tallies.episode[:, L.E_PENDING_END] = open_now + self._put_off(solution, last)

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

    def _facilities(
        self, flows: Floats, links: Links, table: Floats, state: Any, years: float
    ) -> None:
        """Counts of facilities: stations' sums, by each facility's part of its station."""
        model = self.model
        sums = flows.sum(axis=1)
        columns = np.zeros((len(model.setting.stations.facility), L.FACILITY_TALLIES))
        admitted = sums[..., C.STAYS] + sums[..., C.SHORT] + sums[..., C.DOWN]
        critical = flows[:, 3, :, C.VISITS]
        for column, values in (
            (L.F_VISITS, sums[..., C.VISITS]), (L.F_UNSEEN, sums[..., C.UNSEEN]),
            (L.F_WAIT_SECONDS, table[..., L.C_WAIT_SECONDS]), (L.F_ADMISSIONS, admitted),
            (L.F_DISCHARGES, admitted), (L.F_STAY_DAYS, sums[..., C.BED_DAYS]),
            (L.F_BED_DAYS, sums[..., C.BED_DAYS]),
            (L.F_BED_WAIT_DAYS, table[..., L.C_BED_WAIT_DAYS]),
            (L.F_LEFT_QUEUE, sums[..., C.MOVED_ON]), (L.F_BED_REQUESTS, sums[..., C.WANTED]),
            (L.F_TRANSFERS_OUT, sums[..., C.SHORT]),
            (L.F_TRANSFERS_IN, sums[..., C.TRANSFERRED_IN]),
            (L.F_BACK_SENT, sums[..., C.SENT_BACK]), (L.F_BACK_RECEIVED, sums[..., C.DOWN]),
            (L.F_EMERGENCIES, critical), (L.F_REFERRED_IN, sums[..., C.REFERRED_IN]),
            (L.F_CHARGE_OUTPATIENT, table[..., L.C_CHARGE]),
            (L.F_CHARGE_INPATIENT, table[..., L.C_STAY_CHARGE]),
        ):  # fmt: skip
            columns[:, column] = links.to_stations(values)
        p, tier = model.p, model.setting.stations.tier
        consult = np.asarray(p.service_minutes) * 60.0 * (1.0 + np.asarray(p.test_share))
        columns[:, L.F_SERVICE_SECONDS] = columns[:, L.F_VISITS] * consult[tier]
        columns[model.setting.stations.delay, L.F_BED_DAYS] = 0.0
        columns[model.setting.stations.delay, L.F_SERVICE_SECONDS] = 0.0
        ground = model.ground.stations
        has = ground.station_of >= 0
        of = ground.station_of[has]
        beds = np.where(model.ground.world.facility.delay, 0, model.setting.conditions.beds)
        part = np.repeat(ground.part[has][:, None], L.FACILITY_TALLIES, axis=1)
        # What beds do is known of a station as a whole: its facilities are equally full.
        total = np.bincount(of, beds[has], len(columns))[of]
        in_beds = np.where(total > 0.0, beds[has] / np.maximum(total, 1e-300), ground.part[has])
        part[:, list(_OF_BEDS)] = in_beds[:, None]
        self.tallies.facility[has] += columns[of] * part
        self.tallies.facility[:, L.F_OPEN_BED_DAYS] += beds * years * 365.0


@kernel
def _add_groups(
    values: Any, shares: Any, place_of: Any, county: Any, urban: Any, income: Any, bands: Any,
    place: Any, out: Any,
) -> None:  # fmt: skip
    """Add values of cells by class and alternative, (N, 4, 11), to those of groups and tiers.

    shares  (N, 4, 5, 2) parts of age bands and sexes; place (G, 5, 2, 6) scratch
    out     (counties, 5 ages, 2 sexes, 2 residences, 5 incomes, 3 bands, 6 tiers)
    """
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
    for g in range(len(place)):
        for age in range(5):
            for sex in range(2):
                for fifth in range(5):
                    row = out[county[g], age, sex, urban[g], fifth]
                    for band in range(3):
                        part = income[g, fifth] * bands[g, band]
                        if part > 0.0:
                            for tier in range(6):
                                row[band, tier] += part * place[g, age, sex, tier]


@kernel
def _add_places(table: Any, weight: float, where: Any, county: Any, out: Any) -> None:
    """Add a table by place and alternative, (G, 11, tallies), to (counties, 6 tiers, 3 places,
    tallies); where (G, 11, 3) shares of an alternative's places."""
    for g in range(len(county)):
        for j in range(11):
            for k in range(3):
                part = weight * where[g, j, k]
                if part != 0.0:
                    row = out[county[g], ALTERNATIVE_TIER[j], k]
                    for column in range(table.shape[2]):
                        row[column] += part * table[g, j, column]


class Links:
    """What lies behind the alternatives of places at one state: prices, waits, place, stations."""

    def __init__(self, model: MeanField, state: Any) -> None:
        s, facility = model.ground.stations, model.ground.world.facility
        self.model = model
        counts = np.diff(s.link_start)
        self.row = np.repeat(np.arange(len(counts)), counts)  # place x alternative of every link
        self.station, self.weight = s.link_station, s.link_weight
        of = s.facility[self.station]
        now = model.setting.conditions
        self.price = self._mean(now.price[of])
        self.stay_price = self._mean(now.stay_price[of])
        self.wait = self._mean(state.wait[self.station]) * 3600.0
        self.emergency_wait = self._mean(state.emergency_wait[self.station]) * 3600.0
        self.bed_wait = self._mean(state.bed_wait[self.station])
        county = model.cells.county[self.row // 11]
        where = np.where(
            facility.outside[of], int(Place.OUTSIDE_REGION),
            np.where(facility.county[of] == county, int(Place.OWN_COUNTY),
                     int(Place.ELSEWHERE_IN_REGION)),
        )  # fmt: skip
        self.place = np.stack([self._mean((where == k).astype(float)) for k in range(3)], axis=-1)

    def _mean(self, values: Any) -> Floats:
        n = len(self.model.cells.county) * 11
        mean: Floats = np.bincount(self.row, values * self.weight, n).astype(np.float64)
        return mean.reshape(-1, 11)

    def to_stations(self, values: Floats) -> Floats:
        """Sum of (G, 11) over the stations behind."""
        n = len(self.model.setting.stations.facility)
        weights = values.ravel()[self.row] * self.weight
        return np.bincount(self.station, weights, n).astype(np.float64)


def _county_table(flows: Floats, links: Links, paid: Any, stays: Any) -> Floats:
    """The county tallies by place and alternative: (G, 11, tallies)."""
    cells = links.model.cells
    table = np.zeros((flows.shape[0], 11, L.COUNTY_TALLIES))
    sums = flows.sum(axis=1)

    def of_cells(values: Floats) -> Floats:
        row = cells.place[:, None] * 11 + np.arange(11)
        found = np.bincount(row.ravel(), values.sum(axis=1).ravel(), flows.shape[0] * 11)
        return found.reshape(-1, 11).astype(np.float64)

    hours = np.where(np.isfinite(cells.hours), cells.hours, 0.0)
    clinic = flows[:, :3, :, C.VISITS].sum(axis=1)
    table[..., L.C_VISITS] = sums[..., C.VISITS]
    table[..., L.C_CHARGE] = of_cells(paid["charge"])
    table[..., L.C_FUND] = of_cells(paid["fund"])
    table[..., L.C_OUT_OF_POCKET] = table[..., L.C_CHARGE] - table[..., L.C_FUND]
    table[..., L.C_TRAVEL_SECONDS] = sums[..., C.VISITS] * 2.0 * hours * 3600.0
    table[..., L.C_WAIT_SECONDS] = (
        clinic * links.wait + flows[:, 3, :, C.VISITS] * links.emergency_wait
    )
    table[..., L.C_FIRST_CONTACTS] = sums[..., C.FIRST]
    table[..., L.C_REFERRALS] = sums[..., C.REFERRED]
    table[..., L.C_ADMISSIONS] = sums[..., C.STAYS] + sums[..., C.SHORT] + sums[..., C.DOWN]
    table[..., L.C_DISCHARGES] = table[..., L.C_ADMISSIONS]
    table[..., L.C_STAY_CHARGE] = of_cells(stays["charge"])
    table[..., L.C_STAY_FUND] = of_cells(stays["fund"])
    table[..., L.C_STAY_OUT_OF_POCKET] = table[..., L.C_STAY_CHARGE] - table[..., L.C_STAY_FUND]
    table[..., L.C_UNSEEN] = sums[..., C.UNSEEN]
    table[..., L.C_BED_WAIT_DAYS] = table[..., L.C_ADMISSIONS] * links.bed_wait
    return table


def _month_weights(model: MeanField, months: list[int]) -> Floats:
    """Parts of a period's flows that fall in its months."""
    days = {month: length for _, length, month in blocks(model.ground.region.year)[1:]}
    weights = np.array([model.p.season[month] * days[month] for month in months])
    return weights / weights.sum()
