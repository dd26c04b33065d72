"""Ranges of an answer over draws of the uncertain parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from sim.draws import load_draws
from sim.errors import InputError, NotConverged
from ui.model.answer import Answer, ask
from ui.model.question import LAST, NEAR, Question

DRAWS = 64
_LOW, _HIGH = 10.0, 90.0


@dataclass(frozen=True, slots=True)
class Ranges:
    """Values of each draw, by year (2025, 2035) and indicator; None where a draw defines none.

    draws     draws with an answer;  left_out  draws without one, of which nothing is in the values
    """

    values: Mapping[int, Mapping[str, tuple[float, ...]]]
    draws: int
    left_out: int = 0

    def ends(self, year: int, indicator: str) -> tuple[float, float] | None:
        """10th and 90th percentile: an 80% range, None where it is not defined."""
        found = self.values.get(year, {}).get(indicator, ())
        if len(found) < 2:
            return None
        low, high = np.percentile(found, (_LOW, _HIGH))
        return float(low), float(high)

    def chance(self, year: int, indicator: str, holds: Callable[[float], bool]) -> float | None:
        """Share of the draws in which a statement on the value holds."""
        found = self.values.get(year, {}).get(indicator, ())
        return sum(holds(value) for value in found) / len(found) if found else None

    def to_json(self) -> str:
        """As one line of text."""
        return json.dumps(asdict(self))


def from_json(text: str) -> Ranges:
    """The ranges a text holds."""
    fields = json.loads(text)
    values = {
        int(year): {name: tuple(v) for name, v in found.items()}
        for year, found in fields["values"].items()
    }
    return Ranges(values, fields["draws"], fields["left_out"])


def draws_of(region: str) -> Sequence[Mapping[str, float]]:
    """The first draws of a region's uncertain parameters; empty where none have been made for the
    parameters as they are."""
    try:
        return load_draws(region, DRAWS)
    except InputError:
        return ()


def ranges_of(
    question: Question,
    draws: Sequence[Mapping[str, float]],
    progress: Callable[[str, int, int, int], None],
) -> Ranges:
    """Ask the same question once for every draw. A draw without an answer is counted.

    raises  NotConverged where no draw has one
    """
    answers: list[Answer] = []
    failed: NotConverged | None = None
    for done, draw in enumerate(draws):
        progress("draws", done, len(draws), 0)
        try:
            answers.append(ask(question, overrides=draw, threads=1))
        except NotConverged as error:
            failed = error
    if failed is not None and not answers:
        raise failed
    return gathered(answers, len(draws) - len(answers))


def gathered(answers: Sequence[Answer], left_out: int = 0) -> Ranges:
    """Values of the shown indicators over answers."""
    values: dict[int, dict[str, tuple[float, ...]]] = {}
    for year in (NEAR, LAST):
        names = answers[0].figures[year] if answers else ()
        values[year] = {
            name: tuple(v for v in (a.value(year, name) for a in answers) if v is not None)
            for name in names
        }
    return Ranges(values, len(answers), left_out)
