"""The fixed point choice ⇄ waits ⇄ beds of one period, with a residual that is never ignored."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from sim.engines.meanfield.acceleration import accelerate
from sim.engines.meanfield.balance import (
    LOADS,
    State,
    chain_loads,
    fill_places,
    react,
    run_chains,
    settled_delay,
)
from sim.engines.meanfield.bed_queue import PATIENCE_POINTS, patience_table
from sim.engines.meanfield.choice_response import answer
from sim.engines.meanfield.facility_attributes import offer, offered
from sim.engines.meanfield.flows import WIDE, new_chain
from sim.engines.meanfield.group_choice import (
    HABITS,
    LANES,
    LATER,
    exponents,
    first_contacts,
    new_scratch,
    own_exponents,
)
from sim.errors import NotConverged
from sim.jit import inlined, kernel
from sim.parameters import one_row
from sim.tiers import N_ALTERNATIVES, N_CHOICES, N_CLASSES

TOLERANCE = 1e-6  # of waits in hours, shares and occupancies
MOST_TURNS = 60
_INNER = 400
_FIRST_TOLERANCE, _PART = 1e-3, 0.03  # part of a move that the next one is, at most
LOOSE = 4e-3  # what may be left where `exact` is not asked for
# Cells answer too strongly when a move is more than this part of the one before; each part of the
# state then goes only a share of its way, at least the shortest.
_TURNS_ROUND, _SHORTEST_SHARE, _LONGER, _COUNTS = 0.5, 0.01, 1.5, 0.1
_PART_TURNING = 0.003  # places are solved more exactly then, since a share is found by differences
_LOOSE_INNER = 2e-3
# Growth of contacts with the wait is at least this steep: hours of wait per utility, and half the
# alternative's own share; only the speed of the iteration rests on it.
_OWN_RESPONSE = 0.6


# What a period's fixed point reads of its solver inputs, see solver_inputs.SolverInputs.
Services = namedtuple(
    "Services",
    ["facilities", "scheme", "cells", "stations", "clinics", "stay", "places",
     "prices", "tastes"],
)  # fmt: skip
# What it reads of people: (N, 4) episodes a year at the period's intensity, (N, 4, 6) perceived
# quality (recollection.seen_by_all), and of a Memory the share of exhausted caps and the habits.
Need = namedtuple("Need", ["episodes", "quality", "exhausted", "habit", "habit_good"])
# Scratch arrays of one region, one set a thread.
Work = namedtuple(
    "Work",
    ["offers", "place_offer", "old_offer", "place_weight", "own", "first", "care", "later", "base",
     "change", "contacts", "flows", "ends", "loads", "slope", "asked", "row", "weight", "scratch",
     "raised", "lanes", "chain", "start", "fresh", "point", "step", "past_x", "past_f", "gram",
     "share", "patience", "waits", "answers"],
)  # fmt: skip


def work_of(places: int, cells: int, stations: int, flows: int, ends: int) -> Any:
    """Allocate the scratch of a region."""
    zeros, blocks = np.zeros, -(-places // WIDE)
    classes, others, choices = N_CLASSES, N_ALTERNATIVES, N_CHOICES
    return Work(
        offers=zeros((stations, 4, 2)), place_offer=zeros((places, classes, 2, others)),
        old_offer=zeros((places, classes, 2, others)),
        place_weight=zeros((places, 2, choices * LANES)),
        own=zeros((cells, choices * LANES)), first=zeros((cells, classes, choices)),
        care=zeros((cells, classes, others)), later=zeros((blocks, classes, 5, choices, WIDE)),
        base=zeros((blocks, classes, choices, WIDE)), change=zeros((blocks, classes, others, WIDE)),
        contacts=zeros((blocks, classes, choices, WIDE)),
        flows=zeros((places, classes, others, flows)),
        ends=zeros((places, 4, ends)), loads=zeros((stations, LOADS)), slope=zeros(stations),
        asked=zeros(stations), row=zeros(choices), weight=zeros((4, LANES)), scratch=new_scratch(),
        raised=zeros((3, HABITS)),
        lanes=zeros((places, LATER)), chain=new_chain(), start=new_state(stations),
        fresh=new_state(stations),
        point=zeros(8 * stations), step=zeros(8 * stations), past_x=zeros((6, 8 * stations)),
        past_f=zeros((6, 8 * stations)), gram=zeros((5, 6)), share=zeros(5),
        patience=zeros((PATIENCE_POINTS, 10)), waits=zeros((4, PATIENCE_POINTS)),
        answers=zeros((3, _ACTED_ON, stations)),
    )  # fmt: skip


def new_state(stations: int) -> Any:
    """A state of zeros."""
    return State(*(np.zeros(stations) for _ in State._fields))


@kernel
def copy_state(source: Any, target: Any) -> None:
    """target = source, array by array."""
    for s in range(len(source.wait)):
        target.wait[s] = source.wait[s]
        target.emergency_wait[s] = source.emergency_wait[s]
        target.appointment[s] = source.appointment[s]
        target.unseen[s] = source.unseen[s]
        target.occupancy[s] = source.occupancy[s]
        target.leave[s] = source.leave[s]
        target.leave_urgent[s] = source.leave_urgent[s]
        target.free[s] = source.free[s]
        target.bed_wait[s] = source.bed_wait[s]
        target.bed_queue[s] = source.bed_queue[s]


_ACTED_ON = 8  # the first arrays of a state: what people and doctors act on
_STUCK = 25  # turns without progress after which steps are halved
_SHORTEST = 0.02


@kernel
def _gather(cells: Any, need: Any, first: Any, base: Any) -> None:
    """Contacts of cells summed into places: (4, 12, WIDE) of those side by side."""
    base[:] = 0.0
    for i in range(len(cells.place)):
        b, q = cells.place[i] // WIDE, cells.place[i] % WIDE
        for s in range(N_CLASSES):
            for j in range(N_CHOICES):
                base[b, s, j, q] += need[i, s] * first[i, s, j]


@kernel
def _turn(p: Any, m: Any, w: Any, state: Any) -> None:
    """From a state to the state that follows it, contacts answering by their pivot form."""
    offer(p, m.facilities, m.scheme[0], m.stations, state, w.offers)
    offered(m.stations, w.offers, w.place_offer)
    for g in range(w.place_offer.shape[0]):
        for s in range(N_CLASSES):
            for j in range(N_ALTERNATIVES):
                # Waits are the same for both insurances; only they change within a period.
                change = w.place_offer[g, s, 0, j] - w.old_offer[g, s, 0, j]
                w.change[g // WIDE, s, j, g % WIDE] = change
    answer(p, len(w.flows), w.base, w.change, w.contacts, w.chain[0])
    fill_places(p, m.stations, state, m.places)
    chain_loads(p, w.contacts, w.later, m.places, m.stations, m.stay, w.chain, w.loads)
    react(
        p, m.stations, m.clinics, w.patience, w.loads, w.fresh, w.slope, w.asked, w.waits
    )  # fmt: skip


@inlined
def hours_of_a_day(p: Any) -> float:
    """Hours of wait that patients dislike as much as a day to an appointment."""
    return p.delay_weight[1] / p.wait_weight[1]


@kernel
def _gaps(
    p: Any, stations: Any, loads: Any, slope: Any, asked: Any, state: Any, fresh: Any, point: Any,
    step: Any,
) -> float:  # fmt: skip
    """Where the state is and the step to take from there, (8 x S) each; returns the largest change,
    free beds at the township apart: hours, shares.

    A steep surface answers to its own wait, and a full book stiffly: their steps are those of
    Newton's method, roughly.
    """
    n, hours = len(state.wait), hours_of_a_day(p)
    away = p.delay_weight[1] / p.outside_nest  # part of patients that a day more sends elsewhere
    worst = 0.0
    for s in range(n):
        steep = slope[s] * loads[s, 0] * _OWN_RESPONSE * p.wait_weight[0] * p.wait_knowledge
        gap = fresh.wait[s] - state.wait[s]
        worst = max(worst, abs(gap))
        point[s], step[s] = state.wait[s], gap / (1.0 + steep)
        point[n + s] = state.emergency_wait[s]
        point[2 * n + s] = state.occupancy[s]
        point[3 * n + s] = state.leave[s]
        point[4 * n + s] = state.leave_urgent[s]
        point[5 * n + s] = state.unseen[s]
        point[6 * n + s] = state.free[s]
        step[n + s] = fresh.emergency_wait[s] - state.emergency_wait[s]
        step[2 * n + s] = fresh.occupancy[s] - state.occupancy[s]
        step[3 * n + s] = fresh.leave[s] - state.leave[s]
        step[4 * n + s] = fresh.leave_urgent[s] - state.leave_urgent[s]
        step[5 * n + s] = fresh.unseen[s] - state.unseen[s]
        step[6 * n + s] = fresh.free[s] - state.free[s]
        # A full appointment book answers many times as much as it is from where it settles.
        delay = state.appointment[s]
        point[7 * n + s] = delay
        if stations.own_delay[s] > 0.0:
            delay = settled_delay(stations.own_delay[s], delay, asked[s], away)
        step[7 * n + s] = delay - state.appointment[s]
        worst = max(worst, hours * abs(step[7 * n + s]))
    for k in range(n, 6 * n):
        worst = max(worst, abs(step[k]))
    return worst


@kernel
def _move(stations: Any, fresh: Any, point: Any, state: Any) -> None:
    """Move the state to a point, shares limited to 1 and delays at or above a clinic's own."""
    n = len(state.wait)
    for s in range(n):
        state.wait[s] = point[s]
        state.emergency_wait[s] = point[n + s]
        state.occupancy[s] = point[2 * n + s]
        state.leave[s] = min(1.0, point[3 * n + s])
        state.leave_urgent[s] = min(1.0, point[4 * n + s])
        state.unseen[s] = min(1.0, point[5 * n + s])
        state.free[s] = min(1.0, point[6 * n + s])
        state.appointment[s] = max(stations.own_delay[s], point[7 * n + s])
        state.bed_wait[s], state.bed_queue[s] = fresh.bed_wait[s], fresh.bed_queue[s]


@kernel
def _settle(p: Any, m: Any, w: Any, state: Any, tolerance: float, most: int) -> tuple[int, float]:
    """Iterate `_turn`: turns used, 0 for no answer, and the largest change of the last one."""
    worst = before = best = np.inf
    learned = stuck = 0
    damping = 1.0
    for turn in range(most):
        _turn(p, m, w, state)
        worst = _gaps(
            p, m.stations, w.loads, w.slope, w.asked, state, w.fresh, w.point, w.step
        )  # fmt: skip
        if worst > 3.0 * before:
            learned = 0  # what the last steps taught misleads: start again
        before = worst
        stuck = 0 if worst < 0.9 * best else stuck + 1
        best = min(best, worst)
        if stuck == _STUCK:  # it goes round and round: shorter steps
            damping = max(_SHORTEST, 0.5 * damping)
            best, learned, stuck = worst, 0, 0
        for k in range(len(w.step)):
            w.step[k] *= damping
        accelerate(w.point, w.step, learned, w.past_x, w.past_f, w.gram, w.share)
        _move(m.stations, w.fresh, w.point, state)
        if worst < tolerance:
            return turn + 1, worst
        learned += 1
    return 0, worst


@kernel
def _moved(p: Any, start: Any, state: Any) -> float:
    """Largest change of what people and doctors act on, free beds at the township apart: hours,
    days to an appointment as the hours that patients would wait instead, shares."""
    most, hours = 0.0, hours_of_a_day(p)
    for s in range(len(state.wait)):
        most = max(
            most, abs(state.wait[s] - start.wait[s]),
            abs(state.emergency_wait[s] - start.emergency_wait[s]),
            hours * abs(state.appointment[s] - start.appointment[s]),
            abs(state.unseen[s] - start.unseen[s]), abs(state.occupancy[s] - start.occupancy[s]),
            abs(state.leave[s] - start.leave[s]),
            abs(state.leave_urgent[s] - start.leave_urgent[s]),
        )  # fmt: skip
    return most


@kernel
def _go_a_share(start: Any, state: Any, answers: Any, turning: bool, residual: float) -> None:
    """Where cells answer a long wait by all going elsewhere, and a short one by all coming back,
    their answers never meet: go from `start` only a share of the way to the answer `state`, each
    part of the state by itself, by the secant through its last two answers where it turned round.

    answers  (3, 8, S) the last point, its answer less the point, and the share; 0 at first
    turning  False: only remember the answer, as of a whole step
    residual  the largest way; what is less than a tenth of it may be what places were not solved to
    """
    least = _COUNTS * residual
    for k in range(_ACTED_ON):
        for s in range(len(start[k])):
            point, move, share = answers[0, k, s], answers[1, k, s], answers[2, k, s]
            here, way = start[k][s], state[k][s] - start[k][s]
            if not turning:
                share = 1.0
            elif way * move < 0.0 and abs(way) > least:
                share = min(1.0, max(_SHORTEST_SHARE, (here - point) / (move - way)))
            else:
                share = min(1.0, _LONGER * share)
            answers[0, k, s], answers[1, k, s], answers[2, k, s] = here, way, share
            if share < 1.0:
                state[k][s] = here + share * way


@kernel
def carried_on(season: Any, now: Any, then: Any, floor: Any, out: Any) -> None:
    """A state like that of a season before, moved as another has moved since, from `then` to `now`;
    into `out`. floor (S,) of appointments."""
    for s in range(len(out.wait)):
        out.wait[s] = max(0.0, season.wait[s] + now.wait[s] - then.wait[s])
        emergency = season.emergency_wait[s] + now.emergency_wait[s] - then.emergency_wait[s]
        out.emergency_wait[s] = max(0.0, emergency)
        appointment = season.appointment[s] + now.appointment[s] - then.appointment[s]
        out.appointment[s] = max(floor[s], appointment)
        out.occupancy[s] = max(0.0, season.occupancy[s] + now.occupancy[s] - then.occupancy[s])
        out.bed_wait[s], out.bed_queue[s] = season.bed_wait[s], season.bed_queue[s]
        for one, new, old, to in (
            (season.unseen, now.unseen, then.unseen, out.unseen),
            (season.leave, now.leave, then.leave, out.leave),
            (season.leave_urgent, now.leave_urgent, then.leave_urgent, out.leave_urgent),
            (season.free, now.free, then.free, out.free),
        ):  # fmt: skip
            to[s] = min(1.0, max(0.0, one[s] + new[s] - old[s]))


@kernel
def _choose(p: Any, m: Any, n: Any, w: Any, state: Any) -> None:
    """Exact first choices of cells at a state, and what places have of them."""
    offer(p, m.facilities, m.scheme[0], m.stations, state, w.offers)
    offered(m.stations, w.offers, w.old_offer)
    exponents(p, m.cells, w.old_offer, w.place_weight, w.row)
    first_contacts(
        p, m.cells, n.episodes, w.own, w.place_weight, n.habit, n.habit_good, w.first, w.care,
        w.later, w.scratch, w.raised, w.lanes,
    )  # fmt: skip
    _gather(m.cells, n.episodes, w.first, w.base)


@kernel
def _solve(
    parameters: Any, m: Any, n: Any, w: Any, state: Any, exact: bool, most: int
) -> tuple[int, int, float]:
    """`solve_period`; minus the evaluations used where there is no answer."""
    p = parameters[0]
    patience_table(p, w.patience)
    own_exponents(
        p, m.cells, m.stations, m.prices, m.tastes, n.episodes, n.quality, n.exhausted, w.own,
        w.weight,
    )  # fmt: skip
    finest = 0.1 * TOLERANCE if exact else _LOOSE_INNER
    tolerance = _FIRST_TOLERANCE if exact else finest
    inner, residual, before = 0, np.inf, np.inf
    turning = False
    for turn in range(MOST_TURNS):
        copy_state(state, w.start)
        _choose(p, m, n, w, state)
        used, answered = _settle(p, m, w, state, tolerance, most)
        if used == 0:
            return -turn - 1, inner + most, answered
        inner += used
        residual = _moved(p, w.start, state)
        turning = turning or residual > _TURNS_ROUND * before
        before = residual
        # Where answers turn round, the next move is no small part of this one.
        is_near = not exact and (residual if turning else _PART * residual) < LOOSE
        if is_near or (residual < TOLERANCE and tolerance == finest):
            run_chains(p, w.contacts, w.later, m.places, m.stay, w.chain, w.flows, w.ends)
            return turn + 1, inner, answered if is_near else residual
        _go_a_share(w.start, state, w.answers, turning, residual)
        part = _PART
        if turning:
            part, finest = _PART_TURNING, min(finest, _PART * LOOSE)
        # Places need not be more exact than what cells are about to change.
        tolerance = min(tolerance, max(finest, part * residual))
    return -MOST_TURNS, inner, residual


def solve_period(
    p: Any, services: Any, need: Any, state: Any, work: Any, exact: bool
) -> tuple[int, int, float]:
    """Find the state of one period; `state` is the start and is overwritten with the answer.

    services, need  see Services, Need
    exact    True: cells choose again at the answer until nothing moves; False: until they would
             move the answer by less than LOOSE, by the last move: mostly once, at the start, and
             their places answer to the change of waits by the pivot form
    Returns evaluations of all cells, inner turns, and the residual. Raises NotConverged.
    """
    turns, inner, residual = _solve(one_row(p), services, need, work, state, exact, _INNER)
    if turns <= 0:
        raise NotConverged(f"residual {residual:.1e} after {-turns} evaluations, {inner} turns")
    return turns, inner, residual
