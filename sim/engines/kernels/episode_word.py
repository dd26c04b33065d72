"""Columns and records the kernels share, and an episode packed into one word."""

from __future__ import annotations

from typing import Any

from sim.engines.record_types import *  # noqa: F403  (every name below and in the kernels)
from sim.engines.record_types import DIFFICULTY, DUE, EPISODE_WORD, FACILITY, ONSET, RESIDENT
from sim.jit import kernel
from sim.tiers import N_ALTERNATIVES, Place

_OWN, _ELSEWHERE, _OUTSIDE = (int(place) for place in Place)

AHEAD = 12  # requests between asking for a resident's row and needing it


# An episode's word packs its class, ordinal in the month, visits so far, what it asks for,
# the highest tier that failed (+1), and flags.
@kernel
def pack(need_class: int, ordinal: int) -> int:
    """Episode word of a new episode."""
    return need_class | (ordinal << 2)


@kernel
def need_class_of(episode_word: int) -> int:
    return episode_word & 3


@kernel
def occurrence_of(episode_word: int) -> int:
    """Ordinal and visit number: with the onset day it names one visit of one resident."""
    return (episode_word >> 2) & 0x1FF


@kernel
def visits_of(episode_word: int) -> int:
    """Visits and stays the episode has had, 0-7."""
    return (episode_word >> 8) & 7


@kernel
def asks_for(episode_word: int) -> int:
    return (episode_word >> 11) & 7


@kernel
def failed_of(episode_word: int) -> int:
    """Highest tier that failed, plus 1; 0 for none."""
    return (episode_word >> 14) & 7


@kernel
def is_referred(episode_word: int) -> bool:
    return (episode_word >> 17) & 1 == 1


@kernel
def asking(episode_word: int, what: int) -> int:
    """The same episode asking for something else."""
    return (episode_word & ~(7 << 11)) | (what << 11)


@kernel
def after_visit(episode_word: int, failed_tier: int) -> int:
    """The episode after one more visit at a tier that failed it."""
    failed = max(failed_of(episode_word), failed_tier + 1)
    visits = min(7, visits_of(episode_word) + 1)
    return (episode_word & ~((7 << 8) | (7 << 14))) | (visits << 8) | (failed << 14)


@kernel
def with_referral(episode_word: int, referred: bool) -> int:
    return (episode_word & ~(1 << 17)) | ((1 if referred else 0) << 17)


@kernel
def write_event(
    out: Any,
    row: int,
    resident: int,
    onset: int,
    episode_word: int,
    difficulty_bits: int,
    facility: int,
    due: int,
) -> None:
    """Fill one row of an event array."""
    out[row, RESIDENT] = resident
    out[row, ONSET] = onset
    out[row, EPISODE_WORD] = episode_word
    out[row, DIFFICULTY] = difficulty_bits
    out[row, FACILITY] = facility
    out[row, DUE] = due


@kernel
def copy_row(source: Any, i: int, out: Any, row: int) -> None:
    """out[row] = source[i], without a temporary."""
    for column in range(source.shape[1]):
        out[row, column] = source[i, column]


@kernel
def group_of(age: int, sex: int, urban: int, income: int, band: int) -> int:
    """Index of a resident's group: age band 0-14/15-44/45-64/65-74/75+, sex, residence, income
    fifth, distance band to the county hospital."""
    if age < 15:
        a = 0
    elif age < 45:
        a = 1
    elif age < 65:
        a = 2
    elif age < 75:
        a = 3
    else:
        a = 4
    return (((a * 2 + sex) * 2 + urban) * 5 + income) * 3 + band


@kernel
def place_of_facility(facilities: Any, facility: int, county: int) -> int:
    """Place of a facility seen from a county: 0 own, 1 elsewhere in the region, 2 outside."""
    if facilities[facility].outside:
        return _OUTSIDE
    return _OWN if facilities[facility].county == county else _ELSEWHERE


@kernel
def alternative_of(villages: Any, village: int, facility: int) -> int:
    """Column of a facility in a village's choice set, -1 when it is not there."""
    for alternative in range(N_ALTERNATIVES):
        if villages[village].facility[alternative] == facility:
            return alternative
    return -1
