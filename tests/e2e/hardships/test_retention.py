"""Retention by a running server: set and foreseen from the command line, killed in the middle; room comes back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import requests

from tests.conftest import ServerProcess, until
from tests.e2e import kept
from tests.e2e.hardships.test_previous_versions import LEFT_BEHIND, differences
from tests.e2e.writers import curve, headers, scalars

POINTS, LINES = 40_000, 20_000
AT_ONCE = "0.000001"
"""Days."""


def retention(server: ServerProcess, *words: str) -> str:
    ended = server.run(
        "-m", "server", "retention", *words, "--data", str(server.folder / "server"), COLUMNS="200"
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def full_task(server: ServerProcess, project: str) -> str:
    task = str(server.call("tasks.create", name="long ago", type="training", project=project)["id"])
    known, url = headers(server), f"{server.url}/api/events.add_batch"
    lines = "\n".join(f'{{"type": "log", "task": "{task}", "msg": "{"x" * 200}"}}' for _ in range(LINES))
    for body in (scalars(task, "v", 0, POINTS), lines.encode()):
        assert requests.post(url, data=body, headers=known, timeout=120).json()["data"]["errors"] == 0
    server.call("tasks.completed", task=task, force=True)
    return task


def test_a_running_server_lets_go_of_what_is_old_though_it_is_killed_meanwhile(
    new_server: Callable[..., ServerProcess],
) -> None:
    server = new_server("--retention-minutes", "0.02")
    project = server.call("projects.create", name="old")["id"]
    task = full_task(server, project)
    database = server.folder / "server" / "soundyard.db"
    assert "Nothing would go now" in retention(server, "--dry-run")
    assert curve(server, task, "v") == list(range(POINTS))
    said = retention(server, "--set", f"console={AT_ONCE}", f"scalars={AT_ONCE}", "--project", "old")
    assert f"{LINES:,}" in said and f"{POINTS - 500:,}" in said, said
    until(lambda: server.call("events.get_task_log", task=task)["total"] < LINES, 60, "the first lines go")
    server.kill()
    with closing(sqlite3.connect(database)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        size = database.stat().st_size
    server.start()
    until(lambda: "Nothing would go now" in retention(server), 120, "all that was foreseen is gone")
    left = curve(server, task, "v")
    assert len(left) < 510 and (left[0], left[-1]) == (0, POINTS - 1)
    assert server.call("events.get_task_log", task=task)["total"] == 0
    until(lambda: database.stat().st_size < size / 2, 60, "the database shrinks")
    server.stop()


def test_a_database_of_an_earlier_version_shrinks_once_it_was_compacted(tmp_path: Path) -> None:
    task = kept.opened(LEFT_BEHIND[0], tmp_path)
    server = ServerProcess(tmp_path)
    try:
        before = server.task(task)
        assert "retention --compact" in retention(server)
        data = ("--data", str(tmp_path / "server"))
        refused = server.run("-m", "server", "retention", "--compact", *data)
        assert refused.returncode == 1 and "stop it first" in refused.stderr
        server.stop()
        assert "MB, now" in retention(server, "--compact")
        server.start()
        assert "compact" not in retention(server)
        assert set(differences(before, server.task(task))) == set()
    finally:
        server.stop()
