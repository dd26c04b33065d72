"""How strained a facility is: beds, waits, patients who leave unseen or without a bed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

# What is taken as strain, for ranking only (assumed): midnight beds over open beds, minutes before
# the consult, share of arrivals that leave unseen, days the admitted waited for their bed, share of
# bed requests that look elsewhere (they are not in the mean of the admitted).
STRAIN: Mapping[str, float] = {
    "occupancy": 0.95, "wait_minutes": 60.0, "left_unseen": 0.05, "bed_wait_days": 1.0,
    "left_without_bed": 0.2,
}  # fmt: skip
# Facilities with fewer visits a year than this are not ranked: their waits are chance.
_FEW_VISITS = 500


def strain(dataset: xr.Dataset) -> dict[str, dict[str, float | None]]:
    """Occupancy, wait, share left unseen, bed wait and share left without a bed of every facility
    that queues, by key."""

    def over(top: Any, bottom: Any) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(bottom > 0, top / bottom, np.nan)

    ds = {
        name: dataset[f"facility_{name}"].values.astype(np.float64)
        for name in ("bed_days", "open_bed_days", "wait_seconds", "visits", "left_unseen",
                     "bed_wait_days", "admissions", "left_bed_queue", "is_delay")
    }  # fmt: skip
    found = {
        "occupancy": over(ds["bed_days"], ds["open_bed_days"]),
        "wait_minutes": over(ds["wait_seconds"] / 60.0, ds["visits"]),
        "left_unseen": over(ds["left_unseen"], ds["left_unseen"] + ds["visits"]),
        "bed_wait_days": over(ds["bed_wait_days"], ds["admissions"]),
        "left_without_bed": over(ds["left_bed_queue"], ds["left_bed_queue"] + ds["admissions"]),
    }
    chosen = (ds["is_delay"] == 0) & (ds["visits"] >= _FEW_VISITS)
    return {
        str(key): {name: _value(values[at]) for name, values in found.items()}
        for at, key in enumerate(dataset.facility.values)
        if chosen[at]
    }


def _value(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def pressure(values: Mapping[str, float | None]) -> tuple[float, str]:
    """Largest value over its mark of strain, and which it is; (0, "") where there is none."""
    shares = [(value / STRAIN[name], name) for name, value in values.items() if value is not None]
    return max(shares, default=(0.0, ""))
