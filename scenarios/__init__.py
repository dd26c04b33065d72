"""The five regions' plans as data: levers, targets and scenarios, read strictly.

A scenario is a list of levers with levels, dates and reasons. It says what quantities would be at a
date; `compare` runs scenarios side by side and says what would follow.

>>> from datetime import date
>>> import scenarios
>>> plan = scenarios.load("liaocheng", "plan-2025")
>>> plan.level("reserved_beds", date(2025, 1, 1))
0.1
"""

from scenarios.comparison.compare import compare
from scenarios.plans.levers import levers
from scenarios.plans.targets import targets
from scenarios.scenario import Scenario
from scenarios.scenario_file import load, shipped

__all__ = ["Scenario", "compare", "levers", "load", "shipped", "targets"]
