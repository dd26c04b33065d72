"""Provider groups of the system dynamics, a county x a tier: what engines report of a month, what
tables and a policy schedule say of provider groups."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.dynamics.conditions import Figures
from sim.dynamics.stocks import NONE
from sim.jit import kernel
from sim.region import Region
from sim.tiers import Tier

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MonthTally:
    """What an engine says of a month, or of the mean month of a quarter.

    visits     (F,) visits by facility
    charges    (F,) charges of visits and stays, yuan
    fund       (C,) paid by the fund for residents of a county, yuan
    residents  (C,) at the end of the month
    by_key     (2,) residents outside and inside key groups
    """

    visits: Floats
    charges: Floats
    fund: Floats
    residents: Floats
    by_key: Floats


@dataclass(frozen=True, slots=True)
class ProviderGroups:
    """What the published tables and a policy schedule say of provider groups (N).

    posts, beds  published doctors and beds;  posted (N,) doctors at work over those of the
                 provider group
    weight       (N,) doctors of 2020, and the gain (N, 4) by policy that their mean capability has
    exits, income  (N,) factors on attrition and on income a head
    kept, effort   (C,) of counties: share of a surplus retained, and added effort
    """

    posts: Floats
    beds: Floats
    posted: Floats
    weight: Floats
    gain: Floats
    exits: Floats
    income: Floats
    kept: Floats
    effort: Floats


@dataclass(frozen=True, slots=True)
class Members:
    """Facilities that have a provider group (rows), and the provider group of each; n provider
    groups.

    provider_of  (F,) provider group of every facility, -1 where it has none
    """

    rows: NDArray[np.int64]
    provider: NDArray[np.int64]
    n: int
    provider_of: NDArray[np.int64]

    def by_provider(self, values: Floats) -> Floats:
        """Sum of values (F,) over the facilities of each provider group."""
        total = np.zeros(self.n)
        _add_by_node(values, self.provider_of, total)
        return total


@kernel
def _add_by_node(values: Any, provider_of: Any, out: Any) -> None:
    for f in range(len(values)):
        if provider_of[f] != NONE:
            out[provider_of[f]] += values[f]


def members_of(provider_of: NDArray[np.int64], n: int) -> Members:
    """Members from the provider group of every facility, -1 where it has none."""
    rows = np.flatnonzero(provider_of != NONE)
    return Members(rows, provider_of[rows], n, provider_of)


def providers_now(
    base: Region, figures: Figures, links: Any, members: Members, doctors: Floats, is_open: bool
) -> ProviderGroups:
    """Provider groups of a region under a policy schedule's figures.

    doctors  (F,) of the first year, by which a provider group's capability is the mean of its
             facilities'
    """
    f, by_provider, tier = base.facilities, members.by_provider, links.tier
    counties = len(base.counties.code)
    at_first = doctors[members.rows] + 1e-9
    weight = np.bincount(members.provider, at_first, members.n).astype(np.float64)
    kept = [np.bincount(members.provider, at_first * np.exp(-gain), members.n)
            for gain in figures.gain[members.rows].T]  # fmt: skip
    share = np.stack(kept, axis=1) / np.maximum(weight, 1e-300)[:, None]
    return ProviderGroups(
        posts=posts_of(base, figures, links, members, is_open),
        beds=by_provider(f.beds.astype(np.float64)),
        posted=ratio(by_provider(f.doctors * figures.posted), by_provider(f.doctors)),
        weight=weight,
        gain=-np.log(np.where(weight[:, None] > 0.0, share, 1.0)),
        exits=figures.exits[tier], income=figures.income[tier],
        kept=np.full(counties, figures.kept), effort=np.full(counties, figures.effort),
    )  # fmt: skip


def posts_of(
    region: Region, figures: Figures, links: Any, members: Members, is_open: bool
) -> Floats:
    """Published doctors by provider group; those of a new centre as its beds, at the city's
    ratio."""
    f = region.facilities
    posts = members.by_provider(f.doctors)
    if is_open:
        city, centre = is_at(region, Tier.CITY), is_at(region, Tier.REGIONAL)
        doctors_a_bed = f.doctors[city].sum() / max(1, f.beds[city].sum())
        posts[links.tier == int(Tier.REGIONAL)] = doctors_a_bed * figures.planned[centre].sum()
    return posts


def flows_of(members: Members, tally: MonthTally) -> Floats:
    """A month's visits and charges by provider group, and the fund by county, one after the
    other."""
    by_provider = [members.by_provider(values) for values in (tally.visits, tally.charges)]
    return np.concatenate([*by_provider, tally.fund])


def is_at(region: Region, tier: Tier) -> NDArray[np.bool_]:
    """Facilities of a tier inside the region, (F,)."""
    return (region.facilities.tier == int(tier)) & ~region.facilities.is_delay


def ratio(now: Floats, then: Floats) -> Floats:
    """now / then, element by element of one axis; 1 where there was nothing."""
    out = np.empty(len(then))
    _ratio(now, then, out)
    return out


@kernel
def _ratio(now: Any, then: Any, out: Any) -> None:
    for i in range(len(out)):
        out[i] = now[i] / max(then[i], 1e-12) if then[i] > 0.0 else 1.0


@kernel
def facilities_of_providers(
    provider_of: Any, at_work: Any, staffed: Any, learnt: Any, posted: Any, beds: Any, doctors: Any,
    gain: Any, open_beds: Any,
) -> None:  # fmt: skip
    """What the stocks of provider groups (N,) make of facilities (F,).

    at_work  (N,) doctors over the published;  posted (F,) doctors over those of the provider group
    staffed  (N,) share of beds that have their nurses: the others stay closed;  beds (F,)
    learnt   (N,) adequacy gained by staff and volume
    doctors, gain  (F,), (F, 4) as published and by policy: changed;  open_beds (F,) int64, written
    """
    for f in range(len(doctors)):
        j = provider_of[f]
        present = beds[f]
        if j != NONE:
            present *= staffed[j]
            doctors[f] *= at_work[j] * posted[f]
            for need_class in range(gain.shape[1]):
                gain[f, need_class] += learnt[j]
        open_beds[f] = int(math.floor(present + 1e-6))
