"""Fixtures of the engine tests; worlds are run once a session."""

from __future__ import annotations

import pytest

from sim.engines.compiled import workers
from tests.engine.running import WORLDS, Run, world


@pytest.fixture(scope="session", autouse=True)
def shared_among_workers() -> None:
    """The small worlds of these tests are divided among threads as large regions are."""
    workers.LEAST = workers.LEAST_OF_LIGHT = 1


@pytest.fixture(params=sorted(WORLDS), scope="session")
def any_world(request: pytest.FixtureRequest) -> Run:
    """A finished run of every named world in turn."""
    return world(request.param)
