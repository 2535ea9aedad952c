"""Schedules and triggers on the page of pipelines: seen, paused, edited, run now; the command sees the same."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess, until

pytestmark = pytest.mark.timeout(120)


def entry(server: ServerProcess, scheduler: str) -> dict[str, Any]:
    (job,) = json.loads(server.task(scheduler)["configuration"]["schedule"]["value"])
    return dict(job)


def test_a_schedule_is_paused_edited_and_run_from_the_page(page: Page, server: ServerProcess) -> None:
    task = server.call("tasks.create", name="é:/% tiny", type="training")["id"]
    parameter = {"section": "Args", "name": "word", "value": "one", "type": "str"}
    server.call("tasks.edit_hyper_params", task=task, hyperparams=[parameter])
    server.queue("nobody")
    words = ("add", "nightly é:%", "--cron", "0 3 * * *", "--task", task, "--queue", "nobody", "word=two")
    done = server.run("-m", "soundyard", "schedule", *words)
    assert done.returncode == 0, done.stderr
    told = json.loads(server.run("-m", "soundyard", "schedule", "list", "--json").stdout)
    scheduler = told["scheduler"]
    page.goto(f"{server.url}/pipelines")
    card = page.get_by_role("region", name="Schedules and triggers")
    expect(card).to_contain_text("nightly é:%")
    expect(card).to_contain_text("0 3 * * * UTC")
    card.get_by_role("button", name="Pause").click()
    expect(card).to_contain_text("paused")
    assert entry(server, scheduler)["paused"] is True
    card.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Edit nightly é:%")
    dialog.get_by_label("Args/word").fill("three é")
    dialog.get_by_role("button", name="Save").click()
    until(lambda: entry(server, scheduler)["task_parameters"] == {"Args/word": "three é"}, 10, "it is edited")
    card.get_by_role("button", name="Run now").click()
    until(lambda: entry(server, scheduler)["run_now"], 10, "a run is asked for")
    card.get_by_role("button", name="Resume").click()
    until(lambda: entry(server, scheduler)["paused"] is False, 10, "it goes on")
    (listed,) = json.loads(server.run("-m", "soundyard", "schedule", "list", "--json").stdout)["entries"]
    assert listed["parameters"] == {"Args/word": "three é"} and listed["state"] == "active"
    server.run("-m", "soundyard", "schedule", "remove", "nightly é:%")
    expect(card).to_have_count(0)
    server.call("tasks.delete", task=scheduler, force=True)
