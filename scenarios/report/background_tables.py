"""More tables of a comparison: bottlenecks, who gains, costs, flows, other targets, provenance."""

from __future__ import annotations

from scenarios.comparison.assess import others, settings_of
from scenarios.comparison.bottlenecks import GAIN_INDICATORS, GAIN_SPLITS
from scenarios.comparison.costs import total
from scenarios.comparison.findings import Arm, Bottleneck, Comparison, Figure, LeverCost
from scenarios.comparison.strain import STRAIN
from scenarios.plans.levers import levers
from scenarios.plans.targets import Target
from scenarios.report.formats import (
    BY_ID,
    NONE,
    money,
    money_range,
    shown,
    shown_change,
    shown_change_range,
    signed,
)
from scenarios.report.listing import place_name
from scenarios.report.tables import (
    Sheet,
    cell_name,
    clause_of,
    knows_income,
    label,
    lever_name,
    middle_note,
)
from scenarios.scenario import Setting
from scenarios.words import has_text, text
from sim.tiers import TIER_KEYS
from sim.words import text as sim_text

_HOW_STRAINED = {
    "occupancy": "percent", "wait_minutes": "number", "left_unseen": "percent",
    "bed_wait_days": "number", "left_without_bed": "percent",
}  # fmt: skip


# A worsening of less is not called a loss: shares, yuan a year, minutes.
_NOTICED = {
    "unresolved_need_share": 0.0005, "out_of_pocket_per_person": 0.5, "wait_minutes_mean": 0.05,
    "travel_minutes_return_mean": 0.05,
}  # fmt: skip
_MOST_LOSERS = 4


def strained(measure: str, value: float | None) -> str:
    """A measure of strain as printed."""
    return shown(value, _HOW_STRAINED[measure])


def county_name(c: Comparison, code: str, lang: str) -> str:
    """Name of a county of the region, "" outside."""
    return c.counties[code][lang == "zh"] if code in c.counties else ""


def bottlenecks_sheet(c: Comparison, arm: Arm, lang: str, most: int = 0) -> Sheet:
    """Facilities under most pressure in the last year, with what relieves them; those alike in
    everything, which the mean-field treats as one, in a row."""
    year, rows = c.years[-1], []
    like: dict[tuple[object, ...], list[Bottleneck]] = {}
    for b in c.bottlenecks:
        if b.arm == arm.key and b.year == year:
            figures = tuple(strained(m, b.values[m]) for m in STRAIN)
            like.setdefault((b.county, b.tier, figures, f"{b.pressure:.2f}"), []).append(b)
    for own in list(like.values())[: most or len(like)]:
        b = own[0]
        name = b.name_zh if lang == "zh" else b.name
        levers_told = (_by_lever(b.relief, lang, "relief.none"), _by_lever(b.load, lang))
        rows.append((
            name if len(own) == 1 else text("alike", lang).format(name=name, count=len(own)),
            county_name(c, b.county, lang), sim_text(f"tier.{b.tier}", lang),
            *(strained(m, b.values[m]) for m in STRAIN), f"{b.pressure:.2f}",
            *(levers_told if c.drivers else ()),
        ))  # fmt: skip
    head = (
        *(text(f"head.{name}", lang) for name in ("facility", "county", "tier")),
        *(text(f"strain.{measure}", lang) for measure in STRAIN), text("strain.pressure", lang),
        *((text("head.relief", lang), text("head.load", lang)) if c.drivers else ()),
    )  # fmt: skip
    numbers = tuple(range(3, 4 + len(STRAIN)))
    title = text("sheet.bottlenecks", lang).format(arm=arm.label(lang), year=year)
    relief = "note.relief" if c.drivers else "note.no_relief"
    said = ("limit.strain", relief, "note.names")
    notes = (*(text(name, lang) for name in said), *_own_centre(c, lang), *middle_note(c, lang))
    return Sheet(f"bottlenecks-{arm.key}", title, head, tuple(rows), numbers, notes)


def _by_lever(changes: tuple[tuple[str, float], ...], lang: str, none: str = "") -> str:
    worded = (f"{lever_name(lever, lang)} {signed(change, 2)}" for lever, change in changes)
    return ("；" if lang == "zh" else "; ").join(worded) or (text(none, lang) if none else NONE)


def group_name(c: Comparison, split: str, part: str, lang: str) -> str:
    """Name of a part of the people."""
    if not split:
        return text("all_people", lang)
    if split == "by_county":
        return county_name(c, part, lang)
    name = sim_text(f"{split.removeprefix('by_')}.{part}", lang)
    return text("income_group", lang).format(name=name) if split == "by_income" else name


def gain_splits(c: Comparison) -> tuple[str, ...]:
    """Splits that changes are reported by: by income only where figures differ by it."""
    return tuple(split for split in GAIN_SPLITS if split != "by_income" or knows_income(c))


def gains_sheet(c: Comparison, arm: Arm, lang: str) -> Sheet:
    """Changes against the first arm in the last year, for all and by group."""
    cells = {(g.indicator, g.split, g.part): g for g in c.gains if g.arm == arm.key}
    rows = []
    for split in gain_splits(c):
        for part in dict.fromkeys(part for _, s, part in cells if s == split):
            changes = []
            for name in GAIN_INDICATORS:
                gain = cells.get((name, split, part))
                how = BY_ID[name].show
                changes.append("–" if gain is None else shown_change_range(gain.change, how, lang))
            rows.append((group_name(c, split, part, lang), *changes))
    head = (text("head.group", lang), *(label((n, "", ""), lang) for n in GAIN_INDICATORS))
    title = text("sheet.gains", lang).format(
        arm=arm.label(lang), base=c.base.label(lang), year=c.years[-1]
    )
    income = () if knows_income(c) else (text("note.no_income", lang),)
    notes = (_losers(c, arm, lang), text("limit.gains", lang), *income)
    return Sheet(f"gains-{arm.key}", title, head, tuple(rows), (1, 2, 3, 4), notes)


def _losers(c: Comparison, arm: Arm, lang: str) -> str:
    """For whom an indicator gets worse (all are better when smaller), the most first."""
    worded = []
    for name in GAIN_INDICATORS:
        worse = [g for g in c.gains if (g.arm, g.indicator) == (arm.key, name)
                 and g.split in gain_splits(c) and _least(g.change) > _NOTICED[name]]  # fmt: skip
        worse.sort(key=lambda g: -(g.change.value or 0.0))
        groups = [
            f"{group_name(c, g.split, g.part, lang)} "
            f"{shown_change(g.change.value, BY_ID[name].show, lang)}"
            for g in worse[:_MOST_LOSERS]
        ]
        if groups:
            more = "" if len(worse) <= _MOST_LOSERS else text("and_more", lang)
            listed = ("、" if lang == "zh" else ", ").join(groups) + more
            worded.append(
                text("loser", lang).format(name=label((name, "", ""), lang), groups=listed)
            )
    drawn = "_drawn" if any(g.change.low is not None for g in c.gains) else ""
    if not worded:
        return text(f"note.no_losers{drawn}", lang)
    return text(f"note.losers{drawn}", lang).format(
        worded=("；" if lang == "zh" else "; ").join(worded)
    )


def _least(change: Figure) -> float:
    """Low end of a change, or the change where it has no range."""
    return change.low if change.low is not None else change.value or 0.0


def costs_of(c: Comparison, arm: Arm) -> list[LeverCost]:
    """Costs of the levers of an arm, dearest a year first."""
    own = [cost for cost in c.costs if cost.arm == arm.key]
    return sorted(own, key=lambda k: (k.units is None, -k.yearly[1], -k.one_off[1], k.lever))


def costs_sheet(c: Comparison, arm: Arm, lang: str) -> Sheet:
    """What each lever costs, their sum, and what the fund and patients pay more or less."""
    rows = []
    for cost in costs_of(c, arm):
        how = cost.count or ("unknown" if cost.units is None else "free")
        how = "zero" if cost.count and not cost.units else how
        rows.append((
            lever_name(cost.lever, lang), text(f"basis.{cost.basis}", lang),
            _units(cost) if cost.units and cost.count else "–",
            text(f"count.{how}", lang), money_range(cost.one_off, lang),
            money_range(cost.yearly, lang),
        ))  # fmt: skip
    once, yearly = total(costs_of(c, arm))
    rows.append((text("cost.sum", lang), "", "", "", money_range(once, lang),
                 money_range(yearly, lang)))  # fmt: skip
    year = c.years[-1]
    people = c.residents(arm.key, year)
    for what in ("fund", "out_of_pocket"):
        name = "fund_spending_per_person" if what == "fund" else "out_of_pocket_per_person"
        change = c.change(arm.key, year, name)
        worded = "–" if change.value is None else money(change.value * people, lang, sign=True)
        if change.low is not None and change.high is not None:
            ends = (money(x * people, lang, sign=True) for x in (change.low, change.high))
            worded += text("range", lang).format(*ends)
        rows.append((text(f"cost.{what}", lang).format(year=year), "", "", "", "", worded))
    names = ("lever", "basis", "units", "counted", "one_off", "yearly")
    head = tuple(text(f"head.{name}", lang) for name in names)
    title = text("sheet.costs", lang).format(arm=arm.label(lang))
    notes = (text("limit.costs", lang),)
    return Sheet(f"costs-{arm.key}", title, head, tuple(rows), (2, 4, 5), notes)


def _units(cost: LeverCost) -> str:
    units = cost.units or 0.0
    return f"{units:,.0f}" if abs(units) >= 10 else f"{units:,.1f}".removesuffix(".0")


def flows_sheet(c: Comparison, lang: str) -> Sheet:
    """Shares of visits and admissions by tier, in the base year and under every arm at the end."""
    cells = [(c.base.key, c.years[0]), *((arm.key, c.years[-1]) for arm in c.arms)]
    counts: dict[tuple[str, int, str, str], float] = {}
    for f in c.flows:
        for part in (f"tier.{f.tier}", f"place.{f.place}"):
            at = (f.arm, f.year, f.what, part)
            counts[at] = counts.get(at, 0.0) + f.count
    parts = [f"tier.{tier}" for tier in TIER_KEYS]
    parts += [f"place.{p}" for p in dict.fromkeys(f.place for f in c.flows)]
    rows: list[tuple[str, ...]] = []
    for what in ("visits", "admissions"):
        wholes = [
            sum(counts[arm, year, what, f"tier.{tier}"] for tier in TIER_KEYS)
            for arm, year in cells
        ]
        rows.append((text(f"what.{what}", lang), *(f"{whole:,.0f}" for whole in wholes)))
        for part in parts:
            name = sim_text(part, lang) if part.startswith("tier") else text(part, lang)
            shares = (
                shown(counts[arm, year, what, part] / whole if whole else None, "percent")
                for (arm, year), whole in zip(cells, wholes, strict=True)
            )
            rows.append((f"\u3000{name}", *shares))  # a page keeps this space
    head = ("", *(cell_name(c.arm(arm), year, lang) for arm, year in cells))
    title = text("sheet.flows", lang).format(year=c.years[-1])
    notes = (text("note.flows", lang), *_own_centre(c, lang), *middle_note(c, lang))
    return Sheet("flows", title, head, tuple(rows), tuple(range(1, len(head))), notes)


def _own_centre(c: Comparison, lang: str) -> tuple[str, ...]:
    """Says what the regional tier is where a scenario opens a centre inside the region."""
    inside = {(f.arm, f.year) for f in c.flows
              if f.tier == "regional" and f.place != "outside_region" and f.count}  # fmt: skip
    arms = [f"“{arm.label(lang)}”" for arm in c.arms if (arm.key, c.years[-1]) in inside]
    if not arms or (c.base.key, c.years[0]) in inside:
        return ()
    worded = text("note.own_centre", lang).format(arms=("、" if lang == "zh" else ", ").join(arms))
    return (worded,)


def shown_level(level: float, unit: str) -> str:
    """A lever's level: shares and relative changes in per cent, beds as they are.

    >>> shown_level(0.85, "share of counties"), shown_level(500.0, "beds")
    ('85%', '500')
    """
    counted = unit.startswith("beds")
    return f"{level:,g}" if counted else f"{100.0 * level:.3g}%".replace("-", "−")


def _unit_and_place(s: Setting, lang: str) -> str:
    """Unit of a level, and where it holds if not everywhere."""
    unit = s.lever.unit_zh if lang == "zh" else s.lever.unit
    if s.place.is_everywhere:
        return unit
    return unit + ("，" if lang == "zh" else ", ") + place_name(s.place, lang)


def _aim(t: Target, lang: str) -> str:
    """Goal of a target that a scenario sets, with its unit; its direction where it has none."""
    if t.target is None:
        return text(t.comparator if t.comparator in ("increase", "decrease") else "words", lang)
    is_share = t.unit in ("fraction", "fraction_growth")
    ends = [x for x in (t.target, t.target_high) if x is not None]
    number = " – ".join(f"{100.0 * x:.3g}%" if is_share else f"{x:g}" for x in ends)
    sign = {">=": "≥", "<=": "≤", "~": "≈"}.get(t.comparator, "")
    unit = text(f"goal_unit.{t.unit}", lang) if has_text(f"goal_unit.{t.unit}") else ""
    return f"{sign}{number} {unit}".strip()


def inputs_sheet(c: Comparison, lang: str) -> Sheet:
    """Targets that a scenario or the pack sets: no result, and what sets them."""
    rows = []
    for t in others(c.region, "input"):
        by: list[str] = []
        for arm in c.arms[1:]:
            settings = settings_of(arm.scenario, t)
            by += [
                text("set_by", lang).format(
                    arm=arm.label(lang), lever=lever_name(s.lever.id, lang),
                    level=shown_level(s.level, s.lever.unit), unit=_unit_and_place(s, lang),
                )
                for s in settings[-1:]
            ]  # fmt: skip
        meant = t.definition
        why = meant.why_zh if lang == "zh" else meant.why
        rows.append((
            meant.name_zh if lang == "zh" else meant.name,
            text("plan_of", lang).format(clause=clause_of(t.clause)), _aim(t, lang),
            str(t.year or "–"),
            ("；" if lang == "zh" else "; ").join(by or [why]),
        ))  # fmt: skip
    head = ("indicator", "whose", "goal", "year", "set_by")
    names = tuple(text(f"head.{name}", lang) for name in head)
    notes = (text("note.inputs", lang),)
    return Sheet("inputs", text("sheet.inputs", lang), names, tuple(rows), (), notes)


def outside_sheet(c: Comparison, lang: str) -> Sheet:
    """Targets the model does not speak of, with the reason."""
    rows = [
        (
            t.definition.name_zh if lang == "zh" else t.definition.name,
            text("plan_of", lang).format(clause=clause_of(t.clause)),
            t.definition.why_zh if lang == "zh" else t.definition.why,
        )
        for t in others(c.region, "outside")
    ]
    names = tuple(text(f"head.{name}", lang) for name in ("indicator", "whose", "reason"))
    return Sheet("outside", text("sheet.outside", lang), names, tuple(rows))


def assumptions_sheet(c: Comparison, lang: str) -> Sheet:
    """Every lever of the last arm: its level, whose it is, why, how well its effect is known."""
    rows = []
    for s in c.arms[-1].scenario.settings:
        grades = "".join(sorted({e.evidence for e in levers()[s.lever.id].effects})) or "–"
        rows.append((
            lever_name(s.lever.id, lang), shown_level(s.level, s.lever.unit),
            _unit_and_place(s, lang),
            f"{s.start} – {s.full}", text(s.basis, lang).format(clause=s.clause), grades,
            s.why_zh if lang == "zh" else s.why,
        ))  # fmt: skip
    names = [
        text(n, lang) for n in ("head.lever", "level", "unit", "period", "basis", "evidence", "why")
    ]
    title = text("sheet.assumptions", lang).format(arm=c.arms[-1].label(lang))
    notes = (text("note.evidence", lang), text("note.clause", lang))
    return Sheet("assumptions", title, tuple(names), tuple(rows), (), notes)


def provenance_sheet(c: Comparison, lang: str) -> Sheet:
    """What is needed to have the same figures again."""
    keys = c.about.get("keys", {})
    pairs = [
        ("model", str(c.about.get("model_version", ""))),
        ("source", str(c.about.get("source_hash", ""))[:16]),
        ("pack", str(c.about.get("pack_hash", ""))[:16]),
        ("engine", text(f"engine.{c.engine}", lang)),
        ("draws", str(c.draws)), ("seeds", str(c.seeds)),
        ("keys", "; ".join(f"{arm}: {key}" for arm, key in keys.items())),
        ("command", command(c)),
        *(("warnings", warning) for warning in c.about.get("warnings", ())),
    ]  # fmt: skip
    rows = tuple((text(f"about.{name}", lang), value) for name, value in pairs)
    return Sheet("provenance", text("sheet.provenance", lang), ("", ""), rows)


def command(c: Comparison) -> str:
    """The command that gives the same figures."""
    names = " ".join(arm.source.name or arm.source.place for arm in c.arms)
    years = " ".join(map(str, c.years))
    alone = "" if c.drivers or len(c.arms) == 1 else " --no-levers"
    return (
        f"python -m scenarios compare {c.region} {names} --years {years} --engine {c.engine} "
        f"--draws {c.draws} --seeds {c.seeds}{alone}"
    )
