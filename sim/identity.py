"""Hashes of this package's source: of all of it, and of what is compiled."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

_PACKAGE = Path(__file__).parent
_IMPORT = re.compile(r"^\s*from (sim[.\w]*) import (\([^)]*\)|[^(\n]*)", re.MULTILINE)
_WHOLE = re.compile(r"^\s*import (sim[.\w]*)", re.MULTILINE)
_COMPILES = re.compile(r"^from sim\.jit import .*\b(?:kernel|inlined|njit|numba)\b", re.MULTILINE)


@lru_cache(maxsize=1)
def source_hash() -> str:
    """Hash of all Python source of the package, twelve hexadecimal digits; read once a process."""
    return _hash_of(_PACKAGE.rglob("*.py"))


def cache_home() -> Path:
    """Folder of what can be made again: compiled code, figures of paths."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "tiercare"


def compiled_hash() -> str:
    """Hash of the source that compiled code is made of."""
    return _hash_of(compiled_sources())


def compiled_sources() -> set[Path]:
    """Every module that imports a decorator of `sim.jit`, and every module of the package
    that one of those imports, however indirectly."""
    source = {path: path.read_text("utf-8") for path in _PACKAGE.rglob("*.py")}
    reached = {path for path, text in source.items() if _COMPILES.search(text)}
    todo = list(reached)
    while todo:
        for path in _imported(source[todo.pop()]):
            if path in source and path not in reached:
                reached.add(path)
                todo.append(path)
    return reached


def _imported(text: str) -> Iterable[Path]:
    """Files that a module's import lines may mean; some do not exist."""
    modules = [match.group(1) for match in _WHOLE.finditer(text)]
    for match in _IMPORT.finditer(text):
        modules.append(match.group(1))
        names = re.findall(r"\w+", match.group(2))
        modules += [f"{match.group(1)}.{name}" for name in names]
    # The package's own __init__ is the public door: it opens on anything and compiles nothing.
    for module in set(modules) - {_PACKAGE.name}:
        stem = _PACKAGE.parent.joinpath(*module.split("."))
        yield stem.with_suffix(".py")
        yield stem / "__init__.py"


def _hash_of(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path.relative_to(_PACKAGE)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
