"""How long a test waits for another process before it gives up: a guard against waiting for ever,
far beyond what the busiest machine needs, and never a timing."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 600.0
_PAUSE = 0.02
# For the source of a child process that waits until its test lets it go on, by making a file.
WAIT_FOR = f"""
def wait_for(file):
    import pathlib, time
    end = time.monotonic() + {SECONDS}
    while not pathlib.Path(file).exists() and time.monotonic() < end:
        time.sleep({_PAUSE})
"""
AT_ONCE, NEVER = "/", "/there is no such file"


def until(holds: Callable[[], object]) -> None:
    """Return as soon as something holds."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(_PAUSE)
