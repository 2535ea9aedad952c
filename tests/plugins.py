"""For tests of plugins: the examples of docs/extending.md as files, and registries that are as before afterwards."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audio import registry
from audio.plugins import loading
from tests.conftest import ROOT

DOCUMENT = ROOT / "docs" / "extending.md"
BLOCK = re.compile(r'^```python title="([\w.]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)


def examples() -> dict[str, str]:
    """The whole files that the document shows, by their names."""
    return dict(BLOCK.findall(DOCUMENT.read_text()))


def write_examples(folder: Path) -> dict[str, Path]:
    """Each written into a folder, as a reader would; gives the paths by name: `model`, `dataset`, …"""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, text in examples().items():
        (folder / name).write_text(text)
        found[name.removeprefix("my_").removesuffix(".py")] = folder / name
    return found


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is registered and imported inside is gone afterwards."""
    for one in registry.EVERY:
        one.names()
    entries = [(one, dict(one.entries)) for one in registry.EVERY]
    kept = [(held, dict(held)) for held in (loading._loaded, loading._places)]
    modules, path = set(sys.modules), list(sys.path)
    outside = str(ROOT)
    try:
        yield
    finally:
        for one, before in entries:
            one.entries.clear()
            one.entries.update(before)
        for held, had in kept:
            held.clear()
            held.update(had)
        for name in set(sys.modules) - modules:
            file = str(getattr(sys.modules[name], "__file__", "") or "")
            if file and not file.startswith((outside, sys.prefix, sys.base_prefix)):
                del sys.modules[name]
        sys.path[:] = path
