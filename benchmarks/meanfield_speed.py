"""Seconds of the mean-field: a quarter, the path of 2020-2035, and many draws of it.

python -m benchmarks.meanfield_speed                     chifeng and liaocheng, 20 draws
python -m benchmarks.meanfield_speed taonan --draws 200
"""

from __future__ import annotations

import argparse
import time

from sim.demography import load_demography
from sim.engines.meanfield.model import MeanField
from sim.engines.meanfield.path import solve_path
from sim.engines.meanfield.setting import ground_of
from sim.packs import load_region
from sim.parameters import load_parameters
from sim.population import PopulationParameters, residents_of


def main() -> None:
    """Print one line a region."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.meanfield_speed",
                                     description=__doc__)  # fmt: skip
    parser.add_argument("regions", nargs="*", default=["chifeng", "liaocheng"])
    parser.add_argument("--draws", type=int, default=20)
    options = parser.parse_args()
    p = load_parameters()
    draws = [load_parameters({"taste_sd": 0.4 + 0.2 * k / options.draws})
             for k in range(options.draws)]  # fmt: skip
    years = range(2020, 2036)
    for name in options.regions:
        region = load_region(name, 2023)
        residents, ledger = residents_of(region, PopulationParameters.from_table(p), 0, threads=2)
        ground = ground_of(region, p, residents, load_demography(2023), ledger)
        solve_path(ground, [p], [2023, 2024], threads=1)  # compiles
        model = MeanField(ground, p)
        for _ in range(5):
            model.period(0.25, 1.0)
        begun = time.thread_time()
        for k in range(8):
            model.period(0.25, 1.0 + 0.05 * (k % 2), exact=False)
        quarter = (time.thread_time() - begun) / 8
        begun = time.perf_counter()
        one = solve_path(ground, [p], years, threads=1)
        path = time.perf_counter() - begun
        begun, cpu = time.perf_counter(), time.process_time()
        many = solve_path(ground, draws, years, threads=2)
        wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
        print(
            f"{name}: {len(ground.cells.county)} places, {len(ground.cells.place)} cells, "
            f"{len(ground.stations.facility)} stations; quarter {1e3 * quarter:.1f} ms CPU, path "
            f"{path:.2f} s, {options.draws} draws {wall:.1f} s wall {cpu:.1f} s CPU on two threads; "
            f"converged {one.converged.all() and many.converged.all()}",
            flush=True,
        )


if __name__ == "__main__":
    main()
