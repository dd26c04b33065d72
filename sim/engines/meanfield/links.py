"""What lies behind the alternatives of places: prices, waits, location; and sums over it."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.compiled import kernel
from sim.engines import schema as L
from sim.engines.meanfield import chain as C
from sim.engines.meanfield.model import MeanField
from sim.engines.meanfield.places import Floats
from sim.engines.meanfield.setting import behind
from sim.tiers import Place

# Columns of stations and what they are of a place's flows, summed over classes (chain) ...
_OF_FLOWS = (
    (L.F_VISITS, C.VISITS), (L.F_UNSEEN, C.UNSEEN), (L.F_STAY_DAYS, C.BED_DAYS),
    (L.F_BED_DAYS, C.BED_DAYS), (L.F_LEFT_QUEUE, C.MOVED_ON), (L.F_BED_REQUESTS, C.WANTED),
    (L.F_TRANSFERS_OUT, C.SHORT), (L.F_TRANSFERS_IN, C.TRANSFERRED_IN),
    (L.F_BACK_SENT, C.SENT_BACK), (L.F_BACK_RECEIVED, C.DOWN), (L.F_REFERRED_IN, C.REFERRED_IN),
)  # fmt: skip
# ... and of the county tallies.
_OF_TABLE = (
    (L.F_WAIT_SECONDS, L.C_WAIT_SECONDS), (L.F_ADMISSIONS, L.C_ADMISSIONS),
    (L.F_DISCHARGES, L.C_ADMISSIONS), (L.F_BED_WAIT_DAYS, L.C_BED_WAIT_DAYS),
    (L.F_CHARGE_OUTPATIENT, L.C_CHARGE), (L.F_CHARGE_INPATIENT, L.C_STAY_CHARGE),
)  # fmt: skip


class Links:
    """Prices, waits and location of alternatives, means over the stations behind them.

    place  (G, 11, 3) shares in the own county, elsewhere in the region, outside
    price, stay_price (fen), wait, emergency_wait (s), bed_wait (days): (G, 11), of a period
    """

    def __init__(self, model: MeanField) -> None:
        s, facility = model.ground.stations, model.ground.world.facility
        self.stations = s
        counts = np.diff(s.link_start)
        row = np.repeat(np.arange(len(counts)), counts)  # place x alternative of every link
        of = s.facility[s.link_station]
        county = model.cells.county[row // 11]
        where = np.where(
            facility.outside[of], int(Place.OUTSIDE_REGION),
            np.where(facility.county[of] == county, int(Place.OWN_COUNTY),
                     int(Place.ELSEWHERE_IN_REGION)),
        )  # fmt: skip
        place = [np.bincount(row, (where == k) * s.link_weight, len(counts)) for k in range(3)]
        self.place = np.stack(place, axis=-1).reshape(-1, 11, 3)
        self.price = self.stay_price = np.zeros((len(counts) // 11, 11))
        self.wait = self.emergency_wait = self.bed_wait = self.price

    def update(self, model: MeanField, state: Any) -> None:
        """Prices and waits of a period."""
        now, of = model.setting.conditions, self.stations.facility
        means = behind(model.ground, np.stack(
            [now.price[of], now.stay_price[of], state.wait * 3600.0, state.emergency_wait * 3600.0,
             state.bed_wait], axis=1,
        ))  # fmt: skip
        means = np.ascontiguousarray(np.moveaxis(means, 2, 0))
        self.price, self.stay_price, self.wait, self.emergency_wait, self.bed_wait = means

    def to_stations(self, flows: Floats, table: Floats, stations: int) -> Floats:
        """Tallies of stations, (S, FACILITY_TALLIES), from flows of places (G, 4, 11, FLOWS) and
        the county table (G, 11, COUNTY_TALLIES), as far as they are sums over places."""
        out = np.zeros((stations, L.FACILITY_TALLIES))
        s = self.stations
        _to_stations(s.link_start, s.link_station, s.link_weight, flows, table, out)
        return out


@kernel
def _to_stations(start: Any, station: Any, weight: Any, flows: Any, table: Any, out: Any) -> None:
    for g in range(flows.shape[0]):
        for j in range(11):
            for k in range(start[11 * g + j], start[11 * g + j + 1]):
                row, w = out[station[k]], weight[k]
                for column, source in _OF_FLOWS:
                    total = 0.0
                    for need_class in range(4):
                        total += flows[g, need_class, j, source]
                    row[column] += w * total
                for column, source in _OF_TABLE:
                    row[column] += w * table[g, j, source]
                row[L.F_EMERGENCIES] += w * flows[g, 3, j, C.VISITS]


@kernel
def share_out(
    columns: Any, of_beds: Any, station_of: Any, part: Any, beds: Any, total: Any, out: Any
) -> None:
    """Add the tallies of stations to their facilities: by beds (F,) in the columns `of_beds`, by
    the part (F,) of demand in the others; total (S,) scratch, zeros."""
    for f in range(len(station_of)):
        if station_of[f] >= 0:
            total[station_of[f]] += beds[f]
    for f in range(len(station_of)):
        s = station_of[f]
        if s < 0:
            continue
        in_beds = beds[f] / total[s] if total[s] > 0.0 else part[f]
        for column in range(columns.shape[1]):
            out[f, column] += columns[s, column] * (in_beds if of_beds[column] else part[f])


@kernel
def by_place(place_of: Any, values: Any, out: Any) -> None:
    """Add values of cells by class and alternative, (N, 4, 11), up by place: (G, 11)."""
    for i in range(len(place_of)):
        for s in range(4):
            for j in range(11):
                out[place_of[i], j] += values[i, s, j]


def county_table(
    cells: Any, flows: Floats, links: Links, paid: dict[str, Floats], stays: dict[str, Floats]
) -> Floats:
    """The county tallies by place and alternative: (G, 11, tallies)."""
    table = np.zeros((flows.shape[0], 11, L.COUNTY_TALLIES))
    sums = flows[..., : C.DOWN + 1].sum(axis=1)

    def of_cells(values: Floats) -> Floats:
        out = np.zeros((flows.shape[0], 11))
        by_place(cells.place, values, out)
        return out

    hours = np.where(np.isfinite(cells.hours), cells.hours, 0.0)
    clinic = flows[:, :3, :, C.VISITS].sum(axis=1)
    table[..., L.C_VISITS] = sums[..., C.VISITS]
    table[..., L.C_CHARGE] = of_cells(paid["charge"])
    table[..., L.C_FUND] = of_cells(paid["fund"])
    table[..., L.C_OUT_OF_POCKET] = table[..., L.C_CHARGE] - table[..., L.C_FUND]
    table[..., L.C_TRAVEL_SECONDS] = sums[..., C.VISITS] * 2.0 * hours * 3600.0
    table[..., L.C_WAIT_SECONDS] = (
        clinic * links.wait + flows[:, 3, :, C.VISITS] * links.emergency_wait
    )
    table[..., L.C_FIRST_CONTACTS] = sums[..., C.FIRST]
    table[..., L.C_REFERRALS] = sums[..., C.REFERRED]
    table[..., L.C_ADMISSIONS] = sums[..., C.STAYS] + sums[..., C.SHORT] + sums[..., C.DOWN]
    table[..., L.C_DISCHARGES] = table[..., L.C_ADMISSIONS]
    table[..., L.C_STAY_CHARGE] = of_cells(stays["charge"])
    table[..., L.C_STAY_FUND] = of_cells(stays["fund"])
    table[..., L.C_STAY_OUT_OF_POCKET] = table[..., L.C_STAY_CHARGE] - table[..., L.C_STAY_FUND]
    table[..., L.C_UNSEEN] = sums[..., C.UNSEEN]
    table[..., L.C_BED_WAIT_DAYS] = table[..., L.C_ADMISSIONS] * links.bed_wait
    return table
