"""A model's page answers by itself: the same as Python, at once, and nothing leaves the browser."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile
from playwright.sync_api import Page, Playwright, expect

from audio.inference.predictor import Predictor
from tests.browser.conftest import enter
from tests.browser.sound.listening_models import Listening, listening
from tests.chromium import CHROMIUM, FLAGS, Watched
from tests.conftest import ServerProcess, until
from tests.unit.audio.heard import PREPARATIONS, SOUNDS

# At the model's own rate nothing is resampled.
ONE_RATE = [name for name in SOUNDS if "at " not in name or "end" in name]
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in list(PREPARATIONS)[1:]]


@pytest.fixture(scope="module", params=["as they are", *SLOW])
def model(request, server: ServerProcess, tmp_path_factory) -> Listening:
    return listening(server, tmp_path_factory.mktemp("listening"), request.param)


@pytest.fixture(scope="module")
def first(server: ServerProcess, tmp_path_factory) -> Listening:
    return listening(server, tmp_path_factory.mktemp("first"), "long clips in several windows")


HEAR = """
async ([url, files]) => {
  const { BrowserModel } = await import('/audio/answer/hearing/model.js');
  const browser = new BrowserModel(url);
  const about = await browser.open();
  const found = {};
  for (const [name, bytes] of Object.entries(files)) {
    const sound = URL.createObjectURL(new Blob([Uint8Array.from(atob(bytes), one => one.charCodeAt(0))]));
    await browser.take(sound, new AbortController().signal);
    const { probabilities, starts } = await browser.answer({ boxes: [], level: 0, noise: null }, 1);
    found[name] = { probabilities, windows: starts.length };
  }
  browser.close();
  return { classes: about.classes, found };
}
"""


def heard(page: Page, model: Listening, files: list[Path]) -> dict[str, Any]:
    contents = {file.name: base64.b64encode(file.read_bytes()).decode() for file in files}
    return dict(page.evaluate(HEAR, [model.url, contents]))


def test_a_browser_says_of_awkward_sounds_what_python_says(
    page: Page, server: ServerProcess, model: Listening
):
    page.goto(f"{server.url}/kit")
    predictor = Predictor(model.file, "cpu", threads=1)
    answers = heard(page, model, [model.sounds / name for name in SOUNDS])
    assert answers["classes"] == predictor.classes
    expected = []
    for name in SOUNDS:
        python, browser = predictor.file(model.sounds / name), answers["found"][name]
        assert browser["windows"] == len(python.starts), name
        near = 1e-4 if name in ONE_RATE else 1e-3
        assert browser["probabilities"] == pytest.approx(list(python.probabilities), abs=near), name
        expected.append(python.probabilities)
    assert np.std(expected) > 0.01, "a model that says the same of everything would prove nothing"


def chosen(page: Page, server: ServerProcess, model: str, file: Path) -> None:
    page.goto(f"{server.url}/projects/*/models/{model}")
    page.locator(".here").hover()
    expect(page.locator(".here small")).to_contain_text("ready after", timeout=60_000)
    page.locator(".here input[type=file]").set_input_files(file)
    expect(page.locator(".here .said li").first).to_be_visible(timeout=30_000)


def shown(page: Page) -> dict[str, float]:
    """What the page says, by class."""
    said = page.locator(".here .said li").evaluate_all(
        "rows => rows.map(row => [row.children[0].textContent, parseFloat(row.children[2].textContent)])"
    )
    return dict(said)


def test_a_dropped_sound_is_answered_on_the_checkpoints_page_and_is_not_sent(
    page: Page, server: ServerProcess, first: Listening
):
    """By the file that an export has made of the checkpoint. What the server is asked meanwhile holds no sound."""
    file = first.sounds / "much longer.wav"
    sent: list[tuple[str, int]] = []
    page.on("request", lambda asked: sent.append((asked.method, len(asked.post_data_buffer or b""))))
    chosen(page, server, first.checkpoint, file)
    expected = dict(Predictor(first.file, "cpu", threads=1).file(file).top())
    assert shown(page) == pytest.approx({name: 100 * share for name, share in expected.items()}, abs=0.11)
    assert not server.call("tasks.get_all", name="^predict much longer")["tasks"]
    assert max((size for _, size in sent), default=0) < 4000 < file.stat().st_size
    expect(page.locator(".here a")).to_have_attribute("href", f"/projects/*/models/{first.exported}")


def test_what_cannot_be_decoded_is_said_and_the_next_sound_is_heard(page, server, first, tmp_path):
    (tmp_path / "é %.wav").write_bytes(b"no sound at all")
    page.goto(f"{server.url}/projects/*/models/{first.exported}")
    page.locator(".here input[type=file]").set_input_files(tmp_path / "é %.wav")
    expect(page.get_by_role("alert")).to_contain_text(
        "%.wav can’t be decoded by this browser", timeout=60_000
    )
    page.locator(".here input[type=file]").set_input_files(first.sounds / "longer.wav")
    expect(page.locator(".here .said li").first).to_be_visible(timeout=30_000)


def test_a_model_without_an_export_says_how_to_get_one_and_asks_an_agent(page: Page, server: ServerProcess):
    made = server.call("models.create", uri=f"{server.url}/files/m.pt", name="no export", labels={"a": 0})[
        "id"
    ]
    page.goto(f"{server.url}/projects/*/models/{made}")
    page.get_by_text("In this browser, without an agent").click()
    expect(page.locator(".try details pre")).to_have_text(
        f"python -m tasks.export --model_id {made} --formats onnx"
    )
    expect(page.locator(".here")).to_have_count(0)
    args = {name: {"section": "Args", "name": name, "value": ""} for name in ("model_id", "formats")}
    template = {"type": "custom", "tags": ["template"], "hyperparams": {"Args": args}}
    task = server.call("tasks.create", name="export", **template)["id"]
    page.get_by_role("button", name="Export it to ONNX").click()
    dialog = page.get_by_role("dialog", name="Export it to ONNX")
    expect(dialog.get_by_label("model_id")).to_have_value(made)
    expect(dialog.get_by_label("formats")).to_have_value("onnx")
    server.call("tasks.delete", task=task, force=True)


def test_an_onnx_file_of_others_is_refused_with_what_to_do(
    page: Page, server: ServerProcess, first: Listening
):
    foreign = server.call("models.create", uri=f"{server.url}/files/none.onnx", name="gone")["id"]
    page.goto(f"{server.url}/projects/*/models/{foreign}")
    page.locator(".here").hover()
    expect(page.get_by_role("alert")).to_contain_text("missing", timeout=30_000)
    fault = page.evaluate(
        """async (url) => {
          const { BrowserModel } = await import('/audio/answer/hearing/model.js');
          const bytes = URL.createObjectURL(new Blob([new Uint8Array([8, 9, 58, 0])]));
          return new BrowserModel(bytes).open().catch(error => error.message);
        }""",
        first.url,
    )
    assert "python -m tasks.export" in fault


def test_the_worker_that_runs_models_can_reach_nobody(page: Page, server: ServerProcess):
    """Not by the page's word, but by its policy."""
    page.goto(f"{server.url}/kit")
    policy = page.request.get(f"{server.url}/workers/model.js").headers["content-security-policy"]
    assert policy == "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"


@pytest.fixture(scope="module")
def microphone(tmp_path_factory) -> Path:
    """A low tone for four seconds, a high one for four."""
    path = tmp_path_factory.mktemp("microphone") / "microphone.wav"
    at = np.arange(8 * 48000) / 48000
    tone = 0.5 * np.sin(2 * np.pi * np.where(at < 4, 350, 950) * at)
    soundfile.write(path, tone, 48000, subtype="PCM_16")
    return path


@pytest.fixture
def talking(microphone: Path, driver: Playwright, server: ServerProcess) -> Iterator[Page]:
    """A page of a browser of its own, whose microphone hears that file."""
    flags = [*FLAGS, f"--use-file-for-fake-audio-capture={microphone}"]
    own = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
    context = own.new_context(viewport={"width": 1280, "height": 900})
    enter(context, server)
    tab = context.new_page()
    watched = Watched(tab)
    yield tab
    own.close()
    assert not watched.errors, watched.errors


def seconds_of_work(microphone: Path) -> float:
    """CPU time so far of the pages of the browser that hears this microphone."""
    total = 0.0
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if not any(str(microphone) in word for word in words) or any(
            word.startswith("--type=") for word in words
        ):
            continue
        for child in process.children(recursive=True):
            if "--type=renderer" in " ".join(child.cmdline()):
                total += child.cpu_times().user + child.cpu_times().system
    return total


def test_a_model_listens_live_ten_times_a_second_with_less_than_half_a_core(
    talking: Page, server: ServerProcess, first: Listening, microphone: Path
):
    talking.goto(f"{server.url}/projects/*/models/{first.checkpoint}")
    talking.get_by_role("button", name="Listen live").click()
    best = talking.locator(".live .said li").first
    expect(best).to_contain_text("high", timeout=60_000)  # either tone in turn, as long as it is heard
    expect(best).to_contain_text("low", timeout=15_000)
    rate = talking.locator(".live [data-rate]")

    def pace() -> bool:
        since, begun = time.monotonic(), seconds_of_work(microphone)
        talking.wait_for_timeout(3000)
        worked = (seconds_of_work(microphone) - begun) / (time.monotonic() - since)
        told = float(rate.get_attribute("data-rate") or 0)
        seen.append((told, worked))
        return told >= 10 and 0 < worked < 0.5

    seen: list[tuple[float, float]] = []
    until(pace, 60, f"ten answers a second with half a core: {seen}")
    coloured = talking.locator(".scrolling").evaluate("""(canvas) => {
      const { data } = canvas.getContext('2d').getImageData(canvas.width - 40, 0, 40, canvas.height);
      return data.filter(one => one > 150).length;
    }""")
    assert coloured > 40 * 16, "the newest columns are drawn"
    talking.get_by_role("button", name="Stop listening").click()
    expect(talking.locator(".live")).to_have_count(0)


def test_what_is_recorded_is_answered_here(talking: Page, server: ServerProcess, first: Listening):
    talking.goto(f"{server.url}/projects/*/models/{first.checkpoint}")
    talking.get_by_role("button", name="Record", exact=True).click()
    stop = talking.get_by_role("button", name="Stop and ask")
    expect(stop).to_be_visible()
    talking.wait_for_timeout(1000)
    stop.click()
    expect(talking.locator(".here .said li")).to_have_count(2, timeout=60_000)
    assert not server.call("tasks.get_all", name="^predict recording")["tasks"]
