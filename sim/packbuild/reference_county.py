"""The reference county: 500,000 residents under the national intensities of 2023."""

from __future__ import annotations

from sim.packbuild.capacity import (
    NATION,
    PROVINCE_CODES,
    BedGroups,
    private_share,
    share_out,
    split_county,
)
from sim.packs.observed import CensusRow, census, need
from sim.tiers import AGE_BAND_KEYS, Tier

RESIDENTS = 500_000
RURAL_SHARE = 0.5
CODE = "000001"
YEAR = 2023
# Expected volumes a resident and year inside the county, and admissions per resident.
VISITS = {Tier.VILLAGE: 2.467, Tier.TOWNSHIP: 1.884, Tier.COUNTY: 1.948}
# Admissions that go beyond the county, assumed as in the anchoring.
ADMISSIONS_BEYOND = 0.20
VILLAGE_STAFF = 650
WORKING_DAYS = 251
DAYS = 365
UNITS = {"towns": 8, "townships": 4, "subdistricts": 4, "village_committees": 206,
         "residents_committees": 42}  # fmt: skip


def census_row() -> CensusRow:
    """National ages of 2020 scaled to 500,000; sexes and infants as in four provinces."""
    provinces = [census()[code] for code in sorted(PROVINCE_CODES.values())]
    by_sex = [
        [sum(getattr(p, sex)[band] for p in provinces) for band in range(len(AGE_BAND_KEYS))]
        for sex in ("male", "female")
    ]
    national = _national_bands()
    both = [male + female for male, female in zip(*by_sex, strict=True)]
    infants = both[0] / (both[0] + both[1])
    bands = [national[0] * infants, national[0] * (1 - infants), *national[1:]]
    weights = [bands[i] * by_sex[sex][i] / both[i] for sex in (0, 1) for i in range(len(bands))]
    persons = share_out(RESIDENTS, weights)
    urban = round(RESIDENTS * (1 - RURAL_SHARE))
    n = len(bands)
    return CensusRow(
        CODE, "参照县", False, RESIDENTS, urban, RESIDENTS - urban, tuple(persons[:n]),
        tuple(persons[n:]),
    )  # fmt: skip


def _national_bands() -> list[float]:
    """National persons of 2020 by age 0-4, 5-9, ... 85+."""
    keys = ["0-4"] + [key.replace("_", "-") for key in AGE_BAND_KEYS[2:-1]] + ["85+"]
    return [need(NATION, f"census_population_age:{key}").value for key in keys]


def _national(indicator: str, tier: str | None = None) -> float:
    return need(NATION, indicator, YEAR, tier).value


def community_share_of(indicator: str) -> float:
    """Share of community centres among township and community centres, national, 2023."""
    community, township = (_national(indicator, tier) for tier in ("community", "township"))
    return community / (community + township)


def county_bed_use() -> float:
    """Bed use of secondary, level-1 and ungraded hospitals, the ungraded from the totals."""
    beds = {tier: _national("beds", tier) for tier in ("hospital", "tertiary", "secondary")}
    use = {tier: _national("bed_use_rate", tier) / 100 for tier in beds}
    bed_days = {tier: beds[tier] * use[tier] for tier in beds}
    # All hospitals less the tertiary ones are exactly the three levels of the county tier.
    return (bed_days["hospital"] - bed_days["tertiary"]) / (beds["hospital"] - beds["tertiary"])


def admissions() -> dict[Tier, float]:
    """Admissions a resident: township as nationally, county what is left for it."""
    total = _national("admissions_per_100_persons", "all") / 100
    primary = total * _national("admissions", "primary") / _national("admissions", "all")
    return {Tier.TOWNSHIP: primary, Tier.COUNTY: total * (1 - ADMISSIONS_BEYOND) - primary}


def county_stay() -> float:
    """Mean stay of secondary, level-1 and ungraded hospitals in days: all less tertiary ones."""
    count = {tier: _national("admissions", tier) for tier in ("hospital", "tertiary")}
    days = {tier: _national("average_los", tier) * count[tier] for tier in count}
    return (days["hospital"] - days["tertiary"]) / (count["hospital"] - count["tertiary"])


def beds() -> dict[Tier, int]:
    """Average open beds: admissions x stay / (days x bed use)."""
    community = community_share_of("admissions")
    stay = community * _national("average_los", "community") + (1 - community) * _national(
        "average_los", "township"
    )
    rate = admissions()
    township_use = _national("bed_use_rate", "township") / 100
    township = RESIDENTS * rate[Tier.TOWNSHIP] * stay / (DAYS * township_use)
    county = RESIDENTS * rate[Tier.COUNTY] * county_stay() / (DAYS * county_bed_use())
    return {Tier.TOWNSHIP: round(township), Tier.COUNTY: round(county)}


def bed_groups() -> BedGroups:
    """Beds of the county by group; private hospitals hold the national share of hospital beds."""
    stock = beds()
    private = round(stock[Tier.COUNTY] * private_share())
    county = split_county(stock[Tier.COUNTY] - private)
    return BedGroups(stock[Tier.TOWNSHIP], 0, private, county)


def doctors() -> dict[Tier, float]:
    """Doctors by tier: visits / (daily load x working days)."""
    community = community_share_of("visits")
    township = VISITS[Tier.TOWNSHIP] * (
        community / _national("doctor_daily_visits", "community")
        + (1 - community) / _national("doctor_daily_visits", "township")
    )
    secondary, level1 = _national("visits", "secondary"), _national("visits_level1_hospital")
    share = level1 / (level1 + secondary)
    county = VISITS[Tier.COUNTY] * (
        share / _national("doctor_daily_visits_level1_hospital")
        + (1 - share) / _national("doctor_daily_visits", "secondary")
    )
    scale = RESIDENTS / WORKING_DAYS
    return {
        Tier.VILLAGE: float(VILLAGE_STAFF),
        Tier.TOWNSHIP: township * scale,
        Tier.COUNTY: county * scale,
    }


def derivation() -> list[str]:
    """Lines that show how the beds and doctors of the reference county were worked out."""
    stock, staff = beds(), doctors()
    community = community_share_of("admissions")
    lines = [
        f"- National beds of secondary, level-1 and ungraded hospitals have a bed use of "
        f"{100 * county_bed_use():.1f}% (all hospitals less tertiary ones, 2023).",
        f"- Community centres have {100 * community:.1f}% of the admissions and "
        f"{100 * community_share_of('visits'):.1f}% of the visits of township and community "
        "centres.",
    ]
    for tier, rate in admissions().items():
        lines.append(
            f"- {tier.name.lower()}: {100 * rate:.2f} admissions per 100 residents give "
            f"{stock[tier]} average open beds."
        )
    for tier, rate in VISITS.items():
        load = rate * RESIDENTS / staff[tier] / WORKING_DAYS
        lines.append(
            f"- {tier.name.lower()}: {rate} visits a resident, {staff[tier]:.0f} doctors, "
            f"{load:.2f} visits a doctor and working day."
        )
    lines.append(
        "- Beds are average open beds, not year-end beds: national year-end beds times 0.92 "
        "(secondary hospitals) or 0.87 (township centres) close admissions x stay = bed days."
    )
    return lines
