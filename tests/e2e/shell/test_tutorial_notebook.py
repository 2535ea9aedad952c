"""The notebook of docs/tutorials/: run by hand in Jupyter it is a task, whose clone with edits an agent finishes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import DATA, AgentProcess, ServerProcess, until
from tests.notebook import run_by_hand, settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings in {DATA} (SOUNDYARD_DATA)"),
]


def samples(server: ServerProcess, task: str) -> set[str]:
    """The titles of the debug samples."""
    found = server.call("events.debug_images", metrics=[{"task": task}], iters=50)["metrics"]
    events = [event for one in found for iteration in one["iterations"] for event in iteration["events"]]
    return {event["metric"] + "/" + event["variant"] for event in events}


def test_a_notebook_run_by_hand_is_cloned_with_edits_and_finished_by_an_agent(
    new_server: Callable[..., ServerProcess], new_agent: Callable[..., AgentProcess], tmp_path: Path
) -> None:
    pytest.importorskip("jupyter_server")
    server = new_server()
    task, printed = run_by_hand(server, tmp_path)
    assert "90 clips to train on, 10 of fold 10" in printed
    done = server.task(task)
    assert "class UrbanSound" in done["script"]["diff"] and not done["script"].get("repository")
    assert "torchaudio" in done["script"]["requirements"]["pip"]
    assert settings(server, task)["base_lr"] == "0.01" and "é 50%" in settings(server, task)["data"]
    first = server.scalars(task)
    assert set(first["learning_rate"]["train"]["y"]) == {0.01}
    assert len(first["accuracy"]["test"]["y"]) == 1
    shown = samples(server, task)
    assert any("sound" in one for one in shown) and any("spectrogram" in one for one in shown), shown

    new_agent(server, "--queue", "audio")
    edits = ("General/base_lr=0.003", "General/batch_size=8", "General/epochs=2")
    cloned = server.run("-m", "soundyard", "tasks", "clone", task, *edits, "--queue", "audio")
    assert cloned.returncode == 0, cloned.stdout + cloned.stderr
    made = until(lambda: server.call("tasks.get_all", parent=task)["tasks"], 30, "the clone")[0]["id"]
    server.wait_for(made, "completed", seconds=600)
    assert settings(server, made) == {
        **settings(server, task), "base_lr": "0.003", "batch_size": "8", "epochs": "2",
    }  # fmt: skip
    second = server.scalars(made)
    assert second["learning_rate"]["train"]["y"] == pytest.approx([0.003] * 3)  # every tenth of 24 steps
    assert second["loss"]["test"]["x"] == [12, 24]  # batches of eight, of ninety clips, in two epochs
    assert first["loss"]["test"]["x"] == [23]  # batches of four
    assert samples(server, made)
    assert server.task(made)["last_worker"]
