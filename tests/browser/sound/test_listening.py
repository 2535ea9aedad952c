"""Listening closely: a clip of two runs and of two iterations at one playhead, every key, marks to take along."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess

pytestmark = pytest.mark.timeout(600)

HEAD = "() => new DOMMatrix(getComputedStyle(document.querySelector('.timeline .playhead')).transform).m41"

MOVED = f"() => ({HEAD})() > 5"


@pytest.fixture(scope="module")
def second_run(server: ServerProcess, job: dict[str, Any]) -> Iterator[str]:
    """Another evaluation of the same clips: its table is the first one's."""
    made = server.call("tasks.create", name="evaluate again", type="testing")["id"]
    artifacts = job["evaluate"]["execution"]["artifacts"]
    server.call("tasks.add_or_update_artifacts", task=made, artifacts=artifacts)
    server.call("tasks.started", task=made)
    server.call("tasks.completed", task=made)
    yield made
    server.call("tasks.delete", task=made, force=True)


@pytest.fixture
def workbench(page: Page, server: ServerProcess, job: dict[str, Any], second_run: str) -> Page:
    task = job["evaluate"]
    page.set_viewport_size({"width": 1600, "height": 900})
    page.goto(f"{server.url}/projects/{task['project']}/tasks/{task['id']}/output/audio?with={second_run}")
    page.locator(".table-body .table-row button").first.click()
    expect(page.get_by_role("radiogroup", name="Version").get_by_role("radio")).to_have_count(2)
    expect(page.locator(".playhead")).to_be_visible()
    return page


def share(page: Page) -> float:
    """Where the playhead is, as a share of the clip."""
    return float(page.evaluate(HEAD)) / float(page.locator(".overlay").evaluate("box => box.clientWidth"))


def test_two_runs_switch_at_the_same_playhead(workbench: Page):
    version = workbench.get_by_role("radiogroup", name="Version")
    workbench.wait_for_function(MOVED)
    before = share(workbench)
    workbench.keyboard.press("2")
    expect(version.get_by_role("radio").nth(1)).to_be_checked()
    assert before <= share(workbench) < before + 0.9, "the playhead went back"
    expect(workbench.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    workbench.locator(".inspector header h2").click()  # in the list the arrows walk
    workbench.keyboard.press("ArrowDown")
    expect(version.get_by_role("radio").first).to_be_checked()


def test_the_arrows_walk_in_the_list_and_leave_the_version_alone(workbench: Page):
    versions = workbench.get_by_role("radiogroup", name="Version").get_by_role("radio")
    names = workbench.locator(".table-body .table-row button.path")
    heading = workbench.locator(".inspector header h2")
    second = names.nth(1).text_content() or "?"
    names.first.focus()
    workbench.keyboard.press("ArrowDown")
    expect(names.nth(1)).to_be_focused()
    expect(versions.first).to_be_checked()
    workbench.keyboard.press("Enter")
    expect(heading).to_have_text(second)
    workbench.keyboard.press("ArrowUp")
    expect(names.first).to_be_focused()
    expect(heading).to_have_text(second)


def test_the_keys_seek_loop_even_out_and_explain_themselves(workbench: Page):
    workbench.keyboard.press("Space")
    expect(workbench.get_by_role("button", name="Play", exact=True)).to_be_visible()
    before = share(workbench)
    workbench.keyboard.press("ArrowRight")
    workbench.keyboard.press("ArrowRight")
    workbench.wait_for_timeout(100)
    assert share(workbench) == pytest.approx(min(1.0, before + 0.2), abs=0.02)
    workbench.keyboard.press("ArrowLeft")
    workbench.wait_for_timeout(100)
    assert share(workbench) == pytest.approx(min(1.0, before + 0.2) - 0.1, abs=0.02)
    speed = workbench.get_by_role("radiogroup", name="Speed")
    for chosen in ("½ ×", "¼ ×", "1 ×"):
        workbench.keyboard.press("s")
        expect(speed.get_by_role("radio", name=chosen)).to_be_checked()
    for key, name in (("l", "Loop"), ("n", "Even loudness")):
        button = workbench.get_by_role("button", name=name, exact=True)
        workbench.keyboard.press(key)
        expect(button).to_have_attribute("aria-pressed", "true")
        workbench.keyboard.press(key)
        expect(button).to_have_attribute("aria-pressed", "false")
    workbench.keyboard.press("?")
    expect(workbench.get_by_role("dialog", name="Keys")).to_contain_text("all clips equally loud")
    workbench.keyboard.press("Escape")
    expect(workbench.get_by_role("dialog")).to_have_count(0)


def test_marked_clips_are_taken_along_as_a_table(workbench: Page):
    name = workbench.locator(".inspector h2").text_content()
    workbench.keyboard.press("m")
    with workbench.expect_download() as saved:
        workbench.get_by_role("button", name="Marked (1)").click()
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text())))
    assert [row["clip"] for row in rows] == [name]
    assert rows[0]["url"].startswith("http") and float(rows[0]["loss"]) >= 0


def test_a_class_is_played_one_clip_after_another(workbench: Page):
    workbench.get_by_role("button", name=re.compile("one after another")).first.click()
    expect(workbench.get_by_role("button", name="Playlist")).to_have_attribute("aria-pressed", "true")
    heading = workbench.locator(".inspector h2")
    expect(workbench.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    first = heading.text_content() or ""
    workbench.keyboard.press("ArrowRight")
    for _ in range(9):
        workbench.keyboard.press("ArrowRight")
    expect(heading).not_to_have_text(first, timeout=15_000)


def test_two_iterations_of_a_sample_switch_at_the_same_playhead(
    page: Page, server: ServerProcess, job: dict[str, Any]
):
    task = server.call("tasks.create", name="two iterations", type="training")["id"]
    answer = server.call("events.debug_images", metrics=[{"task": job["train"]["id"]}], iters=1)
    events = [event for m in answer["metrics"] for one in m["iterations"] for event in one["events"]]
    sounds = [event["url"] for event in events if event["url"].endswith(".wav")][:2]
    for iteration, url in enumerate(sounds, 1):
        sample = {"metric": "generated", "variant": "rain", "iter": iteration, "url": url}
        server.call("events.add", type="training_debug_image", task=task, **sample)
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/debugImages")
    page.get_by_role("button", name="Listen closely to generated / rain").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".playhead")).to_be_visible()
    expect(dialog.get_by_role("radio", name="2 iteration 2")).to_be_checked()
    page.keyboard.press("Space")
    page.wait_for_function(MOVED)
    before = page.evaluate(HEAD)
    page.keyboard.press("1")
    expect(dialog.get_by_role("radio", name="1 iteration 1")).to_be_checked()
    assert page.evaluate(HEAD) >= before * 0.5, "it began anew"
    expect(dialog.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    server.call("tasks.delete", task=task, force=True)
