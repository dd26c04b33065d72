"""One cached value: made again when, and only when, something it rests on is another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dynamics.memo import Memo, is_same


class Table:
    """Two of these are never the same, whatever they hold."""


TABLE = Table()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1, True), (1, 2, False), (0.5, 0.5, True), ("a", "b", False),
        ((1, ("x", 2.0)), (1, ("x", 2.0)), True), ({"a": 1.0}, {"a": 1.0}, True),
        ({"a": 1.0}, {"a": 2.0}, False), (np.arange(3), np.arange(3), True),
        (np.arange(3), np.arange(4), False), (TABLE, TABLE, True), (Table(), Table(), False),
        (1, np.ones(1), False), (None, None, True), (None, 0, False),
    ],
)  # fmt: skip
def test_numbers_texts_and_arrays_go_by_value_and_objects_by_identity(one, other, same):
    assert is_same(one, other) is same


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(0, 2)), max_size=30))
def test_a_value_is_made_as_often_as_something_changes(asked):
    memo, made = Memo(), []
    arrays = [np.full(2, float(k)) for k in range(3)]
    for number, flag, array in asked:
        rests_on = (number, flag, arrays[array].copy())
        got = memo.get(rests_on, lambda rests_on=rests_on: made.append(rests_on) or rests_on[:2])
        assert got == (number, flag)
    changes = sum(now != before for before, now in zip([None, *asked], asked, strict=False))
    assert len(made) == changes


def test_a_failure_leaves_what_was_known():
    memo = Memo()
    first = memo.get((1,), lambda: "one")
    with pytest.raises(ZeroDivisionError):
        memo.get((2,), lambda: 1 / 0)
    assert memo.get((1,), lambda: "again") is first
