"""What is still to be filled in a pack: which cells, what is allowed there, where to find it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sim.errors import Fault, InputError
from sim.packs.cells import PLACEHOLDER, expected, plain_number, shown
from sim.packs.columns import where_to_find
from sim.packs.schema import FIXED_TABLES, PACK_FILES, SETTINGS_FILE, Column, facilities_schema
from sim.packs.settings import SETTINGS, pattern_of
from sim.words import text


@dataclass(frozen=True, slots=True)
class Gap:
    """Cells of one file that ask for the same: columns that stand side by side, and rows."""

    columns: tuple[str, ...]
    rows: tuple[int, ...]
    column: Column


def unfilled(faults: Iterable[Fault]) -> list[Fault]:
    """Those faults that are cells still to be filled."""
    return [fault for fault in faults if fault.got == shown(PLACEHOLDER)]


def filling(error: InputError, lang: str = "en") -> str:
    """The state of a pack that is being filled, as text.

    error  what reading the pack raised
    lang   `en` or `zh`
    """
    left = unfilled(error.faults)
    others = [fault for fault in error.faults if fault not in left]
    files = [name for name in PACK_FILES if any(fault.file == name for fault in left)]
    lines = [text("filling.head", lang).format(cells=len(left), files=len(files))]
    if others:
        lines += ["", text("filling.others", lang).format(faults=len(others))]
        lines += [f"  {fault}" for fault in others]
    reported: set[str] = set()
    for name in files:
        lines += ["", name]
        for gap in gaps(name, [fault for fault in left if fault.file == name]):
            lines += _lines(name, gap, lang, reported)
    return "\n".join(lines)


def gaps(file: str, faults: Sequence[Fault]) -> list[Gap]:
    """Cells to fill of one file, those of a column together and like columns side by side."""
    rows: dict[str, list[int]] = {}
    for fault in faults:
        rows.setdefault(fault.field, []).append(fault.row)
    found: list[Gap] = []
    for name, lines in rows.items():
        column = _column(file, name)
        ages = bool(found) and name.startswith("age_") and found[-1].columns[0].startswith("age_")
        if ages and found[-1].rows == tuple(lines):
            found[-1] = Gap((*found[-1].columns, name), found[-1].rows, column)
        else:
            found.append(Gap((name,), tuple(lines), column))
    return found


def _column(file: str, name: str) -> Column:
    if file == SETTINGS_FILE:
        return SETTINGS[pattern_of(name)]
    years = [int(name[-4:])] if name[-4:].isdigit() else []
    schemas = {schema.file: schema for schema in (*FIXED_TABLES, facilities_schema(years))}
    return next(column for column in schemas[file].columns if column.name == name)


def _lines(file: str, gap: Gap, lang: str, reported: set[str]) -> list[str]:
    """One line on the cells, and one on where to find them when that was not reported above."""
    names = gap.columns[0]
    if len(gap.columns) > 1:
        names += f" … {gap.columns[-1]}"
    where = where_to_find(file, gap.columns[0], lang)
    place = text("filling.rows", lang).format(rows=spans(gap.rows))
    line = f"  {names} {place} {allowed(gap.column, lang)}"
    if not where or where in reported:
        return [line]
    reported.add(where)
    return [line, f"      {where}"]


def allowed(column: Column, lang: str) -> str:
    """What a column allows, in a language."""
    if lang == "en":
        return expected(column)
    if column.kind == "choice":
        return text("allowed.choice", lang).format(choices="、".join(column.choices))
    words = text(f"allowed.{column.kind}", lang)
    if column.low is not None and column.high is not None:
        words += text("allowed.range", lang).format(
            low=plain_number(column.low), high=plain_number(column.high)
        )
    return f"{words} ({column.unit})" if column.unit else words


def spans(rows: Sequence[int]) -> str:
    """Rows as spans.

    >>> spans([2, 3, 4, 7])
    '2-4, 7'
    """
    cuts = [0, *(i for i, (a, b) in enumerate(pairwise(rows), 1) if b != a + 1), len(rows)]
    parts = [rows[a:b] for a, b in pairwise(cuts)]
    return ", ".join(f"{p[0]}-{p[-1]}" if len(p) > 1 else str(p[0]) for p in parts)
