"""`users.*`: who works here, and who may change what."""

import pytest

from tests.contract.conftest import Api


@pytest.fixture
def ann(api: Api) -> str:
    return api("users.create", name="ann", password="a long password", email="ann@example.org")["id"]


def test_the_current_user_has_the_shape_that_clients_read(api: Api) -> None:
    user = api("users.get_current_user")["user"]
    assert user["role"] == "admin" and user["company"]["name"] and user["given_name"]


def test_no_answer_shows_a_password(api: Api, ann: str) -> None:
    for endpoint, body in (("users.get_all", {}), ("users.get_by_id", {"user": ann})):
        assert "argon2" not in api.post(endpoint, body).text
    assert "long password" not in api.post("users.update", {"user": ann, "password": "a long password"}).text


def test_users_are_found_by_id_and_name(api: Api, ann: str) -> None:
    assert api.names("users.get_all", name="^an") == ["ann"]
    assert api.names("users.get_all_ex", id=[ann]) == ["ann"]
    assert api("users.get_all", id=[ann], only_fields=["name"])["users"] == [{"id": ann, "name": "ann"}]


def test_what_is_no_pattern_is_a_clear_error(api: Api) -> None:
    assert "regular expression" in api.fails("users.get_all", 400, 21, name="(")
    api("users.create", name="a" * 60 + "!")
    assert api("users.get_all_ex", name="^a+!$", only_fields="name")["users"][0]["name"].startswith("aaa")
    assert api.post("users.get_all", {"name": "(a|a?)+b"}).status_code in (
        200,
        400,
    )  # in a moment, either way


def test_users_active_in_a_project_are_those_who_made_something_there(api: Api, ann: str) -> None:
    project = api.project("p")
    api.task(project=project)
    me = api("users.get_current_user")["user"]["name"]
    assert api.names("users.get_all_ex", active_in_projects=[project]) == [me]


def test_names_are_unique_and_fit_into_basic_authentication(api: Api, ann: str) -> None:
    api.fails("users.create", 400, 801, name="ann")
    api.fails("users.create", 400, 12, name="a:b")
    api.fails("users.create", 400, 12, name="x", role="king")
    api.fails("users.create", 400, 12, name="x", password="short")
    api.fails("users.update", 400, 801, user=ann, name=api("users.get_current_user")["user"]["name"])


def test_preferences_are_set_by_path_and_the_others_stay(api: Api) -> None:
    api("users.set_preferences", preferences={"tables": {"tasks": {"width": 1}}, "theme": "dark"})
    answer = api("users.set_preferences", preferences={"tables.models": {"width": 2}})
    assert answer["updated"] == 1
    expected = {"tables": {"tasks": {"width": 1}, "models": {"width": 2}}, "theme": "dark"}
    assert api("users.get_preferences")["preferences"] == expected
    assert api("users.set_preferences", preferences={"theme": "dark"})["updated"] == 0


def test_the_last_admin_stays(api: Api) -> None:
    me = api("users.get_current_user")["user"]["id"]
    assert "last admin" in api.fails("users.delete", 400, 12, user=me)
    api.fails("auth.edit_user", 400, 12, user=me, role="viewer")


def test_the_older_names_make_and_change_users_too(api: Api) -> None:
    bob = api("auth.create_user", name="bob")["id"]
    assert api("auth.edit_user", user=bob, role="viewer")["updated"] == 1
    assert api("users.get_by_id", user=bob)["user"]["role"] == "viewer"
    api("users.delete", user=bob)
    api.fails("users.get_by_id", 400, 301, user=bob)
