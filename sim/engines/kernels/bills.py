"""What one visit was charged and whether the doctor wrote a referral, for a record of visits.

The day's kernels add these up and forget them; here they are asked of the same rules again.
"""

from __future__ import annotations

from typing import Any

from sim.engines.kernels.episode_word import (
    DIFFICULTY,
    EPISODE_WORD,
    ONSET,
    RESIDENT,
    occurrence_of,
)
from sim.jit import kernel
from sim.rules.illness import difficulty_of
from sim.rules.payment import charge_fen
from sim.rules.random import Stream, block
from sim.rules.referral import is_referred

_OUTCOME = int(Stream.OUTCOME)


@kernel
def visit_bills(
    p: Any, facilities: Any, people: Any, seed: int, key_day: int, requests: Any, facility: Any,
    charge: Any, referral: Any,
) -> None:  # fmt: skip
    """Charge of each visit in fen, and whether a patient who goes on is given a referral.

    requests  (n, 6) events that were seen; facility (n,) where
    charge, referral  (n,) int64, written
    """
    for i in range(len(requests)):
        r = requests[i, RESIDENT]
        charge[i] = charge_fen(
            p, facilities[facility[i]].price, difficulty_of(requests[i, DIFFICULTY])
        )
        occasion = occurrence_of(requests[i, EPISODE_WORD])
        u = block(seed, _OUTCOME, people[r].identity, key_day + requests[i, ONSET], occasion)
        referral[i] = 1 if is_referred(p, u[1]) else 0


@kernel
def difficulties(difficulty_bits: Any, out: Any) -> None:
    """Difficulty of every episode; difficulty_bits (n,) int32, out (n,) float64 written."""
    for i in range(len(difficulty_bits)):
        out[i] = difficulty_of(difficulty_bits[i])
