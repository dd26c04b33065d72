"""Counting residents, and writing their first records."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from sim.engines.kernels.episode_word import DEAD, GROUPS, MOVED, group_of
from sim.jit import kernel
from sim.tiers import EFFECTIVE_CONTRACT

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
    people: Any, villages: Any, first: int, last: int, by_contract: Any, managed: Any,
    admitted: Any,
) -> None:  # fmt: skip
    """Count residents first..last who are alive and here; groups as in episode_word.group_of,
    of one county after the other. All int64, added to.

    by_contract  (counties x groups, 2, 3) by key group and contract
    managed      (counties x groups,) chronically ill under an effective contract
    admitted     (counties x groups,) discharged at least once this year
    """
    for r in range(first, last):
        if people[r].status & (DEAD | MOVED):
            continue
        village = people[r].village
        urban, band = villages[village].urban, villages[village].band
        group = group_of(people[r].age, people[r].sex, urban, people[r].income, band)
        group += villages[village].county * GROUPS
        contract = people[r].contract
        by_contract[group, people[r].key, contract] += 1
        managed[group] += 1 if people[r].chronic > 0 and contract == EFFECTIVE_CONTRACT else 0
        admitted[group] += 1 if people[r].stays > 0 else 0


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
