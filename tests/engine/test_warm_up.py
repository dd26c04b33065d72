"""The warm-up is long enough: the year begins as it goes on.

With a flat season, occupancy of week 1 and week 8 differ by chance alone. Twelve years with
different seeds give the mean difference and its standard error; with eleven degrees of freedom
4.4 standard errors are passed by one set of seeds in a thousand.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache

import numpy as np

from sim.engines.compiled.driver import CompiledEngine
from sim.region import Region
from sim.tiers import Tier
from tests.engine.running import by_tier, flat_season, run_world
from tests.worlds import small_region

SEEDS = range(12)
ENOUGH = 4.4


class _EightWeeks(Exception):
    """Raised by the watch when nothing more is needed."""


@cache
def _region() -> Region:
    return small_region(residents=4_000, year=2023)


@cache
def weeks(seed: int, occupied_at_first: float | None = None) -> np.ndarray:
    """Mean occupancy of (weeks 1 and 8, township, county, city) of a year."""
    overrides = flat_season()
    if occupied_at_first is not None:
        overrides |= by_tier("initial_occupancy", occupied_at_first)
    census: dict[int, np.ndarray] = {}

    def watch(engine: CompiledEngine, day: int) -> None:
        census[day] = _occupancy(engine)
        if day == 55:
            raise _EightWeeks

    with suppress(_EightWeeks):
        run_world(_region(), overrides, seed, watch=watch)
    return np.array([
        np.mean([census[day] for day in range(first, first + 7)], axis=0) for first in (0, 49)
    ])  # fmt: skip


def _occupancy(engine: CompiledEngine) -> np.ndarray:
    record = engine.world.facility
    ward = ~record.delay
    return np.array([
        engine.occupied[ward & (record.tier == tier)].sum()
        / record.beds[ward & (record.tier == tier)].sum()
        for tier in (Tier.TOWNSHIP, Tier.COUNTY, Tier.CITY)
    ])  # fmt: skip


def _is_noise(differences: np.ndarray) -> bool:
    """Is the mean of (seeds, tiers) differences within its noise of zero?"""
    error = differences.std(axis=0, ddof=1) / np.sqrt(len(differences))
    return bool((np.abs(differences.mean(axis=0)) <= ENOUGH * error).all())


def test_occupancy_of_weeks_one_and_eight_is_equal_within_noise() -> None:
    differences = np.array([np.subtract(*weeks(seed)[::-1]) for seed in SEEDS])
    assert _is_noise(differences)


def test_how_full_the_beds_were_six_weeks_before_is_forgotten_by_january() -> None:
    """From empty wards and from full ones: by week 1 the difference is below four in a hundred
    beds (a real start errs by a quarter of that at most), by week 8 it is noise."""
    apart = np.array([weeks(seed, 1.0) - weeks(seed, 0.0) for seed in SEEDS])
    assert (np.abs(apart[:, 0].mean(axis=0)) < 0.04).all()
    assert _is_noise(apart[:, 1])
