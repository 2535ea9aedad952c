"""A server that holds nothing yet: every place says what it is for, and what to do."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import enter
from tests.conftest import ServerProcess

SAID = {
    "": "No tasks yet",
    "?archive=1": "The archive is empty",
    "?q=nothing": "No task fits the filters",
    "projects": "No projects yet",
    "pipelines": "No pipelines yet",
    "datasets": "No datasets yet",
    "models": "No models yet",
    "workers": "No agent has reported in the last day",
    "settings/nothing": "There is no such section",
    "nowhere": "There is no such page",
    f"projects/*/tasks/{'0' * 32}": "This task is not there any more",
    f"projects/*/models/{'0' * 32}": "This model is not there any more",
    f"queues/{'0' * 32}": "This queue is gone",
    f"projects/*/compare-tasks;ids={'0' * 32}/details": "None of these tasks is there any more",
}
TABS = {
    "artifacts": "No artifacts",
    "log": "The console is empty",
    "scalars": "No scalars yet",
    "plots": "No plots yet",
    "debugImages": "No debug samples yet",
    "audio": "No table of clips",
}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("bare"))
    yield process
    process.stop()


@pytest.mark.parametrize("place", SAID)
def test_a_place_with_nothing_in_it_says_so(page: Page, bare: ServerProcess, place: str):
    enter(page.context, bare)
    page.goto(f"{bare.url}/{place}")
    expect(page.locator("main .state").filter(has_text=SAID[place])).to_be_visible()


def test_a_first_visit_is_led_step_by_step_and_sees_each_done(page: Page, bare: ServerProcess):
    enter(page.context, bare)
    page.goto(bare.url)
    steps = page.locator(".first-steps li")
    expect(steps).to_have_count(4)
    expect(page.locator(".table")).to_have_count(0)
    expect(page.locator(".first-steps .done")).to_have_count(0)
    run = steps.nth(3).get_by_role("button", name="New run")
    expect(run).to_have_attribute("aria-disabled", "true")
    template = bare.call("tasks.create", name="train", type="training", tags=["template"])["id"]
    bare.call("workers.register", worker="here", timeout=600, queues=[bare.queue("audio")])
    expect(steps.nth(0)).to_have_class("done", timeout=15_000)  # it looks every five seconds
    expect(steps.nth(1)).to_contain_text("1 template", timeout=15_000)
    run.click()
    expect(page.get_by_role("dialog", name="New run").get_by_role("button", name="train")).to_be_visible()
    bare.call("workers.unregister", worker="here")
    bare.call("tasks.delete", task=template, force=True)


def test_every_tab_of_a_task_that_never_ran_says_what_would_be_there(page: Page, bare: ServerProcess):
    enter(page.context, bare)
    task = bare.call("tasks.create", name="never run", type="testing")["id"]
    for tab, said in TABS.items():
        page.goto(f"{bare.url}/projects/*/tasks/{task}/output/{tab}")
        expect(page.locator("main .state").filter(has_text=said)).to_be_visible()
    bare.call("tasks.delete", task=task, force=True)
