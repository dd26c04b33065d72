"""What travels through the model: an episode of illness, a visit of today, a stay in bed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from sim.rules.illness import difficulty_of

if TYPE_CHECKING:
    from sim.engines.reference.facility import Facility
    from sim.engines.reference.resident import Resident

CRITICAL = 3
NOT_YET = -10_000  # no day of a run
_MOST_COUNTED = 7  # visits of an episode are distinguished up to seven


class Asks(IntEnum):
    """What an episode asks for next. The last three ask for a bed, at 10:00."""

    NEW = 0  # a first decision
    ESCALATION = 1  # somebody at a tier above those that failed
    NAMED = 2  # a visit at a named facility
    TRANSFER = 3  # a bed further up
    STEP_DOWN = 4  # a bed at the township, to recover
    SEEK_BED = 5  # a bed elsewhere, patience being at an end


class Fate(IntEnum):
    """What became of somebody who came to a facility today."""

    UNSEEN = 3
    CONSULTED = 4
    WANTS_BED = 5
    BED_ONLY = 6  # came for a bed, not for a consult


@dataclass(slots=True, eq=False)
class Episode:
    """One illness of one resident, from its onset until it is resolved or given up.

    onset    day it begins; with `ordinal` (its number in the month drawn) it names the episode
    difficulty  in (0, 1): facilities of a capability K resolve difficulties up to K
    difficulty_bits  the 32 random bits of the difficulty
    failed   highest tier that failed, plus 1; 0 for none
    """

    resident: Resident
    onset: int
    ordinal: int
    need_class: int
    difficulty_bits: int
    asks: Asks = Asks.NEW
    facility: Facility | None = None
    visits: int = 0
    failed: int = 0
    is_referred: bool = False
    difficulty: float = field(init=False)

    def __post_init__(self) -> None:
        self.difficulty = difficulty_of(self.difficulty_bits)

    @property
    def occurrence(self) -> int:
        """Part of the key of a draw: with the onset it names one visit of one resident."""
        return self.ordinal + 64 * self.visits

    @property
    def named(self) -> Facility:
        """The facility a named visit or a bed is asked of."""
        if self.facility is None:
            raise ValueError("this episode names no facility")
        return self.facility

    @property
    def wants_bed(self) -> bool:
        """Does it ask for a bed and not for a consult?"""
        return self.asks >= Asks.TRANSFER

    @property
    def is_critical(self) -> bool:
        """An emergency: any hour, ahead of others."""
        return self.need_class == CRITICAL

    def place_in_day(self, day: int) -> tuple[int, bool, int, int]:
        """Order of a day's list: by resident; what begins today before what goes on."""
        return (self.resident.row, self.onset < day, self.onset, self.ordinal)

    def fails_at(self, tier: int) -> None:
        """One more visit or stay is over, at a tier that did not end the episode."""
        self.visits = min(_MOST_COUNTED, self.visits + 1)
        self.failed = max(self.failed, tier + 1)


@dataclass(slots=True, eq=False)
class Visit:
    """One resident at one facility today; seconds since 00:00.

    place   position in the facility's list of the day, in the order of residents
    second  arrival; for a bed only, 10:00
    waited  seconds until the first consult, or until he left unseen
    ended   second at which the last consult ended
    charge, fund  fen, and what of it the fund pays
    """

    episode: Episode
    facility: Facility
    alternative: int
    pool: int
    second: int
    place: int = -1
    fate: Fate = Fate.BED_ONLY
    waited: int = 0
    ended: int = 0
    u_admission: float = 1.0
    charge: int = 0
    fund: int = 0


@dataclass(slots=True, eq=False)
class Stay:
    """One stay in bed, or the wait for it.

    episode   None: somebody in bed before the run began
    priority  of the claim, see sim.rules.admission
    asked     (day, second, place) of the request: with the priority the order of claims
    until     day at whose end patience is over
    granted   day of the bed, NOT_YET while waiting
    days      midnights in bed
    moves_up  it ends in a transfer up
    charge, fund  fen, and what of it the fund pays; at the discharge
    bed, call  SimPy's: the bed occupied, and the event that ends the wait
    is_over   somebody else decided that it ends: patience, a death, a move
    """

    episode: Episode | None
    facility: Facility
    priority: int = 0
    asked: tuple[int, int, int] = (0, 0, 0)
    until: int = 0
    granted: int = NOT_YET
    days: int = 0
    moves_up: bool = False
    charge: int = 0
    fund: int = 0
    bed: Any = None
    call: Any = None
    is_over: bool = False

    @property
    def claim(self) -> tuple[int, tuple[int, int, int]]:
        """The order of claims on a bed; no two are equal."""
        return (self.priority, self.asked)

    @property
    def illness(self) -> Episode:
        """The episode of a resident's stay."""
        if self.episode is None:
            raise ValueError("a stay of before the run belongs to nobody")
        return self.episode

    @property
    def patient(self) -> Resident:
        """Whose stay it is."""
        return self.illness.resident
