"""Whether any agent could run a task: said before it waits in a queue, as far as this server can tell.

A repository that is a folder is looked into when the queue's workers are on this machine, or when none is known.
Workers that were started by this project's agents say which Pythons they have, by their tags, and what tasks run in.
"""

from __future__ import annotations

import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from server.api.errors import TaskValidationError
from server.domain.tasks import transitions
from server.domain.workers import environments, workers
from server.store import Store

LARGEST_DIFFERENCE = 500_000  # bytes; ClearML stores no larger one
NOT_STORED = "# WARNING! git diff too large to store"
"""What the SDK records in place of a larger one; an agent would run the code without it."""
RUN_BY_AGENTS = ("python", "bash", "sh", "zsh")
PYTHON_TAG = re.compile(r"^python(\d+\.\d+)$")
FOLDER = re.compile(r"^(file://|/|~|\.\.?(/|$)|[A-Za-z]:[\\/])")
WORKER_LIFE = timedelta(minutes=10)
GIT_SECONDS = 5.0


def check(store: Store, task: str, queue: str | None, now: datetime, *, complete: bool = False) -> None:
    """Refuse a task that no agent can run. `complete`: one without any code, too. Not for use in a transaction.

    Raises:
        InvalidTaskId.
        TaskValidationError: with the reason, and what to do.
    """
    found = transitions.existing(store, task, ("script", "container"))
    script = found.get("script") or {}
    wrong = _difference(script) or _empty(script, found.get("container") or {}, complete)
    if not wrong and (script.get("repository") or script.get("binary")):
        workers = [one for one in store.workers.all(seen_after=now - WORKER_LIFE) if queue in one["queues"]]
        wrong = _repository(script, workers) or _interpreter(script, workers)
    if wrong:
        raise TaskValidationError(wrong, task=task)


def note(store: Store, task: str, queue: str, now: datetime) -> str:
    """Why no worker of the queue takes the task now, or would run it in what it has recorded; empty where one would, or
    nobody can tell.

    No reason to refuse it: who starts an agent with `--environment installed` wants it so, and what is held goes on.
    """
    listening = [one for one in store.workers.all(seen_after=now - WORKER_LIFE) if queue in one["queues"]]
    held = {worker["id"]: workers.held(worker, now) for worker in listening}
    if held and all(held.values()):
        return _none(held, "takes no task at present", "takes any task at present")
    found = transitions.existing(store, task, ("script", "hyperparams"))
    script = found.get("script") or {}
    properties = (found.get("hyperparams") or {}).get("properties") or {}
    forced = str((properties.get(environments.PROPERTY) or {}).get("value") or "").strip().lower()
    why: dict[str, str] = {}
    for worker in listening:
        environment = environments.of(worker)
        why[worker["id"]] = environments.differs(environment, script, forced) if environment else ""
    if not why or not all(why.values()):
        return ""
    recorded = "it in what it has recorded"
    return _none(why, f"does not run {recorded}", f"runs {recorded}")


def _none(why: dict[str, str], one: str, several: str) -> str:
    """What no worker of a queue does, by their ids, and why the first does not."""
    first = next(iter(why))
    if len(why) == 1:
        return f"the queue's worker {first} {one}: {why[first]}"
    return f"none of the queue's {len(why)} workers, {first} for one, {several}: {why[first]}"


def _difference(script: dict[str, Any]) -> str:
    difference = script.get("diff") or ""
    if difference.lstrip().startswith(NOT_STORED):
        return (
            "its uncommitted changes were too large to be recorded, and an agent would run the code without them. "
            "Commit them and run it again, or clear the task's uncommitted changes to run it without"
        )
    size = len(difference.encode(errors="surrogatepass")) if len(difference) > LARGEST_DIFFERENCE // 4 else 0
    if size > LARGEST_DIFFERENCE:
        return f"its uncommitted changes come to {size // 1000} kB, over the limit of 500. Commit them and run it again"
    return ""


def _empty(script: dict[str, Any], container: dict[str, Any], complete: bool) -> str:
    code = any(str(script.get(part) or "").strip() for part in ("repository", "entry_point", "diff"))
    if not complete or code or container.get("setup_shell_script"):
        return ""
    return "it has no code: neither a repository nor a script. Set them in its Execution tab"


def _repository(script: dict[str, Any], workers: list[dict[str, Any]]) -> str:
    url = str(script.get("repository") or "")
    if not FOLDER.match(url) or (workers and not any(one["local"] for one in workers)):
        return ""
    folder = Path(url.removeprefix("file://")).expanduser()
    if not folder.is_absolute() or not folder.is_dir():
        return (
            f"its repository {url} is a folder, and this machine has none of that name. Push the code where the "
            "queue's workers can read it, and set that address"
        )
    try:
        return _commit(script, folder)
    except (OSError, subprocess.TimeoutExpired):
        return ""  # without git here, or on a disk that does not answer, nothing can be told


def _commit(script: dict[str, Any], folder: Path) -> str:
    if not _git(folder, "rev-parse", "--git-dir"):
        return f"its repository {folder} is no git repository any more"
    commit, branch = str(script.get("version_num") or ""), str(script.get("branch") or "")
    for wanted in filter(None, (commit or branch, script.get("tag") if not commit else "")):
        if _git(folder, "cat-file", "-e", f"{wanted}^{{commit}}"):
            continue
        what = f"commit {wanted[:12]}" if commit else wanted
        return f"{what} is not in its repository {folder}: it was rewritten, or never committed there"
    if not commit and not branch and not _git(folder, "rev-parse", "--verify", "HEAD"):
        return f"its repository {folder} has no commit yet"
    return ""


def _git(folder: Path, *arguments: str) -> bool:
    command = ["git", "-c", "safe.directory=*", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, timeout=GIT_SECONDS).returncode == 0


def _interpreter(script: dict[str, Any], workers: list[dict[str, Any]]) -> str:
    binary = str(script.get("binary") or "")
    name = binary.replace("\\", "/").rsplit("/", 1)[-1]
    if name and not name.startswith(RUN_BY_AGENTS):
        return f"its binary is {binary}, and agents run Python and shells. Set it to python3"
    version = re.match(r"python(\d+\.\d+)", name)
    have = [_pythons(one) for one in workers]
    if not version or not have or any(not one or version[1] in one for one in have):
        return ""  # a worker that says nothing may have it
    there = ", ".join(
        sorted({one for each in have for one in each}, key=lambda one: int(one.partition(".")[2]))
    )
    return (
        f"it was recorded with Python {version[1]}, and the queue's workers have {there}. "
        "Install it there, or set the task's binary to python3"
    )


def _pythons(worker: dict[str, Any]) -> set[str]:
    return {found[1] for tag in worker["tags"] if (found := PYTHON_TAG.match(tag))}
