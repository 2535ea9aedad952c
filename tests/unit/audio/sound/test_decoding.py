"""From a file to the samples that are stored: in pieces as in one, at its own level, with what a person should know."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from audio.clips.store import ClipStore
from audio.config import PreprocessConfig
from audio.io import decoding
from audio.io.channels import to_mono
from audio.io.decoding import Prepared, prepare, scale_of, to_float
from audio.io.reading import Undecodable
from audio.preprocessing.preprocess import preprocess
from tests.unit.audio.conftest import ignore, tone

RATE = 16000


def write(path: Path, samples: np.ndarray, rate: int = RATE, subtype: str = "FLOAT") -> Path:
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def samples_of(made: Prepared) -> np.ndarray:
    return np.fromfile(made.file, np.int16) if made.samples is None else made.samples


@pytest.mark.parametrize("size", [1, 2, 100, 4095, 4096, 4097, 30001])
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize(
    "more", [{}, {"trim_db": -40.0}, {"duration": 1.0}, {"duration": 1.0, "fill": "zero"}]
)
def test_a_recording_is_the_same_in_pieces_as_in_one(tmp_path, monkeypatch, size, rate, more):
    random = np.random.default_rng(size)
    sound = random.uniform(-0.5, 0.5, (size, 2)) * np.hanning(size + 2)[1:-1, None]
    path = write(tmp_path / "x.wav", sound, rate)
    try:
        whole = prepare(path, RATE, **more)
    except Undecodable as error:
        assert "shorter than one sample" in str(error) and size * RATE / rate < 1
        return
    for name in ("IN_MEMORY", "PIECE"):
        monkeypatch.setattr(decoding, name, 512)
    monkeypatch.setattr("audio.io.reading.BLOCK", 1000)
    pieces = prepare(path, RATE, scratch=str(tmp_path), **more)
    assert (samples_of(pieces) == samples_of(whole)).all()
    assert pieces.num_samples == len(samples_of(whole)) and pieces.scale == whole.scale
    assert (pieces.file is None) == (pieces.num_samples <= 512)


def test_an_ordinary_recording_is_stored_as_it_always_was(tmp_path):
    sound = tone(1.0, 44100) * np.linspace(0.1, 1, 44100)
    path = write(tmp_path / "x.wav", np.stack([sound, 0.5 * sound], axis=1), 44100, "PCM_16")
    decoded, _ = soundfile.read(path, dtype="float32", always_2d=True)
    expected = np.round(soxr.resample(decoded.mean(axis=1), 44100, RATE, quality="HQ") * 32767).astype(
        np.int16
    )
    made = prepare(path, RATE)
    assert made.scale == 1.0 and (made.samples == expected).all() and made.notes == []


@pytest.mark.parametrize("level_db", [-120, -100, -80, -60, -40, -37])
def test_a_quiet_float_recording_keeps_its_resolution_and_its_level(tmp_path, level_db):
    sound = (tone(1.0, RATE) * 2 * 10 ** (level_db / 20)).astype(np.float32)
    made = prepare(write(tmp_path / "x.wav", sound), RATE)
    heard = to_float(made.samples, made.scale)
    assert np.abs(heard - sound).max() < 1e-4 * np.abs(sound).max()


def test_what_is_louder_than_full_scale_is_kept_as_loud(tmp_path):
    sound = (tone(1.0, RATE) * 6).astype(np.float32)
    made = prepare(write(tmp_path / "x.wav", sound), RATE)
    assert made.scale == pytest.approx(3.0, rel=1e-3)
    assert np.abs(to_float(made.samples, made.scale) - sound).max() < 3e-4


def test_what_is_far_above_full_scale_is_told_and_what_is_no_sound_refused(tmp_path):
    (note,) = prepare(write(tmp_path / "x.wav", tone(1.0, RATE) * 2 * 32768), RATE).notes
    assert note.startswith("above full scale: its peak is at +90 dB")
    with pytest.raises(Undecodable, match="times full scale"):
        prepare(write(tmp_path / "x.wav", tone(1.0, RATE) * 1e30), RATE)


def test_silence_has_no_scale():
    assert scale_of(0.0) == 1.0
    assert scale_of(1.0) == 1.0


def test_the_store_gives_every_clip_at_its_own_level_and_takes_it_over_so(tmp_path):
    for name, level in (("loud", 4.0), ("usual", 0.5), ("quiet", 1e-5)):
        (tmp_path / "in" / "c").mkdir(parents=True, exist_ok=True)
        write(tmp_path / "in" / "c" / f"{name}.wav", tone(0.5, RATE) * 2 * level)
    config = PreprocessConfig(dataset="folder", data=str(tmp_path / "in"), sample_rate=RATE)
    preprocess(config, tmp_path / "first", progress=ignore)
    report = preprocess(config, tmp_path / "second", progress=ignore, reuse_from=tmp_path / "first")
    assert report.reused == 3
    for folder in ("first", "second"):
        store = ClipStore.open(tmp_path / folder)
        for name, level in (("loud", 4.0), ("usual", 0.5), ("quiet", 1e-5)):
            assert np.abs(store.waveform(f"c/{name}.wav")).max() == pytest.approx(level, rel=1e-3)
            pieces = np.concatenate(list(store.pieces(f"c/{name}.wav", 1000)))
            assert (pieces == store.waveform(f"c/{name}.wav")).all()


def test_surround_sound_is_mixed_by_its_coefficients():
    heard = {
        name: float(to_mono(np.eye(6, dtype=np.float32)[[i]], ("FL", "FR", "FC", "LFE", "BL", "BR"))[0])
        for i, name in enumerate(("FL", "FR", "FC", "LFE", "BL", "BR"))
    }
    assert heard["LFE"] == 0 and sum(heard.values()) == pytest.approx(1, abs=1e-6)
    assert heard["FC"] / heard["FL"] == pytest.approx(2**0.5, abs=1e-6)
    assert heard["BL"] / heard["FR"] == pytest.approx(0.5**0.5, abs=1e-6)
    assert heard["FL"] == heard["FR"] and heard["BL"] == heard["BR"]


def test_a_file_of_six_channels_is_surround_sound_and_one_of_forty_is_averaged(tmp_path):
    for channels, share in ((6, 0.5**0.5 / (1 + 2 * 0.5**0.5)), (40, 1 / 40), (4, 1 / 4)):
        sound = np.zeros((RATE, channels))
        sound[:, 2] = tone(1.0, RATE)
        made = prepare(write(tmp_path / "x.wav", sound), RATE)
        assert np.abs(to_float(made.samples, made.scale)).max() == pytest.approx(0.5 * share, rel=1e-3)


def test_channels_that_cancel_and_a_constant_offset_are_told(tmp_path):
    wave = tone(1.0, RATE)
    (note,) = prepare(write(tmp_path / "a.wav", np.stack([wave, -0.99 * wave], axis=1)), RATE).notes
    assert note.startswith("channels cancel: their mix is -4")
    (note,) = prepare(write(tmp_path / "d.wav", 0.3 * wave + 0.2), RATE).notes
    assert note.startswith("DC offset: ")
    slow = 0.4 * np.sin(2 * np.pi * 0.4 * np.arange(RATE) / RATE) + 0.1 * wave
    assert prepare(write(tmp_path / "slow.wav", slow), RATE).notes == [], "a slow wave is no offset"
    both = np.stack([wave, np.random.default_rng(0).uniform(-0.5, 0.5, RATE)], axis=1)
    assert prepare(write(tmp_path / "fine.wav", both), RATE).notes == []


@pytest.mark.parametrize(
    "start, end, said",
    [
        (2.0, None, "ends after 1.00 s"),
        (0.5, 0.5, "no part from 0.5 s to 0.5 s"),
        (0.9, 0.1, "no part"),
        (-1.0, None, "no part"),
        (float("nan"), None, "no part"),
        (0.0, float("nan"), "no part"),
    ],
)
def test_a_part_that_is_none_has_a_reason(tmp_path, start, end, said):
    path = write(tmp_path / "x.wav", tone(1.0, RATE))
    with pytest.raises(Undecodable, match=said):
        prepare(path, RATE, start=start, end=end)


def test_a_part_that_reaches_over_the_end_ends_there(tmp_path):
    path = write(tmp_path / "x.wav", tone(1.0, RATE))
    made = prepare(path, RATE, start=0.5, end=9.0)
    assert made.num_samples == RATE // 2 and made.notes == ["truncated: 0.50 s of 8.50 s are there"]
    assert prepare(path, RATE, start=0.5, end=1.01).notes == []


MEASURE = """
import resource, sys
from audio.io.decoding import prepare
path, scratch = sys.argv[1:]
from pathlib import Path
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
prepare(Path(path), 22050, trim_db=-60.0, scratch=scratch)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) / 1024)
"""


@pytest.mark.parametrize("name, minutes", [("x.wav", 40), ("x.flac", 40)])
def test_a_long_recording_takes_no_more_memory_than_a_short_one(tmp_path, name, minutes):
    second = (0.3 * np.random.default_rng(0).standard_normal((44100, 2))).astype(np.float32)
    with soundfile.SoundFile(tmp_path / name, "w", 44100, 2, subtype="PCM_16") as file:
        for _ in range(60 * minutes):
            file.write(second)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / name), str(tmp_path)],
        capture_output=True, text=True, cwd=Path(__file__).parents[4], check=True,
    )  # fmt: skip
    assert float(done.stdout) < 100, f"{done.stdout} MiB"
