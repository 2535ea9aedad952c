"""Opening the page in the browser of whoever started the server, where there is one."""

from __future__ import annotations

import html
import os
import sys
import webbrowser
from pathlib import Path

from server.api import whole

NAME = "open.html"


def is_graphical() -> bool:
    """Whether there is a screen: in a terminal alone, a browser for text would take it over."""
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def show(address: str, folder: Path) -> bool:
    """By way of a file that only its owner can read: everybody sees the words that a browser is started with."""
    file = folder / NAME
    target = html.escape(address, quote=True)
    whole.write(
        file,
        f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={target}">'
        f'<title>Soundyard</title><a href="{target}">Soundyard</a>\n',
    )
    try:
        return webbrowser.open(file.as_uri())
    except (webbrowser.Error, OSError):
        return False
