"""Sound in every format that the two decoders know, under right, other and no suffixes."""

import importlib.util
import struct
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from .contract import Awkward, encoded, holding, tone

SUBTYPES = [  # format, subtype, suffix
    *(("WAV", s, "wav") for s in (
        "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM", "GSM610",
        "G721_32", "NMS_ADPCM_16",
    )),
    *(("WAVEX", s, "wav") for s in ("PCM_24", "DOUBLE", "ULAW")),
    *(("RF64", s, "rf64") for s in ("PCM_16", "FLOAT")),
    *(("W64", s, "w64") for s in ("PCM_16", "DOUBLE", "MS_ADPCM")),
    *(("AIFF", s, "aiff") for s in ("PCM_S8", "PCM_24", "FLOAT", "ULAW", "IMA_ADPCM", "GSM610")),
    *(("AU", s, "au") for s in ("PCM_16", "DOUBLE", "ULAW", "G721_32", "G723_24")),
    *(("CAF", s, "caf") for s in ("PCM_16", "FLOAT", "ALAW", "ALAC_16", "ALAC_32")),
    *(("FLAC", s, "flac") for s in ("PCM_S8", "PCM_16", "PCM_24")),
    *(("OGG", s, "ogg") for s in ("VORBIS", "OPUS")),
    *(("NIST", s, "sph") for s in ("PCM_16", "ULAW")),
    *(("IRCAM", s, "sf") for s in ("PCM_16", "FLOAT")),
    ("MP3", "MPEG_LAYER_III", "mp3"), ("VOC", "PCM_16", "voc"), ("SVX", "PCM_S8", "8svx"), ("PAF", "PCM_24", "paf"),
    ("PVF", "PCM_16", "pvf"), ("AVR", "PCM_16", "avr"), ("SDS", "PCM_16", "sds"),
]  # fmt: skip
PYAV = [  # name, codec, rate: what only FFmpeg reads, and some that both do
    ("aac.m4a", "aac", 16000), ("aac.mp4", "aac", 44100), ("book.m4b", "aac", 16000),
    ("adts.aac", "aac", 16000), ("phone.3gp", "libopencore_amrnb", 8000), ("phone.3g2", "aac", 16000),
    ("note.amr", "libopencore_amrnb", 8000), ("web.webm", "libopus", 48000), ("flac.mkv", "flac", 16000),
    ("float.mka", "pcm_f32le", 16000), ("lossless.m4a", "alac", 16000), ("apple.mov", "alac", 16000),
    ("camera.mov", "pcm_s24be", 48000), ("dolby.ac3", "ac3", 48000), ("dolby.eac3", "eac3", 48000),
    ("true.tta", "tta", 16000), ("pack.wv", "wavpack", 16000), ("layer2.mp2", "mp2", 16000),
    ("stream.ts", "aac", 16000), ("flash.flv", "aac", 44100), ("old.avi", "pcm_s16le", 16000),
    ("real.rm", "real_144", 8000), ("disc.vob", "mp2", 48000), ("opus.mp4", "libopus", 48000),
    ("flac.mp4", "flac", 16000), ("opus.opus", "libopus", 48000), ("opus.ogg", "libopus", 48000),
    ("flac.oga", "flac", 16000), ("mp3 in.wav", "libmp3lame", 16000),
    ("g722.g722", "g722", 16000), ("adpcm.wav", "adpcm_ms", 16000),
]  # fmt: skip


def record(path: Path, codec: str, rate: int, layout: str = "mono", sound: np.ndarray | None = None) -> None:
    """Write a sound `(channels, frames)` with FFmpeg, in the container that the suffix names."""
    import av

    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    wave = np.repeat(tone(rate)[None], channels, 0) if sound is None else sound
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = layout
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave, np.float32), "fltp", layout)
        frame.sample_rate, frame.pts = rate, 0
        resampler = av.AudioResampler(stream.format.name, layout, rate, frame_size=stream.frame_size or 1024)
        for part in (*resampler.resample(frame), *resampler.resample(None), None):
            for packet in stream.encode(part):
                container.mux(packet)


def picture_only(path: Path) -> None:
    """A film without a track of sound."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        frames = [av.VideoFrame.from_ndarray(np.zeros((48, 32), np.uint8), "yuv420p") for _ in range(3)]
        for part in (*frames, None):
            for packet in stream.encode(part):
                container.mux(packet)


def nist_without_suffix() -> bytes:
    return encoded(form="NIST")


def many_channels(path: Path, channels: int) -> None:
    soundfile.write(path, np.repeat(tone()[:, None], channels, 1), 8000)


def extensible(mask: int, channels: int) -> bytes:
    """A WAV that says where its loudspeakers stand."""
    data = np.repeat((tone() * 32767).astype("<i2")[:, None], channels, 1).tobytes()
    guid = struct.pack("<HHHHBB6s", 1, 0, 0, 0x10, 0x80, 0, b"\x00\xaa\x00\x38\x9b\x71")
    form = (
        struct.pack("<HHIIHHHHI", 0xFFFE, channels, 8000, 16000 * channels, 2 * channels, 16, 22, 16, mask)
        + guid
    )
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


HAS_AV = importlib.util.find_spec("av") is not None
FILES = [
    *(
        Awkward(f"formats/{form} {subtype}.{suffix}".encode(), holding(partial(encoded, form=form, subtype=subtype)))
        for form, subtype, suffix in SUBTYPES
    ),
    *(
        Awkward(f"formats/{name}".encode(), partial(record, codec=codec, rate=rate))
        for name, codec, rate in (PYAV if HAS_AV else ())
    ),
    Awkward(b"formats/a flac called.wav", holding(partial(encoded, form="FLAC"))),
    Awkward(b"formats/a wav called.mp3", holding(encoded)),
    Awkward(b"formats/a wav called.m4a", holding(encoded)),
    Awkward(b"formats/an mp3 called.ogg", holding(partial(encoded, form="MP3"))),
    Awkward(b"formats/an ogg called.txt", holding(partial(encoded, form="OGG"))),
    Awkward(b"formats/speech", holding(nist_without_suffix)),
    *(
        Awkward(f"formats/{n} channels.wav".encode(), partial(many_channels, channels=n))
        for n in (2, 3, 4, 5, 6, 8, 40)
    ),
    Awkward(b"formats/surround.wav", holding(partial(extensible, 0x3F, 6))),
    Awkward(b"formats/surround without places.wav", holding(partial(extensible, 0, 6))),
    Awkward(b"formats/quad.wav", holding(partial(extensible, 0x33, 4))),
]  # fmt: skip
if HAS_AV:
    FILES += [
        Awkward(b"formats/surround.m4a", partial(record, codec="aac", rate=48000, layout="5.1")),
        Awkward(b"formats/silent film.mp4", picture_only, "skipped", "no sound"),
    ]
