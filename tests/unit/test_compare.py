"""Comparing scenarios: pairing, ranges, chances, targets, drivers, costs; on a stand-in path."""

import math
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scenarios
from scenarios.comparison import assess, figure_cache, runs
from scenarios.comparison.compare import compare
from scenarios.comparison.costs import total
from scenarios.comparison.decompose import HEADLINES
from scenarios.comparison.findings import Arm, Figure, chance_of, summary
from scenarios.comparison.runs import Job, Source, Variant, drawn_size, scenario_of
from scenarios.comparison.strain import pressure, strain
from scenarios.plans.levers import levers
from scenarios.plans.targets import targets
from sim.errors import InputError, NotConverged
from tests import standin

compare_module = import_module("scenarios.comparison.compare")
REAL_PATH = runs.path_of
VISITS = ("in_county_visit_rate", "", "")
SMALL = """region: taonan
name: small
extends: as-now
title: Three levers
title_zh: 三项措施
about: A trial of three levers.
about_zh: 三项措施的试验。
horizon: 2035
levers:
  telemedicine: {level: 0.8, unit: share of facilities, from: 2024-01-01, full: 2025-01-01,
    basis: assumed, why: A trial., why_zh: 试验。}
  family_doctor_contract: {level: 0.35, unit: share of residents added, from: 2024-01-01,
    full: 2030-01-01, basis: assumed, why: A trial., why_zh: 试验。}
  township_standard: {level: 1, unit: share of the programme, from: 2024-01-01,
    full: 2025-12-31, townships: 0.5, basis: assumed, why: A trial., why_zh: 试验。}
"""
AS_NOW = """region: taonan
name: as-now
title: As now
title_zh: 现状延续
about: Nothing changes.
about_zh: 不改动。
horizon: 2035
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    (folder / "as-now.yaml").write_text(AS_NOW, encoding="utf-8")
    path = folder / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module", autouse=True)
def stood_in(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("paths")
    patch.setattr(figure_cache, "folder", lambda: folder)
    for module in (runs, compare_module):
        patch.setattr(module, "path_of", standin.path_of)
        patch.setattr(module, "draws_of", standin.draws_of)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def found(small):
    return compare("taonan", ("as-now", small), (2023, 2025, 2035), draws=12, threads=1)


# Ranges and chances


def test_a_range_holds_ninety_of_a_hundred_draws_and_the_median():
    values = np.arange(101.0)
    assert summary(values) == Figure(50.0, 5.0, 95.0)


def test_one_value_has_no_range_and_no_chance():
    assert summary(np.array([3.0])) == Figure(3.0)
    assert chance_of(np.array([3.0]), lambda v: v > 0) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60), st.floats(-1e6, 1e6))
def test_a_chance_is_the_share_of_draws_and_a_range_is_in_order(values, goal):
    array = np.array(values)
    chance = chance_of(array, lambda v: v >= goal)
    assert chance * len(values) == pytest.approx(sum(v >= goal for v in values))
    figure = summary(array)
    assert figure.low <= figure.value <= figure.high


def test_draws_are_paired_so_that_equal_scenarios_differ_by_nothing(small, tmp_path):
    twin = tmp_path / "twin.yaml"
    (tmp_path / "as-now.yaml").write_text(AS_NOW, encoding="utf-8")
    twin.write_text(SMALL.replace("name: small", "name: twin"), encoding="utf-8")
    pair = compare("taonan", (small, str(twin)), (2023, 2030), draws=4, threads=1)
    assert pair.figure("twin", 2030, "bed_occupancy").low < (
        pair.figure("twin", 2030, "bed_occupancy").high
    )
    for key in pair.samples.keys:
        change = pair.samples.change(("twin", 2030), ("small", 2030), key)
        assert change.value in (0.0, None)
        assert change.low in (0.0, None)
        assert change.high in (0.0, None)
    assert pair.drivers == ()
    assert ("note.no_change", {"name": "twin"}) in pair.notes


def test_the_range_of_a_change_is_narrower_than_of_the_levels(found):
    level = found.figure("small", 2035, "bed_occupancy")
    change = found.change("small", 2035, "bed_occupancy")
    assert 0 < change.high - change.low < level.high - level.low


def test_without_draws_there_are_values_and_no_ranges(small):
    plain = compare("taonan", ("as-now", small), (2023, 2025), draws=0, threads=1,
                    decompose=False)  # fmt: skip
    figure = plain.figure("small", 2025, "in_county_visit_rate")
    assert figure.value == plain.samples.central["small", 2025][VISITS]
    assert figure.low is None
    assert all(j.chance is None for j in plain.targets)
    assert (plain.drivers, plain.totals) == ((), ())
    assert ("note.central", {}) in plain.notes


def test_missing_draws_are_told_with_their_reason(small, monkeypatch):
    monkeypatch.setattr(compare_module, "draws_of", lambda region, n: ((), "no draws of it"))
    plain = compare("taonan", ("as-now", small), (2023, 2025), draws=9, threads=1, decompose=False)
    assert ("note.no_draws", {"why": "no draws of it"}) in plain.notes
    assert plain.draws == 0


def test_paired_seeds_shift_by_their_mean_difference_and_widen(small):
    arms = ("as-now", small)
    seeds = 3
    corrected = compare("taonan", arms, (2023, 2025), draws=0, seeds=seeds, threads=1,
                        decompose=False)  # fmt: skip
    key = ("unresolved_need_share", "", "")
    cell = ("small", 2025)
    central = corrected.samples.central[cell][key]
    job = Job("taonan", corrected.arm("small").variant, (2023, 2025), "compiled")
    shifts = [runs.readings_of(replace(job, seed=k))[2025][key] - central for k in range(seeds)]
    assert corrected.figure("small", 2025, key[0]).value == pytest.approx(
        central + sum(shifts) / seeds
    )
    wide = compare("taonan", arms, (2023, 2025), draws=5, seeds=seeds, threads=1, decompose=False)
    assert len(wide.samples.pool(cell, key)) == 5 * seeds
    narrow = compare("taonan", arms, (2023, 2025), draws=5, threads=1, decompose=False)
    a, b = (c.figure("small", 2025, key[0]) for c in (wide, narrow))
    assert a.value > b.value
    assert a.high - a.low > b.high - b.low


# Effect sizes


def test_drawn_sizes_lie_in_their_ranges_as_often_as_they_say():
    effect = next(e for e in levers()["township_standard"].effects if 0 < e.low < e.size < e.high)
    sizes = np.array([drawn_size(effect, draw) for draw in range(1, 3001)])
    # Binomial, 3000 draws at 5%: 150 +- 4 x 12.
    assert abs((sizes < effect.low).sum() - 150) < 48
    assert abs((sizes > effect.high).sum() - 150) < 48
    assert abs((sizes < effect.size).mean() - 0.5) < 0.037
    assert sizes.min() >= 0.0


@pytest.mark.parametrize("draw", [1, 7, 200])
def test_every_effect_keeps_its_sign_and_its_number_in_a_draw(draw):
    for lever in levers().values():
        for effect in lever.effects:
            size = drawn_size(effect, draw)
            assert size == drawn_size(effect, draw)
            assert effect.low < 0 or size >= 0
            assert effect.high > 0 or size <= 0
            if effect.low == effect.high:
                assert size == effect.size


# Variants


def test_a_variant_takes_levers_of_the_plan_and_leaves_the_others_as_they_are(small):
    plan, base = Source(small), Source("taonan", "as-now")
    only = scenario_of(Variant(plan, base, ("telemedicine",)))
    assert [s.lever.id for s in only.settings] == ["telemedicine"]
    names = runs.different_levers(runs.scenario_at(plan), runs.scenario_at(base))
    assert set(names) == {"telemedicine", "family_doctor_contract", "township_standard"}
    whole = scenario_of(Variant(plan, base, names))
    assert {s.lever.id for s in whole.settings} == set(names)


def test_a_lever_raised_later_goes_back_to_the_earlier_plan_when_removed():
    later, earlier = (scenarios.load("taonan", n) for n in ("vision-2035", "plan-2025"))
    raised = runs.different_levers(later, earlier)
    assert raised
    without = scenario_of(
        Variant(Source("taonan", "vision-2035"), Source("taonan", "plan-2025"), ())
    )
    assert {s.lever.id for s in without.settings} == {s.lever.id for s in earlier.settings}
    assert sorted(s.level for s in without.settings) == sorted(s.level for s in earlier.settings)


# Decomposition


def test_total_is_singles_plus_interaction(found):
    assert {t.indicator for t in found.totals} == set(HEADLINES)
    for t in found.totals:
        own = [d.alone for d in found.drivers
               if (d.arm, d.year, d.indicator) == (t.arm, t.year, t.indicator)]  # fmt: skip
        assert len(own) == 3
        if not math.isnan(t.total):
            assert t.singles == pytest.approx(sum(own), abs=1e-15)
            assert t.singles + t.interaction == pytest.approx(t.total, abs=1e-15)


def test_what_adds_up_has_no_interaction_and_what_multiplies_has(found):
    """Visits kept are linear in the stand-in's levers; unresolved over all episodes is not."""
    by = {t.indicator[0]: t for t in found.totals if t.year == 2035}
    assert by["in_county_visit_rate"].interaction == pytest.approx(0.0, abs=1e-12)
    assert abs(by["unresolved_need_share"].interaction) > 1e-5
    alone = {d.lever: d for d in found.drivers
             if d.year == 2035 and d.indicator == VISITS}  # fmt: skip
    rate = found.samples.central["as-now", 2035][VISITS]
    assert alone["telemedicine"].alone == pytest.approx(rate * standin.KEPT * 0.8)
    assert alone["telemedicine"].removed == pytest.approx(alone["telemedicine"].alone)


# Targets


def of(name):
    return targets()[name]


def test_a_target_is_met_at_its_number_and_not_below():
    holds = assess.wanted(of("liaocheng.in_county_visit_rate"))
    assert holds(np.array([0.8999, 0.9, 0.91])).tolist() == [False, True, True]


def test_a_direction_is_judged_by_the_difference_from_the_base_year():
    holds = assess.wanted(of("taonan.out_of_area_share"))
    assert holds(np.array([-0.01, 0.0, 0.01])).tolist() == [True, False, False]
    assert assess.wanted(of("taonan.tiered_care_pattern")) is None


def test_people_who_leave_are_judged_by_one_less_those_who_stay(found):
    j = next(j for j in found.targets
             if j.target.id == "taonan.out_of_area_share" and j.arm == "small")  # fmt: skip
    stay = found.figure("small", 2025, "in_county_visit_rate")
    assert j.figure.value == pytest.approx(1.0 - stay.value)
    assert j.figure.low == pytest.approx(1.0 - stay.high)
    assert not j.dated
    assert j.year == 2025
    assert j.met
    assert j.chance == 1.0
    assert j.unresolved == found.figure("small", 2025, "unresolved_need_share")


def test_every_simulated_target_is_judged_under_every_arm(found):
    names = {t.id for t in targets().values()
             if t.region == "taonan" and t.definition.status == "simulated"}  # fmt: skip
    assert {(j.target.id, j.arm) for j in found.targets} == {
        (name, arm) for name in names for arm in ("as-now", "small")
    }


def test_levers_ready_are_those_at_ninety_per_cent_in_the_middle_of_the_year(found):
    by = {a.lever: a for a in found.arrivals}
    assert set(by) == {"telemedicine", "family_doctor_contract", "township_standard"}
    for a in by.values():
        assert a.start <= a.ninety
        assert a.ninety > 2024.5
    ready = sum(a.ninety <= 2025.5 for a in by.values())
    assert {j.ready for j in found.targets if j.arm == "small"} == {ready}
    assert {j.levers for j in found.targets if j.arm == "as-now"} == {0}


@pytest.mark.parametrize("delay", [0.5, 2.0, 4.0])
def test_ninety_per_cent_of_a_first_order_delay_comes_after_ln_ten_delays(delay):
    effect = replace(levers()["telemedicine"].effects[0], delay_years=delay, half_life=None)
    at = assess._reaches(effect, "step", 2024.0, 2024.0)
    assert 0.0 <= at - 2024.0 - delay * math.log(10.0) < 1 / 12 + 1e-9


def test_what_never_gets_there_says_so():
    effect = replace(levers()["telemedicine"].effects[0], delay_years=20.0, half_life=None)
    assert assess._reaches(effect, "step", 2024.0, 2024.0) is None


# Costs, gains, bottlenecks


def test_costs_are_unit_costs_times_what_the_level_comes_to(found):
    by = {k.lever: k for k in found.costs if k.arm == "small"}
    contract = by["family_doctor_contract"]
    assert contract.units == pytest.approx(0.35 * found.residents("as-now", 2035))
    assert contract.yearly[1] == pytest.approx(contract.units * 100.0)
    standard = by["township_standard"]
    assert standard.units == pytest.approx(0.5 * 24)
    assert standard.one_off == pytest.approx([standard.units * y for y in (5e5, 2e6, 5e6)])
    once, yearly = total(by.values())
    assert once == pytest.approx([sum(k.one_off[i] for k in by.values()) for i in range(3)])
    assert yearly == pytest.approx([sum(k.yearly[i] for k in by.values()) for i in range(3)])


def test_what_the_pack_cannot_count_is_not_costed():
    arm = Arm("plan-2025", Source("taonan", "plan-2025"))
    from scenarios.comparison.costs import lever_costs
    from sim.packs import load_region

    costs = {k.lever: k for k in lever_costs(arm, load_region("taonan", 2023), standin.a_year())}
    assert costs["key_specialties"].units is None
    assert costs["key_specialties"].yearly == (0.0, 0.0, 0.0)
    assert costs["direct_settlement"].units is None
    assert costs["service_prices"].units == 0.0
    assert costs["urban_medical_group"].units == 0.0  # a county without districts


def test_gains_are_the_changes_of_each_part_of_the_people(found):
    parts = {(g.split, g.part) for g in found.gains}
    assert {("", ""), ("by_residence", "rural"), ("by_income", "1"), ("by_age", "75plus"),
            ("by_county", "220881")} <= parts  # fmt: skip
    for g in found.gains:
        assert g.change == found.change("small", 2035, g.indicator, g.split, g.part)
    whole = next(g for g in found.gains
                 if g.indicator == "unresolved_need_share" and not g.split)  # fmt: skip
    assert whole.change.high < 0


def test_bottlenecks_are_ranked_by_their_worst_measure(found):
    own = [b for b in found.bottlenecks if (b.arm, b.year) == ("small", 2035)]
    assert [b.pressure for b in own] == sorted((b.pressure for b in own), reverse=True)
    dataset = found.paths["small"].years[2035]
    hardest = max(pressure(values)[0] for values in strain(dataset).values())
    assert own[0].pressure == hardest


def test_a_ward_that_refuses_most_is_strained_however_short_its_wait(found):
    dataset = found.paths["small"].years[2035].copy(deep=True)
    at = int(np.flatnonzero(dataset.facility_admissions.values > 0)[-1])
    dataset.facility_left_bed_queue.values[at] = 9 * dataset.facility_admissions.values[at]
    dataset.facility_bed_wait_days.values[at] = 0
    dataset.facility_is_delay.values[at] = 0
    dataset.facility_visits.values[at] = max(1_000, dataset.facility_visits.values[at])
    values = strain(dataset)[str(dataset.facility.values[at])]
    assert values["left_without_bed"] == pytest.approx(0.9)
    assert pressure(values) == (pytest.approx(4.5), "left_without_bed")


def test_relief_names_levers_that_lower_the_pressure_when_added_alone(found):
    """In the stand-in every lever fills beds and shortens waits."""
    relieved = [b for b in found.bottlenecks if b.relief]
    assert all(change < 0 for b in relieved for _, change in b.relief)
    assert all(b.worst != "occupancy" for b in relieved)
    crowded = [b for b in found.bottlenecks if b.worst == "occupancy" and b.load]
    assert crowded
    assert all(change > 0 for b in crowded for _, change in b.load)


def test_flows_add_up_to_the_visits_of_residents(found):
    visits = sum(
        f.count for f in found.flows if (f.arm, f.year, f.what) == ("small", 2035, "visits")
    )
    assert visits == pytest.approx(float(found.paths["small"].years[2035].visits.sum()))


# Faults and the price


@pytest.mark.parametrize(
    ("names", "more", "field"),
    [
        (("as-now", "as-now"), {}, "scenario"),
        (("as-now", "nothing"), {}, ""),
        (("as-now",), {"years": (2019,)}, "years"),
        (("as-now",), {"engine": "guess"}, "engine"),
        (("as-now",), {"draws": -1}, "draws"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_runs(names, more, field, monkeypatch):
    monkeypatch.setattr(compare_module, "path_of", lambda *_: pytest.fail("it ran"))
    with pytest.raises(InputError) as refused:
        compare("taonan", names, **more)
    assert not field or field in {fault.field for fault in refused.value.faults}


def test_a_scenario_of_another_region_is_refused(small):
    with pytest.raises(InputError, match="one of liaocheng"):
        compare("liaocheng", ("as-now", small))


def test_a_draw_without_a_solution_is_left_out_of_every_arm_and_counted(small, monkeypatch):
    def path_of(job, threads=1):
        if job.draw == 2 and job.variant.plan.place == small:
            raise NotConverged("residual 1.0")
        return standin.path_of(job, threads)

    arms, years = ("as-now", small), (2023, 2030)
    whole = compare("taonan", arms, years, draws=4, threads=1, decompose=False)
    monkeypatch.setattr(runs, "path_of", path_of)
    found = compare("taonan", arms, years, draws=4, threads=1, decompose=False)
    assert (whole.draws, found.draws) == (4, 3)
    assert ("note.draws_left_out", {"left_out": 1}) in found.notes
    for cell, values in found.samples.draws.items():
        kept = np.delete(whole.samples.draws[cell], 1, axis=0)
        assert np.array_equal(values, kept, equal_nan=True)


def test_the_price_is_told_before_the_draws_are_run(small):
    told = []
    compare("taonan", ("as-now", small), (2023,), draws=3, threads=1, decompose=False,
            progress=lambda *what: told.append(what))  # fmt: skip
    names = [what for what, _, _ in told]
    assert names.index("price") < names.index("draws")
    assert ("price", 0, 6) in told
    assert told[-1] == ("draws", 6, 6)


def test_the_price_of_paired_runs_is_told_before_them(small):
    told = []
    compare("taonan", ("as-now", small), (2023,), draws=0, seeds=2, threads=1, decompose=False,
            progress=lambda *what: told.append(what))  # fmt: skip
    names = [what for what, _, _ in told]
    assert names.index("price_seeds") < names.index("seeds")
    seconds, count = next(rest for what, *rest in told if what == "price_seeds")
    assert count == 4
    assert seconds >= 4 * 6


# Figures that are kept


def test_a_one_to_one_path_is_run_once_and_its_figures_are_kept_to_the_bit(small, monkeypatch):
    job = Job("taonan", Variant(Source(small)), (2023, 2024), "compiled", seed=11)
    first = runs.readings_of(job)
    monkeypatch.setattr(runs, "path_of", lambda *_: pytest.fail("it ran again"))
    again = runs.readings_of(job)
    assert list(again) == [2023, 2024]
    for year, cells in first.items():
        assert list(again[year]) == list(cells)
        np.testing.assert_array_equal(list(again[year].values()), list(cells.values()))


@pytest.mark.parametrize(
    "other", [{"seed": 13}, {"years": (2021, 2024)}, {"only": ("bed_occupancy",)},
              {"overrides": (("neutral_occupancy", 0.7),)}, {"draw": 5}]
)  # fmt: skip
def test_another_job_is_not_served_kept_figures(small, monkeypatch, other):
    job = Job("taonan", Variant(Source(small)), (2023, 2024), "compiled", seed=12)
    runs.readings_of(job)
    ran = []
    monkeypatch.setattr(
        runs, "path_of", lambda job, threads=1: ran.append(job) or standin.path_of(job)
    )
    runs.readings_of(replace(job, **other))
    assert len(ran) == 1


def test_years_that_were_kept_are_not_lost_when_others_are_asked_for(small, monkeypatch):
    job = Job("taonan", Variant(Source(small)), (2021, 2024), "compiled", seed=16)
    first = runs.readings_of(job)
    runs.readings_of(replace(job, years=(2022, 2024)))
    monkeypatch.setattr(runs, "path_of", lambda *_: pytest.fail("it ran again"))
    assert runs.readings_of(job)[2021].keys() == first[2021].keys()
    assert list(runs.readings_of(replace(job, years=(2023, 2024)))) == [2023, 2024]


def test_kept_figures_that_cannot_be_read_are_run_again(small):
    job = Job("taonan", Variant(Source(small)), (2023,), "compiled", seed=14)
    first = runs.readings_of(job)
    for file in figure_cache.folder().iterdir():
        file.write_text("{", encoding="utf-8")
    assert runs.readings_of(job)[2023].keys() == first[2023].keys()


def test_expected_values_are_not_kept(small):
    before = set(figure_cache.folder().iterdir())
    runs.readings_of(Job("taonan", Variant(Source(small)), (2023,), "meanfield", seed=15))
    assert set(figure_cache.folder().iterdir()) == before


# The path itself


@pytest.mark.slow
def test_a_real_path_is_compared(small, monkeypatch):
    monkeypatch.setattr(runs, "path_of", REAL_PATH)
    monkeypatch.setattr(compare_module, "path_of", REAL_PATH)
    real = compare("taonan", ("as-now", small), (2023, 2026), draws=0, threads=1)
    for key in real.samples.keys:  # nothing begins before 2024
        change = real.samples.change(("small", 2023), ("as-now", 2023), key).value
        assert change is None or change == pytest.approx(0.0, abs=1e-12)
    later = real.change("small", 2026, "contract_coverage").value
    drivers = {d.lever: d for d in real.drivers
               if d.year == 2026 and d.indicator[0] == "contract_coverage"}  # fmt: skip
    assert later > 0.02
    assert drivers["family_doctor_contract"].alone == pytest.approx(later, rel=0.2)
    assert real.change("small", 2026, "unresolved_need_share").value < 0
