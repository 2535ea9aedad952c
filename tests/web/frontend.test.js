import assert from "node:assert/strict";
import { test } from "node:test";
import { modelView, readFrontEnd } from "../../web/audio/frontend.js";

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
