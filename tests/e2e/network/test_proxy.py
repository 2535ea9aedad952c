"""Behind a real nginx and a real Caddy, with TLS and below a sub-path, from the examples in docs/proxy."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.conftest import ROOT, ServerProcess, free_port, until

PASSWORD = "a long password"
TRAIN = """
from clearml import Task
task = Task.init("proxied", "train", output_uri=True)
task.get_logger().report_scalar("loss", "train", 0.5, 1)
task.upload_artifact("numbers", {"a": 1}, wait_on_upload=True)
task.close()
print(Task.get_task(task.id).artifacts["numbers"].get())
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Signed by itself, for localhost."""
    folder = tmp_path_factory.mktemp("certificate")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, certificate


def nginx(folder: Path, port: int, server: int, certificate: tuple[Path, Path]) -> list[str]:
    example = (ROOT / "docs/proxy/nginx.conf").read_text()
    example = example.replace("listen 443", f"listen 127.0.0.1:{port}").replace(
        "sound.example.org", "localhost"
    )
    example = example.replace("127.0.0.1:8080", f"127.0.0.1:{server}")
    example = re.sub(r"/etc/ssl/certs/\S+;", f"{certificate[1]};", example)
    example = re.sub(r"/etc/ssl/private/\S+;", f"{certificate[0]};", example)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{example}\n}}"
    )
    return ["-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, port: int, server: int, certificate: tuple[Path, Path]) -> list[str]:
    example = (ROOT / "docs/proxy/Caddyfile").read_text()
    key, public = certificate
    example = example.replace("127.0.0.1:8080", f"127.0.0.1:{server}")
    own = f"https://localhost:{port} {{\n\tbind 127.0.0.1\n\ttls {public} {key}"
    example = example.replace("sound.example.org {", own)
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + example)
    return ["run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@pytest.fixture(scope="module", params=[nginx, caddy], ids=["nginx", "caddy"])
def proxied(
    request: pytest.FixtureRequest,
    certificate: tuple[Path, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[ServerProcess, str, Path]]:
    """The server behind the proxy, the address that clients use, and the certificate to trust."""
    command = request.param
    program = shutil.which(command.__name__, path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip(f"{command.__name__} is not installed")
    port = free_port()
    url = f"https://localhost:{port}/soundyard"
    folder = tmp_path_factory.mktemp("proxy")
    server = ServerProcess(tmp_path_factory.mktemp("server"), "--auth", "password", "--public-url", url)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [program, *command(folder, port, server.port, certificate)],
            stdout=log,
            stderr=log,
            env={"HOME": str(folder)},
        )
    try:

        def answers() -> bool:
            assert process.poll() is None, (folder / "log").read_text()
            try:
                return requests.get(f"{url}/api/debug.ping", verify=certificate[1], timeout=5).ok
            except requests.RequestException:
                return False

        until(answers, 20, f"{command.__name__} answers")
        yield server, url, certificate[1]
    finally:
        process.terminate()
        process.wait(10)
        server.stop()


def test_a_browser_signs_in_and_uses_page_api_and_files(proxied) -> None:
    server, url, certificate = proxied
    server.admin("users.create", name="ann", password=PASSWORD, role="user")
    browser = requests.Session()
    browser.verify, browser.trust_env = str(certificate), False

    page = browser.get(f"{url}/")
    assert page.status_code == 200 and '<base href="/soundyard/">' in page.text
    assert browser.get(f"{url}/app.js").headers["Content-Type"].startswith("text/javascript")
    assert browser.get(url).url == f"{url}/"

    answer = browser.post(f"{url}/api/auth.login", auth=("ann", PASSWORD), headers={"Origin": url[:-10]})
    cookie = answer.headers["Set-Cookie"].lower()
    assert "secure" in cookie and "path=/soundyard" in cookie
    assert browser.post(f"{url}/api/users.get_current_user").json()["data"]["user"]["name"] == "ann"

    content = bytes(range(256)) * 20_000
    sent = browser.post(f"{url}/files", files={"p/ä b.bin": ("p/ä b.bin", content)})
    assert sent.status_code == 200, sent.text
    got = browser.get(f"{url}/files/p/%C3%A4%20b.bin", headers={"Range": "bytes=1000-1099"})
    assert got.status_code == 206 and got.content == content[1000:1100]

    foreign = {"Origin": "https://elsewhere.example"}
    assert browser.post(f"{url}/api/users.get_current_user", headers=foreign).status_code == 403


def test_the_sdk_works_through_the_proxy_with_the_configuration_that_was_written(proxied) -> None:
    server, url, certificate = proxied
    done = server.run("-c", TRAIN, REQUESTS_CA_BUNDLE=str(certificate))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{url}/projects/" in done.stdout and "{'a': 1}" in done.stdout


def test_the_client_is_the_one_behind_the_proxy_when_attempts_are_counted(proxied) -> None:
    _, url, certificate = proxied
    codes = [
        requests.post(
            f"{url}/api/auth.login", auth=("bob", "wrong"), verify=certificate, timeout=20
        ).status_code
        for _ in range(6)
    ]
    assert codes == [401] * 5 + [429]


def test_an_agents_poll_is_held_through_the_proxy(proxied) -> None:
    server, url, certificate = proxied
    queue = server.call("queues.get_default")["id"]
    server.call("workers.register", worker="box:0", queues=[queue])
    task = server.call("tasks.create", name="t", type="testing")["id"]
    started = time.monotonic()
    poll = subprocess.Popen(
        ["curl", "-s", "--cacert", str(certificate), "-u", ":".join(server.keys), "-H", "X-ClearML-Agent: x",
         "-H", "Content-Type: application/json", "-d", f'{{"queue": "{queue}"}}',
         f"{url}/api/queues.get_next_task"], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(1)
    assert poll.poll() is None, "the poll was answered at once"
    server.enqueue(task, "default")
    assert task in poll.communicate(timeout=10)[0]
    assert time.monotonic() - started < 10
