"""Fetching a data set from a real server on this machine: whole, broken off, damaged, absent."""

import functools
import hashlib
import http.server
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from audio.datasets.contract import Archive, DataSet
from audio.datasets.download import download, fetch
from audio.errors import DatasetError
from tests.unit.audio.conftest import ignore
from tests.unit.audio.layouts import sound


class Ranged(http.server.SimpleHTTPRequestHandler):
    """Python's file server, with the part of RFC 9110 that continues a transfer."""

    def do_GET(self):
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        path = self.translate_path(self.path)
        try:
            body = Path(path).read_bytes()
        except OSError:
            return self.send_error(404)
        self.server.asked.append(start)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self.wfile.write(body[start:])

    def log_message(self, *args):
        pass


@pytest.fixture
def served(tmp_path):
    """An archive on a server: `(server, url, checksum)`."""
    root = tmp_path / "www"
    sound(root / "set" / "recordings" / "7_ann_0.wav")
    with tarfile.open(root / "set.tar.gz", "w:gz") as packed:
        packed.add(root / "set", "set")
    checksum = "sha256:" + hashlib.sha256((root / "set.tar.gz").read_bytes()).hexdigest()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Ranged, directory=root))
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server, f"http://127.0.0.1:{server.server_port}/set.tar.gz", checksum
    server.shutdown()
    server.server_close()


def described(url: str, checksum: str) -> DataSet:
    return DataSet("a", "A", lambda root, seed: [], "", archives=(Archive(url, checksum, "set"),))


def test_an_archive_is_fetched_checked_and_unpacked(served, tmp_path):
    _, url, checksum = served
    where = download(described(url, checksum), tmp_path / "into", progress=ignore)
    assert [p.name for p in where.rglob("*.wav")] == ["7_ann_0.wav"]
    assert [p.name for p in (tmp_path / "into").iterdir()] == ["set"]


def test_a_broken_transfer_goes_on_where_it_stood(served, tmp_path):
    server, url, checksum = served
    whole = fetch(Archive(url, checksum, ""), tmp_path, progress=ignore).read_bytes()
    (tmp_path / "set.tar.gz.part").write_bytes(whole[:100])
    assert fetch(Archive(url, checksum, ""), tmp_path, progress=ignore).read_bytes() == whole
    assert server.asked == [0, 100]


def test_another_checksum_is_refused_and_the_file_removed(served, tmp_path):
    _, url, _ = served
    with pytest.raises(DatasetError, match="published is 00ff"):
        fetch(Archive(url, "sha256:00ff", ""), tmp_path, progress=ignore)
    assert list(tmp_path.glob("*.part")) == []


def test_what_cannot_be_fetched_says_so(served, tmp_path):
    _, url, _ = served
    with pytest.raises(DatasetError, match="answered 404"):
        fetch(Archive(url + "x", "", ""), tmp_path, progress=ignore)
    with pytest.raises(DatasetError, match=r"those that can: .*urbansound8k"):
        download(DataSet("a", "A", lambda root, seed: [], ""), tmp_path)
    with pytest.raises(DatasetError, match="Call again to continue"):
        fetch(Archive("http://127.0.0.1:9/x", "", ""), tmp_path, progress=ignore)


def test_a_zip_is_unpacked_too_and_a_damaged_one_is_told(served, tmp_path):
    _, url, _ = served
    root = tmp_path / "www"
    with zipfile.ZipFile(root / "set.zip", "w") as packed:
        packed.write(root / "set" / "recordings" / "7_ann_0.wav", "set/recordings/7_ann_0.wav")
    whole = (root / "set.zip").read_bytes()
    place = url.replace(".tar.gz", ".zip")
    where = download(described(place, ""), tmp_path / "into", progress=ignore)
    (found,) = where.rglob("*.wav")
    assert (
        where == tmp_path / "into" / "set"
        and found.read_bytes() == (root / "set/recordings/7_ann_0.wav").read_bytes()
    )
    assert [p.name for p in (tmp_path / "into").iterdir()] == ["set"]
    (root / "set.zip").write_bytes(whole[:60] + bytes(20) + whole[80:])
    with pytest.raises(DatasetError, match="damaged"):
        download(described(place, ""), tmp_path / "again", progress=ignore)
