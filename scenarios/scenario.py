"""A scenario: levers with levels, dates and reasons, and what they come to at a date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from scenarios.plans.levers import Effect, Lever, Quantity
from scenarios.rollout import share, year_of
from sim.dynamics.schedule import EVERYWHERE, FORMS, Place

BASES = ("plan", "national", "assumed")


@dataclass(frozen=True, slots=True)
class Setting:
    """One lever set to a level.

    level   in the lever's unit; from the date `full` on it is in place as a whole
    start   first day on which anything changes
    basis   plan: the clause asks for it; national: a national goal; assumed: ours
    clause  clause of the region's plan, "" where none asks for it
    file    scenario file that sets it
    """

    lever: Lever
    level: float
    start: date
    full: date
    place: Place
    basis: str
    clause: str
    why: str
    why_zh: str
    file: str

    def arrived(self, at: date) -> float:
        """Share of the level rolled out by a day, before any delay of its effects."""
        start, full = year_of(self.start), year_of(self.full)
        return share(self.lever.rollout, start, full, year_of(at))


@dataclass(frozen=True, slots=True)
class Change:
    """What all levers together do to one quantity in one place at a date.

    steps  effects with the level that has arrived, in the order in which they apply:
           inadequacy, then multiply, then add
    """

    quantity: Quantity
    place: Place
    steps: tuple[tuple[Effect, float], ...]

    def value(self, baseline: float) -> float:
        """The quantity's value, limited to what it can be, from its value without levers."""
        value = baseline
        for effect, level in self.steps:
            value = effect.apply(value, level)
        return min(self.quantity.high, max(self.quantity.low, value))

    @property
    def levers(self) -> tuple[str, ...]:
        """Names of the levers at work."""
        return tuple(dict.fromkeys(effect.lever for effect, _ in self.steps))


@dataclass(frozen=True, slots=True)
class Scenario:
    """Levers over time for one region, read and checked by `scenarios.load`.

    extends   scenarios it continues, nearest first
    horizon   last year it speaks of
    settings  by lever and date; a later setting of a lever replaces the level of the earlier one
              from its own date on, as it rolls out
    """

    region: str
    name: str
    title: str
    title_zh: str
    about: str
    about_zh: str
    extends: tuple[str, ...]
    horizon: int
    settings: tuple[Setting, ...]

    @property
    def first_day(self) -> date | None:
        """First day on which any lever changes anything, None where none does."""
        return min((setting.start for setting in self.settings), default=None)

    def level(self, lever: str, at: date) -> float:
        """Level of a lever rolled out by a day, in its unit; 0 where it is not set."""
        return sum(rise * setting.arrived(at) for setting, rise in self._steps(lever))

    def _steps(self, lever: str) -> list[tuple[Setting, float]]:
        """Settings of a lever by date, each with its rise over the one before."""
        settings = [setting for setting in self.settings if setting.lever.id == lever]
        before = [0.0, *(setting.level for setting in settings)]
        return [(s, s.level - b) for s, b in zip(settings, before, strict=False)]

    def effects(self, at: date) -> tuple[tuple[Effect, Place, float], ...]:
        """Every effect at work on a day, with its place and the level that has arrived."""
        found = []
        for lever in dict.fromkeys(setting.lever.id for setting in self.settings):
            steps = self._steps(lever)
            for effect in steps[0][0].lever.effects:
                level = sum(rise * _arrived(effect, setting, at) for setting, rise in steps)
                if level != 0.0:
                    found.append((effect, steps[0][0].place, level))
        return tuple(found)

    def changes(self, at: date) -> tuple[Change, ...]:
        """What the levers come to at a day, by quantity and place; empty before the first date.

        A change limited to a place holds on top of the change everywhere and includes it.
        """
        found: dict[tuple[str, Place], list[tuple[Effect, float]]] = {}
        for effect, place, level in self.effects(at):
            found.setdefault((effect.quantity.id, place), []).append((effect, level))
        return tuple(
            Change(own[0][0].quantity, place, _ordered([*own, *_everywhere(found, name, place)]))
            for (name, place), own in sorted(found.items(), key=_by_name)
        )


def _arrived(effect: Effect, setting: Setting, at: date) -> float:
    start, full = year_of(setting.start), year_of(setting.full)
    return effect.arrived(setting.lever.rollout, start, full, year_of(at))


def _everywhere(
    found: dict[tuple[str, Place], list[tuple[Effect, float]]], name: str, place: Place
) -> list[tuple[Effect, float]]:
    return [] if place.is_everywhere else found.get((name, EVERYWHERE), [])


def _ordered(steps: Iterable[tuple[Effect, float]]) -> tuple[tuple[Effect, float], ...]:
    return tuple(sorted(steps, key=lambda step: (FORMS.index(step[0].form), step[0].lever)))


def _by_name(item: tuple[tuple[str, Place], object]) -> tuple[object, ...]:
    (name, place), _ = item
    return name, place.counties, place.facilities, place.townships or 0.0
