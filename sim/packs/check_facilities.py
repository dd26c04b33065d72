"""Whether the facilities of a pack fit its tiers, its stocks and its villages."""

from __future__ import annotations

import math
from collections import Counter

from sim.errors import Fault
from sim.packs.cells import Value
from sim.packs.pack import Pack
from sim.packs.schema import (
    MOST_BEDS,
    MOST_DOCTORS,
    NONE,
    OUTSIDE,
    STOCK_QUANTITIES,
    TIERS_OF_KIND,
)
from sim.tiers import TIER_KEYS, Kind, Tier

DOCTOR_TOLERANCE = 0.5
FARTHEST_KM = 150.0


def check_facility_rows(pack: Pack, faults: list[Fault]) -> None:
    """Tier, kind, place and years of each facility agree."""
    columns = ("tier", "kind", "county", "township", "village", "place_outside", "is_delay",
               "opens_year", "last_year")  # fmt: skip
    for line, values in pack.rows("facilities.csv", *columns):
        tier_key, kind_key, county, township, village, outside, delay, opens, last = values
        tier, kind = Tier(TIER_KEYS.index(str(tier_key))), Kind[str(kind_key).upper()]

        def fault(name: str, got: object, want: str, line: int = line) -> None:
            faults.append(Fault("facilities.csv", line, name, repr(got), want))

        if tier not in TIERS_OF_KIND[kind]:
            allowed = ", ".join(TIER_KEYS[t] for t in TIERS_OF_KIND[kind])
            fault("tier", tier_key, f"{allowed} for a {kind_key}")
        if (county == OUTSIDE) != bool(delay):
            fault("is_delay", "yes" if delay else "no", "yes exactly when the county is outside")
        if outside and county != OUTSIDE:
            fault("place_outside", "yes", "no for a facility inside a county")
        if tier == Tier.OUTSIDE and not outside:
            fault("place_outside", "no", "yes for the tier outside")
        if tier <= Tier.COUNTY and county == OUTSIDE:
            fault("county", county, f"a county for the tier {tier_key}")
        if (township != NONE) != (tier <= Tier.TOWNSHIP):
            fault("township", township, "a township for the two lowest tiers, else none")
        if (village != NONE) != (tier == Tier.VILLAGE):
            fault("village", village, "a village for the lowest tier, else none")
        if int(opens) > int(last):
            fault("opens_year", opens, f"no later than the last year {last}")


def check_facility_stocks(pack: Pack, faults: list[Fault]) -> None:
    """Beds and doctors of each facility are of a plausible size, and their sums the stocks."""
    for quantity, most, stock in (
        ("beds", MOST_BEDS, "beds_total"), ("doctors", MOST_DOCTORS, "doctors_in_facilities"),
    ):  # fmt: skip
        for year in pack.years:
            name, total = f"{quantity}_{year}", 0.0
            columns = ("tier", "is_delay", "opens_year", "last_year", name)
            for line, values in pack.rows("facilities.csv", *columns):
                tier, delay, opens, last, value = values
                limit = most[Tier(TIER_KEYS.index(str(tier)))]
                is_open = int(opens) <= year <= int(last)
                if float(value) > limit:
                    want, hint = f"at most {limit} at the tier {tier}", "Check the unit."
                    faults.append(Fault("facilities.csv", line, name, str(value), want, hint))
                elif not is_open and not delay and float(value) > 0:
                    want = f"0, since it is not open in {year}"
                    faults.append(Fault("facilities.csv", line, name, str(value), want))
                total += 0.0 if delay else float(value)
            if pack.whole("facilities.csv", *columns):
                _compare_stock(pack, stock, year, total, faults)


def _compare_stock(pack: Pack, stock: str, year: int, total: float, faults: list[Fault]) -> None:
    rows = {
        (str(quantity), int(of_year)): (line, float(value))
        for line, (quantity, of_year, value) in pack.rows("stocks.csv", "quantity", "year", "value")
    }
    found = rows.get((stock, year))
    if found is None:
        return
    line, value = found
    if stock == "beds_total":
        value -= rows.get(("beds_not_simulated", year), (0, 0.0))[1]
    tolerance = DOCTOR_TOLERANCE if stock.startswith("doctors") else 0.0
    if abs(value - total) > tolerance:
        want = f"{total:g} in facilities.csv"
        hint = "Change the facilities or the stock, so that they agree."
        faults.append(Fault("stocks.csv", line, "value", f"{stock} {year}: {value:g}", want, hint))


def check_open_facilities(pack: Pack, faults: list[Fault]) -> None:
    """Each year has one regional centre and one outside facility, each township a centre."""
    columns = ("tier", "township", "opens_year", "last_year")
    if not pack.whole("facilities.csv", *columns):
        return
    rows = [values for _, values in pack.rows("facilities.csv", *columns)]
    for year in pack.years:
        open_tiers = Counter(tier for tier, _, opens, last in rows
                             if int(opens) <= year <= int(last))  # fmt: skip
        for tier in ("regional", "outside"):
            if open_tiers[tier] != 1:
                got = f"{open_tiers[tier]} of the tier {tier} open in {year}"
                faults.append(Fault("facilities.csv", 0, "tier", got, "one open in each year"))
    always = Counter(
        township for tier, township, opens, last in rows
        if tier == "township" and int(opens) <= min(pack.years) and int(last) >= max(pack.years)
    )  # fmt: skip
    for line, (key,) in pack.rows("townships.csv", "key"):
        if always[key] != 1:
            got = f"{always[key]} centres of {key} open in all years"
            faults.append(Fault("townships.csv", line, "key", got, "one in facilities.csv"))


def check_village_clinics(pack: Pack, faults: list[Fault]) -> None:
    """A clinic lies in the township of its village, and every county has one."""
    columns = ("tier", "county", "township", "village", "opens_year", "last_year")
    if not (pack.whole("facilities.csv", *columns) and pack.whole("villages.csv", "key")):
        return
    township_of = {
        key: township for _, (key, township) in pack.rows("villages.csv", "key", "township")
    }
    county_of = {key: county for _, (key, county) in pack.rows("townships.csv", "key", "county")}
    codes = {code for _, (code,) in pack.rows("counties.csv", "code")}
    served: set[Value] = set()
    for line, values in pack.rows("facilities.csv", *columns):
        tier, county, township, village, opens, last = values
        if tier == "village":
            home = township_of.get(village, township)
            if home != township and {home, township} <= county_of.keys():
                want = f"{township_of[village]}, the township of {village}"
                faults.append(Fault("facilities.csv", line, "township", repr(township), want))
            if int(opens) <= min(pack.years) and int(last) >= max(pack.years):
                served.add(county)
        home = county_of.get(township, county)
        if tier in ("village", "township") and home != county and {home, county} <= codes:
            want = f"{county_of[township]}, the county of {township}"
            faults.append(Fault("facilities.csv", line, "county", repr(county), want))
    for line, (code,) in pack.rows("counties.csv", "code"):
        if code not in served:
            got = f"no clinic in {code}"
            faults.append(Fault("counties.csv", line, "code", got, "a village clinic or station"))


def check_stocks(pack: Pack, faults: list[Fault]) -> None:
    """Every stock has a row for every year of the pack."""
    if not pack.whole("stocks.csv", "quantity", "year"):
        return
    given = {tuple(values) for _, values in pack.rows("stocks.csv", "quantity", "year")}
    for year in pack.years:
        for quantity in STOCK_QUANTITIES:
            if (quantity, year) not in given:
                got = f"no {quantity} of {year}"
                faults.append(Fault("stocks.csv", 0, "quantity", got, "a row of each year"))


def check_positions(pack: Pack, faults: list[Fault]) -> None:
    """Villages and their clinics and centres lie near the township they belong to."""
    names = ("east_km", "north_km")
    centre = {
        key: (float(east), float(north))
        for _, (key, east, north) in pack.rows("townships.csv", "key", *names)
    }
    for file in ("villages.csv", "facilities.csv"):
        for line, (township, east, north) in pack.rows(file, "township", *names):
            if township in centre:
                at = centre[township]
                distance = math.hypot(float(east) - at[0], float(north) - at[1])
                if distance > FARTHEST_KM:
                    name = names[abs(float(north) - at[1]) > abs(float(east) - at[0])]
                    got = str(east if name == "east_km" else north)
                    want = f"within {FARTHEST_KM:g} km of the township {township}"
                    faults.append(Fault(file, line, name, got, want, "Check the unit: km."))
