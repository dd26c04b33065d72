"""One facility's beds for one day: requests in the order of their claims, a release at 10:00.

Emergencies may use overflow beds, referred patients the reserved ones, elective patients only what
is free beyond the reserve. Whoever runs out of patience looks for a bed at the next facility.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.day import DISCHARGE_SECOND
from sim.engines.kernels.episode_word import (
    DAYS,
    DIFFICULTY,
    EPISODE_WORD,
    F_ADMISSIONS,
    F_BACK_RECEIVED,
    F_BACK_REFUSED,
    F_BED_REQUESTS,
    F_BED_WAIT_DAYS,
    F_LEFT_QUEUE,
    F_TRANSFERS_IN,
    FACILITY,
    GRANTED,
    MOVES_UP,
    ONSET,
    RESIDENT,
    SEEK_BED,
    STEP_DOWN,
    TRANSFER,
    W_DIFFICULTY,
    W_EPISODE_WORD,
    W_KEY,
    W_ONSET,
    W_RESIDENT,
    W_SINCE,
    W_UNTIL,
    WAIT_COLUMNS,
    WAITED,
    alternative_of,
    asking,
    asks_for,
    copy_row,
    failed_of,
    is_referred,
    need_class_of,
    occurrence_of,
    write_event,
)
from sim.jit import kernel
from sim.rules.admission import ELECTIVE, EMERGENCY, REFERRED, patience, seeks_bed_at
from sim.rules.choice import scope_of
from sim.rules.illness import difficulty_of, severity_factor
from sim.rules.random import Stream, block
from sim.rules.resolution import resolves
from sim.rules.stay import stay_days
from sim.tiers import ALTERNATIVE_TIER, CRITICAL, EFFECTIVE_CONTRACT, N_ALTERNATIVES, Tier

_STAY = int(Stream.STAY)
_ADMISSION = int(Stream.ADMISSION)
_TIER_OF = ALTERNATIVE_TIER
_REGIONAL = int(Tier.REGIONAL)


@kernel
def priority_of(episode_word: int, contract: int) -> int:
    """Priority of a claim on a bed: emergencies and transfers, referred contracted, elective."""
    if asks_for(episode_word) == STEP_DOWN:
        return ELECTIVE
    if need_class_of(episode_word) == CRITICAL or asks_for(episode_word) == TRANSFER:
        return EMERGENCY
    if is_referred(episode_word) and contract == EFFECTIVE_CONTRACT:
        return REFERRED
    return ELECTIVE


@kernel
def is_free(facilities: Any, facility: int, occupied: int, priority: int) -> bool:
    """May a claim of this priority have a bed now?"""
    beds = facilities[facility].beds
    if priority == EMERGENCY:
        return occupied < beds + facilities[facility].overflow
    if priority == REFERRED:
        return occupied < beds
    return occupied < beds - facilities[facility].reserved


@kernel
def write_stay(
    p: Any, facilities: Any, people: Any, seed: int, key_day: int, day: int, facility: int,
    resident: int, onset: int, episode_word: int, difficulty_bits: int, waited: int, stays: Any, row: int,
) -> None:  # fmt: skip
    """A bed is granted: draw the stay. Beyond the facility's capability it lasts one day and ends
    in a transfer up; a step-down bed needs no capability."""
    tier = facilities[facility].tier
    need_class = need_class_of(episode_word)
    difficulty = difficulty_of(difficulty_bits)
    u = block(seed, _STAY, people[resident].identity, key_day + onset, occurrence_of(episode_word))
    days = stay_days(p, u[0], tier, severity_factor(p, difficulty))
    moves_up = 0
    capability = facilities[facility].capability[need_class]
    if asks_for(episode_word) != STEP_DOWN and not resolves(capability, difficulty) and tier < 5:
        moves_up = 1
        days = 1
    stays[row, RESIDENT] = resident
    stays[row, ONSET] = onset
    stays[row, EPISODE_WORD] = episode_word
    stays[row, DIFFICULTY] = difficulty_bits
    stays[row, FACILITY] = facility
    stays[row, GRANTED] = day
    stays[row, DAYS] = days
    stays[row, MOVES_UP] = moves_up
    stays[row, WAITED] = waited


@kernel
def is_own_centre(facilities: Any, facility: int) -> bool:
    """Is it a regional centre of the region itself?"""
    return facilities[facility].tier == _REGIONAL and not facilities[facility].delay


@kernel
def next_for_bed(
    facilities: Any, villages: Any, people: Any, resident: int, episode_word: int, facility: int
) -> int:
    """The nearest facility that has beds, takes the patient and is one to seek a bed at, see
    rules.admission.seeks_bed_at; the last is outside."""
    village = people[resident].village
    here = alternative_of(villages, village, facility)
    hours = villages[village].hours[here] if here >= 0 else 0.0
    tier, is_centre = facilities[facility].tier, is_own_centre(facilities, facility)
    patient = 3 * need_class_of(episode_word) + scope_of(people[resident].age, people[resident].sex)
    best = villages[village].facility[N_ALTERNATIVES - 1]
    nearest = math.inf
    for j in range(2, N_ALTERNATIVES):
        f = villages[village].facility[j]
        if f < 0 or f == facility:
            continue
        if not facilities[f].delay and facilities[f].beds == 0:
            continue
        if (facilities[f].takes >> patient) & 1 == 0:
            continue
        way = villages[village].hours[j]
        is_farther = way > hours or (way == hours and j > here)
        to_centre = is_own_centre(facilities, f)
        if not seeks_bed_at(
            tier, is_centre, _TIER_OF[j], to_centre, is_farther, failed_of(episode_word)
        ):  # fmt: skip
            continue
        if way < nearest:
            nearest = way
            best = f
    return best


@kernel
def _bed_key(priority: int, day: int, second: int, place: int) -> int:
    """Claim key over days: priority, day and second of the request, place in that day's list."""
    return (((priority << 14) | (day + 64)) << 20 | second) << 24 | place


@kernel
def run_wards(
    p: Any, facilities: Any, villages: Any, people: Any, seed: int, key_day: int, day: int, facility: int,
    occupied: int, leaving: int, queue: Any, visits: Any, claims: Any, n_claims: int,
    kept: Any, stays: Any, events: Any, tally: Any,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Beds of one facility for one day.

    occupied, leaving  beds in use at 00:00, of which fall free at 10:00
    queue    (k, 7) patients waiting since earlier days, in claim order
    claims   sorted ready keys of today's bed requests over rows of `visits`
    kept     (>= k + n_claims, 7) written: who still waits
    stays    (>= k + n_claims, 9) written: beds granted
    events   (>= k + n_claims, 6) written: who looks elsewhere tomorrow, or steps down to nothing
    returns  occupied at 24:00, rows of kept, stays, events
    """
    n_stays = n_kept = n_events = np.int64(0)  # not literals: each would compile its callees anew
    for i in range(len(queue)):
        copy_row(queue, i, kept, n_kept)
        n_kept += 1
    occupied, n_kept, n_stays = _grant(
        p,
        facilities,
        people,
        seed,
        key_day,
        day,
        facility,
        occupied,
        kept,
        n_kept,
        stays,
        n_stays,
        tally,
    )
    released = False
    for c in range(n_claims + 1):
        second = (claims[c] >> 24) if c < n_claims else DISCHARGE_SECOND
        if not released and second >= DISCHARGE_SECOND:
            released = True
            occupied -= leaving
            # Whoever became ready by 10:00 is enqueued before the freed beds are given out.
            at = c
            while at < n_claims and (claims[at] >> 24) == DISCHARGE_SECOND:
                n_kept = _enqueue(
                    p, people, visits, seed, key_day, day, claims[at], kept, n_kept, tally
                )
                at += 1
            _sort_rows(kept, n_kept)
            occupied, n_kept, n_stays = _grant(
                p, facilities, people, seed, key_day, day, facility, occupied, kept, n_kept,
                stays, n_stays, tally,
            )  # fmt: skip
            n_kept, n_events = _step_downs_go_home(kept, n_kept, events, n_events, day, tally)
        if c == n_claims or second == DISCHARGE_SECOND:
            continue
        n_kept = _enqueue(p, people, visits, seed, key_day, day, claims[c], kept, n_kept, tally)
        # All that becomes ready at an instant is enqueued before a bed is given.
        if c + 1 < n_claims and (claims[c + 1] >> 24) == second:
            continue
        if c > 0 and (claims[c - 1] >> 24) == second:
            _sort_rows(kept, n_kept)
            occupied, n_kept, n_stays = _grant(
                p, facilities, people, seed, key_day, day, facility, occupied, kept, n_kept,
                stays, n_stays, tally,
            )  # fmt: skip
        elif is_free(facilities, facility, occupied, kept[n_kept - 1, W_KEY] >> 58):
            n_kept -= 1
            _admit(
                p, facilities, people, seed, key_day, day, facility, kept, n_kept, stays, n_stays,
                tally,
            )  # fmt: skip
            n_stays += 1
            occupied += 1
    _sort_rows(kept, n_kept)
    still = 0
    for i in range(n_kept):
        if kept[i, W_UNTIL] <= day + 1:
            resident = kept[i, W_RESIDENT]
            episode_word = asking(kept[i, W_EPISODE_WORD], SEEK_BED)
            target = next_for_bed(facilities, villages, people, resident, episode_word, facility)
            onset = kept[i, W_ONSET]
            write_event(
                events,
                n_events,
                resident,
                onset,
                episode_word,
                kept[i, W_DIFFICULTY],
                target,
                day + 1,
            )
            n_events += 1
            tally[F_LEFT_QUEUE] += 1
        else:
            copy_row(kept, i, kept, still)
            still += 1
    return occupied, still, n_stays, n_events


@kernel
def _enqueue(
    p: Any, people: Any, visits: Any, seed: int, key_day: int, day: int, claim: int,
    kept: Any, n_kept: int, tally: Any,
) -> int:  # fmt: skip
    """Append a request to the bed queue; returns its new length."""
    place = claim & 0xFFFFFF
    resident = visits[place, RESIDENT]
    episode_word = visits[place, EPISODE_WORD]
    onset = visits[place, ONSET]
    priority = priority_of(episode_word, people[resident].contract)
    identity = people[resident].identity
    u = block(seed, _ADMISSION, identity, key_day + onset, occurrence_of(episode_word))
    kept[n_kept, W_KEY] = _bed_key(priority, day, claim >> 24, place)
    kept[n_kept, W_RESIDENT] = resident
    kept[n_kept, W_ONSET] = onset
    kept[n_kept, W_EPISODE_WORD] = episode_word
    kept[n_kept, W_DIFFICULTY] = visits[place, DIFFICULTY]
    kept[n_kept, W_SINCE] = day
    kept[n_kept, W_UNTIL] = day + patience(p, u[1], need_class_of(episode_word))
    tally[F_BED_REQUESTS] += 1
    return n_kept + 1


@kernel
def _admit(
    p: Any, facilities: Any, people: Any, seed: int, key_day: int, day: int, facility: int,
    kept: Any, row: int, stays: Any, n_stays: int, tally: Any,
) -> None:  # fmt: skip
    """Give a bed to the patient in row `row` of the queue."""
    waited = day - kept[row, W_SINCE]
    episode_word = kept[row, W_EPISODE_WORD]
    write_stay(
        p, facilities, people, seed, key_day, day, facility, kept[row, W_RESIDENT], kept[row, W_ONSET],
        episode_word, kept[row, W_DIFFICULTY], waited, stays, n_stays,
    )  # fmt: skip
    tally[F_ADMISSIONS] += 1
    tally[F_BED_WAIT_DAYS] += waited
    if asks_for(episode_word) == TRANSFER:
        tally[F_TRANSFERS_IN] += 1
    if asks_for(episode_word) == STEP_DOWN:
        tally[F_BACK_RECEIVED] += 1


@kernel
def _grant(
    p: Any, facilities: Any, people: Any, seed: int, key_day: int, day: int, facility: int,
    occupied: int, kept: Any, n_kept: int, stays: Any, n_stays: int, tally: Any,
) -> tuple[int, int, int]:  # fmt: skip
    """Give beds down the sorted queue; returns occupied, length of the queue, stays."""
    still = 0
    for i in range(n_kept):
        if is_free(facilities, facility, occupied, kept[i, W_KEY] >> 58):
            _admit(
                p, facilities, people, seed, key_day, day, facility, kept, i, stays, n_stays, tally
            )
            n_stays += 1
            occupied += 1
        else:
            copy_row(kept, i, kept, still)
            still += 1
    return occupied, still, n_stays


@kernel
def _step_downs_go_home(
    kept: Any, n_kept: int, events: Any, n_events: int, day: int, tally: Any
) -> tuple[int, int]:
    """Back-referred patients who found no bed go home: an event at no facility says so."""
    still = 0
    for i in range(n_kept):
        episode_word = kept[i, W_EPISODE_WORD]
        if asks_for(episode_word) == STEP_DOWN:
            resident = kept[i, W_RESIDENT]
            write_event(
                events,
                n_events,
                resident,
                kept[i, W_ONSET],
                episode_word,
                kept[i, W_DIFFICULTY],
                -1,
                day,
            )
            n_events += 1
            tally[F_BACK_REFUSED] += 1
        else:
            copy_row(kept, i, kept, still)
            still += 1
    return still, n_events


@kernel
def _sort_rows(rows: Any, n: int) -> None:
    """Sort queue rows by claim key; nearly sorted already, so by exchanging neighbours."""
    for i in range(1, n):
        at = i
        while at > 0 and rows[at - 1, W_KEY] > rows[at, W_KEY]:
            for column in range(WAIT_COLUMNS):
                held = rows[at, column]
                rows[at, column] = rows[at - 1, column]
                rows[at - 1, column] = held
            at -= 1
