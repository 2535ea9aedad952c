"""One-time links: the only way in for a browser where nobody has a password."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from starlette.testclient import TestClient

from server.api.errors import StorageFull
from server.domain.users import links
from server.store import Store
from tests.contract.conftest import Api

NOW = datetime.now(timezone.utc)


@pytest.fixture
def browser(client: TestClient) -> Iterator[TestClient]:
    with TestClient(client.app, base_url="http://127.0.0.1:8080", follow_redirects=False) as other:
        yield other


def me(browser: TestClient) -> int:
    return browser.post("/api/users.get_current_user").status_code


def test_being_on_this_machine_lets_nobody_in(api: Api, browser: TestClient) -> None:
    assert browser.post("/api/auth.login").status_code == 401
    assert browser.post("/api/auth.login", json={"secret": "x", "link": "x"}).status_code == 401
    modes = browser.post("/api/login.supported_modes").json()["data"]
    assert (modes["link"], modes["basic"]["enabled"]) == ({"enabled": True}, False)
    assert me(browser) == 401


def test_a_link_lets_in_once(api: Api, store: Store, browser: TestClient) -> None:
    link = links.address("", links.make(store, NOW))
    assert browser.head(link).status_code == 405
    assert browser.post(link).status_code == 405
    assert browser.get(link, headers={"Sec-Purpose": "prefetch"}).status_code == 405
    answer = browser.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert (
        cookie.startswith("soundyard_session_8080=") and "httponly" in cookie and "samesite=strict" in cookie
    )
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert me(browser) == 200
    assert browser.get(link).headers["location"] == "/", "the same browser may reload it"
    browser.cookies.clear()
    assert browser.get(link).headers["location"] == "/login?link=used"
    assert me(browser) == 401
    entries = api("audit.get_all", kind="sign-in")["entries"]
    assert [one["failed"] for one in entries] == [True, False] and entries[1]["details"] == {"by": "link"}


def test_a_link_ends_with_its_day(store: Store, browser: TestClient) -> None:
    secret = links.make(store, NOW - links.LIFE - timedelta(minutes=1))
    assert browser.get(links.address("", secret)).headers["location"] == "/login?link=used"
    for wrong in ("", "x" * 10_000, "\ud800"):
        assert not links.Links().use(store, wrong, NOW)
    assert browser.get("/link").headers["location"] == "/login?link=used"


def test_only_the_newest_links_hold_and_no_secret_is_kept(store: Store) -> None:
    made = [links.make(store, NOW) for _ in range(25)]
    assert not links.Links().use(store, made[0], NOW)
    assert links.Links().use(store, made[-1], NOW) and not links.Links().use(store, made[-1], NOW)
    assert links.Links().use(store, made[10], NOW)
    assert not any(secret in str(store.settings.get("links")) for secret in made)


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("/queues?a=b", "/queues?a=b"),
        ("https://example.org/", "/"),
        ("//example.org/", "/"),
        ("/\\example.org", "/"),
        ("javascript:alert(1)", "/"),
        ("/\nx", "/"),
    ],
)
def test_a_link_leads_on_within_the_page_only(
    store: Store, browser: TestClient, asked: str, place: str
) -> None:
    answer = browser.get(links.address("", links.make(store, NOW), asked))
    assert answer.headers["location"] == place


def test_on_a_disk_without_room_a_link_lets_in_once_all_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageFull()

    written = links.make(store, NOW)
    monkeypatch.setattr(store.settings, "set", refuse)
    running = links.Links()
    for secret in (written, running.make(store, NOW)):
        assert running.use(store, secret, NOW) and not running.use(store, secret, NOW)
