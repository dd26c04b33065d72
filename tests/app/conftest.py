"""The page with a path that costs nothing, and no child process left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app import stand_in
from tests.waiting import SECONDS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(monkeypatch):
    """The stand-in in place of the path, for this test only; no draws, nothing remembered."""
    from ui.model import answer, memory

    stand_in.one_year()  # compiled before anything is waited for
    monkeypatch.setattr(answer, "simulate_path", stand_in.simulate_path)
    monkeypatch.setattr(memory, "has_draws", lambda region: False)
    memory.forget()
    yield stand_in
    memory.forget()


@pytest.fixture
def app(path):
    """A function that opens the page, by a link."""

    def opened(**link):
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
        for name, value in link.items():
            at.query_params[name] = value
        return at.run()

    return opened
