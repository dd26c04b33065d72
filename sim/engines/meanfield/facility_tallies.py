"""Expected tallies of counties, facilities and episodes: flows of places and money, summed."""

from __future__ import annotations

import math
from typing import Any

from sim.day import days_to_opening
from sim.engines import record_types as L
from sim.engines.meanfield import expected_bills as M
from sim.engines.meanfield import flows as C
from sim.engines.meanfield.alternatives import BED_WAIT, EMERGENCY_WAIT, WAIT
from sim.engines.meanfield.surfaces import seconds_of_visit
from sim.jit import kernel
from sim.tiers import ALTERNATIVE_TIER, CRITICAL, N_ALTERNATIVES, N_CLASSES

# Columns of the county table and what they are of a place's flows, summed over classes (chain).
_COUNTY_OF_FLOWS = (
    (L.C_VISITS, C.VISITS), (L.C_FIRST_CONTACTS, C.FIRST), (L.C_REFERRALS, C.REFERRED),
    (L.C_UNSEEN, C.UNSEEN), (L.C_ADMISSIONS, C.STAYS), (L.C_ADMISSIONS, C.SHORT),
    (L.C_ADMISSIONS, C.DOWN),
)  # fmt: skip
# Columns of stations and what they are of flows ...
_OF_FLOWS = (
    (L.F_VISITS, C.VISITS), (L.F_UNSEEN, C.UNSEEN), (L.F_STAY_DAYS, C.BED_DAYS),
    (L.F_BED_DAYS, C.BED_DAYS), (L.F_LEFT_QUEUE, C.MOVED_ON), (L.F_BED_REQUESTS, C.WANTED),
    (L.F_TRANSFERS_OUT, C.SHORT), (L.F_TRANSFERS_IN, C.TRANSFERRED_IN),
    (L.F_BACK_SENT, C.SENT_BACK), (L.F_BACK_RECEIVED, C.DOWN), (L.F_REFERRED_IN, C.REFERRED_IN),
)  # fmt: skip
# ... and of the county table.
_OF_TABLE = (
    (L.F_WAIT_SECONDS, L.C_WAIT_SECONDS), (L.F_ADMISSIONS, L.C_ADMISSIONS),
    (L.F_DISCHARGES, L.C_ADMISSIONS), (L.F_BED_WAIT_DAYS, L.C_BED_WAIT_DAYS),
    (L.F_CHARGE_OUTPATIENT, L.C_CHARGE), (L.F_CHARGE_INPATIENT, L.C_STAY_CHARGE),
)  # fmt: skip
_OF_ENDS = (
    (L.E_STARTED, C.STARTED), (L.E_SELF_RESOLVED, C.SELF_RESOLVED),
    (L.E_SELF_UNRESOLVED, C.SELF_UNRESOLVED), (L.E_RESOLVED, C.RESOLVED),
    (L.E_UNRESOLVED, C.UNRESOLVED), (L.E_FIRST_PRIMARY, C.FIRST_PRIMARY),
    (L.E_CONTACTED, C.CONTACTED),
)  # fmt: skip


@kernel
def county_table(
    place_of: Any, money: Any, flows: Any, hours: Any, means: Any, years: float, sums: Any,
    table: Any,
) -> None:  # fmt: skip
    """The county tallies of a period by place and alternative, into zeros (G, 11, tallies).

    money  (4, N, 4, 11) of the period, see expected_bills.Money; flows of places a year, see
           flows
    hours  (G, 11) one-way travel; means  see alternatives.Links;  sums  (4, G, 4, 11) scratch
    """
    _sum_by_place(place_of, money.reshape(4, -1, 44), sums.reshape(4, -1, 44))
    for g in range(flows.shape[0]):
        for j in range(N_ALTERNATIVES):
            _count(flows[g, :, j], sums[:, g, :, j], hours[g, j], means[g, j], years, table[g, j])


@kernel
def _sum_by_place(place_of: Any, values: Any, out: Any) -> None:
    """Add kinds of values of cells, (kinds, N, k), up by place: (kinds, G, k)."""
    out[:] = 0.0
    for kind in range(len(values)):
        for i in range(len(place_of)):
            here, row = values[kind, i], out[kind, place_of[i]]
            for k in range(len(row)):
                row[k] += here[k]


@kernel
def _count(flows: Any, money: Any, hours: float, means: Any, years: float, row: Any) -> None:
    """A row of the county table, of an alternative: flows (4, FLOWS) and money (4, 4 classes)."""
    for s in range(N_CLASSES):
        row[L.C_CHARGE] += money[M.VISIT_CHARGE, s]
        row[L.C_FUND] += money[M.VISIT_FUND, s]
        row[L.C_STAY_CHARGE] += money[M.STAY_CHARGE, s]
        row[L.C_STAY_FUND] += money[M.STAY_FUND, s]
        for column, source in _COUNTY_OF_FLOWS:
            row[column] += flows[s, source] * years
        wait = means[EMERGENCY_WAIT] if s == CRITICAL else means[WAIT]
        row[L.C_WAIT_SECONDS] += flows[s, C.VISITS] * years * wait
    if math.isfinite(hours):  # nobody goes where no way leads
        row[L.C_TRAVEL_SECONDS] = row[L.C_VISITS] * 2.0 * hours * 3600.0
    row[L.C_OUT_OF_POCKET] = row[L.C_CHARGE] - row[L.C_FUND]
    row[L.C_STAY_OUT_OF_POCKET] = row[L.C_STAY_CHARGE] - row[L.C_STAY_FUND]
    row[L.C_DISCHARGES] = row[L.C_ADMISSIONS]
    row[L.C_BED_WAIT_DAYS] = row[L.C_ADMISSIONS] * means[BED_WAIT]


@kernel
def add_places(table: Any, weights: Any, where: Any, county: Any, out: Any) -> None:
    """Add a table by place and alternative, (G, 11, tallies), to (months, counties, 6 tiers, 3
    places, tallies), by the months' weights; where (G, 11, 3) shares of an alternative's places."""
    for month in range(len(weights)):
        for g in range(len(county)):
            for j in range(N_ALTERNATIVES):
                for k in range(3):
                    part = weights[month] * where[g, j, k]
                    if part != 0.0:
                        row = out[month, county[g], ALTERNATIVE_TIER[j], k]
                        for column in range(table.shape[2]):
                            row[column] += part * table[g, j, column]


@kernel
def to_stations(
    start: Any, station: Any, weight: Any, flows: Any, table: Any, years: float, out: Any
) -> None:
    """Tallies of stations in a period, into zeros (S, FACILITY_TALLIES), as far as they are sums
    over places: from flows a year (G, 4, 11, FLOWS) and the county table of the period.

    start, station, weight  links of places and alternatives to stations, see stations.Stations
    """
    for g in range(flows.shape[0]):
        for j in range(N_ALTERNATIVES):
            for k in range(start[N_ALTERNATIVES * g + j], start[N_ALTERNATIVES * g + j + 1]):
                row, w = out[station[k]], weight[k]
                for column, source in _OF_FLOWS:
                    total = 0.0
                    for need_class in range(N_CLASSES):
                        total += flows[g, need_class, j, source]
                    row[column] += w * years * total
                for column, source in _OF_TABLE:
                    row[column] += w * table[g, j, source]
                row[L.F_EMERGENCIES] += w * years * flows[g, 3, j, C.VISITS]


@kernel
def seconds_of_service(parameters: Any, tier: Any, delay: Any, columns: Any) -> None:
    """Seconds of consults and tests of stations, by their visits; a station without queue and bed
    limit counts neither those nor days in bed."""
    p = parameters[0]
    for s in range(len(tier)):
        own = columns[s, L.F_VISITS] * seconds_of_visit(p, tier[s])
        columns[s, L.F_SERVICE_SECONDS] = 0.0 if delay[s] else own
        if delay[s]:
            columns[s, L.F_BED_DAYS] = 0.0


@kernel
def share_out(
    columns: Any, of_beds: Any, station_of: Any, part: Any, beds: Any, delay: Any, years: float,
    total: Any, out: Any,
) -> None:  # fmt: skip
    """Add the tallies of stations to their facilities: by beds (F,) in the columns `of_beds`, by
    the part (F,) of demand in the others; and the days their beds are open.

    of_beds  1.0 and 0.0;  delay  (F,) facilities without a bed limit;  total  (S,) scratch, zeros
    """
    for f in range(len(station_of)):
        if not delay[f]:
            out[f, L.F_OPEN_BED_DAYS] += beds[f] * years * 365.0
            if station_of[f] >= 0:
                total[station_of[f]] += beds[f]
    for f in range(len(station_of)):
        s = station_of[f]
        if s < 0:
            continue
        in_beds = part[f]
        if total[s] > 0.0:
            in_beds = 0.0 if delay[f] else beds[f] / total[s]
        for column in range(columns.shape[1]):
            share = of_beds[column] * in_beds + (1.0 - of_beds[column]) * part[f]
            out[f, column] += columns[s, column] * share


@kernel
def add_episodes(ends: Any, years: float, out: Any) -> None:
    """Add the ends of episodes in a period, (4, EPISODE_TALLIES), from those a year of places."""
    for g in range(ends.shape[0]):
        for s in range(N_CLASSES):
            for column, source in _OF_ENDS:
                out[s, column] += ends[g, s, source] * years


@kernel
def open_episodes(parameters: Any, weekday: int, ends: Any, flows: Any, out: Any) -> None:
    """Episodes open at the end of a day, by class, at a period's pace, into zeros (4,): those open
    at any time, by Little's law, and those a closed clinic without appointments puts off."""
    p = parameters[0]
    intensity = p.weekday[weekday] / p.weekday.mean()
    for j in range(N_ALTERNATIVES):
        tier = ALTERNATIVE_TIER[j]
        if days_to_opening(tier, weekday) > 0 and p.appointment_days[tier] < 0.5:
            for g in range(ends.shape[0]):
                for s in range(3):
                    out[s] += flows[g, s, j, C.FIRST] * intensity / 365.0
    for g in range(ends.shape[0]):
        for s in range(N_CLASSES):
            out[s] += ends[g, s, C.OPEN_DAYS] / 365.0
