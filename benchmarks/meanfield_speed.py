"""Seconds of the mean-field: a quarter, the path of 2020-2035 under the slow world, and many draws.

python -m benchmarks.meanfield_speed                     chifeng and liaocheng, 20 draws
python -m benchmarks.meanfield_speed taonan --draws 200
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor

from sim.demography import load_demography
from sim.engines.meanfield.model import MeanField
from sim.engines.meanfield.setting import ground_of
from sim.packs import load_region
from sim.parameters import load_parameters
from sim.path import simulate_path
from sim.population import PopulationParameters, residents_of


def quarter(name: str) -> tuple[float, str]:
    """Seconds of one processor for a quarter after others, and the size of the region."""
    p = load_parameters(region=name)
    region = load_region(name, 2023)
    residents, ledger = residents_of(region, PopulationParameters.from_table(p), 0, threads=2)
    ground = ground_of(region, p, residents, load_demography(2023), ledger)
    model = MeanField(ground, p)
    for _ in range(5):
        model.period(0.25, 1.0)
    begun = time.thread_time()
    for k in range(8):
        model.period(0.25, 1.0 + 0.05 * (k % 2), exact=False)
    size = f"{len(ground.cells.county)} places, {len(ground.cells.place)} cells, "
    return (time.thread_time() - begun) / 8, size + f"{len(ground.stations.facility)} stations"


def paths(name: str, draws: list[dict[str, float]], threads: int) -> tuple[float, float]:
    """Wall and processor seconds of a path for each draw, without Datasets."""

    def one(draw: dict[str, float]) -> None:
        simulate_path(name, overrides=draw, keep=[])

    begun, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, draws))
    return time.perf_counter() - begun, time.process_time() - cpu


def main() -> None:
    """Print one line a region."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.meanfield_speed",
                                     description=__doc__)  # fmt: skip
    parser.add_argument("regions", nargs="*", default=["chifeng", "liaocheng"])
    parser.add_argument("--draws", type=int, default=20)
    options = parser.parse_args()
    draws = [{"taste_sd": 0.4 + 0.2 * k / options.draws} for k in range(options.draws)]
    for name in options.regions:
        simulate_path(name, 2020, keep=[])  # counts residents, compiles
        each, size = quarter(name)
        path, path_cpu = paths(name, [{}], 1)
        wall, cpu = paths(name, draws, 2)
        print(
            f"{name}: {size}; quarter {1e3 * each:.1f} ms CPU, path {path:.2f} s ({path_cpu:.2f} s "
            f"CPU), {options.draws} draws {wall:.1f} s wall {cpu:.1f} s CPU on two threads",
            flush=True,
        )


if __name__ == "__main__":
    main()
