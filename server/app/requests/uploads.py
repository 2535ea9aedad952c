"""A multipart/form-data body (RFC 7578), taken apart as it streams in: memory stays flat however long it is."""

from __future__ import annotations

from collections.abc import Callable

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from server.api.errors import BadRequest
from server.api.limits import UPLOAD_PARTS
from server.store.files.incoming import Incoming

_LONGEST_HEADER = 16 * 1024


class Upload:
    """Feed it the body. Each part that has a filename becomes an `Incoming`; other form fields are ignored.

    Used from one thread at a time. Raises from any method: BadRequest, StorageFull.
    """

    def __init__(self, content_type: str, receive: Callable[[], Incoming]) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise BadRequest(
                "an upload is a multipart/form-data body: one part a file, its filename the path"
            )
        self.files: list[tuple[str, Incoming]] = []
        self._receive = receive
        self._current: Incoming | None = None
        self._field = self._value = b""
        self._disposition = b""
        self._ended = False
        self._parts = 0
        try:
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_part_begin": self._part_begin,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": self._part_data,
                    "on_part_end": self._part_end,
                    "on_end": self._end,
                },
                max_header_size=_LONGEST_HEADER,
            )
        except FormParserError as fault:
            raise BadRequest(f"the body can't be read: {fault}") from fault

    def feed(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except FormParserError as fault:
            raise BadRequest(f"the body can't be read: {fault}") from fault

    def finish(self) -> list[tuple[str, Incoming]]:
        """Names and files, in their order."""
        if not self._ended:
            raise BadRequest("the body ends before its last boundary; nothing was kept")
        if not self.files:
            raise BadRequest(
                "the body holds no file: a part needs a filename, which is the path to keep it at"
            )
        return self.files

    def discard(self) -> None:
        for _, one in self.files:
            one.discard()

    def _part_begin(self) -> None:
        self._parts += 1
        if self._parts > UPLOAD_PARTS:
            raise BadRequest(f"an upload has at most {UPLOAD_PARTS:,} parts; send several")
        self._field = self._value = self._disposition = b""
        self._current = None

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = self._value
        self._field = self._value = b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"filename" not in options:
            return
        try:
            name = options[b"filename"].decode()
        except UnicodeDecodeError as fault:
            raise BadRequest("a filename must be UTF-8") from fault
        self._current = self._receive()
        self.files.append((name, self._current))

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current is not None:
            self._current.write(data[start:end])

    def _part_end(self) -> None:
        if self._current is not None:
            self._current.rest()

    def _end(self) -> None:
        self._ended = True
