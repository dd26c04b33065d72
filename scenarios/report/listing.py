"""Levers, targets and scenarios as tables for reading and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from scenarios.plans.clauses import REGIONS
from scenarios.plans.levers import Effect, Lever, levers
from scenarios.plans.targets import STATUSES, Target, targets
from scenarios.scenario import Change, Scenario
from scenarios.scenario_file import load, shipped
from scenarios.words import text
from sim.cli.indicator_table import columns_of
from sim.dynamics.schedule import Place
from sim.parameters import load_parameters, read_anchored, read_rows
from sim.words import pad

# Years whose last day `show` prints.
YEARS = (2023, 2025, 2030, 2035)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Columns padded to their widest cell; `right` are aligned to the right. A row of one cell
    spans the table."""
    rows = [head, *rows]
    full = [row for row in rows if len(row) == len(head)]
    widths = [max(columns_of(row[k]) for row in full) for k in range(len(head))]
    lines = []
    for row in rows:
        if len(row) != len(head):
            lines.append("  " + "  ".join(row))
            continue
        cells = (pad(cell, widths[k], right=k in right) for k, cell in enumerate(row))
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def list_levers(region: str | None, lang: str) -> str:
    """Every lever, or those a region's plan calls for."""
    head = [text(name, lang) for name in
            ("number", "id", "lever", "form", "role", "range", "unit", "rollout", "evidence",
             "cost", "changes")]  # fmt: skip
    if region:
        head.insert(3, text("clauses", lang))
    rows = []
    for lever in levers().values():
        if region and region not in lever.clauses:
            continue
        row = [
            str(lever.number), lever.id, lever.name_zh if lang == "zh" else lever.name,
            lever.form, text(lever.role, lang), f"{lever.low:g} - {lever.high:g}", lever.unit,
            text(lever.rollout, lang), "".join(sorted({e.evidence for e in lever.effects})),
            _money(lever), _what(lever, lang),
        ]  # fmt: skip
        if region:
            row.insert(3, " ".join(lever.clauses[region]))
        rows.append(row)
    return table(head, rows, right=(0,))


def _money(lever: Lever) -> str:
    low, middle, high = lever.cost.yearly
    return f"{middle:,.0f} ({low:,.0f}-{high:,.0f}) / {lever.cost.basis}" if high else "0"


def _what(lever: Lever, lang: str) -> str:
    if lever.role == "acts":
        return ", ".join(effect.quantity.id for effect in lever.effects)
    return text("missing", lang).format(what=lever.missing_zh if lang == "zh" else lever.missing)


def list_targets(region: str | None, lang: str) -> str:
    """Every target, or those of a region, with conflicts under the row."""
    names = ("id", "target", "clause", "baseline", "aim", "unit", "status", "judged", "note")
    rows: list[Sequence[str]] = []
    for target in targets().values():
        if region not in (None, target.region):
            continue
        meant = target.definition
        rows.append([
            target.id, meant.name_zh if lang == "zh" else meant.name, target.clause,
            _with_year(target.baseline, target.baseline_year), _aim(target, lang), target.unit,
            text(meant.status, lang), meant.indicator or "-",
            (meant.why_zh if lang == "zh" else meant.why) or "-",
        ])  # fmt: skip
        if target.conflict_note:
            rows.append([text("conflict", lang).format(note=target.conflict_note)])
    return table([text(name, lang) for name in names], rows)


def _with_year(value: float | None, year: int | None) -> str:
    if value is None:
        return "-"
    return f"{value:g} ({year})" if year else f"{value:g}"


def _aim(target: Target, lang: str) -> str:
    if target.target is None:
        worded = target.comparator in ("increase", "decrease")
        words = text(target.comparator if worded else "words", lang)
        return f"{words} ({target.year})" if target.year else words
    high = f"-{target.target_high:g}" if target.target_high is not None else ""
    sign = "" if target.comparator == "=" else target.comparator
    return f"{sign}{_with_year(target.target, None)}{high}" + (
        f" ({target.year})" if target.year else ""
    )


def list_scenarios(region: str | None, lang: str) -> str:
    """The scenarios of all regions or of one."""
    names = ("region", "scenario", "title", "extends", "levers", "first")
    rows = []
    for scenario in _scenarios(region):
        rows.append([
            scenario.region, scenario.name, scenario.title_zh if lang == "zh" else scenario.title,
            scenario.extends[0] if scenario.extends else "-",
            str(len({setting.lever.id for setting in scenario.settings})),
            str(scenario.first_day or text("none", lang)),
        ])  # fmt: skip
    return table([text(name, lang) for name in names], rows, right=(4,))


def _scenarios(region: str | None) -> list[Scenario]:
    regions = [region] if region else list(REGIONS)
    return [load(each, name) for each in regions for name in shipped(each)]


def coverage() -> dict[str, int]:
    """How much of the plans is data, and how much of that the model can speak of."""
    acting = [lever for lever in levers().values() if lever.role == "acts"]
    slow = [le for le in acting if all(e.quantity.owner == "stock" for e in le.effects)]
    every = targets().values()
    kinds = Counter(definition.status for definition in {t.definition for t in every})
    by_region = Counter(target.definition.status for target in every)
    return {
        "levers": len(levers()),
        "acting": len(acting),
        "direct": len(acting) - len(slow),
        "stocks": len(slow),
        "context": len(levers()) - len(acting),
        "definitions": sum(kinds.values()),
        **{f"definitions.{status}": kinds[status] for status in STATUSES},
        "targets": len(every),
        **{f"targets.{status}": by_region[status] for status in STATUSES},
        "rows": sum(len(target.rows) for target in every),
        "conflicts": sum(bool(target.conflict_note) for target in every),
    }


def list_coverage(region: str | None, lang: str) -> str:
    """The counts of `coverage` as a table; a region makes no difference."""
    rows = []
    for name, count in coverage().items():
        _, _, status = name.partition(".")
        label = f"  {text(status, lang)}" if status else text(f"coverage.{name}", lang)
        rows.append([label, str(count)])
    return table([text("coverage.what", lang), text("coverage.count", lang)], rows, right=(1,))


def show(scenario: Scenario, lang: str) -> str:
    """A scenario: its levers with reasons, what they come to by year, what stays idle."""
    zh = lang == "zh"
    about = scenario.about_zh if zh else scenario.about
    lines = [scenario.title_zh if zh else scenario.title, about, ""]
    if not scenario.settings:
        return "\n".join([*lines, text("show.nothing", lang)]) + "\n"
    names = ("id", "lever", "level", "unit", "place", "from", "full", "basis")
    rows: list[Sequence[str]] = []
    for each in scenario.settings:
        rows.append([
            each.lever.id, each.lever.name_zh if zh else each.lever.name, f"{each.level:g}",
            each.lever.unit, place_name(each.place, lang), str(each.start), str(each.full),
            text(each.basis, lang).format(clause=each.clause),
        ])  # fmt: skip
        rows.append([each.why_zh if zh else each.why])
    lines += [text("show.levers", lang), table([text(n, lang) for n in names], rows, right=(2,))]
    lines += [text("show.changes", lang), _changes_table(scenario, lang)]
    idle = [
        lever.name_zh if zh else lever.name
        for lever in levers().values()
        if lever.role != "acts" and scenario.region in lever.clauses
    ]
    if idle:
        names_joined = ("；" if zh else "; ").join(idle)
        lines += [text("show.idle", lang).format(names=names_joined), ""]
    return "\n".join([*lines, text("show.no_run", lang).format(region=scenario.region)]) + "\n"


def _changes_table(scenario: Scenario, lang: str) -> str:
    bare = parameter_values()
    years = [year for year in YEARS if year <= scenario.horizon]
    by_year = [
        {(c.quantity.id, c.place): c for c in scenario.changes(date(year, 12, 31))}
        for year in years
    ]
    last = by_year[-1]
    head = [text("quantity", lang), text("unit", lang), text("place", lang), text("now", lang)]
    rows = []
    for key, change in last.items():
        now_bare = bare.get(change.quantity.id)
        cells = [shown_change(found.get(key), now_bare) for found in by_year]
        now = "-" if now_bare is None else f"{now_bare:.3g}"
        rows.append([
            change.quantity.id, change.quantity.unit, place_name(change.place, lang), now, *cells,
            " ".join(change.levers),
        ])  # fmt: skip
    head += [*map(str, years), text("by", lang)]
    return table(head, rows, right=range(3, 4 + len(years)))


def parameter_values() -> dict[str, float]:
    """Values of all parameters without levers, by key."""
    load_parameters()  # raises for a faulty table
    return {**{row.key: row.default for row in read_rows()}, **read_anchored()}


def shown_change(change: Change | None, baseline: float | None) -> str:
    """A change as a cell: the value where the baseline is known, else a factor and a difference."""
    if change is None:
        return "-"
    if baseline is not None:
        return f"{change.value(baseline):.3g}"
    factor, added = 1.0, 0.0
    for effect, level in change.steps:
        factor *= effect.apply(1.0, level) if effect.form == "multiply" else 1.0
        added += effect.apply(0.0, level) if effect.form == "add" else 0.0
    parts = [f"x{factor:.3f}"] if factor != 1.0 else []
    return " ".join([*parts, *([f"{added:+.3g}"] if added else [])])


def place_name(place: Place, lang: str) -> str:
    """Where a lever acts: everywhere, in a share of the townships, in named places."""
    if place.is_everywhere:
        return text("everywhere", lang)
    parts = []
    if place.townships is not None:
        parts.append(text("townships", lang).format(share=place.townships))
    if named := len(place.counties) + len(place.facilities):
        parts.append(text("places", lang).format(count=named))
    return ", ".join(parts)


def lever_record(lever: Lever) -> dict[str, Any]:
    """A lever as JSON can carry it."""
    plain = ("number", "id", "name", "name_zh", "form", "role", "unit", "unit_zh", "low", "high",
             "rollout", "tiers", "indicator", "expected", "missing")  # fmt: skip
    return {
        **{name: getattr(lever, name) for name in plain},
        "clauses": dict(lever.clauses),
        "effects": [_effect_record(effect) for effect in lever.effects],
        "cost": {name: getattr(lever.cost, name)
                 for name in ("basis", "one_off", "yearly", "status", "reason")},
    }  # fmt: skip


def _effect_record(effect: Effect) -> dict[str, Any]:
    plain = ("form", "size", "low", "high", "delay_years", "half_life", "evidence", "status",
             "source")  # fmt: skip
    quantity = effect.quantity
    return {
        "quantity": quantity.id, "owner": quantity.owner, "unit": quantity.unit,
        **{name: getattr(effect, name) for name in plain},
    }  # fmt: skip


def target_record(target: Target) -> dict[str, Any]:
    """A target as JSON can carry it."""
    meant = target.definition
    plain = ("id", "region", "clause", "baseline", "baseline_year", "comparator", "target",
             "target_high", "year", "unit", "scope", "conflict_note", "note")  # fmt: skip
    return {
        **{name: getattr(target, name) for name in plain},
        "definition": meant.id, "rows": [clause.id for clause in target.rows],
        **{name: getattr(meant, name) for name in
           ("name", "name_zh", "status", "indicator", "alternative", "lever", "why")},
    }  # fmt: skip


def scenario_record(scenario: Scenario) -> dict[str, Any]:
    """A scenario as JSON can carry it."""
    plain = ("region", "name", "title", "title_zh", "about", "extends", "horizon")
    return {
        **{name: getattr(scenario, name) for name in plain},
        "first_day": str(scenario.first_day) if scenario.first_day else None,
        "levers": [
            {
                "lever": each.lever.id, "level": each.level, "unit": each.lever.unit,
                "from": str(each.start), "full": str(each.full), "basis": each.basis,
                "clause": each.clause, "why": each.why, "counties": each.place.counties,
                "facilities": each.place.facilities, "townships": each.place.townships,
            }
            for each in scenario.settings
        ],
    }  # fmt: skip


def changes_record(scenario: Scenario) -> dict[str, list[dict[str, Any]]]:
    """What the levers come to on 31 December of each printed year, as JSON can carry it.

    `value` is None where the quantity without levers is a figure of the pack or of the system
    dynamics.
    """
    bare = parameter_values()
    found: dict[str, list[dict[str, Any]]] = {}
    for year in YEARS:
        if year > scenario.horizon:
            continue
        found[str(year)] = [
            {
                "quantity": each.quantity.id, "owner": each.quantity.owner,
                "unit": each.quantity.unit, "levers": each.levers,
                "counties": each.place.counties, "facilities": each.place.facilities,
                "townships": each.place.townships,
                "without": bare.get(each.quantity.id),
                "value": each.value(bare[each.quantity.id]) if each.quantity.id in bare else None,
                "steps": [
                    {"lever": effect.lever, "form": effect.form, "size": effect.size,
                     "level": level}
                    for effect, level in each.steps
                ],
            }
            for each in scenario.changes(date(year, 12, 31))
        ]  # fmt: skip
    return found
