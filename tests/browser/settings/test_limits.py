"""Who may see a project, and what goes when it is old: set on the page, with the effect on what others see."""

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess, until

pytestmark = pytest.mark.timeout(180)
PASSWORD = "a long password"


@pytest.fixture
def ann(server: ServerProcess):
    """A user's own view: the names of the projects that she is told of."""
    made = server.admin("users.create", name="Ann é/%", role="user", password=PASSWORD)["id"]
    session = requests.Session()
    signed = session.post(
        f"{server.url}/api/auth.login", auth=("Ann é/%".encode(), PASSWORD.encode()), timeout=30
    )
    session.headers["Authorization"] = f"Bearer {signed.json()['data']['token']}"

    def seen() -> set[str]:
        answer = session.post(f"{server.url}/api/projects.get_all", json={}, timeout=30)
        return {one["name"] for one in answer.json()["data"]["projects"]}

    yield seen
    server.admin("users.delete", user=made)


def test_a_project_that_is_limited_on_the_page_is_gone_for_others_and_comes_back(
    page: Page, server: ServerProcess, ann
):
    name = "Closed é:% rooms/inner"
    server.call("projects.create", name=name)
    assert name in ann()
    page.goto(f"{server.url}/settings/users")
    page.get_by_role("button", name="Limit a project").click()
    dialog = page.get_by_role("dialog", name="Limit a project")
    expect(dialog.get_by_role("button", name="Save")).to_have_attribute("title", "Choose a project")
    dialog.get_by_role("combobox", name="Project").fill("Closed é:% rooms/in")
    dialog.get_by_role("combobox", name="Project").press("Enter")
    dialog.get_by_label("Who").select_option("Ann é/%")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("Ann é/%")
    until(lambda: name not in ann(), 5, "it is not there for her")
    row.get_by_role("combobox").select_option("read it")
    until(lambda: name in ann(), 5, "she reads it")
    page.reload()
    expect(row.get_by_role("combobox")).to_have_value("read")
    row.get_by_role("combobox").select_option("not see it")
    until(lambda: name not in ann(), 5, "it is not there again")
    row.get_by_role("button", name=f"Say nothing of Ann é/% in {name}").click()
    expect(row).to_have_count(0)
    until(lambda: name in ann(), 5, "her role alone counts")


def test_days_are_set_on_the_page_after_what_would_go_was_shown(page: Page, server: ServerProcess):
    project = server.call("projects.create", name="Old é:/%")["id"]
    task = server.call("tasks.create", name="long ended", type="testing", project=project)["id"]
    server.call("tasks.started", task=task)
    server.call("events.add", type="log", task=task, msg="a line", timestamp=1)
    server.call("tasks.completed", task=task)
    page.goto(f"{server.url}/settings/storage")
    card = page.locator("section.card").filter(has=page.get_by_role("heading", name="Let go of what is old"))
    card.get_by_role("button", name="Set days").click()
    dialog = page.get_by_role("dialog", name="Let go of what is old")
    expect(dialog.get_by_label("Files that nothing names")).to_be_visible()
    dialog.get_by_role("combobox", name="Project").fill("Old é:/%")
    dialog.get_by_role("combobox", name="Project").press("Enter")
    expect(dialog.get_by_label("Files that nothing names")).to_have_count(0)  # they are in no project
    dialog.get_by_label("Console").fill("soon")
    expect(dialog.get_by_label("Console")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Console").fill("0.000001")
    dialog.get_by_role("button", name="Show what would go").click()
    gone = dialog.get_by_role("row").filter(has_text="Old é:/%")
    expect(gone).to_contain_text("Console")
    assert server.admin("storage.get_retention")["set"] == [], "nothing is set by looking"
    dialog.get_by_label("Console").fill("30")
    expect(gone).to_have_count(0)  # what was shown was of other days
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(card.get_by_role("row").filter(has_text="Old é:/%")).to_contain_text("Console: 30 days")
    (found,) = server.admin("storage.get_retention")["set"]
    assert found["project"]["id"] == project and found["rules"] == {"console": 30}
    card.get_by_role("button", name="Change the days of Old é:/%").click()
    expect(dialog.get_by_label("Console")).to_have_value("30")
    dialog.get_by_label("Console").fill("")
    dialog.get_by_role("button", name="Save").click()
    expect(card.get_by_role("row").filter(has_text="Old é:/%")).to_have_count(0)
    assert server.admin("storage.get_retention")["set"] == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("section", ["users", "storage"])
def test_the_forms_fit_a_phone(page: Page, server: ServerProcess, section: str, width: int):
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{server.url}/settings/{section}")
    opens = {"users": "Limit a project", "storage": "Set days"}[section]
    page.get_by_role("button", name=opens).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("(one) => one.scrollWidth <= one.clientWidth + 1")
