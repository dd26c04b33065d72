"""Every visit and stay of some counties and months as Parquet, written while the run goes on.

`VisitLog` watches a run. What a kernel adds up and forgets is read from what it left (the fund's
share is the change of the person's account, success the habit it wrote) or asked of the same rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from sim.day import days_in_year
from sim.engines.kernels import episode_word as L
from sim.engines.kernels.bills import difficulties, visit_bills
from sim.engines.observe import Observer, Today
from sim.errors import Fault, InputError
from sim.observers import outcomes
from sim.observers.outcomes import ENDING, OUTCOME
from sim.observers.visit_columns import POOL, STAYS, VISITS
from sim.observers.visit_parquet import NO_DATE, ParquetTable
from sim.region import Counties


def find_counties(counties: Counties, asked: Sequence[str]) -> list[int]:
    """Indices of counties named by six-digit code, English or Chinese name; all when none is.

    raises  InputError for every unknown one, with the nearest
    """
    if not asked:
        return list(range(len(counties.code)))
    known: dict[str, int] = {}
    for names in (counties.name_zh, counties.name, counties.code):
        known |= {name.lower(): index for index, name in enumerate(names)}
    faults = []
    for word in asked:
        if word.lower() not in known:
            near = get_close_matches(word.lower(), known, n=1, cutoff=0.3)
            some = "; ".join(
                f"{code} {name} {zh}"
                for code, name, zh in zip(
                    counties.code, counties.name, counties.name_zh, strict=True
                )
            )
            hint = f"Did you mean {near[0]}?" if near else ""
            faults.append(Fault("--county", 0, "", repr(word), f"one of: {some}", hint))
    if faults:
        raise InputError(faults)
    return sorted({known[word.lower()] for word in asked})


def parse_months(asked: Sequence[str]) -> list[int]:
    """Months 1-12 from words like `3` and `1-3`; all twelve when none is given.

    raises  InputError for every word that is no month or range of months

    >>> parse_months(["1-3", "12"])
    [1, 2, 3, 12]
    """
    months: set[int] = set()
    faults = []
    for word in asked:
        first, _, last = word.partition("-")
        ends = (first, last or first)
        allowed = all(end.isascii() and end.isdigit() and 1 <= int(end) <= 12 for end in ends)
        if not allowed or int(ends[0]) > int(ends[1]):
            faults.append(Fault("--months", 0, "", repr(word), "months like 3 or 1-3, 1 to 12"))
            continue
        months |= set(range(int(ends[0]), int(ends[1]) + 1))
    if faults:
        raise InputError(faults)
    return sorted(months) or list(range(1, 13))


class VisitLog(Observer):
    """Writes the records of a run to temporary files; `publish` gives them their names.

    path      file of the visits, *.parquet; stays go to *.stays.parquet beside it
    counties  indices of counties of residence
    months    months 1-12 to write
    raises    InputError for a file name that is not *.parquet; on entering it, OSError when a file
              cannot be created

    Use as a context: leaving it without `publish` leaves no file behind.

    >>> with VisitLog(Path("v.parquet"), [0], [1]) as log:  # doctest: +SKIP
    ...     run = simulate("taonan", observer=log)
    ...     log.publish(run.manifest)
    """

    def __init__(self, path: Path, counties: Sequence[int], months: Sequence[int]) -> None:
        if path.suffix != ".parquet":
            raise InputError([Fault("--log", 0, "", repr(str(path)), "a file name *.parquet")])
        self.paths = (path, path.with_suffix(".stays.parquet"))
        self.counties = list(counties)
        self.months = list(months)
        self.visits = ParquetTable(self.paths[0], VISITS)
        self.stays = ParquetTable(self.paths[1], STAYS)

    def __enter__(self) -> VisitLog:
        try:
            self.visits.open()
            self.stays.open()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.visits.discard()
        self.stays.discard()

    def publish(self, manifest: dict[str, Any]) -> tuple[Path, Path]:
        """Finish both files and rename them, stays first; returns their paths."""
        about = {key: str(manifest[key]) for key in ("region", "year", "engine", "seed")}
        about["run_key"] = str(manifest["key"])
        codes = self.engine.region.counties.code
        about["counties"] = " ".join(codes[index] for index in self.counties)
        about["months"] = " ".join(map(str, self.months))
        for table in (self.visits, self.stays):
            table.finish(about)
        for table in (self.stays, self.visits):
            table.publish()
        return self.paths

    # ------------------------------------------------------------------ the run

    def began(self, engine: Any) -> None:
        """Tables of the world that rows are filled from."""
        self.engine = engine
        region = engine.region
        wanted = np.zeros(len(region.counties.code), dtype=np.bool_)
        wanted[self.counties] = True
        self.wanted_village = wanted[region.village_county]
        self.in_months = np.zeros(13, dtype=np.bool_)  # the last for the warm-up
        self.in_months[np.array(self.months) - 1] = True
        self.zero = (date(region.year, 1, 1) - date(1970, 1, 1)).days
        names = {
            "county": region.counties.code, "township": region.townships.name,
            "facility": region.facilities.key, "facility_name": region.facilities.name,
            "facility_name_zh": region.facilities.name_zh,
        }  # fmt: skip
        self.visits.begin(names)
        self.stays.begin(names)
        # Stays not yet ended, by resident: the row, and the month of admission.
        self.lying: dict[int, tuple[np.ndarray, int]] = {}
        self.month = 0

    def served(
        self, today: Today, leaving: np.ndarray, admitted: np.ndarray, moved: np.ndarray
    ) -> None:
        """Store who was there, and what the fund had paid for each before today."""
        people = self.engine.people
        if today.month != self.month:
            self.month = today.month
            self._let_go_of_those_who_left(today.day)
        here = np.isin(today.fate, (L.UNSEEN, L.CONSULTED, L.WANTS_BED)) & (today.facility >= 0)
        here &= self.in_months[_month(today)]
        here[here] = self._is_wanted(today.requests[here, L.RESIDENT])
        self.rows = np.flatnonzero(here)
        self.visit_fund = people.visit_fund[today.requests[self.rows, L.RESIDENT]]
        self.stay_fund = people.stay_fund[leaving[:, L.RESIDENT]]
        for stay in admitted[self._is_wanted(admitted[:, L.RESIDENT])]:
            self.lying[int(stay[L.RESIDENT])] = (stay, _month(today))

    def closed(self, today: Today, posted: list[np.ndarray]) -> None:
        """Write the day's visits."""
        rows, engine, people = self.rows, self.engine, self.engine.people
        if not len(rows):
            return
        requests = np.ascontiguousarray(today.requests[rows])
        r, episode_word, fate = (
            requests[:, L.RESIDENT],
            requests[:, L.EPISODE_WORD],
            today.fate[rows],
        )
        facility, alternative = today.facility[rows].astype(np.int64), today.alternative[rows]
        record = engine.world.facility
        charge, referral = np.zeros((2, len(rows)), dtype=np.int64)
        visit_bills(
            engine.p, record, people, engine.seed, engine.key, requests, facility, charge, referral
        )
        charge[fate == L.UNSEEN] = 0
        fund = people.visit_fund[r] - self.visit_fund
        outcome = outcomes.visit_outcome(
            people, r, episode_word, fate, outcomes.following(r, posted)
        )
        goes_on = np.isin(outcome, (OUTCOME.index("referred"), OUTCOME.index("escalated")))
        hours = engine.world.village.hours[people.village[r], alternative]
        self.visits.add(
            {
                **self._who(r), **self._episode(requests), **self._where(r, facility),
                "date": np.full(len(rows), self.zero + today.day),
                "visit_number": outcomes.visits_of(episode_word) + 1,
                "asked_for": outcomes.asked(episode_word),
                "pool": np.where(record.pooled[facility], today.pool[rows], POOL.index("general")),
                "arrival": today.second[rows],
                "wait": today.wait[rows],
                "travel": np.where(alternative >= 0, np.floor(2.0 * hours * 3600.0 + 0.5), 0.0),
                "fate": fate == L.UNSEEN,
                "outcome": outcome,
                "referral_written": goes_on & (referral == 1),
                "charge": charge, "fund": fund, "out_of_pocket": charge - fund,
            }
        )  # fmt: skip

    def discharged(
        self, today: Today, stays: np.ndarray, paid: np.ndarray, posted: list[np.ndarray]
    ) -> None:
        """Write the stays that ended today."""
        everybody = stays[:, L.RESIDENT]
        wanted = np.flatnonzero((everybody >= 0) & self._is_wanted(everybody))
        fund = (self.engine.people.stay_fund[everybody] - self.stay_fund)[wanted]
        stays, charge = stays[wanted], paid[wanted]
        r, episode_word = stays[:, L.RESIDENT], stays[:, L.EPISODE_WORD]
        month = np.array([self.lying.pop(int(one))[1] for one in r], dtype=np.int64)
        ending = outcomes.stay_ending(
            self.engine.people, r, episode_word, outcomes.following(r, posted)
        )
        kept = self.in_months[month] | self.in_months[_month(today)]
        self._add_stays(stays[kept], ending[kept], today.day, charge[kept], fund[kept])

    def ended(self) -> None:
        """Write the stays of those who died or moved at the last midnight, and of those in bed."""
        days = days_in_year(self.engine.year)
        self._let_go_of_those_who_left(days)
        self._let_go(list(self.lying), days, "in_bed")

    # ------------------------------------------------------------------ stays without discharge

    def _let_go_of_those_who_left(self, day: int) -> None:
        """Those in bed who died or moved at 00:00 of `day`, the first of a month."""
        r = np.fromiter(self.lying, dtype=np.int64, count=len(self.lying))
        status = self.engine.people.status[r]
        self._let_go(r[(status & L.DEAD) > 0].tolist(), day, "died")
        self._let_go(r[(status & (L.DEAD | L.MOVED)) == L.MOVED].tolist(), day, "moved_away")

    def _let_go(self, residents: list[int], day: int, ending: str) -> None:
        held = [self.lying.pop(r) for r in residents]
        # They left at midnight, with the month before.
        last = (date(self.engine.year, 1, 1) + timedelta(days=day - 1)).month - 1
        leaves = self.in_months[last] and day > 0 and ending != "in_bed"
        stays = [stay for stay, month in held if leaves or self.in_months[month]]
        if stays:
            nothing = np.zeros(len(stays), dtype=np.int64)
            endings = np.full(len(stays), ENDING.index(ending))
            self._add_stays(np.stack(stays), endings, day, nothing, nothing)

    # ------------------------------------------------------------------ columns

    def _add_stays(
        self, stays: np.ndarray, ending: np.ndarray, day: int, charge: np.ndarray, fund: np.ndarray
    ) -> None:
        """Append stays that end on `day`; those still in bed have no end."""
        if not len(stays):
            return
        r, episode_word = stays[:, L.RESIDENT], stays[:, L.EPISODE_WORD]
        admission = stays[:, L.GRANTED]
        in_bed = ending == ENDING.index("in_bed")
        self.stays.add(
            {
                **self._who(r), **self._episode(stays),
                **self._where(r, stays[:, L.FACILITY].astype(np.int64)),
                "kind": outcomes.stay_kind(episode_word),
                "request_date": self.zero + admission - stays[:, L.WAITED],
                "admission_date": self.zero + admission,
                "bed_wait": stays[:, L.WAITED],
                "end_date": np.where(in_bed, NO_DATE, self.zero + day),
                "days": day - admission,
                "ending": ending,
                "charge": charge, "fund": fund, "out_of_pocket": charge - fund,
            }
        )  # fmt: skip

    def _is_wanted(self, residents: np.ndarray) -> np.ndarray:
        return self.wanted_village[self.engine.people.village[residents]]

    def _who(self, r: np.ndarray) -> dict[str, np.ndarray]:
        people, villages = self.engine.people, self.engine.region.villages
        village = people.village[r]
        return {
            "resident": r, "identity": people.identity[r],
            "county": self.engine.region.village_county[village],
            "township": villages.township[village], "village": village,
            "residence": villages.is_urban[village], "age": people.age[r], "sex": people.sex[r],
            "income": people.income[r] + 1, "insurance": people.insurance[r],
            "chronic": people.chronic[r], "contract": people.contract[r],
        }  # fmt: skip

    def _episode(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Columns of the episode; events and stays begin with the same four."""
        episode_word = rows[:, L.EPISODE_WORD]
        return {
            "need_class": outcomes.need_class_of(episode_word),
            "difficulty": _difficulties(rows[:, L.DIFFICULTY]),
            "onset": self.zero + rows[:, L.ONSET],
            "episode": outcomes.occurrence_of(episode_word) & 63,
        }  # fmt: skip

    def _where(self, r: np.ndarray, facility: np.ndarray) -> dict[str, np.ndarray]:
        record = self.engine.world.facility
        county = self.engine.region.village_county[self.engine.people.village[r]]
        elsewhere = np.where(record.county[facility] == county, 0, 1)
        return {
            "facility": facility, "facility_name": facility, "facility_name_zh": facility,
            "tier": record.tier[facility],
            "place": np.where(record.outside[facility], 2, elsewhere),
        }  # fmt: skip


def _month(today: Today) -> int:
    """Month 0-11 of a day, 12 in the warm-up."""
    return today.month if today.counting else 12


def _difficulties(difficulty_bits: np.ndarray) -> np.ndarray:
    """Difficulty of every episode, from the rule."""
    out = np.empty(len(difficulty_bits))
    difficulties(np.ascontiguousarray(difficulty_bits), out)
    return out
