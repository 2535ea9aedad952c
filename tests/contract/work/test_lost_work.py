"""A run that was given up as lost speaks for its task no more, whenever its machine comes back."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.conftest import ServerProcess

EVENT = '{"type": "training_stats_scalar", "task": "%s", "iter": %d, "metric": "loss", "variant": "train", "value": 1}'


class Program:
    """A program with a login of its own, as an agent is and the SDK in a task."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        token = requests.post(f"{server.url}/api/auth.login", auth=server.keys, json={}, timeout=30)
        self.headers = {"Authorization": f"Bearer {token.json()['data']['token']}"}

    def ask(self, endpoint: str, body: Any = None, **fields: Any) -> requests.Response:
        sent = {"data": body} if body else {"json": fields}
        return requests.post(f"{self.server.url}/api/{endpoint}", headers=self.headers, timeout=30, **sent)

    def call(self, endpoint: str, **fields: Any) -> dict[str, Any]:
        answer = self.ask(endpoint, **fields)
        assert answer.ok, answer.text
        return dict(answer.json()["data"])

    def report(self, task: str, iteration: int) -> dict[str, Any]:
        return dict(self.ask("events.add_batch", EVENT % (task, iteration)).json())

    def status(self, task: str) -> str:
        """As agents and the SDK look."""
        found = self.call("tasks.get_all", id=[task], only_fields=["status", "status_message"])
        whole = self.call("tasks.get_by_id", task=task)["task"]
        assert whole["status"] == found["tasks"][0]["status"]
        return str(whole["status"])

    def upload(self, task: str) -> requests.Response:
        name = f"p/t.{task}/artifacts/checkpoint/checkpoint-a.pt"
        return requests.post(
            f"{self.server.url}/files", files={name: (name, b"old")}, headers=self.headers, timeout=30
        )


def taken(agent: Program, queue: str, worker: str) -> str:
    """The task that an agent has taken and says that it runs."""
    task = str(agent.call("queues.get_next_task", queue=queue)["entry"]["task"])
    agent.call("tasks.started", task=task, force=True)
    agent.call("workers.status_report", worker=worker, task=task, queue=queue)
    return task


@pytest.fixture
def handed_on(server: ServerProcess) -> tuple[Program, Program, Program, str, str]:
    """An agent and the SDK of a task that was lost, the agent that runs it now, the task and its queue."""
    old, sdk, new = (Program(server) for _ in range(3))
    task = server.call("tasks.create", name="t", type="training")["id"]
    queue = server.call("queues.create", name=f"lost {task}")["id"]
    server.call("tasks.enqueue", task=task, queue=queue)
    assert taken(old, queue, "far:old") == task
    sdk.call("tasks.started", task=task)
    sdk.report(task, 1)
    assert server.call("tasks.worker_lost", task=task, worker="far:old")["status"] == "queued"
    assert taken(new, queue, "near:new") == task
    return old, sdk, new, task, queue


def test_an_old_run_is_told_that_it_is_stopped_and_what_it_reports_is_refused(
    server: ServerProcess, handed_on: tuple[Program, Program, Program, str, str]
) -> None:
    old, sdk, new, task, _ = handed_on
    for program in (old, sdk):
        assert program.status(task) == "stopped"
        assert "this run is over" in program.report(task, 7)["meta"]["result_msg"]
        for endpoint in ("tasks.completed", "tasks.failed", "tasks.stopped", "tasks.ping", "tasks.started"):
            assert program.ask(endpoint, task=task, force=True).status_code == 400, endpoint
        assert program.upload(task).status_code == 400
    old.call("workers.status_report", worker="far:old", task=task)
    assert server.task(task)["last_worker"] == "near:new"
    assert new.status(task) == server.task(task)["status"] == "in_progress"
    assert new.report(task, 2)["data"]["added"] == 1
    assert new.upload(task).ok
    curve = server.call("events.scalar_metrics_iter_histogram", task=task)["loss"]["train"]
    assert curve["x"] == [1, 2]


def test_an_agent_that_takes_the_task_again_is_heard_again_and_its_old_process_is_not(
    server: ServerProcess, handed_on: tuple[Program, Program, Program, str, str]
) -> None:
    old, sdk, _, task, queue = handed_on
    server.call("tasks.stopped", task=task)
    server.call("tasks.enqueue", task=task, queue=queue)
    assert taken(old, queue, "far:old") == task
    assert old.status(task) == "in_progress" and sdk.status(task) == "stopped"
    old.call("tasks.completed", task=task)
    assert server.task(task)["status"] == "completed"


def test_a_late_word_of_the_run_before_does_not_end_the_one_that_was_enqueued_since(
    server: ServerProcess,
) -> None:
    """An agent says for seconds how a task has ended; a pipeline has had it retried by another one meanwhile."""
    old, sdk, new, controller = (Program(server) for _ in range(4))
    task = server.call("tasks.create", name="t", type="training")["id"]
    queue = server.call("queues.create", name=f"retried {task}")["id"]
    server.call("tasks.enqueue", task=task, queue=queue)
    assert taken(old, queue, "box:old") == task
    sdk.call("tasks.started", task=task)
    sdk.call("tasks.failed", task=task, status_reason="ValueError: no")
    controller.call("tasks.enqueue", task=task, queue=queue)
    assert taken(new, queue, "box:new") == task
    for endpoint in ("tasks.stopped", "tasks.failed", "tasks.completed", "tasks.started"):
        assert old.ask(endpoint, task=task, force=True).status_code == 400, endpoint
    assert old.status(task) == sdk.status(task) == "stopped"
    assert new.status(task) == server.task(task)["status"] == "in_progress"
    new.call("tasks.completed", task=task)
    assert server.task(task)["status"] == "completed"
    assert "lost_workers" not in server.task(task)["runtime"]


def test_a_program_that_enqueues_what_it_has_run_itself_is_still_heard(server: ServerProcess) -> None:
    program = Program(server)
    task = server.call("tasks.create", name="t", type="training")["id"]
    program.call("tasks.started", task=task)
    program.call("tasks.stopped", task=task)
    program.call("tasks.enqueue", task=task)
    assert program.report(task, 1)["data"]["added"] == 1 and program.status(task) == "queued"


def test_what_is_over_is_over_after_a_restart_too(new_server: Any) -> None:
    server = new_server()
    old = Program(server)
    task = server.call("tasks.create", name="t", type="training")["id"]
    queue = server.call("queues.create", name="q")["id"]
    server.call("tasks.enqueue", task=task, queue=queue)
    taken(old, queue, "far:old")
    server.kill()
    server.start()
    assert server.call("tasks.worker_lost", task=task)["status"] == "queued"
    assert old.status(task) == "stopped"
    (line,) = (one for one in server.console(task).splitlines() if "worker lost" in one)
    assert "retry 1 of 1" in line


def test_only_a_task_that_runs_can_be_lost(server: ServerProcess) -> None:
    program = Program(server)
    task = server.call("tasks.create", name="t", type="training")["id"]
    answer = program.ask("tasks.worker_lost", task=task)
    assert (answer.status_code, answer.json()["meta"]["result_subcode"]) == (400, 110)


def test_a_task_that_its_worker_can_not_begin_is_handed_to_the_next_and_has_failed_in_the_end(
    server: ServerProcess,
) -> None:
    task, other = (server.call("tasks.create", name=name, type="training")["id"] for name in "to")
    queue = server.call("queues.create", name=f"back {task}")["id"]
    for one in (task, other):
        server.call("tasks.enqueue", task=one, queue=queue)
    agents = [Program(server) for _ in range(4)]
    for number, agent in enumerate(agents, 1):
        assert taken(agent, queue, f"box:{number}") == task
        if number == 2:  # what was lost is counted by itself
            assert agent.call("tasks.worker_lost", task=task, worker="box:2")["status"] == "queued"
            assert taken(agent, queue, "box:2") == task
        back = agent.call("tasks.hand_back", task=task, worker=f"box:{number}", reason="no network é")
        assert back["status"] == ("queued" if number < 4 else "failed")
        assert agent.status(task) == "stopped"
        for endpoint in ("tasks.completed", "tasks.failed", "tasks.stopped"):
            assert agent.ask(endpoint, task=task, force=True).status_code == 400, endpoint
    found = server.task(task)
    assert found["status_reason"] == "handed back: box:4, no network é, for the 4th time"
    assert (found["runtime"]["handed_back"], found["runtime"]["lost_workers"]) == ("4", "1")
    server.call("tasks.enqueue", task=task, queue=queue)
    assert "handed_back" not in server.task(task)["runtime"]
    assert taken(agents[0], queue, "box:1") == other


def test_only_a_task_that_runs_can_be_handed_back(server: ServerProcess) -> None:
    program = Program(server)
    task = server.call("tasks.create", name="t", type="training")["id"]
    assert program.ask("tasks.hand_back", task=task).json()["meta"]["result_subcode"] == 110
    program.call("tasks.started", task=task)
    assert program.call("tasks.hand_back", task=task)["status"] == "failed"  # it came from no queue
