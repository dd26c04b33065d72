"""Referral, adherence, back-referral, appointments and contracts against their laws."""

from __future__ import annotations

import math

import pytest

from sim.parameters import load_parameters
from sim.rules.contract import lapse_probability, uptake_probability
from sim.rules.random import Stream
from sim.rules.referral import (
    adherence_probability,
    appointment_days,
    back_referral_probability,
    is_referred,
)
from tests.laws.draws import N, assert_frequency, uniforms

P = load_parameters(anchored=False)


def test_referrals_are_as_frequent_as_the_law():
    u = uniforms(Stream.REFERRAL)[:, 0]
    hits = sum(is_referred(P, value) for value in u)
    assert_frequency("formal referral", hits, N, float(P.formal_referral))


def test_adherence_is_a_logit_of_trust_and_contract():
    plain = adherence_probability(P, 0.65, False)
    bound = adherence_probability(P, 0.65, True)
    z = P.adherence_constant + P.adherence_trust * 0.65
    assert plain == pytest.approx(1.0 / (1.0 + math.exp(-z)), rel=1e-12)
    odds = math.log(bound / (1.0 - bound)) - math.log(plain / (1.0 - plain))
    assert odds == pytest.approx(P.referral_bonus, rel=1e-9)
    u = uniforms(Stream.REFERRAL)[:, 1]
    assert_frequency("adherence", int((u < plain).sum()), N, plain)


def test_back_referral_needs_an_offer_and_its_acceptance():
    for tier in range(6):
        law = back_referral_probability(P, tier)
        exact = P.back_referral_offer[tier] * P.back_referral_acceptance
        assert law == pytest.approx(exact, rel=1e-12)
    u = uniforms(Stream.REFERRAL)[:, 2:]
    both = (u[:, 0] < P.back_referral_offer[3]) & (u[:, 1] < P.back_referral_acceptance)
    assert_frequency("back-referral", int(both.sum()), N, float(back_referral_probability(P, 3)))


def test_an_appointment_is_the_tiers_own_delay_or_a_full_book():
    assert appointment_days(P, 1, 10_000, 5.0) == 0  # walk-in tiers have no appointment book
    own = int(P.appointment_days[3])
    assert own > 0
    assert appointment_days(P, 3, 0, 100.0) == own
    assert appointment_days(P, 3, 10 * 100, 100.0) == 10
    assert appointment_days(P, 3, 10_000, 0.0) == own  # no queue, no book
    by_book = [appointment_days(P, 3, booked, 50.0) for booked in range(0, 1000, 25)]
    assert by_book == sorted(by_book)


@pytest.mark.parametrize("coverage", [0.0, 0.1, 0.45, 0.83])
def test_signing_balances_lapsing_at_the_published_coverage(coverage):
    years = 31.0 / 365.0
    lost = coverage * lapse_probability(P, years)
    won = (1.0 - coverage) * uptake_probability(P, coverage, years)
    assert won == pytest.approx(lost, abs=1e-15)


def test_full_coverage_signs_everybody():
    assert uptake_probability(P, 1.0, 0.1) == 1.0
    assert uptake_probability(P, 0.9999, 1.0) == 1.0


def test_contract_draws_keep_coverage():
    years = 31.0 / 365.0
    coverage = 0.45
    u = uniforms(Stream.MONTH)[:, 2]
    lapsed = int((u < lapse_probability(P, years)).sum())
    signed = int((u < uptake_probability(P, coverage, years)).sum())
    assert_frequency("lapse", lapsed, N, float(lapse_probability(P, years)))
    assert_frequency("uptake", signed, N, float(uptake_probability(P, coverage, years)))
