"""A clock that jumps backwards or forwards loses nothing and locks nobody out."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

import server.app.api
from tests.contract.conftest import Api
from tests.contract.events import log, send


class Clock:
    """Stands in for `datetime` where the API asks for the time."""

    def __init__(self) -> None:
        self.now_is = datetime.now(timezone.utc)

    def now(self, zone: timezone) -> datetime:
        return self.now_is.astimezone(zone)

    def jump(self, **by: float) -> None:
        self.now_is += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(server.app.api, "datetime", clock)
    return clock


def scalar(task: str, iteration: int, value: float) -> dict:
    """Without a time of its own: the server's clock counts."""
    fields = {"type": "training_stats_scalar", "task": task, "metric": "loss", "variant": "train"}
    return {**fields, "iter": iteration, "value": value}


def test_events_of_a_clock_that_went_back_are_kept_in_their_order(clock: Clock, api: Api) -> None:
    task = api.task()
    send(api, scalar(task, 1, 1.0), log(task, "before", None))
    clock.jump(hours=-3)
    send(api, scalar(task, 2, 2.0), log(task, "after", None))
    assert api("events.scalar_metrics_iter_histogram", task=task)["loss"]["train"]["y"] == [1.0, 2.0]
    ((metric,),) = (one.values() for one in api.get(task)["last_metrics"].values())
    assert (metric["value"], metric["count"]) == (2.0, 2)
    assert api("events.get_task_log", task=task)["total"] == 2
    seen = api("events.get_task_events", task=task)
    assert seen["total"] == len(seen["events"]) == 4


def test_tokens_and_sessions_outlive_a_clock_that_went_back(clock: Clock, api: Api) -> None:
    api.open_page()
    clock.jump(days=-400)
    assert api("tasks.get_all") == {"tasks": []}
    assert api.client.post("/api/tasks.get_all", json={}).status_code == 200
    assert api.client.get("/api/auth.login", auth=api.key).status_code == 200


def test_a_token_made_before_the_clock_went_forward_is_renewed_not_stuck(clock: Clock, api: Api) -> None:
    clock.jump(days=400)
    api.fails("tasks.get_all", 401, 30)
    token = api.client.get("/api/auth.login", auth=api.key).json()["data"]["token"]
    assert (
        api.client.post(
            "/api/tasks.get_all", json={}, headers={"Authorization": f"Bearer {token}"}
        ).status_code
        == 200
    )


def test_tasks_run_and_end_while_the_clock_goes_back(clock: Clock, api: Api) -> None:
    task = api.task()
    queue = api("queues.create", name="q")["id"]
    api("tasks.enqueue", task=task, queue=queue)
    clock.jump(hours=-2)
    assert api("queues.get_next_task", queue=queue)["entry"]["task"] == task
    api("tasks.started", task=task)
    clock.jump(hours=-2)
    api("tasks.completed", task=task)
    found = api.get(task)
    assert found["status"] == "completed"
    assert found.get("active_duration", 0) >= 0


def test_a_queue_keeps_its_order_whatever_the_clock_says(clock: Clock, api: Api) -> None:
    queue, tasks = api("queues.create", name="q")["id"], []
    for _ in range(4):
        tasks.append(api.task())
        api("tasks.enqueue", task=tasks[-1], queue=queue)
        clock.jump(hours=-1)
    assert [api("queues.get_next_task", queue=queue)["entry"]["task"] for _ in tasks] == tasks
