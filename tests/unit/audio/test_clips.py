"""The table of clips: what each row holds, which clips come first."""

import base64

import numpy as np
import pytest

from audio.clips import clip_table, loudness, peaks, spread

from .conftest import ignore

COLUMNS = ["clip", "split", "fold", "label", "duration", "sample_rate", "loudness", "peaks"]


def test_the_table_has_a_row_for_every_clip_in_the_order_of_the_store(store):
    table = clip_table(store, store.index, progress=ignore)
    assert list(table.columns) == COLUMNS
    assert list(table["clip"]) == list(store.index["clip"])
    row = table.iloc[-1]
    wave = store.waveform(row["clip"])
    assert row["duration"] == pytest.approx(len(wave) / store.sample_rate, abs=1e-3)
    assert row["loudness"] == loudness(wave) and row["peaks"] == peaks(wave)
    assert row["label"] == store.index.loc[row["clip"], "label"] and row["sample_rate"] == store.sample_rate


def test_the_table_says_how_far_it_is(store):
    said = []
    clip_table(store, store.index.head(3), progress=lambda *at: said.append(at))
    assert said == [(1, 3), (2, 3), (3, 3)]


def test_any_beginning_of_the_order_has_as_many_of_each_label(store):
    order = spread(store.index)
    assert sorted(order) == sorted(store.index["clip"])
    classes = store.index["label"].nunique()
    first = store.index.loc[order[: 2 * classes], "label"].value_counts()
    assert set(first) == {2} and len(first) == classes
    assert order == spread(store.index), "another order each time"


def test_loudness_is_dbfs():
    assert loudness(np.full(100, 32767, np.int16)) == pytest.approx(0, abs=0.01)
    assert loudness((16384 * np.sqrt(2) * np.sin(np.arange(48000))).astype(np.int16)) == pytest.approx(
        -6.02, abs=0.05
    )
    assert loudness(np.zeros(10, np.int16)) == -100


@pytest.mark.parametrize("frames", [0, 1, 99, 100, 12345])
def test_peaks_fit_any_length(frames):
    wave = np.linspace(-32768, 32767, frames).astype(np.int16)
    strip = np.frombuffer(base64.b64decode(peaks(wave)), np.int8).reshape(100, 2)
    assert (strip[:, 0] <= strip[:, 1]).all()
    if frames > 100:
        assert strip[0, 0] == -128 and strip[-1, 1] == 127
