"""The visit log equals the run's own tallies, cell by cell, and changes nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from sim.cli.console import INTERRUPTED, OK, USAGE
from sim.cli.main import main
from sim.engines.kernels import episode_word as L
from sim.engines.observe import Observer
from sim.errors import InputError
from sim.observers.visit_columns import STAYS, VISITS, data_dictionary
from sim.observers.visit_log import VisitLog, find_counties, parse_months
from sim.results import PLACE_KEYS
from sim.tiers import TIER_KEYS
from tests.engine.running import MORTALITY, WORLDS, Run, build, digest
from tests.interrupts import ctrl_c_heard
from tests.waiting import SECONDS
from tests.worlds import small_region

ROOT = Path(__file__).resolve().parents[2]
WORLDS_OF_LOG = ("tight and deadly", "delay city", "people moving away")


def run_of(name: str, observer: Observer | None, threads: int = 2) -> Run:
    from dataclasses import replace

    from sim.population.vital_rates import load_demography

    make, overrides = WORLDS[name]
    region = make()
    rates = load_demography(region.year)
    rates = replace(rates, mortality=rates.mortality * MORTALITY.get(name, 1.0))
    engine = build(region, overrides, threads=threads, demography=rates)
    if observer is not None:
        engine.observer = observer
    start = engine.n
    return Run(region, engine, engine.run(), start)


MANIFEST = {"region": "small", "year": 2023, "engine": "compiled", "seed": 1, "key": "k"}


def logged(
    folder: Path, name: str, counties: list[int], months: list[int], threads: int = 2
) -> tuple[Run, Path, Path]:
    with VisitLog(folder / "visits.parquet", counties, months) as log:
        run = run_of(name, log, threads)
        visits, stays = log.publish(MANIFEST)
    return run, visits, stays


@cache
def shared(folder: Path, name: str) -> tuple[Run, Any, Any]:
    run, visits, stays = logged(folder, name, [0, 1], list(range(1, 13)))
    return run, pq.read_table(visits), pq.read_table(stays)


@pytest.fixture(params=WORLDS_OF_LOG, scope="module")
def a_log(request, tmp_path_factory):
    return shared(tmp_path_factory.getbasetemp(), request.param)


def column(table: Any, name: str) -> np.ndarray:
    values = table[name]
    if str(values.type).startswith("dictionary"):
        return np.asarray(values.cast("string").to_pylist(), dtype=object)
    return values.to_numpy()


def cells(run: Run, table: Any, date: str, keep: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Totals of a table by month, county, tier and place; (12, counties, 6, 3)."""
    days = column(table, date)[keep]
    codes, counties = run.region.counties.code, column(table, "county")[keep]
    total = np.zeros((12, len(codes), 6, 3), dtype=np.int64)
    if len(days):
        at = (
            days.astype("datetime64[M]").astype(int) % 12,
            np.array([codes.index(code) for code in counties]),
            np.array([TIER_KEYS.index(tier) for tier in column(table, "tier")[keep]]),
            np.array([PLACE_KEYS.index(place) for place in column(table, "place")[keep]]),
        )
        np.add.at(total, at, weight[keep].astype(np.int64))
    return total


def totals(run: Run, visits: Any, stays: Any) -> np.ndarray:
    """The county tallies of a run, made from its log."""
    total = np.zeros_like(run.tallies.county)
    seen = column(visits, "fate") == "seen"
    one = np.ones(len(seen), dtype=np.int64)
    for name, keep, weight in (
        (L.C_VISITS, seen, one), (L.C_UNSEEN, ~seen, one),
        (L.C_CHARGE, seen, column(visits, "charge")), (L.C_FUND, seen, column(visits, "fund")),
        (L.C_OUT_OF_POCKET, seen, column(visits, "out_of_pocket")),
        (L.C_TRAVEL_SECONDS, seen, column(visits, "travel")),
        (L.C_WAIT_SECONDS, seen, column(visits, "wait")),
        (L.C_FIRST_CONTACTS, seen & (column(visits, "visit_number") == 1), one),
        (L.C_REFERRALS, seen, column(visits, "referral_written")),
    ):  # fmt: skip
        total[..., name] = cells(run, visits, "date", keep, weight)
    first = np.datetime64(f"{run.region.year}-01-01")
    this_year = column(stays, "admission_date") >= first
    discharged = np.isin(
        column(stays, "ending"), ["home", "home_unresolved", "transferred", "back_referred"]
    )
    one = np.ones(len(discharged), dtype=np.int64)
    for name, day, keep, weight in (
        (L.C_ADMISSIONS, "admission_date", this_year, one),
        (L.C_BED_WAIT_DAYS, "admission_date", this_year, column(stays, "bed_wait")),
        (L.C_DISCHARGES, "end_date", discharged, one),
        (L.C_STAY_CHARGE, "end_date", discharged, column(stays, "charge")),
        (L.C_STAY_FUND, "end_date", discharged, column(stays, "fund")),
        (L.C_STAY_OUT_OF_POCKET, "end_date", discharged, column(stays, "out_of_pocket")),
    ):
        total[..., name] = cells(run, stays, day, keep, weight)
    return total


def test_every_county_tally_of_a_run_is_the_sum_of_its_log(a_log):
    run, visits, stays = a_log
    np.testing.assert_array_equal(totals(run, visits, stays), run.tallies.county)
    assert visits.num_rows > 5_000
    assert stays.num_rows > 200


def test_the_log_tells_every_fate_and_ending_as_the_tallies_count_them(a_log):
    run, visits, stays = a_log
    t = run.tallies.facility
    asked, outcome = column(visits, "asked_for"), column(visits, "outcome")
    seen = column(visits, "fate") == "seen"
    assert set(outcome[~seen]) <= {"returns", "gave_up"}
    assert not set(outcome[seen]) & {"returns", "gave_up"}
    assert (asked == "referral").sum() >= t[:, L.F_REFERRED_IN].sum()  # some left unseen
    assert ((asked == "referral") & seen).sum() == t[:, L.F_REFERRED_IN].sum()
    ending = column(stays, "ending")
    end = column(stays, "end_date")
    assert np.array_equal(np.isnat(end), ending == "in_bed")
    assert (ending == "transferred").sum() <= t[:, L.F_TRANSFERS_OUT].sum()
    assert (ending == "back_referred").sum() == t[:, L.F_BACK_SENT].sum()
    left = np.isin(ending, ["died", "moved_away"])
    inside = ~np.isin(column(stays, "facility"), [
        key for key, delay in zip(
            run.region.facilities.key, run.region.facilities.is_delay, strict=True) if delay
    ])  # fmt: skip
    # Beds occupied when the run began belong to nobody, so nobody dies in them.
    assert (left & inside).sum() == t[:, L.F_LEFT_IN_BED].sum()
    resident = (np.asarray(run.engine.people.status[column(stays, "resident")]) & L.DEAD) > 0
    assert resident[ending == "died"].all()
    days = (end - column(stays, "admission_date"))[ending != "in_bed"].astype(int)
    assert np.array_equal(days, column(stays, "days")[ending != "in_bed"])


def test_the_tight_worlds_have_all_sorts_of_stays(tmp_path_factory):
    _, visits, stays = shared(tmp_path_factory.getbasetemp(), "tight and deadly")
    assert {"died", "transferred", "in_bed", "home"} <= set(column(stays, "ending"))
    assert {"emergency", "elective", "transfer", "sought"} <= set(column(stays, "kind"))
    assert set(column(visits, "asked_for")) == {"new", "escalation", "named", "referral"}


def test_logging_changes_no_byte_of_a_run_and_threads_change_no_byte_of_a_log(tmp_path):
    plain = digest(run_of("tight", None))
    files = []
    for threads in (1, 2):
        folder = tmp_path / str(threads)
        folder.mkdir()
        run, *paths = logged(folder, "tight", [0, 1], list(range(1, 13)), threads)
        assert digest(run) == plain
        files.append([path.read_bytes() for path in paths])
    assert files[0] == files[1]


def test_counties_and_months_of_a_log_are_a_part_of_the_whole(tmp_path):
    name = "tight and deadly"
    run, visits, stays = logged(tmp_path, name, [1], [2, 3, 12])
    table = pq.read_table(visits)
    found = totals(run, table, pq.read_table(stays))
    months = [1, 2, 11]
    np.testing.assert_array_equal(found[months, 1], run.tallies.county[months, 1])
    assert found[:, 0].sum() == 0
    assert found[[0, 3, 6], ..., L.C_VISITS].sum() == 0
    assert pc.count_distinct(table["county"].cast("string")).as_py() == 1
    # Only stays that began or ended in these months.
    stay = pq.read_table(stays)
    began = column(stay, "admission_date").astype("datetime64[M]").astype(int) % 12
    last = (column(stay, "end_date") - 1).astype("datetime64[M]").astype(int) % 12
    ended = column(stay, "end_date").astype("datetime64[M]").astype(int) % 12
    assert np.all(np.isin(began, months) | np.isin(ended, months) | np.isin(last, months))


def test_rows_are_written_in_groups_and_say_what_they_mean(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.observers.visit_parquet.ROW_GROUP", 500)
    _, visits, stays = logged(tmp_path, "delay city", [0, 1], [1, 2])
    for path, columns in ((visits, VISITS), (stays, STAYS)):
        file = pq.ParquetFile(path)
        schema = pq.read_schema(path)
        assert schema.names == [column.name for column in columns]
        for field, wanted in zip(schema, columns, strict=True):
            assert field.metadata[b"unit"].decode() == wanted.unit
            assert field.metadata[b"meaning_zh"].decode() == wanted.zh
        about = file.metadata.metadata
        assert about[b"run_key"] == b"k"
        assert about[b"months"] == b"1 2"
    groups = pq.ParquetFile(visits).metadata
    assert groups.num_row_groups > 3
    assert max(groups.row_group(i).num_rows for i in range(groups.num_row_groups)) < 1_000


def test_a_run_that_fails_leaves_no_file(tmp_path):
    class Broken(VisitLog):
        def discharged(self, today, stays, paid, posted):
            super().discharged(today, stays, paid, posted)
            if today.day == 3:
                raise RuntimeError("as it may happen")

    with (
        pytest.raises(RuntimeError, match="as it may"),
        Broken(tmp_path / "v.parquet", [0], [1]) as log,
    ):
        run_of("delay city", log)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_leaves_no_file(tmp_path):
    with ctrl_c_heard():
        process = subprocess.Popen(
            [sys.executable, "-m", "sim", "run", "taonan", "--log", str(tmp_path / "v.parquet")],
            stderr=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("day"):
            break
    assert len(list(tmp_path.iterdir())) == 2  # temporary ones
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(timeout=SECONDS) == INTERRUPTED
    assert "interrupted" in rest
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_the_log_of_the_run_it_prints(tmp_path, capsys):
    path = tmp_path / "v.parquet"
    line = ["run", "reference", "--log", str(path), "--months", "2", "--json"]
    assert main(line) == OK
    shown = capsys.readouterr()
    assert f"written to {path}" in shown.err
    metadata = pq.ParquetFile(path).metadata.metadata
    assert metadata[b"run_key"].decode() in shown.out
    table = pq.read_table(path)
    assert set(column(table, "date").astype("datetime64[M]").astype(str)) == {"2023-02"}


def test_wrong_words_are_refused_before_anything_is_run_or_written(tmp_path, capsys):
    path = tmp_path / "v.parquet"
    for line, says in (
        (["--log", str(path), "--county", "Taonn"], "Did you mean taonan?"),
        (["--log", str(path), "--county", "220882"], "220881 Taonan 洮南市"),
        (["--log", str(path), "--months", "0-3", "x"], "'x'"),
        (["--log", str(tmp_path / "v.csv")], "*.parquet"),
        (["--log", str(tmp_path / "none" / "v.parquet")], "No such file"),
        (["--county", "Taonan"], "--log"),
    ):
        assert main(["run", "taonan", "--quiet", *line]) == USAGE
        assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_counties_go_by_code_and_by_either_name():
    counties = small_region().counties
    for word in (counties.code[1], counties.name[1].upper(), counties.name_zh[1]):
        assert find_counties(counties, [word]) == [1]
    assert find_counties(counties, []) == [0, 1]
    with pytest.raises(InputError) as error:
        find_counties(counties, ["nowhere", "neverland"])
    assert len(error.value.faults) == 2
    assert parse_months(["3", "1-2", "12"]) == [1, 2, 3, 12]
    with pytest.raises(InputError):
        parse_months(["5-3"])


def test_the_page_on_the_columns_is_the_table_in_code():
    assert (ROOT / "docs" / "visit-log.md").read_text(encoding="utf-8") == data_dictionary()
