"""The same key gives the same bytes, and one more resident changes nobody else's draws."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim import day as timetable
from sim.engines.compiled.driver import CompiledEngine
from sim.engines.kernels import episode_word as L
from sim.engines.kernels.month import first_state
from sim.population import Residents
from sim.population.vital_rates import load_demography
from sim.region import Region
from tests.engine.running import (
    TIGHT,
    WORLDS,
    build,
    by_class,
    digest,
    residents_of,
    run_world,
    tight_region,
    with_facilities,
    world,
)
from tests.worlds import small_region

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", ["default", "tight", "tight with a regional centre inside"])
def test_the_bytes_do_not_depend_on_the_number_of_threads(name: str, threads: int) -> None:
    make, overrides = WORLDS[name]
    assert digest(run_world(make(), overrides, threads=threads)) == digest(world(name))


def test_two_runs_in_one_process_give_the_same_bytes() -> None:
    first = run_world(tight_region(), TIGHT, seed=4)
    second = run_world(tight_region(), TIGHT, seed=4)
    assert digest(first) == digest(second)


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_another_process_with_another_hash_seed_gives_the_same_bytes(hash_seed: str) -> None:
    code = "from tests.engine.running import digest, world; print(digest(world('tight')))"
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert out.stdout.strip() == digest(world("tight"))


def test_another_seed_gives_another_year() -> None:
    seeds = [0, 1, 2, 2**32, 2**62]
    digests = {digest(run_world(small_region(residents=500), seed=seed)) for seed in seeds}
    assert len(digests) == len(seeds)


# ------------------------------------------------------------------- one more resident


def one_more(residents: Residents, region: Region, *, age: int = 40, sex: int = 0) -> Residents:
    """The same residents and one more at the end, in the last village, healthy."""
    start = residents.village_start.copy()
    start[-1] += 1
    columns = {
        "village": len(region.villages.township) - 1, "age": age, "sex": sex, "income": 2,
        "insurance": 1, "chronic": 0, "key_group": 0, "contract": 0, "identity": 60_000_000,
    }  # fmt: skip
    assert columns["identity"] not in residents.identity
    longer = {
        name: np.append(
            getattr(residents, name), np.array(value).astype(getattr(residents, name).dtype)
        )
        for name, value in columns.items()
    }
    return Residents(village_start=start, **longer)


def pair(
    region: Region, overrides: dict[str, float], **who: int
) -> tuple[CompiledEngine, CompiledEngine]:
    """Engines of the same world without and with one more resident."""
    without = build(region, overrides)
    residents, ledger = residents_of(region, without.p, 1)
    return without, build(region, overrides, people=(one_more(residents, region, **who), ledger))


def onsets(engine: CompiledEngine) -> list[np.ndarray]:
    """Every episode of the warm-up and the year by block: resident, onset, episode word,
    difficulty bits."""
    result = []
    for first, days, month in timetable.blocks(engine.year):
        engine._draw_month(first, days, month)
        total = int(engine.day_start[-1])
        assert total > 0
        result.append(engine.month_events[:total].copy())
    return result


def test_one_more_resident_changes_nobody_elses_onsets_difficulty_or_tastes() -> None:
    """A congested world: needs and tastes depend on the resident's own key alone."""
    before, after = pair(tight_region(), TIGHT)
    n = before.n
    assert after.n == n + 1
    newcomer_falls_ill = 0
    for engine in (before, after):
        first_state(engine.p, engine.people, engine.seed, 0, engine.n)
    for old, new in zip(onsets(before), onsets(after), strict=True):
        of_others = new[:, 0] < n
        np.testing.assert_array_equal(old, new[of_others])
        newcomer_falls_ill += int((~of_others).sum())
    assert newcomer_falls_ill > 0
    assert before.people[:n].tobytes() == after.people[:n].tobytes()


QUIET = {
    "word_of_mouth": 0.0, "wait_knowledge": 1.0, "bed_elasticity": 0.0,
    **by_class("wait_weight", 0.0),
}  # fmt: skip


def histories(before: CompiledEngine, after: CompiledEngine) -> tuple[np.ndarray, np.ndarray]:
    """Last states of everybody but the newcomer, newborns included, in the same order."""
    n = before.n
    first, second = before.run(), after.run()
    old = np.asarray(before.people[: before.n])
    new = np.asarray(after.people[: after.n])
    assert second.county[..., L.C_VISITS].sum() > first.county[..., L.C_VISITS].sum()
    assert after.n == before.n + 1
    return old, np.concatenate([new[:n], new[n + 1 :]])


def test_one_more_resident_changes_no_history_where_capacity_is_ample() -> None:
    """Ample capacity, what is published without weight, word of mouth off: habits, opinions,
    money, contracts, births and deaths of all others are the same bytes at the end."""
    region = small_region(residents=1_500, year=2023, ample=True)
    old, new = histories(*pair(region, QUIET, age=70))
    assert old.tobytes() == new.tobytes()


def test_one_more_resident_changes_no_history_where_published_waits_are_fixed() -> None:
    """Every facility a delay facility: waits and beds are fixed, and weigh on choices."""
    region = small_region(residents=1_500, year=2023)
    region = with_facilities(region, is_delay=np.ones(len(region.facilities.key), dtype=np.bool_))
    old, new = histories(*pair(region, {"word_of_mouth": 0.0}, age=70))
    assert old.tobytes() == new.tobytes()


def test_one_more_resident_who_is_never_ill_changes_no_byte_even_where_queues_are_long() -> None:
    """Children have no need here, the newcomer is a child, and there is no word of mouth."""
    overrides = {
        **TIGHT, "word_of_mouth": 0.0,
        **{f"need_rate:{key}/0_14": 0.0 for key in ("minor", "chronic", "complex", "critical")},
    }  # fmt: skip
    before, after = pair(tight_region(), overrides, age=5)
    n = before.n
    first, second = before.run(), after.run()
    for name in ("county", "group", "episode", "facility", "histogram"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)
    old = np.asarray(before.people[: before.n])
    new = np.asarray(after.people[: after.n])
    assert old.tobytes() == np.concatenate([new[:n], new[n + 1 :]]).tobytes()


# ------------------------------------------------------------------------- identities


def test_no_two_residents_share_an_identity_however_many_children_are_born() -> None:
    """An identity is the key of a resident's random draws. At half a birth a woman-year a woman
    would often bear twice a year if nothing forbade it."""
    region = small_region(residents=2_000, year=2023)
    rates = load_demography(2023)
    many = replace(rates, fertility=np.where(rates.fertility > 0, 0.5, 0.0))
    run = run_world(region, demography=many)
    identity = run.engine.people.identity[: run.engine.n]
    assert run.tallies.people[:, 0].sum() > 200
    assert len(np.unique(identity)) == len(identity)
