"""Every page that has an address of its own and shows no one task: what all pages do is tried on all of these."""

import re

from tests.conftest import ROOT

_PAGE = (ROOT / "web" / "pages" / "settings" / "page.js").read_text()
SETTINGS = tuple(f"settings/{section}" for section in re.findall(r'\{ id: "(\w+)", label', _PAGE))
LISTS = ("", "projects", "pipelines", "datasets", "models", "queues", "workers", "kit")
PLACES = (*LISTS, *SETTINGS)
