"""`python -m server user …`."""

import io

import pytest

from server import cli
from server.domain.users import passwords
from server.store import Store


@pytest.fixture
def folder(tmp_path):
    Store(tmp_path / "server").close()
    return tmp_path / "server"


def run(monkeypatch, folder, *arguments: str, typed: str = "") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return cli.main(["user", *arguments, "--data", str(folder)])


def user(folder, name: str) -> dict | None:
    store = Store(folder)
    try:
        return store.users.by_name(name)
    finally:
        store.close()


def test_a_user_is_added_listed_changed_and_removed(monkeypatch, folder, capsys):
    assert run(monkeypatch, folder, "add", "ann", "--role", "admin", typed="a long password\n") == 0
    found = user(folder, "ann")
    assert found["role"] == "admin" and passwords.matches("a long password", found["password"])
    assert run(monkeypatch, folder, "add", "bob", "--no-password") == 0
    assert run(monkeypatch, folder, "role", "bob", "viewer") == 0
    assert run(monkeypatch, folder, "password", "bob", typed="another password\n") == 0
    assert passwords.matches("another password", user(folder, "bob")["password"])
    run(monkeypatch, folder, "list")
    assert "viewer" in capsys.readouterr().out
    assert run(monkeypatch, folder, "remove", "bob") == 0
    assert user(folder, "bob") is None


def test_a_key_is_shown_once_in_the_form_that_clearml_conf_wants(monkeypatch, folder, capsys):
    run(monkeypatch, folder, "add", "ann", "--no-password")
    run(monkeypatch, folder, "key", "ann")
    access_key, secret = (part.split('"')[1] for part in capsys.readouterr().out.split("_key: ")[1:])
    store = Store(folder)
    assert store.users.identity_of_key(access_key, secret).name == "ann"
    store.close()


def test_an_unknown_user_is_an_error_that_names_the_known(monkeypatch, folder, capsys):
    run(monkeypatch, folder, "add", "ann", "--no-password")
    assert run(monkeypatch, folder, "remove", "bob") == 1
    assert "there are: ann" in capsys.readouterr().err


def test_a_short_password_changes_nothing(monkeypatch, folder, capsys):
    assert run(monkeypatch, folder, "add", "ann", typed="short\n") == 1
    assert "8 to 1024" in capsys.readouterr().err and user(folder, "ann") is None


def test_a_folder_without_a_database_is_not_turned_into_one(monkeypatch, tmp_path, capsys):
    assert run(monkeypatch, tmp_path / "typo", "list") == 1
    assert "--data" in capsys.readouterr().err and not (tmp_path / "typo").exists()
