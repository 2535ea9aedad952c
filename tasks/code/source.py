"""What an agent fetches to run a task: a repository it can read, a commit that is in it, and the difference to here.

Agents fetch code with git. When the server is on this machine, its agents are too, and the working tree itself is the
repository: no remote, no push and no network are needed. Otherwise it is the remote, and whatever has not been
pushed travels as a difference. New Python files that git does not know yet are added to the difference; anything
else that would make the run fail on the agent is said here, before the task is enqueued.
"""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from audio.folders import installed
from tasks.client.connection import ROOT, Connection
from tasks.code import difference as differences
from tasks.errors import NotRunnable

OVERRIDE = "SOUNDYARD_REPOSITORY"  # a repository URL or path that the agents can read, when we guess wrong
LARGEST_DIFFERENCE = 500_000  # bytes; above it the full ClearML server stores no difference with a task
PACKAGES = ("audio", "tasks", "pipelines", "agents")  # what a task may import


@dataclass(frozen=True)
class Source:
    """Where the code of a run comes from."""

    repository: str  # URL or path
    commit: str  # 40 hexadecimal digits, in the repository
    branch: str  # empty when detached
    difference: str  # `git diff` from the commit to the working tree
    added: list[str] = field(default_factory=list)  # files unknown to git that the difference brings along

    def script(self, entry_point: str) -> dict[str, Any]:
        """The `script` section of a ClearML task; `entry_point` is `-m tasks.train` or a path in the repository."""
        return {
            "repository": self.repository,
            "version_num": self.commit,
            "branch": self.branch,
            "diff": self.difference,
            "working_dir": ".",
            "entry_point": entry_point,
            "binary": "python3",
            "requirements": {"pip": requirements()},
        }


COPY = """\
# The installed soundyard {version}: an agent's machine has to have it, too.
import sys
from importlib.metadata import PackageNotFoundError, version

try:
    found = version("soundyard")
except PackageNotFoundError:
    found = "none"
if found != "{version}":
    sys.exit(f"soundyard {version} has to be installed where the agent runs; there is {{found}}")

from {module} import main

if __name__ == "__main__":
    sys.argv[1:] = sys.argv[1:] or {arguments}
    sys.exit(main())
"""


@dataclass(frozen=True)
class Copy(Source):
    """An installed copy: its tasks are a few lines that start what is installed where the agent runs.

    No requirement is recorded for it: an agent that is not ours would ask a registry for a package of this name.
    """

    version: str = ""

    def script(self, entry_point: str) -> dict[str, Any]:
        program, *arguments = entry_point.removeprefix("-m ").split()
        module = program.removesuffix(".py").replace("/", ".")
        return {
            **super().script(f"soundyard_{module.rpartition('.')[2]}.py"),
            "diff": COPY.format(version=self.version, module=module, arguments=arguments),
            "requirements": {"pip": ""},
        }


def requirements() -> str:
    """What a run needs, for agents that build an environment of their own: requirements.txt without its comments."""
    if installed():
        return ""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return "\n".join(line.split("#")[0].strip() for line in lines if line.split("#")[0].strip())


def describe(connection: Connection, root: Path = ROOT) -> Source:
    """The source of the code under `root`, for agents of `connection`'s server.

    Raises:
        NotRunnable: it is no git checkout, has no commit, agents could not read it, or differs by too much.
    """
    if installed(root):
        return Copy("", "", "", "", version=metadata.version("soundyard"))
    if not _git(root, "rev-parse", "--git-dir", allow_failure=True):
        raise NotRunnable(
            f"{root} is not a git checkout, and agents fetch code with git. "
            "Make it one: git init && git add -A && git commit -m start"
        )
    if not _git(root, "rev-parse", "--verify", "--quiet", "HEAD", allow_failure=True):
        raise NotRunnable(f"{root} has no commit yet. Make one: git add -A && git commit -m start")
    repository, references = _repository(connection, root)
    commit = _newest_commit_in(references, root)
    if not commit:
        raise NotRunnable(
            f"No commit of this checkout is in {repository} yet, so that an agent would not find its code. "
            "Push it: git push -u origin HEAD"
        )
    added = _new_python_files(root)
    difference = differences.difference(root, commit, added)
    if len(difference.encode()) > LARGEST_DIFFERENCE:
        raise NotRunnable(
            f"The changes since commit {commit[:8]} come to {len(difference.encode()) // 1000} kB, too much to travel "
            "with a task. Commit them" + ("." if references == LOCAL else " and push.")
        )
    branch = _git(root, "symbolic-ref", "--short", "--quiet", "HEAD", allow_failure=True)
    return Source(repository, commit, branch, difference, added)


LOCAL = ("refs/heads", "refs/tags")
REMOTE = ("refs/remotes",)


def _repository(connection: Connection, root: Path) -> tuple[str, tuple[str, ...]]:
    """The repository that agents can read, and which references of ours tell what is in it."""
    named = os.environ.get(OVERRIDE)
    remote = _git(root, "config", "--get", "remote.origin.url", allow_failure=True)
    if named:
        return named, REMOTE if named == remote else LOCAL
    if connection.is_local:
        return str(root), LOCAL
    if not remote:
        raise NotRunnable(
            f"The server at {connection.api_server} is not on this machine, and this checkout has no remote from which "
            "its agents could fetch the code. Add one (git remote add origin URL; git push -u origin HEAD), or name "
            f"a repository that the agents can read in {OVERRIDE}."
        )
    if Path(remote).expanduser().exists():
        raise NotRunnable(
            f"The server at {connection.api_server} is not on this machine, and the remote {remote} is a folder of "
            f"this machine. Push to a remote that the agents can read, or name one in {OVERRIDE}."
        )
    return remote, REMOTE


def _newest_commit_in(references: Iterable[str], root: Path) -> str:
    """HEAD when a reference holds it, else the newest ancestor that one holds; empty when there is none."""
    head = _git(root, "rev-parse", "HEAD")
    if _git(root, "for-each-ref", "--count=1", "--contains", "HEAD", *references):
        return head
    known = _git(root, "for-each-ref", "--format=%(objectname)", *references).split()
    if not known:
        return head if tuple(references) == LOCAL else ""  # a clone takes a detached HEAD along
    walk = _git(root, "rev-list", "--boundary", "--topo-order", "HEAD", "--not", *known).splitlines()
    return next((line[1:] for line in walk if line.startswith("-")), "")


def _new_python_files(root: Path) -> list[str]:
    """Files that git neither tracks nor ignores and that a task might import."""
    listed = _git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", *PACKAGES)
    return sorted(name for name in listed.split("\0") if name.endswith(".py"))


def _git(root: Path, *arguments: str, allow_failure: bool = False) -> str:
    """What git prints, without the space around it."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            errors="surrogateescape",
            env=differences.clean_environment(),
        )
    except FileNotFoundError as fault:
        raise NotRunnable(
            "git is not installed, and agents fetch code with it: apt-get install git"
        ) from fault
    if done.returncode and not allow_failure:
        raise NotRunnable(f"git {arguments[0]} failed in {root}: {done.stderr.strip()}")
    if done.returncode and allow_failure:
        return ""
    return done.stdout.strip()
