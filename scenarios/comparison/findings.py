"""What a comparison of scenarios found, as frozen tables; how ranges are made of runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.comparison.runs import Key, Reading, Source, Variant, scenario_at
from scenarios.plans.targets import Target
from scenarios.scenario import Scenario
from scenarios.words import has_text, text

LOW, HIGH = 0.05, 0.95
Floats = NDArray[np.float64]
Cell = tuple[str, int]  # arm, year


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with the range between 5% and 95% of the draws; None where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None


NOTHING = Figure(None)


@dataclass(frozen=True, slots=True)
class Arm:
    """One scenario of a comparison under its name there."""

    key: str
    source: Source

    @property
    def scenario(self) -> Scenario:
        """The scenario, read and checked."""
        return scenario_at(self.source)

    @property
    def variant(self) -> Variant:
        """The run of the whole scenario."""
        return Variant(self.source)

    def title(self, lang: str) -> str:
        """Its title in a language."""
        return self.scenario.title_zh if lang == "zh" else self.scenario.title

    def label(self, lang: str) -> str:
        """A short name: that of a shipped scenario, else the title."""
        known = f"arm.{self.key}"
        is_shipped = self.source.name is not None and has_text(known)
        return text(known, lang) if is_shipped else self.title(lang)


@dataclass(frozen=True)
class Samples:
    """Figures of every arm and year, run by run.

    central  with the middle parameters and effect sizes
    draws    (draws, keys) the same with drawn ones, the rows paired among arms; (0, keys) without
    shift    (seeds, keys) compiled less mean-field on paired seeds; (0, keys) without

    A figure is the median of all draws, each moved by each shift; the central value, moved by the
    mean shift, where there are no draws.
    """

    keys: Mapping[Key, int]
    central: Mapping[Cell, Reading]
    draws: Mapping[Cell, Floats]
    shift: Mapping[Cell, Floats]

    @property
    def drawn(self) -> int:
        """How many draws (or seeds of the compiled engine) have figures under every arm."""
        return len(next(iter(self.draws.values())))

    def pool(self, cell: Cell, key: Key) -> Floats:
        """All values of a figure, draws by seeds, in the same order in every arm and year."""
        at = self.keys.get(key)
        if at is None:
            return np.array([np.nan])
        drawn, shift = self.draws[cell][:, at], self.shift[cell][:, at]
        if not len(shift):
            shift = np.zeros(1)
        if not len(drawn):
            return np.asarray(self.central[cell].get(key, np.nan) + shift.mean(keepdims=True))
        return np.asarray((drawn[:, np.newaxis] + shift).ravel())

    def figure(self, cell: Cell, key: Key) -> Figure:
        """Value and range of an indicator or of one part of it."""
        return summary(self.pool(cell, key))

    def change(self, cell: Cell, base: Cell, key: Key) -> Figure:
        """Difference between two cells, run by run."""
        return summary(self.pool(cell, key) - self.pool(base, key))

    def chance(self, cell: Cell, key: Key, holds: Callable[[Floats], Any]) -> float | None:
        """Share of the runs for which something holds; None without draws."""
        return chance_of(self.pool(cell, key), holds)


def summary(values: Floats) -> Figure:
    """Median and the range from 5% to 95%; one value has no range.

    >>> summary(np.array([3.0, 1.0, 2.0])).value, summary(np.array([2.0]))
    (2.0, Figure(value=2.0, low=None, high=None))
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return NOTHING
    if len(values) == 1:
        return Figure(float(finite[0]))
    low, middle, high = np.quantile(finite, (LOW, 0.5, HIGH))
    return Figure(float(middle), float(low), float(high))


def chance_of(values: Floats, holds: Callable[[Floats], Any]) -> float | None:
    """Share of finite values for which something holds; None where there is only one value."""
    finite = values[np.isfinite(values)]
    if len(values) == 1 or not len(finite):
        return None
    return float(np.mean(holds(finite)))


@dataclass(frozen=True, slots=True)
class Judged:
    """A simulated target against the figure of a year under one arm.

    year        the target's own, or the last year of the plan where it prints none (`dated` False)
    figure      the quantity the target speaks of, in the target's unit; not always the indicator:
                a share of people who leave is one less the share who stay
    base        the same in the first year of the comparison under the first arm
    chance      share of the draws that meet it; None without draws or without anything to meet
    met         whether the figure meets it; None where the plan prints nothing to meet
    unresolved  unresolved need in the same arm and year
    ready, levers  levers of the arm that have reached 90% of their effect by 1 July, of how many
    """

    target: Target
    arm: str
    indicator: str
    year: int
    dated: bool
    figure: Figure
    base: Figure
    chance: float | None
    met: bool | None
    unresolved: Figure
    ready: int
    levers: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a lever of an arm reaches 90% of the most its slowest effect comes to; None: not by the
    end of 2050. `fades`: an effect wears off later."""

    arm: str
    lever: str
    start: float
    full: float
    ninety: float | None
    fades: bool


@dataclass(frozen=True, slots=True)
class Driver:
    """What one lever of an arm does to an indicator in a year, with the middle parameters.

    alone    first arm with this lever added, less first arm
    removed  whole arm, less the arm without this lever
    """

    arm: str
    year: int
    indicator: Key
    lever: str
    alone: float
    removed: float


@dataclass(frozen=True, slots=True)
class Total:
    """All levers of an arm together: `total` = sum of the single ones + `interaction`."""

    arm: str
    year: int
    indicator: Key
    total: float
    singles: float

    @property
    def interaction(self) -> float:
        """What the levers do together beyond the sum of each alone."""
        return self.total - self.singles


@dataclass(frozen=True, slots=True)
class Gain:
    """Change against the first arm for one part of the people (`split` "" for all)."""

    arm: str
    year: int
    indicator: str
    split: str
    part: str
    base: Figure
    change: Figure


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """A facility under pressure in an arm and year.

    values    by measure of scenarios.comparison.strain.STRAIN (None where it has none)
    pressure  largest of the values over its mark of strain (strain.STRAIN)
    relief    levers that lower the pressure most when added alone, with the difference
    load      levers that raise it most: what they shift here from elsewhere
    """

    arm: str
    year: int
    facility: str
    name: str
    name_zh: str
    tier: str
    county: str
    values: Mapping[str, float | None]
    worst: str
    pressure: float
    relief: tuple[tuple[str, float], ...] = ()
    load: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class LeverCost:
    """What a lever costs in constant 2023 yuan: (low, middle, high).

    units    how many units of `basis` its level comes to; None where the pack has no such number
    one_off  until it is in place; yearly: each year from then on
    """

    arm: str
    lever: str
    level: float
    basis: str
    count: str
    units: float | None
    one_off: tuple[float, float, float]
    yearly: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Flow:
    """Visits or admissions of residents a year by tier and place, middle parameters."""

    arm: str
    year: int
    what: str
    tier: str
    place: str
    count: float


@dataclass(frozen=True)
class Comparison:
    """Scenarios of one region side by side.

    arms      the first is what the others are compared with
    years     calendar years; the first is the base year
    samples   figures run by run; `figure` and `change` read them
    paths     the path of every arm with middle parameters, sim.paths.path.PathRun by arm
    notes     (key of scenarios.words, arguments): what a reader must know of this comparison
    about     provenance: model, source, pack, engine, draws, seeds, policy schedule keys
    """

    region: str
    name: str
    name_zh: str
    arms: tuple[Arm, ...]
    years: tuple[int, ...]
    engine: str
    draws: int
    seeds: int
    samples: Samples
    paths: Mapping[str, Any]
    targets: tuple[Judged, ...]
    arrivals: tuple[Arrival, ...]
    drivers: tuple[Driver, ...]
    totals: tuple[Total, ...]
    gains: tuple[Gain, ...]
    bottlenecks: tuple[Bottleneck, ...]
    costs: tuple[LeverCost, ...]
    flows: tuple[Flow, ...]
    counties: Mapping[str, tuple[str, str]]
    notes: tuple[tuple[str, Mapping[str, Any]], ...]
    about: Mapping[str, Any]

    @property
    def base(self) -> Arm:
        """The arm the others are compared with."""
        return self.arms[0]

    def arm(self, key: str) -> Arm:
        """An arm by its name."""
        return next(arm for arm in self.arms if arm.key == key)

    def figure(
        self, arm: str, year: int, indicator: str, split: str = "", part: str = ""
    ) -> Figure:
        """An indicator, or one part of a split (`by_tier`, `county`)."""
        return self.samples.figure((arm, year), (indicator, split, part))

    def change(
        self, arm: str, year: int, indicator: str, split: str = "", part: str = ""
    ) -> Figure:
        """Its change against the first arm in the same year, run by run."""
        key = (indicator, split, part)
        return self.samples.change((arm, year), (self.base.key, year), key)

    def residents(self, arm: str, year: int) -> float:
        """Mean residents of a year with the middle parameters."""
        ds = self.paths[arm].years[year]
        return float((ds.residents_start.sum() + ds.residents_end.sum()) / 2)
