"""A stand-in for the path 2020-2035 in tests of what reads it: one mean-field year, changed a
little by every lever that acts, by the parameters and by the drawn effect sizes.

Nothing here is a result. It has the schema of a path, costs milliseconds, and its changes are
known.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from types import SimpleNamespace

import numpy as np

from scenarios.comparison.runs import drawn_sizes, scenario_of
from sim import simulate

# A lever at its highest level leaves so many of a hundred visits more in the county, makes waits
# and unresolved need so much smaller, and what the fund pays so much more.
KEPT, EASED, PAID = 0.01, 0.02, 0.005
# Full-population (1:1) runs lie this much above the mean-field, a seed more each.
VARIATION = 0.001


@cache
def a_year():
    return simulate("taonan", 2023, engine="meanfield").dataset


def strength(job, year):
    """Sum over the levers of a job that act: level arrived on 1 July over the highest, times the
    first drawn size over the middle one."""
    scenario = scenario_of(job.variant)
    sizes = drawn_sizes(scenario, job.draw)
    total = 0.0
    for lever in dict.fromkeys(s.lever for s in scenario.settings if s.lever.effects):
        effect = lever.effects[0]
        size = sizes[lever.id, effect.quantity.id] if sizes else effect.size
        level = scenario.level(lever.id, date(year, 7, 1))
        total += level / lever.high * (size / effect.size if effect.size else 1.0)
    return total


def path_of(job, threads=1):
    """What `scenarios.comparison.runs.path_of` gives, made up."""
    base, years = a_year(), {}
    variation = dict(job.overrides).get("need_scale:minor", 1.0)
    if job.engine == "compiled":
        variation += VARIATION * (job.seed + 1)
    for year in job.years:
        x, drift = strength(job, year), 1.0 + 0.002 * (year - 2023)
        factors = {
            "group_own_visits": (1.0 + KEPT * x) / variation,
            "group_unresolved": (1.0 - EASED * x) * variation,
            "facility_wait_seconds": (1.0 - EASED * x) * variation * drift,
            "facility_bed_days": (1.0 + KEPT * x) * variation * drift,
            "group_fund": (1.0 + PAID * x) * drift,
            "group_out_of_pocket": (1.0 - PAID * x) * drift,
        }
        changed = {
            name: (base[name].dims, np.asarray(base[name] * factor), base[name].attrs)
            for name, factor in factors.items()
        }
        years[year] = base.assign(changed).assign_attrs(base.attrs | {"year": year})
    manifest = {
        "region": job.region, "engine": job.engine, "key": f"standin-{job.engine}",
        "model_version": "0", "source_hash": "0" * 64, "pack_hash": "1" * 64, "warnings": [],
        "seconds": 0.01,
    }  # fmt: skip
    return SimpleNamespace(years=years, stocks=None, manifest=manifest)


def draws_of(region, n):
    """Parameter draws between 0.97 and 1.03."""
    rows = ({"need_scale:minor": 0.97 + 0.06 * (k + 0.5) / n} for k in range(n))
    return tuple(rows), ""
