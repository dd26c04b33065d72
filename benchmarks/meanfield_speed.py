"""Seconds of the mean-field: a quarter, paths of 2020-2035 under the system dynamics, and many draws.

python -m benchmarks.meanfield_speed                     chifeng and liaocheng, 20 draws
python -m benchmarks.meanfield_speed taonan --draws 200

A path is that of a scenario with the years 2023, 2025 and 2035 read, the second and later ones of a
process, least of five. Draws are the region's own, as-now, shared by two processes that have run a
path before, as a comparison has them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from multiprocessing import get_context

from scenarios import load
from scenarios.schedule import schedule_of
from sim.draws import load_draws
from sim.engines.meanfield.periods import MeanField
from sim.engines.meanfield.solver_inputs import region_inputs_of
from sim.packs import load_region
from sim.parameters import load_parameters
from sim.paths.path import simulate_path
from sim.population import PopulationParameters, residents_of
from sim.population.vital_rates import load_demography

SCENARIOS = ("as-now", "plan-2025", "vision-2035")
YEARS = (2023, 2025, 2035)
PATHS, PROCESSES = 5, 2


def quarter(name: str) -> tuple[float, str]:
    """Seconds of one processor for a quarter after others, and the size of the region."""
    p = load_parameters(region=name)
    region = load_region(name, 2023)
    residents, ledger = residents_of(region, PopulationParameters.from_table(p), 0, threads=2)
    inputs = region_inputs_of(region, p, residents, load_demography(2023), ledger)
    model = MeanField(inputs, p)
    for _ in range(5):
        model.period(0.25, 1.0)
    begun = time.thread_time()
    for k in range(8):
        model.period(0.25, 1.0 + 0.05 * (k % 2), exact=False)
    size = f"{len(inputs.cells.county)} places, {len(inputs.cells.place)} cells, "
    return (time.thread_time() - begun) / 8, size + f"{len(inputs.stations.facility)} stations"


def path(name: str, scenario: str) -> float:
    """Seconds of a scenario's path: the least of several."""
    schedule, seconds = schedule_of(load(name, scenario)), []
    for _ in range(1 + PATHS):
        begun = time.perf_counter()
        simulate_path(name, schedule=schedule, keep=YEARS)
        seconds.append(time.perf_counter() - begun)
    return min(seconds[1:])


def one_draw(task: tuple[str, Mapping[str, float]]) -> None:
    """A draw's path, in a process of its own."""
    simulate_path(task[0], overrides=task[1], keep=YEARS)


def draws(name: str, number: int) -> float:
    """Seconds of the paths of a region's first draws, residents counted and kernels loaded."""
    tasks = [(name, values) for values in load_draws(name, number)]
    with get_context("spawn").Pool(PROCESSES) as pool:
        pool.map(one_draw, [(name, {})] * PROCESSES, 1)
        begun = time.perf_counter()
        pool.map(one_draw, tasks, 1)
        return time.perf_counter() - begun


def main() -> None:
    """Print a few lines a region."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.meanfield_speed",
                                     description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("regions", nargs="*", default=["chifeng", "liaocheng"])
    parser.add_argument("--draws", type=int, default=20)
    options = parser.parse_args()
    for name in options.regions:
        each, size = quarter(name)
        paths = ", ".join(f"{scenario} {path(name, scenario):.2f} s" for scenario in SCENARIOS)
        print(f"{name}: {size}; quarter {1e3 * each:.1f} ms CPU; path {paths}; {options.draws} "
              f"draws on {PROCESSES} processes {draws(name, options.draws):.1f} s", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
