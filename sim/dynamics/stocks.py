"""System dynamics: the slow stocks under the patients, a month at a time.

Provider groups are a county's village, township and county tier, and each tier of city hospitals
and regional centres of the region; what lies outside the region has none. The equations are those
of the model description, section 1.5, written so that a region without levers and with the volumes
and incomes of its reference year stands still: posts are those at which attrition and
recruitment leave the published numbers unchanged.

    doctors     E4-E6  recruited into vacant posts, trained, leave, move to the tier above
    nurses      E4     recruited into posts that follow the beds
    training    E7     three stages of targeted students, who become general practitioners
    beds        E9     follow what is planned
    gain        E10-E11  adequacy gained by staff and volume, with a lag
    effort      E16    managers' effort, by what a consortium may retain
    fund, rate  E14, B2  the insurance fund, and the rates it can pay

What flows through is counted as well (hired, left, ...), so that a stock is its start plus what
came less what went.
"""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel
from sim.parameters import one_row
from sim.region import Region
from sim.tiers import Tier

Floats = NDArray[np.float64]
NONE = -1
MONTH = 1.0 / 12.0  # years
STAGES = 3
# Bounds of ours, assumed, so that extreme policy schedules stay finite; no run of the five regions
# comes near.
LEAST_RATE = 0.5  # of the reimbursement rates of a pack
LEAST_INCOME = 0.1  # of the income a head of the reference year
MOST_CONTRACT_TIME = 0.5  # of village and township doctors' time

# Loops that can be cut, and the parameters whose zero cuts them.
LOOPS: dict[str, tuple[str, ...]] = {
    "congestion": ("wait_weight", "delay_weight"),
    "bed_availability": ("bed_elasticity",),
    "income_to_staff": ("income_to_staff",),
    "learning": ("capability_by_volume",),
    "siphon": ("siphon_rate",),
    "consortium_surplus": ("surplus_to_primary", "overspend_shared", "effort_slope"),
    "fund_balance": ("fund_response",),
    "contract_load": ("contract_hours",),
}

# Stocks, and what has flowed since the start: persons, beds, yuan. Of provider groups (N),
# facilities (F) and counties (C).
Stocks = namedtuple(
    "Stocks",
    ["doctors", "practitioners", "nurses", "training", "beds", "gain", "effort", "fund", "rate",
     "hired", "left", "moved_up", "came_up", "trained", "enrolled", "nurses_hired", "nurses_left",
     "opened", "closed", "received", "paid"],
)  # fmt: skip
# What does not change: tier and county of provider groups, provider group above, provider group
# and base beds of facilities.
Links = namedtuple("Links", ["tier", "county", "above"])
# What a month's flows follow; constant within it.
#   posts (N) doctors the establishment is made for; nurse_posts (N); planned (F) beds
#   exits (N) factor on attrition; income (N) factor on income a head; places (N) students a year
#   posted (N) doctors at work over those of the provider group, more where others are posted there
#   volume, revenue (N) over those of the reference year; surplus (C) yuan a year, kept (C) share
#   effort (C) added by policy; contributions, spending (1) yuan a year
Drivers = namedtuple(
    "Drivers",
    ["posts", "nurse_posts", "planned", "exits", "income", "places", "posted", "volume",
     "revenue", "surplus", "kept", "effort", "contributions", "spending"],
)  # fmt: skip


def shapes(providers: int, facilities: int, counties: int) -> dict[str, int]:
    """Length of every array of Stocks."""
    of_providers = ("doctors", "practitioners", "nurses", "gain", "hired", "left", "moved_up",
                "came_up", "trained", "enrolled", "nurses_hired", "nurses_left")  # fmt: skip
    length = dict.fromkeys(of_providers, providers)
    length |= dict.fromkeys(("beds", "opened", "closed"), facilities)
    length |= dict.fromkeys(("fund", "rate", "received", "paid"), 1)
    length |= {"effort": counties, "training": STAGES * providers}
    return length


def view(flat: Floats, length: dict[str, int]) -> Stocks:
    """The arrays of Stocks inside one vector, in the order of its fields."""
    ends = np.cumsum([length[name] for name in Stocks._fields])
    return Stocks._make(np.split(flat, ends[:-1]))


def size(length: dict[str, int]) -> int:
    """Length of the vector."""
    return sum(length[name] for name in Stocks._fields)


@kernel
def relative_income(p: Any, links: Any, drivers: Any, stocks: Any, j: int) -> float:
    """E8: income a head of staff over that of the reference year.

    Source: this model (docs/odd.md).
    """
    tier, county = links.tier[j], links.county[j]
    staff = stocks.doctors[j]
    if staff <= 0.0 or drivers.posts[j] <= 0.0:
        return 1.0
    fixed = p.subsidy_share[tier]
    per_head = drivers.revenue[j] * drivers.posts[j] / staff
    income = (fixed + (1.0 - fixed) * per_head) * drivers.income[j]
    if county < 0 or p.staff_income[tier] <= 0.0:
        return income
    surplus = drivers.surplus[county]
    if surplus > 0.0 and tier == 1:
        income += p.surplus_to_primary * surplus / (staff * p.staff_income[tier])
    if surplus < 0.0 and tier == 2:
        income += surplus / (staff * p.staff_income[tier])
    return max(LEAST_INCOME, income)


@kernel
def pull_upward(p: Any, income_above: float, income: float, vacancy: float) -> float:
    """E6: staff who move to the tier above a year, as a share; 0 unless income rose more there.

    Source: this model (docs/odd.md).
    """
    gap = math.log(income_above / income)
    if gap <= 0.0 or vacancy <= 0.0:
        return 0.0
    return p.siphon_rate * gap * vacancy / (vacancy + p.siphon_vacancy) * (1.0 - p.bonded_share)


@kernel
def retained(p: Any, surplus: float, kept: float) -> float:
    """E15: what a consortium retains of a surplus, or bears of an overspend (negative), yuan.

    Source: this model (docs/odd.md).
    """
    if surplus >= 0.0:
        return kept * surplus
    return p.overspend_shared * surplus if kept > 0.0 else 0.0


def retained_by_county(p: Any, budget: Any, spending: Any, kept: float, out: Any) -> None:
    """`retained` of every county's surplus of budget over spending, (C,).

    Source: as `retained`.
    """
    _retained_by_county(one_row(p), budget, spending, kept, out)


@kernel
def _retained_by_county(parameters: Any, budget: Any, spending: Any, kept: float, out: Any) -> None:
    p = parameters[0]
    for c in range(len(out)):
        out[c] = retained(p, budget[c] - spending[c], kept)


@kernel
def effort_target(p: Any, kept: float) -> float:
    """E16: effort that the share of a surplus retained leads to, 0-1, a logistic curve.

    Source: this model (docs/odd.md).
    """
    return 1.0 / (1.0 + math.exp(-(p.effort_base + p.effort_slope * kept)))


@kernel
def rate_target(p: Any, fund: float, contributions: float, spending: float) -> float:
    """B2: factor on reimbursement rates that the fund can bear: 1 while its reserve is above the
    floor, less by the share of spending not covered as the reserve runs out.

    Source: this model (docs/odd.md).
    """
    if spending <= 0.0 or contributions >= spending:
        return 1.0
    months = 12.0 * fund / spending
    pressed = min(1.0, max(0.0, 1.0 - months / p.fund_reserve_floor))
    uncovered = 1.0 - contributions / spending
    return max(LEAST_RATE, 1.0 - p.fund_response * pressed * uncovered)


@kernel
def flows(p: Any, links: Any, drivers: Any, now: Any, out: Any) -> None:
    """Rates of change of all stocks a year, into `out`, a Stocks.

    Source: stocks and flows with first-order delays, training as a third-order material delay,
    Sterman (2000), Business Dynamics, ch. 11; the equations are this model's (docs/odd.md).
    """
    for j in range(len(links.tier)):
        out.moved_up[j] = out.came_up[j] = 0.0
    for j in range(len(links.tier)):
        _staff(p, links, drivers, now, out, j)
    for j in range(len(links.tier)):
        gone = out.left[j] + out.moved_up[j]
        out.doctors[j] = out.hired[j] + out.trained[j] + out.came_up[j] - gone
        share = now.practitioners[j] / now.doctors[j] if now.doctors[j] > 0.0 else 0.0
        recruits = p.general_practitioner_share if links.tier[j] == 1 else 0.0
        out.practitioners[j] = recruits * out.hired[j] + out.trained[j] - share * gone
        reached = 0.0
        if drivers.posts[j] > 0.0 and now.doctors[j] > 0.0:
            at_work = now.doctors[j] * drivers.posted[j]
            reached = p.capability_by_staff * math.log(at_work / drivers.posts[j])
        if drivers.volume[j] > 0.0:
            reached += p.capability_by_volume * math.log(drivers.volume[j])
        out.gain[j] = (reached - now.gain[j]) / p.capability_years
    for f in range(len(now.beds)):
        change = (drivers.planned[f] - now.beds[f]) / p.bed_project_years
        out.beds[f] = change
        out.opened[f] = max(0.0, change)
        out.closed[f] = max(0.0, -change)
    for c in range(len(now.effort)):
        target = min(1.0, effort_target(p, drivers.kept[c]) + drivers.effort[c])
        out.effort[c] = (target - now.effort[c]) / p.effort_years
    out.received[0] = drivers.contributions[0]
    out.paid[0] = drivers.spending[0]
    out.fund[0] = out.received[0] - out.paid[0]
    target = rate_target(p, now.fund[0], drivers.contributions[0], drivers.spending[0])
    out.rate[0] = (target - now.rate[0]) / p.fund_response_years


@kernel
def _staff(p: Any, links: Any, drivers: Any, now: Any, out: Any, j: int) -> None:
    """Doctors and nurses of one provider group: recruited, trained, leaving, moving up."""
    tier = links.tier[j]
    exit_rate = p.staff_exit_rate[tier]
    income = relative_income(p, links, drivers, now, j)
    # Posts beyond those of the reference hold it steady: whoever leaves is missing for a while.
    posts = drivers.posts[j] * (1.0 + exit_rate * p.vacancy_years) * income**p.income_to_staff
    vacant = max(0.0, posts - now.doctors[j])
    out.hired[j] = min(vacant / p.vacancy_years, p.recruitment_limit * posts)
    out.left[j] = exit_rate * drivers.exits[j] * now.doctors[j]
    ahead = STAGES / p.training_years
    entering = drivers.places[j]
    out.enrolled[j] = entering
    for stage in range(STAGES):
        k = STAGES * j + stage
        leaving = ahead * now.training[k]
        out.training[k] = entering - leaving
        entering = leaving
    out.trained[j] = entering
    nurse_posts = drivers.nurse_posts[j] * (1.0 + exit_rate * p.vacancy_years)
    missing = max(0.0, nurse_posts - now.nurses[j])
    out.nurses_hired[j] = min(missing / p.vacancy_years, p.recruitment_limit * nurse_posts)
    out.nurses_left[j] = exit_rate * now.nurses[j]
    out.nurses[j] = out.nurses_hired[j] - out.nurses_left[j]
    above = links.above[j]
    if above < 0 or drivers.posts[above] <= 0.0:
        return
    income_above = relative_income(p, links, drivers, now, above)
    rate_above = p.staff_exit_rate[links.tier[above]]
    wanted = drivers.posts[above] * (1.0 + rate_above * p.vacancy_years)
    wanted *= income_above**p.income_to_staff
    vacancy = max(0.0, wanted - now.doctors[above]) / wanted
    moving = pull_upward(p, income_above, income, vacancy) * now.doctors[j]
    out.moved_up[j] += moving
    out.came_up[above] += moving


class Integrator:
    """The classical Runge-Kutta step of fourth order over one vector of stocks.

    A fixed step, so that bytes do not depend on a library's step control.

    Source: Hairer, Norsett and Wanner (1993), Solving Ordinary Differential Equations I, ch. II.1.
    """

    def __init__(self, length: dict[str, int]) -> None:
        self.scratch = [np.zeros(size(length)) for _ in range(4)]
        self.views = [view(vector, length) for vector in self.scratch[:2]]

    def step(self, p: Any, links: Links, drivers: Drivers, flat: Floats, years: float) -> None:
        """Move `flat` on by `years` under constant drivers, in place."""
        _runge_kutta(one_row(p), links, drivers, *self.views, *self.scratch, flat, years)


@kernel
def _runge_kutta(
    parameters: Any, links: Any, drivers: Any, now: Any, out: Any, trial: Any, slope: Any,
    first: Any, middle: Any, flat: Any, years: float,
) -> None:  # fmt: skip
    """One step of `Integrator`: four evaluations of the flows, in one call.

    now, out  views of trial and slope;  first, middle  for the first slope, the sum of the next two
    """
    p, n = parameters[0], len(flat)
    for i in range(n):
        trial[i] = flat[i]
    for k in range(3):
        flows(p, links, drivers, now, out)
        ahead = (1.0 if k == 2 else 0.5) * years
        for i in range(n):
            if k == 0:
                first[i] = slope[i]
            elif k == 1:
                middle[i] = slope[i]
            else:
                middle[i] += slope[i]
            trial[i] = flat[i] + slope[i] * ahead
    flows(p, links, drivers, now, out)
    for i in range(n):
        flat[i] += years / 6.0 * (first[i] + 2.0 * middle[i] + slope[i])


def links_of(counties: int, has_city: bool, has_regional: bool) -> Links:
    """Provider groups of a region: three a county, then city hospitals and regional centres where
    there are.

    Above a township stands its county's hospital tier, above that the city's.
    """
    inner = (Tier.VILLAGE, Tier.TOWNSHIP, Tier.COUNTY)
    tier = [int(t) for _ in range(counties) for t in inner]
    county = [c for c in range(counties) for _ in inner]
    city = len(tier) if has_city else NONE
    above = [3 * c + 2 if t == Tier.TOWNSHIP else city if t == Tier.COUNTY else NONE
             for c in range(counties) for t in inner]  # fmt: skip
    for present, t in ((has_city, Tier.CITY), (has_regional, Tier.REGIONAL)):
        if present:
            tier.append(int(t))
            county.append(NONE)
            above.append(NONE)
    return Links(*(np.array(column, dtype=np.int64) for column in (tier, county, above)))


def providers_of(region: Region) -> NDArray[np.int64]:
    """Provider group of every facility, -1 where it has none; provider groups as in `links_of`."""
    f = region.facilities
    n = len(region.counties.code)
    provider = np.where(f.tier <= int(Tier.COUNTY), 3 * f.county + f.tier, NONE)
    provider[f.is_delay | (f.county < 0)] = NONE
    queues = ~f.is_delay
    following = 3 * n
    for tier in (Tier.CITY, Tier.REGIONAL):
        members = queues & (f.tier == int(tier))
        if members.any():
            provider[members] = following
            following += 1
    return provider


@kernel
def whole(start: float, came: float, went: float) -> int:
    """A stock in whole units: its start, and the whole part of what came and went since, so that
    the tallies balance to the unit and the rest is carried.

    Source: this model (docs/odd.md).
    """
    moved = math.floor(came + 1e-9) - math.floor(went + 1e-9)
    return int(math.floor(start + 1e-9) + moved)
