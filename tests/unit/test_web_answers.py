"""The browser's own preparation of a sound beside Python's: resampling, trimming, 16 bits, windows."""

import json
from typing import Any

import numpy as np
import pytest
import soxr

from audio.io.given import Given
from audio.io.preparation import Preparation, Windows
from tests.unit.test_web_logic import node, pytestmark  # noqa: F401

DICE = np.random.default_rng(7)
PROGRAM = """
import { prepared } from './web/audio/answer/hearing/prepare.js';
import { resampled } from './web/audio/answer/hearing/resample.js';
import { finished } from './web/workers/steps.js';
const { samples, from, to, how } = JSON.parse(await new Response(process.stdin).text());
const wave = finished(resampled(Float32Array.from(samples), from, to));
const { windows, starts, left } = how ? prepared(wave, how) : { windows: [wave], starts: [], left: [] };
console.log(JSON.stringify({ windows: windows.map(one => [...one]), starts, left }));
"""


def in_javascript(
    samples: np.ndarray, rate: int, to: int, how: "dict[str, Any] | None" = None
) -> dict[str, Any]:
    told = json.dumps({"samples": samples.tolist(), "from": rate, "to": to, "how": how})
    done = node("--input-type=module", "--eval", PROGRAM, text=told)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def decibels(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(np.mean((one - other) ** 2) / np.mean(other**2)))


@pytest.mark.parametrize(
    ("rate", "to", "far"),
    [
        (44100, 22050, -120),
        (22050, 44100, -120),
        (48000, 16000, -50),
        (44100, 16000, -50),
        (96000, 22050, -50),
    ],
)
def test_a_sound_is_resampled_as_by_soxr(rate, to, far):
    """White noise, which is also there where filters differ most, in the last tenth below the edge."""
    noise = (0.2 * DICE.standard_normal(rate // 4 + 5)).astype(np.float32)
    (found,) = in_javascript(noise, rate, to)["windows"]
    expected = soxr.resample(noise, rate, to, "HQ")
    assert len(found) == len(expected)
    assert decibels(np.array(found, np.float32), expected) < far


def sounds() -> list[np.ndarray]:
    made = [0.3 * DICE.standard_normal(n) for n in (1, 30, 399, 400, 420, 421, 1000, 2345)]
    quiet = np.concatenate([np.zeros(200), 1e-3 * made[5], made[5], np.zeros(333)])
    return [
        np.asarray(one, np.float32)
        for one in (*made, quiet, 9 * made[5], 1e-4 * made[5], np.zeros(77), 1e-9 * made[3])
    ]


@pytest.mark.parametrize(
    "how",
    [
        Preparation(8000, 400),
        Preparation(8000, 401, trim_db=-50.0, fill="zero"),
        Preparation(8000, 400, duration=0.1, store_fill="zero", trim_db=-60.0),
        Preparation(8000, 400, duration=0.01, fill="zero"),
    ],
)
def test_the_windows_of_a_sound_are_pythons_to_the_bit(how, tmp_path):
    for sound in sounds():
        found = in_javascript(sound, 8000, 8000, how.describe())
        recording = how.recording(Given.array(sound, 8000), str(tmp_path), cut=how.duration is not None)
        cutting = Windows(how.frames, how.frames / 2)
        windows = list(cutting.of(recording.pieces()))
        windows += [] if cutting.short is None else [cutting.short]
        np.testing.assert_array_equal(
            np.array(found["windows"], np.float32),
            np.stack([how.fitted(one) for one in windows]),
            str(len(sound)),
        )
        assert found["starts"] == [start + recording.start for start in cutting.starts]
