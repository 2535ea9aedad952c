"""What is shown of a pipeline, from tasks on a real server: each state, and what is missing."""

import io
from datetime import datetime, timedelta, timezone

import pytest
from rich.console import Console

from pipelines import follow
from pipelines.follow import Step
from tasks.client.connection import Connection


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.01)


@pytest.fixture
def output():
    return Console(file=io.StringIO(), width=200)


def here(server):
    return Connection("test", None, f"{server.url}/api", server.url, f"{server.url}/files")


def controller(server, status, *steps):
    """A controller with that status, and a step for each (name, status)."""
    pipeline = server.call("tasks.create", name="main job", type="controller")["id"]
    for name, reached in steps:
        reach(server, server.call("tasks.create", name=name, type="training", parent=pipeline)["id"], reached)
    reach(server, pipeline, status)
    return pipeline


def reach(server, task, status):
    if status != "created":
        server.call("tasks.started", task=task)
        if status != "in_progress":
            server.call(f"tasks.{status}", task=task, status_reason=f"{status} it was", force=True)


def test_a_pipeline_that_completed_is_shown_step_by_step(client, output):
    pipeline = controller(client, "completed", ("preprocess", "completed"), ("train", "completed"))
    assert follow.follow(pipeline, here(client), output) is True
    said = output.file.getvalue().splitlines()
    assert said[0] == f"pipeline {pipeline}: {client.url}/projects/*/tasks/{pipeline}/output/log"
    assert [line.split()[0] for line in said[1:]] == ["preprocess:", "train:"] and len(said) == 3


@pytest.mark.parametrize(("status", "word"), [("failed", "failed"), ("stopped", "aborted")])
def test_what_did_not_complete_says_why_with_the_end_of_its_console(client, output, status, word):
    pipeline = controller(client, status, ("preprocess", "completed"), ("train", status))
    train = follow.look(pipeline)[1][1].id
    lines = [{"type": "log", "task": train, "msg": f"line {n}  \n", "timestamp": 1000 + n} for n in range(20)]
    for line in lines:
        client.call("events.add", **line)
    assert follow.follow(pipeline, here(client), output) is False
    said = output.file.getvalue()
    assert f"main job {word}: {status} it was" in said and f"train {word}: {status} it was" in said
    assert f"preprocess {word}" not in said
    assert [line for line in said.splitlines() if line.startswith("line")] == [
        f"line {n}" for n in range(8, 20)
    ]


def test_steps_are_in_the_order_of_their_making_and_of_the_ids_asked_for(client):
    pipeline = controller(client, "in_progress", *((name, "created") for name in "cab"))
    own, steps = follow.look(pipeline)
    assert (own.id, own.status) == (pipeline, "in_progress") and [one.name for one in steps] == [
        "c",
        "a",
        "b",
    ]
    ids = [steps[2].id, steps[0].id]
    assert [one.id for one in follow.steps([*ids, "nobody"])] == ids


def test_a_step_has_what_its_task_has(client):
    pipeline = controller(client, "in_progress", ("train", "in_progress"))
    task = follow.look(pipeline)[1][0].id
    item = {"section": "Args", "name": "epochs", "value": "7.0"}
    client.call("tasks.edit_hyper_params", task=task, hyperparams=[item], force=True)
    client.call("tasks.edit", task=task, runtime={"progress": "40"}, force=True)
    for metric, variant in (("accuracy", "validation"), ("loss", "train"), ("a", "b")):
        scalar = {
            "type": "training_stats_scalar",
            "metric": metric,
            "variant": variant,
            "iter": 3,
            "value": 0.5,
        }
        client.call("events.add", task=task, **scalar)
    (step,) = follow.look(pipeline)[1]
    assert (step.epoch, step.epochs, step.percent) == (3, 7, "40")
    assert list(step.figures) == ["loss/train", "accuracy/validation"] and step.progress == "epoch 3/7"
    assert step.newest == "loss/train 0.500  accuracy/validation 0.500"


def test_figures_of_a_task_without_the_usual_ones_are_its_first(client):
    pipeline = controller(client, "in_progress", ("other", "created"))
    task = follow.look(pipeline)[1][0].id
    for variant in "dbca":
        scalar = {"type": "training_stats_scalar", "metric": "m", "variant": variant, "iter": 0, "value": 1.0}
        client.call("events.add", task=task, **scalar)
    (step,) = follow.look(pipeline)[1]
    assert list(step.figures) == ["m/a", "m/b", "m/c"] and step.progress == "" and step.seconds == 0.0


@pytest.mark.parametrize(
    ("step", "progress"),
    [
        (Step("1", "a", "in_progress", epochs=3), "epoch 0/3"),
        (Step("1", "a", "completed", epoch=3, epochs=3), "epoch 3/3"),
        (Step("1", "a", "stopped", epoch=2, epochs=3, percent="9"), "epoch 2/3"),
        (Step("1", "a", "queued", epochs=3, percent="9"), ""),
        (Step("1", "a", "in_progress", percent="9"), "9 %"),
        (Step("1", "a", "completed", percent="9"), ""),
        (Step("1", "a", "in_progress"), ""),
    ],
)
def test_progress_is_told_of_what_runs_or_ran(step, progress):
    assert step.progress == progress


def test_seconds_are_from_the_start_to_the_end_or_to_now():
    began = datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert follow._seconds(None, began) == 0.0
    assert follow._seconds("2026-01-01T00:00:00Z", "2026-01-01T00:01:00.5+00:00") == 60.5
    assert follow._seconds("2026-01-01T00:00:00", began + timedelta(seconds=5)) == 5.0
    assert follow._seconds(began, began - timedelta(seconds=5)) == 0.0
    now = datetime.now(timezone.utc)
    assert 30 <= follow._seconds(now - timedelta(seconds=30), None) < 90


def test_a_terminal_gets_a_table_and_a_log_lines():
    for terminal in (True, False):
        console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
        with follow.display(console) as show:
            show([Step("1", "[b]train", "queued", seconds=0.0)])
            show([Step("1", "[b]train", "failed", seconds=12.0)])
        said = console.file.getvalue()
        assert ("progress" in said) is terminal and "[b]train" in said and "failed" in said
        assert "0 s" not in said and ("12 s" in said) is terminal
        assert (said == "[b]train: waiting\n[b]train: failed\n") is not terminal
