"""The command line as a user meets it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys

import pytest

from sim.cli import console
from sim.cli.console import INTERRUPTED, OK, USAGE
from sim.cli.main import main
from sim.words import _TEXT, text
from tests.interrupts import ctrl_c_heard
from tests.waiting import SECONDS


def test_help_teaches_every_command(capsys):
    commands = ("run", "trace", "info", "verify", "indicators", "draws", "new-region")
    for command in ((), *((name,) for name in commands)):
        with pytest.raises(SystemExit) as stop:
            main([*command, "--help"])
        assert stop.value.code == OK
    shown = capsys.readouterr().out
    assert "python -m sim run taonan --year 2023" in shown
    assert "--seed" in shown


def test_run_prints_one_json_document_with_the_promised_keys(capsys):
    assert main(["run", "reference", "--seed", "5", "--json", "--quiet"]) == OK
    document = json.loads(capsys.readouterr().out)
    assert set(document["run"]) == {"region", "year", "engine", "seed", "key", "seconds"}
    assert document["run"]["seed"] == 5
    entry = document["indicators"]["bed_occupancy"]
    assert set(entry) == {"value", "unit", "by_tier", "by_county"}
    # National 2023: 6.77 visits a person, 21.4 admissions per 100, within seed noise and
    # what the anchoring allows.
    assert document["indicators"]["visits_per_person"]["value"] == pytest.approx(6.77, abs=0.2)
    assert document["indicators"]["admissions_per_100"]["value"] == pytest.approx(21.41, abs=0.7)
    share = document["indicators"]["primary_share_in_county"]["value"]
    assert share == pytest.approx(0.629, abs=0.02)


def test_the_table_exists_in_both_languages_and_progress_goes_to_standard_error(capsys):
    assert main(["run", "taonan", "--lang", "zh"]) == OK
    shown = capsys.readouterr()
    assert "病床使用率" in shown.out
    assert "县域内（不含市辖区）" in shown.out
    assert "正在读取地区数据包" in shown.err
    assert "剩余" not in shown.out


def test_wrong_words_are_refused_with_the_nearest_right_one(capsys):
    assert main(["run", "liaochen", "--quiet"]) == USAGE
    assert "liaocheng" in capsys.readouterr().err
    assert main(["run", "taonan", "--year", "1999", "--quiet"]) == USAGE
    assert "2020" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main(["run", "taonan", "--seed", "-1"])
    assert stop.value.code == USAGE


def test_verify_and_info_print_a_page(capsys):
    assert main(["verify", "taonan"]) == OK
    assert main(["info", "taonan"]) == OK
    shown = capsys.readouterr().out
    assert "visits per person" in shown
    assert "2,269 beds" in shown


def test_an_interrupted_run_leaves_no_half_file(tmp_path):
    with ctrl_c_heard():
        process = subprocess.Popen(
            [sys.executable, "-m", "sim", "run", "suining", "-o", str(tmp_path)],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=dict(os.environ),
        )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("day"):
            break
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(timeout=SECONDS) == INTERRUPTED
    assert "interrupted" in rest
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_is_raised_again_where_it_was_swallowed():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        console.hear()
        console.ask()  # nothing was heard
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            console.ask()
        console.hear()
        console.ask()
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_first_word_comes_before_anything_else():
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", "run", "taonan"],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    first = process.stderr.readline()
    process.kill()
    process.wait()
    assert first.strip() in (text("progress.start", "en"), text("progress.compile", "en"))


def test_every_text_exists_in_both_languages():
    for key, pair in _TEXT.items():
        assert len(pair) == 2
        assert bool(pair[0]) == bool(pair[1]), key  # a count has no word for its unit
