"""A clip in evaluations that differ: other answers, sounds that one has not kept, clips that one does not have."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
import requests
from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess

pytestmark = pytest.mark.timeout(600)

HEAD = "() => new DOMMatrix(getComputedStyle(document.querySelector('.timeline .playhead')).transform).m41"
KEPT = 20  # sounds that the second evaluation uploads


def table(server: ServerProcess, task: str) -> pd.DataFrame:
    artifacts = server.task(task)["execution"]["artifacts"]
    address = next(one["uri"] for one in artifacts if one["key"] == "clips")
    answer = requests.get(address, headers=server.authorization(), timeout=30)
    return pd.read_csv(io.BytesIO(answer.content), compression="gzip", keep_default_na=False)


@pytest.fixture(scope="module")
def runs(server: ServerProcess, job: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Two more evaluations: of the model at two speeds, with few sounds; and of one of another fold."""
    made: list[str] = []

    def run(name: str, *options: str) -> str:
        done = server.run("-m", f"tasks.{name}", *options)
        assert done.returncode == 0, done.stdout + done.stderr
        found = re.search(r"new task id=(\w+)", done.stdout + done.stderr)
        assert found, done.stdout
        made.append(found[1])
        return found[1]

    def model_of(training: dict[str, Any]) -> str:
        return str(training["models"]["output"][-1]["model"])

    model = model_of(job["train"])
    first = run("evaluate", "--model_id", model, "--speeds", "[0.8, 1.2]", "--audio_limit", str(KEPT))
    other = model_of(server.task(run("train", "--fold", "2", "--epochs", "1", "--debug_samples_every", "0")))
    yield first, run("evaluate", "--model_id", other, "--audio_limit", "0")
    for task in made:
        server.call("tasks.delete", task=task, force=True)


def opened(page: Page, server: ServerProcess, job: dict[str, Any], runs: tuple[str, str], clip: str) -> Page:
    task = job["evaluate"]
    page.set_viewport_size({"width": 1600, "height": 900})
    page.goto(
        f"{server.url}/projects/{task['project']}/tasks/{task['id']}/output/audio?with={','.join(runs)}"
    )
    page.get_by_role("searchbox", name="Find a clip").fill(clip)
    page.locator(".table-body .table-row button", has_text=clip).click()
    expect(page.locator(".timeline .playhead")).to_be_visible()
    return page


def test_another_run_is_heard_from_where_the_first_one_was_with_its_own_answer(page: Page, server, job, runs):
    own, other = table(server, job["evaluate"]["id"]), table(server, runs[0])
    both = own.merge(other[other["url"] != ""], on="clip", suffixes=("", "_other")).sort_values("duration")
    assert len(both) == KEPT
    row = both.iloc[-1]
    assert row["url"] != row["url_other"] and row["confidence"] != row["confidence_other"]
    opened(page, server, job, runs, row["clip"])
    versions = page.get_by_role("radiogroup", name="Version").get_by_role("radio")
    expect(versions).to_have_count(2)
    likely = page.get_by_role("list", name="Likeliest labels").get_by_role("listitem").first
    expect(likely).to_contain_text(f"{100 * row['confidence']:.1f} %")
    page.keyboard.press("l")  # it shall not come to its end
    page.wait_for_function(f"() => ({HEAD})() > 5")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.wait_for_timeout(200)  # the playhead is drawn with the next frame
    before = page.evaluate(HEAD)
    page.keyboard.press("2")
    expect(versions.nth(1)).to_be_checked()
    expect(likely).to_contain_text(f"{100 * row['confidence_other']:.1f} %")
    page.wait_for_timeout(200)
    assert page.evaluate(HEAD) == pytest.approx(before, abs=1)


def test_what_another_run_lacks_is_said_by_name(page: Page, server, job, runs):
    other = table(server, runs[0])
    clip = other[other["url"] == ""]["clip"].iloc[0]
    assert clip not in set(table(server, runs[1])["clip"])
    opened(page, server, job, runs, clip)
    expect(page.get_by_role("radiogroup", name="Version").get_by_role("radio")).to_have_count(1)
    inspector = page.locator(".inspector")
    expect(inspector).to_contain_text(f"evaluate {runs[0][:4]} has not kept this clip’s sound.")
    expect(inspector).to_contain_text(f"evaluate {runs[1][:4]} does not have this clip.")
    page.keyboard.press("2")
    expect(page.locator(".timeline .playhead")).to_be_visible()


def test_a_clip_whose_sound_only_the_other_run_has_can_be_heard(page: Page, server, job, runs):
    own, other = job["evaluate"], table(server, runs[0])
    silent, heard = other[other["url"] == ""]["clip"].iloc[0], table(server, own["id"])
    page.goto(f"{server.url}/projects/{own['project']}/tasks/{runs[0]}/output/audio?clip={silent}")
    expect(page.locator(".inspector")).to_contain_text("its parameter audio_limit")
    page.goto(f"{server.url}/projects/*/tasks/{runs[0]}/output/audio?clip={silent}&with={own['id']}")
    expect(page.locator(".timeline .playhead")).to_be_visible()
    expect(page.locator(".inspector")).to_contain_text("this run has not kept this clip’s sound.")
    prediction = heard.set_index("clip").loc[silent, "prediction"]
    expect(page.locator(".inspector header .chip").last).to_have_text(prediction)


def test_a_dataset_lists_the_runs_that_found_it_by_themselves(page: Page, server, job, runs):
    dataset = job["train"]["hyperparams"]["Args"]["dataset_id"]["value"]
    page.goto(f"{server.url}/datasets/simple/*/tasks/{dataset}?tab=lineage")
    users = page.get_by_role("region", name="Used by")
    for task in (*runs, job["train"]["id"], job["evaluate"]["id"]):
        expect(users.locator(f"a[href*='{task}']")).to_be_visible()
    assert not server.task(runs[0])["hyperparams"]["Args"]["dataset_id"]["value"], "it was told"
    expect(users.locator(f"a[href*='{job['preprocess']['id']}']")).to_have_count(0)
