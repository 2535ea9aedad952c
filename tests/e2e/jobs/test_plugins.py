"""All of docs/extending.md on an agent that has not got the files, from clones that were made as in the browser."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ServerProcess
from tests.e2e.clones import arguments, clone
from tests.e2e.conftest import write_sounds
from tests.plugins import write_examples

PROJECT = {"SOUNDYARD_PROJECT": "Plugins"}
QUICK = {"epochs": "2", "precision": "fp32", "threads": "1", "debug_samples_every": "0"}


@pytest.fixture(scope="module")
def registered(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Templates with all plugins of the document, whose files are gone since; ids by name."""
    folder = tmp_path_factory.mktemp("outside") / "é: 100 %"
    paths = write_examples(folder)
    words = [word for path in paths.values() for word in ("--plugins", str(path))]
    done = server.run("-m", "tasks.register", *words, **PROJECT)
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(folder)
    return dict(line.split(": ") for line in done.stdout.splitlines() if line.count(": ") == 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings as the data set of the document wants them."""
    folder = tmp_path_factory.mktemp("recordings")
    for sound in write_sounds(folder / "by-class").rglob("*.wav"):
        sound.rename(folder / f"{sound.parent.name}_{sound.name}")
    return folder


def ran(server: ServerProcess, template: str, **edited: str) -> dict[str, Any]:
    """A clone with edited values, as the agent has run it."""
    task = clone(server, template, **edited)
    server.enqueue(task)
    return server.wait_for(task, "completed")


def singles(server: ServerProcess, task: str) -> dict[str, float]:
    values = server.call("events.get_task_single_value_metrics", tasks=[task])["tasks"]
    return {one["variant"]: one["value"] for task in values for one in task["values"]}


def model_of(server: ServerProcess, task: dict[str, Any]) -> str:
    return str(task["models"]["output"][-1]["model"])


def test_templates_list_what_plugins_add_and_carry_their_source(server: ServerProcess, registered):
    train = server.task(registered["train"])
    told = json.loads(train["configuration"]["parameters_schema"]["value"])["properties"]
    assert "mean-pool" in told["model"]["examples"] and "cnn" in told["model"]["examples"]
    carried = json.loads(train["configuration"]["plugins"]["value"])
    assert len(carried) == 7 and "class MeanPool(nn.Module):" in carried[0]["files"]["my_model.py"]
    assert [one["given"] for one in carried] == json.loads(arguments(train)["plugins"])


def test_templates_that_carry_plugins_keep_them_until_they_are_registered_plain(
    server: ServerProcess, registered
):
    """A pipeline, or `soundyard run --queue`, puts the templates up, too."""
    program = (
        "from tasks import register; from tasks.client import connection; register.register(connection.use())"
    )
    own = {"SOUNDYARD_PROJECT": "Plain", "COLUMNS": "200"}
    path = server.folder / "plain_metric.py"
    path.write_text("from audio.registry import metrics\n\nmetrics.register('plain', lambda answers: 1)\n")
    first = server.run("-m", "tasks.register", "--plugins", str(path), **own)
    train = dict(line.split(": ") for line in first.stdout.splitlines() if line.count(": ") == 1)["train"]
    path.unlink()
    for command, kept in ((("-c", program), f'["{path}"]'), (("-m", "tasks.register"), "[]")):
        done = server.run(*command, **own)
        assert done.returncode == 0, done.stderr
        assert arguments(server.task(train))["plugins"] == kept
        told = json.loads(server.task(train)["configuration"]["parameters_schema"]["value"])["properties"]
        assert ("plain" in told["metrics"]["items"]["examples"]) == (kept != "[]")


@pytest.mark.slow
@pytest.mark.timeout(580)
def test_clones_are_run_with_every_plugin_by_an_agent_that_has_not_got_the_files(
    server: ServerProcess, agents, registered, folder
):
    dataset = ran(
        server,
        registered["preprocess"],
        dataset="by-prefix",
        data=str(folder),
        sample_rate="16000",
        examples="0",
    )
    dataset_id = dataset["hyperparams"]["properties"]["dataset_id"]["value"]
    trained = ran(
        server, registered["train"], dataset_id=dataset_id, model="mean-pool", frontend="crossings",
        augmentations='["dropout-samples"]', metrics="calibration", **QUICK,
    )  # fmt: skip
    assert server.scalars(trained["id"])["calibration"]["validation"]["x"] == [1, 2]
    assert "mean-pool on crossings" in str(server.call("models.get_by_id", model=model_of(server, trained)))

    evaluated = ran(server, registered["evaluate"], model_id=model_of(server, trained), metrics="calibration")
    figures = singles(server, evaluated["id"])
    assert figures["calibration"] == pytest.approx(
        server.scalars(trained["id"])["calibration"]["validation"]["y"][-1], abs=1e-4
    )
    exported = ran(server, registered["export"], model_id=model_of(server, trained), formats="torchscript")
    assert exported["models"]["output"]
    heard = ran(
        server, registered["predict"], model_id=model_of(server, trained), url=str(next(folder.glob("*.wav")))
    )
    assert set(singles(server, heard["id"])) == {"high", "low"}
    loud = ran(server, registered["loudness"], dataset_id=dataset_id, quiet_db="0")
    assert len(server.scalars(loud["id"])["level"]["clips"]["x"]) == 20
    assert "is quiet" in server.console(loud["id"])


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_model_of_a_plugin_is_evaluated_by_an_agent_whose_task_names_none(
    server: ServerProcess, agents, prepare, registered
):
    """Its training carries what hearing it takes. At a shell a person has to name it."""
    ids = prepare(server)
    trained = ran(server, registered["train"], dataset_id=ids["dataset"], model="mean-pool", **QUICK)
    evaluated = ran(server, ids["evaluate"], model_id=model_of(server, trained))
    assert arguments(evaluated)["plugins"] == "[]"
    assert f"training {trained['id']} brings its plugins" in server.console(evaluated["id"])
    at_a_shell = server.run("-m", "tasks.evaluate", "--model_id", model_of(server, trained))
    assert at_a_shell.returncode != 0
    assert "was trained with the plugin my_model.py" in at_a_shell.stderr and "--plugins" in at_a_shell.stderr


@pytest.mark.timeout(120)
def test_a_clone_that_names_a_plugin_which_is_nowhere_fails_with_that_as_the_reason(
    server: ServerProcess, agents, registered
):
    task = clone(server, registered["loudness"], plugins="/nowhere/of_mine.py")
    server.enqueue(task)
    failed = server.wait_for(task, "failed")
    assert "plugins names /nowhere/of_mine.py, and there is no such file" in failed["status_reason"]
    assert "Traceback" not in server.console(task)
