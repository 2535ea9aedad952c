"""Requests that foreign pages send to a server on loopback."""

import pytest

from server.app.requests.security import refusal
from server.settings import Settings


def request(method: str = "POST", **headers: str) -> dict:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": method, "headers": named}


ALLOWED = [
    request(host="localhost:8080"),
    request(host="127.0.0.1:8080", origin="http://127.0.0.1:8080"),
    request(host="[::1]:8080"),
    request(host="localhost:8080", sec_fetch_site="same-origin"),
    request("GET", host="localhost:8080", sec_fetch_site="cross-site", sec_fetch_mode="navigate"),
    request(host="localhost", origin="http://localhost:8085"),  # through a proxy that leaves the port out
]
REFUSED = [
    request(host="evil.example"),
    request(host="localhost.evil.example:8080"),
    request(host="localhost:8080", origin="http://evil.example"),
    request(host="localhost:8080", origin="http://localhost:9999"),
    request(host="localhost:8080", origin="null"),
    request(host="localhost", origin="http://evil.example:8085"),
    request(host="evil.example", origin="http://evil.example"),
    request(host="localhost:8080", sec_fetch_site="cross-site"),
    request("POST", host="localhost:8080", sec_fetch_site="cross-site", sec_fetch_mode="navigate"),
]


@pytest.mark.parametrize("scope", ALLOWED)
def test_our_own_pages_and_programs_may_ask(scope):
    assert refusal(scope, Settings()) is None


@pytest.mark.parametrize("scope", REFUSED)
def test_foreign_pages_and_rebound_names_may_not(scope):
    assert refusal(scope, Settings()) is not None


def test_the_public_address_is_a_name_of_ours():
    settings = Settings(public_url="https://sound.example/yard", auth="password")
    scope = request(host="sound.example", origin="https://sound.example")
    assert refusal(scope, settings) is None


def test_a_server_on_a_protocols_own_port_believes_no_proxy_about_the_port():
    scope = request(host="localhost", origin="http://localhost:8085")
    assert refusal(scope, Settings(port=80)) is not None
    assert refusal(scope, Settings(public_url="http://localhost:9000")) is not None
