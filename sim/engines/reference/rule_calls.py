"""The rules that read parameters, as Python calls them: the same compiled functions.

Numba takes fifteen microseconds to look at a record that comes from Python and half a one to look
at an array, so the parameters travel as a table of one row.
"""

from __future__ import annotations

import inspect
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


def _called(rule: Any) -> Callable[..., Any]:
    """rule(p, …) compiled, as a function of a `Parameters`: an adapter with the rule's own
    signature that takes p from the table.

    It is compiled as text of this file, so that numba keeps it on disk under its own name.
    """
    function = getattr(rule, "py_func", rule)  # itself where nothing is compiled
    names = ", ".join(list(inspect.signature(function).parameters)[1:])
    text = f"def {function.__name__}(table, {names}): return rule(table[0], {names})"
    scope: dict[str, Any] = {"rule": rule, "__name__": __name__}
    exec(compile(text, __file__, "exec"), scope)
    compiled = njit(scope[function.__name__])

    def from_python(values: Parameters, *arguments: Any) -> Any:
        return compiled(values.table, *arguments)

    from_python.__doc__ = function.__doc__
    return from_python


open_seconds = _called(timetable.open_seconds)
session_start = _called(timetable.session_start)
intensity = _called(illness.intensity)
intensity_bound = _called(illness.intensity_bound)
next_chronic_state = _called(illness.next_chronic_state)
relative_mortality = _called(illness.relative_mortality)
severity_factor = _called(illness.severity_factor)
yearly_rate = _called(illness.yearly_rate)
facility_utility = _called(choice.facility_utility)
learned = _called(choice.learned)
nested_logit = _called(choice.nested_logit)
own_weights = _called(choice.own_weights)
price_taste = _called(choice.price_taste)
travel_taste = _called(choice.travel_taste)
is_sent_for_tests = _called(consult.is_sent_for_tests)
pool_of = _called(consult.pool_of)
service_law = _called(consult.service_law)
session_position = _called(consult.session_position)
test_law = _called(consult.test_law)
goes_on = _called(resolution.goes_on)
self_care_resolves = _called(resolution.self_care_resolves)
adherence_probability = _called(referral.adherence_probability)
appointment_days = _called(referral.appointment_days)
back_referral_probability = _called(referral.back_referral_probability)
is_referred = _called(referral.is_referred)
admission_probability = _called(admission.admission_probability)
patience = _called(admission.patience)
residual_days = _called(stay.residual_days)
stay_days = _called(stay.stay_days)
charge_fen = _called(payment.charge_fen)
lapse_probability = _called(contract.lapse_probability)
uptake_probability = _called(contract.uptake_probability)
