"""Schedules and triggers, with the real SDK, server and agents: what was due ran once, come what may."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psutil
import pytest

from agents.left import processes
from tests.conftest import AgentProcess, ServerProcess, until
from tests.e2e.agents.test_other_peoples_code import create, repository

TINY = "print('ran')\n"
DATASET = """
import sys
from clearml import Dataset
made = Dataset.create(dataset_project="p", dataset_name="birds", dataset_version=sys.argv[1])
made.add_files(sys.argv[0])
made.upload(show_progress=False)
made.finalize()
print("made", made.id)
"""


def schedule(server: ServerProcess, *words: str, status: int = 0) -> str:
    done = server.run("-m", "soundyard", "schedule", *words)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def listed(server: ServerProcess) -> dict[str, Any]:
    told = json.loads(schedule(server, "list", "--json"))
    return {**told, "entries": {one["name"]: one for one in told["entries"]}}


def runs(server: ServerProcess, name: str) -> list[dict[str, Any]]:
    """What was made for an entry, oldest first, by its name."""
    found = server.call("tasks.get_all", name=f"^{name}$", type=["training"], order_by=["created"])
    return list(found["tasks"])


def tiny(server: ServerProcess, tmp_path: Path) -> str:
    """The id of a task of one line, which has a parameter."""
    task = create(server, repository(tmp_path / "repository", {"run.py": TINY}), "run.py")
    parameter = {"section": "Args", "name": "word", "value": "one", "type": "str"}
    server.call("tasks.edit_hyper_params", task=task, hyperparams=[parameter])
    return task


def scheduler_of(server: ServerProcess) -> psutil.Process:
    (process,) = until(lambda: processes.of_task(listed(server)["scheduler"]), 60, "the scheduler runs")[:1]
    return process


def completed(server: ServerProcess, name: str) -> list[dict[str, Any]]:
    return [one for one in runs(server, name) if one["status"] == "completed"]


@pytest.fixture
def world(
    new_server: Callable[..., ServerProcess], new_agent: Callable[..., AgentProcess], tmp_path: Path
) -> tuple[ServerProcess, str]:
    server = new_server()
    new_agent(server, "--queue", "work é:/%")
    new_agent(server, "--queue", "services", "--services-mode")
    return server, tiny(server, tmp_path)


@pytest.mark.slow
def test_what_cannot_work_is_refused_before_anything_is_made(server: ServerProcess, tmp_path: Path) -> None:
    task, queue = tiny(server, tmp_path), "--queue=audio"
    server.queue("audio")
    tasks = len(server.call("tasks.get_all", search_hidden=True, only_fields=["id"])["tasks"])
    for words, said in (
        (("add", "x", "--cron", "* *", "--task", task, queue), "expected five fields"),
        (("add", "x", "--cron", "0 3 31 * *", "--task", task, queue), "can't be run exactly"),
        (
            ("add", "x", "--cron", "@daily", "--task", "no such task", queue),
            "There is no task 'no such task'",
        ),
        (("add", "x", "--cron", "@daily", "--task", task, "--queue", "nowhere"), "nowhere"),
        (("add", "x", "--cron", "@daily", "--task", task, queue, "wrod=2"), "Did you mean 'Args/word'?"),
        (("add", " ", "--cron", "@daily", "--task", task, queue), "is no name"),
        (("on", "tag", "x", "--task", task, queue), "which one? --tag TAG"),
        (
            ("on", "dataset", "x", "--project", "nowhere", "--task", task, queue),
            "There is no project 'nowhere'",
        ),
        (("pause", "x"), "There is no schedule 'x'"),
        (("start",), "There is no schedule yet"),
    ):
        told = schedule(server, *words, status=1)
        assert said in told and "Traceback" not in told
    assert len(server.call("tasks.get_all", search_hidden=True, only_fields=["id"])["tasks"]) == tasks


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_schedule_of_every_minute_runs_on_the_minute_and_outlives_its_process(
    world: tuple[ServerProcess, str],
) -> None:
    server, task = world
    name = "every minute é:%"
    began = datetime.now(timezone.utc)
    schedule(server, "add", name, "--cron", "* * * * *", "--task", task, "--queue", "work é:/%", "word=two")
    until(lambda: len(completed(server, name)) == 2, 200, "it ran twice")
    scheduler_of(server).kill()
    killed = time.monotonic()
    id = listed(server)["scheduler"]
    until(lambda: server.status(id) == "failed", 60, "the scheduler is told dead")
    assert "schedule start" in schedule(server, "list")
    schedule(server, "start")
    until(lambda: len(completed(server, name)) == 3, 150, "it ran thrice")
    print("restarted and run after", time.monotonic() - killed)
    schedule(server, "pause", name)
    until(lambda: listed(server)["entries"][name]["state"] == "paused", 5, "it is paused")
    time.sleep(65)
    there = runs(server, name)
    due = {datetime.fromisoformat(one["created"]).replace(second=0, microsecond=0) for one in there}
    assert len(due) == len(there) >= 3, "no minute twice"
    assert min(due) >= began.replace(second=0, microsecond=0)
    assert {one["hyperparams"]["Args"]["word"]["value"] for one in there} == {"two"}
    before = len(runs(server, name))
    schedule(server, "run-now", name)
    until(lambda: len(completed(server, name)) == before + 1, 60, "it ran now, though paused")
    time.sleep(12)
    assert len(runs(server, name)) == before + 1
    schedule(server, "edit", name, "--cron", "0 3 * * *", "word=three")
    schedule(server, "resume", name)
    tomorrow = (datetime.now(timezone.utc) + timedelta(hours=21)).strftime("%Y-%m-%d 03:00")
    until(
        lambda: (listed(server)["entries"][name]["next"] or "").endswith(" 03:00"), 30, f"next run {tomorrow}"
    )
    assert len(runs(server, name)) == before + 1
    schedule(server, "remove", name)
    assert not listed(server)["entries"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_new_dataset_version_a_published_model_and_a_new_tag_each_start_one_run(
    world: tuple[ServerProcess, str], tmp_path: Path
) -> None:
    server, task = world
    program = tmp_path / "dataset.py"
    program.write_text(DATASET)
    made = server.run(str(program), "1.0.0")
    assert made.returncode == 0, made.stderr
    run = ("--task", task, "--queue", "work é:/%")
    schedule(server, "on", "dataset", "newdata", *run, "word=${dataset.id}")
    schedule(server, "on", "model", "newmodel", *run, "word=${model.id}")
    schedule(server, "on", "tag", "newtag", "--tag", "gold", *run, "word=${task.id}")
    until(lambda: server.status(listed(server)["scheduler"]) == "in_progress", 60, "the scheduler runs")
    done = server.run(str(program), "1.1.0")
    version = done.stdout.split("made ")[-1].strip()
    model = server.call("models.create", name="net", uri="file:///tmp/net", ready=False)["id"]
    server.call("models.set_ready", model=model)
    other = server.call("tasks.create", name="other", type="testing")["id"]
    server.call("tasks.edit", task=other, tags=["gold"])
    for name, id in (("newdata", version), ("newmodel", model), ("newtag", other)):
        (ran,) = until(lambda name=name: completed(server, name), 90, f"{name} ran")  # type: ignore[misc]
        assert ran["hyperparams"]["Args"]["word"]["value"] == id
    old = made.stdout.split("made ")[-1].strip()
    server.call("tasks.update", task=old, comment="an old version is touched")
    scheduler_of(server).kill()
    until(lambda: server.status(listed(server)["scheduler"]) == "failed", 60, "the scheduler is told dead")
    server.run(str(program), "1.2.0")  # while nobody looks
    schedule(server, "start")
    until(lambda: len(completed(server, "newdata")) == 2, 90, "what happened meanwhile is seen")
    time.sleep(12)
    assert [len(runs(server, name)) for name in ("newdata", "newmodel", "newtag")] == [2, 1, 1]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("enqueued", [True, False])
def test_a_scheduler_killed_amid_a_launch_neither_doubles_nor_loses_it(
    new_server: Callable[..., ServerProcess],
    new_agent: Callable[..., AgentProcess],
    tmp_path: Path,
    enqueued: bool,
) -> None:
    """It is left as a process that is killed there leaves it: written down as begun, its run enqueued or half made."""
    server = new_server()
    task, queue = tiny(server, tmp_path), server.queue("nobody")
    schedule(server, "add", "amid", "--cron", "@yearly", "--task", task, "--queue", "nobody", "word=two")
    schedule(server, "run-now", "amid")
    scheduler = listed(server)["scheduler"]
    (job,) = json.loads(server.task(scheduler)["configuration"]["schedule"]["value"])
    state = {"entries": {"amid": {}}, "launching": {"name": "amid", "run_now": job["run_now"]}}
    item = {"name": "state", "type": "json", "value": json.dumps(state)}
    server.call("tasks.edit_configuration", task=scheduler, configuration=[item], force=True)
    made = server.call("tasks.clone", task=task, new_task_name="amid", new_task_parent=scheduler)["id"]
    if enqueued:
        server.call("tasks.enqueue", task=made, queue=queue)
    new_agent(server, "--queue", "services", "--services-mode")
    until(lambda: listed(server)["entries"]["amid"]["runs"], 60, "the scheduler knows of a run")
    time.sleep(11)
    (ran,) = runs(server, "amid")
    assert (ran["id"] == made) is enqueued and ran["status"] == "queued"
    assert listed(server)["entries"]["amid"]["runs"] == [ran["id"]]
    assert enqueued or ran["hyperparams"]["Args"]["word"]["value"] == "two"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_is_paused_does_not_run_until_somebody_asks_and_catches_nothing_up(
    new_server: Callable[..., ServerProcess], new_agent: Callable[..., AgentProcess], tmp_path: Path
) -> None:
    server = new_server()
    task = tiny(server, tmp_path)
    server.queue("nobody")
    schedule(server, "add", "rests", "--cron", "* * * * *", "--task", task, "--queue", "nobody")
    schedule(server, "pause", "rests")
    new_agent(server, "--queue", "services", "--services-mode")
    until(lambda: server.status(listed(server)["scheduler"]) == "in_progress", 60, "the scheduler runs")
    time.sleep(65)
    assert not runs(server, "rests"), "a minute has passed"
    schedule(server, "run-now", "rests")
    until(lambda: runs(server, "rests"), 30, "it ran now")
    while not 10 < datetime.now().second < 35:  # away from a full minute, at which it is due
        time.sleep(1)
    schedule(server, "resume", "rests")
    time.sleep(12)
    assert len(runs(server, "rests")) == 1, "what passed while it was paused is not caught up"
