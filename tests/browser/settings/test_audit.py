"""The audit log on the page: an admin sees it, narrows it down; nobody else does."""

from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess


def test_an_admin_sees_who_did_what(page: Page, server: ServerProcess):
    task = server.call("tasks.create", name="to be deleted <b>", type="testing")["id"]
    server.call("tasks.delete", task=task)
    page.goto(f"{server.url}/settings/audit")
    table = page.get_by_role("region", name="Audit log").get_by_role("table")
    row = table.get_by_role("row").filter(has_text="to be deleted <b>")
    expect(row).to_contain_text("tasks.delete")
    expect(row).to_contain_text("Soundyard programs")
    page.get_by_label("Which entries").select_option("Sign-ins")
    expect(row).to_have_count(0)
    expect(table.get_by_text("signed in").first).to_be_visible()
