"""Results → named indicators by official definition.

Every indicator names its numerator, denominator, place, population base, data class and source, and
whether an official series of that name exists; docs/indicators.md lists them. Nothing that decides
behaviour imports this.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.indicators.compute import FORMULAS
from sim.indicators.definitions import INDICATORS, SECTIONS, Indicator, page
from sim.indicators.shares import GROUP_SPLITS, Value, concentration, with_gap
from sim.parameters import load_parameters

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["GROUP_SPLITS", "INDICATORS", "SECTIONS", "Indicator", "compute_all", "concentration",
           "page"]  # fmt: skip


def compute_all(
    dataset: xr.Dataset, parameters: Any = None, only: Collection[str] | None = None
) -> dict[str, Value]:
    """All indicators of a run: {id: {"value", "unit", splits}}.

    parameters  as of sim.parameters.load_parameters; the defaults when None
    only        ids to compute; all when None

    Shares and occupancy are fractions 0-1 (unit 1), waits minutes, stays days, money yuan; None
    where undefined. Splits are dictionaries: `by_tier` keyed by tiers.TIER_KEYS, `by_county` by
    six-digit code, `by_age`, `by_sex`, `by_residence`, `by_income` and `by_distance` by the
    Dataset's coordinates, `rural_gap` the urban value less and over the rural one. A rate within
    the county covers counties, banners and county-level cities; urban districts are None in
    `by_county` and stand in `by_district`. An indicator no run can give has the value None and
    says why under `not_modelled`.

    >>> values = compute_all(run.dataset)  # doctest: +SKIP
    >>> values["first_contact_share"]["by_age"]["75plus"]  # doctest: +SKIP
    """
    p = load_parameters() if parameters is None else parameters
    values = {}
    for indicator in INDICATORS:
        if only is not None and indicator.id not in only:
            continue
        value = FORMULAS[indicator.id](dataset, p)
        if indicator.show != "index":  # a ratio of indices that may be negative says nothing
            value = with_gap(value)
        values[indicator.id] = {"unit": indicator.unit, **_clean(value)}
        if indicator.not_modelled:
            values[indicator.id]["not_modelled"] = indicator.not_modelled
    return values


def _clean(value: Value) -> Value:
    """Floats that JSON can carry: None instead of nan and infinity."""

    def number(x: Any) -> float | None:
        x = float(x)
        return x if np.isfinite(x) else None

    return {
        key: {k: number(v) for k, v in part.items()} if isinstance(part, dict) else number(part)
        for key, part in value.items()
    }
