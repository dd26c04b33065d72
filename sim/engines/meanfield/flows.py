"""Side by side: the arrays in which episodes of several places are followed at once.

Places lie side by side in the last axis of every array: each step is one loop over them, without
branches, which the compiler does eight at a time. Flows, ends and scratch are flat, rows of WIDE
numbers: so their distances are known beforehand. The number of places is not, or the compiler would
write short loops out one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.jit import inlined
from sim.rules.resolution import MOST_VISITS
from sim.tiers import ALTERNATIVE_TIER, N_ALTERNATIVES, N_CLASSES, N_TIERS

# First alternative of a tier, and one past the last.
FROM_TIER = (*(ALTERNATIVE_TIER.index(tier) for tier in range(N_TIERS)), N_ALTERNATIVES)
TINY = 1e-300
WIDE = 64  # places side by side at most: as many as the largest region has
# Columns of the flows of a place, class and alternative, persons a year unless said otherwise. In
# this order what is added or passed on together lies together, and first what loads rest on.
ARRIVED, ASK, ASK_SEVERITY, ASK_BEYOND, ASK_BEYOND_SEVERITY, URGENT, ASK_DEPTH = range(7)
ASKED = ASK_DEPTH + MOST_VISITS  # one past what is asked; ASK_DEPTH: beyond, by visits so far
STAYS, STAY_SEVERITY, SHORT, SHORT_SEVERITY, SHORT_DEPTH = range(ASKED, ASKED + 5)
(
    DOWN, DOWN_SEVERITY, WANTED, WANTED_URGENT, WANTED_DAYS, ASK_FAILED,
    VISITS, VISIT_SEVERITY, UNSEEN, GOOD, BAD, FIRST, REFERRED, MOVED_ON, SENT_BACK, REFERRED_IN,
    TRANSFERRED_IN, BED_DAYS, AGAIN,
) = range(SHORT_DEPTH + MOST_VISITS, SHORT_DEPTH + MOST_VISITS + 19)  # fmt: skip
# ASK_FAILED: at the regional tier, requests of those whom the city tier has failed. AGAIN: bad
# outcomes another visit or stay of the episode follows.
FLOWS = AGAIN + 1
# Columns of the ends of a place's episodes of a class.
(
    STARTED, SELF_RESOLVED, SELF_UNRESOLVED, RESOLVED, UNRESOLVED, CONTACTED, FIRST_PRIMARY,
    OPEN_DAYS,
) = range(8)  # fmt: skip
ENDS = 8
# Rows of the scratch after those of the ends: who comes to an alternative and what failed them, who
# of a tier's failed goes on, and what one request leads to.
(
    ARRIVING, FAILED, SCALE, ALL, NUMBER, WRITTEN, FOLLOWS, SEEN, LEAVE, FOUND,
    OUTSIDE_PART, PART, N_ROWS,
) = range(ENDS, ENDS + 13)  # fmt: skip
# What a place's alternative is like to patients of a class, see PLACES.
TURNED, GONE, CAPABILITY, ADMITS, ADMITS_BEYOND = range(5)

# What the alternatives of the places side by side are like today.
PLACES = np.dtype(
    [
        # Attempts of a patient that end unseen, share of patients who are never seen, difficulty
        # resolved up to, and the chance of a bed being asked for within capability and beyond it.
        ("like", np.float64, (N_CLASSES, N_ALTERNATIVES, 5, WIDE)),
        (
            "nearest",
            np.float64,
            (6, N_ALTERNATIVES, WIDE),
        ),  # where the ambulance goes, by least tier
        ("ambulance", np.float64, (6, WIDE)),  # 1 where it goes anywhere
        (
            "up",
            np.float64,
            (4, 6, N_ALTERNATIVES, WIDE),
        ),  # 1 where a class and tier are referred to
        ("has_up", np.float64, (4, 6, WIDE)),  # 1 where there is one
        ("is_up", np.int64, (4, 6, N_ALTERNATIVES)),  # 1 where this is so of any place
        (
            "onward",
            np.float64,
            (2, N_ALTERNATIVES, N_ALTERNATIVES, WIDE),
        ),  # others, critical: where a bed is sought next
        ("is_onward", np.int64, (2, N_ALTERNATIVES, N_ALTERNATIVES)),
        ("leave", np.float64, (N_ALTERNATIVES, WIDE)),  # share of bed requests that look elsewhere
        ("leave_urgent", np.float64, (N_ALTERNATIVES, WIDE)),
        ("days_to_visit", np.float64, (N_ALTERNATIVES, WIDE)),
        (
            "bed_queue",
            np.float64,
            (N_ALTERNATIVES, WIDE),
        ),  # days in the queue for a bed, of who is not urgent
        ("township_free", np.float64, (WIDE,)),  # chance of a free bed at the township centre
        ("trust", np.float64, (WIDE,)),  # perceived quality of the township tier
        ("adherence", np.float64, (WIDE,)),  # chance that a referred patient follows
        ("effective", np.float64, (WIDE,)),  # share with an effective contract
    ]
)


def new_chain() -> Any:
    """Scratch of `follow`: rows, the failed by tier, and flows by alternative."""
    return np.zeros(N_ROWS * WIDE), np.zeros(18 * WIDE), np.zeros(N_ALTERNATIVES * FLOWS * WIDE)


@inlined
def at(j: int, column: int) -> int:
    """Where a column of the flows of alternative j begins."""
    return (j * FLOWS + column) * WIDE


@inlined
def helped(capability: float, failed: float, scale: float) -> float:
    """Part of patients of difficulty above failed whom a facility helps; scale 1 / (1 - failed)."""
    return max(0.0, capability - failed) * scale
