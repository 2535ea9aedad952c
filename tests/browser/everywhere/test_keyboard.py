"""Every page by the keyboard alone: Tab reaches every control in the order of the picture, and the focus is seen."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.everywhere.test_accessible import TABS, one
from tests.browser.places import PLACES
from tests.conftest import ServerProcess

pytestmark = pytest.mark.timeout(600)

# Of several radio buttons, tabs or rows that the arrows move between, one is in the way of Tab.
CONTROLS = """() => {
  const seen = one => { const box = one.getBoundingClientRect(); return box.width > 0 && box.height > 0
    && getComputedStyle(one).visibility === 'visible'; };
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
    .filter(one => !one.disabled && one.tabIndex >= 0 && seen(one) && !one.closest('[inert]'));
  const radios = new Set();
  return window.wanted = all.filter(one => {
    if (one.type !== 'radio' || one.checked) return true;
    const chosen = [...document.getElementsByName(one.name)].some(other => other.checked);
    return !chosen && !radios.has(one.name) && radios.add(one.name);
  });
}"""
WATCH = """() => {
  window.reached = [];
  addEventListener('focusin', event => {
    const one = event.target, style = getComputedStyle(one), box = one.getBoundingClientRect();
    const near = [one, one.parentElement, one.closest('label')].filter(Boolean).map(two => getComputedStyle(two));
    reached.push({ one, top: box.top, left: box.left, bottom: box.bottom,
      marked: near.some(two => two.outlineStyle !== 'none' && parseFloat(two.outlineWidth) >= 2)
        || one.matches('.split-bar'),  // it changes its colour
      sight: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth });
  });
}"""
FAULTS = """() => {
  const name = one => (one.getAttribute('aria-label') || one.textContent || one.outerHTML).trim().slice(0, 60);
  const known = new Set(reached.map(two => two.one));
  const faults = wanted.filter(one => one.isConnected && !known.has(one)).map(one => `not reached: ${name(one)}`);
  reached.forEach((two, i) => {
    if (!two.marked) faults.push(`its focus is not seen: ${name(two.one)}`);
    if (!two.sight) faults.push(`out of sight: ${name(two.one)}`);
    const next = reached[i + 1];
    if (next?.one.parentElement !== two.one.parentElement) return;
    if (next.bottom <= two.top || (next.top < two.bottom && next.left < two.left - 1))
      faults.push(`before ${name(two.one)}, though shown after it: ${name(next.one)}`);
  });
  return [...new Set(faults)];
}"""


def faults(page: Page) -> list[str]:
    """What is wrong when somebody goes through the page with Tab."""
    page.evaluate(WATCH)
    count = len(page.evaluate(f"() => ({CONTROLS})().map(one => one.tagName)"))
    for _ in range(count + 3):
        page.keyboard.press("Tab")
    return list(page.evaluate(FAULTS))


@pytest.mark.slow
def test_tab_reaches_every_control_of_every_page_in_the_order_of_the_picture(
    page: Page, server: ServerProcess
):
    tasks = [one(server, f"by keys {number}") for number in range(2)]
    places = [*PLACES]
    places += [f"projects/*/tasks/{tasks[0]}/output/{tab}" for tab in TABS]
    places += [
        f"projects/*/compare-tasks;ids={','.join(tasks)}/{view}"
        for view in ("details", "hyper-params", "scalars", "values", "plots")
    ]
    found: dict[str, Any] = {}
    for place in places:
        page.goto(f"{server.url}/{place}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        found[place] = faults(page)
    assert not any(found.values()), json.dumps({k: v for k, v in found.items() if v}, indent=1)


def test_the_check_finds_what_is_wrong(page: Page, server: ServerProcess):
    page.goto(f"{server.url}/queues")
    expect(page.get_by_role("button", name="New queue").first).to_be_visible()
    page.evaluate("""() => {
      const box = document.createElement('div');
      box.style = 'display: flex; flex-direction: row-reverse';
      box.innerHTML = '<button>one</button><button>two</button><button style="outline: none">three</button>'
        + '<button style="position: absolute; left: -500px">four</button><button>five</button>';
      document.querySelector('main').prepend(box);
      const [, , , four, five] = box.children;
      four.addEventListener('focus', () => (five.tabIndex = -1));
    }""")
    found = faults(page)
    assert "before one, though shown after it: two" in found
    assert "its focus is not seen: three" in found
    assert "out of sight: four" in found
    assert "not reached: five" in found


OPENERS = "main :is(button[aria-haspopup], .page-head-actions button):not([aria-disabled=true])"


def opened_and_closed(page: Page, at: int) -> list[str]:
    """Open what the button opens, go round in it, close it with Escape. What is wrong."""
    button = page.locator(OPENERS).nth(at)
    name, wrong = button.get_attribute("aria-label") or button.inner_text(), []
    dialog = page.get_by_role("dialog")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(100)
    if button.get_attribute("aria-expanded") != "true" and not dialog.count():
        return []  # it does what it says at once
    modal = page.locator("dialog[open]").count() > 0
    for _ in range(25 if modal else 0):
        page.keyboard.press("Tab")
        if not page.evaluate(
            "() => document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        ):
            wrong.append(f"{name}: Tab leaves its dialog")
            break
    for _ in range(2 if modal else 1):  # a list that is open in the dialog is closed first
        page.keyboard.press("Escape")
    page.wait_for_timeout(100)
    if dialog.count() or button.get_attribute("aria-expanded") == "true":
        wrong.append(f"{name}: Escape does not close it")
        page.reload()
    elif not button.evaluate("one => document.activeElement === one"):
        wrong.append(f"{name}: the focus does not come back")
    return wrong


@pytest.mark.slow
def test_what_a_button_opens_is_closed_by_escape_and_gives_the_focus_back(page: Page, server: ServerProcess):
    task = one(server, "opened by keys")
    found: dict[str, Any] = {}
    for place in (
        *PLACES,
        *(f"projects/*/tasks/{task}/output/{tab}" for tab in ("ending", "scalars", "plots")),
    ):
        page.goto(f"{server.url}/{place}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        found[place] = [
            fault
            for at in range(min(page.locator(OPENERS).count(), 25))
            for fault in opened_and_closed(page, at)
        ]
    assert not any(found.values()), json.dumps({k: v for k, v in found.items() if v}, indent=1)
