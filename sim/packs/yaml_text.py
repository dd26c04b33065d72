"""The scalars of a YAML text with their paths and lines; nothing is guessed and nothing is run.

Read from the parser's events, not from a composed tree: no tag is obeyed, no alias followed, no
depth recursed into, and reading stops where a settings file would have ended long before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.reader import ReaderError

from sim.errors import Fault
from sim.packs.cells import named, printable, shown
from sim.packs.schema import SETTINGS_FILE

DEEPEST = 6
MOST_VALUES = 2_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# What YAML would read as nothing; a setting that is left out has to be reported.
_NOTHING = ("~", "null", "Null", "NULL")


@dataclass(slots=True)
class _Level:
    """One mapping or list being read: its path, the keys seen, the key that waits for a value."""

    path: str
    is_mapping: bool
    keys: set[str] = field(default_factory=set)
    key: str | None = None
    key_line: int = 0
    items: int = 0
    is_skipped: bool = False

    def next_path(self) -> str:
        """Path of the value that comes next."""
        if self.is_mapping:
            return f"{self.path}.{self.key}" if self.path else str(self.key)
        return f"{self.path}[{self.items - 1}]"


def scalars(
    content: str, faults: list[Fault], file: str = SETTINGS_FILE
) -> Iterator[tuple[str, int, str]]:
    """Path, line and text of every scalar of a settings file named `file`.

    Keys given twice, aliases, anchors, tags, a second document and deep nesting are faults.
    raises  ruamel's YAMLError for what is no YAML; `yaml_fault` puts it in words
    """
    levels: list[_Level] = []
    documents = values = 0
    for event in YAML(typ="safe", pure=True).parse(content):
        line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                faults.append(Fault(file, line, "", "a second document", "one document"))
                return
        elif isinstance(event, CollectionEndEvent):
            levels.pop()
        elif isinstance(event, NodeEvent):
            values += 1
            if values > MOST_VALUES or len(levels) > DEEPEST:
                got = "deep nesting" if len(levels) > DEEPEST else "too many values"
                faults.append(Fault(file, line, "", got, "a short file of settings"))
                return
            yield from _node(event, levels, line, faults, file)


def yaml_fault(error: YAMLError | ValueError, content: str, file: str) -> Fault:
    """What the parser cannot read, with its line where it is known."""
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        row, got = mark.line + 1 if mark else 0, printable(str(error.problem or error.context))
        return Fault(file, row, "", got, "valid YAML", "Check the indentation.")
    if isinstance(error, ReaderError):
        row, letter = content.count("\n", 0, error.position) + 1, f"U+{error.character:04X}"
        return Fault(file, row, "", letter, "text", "Remove the character.")
    return Fault(file, 0, "", type(error).__name__, "valid YAML")


def _node(
    event: Event, levels: list[_Level], line: int, faults: list[Fault], file: str
) -> Iterator[tuple[str, int, str]]:
    level = levels[-1] if levels else None
    if level and level.is_mapping and level.key is None:
        _take_key(event, level, levels, line, faults, file)
        return
    if level:
        level.items += 1
    path = level.next_path() if level else ""
    skipped = level is not None and (level.is_skipped or level.key == "")
    if level:
        level.key = None
    if not skipped:
        _tell_odd(event, path, line, faults, file)
    if isinstance(event, CollectionStartEvent):
        is_mapping = isinstance(event, MappingStartEvent)
        levels.append(_Level(path, is_mapping, is_skipped=skipped))
        if not is_mapping and not path:
            faults.append(Fault(file, line, "", "a list", "`name: value` lines"))
            levels[-1].is_skipped = True
    elif isinstance(event, ScalarEvent) and not skipped:
        if not path:
            faults.append(Fault(file, line, "", "one value", "`name: value` lines"))
        else:
            plain_nothing = event.value in _NOTHING and event.style is None
            # An empty value is placed by the parser where the next key begins.
            at = level.key_line if level and level.is_mapping and not event.value else line
            yield path, at, "" if plain_nothing else event.value


def _take_key(
    event: Event, level: _Level, levels: list[_Level], line: int, faults: list[Fault], file: str
) -> None:
    """Remember the key of the value to come, "" when its value is to be skipped."""
    if not isinstance(event, ScalarEvent):
        if not level.is_skipped:
            got = "an alias as a key" if isinstance(event, AliasEvent) else "a list as a key"
            faults.append(Fault(file, line, named(level.path), got, "a name"))
        level.key = ""
        if isinstance(event, CollectionStartEvent):
            is_mapping = isinstance(event, MappingStartEvent)
            levels.append(_Level("", is_mapping, is_skipped=True))
        return
    where = f"{level.path}.{event.value}" if level.path else event.value
    odd = False
    if not level.is_skipped:
        _tell_odd(event, where, line, faults, file)
        if not _NAME.fullmatch(event.value):
            got, want = f"the key {shown(event.value)}", "a name of letters, digits and underscore"
            faults.append(Fault(file, line, named(where) or "key", got, want))
            odd = True
        elif event.value in level.keys:
            faults.append(Fault(file, line, named(where), "the key twice", "one key"))
            odd = True
    level.keys.add(event.value)
    level.key_line = line
    level.key = "" if odd else event.value


def _tell_odd(event: Event, path: str, line: int, faults: list[Fault], file: str) -> None:
    """Report an alias, a tag or an anchor."""
    tag, anchor = getattr(event, "tag", None), getattr(event, "anchor", None)
    if isinstance(event, AliasEvent):
        got, want = f"the alias *{anchor}", "the value written out"
    elif tag:
        got, want = f"the tag {tag}", "the value without a tag"
    elif anchor:
        got, want = f"the anchor &{anchor}", "the value without an anchor"
    else:
        return
    faults.append(Fault(file, line, named(path), named(got), want, "Remove it."))
