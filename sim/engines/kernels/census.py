"""Counting residents, and writing their first records."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from sim.compiled import kernel
from sim.engines.kernels.layout import DEAD, MOVED, group_of

# Columns of sim.population.Residents that a record starts with.
Columns = namedtuple(
    "Columns",
    [
        "identity",
        "village",
        "age",
        "sex",
        "income",
        "insurance",
        "chronic",
        "key_group",
        "contract",
    ],
)


@kernel
def count_residents(
    people: Any, villages: Any, first: int, last: int, by_group: Any, by_contract: Any
) -> None:
    """Count residents first..last who are alive and here.

    by_group     (groups,) int64, added to; see layout.group_of
    by_contract  (counties, 2, 2) int64, added to: key group, has a contract
    """
    for r in range(first, last):
        if people[r].status & (DEAD | MOVED):
            continue
        village = people[r].village
        urban, band = villages[village].urban, villages[village].band
        group = group_of(people[r].age, people[r].sex, urban, people[r].income, band)
        by_group[group] += 1
        signed = 1 if people[r].contract > 0 else 0
        by_contract[villages[village].county, people[r].key, signed] += 1


@kernel
def write_residents(columns: Any, people: Any, first: int, last: int) -> None:
    """Records of residents first..last from their columns; the rest of a record is zero."""
    for r in range(first, last):
        people[r].identity = columns.identity[r]
        people[r].village = columns.village[r]
        people[r].age = columns.age[r]
        people[r].sex = columns.sex[r]
        people[r].income = columns.income[r]
        people[r].insurance = columns.insurance[r]
        people[r].chronic = columns.chronic[r]
        people[r].key = columns.key_group[r]
        people[r].contract = columns.contract[r]
