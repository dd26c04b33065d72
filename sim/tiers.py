"""The five tiers of care and `outside`; facility kinds; place as a second field."""

from __future__ import annotations

from enum import IntEnum


class Tier(IntEnum):
    """Tier of a facility; the order is the ladder a referral climbs."""

    VILLAGE = 0
    TOWNSHIP = 1
    COUNTY = 2
    CITY = 3
    REGIONAL = 4
    OUTSIDE = 5


class Kind(IntEnum):
    """What a facility is; its scope of services follows from it (sim/rules/choice.py)."""

    VILLAGE_CLINIC = 0
    COMMUNITY_STATION = 1
    TOWNSHIP_CENTRE = 2
    COMMUNITY_CENTRE = 3
    GENERAL_HOSPITAL = 4
    TCM_HOSPITAL = 5
    MATERNAL_CHILD_HOSPITAL = 6
    PRIVATE_HOSPITAL = 7
    REGIONAL_CENTRE = 8
    OUTSIDE_HOSPITAL = 9


class Place(IntEnum):
    """Where a facility lies, seen from the county a resident lives in."""

    OWN_COUNTY = 0
    ELSEWHERE_IN_REGION = 1
    OUTSIDE_REGION = 2


TIER_KEYS = tuple(tier.name.lower() for tier in Tier)
KIND_KEYS = tuple(kind.name.lower() for kind in Kind)
N_TIERS = len(Tier)

# Need classes (model section 1.2): minor acute, chronic routine, complex, critical.
CLASS_KEYS = ("minor", "chronic", "complex", "critical")
N_CLASSES = len(CLASS_KEYS)

# Five-year age bands of the census tables; the first two are 0 and 1-4 as printed.
AGE_BAND_KEYS = (
    "0", "1_4", "5_9", "10_14", "15_19", "20_24", "25_29", "30_34", "35_39", "40_44",
    "45_49", "50_54", "55_59", "60_64", "65_69", "70_74", "75_79", "80_84", "85plus",
)  # fmt: skip
AGE_BAND_STARTS = (0, 1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85)

# Alternatives of a resident's choice set, in the order every engine uses. `neighbour` is
# another county's general hospital when it is nearer than 1.5 times the own one.
ALTERNATIVE_KEYS = (
    "village", "township", "county_general", "county_tcm", "county_maternal_child",
    "county_private", "neighbour", "city_first", "city_second", "regional", "outside",
)  # fmt: skip
N_ALTERNATIVES = len(ALTERNATIVE_KEYS)
ALTERNATIVE_TIER = (0, 1, 2, 2, 2, 2, 2, 3, 3, 4, 5)
