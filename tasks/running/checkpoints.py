"""The last checkpoint, kept on the server while a task trains, so that a stopped or killed task goes on from it.

An agent's clone folder does not outlive the run and the next run may be on another machine: only what has been
uploaded survives for sure. The artifact `checkpoint` is replaced every `seconds`, and the one before stays as
`checkpoint-before`; a reset of the task drops both. On the machine that trained, checkpoints are besides kept in the
task's folder: a server that was away costs nothing there.
"""

import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from audio.errors import CheckpointError
from tasks.running.outages import Line, first_line, say
from tasks.running.outbox import Outbox

ARTIFACT = "checkpoint"
BEFORE = "checkpoint-before"
FILES = ("checkpoint-a.pt", "checkpoint-b.pt")  # in turn: an upload that breaks off damages no earlier one
SHARE = 0.1  # of the time at most that uploading may take
OWNER = "training"  # the file, and the task's runtime property, that tell whose folder it is


class CheckpointKeeper:
    """Uploads checkpoints as they are written, but not all of them. Shaped like `on_checkpoint` in `audio/`."""

    def __init__(
        self, task: Any, outbox: Outbox, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._task, self._outbox, self._seconds, self._clock = task, outbox, seconds, clock
        self._next = clock()  # the first one goes at once: a task killed early has something to resume
        self._newest: tuple[Path, int] | None = None
        self._posted = 0
        self._took = 0.0  # s of the last upload
        self.arrived = 0  # epoch of the checkpoint that the server has

    def __call__(self, path: Path, epoch: int) -> None:
        self._newest = (path, epoch)
        if self._clock() >= self._next:
            self.post()

    def post(self) -> None:
        """Put the newest checkpoint on its way, unless it is."""
        if self._newest is None or self._newest[1] == self._posted:
            return
        path, epoch = self._newest
        self._outbox.post_file(ARTIFACT, path, lambda kept: self._send(kept, epoch))
        self._posted = epoch
        self._next = self._clock() + max(self._seconds, self._took / SHARE)

    def keep(self, seconds: float | None = None) -> int:
        """Put the newest checkpoint on its way and wait for it, so long at most; gives the epoch that arrived."""
        self.post()
        self._outbox.settle(seconds)
        return self.arrived

    def _send(self, kept: Path, epoch: int) -> None:
        """Upload a checkpoint; the one that was there becomes the one before."""
        started = self._clock()
        earlier = self._task.artifacts.get(ARTIFACT)
        name = FILES[1] if earlier is not None and str(earlier.url).endswith(FILES[0]) else FILES[0]
        named = kept.with_name(name)
        named.unlink(missing_ok=True)
        try:
            os.link(kept, named)
        except OSError:
            shutil.copyfile(kept, named)
        try:
            self._task.upload_artifact(
                ARTIFACT,
                artifact_object=str(named),
                metadata={"epoch": epoch, "sha256": sha256(named)},
                wait_on_upload=True,
                preview=f"the whole state of the training after epoch {epoch}",
            )
        finally:
            named.unlink(missing_ok=True)
        if earlier is not None:
            self._task.upload_artifact(
                BEFORE, artifact_object=str(earlier.url), metadata=dict(earlier.metadata)
            )
        self.arrived = epoch
        self._took = self._clock() - started


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def claim(task: Any, folder: Path) -> None:
    """Make the folder that of this training; what a training before a reset of the task left in it is removed."""
    owner = folder / OWNER
    known = str(task._get_runtime_properties().get(OWNER) or "")  # a reset drops them
    if known and owner.exists() and owner.read_text() == known:
        return
    for one in folder.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()
    if not known:
        known = uuid.uuid4().hex
        task._set_runtime_properties({OWNER: known})
    owner.write_text(known)


def restore(task: Any, folder: Path, line: Line) -> Path | None:
    """The newest whole checkpoint of an earlier run of this very task, here or on the server; None when there is none.

    Raises CheckpointError when there were some and none can be used.
    """
    broken = []
    for _, where, fetch in sorted(_candidates(task, folder, line), key=lambda one: -one[0]):
        try:
            return _whole(fetch(), where)
        except CheckpointError as fault:
            say(f"note: {fault} The one before is tried.")
            broken.append(where)
    if broken:
        raise CheckpointError(
            f"No checkpoint of this task can be used ({', '.join(broken)}). Reset the task to train it anew."
        )
    return None


Candidate = tuple[int, str, Callable[[], Path]]  # the epoch, where it is, how to get it


def _candidates(task: Any, folder: Path, line: Line) -> Iterator[Candidate]:
    from audio.checkpoints.generations import epoch_of, generations

    for path in generations(folder / "last.pt"):
        yield epoch_of(path), str(path), partial(Path, path)
    for name in (ARTIFACT, BEFORE):
        artifact = task.artifacts.get(name)
        if artifact is not None:
            epoch = int((artifact.metadata or {}).get("epoch") or 0)
            yield epoch, str(artifact.url), partial(_download, artifact, line)


def _whole(path: Path, where: str) -> Path:
    from audio.checkpoints.generations import load

    try:
        load(path)
    except CheckpointError as fault:
        raise CheckpointError(f"The checkpoint {where} can't be used: {first_line(fault)}") from fault
    return path


def _download(artifact: Any, line: Line) -> Path:
    """An artifact as a file whose content is what was uploaded. Raises CheckpointError."""

    def fetch() -> Path:
        copy = artifact.get_local_copy(extract_archive=False, raise_on_error=False, force_download=True)
        if not copy:
            raise OSError("it can't be downloaded")
        return Path(copy)

    try:
        path = line.persist("downloading the checkpoint", fetch)
    except OSError as fault:
        raise CheckpointError(f"The checkpoint at {artifact.url}: {fault}.") from fault
    wanted = (artifact.metadata or {}).get("sha256")
    if wanted and sha256(path) != wanted:
        raise CheckpointError(
            f"The checkpoint at {artifact.url} is damaged: its sha256 is not {wanted[:12]}…."
        )
    return path
