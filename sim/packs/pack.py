"""A parsed pack: its settings and tables, before they are made into a Region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sim.packs.cells import Value
from sim.packs.settings import Settings
from sim.packs.table import Table


@dataclass(frozen=True, slots=True)
class Pack:
    """A parsed pack: settings by path and tables by file name; a cell is None when faulty."""

    settings: Settings
    tables: Mapping[str, Table]
    years: Sequence[int]

    def rows(self, file: str, *names: str) -> Iterator[tuple[int, list[Value]]]:
        """Line and values of the rows of a file whose named cells are all sound."""
        table = self.tables.get(file)
        if table is None:
            return
        for line, *values in zip(table.line, *(table[name] for name in names), strict=True):
            if None not in values:
                yield line, values

    def whole(self, file: str, *names: str) -> bool:
        """True when the file is there with all its rows and no faulty cell in named columns."""
        table = self.tables.get(file)
        if table is None or not table.is_complete:
            return False
        return not any(None in table[name] for name in names)
