"""Numbers as the page prints them: by what they are, with unit, in both languages."""

from __future__ import annotations

from sim.indicators import INDICATORS, Indicator
from ui.view.words import text

DEFINED = {indicator.id: indicator for indicator in INDICATORS}
_WHOLE = ("yuan/year",)  # cents of a model are no news
_POINTS = 100.0


def shown(value: float | None, indicator: Indicator, lang: str) -> str:
    """A figure without its unit, except that a share has its sign.

    >>> shown(0.9014, DEFINED["in_county_visit_rate"], "en")
    '90.1%'
    """
    if value is None:
        return text("undefined", lang)
    if indicator.show == "percent":
        return f"{_POINTS * value:.1f}%"
    return f"{value:,.0f}" if indicator.unit in _WHOLE else f"{value:,.1f}"


def unit_of(indicator: Indicator, lang: str) -> str:
    """The unit as a reader says it; "" where the figure carries it (a share) or has none."""
    return "" if indicator.show == "percent" else indicator.unit_names[lang == "zh"]


def difference(new: float | None, old: float | None, indicator: Indicator, lang: str) -> str:
    """new - old with sign; shares differ by points, never by per cent.

    >>> difference(0.91, 0.9, DEFINED["in_county_visit_rate"], "en")
    '+1.0 points'
    """
    if new is None or old is None:
        return text("undefined", lang)
    gap = new - old
    if indicator.show == "percent":
        space = "" if lang == "zh" else " "
        return f"{_signed(_POINTS * gap, 1)}{space}{text('points', lang)}"
    return _signed(gap, 0 if indicator.unit in _WHOLE else 1)


def _signed(value: float, decimals: int) -> str:
    rounded = round(value, decimals) + 0.0  # no minus zero
    return f"{rounded:+,.{decimals}f}".replace("-", "−") if rounded else f"{0:.{decimals}f}"


def level(value: float) -> str:
    """A lever's level as per cent.

    >>> level(0.05), level(-0.3)
    ('5%', '−30%')
    """
    return f"{_POINTS * value:.3g}%".replace("-", "−")


def name_of(indicator: Indicator, lang: str, tier: str = "") -> str:
    """The indicator's name, with a tier where one is meant.

    >>> name_of(DEFINED["bed_occupancy"], "en", "county")
    'County: bed occupancy rate'
    """
    name = indicator.name_zh if lang == "zh" else indicator.name
    if not tier:
        return name
    within = name[:1].lower() + name[1:]
    return text("of_tier", lang).format(tier=text(f"tier.{tier}", lang), name=within)


def chance(share: float) -> str:
    """A share of draws; never 0% or 100%, which draws cannot show.

    >>> chance(1.0), chance(0.374)
    ('>99%', '37%')
    """
    if share > 0.99:
        return ">99%"
    return "<1%" if share < 0.01 else f"{_POINTS * share:.0f}%"


def duration(seconds: float, lang: str) -> str:
    """A length of time to wait.

    >>> duration(30, "en"), duration(200, "zh")
    ('30 s', '3分钟')
    """
    if seconds < 90.0:
        return text("seconds", lang).format(n=max(10.0, 10.0 * round(seconds / 10.0)))
    return text("minutes", lang).format(n=seconds / 60.0)


def people(count: float, lang: str) -> str:
    """A number of people: millions in English, 万 in Chinese.

    >>> people(5911365, "en"), people(5911365, "zh")
    ('5.91 million', '591.1万')
    """
    return text("people", lang).format(n=count / (1e4 if lang == "zh" else 1e6))
