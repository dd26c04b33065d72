"""A trace tells what the engine did: the same utilities, the same choices, the same money."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest

from sim.cli.console import OK, USAGE
from sim.cli.main import main
from sim.engines.kernels import choose as kernel
from sim.engines.kernels import episode_word as L
from sim.engines.observe import Observer, Today
from sim.errors import InputError
from sim.observers import trace_words
from sim.observers.explain import CHOSEN, PARTS, decide, weigh
from sim.observers.trace import Trace
from sim.observers.trace_page import _columns, page
from sim.population.vital_rates import load_demography
from sim.rules.choice import ABSENT
from sim.rules.consult import pool_of
from sim.rules.random import Stream, block
from sim.tiers import CLASS_KEYS, TIER_KEYS
from tests.engine.running import MORTALITY, WORLDS, build, call, nobody_dies_or_is_born, tables_of
from tests.worlds import small_region


def engine_of(name: str, observer: Observer) -> Any:
    make, overrides = WORLDS[name]
    region = make()
    rates = load_demography(region.year)
    rates = replace(rates, mortality=rates.mortality * MORTALITY.get(name, 1.0))
    engine = build(region, overrides, demography=rates)
    engine.observer = observer
    return engine


@cache
def world(name: str) -> tuple[Any, Trace, Any]:
    """One resident in twenty watched for a year: the engine, the trace, the tallies."""
    residents = engine_of(name, Observer()).n
    watch = Trace(range(0, residents, 20))
    engine = engine_of(name, watch)
    return engine, watch, engine.run()


NAMES = ("tight and deadly", "tight with a regional centre inside", "delay city")


class EveryChoice(Observer):
    """Holds each decision of some days against the kernels' own utilities and choices."""

    def __init__(self, days: set[int]) -> None:
        self.days = days
        self.utilities = self.choices = 0
        self.hows: set[str] = set()

    def began(self, engine: Any) -> None:
        self.engine = engine

    def chosen(self, today: Today, posted: list[np.ndarray]) -> None:
        if today.day not in self.days:
            return
        for i in range(len(today.requests)):
            request = [int(value) for value in today.requests[i]]
            visits = L.asks_for(request[L.EPISODE_WORD]) < L.TRANSFER
            if visits and (today.facility[i] >= 0 or today.fate[i] == L.SELF_CARE):
                decision = decide(self.engine, today, i)
                assert decision.alternative == today.alternative[i]
                self.hows.add(decision.how)
                self.choices += 1
                if decision.how == CHOSEN:
                    self.same_utilities(today, request)

    def same_utilities(self, today: Today, request: list[int]) -> None:
        engine = self.engine
        r, episode_word = request[L.RESIDENT], request[L.EPISODE_WORD]
        day = engine.key + request[L.ONSET]
        identity = int(engine.people[r].identity)
        u = block(engine.seed, int(Stream.CHOICE), identity, day, L.occurrence_of(episode_word))
        tables = tables_of(engine)
        age = int(engine.people[r].age)
        pool = pool_of(engine.p, u[1], L.need_class_of(episode_word), age, True)
        menus = {"menu": engine.menu, "yuan": engine.menu_yuan}
        call(kernel._utilities, **tables, **menus, r=r, episode_word=episode_word, pool=pool)
        options, weight, total = weigh(engine, today.weekday, r, episode_word, u[1])
        found = np.full(12, ABSENT)
        for option in options:
            assert set(option.parts) <= set(PARTS)
            assert sum(option.parts.values()) == pytest.approx(option.utility, abs=1e-12)
            assert option.chance == pytest.approx(weight[option.alternative + 1] / total)
            found[option.alternative + 1] = option.utility
        engines = np.maximum(tables["utility"], ABSENT)  # no way there is no utility either
        np.testing.assert_allclose(found, engines, rtol=0, atol=1e-12)
        assert sum(option.chance for option in options) == pytest.approx(1.0)
        self.utilities += 1


@pytest.mark.parametrize("name", NAMES)
def test_parts_add_up_to_the_engines_utility_and_the_draw_to_its_choice(name):
    watch = EveryChoice({0, 41})
    engine_of(name, watch).run()
    assert watch.utilities > 100
    assert watch.choices > watch.utilities
    assert watch.hows == {"chosen", "named", "ambulance"}


@pytest.mark.parametrize("name", NAMES)
def test_every_choice_of_the_watched_is_the_engines(name):
    # Trace itself raises where one is not; warm-up included.
    _, watch, _ = world(name)
    told = sum(event["event"] == "choice" for events in watch.events.values() for event in events)
    assert watch.decisions >= told > 250


@pytest.mark.parametrize("name", NAMES)
def test_a_year_adds_up_to_the_residents_own_account(name):
    engine, watch, _ = world(name)
    paid = 0
    for row, events in watch.events.items():
        person = engine.people[row]
        visits = [event for event in events if event["event"] == "visit"]
        stays = [event for event in events if event["event"] == "discharged"]
        assert sum(event["fund_fen"] for event in visits) == person.visit_fund
        assert sum(event["fund_fen"] for event in stays) == person.stay_fund
        assert len(stays) == person.stays
        for event in (*visits, *stays):
            assert event["charge_fen"] == event["fund_fen"] + event["out_of_pocket_fen"]
            assert event["charge_fen"] > 0 or not event.get("seen", True)
        died = any(event["event"] == "died" for event in events)
        assert died == bool(person.status & L.DEAD)
        paid += watch.story(row)["year"]["fund_fen"]
    assert paid > 0


def test_a_run_watched_whole_equals_its_tallies():
    region = small_region(n_counties=1, residents=120, year=2022)
    engine = build(region, demography=nobody_dies_or_is_born(2022))
    engine.observer = watch = Trace(range(engine.n))
    tallies = engine.run()
    years = [watch.story(row)["year"] for row in watch.events]
    for key, column in (
        ("visits", L.C_VISITS), ("left_unseen", L.C_UNSEEN), ("admissions", L.C_ADMISSIONS),
        ("discharges", L.C_DISCHARGES),
    ):  # fmt: skip
        assert sum(year[key] for year in years) == tallies.county[..., column].sum()
    charged = tallies.county[..., [L.C_CHARGE, L.C_STAY_CHARGE]].sum()
    assert sum(year["charge_fen"] for year in years) == charged > 0
    assert sum(year["illnesses"] for year in years) == tallies.episode[:, L.E_STARTED].sum()


def test_events_are_in_order_and_a_visit_follows_its_choice():
    stories = [events for name in NAMES for events in world(name)[1].events.values()]
    for events in stories:
        days = [event["date"] for event in events]
        assert days == sorted(days)
        for before, event in zip([None, *events], events, strict=False):
            if event["event"] == "visit":
                assert before["event"] == "choice"
                assert before["place"]["facility"] == event["facility"]
                assert before["date"] == event["date"]
                assert event["need_class"] in CLASS_KEYS
                assert event["tier"] in TIER_KEYS
            if "due" in event:
                assert date.fromisoformat(event["due"]) > date.fromisoformat(event["date"])
    kinds = {event["event"] for events in stories for event in events}
    assert {"illness", "choice", "visit", "bed_asked", "admitted", "discharged", "no_bed",
            "in_bed", "died", "chronic", "contract", "bore", "ill_since"} <= kinds  # fmt: skip
    outcomes = {
        event["outcome"] for events in stories for event in events
        if event["event"] == "visit"
    }  # fmt: skip
    assert outcomes == {
        "resolved", "bed_requested", "referred", "escalated", "ended_unresolved", "returns",
        "gave_up",
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", NAMES)
def test_every_story_can_be_told(name, lang):
    _, watch, _ = world(name)
    run = {"region_name": "Small", "region_name_zh": "小", "year": 2023, "seed": 1, "key": "k"}
    for row in list(watch.events)[:25]:
        story = {"run": run, **watch.story(row)}
        told = page(json.loads(json.dumps(story)), lang)
        assert "{" not in told
        assert "None" not in told
        assert max(_columns(line) for line in told.splitlines()) <= 102
        for event in story["events"]:
            if event["event"] == "visit" and event["seen"]:
                assert f"{event['charge_fen'] / 100:,.2f}" in told
            if event["event"] == "choice" and event["options"]:
                likeliest = max(event["options"], key=lambda option: option["chance"])
                assert f"{likeliest['chance']:.0%} " in told


def test_a_page_says_who_why_and_what_it_cost():
    _, watch, _ = world("tight and deadly")
    row = max(watch.events, key=lambda r: len(watch.events[r]))
    run = {"region_name": "Small", "region_name_zh": "小", "year": 2023, "seed": 1, "key": "k"}
    english, chinese = (page({"run": run, **watch.story(row)}, lang) for lang in ("en", "zh"))
    for words in ("years old", "Falls ill", "rather than", "The year in all", "nobody real"):
        assert words in english
    for words in ("岁", "患病", "而非", "全年合计", "不对应任何真实个人"):
        assert words in chinese
    assert f"{watch.story(row)['year']['charge_fen'] / 100:,.2f}" in english


def test_every_word_of_a_trace_exists_in_both_languages():
    for key, pair in trace_words._TEXT.items():
        assert len(pair) == 2
        assert pair[0] or key in ("space",), key
        assert pair[1] or key in ("space",), key


def test_a_resident_who_does_not_exist_is_refused_with_the_range():
    engine = engine_of("delay city", Observer())
    for row in (-1, engine.n):
        engine.observer = Trace([row])
        with pytest.raises(
            InputError, match=rf"resident {row} does not exist.*0\.\.{engine.n - 1}"
        ):
            engine.run()


def test_a_story_is_the_same_for_any_number_of_threads():
    stories = []
    for threads in (1, 2):
        watch = Trace(None)
        engine = build(small_region(year=2023, residents=500), threads=threads)
        engine.observer = watch
        engine.run()
        stories.append({row: watch.story(row) for row in watch.events})
    assert stories[0] == stories[1]
    assert len(stories[0]) == 64


def test_the_command_tells_a_story_in_words_and_as_json(capsys):
    line = ["trace", "reference", "--resident", "17", "--quiet"]
    assert main([*line, "--json"]) == OK
    document = json.loads(capsys.readouterr().out)
    assert document["resident"]["row"] == 17
    assert set(document) == {"run", "resident", "events", "year"}
    assert main([*line, "--lang", "zh"]) == OK
    assert "居民17的一年" in capsys.readouterr().out
    assert main(["trace", "reference", "--resident", "99999999", "--quiet"]) == USAGE
    assert "does not exist" in capsys.readouterr().err
