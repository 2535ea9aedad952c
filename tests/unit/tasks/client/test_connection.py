"""Where the server's address comes from, and what is said when it does not answer."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tasks.client import connection
from tasks.client.connection import Connection
from tasks.errors import NotConfigured, Unreachable, WrongCredentials

CONF = """
api {{
    api_server: "{url}/api"
    web_server: "{url}"
    files_server: "{url}/files"
    credentials {{ access_key: "{key}", secret_key: "secret" }}
}}
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """No configuration anywhere: an empty checkout, an empty home, a clean environment."""
    for name in (*connection.ENVIRONMENT.values(), "CLEARML_CONFIG_FILE", "CLEARML_OFFLINE_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLEARML_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(connection, "OWN", tmp_path / "clearml.conf")
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path / "state"))


def write(path, key="from-file", url="http://127.0.0.1:1"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CONF.format(key=key, url=url))
    return path


def test_without_any_configuration_it_says_what_to_do():
    with pytest.raises(NotConfigured, match=r"make serve.*clearml\.conf\.example"):
        connection.find()


def test_the_order_is_environment_checkout_embedded_home(tmp_path, monkeypatch):
    found = []
    write(tmp_path / "home" / "clearml.conf", "home")
    found.append(connection.find().access_key)
    write(connection.embedded(), "embedded")
    found.append(connection.find().access_key)
    write(connection.OWN, "own")
    found.append(connection.find().access_key)
    for name, value in zip(
        connection.ENVIRONMENT.values(), ("http://h", "w", "f", "environment", "s"), strict=True
    ):
        monkeypatch.setenv(name, value)
    found.append(connection.find().access_key)
    for name in connection.ENVIRONMENT.values():
        monkeypatch.delenv(name)
    monkeypatch.setenv("CLEARML_CONFIG_FILE", str(write(tmp_path / "named.conf", "named")))
    found.append(connection.find().access_key)
    assert found == ["home", "embedded", "own", "environment", "named"]


def test_the_environment_overrides_single_values_of_a_file(monkeypatch):
    write(connection.OWN)
    monkeypatch.setenv("CLEARML_API_ACCESS_KEY", "other")
    assert connection.find().access_key == "other"


def test_a_named_file_that_is_missing_is_an_error_not_a_fallback(tmp_path, monkeypatch):
    write(connection.OWN)
    monkeypatch.setenv("CLEARML_CONFIG_FILE", str(tmp_path / "gone.conf"))
    with pytest.raises(NotConfigured, match=r"gone\.conf, and there is no such file"):
        connection.find()


def test_a_broken_file_is_named(tmp_path):
    connection.OWN.write_text("api { credentials {")
    with pytest.raises(NotConfigured, match=str(connection.OWN)):
        connection.find()


def test_missing_keys_are_named(tmp_path):
    connection.OWN.write_text('api { api_server: "http://127.0.0.1:1" }')
    with pytest.raises(NotConfigured, match="lacks access_key, secret_key"):
        connection.find()


def test_the_secret_is_not_shown():
    assert "hush" not in repr(Connection("x", None, "http://h", secret_key="hush", settings={"s": "hush"}))


@pytest.mark.parametrize(
    "url, local",
    [
        ("http://127.0.0.1:8080/api", True),
        ("http://localhost:8008", True),
        ("http://[::1]:8080/api", True),
        ("http://192.0.2.7:8008", False),
        ("https://no-such-host.invalid", False),
    ],
)
def test_only_loopback_is_this_machine(url, local):
    assert Connection("x", None, url).is_local is local


def test_a_server_that_is_not_there_is_named_with_the_file_and_the_remedy():
    write(connection.embedded())
    with pytest.raises(Unreachable) as fault:
        connection.use()
    assert "http://127.0.0.1:1/api" in str(fault.value)
    assert str(connection.embedded()) in str(fault.value)
    assert "make serve" in str(fault.value)


def answering(status: int, body: bytes):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.mark.parametrize(
    "status, body, error, words",
    [
        (401, b'{"meta": {"result_code": 401}, "data": {}}', WrongCredentials, "refuses the access key from"),
        (200, b"<html>a web page</html>", Unreachable, "not a ClearML API server"),
        (404, b"{}", Unreachable, "not a ClearML API server"),
    ],
)
def test_wrong_keys_and_wrong_servers_are_told_apart(status, body, error, words):
    server = answering(status, body)
    try:
        write(connection.OWN, url=f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(error, match=words):
            connection.use()
    finally:
        server.shutdown()


def test_a_server_that_gives_a_token_is_accepted_and_handed_to_the_sdk(monkeypatch):
    server = answering(200, json.dumps({"data": {"token": "t"}}).encode())
    monkeypatch.setenv("CLEARML_CONFIG_FILE", "")
    try:
        file = write(connection.OWN, url=f"http://127.0.0.1:{server.server_port}")
        assert connection.use().file == file
        assert connection.os.environ["CLEARML_CONFIG_FILE"] == str(file)
    finally:
        server.shutdown()
