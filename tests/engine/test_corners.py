"""Extreme worlds: everything stays finite, non-negative and conserved, and does what it must."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim import day as timetable
from sim.engines.kernels import episode_word as L
from sim.region import Region
from sim.tiers import ALTERNATIVE_KEYS, Kind, Tier
from tests.engine.running import (
    Run,
    by_class,
    by_tier,
    by_tier_and_class,
    check_all,
    county_by_tier,
    index_of,
    nobody_dies_or_is_born,
    run_world,
    tight_region,
    with_facilities,
    without,
)
from tests.worlds import INPATIENT_FEN, OUTPATIENT_FEN, small_region

GENERAL = ALTERNATIVE_KEYS.index("county_general")
UPPER = tuple(
    ALTERNATIVE_KEYS.index(key) for key in ("city_first", "city_second", "regional", "outside")
)
NEIGHBOUR = ALTERNATIVE_KEYS.index("neighbour")


def inside(run: Run) -> np.ndarray:
    return ~run.region.facilities.place_outside


def visits(run: Run) -> int:
    return int(run.tallies.facility[:, L.F_VISITS].sum())


# ------------------------------------------------------------------------ nothing there


def test_without_beds_nobody_is_admitted_inside_the_region() -> None:
    run = run_world(small_region(residents=1_500, year=2023, zero_beds=True))
    check_all(run)
    assert run.tallies.facility[inside(run), L.F_ADMISSIONS].sum() == 0
    assert run.tallies.facility[inside(run), L.F_BED_DAYS].sum() == 0
    assert run.tallies.facility[~inside(run), L.F_ADMISSIONS].sum() > 0
    assert county_by_tier(run, L.C_VISITS)[:3].min() > 0


def test_without_doctors_nobody_is_seen_or_admitted_inside_the_region() -> None:
    region = small_region(residents=3_000, year=2023, zero_doctors=True)
    run = run_world(region, by_tier("back_referral_offer", 1.0))
    check_all(run)
    t = run.tallies.facility[inside(run)]
    assert t[:, [L.F_VISITS, L.F_UNSEEN]].sum() == 0
    assert run.tallies.facility[~inside(run), L.F_VISITS].sum() > 0
    # A bed without a doctor takes nobody, not even a patient sent back from a higher tier.
    assert t[:, [L.F_ADMISSIONS, L.F_BED_REQUESTS]].sum() == 0


def test_without_any_facility_everybody_cares_for_himself() -> None:
    region = without(small_region(residents=500, year=2023), *range(len(ALTERNATIVE_KEYS)))
    run = run_world(region)
    check_all(run)
    assert visits(run) == 0
    ended = run.tallies.episode[:, [L.E_SELF_RESOLVED, L.E_SELF_UNRESOLVED]].sum()
    assert ended == run.tallies.episode[:, L.E_STARTED].sum() > 0


def test_a_county_without_a_hospital_uses_none_of_its_own() -> None:
    run = run_world(small_region(residents=1_500, year=2023, county_without_hospital=1))
    check_all(run)
    own = run.tallies.county[:, 1, int(Tier.COUNTY), 0]
    assert own.sum() == 0
    # The last village of the county has the neighbour's hospital in its choice set.
    assert run.tallies.county[:, 1, int(Tier.COUNTY), 1, L.C_VISITS].sum() > 0
    assert run.tallies.county[:, 1, int(Tier.CITY), :, L.C_ADMISSIONS].sum() > 0


def test_a_village_without_a_clinic_sends_its_people_elsewhere() -> None:
    everywhere = run_world(small_region(residents=1_500, year=2023))
    run = run_world(small_region(residents=1_500, year=2023, village_without_clinic=1))
    check_all(run)
    assert "village_1" not in run.region.facilities.key
    for name in ("village_0", "village_2"):
        # What other villages do changes only through waits and word of mouth.
        here = run.tallies.facility[index_of(run, name), L.F_VISITS]
        before = everywhere.tallies.facility[index_of(everywhere, name), L.F_VISITS]
        assert abs(int(here) - int(before)) < 0.1 * before
    lost = everywhere.tallies.facility[index_of(everywhere, "village_1"), L.F_VISITS]
    change = county_by_tier(run, L.C_VISITS) - county_by_tier(everywhere, L.C_VISITS)
    assert change[0] < -0.8 * lost
    assert change[1] > 0


# --------------------------------------------------------------------------------- need


def test_without_need_nothing_happens_but_life_and_death() -> None:
    run = run_world(small_region(residents=1_500, year=2023), by_class("need_scale", 0.0))
    check_all(run)
    assert run.tallies.county.sum() == 0
    assert run.tallies.group.sum() == 0
    assert run.tallies.episode.sum() == 0
    assert run.tallies.histogram.sum() == 0
    t = run.tallies.facility
    assert t[:, [L.F_VISITS, L.F_UNSEEN, L.F_ADMISSIONS, L.F_CHARGE_OUTPATIENT]].sum() == 0
    assert run.tallies.people.sum() > 0
    assert t[:, L.F_CENSUS_END].sum() <= t[:, L.F_CENSUS_START].sum()


def test_with_forty_times_the_need_a_resident_still_has_one_visit_a_day() -> None:
    region = small_region(residents=400, year=2023)
    run = run_world(region, by_class("need_scale", 40.0), demography=nobody_dies_or_is_born(2023))
    check_all(run)
    seen = visits(run) + run.tallies.facility[:, L.F_UNSEEN].sum()
    assert seen <= run.start * timetable.days_in_year(2023)
    assert seen > 40 * run.start


# -------------------------------------------------------------------------------- money


def test_where_care_is_free_nobody_pays() -> None:
    region = small_region(residents=1_000, year=2023, outpatient_fen=[0] * 6, inpatient_fen=[0] * 6)
    run = run_world(region)
    check_all(run)
    charges = [
        L.C_CHARGE, L.C_FUND, L.C_OUT_OF_POCKET, L.C_STAY_CHARGE, L.C_STAY_FUND,
        L.C_STAY_OUT_OF_POCKET,
    ]  # fmt: skip
    assert run.tallies.county[..., charges].sum() == 0
    assert visits(run) > 0


def test_at_ten_million_yuan_a_visit_nobody_pays_a_wrong_fen() -> None:
    """Half of the charges are caught by the caps, none overflows."""
    region = small_region(
        residents=1_000, year=2023, outpatient_fen=[10**9] * 6, inpatient_fen=[10**9] * 6
    )
    weights = by_class("outpatient_price_weight", 0.0) | by_class("inpatient_price_weight", 0.0)
    run = run_world(region, weights)
    check_all(run)
    assert visits(run) > 1_000
    county = run.tallies.county
    n_stays = county[..., L.C_DISCHARGES].sum()
    spread = run.engine.p.severity_spread
    mean = county[..., L.C_CHARGE].sum() / county[..., L.C_VISITS].sum()
    assert abs(mean / 1e9 - 1.0) < spread
    assert n_stays > 0
    people = run.engine.people[: run.engine.n]
    caps = region.insurance.outpatient_cap_fen[people.insurance]
    assert (people.visit_fund <= caps).all()
    assert (people.stay_fund <= region.insurance.inpatient_cap_fen[people.insurance]).all()
    assert (people.visit_fund >= 0).all()
    assert (people.stay_fund >= 0).all()


def test_without_caps_the_fund_pays_its_share_of_ten_million_yuan() -> None:
    region = small_region(
        residents=500, year=2023, outpatient_fen=[10**9] * 6, inpatient_fen=[10**9] * 6
    )
    none = np.zeros(2, dtype=np.int64)
    same = np.full((2, 6), 5_000, dtype=np.int64)
    insurance = replace(
        region.insurance, outpatient_cap_fen=none, inpatient_cap_fen=none,
        outpatient_rate_bp=same, inpatient_rate_bp=same,
        inpatient_deductible_fen=np.zeros((2, 6), dtype=np.int64),
    )  # fmt: skip
    weights = by_class("outpatient_price_weight", 0.0) | by_class("inpatient_price_weight", 0.0)
    run = run_world(replace(region, insurance=insurance), weights)
    check_all(run)
    county = run.tallies.county
    for charge, fund, count in (
        (L.C_CHARGE, L.C_FUND, L.C_VISITS), (L.C_STAY_CHARGE, L.C_STAY_FUND, L.C_DISCHARGES),
    ):  # fmt: skip
        halves = county[..., charge] - 2 * county[..., fund]
        assert (halves >= 0).all()
        assert (halves <= county[..., count]).all()


def test_the_money_counters_of_a_resident_hold_a_year_without_caps() -> None:
    """A hundred visits of a hundred thousand yuan each, all paid by the fund."""
    region = small_region(
        residents=100, year=2023, outpatient_fen=[10**7] * 6, inpatient_fen=INPATIENT_FEN
    )
    insurance = replace(
        region.insurance, outpatient_cap_fen=np.array([4 * 10**9] * 2),
        outpatient_rate_bp=np.full((2, 6), 10_000, dtype=np.int64),
    )  # fmt: skip
    overrides = {**by_class("need_scale", 60.0), **by_class("outpatient_price_weight", 0.0)}
    run = run_world(replace(region, insurance=insurance), overrides)
    check_all(run)
    assert (run.engine.people.visit_fund[: run.engine.n] >= 0).all()


# --------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_one_resident_has_a_year_of_his_own(threads: int) -> None:
    region = small_region(n_counties=1, residents=1, urban_share=0.0)
    run = run_world(region, by_class("need_scale", 20.0), threads=threads)
    check_all(run)
    assert run.start == 1
    assert run.tallies.episode[:, L.E_STARTED].sum() > 10


def test_a_leap_year_has_366_days() -> None:
    days: list[int] = []
    run = run_world(
        small_region(residents=600, year=2020), watch=lambda _engine, day: days.append(day)
    )
    check_all(run)
    assert days == list(range(-42, 366))
    record = run.engine.world.facility
    ward = ~record.delay
    np.testing.assert_array_equal(
        run.tallies.facility[ward, L.F_OPEN_BED_DAYS], record.beds[ward] * 366
    )
    assert (run.tallies.county[..., L.C_VISITS].sum(axis=(1, 2, 3)) > 0).all()


# --------------------------------------------------------------------------------- stays


def test_stays_of_a_moment_last_one_midnight() -> None:
    run = run_world(small_region(residents=1_500, year=2023), by_tier("stay_mean", 1e-6))
    check_all(run)
    t = run.tallies.facility
    assert t[:, L.F_DISCHARGES].sum() > 0
    assert t[:, L.F_STAY_DAYS].sum() == t[:, L.F_DISCHARGES].sum()


def test_stays_without_end_are_cut_at_the_longest() -> None:
    overrides = {**by_tier("stay_mean", 1e5), "stay_longest": 180.0, **by_class("need_scale", 2.0)}
    run = run_world(small_region(residents=1_500, year=2023), overrides)
    check_all(run)
    t = run.tallies.facility
    assert (t[:, L.F_STAY_DAYS] <= 180 * t[:, L.F_DISCHARGES]).all()
    hospital = index_of(run, "county_general_0")
    # Only transfers end before: the wards fill up and patients look elsewhere.
    assert t[hospital, L.F_LEFT_QUEUE] > t[hospital, L.F_ADMISSIONS]
    assert t[hospital, L.F_BED_DAYS] > 0.9 * t[hospital, L.F_OPEN_BED_DAYS]


# ---------------------------------------------------------------- rules that must never break


def daily_visits(
    region: Region, overrides: dict[str, float], seed: int = 1
) -> tuple[Run, np.ndarray]:
    """A run and the visits of every facility on every day of the year, (days, facilities)."""
    totals: list[np.ndarray] = []

    def watch(engine: object, day: int) -> None:
        if day >= 0:
            totals.append(engine.facility[:, L.F_VISITS].copy())  # type: ignore[attr-defined]

    run = run_world(region, overrides, seed, watch=watch)
    return run, np.diff(np.array(totals), axis=0, prepend=0)


def test_hospitals_without_an_emergency_department_see_nobody_on_sundays() -> None:
    """A facility closed today is not there for an emergency."""
    region = small_region(residents=3_000, year=2023)
    run, seen = daily_visits(region, {"need_scale:critical": 20.0})
    sunday = timetable.weekdays(2023, 0, 365) == 6
    closes = (run.region.facilities.tier >= Tier.COUNTY) & ~run.engine.world.facility.pooled
    assert seen[:, closes].sum() > 0
    assert seen[sunday][:, closes].sum() == 0


def test_no_critical_patient_is_referred_to_a_hospital_that_takes_none() -> None:
    """The county's only hospitals are for TCM and for women and children: emergencies are referred
    and moved past the first."""
    private = ALTERNATIVE_KEYS.index("county_private")
    region = without(small_region(residents=3_000, year=2023), GENERAL, NEIGHBOUR, private)
    overrides = {
        **by_tier_and_class("capability", 0.05), **by_class("escalation", 1.0),
        "formal_referral": 1.0, "adherence_constant": 50.0, "ambulance_share": 0.0,
        **{f"need_scale:{key}": 0.0 for key in ("minor", "chronic", "complex")},
        "need_scale:critical": 20.0, "tier_constant:township": 8.0,
    }  # fmt: skip
    run = run_world(region, overrides)
    check_all(run)
    kind = run.region.facilities.kind
    emergencies = run.tallies.facility[:, L.F_EMERGENCIES]
    assert emergencies.sum() > 1_000
    assert emergencies[kind == Kind.TCM_HOSPITAL].sum() == 0


def test_who_finds_no_bed_anywhere_is_not_counted_as_resolved() -> None:
    """Everybody who sees a doctor of a hospital needs a bed and there are two: whoever is resolved
    was discharged from one of them."""
    region = without(
        small_region(n_counties=1, residents=3_000, year=2023, all_alternatives=False,
                     beds={"county_general_0": 2, "township_0": 0, "township_1": 0}),
        0, 1, *UPPER,
    )  # fmt: skip
    overrides = {
        **by_tier_and_class("admission_probability", 1.0), **by_tier("discretionary_share", 0.0),
        **by_tier_and_class("capability", 1.0), **by_class("patience_days", 1.0),
        "need_scale:minor": 0.0, "need_scale:chronic": 0.0, "need_scale:critical": 0.0,
    }  # fmt: skip
    run = run_world(region, overrides)
    check_all(run)
    t = run.tallies.facility[index_of(run, "county_general_0")]
    assert t[L.F_LEFT_QUEUE] > 1_000
    assert run.tallies.episode[:, L.E_RESOLVED].sum() <= t[L.F_DISCHARGES]


def test_a_part_time_clinic_consults_no_later_than_an_hour_after_it_closes() -> None:
    """A doctor's tenth of a township centre is open for minutes a session. Many patients come:
    whoever has not been called an hour after closing leaves unseen."""
    doctors = {f"township_{t}": 0.1 for t in range(4)}
    region = small_region(residents=3_000, year=2023, doctors=doctors)
    overrides = {**by_class("need_scale", 5.0), "tier_constant:township": 5.0}
    run = run_world(region, overrides)
    check_all(run)
    p = run.engine.p
    for t in range(4):
        f = index_of(run, f"township_{t}")
        record = run.engine.world.facility[f]
        assert record.rooms[0] == 1
        share = float(record.room_share[0])
        opening = (p.morning_hours[1] + p.afternoon_hours[1]) * share
        overrun = 2.0 * p.overrun_minutes / 60.0
        # The last consult of a session, and returns from tests, may end later still.
        last = 2.0 * 3.0 * p.service_minutes[1] / 60.0
        hours = run.tallies.facility[f, L.F_SERVICE_SECONDS] / 3_600.0
        assert hours <= 365.0 * (opening + overrun + last)
        assert run.tallies.facility[f, L.F_UNSEEN] > 0


def test_prices_of_the_tests_are_those_of_the_tiers() -> None:
    """A guard of this file: the worlds above charge by tier."""
    region = small_region(residents=100)
    np.testing.assert_array_equal(
        region.facilities.outpatient_fen, np.asarray(OUTPATIENT_FEN)[region.facilities.tier]
    )


def test_the_tight_world_survives_a_year_without_a_single_consult_room_open_long() -> None:
    """Sessions of a minute: nearly everybody leaves unseen, and the tallies balance."""
    overrides = {
        **by_tier("morning_hours", 1.0 / 60.0), **by_tier("afternoon_hours", 1.0 / 60.0),
        "overrun_minutes": 0.0,
    }  # fmt: skip
    run = run_world(tight_region(), overrides)
    check_all(run)
    assert run.tallies.facility[:, L.F_UNSEEN].sum() > 0


def test_delay_facilities_never_refuse_a_patient() -> None:
    region = small_region(residents=1_000, year=2023)
    everywhere = with_facilities(
        region, is_delay=np.ones(len(region.facilities.key), dtype=np.bool_)
    )
    run = run_world(everywhere, by_class("need_scale", 3.0))
    check_all(run)
    t = run.tallies.facility
    assert t[:, [L.F_UNSEEN, L.F_LEFT_QUEUE, L.F_BED_WAIT_DAYS, L.F_WAITING_END]].sum() == 0
    assert t[:, L.F_ADMISSIONS].sum() > 0
