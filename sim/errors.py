"""Faults in what a user gave us: what, where, what was got, what is allowed, what to do."""

from __future__ import annotations

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
