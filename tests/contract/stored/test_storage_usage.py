"""`storage.get_usage` and `python -m server usage`: what takes how much room; deletion that frees it."""

from pathlib import Path
from urllib.parse import quote

import pytest

from server.cli import main
from tests.contract.conftest import Api


def upload(api: Api, name: str, size: int) -> str:
    """Gives the file's address, as the SDK stores it."""
    assert api.client.post("/files", files={"f": (name, b"x" * size)}, headers=api.headers).status_code == 200
    return f"http://127.0.0.1:8080/files/{quote(name)}"


def folder(task: str) -> str:
    return f"Sounds and more/first run.{task}"


@pytest.fixture
def task(api: Api) -> str:
    """With 100 bytes of artifacts, 1,000 of debug samples, 10,000 of models."""
    task = api.task("first run", project=api.project("Sounds and more"))
    upload(api, f"{folder(task)}/artifacts/table/table.csv.gz", 100)
    upload(api, f"{folder(task)}/metrics/clips/a/a_0.wav", 1_000)
    upload(api, f"{folder(task)}/models/best.pt", 10_000)
    return task


def test_usage_names_the_largest_first(api: Api, task: str) -> None:
    other = api.task("larger", project=api.project("Other"))
    upload(api, f"Other/larger.{other}/artifacts/x/x.bin", 50_000)
    upload(api, "stray.bin", 7)
    found = api("storage.get_usage")
    assert (found["files"]["bytes"], found["files"]["files"]) == (61_107, 5)
    assert found["files"]["ownerless"] == {"files": 1, "bytes": 7}
    kinds = {one["kind"]: one["bytes"] for one in found["files"]["kinds"]}
    assert kinds == {"artifacts": 50_100, "models": 10_000, "debug samples": 1_000, "other": 7}
    assert [(one["name"], one["bytes"]) for one in found["projects"]] == [
        ("Other", 50_000), ("Sounds and more", 11_100)
    ]  # fmt: skip
    assert [(one["name"], one["files"]) for one in found["tasks"]] == [("larger", 1), ("first run", 3)]
    assert [one["name"] for one in api("storage.get_usage", limit=1)["tasks"]] == ["larger"]
    assert 0 < found["disk"]["free"] <= found["disk"]["total"] and found["database"]["bytes"] > 0


def test_deleting_a_task_frees_its_files(api: Api, task: str, tmp_path: Path) -> None:
    keep = api.task("second run")
    upload(api, f"{folder(keep)}/artifacts/a/a.bin", 3)
    api("tasks.delete", task=task, force=True)
    assert api("storage.get_usage")["files"]["bytes"] == 3
    left = [path for path in (tmp_path / "server" / "files").rglob("*") if path.is_file()]
    assert [path.name for path in left] == ["a.bin"]


def test_deleting_a_task_can_leave_its_files(api: Api, task: str) -> None:
    api("tasks.delete", task=task, force=True, delete_external_artifacts=False)
    assert api("storage.get_usage")["files"]["ownerless"] == {"files": 3, "bytes": 11_100}


def test_a_model_that_stays_keeps_its_file(api: Api, task: str) -> None:
    uri = f"http://127.0.0.1:8080/files/{quote(folder(task))}/models/best.pt"
    model = api("models.create", uri=uri, name="best", labels={}, task=task, ready=False)["id"]
    api("models.set_ready", model=model, publish_task=False)
    api("tasks.delete", task=task, force=True)
    assert api("storage.get_usage")["files"]["bytes"] == 10_000
    assert api.client.get(uri, headers=api.headers).status_code == 200


def test_resetting_a_task_frees_what_it_made(api: Api, task: str) -> None:
    api("tasks.started", task=task)
    api("tasks.reset", task=task, force=True)
    assert api("storage.get_usage")["files"]["bytes"] == 0


def test_the_command_prints_the_same(
    api: Api, task: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["usage", "--data", str(tmp_path / "server")]) == 0
    printed = capsys.readouterr().out
    for part in ("11.1 kB in 3", "debug samples", "Sounds and more", "first run"):
        assert part in printed
