"""The first page of a comparison: a few sentences that follow from the tables."""

from __future__ import annotations

from collections.abc import Iterable

from scenarios.comparison.assess import PLAN_ENDS, ready_by
from scenarios.comparison.costs import total
from scenarios.comparison.findings import Arm, Comparison
from scenarios.report.background_tables import costs_of, strained
from scenarios.report.formats import BY_ID, decimal_year, money, name_of, shown_change
from scenarios.report.tables import drivers_of, lever_name, verdict
from scenarios.words import text

_LEVERS = 3


def summary(c: Comparison, lang: str) -> list[str]:
    """Sentences: targets met, what changes, what drives it, where it is tight, what it costs."""
    said = [_targets(c, arm, lang) for arm in c.arms]
    if not c.targets:
        said.append(text("say.no_targets", lang))
    said += _time(c, lang)
    for arm in c.arms[1:]:
        said += [_change(c, arm, lang), *_driver(c, arm, lang), _bottleneck(c, arm, lang),
                 _costs(c, arm, lang)]  # fmt: skip
    return [sentence for sentence in said if sentence]


def _targets(c: Comparison, arm: Arm, lang: str) -> str:
    own = [j for j in c.targets if j.arm == arm.key and j.met is not None]
    if not own:
        return ""
    met = sum(verdict(j) == "met" for j in own)
    return text("say.targets", lang).format(met=met, judged=len(own), arm=arm.label(lang))


def _time(c: Comparison, lang: str) -> list[str]:
    """How far the plans' levers have come by the year the plan ends; once where plans agree."""
    if PLAN_ENDS not in c.years:
        return []
    alike: dict[tuple[float, int, int], list[str]] = {}
    for arm in c.arms[1:]:
        own = [a for a in c.arrivals if a.arm == arm.key]
        ready, levers = ready_by(PLAN_ENDS, own)
        if 2 * ready < levers:
            start = min(a.start for a in own)
            alike.setdefault((start, ready, levers), []).append(arm.label(lang))
    return [
        text("say.time", lang).format(
            arms=_quoted(arms, lang), ready=ready,
            start=decimal_year(start, lang), year=PLAN_ENDS, levers=levers,
        )
        for (start, ready, levers), arms in alike.items()
    ]  # fmt: skip


def _quoted(names: Iterable[str], lang: str) -> str:
    """Names in a row, in quotes because names of levers hold commas."""
    return ("、" if lang == "zh" else ", ").join(f"“{name}”" for name in names)


def _change(c: Comparison, arm: Arm, lang: str) -> str:
    year = c.years[-1]

    def worded(name: str) -> str:
        return shown_change(c.change(arm.key, year, name).value, BY_ID[name].show, lang)

    return text("say.change", lang).format(
        arm=arm.label(lang), base=c.base.label(lang), year=year,
        visits=worded("in_county_visit_rate"), unresolved=worded("unresolved_need_share"),
        pocket=worded("out_of_pocket_per_person"), fund=worded("fund_spending_per_person"),
    )  # fmt: skip


def _driver(c: Comparison, arm: Arm, lang: str) -> list[str]:
    key = ("in_county_visit_rate", "", "")
    largest = [d for d in drivers_of(c, arm.key, c.years[-1], key) if d.alone][:_LEVERS]
    if not largest:
        return []
    how = BY_ID[key[0]].show
    names = (f"“{lever_name(d.lever, lang)}”" for d in largest)
    changes = (shown_change(d.alone, how, lang) for d in largest)
    parts = (" ".join(pair) for pair in zip(names, changes, strict=True))
    worded = ("、" if lang == "zh" else ", ").join(parts)
    return [text("say.driver", lang).format(
        name=name_of(key[0], lang), arm=arm.label(lang), levers=worded
    )]  # fmt: skip


def _bottleneck(c: Comparison, arm: Arm, lang: str) -> str:
    year = c.years[-1]
    first = next((b for b in c.bottlenecks if b.arm == arm.key and b.year == year), None)
    if first is None:
        return ""
    said = "say.bottleneck" if first.pressure >= 1.0 else "say.no_bottleneck"
    levers = _quoted((lever_name(lever, lang) for lever, _ in first.relief), lang)
    value = strained(first.worst, first.values[first.worst])
    return text(said, lang).format(
        year=year, arm=arm.label(lang), facility=first.name_zh if lang == "zh" else first.name,
        what=text(f"worst.{first.worst}", lang).format(value=value),
        relief=text("say.relief", lang).format(levers=levers) if levers else "",
    )  # fmt: skip


def _costs(c: Comparison, arm: Arm, lang: str) -> str:
    own = costs_of(c, arm)
    once, yearly = total(own)
    return text("say.costs", lang).format(
        arm=arm.label(lang), once=money(once[1], lang), yearly=money(yearly[1], lang),
        uncosted=sum(cost.units is None for cost in own),
    )  # fmt: skip
