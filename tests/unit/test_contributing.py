"""CONTRIBUTING's recipe for a lever, followed literally: data files only, and the model answers."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from scenarios.plans.levers import levers
from scenarios.plans.strict_tables import FOLDER
from scenarios.scenario import Scenario, Setting
from scenarios.schedule import schedule_of
from sim.dynamics.conditions import parameters_of, scope_of
from sim.dynamics.schedule import EVERYWHERE
from sim.packs import load_region
from sim.parameters import load_parameters

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FENCED = re.compile(r"`([\w/.]+\.csv)`[^\n]*:?\n+```(?:csv|text)?\n(.*?)```", re.DOTALL)


def rows_of_recipe():
    """Lines to add, by file of the plans' tables."""
    start = TEXT.index("example_lever")
    found = {Path(name).name: rows for name, rows in FENCED.findall(TEXT)}
    assert start and set(found) >= {"levers.csv", "effects.csv", "costs.csv"}
    return {name: found[name] for name in ("levers.csv", "effects.csv", "costs.csv")}


@pytest.fixture
def folder(tmp_path):
    """The plans' tables with the recipe's rows."""
    made = tmp_path / "plans"
    shutil.copytree(FOLDER, made, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name, rows in rows_of_recipe().items():
        with (made / name).open("a", encoding="utf-8") as file:
            file.write(rows)
    return made


def test_the_recipe_for_a_lever_touches_data_files_only_and_acts(folder):
    lever = levers(folder)["example_lever"]
    (effect,) = lever.effects
    assert effect.quantity.id == "formal_referral" and effect.quantity.owner == "parameter"
    start = date(2026, 1, 1)
    setting = Setting(lever, lever.high, start, date(2027, 1, 1), EVERYWHERE, "assumed", "",
                      "", "", "recipe")  # fmt: skip
    scenario = Scenario("taonan", "recipe", "", "", "", "", (), 2035, (setting,))
    (change,) = scenario.changes(date(2035, 1, 1))
    plain = load_parameters(region="taonan")
    base = float(plain["formal_referral"])
    assert change.value(base) > base
    # And so the model meets it: the parameters of a month under the scenario.
    steps = schedule_of(scenario).at(12 * 15)
    moved = parameters_of(plain, scope_of(load_region("taonan", 2023)), steps, {})
    assert float(moved["formal_referral"]) == pytest.approx(change.value(base))


def test_every_file_a_recipe_names_exists():
    named = set(re.findall(r"`((?:sim|scenarios|calibration|ui|tests|docs)/[\w/.]+\.\w+)`", TEXT))
    assert named and [name for name in sorted(named) if not (ROOT / name).exists()] == []
