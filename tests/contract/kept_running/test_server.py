"""`server.*`, `storage.*`, `debug.*`: what the server says of itself and keeps for its administrator."""

import pytest

from server import API_VERSION
from server.api import left_out, registry
from server.api.left_out import LEFT_OUT
from tests.contract.conftest import Api


def test_the_version_is_one_that_clients_can_split_into_numbers(api: Api) -> None:
    info = api("server.info")
    assert all(part.isdigit() for part in info["version"].split("."))
    assert info["api_version"] == API_VERSION


def test_every_endpoint_is_listed_with_what_it_does_and_takes(api: Api) -> None:
    listed = {one["name"]: one for one in api("server.endpoints")["endpoints"]}
    assert set(listed) == {one.name for one in registry.all_endpoints()}
    for name, one in listed.items():
        assert one["description"].endswith((".", "?", "…")), f"{name} does not say what it does"
        assert one["request"]["type"] == "object"


def test_settings_are_an_admins_to_read(api: Api) -> None:
    assert api("server.config", path="port") == {"port": 8080}
    assert "watchdog_minutes" in api("server.config")
    assert "there are" in api.fails("server.config", 400, 0, path="secrets")


def test_statistics_count_what_is_there(api: Api) -> None:
    api.task()
    stats = api("server.get_stats")
    assert stats["counts"]["tasks_by_status"] == {"created": 1}
    assert stats["process"]["resident_mb"] > 10


def test_reporting_to_anybody_cannot_be_switched_on(api: Api) -> None:
    assert api("server.report_stats_option")["supported"] is False
    api.fails("server.report_stats_option", 400, 1, enabled=True)


def test_storage_credentials_are_kept_by_kind_and_reset(api: Api) -> None:
    assert api("storage.get_settings") == {"settings": {}}
    aws = {"key": "K", "secret": "S", "buckets": [{"bucket": "b"}]}
    assert api("storage.set_settings", aws=aws, azure={"containers": []})["updated"] == 1
    kept = api("storage.get_settings")["settings"]
    assert kept["aws"] == aws and kept["last_update"]
    assert api("storage.reset_settings", keys=["azure"])["updated"] == 1
    assert "azure" not in api("storage.get_settings")["settings"]
    api.fails("storage.reset_settings", 400, 12, keys=["floppy"])
    assert api("storage.set_settings")["updated"] == 0


def test_the_server_answers_a_ping(api: Api) -> None:
    assert api("debug.ping")["msg"] == "pong"


def test_an_unknown_endpoint_is_a_clear_error(api: Api) -> None:
    assert "server.endpoints" in api.fails("tasks.dance", 400, 0)
    assert api.post("tasks.get_all", {}, version="vtwo").json()["meta"]["result_subcode"] == 2


@pytest.mark.parametrize("name", [one.replace("*", "get_all") for one in LEFT_OUT])
def test_what_is_left_out_on_purpose_says_why(api: Api, name: str) -> None:
    assert left_out.reason(name) in api.fails(name, 400, 1)
