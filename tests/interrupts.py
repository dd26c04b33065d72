"""Ctrl-C in a child process."""

from __future__ import annotations

import signal


def hear_ctrl_c() -> None:
    """To be run in a child before it starts: whoever runs the tests in the background (`&` of a
    shell, nohup) has Ctrl-C ignored, and a child inherits that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
