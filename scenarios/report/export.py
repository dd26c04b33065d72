"""A comparison as files: reports, figures, CSV, NetCDF and JSON, published whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.comparison.findings import Comparison
from scenarios.report.as_json import figure, plain, record
from scenarios.report.charts import all_figures
from scenarios.report.document import html, word
from scenarios.report.formats import BY_ID
from sim.tiers import TIER_KEYS

if TYPE_CHECKING:
    import xarray as xr

# What a spreadsheet takes for a formula at the start of a cell.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_TABLES = ("arrivals", "drivers", "totals", "gains", "bottlenecks", "costs", "flows")


def publish(c: Comparison, folder: Path, lang: str) -> Path:
    """Write everything to `folder` / name of the comparison, atomically; the folder written.

    Everything goes to a temporary folder beside it, `manifest.json` with checksums last; one rename
    publishes it. A comparison that is there already is left as it is: its name says it is equal.
    """
    target = folder / f"{c.region}-{key_of(c)}-{lang}"
    if (target / "manifest.json").exists():
        return target
    scratch = folder / f".tmp-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    scratch.mkdir(parents=True)
    try:
        _write(c, scratch, lang)
        files = sorted(path for path in scratch.rglob("*") if path.is_file())
        sums = {
            path.relative_to(scratch).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        }
        about = {**record(c)["comparison"], "files": sums}
        about.pop("seconds", None)
        _text(scratch / "manifest.json", json.dumps(about, ensure_ascii=False, indent=1) + "\n")
        scratch.rename(target)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return target


def key_of(c: Comparison) -> str:
    """Identity of a comparison: the same key, the same figures."""
    parts = [c.region, c.engine, c.draws, c.seeds, c.years, bool(c.drivers), c.about.get("keys")]
    named = [(arm.key, str(arm.scenario)) for arm in c.arms]
    return hashlib.sha256(repr((parts, named)).encode()).hexdigest()[:12]


def _write(c: Comparison, folder: Path, lang: str) -> None:
    pictures = figures(c, lang)
    (folder / "figures").mkdir()
    for name, png in pictures.items():
        (folder / "figures" / f"{name}.png").write_bytes(png)
    _text(folder / "report.html", html(c, lang, pictures))
    word(c, lang, pictures).save(str(folder / "report.docx"))
    (folder / "csv").mkdir()
    for name, rows in tables(c).items():
        (folder / "csv" / f"{name}.csv").write_bytes(csv_bytes(rows))
    document = record(c)
    document["comparison"].pop("seconds", None)
    _text(folder / "comparison.json", json.dumps(document, ensure_ascii=False) + "\n")
    dataset(c).to_netcdf(folder / "comparison.nc", engine="h5netcdf")
    for arm in c.arms:
        stocks = c.paths[arm.key].stocks
        if stocks is not None:
            stocks.to_netcdf(folder / f"stocks-{arm.key}.nc", engine="h5netcdf")


def figures(c: Comparison, lang: str) -> dict[str, bytes]:
    """Every figure as PNG by name; those with nothing to show are left out."""
    found = {}
    for name, draw in all_figures(c, lang).items():
        picture = draw()
        if picture is not None:
            stream = io.BytesIO()
            picture.savefig(stream, format="png", metadata={"Software": None})
            found[name] = stream.getvalue()
    return found


def tables(c: Comparison) -> dict[str, list[dict[str, Any]]]:
    """Every table of numbers that has rows, by name; a row a dictionary."""
    document = record(c)
    indicators = [
        {"scenario": arm.key, "year": year, "indicator": name, "split": split, "part": part,
         **figure(c.figure(arm.key, year, name, split, part)), "unit": BY_ID[name].unit}
        for arm in c.arms for year in c.years for name, split, part in c.samples.keys
    ]  # fmt: skip
    changes = [
        {"scenario": arm, "year": int(year), "indicator": name, **values, "unit": BY_ID[name].unit}
        for arm, years in document["changes"].items()
        for year, entries in years.items() for name, values in entries.items()
    ]  # fmt: skip
    targets = [row for rows in document["targets"].values() for row in rows]
    found = {"indicators": indicators, "changes": changes, "targets": plain(targets)}
    found |= {name: plain(document[name]) for name in _TABLES}
    return {name: rows for name, rows in found.items() if rows}


def csv_bytes(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as CSV that spreadsheets open in the right encoding; no text in it is a formula."""
    stream = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(stream)  # with \r\n, or a lone \r in a text would end its row
    writer.writerow(names)
    for row in rows:
        writer.writerow([cell(row.get(name)) for name in names])
    return stream.getvalue().encode("utf-8-sig")


def cell(value: Any) -> Any:
    """A cell of a CSV: numbers as they are, text that a spreadsheet would take for a formula
    behind an apostrophe.

    >>> cell("=1+1"), cell(-1.5), cell(None), cell("县")
    ("'=1+1", -1.5, '', '县')
    """
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value


def dataset(c: Comparison) -> xr.Dataset:
    """Figures as an xarray Dataset: (scenario, year, range), by tier and by county too."""
    import xarray as xr

    variables: dict[str, Any] = {}
    axes = {"": ("", [""]), "by_tier": ("tier", list(TIER_KEYS)),
            "by_county": ("county", list(c.counties))}  # fmt: skip
    for name in dict.fromkeys(name for name, _, _ in c.samples.keys):
        for split, (dimension, parts) in axes.items():
            if not any((name, split, part) in c.samples.keys for part in parts):
                continue
            values = np.array([
                [[_ends(c, arm.key, year, name, split, part) for part in parts] for year in c.years]
                for arm in c.arms
            ], dtype=np.float64)  # fmt: skip
            dims = ("scenario", "year", *((dimension,) if split else ()), "range")
            shaped = values if split else values[:, :, 0]
            said = {"units": BY_ID[name].unit, "long_name": BY_ID[name].name,
                    "long_name_zh": BY_ID[name].name_zh}  # fmt: skip
            variables[f"{name}_{split}" if split else name] = (dims, shaped, said)
    coordinates = {"scenario": [arm.key for arm in c.arms], "year": list(c.years),
                   "range": ["value", "low", "high"], "tier": list(TIER_KEYS),
                   "county": list(c.counties)}  # fmt: skip
    about = {"Conventions": "CF-1.11", "title": f"Tiercare comparison: {c.name}",
             "engine": c.engine, "draws": c.draws, "seeds": c.seeds,
             "prices": "constant 2023 yuan"}  # fmt: skip
    return xr.Dataset(variables, coordinates, about)


def _ends(
    c: Comparison, arm: str, year: int, name: str, split: str, part: str
) -> list[float | None]:
    found = c.figure(arm, year, name, split, part)
    return [found.value, found.low, found.high]


def _text(path: Path, words: str) -> None:
    path.write_text(words, encoding="utf-8")
