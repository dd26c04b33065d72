"""Paths of tiny worlds for the twins: years that follow each other, coupled month by month."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from unittest import mock

import numpy as np
import xarray as xr

from sim.dynamics.coupling import SystemDynamics
from sim.dynamics.schedule import (
    EMPTY,
    EVERYWHERE,
    FIRST_YEAR,
    PolicyChange,
    PolicySchedule,
    month_of,
)
from sim.engines.record_types import RunTallies
from sim.packs import PathRegions
from sim.parameters import load_parameters
from sim.paths import drivers
from sim.paths.drivers import Job, new_engine, run_agents
from sim.paths.stock_table import StockTable
from sim.region import Region
from sim.tiers import ALTERNATIVE_KEYS, Tier
from tests.twins.record import Record, differences, following_compiled, following_reference

_REGIONAL = ALTERNATIVE_KEYS.index("regional")


@dataclass(frozen=True)
class Path:
    """What both engines are given to live through."""

    regions: PathRegions
    until: int
    schedule: PolicySchedule = EMPTY
    overrides: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0


@dataclass(frozen=True)
class Told:
    """What one engine made of a path: its record, tallies and Datasets by year, the system
    dynamics."""

    record: Record
    tallies: list[RunTallies]
    years: dict[int, xr.Dataset]
    stocks: xr.Dataset
    checks: dict[str, int]
    slow: SystemDynamics


def gaps(one: Told, other: Told) -> list[str]:
    """What differs between two engines: patients, years, the system dynamics to the last bit."""
    found = differences(one.record, other.record)
    found += [
        f"year {year}" for year in one.years if not one.years[year].identical(other.years[year])
    ]
    if not one.stocks.identical(other.stocks):
        found.append("months of the system dynamics")
    if one.slow.flat.tobytes() != other.slow.flat.tobytes():
        found.append("stocks")
    return found + [f"{k}: {v}" for told in (one, other) for k, v in told.checks.items() if v]


def steady(region: Region, last: int) -> PathRegions:
    """A region that stands as it is up to `last`, the last year that is known."""
    years = {year: replace(region, year=year) for year in range(FIRST_YEAR, last + 1)}
    return PathRegions(years, None, None)


def with_centre(region: Region, last: int, opens: int) -> PathRegions:
    """A region whose own regional centre stands closed and unknown until the year it opens."""
    f, villages = region.facilities, region.villages
    centre = (f.tier == int(Tier.REGIONAL)) & ~f.is_delay
    closed = replace(
        f, beds=np.where(centre, 0, f.beds), doctors=np.where(centre, 0.0, f.doctors)
    )  # fmt: skip
    facility, hours = villages.facility.copy(), villages.hours.copy()
    facility[:, _REGIONAL], hours[:, _REGIONAL] = -1, np.inf
    before = replace(
        region, facilities=closed, villages=replace(villages, facility=facility, hours=hours)
    )  # fmt: skip
    return PathRegions(steady(before, last).years, replace(region, year=last), opens)


def follow(path: Path, which: str) -> Told:
    """Live a path in one engine and write down all it does."""
    p = load_parameters(path.overrides, anchored=False)
    slow = SystemDynamics(path.regions, p, path.schedule)
    table = StockTable(slow)
    wanted = frozenset(range(FIRST_YEAR, path.until + 1))
    job = Job(path.regions, "", p, slow, table, path.until, wanted, path.seed, 1,
              lambda *_: None, "", None, which)  # fmt: skip
    following = following_reference if which == "reference" else following_compiled
    with contextlib.ExitStack() as stack:
        held: dict[str, Any] = {}
        tallies: list[RunTallies] = []

        def followed(*given: Any) -> Any:
            engine = held["engine"] = new_engine(*given)
            held["record"] = stack.enter_context(following(engine))
            close_year = engine.close_year

            def closed() -> RunTallies:
                tallies.append(close_year())
                return tallies[-1]

            stack.enter_context(mock.patch.object(engine, "close_year", closed))
            return engine

        stack.enter_context(mock.patch.object(drivers, "new_engine", followed))
        years, checks, _ = run_agents(job)
    engine = held["engine"]
    record = held["record"].close(tallies[-1], engine.people[: engine.n])
    return Told(record, tallies, years, table.dataset(), checks, slow)


def step(quantity: str, form: str, amount: float) -> PolicyChange:
    """One change, everywhere."""
    return PolicyChange(quantity, form, EVERYWHERE, amount)


def busy_schedule() -> PolicySchedule:
    """Something of every kind, at once and at odd months, part of it taken back."""
    first = (
        step("capability:township/chronic", "inadequacy", 0.6),
        step("beds:township", "multiply", 1.5), step("doctors:county", "multiply", 0.3),
        step("outpatient_price:county", "multiply", -0.3),
        step("contract_coverage:key_groups", "add", 0.2),
        step("reserved_bed_share:county", "add", 0.3), step("formal_referral", "add", 0.25),
    )  # fmt: skip
    second = (
        *first[:3], step("beds:county", "multiply", -0.5),
        step("inpatient_rate:county", "add", -0.15), step("inpatient_price:city", "add", 900.0),
        step("travel_hours:city", "multiply", -0.4), step("management_effort", "add", 0.5),
        step("taste_sd", "add", 0.2), step("service_minutes:township", "multiply", 0.5),
        step("stay_mean:county", "multiply", -0.3), step("insurance_surplus", "add", 0.5),
    )  # fmt: skip
    return PolicySchedule((
        (month_of(2020, 4), first), (month_of(2021, 1), second), (month_of(2022, 6), first[:4]),
    ))  # fmt: skip
