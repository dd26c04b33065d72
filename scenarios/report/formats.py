"""Figures as a reader sees them, in English and Chinese."""

from __future__ import annotations

import math
from datetime import date, timedelta

from scenarios.comparison.findings import Figure
from scenarios.words import text
from sim.cli.indicator_table import show
from sim.indicators import INDICATORS, Indicator
from sim.words import text as sim_text

BY_ID: dict[str, Indicator] = {indicator.id: indicator for indicator in INDICATORS}
NONE = "–"  # a cell without a figure
_FEW = 0.01  # a chance is never shown as none or certain


def name_of(indicator: str, lang: str, split: str = "", part: str = "") -> str:
    """Name of an indicator, with the tier where it is one of a tier."""
    found = BY_ID[indicator]
    name = found.name_zh if lang == "zh" else found.name
    if split == "by_tier":
        return text("of_tier", lang).format(name=name, tier=sim_text(f"tier.{part}", lang))
    return name


def unit_of(indicator: str, lang: str) -> str:
    """Unit as read, "" for shares."""
    found = BY_ID[indicator]
    return "" if found.show in ("percent", "index") else found.unit_names[lang == "zh"]


def shown(value: float | None, how: str) -> str:
    """A value; `how` as of an indicator: percent, number, count or index."""
    if value is None or math.isnan(value):
        return NONE
    if how == "index" and round(value, 3) == 0.0:
        return f"{0.0:.3f}"  # neither plus nor minus nothing
    return show(value, how).replace("-", "−")


def shown_figure(figure: Figure, how: str) -> str:
    """A value with its range.

    >>> shown_figure(Figure(0.62, 0.6, 0.65), "percent"), shown_figure(Figure(0.62), "percent")
    ('62.0% (60.0–65.0)', '62.0%')
    """
    if figure.low is None or figure.high is None:
        return shown(figure.value, how)
    low, high = (shown(value, how).rstrip("%") for value in (figure.low, figure.high))
    to = "–" if figure.low >= 0 else " … "
    return f"{shown(figure.value, how)} ({low}{to}{high})"


def shown_change(value: float | None, how: str, lang: str) -> str:
    """A difference with its sign; of shares in percentage points, without the word for lang "".

    >>> shown_change(-0.0213, "percent", "en"), shown_change(0.0213, "percent", "zh")
    ('−2.1 points', '+2.1个百分点')
    """
    if value is None or math.isnan(value):
        return NONE
    if how == "percent":
        return signed(100.0 * value, 1) + (text("points", lang) if lang else "")
    return signed(value, 3 if how == "index" else 0 if abs(value) >= 10 else 2)


def shown_change_range(figure: Figure, how: str, lang: str) -> str:
    """A difference with its range."""
    whole = shown_change(figure.value, how, lang)
    if figure.low is None or figure.high is None:
        return whole
    ends = []
    for value in (figure.low, figure.high):
        ends.append(shown_change(value, how, ""))
    return text("change_range", lang).format(whole=whole, low=ends[0], high=ends[1])


def signed(value: float, decimals: int) -> str:
    """A number with its sign, a true minus, and no sign where it rounds to nothing.

    >>> signed(-1.25, 1), signed(0.001, 1), signed(1234.0, 0)
    ('−1.2', '0.0', '+1,234')
    """
    if round(value, decimals) == 0:
        return f"{0:.{decimals}f}"
    return f"{value:+,.{decimals}f}".replace("-", "−")


def shown_chance(chance: float | None, lang: str) -> str:
    """A chance in whole per cent, never 0 or 100.

    >>> shown_chance(0.371, "en"), shown_chance(1.0, "en"), shown_chance(None, "en")
    ('37%', '>99%', '–')
    """
    if chance is None:
        return NONE
    if chance < _FEW:
        return "<1%"
    return ">99%" if chance > 1.0 - _FEW else f"{100 * chance:.0f}%"


def money(yuan: float, lang: str, sign: bool = False) -> str:
    """An amount of yuan in the unit a reader counts in.

    >>> money(320_000_000, "en"), money(320_000_000, "zh"), money(-45_000, "zh", sign=True)
    ('CNY 320 million', '3.2亿元', '−4.5万元')
    """
    steps = ((1e8, "亿元"), (1e4, "万元"), (1.0, "元")) if lang == "zh" else (
        (1e9, " billion"), (1e6, " million"), (1e3, " thousand"), (1.0, ""))  # fmt: skip
    size, unit = next(((s, u) for s, u in steps if abs(yuan) >= s), steps[-1])
    number = yuan / size
    decimals = 0 if abs(number) >= 100 or size == 1.0 else 1
    worded = signed(number, decimals) if sign else f"{number:,.{decimals}f}".replace("-", "−")
    return f"{worded}{unit}" if lang == "zh" else f"CNY {worded}{unit}"


def money_range(three: tuple[float, float, float], lang: str) -> str:
    """(low, middle, high) as middle with the range; "–" where all is nothing."""
    low, middle, high = three
    if not any(three):
        return NONE
    ends = (money(yuan, lang).removeprefix("CNY ") for yuan in (low, high))
    return money(middle, lang) + text("range", lang).format(*ends)


def decimal_year(at: float | None, lang: str) -> str:
    """A time as year and month.

    >>> decimal_year(2024 + 182 / 366, "en"), decimal_year(None, "en")
    ('2024-07', 'after 2050')
    """
    if at is None:
        return text("never", lang)
    first, following = date(int(at), 1, 1), date(int(at) + 1, 1, 1)
    day = first + timedelta(days=round((at - int(at)) * (following - first).days))
    return f"{day:%Y-%m}"
