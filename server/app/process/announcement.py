"""`ready.json`: who serves a data folder, where and with which settings; there as long as somebody does."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.api import whole
from server.settings import Settings

NAME = "ready.json"


@dataclass(frozen=True)
class Announcement:
    """What a running server says of itself."""

    local_url: str
    settings: Settings
    ports: tuple[int, ...]  # those that it has; another program may have had one that it was to have


@contextmanager
def announced(settings: Settings, ports: Sequence[int]) -> Iterator[None]:
    """Say it for as long as the block runs."""
    file = settings.data / NAME
    facts = {
        "pid": os.getpid(),
        "url": settings.url,
        "local_url": settings.local_url,
        "conf": str(settings.conf_path.resolve()),
        "settings": dataclasses.asdict(settings),
        "ports": list(ports),
    }
    with whole.if_there_is_room():
        whole.write(file, json.dumps(facts, default=str))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def read(folder: Path) -> Announcement | None:
    """What the server of a folder said; None when there is nothing, or when another version of this code said it."""
    try:
        facts = json.loads((folder / NAME).read_text())
        known = {one.name for one in dataclasses.fields(Settings)}
        values = {name: value for name, value in facts["settings"].items() if name in known}
        settings = Settings(**{**values, "data": folder})
        return Announcement(facts["local_url"], settings, tuple(facts["ports"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
