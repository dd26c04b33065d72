"""Scenario files: the library is sound, wrong files are refused whole, nothing acts too early."""

from __future__ import annotations

import math
import re
import shutil
import textwrap
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios import levers, load, shipped, targets
from scenarios.plans.clauses import REGIONS, documents, rows_of_clause
from scenarios.report.listing import parameter_values
from scenarios.scenario import EVERYWHERE, Place
from scenarios.scenario_file import LIBRARY
from sim.errors import InputError
from sim.parameters import load_parameters

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("as-now", "plan-2025", "vision-2035")
EVERY = [(region, name) for region in REGIONS for name in NAMES]
SHORT = """\
region: liaocheng
name: trial
title: A trial
title_zh: 试验
about: One lever.
about_zh: 一项措施。
horizon: 2035
levers:
  reserved_beds:
    level: 0.1
    unit: share of beds
    from: 2025-01-01
    full: 2025-01-01
    basis: plan
    clause: 二(二)1
    why: Because.
    why_zh: 理由。
"""


def written(folder, content, name="trial"):
    path = folder / f"{name}.yaml"
    path.write_text(content, encoding="utf-8")
    return path


def faults_of(folder, content):
    with pytest.raises(InputError) as refused:
        load(written(folder, content))
    return refused.value.faults


@pytest.mark.parametrize(("region", "name"), EVERY)
def test_every_setting_of_the_library_is_traceable_and_has_a_reason(region, name):
    scenario = load(region, name)
    for setting in scenario.settings:
        assert setting.why != setting.why_zh
        assert re.search("[\u4e00-\u9fff]", setting.why_zh)
        if setting.basis == "plan":
            assert rows_of_clause(region, setting.clause)
            assert setting.clause in setting.lever.clauses[region]
            assert setting.start >= documents()[region].starts
        if "prints no number" in setting.why:
            assert setting.basis == "plan"
    assert scenario.horizon == 2035


@pytest.mark.parametrize("region", REGIONS)
def test_the_three_scenarios_of_a_region_build_on_each_other(region):
    assert shipped(region) == NAMES
    now, plan, vision = (load(region, name) for name in NAMES)
    assert now.settings == ()
    assert now.first_day is None
    asked = {le.id for le in levers().values() if le.effects and region in le.clauses}
    assert {setting.lever.id for setting in plan.settings} == asked
    assert vision.extends == ("plan-2025",)
    assert set(plan.settings) < set(vision.settings)
    later = [setting for setting in vision.settings if setting not in plan.settings]
    assert {setting.basis for setting in later} <= {"national", "assumed"}
    assert min(setting.start for setting in later) > date(2025, 12, 31)


def test_levels_a_plan_prints_are_the_ones_set():
    def printed(target):
        return targets()[target].target

    def setting(region, lever):
        (found,) = [s for s in load(region, "plan-2025").settings if s.lever.id == lever]
        return found

    for region in ("chifeng", "suining", "bayannur"):
        level = setting(region, "county_consortium").level
        assert level == printed(f"{region}.consortium_share")
    for region, target in (
        ("chifeng", "township_basic_standard"),
        ("taonan", "township_basic_standard"),
        ("bayannur", "township_basic_standard"),
        ("liaocheng", "township_recommended_standard"),
    ):
        share = setting(region, "township_standard").place.townships or 1.0
        assert share == printed(f"{region}.{target}")
    beds = targets()["taonan.beds_per_1000"]
    level = setting("taonan", "bed_control").level
    assert level == pytest.approx(beds.target / beds.baseline - 1, abs=5e-4)
    # From the 65% of key groups in the packs, assumed there.
    for region in ("taonan", "liaocheng", "bayannur"):
        level = setting(region, "family_doctor_contract").level
        assert level == pytest.approx(printed(f"{region}.contract_coverage_key") - 0.65)


def test_all_townships_are_no_limit(tmp_path):
    (setting,) = load(written(tmp_path, SHORT + "    townships: 1\n")).settings
    assert setting.place == EVERYWHERE


def test_the_example_of_the_page_is_a_scenario(tmp_path):
    page = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    block = re.search(r"^    region: liaocheng\n(?:    .*\n)+", page, re.MULTILINE)
    shutil.copy(LIBRARY / "liaocheng" / "plan-2025.yaml", tmp_path)
    path = written(tmp_path, textwrap.dedent(block[0]), "more-beds-held")
    scenario = load(path)
    assert scenario.extends == ("plan-2025",)
    assert scenario.level("reserved_beds", date(2026, 12, 31)) == 0.1
    assert scenario.level("reserved_beds", date(2027, 1, 1)) == 0.2


def test_levers_start_with_their_document():
    assert load("taonan", "plan-2025").first_day == date(2021, 1, 1)
    assert load("bayannur", "plan-2025").first_day == date(2021, 1, 1)
    assert load("chifeng", "plan-2025").first_day == date(2024, 7, 26)
    assert load("liaocheng", "plan-2025").first_day == date(2024, 9, 2)
    assert load("suining", "plan-2025").first_day.year == 2024


@pytest.mark.parametrize("region", REGIONS)
def test_before_the_first_date_of_a_lever_scenarios_are_the_same(region):
    now, plan, vision = (load(region, name) for name in NAMES)
    eve = plan.first_day - timedelta(days=1)
    assert now.changes(eve) == plan.changes(eve) == vision.changes(eve) == ()
    last_of_plan = date(2025, 12, 31)
    assert plan.changes(last_of_plan) == vision.changes(last_of_plan) != ()
    assert plan.changes(date(2027, 1, 1)) != vision.changes(date(2027, 1, 1))
    assert now.changes(date(2035, 12, 31)) == ()


@pytest.mark.parametrize(("region", "name"), EVERY)
@pytest.mark.parametrize("year", [2021, 2024, 2025, 2029, 2035])
def test_a_rule_can_compute_with_what_a_scenario_comes_to(region, name, year):
    held = parameter_values()
    changes = load(region, name).changes(date(year, 12, 31))
    values = {
        change.quantity.id: change.value(held[change.quantity.id])
        for change in changes
        if change.quantity.id in held and change.place == EVERYWHERE
    }
    parameters = load_parameters(values)
    if "formal_referral" in values:
        assert parameters.formal_referral > held["formal_referral"]


def test_levels_of_the_plan_hold_to_2035_and_the_vision_raises_them():
    plan, vision = load("liaocheng", "plan-2025"), load("liaocheng", "vision-2035")
    for day in (date(2026, 1, 1), date(2035, 12, 31)):
        assert plan.level("county_hospital_capability", day) == 0.5
    levels = [vision.level("county_hospital_capability", date(y, 1, 1)) for y in range(2024, 2036)]
    assert all(before <= after for before, after in pairwise(levels))
    assert levels[0] == 0
    assert levels[2] == 0.5
    assert levels[-1] == pytest.approx(1.0)
    assert plan.level("reserved_beds", date(2024, 9, 1)) == 0
    assert plan.level("reserved_beds", date(2024, 9, 2)) == 0.1
    assert plan.level("night_clinics", date(2030, 1, 1)) == 0


def test_a_level_of_nothing_changes_nothing(tmp_path):
    scenario = load(written(tmp_path, SHORT.replace("level: 0.1", "level: 0")))
    assert scenario.first_day == date(2025, 1, 1)
    assert scenario.changes(date(2030, 1, 1)) == ()


def test_levers_of_one_quantity_work_together_in_a_fixed_order(tmp_path):
    more = SHORT + "".join(
        f"  {lever}:\n    level: {level}\n    unit: {levers()[lever].unit}\n    from: 2025-01-01\n"
        "    full: 2025-01-01\n    basis: assumed\n    why: Because.\n    why_zh: 理由。\n"
        for lever, level in (("post_acute_chain", 1), ("day_surgery_and_admission", 0.4))
    )
    scenario = load(written(tmp_path, more))
    at = date(2035, 12, 31)
    (stay,) = [c for c in scenario.changes(at) if c.quantity.id == "stay_mean:county"]
    assert stay.levers == ("day_surgery_and_admission", "post_acute_chain")
    years = 11 - 1 / 365
    gone = 1 - 0.04 * (1 - math.exp(-years / 2))
    day = 1 - 0.25 * 0.4 * (1 - math.exp(-years))
    assert stay.value(10.0) == pytest.approx(10 * gone * day, rel=1e-6)


def test_a_limited_change_comes_on_top_of_the_one_everywhere():
    changes = load("liaocheng", "plan-2025").changes(date(2035, 12, 31))
    own = {c.place: c for c in changes if c.quantity.id == "capability:township/chronic"}
    everywhere, limited = own[EVERYWHERE], own[Place(townships=0.35)]
    assert set(limited.levers) == {*everywhere.levers, "township_standard"}
    (step,) = [step for step in limited.steps if step not in everywhere.steps]
    size, level = step[0].size, step[1]
    left = (1 - everywhere.value(0.8)) * math.exp(-size * level)
    assert limited.value(0.8) == pytest.approx(1 - left, rel=1e-12)


def test_a_lever_may_be_limited_to_counties_facilities_or_townships(tmp_path):
    limited = SHORT + "    counties:\n    - '371521'\n    - '371522'\n    townships: 0.4\n"
    (setting,) = load(written(tmp_path, limited)).settings
    assert setting.place == Place(("371521", "371522"), (), 0.4)
    changes = load(written(tmp_path, limited)).changes(date(2026, 1, 1))
    assert [change.place for change in changes] == [setting.place] * 2
    hospital = SHORT + "    facilities: [m-liaocheng-1]\n"
    (setting,) = load(written(tmp_path, hospital)).settings
    assert setting.place == Place((), ("m-liaocheng-1",))


@pytest.mark.parametrize(
    ("old", "new", "field", "said"),
    [
        ("  reserved_beds:", "  reserved_bed:", "levers.reserved_bed", "mean reserved_beds?"),
        ("level: 0.1", "level: 0.4", "levers.reserved_beds.level", "expected 0 to 0.3"),
        ("level: 0.1", "level: 10", "levers.reserved_beds.level", "0.35 and not 35"),
        ("level: 0.1", "level: a tenth", "levers.reserved_beds.level", "a decimal number"),
        ("level: 0.1", "levl: 0.1", "levers.reserved_beds.levl", "Did you mean level?"),
        ("unit: share of beds", "unit: beds", "levers.reserved_beds.unit", "share of beds"),
        ("from: 2025-01-01", "from: 2025-13-01", "levers.reserved_beds.from", "YYYY-MM-DD"),
        ("from: 2025-01-01", "from: 2025-01", "levers.reserved_beds.from", "YYYY-MM-DD"),
        ("from: 2025-01-01", "from: 2025-02-01", "levers.reserved_beds.full", "02-01 or later"),
        ("from: 2025-01-01", "from: 2024-09-01", "levers.reserved_beds.from", "09-02 or later"),
        ("full: 2025-01-01", "full: 2036-01-01", "levers.reserved_beds.full", "2020 to 2035"),
        ("basis: plan", "basis: hope", "levers.reserved_beds.basis", "one of plan, national"),
        ("clause: 二(二)1", "clause: 二(九)1", "levers.reserved_beds.clause", "a clause of"),
        ("    clause: 二(二)1\n", "", "levers.reserved_beds.clause", "Or write basis: assumed"),
        ("    why: Because.\n", "", "levers.reserved_beds.why", "Add it."),
        ("horizon: 2035", "horizon: 2024", "levers.reserved_beds.from", "the horizon"),
        ("horizon: 2035", "horizon: 2050", "horizon", "2020 to 2035"),
        ("region: liaocheng", "region: jinan", "region", "one of chifeng"),
        ("name: trial", "name: other", "name", "as the file is called"),
        ("title: A trial\n", "", "title", "Add it."),
        ("horizon: 2035", "horizon: 2035\nextends: plan-2025", "extends", "another scenario"),
        ("    level: 0.1\n", "    level: 0.1\n    level: 0.2\n", "levers.reserved_beds.level",
         "the key twice"),
        ("    why: Because.", "    why: Because.\n    counties: ['371599']",
         "levers.reserved_beds.counties[0]", "a code of counties.csv of liaocheng"),
        ("    why: Because.", "    why: Because.\n    facilities: [no-such]",
         "levers.reserved_beds.facilities[0]", "a key of facilities.csv of liaocheng"),
        ("    why: Because.", "    why: Because.\n    townships: 40",
         "levers.reserved_beds.townships", "0.35 and not 35"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told_at_its_place(tmp_path, old, new, field, said):
    assert SHORT.count(old) >= 1
    faults = faults_of(tmp_path, SHORT.replace(old, new, 1))
    told = [str(fault) for fault in faults if fault.field == field]
    assert any(said in line for line in told), [str(fault) for fault in faults]
    assert all(fault.file == "trial.yaml" for fault in faults)
    assert any(fault.row > 0 for fault in faults) or field == "title"


def test_all_faults_are_told_at_once_with_their_lines(tmp_path):
    spoilt = SHORT.replace("level: 0.1", "level: 0.9").replace("unit: share of beds", "unit: beds")
    spoilt = spoilt.replace("clause: 二(二)1", "clause: 九").replace("horizon: 2035", "horizon: x")
    spoilt += "  night_clinics:\n    level: 1\n    unit: x\n"
    rows = {fault.field: fault.row for fault in faults_of(tmp_path, spoilt)}
    assert rows["horizon"] == 7
    assert rows["levers.reserved_beds.unit"] == 11
    assert rows["levers.reserved_beds.clause"] == 15
    assert rows["levers.night_clinics"] == 19


def test_as_now_takes_no_change_after_the_last_published_year(tmp_path):
    late = SHORT.replace("name: trial", "name: as-now")
    with pytest.raises(InputError, match="no later than 2023"):
        load(written(tmp_path, late, "as-now"))
    early = late.replace("basis: plan", "basis: assumed").replace("2025-01-01", "2023-06-01")
    assert load(written(tmp_path, early, "as-now")).first_day == date(2023, 6, 1)


def test_a_continued_lever_starts_after_the_earlier_and_keeps_its_place(tmp_path):
    written(tmp_path, SHORT)
    more = SHORT.replace("name: trial", "name: more\nextends: trial").replace(": 0.1", ": 0.2")
    good = more.replace("2025-01-01", "2030-01-01")
    scenario = load(written(tmp_path, good, "more"))
    assert scenario.level("reserved_beds", date(2029, 12, 31)) == 0.1
    assert scenario.level("reserved_beds", date(2030, 1, 1)) == 0.2
    with pytest.raises(InputError, match=r"or later, when trial\.yaml has it in full"):
        load(written(tmp_path, more.replace("from: 2025-01-01", "from: 2024-12-01"), "more"))
    with pytest.raises(InputError, match="Levers keep their place"):
        load(written(tmp_path, good + "    townships: 0.5\n", "more"))
    written(tmp_path, SHORT + "    facilities: [m-liaocheng-1]\n")
    places = {setting.place for setting in load(written(tmp_path, good, "more")).settings}
    assert places == {Place((), ("m-liaocheng-1",))}
    written(tmp_path, SHORT)
    with pytest.raises(InputError, match="expected liaocheng, as in trial"):
        load(written(tmp_path, good.replace("region: liaocheng", "region: suining"), "more"))


def test_scenarios_that_extend_each_other_are_refused(tmp_path):
    one = SHORT.replace("name: trial", "name: one\nextends: two")
    written(tmp_path, one.replace("one", "two").replace("extends: two", "extends: one"), "two")
    with pytest.raises(InputError, match="which extends this one"):
        load(written(tmp_path, one, "one"))


@pytest.mark.parametrize(
    "content",
    ["", "levers: 5\n", "- a list\n", "levers:\n  reserved_beds: 0.1\n", "levers: [1, 2]\n",
     "levers:\n  reserved_beds:\n", "\tlevers: 1\n", "{", "a: &b 1\nc: *b\n", "region: !!int 3\n"],
)  # fmt: skip
def test_what_is_no_scenario_is_refused(tmp_path, content):
    assert faults_of(tmp_path, content)


def test_no_such_file_region_or_scenario(tmp_path):
    for given_, said in (
        ((tmp_path / "none.yaml",), "no such file"),
        (("liaochen", "as-now"), "Did you mean liaocheng?"),
        (("liaocheng", "plan-2026"), "Did you mean plan-2025?"),
    ):
        with pytest.raises(InputError, match=re.escape(said)):
            load(*given_)


LINES = (LIBRARY / "liaocheng" / "plan-2025.yaml").read_text(encoding="utf-8").splitlines()
JUNK = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=12)


@settings(max_examples=100)
@given(data=st.data())
def test_a_file_changed_at_random_is_read_or_refused_and_nothing_else(tmp_path_factory, data):
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        kind = data.draw(st.sampled_from(("drop", "double", "swap", "cut", "junk", "indent")))
        if kind == "drop":
            del lines[at]
        elif kind == "double":
            lines.insert(at, lines[at])
        elif kind == "swap":
            other = data.draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == "cut":
            lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
        elif kind == "junk":
            lines[at] = lines[at].partition(":")[0] + ": " + data.draw(JUNK)
        else:
            lines[at] = " " * data.draw(st.integers(1, 6)) + lines[at]
    folder = tmp_path_factory.mktemp("changed")
    path = written(folder, "\n".join(lines) + "\n", "plan-2025")
    try:
        scenario = load(path)
    except InputError as refused:
        assert all(fault.file == "plan-2025.yaml" for fault in refused.faults)
    else:
        for setting in scenario.settings:
            assert setting.lever.low <= setting.level <= setting.lever.high
            assert setting.start <= setting.full
