"""Finding the Python that a task was recorded with, among those of this machine."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMED = re.compile(r"^python(\d+(?:\.\d+)?)?(?:\.\d+)*$")


SHELLS = ("bash", "sh", "zsh")  # what the agent runs besides Python


def recorded(binary: str) -> str | None:
    """`3.10` of `/usr/bin/python3.10`; empty for any Python 3; None when the code is not Python's."""
    name = Path(binary.strip() or "python3").name
    found = NAMED.match(name)
    if found is None:
        return "" if name.startswith("python") else None
    version = found[1] or ""
    return "" if version in ("", "3") else version


def running() -> str:
    """The version of this process's Python, without the patch level."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def find(version: str) -> Path | None:
    """An interpreter of this version (`3.10`; empty: the one that runs this), as a real file that starts."""
    if version in ("", running()):
        return Path(getattr(sys, "_base_executable", sys.executable))
    return next((one for one in _candidates(version) if starts(one, version)), None)


def _candidates(version: str) -> Iterator[Path]:
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if folder and (Path(folder) / f"python{version}").exists():
            yield Path(folder) / f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser() / "versions"
    yield from sorted(pyenv.glob(f"{version}.*/bin/python{version}"), reverse=True)
    uv = find_uv()
    if uv:
        asked = [str(uv), "python", "find", "--no-cache", "--no-python-downloads", "--no-project", version]
        told = subprocess.run(asked, capture_output=True, text=True, cwd="/")
        if told.returncode == 0 and told.stdout.strip():
            yield Path(told.stdout.strip())


def starts(python: Path, version: str) -> bool:
    """Whether this is a Python of this version: pyenv leaves shims of versions that are not chosen."""
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        told = subprocess.run(
            [str(python), "-c", program], capture_output=True, text=True, timeout=30, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return told.returncode == 0 and (told.stdout.strip() + ".").startswith(version + ".")


def installed() -> list[str]:
    """Versions from 3.7 on that this machine has an interpreter of."""
    return [version for version in (f"3.{minor}" for minor in range(7, 16)) if find(version)]


def find_uv() -> Path | None:
    """`uv`, on the path or beside this Python."""
    beside = Path(sys.executable).with_name("uv")
    found = shutil.which("uv")
    return Path(found) if found else beside if beside.exists() else None
