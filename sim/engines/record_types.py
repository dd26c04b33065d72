"""What the agent engines share: what an episode may ask for, records of a run, tally columns.

No behaviour: names, columns and dtypes. The kernels reach them through `kernels.episode_word`,
which adds the packing of an episode into one word.
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass

import numpy as np

from sim.tiers import N_ALTERNATIVES

# An event is one visit or bed request of an episode, int32 columns.
RESIDENT, ONSET, EPISODE_WORD, DIFFICULTY, FACILITY, DUE = range(6)
EVENT_COLUMNS = 6
ONSET_COLUMNS = 4  # an episode that begins needs the first four only

# What an event asks for.
NEW, ESCALATION, NAMED, TRANSFER, STEP_DOWN, SEEK_BED = range(6)

# A stay, int32 columns: as an event, then the day of the grant, days in bed, whether it ends in a
# transfer up, and the days waited for the bed.
GRANTED, DAYS, MOVES_UP, WAITED = 5, 6, 7, 8
STAY_COLUMNS = 9

# A patient waiting for a bed, int64 columns.
W_KEY, W_RESIDENT, W_ONSET, W_EPISODE_WORD, W_DIFFICULTY, W_SINCE, W_UNTIL = range(7)
WAIT_COLUMNS = 7

# What became of a request today.
IDLE, SELF_CARE, POSTPONED, UNSEEN, CONSULTED, WANTS_BED, BED_ONLY = range(7)

# Bits of a resident's status.
DEAD, IN_BED, MOVED, BORE = 1, 2, 4, 8
NOT_IN_BED = 255 - IN_BED

FIRST_SHARED = 2  # alternatives from the county tier up; village and township are a village's own

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
        ("doctors", np.float64),  # weight among alternatives of a tier: world.sizes
        ("log_doctors", np.float64),
        ("attraction", np.float64),  # ln size of a regional centre here against the usual one
        ("visits_a_day", np.float64),  # what the clinics can see on an average day
        ("capability", np.float64, (4,)),  # by need class: highest difficulty it resolves
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


@dataclass
class RunTallies:
    """What a run counted, all int64; the last axes are the columns above.

    county     (12, counties, 6 tiers, 3 places, county tallies)
    group      (counties x groups, 6 tiers, group tallies)
    episode    (4 classes, episode tallies)
    facility   (facilities, facility tallies)
    histogram  (facilities, 60) visits by minutes waited
    people     (counties, 3) births, deaths, moves out
    """

    county: np.ndarray
    group: np.ndarray
    episode: np.ndarray
    facility: np.ndarray
    histogram: np.ndarray
    people: np.ndarray
