"""What is chosen is what is acted on: over rows that are not loaded, after sorting, all that match, and by viewers."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.conftest import ServerProcess, until

pytestmark = pytest.mark.timeout(120)
MANY = 200


@pytest.fixture(scope="module")
def project(server: ServerProcess) -> Iterator[str]:
    made = str(server.call("projects.create", name="Many to choose from")["id"])
    for number in range(MANY):
        server.call("tasks.create", name=f"many {number:03d}", type="testing", project=made)
    yield made
    server.call("projects.delete", project=made, force=True, delete_contents=True)


def bar(page: Page) -> Locator:
    return page.get_by_role("toolbar")


def test_a_range_over_rows_that_are_not_loaded_takes_all_of_them(page: Page, server, project):
    page.goto(f"{server.url}/projects/{project}/tasks?sort=name")
    page.get_by_label("Choose many 003").check()
    page.locator(".table").evaluate("table => table.scrollTo(0, table.scrollHeight)")
    page.get_by_label("Choose many 190").click(modifiers=["Shift"])
    expect(bar(page)).to_contain_text("188 chosen")
    page.get_by_role("button", name="Name", exact=True).click()  # sorted the other way
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")
    expect(bar(page)).to_contain_text("188 chosen")
    bar(page).get_by_role("button", name="Archive").click()
    expect(page.get_by_text("188 archived")).to_be_visible()
    left = server.call("tasks.get_all", project=[project], system_tags=["-archived"], only_fields=["name"])
    names = {one["name"] for one in left["tasks"]}
    assert names == {f"many {number:03d}" for number in range(MANY) if not 3 <= number <= 190}
    gone = [one["id"] for one in server.call("tasks.get_all", project=[project], page_size=500)["tasks"]]
    server.call("tasks.unarchive_many", ids=gone)


def test_after_sorting_a_click_with_shift_takes_one_row(page: Page, server, project):
    page.goto(f"{server.url}/projects/{project}/tasks?sort=name")
    page.get_by_label("Choose many 001").check()
    page.get_by_role("button", name="Name", exact=True).click()
    page.get_by_label("Choose many 195").click(modifiers=["Shift"])
    expect(bar(page)).to_contain_text("2 chosen")


def test_all_that_match_can_be_chosen(page: Page, server, project):
    page.goto(f"{server.url}/projects/{project}/tasks?q=many+1")
    page.get_by_label("Choose all loaded rows").click()
    bar(page).get_by_role("button", name="Choose all 100 that match").click()
    expect(bar(page)).to_contain_text("100 chosen")
    expect(bar(page).get_by_role("button", name=re.compile("that match"))).to_have_count(0)
    page.get_by_label("Search tasks").fill("many 19")
    expect(bar(page)).to_have_count(0)  # another list, of which nothing is chosen


def test_nothing_can_be_chosen_before_the_rows_are_there(page: Page, server, project):
    held: list[Route] = []
    going = False
    page.route("**/tasks.get_all_ex", lambda route: route.continue_() if going else held.append(route))
    page.goto(f"{server.url}/projects/{project}/tasks?q=many+1")
    every = page.get_by_label("Choose all loaded rows")
    expect(every).to_be_disabled()
    until(lambda: held or page.wait_for_timeout(50), 20, "the rows are asked for")
    going = True
    for route in held:
        route.continue_()
    every.click()
    expect(bar(page)).to_be_visible()


def test_what_somebody_else_deletes_is_chosen_no_longer(page: Page, server, project):
    made = server.call("tasks.create", name="soon gone", type="testing", project=project)["id"]
    page.goto(f"{server.url}/projects/{project}/tasks?sort=-name")
    page.get_by_label("Choose soon gone").check()
    page.get_by_label("Choose many 199").check()
    expect(bar(page)).to_contain_text("2 chosen")
    server.call("tasks.delete", task=made, force=True)
    expect(bar(page)).to_contain_text("1 chosen", timeout=20_000)  # it is asked about every few seconds


@pytest.fixture
def swap(page: Page) -> Callable[[str], None]:
    """Make the list of tasks come the other way round, as it does when a task has changed; wait for its first row."""
    turned = False

    def answer(route: Route) -> None:
        reply = route.fetch()
        content = reply.json()
        if turned and "id" not in (route.request.post_data_json or {}):
            content["data"]["tasks"].reverse()
        route.fulfill(response=reply, json=content)

    def turn(first: str) -> None:
        nonlocal turned
        turned = not turned
        page.evaluate("() => void document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator(".table-body .table-row").first).to_contain_text(first)

    page.route("**/tasks.get_all_ex", answer)
    return turn


def test_rows_that_are_sorted_anew_beneath_a_press_or_the_focus_are_the_ones_that_were_meant(
    page: Page, server, project, swap
):
    page.goto(f"{server.url}/projects/{project}/tasks?sort=name&q=many+01[12]&regex=1")
    first, second = page.get_by_label("Choose many 011"), page.get_by_label("Choose many 012")
    first.hover()
    page.mouse.down()
    swap("many 012")
    page.mouse.up()
    expect(first).to_be_checked()
    expect(second).not_to_be_checked()
    second.focus()
    swap("many 011")
    expect(second).to_be_focused()
    page.keyboard.press("Space")
    expect(bar(page)).to_contain_text("2 chosen")
    first.click()
    bar(page).get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_text("1 archived")).to_be_visible()
    (gone,) = server.call("tasks.get_all", project=[project], system_tags=["archived"], only_fields=["name"])[
        "tasks"
    ]
    assert gone["name"] == "many 012"
    server.call("tasks.unarchive_many", ids=[gone["id"]])


def test_what_is_typed_for_one_project_is_not_searched_in_another(page: Page, server, project):
    page.goto(f"{server.url}/projects/{project}/tasks")
    page.get_by_label("Search tasks").fill("many 19")
    page.evaluate("() => document.querySelector('nav.side a').click()")
    expect(page.get_by_role("heading", level=1)).to_have_text("All tasks")
    page.wait_for_timeout(500)
    expect(page.get_by_label("Search tasks")).to_have_value("")
    assert "q=" not in page.url


def test_a_viewer_is_told_why_nothing_can_be_changed(page: Page, server, project):
    def as_viewer(route: Route) -> None:
        answer = route.fetch()
        content = answer.json()
        content["data"].get("user", {})["role"] = "viewer"
        route.fulfill(response=answer, json=content)

    page.route("**/users.get_current_user", as_viewer)
    page.goto(f"{server.url}/projects/{project}/tasks?sort=-name")
    expect(page.get_by_role("button", name="New run")).to_have_attribute(
        "title", re.compile("role is to look")
    )
    page.get_by_label("Choose many 199").check()
    for name in ("Clone", "Tags", "Archive", "Enqueue"):
        button = bar(page).get_by_role("button", name=name, exact=True)
        expect(button).to_have_attribute("title", re.compile("role is to look"))
    page.goto(f"{server.url}/queues")
    expect(page.get_by_role("button", name="New queue").first).to_have_attribute("aria-disabled", "true")
