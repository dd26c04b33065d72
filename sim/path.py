"""simulate_path(): 2020 to 2035, the slow world underneath the patients of any engine.

A path starts on 1 January 2020 with the census residents. Up to the last year a region's tables
know, its published stocks are the path; after it, staff, beds, capability, effort and the fund
follow what patients do and what a course changes.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import __version__
from sim import checkpoint as checkpoints
from sim.course import EMPTY, FIRST_YEAR, Course
from sim.demography import load_demography
from sim.engines.compiled import CompiledEngine
from sim.engines.kernels import layout as L
from sim.engines.meanfield.setting import ground_of
from sim.engines.meanfield.years import MONTHS, MeanFieldYears, PathGround, path_ground
from sim.engines.world import move_rates
from sim.errors import Fault, InputError
from sim.handover import MonthTally, SlowWorld
from sim.packs import PathRegions, load_path_regions
from sim.parameters import keys_of, load_parameters
from sim.population import PopulationParameters, residents_of
from sim.population.attributes import laws_of
from sim.results import SCHEMA_VERSION, build_dataset
from sim.run import (
    expected_census,
    provenance,
    run_warnings,
    take_census,
    year_conservation,
)
from sim.source import source_hash
from sim.stock_table import StockTable
from sim.stocks import LOOPS

if TYPE_CHECKING:
    import xarray as xr

LAST_YEAR = 2035
Progress = Callable[[str, int, int, int], None]  # stage, done, total, visits so far


@dataclass(frozen=True)
class PathRun:
    """A finished path.

    years     by calendar year, a Dataset as `sim.simulate` gives for one year
    stocks    the slow world by month: beds, staff, capability, effort, fund, and their flows
    manifest  what the run is: region, engine, seed, key, course, loops cut, checks, seconds
    """

    years: Mapping[int, xr.Dataset]
    stocks: xr.Dataset
    manifest: dict[str, Any]


def simulate_path(
    region: str | Path,
    until: int = LAST_YEAR,
    *,
    course: Course = EMPTY,
    engine: str = "meanfield",
    seed: int = 0,
    threads: int = 2,
    overrides: Mapping[str, float] | None = None,
    cut: Sequence[str] = (),
    keep: Sequence[int] | None = None,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
) -> PathRun:
    """Simulate a region from 1 January 2020 to the end of a year.

    region     name of a pack, or a pack's folder
    until      last year, 2020-2035
    course     dated changes, see sim.course; empty is as-now
    engine     "meanfield" or "compiled"
    overrides  parameter values by key, see sim.parameters.load_parameters
    cut        loops of sim.stocks.LOOPS that do not act
    keep       years whose Dataset is built; None means all
    progress   called with (stage, done, total, visits so far)
    checkpoint folder in which the compiled engine leaves where it stands after every year; an
               interrupted path of the same key goes on from there, to the same bytes

    Raises InputError for an unknown region, year, engine, loop, parameter or quantity of the
    course; RuntimeError when a conservation law does not hold or a quarter has no fixed point.

    >>> path = simulate_path("taonan", 2025)  # doctest: +SKIP
    >>> path.years[2025].visits.sum().item()  # doctest: +SKIP
    """
    begun = time.perf_counter()
    _check(until, engine, cut)
    paths, digest = _regions(str(region), isinstance(region, Path))
    name = paths.of(FIRST_YEAR).key
    zero = {key: 0.0 for loop in cut for row in LOOPS[loop] for key in keys_of(row)}
    p = load_parameters({**(overrides or {}), **zero}, region=name)
    slow = SlowWorld(paths, p, course)
    table = StockTable(slow)
    wanted = range(FIRST_YEAR, until + 1) if keep is None else keep
    drive = _DRIVERS[engine]
    key = path_key(paths, p, course, engine, seed, until)
    job = Job(paths, digest, p, slow, table, until, frozenset(wanted), seed, threads,
              progress or (lambda *_: None), key, checkpoint)  # fmt: skip
    years, checks, warnings = drive(job)
    if checkpoint is not None:
        checkpoints.discard(checkpoint, key)
    manifest = {
        "region": name, "engine": engine, "seed": seed, "years": [FIRST_YEAR, until], "key": key,
        "course": course.key, "cut": list(cut), "model_version": __version__,
        "source_hash": source_hash(), "pack_hash": digest, "schema_version": SCHEMA_VERSION,
        "residents": f"census residents of {FIRST_YEAR}", "checks": checks, "warnings": warnings,
    }  # fmt: skip
    first = paths.of(FIRST_YEAR)
    for year, dataset in years.items():
        provenance(dataset, replace(first, year=year), manifest)
    stocks = table.dataset()
    provenance(stocks, first, manifest)
    return PathRun(years, stocks, {**manifest, "seconds": time.perf_counter() - begun})


@dataclass(frozen=True)
class Job:
    """What an engine needs to run a path."""

    paths: PathRegions
    digest: str
    p: Any
    slow: SlowWorld
    table: StockTable
    until: int
    wanted: frozenset[int]
    seed: int
    threads: int
    tell: Progress
    key: str
    checkpoint: Path | None


Answer = tuple[dict[int, Any], dict[str, Any], list[str]]  # Datasets, checks, warnings


def _check(until: int, engine: str, cut: Sequence[str]) -> None:
    faults = []
    if not FIRST_YEAR <= until <= LAST_YEAR:
        faults.append(Fault("path", 0, "until", str(until), f"{FIRST_YEAR} to {LAST_YEAR}"))
    if engine not in _DRIVERS:
        faults.append(Fault("path", 0, "engine", repr(engine), " or ".join(_DRIVERS)))
    for loop in cut:
        if loop not in LOOPS:
            faults.append(Fault("path", 0, "cut", repr(loop), "one of " + ", ".join(LOOPS)))
    if faults:
        raise InputError(faults)


def path_key(
    paths: PathRegions, parameters: Any, course: Course, engine: str, seed: int, until: int
) -> str:
    """Identity of a path: the same key gives the same bytes."""
    first = paths.of(FIRST_YEAR)
    digest = hashlib.sha256()
    for part in (first.key, str(until), first.pack_hash, course.key, engine, str(seed),
                 source_hash()):  # fmt: skip
        digest.update(part.encode() + b"\0")
    digest.update(parameters.tobytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=8)
def _regions(region: str, is_path: bool) -> tuple[PathRegions, str]:
    paths = load_path_regions(Path(region) if is_path else region)
    return paths, paths.of(FIRST_YEAR).pack_hash


@lru_cache(maxsize=8)
def _path_ground(region: str, digest: str, seed: int, people: bytes, threads: int) -> PathGround:
    """The ground of a region, its residents counted once a process."""
    del digest, people  # what makes another ground
    paths, _ = _regions(region, False)
    p = load_parameters(region=paths.of(FIRST_YEAR).key)
    population = PopulationParameters.from_table(p)
    first = paths.of(FIRST_YEAR)
    residents, ledger = residents_of(first, population, seed, threads=threads)
    rate = move_rate_of(paths, p, seed, threads)
    ground = ground_of(first, p, residents, load_demography(FIRST_YEAR), ledger)
    return path_ground(ground, residents, rate)


def move_rate_of(paths: PathRegions, p: Any, seed: int, threads: int) -> np.ndarray:
    """Moves out a person-year by county and age over a path: the mean of the years between the
    census and the last population the tables know, (counties, 111)."""
    last = paths.of(max(paths.years))
    population = PopulationParameters.from_table(p)
    residents, ledger = residents_of(last, population, seed, threads=threads)
    return move_rates(last, residents, ledger, p)


def _meanfield(job: Job) -> Answer:
    """Expected values, quarter by quarter."""
    slow, tell = job.slow, job.tell
    tell("residents", 0, 0, 0)
    population = PopulationParameters.from_table(job.p)
    people = b"".join(np.asarray(getattr(population, f.name)).tobytes() for f in fields(population))
    name = job.paths.of(FIRST_YEAR).key
    engine = MeanFieldYears(_path_ground(name, job.digest, job.seed, people, job.threads), job.p)
    found: dict[int, Any] = {}
    checks: dict[str, float] = {}
    total = job.until + 1 - FIRST_YEAR
    for year in range(FIRST_YEAR, job.until + 1):
        tell("years", year - FIRST_YEAR, total, 0)
        for quarter in range(4):
            month = 12 * (year - FIRST_YEAR) + MONTHS * quarter
            engine.hand_over(*slow.open_month(month))
            engine.quarter()
            tally = MonthTally(**engine.month_tally())
            for k in range(MONTHS):
                slow.take(month + k, tally)
                job.table.record(month + k)
                slow.step()
        region = engine.model.ground.region
        result = engine.close_year()
        for check, gap in result.checks.items():
            checks[check] = max(checks.get(check, 0.0), gap)
        if year in job.wanted:
            found[year] = build_dataset(region, result.tallies, expected_census(result))
    broken = [check for check, gap in checks.items() if gap > 1e-9]
    if broken:
        raise RuntimeError(f"conservation does not hold: {broken}; a fault in the program")
    return found, checks, []


def _compiled(job: Job) -> Answer:
    """Every resident, every day."""
    slow, tell, table = job.slow, job.tell, job.table
    tell("residents", 0, 0, 0)
    population = PopulationParameters.from_table(job.p)
    engine = _new_engine(job, population)
    days = (date(job.until + 1, 1, 1) - date(FIRST_YEAR, 1, 1)).days
    engine.progress = lambda day, _, visits: tell("days", day + engine.day_of_year, days, visits)
    with engine.workers:
        found, checks, warnings, first = _begin(job, engine)
        for year in range(first, job.until + 1):
            tallies, census = _one_year(engine, slow, table, year, checks)
            if year in job.wanted:
                world = replace(engine.region, year=year)
                found[year] = build_dataset(world, tallies, census)
                warnings += [f"{year}: {said}" for said in run_warnings(world, tallies)]
            if year < job.until:
                rates = load_demography(year + 1)
                laws = laws_of(engine.region, population, rates, job.seed, year + 1)
                engine.new_year(laws, rates)
                if job.checkpoint is not None:
                    states = {
                        "engine": engine.state(),
                        "slow": slow.state(),
                        "table": table.state(),
                    }
                    held = checkpoints.Checkpoint(year, states, found, checks, warnings)
                    checkpoints.save(job.checkpoint, job.key, held)
    broken = [check for check, gap in checks.items() if gap]
    if broken:
        raise RuntimeError(f"conservation does not hold: {broken}; a fault in the program")
    return found, checks, warnings


def _new_engine(job: Job, population: PopulationParameters) -> CompiledEngine:
    """The compiled engine with the residents of the census."""
    first = job.paths.of(FIRST_YEAR)
    residents, ledger = residents_of(first, population, job.seed, threads=job.threads)
    region, p = job.slow.open_month(0)
    engine = CompiledEngine(
        region, p, residents, load_demography(FIRST_YEAR), ledger, seed=job.seed,
        threads=job.threads,
    )  # fmt: skip
    engine.move_rate = move_rate_of(job.paths, job.p, job.seed, job.threads)
    return engine


def _begin(
    job: Job, engine: CompiledEngine
) -> tuple[dict[int, Any], dict[str, Any], list[str], int]:
    """The warm-up, or where a checkpoint stands: Datasets, checks, warnings, first year to run."""
    held = None
    if job.checkpoint is not None:
        held = checkpoints.load(job.checkpoint, job.key)
    if held is None:
        job.tell("first day", 0, 0, 0)
        engine.begin()
        return {}, {}, [], FIRST_YEAR
    job.tell("resumed", held.year + 1 - FIRST_YEAR, job.until + 1 - FIRST_YEAR, 0)
    engine.restore(held.states["engine"], load_demography(held.year + 1))
    job.slow.restore(held.states["slow"])
    job.table.restore(held.states["table"])
    return held.years, held.checks, held.warnings, held.year + 1


def _one_year(
    engine: CompiledEngine, slow: SlowWorld, table: StockTable, year: int, checks: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Twelve months, each with its hand-over; adds to the checks."""
    january = 12 * (year - FIRST_YEAR)
    if january:
        engine.hand_over(*slow.open_month(january))
    engine.open_year(year)
    before, count = take_census(engine, "start"), engine.n
    by_key = before["group_contracts_start"][1].sum(axis=(0, 1, 2, 3, 4, 5, 7))
    for k in range(12):
        month = january + k
        if k:
            engine.hand_over(*slow.open_month(month))
        told = engine.facility.copy()
        engine.month(k)
        slow.take(month, month_of_engine(engine, told, k, before, by_key))
        table.record(month)
        slow.step()
    tallies = engine.close_year()
    for name, gap in year_conservation(engine, tallies, count).items():
        checks[name] = int(checks.get(name, 0) + abs(gap))
    return tallies, {**before, **take_census(engine, "end")}


def month_of_engine(
    engine: Any, told: np.ndarray, month: int, census: dict[str, Any], by_key: np.ndarray
) -> MonthTally:
    """What an agent engine tells of a month (0-11) of the open year.

    told  its facility tallies at the month's start;  census, by_key  of 1 January
    """
    grown = engine.facility - told
    county = sum(tally.county[month] for tally in engine.tallies).sum(axis=(1, 2))
    births, deaths, moves = engine.people_counts.sum(axis=0).T
    charges = grown[:, L.F_CHARGE_OUTPATIENT] + grown[:, L.F_CHARGE_INPATIENT]
    return MonthTally(
        visits=grown[:, L.F_VISITS].astype(np.float64), charges=charges / 100.0,
        fund=(county[:, L.C_FUND] + county[:, L.C_STAY_FUND]) / 100.0,
        residents=(census["residents_start"][1] + births - deaths - moves).astype(np.float64),
        by_key=by_key.astype(np.float64),
    )  # fmt: skip


_DRIVERS = {"meanfield": _meanfield, "compiled": _compiled}
