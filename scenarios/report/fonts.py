"""A font for figures: Chinese glyphs from a package or the system, and what to do without."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

# Families with simplified Chinese, by platform; the first that is there is taken.
FAMILIES = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN",
            "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei",
            "Heiti SC", "Arial Unicode MS")  # fmt: skip
_PACKAGE, _FILE = "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"
LATIN = "DejaVu Sans"
_PROBE = "县域就诊率乡镇卫生院"


@cache
def chinese_family() -> str | None:
    """Name of a font with simplified Chinese that figures can use; None where there is none.

    The font of the extra `fonts` comes first, so that figures look the same on every machine.
    """
    from matplotlib import font_manager

    if path := _packaged():
        font_manager.fontManager.addfont(path)
        return str(font_manager.FontProperties(fname=path).get_name())
    there = {entry.name: entry.fname for entry in font_manager.fontManager.ttflist}
    return next((name for name in FAMILIES if name in there and _covers(there[name])), None)


def _packaged() -> Path | None:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None
    path = Path(found.submodule_search_locations[0]) / _FILE
    return path if path.exists() else None


def _covers(path: str) -> bool:
    """Whether a font file holds the glyphs of ordinary words."""
    from matplotlib.ft2font import FT2Font

    try:
        glyphs = FT2Font(path).get_charmap()
    except (OSError, RuntimeError):
        return False
    return all(ord(character) in glyphs for character in _PROBE)


def families(lang: str) -> list[str]:
    """Families of a figure, in the order in which a glyph is looked for."""
    found = chinese_family() if lang == "zh" else None
    return [found, LATIN] if found else [LATIN]


def figure_language(lang: str) -> str:
    """Language figures can be labelled in: English where no Chinese font is found."""
    return lang if lang != "zh" or chinese_family() else "en"
