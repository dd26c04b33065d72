"""What stations offer everybody, and what places see of it: the part of utility that is common."""

from __future__ import annotations

from typing import Any

from sim.day import days_to_opening
from sim.engines.kernels.publish import first_stay_yuan
from sim.jit import kernel
from sim.rules.choice import facility_utility
from sim.tiers import CRITICAL, N_ALTERNATIVES, N_CLASSES


@kernel
def closed_days(p: Any, tier: int) -> float:
    """Mean days to opening of the clinics of a tier on the day an illness begins."""
    total = days = 0.0
    for weekday in range(7):
        total += p.weekday[weekday]
        days += p.weekday[weekday] * days_to_opening(tier, weekday)
    return days / total


@kernel
def offer(p: Any, facilities: Any, scheme: Any, stations: Any, state: Any, out: Any) -> None:
    """Utility a station offers everybody: (S, 4 classes, 2 insurances), from the rule.

    What residents know of a wait is the station's own and the mean of its tier over rooms.
    """
    for need_class in range(N_CLASSES):
        for tier in range(6):
            known = p.wait_knowledge
            total = rooms = 0.0
            for s in range(len(stations.facility)):
                if facilities[stations.facility[s]].tier == tier:
                    wait = state.emergency_wait[s] if need_class == CRITICAL else state.wait[s]
                    total += wait * stations.weight[s]
                    rooms += stations.weight[s]
            mean = total / rooms if rooms > 0.0 else 0.0
            for s in range(len(stations.facility)):
                f = stations.facility[s]
                if facilities[f].tier != tier:
                    continue
                wait = state.emergency_wait[s] if need_class == CRITICAL else state.wait[s]
                delay = 0.0
                if need_class < CRITICAL:
                    delay = state.appointment[s]
                    if delay < 1.0:
                        delay = max(delay, closed_days(p, tier))
                for insurance in range(2):
                    stay = first_stay_yuan(facilities, scheme, insurance, f)
                    seen = known * wait + (1.0 - known) * mean
                    out[s, need_class, insurance] = (
                        facility_utility(p, tier, need_class, seen, delay, stay)
                        + facilities[f].attraction
                    )


@kernel
def offered(stations: Any, offers: Any, out: Any) -> None:
    """Offers of stations seen from places: (G, 4, 2, 11), by the shares of the links."""
    for g in range(out.shape[0]):
        for j in range(N_ALTERNATIVES):
            first, last = (
                stations.link_start[N_ALTERNATIVES * g + j],
                stations.link_start[N_ALTERNATIVES * g + j + 1],
            )
            for need_class in range(N_CLASSES):
                for insurance in range(2):
                    total = 0.0
                    for k in range(first, last):
                        s = stations.link_station[k]
                        total += stations.link_weight[k] * offers[s, need_class, insurance]
                    out[g, need_class, insurance, j] = total
