"""What a run counts, in the columns all engines share (sim.engines.record_types)."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.engines import record_types
from sim.engines.reference.episode import Asks, Episode, Fate, Stay, Visit
from sim.engines.reference.rule_calls import charge_fen
from sim.tiers import Place, Tier

if TYPE_CHECKING:
    from sim.engines.reference.facility import Facility
    from sim.engines.reference.model import TieredCare
    from sim.engines.reference.resident import Resident

_AGE_BANDS = (15, 45, 65, 75)


def _columns(prefix: str) -> tuple[str, ...]:
    """Names of tally columns in their order: `F_VISITS`, … -> ("visits", …)."""
    found = {name: value for name, value in vars(record_types).items() if name.startswith(prefix)}
    return tuple(name.removeprefix(prefix).lower() for name in sorted(found, key=found.__getitem__))


FACILITY, COUNTY = _columns("F_"), _columns("C_")
GROUP, EPISODE_WORD = _columns("G_"), _columns("E_")


class _Rows(defaultdict[tuple[int, ...], SimpleNamespace]):
    """Counts by place in a table, 0 where nothing was counted."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        super().__init__(lambda: SimpleNamespace(**dict.fromkeys(columns, 0)))
        self.columns = columns

    def table(self, *shape: int) -> np.ndarray:
        """As an int64 array of that shape, columns last."""
        table = np.zeros((*shape, len(self.columns)), dtype=np.int64)
        for place, row in self.items():
            table[place] = [getattr(row, column) for column in self.columns]
        return table


def group_of(resident: Resident) -> int:
    """A resident's group: age band, sex, residence, income fifth, distance to a hospital."""
    age = sum(resident.age >= start for start in _AGE_BANDS)
    village = resident.village
    group = (age, resident.sex, village.is_urban, resident.income, village.band)
    return int(np.ravel_multi_index(group, (5, 2, 2, 5, 3)))


def _is_own(resident: Resident, facility: Facility) -> bool:
    """Does the facility lie in the resident's own county?"""
    return facility.place_from(resident.village.county) == Place.OWN_COUNTY


class Tallies:
    """Counts since they were opened; the engine opens new ones on 1 January."""

    def __init__(self, model: TieredCare) -> None:
        self.model = model
        self.month = 0
        self._county, self._group = _Rows(COUNTY), _Rows(GROUP)
        self._facility, self._episode = _Rows(FACILITY), _Rows(EPISODE_WORD)
        self._waits: defaultdict[tuple[int, int], int] = defaultdict(int)
        self.people = np.zeros((len(model.region.counties.code), 3), dtype=np.int64)
        self.visits = self.unseen = 0

    # ------------------------------------------------------------------ rows

    def facility(self, facility: Facility) -> Any:
        """Counts of a facility."""
        return self._facility[(facility.row,)]

    def at(self, resident: Resident, facility: Facility) -> Any:
        """Counts of this month by the resident's county, and tier and place of the facility."""
        county = resident.village.county
        return self._county[
            self.month, county, facility.tier, int(facility.place_from(county))
        ]  # fmt: skip

    def of_group(self, resident: Resident, tier: int) -> Any:
        """Counts of the resident's group."""
        county = resident.village.county
        return self._group[county * record_types.GROUPS + group_of(resident), int(tier)]

    def of_class(self, episode: Episode) -> Any:
        """The ledger of episodes of a class."""
        return self._episode[(episode.need_class,)]

    # ------------------------------------------------------------------ episodes

    def episode_started(self, episode: Episode) -> None:
        """The resident has decided something about a new episode."""
        self.of_class(episode).started += 1

    def stayed_at_home(self, episode: Episode, resolved: bool) -> None:
        """Nobody was seen: at the outset, or by somebody who was to go on."""
        if resolved:
            self.of_class(episode).self_resolved += 1
            self.of_group(episode.resident, Tier.VILLAGE).resolved += 1
        elif episode.asks == Asks.NEW:
            self.of_class(episode).self_unresolved += 1
            self.of_group(episode.resident, Tier.VILLAGE).unresolved += 1
        else:
            self.unresolved(episode, Tier.VILLAGE)

    def resolved(self, episode: Episode, tier: int) -> None:
        """An episode ended well at a tier."""
        self.of_class(episode).resolved += 1
        self.of_group(episode.resident, tier).resolved += 1

    def unresolved(self, episode: Episode, tier: int) -> None:
        """An episode was given up at a tier."""
        self.of_class(episode).unresolved += 1
        self.of_group(episode.resident, tier).unresolved += 1

    def left(self, episode: Episode) -> None:
        """Its resident died or moved away."""
        if episode.resident.is_dead:
            self.of_class(episode).died += 1
        else:
            self.of_class(episode).moved += 1

    # ------------------------------------------------------------------ visits

    def came(self, visit: Visit) -> None:
        """What a facility counts of a visit at the end of its day."""
        if visit.fate == Fate.BED_ONLY:
            return
        facility, row = visit.facility, self.facility(visit.facility)
        if visit.fate == Fate.UNSEEN:
            row.unseen += 1
            self.unseen += 1
            return
        self.visits += 1
        row.visits += 1
        row.wait_seconds += visit.waited
        row.charge_outpatient += charge_fen(self.model.p, facility.price, visit.episode.difficulty)
        row.emergencies += int(visit.episode.is_critical)
        row.referred_in += int(visit.episode.is_referred)
        bins = self.model.scheme.wait_bin
        self._waits[facility.row, int(bins[min(len(bins) - 1, visit.waited // 30)])] += 1

    def visited(self, visit: Visit) -> None:
        """What is counted of a visit where the patient lives."""
        resident, facility = visit.episode.resident, visit.facility
        row = self.at(resident, facility)
        if visit.episode.visits == 0:
            self.of_class(visit.episode).contacted += 1
            self.of_class(visit.episode).first_primary += int(facility.tier <= Tier.TOWNSHIP)
            row.first_contacts += 1
        row.visits += 1
        row.wait_seconds += visit.waited
        hours = resident.village.hours[visit.alternative] if visit.alternative >= 0 else 0.0
        travel = int(2.0 * hours * 3600.0 + 0.5)
        row.travel_seconds += travel
        row.charge += visit.charge
        row.fund += visit.fund
        row.out_of_pocket += visit.charge - visit.fund
        group = self.of_group(resident, facility.tier)
        group.visits += 1
        group.first_contacts += int(visit.episode.visits == 0)
        group.out_of_pocket += visit.charge - visit.fund
        group.fund += visit.fund
        group.travel_seconds += travel
        group.wait_seconds += visit.waited
        if _is_own(resident, facility):
            group.own_visits += 1
            group.own_fund += visit.fund

    # ------------------------------------------------------------------ stays

    def admitted(self, stay: Stay) -> None:
        """A bed was given."""
        row, resident = self.facility(stay.facility), stay.patient
        waited = stay.granted - stay.asked[0]
        row.admissions += 1
        self.at(resident, stay.facility).admissions += 1
        self.at(resident, stay.facility).bed_wait_days += waited
        group = self.of_group(resident, stay.facility.tier)
        group.admissions += 1
        group.own_admissions += int(_is_own(resident, stay.facility))
        group.managed_admissions += int(resident.is_managed)
        group.bed_wait_days += waited
        if not stay.facility.is_delay:
            row.bed_wait_days += waited
            row.transfers_in += int(stay.illness.asks == Asks.TRANSFER)
            row.back_received += int(stay.illness.asks == Asks.STEP_DOWN)

    def bed_left(self, stay: Stay) -> None:
        """10:00 of the last day, of anybody's stay."""
        row = self.facility(stay.facility)
        row.discharges += 1
        row.stay_days += stay.days
        row.transfers_out += int(stay.moves_up)

    def discharged(self, stay: Stay) -> None:
        """What a resident's stay cost."""
        row = self.at(stay.patient, stay.facility)
        row.stay_charge += stay.charge
        row.stay_fund += stay.fund
        row.stay_out_of_pocket += stay.charge - stay.fund
        row.discharges += 1
        group = self.of_group(stay.patient, stay.facility.tier)
        group.out_of_pocket += stay.charge - stay.fund
        group.fund += stay.fund
        group.own_fund += stay.fund if _is_own(stay.patient, stay.facility) else 0
        group.discharges += 1
        group.stay_days += stay.days
        self.facility(stay.facility).charge_inpatient += stay.charge

    # ------------------------------------------------------------------ days and the year

    def midnight(self, facility: Facility) -> None:
        """24:00: the census of a ward."""
        row = self.facility(facility)
        row.bed_days += facility.ward.occupied
        row.open_bed_days += facility.beds
        row.most_occupied = max(row.most_occupied, facility.ward.occupied)

    def stock(self, when: str) -> None:
        """Open episodes, and patients in beds and waiting, at the `start` or `end` of the year."""
        for episode in self.model.open_episodes():
            row = self.of_class(episode)
            setattr(row, f"pending_{when}", getattr(row, f"pending_{when}") + 1)
        for facility in self.model.wards():
            row = self.facility(facility)
            setattr(row, f"census_{when}", facility.ward.occupied)
            setattr(row, f"waiting_{when}", len(facility.ward.queue))

    def totals(self) -> record_types.RunTallies:
        """As the arrays that results are made from."""
        counties, facilities = len(self.people), len(self.model.facilities)
        histogram = np.zeros((facilities, record_types.WAIT_BINS), dtype=np.int64)
        for place, visits in self._waits.items():
            histogram[place] = visits
        return record_types.RunTallies(
            county=self._county.table(12, counties, 6, 3),
            group=self._group.table(counties * record_types.GROUPS, 6),
            episode=self._episode.table(4),
            facility=self._facility.table(facilities),
            histogram=histogram,
            people=self.people,
        )
