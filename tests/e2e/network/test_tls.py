"""https without a proxy: SDK, agent's programs and page through it, with a certificate that is made here."""

import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import requests

from server.settings import Settings
from tests.conftest import ROOT, ServerProcess, free_port, until
from tests.e2e.certificates import certificate
from tests.e2e.network.test_hostile_clients import DESCRIPTORS, is_closed, silent

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing")
UNIT = ROOT / "docs" / "soundyard.service"


class TlsServer(ServerProcess):
    """Its clients know the certificate by the environment, as requests and so the SDK look for it."""

    def __init__(self, folder: Path, *options: str, prefix: Sequence[str] = ()) -> None:
        self.cert, key = certificate(folder, "own")
        super().__init__(folder, "--tls-cert", str(self.cert), "--tls-key", str(key), *options, prefix=prefix)

    def _answers(self) -> bool:
        assert self.process.poll() is None, f"the server died:\n{self.log.read_text()}"
        self.url = f"https://127.0.0.1:{self.port}"
        self._session.verify, self._session.trust_env = str(self.cert), False
        try:
            return self._session.get(f"{self.url}/healthz", timeout=2).ok and self.conf.exists()
        except requests.RequestException:
            return False


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServer]:
    server = TlsServer(tmp_path_factory.mktemp("tls"))
    yield server
    server.stop()


def test_the_sdk_works_by_the_configuration_that_the_server_writes(secure: TlsServer) -> None:
    assert f'web_server: "{secure.url}"' in secure.conf.read_text()
    program = (
        "from clearml import Task; t = Task.init('p', 'by tls', auto_connect_frameworks=False);"
        "t.upload_artifact('a', {'x': 1}); t.get_logger().report_scalar('m', 'v', 1, 0); t.close();"
        "print('read', Task.get_task(t.id).artifacts['a'].get())"
    )
    done = secure.run("-c", program, REQUESTS_CA_BUNDLE=str(secure.cert))
    assert done.returncode == 0 and "read {'x': 1}" in done.stdout, done.stdout + done.stderr


def test_who_does_not_know_the_certificate_is_warned_and_plain_http_gets_nothing(secure: TlsServer) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{secure.url}/healthz", timeout=10)
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(f"http://127.0.0.1:{secure.port}/healthz", timeout=10)


HELLO = ssl.MemoryBIO()
with suppress(ssl.SSLWantReadError):
    ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), HELLO, server_hostname="a").do_handshake()


@pytest.mark.parametrize(
    "says",
    [b"", HELLO.read()[:100], b"\x16\x03\x01\x40\x00" + b"x" * 200],
    ids=["nothing", "half a hello", "nonsense"],
)
def test_handshakes_that_never_end_keep_nobody_out_and_are_closed(tmp_path: Path, says: bytes) -> None:
    limited = ["sh", "-c", f'ulimit -n {DESCRIPTORS} && exec "$@"', "sh"]
    server = TlsServer(tmp_path, "--idle-seconds", "2", prefix=limited)
    try:
        before = server.log.stat().st_size
        held = silent(server, 2 * DESCRIPTORS, says)
        for _ in range(5):
            assert server._session.get(f"{server.url}/healthz", timeout=10).ok
            with requests.get(f"{server.url}/healthz", verify=str(server.cert), timeout=10) as anew:
                assert anew.ok
        assert psutil.Process(server.process.pid).num_fds() < DESCRIPTORS
        until(lambda: all(map(is_closed, held)), 30, "every handshake that doesn't end is closed")
        for one in held:
            one.close()
        assert server.log.stat().st_size - before < 20_000, server.log.read_text()[-2000:]
    finally:
        server.stop()


def test_the_link_and_its_cookie_are_for_https_alone(secure: TlsServer) -> None:
    link = secure.link()
    assert link.startswith(f"{secure.url}/link?secret=")
    answer = requests.get(link, allow_redirects=False, verify=str(secure.cert), timeout=30)
    assert answer.status_code == 303 and "; secure" in answer.headers["set-cookie"].lower()


def test_doctor_finds_it_well(secure: TlsServer) -> None:
    done = secure.run("-m", "server", "doctor", "--data", str(secure.folder / "server"))
    assert done.returncode == 0, done.stdout
    assert "answers at https://127.0.0.1:" in re.sub(r"\s+", " ", done.stdout)


def test_a_certificate_that_can_not_be_used_is_said(tmp_path: Path) -> None:
    cert, _ = certificate(tmp_path, "one")
    _, other = certificate(tmp_path, "other")
    (tmp_path / "no.pem").write_text("nothing")

    def started(cert: Path, key: Path) -> str:
        command = [sys.executable, "-m", "server", "--data", str(tmp_path / "s"), "--port", str(free_port())]
        done = subprocess.run(
            [*command, "--tls-cert", str(cert), "--tls-key", str(key)],
            cwd=ROOT, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 1 and "Traceback" not in done.stderr
        return done.stderr

    assert "can't be used" in started(cert, other)
    assert "can't be used" in started(tmp_path / "no.pem", other)
    assert "is not there" in started(tmp_path / "missing.pem", other)
    with pytest.raises(ValueError, match="belong together"):
        Settings(tls_cert="a")


def test_the_unit_for_systemd_has_no_fault() -> None:
    text = UNIT.read_text()
    assert "LimitNOFILE=65536" in text and "NoNewPrivileges=yes" in text
    analyse = shutil.which("systemd-analyze")
    if analyse is None:
        pytest.skip("systemd-analyze is missing")
    said = subprocess.run([analyse, "verify", str(UNIT)], capture_output=True, text=True, timeout=60)
    faults = [line for line in said.stderr.splitlines() if "soundyard.service" in line]
    assert [line for line in faults if "is not executable" not in line] == []
