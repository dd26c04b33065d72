"""Keyed uniforms, and the comparison of a draw's frequency with its law.

Every comparison fails correct code with probability FALSE_ALARM or less. The keys are fixed, so a
test that passed once passes always; the rate says how much a first pass is worth.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from scipy import stats

from sim.rules.random import Stream, block

FALSE_ALARM = 1e-4
N = 20_000


@njit
def _blocks(seed, stream, n):
    out = np.empty((n, 4))
    for resident in range(n):
        u = block(seed, stream, resident, 8400, 0)
        for difficulty_bits in range(4):
            out[resident, difficulty_bits] = u[difficulty_bits]
    return out


def uniforms(stream: Stream, n: int = N, seed: int = 20) -> np.ndarray:
    """(n, 4) uniforms, one block a resident."""
    return _blocks(seed, int(stream), n)


def assert_frequency(what: str, hits: int, n: int, probability: float) -> None:
    """The number of hits is binomial with this probability (exact two-sided test)."""
    p_value = stats.binomtest(int(hits), n, probability).pvalue
    print(f"{what}: law {probability:.5f}, draws {hits / n:.5f} of {n}, p-value {p_value:.3g}")
    assert p_value > FALSE_ALARM


def assert_counts(what: str, counts: Sequence[int], probabilities: Sequence[float]) -> None:
    """Counts are multinomial with these probabilities (chi-square; rare cells are joined)."""
    observed = np.asarray(counts, dtype=np.float64)
    expected = np.asarray(probabilities, dtype=np.float64) * observed.sum()
    assert observed[expected == 0.0].sum() == 0.0
    rare = expected < 5.0
    if rare.any():
        observed = np.append(observed[~rare], observed[rare].sum())
        expected = np.append(expected[~rare], expected[rare].sum())
    keep = expected > 0.0
    result = stats.chisquare(observed[keep], expected[keep] * observed.sum() / expected.sum())
    print(f"{what}: chi-square {result.statistic:.2f}, p-value {result.pvalue:.3g}")
    assert result.pvalue > FALSE_ALARM


def assert_mean(what: str, values: np.ndarray, law: float) -> None:
    """The mean of independent values is the law's, by the normal limit."""
    values = np.asarray(values, dtype=np.float64)
    error = values.std(ddof=1) / np.sqrt(len(values))
    reach = stats.norm.isf(FALSE_ALARM / 2.0)
    mean = values.mean()
    print(f"{what}: law {law:.5g}, draws {mean:.5g} +- {reach * error:.2g} (false alarm 1e-4)")
    assert abs(mean - law) <= reach * error
