"""Ctrl-C that is not lost: it is raised, remembered, and raised again where it was swallowed.

Code written in C may call Python and drop an exception it does not expect, a KeyboardInterrupt
among them; the run would then go on to its end. Commands therefore ask again as they go.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

_heard = False


def hear() -> None:
    """From now on remember Ctrl-C. Where it is ignored, as by `nohup`, it stays so."""
    global _heard  # noqa: PLW0603  (a signal belongs to the process)
    _heard = False
    is_main = threading.current_thread() is threading.main_thread()  # only there may one listen
    if is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _remember)


def _remember(number: int, frame: FrameType | None) -> None:
    global _heard  # noqa: PLW0603
    _heard = True
    raise KeyboardInterrupt


def ask() -> None:
    """Raise KeyboardInterrupt where it has been heard since `hear`."""
    if _heard:
        raise KeyboardInterrupt
