"""A comparison as tables of words: what the terminal, the page and the Word report all print."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from scenarios.comparison.assess import COMPLEMENT
from scenarios.comparison.decompose import HEADLINES
from scenarios.comparison.findings import Arm, Comparison, Driver, Judged
from scenarios.comparison.runs import Key
from scenarios.plans.levers import levers
from scenarios.report.formats import (
    BY_ID,
    NONE,
    decimal_year,
    name_of,
    shown,
    shown_chance,
    shown_change,
    shown_change_range,
    shown_figure,
    unit_of,
)
from scenarios.words import text

# Indicators of the table by scenario: the headlines and what belongs beside them.
SHOWN: tuple[Key, ...] = (
    *HEADLINES[:4],
    ("first_contact_share", "", ""),
    HEADLINES[4],
    ("bed_occupancy", "by_tier", "city"),
    ("average_length_of_stay", "", ""),
    HEADLINES[5],
    ("travel_minutes_return_mean", "", ""),
    *HEADLINES[6:],
    ("concentration_index_unresolved", "", ""),
)
IN_COUNTY = ("in_county_visit_rate", "in_county_visit_rate_claims", "in_county_admission_share",
             "in_county_fund_share")  # fmt: skip
# A chance from here on is called met, from the second close.
MET, CLOSE = 0.8, 0.35
_LARGEST = 3


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of words: a title, a head, rows; a row of one cell spans the table.

    right  columns aligned to the right
    notes  sentences under it
    """

    key: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


def label(key: Key, lang: str) -> str:
    """Name of an indicator with its unit."""
    name = name_of(key[0], lang, key[1], key[2])
    unit = unit_of(key[0], lang)
    if not unit:
        return name
    return f"{name}（{unit}）" if lang == "zh" else f"{name}, {unit}"


def change_label(key: Key, lang: str) -> str:
    """Name of an indicator with the unit of a difference in it."""
    if BY_ID[key[0]].show != "percent":
        return label(key, lang)
    name, points = name_of(key[0], lang, key[1], key[2]), text("points", lang).strip()
    return f"{name}（{points}）" if lang == "zh" else f"{name}, {points}"


def cell_name(arm: Arm, year: int, lang: str) -> str:
    """A year under an arm."""
    return text("cell", lang).format(year=year, arm=arm.label(lang))


def knows_income(c: Comparison) -> bool:
    """Whether figures differ by income: the mean-field distinguishes people by place, age, sex and
    residence, so that without full-population runs every income fifth has the same figure."""
    return c.engine != "meanfield" or c.seeds > 0


def indicators_shown(c: Comparison) -> tuple[Key, ...]:
    """Indicators of the tables by scenario: those over income only where income is
    distinguished."""
    income = "concentration_index_unresolved"
    return tuple(key for key in SHOWN if knows_income(c) or key[0] != income)


def clause_of(clause: str) -> str:
    """A clause as the plan numbers it, without the lines of our copy of its text.

    >>> clause_of("二(一)3 L36"), clause_of("表1 L51-54 @L53"), clause_of("表 row16 L159-161 @L161")
    ('二(一)3', '表1', '表第16行')
    """
    return re.sub(r" row(\d+)", r"第\1行", re.sub(r"( @?L\d+(-\d+)?)+$", "", clause))


def middle_note(c: Comparison, lang: str) -> tuple[str, ...]:
    """What to say under a table of middle values where others show medians of draws."""
    return (text("note.middle", lang),) if c.draws or c.seeds else ()


def lever_name(lever: str, lang: str) -> str:
    """Name of a lever."""
    found = levers()[lever]
    return found.name_zh if lang == "zh" else found.name


def verdict(judged: Judged) -> str:
    """Word for a target: met, close or missed; by the chance where there is one."""
    if judged.met is None:
        return "met.nothing"
    if judged.chance is None:
        return "met" if judged.met else "missed"
    return "met" if judged.chance >= MET else "close" if judged.chance >= CLOSE else "missed"


def target_name(judged: Judged, lang: str) -> str:
    """What the target is called."""
    meant = judged.target.definition
    return meant.name_zh if lang == "zh" else meant.name


def goal(judged: Judged, base_year: int, lang: str) -> str:
    """The goal as printed; a direction with the value it starts from."""
    t, how = judged.target, BY_ID[judged.indicator].show
    if t.target is None:
        if t.comparator not in ("increase", "decrease"):
            return text("goal.words", lang)
        value = shown(judged.base.value, how)
        return text(f"goal.{t.comparator}", lang).format(value=value, year=base_year)
    value = shown(t.target, how)
    if t.target_high is not None:
        return text("goal.range", lang).format(low=value, high=shown(t.target_high, how))
    if t.comparator == "~":
        return text("goal.about", lang).format(value=value)
    sign = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "increase": "≥", "decrease": "≤"}
    return f"{sign.get(t.comparator, '')}{value}"


def targets_sheet(c: Comparison, lang: str) -> Sheet:
    """Every simulated target: goal, clause, year; under it value, range, chance and unresolved
    need of every arm, with how many levers had had time to act."""
    rows: list[tuple[str, ...]] = []
    drawn = any(j.chance is not None for j in c.targets)
    for name in dict.fromkeys(j.target.id for j in c.targets):
        own = [j for j in c.targets if j.target.id == name]
        rows.append((_heading(own[0], c, lang),))
        rows += [_judgement(j, c, lang, drawn) for j in own]
        if conflict := own[0].target.conflict_note:
            rows.append((text("conflict", lang).format(note=conflict),))
    names = ("scenario", "head.value", "head.verdict", *(("head.chance",) if drawn else ()),
             "unresolved", "head.ready")  # fmt: skip
    head = [text(name, lang) for name in names]
    if any(j.figure.low is not None for j in c.targets):
        head[1] += text("head.range", lang)
    right = (1, *range(3, len(head)))
    notes = tuple(text(f"note.{name}", lang) for name in ("direction", "ready", "clause"))
    return Sheet("targets", text("sheet.targets", lang), tuple(head), tuple(rows), right, notes)


def _heading(j: Judged, c: Comparison, lang: str) -> str:
    """Target, goal, clause, year and where it starts from, in a line."""
    year = str(j.year) if j.dated else text("undated", lang).format(year=j.year)
    return text("target.heading", lang).format(
        name=target_name(j, lang), goal=goal(j, c.years[0], lang),
        clause=clause_of(j.target.clause), year=year, start=c.years[0],
        measure=measured_by(j, lang), value=shown(j.base.value, BY_ID[j.indicator].show),
    )  # fmt: skip


def measured_by(j: Judged, lang: str) -> str:
    """What a target is judged by, which seldom bears the plan's own words."""
    name = name_of(j.indicator, lang)
    complement = j.target.definition.id in COMPLEMENT
    return text("target.complement", lang).format(name=name) if complement else name


def _judgement(j: Judged, c: Comparison, lang: str, drawn: bool) -> tuple[str, ...]:
    return (
        c.arm(j.arm).label(lang), shown_figure(j.figure, BY_ID[j.indicator].show),
        text(verdict(j), lang), *((shown_chance(j.chance, lang),) if drawn else ()),
        shown_figure(j.unresolved, BY_ID["unresolved_need_share"].show),
        f"{j.ready} / {j.levers}" if j.levers else "–",
    )  # fmt: skip


def headlines_sheet(c: Comparison, lang: str) -> Sheet:
    """Headline indicators: the base year, then every arm in every later year."""
    start, later = c.years[0], c.years[1:] or c.years
    head = [text("head.indicator", lang), cell_name(c.base, start, lang)]
    head += [cell_name(arm, year, lang) for year in later for arm in c.arms]
    rows = []
    for key in indicators_shown(c):
        how = BY_ID[key[0]].show
        cells = [shown(c.figure(c.base.key, start, *key).value, how)]
        cells += [shown(c.figure(a.key, y, *key).value, how) for y in later for a in c.arms]
        if set(cells) != {NONE}:
            rows.append((label(key, lang), *cells))
    right = tuple(range(1, len(head)))
    notes = (text("note.in_county", lang), text("note.occupancy", lang), *_base_year(c, lang))
    title = text("sheet.headlines", lang)
    return Sheet("headlines", title, tuple(head), tuple(rows), right, notes)


def _base_year(c: Comparison, lang: str) -> tuple[str, ...]:
    """Names the arms whose levers were at work before the base year."""
    early = {a.arm for a in c.arrivals if a.start < c.years[0]} - {c.base.key}
    arms = [f"“{arm.label(lang)}”" for arm in c.arms if arm.key in early]
    if not arms:
        return ()
    worded = text("note.base_year", lang).format(
        arms=("、" if lang == "zh" else ", ").join(arms), year=c.years[0], base=c.base.label(lang)
    )
    return (worded,)


def changes_sheet(c: Comparison, lang: str) -> Sheet:
    """Change of every headline against the first arm in the last year, with its range."""
    year = c.years[-1]
    title = text("sheet.changes", lang).format(base=c.base.label(lang), year=year)
    changed = (text("head.change", lang).format(arm=arm.label(lang)) for arm in c.arms[1:])
    head = (text("head.indicator", lang), cell_name(c.base, year, lang), *changed)
    rows = []
    for key in indicators_shown(c):
        how = BY_ID[key[0]].show
        changes = (c.change(arm.key, year, *key) for arm in c.arms[1:])
        if c.figure(c.base.key, year, *key).value is None:
            continue
        rows.append((
            label(key, lang), shown_figure(c.figure(c.base.key, year, *key), how),
            *(shown_change_range(change, how, lang) for change in changes),
        ))  # fmt: skip
    notes = (text("note.change", lang),) if c.draws else ()
    return Sheet("changes", title, head, tuple(rows), tuple(range(1, len(head))), notes)


def drivers_of(c: Comparison, arm: str, year: int, key: Key) -> list[Driver]:
    """Levers of an arm on one indicator, largest first."""
    own = [d for d in c.drivers if d.arm == arm and d.year == year and d.indicator == key]
    return sorted(own, key=lambda d: (-abs(d.alone), d.lever))


def drivers_brief(c: Comparison, arm: Arm, lang: str) -> Sheet:
    """For every headline its change in the last year, the interaction, and the largest levers."""
    year, rows = c.years[-1], []
    totals = {t.indicator: t for t in c.totals if t.arm == arm.key and t.year == year}
    for key in HEADLINES:
        if key not in totals or math.isnan(totals[key].total):
            continue
        how = _how(key)
        largest = [d for d in drivers_of(c, arm.key, year, key) if d.alone][:_LARGEST]
        worded = (f"{lever_name(d.lever, lang)} {shown_change(d.alone, how, '')}" for d in largest)
        both = (totals[key].total, totals[key].interaction)
        rows.append((
            change_label(key, lang), *(shown_change(x, how, "") for x in both),
            ("；" if lang == "zh" else "; ").join(worded) or "–",
        ))  # fmt: skip
    names = ("head.indicator", "head.total", "head.interaction", "head.largest")
    title = text("sheet.drivers", lang).format(arm=arm.label(lang), year=year)
    head = tuple(text(name, lang) for name in names)
    notes = (text("limit.singles", lang), *middle_note(c, lang))
    return Sheet(f"drivers-{arm.key}", title, head, tuple(rows), (1, 2), notes)


def _how(key: Key) -> str:
    return BY_ID[key[0]].show


def arrivals_sheet(c: Comparison, lang: str) -> Sheet:
    """From when each lever acts and when most of its effect is there."""
    names = ("lever", "start", "full", "ninety", "fades")
    head = [text("scenario", lang), *(text(f"head.{name}", lang) for name in names)]
    rows = [
        (
            c.arm(a.arm).label(lang), lever_name(a.lever, lang), decimal_year(a.start, lang),
            decimal_year(a.full, lang), decimal_year(a.ninety, lang),
            text("yes", lang) if a.fades else "",
        )
        for a in c.arrivals
    ]  # fmt: skip
    return Sheet("arrivals", text("sheet.arrivals", lang), tuple(head), tuple(rows))


def notes_of(c: Comparison, lang: str) -> list[str]:
    """What a reader must know of this comparison."""
    return [text(name, lang).format(**values) for name, values in c.notes]


def limits(c: Comparison, lang: str) -> list[str]:
    """What to mind with any comparison."""
    names = ("outcomes", "evidence", "projection", "singles", "costs", "strain", "gains",
             "pandemic")  # fmt: skip
    return [text(f"limit.{name}", lang).format(year=c.years[0]) for name in names]
