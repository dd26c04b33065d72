"""The rules that read parameters, as Python calls them: the same compiled functions.

Numba takes fifteen microseconds to look at a record that comes from Python and half a one to look
at an array, so the parameters travel as a table of one row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sim import day as timetable
from sim.jit import njit
from sim.rules import (
    admission,
    choice,
    consult,
    contract,
    illness,
    payment,
    referral,
    resolution,
    stay,
)


class Parameters:
    """Every parameter as a plain number or list, and `table`, all of them for the rules."""

    def __init__(self, record: Any) -> None:
        self.table = np.zeros(1, dtype=record.dtype)
        for name in record.dtype.names:
            self.table[name] = record[name]
            setattr(self, name, record[name].tolist())

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name} is not a row of parameters.csv")


def _called(adapter: Any) -> Callable[..., Any]:
    """adapter(table, …) compiled, as a function of a `Parameters`."""
    compiled = njit(adapter)

    def from_python(held: Parameters, *arguments: Any) -> Any:
        return compiled(held.table, *arguments)

    return from_python


@_called
def open_seconds(table: Any, tier: Any, session: Any, share: Any, day: Any) -> Any:
    """See sim.day."""
    return timetable.open_seconds(table[0], tier, session, share, day)


@_called
def session_start(table: Any, tier: Any, session: Any) -> Any:
    """See sim.day."""
    return timetable.session_start(table[0], tier, session)


@_called
def intensity(table: Any, month: Any, weekday: Any, access: Any) -> Any:
    """See sim.rules.illness."""
    return illness.intensity(table[0], month, weekday, access)


@_called
def intensity_bound(table: Any, month: Any, access: Any) -> Any:
    """See sim.rules.illness."""
    return illness.intensity_bound(table[0], month, access)


@_called
def next_chronic_state(table: Any, u: Any, state: Any, age: Any, managed: Any, years: Any) -> Any:
    """See sim.rules.illness."""
    return illness.next_chronic_state(table[0], u, state, age, managed, years)


@_called
def relative_mortality(table: Any, age: Any, chronic: Any) -> Any:
    """See sim.rules.illness."""
    return illness.relative_mortality(table[0], age, chronic)


@_called
def severity_factor(table: Any, difficulty: Any) -> Any:
    """See sim.rules.illness."""
    return illness.severity_factor(table[0], difficulty)


@_called
def yearly_rate(table: Any, need_class: Any, age: Any, sex: Any, chronic: Any) -> Any:
    """See sim.rules.illness."""
    return illness.yearly_rate(table[0], need_class, age, sex, chronic)


@_called
def facility_utility(
    table: Any, tier: Any, need_class: Any, wait_hours: Any, delay_days: Any, stay_yuan: Any
) -> Any:
    """See sim.rules.choice."""
    return choice.facility_utility(table[0], tier, need_class, wait_hours, delay_days, stay_yuan)


@_called
def learned(table: Any, quality: Any, good: Any) -> Any:
    """See sim.rules.choice."""
    return choice.learned(table[0], quality, good)


@_called
def nested_logit(table: Any, utility: Any, weight: Any) -> Any:
    """See sim.rules.choice."""
    return choice.nested_logit(table[0], utility, weight)


@_called
def own_weights(table: Any, need_class: Any, price_factor: Any, travel_factor: Any) -> Any:
    """See sim.rules.choice."""
    return choice.own_weights(table[0], need_class, price_factor, travel_factor)


@_called
def price_taste(table: Any, u: Any, income: Any) -> Any:
    """See sim.rules.choice."""
    return choice.price_taste(table[0], u, income)


@_called
def travel_taste(table: Any, u: Any) -> Any:
    """See sim.rules.choice."""
    return choice.travel_taste(table[0], u)


@_called
def is_sent_for_tests(table: Any, u: Any, tier: Any) -> Any:
    """See sim.rules.consult."""
    return consult.is_sent_for_tests(table[0], u, tier)


@_called
def pool_of(table: Any, u: Any, need_class: Any, age: Any, has_pools: Any) -> Any:
    """See sim.rules.consult."""
    return consult.pool_of(table[0], u, need_class, age, has_pools)


@_called
def service_law(table: Any, tier: Any) -> Any:
    """See sim.rules.consult."""
    return consult.service_law(table[0], tier)


@_called
def session_position(table: Any, u: Any) -> Any:
    """See sim.rules.consult."""
    return consult.session_position(table[0], u)


@_called
def test_law(table: Any, tier: Any) -> Any:
    """See sim.rules.consult."""
    return consult.test_law(table[0], tier)


@_called
def goes_on(table: Any, u: Any, need_class: Any) -> Any:
    """See sim.rules.resolution."""
    return resolution.goes_on(table[0], u, need_class)


@_called
def self_care_resolves(table: Any, need_class: Any, difficulty: Any) -> Any:
    """See sim.rules.resolution."""
    return resolution.self_care_resolves(table[0], need_class, difficulty)


@_called
def adherence_probability(table: Any, township_quality: Any, has_effective_contract: Any) -> Any:
    """See sim.rules.referral."""
    return referral.adherence_probability(table[0], township_quality, has_effective_contract)


@_called
def appointment_days(table: Any, tier: Any, booked: Any, visits_a_day: Any) -> Any:
    """See sim.rules.referral."""
    return referral.appointment_days(table[0], tier, booked, visits_a_day)


@_called
def back_referral_probability(table: Any, tier: Any) -> Any:
    """See sim.rules.referral."""
    return referral.back_referral_probability(table[0], tier)


@_called
def is_referred(table: Any, u: Any) -> Any:
    """See sim.rules.referral."""
    return referral.is_referred(table[0], u)


@_called
def admission_probability(
    table: Any, tier: Any, need_class: Any, occupancy: Any, is_within_capability: Any
) -> Any:
    """See sim.rules.admission."""
    return admission.admission_probability(
        table[0], tier, need_class, occupancy, is_within_capability
    )


@_called
def patience(table: Any, u: Any, need_class: Any) -> Any:
    """See sim.rules.admission."""
    return admission.patience(table[0], u, need_class)


@_called
def residual_days(table: Any, u: Any, u_share: Any, tier: Any) -> Any:
    """See sim.rules.stay."""
    return stay.residual_days(table[0], u, u_share, tier)


@_called
def stay_days(table: Any, u: Any, tier: Any, factor: Any) -> Any:
    """See sim.rules.stay."""
    return stay.stay_days(table[0], u, tier, factor)


@_called
def charge_fen(table: Any, price_fen: Any, difficulty: Any) -> Any:
    """See sim.rules.payment."""
    return payment.charge_fen(table[0], price_fen, difficulty)


@_called
def lapse_probability(table: Any, years: Any) -> Any:
    """See sim.rules.contract."""
    return contract.lapse_probability(table[0], years)


@_called
def uptake_probability(table: Any, coverage: Any, years: Any) -> Any:
    """See sim.rules.contract."""
    return contract.uptake_probability(table[0], coverage, years)
