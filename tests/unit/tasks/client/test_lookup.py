"""What other tasks left on a real server: found by id, as the newest, or told what is wrong with it."""

import socket
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest

from audio.config import TrainConfig
from tasks import lookup
from tasks.client import identify
from tasks.errors import NothingThere


@pytest.fixture
def project(client):
    """A project of the test's own: its name and its id."""
    name = f"é/{uuid.uuid4().hex}"
    return SimpleNamespace(name=name, id=client.call("projects.create", name=name)["id"])


@pytest.fixture
def trained(client, project):
    """Gives a function that makes a training in a state, with output models; gives task and models."""

    def make(status="completed", models=("net",), **fields):
        task = client.call("tasks.create", name="train", type="training", project=project.id, **fields)["id"]
        ids = []
        for name in models:
            model = {"uri": f"s3://a/{name}", "name": name, "iteration": 1}
            ids.append(client.call("models.update_for_task", task=task, **model)["id"])
        client.call("tasks.started", task=task)
        if status != "in_progress":
            client.call(
                f"tasks.{ {'published': 'publish', 'closed': 'close'}.get(status, status) }",
                task=task,
                force=True,
            )
        return task, ids

    return make


def test_the_newest_model_is_the_last_of_the_last_finished_training_that_has_one(client, project, trained):
    with pytest.raises(NothingThere, match="has no finished training with a model"):
        lookup.newest_model(project.name)
    _, older = trained(models=("a", "b"))
    assert lookup.newest_model(project.name) == older[-1]
    for status in ("published", "closed"):
        _, (newer,) = trained(status)
        assert lookup.newest_model(project.name) == newer
    for status in ("failed", "stopped", "in_progress"):
        trained(status)
    trained(models=())
    other = client.call("tasks.create", name="t", type="testing", project=project.id)["id"]
    client.call("tasks.completed", task=other, force=True)
    assert lookup.newest_model(project.name) == newer
    assert lookup.model("", project.name).id == newer == lookup.model(f" {newer} ", project.name).id


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"uri": " "}, "has no weights"),
        ({"uri": "s3://a/x.onnx", "framework": "ONNX"}, "is an exported one .ONNX"),
    ],
)
def test_a_model_that_can_not_be_used_says_why(client, project, fields, why):
    model = client.call("models.create", name="m", **fields)["id"]
    with pytest.raises(NothingThere, match=f"{why}.*newest of project {project.name}"):
        lookup.model(model, project.name)


def test_a_model_to_hear_is_the_one_published_last_or_one_by_its_id_exported_or_not(
    client, project, tmp_path, monkeypatch
):
    monkeypatch.setattr("tasks.client.names.project", lambda: project.name)
    with pytest.raises(NothingThere, match="has no published model"):
        lookup.file_to_hear("")
    made = {}
    for name, framework in (("first.pt", "PyTorch"), ("second.pt", "PyTorch"), ("model.onnx", "ONNX")):
        (tmp_path / name).write_text(name)
        uri = (tmp_path / name).as_uri()
        fields = {"name": name, "uri": uri, "framework": framework, "project": project.id, "ready": False}
        made[name] = client.call("models.create", **fields)["id"]
    for published in ("second.pt", "model.onnx"):
        client.call("models.set_ready", model=made[published], publish_task=False)
        assert lookup.file_to_hear("").read_text() == published
    for name, id in made.items():
        assert lookup.file_to_hear(f" {id} ").read_text() == name
    with pytest.raises(NothingThere, match="nobody"):
        lookup.file_to_hear("nobody")


def test_an_id_of_something_else_is_told_as_what_it_is(client, project, trained):
    task, (one, two) = trained(models=("a", "b"))
    dataset = client.call("tasks.create", name="d", type="data_processing", system_tags=["dataset"])["id"]
    queue = client.queue("a queue")
    named = f"called {uuid.uuid4().hex}"
    for _ in range(2):
        client.call("tasks.create", name=named, type="training")
    instead = identify.what_instead
    assert (
        instead(task, "model")
        == f"is the id of a task (train, training), not of a model (its models are {one}, {two})"
    )
    assert instead(task, "dataset") == "is the id of a task (train, training), not of a dataset"
    assert instead(dataset, "task") == "is the id of a dataset (d, data_processing), not of a task"
    assert instead(one, "dataset") == "is the id of a model (a), not of a dataset"
    assert instead(queue, "model") == "is the id of a queue (a queue), not of a model"
    assert instead(project.id, "model").startswith("is the id of a project (é/")
    assert "is a name, and an id is wanted" in instead(named, "task") and instead(named, "task").endswith(
        "are called so"
    )
    model = client.call("models.create", name=named, uri="u")["id"]
    assert instead(named, "model") == f"is a name, and an id is wanted; {model} is called so"
    for nothing in ("nobody", "", " ", ".*"):
        assert instead(nothing, "model") == "is not the id of a model on this server"
    assert identify.task("") is None and identify.model("nobody") is None
    with pytest.raises(NothingThere, match=f"its models are {one}"):
        lookup.model(task, project.name)


def test_a_single_model_of_a_task_is_named_as_one_and_of_many_the_last(trained):
    task, (only,) = trained()
    assert identify.what_instead(task, "model").endswith(f"(its model is {only})")
    task, ids = trained(models="abcde")
    assert identify.what_instead(task, "model").endswith(
        f"(its models are {', '.join(ids[-identify.SOME :])})"
    )


@pytest.mark.parametrize(
    "status", ["created", "in_progress", "failed", "stopped", "completed", "published", "closed"]
)
def test_a_dataset_is_used_once_it_is_finished(client, status):
    made = client.call("tasks.create", name="d", type="data_processing", system_tags=["dataset"])["id"]
    if status != "created":
        client.call("tasks.started", task=made)
    if status not in ("created", "in_progress"):
        client.call(
            f"tasks.{ {'published': 'publish', 'closed': 'close'}.get(status, status) }",
            task=made,
            force=True,
        )
    if status in ("completed", "published", "closed"):
        assert lookup.dataset(f" {made} ", "p") == made
    else:
        with pytest.raises(NothingThere, match=rf"is unfinished \(d, {status}\)"):
            lookup.dataset(made, "p")


def test_what_is_no_dataset_is_refused(client, trained):
    for wrong in (trained()[0], "nobody"):
        with pytest.raises(NothingThere, match="Give the id that a preprocess task printed"):
            lookup.dataset(wrong, "p")


class Model:
    """A model as the SDK gives it."""

    def __init__(self, url="", dataset="", copies=()):
        self.id, self.url, self._dataset, self._copies, self.forced = "m", url, dataset, list(copies), []

    def get_metadata(self, name):
        return {"dataset_id": self._dataset}[name]

    def get_weights(self, force_download=False):
        self.forced.append(force_download)
        found = self._copies.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def test_a_model_is_heard_on_the_dataset_it_was_trained_on_unless_another_is_given(client):
    made = [
        client.call("tasks.create", name="d", type="data_processing", system_tags=["dataset"])["id"]
        for _ in "ab"
    ]
    for one in made:
        client.call("tasks.completed", task=one, force=True)
    assert lookup.dataset_of(Model(dataset=made[0]), " ", "p") == made[0]
    assert lookup.dataset_of(Model(dataset=made[0]), made[1], "p") == made[1]
    with pytest.raises(
        NothingThere,
        match=r"Model m was trained on dataset gone, which can't be used any more: .*dataset_id=ID",
    ):
        lookup.dataset_of(Model(dataset="gone"), "", "p")
    with pytest.raises(NothingThere, match="has no finished dataset"):
        lookup.dataset_of(Model(dataset=None), "", f"none {uuid.uuid4().hex}")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("file:///gone", "is not on this machine"), ("/gone", "is not on this machine"),
        ("s3://a/b", "check the storage's keys"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("copy", [None, "/gone"])
def test_weights_that_are_absent_say_where_they_should_be(address, why, copy):
    with pytest.raises(NothingThere, match=f"model_id m: its file {address}.*{why}"):
        lookup.weights(Model(address, copies=[copy]))


def test_weights_are_what_the_sdk_fetched_or_its_error_in_a_line(tmp_path):
    (tmp_path / "w").write_text("x")
    assert lookup.weights(Model("file:///x", copies=[str(tmp_path / "w")])) == tmp_path / "w"
    with pytest.raises(NothingThere, match=r"can't be fetched: no key and so on$"):
        lookup.weights(Model("s3://x", copies=[ValueError("no key\n  and so on")]))


def test_a_copy_that_was_cut_short_is_fetched_again_once(client, tmp_path):
    content = {"w.pt": ("w.pt", b"0123456789")}
    import requests

    requests.post(
        f"{client.url}/files", files=content, headers=client.authorization(), timeout=9
    ).raise_for_status()
    address = f"{client.url}/files/w.pt"
    whole, short = tmp_path / "whole", tmp_path / "short"
    whole.write_bytes(b"0123456789")
    short.write_bytes(b"012345678")
    assert lookup.is_cut_short(short, address) and not lookup.is_cut_short(whole, address)
    assert not lookup.is_cut_short(short, f"file://{whole}") and not lookup.is_cut_short(short, f"{address}2")
    model = Model(address, copies=[str(short), str(whole)])
    assert lookup.weights(model) == Path(whole) and model.forced == [False, True]
    with pytest.raises(NothingThere, match=r"the transfer of .* breaks off"):
        lookup.weights(Model(address, copies=[str(short), str(short)]))


def test_a_server_that_does_not_answer_is_not_asked_for_half_a_minute():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(NothingThere, match=f"{host} does not answer from here"):
        lookup.weights(Model(f"http://{host}/x"))
    lookup.refuse_unreachable("s3://nowhere/x")


def test_a_queue_is_found_by_its_name_and_who_listens_to_it(client):
    queue, other = client.queue("q é"), client.queue("another")
    assert identify.queue("q é") == queue
    with pytest.raises(NothingThere, match=r"There is no queue 'none' .*another, .*q é.*--queue none"):
        identify.queue("none")
    with pytest.raises(NothingThere, match="--queue NAME"):
        identify.queue("")
    task = client.call("tasks.create", name="t", type="training")["id"]
    client.call("workers.register", worker="m:listens", queues=[queue])
    client.call("workers.status_report", worker="m:listens", task=task, queues=[queue], timestamp=1)
    try:
        assert identify.listeners(queue) == ["m:listens"] and identify.listeners(other) == []
        assert identify.listeners(queue, besides="x") == ["m:listens"]
        assert identify.listeners(queue, besides=task) == []
    finally:
        client.call("workers.unregister", worker="m:listens")


def test_weights_and_teachers_that_are_named_by_id_become_files(
    client, project, trained, tmp_path, monkeypatch
):
    net = tmp_path / "net.pt"
    net.write_bytes(b"weights")
    _, (model_id,) = trained()
    client.call("models.edit", model=model_id, uri=net.as_uri())
    by_id = TrainConfig(weights=model_id, teacher=[model_id, str(net)], prune=0.5)
    bare, found = lookup.without_ids(by_id), lookup.with_files(by_id)
    assert (bare.weights, bare.teacher) == ("", [str(net)])
    assert (found.weights, found.teacher, found.prune) == (str(net), [str(net), str(net)], 0.5)
    assert lookup.with_files(TrainConfig(weights="here.pt")).weights == "here.pt"
    with pytest.raises(NothingThere, match="model_id"):
        lookup.with_files(TrainConfig(teacher=["0" * 32]))
