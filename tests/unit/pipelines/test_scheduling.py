"""The scheduler's rounds on a real server: what it launches, what it knows afterwards, what a kill costs."""

import json
import time
import uuid
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from clearml import Task

from pipelines import scheduler
from pipelines.schedules import book as books
from pipelines.schedules import cron, launching, sections
from pipelines.schedules.book import Book
from pipelines.schedules.events import Events
from pipelines.schedules.launching import asked, paused, wanted
from pipelines.schedules.times import Times, passed, taken


class House:
    """A scheduler's task with its entries, what they run, and the queue that this is put on."""

    def __init__(self, server, monkeypatch):
        self.server, self.said = server, []
        own = uuid.uuid4().hex[:6]
        self.queue = server.queue(f"scheduled {own}")
        self.project = server.call("projects.create", name=f"scheduled é {own}")["id"]
        args = {"Args": {"epochs": {"section": "Args", "name": "epochs", "value": "1"}}}
        self.base = server.call(
            "tasks.create", name="base", type="training", project=self.project, hyperparams=args
        )["id"]
        self.id = server.call("tasks.create", name="schedules", type="service")["id"]
        monkeypatch.setattr(
            launching.BaseScheduler, "_log", lambda one, text, level=20: self.said.append((text, level))
        )
        monkeypatch.setattr(Task, "current_task", lambda: self.task)
        self.entries = {name: [] for name in sections.SECTIONS}
        self.configure()

    def configure(self):
        items = [
            {"name": name, "type": "json", "value": json.dumps(jobs)} for name, jobs in self.entries.items()
        ]
        self.server.call("tasks.edit_configuration", task=self.id, configuration=items, force=True)

    def put(self, section, name, **more):
        """An entry; what of it is given again replaces it."""
        job = {
            "name": name,
            "queue": self.queue,
            "base_task_id": self.base,
            "task_overrides": {"tags": ["run é"]},
            "task_parameters": {},
            "clone_task": True,
            "single_instance": False,
            "paused": False,
            "run_now": "",
        } | more
        jobs = [one for one in self.entries[section] if one["name"] != name]
        self.entries[section] = [*jobs, job]
        self.configure()

    def begin(self):
        """As a process that is started: the book, and both schedulers, which have read the configuration."""
        self.task = Task.get_task(task_id=self.id)
        self.task.reload()
        self.book = Book(self.task)
        self.times, self.events = Times(self.book), Events(self.book)
        for one in (self.times, self.events):
            one.everything = lambda: [*self.times.get_scheduled_tasks(), *self.events.get_triggers()]
            one.sync()
        return self

    def kept(self):
        return json.loads(self.server.task(self.id)["configuration"]["state"]["value"])

    def runs(self):
        asking = {
            "parent": self.id,
            "order_by": ["created"],
            "only_fields": ["id", "name", "status", "tags", "hyperparams"],
        }
        return self.server.call("tasks.get_all", **asking)["tasks"]


@pytest.fixture
def house(client, monkeypatch):
    return House(client, monkeypatch)


def since(minutes):
    return (datetime.now(timezone.utc) - timedelta(minutes=minutes)).isoformat()


def hourly(minutes_ago):
    """A time of each hour, which was due so many minutes ago."""
    then = datetime.now(timezone.utc) - timedelta(minutes=minutes_ago)
    text = f"{then.minute} * * * *"
    return text, cron.read(text).job(then - timedelta(minutes=2))


def test_what_is_due_is_run_once_with_its_parameters_and_written_down(house):
    text, when = hourly(1)
    house.put("schedule", "é nightly", task_parameters={"Args/epochs": "7"}, **when)
    house.begin().times.step()
    (run,) = house.runs()
    assert (run["name"], run["status"], run["tags"]) == ("é nightly", "queued", ["run é"])
    assert run["hyperparams"]["Args"]["epochs"]["value"] == "7" and text == when["cron"]
    entries = house.server.call("queues.get_by_id", queue=house.queue)["queue"]["entries"]
    assert [one["task"] for one in entries] == [run["id"]]
    known = house.kept()["entries"]["é nightly"]
    assert known["_executed_instances"] == [run["id"]] and known["error"] == "" and known["started"]
    assert house.kept()["launching"] is None
    assert house.said == [(f"é nightly: run {run['id']} is on queue {house.queue}", 20)]
    house.times.step()
    house.begin().times.step()
    assert len(house.runs()) == 1, "nor by the next process"
    assert 0 < house.times.seconds() <= 3600


def test_an_entry_that_rests_passes_its_time_and_runs_when_it_is_asked_for(house):
    _, when = hourly(1)
    house.put("schedule", "a", paused=True, **when)
    house.begin().times.step()
    assert house.runs() == [] and house.times.seconds() == float("inf")
    house.put("schedule", "a", paused=False, **when)
    house.times.sync()
    house.times.step()
    assert house.runs() == [], "what was due while it rested is not run"
    house.put("schedule", "a", paused=True, run_now="now 1", **when)
    for _ in range(2):
        house.times.sync()
        house.times.step()
    assert len(house.runs()) == 1 and house.kept()["entries"]["a"]["honoured"] == "now 1"
    house.put("schedule", "a", paused=True, run_now="now 2", **when)
    house.times.sync()
    house.times.step()
    assert len(house.runs()) == 2


def test_an_edited_time_begins_anew(house):
    _, when = hourly(1)
    house.put("schedule", "a", **when)
    house.begin().times.step()
    (job,) = house.times.get_scheduled_tasks()
    assert job._schedule_counter > 0 and job._last_executed
    _, other = hourly(-10)
    house.put("schedule", "a", **other)
    house.times.sync()
    (job,) = house.times.get_scheduled_tasks()
    assert job._schedule_counter == 0 and job._last_executed is None
    house.times.step()
    assert len(house.runs()) == 1


def test_a_run_that_can_not_be_made_is_told_on_its_entry_and_the_next_ones_are_made(house):
    _, when = hourly(1)
    house.put("schedule", "a", **{**when, "queue": "no such queue"})
    house.put("schedule", "b", **when)
    house.begin().times.step()
    kept = house.kept()["entries"]
    assert kept["a"]["error"] and kept["b"]["error"] == "" and "_executed_instances" not in kept["a"]
    assert [run["name"] for run in house.runs() if run["status"] == "queued"] == ["b"]
    (warned,) = [text for text, level in house.said if level == 30]
    assert warned == f"a: {kept['a']['error']}"


@pytest.mark.parametrize(("status", "skipped"), [("queued", True), ("in_progress", True), ("stopped", False)])
def test_a_single_run_waits_for_the_one_before(house, status, skipped):
    house.put("schedule", "a", single_instance=True, run_now="1", **hourly(-10)[1])
    house.begin().times.step()
    (first,) = house.runs()
    if status != "queued":
        house.server.call("tasks.dequeue", task=first["id"])
        house.server.call("tasks.started", task=first["id"], force=True)
    if status == "stopped":
        house.server.call("tasks.stopped", task=first["id"], force=True)
    house.put("schedule", "a", single_instance=True, run_now="2", **hourly(-10)[1])
    house.times.sync()
    house.times.step()
    assert len(house.runs()) == (1 if skipped else 2)
    known = house.kept()["entries"]["a"]
    assert known["error"] == ("skipped: the run before it goes on" if skipped else "")
    assert known["honoured"] == "2"


def test_no_more_ids_of_runs_are_kept_than_are_looked_at(house):
    house.put("schedule", "a", **hourly(-10)[1])
    house.begin()
    (job,) = house.times.get_scheduled_tasks()
    job._executed_instances = [str(number) for number in range(30)]
    house.book.write([job])
    assert house.kept()["entries"]["a"]["_executed_instances"] == [str(number) for number in range(10, 30)]
    asked_for = []
    house.book.client = SimpleNamespace(
        tasks=SimpleNamespace(edit_configuration=lambda **body: asked_for.append(body))
    )
    house.book.write([job])
    assert asked_for == [], "nothing is sent when nothing has changed"
    house.book.write([job], {"name": "a"})
    assert len(asked_for) == 1 and asked_for[0]["task"] == house.id


def finish(server, task):
    server.call("tasks.dequeue", task=task)
    server.call("tasks.started", task=task, force=True)
    server.call("tasks.completed", task=task, force=True)


def test_a_task_that_is_tagged_starts_a_run_that_is_handed_its_id(house):
    make = {"type": "training", "project": house.project}
    old = house.server.call("tasks.create", name="old", tags=["gold"], **make)["id"]
    parameters = {"Args/epochs": "${task.id}", "Args/other": "é"}
    time.sleep(0.01)
    house.put(
        "tasks", "on gold", tags=["gold"], project=house.project, task_parameters=parameters, since=since(0)
    )
    house.begin().events.step()
    assert house.runs() == [], "what held before is no event"
    new = house.server.call("tasks.create", name="new", tags=["gold"], **make)["id"]
    house.server.call("tasks.create", name="other", **make)
    for _ in range(2):
        house.events.step()
    (run,) = house.runs()
    values = {name: one["value"] for name, one in run["hyperparams"]["Args"].items()}
    assert (run["name"], values) == ("on gold", {"epochs": new, "other": "é"})
    house.begin().events.step()
    assert len(house.runs()) == 1, "nor by the next process"
    house.server.call("tasks.edit", task=old, tags=["gold", "more"], force=True)
    house.events.step()
    assert len(house.runs()) == 1


def test_a_trigger_that_rests_takes_nothing_and_one_that_would_start_itself_is_told(house):
    made = {"tags": ["gold"], "project": house.project, "since": since(0)}
    house.put("tasks", "rests", paused=True, **made)
    house.put("tasks", "itself", **made, task_overrides={"tags": ["gold"]})
    house.begin()
    house.server.call("tasks.create", name="new", type="training", project=house.project, tags=["gold"])
    house.events.step()
    assert house.runs() == []
    told = house.kept()["entries"]
    assert told["itself"]["error"].endswith("start further ones: gold") and "error" not in told["rests"]


def test_a_trigger_that_is_asked_for_runs_for_the_newest_and_says_when_there_is_none(house):
    made = {"tags": ["gold"], "project": house.project, "since": since(0), "paused": True}
    make = {"type": "training", "project": house.project, "tags": ["gold"]}
    house.put("tasks", "a", run_now="1", **made)
    house.begin().events.step()
    known = house.kept()["entries"]["a"]
    assert known["error"] == "nothing on the server is like what it waits for" and known["honoured"] == "1"
    tasks = []
    for number in range(3):
        tasks.append(house.server.call("tasks.create", name=str(number), **make)["id"])
        time.sleep(0.01)
    house.put("tasks", "a", run_now="2", task_parameters={"Args/of": "${task.id}"}, **made)
    house.events.sync()
    house.events.step()
    (run,) = house.runs()
    assert run["hyperparams"]["Args"]["of"]["value"] == tasks[-1]
    house.events.step()
    assert len(house.runs()) == 1


def test_what_was_launched_by_a_process_that_was_killed_is_taken_for_its_run(house):
    _, when = hourly(1)
    house.put("schedule", "a", run_now="x", **when)
    house.begin()
    house.book.write(house.times.everything(), {"name": "a", "run_now": "x"})
    made = books.launch(house.task, house.times.get_scheduled_tasks()[0], {})
    house.begin()
    scheduler._recover(house.book, (house.times, house.events))
    known = house.kept()["entries"]["a"]
    assert known["_executed_instances"] == [made] and known["honoured"] == "x" and known["started"]
    assert house.kept()["launching"] is None
    house.times.step()
    assert len(house.runs()) == 1, "it is not made again"


def test_a_draft_that_a_killed_process_has_left_is_deleted_and_its_run_is_due_yet(house):
    _, when = hourly(1)
    house.put("schedule", "a", **when)
    house.begin()
    house.book.write(house.times.everything(), {"name": "a", "run_now": ""})
    draft = house.server.call("tasks.clone", task=house.base, new_task_parent=house.id)["id"]
    house.begin()
    assert house.book.unfinished()["id"] == draft
    scheduler._recover(house.book, (house.times, house.events))
    assert house.runs() == [] and house.kept()["launching"] is None
    house.times.step()
    assert len(house.runs()) == 1


def test_a_book_without_a_launch_has_nothing_unfinished(house):
    house.put("schedule", "a", run_now="1", **hourly(-10)[1])
    house.begin()
    assert house.book.unfinished() is None
    house.times.step()
    house.book.write(house.times.everything(), {"name": "a"})
    house.begin()
    assert house.book.unfinished() == {}, "the newest run is known"
    assert scheduler._recover(house.book, (house.times, house.events)) is None


def test_an_event_whose_launch_was_cut_off_is_looked_at_again(house):
    made = {"tags": ["gold"], "project": house.project, "since": since(0)}
    house.put("tasks", "a", **made)
    house.begin().events.step()
    task = house.server.call("tasks.create", name="n", type="training", project=house.project, tags=["gold"])[
        "id"
    ]
    (job,) = house.events.get_triggers()
    job._triggered_instances = {task: datetime.now(timezone.utc)}
    house.book.write(house.events.everything(), {"name": "a", "id": task})
    house.begin()
    scheduler._recover(house.book, (house.times, house.events))
    (job,) = house.events.get_triggers()
    assert task not in job._triggered_instances
    job._triggered_instances[task] = datetime.now(timezone.utc)
    house.book.launching = {"name": "a", "id": task, "run_now": ""}
    house.events.recover({"id": "made"})
    assert job._executed_instances == ["made"] and task in job._triggered_instances


class Enough(BaseException):
    pass


def test_the_scheduler_goes_on_when_a_look_fails_and_sleeps_until_something_is_due(
    house, monkeypatch, capsys
):
    _, when = hourly(1)
    house.put("schedule", "a", **when)
    house.task = Task.get_task(task_id=house.id)
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 2:
            raise Enough

    def broken(self):
        raise ValueError("é")

    monkeypatch.setattr(scheduler.time, "sleep", sleep)
    monkeypatch.setattr(Events, "step", broken)
    with pytest.raises(Enough):
        scheduler.schedule(house.task, 7.0)
    assert slept == [7.0, 7.0] and len(house.runs()) == 1
    assert capsys.readouterr().out == "warning: ValueError: é; tried again in 7 s\n" * 2


def test_the_scheduler_is_run_by_an_agent_alone(monkeypatch, capsys):
    monkeypatch.delenv("CLEARML_TASK_ID", raising=False)
    assert scheduler.main([]) == 2
    assert capsys.readouterr().err == "error: the scheduler is run by an agent: soundyard schedule start\n"
    assert scheduler.SchedulerParameters().poll == 5.0
    for wrong in (0.4, 301):
        with pytest.raises(Exception, match="poll"):
            scheduler.SchedulerParameters(poll=wrong)


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ({}, ("", False, False)),
        ({"run_now": None}, ("", False, False)),
        ({"run_now": "1"}, ("1", True, False)),
        ({"run_now": "1", "honoured": "1"}, ("1", False, False)),
        ({"run_now": "2", "honoured": "1"}, ("2", True, False)),
        ({"paused": True}, ("", False, True)),
        ({"refused": "why"}, ("", False, True)),
    ],
)
def test_whether_a_run_is_wanted_and_whether_an_entry_rests(job, told):
    one = SimpleNamespace(**job)
    assert (wanted(one), asked(one), paused(one)) == told


def test_a_run_that_is_taken_joins_those_before_it():
    job = SimpleNamespace(_executed_instances=None)
    taken(job, {"id": "a"}, {})
    taken(job, {"id": "b"}, {"run_now": "1"})
    assert (job._executed_instances, job.honoured) == (["a", "b"], "1")
    assert abs(datetime.fromisoformat(job.started) - datetime.now(timezone.utc)) < timedelta(seconds=60)


def test_times_that_have_passed_are_counted_each():
    moments = [datetime(2026, 1, 1, hour, tzinfo=timezone.utc) for hour in range(4)]
    job = SimpleNamespace(_last_executed=None, _schedule_counter=0)
    job.next = lambda: moments[job._schedule_counter] if job._schedule_counter < 4 else None
    passed(job, moments[2])
    assert (job._last_executed, job._schedule_counter) == (moments[2], 3)
    passed(job, moments[3])
    passed(job, moments[3])
    assert job._schedule_counter == 4


def test_the_sections_are_those_of_the_sdk_and_the_page():
    assert sections.SECTIONS == ("schedule", "datasets", "models", "tasks")
    assert (sections.NAME, sections.KIND, sections.STATE) == ("schedules", "service", "state")
    assert sections.ENTRY_POINT == "-m pipelines.scheduler"
    assert sections.HANDED == {"datasets": "${dataset.id}", "models": "${model.id}", "tasks": "${task.id}"}
