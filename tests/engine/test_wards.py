"""Who gets a doctor and who gets a bed, on days made by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engines.compiled.driver import CompiledEngine
from sim.engines.kernels import episode_word as L
from sim.engines.kernels.durations import consult_durations
from sim.engines.kernels.serve import (
    ENDED,
    FATE,
    SECOND_CONSULT,
    VISIT_COLUMNS,
    draw_consults,
    serve,
)
from sim.engines.kernels.serve import WAITED as SECONDS_WAITED
from sim.engines.kernels.wards import next_for_bed, run_wards
from sim.parameters import load_parameters
from sim.rules.order import ready_key
from sim.rules.random import Stream, blocks
from sim.tiers import Tier
from tests.engine.running import build, call, index_of, tables_of
from tests.worlds import small_region

DAY = 100
MORNING, TEN, NOON = 8 * 3_600, 10 * 3_600, 12 * 3_600
MINOR, CHRONIC, COMPLEX, CRITICAL = range(4)


# ------------------------------------------------------------------------------------ beds


def small_town() -> CompiledEngine:
    return build(small_region(n_counties=1, residents=300, year=2023, beds={"city_first": 5}))


@pytest.fixture(scope="module")
def engine() -> CompiledEngine:
    return small_town()


@dataclass
class Day:
    """One day of a ward: ask for beds, then `run`."""

    engine: CompiledEngine
    key: str
    beds: int
    overflow: int = 0
    reserved: int = 0
    rows: list[tuple[int, int, int]] = field(default_factory=list)  # resident, episode word, second

    def asks(self, resident: int, second: int, need_class: int = COMPLEX, *,
             kind: int = L.NEW, referred: bool = False, contract: int = 0) -> None:  # fmt: skip
        episode_word = L.with_referral(L.asking(L.pack(need_class, 0), kind), referred)
        self.engine.people[resident].contract = contract
        self.rows.append((resident, episode_word, second))

    def run(self, occupied: int = 0, leaving: int = 0, queue: np.ndarray | None = None) -> None:
        f = index_of(self.engine.region, self.key)
        record = self.engine.world.facility[f]
        record.beds, record.overflow, record.reserved = self.beds, self.overflow, self.reserved
        n = len(self.rows)
        held = 0 if queue is None else len(queue)
        visits = np.zeros((max(n, 1), VISIT_COLUMNS), dtype=np.int64)
        claims = np.zeros(max(n, 1), dtype=np.int64)
        for place, (resident, episode_word, second) in enumerate(self.rows):
            visits[place, [L.RESIDENT, L.ONSET, L.EPISODE_WORD]] = resident, DAY, episode_word
            claims[place] = ready_key(second, place)
        claims[:n].sort()
        size = n + held + 1
        kept = np.zeros((size, L.WAIT_COLUMNS), dtype=np.int64)
        stays = np.zeros((size, L.STAY_COLUMNS), dtype=np.int32)
        events = np.zeros((size, L.EVENT_COLUMNS), dtype=np.int32)
        self.tally = np.zeros(L.FACILITY_TALLIES, dtype=np.int64)
        waiting = np.zeros((0, L.WAIT_COLUMNS), dtype=np.int64) if queue is None else queue
        self.occupied, n_kept, n_stays, n_events = call(
            run_wards, **tables_of(self.engine), day=DAY, facility=f, occupied=occupied,
            leaving=leaving, queue=waiting, visits=visits, claims=claims, n_claims=n, kept=kept,
            stays=stays, events=events, tally=self.tally,
        )  # fmt: skip
        self.stays, self.kept, self.events = stays[:n_stays], kept[:n_kept], events[:n_events]

    @property
    def admitted(self) -> list[int]:
        return self.stays[:, L.RESIDENT].tolist()

    @property
    def waiting(self) -> list[int]:
        return self.kept[:, L.W_RESIDENT].tolist()


@pytest.fixture
def ward(engine: CompiledEngine) -> Any:
    def make(beds: int, **options: Any) -> Day:
        return Day(engine, "county_general_0", beds, **options)

    return make


def waiting_since(day: int, residents: list[int], need_class: int = COMPLEX, *,
                  priority: int = 2, until: int = DAY + 9) -> np.ndarray:  # fmt: skip
    queue = np.zeros((len(residents), L.WAIT_COLUMNS), dtype=np.int64)
    for row, resident in enumerate(residents):
        key = (((priority << 14) | (day + 64)) << 20 | NOON) << 24 | row
        queue[row] = key, resident, day, L.pack(need_class, 0), 0, day, until
    return queue


def test_of_two_who_ask_at_the_same_second_the_first_in_the_list_gets_the_last_bed(
    ward: Any,
) -> None:
    day = ward(1)
    day.asks(7, NOON)
    day.asks(3, NOON)
    day.run()
    assert day.admitted == [7]
    assert day.waiting == [3]


@pytest.mark.parametrize("second", [MORNING, NOON, 86_399])
def test_of_two_who_ask_at_the_same_second_the_emergency_goes_first(ward: Any, second: int) -> None:
    """All that becomes ready at an instant is enqueued before a bed is given."""
    day = ward(1)
    day.asks(7, second, COMPLEX)
    day.asks(9, second, COMPLEX, referred=True, contract=2)
    day.asks(3, second, CRITICAL)
    day.run()
    assert day.admitted == [3]
    assert day.waiting == [9, 7]


def test_who_asks_earlier_gets_the_bed_whatever_his_place_in_the_list(ward: Any) -> None:
    day = ward(1)
    day.asks(7, NOON + 1)
    day.asks(3, NOON)
    day.run()
    assert day.admitted == [3]


def test_at_ten_the_freed_bed_goes_to_an_emergency_before_those_who_asked_earlier(
    ward: Any,
) -> None:
    day = ward(2)
    day.asks(1, MORNING, MINOR)
    day.asks(2, MORNING + 1, COMPLEX, referred=True, contract=2)
    day.asks(3, TEN - 1, CRITICAL)
    day.run(occupied=2, leaving=1)
    assert day.admitted == [3]
    assert day.waiting == [2, 1]


def test_at_ten_the_referred_with_a_contract_go_before_the_elective(ward: Any) -> None:
    day = ward(1)
    day.asks(1, MORNING)
    day.asks(2, MORNING + 60, referred=True, contract=2)
    day.run(occupied=1, leaving=1)
    assert day.admitted == [2]


@pytest.mark.parametrize(("referred", "contract"), [(True, 0), (False, 2)])
def test_a_referral_or_a_contract_alone_gives_no_priority(
    ward: Any, referred: bool, contract: int
) -> None:
    day = ward(1)
    day.asks(1, MORNING)
    day.asks(2, MORNING + 60, referred=referred, contract=contract)
    day.run(occupied=1, leaving=1)
    assert day.admitted == [1]


def test_reserved_beds_take_the_referred_with_a_contract_and_nobody_elective(ward: Any) -> None:
    day = ward(3, reserved=2)
    day.asks(1, NOON)
    day.asks(2, NOON + 1)
    day.asks(3, NOON + 2, referred=True, contract=2)
    day.run()
    assert day.admitted == [1, 3]
    assert day.waiting == [2]
    assert day.occupied == 2


def test_overflow_beds_take_emergencies_only_and_no_more_than_there_are(ward: Any) -> None:
    day = ward(2, overflow=1)
    day.asks(1, NOON, COMPLEX, referred=True, contract=2)
    day.asks(2, NOON + 1, CRITICAL)
    day.asks(3, NOON + 2, CRITICAL)
    day.run(occupied=2)
    assert day.admitted == [2]
    assert day.occupied == 3
    # The second emergency has no patience left at midnight and goes elsewhere.
    assert day.events[:, L.RESIDENT].tolist() == [3]
    assert day.waiting == [1]


def test_beds_above_the_rated_ones_are_emptied_before_anybody_elective_is_admitted(
    ward: Any,
) -> None:
    day = ward(2, overflow=2)
    day.asks(1, NOON)
    day.run(occupied=4, leaving=2)
    assert day.admitted == []
    assert day.occupied == 2


def test_a_transfer_is_admitted_as_an_emergency(ward: Any) -> None:
    day = ward(1)
    day.asks(1, MORNING)
    day.asks(2, TEN, kind=L.TRANSFER)
    day.run(occupied=1, leaving=1)
    assert day.admitted == [2]
    assert day.tally[L.F_TRANSFERS_IN] == 1


def test_a_bed_freed_at_ten_is_not_there_a_second_before(ward: Any) -> None:
    day = ward(1)
    day.asks(1, TEN - 1)
    day.asks(2, TEN)
    day.run(occupied=1, leaving=1)
    assert day.admitted == [1]
    assert day.waiting == [2]
    early = ward(1)
    early.asks(1, TEN - 1)
    early.run(occupied=1, leaving=0)
    assert early.admitted == []


def test_who_has_waited_since_yesterday_goes_before_todays_of_his_priority(ward: Any) -> None:
    day = ward(2)
    day.asks(1, MORNING)
    day.asks(2, MORNING, CRITICAL)
    day.run(occupied=2, leaving=2, queue=waiting_since(DAY - 1, [9, 8]))
    assert day.admitted == [2, 9]
    assert day.waiting == [8, 1]
    assert day.stays[1, L.WAITED] == 1
    assert day.tally[L.F_BED_WAIT_DAYS] == 1


def test_beds_free_at_midnight_go_to_the_queue_before_the_doors_open(ward: Any) -> None:
    day = ward(2)
    day.asks(1, 0, CRITICAL)
    day.run(occupied=1, queue=waiting_since(DAY - 3, [9]))
    assert day.admitted == [9]


def test_whoever_runs_out_of_patience_asks_at_the_next_facility_tomorrow(
    engine: CompiledEngine, ward: Any
) -> None:
    day = ward(1)
    queue = waiting_since(DAY - 6, [9, 8], until=DAY + 5)
    queue[0, L.W_UNTIL] = DAY + 1
    day.run(occupied=1, queue=queue)
    assert day.waiting == [8]
    assert len(day.events) == 1
    event = day.events[0]
    assert event[L.RESIDENT] == 9
    assert event[L.DUE] == DAY + 1
    assert L.asks_for(event[L.EPISODE_WORD]) == L.SEEK_BED
    assert L.need_class_of(event[L.EPISODE_WORD]) == COMPLEX
    here = index_of(engine.region, "county_general_0")
    target = call(
        next_for_bed,
        **tables_of(engine),
        resident=9,
        episode_word=L.pack(COMPLEX, 0),
        facility=here,
    )
    assert event[L.FACILITY] == target != here
    assert day.tally[L.F_LEFT_QUEUE] == 1


def test_whom_the_region_s_own_centre_has_no_bed_for_asks_at_the_city_s_hospitals() -> None:
    """Unless one of them has failed him; and they send nobody to the centre."""
    town = build(small_region(n_counties=1, residents=3_000, year=2023, regional_inside=True))
    record, of = town.world.facility, {
        key: index_of(town.region, key)
        for key in ("city_first", "city_second", "regional", "outside")
    }  # fmt: skip
    here = [town.region.facilities.key[f] for f in town.region.villages.facility[0]]
    hours = dict(zip(here, town.region.villages.hours[0], strict=True))
    assert record.beds[of["regional"]] > 0
    assert max(hours["city_first"], hours["city_second"]) < hours["regional"]  # though nearer

    def following(key: str, failed: int) -> int:
        episode_word = L.pack(COMPLEX, 0)
        if failed >= 0:
            episode_word = L.after_visit(episode_word, failed)
        return int(call(
            next_for_bed, **tables_of(town), resident=0, episode_word=episode_word, facility=of[key]
        ))  # fmt: skip

    nearest, other = sorted(("city_first", "city_second"), key=lambda key: hours[key])
    assert following("regional", -1) == of[nearest]
    assert following("regional", int(Tier.COUNTY)) == of[nearest]
    assert following("regional", int(Tier.CITY)) == of["outside"]
    assert following(nearest, -1) == of[other]
    assert following(other, -1) == of["outside"]


def test_the_next_facility_is_farther_of_the_same_tier_or_above_in_scope_and_has_beds(
    engine: CompiledEngine,
) -> None:
    """Walking from hospital to hospital ends outside and never turns round."""
    region = engine.region
    record = engine.world.facility
    seen = set()
    for resident in range(0, engine.n, 7):
        person = engine.people[resident]
        village = int(person.village)
        at = index_of(region, "county_general_0")
        for _ in range(12):
            following = int(call(
                next_for_bed, **tables_of(engine), resident=resident,
                episode_word=L.pack(COMPLEX, 0), facility=at,
            ))  # fmt: skip
            here, there = (
                region.villages.facility[village].tolist().index(f) for f in (at, following)
            )
            hours = region.villages.hours[village]
            assert (hours[there], there) > (hours[here], here)
            assert record.tier[following] >= record.tier[at]
            assert record.delay[following] or record.beds[following] > 0
            key = region.facilities.key[following]
            if key == "county_maternal_child_0":
                assert person.age < 15 or (person.sex == 1 and person.age < 50)
            seen.add(key)
            at = following
            if key == "outside":
                break
        assert region.facilities.key[at] == "outside"
    assert {"county_private_0", "city_first", "regional", "outside"} <= seen


def test_who_steps_down_to_a_full_ward_goes_home_and_asks_nowhere_else(ward: Any) -> None:
    day = ward(1)
    day.asks(5, TEN, kind=L.STEP_DOWN)
    day.run(occupied=1)
    assert day.admitted == []
    assert day.waiting == []
    assert day.events[:, L.RESIDENT].tolist() == [5]
    assert day.events[0, L.FACILITY] == -1
    assert day.tally[L.F_BACK_REFUSED] == 1
    assert day.tally[L.F_LEFT_QUEUE] == 0


def test_who_steps_down_is_taken_into_a_bed_that_falls_free_at_ten(ward: Any) -> None:
    day = ward(1)
    day.asks(5, TEN, kind=L.STEP_DOWN)
    day.run(occupied=1, leaving=1)
    assert day.admitted == [5]
    assert day.tally[L.F_BACK_RECEIVED] == 1
    assert day.stays[0, L.MOVES_UP] == 0


def test_stepping_down_is_no_emergency_even_after_a_critical_illness(ward: Any) -> None:
    """Overflow beds are for emergencies, and emergencies go first; he is going home by and by."""
    day = ward(1, overflow=1)
    day.asks(5, TEN, CRITICAL, kind=L.STEP_DOWN)
    day.run(occupied=1)
    assert day.admitted == []


def test_a_stay_beyond_the_facilitys_capability_lasts_a_day_and_ends_in_a_transfer(
    engine: CompiledEngine,
) -> None:
    easy = Day(engine, "county_general_0", 5)
    easy.asks(1, NOON, CRITICAL)
    easy.run()
    assert easy.stays[0, L.MOVES_UP] == 0  # difficulty 0
    f = index_of(engine.region, "county_general_0")
    queue = waiting_since(DAY - 1, [4], CRITICAL, priority=0)
    queue[0, L.W_DIFFICULTY] = -1  # difficulty 1, as a signed word
    hardest = Day(engine, "county_general_0", 5)
    hardest.run(queue=queue)
    assert hardest.stays[0, L.MOVES_UP] == 1
    assert hardest.stays[0, L.DAYS] == 1
    assert hardest.stays[0, L.FACILITY] == f


@settings(max_examples=150)
@given(
    beds=st.integers(0, 6), overflow=st.integers(0, 2), reserved=st.integers(0, 3),
    state=st.tuples(st.integers(0, 8), st.integers(0, 8)),
    rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 86_399), st.booleans(),
                            st.sampled_from([L.NEW, L.TRANSFER, L.STEP_DOWN, L.SEEK_BED])),
                  max_size=12),
    held=st.integers(0, 4),
)  # fmt: skip
def test_every_day_of_a_ward_accounts_for_every_patient(
    beds: int, overflow: int, reserved: int, state: tuple[int, int],
    rows: list[tuple[int, int, bool, int]], held: int,
) -> None:  # fmt: skip
    day = Day(_ENGINE, "county_general_0", beds, overflow, min(reserved, beds))
    for resident, (need_class, second, referred, kind) in enumerate(rows):
        second = TEN if kind >= L.TRANSFER else second
        day.asks(resident, second, need_class, kind=kind, referred=referred, contract=2)
    occupied = min(state[0], beds + overflow)
    leaving = min(state[1], occupied)
    queue = waiting_since(DAY - 2, list(range(100, 100 + held)))
    day.run(occupied, leaving, queue)
    went = day.events[:, L.RESIDENT].tolist()
    everybody = sorted([*range(len(rows)), *range(100, 100 + held)])
    assert sorted([*day.admitted, *day.waiting, *went]) == everybody
    assert day.occupied == occupied - leaving + len(day.admitted)
    assert day.occupied <= max(occupied, beds + overflow)
    keys = day.kept[:, L.W_KEY]
    assert (np.diff(keys) > 0).all()
    assert day.tally[L.F_BED_REQUESTS] == len(rows)
    assert day.tally[L.F_ADMISSIONS] == len(day.admitted)
    assert len(day.events) == day.tally[L.F_LEFT_QUEUE] + day.tally[L.F_BACK_REFUSED]


_ENGINE = small_town()


# --------------------------------------------------------------------------------- doctors


@dataclass
class Clinic:
    """One pool of doctors for one session."""

    tests: float = 0.0
    rows: list[tuple[int, int]] = field(default_factory=list)  # need class, ready second

    def run(self, rooms: int = 1, opens: int = MORNING, cutoff: int = 10**6) -> Clinic:
        p = load_parameters({"test_share:county": self.tests}, anchored=False)
        n = len(self.rows)
        self.visits = np.zeros((max(n, 1), VISIT_COLUMNS), dtype=np.int64)
        keys = np.zeros(max(n, 1), dtype=np.int64)
        for place, (need_class, second) in enumerate(self.rows):
            self.visits[place, L.EPISODE_WORD] = L.pack(need_class, 0)
            self.visits[place, L.ONSET] = DAY
            keys[place] = ready_key(second, place)
        keys[:n].sort()
        scratch = [np.zeros(max(size, 1), dtype=np.int64) for size in (rooms, n)]
        scratch.append(np.zeros((2, max(n, 1)), dtype=np.int64))
        draws = np.empty((4, n))
        days, none = np.full(n, DAY, dtype=np.int64), np.zeros(n, dtype=np.int64)
        blocks(1, int(Stream.SERVICE), 1_000 + np.arange(n), days, none, n, draws)
        draw_consults(p, 2, consult_durations(p), draws, self.visits, n)
        self.busy = int(serve(self.visits, keys, n, rooms, opens, cutoff, *scratch))
        self.ready = np.array([second for _, second in self.rows], dtype=np.int64)
        self.waited = self.visits[:n, SECONDS_WAITED]
        self.called = self.ready + self.waited
        self.ended = self.visits[:n, ENDED]
        self.fate = self.visits[:n, FATE]
        return self


def test_of_two_who_come_at_the_same_second_the_first_in_the_list_is_seen_first() -> None:
    clinic = Clinic(rows=[(MINOR, MORNING), (MINOR, MORNING)]).run()
    assert clinic.waited[0] == 0
    assert clinic.called[1] == clinic.ended[0]


def test_an_emergency_is_called_before_others_who_wait_but_interrupts_nobody() -> None:
    clinic = Clinic(rows=[(MINOR, MORNING), (MINOR, MORNING + 1), (CRITICAL, MORNING + 2)]).run()
    assert clinic.waited[0] == 0
    assert clinic.called[2] == clinic.ended[0]
    assert clinic.called[1] == clinic.ended[2]


def test_who_is_back_from_tests_is_called_before_first_visits() -> None:
    """With everybody tested and one room, second consults cut in as soon as they are ready."""
    n = 40
    clinic = Clinic(tests=1.0, rows=[(MINOR, MORNING)] * n).run()
    first = np.sort(clinic.called)
    assert (clinic.fate == L.CONSULTED).all()
    service = clinic.visits[:n, SECOND_CONSULT]
    assert (service >= 1).all()
    # The last first visit is called after some have been back from their tests: a second
    # consult that is over before it cannot be explained by first come, first served.
    assert (clinic.ended < first[-1]).sum() > 5


def test_who_is_not_called_by_the_cutoff_leaves_unseen_at_that_second() -> None:
    clinic = Clinic(rows=[(MINOR, MORNING)] * 30).run(cutoff=MORNING + 1_800)
    unseen = clinic.fate == L.UNSEEN
    assert 0 < unseen.sum() < 30
    assert (clinic.waited[unseen] == 1_800).all()
    assert (clinic.called[~unseen] <= MORNING + 1_800).all()


def test_returns_from_tests_are_seen_however_late() -> None:
    clinic = Clinic(tests=1.0, rows=[(MINOR, MORNING)] * 3).run(cutoff=MORNING + 3_600)
    assert (clinic.fate == L.CONSULTED).all()
    assert clinic.ended.max() > MORNING + 1_800


def test_a_pool_works_as_long_as_its_patients_take_one_by_one() -> None:
    """Service draws belong to the patient, not to the queue."""
    rows = [(MINOR, MORNING + 30 * k) for k in range(25)]
    together = Clinic(tests=0.4, rows=rows).run(rooms=2)
    alone = 0
    for place in range(25):
        clinic = Clinic(tests=0.4, rows=[(MINOR, MORNING)] * (place + 1))
        alone += clinic.run(rooms=60).busy - (
            Clinic(tests=0.4, rows=[(MINOR, MORNING)] * place).run(rooms=60).busy if place else 0
        )
    assert together.busy == alone


@settings(max_examples=150)
@given(
    rows=st.lists(st.tuples(st.sampled_from([MINOR, CRITICAL]), st.integers(0, 7_200)),
                  min_size=1, max_size=40),
    rooms=st.integers(1, 4), overrun=st.integers(600, 20_000),
)  # fmt: skip
def test_rooms_are_never_shared_never_idle_while_somebody_waits_and_called_in_order(
    rows: list[tuple[int, int]], rooms: int, overrun: int
) -> None:
    rows = [(need_class, MORNING + second // 60 * 60) for need_class, second in rows]
    clinic = Clinic(rows=rows).run(rooms, cutoff=MORNING + overrun)
    seen = clinic.fate == L.CONSULTED
    assert (clinic.waited >= 0).all()
    begin, end = clinic.called[seen], clinic.ended[seen]
    assert (end > begin).all()
    assert clinic.busy == (end - begin).sum()
    for second in begin:
        assert ((begin <= second) & (second < end)).sum() <= rooms
    order = np.flatnonzero(seen)
    for place in order:
        waits = range(int(clinic.ready[place]), int(clinic.called[place]), 97)
        for second in waits:  # everybody who waits sees all rooms busy
            assert ((begin <= second) & (second < end)).sum() == rooms
    need = np.array([need_class for need_class, _ in rows])
    for a in order:
        for b in order:
            both_wait = clinic.ready[b] <= clinic.called[a] and clinic.called[b] > clinic.called[a]
            if both_wait and need[b] == CRITICAL:
                assert need[a] == CRITICAL
