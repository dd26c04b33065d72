"""Drives the real bed kernel through long histories, and the exact theory of its own discipline.

The kernel's day is used as a short step of time. Patients ask after the beds of the day have fallen
free and have a day of patience, so whoever finds no bed is lost at once; or patience without end,
so that they queue.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numba import njit
from scipy import stats

from sim.engines.kernels import episode_word as L
from sim.engines.kernels.serve import VISIT_COLUMNS
from sim.engines.kernels.wards import run_wards
from sim.rules.stay import lognormal_law
from tests.engine.running import build, index_of
from tests.worlds import small_region

FALSE_ALARM = 1e-4
_LONGEST = 4096  # steps a stay may take
AS_SHIPPED, GEOMETRIC = 0, 1


@cache
def _engine(stay_mean: float, stay_cv: float, patience: float) -> Any:
    """A small world's tables; stays of one law whatever the difficulty."""
    overrides = {
        "stay_mean:county": stay_mean, "stay_cv:county": stay_cv, "stay_longest": _LONGEST - 1.0,
        "severity_spread": 0.0, "capability:county/complex": 1.0, "capability:county/critical": 1.0,
        "patience_days:complex": patience,
    }  # fmt: skip
    return build(small_region(n_counties=1, residents=600, year=2023), overrides, threads=1)


@njit
def _history(
    p, facilities, villages, people, seed, f, steps, asking, kind, law, u, days, census, waiting,
    asked, lost, waited, kept, stays, events, visits, claims, tally, emergencies,
):  # fmt: skip
    """Run `steps` days of facility f; asking[d]:asking[d + 1] are the requests of day d.

    kind, u  of every request: general or referred, and a uniform for a geometric stay
    emergencies  whether the referred are critical instead, and requests come day and night
    days     histogram of granted stays; census, waiting  (steps,) at midnight, of one history
    asked, lost  (steps, 2) by kind, of what was asked that day
    """
    half = len(people) // 2
    ends = np.zeros(_LONGEST, dtype=np.int64)
    queue = np.zeros((0, L.WAIT_COLUMNS), dtype=np.int64)
    occupied = 0
    granted = 0
    for d in range(steps):
        n = asking[d + 1] - asking[d]
        for i in range(n):
            a = asking[d] + i
            r = a % half + (half if kind[a] == 1 else 0)
            visits[i, L.RESIDENT] = r
            visits[i, L.ONSET] = d
            need_class = 3 if emergencies and kind[a] == 1 else 2
            episode_word = L.asking(L.pack(need_class, 0), L.NEW)
            visits[i, L.EPISODE_WORD] = L.with_referral(episode_word, kind[a] == 1)
            visits[i, L.DIFFICULTY] = 0
            second = 86_400 * (2 * i + 1) // (2 * n) if emergencies else 36_001 + i
            claims[i] = (second << 24) | i
            asked[d, kind[a]] += 1
        leaving = ends[d % _LONGEST]
        ends[d % _LONGEST] = 0
        occupied, n_kept, n_stays, n_events = run_wards(
            p,
            facilities,
            villages,
            people,
            seed,
            0,
            d % 8192,
            f,
            occupied,
            leaving,
            queue,
            visits,
            claims,
            n,
            kept,
            stays,
            events,
            tally,
        )
        for i in range(n_stays):
            length = stays[i, L.DAYS]
            if law == 1:
                # The number of trials to the first success of probability 1 / mean.
                mean = p.stay_mean[2]
                length = int(np.ceil(np.log(u[granted]) / np.log(1.0 - 1.0 / mean)))
                length = min(_LONGEST - 1, max(1, length))
            granted += 1
            days[length] += 1
            ends[(d + length) % _LONGEST] += 1
            waited[d] += stays[i, L.WAITED]
        for i in range(n_events):
            lost[d, 1 if events[i, L.RESIDENT] >= half else 0] += 1
        census[d] = occupied
        waiting[d] = n_kept
        queue = kept[:n_kept].copy()
    still = 0  # days that those left over have waited
    for i in range(len(queue)):
        still += steps - queue[i, L.W_SINCE]
    return still


def history(
    beds: int, reserved: int, rates: tuple[float, float], stay_mean: float, stay_cv: float,
    law: int, steps: int, seed: int, patience: float = 0.5, queueing: bool = False,
    overflow: int = 0, emergencies: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """One history of a ward: midnight census, those waiting, asked and lost by kind, days waited.

    rates  requests a step, general and referred under contract; Poisson
    emergencies  the second kind are emergencies, and requests come day and night
    """
    engine = _engine(stay_mean, stay_cv, patience)
    f = index_of(engine.region, "county_general_0")
    record = engine.world.facility[f]
    record.beds, record.overflow, record.reserved = beds, overflow, reserved
    people = engine.people[: engine.n]  # rows beyond are for newborns and share an identity
    half = engine.n // 2
    people.contract[:half] = 0
    people.contract[half:] = 2
    rng = np.random.default_rng(seed)
    counts = rng.poisson(sum(rates), steps)
    asking = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    total = int(asking[-1])
    kind = (rng.random(total) < rates[1] / sum(rates)).astype(np.int64)
    rows = int(counts.max()) + (20_000 if queueing else 8) + 1
    out: dict[str, Any] = {
        "days": np.zeros(_LONGEST, dtype=np.int64),
        "census": np.zeros(steps, dtype=np.int64), "waiting": np.zeros(steps, dtype=np.int64),
        "asked": np.zeros((steps, 2), dtype=np.int64), "lost": np.zeros((steps, 2), dtype=np.int64),
        "waited": np.zeros(steps, dtype=np.int64),
    }  # fmt: skip
    assert not queueing or steps < 8192  # claim keys hold so many days
    out["still"] = _history(
        engine.p, engine.world.facility, engine.world.village, people, seed, f, steps,
        asking, kind, law, rng.random(total + rows), out["days"], out["census"], out["waiting"],
        out["asked"], out["lost"], out["waited"],
        np.zeros((rows, L.WAIT_COLUMNS), dtype=np.int64),
        np.zeros((rows, L.STAY_COLUMNS), dtype=np.int32),
        np.zeros((rows, L.EVENT_COLUMNS), dtype=np.int32),
        np.zeros((rows, VISIT_COLUMNS), dtype=np.int64), np.zeros(rows, dtype=np.int64),
        np.zeros(L.FACILITY_TALLIES, dtype=np.int64), emergencies,
    )  # fmt: skip
    return out


def histories(n: int, warm: int, first_seed: int, **options: Any) -> dict[str, np.ndarray]:
    """Lost shares by kind, occupancy and mean queue of n independent histories after `warm` steps:
    arrays of shape (n,)."""
    rows: dict[str, list[float]] = {
        key: [] for key in ("general", "referred", "occupancy", "queue")
    }
    for k in range(n):
        h = history(seed=first_seed + k, **options)
        asked, lost = h["asked"][warm:].sum(axis=0), h["lost"][warm:].sum(axis=0)
        rows["general"].append(lost[0] / max(1, asked[0]))
        rows["referred"].append(lost[1] / max(1, asked[1]))
        rows["occupancy"].append(float(h["census"][warm:].mean()) / options["beds"])
        rows["queue"].append(float(h["waiting"][warm:].mean()))
    return {key: np.array(values) for key, values in rows.items()}


def interval(values: np.ndarray) -> tuple[float, float]:
    """Mean and half-width of its interval at FALSE_ALARM, by Student's t over histories."""
    reach = stats.t.isf(FALSE_ALARM / 2.0, len(values) - 1)
    return float(values.mean()), float(reach * values.std(ddof=1) / math.sqrt(len(values)))


def assert_within(
    what: str, theory: float, values: np.ndarray, distance: float = 0.0, at_most: float = 1.0
) -> None:
    """Theory lies in the interval, widened by `distance`: a derived bound on how far the theory
    stands from the kernel's steps. The interval is at most this share of theory."""
    estimate, reach = interval(values)
    print(f"{what}: theory {theory:.5g} (steps {distance:.2g}), estimate {estimate:.5g} +- "
          f"{reach:.2g}, false alarm 1e-4")  # fmt: skip
    assert reach <= at_most * theory
    assert abs(estimate - theory) <= reach + distance


# ------------------------------------------------------------------------------------ theory


def mean_whole(mean: float, cv: float) -> float:
    """Mean of the rule's stays in whole days: the sum of the chances of k days or more."""
    log_mean, log_sd = lognormal_law(mean, cv)
    law = stats.lognorm(s=max(log_sd, 1e-12), scale=math.exp(log_mean))
    return 1.0 + float(law.sf(np.arange(1.5, 4094.0)).sum())


def erlang_b(beds: int, load: float) -> float:
    """Blocking of an M/G/c/c queue."""
    blocked = 1.0
    for k in range(1, beds + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked


def trunk_reservation(
    beds: int, reserved: int, loads: tuple[float, float]
) -> tuple[float, float, float]:
    """Blocking of the general and the referred, and occupancy, in continuous time, exponential."""
    weights = [1.0]
    for n in range(beds):
        load = sum(loads) if n < beds - reserved else loads[1]
        weights.append(weights[-1] * load / (n + 1))
    probability = np.array(weights) / sum(weights)
    general = probability[beds - reserved :].sum()
    return (
        float(general),
        float(probability[beds]),
        float((probability * np.arange(beds + 1)).sum() / beds),
    )


def stepwise(
    beds: int, reserved: int, rates: tuple[float, float], stay_mean: float
) -> tuple[float, float, float]:
    """As `trunk_reservation`, exactly as the kernel steps: at 10:00 each bed falls free with
    probability 1 / stay_mean, then a Poisson number ask one by one in random order."""
    departs = _departures(beds, stay_mean)
    share = rates[1] / sum(rates)
    one = np.zeros((beds + 1, beds + 1))  # one request
    for n in range(beds + 1):
        taken = 1.0 if n < beds - reserved else (share if n < beds else 0.0)
        one[n, min(n + 1, beds)] += taken
        one[n, n] += 1.0 - taken
    arrives = np.zeros_like(one)
    power = np.eye(beds + 1)
    asked_in = np.zeros_like(one)  # sum over requests of the state each finds
    mean = sum(rates)
    most = int(mean + 12.0 * math.sqrt(mean) + 20)
    for k in range(most):
        arrives += stats.poisson.pmf(k, mean) * power
        asked_in += stats.poisson.sf(k, mean) * power
        power = power @ one
    midnight = _stationary(departs @ arrives)
    found = midnight @ departs @ asked_in / mean  # the state a request finds
    return (
        float(found[beds - reserved :].sum()),
        float(found[beds]),
        float((midnight * np.arange(beds + 1)).sum() / beds),
    )


def stepwise_queue(beds: int, rate: float, stay_mean: float, most: int) -> float:
    """Mean number waiting at midnight when nobody gives up, exactly as the kernel steps; states
    beyond `most` patients are cut off."""
    step = np.zeros((most + 1, most + 1))
    pmf = stats.poisson.pmf(np.arange(most + 1), rate)
    for n in range(most + 1):
        leaving = stats.binom.pmf(np.arange(min(n, beds) + 1), min(n, beds), 1.0 / stay_mean)
        for gone, chance in enumerate(leaving):
            left = n - gone
            step[n, left:] += chance * pmf[: most + 1 - left]
        step[n, most] += 1.0 - step[n].sum()
    stationary = _stationary(step)
    assert stationary[-1] < 1e-9
    return float((stationary * np.maximum(0, np.arange(most + 1) - beds)).sum())


def _departures(beds: int, stay_mean: float) -> np.ndarray:
    out = np.zeros((beds + 1, beds + 1))
    for n in range(beds + 1):
        out[n, : n + 1] = stats.binom.pmf(n - np.arange(n + 1), n, 1.0 / stay_mean)
    return out


def _stationary(step: np.ndarray) -> np.ndarray:
    n = len(step)
    system = np.vstack([step.T - np.eye(n), np.ones(n)])
    target = np.zeros(n + 1)
    target[n] = 1.0
    return np.linalg.lstsq(system, target, rcond=None)[0]
