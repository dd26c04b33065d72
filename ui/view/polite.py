"""Errors as a reader can use them: what is wrong, or a number that finds it in the server's log."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from sim.errors import InputError
from ui.view.words import text

_LOG = logging.getLogger("tiercare.page")
_MOST_FAULTS = 5


@contextmanager
def polite(lang: str, phrase: str = "error.section") -> Iterator[None]:
    """Show what goes wrong inside in words, never a stack trace or a path; the page goes on."""
    try:
        yield
    except InputError as error:
        faults = "\n".join(f"- {plain(str(fault))}" for fault in error.faults[:_MOST_FAULTS])
        st.warning(f"{text('error.input', lang)}\n\n{faults}")
    except Exception:
        number = secrets.token_hex(3)
        _LOG.exception("page fault %s", number)
        st.error(text(phrase, lang).format(number=number))


def plain(words: str) -> str:
    """Words as they stand: what Markdown would take for markup is escaped.

    >>> plain("a_b")
    'a\\\\_b'
    """
    return "".join(f"\\{c}" if c in r"\`*_{}[]()<>#+-!|$~:" else c for c in words)
