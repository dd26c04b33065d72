"""System dynamics against closed forms and an adaptive solver, and its tallies."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sim.dynamics.provider_groups import facilities_of_providers, members_of
from sim.dynamics.stocks import (
    LOOPS,
    MONTH,
    Drivers,
    Integrator,
    effort_target,
    flows,
    links_of,
    rate_target,
    retained,
    shapes,
    size,
    view,
    whole,
)
from sim.parameters import load_parameters

YEARS = 16
COUNTIES, FACILITIES = 2, 5


def world(counties=COUNTIES, **changes):
    """Two counties with a city hospital: parameters, links, drivers, start."""
    p = load_parameters(changes.pop("parameters", {}))
    links = links_of(counties, True, False)
    n = len(links.tier)
    length = shapes(n, FACILITIES, counties)
    flat = np.zeros(size(length))
    stocks = view(flat, length)
    posts = 50.0 + 10.0 * np.arange(n)
    drivers = {
        "posts": posts, "nurse_posts": 1.2 * posts, "planned": np.full(FACILITIES, 100.0),
        "exits": np.ones(n), "income": np.ones(n), "places": np.zeros(n), "posted": np.ones(n),
        "volume": np.ones(n), "revenue": np.ones(n), "surplus": np.zeros(counties),
        "kept": np.zeros(counties), "effort": np.zeros(counties),
        "contributions": np.array([1e9]), "spending": np.array([1e9]),
    }  # fmt: skip
    drivers.update(changes)
    stocks.doctors[:], stocks.nurses[:] = posts, drivers["nurse_posts"]
    stocks.beds[:] = 100.0
    stocks.rate[:] = 1.0
    stocks.effort[:] = effort_target(p, 0.0)
    return p, links, Drivers(**drivers), flat, stocks, length


def run(parts, years=YEARS, step=MONTH):
    p, links, drivers, flat, stocks, length = parts
    integrator = Integrator(length)
    for _ in range(round(years / step)):
        integrator.step(p, links, drivers, flat, step)
    return stocks


def test_without_a_cause_nothing_moves():
    parts = world()
    before = parts[3].copy()
    stocks = run(parts)
    for name in ("doctors", "nurses", "beds", "gain", "effort", "rate", "fund"):
        start = getattr(view(before, parts[5]), name)
        assert getattr(stocks, name) == pytest.approx(start, rel=1e-12, abs=1e-12)
    assert stocks.hired.sum() == pytest.approx(stocks.left.sum())
    assert stocks.hired.sum() > 0.0


def test_staff_with_a_fixed_intake_has_its_closed_form():
    # V24: dD/dt = 12 - .06 D from 100: 200 in the end, half-life 11.552 years, 145.119 after 10.
    parts = world(
        parameters={"recruitment_limit": 0.0, "siphon_rate": 0.0, "staff_exit_rate:village": 0.06,
                    "training_years": 0.03}
    )  # fmt: skip
    p, links, drivers, flat, stocks, length = parts
    stocks.doctors[0] = 100.0
    drivers.places[0] = 12.0
    run((p, links, drivers, flat, stocks, length), 10.0, MONTH / 64)
    # The short training is a delay of .03 years: what it still holds is not yet there.
    late = 0.03 * 12.0 * math.exp(-0.06 * 10.0)
    assert stocks.doctors[0] == pytest.approx(145.119 - late, abs=2e-3)
    assert math.log(2.0) / 0.06 == pytest.approx(11.552, abs=1e-3)


def test_a_training_pipeline_is_an_erlang_delay():
    # V26: three stages, mean 5 years: .26938, .57681, .85746 have come through after 3, 5, 8.
    parts = world(parameters={"training_years": 5.0})
    p, links, drivers, flat, stocks, length = parts
    stocks.training[0] = 1.0  # a pulse into the first stage
    integrator = Integrator(length)
    for month in range(1, 97):
        integrator.step(p, links, drivers, flat, MONTH)
        if month in (36, 60, 96):
            expected = {36: 0.26938, 60: 0.57681, 96: 0.85746}[month]
            assert stocks.trained[0] == pytest.approx(expected, abs=2e-5)


def test_a_surplus_is_shared_as_agreed():
    # V28: 300 against 282 at .8 and .4: 18, 14.4, 5.76.
    p = load_parameters({"surplus_to_primary": 0.4, "overspend_shared": 0.5})
    kept = retained(p, 300.0 - 282.0, 0.8)
    assert kept == pytest.approx(14.4)
    assert float(p.surplus_to_primary) * kept == pytest.approx(5.76)
    assert retained(p, -10.0, 0.8) == pytest.approx(-5.0)
    assert retained(p, -10.0, 0.0) == 0.0


def test_the_siphon_draws_staff_up_where_the_gap_of_incomes_widens():
    # V25's signs: township staff fall and county staff rise, and what leaves one reaches the other.
    still = run(world())
    parts = world(revenue=np.array([1.0, 1.0, 1.5, 1.0, 1.0, 1.0, 1.0]))
    stocks = run(parts)
    assert stocks.doctors[1] < still.doctors[1]
    assert stocks.doctors[2] > still.doctors[2]
    assert stocks.moved_up.sum() == pytest.approx(stocks.came_up.sum(), rel=1e-12)
    assert stocks.moved_up[1] > 0.0
    cut = world(
        revenue=np.array([1.0, 1.0, 1.5, 1.0, 1.0, 1.0, 1.0]),
        parameters=dict.fromkeys(LOOPS["siphon"], 0.0),
    )
    assert run(cut).moved_up.sum() == 0.0


def test_beds_follow_the_plan_with_their_delay():
    parts = world(planned=np.array([150.0, 100.0, 50.0, 100.0, 100.0]))
    stocks = run(parts, 5.0)
    left = math.exp(-5.0 / float(parts[0].bed_project_years))
    assert stocks.beds[0] == pytest.approx(150.0 - 50.0 * left, rel=1e-8)
    assert stocks.beds[2] == pytest.approx(50.0 + 50.0 * left, rel=1e-7)


def test_capability_follows_staff_and_volume_to_its_end():
    volume = np.ones(7)
    volume[1] = 1.3
    parts = world(volume=volume)
    stocks = run(parts, 40.0)
    assert stocks.gain[1] == pytest.approx(0.1 * math.log(1.3), rel=1e-6)
    assert stocks.gain[0] == pytest.approx(0.0, abs=1e-12)


def test_rates_stand_until_the_reserve_is_low():
    p = load_parameters()
    enough = float(p.fund_reserve_floor) / 12.0 * 100.0
    assert rate_target(p, enough, 90.0, 100.0) == 1.0
    assert rate_target(p, 0.0, 100.0, 100.0) == 1.0
    assert rate_target(p, 0.0, 90.0, 100.0) == pytest.approx(0.9)
    assert rate_target(p, 0.5 * enough, 90.0, 100.0) == pytest.approx(0.95)


def busy():
    """Everything moves at once."""
    rng = np.linspace(1.0, 1.2, 7)  # above 1: posts stay vacant, and nothing bends
    return world(
        planned=np.linspace(60.0, 160.0, FACILITIES), exits=rng[::-1].copy(), income=rng.copy(),
        places=np.array([0.0, 3.0, 0.0, 0.0, 2.0, 0.0, 0.0]), volume=rng.copy(),
        revenue=rng**2, surplus=np.array([3e6, -2e6]), kept=np.full(2, 0.6),
        effort=np.array([0.3, 0.0]), spending=np.array([1.05e9]), posted=np.full(7, 1.02),
        parameters={"recruitment_limit": 1.0},
    )  # fmt: skip


def test_the_fixed_step_agrees_with_an_adaptive_solver():
    p, links, drivers, flat, stocks, length = busy()
    stocks.fund[0] = 9e8
    start = flat.copy()
    out = np.zeros_like(flat)

    def rates(_, y):
        flows(p, links, drivers, view(y.copy(), length), view(out, length))
        return out.copy()

    # Smooth parts: the rate of the fund bends when its reserve passes the floor, so a year of it.
    exact = solve_ivp(rates, (0.0, 1.0), start, rtol=1e-11, atol=1e-9).y[:, -1]
    run((p, links, drivers, flat, stocks, length), 1.0)
    scale = np.maximum(np.abs(exact), 1.0)
    assert np.max(np.abs(flat - exact) / scale) < 1e-6


def test_half_and_double_steps_agree():
    ends = [run(busy(), 4.0, MONTH * k) for k in (0.5, 1.0, 2.0)]
    for name in ("doctors", "nurses", "beds", "gain", "training"):
        half, one, double = (getattr(stocks, name) for stocks in ends)
        assert one == pytest.approx(half, rel=1e-5, abs=1e-6)
        assert double == pytest.approx(half, rel=2e-4, abs=2e-5)


def test_books_balance_to_the_unit_every_month():
    p, links, drivers, flat, stocks, length = busy()
    start = view(flat.copy(), length)
    integrator = Integrator(length)
    doctors = np.floor(start.doctors).astype(np.int64)
    beds = start.beds.astype(np.int64)
    before = [np.zeros(7, dtype=np.int64)] * 2 + [np.zeros(FACILITIES, dtype=np.int64)] * 2
    for _ in range(12 * YEARS):
        integrator.step(p, links, drivers, flat, MONTH)
        came, went = stocks.hired + stocks.trained + stocks.came_up, stocks.left + stocks.moved_up
        assert stocks.doctors == pytest.approx(start.doctors + came - went, rel=1e-10)
        assert stocks.beds == pytest.approx(start.beds + stocks.opened - stocks.closed, rel=1e-10)
        assert stocks.fund[0] == pytest.approx(stocks.received[0] - stocks.paid[0], abs=1e-3)
        now = [np.floor(flow + 1e-9).astype(np.int64)
               for flow in (came, went, stocks.opened, stocks.closed)]  # fmt: skip
        doctors = doctors + (now[0] - before[0]) - (now[1] - before[1])
        beds = beds + (now[2] - before[2]) - (now[3] - before[3])
        before = now
        assert [whole(*now) for now in zip(start.doctors, came, went, strict=True)] == list(doctors)
        parts = zip(start.beds, stocks.opened, stocks.closed, strict=True)
        assert [whole(*now) for now in parts] == list(beds)
        assert np.abs(doctors - stocks.doctors).max() < 2.0


def random_facilities(seed):
    """Provider groups of facilities, in no order and some with none, and the seed's numbers."""
    rng = np.random.default_rng(seed)
    n, count = int(rng.integers(1, 6)), int(rng.integers(1, 40))
    return rng, n, rng.integers(-1, n, count)


@pytest.mark.parametrize("seed", range(10))
def test_a_node_has_the_sum_of_its_facilities(seed):
    rng, n, provider_of = random_facilities(seed)
    values = rng.random(len(provider_of))
    expected = [values[provider_of == j].sum() for j in range(n)]
    assert members_of(provider_of, n).by_provider(values) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(10))
def test_facilities_move_with_their_node_and_those_without_one_stay(seed):
    rng, n, provider_of = random_facilities(seed)
    count, here = len(provider_of), provider_of >= 0
    at_work, staffed, learnt, posted = (rng.random(k) for k in (n, n, n, count))
    beds, doctors, gain = 100.0 * rng.random(count), rng.random(count), rng.random((count, 4))
    now, gained, open_beds = doctors.copy(), gain.copy(), np.zeros(count, dtype=np.int64)
    facilities_of_providers(
        provider_of, at_work, staffed, learnt, posted, beds, now, gained, open_beds
    )  # fmt: skip
    factor = np.where(here, at_work[provider_of] * posted, 1.0)
    assert now == pytest.approx(doctors * factor)
    assert gained == pytest.approx(gain + np.where(here, learnt[provider_of], 0.0)[:, None])
    assert (open_beds == np.floor(beds * np.where(here, staffed[provider_of], 1.0) + 1e-6)).all()
