"""Identities and laws on whole runs of the engine: Little's law, binomial noise.

Exact ones have no tolerance. Statistical ones: fewer than 10 comparisons at 1e-4 each (a false
alarm in the file less than 0.1%); seeds are fixed.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.engines.compiled.driver import CompiledEngine
from sim.engines.kernels import episode_word as L
from sim.engines.observe import Observer
from sim.parameters import load_parameters
from tests.engine.running import (
    TIGHT,
    by_class,
    by_tier,
    county_by_tier,
    flat_season,
    nobody_dies_or_is_born,
    residents_of,
    run_world,
    tight_region,
    with_facilities,
)
from tests.worlds import small_region

FALSE_ALARM = 1e-4


class Clock(Observer):
    """Keeps every patient's arrival and call by facility, pool and day, and how many midnights each
    patient stood in a queue for beds."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []
        self.midnights: Counter[tuple[int, int, int]] = Counter()  # facility, resident, since
        self.area = np.zeros(0, dtype=np.int64)  # of the bed queue in the year
        self.granted: list[tuple[int, int]] = []  # midnights counted, days the stay says

    def began(self, engine: CompiledEngine) -> None:
        self.engine = engine
        self.area = np.zeros(engine.n_facilities, dtype=np.int64)

    def served(self, today: Any, leaving: Any, admitted: Any, moved: Any) -> None:
        for stay in admitted:
            since = today.day - int(stay[L.WAITED])
            key = (int(stay[L.FACILITY]), int(stay[L.RESIDENT]), since)
            self.granted.append((self.midnights.pop(key, 0), int(stay[L.WAITED])))
        if not today.counting:
            return
        pooled = self.engine.world.facility.pooled
        came = (today.fate >= L.UNSEEN) & (today.fate != L.BED_ONLY) & (today.facility >= 0)
        f = today.facility[came]
        pool = np.where(pooled[f], today.pool[came], 0)
        columns = [np.full(len(f), today.day), f, pool, today.second[came], today.wait[came],
                   today.fate[came] == L.UNSEEN]  # fmt: skip
        self.rows.append(np.stack(columns, axis=1).astype(np.int64))

    def closed(self, today: Any, posted: Any) -> None:
        engine = self.engine
        of = np.repeat(np.arange(engine.n_facilities), np.diff(engine.queue_start))
        for f, row in zip(of, engine.queue, strict=True):
            self.midnights[int(f), int(row[L.W_RESIDENT]), int(row[L.W_SINCE])] += 1
        self.area += np.diff(engine.queue_start)


@cache
def watched() -> tuple[Any, Clock]:
    region = tight_region()
    clock = Clock()
    people, ledger = residents_of(region, load_parameters(TIGHT, anchored=False), 1)
    engine = CompiledEngine(
        region, load_parameters(TIGHT, anchored=False), people, nobody_dies_or_is_born(region.year),
        ledger, seed=1, threads=2, observer=clock,
    )  # fmt: skip
    return engine.run(), clock


def test_little_holds_in_every_doctors_pool_of_a_run() -> None:
    """V16: the area under the number waiting, second by second, is the sum of the waits; and a room
    gives the seconds it gave (the busy rooms' Little). Exact, pool by pool."""
    tallies, clock = watched()
    rows = np.concatenate(clock.rows)
    assert (rows[:, 5] == 1).any() and rows[:, 4].max() > 3_600  # queues and people unseen
    pools = np.unique(rows[:, [1, 2]], axis=0)
    assert len(pools) > 20
    for f, pool in pools:
        mine = rows[(rows[:, 1] == f) & (rows[:, 2] == pool)]
        start = mine[:, 0] * 86_400 + mine[:, 3]
        one = np.ones_like(start)
        step = np.hstack([np.stack([start, one]), np.stack([start + mine[:, 4], -one])])
        at, change = step[:, np.argsort(step[0], kind="stable")]
        _, first = np.unique(at, return_index=True)
        number = np.cumsum(change)[np.append(first[1:], len(at)) - 1]
        assert number.min() >= 0 and number[-1] == 0
        area = (number[:-1] * np.diff(at[first])).sum()
        assert area == mine[:, 4].sum()
    seen = rows[rows[:, 5] == 0]
    by_facility = np.bincount(seen[:, 1], weights=seen[:, 4], minlength=len(tallies.facility))
    np.testing.assert_array_equal(by_facility, tallies.facility[:, L.F_WAIT_SECONDS])


def test_little_holds_in_every_queue_for_beds_of_a_run() -> None:
    """V16: whoever is given a bed stood in the queue as many midnights as his stay says he waited,
    so the area under the queue is the sum of the waits. Exact, patient by patient."""
    _, clock = watched()
    granted = np.array(clock.granted)
    assert (granted[:, 1] > 0).sum() > 100
    np.testing.assert_array_equal(granted[:, 0], granted[:, 1])
    left = sum(clock.midnights.values())  # gave up, or still wait
    assert clock.area.sum() == granted[:, 1].sum() + left


ALONE = {
    **by_tier("tier_constant", 0.0), **by_class("self_care_constant", 0.0),
    **{k: v for name in ("travel_weight", "wait_weight", "delay_weight", "quality_weight",
                         "outpatient_price_weight", "inpatient_price_weight",
                         "contract_weight", "habit_weight")
       for k, v in by_class(name, 0.0).items()},
    "outcome_weight": 0.0, "ambulance_share": 0.0, **by_class("escalation", 0.0),
    **by_tier("admission_scale", 0.0), **flat_season(),
    "need_scale:chronic": 0.0, "need_scale:complex": 0.0, "need_scale:critical": 0.0,
}  # fmt: skip


def share_spread(residents: int, seeds: int) -> tuple[float, float]:
    """Standard deviation over seeds of the primary share of first contacts, and what independent
    choices would give."""
    world = small_region(n_counties=1, residents=residents, year=2023, all_alternatives=False)
    world = with_facilities(world, doctors=world.facilities.doctors * 20)  # nobody leaves unseen
    people = residents_of(world, load_parameters(ALONE, anchored=False), 1)
    shares, inverse = [], []
    for seed in range(seeds):
        run = run_world(world, ALONE, seed, people=people, demography=nobody_dies_or_is_born(2023))
        first = county_by_tier(run, L.C_FIRST_CONTACTS)
        shares.append(first[:2].sum() / first.sum())
        inverse.append(1.0 / first.sum())
    p = float(np.mean(shares))
    return float(np.std(shares, ddof=1)), math.sqrt(p * (1.0 - p) * float(np.mean(inverse)))


@pytest.mark.parametrize(
    ("residents", "seeds"),
    [
        (500, 20),
        pytest.param(5_000, 30, marks=pytest.mark.slow),
        pytest.param(50_000, 40, marks=pytest.mark.slow),
    ],
)
def test_the_noise_of_a_share_is_binomial_at_every_size(residents: int, seeds: int) -> None:
    """V32: where nobody's choice touches another's, the spread over seeds is that of independent
    draws: it falls with the root of the number, which is the slope of -1/2."""
    spread, binomial = share_spread(residents, seeds)
    low, high = stats.chi2.ppf([FALSE_ALARM / 2.0, 1.0 - FALSE_ALARM / 2.0], seeds - 1)
    print(f"{residents} residents: spread {spread:.5f}, binomial {binomial:.5f}, allowed ratio "
          f"{math.sqrt(low / (seeds - 1)):.2f}-{math.sqrt(high / (seeds - 1)):.2f}")  # fmt: skip
    assert low <= (spread / binomial) ** 2 * (seeds - 1) <= high
