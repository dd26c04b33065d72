"""Full runs and ranges on the page: begun, followed through reruns, cancelled, shown, reported."""

from __future__ import annotations

import json
import sys

import pytest

from tests.app.reading import cards, words
from tests.app.test_parts import answer_with
from tests.waiting import AT_ONCE, NEVER, WAIT_FOR, until
from ui.model import memory, ranges
from ui.model.jobs import CANCELLED, DONE, FULL_RUN, RANGES, RUNNING, JobQueue
from ui.model.question import FULL, PLAN, Question, from_json
from ui.view.state import slider_key

# A child that reports how far it is, waits, and gives the result it was started with.
CHILD = (
    WAIT_FOR
    + """
import json, sys
request = json.loads(sys.stdin.readline())
print(json.dumps({"stage": "days", "done": 30, "total": 100}), flush=True)
wait_for(sys.argv[1])
print(json.dumps(json.loads(sys.argv[2])), flush=True)
"""
)
FULL_QUESTION = Question("taonan", PLAN, (), FULL)


@pytest.fixture
def queue_with(monkeypatch):
    queues = []

    def made(told, until=AT_ONCE):
        command = (sys.executable, "-c", CHILD, str(until), json.dumps(told))
        queue = JobQueue(command=command)
        queues.append(queue)
        monkeypatch.setattr(memory, "queue", lambda kind: queue)
        return queue

    yield made
    for queue in queues:
        queue.close()


def finished(job):
    until(lambda: not job.is_open)
    return job


def keys(at):
    return [button.key for button in at.button]


def test_a_full_run_says_how_long_it_takes_before_it_starts(app, queue_with):
    queue_with({"result": answer_with().to_json()})
    at = app(r="taonan", lang="en")
    assert "It takes about" in words(at)
    assert "about" in at.button(key="full.start").label


def test_a_full_run_goes_on_through_reruns_and_ends_beside_the_quick_answer(
    app, queue_with, tmp_path
):
    queue = queue_with(
        {"result": answer_with(in_county_visit_rate=0.123).to_json()}, until=tmp_path / "go on"
    )
    at = app(r="taonan", lang="en")
    at.button(key="full.start").click().run()
    job = queue.find(FULL_RUN, FULL_QUESTION)
    assert job.state == RUNNING
    assert "full.cancel" in keys(at) and "full.start" not in keys(at)
    at.segmented_control(key="lang").set_value("zh").run()  # a rerun finds it again
    assert queue.find(FULL_RUN, FULL_QUESTION) is job
    assert "full.cancel" in keys(at)
    (tmp_path / "go on").touch()
    assert finished(job).state == DONE
    at.run()
    assert "full.cancel" not in keys(at) and "full.start" not in keys(at)
    assert "12.3%" in at.dataframe[0].value.to_string()
    other = app(r="taonan", lang="en")  # and so does another session
    assert "12.3%" in other.dataframe[0].value.to_string()


def test_a_full_run_belongs_to_its_levers(app, queue_with):
    queue_with({"result": answer_with().to_json()})
    at = app(r="taonan", lang="en")
    at.button(key="full.start").click().run()
    at.slider(key=slider_key("taonan", "bed_control")).set_value(0.2).run()
    assert "full.start" in keys(at)  # other levers, another run


def test_cancel_stops_the_child_and_says_so(app, queue_with):
    queue = queue_with({"result": "{}"}, until=NEVER)
    at = app(r="taonan", lang="en")
    at.button(key="full.start").click().run()
    at.button(key="full.cancel").click().run()
    job = queue.find(FULL_RUN, FULL_QUESTION)
    assert job.state == CANCELLED
    assert job.process.poll() is not None
    assert "Cancelled" in words(at) and "full.start" in keys(at)


def test_a_run_that_fails_is_told_in_words(app, queue_with):
    queue = queue_with({"fault": "taonan/region.yaml: got '<b>'"})
    at = app(r="taonan", lang="en")
    at.button(key="full.start").click().run()
    finished(queue.find(FULL_RUN, FULL_QUESTION))
    at.run()
    assert len(at.error) == 1
    assert "The run failed" in at.error[0].value
    assert "\\<b\\>" in at.error[0].value  # as it stands, not as markup
    assert "full.start" in keys(at) and len(cards(at)) == 8


def test_a_result_that_makes_no_sense_leaves_the_rest_of_the_page(app, queue_with):
    queue = queue_with({"result": "nonsense"})
    at = app(r="taonan", lang="en")
    at.button(key="full.start").click().run()
    finished(queue.find(FULL_RUN, FULL_QUESTION))
    at.run()
    assert not at.exception
    assert "cannot be shown" in at.error[0].value
    assert len(cards(at)) == 8


def test_ranges_come_after_the_quick_answer_and_stand_on_the_cards(
    app, queue_with, monkeypatch, tmp_path
):
    draws = [answer_with(in_county_visit_rate=0.8 + k / 100) for k in range(20)]
    queue = queue_with({"result": ranges.gathered(draws).to_json()}, until=tmp_path / "go on")
    monkeypatch.setattr(memory, "has_draws", lambda region: True)
    at = app(r="liaocheng", lang="en")
    job = queue.find(RANGES, Question("liaocheng"))
    assert "80% range" not in " ".join(cards(at))
    (tmp_path / "go on").touch()
    finished(job)
    at.run()
    card = cards(at)[0]
    assert "81.9–97.1%" in card
    assert "50% of draws meet 2025" in card
    assert "10th to 90th percentile of 20 draws" in words(at)


def test_ranges_tell_how_many_draws_had_no_solution(app, queue_with, monkeypatch):
    draws = [answer_with(in_county_visit_rate=0.8 + k / 100) for k in range(20)]
    queue = queue_with({"result": ranges.gathered(draws, 3).to_json()})
    monkeypatch.setattr(memory, "has_draws", lambda region: True)
    at = app(r="liaocheng", lang="zh")
    finished(queue.find(RANGES, Question("liaocheng")))
    at.run()
    assert "20组不确定参数" in words(at) and "3组无解" in words(at)


def test_ranges_that_failed_can_be_asked_for_again(app, queue_with, monkeypatch):
    queue = queue_with({"fault": "no solution"})
    monkeypatch.setattr(memory, "has_draws", lambda region: True)
    at = app(r="liaocheng", lang="en")
    first = finished(queue.find(RANGES, Question("liaocheng")))
    at.run()
    assert "Ranges could not be computed" in words(at)
    at.button(key="ranges.again").click().run()
    again = queue.find(RANGES, Question("liaocheng"))
    assert again is not first and first.state == "failed"


def test_ranges_nobody_waits_for_any_more_are_stopped(app, queue_with, monkeypatch):
    queue = queue_with({"result": "{}"}, until=NEVER)
    monkeypatch.setattr(memory, "has_draws", lambda region: True)
    at = app(r="taonan", lang="en")
    first = queue.find(RANGES, Question("taonan"))
    assert first.is_open
    at.slider(key=slider_key("taonan", "bed_control")).set_value(0.2).run()
    assert first.state == CANCELLED
    assert queue.is_busy


def test_a_question_is_read_back_as_it_was_asked():
    question = Question("taonan", PLAN, (("bed_control", 0.1),), FULL, 3)
    assert from_json(question.to_json()) == question
