"""Starting runs and finding them again: templates apart from runs, the clone dialog's rules, sweeps, why one failed."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import choose_queue
from tests.conftest import ServerProcess

pytestmark = pytest.mark.timeout(120)

PARAMETERS = {
    "epochs": ("int", "10", "passes over the clips [Training; at least 1]"),
    "learning_rate": ("float", "0.01", "peak of the schedule [Training; 1e-09 to 10]"),
    "optimizer": ("str", "adamw", "how steps are made [Training; one of adamw, sgd]"),
    "augment": ("bool", "True", "whether clips are changed [Augmentation]"),
    "seed": ("int", "0", "of everything that is drawn"),
}


@pytest.fixture
def template(server: ServerProcess) -> Iterator[dict[str, Any]]:
    """A template in a project of its own."""
    project = server.call("projects.create", name="Runs and templates")["id"]
    texts = {
        name: {"section": "Args", "name": name, "type": kind, "value": value, "description": about}
        for name, (kind, value, about) in PARAMETERS.items()
    }
    made = server.call(
        "tasks.create",
        name="learn",
        type="training",
        project=project,
        tags=["template", "birds"],
        hyperparams={"Args": texts},
    )
    yield {"id": made["id"], "project": project}
    for left in server.call("projects.get_all", id=[project])["projects"]:
        server.call("projects.delete", project=left["id"], force=True, delete_contents=True)


def new_run(page: Page, server: ServerProcess, template: dict[str, Any]) -> Locator:
    page.goto(f"{server.url}/projects/{template['project']}/tasks")
    page.get_by_role("button", name="New run").click()
    dialog = page.get_by_role("dialog", name="New run")
    dialog.get_by_role("button", name=re.compile("^learn")).click()
    expect(dialog.get_by_label(re.compile("^learning_rate"))).to_have_value("0.01")
    return dialog


def test_a_template_stands_apart_and_one_click_shows_it(page: Page, server: ServerProcess, template):
    page.goto(f"{server.url}/projects/{template['project']}/tasks")
    link = page.locator(".table-body").get_by_role("link", name="learn", exact=True)
    expect(page.get_by_text("No tasks yet")).to_be_visible()
    page.get_by_role("radio", name="Templates").click()
    expect(link).to_be_visible()
    page.get_by_role("radio", name="All").click()
    expect(link).to_be_visible()
    expect(page).to_have_url(re.compile("kind=all"))
    page.get_by_role("radio", name="Runs").click()
    expect(link).to_have_count(0)


def test_a_run_of_a_template_is_no_template_and_keeps_its_other_tags(page: Page, server, template):
    dialog = new_run(page, server, template)
    dialog.get_by_role("button", name="Clone", exact=True).click()
    expect(page.get_by_text("Cloned")).to_be_visible()
    (run,) = [
        one
        for one in server.call("tasks.get_all", project=[template["project"]])["tasks"]
        if one["id"] != template["id"]
    ]
    assert run["tags"] == ["birds"] and run["parent"] == template["id"]
    expect(page.locator(".table-body").get_by_role("link", name=re.compile("^learn "))).to_be_visible()


def test_the_dialog_holds_each_field_to_its_own_rules(page: Page, server, template):
    dialog = new_run(page, server, template)
    for heading in ("Training", "Augmentation", "Args"):
        expect(dialog.get_by_role("group", name=heading)).to_be_visible()
    submit = dialog.get_by_role("button", name="Clone", exact=True)
    dialog.get_by_label(re.compile("^epochs")).fill("0")
    expect(dialog.get_by_text("It must be at least 1")).to_be_visible()
    expect(submit).to_have_attribute("aria-disabled", "true")
    dialog.get_by_label(re.compile("^epochs")).fill("3")
    dialog.get_by_label(re.compile("^optimizer")).select_option("sgd")
    dialog.get_by_role("switch", name=re.compile("^augment")).uncheck()
    submit.click()
    expect(page.get_by_text("Cloned")).to_be_visible()
    newest = server.call("tasks.get_all", project=[template["project"]], order_by=["-created"])["tasks"][0]
    values = {name: one["value"] for name, one in newest["hyperparams"]["Args"].items()}
    assert values == {
        "epochs": "3",
        "learning_rate": "0.01",
        "optimizer": "sgd",
        "augment": "False",
        "seed": "0",
    }


def test_a_sweep_is_a_group_that_its_toast_opens(page: Page, server, template, queue):
    queue("sweeps")
    dialog = new_run(page, server, template)
    dialog.get_by_label("Name", exact=True).fill("learn")
    dialog.get_by_label(re.compile("^learning_rate")).fill("0.1, 0.01, 0.001")
    dialog.get_by_role("group", name="Augmentation").get_by_role("button", name="Several values").click()
    dialog.get_by_label(re.compile("^augment")).fill("True, False")
    expect(dialog).to_contain_text("A sweep: 6 tasks")
    choose_queue(page, dialog, "sweeps")
    dialog.get_by_role("button", name="Clone and enqueue").click()
    page.get_by_role("link", name="Show them").click()
    expect(page.locator(".table-body .table-row:not(.waiting)")).to_have_count(6)
    expect(page.get_by_role("columnheader", name="learning_rate")).to_be_visible()
    expect(page.get_by_role("columnheader", name="augment")).to_be_visible()
    expect(page.get_by_role("link", name="learn lr=0.001 augment=False")).to_be_visible()
    made = server.call("tasks.get_all", project=[template["project"]], status=["queued"])["tasks"]
    assert len({one["name"] for one in made}) == 6
    (tag,) = {tag for one in made for tag in one["tags"] if tag.startswith("sweep-")}
    assert all(set(one["tags"]) == {"birds", tag} for one in made)


def test_a_refusal_is_said_in_the_dialog(page: Page, server, template):
    dialog = new_run(page, server, template)
    server.call("projects.delete", project=template["project"], force=True, delete_contents=True)
    dialog.get_by_role("button", name="Clone", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("No clone was made")


def test_a_failed_task_opens_on_why_it_failed(page: Page, server: ServerProcess, template):
    made = server.call("tasks.create", name="went wrong", type="training", project=template["project"])["id"]
    server.call("tasks.started", task=made)
    lines = ["epoch 1", "Traceback (most recent call last):", "RuntimeError: no memory left"]
    for line in lines:
        server.call("events.add", type="log", task=made, msg=line)
    server.call("tasks.failed", task=made, status_reason="Exit code 1")
    page.goto(f"{server.url}/projects/{template['project']}/tasks")
    page.get_by_role("link", name="went wrong").click()
    expect(page.locator(".ending-reason")).to_contain_text("RuntimeError: no memory left")
    expect(page.locator(".last-lines .console-log")).to_contain_text("epoch 1")
    page.get_by_role("link", name="Info").click()
    expect(page.get_by_role("heading", name="Facts")).to_be_visible()
    page.get_by_role("link", name="What went wrong").click()
    page.get_by_role("link", name="The whole console").click()
    expect(page).to_have_url(re.compile("output/log"))
