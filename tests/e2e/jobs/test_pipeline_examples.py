"""The examples of pipelines of functions: copied elsewhere, run by a real agent, and run again."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, AgentProcess, ServerProcess

EXAMPLES = ROOT / "pipelines" / "examples"


@pytest.fixture
def served(new_server: Callable[..., ServerProcess], new_agent: Callable[..., AgentProcess]) -> ServerProcess:
    server = new_server()
    new_agent(server, "--queue", "audio")
    new_agent(server, "--queue", "services", "--services-mode")
    return server


def copied(name: str, folder: Path) -> Path:
    """Outside the repository, under a name that nothing is prepared for."""
    folder.mkdir(exist_ok=True)
    return Path(shutil.copy(EXAMPLES / name, folder / f"mine é:% {name}"))


def controllers(server: ServerProcess) -> list[dict[str, Any]]:
    found = server.call("tasks.get_all", search_hidden=True, type=["controller"], order_by=["created"])
    return [server.task(one["id"]) for one in found["tasks"]]


def steps(controller: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(controller["configuration"]["Pipeline"]["value"]))


def singles(task: dict[str, Any]) -> dict[str, float]:
    found = (one for of in task["last_metrics"].values() for one in of.values())
    return {one["variant"]: one["value"] for one in found}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_function_steps_hand_on_their_results_and_are_not_run_twice_with_the_same(
    served: ServerProcess, tmp_path: Path
) -> None:
    file = copied("functions.py", tmp_path / "elsewhere é")
    done = served.run(str(file), timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    (first,) = controllers(served)
    assert first["status"] == "completed" and set(first["hyperparams"]["Args"]) >= {"count", "seconds"}
    assert list(steps(first)) == ["sounds", "levels", "report"]
    reported = served.task(steps(first)["report"]["executed"])
    assert singles(reported)["loudest"] == pytest.approx(-42, abs=0.5)  # dB, of noise of 0.008
    assert done.stdout.count("'completed'") == 3
    levels = served.task(steps(first)["levels"]["executed"])
    assert levels["script"]["repository"] == "" and levels["runtime"]["environment"] == "installed"

    file.write_text(re.sub(r"made.start_locally\(\).*", 'made.start(queue="services")', file.read_text()))
    again = served.run(str(file), timeout=400)  # its controller is a task that an agent runs
    assert again.returncode == 0, again.stdout + again.stderr
    second = served.wait_for(controllers(served)[-1]["id"], "completed", seconds=300)
    assert second["id"] != first["id"] and second["script"]["diff"]
    old, new = ({name: one["executed"] for name, one in steps(each).items()} for each in (first, second))
    assert [name for name in new if new[name] == old[name]] == ["sounds", "levels"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_decorated_functions_are_run_by_the_agent_and_their_results_come_back(
    served: ServerProcess, tmp_path: Path
) -> None:
    done = served.run(str(copied("decorators.py", tmp_path / "elsewhere é")), timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    (controller,) = controllers(served)
    assert controller["status"] == "completed" and re.search(r"returned -3[34]\.", done.stdout)
    ran = [served.task(one["executed"]) for one in steps(controller).values()]
    assert sorted(one["name"] for one in ran) == ["level", "level", "sound", "sound"]
    assert {one["status"] for one in ran} == {"completed"} and all(one["last_worker"] for one in ran)
