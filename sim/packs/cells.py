"""Strict reading of text: what a cell may look like, and the fault when it does not."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from sim.errors import Fault
from sim.packs.columns import where_to_find
from sim.packs.schema import CODE, SETTINGS_FILE, Column

# A cell of a new pack that its author has still to fill.
PLACEHOLDER = "FILL"

# ASCII digits only: int() and float() would also take 1_000, full-width digits, nan and inf.
# A leading zero or a minus before nothing is a slip or a code, not a count.
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,12})?")
_MINUS_NOTHING = re.compile(r"-0(?:\.0*)?")
_KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,63}")
# First two digits of a division code: the provinces, and 00 for a synthetic county.
_PROVINCES = "00 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82"  # noqa: E501
_CODE = re.compile(f"(?:{'|'.join(_PROVINCES.split())})[0-9]{{4}}")
NO_SUCH_FILE = "no such file"
LONGEST_TEXT = 600
LONGEST_SHOWN = 60
LARGEST_TABLE = 20_000_000
LARGEST_SETTINGS = 50_000
_WORDS = {
    "integer": "a whole number",
    "number": "a decimal number",
    "key": "a key of letters, digits, dot, dash and underscore",
    "text": f"text on one line of at most {LONGEST_TEXT} characters",
    CODE: "a six-digit division code",
}

Value = str | int | float | bool


def expected(column: Column) -> str:
    """What a column allows, in words, for the message of a fault."""
    if column.kind == "choice":
        return "one of " + ", ".join(column.choices)
    if column.kind == "boolean":
        return "yes or no"
    words = _WORDS[column.kind]
    if column.low is not None and column.high is not None:
        words += f" from {plain_number(column.low)} to {plain_number(column.high)}"
    return f"{words} ({column.unit})" if column.unit else words


def plain_number(value: float) -> str:
    """A limit without an exponent.

    >>> plain_number(2e6)
    '2000000'
    """
    return str(int(value)) if value == int(value) else f"{value:g}"


def shown(text: str) -> str:
    """An offending value as it stands, quoted, unprintable characters escaped, cut to a line."""
    return repr(text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "...")


def named(name: str) -> str:
    """A column or key as the field of a fault: as it stands where that is printable and short."""
    return name if name.isprintable() and len(name) <= LONGEST_SHOWN else shown(name)


def printable(text: str) -> str:
    """A text with its unprintable characters escaped."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def parse_cell(text: str, column: Column) -> Value | None:
    """Value of one cell, or None when the text is not what the column declares."""
    kind = column.kind
    if text == PLACEHOLDER:
        return None
    if kind == "integer":
        return _in_range(int(text), column) if _INTEGER.fullmatch(text) else None
    if kind == "number":
        sound = _NUMBER.fullmatch(text) and not _MINUS_NOTHING.fullmatch(text)
        return _in_range(float(text), column) if sound else None
    if kind == "choice":
        return text if text in column.choices else None
    if kind == "boolean":
        return {"yes": True, "no": False}.get(text)
    if kind == "key":
        return text if _KEY.fullmatch(text) else None
    if kind == CODE:
        return text if _CODE.fullmatch(text) else None
    plain = text and text == text.strip() and len(text) <= LONGEST_TEXT
    return text if plain and text.isprintable() else None


def _in_range(value: float, column: Column) -> float | None:
    if column.low is not None and value < column.low:
        return None
    if column.high is not None and value > column.high:
        return None
    return value


def hint_for(text: str, column: Column) -> str:
    """What to do about a faulty cell; the usual mistakes are named."""
    if text == "":
        return "The cell is empty; every cell must be filled."
    if text != text.strip():
        return "Remove the spaces around it."
    if column.kind in ("integer", "number"):
        return _number_hint(text, column)
    if column.kind == CODE:
        return "A spreadsheet may have dropped zeros; format the column as text."
    if column.kind in ("choice", "boolean"):
        words = column.choices or ("yes", "no")
        return f"Did you mean {text.lower()}?" if text.lower() in words else ""
    if column.kind == "text" and not text.isprintable():
        return "Remove line breaks and invisible characters."
    return ""


def _number_hint(text: str, column: Column) -> str:
    if "," in text or "\uff0c" in text:
        return "Remove the thousands separator."
    if "%" in text:
        return "Write a share as a fraction, 0.35 and not 35%."
    if not text.isascii():
        return "Use the plain digits 0-9."
    if re.fullmatch(r"-?0[0-9]+(\.[0-9]+)?", text):
        return "Remove the leading zeros."
    if _NUMBER.fullmatch(text):
        if column.unit in ("share", "probability") and 1 < float(text) <= 100:
            return "Write a share as a fraction, 0.35 and not 35."
        if column.kind == "integer" and "." in text:
            return "Write a whole number."
        return f"Check the unit of {column.name}." if column.unit else "Check the value."
    return "Write the number with the digits 0-9 and at most one point."


def cell_fault(file: str, line: int, text: str, column: Column, field: str = "") -> Fault:
    """The fault of one cell whose text is not what its column declares.

    field  name of the place where it is not the column's own
    """
    field = field or column.name
    if text == PLACEHOLDER:
        hint = f"Still to be filled. {where_to_find(file, field)}".rstrip()
    else:
        hint = hint_for(text, column)
    return Fault(file, line, field, shown(text), expected(column), hint)


def read_bytes(folder: Path, name: str, faults: list[Fault]) -> bytes | None:
    """Bytes of one file of the pack; a fault and None when it cannot be read.

    Only regular files of a bounded size are opened: a pipe would wait for ever and a device never
    end.
    """
    path = folder / name
    most = LARGEST_SETTINGS if name == SETTINGS_FILE else LARGEST_TABLE
    large = Fault(name, 0, "", f"a file of more than {most:,} bytes", "a table of a region")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            faults.append(Fault(name, 0, "", "a folder or device", "a file"))
            return None
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError:
        faults.append(Fault(name, 0, "", NO_SUCH_FILE, f"the file in {folder}"))
    except OSError as error:
        faults.append(Fault(name, 0, "", error.strerror or "an error", "a readable file"))
    else:
        if len(content) <= most:
            return content
        faults.append(large)
    return None


def decode(name: str, raw: bytes, faults: list[Fault]) -> str | None:
    """Text of a file in UTF-8, with or without a byte-order mark; other encodings are named."""
    hint = "Save the file as UTF-8 (in a spreadsheet: CSV UTF-8)."
    for mark, what in (
        (b"PK\x03\x04", "a spreadsheet or zip file"), (b"\xd0\xcf\x11\xe0", "an old spreadsheet"),
        (b"\xff\xfe", "UTF-16 text"), (b"\xfe\xff", "UTF-16 text"),
    ):  # fmt: skip
        if raw.startswith(mark):
            faults.append(Fault(name, 1, "", what, "UTF-8 text", hint))
            return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        got = "GB18030 (GBK) text" if _is_gb18030(raw) else "bytes that are not UTF-8"
        faults.append(Fault(name, row, "", got, "UTF-8 text", hint))
        return None


def _is_gb18030(raw: bytes) -> bool:
    """Whether the bytes read as Chinese in the encoding that spreadsheets in China write."""
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        return False
    strange = [letter for letter in text if not letter.isascii()]
    common = sum("\u4e00" <= letter <= "\u9fff" for letter in strange)
    return common > len(strange) / 2
