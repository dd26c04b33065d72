"""The headline: one card an indicator, as HTML. Everything that comes from data is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from sim.indicators import Indicator
from ui.model.answer import IN_COUNTY, UNRESOLVED, Answer
from ui.model.question import BASE, LAST, NEAR
from ui.model.ranges import Ranges
from ui.view.goals import Goal, goal_for, needs_unresolved
from ui.view.numbers import DEFINED, chance, name_of, shown, unit_of
from ui.view.words import text

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
YEARS = (NEAR, LAST)
_SIGNS = {"met": "✓", "close": "≈", "missed": "✕", "watch": "≈"}
_LINES = ("as-now", "plan-2025", "vision-2035", "yours")


@dataclass(frozen=True, slots=True)
class Card:
    """What one card shows.

    answers  by scenario; `yours` is there only where a lever has been moved
    ranges   of the user's plan, None until they are computed
    """

    region: str
    indicator: Indicator
    tier: str
    answers: Mapping[str, Answer]
    ranges: Ranges | None
    lang: str

    @property
    def shown_answer(self) -> Answer:
        """The plan the card speaks of."""
        return self.answers.get("yours", self.answers["plan-2025"])

    def value(self, name: str, year: int) -> float | None:
        """A scenario's figure of a year."""
        return self.answers[name].value(year, self.indicator.id, self.tier)

    @property
    def base(self) -> float | None:
        """The simulated figure of 2023."""
        return self.value("as-now", BASE)

    @property
    def goal(self) -> Goal | None:
        """What the region's plan asks for."""
        return None if self.tier else goal_for(self.region, self.indicator.id)


def page_of(cards: list[Card]) -> str:
    """All cards in a grid that fits any width."""
    return f'<div class="tc-cards">{"".join(html_of(card) for card in cards)}</div>'


def html_of(card: Card) -> str:
    """One card."""
    lang = card.lang
    name = name_of(card.indicator, lang, card.tier)
    unit = unit_of(card.indicator, lang)
    unit_html = f' <span class="tc-unit">{escape(unit)}</span>' if unit else ""
    base = f"{text('base', lang)} {shown(card.base, card.indicator, lang)}"
    return (
        f'<div class="tc-card" role="group" aria-label="{escape(label_of(card), quote=True)}">'
        f'<div class="tc-head"><span class="tc-name">{escape(name)}</span>{unit_html}'
        f'</div><div class="tc-base"><span>{escape(base)}</span>{_chip(card)}</div>'
        f"{_rows(card)}{_track(card)}{_unresolved(card)}{_about(card)}</div>"
    )


def label_of(card: Card) -> str:
    """The card in one line, for who hears it."""
    parts = [name_of(card.indicator, card.lang, card.tier)]
    for name in _LINES:
        if name in card.answers:
            figures = " / ".join(shown(card.value(name, y), card.indicator, card.lang)
                                 for y in YEARS)  # fmt: skip
            parts.append(f"{text(name, card.lang)} {figures}")
    return ("；" if card.lang == "zh" else "; ").join(parts)


def _rows(card: Card) -> str:
    lang = card.lang
    heads = "".join(f'<th scope="col">{year}</th>' for year in YEARS)
    rows = [f"<tr><th></th>{heads}</tr>"]
    for name in _LINES:
        if name not in card.answers:
            continue
        cells = "".join(
            f"<td>{shown(card.value(name, year), card.indicator, lang)}</td>" for year in YEARS
        )
        mark = f'<i class="tc-mark tc-{name}"></i>'
        rows.append(
            f'<tr class="tc-row-{name}"><th scope="row">{mark}{text(name, lang)}</th>{cells}</tr>'
        )
    if card.ranges is not None and any(_ends(card, year) for year in YEARS):
        cells = "".join(f"<td>{_range(card, year)}</td>" for year in YEARS)
        rows.append(
            f'<tr class="tc-row-range"><th scope="row">{text("range", lang)}</th>{cells}</tr>'
        )
    rows.append(_goal_row(card))
    return f'<table class="tc-table">{"".join(rows)}</table>'


def _ends(card: Card, year: int) -> tuple[float, float] | None:
    if card.ranges is None or card.tier:
        return None
    return card.ranges.ends(year, card.indicator.id)


def _range(card: Card, year: int) -> str:
    ends = _ends(card, year)
    if ends is None:
        return text("undefined", card.lang)
    low, high = (shown(end, card.indicator, card.lang) for end in ends)
    return f"{low.removesuffix('%')}–{high}"


def _goal_row(card: Card) -> str:
    lang, goal = card.lang, card.goal
    if goal is None:
        return ""
    clause = text("goal.clause", lang).format(clause=goal.target.clause.split(" L")[0])
    words = f"{goal.aim_with_year(lang)} · {clause}"
    return (
        f'<tr class="tc-row-goal"><th scope="row"><i class="tc-mark tc-goal"></i>'
        f'{text("goal", lang)}</th><td colspan="2">{escape(words)}</td></tr>'
    )


def verdict_of(card: Card) -> str:
    """met, close, missed, or watch: met while more needs stay unresolved than as-now; "" if none.

    A higher in-county rate alone is never shown as good.
    """
    goal = card.goal
    if goal is None:
        return ""
    answer = card.shown_answer
    found = goal.verdict(answer.value(goal.year, card.indicator.id), card.base)
    if found == "met" and card.indicator.id in IN_COUNTY:
        here = answer.value(goal.year, UNRESOLVED)
        now = card.answers["as-now"].value(goal.year, UNRESOLVED)
        if here is not None and now is not None and here > now + 5e-4:
            return "watch"
    return found


def _chip(card: Card) -> str:
    verdict, goal = verdict_of(card), card.goal
    if not verdict or goal is None:
        return ""
    words = text(f"chip.{verdict}", card.lang).format(year=goal.year)
    base = card.base

    def meets(value: float) -> bool:
        return goal.verdict(value, base) == "met"

    share = None
    if card.ranges is not None and goal.target.target is not None:
        share = card.ranges.chance(goal.year, card.indicator.id, meets)
    if share is not None:
        words = text("chip.chance", card.lang).format(chance=chance(share), year=goal.year)
    return f'<span class="tc-chip tc-chip-{verdict}">{_SIGNS[verdict]} {escape(words)}</span>'


def _track(card: Card) -> str:
    """The figures of 2035 on a line, with the goal and the range where there are any."""
    marks = {name: card.value(name, LAST) for name in _LINES if name in card.answers}
    goal = card.goal.target.target if card.goal else None
    ends = _ends(card, LAST)
    every = [v for v in (*marks.values(), goal, *(ends or ())) if v is not None]
    if not every:
        return ""
    low, high = min(every), max(every)
    room = max(0.15 * (high - low), 0.01 * abs(high), 1e-9)
    low, high = low - room, high + room

    def at(value: float) -> str:
        return f"{100.0 * (value - low) / (high - low):.1f}%"

    parts = []
    if ends:
        width = f"{100.0 * (ends[1] - ends[0]) / (high - low):.1f}%"
        parts.append(f'<i class="tc-band" style="left:{at(ends[0])};width:{width}"></i>')
    for name, value in marks.items():
        if value is not None:
            parts.append(f'<i class="tc-dot tc-{name}" style="left:{at(value)}"></i>')
    if goal is not None:
        parts.append(f'<i class="tc-dot tc-goal" style="left:{at(goal)}"></i>')
    return (
        f'<div class="tc-track-row"><span>{LAST}</span>'
        f'<div class="tc-track" aria-hidden="true">{"".join(parts)}</div></div>'
    )


def _unresolved(card: Card) -> str:
    if not needs_unresolved(card.indicator.id):
        return ""
    indicator = DEFINED[UNRESOLVED]
    plan = shown(card.shown_answer.value(LAST, UNRESOLVED), indicator, card.lang)
    now = shown(card.answers["as-now"].value(LAST, UNRESOLVED), indicator, card.lang)
    words = text("unresolved.line", card.lang).format(year=LAST, plan=plan, now=now)
    return f'<div class="tc-unresolved">{escape(words)}</div>'


def _about(card: Card) -> str:
    """Definition, base, source and the goal's clause, opened by click, key or touch."""
    i, lang = card.indicator, card.lang
    zh = lang == "zh"
    top, bottom = (i.numerator_zh, i.denominator_zh) if zh else (i.numerator, i.denominator)
    colon, stop = ("：", "。") if zh else (": ", ". ")
    said = [
        text("about.fraction", lang).format(top=top, bottom=bottom),
        f"{text('about.place', lang)}{colon}{i.place[zh]}{stop}"
        f"{text('about.base', lang)}{colon}{i.base[zh]}",
        i.source[zh], text(f"about.status.{i.status}", lang), i.note_zh if zh else i.note,
    ]  # fmt: skip
    goal = card.goal
    if goal is not None:
        clause = text("goal.clause", lang).format(clause=goal.target.clause)
        said.append(
            f"{text('goal', lang)}{colon}{goal.title(lang)}{colon}{goal.aim_with_year(lang)}{stop}"
            f"{goal.document(lang)}{colon}{clause}"
        )
    lines = "".join(f"<p>{escape(line)}</p>" for line in said if line)
    return f'<details class="tc-about"><summary>{text("about", lang)}</summary>{lines}</details>'


def legend(lang: str, has_yours: bool, has_ranges: bool) -> str:
    """What the marks on the cards mean."""
    names = [name for name in _LINES if name != "yours" or has_yours]
    parts = [f'<span><i class="tc-mark tc-{name}"></i>{text(name, lang)}</span>' for name in names]
    parts.append(f'<span><i class="tc-mark tc-goal"></i>{text("goal", lang)}</span>')
    if has_ranges:
        parts.append(f'<span><i class="tc-mark tc-band"></i>{text("range", lang)}</span>')
    return f'<div class="tc-legend">{"".join(parts)}</div>'
