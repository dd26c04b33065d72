"""Small worlds for the twins: tight, empty, ample, poor, with ties and without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import numpy as np
from hypothesis import strategies as st

from sim import day as timetable
from sim.engines.compiled.driver import CompiledEngine
from sim.engines.reference import TieredCare
from sim.parameters import load_parameters
from sim.population import PopulationParameters, residents_of
from sim.population.vital_rates import load_demography
from sim.region import Region
from sim.tiers import CLASS_KEYS, TIER_KEYS
from tests.twins.record import Record, differences, of_compiled, of_reference
from tests.worlds import INPATIENT_FEN, OUTPATIENT_FEN, small_region


@dataclass(frozen=True)
class World:
    """What both engines are given. blocks: (first day, days, month), the warm-up first."""

    region: Region
    overrides: Mapping[str, float]
    seed: int
    mortality: float = 1.0
    fertility: float = 1.0
    blocks: tuple[tuple[int, int, int], ...] = ()

    def __repr__(self) -> str:
        """Short: hypothesis prints it."""
        return f"World(seed={self.seed}, {len(self.blocks)} blocks, {dict(self.overrides)})"


def engines(world: World, which: str = "both") -> tuple[Any, Any]:
    """Both engines with the same people, parameters and rates; None for the one not asked for."""
    parameters = load_parameters(world.overrides, anchored=False)
    numbers = PopulationParameters.from_table(parameters)
    people, ledger = residents_of(world.region, numbers, world.seed)
    rates = load_demography(world.region.year)
    rates = replace(
        rates, mortality=rates.mortality * world.mortality,
        fertility=rates.fertility * world.fertility,
    )  # fmt: skip
    one = two = None
    if which in ("both", "compiled"):
        one = CompiledEngine(
            world.region, parameters, people, rates, ledger, seed=world.seed, threads=1
        )
    if which in ("both", "reference"):
        two = TieredCare(
            world.region, seed=world.seed, parameters=parameters, residents=people, ledger=ledger,
            demography=rates,
        )  # fmt: skip
    return one, two


def records(world: World, which: str = "both") -> tuple[Record | None, Record | None]:
    """The record of each engine."""
    blocks = list(world.blocks) or timetable.blocks(world.region.year)
    with mock.patch.object(timetable, "blocks", lambda _year: blocks):
        one, two = engines(world, which)
        return (
            of_compiled(one) if one is not None else None,
            of_reference(two) if two is not None else None,
        )


def compare(world: World) -> tuple[list[str], Record]:
    """Differences between the engines, and the record."""
    one, two = records(world)
    return differences(one, two), one


def months(count: int, warm_up: int = 10) -> tuple[tuple[int, int, int], ...]:
    """A short warm-up and the first months of a year."""
    return ((-warm_up, warm_up, 0), *timetable.blocks(2023)[1 : count + 1])


def by_class(name: str, values: Any) -> dict[str, float]:
    return {f"{name}:{key}": value for key, value in zip(CLASS_KEYS, values, strict=True)}


def by_tier(name: str, values: Any) -> dict[str, float]:
    return {f"{name}:{key}": value for key, value in zip(TIER_KEYS, values, strict=True)}


def few(low: float, high: float) -> st.SearchStrategy[float]:
    """A number of a range, its ends likelier than in life."""
    return st.one_of(st.just(low), st.just(high), st.floats(low, high))


@st.composite
def parameters(draw: st.DrawFn) -> dict[str, float]:
    """Parameters a third of which are as they stand and the others far from it."""
    # Consults of a few seconds: with slots of a minute, many begin and end at one instant.
    consult = draw(st.sampled_from([few(2.0, 90.0), few(0.03, 0.2)]))
    wild = {
        **by_class("need_scale", [draw(few(2.0, 24.0)) for _ in range(4)]),
        **by_tier("admission_scale", [0.0, *(draw(few(0.5, 6.0)) for _ in range(5))]),
        **by_tier("reserved_bed_share", [0.0, *(draw(few(0.0, 0.6)) for _ in range(5))]),
        **by_class("patience_days", [draw(few(0.6, 6.0)) for _ in range(4)]),
        **by_tier("service_minutes", [draw(consult) for _ in range(6)]),
        **by_tier("test_share", [draw(few(0.0, 1.0)) for _ in range(6)]),
        **by_class("escalation", [draw(few(0.2, 1.0)) for _ in range(4)]),
        **by_tier("appointment_days", [0, 0, 0, *(draw(st.integers(0, 9)) for _ in range(3))]),
        **by_tier("back_referral_offer", [0.0, 0.0, *(draw(few(0.0, 1.0)) for _ in range(4))]),
        "overflow_share": draw(few(0.0, 0.5)),
        "formal_referral": draw(few(0.0, 1.0)),
        "unseen_return": draw(few(0.0, 1.0)),
        "overrun_minutes": draw(few(0.0, 60.0)),
        "ambulance_share": draw(few(0.0, 0.9)),
        "back_referral_acceptance": draw(few(0.0, 1.0)),
        "wait_knowledge": draw(few(0.0, 1.0)),
        "early_arrival": draw(few(0.0, 1.0)),
        "triage_accuracy": draw(few(0.0, 1.0)),
        "severity_spread": draw(few(0.0, 0.8)),
        "word_of_mouth": draw(few(0.0, 1.0)),
        "contract_renewal": draw(few(0.3, 1.0)),
    }
    keep = draw(st.sets(st.sampled_from(sorted({key.split(":")[0] for key in wild}))))
    return {key: value for key, value in wild.items() if key.split(":")[0] not in keep}


@st.composite
def regions(draw: st.DrawFn) -> Region:
    """Regions of a few hundred residents."""
    counties = draw(st.integers(1, 3))
    persons = [draw(st.integers(60, 260)) for _ in range(counties)]
    options: dict[str, Any] = {
        "zero_beds": draw(st.integers(0, 7)) == 0,
        "zero_doctors": draw(st.integers(0, 9)) == 0,
        "ample": draw(st.integers(0, 7)) == 0,
        "delay_city": draw(st.booleans()),
        "regional_inside": draw(st.booleans()),
        "all_alternatives": draw(st.integers(0, 3)) > 0,
        "county_without_hospital": draw(st.sampled_from([None, None, None, counties - 1])),
        "village_without_clinic": draw(st.sampled_from([None, None, 0])),
        "contract_coverage": (draw(few(0.0, 1.0)), draw(few(0.0, 1.0))),
        "urban_share": draw(few(0.1, 0.9)),
        "year": draw(st.integers(2020, 2023)),
        "townships_per_county": draw(st.integers(1, 2)),
        "villages_per_township": draw(st.integers(2, 3)),
    }
    if options["year"] > 2020 and draw(st.booleans()):
        options["target_population"] = [int(n * draw(few(0.8, 1.2))) for n in persons]
    dear = draw(st.sampled_from([1, 1, 4, 30]))
    region = small_region(
        n_counties=counties, residents=persons, **options,
        outpatient_fen=[fen * dear for fen in OUTPATIENT_FEN],
        inpatient_fen=[fen * dear for fen in INPATIENT_FEN],
    )  # fmt: skip
    return replace(
        region, facilities=_tight(draw, region), insurance=_insurance(draw, region)
    )  # fmt: skip


def _tight(draw: st.DrawFn, region: Region) -> Any:
    """Facilities of which some have a part-time doctor (everybody comes in the same minutes) and
    some a bed or two."""
    f = region.facilities
    beds, doctors = f.beds.copy(), f.doctors.copy()
    for row in range(len(f.key)):
        if f.is_delay[row]:
            continue
        change = draw(st.integers(0, 5))
        if change == 1:
            doctors[row] = draw(st.sampled_from([0.003, 0.02, 0.1, 0.4, 1.0]))
        if change == 2:
            doctors[row] = 40.0
        if change in (1, 2, 3) and f.tier[row] > 0:
            beds[row] = draw(st.integers(0, 4))
    return replace(f, beds=beds, doctors=doctors)


def _insurance(draw: st.DrawFn, region: Region) -> Any:
    """Every mix of schemes; caps that are used up; deductibles that rise with the stays."""
    insurance = region.insurance
    share = draw(st.sampled_from([0.0, 0.3, 1.0]))
    return replace(
        insurance,
        employee_share=np.full_like(insurance.employee_share, share),
        outpatient_cap_fen=np.array(
            [draw(st.sampled_from([0, 20_000, 400_000])) for _ in range(2)], dtype=np.int64
        ),
        inpatient_cap_fen=np.array(
            [draw(st.sampled_from([0, 900_000, 60_000_000])) for _ in range(2)], dtype=np.int64
        ),
        deductible_factor_bp=np.array(
            draw(st.sampled_from([[10_000, 5_000, 0], [10_000, 12_000, 20_000]])), dtype=np.int64
        ),
    )


@st.composite
def worlds(draw: st.DrawFn, most_months: int = 2) -> World:
    """A world that both engines can run in a second or two."""
    return World(
        region=draw(regions()),
        overrides=draw(parameters()),
        seed=draw(st.integers(0, 2**40)),
        mortality=draw(st.sampled_from([1.0, 1.0, 30.0])),
        fertility=draw(st.sampled_from([1.0, 5.0])),
        blocks=months(draw(st.integers(1, most_months))),
    )
