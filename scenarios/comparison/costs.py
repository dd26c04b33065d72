"""What levers cost: unit costs (costs.csv) times what a level comes to in the region."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.comparison.findings import Arm, LeverCost
from scenarios.scenario import Setting
from sim.dynamics.schedule import Place
from sim.tiers import Kind, Tier

if TYPE_CHECKING:
    import xarray as xr

    from sim.region import Region

_CENTRES = (Kind.TOWNSHIP_CENTRE, Kind.COMMUNITY_CENTRE)
Count = Callable[["Numbers", Setting], float]


class Numbers:
    """How many of everything a region has, within the place of a setting."""

    def __init__(self, region: Region, dataset: xr.Dataset) -> None:
        self.region = region
        self.residents = float(dataset.residents_start.sum() + dataset.residents_end.sum()) / 2.0
        self.managed = float(dataset.group_managed_end.sum())

    def counties(self, place: Place, districts: bool) -> float:
        """Counties, or urban districts."""
        c = self.region.counties
        return float(sum(
            bool(is_district) == districts and (not place.counties or code in place.counties)
            for code, is_district in zip(c.code, c.is_district, strict=True)
        ))  # fmt: skip

    def facilities(self, place: Place, tiers: Iterable[int], kinds: Iterable[int] = ()) -> Any:
        """Rows of the facilities in the region of some tiers and kinds."""
        f, c = self.region.facilities, self.region.counties
        use = np.isin(f.tier, list(tiers)) & ~f.place_outside
        if kinds := tuple(kinds):
            use &= np.isin(f.kind, kinds)
        if place.facilities:
            use &= np.isin(f.key, place.facilities)
        if place.counties:
            use &= np.isin(f.county, [c.code.index(code) for code in place.counties])
        return np.flatnonzero(use)

    def centres(self, place: Place) -> float:
        """Township and community centres, or the share of them a setting is limited to."""
        share = 1.0 if place.townships is None else place.townships
        return share * len(self.facilities(place, (Tier.TOWNSHIP,), _CENTRES))

    def beds(self, setting: Setting) -> float:
        """Beds of the tiers a lever concerns."""
        rows = self.facilities(setting.place, _tiers(setting))
        return float(self.region.facilities.beds[rows].sum())

    def doctors(self, setting: Setting, tier: int) -> float:
        """Doctors of a tier."""
        rows = self.facilities(setting.place, (tier,))
        return float(self.region.facilities.doctors[rows].sum())

    def villages(self) -> float:
        """Rural villages."""
        return float((~self.region.villages.is_urban).sum())


def _tiers(setting: Setting) -> tuple[int, ...]:
    return tuple(int(Tier[name.upper()]) for name in setting.lever.tiers)


def _hospitals(n: Numbers, s: Setting) -> float:
    above = tuple(tier for tier in _tiers(s) if tier >= Tier.COUNTY) or (int(Tier.COUNTY),)
    return float(len(n.facilities(s.place, above)))


# What one unit of a lever's level of 1 comes to, by the basis of costs.csv; the name is that of a
# text. A basis that is not here is nothing a pack counts, and such a lever is not costed.
_COUNTS: dict[str, tuple[str, Count]] = {
    "county": ("counties", lambda n, s: n.counties(s.place, districts=False)),
    "urban district": ("districts", lambda n, s: n.counties(s.place, districts=True)),
    "bed held free a year": ("beds", lambda n, s: n.beds(s)),
    "contracted resident": ("residents", lambda n, s: n.residents),
    "resident": ("residents", lambda n, s: n.residents),
    "hospital": ("hospitals", _hospitals),
    "facility": ("facilities", lambda n, s: float(len(n.facilities(s.place, _tiers(s))))),
    "county hospital": (
        "county_hospitals",
        lambda n, s: float(len(n.facilities(s.place, (Tier.COUNTY,), (Kind.GENERAL_HOSPITAL,)))),
    ),
    "sub-centre": ("centres", lambda n, s: n.centres(s.place)),
    "township centre": ("centres", lambda n, s: n.centres(s.place)),
    "hall": ("centres", lambda n, s: n.centres(s.place)),
    "village": ("villages", lambda n, s: n.villages()),
    "post": ("township_doctors", lambda n, s: n.doctors(s, Tier.TOWNSHIP)),
    "township staff member": ("township_doctors", lambda n, s: n.doctors(s, Tier.TOWNSHIP)),
    "village doctor": ("village_doctors", lambda n, s: n.doctors(s, Tier.VILLAGE)),
    "patient managed": ("managed", lambda n, s: n.managed),
}
# Where the level itself counts beds, or a change of the beds there are.
_BEDS: dict[str, tuple[str, Count]] = {
    "regional_centre": ("level", lambda n, s: 1.0),
    "bed_control": ("beds", lambda n, s: n.beds(s)),
    "non_public_providers": ("residents_1000", lambda n, s: n.residents / 1000.0),
}


def lever_costs(arm: Arm, region: Region, dataset: xr.Dataset) -> tuple[LeverCost, ...]:
    """Costs of every lever of an arm at its last level.

    dataset  a year of the first arm, for residents and patients under care
    """
    numbers, scenario = Numbers(region, dataset), arm.scenario
    last = {setting.lever.id: setting for setting in scenario.settings}
    found = []
    for name, setting in last.items():
        level = scenario.level(name, date(scenario.horizon, 12, 31))
        if level != 0.0:
            found.append(_cost(arm.key, setting, level, numbers))
    return tuple(found)


def _cost(arm: str, setting: Setting, level: float, numbers: Numbers) -> LeverCost:
    lever = setting.lever
    nothing = (0.0, 0.0, 0.0)
    free = not (lever.cost.one_off[2] or lever.cost.yearly[2])
    known = _BEDS.get(lever.id) or _COUNTS.get(lever.cost.basis)
    nowhere = lever.cost.basis == "facility" and not set(_tiers(setting)) - {Tier.OUTSIDE}
    if free or known is None or nowhere:
        units = 0.0 if free else None
        return LeverCost(arm, lever.id, level, lever.cost.basis, "", units, nothing, nothing)
    label, count = known
    units = level * count(numbers, setting)
    # Nothing is built where something is closed, and running it is saved.
    once = tuple(max(0.0, units) * yuan for yuan in lever.cost.one_off)
    yearly = tuple(sorted(units * yuan for yuan in lever.cost.yearly))
    return LeverCost(
        arm, lever.id, level, lever.cost.basis, label, units,
        (once[0], once[1], once[2]), (yearly[0], yearly[1], yearly[2]),
    )  # fmt: skip


def total(
    costs: Iterable[LeverCost],
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """One-off and yearly costs of several levers: all low, all middle, all high ends."""
    once, yearly = np.zeros(3), np.zeros(3)
    for cost in costs:
        once += cost.one_off
        yearly += cost.yearly
    return (float(once[0]), float(once[1]), float(once[2])), (
        float(yearly[0]), float(yearly[1]), float(yearly[2]),
    )  # fmt: skip
