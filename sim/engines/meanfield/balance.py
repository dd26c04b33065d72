"""One turn of the fixed point: contacts → flows → loads → waits and beds."""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np

from sim.engines.meanfield.bed_queue import bed_queue
from sim.engines.meanfield.chain import follow
from sim.engines.meanfield.clinics import clinic
from sim.engines.meanfield.flows import (
    ADMITS,
    ADMITS_BEYOND,
    ARRIVED,
    DOWN,
    DOWN_SEVERITY,
    ENDS,
    FLOWS,
    GONE,
    TURNED,
    WANTED,
    WANTED_DAYS,
    WANTED_URGENT,
    WIDE,
    at,
)
from sim.engines.meanfield.surfaces import all_day_wait, ward
from sim.jit import inlined, kernel
from sim.rules.admission import admission_probability
from sim.rules.consult import EMERGENCY_POOL
from sim.rules.referral import adherence_probability
from sim.tiers import ALTERNATIVE_TIER, COMPLEX, CRITICAL, N_ALTERNATIVES, N_CLASSES, TOWNSHIP

_TIER = ALTERNATIVE_TIER
LOADS = 9  # columns of the loads of stations, see chain_loads
FULL_BOOK_DAYS = 500.0  # days of delay where twice as many ask as can be seen: a stiff limit

# What residents and doctors act on, by station (S,). Waits in hours; of beds in days: the mean of
# those admitted, and of those not urgent, admitted or not.
State = namedtuple(
    "State",
    ["wait", "emergency_wait", "appointment", "unseen", "occupancy", "leave", "leave_urgent",
     "free", "bed_wait", "bed_queue"],
)  # fmt: skip
# Stations as the kernels see them.
StationArrays = namedtuple(
    "StationArrays",
    ["facility", "tier", "delay", "pooled", "weight", "member_start", "rooms", "share", "beds",
     "count", "load", "link_start", "link_station", "link_weight", "takes", "log_share",
     "own_wait", "own_delay", "visits_a_day", "reserved"],
)  # fmt: skip
# Cells as the kernels see them, and the travel times of their places.
CellArrays = namedtuple("CellArrays", ["place", "scope", "insurance", "effective", "hours"])


@kernel
def fill_places(p: Any, stations: Any, state: Any, places: Any) -> None:
    """What the alternatives of every place are like, from the stations behind them."""
    for g in range(len(stations.link_start) // N_ALTERNATIVES):
        place, q = places[g // WIDE], g % WIDE
        for j in range(N_ALTERNATIVES):
            unseen = occupancy = has_beds = leave = urgent = appointment = free = queue = 0.0
            for k in range(
                stations.link_start[N_ALTERNATIVES * g + j],
                stations.link_start[N_ALTERNATIVES * g + j + 1],
            ):
                s, w = stations.link_station[k], stations.link_weight[k]
                unseen += w * state.unseen[s]
                occupancy += w * state.occupancy[s]
                leave += w * state.leave[s]
                urgent += w * state.leave_urgent[s]
                appointment += w * state.appointment[s]
                free += w * state.free[s]
                queue += w * state.bed_queue[s]
                if stations.delay[s]:
                    has_beds += w
                else:
                    for m in range(stations.member_start[s], stations.member_start[s + 1]):
                        has_beds += w * stations.load[m] * (1.0 if stations.beds[m] > 0 else 0.0)
            tries = 1.0 / (1.0 - p.unseen_return * unseen)
            for need_class in range(N_CLASSES):
                tier, like = _TIER[j], place.like[need_class, j]
                within = admission_probability(p, tier, need_class, occupancy, True)
                beyond = admission_probability(p, tier, need_class, occupancy, False)
                like[TURNED, q] = unseen * tries
                like[GONE, q] = 1.0 - (1.0 - unseen) * tries
                like[ADMITS, q] = has_beds * within
                like[ADMITS_BEYOND, q] = has_beds * beyond
            place.leave[j, q] = leave
            place.leave_urgent[j, q] = urgent
            place.days_to_visit[j, q] = appointment
            place.bed_queue[j, q] = queue
            if j == TOWNSHIP:
                place.township_free[q] = free
        plain = adherence_probability(p, place.trust[q], False)
        bound = adherence_probability(p, place.trust[q], True)
        place.adherence[q] = plain + place.effective[q] * (bound - plain)


@kernel
def run_chains(
    p: Any, first: Any, later: Any, places: Any, stay: Any, chain: Any, flows: Any, ends: Any
) -> None:  # fmt: skip
    """Follow the episodes of every place and class: flows (G, 4, 11, FLOWS) and ends (G, 4, ENDS).

    stay  (6, 2) days of a stay by tier: base and slope over the severity factor
    chain  scratch, see flows.new_chain
    """
    x, carry, flow = chain
    for b in range(len(places)):
        n = min(WIDE, len(flows) - WIDE * b)
        for s in range(N_CLASSES):
            follow(p, s, first[b, s], later[b, s], places[b], stay, x, carry, flow, True, n)
            for j in range(N_ALTERNATIVES):
                for q in range(n):
                    for column in range(FLOWS):
                        flows[WIDE * b + q, s, j, column] = flow[at(j, column) + q]
            for q in range(n):
                for column in range(ENDS):
                    ends[WIDE * b + q, s, column] = x[column * WIDE + q]


@kernel
def chain_loads(
    p: Any, first: Any, later: Any, places: Any, stations: Any, stay: Any, chain: Any, loads: Any
) -> None:  # fmt: skip
    """What the episodes of every place and class ask of stations: (S, LOADS) first attempts a year
    of clinics and emergencies, bed requests, urgent ones, bed-days wanted, bed-days of step-downs,
    of the bed requests those of minor and of chronic illness not urgent, and the critical ones.

    stay, chain  see `run_chains`
    """
    for s in range(loads.shape[0]):
        for k in range(loads.shape[1]):
            loads[s, k] = 0.0
    x, carry, flow = chain
    for b in range(len(places)):
        n = min(WIDE, len(stations.link_start) // N_ALTERNATIVES - WIDE * b)
        for s in range(N_CLASSES):
            follow(p, s, first[b, s], later[b, s], places[b], stay, x, carry, flow, False, n)
            for j in range(N_ALTERNATIVES):
                for q in range(n):
                    _add_loads(stations, WIDE * b + q, s, j, stay[_TIER[j]], flow, loads)


@inlined
def _add_loads(
    stations: Any, g: int, need_class: int, j: int, stay: Any, flow: Any, loads: Any
) -> None:
    """Add the flows of one alternative of a place to the stations behind it."""
    q = g % WIDE
    arrived = flow[at(j, ARRIVED) + q]
    down = stay[0] * flow[at(j, DOWN) + q] + stay[1] * flow[at(j, DOWN_SEVERITY) + q]
    wanted, at_once = flow[at(j, WANTED) + q], flow[at(j, WANTED_URGENT) + q]
    days = flow[at(j, WANTED_DAYS) + q]
    for k in range(
        stations.link_start[N_ALTERNATIVES * g + j], stations.link_start[N_ALTERNATIVES * g + j + 1]
    ):
        s, w = stations.link_station[k], stations.link_weight[k]
        loads[s, 1 if need_class == CRITICAL else 0] += w * arrived
        loads[s, 2] += w * wanted
        loads[s, 3] += w * at_once
        loads[s, 4] += w * days
        loads[s, 5] += w * down
        if need_class < COMPLEX:
            loads[s, 6 + need_class] += w * (wanted - at_once)
        elif need_class == CRITICAL:
            loads[s, 8] += w * wanted


@kernel
def react(
    p: Any, stations: Any, clinics: Any, patience: Any, loads: Any, state: Any, slope: Any,
    asked: Any, x: Any,
) -> None:  # fmt: skip
    """New waits and beds of every station from its loads; slope (S,) of the wait, hours a first
    attempt a year; asked (S,) first attempts over those that can be seen.

    patience, x  see bed_queue: its table, and its scratch
    """
    for s in range(len(stations.facility)):
        tier = stations.tier[s]
        slope[s] = 0.0
        if stations.delay[s]:
            state.wait[s] = state.emergency_wait[s] = stations.own_wait[s] / 3600.0
            state.appointment[s] = stations.own_delay[s]
            state.occupancy[s] = p.neutral_occupancy
            state.unseen[s] = state.leave[s] = state.leave_urgent[s] = 0.0
            state.free[s] = state.bed_wait[s] = state.bed_queue[s] = 0.0
            continue
        emergencies = 0.0 if stations.pooled[s] else loads[s, 1]
        demand = (loads[s, 0] + emergencies) / 365.0
        wait, steep, unseen = clinic(clinics, s, demand)
        state.wait[s] = wait / 3600.0
        slope[s] = steep / 3600.0 / 365.0
        state.unseen[s] = unseen
        state.emergency_wait[s] = state.wait[s]
        if stations.pooled[s]:
            m = stations.member_start[s]
            rooms = max(1, stations.rooms[m, EMERGENCY_POOL])
            state.emergency_wait[s] = all_day_wait(p, tier, rooms, loads[s, 1] / 365.0) / 3600.0
        state.appointment[s] = stations.own_delay[s]
        if stations.own_delay[s] > 0.0:
            asked[s] = demand / max(stations.visits_a_day[s], 1e-9)
            state.appointment[s] = book_delay(stations.own_delay[s], asked[s])
        _beds(p, stations, s, patience, loads, state, x)


@kernel
def book_delay(own: float, asked: float) -> float:
    """Days to an appointment where `asked` times as many ask as can be seen: a full appointment
    book fills on within weeks until nearly as many ask as can be seen."""
    return own + FULL_BOOK_DAYS * max(0.0, asked - 1.0)


@kernel
def settled_delay(own: float, delay: float, asked: float, away: float) -> float:
    """The delay at which patients, `asked` at the present delay, cease to lengthen or shorten it
    when a day more sends the part `away` of them elsewhere: Newton's method from below, on a
    falling convex curve."""
    most = delay + math.log(max(asked, 1e-300)) / away  # as many ask as can be seen
    if most <= own:
        return own
    days = max(own, most - math.log(1.0 + (most - own) / FULL_BOOK_DAYS) / away)
    for _ in range(30):
        still = asked * math.exp(-away * (days - delay))
        gap = own + FULL_BOOK_DAYS * (still - 1.0) - days
        step = gap / (1.0 + FULL_BOOK_DAYS * away * still)
        if step < 1e-14 * (1.0 + days):
            break
        days += step
    return days


@kernel
def _beds(p: Any, stations: Any, s: int, patience: Any, loads: Any, state: Any, x: Any) -> None:
    """Wards of a station: the mean of its typical facilities."""
    used = loads[s, 5] / 365.0
    beds = leave = leave_urgent = waited = queued = free = 0.0
    requests = loads[s, 2]
    urgent = min(1.0, loads[s, 3] / requests) if requests > 0.0 else 0.0
    stay = loads[s, 4] / requests if requests > 0.0 else 1.0
    for m in range(stations.member_start[s], stations.member_start[s + 1]):
        own = stations.beds[m]
        if own == 0:
            continue
        part = stations.load[m] / stations.count[m] / 365.0
        wanted = loads[s, 4] * part
        at_once = loads[s, 3] * part
        extra = own * p.overflow_share
        held = own * stations.reserved[s]
        lost, wait, queue, turned = bed_queue(
            p, patience, own - held, held + extra, at_once, loads[s, 8] * part,
            loads[s, 6] * part, loads[s, 7] * part,
            max(0.0, requests - loads[s, 3] - loads[s, 6] - loads[s, 7]) * part, stay, x,
        )  # fmt: skip
        # Emergencies alone may be more than all beds.
        lost_urgent, _ = ward(own + extra, urgent * wanted, p.patience_days[CRITICAL], stay)
        lost_urgent = max(lost_urgent, turned)
        kept = 1.0 - urgent * lost_urgent - (1.0 - urgent) * lost
        census = wanted * kept
        used += stations.count[m] * census
        beds += stations.count[m] * own
        leave += stations.load[m] * lost
        leave_urgent += stations.load[m] * lost_urgent
        # A mean over all who are admitted; emergencies do not wait for days.
        waited += stations.load[m] * wait * (1.0 - urgent) * (1.0 - lost) / max(kept, 1e-300)
        queued += stations.load[m] * queue
        free += stations.load[m] * chance_free(own, census)
    state.occupancy[s] = used / beds if beds > 0.0 else 0.0
    state.leave[s] = leave
    state.leave_urgent[s] = leave_urgent
    state.bed_wait[s] = waited
    state.bed_queue[s] = queued
    state.free[s] = free


@kernel
def chance_free(beds: float, census: float) -> float:
    """Chance that a bed is free at a mean census, of a Poisson census limited to the beds."""
    if census <= 0.0:
        return 1.0
    z = (beds - census) / census**0.5
    return 1.0 - np.exp(-max(0.0, z) * (1.0 + 0.5 * max(0.0, z)))
