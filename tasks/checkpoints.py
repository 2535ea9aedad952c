"""The last checkpoint, kept on the server while a task trains, so that a stopped or killed task goes on from it.

An agent's clone folder does not outlive the run and the next run may be on another machine: only what has been
uploaded survives. The artifact `checkpoint` is overwritten every `seconds`; a reset of the task drops it.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ARTIFACT = "checkpoint"
SHARE = 0.1  # of the time at most that uploading may take


class CheckpointKeeper:
    """Uploads checkpoints as they are written, but not all of them. Shaped like `on_checkpoint` in `audio/`."""

    def __init__(self, task: Any, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._task = task
        self._seconds = seconds
        self._clock = clock
        self._next = clock()  # the first one goes at once: a task killed early has something to resume
        self._newest: tuple[Path, int] | None = None
        self._kept = 0

    def __call__(self, path: Path, epoch: int) -> None:
        self._newest = (path, epoch)
        if self._clock() >= self._next:
            self.keep()

    def keep(self) -> int:
        """Upload the newest checkpoint unless the server has it. Returns its epoch, 0 when there is none yet."""
        if self._newest is None:
            return self._kept
        path, epoch = self._newest
        if epoch != self._kept:
            started = self._clock()
            self._task.upload_artifact(
                ARTIFACT,
                artifact_object=str(path),
                metadata={"epoch": epoch},
                wait_on_upload=True,
                preview=f"the whole state of the training after epoch {epoch}",
            )
            self._kept = epoch
            self._next = self._clock() + max(self._seconds, (self._clock() - started) / SHARE)
        return self._kept


def restore(task: Any) -> Path | None:
    """The checkpoint that an earlier run of this very task left on the server; None when there is none."""
    artifact = task.artifacts.get(ARTIFACT)
    if artifact is None:
        return None
    copy = artifact.get_local_copy(extract_archive=False, raise_on_error=False, force_download=True)
    if not copy:
        print(f"The checkpoint at {artifact.url} can't be downloaded; training starts anew.")
        return None
    return Path(copy)
