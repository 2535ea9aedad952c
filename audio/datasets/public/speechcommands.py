"""Speech Commands: one-second utterances of 35 words, split by speaker.

P. Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", arXiv:1804.03209. The split is the
authors': the lists `validation_list.txt` and `testing_list.txt` where they lie in the folder, else the hash of the
speaker that these lists were made with (README of the data set), 10 % each.
"""

import hashlib
import re
from pathlib import Path

from audio.datasets.contract import Archive, Clip, DataSet, audio_files, unlike

LAYOUT = "a folder a word with 0a7c2a8d_nohash_0.wav, and validation_list.txt and testing_list.txt"
MOST_PER_CLASS = 2**27 - 1
LISTS = {"validation_list.txt": "validation", "testing_list.txt": "test"}


def split_by_hash(name: str, validation: float = 10.0, testing: float = 10.0) -> str:
    """The split of a file name, by the data set's own rule: all files of one speaker share it. Shares in per cent."""
    speaker = re.sub(r"_nohash_.*$", "", Path(name).name)
    number = int(hashlib.sha1(speaker.encode()).hexdigest(), 16) % (MOST_PER_CLASS + 1)
    percent = number * (100.0 / MOST_PER_CLASS)
    if percent < validation:
        return "validation"
    return "test" if percent < validation + testing else "train"


def read(root: Path, seed: int) -> list[Clip]:
    """The utterances; `_background_noise_` is left out."""
    listed: dict[str, str] = {}
    for name, split in LISTS.items():
        if (root / name).is_file():
            listed |= dict.fromkeys((root / name).read_text().split(), split)
    clips = []
    for path in audio_files(root):
        word = path.parent.name
        if "_nohash_" not in path.name or word.startswith("_") or path.parent.parent != root:
            continue
        key = f"{word}/{path.name}"
        split = listed.get(key, "train") if listed else split_by_hash(path.name)
        speaker = path.name.split("_nohash_")[0]
        clips.append(Clip(path, (word,), split=split, source=speaker, columns={"speaker": speaker}))
    if not clips:
        raise unlike(root, "Speech Commands", LAYOUT)
    return clips


SPEECHCOMMANDS = DataSet(
    "speechcommands",
    "Speech Commands v2",
    read,
    LAYOUT,
    licence="CC BY 4.0",
    homepage="https://arxiv.org/abs/1804.03209",
    clips=105_829,
    classes=35,
    archives=(
        Archive(
            "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
            "sha256:af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
            "",
        ),
    ),
)
