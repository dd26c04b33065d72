"""Who takes whom, and who follows whom: ambulance, referral and search for a bed, by place."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.engines.meanfield.locations import Cells, Floats
from sim.jit import kernel
from sim.rules.admission import seeks_bed_at
from sim.rules.choice import in_scope
from sim.tiers import ALTERNATIVE_TIER, CRITICAL, N_ALTERNATIVES, N_CLASSES, Tier

_TIER_OF = ALTERNATIVE_TIER
_OTHERS = 2  # scope of those who are neither children nor women of childbearing age
NONE = -1


def ways_of(world: Any, cells: Cells) -> dict[str, Any]:
    """`takes`, `typical`, `nearest`, `up` and `onward` of stations.Stations."""
    n = len(cells.county)
    facility, village = np.asarray(world.facility), np.asarray(world.village)
    takes = np.zeros((n, 4, 3, N_ALTERNATIVES), dtype=np.int64)
    typical = np.zeros((n, N_ALTERNATIVES), dtype=np.int64)
    nearest = np.zeros((n, 6, N_ALTERNATIVES))
    up = np.full((n, 6, 4, 3), NONE, dtype=np.int64)
    place, people = cells.village_place, cells.village_people + 1e-9
    order = np.argsort(place, kind="stable")
    start = np.searchsorted(place[order], np.arange(n + 1))
    of = village["facility"]
    _typical(of, people, order, start, np.zeros(len(facility)), typical)
    _takes(cells.hours, typical, facility["kind"], facility["available"], takes)
    _up(takes, up)
    able = (of >= 0) & facility["pooled"][of] & (facility["available"][of, CRITICAL] > 0)
    able &= np.isfinite(cells.hours)[place]  # what a village or two has is not the place's
    _add_nearest(village["hours"], able, place, people, nearest)
    nearest /= np.maximum(nearest.sum(axis=2, keepdims=True), 1e-300)
    onward = np.stack([_onward(facility, village, cells, s) for s in (2, 3)], axis=1)
    return {"takes": takes, "typical": typical, "nearest": nearest, "up": up, "onward": onward}


@kernel
def _typical(of: Any, people: Any, order: Any, start: Any, count: Any, out: Any) -> None:
    """The facility most of a place's people have behind each alternative, (G, 11).

    order, start  villages place by place;  count (facilities,) zeros, scratch
    """
    for g in range(len(out)):
        for j in range(N_ALTERNATIVES):
            most = 0.0
            for k in range(start[g], start[g + 1]):
                f = of[order[k], j]
                if f >= 0:
                    count[f] += people[order[k]]
            for k in range(start[g], start[g + 1]):
                f = of[order[k], j]
                if f >= 0 and (count[f] > most or (count[f] == most and f < out[g, j])):
                    most, out[g, j] = count[f], f
            for k in range(start[g], start[g + 1]):
                if of[order[k], j] >= 0:
                    count[of[order[k], j]] = 0.0


@kernel
def _takes(hours: Any, typical: Any, kind: Any, available: Any, out: Any) -> None:
    """1 where an alternative of a place takes a class and scope, (G, 4, 3, 11)."""
    for g in range(len(out)):
        for need_class in range(N_CLASSES):
            for scope in range(3):
                for j in range(N_ALTERNATIVES):
                    f = typical[g, j]
                    is_open = np.isfinite(hours[g, j]) and available[f, need_class] > 0
                    if is_open and in_scope(kind[f], need_class, scope):
                        out[g, need_class, scope, j] = 1


@kernel
def _up(takes: Any, out: Any) -> None:
    """The first alternative above each tier that takes a class and scope, (G, 6, 4, 3)."""
    for g in range(len(out)):
        for tier in range(6):
            for need_class in range(N_CLASSES):
                for scope in range(3):
                    for j in range(N_ALTERNATIVES - 1, -1, -1):
                        if takes[g, need_class, scope, j] and _TIER_OF[j] > tier:
                            out[g, tier, need_class, scope] = j


@kernel
def _add_nearest(hours: Any, able: Any, place: Any, people: Any, out: Any) -> None:
    """Add the people of every village to its nearest able alternative by least tier, (G, 6, 11)."""
    for v in range(len(place)):
        for least in range(6):
            to, way = -1, np.inf
            for j in range(N_ALTERNATIVES):
                if able[v, j] and least <= _TIER_OF[j] and hours[v, j] < way:
                    to, way = j, hours[v, j]
            if to >= 0:
                out[place[v], least, to] += people[v]


def _onward(facility: Any, village: Any, cells: Cells, need_class: int) -> Floats:
    """Where an adult of a class whom no tier has failed seeks a bed next, see
    rules.admission.seeks_bed_at: shares of every place's people by alternative they leave,
    (G, 11, 11).

    Hospitals of a town are about as far, so that their order differs from village to village.
    """
    of = village["facility"]
    can = (of >= 0) & ((facility["takes"][of] >> (3 * need_class + _OTHERS)) & 1 == 1)
    can &= facility["delay"][of] | (facility["beds"][of] > 0)
    can &= np.isfinite(cells.hours)[cells.village_place]  # what a village or two has is not
    can[:, :2] = False
    is_centre = (facility["tier"][of] == int(Tier.REGIONAL)) & ~facility["delay"][of]
    result = np.zeros((len(cells.county), N_ALTERNATIVES, N_ALTERNATIVES))
    people = cells.village_people + 1e-9
    _add_searches(of, village["hours"], can, is_centre, cells.village_place, people, result)
    result[:, :, -1] *= np.isfinite(cells.hours[:, -1])[:, None]
    return result / np.maximum(result.sum(axis=2, keepdims=True), 1e-300)


@kernel
def _add_searches(
    of: Any, hours: Any, can: Any, is_centre: Any, place: Any, people: Any, out: Any
) -> None:
    """Add the people of every village to where they seek a bed after each alternative."""
    for v in range(len(place)):
        for j in range(N_ALTERNATIVES - 1):
            if of[v, j] < 0:
                continue
            to, nearest = N_ALTERNATIVES - 1, np.inf
            for k in range(2, N_ALTERNATIVES):
                way = hours[v, k]
                is_farther = way > hours[v, j] or (way == hours[v, j] and k > j)
                if k != j and can[v, k] and way < nearest and seeks_bed_at(
                    _TIER_OF[j], is_centre[v, j], _TIER_OF[k], is_centre[v, k], is_farther, 0
                ):  # fmt: skip
                    to, nearest = k, way
            out[place[v], j, to] += people[v]
