"""PolicySchedule: dated changes of quantities, what a scenario is before it reaches the model.

`sim/` knows policy schedules, not levers. A change says by how much one quantity differs, in one
place, from what it would be without the policy schedule; the same changes hold until the next
month that lists others. The empty policy schedule is as-now.

A quantity is a row of parameters.csv (`formal_referral`, `stay_mean:county`), or a figure of a
region's tables or of the system dynamics listed in QUANTITIES.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.tiers import TIER_KEYS

Floats = NDArray[np.float64]

FIRST_YEAR = 2020  # months of a path count from January of this year
FORMS = ("inadequacy", "multiply", "add")  # the order in which changes apply


def month_of(year: int, month: int) -> int:
    """Months from January 2020; month 1-12.

    >>> month_of(2024, 1)
    48
    """
    return 12 * (year - FIRST_YEAR) + month - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a change acts; empty means the whole region.

    counties    six-digit division codes
    facilities  keys of facilities
    townships   share of the townships, 0-1, those with most residents first; None means all
    """

    counties: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    townships: float | None = None

    @property
    def is_everywhere(self) -> bool:
        """Whether nothing limits it."""
        return self == Place()


EVERYWHERE = Place()


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One change of one quantity.

    form    add: value + amount; multiply: value (1 + amount); inadequacy: 1 - (1 - value)
            exp(-amount), for a probability of being resolved
    amount  0 changes nothing, to the last bit
    """

    quantity: str
    form: str
    place: Place
    amount: float

    def apply(self, value: float) -> float:
        """The quantity's value after this change."""
        return apply(self.form, value, self.amount)


def apply(form: str, value: float, amount: float) -> float:
    """A value after a change of a form, see PolicyChange.

    >>> apply("multiply", 200.0, -0.1), apply("add", 0.3, 0.2), apply("inadequacy", 0.8, 0.0)
    (180.0, 0.5, 0.8)
    """
    if form == "add":
        return value + amount
    if form == "multiply":
        return value * (1.0 + amount)
    return value - (1.0 - value) * math.expm1(-amount)


def apply_all(form: str, values: Floats, amount: float) -> Floats:
    """`apply` to an array, element by element."""
    changed: Floats = apply(form, values, amount)  # type: ignore[arg-type, assignment]
    return changed


@dataclass(frozen=True)
class PolicySchedule:
    """Changes in force from each listed month on.

    months  ((month, changes), ...), months from January 2020, ascending; before the first nothing
            is changed
    raises  ValueError for months that do not ascend
    """

    months: tuple[tuple[int, tuple[PolicyChange, ...]], ...] = ()

    def __post_init__(self) -> None:
        order = [month for month, _ in self.months]
        if order != sorted(set(order)):
            raise ValueError(f"months of a policy schedule must ascend, got {order}")

    @cached_property
    def key(self) -> str:
        """Hash of the policy schedule; part of the identity of a run."""
        return hashlib.sha256(repr(self.months).encode()).hexdigest()[:16]

    @property
    def first_month(self) -> int | None:
        """First month in which anything is changed, None where nothing ever is."""
        return next((month for month, steps in self.months if steps), None)

    def at(self, month: int) -> tuple[PolicyChange, ...]:
        """Changes in force in a month, in the order in which they apply.

        >>> PolicySchedule(((48, (PolicyChange("taste_sd", "add", EVERYWHERE, 0.1),)),)).at(47)
        ()
        """
        k = bisect_right(self._ordered[0], month) - 1
        return self._ordered[1][k] if k >= 0 else ()

    @cached_property
    def _ordered(self) -> tuple[list[int], list[tuple[PolicyChange, ...]]]:
        """First months, and the changes from then on as they apply."""
        return [first for first, _ in self.months], [in_order(steps) for _, steps in self.months]


def in_order(steps: Iterable[PolicyChange]) -> tuple[PolicyChange, ...]:
    """Changes as they apply: inadequacy, then multiply, then add; within a form as given."""
    return tuple(sorted(steps, key=lambda step: FORMS.index(step.form)))


EMPTY = PolicySchedule()

_TIERED = {
    "beds": "beds of the facilities of a tier, as planned; building takes time",
    "doctors": "doctors at work in a tier, among them those posted there",
    "outpatient_price": "charge of a visit, yuan",
    "inpatient_price": "mean charge of a stay, yuan",
    "outpatient_rate": "share of a visit's charge the fund pays",
    "inpatient_rate": "share of a stay's charge the fund pays",
    "travel_hours": "one-way travel to a tier, hours",
    "provider_income": "income a head of staff, relative",
    "staff_exit": "staff who leave a year, relative",
    "training_places": "students a year trained for a tier, per 100,000 residents",
}
_PLAIN = {
    "contract_coverage:others": "share with a family-doctor contract, others",
    "contract_coverage:key_groups": "share with a family-doctor contract, key groups",
    "private_beds:county": "beds of private hospitals per 1,000 residents, added",
    "management_effort": "effort of a consortium's managers, 0-1, added",
    "insurance_surplus": "share of an insurance surplus a consortium keeps, 0-1",
}
# Quantities that are no row of parameters.csv, and what they are.
QUANTITIES: dict[str, str] = _PLAIN | {
    f"{name}:{tier}": said for name, said in _TIERED.items() for tier in TIER_KEYS
}
