"""Beds in the mean-field: limits of the queue, where a bed is sought next, episodes still open."""

import numpy as np
import pytest

from sim.engines.kernels.episode_word import pack
from sim.engines.kernels.wards import next_for_bed
from sim.engines.meanfield.bed_queue import PATIENCE_POINTS, bed_queue, impatient, patience_table
from sim.engines.meanfield.solver_inputs import region_inputs_of
from sim.engines.meanfield.year import run_year
from sim.packs import load_region
from sim.parameters import load_parameters
from sim.population import PopulationParameters, residents_of
from sim.population.vital_rates import load_demography
from sim.rules.admission import patience
from tests.worlds import small_region

P = load_parameters()


def inputs(region):
    residents, ledger = residents_of(region, PopulationParameters.from_table(P), 0, threads=1)
    return region_inputs_of(region, P, residents, load_demography(region.year), ledger)


def ask(load, *, beds=200.0, beyond=10.0, urgent=0.3, critical=0.1, stay=9.0):
    """A ward whose requests would fill this share of its beds: leave, wait, queue, turned away."""
    a_day = load * beds / stay
    others = a_day * (1.0 - urgent)
    table = np.zeros((PATIENCE_POINTS, 10))
    patience_table(P, table)
    return bed_queue(
        P, table, beds, beyond, a_day * urgent, a_day * critical, 0.1 * others, 0.2 * others,
        0.7 * others, stay, np.zeros((4, PATIENCE_POINTS)),
    )  # fmt: skip


@pytest.mark.parametrize("days", [2.0, 7.0, 14.0])
def test_patience_is_distributed_as_the_rule_draws_it(days):
    p = load_parameters({"patience_days:complex": days})
    u = (np.arange(20_000) + 0.5) / 20_000
    drawn = np.array([patience(p, x, 2) for x in u])
    for midnights in (1, 3, 5, 9, 20, 40):
        share, integral, of_them = impatient(days, midnights + 0.5)
        assert share == pytest.approx((drawn <= midnights).mean(), abs=1e-3)
        assert integral == pytest.approx(share * (midnights + 0.5) - of_them, abs=1e-9)
    assert of_them == pytest.approx(drawn.mean(), rel=0.03)  # rounding to whole days is the rest


@pytest.mark.parametrize("load", [1.1, 1.3, 2.0, 3.0])
def test_a_ward_over_capacity_is_full(load):
    urgent = 0.3
    beds, stay = 200.0, 9.0
    leave, _, _, turned = ask(load, beyond=50.0, urgent=urgent, critical=0.0)
    a_day = load * beds / stay
    full = beds + min(50.0, a_day * urgent * 14.0 / 24.0)
    admitted = a_day * (urgent + (1.0 - urgent) * (1.0 - leave))
    assert turned == 0.0
    assert admitted * stay == pytest.approx(full, rel=0.02)


def test_the_queue_grows_with_load_and_ends_with_patience():
    loads = np.linspace(0.6, 3.2, 60)  # emergencies alone nearly fill the beds
    leave, wait, queue, turned = np.array([ask(x) for x in loads]).T
    for grows in (leave, queue, turned):
        assert (np.diff(grows) >= -1e-9).all()
    assert leave[0] < 1e-9 and wait[0] < 1e-3
    assert leave[-1] > 0.9
    # All days in the queue: those of the admitted and those of who leaves, within his patience.
    assert (queue >= wait * (1.0 - leave) - 1e-12).all()
    of_leavers = (queue - wait * (1.0 - leave))[leave > 1e-3] / leave[leave > 1e-3]
    assert (of_leavers > 3.5).all() and (of_leavers < 28.0).all()


def test_emergencies_make_the_others_wait_and_beds_beyond_relieve_them():
    few, many = ask(1.05, urgent=0.1, critical=0.0), ask(1.05, urgent=0.6, critical=0.0)
    assert many[0] > few[0]  # the same excess, borne by fewer
    narrow, wide = ask(1.2, beyond=1.0), ask(1.2, beyond=30.0)
    assert wide[3] < narrow[3]  # fewer of the critical turned away
    assert wide[3] == 0.0


def test_emergencies_above_all_beds_leave_nothing_to_the_others():
    leave, _, _, turned = ask(3.0, urgent=0.9, critical=0.9)
    assert leave > 0.9
    assert 0.3 < turned < 0.6  # of those who come after 10:00


@pytest.mark.parametrize("has_centre", [False, True])
def test_a_bed_is_sought_where_every_village_s_order_of_distance_leads(has_centre):
    region = load_region("taonan", 2023)
    if has_centre:
        region = small_region(n_counties=3, residents=6_000, year=2023, regional_inside=True)
    world = inputs(region)
    person = np.zeros(1, dtype=[("village", "i8"), ("age", "i8"), ("sex", "i8")]).view(np.recarray)
    person.age = 40
    villages, facilities, cells = world.world.village, world.world.facility, world.cells
    differ = 0
    for g in range(len(cells.county)):
        here = np.flatnonzero(cells.village_place == g)
        people = cells.village_people[here] + 1e-9
        for row, need_class in ((0, 2), (1, 3)):
            for j in range(1, 10):
                if not np.isfinite(cells.hours[g, j]):
                    continue
                to = np.zeros(11)
                for v, number in zip(here, people, strict=True):
                    f = villages.facility[v, j]
                    if f < 0:
                        continue
                    person.village = v
                    found = next_for_bed(facilities, villages, person, 0, pack(need_class, 0), f)
                    to[np.flatnonzero(villages.facility[v] == found)[0]] += number
                got = world.stations.onward[g, row, j]
                assert got == pytest.approx(to / to.sum(), abs=1e-12)
                differ += int((got > 0.0).sum() > 1)
    assert has_centre or differ > 0  # villages of a place that go different ways


def test_episodes_open_at_the_end_of_the_year_began_in_its_last_month():
    world = inputs(small_region(n_counties=2, residents=8_000, year=2023))
    flat = {f"season:{m:02d}": 1.0 for m in range(1, 13)}
    plain = run_year(world, load_parameters(flat)).tallies.episode
    late = run_year(world, load_parameters({**flat, "season:12": 1.3})).tallies.episode
    started = late[:, 0].sum() / plain[:, 0].sum()
    open_ = late[:, -1].sum() / plain[:, -1].sum()
    assert started == pytest.approx(1.0 + 0.3 / 12.0, abs=0.01)
    assert open_ > 1.2  # the quarter as a whole has a tenth more
