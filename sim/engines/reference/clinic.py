"""The clinics of one facility on one day: SimPy holds the clock and the rooms, our order decides.

Each pool's rooms in each session are a SimPy resource, each patient a SimPy process. One dispatcher
a pool and session gives rooms to claims; it is woken last at an instant, when whatever ends or
becomes ready at that instant has happened.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from sim.day import DAY_SECONDS
from sim.engines.reference.episode import Fate, Visit
from sim.engines.reference.rule_calls import is_sent_for_tests, service_law, session_start, test_law
from sim.rules.consult import EMERGENCY_POOL, whole_seconds
from sim.rules.order import claim_key
from sim.rules.random import Stream

if TYPE_CHECKING:
    from sim.engines.reference.facility import Facility

Way = Generator[simpy.Event, Any, Any]  # what a patient waits for, one event after another
_AFTER_ALL_ELSE: Any = 9  # SimPy's own events have priority 0 or 1
_OPEN_ALL_DAY = 2 * DAY_SECONDS
URGENT_CLAIM, USUAL_CLAIM = 0, 1
FIRST_VISIT, BACK_FROM_TESTS = 1, 0


class LastOfInstant(simpy.Event):
    """An event `delay` seconds from now, after everything else of that instant."""

    def __init__(self, clock: simpy.Environment, delay: int = 0) -> None:
        super().__init__(clock)
        self._ok, self._value = True, None
        clock.schedule(self, priority=_AFTER_ALL_ELSE, delay=delay)


def hold_clinics(facility: Facility, consults: list[Visit]) -> int:
    """Everybody who comes to the clinics of a day is called or leaves unseen; returns seconds of
    consulting."""
    if not consults:
        return 0
    clock = simpy.Environment()
    sessions: dict[tuple[int, int], Session] = {}
    for visit in consults:
        pool, session = visit.pool, 0
        if not is_emergency_pool(facility, pool):
            afternoon = session_start(facility.model.p, facility.tier, 1)
            session = 1 if visit.second >= afternoon else 0
        if (pool, session) not in sessions:
            sessions[pool, session] = Session(clock, facility, pool, session)
        clock.process(sessions[pool, session].patient(visit))
    clock.run()
    return sum(session.busy for session in sessions.values())


def is_emergency_pool(facility: Facility, pool: int) -> bool:
    """The emergency department of a hospital, open day and night."""
    return facility.is_pooled and pool == EMERGENCY_POOL


class Session:
    """The rooms of one pool in one session, and the patients who wait for them."""

    def __init__(
        self, clock: simpy.Environment, facility: Facility, pool: int, session: int
    ) -> None:
        p, tier = facility.model.p, facility.tier
        self.clock = clock
        self.p, self.tier = p, tier
        self.rooms = simpy.Resource(clock, capacity=facility.rooms[pool])
        self.waiting: list[tuple[int, simpy.Event, int]] = []  # a heap by claim key
        self.consult_law, self.test_law = service_law(p, tier), test_law(p, tier)
        self.busy = 0
        # First visits not called by the cutoff leave unseen; returns from tests are always seen.
        self.cutoff = _OPEN_ALL_DAY
        if not is_emergency_pool(facility, pool):
            closes = session_start(p, tier, session) + facility.open_seconds[pool][session]
            self.cutoff = closes + int(p.overrun_minutes * 60.0)
        LastOfInstant(clock, self.cutoff).callbacks.append(self._dispatch)

    def patient(self, visit: Visit) -> Way:
        """One patient's way: arrive, wait, consult, perhaps tests and a second consult."""
        clock, p, episode = self.clock, self.p, visit.episode
        yield clock.timeout(visit.second)
        room = yield self._claim(visit, FIRST_VISIT)
        if room is None:
            visit.fate, visit.ended = Fate.UNSEEN, self.cutoff
            visit.waited = max(0, self.cutoff - visit.second)
            return
        visit.fate, visit.waited = Fate.CONSULTED, int(clock.now) - visit.second
        u = episode.resident.uniforms(Stream.SERVICE, episode)
        visit.u_admission = u[3]
        yield from self._consult(room, whole_seconds(u[0], self.consult_law))
        if is_sent_for_tests(p, u[1], self.tier):
            # What is left of the uniform, given that tests were ordered.
            away = whole_seconds(u[1] / p.test_share[self.tier], self.test_law)
            # He is ready again before anything of that instant is decided, like an arrival.
            yield clock.timeout(away)
            room = yield self._claim(visit, BACK_FROM_TESTS)
            yield from self._consult(room, whole_seconds(u[2], self.consult_law))
        visit.ended = int(clock.now)

    def _claim(self, visit: Visit, is_first: int) -> simpy.Event:
        """Wait for a room; the event's value is the room, or None when the session is over."""
        called = self.clock.event()
        priority = URGENT_CLAIM if visit.episode.is_critical else USUAL_CLAIM
        key = claim_key(priority, is_first, self.clock.now, visit.place)
        heapq.heappush(self.waiting, (key, called, is_first))
        self._wake()
        return called

    def _consult(self, room: Any, seconds: int) -> Way:
        """Occupy a room for a consult."""
        self.busy += seconds
        yield self.clock.timeout(seconds)
        self.rooms.release(room)
        self._wake()

    def _wake(self) -> None:
        """Call the dispatcher when all else of this instant is done."""
        LastOfInstant(self.clock).callbacks.append(self._dispatch)

    def _dispatch(self, _event: simpy.Event) -> None:
        """Give free rooms to waiting claims in their order; at the cutoff send the others away."""
        while self.waiting and self.rooms.count < self.rooms.capacity:
            _, called, _ = heapq.heappop(self.waiting)
            called.succeed(self.rooms.request())
        if self.clock.now >= self.cutoff:
            late = [claim for claim in self.waiting if claim[2] == FIRST_VISIT]
            self.waiting = [claim for claim in self.waiting if claim[2] != FIRST_VISIT]
            heapq.heapify(self.waiting)
            for _, called, _ in late:
                called.succeed(None)
