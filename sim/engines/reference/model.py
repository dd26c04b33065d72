"""The day, the year and the years of the reference engine: a Mesa model whose step is one day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import simpy

from sim import day as timetable
from sim.engines.record_types import GROUPS, RunTallies
from sim.engines.reference.choosing import weights_of
from sim.engines.reference.episode import Asks, Episode, Fate, Stay, Visit
from sim.engines.reference.facility import Facility, mean_waits
from sim.engines.reference.resident import Resident
from sim.engines.reference.rule_calls import (
    Parameters,
    admission_probability,
    intensity_bound,
    yearly_rate,
)
from sim.engines.reference.setup import Scheme, Village, people_of, people_table
from sim.engines.reference.tallies import Tallies, group_of
from sim.engines.reference.turn_of_month import turn_of_month
from sim.engines.world import build_world, move_rates
from sim.errors import Fault, InputError
from sim.packs import load_region
from sim.packs.extract import extract
from sim.parameters import load_parameters
from sim.population import Ledger, Residents
from sim.population.vital_rates import Demography, load_demography
from sim.region import Region
from sim.rules.random import Stream, block
from sim.tiers import N_CLASSES

Progress = Callable[[int, int, int], None]  # day, days, visits so far
MOST_RESIDENTS = 200_000  # a Python object each; take townships out of a larger region


class TieredCare(mesa.Model):
    """One region and year; `step()` is one day, from 42 days before 1 January to 31 December.

    For many years a driver opens each and lives its months (`sim.paths.drivers`): `begin`, then
    `open_year`, twelve times `month`, `close_year` and `new_year`, with a `couple` between any
    two months.

    region      name of a pack, a pack's folder, or a Region
    townships   0: the whole region; otherwise so many of its townships, see `sim.packs.extract`
    overrides   parameter values by key, see `sim.parameters.load_parameters`
    parameters, residents, ledger, demography  given by a caller who has them already

    `datacollector` holds a row a day: visits, left_unseen, in_bed, waiting_for_bed. `visits_today`
    and `discharged` hold the day's visits and the stays that ended. It works with Mesa's own tools:

    >>> import mesa
    >>> mesa.batch_run(TieredCare, {"region": "taonan", "townships": 1, "seed": [0, 1]},
    ...                max_steps=60)  # doctest: +SKIP

    Nothing is drawn from Mesa's generator and no order is left to Mesa or SimPy.
    """

    def __init__(
        self,
        region: str | Path | Region = "taonan",
        year: int = 2023,
        townships: int = 0,
        seed: int = 0,
        overrides: Mapping[str, float] | None = None,
        *,
        parameters: Any = None,
        residents: Residents | None = None,
        ledger: Ledger | None = None,
        demography: Demography | None = None,
    ) -> None:
        super().__init__(seed=seed)
        whole = region if isinstance(region, Region) else load_region(region, year)
        self.region = extract(whole, townships) if townships else whole
        self.year = self.region.year
        self.seed = seed
        if parameters is None:
            parameters = load_parameters(overrides, region=self.region.key)
        self.p = Parameters(parameters)
        if residents is None or ledger is None:
            residents, ledger = people_of(self.region, parameters, seed)
        self.demography = demography or load_demography(self.year)
        self.workers = nullcontext()  # one thread
        self.progress: Progress | None = None
        self.key_day = timetable.key_day(self.year)
        self.calendar_year, self.day_of_year = self.year, 0
        self.access = self._access()
        self.blocks = timetable.blocks(self.year)
        self.is_counting = False
        self.visits_counted = 0
        self.day = self.blocks[0][0]  # since 1 January of the first year, over all years
        self.weekday = 0
        self.clock = simpy.Environment(initial_time=self.day * timetable.DAY_SECONDS)
        self.pending: defaultdict[int, list[Episode]] = defaultdict(list)
        self.visits_today: list[Visit] = []
        self.discharged: list[Stay] = []
        self._remember_laws()
        self.world = build_world(self.region, parameters)
        self._settle(residents, move_rates(self.region, residents, ledger, parameters))
        self.tallies = Tallies(self)
        for facility in self.facilities:
            facility.fill_beds(self.day)
        self.datacollector = mesa.DataCollector(
            model_reporters={
                "day": "day", "visits": "visits", "left_unseen": "left_unseen",
                "in_bed": "in_bed", "waiting_for_bed": "waiting_for_bed",
            }
        )  # fmt: skip

    # ------------------------------------------------------------------ set-up

    def _settle(self, residents: Residents, rates: np.ndarray) -> None:
        """Facilities, villages and residents, in the order of the tables."""
        if residents.count > MOST_RESIDENTS:
            hint = "Take townships out of it: --townships N."
            got = f"{residents.count:,} residents"
            expected = f"at most {MOST_RESIDENTS:,} in the reference engine"
            raise InputError([Fault("run", 0, "engine", got, expected, hint)])
        self.scheme = Scheme(self.world.scheme)
        self.facilities = [Facility(self, f, row) for f, row in enumerate(self.world.facility)]
        self.villages = [
            Village(v, row, self.facilities) for v, row in enumerate(self.world.village)
        ]
        self.move_rate = rates
        self.most_beds = self._bed_places()
        columns = zip(
            residents.identity.tolist(), residents.village.tolist(), residents.age.tolist(),
            residents.sex.tolist(), residents.income.tolist(), residents.insurance.tolist(),
            residents.chronic.tolist(), residents.key_group.tolist(), residents.contract.tolist(),
            strict=True,
        )  # fmt: skip
        self.residents: list[Resident] = []
        for identity, village, age, sex, income, insurance, chronic, key, contract in columns:
            resident = Resident(
                self, len(self.residents), identity, self.villages[village], age=age, sex=sex,
                income=income, insurance=insurance, chronic=chronic, key_group=key,
                contract=contract,
            )  # fmt: skip
            resident.village.census.append(resident)
            self.residents.append(resident)

    def _remember_laws(self) -> None:
        """Laws of few arguments are asked once for each."""
        p = self.p
        self.own_weights = cache(lambda *levels: weights_of(p, *levels))
        self.admission_probability = cache(lambda *state: admission_probability(p, *state))

        def yearly_rates(age: int, sex: int, chronic: int) -> list[float]:
            total, rates = 0.0, []
            for need_class in range(N_CLASSES):
                total += yearly_rate(p, need_class, age, sex, chronic)
                rates.append(total)
            return rates

        self.yearly_rates = cache(yearly_rates)  # cumulative over classes

    def uniforms(
        self, stream: Stream, identity: int, day: int, occurrence: int
    ) -> tuple[float, float, float, float]:
        """Four uniforms by key: of whom, on which day of the keys, for what, which of them."""
        return block(self.seed, int(stream), identity, day, occurrence)

    # ------------------------------------------------------------------ the day

    def step(self) -> None:
        """One day, in the order of `sim.day`; a run of one year opens and ends it by itself."""
        if self.day == 0 and not self.is_counting:
            self.open_year(self.year)
        block = next(b for b in self.blocks if b[0] <= self.day < b[0] + b[1])
        first, days, month = block
        if self.day == first:
            self._draw_month(month, timetable.weekdays(self.year, first, days))
        self.weekday = int(timetable.weekdays(self.year, self.day, 1)[0])
        self.discharged.clear()
        self._publish()
        self._decide()
        for facility in self.facilities:
            facility.see_patients()
        self.clock.run(until=(self.day + 1) * timetable.DAY_SECONDS)
        self._close()
        self.datacollector.collect(self)
        self.day += 1
        if self.is_counting:
            self.visits_counted += self.visits
        if self.progress is not None:
            days_of_year = timetable.days_in_year(self.calendar_year)
            self.progress(self.day - 1 - self.day_of_year, days_of_year, self.visits_counted)
        if self.is_counting and self.day == first + days:
            turn_of_month(self, first, days)
            if block == self.blocks[-1]:
                self.tallies.stock("end")
                self.running = False

    def _publish(self) -> None:
        """00:00: what everybody knows today."""
        booked = Counter(
            episode.facility
            for episodes in self.pending.values()
            for episode in episodes
            if episode.asks == Asks.NAMED
        )
        self.tier_wait = mean_waits(self.facilities)
        for facility in self.facilities:
            facility.publish(self.weekday, self.day, booked[facility])
            facility.visits = []

    def _decide(self) -> None:
        """Onsets and returns of the day, in the order of residents, each by his own choice."""
        today = self.pending.pop(self.day, [])
        today.sort(key=lambda episode: episode.place_in_day(self.day))
        self.visits_today = []
        before = None
        for episode in today:
            is_first = episode.resident is not before
            before = episode.resident
            visit = episode.resident.decide(episode, is_first)
            if visit is not None:
                visit.facility.welcome(visit)
                self.visits_today.append(visit)

    def _close(self) -> None:
        """24:00: outcomes of visits and stays, patience, the census of wards."""
        for facility in self.wards():
            facility.ward.close_day()
            self.tallies.midnight(facility)
        for visit in self.visits_today:
            if visit.fate != Fate.BED_ONLY:
                visit.episode.resident.after_visit(visit)
        for stay in self.discharged:
            self.tallies.bed_left(stay)
            if stay.episode is not None:
                stay.patient.after_stay(stay)

    def post(self, episode: Episode, day: int) -> None:
        """File an episode under the day on which it goes on."""
        self.pending[day].append(episode)

    def _draw_month(self, month: int, weekdays: np.ndarray) -> None:
        """The first of a month, before anything is published: the episodes that begin in it."""
        self.tallies.month = month
        self.most_intense = intensity_bound(self.p, month, self.access)
        days = weekdays.tolist()
        for resident in self.residents:
            if resident.is_here:
                for episode in resident.falls_ill(self.day, days, month):
                    self.post(episode, episode.onset)

    # ------------------------------------------------------------------ years

    def begin(self) -> None:
        """The six weeks before the first year."""
        while self.day < 0:
            self.step()

    def open_year(self, year: int) -> None:
        """1 January: what has been counted is forgotten, its patients stay."""
        self.calendar_year = year
        self.day_of_year = timetable.key_day(year) - self.key_day
        self.access = self._access()
        self.blocks = [(self.day_of_year + first, days, month)
                       for first, days, month in timetable.blocks(year)[1:]]  # fmt: skip
        self.is_counting = self.running = True
        self.tallies = Tallies(self)
        self.tallies.stock("start")
        for resident in self.residents:
            resident.visit_fund = resident.stay_fund = resident.stays = 0

    def month(self, month: int) -> None:
        """One month (0-11) of the open year, to the deaths, moves and births of its end."""
        for _ in range(self.blocks[month][1]):
            self.step()

    def counted(self) -> RunTallies:
        """What the open year has counted so far."""
        return self.tallies.totals()

    def close_year(self) -> RunTallies:
        """31 December, 24:00: what the year has counted."""
        return self.tallies.totals()

    def couple(self, region: Region, parameters: Any) -> None:
        """Capacities, prices and parameters from the first of a month on."""
        self.region, self.p = region, Parameters(parameters)
        self._remember_laws()
        self.world = build_world(region, parameters)
        self.scheme = Scheme(self.world.scheme)
        for facility, record in zip(self.facilities, self.world.facility, strict=True):
            facility.becomes(record)
        for village, record in zip(self.villages, self.world.village, strict=True):
            village.becomes(record, self.facilities)
        self.most_beds = np.maximum(self.most_beds, self._bed_places())

    def new_year(self, laws: Any, demography: Demography) -> None:
        """After `close_year`: everybody is a year older, and whoever has left is forgotten.

        Residents stand by village again, newborns behind the others of theirs; from now on the
        village hears the newborns and no longer those who left.
        laws  sim.population.attributes.Laws of the year that begins;  demography  its rates
        """
        self.demography = demography
        # A ward that shrinks empties slowly.
        occupied = [facility.ward.occupied for facility in self.facilities]
        self.most_beds = np.maximum(self._bed_places(), occupied)
        for resident in self.residents:
            if resident.is_here:
                resident.grows_older(laws)
            else:
                resident.remove()
        here = [resident for resident in self.residents if resident.is_here]
        self.residents = sorted(here, key=lambda resident: resident.village.row)
        for village in self.villages:
            village.census = []
        for row, resident in enumerate(self.residents):
            resident.row = row
            resident.village.census.append(resident)

    def _access(self) -> float:
        """Access factor of the calendar year; after the last known one it stays."""
        return float(self.p.access_factor[min(max(self.calendar_year, 2020), 2023) - 2020])

    def _bed_places(self) -> np.ndarray:
        return self.world.facility.beds + self.world.facility.overflow

    # ------------------------------------------------------------------ read-outs

    def wards(self) -> Iterator[Facility]:
        """Facilities with beds that can run out."""
        return (facility for facility in self.facilities if not facility.is_delay)

    def open_episodes(self) -> Iterator[Episode]:
        """Episodes begun and not ended: waiting for a visit or a bed, or in one."""
        for episodes in self.pending.values():
            yield from (episode for episode in episodes if episode.asks != Asks.NEW)
        for resident in self.residents:
            if resident.stay is not None:
                yield resident.stay.illness

    @property
    def visits(self) -> int:
        """Patients seen today."""
        return sum(visit.fate in (Fate.CONSULTED, Fate.WANTS_BED) for visit in self.visits_today)

    @property
    def left_unseen(self) -> int:
        """Patients who left today without being seen."""
        return sum(visit.fate == Fate.UNSEEN for visit in self.visits_today)

    @property
    def in_bed(self) -> int:
        """Beds in use at 24:00, delay facilities left out."""
        return sum(facility.ward.occupied for facility in self.wards())

    @property
    def waiting_for_bed(self) -> int:
        """Patients waiting for a bed at 24:00."""
        return sum(len(facility.ward.queue) for facility in self.wards())

    # ------------------------------------------------------------------ as an engine

    @property
    def n(self) -> int:
        """Residents so far, newborns and those who left included."""
        return len(self.residents)

    def census(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Residents alive and here by county and group: by key group and contract,
        (counties x groups, 2, 3); chronic patients under an effective contract, and those
        discharged at least once this year, (counties x groups,)."""
        groups = len(self.region.counties.code) * GROUPS
        by_contract = np.zeros((groups, 2, 3), dtype=np.int64)
        managed, admitted = np.zeros((2, groups), dtype=np.int64)
        for resident in self.residents:
            if resident.is_here:
                group = resident.village.county * GROUPS + group_of(resident)
                by_contract[group, resident.key_group, resident.contract] += 1
                managed[group] += int(resident.is_managed)
                admitted[group] += int(resident.stays > 0)
        return by_contract, managed, admitted

    @property
    def delay(self) -> np.ndarray:
        """Which facilities are delays; shape (facilities,)."""
        return self.world.facility.delay

    @property
    def people(self) -> Any:
        """Residents as the table of records that results and checks read."""
        return people_table(self.residents)

    def run(self) -> RunTallies:
        """Simulate the warm-up and the year."""
        while self.running:
            self.step()
        return self.close_year()
