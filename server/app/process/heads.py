"""A limit on what comes before a request's body: the parser itself would collect headers of any size in memory."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.api.limits import HEADERS

_SENTENCE = f"The request's address and headers exceed {HEADERS:,} bytes."


class LimitedHeads(HttpToolsProtocol):
    """uvicorn's protocol; a request whose head is too large is answered with 400 and its connection closed."""

    _collected = 0
    """Bytes of the head that is being read: what the parser has given, and what it still holds."""
    _reading_head = True
    _refused = False

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        if self._reading_head:
            self._collected += len(data)
            if self._collected > HEADERS:
                self._refuse()

    def on_message_begin(self) -> None:
        self._collected, self._reading_head = 0, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._reading_head = False
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > HEADERS:
            self._refuse()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._refused:
            super().on_message_complete()

    def _refuse(self) -> None:
        if not self._refused:
            self._refused = True
            self.send_400_response(_SENTENCE)
