"""`doctor --bundle`: all that a maintainer needs is in it, and no secret that was planted anywhere."""

import json
import stat
import zipfile

import pytest

from server import cli
from server.commands.doctoring import bundle as doctor_bundle
from server.settings import Settings
from server.store import Store
from tests.conftest import ServerProcess

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJrZXkiOiJwbGFudGVkIn0.c2lnbmF0dXJlLXBsYW50ZWQ"
PLANTED = {  # in the log → what of it must not come out
    f"token {JWT} refused": JWT,
    "Authorization: Basic cGxhbnRlZDpzZWNyZXQ=": "cGxhbnRlZDpzZWNyZXQ=",
    "GET /link?secret=planted-link-secret HTTP": "planted-link-secret",
    "cloning https://ann:planted-git-password@example.org/x.git": "planted-git-password",
    'password="planted-password" and more': "planted-password",
    "{'aws_secret_access_key': 'planted/aws+key'}": "planted/aws+key",
    "CLEARML_API_SECRET_KEY=planted-env-secret": "planted-env-secret",
    "AKIAPLANTEDPLANTED12": "AKIAPLANTEDPLANTED12",
    "Cookie: soundyard_session_8080=planted-cookie": "planted-cookie",
    "the bucket of planted-google-credential": "planted-google-credential",
}


@pytest.fixture
def bundle(new_server, tmp_path, monkeypatch) -> tuple[str, dict[str, str], ServerProcess]:
    """All of it as one text, its parts, and the server that it is of."""
    server = new_server("--watchdog-minutes", "7")
    server.admin("storage.set_settings", google={"bucket": {"json": "planted-google-credential"}})
    server.admin("users.create", name="ann", password="planted users password")
    log = server.folder / "server" / "logs" / "server.log"
    log.parent.mkdir(exist_ok=True)
    log.touch(mode=0o600)
    with log.open("a") as lines:
        lines.write("\n".join(["a plain line", *PLANTED, f"key {server.keys[1]}", ""]))
    monkeypatch.setenv("CLEARML_API_SECRET_KEY", "planted-in-the-environment")
    monkeypatch.setenv("CLEARML_CONFIG_FILE", str(server.conf))
    file = tmp_path / "bündle.zip"
    assert cli.main(["doctor", "--data", str(server.folder / "server"), "--bundle", str(file)]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    return "\n".join(parts.values()), parts, server


def test_no_planted_secret_is_in_it(bundle):
    text, _, server = bundle
    secrets = [*PLANTED.values(), *server.keys, (server.folder / "server" / "token.key").read_text()]
    secrets += ["planted-in-the-environment", "planted users password", "argon2id$"]
    assert [one for one in secrets if one in text] == []
    assert "a plain line" in text


def test_it_has_what_a_maintainer_asks_for(bundle):
    _, parts, server = bundle
    assert set(parts) >= {"versions.json", "settings.json", "doctor.txt", "folder.json", "database.json"}
    assert json.loads(parts["settings.json"])["watchdog_minutes"] == 7
    assert json.loads(parts["settings.json"])["port"] == server.port
    database = json.loads(parts["database.json"])
    assert database["rows"]["users"] == 3 and "CREATE TABLE users" in database["declared"]["users"]
    assert json.loads(parts["versions.json"])["packages"]["starlette"][0].isdigit()
    assert "the database is sound" in parts["doctor.txt"]
    assert json.loads(parts["folder.json"])["entries"]["token.key"]["mode"] == "600"


def test_a_damaged_database_has_one_too(tmp_path):
    settings = Settings(data=tmp_path / "server")
    Store(settings.data).close()
    (settings.data / "soundyard.db").write_bytes(b"no database at all" * 100)
    names = doctor_bundle.write(tmp_path / "a.zip", settings, [])
    assert "database.json" in names
    assert "fault" in zipfile.ZipFile(tmp_path / "a.zip").read("database.json").decode()


def test_an_archive_that_can_not_be_written_is_said(tmp_path, capsys):
    Store(tmp_path / "server").close()
    words = ["doctor", "--data", str(tmp_path / "server"), "--bundle", str(tmp_path / "no" / "a.zip")]
    assert cli.main(words) == 1
    assert "No such file or directory" in capsys.readouterr().err
