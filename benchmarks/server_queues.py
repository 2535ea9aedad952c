"""How fast work reaches a worker: fifty long polls, a burst, and the unmodified agent.

    python -m benchmarks.server_queues                    # about two minutes
    python -m benchmarks.server_queues --no-agent         # without starting a real clearml-agent

Fifty workers poll as clearml-agent does: each is registered for the queue and asks over a connection of its own.
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from audio.command_line import CommandLine
from benchmarks.servers import Client, Process, line, real_agents, scratch, soundyard

WORKERS = 50
QUEUE = "bench"
AGENT = {"X-ClearML-Agent": "api-3.0.3"}
"""By this a server knows an agent, whose polls it may hold."""


class Worker(threading.Thread):
    """Polls until told to stop; notes when each task came."""

    def __init__(self, process: Process, token: str, place: int, queue: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._client = Client(process, token=token, headers=AGENT)
        self._client.call("workers.register", worker=f"bench:{place}", queues=[queue])
        self._queue, self._stop = queue, stop
        self.came: list[tuple[str, float]] = []

    def run(self) -> None:
        try:
            while True:
                entry = self._client.call("queues.get_next_task", queue=self._queue).get("entry")
                if entry:
                    self.came.append((entry["task"], time.perf_counter()))
        except RuntimeError:  # the queue is gone: the end
            if not self._stop.is_set():
                raise


def create(client: Client, count: int) -> list[str]:
    return [client.call("tasks.create", name=f"task {i}", type="training")["id"] for i in range(count)]


@dataclass
class Outcome:
    handed_out: Counter[str]
    """How often each task was."""
    waits: list[float]
    """Milliseconds from a task's enqueuing until a worker had it."""
    seconds: float

    def verdict(self, tasks: int) -> tuple[str, bool]:
        twice = sum(count > 1 for count in self.handed_out.values())
        lost = tasks - len(self.handed_out)
        return f"{twice} twice, {lost} lost", not twice and not lost


def distribute(process: Process, folder: Path, tasks: int, pause: float) -> Outcome:
    """Enqueue tasks for the workers: with a mean pause (s) between them, or all before anybody asks."""
    client = Client(process, folder)
    queue = client.call("queues.create", name=f"{QUEUE} {pause}")["id"]
    waiting, stop = create(client, tasks), threading.Event()
    enqueued: dict[str, float] = {}
    workers = [Worker(process, client.token, i, queue, stop) for i in range(WORKERS)]
    if not pause:
        for task in waiting:
            client.call("tasks.enqueue", task=task, queue=queue)
    for one in workers:
        one.start()
    began = time.perf_counter()
    if pause:
        time.sleep(1)  # all polls are held by now
        for task in waiting:
            enqueued[task] = time.perf_counter()
            client.call("tasks.enqueue", task=task, queue=queue)
            time.sleep(random.uniform(0, 2 * pause))
    while sum(len(one.came) for one in workers) < tasks and time.perf_counter() < began + 120:
        time.sleep(0.01)
    time.sleep(0.2)  # for what would come twice
    came = [(task, moment) for one in workers for task, moment in one.came]
    stop.set()
    client.call("queues.delete", queue=queue, force=True)
    waits = [(moment - enqueued[task]) * 1000 for task, moment in came if task in enqueued]
    return Outcome(Counter(task for task, _ in came), waits, max(moment for _, moment in came) - began)


def real_agent(process: Process, folder: Path, runs: int) -> list[float]:
    """Seconds from enqueuing until the unmodified clearml-agent, at its default polling, has the task."""
    client = Client(process, folder)
    queue = client.call("queues.create", name=QUEUE)["id"]
    with real_agents(folder, ["--queue", QUEUE]):
        return [picked_up(client, queue) for _ in range(runs)]


def picked_up(client: Client, queue: str) -> float:
    script = {"entry_point": "nothing.py", "working_dir": ".", "diff": "print('done')\n", "binary": "python3"}
    task = client.call("tasks.create", name="nothing", type="training", script=script)["id"]
    time.sleep(random.uniform(0.5, 3))
    began = time.perf_counter()
    client.call("tasks.enqueue", task=task, queue=queue)
    while client.call("queues.get_num_entries", queue=queue)["num"]:
        time.sleep(0.005)
    taken = time.perf_counter() - began
    while status(client, task) in ("queued", "in_progress"):
        time.sleep(0.2)
    return taken


def status(client: Client, task: str) -> str:
    return client.call("tasks.get_by_id", task=task, only_fields=["status"])["task"]["status"]


def report(agent_runs: int) -> None:
    with scratch("queues") as folder, soundyard(folder) as process:
        single = distribute(process, folder, 300, pause=0.03)
        verdict, good = single.verdict(300)
        line(f"300 tasks one by one, {WORKERS} agents poll", verdict, "none twice, none lost", good)
        p95 = quantiles(single.waits, n=20)[18]
        shown = f"p50 {median(single.waits):.1f}, p95 {p95:.1f} ms"
        line("  enqueued until a worker has it", shown, "p95 under 20 ms", p95 < 20)
        burst = distribute(process, folder, 1000, pause=0)
        verdict, good = burst.verdict(1000)
        line(f"1,000 tasks waiting, {WORKERS} agents poll", verdict, "none twice, none lost", good)
        line("  handed out", f"{1000 / burst.seconds:,.0f} tasks/s")
        if agent_runs:
            seconds = real_agent(process, folder, agent_runs)
            shown = f"p50 {median(seconds):.3f}, worst {max(seconds):.3f} s"
            line("unmodified clearml-agent has it", shown, "p50 under 0.15 s", median(seconds) < 0.15)


def main() -> None:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--agent-runs", type=int, default=12, help="tasks for the real agent (default: %(default)s)"
    )
    parser.add_argument("--no-agent", action="store_true", help="leave the real agent out")
    given = parser.parse_args()
    report(0 if given.no_agent else given.agent_runs)


if __name__ == "__main__":
    main()
