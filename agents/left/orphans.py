"""What a killed agent has left running is ended by the next one that starts here, which says what it was.

A task whose agent is gone would go on beside the next agent's, on the same device. Its launcher ends it when it sees
that the agent is gone (`agents/launch.py`); this is for what was left without a launcher too.
"""

from pathlib import Path

import requests

from agents import naming
from agents.left import processes
from agents.told import tracked

WHY = "which was killed; what was left of it was ended when the next agent started"


def end(folder: Path) -> list[str]:
    """End everything that killed agents of this checkout have left; gives a sentence for each agent."""
    told = []
    for agent in processes.killed(folder):
        left = agent.left
        tasks = sorted({task for task in map(processes.task_of, left) if task})
        settings = _settings(folder / f"{agent.name}.conf")
        processes.end(agent, folder)
        worker = naming.worker_id(agent.name, folder)
        told.append(_said(agent, tasks, len(left)))
        told += [f"  {wrong}" for task in tasks if (wrong := _tell(settings, task, worker))]
    return told


def _settings(conf: Path) -> dict[str, object]:
    """What the agent knew of its server; nothing where it was killed while it wrote that, or before."""
    try:
        return tracked.read_settings(conf)
    except (OSError, ValueError):
        return {}


def _said(agent: processes.Agent, tasks: list[str], count: int) -> str:
    of = f"task {', '.join(tasks)}" if tasks else f"{count} process" + ("" if count == 1 else "es")
    return f"agent {agent.name} was killed and had left {of} running: ended"


def _tell(settings: dict[str, object], task: str, worker: str) -> str:
    """Have the task handed on if it still counts as running; gives why that could not be done."""
    try:
        found = tracked.Tracked(tracked.Server(settings), task)
        if found.running:
            found.lost(worker, WHY)
    except (requests.RequestException, KeyError) as error:
        return f"the server could not be told about task {task}: {error}"
    return ""
