"""Hyperparameters, configurations, artifacts and models of a task."""

from tests.contract.conftest import Api


def values(api: Api, task: str) -> dict[str, str]:
    found = api("tasks.get_hyper_params", tasks=[task])["params"][0]["hyperparams"]
    return {f"{one['section']}/{one['name']}": one["value"] for one in found}


def param(section: str, name: str, value: str) -> dict[str, str]:
    return {"section": section, "name": name, "value": value}


def test_hyperparameters_are_added_changed_and_replaced(api: Api) -> None:
    task = api.task()
    api("tasks.edit_hyper_params", task=task, hyperparams=[param("A", "x.y/z $", "1"), param("B", "b", "2")])
    api("tasks.edit_hyper_params", task=task, hyperparams=[param("A", "c", "3")])
    assert values(api, task) == {"A/x.y/z $": "1", "A/c": "3", "B/b": "2"}
    edited = [param("A", "d", "4")]
    api("tasks.edit_hyper_params", task=task, hyperparams=edited, replace_hyperparams="section")
    assert values(api, task) == {"A/d": "4", "B/b": "2"}
    api("tasks.edit_hyper_params", task=task, hyperparams=edited, replace_hyperparams="all")
    assert values(api, task) == {"A/d": "4"}


def test_hyperparameters_are_deleted_by_name_or_by_section(api: Api) -> None:
    task = api.task()
    three = [param("A", "x", "1"), param("A", "y", "2"), param("B", "z", "3")]
    api("tasks.edit_hyper_params", task=task, hyperparams=three)
    api("tasks.delete_hyper_params", task=task, hyperparams=[{"section": "A", "name": "x"}])
    assert values(api, task) == {"A/y": "2", "B/z": "3"}
    api(
        "tasks.delete_hyper_params",
        task=task,
        hyperparams=[{"section": "A"}, {"section": "none", "name": "x"}],
    )
    assert values(api, task) == {"B/z": "3"}


def test_a_running_tasks_parameters_are_locked_but_its_properties_are_not(api: Api) -> None:
    task = api.task()
    api("tasks.started", task=task)
    edited = [param("A", "x", "1")]
    api.fails("tasks.edit_hyper_params", 400, 110, task=task, hyperparams=edited)
    api("tasks.edit_hyper_params", task=task, hyperparams=edited, force=True)
    api("tasks.edit_hyper_params", task=task, hyperparams=[param("properties", "p", "v")])
    api.fails("tasks.delete_hyper_params", 400, 110, task=task, hyperparams=[{"section": "A"}])
    assert values(api, task) == {"A/x": "1", "properties/p": "v"}


def test_configurations_are_edited_listed_and_deleted(api: Api) -> None:
    task = api.task(configuration={"model": {"value": "{}", "type": "dict"}})
    api(
        "tasks.edit_configuration",
        task=task,
        configuration=[{"name": "frontend", "value": "x"}, {"name": "empty"}],
    )
    found = api("tasks.get_configurations", tasks=[task])["configurations"][0]
    assert [one["name"] for one in found["configuration"]] == ["model", "frontend", "empty"]
    named = api("tasks.get_configurations", tasks=[task], names=["frontend"])["configurations"][0]
    assert named["configuration"] == [{"name": "frontend", "value": "x"}]
    names = api("tasks.get_configuration_names", tasks=[task])["configurations"]
    assert names == [{"task": task, "names": ["frontend", "model"]}]
    every = api("tasks.get_configuration_names", tasks=[task], skip_empty=False)["configurations"][0]
    assert every["names"] == ["empty", "frontend", "model"]
    api("tasks.delete_configuration", task=task, configuration=["empty", "model"])
    new = [{"name": "n", "value": "1"}]
    api("tasks.edit_configuration", task=task, configuration=new, replace_configuration=True)
    assert api.get(task)["configuration"] == {"n": {"name": "n", "value": "1"}}


def test_unknown_tasks_among_many_are_named(api: Api) -> None:
    api.fails("tasks.get_hyper_params", 400, 101, tasks=[api.task(), "nobody"])
    assert api("tasks.get_configurations", tasks=[])["configurations"] == []


def test_artifacts_are_known_by_key_and_mode(api: Api) -> None:
    task = api.task()
    first = {"key": "k", "type": "json", "uri": "u://1", "type_data": {"preview": "p"}, "timestamp": 1}
    api("tasks.add_or_update_artifacts", task=task, artifacts=[first])
    more = [{**first, "uri": "u://2"}, {"key": "k", "type": "json", "mode": "input"}]
    api("tasks.add_or_update_artifacts", task=task, artifacts=more)
    stored = api.get(task)["execution"]["artifacts"]
    assert [(one["key"], one["mode"], one.get("uri")) for one in stored] == [
        ("k", "output", "u://2"),
        ("k", "input", None),
    ]
    api("tasks.delete_artifacts", task=task, artifacts=[{"key": "k"}])
    assert [one["mode"] for one in api.get(task)["execution"]["artifacts"]] == ["input"]
    api("tasks.completed", task=task, force=True)
    api.fails("tasks.add_or_update_artifacts", 400, 110, task=task, artifacts=[first])
    api("tasks.add_or_update_artifacts", task=task, artifacts=[first], force=True)


def test_models_are_known_by_name_and_side(api: Api) -> None:
    task = api.task()
    for name, model, side in (("a", "1", "output"), ("a", "2", "output"), ("a", "3", "input")):
        api("tasks.add_or_update_model", task=task, name=name, model=model, type=side, iteration=7)
    assert api.get(task)["models"] == {
        "input": [{"name": "a", "model": "3"}],
        "output": [{"name": "a", "model": "2"}],
    }
    assert api.get(task)["last_iteration"] == 7
    api("tasks.delete_models", task=task, models=[{"name": "a", "type": "output"}])
    assert api.get(task)["models"]["output"] == []
