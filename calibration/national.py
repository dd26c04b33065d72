"""First anchoring: solve need, tier constants, admission scales and stays on national 2023 figures.

The national reference county (synthetic, 500,000 residents, shipped as the pack `reference`) is
run with the compiled engine until its levels, shares and stays meet the national figures; every
region inherits what is solved. Each unknown is moved by its own target on a logarithmic scale, a
fixed-point iteration that converges because every unknown acts mostly on its own target.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.indicators import compute_all
from sim.parameters import ANCHORED, FOLDER, load_parameters, read_anchored
from sim.run import simulate
from sim.tiers import TIER_KEYS

DATA = FOLDER / "data"
OBSERVATIONS = DATA / "observations.csv"
REPORT = DATA / "anchors_national.csv"
YEAR = 2023
# Chinese names of the anchors, in the order of `anchors()`.
NAMES_ZH = (
    "居民平均就诊次数", "县域内基层诊疗占比（不含诊所）", "村级与乡镇诊疗量之比", "县外诊疗占比",
    "年住院率", "乡镇级入院占比", "县外入院占比", "出院者平均住院日（乡镇级）",
    "出院者平均住院日（县级）", "出院者平均住院日（市级和区域）", "病床使用率（乡镇级）",
    "病床使用率（县级）", "医师日均担负诊疗人次（乡镇级）", "医师日均担负诊疗人次（县级）",
    "每诊疗人次入院数（乡镇级）", "每诊疗人次入院数（县级）", "每诊疗人次入院数（县外）", "总诊疗人次",
)  # fmt: skip
BULLETIN = "2023年我国卫生健康事业发展统计公报 (service tables by tier, read in a copy)"


@dataclass(frozen=True, slots=True)
class Anchor:
    """One figure the reference county is compared with.

    allowed  allowed error, in the figure's unit
    solved   True: an unknown is moved to meet it; False: only compared
    """

    name: str
    unit: str
    published: float
    allowed: float
    solved: bool
    status: str
    source: str


def national() -> dict[tuple[str, str], float]:
    """Observed national figures of 2023: {(indicator, tier): value}, recalled ones left out."""
    with OBSERVATIONS.open(encoding="utf-8", newline="") as stream:
        return {
            (row["indicator"], row["tier"]): float(row["value"])
            for row in csv.DictReader(stream)
            if row["geography"] == "national"
            and row["year"] == str(YEAR)
            and row["status"] != "recalled"
        }


def anchors() -> list[Anchor]:
    """The figures, computed from the national tables.

    V = village clinics, stations and private clinics; T = township and community centres;
    C = secondary, level-1 and ungraded hospitals together; M and R = tertiary hospitals.
    """
    n = national()
    visits = n["visits", "all"]
    named = (
        n["visits", "village"] + n["visits", "township"] + n["visits_community_all", "community"]
    )
    clinics = n["visits", "primary"] - named
    village = n["visits", "village"] + n["visits_community_station", "community"] + clinics
    township = n["visits", "township"] + n["visits", "community"]
    county = n["visits", "hospital"] - n["visits", "tertiary"]
    admissions = n["admissions", "all"]
    county_admissions = n["admissions", "hospital"] - n["admissions", "tertiary"]
    county_stay = (
        n["average_los", "hospital"] * n["admissions", "hospital"]
        - n["average_los", "tertiary"] * n["admissions", "tertiary"]
    ) / county_admissions
    township_stay = (
        n["average_los", "township"] * n["admissions", "township"]
        + n["average_los", "community"] * n["admissions", "community"]
    ) / (n["admissions", "township"] + n["admissions", "community"])
    county_beds = n["beds", "hospital"] - n["beds", "tertiary"]
    county_occupancy = (
        n["bed_use_rate", "hospital"] * n["beds", "hospital"]
        - n["bed_use_rate", "tertiary"] * n["beds", "tertiary"]
    ) / county_beds
    load = _harmonic(
        (n["visits", "township"], n["doctor_daily_visits", "township"]),
        (n["visits", "community"], n["doctor_daily_visits", "community"]),
    )
    county_load = _harmonic(
        (n["visits", "secondary"], n["doctor_daily_visits", "secondary"]),
        (
            county - n["visits", "secondary"],
            n["doctor_daily_visits_level1_hospital", "hospital"],
        ),
    )
    row = Anchor
    return [
        row("visits per person", "1/year", n["visits_per_person", "all"], 0.20, True,
            "published", BULLETIN),
        row("primary share in the county, private clinics left out", "1",
            n["county_primary_visit_share", "primary"] / 100.0, 0.02, True, "derived",
            "国家卫生健康委 2024-2025 county consortium briefing"),
        row("village : township visits", "1", village / township, 0.10, True, "derived", BULLETIN),
        row("visits beyond the county", "1", 0.07, 0.03, True, "assumed",
            "no anchor found; prior 4-15% of visits"),
        row("admissions per 100 persons", "1/100", n["admissions_per_100_persons", "all"], 0.7,
            True, "derived", BULLETIN),
        row("township share of admissions", "1", n["admissions", "primary"] / admissions, 0.02,
            True, "derived", BULLETIN),
        row("admissions beyond the county", "1", 0.20, 0.05, True, "assumed",
            "no anchor found; prior 13-28% of admissions"),
        row("average length of stay, township", "day", township_stay, 0.3, True, "derived",
            BULLETIN),
        row("average length of stay, county", "day", county_stay, 0.4, True, "derived", BULLETIN),
        row("average length of stay, city and regional", "day", n["average_los", "tertiary"], 0.4,
            True, "published", BULLETIN),
        row("bed occupancy, township", "1", n["bed_use_rate", "township"] / 100.0, 0.04, False,
            "published", BULLETIN),
        row("bed occupancy, county", "1", county_occupancy / 100.0, 0.04, False, "derived",
            BULLETIN),
        row("visits per doctor and day, township", "1/day", load, 1.0, False, "derived", BULLETIN),
        row("visits per doctor and day, county", "1/day", county_load, 0.6, False, "derived",
            BULLETIN),
        row("admissions per visit, township", "1", n["admissions", "primary"] / township, 0.005,
            False, "derived", BULLETIN),
        row("admissions per visit, county", "1", county_admissions / county, 0.012, False,
            "derived", BULLETIN),
        row("admissions per visit, beyond the county", "1",
            n["admissions", "tertiary"] / n["visits", "tertiary"], 0.03, False, "derived",
            BULLETIN),
        row("visits at all facilities", "bn/year", visits / 1e9, 0.2, False, "published",
            BULLETIN),
    ]  # fmt: skip


def _harmonic(*parts: tuple[float, float]) -> float:
    """Load of several kinds of facility together: visits over the doctors they imply."""
    return sum(visits for visits, _ in parts) / sum(visits / load for visits, load in parts)


def simulated(overrides: dict[str, float], seed: int, threads: int) -> dict[str, float]:
    """The anchors' figures of one run of the reference county."""
    run = simulate("reference", YEAR, seed=seed, threads=threads, overrides=overrides)
    ds = run.dataset
    p = load_parameters(overrides)
    values = compute_all(ds, p)
    visits = ds.visits.sum(["month", "county", "place"]).values.astype(float)
    admissions = ds.admissions.sum(["month", "county", "place"]).values.astype(float)
    stay = values["average_length_of_stay"]["by_tier"]
    out = ds.facility_discharges.values
    upper = np.isin(ds.facility_tier.values, [3, 4])
    upper_stay = ds.facility_stay_days.values[upper].sum() / max(1, out[upper].sum())
    occupancy = values["bed_occupancy"]["by_tier"]
    load = values["visits_per_doctor_day"]["by_tier"]
    return {
        "visits per person": values["visits_per_person"]["value"],
        "primary share in the county, private clinics left out":
            values["primary_share_in_county"]["value"],
        "village : township visits": visits[0] / visits[1],
        "visits beyond the county": visits[3:].sum() / visits.sum(),
        "admissions per 100 persons": values["admissions_per_100"]["value"],
        "township share of admissions": admissions[1] / admissions.sum(),
        "admissions beyond the county": admissions[3:].sum() / admissions.sum(),
        "average length of stay, township": stay["township"],
        "average length of stay, county": stay["county"],
        "average length of stay, city and regional": upper_stay,
        "bed occupancy, township": occupancy["township"],
        "bed occupancy, county": occupancy["county"],
        "visits per doctor and day, township": load["township"],
        "visits per doctor and day, county": load["county"],
        "admissions per visit, township": admissions[1] / visits[1],
        "admissions per visit, county": admissions[2] / visits[2],
        "admissions per visit, beyond the county": admissions[3:].sum() / visits[3:].sum(),
        "visits at all facilities": values["visits_per_person"]["value"] * 1.4097,
    }  # fmt: skip


def step(values: dict[str, float], got: dict[str, float], wanted: dict[str, float]) -> None:
    """Move every unknown by its own target; `values` is changed in place."""

    def gap(name: str) -> float:
        return math.log(wanted[name] / got[name])

    def odds(name: str) -> float:
        return math.log(wanted[name] / (1 - wanted[name])) - math.log(got[name] / (1 - got[name]))

    share = "primary share in the county, private clinics left out"
    for key in ("minor", "chronic", "complex", "critical"):
        values[f"need_scale:{key}"] *= math.exp(gap("visits per person"))
    values["tier_constant:township"] -= 0.8 * gap("village : township visits")
    values["tier_constant:county"] -= odds(share)
    for tier in ("city", "regional", "outside"):
        values[f"tier_constant:{tier}"] += 0.8 * odds("visits beyond the county") - 0.5 * odds(
            share
        )
    total = gap("admissions per 100 persons")
    beyond = odds("admissions beyond the county")
    values["admission_scale:township"] *= math.exp(total + gap("township share of admissions"))
    values["admission_scale:county"] *= math.exp(total - 0.3 * beyond)
    for tier in ("city", "regional", "outside"):
        values[f"admission_scale:{tier}"] *= math.exp(total + 0.7 * beyond)
    values["stay_mean:township"] *= math.exp(gap("average length of stay, township"))
    values["stay_mean:county"] *= math.exp(gap("average length of stay, county"))
    for tier in ("city", "regional"):
        values[f"stay_mean:{tier}"] *= math.exp(gap("average length of stay, city and regional"))


def unknown_keys() -> list[str]:
    """Keys of the parameters that anchoring solves."""
    keys = [f"need_scale:{key}" for key in ("minor", "chronic", "complex", "critical")]
    keys += [f"tier_constant:{tier}" for tier in TIER_KEYS[1:]]
    keys += [f"admission_scale:{tier}" for tier in TIER_KEYS[1:]]
    return keys + [f"stay_mean:{tier}" for tier in ("township", "county", "city", "regional")]


def solve(
    steps: int = 30,
    seed: int = 0,
    threads: int = 2,
    report: Callable[[str], None] = print,
) -> bool:
    """Solve the anchors and write `data/anchored.csv` and `data/anchors_national.csv`.

    Starts from the anchoring there is. Returns True when every solved anchor is met to a tenth of
    its allowed error within `steps` runs; nothing is written otherwise.
    """
    table = {row.key: row.default for row in _calibrated_rows()}
    values = {**table, **read_anchored()}
    wanted = {anchor.name: anchor.published for anchor in anchors()}
    solved = [anchor for anchor in anchors() if anchor.solved]
    for iteration in range(1, steps + 1):
        got = simulated(values, seed, threads)
        worst = max(solved, key=lambda a: abs(got[a.name] - a.published) / a.allowed)
        miss = abs(got[worst.name] - worst.published) / worst.allowed
        report(f"run {iteration}: largest miss {miss:.2f} of the allowed error, {worst.name}")
        if miss < 0.1:
            _write(values, got)
            return True
        step(values, got, wanted)
        values = {key: round(value, 5) for key, value in values.items()}  # as they are stored
    return False


def _calibrated_rows() -> list[Any]:
    from sim.parameters import read_rows

    keys = set(unknown_keys())
    return [row for row in read_rows() if row.key in keys]


def _write(values: dict[str, float], got: dict[str, float]) -> None:
    with ANCHORED.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["key", "value", "source"])
        for key in unknown_keys():
            source = "solved on national 2023 figures by python -m calibration anchor"
            writer.writerow([key, repr(values[key]), source])
    with REPORT.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(
            ["anchor", "anchor_zh", "unit", "year", "published", "simulated", "allowed_error",
             "residual", "solved", "status", "source"]
        )  # fmt: skip
        for anchor, name_zh in zip(anchors(), NAMES_ZH, strict=True):
            residual = got[anchor.name] - anchor.published
            writer.writerow(
                [anchor.name, name_zh, anchor.unit, YEAR, f"{anchor.published:.4g}",
                 f"{got[anchor.name]:.4g}", f"{anchor.allowed:.4g}", f"{residual:.2g}",
                 "yes" if anchor.solved else "no", anchor.status, anchor.source]
            )  # fmt: skip
