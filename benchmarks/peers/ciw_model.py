"""The world in Ciw: a node a doctors' pool and session, one a ward, one for those at home and one for
tests; who goes where next is a routing object. Beds are empty at the start."""

from __future__ import annotations

from typing import Any

import ciw
import numpy as np

from benchmarks.peers.rules import DAY, TEN, Counts, Rules
from benchmarks.peers.world import World

HOME, TESTS, ELSEWHERE = 1, 2, 3
CLASSES = ("a", "b", "c", "d")  # priorities 0 to 3; all start in the first


class Plan:
    """What a patient carries."""

    def __init__(self, r: int, need: int, y: float) -> None:
        self.r, self.need, self.y = r, need, y
        self.visits, self.failed, self.named = 0, -1, -1
        self.f, self.node, self.cutoff, self.day = -1, HOME, np.inf, 0
        self.second, self.back, self.urgent, self.moves_up = 0.0, False, False, False


class Service(ciw.dists.Distribution):
    """Calls a method of the model."""

    def __init__(self, method: Any) -> None:
        self.method = method

    def sample(self, t: float | None = None, ind: Any = None) -> float:
        return self.method(t, ind)

    def __deepcopy__(self, memo: Any) -> Service:
        """Ciw copies distributions for every node; this one speaks to the one model."""
        return self


class Route(ciw.routing.NodeRouting):
    """Calls the model when somebody leaves a node."""

    def __init__(self, model: CiwModel) -> None:
        self.model = model

    def __deepcopy__(self, memo: Any) -> Route:
        return Route(self.model)

    def next_node(self, ind: Any) -> Any:
        ind.prev_priority_class = ind.priority_class
        node, ind.priority_class = self.model.left(self.node.id_number, ind, self.node.now)
        return self.simulation.nodes[node]

    def next_node_for_jockeying(self, ind: Any) -> Any:
        ind.prev_priority_class = ind.priority_class
        ind.priority_class = 0
        return self.simulation.nodes[self.model.unseen(ind.plan, self.node.now)]


class CiwModel:
    """Build, then `run()`; `counts` holds the result."""

    def __init__(self, world: World, seed: int, days: int) -> None:
        self.world, self.days = world, days
        self.rules, self.counts = Rules(world, seed), Counts(days)
        self.numpy = np.random.default_rng(seed)
        self.rates = world.rates.sum(axis=0)
        self.cumulative = [np.cumsum(world.rates[:, need]) for need in range(4)]
        self.seen: set[tuple[int, int]] = set()
        self.in_bed = [False] * len(world.village)
        servers: list[float] = [np.inf, np.inf, np.inf]
        self.pools: dict[tuple[int, int, int], int] = {}
        self.wards: dict[int, int] = {}
        for f in range(len(world.tier)):
            if world.delay[f]:
                continue
            for pool, rooms in enumerate(world.rooms[f]):
                for session in range(2 if rooms else 0):
                    servers.append(rooms)
                    self.pools[f, pool, session] = len(servers)
            if world.beds[f]:
                servers.append(world.beds[f])
                self.wards[f] = len(servers)
        n, doctors = len(servers), set(self.pools.values())
        services = [self.at_home, self.tested, self.stays]
        services += [self.consulted if k in doctors else self.stays for k in range(4, n + 1)]
        arrivals = [ciw.dists.Exponential(float(self.rates.sum()) / 365.0 / DAY)] + [None] * (n - 1)
        reneging = [Service(self.patience) if k in doctors else None for k in range(1, n + 1)]
        network = ciw.create_network(
            arrival_distributions={c: arrivals if c == "a" else [None] * n for c in CLASSES},
            service_distributions={c: [Service(method) for method in services] for c in CLASSES},
            reneging_time_distributions=dict.fromkeys(CLASSES, reneging),
            number_of_servers=servers,
            priority_classes={c: k for k, c in enumerate(CLASSES)},
            routing={
                c: ciw.routing.NetworkRouting([Route(self) for _ in range(n)]) for c in CLASSES
            },
        )
        ciw.seed(seed)
        self.simulation = ciw.Simulation(network)

    def run(self) -> None:
        self.simulation.simulate_until_max_time(self.days * DAY)

    def at_home(self, now: float, ind: Any) -> float:
        """Seconds until the patient comes to where he has chosen to go, or sees nobody."""
        if not hasattr(ind, "plan"):
            draw = self.rules.random
            need = draw.choices(range(4), self.rates)[0]
            point = draw.random() * self.rates[need]
            ind.plan = Plan(int(np.searchsorted(self.cumulative[need], point)), need, draw.random())
            ind.plan.node = -1 if self.in_bed[ind.plan.r] else HOME
        if ind.plan.node == HOME:
            return self.choose(ind.plan, now)
        return 0.0 if ind.plan.node == -1 else (now // DAY + 1) * DAY + TEN - now

    def choose(self, plan: Plan, now: float) -> float:
        """Tomorrow's visit, or the first day after that the clinic is open."""
        rules, world = self.rules, self.world
        day = int(now // DAY) + 1
        while True:
            while (plan.r, day) in self.seen:
                day += 1
            self.seen.add((plan.r, day))
            rules.weekday = day % 7
            f: int | None = plan.named
            if plan.named < 0:
                f = rules.choose(plan.r, plan.need, plan.failed)
            if f is None:
                plan.node = -1
                return day * DAY - now
            if plan.need == 3 or rules.sessions(world.tier[f]) > 0:
                break
            plan.named, day = f, day + 1
        pool = rules.pool(plan.r, plan.need, f)
        session, plan.second, cutoff = rules.arrival(f, pool)
        plan.f, plan.named, plan.day, plan.back = f, -1, day, False
        plan.cutoff = day * DAY + cutoff
        plan.node = ELSEWHERE if world.delay[f] else self.pools[f, pool, session]
        return day * DAY + plan.second - now

    def patience(self, now: float, ind: Any) -> float:
        return np.inf if ind.plan.back else max(0.0, ind.plan.cutoff - now)

    def consulted(self, now: float, ind: Any) -> float:
        return self.rules.consult(self.world.tier[ind.plan.f])

    def tested(self, now: float, ind: Any) -> float:
        return self.rules.test_time(self.world.tier[ind.plan.f])

    def stays(self, now: float, ind: Any) -> float:
        """A bed is there."""
        plan = ind.plan
        day = int(now // DAY)
        self.counts.admitted(day)
        days, plan.moves_up = self.rules.stay(plan.f, plan.need, plan.y)
        return (day + days) * DAY + TEN - now

    def unseen(self, plan: Plan, now: float) -> int:
        plan.node, plan.named = HOME, plan.f
        return HOME if self.rules.random.random() < self.rules.unseen_return else -1

    def left(self, node: int, ind: Any, now: float) -> tuple[int, int]:
        """(next node, priority there) of whoever leaves a node."""
        plan, rules = ind.plan, self.rules
        urgency = 0 if plan.need == 3 else 2
        if node == HOME:
            if plan.node == -1 or (self.in_bed[plan.r] and not plan.moves_up):
                return -1, 0
            if plan.moves_up:
                return self.ward(plan), 0
            if plan.node == ELSEWHERE:
                tier = self.world.tier[plan.f]
                self.counts.saw(plan.day, tier, rules.outside_wait[tier])
                return self.outcome(plan, urgency)
            return plan.node, urgency + 1
        if node == TESTS:
            return plan.node, urgency
        if node == ELSEWHERE or node in self.wards.values():
            return self.discharged(plan)
        tier = self.world.tier[plan.f]
        if not plan.back:
            self.counts.saw(plan.day, tier, ind.service_start_date - ind.arrival_date)
            if rules.is_sent_for_tests(tier):
                plan.back = True
                return TESTS, 0
        return self.outcome(plan, urgency)

    def outcome(self, plan: Plan, urgency: int) -> tuple[int, int]:
        rules, tier = self.rules, self.world.tier[plan.f]
        if rules.admits(plan.f, plan.need, plan.y):
            self.in_bed[plan.r] = True
            return self.ward(plan), urgency
        if rules.resolves(tier, plan.need, plan.y):
            return -1, 0
        plan.visits, plan.failed, plan.node = plan.visits + 1, max(plan.failed, tier), HOME
        return (HOME if rules.goes_on(plan.need, plan.visits, tier) else -1), 0

    def ward(self, plan: Plan) -> int:
        return self.wards.get(plan.f, ELSEWHERE)

    def discharged(self, plan: Plan) -> tuple[int, int]:
        """Home, or a day later to a bed higher up."""
        plan.visits += 1
        target = self.rules.next_tier(plan.r, plan.need, self.world.tier[plan.f])
        if plan.moves_up and target is not None and plan.visits < 4:
            plan.f, plan.node = target, ELSEWHERE
            return HOME, 0
        self.in_bed[plan.r] = False
        return -1, 0
