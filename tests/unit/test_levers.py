"""The tables of levers, targets and clauses: complete, traceable, refused when wrong."""

from __future__ import annotations

import csv
import math
import shutil
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.plans.clauses import REGIONS, catalogue, documents, rows_of_clause
from scenarios.plans.levers import levers, quantities
from scenarios.plans.strict_tables import FOLDER
from scenarios.plans.targets import definitions, targets
from sim.dynamics.schedule import QUANTITIES
from sim.errors import InputError
from sim.indicators import INDICATORS
from sim.parameters import read_rows

# The distinct levers of the five plans, in the order of the catalogue.
OF_THE_PLANS = [
    "county_consortium",
    "consortium_unification",
    "urban_medical_group",
    "reserved_beds",
    "contract_priority",
    "pooled_capacity",
    "family_doctor_contract",
    "specialists_in_teams",
    "capitation",
    "global_budget",
    "case_payment",
    "tier_favouring_payment",
    "chronic_outpatient_cover",
    "service_prices",
    "direct_settlement",
    "county_hospital_capability",
    "key_specialties",
    "regional_centre",
    "sub_centres",
    "township_standard",
    "township_surgery",
    "village_access",
    "fifteen_minute_circle",
    "county_managed_staff",
    "village_doctors",
    "pay_parity",
    "paired_assistance",
    "bed_control",
    "bed_allocation",
    "day_surgery_and_admission",
    "extended_hours",
    "test_recognition",
    "telemedicine",
    "drug_alignment",
    "chronic_management",
    "post_acute_chain",
    "green_channels",
    "non_public_providers",
    "appraisal_and_funding",
    "emergency_network",
    "surge_conversion",
    "chinese_medicine",
    "mother_and_child",
]
# Those that the model has no mechanism for.
CONTEXT_ONLY = {
    "contract_priority", "pooled_capacity", "bed_allocation", "green_channels", "surge_conversion",
    "mother_and_child",
}  # fmt: skip
LEVERS = list(levers().values())
EFFECTS = [effect for lever in LEVERS for effect in lever.effects]


def test_every_lever_of_the_plans_is_there_with_its_clauses():
    """A lever beyond those of the plans stands after them and has no clause."""
    assert [lever.id for lever in LEVERS[: len(OF_THE_PLANS)]] == OF_THE_PLANS
    names = [lever.name_zh for lever in LEVERS]
    assert sorted(set(names)) == sorted(names)
    planned = {lever.id: lever for lever in LEVERS if lever.id in OF_THE_PLANS}
    assert {name for name, lever in planned.items() if not lever.effects} == CONTEXT_ONLY
    assert all(lever.clauses for lever in planned.values())


def test_the_unit_of_a_lever_stands_in_both_languages():
    for lever in LEVERS:
        assert lever.unit.isascii() and not lever.unit_zh.isascii(), lever.id
    pairs = {(lever.unit, lever.unit_zh) for lever in LEVERS}
    assert sorted(unit for unit, _ in pairs) == sorted({unit for unit, _ in pairs})


def test_a_lever_acts_on_a_named_quantity_or_says_what_is_missing():
    parameters = {row.key for row in read_rows()}
    for effect in EFFECTS:
        known = effect.quantity.id in parameters
        assert known == (effect.quantity.owner == "parameter"), effect.quantity.id
    assert all(bool(lever.missing) != bool(lever.effects) for lever in LEVERS)


def test_what_levers_change_is_what_a_course_can_change():
    parameters = {row.key for row in read_rows()}
    ours = [quantity for quantity in quantities().values() if quantity.owner != "parameter"]
    assert {quantity.id for quantity in ours} <= set(QUANTITIES)
    assert {effect.quantity.id for effect in EFFECTS} <= parameters | set(QUANTITIES)
    # Every row of quantities.csv is used.
    assert {quantity.id for quantity in ours} <= {effect.quantity.id for effect in EFFECTS}


def test_what_a_stock_delays_is_not_delayed_twice():
    followed = ("beds", "private_beds", "management_effort", "training_places")
    late = [effect for effect in EFFECTS if effect.quantity.id.partition(":")[0] in followed]
    assert {effect.quantity.id.partition(":")[0] for effect in late} == set(followed)
    assert all(effect.delay_years == 0.0 for effect in late)
    assert all("No delay here" in effect.source for effect in late)


def test_a_lever_that_acts_names_the_indicator_it_is_meant_to_move():
    for lever in LEVERS:
        assert bool(lever.effects) == bool(lever.indicator) == (lever.expected != "none")


def test_training_of_students_is_asked_for_by_the_clauses_of_its_lever():
    lever = levers()["village_doctors"]
    assert "training_places:township" in {effect.quantity.id for effect in lever.effects}
    for region in ("chifeng", "taonan", "suining", "bayannur"):
        rows = [row for clause in lever.clauses[region] for row in rows_of_clause(region, clause)]
        assert any("订单定向" in row.indicator_zh for row in rows), region


def test_every_clause_of_a_lever_is_traceable_and_every_region_has_one():
    traced = Counter()
    for lever in LEVERS:
        for region, clauses in lever.clauses.items():
            for clause in clauses:
                assert rows_of_clause(region, clause), (lever.id, region, clause)
                traced[region] += 1
    assert set(traced) == set(REGIONS) == set(documents())


def test_a_clause_does_not_hold_one_with_a_longer_number():
    assert {row.clause.split()[0] for row in rows_of_clause("suining", "二(二)1")} <= {"二(二)1"}
    assert rows_of_clause("chifeng", "二(五)1") == ()
    assert rows_of_clause("chifeng", "二(五)12")
    assert rows_of_clause("chifeng", "") == ()


@given(st.sampled_from(EFFECTS), st.floats(-5, 5))
def test_no_level_is_no_change_to_the_last_bit(effect, value):
    assert effect.apply(value, 0.0) == value


@given(st.floats(0, 1), st.floats(0, 3))
def test_inadequacy_shrinks_by_the_exponential_and_stays_a_probability(value, level):
    effect = next(e for e in EFFECTS if e.form == "inadequacy")
    got = effect.apply(value, level)
    assert value <= got <= 1.0
    assert 1 - got == pytest.approx((1 - value) * math.exp(-effect.size * level), abs=1e-12)


def test_reserved_beds_are_the_parameter_itself():
    held = {effect.quantity.id: effect for effect in levers()["reserved_beds"].effects}
    assert set(held) == {"reserved_bed_share:city", "reserved_bed_share:county"}
    assert all(effect.apply(0.0, 0.1) == 0.1 for effect in held.values())
    assert levers()["reserved_beds"].high == 0.3


@given(st.sampled_from(LEVERS), st.floats(0, 1))
def test_a_lever_at_any_level_leaves_each_parameter_where_a_rule_can_compute(lever, along):
    defaults = {row.key: row.default for row in read_rows()}
    level = lever.low + along * (lever.high - lever.low)
    for effect in lever.effects:
        if effect.quantity.owner == "parameter":
            got = effect.apply(defaults[effect.quantity.id], level)
            assert effect.quantity.low <= got <= effect.quantity.high, effect.quantity.id


def test_each_target_row_of_the_catalogue_belongs_to_exactly_one_target():
    stated = Counter(clause.id for target in targets().values() for clause in target.rows)
    wanted = {row.id for row in catalogue().values() if row.kind == "target"}
    assert stated == Counter(wanted)


def test_simulated_targets_have_an_indicator_a_run_gives_and_the_others_a_reason():
    gives = {i.id for i in INDICATORS if not i.not_modelled}
    for definition in definitions().values():
        if definition.status == "simulated":
            assert definition.indicator in gives
        else:
            assert definition.why
            assert definition.why_zh


@pytest.mark.parametrize(
    ("target", "baseline", "aim", "year", "status"),
    [
        ("liaocheng.in_county_visit_rate", None, 0.9, 2025, "simulated"),
        ("liaocheng.primary_visit_share_in_county", None, 0.65, 2025, "simulated"),
        ("taonan.beds_per_1000", 7.39, 7.5, 2025, "input"),
        ("bayannur.doctors_per_1000", 3.46, 3.6, 2025, "input"),
        ("chifeng.consortium_share", None, 0.9, 2025, "input"),
        ("suining.sub_centres", None, 15, 2025, "input"),
        ("taonan.child_doctors_per_township_centre", None, 1, 2030, "outside"),
    ],
)
def test_targets_are_what_the_plans_print(target, baseline, aim, year, status):
    found = targets()[target]
    assert (found.baseline, found.target, found.year) == (baseline, aim, year)
    assert found.definition.status == status


@pytest.mark.parametrize(
    "target",
    ["taonan.general_practitioners_per_10000", "taonan.geriatric_departments",
     "taonan.beds_non_public", "bayannur.chronic_disease_management"],
)  # fmt: skip
def test_contradictions_inside_a_plan_are_told(target):
    assert targets()[target].conflict_note


def test_no_plan_prints_a_figure_for_2035():
    printed = [t.id for t in targets().values() if t.year == 2035 and t.target is not None]
    assert printed == []


@pytest.fixture
def tables(tmp_path):
    """A copy of the tables, to be spoilt."""
    for path in FOLDER.glob("*.csv"):
        shutil.copy(path, tmp_path)
    return tmp_path


def spoil(path, row, column, value):
    """Change one cell of a table; `row` counts from the header's line, which is 1."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    rows[row - 1][rows[0].index(column)] = value
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "said"),
    [
        ("levers.csv", 5, "high", "-1", "a range that holds 0"),
        ("levers.csv", 5, "liaocheng", "九(九)9", "a clause of liaocheng"),
        ("levers.csv", 5, "tiers", "cty", "Did you mean city?"),
        ("levers.csv", 5, "role", "context-only", "a row of effects.csv for each lever that acts"),
        ("levers.csv", 5, "rollout", "sudden", "one of step, linear, logistic"),
        ("levers.csv", 5, "number", "3", "1, 2, 3 ... in order"),
        ("levers.csv", 5, "indicator", "bed_ocupancy:county", "Did you mean bed_occupancy?"),
        ("levers.csv", 5, "indicator", "bed_occupancy:ward", "with a tier after a colon"),
        ("levers.csv", 5, "expected", "none", "how the indicator moves"),
        ("levers.csv", 5, "expected", "upwards", "one of rises, falls, unsure, none"),
        ("effects.csv", 2, "quantity", "formal_referal", "Did you mean formal_referral?"),
        ("effects.csv", 2, "lever", "county_consortia", "Did you mean county_consortium?"),
        ("effects.csv", 2, "size", "0.9", "0.05 to 0.4"),
        ("effects.csv", 2, "fade_half_life_years", "soon", "a decimal number"),
        ("costs.csv", 2, "yearly", "9", "low <= middle <= high"),
        ("costs.csv", 2, "yearly", "1e6", "a decimal number"),
        ("costs.csv", 2, "lever", "reserved_beds", "each row once"),
    ],
)
def test_a_wrong_cell_of_the_levers_is_told_at_its_place(tables, table, row, column, value, said):
    spoil(tables / table, row, column, value)
    with pytest.raises(InputError) as refused:
        levers(tables)
    told = [str(f) for f in refused.value.faults if f.file == table]
    assert any(said in line for line in told), told


@pytest.mark.parametrize(
    ("table", "column", "value", "said"),
    [
        ("targets.csv", "rows", "chifeng-001", "a target of chifeng"),
        ("targets.csv", "rows", "chifeng-00x", "a row of plan_catalogue.csv"),
        ("targets.csv", "target", "0.123", "as in "),
        ("targets.csv", "definition", "in_county_rate", "a definition of definitions.csv"),
        ("targets.csv", "id", "chifeng.beds", "expected chifeng."),
        ("definitions.csv", "indicator", "in_county_visits", "Did you mean in_county_visit"),
        ("definitions.csv", "indicator", "nurses_per_1000", "an indicator that a run gives"),
        ("definitions.csv", "why", "because", "- where the target is simulated"),
        ("definitions.csv", "lever", "reserved_bed", "Did you mean reserved_beds?"),
    ],
)
def test_a_wrong_cell_of_the_targets_is_told(tables, table, column, value, said):
    spoil(tables / table, 2, column, value)
    with pytest.raises(InputError) as refused:
        targets(tables)
    assert said in str(refused.value)


def test_a_target_row_left_out_is_missed(tables):
    path = tables / "targets.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:1] + lines[2:]), encoding="utf-8")
    with pytest.raises(InputError, match="expected each target of the catalogue"):
        targets(tables)


def test_quantities_of_the_pack_do_not_share_a_name_with_a_parameter(tables):
    spoil(tables / "quantities.csv", 2, "id", "taste_sd")
    with pytest.raises(InputError, match="a name that is no parameter"):
        quantities(tables)
