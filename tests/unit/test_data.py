"""What is shown as known is known: every name, figure and status of packs and page has a source."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import pytest

from sim.cli import info
from sim.cli.info import LOCAL, NAMES, NATIONAL, OBSERVED, SENSITIVITIES, page, read
from sim.packs import REGIONS
from sim.packs.named_institutions import (
    CATALOGUE,
    KINDS,
    LEVELS,
    PLANS,
    SIMULATED,
    STAGES,
    institutions,
    named_in,
)
from sim.packs.observed import census, observations
from sim.packs.pack import Pack
from sim.packs.read import pack_folder, read_pack
from sim.parameters import read_rows, rows_of_status

REAL = tuple(region for region in REGIONS if region != "reference")
UPPER = ("county", "city", "regional")


@cache
def pack_of(region: str) -> Pack:
    return read_pack(pack_folder(region))[0]


def named_facilities(region: str) -> Iterator[tuple[str, str, str]]:
    """Key, Chinese name and status of facilities above the township, private ones left out."""
    columns = ("key", "name_zh", "name_status", "tier", "kind")
    for _, (key, name, status, tier, kind) in pack_of(region).rows("facilities.csv", *columns):
        if tier in UPPER and kind != "private_hospital":
            yield str(key), str(name), str(status)


def descriptions(region: str) -> dict[str, str]:
    rows = pack_of(region).rows("sources.csv", "id", "type", "description")
    return {str(key): str(words) for _, (key, kind, words) in rows if kind == "publication"}


@cache
def catalogue() -> dict[str, dict[str, str]]:
    with CATALOGUE.open(encoding="utf-8", newline="") as stream:
        return {row["id"]: row for row in csv.DictReader(stream)}


@pytest.mark.parametrize("region", REGIONS)
def test_no_anchor_or_target_of_a_pack_is_recalled_or_assumed(region: str) -> None:
    for file in ("anchors.csv", "targets.csv"):
        for line, (status, source) in pack_of(region).rows(file, "status", "source"):
            assert status in OBSERVED, f"{file}:{line}"
            assert source in descriptions(region), f"{file}:{line} rests on a rule"


@pytest.mark.parametrize("region", REGIONS)
def test_every_anchor_of_a_pack_is_an_observation_with_its_source(region: str) -> None:
    known = {(o.indicator, o.tier, o.year, o.value, o.status, o.source) for o in observations()}
    words = descriptions(region)
    rows = list(pack_of(region).rows(
        "anchors.csv", "indicator", "scope", "year", "value", "status", "source"
    ))  # fmt: skip
    assert rows
    for _, (indicator, scope, year, value, status, source) in rows:
        assert (indicator, scope, year, value, status, words[str(source)]) in known


@pytest.mark.parametrize("region", REAL)
def test_every_county_is_one_of_the_census_with_its_name(region: str) -> None:
    rows = list(pack_of(region).rows("counties.csv", "code", "name_zh", "census_total"))
    assert rows
    for _, (code, name, total) in rows:
        assert census()[str(code)].name_zh == name
        assert census()[str(code)].population == total


@pytest.mark.parametrize("region", REAL)
def test_a_hospital_named_as_published_is_named_by_the_plan_or_an_observation(region: str) -> None:
    in_plan = {row.facility for row in named_in(region) if row.simulated == "alone"}
    observed = {o.indicator_zh for o in observations() if o.geography == region}
    for key, name, status in named_facilities(region):
        if status == "published":
            assert key in in_plan or name in observed, name
        else:
            assert status == "assumed"
            assert key not in in_plan, f"{name} is named by the plan"
    keys = [row.facility for row in named_in(region) if row.simulated == "alone"]
    assert len(keys) == len(set(keys))


def test_institutions_point_at_a_clause_of_their_plan_that_names_them() -> None:
    for row in institutions():
        assert row.region in PLANS
        assert row.status == "published"
        entry = catalogue()[row.catalogue]
        assert entry["region"] == row.region
        assert re.sub(r"\s*@?L\d+(-\d+)?", "", entry["clause"]).strip() == row.clause, row.key
        printed = re.sub(r"\s", "", row.printed)
        # The whole name, or the part of it a list leaves once for several.
        assert any(row.name_zh[i:] in printed for i in range(len(row.name_zh) - 3)) or (
            row.name_zh in printed
        ), row.key


@pytest.mark.parametrize("region", REAL)
def test_institutions_stand_in_places_and_facilities_of_the_pack(region: str) -> None:
    places = {str(code) for _, (code,) in pack_of(region).rows("counties.csv", "code")}
    where = {str(key): str(county) for _, (key, county) in
             pack_of(region).rows("facilities.csv", "key", "county")}  # fmt: skip
    rows = named_in(region)
    assert rows
    for row in rows:
        assert row.kind in KINDS
        assert row.level in LEVELS
        assert row.stage in STAGES
        assert row.simulated in SIMULATED
        assert row.county in places | {"city", "all"}
        assert row.facility == "none" or row.facility in where
        assert (row.simulated == "no") or row.facility != "none"
        if row.county in places and row.simulated == "alone":
            assert where[row.facility] == row.county
    assert len({row.key for row in rows}) == len(rows)


def test_what_the_plans_count_is_kept() -> None:
    def count(region: str, kind: str) -> int:
        return sum(row.count for row in named_in(region) if row.kind == kind)

    assert count("suining", "county_subcentre") == 15
    assert count("bayannur", "alliance") == 12
    assert count("chifeng", "regional_subcentre") == 6
    assert count("taonan", "county_subcentre") == 1
    assert [row.name for row in named_in("chifeng") if row.kind == "regional_centre"] == [
        "Xuanwu Hospital Inner Mongolia Hospital"
    ]
    assert [row.kind for row in named_in("suining") if "redacted" in row.name] == [
        "provincial_centre", "provincial_centre", "regional_centre_aim", "urban_group",
    ]  # fmt: skip


def test_catalogue_entries_have_a_region_and_a_clause() -> None:
    assert len(catalogue()) == 780
    assert {entry["region"] for entry in catalogue().values()} == set(PLANS)
    assert all(entry["clause"] for entry in catalogue().values())


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("region", REGIONS)
def test_the_page_shows_no_assumption_as_an_observation(region: str, lang: str) -> None:
    shown = page(region, 2023, lang)
    for row in read(NATIONAL):
        line = next(
            line for line in shown.splitlines()
            if line.startswith("  " + row["anchor_zh" if lang == "zh" else "anchor"] + " ")
        )  # fmt: skip
        cells = re.split(r"\s{2,}", line.strip())
        if row["status"] in OBSERVED:
            assert cells[2] == row["published"]
        else:
            assert cells[2] == "-"
            assert ("设定" if lang == "zh" else "assumed") in cells[0]
    local = [row for row in read(LOCAL) if row["region"] == region]
    assert all(row["status"] in OBSERVED for row in local)
    known = {(o.indicator, str(o.year)): o.value for o in observations() if o.geography == region}
    for row in local:
        value = known[row["indicator"], row["year"]]
        assert float(row["published"]) in (
            pytest.approx(value, rel=1e-5), pytest.approx(value / 100, rel=1e-5)
        )  # fmt: skip
        assert row["anchor_zh" if lang == "zh" else "anchor"] in shown


@pytest.mark.parametrize("region", REAL)
def test_the_page_lists_every_county_and_every_named_institution(region: str) -> None:
    for lang in ("en", "zh"):
        shown = page(region, 2023, lang)
        for _, (name, name_zh) in pack_of(region).rows("counties.csv", "name", "name_zh"):
            assert str(name_zh if lang == "zh" else name) in shown
        for row in named_in(region):
            assert (row.name_zh if lang == "zh" else row.name) in shown


@pytest.mark.parametrize("region", REAL)
def test_borrowed_behaviour_is_said_first(region: str) -> None:
    fitted = sum(row["region"] == region and row["use"] == "fitted" for row in read(LOCAL))
    for lang, words in (("en", "Behaviour borrowed"), ("zh", "行为参数借用")):
        assert page(region, 2023, lang).startswith(words) == (fitted < info.ENOUGH)
    assert (fitted >= info.ENOUGH) == (region == "bayannur")


def test_the_page_simulates_nothing() -> None:
    asks = (
        "import sys; import sim.cli.info; print('sim.run' in sys.modules, 'numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_stored_sensitivities_are_of_assumed_parameters_largest_first() -> None:
    rows = read(SENSITIVITIES)
    assumed = {row.name for row in rows_of_status(("assumed", "recalled"))}
    assert len(rows) > 40
    assert {row["parameter"] for row in rows} <= assumed
    sizes = [float(row["effect"]) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    named = {row["parameter"]: row for row in read(NAMES)}
    assert {row["parameter"] for row in rows} <= set(named)
    assert all(row["name"] and row["name_zh"] for row in named.values())
    assert set(named) <= {row.name for row in read_rows()}


def test_assumptions_are_listed_on_request_only() -> None:
    short, long = (page("taonan", 2023, "en", wanted) for wanted in (False, True))
    assert "capability:county/complex = " not in short
    for row in rows_of_status(("assumed", "recalled")):
        assert f"  {row.key} = " in long


@pytest.mark.parametrize("region", REGIONS)
def test_the_chinese_page_holds_no_english(region: str) -> None:
    shown = page(region, 2023, "zh").replace("python -m benchmarks.sensitivities", "")
    shown = re.sub(r"\b[0-9a-f]{8}\b", "", shown)  # keys of runs
    assert re.findall("[A-Za-z]{2,}", shown) == []


def test_every_note_of_a_pack_is_told_in_chinese() -> None:
    told = {row["note"] for row in read(info.NOTES)}
    for region in REAL:
        for _, (definition,) in pack_of(region).rows("anchors.csv", "definition"):
            note = str(definition).partition("; ")[2]
            assert not note or note in told
