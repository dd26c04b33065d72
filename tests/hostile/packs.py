"""The pack that is spoiled, and what reading it then gives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from unittest.mock import patch

from sim.errors import Fault, InputError
from sim.packs import load_region
from sim.packs.schema import PACK_FILES, SETTINGS_FILE
from sim.packs.settings import Settings, parse_settings
from sim.packs.template import EXAMPLE, SOURCE
from sim.region import Region

YEAR = 2023


@cache
def example() -> dict[str, bytes]:
    """Files of the invented county that `new-region` shows."""
    return {name: (SOURCE / EXAMPLE / name).read_bytes() for name in PACK_FILES}


def written(folder: Path, files: Mapping[str, bytes] | None = None) -> Path:
    """The example in a folder, some files replaced."""
    folder.mkdir(exist_ok=True)
    for name, content in {**example(), **(files or {})}.items():
        (folder / name).write_bytes(content)
    return folder


def _parse_settings(raw: bytes, faults: list[Fault]) -> Settings:
    """The settings; those of the example, four fifths of the reading, are parsed once."""
    if raw != example()[SETTINGS_FILE]:
        return parse_settings(raw, faults)
    return dict(_example_settings())


@cache
def _example_settings() -> Settings:
    faults: list[Fault] = []
    found = parse_settings(example()[SETTINGS_FILE], faults)
    assert faults == []
    return found


def outcome(folder: Path, changed: Mapping[str, bytes]) -> Region | InputError:
    """Load the pack in `folder` with some files replaced; the folder is restored."""
    try:
        for name, content in changed.items():
            (folder / name).write_bytes(content)
        with patch("sim.packs.read.parse_settings", _parse_settings):
            return load_region(folder, YEAR)
    except InputError as error:
        return error
    finally:
        for name in changed:
            (folder / name).write_bytes(example()[name])
