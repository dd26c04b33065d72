"""Villages gathered into places, and places followed side by side."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from sim.engines.meanfield import flows as C
from sim.engines.meanfield import locations
from sim.engines.meanfield.balance import run_chains
from sim.engines.meanfield.choice_response import ROWS, answer
from sim.engines.meanfield.services import side_by_side
from sim.parameters import load_parameters
from sim.tiers import ALTERNATIVE_TIER, N_ALTERNATIVES

P = load_parameters()


def villages(*rows):
    """Villages of (county, urban, band, has a neighbour, people), and their people."""
    county, urban, band, near, people = np.array(rows).T
    facility = np.zeros((len(rows), N_ALTERNATIVES), dtype=np.int64)
    facility[near == 0, locations.NEIGHBOUR] = -1
    return SimpleNamespace(county=county, urban=urban, band=band, facility=facility), people * 1.0


def test_few_people_join_the_largest_band_that_is_alike_otherwise():
    village, people = villages(
        (0, 0, 0, 1, 300), (0, 0, 1, 1, 200), (0, 0, 2, 1, 30), (0, 0, 2, 0, 130),
        (0, 1, 0, 1, 100), (1, 0, 0, 1, 9000), (1, 0, 1, 1, 400),
    )  # fmt: skip
    key = locations._place_keys(village, people)
    # Thirty are 4% of their county, but 0.3% of the region. The neighbour does not give way.
    assert key[2] == key[0]
    assert len(np.unique(key)) == len(people) - 1


def test_small_parts_of_a_county_keep_their_county_and_residence():
    random = np.random.default_rng(5)
    rows = [
        (county, urban, band, near, int(random.integers(1, 1000) ** random.choice([0.5, 1.0])))
        for county in range(9) for urban in range(2) for band in range(3) for near in range(2)
    ]  # fmt: skip
    village, people = villages(*rows)
    key = locations._place_keys(village, people)
    for number in np.unique(key):
        there = key == number
        assert len(set(zip(village.county[there], village.urban[there], strict=True))) == 1
    counts = np.bincount(key, people)
    small = counts[key] < locations.LEAST_OF_REGION * people.sum()
    for number in np.unique(key[small]):  # nothing alike is left to join
        alike = (key // 6 == number // 6) & (key % 2 == number % 2)
        assert set(key[alike]) == {number}


def test_places_in_several_blocks_are_followed_as_each_of_them_alone():
    n, random = C.WIDE + 5, np.random.default_rng(8)
    tier = np.array(ALTERNATIVE_TIER)
    above = tier[None, :] > np.arange(5)[:, None]
    later = random.random((n, 4, 5, N_ALTERNATIVES)) * above
    later /= later.sum(axis=-1, keepdims=True)
    later = np.concatenate([later, np.ones((n, 4, 5, 1))], axis=-1)
    like = np.sort(random.random((n, 4, N_ALTERNATIVES, 5)), axis=2)
    like[..., C.GONE] *= 0.2
    like[:, :, 0, C.ADMITS] = like[:, :, 0, C.ADMITS_BEYOND] = 0.0  # villages have no beds
    first, leave = random.random((n, 4, 12)), random.random((n, N_ALTERNATIVES))
    onward = random.random((n, 2, N_ALTERNATIVES, N_ALTERNATIVES))
    onward *= ~np.eye(N_ALTERNATIVES, dtype=bool)
    onward /= onward.sum(axis=-1, keepdims=True)
    onward[:, :, 10] = 0.0  # outside nobody looks on

    def followed(of):
        record = np.zeros(-(-len(first[of]) // C.WIDE), dtype=C.PLACES)
        record["like"] = side_by_side(like[of])
        record["leave"] = record["leave_urgent"] = side_by_side(leave[of])
        record["onward"] = side_by_side(onward[of])
        record["is_onward"] = 1
        record["township_free"] = side_by_side(leave[of][:, 0])
        flows = np.zeros((len(first[of]), 4, N_ALTERNATIVES, C.FLOWS))
        ends = np.zeros((len(flows), 4, C.ENDS))
        stay, chain = np.full((6, 2), 3.0), C.new_chain()
        chosen, again = side_by_side(first[of]), side_by_side(later[of])
        run_chains(P, chosen, again, record, stay, chain, flows, ends)
        return flows, ends

    flows, ends = followed(slice(None))
    resolved = [C.SELF_RESOLVED, C.SELF_UNRESOLVED, C.RESOLVED, C.UNRESOLVED]
    assert ends[..., resolved].sum(axis=-1) == pytest.approx(first.sum(axis=-1), rel=1e-9)
    for g in (0, 7, C.WIDE - 1, C.WIDE, n - 1):
        alone, its_ends = followed(slice(g, g + 1))
        assert flows[g] == pytest.approx(alone[0], rel=1e-12, abs=1e-12)
        assert ends[g] == pytest.approx(its_ends[0], rel=1e-12, abs=1e-12)


def test_places_in_several_blocks_answer_as_each_of_them_alone():
    n, random = C.WIDE + 3, np.random.default_rng(9)
    base, change = random.random((n, 4, 12)), random.normal(size=(n, 4, 11))

    def answered(of):
        out = np.zeros(side_by_side(base[of]).shape)
        scratch = np.zeros(ROWS * C.WIDE)
        answer(P, len(base[of]), side_by_side(base[of]), side_by_side(change[of]), out, scratch)
        return np.moveaxis(out, -1, 1).reshape(-1, 4, 12)[: len(base[of])]

    together = answered(slice(None))
    assert together.sum(axis=-1) == pytest.approx(base.sum(axis=-1))
    for g in (0, C.WIDE - 1, C.WIDE, n - 1):
        assert together[g] == pytest.approx(answered(slice(g, g + 1))[0], rel=1e-12)
