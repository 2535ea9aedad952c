"""Agents as processes: who runs, and how one is ended with everything it started.

An agent is the leader of a session of its own, so that whatever it starts, and whatever those start, can be found.
It is recorded in a file with its process id and the time that process began: a process id alone may be somebody
else's by now.
"""

import json
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

POLITE_SECONDS = (
    10.0  # a task has to upload its checkpoint, an agent to tell the server that the task has stopped
)


@dataclass(frozen=True)
class Agent:
    """A recorded agent."""

    name: str
    pid: int
    began: float  # s since the epoch, of the process
    log: str  # path
    about: str  # queues and device, for people

    @property
    def alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            return abs(process.create_time() - self.began) < 1 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False


def record(folder: Path, name: str, pid: int, log: Path, about: str) -> Agent:
    """Write down an agent that was just started."""
    agent = Agent(name, pid, psutil.Process(pid).create_time(), str(log), about)
    (folder / f"{name}.json").write_text(json.dumps(asdict(agent)))
    return agent


def running(folder: Path) -> list[Agent]:
    """Agents on record that are alive; records of dead ones are removed."""
    found = []
    for file in sorted(folder.glob("*.json")):
        try:
            agent = Agent(**json.loads(file.read_text()))
        except (ValueError, TypeError):
            continue
        if agent.alive:
            found.append(agent)
        else:
            file.unlink(missing_ok=True)
    return found


def end(agent: Agent, folder: Path) -> None:
    """End an agent and all of its session, politely at first."""
    if agent.alive:
        end_session(agent.pid)
    (folder / f"{agent.name}.json").unlink(missing_ok=True)
    (folder / f"{agent.name}.conf").unlink(missing_ok=True)


def end_session(leader: int, patience: float | None = None) -> None:
    """End every process of a session, in three rounds.

    First the tasks that agents run are terminated, and may take some seconds to keep what they have. Then the agents
    are interrupted: they kill what is left of their tasks and tell the server. Whoever still runs is killed.
    """
    patience = POLITE_SECONDS if patience is None else patience
    _send(signal.SIGTERM, _tasks(leader))
    _wait_while(lambda: _tasks(leader), patience)
    _send(signal.SIGINT, _agents(leader))
    if not _wait_while(lambda: _agents(leader), patience / 2):
        _send(signal.SIGTERM, _agents(leader))
        _wait_while(lambda: _agents(leader), patience / 2)
    left = _session(leader)
    _send(signal.SIGKILL, left)
    psutil.wait_procs(left, timeout=5)


def _wait_while(anybody: Callable[[], list[psutil.Process]], seconds: float) -> bool:
    """True once nobody is left; False when the time is up."""
    deadline = time.monotonic() + seconds
    while anybody():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)  # an agent left alone for longer would take its next task
    return True


def _agents(leader: int) -> list[psutil.Process]:
    return [one for one in _session(leader) if _is_agent(one)]


def _tasks(leader: int) -> list[psutil.Process]:
    """What agents run: children of agents that are none themselves."""
    members = _session(leader)
    agents = {one.pid for one in members if _is_agent(one)}
    return [one for one in members if one.pid not in agents and _parent(one) in agents]


def _parent(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.Error:
        return 0


def _session(leader: int) -> list[psutil.Process]:
    """Processes of the session that `leader` leads, zombies left out."""
    found = []
    for process in psutil.process_iter(["pid", "status"]):
        try:
            if process.info["status"] != psutil.STATUS_ZOMBIE and os.getsid(process.pid) == leader:
                found.append(process)
        except (ProcessLookupError, psutil.Error):
            continue
    return found


def _is_agent(process: psutil.Process) -> bool:
    """Daemons, and agents that prepare a task; the launcher of a task is none: it passes on that it has to end."""
    try:
        command = process.cmdline()
        return "clearml_agent" in command and "agents.launch" not in command
    except psutil.Error:
        return False


def _send(what: signal.Signals, processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        try:
            process.send_signal(what)
        except psutil.Error:
            continue
