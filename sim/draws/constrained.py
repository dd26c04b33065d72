"""Anchored draws: parameters as they may be, each made to meet the region's reference year.

A draw from the priors moves every level at once: its visits, admissions and stays would be wrong in
the year we know, and a spread of futures would mostly show that. Each draw is therefore anchored
again: need, constants of tiers, admissions and stays are solved on the mean-field until ten figures
of the reference year are those of the region's own parameters (Newton's method with Broyden's
updates). A draw that does not get there is rejected and reported; the next number takes its place.

Stored with the region: `draws.csv`, one draw a row (its number and the ten moves; the priors' part
is made again by key), and `draws.json`, how they were made. The first 64 are the quick set, the
first 200 are reported.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.day import WARM_UP_DAYS
from sim.draws.priors import prior_draw
from sim.engines.meanfield import flows as C
from sim.engines.meanfield.locations import Floats
from sim.engines.meanfield.periods import MeanField, quarters
from sim.engines.meanfield.solver import copy_state
from sim.engines.meanfield.solver_inputs import RegionInputs, region_inputs_of
from sim.engines.meanfield.year import intensity_of
from sim.errors import Fault, InputError, NotConverged
from sim.identity import source_hash
from sim.packs import load_region
from sim.packs.read import pack_folder
from sim.parameters import (
    STATUSES,
    limits,
    load_parameters,
    read_anchored,
    read_shifts,
    rows_of_status,
)
from sim.population import PopulationParameters, residents_of
from sim.population.vital_rates import load_demography
from sim.tiers import ALTERNATIVE_TIER, CLASS_KEYS

REFERENCE_YEAR = 2023
COUNT, QUICK, REPORTED = 256, 64, 200
TABLE, MANIFEST = "draws.csv", "draws.json"
TOLERANCE = 1e-3  # of the figures below: logarithms of levels, log-odds of shares
_MOST_STEPS = 25
_LONGEST_STEP = 0.5  # of any unknown in one step
_FINITE = 0.05
_TIER = np.array(ALTERNATIVE_TIER)

# Unknowns: name, keys moved together, and whether the move multiplies (by its exponential) or adds.
UNKNOWNS: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("need", tuple(f"need_scale:{key}" for key in CLASS_KEYS), True),
    ("constant_township", ("tier_constant:township",), False),
    ("constant_county", ("tier_constant:county",), False),
    ("constant_above", tuple(f"tier_constant:{t}" for t in ("city", "regional", "outside")), False),
    ("admission_township", ("admission_scale:township",), True),
    ("admission_county", ("admission_scale:county",), True),
    ("admission_above",
     tuple(f"admission_scale:{t}" for t in ("city", "regional", "outside")), True),
    ("stay_township", ("stay_mean:township",), True),
    ("stay_county", ("stay_mean:county",), True),
    ("stay_above", ("stay_mean:city", "stay_mean:regional"), True),
)  # fmt: skip
NAMES = tuple(name for name, _, _ in UNKNOWNS)


def _say(line: str) -> None:
    print(line, flush=True)


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw, anchored or rejected.

    number    of the draw from the priors
    moves     (10,) of the UNKNOWNS from the region's own parameters
    residual  largest difference of a figure from the region's own
    reason    why it was rejected, "" for an anchored one
    """

    number: int
    moves: Floats
    residual: float
    reason: str


@dataclass
class Anchoring:
    """A region's reference: its region inputs, parameters by key, figures, and their slopes."""

    inputs: RegionInputs
    values: dict[str, float]
    figures: Floats
    slopes: Floats


def figures_of(model: MeanField) -> Floats:
    """Ten figures of the region inputs' year, in the order of the unknowns they mostly answer to.

    Visits a person; village : township; county hospitals : primary care; share beyond the county;
    admissions a person at townships, at county hospitals and beyond; mean stay at townships, county
    hospitals, city and regional hospitals. All as logarithms, the share as log-odds.

    raises  NotConverged where a period has no fixed point
    """
    year = model.inputs.region.year
    model.people, people = model.cells.people.copy(), 0.0
    model.period(WARM_UP_DAYS / 365.0, intensity_of(model.p, year, [0]))
    model.people = model.cells.people.copy()  # nobody is born or dies in the warm-up
    sums = np.zeros((3, 6))
    for months, years in quarters(year):
        flows = model.period(years, intensity_of(model.p, year, months)).flows.sum(axis=(0, 1))
        people += model.mean_people.sum() * years
        admitted = flows[:, C.STAYS] + flows[:, C.SHORT] + flows[:, C.DOWN]
        for k, values in enumerate((flows[:, C.VISITS], admitted, flows[:, C.BED_DAYS])):
            sums[k] += np.bincount(_TIER, values, 6) * years
    visits, admissions, days = np.maximum(sums, 1e-12)
    beyond, above = visits[3:].sum(), slice(3, 5)
    ratios = np.array([
        visits.sum() / people, visits[0] / visits[1], visits[2] / visits[:2].sum(),
        beyond / (visits.sum() - beyond), admissions[1] / people, admissions[2] / people,
        admissions[3:].sum() / people, days[1] / admissions[1], days[2] / admissions[2],
        days[above].sum() / admissions[above].sum(),
    ])  # fmt: skip
    return np.log(ratios)


def own_values(region: str) -> dict[str, float]:
    """The region's own value of every key that an unknown moves."""
    p = load_parameters(region=region)
    rows = {row.key: row for row in rows_of_status(STATUSES)}
    index = {name: [row.key for row in rows.values() if row.name == name] for name in
             {key.partition(":")[0] for _, keys, _ in UNKNOWNS for key in keys}}  # fmt: skip
    return {
        key: float(np.ravel(p[key.partition(":")[0]])[index[key.partition(":")[0]].index(key)])
        for _, keys, _ in UNKNOWNS
        for key in keys
    }


def moved(values: dict[str, float], moves: Any) -> dict[str, float]:
    """Parameters by key after the unknowns' moves."""
    return {
        key: values[key] * math.exp(move) if multiplies else values[key] + float(move)
        for (_, keys, multiplies), move in zip(UNKNOWNS, moves, strict=True)
        for key in keys
    }


class _Solved:
    """Figures of one draw at any moves; each solution starts where the last one ended."""

    def __init__(
        self, inputs: RegionInputs, values: dict[str, float], drawn: dict[str, float]
    ) -> None:
        self.inputs, self.values, self.drawn = inputs, values, drawn
        self.last: MeanField | None = None

    def __call__(self, moves: Any) -> Floats:
        sessions = self.last.solver_inputs.sessions if self.last else None
        overrides = {**self.drawn, **moved(self.values, moves)}
        p = load_parameters(overrides, region=self.inputs.region.key)
        model = MeanField(self.inputs, p, sessions)
        if self.last is not None:
            copy_state(self.last.state, model.state)
        self.last = model
        return figures_of(model)


def anchoring_of(region: Any, threads: int = 2) -> Anchoring:
    """The reference of a region in REFERENCE_YEAR: its figures under its own parameters.

    raises  NotConverged where a period has no fixed point, and InputError where a county cannot
            reach its target population
    """
    own = load_parameters(region=region.key)
    people = PopulationParameters.from_table(own)
    residents, ledger = residents_of(region, people, 0, threads=threads)
    inputs = region_inputs_of(region, own, residents, load_demography(region.year), ledger)
    values = own_values(region.key)
    solved = _Solved(inputs, values, {})
    figures = solved(np.zeros(len(UNKNOWNS)))
    slopes = np.zeros((len(figures), len(UNKNOWNS)))
    for k in range(len(UNKNOWNS)):
        at = np.zeros(len(UNKNOWNS))
        at[k] = _FINITE
        slopes[:, k] = (solved(at) - figures) / _FINITE
    return Anchoring(inputs, values, figures, slopes)


def anchored_draw(anchoring: Anchoring, number: int, seed: int = 0) -> Draw:
    """Draw `number` from the priors, made to meet the region's figures.

    A draw without a fixed point raises nothing: it is returned as rejected.
    """
    solved = _Solved(anchoring.inputs, anchoring.values, prior_draw(number, seed))
    slopes = anchoring.slopes.copy()
    at: Floats = np.zeros(len(UNKNOWNS))
    worst = math.inf
    try:
        gap = solved(at) - anchoring.figures
        for _ in range(_MOST_STEPS):
            worst = float(np.abs(gap).max())
            if worst < TOLERANCE:
                return Draw(number, at, worst, "")
            step = -np.linalg.solve(slopes, gap)
            step *= min(1.0, _LONGEST_STEP / float(np.abs(step).max()))
            at = np.round(at + step, 6).astype(np.float64)  # as it is stored
            if _beyond_limits(moved(anchoring.values, at)):
                return Draw(number, at, worst, "a value beyond its limits")
            new = solved(at) - anchoring.figures
            slopes += np.outer(new - gap - slopes @ step, step) / float(step @ step)
            gap = new
    except (NotConverged, np.linalg.LinAlgError) as error:
        return Draw(number, at, worst, str(error))
    return Draw(number, at, worst, f"figures not met in {_MOST_STEPS} steps")


def _beyond_limits(values: dict[str, float]) -> bool:
    rows = {row.key: row for row in rows_of_status(STATUSES)}
    return any(not limits(rows[k])[0] <= v <= limits(rows[k])[1] for k, v in values.items())


def anchored_draws(
    anchoring: Anchoring, count: int, *, seed: int = 0, threads: int = 2,
    report: Callable[[str], None] = _say,
) -> list[Draw]:  # fmt: skip
    """Draws 0, 1, 2, … until `count` are anchored; those rejected in between are among them."""
    found: list[Draw] = []
    kept = 0
    with ThreadPoolExecutor(max(1, threads)) as pool:
        while kept < count and len(found) < 3 * count:
            numbers = range(len(found), len(found) + count - kept)
            for draw in pool.map(lambda k: anchored_draw(anchoring, k, seed), numbers):
                found.append(draw)
                kept += draw.reason == ""
                if len(found) % 16 == 0 or draw.reason:
                    reported = f" rejected: {draw.reason}" if draw.reason else ""
                    report(f"  draw {draw.number}{reported}; {kept} of {count} anchored")
    return found


def write_draws(
    region: str | Path, *, count: int = COUNT, seed: int = 0, threads: int = 2,
    report: Callable[[str], None] = _say,
) -> int:  # fmt: skip
    """Make the draws of a region and store them in the folder of its pack; returns how many.

    Takes a minute or two on two cores. Nothing is written when fewer than `count` are found.

    raises  InputError for an unknown region, or a pack that is faulty or lacks the reference year;
            NotConverged where the region's own parameters have no fixed point
    """
    world = load_region(region, REFERENCE_YEAR)
    report(f"{world.key}: figures of {REFERENCE_YEAR}")
    draws = anchored_draws(anchoring_of(world, threads), count, seed=seed, threads=threads,
                           report=report)  # fmt: skip
    kept = [draw for draw in draws if not draw.reason]
    if len(kept) < count:
        report(f"{world.key}: only {len(kept)} of {count} anchored; nothing written")
        return len(kept)
    folder = pack_folder(region)
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["number", *NAMES, "residual"])
        for draw in kept:
            cells = [f"{move:.6f}" for move in draw.moves]
            writer.writerow([draw.number, *cells, f"{draw.residual:.1e}"])
    manifest = {
        "region": world.key, "year": REFERENCE_YEAR, "count": count, "seed": seed,
        "parameters": parameters_hash(world.key), "source": source_hash(),
        "largest_residual": float(f"{max(draw.residual for draw in kept):.1e}"),
        "tolerance": TOLERANCE, "rejected": {d.number: d.reason for d in draws if d.reason},
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    report(f"{world.key}: {count} draws, {len(draws) - count} rejected")
    return count


def parameters_hash(region: str) -> str:
    """Hash of all the numbers a region's draws are made from, twelve hexadecimal digits."""
    rows = [
        (r.key, r.default, r.low, r.high, r.prior, r.status, r.rule)
        for r in rows_of_status(STATUSES)
    ]
    made_from = (rows, sorted(read_anchored().items()), sorted(read_shifts(region).items()))
    return hashlib.sha256(repr(made_from).encode()).hexdigest()[:12]


def stored_draws(region: str | Path) -> int:
    """How many draws are stored with a region, 0 for none.

    raises  InputError for an unknown region
    """
    manifest = pack_folder(region) / MANIFEST
    if not manifest.exists():
        return 0
    return int(json.loads(manifest.read_text(encoding="utf-8"))["count"])


def load_draws(region: str | Path, n: int = REPORTED) -> tuple[dict[str, float], ...]:
    """The first n draws of a region: overrides for `load_parameters`.

    raises  InputError for an unknown region, and where a region has no draws or too few, or they
            are of other parameters

    >>> draws = load_draws("taonan", 64)  # doctest: +SKIP
    >>> p = load_parameters(draws[0], region="taonan")  # doctest: +SKIP
    """
    folder = pack_folder(region)
    hint = f"python -m sim draws {region}"
    if not (folder / TABLE).exists() or not (folder / MANIFEST).exists():
        raise InputError([Fault(TABLE, 0, "", "no draws of this region", "draws", hint)])
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    want = parameters_hash(manifest["region"])
    if manifest["parameters"] != want:
        got = f"draws of parameters {manifest['parameters']}"
        raise InputError([Fault(MANIFEST, 0, "parameters", got, want, hint)])
    if n > manifest["count"]:
        raise InputError([Fault(TABLE, 0, "", f"{manifest['count']} draws", f"{n}", hint)])
    values = own_values(manifest["region"])
    return tuple(
        {**prior_draw(number, manifest["seed"]), **moved(values, moves)}
        for number, moves in list(_stored(folder / TABLE))[:n]
    )


def _stored(path: Path) -> Iterator[tuple[int, list[float]]]:
    """Number and moves of every stored draw."""
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            yield int(row["number"]), [float(row[name]) for name in NAMES]
