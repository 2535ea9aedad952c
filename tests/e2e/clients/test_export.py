"""`python -m server export`: what the SDK wrote to one server is read with the SDK from another."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.conftest import ServerProcess

READ = """
import sys
from clearml import Dataset, Task
local = Dataset.get(dataset_id=sys.argv[1]).get_local_copy()
import pathlib
print(sorted((one.name, one.read_text()) for one in pathlib.Path(local).iterdir()))
task = Task.get_task(sys.argv[2])
print(task.artifacts["table"].get())
print(task.models["output"][0].get_weights())
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, dict[str, str]]]:
    """A server with all kinds of data, and the ids of some; tests add to it and leave it running."""
    source = ServerProcess(tmp_path_factory.mktemp("source"))
    try:
        done = source.run("tests/e2e/sdk_everything.py", timeout=180, PYTHONPATH=".")
        assert done.returncode == 0, done.stdout + done.stderr
        yield source, json.loads(done.stdout.strip().splitlines()[-1])
    finally:
        source.stop()


@pytest.fixture
def made(
    filled: tuple[ServerProcess, dict[str, str]], new_server: Callable[..., ServerProcess]
) -> tuple[ServerProcess, ServerProcess, dict[str, str]]:
    """A server with data, an empty one, and ids of the first."""
    return filled[0], new_server(), filled[1]


def export(source: ServerProcess, target: ServerProcess, *options: str) -> str:
    done = source.run(
        "-m", "server", "export", "--to", str(target.conf), *options,
        "--data", str(source.folder / "server"),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def new_ids(source: ServerProcess, target: ServerProcess) -> dict[str, str]:
    found = target.call("tasks.get_all", search_hidden=True, page_size=100)["tasks"]
    return {task["runtime"]["origin_id"]: task["id"] for task in found if "origin_id" in task["runtime"]}


def without_ids(task: dict[str, Any]) -> dict[str, Any]:
    kept = ("name", "type", "status", "tags", "hyperparams", "configuration", "last_iteration", "system_tags")
    last = {
        one["variant"]: one["value"] for metric in task["last_metrics"].values() for one in metric.values()
    }
    return {**{name: task.get(name) for name in kept}, "last": last}


def test_everything_arrives_and_the_sdk_works_with_it(made, tmp_path) -> None:
    source, target, old = made
    source.call("reports.create", name="findings", report=f"see task {old['task']}")
    running = source.call("tasks.create", name="runs", type="training")["id"]
    source.call("tasks.started", task=running)
    assert "1 tasks run or wait" in export(source, target)
    source.call("tasks.delete", task=running, force=True)
    new = new_ids(source, target)
    assert running not in new

    task = target.task(new[old["task"]])
    assert without_ids(task) == without_ids(source.task(old["task"]))
    assert target.scalars(task["id"])["loss"] == source.scalars(old["task"])["loss"]
    assert "a line for the console" in target.console(task["id"])
    plots = [server.call("events.get_task_plots", task=id)["plots"]
             for server, id in ((source, old["task"]), (target, task["id"]))]  # fmt: skip
    assert [one["metric"] for one in plots[0]] == [one["metric"] for one in plots[1]] != []

    (entry,) = task["models"]["output"]
    model = target.call("models.get_by_id", model=entry["model"])["model"]
    assert model["labels"] == {"dog": 0} and model["metadata"]["sample_rate"]["value"] == "32000"
    assert target.url in model["uri"] and old["task"] not in model["uri"]

    samples = target.call("events.debug_images", metrics=[{"task": task["id"]}], iters=5)["metrics"][0]
    url = samples["iterations"][0]["events"][0]["url"]
    assert requests.get(url, auth=target.keys, timeout=10).content.startswith(b"\xff\xd8")

    (report,) = target.call("reports.get_all_ex", only_fields=["name", "report"])["tasks"]
    assert report["report"] == f"see task {task['id']}"

    source.stop()  # nothing of what follows may come from there
    try:
        done = target.run("-c", READ, new[old["second"]], task["id"])
    finally:
        source.start()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[('a', 'bark'), ('b', 'meow')]" in done.stdout and "{'rows': [1, 2, 3]}" in done.stdout


def test_a_second_export_brings_what_is_new_and_nothing_twice(made) -> None:
    source, target, old = made
    assert "0 projects" not in export(source, target)
    before = target.call("tasks.get_all", search_hidden=True, page_size=100)["tasks"]
    later = source.call("tasks.create", name="later", type="testing")["id"]
    assert "Moved: 0 projects, 1 tasks, 0 models, 0 files." in export(source, target)
    after = target.call("tasks.get_all", search_hidden=True, page_size=100)["tasks"]
    assert len(after) == len(before) + 1 and later in new_ids(source, target)
    log = target.call("events.get_task_log", task=new_ids(source, target)[old["task"]])
    assert log["total"] == source.call("events.get_task_log", task=old["task"])["total"]


def test_one_project_alone_and_a_dry_run(made) -> None:
    source, target, _ = made
    said = export(source, target, "--project", "sounds/training", "--dry-run")
    assert "2 projects, 1 tasks, 1 models" in said
    assert target.call("tasks.get_all", search_hidden=True)["tasks"] == []
    export(source, target, "--project", "sounds/training")
    assert [task["name"] for task in target.call("tasks.get_all", search_hidden=True)["tasks"]] == ["train"]


def test_a_project_brings_the_files_that_it_names_in_other_projects(made) -> None:
    source, target, old = made
    theirs = source.call("models.get_by_id", model=source.task(old["task"])["models"]["output"][0]["model"])
    project = source.call("projects.create", name="borrows", description="")["id"]
    source.call("models.create", name="borrowed", uri=theirs["model"]["uri"], project=project)
    export(source, target, "--project", "borrows")
    (model,) = target.call("models.get_all", name="^borrowed$")["models"]
    assert model["uri"].startswith(target.url)
    found = requests.get(model["uri"], headers=target.authorization(), timeout=30)
    wanted = requests.get(theirs["model"]["uri"], headers=source.authorization(), timeout=30)
    assert found.ok and found.content == wanted.content


def test_wrong_keys_and_a_missing_server_are_said(made, tmp_path) -> None:
    source, target, _ = made
    (tmp_path / "wrong.conf").write_text(target.conf.read_text().replace('secret_key: "', 'secret_key: "x'))
    arguments = ("-m", "server", "export", "--data", str(source.folder / "server"), "--to")
    done = source.run(*arguments, str(tmp_path / "wrong.conf"))
    assert done.returncode == 1 and "invalid credentials" in done.stderr
    (tmp_path / "empty.conf").write_text("api {}\n")
    done = source.run(*arguments, str(tmp_path / "empty.conf"))
    assert done.returncode == 1 and "has no api_server" in done.stderr
