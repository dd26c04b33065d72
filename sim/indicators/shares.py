"""Ratios of what residents did, with every split a run can give; concentration over income."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.results import GROUP_COORDINATES, GROUP_DIMENSIONS
from sim.tiers import TIER_KEYS

if TYPE_CHECKING:
    import xarray as xr

Value = dict[str, Any]
PRIMARY = (0, 1)  # village and township tier
# Splits by group of residents, and the dimension each keeps.
GROUP_SPLITS = {
    "by_age": "age_band",
    "by_sex": "sex",
    "by_residence": "residence",
    "by_income": "income",
    "by_distance": "distance_band",
}
_AXES = {split: 1 + GROUP_DIMENSIONS.index(name) for split, name in GROUP_SPLITS.items()}
_INCOME_AXIS = _AXES["by_income"]


class Residents:
    """What a run counted by county and group of residents.

    Every method returns float64 of shape (counties, 5 ages, 2 sexes, 2 residences, 5 incomes,
    3 distances, tiers); the last axis has length 1 where a tier means nothing.
    """

    def __init__(self, ds: xr.Dataset, parameters: Any) -> None:
        self.ds = ds
        self.p = parameters

    def sum(self, *names: str, tiers: tuple[int, ...] | None = None) -> Any:
        """Tallies `group_<name>` added up; `tiers` sets the others to 0."""
        total = sum(self.ds[f"group_{name}"].values.astype(np.float64) for name in names)
        if tiers is None:
            return total
        return total * np.isin(np.arange(len(TIER_KEYS)), tiers)

    def mean(self, name: str) -> Any:
        """People counted at the start and the end of the year, the mean of the two."""
        start, end = (self.ds[f"group_{name}_{when}"].values for when in ("start", "end"))
        return ((start + end) / 2.0)[..., np.newaxis]

    def at_end(self, name: str) -> Any:
        """People counted at the end of the year."""
        return self.ds[f"group_{name}_end"].values.astype(np.float64)[..., np.newaxis]

    def contracts(self, *levels: str, key: bool = False) -> Any:
        """Residents at the end of the year whose contract is of one of `levels`."""
        chosen = self.ds.group_contracts_end.sel(contract=list(levels)).sum("contract")
        people = chosen.sel(key_group="key") if key else chosen.sum("key_group")
        return people.values.astype(np.float64)[..., np.newaxis]


Quantity = Callable[[Residents], Any]
Compute = Callable[[Any, Any], Value]


def ratio(top: Any, bottom: Any) -> Any:
    """top / bottom, nan where the bottom is 0."""
    top, bottom = np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)


def tiers_of(values: Any) -> dict[str, float]:
    """Values by tier key."""
    return dict(zip(TIER_KEYS, np.asarray(values), strict=True))


def counties_of(ds: xr.Dataset, values: Any, chosen: Any = None) -> dict[str, float]:
    """Values by division code; nan where not `chosen`."""
    values = np.asarray(values, dtype=np.float64)
    if chosen is not None:
        values = np.where(chosen, values, np.nan)
    return dict(zip([str(code) for code in ds.county.values], values, strict=True))


def is_county(ds: xr.Dataset) -> Any:
    """Counties, banners and county-level cities: where 'in the county' is defined."""
    return ds.county_is_district.values == 0


def county_and_district(ds: xr.Dataset, top: Any, bottom: Any) -> Value:
    """A rate defined for counties: in all over counties only, urban districts reported apart."""
    county = is_county(ds)
    top, bottom = np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64)
    rates = ratio(top, bottom)
    value: Value = {
        "value": ratio(top[county].sum(), bottom[county].sum()),
        "by_county": counties_of(ds, rates, county),
    }
    if not county.all():
        codes = ds.county.values
        value["by_district"] = {str(codes[i]): rates[i] for i in np.flatnonzero(~county)}
    return value


def of_residents(
    top: Quantity,
    bottom: Quantity,
    *,
    scale: float = 1.0,
    tiers: str = "",
    counties_only: bool = False,
) -> Compute:
    """Ratio of two quantities of residents, in all, by county and by group.

    tiers          "part": what each tier adds to the whole; "own": the ratio within each tier
    counties_only  districts are left out of everything but `by_district`
    """

    def compute(ds: xr.Dataset, p: Any) -> Value:
        residents = Residents(ds, p)
        a, b = np.asarray(top(residents)) * scale, np.asarray(bottom(residents))
        by_county = a.reshape(len(a), -1).sum(axis=1), b.reshape(len(b), -1).sum(axis=1)
        if counties_only:
            value = county_and_district(ds, *by_county)
            chosen = is_county(ds)
            a, b = a[chosen], b[chosen]
        else:
            value = {
                "value": ratio(a.sum(), b.sum()),
                "by_county": counties_of(ds, ratio(*by_county)),
            }
        if tiers:
            by_tier = a.reshape(-1, a.shape[-1]).sum(axis=0)
            below = b.reshape(-1, b.shape[-1]).sum(axis=0) if tiers == "own" else b.sum()
            value["by_tier"] = tiers_of(ratio(by_tier, np.broadcast_to(below, by_tier.shape)))
        for split, axis in _AXES.items():
            others = tuple(k for k in range(7) if k != axis)
            parts = ratio(a.sum(axis=others), b.sum(axis=others))
            value[split] = dict(zip(GROUP_COORDINATES[GROUP_SPLITS[split]], parts, strict=True))
        return value

    return compute


def with_gap(value: Value) -> Value:
    """The same value with `rural_gap`: urban less rural, and urban over rural."""
    if "by_residence" not in value:
        return value
    rural, urban = value["by_residence"]["rural"], value["by_residence"]["urban"]
    gap = {"urban_minus_rural": urban - rural, "urban_over_rural": float(ratio(urban, rural))}
    return {**value, "rural_gap": gap}


def concentration(use: Any, people: Any) -> float:
    """Concentration index of use over ranked groups: 2 cov(use, rank) / mean use.

    use     (groups,) total use, groups from the poorest to the richest
    people  (groups,) persons

    The fractional rank of a group is the share of persons below it plus half its own. 0: everybody
    uses the same; above 0: the richer use more. With n groups of one size it lies within
    -(1 - 1/n) and 1 - 1/n. nan without use or people.
    Source: O'Donnell et al., Analyzing Health Equity Using Household Survey Data (2008), chapter 8.

    >>> concentration([0, 0, 0, 0, 5], [1, 1, 1, 1, 1])
    0.8
    """
    use, people = np.asarray(use, dtype=np.float64), np.asarray(people, dtype=np.float64)
    if use.sum() <= 0 or people.sum() <= 0:
        return float("nan")
    share = people / people.sum()
    rank = np.cumsum(share) - share / 2.0
    return 2.0 * float((use / use.sum() * rank).sum()) - 1.0


def of_income(name: str) -> Compute:
    """Concentration index of tally `group_<name>` over income fifths."""

    def compute(ds: xr.Dataset, p: Any) -> Value:
        residents = Residents(ds, p)
        use, people = residents.sum(name).sum(axis=-1), residents.mean("residents")[..., 0]

        def along(axis: int) -> Any:
            others = tuple(k for k in range(6) if k not in (axis, _INCOME_AXIS))
            pairs = [np.sum(x, axis=others) for x in (use, people)]
            if axis > _INCOME_AXIS:
                pairs = [x.T for x in pairs]
            return [concentration(*rows) for rows in zip(*pairs, strict=True)]

        value: Value = {
            "value": concentration(
                *(x.sum(axis=tuple(k for k in range(6) if k != _INCOME_AXIS))
                  for x in (use, people))
            ),
            "by_county": counties_of(ds, along(0)),
        }  # fmt: skip
        for split, axis in _AXES.items():
            if axis != _INCOME_AXIS:
                keys = GROUP_COORDINATES[GROUP_SPLITS[split]]
                value[split] = dict(zip(keys, along(axis), strict=True))
        return value

    return compute
