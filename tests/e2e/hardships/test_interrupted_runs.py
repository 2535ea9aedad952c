"""A training in the middle of which something is killed or stopped, with real processes and signals."""

import re
import shutil
import time
from typing import Any

import psutil
import pytest

from tests.conftest import ServerProcess, until
from tests.e2e.clones import clone

LONG = "400"  # epochs; nobody waits for their end


def start_training(server: ServerProcess, ids: dict[str, str], epochs: str = LONG, upload: str = "1") -> str:
    """Enqueue a training on the small dataset, and wait until it is some epochs in."""
    changed = {"epochs": epochs, "checkpoint_seconds": upload, "debug_samples_every": "0"}
    task = clone(server, ids["train"], dataset_id=ids["dataset"], **changed)
    server.enqueue(task)
    until(lambda: len(epochs_on_the_curve(server, task)) >= 4, 150, "four epochs are reported")
    return task


def epochs_on_the_curve(server: ServerProcess, task: str) -> list[int]:
    return list(server.scalars(task).get("loss", {}).get("train", {}).get("x", []))


def epochs_in_the_console(server: ServerProcess, task: str) -> list[int]:
    events = server.call("events.get_task_log", task=task, batch_size=5000)["events"]
    said = "\n".join(str(event["msg"]) for event in events)
    return sorted(int(number) for number in re.findall(r"^epoch (\d+)/", said, re.MULTILINE))


def checkpoint(task: dict[str, Any]) -> dict[str, Any] | None:
    artifacts = task["execution"].get("artifacts") or []
    return next((one for one in artifacts if one["key"] == "checkpoint"), None)


def shorten(server: ServerProcess, task: str, epochs: int) -> None:
    """Let a stopped task end soon after it resumes."""
    item = {"section": "Args", "name": "epochs", "value": str(epochs)}
    server.call(
        "tasks.edit_hyper_params", task=task, hyperparams=[item], replace_hyperparams="none", force=True
    )


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_a_killed_server_that_starts_again_leaves_no_gap_in_the_curve(new_server, new_agent, prepare):
    server = new_server()
    new_agent(server)
    task = start_training(server, prepare(server), epochs="60")
    reported = epochs_on_the_curve(server, task)
    server.kill()
    time.sleep(3)
    server.start()
    assert epochs_on_the_curve(server, task)[: len(reported)] == reported
    server.wait_for(task, "completed")
    assert epochs_on_the_curve(server, task) == list(range(1, 61))


@pytest.mark.slow  # a killed agent's task that waits for the next one: test_killed_agents.py, each time
@pytest.mark.timeout(280)
def test_a_task_whose_agent_was_killed_is_ended_and_goes_on_when_it_is_enqueued_again(
    new_server, new_agent, prepare
):
    server = new_server("--watchdog-minutes", "0.15")
    agent = new_agent(server)
    task = start_training(server, prepare(server))
    until(lambda: checkpoint(server.task(task)), 60, "a checkpoint is uploaded")
    agent.kill()
    stopped = server.wait_for(task, "stopped", "failed", seconds=60)
    assert stopped["status_reason"] or stopped["status_message"]
    trained = max(epochs_on_the_curve(server, task))
    new_agent(server)
    server.enqueue(task)
    until(
        lambda: max(epochs_on_the_curve(server, task)) > trained, 120, "training goes on after the last epoch"
    )
    assert epochs_in_the_console(server, task).count(1) == 1
    server.call("tasks.stop", task=task)
    server.wait_for(task, "stopped")


@pytest.mark.timeout(280)
def test_an_aborted_training_keeps_its_checkpoint_and_goes_on_when_it_is_enqueued_again(
    server, agents, prepare
):
    task = start_training(server, prepare(server))
    server.call("tasks.stop", task=task)
    stopped = server.wait_for(task, "stopped", seconds=60)
    assert checkpoint(stopped)
    trained = epochs_in_the_console(server, task)
    assert trained == list(range(1, len(trained) + 1))
    assert "is kept" in server.console(task)
    shorten(server, task, len(trained) + 3)
    server.enqueue(task)
    server.wait_for(task, "completed")
    assert epochs_in_the_console(server, task) == list(range(1, len(trained) + 4))
    assert epochs_on_the_curve(server, task) == list(range(1, len(trained) + 4))


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_a_training_goes_on_with_its_own_clips_on_another_machine_after_the_data_changed(
    new_server, new_agent, prepare, sounds, tmp_path
):
    """The other machine has a home, caches and a worker of its own: all that it knows is on the server."""
    server = new_server()
    agent, ids = new_agent(server), prepare(server)
    task = start_training(server, {**ids, "dataset": ""}, upload="100000")  # the newest version: the only one
    pinned = server.task(task)["hyperparams"]["properties"]["dataset_id"]["value"]
    assert pinned == ids["dataset"]
    agent.stop()
    first, trained = server.task(task)["last_worker"], epochs_in_the_console(server, task)
    changed = tmp_path / "changed"
    shutil.copytree(sounds, changed)
    next(changed.rglob("*.wav")).unlink()
    newer = server.run(
        *("-m", "tasks.preprocess", "--dataset", "folder", "--data", str(changed)),
        *("--sample_rate", "16000", "--examples", "1", "--workers", "1"),
    )
    assert newer.returncode == 0 and ids["dataset"] not in newer.stdout.split("dataset ")[-1], newer.stderr
    home = tmp_path / "home"
    home.mkdir()
    new_agent(server, HOME=str(home), CLEARML_CACHE_DIR=str(home / "cache"))
    shorten(server, task, len(trained) + 2)
    server.enqueue(task)
    done = server.wait_for(task, "completed")
    assert done["last_worker"] != first
    assert done["hyperparams"]["properties"]["dataset_id"]["value"] == pinned
    assert epochs_in_the_console(server, task) == list(range(1, len(trained) + 3))
    model = server.call("models.get_by_id", model=done["models"]["output"][-1]["model"])["model"]
    assert model["metadata"]["dataset_id"]["value"] == pinned


@pytest.mark.timeout(200)
def test_an_agent_that_is_stopped_lets_its_task_keep_what_it_has_and_leaves_no_process(
    new_server, new_agent, prepare
):
    server = new_server()
    agent = new_agent(server)
    task = start_training(server, prepare(server), upload="100000")
    members = [psutil.Process(pid) for pid in agent.pids]
    members += [child for one in members for child in one.children(recursive=True)]
    assert len(members) >= 2
    agent.stop()
    stopped = server.task(task)
    assert stopped["status"] == "stopped"
    assert int(dict(checkpoint(stopped)["display_data"])["epoch"]) >= 4
    assert not [one for one in members if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
