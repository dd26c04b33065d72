"""The child process of a job: reads one question, says of its progress, prints one result.

Lines of JSON on standard output: {"stage", "done", "total"}, then {"result"} or {"fault"}. It ends
with the process that started it, whose end of standard input it watches.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from typing import Any

from sim.errors import InputError
from ui.model.answer import ask
from ui.model.jobs import RANGES
from ui.model.question import from_json
from ui.model.ranges import draws_of, ranges_of

# Seconds between two lines of progress.
_PAUSE = 0.25


def main() -> int:
    """Answer the question on standard input. Returns the exit code."""
    message, sys.stdout = sys.stdout, sys.stderr  # whatever else prints must not mix in
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_server, daemon=True).start()

    def send(**line: Any) -> None:
        message.write(json.dumps(line) + "\n")
        message.flush()

    last = ("", 0.0)

    def progress(stage: str, done: int, total: int, visits: int) -> None:
        nonlocal last
        if stage != last[0] or time.monotonic() - last[1] > _PAUSE:
            last = (stage, time.monotonic())
            send(stage=stage, done=int(done), total=int(total))

    question = from_json(request["question"])
    try:
        if request["kind"] == RANGES:
            os.nice(10)  # nobody waits for ranges
            result = ranges_of(question, draws_of(question.region), progress).to_json()
        else:
            result = ask(question, progress=progress).to_json()
    except InputError as error:
        send(fault=str(error))
        return 1
    except Exception:
        traceback.print_exc()  # on the server's log; the page says that it failed
        return 1
    send(result=result)
    return 0


def _end_with_the_server() -> None:
    sys.stdin.read()
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main())
