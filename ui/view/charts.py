"""Chart specifications (ECharts) as plain dictionaries, each with its words for who cannot see it.

Colours were chosen to stay apart for colour-blind eyes (protan, deutan, tritan) and every series is
also distinguished by a label, a dash or a place. Whole and rounded numbers go in: labels print as
they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.tiers import TIER_KEYS
from ui.model.answer import Answer
from ui.view.words import text

TIER_COLOURS = dict(
    zip(TIER_KEYS, ("#B5DCCB", "#3F9C94", "#0B5CAD", "#7B2D6B", "#D98324", "#8C96A3"), strict=True)
)
_DARK_TIERS = ("township", "county", "city")  # whose labels are white
PLAN, NOW, VISION, PALE = "#0B5CAD", "#6B7785", "#7B2D6B", "#E9ECF0"
_INK, _QUIET = "#1B2733", "#55636F"
_FONT = "'Source Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
_WORDS: dict[str, Any] = {"color": _QUIET, "fontSize": 12, "fontFamily": _FONT}
_SMALLEST_LABEL = 0.075  # share of a bar below which its label would not fit

_VALUES = {"type": "value", "axisLabel": _WORDS, "splitLine": {"lineStyle": {"color": PALE}}}

Spec = dict[str, Any]


def flow_bars(bars: Sequence[tuple[str, Mapping[str, float]]], what: str, lang: str) -> Spec:
    """Bars of what happens at each tier, one a scenario and year.

    bars  (label, {tier: count in the year}), from top to bottom
    what  visits or admissions
    """
    scale = flow_scale(what, lang)
    rows = list(reversed(bars))  # the axis counts from below
    series = [_tier_series(tier, rows, scale, lang) for tier in TIER_KEYS]
    return {
        "animation": False,
        "textStyle": {"fontFamily": _FONT},
        "grid": {"left": 4, "right": 26, "top": 44, "bottom": 22, "containLabel": True},
        "legend": {"top": 0, "left": 0, "itemWidth": 12, "itemHeight": 10, "itemGap": 12,
                   "textStyle": {**_WORDS, "color": _INK}, "selectedMode": False},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "confine": True},
        "xAxis": _VALUES,
        "yAxis": {"type": "category", "data": [label for label, _ in rows],
                  "axisTick": {"show": False}, "axisLine": {"show": False},
                  "axisLabel": {**_WORDS, "color": _INK}},
        "series": series,
    }  # fmt: skip


def _tier_series(
    tier: str, rows: Sequence[tuple[str, Mapping[str, float]]], scale: float, lang: str
) -> Spec:
    data = []
    for _, counts in rows:
        share = counts[tier] / (sum(counts.values()) or 1.0)
        value = rounded(counts[tier] / scale)
        data.append({"value": value, "label": {"show": share >= _SMALLEST_LABEL}})
    return {
        "name": text(f"tier.{tier}", lang), "type": "bar", "stack": "tiers", "barWidth": "62%",
        "itemStyle": {"color": TIER_COLOURS[tier], "borderColor": "#FFFFFF", "borderWidth": 1},
        "label": {"color": "#FFFFFF" if tier in _DARK_TIERS else _INK, "fontSize": 12,
                  "fontFamily": _FONT},
        "data": data,
    }  # fmt: skip


def flow_scale(what: str, lang: str) -> float:
    """How many make one unit of the chart: 万 in Chinese; millions and thousands in English."""
    return 1e4 if lang == "zh" else {"visits": 1e6, "admissions": 1e3}[what]


def rounded(value: float) -> float:
    """At most three digits and two decimals, whole from a hundred on: what a label has room for.

    >>> rounded(1234.56), rounded(12.345), rounded(0.9994)
    (1235, 12.3, 1.0)
    """
    if abs(value) >= 100.0:
        return round(value)
    return round(value, 1 if abs(value) >= 10.0 else 2)


def flow_words(bars: Sequence[tuple[str, Mapping[str, float]]], what: str, lang: str) -> str:
    """The same bars in words."""
    scale = flow_scale(what, lang)
    colon, comma, stop = ("：", "，", "；") if lang == "zh" else (": ", ", ", "; ")
    rows = stop.join(
        label + colon + comma.join(
            f"{text(f'tier.{tier}', lang)} {rounded(counts[tier] / scale):g}" for tier in TIER_KEYS
        )
        for label, counts in bars
    )  # fmt: skip
    unit, name = text(f"flows.unit.{what}", lang), text(f"flows.{what}", lang)
    return text("flows.alt", lang).format(what=name, unit=unit, rows=rows)


def years_line(
    answers: Mapping[str, Answer], indicator: str, tier: str, scale: float, lang: str
) -> Spec:
    """One figure of one tier over the years, a line a scenario.

    answers  by name of the line: yours, as-now, vision-2035
    scale    what a value is multiplied by (100 for per cent)
    """
    styles = {
        "as-now": (NOW, "dashed", 1.5), "vision-2035": (VISION, "dotted", 2.0),
        "yours": (PLAN, "solid", 2.5),
    }  # fmt: skip
    series = []
    for name, (colour, dash, width) in styles.items():
        if name not in answers:
            continue
        answer = answers[name]
        points = [[str(year), _scaled(answer.value(year, indicator, tier), scale)]
                  for year in sorted(answer.figures)]  # fmt: skip
        series.append({
            "name": text(name, lang), "type": "line", "data": points, "showSymbol": False,
            "itemStyle": {"color": colour},
            "lineStyle": {"color": colour, "type": dash, "width": width},
        })  # fmt: skip
    years = [str(year) for year in sorted(next(iter(answers.values())).figures)]
    _shade_pandemic(series, years)
    return {
        "animation": False,
        "textStyle": {"fontFamily": _FONT},
        "grid": {"left": 4, "right": 14, "top": 10, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {"type": "category", "data": years, "boundaryGap": False,
                  "axisTick": {"show": False},
                  "axisLabel": {**_WORDS, "interval": 4 if len(years) > 6 else 0}},
        "yAxis": {"type": "value", "scale": True, "axisLabel": _WORDS, "splitNumber": 3,
                  "splitLine": {"lineStyle": {"color": PALE}}},
        "series": series,
    }  # fmt: skip


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else round(value * scale, 1)


def _shade_pandemic(series: list[Spec], years: Sequence[str]) -> None:
    if series and {"2020", "2022"} <= set(years):
        series[0]["markArea"] = {
            "silent": True, "itemStyle": {"color": "#EEF1F4"},
            "data": [[{"xAxis": "2020"}, {"xAxis": "2022"}]],
        }  # fmt: skip


def money_bars(bars: Sequence[tuple[str, float, float]], lang: str) -> Spec:
    """Yuan a person and year: (label, fund, out-of-pocket), from top to bottom."""
    rows = list(reversed(bars))
    parts = (
        ("money.fund", PLAN, "#FFFFFF", [fund for _, fund, _ in rows]),
        ("money.out_of_pocket", "#D98324", _INK, [own for _, _, own in rows]),
    )
    return {
        "animation": False,
        "textStyle": {"fontFamily": _FONT},
        "grid": {"left": 4, "right": 26, "top": 34, "bottom": 4, "containLabel": True},
        "legend": {"top": 0, "left": 0, "itemWidth": 12, "itemHeight": 10,
                   "textStyle": {**_WORDS, "color": _INK}, "selectedMode": False},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "confine": True},
        "xAxis": _VALUES,
        "yAxis": {"type": "category", "data": [row[0] for row in rows],
                  "axisTick": {"show": False}, "axisLine": {"show": False},
                  "axisLabel": {**_WORDS, "color": _INK}},
        "series": [
            {"name": text(name, lang), "type": "bar", "stack": "yuan", "barWidth": "58%",
             "itemStyle": {"color": colour, "borderColor": "#FFFFFF", "borderWidth": 1},
             "label": {"show": True, "color": ink, "fontSize": 12, "fontFamily": _FONT},
             "data": [round(value) for value in values]}
            for name, colour, ink, values in parts
        ],
    }  # fmt: skip
