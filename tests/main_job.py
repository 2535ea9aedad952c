"""A finished main job on the shared server, run once whichever tests ask for it first."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.conftest import DATA, AgentProcess, ServerProcess

EPOCHS = 2
STEPS = ("preprocess", "train", "evaluate")

_listening: set[str] = set()
_finished: dict[str, dict[str, Any]] = {}


def start_agents(server: ServerProcess, state: Path, opened: ExitStack) -> None:
    """An agent on `audio`, and one in services mode, unless this server has them; ended with `opened`."""
    if server.url in _listening:
        return
    _listening.add(server.url)
    for options in (["--queue", "audio"], ["--queue", "services", "--services-mode"]):
        opened.callback(AgentProcess(server, state, *options).stop)


def finished_main_job(server: ServerProcess) -> dict[str, Any]:
    """The tasks by name, the controller, and what was printed. Real recordings where there are any.

    The server's agents must listen.
    """
    if server.url not in _finished:
        chosen = ["--dataset", "esc10", "--data", str(DATA)] if DATA.is_dir() else ["--dataset", "synthetic"]
        done = server.run(
            *("pipelines/main_job.py", *chosen, "--epochs", str(EPOCHS), "--controller_queue", "services"),
            timeout=540,
            COLUMNS="200",
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found = server.call("tasks.get_all", search_hidden=True, order_by=["-created"])["tasks"]
        controller = next(task for task in found if task["type"] == "controller")
        steps = {
            name: next(task for task in found if task["name"] == name and "parent" in task) for name in STEPS
        }
        _finished[server.url] = {"controller": controller, "printed": done.stdout, **steps}
    return _finished[server.url]
