"""A page that a server with a finished main job has let in."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page

from tests.chromium import CHROMIUM, Watched
from tests.conftest import ServerProcess
from tests.main_job import finished_main_job, start_agents

VENDOR = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "preact"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say what is missing instead of failing on each test; CI installs both."""
    reason = ""
    if CHROMIUM is None:
        reason = "Chromium is missing: apt-get install chromium"
    elif not VENDOR.is_dir():
        reason = "the page's libraries are missing: make setup"
    for item in items:
        if reason and "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def job(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory, opened: ExitStack) -> dict[str, Any]:
    start_agents(server, tmp_path_factory.mktemp("agents"), opened)
    return finished_main_job(server)


_entered: dict[str, list[Any]] = {}


def enter(browser: BrowserContext, server: ServerProcess) -> None:
    """Let a browser in by a link; later by the cookie that came of it, as long as it holds."""
    if server.url in _entered:
        browser.add_cookies(_entered[server.url])
        modes = browser.request.post(f"{server.url}/api/login.supported_modes").json()["data"]
        if modes["authenticated"]:
            return
    assert browser.request.get(server.link()).ok
    _entered[server.url] = browser.cookies(server.url)


@pytest.fixture
def page(browser: BrowserContext, server: ServerProcess) -> Iterator[Page]:
    """A page of a browser that the shared server's link has let in. No error may be left, nothing asked of others."""
    browser.clear_cookies()
    enter(browser, server)
    tab = browser.new_page()
    tab.goto(f"{server.url}/api/debug.ping")
    tab.evaluate("() => localStorage.clear()")  # no test may see what another has chosen
    tab.set_default_timeout(15_000)
    watched = Watched(tab)
    yield tab
    tab.close()
    assert not watched.errors, watched.errors
    assert watched.hosts <= {"127.0.0.1", ""}, f"asked others: {watched.hosts}"


def choose_queue(page: Page, dialog: Locator, name: str) -> None:
    field = dialog.get_by_role("combobox", name="Queue")
    field.click()
    field.fill(name)
    page.get_by_role("option", name=re.compile(f"^{name}")).click()


@pytest.fixture
def queue(server) -> Callable[[str], str]:
    """A queue that nobody listens to, made anew."""

    def make(name: str) -> str:
        for old in server.call("queues.get_all", name=f"^{name}$")["queues"]:
            server.call("queues.delete", queue=old["id"], force=True)
        return str(server.call("queues.create", name=name)["id"])

    return make
