"""What every kernel of a day is given first.

Numba looks 15 microseconds at a record that comes from Python, 2 at an array whose records have
attributes and 0.3 at a plain one, at every call: parameters go as a table of one row, and tables as
plain views of what the engine holds.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.engines.record_types import World
from sim.parameters import one_row


class KernelInputs(NamedTuple):
    """Parameters, a table of one row, and the tables of sim.engines.record_types: FACILITY_RECORD,
    VILLAGE_RECORD, one SCHEME_RECORD, PERSON, BOARD_RECORD."""

    parameters: Any
    facilities: Any
    villages: Any
    scheme: Any
    people: Any
    published: Any


def kernel_inputs_of(p: Any, world: World, people: Any, published: Any) -> KernelInputs:
    """The same memory without attributes; parameters are a copy."""
    return KernelInputs(
        one_row(p), world.facility.view(np.ndarray), world.village.view(np.ndarray),
        world.scheme, people.view(np.ndarray), published.view(np.ndarray),
    )  # fmt: skip
