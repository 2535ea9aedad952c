"""Old clients, queries in addresses, acting for others, and what is public."""

from __future__ import annotations

from tests.contract.conftest import Api


def model(api: Api, name: str = "m", **fields) -> str:
    return api("models.create", uri=f"file:///{name}", name=name, **fields)["id"]


# Old clients


def test_old_and_new_parameters_are_merged(api: Api) -> None:
    new = {"Args": {"lr": {"section": "Args", "name": "lr", "value": "1", "type": "float"}}}
    old = {"parameters": {"lr": "2", "epochs": 3}, "model_desc": {"design": "text"}}
    task = api.task(hyperparams=new, execution=old)
    args = api.get(task)["hyperparams"]["Args"]
    assert args["lr"] == new["Args"]["lr"]
    assert args["epochs"] == {"section": "Args", "name": "epochs", "value": "3", "type": "legacy"}
    assert api.get(task)["configuration"]["design"] == {"name": "design", "value": "text", "type": "legacy"}
    api("tasks.edit", task=task, execution={"parameters": {"lr": "5", "batch": "8"}})
    args = api.get(task)["hyperparams"]["Args"]
    assert {name: (item["value"], item["type"]) for name, item in args.items()} == {
        "lr": ("5", "float"), "batch": ("8", "legacy")
    }  # fmt: skip
    for broken in ({"Args": 5}, {"Args": {"x": 5}}):
        api.fails("tasks.edit", 400, 12, task=task, hyperparams=broken, execution=old)
    api.fails("tasks.edit", 400, 12, task=task, models={"input": 5}, execution={"model": "m"})


def test_the_model_that_an_old_client_starts_from_is_in_use(api: Api) -> None:
    one, two = model(api, "one", ready=False), model(api, "two", ready=False)
    task = api.task(execution={"model": one})
    api.fails("models.delete", 400, 205, model=one)
    api("tasks.edit", task=task, execution={"model": two})
    assert [item["model"] for item in api.get(task)["models"]["input"]] == [two]
    api("models.delete", model=one)


# Who asks, and how


def test_a_query_string_counts_on_get(api: Api) -> None:
    task, other = api.task("t"), api.task("u")

    def get(endpoint: str, **query) -> dict:
        return api.client.get(f"/api/{endpoint}", params=query, headers=api.headers).json()

    assert get("tasks.get_by_id", task=task)["data"]["task"]["name"] == "t"
    assert [one["id"] for one in get("tasks.get_all_ex", id=[task, other], order_by="-name")["data"]["tasks"]] == [
        other, task
    ]  # fmt: skip
    assert get("tasks.get_hyper_params", tasks=task)["data"]["params"] == [{"task": task, "hyperparams": []}]
    assert get("tasks.archive_many", ids=task)["data"]["succeeded"][0]["id"] == task
    answer = api.client.get("/api/events.download_task_log", params={"task": task}, headers=api.headers)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")


def test_a_link_changes_nothing_with_a_browsers_session(api: Api) -> None:
    task = api.task()
    api.open_page()
    assert api.client.get("/api/tasks.get_by_id", params={"task": task}).status_code == 200
    assert api.client.get("/api/tasks.delete", params={"task": task}).status_code == 400
    assert api.status(task) == "created"


def test_preferences_are_set_by_path_and_replace_what_was_there(api: Api) -> None:
    api("users.set_preferences", preferences={"a": {"b": {"x": 1}, "c": 2}})
    api("users.set_preferences", preferences={"a.b": {"y.z": 3}, "d.e": 4})
    wanted = {"a": {"b": {"y.z": 3}, "c": 2}, "d": {"e": 4}}
    assert api("users.get_preferences")["preferences"] == wanted
    api.fails("users.set_preferences", 400, 305, preferences={"a.c.d": 1})
    api.fails("users.set_preferences", 400, 305, preferences={"a..d": 1})
    assert api("users.get_preferences")["preferences"] == wanted


def test_an_admin_acts_for_another_user_with_that_users_rights(api: Api) -> None:
    ann = api("users.create", name="ann", role="viewer")["id"]
    headers = {**api.headers, "X-ClearML-Impersonate-As": ann}

    def ask(endpoint: str, **body) -> dict:
        return api.client.post(f"/api/{endpoint}", json=body, headers=headers).json()

    assert ask("users.get_current_user")["data"]["user"]["name"] == "ann"
    assert ask("tasks.create", name="t", type="training")["meta"]["result_subcode"] == 20
    api("users.update", user=ann, role="user")
    task = ask("tasks.create", name="t", type="training")["data"]["id"]
    assert api.get(task)["user"] == ann
    headers["X-ClearML-Impersonate-As"] = "nobody"
    assert ask("users.get_current_user")["meta"]["result_subcode"] == 6


# What is public


def test_what_is_public_is_protected_until_it_is_private_again(api: Api) -> None:
    things = {"tasks": api.task("t"), "models": model(api, ready=False), "projects": api.project("p")}
    changes = [
        ("tasks.edit", {"task": things["tasks"], "name": "x"}), ("tasks.started", {"task": things["tasks"]}),
        ("tasks.delete", {"task": things["tasks"]}), ("tasks.update_tags", {"ids": [things["tasks"]]}),
        ("events.delete_for_task", {"task": things["tasks"]}),
        ("models.edit", {"model": things["models"], "name": "x"}), ("models.delete", {"model": things["models"]}),
        ("projects.update", {"project": things["projects"], "name": "x"}),
        ("projects.delete", {"project": things["projects"]}),
    ]  # fmt: skip
    for kind, id in things.items():
        assert api(f"{kind}.make_public", ids=[id])["updated"] == 1
    for endpoint, body in changes:
        api.fails(endpoint, 403, 21, **body)
    for many in ("tasks.archive_many", "models.archive_many"):
        failed = api(many, ids=[things[many.partition(".")[0]]])["failed"]
        assert failed[0]["error"]["codes"] == [403, 21]
    assert api.names("tasks.get_all", id=[things["tasks"]]) == ["t"]
    assert api.names("tasks.get_all", id=[things["tasks"]], allow_public=False) == []
    assert api.get(api("tasks.clone", task=things["tasks"])["id"])["name"] == "t"
    for kind, id in things.items():
        assert api(f"{kind}.make_private", ids=[id])["updated"] == 1
    api("tasks.edit", task=things["tasks"], name="y")
