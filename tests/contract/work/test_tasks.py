"""`tasks.*`: creating, reading, changing."""

import json

import pytest

from tests.contract.conftest import Api


def test_a_new_task_is_a_draft_with_the_fields_clients_index_into(api: Api) -> None:
    task = api.get(api.task("first"))
    assert task["status"] == "created"
    assert task["execution"] == {"artifacts": []}
    assert task["script"] == task["hyperparams"] == task["runtime"] == task["last_metrics"] == {}
    assert task["tags"] == [] and task["last_iteration"] == 0


def test_an_unknown_task_is_error_400_101(api: Api) -> None:
    assert "nobody" in api.fails("tasks.get_by_id", 400, 101, task="nobody")


@pytest.mark.parametrize(
    ("code", "subcode", "fields"),
    [
        (400, 12, {"name": "x"}),
        (400, 12, {"name": "  ", "type": "training"}),
        (400, 12, {"name": "x", "type": "sleeping"}),
        (400, 401, {"name": "x", "type": "training", "project": "nowhere"}),
        (400, 101, {"name": "x", "type": "training", "parent": "nobody"}),
        (400, 12, {"name": "x", "type": "training", "hyperparams": {"Args": 5}}),
        (400, 12, {"name": "x", "type": "training", "execution": {"artifacts": 5}}),
        (400, 12, {"name": "x", "type": "training", "models": {"input": "m"}}),
    ],
)
def test_a_task_that_makes_no_sense_is_refused(api: Api, code: int, subcode: int, fields: dict) -> None:
    api.fails("tasks.create", code, subcode, **fields)
    api.fails("tasks.validate", code, subcode, **fields)
    assert api("tasks.get_all")["tasks"] == []


def test_validate_keeps_nothing(api: Api) -> None:
    assert api("tasks.validate", name="x", type="training") == {}
    assert api("tasks.get_all")["tasks"] == []


def test_editing_replaces_each_field_and_merges_script_and_execution(api: Api) -> None:
    task = api.task(
        script={"entry_point": "a.py", "branch": "main"}, hyperparams={"A": {"x": {"value": "1"}}}
    )
    api(
        "tasks.edit",
        task=task,
        script={"branch": "dev"},
        hyperparams={"B": {"y": {"value": "2", "type": "int"}}},
        output_dest="s3://bucket",
        container={"image": "img"},
    )
    edited = api.get(task)
    assert edited["script"] == {"entry_point": "a.py", "branch": "dev"}
    assert edited["hyperparams"] == {"B": {"y": {"section": "B", "name": "y", "value": "2", "type": "int"}}}
    assert edited["output"] == {"destination": "s3://bucket"}
    assert edited["container"] == {"image": "img"}
    api("tasks.edit", task=task, hyperparams={}, comment=None)
    assert api.get(task)["hyperparams"] == {}


def test_only_drafts_are_edited_without_force(api: Api) -> None:
    task = api.task()
    api("tasks.started", task=task)
    api.fails("tasks.edit", 400, 110, task=task, name="other")
    api("tasks.edit", task=task, name="other", force=True)
    assert api.get(task)["name"] == "other"


def test_update_works_in_any_status(api: Api) -> None:
    task, project = api.task(), api.project("p")
    api("tasks.started", task=task)
    answer = api("tasks.update", task=task, name="n", tags=["a", "a"], project=project, output__error="oh")
    assert answer["updated"] == 1
    updated = api.get(task)
    assert (updated["name"], updated["tags"], updated["project"]) == ("n", ["a"], project)
    assert updated["output"]["error"] == "oh"
    api.fails("tasks.update", 400, 401, task=task, project="nowhere")


def test_a_batch_of_updates_is_all_or_nothing(api: Api) -> None:
    one, two = api.task("1"), api.task("2")
    lines = b"\n".join(json.dumps({"task": task, "comment": "c"}).encode() for task in (one, two))
    answer = api.post("tasks.update_batch", lines)
    assert answer.json()["data"] == {"updated": 2}
    bad = json.dumps({"task": one, "comment": "d"}).encode() + b'\n{"task": "nobody"}'
    assert api.post("tasks.update_batch", bad).status_code == 400
    assert api.get(one)["comment"] == "c"


def test_a_clone_takes_code_and_parameters_and_leaves_results(api: Api) -> None:
    project = api.project("p")
    task = api.task(
        "t",
        project=project,
        tags=["mine"],
        system_tags=["development"],
        script={"entry_point": "-m tasks.train --epochs 3", "diff": "d"},
        hyperparams={"Args": {"epochs": {"value": "3"}}},
        execution={"artifacts": [{"key": "o", "type": "x"}, {"key": "i", "type": "x", "mode": "input"}]},
        runtime={"r": "1"},
    )
    api("tasks.add_or_update_model", task=task, name="m", model="1", type="output")
    api("tasks.add_or_update_model", task=task, name="n", model="2", type="input")
    clone = api.get(api("tasks.clone", task=task, new_task_name="c")["id"])
    assert (clone["name"], clone["status"], clone["project"], clone["tags"]) == (
        "c",
        "created",
        project,
        ["mine"],
    )
    assert clone["system_tags"] == [] and clone["runtime"] == {}
    assert clone["script"] == {"entry_point": "-m tasks.train", "diff": "d"}
    assert [one["key"] for one in clone["execution"]["artifacts"]] == ["i"]
    assert clone["models"] == {"input": [{"name": "n", "model": "2"}], "output": []}
    assert clone["hyperparams"]["Args"]["epochs"]["value"] == "3"


def test_a_clone_of_a_template_is_a_run_unless_it_is_told_to_be_a_template(api: Api) -> None:
    template = api.task("t", tags=["template", "mine"])
    assert api.get(api("tasks.clone", task=template)["id"])["tags"] == ["mine"]
    again = api("tasks.clone", task=template, new_task_tags=["template"])["id"]
    assert api.get(again)["tags"] == ["template"]


def test_a_clone_can_be_told_what_is_different(api: Api) -> None:
    task = api.task("t")
    answer = api(
        "tasks.clone",
        task=task,
        new_task_parent=task,
        new_task_tags=["x"],
        new_task_hyperparams={"Args": {"lr": {"value": "0.5"}}},
        new_task_input_models=[{"name": "m", "model": "1"}],
        execution_overrides={"queue": "q", "model_labels": {"cat": 1}},
        new_project_name="fresh/one",
    )
    clone = api.get(answer["id"])
    assert answer["new_project"] == {"id": clone["project"], "name": "fresh/one"}
    assert clone["name"] == "t" and clone["parent"] == task and clone["tags"] == ["x"]
    assert clone["execution"]["model_labels"] == {"cat": 1}
    assert clone["models"]["input"] == [{"name": "m", "model": "1"}]
    api.fails("tasks.clone", 400, 101, task="nobody")


def test_ping_notes_a_sign_of_life_and_how_long_it_runs(api: Api) -> None:
    task = api.task()
    before = api.get(task)["last_update"]
    api("tasks.started", task=task)
    api("tasks.ping", task=task)
    assert api.get(task)["last_update"] > before
    assert api.get(task)["active_duration"] >= 0
    api.fails("tasks.ping", 400, 101, task="nobody")


def test_requirements_replace_those_before(api: Api) -> None:
    task = api.task(script={"requirements": {"pip": "a"}, "entry_point": "x.py"})
    api("tasks.set_requirements", task=task, requirements={"pip": "b", "org_pip": "a"})
    assert api.get(task)["script"] == {"requirements": {"pip": "b", "org_pip": "a"}, "entry_point": "x.py"}


def test_runtime_properties_are_merged(api: Api) -> None:
    task = api.task(runtime={"a": "1", "b": "2"})
    api("tasks.edit_runtime", task=task, runtime={"b": "3", "c": 4})
    assert api.get(task)["runtime"] == {"a": "1", "b": "3", "c": 4}


def test_tasks_move_to_a_project_by_id_or_by_name(api: Api) -> None:
    task, project = api.task(), api.project("p")
    assert api("tasks.move", ids=[task], project=project) == {"project_id": project}
    made = api("tasks.move", ids=[task], project_name="new/place")["project_id"]
    assert api.get(task)["project"] == made
    api("tasks.move", ids=[task], project=None)
    assert "project" not in api.get(task)
    api.fails("tasks.move", 400, 401, ids=[task], project="nowhere")
    api.fails("tasks.move", 400, 12, ids=[task])


def test_tags_are_added_and_removed_for_many(api: Api) -> None:
    one, two = api.task("1", tags=["a", "b"]), api.task("2")
    api("tasks.update_tags", ids=[one, two], add_tags=["c", "a"], remove_tags=["b"])
    assert api.get(one)["tags"] == ["a", "c"] and api.get(two)["tags"] == ["c", "a"]


def test_types_are_those_in_use(api: Api) -> None:
    outer = api.project("outer")
    api.task("1", project=api.project("outer/inner"), type="testing")
    api.task("2")
    assert api("tasks.get_types")["types"] == ["testing", "training"]
    assert api("tasks.get_types", projects=[outer])["types"] == ["testing"]


def test_get_all_ex_names_what_ids_stand_for(api: Api) -> None:
    project, parent = api.project("p"), api.task("parent", type="controller")
    task = api.task("t", project=project, parent=parent)
    queue = api("queues.create", name="q")["id"]
    api("tasks.enqueue", task=task, queue=queue)
    found = api("tasks.get_all_ex", id=[task])["tasks"][0]
    assert found["project"]["name"] == "p" and found["parent"]["name"] == "parent"
    assert found["user"]["name"] == "Soundyard" and found["execution"]["queue"] == {"id": queue, "name": "q"}
    fields = ["project.name", "parent.name", "execution.queue.name", "user.id"]
    exact = api("tasks.get_all_ex", id=[task], only_fields=fields)["tasks"][0]
    assert exact["project"] == {"name": "p"} and exact["execution"] == {"queue": {"name": "q"}}
    assert set(exact) == {"id", "project", "parent", "execution", "user"}
    assert api("tasks.get_by_id_ex", id=[task])["tasks"][0]["project"]["id"] == project
    rest = api("tasks.get_all_ex", id=[task], only_fields=["-script"])["tasks"][0]
    assert "script" not in rest and rest["project"]["name"] == "p"


def test_subprojects_are_searched_on_demand(api: Api) -> None:
    outer = api.project("outer")
    api.task("deep", project=api.project("outer/inner"))
    assert api.names("tasks.get_all_ex", project=[outer]) == []
    assert api.names("tasks.get_all_ex", project=[outer], include_subprojects=True) == ["deep"]


def test_hidden_tasks_are_found_only_on_demand(api: Api) -> None:
    hidden = api.task("hidden", system_tags=["hidden"])
    api.task("seen")
    assert api.names("tasks.get_all") == ["seen"]
    assert set(api.names("tasks.get_all", search_hidden=True)) == {"seen", "hidden"}
    assert api.names("tasks.get_all", id=[hidden]) == ["hidden"]


def test_a_scroll_ends(api: Api) -> None:
    for number in range(5):
        api.task(str(number))
    seen, answer = [], api("tasks.get_all_ex", size=2, order_by=["name"])
    while answer["tasks"]:
        seen += [one["name"] for one in answer["tasks"]]
        answer = api("tasks.get_all_ex", size=2, order_by=["name"], scroll_id=answer["scroll_id"])
    assert seen == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("version", ["v2.0", "v2.9", "v2.23", "v2.99", "v999.0", "v1", ""])
def test_every_version_prefix_leads_to_the_same_endpoint(api: Api, version: str) -> None:
    answer = api.post("tasks.get_all", {"method": "get", "nonsense": [1]}, version=version).json()
    assert answer["data"] == {"tasks": []} and answer["meta"]["endpoint"]["name"] == "tasks.get_all"


def test_what_is_public_stays_as_it_is(api: Api) -> None:
    assert api("tasks.make_public", ids=[api.task()]) == {"updated": 1}
    assert api("tasks.make_private", ids=[]) == {"updated": 0}


def test_clients_of_old_versions_speak_of_flat_parameters(api: Api) -> None:
    execution = {"parameters": {"lr": "0.1"}, "model_desc": {"net": "x"}, "docker_cmd": "image:1 --gpus all"}
    task = api.task(execution=execution)
    new = api.get(task)
    assert new["hyperparams"] == {
        "Args": {"lr": {"section": "Args", "name": "lr", "value": "0.1", "type": "legacy"}}
    }
    assert new["configuration"]["net"]["value"] == "x" and new["execution"] == {"artifacts": []}
    assert new["container"] == {"image": "image:1", "arguments": "--gpus all"}
    api("tasks.edit_hyper_params", task=task, hyperparams=[{"section": "Other", "name": "a", "value": "b"}])
    old = api.post("tasks.get_by_id", {"task": task}, version="v2.5").json()["data"]["task"]
    assert old["execution"]["parameters"] == {"lr": "0.1", "Other/a": "b"}
    assert old["execution"]["docker_cmd"] == "image:1 --gpus all"
    flat = {"parameters": {**old["execution"]["parameters"], "Other/a": "c"}}
    api.post("tasks.edit", {"task": task, "execution": flat}, version="v2.5")
    assert api.get(task)["hyperparams"]["Other"]["a"]["value"] == "c"
