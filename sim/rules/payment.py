"""Money in whole fen: charge = fund + patient, to the fen."""

from __future__ import annotations

import math
from typing import Any

from sim.jit import kernel
from sim.rules.illness import severity_factor

MOST_FEN = 2**31 - 1  # a person's year of fund payments is counted up to 21 million yuan


@kernel
def charge_fen(p: Any, price_fen: int, difficulty: float) -> int:
    """Charge of a visit or stay of a difficulty at a facility of mean price `price_fen`.

    Source: this model (docs/odd.md).
    """
    return int(math.floor(price_fen * severity_factor(p, difficulty) + 0.5))


@kernel
def fund_fen(charge: int, rate_bp: int, deductible: int, cap: int, paid: int) -> int:
    """What the fund pays: (charge - deductible) x rate, up to what is left of the yearly cap.

    rate_bp in basis points; cap 0 means none; paid = fund payments of the year so far. The
    patient pays the rest.

    >>> fund_fen(100_000, 7_500, 20_000, 0, 0)
    60000

    Source: the insurance schemes' own terms, in the packs' insurance.csv.
    """
    covered = charge - deductible
    if covered <= 0:
        return 0
    fund = covered * rate_bp // 10_000
    if cap > 0:
        fund = min(fund, max(0, cap - paid))
    return fund


@kernel
def deductible_fen(first: int, factor_bp: Any, admissions_before: int) -> int:
    """Deductible of this admission: the first one's times the factor of its ordinal.

    Source: the insurance schemes' own terms, in the packs' insurance.csv.
    """
    ordinal = min(admissions_before, len(factor_bp) - 1)
    return first * factor_bp[ordinal] // 10_000
