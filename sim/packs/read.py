"""A pack read from its folder, checked as a whole, and made into a Region."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from sim.errors import Fault, FaultList, InputError
from sim.packs.assemble import assemble, assemble_for_path, opening_year
from sim.packs.cells import NO_SUCH_FILE, printable, read_bytes, shown
from sim.packs.check import find_faults_between
from sim.packs.pack import Pack
from sim.packs.region_facts import REGIONS
from sim.packs.schema import (
    FIRST_YEAR,
    FIXED_TABLES,
    PACK_FILES,
    SETTINGS_FILE,
    TableSchema,
    facilities_schema,
)
from sim.packs.settings import parse_settings
from sim.packs.table import parse_table
from sim.region import Region, freeze

REGIONS_FOLDER = Path(__file__).resolve().parent.parent / "regions"
FARTHEST_HOURS = 48.0
LONGEST_HEADER = 10_000


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


@dataclass(frozen=True, slots=True)
class PathRegions:
    """A region's conditions over the years its pack knows; one list of facilities throughout.

    years   by year of the pack, the region as it was
    centre  the last of them as residents find it once its regional centre has opened, None where
            no centre is to open
    opens   year from which it may open
    """

    years: Mapping[int, Region]
    centre: Region | None
    opens: int | None

    def of(self, year: int) -> Region:
        """Conditions of a year; after the last known one they stay."""
        return self.years[min(max(year, min(self.years)), max(self.years))]


def load_path_regions(region: str | Path) -> PathRegions:
    """Regions of every year of a pack, for runs over many years.

    raises  InputError with every fault of the pack, or for an unknown region
    """
    pack, digest = read_pack(pack_folder(region))
    opens = opening_year(pack)
    # One set of ways throughout: who chooses among whom does not turn on a year's few beds.
    last = assemble_for_path(pack, max(pack.years), digest, max(pack.years))
    found = {
        year: replace(assemble_for_path(pack, year, digest, year), villages=last.villages)
        for year in pack.years
    }
    centre = None
    if opens is not None:
        centre = freeze(assemble_for_path(pack, max(pack.years), digest, opens))
    faults = _far_villages(pack, found[max(pack.years)])
    if faults:
        raise InputError(faults)
    return PathRegions({year: freeze(region) for year, region in found.items()}, centre, opens)


def pack_folder(region: str | Path) -> Path:
    """Folder of a pack, from its name or a path.

    A name of a shipped pack is that pack; a folder of the same name is meant by `./name`.

    raises  InputError, which says what is there instead
    """
    name = str(region)
    if name in REGIONS and not isinstance(region, Path):
        return REGIONS_FOLDER / name
    try:
        return _checked_folder(name, Path(region))
    except OSError as error:  # a folder that may not be listed, a name too long
        got = error.strerror or "an error"
        raise InputError([Fault(printable(name), 0, "", got, "the folder of a pack")]) from None


def _checked_folder(name: str, folder: Path) -> Path:
    """The folder itself where it holds a file of a pack."""
    want = "one of " + ", ".join(REGIONS) + " or the folder of a pack"
    if folder.is_dir():
        if any((folder / file).exists() for file in PACK_FILES):
            return folder
        inside = sorted(path.parent.name for path in folder.glob(f"*/{SETTINGS_FILE}"))
        hint = "`python -m sim new-region FOLDER` writes a pack to fill."
        if inside:
            hint = f"Did you mean {folder / inside[0]}?"
        got = f"a folder with no file of a pack, such as {SETTINGS_FILE}"
        raise InputError([Fault(printable(name), 0, "", got, want, hint)])
    if folder.exists():
        hint = "Name the folder of the pack, not a file in it."
        if (folder.parent / SETTINGS_FILE).exists():
            hint = f"Did you mean {folder.parent}?"
        raise InputError([Fault(printable(name), 0, "", "a file", "a folder", hint)])
    if folder.is_symlink():
        raise InputError([Fault(printable(name), 0, "", "a link that leads nowhere", want)])
    if {"/", "\\"} & set(name) or name.startswith("."):
        near = _similar_sibling(folder)
        hint = f"Did you mean {near}?" if near else ""
        raise InputError([Fault(printable(name), 0, "", "no such folder", want, hint)])
    found = get_close_matches(name.lower()[:60], REGIONS, n=1, cutoff=0.4)
    hint = f"Did you mean {found[0]}?" if found else ""
    raise InputError([Fault("region", 0, "", shown(name), want, hint)])


def _similar_sibling(folder: Path) -> Path | None:
    """A folder beside the one named whose name is like it."""
    if not folder.parent.is_dir():
        return None
    beside = {path.name: path for path in folder.parent.iterdir() if path.is_dir()}
    near = get_close_matches(folder.name[:60], beside, n=1)
    return beside[near[0]] if near else None


def read_pack(folder: Path) -> tuple[Pack, str]:
    """Parse and check every file of a pack.

    returns  the pack and the SHA-256 of its files' names and bytes
    raises   InputError with all faults found in all files
    """
    faults = FaultList()
    raw = {name: read_bytes(folder, name, faults) for name in sorted(PACK_FILES)}
    _hint_at_misnamed(folder, faults)
    settings_bytes = raw[SETTINGS_FILE]
    settings = {} if settings_bytes is None else parse_settings(settings_bytes, faults)
    years = sorted({int(v) for path, v in settings.items() if path.startswith("years[")})
    years = years or _years_of_header(raw["facilities.csv"])
    schemas: list[TableSchema] = [*FIXED_TABLES, facilities_schema(years)]
    tables = {}
    for schema in schemas:
        content = raw[schema.file]
        table = None if content is None else parse_table(content, schema, faults)
        if table is not None:
            tables[schema.file] = table
    pack = Pack(settings, tables, years)
    find_faults_between(pack, schemas, faults)
    if faults:
        raise InputError(faults.all())
    return pack, _digest(raw)


def _years_of_header(raw: bytes | None) -> list[int]:
    """Years whose beds facilities.csv gives, for when region.yaml cannot say its years."""
    header = (raw or b"").split(b"\n", 1)[0][:LONGEST_HEADER].decode("ascii", "ignore")
    found = re.findall(r"\bbeds_([0-9]{4})\b", header)
    return sorted({int(year) for year in found}) or [FIRST_YEAR]


def _hint_at_misnamed(folder: Path, faults: FaultList) -> None:
    """Name the file that may be the missing one under another name."""
    others = [path.name for path in folder.iterdir() if path.name not in PACK_FILES]
    for i, fault in enumerate(faults):
        near = get_close_matches(fault.file, others, n=1, cutoff=0.75)
        if fault.got == NO_SUCH_FILE and near:
            faults[i] = replace(fault, hint=f"Is it {shown(near[0])}? Rename it.")


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
