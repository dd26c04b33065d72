"""Second anchoring: what a region's own published figures say against the national behaviour.

Every region inherits the constants solved on the national reference county. Where a region has
published figures of use (a share of visits, bed use, stay, the volume of a named hospital) it may
differ, and those figures shift a few constants. A shift is the most probable one given

- a normal prior around the national value, as wide as regions are taken to differ (assumed);
- every figure with its allowed error, compared with a run of its own year;
- the access factor of a pandemic year as one more unknown with its own range, so that a figure of
  2020 informs the product of the year's access and the region's state, and not the state alone.

Few and uncertain figures therefore shift little, and what stays beyond its allowed error is shown.
The run is taken as linear in the unknowns around the national state; one finite difference each.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.packs.observed import Observation, need
from sim.parameters import FOLDER, REGIONAL, read_anchored, read_rows
from sim.run import simulate

REPORT = FOLDER / "data" / "anchors_local.csv"
PUBLIC = ("general_hospital", "tcm_hospital", "maternal_child_hospital")
SHIFT_COLUMNS = ("region", "key", "operation", "amount", "prior_sd", "posterior_sd", "status",
                 "source")  # fmt: skip
REPORT_COLUMNS = ("region", "indicator", "anchor", "anchor_zh", "unit", "year", "published",
                  "allowed_error", "national_behaviour", "simulated", "residual", "use", "status",
                  "source", "note", "run_key")  # fmt: skip
SOURCE = "most probable given the region's own figures, by python -m calibration anchor {region}"
STEPS = 2


@dataclass(frozen=True, slots=True)
class Unknown:
    """A constant a region may differ in.

    keys      parameters moved together; add to them, or multiply by the exponential
    prior_sd  standard deviation between regions, on the scale moved; assumed
    step      finite difference
    """

    name: str
    keys: tuple[str, ...]
    operation: str
    prior_sd: float
    step: float

    def moved(self, value: float, by: float) -> float:
        """A parameter's value when the unknown is at `by`."""
        return value + by if self.operation == "add" else value * math.exp(by)

    def acts_in(self, year: int) -> bool:
        """False for the access factor of another year."""
        own_year = self.name.partition("access_factor:")[2]
        return own_year in ("", str(year))


@dataclass(frozen=True, slots=True)
class LocalAnchor:
    """One published local figure and what of a run it is compared with.

    found    the figure as observed; factor turns it into the unit of the comparison
    allowed  allowed error, a standard deviation in that unit
    use      fitted: it may shift the unknowns; scale: another time, for the order of magnitude
    run_year the year simulated; equal to the figure's except for `scale`
    measure  (dataset) -> the simulated figure
    """

    name: str
    name_zh: str
    unit: str
    found: Observation
    factor: float
    allowed: float
    use: str
    run_year: int
    note: str
    measure: Callable[[Any], float]

    @property
    def published(self) -> float:
        """The published figure in the unit of the comparison."""
        return self.found.value * self.factor


PULL = Unknown(
    "pull of hospitals", ("tier_constant:county", "tier_constant:city"), "add", 0.30, 0.2
)
CITY = Unknown("pull of city hospitals", ("tier_constant:city",), "add", 0.30, 0.2)
STAY = Unknown("stay", ("stay_mean:county", "stay_mean:city"), "multiply", 0.08, 0.05)
ADMIT = Unknown(
    "admission", ("admission_scale:county", "admission_scale:city"), "multiply", 0.15, 0.1
)
ADMIT_CITY = Unknown("admission at the city", ("admission_scale:city",), "multiply", 0.15, 0.1)
# Unknowns of a region: only what its figures can say. One city hospital says nothing of
# counties.
UNKNOWNS = {"bayannur": (PULL, CITY, STAY, ADMIT), "liaocheng": (CITY, ADMIT_CITY)}


def primary_share(ds: Any) -> float:
    """Visits at village and township facilities over visits at all facilities inside the region."""
    inside = ds.facility_county.values >= 0
    visits = np.where(inside, ds.facility_visits.values, 0)
    return float(visits[ds.facility_tier.values <= 1].sum() / visits.sum())


def _public(ds: Any) -> Any:
    return np.isin(ds.facility_kind.values, PUBLIC) & (ds.facility_is_delay.values == 0)


def public_occupancy(ds: Any) -> float:
    """Occupied over open bed-days of public county and city hospitals."""
    use = _public(ds)
    return float(
        ds.facility_bed_days.values[use].sum() / ds.facility_open_bed_days.values[use].sum()
    )


def public_stay(ds: Any) -> float:
    """Mean stay of those discharged from public county and city hospitals, days."""
    use = _public(ds)
    return float(ds.facility_stay_days.values[use].sum() / ds.facility_discharges.values[use].sum())


def at_facility(key: str, variable: str) -> Callable[[Any], float]:
    """Volume of one facility, its patients from elsewhere included: residents / (1 - withdrawn)."""

    def measure(ds: Any) -> float:
        at = list(ds.facility.values).index(key)
        return float(ds[variable].values[at] / (1.0 - ds.facility_withdrawn.values[at]))

    return measure


def local_anchors(region: str) -> list[LocalAnchor]:
    """Published figures of a region's own services that a run simulates; empty for most."""
    return {"bayannur": _bayannur, "liaocheng": _liaocheng, "suining": _suining}.get(region, list)()


def _bayannur() -> list[LocalAnchor]:
    note = "pandemic year; informs the year's access and the region's state together"
    share, use, stay = (
        need("bayannur", name, 2020)
        for name in ("visit_share", "bed_use_rate_public", "average_los_public")
    )
    return [
        LocalAnchor("primary share of visits", "基层诊疗人次占比", "1", share, 0.01, 0.05, "fitted",
                    2020, f"{note}; private clinics taken as counted", primary_share),
        LocalAnchor("bed occupancy, public hospitals", "公立医院病床使用率", "1", use, 0.01, 0.05,
                    "fitted", 2020, note, public_occupancy),
        LocalAnchor("average length of stay, public hospitals", "公立医院平均住院日", "day", stay,
                    1.0, 0.5, "fitted", 2020, note, public_stay),
        *_hospital("bayannur", "m-bayannur-1", "Bayannur Hospital", "巴彦淖尔市医院",
                   "hospital_visits"),
    ]  # fmt: skip


def _liaocheng() -> list[LocalAnchor]:
    return _hospital("liaocheng", "m-liaocheng-1", "Liaocheng People's Hospital", "聊城市人民医院",
                     "hospital_visits_outpatient_emergency")  # fmt: skip


def _hospital(region: str, key: str, name: str, name_zh: str, visits: str) -> list[LocalAnchor]:
    """Visits and discharges of a named city hospital of about 2022, from its profile."""
    note = "hospital profile, rounded, year given as about 2022; its share of the city assumed"
    pairs = (
        (visits, "visits", "诊疗人次", "facility_visits", 0.25),
        ("hospital_discharges", "discharges", "出院人次", "facility_discharges", 0.20),
    )
    return [
        LocalAnchor(f"{name}, {word}", f"{name_zh}{word_zh}", "1/year", found, 1.0,
                    error * found.value, "fitted", 2022, note, at_facility(key, variable))
        for indicator, word, word_zh, variable, error in pairs
        for found in [need(region, indicator, 2022)]
    ]  # fmt: skip


def _suining() -> list[LocalAnchor]:
    note = "about 2012, on 1,520 beds: for scale only, compared with 2023"
    pairs = (
        ("hospital_visits", "visits", "诊疗人次", "facility_visits"),
        ("hospital_admissions", "admissions", "入院人次", "facility_admissions"),
    )
    return [
        LocalAnchor(f"Suining Central Hospital, {word}", f"遂宁市中心医院{word_zh}", "1/year",
                    found, 1.0, 0.5 * found.value, "scale", 2023, note,
                    at_facility("m-suining-1", variable))
        for indicator, word, word_zh, variable in pairs
        for found in [need("suining", indicator, 2012)]
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Solution:
    """Shifts of a region's unknowns, their standard deviations, and the figures before them.

    before  simulated figures under the national behaviour, in the order of the anchors
    """

    shifts: tuple[float, ...]
    posterior_sd: tuple[float, ...]
    before: tuple[float, ...]


def _national() -> dict[str, float]:
    return {**{row.key: row.default for row in read_rows()}, **read_anchored()}


def _values(unknowns: tuple[Unknown, ...], at: Any) -> dict[str, float]:
    """Parameter values by key with every unknown where `at` says."""
    values: dict[str, float] = {}
    national = _national()
    for unknown, by in zip(unknowns, at, strict=True):
        for key in unknown.keys:
            values[key] = unknown.moved(values.get(key, national[key]), float(by))
    return values


def access_unknowns(years: list[int]) -> tuple[Unknown, ...]:
    """The access factors of the years before 2023, their range read as two deviations each way."""
    rows = {row.key: row for row in read_rows()}
    found = [rows[f"access_factor:{year}"] for year in years if year < 2023]
    return tuple(
        Unknown(row.key, (row.key,), "add", (row.high - row.low) / 4, (row.high - row.low) / 4)
        for row in found
    )


def most_probable(jacobian: Any, misfit: Any, allowed: Any, prior_sd: Any) -> tuple[Any, Any]:
    """Mean and covariance of the unknowns of a linear model with normal errors and prior.

    jacobian  (figures, unknowns); misfit published less simulated at zero, (figures,)
    allowed, prior_sd  standard deviations

    >>> mean, covariance = most_probable(np.eye(1), np.ones(1), np.ones(1), np.ones(1))
    >>> float(mean[0]), float(covariance[0, 0])
    (0.5, 0.5)
    """
    scaled = jacobian / allowed[:, None]
    precision = scaled.T @ scaled + np.diag(1.0 / prior_sd**2)
    covariance = np.linalg.inv(precision)
    return covariance @ (scaled.T @ (misfit / allowed)), covariance


def solve_region(
    region: str, seed: int = 0, threads: int = 2, report: Callable[[str], None] = print
) -> Solution:
    """Compare a region's figures with its runs and find its shifts; nothing is written."""
    anchors = local_anchors(region)
    years = sorted({anchor.run_year for anchor in anchors})
    unknowns = UNKNOWNS.get(region, ()) + access_unknowns(years if region in UNKNOWNS else [])

    def figures(at: Any) -> Any:
        return _figures(region, anchors, _values(unknowns, at), seed, threads)[0]

    zero = np.zeros(len(unknowns))
    before = figures(zero)
    report(f"{region}: {len(anchors)} figures, {len(unknowns)} unknowns, years {years}")
    if not unknowns:
        return Solution((), (), tuple(before))
    jacobian = np.zeros((len(anchors), len(unknowns)))
    for k, unknown in enumerate(unknowns):
        at = zero.copy()
        at[k] = unknown.step
        touched = [i for i, anchor in enumerate(anchors) if unknown.acts_in(anchor.run_year)]
        got, _ = _figures(
            region, [anchors[i] for i in touched], _values(unknowns, at), seed, threads
        )
        jacobian[touched, k] = (got - before[touched]) / unknown.step
        report(f"  effect of {unknown.name}")
    published, allowed = (
        np.array([getattr(anchor, name) for anchor in anchors]) for name in ("published", "allowed")
    )
    prior = np.array([unknown.prior_sd for unknown in unknowns])
    at, after = zero, before
    for _ in range(STEPS):  # a second step meets the curvature with the same effects
        at, covariance = most_probable(jacobian, published - after + jacobian @ at, allowed, prior)
        after = figures(at)
    n = len(UNKNOWNS[region])
    return Solution(tuple(at[:n]), tuple(np.sqrt(np.diag(covariance))[:n]), tuple(before))


def _figures(
    region: str, anchors: list[LocalAnchor], values: dict[str, float], seed: int, threads: int
) -> tuple[Any, list[str]]:
    """Simulated figures in the order of the anchors, and the keys of the runs they are from."""
    years = sorted({anchor.run_year for anchor in anchors})
    runs = {y: simulate(region, y, seed=seed, threads=threads, overrides=values) for y in years}
    got = [anchor.measure(runs[anchor.run_year].dataset) for anchor in anchors]
    return np.array(got), [str(runs[anchor.run_year].manifest["key"]) for anchor in anchors]


def shift_rows(region: str, solution: Solution) -> list[dict[str, str]]:
    """Rows of anchored_regions.csv; a key moved by two unknowns gets their sum."""
    moves: dict[str, tuple[str, float, float, float]] = {}
    for unknown, by, sd in zip(
        UNKNOWNS.get(region, ()), solution.shifts, solution.posterior_sd, strict=True
    ):
        for key in unknown.keys:
            _, total, prior, posterior = moves.get(key, ("", 0.0, 0.0, 0.0))
            moves[key] = (unknown.operation, total + by, math.hypot(prior, unknown.prior_sd),
                          math.hypot(posterior, sd))  # fmt: skip
    return [
        dict(zip(SHIFT_COLUMNS, (
            region, key, operation, f"{by if operation == 'add' else math.exp(by):.4f}",
            f"{prior:.3f}", f"{posterior:.3f}", "calibrated", SOURCE.format(region=region),
        ), strict=True))
        for key, (operation, by, prior, posterior) in moves.items()
    ]  # fmt: skip


def plain(value: float, digits: int = 4) -> str:
    """A number to so many significant digits, never in powers of ten.

    >>> plain(915_612.0), plain(0.42630), plain(-4_571.0, 2)
    ('915600', '0.4263', '-4600')
    """
    return f"{float(f'{value:.{digits}g}'):.10g}"


def report_rows(
    region: str, solution: Solution, seed: int = 0, threads: int = 2
) -> list[dict[str, str]]:
    """Rows of anchors_local.csv: every figure with what national and shifted behaviour give.

    The latter is from plain runs of the region with the shifts as stored, under the keys given.
    """
    rows = []
    anchors = local_anchors(region)
    figures, keys = _figures(region, anchors, {}, seed, threads)
    for anchor, before, after, key in zip(anchors, solution.before, figures, keys, strict=True):
        cells = (
            region, anchor.found.indicator, anchor.name, anchor.name_zh, anchor.unit,
            str(anchor.found.year), plain(anchor.published), plain(anchor.allowed), plain(before),
            plain(after), plain(after - anchor.published, 2), anchor.use,
            anchor.found.status, anchor.found.source, anchor.note, key,
        )  # fmt: skip
        rows.append(dict(zip(REPORT_COLUMNS, cells, strict=True)))
    return rows


def _rewrite(path: Path, columns: tuple[str, ...], region: str, new: list[dict[str, str]]) -> None:
    """Replace a region's rows of a table and keep the others'; regions in order."""
    kept: list[dict[str, str]] = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as stream:
            kept = [row for row in csv.DictReader(stream) if row["region"] != region]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(kept + new, key=lambda row: row["region"]))


def anchor_region(
    region: str, seed: int = 0, threads: int = 2, report: Callable[[str], None] = print
) -> Solution:
    """Solve a region's shifts and store them with the comparison.

    Writes the region's rows of `data/anchored_regions.csv` and `data/anchors_local.csv`.
    """
    if not local_anchors(region):
        report(f"{region}: no published figure of use to compare with; national behaviour stands")
    solution = solve_region(region, seed, threads, report)
    _rewrite(REGIONAL, SHIFT_COLUMNS, region, shift_rows(region, solution))
    rows = report_rows(region, solution, seed, threads)
    _rewrite(REPORT, REPORT_COLUMNS, region, rows)
    for row in rows:
        report(f"  {row['anchor']} {row['year']}: published {row['published']}, national behaviour "
             f"{row['national_behaviour']}, shifted {row['simulated']}")  # fmt: skip
    return solution
