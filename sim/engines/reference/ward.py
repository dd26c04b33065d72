"""A facility's beds over the year: SimPy holds the clock and the beds, our order decides.

A stay is a SimPy process: it asks for a bed at an instant, is given one by the ward's dispatcher
(woken last at an instant) and leaves it at 10:00 of its last day. Emergencies may use overflow
beds, referred patients the reserved ones, elective patients only what is free beyond the reserve.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import simpy

from sim.day import DAY_SECONDS, DISCHARGE_SECOND
from sim.engines.reference.clinic import LastOfInstant, Way
from sim.engines.reference.episode import Asks, Episode, Stay, Visit
from sim.engines.reference.rule_calls import patience, severity_factor, stay_days
from sim.rules.admission import ELECTIVE, EMERGENCY, REFERRED, seeks_bed_at
from sim.rules.random import Stream
from sim.rules.resolution import resolves
from sim.tiers import ALTERNATIVE_TIER, EFFECTIVE_CONTRACT, HOSPITALS, N_ALTERNATIVES, Tier

if TYPE_CHECKING:
    from sim.engines.reference.facility import Facility
    from sim.engines.reference.model import TieredCare


class Beds(simpy.Resource):
    """Beds whose number changes from month to month; whoever is in one keeps it."""

    def become(self, number: int) -> None:
        """So many beds; SimPy knows no resource of nothing, `Ward._may_have` knows how many."""
        self._capacity = max(1, number, self.count)


class Ward:
    """Beds in use, and the queue for them."""

    def __init__(self, model: TieredCare, facility: Facility) -> None:
        self.model = model
        self.facility = facility
        self.beds = Beds(model.clock)
        self.queue: list[Stay] = []
        self.resize()

    @property
    def occupied(self) -> int:
        """Beds in use now."""
        return self.beds.count

    def resize(self) -> None:
        """The facility has other beds: those who wait may have one now."""
        self.beds.become(self.facility.beds + self.facility.overflow)
        if self.queue:
            self.wake()

    # ------------------------------------------------------------------ asking for a bed

    def request(self, visit: Visit) -> None:
        """A consult ended in an admission, or somebody comes for a bed at 10:00."""
        model, episode = self.model, visit.episode
        u = episode.resident.uniforms(Stream.ADMISSION, episode)
        second = min(visit.ended, DAY_SECONDS - 1)
        stay = Stay(
            episode, self.facility, priority=priority_of(episode),
            asked=(model.day, second, visit.place),
            until=model.day + patience(model.p, u[1], episode.need_class),
        )  # fmt: skip
        episode.resident.stay = stay
        model.tallies.facility(self.facility).bed_requests += 1
        model.clock.process(self._stay(stay, second))

    def _stay(self, stay: Stay, second: int) -> Way:
        """From the request to the discharge."""
        yield self.model.clock.timeout(second)
        stay.call = self.model.clock.event()
        self.queue.append(stay)
        self.wake()
        yield stay.call
        if stay.is_over:  # looks elsewhere, went home, died or moved
            return
        draw_stay(stay, self.model.day)
        self.model.tallies.admitted(stay)
        yield from self._until_discharge(stay)

    def occupy(self, stay: Stay) -> None:
        """A bed without asking: for people of before the run, and where there is always one."""
        if not self.facility.is_delay:
            stay.bed = self.beds.request()
        self.model.clock.process(self._until_discharge(stay))

    def _until_discharge(self, stay: Stay) -> Way:
        clock = self.model.clock
        last = (stay.granted + stay.days) * DAY_SECONDS + DISCHARGE_SECOND
        yield clock.timeout(last - clock.now)
        if stay.is_over:
            return
        self._free(stay)
        if stay.episode is not None:
            stay.patient.stay = None
        self.model.discharged.append(stay)

    def _free(self, stay: Stay) -> None:
        if stay.bed is not None:
            self.beds.release(stay.bed)
            self.wake()

    # ------------------------------------------------------------------ giving beds

    def wake(self) -> None:
        """Call the dispatcher when all else of this instant is done."""
        LastOfInstant(self.model.clock).callbacks.append(self._dispatch)

    def _dispatch(self, _event: simpy.Event) -> None:
        """Give beds down the queue in the order of claims. At 10:00 back-referred patients who
        found none go home."""
        for stay in sorted(self.queue, key=lambda stay: stay.claim):
            if self._may_have(stay.priority):
                self.queue.remove(stay)
                stay.bed = self.beds.request()
                stay.call.succeed()
        if self.model.clock.now % DAY_SECONDS == DISCHARGE_SECOND:
            for stay in [s for s in self.queue if s.illness.asks == Asks.STEP_DOWN]:
                self._leave_queue(stay)
                self.model.tallies.facility(self.facility).back_refused += 1
                stay.patient.go_home(stay.illness)

    def _may_have(self, priority: int) -> bool:
        beds, occupied = self.facility.beds, self.occupied
        if priority == EMERGENCY:
            return occupied < beds + self.facility.overflow
        if priority == REFERRED:
            return occupied < beds
        return occupied < beds - self.facility.reserved

    # ------------------------------------------------------------------ leaving

    def close_day(self) -> None:
        """24:00: whoever has no patience left looks for a bed at the next facility tomorrow."""
        model = self.model
        for stay in sorted(self.queue, key=lambda stay: stay.claim):
            if stay.until <= model.day + 1:
                self._leave_queue(stay)
                model.tallies.facility(self.facility).left_queue += 1
                episode = stay.illness
                episode.asks = Asks.SEEK_BED
                episode.facility = next_for_bed(episode, self.facility)
                if episode.facility is None:
                    episode.resident.go_home(episode)
                else:
                    model.post(episode, model.day + 1)

    def _leave_queue(self, stay: Stay) -> None:
        self.queue.remove(stay)
        stay.is_over = True
        stay.patient.stay = None
        stay.call.succeed()

    def remove(self, stay: Stay) -> None:
        """Somebody in a bed or in the queue has died or moved away."""
        row = self.model.tallies.facility(self.facility)
        if stay in self.queue:
            row.left_waiting += 1
            self._leave_queue(stay)
            return
        row.left_in_bed += int(not self.facility.is_delay)
        stay.is_over = True
        stay.patient.stay = None
        self._free(stay)


def priority_of(episode: Episode) -> int:
    """Priority of a claim on a bed: emergencies and transfers, referred contracted, elective."""
    if episode.asks == Asks.STEP_DOWN:
        return ELECTIVE
    if episode.is_critical or episode.asks == Asks.TRANSFER:
        return EMERGENCY
    if episode.is_referred and episode.resident.contract == EFFECTIVE_CONTRACT:
        return REFERRED
    return ELECTIVE


def draw_stay(stay: Stay, day: int) -> None:
    """A bed is granted. Beyond the facility's capability the stay lasts one day and ends in a
    transfer up; to recover in a step-down bed needs no capability."""
    episode, facility = stay.illness, stay.facility
    p, tier = facility.model.p, facility.tier
    stay.granted = day
    if (
        episode.asks != Asks.STEP_DOWN
        and not resolves(facility.capability[episode.need_class], episode.difficulty)
        and tier < Tier.OUTSIDE
    ):
        stay.moves_up, stay.days = True, 1
        return
    u = episode.resident.uniforms(Stream.STAY, episode)
    stay.days = stay_days(p, u[0], tier, severity_factor(p, episode.difficulty))


def next_for_bed(episode: Episode, facility: Facility) -> Facility | None:
    """The nearest facility that has beds, takes the patient and is one to seek a bed at, see
    rules.admission.seeks_bed_at; the last is outside."""
    village, scope = episode.resident.village, episode.resident.scope
    here = village.column_of(facility)
    hours = village.hours[here] if here >= 0 else 0.0
    best, nearest = village.facilities.get(N_ALTERNATIVES - 1), math.inf
    for j, other in village.facilities.items():
        if j < HOSPITALS or other is facility or not (other.is_delay or other.beds > 0):
            continue
        if not other.takes(episode.need_class, scope):
            continue
        way = village.hours[j]
        if seeks_bed_at(
            facility.tier, is_own_centre(facility), ALTERNATIVE_TIER[j], is_own_centre(other),
            way > hours or (way == hours and j > here), episode.failed,
        ) and way < nearest:  # fmt: skip
            best, nearest = other, way
    return best


def is_own_centre(facility: Facility) -> bool:
    """Is it a regional centre of the region itself?"""
    return facility.tier == Tier.REGIONAL and not facility.is_delay
