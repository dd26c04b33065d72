"""The order of claims: keys sort as the tuples they are made from, and read back."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.rules.order import claim_key, is_return, place_of, ready_key, second_of

SECONDS = st.integers(0, 2**20 - 1)
PLACES = st.integers(0, 2**24 - 1)
CLAIMS = st.tuples(st.integers(0, 3), st.integers(0, 1), SECONDS, PLACES)
# Few seconds and places, so that ties happen.
TIES = st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 2), st.integers(0, 4))


@settings(max_examples=300)
@given(st.one_of(CLAIMS, TIES), st.one_of(CLAIMS, TIES))
def test_claims_sort_by_priority_then_return_then_second_then_place(a, b):
    assert (claim_key(*a) < claim_key(*b)) == (a < b)
    assert (claim_key(*a) == claim_key(*b)) == (a == b)


@settings(max_examples=100)
@given(st.lists(TIES, unique_by=lambda claim: claim[3]))
def test_no_two_residents_of_a_day_share_a_claim(claims):
    keys = [claim_key(*claim) for claim in claims]
    assert len(set(keys)) == len(keys)
    assert [place_of(key) for key in sorted(keys)] == [claim[3] for claim in sorted(claims)]


@settings(max_examples=200)
@given(CLAIMS)
def test_a_claim_gives_back_what_it_was_made_from(claim):
    priority, is_first, second, place = claim
    key = claim_key(*claim)
    assert 0 <= key < 2**63
    assert (place_of(key), second_of(key)) == (place, second)
    assert is_return(key) == (is_first == 0)
    assert key >> 45 == priority


@settings(max_examples=200)
@given(SECONDS, PLACES, SECONDS, PLACES)
def test_ready_keys_sort_by_second_then_place(second_a, place_a, second_b, place_b):
    a, b = ready_key(second_a, place_a), ready_key(second_b, place_b)
    assert (a < b) == ((second_a, place_a) < (second_b, place_b))
    assert (second_of(a), place_of(a)) == (second_a, place_a)
