"""The mean-field: known answers of its parts, fixed point, limits, conservation, agreement."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.special import ndtri

import sim.engines.meanfield.solver as solver
from sim.cli.main import main
from sim.day import open_seconds
from sim.engines import record_types as L
from sim.engines.meanfield import choice_response, expected_bills, group_choice, surfaces
from sim.engines.meanfield import flows as C
from sim.engines.meanfield.balance import FULL_BOOK_DAYS, CellArrays, settled_delay
from sim.engines.meanfield.chain import follow
from sim.engines.meanfield.periods import MeanField
from sim.engines.meanfield.recollection import new_rates, remember, seen_by_all
from sim.engines.meanfield.solver_inputs import region_inputs_of
from sim.engines.meanfield.year import NOT_GIVEN, run_year
from sim.errors import NotConverged
from sim.indicators import compute_all
from sim.parameters import load_parameters, one_row
from sim.paths.path import simulate_path
from sim.population import PopulationParameters, residents_of
from sim.population.vital_rates import load_demography
from sim.rules.choice import ABSENT, nested_logit
from sim.rules.consult import session_position
from sim.run import simulate
from sim.tiers import ALTERNATIVE_TIER, CLASS_KEYS, TIER_KEYS
from tests.worlds import small_region

P = load_parameters()
TIER = np.array(ALTERNATIVE_TIER)


def inputs(region, p=P, seed=0):
    residents, ledger = residents_of(region, PopulationParameters.from_table(p), seed, threads=1)
    return region_inputs_of(region, p, residents, load_demography(region.year), ledger)


@pytest.fixture(scope="module")
def world():
    return inputs(small_region(n_counties=2, residents=8_000, year=2023))


def solved(world, overrides=None, exact=True, people=None):
    """One quarter at the mean intensity."""
    model = MeanField(world, load_parameters(overrides))
    if people is not None:
        model.people = model.people * people
    return model, model.period(0.25, 1.0, exact=exact)


def by_tier(solution, column):
    return np.bincount(TIER, solution.flows[..., column].sum(axis=(0, 1)), 6)


# --------------------------------------------------------------------------------------- choice


def random_cell(seed):
    rng = np.random.default_rng(seed)
    utility = rng.normal(0.0, 1.5, 12)
    habit = rng.dirichlet(5.0 * np.ones(12))[:11] * 0.9
    return utility, habit, habit * rng.uniform(0.2, 0.9, 11)


def scratch_of(utility):
    """A cell whose classes and tastes are all alike."""
    x = group_choice.new_scratch()
    for j in range(12):
        nest = P.primary_nest if 1 <= j <= 2 else P.outside_nest if j >= 8 else 1.0
        x[group_choice.LANES * j : group_choice.LANES * (j + 1)] = math.exp(utility[j] / nest)
    return x


@pytest.mark.parametrize("seed", range(4))
def test_mixing_habits_equals_the_rule_with_every_habit_in_turn(seed):
    utility, habit, good = random_cell(seed)
    need_class = 1
    x = scratch_of(utility)
    factors = np.zeros((3, group_choice.HABITS))
    group_choice.habit_lines(P, factors)
    group_choice.habit_factors(np.tile(habit, 4), np.tile(good, 4), factors)
    of_class = factors[0].reshape(4, 11)[need_class]
    group_choice.lay_habits(x, need_class, habit, of_class, 1.0)
    group_choice.fill_nests(P, x)
    group_choice.mix_habits(x)
    got, care = np.zeros(12), np.zeros(11)
    group_choice.read_shares(x, need_class, got, care)
    weight = np.empty(12)
    total = nested_logit(P, utility, weight)
    expected = (1.0 - habit.sum()) * weight / total
    for k in range(11):
        raised = utility.copy()
        bonus = P.habit_weight[need_class] + P.outcome_weight * (2.0 * good[k] / habit[k] - 1.0)
        raised[k + 1] += bonus
        total = nested_logit(P, raised, weight)
        expected += habit[k] * weight / total
        assert care[k] == pytest.approx(1.0 - weight[0] / total, abs=1e-12)
    assert got == pytest.approx(expected, abs=1e-12)


def test_places_answer_to_a_change_as_the_rule_does_for_people_alike():
    utility, _, _ = random_cell(7)
    change = np.random.default_rng(8).normal(0.0, 0.5, 11)
    weight = np.empty(12)
    total = nested_logit(P, utility, weight)
    base, moved, out = (np.zeros((1, 4, rows, C.WIDE)) for rows in (12, 11, 12))
    base[0, :, :, 3], moved[0, :, :, 3] = weight / total, change  # one place among three empty ones
    choice_response.answer(P, 4, base, moved, out, np.zeros(choice_response.ROWS * C.WIDE))
    total = nested_logit(P, utility + np.concatenate([[0.0], change]), weight)
    assert out[0, 2, :, 3] == pytest.approx(weight / total, abs=1e-12)
    assert not out[0, :, :, :3].any()


def test_after_a_failure_shares_are_the_rule_without_the_tiers_up_to_it():
    utility, _, _ = random_cell(11)
    x = scratch_of(utility)
    group_choice.lay_habits(x, 2, np.zeros(11), np.zeros(11), 1.0)
    group_choice.fill_nests(P, x)
    lanes, later = np.zeros(group_choice.LATER), np.zeros((5, 12, C.WIDE))
    group_choice.after_failures(x, lanes)
    group_choice.read_later(lanes, 2, 7, later)
    weight = np.empty(12)
    for failed in range(5):
        left = utility.copy()
        left[0] = ABSENT
        left[1:][failed >= TIER] = ABSENT
        total = nested_logit(P, left, weight)
        assert later[failed, :11, 7] == pytest.approx(weight[1:] / total, abs=1e-9)
        assert later[failed, 11, 7] == 1.0


# ---------------------------------------------------------------------------------------- chain


def followed(p, need_class, first, later):
    """Flows (11, FLOWS) and ends (ENDS,) of places that are alike, all without waits and beds."""
    n = 3
    place = np.zeros(1, dtype=C.PLACES)
    place["like"][0, :, :, C.CAPABILITY] = np.asarray(p.capability)[TIER].T[:, :, None]
    there = (later.sum(axis=1) > 0.0).astype(float)
    lanes = np.repeat(np.column_stack([later, there])[:, :, None], C.WIDE, axis=2)
    x, carry, flow = C.new_chain()
    follow(
        p, need_class, np.repeat(first[:, None], C.WIDE, axis=1), lanes, place.view(np.recarray)[0],
        np.zeros((6, 2)), x, carry, flow, True, n,
    )  # fmt: skip
    flows, ends = flow.reshape(11, C.FLOWS, C.WIDE), x.reshape(-1, C.WIDE)[: C.ENDS]
    assert (flows[:, :, 1:n] == flows[:, :, :1]).all() and (ends[:, 1:n] == ends[:, :1]).all()
    return flows[:, :, 0], ends[:, 0]


def test_escalation_with_latent_difficulty_has_its_known_answer():
    p = load_parameters({
        "capability:village/complex": 0.35, "capability:township/complex": 0.60,
        "capability:county/complex": 0.88, "escalation:complex": 0.6, "formal_referral": 0.0,
    })  # fmt: skip
    first, later = np.zeros(12), np.zeros((5, 11))
    first[1] = 1.0  # all to the village, then one tier after the other
    later[0, 1] = later[1, 2] = 1.0
    flow, ends = followed(p, 2, first, later)
    assert flow[:, C.VISITS].sum() == pytest.approx(1.5340, abs=1e-4)
    assert ends[C.RESOLVED] == pytest.approx(0.6008, abs=1e-4)
    assert ends[C.RESOLVED] + ends[C.UNRESOLVED] == pytest.approx(1.0, abs=1e-12)
    # Whoever is seen is seen last once.
    last = flow[:, C.GOOD] + flow[:, C.BAD] - flow[:, C.AGAIN]
    assert last.sum() == pytest.approx(1.0, abs=1e-12)
    assert flow[0, C.AGAIN] == pytest.approx(0.65 * 0.6, abs=1e-12)


def test_a_weaker_facility_cannot_help_whom_a_stronger_one_failed():
    for capability, failed in ((0.6, 0.6), (0.5, 0.6), (1.0, 1.0)):
        assert C.helped(capability, failed, 2.5) == 0.0
    assert C.helped(0.8, 0.6, 1.0 / (1.0 - 0.6)) == pytest.approx(0.5)


# ------------------------------------------------------------------------------------- surfaces


def in_use(rooms, cv):
    table = np.zeros((len(surfaces.ROOMS), surfaces.NUMBERS))
    surfaces.use_table(cv, table)
    return table[surfaces.ROOMS.index(rooms)]


def test_an_overloaded_session_waits_as_a_fluid_does():
    # 30 an hour against 24 an hour for four hours: mean 30 min, 24 waiting at the end.
    p = load_parameters(
        {"early_arrival": 0.0, "overrun_minutes": 1.0, "service_minutes:village": 2.5}
    )
    out, number = np.zeros((1, 2)), np.array([120.0])
    surfaces.sessions(p, 0, 1.0, in_use(1, 0.4), 4 * 3600.0, number, out, np.zeros((3, 1)))
    wait, unseen = out[0]
    assert wait / 60.0 == pytest.approx(30.0, rel=0.1)
    # What a fluid leaves, and at most a step of forty more and the queue of an even stream.
    assert 24.0 / 120.0 < unseen < 0.25


@pytest.mark.parametrize("load", [0.1, 0.5, 0.9, 0.99])
def test_rooms_in_use_invert_the_stationary_queue(load):
    # M/M/1: load / (1 - load) are there on average.
    assert surfaces.rooms_in_use(1.0, 1.0, load / (1.0 - load), 0.5) == pytest.approx(
        load, abs=1e-9
    )


def test_an_emergency_pool_waits_as_a_queue_of_one_doctor_does():
    # M/M/1 at load 0.5 and 7.2 minutes a consult: 7.2 minutes.
    p = load_parameters({"service_cv": 1.0, "test_share:county": 0.0})
    patients = 0.5 * 86400.0 / (p.service_minutes[2] * 60.0)
    assert surfaces.all_day_wait(p, 2, 1.0, patients) / 60.0 == pytest.approx(7.2, abs=1e-9)


@pytest.mark.parametrize("early", [0.0, 0.3, 1.0])
def test_arrivals_of_a_session_are_those_of_the_rule(early):
    p = load_parameters({"early_arrival": early})
    for u in (0.1, 0.5, 0.9):
        assert surfaces.arrived(early, session_position(p, u)) == pytest.approx(u, abs=1e-12)


def erlang_a(servers, load, patience_over_stay):
    """Share who leave a queue with exponential stays and patience, from its stationary law."""
    most = servers + 400
    weight, total, left = 1.0, 1.0, 0.0
    for n in range(1, most):
        out = min(n, servers) + max(0, n - servers) / patience_over_stay
        weight *= load / out
        total += weight
        left += weight * max(0, n - servers) / patience_over_stay
    return left / total / load


@pytest.mark.parametrize(("beds", "load"), [(50, 42.5), (50, 50.0), (50, 60.0), (9, 8.0)])
def test_wards_leave_as_a_queue_with_abandonment(beds, load):
    leave, busy = surfaces.ward(beds, load, 7.0, 9.0)
    assert leave == pytest.approx(erlang_a(beds, load, 7.0 / 9.0), abs=0.012)
    assert 0.0 <= busy <= 1.0


def test_waits_rise_with_load_and_fall_with_rooms(world):
    clinics = MeanField(world, P).solver_inputs.clinics
    assert (np.diff(clinics.wait, axis=1) >= -1e-9).all()
    assert (np.diff(clinics.demand, axis=1) >= -1e-9).all()


def looked_up(table, tier, rooms, hours, load):
    """Wait and unseen share of a session between the points of a session table, (2,)."""
    k = np.searchsorted(surfaces.ROOMS[1:-1], rooms, side="right")
    few, many = surfaces.ROOMS[k], surfaces.ROOMS[k + 1]
    a = np.clip(math.log(rooms / few) / math.log(many / few), 0.0, 1.0)
    h = np.searchsorted(surfaces.OPEN_HOURS[1:-1], hours, side="right")
    b = (hours - surfaces.OPEN_HOURS[h]) / (surfaces.OPEN_HOURS[h + 1] - surfaces.OPEN_HOURS[h])
    b = np.clip(b, 0.0, 1.0)
    of = table[tier]
    fewer = (1.0 - b) * of[k, h] + b * of[k, h + 1]
    more = (1.0 - b) * of[k + 1, h] + b * of[k + 1, h + 1]
    curve = (1.0 - a) * fewer + a * more
    wait, unseen = (np.interp(load, surfaces.LOADS, curve[:, what]) for what in range(2))
    above = max(0.0, load - surfaces.LOADS[-1])
    slope = (curve[-1, 0] - curve[-2, 0]) / (surfaces.LOADS[-1] - surfaces.LOADS[-2])
    return wait + above * slope, unseen


def test_a_clinic_is_the_mean_over_the_sessions_of_its_week(world):
    solver_inputs = MeanField(world, P).solver_inputs
    s, clinics = solver_inputs.stations, solver_inputs.clinics
    in_use = np.zeros((len(surfaces.ROOMS), surfaces.NUMBERS))
    surfaces.use_table(float(P.service_cv), in_use)
    shape = (5, len(surfaces.ROOMS), len(surfaces.OPEN_HOURS), len(surfaces.LOADS), 2)
    table = np.zeros(shape)
    for tier in range(5):
        surfaces.session_table(one_row(P), tier, in_use, table[tier], np.zeros((4, shape[3])))
    found = np.flatnonzero(~s.delay & ~s.pooled & (s.visits_a_day > 0.0))
    assert {0, 1} <= set(s.tier[found])
    for station in found[s.tier[found] <= 1]:  # open all week, and nobody waits for a day
        tier = s.tier[station]
        work = P.service_minutes[tier] * 60.0 * (1.0 + P.test_share[tier])
        expected = np.zeros((2, len(surfaces.LOADS)))
        for m in range(s.member_start[station], s.member_start[station + 1]):
            full = s.load[m] / s.count[m] * s.visits_a_day[station]
            for session, hours in enumerate((P.morning_hours[tier], P.afternoon_hours[tier])):
                seconds = open_seconds(P, tier, session, s.share[m, 0], 0)
                mine = P.morning_share if session == 0 else 1.0 - P.morning_share
                assert seconds <= hours * 3600.0
                for share in P.weekday / P.weekday.sum():
                    patients = full * 7.0 * share * mine
                    busy = patients * work / (s.rooms[m, 0] * seconds)
                    for i, load in enumerate(surfaces.LOADS):
                        found_there = looked_up(
                            table, tier, s.rooms[m, 0], seconds / 3600.0, load * busy
                        )
                        expected[:, i] += s.load[m] * share * mine * np.array(found_there)
        assert clinics.wait[station] == pytest.approx(expected[0], rel=1e-9, abs=1e-9)
        assert clinics.unseen[station] == pytest.approx(expected[1], rel=1e-9, abs=1e-12)


# -------------------------------------------------------------------------------- memory, money


def lived_and_memory(good, bad, *, again=0.0, choosing=0.0, returning=1.0, spread=0.0):
    """One cell that only goes to the village with class 0; arrays of Experience, of Memory."""
    well, ended, by_tier = np.zeros((1, 4, 11)), np.zeros((1, 4, 11)), np.zeros((1, 4, 6, 3))
    well[0, 0, 0], ended[0, 0, 0] = good, good + bad - again
    by_tier[0, 0, 0] = good, bad, good + bad - again
    lived = (well, ended, by_tier, np.full((1, 4, 6), choosing), np.full((1, 4, 11), returning))
    habits = (np.zeros((1, 4, 11)), np.zeros((1, 4, 11)))
    return lived, (np.full((1, 6), 0.4), np.full((1, 6), spread), *habits)


def remembered(p, lived, old, years):
    zero = np.zeros(1, dtype=np.int64)
    view = CellArrays(zero, zero, zero, np.zeros(1), np.zeros((1, 11)))
    new = tuple(array.copy() for array in old)
    remember(
        one_row(p), view, np.ones(1), lived, years, False, old, new, np.zeros((1, 7)), new_rates()
    )  # fmt: skip
    return new


def test_memory_relaxes_to_experience_as_its_differential_equation_does():
    p = load_parameters({"word_of_mouth": 0.0})
    new = remembered(p, *lived_and_memory(3.0, 1.0), 0.5)
    a = 3.0 * p.learning_good
    flow = np.array([[-(a + 1.0 * p.learning_bad), a], [0.0, 0.0]])
    assert new[0][0, 0] == pytest.approx((expm(flow * 0.5) @ [0.4, 1.0])[0], abs=1e-12)
    assert new[2][0, 0, 0] == pytest.approx(1.0 - math.exp(-2.0), abs=1e-12)
    assert new[3][0, 0, 0] == pytest.approx(0.75 * (1.0 - math.exp(-2.0)), abs=1e-12)


def test_habit_is_the_provider_that_ended_the_episode():
    # Of four outcomes a year one is followed by another visit: three episodes end here.
    new = remembered(P, *lived_and_memory(3.0, 1.0, again=1.0), 0.5)
    assert new[2][0, 0, 0] == pytest.approx(1.0 - math.exp(-1.5), abs=1e-12)
    assert new[3][0, 0, 0] == pytest.approx(new[2][0, 0, 0], abs=1e-12)
    # Who sees somebody more often than the mean also leaves his habit sooner.
    often = remembered(P, *lived_and_memory(3.0, 1.0, returning=1.25), 50.0)
    assert often[2][0, 0, 0] == pytest.approx(0.8, abs=1e-9)


def test_opinions_spread_and_shift_as_those_of_simulated_people_do():
    """People who learn one by one, and go the more often the better they think of the tier."""
    p = load_parameters({"word_of_mouth": 0.0})
    slope, visits, well, step, years = 1.2, 3.0, 0.7, 0.02, 8.0
    rng = np.random.default_rng(5)
    quality = np.full(40_000, 0.4)
    for _ in range(round(years / step)):
        rate = np.exp(slope * (quality - quality.mean()))
        goes = rng.random(quality.size) < step * visits * rate / rate.mean()
        good = rng.random(quality.size) < well
        better = quality + p.learning_good * (1.0 - quality)
        quality = np.where(goes, np.where(good, better, (1.0 - p.learning_bad) * quality), quality)
    old = lived_and_memory(visits * well, visits * (1.0 - well))[1]
    for _ in range(round(4 * years)):
        lived = lived_and_memory(visits * well, visits * (1.0 - well), choosing=slope)[0]
        old = remembered(p, lived, old, 0.25)
    unmoved = well * p.learning_good / (well * p.learning_good + (1.0 - well) * p.learning_bad)
    assert old[0][0, 0] == pytest.approx(quality.mean(), abs=0.006)
    assert old[1][0, 0] == pytest.approx(quality.var(), rel=0.08)
    assert unmoved - quality.mean() > 0.02  # what the shift is for


@pytest.mark.parametrize("tier", range(6))
def test_people_alike_choose_as_people_who_differ_in_what_they_perceive(tier):
    rng = np.random.default_rng(tier)
    utility = rng.normal(0.0, 0.7, 12)
    spread = 0.012
    slope = float(P.quality_weight[1])
    alternatives = [j + 1 for j in range(11) if TIER[j] == tier]
    mean, count = np.zeros(12), 4000
    for k in range(count):
        one = utility.copy()
        one[alternatives] += slope * math.sqrt(spread) * ndtri((k + 0.5) / count)
        mean += shares(one) / count
    alone = shares(utility)
    contacts, seen = np.zeros((1, 4, 12)), np.zeros((1, 4, 6))
    contacts[0, 1] = alone
    memory = tuple(np.zeros((1, 6)) for _ in range(2))
    memory[1][0, tier] = spread
    seen_by_all(one_row(P), memory, contacts, np.ones((1, 4, 6)), seen)
    shifted = utility.copy()
    shifted[1:] += slope * seen[0, 1][np.array(TIER)]
    assert np.abs(shares(shifted) - mean).max() < 0.12 * np.abs(alone - mean).max() + 1e-6


def shares(utility):
    weight = np.empty(12)
    total = nested_logit(P, utility, weight)
    return weight / total


def test_a_cap_takes_what_is_above_it():
    draws = np.random.default_rng(1).gamma(2.0, 150.0, 200_000)
    mean, variance, cap = np.array([300.0]), np.array([45_000.0]), np.array([350.0])
    (got,), (above,) = expected_bills.capped(mean, variance, cap)
    assert got == pytest.approx(np.minimum(draws, 350.0).mean(), rel=0.01)
    assert above == pytest.approx((draws > 350.0).mean(), abs=0.01)
    assert expected_bills.capped(mean, variance, np.zeros(1)) == (300.0, 0.0)


def test_a_deductible_falls_with_the_stays_before():
    factors, at = np.array([10_000, 5_000, 2_000]), np.linspace(0.25, 0.5, 2001)
    none, one = np.exp(-6.0 * at), 6.0 * at * np.exp(-6.0 * at)
    wanted = (none + 0.5 * one + 0.2 * (1.0 - none - one)).mean()
    assert expected_bills.deductible_share(6.0, factors, 0.25, 0.5) == pytest.approx(
        wanted, rel=1e-3
    )
    assert expected_bills.deductible_share(0.0, factors, 0.25, 0.5) == 1.0


def test_a_stay_below_the_deductible_is_paid_by_the_patient():
    assert expected_bills.stay_fund(1000.0, 0.6, 300.0, 0.5) == pytest.approx(0.6 * 700.0)
    assert expected_bills.stay_fund(1000.0, 0.6, 2000.0, 0.5) == 0.0
    dear, part = 1000.0 * (1.0 + 0.75 * 0.5), 0.6 / 4.0  # only the dearest quarter is above 1,300
    assert expected_bills.stay_fund(1000.0, 0.6, 1300.0, 0.5) == pytest.approx(
        part * (dear - 1300.0)
    )
    edge = 1000.0 * (1.0 - 0.75 * 0.5)
    below, above = (expected_bills.stay_fund(1000.0, 0.6, edge + d, 0.5) for d in (-1e-6, 1e-6))
    assert below == pytest.approx(above, abs=1e-5)


# ---------------------------------------------------------------------------------- fixed point


def test_the_fixed_point_is_found_from_every_start(world):
    answers = []
    for start in (0.0, 0.1, 0.7, 3.0):
        model = MeanField(world, P)
        model.state.wait[:] = start
        model.state.occupancy[:] = min(1.0, start)
        solution = model.period(0.25, 1.0)
        assert solution.residual < 1e-6
        answers.append(solution)
    for other in answers[1:]:
        assert np.abs(other.state.wait - answers[0].state.wait).max() < 1e-5
        assert np.abs(other.state.occupancy - answers[0].state.occupancy).max() < 1e-5


def test_without_convergence_there_is_no_answer(world, monkeypatch):
    monkeypatch.setattr(solver, "_INNER", 2)
    with pytest.raises(NotConverged, match="residual"):
        solved(world)
    with pytest.raises(NotConverged):
        simulate_path("taonan", 2020)


def test_a_quarter_answered_by_the_pivot_is_the_exact_one_nearly(world):
    exact, pivot = MeanField(world, P), MeanField(world, P)
    for model in (exact, pivot):
        model.period(0.25, 1.0)
    a, b = exact.period(0.25, 1.1), pivot.period(0.25, 1.1, exact=False)
    assert b.turns < a.turns and b.residual < solver._LOOSE_INNER
    assert np.abs(a.state.wait - b.state.wait).max() < solver.LOOSE
    # A tenth of what the engine's shares are allowed, after a jump of need by a tenth.
    exact_visits, pivot_visits = by_tier(a, C.VISITS), by_tier(b, C.VISITS)
    shares = exact_visits / exact_visits.sum()
    assert pivot_visits / pivot_visits.sum() == pytest.approx(shares, abs=1e-3)
    assert pivot_visits.sum() == pytest.approx(exact_visits.sum(), rel=1e-3)
    assert pivot.period(0.25, 1.1, exact=False).turns < b.turns  # less moves than at the jump


def test_a_path_is_solved_alike_beside_others_in_threads():
    draws = [{"taste_sd": value} for value in (0.3, 0.5, 0.7)]

    def visits(draw):
        return simulate_path("taonan", 2020, overrides=draw).years[2020].visits.values.tobytes()

    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(visits, draws))
    assert len(set(together)) == len(draws)
    assert visits(draws[1]) == together[1]


# --------------------------------------------------------------------------------------- limits


def all_of(name, value, keys):
    return {f"{name}:{key}": value for key in keys}


def test_no_need_no_visits(world):
    _, solution = solved(world, all_of("need_scale", 0.0, CLASS_KEYS))
    assert solution.flows.sum() == 0.0
    assert (solution.state.wait[~MeanField(world, P).solver_inputs.stations.delay] == 0.0).all()


def test_full_capability_leaves_nothing_to_escalate(world):
    keys = [f"{tier}/{kind}" for tier in TIER_KEYS for kind in CLASS_KEYS]
    _, solution = solved(world, {**all_of("capability", 1.0, keys), "unseen_return": 1.0})
    assert solution.flows[..., C.VISITS].sum() == pytest.approx(
        solution.flows[..., C.FIRST].sum(), rel=1e-12
    )
    assert solution.ends[..., C.UNRESOLVED].sum() == pytest.approx(0.0, abs=1e-6)


def test_without_weights_shares_are_those_of_the_constants():
    region = small_region(
        n_counties=1, residents=3_000, all_alternatives=False, ample=True, year=2023
    )
    weights = ("travel", "wait", "delay", "outpatient_price", "inpatient_price", "quality",
               "contract", "habit")  # fmt: skip
    none = {f"{name}_weight:{kind}": 0.0 for name in weights for kind in CLASS_KEYS}
    none |= {"outcome_weight": 0.0, "primary_nest": 1.0, "outside_nest": 1.0}
    _, solution = solved(inputs(region), none)
    p = load_parameters(none)
    utility = np.array([p.self_care_constant[0], *p.tier_constant])
    share = np.exp(utility) / np.exp(utility).sum()
    first = by_tier(SimpleNamespace(flows=solution.flows[:, :1]), C.FIRST)
    assert first / solution.ends[:, 0, C.STARTED].sum() == pytest.approx(share[1:], abs=1e-9)


def test_contracts_without_effect_change_no_flow(world):
    a = solved(world, all_of("contract_weight", 0.0, CLASS_KEYS) | {"referral_bonus": 0.0})[1]
    few = inputs(small_region(n_counties=2, residents=8_000, year=2023, contract_coverage=(0, 0)))
    b = solved(few, all_of("contract_weight", 0.0, CLASS_KEYS) | {"referral_bonus": 0.0})[1]
    # Contracts also manage chronic illness; within a quarter that is next to nothing.
    assert a.flows[..., C.VISITS].sum() == pytest.approx(b.flows[..., C.VISITS].sum(), rel=1e-3)


def test_all_first_contacts_are_primary_when_nothing_else_is_there(world):
    _, solution = solved(
        world, all_of("tier_constant", -60.0, TIER_KEYS[2:]) | {"ambulance_share": 0.0}
    )
    assert by_tier(solution, C.FIRST)[2:].sum() < 1e-9 * by_tier(solution, C.FIRST).sum()


# -------------------------------------------------------------------------------- conservation


def test_flows_are_conserved(world):
    _, s = solved(world)
    ends = s.ends
    out = ends[..., [C.SELF_RESOLVED, C.SELF_UNRESOLVED, C.RESOLVED, C.UNRESOLVED]].sum(axis=2)
    assert out == pytest.approx(ends[..., C.STARTED], rel=1e-12)
    started = np.zeros_like(ends[..., C.STARTED])
    np.add.at(started, world.cells.place, s.need)
    assert ends[..., C.STARTED] == pytest.approx(started, rel=1e-12)
    flows = s.flows.sum(axis=(0, 1))
    assert flows[:, C.SENT_BACK].sum() == pytest.approx(flows[:, C.DOWN].sum(), rel=1e-12)
    assert (s.flows >= -1e-9).all()


def test_a_year_adds_up_and_its_dataset_gives_the_indicators(world):
    result = run_year(world, P)
    assert max(result.checks.values()) < 1e-9
    t = result.tallies
    paid = t.county[..., L.C_FUND] + t.county[..., L.C_OUT_OF_POCKET]
    assert paid == pytest.approx(t.county[..., L.C_CHARGE], rel=1e-12)
    assert (t.county[..., L.C_OUT_OF_POCKET] >= 0).all()
    births, deaths, moves = t.people.sum(axis=0)
    start, end = result.start[0].sum(), result.end[0].sum()
    assert end == pytest.approx(start + births - deaths - moves, rel=1e-9)


def test_the_command_line_says_what_expected_values_cannot(capsys):
    arguments = ["run", "taonan", "--engine", "meanfield", "--quiet"]
    assert main(arguments) == 0
    page = capsys.readouterr().out
    assert "mean-field: expected values" in page and "not a run of the full population" in page
    assert main([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["run"]["engine"] == "meanfield"
    for key in NOT_GIVEN:
        assert document["indicators"][key]["value"] is None
    assert document["indicators"]["visits_per_person"]["value"] > 0.0


# ------------------------------------------------------------------------------ with the engine


def test_the_mean_field_is_what_the_compiled_engine_does_on_average():
    region = small_region(n_counties=2, residents=30_000, townships_per_county=4, year=2023)
    mean = compute_all(simulate(region, 2023, engine="meanfield").dataset)
    runs = [compute_all(simulate(region, 2023, seed=seed, threads=1).dataset) for seed in range(2)]

    def both(key):
        values = [run[key]["value"] for run in runs]
        return mean[key]["value"], sum(values) / 2, abs(values[0] - values[1])

    for key in ("primary_share_in_county", "in_county_visit_rate", "in_county_admission_share",
                "first_contact_share", "unresolved_need_share"):  # fmt: skip
        a, b, noise = both(key)
        assert abs(a - b) < 0.01 + noise, key
    for key in ("visits_per_person", "admissions_per_100", "out_of_pocket_per_person"):
        a, b, noise = both(key)
        assert abs(a - b) < 0.02 * b + noise, key
    a, b, noise = both("bed_occupancy")
    assert abs(a - b) < 0.02 + noise
    a, b, noise = both("wait_minutes_mean")
    assert abs(a - b) < 0.1 * b + noise


@given(
    own=st.floats(0.0, 20.0), more=st.floats(0.0, 60.0), asked=st.floats(0.0, 5.0),
    away=st.floats(0.02, 1.0),
)  # fmt: skip
def test_a_full_book_settles_where_nobody_more_asks_than_can_be_seen(own, more, asked, away):
    """To the last digits: 500 times an error of the delay is an error of what patients ask for."""
    delay = own + more
    days = settled_delay(own, delay, asked, away)
    assert days >= own
    still = asked * np.exp(-away * (days - delay))
    wanted = own + FULL_BOOK_DAYS * (still - 1.0)
    assert (days == own and wanted <= own) or abs(wanted - days) < 1e-9 * (1.0 + days)
