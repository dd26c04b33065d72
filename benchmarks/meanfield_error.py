"""The mean-field's error against the compiled engine, an indicator and region at a time.

python -m benchmarks.meanfield_error                 all regions, a few minutes; prints the table
python -m benchmarks.meanfield_error taonan          some regions
python -m benchmarks.meanfield_error --paths         three scenarios of every region, 2025 and 2035;
                                                     most of an hour, paths run before are kept
python -m benchmarks.meanfield_error --write         also puts the table into docs/meanfield.md
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scenarios.comparison.runs import Job, Source, Variant, readings_of
from sim.engines.meanfield.year import NOT_GIVEN
from sim.indicators import INDICATORS, compute_all
from sim.run import simulate

REGIONS = ("reference", "taonan", "bayannur", "suining", "chifeng", "liaocheng")
SEEDS = {"reference": 3, "taonan": 4, "bayannur": 2}  # small regions differ between seeds
DOCUMENT = Path(__file__).parents[1] / "docs" / "meanfield.md"
MARKS = ("<!-- errors -->", "<!-- /errors -->")
PATH_MARKS = ("<!-- path errors -->", "<!-- /path errors -->")
PATH_REGIONS, PATH_YEARS = REGIONS[1:], (2025, 2035)
SCENARIOS = ("as-now", "plan-2025", "vision-2035")
HEADLINE = (
    "visits_per_person", "admissions_per_100", "primary_share_in_county", "in_county_visit_rate",
    "in_county_admission_share", "bed_occupancy", "wait_minutes_mean", "out_of_pocket_per_person",
)  # fmt: skip
SHARE, OCCUPANCY, WAIT, BUSY_WAIT, COUNT, DAYS = 0.01, 0.02, 0.10, 0.20, 0.02, 0.1
_RATES = 0.10  # of events that are rare: relative


def tolerance(key: str, unit: str, expected: float, busiest: float) -> float:
    """Allowed difference in the indicator's unit; busiest = load of the busiest tier's clinics."""
    if key == "bed_occupancy":
        return OCCUPANCY
    if key == "wait_minutes_mean":
        return expected * (BUSY_WAIT if busiest > 0.9 else WAIT)
    if key == "admission_wait_days":
        return DAYS
    if key in ("pending_episodes", "died"):
        return expected * _RATES
    return SHARE if unit == "1" else abs(expected) * COUNT


def busiest_load(dataset: Any) -> float:
    """Largest share of patients of a tier who leave unseen, as a load: above 0.9 where more than
    one in a hundred does."""
    tier = dataset.facility_tier.values
    loads = []
    for t in range(5):
        here = tier == t
        seen = dataset.facility_visits.values[here].sum()
        left = dataset.facility_left_unseen.values[here].sum()
        loads.append(0.91 + left / seen if seen > 0 and left > 0.01 * seen else 0.0)
    return max(loads)


def compare(region: str) -> list[tuple[str, float, float, float]]:
    """(indicator, mean-field, compiled, difference over tolerance) of one region, 2023, each the
    mean over the region's seeds: one run is one draw."""
    exact, mean = [], []
    for seed in range(SEEDS.get(region, 1)):
        one = simulate(region, 2023, seed=seed)
        other = simulate(region, 2023, engine="meanfield", seed=seed)
        print(f"{region}, seed {seed}: compiled {one.manifest['seconds']:.1f} s, mean-field "
              f"{other.manifest['seconds']:.1f} s, residual {other.manifest['residual']:.1e}",
              flush=True)  # fmt: skip
        exact.append(compute_all(one.dataset))
        mean.append(compute_all(other.dataset))
    return rows_of(mean, exact, busiest_load(one.dataset))


def compare_path(region: str, scenario: str) -> dict[str, list[tuple[str, float, float, float]]]:
    """As `compare`, in some years of a scenario's path, by "region scenario year"."""
    variant = Variant(Source(region, scenario))
    exact, mean = (
        readings_of(Job(region, variant, PATH_YEARS, engine), threads=2)
        for engine in ("compiled", "meanfield")
    )
    print(f"{region} {scenario} done", flush=True)
    return {
        f"{region} {scenario} {year}": rows_of(
            [_values(mean[year])], [_values(exact[year])], _busiest(exact[year])
        )
        for year in PATH_YEARS
    }


def _values(reading: Any) -> dict[str, dict[str, float | None]]:
    """Indicators as `compute_all` has them; one that is not defined, or is not given, is None."""
    found = {key: value for (key, split, _), value in reading.items() if not split}
    return {
        i.id: {"value": found[i.id] if math.isfinite(found.get(i.id, math.nan)) else None}
        for i in INDICATORS
    }


def _busiest(reading: Any) -> float:
    """`busiest_load` from the figures of a year."""
    shares = (
        v for (key, split, _), v in reading.items() if key == "left_unseen_share" and split == "by_tier"
    )  # fmt: skip
    return max((0.91 + share for share in shares if share > 0.01), default=0.0)


def rows_of(
    mean: Sequence[Any], exact: Sequence[Any], load: float
) -> list[tuple[str, float, float, float]]:
    """Indicators of runs of both engines: (indicator, mean-field, compiled, over tolerance)."""
    rows = []
    for indicator in INDICATORS:
        if indicator.id in NOT_GIVEN or any(run[indicator.id]["value"] is None for run in exact):
            continue
        a, b = (
            statistics.fmean(run[indicator.id]["value"] for run in runs) for runs in (mean, exact)
        )
        rows.append(
            (indicator.id, a, b, (a - b) / tolerance(indicator.id, indicator.unit, b, load))
        )
    return rows


def tables(results: dict[str, list[tuple[str, float, float, float]]]) -> str:
    """A table a region of results by "region scenario year", and the sum of all."""
    regions = dict.fromkeys(name.split()[0] for name in results)
    parts = []
    for region in regions:
        own = {
            name.partition(" ")[2]: r for name, r in results.items() if name.split()[0] == region
        }
        parts.append(f"**{region}**\n\n{table(own)}")
    return "\n\n".join([*parts, f"All regions: {summary(results)}"])


def table(results: dict[str, list[tuple[str, float, float, float]]]) -> str:
    """Markdown: mean-field / compiled, and the difference in tolerances."""
    regions = list(results)
    lines = ["| indicator | " + " | ".join(regions) + " |", "|---" * (len(regions) + 1) + "|"]
    for k, (key, *_rest) in enumerate(results[regions[0]]):
        mark = "**" if key in HEADLINE else ""
        cells = []
        for region in regions:
            _, a, b, over = results[region][k]
            flag = " (!)" if abs(over) > 1.0 else ""
            cells.append(f"{_number(a)} / {_number(b)}, {over:+.2f}{flag}")
        lines.append(f"| {mark}{key}{mark} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", summary(results)])


def summary(results: dict[str, list[tuple[str, float, float, float]]]) -> str:
    """How many cells are outside the tolerance, of the headline ones too, and the largest."""
    every = [over for rows in results.values() for *_, over in rows]
    head = [over for rows in results.values() for key, *_, over in rows if key in HEADLINE]
    outside = sum(abs(over) > 1.0 for over in every)
    return (
        f"{len(every)} cells, {outside} outside the tolerance ({outside / len(every):.1%}); "
        f"of the eight headline indicators {sum(abs(over) > 1.0 for over in head)}; "
        f"largest {max(map(abs, every)):.2f} tolerances."
    )


def _number(value: float) -> str:
    if value == 0.0 or not math.isfinite(value):
        return f"{value:g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.meanfield_error",
                                     description=__doc__)  # fmt: skip
    parser.add_argument("regions", nargs="*")
    parser.add_argument("--paths", action="store_true", help="years of a path, not one year")
    parser.add_argument("--write", action="store_true", help="put the table into docs/meanfield.md")
    options = parser.parse_args()
    marks = PATH_MARKS if options.paths else MARKS
    if options.paths:
        found = {}
        for region in options.regions or PATH_REGIONS:
            for scenario in SCENARIOS:
                found |= compare_path(region, scenario)
    else:
        found = {region: compare(region) for region in options.regions or REGIONS}
    text = tables(found) if options.paths else table(found)
    print(text)
    if options.write:
        before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(marks[0])
        after = rest.partition(marks[1])[2]
        DOCUMENT.write_text(f"{before}{marks[0]}\n{text}\n{marks[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
