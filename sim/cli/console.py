"""What commands share: whole numbers in a range, lines of progress, a Ctrl-C that is not lost.

Ctrl-C is raised, remembered, and raised again where it was swallowed: code written in C may call
Python and drop an exception it does not expect, and the run would go on to its end.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130  # exit codes
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


class ProgressLines:
    """Lines on standard error; on a terminal a line may be written over by the next."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.live = sys.stderr.isatty()

    def say(self, line: str, end: str = "\n") -> None:
        """Write a line, unless all shall be quiet."""
        if not self.quiet:
            sys.stderr.write(("\r\x1b[2K" if self.live else "") + line + end)
            sys.stderr.flush()

    def end(self) -> None:
        """Clear a line that was to be written over."""
        ask()
        if self.live:
            self.say("", end="")


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number of a range, as an option's type.

    >>> whole(1, 9)("7")
    7
    """

    def whole_number(value: str) -> int:
        if not low <= int(value) <= high:
            raise argparse.ArgumentTypeError(f"a whole number from {low} to {high}")
        return int(value)

    return whole_number
