"""The audit log: each kind of action, through the API that does it, and what it never holds."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from server.api import registry
from server.domain.users import audit, audited
from server.settings import Settings
from server.store import Store
from tests.conftest import ROOT
from tests.contract.conftest import Api

PASSWORD, WRONG = "a long password", "wrong-and-secret"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return Settings(data=settings.data, port=8080, auth="password")


@pytest.fixture
def browser(client: TestClient) -> Iterator[TestClient]:
    with TestClient(client.app, base_url="http://127.0.0.1:8080") as other:
        yield other


def told(api: Api, **query: Any) -> list[dict[str, Any]]:
    """The newest first."""
    return api("audit.get_all", **query)["entries"]


def newest(api: Api) -> tuple[str, str, list[dict[str, str]], dict[str, Any]]:
    entry = told(api)[0]
    assert entry["user_name"] == "Soundyard" and entry["client"] == "testclient" and not entry["failed"]
    assert datetime.now(timezone.utc) - datetime.fromisoformat(entry["at"]) < timedelta(minutes=1)
    return entry["kind"], entry["action"], entry["what"], entry["details"]


def test_who_signs_in_and_out_and_who_fails_to(api: Api, browser: TestClient) -> None:
    ann = api("users.create", name="ann", password=PASSWORD)["id"]
    assert browser.post("/api/auth.login", auth=("ann", WRONG)).status_code == 401
    assert browser.post("/api/auth.login", auth=("ann", PASSWORD)).status_code == 200
    assert browser.post("/api/auth.logout").status_code == 200
    out, signed_in, failed = told(api, kind="sign-in")
    assert (out["action"], out["user"]) == ("auth.logout", ann)
    assert (signed_in["action"], signed_in["user"], signed_in["failed"]) == ("auth.login", ann, False)
    assert (failed["user_name"], failed["user"], failed["failed"]) == ("ann", "", True)
    assert [one["id"] for one in told(api, failed=True)] == [failed["id"]]


def test_a_wrong_key_is_told_whatever_it_was_to_open(api: Api, client: TestClient) -> None:
    for number, path in enumerate(("/api/tasks.get_all", "/api/auth.login", "/files/a.wav", "/metrics")):
        key = f"{number}" * 32
        assert client.get(path, auth=(key, WRONG)).status_code == 401
        assert (told(api)[0]["user_name"], told(api)[0]["failed"]) == (key, True)


def test_programs_that_sign_in_again_and_again_fill_no_log(api: Api) -> None:
    before = api("audit.get_all")["total"]
    for _ in range(5):
        assert api.client.get("/api/auth.login", auth=api.key).status_code == 200
    assert api("audit.get_all")["total"] == before
    page = {"X-ClearML-Client": "soundyard-web"}
    api.client.get("/api/auth.login", auth=api.key, headers=page)
    assert newest(api)[:2] == ("sign-in", "auth.login")


def test_a_flood_of_failures_is_counted_and_pushes_nothing_out(api: Api, store: Store) -> None:
    failures, now = audit.Failures(), datetime.now(timezone.utc)
    before = api("audit.get_all")["total"]
    for number in range(300):
        failures.note(store, now, f"name {number % 100}", "10.0.0.1", "wrong")
    assert api("audit.get_all")["total"] == before + 60
    failures.note(store, now + timedelta(minutes=2), "another", "10.0.0.1", "wrong")
    assert told(api)[0]["details"] == {"why": "wrong", "others_before": 240}
    api("users.create", name="kept")
    with store.transaction():
        assert store.audit.drop(now - timedelta(days=1), 10, 5) > 50
    assert len(told(api, failed=True)) == 5
    assert "kept" in [one["what"][0]["name"] for one in told(api, kind="users")]


def test_keys_made_labelled_and_revoked(api: Api) -> None:
    made = api("auth.create_credentials", label="a machine")["credentials"]
    key = {"id": made["access_key"], "name": "a machine"}
    assert newest(api) == ("users", "auth.create_credentials", [key], {"label": "a machine"})
    api("auth.edit_credentials", access_key=made["access_key"], label="é")
    assert newest(api)[1:3] == ("auth.edit_credentials", [{**key, "name": "é"}])
    api("auth.revoke_credentials", access_key=made["access_key"])
    assert newest(api)[1:3] == ("auth.revoke_credentials", [{**key, "name": ""}])


def test_users_roles_and_passwords(api: Api) -> None:
    ann = api("users.create", name="ann", password=PASSWORD, role="viewer")["id"]
    who = [{"id": ann, "name": "ann"}]
    assert newest(api) == (
        "users", "users.create", who, {"name": "ann", "role": "viewer", "changed": ["password"]},
    )  # fmt: skip
    api("users.update", user=ann, role="user")
    assert newest(api) == ("users", "users.update", who, {"role": "user", "updated": 1})
    api("users.update", user=ann, password=PASSWORD + "2")
    assert newest(api)[3] == {"changed": ["password"], "updated": 1}
    api("auth.edit_user", user=ann, role="viewer")
    assert newest(api)[1] == "auth.edit_user"
    api("users.delete", user=ann)
    assert newest(api) == ("users", "users.delete", who, {"deleted": 1})
    assert PASSWORD not in orjson.dumps(told(api)).decode()


def test_what_is_deleted_is_told_by_name(api: Api) -> None:
    project = api.project("birds")
    task, other = api.task("dawn", project=project), api.task("dusk", project=project)
    model = api("models.create", name="net", uri="file:///a")["id"]
    queue = api("queues.create", name="night")["id"]
    api("tasks.delete", task=task)
    assert newest(api)[:3] == ("deletion", "tasks.delete", [{"id": task, "name": "dawn"}])
    api("models.delete", model=model)
    assert newest(api)[1:3] == ("models.delete", [{"id": model, "name": "net"}])
    api("queues.delete", queue=queue)
    assert newest(api)[1:3] == ("queues.delete", [{"id": queue, "name": "night"}])
    api("tasks.reset_many", ids=[other])
    assert newest(api)[1:3] == ("tasks.reset_many", [{"id": other, "name": "dusk"}])
    api("projects.delete", project=project, delete_contents=True, force=True)
    _, action, what, details = newest(api)
    assert (action, what) == ("projects.delete", [{"id": project, "name": "birds"}])
    assert details["delete_contents"] is True and details["deleted"] == 1
    many = [api.task(f"{number}") for number in range(25)]
    api("tasks.delete_many", ids=many)
    assert len(newest(api)[2]) == 20 and newest(api)[3]["more"] == 5


def test_files_that_are_deleted_by_their_address(api: Api, client: TestClient) -> None:
    for name in ("a é.wav", "b.wav", "c.wav"):
        assert client.post("/files/", files={name: (name, b"abc")}, headers=api.headers).status_code == 200
    assert client.delete("/files/a%20%C3%A9.wav", headers=api.headers).status_code == 200
    assert newest(api)[1:3] == ("files.delete", [{"id": "a é.wav", "name": ""}])
    body = {"files": ["b.wav", "/c.wav", "missing.wav"]}
    assert client.post("/files/delete_many", json=body, headers=api.headers).status_code == 200
    assert newest(api)[3] == {"deleted": 2}
    assert client.delete("/files/missing.wav", headers=api.headers).status_code == 404
    assert newest(api)[3] == {"deleted": 2}


def test_settings_without_what_is_secret_in_them(api: Api) -> None:
    api("storage.set_settings", aws={"key": "AKIA", "secret": "very-secret"})
    assert newest(api) == ("settings", "storage.set_settings", [], {"changed": ["aws"], "updated": 1})
    api("storage.reset_settings", keys=["aws"])
    assert newest(api)[1:] == ("storage.reset_settings", [], {"keys": ["aws"], "updated": 1})
    assert "secret" not in orjson.dumps(told(api)).decode()


def test_what_fails_is_no_deed(api: Api) -> None:
    before = api("audit.get_all")["total"]
    api.post("tasks.delete", {"task": "f" * 32})
    api.post("users.create", {"name": "a:b"})
    assert api("audit.get_all")["total"] == before


def test_who_acts_for_somebody_else_is_named(api: Api) -> None:
    ann = api("users.create", name="ann", role="user")["id"]
    task = api.task()
    as_ann = {**api.headers, "X-ClearML-Impersonate-As": ann}
    assert api.client.post("/api/tasks.delete", json={"task": task}, headers=as_ann).status_code == 200
    entry = told(api)[0]
    assert (entry["user_name"], entry["details"]["acting"]) == ("ann", "Soundyard")


def test_only_an_admin_reads_it(api: Api, store: Store) -> None:
    now = datetime.now(timezone.utc)
    for role in ("viewer", "user"):
        with store.transaction():
            pair = store.users.create_credentials(store.users.create(role, role, now), None, now)
        assert api.client.post("/api/audit.get_all", auth=pair, json={}).status_code == 403
    assert api.post("audit.get_all", {"kind": "nothing"}).status_code == 400


def test_it_is_read_by_page(api: Api) -> None:
    for number in range(7):
        api("auth.create_credentials", label=f"{number}")
    pages = [told(api, kind="users", page=page, page_size=3) for page in range(3)]
    labels = [one["what"][0]["name"] for page in pages for one in page]
    assert labels == ["6", "5", "4", "3", "2", "1", "0"]


def test_old_entries_go(api: Api, store: Store) -> None:
    api.task()
    api("auth.create_credentials", label="a")
    assert audit.prune(store, datetime.now(timezone.utc) + timedelta(days=29), 30) == 0
    assert audit.prune(store, datetime.now(timezone.utc) + timedelta(days=31), 30) >= 1
    assert told(api) == []


DEEDS: dict[str, Callable[[Api], Any]] = {
    "auth.login": lambda api: api.client.post("/api/auth.login", auth=("ann", PASSWORD)),
    "auth.get_token_for_user": lambda api: api.post("auth.get_token_for_user", {"user": id_of(api, "ann")}),
    "auth.create_credentials": lambda api: api.post("auth.create_credentials", {"label": "a"}),
    "users.create": lambda api: api.post("users.create", {"name": "bo", "password": PASSWORD}),
    "users.update": lambda api: api.post("users.update", {"user": id_of(api, "ann"), "role": "user"}),
    "users.delete": lambda api: api.post("users.delete", {"user": id_of(api, "ann")}),
    "storage.set_settings": lambda api: api.post("storage.set_settings", {"aws": {"key": "k", "secret": "s"}}),
    "tasks.delete": lambda api: api.post("tasks.delete", {"task": id_of(api, "dawn", "tasks")}),
    "tasks.delete_many": lambda api: api.post("tasks.delete_many", {"ids": [id_of(api, "dawn", "tasks")]}),
    "projects.delete": lambda api: api.post(
        "projects.delete", {"project": id_of(api, "birds", "projects"), "force": True, "delete_contents": True}
    ),
    "queues.delete": lambda api: api.post("queues.delete", {"queue": id_of(api, "night", "queues")}),
    "files.delete": lambda api: api.client.delete("/files/a.wav", headers=api.headers),
    "files.delete_many": lambda api: api.client.post(
        "/files/delete_many", json={"files": ["a.wav"]}, headers=api.headers
    ),
}  # fmt: skip
"""A deed of each kind, in a store that `prepare` has filled."""
LETS_IN = ("auth.login", "auth.get_token_for_user")
"""Where nothing can be written, somebody is let in to read; no session is kept of it."""


def id_of(api: Api, name: str, table: str = "users") -> str:
    return str(api.store.db.value(f"SELECT id FROM {table} WHERE name = ?", (name,)))


def prepare(api: Api) -> None:
    api("users.create", name="ann", password=PASSWORD, role="viewer")
    api.task("dawn", project=api.project("birds"))
    api("queues.create", name="night")
    assert api.client.post("/files/", files={"a": ("a.wav", b"a")}, headers=api.headers).status_code == 200


def everything(store: Store) -> dict[str, list[tuple]]:
    """All rows of all tables, but for the log itself and when a key was last used."""
    tables = store.db.tuples(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    left_out = {"audit", "credentials", "settings"}
    found = {
        table: store.db.tuples(f'SELECT * FROM "{table}"') for (table,) in tables if table not in left_out
    }
    found["keys"] = store.db.tuples("SELECT access_key, label FROM credentials")
    found["settings"] = store.db.tuples("SELECT * FROM settings WHERE name <> 'written'")
    return found


@pytest.mark.parametrize("action", DEEDS)
def test_a_deed_that_the_log_cannot_take_is_not_done(
    api: Api, store: Store, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    def refuse(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    prepare(api)
    before = everything(store)
    monkeypatch.setattr(store.audit, "add", refuse)
    answer = DEEDS[action](api)
    if action not in (*LETS_IN, "tasks.delete_many", "files.delete_many"):  # these answer for each by itself
        assert answer.status_code >= 400
    after = everything(store)
    if action.startswith("files."):
        before.pop("files"), after.pop("files")
    assert {table for table in after if after[table] != before[table]} == set()


@pytest.mark.parametrize("action", DEEDS)
def test_a_crash_right_after_a_deed_leaves_it_in_the_log(
    api: Api, store: Store, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    prepare(api)
    before, entries = everything(store), len(told(api))
    monkeypatch.setattr(audit.Beside, "tell", lambda *_, **__: None)  # what comes after the deed never comes
    DEEDS[action](api)
    assert everything(store) != before
    newest, *others = told(api)
    assert (len(others), newest["action"]) == (
        entries,
        action.removesuffix("_many") if "files" in action else action,
    )


def test_a_deed_that_fails_half_way_is_kept_as_that(
    api: Api, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.api.errors import NotFound

    task = api.task("dawn")
    real = registry.find("tasks.delete")

    def half(call: Any, request: Any) -> dict:
        real.handler(call, request)
        raise NotFound("the second half")

    monkeypatch.setitem(registry._endpoints, "tasks.delete", replace(real, handler=half))
    assert api.post("tasks.delete", {"task": task}).status_code == 404
    entry = told(api)[0]
    assert entry["failed"] and entry["what"] == [{"id": task, "name": "dawn"}]
    assert "the second half" in entry["details"]["why"]


def test_what_is_typed_at_the_command_line(api: Api, settings: Settings) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOUNDYARD_")}

    def typed(*words: str) -> None:
        command = [sys.executable, "-m", "server", "user", *words, "--data", str(settings.data)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=60)

    typed("add", "ann", "--no-password", "--role", "viewer")
    typed("key", "ann")
    typed("remove", "ann")
    removed, key, added = told(api, kind="users")
    assert [one["action"] for one in (added, key, removed)] == [
        "users.create", "auth.create_credentials", "users.delete",
    ]  # fmt: skip
    assert added["client"] == "command line" and "(command line)" in added["user_name"]
    assert added["what"][0]["name"] == "ann" and added["details"] == {"role": "viewer"}


def test_every_endpoint_that_deletes_or_manages_is_kept() -> None:
    for one in registry.all_endpoints():
        action = one.name.partition(".")[2]
        deletes = action.startswith(("delete", "reset", "revoke")) and one.name not in audited.EDITS
        if deletes or (one.role == "admin" and one.name not in audited.READ_BY_ADMINS):
            assert audited.kind_of(one), f"{one.name} leaves no trace"
    assert set(audited.READ_BY_ADMINS | audited.EDITS) <= {one.name for one in registry.all_endpoints()}


def test_the_start_of_a_server_is_told_with_its_settings(new_server: Any, tmp_path: Path) -> None:
    server = new_server("--log-level", "warning")
    entry = server.admin("audit.get_all", kind="settings")["entries"][-1]
    assert (entry["action"], entry["details"]["log_level"]) == ("server.start", "warning")
