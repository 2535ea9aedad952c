"""What is read of trainings on a real server: curves, consoles, pages; and what is said of how they ended."""

from datetime import datetime, timezone

import pytest

from tasks.errors import NoResult
from tasks.study import trials
from tasks.study.trials import Trial

NAME = "accuracy/validation"


def make(client, **more):
    return client.call("tasks.create", name="t", type="training", **more)["id"]


def test_a_curve_is_a_scalars_values_by_its_steps(client):
    task = make(client)
    for step, value in ((1, 0.5), (3, 0.25)):
        point = {"type": "training_stats_scalar", "metric": "accuracy", "variant": "validation"}
        client.call("events.add", task=task, iter=step, value=value, **point)
    assert trials.curve(task, NAME) == {1: 0.5, 3: 0.25}
    assert trials.curve(task, "accuracy/train") == trials.curve(task, "loss/validation") == {}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["one", "ValueError: é", "bye"], "ValueError: é"),
        (["an Error", "the last error ", "bye"], "the last error"),
        (["one", " two ", ""], "two"),
        ([], ""),
    ],
)
def test_a_consoles_last_word_is_the_last_that_speaks_of_an_error(client, lines, told):
    task = make(client)
    if lines:
        client.call("events.add", task=task, type="log", level="INFO", msg="\n".join(lines), worker="w")
    assert trials._last_words(task) == told


def test_trials_are_read_page_by_page_and_may_be_narrowed(client, monkeypatch):
    search = make(client)
    ids = [make(client, parent=search) for _ in range(5)]
    client.call("tasks.started", task=ids[3])
    for size in (1, 2, 5, 6):
        monkeypatch.setattr(trials, "PAGE", size)
        assert [one.id for one in trials.of(search)] == ids
    assert [one.id for one in trials.of(search, status=["in_progress"])] == [ids[3]]
    found = trials.of(search)[3]
    assert set(found.dates) == {"created", "started", "status_changed"}
    assert abs(found.dates["started"] - datetime.now(timezone.utc).timestamp()) < 60


@pytest.mark.parametrize("date", [None, "", 0])
def test_a_date_that_is_not_there_is_none(date):
    assert trials._seconds(date) is None


@pytest.mark.parametrize(
    "date",
    [
        "2026-01-02T03:04:05",
        "2026-01-02T03:04:05+00:00",
        "2026-01-02T04:04:05+01:00",
        datetime(2026, 1, 2, 3, 4, 5),
    ],
)
def test_a_date_is_of_utc_unless_it_says_otherwise(date):
    assert trials._seconds(date) == 1767323045.0


def test_what_a_server_leaves_out_is_empty():
    found = trials._trial({"id": "1", "status": "queued", "hyperparams": {"Args": {"a": {}}}, "models": {}})
    assert (found.values, found.parameters, found.marks, found.model, found.dates) == (
        {},
        {"a": ""},
        {},
        "",
        {},
    )
    assert (
        found.reason == ""
        and trials._trial({"id": "1", "status": "x", "models": {"output": None}}).model == ""
    )
    both = {"id": "1", "status": "x", "status_reason": "reason", "status_message": "message"}
    assert trials._trial(both).reason == "reason"


def trial(id, status, reason="", **values):
    return Trial(id, status, reason, {NAME: 1.0} if values else {})


def test_ends_are_counted_the_commonest_first_and_in_words():
    found = [
        trial("a", "queued"),
        *(trial(str(n), "failed") for n in range(3)),
        trial("b", "stopped"),
        trial("c", "stopped"),
    ]
    found += [trial("d", "published"), trial("e", "unheard")]
    assert trials.ends(found) == "3 failed, 2 aborted, 1 never started, 1 unheard"


def test_the_commonest_three_reasons_are_told_with_the_first_task_of_each():
    found = [
        trial(f"{why}{n}", "failed", f"{why}.")
        for why, times in zip("abcd", (1, 4, 2, 3), strict=True)
        for n in range(times)
    ]
    assert trials._reasons(found) == (
        " 4 of them: b (task b0). 3 of them: d (task d0). 2 of them: c (task c0)."
    )
    assert trials._reasons([trial("x", "created", "no")]) == ""


def test_a_single_trial_is_spoken_of_as_one():
    with pytest.raises(
        NoResult, match=r"^The only trial has not finished: 1 failed\. 1 of them: x \(task a\)\.$"
    ):
        trials.refuse_no_result([trial("a", "failed", "x")], NAME)
    with pytest.raises(NoResult, match="They report: nothing"):
        trials.refuse_no_result([trial("a", "completed")], NAME)
    with pytest.raises(NoResult, match="They report: a/b, c/d"):
        trials.refuse_no_result([Trial("a", "completed", "", {"c/d": 1, "a/b": 1})], NAME)


@pytest.mark.parametrize(
    ("status", "finished"),
    [("completed", True), ("published", True), ("failed", False), ("stopped", False), ("queued", False)],
)
def test_what_has_finished_has_come_to_its_own_end(status, finished):
    assert trial("a", status).finished is finished
