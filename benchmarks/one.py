"""One measured run in a process of its own: `python -m benchmarks.one REGION …` prints JSON."""

from __future__ import annotations

import argparse
import json
import resource
import time
from dataclasses import replace
from typing import Any

import numpy as np


def share_of(region: Any, share: float) -> Any:
    """A region with the same places and a share of its people, for timing only (its waits mean
    nothing: people shrink, rooms do not)."""
    census = np.floor(region.counties.census * share).astype(np.int64)
    people = census.sum(axis=(1, 2))
    old = region.counties.census.sum(axis=(1, 2))
    urban = region.counties.urban * people // old
    counties = replace(region.counties, census=census, urban=urban, target_population=people * 0)
    return replace(region, counties=counties)


def time_phases(engine: Any) -> dict[str, float]:
    """Wrap the kernels of the engine's module so that each adds up its seconds."""
    phases: dict[str, float] = {}
    names = (
        "first_state", "expected_candidates", "draw_episodes", "by_day", "publish", "mean_waits",
        "merge_requests", "choose", "by_facility", "facility_day", "close_visits", "discharge",
        "tally_admissions", "turn_of_month", "word_of_mouth", "add_newborns", "smooth_waits",
    )  # fmt: skip
    for name in names:
        kernel = getattr(engine, name)

        def timed(*arguments: Any, kernel: Any = kernel, name: str = name) -> Any:
            begun = time.perf_counter()
            result = kernel(*arguments)
            phases[name] = phases.get(name, 0.0) + time.perf_counter() - begun
            return result

        setattr(engine, name, timed)
    return phases


def main() -> None:
    """Measure one run and print a JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.one")
    parser.add_argument("region")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--share", type=float, default=1.0, help="share of the people, 0-1")
    parser.add_argument("--phases", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    begun = time.perf_counter()
    import sim.engines.compiled.driver as engine
    from sim.packs import load_region
    from sim.run import simulate

    phases = time_phases(engine) if options.phases else {}
    region = load_region(options.region, 2023)
    if options.share < 1.0:
        region = share_of(region, options.share)
    overrides = dict(pair.split("=") for pair in options.set)
    first_day: list[float] = []

    def progress(stage: str, done: int, days: int, visits: int) -> None:
        if stage == "days" and not first_day:
            first_day.append(time.perf_counter() - begun)

    run = simulate(
        region, 2023, threads=options.threads, progress=progress,
        overrides={key: float(value) for key, value in overrides.items()},
    )  # fmt: skip
    usage = resource.getrusage(resource.RUSAGE_SELF)
    visits = int(run.dataset.visits.sum())
    cpu = usage.ru_utime + usage.ru_stime
    print(
        json.dumps(
            {
                "region": options.region,
                "threads": options.threads,
                "residents": int(run.dataset.residents_start.sum()),
                "visits": visits,
                "wall_seconds": round(time.perf_counter() - begun, 2),
                "to_first_day_seconds": round(first_day[0], 2),
                "run_seconds": round(run.manifest["seconds"], 2),
                "cpu_seconds": round(cpu, 2),
                "peak_mib": round(usage.ru_maxrss / 1024),
                "phases": {name: round(s, 2) for name, s in phases.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
