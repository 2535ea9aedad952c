"""With passwords: signing in and out, and what a viewer is told who may not change anything."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess

PASSWORD = "correct horse battery"

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def guarded(new_server: Callable[..., ServerProcess]) -> ServerProcess:
    """A server that asks for passwords, with a viewer and a task."""
    server = new_server("--auth", "password")
    server.admin("users.create", name="ann", password=PASSWORD, role="viewer")
    server.call("tasks.create", name="kept", type="testing")
    return server


def sign_in(page: Page, password: str) -> None:
    page.get_by_label("Name or access key").fill("ann")
    page.get_by_label("Password or secret key").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_wrong_password_is_said_and_a_right_one_opens_the_page(page: Page, guarded: ServerProcess):
    page.goto(f"{guarded.url}/queues")
    sign_in(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is wrong.")
    sign_in(page, PASSWORD)
    expect(page.get_by_role("heading", level=1, name="Queues")).to_be_visible()
    page.get_by_title("Account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_viewer_is_told_why_nothing_can_be_changed(page: Page, guarded: ServerProcess):
    page.goto(guarded.url)
    sign_in(page, PASSWORD)
    page.get_by_role("link", name="kept").click()
    expect(page.get_by_role("heading", level=1, name="kept")).to_be_visible()
    page.get_by_role("button", name="More actions").click()
    rename = page.get_by_role("menuitem", name="Rename")
    expect(rename).to_be_disabled()
    expect(rename).to_have_attribute("title", re.compile("^Your role is to look: an administrator can"))
    rename.click(force=True)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert guarded.call("tasks.get_all", name="^kept$")["tasks"]


def test_a_page_that_may_not_be_read_says_so(page: Page, guarded: ServerProcess):
    page.goto(guarded.url)
    sign_in(page, PASSWORD)
    expect(page.get_by_role("link", name="kept")).to_be_visible()
    page.goto(f"{guarded.url}/settings/users")
    expect(page.get_by_text("Only administrators see the users.")).to_be_visible()


def test_who_is_signed_in_is_led_on_from_the_sign_in_page(page: Page, guarded: ServerProcess):
    page.goto(f"{guarded.url}/login?next=/queues")
    sign_in(page, PASSWORD)
    expect(page.get_by_role("heading", level=1, name="Queues")).to_be_visible()
    page.goto(f"{guarded.url}/login?next=/workers")
    expect(page.get_by_role("heading", level=1, name="Workers")).to_be_visible()
    for elsewhere in ("", "?next=https://example.org/", "?next=//example.org/", "?next=/login"):
        page.goto(f"{guarded.url}/login{elsewhere}")
        expect(page.get_by_role("heading", level=1, name="Tasks")).to_be_visible()
        expect(page).to_have_url(f"{guarded.url}/")
    expect(page.get_by_role("button", name="Sign in")).to_have_count(0)


def test_a_link_opens_the_page_and_without_one_it_says_where_it_stands(page: Page, server: ServerProcess):
    link = server.link("/queues")
    page.context.clear_cookies()
    page.goto(server.url)
    expect(page.get_by_role("status")).to_contain_text("opened by the link that the server printed")
    expect(page.get_by_text("python -m server link")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("heading", level=1, name="Queues")).to_be_visible()
    expect(page).to_have_url(f"{server.url}/queues")
    page.context.clear_cookies()
    page.goto(link)
    expect(page.get_by_role("status")).to_contain_text("does not hold any more")
    page.get_by_label("Name or access key").fill(server.keys[0])
    page.get_by_label("Password or secret key").fill(server.keys[1])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1, name="Tasks")).to_be_visible()
