"""Relations between paired runs, and limits, over draws of the parameters from their ranges.

Each draw takes every parameter of behaviour uniformly from its own range in the table (the prior's
support). The two runs of a pair share residents and seed. A relation marked strict must hold; for
the others the change may go the wrong way by no more than `reach`: 3.9 standard errors of a
difference of two independent shares, which is an upper bound on the noise of a paired one
(benchmarks.paired: paired variances are dozens of times smaller). So a relation that is true fails
at most once in 20,000 tries; the seeds are fixed.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.engines.kernels import episode_word as L
from sim.parameters import load_parameters, read_rows
from sim.region import Region
from sim.tiers import ALTERNATIVE_KEYS, CLASS_KEYS
from tests.engine.running import (
    Run,
    by_class,
    by_tier_and_class,
    check_all,
    county_by_tier,
    facility_by_tier,
    residents_of,
    run_world,
    with_facilities,
    without,
)
from tests.worlds import small_region

Z = stats.norm.isf(0.5e-4)
C = 2  # the county tier
SHORT, LONG = range(2), range(2, 42)
DRAWS = [*SHORT, *(pytest.param(k, marks=pytest.mark.slow) for k in LONG)]
# Tables whose rows hang together (shares of a whole) or that make the residents stay as they are.
FIXED = {
    "season", "weekday", "access_factor", "chronic_state_need", "chronic_prevalence",
    "chronic_state_share", "pool_doctor_share", "pool_demand_share", "initial_quality_spread",
    "disabled_share", "effective_contract_share", "key_group_age_from", "key_group_child_below",
    "boys_per_100_girls", "urban_age_tilt", "move_weight", "migrant_female_share", "need_rate",
    "catchment_band_hours", "morning_opens", "afternoon_opens", "contract_renewal", "working_days",
    "need_scale", "admission_scale",
}  # fmt: skip


@cache
def drawn(k: int) -> dict[str, float]:
    """The k-th draw of all parameters of behaviour."""
    rng = np.random.default_rng(1_000 + k)
    values = {}
    for row in read_rows():
        u = rng.random()
        if row.name not in FIXED and row.low < row.high:
            key = f"{row.name}:{row.index}" if row.index else row.name
            values[key] = row.low + u * (row.high - row.low)
    return values


@cache
def region() -> Region:
    return small_region(residents=6_000, year=2023)


@cache
def people() -> Any:
    return residents_of(region(), load_parameters(anchored=False), 1)


@cache
def base(k: int) -> Run:
    return run_world(region(), drawn(k), people=people())


def changed(k: int, overrides: dict[str, float], world: Region | None = None) -> Run:
    return run_world(world or region(), {**drawn(k), **overrides}, people=people())


@dataclass(frozen=True)
class Share:
    """A part of a whole, with the reach of a difference between two runs."""

    part: float
    whole: float

    @property
    def value(self) -> float:
        return self.part / self.whole

    def reach(self, other: Share) -> float:
        p = (self.part + other.part) / (self.whole + other.whole)
        return Z * math.sqrt(p * (1.0 - p) * (1.0 / self.whole + 1.0 / other.whole))


def primary(run: Run) -> Share:
    visits = county_by_tier(run, L.C_VISITS)
    return Share(float(visits[:2].sum()), float(visits.sum()))


def beyond(run: Run) -> Share:
    visits = county_by_tier(run, L.C_VISITS)
    return Share(float(visits[3:].sum()), float(visits.sum()))


def own_admissions(run: Run) -> Share:
    by_place = run.tallies.county[..., L.C_ADMISSIONS].sum(axis=(0, 1, 2))
    return Share(float(by_place[0]), float(by_place.sum()))


def unresolved(run: Run) -> Share:
    episode = run.tallies.episode.sum(axis=0)
    ended = episode[[L.E_UNRESOLVED, L.E_SELF_UNRESOLVED]].sum()
    return Share(float(ended), float(episode[L.E_STARTED]))


def occupancy(run: Run) -> float:
    days = facility_by_tier(run, L.F_BED_DAYS)[C]
    return float(days / facility_by_tier(run, L.F_OPEN_BED_DAYS)[C])


def wait(run: Run, tier: int) -> float:
    visits = facility_by_tier(run, L.F_VISITS)[tier]
    return float(facility_by_tier(run, L.F_WAIT_SECONDS)[tier] / visits)


def visits(run: Run) -> int:
    return int(county_by_tier(run, L.C_VISITS).sum())


def fund(run: Run) -> int:
    return int(county_by_tier(run, L.C_FUND, L.C_STAY_FUND).sum())


def more_capable(k: int, tier: str) -> dict[str, float]:
    keys = [f"capability:{tier}/{c}" for c in CLASS_KEYS]
    return {key: min(0.995, drawn(k)[key] + 0.1) for key in keys}


def not_down(after: Share, before: Share) -> None:
    print(f"{before.value:.4f} to {after.value:.4f}, reach {after.reach(before):.4f}")
    assert after.value >= before.value - after.reach(before)


def insured(**changes: np.ndarray) -> Region:
    return replace(region(), insurance=replace(region().insurance, **changes))


# ------------------------------------------------------------------------------------ relations


def a_more_capable_township(k: int) -> None:
    run = changed(k, more_capable(k, "township"))
    assert unresolved(run).value < unresolved(base(k)).value
    not_down(primary(run), primary(base(k)))


def a_more_capable_county(k: int) -> None:
    run = changed(k, more_capable(k, "county"))
    assert unresolved(run).value < unresolved(base(k)).value
    not_down(own_admissions(run), own_admissions(base(k)))


def a_shorter_way_up(k: int) -> None:
    hours = region().villages.hours.copy()
    keys = ("city_first", "city_second", "regional", "outside")
    upper = [ALTERNATIVE_KEYS.index(key) for key in keys]
    hours[:, upper] *= 0.7
    nearer = replace(region(), villages=replace(region().villages, hours=hours))
    run = changed(k, {}, nearer)
    not_down(beyond(run), beyond(base(k)))
    not_down(own_admissions(base(k)), own_admissions(run))


def a_higher_reimbursement_of_primary_care(k: int) -> None:
    rates = region().insurance.outpatient_rate_bp.copy()
    rates[:, :2] = np.minimum(9_500, rates[:, :2] + 2_000)
    run = changed(k, {}, insured(outpatient_rate_bp=rates))
    not_down(primary(run), primary(base(k)))


def no_reimbursement_above_the_county(k: int) -> None:
    outpatient = region().insurance.outpatient_rate_bp.copy()
    inpatient = region().insurance.inpatient_rate_bp.copy()
    outpatient[:, 3:] = inpatient[:, 3:] = 0
    run = changed(k, {}, insured(outpatient_rate_bp=outpatient, inpatient_rate_bp=inpatient))
    assert fund(run) < fund(base(k))
    not_down(own_admissions(run), own_admissions(base(k)))


def quicker_county_consults(k: int) -> None:
    minutes = drawn(k)["service_minutes:county"]
    run = changed(k, {"service_minutes:county": minutes * 0.75})
    assert wait(run, C) < wait(base(k), C)


def more_county_beds(k: int) -> None:
    beds = region().facilities.beds
    more = np.where(region().facilities.tier == C, (beds * 13 + 9) // 10, beds)
    run = changed(k, {}, with_facilities(region(), beds=more))
    assert occupancy(run) < occupancy(base(k))


def shorter_county_stays(k: int) -> None:
    run = changed(k, {"stay_mean:county": drawn(k)["stay_mean:county"] * 0.8})
    assert occupancy(run) < occupancy(base(k))


def more_need(k: int) -> None:
    run = changed(k, by_class("need_scale", 1.1))
    ratio = visits(run) / visits(base(k))
    # Episodes grow by a tenth; a visit more or less of an episode follows from waits only.
    reach = Z * math.sqrt(0.1 / visits(base(k))) * 4.0  # at most four visits an episode
    print(f"visits x {ratio:.4f}, reach {reach:.4f}")
    assert 1.0 < ratio <= 1.1 + reach


RELATIONS: tuple[Callable[[int], None], ...] = (
    a_more_capable_township, a_more_capable_county, a_shorter_way_up,
    a_higher_reimbursement_of_primary_care, no_reimbursement_above_the_county,
    quicker_county_consults, more_county_beds, shorter_county_stays, more_need,
)  # fmt: skip


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.__name__)
@pytest.mark.parametrize("k", DRAWS)
def test_a_relation_that_theory_supports_holds(k: int, relation: Callable[[int], None]) -> None:
    relation(k)


@pytest.mark.parametrize("draws", [12, pytest.param(42, marks=pytest.mark.slow)])
def test_more_need_lengthens_waits_at_county_hospitals(draws: int) -> None:
    """Over draws together: one small hospital's mean wait of a year hangs on a few full sessions,
    so that in one draw a tenth more need may seem to shorten it."""
    grown = [
        math.log(wait(changed(k, by_class("need_scale", 1.1)), C) / wait(base(k), C))
        for k in range(draws)
    ]
    mean, error = statistics.mean(grown), statistics.stdev(grown) / math.sqrt(draws)
    print(f"waits x {math.exp(mean):.3f}, {mean / error:.1f} standard errors above 1")
    assert mean > stats.t.isf(0.5e-4, draws - 1) * error


# --------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize("k", DRAWS)
def test_limits_are_exact_whatever_the_parameters(k: int) -> None:
    check_all(base(k))
    # Nobody ill: nobody seen.
    run = changed(k, by_class("need_scale", 0.0))
    assert visits(run) == 0
    assert run.tallies.facility[:, L.F_ADMISSIONS].sum() == 0
    # The outside gone and nobody goes on: everything in the county.
    gone = ("neighbour", "city_first", "city_second", "regional", "outside")
    columns = [ALTERNATIVE_KEYS.index(key) for key in gone]
    run = changed(k, by_class("escalation", 0.0), without(region(), *columns))
    for column in (L.C_VISITS, L.C_ADMISSIONS):
        assert run.tallies.county[..., column].sum(axis=(0, 1, 2))[1:].sum() == 0
    # Every facility can do everything: one visit an episode, no referral, no transfer.
    run = changed(k, by_tier_and_class("capability", 1.0))
    assert run.tallies.county[..., L.C_REFERRALS].sum() == 0
    assert run.tallies.facility[:, [L.F_TRANSFERS_OUT, L.F_TRANSFERS_IN]].sum() == 0
    assert (county_by_tier(run, L.C_VISITS) == county_by_tier(run, L.C_FIRST_CONTACTS)).all()
    # Village and township the only doors, and nobody goes on: first contact is primary.
    columns = range(2, len(ALTERNATIVE_KEYS))
    run = changed(k, by_class("escalation", 0.0), without(region(), *columns))
    assert county_by_tier(run, L.C_VISITS)[2:].sum() == 0
    contacts = run.tallies.episode[:, L.E_CONTACTED].sum()
    assert contacts == run.tallies.episode[:, L.E_FIRST_PRIMARY].sum() > 0
    # No doctor writes a referral: none is counted.
    run = changed(k, {"formal_referral": 0.0})
    assert run.tallies.county[..., L.C_REFERRALS].sum() == 0
