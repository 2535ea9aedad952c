"""What the headers of sound files promise, as libsndfile wrote them, of whole files and of their beginnings."""

import struct

import numpy as np
import pytest
import soundfile

from audio.io.headers import is_chain, lacks_its_end, promised_frames
from tests.unit.audio.awkward.contract import encoded

FORMS = [
    ("WAV", "PCM_16"), ("WAV", "PCM_U8"), ("WAV", "DOUBLE"), ("WAV", "ULAW"), ("WAVEX", "PCM_24"), ("RF64", "FLOAT"),
    ("W64", "PCM_16"), ("W64", "DOUBLE"), ("AIFF", "PCM_24"), ("AIFF", "FLOAT"), ("AIFF", "ULAW"), ("AU", "PCM_16"),
    ("AU", "ALAW"), ("CAF", "PCM_16"), ("CAF", "DOUBLE"),
]  # fmt: skip


@pytest.mark.parametrize("share", [1.0, 0.5])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("form", "subtype"), FORMS)
def test_a_header_promises_the_same_when_the_file_was_cut(tmp_path, form, subtype, channels, share):
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, (5000, channels))
    whole = encoded(sound, 8000, form, subtype)
    path = tmp_path / "x"
    path.write_bytes(whole[: round(share * len(whole))])
    assert promised_frames(path) == 5000
    if form != "CAF" or share == 1.0:  # libsndfile refuses half a CAF
        assert (soundfile.info(path).frames == 5000) is (share == 1.0)


@pytest.mark.parametrize("subtype", ["IMA_ADPCM", "MS_ADPCM", "GSM610"])
def test_of_a_codec_in_blocks_the_count_beside_it_is_taken(tmp_path, subtype):
    path = tmp_path / "x.wav"
    path.write_bytes(encoded(np.zeros(5001), 8000, "WAV", subtype))
    promised = promised_frames(path)
    assert promised is None or 5001 <= promised <= soundfile.info(path).frames


def test_what_stands_before_the_samples_is_walked_over(tmp_path):
    whole = encoded(np.zeros(777), 8000)
    junk = b"JUNK" + struct.pack("<I", 9001) + bytes(9002)
    path = tmp_path / "x.wav"
    path.write_bytes(whole[:12] + junk + whole[12:])
    assert promised_frames(path) == 777


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000])
def test_who_wrote_to_a_pipe_promises_nothing(tmp_path, size):
    whole = bytearray(encoded(np.zeros(777), 8000))
    whole[40:44] = struct.pack("<I", size)
    (tmp_path / "x.wav").write_bytes(whole)
    assert promised_frames(tmp_path / "x.wav") is None


@pytest.mark.parametrize("form", ["WAV", "AIFF", "W64", "CAF", "AU", "RF64"])
def test_any_beginning_of_a_file_is_read_without_an_error(tmp_path, form):
    whole = encoded(np.zeros(100), 8000, form)
    path = tmp_path / "x"
    for size in range(min(len(whole), 400)):
        path.write_bytes(whole[:size])
        assert promised_frames(path) in (None, 100)


def test_other_files_promise_nothing(tmp_path):
    (tmp_path / "x").write_bytes(b"RIFFxxxxWAVE" + bytes(100_000))
    assert promised_frames(tmp_path / "x") is None
    assert promised_frames(tmp_path / "missing") is None
    (tmp_path / "x").write_bytes(b"hello")
    assert promised_frames(tmp_path / "x") is None


def test_an_ogg_file_says_where_it_ends(tmp_path):
    whole = encoded(np.random.default_rng(0).uniform(-0.5, 0.5, 80000), 8000, "OGG")
    for share, lacks in ((1.0, False), (0.5, True)):
        (tmp_path / "x.ogg").write_bytes(whole[: round(share * len(whole))])
        assert lacks_its_end(tmp_path / "x.ogg") is lacks
    (tmp_path / "x.wav").write_bytes(encoded())
    assert not lacks_its_end(tmp_path / "x.wav")


def test_streams_behind_each_other_in_an_ogg_file_are_a_chain(tmp_path):
    whole = encoded(np.random.default_rng(0).uniform(-0.5, 0.5, 80000), 8000, "OGG")
    for count in (1, 2):
        (tmp_path / "x.ogg").write_bytes(count * whole)
        assert is_chain(tmp_path / "x.ogg") is (count == 2)
