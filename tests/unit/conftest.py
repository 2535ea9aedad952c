"""Shared by the rooms that talk to a server: the SDK of this process as a client of a real one."""

from contextlib import ExitStack

import pytest

from tests.conftest import ServerProcess


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, opened: ExitStack) -> ServerProcess:
    """A server that no agent of the other tests listens to: what a room says of its queues is the same after them."""
    process = ServerProcess(tmp_path_factory.mktemp("rooms"))
    opened.callback(process.stop)
    return process


@pytest.fixture
def client(server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> ServerProcess:
    """The server, which the SDK in this process talks to for as long as the test runs."""
    access, secret = server.keys
    for name, value in {
        "CLEARML_API_HOST": f"{server.url}/api",
        "CLEARML_WEB_HOST": server.url,
        "CLEARML_FILES_HOST": f"{server.url}/files",
        "CLEARML_API_ACCESS_KEY": access,
        "CLEARML_API_SECRET_KEY": secret,
    }.items():
        monkeypatch.setenv(name, value)
    return server
