"""Paths of scenarios read into figures: which runs there are, their random draws, and how they are
run.

The same parameter draw, the same effect sizes and the same seed go into every scenario, so what is
left between two of them is the scenario.
"""

from __future__ import annotations

import math
import signal
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.comparison import figure_cache
from scenarios.plans.levers import Effect, levers
from scenarios.scenario import Scenario
from scenarios.scenario_file import load
from sim.dynamics.schedule import FIRST_YEAR
from sim.errors import InputError, NotConverged

if TYPE_CHECKING:
    import xarray as xr

Key = figure_cache.Key
Reading = figure_cache.Reading
Progress = Callable[[str, int, int], None]  # what is run, done, of how many

# Stream of the effect sizes: numbers below 100 belong to sim.rules.random.Stream.
_STREAM = 101
_TAIL = 1.6448536269514722  # standard normal quantile of 95%
# Below this many runs a second process costs more than it brings.
_FEW = 12
_USUAL_YEARS = (2020, 2023, 2025, 2030, 2035)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a scenario is read from: a region and a name, or the path of a file (name None)."""

    place: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """A scenario to be run: `plan` whole, or `base` with some levers set as `plan` sets them."""

    plan: Source
    base: Source | None = None
    levers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One path: a variant with the parameters and effect sizes of a draw (0: the central ones).

    only      ids of the indicators to be read; empty: all
    strained  also read how strained every facility is, under (measure, "facility", key)
    """

    region: str
    variant: Variant
    years: tuple[int, ...]
    engine: str = "meanfield"
    seed: int = 0
    draw: int = 0
    overrides: tuple[tuple[str, float], ...] = ()
    only: tuple[str, ...] = ()
    strained: bool = False


@cache
def scenario_at(source: Source) -> Scenario:
    """The scenario of a source; InputError with every fault."""
    if source.name is None:
        return load(Path(source.place))
    return load(source.place, source.name)


def scenario_of(variant: Variant) -> Scenario:
    """The scenario a variant stands for."""
    plan = scenario_at(variant.plan)
    if variant.base is None:
        return plan
    base = scenario_at(variant.base)
    kept = tuple(s for s in base.settings if s.lever.id not in variant.levers)
    taken = tuple(s for s in plan.settings if s.lever.id in variant.levers)
    return replace(plan, settings=kept + taken)


def different_levers(plan: Scenario, base: Scenario) -> tuple[str, ...]:
    """Levers that the two set differently and that act, in the catalogue's order."""

    def settings(scenario: Scenario, name: str) -> list[tuple[Any, ...]]:
        own = (s for s in scenario.settings if s.lever.id == name)
        return [(s.level, s.start, s.full, s.place) for s in own]

    return tuple(
        lever.id
        for lever in levers().values()
        if lever.effects and settings(plan, lever.id) != settings(base, lever.id)
    )


def drawn_size(effect: Effect, draw: int) -> float:
    """An effect's size in a draw: two half normals that meet at the middle size, 5% of draws
    below `low` and 5% above `high`; never across 0 where the range is on one side of it.

    The number belongs to (lever, quantity, draw), so one more lever changes no other's.
    """
    from sim.rules.random import block, normal_quantile

    name = zlib.crc32(f"{effect.lever}/{effect.quantity.id}".encode())
    z = float(normal_quantile(block(0, _STREAM, name, draw, 0)[0])) / _TAIL
    end = effect.low if z < 0 else effect.high
    size = effect.size + abs(z) * (end - effect.size)
    if effect.low >= 0:
        return max(0.0, size)
    return min(0.0, size) if effect.high <= 0 else size


def drawn_sizes(scenario: Scenario, draw: int) -> dict[tuple[str, str], float] | None:
    """Sizes of all effects of a scenario's levers in a draw; None for draw 0, the middle sizes."""
    if draw == 0:
        return None
    return {
        (effect.lever, effect.quantity.id): drawn_size(effect, draw)
        for setting in scenario.settings
        for effect in setting.lever.effects
    }


def path_of(job: Job, threads: int = 1) -> Any:
    """The path of a job, a `sim.paths.path.PathRun`."""
    from scenarios.schedule import schedule_of
    from sim.paths.path import simulate_path

    scenario = scenario_of(job.variant)
    return simulate_path(
        job.region, max(job.years), schedule=schedule_of(scenario, drawn_sizes(scenario, job.draw)),
        engine=job.engine, seed=job.seed, threads=threads, overrides=dict(job.overrides),
        keep=job.years,
    )  # fmt: skip


def read(
    dataset: xr.Dataset, parameters: Any = None, not_given: Sequence[str] = (),
    only: Sequence[str] = (),
) -> Reading:  # fmt: skip
    """Every modelled indicator of a year, whole and by split; nan where it is not defined."""
    from sim.indicators import compute_all

    found: Reading = {}
    for name, entry in compute_all(dataset, parameters, only or None).items():
        if "not_modelled" in entry or name in not_given:
            continue
        for split, part in entry.items():
            if split == "value":
                found[name, "", ""] = _number(part)
            elif split.startswith("by_"):
                found.update({(name, split, key): _number(v) for key, v in part.items()})
    return found


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def readings_of(job: Job, threads: int = 1) -> dict[int, Reading]:
    """The figures of a job's path by year. Those of a full-population path are cached on disk."""
    if job.engine != "compiled" or job.strained:
        return readings(path_of(job, threads), job)
    file = figure_cache.file_of(_key_of(job), job.only)
    found = figure_cache.load(file) or {}
    if not found.keys() >= set(job.years):
        # The years most asked for as well: the next question may be about those.
        usual = (year for year in _USUAL_YEARS if year <= max(job.years))
        job_of_all = replace(job, years=tuple(sorted({*job.years, *found, *usual})))
        found = readings(path_of(job_of_all, threads), job_of_all)
        figure_cache.save(file, found)
    return {year: found[year] for year in job.years}


def _key_of(job: Job) -> str:
    """The key of a job's path, without running it."""
    from scenarios.schedule import schedule_of
    from sim.paths.path import key_of_path

    scenario = scenario_of(job.variant)
    return key_of_path(
        job.region, max(job.years), schedule=schedule_of(scenario, drawn_sizes(scenario, job.draw)),
        engine=job.engine, seed=job.seed, overrides=dict(job.overrides),
    )  # fmt: skip


def expected_seconds(residents: int, until: int) -> float:
    """How long a full-population path to the end of a year takes on two cores, about.

    As Taonan and Liaocheng took (docs/figures.md): 13 s, and 2 s for a year of a million residents.
    """
    return 13.0 + 2.0 * (until - FIRST_YEAR + 1) * residents / 1e6


def readings(path: Any, job: Job) -> dict[int, Reading]:
    """The figures of a path by year, with the parameters it was run with."""
    from sim.parameters import load_parameters

    parameters = load_parameters(dict(job.overrides), region=job.region)
    silent = path.manifest.get("not_given", ())
    found = {year: read(path.years[year], parameters, silent, job.only) for year in job.years}
    if job.strained:
        for year, reading in found.items():
            reading.update(_strain(path.years[year]))
    return found


def _strain(dataset: xr.Dataset) -> Reading:
    from scenarios.comparison.strain import strain

    return {
        (measure, "facility", key): _number(value)
        for key, values in strain(dataset).items()
        for measure, value in values.items()
    }


def readings_or_none(job: Job, threads: int = 1) -> dict[int, Reading]:
    """`readings_of` a job; empty where a draw's mean-field has no solution, which is counted."""
    try:
        return readings_of(job, threads)
    except NotConverged:
        if not job.draw:
            raise
        return {}


def run_all(
    jobs: Sequence[Job], what: str, threads: int, progress: Progress | None, together: int = 1
) -> Iterator[dict[int, Reading]]:
    """The figures of jobs in their order, none for a draw without a solution. Many mean-field paths
    are shared among processes.

    together  neighbours that share their residents and go to one process
    """
    if not jobs:
        return
    report = progress or (lambda stage, done, total: None)
    report(what, 0, len(jobs))
    alone = threads < 2 or len(jobs) < _FEW or jobs[0].engine != "meanfield"
    if alone:
        for done, job in enumerate(jobs, 1):
            yield readings_or_none(job, threads)
            report(what, done, len(jobs))
        return
    # Leaving the block ends the processes, also at Ctrl-C, which only this process hears.
    with get_context("spawn").Pool(threads, _deaf) as pool:
        for done, found in enumerate(pool.imap(readings_or_none, jobs, together), 1):
            yield found
            report(what, done, len(jobs))


def _deaf() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def draws_of(region: str, n: int) -> tuple[tuple[dict[str, float], ...], str]:
    """The first n parameter draws of a region, or all where fewer are stored; none and the reason
    where there are none of it, or they were made for other parameters."""
    from sim.draws import load_draws, stored_draws

    try:
        return load_draws(region, min(n, stored_draws(region)) or n) if n else (), ""
    except InputError as error:
        return (), str(error)


def overrides_of(draw: Mapping[str, float] | None) -> tuple[tuple[str, float], ...]:
    """A draw in the form a job carries.

    >>> overrides_of({"b": 2.0, "a": 1.0})
    (('a', 1.0), ('b', 2.0))
    """
    return tuple(sorted((draw or {}).items()))
