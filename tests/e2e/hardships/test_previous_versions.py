"""Folders that earlier versions wrote: opened, migrated, nothing lost. `tests/e2e/kept.py` makes them."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests

from server.store import Store, migrations
from tests.conftest import ROOT, ServerProcess, until
from tests.contract import receivers
from tests.e2e import kept

LEFT_BEHIND = sorted(kept.FIXTURES.glob("version_*"))

CORRECTED = {  # what earlier versions answered otherwise than ClearML's server does
    ".auth.get_credentials.additional_credentials: [] is now {}",
    ".queues.get_all_ex.queues[1].system_tags: [] is now ['default']",
}


def differences(before: Any, after: Any, at: str = "") -> Iterator[str]:
    """Where an answer no longer says what it said. What it says in addition is no difference."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            yield from differences(value, after.get(key, "absent"), f"{at}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, value in enumerate(before):
            yield from differences(value, after[place], f"{at}[{place}]")
    elif before != after:
        yield f"{at}: {str(before)[:200]} is now {str(after)[:200]}"


def rows(database: Path) -> dict[str, list[tuple]]:
    """Every row of every table, generated columns left out."""
    with closing(sqlite3.connect(database)) as opened:
        named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        found = {}
        for (table,) in opened.execute(named).fetchall():
            columns = ", ".join(f'"{row[1]}"' for row in opened.execute(f'PRAGMA table_info("{table}")'))
            found[table] = opened.execute(f'SELECT {columns} FROM "{table}" ORDER BY 1').fetchall()
        return found


def test_there_is_a_folder_of_every_earlier_schema() -> None:
    newest = migrations.numbered()[-1][0]
    expected = {f"version_{number}" for number in range(1, max(newest, 2))}
    assert expected <= {folder.name for folder in LEFT_BEHIND}, "python -m tests.e2e.kept writes one"


@pytest.mark.parametrize("fixture", LEFT_BEHIND, ids=lambda folder: folder.name)
def test_a_folder_of_an_earlier_version_is_opened_and_nothing_is_lost(fixture: Path, tmp_path: Path) -> None:
    task = kept.opened(fixture, tmp_path)
    database = tmp_path / "server" / "soundyard.db"
    left, version = rows(database), migrations.version_of(database)
    told = orjson.loads((fixture / "answers.json").read_bytes())
    keys = told["auth.get_credentials"]["credentials"]  # one that everybody knew is accepted no more
    told["auth.get_credentials"]["credentials"] = [
        one for one in keys if one["label"] != "ClearML's web page"
    ]
    server = ServerProcess(tmp_path)
    try:
        assert set(differences(told, kept.answers(server, task))) <= CORRECTED
        got = requests.get(f"{server.url}/files/{kept.FILE.format(task=task)}", auth=server.keys, timeout=10)
        assert got.content == kept.CONTENT
        access_key = told["auth.get_credentials"]["credentials"][0]["access_key"]
        assert server.keys[0] == access_key, "the clients' key was not kept"
    finally:
        server.stop()
    newest = migrations.numbered()[-1][0]
    assert migrations.version_of(database) == newest
    copies = list(database.parent.glob("soundyard.before-*.db"))
    assert [copy.name for copy in copies] == (
        [f"soundyard.before-{newest:04d}.db"] if newest > version else []
    )
    assert all(rows(copy) == left for copy in copies)


ALERTS = 11
"""The schema that alerts came with."""


@pytest.mark.parametrize(
    "number", [1, *(pytest.param(one, marks=pytest.mark.slow) for one in range(2, ALERTS - 1)), ALERTS - 1]
)
def test_alerts_work_in_a_folder_that_is_older_than_they_are(number: int, tmp_path: Path) -> None:
    """What had failed before is not told; what fails now, and what waits, is, once."""
    kept.opened(kept.FIXTURES / f"version_{number}", tmp_path)
    server = ServerProcess(tmp_path)
    try:
        with receivers.webhook() as hook:
            channel = server.admin("alerts.set_channel", name="é", kind="json", url=hook.url)["id"]
            for rule in (
                {"name": "failed é", "kind": "status", "statuses": ["failed"]},
                {"name": "waits", "kind": "queue", "minutes": 0.01},
            ):
                server.admin("alerts.set_rule", channels=[channel], **rule)
            (task,) = server.call("tasks.get_all", name="^prepare$")["tasks"]
            server.call("tasks.started", task=task["id"], force=True)
            server.call("tasks.failed", task=task["id"], status_reason="ValueError: é")

            def told() -> list[str]:
                return sorted(alert["rule"] for message in hook.came for alert in message["alerts"])

            until(lambda: len(told()) >= 2, 30, f"both are told: {told()}")
            time.sleep(5)  # two more looks
            assert told() == ["failed é", "waits"]
        deliveries = server.admin("alerts.get_deliveries")["deliveries"]
        assert {one["state"] for one in deliveries} == {"sent"}, deliveries
    finally:
        server.stop()


def test_the_next_version_copies_the_database_and_changes_only_what_it_means_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.opened(LEFT_BEHIND[-1], tmp_path)
    folder, steps = tmp_path / "server", tmp_path / "migrations"
    Store(folder).close()
    before = rows(folder / "soundyard.db")
    steps.mkdir()
    for _, file in migrations.numbered():
        (steps / file.name).write_text(file.read_text())
    number = migrations.numbered()[-1][0] + 1
    (steps / f"{number:04d}_moods.sql").write_text(
        "ALTER TABLE tasks ADD COLUMN mood TEXT; CREATE TABLE moods (name TEXT); CREATE INDEX m ON tasks(mood)"
    )
    monkeypatch.setattr(migrations, "FOLDER", steps)
    store = Store(folder)
    assert all(task["name"] for task in store.tasks.all())
    store.close()
    after = rows(folder / "soundyard.db")
    assert after.pop("moods") == []
    assert {
        table: [row[: len(before[table][0])] for row in after[table]] for table in after if after[table]
    } == {table: before[table] for table in before if before[table]}
    assert rows(folder / f"soundyard.before-{number:04d}.db") == before


def test_a_folder_of_a_later_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    kept.opened(LEFT_BEHIND[-1], tmp_path)
    database = tmp_path / "server" / "soundyard.db"
    with closing(sqlite3.connect(database)) as later:
        later.execute(f"PRAGMA user_version = {migrations.numbered()[-1][0] + 1}")
    before = rows(database)
    command = [sys.executable, "-m", "server", "--data", str(database.parent), "--port", "0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "newer version of Soundyard" in ended.stderr and "Traceback" not in ended.stderr
    assert rows(database) == before
