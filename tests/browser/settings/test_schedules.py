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
    parameters = [
        {"section": "Args", "name": name, "value": value, "type": "str"}
        for name, value in (("word", "one"), ("é/%", "1:2"))
    ]
    server.call("tasks.edit_hyper_params", task=task, hyperparams=parameters)
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
    dialog.get_by_role("textbox", name="Args/word").fill("three é")
    dialog.get_by_role("button", name="Save").click()
    until(lambda: entry(server, scheduler)["task_parameters"] == {"Args/word": "three é"}, 10, "it is edited")
    card.get_by_role("button", name="Edit").click()
    when = dialog.get_by_label("When, in UTC")
    when.fill("every day")
    expect(dialog.get_by_role("alert")).to_contain_text("0 3 * * mon-fri")
    expect(dialog.get_by_role("button", name="Save")).to_have_attribute("title", "Its time can't be read")
    when.fill("*/15 * * * *")
    dialog.get_by_label("Skip a run while the one before it goes on").check()
    dialog.get_by_role("button", name="Leave Args/word as the task has it").click()
    dialog.get_by_label("Edit a further parameter").select_option("Args/é/%")
    dialog.get_by_role("textbox", name="Args/é/%").fill("two")
    dialog.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("*/15 * * * * UTC")
    job = entry(server, scheduler)
    assert (job["cron"], job["single_instance"]) == ("*/15 * * * *", True)
    assert job["task_parameters"] == {"Args/é/%": "two"}
    card.get_by_role("button", name="Run now").click()
    until(lambda: entry(server, scheduler)["run_now"], 10, "a run is asked for")
    card.get_by_role("button", name="Resume").click()
    until(lambda: entry(server, scheduler)["paused"] is False, 10, "it goes on")
    (listed,) = json.loads(server.run("-m", "soundyard", "schedule", "list", "--json").stdout)["entries"]
    assert listed["parameters"] == {"Args/é/%": "two"} and listed["state"] == "active"
    words = ("on", "dataset", "new é", "--task", task, "--queue", "nobody", "--match", "birds", "--tag", "a")
    done = server.run("-m", "soundyard", "schedule", *words)
    assert done.returncode == 0, done.stderr
    row = card.get_by_role("row").filter(has_text="new é")
    row.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Edit new é")
    dialog.get_by_label("Its name matches").fill("owls é")
    dialog.get_by_label("It has these tags").fill("b, c é,, b")
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("dataset owls é tag:b tag:c é")
    (job,) = json.loads(server.task(scheduler)["configuration"]["datasets"]["value"])
    assert (job["match_name"], job["tags"]) == ("owls é", ["b", "c é"])
    for name in ("new é", "nightly é:%"):
        card.get_by_role("row").filter(has_text=name).get_by_role("button", name="Remove").click()
        page.get_by_role("dialog", name=f"Remove {name}?").get_by_role("button", name="Remove").click()
    expect(card).to_have_count(0)
    server.call("tasks.delete", task=scheduler, force=True)
