"""Attributes of a resident, found again from his key after every carry."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel
from sim.population.records import Floats, Ints, PopulationParameters, Residents, in_threads
from sim.population.vital_rates import Demography
from sim.region import Region
from sim.rules.demography import (
    DAYS_PER_YEAR,
    N_AGES,
    birth_probability_table,
    happens,
    is_newborn,
    mother_identity,
)
from sim.rules.random import Stream, block
from sim.tiers import EFFECTIVE_CONTRACT, NO_CONTRACT, NOMINAL_CONTRACT

_BIRTH = int(Stream.BIRTH)
_ATTRIBUTE = int(Stream.ATTRIBUTE)
_AGE_GROUP_STARTS = (0, 15, 45, 65)


class Laws(NamedTuple):
    """Tables the attribute draws read, by single year of age where they are arrays."""

    seed: int
    year: int
    prevalence: Floats
    advanced_share: float
    uncontrolled_share: float
    disabled: Floats
    employee: Floats
    birth: Floats
    coverage: Floats
    effective_share: float
    key_age_from: int
    key_child_below: int


def by_single_age(values: Floats) -> Floats:
    """Spread values of the four age groups over single years of age (last axis)."""
    groups = np.searchsorted(np.array(_AGE_GROUP_STARTS), np.arange(N_AGES), side="right") - 1
    return np.ascontiguousarray(np.asarray(values, dtype=np.float64)[..., groups])


def laws_of(
    region: Region, parameters: PopulationParameters, rates: Demography, seed: int, year: int
) -> Laws:
    """Tables of one year, by single year of age, that the attribute draws read."""
    return Laws(
        seed=int(seed),
        year=int(year),
        prevalence=by_single_age(parameters.chronic_prevalence),
        advanced_share=float(parameters.chronic_state_share[2]),
        uncontrolled_share=float(parameters.chronic_state_share[1]),
        disabled=by_single_age(parameters.disabled_share),
        employee=by_single_age(region.insurance.employee_share),
        birth=birth_probability_table(rates.fertility, DAYS_PER_YEAR),
        coverage=np.array(region.contract_coverage, dtype=np.float64),
        effective_share=float(parameters.effective_contract_share),
        key_age_from=int(parameters.key_group_age_from),
        key_child_below=int(parameters.key_group_child_below),
    )


@kernel
def _chronic_state(laws: Laws, u: float, age: int) -> int:
    """Chronic state 0-3 from the threshold of a life.

    Ill when u is below the prevalence of the age. The rank u / prevalence falls as prevalence
    rises, and low ranks are the severe states, so with age a state only worsens.
    """
    prevalence = laws.prevalence[age]
    if u >= prevalence:
        return 0
    rank = u / prevalence
    if rank < laws.advanced_share:
        return 3
    return 2 if rank < laws.advanced_share + laws.uncontrolled_share else 1


@kernel
def gives_birth(laws: Laws, identity: int, age: int, sex: int) -> bool:
    """True when a woman bears a child in the year; the draw `carry` uses for the birth itself."""
    probability = laws.birth[age]
    if sex == 0 or probability <= 0.0 or is_newborn(identity):
        return False
    return happens(block(laws.seed, _BIRTH, identity, laws.year, 0)[0], probability)


@kernel
def income_of(u: float) -> int:
    """Income fifth from the uniform that also serves the insurance scheme."""
    return int(5.0 * u)


@kernel
def insurance_of(laws: Laws, u: float, age: int, urban: int) -> int:
    """Insurance scheme, 0 employee, 1 resident: what the income leaves of its uniform is one."""
    fifths = 5.0 * u
    return 0 if fifths - int(fifths) < laws.employee[urban, age] else 1


@kernel
def is_in_key_group(laws: Laws, u: float, age: int, chronic: int) -> bool:
    """In a key group of family-doctor contracts by age, illness or disability."""
    return bool(
        age >= laws.key_age_from
        or age < laws.key_child_below
        or chronic > 0
        or u < laws.disabled[age]
    )


@kernel
def _attributes_of(
    laws: Laws, identity: int, age: int, sex: int, urban: int
) -> tuple[int, int, int, int, int]:
    """Income, insurance, chronic state, key group and contract of one resident."""
    u = block(laws.seed, _ATTRIBUTE, identity, 0, 0)
    income = income_of(u[1])
    insurance = insurance_of(laws, u[1], age, urban)
    if is_newborn(identity):
        income = income_of(block(laws.seed, _ATTRIBUTE, mother_identity(identity), 0, 0)[1])
    chronic = _chronic_state(laws, u[0], age)
    key = is_in_key_group(laws, u[3], age, chronic) or gives_birth(laws, identity, age, sex)
    key_group = 1 if key else 0
    coverage = laws.coverage[key_group]
    contract = NO_CONTRACT
    if u[2] < coverage:
        effective = u[2] < coverage * laws.effective_share
        contract = EFFECTIVE_CONTRACT if effective else NOMINAL_CONTRACT
    return income, insurance, chronic, key_group, contract


@kernel
def _fill_attributes(
    first: int,
    last: int,
    laws: Laws,
    village_start: Ints,
    is_urban: NDArray[np.bool_],
    identity: NDArray[np.uint32],
    age: NDArray[np.uint8],
    sex: NDArray[np.uint8],
    village: NDArray[np.uint16],
    income: NDArray[np.uint8],
    insurance: NDArray[np.uint8],
    chronic: NDArray[np.uint8],
    key_group: NDArray[np.uint8],
    contract: NDArray[np.uint8],
) -> None:
    """Village number and attributes of the residents of villages first..last-1."""
    for place in range(first, last):
        urban = 1 if is_urban[place] else 0
        for row in range(village_start[place], village_start[place + 1]):
            drawn = _attributes_of(
                laws, np.int64(identity[row]), np.int64(age[row]), np.int64(sex[row]), urban
            )
            village[row] = place
            income[row] = drawn[0]
            insurance[row] = drawn[1]
            chronic[row] = drawn[2]
            key_group[row] = drawn[3]
            contract[row] = drawn[4]


def set_attributes(residents: Residents, region: Region, laws: Laws, threads: int) -> None:
    """Write village, income, insurance, chronic state, key group and contract of everybody."""

    def fill(first: int, last: int) -> None:
        _fill_attributes(
            first, last, laws, residents.village_start, region.villages.is_urban,
            residents.identity, residents.age, residents.sex, residents.village,
            residents.income, residents.insurance, residents.chronic, residents.key_group,
            residents.contract,
        )  # fmt: skip

    in_threads(fill, residents.village_start, threads)
