"""What becomes of lost work, on the page of a queue: seen, changed, and what can't be is said."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess


def test_a_queues_policy_is_shown_and_changed_and_given_back_to_the_server(
    page: Page, server: ServerProcess, queue: Callable[[str], str]
):
    made = queue("fragile work")

    def metadata() -> dict[str, str]:
        found = server.call("queues.get_by_id", queue=made)["queue"]["metadata"]
        return {key: one["value"] for key, one in found.items()}

    page.goto(f"{server.url}/queues/{made}")
    card = page.get_by_label("fragile work", exact=True)
    line = card.locator(".lost-work")
    expect(line).to_contain_text("silent for 600 s is lost")
    expect(line).to_contain_text("comes back to the front, once")
    expect(line).to_contain_text("as the server is set")

    line.get_by_role("button", name="Change what becomes of lost work").click()
    dialog = page.get_by_role("dialog", name="Lost work of fragile work")
    seconds, retries = dialog.get_by_label("Seconds of silence"), dialog.get_by_label("How often its task")
    seconds.fill("soon")
    expect(dialog.get_by_role("alert")).to_have_text("The seconds are a number, 0 or more")
    seconds.press("Enter")
    assert metadata() == {}
    seconds.fill("1800")
    retries.fill("3")
    dialog.get_by_role("button", name="Save").click()
    expect(line).to_contain_text(
        "silent for 1,800 s is lost. Its task comes back to the front, up to 3 times."
    )
    expect(line).to_contain_text("set for this queue")
    assert metadata() == {"lost_seconds": "1800", "lost_retries": "3"}

    line.get_by_role("button", name="Change what becomes of lost work").click()
    seconds.fill("0")
    retries.fill("")
    retries.press("Enter")
    expect(line).to_contain_text("never taken for lost")
    assert metadata() == {"lost_seconds": "0"}
