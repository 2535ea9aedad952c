"""Search, cross-validation and export as tasks, with the real SDK, server and agent."""

import json

import pytest
import requests

from tests.conftest import until

SMALL = [
    *("--n_fft", "256", "--win_length", "256", "--hop_length", "256", "--n_mels", "16", "--batch_size", "8"),
    *("--crop_seconds", "0.5", "--speeds", "1.0", "--threads", "1", "--debug_samples_every", "0"),
]


def scalars(server, task):
    """Last values by title and series."""
    metrics = server.task(task)["last_metrics"]
    return {
        (one["metric"], one["variant"]): one["value"]
        for variants in metrics.values()
        for one in variants.values()
    }


def newest(server, name):
    found = server.call(
        "tasks.get_all", name=f"^{name}$", order_by=["-created"], only_fields=["id", "status"]
    )
    return next(task for task in found["tasks"] if task["status"] != "created")


@pytest.mark.slow
def test_a_model_is_exported_checked_and_registered(server, prepare):
    ids = prepare(server)
    trained = server.run("-m", "tasks.train", "--dataset_id", ids["dataset"], "--epochs", "1", *SMALL)
    assert trained.returncode == 0, trained.stderr
    model = trained.stdout.split("model ")[-1].split()[0]
    found = server.call("models.get_by_id", model=model)["model"]
    dataset = server.task(ids["dataset"])["name"]
    assert found["name"] == f"cnn on logmel, {dataset} fold 1"
    noted = {key: float(one["value"]) for key, one in found["metadata"].items() if "/" in key}
    assert set(noted) == {"accuracy/validation", "loss/validation"}
    values = server.call("events.get_task_single_value_metrics", tasks=[found["task"]])["tasks"][0]["values"]
    told = {one["variant"]: one["value"] for one in values}
    assert all(told[key] == pytest.approx(value, rel=1e-5) for key, value in noted.items())
    done = server.run("-m", "tasks.export", "--model_id", model)
    assert done.returncode == 0, done.stdout + done.stderr
    task = newest(server, "export")
    assert task["status"] == "completed"
    made = server.call("models.get_all", task=[task["id"]], only_fields=["framework", "uri", "name"])[
        "models"
    ]
    assert sorted(one["framework"] for one in made) == ["ONNX", "ONNX", "PyTorch"]
    assert {one["uri"].rsplit("model", 1)[-1] for one in made} == {".ts", ".onnx", ".int8.onnx"}


@pytest.mark.slow
def test_a_model_s_card_tells_what_was_measured_and_is_named_by_the_model(server, prepare):
    ids = prepare(server)
    trained = server.run("-m", "tasks.train", "--dataset_id", ids["dataset"], "--epochs", "1", *SMALL)
    assert trained.returncode == 0, trained.stderr
    model = trained.stdout.split("model ")[-1].split()[0]
    heard = ("--model_id", model, "--robustness", "level", "--robustness_clips", "4", "--audio_limit", "0")
    assert server.run("-m", "tasks.evaluate", *heard).returncode == 0
    first = card_of(server, model)
    assert "| level -40 dB |" in first and "none were made with this card" in first
    accuracy = scalars(server, newest(server, "evaluate")["id"])[("Summary", "accuracy")]
    assert f"| accuracy | {accuracy:.3f} (" in first
    done = server.run("-m", "tasks.export", "--model_id", model, "--formats", "onnx", "--check_clips", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    second = card_of(server, model)
    assert f"| accuracy | {accuracy:.3f} (" in second and "| model.onnx |" in second
    assert "Licence of the data: not recorded" in second and f'soundyard.Predictor("{model}")' in second
    made = server.call("models.get_all", task=[newest(server, "export")["id"]], only_fields=["id"])["models"]
    assert [card_of(server, one["id"]) for one in made] == [second]


def card_of(server, model):
    """What the metadata of a model says where its card is."""
    address = server.call("models.get_by_id", model=model)["model"]["metadata"]["model_card"]["value"]
    answer = requests.get(address, headers=server.authorization(), timeout=30)
    return answer.content.decode()


@pytest.mark.slow
def test_cross_validation_reports_every_fold_and_the_spread(server, prepare):
    ids = prepare(server)
    done = server.run(
        *("-m", "tasks.crossvalidate", "--dataset_id", ids["dataset"], "--epochs", "1", "--folds", "1, 2"),
        *SMALL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mean of 2 folds and 1 seed;" in done.stdout
    task = newest(server, "crossvalidate")["id"]
    found = scalars(server, task)
    assert ("loss", "train, fold 1") in found and ("loss", "train, fold 2") in found
    assert 0 <= found[("Summary", "accuracy")] <= 1
    assert [one["key"] for one in server.task(task)["execution"]["artifacts"]] == ["folds"]


@pytest.mark.slow
def test_a_search_runs_its_trials_on_an_agent_and_names_the_best(server, agents, prepare):
    ids = prepare(server)
    base = server.run("-m", "tasks.train", "--dataset_id", ids["dataset"], "--epochs", "1", *SMALL)
    assert base.returncode == 0, base.stderr
    base_id = newest(server, "train")["id"]
    done = server.run(
        *(
            "-m",
            "tasks.search",
            "--base_task_id",
            base_id,
            "--trials",
            "2",
            "--concurrent",
            "1",
            "--epochs",
            "1",
        ),
        *("--space", "learning_rate=log:0.0003..0.01, dropout=0.1|0.3"),
        timeout=540,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    search = newest(server, "search")
    assert search["status"] == "completed"
    trials = server.call(
        "tasks.get_all", parent=search["id"], only_fields=["id", "status", "hyperparams.Args"]
    )["tasks"]
    assert len(trials) == 2 and {one["status"] for one in trials} <= {"completed", "stopped"}
    for trial in trials:
        assert trial["hyperparams"]["Args"]["validation"]["value"] == "development"
        assert 0.0003 <= float(trial["hyperparams"]["Args"]["learning_rate"]["value"]) <= 0.01
    best = json.dumps(server.task(search["id"])["configuration"]["best"])
    assert "learning_rate" in best and "accuracy/validation" in done.stdout


@pytest.mark.slow
def test_a_preset_becomes_templates_in_a_project_of_its_own(server):
    for _ in range(2):  # the second time it brings them up to date
        done = server.run("-m", "tasks.register", "--preset", "gtzan-resnext101")
        assert done.returncode == 0, done.stderr
    ids = dict(line.split(": ") for line in done.stdout.splitlines() if line.startswith("gtzan-resnext101/"))
    assert sorted(name.split("/")[1] for name in ids) == ["evaluate", "preprocess", "train"]
    task = server.task(ids["gtzan-resnext101/train"])
    arguments = {name: one["value"] for name, one in task["hyperparams"]["Args"].items()}
    assert (arguments["model"], arguments["image_size"], arguments["schedule"]) == (
        "resnext101_32x8d",
        "512",
        "step",
    )
    assert "ResNeXt-101" in task["comment"] and task["status"] == "created"
    project = server.call("projects.get_by_id", project=task["project"])["project"]
    assert project["name"] == "Soundyard/gtzan-resnext101"
    same = server.call("tasks.get_all", project=[task["project"]], name="^train$", only_fields=["id"])[
        "tasks"
    ]
    assert len(same) == 1


@pytest.mark.slow
@pytest.mark.parametrize("how", ["processes", "torchrun"])
def test_a_task_trains_on_two_processes_and_is_one_task(server, prepare, how):
    ids = prepare(server)
    training = [
        "-m",
        "tasks.train",
        "--dataset_id",
        ids["dataset"],
        "--epochs",
        "1",
        "--device",
        "cpu",
        *SMALL,
    ]
    before = len(server.call("tasks.get_all", name="^train$", only_fields=["id"])["tasks"])
    if how == "torchrun":
        done = server.run("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *training)
    else:
        done = server.run(*training, "--processes", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Starting with 2 processes" in done.stdout + done.stderr
    assert len(server.call("tasks.get_all", name="^train$", only_fields=["id"])["tasks"]) == before + 1
    task = newest(server, "train")
    assert task["status"] == "completed" and ("loss", "validation") in scalars(server, task["id"])


@pytest.mark.slow
def test_a_loss_that_is_no_number_fails_the_task_and_leaves_its_clips_to_be_heard(server, prepare):
    ids = prepare(server)
    wild = ("--optimizer", "sgd", "--weight_decay", "1e9", "--clip_norm", "none", "--epochs", "20")
    done = server.run("-m", "tasks.train", "--dataset_id", ids["dataset"], *wild, *SMALL, "--batch_size", "4")
    assert done.returncode != 0 and "The loss became" in done.stderr
    task = newest(server, "train")["id"]
    heard = server.call("events.debug_images", metrics=[{"task": task, "metric": "non-finite loss"}], iters=1)
    events = heard["metrics"][0]["iterations"][0]["events"]
    assert len(events) == 4 and all(one["url"] for one in events)


@pytest.mark.slow
def test_an_aborted_search_ends_its_trials(server, agents, prepare):
    ids = prepare(server)
    search = server.call("tasks.clone", task=ids["search"], new_task_name="endless search")["id"]
    values = {"epochs": "2000", "trials": "5", "concurrent": "1", "dataset_id": ids["dataset"]}
    arguments = [{"section": "Args", "name": name, "value": value} for name, value in values.items()]
    server.call("tasks.edit_hyper_params", task=search, hyperparams=arguments)
    services = server.call("queues.get_all", name="services")["queues"][0]["id"]
    server.call("tasks.enqueue", task=search, queue=services)

    def trials(*status):
        return server.call("tasks.get_all", parent=search, status=list(status), only_fields=["id"])["tasks"]

    until(lambda: trials("in_progress"), 120, "a trial is running")
    server.call("tasks.stop", task=search)
    until(lambda: not trials("in_progress", "queued"), 60, "the trials have ended")
    until(lambda: server.task(search)["status"] == "stopped", 60, "the search has ended")
