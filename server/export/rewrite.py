"""Documents name other objects by id, and files by address. Both change; wherever they stand, they are rewritten."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


class Rewriter:
    """`ids`: old → new, may grow. `addresses`: the file addresses clients of this server were given."""

    def __init__(self, ids: Mapping[str, str], addresses: Iterable[str], files: str) -> None:
        self._ids = ids
        known = sorted({one.rstrip("/") for one in addresses}, key=len, reverse=True)
        self._address = re.compile("(?:" + "|".join(map(re.escape, known)) + r")(?=/)") if known else None
        self._files = files

    def text(self, text: str) -> str:
        """An id's neighbours may be anything but further hexadecimal digits: ids stand in paths and in JSON."""
        if self._address:
            text = self._address.sub(lambda _: self._files, text)
        return _ID.sub(lambda found: self._ids.get(found[0], found[0]), text)

    def document(self, document: Any) -> Any:
        """The same in every string of a document, keys included."""
        return json.loads(self.text(json.dumps(document, ensure_ascii=False)))
