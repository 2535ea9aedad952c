"""Keeps one agent running: started again when it dies, held while its GPU is in use, drained when it is asked to end.

    python -m agents.supervise --drain 60 --gpus 0 --free 0.5 -- python -m agents.unmodified clearml_agent daemon …

This is the leader of the agent's session, and what `agents.list` and `agents.stop` know it by. SIGTERM drains: no task
is taken any more, what runs has `--drain` seconds to finish, and is then handed back to the front of its queue; a
second SIGTERM ends that wait. SIGINT, which `agents.stop` sends, ends it at once, and its task is stopped.

The daemon is told not to take tasks by ClearML's own means, its runtime property `force` on the server.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from agents import devices
from agents.left import processes
from agents.told import holding, tracked
from agents.told.holding import UNTOLD

LIVED = 60.0  # s after which a daemon that ends is started again without a growing pause
LONGEST_PAUSE = 60.0
LOOK = 10.0  # s between looks at the GPU
HELD = 60.0  # s that a daemon takes no task, unless that is said again
LEFT = 30.0  # s that a task has to end whose daemon has died
TELLS = 20.0  # s within which a daemon has told the server how a task has ended
HANDED_BACK = "its agent was drained, and the time for it was up"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m agents.supervise", description=__doc__)
    parser.add_argument("--drain", type=float, default=0.0)
    parser.add_argument("--gpus", default="")
    parser.add_argument("--free", type=float, default=0.0)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    return Supervisor(command, options.drain, options.gpus, options.free).run()


class Supervisor:
    """One daemon after the other, until it is asked to end."""

    def __init__(self, command: list[str], drain: float, gpus: str, free: float) -> None:
        self._command, self._drain_seconds, self._gpus, self._free = command, drain, gpus, free
        self._worker = os.environ.get(tracked.WORKER_ID, "")
        self._asked = 0  # how often to drain
        self._at_once = False
        self._held = ""  # why no task is taken
        self._looked = self._said = 0.0

    def run(self) -> int:
        """Returns: the exit status; the daemon's where the first one ended before it could be of use."""
        signal.signal(signal.SIGTERM, self._on_sigterm)
        signal.signal(signal.SIGINT, self._on_sigint)
        pause, first = 1.0, True
        while True:
            began = time.monotonic()
            child = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
            status = self._watch(child)
            lived = time.monotonic() - began
            if status is None or self._ending:
                return 0
            if first and lived < 5:
                return status if status > 0 else 128 - status
            pause, first = (1.0 if lived > LIVED else min(2 * pause, LONGEST_PAUSE)), False
            say(f"the agent's daemon has ended ({_told(status)}); it is started again in {pause:.0f} s")
            self._clear()
            self._sleep(pause)
            if self._ending:
                return 0

    @property
    def _ending(self) -> bool:
        return bool(self._asked or self._at_once)

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        self._asked += 1

    def _on_sigint(self, number: int, frame: FrameType | None) -> None:
        self._at_once = True

    def _watch(self, child: "subprocess.Popen[bytes]") -> int | None:
        """The status of a daemon that has ended by itself; None when it was ended."""
        while child.poll() is None:
            if self._at_once:
                self._end(child)
                return None
            if self._asked:
                self._drain(child)
                return None
            self._look_at_the_gpu()
            time.sleep(0.1)
        return child.returncode

    def _sleep(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._ending:
            time.sleep(0.1)

    # Tasks

    def _tasks(self) -> list[Any]:
        return processes.tasks(os.getpid())

    def _clear(self) -> None:
        """What a dead daemon has left ends by itself (`agents/launch.py`), and is ended when it does not."""
        deadline = time.monotonic() + LEFT
        while (left := self._others()) and time.monotonic() < deadline and not self._at_once:
            time.sleep(0.2)
        processes.end_all(left, 2)

    def _others(self) -> list[Any]:
        return [one for one in processes.session(os.getpid()) if one.pid != os.getpid()]

    def _drain(self, child: "subprocess.Popen[bytes]") -> None:
        self._hold(self._drain_seconds + HELD, "it is drained")
        deadline, told = time.monotonic() + self._drain_seconds, False
        ids: set[str] = set()
        while (running := self._tasks()) and child.poll() is None:
            ids |= {task for one in self._others() if (task := processes.task_of(one))}
            over = time.monotonic() >= deadline or self._asked > 1 or self._at_once
            if over:
                break
            if not told:
                say(f"draining: no task is taken any more, the one that runs has {self._drain_seconds:g} s; "
                    "a second SIGTERM hands it back at once")  # fmt: skip
                told = True
            time.sleep(0.05)
        if not running:
            self._wait_for_the_end(ids)
        self._end(child)
        if running and not self._at_once:
            for task in sorted(ids):
                self._hand_back(task)
        self._release()
        say("drained")

    def _wait_for_the_end(self, ids: set[str]) -> None:
        """The daemon says how a task has ended after its process has."""
        deadline = time.monotonic() + TELLS
        try:
            server = self._server()
            while time.monotonic() < deadline and any(tracked.Tracked(server, one).running for one in ids):
                time.sleep(0.2)
        except UNTOLD:
            time.sleep(TELLS / 4)

    def _end(self, child: "subprocess.Popen[bytes]") -> None:
        """The task first, which keeps what it has, then the daemon, then whoever is left."""
        processes.end_below(os.getpid())
        child.wait()

    def _hand_back(self, task: str) -> None:
        """To the front of the queue that it came from: by what every ClearML server offers."""
        try:
            server = self._server()
            found = tracked.Tracked(server, task)
            queue = (found.fields.get("execution") or {}).get("queue")
            if found.fields["status"] not in ("stopped", "in_progress") or not queue:
                return
            if found.fields["status"] == "in_progress":
                found.end("stopped", HANDED_BACK)
            server.call("tasks.enqueue", task=task, queue=queue, status_reason=HANDED_BACK, force=True)
            server.call("queues.move_task_to_front", task=task, queue=queue)
            say(f"task {task} was handed back to the front of its queue")
        except UNTOLD as error:
            say(f"task {task} could not be handed back: {error}")

    # Whether it takes tasks

    def _server(self) -> tracked.Server:
        return tracked.Server(tracked.read_settings(Path(os.environ["CLEARML_CONFIG_FILE"])))

    def _look_at_the_gpu(self) -> None:
        if not self._gpus or not self._free or time.monotonic() - self._looked < LOOK:
            return
        self._looked = time.monotonic()
        if self._tasks():
            return
        why = devices.occupied(self._gpus, self._free)
        if why and (why != self._held or time.monotonic() - self._said > HELD / 2):
            if not self._held:
                say(f"no task is taken: {why}")
            self._hold(HELD, why)
            self._said = time.monotonic()
        elif self._held and not why:
            say("the GPU is free: tasks are taken again")
            self._release()
        self._held = why

    def _hold(self, seconds: float, why: str) -> None:
        """A server without such properties lets the daemon take its next task."""
        try:
            holding.hold(self._server(), self._worker, why, seconds)
        except UNTOLD as error:
            say(f"the server could not be told to hold tasks back: {error}")

    def _release(self) -> None:
        try:
            holding.release(self._server(), self._worker)
        except UNTOLD as error:
            say(f"the server could not be told to give tasks again: {error}")


def _told(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def say(text: str) -> None:
    """In the agent's log."""
    print(holding.say(text), flush=True)


if __name__ == "__main__":
    sys.exit(main())
