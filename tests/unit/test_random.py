"""Philox against published vectors; uniformity, independence and the normal quantile."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import njit
from scipy import special, stats

from sim.rules.random import Stream, block, normal_quantile, philox, raw_block

ALL_ONES = 0xFFFFFFFF
DRAWS = 20_000
# Every statistical test here fails a correct generator with probability at most this. The seeds
# are fixed, so a test that passed once passes always.
FALSE_ALARM = 1e-4


@njit
def _blocks(seed, stream, first_resident, residents, first_day, days, occurrence):
    out = np.empty((residents * days, 4))
    for r in range(residents):
        for d in range(days):
            u = block(seed, stream, first_resident + r, first_day + d, occurrence)
            for lane in range(4):
                out[r * days + d, lane] = u[lane]
    return out


@njit
def _stream_inside_compiled_code(resident):
    return block(5, Stream.EPISODE, resident, 7670, 0)


@pytest.mark.parametrize(
    ("key", "counter", "expected"),
    [
        ((0, 0), (0, 0, 0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (
            (ALL_ONES, ALL_ONES),
            (ALL_ONES,) * 4,
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
        (
            (0xA4093822, 0x299F31D0),
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_random123_known_answers(key, counter, expected):
    assert philox(*key, *counter) == expected


def test_key_and_counter_words_are_where_they_are_said_to_be():
    seed = (0x299F31D0 << 32) | 0xA4093822
    lanes = raw_block(seed, 0x13198A2E, 0x243F6A88, 0x85A308D3, 0x03707344)
    assert lanes == (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)


def test_streams_are_append_only():
    assert [(s.name, s.value) for s in Stream][:13] == [
        ("MONTH", 1), ("EPISODE", 2), ("CHOICE", 3), ("TASTE", 4), ("SERVICE", 5), ("OUTCOME", 6),
        ("ADMISSION", 7), ("REFERRAL", 8), ("STAY", 9), ("RESIDENT", 10), ("CARRY", 11),
        ("BIRTH", 12), ("ATTRIBUTE", 13),
    ]  # fmt: skip


def test_uniforms_are_the_lanes_at_midpoints_and_never_0_or_1():
    lanes = raw_block(3, Stream.STAY, 11, 7670, 2)
    uniforms = block(3, Stream.STAY, 11, 7670, 2)
    assert uniforms == tuple((lane + 0.5) / 2**32 for lane in lanes)
    assert 0.0 < 0.5 / 2**32 and (ALL_ONES + 0.5) / 2**32 < 1.0


def test_small_and_signed_integer_arguments_give_the_same_block():
    expected = block(5, 2, 4_000_000_000, 7670, 0)
    assert block(5, Stream.EPISODE, np.uint32(4_000_000_000), np.int32(7670), np.uint8(0)) == (
        expected
    )
    assert _stream_inside_compiled_code(np.uint32(4_000_000_000)) == expected


@pytest.mark.parametrize(
    "args",
    [
        (0, Stream.EPISODE, 0, DRAWS, 7305, 1, 0),  # residents
        (1, Stream.CHOICE, 7, 1, 0, DRAWS, 0),  # days
        (2**40 + 5, Stream.SERVICE, 2**28, 200, 7305, DRAWS // 200, 3),  # both
    ],
)
def test_uniform_and_independent_lanes(args):
    u = _blocks(*args)
    alarm = FALSE_ALARM / 20
    for lane in range(4):
        assert stats.kstest(u[:, lane], "uniform").pvalue > alarm
        counts = np.bincount((u[:, lane] * 64).astype(int), minlength=64)
        assert stats.chisquare(counts).pvalue > alarm
        assert _pairs_pvalue(u[:-1, lane], u[1:, lane]) > alarm  # neighbours in the counter
    for a, b in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)):
        assert _pairs_pvalue(u[:, a], u[:, b]) > alarm


def test_streams_seeds_and_occurrences_are_independent():
    base = _blocks(9, Stream.EPISODE, 0, DRAWS, 7305, 1, 0)
    others = (
        _blocks(10, Stream.EPISODE, 0, DRAWS, 7305, 1, 0),
        _blocks(9, Stream.CHOICE, 0, DRAWS, 7305, 1, 0),
        _blocks(9, Stream.EPISODE, 0, DRAWS, 7305, 1, 1),
        _blocks(9, Stream.EPISODE, 0, DRAWS, 7306, 1, 0),
        _blocks(9 + 2**32, Stream.EPISODE, 0, DRAWS, 7305, 1, 0),
    )
    for other in others:
        assert _pairs_pvalue(base[:, 0], other[:, 0]) > FALSE_ALARM / len(others)


def _pairs_pvalue(first, second):
    """Chi-square of a 16 x 16 table of pairs against equal counts."""
    cell = (first * 16).astype(int) * 16 + (second * 16).astype(int)
    return stats.chisquare(np.bincount(cell, minlength=256)).pvalue


def test_normal_quantile_against_scipy():
    u = np.concatenate([np.linspace(1e-9, 1 - 1e-9, 40_001), 10.0 ** -np.arange(1.0, 300.0)])
    ours = np.array([normal_quantile(value) for value in u])
    theirs = special.ndtri(u)
    assert np.max(np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-3)) < 2e-15
    assert normal_quantile(0.5) == 0.0
    assert np.all(np.diff(ours[:40_001]) > 0.0)


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.1, 1.1, float("nan")])
def test_normal_quantile_outside_its_domain_is_nan(bad):
    assert np.isnan(normal_quantile(bad))


_DIGEST = """
import hashlib, warnings
warnings.simplefilter("error")
from sim.rules.random import block, normal_quantile, raw_block
out = []
for resident in (0, 1, 12345, 2**31, 2**32 - 1):
    for occurrence in range(5):
        out += raw_block(2**62 + 7, 3, resident, 7670, occurrence)
        out += [float(normal_quantile(u)).hex() for u in block(7, 2, resident, 7670, occurrence)]
out += [float(normal_quantile(10.0**-k)).hex() for k in range(1, 250)]
print(hashlib.sha256(repr(out).encode()).hexdigest())
"""


def test_interpreted_form_gives_the_same_numbers():
    root = Path(__file__).parents[2]

    def digest(disable):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": disable, "PYTHONPATH": str(root)}
        return subprocess.run(
            [sys.executable, "-c", _DIGEST],
            env=environment, capture_output=True, text=True, check=True, cwd=root,
        ).stdout  # fmt: skip

    assert digest("0") == digest("1")
