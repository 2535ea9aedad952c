"""The SDK's APIClient, as a process of its own."""

from tests.conftest import ServerProcess


def test_the_api_client_works_through_every_service(server: ServerProcess) -> None:
    done = server.run("tests/e2e/programs/api_client.py", timeout=120)
    assert done.returncode == 0 and "all is well" in done.stdout, done.stdout + done.stderr
