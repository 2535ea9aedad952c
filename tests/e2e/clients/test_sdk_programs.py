"""Programs as people write them with the SDK, each run as its own process: tasks, datasets, pipelines."""

from pathlib import Path

import pytest

from tests.conftest import ServerProcess


def run(server: ServerProcess, *command: str, folder: Path) -> str:
    done = server.run(*command, HOME=str(folder), MPLBACKEND="Agg")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_a_script_connects_uploads_continues_and_imports(server: ServerProcess, tmp_path: Path) -> None:
    said = run(server, "tests/e2e/programs/task_everything.py", str(tmp_path), folder=tmp_path)
    assert said.rstrip().endswith("all is well")


def test_a_dataset_has_versions_with_parents(server: ServerProcess, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    said = run(server, "tests/e2e/programs/datasets.py", str(files), folder=tmp_path)
    assert said.rstrip().endswith("all is well")


@pytest.mark.parametrize("kind", ["functions", pytest.param("decorators", marks=pytest.mark.slow)])
def test_a_pipeline_runs_its_steps_in_processes_here(
    server: ServerProcess, tmp_path: Path, kind: str
) -> None:
    said = run(server, "tests/e2e/programs/pipelines.py", kind, folder=tmp_path)
    controller = said.rpartition("RUN ")[2].strip()
    assert server.status(controller) == "completed"
    query = {"parent": controller, "search_hidden": True, "order_by": ["started"]}
    steps = server.call("tasks.get_all", **query)["tasks"]
    assert [step["status"] for step in steps] == ["completed", "completed"]
    if kind == "functions":
        assert server.scalars(steps[1]["id"]) == {}
        single = server.call("events.get_task_single_value_metrics", tasks=[steps[1]["id"]])["tasks"]
        assert single[0]["values"][0]["value"] == 6


@pytest.mark.slow
def test_the_sdks_optimizer_clones_watches_and_names_the_best(server: ServerProcess, tmp_path: Path) -> None:
    said = run(server, "tests/e2e/programs/optimizer.py", "optimizing", folder=tmp_path)
    assert said.rstrip().endswith("all is well")
