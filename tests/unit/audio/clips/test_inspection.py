"""The report on a data set finds what was planted in it, and nothing else."""

import numpy as np
import pytest
import soundfile

from audio.clips.store import ClipStore
from audio.config import PreprocessConfig
from audio.inspection.duplicates import copies
from audio.inspection.inspect import inspect
from audio.inspection.landmarks import landmarks, sizes
from audio.io.clipping import Clipped
from audio.preprocessing.preprocess import preprocess
from tests.unit.audio.conftest import ignore


def noise(seed: int, seconds: float = 1.0) -> np.ndarray:
    """Noise with a melody of its own in level, so that no two are alike."""
    random = np.random.default_rng(seed)
    steps = np.repeat(random.uniform(0.02, 0.5, 20), round(seconds * 16000 / 20))
    return steps * random.standard_normal(len(steps)) / 4


@pytest.fixture
def planted(tmp_path):
    """Clips by CSV: good ones, and one of each fault."""
    sounds = {f"good{i}.wav": noise(i) for i in range(12)}
    sounds |= {
        "copy.wav": noise(0),  # of good0, same fold
        "copy-elsewhere.wav": noise(1),  # of good1, other fold
        "mislabelled.wav": noise(2),  # good2 under another label, same fold
        "softer.flac": np.concatenate([np.zeros(100), 0.3 * noise(3)]),  # good3, softer and later
        "silent.wav": np.full(16000, 1e-5),
        "clipped.wav": np.clip(20 * noise(50), -0.9, 0.9),
        "short.wav": noise(51, 0.5),
    }
    rows = ["path,label,fold,source"]
    for name, sound in sounds.items():
        soundfile.write(tmp_path / name, sound, 16000, subtype="PCM_24" if name == "silent.wav" else None)
        fold, label = (2 if name == "copy-elsewhere.wav" else 1), ("b" if name == "mislabelled.wav" else "a")
        rows.append(f"{name},{label},{fold},{name}")
    for fold in (1, 2):
        soundfile.write(tmp_path / f"part{fold}.wav", noise(60 + fold), 16000)
        rows.append(f"part{fold}.wav,a,{fold},long-recording")
    (tmp_path / "set.csv").write_text("\n".join(rows))
    config = PreprocessConfig(dataset="csv", data=str(tmp_path), sample_rate=16000, trim_silence=False)
    preprocess(config, tmp_path / "store", progress=ignore)
    return ClipStore.open(tmp_path / "store")


def test_every_planted_fault_is_found_and_nothing_else(planted):
    found = inspect(planted, progress=ignore).findings
    triples = {(row.kind, row.clip, row.other) for row in found.itertuples()}
    assert triples == {
        ("duplicate", "good0.wav", "copy.wav"),
        ("leak", "good1.wav", "copy-elsewhere.wav"),
        ("same sound, other label", "good2.wav", "mislabelled.wav"),
        ("near duplicate", "good3.wav", "softer.flac"),
        ("silent", "silent.wav", ""),
        ("clipped", "clipped.wav", ""),
        ("odd duration", "short.wav", ""),
        ("leak", "part1.wav", "part2.wav"),
    }


def test_official_folds_of_synthetic_sounds_have_no_leak(store):
    assert inspect(store, progress=ignore).counts().get("leak", 0) == 0


def test_a_loud_sine_is_not_clipped_but_a_square_is():
    t = np.arange(16000) / 16000
    sine = np.round(32767 * np.sin(2 * np.pi * 50.3 * t)).astype(np.float32) / 32768
    assert clipped_share(sine) < 0.02
    assert clipped_share(np.clip(3.0 * sine, -1, 1)) > 0.5
    assert clipped_share(np.clip(3.0 * sine, -1, 1), piece=1000) > 0.5
    assert clipped_share(np.clip(3.0 * sine, -1, 1) / 64) == 0, "a plateau of quantisation"


def clipped_share(wave: np.ndarray, piece: int = 16000) -> float:
    clipped = Clipped()
    for start in range(0, len(wave), piece):
        clipped.add(wave[start : start + piece])
    return clipped.share


def test_a_copy_is_found_shifted_cut_and_in_noise_and_two_hums_are_two():
    rate, hop = 16000, sizes(16000)[1]
    random, t = np.random.default_rng(99), np.arange(4 * 16000) / 16000
    sounds = [noise(seed, 4.0) for seed in range(4)]
    hums = [
        sum(np.sin(2 * np.pi * 50 * n * t + random.uniform(0, 6)) / n for n in range(1, 9)) for _ in range(2)
    ]
    sounds += [0.1 * hum + 0.001 * random.standard_normal(len(t)) for hum in hums]
    sounds += [np.concatenate([np.zeros(1237), sounds[0]]), sounds[1][8000:]]
    sounds += [sounds[2] + 0.1 * sounds[2].std() * random.standard_normal(len(t))]
    waves = [sound.astype(np.float32) for sound in sounds]
    found = copies(
        [landmarks(wave, rate) for wave in waves], hop, rate, lambda i, a, b: waves[i][max(0, a) : max(0, b)]
    )
    assert {(one.first, one.second) for one in found} == {(0, 6), (1, 7), (2, 8)}
    assert [round(one.shift, 3) for one in found] == [0.077, -0.5, 0.0]


def test_clipping_is_measured_in_the_file_before_it_is_resampled(tmp_path):
    (tmp_path / "a").mkdir()
    loud = np.clip(3 * np.sin(2 * np.pi * 441.7 * np.arange(44100) / 44100), -0.9, 0.9)
    soundfile.write(tmp_path / "a" / "x.wav", loud, 44100)
    config = PreprocessConfig(dataset="folder", data=str(tmp_path), sample_rate=16000)
    preprocess(config, tmp_path / "store", progress=ignore)
    found = inspect(ClipStore.open(tmp_path / "store"), progress=ignore).findings
    (detail,) = found.loc[found["kind"] == "clipped", "detail"]
    assert 70 < float(detail.split("%")[0]) < 90
