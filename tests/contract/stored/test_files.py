"""The file server over a real socket: names, ranges, conditions, deletion, types."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests

from tests.conftest import ServerProcess
from tests.contract.files import FileClient

TASK = "f" * 32


@pytest.fixture(scope="module")
def files(server: ServerProcess) -> FileClient:
    return FileClient(server)


@pytest.fixture(scope="module")
def ten(files: FileClient) -> Iterator[str]:
    """The name of a file that holds 0123456789."""
    assert files.upload("ranges/ten.txt", b"0123456789").status_code == 200
    yield "ranges/ten.txt"


AWKWARD = [
    f"/proj/sub/flow a.{TASK}/artifacts/df/df.csv.gz",
    "проект/дорога 1.wav",
    "percent%20and%2Fslash/100%.txt",
    "hash#question?.bin",
    "quote'and;semi,comma=equals&amp.txt",
    "back\\slash.txt",
    "tab\tand\x7f.txt",
    "dots.../..hidden/...",
    "🦆/" + "x" * 255,
]


@pytest.mark.parametrize("name", AWKWARD)
def test_what_was_uploaded_under_a_name_is_downloaded_under_it(files: FileClient, name: str) -> None:
    answer = files.upload(name, name.encode() * 3)
    assert answer.status_code == 200, answer.text
    assert files.get(name).content == name.encode() * 3
    head = requests.head(files.url(name), headers=files.headers, timeout=30)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(name.encode()) * 3))
    assert requests.delete(files.url(name), headers=files.headers, timeout=30).status_code == 200
    assert files.get(name).status_code == 404


@pytest.mark.parametrize("at", ["", "/"])
def test_an_upload_is_answered_200_with_and_without_a_trailing_slash(files: FileClient, at: str) -> None:
    assert files.upload("slash.txt", b"x", at).status_code == 200


def test_a_second_upload_replaces_the_first(files: FileClient) -> None:
    for content in (b"first, longer", b"second"):
        files.upload("again.txt", content)
    assert files.get("again.txt").content == b"second"


def test_several_files_may_share_an_upload(files: FileClient) -> None:
    parts = [(name, (name, name.encode())) for name in ("many/a", "many/b")]
    answer = requests.post(
        files.root, files=[*parts, ("field", (None, "ignored"))], headers=files.headers, timeout=30
    )
    assert answer.json() == ["many/a", "many/b"]
    assert files.get("many/b").content == b"many/b"


def test_an_empty_file_is_a_file(files: FileClient) -> None:
    assert files.upload("empty.bin", b"").status_code == 200
    answer = files.get("empty.bin")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("asked", "status", "content", "content_range"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=4-400", 206, b"456789", "bytes 4-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
    ],
)
def test_one_range(
    files: FileClient, ten: str, asked: str, status: int, content: bytes, content_range: str
) -> None:
    answer = files.get(ten, Range=asked)
    assert (answer.status_code, answer.headers["Content-Range"]) == (status, content_range)
    assert content is None or answer.content == content


def test_several_ranges_come_as_parts(files: FileClient, ten: str) -> None:
    answer = files.get(ten, Range="bytes=0-1,8-9")
    assert answer.status_code == 206
    assert answer.headers["Content-Type"].startswith("multipart/byteranges")
    assert b"\r\n\r\n01\r\n" in answer.content and b"\r\n\r\n89\r\n" in answer.content


def test_a_file_that_has_not_changed_is_not_sent_again(files: FileClient, ten: str) -> None:
    tag = files.get(ten).headers["ETag"]
    assert files.get(ten, **{"If-None-Match": f'"other", W/{tag}'}).status_code == 304
    assert files.get(ten, **{"If-None-Match": '"other"'}).status_code == 200
    assert files.get(ten, Range="bytes=0-0", **{"If-Range": tag}).status_code == 206
    assert files.get(ten, Range="bytes=0-0", **{"If-Range": '"other"'}).status_code == 200
    files.upload("changing.txt", b"before")
    before = files.get("changing.txt").headers["ETag"]
    files.upload("changing.txt", b"after!")
    assert files.get("changing.txt", **{"If-None-Match": before}).content == b"after!"


def test_many_files_are_deleted_by_name_or_address(files: FileClient) -> None:
    for name in ("bulk/a b.txt", "bulk/c.txt"):
        files.upload(name, b"x")
    wanted = [files.url("bulk/a b.txt"), "bulk/c.txt", "bulk/none", "../etc"]
    answer = requests.post(
        f"{files.root}/delete_many", json={"files": wanted}, headers=files.headers, timeout=30
    )
    assert list(answer.json()["deleted"]) == wanted[:2]
    assert set(answer.json()["errors"]["Not found"]) == {"bulk/none"} and len(answer.json()["errors"]) == 2
    assert files.get("bulk/c.txt").status_code == 404
    for body in (b"{", b"[]", b'{"files": 3}', b'{"files": [3]}', b"null"):
        answer = requests.post(f"{files.root}/delete_many", data=body, headers=files.headers, timeout=30)
        assert (answer.status_code, answer.json()["meta"]["result_code"]) == (400, 400)


@pytest.mark.parametrize(
    ("name", "expected", "shown"),
    [
        ("clip.wav", "audio/wav", True),
        ("clip.flac", "audio/flac", True),
        ("clip.ogg", "audio/ogg", True),
        ("clip.mp3", "audio/mpeg", True),
        ("mel.png", "image/png", True),
        ("mel.jpeg", "image/jpeg", True),
        ("film.mp4", "video/mp4", True),
        ("film.webm", "video/webm", True),
        ("log.txt", "text/plain; charset=utf-8", True),
        ("table.csv", "text/csv; charset=utf-8", True),
        ("table.csv.gz", "application/gzip", False),
        ("data.json", "application/json", True),
        ("page.html.gz", "application/gzip", False),
        ("model.pt", "application/octet-stream", False),
        ("paper.pdf", "application/pdf", False),
        ("archive.zip", "application/zip", False),
        ("none", "application/octet-stream", False),
    ],
)
def test_media_and_text_are_shown_and_the_rest_is_downloaded(
    files: FileClient, name: str, expected: str, shown: bool
) -> None:
    files.upload(f"types/{name}", b"x")
    headers = files.get(f"types/{name}").headers
    assert headers["Content-Type"] == expected
    assert ("attachment" not in headers.get("Content-Disposition", "")) is shown
    assert "Content-Encoding" not in headers


AWKWARD = ["train: größer lr #1 50% ?&\"x\"", "a%2Fb", "%2e%2e", "%", "100%25", "🎧" * 60, "x" * 200, "dot.", "space ",
           "e\u0301", "训练" * 64, "back\\slash"]  # fmt: skip


@pytest.mark.parametrize("name", AWKWARD)
def test_a_file_is_found_by_its_address_however_often_its_name_was_quoted(
    files: FileClient, name: str
) -> None:
    """The SDK keeps a file under a name that it has quoted, and records the address quoted once, or once more."""
    stored = f"names/{quote(name, safe='')}.{TASK}/w.pt"
    assert files.upload(stored, b"once").status_code == 200
    spellings = [quote(stored), stored, quote(quote(stored))]
    for one in spellings:
        assert files.raw("GET", f"/files/{one}") == (200, b"once"), one
        assert files.raw("HEAD", f"/files/{one}")[0] == 200, one
    for delete in (
        lambda: files.raw("DELETE", f"/files/{stored}")[0] == 200,
        lambda: _deleted(files, f"{files.root}/{stored}"),
        lambda: _deleted(files, f"http://elsewhere:8081/{quote(stored)}"),
    ):
        files.upload(stored, b"again")
        assert delete()
        assert files.raw("GET", f"/files/{quote(stored)}")[0] == 404


def _deleted(files: FileClient, address: str) -> bool:
    body = {"files": [address]}
    answer = requests.post(f"{files.root}/delete_many", json=body, headers=files.headers, timeout=30)
    return list(answer.json()["deleted"]) == [address]


def test_two_files_that_differ_in_their_quotes_are_two(files: FileClient) -> None:
    for name in ("two/a b", "two/a%20b"):
        files.upload(name, name.encode())
    assert files.raw("GET", "/files/two/a%20b") == (200, b"two/a b")
    assert files.raw("GET", "/files/two/a%2520b") == (200, b"two/a%20b")
    assert files.raw("GET", "/files/two/a%252520b")[0] == 404, "which of them is meant, nobody knows"
