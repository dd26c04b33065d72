"""One region and parameter set in the mean-field: set up, then solved period by period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim import day as timetable
from sim.engines.meanfield.balance import State
from sim.engines.meanfield.flows import AGAIN, BAD, BED_DAYS, ENDS, FIRST, FLOWS, GOOD, VISITS
from sim.engines.meanfield.locations import Floats
from sim.engines.meanfield.recollection import (
    Experience,
    Memory,
    choosing_by_quality,
    first_memory,
    new_lanes,
    new_rates,
    remember,
    seen_by_all,
)
from sim.engines.meanfield.services import side_by_side
from sim.engines.meanfield.solver import Need, solve_period, work_of
from sim.engines.meanfield.solver_inputs import (
    Conditions,
    RegionInputs,
    Sessions,
    first_state,
    solver_inputs_of,
)
from sim.engines.meanfield.vital import change, partner_cells, relative_deaths
from sim.jit import kernel
from sim.parameters import one_row
from sim.rules.illness import yearly_rate
from sim.tiers import ALTERNATIVE_TIER, N_ALTERNATIVES, N_CHOICES, N_CLASSES

_TIER = ALTERNATIVE_TIER
_TYPICAL_AGE = (8, 30, 55, 70, 80)  # one year of age of every age band


@dataclass(frozen=True, slots=True)
class Solution:
    """One period's answer. Flows, ends and contacts are the model's own arrays, which its next
    period overwrites.

    flows   (G, 4, 11, FLOWS) yearly flows of places, see flows
    ends    (G, 4, 8) yearly ends of episodes
    contacts  (N, 4, 12) shares of first choices of cells; need (N, 4) episodes a year
    visits, part  see share_visits
    state   waits and beds of the stations
    turns, inner, residual  evaluations of all cells, turns between them, and the residual
    """

    flows: Floats
    ends: Floats
    contacts: Floats
    need: Floats
    visits: Floats
    part: Floats
    state: Any
    turns: int
    inner: int
    residual: float


@kernel
def _need(rates: Any, people: Any, out: Any) -> None:
    """Episodes a year of every cell and class at intensity 1: (N, 4)."""
    for i in range(people.shape[0]):
        for s in range(N_CLASSES):
            out[i, s] = 0.0
        for a in range(5):
            for sex in range(2):
                for state in range(4):
                    for s in range(N_CLASSES):
                        out[i, s] += people[i, a, sex, state] * rates[a, sex, state, s]


def need_rates(p: Any) -> Floats:
    """Episodes a person-year by age band, sex, chronic state and class: (5, 2, 4, 4)."""
    rates = np.zeros((5, 2, 4, 4))
    _need_rates(p, rates)
    return rates


@kernel
def _need_rates(p: Any, out: Any) -> None:
    for a in range(5):
        for sex in range(2):
            for state in range(4):
                for s in range(N_CLASSES):
                    out[a, sex, state, s] = yearly_rate(p, s, _TYPICAL_AGE[a], sex, state)


@kernel
def _shares(rates: Any, people: Any, out: Any) -> None:
    """Part of a cell's episodes of a class by age band and sex: (N, 4, 5, 2)."""
    for i in range(people.shape[0]):
        for s in range(N_CLASSES):
            total = 0.0
            for a in range(5):
                for sex in range(2):
                    own = 0.0
                    for state in range(4):
                        own += people[i, a, sex, state] * rates[a, sex, state, s]
                    out[i, s, a, sex] = own
                    total += own
            for a in range(5):
                for sex in range(2):
                    out[i, s, a, sex] = out[i, s, a, sex] / total if total > 0.0 else 0.0


def need_shares(rates: Floats, people: Floats) -> Floats:
    """Part of a cell's episodes of a class by age band and sex, by `need_rates`: (N, 4, 5, 2)."""
    out = np.zeros((people.shape[0], 4, 5, 2))
    _shares(rates, people, out)
    return out


class MeanField:
    """A region with one set of parameters. `period` solves one period and moves memory on.

    earlier  session table of an earlier model, see solver_inputs.solver_inputs_of
    """

    def __init__(
        self, inputs: RegionInputs, parameters: Any, earlier: Sessions | None = None
    ) -> None:
        self.inputs = inputs
        self.p = p = parameters
        self.cells = c = inputs.cells
        self.people = c.people.copy()  # at the end of the last period
        self.mean_people = self.people  # of the period
        self.count = number_of_people(self.people)
        self.partners = partner_cells(c)
        self.relative_deaths, self.need_rates = relative_deaths(p), need_rates(p)
        n_cells = len(c.place)
        self.resize(p, earlier)
        self.memory: Memory = first_memory(p, c)
        self.rates, self.lanes = new_rates(), new_lanes()
        self.seen: Experience | None = None
        self.contacts = np.zeros((n_cells, N_CLASSES, N_CHOICES))  # of the last period
        self.in_bed = np.zeros(n_cells)
        self.events = np.zeros((len(inputs.region.counties.code), 3))

    @property
    def children(self) -> float:
        """Children's part of visits, by need."""
        need = np.zeros((len(self.cells.place), 4))
        _need(self.need_rates, self.people, need)
        by_scope = np.bincount(self.cells.scope, need[:, :3].sum(axis=1), 3)
        return float(by_scope[0] / max(by_scope.sum(), 1e-300))

    def resize(self, p: Any, earlier: Sessions | None = None) -> None:
        """Solver inputs, scratch and first state for the stations of the region inputs."""
        inputs, c = self.inputs, self.cells
        n_places, n_cells, n_stations = len(c.county), len(c.place), len(inputs.stations.facility)
        self.solver_inputs = solver_inputs_of(inputs, p, self.children, None, earlier)
        self.work = work_of(n_places, n_cells, n_stations, FLOWS, ENDS)
        self.state = first_state(self.solver_inputs.stations, p)

    def update(self, conditions: Conditions, parameters: Any = None) -> None:
        """Services, and the parameters if given, as they are from the next period on.

        What people remember and the waits of the last period stay.
        """
        if parameters is not None and parameters is not self.p:
            self.p = parameters
            self.relative_deaths = relative_deaths(parameters)
            self.need_rates = need_rates(parameters)
        earlier = self.solver_inputs.sessions
        self.solver_inputs = solver_inputs_of(
            self.inputs, self.p, self.children, conditions, earlier
        )

    # ------------------------------------------------------------------ periods

    def period(self, years: float, intensity: float, *, exact: bool = True) -> Solution:
        """Solve a period of `years` with all rates times `intensity`; memory moves to its end.

        exact  see solver.solve_period

        Raises errors.NotConverged when there is no fixed point within the tolerance.
        """
        moved, self.events = change(
            self.p, self.cells, self.inputs.vital, self.relative_deaths, self.partners,
            self.people, years,
        )  # fmt: skip
        self.mean_people = self.people + 0.5 * moved
        people = self.count = number_of_people(self.mean_people)
        if self.seen is None:
            self._solve(self.memory, intensity, exact)
        mean = self._remember(people, self.seen, years, True)
        solution = self._solve(mean, intensity, exact)
        self.memory = self._remember(people, self.seen, years, False)
        self.people = self.people + moved
        return solution

    def _remember(self, people: Floats, seen: Any, years: float, mean: bool) -> Memory:
        new = self.memory.blank()
        scratch = np.zeros((len(self.cells.county), 7))
        remember(
            one_row(self.p), self.solver_inputs.cells, people, seen.arrays(), years, mean,
            self.memory.arrays(), new.arrays(), scratch, self.rates,
        )  # fmt: skip
        return new

    def _solve(self, memory: Memory, intensity: float, exact: bool) -> Solution:
        need = np.zeros((len(self.cells.place), 4))
        _need(self.need_rates, self.mean_people, need)
        need *= intensity * (1.0 - self.in_bed)[:, None]
        people = self.count
        total = np.bincount(self.cells.place, people)
        trust = np.bincount(self.cells.place, people * memory.quality[:, 1])
        self.solver_inputs.places.trust = side_by_side(trust / np.maximum(total, 1e-300))
        quality = np.zeros((len(people), 4, 6))
        loyal = np.ones_like(quality) if self.seen is None else self.seen.loyal
        seen_by_all(one_row(self.p), memory.arrays(), self.contacts, loyal, quality)
        seen = Need(need, quality, memory.exhausted, memory.habit, memory.habit_good)
        turns, inner, residual = solve_period(
            self.p, self.solver_inputs.services, seen, self.state, self.work, exact
        )
        w = self.work
        visits, part = visits_of_cells(self.solver_inputs.cells, need, w.first, w.flows)
        solution = Solution(
            flows=w.flows, ends=w.ends, contacts=w.first, need=need, visits=visits, part=part,
            state=State(*(a.copy() for a in self.state)), turns=turns, inner=inner,
            residual=residual,
        )  # fmt: skip
        self.contacts = solution.contacts
        self.seen, self.in_bed = self._experience(solution, people)
        return solution

    def _experience(self, solution: Solution, people: Floats) -> tuple[Experience, Floats]:
        """What the people of every cell live through, and the time they spend in bed."""
        n = len(people)
        good, ended, by_tier = (
            np.zeros((n, N_CLASSES, N_ALTERNATIVES)),
            np.zeros((n, N_CLASSES, N_ALTERNATIVES)),
            np.zeros((n, 4, 6, 3)),
        )
        in_bed = np.zeros(n)
        _outcomes(
            self.solver_inputs.cells, solution.flows, solution.visits, solution.part, people, good,
            ended, by_tier, in_bed, np.empty((*solution.flows.shape[:3], 3)),
        )  # fmt: skip
        choosing, loyal = np.zeros((n, 4, 6)), np.ones((n, 4, 6))
        choosing_by_quality(
            one_row(self.p), self.solver_inputs.cells, solution.contacts, solution.flows, by_tier,
            choosing, loyal, self.lanes,
        )  # fmt: skip
        return_ = self.work.care / np.maximum(1.0 - solution.contacts[:, :, :1], 1e-12)
        return Experience(good, ended, by_tier, choosing, loyal, return_), in_bed


@kernel
def share_visits(
    cells: Any, need: Any, contacts: Any, flows: Any, visits: Any, part: Any, rates: Any,
    failing: Any,
) -> None:  # fmt: skip
    """Visits of cells by class and alternative, (N, 4, 11), and each cell's part of what its
    place's episodes of a class lead to, (N, 4).

    First contacts are the cell's own; later visits go by its part of its place's first contacts.
    rates (2, G, 4, 11), failing (G, 4)  scratch, zeros: visits of a place, first ones over who
    chooses the alternative, and later ones
    """
    first, later = rates[0], rates[1]
    for i in range(len(cells.place)):
        for s in range(N_CLASSES):
            for j in range(N_ALTERNATIVES):
                first[cells.place[i], s, j] += need[i, s] * contacts[i, s, j + 1]
    for g in range(flows.shape[0]):
        for s in range(N_CLASSES):
            for j in range(N_ALTERNATIVES):
                seen, choose = flows[g, s, j, FIRST], first[g, s, j]
                first[g, s, j] = seen / choose if choose > 0.0 else 0.0
                later[g, s, j] = max(0.0, flows[g, s, j, VISITS] - seen)
    for i in range(len(cells.place)):
        g = cells.place[i]
        for s in range(N_CLASSES):
            for j in range(N_ALTERNATIVES):
                visits[i, s, j] = need[i, s] * contacts[i, s, j + 1] * first[g, s, j]
            for j in range(N_ALTERNATIVES):
                part[i, s] += visits[i, s, j]
            failing[g, s] += part[i, s]
    for i in range(len(cells.place)):
        g = cells.place[i]
        for s in range(N_CLASSES):
            if failing[g, s] > 0.0:
                part[i, s] /= failing[g, s]
            for j in range(N_ALTERNATIVES):
                visits[i, s, j] += part[i, s] * later[g, s, j]


@kernel
def _outcomes(
    cells: Any, flows: Any, visits: Any, part: Any, people: Any, good: Any, ended: Any,
    by_tier: Any, in_bed: Any, rates: Any,
) -> None:  # fmt: skip
    """Outcomes of visits of cells, a person and year, see Experience, and the share of time spent
    in bed; zeros are added to. rates (G, 4, 11, 3) scratch: outcomes of a place's visit, good, bad
    and ending."""
    for g in range(flows.shape[0]):
        for s in range(N_CLASSES):
            for j in range(N_ALTERNATIVES):
                flow = flows[g, s, j]
                over = 1.0 / flow[VISITS] if flow[VISITS] > 0.0 else 0.0
                rates[g, s, j, 0], rates[g, s, j, 1] = over * flow[GOOD], over * flow[BAD]
                rates[g, s, j, 2] = over * (flow[GOOD] + flow[BAD] - flow[AGAIN])
    for i in range(len(people)):
        g = cells.place[i]
        over = 1.0 / max(people[i], 1e-300)
        days = 0.0
        for s in range(N_CLASSES):
            for j in range(N_ALTERNATIVES):
                each, rate = visits[i, s, j] * over, rates[g, s, j]
                good[i, s, j] = each * rate[0]
                ended[i, s, j] = each * rate[2]
                by_tier[i, s, _TIER[j], 0] += each * rate[0]
                by_tier[i, s, _TIER[j], 1] += each * rate[1]
                by_tier[i, s, _TIER[j], 2] += each * rate[2]
                days += part[i, s] * flows[g, s, j, BED_DAYS]
        in_bed[i] = min(0.9, days / 365.0 * over)


def visits_of_cells(
    cells: Any, need: Floats, contacts: Floats, flows: Floats
) -> tuple[Floats, Floats]:
    """`share_visits` of an answer."""
    n = len(cells.place)
    visits, part = np.zeros((n, N_CLASSES, N_ALTERNATIVES)), np.zeros((n, 4))
    rates, failing = np.zeros((2, *flows.shape[:3])), np.zeros(flows.shape[:2])
    share_visits(cells, need, contacts, flows, visits, part, rates, failing)
    return visits, part


def number_of_people(people: Floats) -> Floats:
    """People of every cell, (N,), from their counts by age, sex and chronic state."""
    count: Floats = people.reshape(len(people), -1).sum(axis=1)
    return count


def quarters(year: int) -> list[tuple[list[int], float]]:
    """Months (0-11) and length in years of the four quarters."""
    blocks = timetable.blocks(year)[1:]
    return [
        ([month for _, _, month in blocks[k : k + 3]],
         sum(days for _, days, _ in blocks[k : k + 3]) / 365.0)
        for k in range(0, 12, 3)
    ]  # fmt: skip
