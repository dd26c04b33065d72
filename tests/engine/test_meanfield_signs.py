"""Metamorphic signs of the mean-field over parameter draws from the table's ranges."""

from __future__ import annotations

import numpy as np
import pytest

from sim.engines.meanfield import flows as C
from sim.engines.meanfield.periods import MeanField
from sim.engines.meanfield.solver_inputs import region_inputs_of
from sim.parameters import load_parameters, read_anchored, read_rows
from sim.population import PopulationParameters, residents_of
from sim.population.vital_rates import load_demography
from sim.tiers import ALTERNATIVE_TIER, CLASS_KEYS, TIER_KEYS
from tests.worlds import small_region

TIER = np.array(ALTERNATIVE_TIER)
DRAWS = 8
MANY = 200
# What behaviour rests on; anchored constants, capacity and populations stay.
DRAWN = (
    "travel_weight", "wait_weight", "delay_weight", "outpatient_price_weight", "quality_weight",
    "inpatient_price_weight", "contract_weight", "habit_weight", "outcome_weight", "primary_nest",
    "outside_nest", "taste_sd", "wait_knowledge", "escalation", "formal_referral",
    "adherence_constant", "bed_elasticity", "discretionary_share", "triage_accuracy", "stay_cv",
    "learning_good", "learning_bad", "morning_share", "early_arrival", "test_share",
)  # fmt: skip


def prior_draw(number):
    rng = np.random.default_rng(number)
    values = dict(read_anchored())
    for row in read_rows():
        if row.name in DRAWN:
            values[row.key] = float(row.low + (row.high - row.low) * rng.uniform(0.2, 0.8))
    return values


@pytest.fixture(scope="module")
def region():
    # Beds enough that a sign is not turned by patients who find none and leave the county.
    beds = {"county_general_0": 100, "county_tcm_0": 40, "county_private_0": 40}
    return small_region(
        n_counties=1, residents=20_000, townships_per_county=4, beds=beds, year=2023
    )


def inputs(region):
    p = load_parameters()
    residents, ledger = residents_of(region, PopulationParameters.from_table(p), 0, threads=1)
    return region_inputs_of(region, p, residents, load_demography(2023), ledger)


class Answer:
    """Read-outs of one quarter."""

    def __init__(self, world, values, changes=None, intensity=1.0):
        overrides = dict(values)
        for key, change in (changes or {}).items():
            overrides[key] = change(overrides.get(key, float(_value(key))))
        model = MeanField(world, load_parameters(overrides))
        solution = model.period(0.25, intensity)
        flows = solution.flows.sum(axis=(0, 1))
        self.visits = np.bincount(TIER, flows[:, C.VISITS], 6)
        self.first_contacts = flows[:, C.FIRST].sum()
        admitted = flows[:, C.STAYS] + flows[:, C.SHORT] + flows[:, C.DOWN]
        self.admissions = np.bincount(TIER, admitted, 6)
        tier = model.solver_inputs.stations.tier
        visits = model.work.loads[:, 0]
        self.wait = [
            np.average(solution.state.wait[tier == t], weights=visits[tier == t]) for t in range(3)
        ]
        weight = model.solver_inputs.stations.beds
        station = np.repeat(
            np.arange(len(tier)), np.diff(model.solver_inputs.stations.member_start)
        )
        beds = np.bincount(station, weight * model.solver_inputs.stations.count)
        self.occupancy = [
            np.average(solution.state.occupancy[tier == t], weights=beds[tier == t]) for t in (1, 2)
        ]
        self.primary = self.visits[:2].sum() / self.visits.sum()
        self.township = self.visits[1] / self.visits.sum()
        self.in_county = self.admissions[1:3].sum() / self.admissions.sum()
        self.visits_in_county = self.visits[:3].sum() / self.visits.sum()


def _value(key):
    row = next(row for row in read_rows() if row.key == key)
    return read_anchored().get(key, row.default)


def raised(tier, by):
    return {f"capability:{tier}/{kind}": lambda old: min(0.99, old + by) for kind in CLASS_KEYS}


@pytest.fixture(scope="module")
def worlds(region):
    """The region, and the same with shorter ways out, more doctors, more beds."""
    import dataclasses

    hours = region.villages.hours.copy()
    hours[:, 7:] *= 0.7
    near = dataclasses.replace(region, villages=dataclasses.replace(region.villages, hours=hours))

    def hospitals(column, factor):
        values = getattr(region.facilities, column) * np.where(
            region.facilities.tier == 2, factor, 1
        )
        kept = values.astype(getattr(region.facilities, column).dtype)
        return dataclasses.replace(
            region, facilities=dataclasses.replace(region.facilities, **{column: kept})
        )

    return {
        "base": inputs(region), "near": inputs(near), "doctors": inputs(hospitals("doctors", 1.2)),
        "beds": inputs(hospitals("beds", 1.2)),
    }  # fmt: skip


@pytest.mark.parametrize("number", range(DRAWS))
def test_levers_move_what_they_must(worlds, number):
    check_signs(worlds, prior_draw(number))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(DRAWS, MANY))
def test_levers_move_what_they_must_in_many_draws(worlds, number):
    check_signs(worlds, prior_draw(number))


def check_signs(worlds, values):
    world = worlds["base"]
    base = Answer(world, values)
    township = Answer(world, values, raised("township", 0.1))
    assert township.township > base.township
    assert township.visits[2] < base.visits[2]
    county = Answer(world, values, raised("county", 0.1))
    assert county.in_county > base.in_county
    assert county.occupancy[1] > base.occupancy[1]
    near = Answer(worlds["near"], values)
    assert near.visits_in_county < base.visits_in_county
    assert near.in_county < base.in_county
    contracts = Answer(
        world, values, {f"contract_weight:{k}": lambda v: v + 0.2 for k in CLASS_KEYS}
    )
    assert contracts.primary >= base.primary
    doctors = Answer(worlds["doctors"], values)
    assert doctors.wait[2] <= base.wait[2]
    assert doctors.primary <= base.primary
    beds = Answer(worlds["beds"], values)
    assert beds.occupancy[1] < base.occupancy[1]
    assert beds.admissions.sum() >= base.admissions.sum() * (1.0 - 1e-9)
    short = Answer(world, values, {"stay_mean:county": lambda days: days - 1.0})
    assert short.occupancy[1] < base.occupancy[1]
    more = Answer(world, values, intensity=1.1)
    assert base.visits.sum() < more.visits.sum()
    # Where nobody learns, first contacts rise by no more than need: waits hold some back. Habits
    # come sooner to those who are ill more often, and may outweigh that.
    still = values | {"learning_good": 0.0, "learning_bad": 0.0}
    still |= {f"habit_weight:{k}": 0.0 for k in CLASS_KEYS}
    one, other = Answer(world, still), Answer(world, still, intensity=1.1)
    assert other.first_contacts <= 1.1 * one.first_contacts * (1.0 + 1e-9)
    assert all(a >= b for a, b in zip(more.wait, base.wait, strict=True))


def test_reserved_beds_hold_the_others_back():
    full = small_region(n_counties=1, residents=20_000, beds={"county_general_0": 20}, year=2023)
    world = inputs(full)
    plain = MeanField(world, load_parameters())
    held = MeanField(world, load_parameters({f"reserved_bed_share:{t}": 0.2 for t in TIER_KEYS}))
    general = np.flatnonzero(plain.solver_inputs.stations.tier == 2)
    a, b = plain.period(0.25, 1.0).state, held.period(0.25, 1.0).state
    assert (b.leave[general] >= a.leave[general] - 1e-12).all()
    assert b.leave[general].max() > a.leave[general].max()


def test_twice_the_people_and_twice_the_doctors_wait_no_longer():
    """Whole rooms at both sizes: doctors in multiples of a full-time room."""
    p = load_parameters()
    room = 2920.0 * 11.0 / 14.0 / float(p.clinic_hours[2])
    doctors = {"county_tcm_0": 6.0 * room, "county_maternal_child_0": 3.0 * room}
    size = {"n_counties": 1, "year": 2023, "townships_per_county": 2}
    small = small_region(residents=10_000, doctors=doctors, **size)
    twice = {key: 2.0 * value for key, value in doctors.items()}
    large = small_region(residents=20_000, doctors=twice, **size)
    one, two = (MeanField(inputs(r), p) for r in (small, large))
    a, b = one.period(0.25, 1.0).state.wait, two.period(0.25, 1.0).state.wait
    # Stations stand in the same order: the hospitals are those with a single facility of tier 2.
    hospitals = (one.solver_inputs.stations.tier == 2) & ~one.solver_inputs.stations.pooled
    assert (b[hospitals] <= a[hospitals] + 1e-9).all()
