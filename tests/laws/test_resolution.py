"""Resolution and the escalation chain: latent difficulty, so failures are harder than average."""

from __future__ import annotations

import numpy as np
import pytest

from sim.parameters import load_parameters
from sim.rules.random import Stream
from sim.rules.resolution import MOST_VISITS, goes_on, resolves, self_care_resolves
from tests.laws.draws import N, assert_frequency, assert_mean, uniforms

P = load_parameters(anchored=False)


@pytest.mark.parametrize("need_class", range(4))
def test_a_facility_resolves_a_share_equal_to_its_capability(need_class):
    y = uniforms(Stream.EPISODE)[:, 3]
    for tier in range(6):
        hits = sum(resolves(float(P.capability[tier, need_class]), value) for value in y)
        law = float(P.capability[tier, need_class])
        assert_frequency(f"resolved at tier {tier}, class {need_class}", hits, N, law)
    hits = sum(self_care_resolves(P, need_class, value) for value in y)
    assert_frequency("passes by itself", hits, N, float(P.self_care_adequacy[need_class]))
    hits = sum(goes_on(P, value, need_class) for value in y)
    assert_frequency("goes on", hits, N, float(P.escalation[need_class]))


def test_what_a_higher_tier_fails_the_lower_fails_too():
    for y in np.linspace(0.01, 0.99, 99):
        for need_class in range(4):
            solved = [resolves(float(P.capability[tier, need_class]), y) for tier in range(5)]
            assert solved == sorted(solved)


def test_an_escalation_chain_with_latent_difficulty():
    # Capabilities .35, .60, .88 and .6 who go on: 1 + .65 x .6 + .40 x .36 = 1.534 visits an
    # episode; resolved .35 + .6 x .25 + .36 x .28 = .6008.
    p = load_parameters(
        {
            "capability:village/complex": 0.35,
            "capability:township/complex": 0.60,
            "capability:county/complex": 0.88,
            "escalation:complex": 0.6,
        },
        anchored=False,
    )
    u = uniforms(Stream.OUTCOME, 4 * N)
    visits = np.zeros(len(u), dtype=np.int64)
    resolved = np.zeros(len(u), dtype=np.int64)
    for episode, (y, *going) in enumerate(u):
        for tier in range(3):
            visits[episode] += 1
            if resolves(float(p.capability[tier, 2]), y):
                resolved[episode] = 1
                break
            if tier < 2 and not goes_on(p, going[tier], 2):
                break
    assert visits.max() <= MOST_VISITS
    assert_mean("visits an episode", visits, 1.5340)
    assert_frequency("episodes resolved", resolved.sum(), len(u), 0.6008)
