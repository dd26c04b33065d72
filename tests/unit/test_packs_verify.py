"""The report on a pack: it proves what it says and hides no assumption."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from sim.errors import InputError
from sim.packs import REGIONS, Report, verify
from sim.packs.read import pack_folder
from sim.packs.schema import PACK_FILES


@pytest.fixture(scope="module", params=REGIONS)
def report(request: pytest.FixtureRequest) -> Report:
    return verify(request.param)


def test_every_shipped_pack_holds(report: Report) -> None:
    assert report.holds, [check for check in report.checks if not check.holds]
    assert len(report.checks) >= 6
    assert report.oddities == ()


def test_no_assumption_is_left_out(report: Report) -> None:
    assert sum(a.values for a in report.assumptions) == report.assumed > 0
    assert sum(report.statuses.values()) > report.assumed
    assert {a.status for a in report.assumptions} <= {"assumed", "recalled"}
    assert all(a.description for a in report.assumptions)


def test_the_text_names_checks_assumptions_and_counties(report: Report) -> None:
    text = report.text()
    assert "FAIL" not in text
    assert report.pack_hash[:16] in text
    assert f"{report.assumed} assumed or recalled" in text
    for assumption in report.assumptions:
        assert assumption.description in text
    assert report.table in text
    assert "people" in report.table.splitlines()[0]


def _edit(folder: Path, name: str, row: int, column: str, value: str) -> None:
    path = folder / name
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows[row][rows[0].index(column)] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def test_people_who_differ_from_the_census_are_told(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(pack_folder("taonan"), tmp_path / "mine"))
    with (folder / "population.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    at = rows[0].index("age_0")
    _edit(folder, "population.csv", 1, "age_0", str(int(rows[1][at]) + 1))
    _edit(folder, "population.csv", 2, "age_0", str(int(rows[2][at]) - 1))
    report = verify(folder)
    assert not report.holds
    assert [c.statement for c in report.checks if not c.holds] == [
        "population equals the census tables"
    ]
    assert "FAIL population equals the census tables" in report.text()


def test_an_unusual_size_is_allowed_but_told(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(pack_folder("taonan"), tmp_path / "mine"))
    with (folder / "facilities.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by_key = {row["key"]: i + 1 for i, row in enumerate(rows)}
    general, centre = by_key["c-220881-general"], by_key["t-220881-t01"]
    beds = [int(rows[i - 1]["beds_2023"]) for i in (general, centre)]
    _edit(folder, "facilities.csv", general, "beds_2023", str(sum(beds) - 200))
    _edit(folder, "facilities.csv", centre, "beds_2023", "200")
    report = verify(folder)
    assert report.holds
    assert report.oddities == ("t-220881-t01: 200 beds, usually 5-150",)


def test_a_faulty_pack_is_refused_not_reported(tmp_path: Path) -> None:
    (tmp_path / "region.yaml").write_text("id: mine\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        verify(tmp_path)
    missing = {fault.file for fault in caught.value.faults if fault.got == "no such file"}
    assert missing == set(PACK_FILES) - {"region.yaml"}
