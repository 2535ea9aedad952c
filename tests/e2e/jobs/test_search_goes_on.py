"""A search whose own process is killed goes on with what ran; the test plays its trainings, as an agent has them."""

import json
import re
import signal
import subprocess
import sys

import pytest

from tests.conftest import ROOT, ServerProcess, until
from tests.e2e.jobs.test_search_ends import Start, children, said, start

__all__ = ["start"]  # the fixture
SPACE = "dropout=0.1|0.2|0.3|0.4, model=cnn|crnn, mixup=0|0.5 if model=crnn"


def play(server: ServerProcess, trial: str) -> None:
    """Take a training and end it: its accuracy is its dropout and a little of its seed."""
    arguments = server.task(trial)["hyperparams"]["Args"]
    figure = float(arguments["dropout"]["value"]) + int(arguments["seed"]["value"]) / 1000
    server.call("tasks.dequeue", task=trial)
    server.call("tasks.started", task=trial, force=True)
    event = {
        "type": "training_stats_scalar",
        "task": trial,
        "iter": 1,
        "metric": "accuracy",
        "variant": "validation",
    }
    server.call("events.add", **event, value=figure)
    server.call("tasks.completed", task=trial, force=True)


def play_until(server: ServerProcess, search: str, process: subprocess.Popen, finished: int) -> None:
    def enough() -> bool:
        for trial in children(server, search, "queued"):
            if len(children(server, search, "completed")) < finished:
                play(server, trial["id"])
        return len(children(server, search, "completed")) >= finished or process.poll() is not None

    until(enough, 150, f"{finished} trainings have finished")


@pytest.mark.slow
def test_a_killed_search_goes_on_and_every_training_counts_once(server, start: Start, tmp_path):
    options = ("--sampler", "random", "--prune", "none", "--trials", "5", "--seeds", "1, 2", "--space", SPACE)
    process = start(*options, "--publish", "true")
    search = str(until(lambda: re.search(r"task id=(\w+)", said(tmp_path)), 120, "the search is a task")[1])
    play_until(server, search, process, 3)
    waiting = str(until(lambda: children(server, search, "queued"), 30, "a training waits")[0]["id"])
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = {one["id"] for one in children(server, search)}
    server.call("tasks.stop", task=search, force=True)
    again = subprocess.Popen(
        [sys.executable, "-u", "-m", "tasks.search"],
        cwd=ROOT, env={**server.environment(), "CLEARML_TASK_ID": search, "CLEARML_LOG_TASK_TO_BACKEND": "1"},
        stdout=(tmp_path / "again").open("w"), stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        play_until(server, search, again, 10)
        assert again.wait(120) == 0, (tmp_path / "again").read_text()
    finally:
        again.kill()
    told = (tmp_path / "again").read_text()
    assert "The search goes on" in told and "over 2 trainings" in told, told
    found = server.call("tasks.get_all", parent=search, only_fields=["id", "status", "hyperparams"])["tasks"]
    marks = sorted(
        tuple(one["hyperparams"]["properties"][name]["value"] for name in ("trial", "repeat"))
        for one in found
    )
    assert marks == [(str(trial), str(repeat)) for trial in range(5) for repeat in range(2)]
    assert {one["status"] for one in found} == {"completed"}
    assert {*before, waiting} <= {one["id"] for one in found}
    task = server.task(search)
    best = {name: one["value"] for name, one in task["hyperparams"]["Best"].items()}
    highest = max(float(one["hyperparams"]["Args"]["dropout"]["value"]) for one in found)
    assert float(best["dropout"]) == highest, best
    assert json.loads(json.dumps(task["configuration"]["best"]))
    assert "best parameters" in [one["key"] for one in task["execution"]["artifacts"]]
    curves = server.call("events.scalar_metrics_iter_histogram", task=search)["accuracy/validation"]
    assert curves["trial"]["x"] == [1, 2, 3, 4, 5]
    assert curves["best so far"]["y"] == [max(curves["trial"]["y"][:n]) for n in range(1, 6)]
    plots = {one["metric"] for one in server.call("events.get_task_plots", task=search)["plots"]}
    assert {"parallel coordinates", "importance", "trials, the best first"} <= plots
