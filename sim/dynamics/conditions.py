"""PolicySchedule and stocks → the region and parameters that patients meet in a month.

A figure of a region's tables changes facility by facility, so a change may be limited to
counties, facilities or a share of townships. A parameter holds for the whole region: a change
limited to counties alters it by the share of residents who live there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.dynamics.schedule import QUANTITIES, Place, PolicyChange, PolicySchedule, apply, apply_all
from sim.errors import Fault, InputError
from sim.parameters import position, with_values
from sim.region import Region
from sim.tiers import ALTERNATIVE_TIER, CLASS_KEYS, TIER_KEYS, Kind, Tier

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.int64]
BASIS_POINTS = 10_000.0
_ALTERNATIVE_TIER = np.array(ALTERNATIVE_TIER)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which facilities and residents a place names, for one region.

    township    (facilities,) township of a village or township facility, -1 for others
    rank        (townships,) 0 for the township with most residents; shares take the first
    residents   (counties,) census residents
    found       rows of the facilities of places and tiers asked for so far: the same in every year
                of a path
    """

    region: Region
    township: NDArray[np.int64]
    rank: NDArray[np.int64]
    residents: Floats
    found: dict[tuple[Place, int], Rows] = field(default_factory=dict, compare=False)

    def members(self, place: Place, tier: int) -> Rows:
        """Rows of the facilities of a tier that a place names."""
        key = place, tier
        if key not in self.found:
            here = self.facilities(place) & (self.region.facilities.tier == tier)
            self.found[key] = np.flatnonzero(here)
        return self.found[key]

    def facilities(self, place: Place) -> Bools:
        """Facilities a place names, (facilities,)."""
        f = self.region.facilities
        chosen = np.ones(len(f.key), dtype=np.bool_)
        if place.counties:
            codes = [i for i, c in enumerate(self.region.counties.code) if c in place.counties]
            chosen &= np.isin(f.county, codes)
        if place.facilities:
            chosen &= np.isin(np.array(f.key), place.facilities)
        if place.townships is not None:
            most = round(place.townships * len(self.rank))
            within = (self.township >= 0) & (self.rank[self.township] < most)
            chosen &= within | (f.tier > int(Tier.TOWNSHIP))
        return chosen

    def share(self, place: Place) -> float:
        """Share of residents who live in a place's counties; 1 without counties."""
        if not place.counties:
            return 1.0
        here = np.array([code in place.counties for code in self.region.counties.code])
        return float(self.residents[here].sum() / self.residents.sum())


def scope_of(region: Region) -> Scope:
    """The scope of a region; the townships with most residents come first."""
    villages, f = region.villages, region.facilities
    residents = region.counties.census.sum(axis=(1, 2)).astype(np.float64)
    of = region.village_county
    weight = np.bincount(of, villages.weight, len(residents))
    people = villages.weight * (residents / np.maximum(weight, 1e-12))[of]
    n = len(region.townships.name)
    by_township = np.bincount(villages.township, people, n)
    rank = np.empty(n, dtype=np.int64)
    rank[np.lexsort((np.arange(n), -by_township))] = np.arange(n)
    township = np.full(len(f.key), -1, dtype=np.int64)
    for column in (0, 1):
        here = villages.facility[:, column] >= 0
        township[villages.facility[here, column]] = villages.township[here]
    return Scope(region, township, rank, residents)


def check_schedule(schedule: PolicySchedule, region: Region) -> None:
    """Check a policy schedule against a region.

    raises  InputError with every change that cannot act: unknown quantities and places
    """
    faults: dict[tuple[str, Place], Fault] = {}
    keys = set(region.facilities.key)
    kinds = {
        (step.quantity, step.form, step.place): step
        for _, steps in schedule.months
        for step in steps
    }
    for step in kinds.values():
        for fault in _faults(step, region, keys):
            faults.setdefault((step.quantity, step.place), fault)
    if faults:
        raise InputError(list(faults.values()))


def _faults(step: PolicyChange, region: Region, keys: set[str]) -> Iterable[Fault]:
    name, place = step.quantity, step.place
    if name not in QUANTITIES and position(name) is None:
        yield Fault(
            "schedule", 0, name, "unknown", "a row of parameters.csv or of schedule.QUANTITIES"
        )
    for code in place.counties:
        if code not in region.counties.code:
            yield Fault("schedule", 0, name, code, f"a county of {region.key}")
    for key in place.facilities:
        if key not in keys:
            yield Fault("schedule", 0, name, key, f"a facility of {region.key}")
    local = name in QUANTITIES or _kind(name) in ("capability", "reserved_bed_share")
    if not local and (place.facilities or place.townships is not None):
        want = "no limit, or counties: the parameter holds for the region as a whole"
        yield Fault("schedule", 0, name, "limited to facilities or townships", want)
    if _kind(name) == "capability" and step.form != "inadequacy":
        yield Fault("schedule", 0, name, step.form, "inadequacy, the form of a capability")


def _kind(quantity: str) -> str:
    return quantity.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of a region's tables under a policy schedule; facilities in the region's order.

    planned        (F,) beds that are to be there
    posted         (F,) doctors at work over those of the provider group
    price, stay_price  (F,) whole fen
    gain           (F, 4) adequacy gained by policy;  reserved (F,) share of beds reserved
    visit_rate, stay_rate  (2, 6) share of the charge the fund pays
    hours          (6,) factor on travel to a tier
    coverage       (2,) share of residents to hold a contract: others, key groups
    exits, income  (6,) factors by tier;  places (6,) students a year
    effort, kept   added effort, and share of a surplus retained, of the region's counties
    """

    planned: Floats
    posted: Floats
    price: Any
    stay_price: Any
    gain: Floats
    reserved: Floats
    visit_rate: Floats
    stay_rate: Floats
    hours: Floats
    coverage: Floats
    exits: Floats
    income: Floats
    places: Floats
    effort: float
    kept: float


def figures_of(region: Region, scope: Scope, steps: Iterable[PolicyChange]) -> Figures:
    """Figures of a region under the changes in force, in their order."""
    f, insurance = region.facilities, region.insurance
    n = len(f.key)
    out = Figures(
        planned=f.beds.astype(np.float64), posted=np.ones(n),
        price=f.outpatient_fen.astype(np.float64), stay_price=f.inpatient_fen.astype(np.float64),
        gain=f.gain.copy(), reserved=f.reserved.copy(),
        visit_rate=insurance.outpatient_rate_bp / BASIS_POINTS,
        stay_rate=insurance.inpatient_rate_bp / BASIS_POINTS,
        hours=np.ones(6), coverage=region.contract_coverage.copy(),
        exits=np.ones(6), income=np.ones(6), places=np.zeros(6), effort=0.0, kept=0.0,
    )  # fmt: skip
    effort = kept = 0.0
    for step in steps:
        kind = _kind(step.quantity)
        if kind == "management_effort":
            effort = apply(step.form, effort, step.amount)
        elif kind == "insurance_surplus":
            kept = apply(step.form, kept, step.amount)
        elif kind in _CHANGES:
            _CHANGES[kind](out, scope, step)
    np.clip(out.visit_rate, 0.0, 1.0, out=out.visit_rate)
    np.clip(out.stay_rate, 0.0, 1.0, out=out.stay_rate)
    np.clip(out.coverage, 0.0, 1.0, out=out.coverage)
    np.clip(out.reserved, 0.0, 1.0, out=out.reserved)
    np.maximum(out.planned, 0.0, out=out.planned)
    return replace(
        out, price=rounded(out.price), stay_price=rounded(out.stay_price),
        effort=min(1.0, max(0.0, effort)), kept=min(1.0, max(0.0, kept)),
    )  # fmt: skip


def rounded(values: Floats) -> NDArray[np.int64]:
    """Whole numbers, half up."""
    return np.floor(values + 0.5).astype(np.int64)


def _tier(step: PolicyChange) -> int:
    return TIER_KEYS.index(step.quantity.partition(":")[2].partition("/")[0])


def _members(scope: Scope, step: PolicyChange) -> Rows:
    """Facilities of the change's tier that its place names."""
    return scope.members(step.place, _tier(step))


def _change(array: Floats, where: Rows, step: PolicyChange) -> None:
    array[where] = apply_all(step.form, array[where], step.amount)


def _beds(out: Figures, scope: Scope, step: PolicyChange) -> None:
    """Beds of a tier; an added number is shared by present beds, or evenly where there are none."""
    f = scope.region.facilities
    where = _members(scope, step)
    where = where[~f.is_delay[where]]
    if step.form == "multiply":
        _change(out.planned, where, step)
        return
    _share_out(out.planned, where, step.amount)


def _private_beds(out: Figures, scope: Scope, step: PolicyChange) -> None:
    """Beds per 1,000 residents added to private hospitals."""
    where = _members(scope, step)
    where = where[scope.region.facilities.kind[where] == int(Kind.PRIVATE_HOSPITAL)]
    _share_out(out.planned, where, step.amount * scope.residents.sum() / 1000.0)


def _share_out(beds: Floats, where: Rows, added: float) -> None:
    if not len(where):
        return
    present = beds[where]
    part = present / present.sum() if present.sum() > 0.0 else np.full(len(present), 1.0)
    beds[where] = present + added * part / part.sum()


def _doctors(out: Figures, scope: Scope, step: PolicyChange) -> None:
    _change(out.posted, _members(scope, step), step)


def _capability(out: Figures, scope: Scope, step: PolicyChange) -> None:
    need_class = CLASS_KEYS.index(step.quantity.partition("/")[2])
    out.gain[_members(scope, step), need_class] += step.amount


def _reserved(out: Figures, scope: Scope, step: PolicyChange) -> None:
    _change(out.reserved, _members(scope, step), step)


def _price(out: Figures, scope: Scope, step: PolicyChange) -> None:
    _in_yuan(out.price, _members(scope, step), step)


def _stay_price(out: Figures, scope: Scope, step: PolicyChange) -> None:
    _in_yuan(out.stay_price, _members(scope, step), step)


def _in_yuan(fen: Floats, where: Rows, step: PolicyChange) -> None:
    fen[where] = np.maximum(0.0, apply_all(step.form, fen[where] / 100.0, step.amount)) * 100.0


def _by_tier(name: str) -> Any:
    def change(out: Figures, scope: Scope, step: PolicyChange) -> None:
        array, tier = getattr(out, name), _tier(step)
        amount = step.amount * scope.share(step.place)
        array[..., tier] = apply_all(step.form, array[..., tier], amount)

    return change


def _places(out: Figures, scope: Scope, step: PolicyChange) -> None:
    """Students a year, given per 100,000 residents of the place."""
    amount = step.amount * scope.share(step.place) * scope.residents.sum() / 100_000.0
    out.places[_tier(step)] = apply(step.form, out.places[_tier(step)], amount)


def _coverage(out: Figures, scope: Scope, step: PolicyChange) -> None:
    group = int(step.quantity.endswith("key_groups"))
    amount = step.amount * scope.share(step.place)
    out.coverage[group] = apply(step.form, out.coverage[group], amount)


_CHANGES = {
    "beds": _beds, "private_beds": _private_beds, "doctors": _doctors, "capability": _capability,
    "reserved_bed_share": _reserved, "outpatient_price": _price, "inpatient_price": _stay_price,
    "outpatient_rate": _by_tier("visit_rate"), "inpatient_rate": _by_tier("stay_rate"),
    "travel_hours": _by_tier("hours"), "staff_exit": _by_tier("exits"),
    "provider_income": _by_tier("income"), "training_places": _places,
    "contract_coverage": _coverage,
}  # fmt: skip


def parameters_of(
    p: Any, scope: Scope, steps: Iterable[PolicyChange], more: Mapping[str, float]
) -> Any:
    """The parameters under the changes in force, clipped to their limits; `p` itself where none
    alters one.

    more  values by key that stand after the changes, as effort leads to
    """
    values: dict[str, float] = {}
    for step in steps:
        if _kind(step.quantity) in _CHANGES or step.quantity in QUANTITIES:
            continue
        now = values.get(step.quantity, value_of(p, step.quantity))
        values[step.quantity] = apply(step.form, now, step.amount * scope.share(step.place))
    for key, factor in more.items():
        values[key] = factor * values.get(key, value_of(p, key))
    return with_values(p, values) if values else p


def value_of(p: Any, key: str) -> float:
    """One parameter by key (`stay_mean:county`).

    raises  KeyError for a key that is no row of parameters.csv
    """
    found = position(key)
    if found is None:
        raise KeyError(key)
    name, at = found
    return float(np.asarray(p[name])[at])
