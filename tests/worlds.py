"""Small, complete and valid regions for the tests: every tier, every alternative, few residents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.region import Counties, Facilities, Insurance, Region, Townships, Villages, freeze
from sim.tiers import AGE_BAND_KEYS, ALTERNATIVE_KEYS, N_ALTERNATIVES, N_TIERS, Kind, Tier

# Rough shape of a county's ages (both sexes), only to have old and young people in the tests.
_AGE_SHAPE = (10, 44, 60, 62, 52, 46, 56, 74, 68, 64, 78, 86, 74, 58, 60, 46, 30, 19, 13)

# Charges by tier, fen: an outpatient visit and a stay.
OUTPATIENT_FEN = (5_000, 9_200, 25_000, 34_000, 50_000, 55_000)
INPATIENT_FEN = (0, 260_000, 700_000, 1_400_000, 2_000_000, 2_500_000)

# One-way hours to each alternative when it is there.
_HOURS = (0.1, 0.4, 0.8, 0.8, 0.9, 0.8, 1.1, 1.6, 1.7, 3.5, 5.0)


def largest_remainder(shares: Sequence[float] | np.ndarray, total: int) -> np.ndarray:
    """Whole numbers proportional to `shares` that add up to `total`; ties go to the first."""
    exact = np.asarray(shares, dtype=np.float64)
    exact = exact / exact.sum() * total
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole


@dataclass
class _FacilityRows:
    """Facility columns while they grow."""

    key: list[str] = field(default_factory=list)
    tier: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    county: list[int] = field(default_factory=list)
    beds: list[int] = field(default_factory=list)
    doctors: list[float] = field(default_factory=list)
    is_delay: list[bool] = field(default_factory=list)
    place_outside: list[bool] = field(default_factory=list)
    withdrawn: list[float] = field(default_factory=list)

    def add(
        self,
        key: str,
        tier: Tier,
        kind: Kind,
        county: int,
        beds: int,
        doctors: float,
        is_delay: bool = False,
        place_outside: bool = False,
        withdrawn: float = 0.0,
    ) -> int:
        """Append one facility; returns its index."""
        self.key.append(key)
        self.tier.append(int(tier))
        self.kind.append(int(kind))
        self.county.append(county)
        self.beds.append(beds)
        self.doctors.append(doctors)
        self.is_delay.append(is_delay)
        self.place_outside.append(place_outside)
        self.withdrawn.append(withdrawn)
        return len(self.key) - 1


def small_region(
    n_counties: int = 2,
    residents: int | Sequence[int] = 3_000,
    townships_per_county: int = 2,
    villages_per_township: int = 3,
    urban_share: float = 0.4,
    year: int = 2020,
    target_population: Sequence[int] | None = None,
    contract_coverage: tuple[float, float] = (0.3, 0.7),
    all_alternatives: bool = True,
    zero_beds: bool = False,
    zero_doctors: bool = False,
    ample: bool = False,
    county_without_hospital: int | None = None,
    village_without_clinic: int | None = None,
    delay_city: bool = False,
    regional_inside: bool = False,
    beds: Mapping[str, int] | None = None,
    doctors: Mapping[str, float] | None = None,
    outpatient_fen: Sequence[int] = OUTPATIENT_FEN,
    inpatient_fen: Sequence[int] = INPATIENT_FEN,
    age_shape: Sequence[float] = _AGE_SHAPE,
) -> Region:
    """A frozen region of a few thousand residents with facilities of all tiers.

    residents               census persons of each county, or one number for all
    villages_per_township   the first village of a township is urban, the others rural; at least 2
    target_population       published residents at the run year's start by county (0 = none)
    all_alternatives        False: only village, township, county_general, city_first, regional and
                            outside; True also county_tcm, county_maternal_child, county_private,
                            city_second and, with two counties or more, `neighbour` for the last
                            village of each county
    zero_beds, zero_doctors no beds, or no doctors, in any facility (outside ones keep theirs)
    ample                   so many beds and doctors that nobody waits
    county_without_hospital index of a county with no hospital of its own
    village_without_clinic  index of a village whose `village` alternative is missing
    delay_city              city hospitals are delay facilities
    regional_inside         the regional centre lies in county 0 and queues (30% withdrawn)
    beds, doctors           overrides by facility key
    outpatient_fen, inpatient_fen  charges by tier

    Facility keys: `village_3`, `township_1`, `county_general_0`, `county_tcm_0`,
    `county_maternal_child_0`, `county_private_0`, `city_first`, `city_second`, `regional`,
    `outside`.

    Example
    -------
    >>> region = small_region(n_counties=1, residents=500)
    >>> int(region.counties.census.sum())
    500
    """
    if villages_per_township < 2:
        raise ValueError("a township needs an urban and a rural village")
    population = [residents] * n_counties if isinstance(residents, int) else list(residents)
    counties = _counties(population, urban_share, target_population, age_shape)
    n_townships = n_counties * townships_per_county
    n_villages = n_townships * villages_per_township
    township_county = np.repeat(np.arange(n_counties), townships_per_county).astype(np.int64)
    village_township = np.repeat(np.arange(n_townships), villages_per_township).astype(np.int64)
    in_township = np.arange(n_villages) % villages_per_township

    rows = _FacilityRows()
    facility = np.full((n_villages, N_ALTERNATIVES), -1, dtype=np.int64)
    column = {key: index for index, key in enumerate(ALTERNATIVE_KEYS)}
    village_county = township_county[village_township]
    of_county = [np.flatnonzero(village_county == c) for c in range(n_counties)]

    for v in range(n_villages):
        if v != village_without_clinic:
            kind = Kind.COMMUNITY_STATION if in_township[v] == 0 else Kind.VILLAGE_CLINIC
            county = int(village_county[v])
            facility[v, column["village"]] = rows.add(
                f"village_{v}", Tier.VILLAGE, kind, county, 0, 2.0
            )
    for t in range(n_townships):
        kind = Kind.COMMUNITY_CENTRE if t % townships_per_county == 0 else Kind.TOWNSHIP_CENTRE
        county = int(township_county[t])
        share = population[county] / townships_per_county / 1000.0
        index = rows.add(
            f"township_{t}", Tier.TOWNSHIP, kind, county, _at_least_one(1.1 * share), 1.0 * share
        )
        facility[village_township == t, column["township"]] = index
    _county_hospitals(
        rows, facility, column, of_county, population, all_alternatives, county_without_hospital
    )
    _upper_tiers(
        rows, facility, column, sum(population), all_alternatives, delay_city, regional_inside
    )

    hours = np.where(facility >= 0, np.asarray(_HOURS), np.inf)
    # Villages of a township lie at different distances, so that ties are not everywhere.
    hours = hours * (1.0 + 0.25 * in_township[:, np.newaxis])
    villages = Villages(
        township=village_township,
        is_urban=in_township == 0,
        weight=1.0 + 0.5 * in_township,
        facility=facility,
        hours=hours,
    )
    facilities = _facilities(
        rows, zero_beds, zero_doctors, ample, sum(population),
        beds or {}, doctors or {}, outpatient_fen, inpatient_fen,
    )  # fmt: skip
    return freeze(
        Region(
            key="testland",
            name="Testland",
            name_zh="测试市",
            year=year,
            counties=counties,
            townships=Townships(
                name=tuple(f"township {t}" for t in range(n_townships)), county=township_county
            ),
            villages=villages,
            facilities=facilities,
            insurance=_insurance(),
            contract_coverage=np.asarray(contract_coverage, dtype=np.float64),
            pack_hash="0" * 64,
        )
    )


def _at_least_one(value: float) -> int:
    return max(1, round(value))


def _counties(
    population: list[int],
    urban_share: float,
    target_population: Sequence[int] | None,
    age_shape: Sequence[float],
) -> Counties:
    n_bands = len(AGE_BAND_KEYS)
    census = np.zeros((len(population), 2, n_bands), dtype=np.int64)
    shape = np.asarray(age_shape, dtype=np.float64)
    # More boys than girls among the young, more women than men among the old.
    male_share = np.linspace(0.53, 0.44, n_bands)
    for c, persons in enumerate(population):
        shares = np.concatenate([shape * male_share, shape * (1.0 - male_share)])
        census[c] = largest_remainder(shares, persons).reshape(2, n_bands)
    target = [0] * len(population) if target_population is None else list(target_population)
    return Counties(
        code=tuple(f"{370000 + c + 1:06d}" for c in range(len(population))),
        name=tuple(f"county {c}" for c in range(len(population))),
        name_zh=tuple(f"测试{c}县" for c in range(len(population))),
        is_district=np.arange(len(population)) == 0,
        census=census,
        urban=np.array([round(urban_share * persons) for persons in population], dtype=np.int64),
        target_population=np.asarray(target, dtype=np.int64),
    )


def _county_hospitals(
    rows: _FacilityRows,
    facility: np.ndarray,
    column: Mapping[str, int],
    of_county: list[np.ndarray],
    population: list[int],
    all_alternatives: bool,
    county_without_hospital: int | None,
) -> None:
    kinds = [("county_general", Kind.GENERAL_HOSPITAL, 2.4, 0.9)]
    if all_alternatives:
        kinds += [
            ("county_tcm", Kind.TCM_HOSPITAL, 1.0, 0.4),
            ("county_maternal_child", Kind.MATERNAL_CHILD_HOSPITAL, 0.5, 0.2),
            ("county_private", Kind.PRIVATE_HOSPITAL, 0.7, 0.2),
        ]
    general: list[int] = []
    for c, persons in enumerate(population):
        if c == county_without_hospital:
            general.append(-1)
            continue
        for name, kind, beds_per_1000, doctors_per_1000 in kinds:
            index = rows.add(
                f"{name}_{c}", Tier.COUNTY, kind, c,
                _at_least_one(beds_per_1000 * persons / 1000.0),
                max(1.0, doctors_per_1000 * persons / 1000.0),
            )  # fmt: skip
            facility[of_county[c], column[name]] = index
            if name == "county_general":
                general.append(index)
    if all_alternatives and len(population) > 1:
        for c in range(len(population)):
            facility[of_county[c][-1], column["neighbour"]] = general[(c + 1) % len(population)]


def _upper_tiers(
    rows: _FacilityRows,
    facility: np.ndarray,
    column: Mapping[str, int],
    persons: int,
    all_alternatives: bool,
    delay_city: bool,
    regional_inside: bool,
) -> None:
    thousands = persons / 1000.0
    for name in ("city_first", "city_second") if all_alternatives else ("city_first",):
        facility[:, column[name]] = rows.add(
            name, Tier.CITY, Kind.GENERAL_HOSPITAL, 0,
            _at_least_one(0.8 * thousands), max(1.0, 0.3 * thousands),
            is_delay=delay_city, withdrawn=0.0 if delay_city else 0.1,
        )  # fmt: skip
    facility[:, column["regional"]] = rows.add(
        "regional", Tier.REGIONAL, Kind.REGIONAL_CENTRE, 0 if regional_inside else -1,
        _at_least_one(0.5 * thousands) if regional_inside else 3_000,
        max(1.0, 0.2 * thousands) if regional_inside else 1_200.0,
        is_delay=not regional_inside, place_outside=not regional_inside,
        withdrawn=0.3 if regional_inside else 0.0,
    )  # fmt: skip
    facility[:, column["outside"]] = rows.add(
        "outside", Tier.OUTSIDE, Kind.OUTSIDE_HOSPITAL, -1, 5_000, 2_000.0,
        is_delay=True, place_outside=True,
    )  # fmt: skip


def _facilities(
    rows: _FacilityRows,
    zero_beds: bool,
    zero_doctors: bool,
    ample: bool,
    persons: int,
    beds: Mapping[str, int],
    doctors: Mapping[str, float],
    outpatient_fen: Sequence[int],
    inpatient_fen: Sequence[int],
) -> Facilities:
    unknown = (set(beds) | set(doctors)) - set(rows.key)
    if unknown:
        raise ValueError(f"no such facility: {sorted(unknown)}")
    tier = np.asarray(rows.tier, dtype=np.int64)
    inside = ~np.asarray(rows.place_outside, dtype=np.bool_)
    n_beds = np.asarray(rows.beds, dtype=np.int64)
    n_doctors = np.asarray(rows.doctors, dtype=np.float64)
    if ample:
        n_beds = np.where(tier == Tier.VILLAGE, 0, persons).astype(np.int64)
        n_doctors = np.full(tier.shape, float(persons))
    if zero_beds:
        n_beds[inside] = 0
    if zero_doctors:
        n_doctors[inside] = 0.0
    for key, value in beds.items():
        n_beds[rows.key.index(key)] = value
    for key, value in doctors.items():
        n_doctors[rows.key.index(key)] = value
    return Facilities(
        key=tuple(rows.key),
        name=tuple(key.replace("_", " ") for key in rows.key),
        name_zh=tuple(f"测试机构{index}" for index in range(len(rows.key))),
        tier=tier,
        kind=np.asarray(rows.kind, dtype=np.int64),
        county=np.asarray(rows.county, dtype=np.int64),
        place_outside=np.asarray(rows.place_outside, dtype=np.bool_),
        beds=n_beds,
        doctors=n_doctors,
        is_delay=np.asarray(rows.is_delay, dtype=np.bool_),
        withdrawn=np.asarray(rows.withdrawn, dtype=np.float64),
        outpatient_fen=np.asarray(outpatient_fen, dtype=np.int64)[tier],
        inpatient_fen=np.asarray(inpatient_fen, dtype=np.int64)[tier],
        gain=np.zeros((len(tier), 4)),
        reserved=np.zeros(len(tier)),
    )


def _insurance() -> Insurance:
    employee_share = [[0.0, 0.12, 0.12, 0.08], [0.0, 0.50, 0.50, 0.45]]
    insurance = Insurance(
        outpatient_rate_bp=np.array(
            [[7000, 7000, 6000, 6000, 5000, 5000], [5500, 5500, 2000, 0, 0, 0]], dtype=np.int64
        ),
        outpatient_cap_fen=np.array([400_000, 30_000], dtype=np.int64),
        inpatient_rate_bp=np.array(
            [[9000, 9000, 8800, 8500, 8000, 7500], [8500, 8500, 7500, 6500, 5500, 5000]],
            dtype=np.int64,
        ),
        inpatient_deductible_fen=np.array(
            [[10_000, 20_000, 50_000, 80_000, 100_000, 100_000]] * 2, dtype=np.int64
        ),
        deductible_factor_bp=np.array([10_000, 5_000, 0], dtype=np.int64),
        inpatient_cap_fen=np.array([60_000_000, 40_000_000], dtype=np.int64),
        employee_share=np.array(employee_share, dtype=np.float64),
    )
    if insurance.inpatient_rate_bp.shape != (2, N_TIERS):
        raise ValueError("reimbursement needs one rate a tier")
    return insurance
