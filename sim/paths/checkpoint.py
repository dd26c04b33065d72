"""Where a long path stands after a year, on disk: published whole or not at all.

A checkpoint is a folder named after the path's key and the last year that is done. It holds the
state of the engine and the system dynamics as arrays, and the Datasets of the years so far.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

_PARTS = ("engine", "slow", "table")


@dataclass(frozen=True)
class Checkpoint:
    """A path after some years: states by part, Datasets by year, checks and warnings so far."""

    year: int
    states: dict[str, dict[str, np.ndarray]]
    years: dict[int, Any]
    checks: dict[str, Any]
    warnings: list[str]


def save(folder: Path, key: str, saved: Checkpoint) -> None:
    """Publish a checkpoint and remove the earlier ones of the same path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{key}-{saved.year}"
    draft = folder / f".{key}-{uuid.uuid4().hex}"
    draft.mkdir()
    try:
        for part in _PARTS:
            np.savez(draft / f"{part}.npz", allow_pickle=False, **saved.states[part])
        for year, dataset in saved.years.items():
            dataset.to_netcdf(draft / f"{year}.nc", engine="h5netcdf")
        reported = {"year": saved.year, "years": sorted(saved.years), "checks": saved.checks,
                "warnings": saved.warnings}  # fmt: skip
        with (draft / "manifest.json").open("w", encoding="utf-8") as stream:
            json.dump(reported, stream, ensure_ascii=False)
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    for older in _found(folder, key):
        if older != target:
            shutil.rmtree(older)


def load(folder: Path, key: str) -> Checkpoint | None:
    """The latest checkpoint of a path, None where there is none."""
    import xarray as xr

    found = _found(folder, key)
    if not found:
        return None
    latest = found[-1]
    reported = json.loads((latest / "manifest.json").read_text("utf-8"))
    states = {}
    for part in _PARTS:
        with np.load(latest / f"{part}.npz", allow_pickle=False) as stored:
            states[part] = {name: stored[name] for name in stored.files}
    years: dict[int, xr.Dataset] = {}
    for year in reported["years"]:
        with xr.open_dataset(latest / f"{year}.nc", engine="h5netcdf") as stored:
            years[year] = stored.load()
    return Checkpoint(reported["year"], states, years, reported["checks"], reported["warnings"])


def discard(folder: Path, key: str) -> None:
    """Remove the checkpoints of a path that is done."""
    for each in _found(folder, key):
        shutil.rmtree(each)


def _found(folder: Path, key: str) -> list[Path]:
    """Whole checkpoints of a path, earliest first."""
    return sorted(path for path in folder.glob(f"{key}-*") if (path / "manifest.json").exists())
