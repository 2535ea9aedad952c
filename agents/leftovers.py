"""What runs and tasks leave on the disk and among the processes, and how it is cleared."""

import shutil
from pathlib import Path

import psutil


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
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one, ignore_errors=True)
        else:
            one.unlink(missing_ok=True)
