"""What has been moved already: one line for each step, written when the step is done. A run that was interrupted, or
one that comes later to bring what is new, goes on from there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Journal:
    """A map of (kind, old id) → what became of it, kept in a file that only grows."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._done: dict[tuple[str, str], Any] = {}
        if file.exists():
            whole = file.read_text().rpartition("\n")[0]  # a last line without its end was never finished
            for line in filter(None, whole.split("\n")):
                kind, old, result = json.loads(line)
                self._done[kind, old] = result
            file.write_text(whole + "\n" if whole else "")
        self._file = file.open("a")

    def get(self, kind: str, old: str) -> Any:
        """None when this step has not been done."""
        return self._done.get((kind, old))

    def all(self, kind: str) -> dict[str, Any]:
        return {old: result for (one, old), result in self._done.items() if one == kind}

    def note(self, kind: str, old: str, result: Any = True) -> Any:
        self._done[kind, old] = result
        self._file.write(json.dumps([kind, old, result]) + "\n")
        self._file.flush()
        return result

    def close(self) -> None:
        self._file.close()
