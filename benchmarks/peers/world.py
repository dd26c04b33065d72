"""One county of the reference region, cut down, and the rules that all programs share.

Left out on both sides, by parameters the engine takes: learning, habit, word of mouth, tastes,
contracts, written referrals, appointments, ambulances, back-referral, seasons, births, deaths. The
engine computes these steps all the same; the peers are spared them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sim.engines.compiled.driver import CompiledEngine
from sim.packs import load_region
from sim.parameters import load_parameters
from sim.population import PopulationParameters, residents_of
from sim.population.vital_rates import load_demography
from sim.tiers import CLASS_KEYS, TIER_KEYS

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AGES = ("0_14", "15_44", "45_64", "65plus")


def _all(name: str, keys: Any, value: float) -> dict[str, float]:
    return {f"{name}:{key}": value for key in keys}


SHARED_RULES: dict[str, float] = {
    **_all("wait_weight", CLASS_KEYS, 0.0), **_all("delay_weight", CLASS_KEYS, 0.0),
    **_all("habit_weight", CLASS_KEYS, 0.0), **_all("contract_weight", CLASS_KEYS, 0.0),
    **_all("inpatient_price_weight", CLASS_KEYS, 0.0), "outcome_weight": 0.0,
    "taste_sd": 0.0, "taste_income_slope": 0.0, "initial_quality_spread": 0.0,
    "learning_good": 0.0, "learning_bad": 0.0, "word_of_mouth": 0.0, "ambulance_share": 0.0,
    "formal_referral": 0.0, "bed_elasticity": 0.0, "overflow_share": 0.0,
    **_all("appointment_days", TIER_KEYS, 0.0), **_all("back_referral_offer", TIER_KEYS, 0.0),
    **_all("patience_days", CLASS_KEYS, 10_000.0),
    **_all("season", [f"{month:02d}" for month in range(1, 13)], 1.0), **_all("weekday", DAYS, 1.0),
    **_all("chronic_incidence", AGES, 0.0), "chronic_deterioration": 0.0, "chronic_control": 0.0,
    "chronic_progression": 0.0,
}  # fmt: skip


@dataclass
class World:
    """What the peers read, plain lists and NumPy arrays; facilities by index, -1 for none."""

    village: list[int]
    age: list[int]
    sex: list[int]
    insurance: list[int]
    rates: np.ndarray  # (residents, 4) episodes a year
    tier: list[int]
    pooled: list[bool]
    delay: list[bool]
    takes: list[list[list[bool]]]  # facility, need class, scope
    rooms: list[list[int]]
    room_share: list[list[float]]
    beds: list[int]
    doctors: list[float]
    attraction: list[float]
    yuan: list[list[float]]  # insurance, facility
    choices: list[list[int]]  # village, 11 alternatives
    hours: list[list[float]]
    p: Any


def region_of(residents: int) -> Any:
    """The reference county with a share of its people, beds and doctors."""
    region = load_region("reference", 2023)
    share = residents / float(
        region.counties.target_population.sum() or region.counties.census.sum()
    )
    census = np.floor(region.counties.census * share).astype(np.int64)
    people, old = census.sum(axis=(1, 2)), region.counties.census.sum(axis=(1, 2))
    counties = replace(
        region.counties, census=census, urban=region.counties.urban * people // old,
        target_population=people * 0,
    )  # fmt: skip
    f = region.facilities
    # Clinics and centres stay as many as they were, with twice the staff for their people.
    scale = np.where(f.tier <= 1, 2.0 * share, share)
    facilities = replace(
        f, doctors=f.doctors * scale, beds=np.ceil(f.beds * share).astype(np.int64)
    )
    insurance = replace(
        region.insurance, outpatient_cap_fen=region.insurance.outpatient_cap_fen * 0
    )
    return replace(region, counties=counties, facilities=facilities, insurance=insurance)


def engine_of(region: Any, seed: int, threads: int, **watchers: Any) -> CompiledEngine:
    """The compiled engine over this region under the shared rules."""
    p = load_parameters(SHARED_RULES)
    residents, ledger = residents_of(region, PopulationParameters.from_table(p), 0, threads=threads)
    life = load_demography(region.year)
    life = replace(
        life, mortality=np.zeros_like(life.mortality), fertility=np.zeros_like(life.fertility)
    )
    return CompiledEngine(
        region, p, residents, life, ledger, seed=seed, threads=threads, **watchers
    )


def world_of(engine: CompiledEngine) -> World:
    """The peers' tables, from the engine's inputs."""
    p, people = engine.p, engine.people[: engine.n]
    f, region = engine.world.facility, engine.region
    rate = np.asarray(p.need_rate) * np.asarray(p.need_scale)[:, None]  # class, age group
    group = np.searchsorted([15, 45, 65], people.age, side="right")
    ratio = float(p.female_need_ratio)
    by_sex = 2.0 * np.where(people.sex == 1, ratio, 1.0) / (1.0 + ratio)
    rates = rate[:, group].T * by_sex[:, None]
    rates[:, 1] *= np.asarray(p.chronic_state_need)[people.chronic]
    rates[:, 2:] *= np.where(people.chronic > 0, float(p.chronic_need_multiplier), 1.0)[:, None]
    # TCM hospitals take no critical episodes, maternal-child ones children and women of 15-49.
    takes = [
        [[bool(f.available[i][c]) and not (kind == 5 and c == 3) and not (kind == 6 and s == 2)
          for s in range(3)] for c in range(4)]
        for i, kind in enumerate(region.facilities.kind)
    ]  # fmt: skip
    yuan = [
        [(int(price) - int(price) * int(bp) // 10_000) / 100.0
         for price, bp in zip(f.price, region.insurance.outpatient_rate_bp[scheme][f.tier], strict=True)]
        for scheme in range(2)
    ]  # fmt: skip
    return World(
        village=people.village.tolist(), age=people.age.tolist(), sex=people.sex.tolist(),
        insurance=people.insurance.tolist(), rates=rates, tier=f.tier.tolist(),
        pooled=f.pooled.tolist(), delay=f.delay.tolist(), takes=takes, rooms=f.rooms.tolist(),
        room_share=f.room_share.tolist(), beds=f.beds.tolist(), doctors=f.doctors.tolist(),
        attraction=f.attraction.tolist(), yuan=yuan,
        choices=region.villages.facility.tolist(), hours=engine.world.village.hours.tolist(), p=p,
    )  # fmt: skip
