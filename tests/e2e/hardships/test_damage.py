"""A database that is damaged while its server works: said within a minute, not backed up, and brought back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from server.app.jobs.backups import listed
from tests.conftest import ServerProcess, until
from tests.e2e import kept
from tests.e2e.hardships.test_previous_versions import differences
from tests.unit.server.database.test_backup import break_pages


def ready(server: ServerProcess) -> tuple[int, str]:
    answer = requests.get(f"{server.url}/readyz", timeout=30)
    return answer.status_code, answer.text


@pytest.mark.slow  # a minute of a server's own looks
def test_damage_is_said_within_a_minute_and_the_last_good_backup_answers_the_same(
    new_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = new_server()
    task = kept.fill(server)
    answers = kept.answers(server, task)
    server.stop()
    server._options = ("--backup-every", "0.001", "--backup-keep", "2")
    server.start()
    folder = server.folder / "server"
    until(lambda: len(listed(folder / "backups")) == 2, 60, "two backups are there")
    assert ready(server)[0] == 200

    break_pages(folder, "scalar_tiles")
    until(lambda: "damaged" in ready(server)[1], 60, "the damage is said")
    assert ready(server)[0] == 503
    until(lambda: "nothing was backed up" in server.log.read_text(), 60, "a backup was refused")
    data = ("--data", str(folder))
    refused = server.run("-m", "server", "backup", str(tmp_path / "x.tar"), *data)
    assert (refused.returncode, (tmp_path / "x.tar").exists()) == (1, False)
    looked = server.run("-m", "server", "doctor", *data)
    assert looked.returncode == 1 and "✗ the database" in looked.stdout
    server.stop()

    (_, newest), *_ = good = listed(folder / "backups")
    assert len(good) == 2, "the good ones were rotated out"
    restored = server.run("-m", "server", "restore", str(newest), "--replace", *data)
    assert restored.returncode == 0, restored.stderr
    server._options = ()
    server.start()
    assert set(differences(answers, kept.answers(server, task))) == set()
    assert ready(server)[0] == 200
