"""What agents and their tasks leave in `.soundyard/agents/`, how much it may be, and how it is cleared.

Whatever is cleared here can be made again: clones, built environments, repositories, downloaded packages. Something
that was used within the hour is left, because a task may be using it.
"""

import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from agents.left import processes

GB = 1_000_000_000
HOUR, DAY = 3600.0, 86400.0
LOG_BYTES = 20_000_000
LOG_DAYS = 30


@dataclass(frozen=True)
class Part:
    """A folder of an agent's folder, and how much is kept there."""

    name: str
    about: str
    most: float  # bytes; what was not used for the longest time goes first
    days: float  # that something unused is kept


PARTS = (
    Part("environments", "built environments, for tasks with the same requirements", 10 * GB, 30),
    Part("repositories", "cached repositories", 5 * GB, 30),
    Part("packages", "downloaded packages", 5 * GB, 90),
    Part("temporary", "temporary files", 1 * GB, 2),
    Part("tools", "Pythons and package managers for tasks", 1 * GB, 365),
)
CLONES = "clones*"  # of the tasks that run, or ran last; each is cleared for the next


def own_code(child: int) -> list[int]:
    """Process ids of a task's own code: the agent's process once it has become it, else what that has started."""
    try:
        process = psutil.Process(child)
        if "clearml_agent" not in process.cmdline():
            return [child]
        return [one.pid for one in process.children()] or [child]
    except psutil.Error:
        return []


def clear(folder: Path) -> None:
    """Remove everything in a folder."""
    for one in folder.iterdir() if folder.is_dir() else ():
        remove(one)


def remove(one: Path) -> None:
    """A file, a link or a whole folder; what can't be removed is left."""
    try:
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one, ignore_errors=True)
        else:
            one.unlink(missing_ok=True)
    except OSError:
        return


def size(place: Path) -> int:
    """Bytes on the disk, in all; a file with several names counts once."""
    seen: set[int] = set()
    total = 0
    for file in (place, *place.rglob("*")) if place.is_dir() else (place,):
        try:
            about = file.lstat()
        except OSError:
            continue
        if about.st_ino not in seen:
            seen.add(about.st_ino)
            total += about.st_blocks * 512
    return total


def prune(home: Path, *, everything: bool = False) -> int:
    """Keep each part within its bounds; `everything`: clear all that no task can be using.

    Returns: the bytes that were freed.
    """
    running = processes.running(home)
    oldest = min((agent.began for agent in running), default=time.time())
    freed = 0
    for part in PARTS:
        before = (
            oldest if part.name == "temporary" else time.time() - HOUR
        )  # an agent's own lie there while it runs
        most, days = (0.0, 0.0) if everything else (part.most, part.days)
        freed += _prune(home / part.name, most, days * DAY, before)
    for clone in home.glob(CLONES) if everything and not running else ():
        freed += _prune(clone, 0, 0, time.time())
    names = {agent.name for agent in running}
    for log in (*home.glob("*.log"), *home.glob("*.log.1")):
        if log.name.partition(".log")[0] not in names and (everything or _age(log) > LOG_DAYS * DAY):
            freed += size(log)
            remove(log)
    return freed


def _prune(folder: Path, most: float, seconds: float, before: float) -> int:
    """`before`: s since the epoch; what has changed since is left."""
    kept = freed = 0
    for one in sorted(_entries(folder), key=_age):  # the youngest first
        taken, age = size(one), _age(one)
        if time.time() - age < before and (kept + taken > most or age > seconds):
            remove(one)
            freed += taken
        else:
            kept += taken
    return freed


def _entries(folder: Path) -> Iterator[Path]:
    return (
        (one for one in folder.iterdir() if not one.name.endswith(".lock")) if folder.is_dir() else iter(())
    )


def _age(place: Path) -> float:
    """Seconds since something in it, at most two floors down, has changed."""
    floors: Iterable[Path] = (place, *place.glob("*"), *place.glob("*/*"), *place.glob("*/.git/FETCH_HEAD"))
    return min((time.time() - one.lstat().st_mtime for one in floors if one.exists()), default=0.0)


def bound_log(log: Path, most: int = LOG_BYTES) -> None:
    """Move a log that has grown long to `.log.1`, its last part only, and begin anew; the writer appends."""
    try:
        if log.stat().st_size <= most:
            return
        with log.open("rb+") as opened:
            opened.seek(-(most // 2), 2)
            log.with_suffix(".log.1").write_bytes(opened.read())
            opened.truncate(0)
    except OSError:
        return
