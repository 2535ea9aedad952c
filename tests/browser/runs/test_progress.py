"""How far a running task is: in the table and in its head, with the time that is left where it is known."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess


@pytest.mark.parametrize(
    "ends, shown", [(230, r"^42 %, about [23]:\d\d left$"), (None, "^42 %$"), (-9, "^42 %$")]
)
def test_progress_and_what_is_left_are_shown_while_a_task_runs(
    page: Page, server: ServerProcess, ends: int | None, shown: str
):
    task = server.call("tasks.create", name=f"goes on {ends}", type="training")["id"]
    server.call("tasks.started", task=task)
    told = {"progress": "42", "_progress_ends": "" if ends is None else str(round(time.time() + ends))}
    server.call("tasks.edit", task=task, runtime=told, force=True)
    page.goto(f"{server.url}/?q={task}")
    row = page.locator(".table-body .table-row", has_text=f"goes on {ends}")
    expect(row.locator(".status-cell small")).to_have_text(re.compile(shown))
    page.goto(f"{server.url}/projects/*/tasks/{task}")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "42")
    expect(page.locator(".progress small")).to_have_text(re.compile(shown))
    server.call("tasks.completed", task=task)
    expect(page.get_by_role("progressbar")).to_have_count(0)
