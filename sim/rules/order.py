"""The one order of claims on a doctor or a bed, ties included.

A claim key sorts by (priority class, return before first visit, ready second, place in the day's
list). The day's list is sorted by resident and a resident is seen once a day, so its place is the
resident's order and no two keys are equal.
"""

from __future__ import annotations

from sim.jit import kernel

_PLACE_BITS = 24
_SECOND_BITS = 20
PLACE_MASK = (1 << _PLACE_BITS) - 1


@kernel
def claim_key(priority: int, is_first: int, second: int, place: int) -> int:
    """One sortable whole number; smaller goes first. second < 2**20, place < 2**24.

    Source: this model (docs/odd.md).
    """
    return (((priority << 1) | is_first) << _SECOND_BITS | int(second)) << _PLACE_BITS | place


@kernel
def ready_key(second: int, place: int) -> int:
    """Sorts what becomes ready by time, then by place in the day's list.

    Source: this model (docs/odd.md).
    """
    return (int(second) << _PLACE_BITS) | place


@kernel
def place_of(key: int) -> int:
    """Place in the day's list that a key was made from."""
    return key & PLACE_MASK


@kernel
def second_of(key: int) -> int:
    """Second of the day that a key was made from."""
    return (key >> _PLACE_BITS) & ((1 << _SECOND_BITS) - 1)


@kernel
def is_return(key: int) -> bool:
    """Does a claim key belong to somebody back from tests?"""
    return (key >> (_PLACE_BITS + _SECOND_BITS)) & 1 == 0
