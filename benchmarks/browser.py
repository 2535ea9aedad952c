"""A headless Chromium to measure pages in, and what its debugger counts."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import CDPSession, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def opened(width: int = 1920, height: int = 1080) -> Iterator[Page]:
    """A page of a browser with a fresh profile; sounds may start without a click."""
    with (
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory(
            ignore_cleanup_errors=True
        ) as profile,  # the browser may still be writing
    ):
        browser = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            args=[*FLAGS, "--autoplay-policy=no-user-gesture-required", "--enable-precise-memory-info"],
            viewport={"width": width, "height": height},
        )
        yield browser.new_page()
        browser.close()


class Meter:
    """Counts what a page costs from here on."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Performance.enable")
        self._session.send("Network.enable")
        self._asked: dict[str, str] = {}
        self.bytes: dict[str, float] = {"api": 0.0, "rest": 0.0}
        self._session.on("Network.requestWillBeSent", self._sent)
        self._session.on("Network.loadingFinished", self._finished)

    def _sent(self, event: dict) -> None:
        self._asked[event["requestId"]] = event["request"]["url"]

    def _finished(self, event: dict) -> None:
        kind = "api" if "/api/" in self._asked.get(event["requestId"], "") else "rest"
        self.bytes[kind] += event["encodedDataLength"]

    def _metrics(self) -> dict[str, float]:
        answer = self._session.send("Performance.getMetrics")
        return {one["name"]: one["value"] for one in answer["metrics"]}

    def busy(self) -> float:
        """Seconds of the main thread so far."""
        return self._metrics()["TaskDuration"]

    def heap_mb(self) -> float:
        """JavaScript's heap after a collection."""
        self._session.send("HeapProfiler.collectGarbage")
        return self._metrics()["JSHeapUsedSize"] / 1e6
