"""`auth.*`, `login.*`: keys, passwords, sessions, roles."""

from collections.abc import Iterator

import jwt
import pytest
from starlette.testclient import TestClient

from server.api import registry
from server.settings import Settings
from tests.contract.conftest import Api

PASSWORD = "a long password"
ANSWERED_WITHOUT_CREDENTIALS = {
    "auth.fixed_users_mode",
    "auth.login",
    "debug.ping",
    "login.supported_modes",
    "server.info",
}
CHANGES_OF_ONES_OWN = {
    "auth.create_credentials",
    "auth.edit_credentials",
    "auth.logout",
    "auth.revoke_credentials",
    "login.logout",
    "users.set_preferences",
    "users.update",
}
READS = (
    "get",
    "peek",
    "validate",
    "download",
    "prepare_download",
    "scalar",
    "vector",
    "multi",
    "debug_images",
)
MORE_READS = ("plots", "next_", "clear_scroll", "info", "endpoints", "report_stats_option", "ping", "config")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return Settings(data=settings.data, port=8080, auth="password")


@pytest.fixture
def ann(api: Api) -> str:
    return api("users.create", name="ann", password=PASSWORD)["id"]


@pytest.fixture
def browser(client: TestClient) -> Iterator[TestClient]:
    """Without the access key; it keeps cookies."""
    with TestClient(client.app, base_url="http://127.0.0.1:8080") as other:
        yield other


def sign_in(browser: TestClient, name: str = "ann", password: str = PASSWORD) -> int:
    return browser.post("/api/auth.login", auth=(name, password)).status_code


def me(browser: TestClient) -> str:
    answer = browser.post("/api/users.get_current_user")
    return answer.json()["data"]["user"]["name"] if answer.status_code == 200 else str(answer.status_code)


def test_a_user_signs_in_with_a_password_and_works_by_cookie(browser: TestClient, ann: str) -> None:
    assert browser.post("/api/login.supported_modes").json()["data"]["basic"]["enabled"] is True
    assert me(browser) == "401"
    assert sign_in(browser) == 200
    assert me(browser) == "ann"
    assert browser.post("/api/login.supported_modes").json()["data"]["authenticated"] is True


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: TestClient, ann: str) -> None:
    answer = browser.post("/api/auth.login", auth=("ann", PASSWORD))
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie


def test_nobody_comes_in_without_the_password(browser: TestClient, ann: str) -> None:
    assert sign_in(browser, password="a wrong password") == 401
    assert sign_in(browser, name="nobody") == 401
    assert browser.post("/api/auth.login").status_code == 401
    assert me(browser) == "401"


def test_after_five_wrong_passwords_the_right_one_is_refused_too(browser: TestClient, ann: str) -> None:
    assert [sign_in(browser, password="wrong") for _ in range(6)] == [401] * 5 + [429]
    assert sign_in(browser) == 429


def test_a_program_with_a_wrong_key_does_not_lock_people_out(browser: TestClient, ann: str) -> None:
    for _ in range(30):
        answer = browser.post("/api/auth.login", auth=("ABCDEF0123456789" * 2, "secret"))
        assert answer.json()["meta"]["result_subcode"] == 22
    assert sign_in(browser) == 200


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(browser: TestClient, ann: str) -> None:
    sign_in(browser)
    kept = dict(browser.cookies)
    assert browser.post("/api/login.logout").status_code == 200
    browser.cookies.update(kept)
    assert me(browser) == "401"


def test_a_new_password_signs_other_browsers_out(api: Api, browser: TestClient, ann: str) -> None:
    sign_in(browser)
    api("users.update", user=ann, password="another password")
    assert me(browser) == "401"


def test_a_removed_user_is_out_at_once(api: Api, browser: TestClient, ann: str) -> None:
    sign_in(browser)
    api("users.delete", user=ann)
    assert me(browser) == "401"


def test_a_role_counts_from_the_next_call_on(api: Api, browser: TestClient, ann: str) -> None:
    sign_in(browser)
    body = {"name": "p"}
    api("auth.edit_user", user=ann, role="viewer")
    assert browser.post("/api/projects.create", json=body).status_code == 403
    api("auth.edit_user", user=ann, role="user")
    assert browser.post("/api/projects.create", json=body).status_code == 200


def test_a_user_changes_own_data_but_no_roles_and_nobody_elses(
    api: Api, browser: TestClient, ann: str
) -> None:
    sign_in(browser)
    other = api("users.get_current_user")["user"]["id"]
    assert browser.post("/api/users.update", json={"user": ann, "name": "anna"}).status_code == 200
    assert browser.post("/api/users.update", json={"user": ann, "role": "admin"}).status_code == 403
    assert browser.post("/api/users.update", json={"user": other, "name": "x"}).status_code == 403
    assert me(browser) == "anna"


def test_changing_ones_own_password_keeps_this_browser_signed_in(browser: TestClient, ann: str) -> None:
    sign_in(browser)
    browser.post("/api/users.update", json={"user": ann, "password": "another password"})
    assert me(browser) == "ann"


@pytest.mark.parametrize("role", ["viewer", "user"])
def test_every_endpoint_above_a_role_refuses_it(api: Api, browser: TestClient, ann: str, role: str) -> None:
    api("auth.edit_user", user=ann, role=role)
    sign_in(browser)
    above = {"viewer": ("user", "admin"), "user": ("admin",)}[role]
    refused = [one.name for one in registry.all_endpoints() if one.role in above]
    assert refused
    for name in refused:
        assert browser.post(f"/api/{name}", json={}).status_code == 403, name


def test_without_credentials_only_signing_in_is_answered(browser: TestClient) -> None:
    for one in registry.all_endpoints():
        if one.name not in ANSWERED_WITHOUT_CREDENTIALS:
            assert browser.post(f"/api/{one.name}", json={}).status_code == 401, one.name


def test_what_a_viewer_may_call_changes_nothing_of_others() -> None:
    for one in registry.all_endpoints():
        action = one.name.partition(".")[2]
        if one.role == "viewer" and one.name not in CHANGES_OF_ONES_OWN:
            assert action.startswith((*READS, *MORE_READS)), f"{one.name} is open to viewers"


def test_a_key_is_made_used_labelled_and_revoked(api: Api, browser: TestClient) -> None:
    pair = api("auth.create_credentials", label="laptop")["credentials"]
    token = browser.get("/api/auth.login", auth=(pair["access_key"], pair["secret_key"])).json()["data"][
        "token"
    ]
    browser.cookies.clear()

    def works() -> bool:
        bearer = {"Authorization": f"Bearer {token}"}
        return browser.post("/api/users.get_current_user", headers=bearer).status_code == 200

    assert works()
    api("auth.edit_credentials", access_key=pair["access_key"], label="desktop")
    listed = {one["access_key"]: one for one in api("auth.get_credentials")["credentials"]}
    assert listed[pair["access_key"]]["label"] == "desktop"
    assert "secret_key" not in listed[pair["access_key"]]
    api("auth.revoke_credentials", access_key=pair["access_key"])
    assert not works()
    api.fails("auth.revoke_credentials", 400, 10, access_key=pair["access_key"])


def test_an_admin_gets_a_token_to_act_as_somebody(api: Api, browser: TestClient, ann: str) -> None:
    token = api("auth.get_token_for_user", user=ann)["token"]
    assert api("auth.validate_token", token=token) == {"valid": True, "msg": ""}
    answer = browser.post("/api/users.get_current_user", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["data"]["user"]["name"] == "ann"
    api("users.delete", user=ann)
    assert api("auth.validate_token", token=token)["valid"] is False


def ends(token: str) -> int:
    return int(jwt.decode(token, options={"verify_signature": False})["exp"])


def test_a_short_token_is_exchanged_for_none_that_outlives_it(
    api: Api, browser: TestClient, ann: str
) -> None:
    long = ends(browser.get("/api/auth.login", auth=api.key).json()["data"]["token"])
    short = browser.get("/api/auth.login?expiration_sec=600", auth=api.key).json()["data"]["token"]
    asked = [
        ("auth.login", {}, {}),
        ("auth.login", {"expiration_sec": 86400 * 20}, {}),
        ("auth.login", {}, {"X-Clearml-Impersonate-As": ann}),
        ("auth.get_token_for_user", {"user": ann, "expiration_sec": 86400 * 10}, {}),
    ]
    for endpoint, body, more in asked:
        browser.cookies.clear()
        bearer = {"Authorization": f"Bearer {short}", **more}
        first = browser.post(f"/api/{endpoint}", json=body, headers=bearer).json()["data"]["token"]
        browser.cookies.clear()
        second = browser.post("/api/auth.login", headers={"Authorization": f"Bearer {first}"}).json()
        assert ends(first) <= ends(short) and ends(second["data"]["token"]) <= ends(short), endpoint
    refused = browser.post("/api/auth.create_credentials", headers={"Authorization": f"Bearer {short}"})
    assert refused.status_code == 403 and "outlive" in refused.text
    again = browser.get("/api/auth.login", auth=api.key).json()["data"]["token"]
    assert ends(again) >= long, "with the key itself a long one is to be had"
    renewed = browser.post("/api/auth.login", headers={"Authorization": f"Bearer {again}"}).json()["data"]
    assert ends(renewed["token"]) >= long, "a token of the usual life is renewed, as long trainings need it"


def test_a_token_to_act_as_somebody_is_not_renewed_beyond_its_time(
    api: Api, browser: TestClient, ann: str
) -> None:
    token = api("auth.get_token_for_user", user=ann, expiration_sec=600)["token"]
    renewed = browser.post("/api/auth.login", headers={"Authorization": f"Bearer {token}"})
    assert ends(renewed.json()["data"]["token"]) <= ends(token)


@pytest.mark.parametrize("seconds", ["soon", "1e9", [], {}])
def test_a_life_of_a_token_that_is_no_number_is_refused(api: Api, seconds: object) -> None:
    assert api.post("auth.login", {"expiration_sec": seconds}).status_code == 400


def test_a_very_long_life_is_cut_to_the_setting(api: Api) -> None:
    assert api.post("auth.login", {"expiration_sec": 10**15}).status_code == 200


def test_an_admin_acts_for_somebody_as_clearmls_web_page_asks(
    api: Api, browser: TestClient, ann: str
) -> None:
    as_ann = {"X-Clearml-Impersonate-As": ann}
    assert browser.post("/api/auth.login", auth=api.key, headers=as_ann).status_code == 200
    assert me(browser) == "ann"
    key = browser.post("/api/auth.create_credentials").json()["data"]["credentials"]
    browser.cookies.clear()
    pair = (key["access_key"], key["secret_key"])
    me_again = {"X-Clearml-Impersonate-As": api("users.get_current_user")["user"]["id"]}
    assert browser.post("/api/auth.login", auth=pair, headers=me_again).status_code == 403
    unknown = {"X-Clearml-Impersonate-As": "nobody"}
    assert browser.post("/api/auth.login", auth=api.key, headers=unknown).status_code == 400
