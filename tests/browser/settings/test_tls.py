"""The page over https, with a certificate of the server's own."""

from pathlib import Path

import requests
from playwright.sync_api import Page, expect

from tests.e2e.network.test_tls import TlsServer, pytestmark

assert pytestmark, "skipped where there is no openssl"


def test_the_page_works_over_https(page: Page, tmp_path: Path):
    server = TlsServer(tmp_path)
    try:
        made = requests.post(
            f"{server.url}/api/tasks.create",
            json={"name": "by https", "type": "testing"},
            auth=server.keys,
            verify=str(server.cert),
            timeout=30,
        )
        assert made.ok
        page.goto(server.link())
        expect(page.get_by_role("link", name="by https")).to_be_visible()
        assert page.url.startswith(f"https://127.0.0.1:{server.port}/")
    finally:
        page.goto("about:blank")
        server.stop()
