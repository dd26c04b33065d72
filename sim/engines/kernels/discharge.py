"""10:00 discharges of a range of stays: payment, transfer up, back-referral, or home."""

from __future__ import annotations

from typing import Any

from sim.engines.kernels.close import learn, next_tier_facility, own_group
from sim.engines.kernels.episode_word import (
    AHEAD,
    C_ADMISSIONS,
    C_BED_WAIT_DAYS,
    C_DISCHARGES,
    C_STAY_CHARGE,
    C_STAY_FUND,
    C_STAY_OUT_OF_POCKET,
    DAYS,
    DIFFICULTY,
    E_RESOLVED,
    E_UNRESOLVED,
    EPISODE_WORD,
    F_BACK_SENT,
    F_CHARGE_INPATIENT,
    F_DISCHARGES,
    F_STAY_DAYS,
    F_TRANSFERS_OUT,
    FACILITY,
    G_ADMISSIONS,
    G_BED_WAIT_DAYS,
    G_DISCHARGES,
    G_FUND,
    G_MANAGED_ADMISSIONS,
    G_OUT_OF_POCKET,
    G_OWN_ADMISSIONS,
    G_OWN_FUND,
    G_RESOLVED,
    G_STAY_DAYS,
    G_UNRESOLVED,
    GRANTED,
    MOVES_UP,
    NOT_IN_BED,
    ONSET,
    RESIDENT,
    STEP_DOWN,
    TRANSFER,
    WAITED,
    after_visit,
    alternative_of,
    asking,
    asks_for,
    copy_row,
    need_class_of,
    occurrence_of,
    place_of_facility,
    visits_of,
    write_event,
)
from sim.jit import kernel, prefetch
from sim.rules.illness import difficulty_of
from sim.rules.payment import MOST_FEN, charge_fen, deductible_fen, fund_fen
from sim.rules.random import Stream, block
from sim.rules.referral import back_referral_probability
from sim.rules.resolution import MOST_VISITS, resolves
from sim.rules.stay import residual_days
from sim.tiers import EFFECTIVE_CONTRACT

_REFERRAL = int(Stream.REFERRAL)
_STAY = int(Stream.STAY)
_MOST_STAYS = 255


@kernel
def first_stays(
    p: Any, facilities: Any, occupied: Any, seed: int, key_day: int, first_day: int, stays: Any
) -> None:
    """Stays in progress when a run begins, by people of before (resident -1): one a bed in use,
    in order of facility and bed."""
    row = 0
    for f in range(len(occupied)):
        for bed in range(occupied[f]):
            u = block(seed, _STAY, f, key_day + first_day, bed)
            for column in range(stays.shape[1]):
                stays[row, column] = 0
            stays[row, RESIDENT] = -1
            stays[row, FACILITY] = f
            stays[row, GRANTED] = first_day
            stays[row, DAYS] = residual_days(p, u[0], u[1], facilities[f].tier)
            row += 1


@kernel
def tally_admissions(
    facilities: Any, villages: Any, people: Any, month: int, stays: Any, tallies: Any
) -> None:
    """Count new admissions by residence of the patient."""
    by_county, by_group = tallies.county, tallies.group
    for i in range(len(stays)):
        if i + AHEAD < len(stays):
            prefetch(people, stays[i + AHEAD, RESIDENT])
        r = stays[i, RESIDENT]
        f = stays[i, FACILITY]
        county = villages[people[r].village].county
        tier = facilities[f].tier
        place = place_of_facility(facilities, f, county)
        by_county[month, county, tier, place, C_ADMISSIONS] += 1
        by_county[month, county, tier, place, C_BED_WAIT_DAYS] += stays[i, WAITED]
        group = own_group(villages, people, r)
        managed = people[r].chronic > 0 and people[r].contract == EFFECTIVE_CONTRACT
        by_group[group, tier, G_ADMISSIONS] += 1
        by_group[group, tier, G_OWN_ADMISSIONS] += 1 if place == 0 else 0
        by_group[group, tier, G_MANAGED_ADMISSIONS] += 1 if managed else 0
        by_group[group, tier, G_BED_WAIT_DAYS] += stays[i, WAITED]


@kernel
def discharge(
    parameters: Any, facilities: Any, villages: Any, scheme: Any, people: Any, published: Any, seed: int, key_day: int, day: int,
    month: int, counting: int, stays: Any, first: int, last: int, out: Any, sent_back: Any,
    paid: Any, tallies: Any,
) -> int:  # fmt: skip
    """Discharge stays first..last (10:00 of `day`).

    parameters  a table of one row
    out        (n, 6) int32 events that follow, from row `first`
    sent_back  (n,) 1 where a back-referral was made; paid (n,) charge of the stay, fen
    returns    events written
    """
    p = parameters[0]
    written = first
    episode, by_county, by_group = tallies.episode, tallies.county, tallies.group
    for i in range(first, last):
        if i + AHEAD < last:
            prefetch(people, max(0, stays[i + AHEAD, RESIDENT]))
        sent_back[i] = 0
        paid[i] = 0
        r = stays[i, RESIDENT]
        if r < 0:
            continue  # in bed before the run began
        f = stays[i, FACILITY]
        tier = facilities[f].tier
        episode_word = stays[i, EPISODE_WORD]
        difficulty_bits = stays[i, DIFFICULTY]
        onset = stays[i, ONSET]
        difficulty = difficulty_of(difficulty_bits)
        need_class = need_class_of(episode_word)
        village = people[r].village
        county = villages[village].county
        place = place_of_facility(facilities, f, county)
        group = own_group(villages, people, r)
        charge, fund = _pay_stay(
            p, facilities, scheme, people, r, f, difficulty, stays[i, MOVES_UP] == 1
        )
        paid[i] = charge
        if counting:
            by_county[month, county, tier, place, C_STAY_CHARGE] += charge
            by_county[month, county, tier, place, C_STAY_FUND] += fund
            by_county[month, county, tier, place, C_STAY_OUT_OF_POCKET] += charge - fund
            by_county[month, county, tier, place, C_DISCHARGES] += 1
            by_group[group, tier, G_OUT_OF_POCKET] += charge - fund
            by_group[group, tier, G_FUND] += fund
            by_group[group, tier, G_OWN_FUND] += fund if place == 0 else 0
            by_group[group, tier, G_DISCHARGES] += 1
            by_group[group, tier, G_STAY_DAYS] += stays[i, DAYS]
        stepped_down = asks_for(episode_word) == STEP_DOWN
        good = stepped_down or resolves(facilities[f].capability[need_class], difficulty)
        if not stepped_down:
            learn(p, people, r, need_class, tier, alternative_of(villages, village, f), good)
        if not good:
            following = after_visit(episode_word, tier)
            target = next_tier_facility(facilities, villages, people, r, tier, need_class)
            if stays[i, MOVES_UP] == 1 and target >= 0 and visits_of(following) < MOST_VISITS:
                up = asking(following, TRANSFER)
                write_event(out, written, r, onset, up, difficulty_bits, target, day + 1)
                written += 1
                continue
            episode[need_class, E_UNRESOLVED] += 1
            if counting:
                by_group[group, tier, G_UNRESOLVED] += 1
            people[r].status = people[r].status & NOT_IN_BED
            continue
        township = villages[village].facility[1]
        if tier >= 2 and _takes_back(facilities, published, township, need_class):
            u = block(
                seed, _REFERRAL, people[r].identity, key_day + onset, occurrence_of(episode_word)
            )
            if u[0] < back_referral_probability(p, tier):
                down = asking(after_visit(episode_word, tier), STEP_DOWN)
                write_event(out, written, r, onset, down, difficulty_bits, township, day + 1)
                written += 1
                sent_back[i] = 1
                continue
        episode[need_class, E_RESOLVED] += 1
        if counting:
            by_group[group, tier, G_RESOLVED] += 1
        people[r].status = people[r].status & NOT_IN_BED
    return written - first


@kernel
def tally_discharges(stays: Any, sent_back: Any, paid: Any, tally: Any) -> None:
    """Count what `discharge` did by facility, in tally, (facilities, facility tallies)."""
    for i in range(len(stays)):
        row = tally[stays[i, FACILITY]]
        row[F_DISCHARGES] += 1
        row[F_STAY_DAYS] += stays[i, DAYS]
        row[F_TRANSFERS_OUT] += stays[i, MOVES_UP]
        row[F_BACK_SENT] += sent_back[i]
        row[F_CHARGE_INPATIENT] += paid[i]


@kernel
def _takes_back(facilities: Any, published: Any, township: int, need_class: int) -> bool:
    """Has the township a doctor and, by its published figure, a free bed?"""
    if township < 0 or not facilities[township].available[need_class]:
        return False
    return published[township].free_beds > 0


@kernel
def _pay_stay(
    p: Any,
    facilities: Any,
    scheme: Any,
    people: Any,
    r: int,
    f: int,
    difficulty: float,
    moved_up: bool,
) -> tuple[int, int]:
    """Charge of one stay and what the fund pays of it, in fen; counts the year's use. A stay that
    ends in a transfer after a day costs a day's share."""
    insurance = people[r].insurance
    tier = facilities[f].tier
    charge = charge_fen(p, facilities[f].stay_price, difficulty)
    if moved_up:
        charge = int(charge / p.stay_mean[tier])
    deductible = deductible_fen(
        scheme.deductible[insurance, tier], scheme.deductible_factor, people[r].stays
    )
    fund = fund_fen(
        charge, scheme.stay_fund_bp[insurance, tier], deductible, scheme.stay_cap[insurance],
        people[r].stay_fund,
    )  # fmt: skip
    people[r].stay_fund = min(MOST_FEN, people[r].stay_fund + fund)
    people[r].stays = min(_MOST_STAYS, people[r].stays + 1)
    return charge, fund


@kernel
def go_home(
    villages: Any, people: Any, events: Any, counting: int, tallies: Any, elsewhere: Any
) -> int:
    """Patients for whom there is no bed here: a back-referral ends resolved, anybody else who has
    nowhere left to look ends unresolved, and the others look elsewhere.

    elsewhere  (n, 6) written: events of the others;  returns how many they are
    """
    episode, by_group = tallies.episode, tallies.group
    others = 0
    for i in range(len(events)):
        if events[i, FACILITY] >= 0:
            copy_row(events, i, elsewhere, others)
            others += 1
            continue
        r = events[i, RESIDENT]
        people[r].status = people[r].status & NOT_IN_BED
        need_class = need_class_of(events[i, EPISODE_WORD])
        if asks_for(events[i, EPISODE_WORD]) == STEP_DOWN:
            episode[need_class, E_RESOLVED] += 1
            if counting:
                by_group[own_group(villages, people, r), 1, G_RESOLVED] += 1
            continue
        episode[need_class, E_UNRESOLVED] += 1
        if counting:
            by_group[own_group(villages, people, r), 2, G_UNRESOLVED] += 1
    return others
