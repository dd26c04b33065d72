"""Beds and licensed doctors of a region for each year, and what they become by group."""

from __future__ import annotations

from dataclasses import dataclass

from sim.packbuild import filling_rules
from sim.packbuild.filling_rules import SourceBook
from sim.packs.observed import census, find, need
from sim.packs.region_facts import RegionFacts
from sim.tiers import Tier

CENSUS_YEAR = 2020
LONGEST_CARRY = 5
NATION = "national"
PROVINCE_CODES = {"Shandong": "370000", "Inner Mongolia": "150000", "Sichuan": "510000",
                  "Jilin": "220000"}  # fmt: skip
# Beds of Taonan in 2020 as printed, and their parts under reading A of the plan's table.
TAONAN_CITY_RUN = 507
TAONAN_PRIMARY = 188


@dataclass(frozen=True, slots=True)
class Stock:
    """A stock of one year: beds or licensed doctors, and how it is known."""

    value: float
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class BedGroups:
    """Beds of a region in one year by group; `not_simulated` serve people from elsewhere."""

    township: int
    city: int
    private: int
    county: dict[str, int]
    not_simulated: int = 0

    @property
    def total(self) -> int:
        """All beds of the region."""
        parts = self.township + self.city + self.private + self.not_simulated
        return parts + sum(self.county.values())


def residents(facts: RegionFacts) -> dict[int, Stock]:
    """Residents by year: the census, then published year-end counts, a line between them."""
    total = sum(census()[code].population for code in facts.counties)
    known = {CENSUS_YEAR: Stock(total, "published", "census")}
    for year in facts.years[1:]:
        found = find(facts.id, "resident_population", year)
        if found is not None:
            known[year] = Stock(found.value, found.status, found.source)
    return {year: known.get(year) or _between(known, year) for year in facts.years}


def _between(known: dict[int, Stock], year: int) -> Stock:
    before = max(y for y in known if y < year)
    later = [y for y in known if y > year]
    value = known[before].value
    if later:
        after = min(later)
        value += (known[after].value - value) * (year - before) / (after - before)
    return Stock(float(round(value)), "derived", "r_population_between")


def _density_growth(quantity: str, year: int, base: int) -> float:
    per_1000 = f"{quantity}_per_1000"
    return need(NATION, per_1000, year).value / need(NATION, per_1000, base).value


def _relative_level(facts: RegionFacts, quantity: str) -> float:
    """Old stock of the region over its province's, relative to their census populations."""
    old = need(facts.id, quantity, 2013, "all")
    province = find(facts.province, quantity, 2013, "all")
    province = province or need(facts.province, quantity, 2012, "all")
    people = sum(census()[code].population for code in facts.counties)
    return (
        old.value / province.value / (people / census()[PROVINCE_CODES[facts.province]].population)
    )


def _provincial_density(facts: RegionFacts, quantity: str, year: int) -> float | None:
    """Provincial stock per 1000 of the year or the nearest within five, moved to the year."""
    for distance in range(LONGEST_CARRY + 1):
        for base in (year - distance, year + distance):
            per_10000 = find(facts.province, f"{quantity}_per_10000", base, "all")
            if per_10000 is not None:
                return per_10000.value / 10 * _density_growth(quantity, year, base)
            stock = find(facts.province, quantity, base, "all")
            people = find(facts.province, "resident_population", base)
            if stock is not None and people is not None:
                density = stock.value / people.value * 1000
                return density * _density_growth(quantity, year, base)
    return None


def _local(facts: RegionFacts, quantity: str) -> float | None:
    """Stock of 2020 printed by the region's own plan; doctors of Bayannur from its densities."""
    found = find(facts.id, quantity, CENSUS_YEAR, "all")
    if found is not None:
        return found.value
    density = find(facts.id, f"{quantity}_per_1000", CENSUS_YEAR, "all")
    beds, beds_density = (find(facts.id, name, CENSUS_YEAR) for name in ("beds", "beds_per_1000"))
    if density is None or beds is None or beds_density is None:
        return None
    # The plan divides by its own population, so the stock is recovered with that population.
    return density.value * beds.value / beds_density.value


def stock(facts: RegionFacts, quantity: str, year: int, book: SourceBook) -> Stock:
    """Beds or licensed doctors of a region in a year, by the order of the filling rules.

    quantity  "beds" or "doctors"
    year      one of the region's years
    """
    people = residents(facts)[year].value
    local = _local(facts, quantity)
    if local is not None:
        if year == CENSUS_YEAR:
            found = find(facts.id, quantity, CENSUS_YEAR, "all")
            status = "published" if found else "derived"
            source = found or need(facts.id, f"{quantity}_per_1000", CENSUS_YEAR)
            return Stock(round(local), status, book.cite(source.source))
        growth = people / residents(facts)[CENSUS_YEAR].value
        value = local * growth * _density_growth(quantity, year, CENSUS_YEAR)
        return Stock(round(value), "derived", book.rule("r_stock_local"))
    density = _provincial_density(facts, quantity, year)
    if density is not None:
        return Stock(round(density * people / 1000), "derived", book.rule("r_stock_provincial"))
    national = need(NATION, f"{quantity}_per_1000", year).value
    if find(facts.id, quantity, 2013, "all") is not None:
        value = national * _relative_level(facts, quantity) * people / 1000
        return Stock(round(value), "derived", book.rule("r_stock_relative"))
    return Stock(round(national * people / 1000), "derived", book.rule("r_stock_national"))


def private_share() -> float:
    """Share of hospital beds in private hospitals, national, 2023."""
    private = need(NATION, "beds_private_hospital", 2023).value
    return private / need(NATION, "beds", 2023, "hospital").value


def primary_share() -> float:
    """Share of all beds in primary care, national, 2020."""
    primary = need(NATION, "beds", CENSUS_YEAR, "primary").value
    return primary / need(NATION, "beds", CENSUS_YEAR, "all").value


def bed_groups(facts: RegionFacts, total: int) -> BedGroups:
    """Split a region's beds into township, city, private and county groups."""
    if facts.id == "taonan":
        return _taonan_groups(total)
    township = round(total * primary_share())
    hospital = total - township
    private = round(hospital * private_share())
    public = hospital - private
    city = _city_beds(facts, public) if facts.city else 0
    return BedGroups(township, city, private, split_county(public - city))


def _city_beds(facts: RegionFacts, public: int) -> int:
    """Beds of the city's hospitals; one of a published size leaves some for the others."""
    named = any(hospital.indicator for hospital in facts.city)
    largest = need(facts.id, "hospital_beds", tier="city").value if named else 0.0
    return round(
        max(
            public * filling_rules.CITY_SHARE_OF_PUBLIC_BEDS,
            largest * filling_rules.CITY_BEDS_PER_PUBLISHED,
        )
    )


def split_county(beds: int) -> dict[str, int]:
    """Public county beds by kind of hospital."""
    return dict(
        zip(
            filling_rules.PUBLIC_COUNTY_SPLIT,
            share_out(beds, list(filling_rules.PUBLIC_COUNTY_SPLIT.values())),
            strict=True,
        )
    )


def _taonan_groups(total: int) -> BedGroups:
    base = int(need("taonan", "beds", CENSUS_YEAR, "all").value)
    tcm = int(need("taonan", "beds_public_tcm", CENSUS_YEAR).value)
    # The plan's 188 are the least: its item leaves out what stands below the secondary level.
    primary = max(TAONAN_PRIMARY, round((base - TAONAN_CITY_RUN) * primary_share()))
    county_and_private = base - TAONAN_CITY_RUN - primary
    private = round(county_and_private * private_share())
    others = county_and_private - private - tcm
    split = filling_rules.PUBLIC_COUNTY_SPLIT
    general = round(others * split["general_hospital"] / (
        split["general_hospital"] + split["maternal_child_hospital"]
    ))  # fmt: skip
    parts = [primary, private, general, tcm, others - general, TAONAN_CITY_RUN]
    parts = share_out(total, parts)
    kinds = dict(zip(split, parts[2:5], strict=True))
    return BedGroups(parts[0], 0, parts[1], kinds, parts[5])


def share_out(total: int, weights: list[float] | list[int], least: int = 0) -> list[int]:
    """Split a whole number by weights: `least` each, then floor and largest remainder.

    total    whole number to split
    weights  one a part, none negative; all zero means equal parts
    returns  whole numbers that sum to total; ties go to the earlier part
    """
    if not weights:
        if total:
            raise ValueError(f"nothing to share {total} over")
        return []
    if sum(weights) == 0:
        weights = [1] * len(weights)
    least = min(least, total // len(weights))
    rest = total - least * len(weights)
    exact = [rest * weight / sum(weights) for weight in weights]
    whole = [int(value) for value in exact]
    order = sorted(range(len(exact)), key=lambda i: (whole[i] - exact[i], i))
    for i in order[: rest - sum(whole)]:
        whole[i] += 1
    return [least + value for value in whole]


def doctors_per_bed() -> dict[str, float]:
    """National doctors a bed by kind of hospital, 2023: visits / (daily load x 251) / beds."""

    def norm(visits: float, load: float, beds: float) -> float:
        return visits / (load * filling_rules.WORKING_DAYS) / beds

    tertiary, secondary = (
        norm(need(NATION, "visits", 2023, tier).value,
             need(NATION, "doctor_daily_visits", 2023, tier).value,
             need(NATION, "beds", 2023, tier).value)
        for tier in ("tertiary", "secondary")
    )  # fmt: skip
    private = norm(
        need(NATION, "visits_private_hospital", 2023).value,
        need(NATION, "doctor_daily_visits_private_hospital", 2023).value,
        need(NATION, "beds_private_hospital", 2023).value,
    )
    return {"tertiary": tertiary, "secondary": secondary, "private": private}


def bed_norm(tier: Tier, kind: str) -> float:
    """Doctors a bed of a hospital by its tier and kind."""
    norms = doctors_per_bed()
    if kind == "private_hospital":
        return norms["private"]
    return norms["secondary" if tier == Tier.COUNTY else "tertiary"]
