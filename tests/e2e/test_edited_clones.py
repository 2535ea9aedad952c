"""A clone's edited parameters are what the agent's run uses: every type, in the run itself, not only on the page."""

import io

import pytest
import requests

from tests.conftest import ServerProcess
from tests.e2e.clones import arguments, clone

EDITED = {
    "epochs": "3",  # int
    "learning_rate": "0.0125",  # float
    "augment": "False",  # bool
    "clip_norm": "",  # None
    "speeds": "[0.9, 1.1]",  # list
    "model": "cnn",
    "debug_samples_every": "0",
}


@pytest.mark.timeout(280)
def test_edited_values_of_every_type_are_what_the_run_uses(server: ServerProcess, agents, prepare):
    import torch

    ids = prepare(server)
    task = clone(server, ids["train"], dataset_id=ids["dataset"], **EDITED)
    server.enqueue(task)
    done = server.wait_for(task, "completed")
    assert arguments(done) | EDITED == arguments(done)
    assert server.scalars(task)["loss"]["train"]["x"] == [1, 2, 3]
    model = server.call("models.get_by_id", model=done["models"]["output"][-1]["model"])["model"]
    weights = requests.get(model["uri"], headers=server.authorization(), timeout=30).content
    used = torch.load(io.BytesIO(weights), weights_only=False)["config"]
    used = used if isinstance(used, dict) else vars(used)
    assert (used["epochs"], used["learning_rate"], used["augment"]) == (3, 0.0125, False)
    assert used["clip_norm"] is None
    assert used["speeds"] == [0.9, 1.1]


@pytest.mark.timeout(200)
def test_a_clone_made_and_edited_with_the_sdk_runs_with_the_new_values(
    server: ServerProcess, agents, prepare
):
    ids = prepare(server)
    script = """
import sys
from clearml import Task
template, dataset = sys.argv[1:]
task = Task.clone(source_task=template, name="edited with the SDK")
task.set_parameter("Args/learning_rate", 0.002)
task.set_parameter("Args/epochs", 2)
task.set_parameter("Args/dataset_id", dataset)
Task.enqueue(task, queue_name="audio")
print("task", task.id)
"""
    made = server.run("-c", script, ids["train"], ids["dataset"])
    assert made.returncode == 0, made.stderr
    task = made.stdout.split("task ")[-1].strip()
    server.wait_for(task, "completed")
    curves = server.scalars(task)
    assert curves["loss"]["train"]["x"] == [1, 2]
    assert max(curves["learning_rate"]["train"]["y"]) <= 0.002


@pytest.mark.timeout(120)
def test_a_value_that_cannot_be_read_fails_with_its_name_as_the_reason(
    server: ServerProcess, agents, prepare
):
    ids = prepare(server)
    task = clone(server, ids["train"], dataset_id=ids["dataset"], epochs="ten")
    server.enqueue(task)
    failed = server.wait_for(task, "failed")
    assert "Args/epochs: expected a whole number, got 'ten'" in failed["status_reason"]
    assert "Traceback" not in server.console(task)
