"""Recordings to a clip store: formats, what cannot be read, resuming, determinism, refusals."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio.clips.store import ClipStore
from audio.config import PreprocessConfig
from audio.errors import DatasetError, StoreError
from audio.io.decoding import Undecodable
from audio.preprocessing.preprocess import preprocess
from audio.preprocessing.workers import Worker
from tests.unit.audio.conftest import ignore, tone, write_tree

FORMATS = {
    "pcm8.wav": ("PCM_U8", 11025, 1),
    "pcm24.wav": ("PCM_24", 48000, 2),
    "float.wav": ("FLOAT", 22050, 1),
    "stereo.flac": ("PCM_16", 44100, 2),
    "vorbis.ogg": ("VORBIS", 44100, 1),
    "layer3.mp3": ("MPEG_LAYER_III", 32000, 1),
}


def run(data: Path, out: Path, **settings):
    return preprocess(PreprocessConfig(dataset="folder", data=str(data), **settings), out, progress=ignore)


def test_every_common_format_becomes_the_same_tone(tmp_path):
    (tmp_path / "in" / "tone").mkdir(parents=True)
    for name, (subtype, rate, channels) in FORMATS.items():
        sound = np.repeat(tone(1.0, rate)[:, None], channels, axis=1)
        soundfile.write(tmp_path / "in" / "tone" / name, sound, rate, subtype=subtype)
    report = run(tmp_path / "in", tmp_path / "out", trim_silence=False, sample_rate=16000)
    assert report.clips == len(FORMATS) and not report.skipped
    store = ClipStore.open(tmp_path / "out")
    for clip in store.index["clip"]:
        wave = store.waveform(clip)
        assert abs(len(wave) - 16000) < 16000 * 0.15  # MP3 pads
        spectrum = np.abs(np.fft.rfft(wave[2000:14000] * np.hanning(12000)))
        assert abs(np.argmax(spectrum) * 16000 / 12000 - 440) < 2
        assert np.sqrt(np.mean(wave[2000:14000] ** 2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)


def test_a_corrupt_and_an_empty_file_are_listed_and_skipped(tree, tmp_path):
    (tree / "high" / "corrupt.wav").write_bytes(b"RIFF" + b"\x00" * 50)
    (tree / "high" / "empty.wav").write_bytes(b"")
    soundfile.write(tree / "low" / "nothing.wav", np.zeros(0), 16000)
    soundfile.write(tree / "low" / "nan.wav", np.full(100, np.nan, np.float32), 16000, subtype="FLOAT")
    report = run(tree, tmp_path / "out")
    assert report.clips == 10
    reasons = dict(report.skipped)
    assert set(reasons) == {"high/corrupt.wav", "high/empty.wav", "low/nothing.wav", "low/nan.wav"}
    assert "0 bytes" in reasons["high/empty.wav"] and "NaN" in reasons["low/nan.wav"]
    assert "zero length" in reasons["low/nothing.wav"] and "decoded" in reasons["high/corrupt.wav"]
    assert report.per_class == {"high": 5, "low": 5}


def test_any_number_of_workers_gives_the_same_bytes(tmp_path):
    tree = write_tree(tmp_path / "in", {"a": 300.0, "b": 900.0}, clips=30, seconds=0.1)
    (tree / "a" / "bad.wav").write_bytes(b"no sound")
    one = run(tree, tmp_path / "one", workers=1)
    two = run(tree, tmp_path / "two", workers=2)
    assert one.skipped == two.skipped and one.clips == two.clips == 60
    assert (tmp_path / "one" / "audio.i16").read_bytes() == (tmp_path / "two" / "audio.i16").read_bytes()


def test_a_stopped_run_continues_and_ends_with_the_same_bytes(tree, tmp_path):
    run(tree, tmp_path / "whole")
    asked = iter([False, False, False, True])
    config = PreprocessConfig(dataset="folder", data=str(tree))
    with pytest.raises(InterruptedError):
        preprocess(config, tmp_path / "out", progress=ignore, should_stop=lambda: next(asked))
    with pytest.raises(StoreError, match="no finished clip store"):
        ClipStore.open(tmp_path / "out")
    report = run(tree, tmp_path / "out")
    assert report.reused == 4 and report.clips == 10
    assert (tmp_path / "out" / "audio.i16").read_bytes() == (tmp_path / "whole" / "audio.i16").read_bytes()


def test_other_settings_do_not_continue_an_old_run(tree, tmp_path):
    stops = iter([False, True])
    config = PreprocessConfig(dataset="folder", data=str(tree))
    with pytest.raises(InterruptedError):
        preprocess(config, tmp_path / "out", progress=ignore, should_stop=lambda: next(stops))
    assert run(tree, tmp_path / "out", sample_rate=8000).reused == 0
    assert ClipStore.open(tmp_path / "out").sample_rate == 8000


def test_silence_at_the_edges_is_dropped_and_short_clips_are_looped(tmp_path):
    (tmp_path / "in" / "x").mkdir(parents=True)
    padded = np.concatenate([np.zeros(8000), tone(0.5, 16000), np.zeros(8000)])
    soundfile.write(tmp_path / "in" / "x" / "a.wav", padded, 16000)
    run(tmp_path / "in", tmp_path / "trimmed", sample_rate=16000)
    assert ClipStore.open(tmp_path / "trimmed").index["duration"].iloc[0] == pytest.approx(0.5, abs=0.01)
    run(tmp_path / "in", tmp_path / "looped", sample_rate=16000, duration=2.0)
    store = ClipStore.open(tmp_path / "looped")
    assert store.index["frames"].iloc[0] == 32000 and np.abs(store.waveform("x/a.wav")[-4000:]).max() > 0.3


def test_long_recordings_are_cut_into_clips_that_stay_on_one_side(tmp_path):
    tree = write_tree(tmp_path / "in", {"a": 300.0, "b": 900.0}, clips=3, seconds=3.6)
    soundfile.write(tree / "a" / "short.wav", tone(0.4, 16000), 16000)
    (tree / "b" / "bad.wav").write_bytes(b"no sound")
    report = run(tree, tmp_path / "out", segment_seconds=1.0, sample_rate=8000, trim_silence=False)
    assert report.clips == 6 * 4 + 1 and [name for name, _ in report.skipped] == ["b/bad.wav"]
    index = ClipStore.open(tmp_path / "out").index
    assert list(index["clip"][:4]) == ["a/0.wav#0-1", "a/0.wav#1-2", "a/0.wav#2-3", "a/0.wav#3-3.6"]
    assert list(index["frames"][:4]) == [8000, 8000, 8000, 4800]
    assert (index.groupby("source")["fold"].nunique() == 1).all() and index["source"].nunique() == 7


def test_nothing_readable_says_which_file_and_why(tmp_path):
    (tmp_path / "in" / "x").mkdir(parents=True)
    (tmp_path / "in" / "x" / "a.wav").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"None of the 1 files.*x/a\.wav.*empty"):
        run(tmp_path / "in", tmp_path / "out")


def test_an_empty_and_a_missing_folder_say_what_was_expected(tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(DatasetError, match=r"a folder a class.*the folder is empty"):
        run(tmp_path / "in", tmp_path / "out")
    with pytest.raises(DatasetError, match="There is no folder"):
        run(tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(DatasetError, match="set `data`"):
        preprocess(PreprocessConfig(dataset="esc10"), tmp_path / "out")


def test_a_full_disk_is_named_and_leaves_no_finished_store(tree, tmp_path):
    """A limit on file size stands for the full disk: the same OSError path, in a process of its own."""
    code = f"""
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from audio.config import PreprocessConfig
from audio.errors import StoreError
from audio.preprocessing.preprocess import preprocess
try:
    preprocess(PreprocessConfig(dataset="folder", data={str(tree)!r}), {str(tmp_path / "out")!r}, progress=print)
except StoreError as error:
    print("refused:", error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "refused: The clip store in" in done.stdout and "Make room" in done.stdout, done.stderr
    with pytest.raises(StoreError):
        ClipStore.open(tmp_path / "out")
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    assert run(tree, tmp_path / "out").clips == 10


def test_a_worker_without_room_to_write_ends_the_run_instead_of_skipping_files(tmp_path):
    """A folder that is not there stands for the full disk: the same OSError, from the worker's process."""
    from audio.preprocessing.workers import Worker

    sound = tmp_path / "long.wav"
    soundfile.write(sound, np.zeros(1 << 16), 8, subtype="PCM_U8")  # two hours at 8 Hz
    worker = Worker()
    try:
        with pytest.raises(FileNotFoundError):
            worker.prepare({"path": str(sound), "sample_rate": 4000, "scratch": str(tmp_path / "gone")})
        soundfile.write(sound, tone(0.1, 8000), 8000)
        assert len(worker.prepare({"path": str(sound), "sample_rate": 8000}).samples) == 800
    finally:
        worker.close()


def test_whatever_a_decoder_raises_is_a_reason(tmp_path, monkeypatch):
    from audio.io.decoding import Undecodable
    from audio.preprocessing.workers import prepare_here

    def broken(*args: object, **more: object) -> None:
        raise RuntimeError("out of its depth")

    monkeypatch.setattr("audio.preprocessing.workers.prepare", broken)
    soundfile.write(tmp_path / "a.wav", tone(0.1, 8000), 8000)
    answer = prepare_here({"path": str(tmp_path / "a.wav"), "sample_rate": 8000})
    assert isinstance(answer, Undecodable) and "RuntimeError: out of its depth" in str(answer)


def test_a_store_whose_samples_were_cut_is_refused(tree, tmp_path):
    run(tree, tmp_path / "out")
    samples = tmp_path / "out" / "audio.i16"
    samples.write_bytes(samples.read_bytes()[:-2])
    with pytest.raises(StoreError, match="preprocess again"):
        ClipStore.open(tmp_path / "out")


def test_a_store_of_another_version_is_refused(tree, tmp_path):
    run(tree, tmp_path / "out")
    manifest = tmp_path / "out" / "store.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": 99}))
    with pytest.raises(StoreError, match="store version 99"):
        ClipStore.open(tmp_path / "out")


def test_a_new_version_takes_unchanged_clips_from_the_old_one(tree, tmp_path):
    run(tree, tmp_path / "old")
    (tree / "low" / "0.wav").unlink()
    soundfile.write(tree / "low" / "1.wav", tone(0.5, 16000, 555.0), 16000)
    soundfile.write(tree / "low" / "new.wav", tone(0.5, 16000, 333.0), 16000)
    config = PreprocessConfig(dataset="folder", data=str(tree))
    report = preprocess(config, tmp_path / "new", progress=ignore, reuse_from=tmp_path / "old")
    assert report.clips == 10 and report.reused == 8
    run(tree, tmp_path / "fresh")
    assert (tmp_path / "new" / "audio.i16").read_bytes() == (tmp_path / "fresh" / "audio.i16").read_bytes()
    new, fresh = (ClipStore.open(tmp_path / name).index.drop(columns="fold") for name in ("new", "fresh"))
    assert new.equals(fresh)  # but for the folds, which the old version has drawn


def test_an_old_version_with_other_settings_is_not_taken_from(tree, tmp_path):
    run(tree, tmp_path / "old", sample_rate=8000)
    config = PreprocessConfig(dataset="folder", data=str(tree), sample_rate=16000)
    assert preprocess(config, tmp_path / "new", progress=ignore, reuse_from=tmp_path / "old").reused == 0


def test_a_decoder_that_dies_takes_at_most_one_clip_with_it(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(0.1, 8000), 8000)
    job = {"path": str(path), "sample_rate": 8000}
    worker = Worker()
    try:
        worker.process.kill()  # from outside, as what needs its memory does: the clip gets another process
        worker.process.wait()
        assert len(worker.prepare(job).samples) == 800
        with Killing(worker):
            refused = worker.prepare(job)
        assert isinstance(refused, Undecodable) and "crashed" in str(refused)
        assert len(worker.prepare(job).samples) == 800
    finally:
        worker.close()


class Killing:
    """Kills every process that a worker asks, before it answers."""

    def __init__(self, worker: Worker) -> None:
        self._worker, self._ask = worker, worker._ask

    def __enter__(self) -> None:
        def ask(job):
            self._worker.process.kill()
            self._worker.process.wait()
            return self._ask(job)

        self._worker._ask = ask

    def __exit__(self, *_) -> None:
        del self._worker._ask
