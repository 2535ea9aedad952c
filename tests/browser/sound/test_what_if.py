"""What if, by ear: a sound is changed on a model's page, heard and answered anew; and what the answer rests on."""

import base64
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from audio.inference.predictor import Predictor
from tests.browser.sound.listening_models import Listening, listening
from tests.conftest import ROOT, ServerProcess

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
RATE = 8000
AT = np.arange(2 * RATE) / RATE
BOTH = 0.05 * np.sin(2 * np.pi * 330 * AT) + 0.5 * np.sin(2 * np.pi * 950 * AT)


@pytest.fixture(scope="module")
def model(server: ServerProcess, tmp_path_factory) -> Listening:
    return listening(server, tmp_path_factory.mktemp("what-if"), "as they are")


@pytest.fixture
def changing(page: Page, server: ServerProcess, model: Listening, tmp_path) -> Page:
    """The page of a model that was given two tones, with all frequencies in sight."""
    soundfile.write(tmp_path / "both.wav", BOTH, RATE, subtype="FLOAT")
    page.goto(f"{server.url}/projects/*/models/{model.checkpoint}")
    page.locator(".here input[type=file]").set_input_files(tmp_path / "both.wav")
    expect(page.locator(".said li").first).to_contain_text("high", timeout=60_000)
    page.get_by_role("radio", name="all frequencies").click()
    expect(page.locator(".spectrogram")).to_have_attribute("aria-busy", "false")
    return page


def shares(page: Page) -> dict[str, float]:
    said = page.locator(".said li").evaluate_all(
        "rows => rows.map(row => [row.children[0].textContent, parseFloat(row.children[2].textContent)])"
    )
    return dict(said)


def drag(page: Page, left: float, low: float, right: float, high: float) -> None:
    """From one corner of a box to the other: shares of the spectrogram, from its left and its bottom."""
    box = page.locator(".boxes").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + left * box["width"], box["y"] + (1 - low) * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + right * box["width"] - 1, box["y"] + (1 - high) * box["height"], steps=4)
    page.mouse.up()


BRIGHTEST = """(canvas) => {
  const row = Math.round((1 - 950 / 4000) * canvas.height);
  const { data } = canvas.getContext('2d').getImageData(canvas.width / 4, row - 2, canvas.width / 2, 5);
  return Math.max(...data.filter((_, i) => i % 4 === 0));
}"""


def test_a_box_that_is_drawn_mutes_what_it_holds_to_the_eye_the_ear_and_the_model(changing: Page):
    before = shares(changing)
    picture = changing.locator(".spectrogram canvas")
    assert picture.evaluate(BRIGHTEST) > 200
    drag(changing, 0, 0.15, 1, 0.99)  # above 600 Hz
    expect(changing.locator(".said li").first).to_contain_text("low", timeout=15_000)
    expect(changing.get_by_role("list", name="Muted")).to_contain_text("Hz")
    expect(changing.locator(".said li i").first).to_be_attached()  # where it was before
    expect(changing.get_by_role("radio", name="changed")).to_have_attribute("aria-checked", "true")
    changing.wait_for_function(f"() => ({BRIGHTEST})(document.querySelector('.spectrogram canvas')) < 120")
    changing.get_by_role("radio", name="as it was").click()
    changing.wait_for_function(f"() => ({BRIGHTEST})(document.querySelector('.spectrogram canvas')) > 200")
    changing.get_by_role("button", name="Let it be heard again").click()
    expect(changing.locator(".said li").first).to_contain_text("high")
    assert shares(changing) == before


def test_level_noise_and_a_box_by_numbers_change_the_answer_and_all_can_be_taken_back(changing: Page):
    before = shares(changing)
    changing.get_by_role("slider").fill("-12")
    expect(changing.get_by_text("Level: −12 dB")).to_be_visible()
    changing.get_by_label("Noise").select_option("-5")
    expect(changing.locator(".said li i").first).to_be_attached()
    changing.get_by_text("Mute by numbers").click()
    changing.get_by_label("From (Hz)").fill("600")
    changing.get_by_role("button", name="Mute", exact=True).click()
    expect(changing.get_by_role("list", name="Muted")).to_contain_text("0.00–2.00 s, 600 Hz–4000 Hz")
    changing.wait_for_function(
        "(was) => document.querySelector('.said').textContent !== was", arg=str(before)
    )
    changing.get_by_label("To (Hz)").fill("500")
    expect(changing.get_by_role("button", name="Mute", exact=True)).to_have_attribute("aria-disabled", "true")
    changing.get_by_role("button", name="As it was", exact=True).click()
    expect(changing.get_by_text("Level: 0 dB")).to_be_visible()
    expect(changing.get_by_label("Noise")).to_have_value("")
    assert shares(changing) == before


def test_a_click_sets_the_playhead_and_what_plays_goes_on_through_a_change(changing: Page):
    box = changing.locator(".boxes").bounding_box()
    assert box is not None
    changing.mouse.click(box["x"] + box["width"] / 2, box["y"] + 40)
    place = "() => new DOMMatrix(getComputedStyle(document.querySelector('.timeline .playhead')).transform).e"
    changing.wait_for_function(f"() => Math.abs(({place})() - {box['width'] / 2}) < 4")
    changing.get_by_role("button", name="Loop", exact=True).click()
    changing.get_by_role("button", name="Play", exact=True).click()
    changing.get_by_role("slider").fill("-6")
    expect(changing.get_by_role("radio", name="changed")).to_be_visible()
    expect(changing.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect(changing.get_by_role("button", name="Loop", exact=True)).to_have_attribute("aria-pressed", "true")
    changing.get_by_role("button", name="Pause", exact=True).click()


def test_what_the_answer_rests_on_is_drawn_and_told(changing: Page):
    changing.get_by_role("button", name="What it rests on").click()
    told = changing.locator(".what-if-fields [role=status]")
    expect(told).to_contain_text("“high” rests", timeout=60_000)
    expect(changing.locator(".bears")).to_have_count(96)
    changing.get_by_text("Mute by numbers").click()
    changing.evaluate(AXE.read_text())
    found = changing.evaluate(
        "async () => (await axe.run('.here')).violations.map(one => [one.id, one.nodes[0].html])"
    )
    assert not found
    changing.get_by_role("button", name="What it rests on").click()
    expect(changing.locator(".bears")).to_have_count(0)


CHANGED = """
async ([url, sound]) => {
  const { BrowserModel } = await import('/audio/answer/hearing/model.js');
  const { columnOf } = await import('/audio/answer/occlusion.js');
  const browser = new BrowserModel(url);
  await browser.open();
  const bytes = Uint8Array.from(atob(sound), one => one.charCodeAt(0));
  await browser.take(URL.createObjectURL(new Blob([bytes])), new AbortController().signal);
  const edits = { boxes: [{ from: 0.3, to: 1.4, low: 700, high: 1500 }], level: 14, noise: 10 };
  const { samples, probabilities } = await browser.answer(edits, 1);
  const none = { boxes: [], level: 0, noise: null };
  const column = await browser.without(none, 4, 1, new AbortController().signal);
  const box = columnOf(4, 2, 8000)[3];
  const { probabilities: alone } = await browser.answer({ ...none, boxes: [box] }, 1);
  browser.close();
  return { samples: [...samples], probabilities, cell: column[3], alone };
}
"""


def test_what_is_said_of_a_changed_sound_is_what_python_says_of_its_samples(
    page: Page, server: ServerProcess, model: Listening, tmp_path: Path
):
    soundfile.write(tmp_path / "both.wav", BOTH, RATE, subtype="FLOAT")
    page.goto(f"{server.url}/kit")
    sound = base64.b64encode((tmp_path / "both.wav").read_bytes()).decode()
    found = page.evaluate(CHANGED, [model.url, sound])
    changed = np.array(found["samples"], np.float32)
    assert np.abs(changed).max() > 1, "louder than full scale, which is kept"
    expected = Predictor(model.file, "cpu", threads=1).sound(changed, RATE).probabilities
    assert found["probabilities"] == pytest.approx(list(expected), abs=1e-3)
    assert found["cell"] == pytest.approx(found["alone"], abs=1e-6), "a box of the grid is a box"
