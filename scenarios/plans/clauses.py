"""The five plans as data: what each clause says, and from when a document applies."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from pathlib import Path

from scenarios.plans.strict_tables import FOLDER, NOTHING, Row, read_table, text_or_empty
from sim.errors import Fault, FaultList, InputError
from sim.packs.named_institutions import CATALOGUE
from sim.packs.schema import STATUSES, choice, text

REGIONS = ("chifeng", "taonan", "liaocheng", "suining", "bayannur")
DOCUMENT_COLUMNS = (
    choice("region", REGIONS, "region of the plan"),
    text("title_zh", "title"),
    text("title", "title in English"),
    text("number", "number of issue"),
    text("starts", "day from which the plan applies"),
    choice("status", STATUSES, "how the day is known"),
    text("note", "where the day comes from"),
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One row of the catalogue: one statement of one plan. Empty texts where nothing is printed."""

    id: str
    region: str
    clause: str
    indicator_zh: str
    indicator_en: str
    kind: str
    year: str
    comparator: str
    value: str
    value_high: str
    unit: str
    scope: str
    tier: str
    note: str


@dataclass(frozen=True, slots=True)
class Document:
    """A plan. `starts` is the day from which its levers can act."""

    region: str
    title_zh: str
    title: str
    number: str
    starts: date
    status: str
    note: str


@cache
def catalogue() -> dict[str, Clause]:
    """All rows of the catalogue by id; its note is what conflicts with something else."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        rows = [{**row, "note": row["conflict_note"]} for row in csv.DictReader(file)]
    names = [field.name for field in fields(Clause)]
    return {row["id"]: Clause(**{name: row[name] for name in names}) for row in rows}


@cache
def documents(folder: Path = FOLDER) -> dict[str, Document]:
    """The five documents by region; InputError with every fault."""
    faults = FaultList()
    path = folder / "documents.csv"
    found = {
        str(row["region"]): _document(path.name, line, row, faults)
        for line, row in read_table(path, ("region",), DOCUMENT_COLUMNS, faults)
    }
    faults += [
        Fault(path.name, 0, "region", f"no {region}", "one row a region")
        for region in REGIONS
        if region not in found
    ]
    if faults:
        raise InputError(faults.all())
    return found


def _document(file: str, line: int, row: Row, faults: list[Fault]) -> Document:
    starts = parse_date(str(row["starts"]))
    if starts is None:
        faults.append(Fault(file, line, "starts", repr(row["starts"]), "a day, YYYY-MM-DD"))
    cells = {name: text_or_empty(value) for name, value in row.items() if name != "starts"}
    return Document(starts=starts or date.min, **cells)


def parse_date(text: str) -> date | None:
    """A day written YYYY-MM-DD, None for anything else.

    >>> parse_date("2024-09-02"), parse_date("2024-9-2")
    (datetime.date(2024, 9, 2), None)
    """
    if len(text) != 10 or not text.isascii() or text[4] != "-" or text[7] != "-":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def rows_of_clause(region: str, clause: str) -> tuple[Clause, ...]:
    """Rows of the catalogue that stand under a clause, such as 二(二)1 or the section 二(二).

    >>> {row.clause for row in rows_of_clause("liaocheng", "二(二)3")}
    {'二(二)3 L50'}
    """
    return tuple(
        row
        for row in catalogue().values()
        if row.region == region and _is_under(row.clause, clause)
    )


def _is_under(printed: str, clause: str) -> bool:
    """Whether a printed clause is this one or inside it; 二(二)1 does not hold 二(二)13."""
    if not clause or clause == NOTHING or not printed.startswith(clause):
        return False
    rest = printed[len(clause) :]
    return not (clause[-1].isdigit() and rest[:1].isdigit())
