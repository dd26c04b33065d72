"""Waits at the clinics of stations over the demand of an average day."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from sim.day import BOTH_SESSIONS, open_seconds, sessions_open
from sim.engines.meanfield.surfaces import LOADS, at_rooms_and_hours, seconds_of_visit
from sim.jit import kernel
from sim.parameters import one_row
from sim.rules.consult import N_POOLS

POINTS = len(LOADS)
_LOADS = np.array(LOADS)
# The interval of LOADS a load is in, by its twentieths: all LOADS are whole twentieths. The last
# interval has no end.
_TWENTIETHS = round(20.0 * LOADS[-1])
_INTERVAL = np.searchsorted(_LOADS[1:], (np.arange(_TWENTIETHS + 1) + 0.5) / 20.0)
# Surfaces of clinics, by station: first attempts a day, wait in seconds, share unseen; (S, 24).
Clinics = namedtuple("Clinics", ["demand", "wait", "unseen"])


def clinic_surfaces(p: Any, stations: Any, sessions: Any, children: float) -> Clinics:
    """Wait and unseen share of every station over the demand of an average day.

    sessions  by tier, from session_tables.tables_of; children  share of visits by children
    """
    n = len(stations.facility)
    clinics = Clinics(*np.zeros((3, n, POINTS)))
    scratch = np.zeros((POINTS, 4)), np.zeros(7), np.zeros((6, 2, 7, 2))
    _surfaces(one_row(p), stations, sessions, children, clinics, *scratch)
    return clinics


@kernel
def _surfaces(
    parameters: Any, stations: Any, sessions: Any, children: float, clinics: Any, lines: Any,
    days: Any, visits: Any,
) -> None:  # fmt: skip
    """`clinic_surfaces`, added to zeros; lines (24, 4), days (7,), visits (6, 2, 7, 2) scratch,
    zeros."""
    p = parameters[0]
    for tier in range(6):
        _visits_of_week(p, tier, days, visits[tier])
    for s in range(len(stations.facility)):
        if stations.delay[s]:
            continue
        tier, pooled = stations.tier[s], stations.pooled[s]
        full = stations.visits_a_day[s]
        for q in range(N_POOLS - 1 if pooled else 1):
            of_pool = pool_share(p, q, pooled, children)
            for m in range(stations.member_start[s], stations.member_start[s + 1]):
                part = of_pool * stations.load[m]
                if stations.rooms[m, q] == 0 or part <= 0.0:
                    continue
                _add_pool(
                    p, tier, stations.rooms[m, q], stations.share[m, q], sessions[tier],
                    part / stations.count[m] * full, part, visits[tier], clinics.wait[s],
                    clinics.unseen[s], lines,
                )  # fmt: skip
        for i in range(POINTS):
            # Those who come back make up the arrivals: demand = arrivals - return x unseen.
            arrivals = LOADS[i] * full
            clinics.demand[s, i] = arrivals * (1.0 - p.unseen_return * clinics.unseen[s, i])


@kernel
def pool_share(p: Any, pool: int, pooled: bool, children: float) -> float:
    """Share of non-critical visits that a pool gets."""
    if not pooled:
        return 1.0 if pool == 0 else 0.0
    total = 0.0
    for q in range(N_POOLS - 1):
        total += p.pool_demand_share[q]
    share = p.pool_demand_share[pool] / total
    if pool == 2:
        return (1.0 - children) * share + children * (
            p.paediatric_share + (1.0 - p.paediatric_share) * share
        )
    return (1.0 - children) * share + children * (1.0 - p.paediatric_share) * share


@kernel
def _visits_of_week(p: Any, tier: int, days: Any, visits: Any) -> None:
    """How a week's visits fall on sessions: visits (2 sessions, 7, 2) share of the week that
    comes in one session, and in all alike; 0 after the last. Who is due on a closed day comes on
    the next.

    days  (7,) scratch
    """
    own_delay = int(p.appointment_days[tier] + 0.5)
    total = 0.0
    for weekday in range(7):
        days[weekday] = 0.0
        total += p.weekday[weekday]
    for weekday in range(7):
        due = (weekday + own_delay) % 7
        while sessions_open(tier, due) == 0:
            due = (due + 1) % 7
        days[due] += p.weekday[weekday] / total
    for weekday in range(7):
        if sessions_open(tier, weekday) == BOTH_SESSIONS:
            _count_session(visits[0], days[weekday] * p.morning_share)
            _count_session(visits[1], days[weekday] * (1.0 - p.morning_share))
        else:
            _count_session(visits[0], days[weekday])


@kernel
def _count_session(visits: Any, share: float) -> None:
    """One more session with a share of the week's visits, (7, 2)."""
    if share <= 0.0:
        return
    k = 0
    while visits[k, 1] > 0.0 and visits[k, 0] != share:
        k += 1
    visits[k, 0] = share
    visits[k, 1] += share


@kernel
def _add_pool(
    p: Any, tier: int, rooms: int, share: float, sessions: Any, full: float, part: float,
    visits: Any, wait: Any, unseen: Any, lines: Any,
) -> None:  # fmt: skip
    """Add one pool of a typical facility to its station's surface, wait and unseen (24,): the mean
    over the sessions of a week.

    full  patients of the pool on an average day at station load 1; part  its share of the station
    """
    work = seconds_of_visit(p, tier)
    before = 0
    for session in range(2):
        seconds = open_seconds(p, tier, session, share, 0)
        if seconds <= 0:
            continue
        if seconds != before:
            at_rooms_and_hours(sessions, rooms, seconds / 3600.0, lines)
            before = seconds
        busy = full * 7.0 * work / (rooms * seconds)
        _add_sessions(lines, visits[session], busy, part, wait, unseen)


@kernel
def _add_sessions(
    lines: Any, visits: Any, busy: float, part: float, wait: Any, unseen: Any
) -> None:
    """Add the morning or the afternoon sessions of a week.

    lines  (24, 4) see surfaces.session_lines;  visits (7, 2) see _visits_of_week
    busy   load of a session with all visits of a week at station load 1
    """
    n = 0
    while n < 7 and visits[n, 1] > 0.0:
        n += 1
    for i in range(1, POINTS):
        load, waited, left = _LOADS[i] * busy, 0.0, 0.0
        for k in range(n):
            at = load * visits[k, 0]
            line = lines[_INTERVAL[int(min(20.0 * at, float(_TWENTIETHS)))]]
            waited += visits[k, 1] * (line[0] + line[1] * at)
            left += visits[k, 1] * (line[2] + line[3] * at)
        wait[i] += part * waited
        unseen[i] += part * left


@kernel
def clinic(clinics: Any, s: int, demand: float) -> tuple[float, float, float]:
    """Wait (seconds), its slope over demand, and unseen share of a station."""
    grid = clinics.demand[s]
    k = 0
    while k < POINTS - 2 and demand >= grid[k + 1]:
        k += 1
    width = grid[k + 1] - grid[k]
    if width <= 0.0:
        return 0.0, 0.0, 0.0
    c = (demand - grid[k]) / width
    slope = (clinics.wait[s, k + 1] - clinics.wait[s, k]) / width
    unseen = clinics.unseen[s, k] + min(1.0, c) * (clinics.unseen[s, k + 1] - clinics.unseen[s, k])
    return clinics.wait[s, k] + slope * (demand - grid[k]), slope, unseen
