"""Monthly: what patients did becomes flows of the system dynamics, whose stocks become capacities.

Every quantity has one owner. Residents own age, place, chronic state, contract, opinions, habits
and open episodes; queues own rooms and beds in use; system dynamics own beds, staff, capability,
effort, the insurance fund and the rates it can pay. Up to the last year a region's tables know, its
published stocks are the path; its own loops turn on after it, measured against that year.
"""

from __future__ import annotations

from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.dynamics.conditions import (
    Figures,
    check_schedule,
    figures_of,
    parameters_of,
    rounded,
    scope_of,
)
from sim.dynamics.memo import Memo
from sim.dynamics.provider_groups import (
    MonthTally,
    ProviderGroups,
    facilities_of_providers,
    flows_of,
    is_at,
    members_of,
    posts_of,
    providers_now,
    ratio,
)
from sim.dynamics.schedule import FIRST_YEAR, PolicyChange, PolicySchedule
from sim.dynamics.stocks import (
    MONTH,
    MOST_CONTRACT_TIME,
    Drivers,
    Integrator,
    Stocks,
    effort_target,
    links_of,
    providers_of,
    retained_by_county,
    shapes,
    size,
    view,
)
from sim.packs import PathRegions
from sim.region import Region, Villages, freeze
from sim.tiers import ALTERNATIVE_TIER, Tier

Floats = NDArray[np.float64]
_ALTERNATIVE_TIER = np.array(ALTERNATIVE_TIER)
_PRIMARY = ("village", "township")


class SystemDynamics:
    """The stocks of one path and the conditions they make. Months count from January 2020."""

    def __init__(self, paths: PathRegions, p: Any, schedule: PolicySchedule) -> None:
        first = paths.of(FIRST_YEAR)
        check_schedule(schedule, first)
        self.paths, self.p, self.schedule = paths, p, schedule
        self.last_known = max(paths.years)
        self.published = [paths.of(year) for year in range(FIRST_YEAR, self.last_known + 1)]
        self.loops_from = 12 * (self.last_known + 1 - FIRST_YEAR)
        f = first.facilities
        self.counties = len(first.counties.code)
        self.provider_of = providers_of(first)
        # A record's fields are slow to read one by one.
        self.plain = SimpleNamespace(**{name: p[name] for name in p.dtype.names})
        queues = ~f.is_delay
        has = [bool((queues & (f.tier == int(t))).any()) for t in (Tier.CITY, Tier.REGIONAL)]
        self.links = links_of(self.counties, *has)
        self.n = len(self.links.tier)
        self.members = members_of(self.provider_of, self.n)
        self.length = shapes(self.n, len(f.key), self.counties)
        self.flat = np.zeros(size(self.length))
        self.stocks: Stocks = view(self.flat, self.length)
        self.integrator = Integrator(self.length)
        self.scope = scope_of(first)
        self.is_open = False  # the regional centre
        self.history: list[MonthTally] = []
        self.flows: list[
            Floats
        ] = []  # visits and charges by provider group, fund by county, of every month
        self.reference: Floats | None = None  # flows of the last known year
        self.reference_residents = np.zeros(self.counties)
        self._unplanned: tuple[PolicyChange, ...] | None = (
            None  # steps that leave the centre unbuilt
        )
        self._last_figures: Memo[Figures] = Memo()
        self._last_providers: Memo[ProviderGroups] = Memo()
        self._last_parameters: Memo[Any] = Memo()
        self._last_villages: Memo[Villages] = Memo()
        self.figures = self._figures(0)
        self.drivers: Drivers | None = None
        self._start()

    # ------------------------------------------------------------------ what there is

    def _start(self) -> None:
        p, stocks, region = self.p, self.stocks, self.base(0)
        stocks.doctors[:] = self._posts(region)
        stocks.practitioners[:] = np.where(
            self.links.tier == 1, p.general_practitioner_share * stocks.doctors, 0.0
        )
        stocks.nurses[:] = self._nurse_posts(region, region.facilities.beds.astype(np.float64))
        stocks.beds[:] = region.facilities.beds
        stocks.effort[:] = effort_target(p, 0.0)
        stocks.rate[:] = 1.0
        self.start = self.flat.copy()
        self.at_start = view(self.start, self.length)

    def base(self, month: int) -> Region:
        """The region as published for a month, with the centre once it is open."""
        if self.is_open and self.paths.centre is not None:
            return self.paths.centre
        return self.published[min(month // 12, len(self.published) - 1)]

    def _figures(self, month: int) -> Figures:
        """Figures of a month; the same object as long as nothing has changed."""
        base, steps = self.base(month), self.schedule.at(month)

        def made() -> Figures:
            figures = figures_of(base, replace(self.scope, region=base), steps)
            if not self.is_open and self.paths.centre is not None:
                closed = (base.facilities.tier == int(Tier.REGIONAL)) & ~base.facilities.is_delay
                figures.planned[closed] = 0.0
            return figures

        return self._last_figures.get((base, steps, self.is_open), made)

    def providers(self, month: int) -> ProviderGroups:
        """What the tables of a month and the present figures say of provider groups."""
        return self._providers(self.base(month))

    def _providers(self, base: Region) -> ProviderGroups:
        """As `providers`, of a region; worked out when it or the figures change."""
        at_first = self.base(0).facilities.doctors
        return self._last_providers.get(
            (base, self.figures, self.is_open),
            lambda: providers_now(
                base, self.figures, self.links, self.members, at_first, self.is_open
            ),
        )

    def _posts(self, region: Region) -> Floats:
        return posts_of(region, self.figures, self.links, self.members, self.is_open)

    def _nurse_posts(self, region: Region, beds: Floats) -> Floats:
        """Nurses a provider group needs: the national ratio to published doctors, by its beds."""
        providers = self._providers(region)
        moved = ratio(self.members.by_provider(beds), providers.beds)
        needed = self.plain.nurses_per_doctor * providers.posts * moved
        return np.where(self.links.tier == 0, 0.0, needed)

    # ------------------------------------------------------------------ down: conditions

    def open_month(self, month: int) -> tuple[Region, Any]:
        """The first of a month: published changes are booked, a centre may open; returns the region
        and the parameters that patients meet in it."""
        if month > 0 and month % 12 == 0 and FIRST_YEAR + month // 12 <= self.last_known:
            self._book_published(month)
        if month == self.loops_from:
            self._turn_loops_on()
        self.figures = self._figures(month)
        self._open_centre(month)
        return self._region(month), self._parameters(month)

    def _book_published(self, month: int) -> None:
        """January of a year the tables know: stocks move with the published ones."""
        old, new = self.base(month - 1), self.base(month)
        before = self.flat.copy()
        grown = ratio(self._posts(new), self._posts(old))
        for name in ("doctors", "practitioners", "nurses"):
            getattr(self.stocks, name)[:] *= grown
        self.stocks.beds[:] += new.facilities.beds - old.facilities.beds
        self.start += self.flat - before

    def _turn_loops_on(self) -> None:
        """1 January after the last known year: that year is the measure of all that follows."""
        self._set_reference()
        reserve = self.plain.fund_reserve_start / 12.0 * self._fund(self.reference).sum()
        self.stocks.fund[0] += reserve
        self.at_start.fund[0] += reserve

    def _set_reference(self) -> None:
        self.reference = self._year_before(self.loops_from)
        self.reference_residents = self.history[self.loops_from - 1].residents

    def _year_before(self, month: int) -> Floats:
        """Flows of the twelve months before."""
        year: Floats = np.add.reduce(self.flows[month - 12 : month])
        return year

    def _fund(self, flows: Any) -> Floats:
        fund: Floats = flows[2 * self.n :]
        return fund

    def _open_centre(self, month: int) -> None:
        centre = self.paths.centre
        if self.is_open or centre is None or self.paths.opens is None:
            return
        if FIRST_YEAR + month // 12 < self.paths.opens:
            return
        steps = self.schedule.at(month)
        if steps == self._unplanned:
            return
        planned = figures_of(centre, replace(self.scope, region=centre), steps)
        where = is_at(centre, Tier.REGIONAL)
        if planned.planned[where].sum() < 1.0:
            self._unplanned = steps
            return
        self.is_open, self.figures = True, planned
        before = self.flat.copy()
        provider = self.links.tier == int(Tier.REGIONAL)
        self.stocks.beds[where] = planned.planned[where]
        self.stocks.doctors[provider] = self._posts(centre)[provider]
        self.stocks.nurses[provider] = self._nurse_posts(centre, self.stocks.beds)[provider]
        self.start += self.flat - before

    def _region(self, month: int) -> Region:
        """What patients meet: tables with the doctors, beds, prices and rates of the month."""
        base, figures = self.base(month), self.figures
        f, insurance, rate = base.facilities, base.insurance, self.stocks.rate[0]
        doctors, beds, gain = self._facilities(base)
        facilities = replace(
            f, doctors=doctors, beds=beds, outpatient_fen=figures.price,
            inpatient_fen=figures.stay_price, gain=gain, reserved=figures.reserved,
        )  # fmt: skip
        return freeze(replace(
            base, year=FIRST_YEAR + month // 12, facilities=facilities,
            villages=self._ways(base.villages),
            insurance=replace(
                insurance,
                outpatient_rate_bp=rounded(figures.visit_rate * rate * 10_000.0),
                inpatient_rate_bp=rounded(figures.stay_rate * rate * 10_000.0),
            ),
            contract_coverage=self._coverage(base),
        ))  # fmt: skip

    def _facilities(self, base: Region) -> tuple[Floats, NDArray[np.int64], Floats]:
        """Doctors (F,), open beds (F,) and gain (F, 4) of facilities by their provider groups."""
        figures, stocks, f = self.figures, self.stocks, base.facilities
        posts, doctors, gain = self._providers(base).posts, f.doctors.copy(), figures.gain.copy()
        if self.is_open:
            centre = is_at(base, Tier.REGIONAL)
            doctors[centre] = posts[self.links.tier == int(Tier.REGIONAL)] / centre.sum()
        # Beds without nurses stay closed.
        staffed = np.minimum(1.0, ratio(stocks.nurses, self._nurse_posts(base, stocks.beds)))
        staffed[self.links.tier == 0] = 1.0
        beds = np.empty(len(doctors), dtype=np.int64)
        facilities_of_providers(
            self.provider_of, ratio(stocks.doctors, posts), staffed, stocks.gain, figures.posted,
            stocks.beds, doctors, gain, beds,
        )  # fmt: skip
        return doctors, beds, gain

    def _ways(self, villages: Villages) -> Villages:
        """Villages with the travel of the month; the same object as long as nothing has changed,
        which spares an engine its tables."""
        factor = self.figures.hours
        if (factor == 1.0).all():
            return villages
        return self._last_villages.get(
            (villages, factor),
            lambda: replace(villages, hours=villages.hours * factor[_ALTERNATIVE_TIER]),
        )

    def _coverage(self, base: Region) -> Floats:
        """Contract coverage that policy aims at and doctors can sign; never below the published."""
        wanted = self.figures.coverage
        if self.reference is None:
            return wanted
        published = base.contract_coverage
        if (wanted <= published).all():
            return wanted
        p, by_key = self.plain, self.history[-1].by_key
        village = self.stocks.doctors[self.links.tier == 0].sum()
        capacity = p.contracts_per_practitioner * self.stocks.practitioners.sum()
        capacity += p.contracts_per_village_doctor * village
        left = max(0.0, capacity - float((published * by_key).sum()))
        coverage = wanted.copy()
        for group in (1, 0):  # key groups are signed first
            more = max(0.0, (wanted[group] - published[group]) * by_key[group])
            signed = min(more, left)
            left -= signed
            if more > signed:
                coverage[group] = published[group] + signed / by_key[group]
        return coverage

    def _parameters(self, month: int) -> Any:
        p, more = self.plain, {}
        residents = self.scope.residents
        effort = float((self.stocks.effort * residents).sum() / residents.sum())
        raised = effort - float(self.at_start.effort[0])
        if abs(raised) > 1e-12:
            more["formal_referral"] = 1.0 + p.effort_referral * raised
            for tier in ("county", "city"):
                more[f"back_referral_offer:{tier}"] = 1.0 + p.effort_back_referral * raised
        taken = self.contract_time(month)
        if taken > 0.0:
            more |= {f"clinic_hours:{tier}": 1.0 - taken for tier in _PRIMARY}
        steps = self.schedule.at(month)
        return self._last_parameters.get(
            (steps, more), lambda: parameters_of(self.p, self.scope, steps, more)
        )

    def contract_time(self, month: int) -> float:
        """B4: share of village and township doctors' time that added contracts take, 0-0.5."""
        if self.reference is None:
            return 0.0
        base = self.base(month)
        added = np.maximum(0.0, self._coverage(base) - base.contract_coverage)
        if not added.any():
            return 0.0
        hours = float((added * self.history[-1].by_key * self.plain.contract_hours).sum())
        doctors = self.stocks.doctors[self.links.tier <= 1].sum()
        return min(MOST_CONTRACT_TIME, hours / max(1.0, doctors * self.plain.working_hours))

    # ------------------------------------------------------------------ up: flows

    def take(self, month: int, tally: MonthTally) -> None:
        """The end of a month: what patients did becomes what the flows follow."""
        same = bool(self.history) and tally is self.history[-1]  # the mean month of a quarter
        self.history.append(tally)
        self.flows.append(self.flows[-1] if same else flows_of(self.members, tally))
        self.drivers = self._drivers(month)

    def step(self) -> None:
        """The stocks move on by the month whose tally has been taken."""
        if self.drivers is None:
            raise ValueError("stocks move on after a month's tally has been taken")
        self.integrator.step(self.p, self.links, self.drivers, self.flat, MONTH)

    def _drivers(self, month: int) -> Drivers:
        """What the flows of a month follow."""
        base, figures = self.base(month), self.figures
        n, providers = self.n, self._providers(base)
        volume = revenue = np.ones(n)
        surplus, budget = np.zeros(self.counties), self.history[-1].fund * 12.0
        spending = budget
        if self.reference is not None:
            now = self._year_before(len(self.history))
            grown = ratio(now[: 2 * n], self.reference[: 2 * n])
            volume, revenue = grown[:n], grown[n:]
            budget, spending = self._budget(month), self._fund(now)
            retained_by_county(self.p, budget, spending, figures.kept, surplus)
        return Drivers(
            posts=providers.posts, nurse_posts=self._nurse_posts(base, self.stocks.beds),
            planned=figures.planned, exits=providers.exits, income=providers.income,
            places=self._places(), posted=providers.posted, volume=volume,
            revenue=revenue, surplus=surplus, kept=providers.kept, effort=providers.effort,
            contributions=np.array([budget.sum()]), spending=np.array([spending.sum()]),
        )  # fmt: skip

    def _places(self) -> Floats:
        """Students a year by provider group: a tier's number, shared as its posts are."""
        posts = np.maximum(self.stocks.doctors, 0.0)
        tier = self.links.tier
        total = np.bincount(tier, posts, 6)
        return self.figures.places[tier] * posts / np.maximum(total[tier], 1e-9)

    def _budget(self, month: int) -> Floats:
        """What a county's people bring to the fund a year: the reference year's spending, by people
        and real growth, yuan."""
        assert self.reference is not None  # noqa: S101  (loops are on)
        people = self.history[-1].residents / np.maximum(self.reference_residents, 1.0)
        years = (month + 1 - self.loops_from) / 12.0  # between the middles of the two years
        growth = (1.0 + self.plain.contribution_growth) ** years
        budget: Floats = self._fund(self.reference) * people * growth
        return budget

    # ------------------------------------------------------------------ state

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything that lasts over a 1 January, as arrays."""
        history = {
            f"history_{f.name}": np.array([getattr(m, f.name) for m in self.history])
            for f in fields(MonthTally)
        }
        return {"flat": self.flat, "start": self.start, "is_open": np.array(self.is_open)} | history

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from what `state` gave."""
        self.flat[:], self.start[:] = state["flat"], state["start"]
        self.is_open = bool(state["is_open"])
        columns = [state[f"history_{f.name}"] for f in fields(MonthTally)]
        self.history = [MonthTally(*rows) for rows in zip(*columns, strict=True)]
        self.flows = [flows_of(self.members, tally) for tally in self.history]
        if len(self.history) > self.loops_from:
            self._set_reference()
