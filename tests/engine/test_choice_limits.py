"""Where people go is the nested logit: resident by resident, in expectation, and in its limits.

V33 at the resident's scale: with learning off, the counts of a year equal the law averaged over
residents within four standard errors. About 90 counts are compared, so one seed in 180 would
raise a false alarm; the seed is fixed.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from sim import day as timetable
from sim.engines.compiled.driver import CompiledEngine
from sim.engines.compiled.event_calendar import EventCalendar
from sim.engines.kernels import episode_word as L
from sim.engines.world import sizes
from sim.parameters import load_parameters
from sim.region import Region
from sim.rules.choice import (
    ABSENT,
    facility_utility,
    level_midpoint,
    nested_logit,
    own_utility,
    own_weights,
    pick,
    price_taste,
    travel_taste,
)
from sim.rules.consult import EMERGENCY_POOL, WOMEN_CHILDREN_POOL, pool_of
from sim.rules.payment import deductible_fen, fund_fen
from sim.rules.random import Stream, block
from sim.tiers import ALTERNATIVE_KEYS, ALTERNATIVE_TIER, CLASS_KEYS, N_ALTERNATIVES, Kind, Tier
from tests.engine.running import (
    TIGHT,
    by_class,
    by_tier,
    check_all,
    nobody_dies_or_is_born,
    run_world,
    tight_region,
    with_facilities,
    without,
)
from tests.worlds import small_region

COLUMN = {key: index for index, key in enumerate(ALTERNATIVE_KEYS)}
CRITICAL = 3
DAY = 364


# --------------------------------------------------------------- the law, written a second time


def stay_yuan(engine: CompiledEngine, insurance: int, f: int) -> float:
    scheme, record = engine.world.scheme, engine.world.facility[f]
    deductible = deductible_fen(
        int(scheme.deductible[insurance, record.tier]), scheme.deductible_factor, 0
    )
    charge = int(record.stay_price)
    fund = fund_fen(
        charge, int(scheme.stay_fund_bp[insurance, record.tier]), deductible,
        int(scheme.stay_cap[insurance]), 0,
    )  # fmt: skip
    return (charge - fund) / 100.0


def in_scope(kind: int, need_class: int, person: Any) -> bool:
    """TCM hospitals take no emergencies; maternal-child hospitals women of 15-49 and children."""
    if kind == Kind.TCM_HOSPITAL:
        return need_class != CRITICAL
    if kind == Kind.MATERNAL_CHILD_HOSPITAL:
        return bool(person.age < 15 or (person.sex == 1 and person.age < 50))
    return True


class Law:
    """Choice weights of residents from the rules, at what an engine publishes on a weekday."""

    def __init__(self, engine: CompiledEngine, need_class: int, weekday: int) -> None:
        self.engine, self.need_class, self.weekday = engine, need_class, weekday
        p = engine.p
        n = engine.n_facilities
        self.offered = np.full((n, 6, 2), np.nan)
        for f in range(n):
            record = engine.world.facility[f]
            tier = int(record.tier)
            emergency = need_class == CRITICAL
            closed = timetable.days_to_opening(tier, weekday)
            days = math.floor(float(p.appointment_days[tier]) + 0.5)
            delay = 0 if emergency else max(days, closed, int(engine.published[f].appointment_days))
            for pool in range(6):
                wait = p.wait_knowledge * engine.published[f].wait[pool]
                wait += (1.0 - p.wait_knowledge) * engine.tier_wait[tier, int(emergency)]
                for insurance in range(2):
                    self.offered[f, pool, insurance] = facility_utility(
                        p, tier, need_class, wait / 3_600.0, float(delay),
                        stay_yuan(engine, insurance, f),
                    )  # fmt: skip

    def utilities(self, r: int, u_pool: float) -> np.ndarray:
        engine, s = self.engine, self.need_class
        p, world = engine.p, engine.world
        person = engine.people[r]
        village = int(person.village)
        taste, insurance = int(person.taste), int(person.insurance)
        weights = own_weights(
            p, s, price_taste(p, level_midpoint(taste & 15), int(person.income)),
            travel_taste(p, level_midpoint(taste >> 4)),
        )  # fmt: skip
        cap = int(world.scheme.visit_cap[insurance])
        exhausted = cap > 0 and person.visit_fund >= cap
        habit = (int(person.habit) >> (5 * s)) & 31
        utility = np.full(12, ABSENT)
        utility[0] = p.self_care_constant[s]
        for j in range(N_ALTERNATIVES):
            f = int(world.village[village].facility[j])
            if f < 0:
                continue
            record = world.facility[f]
            if not record.available[s] or not in_scope(int(record.kind), s, person):
                continue
            if (
                s == CRITICAL
                and not record.pooled
                and not record.delay
                and (timetable.days_to_opening(int(record.tier), self.weekday) > 0)
            ):
                continue  # closed today: not there for an emergency
            pool = pool_of(p, u_pool, s, int(person.age), bool(record.pooled))
            rate = 0 if exhausted else int(world.scheme.visit_fund_bp[insurance, record.tier])
            price = int(record.price)
            utility[j + 1] = self.offered[f, pool, insurance] + own_utility(
                weights, int(person.quality[record.tier]) / L.QUALITY_ONE,
                float(world.village[village].hours[j]),
                (price - fund_fen(price, rate, 0, 0, 0)) / 100.0,
            )  # fmt: skip
            if record.tier <= 1 and person.contract == 2:
                utility[j + 1] += p.contract_weight[s]
            if (habit & 15) == j + 1:
                utility[j + 1] += p.habit_weight[s]
                utility[j + 1] += p.outcome_weight if habit & 16 else -p.outcome_weight
        self._share_constants(utility, village)
        return utility

    def _share_constants(self, utility: np.ndarray, village: int) -> None:
        """Alternatives of a tier share its constant in proportion to their size."""
        for tier in set(ALTERNATIVE_TIER):
            alike = [
                j for j in range(N_ALTERNATIVES)
                if ALTERNATIVE_TIER[j] == tier and utility[j + 1] > ABSENT
            ]  # fmt: skip
            facility = self.engine.world.village[village].facility
            sizes = [float(self.engine.world.facility["doctors"][facility[j]]) for j in alike]
            for j, size in zip(alike, sizes, strict=True):
                utility[j + 1] += math.log(size / sum(sizes))


# ---------------------------------------------------------------------- resident by resident


def first_choices(
    engine: CompiledEngine, need_class: int, weekday: int, residents: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Let these residents fall ill on one more day of a run and see where they go: fate, and
    the facility of the visit or appointment, -1 for self-care. The engine is left as it was,
    but for what it published that day."""
    n = len(residents)
    people, wait, booked = (
        engine.people.copy(),
        engine.published.wait.copy(),
        engine.calendar.booked.copy(),
    )
    engine.calendar = EventCalendar(engine.n_facilities)
    engine.calendar.booked[:] = booked
    engine.queue = engine.queue[:0]
    engine.queue_start[:] = 0
    engine.occupied[:] = 0
    onsets = np.zeros((n, 4), dtype=np.int32)
    onsets[:, L.RESIDENT] = residents
    onsets[:, L.ONSET] = DAY
    onsets[:, L.EPISODE_WORD] = L.pack(need_class, 0)
    engine.month_events = onsets
    engine.day_start = np.array([0, n])
    engine._day(DAY, 0, 0, weekday, 0)
    chosen = engine.buffers["facility"][:n].astype(np.int64)
    fate = engine.buffers["fate"][:n].copy()
    appointed = {}
    for event in engine.calendar.events():
        appointed[int(event[L.RESIDENT])] = int(event[L.FACILITY])
    for i in np.flatnonzero(fate == L.POSTPONED):
        chosen[i] = appointed[int(residents[i])]
    engine.people[:] = people
    engine.published.wait[:] = wait
    engine.calendar.booked[:] = booked
    return fate, chosen


@cache
def lived_in() -> CompiledEngine:
    """A congested world at the end of a year: habits, opinions, waits and used-up caps differ.
    One city hospital: how two share a nest has its own test."""
    region = without(tight_region(), COLUMN["city_second"])
    return run_world(region, {**TIGHT, "ambulance_share": 0.0}, threads=1).engine


@pytest.mark.parametrize("weekday", [2, 6], ids=["Wednesday", "Sunday"])
@pytest.mark.parametrize("need_class", range(4), ids=CLASS_KEYS)
def test_every_resident_goes_where_the_rules_send_him(need_class: int, weekday: int) -> None:
    engine = lived_in()
    p = engine.p
    status = engine.people.status[: engine.n]
    residents = np.flatnonzero(status == 0)[::5]
    fate, chosen = first_choices(engine, need_class, weekday, residents)
    law = Law(engine, need_class, weekday)
    weight = np.empty(12)
    wrong = []
    for i, r in enumerate(residents):
        person = engine.people[r]
        u = block(engine.seed, int(Stream.CHOICE), int(person.identity), engine.key + DAY, 0)
        u_pick = u[0]  # nobody calls an ambulance here
        total = nested_logit(p, law.utilities(int(r), u[1]), weight)
        j = pick(u_pick, weight, total) - 1
        expected = -1 if j < 0 else int(engine.world.village[int(person.village)].facility[j])
        if chosen[i] != expected or (fate[i] == L.SELF_CARE) != (j < 0):
            wrong.append(int(r))
    assert wrong == []
    assert len(set(chosen.tolist())) > 8


def test_the_world_of_that_test_has_habits_contracts_exhausted_caps_and_waits() -> None:
    engine = lived_in()
    people = engine.people[: engine.n]
    assert (people.habit > 0).mean() > 0.5
    assert (people.contract == 2).mean() > 0.1
    caps = engine.world.scheme.visit_cap[people.insurance]
    assert 0.05 < (people.visit_fund >= caps).mean() < 0.95
    assert engine.published.wait.max() > 1_800


# ------------------------------------------------------------------------- over a whole year


STEADY = {
    "learning_good": 0.0, "learning_bad": 0.0, "word_of_mouth": 0.0, "outcome_weight": 0.0,
    "contract_renewal": 1.0, "chronic_deterioration": 0.0, "chronic_control": 0.0,
    "chronic_progression": 0.0,
    **{f"chronic_incidence:{group}": 0.0 for group in ("0_14", "15_44", "45_64", "65plus")},
    **by_class("habit_weight", 0.0), **by_class("wait_weight", 0.0),
    **by_class("escalation", 0.0), **by_tier("admission_scale", 0.0),
}  # fmt: skip


@pytest.mark.parametrize("need_class", range(4), ids=CLASS_KEYS)
def test_first_contacts_of_a_year_are_the_law_averaged_over_residents(need_class: int) -> None:
    region = without(small_region(residents=2_500, year=2022, ample=True), COLUMN["city_second"])
    uncapped = replace(region.insurance, outpatient_cap_fen=np.zeros(2, dtype=np.int64))
    region = replace(region, insurance=uncapped)
    overrides = {
        **STEADY,
        **{f"need_scale:{key}": float(k == need_class) * (1.0, 1.0, 4.0, 40.0)[k]
           for k, key in enumerate(CLASS_KEYS)},
    }  # fmt: skip
    rates = nobody_dies_or_is_born(2022)
    run = run_world(region, overrides, threads=1, demography=rates)
    check_all(run)
    engine = run.engine
    expected = _expected_shares(engine, need_class)
    episode = run.tallies.episode[need_class]
    n = int(episode[L.E_STARTED])
    alone = int(episode[[L.E_SELF_RESOLVED, L.E_SELF_UNRESOLVED]].sum())
    counted = np.append(run.tallies.facility[:, L.F_VISITS], alone)
    edge = int(episode[[L.E_PENDING_START, L.E_PENDING_END]].sum())
    assert n > 10_000
    assert edge < 0.01 * n
    assert abs(counted.sum() - n) <= edge
    sd = np.sqrt(n * expected * (1.0 - expected))
    # An appointment made in December for a day in January is counted by neither.
    slack = 4.0 * sd + edge * np.sqrt(expected)
    assert (np.abs(counted - n * expected) <= slack).all()


def _expected_shares(engine: CompiledEngine, need_class: int) -> np.ndarray:
    """Shares of facilities, and last of self-care, over residents by need and days by season."""
    p, n = engine.p, engine.n_facilities
    factor = np.zeros(7)
    for first, days, month in timetable.blocks(engine.year)[1:]:
        for weekday in timetable.weekdays(engine.year, first, days):
            factor[weekday] += p.season[month] * p.weekday[weekday]
    factor /= factor.sum()
    expected = np.zeros(n + 1)
    weight = np.empty(12)
    # Saturday is a working day of half the length; only Sunday is closed.
    for weekday, share in ((2, 1.0 - factor[6]), (6, factor[6])):
        first_choices(engine, need_class, weekday, np.arange(1))  # to publish that day
        law = Law(engine, need_class, weekday)
        for r in range(engine.n):
            person = engine.people[r]
            rates = engine.rates[int(person.age), int(person.sex), int(person.chronic)]
            need = float(rates[need_class] - (rates[need_class - 1] if need_class else 0.0))
            if need == 0.0:
                continue
            logit = 1.0
            if need_class == CRITICAL:
                logit -= float(p.ambulance_share)
                expected[_nearest_emergency(engine, int(person.village))] += (
                    need * share * float(p.ambulance_share)
                )
            total = nested_logit(p, law.utilities(r, 0.5), weight)
            expected[n] += need * share * logit * weight[0] / total
            for j in range(N_ALTERNATIVES):
                if weight[j + 1] > 0.0:
                    f = engine.world.village[int(person.village)].facility[j]
                    expected[f] += need * share * logit * weight[j + 1] / total
    return expected / expected.sum()


def _nearest_emergency(engine: CompiledEngine, village: int) -> int:
    """The ambulance rule: the nearest facility with an emergency department."""
    best, nearest = -1, math.inf
    for j in range(N_ALTERNATIVES):
        f = int(engine.world.village[village].facility[j])
        if f >= 0 and engine.world.facility[f].pooled:
            hours = float(engine.world.village[village].hours[j])
            if hours < nearest:
                best, nearest = f, hours
    return best


# -------------------------------------------------------------------------------- its limits


class _FirstDay(Exception):
    """Raised by the watch when the first day is over."""


def fresh(region: Region, overrides: dict[str, float] | None = None) -> CompiledEngine:
    """An engine at the end of its first day."""
    seen: list[CompiledEngine] = []

    def watch(engine: CompiledEngine, _day: int) -> None:
        seen.append(engine)
        raise _FirstDay

    with suppress(_FirstDay):
        run_world(region, overrides, threads=1, watch=watch)
    return seen[0]


def shares(engine: CompiledEngine, need_class: int) -> np.ndarray:
    """Choices of everybody, share by tier, self-care last."""
    fate, chosen = first_choices(engine, need_class, 2, np.arange(engine.n))
    tier = np.where(fate == L.SELF_CARE, 6, engine.world.facility.tier[np.maximum(chosen, 0)])
    return np.bincount(tier, minlength=7) / engine.n


def test_a_constant_added_to_every_alternative_changes_no_choice() -> None:
    """V22. Rounding may move one resident in a thousand across a boundary, no more."""
    region = small_region(residents=3_000, year=2023)
    base = fresh(region)
    higher = {f"tier_constant:{t.name.lower()}": float(base.p.tier_constant[t]) + 1.5 for t in Tier}
    higher |= {
        f"self_care_constant:{key}": float(base.p.self_care_constant[k]) + 1.5
        for k, key in enumerate(CLASS_KEYS)
    }
    shifted = fresh(region, higher)
    everybody = np.arange(base.n)
    for need_class in range(3):
        fate_a, chosen_a = first_choices(base, need_class, 2, everybody)
        fate_b, chosen_b = first_choices(shifted, need_class, 2, everybody)
        assert (chosen_a != chosen_b).mean() < 0.001
        assert ((fate_a == L.SELF_CARE) != (fate_b == L.SELF_CARE)).mean() < 0.001


@pytest.mark.parametrize(
    ("tier", "first", "second"),
    [(Tier.COUNTY, "county_general", "county_private"), (Tier.CITY, "city_first", "city_second")],
)
@pytest.mark.parametrize("need_class", [1, 2], ids=["chronic", "complex"])
def test_two_equal_hospitals_of_a_tier_draw_what_one_would(
    tier: Tier, first: str, second: str, need_class: int
) -> None:
    """Sharing a tier's constant leaves the tier's share unchanged, in a nest too. Both worlds share
    their random draws; four standard errors of two independent ones are allowed."""
    region = small_region(residents=12_000, year=2023)
    others = [COLUMN[k] for k in ("county_tcm", "county_maternal_child", "neighbour")]
    others.append(COLUMN["county_private" if tier == Tier.CITY else "city_second"])
    hours = region.villages.hours.copy()
    hours[:, COLUMN[second]] = hours[:, COLUMN[first]]
    region = replace(region, villages=replace(region.villages, hours=hours))
    here = region.facilities.tier == tier
    kind = np.where(here, int(Kind.GENERAL_HOSPITAL), region.facilities.kind)
    doctors = np.where(here, 30.0, region.facilities.doctors)
    region = with_facilities(region, kind=kind, doctors=doctors)
    two = shares(fresh(without(region, *others)), need_class)
    one = shares(fresh(without(region, *others, COLUMN[second])), need_class)
    share, n = one[tier], 24_000
    assert share > 0.01
    assert abs(two[tier] - share) < 4.0 * math.sqrt(2.0 * share * (1.0 - share) / n)


def test_a_citys_hospitals_of_a_kind_weigh_together_and_women_have_their_own_doctors() -> None:
    """A village meets one of the general hospitals, dealt by beds: split in two, they weigh the
    same against the other kinds. A maternal-child hospital weighs as the women's and children's
    doctors it has beside those of a general hospital."""
    region = small_region(residents=200)
    f, p = region.facilities, load_parameters()
    city = np.flatnonzero(f.tier == Tier.CITY)
    assert len(city) == 2
    kind = f.kind.copy()
    kind[city] = int(Kind.GENERAL_HOSPITAL)
    apart = sizes(with_facilities(region, kind=kind), p)
    own = f.doctors * (1.0 - f.withdrawn)
    assert apart[city] == pytest.approx(own[city].sum())
    kind[city[1]] = int(Kind.TCM_HOSPITAL)
    assert sizes(with_facilities(region, kind=kind), p)[city] == pytest.approx(own[city])
    mothers = f.kind == Kind.MATERNAL_CHILD_HOSPITAL
    others = ~mothers & (f.tier != Tier.CITY)
    assert mothers.any()
    seen = float(p.pool_doctor_share[WOMEN_CHILDREN_POOL])
    assert 0.0 < seen < 1.0
    assert sizes(region, p)[mothers] * seen == pytest.approx(own[mothers])
    assert sizes(region, p)[others] == pytest.approx(np.maximum(own[others], 0.01))
    without_pool = load_parameters({"pool_doctor_share:women_children": 0.0})
    assert sizes(region, without_pool)[mothers] == pytest.approx(own[mothers])


def test_the_pool_of_an_emergency_is_the_emergency_department() -> None:
    """A guard of the law above: waits of a critical patient are those of that pool."""
    engine = fresh(small_region(residents=200))
    assert pool_of(engine.p, 0.1, CRITICAL, 40, True) == EMERGENCY_POOL
    assert pool_of(engine.p, 0.1, CRITICAL, 40, False) == 0
