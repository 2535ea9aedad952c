"""Projects, storage, plots, samples: what a person does there, and what is left on the server."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess


def test_a_project_keeps_its_parent_when_it_is_renamed_and_moves_by_its_own_action(
    page: Page, server: ServerProcess
):
    project = server.call("projects.create", name="field/north/pond", description="")["id"]

    def name() -> str:
        return str(server.call("projects.get_by_id", project=project)["project"]["name"])

    def choose(action: str) -> None:
        page.get_by_role("button", name=f"What to do with {name()}").click()
        page.get_by_role("menuitem", name=action).click()

    page.goto(f"{server.url}/projects?q=field")
    choose("Rename")
    field = page.get_by_role("dialog").get_by_label("Name, within field/north")
    expect(field).to_have_value("pond")
    field.fill("south/lake")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("A name has no slash")
    field.fill("lake")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="field/north/lake")).to_be_visible()
    assert name() == "field/north/lake"
    choose("Move")
    page.get_by_role("dialog").get_by_role("textbox").fill("field/south")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="field/south/lake")).to_be_visible()
    assert name() == "field/south/lake"
    for place in ("field/south/lake", "field/south", "field/north", "field"):
        (found,) = server.call("projects.get_all", name=f"^{place}$")["projects"]
        server.call("projects.delete", project=found["id"], force=True)


def test_storage_is_counted_by_kind_project_and_task(page: Page, server: ServerProcess, job: dict[str, Any]):
    usage = server.call("storage.get_usage")
    page.goto(f"{server.url}/settings/storage")
    expect(page.get_by_role("meter", name="Disk in use")).to_be_visible()
    kinds = page.get_by_role("region", name="Files by kind")
    for kind in usage["files"]["kinds"]:
        expect(kinds.get_by_role("rowheader", name=kind["kind"], exact=True)).to_be_visible()
    tasks = page.get_by_role("region", name="Largest tasks")
    expect(tasks.get_by_role("link", name="evaluate", exact=True).first).to_be_visible()


def test_a_plots_axes_keep_their_titles(page: Page, server: ServerProcess):
    task = server.call("tasks.create", name="titled", type="testing")["id"]
    figure = '{"data": [{"type": "bar", "x": [1], "y": [2]}], "layout": {"xaxis": {"title": "seconds"}}}'
    event = {"metric": "lengths", "variant": "all", "iter": 0, "plot_str": figure}
    server.call("events.add", type="plot", task=task, **event)
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/plots")
    expect(page.locator(".xtitle")).to_have_text("seconds", timeout=60_000)  # plotly.js is large
    server.call("tasks.delete", task=task, force=True)


def test_samples_are_seen_at_any_iteration(page: Page, server: ServerProcess, job: dict[str, Any]):
    task = job["train"]
    page.goto(f"{server.url}/projects/{task['project']}/tasks/{task['id']}/output/debugImages")
    count = page.get_by_text(re.compile(r"^\d+ samples$"))
    expect(count).to_be_visible()
    at_the_end = count.text_content()
    page.get_by_label("Iteration, typed").fill("0")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("at=0"))
    expect(count).not_to_have_text(at_the_end or "")
    page.get_by_role("button", name="Newest").click()
    expect(count).to_have_text(at_the_end or "")


def test_the_console_opens_at_its_end(page: Page, server: ServerProcess, job: dict[str, Any]):
    page.set_viewport_size({"width": 1000, "height": 400})
    page.goto(f"{server.url}/projects/*/tasks/{job['train']['id']}/output/log")
    expect(page.get_by_text("Process completed successfully")).to_be_in_viewport()
    page.set_viewport_size({"width": 1280, "height": 900})


def test_every_run_of_a_pipeline_can_be_reached(page: Page, server: ServerProcess):
    project = server.call(
        "projects.create", name="long/.pipelines/nightly", description="", system_tags=["hidden", "pipeline"]
    )["id"]
    runs = [
        server.call(
            "tasks.create", name=f"night {i}", type="controller", project=project, system_tags=["pipeline"]
        )["id"]
        for i in range(10)
    ]
    page.goto(f"{server.url}/pipelines?q=nightly")
    links = page.get_by_role("region", name="long / nightly").get_by_role("link")
    expect(links).to_have_count(8)
    page.get_by_role("button", name="Show 2 more").click()
    expect(links).to_have_count(10)
    for run in runs:
        server.call("tasks.delete", task=run, force=True)
    for name in ("long/.pipelines/nightly", "long/.pipelines", "long"):
        for found in server.call("projects.get_all", name=f"^{name}$", search_hidden=True)["projects"]:
            server.call("projects.delete", project=found["id"], force=True)
