"""A resident: falls ill, decides where to go, learns, signs, has children, moves, dies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from sim.day import DISCHARGE_SECOND
from sim.engines.record_types import QUALITY_ONE
from sim.engines.reference.choosing import where_to
from sim.engines.reference.episode import Asks, Episode, Fate, Stay, Visit
from sim.engines.reference.rule_calls import (
    adherence_probability,
    back_referral_probability,
    charge_fen,
    goes_on,
    intensity,
    is_referred,
    learned,
    next_chronic_state,
    pool_of,
    self_care_resolves,
)
from sim.population.attributes import insurance_of, is_in_key_group
from sim.rules.choice import scope_of, taste_level
from sim.rules.demography import is_newborn, next_age
from sim.rules.illness import MOST_CANDIDATES, poisson_count, poisson_steps
from sim.rules.payment import MOST_FEN, deductible_fen, fund_fen
from sim.rules.random import Stream, raw_block
from sim.rules.resolution import MOST_VISITS, resolves
from sim.tiers import (
    ALTERNATIVE_KEYS,
    ALTERNATIVE_TIER,
    CRITICAL,
    EFFECTIVE_CONTRACT,
    NO_CONTRACT,
    NOMINAL_CONTRACT,
    Tier,
)

if TYPE_CHECKING:
    from sim.engines.reference.facility import Facility
    from sim.engines.reference.model import TieredCare
    from sim.engines.reference.setup import Village
    from sim.engines.reference.turn_of_month import Month

FEMALE = 1
_MOST_STAYS = 255
_TOWNSHIP = ALTERNATIVE_KEYS.index("township")


class Resident(mesa.Agent):
    """One person. `row` is his place in every order, `identity` the key of his random draws."""

    model: TieredCare

    def __init__(
        self, model: TieredCare, row: int, identity: int, village: Village, *, age: int, sex: int,
        income: int, insurance: int, chronic: int, key_group: int, contract: int,
    ) -> None:  # fmt: skip
        super().__init__(model)
        self.row = row
        self.identity = identity
        self.village = village
        self.age = age
        self.sex = sex
        self.income = income  # fifth, 0-4
        self.insurance = insurance  # 0 employee, 1 resident
        self.chronic = chronic  # 0 none .. 3 advanced
        self.key_group = key_group
        self.contract = contract  # 0 none, 1 nominal, 2 effective
        self.in_bed = False  # in one, or waiting for one
        self.stay: Stay | None = None
        self.gave_birth = False
        self.is_dead = False
        self.has_moved = False
        self.visit_fund = 0  # fen the fund paid this year
        self.stay_fund = 0
        self.stays = 0  # discharges this year
        self.habit = [(-1, False)] * 4  # by class: last alternative, and whether it went well
        w = model.uniforms(Stream.TASTE, identity, 0, 0)
        self.price_level, self.travel_level = taste_level(w[0]), taste_level(w[1])
        self.scope = scope_of(age, sex)
        self.quality = self._first_impressions()

    @property
    def is_here(self) -> bool:
        """Alive and living in the region."""
        return not (self.is_dead or self.has_moved)

    def _first_impressions(self) -> list[int]:
        """Perceived quality by tier: the tier's value, spread over residents."""
        p = self.model.p
        first = self.model.uniforms(Stream.TASTE, self.identity, 0, 1)
        second = self.model.uniforms(Stream.TASTE, self.identity, 0, 2)
        quality = []
        for tier, u in enumerate((*first, *second[:2])):
            value = p.initial_quality[tier] + p.initial_quality_spread * (2.0 * u - 1.0)
            quality.append(int(min(1.0, max(0.0, value)) * QUALITY_ONE))
        return quality

    def uniforms(self, stream: Stream, episode: Episode) -> tuple[float, float, float, float]:
        """Four uniforms that belong to this visit of this episode."""
        day = self.model.key_day + episode.onset
        return self.model.uniforms(stream, self.identity, day, episode.occurrence)

    @property
    def is_managed(self) -> bool:
        """Chronically ill under an effective contract."""
        return self.chronic > 0 and self.contract == EFFECTIVE_CONTRACT

    @property
    def has_used_up_visits(self) -> bool:
        """Has the fund paid its yearly maximum for visits?"""
        cap = self.model.scheme.visit_cap[self.insurance]
        return cap > 0 and self.visit_fund >= cap

    # ------------------------------------------------------------------ falling ill

    def falls_ill(self, first_day: int, weekdays: list[int], month: int) -> list[Episode]:
        """Episodes that begin in a block of days: candidates at the month's largest intensity,
        each accepted with the chance of its day's intensity over the largest."""
        model = self.model
        key = model.key_day + first_day
        rates = model.yearly_rates(self.age, self.sex, self.chronic)  # cumulative over classes
        mean = rates[CRITICAL] * len(weekdays) / 365.0 * model.most_intense
        u = model.uniforms(Stream.MONTH, self.identity, key, 0)
        episodes = []
        steps = np.empty(MOST_CANDIDATES)
        poisson_steps(mean, math.exp(-mean), steps)
        for ordinal in range(poisson_count(u[0], steps)):
            lanes = raw_block(model.seed, int(Stream.EPISODE), self.identity, key, ordinal)
            offset = (lanes[0] * len(weekdays)) >> 32
            kept = intensity(model.p, month, weekdays[offset], model.access)
            if (lanes[1] + 0.5) / 4294967296.0 * model.most_intense >= kept:
                continue
            point = (lanes[2] + 0.5) / 4294967296.0 * rates[CRITICAL]
            need_class = next((c for c in range(3) if point < rates[c]), 3)
            episodes.append(Episode(self, first_day + offset, ordinal, need_class, lanes[3]))
        return episodes

    # ------------------------------------------------------------------ deciding

    def decide(self, episode: Episode, is_first_today: bool) -> Visit | None:
        """What the resident does today: a visit, or None when he goes nowhere."""
        model, tallies = self.model, self.model.tallies
        if episode.wants_bed:
            at = episode.named
            return Visit(episode, at, self.village.column_of(at), 0, DISCHARGE_SECOND)
        if self.in_bed and episode.asks == Asks.NEW:
            return None  # an illness that would begin during a stay is part of it
        if self.in_bed or not is_first_today:
            model.post(episode, model.day + 1)  # nobody is in two places
            return None
        if episode.asks == Asks.NEW:
            tallies.episode_started(episode)
        u = self.uniforms(Stream.CHOICE, episode)
        alternative = where_to(self, episode, u)
        if alternative < 0:
            resolved = episode.asks == Asks.NEW and self_care_resolves(
                model.p, episode.need_class, episode.difficulty
            )
            tallies.stayed_at_home(episode, resolved)
            return None
        facility = self.village.facilities[alternative]
        delay = facility.days_to_visit(episode)
        if delay > 0:
            episode.asks, episode.facility = Asks.NAMED, facility
            model.post(episode, model.day + delay)
            return None
        pool = pool_of(model.p, u[1], episode.need_class, self.age, facility.is_pooled)
        second = facility.arrival_second(pool, u[2], u[3])
        return Visit(episode, facility, alternative, pool, second)

    # ------------------------------------------------------------------ after a visit

    def after_visit(self, visit: Visit) -> None:
        """24:00: pays, learns, and is well, in bed, going on or giving up."""
        model, p, episode = self.model, self.model.p, visit.episode
        tier, need = visit.facility.tier, episode.need_class
        if visit.fate == Fate.UNSEEN:
            self._after_leaving_unseen(visit)
            return
        self._pay_visit(visit)
        if visit.fate == Fate.WANTS_BED:
            self.in_bed = True
            return
        # A lower tier than one that failed resolves nothing.
        good = (
            resolves(visit.facility.capability[need], episode.difficulty)
            and episode.failed <= tier + 1
        )
        self._learn(need, tier, visit.alternative, good)
        if good:
            model.tallies.resolved(episode, tier)
            return
        u = self.uniforms(Stream.OUTCOME, episode)
        episode.fails_at(tier)
        at_end = episode.visits >= MOST_VISITS or tier == Tier.OUTSIDE
        if at_end or not goes_on(p, u[0], need):
            model.tallies.unresolved(episode, tier)
            return
        if is_referred(p, u[1]):
            model.tallies.at(self, visit.facility).referrals += 1
            contracted = self.contract == EFFECTIVE_CONTRACT
            trust = self.quality[Tier.TOWNSHIP] / QUALITY_ONE
            target = self._next_tier(tier, need)
            if target is not None and u[2] < adherence_probability(p, trust, contracted):
                episode.asks, episode.facility, episode.is_referred = Asks.NAMED, target, True
                delay = 0 if episode.is_critical else target.appointment_days
                model.post(episode, model.day + 1 + delay)
                return
        episode.asks, episode.facility, episode.is_referred = Asks.ESCALATION, None, False
        model.post(episode, model.day + 1)

    def _after_leaving_unseen(self, visit: Visit) -> None:
        """Comes back to the same facility tomorrow, or gives up."""
        model, episode = self.model, visit.episode
        model.tallies.at(self, visit.facility).unseen += 1
        day = model.key_day + model.day
        # The day of the attempt is the key: the same visit may be tried on several days.
        u = model.uniforms(Stream.OUTCOME, self.identity, day, episode.occurrence + 512)
        if u[0] < model.p.unseen_return:
            episode.asks, episode.facility = Asks.NAMED, visit.facility
            model.post(episode, model.day + 1)
        else:
            model.tallies.unresolved(episode, visit.facility.tier)

    def _pay_visit(self, visit: Visit) -> None:
        facility, scheme = visit.facility, self.model.scheme
        charge = charge_fen(self.model.p, facility.price, visit.episode.difficulty)
        rate, cap = scheme.visit_fund_bp[self.insurance][facility.tier], scheme.visit_cap
        fund = fund_fen(charge, rate, 0, cap[self.insurance], self.visit_fund)
        self.visit_fund = min(MOST_FEN, self.visit_fund + fund)
        visit.charge, visit.fund = charge, fund
        self.model.tallies.visited(visit)

    def _learn(self, need_class: int, tier: int, alternative: int, good: bool) -> None:
        """Habit and perceived quality after an outcome."""
        quality = learned(self.model.p, self.quality[tier] / QUALITY_ONE, good)
        self.quality[tier] = int(quality * QUALITY_ONE + 0.5)
        self.habit[need_class] = (alternative, good)

    def _next_tier(self, tier: int, need_class: int) -> Facility | None:
        """Whom a patient is referred or moved up to: the first alternative of a higher tier that
        takes him; general hospitals stand before others."""
        for j, facility in self.village.facilities.items():
            if ALTERNATIVE_TIER[j] > tier and facility.takes(need_class, self.scope):
                return facility
        return None

    # ------------------------------------------------------------------ after a stay

    def after_stay(self, stay: Stay) -> None:
        """10:00 discharge: pays, learns, and is moved up, stepped down, or goes home."""
        model, p, episode, facility = self.model, self.model.p, stay.illness, stay.facility
        tier, need = facility.tier, episode.need_class
        self._pay_stay(stay)
        recovers = episode.asks == Asks.STEP_DOWN
        good = recovers or resolves(facility.capability[need], episode.difficulty)
        if not recovers:
            self._learn(need, tier, self.village.column_of(facility), good)
        if not good:
            episode.fails_at(tier)
            target = self._next_tier(tier, need)
            if stay.moves_up and target is not None and episode.visits < MOST_VISITS:
                episode.asks, episode.facility = Asks.TRANSFER, target
                model.post(episode, model.day + 1)
                return
            self.in_bed = False
            model.tallies.unresolved(episode, tier)
            return
        township = self.village.facilities.get(_TOWNSHIP)
        if tier >= Tier.COUNTY and township is not None and township.takes_back(need):
            u = self.uniforms(Stream.REFERRAL, episode)
            if u[0] < back_referral_probability(p, tier):
                episode.fails_at(tier)
                episode.asks, episode.facility = Asks.STEP_DOWN, township
                model.post(episode, model.day + 1)
                model.tallies.facility(facility).back_sent += 1
                return
        self.in_bed = False
        model.tallies.resolved(episode, tier)

    def _pay_stay(self, stay: Stay) -> None:
        """A stay that ends in a transfer after a day costs a day's share."""
        facility, scheme, p = stay.facility, self.model.scheme, self.model.p
        tier, insurance = facility.tier, self.insurance
        charge = charge_fen(p, facility.stay_price, stay.illness.difficulty)
        if stay.moves_up:
            charge = int(charge / p.stay_mean[tier])
        first = scheme.deductible[insurance][tier]
        deductible = deductible_fen(first, scheme.deductible_factor, self.stays)
        rate, cap = scheme.stay_fund_bp[insurance][tier], scheme.stay_cap[insurance]
        fund = fund_fen(charge, rate, deductible, cap, self.stay_fund)
        self.stay_fund = min(MOST_FEN, self.stay_fund + fund)
        self.stays = min(_MOST_STAYS, self.stays + 1)
        stay.charge, stay.fund = charge, fund
        self.model.tallies.discharged(stay)

    def go_home(self, episode: Episode) -> None:
        """There is no bed for him: a back-referral ends resolved, anything else unresolved."""
        self.in_bed = False
        if episode.asks == Asks.STEP_DOWN:
            self.model.tallies.resolved(episode, Tier.TOWNSHIP)
        else:
            self.model.tallies.unresolved(episode, Tier.COUNTY)

    # ------------------------------------------------------------------ the turn of a month

    def lives_a_month(self, key: int, month: Month) -> bool:
        """Deaths, moves, births, chronic states and contracts of the days that ended, drawn by
        their first day; True when a child is born."""
        p = self.model.p
        u = self.model.uniforms(Stream.MONTH, self.identity, key, 1)
        p_death = month.mortality(self.sex, self.age, self.chronic)
        p_move = month.moves[self.village.county][self.age] * month.years
        p_birth = month.fertility[self.age] * month.years if self.sex == FEMALE else 0.0
        # One uniform, three exclusive events: deaths and moves from below, births from above.
        if u[0] < p_death:
            self.is_dead = True
            return False
        if u[0] < p_death + p_move:
            self.has_moved = True
            return False
        # Mother and year name a child, so a woman gives birth once in a run's year.
        bears = not self.gave_birth and u[0] >= 1.0 - p_birth
        # An identity has no room for a grandchild of the census: those born since bear none.
        bears = bears and not is_newborn(self.identity)
        self.gave_birth = self.gave_birth or bears
        managed = self.contract == EFFECTIVE_CONTRACT
        self.chronic = int(
            next_chronic_state(p, u[1], self.chronic, self.age, managed, month.years)
        )
        if self.contract > NO_CONTRACT:
            if u[2] < month.lapse:
                self.contract = 0
        elif u[2] < month.uptake[self.key_group]:
            self.contract = (
                EFFECTIVE_CONTRACT if u[3] < p.effective_contract_share else NOMINAL_CONTRACT
            )
        return bears

    def grows_older(self, laws: Any) -> None:
        """1 January: age, what hangs on it, and the accounts of a new year."""
        self.age = next_age(self.age)
        self.scope = scope_of(self.age, self.sex)
        self.gave_birth = False
        self.visit_fund = self.stay_fund = self.stays = 0
        u = self.model.uniforms(Stream.ATTRIBUTE, self.identity, 0, 0)
        self.insurance = int(insurance_of(laws, u[1], self.age, self.village.is_urban))
        self.key_group = int(is_in_key_group(laws, u[3], self.age, self.chronic))
