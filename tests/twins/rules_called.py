"""Which functions of the rules and the day each agent engine calls, in a busy small world.

Run with NUMBA_DISABLE_JIT=1: prints {"compiled": [...], "reference": [...]}, module.function.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import sim
from tests.twins.making import World, by_class, by_tier, months, records
from tests.worlds import small_region

FOLLOWED = Path(sim.__file__).parent


def busy_world(persons: int = 90) -> World:
    """Few people with every kind of trouble: tests, referrals, transfers, step-downs, queues."""
    region = small_region(
        n_counties=2, residents=persons, townships_per_county=1, villages_per_township=2,
        year=2023, contract_coverage=(0.4, 0.6),
        beds={"county_general_0": 1, "township_0": 1},
        doctors={"village_0": 0.02, "township_0": 0.05},
    )  # fmt: skip
    overrides = {
        **by_class("need_scale", [3.0, 4.0, 12.0, 12.0]),
        **by_tier("admission_scale", [0.0, 5.0, 5.0, 5.0, 5.0, 5.0]),
        **by_tier("test_share", [0.3] * 6),
        **by_tier("back_referral_offer", [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]),
        "back_referral_acceptance": 1.0, "formal_referral": 0.7,
    }  # fmt: skip
    return World(region, overrides, seed=5, mortality=20.0, fertility=4.0, blocks=months(1, 6))


def called(which: str, more: dict[str, float] | None = None) -> list[str]:
    """Names of the functions that one engine calls while it runs, set-up of people left out."""
    names: set[str] = set()

    def look(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            path = Path(frame.f_code.co_filename)
            if path.parent == FOLLOWED / "rules" or path == FOLLOWED / "day.py":
                names.add(f"{path.stem}.{frame.f_code.co_name}")

    sys.setprofile(look)
    try:
        world = busy_world()
        records(replace(world, overrides={**world.overrides, **(more or {})}), which)
    finally:
        sys.setprofile(None)
    return sorted(names)


if __name__ == "__main__":
    full = by_tier("initial_occupancy", [1.0] * 6)
    print(json.dumps({which: called(which, full) for which in ("compiled", "reference")}))
