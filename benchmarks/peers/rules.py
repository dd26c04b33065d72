"""The shared rules in plain Python, as a user of a general simulation package would write them.

Numbers come from the parameter table as lists; formulas are written anew, so that an agreement with
the engine is one of two programs.
"""

from __future__ import annotations

import math
import random
from typing import Any

from benchmarks.peers.world import World

DAY = 86_400
TEN = 36_000
TIER_OF = (0, 1, 2, 2, 2, 2, 2, 3, 3, 4, 5)
EMERGENCY_POOL = 5
MOST_VISITS = 4


class Rules:
    """Draws of one program: its own generator, the shared parameters."""

    def __init__(self, world: World, seed: int) -> None:
        p = world.p
        self.world = world
        self.random = random.Random(seed)
        self.tier_constant = p.tier_constant.tolist()
        self.self_care_constant = p.self_care_constant.tolist()
        self.quality_weight = p.quality_weight.tolist()
        self.travel_weight = p.travel_weight.tolist()
        self.price_weight = (p.outpatient_price_weight / 100.0).tolist()
        self.quality = p.initial_quality.tolist()
        self.primary_nest, self.outside_nest = float(p.primary_nest), float(p.outside_nest)
        self.capability = p.capability.tolist()
        self.escalation = p.escalation.tolist()
        self.test_share = p.test_share.tolist()
        self.service = [self._lognormal_law(m * 60.0, p.service_cv) for m in p.service_minutes]
        self.tests = [self._lognormal_law(m * 60.0, p.test_cv) for m in p.test_minutes]
        admission = (p.admission_probability * p.admission_scale[:, None]).tolist()
        self.admission = admission
        self.triage_accuracy = float(p.triage_accuracy)
        self.stay_mean, self.stay_cv = p.stay_mean.tolist(), p.stay_cv.tolist()
        self.stay_longest = float(p.stay_longest)
        self.severity_spread = float(p.severity_spread)
        self.pool_shares = p.pool_demand_share.tolist()[:4]
        self.paediatric_share = float(p.paediatric_share)
        self.morning_share = float(p.morning_share)
        self.early_arrival = float(p.early_arrival)
        self.unseen_return = float(p.unseen_return)
        self.overrun = float(p.overrun_minutes) * 60.0
        self.starts = [(p.morning_opens * 3600.0).tolist(), (p.afternoon_opens * 3600.0).tolist()]
        self.hours = [p.morning_hours.tolist(), p.afternoon_hours.tolist()]
        self.outside_wait = (p.outside_wait_minutes * 60.0).tolist()

    @staticmethod
    def _lognormal_law(mean: float, cv: float) -> tuple[float, float]:
        variance = math.log(1.0 + cv * cv)
        return math.log(mean) - variance / 2.0, math.sqrt(variance)

    def scope(self, r: int) -> int:
        age = self.world.age[r]
        if age < 15:
            return 0
        return 1 if self.world.sex[r] == 1 and age < 50 else 2

    def choose(self, r: int, need: int, failed: int) -> int | None:
        """Nested logit; a facility, or None for nobody. failed: highest tier that failed, or -1."""
        w = self.world
        village, scope, scheme = w.village[r], self.scope(r), w.insurance[r]
        hours, yuan = w.hours[village], w.yuan[scheme]
        offered: list[tuple[int, int]] = []
        size = {2: 0.0, 3: 0.0}
        for j, f in enumerate(w.choices[village]):
            if f < 0 or not w.takes[f][need][scope]:
                continue
            if need == 3 and not w.pooled[f] and not w.delay[f] and self.sessions(w.tier[f]) == 0:
                continue
            tier = w.tier[f]
            if tier in size:
                size[tier] += w.doctors[f]
            if tier > failed:
                offered.append((j, f))
        kept: list[int | None] = []
        weights: list[float] = []
        if failed < 0:
            kept.append(None)
            weights.append(math.exp(self.self_care_constant[need]))
        inside = [0.0, 0.0]
        nests: list[int] = [-1] * len(weights)
        for j, f in offered:
            tier = w.tier[f]
            utility = (
                self.tier_constant[tier] + w.attraction[f]
                + self.quality_weight[need] * self.quality[tier]
                - self.travel_weight[need] * hours[j] - self.price_weight[need] * yuan[f]
            )  # fmt: skip
            nest = 0 if j <= 1 else (1 if j >= 7 else -1)
            over = (self.primary_nest, self.outside_nest, 1.0)[nest]
            if tier in size:
                own = 1.0 if tier == 2 else self.outside_nest
                utility += own * math.log(w.doctors[f] / size[tier])
            weight = math.exp(utility / over)
            if nest >= 0:
                inside[nest] += weight
            kept.append(f)
            weights.append(weight)
            nests.append(nest)
        for k, nest in enumerate(nests):
            if nest >= 0:
                dissimilarity = self.primary_nest if nest == 0 else self.outside_nest
                weights[k] *= inside[nest] ** (dissimilarity - 1.0)
        return self.random.choices(kept, weights)[0] if kept else None

    weekday = 0

    def sessions(self, tier: int) -> int:
        """Sessions open today."""
        if tier <= 1 or self.weekday < 5:
            return 2
        return 1 if self.weekday == 5 else 0

    def pool(self, r: int, need: int, f: int) -> int:
        """Doctors' pool of a visit."""
        if not self.world.pooled[f]:
            return 0
        if need == 3:
            return EMERGENCY_POOL
        if self.world.age[r] < 15 and self.random.random() < self.paediatric_share:
            return 2
        u = self.random.random()
        for pool, share in enumerate(self.pool_shares):
            if u < share:
                return pool
            u -= share
        return 4

    def arrival(self, f: int, pool: int) -> tuple[int, float, float]:
        """(session, second of the day, second after which nobody is called any more)."""
        w, u = self.world, self.random.random()
        if w.delay[f] or (w.pooled[f] and pool == EMERGENCY_POOL):
            return 0, math.floor(u * DAY), math.inf
        tier = w.tier[f]
        open_for = [self.hours[s][tier] * 3600.0 * w.room_share[f][pool] for s in range(2)]
        session = (
            1 if self.sessions(tier) == 2 and self.random.random() >= self.morning_share else 0
        )
        start = self.starts[session][tier]
        place = u * (1.0 - self.early_arrival + self.early_arrival * u) * open_for[session]
        return session, start + place // 60 * 60, start + open_for[session] + self.overrun

    def consult(self, tier: int) -> int:
        """Seconds of one consult."""
        return max(1, round(self.random.lognormvariate(*self.service[tier])))

    def is_sent_for_tests(self, tier: int) -> bool:
        return self.random.random() < self.test_share[tier]

    def test_time(self, tier: int) -> int:
        return max(1, round(self.random.lognormvariate(*self.tests[tier])))

    def resolves(self, tier: int, need: int, y: float) -> bool:
        return y <= self.capability[tier][need]

    def admits(self, f: int, need: int, y: float) -> bool:
        if self.world.beds[f] == 0:
            return False
        tier = self.world.tier[f]
        base = self.admission[tier][need]
        if not self.resolves(tier, need, y):
            base *= 1.0 - self.triage_accuracy
        return self.random.random() < base

    def stay(self, f: int, need: int, y: float) -> tuple[int, bool]:
        """Days in bed, and whether the stay ends in a transfer up."""
        tier = self.world.tier[f]
        if tier < 5 and not self.resolves(tier, need, y):
            return 1, True
        mean = self.stay_mean[tier] * (1.0 + self.severity_spread * (2.0 * y - 1.0))
        days = self.random.lognormvariate(*self._lognormal_law(mean, self.stay_cv[tier]))
        return int(min(self.stay_longest, max(1.0, round(days)))), False

    def next_tier(self, r: int, need: int, tier: int) -> int | None:
        """Where a patient is moved up to."""
        w = self.world
        for j, f in enumerate(w.choices[w.village[r]]):
            if f >= 0 and TIER_OF[j] > tier and w.takes[f][need][self.scope(r)]:
                return f
        return None

    def goes_on(self, need: int, visits: int, tier: int) -> bool:
        return visits < MOST_VISITS and tier < 5 and self.random.random() < self.escalation[need]

    def initial_stays(self, f: int, occupancy: float) -> list[int]:
        """Days left of stays in progress: length-biased."""
        log_mean, log_sd = self._lognormal_law(
            self.stay_mean[self.world.tier[f]], self.stay_cv[self.world.tier[f]]
        )
        draw = self.random
        return [
            int(draw.lognormvariate(log_mean + log_sd**2, log_sd) * draw.random()) + 1
            for _ in range(int(self.world.beds[f] * occupancy))
        ]


class Counts:
    """Visits and seconds waited by day and tier, admissions by day."""

    def __init__(self, days: int) -> None:
        self.visits: list[list[int]] = [[0] * 6 for _ in range(days)]
        self.waited: list[list[float]] = [[0.0] * 6 for _ in range(days)]
        self.admissions: list[int] = [0] * days

    def saw(self, day: int, tier: int, waited: float) -> None:
        if day < len(self.visits):
            self.visits[day][tier] += 1
            self.waited[day][tier] += waited

    def admitted(self, day: int) -> None:
        if day < len(self.admissions):
            self.admissions[day] += 1


def as_table(counts: Counts) -> tuple[Any, Any, Any]:
    """Arrays (days, 6), (days, 6), (days,)."""
    import numpy as np

    return np.array(counts.visits), np.array(counts.waited), np.array(counts.admissions)
