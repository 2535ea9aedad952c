"""What workers run tasks in: on the Workers page, and as a warning where a task that recorded more is enqueued."""

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import choose_queue
from tests.conftest import ServerProcess


@pytest.fixture
def listened(server: ServerProcess, queue: Callable[[str], str]) -> Iterator[str]:
    """A queue with one worker, which runs everything in the environment that is installed there."""
    made = queue("as installed")
    told = {"mode": "installed", "python": "3.11.7", "pythons": ["3.11"], "fingerprint": "1a2b3c4d"}
    value = json.dumps({**told, "packages": "numpy==2.1.0\ntorch==2.11.0"})
    server.call("workers.register", worker="told:0", timeout=600, queues=[made])
    server.call(
        "workers.set_runtime_properties",
        worker="told:0",
        runtime_properties=[{"key": "environment", "value": value}],
    )
    yield made
    server.call("workers.unregister", worker="told:0")


def test_the_workers_page_shows_mode_python_and_fingerprint(
    page: Page, server: ServerProcess, listened: str
) -> None:
    page.goto(f"{server.url}/workers")
    row = page.get_by_role("row").filter(has_text="told:0")
    said = "Python 3.11.7 · packages 1a2b3c4d (2) · all tasks run in the installed environment"
    expect(row.locator(".environment")).to_have_text(said)


def test_the_workers_page_shows_why_a_worker_takes_no_task(
    page: Page, server: ServerProcess, listened: str
) -> None:
    why = "The repository git://far/x could not be fetched: unable to connect"
    held = [{"key": "force", "value": "off", "expiry": 600}, {"key": "held", "value": why, "expiry": 600}]
    server.call("workers.set_runtime_properties", worker="told:0", runtime_properties=held)
    page.goto(f"{server.url}/workers")
    row = page.get_by_role("row").filter(has_text="told:0")
    expect(row.locator(".held")).to_have_text(f"takes no task at present: {why}")
    released = [{"key": "force", "value": "on", "expiry": 1}]
    server.call("workers.set_runtime_properties", worker="told:0", runtime_properties=released)
    expect(row.locator(".held")).to_have_count(0, timeout=30_000)


def test_an_enqueue_warns_when_no_worker_has_what_the_task_recorded(
    page: Page, server: ServerProcess, listened: str
) -> None:
    script = {"entry_point": "a.py", "requirements": {"pip": "numpy==1.26"}}
    task = str(server.call("tasks.create", name="older numpy", type="training", script=script)["id"])
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/general")
    page.get_by_role("button", name="Enqueue", exact=True).click()
    dialog = page.get_by_role("dialog", name="Enqueue")
    choose_queue(page, dialog, "as installed")
    dialog.get_by_role("button", name="Enqueue", exact=True).click()
    warning = page.locator(".toast.warning")
    expect(warning).to_contain_text(
        "1 task waits, but the queue's worker told:0 does not run it in what it has recorded"
    )
    expect(warning).to_contain_text("numpy==1.26 is recorded, 2.1.0 is installed")
    assert server.status(task) == "queued"
    server.call("tasks.delete", task=task, force=True)
