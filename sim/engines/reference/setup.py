"""What a run starts from: villages with their choice sets, the insurance schemes, the people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.engines.record_types import BORE, DEAD, IN_BED, MOVED, PERSON
from sim.population import Ledger, PopulationParameters, Residents, residents_of
from sim.region import Region
from sim.rules.choice import TASTE_LEVELS

if TYPE_CHECKING:
    from sim.engines.reference.facility import Facility
    from sim.engines.reference.resident import Resident


class Village:
    """Where residents live.

    facilities  their choice set: facility by alternative, in the order of
                sim.tiers.ALTERNATIVE_KEYS; those that are not there are left out
    hours       one-way travel by alternative
    band        distance to the county hospital: 0 near, 1 middle, 2 far
    census      residents of 1 January, whose word is heard
    """

    def __init__(self, row: int, record: Any, facilities: list[Facility]) -> None:
        self.row = row
        self.census: list[Resident] = []
        self.becomes(record, facilities)

    def becomes(self, record: Any, facilities: list[Facility]) -> None:
        """Ways and choice set from the first of a month on."""
        self.facilities = {
            j: facilities[f] for j, f in enumerate(record.facility.tolist()) if f >= 0
        }
        self.hours = [float(hours) for hours in record.hours]
        self.county = int(record.county)
        self.is_urban = int(record.urban)
        self.band = int(record.band)

    def column_of(self, facility: Facility) -> int:
        """Alternative that a facility is, -1 when it is not in the choice set."""
        return next((j for j, other in self.facilities.items() if other is facility), -1)


class Scheme:
    """The two insurance schemes (0 employee, 1 resident): shares in basis points, money in fen."""

    def __init__(self, record: Any) -> None:
        self.visit_fund_bp: list[list[int]] = record.visit_fund_bp.tolist()
        self.visit_cap: list[int] = record.visit_cap.tolist()
        self.stay_fund_bp: list[list[int]] = record.stay_fund_bp.tolist()
        self.stay_cap: list[int] = record.stay_cap.tolist()
        self.deductible: list[list[int]] = record.deductible.tolist()
        self.deductible_factor: np.ndarray = np.array(record.deductible_factor)
        self.wait_bin: list[int] = record.wait_bin.tolist()


def people_of(region: Region, parameters: Any, seed: int) -> tuple[Residents, Ledger]:
    """Census residents of a region carried to 1 January of its year."""
    return residents_of(region, PopulationParameters.from_table(parameters), seed)


def people_table(residents: list[Resident]) -> Any:
    """Residents as the table of records that results and checks read."""
    table = np.zeros(len(residents), dtype=PERSON).view(np.recarray)
    for row, r in zip(table, residents, strict=True):
        for name in ("identity", "age", "sex", "income", "insurance", "chronic", "contract",
                     "visit_fund", "stay_fund", "stays", "quality"):  # fmt: skip
            row[name] = getattr(r, name)
        row["key"] = r.key_group
        row["village"] = r.village.row
        row["taste"] = r.price_level + TASTE_LEVELS * r.travel_level
        row["status"] = (
            DEAD * r.is_dead + IN_BED * r.in_bed + MOVED * r.has_moved + BORE * r.gave_birth
        )
        for need_class, (alternative, good) in enumerate(r.habit):
            row["habit"] |= (alternative + 1 + 16 * good) << (5 * need_class)
    return table
