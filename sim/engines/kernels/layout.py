"""Columns and records the kernels share."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from sim.compiled import kernel
from sim.tiers import N_ALTERNATIVES, Place

# An event is one visit or bed request of an episode, int32 columns.
RESIDENT, ONSET, META, LANE, FACILITY, DUE = range(6)
EVENT_COLUMNS = 6

# What an event asks for.
NEW, ESCALATION, NAMED, TRANSFER, STEP_DOWN, SEEK_BED = range(6)

# A stay, int32 columns: as an event, then the day of the grant, days in bed, whether it ends in a
# transfer up, and the days waited for the bed.
GRANTED, DAYS, MOVES_UP, WAITED = 5, 6, 7, 8
STAY_COLUMNS = 9

# A patient waiting for a bed, int64 columns.
W_KEY, W_RESIDENT, W_ONSET, W_META, W_LANE, W_SINCE, W_UNTIL = range(7)
WAIT_COLUMNS = 7

# What became of a request today.
IDLE, SELF_CARE, POSTPONED, UNSEEN, CONSULTED, WANTS_BED, BED_ONLY = range(7)

# Bits of a resident's status.
DEAD, IN_BED, MOVED, BORE = 1, 2, 4, 8
NOT_IN_BED = 255 - IN_BED

_OWN, _ELSEWHERE, _OUTSIDE = (int(place) for place in Place)

# Perceived quality is int16 fixed point.
QUALITY_ONE = 20_000

# Facility tallies, int64.
(
    F_VISITS, F_UNSEEN, F_WAIT_SECONDS, F_SERVICE_SECONDS, F_ADMISSIONS, F_DISCHARGES, F_STAY_DAYS,
    F_BED_DAYS, F_OPEN_BED_DAYS, F_BED_WAIT_DAYS, F_LEFT_QUEUE, F_TRANSFERS_OUT, F_TRANSFERS_IN,
    F_BACK_SENT, F_BACK_RECEIVED, F_BACK_REFUSED, F_EMERGENCIES, F_REFERRED_IN, F_CHARGE_OUTPATIENT,
    F_CHARGE_INPATIENT, F_LEFT_IN_BED, F_BED_REQUESTS, F_CENSUS_START, F_CENSUS_END,
    F_WAITING_START, F_WAITING_END, F_LEFT_WAITING, F_MOST_OCCUPIED,
) = range(28)  # fmt: skip
FACILITY_TALLIES = 28

# Tallies by month, county of residence, tier and place of the facility, int64.
(
    C_VISITS, C_CHARGE, C_FUND, C_OUT_OF_POCKET, C_TRAVEL_SECONDS, C_WAIT_SECONDS, C_FIRST_CONTACTS,
    C_REFERRALS, C_ADMISSIONS, C_STAY_CHARGE, C_STAY_FUND, C_STAY_OUT_OF_POCKET, C_DISCHARGES,
    C_UNSEEN, C_BED_WAIT_DAYS,
) = range(15)  # fmt: skip
COUNTY_TALLIES = 15

# Tallies by county and group of residents and tier, int64; what a visit adds to comes first.
(
    G_VISITS, G_OWN_VISITS, G_FIRST_CONTACTS, G_OUT_OF_POCKET, G_FUND, G_OWN_FUND, G_TRAVEL_SECONDS,
    G_WAIT_SECONDS, G_ADMISSIONS, G_OWN_ADMISSIONS, G_UNRESOLVED, G_RESOLVED, G_DISCHARGES,
    G_STAY_DAYS, G_BED_WAIT_DAYS, G_MANAGED_ADMISSIONS,
) = range(16)  # fmt: skip
GROUP_TALLIES = 16
GROUPS = 5 * 2 * 2 * 5 * 3  # in a county

# Episode ledger, int64: by need class.
(
    E_STARTED, E_SELF_RESOLVED, E_SELF_UNRESOLVED, E_RESOLVED, E_UNRESOLVED, E_DIED, E_MOVED,
    E_FIRST_PRIMARY, E_CONTACTED, E_PENDING_START, E_PENDING_END,
) = range(11)  # fmt: skip
EPISODE_TALLIES = 11

WAIT_BINS = 60

AHEAD = 12  # requests between asking for a resident's row and needing it

# Tables of records: one pointer to pass, and one cache line a resident.
PERSON = np.dtype(
    [
        ("identity", np.uint32),
        ("habit", np.uint32),  # by class five bits: alternative + 1, and whether it went well
        ("visit_fund", np.int32),  # fen the fund paid this year for visits
        ("stay_fund", np.int32),  # fen the fund paid this year for stays
        ("quality", np.int16, (6,)),  # perceived, by tier
        ("village", np.uint16),
        ("age", np.uint8),
        ("sex", np.uint8),
        ("income", np.uint8),
        ("insurance", np.uint8),
        ("chronic", np.uint8),
        ("key", np.uint8),
        ("contract", np.uint8),
        ("status", np.uint8),
        ("stays", np.uint8),  # discharges this year, at most 255
        ("taste", np.uint8),  # level of price taste + 16 x level of travel taste
    ]
)
FACILITY_RECORD = np.dtype(
    [
        ("tier", np.int64),
        ("kind", np.int64),
        ("county", np.int64),
        ("beds", np.int64),
        ("overflow", np.int64),
        ("reserved", np.int64),
        ("price", np.int64),  # fen a visit
        ("stay_price", np.int64),  # fen a stay
        ("outside", np.bool_),
        ("delay", np.bool_),
        ("pooled", np.bool_),
        ("available", np.uint8, (4,)),  # to each need class
        ("spare", np.uint8),
        ("takes", np.int64),  # bit 3 x need class + scope: open to and in scope for
        ("rooms", np.int64, (6,)),
        ("room_share", np.float64, (6,)),  # full-time-equivalent rooms over rooms
        ("doctors", np.float64),  # doctors, the weight among alternatives of a tier
        ("log_doctors", np.float64),
        ("attraction", np.float64),  # ln size of a regional centre here against the usual one
        ("visits_a_day", np.float64),  # what the clinics can see on an average day
    ]
)
VILLAGE_RECORD = np.dtype(
    [
        ("facility", np.int64, (N_ALTERNATIVES,)),
        ("hours", np.float64, (N_ALTERNATIVES,)),
        ("choices", np.int64),  # set of facilities from the county tier up
        ("county", np.int64),
        ("urban", np.int64),
        ("band", np.int64),  # distance to the county hospital: near, middle, far
    ]
)
SCHEME_RECORD = np.dtype(
    [
        ("visit_fund_bp", np.int64, (2, 6)),
        ("visit_cap", np.int64, (2,)),
        ("stay_fund_bp", np.int64, (2, 6)),
        ("deductible", np.int64, (2, 6)),
        ("deductible_factor", np.int64, (3,)),
        ("stay_cap", np.int64, (2,)),
        ("price_taste", np.float64, (16, 5)),  # by level and income, from the rule
        ("travel_taste", np.float64, (16,)),
        ("wait_bin", np.int64, (2 * 1440 + 1,)),  # histogram bin of every half minute
    ]
)
# What a facility publishes at 00:00.
BOARD_RECORD = np.dtype(
    [
        ("utility", np.float64, (4, 6, 2)),  # class, pool, insurance
        ("visit_yuan", np.float64, (2, 2)),  # insurance, yearly cap left or exhausted
        ("occupancy", np.float64),
        ("free_beds", np.int64),
        ("appointment_days", np.int64),
        ("open_seconds", np.int64, (6, 2)),  # pool, session
        ("wait", np.int64, (6,)),  # pool, seconds
    ]
)

World = namedtuple("World", ["facility", "village", "scheme"])

Tallies = namedtuple("Tallies", ["county", "group", "episode"])


# An episode's meta word packs its class, ordinal in the month, visits so far, what it asks for,
# the highest tier that failed (+1), and flags.
@kernel
def pack(need_class: int, ordinal: int) -> int:
    """Meta word of a new episode."""
    return need_class | (ordinal << 2)


@kernel
def need_class_of(meta: int) -> int:
    return meta & 3


@kernel
def occurrence_of(meta: int) -> int:
    """Ordinal and visit number: with the onset day it names one visit of one resident."""
    return (meta >> 2) & 0x1FF


@kernel
def visits_of(meta: int) -> int:
    """Visits and stays the episode has had, 0-7."""
    return (meta >> 8) & 7


@kernel
def asks_for(meta: int) -> int:
    return (meta >> 11) & 7


@kernel
def failed_of(meta: int) -> int:
    """Highest tier that failed, plus 1; 0 for none."""
    return (meta >> 14) & 7


@kernel
def is_referred(meta: int) -> bool:
    return (meta >> 17) & 1 == 1


@kernel
def asking(meta: int, what: int) -> int:
    """The same episode asking for something else."""
    return (meta & ~(7 << 11)) | (what << 11)


@kernel
def after_visit(meta: int, failed_tier: int) -> int:
    """The episode after one more visit at a tier that failed it."""
    failed = max(failed_of(meta), failed_tier + 1)
    visits = min(7, visits_of(meta) + 1)
    return (meta & ~((7 << 8) | (7 << 14))) | (visits << 8) | (failed << 14)


@kernel
def with_referral(meta: int, referred: bool) -> int:
    return (meta & ~(1 << 17)) | ((1 if referred else 0) << 17)


@kernel
def write_event(
    out: Any, row: int, resident: int, onset: int, meta: int, lane: int, facility: int, due: int
) -> None:
    """Fill one row of an event array."""
    out[row, RESIDENT] = resident
    out[row, ONSET] = onset
    out[row, META] = meta
    out[row, LANE] = lane
    out[row, FACILITY] = facility
    out[row, DUE] = due


@kernel
def copy_row(source: Any, i: int, out: Any, row: int) -> None:
    """out[row] = source[i], without a temporary."""
    for column in range(source.shape[1]):
        out[row, column] = source[i, column]


@kernel
def group_of(age: int, sex: int, urban: int, income: int, band: int) -> int:
    """Index of a resident's group: age band 0-14/15-44/45-64/65-74/75+, sex, residence, income
    fifth, distance band to the county hospital."""
    if age < 15:
        a = 0
    elif age < 45:
        a = 1
    elif age < 65:
        a = 2
    elif age < 75:
        a = 3
    else:
        a = 4
    return (((a * 2 + sex) * 2 + urban) * 5 + income) * 3 + band


@kernel
def place_of_facility(facilities: Any, facility: int, county: int) -> int:
    """Place of a facility seen from a county: 0 own, 1 elsewhere in the region, 2 outside."""
    if facilities[facility].outside:
        return _OUTSIDE
    return _OWN if facilities[facility].county == county else _ELSEWHERE


@kernel
def alternative_of(villages: Any, village: int, facility: int) -> int:
    """Column of a facility in a village's choice set, -1 when it is not there."""
    for alternative in range(N_ALTERNATIVES):
        if villages[village].facility[alternative] == facility:
            return alternative
    return -1
