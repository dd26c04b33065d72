"""What a page remembers: language, region, levels; and the link that brings them back."""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from scenarios.plans.clauses import REGIONS
from scenarios.plans.levers import levers
from sim import __version__
from ui.model.question import SLIDER_IDS, start_levels

LANGUAGES = ("zh", "en")
DEFAULT_REGION = "liaocheng"
_MOST_TEXT = 2000  # characters of a link that are read


@dataclass(frozen=True, slots=True)
class View:
    """What a link says.

    moved    levels of the levers moved off plan-2025, within their bounds
    ignored  names of what the link says and nobody understands
    version  model version that wrote the link, "" where it does not say
    """

    lang: str = LANGUAGES[0]
    region: str = DEFAULT_REGION
    moved: Mapping[str, float] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    version: str = __version__


def decode(link: Mapping[str, str]) -> View:
    """Read a link; what is wrong in it is named and left out.

    >>> decode({"r": "taonan", "x": "bed_control:0.1"}).moved
    {'bed_control': 0.1}
    >>> decode({"r": "atlantis"}).ignored
    ('r',)
    """
    ignored = [name for name in link if name not in ("r", "lang", "x", "m")]
    lang = link.get("lang", LANGUAGES[0])
    region = link.get("r", DEFAULT_REGION)
    if lang not in LANGUAGES:
        ignored.append("lang")
        lang = LANGUAGES[0]
    if region not in REGIONS:
        ignored.append("r")
        region = DEFAULT_REGION
    moved: dict[str, float] = {}
    for part in filter(None, link.get("x", "")[:_MOST_TEXT].split("~")):
        name, _, text = part.partition(":")
        level = _level(name, text)
        if level is None:
            ignored.append(name)
        else:
            moved[name] = level
    # Names are shown on the page: short, and no markup.
    shown = tuple("".join(c for c in name[:40] if c.isalnum() or c in "_-") for name in ignored)
    return View(lang, region, moved, shown, link.get("m", ""))


def _level(name: str, text: str) -> float | None:
    if name not in SLIDER_IDS:
        return None
    try:
        level = float(text)
    except ValueError:
        return None
    lever = levers()[name]
    return level if math.isfinite(level) and lever.low <= level <= lever.high else None


def encode(lang: str, region: str, moved: Mapping[str, float]) -> dict[str, str]:
    """The link of a view: codes only, so that it means the same in both languages."""
    link = {"r": region, "lang": lang, "m": __version__}
    if moved:
        link["x"] = "~".join(f"{lever}:{level:.10g}" for lever, level in sorted(moved.items()))
    return link


def slider_key(region: str, lever: str) -> str:
    """Key of a slider's state; the same in both languages."""
    return f"level.{region}.{lever}"


def open_view(session: MutableMapping[Any, Any], link: Mapping[str, str]) -> View | None:
    """Take a link over when a session begins. Returns it then, None in later runs."""
    if "lang" in session and "region" in session:
        return None
    view = decode(link)
    session["lang"], session["region"] = view.lang, view.region
    session["levels"] = {view.region: {**start_levels(view.region), **view.moved}}
    return view


def levels_of(session: MutableMapping[Any, Any], region: str) -> dict[str, float]:
    """Levels of a region's sliders, plan-2025's where they were never moved."""
    every: dict[str, dict[str, float]] = session.setdefault("levels", {})
    return every.setdefault(region, start_levels(region))


def prepare_sliders(session: MutableMapping[Any, Any], region: str) -> None:
    """Give each slider without a state the level it should stand at, within its bounds."""
    known, start = levers(), start_levels(region)
    for lever, level in levels_of(session, region).items():
        key = slider_key(region, lever)
        value = session.get(key, level)
        ok = isinstance(value, int | float) and known[lever].low <= value <= known[lever].high
        session[key] = float(value) if ok else start[lever]


def keep_levels(session: MutableMapping[Any, Any], region: str) -> dict[str, float]:
    """Remember where the sliders stand, also for when another region is looked at."""
    every: dict[str, dict[str, float]] = session.setdefault("levels", {})
    every[region] = {lever: float(session[slider_key(region, lever)]) for lever in SLIDER_IDS}
    return every[region]


def reset(session: MutableMapping[Any, Any], region: str) -> None:
    """Put a region's sliders back to plan-2025."""
    for lever, level in start_levels(region).items():
        session[slider_key(region, lever)] = level
    keep_levels(session, region)
