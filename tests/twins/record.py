"""The complete record of a run, as plain rows, from each of the two agent engines.

A visit: (day, resident, onset, occurrence, class, asks, referred, failed tier + 1, facility,
alternative, pool, arrival second, fate, seconds waited, second ended). A stay: (day granted,
resident, onset, occurrence, class, asks, facility, days, moves up, days waited). Money: (day,
resident, 0 visit or 1 stay, charge of a stay, fund), fen. And every tally, and every resident in
his last state.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any
from unittest import mock

import numpy as np

from sim.engines import record_types as S
from sim.engines.compiled import driver
from sim.engines.compiled.driver import CompiledEngine
from sim.engines.kernels import episode_word as L
from sim.engines.kernels import serve
from sim.engines.reference import TieredCare
from sim.engines.reference.episode import Episode, Fate


@dataclass
class Record:
    """Everything a run did; `rows` by kind."""

    visits: list[tuple[int, ...]] = field(default_factory=list)
    stays: list[tuple[int, ...]] = field(default_factory=list)
    money: list[tuple[int, ...]] = field(default_factory=list)
    tallies: dict[str, np.ndarray] = field(default_factory=dict)
    people: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def episodes(self) -> int:
        """Episodes begun in the run's counted days."""
        return int(self.tallies["episode"][:, S.E_STARTED].sum())

    def close(self, tallies: Any, people: Any) -> Record:
        """Add what is known at the end, and sort the rows."""
        for kind in (self.visits, self.stays, self.money):
            kind.sort()
        self.tallies = {f.name: np.asarray(getattr(tallies, f.name)) for f in fields(tallies)}
        self.people = {name: np.asarray(people[name]) for name in people.dtype.names}
        return self

    def digest(self) -> str:
        """Hash of the whole record."""
        whole = hashlib.sha256(repr((self.visits, self.stays, self.money)).encode())
        for table in (self.tallies, self.people):
            for name in sorted(table):
                whole.update(np.ascontiguousarray(table[name]).tobytes())
        return whole.hexdigest()


def differences(a: Record, b: Record) -> list[str]:
    """What differs, the earliest row of each kind first; empty when the records are equal."""
    found = []
    for kind in ("visits", "stays", "money"):
        one, other = getattr(a, kind), getattr(b, kind)
        if one != other:
            here, there = set(one), set(other)
            first = min((here ^ there) or {one[0] if one else other[0]})
            number = len(here ^ there)
            found.append(
                f"{kind}: {len(one)} and {len(other)} rows, {number} differ; the first of them: "
                f"{[row for row in one if row[:2] == first[:2]]} and "
                f"{[row for row in other if row[:2] == first[:2]]}"
            )
    for kind in ("tallies", "people"):
        one, other = getattr(a, kind), getattr(b, kind)
        for name in one:
            if one[name].shape != other[name].shape:
                found.append(f"{kind}.{name}: shapes {one[name].shape}, {other[name].shape}")
            elif not np.array_equal(one[name], other[name]):
                where = np.argwhere(one[name] != other[name])
                found.append(f"{kind}.{name}: {len(where)} cells differ, first {where[0].tolist()}")
    return found


# ------------------------------------------------------------------------- reference engine


def _of_episode(episode: Episode, asks: int) -> tuple[int, ...]:
    return (
        episode.resident.row, episode.onset, episode.occurrence, episode.need_class, asks
    )  # fmt: skip


@contextlib.contextmanager
def following_reference(model: TieredCare) -> Iterator[Record]:
    """Write down all that a model does, day by day."""
    record = Record()
    close, step = model._close, model.step

    def before_closing() -> None:
        """Visits and new stays are written down before they change their episodes."""
        day = model.day
        for visit in model.visits_today:
            e, f = visit.episode, visit.facility
            record.visits.append((
                day, *_of_episode(e, int(e.asks)), int(e.is_referred), e.failed, f.row,
                visit.alternative, visit.pool, visit.second, int(visit.fate), visit.waited,
                visit.ended,
            ))  # fmt: skip
        for resident in model.residents:
            stay = resident.stay
            if stay is not None and stay.granted == day:
                e = stay.illness
                record.stays.append((
                    day, *_of_episode(e, int(e.asks)), stay.facility.row, stay.days,
                    int(stay.moves_up), stay.granted - stay.asked[0],
                ))  # fmt: skip
        close()

    def a_day() -> None:
        day = model.day
        step()
        for visit in model.visits_today:
            if visit.fate in (Fate.CONSULTED, Fate.WANTS_BED):
                record.money.append((day, visit.episode.resident.row, 0, 0, visit.fund))
        for stay in model.discharged:
            if stay.episode is not None:
                record.money.append((day, stay.patient.row, 1, stay.charge, stay.fund))

    with mock.patch.object(model, "_close", before_closing), mock.patch.object(
        model, "step", a_day
    ):  # fmt: skip
        yield record


def of_reference(model: TieredCare) -> Record:
    """Run a model to its end and write down all it does."""
    with following_reference(model) as record:
        tallies = model.run()
    return record.close(tallies, model.people)


# -------------------------------------------------------------------------- compiled engine


@contextlib.contextmanager
def spying(name: str, spy: Callable[[Callable[..., Any], dict[str, Any]], Any]) -> Iterator[None]:
    """Put `spy(kernel, arguments by name)` in the place of one of the driver's kernels."""
    kernel = getattr(driver, name)
    names = list(inspect.signature(getattr(kernel, "py_func", kernel)).parameters)
    with mock.patch.object(
        driver, name, lambda *values: spy(kernel, dict(zip(names, values, strict=True)))
    ):
        yield


def _of_word(episode_word: int) -> tuple[int, ...]:
    """Occurrence, class and what is asked for, of an episode's word."""
    return (
        int(L.occurrence_of(episode_word)),
        int(L.need_class_of(episode_word)),
        int(L.asks_for(episode_word)),
    )


@contextlib.contextmanager
def following_compiled(engine: CompiledEngine) -> Iterator[Record]:
    """Write down all that an engine of one thread does."""
    record = Record()
    ended: dict[int, int] = {}
    held: dict[str, Any] = {}

    def facilities(kernel: Any, given: dict[str, Any]) -> None:
        """One facility at a time, to read how its day went from the scratch."""
        ended.clear()
        offset, order = given["offset"], given["order"]
        for f in range(given["first"], given["last"]):
            kernel(*{**given, "first": f, "last": f + 1}.values())
            for i, place in enumerate(order[offset[f] : offset[f + 1]]):
                ended[int(place)] = int(given["scratch"].visits[i, serve.ENDED])

    def visits(kernel: Any, given: dict[str, Any]) -> Any:
        requests, facility, fate = given["requests"], given["facility"], given["fate"]
        for i in range(given["first"], given["last"]):
            if facility[i] < 0:
                continue
            row = requests[i]
            episode_word = int(row[L.EPISODE_WORD])
            bed_only = int(fate[i]) == S.BED_ONLY
            record.visits.append((
                int(given["day"]), int(row[L.RESIDENT]), int(row[L.ONSET]),
                *_of_word(episode_word),
                int(L.is_referred(episode_word)), int(L.failed_of(episode_word)), int(facility[i]),
                int(given["alternative"][i]), 0 if bed_only else int(held["pool"][i]),
                int(held["second"][i]), int(fate[i]), 0 if bed_only else int(given["wait"][i]),
                ended[i],
            ))  # fmt: skip
        people = given["people"]
        before = people["visit_fund"].copy()
        written = kernel(*given.values())
        for i in range(given["first"], given["last"]):
            if int(fate[i]) in (S.CONSULTED, S.WANTS_BED):
                r = int(requests[i, L.RESIDENT])
                fund = int(people["visit_fund"][r]) - int(before[r])
                record.money.append((int(given["day"]), r, 0, 0, fund))
        return written

    def choices(kernel: Any, given: dict[str, Any]) -> Any:
        written = kernel(*given.values())
        held.update(pool=given["pool"], second=given["second"])
        return written

    def discharges(kernel: Any, given: dict[str, Any]) -> Any:
        people, stays = given["people"], given["stays"]
        before = people["stay_fund"].copy()
        written = kernel(*given.values())
        for i in range(given["first"], given["last"]):
            r = int(stays[i, L.RESIDENT])
            if r >= 0:
                fund = int(people["stay_fund"][r]) - int(before[r])
                charge = int(given["paid"][i])
                record.money.append((int(given["day"]), r, 1, charge, fund))
        return written

    schedule = engine.calendar.schedule

    def stays(rows: np.ndarray, day: int) -> None:
        for row in rows:
            if row[L.RESIDENT] >= 0:
                record.stays.append((
                    day, int(row[L.RESIDENT]), int(row[L.ONSET]),
                    *_of_word(int(row[L.EPISODE_WORD])),
                    int(row[L.FACILITY]), int(row[L.DAYS]), int(row[L.MOVES_UP]),
                    int(row[L.WAITED]),
                ))  # fmt: skip
        schedule(rows, day)

    with (
        mock.patch.object(engine.calendar, "schedule", stays),
        spying("facility_day", facilities), spying("close_visits", visits),
        spying("choose", choices), spying("discharge", discharges),
    ):  # fmt: skip
        yield record


def of_compiled(engine: CompiledEngine) -> Record:
    """Run an engine of one thread to its end and write down all it does."""
    with following_compiled(engine) as record:
        tallies = engine.run()
    return record.close(tallies, engine.people[: engine.n])
