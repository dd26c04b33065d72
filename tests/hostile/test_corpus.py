"""Every hand-made fault is reported at its place, in its words, and no other place is blamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import InputError
from sim.packs.schema import PACK_FILES
from sim.region import Region
from tests.hostile.corpus import CORPUS
from tests.hostile.edits import Case
from tests.hostile.packs import example, outcome, written


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("packs") / "mine")


def test_the_pack_itself_is_sound(folder: Path) -> None:
    assert isinstance(outcome(folder, {}), Region)


def test_the_corpus_is_large_and_covers_every_file() -> None:
    assert len(CORPUS) >= 150
    assert len({case.id for case in CORPUS}) == len(CORPUS)
    assert {file for case in CORPUS for file in case.edits} == set(PACK_FILES)


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.id)
def test_it_is_told_at_its_place_and_in_its_words(folder: Path, case: Case) -> None:
    changed = {file: edit(example()[file]) for file, edit in case.edits.items()}
    assert all(content != example()[file] for file, content in changed.items())
    result = outcome(folder, changed)
    assert isinstance(result, InputError), "the fault went unnoticed"
    told = sorted((f.file, f.row, f.field) for f in result.faults)
    assert told == sorted((e.file, e.row, e.field) for e in case.expected), str(result)
    for place in case.expected:
        here = [str(f) for f in result.faults
                if (f.file, f.row, f.field) == (place.file, place.row, place.field)]  # fmt: skip
        for words in place.says:
            assert any(words in line for line in here), (words, here)
