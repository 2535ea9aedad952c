"""A recording in pieces and in a picture: nothing is lost at the seams, and neither grows with its length."""

import base64
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from audio.events.overview import BANDS, COLUMNS, PIECE, Columns, Overview
from audio.io.reading import Undecodable

from .conftest import RATE, alternating


def shades_of(picture: dict) -> np.ndarray:
    found = np.frombuffer(base64.b64decode(picture["shades"]), np.uint8)
    return found.reshape(-1, picture["bands"])


def test_the_pieces_are_the_recording(tmp_path: Path):
    sound = alternating([300, 900] * 35)  # 140 s
    soundfile.write(tmp_path / "é:%.wav", sound, RATE, subtype="FLOAT")
    pieces = list(Overview(tmp_path / "é:%.wav", RATE).pieces())
    assert [one.start for one in pieces] == [0, 60, 120]
    assert [len(one.waveform) for one in pieces] == [PIECE * RATE, PIECE * RATE, 20 * RATE]
    np.testing.assert_allclose(np.concatenate([one.waveform for one in pieces]), sound, atol=1e-6)


def test_at_another_rate_the_seams_are_not_heard(tmp_path: Path):
    sound = alternating([300, 900] * 16, rate=44100)
    soundfile.write(tmp_path / "a.wav", sound, 44100, subtype="FLOAT")
    pieces = list(Overview(tmp_path / "a.wav", RATE).pieces())
    whole = soxr.resample(sound.astype(np.float32), 44100, RATE, "HQ")
    found = np.concatenate([one.waveform for one in pieces])
    assert len(pieces) == 2 and len(found) == len(whole)
    np.testing.assert_allclose(found, whole, atol=2e-3)


def test_the_picture_shows_which_tone_is_when(tmp_path: Path):
    soundfile.write(tmp_path / "a.wav", alternating([300, 900, 300], 10.0), RATE)
    overview = Overview(tmp_path / "a.wav", RATE)
    list(overview.pieces())
    picture = overview.picture()
    loudest = shades_of(picture).argmax(1)
    at = (np.arange(len(loudest)) + 0.5) * picture["column"]
    low, high = loudest[(at > 1) & (at < 9)], loudest[(at > 11) & (at < 19)]
    assert len(set(low)) == len(set(high)) == 1 and low[0] < high[0]
    assert len(loudest) * picture["column"] == pytest.approx(30, abs=0.1)
    peaks = np.frombuffer(base64.b64decode(picture["peaks"]), np.int8).reshape(-1, 2)
    assert len(peaks) == len(loudest) and peaks[:, 0].min() < -30 and peaks[:, 1].max() > 30


def test_a_click_in_a_long_silence_is_still_seen(tmp_path: Path):
    sound = np.zeros(RATE * 900)
    sound[RATE * 500] = 0.9
    soundfile.write(tmp_path / "a.wav", sound, RATE)
    overview = Overview(tmp_path / "a.wav", RATE)
    for _ in overview.pieces():
        pass
    picture = overview.picture()
    peaks = np.frombuffer(base64.b64decode(picture["peaks"]), np.int8).reshape(-1, 2)
    assert COLUMNS <= len(peaks) <= 2 * COLUMNS and picture["bands"] <= BANDS
    (loud,) = np.flatnonzero(peaks[:, 1] > 100)
    assert loud * picture["column"] == pytest.approx(500, abs=picture["column"])


@pytest.mark.parametrize("count", [0, 1, 2 * COLUMNS - 1, 2 * COLUMNS, 8 * COLUMNS + 3, 40_001])
def test_columns_hold_the_largest_of_all_frames(count: int):
    columns, values = Columns(), np.random.default_rng(count).normal(size=(count, 2))
    for frame in values:
        columns.add(frame)
    found = columns.values()
    assert len(found) == -(-count // columns.each) <= 2 * COLUMNS
    for at, column in enumerate(found):
        np.testing.assert_array_equal(column, values[at * columns.each : (at + 1) * columns.each].max(0))


def test_what_is_no_sound_is_told_by_its_name(tmp_path: Path):
    (tmp_path / "a.wav").write_bytes(b"RIFF and nothing else")
    with pytest.raises(Undecodable, match=r"a\.wav can't be heard"):
        list(Overview(tmp_path / "a.wav", RATE).pieces())
