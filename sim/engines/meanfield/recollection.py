"""What residents remember, in expectation: perceived quality, habits, use of the yearly cap.

Perceived quality follows the mean of the learning rule (E12), among people who differ in it: who
thinks well of a tier goes there more, so that those who learn of it think better of it than all do.
The last provider of a class is replaced once an episode, by the one that ended it. All are
relaxations with constant rates inside a period, whose mean over the period enters choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engines.meanfield.flows import FIRST, FROM_TIER, VISITS
from sim.engines.meanfield.locations import Cells, Floats
from sim.jit import kernel
from sim.rules.choice import learned
from sim.rules.exp_log import exp, log
from sim.tiers import BEYOND, HOSPITALS, N_ALTERNATIVES, N_CLASSES, N_TIERS


@dataclass(slots=True)
class Memory:
    """State of every cell.

    quality     (N, 6) perceived quality by tier
    spread      (N, 6) its variance over the people of the cell
    habit       (N, 4, 11) share of people whose last provider of a class is an alternative
    habit_good  of them, those it went well with
    exhausted   (N,) share of people whose outpatient cap is used up
    """

    quality: Floats
    spread: Floats
    habit: Floats
    habit_good: Floats
    exhausted: Floats

    def blank(self) -> Memory:
        """A memory for `remember` to write; the share of exhausted caps is taken over."""
        quality, spread, habit, good = (np.empty_like(array) for array in self.arrays())
        return Memory(quality, spread, habit, good, self.exhausted.copy())

    def arrays(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Quality, its variance and habits, as `remember` reads and writes them."""
        return self.quality, self.spread, self.habit, self.habit_good


@dataclass(frozen=True, slots=True)
class Experience:
    """What people of cells live through.

    good, ended  good outcomes a person and year, and outcomes, good or bad, that end an episode,
               (N, 4 classes, 11 alternatives)
    by_tier    (N, 4, 6, 3) good, bad and ending outcomes by tier
    choosing   (N, 4, 6) d ln(visits to a tier) / d(its perceived quality)
    loyal      (N, 4, 6) of it, the factor that habit makes
    return_    (N, 4, 11) how often those used to an alternative see somebody, over the mean
    """

    good: Floats
    ended: Floats
    by_tier: Floats
    choosing: Floats
    loyal: Floats
    return_: Floats

    def arrays(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """All of it, as `remember` reads it."""
        return self.good, self.ended, self.by_tier, self.choosing, self.return_


def first_memory(p: Any, cells: Cells) -> Memory:
    """Nobody has been anywhere; quality is what the tier starts with."""
    n = len(cells.place)
    return Memory(
        quality=np.repeat(np.asarray(p.initial_quality)[None, :], n, axis=0).copy(),
        spread=np.full((n, 6), float(p.initial_quality_spread) ** 2 / 3.0),  # of a uniform
        habit=np.zeros((n, N_CLASSES, N_ALTERNATIVES)),
        habit_good=np.zeros((n, N_CLASSES, N_ALTERNATIVES)),
        exhausted=np.zeros(n),
    )


# Classes by tiers of a few cells lie in rows of lanes, each step one loop over them: see
# `choosing_by_quality`.
_BATCH, _OF_CELL = 8, 24
_LANES = _BATCH * _OF_CELL
(
    _OVER, _INSIDE, _STEEP, _OWN, _WELL, _SEEN, _ENDED, _CARE, _FIRSTS, _HABIT, _QUALITY, _GAIN,
    _USED, _GROWN, _LOYAL, _OUT,
) = range(16)  # fmt: skip
# Rates of a cell: of learning and of its spread by tier, and of habits by class and alternative.
_FADES, _LEARNS, _HABITS = 0, N_TIERS, 2 * N_TIERS
_RATES = _HABITS + N_CLASSES * N_ALTERNATIVES
_OF_HABITS = _RATES - _HABITS


def new_lanes() -> Floats:
    """Scratch of `choosing_by_quality`."""
    return np.zeros(16 * _LANES)


def new_rates() -> Floats:
    """Scratch of `remember`: rates, and what is left of gaps after a time and on average."""
    return np.zeros((3, _RATES))


@kernel
def _what_is_left(rates: Any, years: float, after: Any, usual: Any) -> None:
    """Parts of gaps that are left after the years, and on average during them, by rates a year."""
    n = len(rates)
    for k in range(n):
        usual[k] = min(700.0, rates[k] * years)
        after[k] = -usual[k]
    for k in range(n):
        after[k] = exp(after[k])
    for k in range(n):
        slow = 1.0 if usual[k] < 1e-8 else 0.0
        gone = after[k]
        after[k] = slow + (1.0 - slow) * gone
        usual[k] = slow + (1.0 - slow) * (1.0 - gone) / (usual[k] + slow)


@kernel
def choosing_by_quality(
    parameters: Any,
    cells: Any,
    contacts: Any,
    flows: Any,
    by_tier: Any,
    out: Any,
    loyal: Any,
    x: Any,
) -> None:
    """Law: d ln(visits) / dT of a tier, (N, 4, 6), by the nested logit and habit.

    Habit repeats what quality began: with D = P(used to the tier) - P(not) and k the share of its
    visits that end an episode, over c, the share of illnesses somebody is seen for, visits answer
    1 / (1 - D k / c) times as much; this is written to loyal (N, 4, 6). Visits after another
    failed do not answer: who thinks better of the tier above goes less to the tier that fails.

    parameters  (1,)
    contacts  (N, 4, 12) shares of first choices, self-care first; flows of places, see flows
    by_tier   (N, 4, 6, 3) of an Experience
    x         scratch, see new_lanes
    """
    p = parameters[0]
    for k in range(_LANES):
        x[_HABIT * _LANES + k] = p.habit_weight[k % _OF_CELL // 6]
        x[_QUALITY * _LANES + k] = p.quality_weight[k % _OF_CELL // 6]
    for start in range(0, contacts.shape[0], _BATCH):
        cells_here = min(_BATCH, contacts.shape[0] - start)
        for c in range(cells_here):
            i, at = start + c, _OF_CELL * c
            _lay_firsts(flows[cells.place[i]], at, x)
            for s in range(N_CLASSES):
                lay_tiers(p, at + 6 * s, contacts[i, s], by_tier[i, s], x)
        answer_by_lane(p, _OF_CELL * cells_here, x)
        for c in range(cells_here):
            for k in range(_OF_CELL):
                loyal[start + c, k // 6, k % 6] = x[_LOYAL * _LANES + _OF_CELL * c + k]
                out[start + c, k // 6, k % 6] = x[_OUT * _LANES + _OF_CELL * c + k]


@kernel
def _lay_firsts(flows: Any, at: int, x: Any) -> None:
    """First contacts over the visits of a place by class and tier, into 24 lanes from `at`."""
    for s in range(N_CLASSES):
        for t in range(6):
            first = visits = 0.0
            for j in range(FROM_TIER[t], FROM_TIER[t + 1]):
                first += flows[s, j, FIRST]
                visits += flows[s, j, VISITS]
            x[_FIRSTS * _LANES + at + 6 * s + t] = first / visits if visits > 0.0 else 0.0


@kernel
def lay_tiers(p: Any, at: int, row: Any, by_tier: Any, x: Any) -> None:
    """A cell's choices and outcomes (6, 3) of one class by tier, into six lanes from `at`."""
    care = max(1e-9, 1.0 - row[0])
    for t in range(6):
        over, inside, steep = tier_share(p, row, t)
        own = 0.0
        for j in range(FROM_TIER[t], FROM_TIER[t + 1]):
            own += row[j + 1]
        k = at + t
        x[_OVER * _LANES + k] = over
        x[_INSIDE * _LANES + k] = inside
        x[_STEEP * _LANES + k] = steep
        x[_OWN * _LANES + k] = own
        x[_WELL * _LANES + k] = by_tier[t, 0]
        x[_SEEN * _LANES + k] = by_tier[t, 0] + by_tier[t, 1]
        x[_ENDED * _LANES + k] = by_tier[t, 2] if own > 0.0 else 0.0
        x[_CARE * _LANES + k] = care


@kernel
def answer_by_lane(p: Any, n: int, x: Any) -> None:
    """How visits of n lanes answer to quality, and what habit makes of it; without branches, and in
    short steps, which overlap better than a long one."""
    for k in range(n):
        has = 1.0 if x[_ENDED * _LANES + k] > 0.0 else 0.0
        ended = x[_ENDED * _LANES + k] + (1.0 - has)
        bonus = x[_HABIT * _LANES + k]
        bonus += p.outcome_weight * (2.0 * has * x[_WELL * _LANES + k] / ended - 1.0)
        x[_GAIN * _LANES + k] = x[_OVER * _LANES + k] * bonus
    for k in range(n):
        x[_GAIN * _LANES + k] = exp(x[_GAIN * _LANES + k])
    for k in range(n):
        inside, gain = x[_INSIDE * _LANES + k], x[_GAIN * _LANES + k]
        raised = 1.0 - inside + inside * gain
        x[_USED * _LANES + k] = inside * gain / raised
        x[_GROWN * _LANES + k] = log(raised) / x[_OVER * _LANES + k]
    for k in range(n):
        x[_GROWN * _LANES + k] = exp(x[_GROWN * _LANES + k])
    for k in range(n):
        has = 1.0 if x[_ENDED * _LANES + k] > 0.0 else 0.0
        own = x[_OWN * _LANES + k]
        nest = own / (x[_INSIDE * _LANES + k] + 1e-300)
        grown = nest * x[_GROWN * _LANES + k]
        used = x[_USED * _LANES + k] * grown / (1.0 - nest + grown)
        seen = has * x[_SEEN * _LANES + k] + (1.0 - has)
        ended = x[_ENDED * _LANES + k] + (1.0 - has)
        kept = has * (used - own) * ended / seen / x[_CARE * _LANES + k]
        loyal = 1.0 / (1.0 - min(0.5, kept))
        x[_LOYAL * _LANES + k] = loyal
        steep = x[_QUALITY * _LANES + k] * x[_STEEP * _LANES + k]
        x[_OUT * _LANES + k] = has * steep * loyal * x[_FIRSTS * _LANES + k]


@kernel
def seen_by_all(parameters: Any, memory: Any, contacts: Any, loyal: Any, out: Any) -> None:
    """Quality with which people all alike would choose as people who differ do: (N, 4, 6).

    To the second order in the spread of a utility, with a = 1 / dissimilarity and g = d ln P / du
    of the tier, its utility seems higher by var (2 g - a) / 2: an average over people is less
    extreme than the average person. Alone in its nest, that is var (1 - 2 P) / 2. Its whole nest,
    with Q the tier's share of it, seems higher by var Q^2 (a - 1) / 2.

    What habit repeats (loyal, see `choosing_by_quality`) is as much a spread more.

    parameters  (1,);  memory  arrays of a Memory
    contacts  (N, 4, 12) shares of first choices before
    """
    p = parameters[0]
    for i in range(contacts.shape[0]):
        for s in range(N_CLASSES):
            row, weight = contacts[i, s], p.quality_weight[s]
            primary = outside = 0.0
            for t in range(6):
                half = 0.5 * weight * memory[1][i, t] * loyal[i, s, t]
                half /= 1.0 + weight * weight * memory[1][i, t]  # beyond small spreads, bounded
                a, inside, steep = tier_share(p, row, t)
                out[i, s, t] = memory[0][i, t] + half * (2.0 * steep - a)
                if t <= 1:
                    primary += half * inside * inside * (a - 1.0)
                elif t >= 3:
                    outside += half * inside * inside * (a - 1.0)
            for t in range(6):
                out[i, s, t] += primary if t <= 1 else outside if t >= 3 else 0.0


@kernel
def tier_share(p: Any, row: Any, t: int) -> tuple[float, float, float]:
    """Law: 1 / dissimilarity of a tier's nest, the tier's share of its nest, and d ln P / du of its
    part of first contacts, by the nested logit; row (12,) shares of first choices."""
    own = 0.0
    for j in range(FROM_TIER[t], FROM_TIER[t + 1]):
        own += row[j + 1]
    nest, over = own, 1.0
    if t <= 1:
        nest, over = row[1] + row[HOSPITALS], 1.0 / p.primary_nest
    elif t >= 3:
        first = 1 + BEYOND
        nest = row[first] + row[first + 1] + row[first + 2] + row[first + 3]
        over = 1.0 / p.outside_nest
    inside = own / nest if nest > 0.0 else 1.0
    return over, inside, over * (1.0 - inside) + inside * (1.0 - nest)


@kernel
def _learning(p: Any, i: int, lived: Any, rates: Any) -> None:
    """Rates at which a cell learns of every tier, and at which the spread of quality fades."""
    by_tier = lived[2]
    r, f = learned(p, 0.0, True), 1.0 - learned(p, 1.0, False)
    for t in range(6):
        g = b = 0.0
        for s in range(N_CLASSES):
            g += by_tier[i, s, t, 0]
            b += by_tier[i, s, t, 1]
        rates[_FADES + t] = g * r * (2.0 - r) + b * f * (2.0 - f) + 2.0 * p.word_of_mouth
        rates[_LEARNS + t] = g * r + b * f


@kernel
def learn_quality(
    p: Any, i: int, lived: Any, rates: Any, left: Any, usual: Any, old: Any, new: Any
) -> None:
    """Mean and variance of the quality that a cell's people perceive of every tier.

    With g and b good and bad outcomes a person and year, T the mean and V the variance, and
    T' = T + e V the mean among those who go (e is `choosing_by_quality`),

        dT/dt = sum over outcomes of the change that `learned` makes at T'
        dV/dt = g r^2 (1 - T)^2 + b f^2 T^2 - (g (2r - r^2) + b (2f - f^2) + 2w) V

    where r and f are the parts of the way to 1 and to 0 that one outcome moves.

    rates, left, usual  of the cell; what is left of gaps, and what is on average
    """
    by_tier, choosing = lived[2], lived[3]
    r, f = learned(p, 0.0, True), 1.0 - learned(p, 1.0, False)
    for t in range(6):
        g = b = pull = 0.0
        for s in range(N_CLASSES):
            well, ill = by_tier[i, s, t, 0], by_tier[i, s, t, 1]
            g += well
            b += ill
            pull += (well * r + ill * f) * choosing[i, s, t]
        quality, spread = old[0][i, t], old[1][i, t]
        noise = g * (r * (1.0 - quality)) ** 2 + b * (f * quality) ** 2
        fade, rate = rates[_FADES + t], rates[_LEARNS + t]
        rest = noise / fade if fade > 0.0 else spread
        new[1][i, t] = rest + (spread - rest) * left[_FADES + t]
        spread = rest + (spread - rest) * usual[_FADES + t]
        target = max(0.0, (g * r - pull * spread) / rate) if rate > 0.0 else 0.0
        new[0][i, t] = target + (quality - target) * left[_LEARNS + t]


@kernel
def _keep_habits(i: int, lived: Any, rates: Any, left: Any, old: Any, new: Any) -> None:
    """A cell's habits, of all classes side by side."""
    good, ended = lived[0][i].reshape(_OF_HABITS), lived[1][i].reshape(_OF_HABITS)
    habit, well = old[2][i].reshape(_OF_HABITS), old[3][i].reshape(_OF_HABITS)
    to_habit, to_well = new[2][i].reshape(_OF_HABITS), new[3][i].reshape(_OF_HABITS)
    for k in range(_OF_HABITS):
        rate, gap = rates[_HABITS + k], left[_HABITS + k]
        over = 1.0 / rate if rate > 0.0 else 0.0
        part, part_well = ended[k] * over, good[k] * over
        to_habit[k] = part + (habit[k] - part) * gap
        to_well[k] = part_well + (well[k] - part_well) * gap
    for s in range(N_CLASSES):
        everybody = 0.0
        for j in range(N_ALTERNATIVES):
            everybody += new[2][i, s, j]
        if everybody > 1.0:  # rates are of the quarter's start
            for j in range(N_ALTERNATIVES):
                new[2][i, s, j] /= everybody
                new[3][i, s, j] /= everybody


@kernel
def remember(
    parameters: Any, cells: Any, people: Any, lived: Any, years: float, mean: bool, old: Any,
    new: Any, place_sum: Any, x: Any,
) -> None:  # fmt: skip
    """Memory after `years` of some experience, or its mean over them.

    parameters     (1,)
    cells, people  keys and residents of cells; lived  arrays of an Experience
    old, new       arrays of a Memory; new is written
    place_sum      (G, 7) scratch;  x  (3, 56) scratch: rates a year, what is left of gaps after the
                   years, and what is left on average
    """
    ended, return_ = lived[1], lived[4]
    for g in range(place_sum.shape[0]):
        for t in range(7):
            place_sum[g, t] = 0.0
    p, rates, usual = parameters[0], x[0], x[2]
    left = usual if mean else x[1]
    for i in range(len(people)):
        _learning(p, i, lived, rates)
        for s in range(N_CLASSES):
            total = 0.0
            for j in range(N_ALTERNATIVES):
                total += ended[i, s, j]
            for j in range(N_ALTERNATIVES):
                rates[_HABITS + N_ALTERNATIVES * s + j] = total * return_[i, s, j]
        _what_is_left(rates, years, x[1], usual)
        learn_quality(p, i, lived, rates, left, usual, old, new)
        for t in range(6):
            place_sum[cells.place[i], t] += people[i] * new[0][i, t]
        place_sum[cells.place[i], 6] += people[i]
        _keep_habits(i, lived, rates, left, old, new)
    pull = p.word_of_mouth * years * (0.5 if mean else 1.0)
    for i in range(len(people)):
        g = cells.place[i]
        if place_sum[g, 6] > 0.0:
            for t in range(6):
                average = place_sum[g, t] / place_sum[g, 6]
                new[0][i, t] += pull * (average - new[0][i, t])
