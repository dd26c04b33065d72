"""The world in Mesa: residents and facilities are agents; a step is a day."""

from __future__ import annotations

import heapq
import math
from typing import Any

import mesa

from benchmarks.peers.rules import EMERGENCY_POOL, TEN, Counts, Rules
from benchmarks.peers.world import World


class Episode:
    """One illness of a resident."""

    __slots__ = ("failed", "named", "need", "visits", "y")

    def __init__(self, need: int, y: float) -> None:
        self.need, self.y = need, y
        self.visits, self.failed, self.named = 0, -1, -1


class Resident(mesa.Agent):
    """Falls ill, chooses, comes back."""

    def __init__(self, model: MesaModel, r: int, rates: list[float]) -> None:
        super().__init__(model)
        self.r = r
        self.rates = rates
        self.healthy = math.exp(-sum(rates) / 365.0)
        self.episodes: list[Episode] = []
        self.in_bed = False

    def step(self) -> None:
        draw = self.model.rules.random
        u = draw.random()
        if u > self.healthy:
            chance = cumulative = self.healthy
            k = 0
            while u > cumulative:
                k += 1
                chance *= -math.log(self.healthy) / k
                cumulative += chance
                if not self.in_bed:
                    need = draw.choices((0, 1, 2, 3), self.rates)[0]
                    self.episodes.append(Episode(need, draw.random()))
        if self.episodes and not self.in_bed:
            self.attend(self.episodes.pop(0))

    def attend(self, episode: Episode) -> None:
        """Today's visit of one episode."""
        model, rules = self.model, self.model.rules
        f: int | None = episode.named
        if episode.named < 0:
            f = rules.choose(self.r, episode.need, episode.failed)
        if f is None:
            return
        if episode.need < 3 and rules.sessions(model.world.tier[f]) == 0:
            episode.named = f
            self.episodes.append(episode)
            return
        episode.named = -1
        model.facilities[f].arrives(self, episode)

    def unseen(self, f: int, episode: Episode) -> None:
        if self.model.rules.random.random() < self.model.rules.unseen_return:
            episode.named = f
            self.episodes.append(episode)

    def consulted(self, f: int, episode: Episode) -> None:
        """After a consult that led to no admission."""
        rules, tier = self.model.rules, self.model.world.tier[f]
        if rules.resolves(tier, episode.need, episode.y):
            return
        episode.visits += 1
        episode.failed = max(episode.failed, tier)
        if rules.goes_on(episode.need, episode.visits, tier):
            self.episodes.append(episode)

    def discharged(self, f: int, episode: Episode, moves_up: bool) -> None:
        model = self.model
        episode.visits += 1
        target = model.rules.next_tier(self.r, episode.need, model.world.tier[f])
        if moves_up and target is not None and episode.visits < 4:
            model.transfers.setdefault(model.day + 1, []).append((self, target, episode))
        else:
            self.in_bed = False


class Facility(mesa.Agent):
    """Doctors' pools and a ward."""

    def __init__(self, model: MesaModel, f: int) -> None:
        super().__init__(model)
        self.f, self.tier = f, model.world.tier[f]
        self.delay, self.beds = model.world.delay[f], model.world.beds[f]
        self.arrivals: dict[tuple[int, int], list[Any]] = {}
        self.asking: list[Any] = []
        self.queue: list[Any] = []
        self.leaving: dict[int, int] = {}
        self.occupied = 0
        self.asked = 0
        if self.beds and not self.delay:
            occupancy = model.world.p.initial_occupancy.tolist()[self.tier]
            for left in model.rules.initial_stays(f, occupancy):
                self.leaving[left] = self.leaving.get(left, 0) + 1
                self.occupied += 1

    def arrives(self, resident: Resident, episode: Episode) -> None:
        rules = self.model.rules
        pool = rules.pool(resident.r, episode.need, self.f)
        session, second, cutoff = rules.arrival(self.f, pool)
        entry = (second, resident.r, cutoff, resident, episode)
        self.arrivals.setdefault((pool, session), []).append(entry)

    def step(self) -> None:
        arrivals, self.arrivals = self.arrivals, {}
        for (pool, session), patients in arrivals.items():
            if self.delay:
                for _, _, _, resident, episode in patients:
                    self.model.counts.saw(
                        self.model.day, self.tier, self.model.rules.outside_wait[self.tier]
                    )
                    self.outcome(resident, episode, 0)
            else:
                self.hold(pool, session, sorted(patients, key=lambda entry: entry[:2]))
        self.give_beds()

    def hold(self, pool: int, session: int, patients: list[Any]) -> None:
        """A session: priority, returns first, then first come."""
        model, rules, tier = self.model, self.model.rules, self.tier
        rooms = [0.0] * model.world.rooms[self.f][pool]
        if pool != EMERGENCY_POOL or not model.world.pooled[self.f]:
            rooms = [rules.starts[session][tier]] * len(rooms)
        waiting: list[Any] = []
        back: list[Any] = []
        nxt = 0
        n = len(patients)
        now = 0.0
        while nxt < n or waiting or back:
            now = max(now, rooms[0])
            if not waiting:
                ready = [patients[nxt][0]] if nxt < n else []
                ready += [back[0][0]] if back else []
                now = max(now, min(ready))
            while nxt < n and patients[nxt][0] <= now:
                second, r, cutoff, resident, episode = patients[nxt]
                urgency = 0 if episode.need == 3 else 2
                entry = (urgency + 1, second, r, cutoff, resident, episode)
                heapq.heappush(waiting, entry)
                nxt += 1
            while back and back[0][0] <= now:
                second, r, resident, episode = heapq.heappop(back)
                urgency = 0 if episode.need == 3 else 2
                heapq.heappush(waiting, (urgency, second, r, math.inf, resident, episode))
            urgency, second, r, cutoff, resident, episode = heapq.heappop(waiting)
            first = urgency % 2 == 1
            if first and now > cutoff:
                resident.unseen(self.f, episode)
                continue
            ended = now + rules.consult(tier)
            heapq.heapreplace(rooms, ended)
            if first:
                model.counts.saw(model.day, tier, now - second)
                if rules.is_sent_for_tests(tier):
                    heapq.heappush(back, (ended + rules.test_time(tier), r, resident, episode))
                    continue
            self.outcome(resident, episode, ended)

    def outcome(self, resident: Resident, episode: Episode, second: float) -> None:
        if self.model.rules.admits(self.f, episode.need, episode.y):
            resident.in_bed = True
            self.ask(resident, episode, second, episode.need == 3)
        else:
            resident.consulted(self.f, episode)

    def ask(self, resident: Resident, episode: Episode, second: float, urgent: bool) -> None:
        self.asked += 1
        key = (0 if urgent else 2, self.model.day, second, self.asked)
        self.asking.append((second, key, resident, episode))

    def give_beds(self) -> None:
        """The day's requests in order, with the release at ten."""
        released = False
        self.asking.sort(key=lambda entry: entry[:2])
        for second, key, resident, episode in self.asking:
            if second >= TEN and not released:
                self.grant()
                self.release()
                released = True
            heapq.heappush(self.queue, (key, resident, episode))
            self.grant()
        if not released:
            self.grant()
            self.release()
        self.grant()
        self.asking = []

    def release(self) -> None:
        self.occupied -= self.leaving.pop(self.model.day, 0)

    def grant(self) -> None:
        model = self.model
        while self.queue and (self.delay or self.occupied < self.beds):
            _, resident, episode = heapq.heappop(self.queue)
            model.counts.admitted(model.day)
            days, moves_up = model.rules.stay(self.f, episode.need, episode.y)
            until = model.day + days
            self.occupied += 1
            self.leaving[until] = self.leaving.get(until, 0) + 1
            model.discharges.setdefault(until, []).append((resident, self.f, episode, moves_up))


class MesaModel(mesa.Model):
    """Build, then `run()`; `counts` holds the result."""

    def __init__(self, world: World, seed: int, days: int) -> None:
        super().__init__(seed=seed)
        self.world, self.days, self.day = world, days, 0
        self.rules, self.counts = Rules(world, seed), Counts(days)
        self.discharges: dict[int, list[Any]] = {}
        self.transfers: dict[int, list[Any]] = {}
        self.facilities = [Facility(self, f) for f in range(len(world.tier))]
        for r, rates in enumerate(world.rates.tolist()):
            Resident(self, r, rates)

    def step(self) -> None:
        self.rules.weekday = self.day % 7
        for resident, f, episode in self.transfers.pop(self.day, []):
            self.facilities[f].ask(resident, episode, TEN, True)
        self.agents_by_type[Resident].shuffle_do("step")
        self.agents_by_type[Facility].shuffle_do("step")
        for resident, f, episode, moves_up in self.discharges.pop(self.day, []):
            resident.discharged(f, episode, moves_up)
        self.day += 1

    def run(self) -> None:
        for _ in range(self.days):
            self.step()
