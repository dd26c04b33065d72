"""Residents → the table of records the kernels read and write."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.engines.compiled.workers import Workers
from sim.engines.kernels import episode_word as L
from sim.engines.kernels.residents import Columns, write_residents
from sim.population import Residents


def capacity_for(residents: int, demography: Any) -> int:
    """Rows for residents and the newborns of a year."""
    women = float(demography.fertility.max()) * residents / 4.0
    return residents + int(women + 8.0 * women**0.5) + 1_000


def people_table(residents: Residents, demography: Any, workers: Workers) -> tuple[Any, int]:
    """Residents as one table of records; rows beyond the count are for the year's newborns."""
    n = residents.count
    people = np.zeros(capacity_for(n, demography), dtype=L.PERSON).view(np.recarray)
    columns = Columns(**{name: getattr(residents, name) for name in Columns._fields})
    workers.run(lambda _, a, b: write_residents(columns, people, a, b), workers.split(n))
    return people, n
