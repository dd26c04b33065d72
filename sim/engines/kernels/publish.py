"""00:00: what every facility shows residents today, once for all of them."""

from __future__ import annotations

from typing import Any

from sim.day import days_to_opening, open_seconds, sessions_open
from sim.jit import kernel
from sim.rules.choice import facility_utility
from sim.rules.consult import EMERGENCY_POOL, N_POOLS
from sim.rules.payment import deductible_fen, fund_fen
from sim.rules.referral import appointment_days
from sim.tiers import CRITICAL, N_CLASSES


@kernel
def first_stay_yuan(facilities: Any, scheme: Any, insurance: int, facility: int) -> float:
    """Out-of-pocket of a first stay of mean charge, yuan."""
    tier = facilities[facility].tier
    charge = facilities[facility].stay_price
    deductible = deductible_fen(scheme.deductible[insurance, tier], scheme.deductible_factor, 0)
    fund = fund_fen(
        charge, scheme.stay_fund_bp[insurance, tier], deductible, scheme.stay_cap[insurance], 0
    )
    return (charge - fund) / 100.0


@kernel
def visit_prices(facilities: Any, scheme: Any, published: Any) -> None:
    """Out-of-pocket of a visit, yuan, by insurance, with the yearly cap left and exhausted."""
    for f in range(len(facilities)):
        for insurance in range(2):
            rate = scheme.visit_fund_bp[insurance, facilities[f].tier]
            fund = fund_fen(facilities[f].price, rate, 0, 0, 0)
            published[f].visit_yuan[insurance, 0] = (facilities[f].price - fund) / 100.0
            published[f].visit_yuan[insurance, 1] = facilities[f].price / 100.0


@kernel
def publish(
    parameters: Any, facilities: Any, scheme: Any, published: Any, occupied: Any, tier_wait: Any,
    booked: Any, weekday: int, day: int,
) -> None:  # fmt: skip
    """Fill the boards of the day.

    parameters  a table of one row
    published  (facilities,) BOARD_RECORD; reads `wait`, writes all but it and `visit_yuan`
    occupied   (facilities,) beds in use
    tier_wait  (6, 2) mean published wait of a tier, clinics and emergency, seconds
    booked     (facilities,) appointments given and not yet attended
    """
    p = parameters[0]
    for f in range(len(facilities)):
        beds = facilities[f].beds
        published[f].free_beds = beds - occupied[f]
        published[f].occupancy = (
            p.neutral_occupancy if facilities[f].delay else occupied[f] / max(beds, 1)
        )
        tier = facilities[f].tier
        pools = N_POOLS if facilities[f].pooled else 1
        sessions = sessions_open(tier, weekday)
        closed = days_to_opening(tier, weekday)
        for pool in range(pools):
            for session in range(2):
                seconds = 0
                if session < sessions and facilities[f].rooms[pool] > 0:
                    seconds = open_seconds(p, tier, session, facilities[f].room_share[pool], day)
                published[f].open_seconds[pool, session] = seconds
        appointment = appointment_days(p, tier, booked[f], facilities[f].visits_a_day)
        published[f].appointment_days = appointment
        for insurance in range(2):
            stay_yuan = first_stay_yuan(facilities, scheme, insurance, f)
            for need_class in range(N_CLASSES):
                emergency = need_class == CRITICAL
                delay = 0 if emergency else max(appointment, closed)
                known = p.wait_knowledge
                for pool in range(pools):
                    if pools > 1 and (pool == EMERGENCY_POOL) != emergency:
                        continue
                    wait = known * published[f].wait[pool]
                    wait += (1.0 - known) * tier_wait[tier, 1 if emergency else 0]
                    utility = facility_utility(p, tier, need_class, wait / 3600.0, delay, stay_yuan)
                    utility += facilities[f].attraction
                    published[f].utility[need_class, pool, insurance] = utility


@kernel
def mean_waits(facilities: Any, published: Any, tier_wait: Any) -> None:
    """Mean published wait of each tier over its rooms, clinics and emergency pools apart."""
    for tier in range(6):
        for emergency in range(2):
            total = 0
            rooms = 0
            for f in range(len(facilities)):
                if facilities[f].tier != tier:
                    continue
                for pool in range(N_POOLS if facilities[f].pooled else 1):
                    is_emergency = facilities[f].pooled and pool == EMERGENCY_POOL
                    if facilities[f].pooled and is_emergency != (emergency == 1):
                        continue
                    weight = (
                        max(1, facilities[f].rooms[pool])
                        if facilities[f].delay
                        else facilities[f].rooms[pool]
                    )
                    total += published[f].wait[pool] * weight
                    rooms += weight
            tier_wait[tier, emergency] = total / rooms if rooms > 0 else 0.0
