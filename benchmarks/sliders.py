"""What each lever does to the headline figures between no use and full use, from plan-2025.

    python -m benchmarks.sliders taonan

Sorted by the sum of the changes, each over its spread among the levers; the page's ten sliders are
chosen from the top of this table (ui/model/question.py).
"""

from __future__ import annotations

import sys

from scenarios.plans.clauses import REGIONS
from scenarios.plans.levers import Lever, levers
from ui.model.answer import Answer, ask
from ui.model.question import LAST, PLAN, Question
from ui.view.numbers import DEFINED

FIGURES = (
    ("in_county_visit_rate", ""), ("in_county_admission_share", ""),
    ("primary_share_in_county", ""), ("unresolved_need_share", ""), ("bed_occupancy", "county"),
    ("wait_minutes_mean", "county"), ("out_of_pocket_per_person", ""),
    ("fund_spending_per_person", ""),
)  # fmt: skip


def effect(region: str, lever: Lever) -> list[float]:
    """Figures of 2035 at the lever's highest level less those at 0; per cent are points."""
    high, none = (ask(Question(region, PLAN, ((lever.id, level),))) for level in (lever.high, 0.0))
    return [_figure(high, *each) - _figure(none, *each) for each in FIGURES]


def _figure(answer: Answer, indicator: str, tier: str) -> float:
    value = answer.value(LAST, indicator, tier)
    scale = 100.0 if DEFINED[indicator].show == "percent" else 1.0
    return float("nan") if value is None else scale * value


def main(regions: list[str]) -> None:
    """Print one table a region."""
    for region in regions:
        found = {lever.id: effect(region, lever) for lever in levers().values() if lever.effects}
        spread = [max(abs(row[k]) for row in found.values()) or 1.0 for k in range(len(FIGURES))]
        score = {name: sum(abs(v) / s for v, s in zip(row, spread, strict=True))
                 for name, row in found.items()}  # fmt: skip
        print(f"{region}, {LAST}: " + ", ".join(" ".join(each).strip() for each in FIGURES))
        for name in sorted(found, key=score.__getitem__, reverse=True):
            print(f"{name:<28}{score[name]:6.2f}" + "".join(f"{v:+9.2f}" for v in found[name]))


if __name__ == "__main__":
    main(sys.argv[1:] or list(REGIONS))
