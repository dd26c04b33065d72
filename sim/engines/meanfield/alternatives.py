"""What lies behind the alternatives of places: prices, waits and location."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.engines.meanfield.periods import MeanField
from sim.engines.meanfield.services import mean_of_stations
from sim.tiers import N_ALTERNATIVES, Place

PRICE, STAY_PRICE, WAIT, EMERGENCY_WAIT, BED_WAIT = range(5)


class Links:
    """Prices, waits and location of alternatives, means over the stations behind them.

    place  (G, 11, 3) shares in the own county, elsewhere in the region, outside
    delay  (F,) facilities without a bed limit
    means  (G, 11, 5) price and price of a stay (fen), wait and wait of an emergency (s), wait for a
           bed (days), of a period
    """

    def __init__(self, model: MeanField) -> None:
        s, facility = model.inputs.stations, model.inputs.world.facility
        self.stations = s
        counts = np.diff(s.link_start)
        row = np.repeat(np.arange(len(counts)), counts)  # place x alternative of every link
        of = s.facility[s.link_station]
        county = model.cells.county[row // N_ALTERNATIVES]
        where = np.where(
            facility.outside[of], int(Place.OUTSIDE_REGION),
            np.where(facility.county[of] == county, int(Place.OWN_COUNTY),
                     int(Place.ELSEWHERE_IN_REGION)),
        )  # fmt: skip
        place = [np.bincount(row, (where == k) * s.link_weight, len(counts)) for k in range(3)]
        self.place = np.stack(place, axis=-1).reshape(-1, N_ALTERNATIVES, 3)
        self.delay = np.ascontiguousarray(facility.delay)
        self.means = np.zeros((len(counts) // N_ALTERNATIVES, N_ALTERNATIVES, 5))
        self._values = np.zeros((len(s.facility), 5))

    def update(self, model: MeanField, state: Any) -> None:
        """Prices and waits of a period."""
        now, of, values = model.solver_inputs.conditions, self.stations.facility, self._values
        values[:, PRICE] = now.price[of]
        values[:, STAY_PRICE] = now.stay_price[of]
        values[:, WAIT] = state.wait * 3600.0
        values[:, EMERGENCY_WAIT] = state.emergency_wait * 3600.0
        values[:, BED_WAIT] = state.bed_wait
        self.means = mean_of_stations(self.stations, values)
