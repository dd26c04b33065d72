"""One calendar year of a region in the mean-field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.day import WARM_UP_DAYS
from sim.engines import record_types as L
from sim.engines.meanfield.contracts import end_of_year as contracts_of
from sim.engines.meanfield.locations import Floats
from sim.engines.meanfield.periods import MeanField, Solution, quarters
from sim.engines.meanfield.solver_inputs import RegionInputs
from sim.engines.meanfield.year_report import Tallies, YearReport
from sim.jit import kernel
from sim.parameters import one_row

# Read-outs of a run that expected values cannot give.
NOT_GIVEN = (
    "wait_minutes_p50", "wait_minutes_p90", "concentration_index",
    "concentration_index_admissions", "concentration_index_out_of_pocket",
    "concentration_index_unresolved",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class YearResult:
    """Expected values of a year.

    tallies    as of any engine, float64
    start, end people by county and group, key group and contract, the managed and the admitted,
               see sim.run.take_census
    residual   largest residual of its fixed points;  turns  exact evaluations used
    checks     conservation: relative differences that are 0 up to rounding
    """

    tallies: Tallies
    start: tuple[Floats, Floats, Floats]
    end: tuple[Floats, Floats, Floats]
    residual: float
    turns: int
    checks: dict[str, float]


def intensity_of(p: Any, year: int, months: list[int]) -> float:
    """Mean factor on the yearly rates in successive months of a year: season, weekdays, access."""
    return float(_intensity(one_row(p), year, months[0], months[-1]))


@kernel
def _intensity(parameters: Any, year: int, first: int, last: int) -> float:
    p = parameters[0]
    season = p.season[first : last + 1].mean()
    return season * p.weekday.mean() * p.access_factor[min(max(year, 2020), 2023) - 2020]


def run_year(
    inputs: RegionInputs, p: Any, progress: Callable[[int, int], None] | None = None
) -> YearResult:
    """Solve the warm-up and the four quarters of the region inputs' year.

    progress  called with (quarters done, quarters)

    Raises errors.NotConverged when a period has no fixed point within the tolerance.
    """
    model = MeanField(inputs, p)
    year = inputs.region.year
    start = model.people.copy()
    solutions: list[Solution] = [model.period(WARM_UP_DAYS / 365.0, intensity_of(p, year, [0]))]
    model.people = start.copy()  # nobody is born or dies in the warm-up
    report = YearReport(model)
    parts = quarters(year)
    for done, (months, years) in enumerate(parts):
        solution = model.period(years, intensity_of(p, year, months))
        solutions.append(solution)
        report.add(solution, months, years)
        if progress is not None:
            progress(done + 1, len(parts))
    cells = inputs.cells
    return YearResult(
        tallies=report.tallies,
        start=(cells.contracts, cells.managed, np.zeros_like(cells.managed)),
        end=end_of_year(
            p, inputs, inputs.region.contract_coverage[None], start, model.people, report.tallies
        ),
        residual=max(s.residual for s in solutions),
        turns=sum(s.turns for s in solutions),
        checks=conservation(report.tallies),
    )


def end_of_year(
    p: Any, inputs: RegionInputs, coverage: Floats, before: Floats, after: Floats, tallies: Tallies
) -> tuple[Floats, Floats, Floats]:
    """The census of the year's end: contracts and managed patients, see contracts.end_of_year, and
    people admitted at least once (none where groups of residents were not distinguished).

    coverage  (parts of the year, 2) contract coverage of others and key groups
    """
    contracts, managed = contracts_of(
        p, inputs.cells, coverage, before, after, tallies.people[:, 0], inputs.vital.birth
    )
    if not len(tallies.group):
        return contracts, managed, np.zeros_like(managed)
    people = contracts.sum(axis=(1, 2))
    # A transfer and a step-down are further stays of somebody who has been admitted.
    f = tallies.facility.sum(axis=0)
    again = (f[L.F_TRANSFERS_IN] + f[L.F_BACK_RECEIVED]) / max(f[L.F_ADMISSIONS], 1e-300)
    stays = tallies.group[:, :, L.G_DISCHARGES].sum(axis=1) * (1.0 - again)
    admitted = people * -np.expm1(-stays / np.maximum(people, 1e-300))
    return contracts, managed, admitted


def conservation(t: Tallies) -> dict[str, float]:
    """Identities of expected flows, as relative differences."""
    c, f, e = t.county, t.facility, t.episode

    def gap(a: Any, b: Any) -> float:
        return float(abs(a - b) / max(abs(a), abs(b), 1.0))

    ended = e[:, [L.E_SELF_RESOLVED, L.E_SELF_UNRESOLVED, L.E_RESOLVED, L.E_UNRESOLVED]].sum()
    groups = {}
    if len(t.group):
        admitted = t.group[..., L.G_ADMISSIONS].sum()
        groups = {
            "visits by group": gap(t.group[..., L.G_VISITS].sum(), c[..., L.C_VISITS].sum()),
            "admissions by group": gap(admitted, c[..., L.C_ADMISSIONS].sum()),
        }
    return groups | {
        "episodes": gap(e[:, L.E_STARTED].sum(), ended),
        "visits": gap(f[:, L.F_VISITS].sum(), c[..., L.C_VISITS].sum()),
        "admissions": gap(f[:, L.F_ADMISSIONS].sum(), c[..., L.C_ADMISSIONS].sum()),
        "fen of visits": gap(f[:, L.F_CHARGE_OUTPATIENT].sum(), c[..., L.C_CHARGE].sum()),
        "fen of stays": gap(f[:, L.F_CHARGE_INPATIENT].sum(), c[..., L.C_STAY_CHARGE].sum()),
    }
