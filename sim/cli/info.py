"""One page on a region that a planner can check against what he knows.

Everything printed is in the pack or stored beside it; nothing is simulated here. Figures that were
simulated stand with the key of the run they are from.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.packs import load_region
from sim.packs.named_institutions import PLANS, named_in
from sim.packs.pack import Pack
from sim.packs.read import pack_folder, read_pack
from sim.packs.verify import status_counts
from sim.parameters import STATUSES, read_shifts, rows_of_status
from sim.region import Region
from sim.tiers import TIER_KEYS, Tier
from sim.words import known, pad, text

DATA = Path(__file__).parent.parent / "data"
NATIONAL, LOCAL = DATA / "anchors_national.csv", DATA / "anchors_local.csv"
SENSITIVITIES, NAMES = DATA / "sensitivities.csv", DATA / "parameter_names.csv"
NOTES = DATA / "notes.csv"
# Fewer local figures of use than this cannot anchor a region's behaviour.
ENOUGH = 5
MOST_SENSITIVE = 10
# Statuses a figure may have to be shown as an observation.
OBSERVED = ("published", "derived", "computed")
AGE_GROUPS = (("0-14", 0, 4), ("15-44", 4, 10), ("45-64", 10, 14), ("65+", 14, 19))
INSIDE = (Tier.VILLAGE, Tier.TOWNSHIP, Tier.COUNTY, Tier.CITY, Tier.REGIONAL)
Table = list[Sequence[str]]


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a stored table; none where it has not been computed."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def grid(rows: Table, left: int = 1) -> str:
    """Rows under a head as aligned text; the first `left` columns to the left."""
    widths = [
        max(sum(2 if ord(c) > 0x2E80 else 1 for c in row[k]) for row in rows)
        for k in range(len(rows[0]))
    ]
    return "\n".join(
        "  " + "  ".join(pad(cell, width, right=k >= left)
                         for k, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in rows
    )  # fmt: skip


def page(region: str, year: int, lang: str, assumptions: bool = False) -> str:
    """The page: people, facilities, beds, doctors, prices, anchors, what matters, assumptions.

    lang         "en" or "zh"
    assumptions  list every assumed model parameter at the end
    """
    world = load_region(region, year)
    pack, _ = read_pack(pack_folder(region))
    fitted = [row for row in read(LOCAL) if row["region"] == world.key and row["use"] == "fitted"]
    parts = []
    if len(fitted) < ENOUGH and world.key != "reference":
        parts += [text("info.borrowed", lang).format(n=len(fitted), enough=ENOUGH), ""]
    name = world.name_zh if lang == "zh" else f"{world.name} {world.name_zh}"
    parts += [f"{name} {year}", ""]
    sections = (
        ("info.people", people(world, pack, lang)),
        ("info.counties", counties(world, lang)),
        ("info.density", densities(world, pack, lang)),
        ("info.prices", prices(pack, lang)),
        ("info.rates", rates(pack, lang)),
        ("info.named", named(world.key, lang)),
        ("info.local", local_anchors(world.key, lang)),
        ("info.stocks", published_stocks(world, pack, lang)),
        ("info.anchors", national_anchors(lang)),
        ("info.sensitive", sensitivities(lang)),
        ("info.weak", weak(pack, lang)),
    )
    for title, body in sections:
        if body:
            parts += [text(title, lang), body, ""]
    if assumptions:
        parts += [text("info.assumptions", lang), assumption_list(), ""]
    return "\n".join(parts).rstrip()


def people(world: Region, pack: Pack, lang: str) -> str:
    """Residents of the census by residence and age, and published counts of later years."""
    total, urban = int(world.counties.census.sum()), int(world.counties.urban.sum())
    ages = world.counties.census.sum(axis=(0, 1))
    head = [text(f"info.{key}", lang) for key in ("census", "urban", "rural")]
    counts = [f"{total:,}", f"{urban:,}", f"{total - urban:,}"]
    shares = ["100%", f"{urban / total:.1%}", f"{1 - urban / total:.1%}"]
    for name, first, last in AGE_GROUPS:
        persons = int(ages[first:last].sum())
        head.append(name + text("info.years", lang))
        counts.append(f"{persons:,}")
        shares.append(f"{persons / total:.1%}")
    lines = [grid([head, counts, shares], left=0)]
    later = [
        f"{when} {persons:,} ({text('status.' + status, lang)})"
        for when, persons, status in _counts(pack)
    ]
    if later:
        lines.append("  " + text("info.later", lang) + " " + "; ".join(later))
    return "\n".join(lines)


def counties(world: Region, lang: str) -> str:
    """One row a county: people, then facilities, beds and doctors by tier; a total below."""
    f = world.facilities
    residents = world.counties.census.sum(axis=(1, 2))
    words = [text(f"info.{key}", lang) for key in ("county", "people_column", "urban_share")]
    for tier in INSIDE:
        tier_name = text(f"tier.{TIER_KEYS[tier]}", lang)
        words += [tier_name, text("info.beds", lang), text("info.doctors", lang)]
    rows: Table = [words]
    names = world.counties.name_zh if lang == "zh" else world.counties.name
    places: list[tuple[str, list[int]]] = [(name, [i]) for i, name in enumerate(names)]
    for name, members in [*places, (text("info.total", lang), list(range(len(names))))]:
        persons = int(residents[members].sum())
        urban = int(world.counties.urban[members].sum())
        row = [name, f"{persons:,}", f"{urban / persons:.0%}"]
        for tier in INSIDE:
            here = (f.tier == tier) & ~f.is_delay
            here &= [county in members for county in f.county]
            row += [f"{here.sum():,}", f"{f.beds[here].sum():,}", f"{f.doctors[here].sum():,.0f}"]
        rows.append(row)
    return grid(rows)


def densities(world: Region, pack: Pack, lang: str) -> str:
    """Beds and licensed doctors a 1000 residents of the year, with the denominator reported."""
    stock = {
        str(quantity): (float(str(value)), str(status))
        for _, (quantity, year, value, status) in pack.rows(
            "stocks.csv", "quantity", "year", "value", "status"
        )
        if year == world.year
    }
    residents, known = _residents(pack, world)
    lines = [f"  {text('info.denominator', lang)} {residents:,} ({text('status.' + known, lang)})"]
    for quantity in ("beds_total", "doctors_licensed"):
        value, status = stock[quantity]
        lines.append(
            f"  {text('info.' + quantity, lang)} {value:,.0f} ({text('status.' + status, lang)}), "
            f"{1000 * value / residents:.2f} {text('info.per_1000', lang)}"
        )
    return "\n".join(lines)


def _counts(pack: Pack) -> list[tuple[int, int, str]]:
    """Published residents of region.yaml: year's end, persons, status."""
    found = []
    for i in range(len(pack.years) + 1):
        path = f"resident_population[{i}]"
        if f"{path}.persons" in pack.settings:
            when, persons, status = (
                str(pack.settings[f"{path}.{name}"]) for name in ("year_end", "persons", "status")
            )
            found.append((int(when), int(persons), status))
    return found


def _residents(pack: Pack, world: Region) -> tuple[int, str]:
    """Residents of the year: the census in 2020, then the latest published count up to it."""
    found = (int(str(pack.settings["census.population"])), "published")
    for when, persons, status in _counts(pack):
        if when <= world.year:
            found = (persons, status)
    return found


def prices(pack: Pack, lang: str) -> str:
    """Charges of a visit and a stay by kind of facility, yuan."""
    head = ("tier", "kind", "visit_yuan", "stay_yuan", "status")
    rows: Table = [[text(f"info.{key}", lang) for key in head]]
    for _, (tier, kind, visit, stay, status) in pack.rows(
        "prices.csv", "tier", "kind", "outpatient_fen", "inpatient_fen", "status"
    ):
        rows.append([
            text(f"tier.{tier}", lang), text(f"kind.{kind}", lang), f"{int(str(visit)) / 100:,.0f}",
            f"{int(str(stay)) / 100:,.0f}", text(f"status.{status}", lang),
        ])  # fmt: skip
    return grid(rows, left=2)


def rates(pack: Pack, lang: str) -> str:
    """What the fund pays by scheme and tier, with the deductible of the first stay, yuan."""
    head = ("scheme", "tier", "visit_rate", "stay_rate", "deductible", "status")
    rows: Table = [[text(f"info.{key}", lang) for key in head]]
    for _, (scheme, tier, visit, stay, deductible, status) in pack.rows(
        "insurance.csv", "scheme", "tier", "outpatient_rate_bp", "inpatient_rate_bp",
        "inpatient_deductible_fen", "inpatient_status",
    ):  # fmt: skip
        rows.append([
            text(f"scheme.{scheme}", lang), text(f"tier.{tier}", lang),
            f"{int(str(visit)) / 10000:.0%}", f"{int(str(stay)) / 10000:.0%}",
            f"{int(str(deductible)) / 100:,.0f}", text(f"status.{status}", lang),
        ])  # fmt: skip
    return grid(rows, left=2)


def named(region: str, lang: str) -> str:
    """What the region's plan names or counts, with the clause."""
    found = named_in(region)
    if not found:
        return ""
    lines = [f"  {PLANS[region]}"]
    for row in found:
        name = row.name_zh if lang == "zh" else row.name
        facts = [text(f"stage.{row.stage}", lang) + (f" {row.year}" if row.year else "")]
        if row.level != "not_stated":
            facts.append(text(f"level.{row.level}", lang))
        if row.beds:
            facts.append(f"{row.beds} {text('info.beds', lang)}")
        if row.count != 1:
            facts.append(str(row.count) if row.count else text("info.no_number", lang))
        facts.append(text(f"simulated.{row.simulated}", lang))
        lines.append(f"  {row.clause}  {name}: {', '.join(facts)}")
    return "\n".join(lines)


def local_anchors(region: str, lang: str) -> str:
    """Local figures of use with what national and shifted behaviour give; then the shifts."""
    rows = [row for row in read(LOCAL) if row["region"] == region and row["status"] in OBSERVED]
    if not rows:
        return ""
    head = ("anchor", "year", "published", "allowed", "national", "simulated", "residual", "met",
            "use", "run")  # fmt: skip
    cells: Table = [[text(f"info.{key}", lang) for key in head]]
    for row in rows:
        met = abs(float(row["residual"])) <= float(row["allowed_error"])
        cells.append([
            row["anchor_zh" if lang == "zh" else "anchor"], row["year"],
            *(f"{float(row[name]):,.10g}" for name in (
                "published", "allowed_error", "national_behaviour", "simulated", "residual"
            )),
            text("info.yes" if met else "info.no", lang), text(f"use.{row['use']}", lang),
            row["run_key"][:8],
        ])  # fmt: skip
    shifts = "; ".join(
        f"{_parameter(key, lang)} "
        f"{'+' if operation == 'add' and amount >= 0 else '' if operation == 'add' else 'x '}"
        f"{amount:.3g}"
        for key, (operation, amount) in read_shifts(region).items()
    )
    return grid(cells) + ("\n  " + text("info.shifts", lang) + " " + shifts if shifts else "")


def _parameter(key: str, lang: str) -> str:
    """A shifted parameter: the key of its row, in Chinese its name and tier."""
    name, _, tier = key.partition(":")
    if lang == "en":
        return key
    return f"{text(f'parameter.{name}', lang)}（{text(f'tier.{tier}', lang)}）"


def published_stocks(world: Region, pack: Pack, lang: str) -> str:
    """Published local figures that are inputs or have no counterpart here, as the pack has them."""
    used = {(row["indicator"], row["year"]) for row in read(LOCAL) if row["region"] == world.key}
    notes = {row["note"]: row["note_zh"] for row in read(NOTES)} if lang == "zh" else {}
    lines = []
    for _, (indicator, scope, when, value, unit, definition, status) in pack.rows(
        "anchors.csv", "indicator", "scope", "year", "value", "unit", "definition", "status"
    ):
        if world.key == "reference" or status not in OBSERVED or (indicator, str(when)) in used:
            continue
        words, _, note = str(definition).partition("; ")
        name = words if lang == "zh" else f"{str(indicator).replace('_', ' ')} ({scope})"
        if lang == "zh" and known(f"quantity.{indicator}"):
            name += text(f"quantity.{indicator}", lang)
        note = notes.get(note, note)
        words_of_unit = text(f"unit.{unit}", lang) if known(f"unit.{unit}") else unit
        amount = f"{value:,.10g} {words_of_unit}".rstrip()
        lines.append(f"  {when}  {name}: {amount}" + (f"  [{note}]" if note else ""))
    return "\n".join(lines)


def national_anchors(lang: str) -> str:
    """Anchor, year, published, simulated, allowed error, residual of the national county."""
    head = ("anchor", "year", "published", "allowed", "simulated", "residual", "solved")
    cells: Table = [[text(f"info.{key}", lang) for key in head]]
    for row in read(NATIONAL):
        name, published = row["anchor_zh" if lang == "zh" else "anchor"], row["published"]
        if row["status"] not in OBSERVED:  # nobody published it: a prior of ours
            name += f" ({text('status.' + row['status'], lang)} {published})"
            published = "-"
        cells.append([
            name, row["year"], published, row["allowed_error"], row["simulated"], row["residual"],
            text("info.yes" if row["solved"] == "yes" else "info.no", lang),
        ])  # fmt: skip
    return grid(cells)


def sensitivities(lang: str) -> str:
    """The assumed parameters that move the headline indicators most."""
    names = {row["parameter"]: row["name_zh" if lang == "zh" else "name"] for row in read(NAMES)}
    first = ("parameter", "name") if lang == "en" else ("name",)
    head = (*first, "effect", "most_on", "at_low", "at_high", "status")
    cells: Table = [[text(f"info.{key}", lang) for key in head]]
    for row in read(SENSITIVITIES)[:MOST_SENSITIVE]:
        indicator, _, tier = row["most_on"].partition(":")
        where = f" {text(f'tier.{tier}', lang)}" if tier else ""
        cells.append([
            *((row["parameter"],) if lang == "en" else ()), names[row["parameter"]], row["effect"],
            text(f"headline.{indicator}", lang) + where, row["at_low"], row["at_high"],
            text(f"status.{row['status']}", lang),
        ])  # fmt: skip
    return grid(cells, left=len(first)) if len(cells) > 1 else ""


def weak(pack: Pack, lang: str) -> str:
    """How many values of the pack and of the model are of each status."""
    counted: tuple[tuple[str, Any], ...] = (
        ("info.values", status_counts(pack)),
        ("info.parameters", Counter(row.status for row in rows_of_status(STATUSES))),
    )
    return "\n".join(
        "  " + text(key, lang).format(
            total=sum(counts.values()), weak=counts.get("assumed", 0) + counts.get("recalled", 0),
            parts=", ".join(f"{counts[status]} {text('status.' + status, lang)}"
                            for status in STATUSES if counts.get(status)),
        )
        for key, counts in counted
    )  # fmt: skip


def assumption_list() -> str:
    """Every assumed or recalled model parameter with range and reason."""
    return "\n".join(
        f"  {row.key} = {row.default:g} {row.unit} ({row.low:g}-{row.high:g}; {row.status}): "
        f"{row.source}"
        for row in rows_of_status(("assumed", "recalled"))
    )
