"""The browser of the run, with a profile of its own, and what is watched while a page is open."""

import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",  # a microphone that beeps
    "--use-fake-ui-for-media-stream",  # and that may be used without a question
]


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """What drives browsers; a second one beside it would refuse to start."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(driver: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """One browser process for the whole run."""
    context = driver.chromium.launch_persistent_context(
        str(tmp_path_factory.mktemp("profile")),
        executable_path=CHROMIUM,
        args=FLAGS,
        viewport={"width": 1280, "height": 900},
        ignore_https_errors=True,  # a certificate that a test has made itself
    )
    yield context
    context.close()


class Watched:
    """What went on while a page was open, beyond what is seen."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        page.on("pageerror", lambda fault: self.errors.append(str(fault)))
        page.on("console", lambda said: self.errors.append(said.text) if _is_fault(said.text) else None)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname or ""))


def _is_fault(text: str) -> bool:
    return "Content Security Policy" in text or "Uncaught" in text
