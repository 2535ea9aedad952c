"""Opening sound: what libsndfile knows, what FFmpeg knows, and what is no sound, with the reason."""

import os
import socket
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio.io.decoding import prepare
from audio.io.reading import Undecodable, duration_of, open_sound
from audio.io.sniffing import looks_like_sound
from tests.unit.audio.conftest import tone

RATE = 16000


def read(path: Path) -> np.ndarray:
    with open_sound(path) as sound:
        return np.concatenate(list(sound.blocks(0, None)))


def reason(path: Path) -> str:
    with pytest.raises(Undecodable) as said:
        prepare(path, RATE)
    return str(said.value)


def write_with_ffmpeg(path: Path, codec: str, rate: int = 48000, layout: str = "stereo") -> None:
    """A second of a tone at half scale, as FFmpeg writes it."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        stream.bit_rate = 128_000
        samples = np.repeat(tone(1.0, rate)[None].astype(np.float32), len(stream.layout.channels), axis=0)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
        frame.sample_rate = rate
        for part in (frame, None):
            for packet in stream.encode(part):
                container.mux(packet)


@pytest.mark.parametrize(
    "name, codec",
    [
        *(("x.m4a", "aac"), ("x.mp4", "aac"), ("x.aac", "aac"), ("x.webm", "libopus"), ("x.mkv", "aac")),
        *(("x.mka", "ac3"), ("x.mov", "alac"), ("x.wma", "wmav2"), ("x.ac3", "ac3"), ("x.wv", "wavpack")),
    ],
)
def test_what_only_ffmpeg_reads_is_read(tmp_path, name, codec):
    write_with_ffmpeg(tmp_path / name, codec)
    (tmp_path / name).rename(tmp_path / "no suffix at all")
    for path in (tmp_path / "no suffix at all",):
        assert looks_like_sound(path)
        made = prepare(path, RATE)
        wave = made.samples[4000:12000] / 32768
        assert np.sqrt(np.mean(wave**2)) == pytest.approx(0.5 / 2**0.5, rel=0.05)
        assert duration_of(path) == pytest.approx(1.0, abs=0.1)


def test_a_film_without_a_sound_track_says_so(tmp_path):
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "x.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        for packet in stream.encode(av.VideoFrame(32, 32, "yuv420p")):
            container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    assert reason(tmp_path / "x.mp4") == "has no sound track"


def test_without_pyav_the_advice_is_given(tmp_path, monkeypatch):
    monkeypatch.setattr("audio.io.reading.find_spec", lambda name: None)
    (tmp_path / "x.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    assert "pip install av" in reason(tmp_path / "x.m4a")


def test_a_playlist_that_is_called_sound_is_not_followed(tmp_path):
    (tmp_path / "x.m4a").write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    assert "not sound" in reason(tmp_path / "x.m4a")


def test_what_ffmpeg_opens_leads_to_no_other_file(tmp_path):
    write_with_ffmpeg(tmp_path / "secret.m4a", "aac")
    playlist = b"#EXTM3U\n#\xe9\n#EXTINF:1,\n" + os.fsencode(tmp_path / "secret.m4a") + b"\n"
    for name in ("x.m4a", "x.mp4", "x.ts", "x"):
        (tmp_path / name).write_bytes(playlist)
        with pytest.raises(Undecodable):
            prepare(tmp_path / name, RATE)


def test_a_pointer_of_git_lfs_says_how_to_fetch_the_sound(tmp_path):
    (tmp_path / "x.wav").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    assert "git lfs pull" in reason(tmp_path / "x.wav")


@pytest.mark.parametrize("subtype", ["GSM610", "G721_32", "NMS_ADPCM_16", "IMA_ADPCM", "MS_ADPCM", "ULAW"])
def test_a_part_of_a_file_is_the_same_whether_its_codec_can_be_sought_in_or_not(tmp_path, subtype):
    path = tmp_path / "x.wav"
    soundfile.write(path, tone(2.0, 8000), 8000, subtype=subtype)
    with open_sound(path) as sound:
        whole = np.concatenate(list(sound.blocks(0, None)))
        part = np.concatenate(list(sound.blocks(3210, 9876)))
    assert (part == whole[3210:9876]).all()


def test_a_wav_whose_writer_was_cut_off_is_read_to_its_end(tmp_path):
    pytest.importorskip("av")
    soundfile.write(tmp_path / "x.wav", tone(1.0, RATE), RATE)
    content = bytearray((tmp_path / "x.wav").read_bytes())
    content[4:8] = content[40:44] = bytes(4)
    (tmp_path / "x.wav").write_bytes(content)
    assert len(read(tmp_path / "x.wav")) == RATE


def test_streams_behind_each_other_are_all_read(tmp_path):
    pytest.importorskip("av")
    parts = []
    for pitch in (440.0, 880.0):
        soundfile.write(tmp_path / "x.ogg", tone(1.0, RATE, pitch), RATE)
        parts.append((tmp_path / "x.ogg").read_bytes())
    (tmp_path / "x.ogg").write_bytes(b"".join(parts))
    wave = read(tmp_path / "x.ogg")[:, 0]
    assert len(wave) == pytest.approx(2 * RATE, abs=2000)
    for start, pitch in ((2000, 440), (RATE + 4000, 880)):
        assert np.argmax(np.abs(np.fft.rfft(wave[start : start + 8000]))) == pytest.approx(pitch / 2, abs=1)


def test_the_places_of_loudspeakers_in_a_header_count(tmp_path):
    from tests.unit.audio.awkward.formats import extensible

    (tmp_path / "x.wav").write_bytes(extensible(0x33, 4))
    with open_sound(tmp_path / "x.wav") as sound:
        assert sound.speakers == ("FL", "FR", "BL", "BR")


def test_what_is_no_regular_file_is_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "link.wav").symlink_to(tmp_path / "gone.wav")
    (tmp_path / "empty.wav").touch()
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "s.wav"))
    assert "pipe" in reason(tmp_path / "pipe.wav")
    assert "pipe" in reason(tmp_path / "s.wav")
    assert "folder" in reason(tmp_path / "folder.wav")
    assert "link to what is not there" in reason(tmp_path / "link.wav")
    assert "no such file" in reason(tmp_path / "nowhere.wav")
    assert "empty" in reason(tmp_path / "empty.wav")
    assert "device" in reason(Path("/dev/zero"))


@pytest.mark.parametrize(
    "content", [b"hello, world", b"\xff\xfeh\0i\0 \0t\0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8 "]
)
def test_text_and_pictures_are_not_taken_for_sound(tmp_path, content):
    (tmp_path / "x").write_bytes(content * 10)
    assert not looks_like_sound(tmp_path / "x")
    assert "not sound in a known format" in reason(tmp_path / "x")


def test_any_name_is_opened(tmp_path):
    for name in (b"caf\xe9.wav", 'größer #1 50% ?&"x"\n.wav'.encode(), b"-dash.wav", b"x" * 251 + b".wav"):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        soundfile.write(tmp_path / "plain.wav", tone(0.1, RATE), RATE)
        (tmp_path / "plain.wav").rename(path)
        assert len(read(path)) == 1600


@pytest.mark.parametrize("cut", [0.3, 0.9])
@pytest.mark.parametrize("name", ["x.wav", "x.flac", "x.ogg"])
def test_a_truncated_file_is_read_as_far_as_it_goes_and_told(tmp_path, name, cut):
    soundfile.write(tmp_path / name, 0.3 * np.random.default_rng(0).standard_normal(5 * RATE), RATE)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(cut * len(whole))])
    made = prepare(tmp_path / name, RATE)
    assert 0.2 * cut * 5 * RATE < made.num_samples < 5 * RATE
    if (
        name != "x.ogg"
    ):  # pages tell how far they go; the last one is missing, and nothing says how many there were
        assert made.notes and made.notes[0].startswith("truncated: ")


def test_a_whole_file_has_no_note(tmp_path):
    for name in ("x.wav", "x.flac", "x.ogg", "x.mp3"):
        soundfile.write(tmp_path / name, tone(1.0, 44100), 44100)
        assert prepare(tmp_path / name, RATE).notes == []


def test_a_header_of_a_writer_that_did_not_know_the_length_is_no_truncation(tmp_path):
    soundfile.write(tmp_path / "x.wav", tone(1.0, RATE), RATE, subtype="PCM_16")
    content = bytearray((tmp_path / "x.wav").read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "x.wav").write_bytes(content)
    made = prepare(tmp_path / "x.wav", RATE)
    assert (made.num_samples, made.notes) == (RATE, [])
