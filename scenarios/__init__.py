"""The five regions' plans as data: levers, targets and scenarios, read strictly.

A scenario is a list of levers with levels, dates and reasons. It says what quantities would be at a
date; `scenarios.course.course_of` makes it a course, which `sim.path.simulate_path` runs.

>>> from datetime import date
>>> import scenarios
>>> plan = scenarios.load("liaocheng", "plan-2025")
>>> plan.level("reserved_beds", date(2025, 1, 1))
0.1
"""

from scenarios.levers import levers
from scenarios.scenario import Scenario
from scenarios.schema import load, shipped
from scenarios.targets import targets

__all__ = ["Scenario", "levers", "load", "shipped", "targets"]
