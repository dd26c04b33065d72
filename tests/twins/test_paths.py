"""Years that follow each other: the two agent engines agree patient by patient under the
system dynamics, and no year loses anything on the way to the next."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from sim.dynamics.schedule import EMPTY, FIRST_YEAR, month_of
from sim.engines import record_types as S
from sim.errors import InputError
from sim.packs import load_path_regions
from sim.packs.extract import extract, extract_path
from sim.paths import drivers
from sim.paths.path import simulate_path
from sim.population import residents_of
from sim.rules.demography import newborn_identity
from tests.twins import making
from tests.twins.making import World, by_class, by_tier, engines, months, parameters, regions
from tests.twins.paths import Path, Told, busy_schedule, follow, gaps, steady, with_centre
from tests.twins.record import differences, of_compiled
from tests.worlds import small_region

LAST = 2022


@cache
def told(which: str) -> Told:
    """Three years of two small counties: tight wards, a centre that opens in the second year and a
    policy schedule that changes something of every kind; the slow loops of the system dynamics
    turn on in the second year."""
    region = small_region(
        n_counties=2, residents=(110, 90), townships_per_county=1, villages_per_township=2,
        regional_inside=True, beds={"county_general_0": 2, "township_0": 1, "regional": 4},
        doctors={"village_0": 0.05, "township_0": 0.05},
    )  # fmt: skip
    overrides = {
        **by_class("need_scale", [2.0, 3.0, 8.0, 8.0]),
        **by_tier("admission_scale", [0.0, 4.0, 4.0, 4.0, 4.0, 4.0]),
        "overflow_share": 0.2, "bed_project_years": 0.5, "formal_referral": 0.5,
    }  # fmt: skip
    regions_of_years = with_centre(region, FIRST_YEAR, opens=2021)
    return follow(Path(regions_of_years, LAST, busy_schedule(), overrides, seed=5), which)


def test_three_years_under_a_course_agree_in_every_visit_stay_fen_resident_and_stock():
    one, other = told("compiled"), told("reference")
    assert gaps(one, other) == []
    assert len(one.record.visits) > 10_000
    assert len(one.record.stays) > 500


def test_the_years_compared_hold_what_they_are_to_compare():
    path = told("compiled")
    assert path.slow.is_open
    regional = list(path.years[2020].facility.values).index("regional")
    visits = [int(path.years[year].facility_visits[regional]) for year in path.years]
    assert visits[0] == 0 < min(visits[1:])
    events = sum(path.years[year].vital_events.sum("county") for year in (2020, 2021))
    assert int(events.sel(event="births")) > 0
    assert int(events.sel(event="deaths")) > 0
    # County beds are cut in half: wards fall short of their patients.
    beds = path.stocks.beds.sel(tier="county").sum("place")
    assert float(beds.min()) < 0.8 * float(beds[0])
    in_bed = np.array([tallies.facility[:, S.F_CENSUS_END].sum() for tallies in path.tallies])
    assert (in_bed > 0).all()


def test_what_ends_on_31_december_begins_on_1_january():
    path = told("compiled")
    for year in range(FIRST_YEAR, LAST):
        before, after = path.years[year], path.years[year + 1]
        for name in ("residents", "group_contracts", "group_managed"):
            ages = [d for d in before[f"{name}_end"].dims if d not in ("county", "contract")]
            end, start = before[f"{name}_end"].sum(ages), after[f"{name}_start"].sum(ages)
            assert end.equals(start), name
        ended, begun = path.tallies[year - FIRST_YEAR], path.tallies[year + 1 - FIRST_YEAR]
        np.testing.assert_array_equal(
            ended.episode[:, S.E_PENDING_END], begun.episode[:, S.E_PENDING_START]
        )
        for end, start in (
            (S.F_CENSUS_END, S.F_CENSUS_START),
            (S.F_WAITING_END, S.F_WAITING_START),
        ):
            np.testing.assert_array_equal(ended.facility[:, end], begun.facility[:, start])
        assert ended.episode[:, S.E_PENDING_END].sum() > 0


def test_the_slow_world_is_told_every_visit_and_every_fen():
    path = told("compiled")
    for year, tallies in zip(path.years, path.tallies, strict=True):
        first = month_of(year, 1)
        months_of_year = path.slow.history[first : first + 12]
        visits = sum(month.visits for month in months_of_year)
        np.testing.assert_array_equal(visits, tallies.facility[:, S.F_VISITS])
        fund = tallies.county[..., [S.C_FUND, S.C_STAY_FUND]].sum(axis=(0, 2, 3, 4))
        told_of = sum(np.rint(100.0 * month.fund).astype(np.int64) for month in months_of_year)
        np.testing.assert_array_equal(told_of, fund)
        residents = path.years[year].residents_end.values
        np.testing.assert_array_equal(months_of_year[-1].residents, residents)


def test_the_first_year_of_a_path_without_a_course_is_the_year_alone():
    region = small_region(n_counties=2, residents=(160, 120))
    path = follow(Path(steady(region, FIRST_YEAR), FIRST_YEAR, EMPTY, {}, seed=4), "compiled")
    alone, _ = engines(World(region, {}, seed=4), "compiled")
    assert differences(path.record, of_compiled(alone)) == []
    assert path.record.episodes > 1_000


def test_nobody_born_after_the_census_bears_a_child(monkeypatch):
    """Identities of newborns name their mothers, who must be of the census."""

    def born_later(*given):
        residents, ledger = residents_of(*given)
        names = [newborn_identity(int(i), 2020) for i in residents.identity]
        return replace(residents, identity=np.array(names, dtype=np.uint32)), ledger

    monkeypatch.setattr(making, "residents_of", born_later)
    region = small_region(n_counties=1, residents=200)
    world = World(region, {}, seed=1, fertility=20.0, blocks=months(2, warm_up=2))
    found, record = making.compare(world)
    assert found == []
    assert record.tallies["people"][:, 0].sum() == 0


# ------------------------------------------------------------------------ extracts and the door


def test_the_years_of_an_extract_are_cut_alike():
    paths = load_path_regions("chifeng")
    assert paths.centre is not None
    cut = extract_path(paths, 2)
    assert {year: region.facilities.key for year, region in cut.years.items()} == dict.fromkeys(
        paths.years, cut.of(FIRST_YEAR).facilities.key
    )
    for year, region in cut.years.items():
        assert region.townships.name == extract(paths.of(year), 2).townships.name
        np.testing.assert_array_equal(
            region.villages.facility, cut.of(FIRST_YEAR).villages.facility
        )
    assert (cut.centre, cut.opens) == (None, None)
    assert extract_path(paths, len(paths.of(FIRST_YEAR).townships.name)) is paths


@pytest.fixture
def tiny_pack(monkeypatch):
    """A pack that the process has read: one county of two townships."""
    region = small_region(n_counties=1, residents=240)
    monkeypatch.setattr(drivers, "load_path_regions", lambda _: steady(region, 2021))
    drivers.path_regions.cache_clear()
    yield "testland"
    drivers.path_regions.cache_clear()


def test_simulate_path_gives_the_same_from_both_engines_and_stamps_an_extract(tiny_pack):
    runs = [simulate_path(tiny_pack, FIRST_YEAR, engine=engine, townships=1, seed=2, threads=1)
            for engine in ("compiled", "reference")]  # fmt: skip
    one, other = (run.years[FIRST_YEAR] for run in runs)
    assert one.equals(other)
    assert int(one.visits.sum()) > 500
    assert 0 < int(one.residents_start.sum()) < 240
    for run in runs:
        assert run.manifest["townships"] == 1
        for dataset in (*run.years.values(), run.stocks):
            assert "not a result" in dataset.attrs["extract"]
        assert set(run.manifest["checks"].values()) == {0}
    assert runs[0].manifest["key"] != runs[1].manifest["key"]
    assert runs[1].manifest["engine"] == "reference"


@pytest.mark.parametrize("engine", ["reference", "meanfield"])
def test_a_checkpoint_of_an_engine_that_leaves_none_is_refused(tmp_path, engine):
    with pytest.raises(InputError, match="only the compiled engine"):
        simulate_path("taonan", FIRST_YEAR, engine=engine, checkpoint=tmp_path)


# --------------------------------------------------------------------------------- longer ones


@pytest.mark.slow
def test_generated_paths_agree():
    episodes = []

    @seed(7)
    @settings(
        max_examples=30, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(regions(), parameters(), st.integers(0, 2**40), st.booleans())
    def run(region, overrides, uniforms, opens):
        region = replace(region, year=FIRST_YEAR)
        years = with_centre(region, FIRST_YEAR, 2021) if opens else steady(region, FIRST_YEAR)
        overrides = {**overrides, "bed_project_years": 0.3}
        path = Path(years, 2021, busy_schedule(), overrides, uniforms)
        one, other = follow(path, "compiled"), follow(path, "reference")
        assert gaps(one, other) == []
        episodes.append(sum(int(t.episode[:, S.E_STARTED].sum()) for t in one.tallies))

    run()
    assert len(episodes) == 30
    print(f"{sum(episodes):,} episodes of {len(episodes)} paths, 0 differences")


@pytest.mark.slow
def test_two_years_of_an_extract_of_a_pack_agree():
    regions_of_years = extract_path(load_path_regions("bayannur"), 1)
    path = Path(regions_of_years, 2021, busy_schedule(), {}, seed=3)
    assert gaps(follow(path, "compiled"), follow(path, "reference")) == []
