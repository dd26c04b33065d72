"""Conditions that change from period to period in the mean-field."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sim.engines.meanfield import flows as C
from sim.engines.meanfield.periods import MeanField
from sim.engines.meanfield.session_tables import SESSION_PARAMETERS, tables_of
from sim.engines.meanfield.solver_inputs import (
    conditions_of,
    region_inputs_of,
    solver_inputs_of,
)
from sim.parameters import load_parameters, read_rows
from sim.population import PopulationParameters, residents_of
from sim.population.vital_rates import load_demography
from sim.rules.referral import back_referral_probability
from sim.tiers import Tier
from tests.worlds import small_region

P = load_parameters()


@pytest.fixture(scope="module")
def world():
    region = small_region(n_counties=2, residents=8_000, year=2023)
    residents, ledger = residents_of(region, PopulationParameters.from_table(P), 0, threads=1)
    return region_inputs_of(region, P, residents, load_demography(2023), ledger)


def after(world, change=None, parameters=None):
    """State of the second quarter; conditions change before it."""
    model = MeanField(world, P)
    model.period(0.25, 1.0)
    if change is not None or parameters is not None:
        now = conditions_of(world, P)
        model.update(dataclasses.replace(now, **(change(now) if change else {})), parameters)
    return model, model.period(0.25, 1.0)


def test_the_same_conditions_again_change_nothing(world):
    plain, updated = MeanField(world, P), MeanField(world, P)
    updated.update(conditions_of(world, P))
    assert np.array_equal(plain.period(0.25, 1.0).flows, updated.period(0.25, 1.0).flows)


@pytest.mark.parametrize(
    ("change", "falls"),
    [
        (lambda now: {"beds": 2.0 * now.beds}, lambda m, s: s.state.occupancy[_open(m)].sum()),
        (lambda now: {"doctors": 1.5 * now.doctors}, lambda m, s: s.state.wait.sum()),
        (lambda now: {"price": 3 * now.price}, lambda m, s: s.flows[..., C.VISITS].sum()),
        (
            lambda now: {"capability": 1.0 - 0.5 * (1.0 - now.capability)},
            lambda m, s: s.ends[..., C.UNRESOLVED].sum(),
        ),
    ],
)
def test_beds_doctors_prices_and_capability_act_from_then_on(world, change, falls):
    assert falls(*after(world, change)) < falls(*after(world))


def _open(model):
    return np.flatnonzero(
        ~model.solver_inputs.stations.delay & (model.solver_inputs.stations.tier > 0)
    )


def test_reimbursement_acts_from_then_on(world):
    def generous(now):
        scheme = now.scheme.copy()
        scheme.visit_fund_bp = np.minimum(10_000, scheme.visit_fund_bp + 3_000)
        return {"scheme": scheme}

    assert (
        after(world, generous)[1].flows[..., C.VISITS].sum()
        > after(world)[1].flows[..., C.VISITS].sum()
    )


def test_capability_may_differ_between_counties(world):
    def better_in_the_first(now):
        capability = now.capability.copy()
        first = (world.world.facility.county == 0) & (world.world.facility.tier == 1)
        capability[first] = 1.0 - 0.5 * (1.0 - capability[first])
        return {"capability": capability}

    (model, better), (_, plain) = after(world, better_in_the_first), after(world)
    county = model.cells.county
    unresolved = [
        np.bincount(county, s.ends[..., C.UNRESOLVED].sum(axis=1)) for s in (better, plain)
    ]
    assert unresolved[0][0] < 0.99 * unresolved[1][0]
    assert unresolved[0][1] == pytest.approx(unresolved[1][1], rel=1e-3)


def test_parameters_act_from_then_on_and_the_session_table_is_kept(world):
    stricter = load_parameters({"back_referral_offer:county": 0.5})
    assert back_referral_probability(stricter, 2) > back_referral_probability(P, 2)
    model, more = after(world, None, stricter)
    held = model.solver_inputs.sessions.tables
    model.update(conditions_of(world, P), P)
    assert [a is b for a, b in zip(model.solver_inputs.sessions.tables, held, strict=True)] == [
        True
    ] * 5
    model.update(conditions_of(world, P), load_parameters({"test_share:county": 0.5}))
    kept = [a is b for a, b in zip(model.solver_inputs.sessions.tables, held, strict=True)]
    assert kept == [tier != int(Tier.COUNTY) for tier in range(5)]
    assert more.flows[:, :, 1, C.DOWN].sum() > after(world)[1].flows[:, :, 1, C.DOWN].sum()


def of_setting(solver_inputs):
    """Every array the solver reads."""
    plain = (
        solver_inputs.facilities,
        solver_inputs.places,
        solver_inputs.stay,
        solver_inputs.prices,
        solver_inputs.tastes,
    )
    return [*plain, *solver_inputs.cells, *solver_inputs.stations, *solver_inputs.clinics]


def test_what_a_setting_takes_over_is_never_that_of_another_ground(world):
    people = world.cells.people * np.array([1.0, 1.0, 1.1, 1.3, 1.5])[:, None, None]
    older = dataclasses.replace(world.cells, people=people, effective=world.cells.effective**2)
    other = dataclasses.replace(world, cells=older)
    model = MeanField(world, P)
    model.period(0.25, 1.0)
    for inputs in (other, world):
        model.inputs = inputs
        model.update(conditions_of(inputs, P), P)
        fresh = solver_inputs_of(inputs, P, model.children)
        for held, new in zip(of_setting(model.solver_inputs), of_setting(fresh), strict=True):
            assert np.array_equal(held, new)
        model.period(0.25, 1.0)


def test_the_session_table_rests_on_the_parameters_it_is_said_to():
    plain = tables_of(P)
    found = set()
    for row in read_rows():
        other = row.low if row.low != row.default else row.high
        if not np.array_equal(tables_of(load_parameters({row.key: other})), plain):
            found.add(row.name)
    assert found == set(SESSION_PARAMETERS)
