"""`models.*`: what training leaves behind."""

import pytest

from tests.contract.conftest import Api


@pytest.fixture
def model(api: Api) -> str:
    return make(api, "net")


def make(api: Api, name: str, **fields: object) -> str:
    return api("models.create", uri=f"http://files/{name}.pt", name=name, **{"ready": False, **fields})["id"]


def get(api: Api, model: str) -> dict:
    return api("models.get_by_id", model=model)["model"]


def test_a_new_model_has_the_fields_clients_index_into(api: Api, model: str) -> None:
    found = get(api, model)
    assert found["ready"] is False and found["labels"] == {} and found["tags"] == []
    assert found["metadata"] == {} and found["uri"] == "http://files/net.pt"


def test_an_unknown_model_is_error_400_201(api: Api) -> None:
    api.fails("models.get_by_id", 400, 201, model="nobody")
    api.fails("models.edit", 400, 201, model="nobody", name="x")


def test_a_model_needs_a_project_that_exists(api: Api) -> None:
    api.fails("models.create", 400, 401, uri="u", name="n", project="nobody")


def test_editing_replaces_the_fields_given_and_leaves_the_others(api: Api, model: str) -> None:
    api("models.edit", model=model, labels={"dog": 0}, comment="first")
    answer = api("models.edit", model=model, labels={"cat": 1}, name=None)
    assert answer["fields"] == {"labels": {"cat": 1}}
    found = get(api, model)
    assert found["labels"] == {"cat": 1} and found["comment"] == "first" and found["name"] == "net"


def test_an_iteration_reported_with_a_model_moves_its_task_forward(api: Api) -> None:
    task = api.task()
    model = make(api, "net", task=task)
    api("models.edit", model=model, iteration=7)
    api("models.edit", model=model, iteration=3)
    assert api.get(task)["last_iteration"] == 7


def test_models_are_found_by_name_project_tag_and_task(api: Api) -> None:
    project, task = api.project("p"), api.task()
    make(api, "one", project=project, tags=["x"])
    make(api, "two", task=task, framework="PyTorch")
    assert api.names("models.get_all", name="^one$") == ["one"]
    assert api.names("models.get_all", project=[project]) == ["one"]
    assert api.names("models.get_all", tags=["-x"]) == ["two"]
    assert api.names("models.get_all", task=[task]) == ["two"]
    assert api.names("models.get_all", uri=["http://files/two.pt"]) == ["two"]
    assert api.names("models.get_all", ready=True) == []
    assert api("models.get_frameworks")["frameworks"] == ["PyTorch"]


def test_models_of_subprojects_are_found_when_that_is_asked(api: Api) -> None:
    parent = api.project("p")
    make(api, "deep", project=api.project("p/q"))
    assert api.names("models.get_all_ex", project=[parent]) == []
    assert api.names("models.get_all_ex", project=[parent], include_subprojects=True) == ["deep"]


def test_the_extended_forms_name_what_a_model_refers_to(api: Api) -> None:
    task = api.task("maker")
    model = make(api, "net", project=api.project("p"), task=task, labels={"a": 1})
    (found,) = api(
        "models.get_all_ex", only_fields=["name", "project.name", "task.name"], include_stats=True
    )["models"]
    assert found["project"]["name"] == "p" and found["task"]["name"] == "maker"
    assert found["stats"] == {"labels_count": 1}
    assert api("models.get_by_id_ex", id=[model])["models"][0]["task"]["name"] == "maker"


def test_scrolling_reaches_every_model_once(api: Api) -> None:
    names = [make(api, f"net {number}") and f"net {number}" for number in range(5)]
    seen, scroll = [], None
    while page := (answer := api("models.get_all", size=2, scroll_id=scroll))["models"]:
        seen += [one["name"] for one in page]
        scroll = answer["scroll_id"]
    assert sorted(seen) == names


def test_publishing_a_model_publishes_its_task(api: Api) -> None:
    task = api.task()
    model = make(api, "net", task=task)
    api("tasks.started", task=task)
    api("tasks.completed", task=task)
    assert api("models.set_ready", model=model)["published_task"]["id"] == task
    assert api.status(task) == "published" and get(api, model)["ready"] is True
    api.fails("models.set_ready", 400, 203, model=model)


def test_publishing_a_model_of_a_running_task_changes_nothing(api: Api) -> None:
    task = api.task()
    model = make(api, "net", task=task)
    api("tasks.started", task=task)
    api.fails("models.set_ready", 400, 110, model=model)
    assert get(api, model)["ready"] is False
    answer = api("models.set_ready", model=model, publish_task=False)
    assert answer == {"updated": 1} and api.status(task) == "in_progress"


def test_a_model_that_tasks_read_is_deleted_by_force_alone(api: Api, model: str) -> None:
    reader = api.task()
    api("tasks.add_or_update_model", task=reader, name="input", model=model, type="input")
    api.fails("models.delete", 400, 205, model=model)
    assert api("models.delete", model=model, force=True) == {"deleted": True, "url": "http://files/net.pt"}
    (kept,) = api.get(reader)["models"]["input"]
    assert kept["model"] == f"__DELETED__{model}"


def test_the_model_of_a_published_task_is_deleted_by_force_alone(api: Api) -> None:
    task = api.task()
    model = make(api, "net", task=task)
    api("tasks.publish", task=task, force=True)
    api.fails("models.delete", 400, 206, model=model)
    api("models.delete", model=model, force=True)


def test_many_forms_answer_for_each_model(api: Api, model: str) -> None:
    answer = api("models.archive_many", ids=[model, "nobody"])
    assert answer["succeeded"] == [{"id": model, "archived": True}]
    assert answer["failed"][0]["id"] == "nobody" and answer["failed"][0]["error"]["codes"] == [400, 201]
    assert get(api, model)["system_tags"] == ["archived"]
    api("models.unarchive_many", ids=[model])
    assert get(api, model)["system_tags"] == []
    assert api("models.publish_many", ids=[model])["succeeded"] == [{"id": model, "updated": True}]
    assert api("models.publish_many", ids=[model])["failed"][0]["error"]["codes"] == [400, 203]
    (deleted,) = api("models.delete_many", ids=[model])["succeeded"]
    assert deleted["url"] == "http://files/net.pt"


def test_models_move_to_a_project_by_name_which_is_created(api: Api, model: str) -> None:
    project = api("models.move", ids=[model], project_name="new/place")["project_id"]
    assert get(api, model)["project"] == project
    api.fails("models.move", 400, 12, ids=[model])
    api.fails("models.move", 400, 201, ids=["nobody"], project=project)


def test_metadata_is_a_dict_by_key(api: Api, model: str) -> None:
    def item(key: str, value: str) -> dict:
        return {"key": key, "type": "str", "value": value}

    api("models.add_or_update_metadata", model=model, metadata=[item("a", "1"), item("b", "2")])
    api("models.add_or_update_metadata", model=model, metadata=[item("a", "3")])
    assert get(api, model)["metadata"]["a"]["value"] == "3"
    api("models.delete_metadata", model=model, keys=["a"])
    assert list(get(api, model)["metadata"]) == ["b"]
    api("models.edit", model=model, metadata=[item("c", "4")])
    assert list(get(api, model)["metadata"]) == ["c"]


def test_a_task_gets_one_output_model_for_one_uri(api: Api) -> None:
    task = api.task("train")
    first = api("models.update_for_task", task=task, uri="http://files/a.pt", name="best")
    again = api("models.update_for_task", task=task, uri="http://files/a.pt", name="best", comment="x")
    assert first["created"] is True and again["created"] is False and again["id"] == first["id"]
    assert api.get(task)["models"]["output"] == [{"name": "best", "model": first["id"]}]
    assert api("models.get_by_task_id", task=task)["model"]["comment"] == "x"
    api.fails("models.update_for_task", 400, 12, task=task)
    api.fails("models.get_by_task_id", 400, 122, task=api.task())


def test_tags_are_added_and_removed_without_touching_the_others(api: Api, model: str) -> None:
    api("models.edit", model=model, tags=["keep", "drop"])
    assert api("models.update_tags", ids=[model], add_tags=["new"], remove_tags=["drop"])["updated"] == 1
    assert get(api, model)["tags"] == ["keep", "new"]


def test_public_and_back(api: Api, model: str) -> None:
    assert api("models.make_public", ids=[model])["updated"] == 1
    assert get(api, model)["company"] == ""
    assert api("models.make_private", ids=[model])["updated"] == 1


def test_a_deleted_model_is_gone_with_its_events_and_its_children_know(api: Api, model: str) -> None:
    child = make(api, "child", parent=model)
    event = {"type": "training_stats_scalar", "metric": "m", "variant": "v", "iter": 1, "value": 2.0}
    api.post("events.add", {**event, "task": model, "model_event": True, "timestamp": 1000})
    assert api.store.events.series.of([model])
    assert api("models.delete", model=model)["deleted"] is True
    api.fails("models.get_by_id", 400, 201, model=model)
    api.fails("models.delete", 400, 201, model=model)
    assert api.names("models.get_all") == ["child"]
    assert get(api, child)["parent"] == f"__DELETED__{model}"
    assert not api.store.events.series.of([model])
    api("models.delete_many", ids=[child])
    assert api.names("models.get_all") == []
