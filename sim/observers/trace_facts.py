"""Facts of a trace as plain values: a facility, a decision, a person, a bill, the sum of a year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.engines.kernels import episode_word as L
from sim.observers.explain import Decision
from sim.observers.visit_columns import CHRONIC, CONTRACT, INSURANCE, RESIDENCE, SEX
from sim.rules.choice import SELF_CARE
from sim.tiers import ALTERNATIVE_KEYS, TIER_KEYS

Event = dict[str, Any]


def place(engine: Any, f: int) -> Event:
    """A facility: key, names, tier."""
    facilities = engine.region.facilities
    return {
        "facility": facilities.key[f], "name": facilities.name[f],
        "name_zh": facilities.name_zh[f], "tier": TIER_KEYS[int(facilities.tier[f])],
    }  # fmt: skip


def described(engine: Any, decision: Decision, village: int) -> Event:
    """A decision: how it came about, the options weighed, and what was chosen."""
    options = []
    for option in decision.options:
        entry: Event = {"alternative": key_of(option.alternative)}
        if option.facility >= 0:
            entry |= place(engine, option.facility)
            entry |= {
                "hours": option.hours, "wait_minutes": option.wait_minutes,
                "delay_days": option.delay_days, "visit_yuan": option.visit_yuan,
                "quality_seen": option.quality,
            }  # fmt: skip
        entry |= {"chance": option.chance, "utility": option.utility, "parts": option.parts}
        options.append(entry)
    facts: Event = {"how": decision.how, "chosen": key_of(decision.alternative), "options": options}
    if decision.alternative != SELF_CARE:
        f = int(engine.world.village[village].facility[decision.alternative])
        facts["place"] = place(engine, f)
    return facts


def person_of(engine: Any, row: int) -> Event:
    """Who he is on 1 January."""
    person = engine.people[row]
    region, village = engine.region, int(person.village)
    county = int(region.village_county[village])
    taste = int(person.taste)
    near = {}
    for key in ("village", "township", "county_general"):
        j = ALTERNATIVE_KEYS.index(key)
        f = int(region.villages.facility[village, j])
        if f >= 0:
            near[key] = {**place(engine, f), "hours": float(region.villages.hours[village, j])}
    return {
        "row": row, "identity": int(person.identity), "age": int(person.age),
        "sex": SEX[int(person.sex)], "income_fifth": int(person.income) + 1,
        "residence": RESIDENCE[int(region.villages.is_urban[village])], "village": village,
        "township": region.townships.name[int(region.villages.township[village])],
        "county": region.counties.code[county], "county_name": region.counties.name[county],
        "county_name_zh": region.counties.name_zh[county],
        "insurance": INSURANCE[int(person.insurance)],
        "chronic": CHRONIC[int(person.chronic)], "contract": CONTRACT[int(person.contract)],
        "key_group": bool(person.key), "near": near,
        "price_taste": float(engine.world.scheme.price_taste[taste & 15, int(person.income)]),
        "travel_taste": float(engine.world.scheme.travel_taste[taste >> 4]),
        "quality_seen": {
            tier: int(person.quality[k]) / L.QUALITY_ONE for k, tier in enumerate(TIER_KEYS)
        },
    }  # fmt: skip


def key_of(alternative: int) -> str:
    """Key of a column of the choice set, or self_care."""
    return "self_care" if alternative == SELF_CARE else ALTERNATIVE_KEYS[alternative]


def bill(charge: int, fund: int) -> Event:
    """Charge, the fund's share and the patient's, fen."""
    return {"charge_fen": charge, "fund_fen": fund, "out_of_pocket_fen": charge - fund}


def summary(events: Sequence[Event]) -> Event:
    """The sum of a year of events."""
    visits = [event for event in events if event["event"] == "visit"]
    seen = [event for event in visits if event["seen"]]
    stays = [event for event in events if event["event"] == "discharged"]
    paid = [*seen, *stays]
    return {
        "illnesses": sum(event["event"] == "illness" for event in events),
        "self_care": sum(
            event["event"] == "choice" and event["asked_for"] == "new"
            and event["chosen"] == "self_care" for event in events
        ),
        "visits": len(seen),
        "visits_by_tier": {
            tier: count for tier in TIER_KEYS
            if (count := sum(event["tier"] == tier for event in seen))
        },
        "left_unseen": len(visits) - len(seen),
        "admissions": sum(event["event"] == "admitted" for event in events),
        "discharges": len(stays),
        "bed_days": sum(event["days"] for event in stays),
        "wait_minutes": sum(event["wait_seconds"] for event in seen) / 60.0,
        "travel_minutes": sum(event["travel_minutes"] for event in seen),
        **{key: sum(event[key] for event in paid) for key in bill(0, 0)},
    }  # fmt: skip
