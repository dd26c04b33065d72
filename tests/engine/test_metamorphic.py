"""Relations that theory supports, between runs that share their random draws.

Common random numbers: both runs of a pair have the same residents and seed. With about 24,000
residents the changes asserted are many times the noise between paired runs; the relations marked
"not down" allow a noise of 0.2 percentage points. False alarms are therefore far rarer than one
in a thousand, and none can happen twice: seeds are fixed.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sim.engines.kernels import episode_word as L
from sim.parameters import load_parameters
from sim.population import Ledger, Residents
from sim.region import Region
from sim.rules.choice import ABSENT, nested_logit
from sim.tiers import ALTERNATIVE_KEYS, CLASS_KEYS, Tier
from tests.engine.running import (
    TIGHT,
    Run,
    by_class,
    by_tier,
    by_tier_and_class,
    check_all,
    county_by_tier,
    digest,
    facility_by_tier,
    nobody_dies_or_is_born,
    residents_of,
    run_world,
    tight_region,
    with_facilities,
    without,
)
from tests.worlds import small_region

NOISE = 0.002
T, C = int(Tier.TOWNSHIP), int(Tier.COUNTY)
COLUMN = {key: index for index, key in enumerate(ALTERNATIVE_KEYS)}
UPPER = tuple(COLUMN[key] for key in ("city_first", "city_second", "regional", "outside"))


@cache
def region() -> Region:
    return small_region(residents=12_000, year=2023)


@cache
def people() -> tuple[Residents, Ledger]:
    return residents_of(region(), load_parameters(anchored=False), 1)


@cache
def base() -> Run:
    return run_world(region(), people=people())


def changed(overrides: dict[str, float] | None = None, world: Region | None = None) -> Run:
    return run_world(world or region(), overrides, people=people())


def visit_shares(run: Run) -> np.ndarray:
    visits = county_by_tier(run, L.C_VISITS)
    return visits / visits.sum()


def primary_share(run: Run) -> float:
    return float(visit_shares(run)[:2].sum())


def own_county_admissions(run: Run) -> float:
    admissions = run.tallies.county[..., L.C_ADMISSIONS].sum(axis=(0, 1, 2))
    return float(admissions[0] / admissions.sum())


def unresolved(run: Run) -> float:
    episode = run.tallies.episode.sum(axis=0)
    return float(episode[[L.E_UNRESOLVED, L.E_SELF_UNRESOLVED]].sum() / episode[L.E_STARTED])


def occupancy(run: Run, tier: int) -> float:
    days = facility_by_tier(run, L.F_BED_DAYS)[tier]
    return float(days / facility_by_tier(run, L.F_OPEN_BED_DAYS)[tier])


def mean_wait(run: Run, tier: int) -> float:
    visits = facility_by_tier(run, L.F_VISITS)[tier]
    return float(facility_by_tier(run, L.F_WAIT_SECONDS)[tier] / visits)


def insured(**changes: np.ndarray) -> Region:
    return replace(region(), insurance=replace(region().insurance, **changes))


def more(key: str, tier: str, add: float) -> dict[str, float]:
    p = base().engine.p
    row = [tier_key.name.lower() for tier_key in Tier].index(tier)
    table = np.asarray(getattr(p, key))[row]
    return {f"{key}:{tier}/{c}": min(0.99, float(table[k]) + add) for k, c in enumerate(CLASS_KEYS)}


# ------------------------------------------------------------------------------- V41 - V44


def test_a_more_capable_township_keeps_its_share_of_visits_and_leaves_fewer_unresolved() -> None:
    better = changed(more("capability", "township", 0.10))
    assert visit_shares(better)[T] >= visit_shares(base())[T] - NOISE
    assert unresolved(better) < unresolved(base())
    assert primary_share(better) >= primary_share(base()) - NOISE


def test_a_more_capable_county_hospital_keeps_more_admissions_in_the_county() -> None:
    better = changed(more("capability", "county", 0.10))
    assert own_county_admissions(better) > own_county_admissions(base())
    transfers = facility_by_tier(better, L.F_TRANSFERS_OUT)[C]
    assert transfers < facility_by_tier(base(), L.F_TRANSFERS_OUT)[C]
    assert unresolved(better) < unresolved(base())


def test_a_shorter_way_to_the_city_and_beyond_takes_admissions_out_of_the_county() -> None:
    hours = region().villages.hours.copy()
    hours[:, list(UPPER)] *= 0.7
    nearer = changed(world=replace(region(), villages=replace(region().villages, hours=hours)))
    assert own_county_admissions(nearer) < own_county_admissions(base())
    assert visit_shares(nearer)[3:].sum() > visit_shares(base())[3:].sum()


def test_a_higher_reimbursement_in_primary_care_does_not_lower_its_visits() -> None:
    rates = region().insurance.outpatient_rate_bp.copy()
    rates[:, :2] = np.minimum(9_500, rates[:, :2] + 2_000)
    generous = changed(world=insured(outpatient_rate_bp=rates))
    visits, before = county_by_tier(generous, L.C_VISITS), county_by_tier(base(), L.C_VISITS)
    assert visits[:2].sum() > before[:2].sum()
    assert primary_share(generous) >= primary_share(base())


def test_a_lower_reimbursement_outside_keeps_patients_in_and_costs_the_fund_less() -> None:
    visits = region().insurance.outpatient_rate_bp.copy()
    stays = region().insurance.inpatient_rate_bp.copy()
    visits[:, 3:] = 0
    stays[:, 3:] = 0
    strict = changed(world=insured(outpatient_rate_bp=visits, inpatient_rate_bp=stays))
    assert own_county_admissions(strict) >= own_county_admissions(base()) - NOISE
    paid = county_by_tier(strict, L.C_FUND, L.C_STAY_FUND).sum()
    assert paid < county_by_tier(base(), L.C_FUND, L.C_STAY_FUND).sum()


def test_more_doctors_in_county_hospitals_shorten_their_waits() -> None:
    doctors = region().facilities.doctors * np.where(region().facilities.tier == C, 1.5, 1.0)
    staffed = changed(world=with_facilities(region(), doctors=doctors))
    assert mean_wait(staffed, C) < mean_wait(base(), C)


def test_a_fifth_more_county_beds_lower_their_occupancy() -> None:
    beds = np.where(region().facilities.tier == C, region().facilities.beds * 6 // 5,
                    region().facilities.beds)  # fmt: skip
    larger = changed(world=with_facilities(region(), beds=beds))
    assert occupancy(larger, C) < occupancy(base(), C)
    # Fuller wards admit less (Roemer): admissions do not fall when beds are added.
    admitted = facility_by_tier(larger, L.F_ADMISSIONS)[C]
    assert admitted >= facility_by_tier(base(), L.F_ADMISSIONS)[C] * (1.0 - 5.0 * NOISE)


def test_stays_a_day_shorter_lower_the_occupancy() -> None:
    shorter = changed({"stay_mean:county": float(base().engine.p.stay_mean[C]) - 1.0})
    assert occupancy(shorter, C) < occupancy(base(), C)


def test_a_tenth_more_need_brings_more_visits_and_longer_waits() -> None:
    ill = changed(by_class("need_scale", 1.1))
    ratio = county_by_tier(ill, L.C_VISITS).sum() / county_by_tier(base(), L.C_VISITS).sum()
    assert 1.07 < ratio < 1.12
    for tier in (0, 1, 2):
        assert mean_wait(ill, tier) > mean_wait(base(), tier)


def test_more_effective_contracts_do_not_lower_the_primary_share() -> None:
    world = replace(region(), contract_coverage=np.array([0.9, 0.95]))
    more_signed = run_world(
        world, {"effective_contract_share": 1.0},
        people=residents_of(world, load_parameters({"effective_contract_share": 1.0}), 1),
    )  # fmt: skip
    check_all(more_signed)
    assert primary_share(more_signed) >= primary_share(base()) - NOISE


# ------------------------------------------------------------------------- V37: hard limits


def test_with_the_outside_gone_and_nobody_going_on_everything_happens_in_the_county() -> None:
    closed = without(region(), *UPPER, COLUMN["neighbour"])
    run = changed(by_class("escalation", 0.0), world=closed)
    check_all(run)
    for column in (L.C_VISITS, L.C_ADMISSIONS):
        by_place = run.tallies.county[..., column].sum(axis=(0, 1, 2))
        assert by_place[0] > 0
        assert by_place[1:].sum() == 0


def test_where_every_facility_can_do_everything_nobody_goes_on_or_is_moved() -> None:
    run = changed(by_tier_and_class("capability", 1.0))
    check_all(run)
    t = run.tallies.facility
    assert t[:, [L.F_TRANSFERS_OUT, L.F_TRANSFERS_IN, L.F_REFERRED_IN]].sum() == 0
    assert run.tallies.county[..., L.C_REFERRALS].sum() == 0
    np.testing.assert_array_equal(
        county_by_tier(run, L.C_VISITS), county_by_tier(run, L.C_FIRST_CONTACTS)
    )
    if t[:, L.F_UNSEEN].sum() == 0:
        assert run.tallies.episode[:, L.E_UNRESOLVED].sum() == 0


def test_without_weights_shares_are_those_of_the_nested_logit_of_equal_constants() -> None:
    """Four standard errors on six shares: one false alarm in three thousand seeds."""
    overrides = {
        **by_tier("tier_constant", 0.0), **by_class("self_care_constant", 0.0),
        **{k: v for name in ("travel_weight", "wait_weight", "delay_weight", "quality_weight",
                             "outpatient_price_weight", "inpatient_price_weight",
                             "contract_weight", "habit_weight")
           for k, v in by_class(name, 0.0).items()},
        "outcome_weight": 0.0, "ambulance_share": 0.0,
        **by_class("escalation", 0.0), **by_tier("admission_scale", 0.0),
        # One class that everybody may have and every hospital takes.
        "need_scale:chronic": 0.0, "need_scale:complex": 0.0, "need_scale:critical": 0.0,
    }  # fmt: skip
    one_of_each = small_region(residents=12_000, year=2023, all_alternatives=False, ample=True)
    run = run_world(one_of_each, overrides, demography=nobody_dies_or_is_born(2023))
    check_all(run)
    utility = np.full(12, ABSENT)
    utility[
        [
            0,
            *(
                1 + COLUMN[k]
                for k in (
                    "village",
                    "township",
                    "county_general",
                    "city_first",
                    "regional",
                    "outside",
                )
            ),
        ]
    ] = 0.0
    weight = np.empty(12)
    total = nested_logit(run.engine.p, utility, weight)
    expected = weight[[1, 2, 3, 8, 10, 11]] / total
    p = run.engine.p
    sizes = [1.0, 2.0 ** float(p.primary_nest), 1.0, 3.0 ** float(p.outside_nest)]
    assert math.isclose(total, sum(sizes), rel_tol=1e-12)
    episode = run.tallies.episode.sum(axis=0)
    n = episode[L.E_STARTED]
    first = county_by_tier(run, L.C_FIRST_CONTACTS)
    # Contacts postponed into or out of the year are a handful.
    sd = np.sqrt(n * expected * (1.0 - expected))
    assert (np.abs(first - n * expected) < 4.0 * sd + 30.0).all()
    alone = episode[[L.E_SELF_RESOLVED, L.E_SELF_UNRESOLVED]].sum()
    assert abs(alone - n / total) < 4.0 * math.sqrt(n / total * (1.0 - 1.0 / total))


NO_BONUS = {
    **by_class("contract_weight", 0.0), "referral_bonus": 0.0,
    # Contracts also manage chronic disease; here states do not move.
    **{f"chronic_incidence:{group}": 0.0 for group in ("0_14", "15_44", "45_64", "65plus")},
    "chronic_deterioration": 0.0, "chronic_control": 0.0, "chronic_progression": 0.0,
}  # fmt: skip


def flows(run: Run) -> tuple[bytes, ...]:
    """Bytes of all tallies but the one that is counted by contract."""
    tallies = run.tallies
    group = np.delete(tallies.group, L.G_MANAGED_ADMISSIONS, axis=-1)
    others = ("county", "episode", "facility", "histogram", "people")
    return (group.tobytes(), *(getattr(tallies, name).tobytes() for name in others))


def with_contracts(region: Region, others: float, key: float) -> Region:
    return replace(region, contract_coverage=np.array([others, key]))


def test_contracts_without_weight_or_bonus_or_scarce_beds_change_no_flow() -> None:
    ample = small_region(residents=1_500, year=2023, ample=True)
    runs = [
        run_world(with_contracts(ample, *coverage), NO_BONUS)
        for coverage in ((0.0, 0.0), (0.3, 0.7), (0.95, 0.95))
    ]
    assert (runs[0].engine.people.contract == 0).all()
    assert (runs[2].engine.people.contract > 0).any()
    assert flows(runs[0]) == flows(runs[1]) == flows(runs[2])


def test_contracts_that_are_never_effective_change_no_flow_even_where_beds_are_scarce() -> None:
    """V37: with no effective contract the contract lever moves nobody, not even in a bed queue."""
    overrides = {**TIGHT, "effective_contract_share": 0.0, "reserved_bed_share:city": 0.5,
                 "formal_referral": 1.0, "adherence_constant": 50.0}  # fmt: skip
    nobody = run_world(with_contracts(tight_region(), 0.0, 0.0), overrides)
    everybody = run_world(with_contracts(tight_region(), 0.95, 0.95), overrides)
    assert (everybody.engine.people.contract[: everybody.start] == 1).any()
    changed_tallies = [a != b for a, b in zip(flows(nobody), flows(everybody), strict=True)]
    assert not any(changed_tallies)


def test_effective_contracts_reach_the_reserved_beds() -> None:
    """The guard of the two tests above: where they should matter, contracts do."""
    overrides = {**TIGHT, "effective_contract_share": 1.0, "reserved_bed_share:city": 0.5,
                 "formal_referral": 1.0, "adherence_constant": 50.0}  # fmt: skip
    nobody = run_world(with_contracts(tight_region(), 0.0, 0.0), overrides)
    everybody = run_world(with_contracts(tight_region(), 0.95, 0.95), overrides)
    assert flows(nobody) != flows(everybody)


def test_a_rule_table_written_out_in_full_gives_the_same_bytes_as_none() -> None:
    """All levers at zero: bit-identical to the baseline."""
    p = load_parameters(anchored=False)
    same = {f"patience_days:{key}": float(p.patience_days[k]) for k, key in enumerate(CLASS_KEYS)}
    same["taste_sd"] = float(p.taste_sd)
    small = small_region(residents=800, year=2023)
    assert digest(run_world(small, same)) == digest(run_world(small))


# ---------------------------------------------------------------- V36: the escalation chain


def test_the_escalation_chain_with_latent_difficulty_has_its_known_answer() -> None:
    """V36: capabilities .35, .60, .88 and 0.6 going on: 1.5340 visits an episode and 60.08%
    resolved. Four standard errors: one false alarm in eight thousand seeds."""
    chain = without(
        small_region(n_counties=1, residents=20_000, year=2023, all_alternatives=False), *UPPER
    )
    overrides = {
        **{f"capability:{tier}/minor": k
           for tier, k in (("village", 0.35), ("township", 0.60), ("county", 0.88))},
        "escalation:minor": 0.6, "formal_referral": 1.0, "adherence_constant": 50.0,
        "need_scale:chronic": 0.0, "need_scale:complex": 0.0, "need_scale:critical": 0.0,
        **by_tier("admission_scale", 0.0), "tier_constant:village": 50.0,
    }  # fmt: skip
    run = run_world(chain, overrides, demography=nobody_dies_or_is_born(2023))
    check_all(run)
    episode = run.tallies.episode[0]
    contacted = int(episode[L.E_CONTACTED])
    assert run.tallies.county[..., int(Tier.VILLAGE), :, L.C_VISITS].sum() == contacted
    visits = int(county_by_tier(run, L.C_VISITS).sum())
    by_visits = np.array([1.0 - 0.65 * 0.6, 0.65 * 0.6 - 0.40 * 0.36, 0.40 * 0.36])
    mean = float((by_visits * [1, 2, 3]).sum())
    assert math.isclose(mean, 1.5340, abs_tol=1e-9)
    sd = math.sqrt(float((by_visits * (np.array([1, 2, 3]) - mean) ** 2).sum()) / contacted)
    edge = 60.0 / contacted  # episodes open on 1 January and 31 December
    assert abs(visits / contacted - mean) < 4.0 * sd + edge
    resolved = episode[L.E_RESOLVED] / contacted
    assert abs(resolved - 0.6008) < 4.0 * math.sqrt(0.6008 * 0.3992 / contacted) + edge


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_referral_written_or_not_everybody_who_goes_on_climbs(share: float) -> None:
    """Nobody returns to a tier that failed him: visits after the first are at higher tiers."""
    overrides = {"formal_referral": share, **by_class("escalation", 1.0),
                 "tier_constant:village": 50.0}  # fmt: skip
    run = changed(overrides)
    visits, first = county_by_tier(run, L.C_VISITS), county_by_tier(run, L.C_FIRST_CONTACTS)
    assert visits[0] == first[0]
    assert (visits[1:] > first[1:]).all()
