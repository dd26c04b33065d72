"""Targets of the plan against figures of their year, and when levers have had time to act."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from scenarios.comparison.findings import (
    Arm,
    Arrival,
    Figure,
    Floats,
    Judged,
    Samples,
    chance_of,
    summary,
)
from scenarios.comparison.runs import Key
from scenarios.plans.targets import Target, targets
from scenarios.rollout import year_of
from scenarios.scenario import Scenario, Setting

UNRESOLVED: Key = ("unresolved_need_share", "", "")
# A target that names those who leave is judged by one less the share of those who stay.
COMPLEMENT = ("out_of_area_share",)
# What the plan's period ends with, for targets that print no year.
PLAN_ENDS = 2025
_NINETY = 0.9
_LAST = 2050
_MONTHS = 12
# How far from a target "about" may be, of its own value.
_ABOUT = 0.05


def simulated(region: str) -> tuple[Target, ...]:
    """Targets of a region that a run gives."""
    return tuple(
        t for t in targets().values() if t.region == region and t.definition.status == "simulated"
    )


def year_judged(target: Target) -> int:
    """Year in which a target is judged: its own, or the plan's last."""
    return target.year or PLAN_ENDS


def judged(
    region: str, arms: Sequence[Arm], years: Sequence[int], samples: Samples
) -> tuple[Judged, ...]:
    """Every simulated target under every arm."""
    found = []
    for target in simulated(region):
        for arm in arms:
            found.append(_judged(target, arm, arms[0], years, samples))
    return tuple(found)


def _judged(target: Target, arm: Arm, first: Arm, years: Sequence[int], samples: Samples) -> Judged:
    meant = target.definition
    key: Key = (meant.indicator, "", "")
    year = year_judged(target)
    values, start = samples.pool((arm.key, year), key), samples.pool((first.key, years[0]), key)
    if meant.id in COMPLEMENT:
        values, start = 1.0 - values, 1.0 - start
    holds = wanted(target)
    chance, met, figure = None, None, summary(values)
    if holds is not None and figure.value is not None:
        # A direction is judged run by run against the base year, a number as it stands.
        against = values - start if target.target is None else values
        chance = chance_of(against, holds)
        met = bool(holds(np.array([summary(against).value]))[0])
    return Judged(
        target, arm.key, meant.indicator, year, target.year is not None, figure, summary(start),
        chance, met, samples.figure((arm.key, year), UNRESOLVED),
        *ready_by(year, arrivals(arm)),
    )  # fmt: skip


def wanted(target: Target) -> Callable[[Floats], Any] | None:
    """What meets a target, as a test of values; of differences from the base year where the plan
    prints a direction only. None where it prints neither."""
    goal, high = target.target, target.target_high
    if goal is None:
        return {"increase": lambda d: d > 0, "decrease": lambda d: d < 0}.get(target.comparator)
    tests: Mapping[str, Callable[[Floats], Any]] = {
        ">=": lambda v: v >= goal, "<=": lambda v: v <= goal,
        ">": lambda v: v > goal, "<": lambda v: v < goal,
        "increase": lambda v: v >= goal, "decrease": lambda v: v <= goal,
        "~": lambda v: abs(v - goal) <= _ABOUT * abs(goal),
        # A goal printed as one number is a least wanted, unless it is a range.
        "=": lambda v: (v >= goal) & (v <= high) if high is not None else v >= goal,
    }  # fmt: skip
    return tests.get(target.comparator)


def arrivals(arm: Arm) -> tuple[Arrival, ...]:
    """When each setting of a lever that acts reaches 90% of its effect, the earlier first."""
    settings = (s for s in arm.scenario.settings if s.lever.effects and s.level != 0)
    return tuple(_arrival(arm.key, setting) for setting in settings)


def ready_by(year: int, arrived: Sequence[Arrival]) -> tuple[int, int]:
    """Levers of an arm that have reached 90% of their effect by 1 July of a year, of how many."""
    # A lever raised again later has acted from its first setting on.
    first = {a.lever: a.ninety for a in reversed(arrived)}
    return sum(at is not None and at <= year + 0.5 for at in first.values()), len(first)


def _arrival(arm: str, setting: Setting) -> Arrival:
    start, full = year_of(setting.start), year_of(setting.full)
    slowest: float | None = start
    for effect in setting.lever.effects:
        # Without fading, which would lower the mark that is to be reached.
        at = _reaches(replace(effect, half_life=None), setting.lever.rollout, start, full)
        slowest = None if at is None or slowest is None else max(slowest, at)
    fades = any(effect.half_life is not None for effect in setting.lever.effects)
    return Arrival(arm, setting.lever.id, start, full, slowest, fades)


def _reaches(effect: Any, rollout: str, start: float, full: float) -> float | None:
    """First month by which 90% has arrived; what arrives without fading never falls."""
    months = range(int((_LAST - start) * _MONTHS))
    first = bisect_left(
        months, _NINETY, key=lambda m: effect.arrived(rollout, start, full, start + m / _MONTHS)
    )
    return start + first / _MONTHS if first < len(months) else None


def settings_of(scenario: Scenario, target: Target) -> tuple[Setting, ...]:
    """Settings of the lever that is meant to move a target."""
    lever = target.definition.lever
    return tuple(s for s in scenario.settings if lever and s.lever.id == lever)


def others(region: str, status: str) -> tuple[Target, ...]:
    """Targets of a region that are `input` or `outside`."""
    return tuple(
        t for t in targets().values() if t.region == region and t.definition.status == status
    )


def difference(figure: Figure, base: Figure) -> float | None:
    """Distance of two middle values, None where one is missing."""
    if figure.value is None or base.value is None:
        return None
    return figure.value - base.value
