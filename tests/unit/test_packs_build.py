"""Building packs: stocks by the filling rules, layouts, and the same bytes every time."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.draws.constrained import MANIFEST, TABLE
from sim.packbuild import (
    capacity,
    filling_rules,
    geography,
    reference_county,
    settlements,
    sharing_out,
)
from sim.packbuild.build import REGIONS_FOLDER, build
from sim.packbuild.filling_rules import RULES, SourceBook
from sim.packs.observed import census, english_names, need
from sim.packs.region_facts import FACTS, REGIONS
from sim.tiers import Tier

REAL = tuple(region for region in REGIONS if region != "reference")


@pytest.mark.parametrize("region", ["reference", "taonan", "bayannur"])
def test_a_shipped_pack_is_what_building_gives(region: str, tmp_path: Path) -> None:
    built = build(region, tmp_path)
    names = sorted(path.name for path in built.iterdir())
    # Draws lie with a pack, but come of runs: tests/engine/test_draws.py.
    shipped = {path.name for path in (REGIONS_FOLDER / region).iterdir()} - {TABLE, MANIFEST}
    assert names == sorted(shipped)
    for name in names:
        assert (built / name).read_bytes() == (REGIONS_FOLDER / region / name).read_bytes(), name


@given(
    st.integers(0, 100_000),
    st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=30),
    st.integers(0, 20),
)
def test_sharing_out_loses_nothing(total: int, weights: list[float], least: int) -> None:
    parts = capacity.share_out(total, weights, least)
    assert sum(parts) == total
    assert min(parts) >= min(least, total // len(weights))


def test_sharing_out_stays_within_one_of_the_exact_share() -> None:
    parts = capacity.share_out(1000, [62, 25, 13])
    assert parts == [620, 250, 130]
    for part, weight in zip(capacity.share_out(101, [1, 2, 4]), [1, 2, 4], strict=True):
        assert abs(part - 101 * weight / 7) < 1


def test_sharing_something_over_nothing_is_refused() -> None:
    assert capacity.share_out(0, []) == []
    with pytest.raises(ValueError, match="nothing to share 3 over"):
        capacity.share_out(3, [])


@pytest.mark.parametrize("region", REAL)
def test_bed_groups_sum_to_the_stock_in_every_year(region: str) -> None:
    facts = FACTS[region]
    for year in facts.years:
        total = int(capacity.stock(facts, "beds", year, SourceBook()).value)
        assert capacity.bed_groups(facts, total).total == total


def test_a_plan_of_the_region_gives_its_stock_of_2020() -> None:
    beds = capacity.stock(FACTS["taonan"], "beds", 2020, SourceBook())
    doctors = capacity.stock(FACTS["taonan"], "doctors", 2020, SourceBook())
    assert (beds.value, beds.status) == (2269, "published")
    assert (doctors.value, doctors.status) == (790, "published")
    assert capacity.stock(FACTS["bayannur"], "beds", 2020, SourceBook()).value == 11624


def test_other_years_follow_the_national_density() -> None:
    later = capacity.stock(FACTS["taonan"], "beds", 2023, SourceBook())
    assert later.status == "derived"
    assert later.value == pytest.approx(2269 * 7.23 / 6.46, abs=0.5)


def test_the_relative_level_of_liaocheng_gives_about_six_beds_per_1000() -> None:
    facts = FACTS["liaocheng"]
    beds = capacity.stock(facts, "beds", 2023, SourceBook()).value
    assert beds / capacity.residents(facts)[2023].value * 1000 == pytest.approx(6.2, abs=0.1)


def test_provinces_stand_for_regions_without_a_stock_of_their_own() -> None:
    chifeng = capacity.stock(FACTS["chifeng"], "beds", 2022, SourceBook())
    assert chifeng.source == "r_stock_provincial"
    assert chifeng.value == pytest.approx(167_692 / 24_011_700 * 4_001_000, abs=1)
    suining = capacity.stock(FACTS["suining"], "doctors", 2022, SourceBook())
    assert suining.source == "r_stock_national"
    assert suining.value == pytest.approx(3.15 * 2772, abs=1)


def test_residents_between_two_counts_lie_on_a_line() -> None:
    people = capacity.residents(FACTS["liaocheng"])
    assert people[2020].value == 5_952_128
    assert people[2023].value == 5_859_300
    assert people[2021].value == round(5_952_128 + (5_859_300 - 5_952_128) / 3)
    assert people[2021].status == "derived"


def test_reading_a_of_taonan_closes() -> None:
    groups = capacity.bed_groups(FACTS["taonan"], 2269)
    assert groups.not_simulated == 507
    # 188 are the least; the national primary share of the simulated beds is more.
    assert groups.township == round((2269 - 507) * 1649 / 9101) > 188
    assert groups.county["tcm_hospital"] == 162
    assert groups.private > 100
    assert groups.total == 2269


def test_reference_beds_close_the_national_identity() -> None:
    beds = reference_county.beds()
    secondary, level_1 = 2_853_400, 746_600
    ungraded = 8_004_500 - 3_710_400 - secondary - level_1
    ungraded_days = 8_004_500 * 0.794 - 3_710_400 * 0.911 - secondary * 0.743 - level_1 * 0.541
    use = (secondary * 0.743 + level_1 * 0.541 + ungraded_days) / (secondary + level_1 + ungraded)
    assert reference_county.county_bed_use() == pytest.approx(use)
    in_all, hospitals, tertiary = (
        need("national", "admissions", 2023, tier).value for tier in ("all", "hospital", "tertiary")
    )
    primary = 0.2141 * need("national", "admissions", 2023, "primary").value / in_all
    county_stay = (hospitals * 8.8 - tertiary * 8.1) / (hospitals - tertiary)
    rate = 0.2141 * 0.8 - primary
    assert beds[Tier.COUNTY] == round(500_000 * rate * county_stay / (365 * use))
    stay = (39_921 * 6.4 + 4_804 * 8.7) / (39_921 + 4_804)
    assert beds[Tier.TOWNSHIP] == round(500_000 * primary * stay / (365 * 0.533))


def test_county_beds_by_kind_stand_on_published_shares() -> None:
    split = filling_rules.PUBLIC_COUNTY_SPLIT
    assert sum(split.values()) == 100
    assert split["tcm_hospital"] == pytest.approx(100 * 162 / 794, abs=1)
    total, hospital, primary, other, public = (
        need("national", name, 2023, tier).value
        for name, tier in (("beds", "all"), ("beds", "hospital"), ("beds", "primary"),
                           ("beds_other", "all"), ("beds_public_hospital", "hospital"))
    )  # fmt: skip
    maternal = total - hospital - primary - other
    assert split["maternal_child_hospital"] == pytest.approx(
        100 * maternal / (public + maternal), abs=1
    )


def test_reference_doctors_carry_the_national_loads() -> None:
    doctors = reference_county.doctors()
    assert doctors[Tier.VILLAGE] == 650
    load = 500_000 * 1.948 / doctors[Tier.COUNTY] / 251
    assert 5.3 < load < 6.0
    assert 9.2 < 500_000 * 1.884 / doctors[Tier.TOWNSHIP] / 251 < 15.5


def test_reference_people_have_the_national_ages() -> None:
    row = reference_county.census_row()
    assert sum(row.male) + sum(row.female) == row.population == 500_000
    old = sum(row.male[14:]) + sum(row.female[14:])
    assert old / 500_000 == pytest.approx(0.135, abs=0.001)
    assert sum(row.male) > sum(row.female)


@given(st.integers(1, 2_000_000), st.integers(1, 2_000_000), st.integers(1, 900),
       st.integers(0, 300))  # fmt: skip
def test_no_rural_village_is_too_large(urban: int, rural: int, villages: int, towns: int) -> None:
    count = settlements.count_villages(urban, rural, villages, towns)
    extra = settlements.urban_villages(urban, rural, count, towns)
    assert count >= villages
    assert rural <= filling_rules.PEOPLE_IN_RURAL_VILLAGE * (count - extra)
    assert 0 <= extra < count


@pytest.mark.parametrize("region", REGIONS)
def test_villages_hold_exactly_the_people_of_their_county(region: str) -> None:
    facts = FACTS[region]
    origin = geography.origin(facts)
    for county in geography.county_rows(facts, origin, SourceBook()):
        townships = settlements.lay_out_townships(county.plan)
        villages = settlements.lay_out_villages(county.plan, townships)
        urban = math.fsum(v.persons for v in villages if v.is_urban)
        rural = math.fsum(v.persons for v in villages if not v.is_urban)
        assert urban == pytest.approx(county.census.urban)
        assert rural == pytest.approx(county.census.rural)
        assert len(villages) == county.plan.villages + county.plan.communities
        assert {v.township for v in villages} <= {t.key for t in townships}


@given(st.integers(1, 200), st.floats(0, 5), st.floats(6, 50))
def test_a_sunflower_stays_in_its_ring(n: int, inner: float, outer: float) -> None:
    for i in range(n):
        assert (
            inner - 1e-9 <= math.hypot(*settlements.sunflower(i, n, inner, outer)) <= outer + 1e-9
        )


def test_distances_to_regional_centres_agree_with_the_printed_ones() -> None:
    facts = FACTS["liaocheng"]
    origin = geography.origin(facts)
    at = settlements.plane(facts.outside.latitude, facts.outside.longitude, origin)
    printed = need("liaocheng", "straight_km_to_regional_centre:Jinan").value
    assert math.hypot(*at) == pytest.approx(printed, rel=0.02)


def test_doctors_of_all_tiers_meet_the_licensed_stock() -> None:
    by_tier = sharing_out.doctors_by_tier([], 2023, 1_000_000, 3400)
    licensed = by_tier[Tier.VILLAGE] * 0.6 + by_tier[Tier.TOWNSHIP]
    other = by_tier[Tier.TOWNSHIP] / 0.687 * 0.11
    assert licensed + other == pytest.approx(3400)


def test_norms_of_doctors_a_bed_are_the_national_ones() -> None:
    norms = capacity.doctors_per_bed()
    assert norms["tertiary"] == pytest.approx(2.63e9 / (7.3 * 251) / 3_710_400)
    assert capacity.bed_norm(Tier.COUNTY, "private_hospital") == norms["private"]
    assert capacity.bed_norm(Tier.COUNTY, "tcm_hospital") == norms["secondary"]
    assert norms["private"] < norms["secondary"] < norms["tertiary"]


def test_every_county_has_an_english_name() -> None:
    for region in REAL:
        names = english_names(FACTS[region].counties)
        assert len(set(names.values())) == len(FACTS[region].counties)
        assert all(not census()[code].is_total for code in names)


def test_rules_are_told_apart_from_publications() -> None:
    book = SourceBook()
    assert [book.cite("Yearbook"), book.rule("r_delay"), book.cite("Yearbook")] == [
        "s01", "r_delay", "s01",
    ]  # fmt: skip
    assert [row["type"] for row in book.rows()] == ["publication", "rule"]
    assert all(words == words.strip() and words for words in RULES.values())


def _county(code: str, east: float, towns: int, area: float) -> settlements.CountyPlan:
    return settlements.CountyPlan(
        code, code, code, east, 0.0, area, 50_000, 200_000, towns, 0, 2, 120, 10
    )  # fmt: skip


def test_townships_leave_a_neighbour_of_equal_size_its_ground() -> None:
    west, east = _county("w", 0.0, 12, 900.0), _county("e", 20.0, 12, 900.0)
    for own, other in ((west, east), (east, west)):
        townships = settlements.lay_out_townships(own, [other])
        assert len(townships) == 14
        for township in townships:
            near = abs(township.east - own.east), abs(township.east - other.east)
            assert near[0] <= near[1]


def test_a_county_shut_in_by_others_still_gets_all_its_townships() -> None:
    small = _county("s", 0.0, 10, 400.0)
    around = [_county("a", 8.0, 10, 4000.0), _county("b", -8.0, 10, 4000.0)]
    assert len(settlements.lay_out_townships(small, around)) == 12


def test_a_county_alone_fills_its_disc_evenly() -> None:
    townships = settlements.lay_out_townships(_county("w", 0.0, 40, 900.0))
    distances = [math.hypot(t.east, t.north) for t in townships if t.kind == "town"]
    edge = math.sqrt(900.0 / math.pi)
    assert max(distances) < edge * 1.01
    inside = sum(d < edge / math.sqrt(2) for d in distances)
    assert inside == pytest.approx(20, abs=2)
