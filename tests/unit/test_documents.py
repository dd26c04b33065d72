"""Documents that say something about the source: examples run, citations and pages are current."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from sim import __version__
from sim.indicators import INDICATORS, page

ROOT = Path(__file__).resolve().parents[2]
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_example_of_the_interface_page_does_what_it_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # an example writes a result
    examples = "\n".join(re.findall(r"```pycon\n(.*?)```", API, flags=re.DOTALL))
    test = doctest.DocTestParser().get_doctest(examples, {}, "docs/api.md", "docs/api.md", 0)
    said: list[str] = []
    failed, tried = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert tried > 30
    assert failed == 0, "".join(said)


def test_every_heading_of_the_interface_page_exists_and_has_an_example():
    sections = re.split(r"^### ", API, flags=re.MULTILINE)[1:]
    assert len(sections) >= 10
    for section in sections:
        name = re.match(r"`([\w.]+)`", section)
        assert name, section[:40]
        module, _, attribute = name.group(1).rpartition(".")
        assert getattr(import_module(module), attribute).__doc__, name.group(1)
        assert "```pycon" in section, name.group(1)


def test_the_page_of_indicators_is_current_and_names_them_all():
    path = ROOT / "docs" / "indicators.md"
    assert path.read_text(encoding="utf-8") == page(), "run: python -m sim indicators --markdown"
    for i in INDICATORS:
        assert f"### {i.name} {i.name_zh}\n\n`{i.id}`" in page()


def test_the_citation_file_is_whole_and_of_this_version():
    citation = YAML(typ="safe", pure=True).load(ROOT / "CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= set(citation)  # required by 1.2.0
    assert citation["cff-version"] == "1.2.0"
    assert str(citation["version"]) == __version__
    assert citation["license"] == "MIT"
    assert citation["type"] == "software"
    for author in citation["authors"]:
        assert author.get("name") or author.get("family-names")


@pytest.mark.parametrize("name", ["odd.md", "api.md", "architecture.md", "indicators.md"])
def test_files_that_a_page_points_at_exist(name):
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", text):
        assert (ROOT / "docs" / target).exists(), target
    for target in re.findall(r"`(sim/[\w/.]+\.(?:py|csv|toml)|sim/[\w/]+/)`", text):
        assert (ROOT / target).exists(), target
