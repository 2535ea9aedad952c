"""The long poll over real connections: at once, in order, to one, and never to somebody who has gone."""

import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.conftest import ServerProcess


class Agent:
    """Polls as clearml-agent does: its queues in turn, over one connection."""

    def __init__(self, server: ServerProcess, worker: str, *queues: str) -> None:
        self.queues = queues
        self._headers = {"Authorization": f"Bearer {server._token()}", "X-ClearML-Agent": "api-3.0.3"}
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=40)
        server.call("workers.register", worker=worker, queues=list(queues))

    def ask(self, queue: str) -> None:
        body = json.dumps({"queue": queue})
        self.connection.request("POST", "/api/queues.get_next_task", body, self._headers)

    def answer(self) -> str | None:
        data = json.loads(self.connection.getresponse().read())["data"]
        return data["entry"]["task"] if data else None

    def round(self) -> str | None:
        """One round over the queues. Returns: the task it brought."""
        for queue in self.queues:
            self.ask(queue)
            task = self.answer()
            if task:
                return task
        return None


def queue(server: ServerProcess) -> str:
    return server.call("queues.create", name=f"queue {time.monotonic_ns()}")["id"]


def task(server: ServerProcess) -> str:
    return server.call("tasks.create", name="waits", type="testing")["id"]


def in_a_thread(call: Callable[[], str | None]) -> tuple[threading.Thread, list]:
    found: list = []
    thread = threading.Thread(target=lambda: found.append((call(), time.monotonic())))
    thread.start()
    return thread, found


def waiting(server: ServerProcess, queue: str) -> int:
    return server.call("queues.get_num_entries", queue=queue)["num"]


def test_a_waiting_agent_gets_a_task_when_it_is_enqueued(server: ServerProcess) -> None:
    wanted = queue(server)
    agent = Agent(server, "held:0", wanted)
    thread, found = in_a_thread(agent.round)
    time.sleep(1)
    assert not found, "the poll was answered though nothing waits"
    new = task(server)
    enqueued = time.monotonic()
    server.call("tasks.enqueue", task=new, queue=wanted)
    thread.join(10)
    assert found[0][0] == new and found[0][1] - enqueued < 2


def test_an_agent_held_on_its_last_queue_gets_a_task_of_its_first(server: ServerProcess) -> None:
    first, last, other = queue(server), queue(server), queue(server)
    agent = Agent(server, "held:1", first, last)
    Agent(server, "held:2", other, last)
    thread, found = in_a_thread(agent.round)
    time.sleep(0.5)
    foreign, own = task(server), task(server)
    server.call("tasks.enqueue", task=foreign, queue=other)  # not this agent's: it shares the last queue only
    time.sleep(0.5)
    assert not found
    server.call("tasks.enqueue", task=own, queue=first)
    thread.join(10)
    assert found[0][0] == own and waiting(server, other) == 1


def test_whoever_is_no_agent_is_answered_at_once(server: ServerProcess) -> None:
    wanted = queue(server)
    server.call("workers.register", worker="held:3", queues=[wanted])
    began = time.monotonic()
    assert server.call("queues.get_next_task", queue=wanted) == {}
    assert time.monotonic() - began < 5


def test_a_task_is_not_taken_out_for_an_agent_that_has_gone(server: ServerProcess) -> None:
    wanted = queue(server)
    gone, stays = Agent(server, "held:4", wanted), Agent(server, "held:5", wanted)
    gone.ask(wanted)
    time.sleep(0.5)
    assert gone.connection.sock is not None
    gone.connection.sock.shutdown(socket.SHUT_RDWR)
    gone.connection.close()
    time.sleep(0.3)
    new = task(server)
    server.call("tasks.enqueue", task=new, queue=wanted)
    time.sleep(0.5)
    assert waiting(server, wanted) == 1
    assert stays.round() == new


def test_of_several_agents_that_wait_each_gets_one_task(server: ServerProcess) -> None:
    wanted = queue(server)
    agents = [Agent(server, f"held:many:{number}", wanted) for number in range(20)]
    threads = [in_a_thread(agent.round) for agent in agents]
    time.sleep(1)
    tasks = [task(server) for _ in agents]
    for new in tasks:
        server.call("tasks.enqueue", task=new, queue=wanted)
    for thread, _ in threads:
        thread.join(20)
    assert Counter(found[0][0] for _, found in threads) == Counter(tasks)


def test_fifty_agents_that_race_for_tasks_get_each_once(server: ServerProcess) -> None:
    wanted = queue(server)
    tasks = [task(server) for _ in range(100)]
    for new in tasks:
        server.call("tasks.enqueue", task=new, queue=wanted)
    agents = [Agent(server, f"held:race:{number}", wanted) for number in range(50)]
    threads = [in_a_thread(lambda agent=agent: [agent.round(), agent.round()]) for agent in agents]
    for thread, _ in threads:
        thread.join(60)
    assert Counter(one for _, found in threads for one in found[0][0]) == Counter(tasks)


def test_a_long_poll_ends_empty_before_the_agents_patience_does(new_server) -> None:
    server = new_server("--hold-seconds", "1")
    wanted = queue(server)
    began = time.monotonic()
    assert Agent(server, "held:6", wanted).round() is None
    assert 0.45 < time.monotonic() - began < 10


def test_agents_that_asked_at_one_moment_are_not_answered_at_one(new_server) -> None:
    """They would ask again at one, for ever, and everybody else would wait behind them."""
    server = new_server("--hold-seconds", "4")
    wanted = queue(server)
    agents = [Agent(server, f"held:spread:{number}", wanted) for number in range(20)]
    threads = [in_a_thread(agent.round) for agent in agents]
    for thread, _ in threads:
        thread.join(60)
    ends = sorted(at for _, ((task, at),) in threads)
    assert not any(task for _, ((task, _),) in threads)
    assert ends[-1] - ends[0] > 0.8 and ends[-6] - ends[5] > 0.2


def test_long_polls_do_not_hold_up_the_servers_end(new_server) -> None:
    server = new_server()
    agent = Agent(server, "held:7", queue(server))
    agent.ask(agent.queues[0])
    time.sleep(0.5)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 5
    assert server.process.returncode == 0 and not (server.folder / "server/ready.json").exists()
    with pytest.raises((http.client.HTTPException, OSError, AssertionError)):
        assert agent.answer() is not None
