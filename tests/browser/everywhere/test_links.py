"""Addresses: those that the SDK prints, the older ones, and views that come back with Back and Reload."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess

PRINTED = re.compile(r"ClearML (?:results|pipeline|Task) page: (\S+)")
OLD = {
    "projects/{project}/experiments/{task}/output/log": "Console",
    "projects/{project}/tasks/{task}/output/general": "Info",
    "projects/{project}/tasks/{task}/artifacts": "Artifacts",
}


def test_the_link_that_the_sdk_prints_opens_the_tasks_console(page: Page, server: ServerProcess, job: dict):
    for step in ("train", "evaluate"):
        link = PRINTED.search(server.console(job[step]["id"]))
        assert link, "the SDK printed no link"
        page.goto(link[1])
        expect(page.get_by_role("heading", level=1, name=step)).to_be_visible()
        expect(page.locator(".console-log")).to_contain_text("Process completed successfully")


def test_the_controllers_link_and_its_page_lead_to_the_graph(page: Page, server: ServerProcess, job: dict):
    controller = job["controller"]
    for kind in ("tasks", "experiments"):
        page.goto(f"{server.url}/pipelines/{controller['project']}/{kind}/{controller['id']}")
        expect(page.locator(".step-box.step-completed")).to_have_count(3)


@pytest.mark.parametrize("pattern", OLD)
def test_older_addresses_open_the_same_tabs(page: Page, server: ServerProcess, job: dict, pattern: str):
    task: dict[str, Any] = job["train"]
    page.goto(f"{server.url}/{pattern.format(project=task['project'], task=task['id'])}")
    expect(page.get_by_role("heading", level=1, name="train")).to_be_visible()
    expect(page.locator(".tabs [aria-current]")).to_have_text(OLD[pattern])


def test_filters_sorting_and_columns_come_back_with_back_and_reload(
    page: Page, server: ServerProcess, job: dict
):
    page.goto(server.url)
    rows = page.locator(".table-body .table-row:not(.waiting)")
    expect(rows.first).to_be_visible()
    page.get_by_role("button", name="Filter by Type").click()
    page.get_by_role("dialog").get_by_label("testing").check()
    page.keyboard.press("Escape")
    expect(page.locator(".active-filters")).to_contain_text("testing")
    page.get_by_role("button", name="Name", exact=True).click()
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("dialog").get_by_label("User", exact=True).uncheck()
    expect(page.get_by_role("columnheader", name="User")).to_have_count(0)
    view = page.url
    assert all(part in view for part in ("type=testing", "sort=-name", "columns="))
    page.reload()
    expect(page.locator(".active-filters")).to_contain_text("testing")
    expect(page.get_by_role("columnheader", name="User")).to_have_count(0)
    rows.first.get_by_role("link").first.click()
    expect(page.locator(".tabs")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(view)
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")


def test_a_range_of_a_metric_narrows_the_table(page: Page, server: ServerProcess, job: dict):
    page.goto(f"{server.url}/?q=evaluate")
    page.get_by_role("button", name="Filter by accuracy/test").click()
    page.get_by_role("dialog").get_by_label("From").fill("0")
    page.keyboard.press("Enter")
    expect(page.locator(".active-filters")).to_contain_text("accuracy/test ≥ 0")
    found = page.locator(".table-body .table-row", has=page.get_by_role("link", name="evaluate", exact=True))
    expect(found.first).to_contain_text("Completed")
    expect(page.locator(".table-body .status-created")).to_have_count(0)
    page.get_by_role("button", name="Filter by accuracy/test").click()
    page.get_by_role("dialog").get_by_label("From").fill("1.5")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No task fits the filters")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect(found.first).to_be_visible()
