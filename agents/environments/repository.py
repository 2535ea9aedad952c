"""What lies at the top of a task's repository: whether a lock file says what is to be installed.

A repository on this machine is asked itself, in milliseconds. Any other is asked once the agent has it in its cache
of repositories; for a commit that is not in there yet, the agent's own code fetches it.
"""

import hashlib
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

FULL = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
NOT_THERE = re.compile(
    r"not a tree|not our ref|unable to read tree|not a commit|no such ref|Remote branch .* not found"
)
SAFE = ":@!$&'()*+,;=~%"  # in the name of a cached repository; the agent writes other letters as %20
AS_CACHED = ["."]  # what the agent's `git fetch` is given: the cached repository itself, without a network
LOCKS = {"uv.lock": "uv", "poetry.lock": "poetry"}
FETCH = """
import sys
from clearml_agent.helper.repo import clone_repository_cached
from clearml_agent.session import Session
from types import SimpleNamespace
session = Session(config_file=sys.argv[1])
asked = SimpleNamespace(repository=sys.argv[2], version_num=sys.argv[3], branch=sys.argv[4], tag="", docker_cmd="",
                        entry_point=".", working_dir=".")
clone_repository_cached(session, asked, sys.argv[5])
"""


class Unreachable(Exception):
    """The repository can't be fetched by this machine, whatever of it is asked for; the message is git's."""


@dataclass(frozen=True)
class Top:
    """The files that matter, from the working directory up to the root: the nearest first."""

    folder: str  # of the lock, in the repository; `.` for the root
    manager: str  # `uv` or `poetry`; empty without a lock
    requirements: str | None  # text of requirements.txt; None when there is none
    packaged: bool  # setup.py, setup.cfg or pyproject.toml
    lfs: bool = False  # it keeps files with Git LFS


def look(script: dict[str, Any], cache: Path) -> Top | None:
    """None when the repository can't be looked into. `cache`: the agent's folder of cached repositories."""
    url = str(script.get("repository") or "")
    commit = str(script.get("version_num") or script.get("branch") or "HEAD")
    if not url:
        return Top(".", "", None, False)
    for folder in (_folder(url), _cached(url, cache)):
        if folder.is_dir() and _git(folder, "cat-file", "-e", f"{commit}^{{commit}}") is not None:
            return _top(folder, commit, str(script.get("working_dir") or "."), str(script.get("diff") or ""))
    return None


def is_moving(script: dict[str, Any]) -> bool:
    """Whether it is a branch of a repository elsewhere, of which only a fetch tells where it stands."""
    url = str(script.get("repository") or "")
    return (
        bool(url) and not _folder(url).is_dir() and not FULL.fullmatch(str(script.get("version_num") or ""))
    )


def is_cached(script: dict[str, Any], cache: Path, *, fetched: bool) -> bool:
    """Whether the agent's cache has all of the code: by its commit, or since it was `fetched` just now.

    A commit with submodules is left to the agent, which fetches theirs.
    """
    url, commit = str(script.get("repository") or ""), str(script.get("version_num") or "")
    if not url or not (fetched or FULL.fullmatch(commit)):
        return False
    commit = commit or f"origin/{script['branch']}" if script.get("branch") else commit or "HEAD"
    names = _git(_cached(url, cache), "ls-tree", "--name-only", commit)
    return names is not None and ".gitmodules" not in names.splitlines()


def _folder(url: str) -> Path:
    return Path(url.removeprefix("file://")).expanduser()


def _cached(url: str, cache: Path) -> Path:
    """Where the agent keeps its clone of a repository."""
    name = quote(Path(urlsplit(url).path).name, safe=SAFE)
    return cache / f"{name}.{hashlib.md5(url.encode(), usedforsecurity=False).hexdigest()}" / name


def _top(folder: Path, commit: str, working: str, diff: str) -> Top:
    root = set((_git(folder, "ls-tree", "--name-only", commit) or "").splitlines())
    inner = working.strip("./")
    below = (
        set((_git(folder, "ls-tree", "--name-only", f"{commit}:{inner}") or "").splitlines())
        if inner
        else set()
    )
    root |= {name for name in LOCKS if f"+++ b/{name}\n" in diff}
    attributes = _git(folder, "show", f"{commit}:.gitattributes") if ".gitattributes" in root else None
    lfs = "filter=lfs" in (attributes or "")
    for place, names in ((inner, below), (".", root)):
        lock = next((name for name in LOCKS if name in names), None)
        if lock and "pyproject.toml" in names:
            return Top(place, LOCKS[lock], None, True, lfs)
    text = _git(folder, "show", f"{commit}:requirements.txt") if "requirements.txt" in root else None
    return Top(".", "", text, bool({"setup.py", "setup.cfg", "pyproject.toml"} & root), lfs)


def _git(folder: Path, *arguments: str) -> str | None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_DIR")}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        env=environment,
    )
    return done.stdout if done.returncode == 0 else None


def fetch(script: dict[str, Any], settings: Path, scratch: Path) -> str:
    """Let the agent's own code put the repository into its cache, with its credentials.

    Returns: git's error where the repository lacks what the task wants of it.
    Raises: Unreachable.
    """
    asked = [str(script.get(name) or "") for name in ("repository", "version_num", "branch")]
    command = [sys.executable, "-c", FETCH, str(settings), *asked, str(scratch)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=600)
    except subprocess.TimeoutExpired:
        raise Unreachable("it took longer than ten minutes") from None
    found = re.search(r"^fatal: (.+(?<!:)|.+:(?:\n.+)?)$", done.stdout + done.stderr, re.MULTILINE)
    said = " ".join(found[1].split()) if found else ""
    if said and not NOT_THERE.search(said):
        raise Unreachable(said)
    return said
