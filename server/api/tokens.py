"""Signed, expiring access tokens (JWT, RFC 7519). Clients read the claims, so the claims are ClearML's."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt

from server import API_VERSION, SERVER_VERSION
from server.api import whole
from server.api.call import Identity
from server.api.errors import InvalidToken

_ALGORITHM = "HS256"


_SHORTEST = 32
"""Characters of a secret (RFC 7518, 3.2: as many bits as the digest has)."""


def holds(file: Path) -> bool:
    """Whether the file has a secret to sign with."""
    try:
        return len(file.read_text().strip()) >= _SHORTEST
    except (FileNotFoundError, UnicodeDecodeError):
        return False


class Tokens:
    """Signs and verifies with one secret, kept in a file of its own that only its owner can read.

    Losing the file costs nothing but a new login of every client; so one that holds too little is replaced, and where
    the disk has no room the secret is forgotten when the process ends.
    """

    def __init__(self, file: Path) -> None:
        if holds(file):
            self._secret = file.read_text().strip()
        else:
            self._secret = secrets.token_hex(32)
            with whole.if_there_is_room():
                whole.write(file, self._secret)

    def sign(self, identity: Identity, now: datetime, life: timedelta, *, limited: bool = False) -> str:
        """`limited`: whoever has this token alone gets none that outlives it. One for such an identity always is."""
        ends = int((now + life).timestamp())
        ends = min(ends, identity.until) if identity.until else ends
        claims: dict[str, object] = {
            "identity": {
                "user": identity.user,
                "user_name": identity.name,
                "company": identity.company,
                "company_name": identity.company,
                "role": identity.role,
            },
            "key": identity.key,
            "session": identity.session,
            "jti": secrets.token_hex(8),
            "iat": int(now.timestamp()),
            "exp": ends,
            **({"until": ends} if limited or identity.until else {}),
            "api_version": API_VERSION,
            "server_version": SERVER_VERSION,
            "server_build": "soundyard",
            "feature_set": "basic",
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def verify(self, token: str, now: datetime) -> dict[str, Any]:
        """Returns: the claims. Time is the caller's, so expiry can be tested without waiting.

        Raises:
            InvalidToken: not ours, altered, or expired.
        """
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                options={"verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as fault:
            raise InvalidToken(str(fault)) from fault
        if claims.get("exp", 0) <= now.timestamp():
            raise InvalidToken("it has expired; sign in again")
        return claims
