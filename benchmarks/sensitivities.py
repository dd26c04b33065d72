"""Which assumed parameters matter most: each at the low and the high end of its range, one at a time.

python -m benchmarks.sensitivities        about six minutes on two cores

Runs the reference county of 2023. All rows of a parameter move together; parameters fixed by
practice (opening hours), shares that must sum to one and seasonal patterns are left out. The
anchored constants stay as they are, so that level effects an anchoring would take back show too.
Writes sim/data/sensitivities.csv, read by `python -m sim info`.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

from sim.indicators import compute_all
from sim.parameters import Row, load_parameters, rows_of_status
from sim.run import simulate

TABLE = Path(__file__).resolve().parent.parent / "sim" / "data" / "sensitivities.csv"
REGION, YEAR, SEED = "reference", 2023, 0
LEFT_OUT = ("season", "weekday", "urban_age_tilt")
FIXED_PRIORS = ("fixed", "dirichlet")
# Headline indicator, tier or "" for all, and the change that counts as one: the allowed error of
# its anchor, or what a planner would call a difference.
HEADLINES = (
    ("visits_per_person", "", 0.20), ("admissions_per_100", "", 0.7),
    ("primary_share_in_county", "", 0.02), ("in_county_visit_rate", "", 0.02),
    ("in_county_admission_share", "", 0.03), ("bed_occupancy", "township", 0.04),
    ("bed_occupancy", "county", 0.04), ("wait_minutes_mean", "county", 3.0),
    ("out_of_pocket_per_person", "", 100.0),
)  # fmt: skip


def headline_name(indicator: str, tier: str) -> str:
    """Column of a headline: its id, with the tier where it is one tier's."""
    return f"{indicator}:{tier}" if tier else indicator


def headlines(overrides: dict[str, float]) -> dict[str, float]:
    """Headline indicators of one run of the reference county."""
    run = simulate(REGION, YEAR, seed=SEED, overrides=overrides)
    values = compute_all(run.dataset, load_parameters(overrides))
    return {
        headline_name(indicator, tier): float(
            values[indicator]["by_tier"][tier] if tier else values[indicator]["value"]
        )
        for indicator, tier, _ in HEADLINES
    }


def varied() -> dict[str, list[Row]]:
    """Assumed and recalled rows by parameter, those that can be moved on their own."""
    found: dict[str, list[Row]] = {}
    for row in rows_of_status(("assumed", "recalled")):
        if row.prior not in FIXED_PRIORS and row.name not in LEFT_OUT and row.low < row.high:
            found.setdefault(row.name, []).append(row)
    return found


def effect(low: dict[str, float], high: dict[str, float]) -> dict[str, float]:
    """Change from low to high in units of what counts as one, by headline."""
    return {
        headline_name(indicator, tier): (
            high[headline_name(indicator, tier)] - low[headline_name(indicator, tier)]
        ) / unit
        for indicator, tier, unit in HEADLINES
    }  # fmt: skip


def size(effects: dict[str, float]) -> float:
    """Root mean square of the standardised effects over the headlines."""
    return math.sqrt(sum(value**2 for value in effects.values()) / len(effects))


def main() -> None:
    """Run every parameter at both ends and write the table, largest first."""
    rows: list[dict[str, Any]] = []
    for name, members in varied().items():
        ends = [
            headlines({row.key: getattr(row, end) for row in members}) for end in ("low", "high")
        ]
        effects = effect(*ends)
        most = max(effects, key=lambda key: abs(effects[key]))
        span = members[0] if len(members) == 1 else None
        rows.append({
            "parameter": name, "rows": len(members), "status": members[0].status,
            "default": f"{span.default:g}" if span else "", "low": f"{span.low:g}" if span else "",
            "high": f"{span.high:g}" if span else "", "unit": members[0].unit,
            "effect": f"{size(effects):.3f}", "most_on": most, "at_low": f"{ends[0][most]:.4g}",
            "at_high": f"{ends[1][most]:.4g}",
        })  # fmt: skip
        print(f"{name}: {size(effects):.2f}, most on {most}", flush=True)
    rows.sort(key=lambda row: (-float(row["effect"]), row["parameter"]))
    with TABLE.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
