"""Region: the frozen world a run starts from, as structs of arrays. Schema only.

Built from a pack by `sim.packs`; nothing here reads a file. Index arrays point into the other
tables: a village names its township, a township its county, a facility its county (-1 outside
the region).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counties:
    """Counties, districts and banners whose residents are simulated. Arrays of shape (counties,)
    unless said otherwise.

    code           six-digit division code
    name, name_zh  names
    is_district    True for an urban district: left out of city-wide in-county rates, because a
                   city hospital inside one's own district is not what the definition means
    census         persons by (county, sex male/female, 19 five-year bands), census 2020
    urban          urban persons of the county, census 2020
    target_population  published resident population at the run year's start, 0 where there is none
    """

    code: tuple[str, ...]
    name: tuple[str, ...]
    name_zh: tuple[str, ...]
    is_district: NDArray[np.bool_]
    census: Ints
    urban: Ints
    target_population: Ints


@dataclass(frozen=True, slots=True)
class Townships:
    """Towns, townships, sumu and subdistricts; shape (townships,). `county` indexes Counties."""

    name: tuple[str, ...]
    county: Ints


@dataclass(frozen=True, slots=True)
class Villages:
    """Villages and residents' committees; shape (villages,) unless said otherwise.

    township  index into Townships
    is_urban  urban residents live in urban villages only, rural ones in rural villages only
    weight    relative population among the villages of the same county and residence
    facility  (villages, alternatives) index into Facilities, -1 where there is none; columns as
              in tiers.ALTERNATIVE_KEYS
    hours     (villages, alternatives) one-way travel, hours; finite wherever facility >= 0
    """

    township: Ints
    is_urban: NDArray[np.bool_]
    weight: Floats
    facility: Ints
    hours: Floats


@dataclass(frozen=True, slots=True)
class Facilities:
    """Facilities of all tiers; shape (facilities,).

    key, name, name_zh  stable identifier and names
    tier, kind          sim.tiers.Tier, sim.tiers.Kind
    county              index into Counties, -1 when outside the simulated counties
    place_outside       True when the facility lies outside the region (Place.OUTSIDE_REGION)
    beds                open beds at the start of the run year, for residents and others
    doctors             licensed (assistant) doctors, for residents and others
    is_delay            True: serves mostly people we do not simulate, so no queue and no bed limit
    withdrawn           share of rooms and beds used by non-residents, 0-1
    outpatient_fen      charge of a visit, fen
    inpatient_fen       mean charge of a stay, fen
    gain                (facilities, 4 need classes) adequacy gained over the tier's capability, see
                        rules.resolution.raised_capability; 0 in a pack
    reserved            share of beds reserved for referred patients beyond the tier's; 0 in a pack
    """

    key: tuple[str, ...]
    name: tuple[str, ...]
    name_zh: tuple[str, ...]
    tier: Ints
    kind: Ints
    county: Ints
    place_outside: NDArray[np.bool_]
    beds: Ints
    doctors: Floats
    is_delay: NDArray[np.bool_]
    withdrawn: Floats
    outpatient_fen: Ints
    inpatient_fen: Ints
    gain: Floats
    reserved: Floats


@dataclass(frozen=True, slots=True)
class Insurance:
    """Reimbursement; first axis insurance scheme (0 employee, 1 resident), tiers in Tier order.

    outpatient_rate_bp         (2, 6) basis points of the charge paid by the fund
    outpatient_cap_fen         (2,) yearly cap of outpatient fund payments a person, 0 = no cap
    inpatient_rate_bp          (2, 6)
    inpatient_deductible_fen   (2, 6) deductible of the first admission of the year
    deductible_factor_bp       (3,) factor on the deductible for 1st, 2nd, 3rd and later admission
    inpatient_cap_fen          (2,) yearly cap of inpatient fund payments a person, 0 = no cap
    employee_share             (2 residence rural/urban, 4 age groups 0-14/15-44/45-64/65+)
    """

    outpatient_rate_bp: Ints
    outpatient_cap_fen: Ints
    inpatient_rate_bp: Ints
    inpatient_deductible_fen: Ints
    deductible_factor_bp: Ints
    inpatient_cap_fen: Ints
    employee_share: Floats


@dataclass(frozen=True, slots=True)
class Region:
    """One region in the conditions of one year.

    key, name, name_zh   "liaocheng", "Liaocheng", "聊城市"
    year                 the run year whose stocks, prices and access the tables hold
    contract_coverage    (2,) share with a family-doctor contract: others, key groups
    pack_hash            SHA-256 of the pack's files
    """

    key: str
    name: str
    name_zh: str
    year: int
    counties: Counties
    townships: Townships
    villages: Villages
    facilities: Facilities
    insurance: Insurance
    contract_coverage: Floats
    pack_hash: str

    @property
    def village_county(self) -> Ints:
        """County index of every village, shape (villages,)."""
        return self.townships.county[self.villages.township]


def freeze(region: Region) -> Region:
    """Make every array of a region read-only; returns the same region."""
    for table in (
        region.counties, region.townships, region.villages, region.facilities, region.insurance,
    ):  # fmt: skip
        for field in fields(table):
            value = getattr(table, field.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
    region.contract_coverage.setflags(write=False)
    return region
