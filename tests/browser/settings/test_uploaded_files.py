"""Uploaded HTML, SVG and XML, opened in a real browser that is signed in: nothing of it runs, nothing is done with
the session; pictures, sounds and text are shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import enter
from tests.conftest import ServerProcess
from tests.e2e.writers import headers

ATTACK = (
    "fetch('/api/auth.create_credentials', {method: 'POST', body: '{}'}); document.title = 'taken over';"
    "parent.postMessage('taken over', '*')"
)
FILES = {
    "script.html": f"<title>quiet</title><script>{ATTACK}</script>",
    "handler.html": f'<title>quiet</title><img src=x onerror="{ATTACK}">',
    "loads.html": "<title>quiet</title><script src='/files/attack/attack.js'></script>",
    "form.html": "<form id=f action='/api/auth.create_credentials' method=post></form><body onload='f.submit()'>"
    "<meta http-equiv=refresh content='0;url=javascript:f.submit()'>",
    "image.svg": f'<svg xmlns="http://www.w3.org/2000/svg" onload="{ATTACK}"><script>{ATTACK}</script></svg>',
    "page.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><head><script>{ATTACK}</script></head></html>',
    "sheet.xml": f'<x:script xmlns:x="http://www.w3.org/1999/xhtml">{ATTACK}</x:script>',
    "sniffed.txt": f"<html><script>{ATTACK}</script></html>",
    "sniffed": f"<html><script>{ATTACK}</script></html>",
    "attack.js": ATTACK,
}
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def folder(server: ServerProcess) -> str:
    for name, content in {**FILES, "pixel.png": PIXEL}.items():
        part = {"f": (f"attack/{name}", content)}
        assert requests.post(f"{server.url}/files", files=part, headers=headers(server), timeout=30).ok
    return f"{server.url}/files/attack"


@pytest.fixture
def page(browser: BrowserContext, server: ServerProcess) -> Iterator[Page]:
    """A tab of a browser that is signed in."""
    enter(browser, server)
    page = browser.new_page()
    yield page
    page.close()


def keys(server: ServerProcess) -> int:
    return len(server.admin("auth.get_credentials")["credentials"])


def test_the_attack_works_where_scripts_may_run(page: Page, server: ServerProcess, folder: str) -> None:
    before = keys(server)
    page.goto(server.url)
    page.evaluate(ATTACK)
    page.wait_for_function("document.title == 'taken over'")
    page.wait_for_timeout(300)
    assert keys(server) == before + 1


@pytest.mark.parametrize("name", FILES)
def test_an_uploaded_file_opened_in_a_tab_runs_nothing(
    page: Page, server: ServerProcess, folder: str, name: str
) -> None:
    before = keys(server)
    try:
        page.goto(f"{folder}/{name}")
    except Exception as fault:  # what is sent as a download opens no page
        assert "Download is starting" in str(fault) or "ERR_ABORTED" in str(fault)
    page.wait_for_timeout(300)
    assert page.title() != "taken over"
    assert keys(server) == before


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(("html", "svg", "xml"))])
def test_an_uploaded_file_framed_by_the_page_runs_nothing(
    page: Page, server: ServerProcess, folder: str, name: str
) -> None:
    before = keys(server)
    page.goto(server.url)
    page.evaluate(
        """address => new Promise(done => {
            window.told = []
            addEventListener('message', event => window.told.push(event.data))
            const frame = document.createElement('iframe')
            frame.onload = () => setTimeout(done, 300)
            setTimeout(done, 2000)
            frame.src = address
            document.body.append(frame)
        })""",
        f"{folder}/{name}",
    )
    assert page.evaluate("window.told") == []
    assert keys(server) == before


def test_the_page_can_not_load_an_uploaded_script(page: Page, server: ServerProcess, folder: str) -> None:
    before = keys(server)
    page.goto(server.url)
    outcome = page.evaluate(
        """address => new Promise(done => {
            const script = document.createElement('script')
            script.onload = () => done('loaded'); script.onerror = () => done('refused')
            script.src = address
            document.body.append(script)
        })""",
        f"{folder}/attack.js",
    )
    assert outcome == "refused"
    assert keys(server) == before


def test_the_page_can_show_an_uploaded_picture(page: Page, server: ServerProcess, folder: str) -> None:
    page.goto(server.url)
    for name in ("pixel.png", "image.svg"):
        width = page.evaluate(
            """address => new Promise((done, failed) => {
                const image = new Image()
                image.onload = () => done(image.complete); image.onerror = failed
                image.src = address
            })""",
            f"{folder}/{name}",
        )
        assert width


def test_a_file_is_not_to_be_had_without_the_session(browser: BrowserContext, folder: str) -> None:
    browser.clear_cookies()
    assert browser.request.get(f"{folder}/pixel.png").status == 401
