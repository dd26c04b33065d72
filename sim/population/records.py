"""What a population is made of: records of residents, a year and its ledger; small helpers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.region import Region

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PopulationParameters:
    """Numbers the population needs; each field is a row of the parameter table of that name.

    chronic_prevalence        (4,) share with a chronic disease by age group 0-14/15-44/45-64/65+
    chronic_state_share       (3,) of them controlled, uncontrolled, advanced; adds up to 1
    disabled_share            (4,) share disabled by age group
    effective_contract_share  share of family-doctor contracts that are effective, 0-1
    key_group_age_from        years; from this age on everyone is in a key group
    key_group_child_below     years; below this age everyone is in a key group
    boys_per_100_girls        sex ratio at birth
    urban_age_tilt            (19,) odds of living in an urban place relative to the county's mean,
                              by census age band
    move_weight               (4,) relative propensity to move by age group
    migrant_female_share      share of women among those who move in
    """

    chronic_prevalence: Floats
    chronic_state_share: Floats
    disabled_share: Floats
    effective_contract_share: float
    key_group_age_from: float
    key_group_child_below: float
    boys_per_100_girls: float
    urban_age_tilt: Floats
    move_weight: Floats
    migrant_female_share: float

    @classmethod
    def from_table(cls, parameters: Any) -> PopulationParameters:
        """Pick the fields of this record from the record of all parameters, by name."""
        return cls(**{field.name: getattr(parameters, field.name) for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class Residents:
    """One row a resident, sorted by village; arrays of shape (residents,) unless said otherwise.

    village_start  (villages + 1,) int64; residents of village v are rows start[v]:start[v + 1]
    village        uint16 index into Region.villages
    age            uint8 whole years on 1 January, at most 110
    sex            uint8, 0 male, 1 female
    income         uint8, quintile 0-4 within the residence
    insurance      uint8, 0 employee scheme, 1 resident scheme
    chronic        uint8, 0 none, 1 controlled, 2 uncontrolled, 3 advanced
    key_group      uint8, 1 for people aged 65+, children under 7, pregnant, chronic, disabled
    contract       uint8, family-doctor contract: 0 none, 1 nominal, 2 effective
    identity       uint32, the person's random key; see sim.rules.demography
    """

    village_start: Ints
    village: NDArray[np.uint16]
    age: NDArray[np.uint8]
    sex: NDArray[np.uint8]
    income: NDArray[np.uint8]
    insurance: NDArray[np.uint8]
    chronic: NDArray[np.uint8]
    key_group: NDArray[np.uint8]
    contract: NDArray[np.uint8]
    identity: NDArray[np.uint32]

    @property
    def count(self) -> int:
        """Number of residents."""
        return int(self.identity.shape[0])


@dataclass(frozen=True, slots=True)
class Ledger:
    """Persons by county, shape (counties,): start + births - deaths + moved_in - moved_out = end.

    A child that dies in the year of birth counts once as a birth and once as a death.
    """

    start: Ints
    births: Ints
    deaths: Ints
    moved_in: Ints
    moved_out: Ints
    end: Ints


class People(NamedTuple):
    """The part of Residents that a year changes."""

    village_start: Ints
    identity: NDArray[np.uint32]
    age: NDArray[np.uint8]
    sex: NDArray[np.uint8]


class Year(NamedTuple):
    """Probabilities of one calendar year."""

    seed: int
    year: int
    death: Floats
    birth: Floats
    newborn_death: Floats
    boys_per_100_girls: float


class Newcomers(NamedTuple):
    """People who move in, sorted by village."""

    village_start: Ints
    identity: NDArray[np.uint32]
    age: NDArray[np.uint8]
    sex: NDArray[np.uint8]


def starts_of(size: Ints) -> Ints:
    """Offsets of consecutive blocks of the given sizes, one more than there are blocks."""
    starts = np.zeros(size.shape[0] + 1, dtype=np.int64)
    np.cumsum(size, out=starts[1:])
    return starts


def by_county(region: Region, by_village: Ints) -> Ints:
    """Add up a whole number by village over counties."""
    total = np.zeros(len(region.counties.code), dtype=np.int64)
    np.add.at(total, region.village_county, by_village)
    return total


def empty_residents(
    village_start: Ints,
    identity: NDArray[np.uint32] | None = None,
    age: NDArray[np.uint8] | None = None,
    sex: NDArray[np.uint8] | None = None,
) -> Residents:
    """Residents with the given columns and the others still to be written."""
    n = int(village_start[-1])

    def column() -> NDArray[np.uint8]:
        return np.empty(n, dtype=np.uint8)

    return Residents(
        village_start=village_start,
        village=np.empty(n, dtype=np.uint16),
        age=column() if age is None else age,
        sex=column() if sex is None else sex,
        income=column(),
        insurance=column(),
        chronic=column(),
        key_group=column(),
        contract=column(),
        identity=np.empty(n, dtype=np.uint32) if identity is None else identity,
    )


def freeze_residents(residents: Residents) -> Residents:
    """Make every column read-only; returns the same residents."""
    for field in fields(residents):
        getattr(residents, field.name).setflags(write=False)
    return residents


def in_threads(work: Callable[[int, int], None], village_start: Ints, threads: int) -> None:
    """Run `work(first, last)` over village ranges of about equal numbers of residents.

    Every call writes rows of its own villages only, so the ranges do not show in the result.
    """
    parts = max(1, threads)
    total = int(village_start[-1])
    cuts = np.searchsorted(village_start[:-1], [total * part // parts for part in range(parts)])
    edges = [*cuts.tolist(), village_start.shape[0] - 1]
    edges[0] = 0
    ranges = list(pairwise(edges))
    if parts == 1:
        work(*ranges[0])
        return
    with ThreadPoolExecutor(parts) as pool:
        for done in [pool.submit(work, first, last) for first, last in ranges if first < last]:
            done.result()
