"""The table of indicators as a planner reads it."""

from __future__ import annotations

import pytest

from sim.cli.console import OK
from sim.cli.indicator_table import columns_of, listing, pad, show, show_gap, table
from sim.cli.main import main
from sim.indicators import INDICATORS, compute_all
from sim.run import simulate
from sim.words import SPLITS
from tests.worlds import small_region


@pytest.fixture(scope="module")
def run():
    return simulate(small_region(year=2023), seed=3)


@pytest.fixture(scope="module")
def values(run):
    return compute_all(run.dataset)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("by", SPLITS)
def test_columns_line_up_and_hold_the_values(run, values, by, lang):
    lines = table(run, values, by, lang).split("\n")
    head = next(line for line in lines if line.startswith(("indicator", "指标")))
    name = "In-county visit rate (residents) *" if lang == "en" else "县域内就诊率（居民口径） *"
    row = next(line for line in lines if line.strip().startswith(name))
    assert columns_of(row) <= columns_of(head)
    assert show(values["in_county_visit_rate"]["value"], "percent") in row
    last = columns_of(head)
    full = [line for line in lines if line.startswith("  ") and columns_of(line) == last]
    assert full, "no row reaches the last heading"


def test_a_split_shows_the_indicators_that_have_it_and_tier_shows_all(run, values):
    def shown(by):
        lines = table(run, values, by, "en").split("\n")
        return [i.id for i in INDICATORS if any(
            line.startswith((f"  {i.name}  ", f"  {i.name},", f"  {i.name} *")) for line in lines
        )]  # fmt: skip

    modelled = [i.id for i in INDICATORS if not i.not_modelled]
    assert shown("tier") == modelled
    assert shown("age") == [i.id for i in INDICATORS if "age" in i.splits]
    assert "bed_occupancy" in shown("county")
    assert "bed_occupancy" not in shown("age")


def test_districts_are_named_and_stand_beside_the_total_they_are_not_in(run, values):
    text = table(run, values, "county", "en")
    assert "county 0 (district)" in text
    rates = values["in_county_visit_rate"]
    row = next(line for line in text.split("\n") if "In-county visit rate (res" in line).split()
    assert row[-3:] == [
        show(rates["value"], "percent"),
        show(rates["by_district"]["370001"], "percent"),
        show(rates["by_county"]["370002"], "percent"),
    ]
    assert row[-3] == row[-1]  # the only county is the whole


def test_the_gap_is_signed_and_in_points(run, values):
    text = table(run, values, "residence", "en")
    row = next(line for line in text.split("\n") if "Primary share of all visits" in line)
    gap = values["primary_share_all"]["rural_gap"]["urban_minus_rural"]
    assert row.endswith(f"{100 * gap:+.1f} pp")
    assert show_gap(-0.021, "percent") == "-2.1 pp"
    assert show_gap(1234.4, "number") == "+1,234"
    assert show_gap(0.5, "number") == "+0.50"


def test_values_are_shown_with_their_unit_and_undefined_as_a_dash():
    assert show(0.6294, "percent") == "62.9%"
    assert show(1756.2, "number") == "1,756"
    assert show(7.436, "number") == "7.44"
    assert show(42.0, "count") == "42"
    assert show(-0.0081, "index") == "-0.008"
    assert show(None, "percent") == "-"
    assert columns_of("床ab") == 4
    assert pad("床", 4) == "床  "
    assert pad("床", 4, right=True) == "  床"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_listing_says_of_each_what_it_is_and_why_it_is_missing(lang, capsys):
    text = listing(lang)
    for i in INDICATORS:
        line = next(line for line in text.split("\n") if line.split()[:1] == [i.id])
        assert (i.name_zh if lang == "zh" else i.name) in line
        assert (i.not_modelled_zh if lang == "zh" else i.not_modelled) in line
    assert main(["indicators", "--lang", lang]) == OK
    assert capsys.readouterr().out == text


def test_the_page_is_printed_by_the_command_that_its_test_names(capsys):
    assert main(["indicators", "--markdown"]) == OK
    assert capsys.readouterr().out.startswith("# Indicators 指标\n")
