"""What each lever does alone, at its bound, to the indicator it is meant to move.

python -m benchmarks.levers                             mean-field, five regions, about ten minutes
python -m benchmarks.levers --engine compiled --regions taonan --levers case_payment bed_control

A lever is in place everywhere and in full on 1 January 2024, and is compared with as-now, seed by
seed for the compiled engine. The mean-field has no random draws: any change above rounding counts. The
compiled engine's must be four standard errors of its paired difference. Everything before 2024 is
the same and is run once a seed.
"""

from __future__ import annotations

import argparse
import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.plans.clauses import REGIONS
from scenarios.plans.levers import Lever, levers
from scenarios.scenario import Scenario, Setting
from scenarios.schedule import schedule_of
from sim.dynamics.schedule import EMPTY, EVERYWHERE, FIRST_YEAR, PolicySchedule
from sim.indicators import INDICATORS, compute_all
from sim.parameters import load_parameters
from sim.paths.drivers import path_regions
from sim.paths.path import path_key, simulate_path

START = date(2024, 1, 1)
MEANFIELD_YEAR = 2030
COMPILED_YEAR = 2025
ROUNDING = 1e-6  # of the value; what the mean-field's fixed point is solved to, with room
ERRORS = 4.0
ENGINES = ("meanfield", "compiled")
_PERCENT = {each.id for each in INDICATORS if each.show == "percent"}
Readings = Mapping[str, float]  # by indicator, or indicator:tier


@dataclass(frozen=True, slots=True)
class Change:
    """A lever's change of its indicator: (seeds,) differences from as-now, and as-now's mean."""

    base: float
    differences: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over seeds."""
        return float(np.mean(self.differences))

    @property
    def error(self) -> float:
        """Standard error of the mean; 0 for one difference, which has no random draws."""
        n = len(self.differences)
        return float(np.std(self.differences, ddof=1) / math.sqrt(n)) if n > 1 else 0.0

    @property
    def moves(self) -> bool:
        """Whether it is a change and not rounding or random draws."""
        if not math.isfinite(self.mean):
            return False
        return abs(self.mean) > max(ERRORS * self.error, ROUNDING * abs(self.base))

    def is_as_expected(self, expected: str) -> bool:
        """Whether it moves, and the way it is meant to."""
        ways = {"rises": (1.0,), "falls": (-1.0,), "unsure": (1.0, -1.0)}[expected]
        return self.moves and math.copysign(1.0, self.mean) in ways


def acting() -> tuple[Lever, ...]:
    """Levers that act, in the catalogue's order."""
    return tuple(lever for lever in levers().values() if lever.effects)


def course_at(lever: Lever, level: float, region: str) -> PolicySchedule:
    """One lever alone, everywhere and in full from START on."""
    setting = Setting(
        lever, level, START, START, EVERYWHERE, "assumed", "", "one lever alone", "单项措施", ""
    )
    name = f"{lever.id}-alone"
    return schedule_of(Scenario(region, name, name, name, "", "", (), 2035, (setting,)))


def readings(dataset: Any, wanted: Iterable[str]) -> dict[str, float]:
    """Values of indicators, some of one tier (`bed_occupancy:county`); nan where not defined."""
    parts = {name: name.partition(":") for name in wanted}
    values = compute_all(dataset, only=sorted({part[0] for part in parts.values()}))
    found = {}
    for name, (indicator, _, tier) in parts.items():
        value = values[indicator]["by_tier"][tier] if tier else values[indicator]["value"]
        found[name] = math.nan if value is None else float(value)
    return found


def named() -> tuple[str, ...]:
    """Every indicator some lever is meant to move."""
    return tuple(dict.fromkeys(lever.indicator for lever in acting()))


def meanfield(region: str, chosen: Sequence[Lever], year: int) -> Iterator[tuple[Lever, Change]]:
    """Each lever's change in expected values."""
    wanted = named()
    base = readings(simulate_path(region, year, keep=(year,)).years[year], wanted)
    for lever in chosen:
        schedule = course_at(lever, lever.high, region)
        run = simulate_path(region, year, schedule=schedule, keep=(year,))
        after = readings(run.years[year], [lever.indicator])[lever.indicator]
        before = base[lever.indicator]
        yield lever, Change(before, (after - before,))


class _Reached(Exception):
    """The shared years are done."""


def compiled(
    region: str, chosen: Sequence[Lever], year: int, seeds: int, threads: int
) -> Iterator[tuple[Lever, Change]]:
    """Each lever's change seed by seed, with the full population; the years before START are run once a seed."""
    wanted = named()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for seed in range(seeds):
            _shared_years(region, year, seed, threads, folder)
        bases = [_resumed(region, EMPTY, year, seed, threads, folder, wanted)
                 for seed in range(seeds)]  # fmt: skip
        for lever in chosen:
            schedule = course_at(lever, lever.high, region)
            name = lever.indicator
            differences = [
                _resumed(region, schedule, year, seed, threads, folder, [name])[name] - base[name]
                for seed, base in enumerate(bases)
            ]
            before = float(np.mean([base[name] for base in bases]))
            yield lever, Change(before, tuple(differences))


def _shared_years(region: str, year: int, seed: int, threads: int, folder: Path) -> None:
    """Run as-now to START and store where it stands, under `folder / shared-<seed>`."""
    shared_days = (START - date(FIRST_YEAR, 1, 1)).days

    def stop(stage: str, done: int, total: int, visits: int) -> None:
        if stage == "days" and done > shared_days:
            raise _Reached

    own = folder / "own"
    try:
        simulate_path(region, year, engine="compiled", seed=seed, threads=threads, keep=(year,),
                      progress=stop, checkpoint=own)  # fmt: skip
    except _Reached:
        (held,) = own.glob(f"*-{START.year - 1}")
        held.rename(folder / f"shared-{seed}")


def _resumed(
    region: str, schedule: PolicySchedule, year: int, seed: int, threads: int, folder: Path,
    wanted: Iterable[str],
) -> dict[str, float]:  # fmt: skip
    """Readings of a path that goes on from the shared years under a policy schedule."""
    paths, _ = path_regions(region, False)
    key = path_key(paths, load_parameters(region=region), schedule, "compiled", seed, year)
    own = folder / "own"
    shutil.copytree(folder / f"shared-{seed}", own / f"{key}-{START.year - 1}")
    run = simulate_path(region, year, schedule=schedule, engine="compiled", seed=seed,
                        threads=threads, keep=(year,), checkpoint=own)  # fmt: skip
    return readings(run.years[year], wanted)


def row(lever: Lever, change: Change) -> str:
    """One line of the table; shares in points."""
    scale = 100.0 if lever.indicator.partition(":")[0] in _PERCENT else 1.0
    verdict = "yes" if change.is_as_expected(lever.expected) else "no"
    if change.moves and verdict == "no":
        verdict = "other way"
    return (
        f"| {lever.id} | {lever.high:g} | {lever.indicator} | {lever.expected} "
        f"| {scale * change.base:.4g} | {scale * change.mean:+.3g} | {scale * change.error:.1g} "
        f"| {verdict} |"
    )


HEAD = (
    "| lever | level | indicator | expected | as now | change | standard error | moves |\n"
    "|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Print a table a region, and the levers that move nothing in any."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.levers", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--engine", choices=ENGINES, default="meanfield")
    parser.add_argument("--regions", nargs="+", choices=REGIONS, default=list(REGIONS))
    parser.add_argument("--levers", nargs="+", choices=[lever.id for lever in acting()])
    parser.add_argument("--year", type=int, help="read at the end of this year")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    chosen = [
        lever for lever in acting() if options.levers in (None, []) or lever.id in options.levers
    ]
    still = {lever.id for lever in chosen}
    for region in options.regions:
        if options.engine == "meanfield":
            year = options.year or MEANFIELD_YEAR
            changes = meanfield(region, chosen, year)
        else:
            year = options.year or COMPILED_YEAR
            changes = compiled(region, chosen, year, options.seeds, options.threads)
        print(f"\n{region}, {options.engine}, {year}\n\n{HEAD}", flush=True)
        for lever, change in changes:
            print(row(lever, change), flush=True)
            if change.is_as_expected(lever.expected):
                still.discard(lever.id)
    print("\nAs expected in none of these regions: " + (", ".join(sorted(still)) or "none"))


if __name__ == "__main__":
    main()
