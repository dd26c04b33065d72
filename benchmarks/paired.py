"""How many times fewer replications a comparison needs when its two runs share their random draws.

python -m benchmarks.paired                    30 seeds, 20,000 residents, about two minutes

A difference between a lever and the baseline is taken seed by seed. Its variance with common random
numbers over its variance with independent seeds, var(lever) + var(baseline), is the share of
replications needed for the same interval. Residents are the same in all runs; a seed is the random draws of
one year.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from benchmarks.peers.world import region_of
from sim.engines.compiled.driver import CompiledEngine
from sim.engines.kernels import episode_word as L
from sim.parameters import load_parameters
from sim.population import PopulationParameters, residents_of
from sim.population.vital_rates import load_demography
from sim.tiers import CLASS_KEYS

LEVERS: dict[str, dict[str, float]] = {
    "township capability + 0.05": {
        "capability:township/minor": 0.90, "capability:township/chronic": 0.85,
        "capability:township/complex": 0.43, "capability:township/critical": 0.20,
    },
    "referrals 35% to 70%": {"formal_referral": 0.70},
    "county stays 10% shorter": {"stay_mean:county": -0.10},
    "county consults 10% shorter": {"service_minutes:county": -0.10},
    "need + 2%": {f"need_scale:{key}": 0.02 for key in CLASS_KEYS},
}  # fmt: skip
RELATIVE = ("stay_mean:county", "service_minutes:county", *(f"need_scale:{k}" for k in CLASS_KEYS))
OUTCOMES = ("primary share of visits", "own-county share of admissions", "visits", "township visits",
            "county wait", "county occupancy", "unresolved", "fund payments")  # fmt: skip


def outcomes(engine: CompiledEngine) -> list[float]:
    """The figures of OUTCOMES of one run."""
    with engine.workers:
        t = engine.run()
    visits = t.county[..., L.C_VISITS].sum(axis=(0, 1, 3))
    admissions = t.county[..., L.C_ADMISSIONS].sum(axis=(0, 1, 2))
    county = engine.world.facility.tier == 2
    f = t.facility[county].sum(axis=0)
    episode = t.episode.sum(axis=0)
    return [
        visits[:2].sum() / visits.sum(), admissions[0] / admissions.sum(), float(visits.sum()),
        float(visits[1]), f[L.F_WAIT_SECONDS] / f[L.F_VISITS], f[L.F_BED_DAYS] / f[L.F_OPEN_BED_DAYS],
        float(episode[[L.E_UNRESOLVED, L.E_SELF_UNRESOLVED]].sum()),
        float(t.county[..., [L.C_FUND, L.C_STAY_FUND]].sum()),
    ]  # fmt: skip


def ratio(base: Any, lever: Any) -> Any:
    """Variance of the difference with independent seeds over that with common ones; (outcomes,)."""
    paired = (lever - base).var(axis=0, ddof=1)
    independent = lever.var(axis=0, ddof=1) + base.var(axis=0, ddof=1)
    with np.errstate(divide="ignore"):
        return independent / paired


def main() -> None:
    """Print a table of ratios, levers by outcomes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paired", description=__doc__)
    parser.add_argument("--residents", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=30)
    options = parser.parse_args()
    region = region_of(options.residents)
    life = load_demography(region.year)

    def runs(overrides: dict[str, float]) -> Any:
        p = load_parameters(overrides)
        people, ledger = residents_of(region, PopulationParameters.from_table(p), 0, threads=1)
        return np.array([
            outcomes(CompiledEngine(region, p, people, life, ledger, seed=seed, threads=1))
            for seed in range(options.seeds)
        ])  # fmt: skip

    plain = load_parameters()
    base = runs({})
    print(
        f"{options.residents:,} residents, {options.seeds} seeds: independent over paired variance"
    )
    print(f"{'':<30}" + "".join(f"{name[:13]:>15}" for name in OUTCOMES))
    everything = []
    for name, overrides in LEVERS.items():
        values = dict(overrides)
        for key, change in overrides.items():
            if key in RELATIVE:
                field, index = key.split(":")
                held = np.asarray(getattr(plain, field))
                keys = CLASS_KEYS if field == "need_scale" else ("village", "township", "county")
                values[key] = float(held[keys.index(index)]) * (1.0 + change)
        lever = runs(values)
        ratios = ratio(base, lever)
        everything.append(ratios)
        print(f"{name:<30}" + "".join(f"{value:>15.1f}" for value in ratios), flush=True)
    print(f"median {np.median(everything):.1f}; of {np.size(everything)} figures "
          f"{int((np.array(everything) < 1.0).sum())} below 1")  # fmt: skip


if __name__ == "__main__":
    main()
