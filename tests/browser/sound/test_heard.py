"""What is heard and drawn is what is there: rates, channels, edges without clicks, sounds of any length."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.conftest import ServerProcess

MAKE = """
() => {
  // A WAV with 16 bits of `channels(t)`, as an address; and the amplitude of a frequency in samples.
  window.wav = (rate, seconds, count, channels) => {
    const frames = Math.round(rate * seconds), view = new DataView(new ArrayBuffer(44 + 2 * count * frames));
    const text = (at, word) => [...word].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
    text(0, 'RIFF'); view.setUint32(4, 36 + 2 * count * frames, true); text(8, 'WAVEfmt ');
    view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, count, true);
    view.setUint32(24, rate, true); view.setUint32(28, 2 * count * rate, true);
    view.setUint16(32, 2 * count, true); view.setUint16(34, 16, true);
    text(36, 'data'); view.setUint32(40, 2 * count * frames, true);
    for (let n = 0; n < frames; n += 1) {
      channels(n / rate, n).forEach((value, c) => view.setInt16(44 + 2 * (count * n + c), value * 32767, true));
    }
    return URL.createObjectURL(new Blob([view]));
  };
  window.tone = (frequency) => (t) => 0.5 * Math.sin(2 * Math.PI * frequency * t);
  window.amplitude = (samples, rate, frequency) => {
    let re = 0, im = 0;
    samples.forEach((value, n) => {
      re += value * Math.cos(2 * Math.PI * frequency * n / rate);
      im += value * Math.sin(2 * Math.PI * frequency * n / rate);
    });
    return 2 * Math.hypot(re, im) / samples.length;
  };
}
"""


@pytest.fixture
def kit(page: Page, server: ServerProcess) -> Page:
    page.goto(f"{server.url}/kit")
    page.wait_for_load_state("networkidle")
    page.evaluate(MAKE)
    return page


def test_a_high_tone_is_there_after_a_sound_of_a_low_rate(kit: Page):
    heard = kit.evaluate("""async () => {
      const { load } = await import('/audio/sound/decoded.js');
      await load(wav(16000, 0.2, 1, t => [tone(1000)(t)]));
      const high = await load(wav(48000, 0.5, 1, t => [tone(15000)(t)]));
      return { rate: high.sampleRate, level: amplitude(high.getChannelData(0), high.sampleRate, 15000) };
    }""")
    assert heard["rate"] == 48000
    assert heard["level"] == pytest.approx(0.5, abs=0.01)


def test_versions_of_two_rates_run_on_one_clock_at_the_higher_one(kit: Page):
    rates = kit.evaluate("""async () => {
      const { loadTogether } = await import('/audio/sound/decoded.js');
      const { contextAt } = await import('/audio/sound/contexts.js');
      const both = await loadTogether([8000, 44100].map(rate => wav(rate, 0.1, 1, t => [tone(500)(t)])));
      const contexts = [16000, 44100, 16000].map(contextAt);
      return [both.map(one => one.sampleRate), contexts.map(one => one.sampleRate), contexts[0] === contexts[2]];
    }""")
    assert rates == [[44100, 44100], [16000, 44100, 16000], True]


def test_every_channel_is_drawn_and_measured_as_the_model_hears_it(kit: Page):
    found: dict[str, Any] = kit.evaluate("""async () => {
      const { load } = await import('/audio/sound/decoded.js');
      const { measure, outlineOf } = await import('/audio/sound/mixes.js');
      const right = await load(wav(16000, 1, 2, t => [0, tone(1000)(t)]));
      const opposed = await load(wav(16000, 1, 2, t => [tone(1000)(t), -tone(1000)(t)]));
      const most = async buffer => Math.max(...await outlineOf(buffer, 50));
      return { right: { ...await measure(right), most: await most(right) },
               opposed: { ...await measure(opposed), most: await most(opposed) } };
    }""")
    assert found["right"]["most"] == pytest.approx(0.25, abs=0.001)  # half of the right channel's 0.5
    assert found["right"]["loudness"] == pytest.approx(-15.05, abs=0.02)  # rms 0.25 / sqrt 2
    assert found["right"]["peak"] == pytest.approx(0.5, abs=0.001)
    assert found["opposed"]["most"] == pytest.approx(0, abs=0.001)
    assert found["opposed"]["peak"] == pytest.approx(0.5, abs=0.001)


EDGES = """
async ([work, low]) => {
  window.AudioContext = class extends OfflineAudioContext {
    constructor({ sampleRate }) { super(1, 2 * sampleRate, sampleRate); window.rendering = this; }
    resume() { return this.going ? super.resume() : Promise.resolve(); }
  };
  const { Engine } = await import('/audio/sound/engine.js');
  const { load } = await import('/audio/sound/decoded.js');
  const steady = await load(wav(16000, 1.5, 1, () => [low]));
  const engine = new Engine();
  engine.use([{ buffer: steady }]);
  const at = (seconds, what) => rendering.suspend(seconds).then(() => {
    what(); rendering.going = true; rendering.resume();
  });
  if (work === 'loop') engine.setLoop(true, [0.3, 0.5]);
  if (work === 'stop') at(0.5, () => engine.stop());
  if (work === 'seek') at(0.5, () => engine.seek(0.9));
  engine.play(work === 'loop' ? 0.3 : 0);
  const heard = (await rendering.startRendering()).getChannelData(0);
  let step = 0, where = 0;
  for (let n = 1; n < heard.length; n += 1) {
    const size = Math.abs(heard[n] - heard[n - 1]);
    if (size > step) [step, where] = [size, n / 16000];
  }
  const middle = heard.slice(0.3 * 16000, 0.4 * 16000);
  const after = heard.slice(0.6 * 16000, 0.7 * 16000);
  return { step, where, middle: Math.min(...middle), after: Math.max(...after) };
}
"""


@pytest.mark.parametrize("work", ["play", "stop", "seek", "loop"])
def test_nothing_clicks_where_a_sound_begins_ends_or_jumps(kit: Page, work: str):
    """A constant level is cut out of nothing at each edge: without ramps the step is the level itself."""
    heard = kit.evaluate(EDGES, [work, 0.8])
    assert heard["step"] < 0.05, f"a step at {heard['where']:.4f} s"
    assert (heard["after"] == 0) == (work == "stop")
    if work != "loop":
        assert heard["middle"] == pytest.approx(0.8, abs=0.001), "between the edges it is as it was"


def test_even_loudness_cuts_no_peak_off(kit: Page):
    gains = kit.evaluate("""async () => {
      const { evenGain } = await import('/audio/sound/engine.js');
      return [evenGain(-43, 0.05), evenGain(-43, 0.8), evenGain(-43, 1), evenGain(-43, NaN), evenGain(-13, 1)];
    }""")
    assert gains == pytest.approx([10, 1.25, 1, 1, 10**-0.5])


def test_the_playhead_waits_for_what_is_still_on_its_way_to_the_ear(kit: Page):
    position = kit.evaluate("""async () => {
      const { Engine } = await import('/audio/sound/engine.js');
      const { load } = await import('/audio/sound/decoded.js');
      const engine = new Engine();
      engine.use([{ buffer: await load(wav(44100, 5, 1, t => [tone(300)(t)])) }]);
      engine.play(1);
      const at = { startedAt: engine.startedAt, currentTime: engine.startedAt + 0.5 };
      engine.context = { currentTime: at.currentTime, outputLatency: 0.2 };
      return engine.position();
    }""")
    assert position == pytest.approx(1.3, abs=0.001)


def test_decoded_sounds_are_kept_up_to_a_number_of_bytes(kit: Page):
    kept = kit.evaluate("""async () => {
      const { Bounded } = await import('/lib/answers/bounded.js');
      const made = [];
      const bounded = new Bounded(100, value => value);
      const get = async (key, size) => bounded.get(key, async () => { made.push(key); return size; });
      await get('a', 40); await get('b', 40); await get('a', 40);
      await get('c', 40);  // no room: b was asked for longest ago
      await get('a', 40); await get('b', 40);
      return made;
    }""")
    assert kept == ["a", "b", "c", "b"]


def test_twelve_minutes_are_drawn_and_the_page_goes_on_meanwhile(kit: Page):
    """The spectrogram is a worker's: the page's own clock ticks while it is drawn."""
    found = kit.evaluate("""async () => {
      const { load } = await import('/audio/sound/decoded.js');
      const { shadedOf } = await import('/audio/sound/mixes.js');
      const { usualAt } = await import('/audio/picture/frontend.js');
      const long = await load(wav(8000, 720, 1, (t, n) => [t > 600 && t < 610 ? ((n * 7919) % 1000) / 1000 - 0.5 : 0]));
      let ticks = 0;
      const timer = setInterval(() => { ticks += 1; }, 20);
      const picture = await shadedOf(long, usualAt(8000), 'plain');
      clearInterval(timer);
      const light = column => picture.pixels[4 * ((picture.height >> 1) * picture.width + column)];
      const place = second => Math.floor(second / 720 * picture.width);
      return { ticks, width: picture.width, frames: picture.frames, loud: light(place(605)), quiet: light(place(300)) };
    }""")
    assert found["ticks"] > 5
    assert found["width"] == 4096 < found["frames"]
    assert found["loud"] > 150 > 60 > found["quiet"]


def test_a_picture_that_is_not_wanted_any_more_is_not_drawn(kit: Page):
    said = kit.evaluate("""async () => {
      const { load } = await import('/audio/sound/decoded.js');
      const { shadedOf, measure } = await import('/audio/sound/mixes.js');
      const { usualAt } = await import('/audio/picture/frontend.js');
      const long = await load(wav(8000, 300, 1, t => [tone(200)(t)]));
      const controller = new AbortController();
      const first = shadedOf(long, usualAt(8000), 'plain', controller.signal).catch(error => error.name);
      setTimeout(() => controller.abort(), 50);
      const { loudness } = await measure(long);
      return [await first, loudness];
    }""")
    assert said[0] == "AbortError"
    assert said[1] == pytest.approx(-9.03, abs=0.02)


def test_a_workers_script_may_ask_nobody(server: ServerProcess, page: Page):
    answer = page.request.get(f"{server.url}/workers/sound.js")
    assert answer.headers["content-security-policy"] == "default-src 'none'; script-src 'self'"
