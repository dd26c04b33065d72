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


# Kinds with specialty departments and an emergency room.
WITH_DEPARTMENTS = (Kind.GENERAL_HOSPITAL, Kind.PRIVATE_HOSPITAL, Kind.REGIONAL_CENTRE)


class Place(IntEnum):
    """Where a facility lies, seen from the county a resident lives in."""

    OWN_COUNTY = 0
    ELSEWHERE_IN_REGION = 1
    OUTSIDE_REGION = 2


TIER_KEYS = tuple(tier.name.lower() for tier in Tier)
KIND_KEYS = tuple(kind.name.lower() for kind in Kind)
N_TIERS = len(Tier)


class NeedClass(IntEnum):
    """Class of a need (docs/odd.md)."""

    MINOR = 0  # acute
    CHRONIC = 1  # routine
    COMPLEX = 2
    CRITICAL = 3


class Contract(IntEnum):
    """Family-doctor contract of a resident."""

    NONE = 0
    NOMINAL = 1
    EFFECTIVE = 2  # comes with regular contact


class Alternative(IntEnum):
    """Alternatives of a resident's choice set, in the order every engine uses.

    `NEIGHBOUR` is another county's general hospital when it is nearer than 1.5 times the own one.
    Kernels with self-care first have each one later (`N_CHOICES`).
    """

    VILLAGE = 0
    TOWNSHIP = 1
    COUNTY_GENERAL = 2
    COUNTY_TCM = 3
    COUNTY_MATERNAL_CHILD = 4
    COUNTY_PRIVATE = 5
    NEIGHBOUR = 6
    CITY_FIRST = 7
    CITY_SECOND = 8
    REGIONAL = 9
    OUTSIDE = 10


CLASS_KEYS = tuple(each.name.lower() for each in NeedClass)
N_CLASSES = len(NeedClass)
# Plain numbers, as compiled code takes them.
MINOR, CHRONIC, COMPLEX, CRITICAL = (int(each) for each in NeedClass)
NO_CONTRACT, NOMINAL_CONTRACT, EFFECTIVE_CONTRACT = (int(each) for each in Contract)

# Five-year age bands of the census tables; the first two are 0 and 1-4 as printed.
AGE_BAND_KEYS = (
    "0", "1_4", "5_9", "10_14", "15_19", "20_24", "25_29", "30_34", "35_39", "40_44",
    "45_49", "50_54", "55_59", "60_64", "65_69", "70_74", "75_79", "80_84", "85plus",
)  # fmt: skip
AGE_BAND_STARTS = (0, 1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85)

ALTERNATIVE_KEYS = tuple(each.name.lower() for each in Alternative)
N_ALTERNATIVES = len(Alternative)
N_CHOICES = 1 + N_ALTERNATIVES  # self-care, then the alternatives
# Nests of the choice: the primary nest before HOSPITALS, hospitals of a county each alone before
# BEYOND, and from there the nest of city, regional and outside hospitals.
TOWNSHIP = int(Alternative.TOWNSHIP)
HOSPITALS, BEYOND = int(Alternative.COUNTY_GENERAL), int(Alternative.CITY_FIRST)
REGIONAL, OUTSIDE = int(Alternative.REGIONAL), int(Alternative.OUTSIDE)
ALTERNATIVE_TIER = (0, 1, 2, 2, 2, 2, 2, 3, 3, 4, 5)
