"""The main job on to publishing, with real agents: what is cached, what is decided, what is continued."""

import json

import pytest

COMMON = [
    *("--dataset", "synthetic", "--epochs", "1", "--cache", "--publish", "--retries", "1"),
    *("--controller_queue", "services"),
]


def pipeline(server, *options):
    """Run it; gives what was printed and the steps of the newest controller by name."""
    done = server.run("pipelines/main_job.py", *COMMON, *options, timeout=900, COLUMNS="200")
    found = server.call("tasks.get_all", search_hidden=True, type=["controller"], order_by=["-created"])
    controller = server.task(found["tasks"][0]["id"])
    return done, controller, json.loads(controller["configuration"]["Pipeline"]["value"])


def published(server):
    found = server.call("models.get_all", ready=True, only_fields=["id", "name", "framework"])
    return {one["id"] for one in found["models"]}


def statuses(steps):
    return {name: one["status"] for name, one in steps.items()}


@pytest.mark.slow
@pytest.mark.timeout(2700)
def test_only_what_depends_on_a_change_runs_again_and_only_a_better_model_is_published(new_server, new_agent):
    server = new_server()
    new_agent(server, "--queue", "audio")
    new_agent(server, "--queue", "services", "--services-mode")
    done, _, steps = pipeline(server)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(statuses(steps).values()) == {"completed"}
    assert list(steps) == ["preprocess", "train", "evaluate", "compare", "export", "publish"]
    first = published(server)
    trained = server.task(steps["train"]["executed"])["models"]["output"][-1]["model"]
    assert trained in first and len(first) == 4  # and three exported files
    properties = server.task(steps["compare"]["executed"])["hyperparams"]["properties"]
    assert properties["decision"]["value"] == "publish"

    done, _, again = pipeline(server)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name for name, status in statuses(again).items() if status == "cached"} == {
        *("preprocess", "train", "evaluate")
    }
    assert statuses(again)["publish"] == statuses(again)["export"] == "skipped"
    told = server.task(again["compare"]["executed"])["hyperparams"]["properties"]["decision_reason"]["value"]
    assert told == "it is the published model"

    done, _, worse = pipeline(server, "--learning_rate", "1e-9")
    assert done.returncode == 0, done.stdout + done.stderr
    assert statuses(worse) == {
        "preprocess": "cached",
        "train": "completed",
        "evaluate": "completed",
        "compare": "completed",
        "export": "skipped",
        "publish": "skipped",
    }
    assert published(server) == first
