"""Figures of a comparison, as plain data and as matplotlib figures in either language.

Colours keep one meaning everywhere and are distinguished without red and green: as-now grey and
dashed, plans blue to purple, a goal a brown triangle; every line and bar is labelled.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from scenarios.comparison.decompose import HEADLINES
from scenarios.comparison.findings import Arm, Comparison, Judged
from scenarios.comparison.runs import Key
from scenarios.report.background_tables import gain_splits, group_name
from scenarios.report.fonts import families, figure_language
from scenarios.report.formats import BY_ID, NONE, shown, shown_chance, shown_change
from scenarios.report.tables import (
    cell_name,
    change_label,
    drivers_of,
    label,
    lever_name,
    target_name,
    verdict,
)
from scenarios.words import text
from sim.tiers import TIER_KEYS
from sim.words import text as sim_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

BASE = "#6B7785"
ARMS = ("#0B5CAD", "#7B2D6B", "#3F9C94", "#D98324")
GOAL = "#8A3D00"
TIERS = {"village": "#B5DCCB", "township": "#3F9C94", "county": "#0B5CAD", "city": "#7B2D6B",
         "regional": "#D98324", "outside": "#B8C0C8"}  # fmt: skip
VERDICTS = {"met": "#0B5CAD", "close": "#B08A00", "missed": "#8A3D00"}
INK, FAINT = "#1B2733", "#DDE6EE"
_MOST_LEVERS = 12
_WIDE = 9.6
Draw = TypeVar("Draw", bound=Callable[..., Any])


def _drawn(draw: Draw) -> Draw:
    """Draw in a language whose glyphs there are, and take no word for a formula."""

    @wraps(draw)
    def inside(*given: Any, lang: str = "en", **more: Any) -> Any:
        import matplotlib as mpl

        lang = figure_language(lang)
        settings: Any = {"font.family": families(lang), "font.size": 9, "text.parse_math": False,
                    "axes.unicode_minus": False}  # fmt: skip
        with mpl.rc_context(settings):
            return draw(*given, lang=lang, **more)

    return cast(Draw, inside)


def colour(c: Comparison, arm: Arm) -> str:
    """Colour of an arm."""
    at = c.arms.index(arm)
    return BASE if at == 0 else ARMS[(at - 1) % len(ARMS)]


def lines_data(c: Comparison, key: Key) -> dict[str, list[tuple[int, Any]]]:
    """(year, figure) of an indicator by arm."""
    return {arm.key: [(year, c.figure(arm.key, year, *key)) for year in c.years] for arm in c.arms}


@_drawn
def headlines(c: Comparison, *, lang: str = "en") -> Picture:
    """Small multiples: each headline over the years, a line and its range an arm, goals marked."""
    picture, axes = _picture(3, 3, 8.6)
    for key, ax in zip(HEADLINES, axes, strict=True):
        how = BY_ID[key[0]].show
        scale = 100.0 if how == "percent" else 1.0
        for arm in c.arms:
            _line(ax, lines_data(c, key)[arm.key], scale, colour(c, arm), arm is c.base)
        for j in c.targets:
            if (j.indicator, "", "") == key and j.target.target is not None and j.arm == c.base.key:
                ax.plot([j.year], [j.target.target * scale], marker="v", color=GOAL, ms=8, ls="")
        ax.set_title(_wrapped(label(key, lang), lang), fontsize=9, loc="left")
        ax.set_xticks(list(c.years))
        if scale == 100.0:
            ax.yaxis.set_major_formatter(lambda value, at: f"{value:g}%")
        _plain(ax)
    _legend(picture, c, lang, goals=True)
    picture.suptitle(text("fig.axis", lang), fontsize=8, color=BASE, x=0.99, ha="right")
    return picture


def _line(ax: Axes, points: Any, scale: float, ink: str, is_base: bool) -> None:
    there = [(year, f) for year, f in points if f.value is not None]
    years = [year for year, _ in there]
    values = [f.value * scale for _, f in there]
    ax.plot(years, values, color=ink, ls="--" if is_base else "-", lw=1.8, marker="o", ms=3)
    ranged = [(year, f) for year, f in there if f.low is not None]
    if ranged:
        low, high = ([getattr(f, end) * scale for _, f in ranged] for end in ("low", "high"))
        ax.fill_between([year for year, _ in ranged], low, high, color=ink, alpha=0.15, lw=0)


@_drawn
def chances(c: Comparison, *, lang: str = "en") -> Picture | None:
    """Chance of meeting each target by arm; None without draws or targets."""
    judged = [j for j in c.targets if j.chance is not None]
    if not judged:
        return None
    ids = list(dict.fromkeys(j.target.id for j in judged))
    picture, (ax,) = _picture(1, 1, 0.8 + 0.32 * len(ids) * (len(c.arms) + 1))
    step = 1.0 / (len(c.arms) + 1)
    for at, name in enumerate(ids):
        for k, arm in enumerate(c.arms):
            j = next((j for j in judged if j.target.id == name and j.arm == arm.key), None)
            if j is not None:
                _chance_bar(ax, at + k * step, j, step, arm.label(lang), lang)
    middle = step * (len(c.arms) - 1) / 2
    names = (next(j for j in judged if j.target.id == name) for name in ids)
    ax.set_yticks([at + middle for at in range(len(ids))],
                  [_wrapped(target_name(j, lang), lang) for j in names])  # fmt: skip
    ax.set_xlim(0, 1.35)
    ax.set_xticks([0, 0.5, 0.8, 1.0], ["0", "50%", "80%", "100%"])
    ax.axvline(0.8, color=FAINT, lw=1, zorder=0)
    ax.invert_yaxis()
    ax.set_title(text("fig.chances", lang), fontsize=10, loc="left")
    _plain(ax, grid="")
    return picture


def _chance_bar(ax: Axes, y: float, j: Judged, step: float, arm: str, lang: str) -> None:
    long = j.chance or 0.0
    ax.barh(y, long, height=step * 0.85, color=VERDICTS[verdict(j)])
    worded = f"{arm}: {shown_chance(j.chance, lang)} {text(verdict(j), lang)}"
    ax.text(long + 0.012, y, worded, va="center", fontsize=8, color=INK)


@_drawn
def flows(c: Comparison, what: str = "visits", *, lang: str = "en") -> Picture:
    """Visits or admissions of residents by tier: base year, then every arm at the end."""
    picture, (ax,) = _picture(1, 1, 0.9 + 0.45 * (len(c.arms) + 1))
    rows = [(c.base, c.years[0]), *((arm, c.years[-1]) for arm in c.arms)]
    for at, (arm, year) in enumerate(rows):
        left, shares = 0.0, tier_shares(c, arm.key, year, what)
        for tier in TIER_KEYS:
            share = 100.0 * shares[tier]
            ax.barh(at, share, left=left, color=TIERS[tier], height=0.7,
                    label=sim_text(f"tier.{tier}", lang) if at == 0 else None)  # fmt: skip
            if share >= 4.0:
                ink = INK if tier in ("village", "outside", "regional") else "white"
                ax.text(left + share / 2, at, f"{share:.0f}%", ha="center", va="center",
                        fontsize=8, color=ink)  # fmt: skip
            left += share
    ax.set_yticks(range(len(rows)), [cell_name(arm, year, lang) for arm, year in rows])
    ax.invert_yaxis()
    ax.set_xlim(0, 100)
    ax.set_xticks([])
    title = "fig.flows" if what == "visits" else "fig.admissions"
    ax.set_title(text(title, lang), fontsize=10, loc="left")
    _plain(ax, grid="")
    picture.legend(loc="outside lower center", ncols=6, frameon=False, fontsize=8)
    return picture


def tier_shares(c: Comparison, arm: str, year: int, what: str) -> dict[str, float]:
    """Share of visits or admissions at each tier."""
    counts = dict.fromkeys(TIER_KEYS, 0.0)
    for f in c.flows:
        if (f.arm, f.year, f.what) == (arm, year, what):
            counts[f.tier] += f.count
    whole = sum(counts.values()) or 1.0
    return {tier: count / whole for tier, count in counts.items()}


@_drawn
def drivers(
    c: Comparison, arm: Arm, key: Key = ("in_county_visit_rate", "", ""), *, lang: str = "en"
) -> Picture | None:
    """Bars of each lever alone, then interaction and total, for one indicator in the last year."""
    year = c.years[-1]
    found = [d for d in drivers_of(c, arm.key, year, key) if d.alone][:_MOST_LEVERS]
    total = next((t for t in c.totals
                  if (t.arm, t.year, t.indicator) == (arm.key, year, key)), None)  # fmt: skip
    if not found or total is None:
        return None
    how = BY_ID[key[0]].show
    scale = 100.0 if how == "percent" else 1.0
    rest = total.singles - sum(d.alone for d in found)
    picture, (ax,) = _picture(1, 1, 1.2 + 0.28 * (len(found) + 3))
    bars = [(_wrapped(lever_name(d.lever, lang), lang), d.alone, ARMS[0]) for d in found]
    bars += [(text("fig.rest", lang), rest, BASE),
             (text("head.interaction", lang), total.interaction, BASE),
             (text("head.total", lang), total.total, INK)]  # fmt: skip
    for at, (_, value, ink) in enumerate(bars):
        ax.barh(at, value * scale, color=ink, height=0.7)
        ax.annotate(shown_change(value, how, ""), (value * scale, at), fontsize=8, color=INK,
                    xytext=(4 if value >= 0 else -4, 0), textcoords="offset points",
                    ha="left" if value >= 0 else "right", va="center")  # fmt: skip
    ax.set_yticks(range(len(bars)), [name for name, _, _ in bars])
    ax.invert_yaxis()
    ax.axvline(0, color=INK, lw=0.8)
    ax.margins(x=0.15)
    title = text("fig.titled", lang).format(
        what=text("fig.drivers", lang),
        name=change_label(key, lang),
        where=cell_name(arm, year, lang),
    )
    ax.set_title(_wrapped(title, lang, 96), fontsize=10, loc="left")
    _plain(ax, grid="x")
    return picture


@_drawn
def gains(
    c: Comparison, indicator: str = "unresolved_need_share", *, lang: str = "en"
) -> Picture | None:
    """Change of one indicator by residence, income and age, a dot and its range an arm."""
    own = [g for g in c.gains if g.indicator == indicator and g.change.value is not None
           and g.split != "by_county" and g.split in gain_splits(c)]  # fmt: skip
    parts = sorted({(g.split, g.part) for g in own}, key=_group_order)
    if not own:
        return None
    picture, (ax,) = _picture(1, 1, 1.3 + 0.27 * len(parts))
    scale = 100.0 if BY_ID[indicator].show == "percent" else 1.0
    for g in own:
        arm = c.arm(g.arm)
        offset = 0.22 * (c.arms.index(arm) - len(c.arms) / 2)
        y, ink = parts.index((g.split, g.part)) + offset, colour(c, arm)
        if g.change.low is not None and g.change.high is not None:
            ax.plot([g.change.low * scale, g.change.high * scale], [y, y], color=ink, lw=1.5)
        ax.plot([(g.change.value or 0.0) * scale], [y], marker="o", color=ink, ms=5, ls="")
    ax.set_yticks(range(len(parts)), [group_name(c, *part, lang) for part in parts])
    ax.invert_yaxis()
    ax.axvline(0, color=INK, lw=0.8)
    title = text("fig.titled", lang).format(
        what=text("fig.gains", lang),
        name=change_label((indicator, "", ""), lang),
        where=text("year", lang).format(year=c.years[-1]),
    )
    ax.set_title(_wrapped(title, lang, 70), fontsize=10, loc="left")
    _plain(ax, grid="x")
    _legend(picture, c, lang, first=1)
    return picture


def _group_order(part: tuple[str, str]) -> tuple[int, str]:
    order = ("", "by_residence", "by_income", "by_age")
    return order.index(part[0]), part[1]


def all_figures(c: Comparison, lang: str = "en") -> dict[str, Callable[[], Picture | None]]:
    """Every figure of a report by name, drawn when called."""
    found: dict[str, Callable[[], Picture | None]] = {
        "chances": lambda: chances(c, lang=lang),
        "headlines": lambda: headlines(c, lang=lang),
        "visits": lambda: flows(c, "visits", lang=lang),
        "admissions": lambda: flows(c, "admissions", lang=lang),
        "gains": lambda: gains(c, lang=lang),
    }
    for arm in c.arms[1:]:
        found[f"drivers-{arm.key}"] = lambda arm=arm: drivers(c, arm, lang=lang)  # type: ignore[misc]
    return found


def description(c: Comparison, name: str, lang: str) -> str:
    """What a figure shows, for those who cannot see it."""
    year = c.years[-1]
    if name in ("visits", "admissions"):
        parts = []
        for arm in c.arms:
            primary = tier_shares(c, arm.key, year, name)
            share = shown(primary["village"] + primary["township"], "percent")
            parts.append(f"{arm.label(lang)} {share}")
        return text("alt.flows", lang).format(year=year, parts="; ".join(parts))
    return text(f"alt.{name.partition('-')[0]}", lang) or NONE


def _picture(rows: int, columns: int, height: float) -> tuple[Picture, list[Axes]]:
    """An empty figure with its axes."""
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(_WIDE, height), layout="constrained", dpi=144)
    axes: list[Axes] = picture.subplots(rows, columns, squeeze=False).ravel().tolist()
    return picture, axes


def _plain(ax: Axes, grid: Literal["x", "y", ""] = "y") -> None:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.tick_params(labelsize=8, colors=INK)
    if grid:
        ax.grid(axis=grid, color=FAINT, lw=0.6)
    ax.set_axisbelow(True)


def _legend(
    picture: Picture, c: Comparison, lang: str, goals: bool = False, first: int = 0
) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour(c, arm), ls="--" if arm is c.base else "-", marker="o", ms=4,
               label=arm.label(lang))
        for arm in c.arms[first:]
    ]  # fmt: skip
    if goals and any(j.target.target is not None for j in c.targets):
        handles.append(Line2D([], [], color=GOAL, marker="v", ls="", label=text("fig.goal", lang)))
    picture.legend(handles=handles, loc="outside lower center", ncols=5, frameon=False, fontsize=9)


def _wrapped(words: str, lang: str, width: int = 34) -> str:
    """Lines short enough for a label."""
    import textwrap

    return "\n".join(textwrap.wrap(words, width if lang == "en" else width // 2 + 3))
