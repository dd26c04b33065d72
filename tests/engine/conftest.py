"""Fixtures of the engine tests; worlds are run once a session."""

from __future__ import annotations

import pytest

from tests.engine.running import WORLDS, Run, world


@pytest.fixture(params=sorted(WORLDS), scope="session")
def any_world(request: pytest.FixtureRequest) -> Run:
    """A finished run of every named world in turn."""
    return world(request.param)
