"""Expected tallies of groups of residents: of cells by tier, shared out by age, sex and income."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.engines import record_types as L
from sim.engines.meanfield import expected_bills as M
from sim.engines.meanfield import flows as C
from sim.engines.meanfield.alternatives import BED_WAIT, EMERGENCY_WAIT, WAIT, Links
from sim.engines.meanfield.locations import Floats
from sim.engines.meanfield.periods import MeanField, Solution, need_shares
from sim.jit import kernel
from sim.tiers import ALTERNATIVE_TIER, CRITICAL, N_ALTERNATIVES, N_CLASSES

_COLUMNS = 6 * L.GROUP_TALLIES  # of six tiers


def add_groups(
    model: MeanField, solution: Solution, money: Floats, links: Links, years: float, group: Floats
) -> None:
    """Add what a period counts by group of residents, expected: (groups, 6, GROUP_TALLIES).

    money  (4, N, 4, 11) of the period, see expected_bills.Money
    """
    cells = model.cells
    shares = need_shares(model.need_rates, model.mean_people)  # (N, 4, 5, 2)
    places = np.zeros((len(cells.county), 5, 2, _COLUMNS))
    _add_cells(
        cells.place, cells.chronic * cells.effective, shares, solution.visits, solution.part, money,
        solution.flows, solution.ends, cells.hours, links.place, links.means, years,
        np.zeros((6, L.GROUP_TALLIES)), places,
    )  # fmt: skip
    view = group.reshape(-1, 5, 2, 2, 5, 3, _COLUMNS)
    _add_places(places, cells.county, cells.urban, cells.income, cells.bands, view)


@kernel
def _add_cells(
    place_of: Any, managed: Any, shares: Any, visits: Any, part: Any, money: Any, flows: Any,
    ends: Any, hours: Any, place: Any, means: Any, years: float, tiers: Any, out: Any,
) -> None:  # fmt: skip
    """Add tallies of cells to those of places by age band, sex, tier and tally, (G, 5, 2, 6 x 16).

    managed  (N,) part that is chronically ill with an effective contract
    shares   (N, 4, 5, 2) parts of age bands and sexes in the episodes of a class
    place, means  see alternatives.Links;  tiers  (6, 16) scratch
    """
    row = tiers.reshape(_COLUMNS)
    for i in range(len(place_of)):
        g = place_of[i]
        for s in range(N_CLASSES):
            row[:] = 0.0
            later = part[i, s] * years  # of what the place's episodes lead to
            # Distinguished by tier only as far as the village, where self-care is counted.
            end = ends[g, s]
            tiers[0, L.G_UNRESOLVED] = later * (end[C.UNRESOLVED] + end[C.SELF_UNRESOLVED])
            tiers[0, L.G_RESOLVED] = later * (end[C.RESOLVED] + end[C.SELF_RESOLVED])
            for j in range(N_ALTERNATIVES):
                _add_alternative(
                    visits[i, s, j] * years, later, flows[g, s, j], money[:, i, s, j], hours[g, j],
                    means[g, j], s == CRITICAL, place[g, j, 0], managed[i],
                    tiers[ALTERNATIVE_TIER[j]],
                )  # fmt: skip
            for age in range(5):
                for sex in range(2):
                    share, here = shares[i, s, age, sex], out[g, age, sex]
                    if share > 0.0:
                        for k in range(_COLUMNS):
                            here[k] += share * row[k]


@kernel
def _add_alternative(
    visits: float, later: float, flow: Any, money: Any, hours: float, means: Any, critical: bool,
    own: float, managed: float, row: Any,
) -> None:  # fmt: skip
    """Add what a cell's episodes of a class lead to at one alternative, to the tallies of its tier.

    later  the cell's part of its place's flows;  own  part of it in the own county
    """
    admitted = later * (flow[C.STAYS] + flow[C.SHORT] + flow[C.DOWN])
    fund = money[M.VISIT_FUND] + money[M.STAY_FUND]
    way = 2.0 * hours if math.isfinite(hours) else 0.0  # nobody goes where no way leads
    repeated = later * max(0.0, flow[C.VISITS] - flow[C.FIRST])
    row[L.G_VISITS] += visits
    row[L.G_OWN_VISITS] += visits * own
    row[L.G_FIRST_CONTACTS] += max(0.0, visits - repeated)
    row[L.G_OUT_OF_POCKET] += money[M.VISIT_CHARGE] + money[M.STAY_CHARGE] - fund
    row[L.G_FUND] += fund
    row[L.G_OWN_FUND] += fund * own
    row[L.G_TRAVEL_SECONDS] += visits * way * 3600.0
    row[L.G_WAIT_SECONDS] += visits * means[EMERGENCY_WAIT if critical else WAIT]
    row[L.G_ADMISSIONS] += admitted
    row[L.G_OWN_ADMISSIONS] += admitted * own
    row[L.G_DISCHARGES] += admitted
    row[L.G_STAY_DAYS] += later * flow[C.BED_DAYS]
    row[L.G_BED_WAIT_DAYS] += admitted * means[BED_WAIT]
    row[L.G_MANAGED_ADMISSIONS] += admitted * managed


@kernel
def _add_places(places: Any, county: Any, urban: Any, income: Any, bands: Any, out: Any) -> None:
    """Add tallies of places by age band and sex, (G, 5, 2, 6 x 16), to those of groups:
    (counties, 5 ages, 2 sexes, 2 residences, 5 incomes, 3 bands, 6 x 16)."""
    for g in range(len(places)):
        for age in range(5):
            for sex in range(2):
                for fifth in range(5):
                    row = out[county[g], age, sex, urban[g], fifth]
                    for band in range(3):
                        part = income[g, fifth] * bands[g, band]
                        if part > 0.0:
                            for k in range(_COLUMNS):
                                row[band, k] += part * places[g, age, sex, k]
