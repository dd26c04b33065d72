"""Faults planted in the compiled engine, one at a time: is its record still the reference's?

Run with NUMBA_DISABLE_JIT=1, so that a function can be replaced by a changed copy of itself:

    python -m tests.twins.faults planted     the named faults
    python -m tests.twins.faults mutants     random changes of the rules and the order

prints a table, and as its last line the outcome as JSON.
"""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
import json
import random
import signal
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import sim
from sim.region import Region
from sim.tiers import ALTERNATIVE_KEYS
from tests.twins.making import World, by_class, by_tier, records
from tests.twins.record import Record, differences
from tests.twins.rules_called import busy_world, called
from tests.worlds import small_region

SECONDS = 60  # a changed copy that takes longer hangs
MUTANTS = 100
_BLOCKS = ((-4, 4, 0), (0, 14, 0), (14, 8, 1))


@dataclass(frozen=True)
class Fault:
    """One textual change of one function of the compiled engine or of the rules it calls."""

    group: str
    name: str
    where: str  # module.function
    old: str
    new: str


def _f(group: str, name: str, where: str, old: str, new: str) -> Fault:
    return Fault(group, name, where, old, new)


_ROOMS, _BEDS = "engines.kernels.serve", "engines.kernels.wards"
_CLOSE, _LEAVE = "engines.kernels.close", "engines.kernels.discharge"
FAULTS = (
    _f("order", "returns from tests before emergencies", "rules.order.claim_key",
       "((priority << 1) | is_first)", "((is_first << 1) | priority)"),
    _f("order", "ties to the last of the list", "rules.order.claim_key",
       "| place", "| (PLACE_MASK - place)"),
    _f("order", "emergencies wait like others", f"{_ROOMS}._priority",
       "URGENT if need_class_of(episode_word) == 3 else OTHER", "OTHER"),
    _f("order", "whoever came first is not first", "engines.kernels.facility_day._gather",
       "ready_key(second[place], i)", "ready_key(0, i)"),
    _f("order", "bed queue upside down", f"{_BEDS}._sort_rows",
       "rows[at - 1, W_KEY] > rows[at, W_KEY]", "rows[at - 1, W_KEY] < rows[at, W_KEY]"),
    _f("order", "who waits since yesterday is not first", f"{_BEDS}._bed_key",
       "(day + 64)", "64"),
    _f("order", "at one instant a bed goes by the list", f"{_BEDS}.run_wards",
       "if c + 1 < n_claims and (claims[c + 1] >> 24) == second:", "if False:"),
    _f("order", "two visits on one day", "engines.kernels.choose._first_look",
       "requests[i - 1, RESIDENT] == r", "requests[i - 1, RESIDENT] < 0"),
    _f("beds", "no overflow beds", f"{_BEDS}.is_free",
       "occupied < beds + facilities[facility].overflow", "occupied < beds"),
    _f("beds", "elective patients in reserved beds", f"{_BEDS}.is_free",
       "occupied < beds - facilities[facility].reserved", "occupied < beds"),
    _f("beds", "one bed too many", f"{_BEDS}.is_free",
       "occupied < beds - facilities", "occupied <= beds - facilities"),
    _f("beds", "a day more patience", f"{_BEDS}.run_wards",
       "kept[i, W_UNTIL] <= day + 1", "kept[i, W_UNTIL] <= day"),
    _f("beds", "two days before a transfer", f"{_BEDS}.write_stay", "days = 1", "days = 2"),
    _f("beds", "looks for a bed at higher tiers only", f"{_BEDS}.next_for_bed",
       "tier, is_centre, _TIER_OF[j]", "tier + 1, is_centre, _TIER_OF[j]"),
    _f("beds", "back to the city hospital that failed him", f"{_BEDS}.next_for_bed",
       "failed_of(episode_word)", "0"),
    _f("beds", "past the city hospital from a full centre", "rules.admission.seeks_bed_at",
       "to_tier == _CITY", "to_tier != _CITY"),
    _f("beds", "beds of the day before free at once", f"{_BEDS}.run_wards",
       "occupied -= leaving", "occupied -= leaving - 1"),
    _f("beds", "step-downs are emergencies", f"{_BEDS}.priority_of",
       "return ELECTIVE\n    if need", "return EMERGENCY\n    if need"),
    _f("waits", "smoothed over a week", "engines.kernels.shuffle.smooth_waits",
       "(7 * wait[q]", "(6 * wait[q]"),
    _f("waits", "called at the cutoff no more", f"{_ROOMS}.serve",
       "if now > cutoff", "if now >= cutoff"),
    _f("waits", "the consult counts as waiting", f"{_ROOMS}.serve",
       "now - second_of(claim)", "now + seconds - second_of(claim)"),
    _f("waits", "unseen wait past the cutoff", f"{_ROOMS}.serve",
       "max(0, cutoff - second_of(claim))", "max(0, now - second_of(claim))"),
    _f("waits", "all pools show the first one's wait", "engines.kernels.publish.publish",
       "known * published[f].wait[pool]", "known * published[f].wait[0]"),
    _f("waits", "a tier's wait not by rooms", "engines.kernels.publish.mean_waits",
       "* weight", ""),
    _f("waits", "arrivals between slots", "engines.kernels.choose._arrival",
       "offset // SLOT_SECONDS * SLOT_SECONDS", "offset"),
    _f("keys", "visits of an episode share draws", "engines.kernels.episode_word.occurrence_of",
       "0x1FF", "0x3F"),
    _f("keys", "every attempt of the unseen ends alike", f"{_CLOSE}.close_visits",
       "key_day + day, occurrence_of(episode_word) + 512",
       "key_day + onset, occurrence_of(episode_word) + 512"),
    _f("keys", "a stay keyed by the day of the bed", f"{_BEDS}.write_stay",
       "key_day + onset", "key_day + day"),
    _f("keys", "the draws of an instant are one", "rules.random.raw_block",
       "day, stream, occurrence)", "day, stream, 0)"),
    _f("keys", "all residents alike", "rules.random.raw_block",
       "MASK, resident, day", "MASK, 0, day"),
    _f("keys", "death shares its draw with illness", "engines.kernels.month.turn_of_month",
       "batch.ordinal[:BATCH] = 1", "batch.ordinal[:BATCH] = 0"),
    _f("keys", "patience and the stay share a draw", f"{_BEDS}._enqueue", "_ADMISSION", "_STAY"),
    _f("referral", "adherence by the referral's draw", f"{_CLOSE}.close_visits",
       "u[2] < follows", "u[1] < follows"),
    _f("referral", "referred within the tier", f"{_CLOSE}.next_tier_facility",
       "_TIER_OF[j] > tier", "_TIER_OF[j] >= tier"),
    _f("referral", "back-referral to a full township", f"{_LEAVE}._takes_back",
       "free_beds > 0", "free_beds >= 0"),
    _f("referral", "the tier that failed may try again", "engines.kernels.episode_word.after_visit",
       "failed_tier + 1", "failed_tier"),
    _f("referral", "no wait for the referral's appointment", f"{_CLOSE}.close_visits",
       "due = day + 1 + delay", "due = day + 1"),
    _f("referral", "a contract keeps people from following", "rules.referral.adherence_probability",
       "if has_effective_contract", "if not has_effective_contract"),
    _f("referral", "the book shortens the wait", "rules.referral.appointment_days",
       "max(own", "min(own"),
    _f("money", "the cap is a year's every time", "rules.payment.fund_fen",
       "max(0, cap - paid)", "cap"),
    _f("money", "a fen rounded up", "rules.payment.fund_fen",
       "covered * rate_bp // 10_000", "(covered * rate_bp + 9_999) // 10_000"),
    _f("money", "every stay is the first of the year", "rules.payment.deductible_fen",
       "min(admissions_before, len(factor_bp) - 1)", "0"),
    _f("money", "a transfer pays in full", f"{_LEAVE}._pay_stay", "if moved_up", "if False"),
    _f("money", "charges cut off, not rounded", "rules.payment.charge_fen", "+ 0.5", "+ 0.0"),
    _f("money", "the patient's part counts towards the cap", f"{_CLOSE}._pay_visit",
       "people[r].visit_fund + fund", "people[r].visit_fund + charge"),
)  # fmt: skip


# ---------------------------------------------------------------------------------- worlds


def fault_worlds() -> list[World]:
    """Tiny worlds in which everything a fault could touch happens within a month."""
    first = replace(busy_world(60), blocks=_BLOCKS)
    return [first, _poor(), _one_instant(), _overrun(), _long_waits(), _own_centre()]


def _poor() -> World:
    """Yearly maxima that are used up, dear visits, wards with reserved and overflow beds."""
    busy = busy_world(90)
    insurance = replace(
        busy.region.insurance,
        outpatient_cap_fen=np.array([9_000, 5_000], dtype=np.int64),
        inpatient_cap_fen=np.array([700_000, 400_000], dtype=np.int64),
    )
    f = busy.region.facilities
    beds = f.beds.copy()
    for key, number in {"county_general_0": 4, "county_general_1": 4, "city_first": 5,
                        "township_0": 2, "township_1": 4}.items():  # fmt: skip
        beds[f.key.index(key)] = number
    region = replace(busy.region, insurance=insurance, facilities=replace(f, beds=beds))
    overrides = {
        **busy.overrides, **by_tier("stay_mean", [1, 2, 2, 2, 2, 2]),
        **by_tier("reserved_bed_share", [0, 0.5, 0.5, 0.5, 0.5, 0]),
        **by_class("need_scale", [3.0, 4.0, 30.0, 40.0]), "formal_referral": 1.0,
        "overflow_share": 0.6, "wait_knowledge": 0.3, "unseen_return": 0.8,
        "outpatient_price_weight:minor": 3.0, "outpatient_price_weight:chronic": 3.0,
    }  # fmt: skip
    return World(region, overrides, seed=9, blocks=_BLOCKS)


def _only(region: Region, *alternatives: str) -> Region:
    """The same region with nothing but these in the choice sets."""
    facility, hours = region.villages.facility.copy(), region.villages.hours.copy()
    for column, key in enumerate(ALTERNATIVE_KEYS):
        if key not in alternatives:
            facility[:, column], hours[:, column] = -1, np.inf
    return replace(region, villages=replace(region.villages, facility=facility, hours=hours))


def _one_instant() -> World:
    """Minutes of clinic and consults of one length: many end at one instant, and there are
    fewer beds than patients."""
    region = small_region(
        n_counties=1, residents=160, townships_per_county=1, villages_per_township=2, year=2023,
        all_alternatives=False, beds={"township_0": 9}, doctors={"township_0": 8.0},
    )  # fmt: skip
    overrides = {
        **by_class("need_scale", [0.0, 0.0, 120.0, 1000.0]),
        **by_tier("admission_scale", [0.0, 99.0, 1.0, 1.0, 1.0, 1.0]),
        **by_tier("test_share", [0.0] * 6), **by_class("patience_days", [0.5] * 4),
        "morning_opens:township": 11.0, "morning_hours:township": 0.1,
        "afternoon_hours:township": 0.1, "service_minutes:township": 0.5, "service_cv": 0.0,
        "ambulance_share": 0.0, "triage_accuracy": 0.0,
    }  # fmt: skip
    region = _only(region, "township", "outside")
    return World(region, overrides, seed=3, blocks=((-2, 2, 0), (0, 24, 0)))


def _overrun() -> World:
    """Half-day clinics to the second, consults of ten minutes, more patients than are seen."""
    region = small_region(
        n_counties=1, residents=160, townships_per_county=1, villages_per_township=2, year=2023,
        all_alternatives=False, doctors={"village_0": 2.0, "village_1": 2.0},
    )  # fmt: skip
    overrides = {
        **by_class("need_scale", [60.0, 20.0, 1.0, 1.0]), **by_tier("test_share", [0.0] * 6),
        "clinic_hours:village": 730.0, "service_minutes:village": 10.0, "service_cv": 0.0,
    }  # fmt: skip
    return World(_only(region, "village"), overrides, seed=4, blocks=((-1, 1, 0), (0, 9, 0)))


def _long_waits() -> World:
    """A hospital whose pools have waits of their own, and patients who look at them."""
    region = small_region(
        n_counties=1, residents=160, townships_per_county=1, villages_per_township=2, year=2023,
        all_alternatives=False, doctors={"county_general_0": 4.0},
    )  # fmt: skip
    overrides = {
        **by_class("need_scale", [40.0, 20.0, 20.0, 1.0]), **by_class("wait_weight", [5.0] * 4),
        "service_minutes:county": 60.0, "wait_knowledge": 1.0,
    }  # fmt: skip
    region = _only(region, "county_general", "outside")
    return World(region, overrides, seed=5, blocks=((-4, 4, 0), (0, 12, 0)))


def _own_centre() -> World:
    """A city hospital that fails many, and the region's own centre with a bed for a few of them and
    of those who come to it first."""
    region = small_region(
        n_counties=1, residents=160, townships_per_county=1, villages_per_township=2, year=2023,
        all_alternatives=False, regional_inside=True, beds={"regional": 2, "city_first": 9},
        doctors={"regional": 8.0, "city_first": 8.0},
    )  # fmt: skip
    overrides = {
        **by_class("need_scale", [0.0, 0.0, 150.0, 0.0]), **by_class("patience_days", [0.5] * 4),
        **by_tier("admission_scale", [0.0, 0.0, 0.0, 9.0, 9.0, 9.0]), "triage_accuracy": 0.0,
        "capability:city/complex": 0.3, "capability:regional/complex": 0.95,
        "escalation:complex": 1.0, "formal_referral": 1.0, "tier_constant:regional": 3.5,
        "tier_constant:city": -2.9, "regional_reference_doctors": 1000.0,
    }  # fmt: skip
    region = _only(region, "city_first", "regional", "outside")
    return World(region, overrides, seed=6, blocks=((-2, 2, 0), (0, 24, 0)))


@cache
def expected() -> list[tuple[World, Record]]:
    """The worlds, and what the reference engine does in them."""
    made = []
    for world in fault_worlds():
        _, record = records(world, "reference")
        made.append((world, record))
    return made


# ---------------------------------------------------------------------------------- changing


@contextmanager
def in_place_of(original: Callable[..., Any], changed: Callable[..., Any]) -> Iterator[None]:
    """Every module of the project that knows a function by a name gets the changed copy."""
    held = [
        (module, name)
        for key, module in list(sys.modules.items())
        if key.startswith("sim.") and isinstance(module, ModuleType)
        for name, value in list(vars(module).items())
        if value is original
    ]
    try:
        for module, name in held:
            setattr(module, name, changed)
        yield
    finally:
        for module, name in held:
            setattr(module, name, original)


def function_of(where: str) -> tuple[ModuleType, Callable[..., Any]]:
    """Module and function of a name such as rules.order.claim_key."""
    module_name, _, name = where.rpartition(".")
    module = importlib.import_module(f"sim.{module_name}")
    return module, getattr(module, name)


def remade(where: str, source: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A function, and a copy of it made from other source."""
    module, original = function_of(where)
    names: dict[str, Any] = {}
    # Its own globals, so that a changed recursive or private name resolves as before.
    exec(compile(source, f"<changed {where}>", "exec"), vars(module), names)
    return original, names[original.__name__]


def _too_long(_signal: int, _frame: Any) -> None:
    raise TimeoutError


def is_killed(original: Callable[..., Any], changed: Callable[..., Any]) -> str:
    """How a change is found: the first difference, a crash or a hang; "" when it is not."""
    signal.signal(signal.SIGALRM, _too_long)
    unchanged = expected()
    with in_place_of(original, changed):
        for number, (world, record) in enumerate(unchanged):
            signal.alarm(SECONDS)
            try:
                found = differences(records(world, "compiled")[0], record)
            except TimeoutError:
                return f"world {number}: hangs"
            except Exception as error:
                return f"world {number}: {type(error).__name__}"
            finally:
                signal.alarm(0)
            if found:
                return f"world {number}: {found[0].split(':')[0]}"
    return ""


def plant(fault: Fault) -> str:
    """Plant one fault; how it is found, "" when it is not."""
    _, original = function_of(fault.where)
    source = textwrap.dedent(inspect.getsource(original))
    if source.count(fault.old) != 1:
        raise LookupError(f"{fault.where} has {source.count(fault.old)} x {fault.old!r}")
    return is_killed(*remade(fault.where, source.replace(fault.old, fault.new)))


# ---------------------------------------------------------------------------------- mutants

_SWAPPED = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


# The worlds have blocks of days of their own, and the days of a year are for the progress bar.
_NOT_OF_A_RUN = ("day.blocks", "day.days_in_year")


def _sites(tree: ast.AST) -> list[tuple[ast.AST, str]]:
    """Where a function can be changed: comparisons, operators, constants."""
    found: list[tuple[ast.AST, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPPED:
            found.append((node, "compare"))
        elif isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in _SWAPPED:
            found.append((node, "operator"))
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            found.append((node, "constant"))
    return found


def mutants(count: int, seed: int = 1) -> Iterator[tuple[str, str, str]]:
    """(function, what was changed, source of the changed copy); each a different change."""
    chance = random.Random(seed)
    names = [name for name in called("compiled") if "<" not in name]
    names = [f"rules.{name}" if not name.startswith("day.") else name for name in names]
    seen = set()
    made = 0
    while made < count:
        where = chance.choice(names)
        _, original = function_of(where)
        tree = ast.parse(textwrap.dedent(inspect.getsource(original)))
        function = copy.deepcopy(tree.body[0])
        body = ast.Module(body=function.body, type_ignores=[])
        sites = _sites(body)
        if not sites:
            continue
        index = chance.randrange(len(sites))
        if (where, index) in seen:
            continue
        seen.add((where, index))
        node, kind = sites[index]
        before = ast.unparse(node)
        if kind == "compare":
            node.ops[0] = _SWAPPED[type(node.ops[0])]()
        elif kind == "operator":
            node.op = _SWAPPED[type(node.op)]()
        else:
            node.value = node.value + 1 if type(node.value) is int else node.value * 1.25 + 0.01
        if where in _NOT_OF_A_RUN:
            continue
        made += 1
        yield where, f"{before}  ->  {ast.unparse(node)}", ast.unparse(function)


def main(what: str) -> int:
    """Run and print one of the two tables."""
    expected()  # before anything is changed: the reference calls the same rules
    rows = []
    if what == "planted":
        for fault in FAULTS:
            rows.append((fault.group, f"{fault.name} ({fault.where})", plant(fault)))
            print(f"{rows[-1][0]:<9} {rows[-1][1]:<90} {rows[-1][2] or 'NOT FOUND'}", flush=True)
    else:
        for where, change, source in mutants(MUTANTS):
            rows.append((where, change, is_killed(*remade(where, source))))
            print(f"{where:<38} {change[:80]:<82} {rows[-1][2] or 'SURVIVES'}", flush=True)
    print(json.dumps({"faults": len(rows), "left": [row[:2] for row in rows if not row[2]]}))
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(sim.__file__).parents[1]))
    raise SystemExit(main(sys.argv[1]))
