"""24:00 for a range of the day's requests: payment, resolution, what comes next, learning."""

from __future__ import annotations

from typing import Any

from sim.engines.kernels.episode_word import (
    AHEAD,
    BED_ONLY,
    C_CHARGE,
    C_FIRST_CONTACTS,
    C_FUND,
    C_OUT_OF_POCKET,
    C_REFERRALS,
    C_TRAVEL_SECONDS,
    C_UNSEEN,
    C_VISITS,
    C_WAIT_SECONDS,
    DIFFICULTY,
    E_CONTACTED,
    E_FIRST_PRIMARY,
    E_RESOLVED,
    E_SELF_RESOLVED,
    E_SELF_UNRESOLVED,
    E_STARTED,
    E_UNRESOLVED,
    EPISODE_WORD,
    ESCALATION,
    G_FIRST_CONTACTS,
    G_FUND,
    G_OUT_OF_POCKET,
    G_OWN_FUND,
    G_OWN_VISITS,
    G_RESOLVED,
    G_TRAVEL_SECONDS,
    G_UNRESOLVED,
    G_VISITS,
    G_WAIT_SECONDS,
    GROUPS,
    IDLE,
    IN_BED,
    NAMED,
    NEW,
    ONSET,
    POSTPONED,
    QUALITY_ONE,
    RESIDENT,
    SELF_CARE,
    UNSEEN,
    WANTS_BED,
    after_visit,
    asking,
    asks_for,
    failed_of,
    group_of,
    need_class_of,
    occurrence_of,
    place_of_facility,
    visits_of,
    with_referral,
    write_event,
)
from sim.jit import kernel, prefetch
from sim.rules.choice import learned, scope_of
from sim.rules.illness import difficulty_of
from sim.rules.payment import MOST_FEN, charge_fen, fund_fen
from sim.rules.random import Stream, block
from sim.rules.referral import adherence_probability
from sim.rules.referral import is_referred as refers
from sim.rules.resolution import MOST_VISITS, goes_on, resolves, self_care_resolves
from sim.tiers import ALTERNATIVE_TIER, CRITICAL, EFFECTIVE_CONTRACT, N_ALTERNATIVES

_OUTCOME = int(Stream.OUTCOME)
_TIER_OF = ALTERNATIVE_TIER


@kernel
def own_group(villages: Any, people: Any, r: int) -> int:
    """Group of a resident within his county, see episode_word.group_of."""
    village = people[r].village
    return villages[village].county * GROUPS + group_of(
        people[r].age,
        people[r].sex,
        villages[village].urban,
        people[r].income,
        villages[village].band,
    )


@kernel
def learn(
    p: Any, people: Any, r: int, need_class: int, tier: int, alternative: int, good: bool
) -> None:
    """Habit and perceived quality after an outcome."""
    quality = learned(p, people[r].quality[tier] / QUALITY_ONE, good)
    people[r].quality[tier] = int(quality * QUALITY_ONE + 0.5)
    shift = 5 * need_class
    entry = (alternative + 1) | (16 if good else 0)
    people[r].habit = (int(people[r].habit) & ~(31 << shift)) | (entry << shift)


@kernel
def next_tier_facility(
    facilities: Any, villages: Any, people: Any, r: int, tier: int, need_class: int
) -> int:
    """Facility a patient is referred or moved up to: the first of the next tier that
    takes him, general hospitals before others; -1 above the outside."""
    village = people[r].village
    patient = 3 * need_class + scope_of(people[r].age, people[r].sex)
    for j in range(N_ALTERNATIVES):
        f = villages[village].facility[j]
        if _TIER_OF[j] > tier and f >= 0 and (facilities[f].takes >> patient) & 1:
            return f
    return -1


@kernel
def close_visits(
    parameters: Any, facilities: Any, villages: Any, scheme: Any, people: Any, published: Any, seed: int,
    key_day: int, day: int, month: int, counting: int, requests: Any, first: int, last: int,
    facility: Any, alternative: Any, fate: Any, wait: Any, out: Any, tallies: Any,
) -> int:  # fmt: skip
    """Close requests first..last of the day.

    parameters  a table of one row
    out      (n, 6) int32 events that follow, from row `first`
    tallies  this worker's own Tallies, added to when counting
    returns  events written
    """
    p = parameters[0]
    written = first
    # Taken out of the record once: every look inside it would count a reference, atomically.
    episode, by_county, by_group = tallies.episode, tallies.county, tallies.group
    for i in range(first, last):
        if i + AHEAD < last:
            prefetch(people, requests[i + AHEAD, RESIDENT])
        outcome = fate[i]
        if outcome == IDLE:
            continue
        r = requests[i, RESIDENT]
        episode_word = requests[i, EPISODE_WORD]
        difficulty_bits = requests[i, DIFFICULTY]
        onset = requests[i, ONSET]
        if outcome == BED_ONLY:
            continue
        need_class = need_class_of(episode_word)
        if asks_for(episode_word) == NEW:
            episode[need_class, E_STARTED] += 1
        if outcome == POSTPONED:
            continue
        difficulty = difficulty_of(difficulty_bits)
        if outcome == SELF_CARE:
            if asks_for(episode_word) == NEW:
                well = self_care_resolves(p, need_class, difficulty)
                episode[need_class, E_SELF_RESOLVED if well else E_SELF_UNRESOLVED] += 1
                if counting:
                    group = own_group(villages, people, r)
                    by_group[group, 0, G_RESOLVED if well else G_UNRESOLVED] += 1
            else:
                episode[need_class, E_UNRESOLVED] += 1
                if counting:
                    by_group[own_group(villages, people, r), 0, G_UNRESOLVED] += 1
            continue
        f = facility[i]
        tier = facilities[f].tier
        village = people[r].village
        county = villages[village].county
        place = place_of_facility(facilities, f, county)
        if outcome == UNSEEN:
            by_county[month, county, tier, place, C_UNSEEN] += counting
            u = block(
                seed, _OUTCOME, people[r].identity, key_day + day, occurrence_of(episode_word) + 512
            )
            if u[0] < p.unseen_return:
                again = asking(episode_word, NAMED)
                write_event(out, written, r, onset, again, difficulty_bits, f, day + 1)
                written += 1
            else:
                episode[need_class, E_UNRESOLVED] += 1
                if counting:
                    by_group[own_group(villages, people, r), tier, G_UNRESOLVED] += 1
            continue
        charge, fund = _pay_visit(p, facilities, scheme, people, r, f, difficulty)
        if visits_of(episode_word) == 0:
            episode[need_class, E_CONTACTED] += 1
            episode[need_class, E_FIRST_PRIMARY] += 1 if tier <= 1 else 0
            by_county[month, county, tier, place, C_FIRST_CONTACTS] += counting
        if counting:
            by_county[month, county, tier, place, C_VISITS] += 1
            by_county[month, county, tier, place, C_WAIT_SECONDS] += wait[i]
            hours = villages[village].hours[alternative[i]] if alternative[i] >= 0 else 0.0
            travel = int(2.0 * hours * 3600.0 + 0.5)
            by_county[month, county, tier, place, C_TRAVEL_SECONDS] += travel
            by_county[month, county, tier, place, C_CHARGE] += charge
            by_county[month, county, tier, place, C_FUND] += fund
            by_county[month, county, tier, place, C_OUT_OF_POCKET] += charge - fund
            group = own_group(villages, people, r)
            by_group[group, tier, G_VISITS] += 1
            by_group[group, tier, G_FIRST_CONTACTS] += 1 if visits_of(episode_word) == 0 else 0
            by_group[group, tier, G_OUT_OF_POCKET] += charge - fund
            by_group[group, tier, G_FUND] += fund
            by_group[group, tier, G_TRAVEL_SECONDS] += travel
            by_group[group, tier, G_WAIT_SECONDS] += wait[i]
            if place == 0:
                by_group[group, tier, G_OWN_VISITS] += 1
                by_group[group, tier, G_OWN_FUND] += fund
        if outcome == WANTS_BED:
            people[r].status = people[r].status | IN_BED
            continue
        good = resolves(facilities[f].capability[need_class], difficulty)
        if failed_of(episode_word) > tier + 1:
            good = False  # an equal or lower tier than one that failed resolves nothing
        learn(p, people, r, need_class, tier, alternative[i], good)
        if good:
            episode[need_class, E_RESOLVED] += 1
            if counting:
                by_group[own_group(villages, people, r), tier, G_RESOLVED] += 1
            continue
        following = after_visit(episode_word, tier)
        u = block(seed, _OUTCOME, people[r].identity, key_day + onset, occurrence_of(episode_word))
        if visits_of(following) >= MOST_VISITS or tier == 5 or not goes_on(p, u[0], need_class):
            episode[need_class, E_UNRESOLVED] += 1
            if counting:
                by_group[own_group(villages, people, r), tier, G_UNRESOLVED] += 1
            continue
        if refers(p, u[1]):
            by_county[month, county, tier, place, C_REFERRALS] += counting
            follows = adherence_probability(
                p, people[r].quality[1] / QUALITY_ONE, people[r].contract == EFFECTIVE_CONTRACT
            )
            target = next_tier_facility(facilities, villages, people, r, tier, need_class)
            if u[2] < follows and target >= 0:
                delay = published[target].appointment_days if need_class < CRITICAL else 0
                sent = with_referral(asking(following, NAMED), True)
                due = day + 1 + delay
                write_event(out, written, r, onset, sent, difficulty_bits, target, due)
                written += 1
                continue
        higher = with_referral(asking(following, ESCALATION), False)
        write_event(out, written, r, onset, higher, difficulty_bits, -1, day + 1)
        written += 1
    return written - first


@kernel
def _pay_visit(
    p: Any, facilities: Any, scheme: Any, people: Any, r: int, f: int, difficulty: float
) -> tuple[int, int]:
    """Charge of one visit and what the fund pays of it, in fen; counts the year's fund use."""
    insurance = people[r].insurance
    tier = facilities[f].tier
    charge = charge_fen(p, facilities[f].price, difficulty)
    fund = fund_fen(
        charge, scheme.visit_fund_bp[insurance, tier], 0, scheme.visit_cap[insurance],
        people[r].visit_fund,
    )  # fmt: skip
    people[r].visit_fund = min(MOST_FEN, people[r].visit_fund + fund)
    return charge, fund
