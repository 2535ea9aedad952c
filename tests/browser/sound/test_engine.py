"""What the engine sends to the loudspeaker, sample by sample: the same audio graph, rendered into memory."""

from typing import Any

import pytest
from playwright.sync_api import Page

RATE = 22050
PREPARE = """
async ([url, rate]) => {
  // Every AudioContext of the page renders into memory from here on; the graph that is built is the page's own.
  window.AudioContext = class extends OfflineAudioContext {
    constructor({ sampleRate }) { super(1, 3 * sampleRate, sampleRate); window.rendering = this; }
    resume() { return this.startRenderingNow ? super.resume() : Promise.resolve(); }
  };
  const { Engine } = await import('/audio/sound/engine.js');
  const { load } = await import('/audio/sound/decoded.js');
  const { contextAt } = await import('/audio/sound/contexts.js');
  const real = await load(url, rate);
  contextAt(rate);
  const second = window.rendering.createBuffer(1, real.length, rate);
  second.copyToChannel(real.getChannelData(0).map(value => -0.5 * value), 0);
  window.engine = new Engine();
  window.engine.use([real, second].map(buffer => ({ buffer, loudness: -20 })));
  window.real = real.getChannelData(0);
}
"""
LOOP = """
async ([from, to]) => {
  window.engine.setLoop(true, [from, to]);
  window.engine.play(from);
  const heard = (await window.rendering.startRendering()).getChannelData(0);
  const rate = window.rendering.sampleRate, start = Math.round(window.engine.startedAt * rate);
  const first = Math.round(from * rate), length = Math.round(to * rate) - first;
  let most = 0;
  const edge = Math.ceil(0.0031 * rate);  // where it jumps there is a short ramp
  for (let n = start; n < heard.length; n += 1) {
    const place = (n - start) % length;
    const difference = Math.abs(heard[n] - window.real[first + place]);
    if (place > edge && place < length - edge) most = Math.max(most, difference);
  }
  return { most, rounds: (heard.length - start) / length, loud: Math.max(...heard) };
}
"""
SWITCH = """
async (at) => {
  const context = window.rendering, rate = context.sampleRate;
  context.suspend(at).then(() => { window.engine.select(1); context.startRenderingNow = true; context.resume(); });
  window.engine.play(0);
  const heard = (await context.startRendering()).getChannelData(0);
  const start = Math.round(window.engine.startedAt * rate);
  const difference = (begin, end, factor) => {
    let most = 0;
    for (let n = begin; n < end; n += 1) {
      most = Math.max(most, Math.abs(heard[n] - factor * window.real[n - start]));
    }
    return most;
  };
  const place = Math.round(at * rate), ramp = Math.round(0.03 * rate);
  const end = Math.min(heard.length, start + window.real.length);
  return { before: difference(start + ramp, place - 256, 1), after: difference(place + ramp, end - ramp, -0.5) };
}
"""
HALF = """
async () => {
  window.engine.setSpeed(0.5);
  window.engine.play(0);
  const heard = (await window.rendering.startRendering()).getChannelData(0);
  const start = Math.round(window.engine.startedAt * window.rendering.sampleRate);
  const count = Math.min(window.real.length, Math.floor((heard.length - start) / 2));
  let most = 0;
  const edge = Math.ceil(0.0031 * 22050);
  for (let n = edge; n < count - edge; n += 1) most = Math.max(most, Math.abs(heard[start + 2 * n] - window.real[n]));
  const passed = window.rendering.currentTime - window.engine.startedAt;
  return { most, count, loud: Math.max(...heard), position: window.engine.position(), passed };
}
"""


@pytest.fixture
def prepared(page: Page, server, job) -> Page:
    answer: dict[str, Any] = server.call(
        "events.debug_images", metrics=[{"task": job["train"]["id"]}], iters=1
    )
    events = [event for m in answer["metrics"] for one in m["iterations"] for event in one["events"]]
    url = next(event["url"] for event in events if event["url"].endswith(".wav"))
    page.goto(f"{server.url}/kit")
    page.wait_for_load_state("networkidle")
    page.evaluate(PREPARE, [url, RATE])
    return page


def test_a_region_loops_to_the_sample(prepared: Page):
    heard = prepared.evaluate(LOOP, [0.4, 0.7003])
    assert heard["rounds"] > 8 and heard["loud"] > 0.001
    assert heard["most"] < 1e-6


def test_switching_versions_keeps_the_playhead_to_the_sample(prepared: Page):
    heard = prepared.evaluate(SWITCH, 0.5)
    assert heard["before"] < 1e-6
    assert heard["after"] < 1e-4


def test_half_the_speed_takes_twice_as_long_and_the_playhead_with_it(prepared: Page):
    heard = prepared.evaluate(HALF)
    assert heard["count"] > 10_000 and heard["loud"] > 0.001
    assert heard["most"] < 1e-4
    assert heard["position"] == pytest.approx(heard["passed"] / 2, abs=0.001)
