"""Long work: progress, results, refusals, cancelling, and no child that outlives its server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.waiting import AT_ONCE, NEVER, WAIT_FOR, until
from ui.model import worker
from ui.model.jobs import CANCELLED, DONE, FAILED, FULL_RUN, RUNNING, WAITING, JobQueue
from ui.model.question import Question

ROOT = Path(__file__).resolve().parents[2]
A, B, C = Question("taonan"), Question("suining"), Question("chifeng")

SPEAKS = (
    WAIT_FOR
    + """
import json, sys
request = json.loads(sys.stdin.readline())
print(json.dumps({"stage": "years", "done": 1, "total": 4}), flush=True)
wait_for(sys.argv[1])
print(json.dumps({"result": request["question"]}), flush=True)
"""
)
FAILS = 'import json, sys; sys.stdin.readline(); print(json.dumps({"fault": "no such lever"}))'
# The real child with a model that never ends.
ENDLESS = """
import sys, time
import ui.model.worker
ui.model.worker.ask = lambda *_, **__: time.sleep(3600)
sys.exit(ui.model.worker.main())
"""


def queue_of(script, *arguments, **more):
    return JobQueue(command=(sys.executable, "-c", script, *map(str, arguments)), **more)


def is_alive(pid):
    """Whether a process runs: a zombie that its parent has not read yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_job_tells_its_progress_and_its_result(tmp_path):
    queue = queue_of(SPEAKS, tmp_path / "go on")
    job = queue.submit(FULL_RUN, A)
    until(lambda: job.total == 4)
    assert (job.state, job.stage, job.done) == (RUNNING, "years", 1)
    (tmp_path / "go on").touch()
    until(lambda: not job.is_open)
    assert job.state == DONE
    assert job.result == A.to_json()
    assert job.seconds > 0.0
    assert queue.find(FULL_RUN, Question("taonan")) is job  # found again by its content
    assert queue.submit(FULL_RUN, A) is job  # and not run twice
    assert queue.last_seconds("taonan") == job.seconds
    assert queue.last_seconds("suining") == 0.0


def test_jobs_wait_for_each_other_and_too_many_are_refused():
    queue = queue_of(SPEAKS, NEVER, most_waiting=1)
    first, second = queue.submit(FULL_RUN, A), queue.submit(FULL_RUN, B)
    assert (first.state, second.state) == (RUNNING, WAITING)
    assert queue.place(second) == 1
    assert queue.submit(FULL_RUN, C) is None
    queue.cancel(first)
    assert second.state == RUNNING  # its turn has come
    queue.close()
    assert not second.is_open


def test_a_cancelled_child_is_gone_and_may_be_asked_for_again():
    queue = queue_of(SPEAKS, NEVER)
    job = queue.submit(FULL_RUN, A)
    until(lambda: job.total)
    queue.cancel(job)
    assert job.state == CANCELLED
    assert not is_alive(job.process.pid)
    again = queue.submit(FULL_RUN, A)
    assert again is not job and again.state == RUNNING
    queue.close()


@pytest.mark.parametrize(
    ("script", "fault"),
    [(FAILS, "no such lever"), ("import os; os._exit(1)", ""), ("print('nonsense')", "")],
)
def test_a_child_that_fails_is_told(script, fault):
    queue = queue_of(script)
    job = queue.submit(FULL_RUN, A)
    until(lambda: not job.is_open)
    assert (job.state, job.fault, job.result) == (FAILED, fault, "")


def test_a_child_that_takes_too_long_is_stopped():
    queue = queue_of(SPEAKS, NEVER, longest_seconds=0.5)
    job = queue.submit(FULL_RUN, A)
    until(lambda: not job.is_open)
    assert job.state == FAILED
    assert not is_alive(job.process.pid)


def test_finished_jobs_are_forgotten_in_the_end():
    queue = queue_of(SPEAKS, AT_ONCE, most_kept=2)
    jobs = []
    for seed in range(4):
        jobs.append(queue.submit(FULL_RUN, Question("taonan", seed=seed)))
        until(lambda: not jobs[-1].is_open)
    assert queue.find(FULL_RUN, jobs[0].question) is None
    assert queue.find(FULL_RUN, jobs[-1].question) is jobs[-1]


def test_no_child_outlives_a_server_that_is_killed(tmp_path):
    server = textwrap.dedent(f"""
        import sys, time
        sys.path.insert(0, {str(ROOT)!r})
        from ui.model.jobs import FULL_RUN, JobQueue
        from ui.model.question import Question
        command = (sys.executable, "-c", sys.argv[1])
        job = JobQueue(command=command).submit(FULL_RUN, Question("taonan"))
        print(job.process.pid, flush=True)
        time.sleep(3600)
    """)
    parent = subprocess.Popen(
        [sys.executable, "-c", server, ENDLESS], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    child = int(parent.stdout.readline())
    assert is_alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not is_alive(child))


def test_the_child_answers_or_tells_the_fault(monkeypatch, capfd, path):
    def told(question):
        request = json.dumps({"kind": FULL_RUN, "question": question.to_json()}) + "\n"
        read, write = os.pipe()
        os.write(write, request.encode())  # stays open: the server is there
        with os.fdopen(read) as stream, monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", stream)
            patch.setattr(worker, "_end_with_the_server", lambda: None)
            code = worker.main()
        os.close(write)
        return code, [json.loads(line) for line in capfd.readouterr().out.splitlines()]

    stdout = sys.stdout
    code, lines = told(Question("taonan"))
    sys.stdout = stdout
    assert code == 0
    assert lines[0] == {"stage": "years", "done": 1, "total": 2}
    assert set(lines[-1]) == {"result"}
    code, lines = told(Question("atlantis"))
    sys.stdout = stdout
    assert code == 1
    assert "'atlantis'" in lines[-1]["fault"]
