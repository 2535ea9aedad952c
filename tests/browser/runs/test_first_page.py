"""From the list of tasks to one task's console, curves, pictures and sounds."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.places import LISTS
from tests.conftest import ServerProcess, until
from tests.main_job import EPOCHS

pytestmark = pytest.mark.timeout(600)


def task_url(server: ServerProcess, task: dict[str, Any], tab: str) -> str:
    """As the SDK prints it."""
    return f"{server.url}/projects/{task['project']}/tasks/{task['id']}/output/{tab}"


def test_the_list_shows_every_task_with_its_status_and_newest_metrics(page: Page, server, job):
    page.goto(server.url)
    row = page.locator(".table-body .table-row", has=page.get_by_role("link", name="evaluate", exact=True))
    row = row.filter(has_text="Completed").first
    expect(row).to_be_visible()
    expect(row).to_contain_text(re.compile(r"0\.\d+|\b[01]\b"))
    row.get_by_role("link", name="evaluate", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="evaluate")).to_be_visible()


def test_metric_columns_stand_where_they_stood_before_their_names_are_asked_again(page: Page, server, job):
    page.goto(server.url)
    headers = page.get_by_role("columnheader")
    expect(headers.filter(has_text="accuracy").first).to_be_visible()
    before = headers.all_inner_texts()
    held = []
    page.route("**/projects.get_unique_metric_variants", lambda route: held.append(route))
    page.reload()
    expect(headers).to_have_text(before)
    until(lambda: page.wait_for_timeout(50) or held, 20, "the names are asked")
    held[0].continue_()
    expect(headers).to_have_text(before)


def test_the_console_shows_what_the_task_printed(page: Page, server, job):
    page.goto(task_url(server, job["train"], "log"))
    expect(page.locator(".console-log")).to_contain_text(f"epoch {EPOCHS}/{EPOCHS}")


def test_the_curves_are_drawn(page: Page, server, job):
    page.goto(task_url(server, job["train"], "scalars"))
    chart = page.locator(".chart-card", has=page.get_by_role("heading", name="loss", exact=True))
    chart.scroll_into_view_if_needed()
    expect(chart.locator("canvas")).to_be_visible()
    expect(chart.locator(".chart-legend")).to_contain_text("validation")


def test_the_confusion_matrix_is_drawn(page: Page, server, job):
    page.goto(task_url(server, job["evaluate"], "plots"))
    plot = page.get_by_role("figure", name="confusion matrix / test")
    plot.scroll_into_view_if_needed()
    expect(plot.locator(".heatmaplayer image")).to_have_count(1, timeout=60_000)  # plotly.js is large


def test_pictures_are_shown(page: Page, server, job):
    page.goto(task_url(server, job["train"], "debugImages"))
    picture = page.locator(".sample img").first
    picture.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('.sample img').naturalWidth > 100")
    picture.click()
    expect(page.get_by_role("dialog").locator("img")).to_be_visible()


def test_a_sound_plays_and_starting_another_stops_it(page: Page, server, job):
    page.goto(task_url(server, job["train"], "debugImages"))
    expect(page.locator("audio").nth(1)).to_be_attached()
    play = "number => document.querySelectorAll('audio')[number].play()"
    at = "number => document.querySelectorAll('audio')[number].currentTime"
    page.evaluate(play, 0)
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.2")
    page.evaluate(play, 1)
    page.wait_for_function("() => document.querySelectorAll('audio')[1].currentTime > 0.2")
    assert page.evaluate("() => document.querySelector('audio').paused")
    assert page.evaluate(at, 1) > 0.2


def test_back_and_reload_keep_the_view(page: Page, server, job):
    page.goto(task_url(server, job["train"], "scalars") + "?smooth=0.5")
    page.get_by_role("link", name="Console").click()
    expect(page.locator(".console-log")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("smooth=0.5"))
    page.reload()
    expect(page.get_by_role("slider")).to_have_value("0.5")


def test_a_task_that_is_not_there_is_said_plainly(page: Page, server, job):
    page.goto(f"{server.url}/projects/*/tasks/{'0' * 32}/output/log")
    expect(page.get_by_role("alert")).to_contain_text("Not found")


PLACES = (*LISTS, "settings")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_opens_in_both_themes_without_an_error(page: Page, server, job, place, theme):
    page.emulate_media(color_scheme=theme)
    page.goto(f"{server.url}/{place}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if place != "kit":
        expect(page.get_by_role("alert")).to_have_count(0)
