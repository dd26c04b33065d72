"""The consult kernel against queueing theory: M/M/c, M/G/1, priorities, a session that overruns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engines.kernels.durations import consult_durations, consult_seconds
from sim.engines.kernels.episode_word import CONSULTED, EPISODE_WORD, UNSEEN
from sim.engines.kernels.serve import ENDED, FATE, WAITED, sort_keys
from sim.parameters import load_parameters
from sim.rules.consult import is_sent_for_tests, service_law, test_law, whole_seconds
from sim.rules.order import ready_key
from sim.rules.random import Stream, block
from tests.theory.queues import assert_agrees, exponential, long_run, run_session, shipped

test_law.__test__ = False  # a rule, not a test
TIER = 0  # no tests at a village clinic
MINUTE = 60.0


def parameters(seconds, cv=0.0, **more):
    changes = {"service_minutes:village": seconds / 60.0, "service_cv": cv, **more}
    return load_parameters(changes, anchored=False)


def mean_wait(waits, classes):
    return [(waits.sum(), len(waits))]


# ------------------------------------------------------------------------- steady states


@pytest.mark.parametrize(
    ("name", "rooms", "per_hour", "minutes", "theory", "unit", "sessions"),
    [
        # A unit of 5 runs the clock five times as fast, so that a session holds 1,456 hours.
        ("M/M/1, 5 and 6 an hour", 1, 5.0, 10.0, 50.0, 5.0, 3000),
        ("M/M/4, 30 an hour, 7 min", 4, 30.0, 7.0, 10.3300553165335, 3.0, 1200),
        ("M/M/3 at .85, 10 min", 3, 15.3, 10.0, 16.230591344565585, 3.0, 1000),
        ("M/M/2 at .85, 10 min", 2, 10.2, 10.0, 26.036, 5.0, 1500),
        ("M/M/20 at .85, 10 min", 20, 102.0, 10.0, 1.2835207663110832, 1.0, 800),
        ("M/M/40 at .85, 10 min", 40, 204.0, 10.0, 0.392, 1.0, 800),
    ],
)
def test_many_rooms_with_exponential_service(
    name, rooms, per_hour, minutes, theory, unit, sessions
):
    p = parameters(minutes * MINUTE / unit)
    rates = (per_hour / 3600.0 * unit,)
    figures = long_run(exponential, p, TIER, rates, rooms, sessions, 0.2, mean_wait, seed=rooms)
    assert_agrees(f"{name}, mean wait, min", theory, figures[0] * unit / MINUTE, at_most=0.03)


def test_the_tail_of_the_wait_of_four_rooms():
    p = parameters(7.0 * MINUTE)

    def late(waits, classes):
        return [((waits > 10.0 * MINUTE).sum(), len(waits)), ((waits > 0).sum(), len(waits))]

    figures = long_run(exponential, p, TIER, (30.0 / 3600.0,), 4, 400, 0.2, late, seed=44)
    assert_agrees("M/M/4, P(wait > 10 min)", 0.361213744497924, figures[0], at_most=0.06)
    # Erlang C; whole seconds turn about 1 in 900 of the waits into none.
    assert_agrees("M/M/4, P(wait > 0)", 0.737861094038107, figures[1], at_most=0.04)


@pytest.mark.parametrize(
    ("cv", "theory", "sessions"),
    [(0.0, 25.0, 400), (0.5, 31.25, 500), (0.7, 37.25, 600), (1.0, 50.0, 900), (1.2, 61.0, 1500)],
)
def test_one_room_with_lognormal_service(cv, theory, sessions):
    # Pollaczek and Khinchine, 5 an hour, 10 minutes, as the kernel is shipped; clock x 5.
    p = parameters(10.0 * MINUTE / 5.0, cv)
    rates = (5.0 * 5.0 / 3600.0,)
    figures = long_run(shipped, p, TIER, rates, 1, sessions, 0.2, mean_wait, seed=int(10 * cv))
    assert_agrees(f"M/G/1, CV {cv}, mean wait, min", theory, figures[0] * 5.0 / MINUTE, 0.08)


def test_emergencies_wait_less_and_the_others_more():
    # Non-preemptive priority, 1 and 4 an hour, 6 an hour served with CV 1: 10 and 60 minutes;
    # weighted by load, 41.67 as in one queue of all.
    p = parameters(10.0 * MINUTE / 5.0, 1.0)

    def by_class(waits, classes):
        return [(waits[classes == c].sum(), (classes == c).sum()) for c in (3, 0)]

    rates = (4.0 * 5.0 / 3600.0, 1.0 * 5.0 / 3600.0)
    figures = long_run(shipped, p, TIER, rates, 1, 1200, 0.2, by_class, seed=8) * 5.0 / MINUTE
    assert_agrees("emergencies, mean wait, min", 10.0, figures[0], at_most=0.08)
    assert_agrees("others, mean wait, min", 60.0, figures[1], at_most=0.08)
    load = (1.0 / 6.0 * figures[0] + 4.0 / 6.0 * figures[1])[0]
    assert load == pytest.approx(41.66666666666667, rel=0.05)


# ------------------------------------------------------------------------- one session


def fluid_session(cutoff_hours):
    """30 an hour come for 4 hours, 24 an hour are seen; a hundred times as wide, so a fluid."""
    p = parameters(150.0)
    seconds = np.arange(12_000) * 4 * 3600 // 12_000
    classes = np.zeros(12_000, dtype=np.int64)
    visits, busy = run_session(
        shipped, p, TIER, 0, seconds, classes, 100, cutoff=int(cutoff_hours * 3600)
    )
    return seconds, visits, busy


def test_a_session_with_too_many_patients_is_a_fluid():
    seconds, visits, busy = fluid_session(10.0)
    waits = visits[:, WAITED] / MINUTE
    in_queue = (seconds + visits[:, WAITED] >= 4 * 3600).sum() / 100.0
    print(f"mean wait {waits.mean():.2f} of 30 min, longest {waits.max():.2f} of 60, "
          f"waiting at the end {in_queue:.2f} of 24")  # fmt: skip
    # The fluid is reached up to the time of one consult.
    assert abs(waits.mean() - 30.0) <= 2.5
    assert abs(waits.max() - 60.0) <= 2.5
    assert abs(in_queue - 24.0) <= 1.0
    assert (visits[:, FATE] == CONSULTED).all()
    assert busy == 12_000 * 150


def test_those_not_called_when_the_session_ends_leave_unseen():
    seconds, visits, busy = fluid_session(4.5)
    seen = visits[:, FATE] == CONSULTED
    assert abs(seen.sum() / 100.0 - 108.0) <= 1.0
    assert (visits[~seen, FATE] == UNSEEN).all()
    assert (visits[~seen, WAITED] == 4.5 * 3600 - seconds[~seen]).all()
    assert (seconds[seen] + visits[seen, WAITED] <= 4.5 * 3600).all()
    assert seconds[~seen].min() >= seconds[seen].max()
    assert busy == seen.sum() * 150


# ------------------------------------------------------------------------- patient by patient


def told_plainly(p, tier, seed, seconds, classes, rooms, opens, cutoff):
    """The same session without heaps and keys: (fate, waited, ended) of every patient."""
    consult, tests = service_law(p, tier), test_law(p, tier)
    free = [opens] * rooms
    pending = [(int(s), False, place) for place, s in enumerate(seconds)]
    second_consult, result = {}, {}
    now = opens
    while pending:
        room = free.index(min(free))
        now = max(now, free[room], min(ready for ready, _, _ in pending))
        here = [entry for entry in pending if entry[0] <= now]
        entry = min(here, key=lambda e: (classes[e[2]] != 3, not e[1], e[0], e[2]))
        pending.remove(entry)
        ready, is_back, place = entry
        if is_back:
            free[room] = now + second_consult[place]
            result[place] = (*result[place][:2], free[room])
        elif now > cutoff:
            result[place] = (UNSEEN, max(0, cutoff - ready), cutoff)
        else:
            u = block(seed, Stream.SERVICE, place, 8400, 0)
            free[room] = now + whole_seconds(u[0], consult)
            result[place] = (CONSULTED, now - ready, free[room])
            if is_sent_for_tests(p, u[1], tier):
                away = whole_seconds(u[1] / p.test_share[tier], tests)
                second_consult[place] = whole_seconds(u[2], consult)
                pending.append((free[room] + away, True, place))
    return [result[place] for place in range(len(seconds))]


# Seconds of service and few slots, so that everything happens at the same instant.
TIGHT = load_parameters(
    {"service_minutes:county": 0.1, "test_minutes:county": 0.1, "test_share:county": 0.5},
    anchored=False,
)


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.sampled_from([0, 0, 2, 3])), max_size=14),
    st.integers(1, 3),
    st.integers(0, 1000),
    st.integers(0, 6),
    st.integers(0, 60),
)
def test_the_kernel_is_the_plain_story(patients, rooms, seed, opens, open_for):
    patients = sorted(patients, key=lambda patient: patient[0])
    seconds = np.array([second * 5 for second, _ in patients], dtype=np.int64)
    classes = np.array([need_class for _, need_class in patients], dtype=np.int64)
    cutoff = opens + open_for
    visits, _ = run_session(shipped, TIGHT, 2, seed, seconds, classes, rooms, opens, cutoff)
    told = told_plainly(TIGHT, 2, seed, seconds, classes, rooms, opens, cutoff)
    assert visits[:, [FATE, WAITED, ENDED]].tolist() == [list(row) for row in told]
    assert visits[:, EPISODE_WORD].tolist() == classes.tolist()


def test_first_come_first_served_is_the_recursion_of_kiefer_and_wolfowitz():
    p = parameters(60.0, 0.7)
    rng = np.random.default_rng(3)
    seconds = np.sort(rng.integers(0, 40_000, 3_000))
    rooms = 5
    visits, busy = run_session(shipped, p, TIER, 9, seconds, np.zeros(3_000, dtype=np.int64), rooms)
    law = service_law(p, TIER)
    service = [whole_seconds(block(9, Stream.SERVICE, k, 8400, 0)[0], law) for k in range(3_000)]
    work = np.zeros(rooms, dtype=np.int64)
    expected = []
    before = 0
    for second, length in zip(seconds, service, strict=True):
        work = np.sort(np.maximum(work - (second - before), 0))
        before = second
        expected.append(int(work[0]))
        work[0] += length
    assert visits[:, WAITED].tolist() == expected
    assert busy == sum(service)
    assert max(expected) > 0


def test_an_empty_session_is_no_work():
    none = np.empty(0, dtype=np.int64)
    visits, busy = run_session(shipped, TIGHT, 2, 0, none, none, 2)
    assert (len(visits), busy) == (0, 0)


def test_a_return_is_seen_after_the_doors_have_closed():
    p = load_parameters(
        {"service_minutes:county": 1.0, "service_cv": 0.0, "test_share:county": 1.0,
         "test_minutes:county": 60.0, "test_cv": 0.0},
        anchored=False,
    )  # fmt: skip
    seconds = np.array([0, 59, 60, 61])
    visits, busy = run_session(shipped, p, 2, 0, seconds, np.zeros(4, dtype=np.int64), 1, 0, 60)
    # Called at 0 and at 60, the last instant; the others are too late. Returns come after an hour.
    assert visits[:, FATE].tolist() == [CONSULTED, CONSULTED, UNSEEN, UNSEEN]
    assert visits[:, WAITED].tolist() == [0, 1, 0, 0]
    assert visits[:2, ENDED].tolist() == [3_720, 3_780]
    assert busy == 4 * 60


# ------------------------------------------------------------------------- short cuts, exactly


@pytest.mark.parametrize(("minutes", "cv"), [(8.0, 0.7), (0.02, 1.2), (10.0, 0.0), (3.0, 0.1)])
def test_a_consult_looked_up_lasts_what_the_rule_says(minutes, cv):
    p = parameters(minutes * MINUTE, cv)
    durations = consult_durations(p)
    law = service_law(p, TIER)
    lanes = np.random.default_rng(1).integers(0, 2**32, 20_000)
    edges = np.array([0, 1, 2**20 - 1, 2**20, 2**31, 2**32 - 2**20, 2**32 - 2, 2**32 - 1])
    for u in (np.concatenate([lanes, edges]) + 0.5) / 2**32:
        assert consult_seconds(durations, TIER, u) == whole_seconds(u, law)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 86_399)), max_size=300))
def test_keys_are_sorted_by_pool_second_and_place(keys):
    n = len(keys)
    made = [(pool << 44) | ready_key(second, i) for i, (pool, second) in enumerate(keys)]
    held = np.array([*made, -1], dtype=np.int64)
    other, digits = np.empty(n + 1, dtype=np.int64), np.empty((3, 256), dtype=np.int64)
    sort_keys(held, n, other, digits)
    assert held.tolist() == [*sorted(made), -1]
