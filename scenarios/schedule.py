"""A scenario as a policy schedule: what its levers come to month by month, ready for the model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from scenarios.scenario import Scenario
from sim.dynamics.schedule import FIRST_YEAR, PolicyChange, PolicySchedule, month_of

LAST_YEAR = 2035


def schedule_of(
    scenario: Scenario, sizes: Mapping[tuple[str, str], float] | None = None
) -> PolicySchedule:
    """Dated changes of a scenario, on the first of every month to 2035; empty before its first day.

    sizes  effect sizes by (lever, quantity) in place of the central ones, for draws

    >>> from scenarios.scenario_file import load
    >>> schedule_of(load("liaocheng", "as-now")).months
    ()
    """
    given = sizes or {}
    months: list[tuple[int, tuple[PolicyChange, ...]]] = []
    before: tuple[PolicyChange, ...] = ()
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for month in range(1, 13):
            steps = tuple(
                PolicyChange(
                    effect.quantity.id, effect.form, place,
                    given.get((effect.lever, effect.quantity.id), effect.size) * level,
                )
                for effect, place, level in scenario.effects(date(year, month, 1))
            )  # fmt: skip
            if steps != before:
                months.append((month_of(year, month), steps))
                before = steps
    return PolicySchedule(tuple(months))
