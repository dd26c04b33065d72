"""The parts of the page below the headline."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from html import escape

import streamlit as st

from sim.tiers import TIER_KEYS
from ui.model.answer import SHOWN, Answer
from ui.model.question import BASE, LAST, NEAR
from ui.view import charts
from ui.view.goals import goals_of
from ui.view.numbers import DEFINED, name_of
from ui.view.words import text

_QUEUED = ("township", "county", "city")
_PERCENT = 100.0


def chosen(answers: Mapping[str, Answer]) -> Answer:
    """The user's plan: plan-2025 until a lever is moved."""
    return answers.get("yours", answers["plan-2025"])


def chosen_name(answers: Mapping[str, Answer]) -> str:
    """What it is called."""
    return "yours" if "yours" in answers else "plan-2025"


def bars_of(answers: Mapping[str, Answer], lang: str) -> list[tuple[str, int, Answer]]:
    """(label, year, answer) of the bars: 2023, then as-now and the plan in 2025 and 2035."""
    now, plan = answers["as-now"], chosen(answers)
    name = text(f"short.{chosen_name(answers)}", lang)
    bars = [(str(BASE), BASE, now)]
    for year in (NEAR, LAST):
        bars.append((f"{year} {text('short.as-now', lang)}", year, now))
        bars.append((f"{year} {name}", year, plan))
    return bars


def flows(answers: Mapping[str, Answer], lang: str) -> None:
    """Visits and admissions by tier."""
    st.subheader(text("flows", lang), anchor=False)
    for what in ("visits", "admissions"):
        bars = [(label, answer.flows[year][what]) for label, year, answer in bars_of(answers, lang)]
        st.markdown(f"**{text(f'flows.{what}', lang)}**　{text(f'flows.unit.{what}', lang)}")
        st.echarts_chart(
            charts.flow_bars(bars, what, lang), height=250, renderer="svg", key=f"flow.{what}",
            alt=charts.flow_words(bars, what, lang), theme=None,
        )  # fmt: skip


def queues(answers: Mapping[str, Answer], lang: str) -> None:
    """Occupancy and waits by tier over the years."""
    st.subheader(text("queues", lang), anchor=False)
    lines = {"as-now": answers["as-now"], "vision-2035": answers["vision-2035"],
             "yours": chosen(answers)}  # fmt: skip
    tiers = [tier for tier in _QUEUED if lines["as-now"].value(BASE, "bed_occupancy", tier)]
    if not tiers:
        st.info(text("queues.none", lang))
    kinds = (("occupancy", "bed_occupancy", _PERCENT), ("wait", "wait_minutes_mean", 1.0))
    left, right = st.columns(2, gap="medium")
    for tier in tiers:
        for column, (kind, indicator, scale) in zip((left, right), kinds, strict=True):
            title = text(f"queues.{kind}", lang).format(tier=text(f"tier.{tier}", lang))
            with column:
                st.caption(title)
                st.echarts_chart(
                    charts.years_line(lines, indicator, tier, scale, lang), height=140,
                    renderer="svg", key=f"{kind}.{tier}", alt=title, theme=None,
                )  # fmt: skip
    st.caption(text("queues.note", lang))


def money(answers: Mapping[str, Answer], lang: str) -> None:
    """Fund and out-of-pocket a person and year."""
    st.subheader(text("money", lang), anchor=False)
    bars = [
        (label, answer.value(year, "fund_spending_per_person") or 0.0,
         answer.value(year, "out_of_pocket_per_person") or 0.0)
        for label, year, answer in bars_of(answers, lang)
    ]  # fmt: skip
    words = "; ".join(
        f"{label}: {text('money.fund', lang)} {fund:,.0f}, "
        f"{text('money.out_of_pocket', lang)} {own:,.0f}"
        for label, fund, own in bars
    )
    st.echarts_chart(
        charts.money_bars(bars, lang), height=230, renderer="svg", key="money", alt=words,
        theme=None,
    )  # fmt: skip


def goals(region: str, region_name: str, lang: str) -> None:
    """Every goal of the plan that a run can judge, with its clause."""
    st.subheader(text("goals", lang), anchor=False)
    found = goals_of(region)
    if not found:
        st.info(text("goals.none", lang).format(region=region_name))
        return
    items = []
    for goal in found:
        clause = text("goal.clause", lang).format(clause=goal.target.clause)
        judged = name_of(DEFINED[goal.indicator], lang)
        parts = [goal.title(lang), goal.aim_with_year(lang), clause, judged]
        items.append(f"<li>{escape(' · '.join(parts))}</li>")
    source = f"{text('goal.document', lang)}: {found[0].document(lang)}"
    st.html(
        f'<ul class="tc-goals">{"".join(items)}</ul><div class="tc-small">{escape(source)}</div>'
    )


def limits(lang: str) -> None:
    """The three things to mind."""
    st.subheader(text("limits", lang), anchor=False)
    st.markdown("\n".join(f"- {text(f'limits.{n}', lang)}" for n in (1, 2, 3)))


def rows_of(answers: Mapping[str, Answer], lang: str) -> list[list[object]]:
    """Every shown figure of every scenario and year: scenario, year, indicator, tier, value, unit.

    Shares are per cent. A figure that is not defined is left out.
    """
    rows: list[list[object]] = []
    for name, answer in answers.items():
        for year in sorted(answer.figures):
            for key in SHOWN:
                indicator = DEFINED[key]
                is_share = indicator.show == "percent"
                unit = text("percent", lang) if is_share else indicator.unit_names[lang == "zh"]
                for tier in ("", *TIER_KEYS):
                    value = answer.value(year, key, tier)
                    if value is not None:
                        label = text(f"tier.{tier}" if tier else "all", lang)
                        figure = round(value * (_PERCENT if is_share else 1.0), 3)
                        rows.append([text(name, lang), year, name_of(indicator, lang), label,
                                     figure, unit])  # fmt: skip
    return rows


def header(lang: str) -> list[str]:
    """Names of the columns of `rows_of`."""
    names = ("scenario", "year", "indicator", "tier", "value", "unit")
    return [text(name, lang) for name in names]


def as_csv(region: str, answers: Mapping[str, Answer], lang: str) -> bytes:
    """The table as CSV that Excel opens right in Chinese; its first line says what it is."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write([text("app", lang), region, text("tag", lang)])
    write(header(lang))
    for row in rows_of(answers, lang):
        write(row)
    return out.getvalue().encode("utf-8-sig")


def table(region: str, answers: Mapping[str, Answer], lang: str) -> None:
    """All figures of 2023, 2025 and 2035 to read, and of every year to take away."""
    with st.expander(text("table", lang)):
        shown = [row for row in rows_of(answers, lang) if row[1] in (BASE, NEAR, LAST)]
        columns = header(lang)
        st.dataframe(
            {name: [row[k] for row in shown] for k, name in enumerate(columns)},
            hide_index=True, height=320,
        )  # fmt: skip
        st.download_button(
            text("table.download", lang), data=as_csv(region, answers, lang),
            file_name=f"tiercare-{region}.csv", mime="text/csv", on_click="ignore",
        )  # fmt: skip
