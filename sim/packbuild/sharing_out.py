"""Beds and doctors of one year shared out over facilities, so that every group sums exactly."""

from __future__ import annotations

from collections.abc import Sequence

from sim.packbuild import filling_rules
from sim.packbuild.capacity import BedGroups, bed_norm, share_out
from sim.packbuild.institutions import NOMINAL_BEDS, Facility
from sim.tiers import Tier


def fill_beds(
    facilities: Sequence[Facility],
    year: int,
    groups: BedGroups,
    county_weight: dict[str, float],
    private_weight: dict[str, float],
    published: dict[str, int],
) -> None:
    """Give every facility its beds of one year, so that groups sum exactly.

    county_weight   weight of a county for public beds, by division code
    private_weight  weight of a county for private beds
    published       beds of facilities whose size is published, by key
    """
    for facility in facilities:
        facility.beds[year] = 0
        if facility.is_delay:
            facility.beds[year] = NOMINAL_BEDS[facility.tier.name.lower()]
    centres = [f for f in facilities if f.tier == Tier.TOWNSHIP]
    urban = filling_rules.TOWNSHIP_URBAN_WEIGHT["beds"]
    weights = [f.persons_rural + urban * f.persons_urban for f in centres]
    _put(centres, year, share_out(groups.township, weights, filling_rules.FEWEST_TOWNSHIP_BEDS))
    for kind, beds in groups.county.items():
        members = [f for f in facilities if f.tier == Tier.COUNTY and f.kind == kind]
        _put(members, year, share_out(beds, [county_weight[f.county] for f in members]))
    private = [f for f in facilities if f.kind == "private_hospital"]
    _put(private, year, share_out(groups.private, [private_weight[f.county] for f in private]))
    _fill_city(facilities, year, groups.city, published)


def _put(facilities: Sequence[Facility], year: int, beds: Sequence[int]) -> None:
    for facility, value in zip(facilities, beds, strict=True):
        facility.beds[year] = value


def _fill_city(
    facilities: Sequence[Facility], year: int, pool: int, published: dict[str, int]
) -> None:
    """City pool: published sizes first, then the regional centre, TCM, and the other generals."""
    members = [
        f for f in facilities
        if f.tier in (Tier.CITY, Tier.REGIONAL) and not f.is_delay and f.is_open(year)
    ]  # fmt: skip
    left, generals = pool, []
    for facility in members:
        if facility.key in published:
            facility.beds[year] = published[facility.key]
        elif facility.tier == Tier.REGIONAL:
            facility.beds[year] = round(filling_rules.REGIONAL_SHARE_OF_CITY * pool)
        elif facility.kind == "tcm_hospital":
            facility.beds[year] = round(filling_rules.CITY_TCM_SHARE * pool)
        else:
            generals.append(facility)
        left -= facility.beds[year]
    if members:
        _put(generals, year, share_out(left, [1] * len(generals)))


def raw_doctors(facility: Facility, year: int) -> float:
    """Doctors of a facility by national norms, before scaling to the region's stock."""
    if facility.tier == Tier.VILLAGE:
        return filling_rules.VILLAGE_RURAL_WEIGHT * facility.persons_rural + facility.persons_urban
    if facility.tier == Tier.TOWNSHIP:
        weight = filling_rules.TOWNSHIP_URBAN_WEIGHT["doctors"]
        return facility.persons_rural + weight * facility.persons_urban
    return facility.beds[year] * bed_norm(facility.tier, facility.kind)


def fill_doctors(facilities: Sequence[Facility], year: int, by_tier: dict[Tier, float]) -> None:
    """Share the doctors of each tier over its open facilities by their raw norms.

    by_tier  doctors by tier; delay facilities get doctors by their nominal beds
    """
    for facility in facilities:
        facility.doctors[year] = 0.0
        if facility.is_delay:
            facility.doctors[year] = round(raw_doctors(facility, year), 2)
    for tier, total in by_tier.items():
        members = [f for f in facilities if f.tier == tier and not f.is_delay and f.is_open(year)]
        raw = [raw_doctors(f, year) for f in members]
        for facility, value in zip(members, raw, strict=True):
            facility.doctors[year] = round(total * value / sum(raw), 2)


def doctors_by_tier(
    facilities: Sequence[Facility], year: int, residents: float, licensed: float
) -> dict[Tier, float]:
    """Doctors of each tier so that licensed doctors meet the region's stock.

    residents  persons of the region
    licensed   licensed (assistant) doctors of the region
    returns    full-time doctors by tier; the village tier counts unlicensed staff too
    """
    raw = {
        Tier.VILLAGE: filling_rules.VILLAGE_STAFF_PER_1000 * residents / 1000,
        Tier.TOWNSHIP: filling_rules.TOWNSHIP_DOCTORS_PER_1000 * residents / 1000,
    }
    for facility in facilities:
        if facility.tier > Tier.TOWNSHIP and not facility.is_delay:
            raw[facility.tier] = raw.get(facility.tier, 0.0) + raw_doctors(facility, year)
    counted = sum(raw.values()) + filling_rules.OTHER_DOCTORS_PER_1000 * residents / 1000
    counted -= (1 - filling_rules.LICENSED_SHARE_OF_VILLAGE_STAFF) * raw[Tier.VILLAGE]
    return {tier: value * licensed / counted for tier, value in raw.items() if value > 0}
