"""The audio workbench: from a cell of the confusion matrix to what its clips sound like."""

import io
from typing import Any

import pandas as pd
import pytest
import requests
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.timeout(600)

HEAD = "() => new DOMMatrix(getComputedStyle(document.querySelector('.playhead')).transform).m41"


@pytest.fixture(scope="module")
def clips(server, job) -> pd.DataFrame:
    """The table that the evaluation uploaded."""
    artifact = next(one for one in job["evaluate"]["execution"]["artifacts"] if one["key"] == "clips")
    answer = requests.get(artifact["uri"], headers=server.authorization(), timeout=30)
    return pd.read_csv(io.BytesIO(answer.content), compression="gzip")


@pytest.fixture
def workbench(page: Page, server, job) -> Page:
    task = job["evaluate"]
    page.set_viewport_size({"width": 1600, "height": 900})
    page.goto(f"{server.url}/projects/{task['project']}/tasks/{task['id']}/output/audio")
    expect(page.locator(".matrix")).to_be_visible()
    return page


def open_first(page: Page) -> None:
    page.locator(".table-body .table-row button").first.click()
    expect(page.locator(".playhead")).to_be_visible()


def test_the_matrix_counts_what_the_table_holds(workbench: Page, clips):
    for (label, prediction), rows in clips.groupby(["label", "prediction"]):
        name = f"{len(rows)} clips of {label} called {prediction}"
        expect(workbench.get_by_role("button", name=name, exact=True)).to_have_text(str(len(rows)))


def test_a_cell_leads_to_exactly_its_clips(workbench: Page, clips):
    wrong = clips[clips["label"] != clips["prediction"]]
    (label, prediction), rows = next(iter(wrong.groupby(["label", "prediction"])))
    workbench.get_by_role("button", name=f"{len(rows)} clips of {label} called {prediction}").click()
    shown = workbench.locator(".table-body .table-row button")
    expect(shown).to_have_count(len(rows))
    assert set(shown.all_text_contents()) == set(rows["clip"])


def test_the_worst_mistake_comes_first(workbench: Page, clips):
    worst = clips.sort_values("loss", ascending=False)["clip"].iloc[0]
    expect(workbench.locator(".table-body .table-row button").first).to_have_text(worst)


def test_opening_a_clip_plays_it_and_the_playhead_moves(workbench: Page):
    open_first(workbench)
    workbench.wait_for_function(f"() => ({HEAD})() > 5")
    before = workbench.evaluate(HEAD)
    workbench.wait_for_timeout(300)
    assert workbench.evaluate(HEAD) > before
    workbench.keyboard.press("Space")
    expect(workbench.get_by_role("button", name="Play", exact=True)).to_be_visible()
    workbench.wait_for_timeout(300)  # what is on its way to the loudspeaker is heard until its end
    stopped = workbench.evaluate(HEAD)
    workbench.wait_for_timeout(300)
    assert abs(workbench.evaluate(HEAD) - stopped) < 1


def test_the_spectrogram_is_that_of_the_models_front_end(workbench: Page, job):
    open_first(workbench)
    settings: dict[str, Any] = dict(
        line.split(" = ", 1) for line in job["evaluate"]["configuration"]["frontend"]["value"].splitlines()
    )
    expect(workbench.locator(".spectrogram")).to_have_attribute("aria-busy", "false")
    bands = workbench.evaluate("() => document.querySelector('.spectrogram canvas').height")
    assert bands == int(settings["n_mels"])


def test_a_model_that_hears_several_front_ends_and_slopes_has_a_view_for_each(page: Page, server, job):
    task = job["evaluate"]
    kept = task["configuration"]["frontend"]
    side_by_side = (
        kept["value"].replace("deltas = false", "deltas = true").replace('"logmel"', '"logmel+pcen"')
    )
    assert "logmel+pcen" in side_by_side and "deltas = true" in side_by_side
    edit = {"task": task["id"], "force": True}
    server.call("tasks.edit_configuration", **edit, configuration=[{**kept, "value": side_by_side}])
    try:
        page.goto(f"{server.url}/projects/{task['project']}/tasks/{task['id']}/output/audio?view=pcen+slope")
        open_first(page)
        choice = page.get_by_role("combobox", name="Spectrogram")
        expect(choice).to_have_value("pcen slope")
        pictures = set()
        for view in choice.locator("option").evaluate_all("all => all.map(one => one.value)"):
            choice.select_option(view)
            expect(choice).to_have_value(view)
            expect(page.locator(".spectrogram")).to_have_attribute("aria-busy", "false")
            pictures.add(page.evaluate("() => document.querySelector('.spectrogram canvas').toDataURL()"))
        assert len(pictures) == 7  # three of each front end, and all frequencies
    finally:
        server.call("tasks.edit_configuration", **edit, configuration=[kept])


def test_a_dragged_region_is_looped(workbench: Page):
    open_first(workbench)
    box = workbench.locator(".overlay").bounding_box()
    assert box
    left, right = box["x"] + 0.2 * box["width"], box["x"] + 0.3 * box["width"]
    workbench.mouse.move(left, box["y"] + 40)
    workbench.mouse.down()
    workbench.mouse.move(right, box["y"] + 60, steps=4)
    workbench.mouse.up()
    for _ in range(12):
        workbench.wait_for_timeout(120)
        assert 0.19 * box["width"] <= workbench.evaluate(HEAD) <= 0.31 * box["width"]


def test_j_and_k_walk_and_m_marks(workbench: Page):
    open_first(workbench)
    name = workbench.locator(".inspector h2")
    first = name.text_content() or ""
    workbench.keyboard.press("j")
    expect(name).not_to_have_text(first)
    workbench.keyboard.press("k")
    expect(name).to_have_text(first)
    workbench.keyboard.press("m")
    expect(workbench.get_by_role("button", name="Marked (1)")).to_be_visible()


def test_the_clip_and_the_filters_are_in_the_address(workbench: Page):
    open_first(workbench)
    name = workbench.locator(".inspector h2").text_content() or ""
    workbench.reload()
    expect(workbench.locator(".inspector h2")).to_have_text(name)
