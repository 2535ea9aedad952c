"""`organization.*`: counts, tags and lists over everything."""

import csv
import io

import pytest

from server.domain import table_export
from tests.contract.conftest import Api


def test_entities_are_counted_by_their_own_queries(api: Api) -> None:
    project = api.project("p")
    api.project("p/.pipelines", system_tags=["hidden"])
    api.project("p/.pipelines/x", system_tags=["hidden", "pipeline"])
    api.task("t", project=project, tags=["a"])
    api.task("run", system_tags=["pipeline"], type="controller")
    api("models.create", name="m", uri="u://", labels={})
    api("reports.create", name="r")
    every = (
        "projects",
        "tasks",
        "models",
        "pipelines",
        "pipeline_runs",
        "datasets",
        "dataset_versions",
        "reports",
    )
    counted = api("organization.get_entities_count", **{name: {} for name in every})
    assert counted == {
        "projects": 1,
        "tasks": 2,
        "models": 1,
        "pipelines": 1,
        "pipeline_runs": 1,
        "datasets": 0,
        "dataset_versions": 0,
        "reports": 1,
    }
    assert api("organization.get_entities_count", tasks={"tags": ["a"]}) == {"tasks": 1}
    assert api("organization.get_entities_count", tasks={}, active_users=["nobody"]) == {"tasks": 0}


def test_tags_are_collected_over_tasks_and_models(api: Api) -> None:
    api.task(tags=["b"], system_tags=["s"])
    api("models.create", name="m", uri="u://", labels={}, tags=["a"])
    assert api("organization.get_tags") == {"tags": ["a", "b"]}
    assert api("organization.get_tags", include_system=True)["system_tags"] == ["s"]


def test_there_is_one_company(api: Api) -> None:
    companies = api("organization.get_user_companies")["companies"]
    assert len(companies) == 1 and companies[0]["owners"][0]["name"] == "Soundyard"


def test_usage_names_projects_and_their_sizes(api: Api) -> None:
    project = api.project("p")
    api.task(project=project)
    usage = api("organization.get_project_usages")["usages"][0]
    assert usage == {"project": {"id": project, "name": "p"}, "tasks": 1, "models": 0, "files": 0, "size": 0}


def download(api: Api, **query: object) -> list[list[str]]:
    prepared = api("organization.prepare_download_for_get_all", **query)["prepare_id"]
    answer = api.post("organization.download_for_get_all", {"prepare_id": prepared})
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_a_table_is_downloaded_as_csv(api: Api) -> None:
    project = api.project("p")
    api.task(
        "=HYPERLINK()", project=project, tags=["a", "b"], hyperparams={"Args": {"x.y": {"value": "-1.5"}}}
    )
    api.task("other", comment='with "quotes", and\nlines')
    mappings = [
        {"name": "Name", "field": "name"},
        {"name": "Project", "field": "project.name"},
        {"name": "x", "field": "hyperparams.Args.x.y.value"},
        {"name": "State", "field": "status", "values": [{"key": "created", "value": "Draft"}]},
        {"name": "Tags", "field": "tags"},
        {"name": "Comment", "field": "comment"},
    ]
    rows = download(api, entity_type="task", field_mappings=mappings, order_by=["name"])
    assert rows[0] == ["Name", "Project", "x", "State", "Tags", "Comment"]
    assert rows[1] == ["'=HYPERLINK()", "p", "-1.5", "Draft", "a, b", ""]
    assert rows[2][-1] == 'with "quotes", and\nlines'
    assert download(api, entity_type="project", only_fields=["name"]) == [["name"], ["p"]]


def test_a_long_table_is_downloaded_whole(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_export, "_PAGE", 3)
    names = [api.get(api.task(f"t{number}"))["name"] for number in range(10)]
    rows = download(api, entity_type="task", only_fields=["name"], order_by=["-created"], page=2, page_size=4)
    assert [name for (name,) in rows[1:]] == names[::-1]


def test_a_bad_download_is_refused_when_it_is_prepared(api: Api) -> None:
    api.fails("organization.prepare_download_for_get_all", 400, 21, entity_type="task", name="(")
    api.fails("organization.prepare_download_for_get_all", 400, 12, entity_type="shoe")
    api.fails("organization.prepare_download_for_get_all", 400, 12, field_mappings=[{"name": "x"}])
    api.fails("organization.download_for_get_all", 400, 12, prepare_id="forged")


def test_workloads_say_who_ran_what_in_a_project(api: Api) -> None:
    project = api.project("p")
    for name in "ab":
        api("tasks.started", task=api.task(name, project=project))
    api("tasks.started", task=api.task("elsewhere"))
    api.task("draft", project=project)
    (one,) = api("organization.get_project_workloads", project=project)["workloads"]
    assert (one["user"]["name"], one["tasks"], one["running"]) == ("Soundyard", 2, 2)
    assert api("organization.get_project_workloads", project=project, to_date=5)["workloads"] == []
    assert api("organization.get_project_workloads")["workloads"][0]["tasks"] == 3
