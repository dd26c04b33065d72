"""A pack read from its folder, checked as a whole, and made into a Region."""

from __future__ import annotations

import hashlib
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from sim.errors import Fault, InputError
from sim.packs.assemble import assemble
from sim.packs.check import faults_between
from sim.packs.pack import Pack
from sim.packs.places import REGIONS
from sim.packs.schema import (
    FIXED_TABLES,
    PACK_FILES,
    SETTINGS_FILE,
    TableSchema,
    facilities_schema,
)
from sim.packs.settings import parse_settings
from sim.packs.text import parse_table, read_bytes
from sim.region import Region, freeze

REGIONS_FOLDER = Path(__file__).resolve().parent.parent / "regions"
FARTHEST_HOURS = 48.0
YEARS_WHEN_UNKNOWN = (2020, 2021, 2022, 2023)


def load_region(region: str | Path, year: int) -> Region:
    """Region of a pack in the conditions of one year, every array read-only.

    region  name of a pack in sim/regions, or the folder of one
    year    a year the pack has stocks for
    raises  InputError with every fault of the pack, or for an unknown region or year
    """
    pack, digest = read_pack(pack_folder(region))
    if year not in pack.years:
        want = "one of " + ", ".join(str(y) for y in pack.years)
        raise InputError([Fault(SETTINGS_FILE, 0, "years", str(year), want)])
    found = assemble(pack, year, digest)
    faults = _far_villages(pack, found)
    if faults:
        raise InputError(faults)
    return freeze(found)


def pack_folder(region: str | Path) -> Path:
    """Folder of a pack, from its name or a path; InputError suggests the nearest name."""
    name = str(region)
    if name in REGIONS:
        return REGIONS_FOLDER / name
    folder = Path(region)
    if (isinstance(region, Path) or "/" in name) and folder.is_dir():
        return folder
    near = get_close_matches(name.lower(), REGIONS, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]}?" if near else ""
    want = "one of " + ", ".join(REGIONS) + " or the folder of a pack"
    raise InputError([Fault("region", 0, "", repr(name), want, hint)])


def read_pack(folder: Path) -> tuple[Pack, str]:
    """Parse and check every file of a pack.

    returns  the pack and the SHA-256 of its files' names and bytes
    raises   InputError with all faults found in all files
    """
    faults: list[Fault] = []
    raw = {name: read_bytes(folder, name, faults) for name in sorted(PACK_FILES)}
    settings_bytes = raw[SETTINGS_FILE]
    settings = {} if settings_bytes is None else parse_settings(settings_bytes, faults)
    years = sorted({int(v) for path, v in settings.items() if path.startswith("years[")})
    schemas: list[TableSchema] = [*FIXED_TABLES, facilities_schema(years or YEARS_WHEN_UNKNOWN)]
    tables = {}
    for schema in schemas:
        content = raw[schema.file]
        table = None if content is None else parse_table(content, schema, faults)
        if table is not None:
            tables[schema.file] = table
    pack = Pack(settings, tables, years or list(YEARS_WHEN_UNKNOWN))
    faults += faults_between(pack, schemas)
    if faults:
        raise InputError(faults)
    return pack, _digest(raw)


def _far_villages(pack: Pack, region: Region) -> list[Fault]:
    """Villages two days or more from one of their alternatives: a unit must be wrong."""
    villages, lines = region.villages, pack.tables["villages.csv"].line
    faults = []
    for i, j in zip(*np.nonzero(villages.hours >= FARTHEST_HOURS), strict=True):
        key = region.facilities.key[villages.facility[i, j]]
        got, want = f"{villages.hours[i, j]:.0f} h to {key}", f"less than {FARTHEST_HOURS:g} h"
        hint = "Check the positions and travel.csv."
        faults.append(Fault("villages.csv", lines[i], "east_km", got, want, hint))
    return faults


def _digest(raw: dict[str, bytes | None]) -> str:
    """SHA-256 over names, lengths and bytes, so that moving bytes between files shows."""
    digest = hashlib.sha256()
    for name in sorted(raw):
        content = raw[name] or b""
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
