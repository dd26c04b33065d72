"""Long work in child processes: one at a time, found again by its content, cancelled on request.

The server owns the children, not a browser tab: a page that is loaded again finds its job. A child
ends when it is done, when it is cancelled, when its time is up, or when the server is gone: it
reads the server's pipe and stops at its end.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ui.model.question import Question

FULL_RUN, RANGES = "full", "ranges"
WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
_PROJECT = Path(__file__).resolve().parents[2]
_WORKER = (sys.executable, "-m", "ui.model.worker")


@dataclass(slots=True)
class Job:
    """One piece of work. The queue changes it; a page only reads it.

    state    waiting, running, done, failed or cancelled
    stage    what the child says it does; done of total in the stage
    result   the child's answer as text, "" until it is done
    fault    what to say where it failed: faults of the input, or "" for a fault in the program
    """

    kind: str
    question: Question
    state: str = WAITING
    stage: str = ""
    done: int = 0
    total: int = 0
    began: float = 0.0
    ended: float = 0.0
    result: str = ""
    fault: str = ""
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in (WAITING, RUNNING)

    @property
    def seconds(self) -> float:
        """Seconds since it began, or that it took."""
        return (self.ended or time.monotonic()) - self.began if self.began else 0.0


class JobQueue:
    """Runs jobs in child processes, `workers` at a time, in the order they were asked for.

    longest_seconds  a child that takes longer is stopped and reported as failed
    most_waiting     more than so many waiting jobs are refused (submit returns None)
    most_kept        finished jobs remembered, the oldest forgotten first
    command          what a child runs
    """

    def __init__(
        self, workers: int = 1, longest_seconds: float = 3600.0, most_waiting: int = 8,
        most_kept: int = 64, command: Sequence[str] = _WORKER,
    ) -> None:  # fmt: skip
        self._workers, self._longest = workers, longest_seconds
        self._most_waiting, self._most_kept = most_waiting, most_kept
        self._command = command
        self._jobs: OrderedDict[tuple[str, str], Job] = OrderedDict()
        self._lock = threading.RLock()
        atexit.register(self.close)

    def find(self, kind: str, question: Question) -> Job | None:
        """The job of a question, None where nobody asked."""
        with self._lock:
            return self._jobs.get((kind, question.key))

    def submit(self, kind: str, question: Question) -> Job | None:
        """Ask for a job; the one that waits, runs or is done already is given back."""
        key = (kind, question.key)
        with self._lock:
            known = self._jobs.get(key)
            if known is not None and known.state not in (FAILED, CANCELLED):
                return known
            if sum(job.state == WAITING for job in self._jobs.values()) >= self._most_waiting:
                return None
            job = Job(kind, question)
            self._jobs.pop(key, None)
            self._jobs[key] = job
            self._forget()
            self._start_next()
            return job

    @property
    def is_busy(self) -> bool:
        """Whether anything waits or runs."""
        with self._lock:
            return any(job.is_open for job in self._jobs.values())

    def last_seconds(self, region: str) -> float:
        """Seconds of the last job of a region that was done, 0 where none was."""
        with self._lock:
            done = [job.seconds for job in self._jobs.values()
                    if job.state == DONE and job.question.region == region]  # fmt: skip
            return done[-1] if done else 0.0

    def place(self, job: Job) -> int:
        """How many jobs come before a waiting one."""
        with self._lock:
            open_jobs = [each for each in self._jobs.values() if each.is_open]
            return open_jobs.index(job) if job in open_jobs else 0

    def cancel(self, job: Job) -> None:
        """Stop a job; its child is gone when this returns."""
        with self._lock:
            if not job.is_open:
                return
            job.state = CANCELLED
            job.ended = time.monotonic()
        _stop(job.process)
        with self._lock:
            self._start_next()

    def close(self) -> None:
        """Stop every child."""
        with self._lock:
            jobs = [job for job in self._jobs.values() if job.is_open]
            for job in jobs:
                job.state = CANCELLED
        for job in jobs:
            _stop(job.process)

    def _forget(self) -> None:
        finished = [key for key, job in self._jobs.items() if not job.is_open]
        for key in finished[: max(0, len(self._jobs) - self._most_kept)]:
            del self._jobs[key]

    def _start_next(self) -> None:
        running = sum(job.state == RUNNING for job in self._jobs.values())
        for job in self._jobs.values():
            if running >= self._workers:
                return
            if job.state == WAITING:
                self._start(job)
                running += 1

    def _start(self, job: Job) -> None:
        job.state, job.began = RUNNING, time.monotonic()
        paths = [str(_PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
        job.process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, encoding="utf-8", env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )  # fmt: skip
        threading.Thread(target=self._follow, args=(job, job.process), daemon=True).start()

    def _follow(self, job: Job, process: subprocess.Popen[str]) -> None:
        """Pass the question on, then read what the child says until it is gone."""
        clock = threading.Timer(self._longest, _stop, [process])
        clock.daemon = True
        clock.start()
        try:
            _pipe(process.stdin).write(
                json.dumps({"kind": job.kind, "question": job.question.to_json()}) + "\n"
            )
            _pipe(process.stdin).flush()
            for line in _pipe(process.stdout):
                self._take(job, json.loads(line))
        except (OSError, ValueError):
            pass  # the child is gone or reported nonsense: failed, below
        finally:
            clock.cancel()
            _stop(process)
            with self._lock:
                if job.state == RUNNING:
                    job.state = DONE if job.result else FAILED
                    job.ended = time.monotonic()
                self._start_next()

    def _take(self, job: Job, message: dict[str, Any]) -> None:
        with self._lock:
            if "result" in message:
                job.result = message["result"]
            elif "fault" in message:
                job.fault = message["fault"]
            else:
                job.stage, job.done, job.total = message["stage"], message["done"], message["total"]


def _pipe(stream: IO[str] | None) -> IO[str]:
    """A pipe that was asked for."""
    if stream is None:
        raise OSError("no pipe to the child")
    return stream


def _stop(process: subprocess.Popen[str] | None) -> None:
    """End a child and wait for it: politely, then not."""
    if process is None:
        return
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=3.0)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
