"""The file server over a real socket: who may, every way out of its folder, bodies that are none, active content."""

from __future__ import annotations

import http.client
import json
from datetime import datetime, timezone

import pytest
import requests

from tests.conftest import ServerProcess
from tests.contract.conftest import Api
from tests.contract.files import FileClient


@pytest.fixture(scope="module")
def files(server: ServerProcess) -> FileClient:
    return FileClient(server)


@pytest.fixture(scope="module")
def ten(files: FileClient) -> str:
    """The name of a file that holds 0123456789."""
    assert files.upload("safety/ten.txt", b"0123456789").status_code == 200
    return "safety/ten.txt"


WAYS_OUT = [
    "/files/../soundyard.db",
    "/files/..%2fsoundyard.db",
    "/files/%2e%2e/soundyard.db",
    "/files/%2e%2e%2fsoundyard.db",
    "/files/..%5csoundyard.db",
    "/files/x/../../soundyard.db",
    "/files//..//soundyard.db",
    "/files/..%00/soundyard.db",
    "/files/%252e%252e/soundyard.db",
    "/files/%c0%ae%c0%ae/soundyard.db",
    "/files/..;/soundyard.db",
    "/files//etc/passwd",
    "/files/%2fetc%2fpasswd",
    "/files/" + "../" * 40 + "etc/passwd",
    "/files/x%00.txt",
    "/files/.",
    "/files/",
    "/files",
    "/files/" + "a" * 60_000,
    "/files/" + "a/" * 2_000,
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
@pytest.mark.parametrize("target", WAYS_OUT, ids=lambda target: target[:40])
def test_no_path_leads_out_of_the_folder(files: FileClient, method: str, target: str) -> None:
    status, body = files.raw(method, target)
    assert 400 <= status < 500, (status, body[:200])
    assert b"SQLite" not in body and b"root:" not in body
    assert (files.server.folder / "server" / "soundyard.db").exists()


@pytest.mark.parametrize(
    "name",
    ["../out", "a/../../out", "/../out", "..", "", "/", "./.", "nul\0.txt", "a/" * 2000 + "b"],
)
def test_no_upload_lands_outside_the_folder(files: FileClient, name: str) -> None:
    boundary = b"b0undary"
    disposition = b'Content-Disposition: form-data; name="f"; filename="%s"' % name.encode()
    body = b"--" + boundary + b"\r\n" + disposition + b"\r\n\r\nhello\r\n--" + boundary + b"--\r\n"
    headers = {**files.headers, "Content-Type": "multipart/form-data; boundary=b0undary"}
    answer = requests.post(files.root, data=body, headers=headers, timeout=30)
    assert answer.status_code == 400, answer.text
    assert answer.json()["meta"]["result_msg"]
    assert not (files.server.folder / "server" / "out").exists()
    assert not list((files.server.folder / "server" / "incoming").iterdir())


def test_a_link_in_the_folder_leads_nowhere(files: FileClient) -> None:
    root = files.server.folder / "server" / "files"
    (root / "link.txt").symlink_to(files.server.conf)
    (root / "linked").symlink_to(files.server.folder, target_is_directory=True)
    for name in ("link.txt", "linked/clearml.conf", "linked/server/soundyard.db"):
        assert files.get(name).status_code in (400, 404)
    assert files.upload("linked/planted.txt", b"x").status_code == 400
    assert not (files.server.folder / "planted.txt").exists()
    (root / "link.txt").unlink()
    (root / "linked").unlink()


def test_a_file_and_a_folder_of_one_name_are_told_apart(files: FileClient) -> None:
    files.upload("one/two", b"x")
    assert files.upload("one", b"y").status_code == 400
    answer = files.upload("one/two/three", b"y")
    assert answer.status_code == 400 and "folder" in answer.json()["meta"]["result_msg"]
    assert files.get("one").status_code == 404
    assert files.get("one/two").content == b"x"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic bm86bm8="}]
)
def test_without_credentials_there_is_nothing(files: FileClient, ten: str, headers: dict) -> None:
    assert requests.get(files.url(ten), headers=headers, timeout=30).status_code == 401
    assert requests.delete(files.url(ten), headers=headers, timeout=30).status_code == 401
    assert requests.post(files.root, files={"a": ("a", b"x")}, headers=headers, timeout=30).status_code == 401
    assert files.get("a").status_code == 404


def test_an_access_key_or_a_session_serve_as_well_as_a_token(files: FileClient, ten: str) -> None:
    assert requests.get(files.url(ten), auth=files.server.keys, timeout=30).content == b"0123456789"
    browser = requests.Session()
    assert browser.get(files.server.link(), timeout=30).ok
    assert browser.get(files.url(ten), timeout=30).content == b"0123456789"


def test_a_viewer_may_look_but_not_touch(api: Api) -> None:
    now = datetime.now(timezone.utc)
    with api.store.transaction():
        viewer = api.store.users.create("Guest", "viewer", now)
        key = api.store.users.create_credentials(viewer, None, now)
    assert api.client.post("/files", files={"f": ("f.txt", b"x")}, headers=api.headers).status_code == 200
    assert api.client.get("/files/f.txt", auth=key).content == b"x"
    assert api.client.post("/files", files={"g": ("g.txt", b"x")}, auth=key).status_code == 403
    assert api.client.delete("/files/f.txt", auth=key).status_code == 403
    assert api.client.post("/files/delete_many", json={"files": ["f.txt"]}, auth=key).status_code == 403
    assert api.client.get("/files/f.txt", auth=key).content == b"x"


FORM = "multipart/form-data; boundary=b"
PART = b"--b\r\nContent-Disposition: form-data; "
BAD_BODIES = {
    "no multipart": ("application/json", b"{}"),
    "no boundary": ("multipart/form-data", b"--b\r\n\r\nx\r\n--b--\r\n"),
    "no part": (FORM, b"--b--\r\n"),
    "no file": (FORM, PART + b'name="a"\r\n\r\nx\r\n--b--\r\n'),
    "cut off": (FORM, PART + b'filename="cut"\r\n\r\nx'),
    "not utf-8": (FORM, PART + b'filename="\xff"\r\n\r\nx\r\n--b--\r\n'),
    "endless header": (FORM, b"--b\r\nX: " + b"y" * 100_000),
    "another boundary": (FORM, b"--c\r\n\r\nx\r\n--c--\r\n"),
    "a long boundary": ("multipart/form-data; boundary=" + "b" * 5000, b""),
    "nothing": (FORM, b""),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_BODIES)
def test_a_body_that_is_no_upload_is_refused_and_leaves_nothing(files: FileClient, what: str) -> None:
    content_type, body = BAD_BODIES[what]
    headers = {**files.headers, "Content-Type": content_type}
    answer = requests.post(files.root, data=body, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["meta"]["result_code"]) == (400, 400), answer.text
    assert not list((files.server.folder / "server" / "incoming").iterdir())
    assert files.get("cut").status_code == 404


def test_an_upload_that_breaks_off_leaves_nothing(files: FileClient) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", files.server.port, timeout=30)
    connection.putrequest("POST", "/files")
    for name, value in files.headers.items():
        connection.putheader(name, value)
    connection.putheader("Content-Type", FORM)
    connection.putheader("Content-Length", "10000000")
    connection.endheaders()
    connection.send(PART + b'name="f"; filename="broken.bin"\r\n\r\n' + b"x" * 3_000_000)
    connection.close()
    assert files.upload("after.bin", b"x").status_code == 200
    assert files.get("broken.bin").status_code == 404


def test_unknown_methods_and_places_are_told_so(files: FileClient) -> None:
    for method, target in (("PATCH", "/files/x"), ("POST", "/files/some/where"), ("OPTIONS", "/files/x")):
        status, body = files.raw(method, target)
        assert (status, json.loads(body)["meta"]["result_code"]) == (400, 400)


ACTIVE = ["x.html", "x.htm", "x.xhtml", "x.svg", "x.xml", "X.HTML", "x.shtml", "x.xsl", "x.mht"]


@pytest.mark.parametrize("name", ACTIVE)
def test_active_content_is_sandboxed_or_inert(files: FileClient, name: str) -> None:
    files.upload(f"active/{name}", b"<script>fetch('/api/auth.create_credentials')</script>")
    headers = files.get(f"active/{name}").headers
    policy = [part.strip() for part in headers["Content-Security-Policy"].split(";")]
    assert "sandbox" in policy and "default-src 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["x.js", "x.mjs", "x.css", "x.cjs"])
def test_scripts_and_styles_have_no_type_a_browser_would_load(files: FileClient, name: str) -> None:
    files.upload(f"active/{name}", b"alert(1)")
    headers = files.get(f"active/{name}").headers
    assert headers["Content-Type"].split(";")[0] in ("text/plain", "application/octet-stream")
    assert headers["X-Content-Type-Options"] == "nosniff"
