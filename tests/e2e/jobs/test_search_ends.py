"""A search ends as what it is: failed with the reasons of its trials, or stopped with nothing of it running on."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, ServerProcess, until

SPACE = "learning_rate=0.001..0.01"
Start = Callable[..., subprocess.Popen]


@pytest.fixture
def start(server: ServerProcess, prepare, tmp_path: Path) -> Iterator[Start]:
    """Starts a search of two trials at a time on a queue that no agent listens to."""
    dataset = prepare(server)["dataset"]
    if not server.call("queues.get_all", name="^deserted$")["queues"]:
        server.call("queues.create", name="deserted")
    started: list[subprocess.Popen] = []

    def search(*options: str) -> subprocess.Popen:
        command = ["-u", "-m", "tasks.search", "--dataset_id", dataset, "--space", SPACE, "--concurrent", "2"]
        with (tmp_path / "said").open("w") as said:
            started.append(
                subprocess.Popen(
                    [sys.executable, *command, "--queue", "deserted", *options],
                    cwd=ROOT, env=server.environment(), stdout=said, stderr=said, stdin=subprocess.DEVNULL,
                )
            )  # fmt: skip
        return started[-1]

    yield search
    for process in started:
        process.kill()
        process.wait()


def said(tmp_path: Path) -> str:
    return (tmp_path / "said").read_text()


def search_in(server: ServerProcess, tmp_path: Path) -> str:
    """The id of the search's task, once its two trials wait."""
    text = until(lambda: re.search(r"task id=(\w+)", said(tmp_path)), 90, "the search is a task")
    search = str(text[1])
    until(lambda: len(children(server, search, "queued")) == 2, 60, "two trials wait")
    return search


def children(server: ServerProcess, search: str, *statuses: str) -> list[dict]:
    more = {"status": list(statuses)} if statuses else {}
    return list(
        server.call("tasks.get_all", parent=search, only_fields=["id", "name", "status"], **more)["tasks"]
    )


def test_a_search_whose_trials_all_failed_fails_with_their_reasons(server, start, tmp_path):
    process = start("--trials", "3")
    search, failed = search_in(server, tmp_path), set[str]()
    assert "no agent listens to the queue deserted" in said(tmp_path)
    for trial in children(server, search):
        assert re.fullmatch(
            r"train learning_rate=0\.0\d+", trial["name"]
        )  # what tells it from the others, no more

    def all_failed() -> bool:
        for trial in children(server, search, "queued"):  # as an agent has it that can't run them
            server.call("tasks.started", task=trial["id"], force=True)
            server.call("tasks.failed", task=trial["id"], status_reason="no room on the GPU", force=True)
            failed.add(trial["id"])
        return process.poll() is not None

    until(all_failed, 120, "the search has ended")
    assert process.returncode == 1 and len(failed) == 3
    reason = "None of 3 trials finished: 3 failed. 3 of them: no room on the GPU"
    assert reason in said(tmp_path) and "Traceback" not in said(tmp_path)
    found = server.task(search)
    assert found["status"] == "failed" and reason in found["status_reason"]
    assert "best" not in (found.get("configuration") or {})


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_search_leaves_no_trial_that_waits_and_starts_none(how, server, start, tmp_path):
    process = start("--trials", "20")
    search = search_in(server, tmp_path)
    process.send_signal(how)
    assert process.wait(120) != 0
    assert "its trials with it" in said(tmp_path) and "Traceback" not in said(tmp_path)
    assert {one["status"] for one in children(server, search)} == {"stopped"}
    assert len(children(server, search)) == 2
    assert server.task(search)["status"] in ("stopped", "failed")


def test_trials_that_a_person_took_away_are_not_waited_for(server, start, tmp_path):
    process = start("--trials", "2")
    search = search_in(server, tmp_path)
    first, second = children(server, search, "queued")
    server.call("tasks.dequeue", task=first["id"])
    server.call("tasks.delete", task=second["id"], force=True)
    assert process.wait(120) == 1
    assert "1 taken off the queue" in said(tmp_path) and "Traceback" not in said(tmp_path)


def test_a_search_whose_base_task_is_deleted_ends_and_says_so(server, start, tmp_path):
    template = prepare_base(server)
    process = start("--trials", "9", "--base_task_id", template)
    search = search_in(server, tmp_path)
    server.call("tasks.delete", task=template, force=True)
    for trial in children(server, search, "queued"):
        server.call("tasks.stop", task=trial["id"], status_reason="by a person")
    assert process.wait(120) == 1
    assert "by a person" in said(tmp_path) and "Traceback" not in said(tmp_path)
    assert not children(server, search, "queued", "in_progress")


def prepare_base(server: ServerProcess) -> str:
    templates = server.call("tasks.get_all", name="^train$", tags=["template"], only_fields=["id"])["tasks"]
    return str(server.call("tasks.clone", task=templates[0]["id"], new_task_name="base")["id"])


@pytest.mark.slow
def test_an_aborted_search_on_an_agent_starts_no_further_trial(server, agents, prepare):
    ids = prepare(server)
    search = server.call("tasks.clone", task=ids["search"], new_task_name="aborted search")["id"]
    values = {"epochs": "2000", "trials": "9", "concurrent": "2", "dataset_id": ids["dataset"]}
    arguments = [{"section": "Args", "name": name, "value": value} for name, value in values.items()]
    server.call("tasks.edit_hyper_params", task=search, hyperparams=arguments)
    server.enqueue(search, "services")
    until(lambda: children(server, search, "in_progress"), 180, "a trial is running")
    server.call("tasks.stop", task=search)
    server.wait_for(search, "stopped", seconds=240)
    ended = children(server, search)
    assert {one["status"] for one in ended} <= {"stopped", "created"}, ended
    assert children(server, search) == ended


@pytest.mark.slow
def test_a_search_whose_trials_fail_on_an_agent_says_why(server, agents, prepare):
    ids = prepare(server)
    done = server.run(
        *("-m", "tasks.search", "--dataset_id", ids["dataset"], "--trials", "2", "--concurrent", "1"),
        *("--space", "n_fft=128|256", "--epochs", "1"),
        timeout=400,
    )
    assert done.returncode == 1
    assert "finished: 2 failed" in done.stderr or "has not finished: 1 failed" in done.stderr, done.stderr
    assert "win_length (1024) is longer than n_fft" in done.stderr


def marks(server: ServerProcess, search: str) -> list[tuple[str, str]]:
    """Which trial and repeat each training of a search is."""
    found = server.call("tasks.get_all", parent=search, only_fields=["hyperparams.properties"])["tasks"]
    return sorted(
        (own["trial"]["value"], own["repeat"]["value"])
        for own in (one["hyperparams"]["properties"] for one in found)
    )


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_search_whose_process_was_killed_goes_on_and_every_training_counts_once(
    server, agents, start, tmp_path
):
    process = start(
        *("--queue", "audio", "--trials", "2", "--seeds", "1, 2", "--epochs", "1", "--prune", "none"),
        *("--space", "learning_rate=log:0.0003..0.01, model=cnn|crnn, mixup=0|0.5 if model=crnn"),
        *("--publish", "true"),
    )
    search = until(lambda: re.search(r"task id=(\w+)", said(tmp_path)), 90, "the search is a task")[1]
    until(lambda: children(server, search, "completed"), 300, "a training has finished")
    process.kill()
    process.wait()
    before = {one["id"] for one in children(server, search)}
    server.call("tasks.stop", task=search, force=True)
    server.enqueue(search, "services")  # goes on under an agent, in another process
    task = server.wait_for(search, "completed", seconds=900)
    assert "The search goes on" in server.console(search)
    assert marks(server, search) == [(str(trial), str(seed)) for trial in range(2) for seed in range(2)]
    ended = children(server, search)
    assert before <= {one["id"] for one in ended} and {one["status"] for one in ended} == {"completed"}
    assert "over 2 trainings" in task["comment"]
    best = {name: one["value"] for name, one in task["hyperparams"]["Best"].items()}
    assert 0.0003 <= float(best["learning_rate"]) <= 0.01 and best["model"] in ("cnn", "crnn")
    assert [one["key"] for one in task["execution"]["artifacts"]] == ["best parameters"]
    model = task["hyperparams"]["properties"]["best_model_id"]["value"]
    assert server.call("models.get_by_id", model=model)["model"]["ready"]
    curves = server.call("events.scalar_metrics_iter_histogram", task=search)["accuracy/validation"]
    assert curves["best so far"]["x"] == curves["trial"]["x"] == [1, 2]
    assert curves["best so far"]["y"] == [max(curves["trial"]["y"][:n]) for n in (1, 2)]
    plots = server.call("events.get_task_plots", task=search)["plots"]
    assert {"parallel coordinates", "trials, the best first"} <= {one["metric"] for one in plots}
