"""Answers that come late, out of order, broken or not at all; malformed addresses; parts that break."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.conftest import ServerProcess

pytestmark = pytest.mark.timeout(120)

ADDRESSES = {
    "?status=%25": "All tasks",
    "?status=%E0%A4%A&tags=%25&sort=%25&is.a=%&in.x=y&columns=m.,p.%25": "All tasks",
    "projects/%E0%A4%A/tasks": "Tasks",
    "queues/%25": "Queues",
    "settings/%E0%A4%A": "Settings",
    "projects/*/compare-tasks;ids=%E0%A4%A,%25/scalars": "Compare 2 tasks",
}


@pytest.fixture
def task(server: ServerProcess) -> Callable[..., str]:
    """A draft with lines in its console, or a task that has ended."""

    def make(name: str, *, ended: str = "", **more: Any) -> str:
        made = str(server.call("tasks.create", name=name, type="testing", **more)["id"])
        if ended:
            server.call("tasks.started", task=made, force=True)
            server.call(f"tasks.{ended}", task=made, force=True)
        return made

    return make


def answers(route: Route, change: Callable[[Any], None]) -> None:
    """The real answer, changed."""
    response = route.fetch()
    content = response.json()
    change(content["data"])
    route.fulfill(response=response, body=json.dumps(content))


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_malformed_address_shows_its_page(page: Page, server: ServerProcess, address: str):
    page.goto(f"{server.url}/{address}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(ADDRESSES[address])
    page.get_by_role("link", name="Workers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Workers")


def test_a_page_that_loads_late_does_not_replace_the_one_that_is_shown(page: Page, server: ServerProcess):
    late: list[Route] = []
    page.route("**/pages/queues/page.js", lambda route: late.append(route))
    page.goto(f"{server.url}/projects")
    page.get_by_role("link", name="Queues").click()
    page.get_by_role("link", name="Workers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Workers")
    late[0].continue_()
    page.wait_for_function("async () => Boolean((await import('/pages/queues/page.js')).default)")
    page.wait_for_timeout(300)
    expect(page.get_by_role("heading", level=1)).to_have_text("Workers")
    page.get_by_role("link", name="Queues").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Queues")


def test_an_old_answer_does_not_overwrite_what_an_action_brought_about(
    page: Page, server: ServerProcess, queue, task
):
    queue("old answers")
    made = task("overtaken")
    server.enqueue(made, "old answers")
    page.goto(f"{server.url}/projects/*/tasks/{made}/output/general")
    status = page.locator(".task-facts .status")
    expect(status).to_have_text("Pending")
    held: list[tuple[Route, Any]] = []
    page.route(
        "**/tasks.get_by_id_ex", lambda route: held.append((route, route.fetch())), times=1
    )  # the next poll
    for _ in range(100):
        if not held:
            page.wait_for_timeout(100)
    assert held, "the page did not ask again"
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Dequeue").click()
    expect(status).to_have_text("Draft")
    route, answer = held[0]
    assert answer.json()["data"]["tasks"][0]["status"] == "queued"
    route.fulfill(response=answer)
    page.wait_for_timeout(300)
    expect(status).to_have_text("Draft")


def test_a_finished_tasks_console_comes_by_itself_once_the_server_is_back(page: Page, server, task):
    made = task("finished", ended="completed")
    server.call("events.add", type="log", task=made, msg="the last line")
    page.route("**/events.get_task_log", lambda route: route.abort())
    page.goto(f"{server.url}/projects/*/tasks/{made}/output/log")
    expect(page.get_by_role("alert").filter(has_text="goes on by itself").first).to_be_visible()
    page.unroute("**/events.get_task_log")
    expect(page.locator(".console-log")).to_contain_text("the last line")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_refusal_is_said_and_a_try_by_hand_is_a_real_one(page: Page, server, task):
    made = task("refused", ended="completed")
    asked = []

    def refuse(route: Route) -> None:
        asked.append(route)
        route.fulfill(status=500, body="not even JSON")

    page.route("**/events.get_task_plots", refuse)
    page.goto(f"{server.url}/projects/*/tasks/{made}/output/plots")
    said = page.get_by_role("alert")
    expect(said).to_be_visible()
    assert "events.get" not in said.inner_text() and "500" not in said.inner_text()
    before = len(asked)
    said.get_by_role("button", name="Try again").click()
    expect(said.get_by_role("button", name="Try again")).to_be_visible()
    assert len(asked) == before + 1
    page.unroute("**/events.get_task_plots")
    said.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("No plots yet")).to_be_visible()


def test_a_refresh_that_fails_leaves_what_is_shown_and_says_so(page: Page, server, task):
    page.clock.install()
    made = task("seen before", ended="completed")
    page.goto(f"{server.url}/projects/*/tasks/{made}/output/general")
    expect(page.get_by_role("heading", level=1)).to_have_text("seen before")
    page.route("**/tasks.get_by_id*", lambda route: route.fulfill(status=500, body="{}"))
    page.clock.fast_forward(30_000)
    said = page.locator(".outdated")
    expect(said).to_contain_text("not up to date")
    expect(page.get_by_role("heading", level=1)).to_have_text("seen before")
    page.unroute("**/tasks.get_by_id*")
    said.get_by_role("button", name="Try again").click()
    expect(said).to_have_count(0)


def test_a_broken_card_breaks_alone_and_can_be_tried_again(page: Page, server, task):
    artifacts = [
        {"key": name, "type": "custom", "uri": f"http://127.0.0.1/files/{name}.txt"}
        for name in ("sound", "broken")
    ]
    made = task("cards", execution={"artifacts": artifacts})

    def spoil(data: Any) -> None:
        for one in data["tasks"][0]["execution"]["artifacts"]:
            if one["key"] == "broken":
                one["uri"] = ["no", "address"]

    page.route("**/tasks.get_by_id_ex", lambda route: answers(route, spoil))
    page.goto(f"{server.url}/projects/*/tasks/{made}/output/artifacts")
    said = page.get_by_role("alert")
    expect(said).to_contain_text("“broken” can’t be shown")
    expect(page.get_by_role("heading", name="sound")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("cards")
    page.unroute("**/tasks.get_by_id_ex")
    said.get_by_role("button", name="Try again").click()
    page.reload()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_broken_row_breaks_alone(page: Page, server, task):
    for name in ("row one", "row two"):
        task(name)

    def spoil(data: Any) -> None:
        for one in data["tasks"]:
            if one["name"] == "row one":
                one["tags"] = "no list"

    page.route("**/tasks.get_all_ex", lambda route: answers(route, spoil))
    page.goto(f"{server.url}/?q=row")
    expect(page.get_by_role("link", name="row two")).to_be_visible()
    expect(page.get_by_text("“row one” can’t be shown")).to_be_visible()


def test_a_broken_tab_leaves_the_others(page: Page, server, task):
    made = task("tabs")
    spoil = {"hyperparams": {"Args": None}}
    page.route(
        "**/tasks.get_by_id_ex", lambda route: answers(route, lambda data: data["tasks"][0].update(spoil))
    )
    page.goto(f"{server.url}/projects/*/tasks/{made}/output/hyper-params")
    expect(page.get_by_role("heading", level=1)).to_have_text("tabs")
    expect(page.get_by_role("alert")).to_contain_text("“Configuration” can’t be shown")
    page.get_by_role("link", name="Info").click()
    expect(page.get_by_text(made)).to_be_visible()
