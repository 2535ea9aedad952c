"""The main job's decisions while it runs, on a real server: what is waited for, skipped, handed on, and told of."""

import json
import time
from types import SimpleNamespace

import pytest
from clearml import Task

from audio.errors import AudioError
from pipelines import demo, embedded, follow, main_job, results, steps
from pipelines import stop as stopping
from pipelines.main_job import MainJobParameters
from tasks.client import decisions
from tasks.errors import NothingThere


def make(client, status="created", **fields):
    task = client.call("tasks.create", **{"name": "t", "type": "training", **fields})["id"]
    if status != "created":
        client.call("tasks.started", task=task)
        if status != "in_progress":
            client.call(f"tasks.{status}", task=task, force=True, status_reason="é")
    return task


# Steps


@pytest.mark.parametrize(("status", "kept"), [("completed", True), ("failed", False), ("stopped", False)])
def test_a_step_that_has_completed_is_kept_and_any_other_is_run_again(client, status, kept):
    controller = make(client, type="controller")
    task = make(client, status, parent=controller)
    assert steps._ended(task, controller, "train") == (task if kept else "")
    assert steps._ended(task, "another", "train") == "" == steps._ended(None, controller, "train")
    assert steps._ended("nobody", controller, "train") == ""


def test_a_step_that_runs_on_is_waited_for(client, monkeypatch, capsys):
    controller = make(client, type="controller")
    task = make(client, "in_progress", parent=controller)
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        client.call("tasks.completed", task=task, force=True)

    monkeypatch.setattr(steps.time, "sleep", sleep)
    assert steps._ended(task, controller, "train") == task and slept == [2.0]
    assert capsys.readouterr().out == f"train ({task}) is in_progress since before: waiting for it\n"


def test_what_a_controller_has_completed_is_read_from_what_it_drew(client):
    controller = make(client, type="controller")
    done, lost = make(client, "completed", parent=controller), make(client, "failed", parent=controller)
    drawn = {
        "preprocess": {"executed": done},
        "train": {"executed": None, "job_id": done},
        "evaluate": {"job_id": lost},
        "compare": {},
    }
    own = SimpleNamespace(id=controller, get_configuration_object=lambda name: json.dumps(drawn))
    assert steps.finished(own) == {"preprocess": done, "train": done}
    assert steps.finished(SimpleNamespace(id=controller, get_configuration_object=lambda name: None)) == {}


def node(name, task, status="completed"):
    job = SimpleNamespace(task_id=lambda: task)
    return SimpleNamespace(name=name, executed=None, job=job, status=status)


def pipeline_of(**nodes):
    return SimpleNamespace(get_pipeline_dag=lambda: nodes)


@pytest.mark.parametrize(("word", "runs"), [("publish", True), ("keep", False)])
def test_what_is_not_better_is_neither_exported_nor_published(client, capsys, word, runs):
    compare = make(client, "completed")
    values = {"decision": word, "decision_reason": "é it is", "model_id": "m"}
    items = [{"section": "properties", "name": name, "value": text} for name, text in values.items()]
    client.call("tasks.edit_hyper_params", task=compare, hyperparams=items, force=True)
    pipeline = pipeline_of(compare=node("compare", compare))
    assert steps._if_better(pipeline, SimpleNamespace(name="export"), {}) is runs
    assert capsys.readouterr().out == ("" if runs else "skipping export: é it is\n")
    assert (decisions.PUBLISH, decisions.KEEP) == ("publish", "keep")
    made = pipeline_of(compare=SimpleNamespace(executed=compare, job=None))
    assert steps._task_of(made, "compare").id == compare


def test_a_training_takes_the_best_values_of_the_search_before_it(client, capsys):
    search = make(client, "completed")
    pipeline, parameters = pipeline_of(search=node("search", search)), {"Args/epochs": "3"}
    with pytest.raises(steps.StepsFailed, match="has left no best values"):
        steps._with_best(pipeline, SimpleNamespace(name="train"), parameters)
    best = {"name": "best", "type": "json", "value": json.dumps({"dropout": 0.25, "model": "cnn"})}
    client.call("tasks.edit_configuration", task=search, configuration=[best], force=True)
    assert steps._with_best(pipeline, SimpleNamespace(name="train"), parameters) is True
    assert parameters == {"Args/epochs": "3", "Args/dropout": "0.25", "Args/model": "cnn"}
    assert capsys.readouterr().out.startswith("train takes the best values of the search: ")


def test_steps_that_did_not_complete_are_named_with_the_end_of_their_consoles(client, capsys):
    failed, waits = make(client, "failed"), SimpleNamespace(status="pending", job=None)
    client.call("events.add", task=failed, type="log", msg="the last é", worker="w")
    done = {name: SimpleNamespace(status=name, job=None) for name in ("completed", "cached", "skipped")}
    said = steps._unfinished(pipeline_of(**done, train=node("train", failed, "failed"), evaluate=waits))
    assert said == (
        "not completed: train, evaluate; their own consoles say why. Continue it, and finished steps are kept."
    )
    assert capsys.readouterr().out == f"--- train ({failed}) failed; its last lines:\nthe last é\n"
    assert steps._unfinished(pipeline_of(**done)) == ""


class Pipeline:
    """A pipeline whose steps end as they are given."""

    def __init__(self, **statuses):
        self.nodes = {name: SimpleNamespace(status=status, job=None) for name, status in statuses.items()}
        self.did, self._pipeline_task_status_failed = [], True

    def get_pipeline_dag(self):
        return self.nodes

    def update_execution_plot(self):
        self.did.append("drawn")

    def stop(self, *arguments, **options):
        self.did.append(("stopped", arguments, options))

    def start_locally(self):
        self.stop(1, wait=True)


def test_a_pipeline_fails_with_the_names_of_its_steps_and_completes_without_a_word():
    told = []
    controller = SimpleNamespace(mark_failed=lambda **why: told.append(why))
    lost = Pipeline(train="failed")
    with pytest.raises(steps.StepsFailed, match="not completed: train"):
        steps.run(lost, controller)
    why = "not completed: train; their own consoles say why. Continue it, and finished steps are kept."
    assert told == [{"status_reason": why, "status_message": why, "force": True}]
    assert (
        lost.did == ["drawn", ("stopped", (1,), {"wait": True})]
        and lost._pipeline_task_status_failed is False
    )
    done = Pipeline(train="completed")
    steps.run(done, controller)
    assert len(told) == 1 and done._pipeline_task_status_failed is True


# The main job


@pytest.mark.parametrize(
    ("queue", "note"), [("audio", "--queue audio\n"), ("services", "--queue services --services-mode\n")]
)
def test_queues_of_ours_are_made_and_others_have_to_be_there(client, capsys, queue, note):
    main_job.ready(queue)
    first = client.call("queues.get_all", name=f"^{queue}$")["queues"]
    main_job.ready(queue)
    assert (
        len(first) == 1
        and client.call("queues.get_all", name=f"^{queue}$")["queues"][0]["id"] == first[0]["id"]
    )
    assert capsys.readouterr().out.endswith(note)
    client.call("workers.register", worker="r:a", queues=[first[0]["id"]], timeout=600)
    client.call(
        "workers.status_report", worker="r:a", queues=[first[0]["id"]], timestamp=int(time.time() * 1000)
    )
    main_job.ready(queue)
    assert capsys.readouterr().out == ""
    client.call("workers.unregister", worker="r:a")
    with pytest.raises(NothingThere, match="no queue 'no such'"):
        main_job.ready("no such")


def test_a_task_is_put_on_a_queue_by_its_name(client):
    task = make(client, script={"entry_point": "a.py"})
    client.queue("chain é")
    main_job.enqueue(task, "chain é")
    assert client.status(task) == "queued"


@pytest.fixture
def asked(monkeypatch):
    """What the main job does, in order; it goes well."""
    did = []
    monkeypatch.delenv("CLEARML_TASK_ID", raising=False)
    server = SimpleNamespace(is_local=True)
    monkeypatch.setattr(main_job.connection, "use", lambda: server)
    monkeypatch.setattr(main_job, "ready", lambda queue: did.append(("ready", queue)))
    monkeypatch.setattr(main_job.register, "register", lambda one: did.append("register"))
    monkeypatch.setattr(main_job, "create", lambda chosen, one: did.append(("create", chosen.epochs)) or "c1")
    monkeypatch.setattr(main_job, "enqueue", lambda task, queue: did.append(("enqueue", task, queue)))
    monkeypatch.setattr(main_job, "run", lambda draft="": did.append(("run", draft)) or 0)
    monkeypatch.setattr(MainJobParameters, "check_steps", lambda self: did.append("checked"))
    monkeypatch.setattr(
        follow, "follow", lambda controller, one: did.append(("follow", controller)) or did_well[0]
    )
    did_well = [True]
    return SimpleNamespace(did=did, server=server, well=did_well)


def test_its_controller_runs_here_or_is_put_on_a_queue_and_followed(asked):
    assert main_job.main(["--epochs", "3"]) == 0
    assert asked.did == [("ready", "audio"), "checked", "register", ("create", 3), ("run", "c1")]
    asked.did.clear()
    asked.server.is_local = False
    assert main_job.main(["--controller_queue", "services", "--queue", "q"]) == 0
    assert asked.did[:3] == [("ready", "q"), ("ready", "services"), "register"]
    assert asked.did[4:] == [("enqueue", "c1", "services"), ("follow", "c1")]
    asked.well[0] = False
    assert main_job.main(["--controller_queue", "services"]) == 1


def test_what_can_not_be_is_an_error_and_makes_nothing(asked, monkeypatch, capsys):
    def refused(self):
        raise AudioError("no such thing é")

    monkeypatch.setattr(MainJobParameters, "check_steps", refused)
    assert main_job.main([]) == 1
    assert capsys.readouterr().err == "error: no such thing é\n" and asked.did == [("ready", "audio")]


def test_under_an_agent_it_is_the_controller_itself(asked, monkeypatch):
    monkeypatch.setenv("CLEARML_TASK_ID", "t")
    assert main_job.main(["--no-such-option"]) == 0 and asked.did == [("run", "")]


# The demo


@pytest.mark.parametrize("well", [True, False])
def test_a_demo_puts_its_controller_on_the_services_queue_and_shows_what_came_of_it(
    monkeypatch, capsys, well
):
    did = []
    monkeypatch.setattr(demo, "_server", lambda port, console, undo: did.append(("server", port)) or "server")
    monkeypatch.setattr(demo, "_agents", lambda queue, console, undo: did.append(("agents", queue)))
    monkeypatch.setattr(demo.register, "register", lambda server: did.append(("register", server)))
    monkeypatch.setattr(demo, "create", lambda chosen, server: did.append(("create", chosen.dataset)) or "c1")
    monkeypatch.setattr(demo, "enqueue", lambda task, queue: did.append(("enqueue", task, queue)))
    monkeypatch.setattr(follow, "follow", lambda *one: did.append(("follow", one[0])) or well)
    monkeypatch.setattr(results, "newest", lambda controller: did.append(("newest", controller)) or "found")
    monkeypatch.setattr(results, "show", lambda found, server, console: did.append(("show", found, server)))
    monkeypatch.setattr(demo, "_say_how_to_open_the_page", lambda console: did.append("page"))
    assert demo.main(["--dataset", "synthetic", "--port", "81", "--queue", "q"]) == int(not well)
    shown = [("newest", "c1"), ("show", "found", "server")] if well else []
    assert did == [
        *(("server", 81), ("register", "server"), ("agents", "q"), ("create", "synthetic")),
        *(("enqueue", "c1", "services"), ("follow", "c1")),
        *(*shown, "page"),
    ]
    said = capsys.readouterr().out
    assert "small synthetic sounds" in said and "keep running" in said


def test_stopping_ends_everything_and_takes_no_words(monkeypatch, capsys):
    ended = []
    monkeypatch.setattr(demo, "stop", lambda console: ended.append(console.is_terminal) or 0)
    assert stopping.main([]) == 0 and ended == [False]
    with pytest.raises(SystemExit) as wrong:
        stopping.main(["--help"])
    assert wrong.value.code == 0 and "End the embedded server and the agents" in capsys.readouterr().out
    monkeypatch.setattr(demo, "stop", lambda console: ended.append("by the demo") or 0)
    assert demo.main(["--stop"]) == 0 and ended[-1] == "by the demo"


@pytest.mark.parametrize(("opened", "terminal"), [(True, True), (True, False), (False, True), (None, True)])
def test_a_page_is_opened_where_there_is_a_screen_and_that_is_wanted(monkeypatch, tmp_path, opened, terminal):
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path))
    asked = []

    def run(command, **how):
        asked.append(command[1:])
        return SimpleNamespace(stdout=" http://page \n")

    monkeypatch.setattr(embedded.subprocess, "run", run)
    monkeypatch.setattr(embedded.sys, "stdout", SimpleNamespace(isatty=lambda: terminal))
    assert (embedded.link() if opened is None else embedded.link(opened=opened)) == "http://page"
    opening = ["--open"] if opened is not False and terminal else []
    assert asked == [["-m", "server", "link", "--data", str(tmp_path / "server"), *opening]]


# What came of it


def test_results_are_of_the_newest_evaluation_of_a_pipeline(client, monkeypatch):
    controller = make(client, type="controller")
    for name, accuracy in (("evaluate", 0.25), ("evaluate", 0.5), ("evaluated", 0.75)):
        task = make(client, "completed", name=name, type="testing", parent=controller)
        for metric, value in (("accuracy", accuracy), ("macro_f1", accuracy / 2)):
            point = {
                "type": "training_stats_scalar",
                "metric": "Summary",
                "variant": metric,
                "iter": -(2**31),
            }
            client.call("events.add", task=task, value=value, **point)
        time.sleep(0.01)
    kept = {"clips": SimpleNamespace(get=lambda: "the table")}
    monkeypatch.setattr(Task, "artifacts", property(lambda self: kept))
    found = results.newest(controller)
    assert (found.accuracy, found.macro_f1, found.clips) == (0.5, 0.25, "the table")


def test_a_reason_that_is_not_there_is_empty(client):
    (step,) = follow.steps([make(client)])
    assert (step.reason, step.epochs, step.epoch, step.percent, step.figures) == ("", 0, 0, "", {})


def test_the_address_of_a_pipeline_is_one_line_however_narrow_the_terminal(client):
    import io

    from rich.console import Console

    from tasks.client.connection import Connection

    console = Console(file=io.StringIO(), width=20)
    task = make(client, "completed", type="controller")
    assert follow.follow(task, Connection("", None, "", client.url), console) is True
    assert console.file.getvalue() == f"pipeline {task}: {client.url}/projects/*/tasks/{task}/output/log\n"
