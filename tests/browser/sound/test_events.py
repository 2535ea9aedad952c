"""A long recording and its events in the page: on one axis with the sound, played, listed, filtered."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import soundfile
from playwright.sync_api import Page, expect

from tests.conftest import DATA, ServerProcess
from tests.contract.files import FileClient
from tests.unit.audio.heard import made_of

pytestmark = pytest.mark.timeout(600)
LOW, HIGH = (30.0, 33.0), (70.0, 75.0)  # s, where tones are put into the recording


def tone(rate: int, seconds: float, pitch: float) -> np.ndarray:
    return np.asarray(0.5 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate))


def recording(path: Path) -> Path:
    """Two minutes and a half of real sound, where there is some, with a low tone and a minute later a high one."""
    rate = 44100
    clips = sorted(DATA.rglob("*.wav")) + sorted(DATA.rglob("*.ogg"))
    heard = [soundfile.read(one, dtype="float32")[0] for one in clips[::13][:30]]
    sound = np.concatenate(heard) if heard else np.random.default_rng(0).normal(0, 0.01, 150 * rate)
    for (begin, end), pitch in ((LOW, 300), (HIGH, 900)):
        first = round(begin * rate)
        sound[first - rate : first + round((end - begin + 1) * rate)] = 0  # a second of silence on both sides
        sound[first : first + round((end - begin) * rate)] = tone(rate, end - begin, pitch)
    soundfile.write(path, np.clip(sound, -1, 1), rate)
    return path


@pytest.fixture(scope="module")
def model(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> str:
    _, _, path = made_of(tmp_path_factory.mktemp("tones"), "as they are")
    files = FileClient(server)
    assert files.upload("events/model.pt", path.read_bytes()).ok
    return str(server.call("models.create", name="tones", uri=files.url("events/model.pt"))["id"])


def heard(server: ServerProcess, model: str, url: Path, *options: str) -> dict[str, Any]:
    """The task that has heard it."""
    done = server.run("-m", "tasks.events", "--model_id", model, "--url", str(url), *options, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"task id=(\w+)", done.stdout)
    assert found, done.stdout
    return server.task(found[1])


def told(server: ServerProcess, task: dict[str, Any]) -> list[dict[str, Any]]:
    """What the page is given."""
    artifact = next(one for one in task["execution"]["artifacts"] if one["key"] == "recordings")
    answer = requests.get(artifact["uri"], headers=server.authorization(), timeout=60)
    found: list[dict[str, Any]] = answer.json()["recordings"]
    return found


@pytest.fixture(scope="module")
def task(server: ServerProcess, model: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("recordings")
    recording(folder / "é #%, long.flac")
    (folder / "b.wav").write_bytes(b"RIFF nothing that is sound")
    return heard(server, model, folder, "--shortest", "0.5")


@pytest.fixture
def events(page: Page, server: ServerProcess, task: dict[str, Any]) -> Page:
    number = [one["file"] for one in told(server, task)].index("é #%, long.flac")
    page.goto(f"{server.url}/projects/*/tasks/{task['id']}/output/events?recording={number}")
    expect(page.get_by_role("img", name="Spectrogram of the recording")).to_be_visible()
    expect(page.get_by_role("img", name="Waveform", exact=True)).to_be_visible()
    return page


def high_tone(server: ServerProcess, task: dict[str, Any]) -> dict[str, Any]:
    (found,) = (one for one in told(server, task) if one["file"].endswith("long.flac"))
    return next(
        one
        for one in found["events"]
        if one["label"] == "high" and one["onset"] < HIGH[1] - 1 < one["offset"]
    )


POSITION = """() => { const [whole, minute] = document.querySelectorAll('.timeline .playhead');
  const of = head => new DOMMatrix(getComputedStyle(head).transform).m41 / head.parentElement.clientWidth;
  return [of(whole), of(minute)]; }"""


def test_a_click_on_an_event_plays_it_and_no_more(events: Page, server, task):
    """It lies in the second minute: its piece is fetched, and both playheads stand where it is heard."""
    wanted = high_tone(server, task)
    events.get_by_role("row").filter(has_text=re.compile("1:(09|10).*high")).get_by_role("button").click()
    expect(events.get_by_role("button", name="Pause")).to_be_visible()
    events.wait_for_timeout(700)
    duration = next(one["duration"] for one in told(server, task) if one["file"].endswith("long.flac"))
    whole, minute = events.evaluate(POSITION)
    assert wanted["onset"] < whole * duration < wanted["offset"]
    assert 60 + minute * 60 == pytest.approx(whole * duration, abs=0.5)
    expect(events.get_by_role("button", name="Play", exact=True)).to_be_visible(timeout=10_000)
    whole, _ = events.evaluate(POSITION)
    assert whole * duration == pytest.approx(wanted["offset"], abs=0.3), "it ends where the event does"


def test_a_bar_stands_where_its_event_is_on_the_axis_of_the_sound(events: Page, server, task):
    wanted = high_tone(server, task)
    events.get_by_role("img", name="Waveform of the recording").click(position={"x": 5, "y": 5})
    events.get_by_role("row").filter(has_text=re.compile("1:(09|10).*high")).get_by_role("button").click()
    bar = events.get_by_role("button", name=re.compile("^high, 1:(09|10)"))
    wave = events.get_by_role("img", name="Waveform", exact=True)
    box, axis = bar.bounding_box(), wave.bounding_box()
    assert box and axis
    at = 60 + 60 * (box["x"] - axis["x"]) / axis["width"]
    assert at == pytest.approx(max(60, wanted["onset"]), abs=0.2)
    expect(bar).to_have_attribute("aria-pressed", "true")
    events.keyboard.press("Space")
    bar.click()
    expect(events.get_by_role("button", name="Pause")).to_be_visible()


def test_sound_goes_on_from_one_piece_into_the_next(events: Page):
    box = events.get_by_role("img", name="Waveform", exact=True).bounding_box()
    assert box
    events.mouse.click(box["x"] + box["width"] * 0.985, box["y"] + 20)
    events.get_by_role("button", name="Play", exact=True).click()
    expect(events.locator(".minute .axis li").first).to_have_text("1:00", timeout=10_000)
    expect(events.get_by_role("button", name="Pause")).to_be_visible()


def test_a_class_alone_is_listed_and_drawn(events: Page, server, task):
    (found,) = (one for one in told(server, task) if one["file"].endswith("long.flac"))
    high = [one for one in found["events"] if one["label"] == "high"]
    assert 0 < len(high) < len(found["events"])
    events.get_by_label("Class", exact=True).select_option("high")
    expect(events.get_by_role("table", name="Events")).to_have_attribute("aria-rowcount", str(len(high) + 1))
    expect(events.get_by_role("img", name=f"{len(high)} events of 1 classes")).to_be_visible()
    assert "label=high" in events.url


def test_a_recording_that_cannot_be_heard_says_why(events: Page):
    events.get_by_label("Recording", exact=True).select_option(label="b.wav: 0 events")
    expect(events.get_by_text("This recording can’t be heard")).to_be_visible()
    expect(events.get_by_text(re.compile("b.wav can't be heard: .*text, not sound"))).to_be_visible()


def test_sounds_that_were_not_kept_leave_the_list_and_say_so(page: Page, server, model, tmp_path):
    task = heard(server, model, recording(tmp_path / "a.flac"), "--audio_limit", "0")
    page.goto(f"{server.url}/projects/*/tasks/{task['id']}/output/events")
    expect(page.get_by_text("This recording’s sound was not kept")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="high").first).to_be_visible()


def test_two_hours_with_ten_thousand_events_stay_responsive(page: Page, server: ServerProcess):
    """Their sound is not needed for that: what is drawn and listed is as large as it gets."""
    dice = np.random.default_rng(0)
    onsets = np.sort(dice.uniform(0, 7195, 10_000)).tolist()
    labels = [f"class {number}" for number in dice.integers(0, 50, 10_000)]
    found = [
        {"onset": at, "offset": at + 1.5, "label": label, "score": 0.7, "mean": 0.6}
        for at, label in zip(onsets, labels, strict=True)
    ]
    files, place = FileClient(server), "long/recordings"
    silence = Path(server.folder / "minute.flac")
    soundfile.write(silence, np.zeros(60 * 8000), 8000)
    assert files.upload(f"{place}/minute.flac", silence.read_bytes()).ok
    shades = dice.integers(0, 255, 4000 * 48).astype(np.uint8).tobytes()
    whole = {
        "file": "two hours.wav", "duration": 7200.0, "events": found, "piece": 60, "rate": 8000,
        "pieces": [files.url(f"{place}/minute.flac")] * 120, "bands": 48, "column": 1.8,
        "peaks": base64.b64encode(bytes(8000)).decode(), "shades": base64.b64encode(shades).decode(),
    }  # fmt: skip
    content = json.dumps({"version": 1, "recordings": [whole]}).encode()
    assert files.upload(f"{place}/recordings.json", content).ok
    task = server.call("tasks.create", name="two hours", type="inference")["id"]
    artifact = {
        "key": "recordings", "type": "json", "mode": "output", "uri": files.url(f"{place}/recordings.json")
    }  # fmt: skip
    server.call("tasks.add_or_update_artifacts", task=task, artifacts=[artifact])
    page.goto(f"{server.url}/projects/*/tasks/{task}/output/events")
    expect(page.get_by_role("img", name="10,000 events of 50 classes")).to_be_visible()
    expect(page.get_by_role("img", name="Waveform", exact=True)).to_be_visible()
    assert page.locator(".event-bar").count() < 120, "of the minute alone"
    assert page.get_by_role("row").count() < 60, "of the list those in sight"
    page.evaluate("""() => { window.longest = 0; let before = performance.now();
      const tick = () => { const now = performance.now(); longest = Math.max(longest, now - before); before = now;
        requestAnimationFrame(tick); };
      tick(); }""")
    page.get_by_role("table", name="Events").evaluate("table => table.scrollTo(0, 200000)")
    expect(page.get_by_role("row").filter(has_text="1:1").first).to_be_visible()
    page.get_by_label("Class", exact=True).select_option("class 7")
    count = labels.count("class 7")
    expect(page.get_by_role("img", name=f"{count} events of 1 classes")).to_be_visible()
    page.get_by_label("Class", exact=True).select_option("")
    page.get_by_role("img", name="Spectrogram of the recording").click(position={"x": 700, "y": 20})
    expect(page.locator(".minute .axis li").first).not_to_have_text("0 s")
    assert page.evaluate("longest") < 500, "no frame waits for long"
