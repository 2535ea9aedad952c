"""Five hundred tasks on three queues, two hundred agents: hand-out latency, fairness, none handed out twice.

    python -m benchmarks.many_agents                            # about two minutes
    python -m benchmarks.many_agents --write benchmarks/results/many-agents.json

Two agents are real `clearml-agent`s that run what they take. The others make an agent's API calls: they register, ask
the three queues in turn, start the task, report themselves and some lines and scalars, and complete it.
"""

from __future__ import annotations

import argparse
import os
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any

import orjson

from audio.command_line import CommandLine
from benchmarks.servers import Client, Process, line, machine, real_agents, scratch, soundyard

QUEUES = ("first", "second", "third")
AGENT = {"X-ClearML-Agent": "api-3.0.3"}
SCRIPT = {"entry_point": "nothing.py", "working_dir": ".", "diff": "print('done')\n", "binary": "python3"}
WORKS = 0.5  # s that a task takes, on average


@dataclass
class Handed:
    """What was handed out: (task, moment) as each came."""

    came: list[tuple[str, float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, task: str) -> None:
        with self.lock:
            self.came.append((task, time.perf_counter()))


class Agent(threading.Thread):
    """The API calls of an agent that listens to all queues in turn, and of the task that it runs."""

    def __init__(self, process: Process, token: str, place: int, queues: list[str], handed: Handed) -> None:
        super().__init__(daemon=True)
        self._client, self._handed = Client(process, token=token, headers=AGENT), handed
        self._queues = queues[place % len(queues) :] + queues[: place % len(queues)]
        self._worker = f"host{place}:bench"
        self._client.call("workers.register", worker=self._worker, queues=self._queues, timeout=600)
        self.over = False

    def run(self) -> None:
        try:
            while not self.over:
                self._look()
        except (OSError, RuntimeError, HTTPException):  # the server is gone: the end
            if not self.over:
                raise

    def _look(self) -> None:
        """Ask each queue once; whichever gave a task is the last to be asked the next time."""
        for queue in list(self._queues):
            entry = self._client.call("queues.get_next_task", queue=queue).get("entry")
            if entry:
                self._handed.note(entry["task"])
                self._work(entry["task"])
                self._queues = [one for one in self._queues if one != queue] + [queue]
                return
        time.sleep(0.5)

    def _work(self, task: str) -> None:
        self._client.call("tasks.started", task=task, status_message="launch by agent", force=True)
        now = int(time.time() * 1000)
        self._client.call(
            "workers.status_report", worker=self._worker, task=task, timestamp=now, queues=self._queues,
            machine_stats={"cpu_usage": [50], "memory_used": 1000},
        )  # fmt: skip
        time.sleep(random.uniform(0, 2 * WORKS))
        lines = [{"type": "log", "task": task, "timestamp": now, "msg": f"line {n}"} for n in range(10)]
        scalars = [
            {
                "type": "training_stats_scalar",
                "task": task,
                "metric": "loss",
                "variant": "train",
                "iter": n,
                "value": n,
            }
            for n in range(20)
        ]
        body = b"\n".join(map(orjson.dumps, [*lines, *scalars]))
        self._client.send("/api/events.add_batch", body)
        self._client.call("tasks.completed", task=task, force=True)


def measure(process: Process, folder: Path, tasks: int, agents: int, real: int) -> dict[str, Any]:
    """Enqueue all tasks over half a minute for agents that listen already; gives the figures."""
    client, handed = Client(process, folder), Handed()
    queues = [client.call("queues.create", name=name)["id"] for name in QUEUES]
    made = [
        client.call("tasks.create", name=f"task {n}", type="training", script=SCRIPT)["id"]
        for n in range(tasks)
    ]
    pretended = [Agent(process, client.token, place, queues, handed) for place in range(agents - real)]
    for one in pretended:
        one.start()
    enqueued, queue_of = dict[str, float](), dict[str, str]()
    with real_agents(folder, *(["--queue", *QUEUES, "--name", f"real{place}"] for place in range(real))):
        time.sleep(2)
        for place, task in enumerate(made):
            queue_of[task] = QUEUES[place % len(QUEUES)]
            enqueued[task] = time.perf_counter()
            client.call("tasks.enqueue", task=task, queue=queues[place % len(QUEUES)])
            time.sleep(random.uniform(0, 60 / tasks))
        statuses = wait_until_ended(client, made)
    for one in pretended:
        one.over = True
    return figures(handed.came, enqueued, queue_of, statuses, workers_of(client, made))


def wait_until_ended(client: Client, made: list[str]) -> Counter[str]:
    deadline = time.perf_counter() + 240
    while True:
        found = client.call("tasks.get_all", id=made, only_fields=["status"], page_size=len(made), page=0)[
            "tasks"
        ]
        statuses = Counter(str(one["status"]) for one in found)
        if not statuses["queued"] + statuses["in_progress"] or time.perf_counter() > deadline:
            return statuses
        time.sleep(0.5)


def workers_of(client: Client, made: list[str]) -> int:
    """How many tasks the real agents have run."""
    fields = ["last_worker"]
    found = client.call("tasks.get_all", id=made, only_fields=fields, page_size=len(made), page=0)["tasks"]
    return sum(":real" in str(one.get("last_worker")) for one in found)


def figures(
    came: list[tuple[str, float]],
    enqueued: dict[str, float],
    queue_of: dict[str, str],
    statuses: Counter[str],
    by_real: int,
) -> dict[str, Any]:
    """`came`: of the agents that are API calls. Latencies in milliseconds."""
    handed = Counter(task for task, _ in came)
    waits = {task: (moment - enqueued[task]) * 1000 for task, moment in came}
    by_queue = {name: mean(wait for task, wait in waits.items() if queue_of[task] == name) for name in QUEUES}
    return {
        "p50 ms": round(median(waits.values()), 1),
        "p95 ms": round(quantiles(waits.values(), n=20)[18], 1),
        "worst ms": round(max(waits.values()), 1),
        "mean ms by queue": {name: round(value, 1) for name, value in by_queue.items()},
        "longest over shortest queue": round(max(by_queue.values()) / min(by_queue.values()), 2),
        "handed out twice": sum(count > 1 for count in handed.values()),
        "not accounted for": len(enqueued) - len(handed) - by_real,
        "by real agents": by_real,
        "statuses": dict(statuses),
    }


def report(tasks: int, agents: int, real: int) -> dict[str, Any]:
    with scratch("agents") as folder, soundyard(folder) as process:
        found = measure(process, folder, tasks, agents, real)
    whole = found["statuses"] == {"completed": tasks} and not found["handed out twice"]
    line(f"{tasks} tasks, {agents} agents", f"{found['statuses']}", "all completed, none twice", whole)
    line("  by real agents", str(found["by real agents"]))
    shown = f"p50 {found['p50 ms']}, p95 {found['p95 ms']}, worst {found['worst ms']} ms"
    line("  enqueued until an agent has it", shown, "p95 under 100 ms", found["p95 ms"] < 100)
    ratio = found["longest over shortest queue"]
    line("  mean wait, slowest over quickest queue", f"{ratio}", "below 2", ratio < 2)
    return found


def main() -> None:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=500, help="in all (default: %(default)s)")
    parser.add_argument("--agents", type=int, default=200, help="in all (default: %(default)s)")
    parser.add_argument("--real", type=int, default=2, help="of them real (default: %(default)s)")
    parser.add_argument("--write", type=Path, help="file for the figures")
    given = parser.parse_args()
    load = round(os.getloadavg()[0], 1)
    found = report(given.tasks, given.agents, given.real)
    if given.write:
        content = {
            "machine": machine(),
            "load before": load,
            "tasks": given.tasks,
            "agents": given.agents,
            **found,
        }
        given.write.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    main()
