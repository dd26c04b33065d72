"""What a compiled engine does between months and years: the system dynamics' coupling, 1 January,
and where it stands."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.engines.compiled.people import capacity_for
from sim.engines.kernels import episode_word as L
from sim.engines.kernels.durations import consult_durations
from sim.engines.kernels.menu import MENU_ROWS
from sim.engines.kernels.month import rate_table
from sim.engines.kernels.new_year import count_by_village, grow_older, pack_people
from sim.engines.kernels.publish import visit_prices
from sim.engines.record_types import World
from sim.engines.world import choice_sets, facility_table, scheme_of, village_table
from sim.region import Region


def couple(engine: Any, region: Region, parameters: Any) -> None:
    """Capacities, prices and parameters from the first of a month on."""
    before, engine.region, engine.p = engine.region, region, parameters
    if region.villages is before.villages:
        village = engine.world.village
    else:
        village = village_table(region, parameters)
        engine.choice_sets = choice_sets(region)
        engine.menu = np.zeros((len(engine.choice_sets), MENU_ROWS, 12))
        engine.menu_yuan = np.zeros((len(engine.choice_sets), 2, 2, 12))
    facility = facility_table(region, parameters)
    engine.world = World(facility, village, scheme_of(region, parameters))
    engine.most_beds = np.maximum(engine.most_beds, facility.beds + facility.overflow)
    most_rooms = max(1, int(facility.rooms.max()))
    if most_rooms > engine.most_rooms:
        engine.most_rooms = most_rooms
        engine.scratches = [None] * engine.workers.count
    rate_table(parameters, engine.rates)
    engine.durations = consult_durations(parameters)
    visit_prices(facility, engine.world.scheme, engine.published)


def new_year(engine: Any, laws: Any, demography: Any) -> None:
    """After `close_year`: everybody is a year older, and whoever has left gives up his row.

    laws  sim.population.attributes.Laws of the year that begins;  demography  its rates
    """
    engine.demography = demography
    capacity = engine.world.facility.beds + engine.world.facility.overflow
    engine.most_beds = np.maximum(capacity, engine.occupied)  # a ward that shrinks empties slowly
    engine.workers.run(
        lambda _, a, b: grow_older(laws, engine.people, engine.world.village, engine.seed, a, b),
        engine.workers.split(engine.n),
    )
    counts = np.zeros(len(engine.village_start) - 1, dtype=np.int64)
    count_by_village(engine.people, engine.n, counts)
    engine.village_start = np.concatenate([[0], np.cumsum(counts)])
    alive = int(engine.village_start[-1])
    packed = np.zeros(capacity_for(alive, demography), dtype=L.PERSON).view(np.recarray)
    row_of = np.empty(engine.n, dtype=np.int32)
    pack_people(engine.people, engine.n, engine.village_start[:-1].copy(), packed, row_of)
    engine.people, engine.n = packed, alive
    engine.calendar.renumber(row_of)
    engine.queue[:, L.W_RESIDENT] = row_of[engine.queue[:, L.W_RESIDENT]]


def state(engine: Any) -> dict[str, np.ndarray]:
    """Everything that lasts over a 1 January, after `new_year`, as arrays."""
    board = engine.published.view(np.ndarray)
    return {
        "people": engine.people[: engine.n].view(np.ndarray).view(np.uint8),
        "village_start": engine.village_start, "occupied": engine.occupied, "queue": engine.queue,
        "queue_start": engine.queue_start, "published": board.view(np.uint8),
        "pool_wait": engine.pool_wait, "visits": np.array(engine.visits),
        **engine.calendar.state(),
    }  # fmt: skip


def restore(engine: Any, state: dict[str, np.ndarray], demography: Any) -> None:
    """Go on from what `state` gave."""
    rows = state["people"].view(L.PERSON).reshape(-1)
    engine.n = len(rows)
    packed = np.zeros(capacity_for(engine.n, demography), dtype=L.PERSON)
    packed[: engine.n] = rows
    engine.people, engine.demography = packed.view(np.recarray), demography
    for name in ("village_start", "occupied", "queue", "queue_start", "pool_wait"):
        setattr(engine, name, state[name].copy())
    board = state["published"].view(L.BOARD_RECORD).reshape(-1).copy()
    engine.published = board.view(np.recarray)
    engine.visits = int(state["visits"])
    engine.calendar.restore(state)
