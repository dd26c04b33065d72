"""simulate_path(): 2020 to 2035, the system dynamics underneath the patients of any engine.

A path starts on 1 January 2020 with the census residents. Up to the last year a region's tables
know, its published stocks are the path; after it, staff, beds, capability, effort and the fund
follow what patients do and what a policy schedule changes.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim import __version__
from sim.dynamics.coupling import SystemDynamics
from sim.dynamics.schedule import EMPTY, FIRST_YEAR, PolicySchedule
from sim.dynamics.stocks import LOOPS
from sim.errors import Fault, InputError
from sim.identity import source_hash
from sim.packs import PathRegions
from sim.parameters import keys_of, load_parameters
from sim.paths import checkpoint as checkpoints
from sim.paths.drivers import DRIVERS, Job, Progress, path_regions
from sim.paths.stock_table import StockTable
from sim.results import SCHEMA_VERSION
from sim.run import extract_stamp, provenance

if TYPE_CHECKING:
    import xarray as xr

LAST_YEAR = 2035


@dataclass(frozen=True)
class PathRun:
    """A finished path.

    years     by calendar year, a Dataset as `sim.simulate` gives for one year
    stocks    the system dynamics by month: beds, staff, capability, effort, fund, and their flows
    manifest  what the run is: region, engine, seed, key, policy schedule, loops cut, checks,
              seconds
    """

    years: Mapping[int, xr.Dataset]
    stocks: xr.Dataset
    manifest: dict[str, Any]


def simulate_path(
    region: str | Path,
    until: int = LAST_YEAR,
    *,
    schedule: PolicySchedule = EMPTY,
    engine: str = "meanfield",
    seed: int = 0,
    threads: int = 2,
    townships: int = 0,
    overrides: Mapping[str, float] | None = None,
    cut: Sequence[str] = (),
    keep: Sequence[int] | None = None,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
) -> PathRun:
    """Simulate a region from 1 January 2020 to the end of a year.

    region     name of a pack, or a pack's folder
    until      last year, 2020-2035
    schedule   dated changes, see sim.dynamics.schedule; empty is as-now
    engine     "meanfield", "compiled", or "reference": the same model written readably, for
               extracts
    townships  0, or take so many whole townships out of the region (sim.packs.extract): an
               extract, not a result; its regional centre does not open
    overrides  parameter values by key, see sim.parameters.load_parameters
    cut        loops of sim.dynamics.stocks.LOOPS that do not act
    keep       years whose Dataset is built; None means all
    progress   called with (stage, done, total, visits so far)
    checkpoint folder in which the compiled engine leaves where it stands after every year; an
               interrupted path of the same key goes on from there, to the same bytes
    raises     InputError for an unknown region, year, engine, loop, parameter, or quantity or place
               of the policy schedule, a faulty pack, more townships than there are, and a
               checkpoint of another engine; RuntimeError when a conservation law does not hold or a
               quarter has no fixed point (errors.NotConverged)

    >>> path = simulate_path("taonan", 2025)  # doctest: +SKIP
    >>> path.years[2025].visits.sum().item()  # doctest: +SKIP
    """
    begun = time.perf_counter()
    _check(until, engine, cut, checkpoint)
    paths, digest = path_regions(str(region), isinstance(region, Path), townships)
    name = paths.of(FIRST_YEAR).key
    zero = {key: 0.0 for loop in cut for row in LOOPS[loop] for key in keys_of(row)}
    p = load_parameters({**(overrides or {}), **zero}, region=name)
    slow = SystemDynamics(paths, p, schedule)
    table = StockTable(slow)
    wanted = range(FIRST_YEAR, until + 1) if keep is None else keep
    drive = DRIVERS[engine]
    key = path_key(paths, p, schedule, engine, seed, until)
    job = Job(paths, digest, p, slow, table, until, frozenset(wanted), seed, threads,
              progress or (lambda *_: None), key, checkpoint, engine)  # fmt: skip
    years, checks, warnings = drive(job)
    if checkpoint is not None:
        checkpoints.discard(checkpoint, key)
    manifest = _manifest(job, name, schedule, cut, checks, warnings, townships)
    first = paths.of(FIRST_YEAR)
    for year, dataset in years.items():
        provenance(dataset, replace(first, year=year), manifest)
    stocks = table.dataset()
    provenance(stocks, first, manifest)
    return PathRun(years, stocks, {**manifest, "seconds": time.perf_counter() - begun})


def _manifest(
    job: Job, region: str, schedule: PolicySchedule, cut: Sequence[str], checks: dict[str, Any],
    warnings: list[str], townships: int,
) -> dict[str, Any]:  # fmt: skip
    """What a path is, and what was checked."""
    return {
        "region": region, "engine": job.engine, "seed": job.seed, "years": [FIRST_YEAR, job.until],
        "key": job.key, "schedule": schedule.key, "cut": list(cut), "model_version": __version__,
        "source_hash": source_hash(), "pack_hash": job.digest, "schema_version": SCHEMA_VERSION,
        "residents": f"census residents of {FIRST_YEAR}", "checks": checks, "warnings": warnings,
        **extract_stamp(townships),
    }  # fmt: skip


def _check(until: int, engine: str, cut: Sequence[str], checkpoint: Path | None) -> None:
    faults = []
    if not FIRST_YEAR <= until <= LAST_YEAR:
        faults.append(Fault("path", 0, "until", str(until), f"{FIRST_YEAR} to {LAST_YEAR}"))
    if engine not in DRIVERS:
        faults.append(Fault("path", 0, "engine", repr(engine), " or ".join(DRIVERS)))
    for loop in cut:
        if loop not in LOOPS:
            faults.append(Fault("path", 0, "cut", repr(loop), "one of " + ", ".join(LOOPS)))
    if checkpoint is not None and engine != "compiled":
        want = "None: only the compiled engine leaves where it stands"
        faults.append(Fault("path", 0, "checkpoint", str(checkpoint), want))
    if faults:
        raise InputError(faults)


def key_of_path(
    region: str, until: int, *, schedule: PolicySchedule, engine: str, seed: int,
    overrides: Mapping[str, float] | None = None,
) -> str:  # fmt: skip
    """The key that `simulate_path` of the same arguments will have, without running it.

    raises  InputError for an unknown region or parameter, and a faulty pack
    """
    paths, _ = path_regions(region, False, 0)
    p = load_parameters(overrides, region=paths.of(FIRST_YEAR).key)
    return path_key(paths, p, schedule, engine, seed, until)


def path_key(
    paths: PathRegions,
    parameters: Any,
    schedule: PolicySchedule,
    engine: str,
    seed: int,
    until: int,
) -> str:
    """Identity of a path: the same key gives the same bytes."""
    first = paths.of(FIRST_YEAR)
    digest = hashlib.sha256()
    for part in (first.key, str(until), first.pack_hash, schedule.key, engine, str(seed),
                 source_hash()):  # fmt: skip
        digest.update(part.encode() + b"\0")
    digest.update(parameters.tobytes())
    return digest.hexdigest()[:16]
