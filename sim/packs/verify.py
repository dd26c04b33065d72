"""What a pack proves about itself: sums, ranges, coverage, and every assumption it rests on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from sim.packs.assemble import assemble
from sim.packs.observed import census
from sim.packs.pack import Pack
from sim.packs.read import pack_folder, read_pack
from sim.packs.schema import STATUSES
from sim.packs.travel import tier_hours
from sim.region import Region
from sim.tiers import ALTERNATIVE_KEYS, TIER_KEYS, Tier

WEAK = ("assumed", "recalled")
# Sizes a planner would find odd: fewest and most beds or doctors of one facility by tier.
# The smallest county facility is the maternal-child one of a banner of 54,000 people.
USUAL_BEDS = {Tier.TOWNSHIP: (5, 150), Tier.COUNTY: (10, 2500), Tier.CITY: (100, 4000)}
USUAL_DOCTORS = {Tier.VILLAGE: (0.5, 8), Tier.TOWNSHIP: (2, 70), Tier.COUNTY: (3, 900)}
FARTHEST_HOURS = 48.0


@dataclass(frozen=True, slots=True)
class Check:
    """One statement about the pack and whether it holds."""

    statement: str
    holds: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """A rule or source that stands behind assumed or recalled values."""

    source: str
    status: str
    values: int
    description: str


@dataclass(frozen=True, slots=True)
class Report:
    """Outcome of verifying a pack.

    checks       statements with their outcome, one a year where stocks differ
    statuses     stated values (a row's value or group of values) by status
    assumptions  what stands behind the assumed and recalled ones, most values first
    oddities     sizes outside the usual range; allowed, but to be looked at
    table        people, facilities, beds and doctors by county and tier, last year of the pack
    """

    region: str
    pack_hash: str
    checks: tuple[Check, ...]
    statuses: dict[str, int]
    assumptions: tuple[Assumption, ...]
    oddities: tuple[str, ...]
    table: str

    @property
    def holds(self) -> bool:
        """True when every check holds."""
        return all(check.holds for check in self.checks)

    @property
    def assumed(self) -> int:
        """Number of assumed and recalled values."""
        return sum(self.statuses.get(status, 0) for status in WEAK)

    def text(self) -> str:
        """The report as printable text."""
        lines = [f"{self.region}  pack {self.pack_hash[:16]}", "", "Checks"]
        lines += [f"  {'ok  ' if c.holds else 'FAIL'} {c.statement}: {c.detail}"
                  for c in self.checks]  # fmt: skip
        total = sum(self.statuses.values())
        lines += ["", f"Values by status, {total} in all, {self.assumed} assumed or recalled"]
        lines += [f"  {status:<11}{count:>8}" for status, count in self.statuses.items()]
        lines += ["", "Assumptions"]
        lines += [f"  {a.values:>6} {a.status:<9} {a.source}: {a.description}"
                  for a in self.assumptions]  # fmt: skip
        lines += ["", f"Unusual sizes: {len(self.oddities)}"]
        lines += [f"  {oddity}" for oddity in self.oddities]
        return "\n".join([*lines, "", self.table])


def verify(region: str | Path) -> Report:
    """Verify a pack in all its years.

    region  name of a pack in sim/regions, or the folder of one
    raises  InputError when the pack cannot be read at all
    """
    pack, digest = read_pack(pack_folder(region))
    worlds = [assemble(pack, year, digest) for year in pack.years]
    checks = [*_population_checks(worlds[-1])]
    for world in worlds:
        checks += _stock_checks(pack, world) + _travel_checks(world)
    return Report(
        worlds[-1].name, digest, tuple(checks), status_counts(pack), _assumptions(pack),
        tuple(oddity for world in worlds[-1:] for oddity in _oddities(world)), table(worlds[-1]),
    )  # fmt: skip


def _population_checks(world: Region) -> list[Check]:
    counties = world.counties
    people = int(counties.census.sum())
    checks = [Check("people", people > 0, f"{people:,} in {len(counties.code)} counties")]
    # An independent count: the census tables themselves, where the county is one of theirs.
    known = [(i, census()[code]) for i, code in enumerate(counties.code) if code in census()]
    if known:
        equal = all(
            counties.census[i].tolist() == [list(row.male), list(row.female)]
            and counties.urban[i] == row.urban
            for i, row in known
        )
        detail = f"{len(known)} counties by sex and 19 ages"
        checks.append(Check("population equals the census tables", equal, detail))
    return checks


def _stock_checks(pack: Pack, world: Region) -> list[Check]:
    facilities, year = world.facilities, world.year
    inside = ~facilities.is_delay
    rows = pack.rows("stocks.csv", "quantity", "year", "value")
    stock = {str(q): float(v) for _, (q, y, v) in rows if y == year}
    beds, doctors = int(facilities.beds[inside].sum()), float(facilities.doctors[inside].sum())
    asked = stock["beds_total"] - stock["beds_not_simulated"]
    away = stock["beds_not_simulated"]
    counted = stock["doctors_in_facilities"]
    return [
        Check(f"beds {year}", beds == asked, f"{beds:,} + {away:,.0f} not simulated"),
        Check(f"doctors {year}", abs(doctors - counted) < 1, f"{doctors:,.0f} of {counted:,.0f}"),
    ]


def _travel_checks(world: Region) -> list[Check]:
    villages, year = world.villages, world.year
    present = villages.facility >= 0
    needed = [ALTERNATIVE_KEYS.index(key) for key in ("village", "township", "outside")]
    covered = bool(present[:, needed].all())
    hours = villages.hours[present]
    sound = bool(np.isfinite(hours).all() and (hours > 0).all() and (hours < FARTHEST_HOURS).all())
    medians = tier_hours(villages.hours, villages.facility, ~villages.is_urban)
    minutes = [round(60 * medians[tier]) for tier in sorted(medians)]
    near = [medians[tier] for tier in sorted(medians) if tier <= Tier.CITY]
    rising = all(a < b for a, b in pairwise(near))
    words = ", ".join(
        f"{TIER_KEYS[tier]} {m}" for tier, m in zip(sorted(medians), minutes, strict=True)
    )
    return [
        Check(f"coverage {year}", covered, f"{len(villages.weight):,} villages: clinic, centre, X"),
        Check(f"hours {year}", sound, f"{present.sum():,} journeys of more than 0, less than 48 h"),
        Check(f"rural travel rises with the tier {year}", rising, f"median minutes {words}"),
    ]


def status_counts(pack: Pack) -> dict[str, int]:
    """Stated values of a pack by status."""
    counts = Counter(status for status, _ in _stated(pack))
    return {status: counts[status] for status in STATUSES if counts[status]}


def _stated(pack: Pack) -> list[tuple[str, str]]:
    """Status and source of every stated value of the pack."""
    found: list[tuple[str, str]] = []
    for table in pack.tables.values():
        for name, values in table.columns.items():
            if name == "status" or name.endswith("_status"):
                sources = table.columns.get(name.removesuffix("status") + "source")
                texts = ["names"] * len(values) if sources is None else [str(s) for s in sources]
                found += zip([str(value) for value in values], texts, strict=True)
    for path, value in pack.settings.items():
        if path.endswith(".status"):
            source = pack.settings[path.removesuffix("status") + "source"]
            found.append((str(value), str(source)))
    return found


def _assumptions(pack: Pack) -> tuple[Assumption, ...]:
    rows = pack.rows("sources.csv", "id", "description")
    words = {str(key): str(text) for _, (key, text) in rows}
    words["names"] = "Names numbered or generic where no list of names was at hand"
    counts = Counter(pair for pair in _stated(pack) if pair[0] in WEAK)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Assumption(s, status, n, words[s]) for (status, s), n in ordered)


def _oddities(world: Region) -> list[str]:
    facilities = world.facilities
    found = []
    for name, usual in (("beds", USUAL_BEDS), ("doctors", USUAL_DOCTORS)):
        values = getattr(facilities, name)
        for tier, (low, high) in usual.items():
            members = (facilities.tier == tier) & ~facilities.is_delay
            for i in np.flatnonzero(members & ((values < low) | (values > high))):
                span = f"usually {low:g}-{high:g}"
                found.append(f"{facilities.key[i]}: {values[i]:g} {name}, {span}")
    return found


def table(world: Region) -> str:
    """People, facilities, beds and doctors by county and tier, as text."""
    facilities = world.facilities
    people = world.counties.census.sum(axis=(1, 2))
    tiers = [tier for tier in Tier if tier <= Tier.REGIONAL]
    head = f"{'county, ' + str(world.year):<18}{'people':>10}{'urban':>7}"
    head += "".join(f"{TIER_KEYS[tier]:>9}{'beds':>7}{'doctors':>9}" for tier in tiers)
    lines = [head]
    for i, name in enumerate(world.counties.name):
        urban = world.counties.urban[i] / people[i]
        line = f"{name:<18}{people[i]:>10,}{urban:>7.2f}"
        for tier in tiers:
            here = (facilities.county == i) & (facilities.tier == tier)
            beds, doctors = facilities.beds[here].sum(), facilities.doctors[here].sum()
            line += f"{here.sum():>9}{beds:>7,}{doctors:>9,.0f}"
        lines.append(line)
    return "\n".join(lines)
