"""A fixed set of threads that run compiled kernels on ranges; the ranges never decide a result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count as numbers
from types import TracebackType
from typing import Any


def split(n: int, parts: int) -> list[tuple[int, int]]:
    """n rows in `parts` ranges of nearly equal length.

    >>> split(5, 2)
    [(0, 2), (2, 5)]
    """
    return [(n * k // parts, n * (k + 1) // parts) for k in range(parts)]


_SHARES = 6  # ranges a worker where one may finish before another
# Rows for which another thread pays: waking one takes 60 microseconds, and what it reads is in the
# other core's cache.
LEAST, LEAST_OF_LIGHT = 8192, 16_384


class Workers:
    """Runs jobs on ranges; the calling thread is the first worker."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool = ThreadPoolExecutor(count - 1) if count > 1 else None

    def split(self, n: int) -> list[tuple[int, int]]:
        """n rows of light work in a range a worker, or fewer where there is little to do."""
        return split(n, max(1, min(self.count, n // LEAST_OF_LIGHT)))

    def shares(self, n: int) -> list[tuple[int, int]]:
        """n rows in ranges for `share`: several a worker, so that none waits long for another, but
        few where there is little to do."""
        most = 1 if self._pool is None else _SHARES * self.count
        return split(n, max(1, min(most, n // LEAST)))

    def share(
        self, job: Callable[[int, int, int], Any], ranges: Sequence[tuple[int, int]]
    ) -> list[Any]:
        """Call job(worker, first, last) for every range, each worker taking the next as soon as it
        is free; results in order of the ranges. Which worker took which must not matter."""
        if self._pool is None or len(ranges) == 1:
            return [job(0, first, last) for first, last in ranges]
        results: list[Any] = [None] * len(ranges)
        turn = numbers()

        def work(worker: int) -> None:
            while (at := next(turn)) < len(ranges):
                results[at] = job(worker, *ranges[at])

        others = [self._pool.submit(work, k) for k in range(1, self.count)]
        work(0)
        for other in others:
            other.result()
        return results

    def run(
        self, job: Callable[[int, int, int], Any], ranges: Sequence[tuple[int, int]]
    ) -> list[Any]:
        """Call job(index, first, last) for every range, at most one a worker; results in order of
        the ranges."""
        if self._pool is None or len(ranges) == 1:
            return [job(k, first, last) for k, (first, last) in enumerate(ranges)]
        others = [
            self._pool.submit(job, k, first, last)
            for k, (first, last) in enumerate(ranges)
            if k > 0
        ]
        return [job(0, *ranges[0]), *(other.result() for other in others)]

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
