"""Length of stay: lognormal by moments, whole days, length-biased residuals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from sim.parameters import load_parameters
from sim.rules.random import Stream, normal_quantile
from sim.rules.stay import lognormal, lognormal_law, residual_days, stay_days
from tests.laws.draws import N, assert_counts, assert_mean, uniforms

P = load_parameters(anchored=False)


@pytest.mark.parametrize(
    ("mean", "sd", "log_mean", "log_sd", "p95"),
    [
        (6.56, 5.3, 1.6297716016133785, 0.7088286130548329, 16.37447610181598),
        (5.01, 5.1, 1.2558807655222732, 0.8432735612771223, 14.055045547909065),
        (8.0, 7.2, 1.7827781190409686, 0.7702771223902047, 21.111268660466372),
    ],
)
def test_lognormal_by_mean_and_coefficient_of_variation(mean, sd, log_mean, log_sd, p95):
    law = lognormal_law(mean, sd / mean)
    assert law == pytest.approx((log_mean, log_sd), abs=1e-9)
    exact = stats.lognorm(s=law[1], scale=np.exp(law[0]))
    assert lognormal(0.95, law) == pytest.approx(exact.ppf(0.95), rel=1e-12)
    assert lognormal(0.95, law) == pytest.approx(p95, rel=1e-4)  # with 1.645 for the quantile
    assert (exact.mean(), exact.std()) == pytest.approx((mean, sd), rel=1e-9)


def test_lognormal_without_spread_is_its_mean():
    assert lognormal(0.01, lognormal_law(5.0, 0.0)) == pytest.approx(5.0, rel=1e-12)


def test_lognormal_draws_have_the_lognormal_law():
    law = lognormal_law(8.0, 0.9)
    u = uniforms(Stream.STAY)[:, 0]
    draws = [lognormal(value, law) for value in u]
    result = stats.kstest(draws, stats.lognorm(s=law[1], scale=np.exp(law[0])).cdf)
    print(f"Kolmogorov-Smirnov p-value {result.pvalue:.3g}, false alarm 1e-4")
    assert result.pvalue > 1e-4


@pytest.mark.parametrize("tier", [1, 2, 3])
@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_stays_in_whole_days(tier, factor):
    u = uniforms(Stream.STAY)[:, 0]
    days = np.array([stay_days(P, value, tier, factor) for value in u])
    longest = int(P.stay_longest)
    assert days.min() >= 1 and days.max() <= longest
    log_mean, log_sd = lognormal_law(P.stay_mean[tier] * factor, P.stay_cv[tier])
    law = stats.lognorm(s=log_sd, scale=np.exp(log_mean))
    upper = np.append(law.cdf(np.arange(1, longest) + 0.5), 1.0)
    assert_counts(f"stay at tier {tier}", np.bincount(days, minlength=longest + 1)[1:],
                  np.diff(upper, prepend=0.0))  # fmt: skip


def test_a_day_case_counts_one_and_no_stay_is_endless():
    assert stay_days(P, 2.0**-33, 1, 0.5) == 1
    assert stay_days(P, 1.0 - 2.0**-33, 2, 3.0) == int(P.stay_longest)


def test_stays_found_in_progress_are_length_biased():
    # Mean 8, coefficient of variation .9: those in bed have stays of 14.48 days on average, of
    # which 7.24 are left; in whole days, the present one included, half a day more.
    p = load_parameters({"stay_mean:county": 8.0, "stay_cv:county": 0.9}, anchored=False)
    log_mean, log_sd = lognormal_law(8.0, 0.9)
    u = uniforms(Stream.STAY, 8 * N)
    in_bed = np.exp(log_mean + log_sd * log_sd + log_sd * np.array(
        [normal_quantile(value) for value in u[:N, 0]]))  # fmt: skip
    assert_mean("stay of those in bed", in_bed, 14.48)
    left = np.array([residual_days(p, a, b, 2) for a, b in u[:, :2]])
    law = stats.lognorm(s=log_sd, scale=np.exp(log_mean))
    # P(left >= k) = integral of (1 - F) / mean from k - 1.
    tail = [integrate.quad(law.sf, k, np.inf, limit=200)[0] / 8.0 for k in range(180)]
    assert sum(tail) == pytest.approx(7.24 + 0.5, abs=0.02)
    assert_mean("days left", left, sum(tail))
    share = -np.diff([*tail, 0.0])
    assert_counts("days left", np.bincount(left, minlength=181)[1:181], share)
