"""A facility: what it shows residents at 00:00, whom it sees and admits today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa

from sim.day import CLOSED, DAY_SECONDS, SLOT_SECONDS, days_to_opening, sessions_open
from sim.engines.reference.clinic import hold_clinics
from sim.engines.reference.episode import CRITICAL, Asks, Episode, Fate, Stay, Visit
from sim.engines.reference.rule_calls import (
    appointment_days,
    facility_utility,
    open_seconds,
    residual_days,
    session_position,
    session_start,
)
from sim.engines.reference.ward import Ward, draw_stay
from sim.rules.consult import EMERGENCY_POOL, N_POOLS
from sim.rules.payment import deductible_fen, fund_fen
from sim.rules.random import Stream
from sim.rules.resolution import resolves
from sim.tiers import Place

if TYPE_CHECKING:
    from sim.engines.reference.model import TieredCare

SCHEMES = 2


class Facility(mesa.Agent):
    """One institution; `row` is its place in the region's table.

    Its rooms, prices and beds come from the set-up that all agent engines share
    (`sim.engines.world`).
    """

    model: TieredCare

    def __init__(self, model: TieredCare, row: int, record: Any) -> None:
        super().__init__(model)
        self.row = row
        self._read(record)
        minutes = model.p.outside_wait_minutes if self.is_delay else model.p.service_minutes
        self.wait = [int(minutes[self.tier] * 60.0 + 0.5)] * N_POOLS  # seconds, published
        self.ward = Ward(model, self)
        self.visits: list[Visit] = []

    def becomes(self, record: Any) -> None:
        """Rooms, beds, prices and capability from the first of a month on; its patients stay."""
        self._read(record)
        self.ward.resize()

    def _read(self, record: Any) -> None:
        self.tier = int(record.tier)
        self.county = int(record.county)
        self.is_outside = bool(record.outside)
        self.is_delay = bool(record.delay)  # serves mostly others: no queue, always a bed
        self.is_pooled = bool(record.pooled)  # specialty pools and an emergency department
        self.is_available = [bool(value) for value in record.available]  # to each need class
        self.rooms = [int(value) for value in record.rooms]
        self.room_share = [float(value) for value in record.room_share]
        self.beds, self.overflow = int(record.beds), int(record.overflow)
        self.reserved = int(record.reserved)
        self.price, self.stay_price = int(record.price), int(record.stay_price)  # fen
        self.doctors, self.log_doctors = float(record.doctors), float(record.log_doctors)
        self.attraction = float(record.attraction)
        self.capability = [float(value) for value in record.capability]  # by need class
        self.visits_a_day = float(record.visits_a_day)
        self._takes = int(record.takes)
        self.pools = N_POOLS if self.is_pooled else 1
        self._prices()

    # ------------------------------------------------------------------ what it is

    def takes(self, need_class: int, scope: int) -> bool:
        """Is it open to such patients, and are they in its scope of services?"""
        return (self._takes >> (3 * need_class + scope)) & 1 == 1

    def place_from(self, county: int) -> Place:
        """Where it lies, seen from a resident's county."""
        if self.is_outside:
            return Place.OUTSIDE_REGION
        return Place.OWN_COUNTY if self.county == county else Place.ELSEWHERE_IN_REGION

    def _prices(self) -> None:
        """Out-of-pocket in yuan, by scheme: a visit with the yearly maximum left and used up, and
        a first stay of mean charge."""
        scheme, tier = self.model.scheme, self.tier
        self._visit_yuan, self._stay_yuan = [], []
        for insurance in range(SCHEMES):
            fund = fund_fen(self.price, scheme.visit_fund_bp[insurance][tier], 0, 0, 0)
            self._visit_yuan.append(((self.price - fund) / 100.0, self.price / 100.0))
            first = scheme.deductible[insurance][tier]
            deductible = deductible_fen(first, scheme.deductible_factor, 0)
            rate, cap = scheme.stay_fund_bp[insurance][tier], scheme.stay_cap[insurance]
            fund = fund_fen(self.stay_price, rate, deductible, cap, 0)
            self._stay_yuan.append((self.stay_price - fund) / 100.0)

    def visit_yuan(self, insurance: int, has_used_up: bool) -> float:
        """Out-of-pocket of a visit of mean charge."""
        return self._visit_yuan[insurance][int(has_used_up)]

    # ------------------------------------------------------------------ 00:00

    def publish(self, weekday: int, day: int, booked: int) -> None:
        """What residents and doctors know today: free beds, occupancy, hours, appointments."""
        p, tier = self.model.p, self.tier
        if self.is_delay:
            self.occupancy, self.free_beds = float(p.neutral_occupancy), self.beds
        else:
            self.occupancy = self.ward.occupied / max(1, self.beds)
            self.free_beds = self.beds - self.ward.occupied
        self.days_to_opening = days_to_opening(tier, weekday)
        self.appointment_days = appointment_days(p, tier, booked, self.visits_a_day)
        self.open_seconds = [[0, 0] for _ in range(N_POOLS)]
        for pool in range(self.pools):
            for session in range(sessions_open(tier, weekday)):
                if self.rooms[pool] > 0:
                    self.open_seconds[pool][session] = open_seconds(
                        p, tier, session, self.room_share[pool], day
                    )
        self._utility: dict[tuple[int, int, int], float] = {}

    def utility(self, need_class: int, pool: int, insurance: int) -> float:
        """What it offers everybody of a class and scheme today; pools differ by their wait."""
        known = (need_class, pool, insurance)
        if known not in self._utility:
            p, emergency = self.model.p, need_class == CRITICAL
            delay = 0 if emergency else max(self.appointment_days, self.days_to_opening)
            wait = p.wait_knowledge * self.wait[pool]
            wait += (1.0 - p.wait_knowledge) * self.model.tier_wait[self.tier][int(emergency)]
            offered = facility_utility(
                p, self.tier, need_class, wait / 3600.0, delay, self._stay_yuan[insurance]
            )
            self._utility[known] = offered + self.attraction
        return self._utility[known]

    @property
    def is_shut_today(self) -> bool:
        """Is there nobody for an emergency: no emergency pool, and the clinics are closed?"""
        if self.is_pooled or self.is_delay:
            return False
        return self.open_seconds[0] == [0, 0]

    def takes_back(self, need_class: int) -> bool:
        """Has it a doctor and, by its published figure, a free bed for a back-referral?"""
        return self.is_available[need_class] and self.free_beds > 0

    # ------------------------------------------------------------------ the way in

    def days_to_visit(self, episode: Episode) -> int:
        """Whole days until the visit: the appointment (none where one was named before), or
        the day the clinic opens; emergencies come at once."""
        if episode.is_critical:
            return 0
        days = 0 if episode.asks == Asks.NAMED else self.appointment_days
        if days == 0:
            return self.days_to_opening
        weekday = (self.model.weekday + days) % 7
        return days + 1 if sessions_open(self.tier, weekday) == CLOSED else days

    def arrival_second(self, pool: int, u_session: float, u_place: float) -> int:
        """Any second at an emergency pool, else a slot inside the open seconds of a session."""
        if self.is_delay or (self.is_pooled and pool == EMERGENCY_POOL):
            return int(u_place * DAY_SECONDS)
        p, (morning, afternoon) = self.model.p, self.open_seconds[pool]
        goes_late = afternoon > 0 and (morning == 0 or u_session >= p.morning_share)
        session, seconds = (1, afternoon) if goes_late else (0, morning)
        offset = int(session_position(p, u_place) * seconds)
        start = session_start(p, self.tier, session)
        return start + offset // SLOT_SECONDS * SLOT_SECONDS

    def welcome(self, visit: Visit) -> None:
        """Somebody comes today; the list of a day is in the order of residents."""
        visit.place = len(self.visits)
        visit.ended = visit.second
        self.visits.append(visit)

    # ------------------------------------------------------------------ the day

    def see_patients(self) -> None:
        """Consults of the day, then requests for beds; waits are smoothed for tomorrow."""
        tallies = self.model.tallies
        if self.is_delay:
            self._let_pass()
        else:
            consults = [visit for visit in self.visits if not visit.episode.wants_bed]
            tallies.facility(self).service_seconds += hold_clinics(self, consults)
            for visit in self.visits:
                if visit.fate == Fate.CONSULTED and self._admits(visit):
                    visit.fate = Fate.WANTS_BED
                if visit.fate in (Fate.WANTS_BED, Fate.BED_ONLY):
                    self.ward.request(visit)
        for visit in self.visits:
            tallies.came(visit)
        self._smooth_waits()

    def _admits(self, visit: Visit) -> bool:
        """Draw of the admission, given the occupancy published at 00:00."""
        episode = visit.episode
        within = resolves(self.capability[episode.need_class], episode.difficulty)
        probability = self.model.admission_probability(
            self.tier, episode.need_class, self.occupancy, within
        )
        return visit.u_admission < probability and (self.beds > 0 or self.is_delay)

    def _let_pass(self) -> None:
        """A delay facility: its published wait, and always a bed."""
        for visit in self.visits:
            episode = visit.episode
            if not episode.wants_bed:
                u = episode.resident.uniforms(Stream.SERVICE, episode)
                visit.waited, visit.u_admission = self.wait[0], u[3]
                visit.fate = Fate.CONSULTED
                if not self._admits(visit):
                    continue
                visit.fate = Fate.WANTS_BED
            stay = Stay(episode, self, asked=(self.model.day, visit.second, visit.place))
            draw_stay(stay, self.model.day)
            episode.resident.stay = stay
            self.model.tallies.admitted(stay)
            self.ward.occupy(stay)

    def _smooth_waits(self) -> None:
        """Tomorrow's published wait: (7 x old + today's mean) / 8; without patients, the old."""
        for pool in range(N_POOLS):
            waits = [
                visit.waited
                for visit in self.visits
                if visit.fate != Fate.BED_ONLY and (visit.pool if self.is_pooled else 0) == pool
            ]
            if waits:
                self.wait[pool] = (7 * self.wait[pool] + sum(waits) // len(waits)) // 8

    # ------------------------------------------------------------------ before the run

    def fill_beds(self, first_day: int) -> None:
        """Beds in use when the run begins, by people of before; length-biased residual stays."""
        model = self.model
        if self.is_delay:
            return
        for bed in range(int(self.beds * model.p.initial_occupancy[self.tier])):
            u = model.uniforms(Stream.STAY, self.row, model.key_day + first_day, bed)
            days = residual_days(model.p, u[0], u[1], self.tier)
            self.ward.occupy(Stay(None, self, granted=first_day, days=days))


def mean_waits(facilities: list[Facility]) -> list[list[float]]:
    """Mean published wait of each tier over its rooms: clinics, and emergency pools, seconds."""
    result = []
    for tier in range(6):
        means = []
        for emergency in (False, True):
            seconds = rooms = 0
            for facility in facilities:
                for pool in range(facility.pools if facility.tier == tier else 0):
                    if facility.is_pooled and (pool == EMERGENCY_POOL) != emergency:
                        continue
                    weight = facility.rooms[pool]
                    weight = max(1, weight) if facility.is_delay else weight
                    seconds += facility.wait[pool] * weight
                    rooms += weight
            means.append(seconds / rooms if rooms > 0 else 0.0)
        result.append(means)
    return result
