"""Run small worlds through the compiled engine; the tallies every run must balance."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

import numpy as np

from sim import day as timetable
from sim.engines.compiled.driver import CompiledEngine, RunTallies
from sim.engines.kernels import episode_word as L
from sim.parameters import load_parameters
from sim.population import Ledger, PopulationParameters, Residents, carry, synthesise
from sim.population.vital_rates import load_demography
from sim.region import Region
from sim.tiers import CLASS_KEYS, TIER_KEYS
from tests.worlds import small_region

Watch = Callable[[CompiledEngine, int], None]


@dataclass(frozen=True)
class Run:
    """A finished run: `start` residents on 1 January, the engine in its last state."""

    region: Region
    engine: CompiledEngine
    tallies: RunTallies
    start: int


def residents_of(region: Region, parameters: Any, seed: int) -> tuple[Residents, Ledger]:
    """The people of a region on 1 January of its year."""
    numbers = PopulationParameters.from_table(parameters)
    census = synthesise(region, numbers, seed)
    return carry(census, region, numbers, seed, to_year=region.year)


def build(
    region: Region, overrides: Mapping[str, float] | None = None, seed: int = 1, threads: int = 2,
    *, people: tuple[Residents, Ledger] | None = None, people_seed: int = 1,
    demography: Any = None,
) -> CompiledEngine:  # fmt: skip
    """An engine that has not run; residents do not change with the seed of the run."""
    parameters = load_parameters(overrides, anchored=False)
    residents, ledger = people or residents_of(region, parameters, people_seed)
    rates = demography or load_demography(region.year)
    return CompiledEngine(region, parameters, residents, rates, ledger, seed=seed, threads=threads)


def run_world(
    region: Region, overrides: Mapping[str, float] | None = None, seed: int = 1, threads: int = 2,
    *, people: tuple[Residents, Ledger] | None = None, people_seed: int = 1,
    demography: Any = None, watch: Watch | None = None,
) -> Run:  # fmt: skip
    """Run a year; `watch(engine, day)` is called at 24:00 of every day, warm-up included."""
    engine = build(
        region, overrides, seed, threads,
        people=people, people_seed=people_seed, demography=demography,
    )  # fmt: skip
    if watch is not None:
        engine.progress = lambda day, _days, _visits: watch(engine, day)
    start = engine.n
    return Run(region, engine, engine.run(), start)


def by_class(name: str, value: float) -> dict[str, float]:
    return {f"{name}:{key}": value for key in CLASS_KEYS}


def by_tier(name: str, value: float) -> dict[str, float]:
    return {f"{name}:{key}": value for key in TIER_KEYS}


def by_tier_and_class(name: str, value: float) -> dict[str, float]:
    return {f"{name}:{tier}/{key}": value for tier in TIER_KEYS for key in CLASS_KEYS}


def flat_season() -> dict[str, float]:
    return {f"season:{month:02d}": 1.0 for month in range(1, 13)}


def nobody_dies_or_is_born(year: int) -> Any:
    rates = load_demography(year)
    return replace(
        rates, mortality=np.zeros_like(rates.mortality), fertility=np.zeros_like(rates.fertility)
    )


def with_facilities(region: Region, **columns: Any) -> Region:
    """The same region with other columns of facilities."""
    return replace(region, facilities=replace(region.facilities, **columns))


def without(region: Region, *alternatives: int) -> Region:
    """The same region with columns of the choice sets taken away."""
    facility = region.villages.facility.copy()
    hours = region.villages.hours.copy()
    facility[:, list(alternatives)] = -1
    hours[:, list(alternatives)] = np.inf
    return replace(region, villages=replace(region.villages, facility=facility, hours=hours))


def index_of(run_or_region: Run | Region, key: str) -> int:
    region = run_or_region.region if isinstance(run_or_region, Run) else run_or_region
    return region.facilities.key.index(key)


# ------------------------------------------------------------------------------------ worlds

TIGHT: dict[str, float] = {
    **by_class("need_scale", 2.0),
    **{f"admission_scale:{tier}": 4.0 for tier in ("township", "county", "city", "regional")},
    "reserved_bed_share:county": 0.2,
    "overflow_share": 0.1,
    "service_minutes:township": 100.0,
}


def tight_region(**options: Any) -> Region:
    """Few beds and few doctors: queues for both, people unseen, beds sought elsewhere."""
    doctors = {f"{name}_{c}": 0.6 for name in ("county_general", "county_tcm") for c in range(2)}
    doctors |= {f"township_{t}": 0.2 for t in range(4)} | {"city_first": 0.8}
    beds = {"county_general_0": 4, "county_general_1": 3, "city_first": 20, "city_second": 2}
    return small_region(residents=2_000, year=2023, doctors=doctors, beds=beds, **options)


WORLDS: dict[str, tuple[Callable[[], Region], dict[str, float]]] = {
    "default": (lambda: small_region(year=2023), {}),
    "tight": (tight_region, TIGHT),
    "tight and deadly": (tight_region, TIGHT),
    "tight with a regional centre inside": (
        lambda: tight_region(regional_inside=True), TIGHT),
    "delay city": (lambda: small_region(year=2022, delay_city=True), {}),
    "regional inside": (lambda: small_region(year=2021, regional_inside=True), {}),
    "people moving away": (
        lambda: small_region(year=2023, target_population=(2_700, 3_300)), {}),
    "one county, few alternatives": (
        lambda: small_region(n_counties=1, residents=1_500, all_alternatives=False), {}),
    "ample": (lambda: small_region(residents=1_000, year=2023, ample=True), {}),
}  # fmt: skip


MORTALITY = {"tight and deadly": 15.0}


@cache
def world(name: str, seed: int = 1) -> Run:
    """A run of a named world, run once a session."""
    make, overrides = WORLDS[name]
    region = make()
    rates = load_demography(region.year)
    rates = replace(rates, mortality=rates.mortality * MORTALITY.get(name, 1.0))
    return run_world(region, overrides, seed, demography=rates)


# ----------------------------------------------------------------------------------- tallies


def digest(run: Run) -> str:
    """Hash of every byte of the tallies and of the last state of every resident."""
    tallies = run.tallies
    parts = [
        getattr(tallies, field.name)
        for field in fields(tallies)
        if isinstance(getattr(tallies, field.name), np.ndarray)
    ]
    parts.append(np.asarray(run.engine.people[: run.engine.n]))
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def facility_by_tier(run: Run, column: int) -> np.ndarray:
    tier = run.region.facilities.tier
    return np.bincount(tier, weights=run.tallies.facility[:, column], minlength=6).astype(np.int64)


def county_by_tier(run: Run, *columns: int) -> np.ndarray:
    return sum(run.tallies.county[..., column].sum(axis=(0, 1, 3)) for column in columns)


def check_people(run: Run) -> None:
    births, deaths, moves = run.tallies.people.sum(axis=0)
    status = run.engine.people.status[: run.engine.n]
    assert run.engine.n == run.start + births
    assert int(((status & L.DEAD) > 0).sum()) == deaths
    assert int(((status & L.MOVED) > 0).sum()) == moves
    alive = int(((status & (L.DEAD | L.MOVED)) == 0).sum())
    assert run.start + births - deaths - moves == alive
    assert run.tallies.people.min() >= 0


def check_episodes(run: Run) -> None:
    episode = run.tallies.episode
    begun = episode[:, L.E_STARTED] + episode[:, L.E_PENDING_START]
    ended = [
        L.E_SELF_RESOLVED, L.E_SELF_UNRESOLVED, L.E_RESOLVED, L.E_UNRESOLVED, L.E_DIED, L.E_MOVED,
        L.E_PENDING_END,
    ]  # fmt: skip
    np.testing.assert_array_equal(begun, episode[:, ended].sum(axis=1))
    assert episode.min() >= 0
    assert county_by_tier(run, L.C_FIRST_CONTACTS).sum() == episode[:, L.E_CONTACTED].sum()
    primary = county_by_tier(run, L.C_FIRST_CONTACTS)[:2].sum()
    assert primary == episode[:, L.E_FIRST_PRIMARY].sum()
    unresolved = episode[:, [L.E_UNRESOLVED, L.E_SELF_UNRESOLVED]].sum()
    assert run.tallies.group[..., L.G_UNRESOLVED].sum() == unresolved
    resolved = episode[:, [L.E_RESOLVED, L.E_SELF_RESOLVED]].sum()
    assert run.tallies.group[..., L.G_RESOLVED].sum() == resolved
    np.testing.assert_array_equal(
        run.tallies.group[..., L.G_FIRST_CONTACTS].sum(axis=0),
        county_by_tier(run, L.C_FIRST_CONTACTS),
    )


def check_visits(run: Run) -> None:
    for facility, county in (
        (L.F_VISITS, L.C_VISITS), (L.F_UNSEEN, L.C_UNSEEN), (L.F_WAIT_SECONDS, L.C_WAIT_SECONDS),
    ):  # fmt: skip
        np.testing.assert_array_equal(facility_by_tier(run, facility), county_by_tier(run, county))
    visits = run.tallies.facility[:, L.F_VISITS]
    np.testing.assert_array_equal(run.tallies.histogram.sum(axis=1), visits)
    np.testing.assert_array_equal(
        run.tallies.group[..., L.G_VISITS].sum(axis=0), county_by_tier(run, L.C_VISITS)
    )


def check_beds(run: Run) -> None:
    t = run.tallies.facility
    ward = ~run.region.facilities.is_delay
    in_ward = t[ward]
    after = (
        in_ward[:, L.F_CENSUS_START] + in_ward[:, L.F_ADMISSIONS]
        - in_ward[:, L.F_DISCHARGES] - in_ward[:, L.F_LEFT_IN_BED]
    )  # fmt: skip
    np.testing.assert_array_equal(after, in_ward[:, L.F_CENSUS_END])
    asked = in_ward[:, L.F_BED_REQUESTS] + in_ward[:, L.F_WAITING_START]
    answered = in_ward[
        :, [L.F_ADMISSIONS, L.F_LEFT_QUEUE, L.F_LEFT_WAITING, L.F_BACK_REFUSED, L.F_WAITING_END]
    ].sum(axis=1)
    np.testing.assert_array_equal(asked, answered)
    record = run.engine.world.facility
    most = (record.beds + record.overflow)[ward]
    assert (in_ward[:, L.F_MOST_OCCUPIED] <= most).all()
    assert (in_ward[:, L.F_CENSUS_END] <= most).all()
    assert (in_ward[:, [L.F_CENSUS_START, L.F_CENSUS_END]] >= 0).all()
    days = timetable.days_in_year(run.region.year)
    open_days = np.where(
        record.beds[ward] > 0, record.beds[ward] * days, in_ward[:, L.F_OPEN_BED_DAYS]
    )
    np.testing.assert_array_equal(in_ward[:, L.F_OPEN_BED_DAYS], open_days)
    assert (in_ward[:, L.F_BED_DAYS] <= most * days).all()
    np.testing.assert_array_equal(
        facility_by_tier(run, L.F_ADMISSIONS), county_by_tier(run, L.C_ADMISSIONS)
    )
    np.testing.assert_array_equal(
        facility_by_tier(run, L.F_BED_WAIT_DAYS), county_by_tier(run, L.C_BED_WAIT_DAYS)
    )
    np.testing.assert_array_equal(
        run.tallies.group[..., L.G_ADMISSIONS].sum(axis=0), county_by_tier(run, L.C_ADMISSIONS)
    )


def check_money(run: Run) -> None:
    county = run.tallies.county
    for charge, fund, own in (
        (L.C_CHARGE, L.C_FUND, L.C_OUT_OF_POCKET),
        (L.C_STAY_CHARGE, L.C_STAY_FUND, L.C_STAY_OUT_OF_POCKET),
    ):
        np.testing.assert_array_equal(county[..., charge], county[..., fund] + county[..., own])
    np.testing.assert_array_equal(
        facility_by_tier_exact(run, L.F_CHARGE_OUTPATIENT), county_by_tier(run, L.C_CHARGE)
    )
    np.testing.assert_array_equal(
        facility_by_tier_exact(run, L.F_CHARGE_INPATIENT), county_by_tier(run, L.C_STAY_CHARGE)
    )
    np.testing.assert_array_equal(
        run.tallies.group[..., L.G_OUT_OF_POCKET].sum(axis=0),
        county_by_tier(run, L.C_OUT_OF_POCKET, L.C_STAY_OUT_OF_POCKET),
    )


def facility_by_tier_exact(run: Run, column: int) -> np.ndarray:
    """As `facility_by_tier`, in whole numbers beyond 2**53 too."""
    total = np.zeros(6, dtype=np.int64)
    np.add.at(total, run.region.facilities.tier, run.tallies.facility[:, column])
    return total


def check_groups(run: Run) -> None:
    """Tallies by group repeat those by county and month, county for county and tier for tier."""
    county = run.tallies.county
    n = county.shape[1]
    group = run.tallies.group.reshape(n, L.GROUPS, 6, L.GROUP_TALLIES).sum(axis=1)
    for own, whole, others in (
        (L.G_OWN_VISITS, L.G_VISITS, [L.C_VISITS]),
        (L.G_OWN_ADMISSIONS, L.G_ADMISSIONS, [L.C_ADMISSIONS]),
        (L.G_OWN_FUND, L.G_FUND, [L.C_FUND, L.C_STAY_FUND]),
    ):
        by_place = county[..., others].sum(axis=(0, -1))  # county, tier, place
        np.testing.assert_array_equal(group[..., own], by_place[..., 0])
        np.testing.assert_array_equal(group[..., whole], by_place.sum(axis=-1))
        assert (run.tallies.group[..., own] <= run.tallies.group[..., whole]).all()
    for one, other in (
        (L.G_TRAVEL_SECONDS, L.C_TRAVEL_SECONDS), (L.G_WAIT_SECONDS, L.C_WAIT_SECONDS),
        (L.G_DISCHARGES, L.C_DISCHARGES), (L.G_BED_WAIT_DAYS, L.C_BED_WAIT_DAYS),
    ):  # fmt: skip
        by_tier = county[..., other].sum(axis=(0, 3))
        np.testing.assert_array_equal(group[..., one], by_tier)
    managed = run.tallies.group[..., L.G_MANAGED_ADMISSIONS]
    assert (managed <= run.tallies.group[..., L.G_ADMISSIONS]).all()
    # A stay is a day or more; stays of nobody are in the facilities' days only.
    assert (group[..., L.G_STAY_DAYS] >= group[..., L.G_DISCHARGES]).all()
    assert (group[..., L.G_STAY_DAYS].sum(axis=0) <= facility_by_tier(run, L.F_STAY_DAYS)).all()


def check_nothing_negative(run: Run) -> None:
    for field in fields(run.tallies):
        value = getattr(run.tallies, field.name)
        if isinstance(value, np.ndarray):
            assert value.dtype == np.int64, field.name
            assert value.min() >= 0, field.name
    assert (run.engine.occupied >= 0).all()
    quality = run.engine.people.quality[: run.engine.n]
    assert quality.min() >= 0
    assert quality.max() <= L.QUALITY_ONE


CHECKS = (
    check_people, check_episodes, check_visits, check_beds, check_money, check_groups,
    check_nothing_negative,
)  # fmt: skip


def check_all(run: Run) -> None:
    for check in CHECKS:
        check(run)


def call(kernel: Any, **values: Any) -> Any:
    """Call a compiled kernel with its arguments by name, in whatever order it takes them."""
    names = inspect.signature(kernel.py_func).parameters
    return kernel(*(values[name] for name in names))


def tables_of(engine: CompiledEngine) -> dict[str, Any]:
    """What most kernels read, by the names they give it, and their scratch."""
    world = engine.world
    return {
        "utility": np.empty(12), "weight": np.empty(12),
        "p": engine.p, "facilities": world.facility, "villages": world.village,
        "scheme": world.scheme, "people": engine.people, "published": engine.published,
        "seed": engine.seed, "key_day": engine.key,
    }  # fmt: skip
