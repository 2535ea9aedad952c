"""Who may ask: whoever has one of the tokens, where there are any."""

import hmac
from collections.abc import Sequence
from pathlib import Path

from starlette.requests import HTTPConnection

from audio.errors import ConfigError

OPEN = ("/healthz", "/readyz", "/openapi.json")  # need no token
SHORTEST = 16  # characters


class Tokens:
    """The tokens that are good; none: everybody may ask."""

    def __init__(self, tokens: Sequence[str] = ()) -> None:
        """Raises ConfigError: one is too short to be a secret."""
        if any(len(one) < SHORTEST or not one.isascii() or not one.isprintable() for one in tokens):
            raise ConfigError(
                f"A token has at least {SHORTEST} printable ASCII characters; make one with: openssl rand -hex 32"
            )
        self._tokens = [one.encode() for one in tokens]

    @classmethod
    def of_file(cls, path: Path) -> "Tokens":
        """A token a line; lines that begin with # are left out. Raises ConfigError."""
        try:
            lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"The tokens in {path} can't be read: {error}.") from error
        found = [line for line in lines if line and not line.startswith("#")]
        if not found:
            raise ConfigError(f"There is no token in {path}; write one a line.")
        return cls(found)

    def __bool__(self) -> bool:
        return bool(self._tokens)

    def allow(self, asked: HTTPConnection) -> bool:
        """By `Authorization: Bearer TOKEN`; a browser's WebSocket, which can't send it, says `?token=TOKEN`."""
        if not self._tokens or asked.url.path in OPEN:
            return True
        scheme, _, given = asked.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            given = asked.query_params.get("token", "") if asked.scope["type"] == "websocket" else ""
        offered = given.strip().encode()
        return any([hmac.compare_digest(offered, one) for one in self._tokens])  # noqa: C419  all, for the time it takes
