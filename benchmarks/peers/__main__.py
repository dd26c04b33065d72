"""One small county, the same rules in SimPy, in Mesa, in Ciw and in the compiled engine.

python -m benchmarks.peers                      100,000 residents, six weeks for the peers; Ciw, which
                                                looks through all its nodes at every event, 10,000
python -m benchmarks.peers --residents 20000 --ciw-residents 0    smaller, and without Ciw

Speeds are compared only when all shares and mean waits agree within three standard errors. The
peers run the days given, the engine its year; a first week is left out of the comparison.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from benchmarks.peers.mesa_model import MesaModel
from benchmarks.peers.rules import as_table
from benchmarks.peers.simpy_model import SimPyModel
from benchmarks.peers.world import World, engine_of, region_of, world_of
from sim.engines.kernels import episode_word as L
from sim.engines.observe import Observer

WARM = 7
TIERS = ("village", "township", "county", "city", "beyond")
Table = tuple[Any, Any, Any]


class Daily(Observer):
    """Visits and waits of the engine by day and tier, and admissions."""

    def __init__(self) -> None:
        self.tier = np.empty(0)
        self.days: list[int] = []
        self.visits: list[Any] = []
        self.waited: list[Any] = []
        self.admissions: list[int] = []

    def began(self, engine: Any) -> None:
        self.tier = np.asarray(engine.world.facility.tier)

    def served(self, today: Any, leaving: Any, admitted: Any, moved: Any) -> None:
        if not today.counting:
            return
        seen = np.isin(today.fate, (L.CONSULTED, L.WANTS_BED))
        tier = self.tier[today.facility[seen]]
        self.days.append(today.weekday)
        self.visits.append(np.bincount(tier, minlength=6))
        self.waited.append(np.bincount(tier, weights=today.wait[seen], minlength=6))
        self.admissions.append(len(admitted))


def figures(table: Table, weekday: Any) -> dict[str, tuple[float, float]]:
    """Shares of visits, mean waits in minutes and admissions a visit, with standard errors: ratio
    estimates over days, the spread taken within weekdays."""
    visits, waited, admissions = (np.asarray(part, dtype=np.float64) for part in table)

    def merged(by_tier: Any) -> Any:
        return np.column_stack([by_tier[:, :4], by_tier[:, 4:].sum(axis=1)])

    visits, waited = merged(visits), merged(waited)
    everything = visits.sum(axis=1)
    pairs = {f"share of visits, {t}": (visits[:, k], everything) for k, t in enumerate(TIERS)}
    pairs |= {
        f"mean wait, min, {t}": (waited[:, k] / 60.0, visits[:, k]) for k, t in enumerate(TIERS[:3])
    }
    pairs["admissions a visit"] = (admissions, everything)
    pairs["visits a day"] = (everything, np.ones(len(everything)))
    out = {}
    for name, (above, below) in pairs.items():
        ratio = above.sum() / below.sum()
        residual = above - ratio * below
        spread, freedom = 0.0, 0
        for day in range(7):
            group = residual[weekday == day]
            spread += float(((group - group.mean()) ** 2).sum())
            freedom += len(group) - 1
        out[name] = (ratio, float(np.sqrt(spread / freedom * len(residual)) / below.sum()))
    return out


def run_engine(region: Any, threads: int, observer: Any = None) -> tuple[float, float, int]:
    """Seconds to build, seconds of the year, visits of the year."""
    begun = time.perf_counter()
    marks: list[tuple[int, float]] = []
    watchers: dict[str, Any] = {
        "progress": lambda day, days, visits: marks.append((day, time.perf_counter()))
    }
    if observer is not None:
        watchers["observer"] = observer
    engine = engine_of(region, 1, threads, **watchers)
    built = time.perf_counter() - begun
    with engine.workers:
        engine.run()
    year = [at for day, at in marks if day >= -1]
    return built, year[-1] - year[0], engine.visits


def run_peer(make: Any, world: World, days: int, seed: int) -> tuple[float, float, Table]:
    begun = time.perf_counter()
    model = make(world, seed, days)
    built = time.perf_counter() - begun
    begun = time.perf_counter()
    model.run()
    return built, time.perf_counter() - begun, as_table(model.counts)


def agree(name: str, theirs: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Print both and the distance in standard errors."""
    good = True
    print(f"\n{name} against the engine")
    for key, (value, error) in theirs.items():
        own, own_error = ours[key]
        z = (value - own) / np.hypot(error, own_error)
        good &= bool(abs(z) <= 3.0)
        print(f"  {key:<26}{value:>11.4f} +-{error:<9.4f}{own:>11.4f} +-{own_error:<9.4f}{z:>6.1f}")
    return good


def compare(
    programs: dict[str, Any], residents: int, days: int
) -> dict[str, tuple[float, float, int]]:
    """Seconds to build and to run, and visits, of the engine's year and the programs' days; ends
    the program when one of them does not agree."""
    region = region_of(residents)
    daily = Daily()
    run_engine(region, 2, daily)
    ours = figures((daily.visits, daily.waited, daily.admissions), np.array(daily.days))
    speeds = {}
    for threads in (1, 2):
        speeds[f"engine, {threads} threads"] = min(
            (run_engine(region, threads) for _ in range(3)), key=lambda figure: figure[1]
        )
    world = world_of(engine_of(region, 1, 1))
    weekday = np.arange(days) % 7
    for name, make in programs.items():
        built, seconds, table = run_peer(make, world, days, 1)
        kept = tuple(part[WARM:] for part in table)
        if not agree(name, figures(kept, weekday[WARM:]), ours):
            raise SystemExit("the programs do not agree; no speeds are compared")
        speeds[name] = (built, seconds, int(table[0].sum()))
    return speeds


def show(speeds: dict[str, tuple[float, float, int]], residents: int, days: int) -> None:
    """Print the speeds of one world."""
    print(f"\n{residents:,} residents; engine a year, peers {days} days")
    print("                     build s     run s      visits   visits/s   of the engine's")
    _, seconds, visits = speeds["engine, 1 threads"]
    own = visits / seconds
    for name, (built, seconds, visits) in speeds.items():
        speed = visits / seconds
        print(f"{name:<18}{built:>10.2f}{seconds:>10.2f}{visits:>12,}{speed:>11,.0f}"
              f"   1/{own / speed:.1f}")  # fmt: skip


def main() -> None:
    """Print the agreement, then the speeds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--residents", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=42)
    parser.add_argument("--ciw-residents", type=int, default=10_000, metavar="N",
                        help="residents of Ciw's world; 0: without Ciw")  # fmt: skip
    options = parser.parse_args()
    begun = time.perf_counter()
    run_engine(region_of(2_000), 1)
    compiling = time.perf_counter() - begun
    worlds: list[tuple[dict[str, Any], int]] = [
        ({"SimPy": SimPyModel, "Mesa": MesaModel}, options.residents)
    ]
    if options.ciw_residents:
        try:
            from benchmarks.peers.ciw_model import CiwModel
        except ModuleNotFoundError:
            parser.error("Ciw is missing: pip install '.[peers]', or give --ciw-residents 0")
        worlds.append(({"Ciw": CiwModel}, options.ciw_residents))
    results = [(compare(*world, options.days), world[1]) for world in worlds]
    print(
        f"\na first use of the engine (imports, cached or new compilation) took {compiling:.1f} s"
    )
    for speeds, residents in results:
        show(speeds, residents, options.days)


if __name__ == "__main__":
    main()
