"""exp and log of our own against the library's."""

from __future__ import annotations

import numpy as np

from sim.jit import njit
from sim.rules.exp_log import exp, log


@njit
def each(function, values):
    out = np.empty_like(values)
    for i in range(len(values)):
        out[i] = function(values[i])
    return out


def test_exp_agrees_to_the_last_bits_one_by_one_and_in_a_loop():
    x = np.concatenate([np.linspace(-700.0, 700.0, 120_001), np.linspace(-1e-3, 1e-3, 1_001)])
    in_a_loop = each(exp, x)
    assert np.max(np.abs(in_a_loop / np.exp(x) - 1.0)) < 4.5e-16
    assert in_a_loop.tolist() == [exp(value) for value in x.tolist()]


def test_log_agrees_to_the_last_bits_one_by_one_and_in_a_loop():
    x = np.concatenate([np.logspace(-300, 300, 120_001), np.linspace(0.5, 2.0, 100_001)])
    in_a_loop = each(log, x)
    error = np.abs(in_a_loop - np.log(x)) / np.maximum(1.0, np.abs(np.log(x)))
    assert np.max(error) < 4.5e-16
    assert in_a_loop.tolist() == [log(value) for value in x.tolist()]
    assert log(1.0) == 0.0
