"""The rounds of a search on a real server, with the trainings' ends written there by the test in an agent's place."""

import time
import uuid
from types import SimpleNamespace

import pytest

from tasks.client import connection
from tasks.running.outages import Line
from tasks.study import repeats, rounds, starting, trials
from tasks.study.optimizer import Study
from tasks.study.rounds import Rounds
from tasks.study.space import ranges

NAME = "accuracy/validation"


class Search:
    """A search's own task, its base task and queue, and what ends its trainings."""

    def __init__(self, server, **wanted):
        self.server, self.name = server, uuid.uuid4().hex[:6]
        self.project = server.call("projects.create", name=f"search {self.name}")["id"]
        made = server.call("tasks.create", name="search", type="optimizer", project=self.project)
        self.id = made["id"]
        self.queue = server.queue(f"search {self.name}")
        parameters = {
            "dropout": {"section": "Args", "name": "dropout", "value": "0.1", "description": "kept"},
            "epochs": {"section": "Args", "name": "epochs", "value": "2"},
        }
        base = server.call("tasks.create", name="train", type="training", hyperparams={"Args": parameters})[
            "id"
        ]
        self.base = server.task(base)
        usual = {"trials": 3, "concurrent": 2, "trial_hours": None, "objective": [NAME], "plugins": []}
        self.wanted = SimpleNamespace(**{**usual, **wanted})
        self.task = self  # as a run has it

    # What rounds take of an SDK's task

    def _get_runtime_properties(self):
        return self.server.task(self.id).get("runtime") or {}

    def _set_runtime_properties(self, more):
        runtime = {**self._get_runtime_properties(), **more}
        self.server.call("tasks.edit", task=self.id, runtime=runtime, force=True)

    def rounds(self, space="dropout=0..0.5", plan=None, prune="none", **fixed):
        run = SimpleNamespace(task=self, line=Line(connection.use(), seconds=1.0), parameters=self.wanted)
        study = Study(ranges(space), ["max"], "random", prune, 2, 1)
        return Rounds(run, self.base, ranges(space), plan or [{}], fixed, study, self.queue)

    def waiting(self):
        return [
            one["task"] for one in self.server.call("queues.get_by_id", queue=self.queue)["queue"]["entries"]
        ]

    def children(self):
        asked = {
            "parent": self.id,
            "order_by": ["created"],
            "only_fields": ["id", "status", "name", "hyperparams"],
        }
        return self.server.call("tasks.get_all", **asked)["tasks"]

    def begin(self, task):
        self.server.call("tasks.dequeue", task=task)
        self.server.call("tasks.started", task=task, force=True)

    def report(self, task, value, step=1):
        point = {"type": "training_stats_scalar", "metric": "accuracy", "variant": "validation"}
        self.server.call("events.add", task=task, value=value, iter=step, **point)

    def finish(self, task, value=0.5):
        self.begin(task)
        self.report(task, value)
        self.server.call("tasks.completed", task=task, force=True)


def values(task, section="Args"):
    return {name: one["value"] for name, one in task["hyperparams"][section].items()}


def go_on():
    return False


def test_trainings_are_begun_as_there_is_room_until_all_trials_have_ended(client):
    search = Search(client)
    own = search.rounds(fold=3)
    assert own.step(go_on) is True
    first, second = search.children()
    assert search.waiting() == [first["id"], second["id"]]
    assert own.step(go_on) is True and len(search.children()) == 2, "there is no room"
    made = client.task(first["id"])
    assert (made["parent"], made["project"], made["type"]) == (search.id, search.project, "training")
    dropout = values(first)["dropout"]
    assert values(first) == {"dropout": dropout, "epochs": "2", "fold": "3"} and 0 <= float(dropout) <= 0.5
    assert made["name"] == f"train dropout={float(dropout):.4g}"
    assert made["hyperparams"]["Args"]["dropout"]["description"] == "kept"
    mark = search._get_runtime_properties()["study"]
    assert values(first, "properties") == {"study": mark, "trial": "0", "repeat": "0"}
    assert values(second, "properties")["trial"] == "1" and values(second)["dropout"] != dropout
    search.finish(first["id"])
    assert own.step(go_on) is True and len(search.children()) == 3
    for one in search.children()[1:]:
        search.finish(one["id"])
    assert own.step(go_on) is False
    assert [(one.number, one.whole) for one in own.settings()] == [(0, True), (1, True), (2, True)]
    assert own.study._told == {0, 1, 2} and own.step(go_on) is False and len(search.children()) == 3


def test_nothing_is_begun_by_a_search_that_is_to_stop(client):
    search = Search(client)
    assert search.rounds().step(lambda: True) is False and search.children() == []


def test_a_trial_is_trained_with_each_repeat_and_one_that_lost_a_training_no_further(client):
    search = Search(client, trials=2, concurrent=1)
    own = search.rounds(plan=repeats.plan([4, 5, 6], []))
    own.step(go_on)
    (first,) = search.children()
    assert values(first)["seed"] == "4" and first["name"].endswith(" seed=4")
    search.finish(first["id"])
    own.step(go_on)
    second = search.children()[1]
    assert values(second)["seed"] == "5" and values(second)["dropout"] == values(first)["dropout"]
    assert values(second, "properties") | {"study": ""} == {"study": "", "trial": "0", "repeat": "1"}
    search.begin(second["id"])
    client.call("tasks.failed", task=second["id"], force=True)
    own.step(go_on)
    third = search.children()[2]
    assert (
        values(third, "properties")["trial"] == "1" and values(third)["dropout"] != values(first)["dropout"]
    )


def test_a_space_that_is_used_up_ends_the_search_before_all_trials(client):
    search = Search(client, trials=9, concurrent=9)
    own = search.rounds("dropout=0.1|0.2")
    assert own.step(go_on) is True
    assert [values(one)["dropout"] for one in search.children()] in (["0.1", "0.2"], ["0.2", "0.1"])
    for one in search.children():
        search.finish(one["id"])
    assert own.step(go_on) is False and own._exhausted


def test_a_training_that_takes_too_long_is_ended_and_said_to(client, monkeypatch):
    search = Search(client, trials=1, trial_hours=0.5)
    own = search.rounds()
    own.step(go_on)
    (one,) = search.children()
    search.begin(one["id"])
    now = time.time()
    monkeypatch.setattr(rounds.time, "time", lambda: now + 1700)
    own.step(go_on)
    assert client.status(one["id"]) == "in_progress"
    monkeypatch.setattr(rounds.time, "time", lambda: now + 1900)
    own.step(go_on)
    found = client.task(one["id"])
    assert (found["status"], found["status_reason"]) == ("stopped", "it took longer than trial_hours, 0.5 h")
    assert own.step(go_on) is False


def test_a_training_that_is_worse_than_others_were_is_ended_as_that(client):
    search = Search(client, trials=8, concurrent=8)
    own = search.rounds(prune="median")
    own.step(go_on)
    tasks = [one["id"] for one in search.children()]
    for number, task in enumerate(tasks):
        search.begin(task)
        for step in range(1, 3 if number == 7 else 9):
            search.report(task, 0.1 if number == 7 else 0.8, step)
    own.step(go_on)
    for task in tasks[:7]:
        client.call("tasks.completed", task=task, force=True)
    for step in (3, 4):
        search.report(tasks[7], 0.1, step)
        own.step(go_on)
    assert [client.status(task) for task in tasks] == ["completed"] * 7 + ["stopped"]
    assert client.task(tasks[7])["status_reason"] == repeats.PRUNED
    assert [one.pruned for one in own.look()] == [False] * 7 + [True]


def test_a_training_that_was_made_twice_is_ended_and_counts_once(client):
    search = Search(client, trials=1)
    own = search.rounds()
    own.step(go_on)
    (one,) = search.children()
    twice = client.call("tasks.clone", task=one["id"], new_task_parent=search.id)["id"]
    starting.enqueue(twice, search.queue)
    own.step(go_on)
    assert client.status(one["id"]) == "queued" and client.status(twice) == "stopped"
    assert client.task(twice)["status_reason"] == "the same training was begun before"
    (setting,) = own.settings()
    assert setting.first.id == one["id"]


def test_a_trial_that_a_person_deletes_is_not_made_again(client):
    search = Search(client, trials=1)
    own = search.rounds()
    own.step(go_on)
    (one,) = search.children()
    client.call("tasks.delete", task=one["id"], force=True)
    assert own.step(go_on) is False and search.children() == []


def test_a_draft_that_can_not_be_put_on_its_queue_is_deleted(client):
    search = Search(client)
    own = search.rounds()
    own._queue = "no such queue"
    with pytest.raises(Exception, match="queue"):
        own.step(go_on)
    assert search.children() == [] and own._begun == set()


def test_what_an_earlier_process_has_left_goes_on_and_nothing_is_begun_twice(client, capsys):
    search = Search(client, trials=5, concurrent=5)
    earlier = search.rounds()
    earlier.step(go_on)
    done, ours, person, draft, runs = (one["id"] for one in search.children())
    search.finish(done)
    trials.stop(ours, earlier.why)
    trials.stop(person, "by a person")
    search.begin(runs)
    stranger = client.call(
        "tasks.clone", task=done, new_task_parent=search.id, new_task_hyperparams={"properties": {}}
    )["id"]
    starting.enqueue(stranger, search.queue)
    time.sleep(rounds.NEVER_QUEUED)
    client.call("tasks.dequeue", task=draft)
    own = search.rounds()
    capsys.readouterr()
    own.recover()
    said = capsys.readouterr().out
    assert client.status(stranger) == "stopped" and client.task(stranger)["status_reason"] == own.why
    assert client.status(ours) == "queued" and client.status(person) == "stopped"
    assert client.status(draft) == "created", "a person took it off its queue"
    assert client.status(runs) == "in_progress"
    assert said == (
        "The search goes on: 5 trials were begun, of which 3 have ended; 1 trainings are put on the queue again.\n"
    )
    assert all(own.study.knows(number) for number in range(5))
    own.step(go_on)
    assert len(search.children()) == 6, "five and the stranger"


def test_a_draft_of_a_process_that_was_killed_is_put_on_the_queue(client, capsys):
    search = Search(client, trials=1)
    earlier = search.rounds()
    texts = {"dropout": "0.25"}
    marks = {"study": earlier._mark, "trial": 0, "repeat": 0}
    made = starting.clone(search.base, "train", search, texts, marks, {})
    own = search.rounds()
    own.recover()
    assert client.status(made) == "queued" and search.waiting() == [made]
    assert "1 trials were begun, of which 0 have ended; 1 trainings are put" in capsys.readouterr().out
    fresh = Search(client)
    fresh.rounds().recover()
    assert capsys.readouterr().out == "", "a search that begins has nothing to say"


def test_the_end_of_a_search_stops_what_runs_and_says_what_does_not(client, capsys, monkeypatch):
    search = Search(client, trials=2)
    own = search.rounds()
    own.step(go_on)
    own.end()
    assert [one["status"] for one in search.children()] == ["stopped", "stopped"]
    assert client.task(search.children()[0]["id"])["status_reason"] == f"the search {search.id} has ended"
    monkeypatch.setattr(rounds.trials, "wait_until_stopped", lambda task: 2)
    capsys.readouterr()
    own.end()
    assert capsys.readouterr().out == "", "nothing ran"
    monkeypatch.setattr(rounds.trials, "stop_all", lambda task, why: 2)
    own.end()
    assert capsys.readouterr().out.startswith("note: 2 trials were told to stop and have not yet")


def test_a_search_that_goes_on_keeps_its_base_as_long_as_that_is_there(client):
    search = Search(client)
    assert rounds.pinned_base(search, "wanted") == "wanted"
    search._set_runtime_properties({"base": search.base["id"]})
    assert rounds.pinned_base(search, "wanted") == search.base["id"]
    client.call("tasks.delete", task=search.base["id"], force=True)
    assert rounds.pinned_base(search, "wanted") == "wanted"


def test_a_clone_carries_the_configuration_that_it_is_given_beside_its_own(client):
    search = Search(client)
    own = {"mine": {"name": "mine", "type": "json", "value": "{}"}}
    client.call("tasks.edit_configuration", task=search.base["id"], configuration=list(own.values()))
    made = starting.clone(search.base, "é", search, {}, {}, {"plugins": "[1]"})
    found = client.task(made)["configuration"]
    assert {name: (one["type"], one["value"]) for name, one in found.items()} == {
        "mine": ("json", "{}"),
        "plugins": ("json", "[1]"),
    }
    plain = starting.clone(search.base, "é", search, {"new": "1"}, {}, {})
    assert list(client.task(plain)["configuration"]) == ["mine"] and client.task(plain)["name"] == "é"
    new = client.task(plain)["hyperparams"]["Args"]["new"]
    assert (new["section"], new["name"], new["value"]) == ("Args", "new", "1")
    starting.delete(plain)
    assert client.call("tasks.get_all", id=[plain])["tasks"] == []
