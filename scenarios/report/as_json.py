"""A comparison as JSON can carry it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from scenarios.comparison.assess import others
from scenarios.comparison.findings import Comparison, Figure, Judged
from scenarios.comparison.runs import Key
from scenarios.report.formats import BY_ID
from scenarios.report.listing import scenario_record, target_record
from scenarios.report.tables import notes_of

# What is given as low, middle and high.
_THREE = ("one_off", "yearly")


def record(c: Comparison) -> dict[str, Any]:
    """Everything a comparison found. Indicators have the ids and units of `python -m sim run`;
    every figure is {"value", "low", "high"}, null where there is none."""
    return {
        "comparison": {
            "region": c.region, "name": c.name, "name_zh": c.name_zh, "years": list(c.years),
            "engine": c.engine, "draws": c.draws, "seeds": c.seeds, "range": [0.05, 0.95],
            "notes": notes_of(c, "en"), "notes_zh": notes_of(c, "zh"), **c.about,
        },
        "scenarios": {arm.key: scenario_record(arm.scenario) for arm in c.arms},
        "indicators": {
            arm.key: {str(year): _indicators(c, arm.key, year) for year in c.years}
            for arm in c.arms
        },
        "changes": {
            arm.key: {str(year): _changes(c, arm.key, year) for year in c.years}
            for arm in c.arms[1:]
        },
        "targets": {
            "simulated": [_judged(j) for j in c.targets],
            **{s: [target_record(t) for t in others(c.region, s)] for s in ("input", "outside")},
        },
        "arrivals": [
            {"scenario": a.arm, "lever": a.lever, "from": a.start, "full": a.full,
             "ninety": a.ninety, "fades": a.fades}
            for a in c.arrivals
        ],
        "drivers": [
            {"scenario": d.arm, "year": d.year, **_key(d.indicator), "lever": d.lever,
             "alone": number(d.alone), "removed": number(d.removed)}
            for d in c.drivers
        ],
        "totals": [
            {"scenario": t.arm, "year": t.year, **_key(t.indicator), "total": number(t.total),
             "singles": number(t.singles), "interaction": number(t.interaction)}
            for t in c.totals
        ],
        **_details(c),
    }  # fmt: skip


def _details(c: Comparison) -> dict[str, Any]:
    """Who gains, where it is tight, what it costs, where people go."""
    return {
        "gains": [
            {"scenario": g.arm, "year": g.year, **_key((g.indicator, g.split, g.part)),
             "base": figure(g.base), "change": figure(g.change)}
            for g in c.gains
        ],
        "bottlenecks": [
            {"scenario": b.arm, "year": b.year, "facility": b.facility, "name": b.name,
             "name_zh": b.name_zh, "tier": b.tier, "county": b.county, **b.values,
             "worst": b.worst, "pressure": b.pressure,
             "relief": [{"lever": lever, "pressure": change} for lever, change in b.relief],
             "load": [{"lever": lever, "pressure": change} for lever, change in b.load]}
            for b in c.bottlenecks
        ],
        "costs": [
            {"scenario": k.arm, "lever": k.lever, "level": k.level, "basis": k.basis,
             "counted": k.count, "units": k.units, "one_off": list(k.one_off),
             "yearly": list(k.yearly), "unit": "yuan of 2023"}
            for k in c.costs
        ],
        "flows": [
            {"scenario": f.arm, "year": f.year, "what": f.what, "tier": f.tier, "place": f.place,
             "count": f.count}
            for f in c.flows
        ],
    }  # fmt: skip


def number(value: float | None) -> float | None:
    """A number JSON can carry."""
    return None if value is None or not math.isfinite(value) else value


def figure(found: Figure) -> dict[str, float | None]:
    """A figure as a dictionary."""
    return {"value": found.value, "low": found.low, "high": found.high}


def _key(key: Key) -> dict[str, str]:
    indicator, split, part = key
    return {"indicator": indicator, **({"split": split, "part": part} if split else {})}


def _indicators(c: Comparison, arm: str, year: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, split, part in c.samples.keys:
        value = figure(c.figure(arm, year, name, split, part))
        if not split:
            found.setdefault(name, {"unit": BY_ID[name].unit}).update(value)
        else:
            entry = found.setdefault(name, {"unit": BY_ID[name].unit})
            entry.setdefault(split, {})[part] = value
    return found


def _changes(c: Comparison, arm: str, year: int) -> dict[str, Any]:
    names = (name for name, split, _ in c.samples.keys if not split)
    return {name: figure(c.change(arm, year, name)) for name in names}


def _judged(j: Judged) -> dict[str, Any]:
    return {
        **target_record(j.target), "scenario": j.arm, "year_judged": j.year,
        "year_printed": j.dated, **figure(j.figure), "base": figure(j.base), "chance": j.chance,
        "met": j.met, "unresolved_need_share": figure(j.unresolved),
        "levers_ready": j.ready, "levers": j.levers,
    }  # fmt: skip


def _listed(entry: Any) -> str:
    return " ".join(map(str, entry.values())) if isinstance(entry, dict) else str(entry)


def plain(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with nested figures drawn apart (change_value, change_low, change_high), and the low,
    middle and high of a cost."""
    found = []
    for row in rows:
        flat: dict[str, Any] = {}
        for name, value in row.items():
            if isinstance(value, dict):
                flat.update({f"{name}_{inner}": v for inner, v in value.items()})
            elif name in _THREE and isinstance(value, list):
                flat.update(zip((f"{name}_low", name, f"{name}_high"), value, strict=True))
            elif isinstance(value, list | tuple):
                flat[name] = "; ".join(_listed(entry) for entry in value)
            else:
                flat[name] = value
        found.append(flat)
    return found
