"""A file lives exactly as long as something names it, however the address is spelled and whatever is deleted."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from server.store import Store, migrations
from tests.contract.conftest import Api

SPELLINGS: dict[str, Callable[[str], str]] = {
    "the web port": lambda name: f"http://127.0.0.1:8080/files/{quote(name)}",
    "another host's name": lambda name: f"https://sound.example.org/files/{quote(name)}",
    "the files' own port": lambda name: f"http://localhost:8081/{quote(name)}",
    "below a sub-path": lambda name: f"https://example.org/soundyard/files/{quote(name)}",
    "quoted twice": lambda name: f"http://127.0.0.1:8080/files/{quote(quote(name))}",
    "not quoted": lambda name: f"http://127.0.0.1:8080/files/{name}",
    "without a host": lambda name: f"/files/{quote(name)}",
}


class Stored:
    """Files of tasks, and what names them."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def file(self, task: str, last: str = "models/w #1?.pt", content: bytes = b"weights") -> str:
        """Uploaded as the SDK does. Returns: its name."""
        name = f"some project/train: 50%.{task}/{last}"
        answer = self.api.client.post("/files", files={name: (name, content)}, headers=self.api.headers)
        assert answer.status_code == 200, answer.text
        return name

    def lies(self, name: str) -> bool:
        return (self.api.store.files.root / name).is_file()

    def content(self, address: str) -> bytes:
        path = "/files/" + address.partition("/files/")[2]
        return self.api.client.get(path, headers=self.api.headers).content

    def artifact(self, task: str, address: str, key: str = "a", mode: str = "output") -> None:
        one = {"key": key, "type": "custom", "uri": address, "mode": mode}
        self.api("tasks.add_or_update_artifacts", task=task, artifacts=[one], force=True)

    def delete(self, name: str) -> Any:
        answer = self.api.client.delete(f"/files/{quote(name)}", headers=self.api.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def stored(api: Api) -> Stored:
    return Stored(api)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_published_model_outlives_the_task_it_came_from(stored: Stored, spelling: str) -> None:
    api, task = stored.api, stored.api.task()
    name = stored.file(task)
    address = SPELLINGS[spelling](name)
    model = api("models.create", name="released", uri=address)["id"]
    other = stored.file(task, "models/other.pt")
    api("tasks.delete", task=task, force=True)
    assert stored.lies(name) and not stored.lies(other)
    assert stored.delete(name)["kept"], "the SDK deletes the files of a task it has deleted"
    assert stored.lies(name)
    api("models.delete", model=model, force=True)
    assert not stored.lies(name)
    assert stored.delete(name) == {"deleted": ["/" + name]}, "what went already is no failure"


def by_artifact(stored: Stored, task: str, address: str) -> Callable[[], Any]:
    stored.artifact(task, address)
    return lambda: stored.api(
        "tasks.delete_artifacts", task=task, artifacts=[{"key": "a", "mode": "output"}], force=True
    )


def by_input_artifact(stored: Stored, task: str, address: str) -> Callable[[], Any]:
    stored.artifact(task, address, mode="input")
    return lambda: stored.api("tasks.delete", task=task, force=True)


def by_sample(stored: Stored, task: str, address: str) -> Callable[[], Any]:
    event = {"type": "training_debug_image", "metric": "m", "variant": "v", "iter": 1, "url": address}
    stored.api("events.add", **event, task=task)
    return lambda: stored.api("tasks.reset", task=task, force=True)


def by_plot(stored: Stored, task: str, address: str) -> Callable[[], Any]:
    figure = json.dumps({"data": [], "layout": {"images": [{"source": address}]}})
    stored.api("events.add", type="plot", metric="m", variant="v", iter=1, plot_str=figure, task=task)
    return lambda: stored.api("events.delete_for_task", task=task)


def by_parameter(stored: Stored, task: str, address: str) -> Callable[[], Any]:
    item = {"section": "Args", "name": "weights", "value": address}
    stored.api("tasks.edit_hyper_params", task=task, hyperparams=[item], force=True)
    return lambda: stored.api("tasks.delete_many", ids=[task], force=True)


def by_metadata(stored: Stored, task: str, address: str) -> Callable[[], Any]:
    model = stored.api("models.create", name="m", uri="s3://elsewhere/m.pt")["id"]
    item = {"key": "labels", "type": "str", "value": f"see {address}."}
    stored.api("models.add_or_update_metadata", model=model, metadata=[item])
    return lambda: stored.api("models.delete_many", ids=[model], force=True)


def by_report(stored: Stored, task: str, address: str) -> Callable[[], Any]:
    project = stored.api("tasks.get_by_id", task=task)["task"]["project"]
    report = stored.api("reports.create", name="r", project=project, report=f"![]({address})")["id"]
    return lambda: stored.api("reports.delete", task=report, force=True)


NAMERS = [by_artifact, by_input_artifact, by_sample, by_plot, by_parameter, by_metadata, by_report]


@pytest.mark.parametrize("naming", NAMERS, ids=lambda one: one.__name__)
def test_whatever_names_a_file_keeps_it_and_the_last_one_frees_it(
    stored: Stored, naming: Callable[[Stored, str, str], Callable[[], Any]]
) -> None:
    api, owner = stored.api, stored.api.task("owner")
    other = api.task("other", project=api.project())
    name = stored.file(owner, "artifacts/a/a b.json")
    address = SPELLINGS["the web port"](name)
    stored.artifact(owner, address)
    forget = naming(stored, other, address)
    told = api("tasks.validate_delete", ids=[owner])
    assert (told["files"], told["kept_files"], told["kept_by_total"]) == (0, 1, 1)
    api("tasks.delete", task=owner, force=True)
    assert stored.lies(name)
    answer = api.client.post(
        "/files/delete_many", json={"files": [address, name]}, headers=api.headers
    ).json()
    assert answer["kept"].keys() == {address, name} and stored.lies(name)
    forget()
    assert not stored.lies(name)


def test_a_reset_frees_what_its_run_made_and_nothing_else(stored: Stored) -> None:
    api, task = stored.api, stored.api.task()
    made, given, published = (stored.file(task, f"artifacts/{one}") for one in ("made", "given", "published"))
    web = SPELLINGS["the web port"]
    stored.artifact(task, web(made), "made")
    stored.artifact(task, web(given), "given", "input")
    api("models.create", name="p", uri=web(published), ready=True)
    told = api("tasks.validate_reset", ids=[task])
    assert (told["files"], told["bytes"], told["kept_files"]) == (1, 7, 2)
    assert {(one["kind"], one["name"], one["published"]) for one in told["kept_by"]} == {
        ("model", "p", True),
        ("task", "task", False),
    }
    api("tasks.reset", task=task, force=True)
    assert [stored.lies(one) for one in (made, given, published)] == [False, True, True]


def test_files_stay_when_they_are_to_stay(stored: Stored) -> None:
    api, task = stored.api, stored.api.task()
    name = stored.file(task)
    model = api("models.create", name="m", uri=SPELLINGS["the web port"](name), task=task)["id"]
    api("models.delete", model=model, force=True, delete_external_artifacts=False)
    api("tasks.delete", task=task, force=True, delete_external_artifacts=False)
    assert stored.lies(name)
    assert stored.delete(name) == {"deleted": ["/" + name]} and not stored.lies(name)


def test_a_task_that_runs_again_does_not_write_over_what_was_published(stored: Stored) -> None:
    api, task = stored.api, stored.api.task()
    name = stored.file(task, content=b"the first run")
    address = SPELLINGS["quoted twice"](name)
    released = api("models.create", name="released", uri=address, ready=True)["id"]
    own = api("models.create", name="own", uri=address, ready=False, task=task)["id"]
    other = api.task("other")
    stored.artifact(other, SPELLINGS["the web port"](name))
    stored.file(task, content=b"the second run")
    uris = [api("models.get_by_id", model=one)["model"]["uri"] for one in (released, own)]
    artifact = api.get(other)["execution"]["artifacts"][0]["uri"]
    assert [stored.content(one) for one in (*uris, artifact)] == [
        b"the first run", b"the second run", b"the first run",
    ]  # fmt: skip
    assert uris[1] == address
    api("tasks.delete_many", ids=[task, other], force=True)
    assert stored.content(uris[0]) == b"the first run"
    api("models.delete", model=released, force=True)
    assert not [one for one in stored.api.store.files.root.rglob("*") if one.is_file()]


def test_a_project_frees_what_nobody_outside_names_and_says_so_before(stored: Stored) -> None:
    api = stored.api
    project, web = api.project("doomed"), SPELLINGS["the web port"]
    tasks = [api.task(f"t{n}", project=project) for n in range(3)]
    names = [stored.file(task) for task in tasks]
    for task, name in zip(tasks, names, strict=True):
        api("models.create", name="m", uri=web(name), task=task, project=project, ready=False)
    reader = api.task("reader")
    stored.artifact(reader, web(names[0]), mode="input")
    inside = api("models.create", name="in", uri=web(names[1]), project=project)["id"]
    api("tasks.add_or_update_model", task=reader, name="base", model=inside, type="input")
    told = api("projects.validate_delete", project=project)["release"]
    assert (told["tasks"], told["models"], told["files"], told["kept_files"]) == (3, 4, 2, 1)
    assert [one["id"] for one in told["losers"]] == [reader]
    api("projects.delete", project=project, delete_contents=True, force=True)
    assert [stored.lies(name) for name in names] == [True, False, False]
    assert api.get(reader)["models"]["input"][0]["model"] == f"__DELETED__{inside}"


def test_versions_of_a_dataset_keep_the_chunks_that_they_inherit(stored: Stored) -> None:
    api = stored.api
    parent, child = api.task("1.0"), api.task("1.1")
    chunk = stored.file(parent, "artifacts/data/chunk.zip")
    stored.artifact(parent, SPELLINGS["the web port"](chunk), "data")
    struct = {"0": {"job_id": parent, "parents": []}, "1": {"job_id": child, "parents": ["0"]}}
    item = {"name": "Dataset Struct", "value": json.dumps(struct)}
    api("tasks.edit_configuration", task=child, configuration=[item])
    told = api("tasks.validate_delete", ids=[parent])
    assert (told["files"], told["kept_files"]) == (0, 1)
    assert [one["name"] for one in told["losers"]] == ["1.1"]
    assert "versions" in api.fails("tasks.delete", 400, 123, task=parent)
    api("tasks.delete", task=parent, force=True)
    assert stored.lies(chunk)
    api("tasks.delete", task=child, force=True)
    assert not stored.lies(chunk)


def test_the_last_of_several_tasks_that_share_a_model_takes_it_along(stored: Stored) -> None:
    api = stored.api
    maker, user = api.task("maker"), api.task("user")
    name = stored.file(maker)
    model = api("models.create", name="m", uri=SPELLINGS["the web port"](name), task=maker, ready=False)["id"]
    api("tasks.add_or_update_model", task=user, name="base", model=model, type="input")
    for ids, expected in (([maker], (0, 1, 0)), ([maker, user], (0, 1, 0)), ([user, maker], (1, 0, 1))):
        told = api("tasks.validate_delete", ids=ids)
        assert (told["models"], told["kept_models"], told["files"]) == expected
    api("tasks.delete_many", ids=[user, maker], force=True)
    assert not stored.lies(name)


def test_a_server_killed_between_the_deletion_and_the_files_goes_on_when_it_starts(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = stored.api.task()
    name = stored.file(task)
    monkeypatch.setattr(stored.api.store.releases, "sweep", lambda: None)
    stored.api("tasks.delete", task=task, force=True)
    assert stored.lies(name)
    monkeypatch.undo()
    stored.api.store.releases.sweep()
    assert not stored.lies(name)


def test_an_older_database_learns_what_names_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    old = [step for step in migrations.numbered() if step[0] <= 2]
    migrations.migrate(folder / "soundyard.db", old)
    task, model = uuid.uuid4().hex, uuid.uuid4().hex
    name, sample = f"p/t.{task}/models/w%23.pt", f"p/t.{task}/metrics/a.png"
    for one in (name, sample):
        (folder / "files" / one).parent.mkdir(parents=True, exist_ok=True)
        (folder / "files" / one).write_bytes(b"x")
    with closing(sqlite3.connect(folder / "soundyard.db")) as db, db:
        for one in (name, sample):
            db.execute("INSERT INTO files(path, task, size, created) VALUES (?, ?, 1, '')", (one, task))
        db.execute("INSERT INTO tasks(id, name, type) VALUES (?, 't', 'training')", (task,))
        db.execute("INSERT INTO task_documents(id, configuration) VALUES (?, 'null')", (task,))
        uri = f"http://127.0.0.1:8081/{quote(name)}"
        db.execute("INSERT INTO models(id, name, uri, ready) VALUES (?, 'm', ?, 1)", (model, uri))
        db.execute("INSERT INTO series VALUES (1, ?, 'image', 'm', 'v')", (task,))
        url = f"http://host/files/{sample}"
        db.execute("INSERT INTO rich_events(series, iter, timestamp, body) VALUES (1, 0, 0, ?)", (url,))
    store = Store(folder, synchronous="NORMAL")
    try:
        left = store.releases.left([task], [], reset=False)
        assert (left.going, left.kept) == ([sample], [name])
        assert [one.id for one in left.namers] == [model]
    finally:
        store.close()
