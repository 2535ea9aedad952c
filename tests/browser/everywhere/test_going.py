"""Going about by keyboard and by ear: focus and announcement on another page, arrows in groups, keys switched off."""

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess

pytestmark = pytest.mark.timeout(60)


def test_a_page_that_is_gone_to_takes_the_focus_and_is_announced(page: Page, server: ServerProcess):
    page.goto(f"{server.url}/projects")
    expect(page.get_by_role("heading", level=1)).not_to_be_focused()
    page.get_by_role("link", name="Queues").press("Enter")
    expect(page.get_by_role("heading", level=1, name="Queues")).to_be_focused()
    expect(page.locator(".frame > [role=status]")).to_have_text("Queues")
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Projects")).to_be_focused()
    expect(page.locator(".frame > [role=status]")).to_have_text("Projects")


def test_another_tab_of_the_same_task_leaves_the_focus_where_it_is(page: Page, server: ServerProcess):
    made = server.call("tasks.create", name="tabs by keyboard", type="testing")["id"]
    page.goto(f"{server.url}/projects/*/tasks/{made}/output/general")
    expect(page.get_by_role("heading", name="Facts")).to_be_visible()
    page.get_by_role("link", name="Plots").press("Enter")
    expect(page.get_by_text("No plots yet")).to_be_visible()
    expect(page.get_by_role("link", name="Plots")).to_be_focused()


def test_arrows_walk_a_group_and_tab_leaves_it(page: Page, server: ServerProcess):
    page.goto(f"{server.url}/settings/appearance")
    group = page.get_by_role("radiogroup", name="Theme")
    group.get_by_role("radio", name="As the system").press("ArrowRight")
    expect(group.get_by_role("radio", name="Light")).to_be_checked()
    expect(group.get_by_role("radio", name="Light")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(group.get_by_role("radio", name="Dark")).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="English")).to_be_focused()


ASKED = """async key => {
  const { command } = await import('/audio/clips/keys.js');
  let said = '';
  addEventListener('keydown', event => (said = command(event)), { once: true });
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  return said;
}"""


def test_single_letter_keys_can_be_switched_off(page: Page, server: ServerProcess):
    page.goto(f"{server.url}/settings/appearance")
    assert page.evaluate(ASKED, "m") == "mark"
    page.get_by_role("radiogroup", name="Single-letter keys").get_by_role("radio", name="off").click()
    assert page.evaluate(ASKED, "m") == ""
    assert page.evaluate(ASKED, "?") == ""
    assert page.evaluate(ASKED, " ") == "toggle"
    page.reload()
    expect(page.get_by_role("radio", name="off")).to_be_checked()
    assert page.evaluate(ASKED, "m") == ""
