"""What a dialog says will be deleted is, on the disk and in the API, and nothing else; a refusal is said in place."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess
from tests.contract.files import FileClient


class Made:
    """A project with tasks that have files; all of it is removed afterwards."""

    def __init__(self, server: ServerProcess) -> None:
        self.server, self.files = server, FileClient(server)
        self.project = server.call("projects.create", name="to be cleared", description="")["id"]

    def task(self, name: str) -> str:
        task = self.server.call("tasks.create", name=name, type="training", project=self.project)["id"]
        self.server.call("tasks.started", task=task, force=True)
        self.server.call("tasks.completed", task=task)
        return task

    def file(self, task: str, last: str) -> str:
        name = f"to be cleared/größer #1.{task}/{last}"
        assert self.files.upload(name, b"x" * 2500).status_code == 200
        return name

    def artifact(self, task: str, name: str, mode: str = "output") -> None:
        one = {"key": name.split("/")[-1], "type": "custom", "uri": self.files.url(name), "mode": mode}
        self.server.call("tasks.add_or_update_artifacts", task=task, artifacts=[one], force=True)

    def model(self, name: str, file: str, **more: object) -> str:
        return self.server.call("models.create", name=name, uri=self.files.url(file), **more)["id"]

    def lies(self, name: str) -> bool:
        there = (self.server.folder / "server" / "files" / name).is_file()
        got = requests.get(self.files.url(name), headers=self.files.headers, timeout=10)
        assert there == (got.status_code == 200)
        return there


@pytest.fixture
def made(server: ServerProcess) -> Iterator[Made]:
    made = Made(server)
    yield made
    server.call("projects.delete", project=made.project, force=True, delete_contents=True)


def choose(page: Page, action: str) -> None:
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name=action, exact=True).click()


def test_deleting_a_task_says_what_goes_and_what_stays_and_does_that(
    page: Page, server: ServerProcess, made: Made
):
    task, reader = made.task("doomed"), made.task("reader")
    goes, stays = made.file(task, "artifacts/goes.bin"), made.file(task, "models/stays.pt")
    draft = made.model("draft of a model", made.file(task, "models/draft.pt"), task=task, ready=False)
    for one in (goes, stays):
        made.artifact(task, one)
    released = made.model("released", stays, ready=True, project=made.project)
    made.artifact(reader, stays, mode="input")
    server.call("tasks.archive", tasks=[task])
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/general")
    choose(page, "Delete")
    dialog = page.get_by_role("dialog", name="Delete for good")
    expect(dialog).to_contain_text("1 model is deleted.")
    expect(dialog).to_contain_text("2 files are deleted from the server (5.0 kB).")
    expect(dialog).to_contain_text("1 file stays, because something else names it:")
    expect(dialog.get_by_role("listitem").filter(has_text="released")).to_contain_text("Published")
    expect(dialog.get_by_role("link", name="reader")).to_have_attribute("href", re.compile(reader))
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1, name="to be cleared")).to_be_visible()
    assert not made.lies(goes) and made.lies(stays)
    assert [one["id"] for one in server.call("models.get_all", id=[draft, released])["models"]] == [released]
    page.goto(f"{server.url}/models/{released}")
    choose(page, "Delete")
    expect(dialog).to_contain_text("No file is deleted from the server.")
    expect(dialog.get_by_role("link", name="reader")).to_be_visible()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1, name="Models")).to_be_visible()
    assert made.lies(stays)
    server.call("tasks.delete", task=reader, force=True)
    assert not made.lies(stays)


def test_a_reset_says_what_goes_and_keeps_what_was_given(page: Page, server: ServerProcess, made: Made):
    task = made.task("to be reset")
    result, given = made.file(task, "artifacts/result.bin"), made.file(task, "artifacts/given.bin")
    made.artifact(task, result)
    made.artifact(task, given, mode="input")
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/general")
    choose(page, "Reset")
    dialog = page.get_by_role("dialog", name="Reset")
    expect(dialog).to_contain_text("1 file is deleted from the server (2.5 kB).")
    expect(dialog).to_contain_text("1 file stays, because something else names it:")
    dialog.get_by_role("button", name="Reset").click()
    expect(page.locator(".task-facts .status-created")).to_be_visible()
    assert not made.lies(result) and made.lies(given)


def test_a_dataset_says_which_versions_would_lose_their_files(page: Page, server: ServerProcess, made: Made):
    parent, child = made.task("clips 1.0"), made.task("clips 1.1")
    made.artifact(parent, made.file(parent, "artifacts/chunk.zip"))
    struct = f'{{"0": {{"job_id": "{parent}"}}, "1": {{"job_id": "{child}"}}}}'
    item = {"name": "Dataset Struct", "value": struct}
    server.call("tasks.edit_configuration", task=child, configuration=[item], force=True)
    server.call("tasks.archive", tasks=[parent])
    page.goto(f"{server.url}/projects/*/tasks/{parent}/output/general")
    choose(page, "Delete")
    warning = page.get_by_role("dialog", name="Delete for good").get_by_role("alert")
    expect(warning).to_contain_text("1 task loses what it reads:")
    expect(warning.get_by_role("link", name="clips 1.1")).to_be_visible()
    page.keyboard.press("Escape")
    assert server.task(parent)["id"] == parent


def test_what_the_queue_refuses_is_said_in_the_dialog_and_can_be_mended_there(
    page: Page, server: ServerProcess, made: Made
):
    queue = server.call("queues.create", name="refusals")["id"]
    try:
        first = server.call("tasks.create", name="first", type="training", project=made.project)["id"]
        other = server.call("tasks.create", name="other", type="training", project=made.project)["id"]
        page.goto(f"{server.url}/projects/{made.project}/tasks")
        page.get_by_role("checkbox", name="Choose all").check()
        page.get_by_role("toolbar").get_by_role("button", name="Enqueue").click()
        server.call("tasks.completed", task=first, force=True)
        server.call("tasks.publish", task=first)  # behind the page's back
        dialog = page.get_by_role("dialog", name="Enqueue")
        field = dialog.get_by_role("combobox", name="Queue")
        field.fill("refusals")
        page.get_by_role("option", name=re.compile("^refusals")).click()
        dialog.get_by_role("button", name="Enqueue", exact=True).click()
        refusal = dialog.get_by_role("alert")
        expect(refusal).to_contain_text("1 task was not enqueued:")
        expect(refusal).to_contain_text("first: Its status is published, expected")
        expect(refusal).not_to_contain_text(first)
        assert server.status(other) == "queued"
        server.call("tasks.reset", task=first, force=True)
        dialog.get_by_role("button", name="Enqueue", exact=True).click()
        expect(dialog).to_be_hidden()
        assert server.status(first) == "queued"
    finally:
        server.call("queues.delete", queue=queue, force=True)


def test_the_files_folder_is_empty_when_all_is_deleted(server: ServerProcess, made: Made):
    tasks = [made.task(f"t{n}") for n in range(3)]
    names = [made.file(task, "artifacts/a.bin") for task in tasks]
    server.call("tasks.delete_many", ids=tasks, force=True)
    folders = {Path(name).parts[1] for name in names}
    left = (server.folder / "server" / "files" / "to be cleared").glob("*")
    assert not folders & {one.name for one in left}
