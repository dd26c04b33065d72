"""What the model answers, as the few figures the page shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from scenarios.schedule import schedule_of
from sim.dynamics.schedule import PolicySchedule
from sim.indicators import compute_all
from sim.paths.path import simulate_path
from ui.model.question import BASE, LAST, NEAR, Question, scenario_of

if TYPE_CHECKING:
    import xarray as xr

    from sim.paths.path import PathRun

# Rates of which more is no gain where more needs stay unresolved.
IN_COUNTY = (
    "in_county_visit_rate", "in_county_visit_rate_claims", "in_county_admission_share",
    "in_county_fund_share", "primary_share_in_county", "primary_share_in_county_with_clinics",
    "primary_share_all", "primary_fund_share_in_county", "first_contact_share",
)  # fmt: skip
UNRESOLVED = "unresolved_need_share"
SHOWN = (
    *IN_COUNTY, UNRESOLVED, "bed_occupancy", "wait_minutes_mean", "admission_wait_days",
    "left_unseen_share", "average_length_of_stay", "out_of_pocket_per_person",
    "fund_spending_per_person", "visits_per_person", "admissions_per_100", "back_referral_rate",
)  # fmt: skip
FLOWS = ("visits", "admissions")
# Years with all figures; the others have those drawn as lines, since indicators take time.
WHOLE_YEARS = (BASE, NEAR, LAST)
LINES = ("bed_occupancy", "wait_minutes_mean")

Progress = Callable[[str, int, int, int], None]
# {year: {indicator: {"value": number or None, "by_tier": {tier: number or None}}}}
Figures = Mapping[int, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Figures of one path.

    figures   by year and indicator, in its unit: `value`, and `by_tier` where it has one
    flows     by year, "visits" or "admissions", and tier: how many in the year
    seconds   of computing
    """

    figures: Figures
    flows: Mapping[int, Mapping[str, Mapping[str, float]]]
    engine: str
    seed: int
    seconds: float
    warnings: tuple[str, ...]

    def value(self, year: int, indicator: str, tier: str = "") -> float | None:
        """A figure, None where it is not defined or not shown for the year."""
        figure = self.figures[year].get(indicator, {})
        return (figure.get("by_tier") or {}).get(tier) if tier else figure.get("value")

    def to_json(self) -> str:
        """As one line of text."""
        return json.dumps(asdict(self))


def from_json(text: str) -> Answer:
    """The answer a text holds; years are whole numbers again."""
    fields = json.loads(text)
    for name in ("figures", "flows"):
        fields[name] = {int(year): found for year, found in fields[name].items()}
    return Answer(**{**fields, "warnings": tuple(fields["warnings"])})


def ask(
    question: Question,
    overrides: Mapping[str, float] | None = None,
    progress: Progress | None = None,
    threads: int = 2,
) -> Answer:
    """Let the model answer: scenario, policy schedule, path, indicators.

    overrides  parameter values of a draw
    raises     InputError for a question that is none, RuntimeError where the model fails
    """
    run = simulate_path(
        question.region, question.until, schedule=_schedule_of(question),
        engine=question.engine, seed=question.seed, threads=threads, overrides=overrides,
        progress=progress,
    )  # fmt: skip
    return _answer_of(run, question)


@lru_cache(maxsize=32)
def _schedule_of(question: Question) -> PolicySchedule:
    """The same for all draws of a question's ranges."""
    return schedule_of(scenario_of(question))


def _answer_of(run: PathRun, question: Question) -> Answer:
    return Answer(
        figures={year: _figures_of(dataset, year) for year, dataset in run.years.items()},
        flows={year: _flows_of(dataset) for year, dataset in run.years.items()},
        engine=question.engine, seed=question.seed,
        seconds=float(run.manifest["seconds"]),
        warnings=tuple(run.manifest["warnings"]),
    )  # fmt: skip


def _figures_of(dataset: xr.Dataset, year: int) -> dict[str, dict[str, Any]]:
    computed = compute_all(dataset, only=SHOWN if year in WHOLE_YEARS else LINES)
    return {
        name: {part: value[part] for part in ("value", "by_tier") if part in value}
        for name, value in computed.items()
    }


def _flows_of(dataset: xr.Dataset) -> dict[str, dict[str, float]]:
    tiers = [str(tier) for tier in dataset.tier.values]
    found = {}
    for name in FLOWS:
        by_tier = dataset[name].sum(["month", "county", "place"]).values
        found[name] = {tier: float(n) for tier, n in zip(tiers, by_tier, strict=True)}
    return found
