"""The turn of a month for a range of villages: who died or moved, who was born, chronic states,
contracts, word of mouth, and the episodes of the month to come.

A resident's month is keyed by himself: one block of four uniforms, and one block for every
candidate episode. Candidates are drawn at the largest intensity of the year and thinned to the
day they fall on.
"""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np

from sim.engines.kernels.episode_word import (
    BORE,
    DEAD,
    DIFFICULTY,
    EPISODE_WORD,
    MOVED,
    ONSET,
    QUALITY_ONE,
    RESIDENT,
    pack,
)
from sim.jit import kernel
from sim.rules.choice import TASTE_LEVELS, taste_level
from sim.rules.contract import lapse_probability, uptake_probability
from sim.rules.demography import is_newborn, newborn_identity, newborn_sex
from sim.rules.illness import (
    MOST_CANDIDATES,
    intensity,
    next_chronic_state,
    poisson_count,
    poisson_steps,
    relative_mortality,
    yearly_rate,
)
from sim.rules.random import Stream, block, blocks, raw_blocks
from sim.tiers import CRITICAL, EFFECTIVE_CONTRACT, N_CLASSES, NO_CONTRACT, NOMINAL_CONTRACT

_MONTH = int(Stream.MONTH)
_EPISODE = int(Stream.EPISODE)
_TASTE = int(Stream.TASTE)
_BIRTH = int(Stream.BIRTH)
BATCH = 64
MOST_BATCHED = BATCH * (MOST_CANDIDATES + 1)
CANDIDATE_COLUMNS = 1 + MOST_CANDIDATES

# Scratch for the draws of a batch of residents and of their candidate episodes.
Draws = namedtuple("Draws", ["row", "identity", "day", "ordinal", "u", "lanes"])


def new_draws() -> Draws:
    """One worker's scratch."""
    whole = [np.zeros(MOST_BATCHED, dtype=np.int64) for _ in range(4)]
    return Draws._make([*whole, np.empty((4, BATCH)), np.empty((4, MOST_BATCHED), dtype=np.int64)])


@kernel
def rate_table(p: Any, table: Any) -> None:
    """Cumulative yearly rates by age, sex and chronic state: (111, 2, 4, 4), from the rule."""
    for age in range(table.shape[0]):
        for sex in range(2):
            for chronic in range(4):
                total = 0.0
                for need_class in range(N_CLASSES):
                    total += yearly_rate(p, need_class, age, sex, chronic)
                    table[age, sex, chronic, need_class] = total


@kernel
def mortality_table(p: Any, probability: Any, out: Any) -> None:
    """Probability of death by sex, age and chronic state, (2, 111, 4), from that of the life
    table, (2, 111)."""
    for sex in range(2):
        for age in range(probability.shape[1]):
            for chronic in range(4):
                relative = relative_mortality(p, age, chronic)
                out[sex, age, chronic] = min(1.0, probability[sex, age] * relative)


@kernel
def candidate_table(table: Any, days: int, bound: float, out: Any) -> None:
    """Mean candidates of a block of days, then the steps of their count: (111, 2, 4, 64)."""
    for age in range(table.shape[0]):
        for sex in range(2):
            for chronic in range(4):
                mean = table[age, sex, chronic, CRITICAL] * days / 365.0 * bound
                out[age, sex, chronic, 0] = mean
                poisson_steps(mean, math.exp(-mean), out[age, sex, chronic, 1:])


@kernel
def expected_candidates(people: Any, candidates: Any, first: int, last: int) -> float:
    """Expected candidate episodes of residents first..last, to size their buffer."""
    total = 0.0
    for r in range(first, last):
        if people[r].status & (DEAD | MOVED) == 0:
            total += candidates[people[r].age, people[r].sex, people[r].chronic, 0]
    return total


@kernel
def draw_episodes(
    p: Any, people: Any, table: Any, candidates: Any, weekdays: Any, month: int, access: float,
    bound: float, seed: int, key_day: int, first_day: int, first: int, last: int, out: Any,
    per_day: Any, batch: Any,
) -> int:  # fmt: skip
    """Accepted episodes of residents first..last in a block of days, in order of resident.

    candidates  (111, 2, 4, 64) from candidate_table, at the intensity `bound`
    weekdays  (days,) weekday of every day of the block
    out       (capacity, 4) int32: resident, onset (a day), episode word, difficulty bits
    per_day   (days,) int64, added to
    batch     a Draws of scratch
    returns   events written, -1 when the buffer is too small
    """
    days = len(weekdays)
    written = 0
    row, identity, day, ordinal = batch.row, batch.identity, batch.day, batch.ordinal
    day[:] = key_day + first_day
    for start in range(first, last, BATCH):
        stop = min(start + BATCH, last)
        for r in range(start, stop):
            identity[r - start] = people[r].identity
            ordinal[r - start] = 0
        blocks(seed, _MONTH, identity, day, ordinal, stop - start, batch.u)
        n = 0
        for r in range(start, stop):
            if people[r].status & (DEAD | MOVED):
                continue
            held = candidates[people[r].age, people[r].sex, people[r].chronic]
            count = poisson_count(batch.u[0, r - start], held[1:])
            # Most have one or two: two rows are written and as many counted as there are.
            row[n] = row[n + 1] = r
            ordinal[n] = 0
            ordinal[n + 1] = 1
            for k in range(2, count):
                row[n + k] = r
                ordinal[n + k] = k
            n += count
        for i in range(n):
            identity[i] = people[row[i]].identity
        raw_blocks(seed, _EPISODE, identity, day, ordinal, n, batch.lanes)
        if written + n > len(out):
            return -1
        for i in range(n):
            lanes = batch.lanes
            offset = (lanes[0, i] * days) >> 32
            accept = intensity(p, month, weekdays[offset], access)
            accepted = 1 if (lanes[1, i] + 0.5) / 4294967296.0 * bound < accept else 0
            r = row[i]
            rates = table[people[r].age, people[r].sex, people[r].chronic]
            point = (lanes[2, i] + 0.5) / 4294967296.0 * rates[CRITICAL]
            need_class = 0
            for other in range(3):
                need_class += 1 if point >= rates[other] else 0
            out[written, RESIDENT] = r
            out[written, ONSET] = first_day + offset
            out[written, EPISODE_WORD] = pack(need_class, ordinal[i])
            # The 32 random bits of the difficulty, as a signed word.
            bits = lanes[3, i]
            out[written, DIFFICULTY] = bits if bits < 2147483648 else bits - 4294967296
            # Written in any case and counted if accepted: a branch here cannot be predicted.
            per_day[offset] += accepted
            written += accepted
    return written


@kernel
def by_day(events: Any, first_day: int, start: Any, out: Any) -> None:
    """Scatter events to their days, keeping the order inside a day.

    start  (days,) int64 next free row of every day; advanced
    out    (total, 4) int32: resident, onset, episode word, difficulty bits
    """
    for i in range(len(events)):
        day = events[i, ONSET] - first_day
        row = start[day]
        start[day] = row + 1
        out[row, 0] = events[i, RESIDENT]
        out[row, 1] = events[i, ONSET]
        out[row, 2] = events[i, EPISODE_WORD]
        out[row, 3] = events[i, DIFFICULTY]


@kernel
def turn_of_month(
    p: Any, people: Any, mortality: Any, fertility: Any, move_rate: Any, coverage: Any,
    villages: Any, seed: int, key: int, days: int, first: int, last: int, births: Any,
    counts: Any, batch: Any,
) -> int:  # fmt: skip
    """Deaths, moves, births, chronic states and contracts of residents first..last over the
    `days` that ended, drawn with the key of the month that ended.

    mortality  (2, 111, 4) probability of death within the days, by sex, age and chronic state;
               fertility (111,) births a woman-year
    move_rate  (counties, 111) moves out a person-year
    coverage   (2,) contract coverage of others and key groups
    births     (capacity,) int64 rows of mothers, in order; counts (counties, 3) int64 births,
               deaths, moves, added to; batch a Draws of scratch
    returns    births written, -1 when the buffer is too small
    """
    years = days / 365.0
    lapse = lapse_probability(p, years)
    sign_other = uptake_probability(p, coverage[0], years)
    sign_key = uptake_probability(p, coverage[1], years)
    written = 0
    batch.day[:BATCH] = key
    batch.ordinal[:BATCH] = 1
    for r in range(first, last):
        i = (r - first) % BATCH
        if i == 0:
            n = min(BATCH, last - r)
            for k in range(n):
                batch.identity[k] = people[r + k].identity
            blocks(seed, _MONTH, batch.identity, batch.day, batch.ordinal, n, batch.u)
        if people[r].status & (DEAD | MOVED):
            continue
        age = people[r].age
        sex = people[r].sex
        county = villages[people[r].village].county
        u_leave, u_chronic, u_contract, u_effective = (
            batch.u[0, i], batch.u[1, i], batch.u[2, i], batch.u[3, i]
        )  # fmt: skip
        p_death = mortality[sex, age, people[r].chronic]
        p_move = move_rate[county, age] * years
        p_birth = fertility[age] * years if sex == 1 else 0.0
        # One uniform, three exclusive events: deaths and moves from below, births from above.
        if u_leave < p_death:
            people[r].status = people[r].status | DEAD
            counts[county, 1] += 1
            continue
        if u_leave < p_death + p_move:
            people[r].status = people[r].status | MOVED
            counts[county, 2] += 1
            continue
        # Mother and year name a child, so a woman gives birth once in a run's year.
        bears = people[r].status & BORE == 0 and u_leave >= 1.0 - p_birth
        # An identity has no room for a grandchild of the census: those born since bear none.
        if bears and not is_newborn(people[r].identity):
            people[r].status = people[r].status | BORE
            if written >= len(births):
                return -1
            births[written] = r
            written += 1
            counts[county, 0] += 1
        managed = people[r].contract == EFFECTIVE_CONTRACT
        people[r].chronic = next_chronic_state(p, u_chronic, people[r].chronic, age, managed, years)
        if people[r].contract > NO_CONTRACT:
            if u_contract < lapse:
                people[r].contract = 0
        else:
            p_sign = sign_key if people[r].key else sign_other
            if u_contract < p_sign:
                people[r].contract = (
                    EFFECTIVE_CONTRACT
                    if u_effective < p.effective_contract_share
                    else NOMINAL_CONTRACT
                )
    return written


@kernel
def word_of_mouth(
    p: Any, people: Any, village_start: Any, years: float, v0: int, v1: int, mean: Any
) -> None:
    """Pull perceived quality towards the village mean, for villages v0..v1.

    T <- T + w (mean - T) in whole fixed-point units, w = word_of_mouth x years; mean is scratch,
    (6,) int64.
    """
    weight = int(p.word_of_mouth * years * 65536.0)
    for v in range(v0, v1):
        a, b = village_start[v], village_start[v + 1]
        if b - a < 2:
            continue
        mean[:] = 0
        for r in range(a, b):
            for tier in range(6):
                mean[tier] += people[r].quality[tier]
        for tier in range(6):
            mean[tier] //= b - a
        for r in range(a, b):
            for tier in range(6):
                gap = mean[tier] - people[r].quality[tier]
                people[r].quality[tier] += (gap * weight + 32768) >> 16


@kernel
def first_state(p: Any, people: Any, seed: int, first: int, last: int) -> None:
    """Tastes, and perceived quality at the start: the tier's value, spread over residents."""
    for r in range(first, last):
        w = block(seed, _TASTE, people[r].identity, 0, 0)
        people[r].taste = taste_level(w[0]) + TASTE_LEVELS * taste_level(w[1])
        u = block(seed, _TASTE, people[r].identity, 0, 1)
        v = block(seed, _TASTE, people[r].identity, 0, 2)
        for tier in range(6):
            draw = u[tier] if tier < 4 else v[tier - 4]
            value = p.initial_quality[tier] + p.initial_quality_spread * (2.0 * draw - 1.0)
            people[r].quality[tier] = int(min(1.0, max(0.0, value)) * QUALITY_ONE)


@kernel
def add_newborns(p: Any, people: Any, mothers: Any, seed: int, year: int, n: int) -> int:
    """One row a newborn from row n on: the mother's village, income and opinions.

    returns  rows in use after, -1 when rows or identities run out
    """
    for mother in mothers:
        identity = newborn_identity(people[mother].identity, year)
        if identity < 0 or n >= len(people):
            return -1
        u = block(seed, _BIRTH, identity, 0, 0)
        w = block(seed, _TASTE, identity, 0, 0)
        child = people[n]
        child.identity = identity
        child.village = people[mother].village
        child.sex = newborn_sex(u[0], p.boys_per_100_girls)
        child.income = people[mother].income
        child.insurance = 1
        child.key = 1
        child.taste = taste_level(w[0]) + TASTE_LEVELS * taste_level(w[1])
        for tier in range(6):
            child.quality[tier] = people[mother].quality[tier]
        n += 1
    return n
