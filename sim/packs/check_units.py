"""Whether sizes in a pack are plausible: yuan for fen, per cent for shares, ten times too much.

Each limit lies well beyond what any region of China shows: only a slip of the unit meets it.
"""

from __future__ import annotations

import math
from collections import defaultdict

from sim.errors import Fault
from sim.packs.pack import Pack
from sim.packs.schema import OUTSIDE, SETTINGS_FILE
from sim.tiers import TIER_KEYS

FEN = 100
# Most and fewest yuan of a mean visit and a mean stay by tier; nobody is admitted in a village.
MOST_VISIT_YUAN = dict(zip(TIER_KEYS, (200, 500, 1200, 2000, 3000, 4000), strict=True))
MOST_STAY_YUAN = dict(zip(TIER_KEYS, (2000, 10000, 30000, 60000, 100000, 150000), strict=True))
FEWEST_STAY_YUAN = 200
# Kilometres an hour on the way to a tier.
MOST_SPEED = dict(zip(TIER_KEYS, (60, 80, 120, 160, 400, 400), strict=True))
LEAST_RATE_BP = 100
LEAST_DEDUCTIBLE_YUAN = 50
LEAST_CAP_YUAN = {"outpatient_cap_fen": 50, "inpatient_cap_fen": 10000}
# Of a region, per 1000 residents; the highest prefectures of China have about 12 and 7.
MOST_PER_1000 = {"beds_total": 25, "doctors_licensed": 15, "doctors_in_facilities": 15}
DENSITY = (0.05, 60000)  # residents a km2 of a county
AREA_TOLERANCE = 0.1
FARTHEST_FROM_TOWNSHIP_KM = 150


def _charges(pack: Pack, faults: list[Fault]) -> None:
    hint = "Check the unit: fen, yuan times 100."
    columns = ("tier", "outpatient_fen", "inpatient_fen")
    for line, (tier, visit, stay) in pack.rows("prices.csv", *columns):
        most, most_stay = MOST_VISIT_YUAN[str(tier)], MOST_STAY_YUAN[str(tier)]
        if int(visit) > most * FEN:
            want = f"at most {most * FEN} fen at the tier {tier}"
            faults.append(Fault("prices.csv", line, "outpatient_fen", str(visit), want, hint))
        if stay == 0 and tier != "village":
            want = f"more than 0 at the tier {tier}, which admits"
            faults.append(Fault("prices.csv", line, "inpatient_fen", "0", want))
        elif stay != 0 and not FEWEST_STAY_YUAN * FEN <= int(stay) <= most_stay * FEN:
            want = f"{FEWEST_STAY_YUAN * FEN} to {most_stay * FEN} fen at the tier {tier}"
            faults.append(Fault("prices.csv", line, "inpatient_fen", str(stay), want, hint))


def _rates(pack: Pack, faults: list[Fault]) -> None:
    hint = "Check the unit: basis points, 6000 for 60%."
    for name in ("outpatient_rate_bp", "inpatient_rate_bp"):
        for line, (rate,) in pack.rows("insurance.csv", name):
            if 0 < int(rate) <= LEAST_RATE_BP:
                want = f"0 or more than {LEAST_RATE_BP}"
                faults.append(Fault("insurance.csv", line, name, str(rate), want, hint))
    name, least = "inpatient_deductible_fen", LEAST_DEDUCTIBLE_YUAN * FEN
    hint = "Check the unit: fen, yuan times 100."
    for line, (fen,) in pack.rows("insurance.csv", name):
        if 0 < int(fen) < least:
            want = f"0 or at least {least} fen"
            faults.append(Fault("insurance.csv", line, name, str(fen), want, hint))
    for cap, yuan in LEAST_CAP_YUAN.items():
        for scheme in ("employee", "resident"):
            path = f"insurance.{cap}.{scheme}.value"
            value = int(pack.settings.get(path, 0))
            if 0 < value < yuan * FEN:
                want = f"0 or at least {yuan * FEN} fen"
                faults.append(Fault(SETTINGS_FILE, 0, path, str(value), want, hint))


def _speed_limits(pack: Pack, faults: list[Fault]) -> None:
    for name in ("speed_low", "speed_kmh", "speed_high"):
        for line, (tier, speed) in pack.rows("travel.csv", "tier", name):
            most = MOST_SPEED[str(tier)]
            if float(speed) > most:
                want, hint = f"at most {most} km/h to the tier {tier}", "Check the unit: km/h."
                faults.append(Fault("travel.csv", line, name, f"{speed:g}", want, hint))


def _density(pack: Pack, faults: list[Fault]) -> None:
    """Residents a km2 of each county, and the counties' area against the region's."""
    total = 0.0
    for line, (people, area) in pack.rows("counties.csv", "census_total", "area_km2"):
        total += float(area)
        density = float(people) / float(area)
        if not DENSITY[0] <= density <= DENSITY[1]:
            want = f"{DENSITY[0]:g} to {DENSITY[1]} residents a km2"
            got, hint = f"{density:.3g} residents a km2", "Check the unit: km2."
            faults.append(Fault("counties.csv", line, "area_km2", got, want, hint))
    reported = pack.settings.get("area_km2")
    if reported is not None and pack.whole("counties.csv", "area_km2"):
        if total > float(reported) * (1 + AREA_TOLERANCE):
            want = f"at least the {total:g} of counties.csv"
            hint = "Check the unit of both: km2."
            faults.append(Fault(SETTINGS_FILE, 0, "area_km2", f"{reported:g}", want, hint))


def _levels(pack: Pack, faults: list[Fault]) -> None:
    """Beds and doctors per 1000 residents of the region."""
    if not pack.whole("counties.csv", "census_total"):
        return
    people = sum(int(total) for _, (total,) in pack.rows("counties.csv", "census_total"))
    for line, (quantity, value) in pack.rows("stocks.csv", "quantity", "value"):
        most = MOST_PER_1000.get(str(quantity))
        if most is not None and float(value) * 1000 > most * people:
            per = f"{float(value) * 1000 / max(people, 1):.0f} per 1000 residents"
            got, want = f"{quantity} {value:g}, {per}", f"at most {most} per 1000"
            hint = "Check the unit, and whether the counties are complete."
            faults.append(Fault("stocks.csv", line, "value", got, want, hint))


def _distances(pack: Pack, faults: list[Fault]) -> None:
    """A hospital inside a county lies near a township of it."""
    names = ("east_km", "north_km")
    if not pack.whole("townships.csv", "county", *names):
        return
    places: dict[object, list[tuple[float, float]]] = defaultdict(list)
    for _, (county, east, north) in pack.rows("townships.csv", "county", *names):
        places[county].append((float(east), float(north)))
    for line, values in pack.rows("facilities.csv", "county", "township", *names):
        county, township, east, north = values
        if township != "none" or county == OUTSIDE or not places[county]:
            continue
        near = min(math.hypot(float(east) - e, float(north) - n) for e, n in places[county])
        if near > FARTHEST_FROM_TOWNSHIP_KM:
            name = names[abs(float(north)) > abs(float(east))]
            got = f"{near:.0f} km from the nearest township of {county}"
            want = f"within {FARTHEST_FROM_TOWNSHIP_KM} km"
            faults.append(Fault("facilities.csv", line, name, got, want, "Check the unit: km."))


UNIT_CHECKS = (_charges, _rates, _speed_limits, _density, _levels, _distances)
