"""The one door to numba: `njit` with this project's options and a cache that is never stale.

Numba's own cache notices an edit of the file that holds a function, not of a file it imports from,
and would go on serving the old rule. The cache folder is therefore named by a hash of all source
under `sim/`: an edit anywhere starts a fresh folder. Import numba only through this module.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent


def source_hash() -> str:
    """Hash of all Python source of the package, twelve hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(str(path.relative_to(_PACKAGE)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def cache_folder() -> Path:
    """Folder of compiled code for the present source."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "tiercare" / "compiled" / source_hash()


os.environ["NUMBA_CACHE_DIR"] = str(cache_folder())

import numba  # noqa: E402  (the cache folder must be named first)


def njit(function: Any) -> Any:
    """Compile without the interpreter lock, cached on disk; no fast-math, so bits agree."""
    return numba.njit(nogil=True, cache=True, fastmath=False, error_model="numpy")(function)


def is_cached() -> bool:
    """True when compiled code for the present source is on disk already."""
    folder = cache_folder()
    return folder.is_dir() and any(folder.iterdir())
