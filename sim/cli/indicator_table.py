"""Indicators as a planner reads them: one table in sections, split by tier, county or group."""

from __future__ import annotations

from typing import Any

from sim.indicators import INDICATORS, SECTIONS, Indicator
from sim.tiers import TIER_KEYS
from sim.words import SPLITS, pad, text

_CELL_WIDTH = 10
_EXPECTED = {"meanfield": "_expected"}  # engines whose figures are expected values
_MOST_COLUMNS = 7


def table(run: Any, values: dict[str, Any], by: str, lang: str) -> str:
    """All modelled indicators of a run, or those that have the split `by` where it is not tier.

    run     sim.run.Run
    values  as of sim.indicators.compute_all
    by      one of sim.words.SPLITS
    lang    en or zh
    """
    about = run.manifest
    attributes = run.dataset.attrs
    name = attributes["region_name_zh" if lang == "zh" else "region_name"]
    stamp = [text("run.extract", lang)] if "extract" in about else []
    lines = [
        *stamp,
        text(f"run.title{_EXPECTED.get(about['engine'], '')}", lang).format(
            region=name, year=about["year"], seed=about["seed"],
            residents=int(run.dataset.residents_start.sum()), key=about["key"],
        ),
        "",
    ]  # fmt: skip
    heads = _heads(run.dataset, by, lang)
    shown = [i for i in INDICATORS if not i.not_modelled and (by == "tier" or by in i.splits)]
    for first in range(0, len(heads), _MOST_COLUMNS):
        columns = dict(heads[first : first + _MOST_COLUMNS])
        lines += [*_block(shown, values, by, columns, lang), ""]
    lines.append(text("run.model_only", lang))
    lines.append(text("run.undefined", lang))
    lines.append(text("run.snapshot", lang).format(**about))
    others = "|".join(split for split in SPLITS if split != by)
    return "\n".join([*lines, text("run.more", lang).format(splits=others)])


def _heads(dataset: Any, by: str, lang: str) -> list[tuple[str, str]]:
    """Keys of a split's columns and their headings, in order."""
    if by == "tier":
        return [(tier, text(f"tier.{tier}", lang)) for tier in TIER_KEYS]
    if by != "county":
        dimension = {"age": "age_band", "distance": "distance_band"}.get(by, by)
        heads = [(str(key), text(f"{by}.{key}", lang)) for key in dataset[dimension].values]
        return [*heads, ("gap", text("run.gap", lang))] if by == "residence" else heads
    names = dataset.county_name_zh if lang == "zh" else dataset.county_name
    return [
        (str(code), text("run.districts", lang).format(name=name) if district else str(name))
        for code, name, district in zip(
            dataset.county.values, names.values, dataset.county_is_district.values, strict=True
        )
    ]


def _block(
    shown: list[Indicator], values: dict[str, Any], by: str, heads: dict[str, str], lang: str
) -> list[str]:
    """One table: a heading, then the sections."""
    head = [text("run.indicator", lang), text("run.all", lang), *heads.values()]
    rows: list[list[str]] = []
    for section, names in SECTIONS.items():
        chosen = [i for i in shown if i.section == section]
        if chosen:
            rows += [[], [names[lang == "zh"]]]
            rows += [[_label(i, lang), *_cells(i, values[i.id], by, heads)] for i in chosen]
    widths = [max(columns_of(row[0]) for row in [head, *rows] if row) + 1]
    widths += [max(_CELL_WIDTH, columns_of(cell) + 2) for cell in head[1:]]
    return [
        "".join(pad(cell, widths[k], right=k > 0) for k, cell in enumerate(row)).rstrip()
        for row in [head, *rows]
    ]


def _label(i: Indicator, lang: str) -> str:
    """Name with its unit where the name does not say it, and a star where nothing is published."""
    name = "  " + (i.name_zh if lang == "zh" else i.name)
    if i.show == "number" and (i.unit == "1/100 persons" or not i.unit.startswith("1/")):
        name += f", {i.unit_names[0]}" if lang == "en" else f"（{i.unit_names[1]}）"
    return name + ("" if i.status == "official" else " *")


def _cells(i: Indicator, entry: dict[str, Any], by: str, heads: dict[str, str]) -> list[str]:
    """The value in all and under each heading; empty where the split means nothing."""
    cells = [show(entry["value"], i.show)]
    parts = {**entry.get(f"by_{by}", {}), **entry.get("by_district", {})}
    for key in heads:
        if key == "gap":
            gap = entry.get("rural_gap", {}).get("urban_minus_rural")
            cells.append("" if gap is None else show_gap(gap, i.show))
        else:
            cells.append(show(parts.get(key), i.show) if f"by_{by}" in entry else "")
    return cells


def listing(lang: str) -> str:
    """Every indicator on a line: id, name, unit, status, and why it is not modelled."""
    lines = []
    for section, names in SECTIONS.items():
        lines += ["", names[lang == "zh"]]
        for i in INDICATORS:
            if i.section != section:
                continue
            status = text(f"listing.{i.status}", lang)
            why = i.not_modelled_zh if lang == "zh" else i.not_modelled
            if why:
                status = text("listing.not_modelled", lang).format(why=why)
            name = i.name_zh if lang == "zh" else i.name
            unit = i.unit_names[lang == "zh"]
            lines.append(f"  {pad(i.id, 40)}{pad(name, 60)}{pad(unit, 20)}{status}".rstrip())
    return "\n".join(lines[1:]) + "\n"


def show(value: float | None, how: str) -> str:
    """A value as a table prints it; how: percent, number, count or index.

    >>> show(0.6294, "percent"), show(1756.2, "number"), show(None, "count")
    ('62.9%', '1,756', '-')
    """
    if value is None:
        return "-"
    if how == "percent":
        return f"{100 * value:.1f}%"
    if how == "index":
        return f"{value:+.3f}"
    return f"{value:,.0f}" if how == "count" or abs(value) >= 100 else f"{value:.2f}"


def show_gap(value: float, how: str) -> str:
    """A difference with its sign; of shares in percentage points.

    >>> show_gap(-0.021, "percent")
    '-2.1 pp'
    """
    if how == "percent":
        return f"{100 * value:+.1f} pp"
    return f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+.2f}"


def columns_of(cell: str) -> int:
    """Width in terminal columns; Chinese characters take two."""
    return sum(2 if ord(character) > 0x2E80 else 1 for character in cell)
