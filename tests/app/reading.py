"""What a page under test says."""

from __future__ import annotations

import re


def words(at):
    """Everything the page says, as one text."""
    kinds = ("html", "markdown", "caption", "info", "warning", "error", "subheader")
    said = []
    for kind in kinds:
        for element in at.get(kind):
            said.append(str(getattr(element, "value", "") or getattr(element.proto, "body", "")))
    return "\n".join(said)


def shows(at, phrase):
    return phrase in words(at)


def cards(at):
    """The cards of the headline, as HTML."""
    return re.findall(r'<div class="tc-card".*?</details></div>', words(at), flags=re.DOTALL)


def sliders(at):
    return [slider.label for slider in at.slider]
