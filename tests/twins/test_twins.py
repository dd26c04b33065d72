"""The reference and the compiled engine agree patient by patient: zero differences."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, Phase, given, seed, settings

from sim.cli.console import OK, USAGE
from sim.cli.main import main
from sim.engines.reference import TieredCare
from sim.errors import InputError
from sim.packs import load_region
from sim.packs.extract import extract
from sim.run import simulate
from tests.twins.making import World, by_class, by_tier, compare, months, worlds
from tests.worlds import small_region

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "sim" / "engines" / "reference"
PACKS = ("taonan", "chifeng", "liaocheng", "suining", "bayannur")
EPISODES, MANY_EPISODES = 200_000, 5_000_000


def agree(count: int, chance: int, most_months: int) -> int:
    """Compare `count` generated worlds; returns the episodes compared."""
    episodes = []

    @seed(chance)
    @settings(
        max_examples=count, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(worlds(most_months))
    def run(world: World) -> None:
        found, record = compare(world)
        assert found == []
        episodes.append(record.episodes)

    run()
    return sum(episodes)


def test_generated_worlds_agree_in_every_visit_stay_fen_and_resident():
    total, chance = 0, 1
    while total < EPISODES:
        total += agree(count=20, chance=chance, most_months=2)
        chance += 1


@pytest.mark.slow
def test_five_million_episodes_agree():
    total, chance = 0, 1_000
    while total < MANY_EPISODES:
        total += agree(count=100, chance=chance, most_months=12)
        chance += 1
    print(f"{total:,} episodes, {100 * (chance - 1_000)} worlds, 0 differences")


TIGHT = {
    **by_class("need_scale", [4.0, 4.0, 6.0, 6.0]),
    **by_tier("admission_scale", [0.0, 4.0, 4.0, 4.0, 4.0, 4.0]),
    "overflow_share": 0.2,
}
CORNERS: dict[str, tuple[dict[str, Any], dict[str, float]]] = {
    "as it comes": ({}, {}),
    "zero beds": ({"zero_beds": True}, TIGHT),
    "zero doctors": ({"zero_doctors": True}, TIGHT),
    "ample": ({"ample": True}, TIGHT),
    "delay city": ({"delay_city": True, "year": 2022}, TIGHT),
    "regional centre inside": ({"regional_inside": True}, TIGHT),
    "few alternatives": ({"n_counties": 1, "all_alternatives": False}, TIGHT),
    "no hospital, no clinic": ({"county_without_hospital": 0, "village_without_clinic": 1}, TIGHT),
    "people moving away": ({"target_population": (250, 420)}, {}),
    "everybody contracted": ({"contract_coverage": (1.0, 1.0)}, TIGHT),
    "nobody contracted": ({"contract_coverage": (0.0, 0.0)}, TIGHT),
    "everybody in the same minutes": (
        {"doctors": {f"village_{v}": 0.01 for v in range(12)} | {"township_0": 0.03}},
        {**TIGHT, **by_tier("service_minutes", [0.05] * 6)},
    ),
}


@pytest.mark.parametrize("name", CORNERS)
def test_a_year_of_a_corner_world_agrees(name):
    options, overrides = CORNERS[name]
    region = small_region(**{"residents": 300, "year": 2023, **options})
    found, record = compare(World(region, overrides, seed=11))
    assert found == []
    assert record.episodes > 1_000


@pytest.mark.parametrize("pack", PACKS)
def test_an_extract_of_a_pack_agrees(pack):
    region = extract(load_region(pack, 2023), 1)
    found, record = compare(World(region, {}, seed=0, blocks=((-4, 4, 0), (0, 12, 0))))
    assert found == []
    assert record.episodes > 500


@pytest.mark.slow
@pytest.mark.parametrize("pack", PACKS)
def test_a_quarter_of_two_townships_of_a_pack_agrees(pack):
    region = extract(load_region(pack, 2023), 2)
    found, record = compare(World(region, {}, seed=1, blocks=months(3, warm_up=42)))
    assert found == []
    assert record.episodes > 10_000


# -------------------------------------------------------------------------- what is called


def test_the_reference_engine_knows_nothing_of_the_kernels():
    """Neither it nor anything it imports of the engines."""
    todo, seen = sorted(REFERENCE.glob("*.py")), set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                names.append(str(node.module))
            for name in names:
                assert "kernels" not in name, f"{path.name}:{node.lineno}"
                file = ROOT.joinpath(*name.split(".")).with_suffix(".py")
                if name.startswith("sim.engines") and file.exists():
                    todo.append(file)
    assert {path.name for path in seen} >= {"ward.py", "record_types.py", "world.py"}


# What only one of the two calls, and why.
ONE_SIDED = {
    "random.blocks": "many draws of one stream at once; each is `block`",
    "random.raw_blocks": "many draws of one stream at once; each is `raw_block`",
    "order.ready_key": "sorts arrays of keys; SimPy's clock brings the reference's to an instant",
    "order.place_of": "takes a key apart; the reference keeps the visit beside its key",
    "order.second_of": "as place_of",
    "order.is_return": "as place_of",
    "day.days_in_year": "length of the progress bar",
    "choice.nested_logit": "its steps are called apart, for a batch of residents",
}


def test_both_engines_call_every_rule():
    done = subprocess.run(
        [sys.executable, "-m", "tests.twins.rules_called"], cwd=ROOT, capture_output=True,
        text=True, check=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    names = {key: set(value) for key, value in json.loads(done.stdout).items()}
    assert names["compiled"] ^ names["reference"] <= set(ONE_SIDED)
    public = set()
    for path in sorted((ROOT / "sim" / "rules").glob("*.py")):
        public |= {
            f"{path.stem}.{node.name}"
            for node in ast.parse(path.read_text("utf-8")).body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        }
    # Of the rules of demography a run uses two; the others set people up before it.
    used = {name for name in public if not name.startswith("demography.")}
    assert used - names["compiled"] - names["reference"] == set()


# ------------------------------------------------------------------- as a model and an engine


def test_stock_mesa_runs_it():
    rows = mesa.batch_run(
        TieredCare,
        {"region": [small_region(n_counties=1, residents=80, year=2023)], "seed": [1, 2]},
        max_steps=20, data_collection_period=1, display_progress=False,
    )  # fmt: skip
    by_seed = {s: [row for row in rows if row["seed"] == s] for s in (1, 2)}
    assert [len(by_seed[s]) for s in (1, 2)] == [21, 21]
    assert by_seed[1][0]["day"] == -42
    assert sum(row["visits"] for row in by_seed[1]) > 10
    assert [row["visits"] for row in by_seed[1]] != [row["visits"] for row in by_seed[2]]


def test_mesa_and_simpy_decide_nothing():
    """Agents in another order of Mesa's, and Mesa's generator used up: the same year."""
    region = small_region(n_counties=1, residents=120, year=2023)
    one, two = TieredCare(region, seed=3), TieredCare(region, seed=3)
    two.agents.shuffle(inplace=True)
    two.random.seed(99)
    for _ in range(80):
        one.step()
        two.step()
    frames = [model.datacollector.get_model_vars_dataframe() for model in (one, two)]
    assert frames[0].equals(frames[1])
    assert frames[0].visits.sum() > 100
    assert np.array_equal(one.people, two.people)


def test_simulate_gives_the_same_dataset_from_both_engines_and_stamps_an_extract():
    runs = [simulate("taonan", 2023, engine=engine, townships=1, seed=2)
            for engine in ("compiled", "reference")]  # fmt: skip
    compiled, reference = (run.dataset for run in runs)
    xr.testing.assert_equal(compiled, reference)
    assert int(reference.visits.sum()) > 50_000
    for run in runs:
        assert "not a result" in run.manifest["extract"]
        assert "不作为结果" in run.dataset.attrs["extract"]
        assert set(run.manifest["checks"].values()) == {0}
    assert runs[0].manifest["key"] != runs[1].manifest["key"]
    whole = simulate("taonan", 2023, seed=2)
    assert "extract" not in whole.manifest
    assert whole.manifest["pack_hash"] != runs[0].manifest["pack_hash"]


def test_a_region_too_large_for_the_reference_engine_is_refused_with_a_way_out(capsys):
    assert main(["run", "liaocheng", "--engine", "reference", "--quiet"]) == USAGE
    assert "--townships" in capsys.readouterr().err


@pytest.mark.parametrize(("lang", "says"), [("en", "Extract, not a result"), ("zh", "不作为结果")])
def test_the_command_line_says_that_an_extract_is_none(capsys, lang, says):
    assert main(["run", "bayannur", "--townships", "1", "--quiet", "--lang", lang]) == OK
    assert says in capsys.readouterr().out


# --------------------------------------------------------------------------------- extracts


def test_an_extract_of_all_townships_is_the_region():
    region = load_region("taonan", 2023)
    assert extract(region, len(region.townships.name)) is region


@pytest.mark.parametrize("townships", [0, -1, 25])
def test_more_townships_than_there_are_are_refused(townships):
    with pytest.raises(InputError, match="1 to 24"):
        extract(load_region("taonan", 2023), townships)


def test_an_extract_grows_township_by_township_and_keeps_whole_counties_open():
    region = small_region(n_counties=2, residents=(900, 2_000), year=2023)
    parts = [extract(region, n) for n in (1, 2, 3)]
    persons = [int(part.counties.census.sum()) for part in parts]
    assert 0 < persons[0] < persons[1] == 900 < persons[2] < 2_900
    for part, hospitals_open in zip(parts, (False, True, True), strict=True):
        f = part.facilities
        row = f.key.index("county_general_0")
        assert bool(f.is_delay[row]) != hospitals_open
        assert f.is_delay[f.key.index("city_first")]
        assert not f.is_delay[f.tier <= 1].any()
        assert part.villages.facility.max() < len(f.key)
    neighbour = parts[1].facilities.key.index("county_general_1")
    assert parts[1].facilities.is_delay[neighbour]
    assert parts[1].facilities.county[neighbour] == -1
    assert replace(parts[0], pack_hash="").name != region.name
