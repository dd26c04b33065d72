"""Waits at the clinics of stations over the demand of an average day."""

from __future__ import annotations

from collections import namedtuple
from itertools import pairwise
from typing import Any

import numpy as np

from sim.compiled import kernel
from sim.day import open_seconds, sessions_open
from sim.engines.meanfield.surfaces import LOADS, at_rooms_and_hours
from sim.rules.consult import N_POOLS

POINTS = len(LOADS)
_LOADS = np.array(LOADS)
_OVER_STEP = np.array([1.0 / (after - before) for before, after in pairwise(LOADS)])
# The interval of LOADS a load is in, by its twentieths: all LOADS are whole twentieths.
_TWENTIETHS = round(20.0 * LOADS[-1])
_INTERVAL = np.searchsorted(_LOADS[1:-1], (np.arange(_TWENTIETHS) + 0.5) / 20.0)
# Surfaces of clinics, by station: first attempts a day, wait in seconds, share unseen; (S, 24).
Clinics = namedtuple("Clinics", ["demand", "wait", "unseen"])


@kernel
def clinic_surfaces(
    p: Any, stations: Any, sessions: Any, children: float, clinics: Any, blend: Any, days: Any
) -> None:
    """Wait and unseen share of every station over the demand of an average day.

    sessions  (5, 9, 6, 24, 2) from `session_table`; children  share of visits by children
    blend     (2, 24), days (2, 7) scratch
    """
    for s in range(len(stations.facility)):
        for i in range(POINTS):
            clinics.demand[s, i] = 0.0
            clinics.wait[s, i] = 0.0
            clinics.unseen[s, i] = 0.0
        tier = stations.tier[s]
        if stations.delay[s]:
            continue
        first, last = stations.member_start[s], stations.member_start[s + 1]
        full = stations.visits_a_day[s]
        for m in range(first, last):
            for q in range(N_POOLS - 1 if stations.pooled[s] else 1):
                rooms = stations.rooms[m, q]
                part = pool_share(p, q, stations.pooled[s], children) * stations.load[m]
                if rooms == 0 or part <= 0.0:
                    continue
                each = part / stations.count[m]
                _add_pool(
                    p, tier, rooms, stations.share[m, q], sessions[tier], each * full, part,
                    clinics, s, blend, days,
                )  # fmt: skip
        for i in range(POINTS):
            arrivals = LOADS[i] * full
            # Those who come back make up the arrivals: demand = arrivals - return x unseen.
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
def _add_pool(
    p: Any, tier: int, rooms: int, share: float, sessions: Any, full: float, part: float,
    clinics: Any, s: int, blend: Any, days: Any,
) -> None:  # fmt: skip
    """Add one pool of a typical facility to its station's surface: the mean over weekdays.

    full  patients of the pool on an average day at station load 1; part  its share of the station
    """
    work = p.service_minutes[tier] * 60.0 * (1.0 + p.test_share[tier])
    own_delay = int(p.appointment_days[tier] + 0.5)
    total = 0.0
    for weekday in range(7):
        days[0, weekday] = 0.0
    for weekday in range(7):
        due = (weekday + own_delay) % 7
        while sessions_open(tier, due) == 0:
            due = (due + 1) % 7
        days[0, due] += p.weekday[weekday]
        total += p.weekday[weekday]
    for session in range(2):
        seconds = open_seconds(p, tier, session, share, 0)
        if seconds <= 0:
            continue
        at_rooms_and_hours(sessions, rooms, seconds / 3600.0, blend)
        for weekday in range(7):
            n_sessions = sessions_open(tier, weekday)
            if session >= n_sessions:
                continue
            mine = 1.0
            if n_sessions == 2:
                mine = p.morning_share if session == 0 else 1.0 - p.morning_share
            of_week = days[0, weekday] / total * mine
            load = full * 7.0 * of_week * work / (rooms * seconds)
            weight = part * of_week
            for i in range(1, POINTS):
                at = _LOADS[i] * load
                k = _INTERVAL[int(min(20.0 * at, _TWENTIETHS - 1.0))]
                c = (at - _LOADS[k]) * _OVER_STEP[k]
                wait = blend[0, k] + c * (blend[0, k + 1] - blend[0, k])
                unseen = blend[1, k] + min(c, 1.0) * (blend[1, k + 1] - blend[1, k])
                clinics.wait[s, i] += weight * wait
                clinics.unseen[s, i] += weight * unseen


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
