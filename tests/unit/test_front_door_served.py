"""The commands on a real server: what `soundyard tasks` and `schedule` find, do and refuse, by what it then holds."""

import json
import time
import uuid
from types import SimpleNamespace

import pytest

from pipelines.schedules import sections
from soundyard import command
from soundyard.tracked import client as tracked
from soundyard.tracked import watching


@pytest.fixture
def house(client, monkeypatch):
    """A project of the test's own with tasks in several states; `ours` is the project that schedules are kept in."""
    name = f"served é {uuid.uuid4().hex[:6]}"
    project = client.call("projects.create", name=name)["id"]
    monkeypatch.setenv("SOUNDYARD_PROJECT", name)

    def make(called, status="created", value="cnn", **fields):
        args = {"Args": {"model": {"section": "Args", "name": "model", "value": value, "type": "str"}}}
        task = client.call(
            "tasks.create",
            **{"name": called, "type": "training", "project": project, "hyperparams": args, **fields},
        )["id"]
        if status == "queued":
            client.enqueue(task, f"q {name}")
        elif status != "created":
            client.call("tasks.started", task=task)
            if status != "in_progress":
                client.call(f"tasks.{status}", task=task, force=True, status_reason=f"{status} é")
        time.sleep(0.002)
        return task

    client.queue(f"q {name}")
    return SimpleNamespace(name=name, project=project, make=make, queue=f"q {name}", base=f"base {name}")


@pytest.fixture
def said(capsys):
    """Runs a command; gives its status, and its answer as JSON where it is that."""

    def run(*words):
        capsys.readouterr()
        status = command.run([*words])
        told = capsys.readouterr()
        run.error, run.out = told.err, told.out
        return json.loads(told.out) if "--json" in words and status == 0 else status

    return run


def listed(said, house, *words):
    return [one["name"] for one in said("tasks", "list", "--project", house.name, "--json", *words)]


def report(client, task, metric, value):
    point = {"type": "training_stats_scalar", "metric": metric, "variant": "test", "iter": 1}
    client.call("events.add", task=task, value=value, **point)


def test_each_filter_leaves_what_it_says_in_the_order_that_is_asked_for(client, house, said):
    parent = house.make("a", tags=["x", "y"])
    trained = house.make("b", "completed", value="crnn", tags=["x"], parent=parent)
    house.make("c", "failed", type="testing", comment="says é")
    house.make("t", tags=["template"])
    old = house.make("old")
    client.call("tasks.archive", tasks=[old])
    other = client.call("projects.create", name=f"{house.name}/below")["id"]
    house.make("d", "in_progress", project=other)
    report(client, parent, f"m{house.project}", 0.5)
    report(client, trained, f"m{house.project}", 0.75)
    by_name = ("--sort", "name")
    assert listed(said, house, *by_name) == ["a", "b", "c", "d"]
    assert listed(said, house, "--sort=-name") == ["d", "c", "b", "a"]
    for words, found in (
        (["--kind", "templates"], "t"),
        (["--kind", "all"], "abcdt"),
        (["--status", "failed", "--status", "running"], "cd"),
        (["--type", "testing"], "c"),
        (["--tag", "x"], "ab"),
        (["--tag", "x", "--tag=-y"], "b"),
        (["--tag=-y"], "bcd"),
        (["--parent", parent], "b"),
        (["--search", "says é"], "c"),
        (["--search", "^[ab]$", "--regex"], "ab"),
        (["--search", "^[ab]$"], ""),
        (["--param", "Args/model=crnn"], "b"),
        (["--param", "Args/model=crnn", "--param", "Args/model=cnn"], "abcd"),
        (["--metric", f"m{house.project}/test=0.6.."], "b"),
        (["--metric", f"m{house.project}/test=..0.6"], "a"),
        (["--since", "1h"], "abcd"),
        (["--archived"], "old"),
    ):
        names = listed(said, house, *by_name, *words)
        assert "".join(names) == found, words
    assert listed(
        said, house, f"--sort=-m{house.project}/test", "--metric", f"m{house.project}/test=0.."
    ) == ["b", "a"]
    assert listed(said, house, "--limit", "2", *by_name) == ["a", "b"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--metric", "no such/figure=0.."], "There is no metric 'no such/figure'"),
        (["--sort", "no such"], "There is no column 'no such'"),
        (["--user", "nobody"], "There is no user 'nobody'"),
        (["--project", "no such é"], "There is no project 'no such é'"),
        (["--parent", "no such é"], "There is no task 'no such é'"),
        (["--columns", "no such"], "There is no column 'no such'"),
    ],
)
def test_a_filter_by_what_is_not_there_is_refused(house, said, words, message):
    house.make("a")
    assert said("tasks", "list", *words) == 1 and said.error.startswith(f"error: {message}")


def test_a_list_of_nothing_says_so_and_a_cut_one_how_to_see_the_rest(house, said):
    assert said("tasks", "list", "--project", house.name) == 0 and said.out == "no task is like that\n"
    for name in "abc":
        house.make(name)
    assert said("tasks", "list", "--project", house.name, "--limit", "2", "--columns", "+user") == 0
    assert "the first 2; --limit 0 shows all" in said.out and "user" in said.out.splitlines()[0]


def test_a_task_is_meant_by_its_id_its_beginning_or_its_name(client, house, said):
    one = house.make(f"alone {house.name}")
    assert said("tasks", "show", one, "--json")["id"] == one
    assert said("tasks", "show", one[:12], "--json")["id"] == one
    assert said("tasks", "show", f"alone {house.name}", "--json")["id"] == one
    twice = house.make(f"alone {house.name}", "failed")
    assert said("tasks", "show", f"alone {house.name}") == 1
    assert "Several tasks are meant" in said.error and one in said.error and f"{twice}  failed" in said.error
    assert said("tasks", "show", f"alonee {house.name}") == 1 and "Did you mean" in said.error
    template = house.make(f"both {house.name}", tags=["template"])
    run = house.make(f"both {house.name}")
    assert said("tasks", "show", f"both {house.name}", "--json")["id"] == run
    made = said("tasks", "clone", f"both {house.name}", "--json")
    assert client.task(made["id"])["parent"] == template


def test_what_is_shown_of_a_task_is_all_of_it(client, house, said):
    task = house.make("shown", "failed", comment="é so")
    report(client, task, "accuracy", 0.5)
    model = client.call("models.update_for_task", task=task, uri="s3://a/b", name="net", iteration=1)["id"]
    kept = {"key": "clips", "type": "csv", "uri": "http://x/y", "content_size": 1500, "mode": "output"}
    client.call("tasks.add_or_update_artifacts", task=task, artifacts=[kept], force=True)
    for number in range(12):
        client.call(
            "events.add", task=task, type="log", msg=f"line {number}", timestamp=1000 + number, worker="w"
        )
    told = said("tasks", "show", task, "--json")
    assert (told["status"], told["comment"], told["reason"]) == ("failed", "é so", "failed é")
    assert told["metrics"] == {"accuracy/test": 0.5} and told["parameters"] == {"Args/model": "cnn"}
    assert told["models"] == [{"name": "net", "id": model}]
    assert told["artifacts"] == [{"name": "clips", "type": "csv", "size": 1500, "uri": "http://x/y"}]
    assert told["log"] == [f"line {number}" for number in range(2, 12)]
    assert said("tasks", "show", task, "--log", "2", "--json")["log"] == ["line 10", "line 11"]
    assert said("tasks", "show", task, "--log", "0", "--json")["log"] == []
    assert said("tasks", "show", task) == 0
    for part in ("shown", "é so", "1.5 kB", "net", "line 11", "failed é", "UTC"):
        assert part in said.out, part


def test_tasks_are_put_on_a_queue_and_each_is_told_of(client, house, said):
    draft, runs = house.make("draft"), house.make("runs", "in_progress")
    assert said("tasks", "enqueue", draft, runs, "--queue", house.queue) == 1
    assert f"draft ({draft}) is on queue {house.queue}" in said.out
    assert f"error: runs ({runs}) " in said.error and f"no agent listens on queue {house.queue}" in said.error
    assert (client.status(draft), client.status(runs)) == ("queued", "in_progress")
    client.call("tasks.dequeue", task=draft)
    assert said("tasks", "enqueue", draft, "--json") == [
        {"id": draft, "name": "draft", "done": f"is on queue {house.queue}", "error": None}
    ], "its last one"
    fresh = house.make("fresh")
    assert said("tasks", "enqueue", fresh) == 0 and "is on queue audio" in said.out
    client.call("tasks.dequeue", task=fresh)
    assert said("tasks", "enqueue", house.make("x"), "--queue", "no such é") == 1
    assert "There is no queue 'no such é'" in said.error


def test_what_runs_is_aborted_and_what_waits_becomes_a_draft(client, house, said):
    waits, runs, done = (
        house.make("w", "queued"),
        house.make("r", "in_progress"),
        house.make("d", "completed"),
    )
    assert said("tasks", "abort", waits, runs, done, "--reason", "é it is") == 1
    assert f"w ({waits}) was taken from its queue, and is a draft" in said.out
    assert f"r ({runs}) is aborted" in said.out
    assert f"d ({done}) is completed: there is nothing to abort" in said.error
    assert [client.status(one) for one in (waits, runs, done)] == ["created", "stopped", "completed"]
    assert client.task(runs)["status_reason"] == "é it is"


def test_a_copy_has_its_edits_and_is_a_draft_or_waits(client, house, said):
    base = house.make("base", "completed", tags=["kept", "template"])
    made = said("tasks", "clone", base, "model=crnn", "--json")
    assert (made["name"], made["done"]) == ("Clone of base", "is a draft")
    found = client.task(made["id"])
    assert (found["parent"], found["project"], found["tags"], found["status"]) == (
        base,
        house.project,
        ["kept"],
        "created",
    )
    assert found["hyperparams"]["Args"]["model"]["value"] == "crnn"
    other = client.call("projects.create", name=f"{house.name} other")["id"]
    words = [
        "--name",
        "é",
        "--queue",
        house.queue,
        "--project",
        f"{house.name} other",
        "--new",
        "Args/more=1",
    ]
    made = said("tasks", "clone", base, *words, "--json")
    found = client.task(made["id"])
    assert (found["name"], found["status"], found["project"]) == ("é", "queued", other)
    assert {name: one["value"] for name, one in found["hyperparams"]["Args"].items()} == {
        "model": "cnn",
        "more": "1",
    }
    assert said("tasks", "clone", base, "no=1", "what") == 1
    assert "There is no parameter 'no'" in said.error and "'what' is no edit" in said.error


def test_tasks_are_compared_in_what_differs(client, house, said):
    one, two = house.make("one"), house.make("two", value="crnn")
    report(client, one, "accuracy", 0.5)
    told = said("tasks", "compare", one, two, "--json")
    assert [each["id"] for each in told["tasks"]] == [one, two]
    assert told["parameters"] == {"Args/model": ["cnn", "crnn"]} and told["metrics"] == {
        "accuracy/test": [0.5, None]
    }
    same = house.make("same")
    assert said("tasks", "compare", one, same, "--json")["parameters"] == {}
    assert said("tasks", "compare", one, same, "--all", "--json")["parameters"] == {
        "Args/model": ["cnn", "cnn"]
    }
    assert said("tasks", "compare", one, same) == 0 and "the parameters are the same" in said.out
    assert said("tasks", "compare", one, one) == 1 and "two tasks or more" in said.error


def test_tasks_are_watched_to_their_ends(client, house, said, monkeypatch):
    done, failed = house.make("done", "completed"), house.make("lost", "failed")
    client.call("events.add", task=failed, type="log", msg="the last é", worker="w")
    assert said("tasks", "watch", done) == 0 and "done: completed" in said.out and said.error == ""
    assert said("tasks", "watch", done, failed) == 1
    assert said.error == "lost failed: failed é\n  the last é\n"
    running, another = house.make("running", "in_progress"), house.make("another", "in_progress")

    def sleep(seconds):
        client.call("tasks.delete", task=running, force=True)

    monkeypatch.setattr(watching.time, "sleep", sleep)
    assert said("tasks", "watch", running) == 1 and f"Task {running} is not there any more." in said.error

    def interrupted(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(watching.time, "sleep", interrupted)
    monkeypatch.setattr(watching.interruption, "caught", lambda: 130)
    assert said("tasks", "watch", another) == 130
    assert "no longer watched; what runs, runs on" in said.error


def test_a_listing_is_read_page_by_page_each_once(client, house, monkeypatch):
    monkeypatch.setattr(tracked, "PAGE", 2)
    ids = [house.make(str(number)) for number in range(5)]
    tracked.connect()
    asking = {"project": [house.project], "order_by": ["created"], "only_fields": ["id"]}
    for most, count in ((None, 5), (1, 1), (3, 3), (5, 5), (9, 5)):
        found = tracked.every("tasks.get_all_ex", "tasks", most, **asking)
        assert [one["id"] for one in found] == ids[:count], most
    with pytest.raises(tracked.Refused, match=r"^tasks\.get_by_id: "):
        tracked.call("tasks.get_by_id", task="nobody")


@pytest.fixture
def kept(client, house):
    """What stands on the server of schedules."""

    def read(section):
        (task,) = client.call(
            "tasks.get_all", project=[house.project], name="^schedules$", search_hidden=True
        )["tasks"]
        return json.loads(client.task(task["id"])["configuration"][section]["value"])

    return read


def test_a_schedule_is_kept_edited_and_taken_away(client, house, said, kept):
    base = house.make(house.base, tags=["template", "own"])
    assert said("schedule", "list") == 0 and "there is no schedule yet" in said.out
    add = [
        "schedule",
        "add",
        "é nightly",
        "--cron",
        "0 3 * * *",
        "--task",
        house.base,
        "--queue",
        house.queue,
    ]
    assert said(*add, "model=crnn", "--single") == 0
    assert f"é nightly runs {house.base} on queue {house.queue}; next run " in said.out
    assert "the scheduler is on queue" in said.out
    (job,) = kept("schedule")
    expected = {
        "name": "é nightly",
        "queue": client.queue(house.queue),
        "base_task_id": base,
        "base_task": house.base,
        "task_overrides": {"tags": ["own"]},
        "task_parameters": {"Args/model": "crnn"},
        "single_instance": True,
        "paused": False,
        "run_now": "",
        "cron": "0 3 * * *",
        "recurring": True,
        "clone_task": True,
    }
    assert expected.items() <= job.items()
    assert said(*add) == 1 and "There is a schedule 'é nightly' already" in said.error
    told = said("schedule", "list", "--json")
    (entry,) = told["entries"]
    assert (told["state"], entry["name"], entry["when"], entry["state"]) == (
        "queued",
        "é nightly",
        "0 3 * * *",
        "active",
    )
    assert (entry["task"], entry["queue"], entry["parameters"]) == (
        house.base,
        house.queue,
        {"Args/model": "crnn"},
    )
    assert said("schedule", "edit", "é nightly", "--cron", "0 4 * * *", "model=cnn") == 0
    (job,) = kept("schedule")
    assert (job["cron"], job["task_parameters"]) == ("0 4 * * *", {"Args/model": "cnn"}) and job[
        "single_instance"
    ]
    for word, told_of, value in (("pause", "is paused", True), ("resume", "goes on", False)):
        assert said("schedule", word, "é nightly") == 0 and said.out == f"é nightly {told_of}\n"
        assert kept("schedule")[0]["paused"] is value
    assert said("schedule", "run-now", "é nightly") == 0 and kept("schedule")[0]["run_now"].endswith("+00:00")
    assert said("schedule", "pause", "no such") == 1 and "There is no schedule 'no such'" in said.error
    assert said("schedule", "remove", "é nightly") == 0 and kept("schedule") == []
    assert said("schedule", "start") == 0 and said.out == "the scheduler is queued\n"


def test_a_trigger_waits_for_its_event_and_never_for_its_own_runs(client, house, said, kept):
    house.make(house.base)
    where = ["--task", house.base, "--queue", house.queue]
    assert said("schedule", "on", "tag", "t", "--tag", "gold", "--project", house.name, *where) == 0
    assert "${task.id} in a parameter is its id" in said.out
    (job,) = kept("tasks")
    assert (job["tags"], job["project"], job["match_name"], job["on"]) == (["gold"], house.project, "", "tag")
    assert job["since"].endswith("+00:00")
    assert said("schedule", "on", "model", "m", "--match", "net.*", *where) == 0
    (job,) = kept("models")
    assert job["on_publish"] is True and job["match_name"] == "net.*"
    assert said("schedule", "on", "dataset", "d", *where) == 0 and "on_publish" not in kept("datasets")[0]
    assert said("schedule", "on", "tag", "x", *where) == 1 and "--tag TAG" in said.error
    tagged = house.make("tagged", tags=["gold"])
    again = ["schedule", "on", "tag", "y", "--tag", "gold", "--task", tagged, "--queue", house.queue]
    assert said(*again) == 1 and "each of its runs would start another" in said.error
    assert said("schedule", "edit", "t", "--cron", "0 3 * * *") == 1 and "has no time" in said.error
    whens = {one["name"]: one["when"] for one in said("schedule", "list", "--json")["entries"]}
    assert whens == {"t": "on task tag:gold", "m": "on model published net.*", "d": "on dataset"}
    assert [*whens] == ["d", "m", "t"], "in the order of the sections"
    assert [*sections.SECTIONS][1:] == ["datasets", "models", "tasks"]


def test_a_schedule_without_a_name_or_a_scheduler_is_refused(house, said):
    house.make(house.base)
    add = ["schedule", "add", " ", "--cron", "0 3 * * *", "--task", house.base, "--queue", house.queue]
    assert said(*add) == 1 and "is no name for a schedule" in said.error
    assert said("schedule", "start") == 1 and "There is no schedule yet" in said.error
