"""Census population and its carrying: exact margins, keys, ledger, threads, laws."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.population import (
    PopulationParameters,
    Residents,
    carry,
    census_counts,
    controlled_rounding,
    deal_to_villages,
    residents_of,
    split_by_residence,
    synthesise,
)
from sim.population.vital_rates import load_demography
from sim.rules.demography import (
    DAYS_PER_YEAR,
    MIGRANT_BASE,
    birth_probability_table,
    death_probability,
    death_probability_table,
    is_newborn,
    mother_identity,
)
from sim.rules.random import Stream, block
from sim.tiers import AGE_BAND_STARTS
from tests.worlds import small_region

PARAMETERS = PopulationParameters(
    chronic_prevalence=np.array([0.02, 0.09, 0.40, 0.65]),
    chronic_state_share=np.array([0.55, 0.33, 0.12]),
    disabled_share=np.array([0.015, 0.025, 0.07, 0.25]),
    effective_contract_share=0.6,
    key_group_age_from=65.0,
    key_group_child_below=7.0,
    boys_per_100_girls=111.0,
    urban_age_tilt=np.linspace(1.4, 0.6, 19),
    move_weight=np.array([0.3, 1.0, 0.25, 0.05]),
    migrant_female_share=0.5,
)
COLUMNS = [field.name for field in fields(Residents)]


def digest(residents):
    sha = hashlib.sha256()
    for name in COLUMNS:
        sha.update(np.ascontiguousarray(getattr(residents, name)).tobytes())
    return sha.hexdigest()


def bands(residents):
    return np.searchsorted(np.array(AGE_BAND_STARTS), residents.age, side="right") - 1


@pytest.fixture(scope="module")
def region():
    return small_region(n_counties=3, residents=[20_000, 30_011, 4_999])


@pytest.fixture(scope="module")
def residents(region):
    return synthesise(region, PARAMETERS, seed=7)


# ------------------------------------------------------------------------------------- census


def test_schema(region, residents):
    assert residents.count == int(region.counties.census.sum())
    kinds = {"village_start": np.int64, "village": np.uint16, "identity": np.uint32}
    for name in COLUMNS:
        column = getattr(residents, name)
        assert column.dtype == kinds.get(name, np.uint8)
        assert not column.flags.writeable
        if name != "village_start":
            assert column.shape == (residents.count,)
    assert residents.village_start.shape == (region.villages.weight.shape[0] + 1,)
    assert np.all(np.diff(residents.village.astype(int)) >= 0)
    expected = np.repeat(
        np.arange(region.villages.weight.shape[0]), np.diff(residents.village_start)
    )
    assert np.array_equal(residents.village, expected)
    assert np.array_equal(residents.identity, np.arange(residents.count))


def test_census_margins_are_exact(region, residents):
    county = region.village_county[residents.village]
    counted = np.zeros_like(region.counties.census)
    np.add.at(counted, (county, residents.sex, bands(residents)), 1)
    assert np.array_equal(counted, region.counties.census)
    urban = region.villages.is_urban[residents.village]
    assert np.array_equal(np.bincount(county[urban], minlength=3), region.counties.urban)


def test_villages_follow_their_weights_within_one_person(region, residents):
    size = np.diff(residents.village_start)
    for county in range(3):
        for is_urban in (False, True):
            here = (region.village_county == county) & (region.villages.is_urban == is_urban)
            weight = region.villages.weight[here]
            expected = size[here].sum() * weight / weight.sum()
            assert np.max(np.abs(size[here] - expected)) < 1.0


def test_cells_follow_village_size(region, residents):
    """No village collects the remainders of all cells."""
    counts = census_counts(region, PARAMETERS)
    for county in range(3):
        for is_urban in (False, True):
            here = (region.village_county == county) & (region.villages.is_urban == is_urban)
            part = counts[here]
            expected = part.sum(axis=1, keepdims=True) * part.sum(axis=0) / part.sum()
            assert np.max(np.abs(part - expected)) < 3.0


def test_the_old_live_in_the_country(region, residents):
    urban = region.villages.is_urban[residents.village]
    assert residents.age[urban].mean() < residents.age[~urban].mean() - 2.0


@given(
    cells=st.lists(st.integers(0, 5_000), min_size=1, max_size=40),
    share=st.floats(0.0, 1.0),
    data=st.data(),
)
@settings(max_examples=200)
def test_split_by_residence_keeps_both_margins(cells, share, data):
    persons = np.array(cells, dtype=np.int64)
    total = round(share * int(persons.sum()))
    tilt = np.array(
        data.draw(st.lists(st.floats(0.05, 20.0), min_size=len(cells), max_size=len(cells)))
    )
    urban = split_by_residence(persons, total, tilt)
    assert int(urban.sum()) == total
    assert np.all(urban >= 0) and np.all(urban <= persons)
    # The odds ratios of the seed table survive the fitting, up to the rounding.
    if 0 < total < int(persons.sum()):
        steeper = split_by_residence(persons, total, tilt * 4.0)  # exact: ties stay ties
        assert np.array_equal(urban, steeper)  # only relative odds count


@given(
    cells=st.lists(st.integers(0, 400), min_size=1, max_size=38),
    weight=st.lists(st.floats(0.0, 50.0), min_size=1, max_size=30).filter(lambda w: sum(w) > 0.1),
)
@settings(max_examples=200)
def test_deal_keeps_both_margins(cells, weight):
    persons = np.array(cells, dtype=np.int64)
    weights = np.array(weight)
    dealt = deal_to_villages(persons, weights)
    assert np.array_equal(dealt.sum(axis=0), persons)
    assert np.all(dealt >= 0)
    expected = weights / weights.sum() * persons.sum()
    assert np.max(np.abs(dealt.sum(axis=1) - expected)) < 1.0 + 1e-6
    assert np.all(dealt[weights == 0.0] == 0)


@given(
    pairs=st.lists(st.tuples(st.floats(0.0, 30.0), st.integers(0, 30)), min_size=1, max_size=20),
    share=st.floats(0.0, 1.0),
)
@settings(max_examples=200)
def test_controlled_rounding_meets_any_feasible_total(pairs, share):
    expected = np.array([pair[0] for pair in pairs])
    upper = np.array([pair[1] for pair in pairs], dtype=np.int64)
    total = round(share * int(upper.sum()))
    whole = controlled_rounding(expected, upper, total)
    assert int(whole.sum()) == total
    assert np.all(whole >= 0) and np.all(whole <= upper)


def test_impossible_requests_are_refused(region):
    with pytest.raises(ValueError, match="outside"):
        controlled_rounding(np.array([1.0]), np.array([1]), 2)
    with pytest.raises(ValueError, match="outside"):
        split_by_residence(np.array([5]), 6, np.array([1.0]))
    with pytest.raises(ValueError, match="tilt"):
        split_by_residence(np.array([5]), 3, np.array([0.0]))
    no_towns = replace(region, villages=replace(
        region.villages, is_urban=np.zeros_like(region.villages.is_urban)
    ))  # fmt: skip
    with pytest.raises(InputError, match="urban persons in 370001") as error:
        synthesise(no_towns, PARAMETERS, 0)
    assert len(error.value.faults) == 3
    too_urban = replace(region, counties=replace(
        region.counties, urban=region.counties.urban + 1_000_000
    ))  # fmt: skip
    with pytest.raises(InputError, match="at most the population"):
        synthesise(too_urban, PARAMETERS, 0)


def test_whole_county_urban_or_rural():
    for share in (0.0, 1.0):
        world = small_region(1, 1_000, urban_share=share)
        people = synthesise(world, PARAMETERS, 1)
        assert people.count == 1_000
        assert np.all(world.villages.is_urban[people.village] == (share == 1.0))


# --------------------------------------------------------------------------------- attributes


def close(flags, probability, sigmas=4.5):
    """Share of True within 4.5 standard errors (false alarm 7e-6 a check)."""
    flags = np.asarray(flags)
    error = np.sqrt(probability * (1.0 - probability) / flags.shape[0])
    return abs(flags.mean() - probability) <= sigmas * error


def test_attributes_follow_their_shares(region, residents):
    urban = region.villages.is_urban[residents.village].astype(int)
    group = np.searchsorted([0, 15, 45, 65], residents.age, side="right") - 1
    for quintile in range(5):
        assert close(residents.income == quintile, 0.2)
    for g, prevalence in enumerate(PARAMETERS.chronic_prevalence):
        ill = residents.chronic[group == g]
        assert close(ill > 0, prevalence)
        for state, share in enumerate(PARAMETERS.chronic_state_share, start=1):
            assert close(ill[ill > 0] == state, share)
        for residence in (0, 1):
            scheme = residents.insurance[(group == g) & (urban == residence)]
            assert close(scheme == 0, region.insurance.employee_share[residence, g])
    for key in (0, 1):
        contract = residents.contract[residents.key_group == key]
        assert close(contract > 0, region.contract_coverage[key])
        assert close(contract[contract > 0] == 2, PARAMETERS.effective_contract_share)


def test_key_groups(residents):
    age, chronic, key = residents.age, residents.chronic, residents.key_group
    assert np.all(key[age >= 65] == 1) and np.all(key[age < 7] == 1) and np.all(key[chronic > 0])
    others = (age >= 7) & (age < 15) & (chronic == 0)
    assert close(key[others] == 1, 0.015)  # disabled only
    births = birth_probability_table(load_demography(2020).fertility, DAYS_PER_YEAR)
    women = (age >= 25) & (age < 29) & (chronic == 0) & (residents.sex == 1)
    men = (age >= 25) & (age < 29) & (chronic == 0) & (residents.sex == 0)
    assert close(key[men] == 1, 0.025)
    assert close(key[women] == 1, 1.0 - (1.0 - 0.025) * (1.0 - births[27]))


def test_seed_and_threads(region, residents):
    for threads in (1, 2, 5):
        assert digest(synthesise(region, PARAMETERS, 7, threads=threads)) == digest(residents)
    assert digest(synthesise(region, PARAMETERS, 8)) != digest(residents)
    assert synthesise(region, PARAMETERS, 0).count == residents.count  # seed 0 is a seed


def test_one_more_resident_changes_nobody_else():
    """Attributes depend on identity, cell and residence only."""
    world = small_region(2, 3_000)
    census = world.counties.census.copy()
    census[-1, 1, 18] += 1
    more = replace(world, counties=replace(world.counties, census=census))
    before = synthesise(world, PARAMETERS, 3)
    after = synthesise(more, PARAMETERS, 3)
    assert after.count == before.count + 1
    shared = np.arange(before.count)
    # The same person in the same cell and residence: age, and all that follows from age.
    same = (
        (before.sex == after.sex[shared])
        & (bands(before) == bands(after)[shared])
        & (
            world.villages.is_urban[before.village]
            == world.villages.is_urban[after.village[shared]]
        )
    )
    assert same.mean() > 0.5 and np.all(same[:3_000])  # the other county is untouched
    for name in ("age", "income", "insurance", "chronic", "key_group", "contract"):
        assert np.array_equal(getattr(before, name)[same], getattr(after, name)[shared][same]), name


# ----------------------------------------------------------------------------------- carrying


@pytest.fixture(scope="module")
def later():
    return small_region(3, [20_000, 30_011, 4_999], year=2023, target_population=[19_300, 0, 5_400])


@pytest.fixture(scope="module")
def carried(later, residents):
    return carry(residents, later, PARAMETERS, 7, to_year=2023)


def test_carrying_to_the_same_year_is_the_identity(region, residents):
    same, ledger = carry(residents, region, PARAMETERS, 7, to_year=2020)
    assert same is residents
    assert np.array_equal(ledger.start, ledger.end)
    assert not ledger.births.any() and not ledger.deaths.any()


def test_ledger_adds_up_and_targets_are_met(later, residents, carried):
    people, ledger = carried
    balance = ledger.start + ledger.births - ledger.deaths + ledger.moved_in - ledger.moved_out
    assert np.array_equal(balance, ledger.end)
    county = later.village_county
    assert np.array_equal(ledger.start, np.bincount(county[residents.village], minlength=3))
    assert np.array_equal(ledger.end, np.bincount(county[people.village], minlength=3))
    assert ledger.end[0] == 19_300 and ledger.end[2] == 5_400
    assert ledger.moved_in[1] == ledger.moved_out[1] == 0
    assert ledger.moved_out[0] > 0 and ledger.moved_in[2] > 0


def test_targets_of_another_year_are_not_used(later, residents):
    _, ledger = carry(residents, later, PARAMETERS, 7, to_year=2022)
    assert not ledger.moved_in.any() and not ledger.moved_out.any()


def test_people_keep_identity_sex_and_age_by_three(later, residents, carried):
    people, _ = carried
    assert np.unique(people.identity).shape[0] == people.count
    old = people.identity < residents.count
    rows = people.identity[old]
    assert np.array_equal(people.sex[old], residents.sex[rows])
    assert np.array_equal(people.village[old], residents.village[rows])
    assert np.array_equal(people.income[old], residents.income[rows])
    expected = np.minimum(residents.age[rows].astype(int) + 3, 110)
    assert np.array_equal(people.age[old], expected)
    # With age a chronic state only worsens.
    assert np.all(people.chronic[old] >= residents.chronic[rows])


def test_children_belong_to_their_mothers(residents, carried):
    people, ledger = carried
    identity = people.identity.astype(np.int64)
    child = np.array([is_newborn(int(key)) for key in identity])
    assert np.array_equal(people.age[child] < 3, np.full(child.sum(), True))
    mothers = np.array([mother_identity(int(key)) for key in identity[child]])
    census_mother = mothers < residents.count
    rows = mothers[census_mother]
    assert np.all(residents.sex[rows] == 1)
    assert np.all((residents.age[rows] >= 12) & (residents.age[rows] < 50))
    assert np.array_equal(people.village[child][census_mother], residents.village[rows])
    assert np.array_equal(people.income[child][census_mother], residents.income[rows])
    assert child.sum() <= ledger.births.sum()
    assert np.all(people.key_group[child] == 1)


def test_newcomers_have_reserved_identities(later, carried):
    people, ledger = carried
    identity = people.identity.astype(np.int64)
    new = (identity >= MIGRANT_BASE) & (identity < MIGRANT_BASE + (64 << 20))
    assert 0 < new.sum() <= ledger.moved_in.sum()
    assert np.all(later.village_county[people.village[new]] == 2)
    assert np.all((identity[new] >> 20) & 63 == 2)
    assert np.median(people.age[new]) == pytest.approx(31, abs=6)


def test_movers_are_mostly_young_adults():
    world = small_region(1, 20_000, year=2021, target_population=[18_000])
    people = synthesise(world, PARAMETERS, 5)
    free, _ = carry(people, replace(world, year=2099), PARAMETERS, 5, to_year=2021)
    held, ledger = carry(people, world, PARAMETERS, 5, to_year=2021)
    assert held.count == 18_000
    gone = np.setdiff1d(free.identity, held.identity)
    assert gone.shape[0] == ledger.moved_out[0]
    rows = gone[gone < people.count]
    assert rows.shape[0] == gone.shape[0]  # nobody born in the year moves
    adults = (people.age >= 15) & (people.age < 45)
    assert adults[rows].mean() > 0.65 > adults.mean()
    # A woman who bears a child in the year stays with it.
    children = held.identity[held.identity.astype(np.int64) >= people.count]
    mothers = [mother_identity(int(key)) for key in children]
    assert len(mothers) > 50 and np.all(np.isin(mothers, held.identity))
    assert np.array_equal(np.sort(children), np.sort(free.identity[free.identity >= people.count]))


def test_carrying_twice_is_carrying_once(residents):
    world = small_region(3, [20_000, 30_011, 4_999], year=2099)
    once, all_years = carry(residents, world, PARAMETERS, 7, to_year=2023)
    half, first = carry(residents, world, PARAMETERS, 7, to_year=2021)
    twice, second = carry(half, world, PARAMETERS, 7, from_year=2021, to_year=2023)
    assert digest(once) == digest(twice)
    assert np.array_equal(all_years.deaths, first.deaths + second.deaths)
    assert np.array_equal(all_years.births, first.births + second.births)


def test_carry_threads_and_seed(later, residents, carried):
    for threads in (1, 2, 5):
        again, _ = carry(residents, later, PARAMETERS, 7, to_year=2023, threads=threads)
        assert digest(again) == digest(carried[0])
    other, _ = carry(residents, later, PARAMETERS, 8, to_year=2023)
    assert digest(other) != digest(carried[0])


def test_deaths_and_births_follow_the_law():
    world = small_region(1, 200_000, year=2099)
    people = synthesise(world, PARAMETERS, 11)
    after, ledger = carry(people, world, PARAMETERS, 11, to_year=2021)
    rates = load_demography(2020)
    death = death_probability_table(rates.mortality, DAYS_PER_YEAR)
    birth = birth_probability_table(rates.fertility, DAYS_PER_YEAR)
    alive = np.zeros(people.count, dtype=bool)
    alive[after.identity[after.identity < people.count]] = True
    for sex in (0, 1):
        for first, last in ((0, 15), (15, 45), (45, 65), (65, 80), (80, 111)):
            here = (people.sex == sex) & (people.age >= first) & (people.age < last)
            probability = death[sex, people.age[here]]
            spread = np.sqrt((probability * (1.0 - probability)).sum())
            deaths = int((~alive[here]).sum())
            assert abs(deaths - probability.sum()) < 4.5 * spread + 1.0
    women = alive & (people.sex == 1)
    expected = birth[people.age[women]]
    spread = np.sqrt((expected * (1.0 - expected)).sum())
    assert abs(int(ledger.births[0]) - expected.sum()) < 4.5 * spread
    children = after.identity.astype(np.int64) >= people.count
    assert close(after.sex[children] == 0, 111.0 / 211.0)


def test_newborns_die_by_the_law_and_by_their_own_key():
    world = small_region(1, 100_000, year=2099)
    people = synthesise(world, PARAMETERS, 6)
    rates = load_demography(2020)
    harsh = rates.mortality.copy()
    harsh[:, 0] = 1.0
    by_year = {2020: replace(rates, mortality=harsh), 2021: rates}
    after, ledger = carry(people, world, PARAMETERS, 6, to_year=2021, demography=by_year)
    mild, _ = carry(people, world, PARAMETERS, 6, to_year=2021)
    children = after.identity[after.identity.astype(np.int64) >= people.count]
    births = int(ledger.births[0])
    dead = death_probability(1.0, DAYS_PER_YEAR / 2.0)
    assert close(np.arange(births) >= children.shape[0], dead)
    for key in mild.identity[mild.identity.astype(np.int64) >= people.count]:
        u = block(6, Stream.CARRY, int(key), 2020, 0)[0]
        assert (key in children) == (u >= dead)


def test_pregnant_in_the_year_of_the_birth():
    """The key-group flag and the birth come from the same draw."""
    world = small_region(1, 50_000, year=2099)
    people = synthesise(world, PARAMETERS, 2)
    after, _ = carry(people, world, PARAMETERS, 2, to_year=2021)
    children = after.identity[after.identity.astype(np.int64) >= people.count]
    mothers = np.array([mother_identity(int(key)) for key in children])
    assert mothers.shape[0] > 100
    assert np.all(people.key_group[mothers] == 1)


@pytest.mark.parametrize(("first", "last"), [(2019, 2021), (2022, 2021), (2020, 2036)])
def test_years_out_of_range_are_refused(region, residents, first, last):
    with pytest.raises(ValueError, match="expected 2020 <="):
        carry(residents, region, PARAMETERS, 7, from_year=first, to_year=last)


def test_targets_out_of_reach_are_refused():
    world = small_region(1, 1_000, year=2021, target_population=[100_000])
    people = synthesise(world, PARAMETERS, 1)
    with pytest.raises(InputError, match="target_population"):
        carry(people, world, PARAMETERS, 1, to_year=2021)
    children_only = replace(PARAMETERS, move_weight=np.array([1.0, 0.0, 0.0, 0.0]))
    empty = small_region(1, 1_000, year=2021, target_population=[100])
    with pytest.raises(InputError, match="may move"):
        carry(people, empty, children_only, 1, to_year=2021)


def test_carrying_to_the_last_year():
    world = small_region(1, 5_000, year=2099)
    people = synthesise(world, PARAMETERS, 4)
    after, ledger = carry(people, world, PARAMETERS, 4, to_year=2035)
    assert np.unique(after.identity).shape[0] == after.count == int(ledger.end[0])
    assert after.age.mean() > people.age.mean() + 4.0


def test_residents_of_a_year_are_the_census_carried():
    world = small_region(year=2023)
    census = synthesise(world, PARAMETERS, 5)
    carried, ledger = carry(census, world, PARAMETERS, 5, to_year=2023)
    direct, other = residents_of(world, PARAMETERS, 5)
    assert digest(direct) == digest(carried)
    assert direct.count > 0
    for field in fields(ledger):
        assert np.array_equal(getattr(ledger, field.name), getattr(other, field.name))
