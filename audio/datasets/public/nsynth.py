"""NSynth: 305,979 four-second notes of 1,006 instruments, with its own train, validation and test split.

J. Engel et al., "Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders", ICML 2017 (arXiv:1704.01279).
The label is the instrument's family, read from the file name: `synth_lead_synthetic_011-045-127.wav` is family
`synth_lead`, source `synthetic`, instrument 011, pitch 45, velocity 127. Notes of one instrument are one source.
"""

import re
from pathlib import Path

from audio.datasets.contract import Archive, Clip, DataSet, audio_files, unlike

LAYOUT = (
    "nsynth-train/audio/, nsynth-valid/audio/ and nsynth-test/audio/ with guitar_acoustic_001-082-127.wav"
)
FILE_NAME = re.compile(
    r"(?P<family>.+)_(?P<source>acoustic|electronic|synthetic)_(\d{3})-(?P<pitch>\d{3})-(?P<velocity>\d{3})"
)
SPLITS = {"nsynth-train": "train", "nsynth-valid": "validation", "nsynth-test": "test"}


def read(root: Path, seed: int) -> list[Clip]:
    """The notes of the splits that are there."""
    clips = []
    for folder, split in SPLITS.items():
        for path in audio_files(root / folder / "audio"):
            if name := FILE_NAME.fullmatch(path.stem):
                instrument = path.stem.rsplit("-", 2)[0]
                columns = {
                    "instrument": instrument,
                    "instrument_family": name["family"],
                    "instrument_source": name["source"],
                    "pitch": str(int(name["pitch"])),
                    "velocity": str(int(name["velocity"])),
                }
                clips.append(Clip(path, (name["family"],), split=split, source=instrument, columns=columns))
    if not clips:
        raise unlike(root, "NSynth", LAYOUT)
    return clips


NSYNTH = DataSet(
    "nsynth",
    "NSynth",
    read,
    LAYOUT,
    licence="CC BY 4.0",
    homepage="https://magenta.tensorflow.org/datasets/nsynth",
    clips=305_979,
    classes=11,
    archives=tuple(
        Archive(f"http://download.magenta.tensorflow.org/datasets/nsynth/{name}.jsonwav.tar.gz", "", name)
        for name in SPLITS
    ),
)
