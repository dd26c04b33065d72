"""The bed kernel against the theory of loss systems, reserved beds, wards without end and queues.

Family-wise: every interval fails a correct kernel with probability 1e-4 (wards.FALSE_ALARM), and
there are fewer than 40 in this file, so the file as a whole fails one with less than 0.4%. Seeds
are fixed.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from tests.theory.wards import (
    AS_SHIPPED,
    FALSE_ALARM,
    GEOMETRIC,
    assert_within,
    erlang_b,
    histories,
    history,
    interval,
    mean_whole,
    stepwise,
    stepwise_queue,
    trunk_reservation,
)

MEAN = 200.0  # steps of a stay


def test_the_formulas_have_their_known_answers() -> None:
    assert erlang_b(50, 42.5) == pytest.approx(0.03391680178407191, rel=1e-12)
    assert erlang_b(50, 45.0) == pytest.approx(0.05410447216462616, rel=1e-12)
    assert erlang_b(500, 425.0) == pytest.approx(3.4117679982750986e-05, rel=1e-9)
    for reserved, answer in (
        (0, (0.03391680178407191, 0.03391680178407191, 0.8211707184835387)),
        (2, (0.054373354571644376, 0.00040851884985652486, 0.8086394838290631)),
        (5, (0.08864276034447294, 5.80551810390839e-07, 0.7826314498885377)),
    ):
        assert trunk_reservation(50, reserved, (38.0, 4.5)) == pytest.approx(answer, rel=1e-9)


@pytest.mark.parametrize("reserved", [0, 2, 5])
def test_steps_of_time_tend_to_continuous_time(reserved: int) -> None:
    """The discrete chain of the kernel converges at the rate of its step, to the known answers."""
    limit = trunk_reservation(50, reserved, (38.0, 4.5))
    gaps = []
    for mean in (200.0, 400.0, 800.0):
        exact = stepwise(50, reserved, (38.0 / mean, 4.5 / mean), mean)
        gaps.append([a - b for a, b in zip(exact, limit, strict=True)])
    for coarse, fine in ((gaps[0], gaps[1]), (gaps[1], gaps[2])):
        assert np.array(coarse) / np.array(fine) == pytest.approx([2.0] * 3, rel=0.05)


@pytest.mark.parametrize(
    ("beds", "load", "reserved", "n"),
    [
        (50, 42.5, 0, 300),
        pytest.param(50, 45.0, 0, 300, marks=pytest.mark.slow),
        (50, 42.5, 2, 300),
        pytest.param(50, 42.5, 5, 300, marks=pytest.mark.slow),
        (10, 9.5, 2, 200),
    ],
)
def test_a_ward_that_nobody_waits_for_loses_what_theory_says(
    beds: int, load: float, reserved: int, n: int
) -> None:
    """V9, V11: the exact chain of the kernel's own steps, general and referred patients."""
    referred = load * 4.5 / 42.5
    rates = ((load - referred) / MEAN, referred / MEAN)
    general, priority, occupancy = stepwise(beds, reserved, rates, MEAN)
    got = histories(
        n, 2_000, 1_000 * reserved + beds, beds=beds, reserved=reserved, rates=rates,
        stay_mean=MEAN, stay_cv=0.9, law=GEOMETRIC, steps=22_000,
    )  # fmt: skip
    name = f"{beds} beds, {reserved} reserved, load {load}"
    assert_within(f"{name}, general lost", general, got["general"], at_most=0.12)
    assert_within(f"{name}, occupancy", occupancy, got["occupancy"], at_most=0.01)
    if priority > 1e-4:
        assert_within(f"{name}, referred lost", priority, got["referred"])
    else:  # less than one is expected in all histories
        assert got["referred"].sum() == 0.0
    assert got["queue"].sum() == 0.0


@pytest.mark.parametrize("cv", [0.0, 0.9, 1.2])
def test_what_is_lost_does_not_depend_on_the_law_of_the_stay(cv: float) -> None:
    """V38, V9: lognormal stays as shipped lose what exponential ones of the same mean do.

    Insensitivity holds in continuous time. `distance`: what steps of 1/400 of a stay change for
    geometric stays, by the exact chain; it is a quarter of the interval or less.
    """
    mean = 400.0
    whole = mean_whole(mean, cv)
    rate = 42.5 / whole
    exact = stepwise(50, 0, (42.5 / mean * 0.9, 42.5 / mean * 0.1), mean)
    distance = [abs(exact[i] - t) for i, t in ((0, erlang_b(50, 42.5)), (2, 0.8211707184835387))]
    got = histories(
        150, 4_000, 77, beds=50, reserved=0, rates=(rate * 0.9, rate * 0.1), stay_mean=mean,
        stay_cv=cv, law=AS_SHIPPED, steps=44_000,
    )  # fmt: skip
    assert distance[0] < interval(got["general"])[1] / 4.0
    assert_within(f"lost, CV {cv}", erlang_b(50, 42.5), got["general"], distance[0], 0.15)
    assert_within(f"occupancy, CV {cv}", 0.8211707184835387, got["occupancy"], distance[1], 0.01)


def test_beds_set_apart_lose_more_than_the_same_beds_reserved() -> None:
    """V12: 5 beds apart for the referred against 5 of 50 reserved for them."""
    assert erlang_b(45, 38.0) == pytest.approx(0.036457863858242, rel=1e-9)
    assert erlang_b(5, 4.5) == pytest.approx(0.24302100181497166, rel=1e-9)
    own = histories(
        200, 2_000, 5, beds=5, reserved=0, rates=(0.0, 4.5 / MEAN), stay_mean=MEAN, stay_cv=0.9,
        law=GEOMETRIC, steps=22_000,
    )  # fmt: skip
    exact = stepwise(5, 0, (0.0, 4.5 / MEAN), MEAN)[1]
    assert abs(exact - erlang_b(5, 4.5)) < 0.003
    assert_within("5 beds apart, referred lost", exact, own["referred"], at_most=0.06)


@pytest.mark.parametrize(
    ("load", "beds", "answer"), [(42.5, 50, 0.11194215356026992), (85.0, 100, 0.049345326590630456)]
)
def test_the_census_of_a_ward_without_end_is_poisson(load: float, beds: int, answer: float) -> None:
    """V10, in real days as shipped: exact for whole-day stays of any law. A census every 80 days;
    fewer than one stay in ten thousand is counted twice."""
    assert stats.poisson.sf(beds, load) == pytest.approx(answer, rel=1e-9)
    whole = mean_whole(8.0, 0.9)
    h = history(
        4_000, 0, (load / whole, 0.0), 8.0, 0.9, AS_SHIPPED, steps=400_000, seed=int(load)
    )  # fmt: skip
    census = h["census"][400::80]
    over = int((census > beds).sum())
    p_value = stats.binomtest(over, len(census), answer).pvalue
    spread = float(census.var(ddof=1) / load)
    share = over / len(census)
    print(f"load {load}, more than {beds} beds: theory {answer:.5f}, of {len(census)} midnights")
    print(f"  {share:.5f}, p-value {p_value:.3g}; variance over load {spread:.3f}")
    assert p_value > FALSE_ALARM
    # Variance of a Poisson sample: chi-square with n - 1 degrees of freedom, nearly.
    reach = stats.norm.isf(FALSE_ALARM / 2.0) * math.sqrt((2.0 + 1.0 / load) / len(census))
    assert abs(spread - 1.0) <= reach
    error = stats.norm.isf(FALSE_ALARM / 2.0) * math.sqrt(load / len(census))
    assert abs(census.mean() - load) <= error


@pytest.mark.parametrize("load", [7.0, 9.0])
def test_a_queue_for_beds_has_the_length_of_its_chain_and_obeys_little(load: float) -> None:
    """Nobody gives up: the queue at midnight against the exact chain, and L = lambda W exactly."""
    mean, beds = 40.0, 10
    theory = stepwise_queue(beds, load / mean, mean, 400)
    queues = []
    for seed in range(250):
        h = history(
            beds, 0, (load / mean, 0.0), mean, 0.9, GEOMETRIC, steps=8_000, seed=seed,
            patience=100_000.0, queueing=True,
        )  # fmt: skip
        # Every midnight somebody waits is a day of somebody's wait.
        assert h["waiting"].sum() == h["waited"].sum() + h["still"]
        assert h["lost"].sum() == 0
        queues.append(h["waiting"][2_000:].mean())
    assert_within(f"queue for 10 beds, load {load}", theory, np.array(queues), at_most=0.25)
