"""What each lever does alone, what is lost without it, and what all do beyond the sum."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scenarios.comparison.findings import Arm, Cell, Driver, Total
from scenarios.comparison.runs import (
    Job,
    Key,
    Progress,
    Reading,
    Variant,
    different_levers,
    run_all,
)

# Indicators that are taken apart.
HEADLINES: tuple[Key, ...] = (
    ("primary_share_in_county", "", ""),
    ("in_county_visit_rate", "", ""),
    ("in_county_admission_share", "", ""),
    ("unresolved_need_share", "", ""),
    ("bed_occupancy", "by_tier", "county"),
    ("wait_minutes_mean", "", ""),
    ("out_of_pocket_per_person", "", ""),
    ("fund_spending_per_person", "", ""),
    ("contract_coverage", "", ""),
)


@dataclass(frozen=True, slots=True)
class Singles:
    """Figures with one lever of an arm alone, and with all but it, by (arm, lever)."""

    alone: Mapping[tuple[str, str], Mapping[int, Reading]]
    removed: Mapping[tuple[str, str], Mapping[int, Reading]]


def single_runs(
    region: str, arms: Sequence[Arm], years: tuple[int, ...], threads: int,
    progress: Progress | None,
) -> Singles:  # fmt: skip
    """Mean-field paths of the middle parameters with one lever more, and with one less."""
    base = arms[0]
    jobs: list[Job] = []
    names_of = tuple(name for name, _, _ in HEADLINES)
    names: list[tuple[str, str]] = []
    for arm in arms[1:]:
        changed = different_levers(arm.scenario, base.scenario)
        for lever in changed:
            rest = tuple(name for name in changed if name != lever)
            for chosen in ((lever,), rest):
                variant = Variant(arm.source, base.source, chosen)
                jobs.append(Job(region, variant, years, only=names_of, strained=True))
                names.append((arm.key, lever))
    found = list(run_all(jobs, "levers", threads, progress))
    return Singles(
        dict(zip(names[::2], found[::2], strict=True)),
        dict(zip(names[1::2], found[1::2], strict=True)),
    )


def decomposed(
    arms: Sequence[Arm], years: Sequence[int], central: Mapping[Cell, Reading], singles: Singles
) -> tuple[tuple[Driver, ...], tuple[Total, ...]]:
    """Drivers and totals of every headline, arm and year.

    central  figures of the whole arms from the same engine and parameters as the single runs
    """
    drivers, totals = [], []
    base = arms[0].key
    for arm in arms[1:]:
        own = [lever for name, lever in singles.alone if name == arm.key]
        for year in years if own else ():  # nothing was taken apart, nothing is interaction
            before, whole = central[base, year], central[arm.key, year]
            for key in HEADLINES:
                parts = []
                for lever in own:
                    alone = _of(singles.alone[arm.key, lever][year], key) - _of(before, key)
                    removed = _of(whole, key) - _of(singles.removed[arm.key, lever][year], key)
                    parts.append(Driver(arm.key, year, key, lever, alone, removed))
                drivers += parts
                total = _of(whole, key) - _of(before, key)
                sums = math.fsum(part.alone for part in parts)
                totals.append(Total(arm.key, year, key, total, sums))
    return tuple(drivers), tuple(totals)


def _of(reading: Reading, key: Key) -> float:
    return reading.get(key, math.nan)
