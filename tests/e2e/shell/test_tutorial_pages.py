"""The pages of docs/tutorials/, typed top to bottom: every block, in order, by a shell, on ESC-10 in that layout."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.left import processes
from benchmarks.tutorials import layouts
from tests import tutorial_pages as pages
from tests.conftest import DATA, ROOT, ServerProcess
from tests.unit.audio import encoders

EACH = 10  # clips of a class
PAGES = [pytest.param(page, id=page.stem) for page in pages.ENGLISH]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3700),
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings in {DATA} (SOUNDYARD_DATA)"),
]


def small(page: Path, folder: Path) -> dict[str, str]:
    """Values of a page's settings with which its commands are a matter of seconds each."""
    tiny = encoders.write(folder / "encoders")
    values = {
        "EPOCHS": "1", "LONGER": "1", "WARMUP": "0", "PRETRAINED": "false", "PRECISION": "fp32",
        "NETWORK": "resnet18", "SIZE": "64", "WAV2VEC2": tiny["wav2vec2"],
        "AST": tiny["ast"], "OUT": str(folder / "out"), "WHISPER": tiny["whisper"],
    }  # fmt: skip
    given = {name: values[name] for name in pages.settings(page) if name in values}
    clips = layouts.recordings(DATA, EACH)
    for name, value in pages.settings(page).items():
        if value.startswith("/path/to/"):
            place = folder / f"é 50% {name}"
            kind = {"YESNO": "yesno", "DATA": page.stem}[name]
            kind = {"fine-tuning": "gtzan", "mel16k": "folder"}.get(kind, kind)
            layouts.LAYOUTS[kind](place, clips)
            given[name] = str(place)
    return given


def on_the_path(folder: Path) -> str:
    """A PATH on which `soundyard` is this checkout's."""
    folder.mkdir()
    program = folder / "soundyard"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m soundyard "$@"\n')
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_from_top_to_bottom(
    page: Path, new_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server, state = new_server(), tmp_path / "state"
    environment = server.environment(PATH=on_the_path(tmp_path / "bin"), SOUNDYARD_STATE=str(state))
    script = "set -eux -o pipefail\n" + pages.script(page, small(page, tmp_path))
    try:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=3600,
        )  # fmt: skip
    finally:
        left = processes.running(state / "agents")
        for agent in left:
            processes.end(agent, state / "agents")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert left == [], "the page ends its agent"
    found = [task for task in server.call("tasks.get_all")["tasks"] if task["status"] != "created"]
    run = [words for words in pages.commands(page) if words[1] == "run"]
    tasks = [task for task in found if task["type"] != "data_processing" or task["name"] == "preprocess"]
    assert [(task["name"], task["status"]) for task in tasks if task["status"] != "completed"] == []
    assert len([task for task in tasks if "dataset" not in task.get("system_tags", [])]) == len(run)
    names = {words[words.index("--name") + 1] for words in run if "--name" in words}
    assert names <= {task["name"] for task in found}
    judged = [task for task in found if task["name"] == "evaluate" or task["name"].endswith("judged")]
    assert judged
    for task in judged:
        values = server.task(task["id"])["last_metrics"]
        figures = {
            value["metric"] + "/" + value["variant"]: value
            for one in values.values()
            for value in one.values()
        }
        assert any("accuracy" in name for name in figures), figures
