"""Where a planner finds what a column of a pack asks for, in English and Chinese."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("columns.csv")


@dataclass(frozen=True, slots=True)
class Guide:
    """What is known of a column beside its schema: its meaning in Chinese, where it is found."""

    meaning_zh: str
    where: str
    where_zh: str


@cache
def guides() -> dict[tuple[str, str], Guide]:
    """Guides by file and column; settings by path with [] for list positions, years as `*`."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return {
            (row["file"], row["column"]): Guide(row["meaning_zh"], row["where"], row["where_zh"])
            for row in csv.DictReader(stream)
        }


def guide(file: str, column: str) -> Guide | None:
    """The guide of a column; a status or source falls back to what is said of all of them."""
    pattern = re.sub(r"\[[0-9]+\]", "[]", column)
    pattern = re.sub(r"^age_.*|(?<=_)[0-9]{4}$", lambda m: "age_*" if m[0] > "a" else "*", pattern)
    ending = re.split(r"[_.]", pattern)[-1]
    return guides().get((file, pattern)) or guides().get(("*", ending))


def where_to_find(file: str, column: str, lang: str = "en") -> str:
    """Where the figure of a column stands, "" where nothing is said of it.

    >>> where_to_find("counties.csv", "area_km2").split(":")[0]
    'Where'
    """
    found = guide(file, column)
    if found is None:
        return ""
    return f"来源：{found.where_zh}" if lang == "zh" else f"Where: {found.where}"
