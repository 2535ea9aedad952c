"""docs/ as a site: built strictly it holds every text, and neither the build nor a page asks for anything elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

ASKS = re.compile(r'<(?:script|img|iframe|source|link)\b[^>]*?(?:src|href)="((?:https?:)?//[^"]+)"')
OFFLINE = """
import socket
def refused(*_): raise OSError("a build asks for nothing elsewhere")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refused
from mkdocs.__main__ import cli
cli()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, "build", "--strict", "--site-dir", str(folder)], cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def test_every_text_is_a_page_that_the_menu_leads_to(site):
    texts = [path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")]
    index = (site / "index.html").read_text()
    assert [str(one) for one in texts if not (site / one).exists()] == []
    assert [str(one) for one in texts if f'href="{one}"' not in index and one.name != "index.html"] == []


def test_a_reader_s_browser_is_sent_nowhere_else(site):
    asked = {name for page in site.rglob("*.html") for name in ASKS.findall(page.read_text())}
    assert asked == set()
    styles = "".join(sheet.read_text() for sheet in site.rglob("*.css"))
    assert re.findall(r"url\((?:\"|')?(?:https?:)?//[^)]+\)", styles) == []


def test_what_is_made_from_the_code_is_there(site):
    python = (site / "python.html").read_text()
    assert 'id="soundyard.runs"' in python and "DataFrame" in python
    assert "--services-mode" in (site / "options.html").read_text()
    assert "learning_rate" in (site / "parameters.html").read_text()
