"""Figures of full-population paths that were run before: minutes each, so they are cached on disk.

A file is named by all that decides its figures: the key of the path (region, policy schedule,
engine, seed, parameters, source) and what was read of it. Another source or pack has other names,
so nothing stale is served; the folder may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sim.identity import cache_home

Key = tuple[str, str, str]  # indicator, split ("" for the whole), part of it
Reading = dict[Key, float]


def folder() -> Path:
    """Where the figures are cached."""
    return cache_home() / "paths"


def file_of(path_key: str, only: Sequence[str]) -> Path:
    """File of the figures of a path: of all indicators, or only some."""
    asked = json.dumps([path_key, list(only)])
    return folder() / f"{hashlib.sha256(asked.encode()).hexdigest()[:24]}.json"


def load(file: Path) -> dict[int, Reading] | None:
    """The figures by year; None where there are none, or the file cannot be read."""
    try:
        rows = json.loads(file.read_text("utf-8"))
        return {
            int(year): {(name, split, part): float(value) for name, split, part, value in cells}
            for year, cells in rows.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def save(file: Path, found: Mapping[int, Reading]) -> None:
    """Store figures, whole or not at all; none in a folder that cannot be written."""
    rows = {year: [[*key, value] for key, value in cells.items()] for year, cells in found.items()}
    part = file.with_name(f"{file.stem}.{uuid.uuid4().hex[:8]}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(rows), "utf-8")
        part.replace(file)
    except OSError:
        with suppress(OSError):
            part.unlink()
