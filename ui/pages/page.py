"""The page: controls at the side, the headline, flows, queues, money, the full run."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import streamlit as st

from scenarios.plans.levers import levers
from sim import __version__
from ui.model import memory
from ui.model.answer import Answer
from ui.model.question import Question, question_of
from ui.model.ranges import Ranges
from ui.pages import long_work, sections, sidebar
from ui.view import cards, state
from ui.view.goals import cards_of
from ui.view.numbers import DEFINED
from ui.view.polite import plain, polite
from ui.view.words import text


def show() -> None:
    """Draw the page once; Streamlit calls this again after every touch."""
    st.set_page_config(page_title="Tiercare 分级诊疗推演", layout="wide")
    st.html(f"<style>{cards.STYLE}</style>")
    opened = state.open_view(st.session_state, st.query_params.to_dict())
    lang = st.session_state.get("lang")
    with polite(lang if lang in state.LANGUAGES else state.LANGUAGES[0], "error.fault"):
        _show(opened)


def _show(opened: state.View | None) -> None:
    lang, region, levels = sidebar.draw()
    yours = question_of(region, levels)
    _keep_link(lang, region, dict(yours.moved))
    _set_language(lang)
    name = sidebar.region_name(region, lang)
    _title(name, lang)
    if opened is not None:
        _tell_link(opened, lang)
    found = _answers(region, yours, lang)
    with polite(lang):
        _headline(region, yours, found, lang)
    _below(region, name, yours, found, lang)


def _answers(region: str, yours: Question, lang: str) -> dict[str, Answer]:
    found = {}
    for name, question in memory.questions(region, yours).items():
        with st.spinner(text("computing", lang).format(what=text(name, lang))):
            found[name] = memory.answer(question)
    return found


def _below(region: str, name: str, yours: Question, found: Mapping[str, Answer], lang: str) -> None:
    left, right = st.columns([6, 5], gap="large")
    with left, polite(lang):
        sections.flows(found, lang)
    with left, polite(lang):
        sections.money(found, lang)
    with right, polite(lang):
        sections.queues(found, lang)
    with polite(lang):
        long_work.full_run(yours, sections.chosen(found), name, lang)
    left, right = st.columns(2, gap="large")
    with left, polite(lang):
        sections.goals(region, name, lang)
    with right, polite(lang):
        sections.limits(lang)
    with polite(lang):
        sections.table(region, found, lang)


def _keep_link(lang: str, region: str, moved: Mapping[str, float]) -> None:
    link = state.encode(lang, region, moved)
    if st.query_params.to_dict() != link:
        st.query_params.from_dict(link)


def _set_language(lang: str) -> None:
    """Streamlit's page says it is English; browsers and screen readers must know better."""
    tag = {"zh": "zh-CN", "en": "en"}[lang]
    st.html(
        f"<script>document.documentElement.lang='{tag}';"
        "document.documentElement.setAttribute('translate','no')</script>",
        unsafe_allow_javascript=True,
    )


def _title(name: str, lang: str) -> None:
    title = escape(text("title", lang).format(region=name))
    tag = escape(text("tag", lang))
    st.html(f'<div class="tc-top"><h1>{title}</h1><span class="tc-tag">{tag}</span></div>')


def _tell_link(view: state.View, lang: str) -> None:
    if view.ignored:
        st.warning(text("link.ignored", lang).format(names=plain(", ".join(view.ignored))))
    if view.version and view.version != __version__:
        old = plain(view.version[:20])
        st.warning(text("link.version", lang).format(old=old, new=__version__))


def _headline(region: str, yours: Question, found: Mapping[str, Answer], lang: str) -> None:
    ranges = long_work.ranges_of(yours)
    seconds = sections.chosen(found).seconds
    said = [moved_words(yours, lang), text("quick", lang).format(seconds=seconds)]
    st.html(
        f'<div class="tc-small">{escape("　".join(said))}</div>'
        + cards.legend(lang, "yours" in found, ranges is not None)
    )
    st.html(cards.page_of(_cards(region, found, ranges, lang)))
    long_work.ranges_line(yours, ranges, lang)


def _cards(
    region: str, found: Mapping[str, Answer], ranges: Ranges | None, lang: str
) -> list[cards.Card]:
    return [
        cards.Card(region, DEFINED[indicator], tier, found, ranges, lang)
        for indicator, tier in cards_of(region)
    ]


def moved_words(yours: Question, lang: str) -> str:
    """What the user's plan is: plan-2025, or what has been changed in it."""
    if not yours.moved:
        return text("moved.none", lang)
    known = levers()
    names = [sidebar.name_of(known[lever], lang) for lever, _ in yours.moved]
    joined = ("、" if lang == "zh" else ", ").join(names)
    return text("moved.some", lang).format(n=len(names), names=joined)
