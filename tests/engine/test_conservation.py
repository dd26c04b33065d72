"""Nothing is lost: people, episodes, visits, beds and money balance exactly in every world."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import day as timetable
from sim.engines.compiled.driver import CompiledEngine
from sim.engines.kernels import episode_word as L
from tests.engine.running import (
    TIGHT,
    Run,
    build,
    by_class,
    check_all,
    check_beds,
    check_episodes,
    check_groups,
    check_money,
    check_nothing_negative,
    check_people,
    check_visits,
    nobody_dies_or_is_born,
    run_world,
    tight_region,
    world,
)
from tests.worlds import small_region


def test_people_at_the_end_are_those_at_the_start_and_born_less_dead_and_moved(
    any_world: Run,
) -> None:
    check_people(any_world)


def test_every_episode_begun_ends_in_exactly_one_way_or_is_pending(any_world: Run) -> None:
    check_episodes(any_world)


def test_visits_unseen_and_waits_agree_between_facilities_counties_groups_and_histogram(
    any_world: Run,
) -> None:
    check_visits(any_world)


def test_beds_and_bed_requests_balance_and_no_ward_holds_more_than_beds_and_overflow(
    any_world: Run,
) -> None:
    check_beds(any_world)


def test_every_fen_charged_is_paid_by_the_fund_or_the_patient(any_world: Run) -> None:
    check_money(any_world)


def test_tallies_by_group_repeat_those_by_county_and_month(any_world: Run) -> None:
    check_groups(any_world)


def test_no_tally_is_negative(any_world: Run) -> None:
    check_nothing_negative(any_world)


def test_the_tight_and_deadly_world_takes_every_rare_branch() -> None:
    """The tallies above mean little unless the rare branches are taken."""
    run = world("tight and deadly")
    t = run.tallies.facility.sum(axis=0)
    for column in (
        L.F_UNSEEN, L.F_LEFT_QUEUE, L.F_TRANSFERS_OUT, L.F_TRANSFERS_IN, L.F_BACK_SENT,
        L.F_BACK_RECEIVED, L.F_LEFT_IN_BED, L.F_BED_WAIT_DAYS, L.F_REFERRED_IN,
        L.F_LEFT_WAITING, L.F_WAITING_END,
    ):  # fmt: skip
        assert t[column] > 0, column
    record = run.engine.world.facility
    ward = ~record.delay & (record.overflow > 0)
    over = run.tallies.facility[ward, L.F_MOST_OCCUPIED] > record.beds[ward]
    assert over.any()
    assert world("people moving away").tallies.people[:, 2].sum() > 0
    assert run.tallies.episode[:, [L.E_DIED]].sum() > 0


@pytest.mark.parametrize("seed", [0, 2, 3, 5, 8, 13, 2**40 + 7, 2**63 - 1])
def test_the_books_balance_for_every_seed(seed: int) -> None:
    run = run_world(tight_region(), TIGHT, seed=seed)
    check_all(run)


def test_bed_days_are_the_sum_of_the_midnight_census() -> None:
    days: list[tuple[int, np.ndarray]] = []
    run = run_world(
        tight_region(), TIGHT,
        watch=lambda engine, day: days.append((day, engine.occupied.copy())),
    )  # fmt: skip
    census = np.array([occupied for day, occupied in days if day >= 0])
    assert len(census) == timetable.days_in_year(run.region.year)
    # Deaths and moves of a month leave beds at its end, after the last midnight census.
    np.testing.assert_array_equal(census.sum(axis=0), run.tallies.facility[:, L.F_BED_DAYS])
    record = run.engine.world.facility
    most = np.where(record.delay, 0, record.beds + record.overflow)
    everyday = np.array([occupied for _, occupied in days])
    assert (everyday >= 0).all()
    assert (everyday <= most).all()


def stays_of(engine: CompiledEngine) -> list[np.ndarray]:
    """Record every stay an engine schedules from now on."""
    seen: list[np.ndarray] = []
    schedule = engine.calendar.schedule

    def record(stays: np.ndarray, today: int) -> None:
        seen.append(stays.copy())
        schedule(stays, today)

    engine.calendar.schedule = record  # type: ignore[method-assign]
    return seen


def test_bed_days_are_the_midnights_of_the_stays_when_nobody_dies_or_moves() -> None:
    region = tight_region()
    engine = build(region, TIGHT, demography=nobody_dies_or_is_born(region.year))
    seen = stays_of(engine)
    tallies = engine.run()
    stays = np.concatenate(seen).astype(np.int64)
    days = timetable.days_in_year(region.year)
    begin = np.maximum(stays[:, L.GRANTED], 0)
    end = np.minimum(stays[:, L.GRANTED] + stays[:, L.DAYS], days)
    midnights = np.zeros(len(region.facilities.key), dtype=np.int64)
    np.add.at(midnights, stays[:, L.FACILITY], np.maximum(end - begin, 0))
    ward = ~region.facilities.is_delay
    np.testing.assert_array_equal(midnights[ward], tallies.facility[ward, L.F_BED_DAYS])


def test_no_resident_is_in_two_beds_at_once() -> None:
    engine = build(tight_region(), TIGHT)
    seen = stays_of(engine)
    engine.run()
    stays = np.concatenate(seen).astype(np.int64)
    stays = stays[stays[:, L.RESIDENT] >= 0]
    stays = stays[np.lexsort((stays[:, L.GRANTED], stays[:, L.RESIDENT]))]
    same = stays[1:, L.RESIDENT] == stays[:-1, L.RESIDENT]
    assert same.sum() > 100
    end = stays[:-1, L.GRANTED] + stays[:-1, L.DAYS]
    # A bed left at 10:00 may be followed by another bed on the next day at the earliest.
    assert (stays[1:, L.GRANTED][same] >= end[same]).all()
    assert (stays[:, L.DAYS] >= 1).all()


worlds = st.fixed_dictionaries(
    {
        "n_counties": st.integers(1, 3),
        "residents": st.integers(20, 500),
        "year": st.integers(2020, 2023),
        "urban_share": st.sampled_from([0.0, 0.4, 1.0]),
        "townships_per_county": st.integers(1, 3),
        "all_alternatives": st.booleans(),
        "delay_city": st.booleans(),
        "regional_inside": st.booleans(),
        "zero_beds": st.booleans(),
        "village_without_clinic": st.sampled_from([None, 0, 1]),
        "county_without_hospital": st.sampled_from([None, 0]),
    }
)
settings_of_rules = st.fixed_dictionaries(
    {
        "overflow_share": st.sampled_from([0.0, 0.1, 1.0]),
        "reserved_bed_share:county": st.sampled_from([0.0, 0.3, 1.0]),
        "back_referral_offer:county": st.sampled_from([0.0, 1.0]),
        "formal_referral": st.sampled_from([0.0, 0.35, 1.0]),
        "unseen_return": st.sampled_from([0.0, 0.8, 1.0]),
        "capability:county/complex": st.sampled_from([0.0, 0.78, 1.0]),
        "admission_scale:township": st.sampled_from([0.2, 6.0, 1e3]),
        "admission_scale:county": st.sampled_from([0.2, 6.0, 1e3]),
        "patience_days:complex": st.sampled_from([0.1, 7.0, 300.0]),
        "clinic_hours:county": st.sampled_from([1.0, 480.0]),
        "service_minutes:township": st.sampled_from([0.1, 8.0, 120.0]),
    }
)


@settings(max_examples=25)
@given(
    options=worlds, overrides=settings_of_rules, need=st.sampled_from([0.5, 3.0]),
    seed=st.integers(0, 2**63 - 1), threads=st.integers(1, 3),
)  # fmt: skip
def test_the_books_balance_in_any_small_world(
    options: dict[str, Any], overrides: dict[str, float], need: float, seed: int, threads: int
) -> None:
    run = run_world(
        small_region(**options), {**by_class("need_scale", need), **overrides}, seed, threads,
        people_seed=seed,
    )  # fmt: skip
    check_all(run)
