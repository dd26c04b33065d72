"""The compiled engine: every resident, every visit, every bed of one year, day by day.

The driver moves arrays between kernels; it decides nothing. Every kernel works on a range of
residents, requests or facilities and writes only its own slices, so the bytes of a run do not
depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from sim import day as timetable
from sim.engines.compiled import many_years
from sim.engines.compiled.arguments import KernelInputs, kernel_inputs_of
from sim.engines.compiled.event_calendar import EventCalendar
from sim.engines.compiled.people import people_table
from sim.engines.compiled.workers import Workers, split
from sim.engines.kernels import episode_word as L
from sim.engines.kernels.choose import choose, new_batch
from sim.engines.kernels.close import close_visits
from sim.engines.kernels.discharge import (
    discharge,
    first_stays,
    go_home,
    tally_admissions,
    tally_discharges,
)
from sim.engines.kernels.durations import consult_durations
from sim.engines.kernels.facility_day import Scratch, facility_day
from sim.engines.kernels.menu import MENU_ROWS, write_menus
from sim.engines.kernels.month import (
    CANDIDATE_COLUMNS,
    add_newborns,
    by_day,
    candidate_table,
    draw_episodes,
    expected_candidates,
    first_state,
    mortality_table,
    new_draws,
    rate_table,
    turn_of_month,
    word_of_mouth,
)
from sim.engines.kernels.publish import mean_waits, publish, visit_prices
from sim.engines.kernels.residents import count_residents
from sim.engines.kernels.serve import VISIT_COLUMNS
from sim.engines.kernels.shuffle import (
    RADIX,
    by_facility,
    close_ranks,
    count_by_facility,
    first_places,
    has_left,
    merge_requests,
    returns_before,
    smooth_waits,
    sort_events,
)
from sim.engines.observe import Observer, Today
from sim.engines.record_types import RunTallies
from sim.engines.world import (
    build_world,
    choice_sets,
    move_rates,
)
from sim.population import Ledger, Residents
from sim.region import Region
from sim.rules.consult import N_POOLS
from sim.rules.demography import death_probability_table
from sim.rules.illness import intensity_bound

_HOSPITAL_VISIT = 3  # times the work of a visit at a clinic, to share facilities out evenly
Progress = Callable[[int, int, int], None]  # day, days, visits so far


class CompiledEngine:
    """One run of one region and year. `run()` returns the tallies; nothing is written to disk."""

    def __init__(
        self, region: Region, parameters: Any, residents: Residents, demography: Any,
        ledger: Ledger, *, seed: int, threads: int, progress: Progress | None = None,
        observer: Observer | None = None,
    ) -> None:  # fmt: skip
        self.region = region
        self.p = parameters
        self.seed = seed
        self.progress = progress
        self.observer = observer or Observer()
        self.workers = Workers(max(1, threads))
        self.year = region.year
        self.key = timetable.key_day(region.year)
        self.calendar_year, self.day_of_year = region.year, 0
        self.access = _access_of(parameters, region.year)
        self.demography = demography
        self.world = build_world(region, parameters)
        self.delay = self.world.facility.delay
        self.village_start = np.asarray(residents.village_start, dtype=np.int64)
        self.people, self.n = people_table(residents, demography, self.workers)
        self.move_rate = move_rates(region, residents, ledger, parameters)
        self.rates = np.zeros((111, 2, 4, 4), dtype=np.float64)
        rate_table(parameters, self.rates)
        self.n_facilities = len(region.facilities.key)
        self.queue = np.empty((0, L.WAIT_COLUMNS), dtype=np.int64)
        self.queue_start = np.zeros(self.n_facilities + 1, dtype=np.int64)
        self.occupied = np.zeros(self.n_facilities, dtype=np.int64)
        self.visits = 0
        self.calendar = EventCalendar(self.n_facilities)
        self.digits = np.empty(RADIX, dtype=np.int64)
        self._allocate(len(region.counties.code))

    # ------------------------------------------------------------------ set-up

    def _allocate(self, n_counties: int) -> None:
        n = self.n_facilities
        workers = self.workers.count
        self.published = np.zeros(n, dtype=L.BOARD_RECORD).view(np.recarray)
        self.published["wait"] = self._first_waits()
        self.tier_wait = np.zeros((6, 2), dtype=np.float64)
        self.pool_wait = np.zeros((n, N_POOLS, 2), dtype=np.int64)
        self.tallies = [
            L.Tallies(
                county=np.zeros((12, n_counties, 6, 3, L.COUNTY_TALLIES), dtype=np.int64),
                group=np.zeros((n_counties * L.GROUPS, 6, L.GROUP_TALLIES), dtype=np.int64),
                episode=np.zeros((4, L.EPISODE_TALLIES), dtype=np.int64),
            )
            for _ in range(workers)
        ]
        self.facility = np.zeros((n, L.FACILITY_TALLIES), dtype=np.int64)
        self.histogram = np.zeros((n, L.WAIT_BINS), dtype=np.int64)
        self.people_counts = np.zeros((workers, n_counties, 3), dtype=np.int64)
        self.buffers: dict[str, np.ndarray] = {}
        self.draws = [new_draws() for _ in range(workers)]
        self.batches = [new_batch() for _ in range(workers)]
        self.choice_sets = choice_sets(self.region)
        self.menu = np.zeros((len(self.choice_sets), MENU_ROWS, 12))
        self.menu_yuan = np.zeros((len(self.choice_sets), 2, 2, 12))
        self.scratches: list[Scratch | None] = [None] * workers
        self.durations = consult_durations(self.p)
        self.most_rooms = max(1, int(self.world.facility.rooms.max()))
        self.most_beds = self.world.facility.beds + self.world.facility.overflow

    def _first_waits(self) -> np.ndarray:
        """Published waits start at the service time; delay facilities keep the tier's own."""
        minutes = np.where(
            self.delay,
            self.p.outside_wait_minutes[self.world.facility.tier],
            self.p.service_minutes[self.world.facility.tier],
        )
        seconds = np.floor(minutes * 60.0 + 0.5).astype(np.int64)
        return np.repeat(seconds[:, None], N_POOLS, axis=1).copy()

    def _buffer(self, name: str, rows: int, columns: int, dtype: Any) -> np.ndarray:
        """A scratch array of at least `rows` rows, reused day by day."""
        buffer = self.buffers.get(name)
        if buffer is None or buffer.shape[0] < rows:
            size = (rows + rows // 4 + 64,) if columns == 1 else (rows + rows // 4 + 64, columns)
            buffer = np.empty(size, dtype=dtype)
            self.buffers[name] = buffer
        return buffer

    def _fill_beds(self, first_day: int) -> None:
        """Beds in use when the run begins, by people of before: residual stays, length-biased."""
        self.occupied[:] = np.where(self.delay, 0, _taken_at_first(self.p, self.world.facility))
        stays = np.empty((int(self.occupied.sum()), L.STAY_COLUMNS), dtype=np.int32)
        first_stays(
            self.p, self.world.facility, self.occupied, self.seed, self.key, first_day, stays
        )
        if len(stays):
            self.calendar.schedule(stays, first_day)

    # ------------------------------------------------------------------ the run

    def run(self) -> RunTallies:
        """Simulate the warm-up and the year."""
        self.observer.began(self)
        self.begin()
        self.open_year(self.year)
        for month in range(len(timetable.blocks(self.year)) - 1):
            self.month(month)
        self.observer.ended()
        return self.close_year()

    def begin(self) -> None:
        """Six weeks before the first year: beds are taken, tastes drawn, queues find their length."""
        first, length, month = timetable.blocks(self.year)[0]
        self.workers.run(
            lambda k, a, b: first_state(self.p, self.people, self.seed, a, b),
            self.workers.split(self.n),
        )
        visit_prices(self.world.facility, self.world.scheme, self.published)
        self._fill_beds(first)
        self._block(first, length, month, 0)

    def open_year(self, year: int) -> None:
        """1 January: what has been counted is forgotten, its patients stay."""
        self.calendar_year = year
        self.day_of_year = timetable.key_day(year) - self.key
        self.access = _access_of(self.p, year)
        for tally in self.tallies:
            for array in tally:
                array[:] = 0
        self.facility = np.zeros_like(self.facility)
        self.histogram = np.zeros_like(self.histogram)
        self.people_counts[:] = 0
        self.people.visit_fund = 0
        self.people.stay_fund = 0
        self.people.stays = 0
        self.tallies[0].episode[:, L.E_PENDING_START] = self._open_episodes()
        self.facility[:, L.F_CENSUS_START] = self.occupied
        self.facility[:, L.F_WAITING_START] = np.diff(self.queue_start)

    def month(self, month: int) -> None:
        """One month (0-11) of the open year, to the deaths, moves and births of its end."""
        first, length, season = timetable.blocks(self.calendar_year)[month + 1]
        self._block(self.day_of_year + first, length, season, 1)
        self._turn_of_month(self.day_of_year + first, length)

    def _block(self, first: int, length: int, month: int, counting: int) -> None:
        self._draw_month(first, length, month)
        weekdays = timetable.weekdays(self.year, first, length)
        days = timetable.days_in_year(self.calendar_year)
        for offset in range(length):
            self._day(first, offset, month, int(weekdays[offset]), counting)
            if self.progress is not None:
                self.progress(first + offset - self.day_of_year, days, self.visits)

    def close_year(self) -> RunTallies:
        """31 December, 24:00: what the year has counted."""
        self.tallies[0].episode[:, L.E_PENDING_END] = self._open_episodes()
        self.facility[:, L.F_CENSUS_END] = self.occupied
        self.facility[:, L.F_WAITING_END] = np.diff(self.queue_start)
        return self.counted()

    def counted(self) -> RunTallies:
        """What the open year has counted so far; `facility` is the engine's own array."""
        return RunTallies(
            county=sum(t.county for t in self.tallies),
            group=sum(t.group for t in self.tallies),
            episode=sum(t.episode for t in self.tallies), facility=self.facility,
            histogram=self.histogram, people=self.people_counts.sum(axis=0),
        )  # fmt: skip

    # ------------------------------------------------------------------ many years

    def couple(self, region: Region, parameters: Any) -> None:
        """Capacities, prices and parameters from the first of a month on."""
        many_years.couple(self, region, parameters)

    def new_year(self, laws: Any, demography: Any) -> None:
        """After `close_year`: everybody is a year older, and whoever has left gives up his row.

        laws  sim.population.attributes.Laws of the year that begins;  demography  its rates
        """
        many_years.new_year(self, laws, demography)

    def state(self) -> dict[str, np.ndarray]:
        """Everything that lasts over a 1 January, after `new_year`, as arrays."""
        return many_years.state(self)

    def restore(self, state: dict[str, np.ndarray], demography: Any) -> None:
        """Go on from what `state` gave."""
        many_years.restore(self, state, demography)

    def census(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Residents alive and here by county and group: by key group and contract, (counties x
        groups, 2, 3), those managed and those admitted, see
        kernels.residents.count_residents."""
        groups = len(self.region.counties.code) * L.GROUPS

        def work(_: int, a: int, b: int) -> tuple[np.ndarray, ...]:
            by_contract = np.zeros((groups, 2, 3), dtype=np.int64)
            managed, admitted = (np.zeros(groups, dtype=np.int64) for _ in range(2))
            count_residents(self.people, self.world.village, a, b, by_contract, managed, admitted)
            return by_contract, managed, admitted

        parts = self.workers.run(work, self.workers.split(self.n))
        by_contract, managed, admitted = (sum(counts) for counts in zip(*parts, strict=True))
        return by_contract, managed, admitted

    def _open_episodes(self) -> np.ndarray:
        """Episodes begun and not ended, by class: waiting for a visit, in bed, or for a bed."""
        metas = [self.queue[:, L.W_EPISODE_WORD], *self.calendar.open_metas()]
        return np.bincount(np.concatenate(metas).astype(np.int64) & 3, minlength=4)[:4]

    # ------------------------------------------------------------------ months

    def _draw_month(self, first: int, length: int, month: int) -> None:
        """Episodes that begin in a block of days, sorted by day and resident."""
        p, people = self.p, self.people
        ranges = self.workers.split(self.n)
        weekdays = timetable.weekdays(self.year, first, length)
        bound = intensity_bound(p, month, self.access)
        candidates = np.empty((111, 2, 4, CANDIDATE_COLUMNS), dtype=np.float64)
        candidate_table(self.rates, length, bound, candidates)

        def work(k: int, a: int, b: int) -> tuple[np.ndarray, np.ndarray]:
            expected = expected_candidates(people, candidates, a, b)
            capacity = int(expected * 1.05 + 8.0 * expected**0.5) + 256
            out = self._buffer(f"month{k}", capacity, L.ONSET_COLUMNS, np.int32)
            per_day = np.zeros(length, dtype=np.int64)
            written = draw_episodes(
                p, people, self.rates, candidates, weekdays, month, self.access, bound,
                self.seed, self.key, first, a, b, out, per_day, self.draws[k],
            )  # fmt: skip
            if written < 0:
                raise RuntimeError("more candidate episodes than their bound; a fault in the draw")
            return out[:written], per_day

        parts = self.workers.run(work, ranges)
        per_day = np.stack([part[1] for part in parts])
        self.day_start = np.concatenate([[0], np.cumsum(per_day.sum(axis=0))])
        # Inside a day the first worker's residents come first.
        start = self.day_start[:-1] + np.cumsum(per_day, axis=0) - per_day
        total = int(self.day_start[-1])
        self.month_events = self._buffer("onsets", total, L.ONSET_COLUMNS, np.int32)
        self.workers.run(
            lambda k, a, b: by_day(parts[k][0], first, start[k].copy(), self.month_events),
            ranges,
        )

    def _turn_of_month(self, first: int, days: int) -> None:
        """The first of a month, before anything is published: the days that ended, from `first`."""
        p, people, workers = self.p, self.people, self.workers
        n_villages = len(self.village_start) - 1
        mortality = np.empty((2, 111, 4), dtype=np.float64)
        life_table = death_probability_table(self.demography.mortality, float(days))
        mortality_table(p, life_table, mortality)
        workers.run(
            lambda k, a, b: word_of_mouth(
                p, people, self.village_start, days / 365.0, a, b, np.empty(6, dtype=np.int64)
            ),
            split(n_villages, workers.count),
        )

        def work(k: int, a: int, b: int) -> np.ndarray:
            births = np.empty((b - a) // 20 + 64, dtype=np.int64)
            written = turn_of_month(
                p, people, mortality, self.demography.fertility, self.move_rate,
                self.region.contract_coverage, self.world.village, self.seed,
                self.key + first, days, a, b, births, self.people_counts[k], self.draws[k],
            )  # fmt: skip
            if written < 0:
                raise RuntimeError("more births than one woman in twenty a month; check fertility")
            return births[:written]

        mothers = np.concatenate(workers.run(work, workers.split(self.n)))
        self._remove_those_who_left()
        self._add_newborns(mothers)

    def _add_newborns(self, mothers: np.ndarray) -> None:
        """One row a newborn, after all others: the mother's village and income."""
        n = add_newborns(self.p, self.people, mothers, self.seed, self.calendar_year, self.n)
        if n < 0:
            raise RuntimeError("no identity or row left for a newborn")
        self.n = n

    def _remove_those_who_left(self) -> None:
        """Deaths and moves leave beds, queues and open episodes at this instant."""
        people = self.people
        ended = self.calendar.drop_those_who_left(people, self._count_left)
        in_ward = ended[~self.delay[ended[:, L.FACILITY]], L.FACILITY]
        np.subtract.at(self.occupied, in_ward, 1)
        np.add.at(self.facility, (in_ward, L.F_LEFT_IN_BED), 1)
        left = np.empty(len(self.queue), dtype=np.int64)
        has_left(people, self.queue, L.W_RESIDENT, left)
        if left.any():
            of = np.repeat(np.arange(self.n_facilities), np.diff(self.queue_start))
            np.add.at(self.facility, (of[left > 0], L.F_LEFT_WAITING), 1)
            self._count_left(self.queue[left > 0, L.W_EPISODE_WORD], left[left > 0])
            counts = np.bincount(of[left == 0], minlength=self.n_facilities)
            self.queue = np.ascontiguousarray(self.queue[left == 0])
            self.queue_start[1:] = np.cumsum(counts)

    def _count_left(self, metas: np.ndarray, status: np.ndarray) -> None:
        classes = metas.astype(np.int64) & 3
        died = (status & L.DEAD) > 0
        episode = self.tallies[0].episode
        np.add.at(episode, (classes[died], L.E_DIED), 1)
        np.add.at(episode, (classes[~died], L.E_MOVED), 1)

    # ------------------------------------------------------------------ days

    def _day(self, block_first: int, offset: int, month: int, weekday: int, counting: int) -> None:
        """One day, in the order of sim.day."""
        day = block_first + offset
        inputs = kernel_inputs_of(self.p, self.world, self.people, self.published)
        self._publish(inputs, day, weekday)
        requests = self._requests(day, offset)
        n = len(requests)
        facility = self._buffer("facility", n, 1, np.int32)[:n]
        alternative = self._buffer("alternative", n, 1, np.int8)[:n]
        identity = self._buffer("identity", n, 1, np.uint32)[:n]
        pool = self._buffer("pool", n, 1, np.int8)[:n]
        second = self._buffer("second", n, 1, np.int32)[:n]
        fate = self._buffer("fate", n, 1, np.int8)[:n]
        wait = self._buffer("wait", n, 1, np.int32)[:n]
        later = self._buffer("later", n, L.EVENT_COLUMNS, np.int32)
        ranges = self.workers.shares(n)
        written = self.workers.share(
            lambda k, a, b: choose(
                *inputs, self.menu, self.menu_yuan, self.seed, self.key, day, weekday, requests,
                a, b, facility, alternative, identity, pool, second, fate, later, self.batches[k],
            ),
            ranges,
        )  # fmt: skip
        posted = _written(later, ranges, written)
        self.calendar.post(day, posted)
        today = Today(
            day, month, weekday, counting, requests, facility, alternative, pool, second, fate, wait
        )
        self.observer.chosen(today, posted)

        leaving_stays = self.calendar.leaving(day)
        admitted, moved = self._facilities(inputs, today, identity, leaving_stays)
        self.observer.served(today, leaving_stays, admitted, moved)
        seen = smooth_waits(inputs.published, self.pool_wait)
        self.visits += seen if counting else 0

        out = self._buffer("after", n, L.EVENT_COLUMNS, np.int32)
        written = self.workers.share(
            lambda k, a, b: close_visits(
                *inputs, self.seed, self.key, day, month, counting, requests, a, b, facility,
                alternative, fate, wait, out, self.tallies[k],
            ),
            ranges,
        )  # fmt: skip
        posted = _written(out, ranges, written)
        self.calendar.post(day, posted)
        self.observer.closed(today, posted)
        self._discharge(inputs, today, leaving_stays)

    def _publish(self, inputs: KernelInputs, day: int, weekday: int) -> None:
        """00:00: what every facility shows, and the menus made of it."""
        parameters, facilities, _, scheme, _, published = inputs
        mean_waits(facilities, published, self.tier_wait)
        publish(
            parameters, facilities, scheme, published, self.occupied, self.tier_wait,
            self.calendar.booked, weekday, day,
        )  # fmt: skip
        self.workers.run(
            lambda _, a, b: write_menus(
                parameters, facilities, self.choice_sets, published, a, b, self.menu, self.menu_yuan
            ),
            self.workers.split(len(self.choice_sets)),
        )

    def _requests(self, day: int, offset: int) -> np.ndarray:
        """Today's onsets and returns, sorted by resident."""
        onsets = self.month_events[self.day_start[offset] : self.day_start[offset + 1]]
        returns = self.calendar.due(day)
        at = self._buffer("sorted", len(returns), 1, np.int32)[: len(returns)]
        keys = self._buffer("returning", len(returns), 1, np.int64)[: len(returns)]
        other = self._buffer("unsorted", len(returns), 1, np.int64)[: len(returns)]
        sort_events(returns, at, keys, other, self.digits)
        n = len(onsets) + len(returns)
        requests = self._buffer("requests", n, L.EVENT_COLUMNS, np.int32)[:n]
        ranges = self.workers.split(len(onsets))
        starts = [0 if k == 0 else _first_return(onsets, a, returns, at)
                  for k, (a, _) in enumerate(ranges)]  # fmt: skip
        edges = [*starts, len(returns)]
        self.workers.run(
            lambda k, a, b: merge_requests(
                onsets, returns, at, a, b, edges[k], edges[k + 1], requests
            ),
            ranges,
        )
        return requests

    def _by_facility(self, facility: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        """Places of the day's list by facility, where each facility's begin, and the most of one."""
        n = self.n_facilities
        ranges = self.workers.split(len(facility))
        counts = np.empty((len(ranges), n), dtype=np.int64)
        self.workers.run(lambda k, a, b: count_by_facility(facility, a, b, counts[k]), ranges)
        start = np.empty(n + 1, dtype=np.int64)
        most = first_places(counts, start)
        order = self._buffer("order", len(facility), 1, np.int32)[: len(facility)]
        self.workers.run(lambda k, a, b: by_facility(facility, a, b, counts[k], order), ranges)
        return order, start, most

    def _facilities(
        self, inputs: KernelInputs, today: Today, identity: np.ndarray, leaving_stays: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """Consults and beds of all facilities; schedules the stays and events that follow, and
        returns them."""
        n = self.n_facilities
        day, counting = today.day, today.counting
        order, start, most = self._by_facility(today.facility)
        leaving = np.bincount(leaving_stays[:, L.FACILITY], minlength=n)
        rows = len(today.requests) + len(self.queue)
        kept = self._buffer("kept", rows, L.WAIT_COLUMNS, np.int64)
        stays = self._buffer("stays", rows, L.STAY_COLUMNS, np.int32)
        events = self._buffer("moves", rows, L.EVENT_COLUMNS, np.int32)
        n_kept, n_stays, n_events = np.zeros((3, n), dtype=np.int64)
        self.workers.share(
            lambda k, a, b: facility_day(
                *inputs, self.durations, self.seed, self.key, day, counting, a, b, order, start,
                today.requests, identity, today.pool, today.second, today.fate, today.wait,
                self.occupied, leaving, self.queue, self.queue_start, self.pool_wait, kept, n_kept,
                stays, n_stays, events, n_events, self.facility, self.histogram,
                self._scratch(k, most),
            ),
            self._facility_ranges(start),
        )  # fmt: skip
        base = self.queue_start[:-1] + start[:-1]
        new_stays = stays[: close_ranks(stays, base, n_stays)]
        if len(new_stays):
            if counting:
                self.workers.run(
                    lambda k, a, b: tally_admissions(
                        inputs.facilities, inputs.villages, inputs.people, today.month,
                        new_stays[a:b], self.tallies[k],
                    ),
                    self.workers.split(len(new_stays)),
                )  # fmt: skip
            self.calendar.schedule(new_stays, day)
        moves = events[: close_ranks(events, base, n_events)]
        elsewhere = np.empty_like(moves)
        others = go_home(
            inputs.villages, inputs.people, moves, counting, self.tallies[0], elsewhere
        )  # fmt: skip
        self.calendar.post(day, [elsewhere[:others]])
        self.queue = kept[: close_ranks(kept, base, n_kept)].copy()
        np.cumsum(n_kept, out=self.queue_start[1:])
        return new_stays, moves

    def _scratch(self, worker: int, most: int) -> Scratch:
        """One worker's scratch for a facility's day of at most `most` visits; reused day by day."""
        buffer = self.scratches[worker]
        if buffer is None or len(buffer.visits) < most:
            rows = most + most // 4 + 64
            whole = {name: np.empty(rows, dtype=np.int64) for name in Scratch._fields}
            buffer = Scratch(**{
                **whole,
                "visits": np.empty((rows, VISIT_COLUMNS), dtype=np.int64),
                "draws": np.empty((4, rows)),
                "returning": np.empty((2, rows), dtype=np.int64),
                "free": np.empty(self.most_rooms, dtype=np.int64),
                "digits": np.empty((3, 256), dtype=np.int64),
                "tally": np.zeros(L.FACILITY_TALLIES, dtype=np.int64),
            })  # fmt: skip
            self.scratches[worker] = buffer
        return buffer

    def _facility_ranges(self, start: np.ndarray) -> list[tuple[int, int]]:
        """Ranges of facilities with about equal work; hospitals, which come last in the table and
        cannot be divided, are begun first."""
        if len(self.workers.shares(int(start[-1]))) == 1:
            return [(0, self.n_facilities)]
        work = np.diff(start) * np.where(self.world.facility.tier >= 2, _HOSPITAL_VISIT, 1)
        until = np.concatenate([[0], np.cumsum(work)])
        ends = [b for _, b in self.workers.shares(int(until[-1]))]
        cuts = [int(np.searchsorted(until, end)) for end in ends[:-1]]
        return list(pairwise([0, *cuts, self.n_facilities]))[::-1]

    def _discharge(self, inputs: KernelInputs, today: Today, stays: np.ndarray) -> None:
        """Send home, up or down those whose stay ends today."""
        day, month, counting = today.day, today.month, today.counting
        if not len(stays):
            return
        n = len(stays)
        out = self._buffer("discharged", n, L.EVENT_COLUMNS, np.int32)
        sent_back = np.empty(n, dtype=np.int64)
        paid = np.empty(n, dtype=np.int64)
        ranges = self.workers.shares(n)
        written = self.workers.share(
            lambda k, a, b: discharge(
                *inputs, self.seed, self.key, day, month, counting, stays, a, b, out, sent_back,
                paid, self.tallies[k],
            ),
            ranges,
        )  # fmt: skip
        posted = _written(out, ranges, written)
        self.calendar.post(day, posted)
        self.observer.discharged(today, stays, paid, posted)
        if counting:
            tally_discharges(stays, sent_back, paid, self.facility)


def _access_of(p: Any, year: int) -> float:
    """Access factor of a year; after the last known one it stays."""
    return float(p.access_factor[min(max(year, 2020), 2023) - 2020])


def _taken_at_first(p: Any, facilities: Any) -> np.ndarray:
    """Beds in use when a run begins, by the tier's occupancy."""
    occupancy = np.asarray(p.initial_occupancy)[facilities.tier]
    return (facilities.beds * occupancy).astype(np.int64)


def _first_return(onsets: np.ndarray, row: int, returns: np.ndarray, at: np.ndarray) -> int:
    """Place in `at` of the first return that belongs beside or after an onset's resident."""
    if row >= len(onsets):
        return len(returns)
    return int(returns_before(returns, at, onsets[row, L.RESIDENT]))


def _written(
    rows: np.ndarray, ranges: list[tuple[int, int]], written: list[int]
) -> list[np.ndarray]:
    """What each worker wrote of its range."""
    return [rows[a : a + count] for (a, _), count in zip(ranges, written, strict=True)]
