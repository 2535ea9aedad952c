"""The calls that ClearML's own web application lives on, in the forms it sends them."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from server.settings import Settings
from tests.contract.conftest import Api
from tests.contract.events import plot, send

KINDS = {
    "tasks.get_all_ex": "tasks",
    "models.get_all_ex": "models",
    "projects.get_all_ex": "projects",
    "queues.get_all_ex": "queues",
    "reports.get_all_ex": "tasks",
}
MADE = {"a": ["x"], "b": ["x", "y"], "c": ["y", "z"], "d": []}
TAG_FILTERS: list[tuple[Any, str]] = [
    (["x"], "ab"),
    (["x", "z"], "abc"),
    (["-x"], "cd"),
    (["-x", "-y"], "d"),
    (["x", "-y"], "a"),
    (["__$not", "x"], "cd"),
    (["__$all", "x", "y"], "b"),
    (["__$and", "x", "y"], "b"),
    (["__$any", "x", "z"], "abc"),
    (["__$or", "x", "z"], "abc"),
    (["__$all", "x", "__$not", "y"], "a"),
    (["__$or", "x", "__$not", "y"], "abd"),
    (["__$and", "__$not", "x", "__$not", "y"], "d"),
    ([None], "d"),
    (["z", None], "cd"),
    (["__$not", None], "abc"),
    ([], "abcd"),
    (None, "abcd"),
]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return Settings(data=settings.data, port=8080, auth="none")


@pytest.fixture
def browser(client: TestClient, settings: Settings, api: Api) -> TestClient:
    """Signed in by cookie, as the page does on a server without passwords."""
    modes = client.post("/api/login.supported_modes", json={}).json()["data"]
    assert modes["basic"] == {"enabled": False, "guest": {"enabled": False}} and not modes["authenticated"]
    assert modes["sso"] == {} and modes["sso_providers"] == [] and "server_errors" in modes
    assert client.post("/api/auth.login", json={}).status_code == 200
    return client


def ask(browser: TestClient, endpoint: str, **body: Any) -> dict[str, Any]:
    answer = browser.post(f"/api/v2.31/{endpoint}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_a_session_by_cookie_works_until_it_is_closed(browser: TestClient) -> None:
    assert ask(browser, "login.supported_modes")["authenticated"] is True
    assert ask(browser, "users.get_current_user")["user"]["id"]
    assert ask(browser, "users.get_preferences") == {"preferences": {}}
    view = {"views": {"autoRefresh": True}, "rootProjects": {"sortOrder": -1, "a.b": {"$c": []}}}
    ask(browser, "users.set_preferences", preferences=view)
    assert ask(browser, "users.get_preferences") == {"preferences": view}
    ask(browser, "login.logout")
    assert browser.post("/api/users.get_current_user", json={}).status_code == 401
    assert ask(browser, "login.supported_modes")["authenticated"] is False


@pytest.fixture
def tagged(api: Api) -> Api:
    for name, tags in MADE.items():
        api.task(name, tags=tags)
        api("models.create", uri=f"file:///{name}", name=name, tags=tags)
        api("projects.create", name=name, tags=tags)
        api("queues.create", name=name, tags=tags)
        api("reports.create", name=name, tags=tags)
    return api


@pytest.mark.parametrize("endpoint", KINDS)
def test_tag_filters_take_operators_and_minus_signs_everywhere(tagged: Api, endpoint: str) -> None:
    for tags, expected in TAG_FILTERS:
        query = {"tags": tags, "name": "^[abcd]$", "order_by": ["name"], "only_fields": ["name"]}
        found = tagged(endpoint, **query)[KINDS[endpoint]]
        assert "".join(one["name"] for one in found) == expected, tags


@pytest.mark.parametrize("endpoint", KINDS)
def test_an_empty_list_is_no_filter_and_unknown_fields_are_none(tagged: Api, endpoint: str) -> None:
    whole = tagged(endpoint, page=0, page_size=500)
    empty = {"id": [], "tags": [], "system_tags": [], "project": [], "user": [], "status": [], "name": None}
    assert tagged(endpoint, **empty, page=0, page_size=500, colour=["red"]) == whole
    assert len(whole[KINDS[endpoint]]) >= len(MADE)


@pytest.mark.parametrize("endpoint", KINDS)
@pytest.mark.parametrize("any_", ["_any_", "_or_"])
def test_one_text_is_looked_for_in_several_fields(tagged: Api, endpoint: str, any_: str) -> None:
    query = {any_: {"pattern": "^B$", "fields": ["name", "id", "no_such_field"]}}
    assert tagged.names(endpoint, **query) == ["b"]
    assert tagged.names(endpoint, _all_={"pattern": "b", "fields": ["name"]}, name="^[abcd]$") == ["b"]


@pytest.mark.parametrize("endpoint", KINDS)
def test_only_the_asked_fields_come_and_paths_come_nested(tagged: Api, endpoint: str) -> None:
    query = {"only_fields": ["name", "user.name", "company.id"], "name": "^b$"}
    if endpoint == "queues.get_all_ex":
        query["only_fields"] = ["name", "workers.name"]
    found = tagged(endpoint, **query)[KINDS[endpoint]]
    heads = {"id", *(path.partition(".")[0] for path in query["only_fields"])}
    assert len(found) == 1 and set(found[0]) == heads
    if endpoint != "queues.get_all_ex":
        assert set(found[0]["user"]) == {"name"} and set(found[0]["company"]) == {"id"}


def test_a_tasks_nested_fields_come_as_they_are_asked_for(api: Api) -> None:
    project, parent = api.project("p"), api.task("parent", project=api.project("q"))
    hyperparams = {"Args": {"lr": {"value": "1"}, "deep.er": {"value": "2"}}, "Other": {"x": {"value": "3"}}}
    task = api.task("t", project=project, parent=parent, hyperparams=hyperparams, script={"branch": "main"})
    paths = ["project.name", "parent.name", "parent.project.name", "hyperparams.Args.lr.value"]
    paths += ["hyperparams.Args.deep%2Eer.value", "script.branch", "execution.queue.name", "last_metrics"]
    assert api("tasks.get_all_ex", id=[task], only_fields=paths)["tasks"] == [
        {
            "id": task,
            "project": {"name": "p"},
            "parent": {"name": "parent", "project": {"name": "q"}},
            "hyperparams": {"Args": {"lr": {"value": "1"}, "deep.er": {"value": "2"}}},
            "script": {"branch": "main"},
            "execution": {},
            "last_metrics": {},
        }
    ]


def test_projects_come_with_the_statistics_that_are_asked_for(api: Api) -> None:
    project = api.project("p")
    api.task("shown", project=project)
    api("tasks.archive", tasks=[api.task("archived", project=project)])
    api("models.create", uri="file:///m", name="m", project=project)
    query = {"id": [project], "include_stats": True, "check_own_contents": True}
    found = api("projects.get_all_ex", **query)["projects"][0]
    assert (found["own_tasks"], found["own_models"]) == (1, 1)
    states = ("active", "archived")
    assert found["stats"]["active"]["total_tasks"] == 1 and "archived" not in found["stats"]
    both = api("projects.get_all_ex", **query, stats_for_state=None)["projects"][0]
    assert [both["stats"][state]["total_tasks"] for state in states] == [1, 1]
    only = ["name", "stats.active.total_tasks"]
    nested = api("projects.get_all_ex", id=[project], include_stats=True, only_fields=only)["projects"]
    assert nested[0]["stats"] == {"active": {"total_tasks": 1}} and nested[0]["name"] == "p"
    assert "stats" not in api("projects.get_all_ex", id=[project])["projects"][0]


@pytest.mark.parametrize("many", [0, 1, 7])
def test_paging_through_plots_ends(api: Api, many: int) -> None:
    task = api.task()
    send(api, *(plot(task, step, metric=f"m{number}") for number in range(many) for step in range(3)))
    wanted = [{"task": task, "metric": None}]
    for endpoint, body, of in (
        ("events.get_task_plots", {"task": task, "iters": 1}, "plots"),
        ("events.get_multi_task_plots", {"tasks": [task], "iters": 1}, "returned"),
        ("events.plots", {"metrics": wanted, "iters": 2}, "metrics"),
        ("events.debug_images", {"metrics": wanted, "iters": 2}, "metrics"),
    ):
        scroll, pages = None, 0
        while True:
            answer = api(endpoint, **body, **({"scroll_id": scroll} if scroll else {}))
            part, scroll = answer[of], answer["scroll_id"]
            if of == "metrics":
                part = [one for metric in part for one in metric["iterations"]]
            if not part:
                break
            pages += 1
            assert pages < 10, f"{endpoint} gives the same again and again"


def test_tables_page_by_number_and_by_scroll(api: Api) -> None:
    for number in range(7):
        api.task(f"t{number}")
    query = {"order_by": ["-last_update"], "only_fields": ["name"], "size": 3}
    names, scroll = [], None
    while True:
        answer = api("tasks.get_all_ex", **query, scroll_id=scroll)
        if not answer["tasks"]:
            break
        names += [one["name"] for one in answer["tasks"]]
        scroll = answer["scroll_id"]
    assert names == [f"t{number}" for number in reversed(range(7))]
    again = api("tasks.get_all_ex", **query, scroll_id=scroll, refresh_scroll=True)
    assert [one["name"] for one in again["tasks"]] == names
    assert [len(api.names("tasks.get_all_ex", page=page, page_size=3)) for page in range(4)] == [3, 3, 1, 0]
