"""Alerts on the page: made in forms, a message reaches a real receiver, the desktop is told."""

import re

from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess
from tests.contract import receivers

NOTED = """() => {
  window.told = [];
  window.Notification = class {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor(title, options) { window.told.push([title, options.body]); }
    close() {}
  };
}"""


def failed(server: ServerProcess, name: str) -> None:
    task = server.call("tasks.create", name=name, type="testing")["id"]
    server.call("tasks.started", task=task)
    server.call("tasks.failed", task=task, status_reason="out of memory")


def test_a_rule_made_on_the_page_reaches_a_chat_and_the_desktop(page: Page, server: ServerProcess):
    with receivers.webhook() as hook:
        page.add_init_script(f"({NOTED})()")
        page.goto(f"{server.url}/settings/alerts")
        page.get_by_role("button", name="Switch on").click()
        page.get_by_role("button", name="New channel").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill("lab chat")
        dialog.get_by_label("Address of the webhook").fill("nowhere")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_role("alert")).to_contain_text("webhook")
        dialog.get_by_label("Address of the webhook").fill(f"{hook.url}/services/hush-hush")
        dialog.get_by_role("button", name="Save").click()
        channels = page.locator("section.card[aria-label='Channels']")
        expect(channels).to_contain_text("127.0.0.1")
        expect(page.locator("main")).not_to_contain_text("hush-hush")
        channels.get_by_role("button", name="Test lab chat").click()
        expect(page.get_by_text("A test message was sent to lab chat")).to_be_visible()
        assert "Test of Soundyard" in hook.came[0]["text"]

        page.get_by_role("button", name="New rule").click()
        dialog.get_by_label("Name").fill("what fails")
        dialog.get_by_label("lab chat").check()
        dialog.get_by_label("Desktop").check()
        dialog.get_by_role("button", name="Save").click()
        expect(page.locator("section.card[aria-label='Rules']")).to_contain_text(
            re.compile("what fails.*lab chat, Desktop")
        )
        hook.answers = [(500, "busy")] * 50
        failed(server, "alarming <b>")
        messages = page.locator("section.card[aria-label='Last messages']")
        row = messages.get_by_role("row").filter(has_text="alarming <b> failed")
        expect(row).to_contain_text("answered 500 busy", timeout=20_000)
        row.get_by_role("button", name="Try again").click()
        hook.answers.clear()
        expect(row).not_to_contain_text("busy", timeout=25_000)
        expect(row).to_contain_text("sent")
        assert hook.came[-1]["text"].startswith("alarming &lt;b&gt; failed\nout of memory\n" + server.url)
        page.wait_for_function("window.told.length === 1")
        assert page.evaluate("window.told") == [["alarming <b> failed", "out of memory"]]

        page.get_by_role("button", name="Delete what fails").click()
        dialog.get_by_role("button", name="Delete").click()
        expect(page.get_by_text("No rule yet")).to_be_visible()
        page.get_by_role("button", name="Delete lab chat").click()
        dialog.get_by_role("button", name="Delete").click()
        expect(channels).not_to_contain_text("lab chat")
        page.get_by_role("button", name="Switch off").click()
