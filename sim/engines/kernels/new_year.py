"""1 January: residents are a year older, and the table of people is packed by village again."""

from __future__ import annotations

from typing import Any

from sim.engines.kernels.episode_word import BORE, DEAD, MOVED
from sim.jit import kernel
from sim.population.attributes import insurance_of, is_in_key_group
from sim.rules.demography import next_age
from sim.rules.random import Stream, block

_ATTRIBUTE = int(Stream.ATTRIBUTE)


@kernel
def grow_older(laws: Any, people: Any, villages: Any, seed: int, first: int, last: int) -> None:
    """Residents first..last on 1 January: age, what hangs on it, and the accounts of a new year.

    laws  sim.population.attributes.Laws of the year that begins
    """
    for r in range(first, last):
        if people[r].status & (DEAD | MOVED):
            continue
        age = next_age(people[r].age)
        people[r].age = age
        people[r].status = people[r].status & (255 - BORE)
        people[r].visit_fund = 0
        people[r].stay_fund = 0
        people[r].stays = 0
        u = block(seed, _ATTRIBUTE, people[r].identity, 0, 0)
        people[r].insurance = insurance_of(laws, u[1], age, villages[people[r].village].urban)
        key = is_in_key_group(laws, u[3], age, people[r].chronic)
        people[r].key = 1 if key else 0


@kernel
def count_by_village(people: Any, n: int, counts: Any) -> None:
    """Residents of every village who are alive and here; counts (villages,) int64, added to."""
    for r in range(n):
        if people[r].status & (DEAD | MOVED) == 0:
            counts[people[r].village] += 1


@kernel
def pack_people(people: Any, n: int, place: Any, packed: Any, row_of: Any) -> None:
    """Copy residents who are alive and here to their village's rows, in the order they stand.

    place   (villages,) int64 next free row of every village; advanced
    row_of  (n,) int32 new row of every old one, -1 for whoever left
    """
    for r in range(n):
        row_of[r] = -1
        if people[r].status & (DEAD | MOVED):
            continue
        village = people[r].village
        row = place[village]
        place[village] = row + 1
        packed[row] = people[r]
        row_of[r] = row
