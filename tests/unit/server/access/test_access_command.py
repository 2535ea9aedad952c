"""`python -m server access …`."""

from datetime import datetime, timezone

import pytest

from server import cli
from server.api.call import Identity
from server.domain import project_tree
from server.domain.users import project_access, users
from server.store import Store

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def folder(tmp_path):
    store = Store(tmp_path / "server")
    with store.transaction():
        project_tree.create(store, 'zoo/é:%#?"', "", "", NOW)
        users.create(store, NOW, name="ann", role="user", password=None)
    store.close()
    return tmp_path / "server"


def run(folder, *arguments: str) -> int:
    return cli.main(["access", *arguments, "--data", str(folder)])


def entries(folder) -> list[tuple[str, str, str]]:
    store = Store(folder)
    try:
        return [
            (one["project_name"], one["subject_name"] or one["subject"], one["level"])
            for one in store.project_access.all()
        ]
    finally:
        store.close()


def test_what_is_set_is_listed_and_kept_in_the_audit_log_and_unset_again(folder, capsys):
    assert run(folder, "set", 'zoo/é:%#?"', "everybody", "none") == 0
    assert run(folder, "set", "/zoo/", "ann", "read") == 0
    assert entries(folder) == [("zoo", "ann", "read"), ('zoo/é:%#?"', "*", "none")]
    assert run(folder, "list") == 0
    listed = capsys.readouterr().out
    assert "everybody" in listed and "ann" in listed and 'é:%#?"' in listed
    store = Store(folder)
    told = store.audit.page(0, 5)[0]
    store.close()
    assert [(one["action"], one["details"]) for one in told] == [
        ("projects.set_access", {"user": "ann", "level": "read"}),
        ("projects.set_access", {"user": "everybody", "level": "none"}),
    ]
    assert run(folder, "set", "zoo", "ann", "unset") == 0
    assert run(folder, "set", "zoo", "ann", "unset") == 0
    assert "nothing was set for ann" in capsys.readouterr().out
    assert entries(folder) == [('zoo/é:%#?"', "*", "none")]


@pytest.mark.parametrize(
    ("project", "who", "told"),
    [("none", "ann", "there is no project 'none'"), ("zoo", "bob", "there are: everybody, ann")],
)
def test_what_is_not_there_is_said_and_nothing_is_set(folder, capsys, project, who, told):
    assert run(folder, "set", project, who, "none") == 1
    assert told in capsys.readouterr().err
    assert entries(folder) == []


def test_it_counts_at_once_for_a_server_that_runs(folder):
    running = Store(folder)
    ann = Identity(running.users.by_name("ann")["id"], "user", "")
    assert project_access.restriction_of(running, ann) is None
    run(folder, "set", "zoo", "ann", "none")
    assert len(project_access.restriction_of(running, ann).hidden) == 2
    running.close()
