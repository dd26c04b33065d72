"""The controls: language, region, ten levers."""

from __future__ import annotations

import streamlit as st

from scenarios.plans.clauses import REGIONS
from scenarios.plans.levers import Lever, levers
from scenarios.scenario import Setting
from sim.packs.read import REGIONS_FOLDER
from sim.packs.settings import parse_settings
from ui.model.question import SLIDERS, dates_of, setting_in_plan, start_levels
from ui.view import state
from ui.view.numbers import level
from ui.view.words import text

_FINE, _COARSE = 0.01, 0.05


@st.cache_data(max_entries=16, ttl="12h", show_spinner=False)
def region_names() -> dict[str, tuple[str, str]]:
    """(English, Chinese) names of the regions."""
    found = {}
    for region in REGIONS:
        settings = parse_settings((REGIONS_FOLDER / region / "region.yaml").read_bytes(), [])
        found[region] = (str(settings["name"]), str(settings["name_zh"]))
    return found


def region_name(region: str, lang: str) -> str:
    """A region's name."""
    return region_names()[region][lang == "zh"]


def draw() -> tuple[str, str, dict[str, float]]:
    """Draw the controls. Returns language, region, levels."""
    session = st.session_state
    with st.sidebar:
        # Stored apart from the widgets: these lose their state when they are not drawn.
        if session.get("lang") not in state.LANGUAGES:
            session["lang"] = state.LANGUAGES[0]
        if session.get("region") not in REGIONS:
            session["region"] = state.DEFAULT_REGION
        st.segmented_control(
            f"{text('language', 'zh')} {text('language', 'en')}", state.LANGUAGES, key="lang",
            format_func={"zh": "中文", "en": "English"}.__getitem__, required=True,
            label_visibility="collapsed", width="stretch",
        )  # fmt: skip
        lang = str(session["lang"])
        st.selectbox(
            text("region", lang), REGIONS, key="region",
            format_func=lambda region: region_name(region, lang),
        )  # fmt: skip
        region = str(session["region"])
        state.prepare_sliders(session, region)
        st.markdown(f"**{text('levers', lang)}**")
        st.caption(text("levers.start", lang))
        st.button(
            text("reset", lang), key="reset", width="stretch", on_click=state.reset,
            args=(session, region),
        )  # fmt: skip
        for group, ids in SLIDERS.items():
            with st.expander(text(f"group.{group}", lang), expanded=True):
                for lever in ids:
                    _slider(region, levers()[lever], lang)
    return lang, region, state.keep_levels(session, region)


def name_of(lever: Lever, lang: str) -> str:
    """The lever's name."""
    return lever.name_zh if lang == "zh" else lever.name


def _slider(region: str, lever: Lever, lang: str) -> None:
    setting = setting_in_plan(region, lever.id)
    key = state.slider_key(region, lever.id)
    moved = abs(st.session_state[key] - start_levels(region)[lever.id]) > 1e-9
    label = name_of(lever, lang)
    why = "" if setting is None else setting.why_zh if lang == "zh" else setting.why
    st.slider(
        f"**{label}** ({text('lever.moved', lang)})" if moved else label,
        lever.low, lever.high, step=_FINE if lever.high <= 0.5 else _COARSE, key=key,
        format="percent", help=why or None,
    )  # fmt: skip
    with st.container(key=f"about-{lever.id}", gap=None):
        st.caption(about(region, lever, setting, lang))


def about(region: str, lever: Lever, setting: Setting | None, lang: str) -> str:
    """Unit, bounds, the plan's level and clause, where, when, and how well the effect is known."""
    unit = lever.unit_zh if lang == "zh" else lever.unit
    start, full = dates_of(region, lever.id)
    grades = "".join(sorted({effect.evidence for effect in lever.effects}))
    parts = [text("lever.bounds", lang).format(unit=unit, low=level(lever.low),
                                               high=level(lever.high))]  # fmt: skip
    if setting is None:
        parts.append(text("lever.unplanned", lang))
    else:
        parts.append(text("lever.plan", lang).format(level=level(setting.level),
                                                     clause=setting.clause))  # fmt: skip
        named = len(setting.place.counties) + len(setting.place.facilities)
        if named:
            parts.append(text("lever.places", lang).format(count=named))
        if setting.place.townships is not None:
            parts.append(text("lever.townships", lang).format(share=setting.place.townships))
    parts.append(text("lever.dates", lang).format(start=f"{start:%Y-%m}", full=f"{full:%Y-%m}"))
    parts.append(text("lever.evidence", lang).format(grades=grades))
    return ("；" if lang == "zh" else "; ").join(parts)
