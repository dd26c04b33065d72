"""The world in SimPy: a process an episode, a resource a doctors' pool and session, one a ward."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from benchmarks.peers.rules import DAY, TEN, Counts, Rules
from benchmarks.peers.world import World


class SimPyModel:
    """Build, then `run()`; `counts` holds the result."""

    def __init__(self, world: World, seed: int, days: int) -> None:
        self.world, self.days = world, days
        self.env = simpy.Environment()
        self.rules, self.counts = Rules(world, seed), Counts(days)
        self.numpy = np.random.default_rng(seed)
        n = range(len(world.tier))
        self.pools = {
            (f, pool, session): simpy.PriorityResource(self.env, world.rooms[f][pool])
            for f in n for pool in range(6) for session in range(2) if world.rooms[f][pool] > 0
        }  # fmt: skip
        self.wards = {
            f: simpy.PriorityResource(self.env, world.beds[f]) for f in n if world.beds[f] > 0
        }
        self.seen_on = [-1] * len(world.village)
        self.in_bed = [False] * len(world.village)
        self.env.process(self.days_pass())
        occupancy = world.p.initial_occupancy.tolist()
        for f, ward in self.wards.items():
            if not world.delay[f]:
                for left in self.rules.initial_stays(f, occupancy[world.tier[f]]):
                    self.env.process(self.occupy(ward, left))

    def run(self) -> None:
        self.env.run(until=self.days * DAY)

    def days_pass(self) -> Generator[Any, Any, None]:
        rates = self.world.rates / 365.0
        for day in range(self.days):
            self.rules.weekday = day % 7
            for need in range(4):
                onsets = self.numpy.poisson(rates[:, need])
                for r in np.repeat(np.arange(len(onsets)), onsets):
                    self.env.process(self.episode(int(r), need))
            yield self.env.timeout(DAY)

    def occupy(self, ward: Any, left: int) -> Generator[Any, Any, None]:
        with ward.request() as bed:
            yield bed
            yield self.env.timeout(left * DAY + TEN)

    def tomorrow(self) -> Any:
        return self.env.timeout((self.env.now // DAY + 1) * DAY - self.env.now)

    def episode(self, r: int, need: int) -> Generator[Any, Any, None]:
        rules, world = self.rules, self.world
        y = rules.random.random()
        if self.in_bed[r]:
            return  # an illness that would begin during a stay is part of it
        visits, failed, named = 0, -1, None
        while True:
            while self.in_bed[r] or self.seen_on[r] == self.env.now // DAY:
                yield self.tomorrow()
            self.seen_on[r] = self.env.now // DAY
            f = named if named is not None else rules.choose(r, need, failed)
            if f is None:
                return
            tier = world.tier[f]
            if need < 3 and rules.sessions(tier) == 0:
                named = f
                yield self.tomorrow()
                continue
            if not (yield from self.visit(r, f, need)):
                if rules.random.random() >= rules.unseen_return:
                    return
                named = f
                yield self.tomorrow()
                continue
            named = None
            if rules.admits(f, need, y):
                yield from self.stays(r, f, need, y, visits)
                return
            if rules.resolves(tier, need, y):
                return
            visits, failed = visits + 1, max(failed, tier)
            if not rules.goes_on(need, visits, tier):
                return
            yield self.tomorrow()

    def visit(self, r: int, f: int, need: int) -> Generator[Any, Any, bool]:
        """One visit; False when the patient left unseen."""
        rules, world, env = self.rules, self.world, self.env
        tier = world.tier[f]
        day = int(env.now // DAY)
        pool = rules.pool(r, need, f)
        session, second, cutoff = rules.arrival(f, pool)
        yield env.timeout(second)
        if world.delay[f]:
            self.counts.saw(day, tier, rules.outside_wait[tier])
            return True
        rooms = self.pools[f, pool, session]
        urgency = 0 if need == 3 else 2
        with rooms.request(priority=urgency + 1) as room:
            if cutoff < np.inf:
                yield room | env.timeout(day * DAY + cutoff - env.now)
                if not room.triggered:
                    return False
            else:
                yield room
            self.counts.saw(day, tier, env.now - day * DAY - second)
            yield env.timeout(rules.consult(tier))
        if rules.is_sent_for_tests(tier):
            yield env.timeout(rules.test_time(tier))
            with rooms.request(priority=urgency) as room:
                yield room
                yield env.timeout(rules.consult(tier))
        return True

    def stays(self, r: int, f: int, need: int, y: float, visits: int) -> Generator[Any, Any, None]:
        """A stay, and those it leads to higher up."""
        rules, world, env = self.rules, self.world, self.env
        self.in_bed[r] = True
        urgent = need == 3
        while True:
            request = None
            if not world.delay[f]:
                request = self.wards[f].request(priority=0 if urgent else 2)
                yield request
            day = int(env.now // DAY)
            self.counts.admitted(day)
            days, moves_up = rules.stay(f, need, y)
            yield env.timeout((day + days) * DAY + TEN - env.now)
            if request is not None:
                self.wards[f].release(request)
            visits += 1
            target = rules.next_tier(r, need, world.tier[f]) if moves_up else None
            if target is None or visits >= 4:
                self.in_bed[r] = False
                return
            f, urgent = target, True
            yield env.timeout(DAY)
