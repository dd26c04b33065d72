"""Anchored draws: priors by key, anchoring on the mean-field, storing and loading."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from sim.draws import constrained as D
from sim.draws import priors
from sim.errors import InputError
from sim.parameters import load_parameters, read_rows
from tests.worlds import small_region

DRAWN = priors.drawn_rows()
EXAMPLE = Path(priors.__file__).parents[1] / "packs" / "new_region" / "example"


# --------------------------------------------------------------------------------------- priors


def test_a_draw_lies_in_its_ranges_and_is_the_same_again():
    for number in range(30):
        values = priors.prior_draw(number)
        assert values == priors.prior_draw(number)
        for row in DRAWN:
            assert row.low <= values[row.key] <= row.high or row.prior == "dirichlet", row.key
        load_parameters(values)  # nothing beyond what a rule can compute with


def test_numbers_and_seeds_give_other_draws():
    draws = [priors.prior_draw(0), priors.prior_draw(1), priors.prior_draw(0, seed=1)]
    assert len({values["taste_sd"] for values in draws}) == 3


def test_medians_are_the_defaults_and_spreads_a_quarter_of_the_range():
    many = [priors.prior_draw(number) for number in range(400)]
    for row in DRAWN:
        got = np.array([values[row.key] for values in many])
        if row.prior == "lognormal":
            # Of 400 the median misses by 0.6 standard deviations once in 10^30.
            width = np.log(row.high / max(row.low, row.default**2 / row.high)) / 4
            assert abs(np.log(np.median(got) / row.default)) < 0.6 * width, row.key
        if row.prior == "normal" and np.isclose(row.high + row.low, 2 * row.default):
            assert np.mean(got) == pytest.approx(row.default, abs=0.25 * (row.high - row.low) / 4)
            assert 0.7 < np.std(got) / ((row.high - row.low) / 4) < 1.05, row.key


def test_rows_of_a_parameter_go_together_and_others_do_not():
    many = [priors.prior_draw(number) for number in range(300)]

    def correlation(a, b):
        return np.corrcoef([[np.log(values[k]) for values in many] for k in (a, b)])[0, 1]

    assert 0.3 < correlation("travel_weight:minor", "travel_weight:chronic") < 0.7
    assert abs(correlation("travel_weight:minor", "wait_weight:minor")) < 0.25


def test_shares_add_up_to_what_they_did():
    rows = [row for row in DRAWN if row.name == "pool_doctor_share"]
    values = priors.prior_draw(4)
    assert sum(values[row.key] for row in rows) == pytest.approx(sum(row.default for row in rows))


def test_what_is_solved_and_who_the_people_are_is_not_drawn():
    drawn = {row.key for row in DRAWN}
    assert not drawn & {key for _, keys, _ in D.UNKNOWNS for key in keys}
    assert not drawn & {row.key for row in read_rows() if row.rule == "population"}


# ------------------------------------------------------------------------------------ anchoring


@pytest.fixture(scope="module")
def anchoring():
    beds = {"county_general_0": 100, "county_tcm_0": 40, "county_private_0": 40}
    region = small_region(
        n_counties=1, residents=20_000, townships_per_county=4, beds=beds, year=2023
    )
    return D.anchoring_of(region, threads=1)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_draw_meets_the_figures_of_the_regions_own_parameters(anchoring, number):
    draw = D.anchored_draw(anchoring, number)
    assert draw.reason == "" and draw.residual < D.TOLERANCE
    assert np.abs(draw.moves).max() > 0.02  # the prior draw itself did not meet them
    values = {**priors.prior_draw(number), **D.moved(anchoring.values, draw.moves)}
    model = D.MeanField(anchoring.inputs, load_parameters(values))
    # From another start, so that the answer is the draw's and not the way to it.
    assert D.figures_of(model) == pytest.approx(anchoring.figures, abs=1.1 * D.TOLERANCE)


def test_a_draw_answers_the_same_on_any_number_of_threads(anchoring):
    one, two = (
        D.anchored_draws(anchoring, 3, threads=threads, report=lambda _: None) for threads in (1, 2)
    )
    assert [list(draw.moves) for draw in one] == [list(draw.moves) for draw in two]


def test_rejected_draws_are_told_and_replaced(anchoring, monkeypatch):
    plain = D.anchored_draw

    def picky(anchoring, number, seed):
        draw = plain(anchoring, number, seed)
        return draw if number != 1 else D.Draw(1, draw.moves, 1.0, "refused")

    monkeypatch.setattr(D, "anchored_draw", picky)
    told = []
    draws = D.anchored_draws(anchoring, 2, threads=1, report=told.append)
    assert [(draw.number, draw.reason) for draw in draws] == [(0, ""), (1, "refused"), (2, "")]
    assert any("refused" in line for line in told)


def test_a_draw_that_no_step_brings_there_is_rejected(anchoring, monkeypatch):
    monkeypatch.setattr(D, "_MOST_STEPS", 1)
    assert "not met" in D.anchored_draw(anchoring, 0).reason


# -------------------------------------------------------------------------------------- storing


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packs") / "example"
    shutil.copytree(EXAMPLE, folder)
    assert D.write_draws(folder, count=3, threads=1, report=lambda _: None) == 3
    return folder


def test_stored_draws_are_loaded_in_order_and_meet_the_figures(stored):
    draws = D.load_draws(stored, 3)
    manifest = json.loads((stored / D.MANIFEST).read_text("utf-8"))
    assert manifest["count"] == 3 and manifest["largest_residual"] < D.TOLERANCE
    anchoring = D.anchoring_of(D.load_region(stored, D.REFERENCE_YEAR), threads=1)
    p = load_parameters(draws[2], region=manifest["region"])
    got = D.figures_of(D.MeanField(anchoring.inputs, p))
    assert got == pytest.approx(anchoring.figures, abs=1.1 * D.TOLERANCE)
    assert D.load_draws(stored, 2) == draws[:2]


def test_draws_of_other_parameters_and_too_few_are_refused(stored, tmp_path):
    with pytest.raises(InputError, match="3 draws"):
        D.load_draws(stored, 4)
    other = tmp_path / "other"
    shutil.copytree(stored, other)
    manifest = json.loads((other / D.MANIFEST).read_text("utf-8"))
    (other / D.MANIFEST).write_text(json.dumps({**manifest, "parameters": "0"}), "utf-8")
    with pytest.raises(InputError, match="python -m sim draws"):
        D.load_draws(other, 3)
    (other / D.TABLE).unlink()
    with pytest.raises(InputError, match="no draws"):
        D.load_draws(other, 3)
