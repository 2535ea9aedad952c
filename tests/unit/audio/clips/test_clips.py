"""The table of clips: what each row holds, which clips come first."""

import base64

import numpy as np
import pytest

from audio.clips.table import Strip, clip_table, in_turn, strip_of
from tests.unit.audio.conftest import ignore

COLUMNS = ["clip", "split", "fold", "label", "duration", "sample_rate", "loudness", "peaks"]


def test_the_table_has_a_row_for_every_clip_in_the_order_of_the_store(store):
    table = clip_table(store, store.index, progress=ignore)
    assert list(table.columns) == COLUMNS
    assert list(table["clip"]) == list(store.index["clip"])
    row = table.iloc[-1]
    wave = store.waveform(row["clip"])
    assert row["duration"] == pytest.approx(len(wave) / store.sample_rate, abs=1e-3)
    assert row["loudness"] == strip_of(wave).loudness and row["peaks"] == strip_of(wave).peaks
    assert row["label"] == store.index.loc[row["clip"], "label"] and row["sample_rate"] == store.sample_rate


def test_the_table_says_how_far_it_is(store):
    said = []
    clip_table(store, store.index.head(3), progress=lambda *at: said.append(at))
    assert said == [(1, 3), (2, 3), (3, 3)]


def test_any_beginning_of_the_order_has_as_many_of_each_label(store):
    order = in_turn(store.index)
    assert sorted(order) == sorted(store.index["clip"])
    classes = store.index["label"].nunique()
    first = store.index.loc[order[: 2 * classes], "label"].value_counts()
    assert set(first) == {2} and len(first) == classes
    assert order == in_turn(store.index), "another order each time"


def test_loudness_is_dbfs():
    tone = np.sin(np.arange(48000)).astype(np.float32)
    assert strip_of(np.ones(100, np.float32)).loudness == 0
    assert strip_of(tone / np.float32(2**0.5)).loudness == pytest.approx(-6.02, abs=0.05)
    assert strip_of(tone * np.float32(1e-6)).loudness == pytest.approx(-123, abs=0.05), "quiet is not silent"
    assert strip_of(np.zeros(10, np.float32)).loudness == -200


@pytest.mark.parametrize("frames", [0, 1, 99, 100, 12345])
def test_peaks_fit_any_length(frames):
    wave = np.linspace(-1, 1, frames).astype(np.float32)
    strip = np.frombuffer(base64.b64decode(strip_of(wave).peaks), np.int8).reshape(100, 2)
    assert (strip[:, 0] <= strip[:, 1]).all()
    if frames > 100:
        assert strip[0, 0] == -128 and strip[-1, 1] == 127


@pytest.mark.parametrize("frames", [1, 2, 50, 99, 100, 101, 1000, 12345])
@pytest.mark.parametrize("piece", [1, 7, 100, 5000, 99999])
def test_a_strip_is_the_same_in_whatever_pieces_it_is_gathered(frames, piece):
    wave = np.random.default_rng(frames).uniform(-1, 1, frames).astype(np.float32)
    strip = Strip(frames)
    for start in range(0, frames, piece):
        strip.add(wave[start : start + piece])
    starts = np.linspace(0, frames, 101).astype(int)[:-1]
    lowest = np.floor(np.minimum.reduceat(wave, starts) * 128).clip(-128, 127)
    shown = np.frombuffer(base64.b64decode(strip.peaks), np.int8).reshape(100, 2)
    assert (shown[:, 0] == lowest).all()
    assert strip.peaks == strip_of(wave).peaks
    assert strip.loudness == strip_of(wave).loudness
