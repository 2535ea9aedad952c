"""A file on its way in: written beside the tree, so that only whole files get a name there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from server.api.errors import StorageFull
from server.api.whole import lacks_room


class Incoming:
    """A file on its way in. Raises from any method: StorageFull, when the disk has no room."""

    def __init__(self, folder: Path) -> None:
        with room():
            self._file = tempfile.NamedTemporaryFile(dir=folder, prefix="incoming-", delete=False)  # noqa: SIM115
        self.path = Path(self._file.name)
        self.size = 0

    def write(self, data: bytes) -> None:
        with room():
            self._file.write(data)
        self.size += len(data)

    def rest(self) -> None:
        """All of it has come: it needs no open file until it is finished."""
        with room():
            self._file.close()

    def finish(self, durable: bool) -> None:
        with room():
            self._file.close()
            if durable:
                with self.path.open("rb") as file:
                    os.fsync(file.fileno())

    def discard(self) -> None:
        """Remove what was written. After the move into place this does nothing."""
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def room() -> Iterator[None]:
    """Raises: StorageFull, where the system says that there is none."""
    try:
        yield
    except OSError as fault:
        if lacks_room(fault):
            raise StorageFull() from fault
        raise
