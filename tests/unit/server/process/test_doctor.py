"""`python -m server doctor`: each fault is made, and must be found and explained."""

import socket
import sqlite3
from contextlib import closing
from datetime import datetime, timezone

import pytest

from server import cli
from server.api.tokens import Tokens
from server.app.process.client_conf import ensure_client_conf
from server.commands import doctor
from server.settings import Settings
from server.store import Store
from server.store.upkeep import privacy
from server.store.upkeep.lock import locked
from tests.conftest import free_port

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Of a server that programs here use."""
    monkeypatch.setenv("CLEARML_CONFIG_FILE", str(tmp_path / "clearml.conf"))
    return Settings(data=tmp_path / "server", port=free_port(), api_port=0, files_port=0)


@pytest.fixture
def folder(settings):
    """A sound data folder with one file."""
    store = Store(settings.data)
    incoming = store.files.receive()
    incoming.write(b"sound")
    store.files.keep([("p/a.wav", incoming)], "me", NOW)
    ensure_client_conf(settings, store, NOW)
    Tokens(settings.data / "token.key")
    store.close()
    privacy.close(settings.data, [settings.conf_path])
    return settings.data


def said(settings, level: str) -> str:
    return "\n".join(
        f"{one.what} → {one.advice}" for one in doctor.findings(settings, thorough=True) if one.level == level
    )


def alter(folder, sql: str) -> None:
    with closing(sqlite3.connect(folder / "soundyard.db")) as connection:
        connection.execute(sql)
        connection.commit()


def test_a_sound_folder_has_nothing_to_complain_about(settings, folder, capsys):
    assert [one.what for one in doctor.findings(settings) if one.level != "ok"] == []
    arguments = ["doctor", "--data", str(folder), "--port", str(settings.port)]
    options = ["--api-port", "0", "--files-port", "0"]
    assert cli.main([*arguments[1:], *options, "doctor", "--thorough"]) == 0
    assert "✓ the database is sound" in capsys.readouterr().out


def test_a_folder_without_a_database(settings):
    assert "holds no database" in said(settings, "problem")
    assert "names a configuration that can't be read" in said(settings, "problem")
    assert not settings.data.exists()


def test_a_damaged_database(settings, folder, capsys):
    file = folder / "soundyard.db"
    data = bytearray(file.read_bytes())
    data[4096 * 3 : 4096 * 6] = b"\xff" * 4096 * 3
    file.write_bytes(data)
    found = said(settings, "problem")
    assert ("damaged" in found or "malformed" in found) and "restore" in found
    assert cli.main(["--data", str(folder), "doctor"]) == 1


def test_a_file_that_is_no_database(settings, folder):
    (folder / "soundyard.db").write_bytes(b"garbage" * 1000)
    assert "can't be read" in said(settings, "problem")


def test_a_newer_database(settings, folder):
    alter(folder, "PRAGMA user_version = 999")
    assert "newer Soundyard" in said(settings, "problem")


def test_files_that_are_missing_changed_or_nobodys(settings, folder):
    (folder / "files/p/a.wav").write_bytes(b"other length")
    assert "another size" in said(settings, "problem") and "p/a.wav" in said(settings, "problem")
    (folder / "files/p/a.wav").unlink()
    assert "1 files are missing, such as p/a.wav" in said(settings, "problem")
    (folder / "files/stray.txt").write_text("x")
    assert "stray.txt" in said(settings, "note")


def test_secrets_that_others_can_read(settings, folder):
    (folder / "token.key").chmod(0o644)
    assert f"chmod 600 {folder / 'token.key'}" in said(settings, "note")


def test_a_key_that_was_revoked(settings, folder):
    alter(folder, "DELETE FROM credentials")
    assert "access key" in said(settings, "problem")


def test_passwords_without_an_admin_who_has_one(settings, folder):
    with_passwords = Settings(**{**vars(settings), "auth": "password"})
    assert "user add NAME --role admin" in said(with_passwords, "problem")


def test_a_task_that_waits_nowhere(settings, folder):
    alter(folder, "INSERT INTO tasks(id, name, type, status) VALUES ('t1', 'lost', 'training', 'queued')")
    assert "t1 (lost)" in said(settings, "note")


def test_a_port_that_is_taken(settings, folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.port))
        taken.listen()
        assert f"port {settings.port} can't be used" in said(settings, "problem")


def test_a_server_that_holds_the_folder_and_does_not_answer(settings, folder):
    with locked(folder):
        assert "does not answer" in said(settings, "problem")


def test_a_running_server_is_looked_at_with_its_own_settings(new_server, monkeypatch):
    server = new_server("--watchdog-minutes", "7")
    monkeypatch.setenv("CLEARML_CONFIG_FILE", str(server.conf))
    asked = Settings(data=server.folder / "server")
    assert said(asked, "problem") == said(asked, "note") == ""
    well = said(asked, "ok")
    assert f"answers at {server.url}, with --port {server.port}" in well and "--watchdog-minutes 7" in well
    assert "programs here find this server" in well


def test_a_running_server_that_cannot_do_its_work_is_told_of(new_server, monkeypatch):
    server = new_server()
    monkeypatch.setenv("CLEARML_CONFIG_FILE", str(server.conf))
    with closing(sqlite3.connect(server.folder / "server" / "soundyard.db")) as db:
        db.execute("PRAGMA user_version=999")
    told = said(Settings(data=server.folder / "server"), "problem")
    assert "the server can't do its work: the database has schema 999; this version works with" in told


def test_what_is_asked_for_here_and_is_not_what_runs_is_told(new_server, monkeypatch):
    server = new_server()
    monkeypatch.setenv("CLEARML_CONFIG_FILE", str(server.conf))
    asked = Settings(data=server.folder / "server", port=free_port(), auth="password")
    told = said(asked, "note")
    assert f"the server runs with --port {server.port}; asked for was {asked.port}" in told
    assert "the server runs with --auth open; asked for was password" in told
    assert said(asked, "problem") == ""
    monkeypatch.setenv("SOUNDYARD_PORT", str(asked.port))
    assert f"SOUNDYARD_PORT says {asked.port}" in said(asked, "note")


def test_programs_that_look_elsewhere_are_told_of_and_whether_anything_is_there(
    new_server, settings, folder, monkeypatch
):
    server = new_server()
    monkeypatch.setenv("CLEARML_CONFIG_FILE", str(server.conf))
    assert f"points at {server.url}/api, where a server answers" in said(settings, "note")
    server.stop()
    assert f"points at {server.url}/api, where nothing answers" in said(settings, "problem")
    assert f"CLEARML_CONFIG_FILE={settings.conf_path}" in said(settings, "problem")
    monkeypatch.setenv("CLEARML_API_HOST", f"http://localhost:{settings.port}/api")
    monkeypatch.delenv("CLEARML_CONFIG_FILE")
    assert "the access key in CLEARML_API_HOST is not one of this server's" in said(settings, "problem")


def test_who_has_a_port_is_told_as_far_as_it_can_be(new_server, settings, folder):
    server = new_server()
    there = Settings(data=settings.data, port=server.port, api_port=0, files_port=0)
    assert "a ClearML or Soundyard server has it" in said(there, "problem")


def test_a_port_that_another_program_had_when_the_server_started(new_server, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        server = new_server("--api-port", str(port))
        monkeypatch.setenv("CLEARML_CONFIG_FILE", str(server.conf))
        told = said(Settings(data=server.folder / "server"), "note")
    assert f"port {port} was taken when the server started: another program has it" in told
