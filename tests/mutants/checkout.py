"""A copy of the checkout that may be broken, and pytest in it."""

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

PYTEST = ["-m", "pytest"]
RECORDER = [str(Path(__file__).with_name("recorder.py"))]
LINKED = (".venv", "web/node_modules")  # what was installed is not copied
_moments = itertools.count(2)
_SHORT = ["-q", "-x", "-p", "no:cacheprovider", "--no-header", "-m", "not slow"]


def files(root: Path) -> list[str]:
    """What git tracks there or would, that is."""
    listed = _git(root, "ls-files", "-co", "--exclude-standard", "-z").split("\0")
    return sorted(name for name in listed if name and (root / name).is_file())


def changed(root: Path, commit: str) -> set[str]:
    """Names of files that differ from a commit."""
    return set(_git(root, "diff", "--name-only", "-z", commit).split("\0"))


def copied(root: Path, copy: Path) -> Path:
    """The checkout's files, as a repository of its own, with links to what was installed."""
    for name in files(root):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, copy / name)
    for name in LINKED:
        if (root / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).symlink_to((root / name).resolve())
    _git(copy, "init", "-q")
    _git(copy, "add", "-A")
    _git(copy, "-c", "user.name=mutants", "-c", "user.email=", "commit", "-qm", "a copy")
    return copy


def write(file: Path, content: bytes) -> None:
    """Write a module so that Python compiles it anew: each time with another moment of change."""
    file.write_bytes(content)
    moment = 1_000_000_000 + next(_moments)
    os.utime(file, (moment, moment))


def record(copy: Path, rooms: list[str], tests: list[str]) -> str:
    """Which test runs which line, as JSON. Raises RuntimeError when the tests fail without a change, too."""
    with tempfile.TemporaryDirectory(prefix="mutants-record-") as folder:
        environment = {"MUTANTS_RECORD": folder, "MUTANTS_ROOMS": ",".join(rooms)}
        options = [one for one in _SHORT if one != "-x"]
        done = _run(copy, [*RECORDER, *options, *tests], None, environment)
        if done is None or done[0] not in (0, 1) or not (Path(folder) / "record.json").exists():
            raise RuntimeError(f"the tests could not be run:\n{done and done[1]}")
        if done[0]:
            print(f"NOTE: some fail without any change and notice nothing:\n{done[1][-2000:]}")
        return (Path(folder) / "record.json").read_text()


def failing(copy: Path, tests: list[str], timeout: float) -> str:
    """The first of these tests that fails; `time` when they take too long; empty when all pass."""
    done = _run(copy, [*PYTEST, *_SHORT, *tests], timeout, {})
    if done is None:
        return "time"
    if done[0] in (0, 5):  # passed, or none of them is for this machine
        return ""
    found = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", done[1], re.MULTILINE)
    return found[1] if found else f"pytest's end {done[0]}"


def _run(
    copy: Path, arguments: list[str], timeout: float | None, environment: dict[str, str]
) -> tuple[int, str] | None:
    """Status and output; None when it took too long: it is ended then, with all that it started."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV"))}
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=copy,
        env={**clean, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout
