"""Fifteen jobs of a working day: each is done, and takes no more clicks than docs/web.md says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import ROOT, ServerProcess

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]

ARGS = {"learning_rate": ("float", "0.01"), "seed": ("int", "0"), "epochs": ("int", "10")}
COUNT = """addEventListener('pointerdown', (event) => {
  if (!event.target.closest('a, button, input, [role=option], [role=menuitem], [role=radio]')) return;
  sessionStorage.setItem('clicks', Number(sessionStorage.getItem('clicks') ?? 0) + 1);
}, true)"""
TOLD = dict(re.findall(r"^\| (.+?) \| (\d+) \|", (ROOT / "docs" / "web.md").read_text(), re.MULTILINE))
FIGURE = {"data": [{"type": "heatmap", "z": [[9, 1], [2, 8]], "x": ["dog", "rain"], "y": ["dog", "rain"]}]}


@pytest.fixture(scope="module")
def day(server: ServerProcess) -> Iterator[dict[str, Any]]:
    """A project as a day leaves it: a template, two runs with curves and a confusion, failed ones, some that wait."""
    project = server.call("projects.create", name="A working day")["id"]
    queue = server.call("queues.create", name="nobody takes these")["id"]

    def task(name: str, **values: str) -> str:
        args = {
            key: {"section": "Args", "name": key, "type": kind, "value": values.get(key, usual)}
            for key, (kind, usual) in ARGS.items()
        }
        tags = ["template"] if name == "learn" else []
        made = server.call(
            "tasks.create", name=name, type="training", project=project, hyperparams={"Args": args}, tags=tags
        )
        return str(made["id"])

    made: dict[str, Any] = {"project": project, "queue": queue, "learn": task("learn")}
    for name, rate in (("first", "0.1"), ("second", "0.003")):
        made[name] = task(name, learning_rate=rate)
        server.call("tasks.started", task=made[name])
        for step in range(1, 4):
            value = {"metric": "loss", "variant": "train", "iter": step, "value": 1 / step}
            server.call("events.add", type="training_stats_scalar", task=made[name], **value)
        plot = {"metric": "confusion", "variant": "test", "iter": 1, "plot_str": json.dumps(FIGURE)}
        server.call("events.add", type="plot", task=made[name], **plot)
        server.call("tasks.completed", task=made[name])
    for name in ("broken one", "broken two"):
        made[name] = task(name)
        server.call("tasks.started", task=made[name])
        server.call("tasks.failed", task=made[name], status_reason="CUDA out of memory")
    yield made
    server.call("projects.delete", project=project, force=True, delete_contents=True)
    server.call("queues.delete", queue=queue, force=True)


class Desk:
    """Somebody at work: where they are, and how often they have clicked since they came there."""

    def __init__(self, page: Page, server: ServerProcess) -> None:
        self.page, self._url = page, server.url
        page.add_init_script(COUNT)

    def at(self, address: str) -> None:
        self.page.goto(f"{self._url}/{address}")
        self.page.evaluate("() => sessionStorage.removeItem('clicks')")

    def done(self, job: str) -> None:
        """The job was done with no more clicks than the page's description says."""
        clicks = int(self.page.evaluate("() => Number(sessionStorage.getItem('clicks') ?? 0)"))
        assert clicks <= int(TOLD[job]), f"{clicks} clicks"

    def button(self, name: str | re.Pattern[str], **more: Any) -> None:
        self.page.get_by_role("button", name=name, **more).click()

    def link(self, name: str, **more: Any) -> None:
        self.page.get_by_role("link", name=name, exact=True, **more).click()

    def choose(self, *names: str) -> Locator:
        for name in names:
            self.page.get_by_label(f"Choose {name}", exact=True).check()
        return self.page.get_by_role("toolbar")


@pytest.fixture
def desk(page: Page, server: ServerProcess, day: dict[str, Any]) -> Desk:
    page.evaluate(
        "queue => localStorage.setItem('soundyard:queue', JSON.stringify(queue))", day["queue"]
    )  # which they used last
    return Desk(page, server)


def tasks(server: ServerProcess, day: dict[str, Any], **wanted: Any) -> list[dict[str, Any]]:
    return list(server.call("tasks.get_all", project=[day["project"]], **wanted)["tasks"])


def test_the_best_run_of_last_week_and_what_it_got_wrong(desk: Desk, job: dict[str, Any]):
    page = desk.page
    desk.at(f"projects/{job['train']['project']}/tasks")
    desk.button("Filter by Updated")
    page.get_by_role("radio", name="the last week").click()
    desk.button("accuracy/validation", exact=True)
    page.locator(".table-body .table-row").first.get_by_role("link", name="train", exact=True).click()
    desk.link("Audio")
    desk.link("evaluate")
    worst = page.locator(".table-body .table-row button").first
    expect(worst).to_be_visible()
    assert job["evaluate"]["id"] in page.url
    desk.done("the best run of last week, and what it got wrong")


def test_three_learning_rates_with_two_seeds_told_apart(desk: Desk, server, day):
    page = desk.page
    desk.at(f"projects/{day['project']}/tasks")
    desk.button("New run")
    dialog = page.get_by_role("dialog", name="New run")
    dialog.get_by_role("button", name=re.compile("^learn")).click()
    dialog.get_by_label(re.compile("^learning_rate")).fill("0.1, 0.01, 0.001")
    dialog.get_by_label(re.compile("^seed")).fill("1, 2")
    dialog.get_by_role("button", name="Clone and enqueue").click()
    page.get_by_role("link", name="Show them").click()
    expect(page.locator(".table-body .table-row:not(.waiting)")).to_have_count(6)
    shown = {row.replace("\n", " ") for row in page.locator(".table-body .table-row").all_inner_texts()}
    desk.done("three learning rates with two seeds, told apart afterwards")
    made = tasks(server, day, status=["queued"])
    values = {
        tuple(one["hyperparams"]["Args"][key]["value"] for key in ("learning_rate", "seed")) for one in made
    }
    assert values == {(rate, seed) for rate in ("0.1", "0.01", "0.001") for seed in ("1", "2")}
    for rate, seed in values:
        assert sum(f" {rate} " in row and f" {seed} " in row for row in shown) == 1, shown


def test_all_that_waits_is_stopped(desk: Desk, server, day):
    for number in range(3):
        made = server.call("tasks.clone", task=day["first"], new_task_name=f"waits {number}")["id"]
        server.call("tasks.enqueue", task=made, queue=day["queue"])
    desk.at("queues")
    desk.page.get_by_role("navigation", name="Queues").get_by_role("link", name="nobody takes these").click()
    desk.button("Dequeue all")
    desk.page.get_by_role("dialog").get_by_role("button", name="Dequeue all").click()
    expect(desk.page.get_by_text("Nothing waits here.")).to_be_visible()
    desk.done("stop all that waits")
    assert not tasks(server, day, status=["queued"])


def test_a_picture_of_two_curves_for_a_paper(desk: Desk, day):
    page = desk.page
    desk.at(f"projects/{day['project']}/tasks")
    desk.choose("first", "second").get_by_role("button", name="Compare").click()
    expect(page.locator(".chart-card canvas").first).to_be_visible()
    saved = {}
    for kind in ("SVG", "PNG"):
        desk.button("Download loss")
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=f"Download as {kind}").click()
        saved[kind] = download.value.path().read_bytes()
        if kind == "SVG":
            desk.done("a picture of two curves for a paper")
    text = saved["SVG"].decode()
    assert text.count("<path") == 2 and all(f">{name} · train<" in text for name in ("first", "second"))
    assert saved["PNG"].startswith(b"\x89PNG") and int.from_bytes(saved["PNG"][16:20]) == 1440


def test_why_one_failed(desk: Desk, day):
    desk.at(f"projects/{day['project']}/tasks")
    desk.link("broken one")
    expect(desk.page.locator(".ending-reason")).to_contain_text("CUDA out of memory")
    desk.done("why one failed")


def test_a_run_again_with_one_parameter_changed(desk: Desk, server, day):
    desk.at(f"projects/{day['project']}/tasks/{day['second']}")
    desk.button("Clone", exact=True)
    dialog = desk.page.get_by_role("dialog", name="Clone")
    dialog.get_by_label("Name", exact=True).fill("longer")
    dialog.get_by_label(re.compile("^epochs")).fill("40")
    dialog.get_by_role("button", name="Clone and enqueue").click()
    expect(desk.page.get_by_text("Cloned", exact=True)).to_be_visible()
    desk.done("a run again with one parameter changed, on its queue")
    (made,) = tasks(server, day, name="^longer$")
    assert made["status"] == "queued" and made["execution"]["queue"] == day["queue"]
    values = {key: one["value"] for key, one in made["hyperparams"]["Args"].items()}
    assert values == {"learning_rate": "0.003", "seed": "0", "epochs": "40"}


def test_the_model_to_use_is_downloaded(desk: Desk, server, job: dict[str, Any]):
    page = desk.page
    desk.at("")
    desk.link("Models")
    desk.button("accuracy/validation", exact=True)
    best = page.locator(".table-body .table-row").first.get_by_role("link").first
    best.click()
    page.get_by_role("link", name="Download").first.wait_for()
    with page.expect_download() as download:
        desk.link("Download")
    desk.done("find the model to use, and download it")
    model = server.call("models.get_by_id", model=page.url.split("/")[-1].split("?")[0])["model"]
    assert download.value.suggested_filename == model["uri"].rpartition("/")[2]
    assert download.value.path().stat().st_size > 1000


def test_the_confusions_of_two_runs_side_by_side(desk: Desk, day):
    page = desk.page
    desk.at(f"projects/{day['project']}/tasks")
    desk.choose("first", "second").get_by_role("button", name="Compare").click()
    desk.link("Plots")
    expect(page.locator(".plot-box .heatmaplayer")).to_have_count(2)
    desk.done("the confusions of two runs side by side")


def test_the_clips_of_a_confusion_are_heard(desk: Desk, job: dict[str, Any]):
    page = desk.page
    desk.at(f"projects/*/tasks/{job['evaluate']['id']}/output/audio")
    cell = page.get_by_role("button", name=re.compile(r"^\d+ clips? of (\w+) called (?!\1)")).first
    cell.click()
    page.locator(".table-body .table-row button").first.click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    desk.done("hear the clips of a cell of the confusion matrix")


def test_a_tag_on_all_that_match(desk: Desk, server, day):
    page = desk.page
    desk.at(f"projects/{day['project']}/tasks")
    page.get_by_label("Search tasks").fill("broken")
    expect(page).to_have_url(re.compile("q=broken"))
    expect(page.locator(".table-body .table-row:not(.waiting)")).to_have_count(2)
    page.get_by_label("Choose all loaded rows").click()
    desk.button("Tags", exact=True)
    page.get_by_role("combobox", name="Add a tag").fill("look into it")
    page.keyboard.press("Enter")
    desk.button("Save")
    expect(page.get_by_role("dialog")).to_have_count(0)
    desk.done("a tag on all that match a search")
    assert {one["name"] for one in tasks(server, day, tags=["look into it"])} == {"broken one", "broken two"}


def test_what_failed_is_archived_and_one_of_it_restored(desk: Desk, server, day):
    page = desk.page
    desk.at(f"projects/{day['project']}/tasks")
    desk.button("Filter by Status")
    page.get_by_role("checkbox", name="Failed").check()
    page.keyboard.press("Escape")
    expect(page.locator(".table-body .table-row:not(.waiting)")).to_have_count(2)
    page.get_by_label("Choose all loaded rows").click()
    page.get_by_role("toolbar").get_by_role("button", name="Archive").click()
    expect(page.get_by_text("2 archived")).to_be_visible()
    desk.done("archive everything that failed")
    gone = {one["name"] for one in tasks(server, day, system_tags=["archived"])}
    assert gone == {"broken one", "broken two"}
    desk.at(f"projects/{day['project']}/tasks")
    desk.button("Archive", exact=True)
    desk.choose("broken one").get_by_role("button", name="Restore").click()
    expect(page.get_by_label("Choose broken one", exact=True)).to_have_count(0)
    desk.done("restore something archived")
    assert {one["name"] for one in tasks(server, day, system_tags=["archived"])} == {"broken two"}


def test_what_changed_between_two_runs(desk: Desk, day):
    page = desk.page
    desk.at(f"projects/{day['project']}/tasks")
    desk.choose("first", "second").get_by_role("button", name="Compare").click()
    desk.link("Configuration")
    expect(page.get_by_role("rowheader", name="Args/learning_rate")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Args/epochs")).to_have_count(0)
    desk.done("what changed between two runs")


def test_which_worker_runs_what(desk: Desk, server, day):
    page = desk.page
    running = server.call("tasks.clone", task=day["first"], new_task_name="at work")["id"]
    server.call("tasks.started", task=running)
    server.call("workers.register", worker="bench:gpu0", timeout=600)
    status = {"worker": "bench:gpu0", "task": running, "timestamp": 0, "machine_stats": {}}
    server.call("workers.status_report", **status)
    desk.at("")
    desk.link("Workers")
    row = page.get_by_role("row", name=re.compile("bench:gpu0"))
    expect(row.get_by_role("link", name="at work")).to_be_visible()
    desk.done("which worker runs what")
    server.call("workers.unregister", worker="bench:gpu0")
    server.call("tasks.stopped", task=running, force=True)


def test_a_run_is_found_by_a_parameters_value(desk: Desk, day):
    page = desk.page
    desk.at(f"projects/{day['project']}/tasks")
    desk.button("Columns")
    field = page.get_by_role("combobox", name="Add a hyperparameter")
    field.fill("learning")
    page.get_by_role("option", name="Args/learning_rate").click()
    page.keyboard.press("Escape")
    desk.button("Filter by learning_rate")
    page.get_by_role("checkbox", name="0.003").check()
    page.keyboard.press("Escape")
    names = page.locator(".table-body .table-row:not(.waiting)")
    expect(names.first).to_contain_text("0.003")
    expect(page.get_by_role("link", name="first", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="second", exact=True)).to_be_visible()
    desk.done("find a run by a parameter's value")
