"""Who calls: keys, tokens, sessions, and what ends them."""

from datetime import datetime, timedelta, timezone

import pytest

from server.api.errors import InvalidCredentials, InvalidToken
from server.api.tokens import Tokens
from server.domain.users import access
from server.store import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def tokens(tmp_path):
    return Tokens(tmp_path / "token.key")


@pytest.fixture
def keys(store):
    with store.transaction():
        return store.users.create_credentials(access.ensure_admin(store, NOW), "test", NOW)


def test_a_secret_is_not_in_the_database(store, keys):
    store.close()
    assert keys[1].encode() not in (store.folder / "soundyard.db").read_bytes()


def test_a_wrong_secret_is_refused(store, keys):
    with pytest.raises(InvalidCredentials):
        access.of_key(store, keys[0], "wrong")


def test_a_token_holds_until_it_expires(store, tokens, keys):
    token = tokens.sign(access.of_key(store, *keys), NOW, timedelta(hours=1))
    assert access.of_token(store, tokens, token, NOW + timedelta(minutes=59)).role == "admin"
    with pytest.raises(InvalidToken, match="expired"):
        access.of_token(store, tokens, token, NOW + timedelta(minutes=60))


def test_revoking_a_key_ends_its_tokens_at_once(store, tokens, keys):
    identity = access.of_key(store, *keys)
    token = tokens.sign(identity, NOW, timedelta(days=30))
    with store.transaction():
        store.users.revoke_credentials(identity.user, keys[0])
    with pytest.raises(InvalidToken, match="revoked"):
        access.of_token(store, tokens, token, NOW)


def test_a_token_of_another_server_is_refused(store, tokens, keys, tmp_path):
    foreign = Tokens(tmp_path / "other.key").sign(access.of_key(store, *keys), NOW, timedelta(days=1))
    with pytest.raises(InvalidToken):
        access.of_token(store, tokens, foreign, NOW)


def test_the_signing_secret_can_be_read_by_its_owner_only(tmp_path, tokens):
    assert (tmp_path / "token.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("header", ["Basic !!!", "Basic /w==", "Bearer x.y.z", "Bearer"])
def test_a_header_that_cannot_be_read_is_a_clear_refusal(store, tokens, header):
    with pytest.raises((InvalidCredentials, InvalidToken)):
        access.identify(store, tokens, header, "", NOW)


def test_nothing_presented_is_nobody(store, tokens):
    assert access.identify(store, tokens, "", "", NOW) is None


def test_the_key_of_clearmls_web_page_holds_only_where_everybody_is_let_in(store):
    with store.transaction():
        access.enter_mode(store, "open", NOW)
    with pytest.raises(InvalidCredentials):
        access.of_key(store, *access.WEB_PAGE_KEY)
    with store.transaction():
        access.enter_mode(store, "none", NOW)
    assert access.of_key(store, *access.WEB_PAGE_KEY).role == "admin"
    with store.transaction():
        access.enter_mode(store, "password", NOW)
    with pytest.raises(InvalidCredentials):
        access.of_key(store, *access.WEB_PAGE_KEY)


@pytest.mark.parametrize("to", ["open", "password"])
def test_who_came_in_by_being_here_is_out_when_that_is_no_longer_enough(store, tokens, to):
    with store.transaction():
        access.enter_mode(store, "none", NOW)
        identity = access.open_session(store, access.ensure_admin(store, NOW), NOW)
    token = tokens.sign(identity, NOW, timedelta(days=1))
    with store.transaction():
        access.enter_mode(store, "none", NOW)
    assert access.of_token(store, tokens, token, NOW)
    with store.transaction():
        access.enter_mode(store, to, NOW)
    with pytest.raises(InvalidToken):
        access.of_token(store, tokens, token, NOW)
