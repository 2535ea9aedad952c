"""The main job goes on from where it broke: a killed controller, a failing step; what a search finds is trained on."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.left import processes
from tests.conftest import ROOT, AgentProcess, ServerProcess, until

pytestmark = pytest.mark.slow
COMMON = ["--dataset", "synthetic", "--controller_queue", "services"]
UNLUCKY = '''\
"""A small network that can't be made before a file is there; each try leaves a line in another."""

from pathlib import Path

from torch import nn

from audio.registry import models

PERMIT, TRIES = Path({permit!r}), Path({tries!r})


@models.register("unlucky", about="fails until a file is there")
class Unlucky(nn.Module):
    def __init__(self, plan, frontend):
        super().__init__()
        with TRIES.open("a") as tries:
            tries.write("tried\\n")
        if not PERMIT.exists():
            raise RuntimeError("no luck today: " + PERMIT.name + " is missing")
        self.head = nn.Linear(frontend.channels * frontend.bands, plan.classes)

    def forward(self, x):
        return self.head(x.mean(dim=3).flatten(1))
'''
Site = tuple[ServerProcess, "Callable[..., subprocess.Popen[bytes]]"]


@pytest.fixture
def site(
    new_server: Callable[..., ServerProcess], new_agent: Callable[..., AgentProcess], tmp_path: Path
) -> Site:
    """A server with agents for steps and for controllers, and what starts a main job beside the test."""
    server = new_server()
    new_agent(server, "--queue", "audio", "--workers", "2")
    new_agent(server, "--queue", "services", "--services-mode")

    def start(*options: str) -> "subprocess.Popen[bytes]":
        with (tmp_path / "said").open("w") as said:
            return subprocess.Popen(
                [sys.executable, "pipelines/main_job.py", *COMMON, *options],
                cwd=ROOT, env=server.environment(COLUMNS="200"), stdout=said, stderr=said, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    return server, start


def controller_of(server: ServerProcess) -> str:
    """The id of the only controller, once it is there."""

    def found() -> str:
        answer = server.call(
            "tasks.get_all", type=["controller"], search_hidden=True, only_fields=["id", "tags"]
        )
        return next((str(one["id"]) for one in answer["tasks"] if "template" not in one.get("tags", [])), "")

    return str(until(found, 120, "the controller is a task"))


def steps(server: ServerProcess, controller: str) -> dict[str, list[dict[str, Any]]]:
    """The tasks that a controller has made, by the name of their step, oldest first."""
    answer = server.call(
        "tasks.get_all", parent=controller, search_hidden=True, order_by=["created"],
        only_fields=["id", "name", "status", "started", "completed", "hyperparams", "type"],
    )  # fmt: skip
    found: dict[str, list[dict[str, Any]]] = {}
    for one in answer["tasks"]:
        found.setdefault(one["name"], []).append(one)
    return found


def drawn(server: ServerProcess, controller: str) -> dict[str, str]:
    """{step: its state}, as the controller keeps it."""
    kept = json.loads(server.task(controller)["configuration"]["Pipeline"]["value"])
    return {name: one["status"] for name, one in kept.items()}


def values(task: dict[str, Any]) -> dict[str, str]:
    return {name: one["value"] for name, one in task["hyperparams"]["Args"].items()}


@pytest.mark.timeout(1200)
def test_a_killed_controller_is_continued_and_no_step_runs_twice(site: Site) -> None:
    server, start = site
    started = start("--epochs", "40")
    controller = controller_of(server)

    def trains() -> bool:
        train = steps(server, controller).get("train")
        return bool(train) and train[0]["status"] == "in_progress" and bool(server.scalars(train[0]["id"]))

    until(trains, 300, "the training runs")
    before = {name: found[0]["id"] for name, found in steps(server, controller).items()}
    for one in processes.of_task(controller):
        if "main_job" in " ".join(one.cmdline()):
            os.kill(one.pid, signal.SIGKILL)
    failed = until(
        lambda: server.status(controller) == "failed" and server.task(controller), 90, "it is dead"
    )
    assert "killed (SIGKILL)" in failed["status_reason"]
    assert started.wait(60) != 0  # who follows it is told
    assert server.status(before["train"]) in ("in_progress", "completed")

    server.enqueue(controller, "services")
    server.wait_for(controller, "completed", seconds=400)
    made = steps(server, controller)
    assert {name: len(found) for name, found in made.items()} == {"preprocess": 1, "train": 1, "evaluate": 1}
    assert {name: made[name][0]["id"] for name in before} == before
    assert set(drawn(server, controller).values()) == {"completed"}
    assert server.scalars(before["train"])["loss"]["train"]["x"] == list(range(1, 41))
    assert (
        values(made["evaluate"][0])["model_id"]
        == server.task(before["train"])["models"]["output"][-1]["model"]
    )


@pytest.mark.timeout(1200)
def test_a_failing_step_is_tried_to_its_limit_reported_and_the_pipeline_goes_on_from_it(
    site: Site, tmp_path: Path
) -> None:
    server, start = site
    permit, tries = tmp_path / "permit é", tmp_path / "tries"
    plugin = tmp_path / "unlucky.py"
    plugin.write_text(UNLUCKY.format(permit=str(permit), tries=str(tries)))
    options = ["--plugins", str(plugin), "--model", "unlucky", "--epochs", "1", "--retries", "2"]
    started = start(*options)
    assert started.wait(900) == 1
    controller = controller_of(server)
    task = server.task(controller)
    assert task["status"] == "failed" and "not completed: train" in task["status_reason"]
    made = steps(server, controller)
    assert [one["status"] for one in made["train"]][-1] == "failed"
    assert tries.read_text().count("tried") == 3, "once, and two retries"
    assert set(made) == {"preprocess", "train"}
    told = server.console(controller)
    assert "its last lines:" in told and "RuntimeError: no luck today: permit é is missing" in told
    followed = (tmp_path / "said").read_text()
    assert "train: failed" in followed and "no luck today" in followed

    permit.touch()
    server.enqueue(controller, "services")
    server.wait_for(controller, "completed", seconds=400)
    again = steps(server, controller)
    assert [one["id"] for one in again["preprocess"]] == [one["id"] for one in made["preprocess"]]
    assert again["train"][-1]["status"] == again["evaluate"][-1]["status"] == "completed"
    assert tries.read_text().count("tried") in (4, 5)  # the evaluation makes the network as well
    assert set(drawn(server, controller).values()) == {"completed"}


@pytest.mark.timeout(1800)
def test_what_a_search_finds_is_trained_with_and_folds_run_beside_each_other(site: Site) -> None:
    server, start = site
    started = start("--epochs", "2", "--search_trials", "2", "--crossvalidate", "1, 2")
    controller = controller_of(server)
    assert started.wait(1500) == 0, server.console(controller)[-3000:]
    made = {name: found[0] for name, found in steps(server, controller).items()}
    folds = [made[f"crossvalidate fold {fold}"] for fold in (1, 2)]
    assert {one["status"] for one in made.values()} == {"completed"}
    best = {
        name: one["value"] for name, one in server.task(made["search"]["id"])["hyperparams"]["Best"].items()
    }
    searched = {name for name in best if name in values(made["train"])}
    assert "learning_rate" in searched
    for one in (made["train"], *folds):
        for name in searched:
            assert float(values(one)[name]) == float(best[name]), (one["name"], name)
    assert [values(one)["folds"] for one in folds] == ["[1]", "[2]"]
    three = (made["train"], *folds)  # for two agents: whichever two are first run at a time
    ended, begun = min(one["completed"] for one in three), sorted(one["started"] for one in three)[1]
    assert begun < ended and max(one["created"] for one in three) < ended, "one waited for the other"
    trials = server.call("tasks.get_all", parent=made["search"]["id"], only_fields=["id", "status"])["tasks"]
    assert [one["status"] for one in trials] == ["completed"] * 2
