"""Folders that are no pack, files that are no tables, and sizes beyond all measure."""

from __future__ import annotations

import os
import shutil
import time
import tracemalloc
from pathlib import Path

import pytest

import sim.packs.cells as text_module
from sim.cli.info import page
from sim.errors import Fault, InputError
from sim.packs import load_region, verify
from sim.packs.schema import PACK_FILES
from sim.region import Region
from tests.hostile.packs import YEAR, example, outcome, written


def refused(region: str | Path) -> list[Fault]:
    with pytest.raises(InputError) as caught:
        load_region(region, YEAR)
    return list(caught.value.faults)


def only(region: str | Path) -> Fault:
    found = refused(region)
    assert len(found) == 1, found
    return found[0]


# ------------------------------------------------------------------------------- which folder


def test_a_pack_is_read_from_any_way_to_name_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "mycounty")
    monkeypatch.chdir(tmp_path)
    hashes = {
        load_region(way, YEAR).pack_hash
        for way in ("mycounty", "./mycounty", "mycounty/", str(folder), folder, Path("mycounty"))
    }
    assert len(hashes) == 1
    (tmp_path / "link").symlink_to(folder)
    assert load_region("link", YEAR).pack_hash in hashes
    assert verify("mycounty").holds
    assert "Example County" in page("mycounty", YEAR, "en")


def test_a_shipped_name_means_the_shipped_pack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "taonan")
    monkeypatch.chdir(tmp_path)
    assert load_region("taonan", YEAR).key == "taonan"
    assert load_region("./taonan", YEAR).key == "example"
    assert load_region(Path("taonan"), YEAR).key == "example"


def test_the_bytes_of_a_pack_do_not_depend_on_what_else_lies_in_the_folder(tmp_path: Path) -> None:
    folder = written(tmp_path / "mine")
    before = load_region(folder, YEAR).pack_hash
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    (folder / "old").mkdir()
    assert load_region(folder, YEAR).pack_hash == before


def test_a_path_that_does_not_exist_suggests_one_that_does(tmp_path: Path) -> None:
    written(tmp_path / "mycounty")
    fault = only(tmp_path / "mycuonty")
    assert fault.got == "no such folder"
    assert fault.hint == f"Did you mean {tmp_path / 'mycounty'}?"
    assert only(tmp_path / "nowhere" / "at" / "all").got == "no such folder"
    assert only("../" * 3 + "no/such/pack").got == "no such folder"


def test_a_file_where_a_folder_is_meant(tmp_path: Path) -> None:
    folder = written(tmp_path / "mine")
    fault = only(folder / "counties.csv")
    assert (fault.got, fault.expected) == ("a file", "a folder")
    assert fault.hint == f"Did you mean {folder}?"
    lone = tmp_path / "pack.zip"
    lone.write_bytes(b"PK")
    assert "not a file in it" in only(lone).hint


def test_a_folder_that_is_no_pack(tmp_path: Path) -> None:
    fault = only(tmp_path)
    assert fault.got == "a folder with no file of a pack, such as region.yaml"
    assert "python -m sim new-region" in fault.hint
    written(tmp_path / "inside")
    assert only(tmp_path).hint == f"Did you mean {tmp_path / 'inside'}?"


@pytest.mark.parametrize("name", PACK_FILES)
def test_a_missing_file_is_named_alone_and_the_misnamed_one_suggested(
    tmp_path: Path, name: str
) -> None:
    folder = written(tmp_path / "mine")
    (folder / name).rename(folder / f"{name} (1)")
    (fault,) = [fault for fault in refused(folder) if fault.file == name]
    assert (fault.row, fault.got) == (0, "no such file")
    assert fault.hint == f"Is it '{name} (1)'? Rename it."


def test_all_missing_files_are_told_at_once(tmp_path: Path) -> None:
    folder = written(tmp_path / "mine")
    for name in PACK_FILES[1:]:
        (folder / name).unlink()
    assert [fault.file for fault in refused(folder) if fault.got == "no such file"] == sorted(
        PACK_FILES[1:]
    )


@pytest.mark.parametrize("name", ["", ".", "..", "\0", "a\nb", "x" * 5000, "~", "con", "\\\\host"])
def test_strange_names_are_refused_in_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        load_region(name, YEAR)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert lines[1].isprintable()


def test_a_year_the_pack_does_not_have(tmp_path: Path) -> None:
    folder = written(tmp_path / "mine")
    for year in (2019, 2022, 2024, 0, -1):
        with pytest.raises(InputError, match="expected one of 2023"):
            load_region(folder, year)


# ------------------------------------------------------------------------------- strange files


def test_a_link_in_a_circle_and_a_link_to_nothing(tmp_path: Path) -> None:
    folder = written(tmp_path / "mine")
    for name, target in (("prices.csv", "prices.csv"), ("travel.csv", "nothing.csv")):
        (folder / name).unlink()
        (folder / name).symlink_to(folder / target)
    told = {fault.file: fault.got for fault in refused(folder)}
    assert told["travel.csv"] == "no such file"
    assert "symbolic links" in told["prices.csv"]
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert only(loop).got == "a link that leads nowhere"


def test_a_pipe_and_a_device_are_not_waited_for(tmp_path: Path) -> None:
    folder = written(tmp_path / "mine")
    for name in ("prices.csv", "travel.csv", "region.yaml"):
        (folder / name).unlink()
    os.mkfifo(folder / "prices.csv")
    (folder / "travel.csv").symlink_to("/dev/zero")
    (folder / "region.yaml").mkdir()
    told = {fault.file: fault.got for fault in refused(folder)}
    for name in ("prices.csv", "travel.csv", "region.yaml"):
        assert told[name] == "a folder or device"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    folder = written(tmp_path / "mine")
    (folder / "prices.csv").chmod(0)
    assert {fault.got for fault in refused(folder)} == {"Permission denied"}


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    folder = written(tmp_path / "mine")
    for name in ("villages.csv", "region.yaml"):
        with (folder / name).open("r+b") as file:
            file.truncate(10**12)  # a hole on disk
    told = {fault.file: fault.got for fault in refused(folder)}
    assert told["villages.csv"] == f"a file of more than {text_module.LARGEST_TABLE:,} bytes"
    assert told["region.yaml"] == f"a file of more than {text_module.LARGEST_SETTINGS:,} bytes"


BOMBS = {
    "rows of nothing": ("villages.csv", lambda c: c + b"\n" * 600_000),
    "rows of commas": ("villages.csv", lambda c: c + b",,,,,,,,,,\n" * 100_000),
    "columns": ("travel.csv", lambda c: b"," * 3_000_000),
    "one cell": ("sources.csv", lambda c: c + b"a" * 3_000_000),
    "one quoted cell": ("sources.csv", lambda c: c + b'"' + b"\n" * 3_000_000),
    "brackets": ("region.yaml", lambda c: b"[" * 49_000),
    "braces": ("region.yaml", lambda c: b"{a: " * 12_000),
    "a flow of values": ("region.yaml", lambda c: b"id: [" + b"1," * 20_000 + b"]"),
    "dashes": ("region.yaml", lambda c: b"- " * 24_000),
    "keys": ("region.yaml", lambda c: c + b"".join(b"k%d: 1\n" % i for i in range(4_000))),
    "laughs": ("region.yaml", lambda c: b"a: &a [x,x]\n" + b"".join(
        b"k%d: &k%d [*a,*a]\n" % (i, i) for i in range(1_500))),
    "a long scalar": ("region.yaml", lambda c: b"id: " + b"x" * 48_000),
    "one long line": ("region.yaml", lambda c: b"id: " + b"x: " * 15_000),
    "quotes": ("region.yaml", lambda c: b"'" * 49_000),
    "comments": ("region.yaml", lambda c: b"#\n" * 24_000),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_without_long_work(tmp_path: Path, bomb: str) -> None:
    folder = written(tmp_path / "mine")
    name, make = BOMBS[bomb]
    begun = time.process_time()
    result = outcome(folder, {name: make(example()[name])})
    assert time.process_time() - begun < 60  # an order of magnitude of work, not a timing
    assert isinstance(result, InputError)
    assert {fault.file for fault in result.faults} == {name}
    assert len(str(result)) < 300_000


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_takes_some_hundred_megabytes_at_most(tmp_path: Path, bomb: str) -> None:
    folder = written(tmp_path / "mine")
    name, make = BOMBS[bomb]
    content = make(example()[name])
    tracemalloc.start()
    try:
        assert isinstance(outcome(folder, {name: content}), InputError)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 400e6


def test_more_faults_than_anyone_reads_are_counted(tmp_path: Path) -> None:
    folder = written(tmp_path / "mine")
    row = example()["villages.csv"].splitlines()[1].replace(b",rural,", b",x,")
    many = b"".join(b"k%d" % i + row[row.index(b",") :] + b"\n" for i in range(3_000))
    found = outcome(folder, {"villages.csv": example()["villages.csv"].replace(
        b",urban,", b",x,") + many.replace(b",urban,", b",x,")})  # fmt: skip
    assert isinstance(found, InputError)
    assert len(found.faults) == 1001
    assert found.faults[-1].got == "2002 more faults"


def test_a_sound_pack_of_a_large_prefecture_reads_within_limits(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(Path(text_module.__file__).parents[1] / "regions" / "chifeng",
                                  tmp_path / "big"))  # fmt: skip
    assert isinstance(load_region(folder, YEAR), Region)
    assert max((folder / name).stat().st_size for name in PACK_FILES) < (
        text_module.LARGEST_TABLE / 20
    )
