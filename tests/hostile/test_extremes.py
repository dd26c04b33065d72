"""Packs at the edge of what is allowed are accepted, and whatever is accepted runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.packs import verify
from sim.run import simulate
from sim.tiers import AGE_BAND_KEYS
from tests.hostile.edits import Edit, both, cell, cells, column, drop, text
from tests.hostile.packs import YEAR, example, written

C, P, F, K, V = "counties.csv", "population.csv", "facilities.csv", "stocks.csv", "villages.csv"


def people(band: str) -> Edit:
    """All 6,000 residents of one age."""
    ages = {f"age_{name}": "3000" if name == band else "0" for name in AGE_BAND_KEYS}
    return cells({(row, age): value for age, value in ages.items() for row in (2, 3)})


EXTREMES: dict[str, dict[str, Edit]] = {
    "no beds": {F: cells({(r, "beds_2023"): "0" for r in (8, 9, 10)}), K: cell(2, "value", "0")},
    "no doctors": {F: cells({(r, "doctors_2023"): "0" for r in range(2, 11)}),
                   K: cells({(4, "value"): "0", (5, "value"): "0"})},
    "no county hospital": {F: drop(10), K: cells({(2, "value"): "13", (5, "value"): "14"})},
    "no city hospital": {F: drop(11)},
    "most of the hospital is for others": {F: cell(10, "withdrawn", "0.95")},
    "one village holds nearly all": {V: cells({(4, "weight"): "10000", (5, "weight"): "0.0001"})},
    "everything insured": {"insurance.csv": both(
        column("outpatient_rate_bp", lambda _: "10000"),
        column("inpatient_rate_bp", lambda _: "10000"),
        column("inpatient_deductible_fen", lambda _: "0"))},
    "nothing insured": {"insurance.csv": both(
        column("outpatient_rate_bp", lambda _: "0"), column("inpatient_rate_bp", lambda _: "0"))},
    "all contracted": {"region.yaml": both(
        text("others: 0.3", "others: 1"), text("key_groups: 0.65", "key_groups: 1"))},
    "none contracted": {"region.yaml": both(
        text("others: 0.3", "others: 0"), text("key_groups: 0.65", "key_groups: 0"))},
    "only infants": {P: people("0")},
    "only the oldest": {P: people("85plus")},
    "all urban": {C: cells({(2, "census_urban"): "6000", (2, "census_rural"): "0"}),
                  "region.yaml": text("urban: 2400", "urban: 6000")},
    "all rural": {C: cells({(2, "census_urban"): "0", (2, "census_rural"): "6000"}),
                  "region.yaml": text("urban: 2400", "urban: 0")},
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", EXTREMES)
def test_what_is_accepted_runs(tmp_path: Path, name: str) -> None:
    changed = {file: edit(example()[file]) for file, edit in EXTREMES[name].items()}
    folder = written(tmp_path / "mine", changed)
    assert verify(folder).text()
    run = simulate(folder, YEAR)
    assert set(run.manifest["checks"].values()) == {0}
    assert int(run.dataset.visits.sum()) > 0
