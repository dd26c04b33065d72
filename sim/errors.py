"""Faults in what a user gave us: what, where, what was got, what is allowed, what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault at one place of one file.

    file      name of the file as the user knows it
    row       line number in the file (the header is line 1), 0 when the file as a whole is meant
    field     column or key, "" when the row as a whole is meant
    got       the offending value as it stands in the file
    expected  what is allowed there, in words
    hint      what to do about it
    """

    file: str
    row: int
    field: str
    got: str
    expected: str
    hint: str = ""

    def __str__(self) -> str:
        where = self.file + (f" row {self.row}" if self.row else "")
        field = f", {self.field}" if self.field else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{where}{field}: got {self.got}; expected {self.expected}.{hint}"


class InputError(ValueError):
    """All faults found in an input; nothing is repaired silently and nothing is written.

    Example
    -------
    >>> str(InputError([Fault("counties.csv", 3, "code", "'37x'", "six digits")]))
    "1 fault in the input:\\n  counties.csv row 3, code: got '37x'; expected six digits."
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: Sequence[Fault] = tuple(faults)
        if not self.faults:
            raise ValueError("InputError needs at least one fault")
        noun = "fault" if len(self.faults) == 1 else "faults"
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"{len(self.faults)} {noun} in the input:\n{lines}")


class NotConverged(RuntimeError):
    """No fixed point of the mean-field was found; there is no answer to use."""


class FaultList(list[Fault]):
    """Faults while they are collected: at most `most` a file are listed, the others counted.

    A table of a hundred thousand wrong cells is found by its first thousand and a number.

    >>> faults = FaultList(most=1)
    >>> for row in (2, 3, 4):
    ...     faults.append(Fault("a.csv", row, "x", "?", "a number"))
    >>> [str(fault) for fault in faults.all()][-1]
    'a.csv: got 2 more faults; expected none. Mend the ones above first.'
    """

    def __init__(self, most: int = 1000) -> None:
        super().__init__()
        self._most = most
        self._found: Counter[str] = Counter()

    def append(self, fault: Fault) -> None:
        """Add a fault, or count it where its file has reported enough."""
        self._found[fault.file] += 1
        if self._found[fault.file] <= self._most:
            super().append(fault)

    def room(self, file: str) -> int:
        """How many more faults of a file would be listed."""
        return max(0, self._most - self._found[file])

    def count_more(self, file: str, faults: int) -> None:
        """Count faults that are not worth describing."""
        self._found[file] += faults

    def all(self) -> list[Fault]:
        """The faults listed, and for each file how many more there are."""
        more = [(file, count - self._most) for file, count in self._found.items()]
        return [*self] + [
            Fault(file, 0, "", f"{left} more faults", "none", "Mend the ones above first.")
            for file, left in more
            if left > 0
        ]
