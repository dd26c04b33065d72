"""Drives the real consult kernel through long sessions; means with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import stats

from sim.engines.kernels.durations import consult_durations
from sim.engines.kernels.episode_word import CONSULTED, EPISODE_WORD
from sim.engines.kernels.serve import (
    AWAY,
    CONSULT,
    FATE,
    VISIT_COLUMNS,
    WAITED,
    draw_consults,
    serve,
)
from sim.rules.order import ready_key
from sim.rules.random import Stream, blocks

# Every interval fails a correct kernel with probability FALSE_ALARM or less; seeds are fixed.
FALSE_ALARM = 1e-4
SESSION = 2**20 - 1  # seconds a ready key can hold: twelve days
NEVER = 1 << 40


@lru_cache(maxsize=8)
def _tables(parameters: bytes, dtype):
    return consult_durations(np.frombuffer(parameters, dtype=dtype).view(np.recarray)[0])


def shipped(p, tier, draws, visits):
    """Consults and tests as the engine draws them."""
    durations = _tables(np.asarray(p).tobytes(), p.dtype)
    draw_consults(p, tier, durations, draws, visits, len(visits))


def exponential(p, tier, draws, visits):
    """Consults of an exponential law with the same mean, and no tests."""
    mean = p.service_minutes[tier] * 60.0
    visits[:, CONSULT] = np.maximum(1, np.floor(-mean * np.log(draws[0]) + 0.5))
    visits[:, AWAY] = 0


def run_session(consults, p, tier, seed, seconds, need_class, rooms, opens=0, cutoff=NEVER):
    """Serve patients who come at sorted `seconds`; returns their rows and the busy seconds.

    consults  `shipped` or `exponential`
    """
    n = len(seconds)
    visits = np.zeros((n, VISIT_COLUMNS), dtype=np.int64)
    visits[:, EPISODE_WORD] = need_class
    places = np.arange(n, dtype=np.int64)
    keys = (np.asarray(seconds, dtype=np.int64) << 24) | places
    assert n == 0 or keys[-1] == ready_key(int(seconds[-1]), n - 1)
    draws = np.empty((4, n))
    days, none = np.full(n, 8400, dtype=np.int64), np.zeros(n, dtype=np.int64)
    blocks(seed, int(Stream.SERVICE), places, days, none, n, draws)
    consults(p, tier, draws, visits)
    free = np.empty(rooms, dtype=np.int64)
    urgent, *returning = np.empty((3, max(1, n)), dtype=np.int64)
    busy = serve(visits, keys, n, rooms, opens, cutoff, free, urgent, np.stack(returning))
    return visits, busy


def poisson_arrivals(rng, per_second, until=SESSION):
    """Sorted whole seconds of a Poisson process."""
    n = rng.poisson(per_second * until)
    return np.sort(rng.integers(0, until, n))


def long_run(consults, p, tier, rates, rooms, sessions, warm, measure, seed):
    """Ratio estimates over independent sessions that start empty; the first `warm` share of each
    is left out.

    rates    arrivals a second of class 0, and of class 3 where there are emergencies
    measure  (waits, classes) -> rows of (sum, count), one a figure
    returns  (figures, 2): estimate and standard error by the delta method
    """
    rng = np.random.default_rng(seed)
    total = sum(rates)
    rows = []
    for session in range(sessions):
        seconds = poisson_arrivals(rng, total)
        urgent = rng.random(len(seconds)) < (rates[1] / total if len(rates) > 1 else 0.0)
        need_class = np.where(urgent, 3, 0)
        visits, _ = run_session(consults, p, tier, session, seconds, need_class, rooms)
        assert (visits[:, FATE] == CONSULTED).all()
        kept = seconds >= warm * SESSION
        rows.append(measure(visits[kept, WAITED], need_class[kept]))
    pairs = np.array(rows, dtype=np.float64)  # (sessions, figures, 2)
    sums, counts = pairs[:, :, 0], pairs[:, :, 1]
    estimate = sums.sum(axis=0) / counts.sum(axis=0)
    residual = sums - estimate * counts
    error = residual.std(axis=0, ddof=1) * math.sqrt(sessions) / counts.sum(axis=0)
    return np.stack([estimate, error], axis=1)


def assert_agrees(what: str, theory: float, figure: Sequence[float], at_most: float) -> None:
    """Theory lies in the interval, and the interval is narrow: at most this share of theory."""
    estimate, error = figure
    reach = stats.norm.isf(FALSE_ALARM / 2.0) * error
    print(f"{what}: theory {theory:.5g}, estimate {estimate:.5g} +- {reach:.2g} (false alarm 1e-4)")
    assert reach <= at_most * theory
    assert abs(estimate - theory) <= reach
