import assert from "node:assert/strict";
import { test } from "node:test";
import { levelled, modelView, readFrontEnd } from "../../../web/audio/picture/frontend.js";

test("without a model the log-mel fits the sound's rate", () => {
  for (const rate of [8000, 16000, 22050, 44100, 48000]) {
    const found = readFrontEnd(undefined, rate);
    assert.equal(found.known, undefined);
    assert.equal(found.f_max, rate / 2);
    assert.ok(Number.isInteger(Math.log2(found.n_fft)), "the transform wants a power of two");
    const seconds = found.n_fft / rate;
    assert.ok(seconds > 0.03 && seconds < 0.07, `${seconds} s at ${rate} Hz`);
    const { values, bands, frames } = modelView(new Float32Array(rate / 2), found);
    assert.equal(values.length, bands * frames);
  }
});

test("a model's own is taken as it is", () => {
  const found = readFrontEnd("n_mels = 40\nsample_rate = 16000\nmel_scale = slaney", 44100);
  assert.deepEqual([found.n_mels, found.sample_rate, found.mel_scale, found.known], [40, 16000, "slaney", true]);
});

test("a model that brings sound to a loudness sees the same picture at any level", () => {
  const found = readFrontEnd('{"name": "logmel", "loudness": -30}', 22050);
  const loud = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i / 9) / 2);
  const quiet = loud.map(sample => sample / 100);
  const [first, second] = [modelView(loud, found), modelView(quiet, found)];
  assert.ok(first.values.every((value, i) => Math.abs(value - second.values[i]) < 1e-3));
  const asItIs = modelView(quiet, readFrontEnd('{"name": "logmel", "loudness": null}', 22050));
  assert.ok(Math.abs(asItIs.values[0] - second.values[0]) > 1);
  assert.ok(
    levelled(new Float32Array(8), -30).every(sample => sample === 0),
    "silence stays silence",
  );
});
