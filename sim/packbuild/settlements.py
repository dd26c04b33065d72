"""Where things stand: townships around the county seat, villages around their township."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sim.packbuild import filling_rules
from sim.packbuild.capacity import share_out

KM_PER_DEGREE = 111.32
KM_PER_DEGREE_NORTH = 110.57
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
SUBDISTRICT_AREA_KM2 = 8.0
LARGEST_URBAN_SHARE = 0.1
COMMITTEE_RADIUS_KM = 2.0
FARTHEST_FOLD = 9
EASING = 1.1
SUBDISTRICT_VILLAGE_WEIGHT = 0.3
# Share of residents' committees in the urban core by number of subdistricts.
CORE_SHARE = (0.5, 0.5, 0.65, 0.8, 0.85)


@dataclass(frozen=True, slots=True)
class CountyPlan:
    """What the layout needs of a county; positions in km from the region's origin."""

    code: str
    name: str
    name_zh: str
    east: float
    north: float
    settled_km2: float
    urban: int
    rural: int
    towns: int
    townships: int
    subdistricts: int
    villages: int
    communities: int


@dataclass(frozen=True, slots=True)
class Township:
    """A town, township or subdistrict with its committees."""

    key: str
    county: str
    name: str
    name_zh: str
    kind: str
    east: float
    north: float
    radius: float
    villages: int
    communities: int


@dataclass(frozen=True, slots=True)
class Village:
    """A village or residents' committee; `persons` are the residents it stands for."""

    key: str
    township: str
    county: str
    name: str
    name_zh: str
    is_urban: bool
    committee: str
    east: float
    north: float
    persons: float


def plane(latitude: float, longitude: float, origin: tuple[float, float]) -> tuple[float, float]:
    """Local plane in km east and north of an origin given as (latitude, longitude)."""
    east = (longitude - origin[1]) * KM_PER_DEGREE * math.cos(math.radians(origin[0]))
    return east, (latitude - origin[0]) * KM_PER_DEGREE_NORTH


def sunflower(i: int, n: int, inner: float, outer: float) -> tuple[float, float]:
    """Point i of n spread evenly over the ring between two radii."""
    radius = math.sqrt(inner**2 + (outer**2 - inner**2) * (i + 0.5) / n)
    angle = i * GOLDEN_ANGLE
    return radius * math.cos(angle), radius * math.sin(angle)


def lay_out_townships(county: CountyPlan, others: Sequence[CountyPlan] = ()) -> list[Township]:
    """Townships of a county with their committees, subdistricts first.

    others  the other counties of the region, whose land is left to them
    """
    kinds = ["subdistrict"] * county.subdistricts + ["town"] * county.towns
    kinds += ["township"] * county.townships
    villages = _spread_villages(county, kinds)
    communities = _spread_communities(county, kinds)
    places = _township_places(county, others, len(kinds))
    found, numbers = [], dict.fromkeys(kinds, 0)
    for i, (kind, (east, north, radius)) in enumerate(zip(kinds, places, strict=True)):
        numbers[kind] += 1
        found.append(
            Township(
                f"{county.code}-t{i + 1:02d}", county.code,
                f"{county.name} {kind} {numbers[kind]}",
                f"{county.name_zh}第{numbers[kind]}{_ZH[kind]}", kind,
                county.east + east, county.north + north, radius, villages[i], communities[i],
            )
        )  # fmt: skip
    return found


def _township_places(
    county: CountyPlan, others: Sequence[CountyPlan], n: int
) -> list[tuple[float, float, float]]:
    """East, north (km from the seat) and radius of n townships, those of the urban core first."""
    in_core = max(county.subdistricts, 1)
    urban_km2 = min(LARGEST_URBAN_SHARE * county.settled_km2, SUBDISTRICT_AREA_KM2 * in_core)
    core = math.sqrt(urban_km2 / math.pi)
    cell = math.sqrt((county.settled_km2 - urban_km2) / math.pi / (n - in_core))
    # A county without subdistricts has its seat town at the seat itself.
    centre = [sunflower(i, in_core, 0.0, core) for i in range(in_core)]
    centre = centre if in_core > 1 else [(0.0, 0.0)]
    ring = _ring_places(county, others, n - in_core, core, cell)
    inner = [(*at, core / math.sqrt(in_core)) for at in centre]
    return inner + [(*at, cell) for at in ring]


def _ring_places(
    county: CountyPlan, others: Sequence[CountyPlan], n: int, core: float, cell: float
) -> list[tuple[float, float]]:
    """The n innermost sunflower points around the core that lie on the county's own land.

    Seats are seldom central, so a full disc would cover the neighbours. A point is the county's
    own when its distance to the seat, over the county's radius, is smaller than to any other
    seat over that county's radius; the limit is eased until n points are found.
    """
    reach, farthest = 1.0, n * FARTHEST_FOLD
    outer = math.sqrt(core**2 + farthest * cell**2)
    while True:
        points = [sunflower(k, farthest, core, outer) for k in range(farthest)]
        own = [at for at in points if _is_own(county, others, at, reach)]
        if len(own) >= n:
            return own[:n]
        reach *= EASING


def _is_own(
    county: CountyPlan, others: Sequence[CountyPlan], at: tuple[float, float], reach: float
) -> bool:
    relative = math.hypot(*at) / math.sqrt(county.settled_km2)
    for other in others:
        step = county.east + at[0] - other.east, county.north + at[1] - other.north
        if relative > reach * math.hypot(*step) / math.sqrt(other.settled_km2):
            return False
    return True


_ZH = {"town": "镇", "township": "乡", "subdistrict": "街道"}


def _spread_villages(county: CountyPlan, kinds: list[str]) -> list[int]:
    weights = [SUBDISTRICT_VILLAGE_WEIGHT if kind == "subdistrict" else 1.0 for kind in kinds]
    return share_out(county.villages, weights)


def _spread_communities(county: CountyPlan, kinds: list[str]) -> list[int]:
    first = max(county.subdistricts, 1)
    central = round(county.communities * CORE_SHARE[min(county.subdistricts, len(CORE_SHARE) - 1)])
    others = [1.0 if kind == "town" else 0.5 for kind in kinds[first:]]
    rest = share_out(county.communities - central, others)
    return share_out(central, [1.0] * first) + rest


def count_urban_villages(county: CountyPlan) -> int:
    """Village committees that count as urban so that residents' committees are not too large."""
    communities, villages = county.communities, county.villages
    return urban_villages(county.urban, county.rural, villages, communities)


def urban_villages(urban: int, rural: int, villages: int, communities: int) -> int:
    """Villages to count as urban, from persons, villages and residents' committees."""
    extra = 0
    while urban > filling_rules.PEOPLE_IN_URBAN_COMMITTEE * (communities + extra):
        rural_left = villages - extra - 1
        if rural_left < 1 or rural / rural_left > urban / (communities + extra + 1):
            break
        extra += 1
    return extra


def count_villages(urban: int, rural: int, committees: int, communities: int) -> int:
    """Villages with a clinic of their own: the committees, more where these have merged.

    committees   village committees as published
    communities  residents' committees as published
    returns      at least `committees`, so many that no rural village is larger than 2,500
    """
    villages = committees
    while rural > filling_rules.PEOPLE_IN_RURAL_VILLAGE * max(
        villages - urban_villages(urban, rural, villages, communities), 0
    ):
        villages += 1
    return villages


def lay_out_villages(county: CountyPlan, townships: list[Township]) -> list[Village]:
    """Villages of a county; urban ones hold its urban, rural ones its rural residents equally."""
    urban_of = _urban_villages_by_township(county, townships)
    n_urban = county.communities + sum(urban_of)
    n_rural = county.villages - sum(urban_of)
    found: list[Village] = []
    for township, urban_villages in zip(townships, urban_of, strict=True):
        urban = [("community", i) for i in range(township.communities)]
        urban += [("village", i) for i in range(urban_villages)]
        rural = range(urban_villages, township.villages)
        for i, (committee, number) in enumerate(urban):
            radius = min(COMMITTEE_RADIUS_KM, 0.5 * township.radius)
            at = sunflower(i, len(urban), 0.0, radius)
            found.append(_village(township, committee, number, True, at, county.urban / n_urban))
        for i, number in enumerate(rural):
            at = sunflower(i, len(rural), 0.0, township.radius)
            found.append(_village(township, "village", number, False, at, county.rural / n_rural))
    return found


def _urban_villages_by_township(county: CountyPlan, townships: list[Township]) -> list[int]:
    """Villages that count as urban: one a town in turn, the townships of the core first."""
    # A town keeps one rural village, so that its centre serves rural residents too.
    spare = [max(0, township.villages - (township.kind != "subdistrict")) for township in townships]
    left = min(count_urban_villages(county), sum(spare))
    urban_of = [0] * len(townships)
    while left:
        for i in range(len(townships)):
            if left and urban_of[i] < spare[i]:
                urban_of[i] += 1
                left -= 1
    return urban_of


def _village(
    township: Township,
    committee: str,
    number: int,
    is_urban: bool,
    at: tuple[float, float],
    persons: float,
) -> Village:
    letter, noun, noun_zh = ("v", "village", "村") if committee == "village" else (
        "c", "community", "社区")  # fmt: skip
    return Village(
        f"{township.key}-{letter}{number + 1:03d}", township.key, township.county,
        f"{township.name} {noun} {number + 1}", f"{township.name_zh}第{number + 1}{noun_zh}",
        is_urban, committee, township.east + at[0], township.north + at[1], persons,
    )  # fmt: skip
