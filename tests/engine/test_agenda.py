"""The event calendar against a plain list of what was filed."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engines.compiled.event_calendar import EventCalendar
from sim.engines.kernels import episode_word as L

RESIDENTS, FACILITIES = 40, 5


def events_of(rng: np.random.Generator, n: int, today: int, farthest: int) -> np.ndarray:
    """n events that fall due after today; some ask for a named facility."""
    rows = np.zeros((n, L.EVENT_COLUMNS), dtype=np.int32)
    rows[:, L.RESIDENT] = rng.integers(0, RESIDENTS, n)
    rows[:, L.FACILITY] = rng.integers(0, FACILITIES, n)
    rows[:, L.DIFFICULTY] = rng.integers(-100, 100, n)
    rows[:, L.DUE] = today + rng.integers(1, farthest + 1, n)
    rows[:, L.EPISODE_WORD] = [L.asking(i & 3, L.NAMED if i % 3 else L.NEW) for i in range(n)]
    return rows


def booked_in(rows: list[list[int]]) -> list[int]:
    named = [row[L.FACILITY] for row in rows if L.asks_for(row[L.EPISODE_WORD]) == L.NAMED]
    return np.bincount(np.array(named, dtype=np.int64), minlength=FACILITIES).tolist()


def people_with(status: np.ndarray) -> np.ndarray:
    people = np.zeros(RESIDENTS, dtype=L.PERSON)
    people["status"] = status
    return people


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(0, 400), min_size=3, max_size=12),
    farthest=st.sampled_from([1, 5, 60, 63, 64, 200, 900]),
    first=st.integers(-42, 400),
)
def test_events_come_back_on_their_day_in_the_order_they_were_filed(seed, sizes, farthest, first):
    rng = np.random.default_rng(seed)
    calendar = EventCalendar(FACILITIES)
    held: dict[int, list[list[int]]] = defaultdict(list)
    for today, size in enumerate(sizes, first):
        assert calendar.due(today).tolist() == held.pop(today, [])
        parts = np.array_split(events_of(rng, size, today, farthest), 2)
        calendar.post(today, parts)
        for row in np.concatenate(parts).tolist():
            held[row[L.DUE]].append(row)
        if rng.random() < 0.3:  # the first of a month
            people = people_with(rng.choice([0, 0, 0, L.DEAD, L.MOVED, L.IN_BED], RESIDENTS))
            left = np.isin(people["status"], (L.DEAD, L.MOVED))
            gone: list[tuple[int, int]] = []
            calendar.drop_those_who_left(
                people,
                lambda metas, how, gone=gone: gone.extend(
                    zip(metas.tolist(), how.tolist(), strict=True)
                ),
            )
            out = [row for rows in held.values() for row in rows if left[row[L.RESIDENT]]]
            begun = [
                (row[L.EPISODE_WORD], int(people["status"][row[L.RESIDENT]]))
                for row in out if L.asks_for(row[L.EPISODE_WORD]) != L.NEW
            ]  # fmt: skip
            assert sorted(gone) == sorted(begun)
            held = defaultdict(list, {
                day: [row for row in rows if not left[row[L.RESIDENT]]]
                for day, rows in held.items()
            })  # fmt: skip
        everything = [row for rows in held.values() for row in rows]
        assert sorted(calendar.events().tolist()) == sorted(everything)
        assert calendar.booked.tolist() == booked_in(everything)
    for day in sorted(held):
        assert calendar.due(day).tolist() == held[day]
    assert calendar.booked.tolist() == [0] * FACILITIES


def test_an_agenda_goes_on_from_its_state_with_its_residents_renumbered():
    rng = np.random.default_rng(1)
    one, other = EventCalendar(FACILITIES), EventCalendar(FACILITIES)
    stays = np.zeros((300, L.STAY_COLUMNS), dtype=np.int32)
    stays[:, L.RESIDENT] = rng.integers(-1, RESIDENTS, 300)  # -1: in bed before the run began
    stays[:, L.DAYS] = rng.integers(1, 100, 300)
    one.schedule(stays, 10)
    one.post(10, [events_of(rng, 500, 10, 30)])
    other.restore(one.state())
    row_of = rng.permutation(RESIDENTS).astype(np.int32)
    other.renumber(row_of)
    for day in range(11, 111):
        ends, new_ends = one.leaving(day), other.leaving(day)
        here = ends[:, L.RESIDENT] >= 0
        ends[here, L.RESIDENT] = row_of[ends[here, L.RESIDENT]]
        assert ends.tolist() == new_ends.tolist()
        assert ends[:, L.DAYS].tolist() == [day - 10] * len(ends)
        due, new_due = one.due(day), other.due(day)
        due[:, L.RESIDENT] = row_of[due[:, L.RESIDENT]]
        assert due.tolist() == new_due.tolist()
    assert len(one.events()) == 0
