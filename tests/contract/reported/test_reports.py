"""`reports.*`: Markdown pages and the data they show."""

from tests.contract.conftest import Api


def test_a_report_lies_in_a_hidden_project_and_is_no_ordinary_task(api: Api) -> None:
    project = api.project("p")
    made = api(
        "reports.create", name="r", project=project, report="# Hi", tags=["t"], report_assets=["u://a"]
    )
    assert api("projects.get_by_id", project=made["project_id"])["project"]["name"] == "p/.reports"
    assert api.names("projects.get_all") == ["p"] and api.names("tasks.get_all") == []
    found = api("reports.get_all_ex", project=[project])["tasks"]
    assert [(one["name"], one["report"], one["report_assets"]) for one in found] == [("r", "# Hi", ["u://a"])]
    assert found[0]["project"]["name"] == "p/.reports" and found[0]["user"]["name"] == "Soundyard"
    assert api("reports.get_tags") == {"tags": ["t"]}


def test_a_report_is_changed_until_it_is_published(api: Api) -> None:
    report = api("reports.create", name="r")["id"]
    assert api("reports.update", task=report, name="n", report="text")["updated"] == 1
    assert api("reports.get_all_ex", id=[report])["tasks"][0]["report"] == "text"
    api("reports.publish", task=report, message="done")
    api.fails("reports.update", 400, 110, task=report, name="x")
    api.fails("reports.delete", 400, 123, task=report)
    assert api("reports.delete", task=report, force=True) == {"deleted": True}


def test_a_report_moves_with_its_folder(api: Api) -> None:
    report = api("reports.create", name="r", project=api.project("a"))["id"]
    target = api("reports.move", task=report, project_name="b/c")["project_id"]
    assert api("projects.get_by_id", project=target)["project"]["name"] == "b/c/.reports"
    assert "a/.reports" not in api.names("projects.get_all", search_hidden=True)
    api("reports.delete", task=report)
    assert "b/c/.reports" not in api.names("projects.get_all", search_hidden=True)


def test_archived_reports_come_back(api: Api) -> None:
    report = api("reports.create", name="r")["id"]
    assert api("reports.archive", task=report) == {"archived": 1}
    assert api("reports.get_all_ex", system_tags=["-archived"])["tasks"] == []
    assert api("reports.unarchive", task=report) == {"unarchived": 1}


def test_other_tasks_are_no_reports(api: Api) -> None:
    for action in ("update", "publish", "archive", "delete"):
        api.fails(f"reports.{action}", 400, 126, task=api.task())
    api.fails("reports.share", 400, 1)


def test_the_data_of_tasks_is_gathered_for_a_report(api: Api) -> None:
    task = api.task("t")
    base = {"task": task, "metric": "m", "variant": "v"}
    single = -(2**31)
    for event in (
        {"type": "training_stats_scalar", "iter": 1, "value": 0.5},
        {"type": "training_stats_scalar", "iter": single, "value": 7, "variant": "one"},
        {"type": "plot", "iter": 0, "plot_str": "{}"},
        {"type": "training_debug_image", "iter": 0, "url": "u://x", "key": "x"},
    ):
        api("events.add", **{**base, **event})
    data = api(
        "reports.get_task_data",
        id=[task],
        scalar_metrics_iter_histogram={"samples": 10, "metrics": [{"metric": "m"}]},
        plots={"iters": 1},
        debug_images={"iters": 1, "metrics": [{"metric": "m"}]},
        single_value_metrics={},
    )
    assert data["scalar_metrics_iter_histogram"]["m"]["v"][task]["y"] == [0.5]
    assert data["plots"]["m"]["v"][task]["0"]["plots"][0]["plot_str"] == "{}"
    assert data["debug_images"][0]["iterations"][0]["events"][0]["url"] == "u://x"
    assert data["single_value_metrics"]["tasks"][0]["values"][0]["value"] == 7
    empty = api("reports.get_task_data", id=["nobody"], plots={}, single_value_metrics={})
    assert empty == {"tasks": [], "plots": {}, "single_value_metrics": {"tasks": []}}
