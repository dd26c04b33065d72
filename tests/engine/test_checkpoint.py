"""A path interrupted and resumed gives the bytes of one that was not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sim.dynamics.coupling import SystemDynamics
from sim.dynamics.schedule import EVERYWHERE, PolicyChange, PolicySchedule, month_of
from sim.packs import PathRegions
from sim.parameters import load_parameters
from sim.paths import checkpoint
from sim.paths.drivers import Job, run_agents
from sim.paths.stock_table import StockTable
from tests.worlds import small_region

FIRST, LAST = 2020, 2022
P = load_parameters()
PATHS = PathRegions({FIRST: small_region(residents=600)}, None, None)
STEPS = (
    PolicyChange("beds:county", "multiply", EVERYWHERE, 0.2),
    PolicyChange("capability:township/complex", "inadequacy", EVERYWHERE, 0.3),
)
COURSE = PolicySchedule(((month_of(2021, 3), STEPS),))


class Stopped(Exception):
    """Somebody pressed Ctrl-C."""


def job(folder, until_day, threads=1):
    def tell(stage, done, total, visits):
        told.append(stage)
        if stage == "days" and done == until_day:
            raise Stopped

    told: list[str] = []
    slow = SystemDynamics(PATHS, P, COURSE)
    made = Job(PATHS, "small", P, slow, StockTable(slow), LAST, frozenset(range(FIRST, LAST + 1)),
               3, threads, tell, "key", folder, "compiled")  # fmt: skip
    return made, told


def bytes_of(made, years):
    held = {f"{year}/{name}": years[year][name].values.tobytes()
            for year in years for name in years[year].data_vars}  # fmt: skip
    stocks = made.table.dataset()
    return held | {name: stocks[name].values.tobytes() for name in stocks.data_vars}


@pytest.mark.parametrize(("day", "done"), [(500, 2020), (800, 2021)])
def test_a_resumed_path_has_the_bytes_of_an_uninterrupted_one(tmp_path, day, done):
    whole, _ = job(None, None)
    years, checks, warnings = run_agents(whole)
    stopped, _ = job(tmp_path, day)
    with pytest.raises(Stopped):
        run_agents(stopped)
    (left,) = tmp_path.iterdir()
    assert left.name == f"key-{done}"
    again, told = job(tmp_path, None, threads=2)
    resumed, resumed_checks, resumed_warnings = run_agents(again)
    assert "resumed" in told and "first day" not in told
    assert bytes_of(again, resumed) == bytes_of(whole, years)
    assert (resumed_checks, resumed_warnings) == (checks, warnings)


def test_half_a_checkpoint_is_none_and_those_of_other_paths_stay(tmp_path):
    held = checkpoint.Checkpoint(
        2021, {part: {"x": np.arange(3)} for part in ("engine", "slow", "table")}, {}, {"beds": 0},
        ["a warning"],
    )  # fmt: skip
    checkpoint.save(tmp_path, "one", held)
    checkpoint.save(tmp_path, "other", held)
    (tmp_path / "one-2022").mkdir()  # no manifest: it was not published
    found = checkpoint.load(tmp_path, "one")
    assert found is not None and found.year == 2021
    assert found.states["slow"]["x"].tolist() == [0, 1, 2]
    assert (found.checks, found.warnings) == ({"beds": 0}, ["a warning"])
    checkpoint.discard(tmp_path, "one")
    assert checkpoint.load(tmp_path, "one") is None
    assert (
        json.loads((tmp_path / "other-2021" / "manifest.json").read_text("utf-8"))["year"] == 2021
    )
