"""For everybody: no serious finding of axe on any page, the main ways by keyboard alone, every page in Chinese."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import LISTS, PLACES

AXE = Path(__file__).resolve().parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TABS = ("execution", "hyper-params", "artifacts", "general", "log", "scalars", "plots", "debugImages")
FINDINGS = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
    .filter(one => ['serious', 'critical'].includes(one.impact))
    .map(one => `${one.id}: ${one.nodes.slice(0, 3).map(node => node.html.slice(0, 200)).join(' | ')}`)"""


def serious(page: Page) -> list[str]:
    page.wait_for_load_state("networkidle")
    # As the debugger does it: the page's own policy lets no foreign script in.
    page.evaluate(AXE.read_text())
    return list(page.evaluate(FINDINGS))


LOOKS = [
    ("dark", "zh-CN"),
    pytest.param("light", "en", marks=pytest.mark.slow),
    pytest.param("dark", "en", marks=pytest.mark.slow),
    pytest.param("light", "zh-CN", marks=pytest.mark.slow),
]


def look(page: Page, server, theme: Any, language: str) -> None:
    page.emulate_media(color_scheme=theme)
    page.goto(f"{server.url}/api/debug.ping")
    page.evaluate("said => localStorage.setItem('soundyard:language', JSON.stringify(said))", language)


@pytest.mark.slow  # as they are light and in English, test_accessible.py looks at them each time
@pytest.mark.parametrize("theme, language", LOOKS)
def test_axe_finds_nothing_serious_on_the_places(page: Page, server, job, theme: Any, language: str):
    look(page, server, theme, language)
    found = {}
    for place in PLACES:
        page.goto(f"{server.url}/{place}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", language)
        found[place] = serious(page)
    assert not any(found.values()), json.dumps({k: v for k, v in found.items() if v}, indent=1)


@pytest.mark.parametrize("theme, language", LOOKS)
def test_axe_finds_nothing_serious_on_what_a_main_job_leaves(
    page: Page, server, job, theme: Any, language: str
):
    look(page, server, theme, language)
    task, evaluation = job["train"], job["evaluate"]
    base = f"{server.url}/projects/{task['project']}"
    addresses = {tab: f"{base}/tasks/{task['id']}/output/{tab}" for tab in TABS}
    addresses["audio"] = f"{base}/tasks/{evaluation['id']}/output/audio"
    controller, model = job["controller"], task["models"]["output"][0]["model"]
    dataset = job["train"]["hyperparams"]["Args"]["dataset_id"]["value"]
    addresses["pipeline"] = f"{server.url}/pipelines/{controller['project']}/tasks/{controller['id']}"
    addresses["model"] = f"{base}/models/{model}"
    for part in ("files", "lineage", "sound"):
        addresses[part] = f"{server.url}/datasets/simple/*/tasks/{dataset}?tab={part}"
    addresses["no task"] = f"{base}/tasks/{'0' * 32}"
    addresses["no page"] = f"{server.url}/nowhere"
    for view in ("details", "hyper-params", "scalars", "values", "plots", "debugImages"):
        addresses[view] = f"{base}/compare-tasks;ids={task['id']},{evaluation['id']}/{view}"
    found = {}
    for name, address in addresses.items():
        page.goto(address)
        page.wait_for_timeout(300)
        found[name] = serious(page)
    assert not any(found.values()), json.dumps({k: v for k, v in found.items() if v}, indent=1)


@pytest.mark.parametrize("theme, language", LOOKS)
def test_axe_finds_nothing_serious_on_an_open_clip(page: Page, server, job, theme: Any, language: str):
    look(page, server, theme, language)
    dataset = job["train"]["hyperparams"]["Args"]["dataset_id"]["value"]
    for address in (
        f"{server.url}/datasets/simple/*/tasks/{dataset}?tab=sound",
        f"{server.url}/projects/*/tasks/{job['evaluate']['id']}/output/audio",
    ):
        page.goto(address)
        expect(page.locator(".matrix")).to_be_visible()
        page.locator(".table-body .table-row button").first.click()
        expect(page.locator(".timeline .playhead")).to_be_visible()
        page.keyboard.press("l")
        assert not serious(page), address


def focus(page: Page, name: str, presses: int = 80) -> None:
    """Tab to the control of this name, as somebody without a mouse does."""
    for _ in range(presses):
        page.keyboard.press("Tab")
        now = page.evaluate(
            "() => document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.trim()"
        )
        if now == name:
            return
    raise AssertionError(f"{name!r} was not reached by Tab; the last was {now!r}")


def test_a_task_is_found_and_cloned_by_keyboard_alone(page: Page, server, job):
    page.goto(server.url)
    expect(page.locator(".table-body .table-row a").first).to_be_visible()
    focus(page, "Search tasks")
    page.keyboard.type("train")
    expect(page).to_have_url(re.compile("q=train"))
    focus(page, "train")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="train")).to_be_visible()
    focus(page, "Clone")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Clone")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Cloned", exact=True)).to_be_visible()
    assert server.call("tasks.get_all", name="^by keyboard$")["tasks"]


def test_a_class_of_a_dataset_is_heard_by_keyboard_alone(page: Page, server, job):
    dataset = job["train"]["hyperparams"]["Args"]["dataset_id"]["value"]
    page.goto(f"{server.url}/datasets/simple/*/tasks/{dataset}?tab=sound")
    header = page.locator(".matrix tbody th").first
    label = header.text_content() or "?"
    focus(page, label)
    page.keyboard.press("Enter")
    expect(header.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("j")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect(page.locator(".inspector header .chip")).to_have_text(label)
    for key, name in (("l", "Loop"), ("m", "Mark")):
        page.keyboard.press(key)
        expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")


def test_escape_closes_a_dialog_and_gives_the_focus_back(page: Page, server, job):
    page.goto(f"{server.url}/projects/*/tasks/{job['train']['id']}/output/general")
    button = page.get_by_role("button", name="Clone", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()


ENGLISH = re.compile(r"\b(the|task|queue|No|Search|New|Updated|Status)\b")


def test_every_place_speaks_chinese(page: Page, server, job):
    page.goto(server.url)
    page.evaluate("() => localStorage.setItem('soundyard:language', JSON.stringify('zh-CN'))")
    try:
        for place in LISTS:
            page.goto(f"{server.url}/{place}")
            heading = page.get_by_role("heading", level=1)
            expect(heading).to_have_text(re.compile(r"[\u4e00-\u9fff]"))
            said = page.locator("nav.side").inner_text() + page.locator(".page-head").inner_text()
            assert not ENGLISH.search(said), (place, said)
    finally:
        page.evaluate("() => localStorage.removeItem('soundyard:language')")
