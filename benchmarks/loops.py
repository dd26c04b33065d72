"""How strong each loop of the system dynamics is, and how a region drifts without levers.

python -m benchmarks.loops                    five regions on the mean-field, about ten minutes
python -m benchmarks.loops taonan --part drift
python -m benchmarks.loops --part loops --scenario plan-2025     some loops close only under policy

Four tables a region: headline figures as now in four years; what of their change from 2023 to 2035
is each loop's, which is the change with the loop less the change with it cut; how much of what a
programme of township capability does in ten years comes through loops; and years in which a figure
jumps, where a threshold may have been passed.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.levers import START, course_at, readings
from scenarios import load
from scenarios.plans.clauses import REGIONS
from scenarios.plans.levers import levers
from scenarios.schedule import schedule_of
from sim.dynamics.schedule import EMPTY, PolicySchedule
from sim.dynamics.stocks import LOOPS
from sim.indicators import INDICATORS
from sim.parameters import read_rows
from sim.paths.path import LAST_YEAR, simulate_path

BASE = 2023
DRIFT_YEARS = (2020, BASE, 2030, LAST_YEAR)
HEADLINES = (
    "in_county_admission_share", "in_county_visit_rate", "primary_share_in_county",
    "bed_occupancy:county", "bed_occupancy:township", "wait_minutes_mean:township",
    "wait_minutes_mean:county", "admission_wait_days", "unresolved_need_share",
    "average_length_of_stay:county", "fund_spending_per_person",
)  # fmt: skip
# What follows within a day is no memory of the system dynamics.
FAST = ("congestion", "bed_availability")
SLOW = tuple(loop for loop in LOOPS if loop not in FAST)
PROGRAMME = "township_standard"
PROGRAMME_YEAR = START.year + 10
# Ends of the ranges at which the slow loops are strongest.
STRONG = ("income_to_staff", "capability_by_volume", "siphon_rate", "surplus_to_primary",
          "effort_slope", "fund_response")  # fmt: skip
JUMP = 5.0  # times the median step of a year
LEAST_JUMP = 0.01  # of the figure
_PERCENT = {each.id for each in INDICATORS if each.show == "percent"}
Readings = dict[str, float]


def by_year(
    region: str, years: Sequence[int], cut: Sequence[str] = (), schedule: PolicySchedule = EMPTY,
    overrides: Mapping[str, float] | None = None,
) -> dict[int, Readings]:  # fmt: skip
    """Headline figures, people and stocks of a path in some years; shares in points."""
    run = simulate_path(
        region, max(years), cut=cut, keep=years, schedule=schedule, overrides=overrides
    )
    return {year: _shown(run, year) for year in years}


def _shown(run: Any, year: int) -> Readings:
    dataset = run.years[year]
    found = {name: value * (100.0 if name.partition(":")[0] in _PERCENT else 1.0)
             for name, value in readings(dataset, HEADLINES).items()}  # fmt: skip
    stocks = run.stocks.sel(month=f"{year}-12-01")
    doctors = stocks.doctors.sum("place")
    found["residents, 1,000"] = float(dataset.residents_end.sum()) / 1000.0
    found["doctors, village and township"] = float(doctors.sel(tier=["village", "township"]).sum())
    found["doctors, county"] = float(doctors.sel(tier="county"))
    found["fund reserve, months"] = (
        12.0 * float(stocks.fund) / float(dataset.group_fund.sum() / 100.0)
    )
    found["reimbursement, factor"] = float(stocks.rate)
    return found


def contributions(
    region: str, whole: Mapping[int, Readings], schedule: PolicySchedule = EMPTY
) -> dict[str, Readings]:
    """By loop: the change from BASE to LAST_YEAR with it, less the change with it cut."""
    found = {}
    for loop in LOOPS:
        without = by_year(region, (BASE, LAST_YEAR), cut=(loop,), schedule=schedule)
        found[loop] = {
            name: (whole[LAST_YEAR][name] - whole[BASE][name])
            - (without[LAST_YEAR][name] - without[BASE][name])
            for name in whole[BASE]
        }
    return found


def programme(region: str) -> dict[str, tuple[float, float]]:
    """What PROGRAMME in full does to the primary share and the township's capability for complex
    cases after ten years, points: loops cut, by default, strong."""
    strong = {row.key: row.high for row in read_rows() if row.name in STRONG}
    ways: dict[str, dict[str, Any]] = {
        "all loops cut": {"cut": tuple(LOOPS)}, "slow loops cut": {"cut": SLOW}, "default": {},
        "slow loops strong": {"overrides": strong},
    }  # fmt: skip
    lever = levers()[PROGRAMME]
    schedule = course_at(lever, lever.high, region)
    found = {}
    for name, way in ways.items():
        runs = [simulate_path(region, PROGRAMME_YEAR, keep=(PROGRAMME_YEAR,), schedule=c, **way)
                for c in (EMPTY, schedule)]  # fmt: skip
        shares = [readings(run.years[PROGRAMME_YEAR], ["primary_share_in_county"])
                  ["primary_share_in_county"] for run in runs]  # fmt: skip
        able = [float(run.stocks.capability.sel(tier="township", need_class="complex")[-1])
                for run in runs]  # fmt: skip
        found[name] = (100.0 * (shares[1] - shares[0]), 100.0 * (able[1] - able[0]))
    return found


def jumps(path: Mapping[int, Readings]) -> list[str]:
    """Figures with a step of one year of JUMP times the median step of all years."""
    years = sorted(path)
    found = []
    for name in path[years[0]]:
        values = np.array([path[year][name] for year in years])
        steps = np.diff(values)
        usual = np.median(np.abs(steps))
        for k, step in enumerate(steps):
            if abs(step) > max(JUMP * usual, LEAST_JUMP * abs(values[k])):
                found.append(
                    f"{name} {years[k]}-{years[k + 1]}: {values[k]:.4g} to {values[k + 1]:.4g}"
                )
    return found


def _table(head: Sequence[str], rows: Mapping[str, Sequence[float]], form: str) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += [f"| {name} | " + " | ".join(format(v, form) for v in values) + " |"
              for name, values in rows.items()]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.loops", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("regions", nargs="*", default=list(REGIONS), metavar="REGION")
    parser.add_argument("--part", choices=("drift", "loops", "programme"))
    parser.add_argument("--scenario", default="as-now")
    options = parser.parse_args()
    for region in options.regions:
        schedule = schedule_of(load(region, options.scenario))
        path = by_year(region, (2020, *range(BASE, LAST_YEAR + 1)), schedule=schedule)
        if options.part in (None, "drift"):
            rows = {name: [path[year][name] for year in DRIFT_YEARS] for name in path[BASE]}
            print(
                f"\n{region}, {options.scenario}\n\n"
                + _table(["", *map(str, DRIFT_YEARS)], rows, ".4g")
            )
            steady = {year: path[year] for year in path if year > BASE}
            print("\nJumps: " + ("; ".join(jumps(steady)) or "none"), flush=True)
        if options.part in (None, "loops"):
            parts = contributions(region, path, schedule)
            rows = {name: [parts[loop][name] for loop in LOOPS] for name in path[BASE]}
            print(f"\n{region}, {options.scenario}, of the change {BASE}-{LAST_YEAR} by loop\n")
            print(_table(["", *LOOPS], rows, "+.3g"), flush=True)
        if options.part in (None, "programme"):
            rows = {name: list(pair) for name, pair in programme(region).items()}
            head = ["", "primary share, points", "township capability, points"]
            print(f"\n{region}, {PROGRAMME} in {PROGRAMME_YEAR}\n\n" + _table(head, rows, "+.3g"),
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
