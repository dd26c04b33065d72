"""What became of a visit or a stay, in words, read from what the day's kernels left behind.

Success is the habit bit a kernel wrote, what comes next the event it posted; nothing is decided
again. Arrays are of shape (n,), one row a visit or stay.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.engines.kernels import episode_word as L
from sim.tiers import CRITICAL

ASKED_FOR = ("new", "escalation", "named", "referral")
OUTCOME = (
    "resolved", "bed_requested", "referred", "escalated", "ended_unresolved", "returns", "gave_up",
)  # fmt: skip
STAY_KIND = ("emergency", "referred", "elective", "transfer", "step_down", "sought")
ENDING = (
    "home", "home_unresolved", "transferred", "back_referred", "died", "moved_away", "in_bed",
)  # fmt: skip


def _of_arrays(kernel: Any) -> Any:
    """A compiled scalar's own Python form, which is arithmetic only and takes arrays too."""
    return getattr(kernel, "py_func", kernel)


need_class_of = _of_arrays(L.need_class_of)
occurrence_of = _of_arrays(L.occurrence_of)
visits_of = _of_arrays(L.visits_of)
asks_for = _of_arrays(L.asks_for)
is_referred = _of_arrays(L.is_referred)


def asked(episode_word: np.ndarray) -> np.ndarray:
    """Index into ASKED_FOR of every visit: a named visit with a referral is the word after."""
    what = asks_for(episode_word)
    return what + ((what == L.NAMED) & is_referred(episode_word))


def following(residents: np.ndarray, posted: list[np.ndarray]) -> np.ndarray:
    """The event (6,) posted for each resident, all -1 where there is none; (n, 6)."""
    rows = np.full((len(residents), L.EVENT_COLUMNS), -1, dtype=np.int32)
    events = np.concatenate(posted)
    if len(events):
        order = np.argsort(events[:, L.RESIDENT], kind="stable")
        sorted_residents = events[order, L.RESIDENT]
        at = np.minimum(np.searchsorted(sorted_residents, residents), len(order) - 1)
        found = sorted_residents[at] == residents
        rows[found] = events[order[at[found]]]
    return rows


def asks_next(events: np.ndarray) -> np.ndarray:
    """What the events of `following` ask for, -1 where there is none."""
    return np.where(events[:, L.RESIDENT] >= 0, asks_for(events[:, L.EPISODE_WORD]), -1)


def went_well(people: Any, residents: np.ndarray, episode_word: np.ndarray) -> np.ndarray:
    """What each resident learned from his last outcome of the class: the fifth habit bit."""
    return (people.habit[residents] >> (5 * need_class_of(episode_word)) >> 4) & 1 == 1


def visit_outcome(
    people: Any,
    residents: np.ndarray,
    episode_word: np.ndarray,
    fate: np.ndarray,
    following: np.ndarray,
) -> np.ndarray:
    """Index into OUTCOME of every visit, once the day is closed."""
    what = asks_next(following)
    outcome = np.full(len(residents), OUTCOME.index("ended_unresolved"))
    outcome[what == L.ESCALATION] = OUTCOME.index("escalated")
    outcome[what == L.NAMED] = OUTCOME.index("referred")
    outcome[went_well(people, residents, episode_word)] = OUTCOME.index("resolved")
    outcome[fate == L.WANTS_BED] = OUTCOME.index("bed_requested")
    unseen = fate == L.UNSEEN
    returns, gave_up = OUTCOME.index("returns"), OUTCOME.index("gave_up")
    outcome[unseen] = np.where(what[unseen] == L.NAMED, returns, gave_up)
    return outcome


def stay_ending(
    people: Any, residents: np.ndarray, episode_word: np.ndarray, following: np.ndarray
) -> np.ndarray:
    """Index into ENDING of every stay that was discharged today."""
    well = went_well(people, residents, episode_word) | (asks_for(episode_word) == L.STEP_DOWN)
    ending = np.where(well, ENDING.index("home"), ENDING.index("home_unresolved"))
    what = asks_next(following)
    ending[what == L.TRANSFER] = ENDING.index("transferred")
    ending[what == L.STEP_DOWN] = ENDING.index("back_referred")
    return ending


def stay_kind(episode_word: np.ndarray) -> np.ndarray:
    """Index into STAY_KIND: by what the request was, then by class, then by how he came."""
    referred, elective = STAY_KIND.index("referred"), STAY_KIND.index("elective")
    kind = np.where(is_referred(episode_word), referred, elective)
    kind[need_class_of(episode_word) == CRITICAL] = STAY_KIND.index("emergency")
    what = asks_for(episode_word)
    kind[what == L.TRANSFER] = STAY_KIND.index("transfer")
    kind[what == L.STEP_DOWN] = STAY_KIND.index("step_down")
    kind[what == L.SEEK_BED] = STAY_KIND.index("sought")
    return kind
