"""The twins find planted faults: every named one, and nine in ten random changes of the rules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.twins.faults import FAULTS, MUTANTS

ROOT = Path(__file__).parents[2]


def table(what: str) -> dict:
    """Run the faults in the interpreted form; prints their table."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.twins.faults", what], cwd=ROOT, capture_output=True,
        text=True, check=False,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    print(done.stdout)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_there_are_faults_of_every_kind():
    kinds = Counter(fault.group for fault in FAULTS)
    assert set(kinds) == {"order", "beds", "waits", "keys", "referral", "money"}
    assert min(kinds.values()) >= 5
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 30


@pytest.mark.slow
def test_every_planted_fault_is_found():
    outcome = table("planted")
    assert outcome["left"] == []
    assert outcome["faults"] == len(FAULTS)


@pytest.mark.slow
def test_nine_in_ten_random_changes_of_the_rules_are_found():
    outcome = table("mutants")
    assert outcome["faults"] == MUTANTS == 100
    assert len(outcome["left"]) <= 10, outcome["left"]
