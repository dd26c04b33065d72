"""Factors of the surfaces, fitted to the compiled engine: `python -m sim.engines.meanfield.fit`.

A few years of two small regions are run with the full population over a low-discrepancy design of
clinic hours, need, stays and morning peaks. Every facility gives its arrivals and its mean wait, to
which the session surface is fitted by least squares, a tier at a time. Nothing of beds is fitted.
Prints what it found; with --write, the rows of parameters.csv are rewritten.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.optimize import nnls

from sim.engines import record_types as L
from sim.engines.compiled.driver import CompiledEngine
from sim.engines.meanfield.balance import StationArrays
from sim.engines.meanfield.clinics import clinic_surfaces
from sim.engines.meanfield.locations import Floats
from sim.engines.meanfield.periods import MeanField
from sim.engines.meanfield.solver_inputs import region_inputs_of, session_surfaces
from sim.engines.meanfield.surfaces import LOADS
from sim.packs import load_region
from sim.parameters import TABLE, load_parameters
from sim.population import PopulationParameters, residents_of
from sim.population.vital_rates import load_demography
from sim.tiers import TIER_KEYS, Tier

REGIONS = ("taonan", "reference")
RUNS = 4  # of each region
YEAR = 2023
# Tiers fitted together, and the tiers that take over their factors.
GROUPS: tuple[tuple[Tier, tuple[Tier, ...]], ...] = (
    (Tier.VILLAGE, (Tier.VILLAGE,)),
    (Tier.TOWNSHIP, (Tier.TOWNSHIP,)),
    (Tier.COUNTY, (Tier.COUNTY, Tier.CITY, Tier.REGIONAL)),
)
_LEAST_VISITS = 500.0
_FACTORS = ("wait_factor_idle", "wait_factor_busy")


def design(run: int) -> dict[str, float]:
    """Parameter values of one run: Halton points over the ranges below."""
    u = [_halton(run + 1, base) for base in (2, 3, 5, 7)]
    base = load_parameters()
    hours, need, stay = 0.7 + 0.5 * u[0], 0.85 + 0.35 * u[1], 0.9 + 0.3 * u[2]
    values = {"morning_share": 0.6 + 0.2 * u[3]}
    for k, tier in enumerate(TIER_KEYS):
        values[f"clinic_hours:{tier}"] = float(base.clinic_hours[k]) * hours
        values[f"stay_mean:{tier}"] = float(base.stay_mean[k]) * stay
    for k, need_class in enumerate(("minor", "chronic", "complex", "critical")):
        values[f"need_scale:{need_class}"] = float(base.need_scale[k]) * need
    return values


def _halton(index: int, base: int) -> float:
    result, part = 0.0, 1.0
    while index > 0:
        part /= base
        result += part * (index % base)
        index //= base
    return result


def waits_of(p: Any, world: Any, children: float, load: Floats) -> Floats:
    """Surface wait, seconds, of every facility at its load on its own."""
    f = world.facility
    n = len(f)
    one = np.ones(n)
    nothing = np.zeros(0, dtype=np.int64)
    stations = StationArrays(
        facility=np.arange(n), tier=f.tier.copy(), delay=f.delay.copy(), pooled=f.pooled.copy(),
        weight=one, member_start=np.arange(n + 1), rooms=f.rooms.copy(),
        share=f.room_share.copy(), beds=f.beds.astype(np.float64), count=one, load=one,
        link_start=nothing, link_station=nothing, link_weight=one, takes=nothing, log_share=one,
        own_wait=one, own_delay=one, visits_a_day=f.visits_a_day.copy(),
        reserved=p.reserved_bed_share[f.tier],
    )  # fmt: skip
    clinics = clinic_surfaces(p, stations, session_surfaces(p).tables, children)
    return np.array([np.interp(load[i], LOADS, clinics.wait[i]) for i in range(n)])


def fit(report: Any = print) -> dict[str, float]:
    """Factors by key, from the runs of the design."""
    rows: list[tuple[int, Floats]] = []  # tier; idle wait, busy wait, observed, weight
    for region in REGIONS:
        for run in range(RUNS):
            values = design(run)
            report(f"{region}, run {run + 1} of {RUNS}")
            rows += _one_run(region, values, run)
    found: dict[str, float] = {}
    for tier, takers in GROUPS:
        data = np.array([row for its_tier, row in rows if its_tier == tier])
        weight = np.sqrt(data[:, 3])[:, None]
        (idle, busy), _ = nnls(data[:, :2] * weight, data[:, 2] * weight[:, 0])
        got = data[:, :2] @ np.array([idle, busy])
        error = np.abs(got - data[:, 2]).mean() / data[:, 2].mean()
        report(
            f"{tier.name.lower()}: idle {idle:.3f} busy {busy:.3f}, mean error {error:.1%} of the "
            f"mean wait, {len(data)} facility-years"
        )
        for taker in takers:
            for name, value in zip(_FACTORS, (idle, busy), strict=True):
                found[f"{name}:{TIER_KEYS[taker]}"] = round(float(value), 3)
    return found


def _one_run(name: str, values: Mapping[str, float], seed: int) -> list[tuple[int, Floats]]:
    """Run one year with the full population; returns rows of facilities."""
    region = load_region(name, YEAR)
    p = load_parameters(values)
    population = PopulationParameters.from_table(p)
    residents, ledger = residents_of(region, population, seed, threads=2)
    demography = load_demography(YEAR)
    inputs = region_inputs_of(region, p, residents, demography, ledger)
    children = MeanField(inputs, p).children
    job = CompiledEngine(region, p, residents, demography, ledger, seed=seed, threads=2)
    with job.workers:
        seen = job.run().facility.astype(np.float64)
    f = inputs.world.facility
    arrivals = (seen[:, L.F_VISITS] + seen[:, L.F_UNSEEN]) / 365.0
    load = arrivals / np.maximum(f.visits_a_day, 1e-9)
    surface = []
    for idle, busy in ((1.0, 0.0), (0.0, 1.0)):
        factors = {f"wait_factor_idle:{t}": idle for t in TIER_KEYS}
        factors.update({f"wait_factor_busy:{t}": busy for t in TIER_KEYS})
        surface.append(
            waits_of(load_parameters({**values, **factors}), inputs.world, children, load)
        )
    rows = []
    for i in np.flatnonzero((seen[:, L.F_VISITS] > _LEAST_VISITS) & ~f.delay):
        wait = seen[i, L.F_WAIT_SECONDS] / seen[i, L.F_VISITS]
        weight = seen[i, L.F_VISITS] / (wait + 60.0)
        rows.append((int(f.tier[i]), np.array([surface[0][i], surface[1][i], wait, weight])))
    return rows


def rewrite(found: Mapping[str, float]) -> None:
    """Put the factors into parameters.csv, leaving every other byte as it is."""
    lines = TABLE.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines):
        cells = next(csv.reader(io.StringIO(line)))
        key = f"{cells[0]}:{cells[2]}"
        if key in found:
            cells[4] = repr(found[key])
            out = io.StringIO()
            csv.writer(out, lineterminator="\n").writerow(cells)
            lines[number] = out.getvalue()
    TABLE.write_text("".join(lines), encoding="utf-8")


def main() -> int:
    """Command line."""
    top = argparse.ArgumentParser(prog="python -m sim.engines.meanfield.fit", description=__doc__)
    top.add_argument("--write", action="store_true", help="rewrite the rows of parameters.csv")
    options = top.parse_args()
    found = fit()
    for key, value in found.items():
        print(f"{key},{value}")
    if options.write:
        rewrite(found)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
