"""`new-region` and the way from its template to a run; docs/new-region.md is run as it stands."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import sim
from sim.cli.console import INTERRUPTED, OK, USAGE
from sim.cli.main import main
from sim.errors import InputError
from sim.packs import load_region, verify
from sim.packs.columns import guide, guides
from sim.packs.filling import filling, gaps, spans, unfilled
from sim.packs.schema import FIXED_TABLES, PACK_FILES, SETTINGS_FILE, facilities_schema
from sim.packs.settings import SETTINGS
from sim.packs.template import EXAMPLE, PAGE, SOURCE, new_region, page

ROOT = Path(__file__).resolve().parents[2]
DOC = ROOT / "docs" / "new-region.md"
COLUMNS = [
    *((SETTINGS_FILE, path) for path in SETTINGS),
    *((schema.file, column.name) for schema in (*FIXED_TABLES, facilities_schema([2023]))
      for column in schema.columns),
]  # fmt: skip


def template_faults(folder: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        load_region(folder, 2023)
    return caught.value


# ------------------------------------------------------------------------------- the template


def test_the_template_is_a_whole_pack_whose_only_faults_are_cells_to_fill(tmp_path: Path) -> None:
    folder = new_region(tmp_path / "mine")
    assert {path.name for path in folder.iterdir()} == {*PACK_FILES, PAGE, EXAMPLE}
    error = template_faults(folder)
    assert unfilled(error.faults) == list(error.faults)
    placed = {(fault.file, fault.row, fault.field) for fault in error.faults}
    texts = [(folder / name).read_text(encoding="utf-8") for name in PACK_FILES]
    cells = sum(re.sub(r"(?m)^ *#.*", "", text).count("FILL") for text in texts)
    assert len(placed) == len(error.faults) == cells
    for fault in error.faults:
        assert "Still to be filled. Where: " in fault.hint, fault


def test_the_example_is_sound_small_and_plainly_invented(tmp_path: Path) -> None:
    folder = new_region(tmp_path / "mine") / EXAMPLE
    report = verify(folder)
    assert report.holds
    assert report.oddities == ()
    region = load_region(folder, 2023)
    assert region.counties.census.sum() == 6000
    names = (*region.counties.name, *region.townships.name, *region.facilities.name)
    assert all(n.startswith(("Example", "City", "Regional", "Hospitals outside")) for n in names)
    assert report.statuses.get("published", 0) == 0


def test_the_template_is_the_example_with_figures_left_out() -> None:
    for name in PACK_FILES:
        if name in (SETTINGS_FILE, "sources.csv"):
            continue
        blank = list(csv.reader((SOURCE / name).open(encoding="utf-8", newline="")))
        full = list(csv.reader((SOURCE / EXAMPLE / name).open(encoding="utf-8", newline="")))
        assert len(blank) == len(full)
        for left, right in zip(blank, full, strict=True):
            for cell, value in zip(left, right, strict=True):
                assert cell in ("FILL", value, value.removeprefix("000002-")), (name, cell)


def test_a_template_completed_cell_by_cell_verifies_and_loads(tmp_path: Path) -> None:
    folder = new_region(tmp_path / "mine")
    left = len(template_faults(folder).faults)
    for name in PACK_FILES:
        shutil.copyfile(folder / EXAMPLE / name, folder / name)
        if name != PACK_FILES[-1]:
            try:
                load_region(folder, 2023)
            except InputError as error:
                now = len(unfilled(error.faults))
                assert now <= left
                left = now
    assert verify(folder).holds
    assert load_region(folder, 2023).pack_hash == load_region(folder / EXAMPLE, 2023).pack_hash


def test_every_column_says_what_it_is_and_where_to_find_it() -> None:
    for file, column in COLUMNS:
        found = guide(file, column)
        assert found is not None, (file, column)
        assert found.meaning_zh and found.where and found.where_zh
    used = {id(guide(file, column)) for file, column in COLUMNS}
    assert all(id(found) in used for found in guides().values())
    text = page()
    for file in PACK_FILES:
        assert f"## {file}" in text
    for file, column in COLUMNS:
        stated = re.search(r"(^|[_.])(status|source)$", column) and column != "name_status"
        if not stated and not column.startswith("age_"):
            assert f"| {column} | " in text, (file, column)


# ------------------------------------------------------------------------------- writing it


def test_a_folder_with_files_and_a_file_are_refused_untouched(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "notes.txt").write_text("mine", encoding="utf-8")
    for target, got in ((taken, "a folder with files in it"), (taken / "notes.txt", "a file"),
                        (tmp_path / "no" / "such", "no folder to put it in")):  # fmt: skip
        with pytest.raises(InputError) as caught:
            new_region(target)
        assert [fault.got for fault in caught.value.faults] == [got]
    assert (taken / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
    assert [path.name for path in taken.iterdir()] == ["notes.txt"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert (new_region(tmp_path / "empty") / PAGE).exists()


@pytest.mark.parametrize("at", [*range(1, 2 * len(PACK_FILES) + 1, 5), 2 * len(PACK_FILES)])
def test_an_interruption_at_any_file_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, capsys: pytest.CaptureFixture[str]
) -> None:
    copy, done = shutil.copyfile, []

    def interrupted(source: Path, target: Path) -> None:
        done.append(target)
        if len(done) == at:
            raise KeyboardInterrupt
        copy(source, target)

    monkeypatch.setattr(shutil, "copyfile", interrupted)
    assert main(["new-region", str(tmp_path / "mine")]) == INTERRUPTED
    assert "nothing was written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(shutil, "copyfile", full)
    assert main(["new-region", str(tmp_path / "mine")]) == USAGE
    assert "No space left on device" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------- the guide


def test_the_guide_gathers_rows_and_ages_and_keeps_other_faults_apart(tmp_path: Path) -> None:
    folder = new_region(tmp_path / "mine")
    error = template_faults(folder)
    people = [fault for fault in error.faults if fault.file == "population.csv"]
    found = gaps("population.csv", people)
    assert [gap.columns[0] for gap in found] == ["code", "age_0", "status", "source"]
    assert (len(found[1].columns), found[1].rows) == (19, (2, 3))
    text = (folder / "prices.csv").read_text(encoding="utf-8")
    (folder / "prices.csv").write_text(text.replace("9500", "95"), encoding="utf-8")
    english, chinese = (filling(template_faults(folder), lang) for lang in ("en", "zh"))
    assert "1 other faults" in english
    assert "prices.csv row 4, outpatient_fen: got '95'" in english
    assert len(english.splitlines()) < 130
    assert "8 个文件中还有 252 个单元格待填写" in chinese
    assert "2020年第七次人口普查分县资料" in chinese
    assert "六位行政区划代码" in chinese


def test_spans() -> None:
    assert spans([2]) == "2"
    assert spans([2, 3, 5, 7, 8, 9]) == "2-3, 5, 7-9"


def test_the_public_door_loads_a_folder_and_runs_it() -> None:
    assert sim.load_region(SOURCE / EXAMPLE, 2023).key == "example"
    assert sim.simulate(SOURCE / EXAMPLE, 2023).manifest["region"] == "example"
    with pytest.raises(AttributeError):
        _ = sim.no_such_name  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------- the page


def steps() -> list[tuple[str, list[str]]]:
    """Commands of the page, each with the lines it must print."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", DOC.read_text(encoding="utf-8"), re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def test_every_command_of_the_page_prints_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    codes, keys = [], []
    for command, lines in steps():
        if command.startswith("python -m sim "):
            codes.append(main(command.split()[3:]))
            shown = capsys.readouterr()
            output = shown.out + shown.err
            keys += re.findall(r"\(run ([0-9a-f]{16})\)", output)
        else:
            done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
            assert done.returncode == OK, done.stderr
            output = done.stdout
        printed = output.splitlines()
        for line in lines:
            assert any(shown_line.strip().startswith(line.strip()) for shown_line in printed), (
                command,
                line,
            )
    assert codes == [OK, USAGE, USAGE, USAGE, USAGE, OK, OK, OK, OK, OK]
    assert len(set(keys)) == 2, "the changed cell gives a run of its own"
