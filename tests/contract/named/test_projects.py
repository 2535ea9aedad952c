"""`projects.*`: the tree, its statistics, and what occurs in it."""

import pytest

from server.store import contents
from tests.contract.conftest import Api


@pytest.fixture(params=["few", "many"])
def however_many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What occurs in most of the tasks is found in another way than what occurs in some."""
    monkeypatch.setattr(contents, "_MANY", 1000 if request.param == "few" else 0)


def name_of(api: Api, project: str) -> str:
    return api("projects.get_by_id", project=project)["project"]["name"]


def test_creating_a_project_creates_its_parents(api: Api) -> None:
    deep = api("projects.get_by_id", project=api.project(" a / b/c/ ", tags=["t"]))["project"]
    assert (deep["name"], deep["basename"], deep["tags"]) == ("a/b/c", "c", ["t"])
    assert api.names("projects.get_all") == ["a", "a/b", "a/b/c"]
    assert len(deep["path"]) == 2 and deep["path"][-1] == deep["parent"]
    api.fails("projects.create", 400, 801, name="a/b")
    api.fails("projects.create", 400, 407, name="a//b")
    api.fails("projects.get_by_id", 400, 401, project="nowhere")


def test_a_new_name_renames_everything_below(api: Api) -> None:
    b, inner = api.project("a/b"), api.project("a/b/c/d")
    api("projects.update", project=b, name="a/x", description="d", tags=["t"])
    assert name_of(api, inner) == "a/x/c/d"
    for elsewhere in ("x", "y/x", "a/x/c"):
        api.fails("projects.update", 400, 408, project=b, name=elsewhere)
    api.project("a/taken")
    api.fails("projects.update", 400, 801, project=b, name="a/taken")
    assert api("projects.update", project=b, description=None)["updated"] == 1


def test_moving_under_another_project_or_to_the_top(api: Api) -> None:
    b, c = api.project("a/b"), api.project("a/b/c")
    assert api("projects.move", project=b, new_location="new/home")["moved"] == 2
    assert name_of(api, c) == "new/home/b/c"
    api("projects.move", project=c, new_location="")
    assert name_of(api, c) == "c"
    api.fails("projects.move", 400, 410, project=c, new_location="")
    api.fails("projects.move", 400, 411, project=b, new_location="new/home/b/d")


def test_merging_moves_tasks_models_and_projects(api: Api) -> None:
    source, target = api.project("source"), api.project("target")
    same, task = api.project("source/same"), api.task(project=source)
    inner = api.task("inner", project=same)
    api.project("target/same")
    api.project("source/only/deeper")
    api("models.create", name="m", uri="u://", labels={}, project=source)
    answer = api("projects.merge", project=source, destination_project=target)
    assert answer["moved_entities"] == 3 and answer["moved_projects"] == 1
    assert api.names("projects.get_all") == ["target", "target/only", "target/only/deeper", "target/same"]
    assert api.get(task)["project"] == target
    assert name_of(api, api.get(inner)["project"]) == "target/same"
    api.fails("projects.merge", 400, 412, project=target, destination_project=target)


def test_deleting_asks_for_force_and_for_the_contents(api: Api) -> None:
    outer, inner = api.project("outer"), api.project("outer/inner")
    task = api.task(project=inner)
    assert api("projects.validate_delete", project=outer)["non_archived_tasks"] == 1
    api.fails("projects.delete", 400, 402, project=outer)
    answer = api("projects.delete", project=outer, force=True)
    assert answer["disassociated_tasks"] == 1 and "project" not in api.get(task)
    assert api("projects.get_all")["projects"] == []


def test_deleting_with_contents_deletes_tasks_and_models(api: Api) -> None:
    project = api.project("p")
    task = api.task(project=project)
    uri = "http://127.0.0.1:8080/files/m"
    model = api("models.create", name="m", uri=uri, labels={}, project=project, task=task)["id"]
    answer = api("projects.delete", project=project, force=True, delete_contents=True)
    assert answer["deleted_tasks"] == 1 and answer["deleted_models"] == 1
    assert answer["urls"]["model_urls"] == [uri]
    api.fails("tasks.get_by_id", 400, 101, task=task)
    api.fails("models.get_by_id", 400, 201, model=model)


def test_models_too_keep_a_project_from_being_deleted(api: Api) -> None:
    project = api.project("p")
    api("models.create", name="m", uri="u://", labels={}, project=project)
    api.fails("projects.delete", 400, 405, project=project)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"name": "^a$"}, ["a"]),
        ({"name": "b"}, ["a/b"]),
        ({"shallow_search": True}, ["a", "z"]),
        ({"search_hidden": True}, ["a", "a/.datasets", "a/.datasets/d", "a/b", "z"]),
        ({"search_hidden": True, "system_tags": ["dataset"]}, ["a/.datasets/d"]),
        ({"basename": "^b$"}, ["a/b"]),
        ({"order_by": ["-name"]}, ["z", "a/b", "a"]),
        ({"search_text": "B"}, ["a/b"]),
    ],
)
def test_projects_are_found_hidden_ones_on_demand(api: Api, query: dict, found: list[str]) -> None:
    api.project("a/b")
    api.project("z")
    api.project("a/.datasets", system_tags=["hidden"])
    api.project("a/.datasets/d", system_tags=["hidden", "dataset"])
    assert api.names("projects.get_all", **query) == found
    assert api.names("projects.get_all_ex", **query) == found


def test_an_order_by_nothing_that_there_is_leaves_the_usual_one(api: Api) -> None:
    for name in ("b", "a", "c"):
        api.project(name)
    assert api.names("projects.get_all_ex", order_by=["-@text_score", "no_such_field"]) == ["a", "b", "c"]


def test_children_of_a_parent_are_listed_shallow_or_deep(api: Api) -> None:
    a = api.project("a")
    api.project("a/b/c")
    assert api.names("projects.get_all_ex", parent=[a], shallow_search=True) == ["a/b"]
    assert api.names("projects.get_all_ex", parent=[a]) == ["a/b", "a/b/c"]
    assert api.names("projects.get_all_ex", parent=[api.project("empty")]) == []


def test_statistics_cover_what_is_below(api: Api) -> None:
    a, b = api.project("a"), api.project("a/b")
    running, done, archived = (api.task(name, project=b) for name in ("r", "d", "x"))
    api("tasks.started", task=running)
    api("tasks.started", task=done)
    api("tasks.completed", task=done)
    api("tasks.archive", tasks=[archived])
    query = {"id": [a], "include_stats": True, "check_own_contents": True, "stats_for_state": None}
    found = api("projects.get_all_ex", **query)["projects"][0]
    active, old = found["stats"]["active"], found["stats"]["archived"]
    assert active["status_count"]["in_progress"] == active["status_count"]["completed"] == 1
    assert (
        active["total_tasks"] == 2
        and active["completed_tasks_24h"] == 1
        and active["last_task_run"] == api.get(done)["started"]
    )
    assert old["total_tasks"] == 1 and found["own_tasks"] == 0 and found["own_models"] == 0
    assert [one["name"] for one in found["sub_projects"]] == ["a/b"]
    alone = api("projects.get_all_ex", id=[a], include_stats=True, stats_with_children=False)["projects"][0]
    assert alone["stats"]["active"]["total_tasks"] == 0
    named = {"name": ["r"]}
    some = api("projects.get_all_ex", id=[a], include_stats=True, include_stats_filter=named)["projects"][0]
    assert some["stats"]["active"]["total_tasks"] == 1


def test_datasets_of_a_project_are_summed(api: Api) -> None:
    project = api.project("p/.datasets/d", system_tags=["hidden", "dataset"])
    runtime = {"ds_file_count": 3, "ds_total_size": 1000}
    api.task("v1", project=project, system_tags=["dataset"], runtime=runtime)
    found = api("projects.get_all_ex", id=[project], include_dataset_stats=True)["projects"][0]
    assert found["dataset_stats"] == {"file_count": 3, "total_size": 1000}


def test_projects_are_found_by_what_people_and_types_they_hold(api: Api) -> None:
    api.project("with/.datasets/d", system_tags=["hidden", "dataset"], tags=["t"])
    api.project("without")
    query = {"children_type": "dataset", "shallow_search": True}
    assert api.names("projects.get_all_ex", **query) == ["with"]
    assert api.names("projects.get_all_ex", **query, children_tags=["other"]) == []
    me = api("users.get_current_user")["user"]["id"]
    assert "with" in api.names("projects.get_all_ex", active_users=[me])
    assert api.names("projects.get_all_ex", active_users=["nobody"]) == []


@pytest.mark.usefixtures("however_many")
def test_parameters_and_their_values_occur_once_each_in_order(api: Api) -> None:
    a = api.project("a")
    for number, value in enumerate(("10", "9", "1e1", "auto", "9")):
        api.task(
            str(number), project=a, hyperparams={"Args": {"lr": {"value": value}, "b.c": {"value": "x"}}}
        )
    found = api("projects.get_hyper_parameters", project=a)
    assert found["parameters"] == [{"section": "Args", "name": "b.c"}, {"section": "Args", "name": "lr"}]
    assert found["total"] == 2 and found["remaining"] == 0
    page = api("projects.get_hyper_parameters", project=a, page_size=1, page=1)
    assert [one["name"] for one in page["parameters"]] == ["lr"] and page["total"] == 2
    values = api("projects.get_hyperparam_values", projects=[a], section="Args", name="lr")
    assert values == {"values": ["9", "10", "1e1", "auto"], "total": 4}
    assert api("projects.get_hyperparam_values", section="Args", name="none")["values"] == []
    api.task(project=api.project("b"), hyperparams={"Other": {"x": {"value": "1"}}})
    assert api("projects.get_hyper_parameters", project=a) == found


@pytest.mark.usefixtures("however_many")
def test_metrics_of_a_project_are_listed_with_their_hashes(api: Api) -> None:
    outer = api.project("outer")
    task = api.task(project=api.project("outer/inner"))
    event = {
        "type": "training_stats_scalar",
        "task": task,
        "metric": "m",
        "variant": "v",
        "iter": 1,
        "value": 2,
    }
    api("events.add", **event)
    found = api("projects.get_unique_metric_variants", project=outer)["metrics"]
    assert [(one["metric"], one["variant"]) for one in found] == [("m", "v")] and len(
        found[0]["metric_hash"]
    ) == 32
    assert (
        api("projects.get_unique_metric_variants", project=outer, include_subprojects=False)["metrics"] == []
    )
    path = f"last_metrics.{found[0]['metric_hash']}.{found[0]['variant_hash']}"
    only = api("tasks.get_all_ex", id=[task], only_fields=[f"{path}.value"])["tasks"][0]
    assert only["last_metrics"][found[0]["metric_hash"]][found[0]["variant_hash"]] == {"value": 2.0}


def test_parents_people_and_metadata(api: Api) -> None:
    project = api.project("p")
    parent = api.task("parent", project=project, type="controller")
    child = api.task("child", project=project, parent=parent)
    found = api("projects.get_task_parents", projects=[project])["parents"]
    assert found == [{"id": parent, "name": "parent", "project": {"id": project, "name": "p"}}]
    assert api("projects.get_task_parents", task_name="^x")["parents"] == []
    api("tasks.archive", tasks=[child])
    assert api("projects.get_task_parents", tasks_state="active")["parents"] == []
    assert len(api("projects.get_task_parents", tasks_state=None)["parents"]) == 1
    assert [one["name"] for one in api("projects.get_user_names", projects=[project])["users"]] == [
        "Soundyard"
    ]
    model = api("models.create", name="m", uri="u://", labels={}, project=project)["id"]
    api("models.add_or_update_metadata", model=model, metadata=[{"key": "k.x", "type": "str", "value": "v"}])
    assert api("projects.get_model_metadata_keys", project=project)["keys"] == ["k.x"]
    assert api("projects.get_model_metadata_values", key="k.x") == {"values": ["v"], "total": 1}


def test_tags_of_tasks_models_and_projects(api: Api) -> None:
    project = api.project("p", tags=["pt"])
    api.task(project=project, tags=["b", "a"], system_tags=["s"])
    api("models.create", name="m", uri="u://", labels={}, project=project, tags=["mt"])
    assert api("projects.get_task_tags", projects=[project]) == {"tags": ["a", "b"]}
    assert api("projects.get_task_tags", include_system=True)["system_tags"] == ["s"]
    assert api("projects.get_task_tags", filter={"system_tags": ["-s"]})["tags"] == []
    assert api("projects.get_model_tags")["tags"] == ["mt"]
    assert api("projects.get_project_tags")["tags"] == ["pt"]


def test_visibility_is_accepted(api: Api) -> None:
    assert api("projects.make_public", ids=[api.project()]) == {"updated": 1}
    api.fails("projects.make_private", 400, 401, ids=["nowhere"])
