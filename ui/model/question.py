"""What the page asks the model: a region, a scenario, levers moved off it, an engine, a seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache

from scenarios.plans.clauses import REGIONS
from scenarios.plans.levers import Lever, levers
from scenarios.scenario import Scenario, Setting
from scenarios.scenario_file import load, shipped
from sim.dynamics.schedule import EVERYWHERE
from sim.errors import Fault, InputError
from sim.identity import source_hash

AS_NOW, PLAN, VISION = "as-now", "plan-2025", "vision-2035"
SCENARIOS = (AS_NOW, PLAN, VISION)
QUICK, FULL = "meanfield", "compiled"
FIRST, BASE, NEAR, LAST = 2020, 2023, 2025, 2035

# The levers with a slider, in groups: the eight that move the headline figures most between no use
# and full use (`python -m benchmarks.levers`, docs/figures.md), and the two every plan is built on,
# the consortium and the number of beds.
SLIDERS: Mapping[str, tuple[str, ...]] = {
    "payment": ("tier_favouring_payment", "service_prices"),
    "capacity": (
        "county_hospital_capability", "township_standard", "drug_alignment",
        "county_managed_staff", "bed_control",
    ),
    "service": ("county_consortium", "family_doctor_contract", "extended_hours"),
}  # fmt: skip
SLIDER_IDS = tuple(lever for group in SLIDERS.values() for lever in group)
# A lever the plan does not name arrives when the vision's do.
_LATER = (date(2026, 1, 1), date(2030, 12, 31))


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the model; equal questions have equal answers.

    moved  (lever, level) for levers whose level is not the scenario's, by lever id
    """

    region: str
    scenario: str = PLAN
    moved: tuple[tuple[str, float], ...] = ()
    engine: str = QUICK
    seed: int = 0
    until: int = LAST

    def to_json(self) -> str:
        """Canonical text: equal questions, equal text."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @property
    def key(self) -> str:
        """Content key: the question and the source that answers it."""
        return hashlib.sha256(f"{_source()}{self.to_json()}".encode()).hexdigest()[:16]


@cache
def _source() -> str:
    """The source this process runs."""
    return source_hash()


@cache
def _read(region: str, scenario: str) -> Scenario:
    """A shipped scenario, read once a process."""
    return load(region, scenario)


def from_json(text: str) -> Question:
    """The question a text holds.

    >>> from_json(Question("taonan").to_json()) == Question("taonan")
    True
    """
    fields = json.loads(text)
    moved = tuple((str(lever), float(level)) for lever, level in fields.pop("moved"))
    return Question(moved=moved, **fields)


def start_levels(region: str) -> dict[str, float]:
    """The sliders' starting values: levels of plan-2025, 0 for a lever the plan does not name."""
    planned = {setting.lever.id: setting.level for setting in _read(region, PLAN).settings}
    return {lever: planned.get(lever, 0.0) for lever in SLIDER_IDS}


def question_of(region: str, levels: Mapping[str, float], engine: str = QUICK) -> Question:
    """plan-2025 with the sliders at `levels`; what stands where the plan has it is left out."""
    start = start_levels(region)
    moved = sorted((lever, float(level)) for lever, level in levels.items()
                   if abs(level - start[lever]) > 1e-9)  # fmt: skip
    return Question(region, PLAN, tuple(moved), engine)


def scenario_of(question: Question) -> Scenario:
    """The scenario a question means.

    A moved lever keeps the dates, the place and the clause it has in the scenario; one the scenario
    does not set arrives evenly with the vision's, everywhere, as assumed.

    raises  InputError for an unknown region, scenario or lever and a level out of its bounds
    """
    _check(question)
    base = _read(question.region, question.scenario)
    if not question.moved:
        return base
    moved = dict(question.moved)
    known = levers()
    kept = [
        replace(setting, level=moved[setting.lever.id], basis="assumed")
        if setting.lever.id in moved else setting
        for setting in base.settings
    ]  # fmt: skip
    named = {setting.lever.id for setting in base.settings}
    kept += [_new(known[lever], level) for lever, level in moved.items() if lever not in named]
    kept.sort(key=lambda setting: (setting.lever.number, setting.start))
    return replace(base, name=f"{base.name}-moved", settings=tuple(kept))


def setting_in_plan(region: str, lever: str) -> Setting | None:
    """How plan-2025 of a region sets a lever, None where it does not."""
    found = (s for s in _read(region, PLAN).settings if s.lever.id == lever)
    return next(found, None)


def dates_of(region: str, lever: str) -> tuple[date, date]:
    """First day of change and day from which a slider's lever is in place as a whole."""
    setting = setting_in_plan(region, lever)
    return _LATER if setting is None else (setting.start, setting.full)


def _new(lever: Lever, level: float) -> Setting:
    why = ("Set on the page; the plan does not name it.", "在页面上设定；规划未列此项。")
    return Setting(lever, level, *_LATER, EVERYWHERE, "assumed", "", *why, "page")


def _check(question: Question) -> None:
    faults = []
    if question.region not in REGIONS:
        faults.append(Fault("page", 0, "region", repr(question.region), " or ".join(REGIONS)))
    elif question.scenario not in shipped(question.region):
        want = " or ".join(shipped(question.region))
        faults.append(Fault("page", 0, "scenario", repr(question.scenario), want))
    known = levers()
    for name, level in question.moved:
        lever = known.get(name)
        if lever is None:
            faults.append(Fault("page", 0, "lever", repr(name), "a lever of levers.csv"))
        elif not lever.low <= level <= lever.high:
            want = f"{lever.low:g} to {lever.high:g} ({lever.unit})"
            faults.append(Fault("page", 0, name, f"{level:g}", want))
    if faults:
        raise InputError(faults)
