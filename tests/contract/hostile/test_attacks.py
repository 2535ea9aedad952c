"""Attacks, done: forged and replayed tokens, foreign pages, bodies meant to break something."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import jwt
import pytest
from starlette.testclient import TestClient

from server.api.tokens import Tokens
from server.settings import Settings
from tests.contract.conftest import Api

NOW = datetime.now(timezone.utc)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return Settings(data=settings.data, port=8080, auth="password", max_body_mb=0.1)


@pytest.fixture
def claims(api: Api) -> dict:
    """Of a valid token."""
    token = api.headers["Authorization"].partition(" ")[2]
    return jwt.decode(token, options={"verify_signature": False})


def answer(api: Api, token: str) -> int:
    headers = {b"Authorization": f"Bearer {token}".encode()}
    return api.client.post("/api/users.get_current_user", headers=headers).status_code


def part(data: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def forged(claims: dict) -> Iterator[str]:
    yield jwt.encode(claims, "a guess of the secret, long enough for HS256", algorithm="HS256")
    yield f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."
    yield f"{part({'alg': 'None'})}.{part(claims)}.x"
    yield f"{part({'alg': 'HS256'})}.{part(claims)}."
    yield f"{part({'alg': 'HS512'})}.{part(claims)}.AAAA"
    yield f"{part({'alg': 'HS256', 'kid': '../../../dev/null'})}.{part(claims)}.AAAA"
    yield "..."
    yield "\u00e4"


def test_a_forged_token_is_refused(api: Api, claims: dict) -> None:
    for token in forged(claims):
        assert answer(api, token) == 401, token


def test_claims_put_into_a_signed_token_are_refused(api: Api) -> None:
    head, payload, signature = api.headers["Authorization"].partition(" ")[2].split(".")
    inner = json.loads(base64.urlsafe_b64decode(payload + "=="))
    inner["identity"]["role"] = "admin"
    inner["exp"] += 10**9
    assert answer(api, f"{head}.{part(inner)}.{signature}") == 401


def test_a_token_signed_here_that_names_no_key_or_session_is_refused(api: Api, settings: Settings) -> None:
    secret = (settings.data / "token.key").read_text().strip()
    body = {"identity": {"user": "x", "role": "admin"}, "exp": NOW.timestamp() + 1000}
    for more in ({}, {"key": ""}, {"session": ""}, {"key": None, "session": None}):
        assert answer(api, jwt.encode({**body, **more}, secret, algorithm="HS256")) == 401


def test_an_expired_token_is_refused(api: Api, settings: Settings) -> None:
    identity = api.store.users.identity_of_key(api.key[0])
    tokens = Tokens(settings.data / "token.key")
    assert answer(api, tokens.sign(identity, NOW, timedelta(hours=1))) == 200
    assert answer(api, tokens.sign(identity, NOW - timedelta(hours=2), timedelta(hours=1))) == 401


def test_the_role_is_read_from_the_server_not_from_the_token(api: Api) -> None:
    user = api("users.create", name="ann")["id"]
    key = api.store.users
    with api.store.transaction():
        pair = key.create_credentials(user, None, NOW)
        key.update(user, {"role": "admin"})
    token = api.client.get("/api/auth.login", auth=pair).json()["data"]["token"]
    assert jwt.decode(token, options={"verify_signature": False})["identity"]["role"] == "admin"
    api("auth.edit_user", user=user, role="viewer")
    headers = {"Authorization": f"Bearer {token}"}
    assert api.client.post("/api/server.config", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
    ],
)
def test_a_foreign_page_cannot_use_the_browsers_cookie(api: Api, headers: dict) -> None:
    api("users.create", name="ann", password="a long password")
    with TestClient(api.client.app, base_url="http://127.0.0.1:8080") as browser:
        assert browser.post("/api/auth.login", auth=("ann", "a long password")).status_code == 200
        assert browser.post("/api/projects.create", json={"name": "p"}, headers=headers).status_code == 403
        refused = browser.post("/api/auth.login", auth=("ann", "a long password"), headers=headers)
        assert refused.status_code == 403 and "set-cookie" not in refused.headers
    assert api.names("projects.get_all") == []


def test_no_answer_allows_other_origins_to_read_it(api: Api) -> None:
    for method in ("GET", "OPTIONS"):
        answered = api.client.request(method, "/api/users.get_all", headers={"Origin": "http://evil.example"})
        assert not [name for name in answered.headers if name.startswith("access-control-")]


def test_a_body_above_the_limit_is_refused_whether_its_length_is_said_or_not(api: Api) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * 10_000

    for content in (b" " * 200_000, pieces()):
        answered = api.client.post("/api/projects.create", content=content, headers=api.headers)
        assert answered.status_code == 400 and "max_body_mb" in answered.json()["meta"]["result_msg"]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 50_000,
        b'{"a":' * 10_000,
        b'{"name": "\xff\xfe"}',
        b'{"name": "\\ud800"}',
        b"null",
        b"[]",
        b'"text"',
        b"NaN",
        b"\x00\x01",
        b'{"name": ' + b"9" * 5_000 + b"}",
    ],
)
def test_a_body_that_is_no_object_is_a_clear_error(api: Api, body: bytes) -> None:
    answered = api.post("projects.create", body)
    assert answered.status_code == 400 or answered.json()["data"]["id"]
    assert answered.json()["meta"]["result_code"] == answered.status_code


@pytest.mark.parametrize("version", ["", "v1.5/", "v2.0/", "v2.23/", "v2.31/", "v999.0/", "v2/"])
def test_every_version_prefix_is_answered(api: Api, version: str) -> None:
    answered = api.client.post(f"/api/{version}debug.ping", headers=api.headers)
    assert answered.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/x",
        "/api/tasks",
        "/api/tasks.",
        "/api/.get_all",
        "/api/tasks.get_all/x",
        "/api/v2",
    ],
)
def test_an_address_that_is_no_endpoint_has_the_envelope(api: Api, path: str) -> None:
    answered = api.client.post(path, headers=api.headers)
    assert answered.status_code == 400 and answered.json()["meta"]["result_code"] == 400


def test_a_secret_is_in_no_answer_and_no_list(api: Api) -> None:
    for endpoint in ("auth.get_credentials", "users.get_all", "users.get_current_user", "server.config"):
        assert api.key[1] not in api.post(endpoint, {}).text
