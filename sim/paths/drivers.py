"""How each engine runs a path: what the system dynamics pass on, month by month or quarter by
quarter, and what the engine reports to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from sim.dynamics.coupling import SystemDynamics
from sim.dynamics.provider_groups import MonthTally
from sim.dynamics.schedule import FIRST_YEAR
from sim.engines.kernels import episode_word as L
from sim.engines.meanfield.solver_inputs import region_inputs_of
from sim.engines.meanfield.years import MONTHS, MeanFieldYears, PathInputs, path_inputs
from sim.engines.record_types import RunTallies
from sim.engines.world import move_rates
from sim.packs import PathRegions, load_path_regions
from sim.packs.extract import extract_path
from sim.parameters import load_parameters
from sim.paths import checkpoint as checkpoints
from sim.paths.stock_table import StockTable
from sim.population import PopulationParameters, residents_of
from sim.population.attributes import laws_of
from sim.population.vital_rates import load_demography
from sim.results import build_dataset, import_ahead
from sim.run import agent_engine, expected_census, run_warnings, take_census, year_conservation

Progress = Callable[[str, int, int, int], None]  # stage, done, total, visits so far


@dataclass(frozen=True)
class Job:
    """What an engine needs to run a path."""

    paths: PathRegions
    digest: str
    p: Any
    slow: SystemDynamics
    table: StockTable
    until: int
    wanted: frozenset[int]
    seed: int
    threads: int
    report: Progress
    key: str
    checkpoint: Path | None
    engine: str


Answer = tuple[dict[int, Any], dict[str, Any], list[str]]  # Datasets, checks, warnings


@lru_cache(maxsize=8)
def path_regions(region: str, is_path: bool, townships: int = 0) -> tuple[PathRegions, str]:
    """A region's conditions by year, or those of so many of its townships, and the hash of its
    pack; read once a process."""
    paths = load_path_regions(Path(region) if is_path else region)
    if townships:
        paths = extract_path(paths, townships)
    return paths, paths.of(FIRST_YEAR).pack_hash


_GROUNDS: dict[tuple[str, int, bytes], PathInputs] = {}
_GROUNDS_KEPT = 6
_GROUNDS_LOCK = Lock()


def _path_ground(job: Job, population: PopulationParameters) -> PathInputs:
    """The region inputs of a path: residents are counted once a process for a pack, a seed and the
    parameters that residents are drawn with."""
    values = [getattr(population, f.name) for f in fields(population)]
    key = (job.digest, job.seed, b"".join(np.asarray(value).tobytes() for value in values))
    with _GROUNDS_LOCK:
        if key not in _GROUNDS:
            while len(_GROUNDS) >= _GROUNDS_KEPT:
                del _GROUNDS[next(iter(_GROUNDS))]
            first = job.paths.of(FIRST_YEAR)
            residents, ledger = residents_of(first, population, job.seed, threads=job.threads)
            rate = move_rate_of(job.paths, job.p, job.seed, job.threads)
            # Typical facilities are chosen by the region's own parameters, whatever the draw.
            p = load_parameters(region=first.key)
            inputs = region_inputs_of(first, p, residents, load_demography(FIRST_YEAR), ledger)
            _GROUNDS[key] = path_inputs(inputs, residents, rate)
        return _GROUNDS[key]


def move_rate_of(paths: PathRegions, p: Any, seed: int, threads: int) -> np.ndarray:
    """Moves out a person-year by county and age over a path: the mean of the years between the
    census and the last population the tables know, (counties, 111)."""
    last = paths.of(max(paths.years))
    population = PopulationParameters.from_table(p)
    residents, ledger = residents_of(last, population, seed, threads=threads)
    return move_rates(last, residents, ledger, p)


def run_meanfield(job: Job) -> Answer:
    """Expected values, quarter by quarter."""
    slow, report = job.slow, job.report
    report("residents", 0, 0, 0)
    population = PopulationParameters.from_table(job.p)
    engine = MeanFieldYears(_path_ground(job, population), job.p)
    found: dict[int, Any] = {}
    checks: dict[str, float] = {}
    total = job.until + 1 - FIRST_YEAR
    for year in range(FIRST_YEAR, job.until + 1):
        report("years", year - FIRST_YEAR, total, 0)
        for quarter in range(4):
            month = 12 * (year - FIRST_YEAR) + MONTHS * quarter
            engine.couple(*slow.open_month(month))
            engine.quarter(year in job.wanted)
            tally = MonthTally(**engine.month_tally())
            for k in range(MONTHS):
                slow.take(month + k, tally)
                job.table.record(month + k)
                slow.step()
        region = engine.model.inputs.region
        result = engine.close_year()
        for check, gap in result.checks.items():
            checks[check] = max(checks.get(check, 0.0), gap)
        if year in job.wanted:
            found[year] = build_dataset(region, result.tallies, expected_census(result))
    broken = [check for check, gap in checks.items() if gap > 1e-9]
    if broken:
        raise RuntimeError(f"conservation does not hold: {broken}; a fault in the program")
    return found, checks, []


def run_agents(job: Job) -> Answer:
    """Every resident, every day, in either agent engine."""
    slow, report, table = job.slow, job.report, job.table
    report("residents", 0, 0, 0)
    population = PopulationParameters.from_table(job.p)
    engine = new_engine(job, population)
    days = (date(job.until + 1, 1, 1) - date(FIRST_YEAR, 1, 1)).days
    engine.progress = lambda day, _, visits: report("days", day + engine.day_of_year, days, visits)
    import_ahead()
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
                    saved = checkpoints.Checkpoint(year, states, found, checks, warnings)
                    checkpoints.save(job.checkpoint, job.key, saved)
    broken = [check for check, gap in checks.items() if gap]
    if broken:
        raise RuntimeError(f"conservation does not hold: {broken}; a fault in the program")
    return found, checks, warnings


def new_engine(job: Job, population: PopulationParameters) -> Any:
    """The path's engine with the residents of the census."""
    first = job.paths.of(FIRST_YEAR)
    residents, ledger = residents_of(first, population, job.seed, threads=job.threads)
    region, p = job.slow.open_month(0)
    engine = agent_engine(
        job.engine, region, p, residents, ledger, job.seed, job.threads, None
    )  # fmt: skip
    engine.move_rate = move_rate_of(job.paths, job.p, job.seed, job.threads)
    return engine


def _begin(job: Job, engine: Any) -> tuple[dict[int, Any], dict[str, Any], list[str], int]:
    """The warm-up, or where a checkpoint stands: Datasets, checks, warnings, first year to run."""
    saved = None
    if job.checkpoint is not None:
        saved = checkpoints.load(job.checkpoint, job.key)
    if saved is None:
        job.report("first day", 0, 0, 0)
        engine.begin()
        return {}, {}, [], FIRST_YEAR
    job.report("resumed", saved.year + 1 - FIRST_YEAR, job.until + 1 - FIRST_YEAR, 0)
    engine.restore(saved.states["engine"], load_demography(saved.year + 1))
    job.slow.restore(saved.states["slow"])
    job.table.restore(saved.states["table"])
    return saved.years, saved.checks, saved.warnings, saved.year + 1


def _one_year(
    engine: Any, slow: SystemDynamics, table: StockTable, year: int, checks: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Twelve months, each with its coupling; adds to the checks."""
    january = 12 * (year - FIRST_YEAR)
    if january:
        engine.couple(*slow.open_month(january))
    engine.open_year(year)
    before, count = take_census(engine, "start"), engine.n
    by_key = before["group_contracts_start"][1].sum(axis=(0, 1, 2, 3, 4, 5, 7))
    for k in range(12):
        month = january + k
        if k:
            engine.couple(*slow.open_month(month))
        reported = engine.counted().facility.copy()
        engine.month(k)
        slow.take(month, month_of_engine(engine.counted(), reported, k, before, by_key))
        table.record(month)
        slow.step()
    tallies = engine.close_year()
    for name, gap in year_conservation(engine, tallies, count).items():
        checks[name] = int(checks.get(name, 0) + abs(gap))
    return tallies, {**before, **take_census(engine, "end")}


def month_of_engine(
    counted: RunTallies,
    reported: np.ndarray,
    month: int,
    census: dict[str, Any],
    by_key: np.ndarray,
) -> MonthTally:
    """What an agent engine says of a month (0-11) of the open year.

    counted  of the year up to the month's end;  reported  by facility up to its start
    census, by_key  of 1 January
    """
    grown = counted.facility - reported
    county = counted.county[month].sum(axis=(1, 2))
    births, deaths, moves = counted.people.T
    charges = grown[:, L.F_CHARGE_OUTPATIENT] + grown[:, L.F_CHARGE_INPATIENT]
    return MonthTally(
        visits=grown[:, L.F_VISITS].astype(np.float64), charges=charges / 100.0,
        fund=(county[:, L.C_FUND] + county[:, L.C_STAY_FUND]) / 100.0,
        residents=(census["residents_start"][1] + births - deaths - moves).astype(np.float64),
        by_key=by_key.astype(np.float64),
    )  # fmt: skip


DRIVERS = {"meanfield": run_meanfield, "compiled": run_agents, "reference": run_agents}
