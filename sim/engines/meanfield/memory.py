"""What residents remember, in expectation: perceived quality, habits, use of the yearly cap.

Perceived quality follows the mean of the learning rule (E12); the last provider of a class is
replaced at the rate of its visits. Both are relaxations with constant rates inside a period, whose
mean over the period enters choice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.compiled import kernel
from sim.engines.meanfield.places import Cells, Floats
from sim.rules.choice import learned

_FIRST = (0, 1, 2, 7, 9, 10, 11)  # first alternative of a tier, and one past the last


@dataclass(slots=True)
class Memory:
    """State of every cell.

    quality     (N, 6) perceived quality by tier
    habit       (N, 4, 11) share of people whose last provider of a class is an alternative
    habit_good  of them, those it went well with
    exhausted   (N,) share of people whose outpatient cap is used up
    """

    quality: Floats
    habit: Floats
    habit_good: Floats
    exhausted: Floats

    def copy(self) -> Memory:
        """An independent copy."""
        return Memory(
            self.quality.copy(), self.habit.copy(), self.habit_good.copy(), self.exhausted.copy()
        )

    def arrays(self) -> tuple[Floats, Floats, Floats]:
        """Quality and habits, as `remember` reads and writes them."""
        return self.quality, self.habit, self.habit_good


@dataclass(frozen=True, slots=True)
class Experience:
    """Outcomes a person and year: good and bad, (N, 4 classes, 11 alternatives)."""

    good: Floats
    bad: Floats


def first_memory(p: Any, cells: Cells) -> Memory:
    """Nobody has been anywhere; quality is what the tier starts with."""
    n = len(cells.place)
    return Memory(
        quality=np.repeat(np.asarray(p.initial_quality)[None, :], n, axis=0).copy(),
        habit=np.zeros((n, 4, 11)),
        habit_good=np.zeros((n, 4, 11)),
        exhausted=np.zeros(n),
    )


@kernel
def _left(rate_years: float, mean: bool) -> float:
    """Part of a gap that is left after the years, or on average during them."""
    if rate_years < 1e-8:
        return 1.0
    left = math.exp(-rate_years)
    return (1.0 - left) / rate_years if mean else left


@kernel
def remember(
    p: Any, cells: Any, people: Any, good: Any, bad: Any, years: float, mean: bool, old: Any,
    new: Any, place_sum: Any,
) -> None:  # fmt: skip
    """Memory after `years` of some experience, or its mean over them.

    cells, people  keys and residents of cells; good, bad  outcomes a person and year (N, 4, 11)
    old, new       (quality, habit, habit_good) of cells; new is written
    place_sum      (G, 7) scratch
    """
    rise, fall = learned(p, 0.0, True), 1.0 - learned(p, 1.0, False)
    for g in range(place_sum.shape[0]):
        for t in range(7):
            place_sum[g, t] = 0.0
    for i in range(len(people)):
        for t in range(6):
            up = down = 0.0
            for j in range(_FIRST[t], _FIRST[t + 1]):
                for s in range(4):
                    up += good[i, s, j] * rise
                    down += bad[i, s, j] * fall
            target = up / (up + down) if up + down > 0.0 else 0.0
            gap = _left((up + down) * years, mean)
            new[0][i, t] = target + (old[0][i, t] - target) * gap
            place_sum[cells.place[i], t] += people[i] * new[0][i, t]
        place_sum[cells.place[i], 6] += people[i]
        for s in range(4):
            total = 0.0
            for j in range(11):
                total += good[i, s, j] + bad[i, s, j]
            gap = _left(total * years, mean)
            for j in range(11):
                part = (good[i, s, j] + bad[i, s, j]) / total if total > 0.0 else 0.0
                well = good[i, s, j] / total if total > 0.0 else 0.0
                new[1][i, s, j] = part + (old[1][i, s, j] - part) * gap
                new[2][i, s, j] = well + (old[2][i, s, j] - well) * gap
    pull = p.word_of_mouth * years * (0.5 if mean else 1.0)
    for i in range(len(people)):
        g = cells.place[i]
        if place_sum[g, 6] > 0.0:
            for t in range(6):
                average = place_sum[g, t] / place_sum[g, 6]
                new[0][i, t] += pull * (average - new[0][i, t])
