"""A task whose code no agent can fetch or run is refused before it waits in a queue, with what to do."""

import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import Api

REFUSED = (400, 102)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository é"
    folder.mkdir()
    (folder / "a.py").write_text("A = 1\n")
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "one"]):
        git(folder, *command)
    return folder


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def task(api: Api, **script: Any) -> str:
    return api.task(script={"entry_point": "a.py", "working_dir": ".", "binary": "python3", **script})


def refused(api: Api, task: str, word: str, **more: Any) -> None:
    said = api.fails("tasks.enqueue", *REFUSED, task=task, **more)
    assert word in str(said), said
    assert api.status(task) == "created"
    (one,) = api("tasks.enqueue_many", ids=[task], **more)["failed"]
    assert one["error"]["codes"] == list(REFUSED) and word in one["error"]["msg"]


def listening(api: Api, queue: str, worker: str, *tags: str, local: bool = True) -> None:
    """A worker of a queue; one on this machine unless told otherwise."""
    fields = {"queues": [queue], "tags": list(tags), "local": local}
    with api.store.transaction():
        api.store.workers.touch(worker, datetime.now(timezone.utc), fields)


def test_a_repository_on_this_machine_with_the_commit_is_accepted(api: Api, repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    for script in ({"version_num": commit}, {"branch": "main"}, {}):
        made = task(api, repository=str(repository), **script)
        api("tasks.enqueue", task=made)
        assert api.status(made) == "queued"


def test_a_folder_that_is_not_here_is_refused(api: Api) -> None:
    for url in ("/home/nobody/project", "file:///home/nobody/project", "C:\\Users\\x", "../project"):
        refused(api, task(api, repository=url), "no")


def test_a_folder_that_is_no_repository_or_has_no_commit_is_refused(api: Api, tmp_path: Path) -> None:
    refused(api, task(api, repository=str(tmp_path)), "no git repository")
    git(tmp_path, "init", "-q")
    refused(api, task(api, repository=str(tmp_path)), "no commit yet")


def test_a_commit_or_branch_that_is_not_there_is_refused(api: Api, repository: Path) -> None:
    refused(api, task(api, repository=str(repository), version_num="1" * 40), "commit 111111111111 is not in")
    refused(api, task(api, repository=str(repository), branch="gone"), "gone is not in")


def test_a_folder_is_not_judged_when_the_queues_workers_are_on_other_machines(api: Api) -> None:
    queue = api("queues.create", name="elsewhere")["id"]
    made = task(api, repository="/shared/project")
    refused(api, made, "no", queue=queue)
    listening(api, queue, "far:gpu0", local=False)
    api("tasks.enqueue", task=made, queue=queue)


def test_a_difference_that_is_too_large_or_was_not_recorded_is_refused(api: Api) -> None:
    url = "https://example.org/x.git"
    refused(api, task(api, repository=url, diff="diff --git a/a b/a\n" + "+é\n" * 200_000), "come to 800 kB")
    refused(
        api,
        task(api, repository=url, diff="# WARNING! git diff too large to store, clear…\n"),
        "without them",
    )
    api("tasks.enqueue", task=task(api, repository=url, diff="diff --git a/a b/a\n" + "+a\n" * 100_000))


def test_an_interpreter_that_no_worker_of_the_queue_has_is_refused(api: Api) -> None:
    queue = api("queues.create", name="pythons")["id"]
    made = task(api, repository="https://example.org/x.git", binary="/usr/bin/python3.8")
    listening(api, queue, "one:cpu", "python3.10", "python3.11", "fast")
    refused(api, made, "Python 3.8, and the queue's workers have 3.10, 3.11", queue=queue)
    api("tasks.enqueue", task=task(api, binary="python3.10"), queue=queue)
    api("tasks.enqueue", task=task(api, binary="python3"), queue=queue)
    listening(api, queue, "two:cpu")  # one that says nothing may have it
    api("tasks.enqueue", task=made, queue=queue)


def test_what_is_no_python_and_no_shell_is_refused(api: Api) -> None:
    refused(api, task(api, binary="/usr/bin/perl"), "binary is /usr/bin/perl")
    api("tasks.enqueue", task=task(api, binary="/bin/bash"))


def test_a_task_without_code_is_refused_where_that_is_asked_for_as_the_page_does(api: Api) -> None:
    made = api.task()
    (one,) = api("tasks.enqueue_many", ids=[made], validate_tasks=True)["failed"]
    assert "has no code" in one["error"]["msg"] and api.status(made) == "created"
    api("tasks.enqueue", task=made)


def test_force_lets_it_wait_all_the_same(api: Api) -> None:
    made = task(api, repository="/home/nobody/project")
    api("tasks.enqueue", task=made, force=True)
    assert api.status(made) == "queued"


def test_a_late_word_of_the_agent_wipes_out_no_reason_for_an_end(api: Api) -> None:
    for how, late in (("failed", "worker execution exit code 3"), ("completed", "worker execution done")):
        made = api.task()
        api("tasks.started", task=made)
        api(f"tasks.{how}", task=made, status_reason="out of memory", status_message="out of memory")
        api(f"tasks.{how}", task=made, status_reason=late, status_message="Changed by clearml-agent")
        assert (api.get(made)["status_reason"], api.get(made)["status_message"]) == ("out of memory",) * 2
        api(f"tasks.{how}", task=made, status_reason="on second thought")
        assert api.get(made)["status_reason"] == "on second thought"
