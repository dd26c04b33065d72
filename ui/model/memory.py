"""Answers the server remembers, shared by all who ask the same; and its queues of long work.

Keys are contents: the question as text and the source that answers it. Nothing of a user is stored.
"""

from __future__ import annotations

from functools import cache

import streamlit as st

from scenarios.comparison.runs import expected_seconds as one_to_one_seconds
from sim.packs import load_region
from ui.model import ranges
from ui.model.answer import Answer, ask
from ui.model.jobs import FULL_RUN, RANGES, JobQueue
from ui.model.question import AS_NOW, BASE, LAST, PLAN, VISION, Question, from_json


@st.cache_data(max_entries=256, ttl="12h", show_spinner=False)
def _answer(key: str, question: str) -> Answer:
    return ask(from_json(question))


def answer(question: Question) -> Answer:
    """The quick answer to a question, computed once for all who ask it."""
    return _answer(question.key, question.to_json())


def questions(region: str, yours: Question) -> dict[str, Question]:
    """What the headline compares, by name: as-now, plan-2025, vision-2035, and yours where a lever
    has been moved."""
    found = {name: Question(region, name) for name in (AS_NOW, PLAN, VISION)}
    return {**found, "yours": yours} if yours.moved else found


def forget() -> None:
    """Forget every answer."""
    _answer.clear()


@st.cache_resource(max_entries=2, ttl=None)
def queue(kind: str) -> JobQueue:
    """The queue of full runs, or of ranges, of this server: one child of each at a time."""
    return JobQueue()


@cache
def residents_of(region: str) -> int:
    """Residents of the 2020 census."""
    return int(load_region(region, BASE).counties.census.sum())


@cache
def has_draws(region: str) -> bool:
    """Whether the uncertain parameters of a region have been drawn."""
    return len(ranges.draws_of(region)) > 0


def expected_seconds(region: str) -> float:
    """How long a full run takes: as the last one of the region on this server, else by its size."""
    known = queue(FULL_RUN).last_seconds(region)
    return known or one_to_one_seconds(residents_of(region), LAST)


__all__ = ["FULL_RUN", "RANGES", "answer", "expected_seconds", "forget", "has_draws",
           "questions", "queue", "residents_of"]  # fmt: skip
