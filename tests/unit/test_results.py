"""A run's dataset and manifest: units, provenance, whole or not at all."""

from __future__ import annotations

import json

import pytest

from sim.errors import InputError
from sim.results import open_results, publish
from sim.run import ENGINES, simulate
from tests.worlds import small_region


@pytest.fixture(scope="module")
def run():
    return simulate(small_region(year=2023), seed=3)


def manifest(run):
    return {key: value for key, value in run.manifest.items() if key != "seconds"}


def test_every_variable_has_a_unit_and_a_name_in_both_languages(run):
    for name, variable in run.dataset.data_vars.items():
        assert variable.attrs["units"], name
        assert variable.attrs["long_name"], name
        assert variable.attrs["long_name_zh"] or name.startswith("contracts"), name
    assert run.dataset.attrs["run_key"] == run.manifest["key"]


def test_a_published_run_reads_back_as_it_was_and_equal_runs_have_equal_files(run, tmp_path):
    first = publish(run.dataset, manifest(run), tmp_path / "a")
    second = publish(run.dataset, manifest(run), tmp_path / "b")
    assert (first / "results.nc").read_bytes() == (second / "results.nc").read_bytes()
    assert (first / "manifest.json").read_bytes() == (second / "manifest.json").read_bytes()
    again = open_results(first)
    assert again.visits.equals(run.dataset.visits)
    assert again.visits.attrs == run.dataset.visits.attrs
    assert json.loads((first / "manifest.json").read_text("utf-8"))["checks"]["beds"] == 0


def test_a_damaged_or_unfinished_run_is_never_read(run, tmp_path):
    folder = publish(run.dataset, manifest(run), tmp_path)
    path = folder / "results.nc"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="checksum"):
        open_results(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(InputError, match="no manifest"):
        open_results(folder)


def test_a_write_that_fails_leaves_nothing_behind(run, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(run.dataset), "to_netcdf", full)
    with pytest.raises(OSError, match="No space"):
        publish(run.dataset, manifest(run), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_key_tells_runs_apart(run):
    region = small_region(year=2023)
    other_seed = simulate(region, seed=4)
    other_value = simulate(region, seed=3, overrides={"escalation:minor": 0.2})
    same = simulate(region, seed=3)
    assert same.manifest["key"] == run.manifest["key"]
    assert same.dataset.identical(run.dataset)
    keys = {x.manifest["key"] for x in (run, other_seed, other_value)}
    assert len(keys) == 3


def test_an_unknown_engine_or_parameter_is_refused_with_what_is_allowed():
    region = small_region(year=2023)
    with pytest.raises(InputError, match=ENGINES[0]):
        simulate(region, engine="magic")
    with pytest.raises(InputError, match="no_such_number"):
        simulate(region, overrides={"no_such_number": 1.0})
