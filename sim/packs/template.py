"""A pack to be filled for a new region: its files, an example, and a page on every column."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from sim.errors import Fault, InputError
from sim.packs.cells import expected
from sim.packs.columns import guide
from sim.packs.schema import (
    FIXED_TABLES,
    PACK_FILES,
    SETTINGS_FILE,
    Column,
    TableSchema,
    facilities_schema,
)
from sim.packs.settings import SETTINGS

SOURCE = Path(__file__).parent / "new_region"
PAGE = "README.md"
EXAMPLE = "example"
YEAR = 2023


def new_region(folder: str | Path) -> Path:
    """Write a pack to be filled and return its folder.

    folder  a folder that does not exist yet, or an empty one; its parent must exist
    raises  InputError when there is something at that place, or no folder to put it in; OSError
            when it cannot be written

    All is written beside it and appears by one rename, so that nothing half-written is left.
    """
    target = Path(folder)
    _refuse_taken(target)
    scratch = target.absolute().parent / f".new-region-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    try:
        scratch.mkdir()
        for part in ("", EXAMPLE):
            (scratch / part).mkdir(exist_ok=True)
            for name in PACK_FILES:
                shutil.copyfile(SOURCE / part / name, scratch / part / name)
        (scratch / PAGE).write_text(page(), encoding="utf-8", newline="\n")
        if target.exists():
            target.rmdir()  # empty, and some systems rename onto nothing only
        scratch.rename(target)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return target


def _refuse_taken(target: Path) -> None:
    want = "the name of a new folder"
    try:
        if target.is_symlink() or (target.exists() and not target.is_dir()):
            raise InputError([Fault(str(target), 0, "", "a file", want, "Choose another name.")])
        if target.is_dir() and any(target.iterdir()):
            hint = "Choose another name; nothing was changed."
            raise InputError([Fault(str(target), 0, "", "a folder with files in it", want, hint)])
        if not target.absolute().parent.is_dir():
            hint = f"Make {target.parent} first."
            raise InputError([Fault(str(target), 0, "", "no folder to put it in", want, hint)])
    except OSError as error:
        got = error.strerror or "an error"
        raise InputError([Fault(str(target), 0, "", got, want)]) from None


def page() -> str:
    """The README of a new pack: how to fill it, and every column of every file."""
    parts = [(SOURCE / PAGE).read_text(encoding="utf-8").rstrip()]
    parts.append(f"## {SETTINGS_FILE}\n\n" + "\n".join(_lines(SETTINGS_FILE, SETTINGS.items())))
    schemas: list[TableSchema] = [*FIXED_TABLES, facilities_schema([YEAR])]
    order = {name: i for i, name in enumerate(PACK_FILES)}
    for schema in sorted(schemas, key=lambda schema: order[schema.file]):
        columns = ((column.name, column) for column in schema.columns)
        head = f"## {schema.file}\n\n{schema.meaning.capitalize()}. Rows differ in "
        head += " and ".join(schema.key) + "."
        parts.append(head + "\n\n" + "\n".join(_lines(schema.file, columns)))
    return "\n\n".join(parts) + "\n"


def _lines(file: str, columns: Iterable[tuple[str, Column]]) -> Iterator[str]:
    """A table of columns; the ages share a line, status and source are reported above for all."""
    yield "| column | meaning 含义 | allowed | where to find it 数据来源 |"
    yield "|---|---|---|---|"
    for name, column in columns:
        is_stated = re.search(r"(^|[_.])(status|source)$", name) and name != "name_status"
        if is_stated or (name.startswith("age_") and name != "age_0"):
            continue
        shown_name = "age_0 … age_85plus" if name == "age_0" else name
        meaning = "residents of the age" if name == "age_0" else column.meaning
        found = guide(file, name)
        where = "" if found is None else f"{found.where} {found.where_zh}"
        meaning += "" if found is None else f" {found.meaning_zh}"
        yield f"| {shown_name} | {meaning} | {expected(column)} | {where} |"
