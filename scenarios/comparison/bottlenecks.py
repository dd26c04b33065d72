"""Where patients press hardest, which levers relieve it, and who gains and loses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from scenarios.comparison.findings import Arm, Bottleneck, Flow, Gain, Samples
from scenarios.comparison.runs import Reading
from scenarios.comparison.strain import pressure, strain
from sim.tiers import TIER_KEYS

if TYPE_CHECKING:
    import xarray as xr

MOST = 12
_ALIKE = 1e-9
_LEVERS = 3
# What one lever must lower the pressure by to be named.
_TELLING = 0.005

GAIN_INDICATORS = ("unresolved_need_share", "out_of_pocket_per_person", "wait_minutes_mean",
                   "travel_minutes_return_mean")  # fmt: skip
GAIN_SPLITS = ("", "by_county", "by_age", "by_residence", "by_income")

_PLACES = ("own_county", "elsewhere_in_region", "outside_region")


def ranked(arm: str, year: int, dataset: xr.Dataset) -> list[Bottleneck]:
    """The facilities under most pressure, hardest first, and all that are pressed as the last."""
    place = {str(key): at for at, key in enumerate(dataset.facility.values)}
    rows = []
    for key, values in strain(dataset).items():
        most, worst = pressure(values)
        at = place[key]
        county = int(dataset.facility_county.values[at])
        rows.append(Bottleneck(
            arm, year, key, str(dataset.facility_name.values[at]),
            str(dataset.facility_name_zh.values[at]),
            TIER_KEYS[int(dataset.facility_tier.values[at])],
            str(dataset.county.values[county]) if county >= 0 else "", values, worst, most,
        ))  # fmt: skip
    rows.sort(key=lambda row: (-row.pressure, row.facility))
    # The mean-field treats facilities that are alike as one; they stay together.
    least = rows[MOST - 1].pressure - _ALIKE if len(rows) >= MOST else 0.0
    return [row for row in rows if row.pressure >= least]


def relieved(
    rows: Sequence[Bottleneck], before: xr.Dataset, singles: Mapping[str, Reading]
) -> list[Bottleneck]:
    """The same with the levers that lower and raise their pressure most when each is added alone.

    before   year of the first arm
    singles  figures of the same year with one lever added, by lever, the strain among them
    """
    base = strain(before)
    by_lever = {lever: _by_facility(reading) for lever, reading in singles.items()}
    found = []
    for row in rows:
        now = pressure(base.get(row.facility, {}))[0]
        changes = [
            (lever, pressure(values[row.facility])[0] - now)
            for lever, values in by_lever.items()
            if row.facility in values and now
        ]
        helping = sorted((c for c in changes if c[1] < -_TELLING), key=lambda c: (c[1], c[0]))
        pressing = sorted((c for c in changes if c[1] > _TELLING), key=lambda c: (-c[1], c[0]))
        found.append(replace(
            row, relief=tuple(helping[:_LEVERS]), load=tuple(pressing[:_LEVERS])
        ))  # fmt: skip
    return found


def _by_facility(reading: Reading) -> dict[str, dict[str, float | None]]:
    found: dict[str, dict[str, float | None]] = {}
    for (measure, split, key), value in reading.items():
        if split == "facility":
            found.setdefault(key, {})[measure] = None if math.isnan(value) else value
    return found


def gains(arms: Sequence[Arm], year: int, samples: Samples) -> tuple[Gain, ...]:
    """Changes against the first arm for everybody, by county, age, residence and income."""
    first = arms[0].key
    found = []
    for arm in arms[1:]:
        for name, split, part in samples.keys:
            if name in GAIN_INDICATORS and split in GAIN_SPLITS:
                key = (name, split, part)
                found.append(Gain(
                    arm.key, year, *key, samples.figure((first, year), key),
                    samples.change((arm.key, year), (first, year), key),
                ))  # fmt: skip
    return tuple(found)


def flows(arm: str, year: int, dataset: xr.Dataset) -> list[Flow]:
    """Visits and admissions of residents by tier and place."""
    found = []
    for what in ("visits", "admissions"):
        counts = dataset[what].sum(("month", "county"))
        for tier in TIER_KEYS:
            for place in _PLACES:
                count = float(counts.sel(tier=tier, place=place))
                found.append(Flow(arm, year, what, tier, place, count))
    return found
