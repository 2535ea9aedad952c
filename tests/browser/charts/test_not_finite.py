"""Numbers that aren't finite, in everything the SDK reports, are gaps and empty cells: valid JSON, nothing damaged."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.conftest import ROOT, ServerProcess

PROGRAM = ROOT / "tests" / "e2e" / "programs" / "not_finite.py"


@pytest.fixture(scope="module")
def task(server: ServerProcess) -> str:
    done = server.run(str(PROGRAM))
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout.split("task ")[-1].split()[0])


def strictly(text: str) -> Any:
    """As a browser reads JSON: without NaN and Infinity, which Python's parser takes."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_every_answer_is_json_and_has_gaps(server: ServerProcess, task: str):
    def asked(endpoint: str, **body: Any) -> Any:
        url = f"{server.url}/api/{endpoint}"
        return strictly(requests.post(url, json=body, headers=server.authorization(), timeout=30).text)[
            "data"
        ]

    curves = asked("events.scalar_metrics_iter_histogram", task=task)
    assert curves["gaps"]["logger"]["y"] == [0.5, None, None, None, 0.25]
    last = {one["metric"]: one for each in asked("tasks.get_by_id", task=task)["task"]["last_metrics"].values()
            for one in each.values()}  # fmt: skip
    assert (last["gaps"]["min_value"], last["gaps"]["max_value"]) == (0.25, 0.5)
    assert last["all nan"]["value"] is None
    plots = {
        one["metric"]: strictly(one["plot_str"]) for one in asked("events.get_task_plots", task=task)["plots"]
    }
    assert plots["matrix"]["data"][0]["z"] == [[1.0, None], [None, 0.5]]
    assert {"histogram", "surface", "scatter2d", "scatter3d", "table", "plotly"} <= plots.keys()
    for endpoint in ("events.get_task_events", "events.get_task_single_value_metrics", "tasks.get_all_ex"):
        asked(endpoint, **{"task": task} if endpoint.endswith("events") else {"tasks": [task], "id": [task]})


def test_the_page_draws_all_of_it(page: Page, server: ServerProcess, task: str):
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/plots")
    boxes = page.locator(".plot-box")
    for name in ("histogram", "matrix", "plotly", "scatter2d", "table", "vector"):
        one = page.get_by_role("figure", name=name).or_(page.get_by_role("region", name=name)).first
        one.scroll_into_view_if_needed()
        expect(one).to_be_visible()
    page.wait_for_timeout(500)
    expect(boxes.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_text("damaged")).to_have_count(0)
    cells = page.locator(".table-plot td")
    assert set(cells.all_inner_texts()) <= {"a", "b", "0.5", ""}
    for tab in ("scalars", "hyper-params", "artifacts"):
        page.goto(f"{server.url}/projects/*/tasks/{task}/output/{tab}")
        expect(page.get_by_role("heading", level=1, name="every kind")).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.get_by_text("NaN", exact=True)).to_have_count(0)


def test_tables_and_their_downloads_have_empty_cells(page: Page, server: ServerProcess, task: str):
    project = server.task(task)["project"]
    page.goto(f"{server.url}/projects/{project}/tasks")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("dialog").get_by_role("combobox", name="Add a metric").fill("all nan")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    head = page.get_by_role("columnheader", name="all nan/logger")
    expect(head).to_be_visible()
    head.get_by_role("button").first.click()  # sorted by it
    row = page.locator(".table-body .table-row:not(.waiting)")
    expect(row).to_contain_text("–")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as CSV").click()
    with Path(waiting.value.path()).open(newline="", encoding="utf-8-sig") as file:
        assert [one["all nan/logger"] for one in csv.DictReader(file)] == [""]
    page.goto(f"{server.url}/projects/*/compare-tasks;ids={task}/values")
    expect(page.get_by_role("rowheader", name="all nan/logger")).to_be_visible()
    expect(page.get_by_text("NaN", exact=True)).to_have_count(0)
