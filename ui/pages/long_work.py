"""Long work on the page: the full run, and the ranges of the quick answer."""

from __future__ import annotations

import streamlit as st

from ui.model import answer as answers
from ui.model import memory, ranges
from ui.model.answer import Answer
from ui.model.jobs import CANCELLED, DONE, FAILED, RUNNING, WAITING, Job
from ui.model.question import FULL, LAST, NEAR, Question
from ui.view.goals import cards_of
from ui.view.numbers import DEFINED, difference, duration, name_of, people, shown
from ui.view.polite import plain
from ui.view.words import has, text

_POLL_SECONDS = 1.0


def full_run(yours: Question, quick: Answer, region_name: str, lang: str) -> None:
    """Offer the full run, show how far it is, and its result beside the quick answer."""
    st.subheader(text("full", lang), anchor=False)
    question = Question(yours.region, yours.scenario, yours.moved, FULL, yours.seed)
    queue = memory.queue(memory.FULL_RUN)
    job = queue.find(memory.FULL_RUN, question)
    time = duration(memory.expected_seconds(yours.region), lang)
    residents = people(memory.residents_of(yours.region), lang)
    st.caption(text("full.about", lang).format(region=region_name, residents=residents, time=time))
    if job is not None and job.is_open:
        # Polls only while something is under way.
        st.fragment(_follow_full, run_every=_POLL_SECONDS)(job, lang)
        return
    if job is not None and job.state == DONE:
        _beside(yours.region, quick, answers.from_json(job.result), job, lang)
        return
    if job is not None:
        _tell_end(job, lang)
    elif queue.is_busy:
        st.caption(text("full.other", lang))
    st.button(
        text("full.start", lang).format(time=time), key="full.start", type="primary",
        on_click=_start, args=(question,),
    )  # fmt: skip
    if st.session_state.pop("full.refused", False):
        st.warning(text("full.busy", lang))


def _start(question: Question) -> None:
    job = memory.queue(memory.FULL_RUN).submit(memory.FULL_RUN, question)
    st.session_state["full.refused"] = job is None


def _cancel(job: Job) -> None:
    memory.queue(memory.FULL_RUN).cancel(job)


def _tell_end(job: Job, lang: str) -> None:
    if job.state == CANCELLED:
        st.info(text("full.cancelled", lang))
    elif job.state == FAILED:
        st.error(text("full.failed", lang) + (f"\n\n{plain(job.fault)}" if job.fault else ""))


def _follow_full(job: Job, lang: str) -> None:
    if not job.is_open:
        st.rerun(scope="app")
    if job.state == WAITING:
        place = memory.queue(memory.FULL_RUN).place(job)
        st.progress(0.0, text("full.waiting", lang).format(place=place))
    else:
        share = job.done / job.total if job.total else 0.0
        words = text("full.running", lang).format(
            stage=stage_name(job.stage, lang), share=share, seconds=job.seconds
        )
        st.progress(min(1.0, max(0.0, share)), words)
    st.button(text("full.cancel", lang), key="full.cancel", on_click=_cancel, args=(job,))


def stage_name(stage: str, lang: str) -> str:
    """What the child does, in words; its own word where there is no other."""
    return text(f"stage.{stage}", lang) if has(f"stage.{stage}") else plain(stage)


def beside(region: str, quick: Answer, full: Answer, lang: str) -> list[dict[str, str]]:
    """Rows of the headline figures: quick, with the full population, and what they differ by, 2025
    and 2035."""
    rows = []
    for key, tier in cards_of(region):
        indicator = DEFINED[key]
        row = {text("indicator", lang): name_of(indicator, lang, tier)}
        for year in (NEAR, LAST):
            a, b = quick.value(year, key, tier), full.value(year, key, tier)
            row[f"{year} {text('full.quick', lang)}"] = shown(a, indicator, lang)
            row[f"{year} {text('full.exact', lang)}"] = shown(b, indicator, lang)
            row[f"{year} {text('full.gap', lang)}"] = difference(b, a, indicator, lang)
        rows.append(row)
    return rows


def _beside(region: str, quick: Answer, full: Answer, job: Job, lang: str) -> None:
    words = text("full.done", lang).format(seed=full.seed, seconds=job.seconds)
    st.caption(words)
    st.dataframe(beside(region, quick, full, lang), hide_index=True)


def ranges_of(yours: Question) -> ranges.Ranges | None:
    """Ranges of the user's plan where they have been computed; asks for them where not.

    What this session asked for before and nobody waits for any more is stopped.
    """
    if not memory.has_draws(yours.region):
        return None
    queue = memory.queue(memory.RANGES)
    before: Question | None = st.session_state.get("ranges.of")
    if before is not None and before != yours:
        old = queue.find(memory.RANGES, before)
        if old is not None:
            queue.cancel(old)
    st.session_state["ranges.of"] = yours
    job = queue.find(memory.RANGES, yours)
    if job is None or job.state == CANCELLED:
        job = queue.submit(memory.RANGES, yours)
    if job is None or job.state != DONE:
        return None
    return ranges.from_json(job.result)


def ranges_line(yours: Question, found: ranges.Ranges | None, lang: str) -> None:
    """One line on the ranges: how far they are, or what they are."""
    if found is not None:
        done = "ranges.done_but" if found.left_out else "ranges.done"
        st.caption(text(done, lang).format(draws=found.draws, left_out=found.left_out))
        return
    if not memory.has_draws(yours.region):
        st.caption(text("ranges.none", lang))
        return
    job = memory.queue(memory.RANGES).find(memory.RANGES, yours)
    if job is None:
        st.caption(text("ranges.busy", lang))
        return
    if job.state == FAILED:
        st.caption(text("ranges.failed", lang))
        st.button(
            text("ranges.again", lang), key="ranges.again", on_click=_ranges_again, args=(yours,)
        )  # fmt: skip
        return
    st.fragment(_follow_ranges, run_every=_POLL_SECONDS)(job, lang)


def _ranges_again(yours: Question) -> None:
    """Ask once more for ranges whose computing failed."""
    memory.queue(memory.RANGES).submit(memory.RANGES, yours)


def _follow_ranges(job: Job, lang: str) -> None:
    if not job.is_open:
        st.rerun(scope="app")
    if job.state == RUNNING and job.total:
        words = text("ranges.running", lang).format(done=job.done + 1, total=job.total)
        st.progress(job.done / job.total, words)
    else:
        place = memory.queue(memory.RANGES).place(job)
        st.caption(text("ranges.waiting", lang).format(place=place))
