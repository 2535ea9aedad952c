"""The report of an evaluation: one page, whose confusions lead to their clips."""

import io

import pandas as pd
import pytest
import requests
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def report(page: Page, server, job) -> Page:
    task = job["evaluate"]
    page.set_viewport_size({"width": 1400, "height": 900})
    page.goto(f"{server.url}/projects/{task['project']}/tasks/{task['id']}/output/report")
    expect(page.get_by_role("heading", name="What was found")).to_be_visible()
    return page


def test_a_report_shows_figures_pictures_and_tables(report: Page):
    for title in (
        "Confusion matrix",
        "Most confused",
        "Top losses",
        "Classes",
        "Calibration",
        "How it was made",
    ):
        expect(report.get_by_role("heading", name=title, exact=True)).to_be_visible()
    figures = report.get_by_role("region", name="What was found").locator("table").first
    for name in ("accuracy", "macro_f1", "mean_average_precision", "auroc"):
        expect(figures.get_by_role("rowheader", name=name, exact=True)).to_be_visible()
    report.get_by_role("heading", name="Calibration").scroll_into_view_if_needed()
    expect(report.get_by_role("figure", name="Calibration").locator(".main-svg").first).to_be_visible()


def test_the_most_confused_pair_is_one_click_from_its_clips(report: Page, server, job):
    artifact = next(one for one in job["evaluate"]["execution"]["artifacts"] if one["key"] == "clips")
    content = requests.get(artifact["uri"], headers=server.authorization(), timeout=30).content
    clips = pd.read_csv(io.BytesIO(content), compression="gzip")
    wrong = clips[clips["label"] != clips["prediction"]]
    pairs = wrong.groupby(["label", "prediction"]).size().reset_index(name="count")
    first = pairs.sort_values(["count", "label", "prediction"], ascending=[False, True, True]).iloc[0]
    row = report.get_by_role("region", name="Most confused").first.locator("table tr").nth(1)
    expect(row.locator("td").first).to_have_text(first["prediction"])
    row.get_by_role("link", name=first["label"]).click()
    shown = report.locator(".table-body .table-row button")
    expect(shown).to_have_count(int(first["count"]))
    of_pair = wrong[(wrong["label"] == first["label"]) & (wrong["prediction"] == first["prediction"])]
    assert set(shown.all_text_contents()) == set(of_pair["clip"])


def test_the_top_loss_is_one_click_from_being_heard(report: Page):
    link = report.get_by_role("region", name="Top losses").first.locator("table a").first
    name = link.inner_text()
    link.click()
    expect(report.locator(".inspector, .inspector-head").first).to_contain_text(name.split("/")[-1])


def test_a_task_without_a_report_has_no_such_tab(page: Page, server, job):
    task = job["train"]
    page.goto(f"{server.url}/projects/{task['project']}/tasks/{task['id']}/output/scalars")
    expect(page.get_by_role("link", name="Scalars")).to_be_visible()
    expect(page.get_by_role("link", name="Report", exact=True)).to_have_count(0)
    page.goto(f"{server.url}/projects/{task['project']}/tasks/{task['id']}/output/report")
    expect(page.get_by_text("No report")).to_be_visible()
