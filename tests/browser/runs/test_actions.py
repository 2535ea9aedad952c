"""What is done with a task from its own page and with the table: every action, and what the server then holds."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import choose_queue
from tests.conftest import ServerProcess, until

Ended = Callable[[str], str]
NewQueue = Callable[[str], str]


@pytest.fixture
def ended(server: ServerProcess) -> Iterator[Ended]:
    """Makes a task that has reported a value and ended; it is deleted afterwards."""
    made: list[str] = []

    def make(status: str) -> str:
        task = server.call("tasks.create", name=f"to be {status}", type="training", project=project)["id"]
        made.append(task)
        server.call("tasks.started", task=task, force=True)
        for step, value in enumerate((0.9, 0.5)):
            event = {"type": "training_stats_scalar", "metric": "loss", "variant": "train"}
            server.call("events.add", **event, task=task, iter=step, value=value)
        server.call({"completed": "tasks.completed", "stopped": "tasks.stopped"}[status], task=task)
        return task

    project = server.call("projects.create", name="acted upon", description="")["id"]
    yield make
    server.call("tasks.delete_many", ids=made, force=True)
    server.call("projects.delete", project=project, force=True)


def open_task(page: Page, server: ServerProcess, task: str) -> None:
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/general")
    expect(page.get_by_role("heading", level=1, name="to be")).to_be_visible()


def choose(page: Page, action: str) -> None:
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name=action, exact=True).click()


def enqueue(page: Page, button: str) -> None:
    dialog = page.get_by_role("dialog", name=button)
    choose_queue(page, dialog, "patience")
    dialog.get_by_role("button", name=button, exact=True).click()


def test_a_task_is_reset_only_after_a_question(page: Page, server: ServerProcess, ended: Ended):
    task = ended("completed")
    open_task(page, server, task)
    choose(page, "Reset")
    dialog = page.get_by_role("dialog", name="Reset")
    expect(dialog).to_contain_text("are deleted")
    dialog.get_by_role("button", name="Cancel").click()
    assert server.status(task) == "completed"
    choose(page, "Reset")
    dialog.get_by_role("button", name="Reset").click()
    expect(page.locator(".task-facts .status-created")).to_be_visible()
    assert server.status(task) == "created"
    assert server.scalars(task) == {}


def test_an_aborted_task_goes_on_with_what_it_has(
    page: Page, server: ServerProcess, ended: Ended, queue: NewQueue
):
    queue("patience")
    task = ended("stopped")
    open_task(page, server, task)
    choose(page, "Continue")
    enqueue(page, "Continue")
    expect(page.locator(".task-facts .status-queued")).to_be_visible()
    assert server.status(task) == "queued"
    assert "loss" in server.scalars(task)


def test_a_task_is_tried_again_from_the_start(
    page: Page, server: ServerProcess, ended: Ended, queue: NewQueue
):
    queue("patience")
    task = ended("stopped")
    open_task(page, server, task)
    choose(page, "Retry from the start")
    page.get_by_role("dialog", name="Retry").get_by_role("button", name="Reset and enqueue").click()
    enqueue(page, "Enqueue")
    expect(page.locator(".task-facts .status-queued")).to_be_visible()
    assert server.status(task) == "queued"
    assert server.scalars(task) == {}
    choose(page, "Dequeue")
    expect(page.locator(".task-facts .status-created")).to_be_visible()


def test_a_published_task_says_why_it_stays_as_it_is(page: Page, server: ServerProcess, ended: Ended):
    task = ended("completed")
    open_task(page, server, task)
    choose(page, "Publish")
    page.get_by_role("dialog", name="Publish").get_by_role("button", name="Publish").click()
    expect(page.locator(".task-facts .status-published")).to_be_visible()
    assert server.status(task) == "published"
    page.get_by_role("button", name="More actions").click()
    reset = page.get_by_role("menuitem", name=re.compile("^Reset"))
    expect(reset).to_have_attribute("aria-disabled", "true")
    expect(reset).to_contain_text("a published task is kept as it is")


def test_a_task_is_renamed_tagged_and_moved(page: Page, server: ServerProcess, ended: Ended):
    task = ended("completed")
    open_task(page, server, task)
    choose(page, "Rename")
    page.get_by_role("dialog", name="Rename").get_by_role("textbox").fill("to be kept")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="to be kept")).to_be_visible()
    choose(page, "Tags")
    dialog = page.get_by_role("dialog", name="Tags")
    dialog.get_by_role("combobox", name="Add a tag").fill("baseline")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("baseline")).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".task-facts")).to_contain_text("baseline")
    choose(page, "Move")
    dialog = page.get_by_role("dialog", name="Move to another project")
    dialog.get_by_role("combobox").fill("moved here")
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Move").click()
    expect(page.get_by_role("navigation", name="Where this is")).to_contain_text("moved here")
    found = server.task(task)
    assert (found["name"], found["tags"]) == ("to be kept", ["baseline"])
    (project,) = server.call("projects.get_all", name="^moved here$")["projects"]
    assert found["project"] == project["id"]
    server.call("tasks.delete", task=task, force=True)
    server.call("projects.delete", project=project["id"], force=True)


def test_a_task_is_deleted_from_the_archive(page: Page, server: ServerProcess, ended: Ended):
    task = ended("completed")
    open_task(page, server, task)
    choose(page, "Archive")
    expect(page.locator(".task-facts")).to_contain_text("In the archive")
    choose(page, "Restore")
    expect(page.locator(".task-facts")).not_to_contain_text("In the archive")
    choose(page, "Archive")
    expect(page.locator(".task-facts")).to_contain_text("In the archive")
    choose(page, "Delete")
    page.get_by_role("dialog", name="Delete for good").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1, name="acted upon")).to_be_visible()
    assert not server.call("tasks.get_all", id=[task])["tasks"]


def test_a_task_is_taken_along_as_json(page: Page, server: ServerProcess, ended: Ended):
    task = ended("completed")
    open_task(page, server, task)
    with page.expect_download() as waiting:
        choose(page, "Export as JSON")
    kept: dict[str, Any] = json.loads(Path(waiting.value.path()).read_text())
    assert (kept["id"], kept["status"]) == (task, "completed")


def test_the_table_is_taken_along_with_the_columns_that_it_shows(
    page: Page, server: ServerProcess, ended: Ended
):
    tasks = [ended("completed"), ended("stopped")]
    project = server.task(tasks[0])["project"]
    page.goto(f"{server.url}/projects/{project}/tasks")
    expect(page.locator(".table-body .table-row:not(.waiting)")).to_have_count(2)
    page.get_by_role("button", name="Columns").click()
    panel = page.get_by_role("dialog")
    panel.get_by_label("ID", exact=True).check()
    panel.get_by_label("Of its values, the").select_option("max")
    panel.get_by_role("combobox", name="Add a metric").fill("loss")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("columnheader", name="loss/train (max)")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as CSV").click()
    with Path(waiting.value.path()).open(newline="", encoding="utf-8-sig") as file:
        rows = {row["ID"]: row for row in csv.DictReader(file)}
    assert rows.keys() == set(tasks)
    for row in rows.values():
        assert (float(row["loss/train"]), float(row["loss/train (max)"])) == (0.5, 0.9)


def test_a_column_is_widened_and_moved_and_stays_so(page: Page, server: ServerProcess, ended: Ended):
    project = server.task(ended("completed"))["project"]
    page.goto(f"{server.url}/projects/{project}/tasks")
    heads = page.locator(".table-head").get_by_role("columnheader")
    expect(heads.filter(has_text="Type")).to_be_visible()
    order = heads.all_inner_texts()
    column = page.get_by_role("columnheader", name="Type")
    before = column.bounding_box()
    handle = column.locator(".resize").bounding_box()
    assert before and handle
    page.mouse.move(handle["x"] + 2, handle["y"] + 5)
    page.mouse.down()
    page.mouse.move(handle["x"] + 62, handle["y"] + 5, steps=4)
    page.mouse.up()

    def width() -> float:
        box = column.bounding_box()
        return box["width"] if box else 0.0

    until(lambda: abs(width() - before["width"] - 60) < 4, 10, f"60 pixels more than {before['width']}")
    column.drag_to(page.get_by_role("columnheader", name="Status"))
    expect(heads.nth([name.split("\n")[0] for name in order].index("Status"))).to_contain_text("Type")
    page.reload()
    expect(heads.nth([name.split("\n")[0] for name in order].index("Status"))).to_contain_text("Type")
    assert abs(width() - before["width"] - 60) < 4


def test_the_search_takes_a_regular_expression_when_it_is_told_to(
    page: Page, server: ServerProcess, ended: Ended
):
    tasks = [ended("completed"), ended("stopped")]
    project = server.task(tasks[0])["project"]
    page.goto(f"{server.url}/projects/{project}/tasks")
    rows = page.locator(".table-body .table-row:not(.waiting)")
    expect(rows).to_have_count(2)
    page.get_by_role("searchbox").fill("be (comp|nothing)")
    expect(page.get_by_text("No task fits the filters")).to_be_visible()
    page.get_by_role("button", name="Regular expression").click()
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("to be completed")


def test_a_failed_task_says_why_before_who_wrote_it_down(page: Page, server: ServerProcess, ended: Ended):
    task = ended("stopped")
    agent = {"status_message": "Changed by clearml-agent host:0", "force": True}
    server.call("tasks.failed", task=task, status_reason="killed by signal 9: perhaps out of memory", **agent)
    open_task(page, server, task)
    facts = page.locator(".task-facts")
    expect(facts.locator(".reason")).to_have_text("killed by signal 9: perhaps out of memory")
    task = ended("stopped")
    for line in ("Traceback (most recent call last):", "ValueError: no such fold", "Leaving process id 7"):
        server.call("events.add", type="log", task=task, msg=line, level="info", allow_locked=True)
    server.call("tasks.failed", task=task, status_reason="worker execution exit code 1", **agent)
    open_task(page, server, task)
    expect(facts.locator(".reason")).to_have_text("worker execution exit code 1: ValueError: no such fold")
