"""A dataset's version as a place to listen: its classes, exactly their clips, and one of them on a playhead."""

import io
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
import requests
from playwright.sync_api import Page, expect

from tests.conftest import ServerProcess

pytestmark = pytest.mark.timeout(600)

HEAD = "() => new DOMMatrix(getComputedStyle(document.querySelector('.timeline .playhead')).transform).m41"


@pytest.fixture(scope="module")
def version(server: ServerProcess, job: dict[str, Any]) -> dict[str, Any]:
    """What the main job's preprocess task has made of real recordings."""
    return server.task(job["preprocess"]["hyperparams"]["properties"]["dataset_id"]["value"])


@pytest.fixture(scope="module")
def table(server: ServerProcess, version: dict[str, Any]) -> pd.DataFrame:
    return read_clips(server, version)


def read_clips(server: ServerProcess, task: dict[str, Any]) -> pd.DataFrame:
    artifact = next(one for one in task["execution"]["artifacts"] if one["key"] == "clips")
    answer = requests.get(artifact["uri"], headers=server.authorization(), timeout=30)
    return pd.read_csv(io.BytesIO(answer.content), compression="gzip", keep_default_na=False)


def address(server: ServerProcess, task: dict[str, Any], query: str = "") -> str:
    return f"{server.url}/datasets/simple/{task['project']}/tasks/{task['id']}?tab=sound{query}"


@pytest.fixture
def sound(page: Page, server: ServerProcess, version: dict[str, Any]) -> Page:
    page.set_viewport_size({"width": 1600, "height": 900})
    page.goto(address(server, version))
    expect(page.get_by_role("region", name="Classes")).to_be_visible()
    return page


def rows(page: Page) -> Any:
    return page.locator(".table-body .table-row button")


def listed(page: Page, count: int) -> set[str]:
    """Every clip that is listed; only those in sight are in the document."""
    expect(page.get_by_role("table", name="Clips")).to_have_attribute("aria-rowcount", str(count + 1))
    found: set[str] = set()
    box = page.get_by_role("table", name="Clips")
    for top in range(0, 40 * count + 1, 200):
        box.evaluate("(box, top) => box.scrollTo(0, top)", top)
        page.wait_for_timeout(50)
        found |= set(rows(page).all_text_contents())
    return found


def test_the_way_leads_from_the_datasets_to_the_classes(
    page: Page, server: ServerProcess, version: dict[str, Any]
):
    page.goto(f"{server.url}/datasets")
    page.get_by_role("link", name=version["runtime"]["version"], exact=True).first.click()
    page.get_by_role("navigation", name="Parts of the dataset").get_by_role("link", name="Sound").click()
    expect(page.get_by_role("region", name="Classes")).to_be_visible()


def test_the_classes_are_counted_as_the_table_has_them(sound: Page, table: pd.DataFrame):
    classes = sound.get_by_role("region", name="Classes")
    for label, clips in table.groupby("label"):
        button = classes.get_by_role("button", name=f"{len(clips)} clips of {label}", exact=True)
        expect(button).to_have_text(str(len(clips)))
        for fold, part in clips[clips["fold"] > 0].groupby("fold"):
            cell = classes.get_by_role(
                "button", name=f"{len(part)} clips of {label} in fold {fold}", exact=True
            )
            expect(cell).to_have_text(str(len(part)))


def test_a_class_leads_to_exactly_its_clips(sound: Page, table: pd.DataFrame):
    label, clips = max(table.groupby("label"), key=lambda group: len(group[1]))
    sound.get_by_role("button", name=f"{len(clips)} clips of {label}", exact=True).click()
    assert listed(sound, len(clips)) == set(clips["clip"])
    fold = int(clips["fold"].iloc[0])
    part = clips[clips["fold"] == fold]
    sound.get_by_role("button", name=f"{len(part)} clips of {label} in fold {fold}", exact=True).click()
    assert listed(sound, len(part)) == set(part["clip"])
    name = part["clip"].iloc[-1]
    sound.get_by_role("searchbox", name="Find a clip").fill(name)
    expect(rows(sound)).to_have_text([name])


def test_a_clip_is_played_looped_and_still_there_after_back_and_reload(sound: Page, table: pd.DataFrame):
    label, clips = next(iter(table.groupby("label")))
    sound.get_by_role("button", name=f"{len(clips)} clips of {label}", exact=True).click()
    rows(sound).first.click()
    expect(sound.locator(".timeline .playhead")).to_be_visible()
    sound.wait_for_function(f"() => ({HEAD})() > 5")
    before = sound.evaluate(HEAD)
    sound.wait_for_function(f"at => ({HEAD})() !== at", arg=before)
    box = sound.locator(".overlay").bounding_box()
    assert box
    sound.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 40)
    sound.mouse.down()
    sound.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 60, steps=4)
    sound.mouse.up()
    for _ in range(12):
        sound.wait_for_timeout(120)
        assert 0.19 * box["width"] <= sound.evaluate(HEAD) <= 0.31 * box["width"]
    name = sound.locator(".inspector header h2").text_content() or ""
    assert name in set(clips["clip"])
    there = sound.url
    assert {"label": [label], "clip": [name]}.items() <= parse_qs(urlsplit(there).query).items()
    for way in ("reload", "back"):
        if way == "reload":
            sound.reload()
        else:
            sound.get_by_role("link", name="Lineage", exact=True).click()
            expect(sound.get_by_role("heading", name="Comes from")).to_be_visible()
            sound.go_back()
        expect(sound.locator(".inspector header h2")).to_have_text(name)
        expect(sound.get_by_role("combobox", name="Label")).to_have_value(str(label))
        assert sound.url == there


def test_the_spectrogram_is_that_of_the_newest_model_of_the_set(
    sound: Page, server: ServerProcess, job: dict[str, Any]
):
    draft = server.call("tasks.clone", task=job["train"]["id"], new_task_name="not yet")["id"]
    sound.reload()
    rows(sound).first.click()
    expect(sound.locator(".timeline")).to_be_visible()
    bands = re.search(r"n_mels = (\d+)", job["train"]["configuration"]["frontend"]["value"])
    assert bands
    expect(sound.get_by_role("img", name=f"What the model sees, {bands[1]} bands")).to_be_visible()
    link = sound.locator(".inspector dd a", has_not_text="Download")
    model = server.task((link.get_attribute("href") or "").rsplit("/tasks/")[-1].split("/")[0])
    assert model["id"] != draft and model["status"] == "completed" and model["configuration"]["frontend"]
    server.call("tasks.delete", task=draft, force=True)


@pytest.fixture
def unheard(server: ServerProcess) -> Iterator[dict[str, Any]]:
    """A version of another data set whose sounds were not uploaded."""
    options = ("--dataset", "synthetic", "--dataset_name", "unheard", "--audio_limit", "0", "--examples", "0")
    done = server.run("-m", "tasks.preprocess", *options, "--workers", "1", "--inspect", "false")
    assert done.returncode == 0, done.stdout + done.stderr
    made = done.stdout.split("dataset ")[-1].split()[0]
    yield server.task(made)
    server.call(
        "tasks.delete", task=made, force=True
    )  # else it were the newest one, which other tests ask for


def test_a_clip_without_a_sound_says_so_and_what_to_do(
    page: Page, server: ServerProcess, unheard: dict[str, Any]
):
    clips = read_clips(server, unheard)
    assert (clips["url"] == "").all() and len(clips) > 20
    page.goto(address(server, unheard))
    expect(page.get_by_text("0 with their sound")).to_be_visible()
    rows(page).first.click()
    expect(page.locator(".inspector")).to_contain_text("larger audio_limit")
    expect(page.get_by_role("button", name="Play", exact=True)).to_have_count(0)
    page.keyboard.press("Space")
    page.keyboard.press("j")
    expect(page.locator(".inspector header h2")).to_have_text(rows(page).nth(1).text_content() or "?")


def test_a_version_without_a_table_shows_what_was_reported(
    page: Page, server: ServerProcess, version: dict[str, Any]
):
    made = server.call("tasks.create", name="before", type="data_processing", project=version["project"])[
        "id"
    ]
    server.call("tasks.edit", task=made, force=True, system_tags=["dataset"], runtime={"version": "0.1"})
    page.goto(address(server, server.task(made)))
    expect(page.get_by_text("No debug samples yet")).to_be_visible()
    server.call("tasks.delete", task=made, force=True)
