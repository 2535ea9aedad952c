"""On a phone, a tablet, a desk, at 200 % zoom: nothing that can be pressed is cut off, no page scrolls sideways."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import PLACES
from tests.conftest import ServerProcess

pytestmark = pytest.mark.timeout(120)

CUT = """() => [...document.querySelectorAll('main button, main a, main h1, main h2, main input, main select')]
  .filter(one => !one.closest('.table, .plain-table-frame, .tabs'))
  .filter(one => { const box = one.getBoundingClientRect(); return box.width && box.right > innerWidth + 1; })
  .map(one => one.outerHTML.slice(0, 120))"""

SPLINTERED = """() => [...document.querySelectorAll('.plain-table th')]
  .filter(one => one.textContent.length > 2 && one.firstChild && (() => {
    const text = document.createRange(); text.selectNodeContents(one);
    return text.getBoundingClientRect().width < 14; })())
  .map(one => one.textContent)"""


@pytest.mark.parametrize(
    "width, height, language",
    [
        (390, 844, "en"),
        *(
            pytest.param(*size, language, marks=pytest.mark.slow)
            for size, language in (
                ((640, 450), "en"),
                ((390, 844), "zh-CN"),
                ((768, 1024), "en"),
                ((768, 1024), "zh-CN"),
                ((1280, 800), "en"),
                ((1280, 800), "zh-CN"),
                ((1920, 1080), "en"),
            )
        ),
    ],
)
def test_nothing_that_can_be_pressed_is_cut_off(
    page: Page, server: ServerProcess, width: int, height: int, language: str
):
    page.evaluate("said => localStorage.setItem('soundyard:language', JSON.stringify(said))", language)
    page.set_viewport_size({"width": width, "height": height})
    task = server.call("tasks.create", name="narrow", type="testing")["id"]
    server.call("tasks.started", task=task)
    for kind in range(20):
        server.call(
            "events.add",
            type="training_stats_scalar",
            task=task,
            metric="m",
            variant="v",
            iter=kind,
            value=kind,
        )
    server.call("tasks.failed", task=task, status_reason="no memory left")
    tabs = [
        f"projects/*/tasks/{task}/output/{tab}"
        for tab in ("ending", "scalars", "general", "execution", "log")
    ]
    for place in (*PLACES, *tabs):
        page.goto(f"{server.url}/{place}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", language)
        page.wait_for_timeout(300)
        assert page.evaluate(CUT) == [], place
        assert page.evaluate(SPLINTERED) == [], f"{place}: a letter a line"
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), place


def test_a_chart_is_wide_enough_to_be_read_on_a_phone(page: Page, server: ServerProcess):
    page.set_viewport_size({"width": 390, "height": 844})
    task = server.call("tasks.create", name="narrow", type="testing")["id"]
    for step in (1, 2):  # one value alone is a bar
        server.call(
            "events.add",
            type="training_stats_scalar",
            task=task,
            metric="m",
            variant="v",
            iter=step,
            value=step,
        )
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/scalars")
    canvas = page.locator(".chart-card canvas").first
    canvas.scroll_into_view_if_needed()
    expect(canvas).to_be_visible()
    page.wait_for_timeout(300)
    box = canvas.bounding_box()
    assert box and box["width"] > 240
