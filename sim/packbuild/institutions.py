"""Facilities of every tier with their beds and doctors by year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sim.packbuild import filling_rules
from sim.packbuild.filling_rules import SourceBook
from sim.packbuild.settlements import CountyPlan, Township, Village
from sim.packs.observed import need
from sim.packs.region_facts import RegionFacts
from sim.packs.schema import ALWAYS, NEVER, NONE, OUTSIDE
from sim.tiers import Tier

COUNTY_NOUNS = {
    "general_hospital": ("general", "People's Hospital", "人民医院"),
    "tcm_hospital": ("tcm", "TCM Hospital", "中医医院"),
    "maternal_child_hospital": ("maternal", "Maternal-Child Hospital", "妇幼保健院"),
}
NOMINAL_BEDS = {"city": 800, "regional": 3000, "outside": 5000}
# Standing for all private hospitals of a county, this one is never a single building.
PRIVATE_NAME = ("private hospitals (together)", "民营医院(合并)")


@dataclass(slots=True)
class Facility:
    """A facility under construction; beds and raw doctors by year."""

    key: str
    name: str
    name_zh: str
    name_status: str
    tier: Tier
    kind: str
    county: str
    east: float
    north: float
    township: str = NONE
    village: str = NONE
    place_outside: bool = False
    is_delay: bool = False
    withdrawn: float = 0.0
    opens_year: int = ALWAYS
    last_year: int = NEVER
    persons_rural: float = 0.0
    persons_urban: float = 0.0
    beds: dict[int, int] = field(default_factory=dict)
    doctors: dict[int, float] = field(default_factory=dict)
    beds_known: tuple[str, str] = ("assumed", "")
    doctors_known: tuple[str, str] = ("assumed", "")

    def is_open(self, year: int) -> bool:
        """True when the facility is open in a year."""
        return self.opens_year <= year <= self.last_year


def village_tier(villages: Sequence[Village], book: SourceBook) -> list[Facility]:
    """A clinic a village committee, a station a residents' committee; no beds."""
    known = ("assumed", book.rule("r_village_doctors"))
    return [
        Facility(
            f"v-{village.key}", f"{village.name} {noun}", village.name_zh + noun_zh, "assumed",
            Tier.VILLAGE, kind, village.county, village.east, village.north,
            village.township, village.key,
            persons_rural=0.0 if village.is_urban else village.persons,
            persons_urban=village.persons if village.is_urban else 0.0,
            beds_known=("derived", book.rule("r_village_beds")), doctors_known=known,
        )
        for village in villages
        for kind, noun, noun_zh in [_village_kind(village)]
    ]  # fmt: skip


def _village_kind(village: Village) -> tuple[str, str, str]:
    if village.committee == "village":
        return "village_clinic", "clinic", "卫生室"
    return "community_station", "station", "卫生服务站"


def township_tier(
    townships: Sequence[Township], villages: Sequence[Village], rule: str, book: SourceBook
) -> list[Facility]:
    """One centre a town, township or subdistrict; `rule` says how their beds were split."""
    rural = dict.fromkeys([township.key for township in townships], 0.0)
    urban = dict(rural)
    for village in villages:
        (urban if village.is_urban else rural)[village.township] += village.persons
    centres = []
    for township in townships:
        community = township.kind == "subdistrict"
        noun, noun_zh = ("community centre", "社区卫生服务中心") if community else (
            "township centre", "卫生院")  # fmt: skip
        centres.append(
            Facility(
                f"t-{township.key}", f"{township.name} {noun}", township.name_zh + noun_zh,
                "assumed", Tier.TOWNSHIP, noun.replace(" ", "_"), township.county,
                township.east, township.north, township.key,
                persons_rural=rural[township.key], persons_urban=urban[township.key],
                beds_known=("assumed", book.rule(rule)),
                doctors_known=("assumed", book.rule("r_doctors")),
            )
        )  # fmt: skip
    return centres


def county_tier(
    counties: Sequence[CountyPlan], facts: RegionFacts, rule: str, book: SourceBook
) -> list[Facility]:
    """Three public hospitals and the private ones of every county; `rule` as above."""
    hospitals = []
    private = rule if rule != "r_county_beds" else "r_private_beds"
    for county in counties:
        # Four places at the seat, a few hundred metres apart, so that a map can show them apart.
        for i, (kind, (word, noun, noun_zh)) in enumerate(COUNTY_NOUNS.items()):
            named = facts.named.get((county.code, kind))
            generic = (f"{county.name} {noun} (generic)", f"{county.name_zh}{noun_zh}(通名)")
            names = named or generic
            hospitals.append(
                _hospital(
                    county, f"c-{county.code}-{word}", names, bool(named), kind, i, rule, book
                )
            )
        names = (f"{county.name} {PRIVATE_NAME[0]}", county.name_zh + PRIVATE_NAME[1])
        hospitals.append(
            _hospital(
                county,
                f"c-{county.code}-private",
                names,
                False,
                "private_hospital",
                3,
                private,
                book,
            )
        )
    return hospitals


def _hospital(
    county: CountyPlan,
    key: str,
    names: tuple[str, str],
    is_named: bool,
    kind: str,
    i: int,
    rule: str,
    book: SourceBook,
) -> Facility:
    offset = 0.4 * (i - 1.5)
    return Facility(
        key, *names, "published" if is_named else "assumed", Tier.COUNTY, kind, county.code,
        county.east + offset, county.north, beds_known=("assumed", book.rule(rule)),
        doctors_known=("assumed", book.rule("r_doctors")),
    )  # fmt: skip


def city_tier(facts: RegionFacts, at: tuple[float, float], book: SourceBook) -> list[Facility]:
    """City hospitals and the regional centre inside the region; `at` is the city seat in km."""
    hospitals = []
    for i, hospital in enumerate(facts.city):
        known = ("assumed", book.rule("r_city_beds"))
        if hospital.indicator:
            known = ("published", book.cite(need(facts.id, "hospital_beds", tier="city").source))
        hospitals.append(
            Facility(
                f"m-{facts.id}-{i + 1}", hospital.name, hospital.name_zh, hospital.name_status,
                Tier.CITY, hospital.kind, facts.seat, at[0] + 0.5 * i, at[1],
                withdrawn=filling_rules.WITHDRAWN["city"], beds_known=known,
                doctors_known=("assumed", book.rule("r_doctors")),
            )
        )  # fmt: skip
    if facts.centre is not None:
        book.rule(facts.centre_rule)
        hospitals.append(
            Facility(
                f"r-{facts.id}", *facts.centre, "published", Tier.REGIONAL, "regional_centre",
                facts.seat, at[0], at[1] + 2.0, withdrawn=filling_rules.WITHDRAWN["regional"],
                opens_year=facts.centre_opens, beds_known=("assumed", facts.centre_rule),
                doctors_known=("assumed", book.rule("r_doctors")),
            )
        )  # fmt: skip
    return hospitals


def delay(
    key: str,
    names: tuple[str, str],
    tier: Tier,
    kind: str,
    at: tuple[float, float],
    book: SourceBook,
    last_year: int = NEVER,
    name_status: str = "assumed",
) -> Facility:
    """A delay facility beyond the counties; its size is nominal."""
    known = ("assumed", book.rule("r_delay"))
    return Facility(
        key, *names, name_status, tier, kind, OUTSIDE, *at, is_delay=True, last_year=last_year,
        place_outside=tier != Tier.CITY, beds_known=known, doctors_known=known,
    )  # fmt: skip
