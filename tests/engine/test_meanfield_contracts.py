"""Contracts of the mean-field: they stay with who holds them, from one year to the next."""

from __future__ import annotations

import numpy as np
import pytest

from sim.engines.meanfield import contracts
from sim.engines.meanfield.ageing import Cohorts, crossings_of, grow_older
from sim.engines.meanfield.solver_inputs import region_inputs_of
from sim.engines.meanfield.years import _by_month
from sim.parameters import load_parameters
from sim.population import PopulationParameters, residents_of
from sim.population.vital_rates import load_demography
from tests.worlds import small_region

P = load_parameters()


@pytest.fixture(scope="module")
def world():
    region = small_region(n_counties=2, residents=8_000, year=2023)
    residents, ledger = residents_of(region, PopulationParameters.from_table(P), 0, threads=1)
    return region_inputs_of(region, P, residents, load_demography(region.year), ledger)


def new_year_of(inputs, coverage, years):
    """Contracts after some years in which nobody is born, dies or moves, but grows older."""
    cells, people = inputs.cells, inputs.cells.people
    flat = Cohorts(np.full((int(cells.county.max()) + 1, 2, 111), 1.0))
    crossings = crossings_of(cells)
    for _ in range(years):
        end, _ = contracts.end_of_year(
            P, cells, coverage[None], people, people, np.zeros(len(flat.people)), np.zeros(5)
        )  # fmt: skip
        older = grow_older(cells, crossings, people, flat, inputs.region.insurance.employee_share)
        cells = contracts.new_year(P, cells, end, people, older, flat.people)
        people = older
    return cells


def test_contracts_of_a_new_year_are_those_of_the_people_there(world):
    """As many in every county, band, sex and residence; all from the age of key groups on in one;
    the managed are the ill with an effective contract."""
    cells = new_year_of(world, world.region.contract_coverage, 1)
    people = contracts.people_by(cells, cells.people)
    groups = contracts.groups_of(cells.contracts)
    assert groups.sum(axis=(-1, -2, -3)) == pytest.approx(people.sum(axis=-1), rel=1e-9)
    assert groups[:, 3:, ..., 0, :].sum() == pytest.approx(0.0, abs=1e-6 * groups.sum())
    assert groups[:, :3, ..., 0, :].sum() > 0.0
    ill = people[..., 1].sum()
    in_key = groups[..., 1, :].sum()
    effective = groups[..., 1, 2].sum()
    assert cells.managed.sum() == pytest.approx(ill * effective / in_key, rel=0.05)
    mean = (cells.effective * cells.people.sum(axis=(1, 2, 3))).sum() / cells.people.sum()
    assert mean == pytest.approx(groups[..., 2].sum() / groups.sum(), rel=1e-9)


def test_who_becomes_old_brings_the_coverage_of_the_others(world):
    """Where contracts never lapse and nobody signs, a key group with many contracts is thinned by
    those who join it, and the contracts of all stay."""
    still = load_parameters({"contract_renewal": 1.0})
    inputs = world
    before = inputs.cells.contracts
    end, _ = contracts.end_of_year(
        still, inputs.cells, inputs.region.contract_coverage[None], inputs.cells.people,
        inputs.cells.people, np.zeros(int(inputs.cells.county.max()) + 1), np.zeros(5),
    )  # fmt: skip
    assert end == pytest.approx(before, rel=1e-12)

    def coverage(counts):
        return counts[:, 1, 1:].sum() / counts[:, 1].sum()

    later = new_year_of(inputs, inputs.region.contract_coverage, 3).contracts
    others = before[:, 0, 1:].sum() / before[:, 0].sum()
    assert others < coverage(later) < coverage(before)


def test_contracts_follow_the_coverage_of_each_month(world):
    """A coverage that grows in the year leaves fewer contracts than its end all year, and more than
    its beginning; given in one part or in twelve equal ones it is the same."""
    cells, low = world.cells, np.asarray(world.region.contract_coverage)
    high = low + 0.2
    nobody = np.zeros(int(cells.county.max()) + 1)

    def signed(coverage):
        end, _ = contracts.end_of_year(
            P, cells, coverage, cells.people, cells.people, nobody, np.zeros(5)
        )
        return end[..., 1:].sum()

    growing = low + 0.2 * np.linspace(0.0, 1.0, 12)[:, None]
    assert signed(low[None]) < signed(growing) < signed(high[None])
    assert signed(np.tile(high, (12, 1))) == pytest.approx(signed(high[None]), rel=1e-12)


def test_a_straight_roll_out_is_the_same_by_month_as_by_quarter():
    months = 0.3 + 0.02 * np.arange(12.0)[:, None] * np.ones(2)
    assert _by_month(months[::3]) == pytest.approx(months, rel=1e-12)
    step = np.repeat([[0.4, 0.6]], 4, axis=0)
    assert (_by_month(step) == np.repeat(step[:1], 12, axis=0)).all()
    assert _by_month(np.array([[0.1], [0.4], [0.7], [1.0]])).max() == 1.0
