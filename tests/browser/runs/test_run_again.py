"""Run it again: clone, edit, sweep, enqueue; wait, reorder, abort; and see a real agent finish what was asked for."""

import re
from typing import Any

import numpy as np
import pytest
import requests
import soundfile
from playwright.sync_api import Locator, Page, expect

from audio.inference.predictor import Predictor
from tests.browser.conftest import choose_queue
from tests.conftest import ServerProcess, until

pytestmark = pytest.mark.timeout(600)


def open_clone(page: Page, server, task: dict[str, Any]) -> Locator:
    page.goto(f"{server.url}/projects/{task['project']}/tasks/{task['id']}/output/hyper-params")
    page.get_by_role("button", name="Clone", exact=True).click()
    dialog = page.get_by_role("dialog", name="Clone")
    expect(dialog.get_by_text("learning_rate").first).to_be_visible()
    return dialog


def test_a_sweep_of_two_makes_two_tasks_with_their_values(page: Page, server, job, queue):
    waiting = queue("later")
    dialog = open_clone(page, server, job["train"])
    dialog.get_by_label("Name", exact=True).fill("sweep")
    dialog.get_by_label(re.compile("^learning_rate")).fill("0.002, 0.0005")
    expect(dialog.locator(".param.changed")).to_have_count(1)
    expect(dialog).to_contain_text("A sweep: 2 tasks")
    choose_queue(page, dialog, "later")
    dialog.get_by_role("button", name="Clone and enqueue").click()
    expect(page.get_by_text("2 clones made")).to_be_visible()
    entries = server.call("queues.get_by_id", queue=waiting)["queue"]["entries"]
    made = [server.task(entry["task"]) for entry in entries]
    assert [task["name"] for task in made] == ["sweep learning_rate=0.002", "sweep learning_rate=0.0005"]
    rates = [task["hyperparams"]["Args"]["learning_rate"]["value"] for task in made]
    assert rates == ["0.002", "0.0005"]
    assert all(task["status"] == "queued" for task in made)


def test_a_value_of_another_type_is_refused_before_anything_is_made(page: Page, server, job):
    dialog = open_clone(page, server, job["train"])
    dialog.get_by_label(re.compile("^epochs")).fill("many")
    expect(dialog.get_by_text("Expected a whole number")).to_be_visible()
    button = dialog.get_by_role("button", name="Clone and enqueue")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("title", re.compile("epochs"))


def test_a_pending_task_says_why(page: Page, server, job, queue):
    queue("nobody")
    task = server.call("tasks.clone", task=job["evaluate"]["id"], new_task_name="waiting")["id"]
    server.enqueue(task, "nobody")
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/general")
    page.get_by_role("button", name="Why is it pending?").click()
    said = page.get_by_role("dialog", name="Why is it pending?")
    expect(said).to_contain_text("No agent listens on this queue.")
    expect(said).to_contain_text("Number 1 of 1")


def test_a_queue_is_reordered(page: Page, server, job, queue):
    waiting = queue("line")
    tasks = []
    for name in ("first", "second", "third"):
        tasks.append(server.call("tasks.clone", task=job["evaluate"]["id"], new_task_name=name)["id"])
        server.enqueue(tasks[-1], "line")

    def stands(*wanted: int) -> None:
        """On the server, and on the page."""
        names = [("first", "second", "third")[number] for number in wanted]
        expect(page.get_by_role("list", name="Tasks in line").get_by_role("link")).to_have_text(names)
        until(lambda: order() == [tasks[number] for number in wanted], 15, f"the order is {names}: {order()}")

    def order() -> list[str]:
        entries = server.call("queues.get_by_id", queue=waiting)["queue"]["entries"]
        return [entry["task"] for entry in entries]

    page.goto(f"{server.url}/queues/{waiting}")
    page.get_by_role("button", name="Put third first").click()
    stands(2, 0, 1)
    rows = page.get_by_role("list", name="Tasks in line").get_by_role("listitem")
    rows.nth(0).drag_to(rows.nth(2))
    stands(0, 1, 2)
    rows.nth(1).drag_to(rows.nth(0))
    stands(1, 0, 2)
    page.get_by_role("button", name=re.compile("^Move second: number 1 of 3")).press("ArrowDown")
    stands(0, 1, 2)


def test_many_tasks_are_aborted_and_archived_from_the_table(page: Page, server, job, queue):
    queue("bulk")
    for number in (1, 2):
        task = server.call("tasks.clone", task=job["evaluate"]["id"], new_task_name=f"bulk {number}")["id"]
        server.enqueue(task, "bulk")
    page.goto(f"{server.url}/?q=bulk")
    page.get_by_label("Choose bulk 1").check()
    page.get_by_label("Choose bulk 2").check()
    bar = page.get_by_role("toolbar")
    expect(bar.get_by_role("button", name="Delete")).to_have_attribute(
        "title", re.compile("Archive it first")
    )
    bar.get_by_role("button", name="Dequeue").click()
    expect(page.get_by_text("2 taken from the queue")).to_be_visible()
    expect(bar).to_have_count(0)
    page.get_by_label("Choose bulk 1").check()
    page.get_by_label("Choose bulk 2").check()
    bar.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_text("No task fits the filters")).to_be_visible()


def keys(server: ServerProcess) -> set[str]:
    """Access keys of the page's person, who is an admin."""
    return {one["access_key"] for one in server.admin("auth.get_credentials")["credentials"]}


def test_an_access_key_is_made_shown_once_and_revoked(page: Page, server, job):
    before = keys(server)
    page.goto(f"{server.url}/settings/keys")
    page.get_by_role("button", name="New access key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("laptop")
    page.keyboard.press("Enter")
    expect(page.get_by_text("secret_key", exact=False).first).to_be_visible()
    (made,) = keys(server) - before
    page.keyboard.press("Escape")
    row = page.locator("tr", has_text=made)
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.locator("tr", has_text=made)).to_have_count(0)
    assert keys(server) == before


def test_twelve_tasks_are_compared(page: Page, server, job):
    clones = [job["train"]["id"]]
    for number in range(11):
        made = server.call("tasks.clone", task=job["train"]["id"], new_task_name=f"twelve {number}")["id"]
        change = {"section": "Args", "name": "epochs", "value": str(number + 10)}
        server.call("tasks.edit_hyper_params", task=made, hyperparams=[change])
        clones.append(made)
    page.goto(f"{server.url}/projects/*/compare-tasks;ids={','.join(clones)}/hyper-params")
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare 12 tasks")
    row = page.locator("tr", has=page.get_by_role("rowheader", name="Args/epochs"))
    expect(row.locator("td.differs")).to_have_count(12)
    expect(page.get_by_role("rowheader", name="Args/weight_decay")).to_have_count(0)
    page.get_by_role("link", name="Scalars").click()
    expect(page.locator(".chart-card canvas").first).to_be_visible()


@pytest.mark.slow
def test_the_agent_finishes_a_sweep_that_was_started_here(page: Page, server, job):
    dialog = open_clone(page, server, job["train"])
    dialog.get_by_label("Name", exact=True).fill("two rates")
    dialog.get_by_label(re.compile("^epochs")).fill("1")
    dialog.get_by_label(re.compile("^learning_rate")).fill("0.004, 0.0004")
    choose_queue(page, dialog, "audio")
    dialog.get_by_role("button", name="Clone and enqueue").click()
    expect(page.get_by_text("2 clones made")).to_be_visible()
    page.goto(f"{server.url}/?q=two+rates")
    rows = page.locator(".table-body .table-row", has_text="Completed")
    expect(rows).to_have_count(2, timeout=300_000)


@pytest.mark.slow
def test_a_running_task_is_aborted_here(page: Page, server, job):
    made = server.call("tasks.clone", task=job["train"]["id"], new_task_name="long")["id"]
    change = {"section": "Args", "name": "epochs", "value": "500"}
    server.call("tasks.edit_hyper_params", task=made, hyperparams=[change])
    server.enqueue(made)
    page.goto(f"{server.url}/projects/*/tasks/{made}/output/log")
    expect(page.locator(".console-log")).to_contain_text("epoch 1/500", timeout=180_000)
    page.get_by_role("button", name="Abort", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Abort").click()
    expect(page.locator(".task-facts .status-stopped")).to_be_visible(timeout=60_000)


@pytest.mark.slow
def test_a_pipeline_is_run_from_its_dialog_and_watched(page: Page, server, job):
    controller = job["controller"]
    page.goto(f"{server.url}/pipelines/{controller['project']}/tasks/{controller['id']}")
    expect(page.locator(".step-box")).to_have_count(3)
    page.get_by_role("button", name="New run").click()
    dialog = page.get_by_role("dialog")
    choose_queue(page, dialog, "services")
    dialog.get_by_role("button", name="Clone and enqueue").click()
    page.wait_for_url(lambda url: controller["id"] not in url)
    expect(page.locator(".step-box.step-in_progress, .step-box.step-completed").first).to_be_visible(
        timeout=120_000
    )
    expect(page.locator(".step-box.step-completed")).to_have_count(3, timeout=300_000)


@pytest.mark.slow
def test_what_is_said_into_the_microphone_is_answered(page: Page, server, job):
    model = job["train"]["models"]["output"][0]["model"]
    page.goto(f"{server.url}/projects/*/models/{model}")
    page.get_by_role("button", name="Record", exact=True).click()
    stop = page.get_by_role("button", name="Stop and ask")
    expect(stop).to_be_visible()
    page.wait_for_timeout(2000)  # the browser's stand-in for a microphone beeps once a second
    stop.click()
    expect(page.locator(".try .likely li")).to_have_count(5, timeout=120_000)
    expect(page.locator(".try audio")).to_have_attribute("aria-label", "recording.wav")
    said = page.locator(".try audio").evaluate(
        """async (player) => {
          const bytes = await (await fetch(player.src)).arrayBuffer();
          const sound = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(bytes);
          return { seconds: sound.duration, loud: Math.max(...sound.getChannelData(0)) };
        }"""
    )
    assert 1 < said["seconds"] < 30 and said["loud"] > 0.01


@pytest.mark.slow
def test_a_sound_dropped_on_a_model_gets_the_answer_of_the_file(page: Page, server, job, tmp_path):
    """As it is, whatever its name, rate and channels: the page neither mixes nor resamples it."""
    model = server.call("models.get_by_id", model=job["train"]["models"]["output"][0]["model"])["model"]
    weights, path = tmp_path / "model.pt", tmp_path / "é #%?, heard.wav"
    weights.write_bytes(requests.get(model["uri"], headers=server.authorization(), timeout=60).content)
    left = 0.5 * np.sin(np.arange(96000) / 20) * (np.arange(96000) > 40000)
    soundfile.write(path, np.stack([left, np.zeros(96000)], 1), 96000, subtype="PCM_24")
    page.goto(f"{server.url}/projects/*/models/{model['id']}")
    page.locator("input[type=file]").set_input_files(path)
    answers = page.locator(".try .likely li")
    expect(answers).to_have_count(5, timeout=120_000)
    expect(page.locator(".try .status")).to_have_text("Completed")
    (task,) = server.call("tasks.get_all", name=re.escape(f"predict {path.name}"))["tasks"]
    kept = requests.get(
        task["hyperparams"]["Args"]["url"]["value"], headers=server.authorization(), timeout=60
    )
    assert kept.content == path.read_bytes()
    (values,) = server.call("events.get_task_single_value_metrics", tasks=[task["id"]])["tasks"]
    heard = Predictor(weights, "cpu").file(path)
    said = {one["variant"]: one["value"] for one in values["values"]}
    assert said == pytest.approx(dict(heard.top(len(said))), abs=1e-4)
    for i, (label, _) in enumerate(heard.top()):
        expect(answers.nth(i)).to_contain_text(label)
