"""The mean-field finds its fixed point whatever levers are mixed and whatever draw is taken."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from scenarios.plans.clauses import REGIONS
from scenarios.plans.levers import levers
from scenarios.scenario import Scenario, Setting
from scenarios.scenario_file import load
from scenarios.schedule import schedule_of
from sim.draws import load_draws
from sim.dynamics.schedule import EVERYWHERE
from sim.paths.path import simulate_path

IN_SUITE, MANY = 4, 200


def setting_of(lever, rng):
    """A lever at one of its bounds or anywhere between, arriving within ten years."""
    at = rng.choice([0.0, 1.0, rng.random()])
    start = int(rng.integers(2021, 2030))
    return Setting(
        lever, lever.low + at * (lever.high - lever.low), date(start, 1, 1),
        date(start + int(rng.integers(1, 6)), 1, 1), EVERYWHERE, "assumed", "", "", "", "mix",
    )  # fmt: skip


def mix(region, number):
    """Half of all levers that act, chosen at random, each at a random level."""
    rng = np.random.default_rng([number, REGIONS.index(region)])
    acting = [lever for lever in levers().values() if lever.role == "acts"]
    chosen = [setting_of(lever, rng) for lever in acting if rng.random() < 0.5]
    return Scenario(region, f"mix-{number}", "", "", "", "", (), 2035, tuple(chosen))


def not_solved(region, runs):
    """Names of runs, (name, scenario, draw), that end without an answer."""
    failed = []
    for name, scenario, draw in runs:
        try:
            simulate_path(region, 2035, schedule=schedule_of(scenario), overrides=draw, threads=1)
        except RuntimeError as error:
            failed.append((name, str(error)))
    return failed


@pytest.mark.parametrize("region", REGIONS)
def test_mixes_of_levers_have_an_answer(region):
    runs = ((number, mix(region, number), None) for number in range(MANY, MANY + IN_SUITE))
    assert not_solved(region, runs) == []


@pytest.mark.slow
@pytest.mark.parametrize("region", REGIONS)
def test_many_mixes_of_levers_have_an_answer(region):
    assert not_solved(region, ((number, mix(region, number), None) for number in range(MANY))) == []


@pytest.mark.slow
@pytest.mark.parametrize("region", REGIONS)
def test_every_stored_draw_has_an_answer(region):
    plan, draws = load(region, "plan-2025"), load_draws(region)
    assert len(draws) >= MANY
    assert not_solved(region, ((number, plan, draw) for number, draw in enumerate(draws))) == []


@pytest.mark.parametrize("region", ["liaocheng", "chifeng"])
def test_draws_whose_answers_turn_round_have_one(region):
    """Of the first 64 draws of Liaocheng six, and of Chifeng five, had none: an appointment book
    that is empty and one that is full by turns, and a wait of days, whose utility was beyond what
    an exponential can take."""
    numbers = {"liaocheng": (33, 50, 57), "chifeng": (15, 33, 40)}[region]
    draws, plan = load_draws(region), load(region, "plan-2025")
    assert not_solved(region, ((n, plan, draws[n]) for n in numbers)) == []
