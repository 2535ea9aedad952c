"""Settings: one table, three sources, contradictions refused."""

import argparse
from pathlib import Path

import pytest

from server import settings


def parsed(*words: str, environment: dict[str, str] | None = None) -> settings.Settings:
    parser = argparse.ArgumentParser()
    settings.add_arguments(parser)
    return settings.from_sources(vars(parser.parse_args(words)), environment or {})


def test_the_command_line_wins_over_the_environment_and_that_over_the_default():
    environment = {"SOUNDYARD_PORT": "9001", "SOUNDYARD_API_PORT": "9002"}
    found = parsed("--port", "9000", environment=environment)
    assert (found.port, found.api_port, found.files_port) == (9000, 9002, 8081)


def test_a_value_that_is_no_number_names_the_variable():
    with pytest.raises(ValueError, match="SOUNDYARD_PORT='eighty'"):
        parsed(environment={"SOUNDYARD_PORT": "eighty"})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_a_reachable_address_without_authentication_is_refused(host: str):
    with pytest.raises(ValueError, match="--auth password"):
        parsed("--host", host)
    assert parsed("--host", host, "--auth", "password").host == host


def test_a_choice_from_the_environment_is_checked_like_one_from_the_command_line():
    with pytest.raises(ValueError, match="synchronous"):
        parsed(environment={"SOUNDYARD_SYNCHRONOUS": "OFF"})


def test_the_client_configuration_lies_beside_the_data_folder():
    assert parsed("--data", "/somewhere/server").conf_path == Path("/somewhere/clearml.conf")
    assert parsed("--client-conf", "/elsewhere/mine.conf").conf_path == Path("/elsewhere/mine.conf")


def test_a_wildcard_address_is_shown_as_one_that_can_be_opened():
    assert parsed("--host", "0.0.0.0", "--auth", "password", "--port", "80").url == "http://127.0.0.1:80"


def test_every_setting_has_help_and_an_option():
    parser = argparse.ArgumentParser()
    settings.add_arguments(parser)
    text = parser.format_help()
    for name in settings.Settings.__dataclass_fields__:
        assert "--" + name.replace("_", "-") in text


def test_a_public_address_without_authentication_is_refused(tmp_path):
    with pytest.raises(ValueError, match="--auth password"):
        settings.Settings(data=tmp_path, public_url="https://sound.example.org/yard")
    assert (
        settings.Settings(
            data=tmp_path, public_url="https://sound.example.org/yard", auth="password"
        ).base_path
        == "/yard"
    )
    assert settings.Settings(data=tmp_path, public_url="http://localhost:9000").base_path == ""


@pytest.mark.parametrize("address", ["sound.example.org", "ftp://x", "https://", "https://x/?a=1"])
def test_a_public_address_is_a_whole_address(tmp_path, address):
    with pytest.raises(ValueError, match="public_url"):
        settings.Settings(data=tmp_path, public_url=address, auth="password")
