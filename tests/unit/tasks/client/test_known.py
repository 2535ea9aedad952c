"""What is known of folds, decisions, ids, queues and workers, by what a real server holds."""

import time
import uuid
from types import SimpleNamespace

import pytest

from audio.errors import ConfigError
from tasks import registry
from tasks.client import decisions, folds, identify, names
from tasks.errors import NothingThere
from tests.unit.audio.clip_stores import Sound, noise, write


def make(client, **fields):
    return client.call("tasks.create", **{"name": f"é {uuid.uuid4().hex[:6]}", "type": "training", **fields})[
        "id"
    ]


class Written:
    """A task of the SDK, as far as its properties go."""

    def __init__(self, client, task):
        self.client, self.id = client, task

    def set_user_properties(self, **values):
        items = [{"section": "properties", "name": name, "value": text} for name, text in values.items()]
        self.client.call("tasks.edit_hyper_params", task=self.id, hyperparams=items, force=True)

    def set_comment(self, text):
        self.client.call("tasks.edit", task=self.id, comment=text, force=True)


@pytest.fixture
def version(client):
    """Gives a function that writes folds and splits on a new version of a dataset."""

    def made(numbers, splits):
        task = make(client)
        folds.write_on(Written(client, task), SimpleNamespace(folds=numbers, splits=splits))
        return task

    return made


@pytest.mark.parametrize(
    ("numbers", "splits", "texts"),
    [([1, 2], ["a", "é b"], ("1, 2", "a, é b")), ([], ["a"], ("none", "a")), ([], [], ("none", "none"))],
)
def test_folds_and_splits_are_read_as_they_were_written(client, version, numbers, splits, texts):
    task = version(numbers, splits)
    written = client.task(task)["hyperparams"]["properties"]
    assert (written["folds"]["value"], written["splits"]["value"]) == texts
    assert folds.of(task) == (numbers, splits)


def test_of_an_older_version_they_are_known_where_a_copy_lies_here(client, tmp_path, monkeypatch):
    import clearml.config

    monkeypatch.setattr(clearml.config, "get_cache_dir", lambda: str(tmp_path))
    task = make(client)
    assert folds.of(task) is None and folds.of("") is None and folds.of("nobody") is None
    Written(client, task).set_user_properties(folds="1")
    assert folds.of(task) is None, "half of it is not known"
    copy = tmp_path / "storage_manager" / "datasets" / f"ds_{task}"
    copy.parent.mkdir(parents=True)
    store = write(copy, [Sound("a", noise(80, 1), fold=1), Sound("a", noise(80, 2), fold=2)])
    assert folds.of(task) == (store.folds, store.splits) and store.folds == [1, 2]
    (copy / "manifest.json").write_text("{")
    for file in copy.glob("*"):
        file.unlink()
    assert folds.of(task) is None


def test_a_fold_that_a_dataset_lacks_is_refused_and_of_an_unknown_one_nothing_is(client, version):
    with_folds, without = version([1, 2, 3], []), version([], ["train", "test"])
    folds.refuse(with_folds, [1, 3])
    with pytest.raises(ConfigError, match="4"):
        folds.refuse(with_folds, [1, 4])
    with pytest.raises(ConfigError):
        folds.refuse(without, [2])
    folds.refuse(without, [1, 5], drawn=True)
    with pytest.raises(ConfigError):
        folds.refuse(without, [6], drawn=True)
    with pytest.raises(ConfigError):
        folds.refuse(with_folds, [4], drawn=True)
    folds.refuse(make(client), [99])


def test_a_split_that_a_dataset_lacks_is_refused_but_for_the_usual_ones(client, version):
    from audio.clips.splits import DEVELOPMENT, EVERY

    task = version([1], ["train", "eval"])
    for split in ("train", "eval", "test", DEVELOPMENT, EVERY):
        folds.refuse_split(task, split)
    with pytest.raises(ConfigError, match=r"evl.*eval"):
        folds.refuse_split(task, "evl")
    folds.refuse_split(make(client), "anything")


@pytest.mark.parametrize("decision", [decisions.publish("better: é"), decisions.keep("no better")])
def test_a_decision_is_read_with_its_reason_and_model(client, decision):
    task = make(client)
    written = Written(client, task)
    decisions.write(SimpleNamespace(task=written), decision)
    assert client.task(task)["comment"] == f"{decision.word}: {decision.reason}"
    written.set_user_properties(model_id="m1")
    assert decisions.read(task) == (decision, "m1")
    assert (decisions.publish("").word, decisions.keep("").word) == ("publish", "keep")


def test_a_task_that_has_decided_nothing_is_told_from_none(client):
    with pytest.raises(NothingThere, match=r"has decided nothing.*tasks\.compare"):
        decisions.read(make(client))
    with pytest.raises(NothingThere, match="is not the id of a task on this server"):
        decisions.read("nobody")


def test_what_an_id_stands_for_is_said_whatever_it_is_of(client):
    task = make(client, name="one é")
    kind = "is the id of a task (one é, training), not of a "
    assert identify.what_instead(task, "dataset") == f"{kind}dataset"
    models = [
        client.call("models.update_for_task", task=task, uri=f"s3://a/{n}", name=f"m{n}", iteration=1)["id"]
        for n in range(5)
    ]
    assert identify.what_instead(task, "model") == f"{kind}model (its models are {', '.join(models[-3:])})"
    single = make(client, name="one é")
    (model,) = (
        client.call("models.update_for_task", task=single, uri="s3://b", name="mé", iteration=1)["id"],
    )
    assert identify.what_instead(single, "model") == f"{kind}model (its model is {model})"
    assert identify.what_instead(model, "task") == "is the id of a model (mé), not of a task"
    queue, project = client.queue("qé"), client.call("projects.create", name=f"p{task}")["id"]
    assert identify.what_instead(queue, "task") == "is the id of a queue (qé), not of a task"
    assert identify.what_instead(project, "task") == f"is the id of a project (p{task}), not of a task"
    dataset = make(client, system_tags=["dataset"], type="data_processing", name="dé")
    assert identify.what_instead(dataset, "task").startswith(
        "is the id of a dataset (dé, data_processing), not of"
    )


def test_a_name_where_an_id_is_wanted_is_told_with_what_is_called_so(client):
    name = f"a.b* {uuid.uuid4().hex}"
    first = make(client, name=name)
    assert identify.what_instead(name, "task") == f"is a name, and an id is wanted; {first} is called so"
    assert identify.what_instead(name.replace(".", "x"), "task").startswith("is not the id of a task")
    time.sleep(0.01)
    more = [make(client, name=name) for _ in range(3)]
    said = identify.what_instead(name, "task")
    assert (
        said.endswith("are called so") and said.count(" and ") == 3 and more[-1] in said and first not in said
    )
    assert identify.what_instead(name, "dataset") == "is not the id of a dataset on this server"
    dataset = make(client, name=name, system_tags=["dataset"])
    assert identify.what_instead(name, "dataset") == f"is a name, and an id is wanted; {dataset} is called so"
    assert identify.what_instead(name, "model") == "is not the id of a model on this server"
    assert identify._named(" ", "task") == []


def test_a_queue_that_is_not_there_is_told_with_those_that_are(client):
    made = client.queue("zz é"), client.queue("aa é")
    assert identify.queue("zz é") == made[0]
    with pytest.raises(NothingThere, match=r"no queue 'no é' .*aa é, .*zz é.*agents\.start --queue no é$"):
        identify.queue("no é")
    with pytest.raises(NothingThere, match=r"--queue NAME$"):
        identify.queue("")


def test_who_takes_from_a_queue_is_counted_without_one_that_waits_for_us(client):
    queue, other, task = client.queue("listened é"), client.queue("not listened"), make(client)
    for worker, queues in (("l:a", [queue, other]), ("l:b", [queue]), ("l:c", [other])):
        client.call("workers.register", worker=worker, queues=queues, timeout=600)
        client.call("workers.status_report", worker=worker, timestamp=int(time.time() * 1000), queues=queues)
    assert identify.listeners(queue) == ["l:a", "l:b"] and identify.listeners("nobody") == []
    client.call("tasks.started", task=task)
    client.call(
        "workers.status_report", worker="l:a", task=task, timestamp=int(time.time() * 1000), queues=[queue]
    )
    assert identify.listeners(queue, task) == ["l:b"] and identify.listeners(queue) == ["l:a", "l:b"]
    for worker in ("l:a", "l:b", "l:c"):
        client.call("workers.unregister", worker=worker)


@pytest.mark.parametrize(
    ("variable", "project"), [("Mine é", "Mine é"), ("", "Soundyard"), (None, "Soundyard")]
)
def test_the_project_is_ours_unless_another_is_named(monkeypatch, variable, project):
    monkeypatch.delenv("SOUNDYARD_PROJECT", raising=False)
    if variable is not None:
        monkeypatch.setenv("SOUNDYARD_PROJECT", variable)
    assert names.project() == project
    assert (names.QUEUE, names.SERVICES_QUEUE, names.PREDICT_QUEUE) == ("audio", "services", "predict")
    assert names.TEMPLATE_TAG == "template"


def test_each_task_has_its_kind_parameters_and_file():
    kinds = {
        "preprocess": "data_processing",
        "train": "training",
        "pretrain": "custom",
        "evaluate": "testing",
        "crossvalidate": "testing",
        "search": "optimizer",
        "compare": "qc",
        "export": "custom",
        "publish": "custom",
        "predict": "inference",
        "events": "inference",
    }
    assert {name: registry.kind(name) for name in kinds} == kinds
    for name in kinds:
        assert registry.entry_point(name) == f"-m tasks.{name}"
        assert registry.record(name).__name__ == f"{name.capitalize()}Parameters"
