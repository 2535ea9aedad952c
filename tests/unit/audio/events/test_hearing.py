"""Events of sound: the same however it comes, where they should be, and from the past alone."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio.errors import ConfigError
from audio.events.config import EventConfig
from audio.events.hearing import Answer, Detector
from audio.io.given import Given
from audio.io.reading import Undecodable
from tests.unit.audio.heard import RATE

from .conftest import alternating

HOP = 0.1


@pytest.fixture
def detector(onnx: Path) -> Detector:
    return Detector(onnx, EventConfig(hop=HOP, threshold=0.6, gap=0.2))


def streamed(detector: Detector, path: Path, sizes: list[int]) -> list[Answer]:
    """The answers to a file's samples in blocks of those sizes, in turn."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)

    def blocks():  # type: ignore[no-untyped-def]
        at = turn = 0
        while at < len(samples):
            yield samples[at : at + sizes[turn % len(sizes)]]
            at, turn = at + sizes[turn % len(sizes)], turn + 1

    return list(detector.answers(Given(blocks(), rate)))


def told(events: list) -> list[tuple]:  # type: ignore[type-arg]
    return sorted((e.onset, e.offset, e.label, round(e.score, 4), round(e.mean, 4)) for e in events)


def test_a_stream_has_the_events_of_the_file_however_it_is_cut_on_awkward_files(made, recordings, detector):
    heard = 0
    paths = [*sorted(made[0].iterdir()), *recordings.glob("?*.*a*"), *recordings.glob("*/a.wav")]
    for path in paths:
        expected = told(detector.file(path).events)
        heard += len(expected)
        for sizes in ([160], [1, 7, 4001], [1 << 20]):
            answers = streamed(detector, path, sizes)
            assert told([event for one in answers for event in one.done]) == expected, (path.name, sizes)
    assert heard > len(paths) > 20  # more than one event here and there


def test_what_comes_later_changes_no_answer(made, detector, tmp_path):
    """Loud sound, silence or an end behind a window: the window's answer is the same."""
    quiet = 1e-3 * alternating([300, 900, 300])
    answers = []
    for behind in (quiet[:0], 7 * alternating([900]), np.zeros(RATE), 1e-6 * alternating([300])):
        soundfile.write(tmp_path / "a.wav", np.concatenate([quiet, behind]), RATE, subtype="FLOAT")
        answers.append(
            [one for one in streamed(detector, tmp_path / "a.wav", [800]) if one.probabilities is not None]
        )
    for other in answers[1:]:
        for mine, theirs in zip(answers[0][:-1], other, strict=False):  # the last one ends with the sound
            assert (mine.start, mine.end) == (theirs.start, theirs.end)
            np.testing.assert_array_equal(mine.probabilities, theirs.probabilities)


def test_events_are_where_the_sound_changes(detector, tmp_path):
    for rate in (RATE, 44100):
        soundfile.write(tmp_path / "a.wav", alternating([300, 900, 300, 900], rate=rate), rate)
        found = detector.file(tmp_path / "a.wav")
        assert found.duration == 8.0
        assert [one.label for one in found.events] == ["low", "high", "low", "high"]
        for at, one in enumerate(found.events):
            assert (one.onset, one.offset) == pytest.approx((2 * at, 2 * at + 2), abs=2 * HOP)
        assert found.events[0].onset == 0 and found.events[-1].offset == 8.0


def test_a_window_is_answered_with_the_block_that_makes_it_whole(detector, tmp_path):
    soundfile.write(tmp_path / "a.wav", alternating([300, 900]), RATE)
    samples, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    from audio.events.hearing import Hearing

    hearing, heard = Hearing(detector, RATE), 0
    for at in range(0, len(samples), 80):
        heard += 80
        for answer in hearing.hear(samples[at : at + 80]):
            assert answer.end * RATE <= heard < answer.end * RATE + 80


def test_a_checkpoint_and_its_onnx_file_have_the_same_events(made, recordings):
    root, checkpoint, onnx = made
    mine, theirs = (Detector(one, EventConfig(hop=HOP), "cpu") for one in (checkpoint, onnx))
    for path in [recordings / "a.wav", root / "much longer.wav", root / "stereo at 44100.wav"]:
        for one, other in zip(mine.file(path).events, theirs.file(path).events, strict=True):
            assert (one.onset, one.offset, one.label) == (other.onset, other.offset, other.label)
            assert one.score == pytest.approx(other.score, abs=1e-4)


def test_sound_shorter_than_a_window_is_one_event_or_none(made, detector):
    for name, length in (("very short.wav", 0.01), ("one sample.wav", 1 / RATE)):
        found = detector.file(made[0] / name)
        assert found.duration == pytest.approx(length)
        assert {(one.onset, one.offset) for one in found.events} <= {(0.0, found.duration)}


def test_what_is_no_sound_is_refused_with_its_name(detector, tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF no sound")
    with pytest.raises(Undecodable, match=r"a\.wav can't be heard"):
        detector.file(tmp_path / "a.wav")
    soundfile.write(tmp_path / "nan.wav", np.full(9000, np.nan), RATE, subtype="FLOAT")
    with pytest.raises(Undecodable, match="NaN"):
        detector.file(tmp_path / "nan.wav")
    with pytest.raises(Undecodable, match="no samples"):
        list(detector.answers(Given([], RATE)))


def test_a_hop_longer_than_a_window_is_refused(onnx):
    with pytest.raises(ConfigError, match="a window of this model has"):
        Detector(onnx, EventConfig(hop=30))
