"""Paths of quarters over many parameter draws, in threads.

A draw is solved on its own, by itself alone, so the answer does not depend on the number of
threads or on the other draws. A draw without a fixed point is reported, and its figures are nan.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engines.meanfield import chain as C
from sim.engines.meanfield.balance import State
from sim.engines.meanfield.model import MeanField, Solution, quarters
from sim.engines.meanfield.places import Floats
from sim.engines.meanfield.setting import Ground
from sim.engines.meanfield.solver import NotConverged, copy_state
from sim.engines.meanfield.year import intensity_of
from sim.tiers import ALTERNATIVE_TIER

_TIER = np.array(ALTERNATIVE_TIER)
_STEADY = 0.01  # years whose rates differ by more have no trend to follow
# Read-outs of a year by county and tier, a person of the county and year where not said otherwise.
READ_OUTS = ("visits", "first_contacts", "admissions", "bed_days", "wait_hours")


@dataclass(frozen=True, slots=True)
class Path:
    """Read-outs of draws and years.

    values     (draws, years, counties, 6 tiers, 5 READ_OUTS) yearly sums by residence and tier
    people     (draws, years, counties) mean residents
    converged  (draws,) False: no fixed point, values are nan
    residual   (draws,) largest residual of a draw's quarters
    message    of each draw that failed, by its number
    """

    values: Floats
    people: Floats
    converged: Any
    residual: Floats
    message: dict[int, str]


def solve_path(
    ground: Ground, draws: Sequence[Any], years: Sequence[int], *, threads: int = 2
) -> Path:
    """Solve every quarter of `years` for every parameter draw.

    draws  records of parameters, see sim.parameters.load_parameters
    years  calendar years, in order; conditions are those of the ground's year, rates each year's

    >>> path = solve_path(ground, [load_parameters()], range(2020, 2036))  # doctest: +SKIP
    """
    counties = len(ground.region.counties.code)
    shape = (len(draws), len(years), counties)
    values = np.full((*shape, 6, len(READ_OUTS)), np.nan)
    people = np.full(shape, np.nan)
    converged = np.zeros(len(draws), dtype=np.bool_)
    residual = np.full(len(draws), np.nan)
    message: dict[int, str] = {}

    def one(k: int) -> None:
        try:
            values[k], people[k], residual[k] = _one_path(ground, draws[k], years)
            converged[k] = True
        except NotConverged as error:
            values[k], people[k] = np.nan, np.nan
            message[k] = str(error)

    with ThreadPoolExecutor(max(1, threads)) as pool:
        list(pool.map(one, range(len(draws))))
    return Path(values, people, converged, residual, dict(sorted(message.items())))


def _one_path(ground: Ground, p: Any, years: Sequence[int]) -> tuple[Floats, Floats, float]:
    """One draw: values, people and the largest residual."""
    model = MeanField(ground, p)
    counties = len(ground.region.counties.code)
    values = np.zeros((len(years), counties, 6, len(READ_OUTS)))
    people = np.zeros((len(years), counties))
    held: list[list[Any]] = [[], [], [], []]  # of the same quarter in the last two years
    worst = 0.0
    for y, year in enumerate(years):
        for k, (months, length) in enumerate(quarters(year)):
            intensity = intensity_of(p, year, months)
            _start(held[k], intensity, model.state)
            solution = model.period(length, intensity, exact=y == 0)
            held[k] = [*held[k][-1:], (intensity, State(*(array.copy() for array in model.state)))]
            worst = max(worst, solution.residual)
            _read_out(model, solution, length, values[y])
            share = model.mean_people.sum(axis=(1, 2, 3)) * length
            people[y] += np.bincount(model.cells.county[model.cells.place], share, counties)
    return values, people, worst


def _start(held: list[tuple[float, Any]], intensity: float, state: Any) -> None:
    """Start a quarter where the same one of the year before ended, and its trend led.

    held  intensity and state of the quarter in the last two years
    """
    if held:  # the season comes again
        copy_state(held[-1][1], state)
    if len(held) == 2 and all(abs(then - intensity) < _STEADY * intensity for then, _ in held):
        for now, before, start in zip(held[1][1], held[0][1], state, strict=True):
            start[:] = np.maximum(0.0, 2.0 * now - before)


def _read_out(model: MeanField, solution: Solution, years: float, out: Floats) -> None:
    """Add a quarter to a year: (counties, 6, 5)."""
    flows = solution.flows.sum(axis=1) * years
    s = model.setting.stations
    row = np.repeat(np.arange(flows.shape[0] * 11), np.diff(s.link_start))
    wait = np.bincount(
        row, solution.state.wait[s.link_station] * s.link_weight, flows.shape[0] * 11
    ).reshape(-1, 11)
    columns = (
        flows[..., C.VISITS], flows[..., C.FIRST],
        flows[..., C.STAYS] + flows[..., C.SHORT] + flows[..., C.DOWN], flows[..., C.BED_DAYS],
        flows[..., C.VISITS] * wait,
    )  # fmt: skip
    county = model.cells.county
    for column, values in enumerate(columns):
        for j in range(11):
            out[:, _TIER[j], column] += np.bincount(county, values[:, j], out.shape[0])
