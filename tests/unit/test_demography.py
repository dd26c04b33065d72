"""Rates of dying and giving birth: laws, tables, and the layout of identities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.population.vital_rates import OBSERVATIONS, load_demography
from sim.rules import demography as law


def test_rates_come_from_the_period_that_contains_the_year():
    assert load_demography(2019).mortality[0, 0] == 0.007835
    for year in range(2020, 2025):
        assert load_demography(year).mortality[0, 0] == 0.006179
    assert load_demography(2025).mortality[0, 0] == 0.005647
    assert load_demography(2035).mortality[0, 0] == 0.004702  # held after the last period


def test_tables_cover_every_single_age_and_are_read_only():
    rates = load_demography(2023)
    assert rates.mortality.shape == (2, 111)
    assert rates.mortality.dtype == rates.fertility.dtype == np.float64
    assert np.all(rates.mortality > 0.0)
    assert rates.mortality[1, 100] == rates.mortality[1, 110] == 0.553871
    assert rates.mortality[0, 5] == rates.mortality[0, 9] == 0.000284
    assert not rates.mortality.flags.writeable and not rates.fertility.flags.writeable


@pytest.mark.parametrize(
    ("year", "total"), [(2015, 1.67), (2020, 1.236), (2023, 0.999), (2026, (1.021 + 1.038) / 2)]
)
def test_fertility_adds_up_to_the_total_fertility_rate(year, total):
    fertility = load_demography(year).fertility
    assert fertility.sum() == pytest.approx(total, abs=1e-12)
    assert np.all(fertility[:15] == 0.0) and np.all(fertility[50:] == 0.0)
    assert np.all(fertility[15:50] > 0.0)


def test_mortality_gives_the_published_life_expectancy():
    # United Nations 2023: about 75 for men, 81 for women; the period table is 2020-2024.
    rates = load_demography(2023).mortality
    for sex, expected in ((0, 75.2), (1, 80.9)):
        before = np.cumsum(rates[sex]) - rates[sex]
        person_years = np.exp(-before) * (1.0 - np.exp(-rates[sex])) / rates[sex]
        assert person_years.sum() == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize("year", [2014, 2037])
def test_years_without_rates_are_refused(year):
    with pytest.raises(ValueError, match="rates are known"):
        load_demography(year)


def test_missing_rows_are_named(tmp_path):
    lines = OBSERVATIONS.read_text(encoding="utf-8").splitlines(keepends=True)
    broken = tmp_path / "observations.csv"
    broken.write_text(
        "".join(line for line in lines if "un_mortality_rate_female_age:70-74" not in line),
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="female_age:70-74"):
        load_demography(2023, broken)


def test_death_probability():
    assert law.death_probability(0.0, 365.25) == 0.0
    assert law.death_probability(0.1, 365.25) == pytest.approx(1.0 - math.exp(-0.1), rel=1e-15)
    day = law.death_probability(0.3, 1.0)
    assert 1.0 - (1.0 - day) ** 100 == pytest.approx(law.death_probability(0.3, 100.0), rel=1e-12)


def test_tables_of_a_year_mix_two_ages():
    mortality = np.array([[0.1, 0.3, 0.5], [0.2, 0.2, 0.2]])
    padded = np.hstack([mortality, np.repeat(mortality[:, -1:], law.N_AGES - 3, axis=1)])
    table = law.death_probability_table(padded, law.DAYS_PER_YEAR)
    assert table[0, 0] == pytest.approx(1.0 - math.exp(-0.2), rel=1e-14)
    assert table[0, law.OLDEST_AGE] == pytest.approx(1.0 - math.exp(-0.5), rel=1e-14)
    births = law.birth_probability_table(load_demography(2020).fertility, law.DAYS_PER_YEAR)
    assert births[14] > 0.0 and births[13] == 0.0  # turns 15 in the year
    assert births[50] == 0.0


def test_small_laws():
    assert law.birth_probability(3.0, 365.25) == 1.0
    assert law.next_age(41) == 42 and law.next_age(110) == 110
    assert law.happens(0.2, 0.2) is False and law.happens(0.1999, 0.2) is True
    assert law.newborn_sex(0.5, 111.0) == 0 and law.newborn_sex(0.53, 111.0) == 1
    assert law.move_score(0.5, 0.0) == math.inf
    assert law.move_score(0.5, 2.0) == pytest.approx(math.log(2.0) / 2.0)


@given(
    row=st.integers(0, law.MAX_CENSUS_RESIDENTS - 1),
    year=st.integers(2020, 2050),
    county=st.integers(0, 63),
    ordinal=st.integers(0, 32_767),
)
def test_identities_name_their_people(row, year, county, ordinal):
    migrant = law.migrant_identity(county, year, ordinal)
    for mother in (row, migrant):
        child = law.newborn_identity(mother, year)
        assert 0 <= child < 2**32
        assert law.is_newborn(child) and not law.is_newborn(mother)
        assert law.mother_identity(child) == mother == law.mother_identity(mother)
        assert law.newborn_identity(child, year) == -1
    assert migrant >= law.MIGRANT_BASE > law.newborn_identity(row, year)
    assert (migrant >> 20) & 63 == county and (migrant >> 15) & 31 == year - 2020
    assert migrant & 32_767 == ordinal


def test_identities_outside_their_ranges_are_refused():
    assert law.newborn_identity(5, 2019) == law.newborn_identity(5, 2051) == -1
    assert law.migrant_identity(64, 2020, 0) == law.migrant_identity(0, 2020, 32_768) == -1
    assert law.migrant_identity(-1, 2020, 0) == law.migrant_identity(0, 2019, 0) == -1
