"""Reading packs: the Region they become, and what a reader refuses."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from sim.errors import InputError
from sim.packs import REGIONS, load_region
from sim.packs.observed import census
from sim.packs.read import pack_folder
from sim.packs.schema import MOST_BEDS, PACK_FILES, TIERS_OF_KIND
from sim.packs.travel import Modes, Places, home_distance, travel_table
from sim.region import Region
from sim.tiers import (
    ALTERNATIVE_KEYS,
    ALTERNATIVE_TIER,
    CLASS_KEYS,
    N_ALTERNATIVES,
    Kind,
    Tier,
)

YEAR = 2023
COLUMN = {key: i for i, key in enumerate(ALTERNATIVE_KEYS)}


@pytest.fixture(scope="module", params=REGIONS)
def region(request: pytest.FixtureRequest) -> Region:
    return load_region(request.param, YEAR)


def test_population_equals_the_census_by_sex_and_age(region: Region) -> None:
    for i, code in enumerate(region.counties.code):
        if code in census():
            row = census()[code]
            assert region.counties.census[i].tolist() == [list(row.male), list(row.female)]
            assert region.counties.urban[i] == row.urban
    assert (region.counties.census >= 0).all()
    if region.key == "reference":
        assert region.counties.census.sum() == 500_000


def test_every_village_reaches_clinic_centre_and_outside(region: Region) -> None:
    facility = region.villages.facility
    assert facility.shape == (len(region.villages.weight), N_ALTERNATIVES)
    assert facility.min() >= -1
    assert facility.max() < len(region.facilities.key)
    for key in ("village", "township", "city_first", "regional", "outside"):
        assert (facility[:, COLUMN[key]] >= 0).all(), key


def test_each_alternative_is_of_its_tier_and_place(region: Region) -> None:
    tiers, counties = region.facilities.tier, region.facilities.county
    for column, tier in enumerate(ALTERNATIVE_TIER):
        rows = region.villages.facility[:, column] >= 0
        chosen = region.villages.facility[rows, column]
        assert (tiers[chosen] == tier).all()
        home = region.village_county[rows]
        if ALTERNATIVE_KEYS[column] == "neighbour":
            assert (counties[chosen] != home).all()
            own = region.villages.hours[rows, COLUMN["county_general"]]
            assert (region.villages.hours[rows, column] < 1.5 * own).all()
        elif tier <= Tier.COUNTY:
            assert (counties[chosen] == home).all()


def test_hours_are_finite_and_positive_where_there_is_a_facility(region: Region) -> None:
    present = region.villages.facility >= 0
    hours = region.villages.hours
    assert np.isfinite(hours).all()
    assert (hours[present] > 0).all()
    assert hours.max() < 48


def test_rural_travel_rises_with_the_tier_near_the_assumed_minutes(region: Region) -> None:
    rural = ~region.villages.is_urban
    keys = ("village", "township", "county_general", "city_first", "outside")
    medians = [60 * np.median(region.villages.hours[rural, COLUMN[key]]) for key in keys]
    assert medians == sorted(medians)
    for minutes, target in zip(medians, (8, 22, 48, 105, 260), strict=True):
        assert target / 2.5 < minutes < target * 2.5


def test_tier_matches_kind_and_sizes_are_plausible(region: Region) -> None:
    facilities = region.facilities
    for tier, kind, beds in zip(facilities.tier, facilities.kind, facilities.beds, strict=True):
        assert Tier(tier) in TIERS_OF_KIND[Kind(kind)]
        assert 0 <= beds <= MOST_BEDS[Tier(tier)]
    assert (facilities.doctors > 0).all()
    assert (facilities.outpatient_fen > 0).all()
    assert ((facilities.inpatient_fen > 0) == (facilities.tier > Tier.VILLAGE)).all()


def test_delay_facilities_are_exactly_those_beyond_the_counties(region: Region) -> None:
    facilities = region.facilities
    assert (facilities.is_delay == (facilities.county == -1)).all()
    assert facilities.place_outside[facilities.tier == Tier.OUTSIDE].all()
    assert (facilities.tier == Tier.OUTSIDE).sum() == 1
    assert (facilities.tier == Tier.REGIONAL).sum() == 1
    centre = facilities.tier == Tier.REGIONAL
    assert facilities.place_outside[centre].all()
    assert (facilities.withdrawn[facilities.is_delay] == 0).all()
    if region.key in ("taonan", "reference"):
        city = facilities.tier == Tier.CITY
        assert facilities.is_delay[city].all()
        assert not facilities.place_outside[city].any()


def test_urban_and_rural_residents_have_villages_of_their_own(region: Region) -> None:
    people = region.counties.census.sum(axis=(1, 2))
    for i in range(len(region.counties.code)):
        here = region.village_county == i
        assert (here & region.villages.is_urban).any() == (region.counties.urban[i] > 0)
        assert (here & ~region.villages.is_urban).any() == (people[i] > region.counties.urban[i])
    assert (region.villages.weight > 0).all()


def test_arrays_are_read_only_and_of_the_declared_types(region: Region) -> None:
    with pytest.raises(ValueError, match="read-only"):
        region.facilities.beds[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        region.contract_coverage[0] = 1.0
    assert region.villages.facility.dtype == np.int64
    assert region.villages.hours.dtype == np.float64
    assert region.insurance.outpatient_rate_bp.shape == (2, 6)
    assert region.insurance.employee_share.shape == (2, len(CLASS_KEYS))
    assert len(region.pack_hash) == 64


def test_reimbursement_never_exceeds_the_charge(region: Region) -> None:
    for rates in (region.insurance.outpatient_rate_bp, region.insurance.inpatient_rate_bp):
        assert ((rates >= 0) & (rates <= 10000)).all()
    factors = region.insurance.deductible_factor_bp
    assert (np.diff(factors) <= 0).all()


def test_stocks_follow_the_year() -> None:
    beds = [load_region("taonan", year) for year in (2020, 2021, 2022, 2023)]
    inside = [int(r.facilities.beds[~r.facilities.is_delay].sum()) for r in beds]
    assert inside[0] == 2269 - 507
    assert inside == sorted(set(inside))
    doctors = [float(r.facilities.doctors[~r.facilities.is_delay].sum()) for r in beds]
    assert doctors == sorted(set(doctors))


def test_a_regional_centre_opens_in_its_year(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(pack_folder("liaocheng"), tmp_path / "mine"))
    table = folder / "facilities.csv"
    text = table.read_text(encoding="utf-8")
    assert text.count(",2026,9999,") == text.count(",1900,2025,") == 1
    text = text.replace(",2026,9999,", ",2022,9999,").replace(",1900,2025,", ",1900,2021,")
    table.write_text(text, encoding="utf-8")
    before, after = (load_region(folder, year) for year in (2021, 2022))
    names = [r.facilities.name[int(r.villages.facility[0, COLUMN["regional"]])]
             for r in (before, after)]  # fmt: skip
    assert names == ["Provincial centres in Jinan", "Beijing Jishuitan Hospital Liaocheng Hospital"]


@pytest.mark.parametrize("region", ["liaocheng", "chifeng", "bayannur"])
def test_no_regional_centre_is_open_before_its_plan_builds_it(region: str) -> None:
    world = load_region(region, 2023)
    reached = world.villages.facility[:, COLUMN["regional"]]
    assert world.facilities.place_outside[reached].all()


def test_targets_are_the_counts_of_the_year_before() -> None:
    suining = load_region("suining", 2023).counties
    targets = dict(zip(suining.name, suining.target_population.tolist(), strict=True))
    assert targets["Chuanshan"] == 841_000
    assert targets["Anju"] == 0


def test_general_hospitals_of_a_city_share_its_villages_by_beds() -> None:
    liaocheng = load_region("liaocheng", YEAR)
    chosen = liaocheng.villages.facility[:, COLUMN["city_first"]]
    hospitals = np.unique(chosen)
    beds = liaocheng.facilities.beds[hospitals]
    share = np.array([(chosen == hospital).mean() for hospital in hospitals])
    assert len(hospitals) == 2
    assert share == pytest.approx(beds / beds.sum(), abs=0.02)


@pytest.mark.parametrize(
    ("name", "near"), [("liaochen", "liaocheng"), ("Taonan", "taonan"), ("chi feng", "chifeng")]
)
def test_an_unknown_region_suggests_the_nearest(name: str, near: str) -> None:
    with pytest.raises(InputError, match=f"Did you mean {near}"):
        load_region(name, YEAR)


def test_an_unlike_name_gets_no_suggestion_but_the_list() -> None:
    with pytest.raises(InputError) as caught:
        load_region("zzzz", YEAR)
    assert caught.value.faults[0].hint == ""
    assert "suining" in caught.value.faults[0].expected


@pytest.mark.parametrize("year", [2019, 2024, 0, -1])
def test_a_year_without_stocks_is_refused(year: int) -> None:
    with pytest.raises(InputError, match="one of 2020, 2021, 2022, 2023"):
        load_region("taonan", year)


def test_a_folder_reads_like_the_name_and_the_hash_follows_every_file(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(pack_folder("taonan"), tmp_path / "mine"))
    original = load_region("taonan", YEAR).pack_hash
    assert load_region(folder, YEAR).pack_hash == original
    assert load_region(str(folder), YEAR).pack_hash == original
    for name in PACK_FILES:
        path = folder / name
        before = path.read_bytes()
        path.write_bytes(b"\xef\xbb\xbf" + before)
        assert load_region(folder, YEAR).pack_hash != original, name
        path.write_bytes(before)
    assert load_region(folder, YEAR).pack_hash == original


def test_spreadsheet_line_ends_and_column_order_do_not_matter(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(pack_folder("taonan"), tmp_path / "mine"))
    path = folder / "prices.csv"
    lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    swapped = "\r\n".join(",".join([*line[1:], line[0]]) for line in lines) + "\r\n"
    path.write_bytes(swapped.encode())
    mine, shipped = load_region(folder, YEAR), load_region("taonan", YEAR)
    assert (mine.facilities.outpatient_fen == shipped.facilities.outpatient_fen).all()


def _two_villages() -> tuple[Places, Modes]:
    """Two counties of one village each, 10 km apart; one clinic, centre and hospital in each."""
    xy = np.array([[0.0, 0.0], [10.0, 0.0]])
    places = Places(
        xy, np.array([0, 1]), np.array([0, 1]), np.array([1.0, 1.0]), np.repeat(xy, 3, axis=0),
        np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, -1, 1, 1, -1]), np.array([0, 1, 2, 0, 1, 2]),
        np.array([0, 2, 4, 0, 2, 4]), np.array([0, 20, 200, 0, 20, 200]),
    )  # fmt: skip
    modes = Modes(np.full(6, 20.0), np.full(6, 0.1), np.full(6, 1.5))
    return places, modes


def test_hours_are_access_plus_road_distance_over_speed() -> None:
    places, modes = _two_villages()
    facility, hours = travel_table(places, modes)
    assert facility[:, :3].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert hours[0, COLUMN["village"]] == pytest.approx(0.1 + 1.0 * 1.5 / 20)
    assert hours[0, COLUMN["township"]] == pytest.approx(0.1)
    # 10 km away at 0.85 h against 0.1 h to the own hospital: no neighbour.
    assert (facility[:, COLUMN["neighbour"]] == -1).all()
    assert (facility[:, COLUMN["outside"]] == -1).all()


def test_homes_lie_farther_apart_where_villages_are_large() -> None:
    area, villages = np.array([100.0, 10_000.0, 1e6]), np.array([100, 100, 100])
    rural = home_distance(area, villages, np.array([False, False, False]))
    assert rural.tolist() == pytest.approx([0.38, 3.0, 3.0])
    assert home_distance(area, villages, np.array([True] * 3)).tolist() == [0.5] * 3
