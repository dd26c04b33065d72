"""One resident's year: who he is, what he weighed, whom he saw, what it cost, as a document.

`trace` runs the whole region once and watches one resident, or a small sample of which the one with
the most events is taken. sim.observers.trace_page puts it into words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from sim.engines.kernels import episode_word as L
from sim.engines.kernels.bills import visit_bills
from sim.engines.observe import Observer, Today
from sim.errors import Fault, InputError
from sim.observers import outcomes
from sim.observers.explain import Decision, decide, fund_is_used_up
from sim.observers.trace_facts import Event, bill, described, person_of, place, summary
from sim.observers.visit_columns import CHRONIC, CONTRACT, POOL
from sim.region import Region
from sim.rules.choice import SELF_CARE
from sim.rules.consult import is_sent_for_tests
from sim.rules.illness import difficulty_of
from sim.rules.random import Stream, block
from sim.rules.resolution import self_care_resolves
from sim.run import simulate
from sim.tiers import CLASS_KEYS

SAMPLE = 64  # residents looked at when none is named
Progress = Callable[[str, int, int, int], None]


def trace(
    region: str | Path | Region,
    resident: int | None = None,
    year: int = 2023,
    *,
    seed: int = 0,
    threads: int = 2,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """One resident's year, as plain values ready for JSON.

    resident  row of the resident, 0 to residents - 1, as in the column `resident` of a visit log;
              None takes the one with the most events of 64 spread evenly over the region

    Returns {"run", "resident", "events", "year"}: seconds, minutes, hours, fen and yuan are named
    in the keys.

    raises  InputError where the resident does not exist, and whatever simulate raises; RuntimeError
            when a choice taken apart is not the engine's (a fault in the program)

    >>> trace("taonan", 1000)["resident"]["age"]  # doctest: +SKIP
    """
    watch = Trace(None if resident is None else [resident])
    run = simulate(region, year, seed=seed, threads=threads, progress=progress, observer=watch)
    row = max(watch.events, key=lambda r: (len(watch.events[r]), -r))
    about = {key: run.manifest[key] for key in ("region", "year", "seed", "key")}
    names = {"region_name": watch.engine.region.name, "region_name_zh": watch.engine.region.name_zh}
    return {"run": {**about, **names}, **watch.story(row)}


class Trace(Observer):
    """Watches some residents; `story(row)` after the run. None watches a sample."""

    def __init__(self, rows: Sequence[int] | None) -> None:
        self.rows = rows

    def began(self, engine: Any) -> None:
        """Find the residents.

        raises  InputError for a row that no resident has
        """
        self.engine = engine
        n = engine.n
        if self.rows is None:
            self.rows = sorted({n * k // SAMPLE for k in range(SAMPLE)})
        for row in self.rows:
            if not 0 <= row < n:
                want = f"a row of the residents on 1 January, 0..{n - 1}"
                got = f"resident {row} does not exist"
                raise InputError([Fault("--resident", 0, "", got, want)])
        self.watched = np.zeros(len(engine.people), dtype=np.bool_)
        self.watched[list(self.rows)] = True
        self.events: dict[int, list[Event]] = {row: [] for row in self.rows}
        self.persons: dict[int, Event] = {}
        self.states: dict[int, Event] = {}
        self.in_bed: dict[int, int] = {}  # resident -> facility
        self.introduced: set[tuple[int, int, int]] = set()  # episodes of the year before
        self.decisions = 0

    def story(self, row: int) -> dict[str, Any]:
        """Resident, events in order of time, and the sum of the year."""
        events = self.events[row]
        return {"resident": self.persons[row], "events": events, "year": summary(events)}

    # ------------------------------------------------------------------ the day

    def chosen(self, today: Today, posted: list[np.ndarray]) -> None:
        """Illnesses that begin, what was weighed and what was chosen.

        raises  RuntimeError when a choice taken apart is not the engine's
        """
        if today.day == 0:
            self.persons = {row: person_of(self.engine, row) for row in self.events}
        if today.counting:
            self._changes(today.day)
        for i in np.flatnonzero(self.watched[today.requests[:, L.RESIDENT]]):
            self._request(today, int(i), posted)

    def _request(self, today: Today, i: int, posted: list[np.ndarray]) -> None:
        request = [int(value) for value in today.requests[i]]
        r, episode_word = request[L.RESIDENT], request[L.EPISODE_WORD]
        fate = int(today.fate[i])
        f = int(today.facility[i])
        kind = L.asks_for(episode_word)
        if kind >= L.TRANSFER:
            if f >= 0:
                what = ("transfer", "step_down", "seek_bed")[kind - L.TRANSFER]
                self._tell(today, r, "bed_asked", asks=what, **place(self.engine, f))
            return
        if f < 0 and fate == L.IDLE:
            return  # dead, or in bed, or seen already today: nothing happens before tomorrow
        if kind == L.NEW:
            self._tell(today, r, "illness", **self._episode(request))
        elif request[L.ONSET] < 0:
            self._introduce(today, request)
        decision = decide(self.engine, today, i)
        due = _sent_on(today.requests[i], posted) if fate == L.POSTPONED else None
        self._hold_against_the_engine(decision, today, i, due)
        person = self.engine.people[r]
        facts = described(self.engine, decision, int(person.village))
        facts["fund_used_up"] = fund_is_used_up(self.engine, person)
        if fate == L.SELF_CARE:
            # Whoever had been to a doctor and gives up ends unresolved.
            s, difficulty = L.need_class_of(episode_word), difficulty_of(request[L.DIFFICULTY])
            facts["recovers"] = kind == L.NEW and bool(
                self_care_resolves(self.engine.p, s, difficulty)
            )
        elif due is not None:
            facts["due"] = self._date(int(due[L.DUE]))
        facts["asked_for"] = outcomes.ASKED_FOR[int(outcomes.asked(np.array([episode_word]))[0])]
        self._tell(today, r, "choice", **self._episode(request), **facts)

    def _introduce(self, today: Today, request: list[int]) -> None:
        """An episode of the year before, when it is first met with."""
        name = (request[L.RESIDENT], request[L.ONSET], request[L.DIFFICULTY])
        if today.counting and name not in self.introduced:
            self.introduced.add(name)
            self._tell(today, request[L.RESIDENT], "ill_since", **self._episode(request))

    def _hold_against_the_engine(
        self, decision: Decision, today: Today, i: int, due: np.ndarray | None
    ) -> None:
        """What was found here must be what the engine did."""
        village = self.engine.people[int(today.requests[i, L.RESIDENT])].village
        if today.fate[i] == L.SELF_CARE:
            did = SELF_CARE
        elif due is not None:
            villages, f = self.engine.world.village, int(due[L.FACILITY])
            did = int(L.alternative_of(villages, int(village), f))
        else:
            did = int(today.alternative[i])
        self.decisions += 1
        if did != decision.alternative:
            raise RuntimeError("a choice taken apart is not the engine's; a fault in the program")

    def served(
        self, today: Today, leaving: np.ndarray, admitted: np.ndarray, moved: np.ndarray
    ) -> None:
        """Store what is reported once the day is closed: visits come before the beds they lead
        to."""
        people = self.engine.people
        here = self.watched[today.requests[:, L.RESIDENT]] & (today.facility >= 0)
        here &= np.isin(today.fate, (L.UNSEEN, L.CONSULTED, L.WANTS_BED))
        self.visits = np.flatnonzero(here)
        self.visit_fund = people.visit_fund[today.requests[self.visits, L.RESIDENT]]
        self.leaving = np.flatnonzero(
            (leaving[:, L.RESIDENT] >= 0) & self.watched[leaving[:, L.RESIDENT]]
        )
        self.stay_fund = people.stay_fund[leaving[self.leaving, L.RESIDENT]]
        self.admitted = admitted[self.watched[admitted[:, L.RESIDENT]]]
        self.moved = moved[self.watched[moved[:, L.RESIDENT]]]

    def closed(self, today: Today, posted: list[np.ndarray]) -> None:
        """Visits, then beds given and bed queues left."""
        if len(self.visits):
            self._tell_visits(today, posted)
        for stay in self.admitted:
            r, f = int(stay[L.RESIDENT]), int(stay[L.FACILITY])
            self.in_bed[r] = f
            kind = outcomes.STAY_KIND[
                int(outcomes.stay_kind(stay[L.EPISODE_WORD : L.EPISODE_WORD + 1])[0])
            ]
            waited = int(stay[L.WAITED])
            self._tell(
                today, r, "admitted", kind=kind, bed_wait_days=waited, **place(self.engine, f)
            )
        for event in self.moved:
            f = int(event[L.FACILITY])
            elsewhere = place(self.engine, f) if f >= 0 else {}
            self._tell(today, int(event[L.RESIDENT]), "no_bed", **elsewhere)

    def _tell_visits(self, today: Today, posted: list[np.ndarray]) -> None:
        engine, rows = self.engine, self.visits
        requests = np.ascontiguousarray(today.requests[rows])
        facility = today.facility[rows].astype(np.int64)
        r, episode_word, fate = (
            requests[:, L.RESIDENT],
            requests[:, L.EPISODE_WORD],
            today.fate[rows],
        )
        charge, referral = np.zeros((2, len(rows)), dtype=np.int64)
        record = engine.world.facility
        visit_bills(
            engine.p, record, engine.people, engine.seed, engine.key, requests, facility, charge,
            referral,
        )  # fmt: skip
        fund = engine.people.visit_fund[r] - self.visit_fund
        events = outcomes.following(r, posted)
        outcome = outcomes.visit_outcome(engine.people, r, episode_word, fate, events)
        for k, i in enumerate(rows):
            f, seen = int(facility[k]), int(fate[k]) != L.UNSEEN
            word = outcomes.OUTCOME[int(outcome[k])]
            village = int(engine.people[int(r[k])].village)
            hours = float(engine.world.village[village].hours[int(today.alternative[i])])
            paid = (int(charge[k]), int(fund[k])) if seen else (0, 0)
            following = {}
            if word in ("referred", "returns"):
                following = {
                    "next": place(self.engine, int(events[k, L.FACILITY])),
                    "due": self._date(int(events[k, L.DUE])),
                }
            pool = POOL[int(today.pool[i])] if record[f].pooled else "general"
            self._tell(
                today, int(r[k]), "visit", **self._episode(requests[k].tolist()),
                **place(self.engine, f), pool=pool,
                has_no_queue=bool(record[f].delay),
                arrival_second=int(today.second[i]), wait_seconds=int(today.wait[i]), seen=seen,
                tests=seen and self._had_tests(requests[k], f), outcome=word,
                referral_written=bool(referral[k]) and word in ("referred", "escalated"),
                travel_minutes=0.0 if not seen else 120.0 * hours, **bill(*paid), **following,
            )  # fmt: skip

    def _had_tests(self, request: np.ndarray, f: int) -> bool:
        """Tests and a second consult belong to a visit; facilities without queues say nothing."""
        engine = self.engine
        if engine.world.facility[f].delay:
            return False
        identity = int(engine.people[int(request[L.RESIDENT])].identity)
        day = engine.key + int(request[L.ONSET])
        occasion = L.occurrence_of(int(request[L.EPISODE_WORD]))
        u = block(engine.seed, int(Stream.SERVICE), identity, day, occasion)
        return bool(is_sent_for_tests(engine.p, u[1], int(engine.world.facility[f].tier)))

    def discharged(
        self, today: Today, stays: np.ndarray, paid: np.ndarray, posted: list[np.ndarray]
    ) -> None:
        """Stays that ended at 10:00."""
        stays, charge = stays[self.leaving], paid[self.leaving]
        if not len(stays):
            return
        people, r, episode_word = self.engine.people, stays[:, L.RESIDENT], stays[:, L.EPISODE_WORD]
        fund = people.stay_fund[r] - self.stay_fund
        events = outcomes.following(r, posted)
        ending = outcomes.stay_ending(people, r, episode_word, events)
        for k in range(len(stays)):
            self.in_bed.pop(int(r[k]), None)
            target = int(events[k, L.FACILITY])
            following = {"next": place(self.engine, target)} if target >= 0 else {}
            self._tell(
                today, int(r[k]), "discharged", **place(self.engine, int(stays[k, L.FACILITY])),
                days=int(stays[k, L.DAYS]), ending=outcomes.ENDING[int(ending[k])],
                **bill(int(charge[k]), int(fund[k])), **following,
            )  # fmt: skip

    def ended(self) -> None:
        """Who died or moved at the last midnight; who is still in bed."""
        last = (date(self.engine.year + 1, 1, 1) - date(self.engine.year, 1, 1)).days
        self._changes(last)
        for r, f in self.in_bed.items():
            if self.engine.people[r].status & (L.DEAD | L.MOVED) == 0:
                day = self._date(last - 1)
                self.events[r].append({"date": day, "event": "in_bed", **place(self.engine, f)})

    def _changes(self, day: int) -> None:
        """What the turn of a month did: chronic state, contract, a birth, a death, a move."""
        if day > 0 and (date(self.engine.year, 1, 1) + timedelta(days=day)).day != 1:
            return
        for r, events in self.events.items():
            person = self.engine.people[r]
            status = int(person.status)
            state = {
                "chronic": CHRONIC[int(person.chronic)],
                "contract": CONTRACT[int(person.contract)],
                "bore": bool(status & L.BORE), "died": bool(status & L.DEAD),
                "moved": bool(status & L.MOVED),
            }  # fmt: skip
            before = self.states.get(r, state)
            for what, now in state.items():
                if now != before[what]:
                    facts = {"from": before[what], "to": now} if isinstance(now, str) else {}
                    events.append({"date": self._date(day), "event": what, **facts})
            self.states[r] = state

    # ------------------------------------------------------------------ facts

    def _tell(self, today: Today, r: int, event: str, **facts: Any) -> None:
        if today.counting:
            self.events[r].append({"date": self._date(today.day), "event": event, **facts})

    def _date(self, day: int) -> str:
        return (date(self.engine.year, 1, 1) + timedelta(days=day)).isoformat()

    def _episode(self, request: Sequence[int]) -> Event:
        return {
            "onset": self._date(request[L.ONSET]),
            "need_class": CLASS_KEYS[L.need_class_of(request[L.EPISODE_WORD])],
            "difficulty": float(difficulty_of(request[L.DIFFICULTY])),
        }


def _sent_on(request: np.ndarray, posted: list[np.ndarray]) -> np.ndarray:
    """The same visit on a later day; a resident may have two put off at once."""
    events = np.concatenate(posted)
    same = (events[:, L.RESIDENT] == request[L.RESIDENT]) & (events[:, L.ONSET] == request[L.ONSET])
    same &= outcomes.occurrence_of(events[:, L.EPISODE_WORD]) == L.occurrence_of(
        int(request[L.EPISODE_WORD])
    )
    return events[np.flatnonzero(same)[0]]
