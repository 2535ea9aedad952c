"""A clone's edited parameters are what the agent's run uses: every type, in the run itself, not only on the page."""

import io
import json
from typing import Any

import pytest
import requests

from audio.parameters.parameter import declarations, kinds
from tasks import register
from tasks.arguments import schema
from tasks.arguments.parameters import to_texts
from tests.conftest import ROOT, ServerProcess
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


def test_templates_carry_types_descriptions_and_the_schema_of_their_parameters(
    server: ServerProcess, prepare
):
    prepare(server)
    for name in register.known():
        template = newest_template(server, name)
        record, kept = register.record(name), template["hyperparams"]["Args"]
        assert {key: one["type"] for key, one in kept.items()} == {
            key: kind.name for key, kind in kinds(record).items()
        }
        for key, declared in declarations(record).items():
            assert kept[key]["description"].startswith(f"{declared.help} [{declared.group}"), key
        told = template["configuration"][schema.NAME]
        assert told["type"] == "json" and json.loads(told["value"]) == json.loads(
            json.dumps(schema.schema(record))
        )


def newest_template(server: ServerProcess, name: str) -> dict[str, Any]:
    found = server.call(
        "tasks.get_all", name=f"^{name}$", tags=["template"], status=["created"], order_by=["-last_update"]
    )["tasks"]
    return server.task(next(one["id"] for one in found if not one.get("parent")))


@pytest.mark.timeout(200)
def test_a_clone_of_an_older_version_runs_and_has_the_schema_afterwards(
    server: ServerProcess, agents, prepare
):
    """Its parameters as a server kept them before there were schemas, with a description of that time."""
    ids = prepare(server)
    task = clone(server, ids["train"])
    kept = json.loads((ROOT / "tests" / "fixtures" / "old_clone.json").read_text())["Args"]
    kept["dataset_id"]["value"], kept["debug_samples_every"]["value"] = ids["dataset"], "0"
    server.call(
        "tasks.edit_hyper_params", task=task, hyperparams=list(kept.values()), replace_hyperparams="all"
    )
    server.call("tasks.delete_configuration", task=task, configuration=[schema.NAME])
    assert schema.NAME not in (server.task(task).get("configuration") or {})
    server.enqueue(task)
    done = server.wait_for(task, "completed")
    assert server.scalars(task)["loss"]["train"]["x"] == [1, 2], "its two epochs"
    used, own = arguments(done), {name: one["value"] for name, one in kept.items()}
    assert used | own == used, "what stood there stays"
    newer = {
        name: text.value for name, text in to_texts(register.defaults("train")).items() if name not in own
    }
    assert used == {**own, **newer}, "what there was not yet has its default"
    assert done["hyperparams"]["Args"]["epochs"]["description"].endswith("[Training; at least 1]")
    assert json.loads(done["configuration"][schema.NAME]["value"])["properties"]["epochs"]["minimum"] == 1
