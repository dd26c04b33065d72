"""One page on a region that a planner can check against what he knows."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from sim.packs import load_region, verify
from sim.packs.read import pack_folder
from sim.packs.verify import table
from sim.parameters import rows_of_status
from sim.text import text

_ANCHORS = Path(__file__).parent / "data" / "anchors_national.csv"


def anchor_table(lang: str) -> str:
    """Anchor, year, published, simulated, allowed error, residual of the national county."""
    with _ANCHORS.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    head = text("info.anchor_head", lang).split("|")
    columns = ("anchor", "year", "published", "simulated", "allowed_error", "residual", "solved")
    cells = [head] + [
        [row[column] + ("" if column != "published" or row["status"] != "assumed" else " (A)")
         for column in columns]
        for row in rows
    ]  # fmt: skip
    widths = [max(len(line[k]) for line in cells) for k in range(len(columns))]
    return "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in cells
    )


def page(region: str, year: int, lang: str) -> str:
    """People, facilities, beds and doctors by tier and county, anchors, assumptions."""
    world = load_region(region, year)
    report = verify(region)
    parts = [f"{world.name} {world.name_zh} {year}", "", table(world), ""]
    local = _local_anchors(region)
    if len(local) < 5:
        parts += [text("info.borrowed", lang), ""]
    if local:
        parts += [text("info.local", lang), *local, ""]
    counts = Counter(report.statuses)
    statuses = ", ".join(f"{n} {status}" for status, n in counts.most_common())
    parts += [text("info.values", lang).format(parts=statuses), ""]
    parts += [text("info.anchors", lang), anchor_table(lang), ""]
    all_statuses = Counter(
        row.status
        for row in rows_of_status(
            ("published", "derived", "computed", "literature", "calibrated", "assumed", "recalled")
        )
    )
    described = ", ".join(f"{n} {status}" for status, n in all_statuses.most_common())
    parts.append(
        text("info.parameters", lang).format(total=sum(all_statuses.values()), parts=described)
    )
    for row in rows_of_status(("assumed", "recalled")):
        parts.append(
            f"  {row.key} = {row.default:g} {row.unit} ({row.low:g}-{row.high:g}; {row.status}): "
            f"{row.source}"
        )
    return "\n".join(parts)


def _local_anchors(region: str) -> list[str]:
    """Published figures of the region itself, as the pack states them."""
    path = pack_folder(region) / "anchors.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [
            f"  {row['year']}  {row['indicator']} ({row['scope']}): {row['value']} {row['unit']}"
            f"  {row['definition']}"
            for row in csv.DictReader(stream)
        ]
