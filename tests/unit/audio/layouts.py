"""A small copy of every data set's published layout, in awkward formats, with one unreadable and one empty file."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
import soundfile

NOBODY = 65534  # the number of a user who owns nothing
FORMATS = cycle(
    [
        ("PCM_16", 44100, 1),
        ("PCM_24", 48000, 2),
        ("FLOAT", 11025, 1),
        ("PCM_U8", 8000, 1),
        ("PCM_16", 96000, 2),
    ]
)


@dataclass
class Expected:
    """What the reader has to make of it."""

    labels: set[str]
    clips: int  # listed, the unreadable ones included
    folds: set[int] = frozenset()  # official ones
    splits: set[str] = frozenset()  # official ones


def sound(path: Path, seconds: float = 0.3) -> Path:
    """Write noise; WAVs take turns in sample rate, depth and channels, other suffixes their usual form."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subtype, rate, channels = next(FORMATS)
    if path.suffix != ".wav":
        subtype, rate = None, 44100
    noise = 0.3 * np.random.default_rng(len(path.name)).standard_normal((round(rate * seconds), channels))
    soundfile.write(path, noise, rate, subtype=subtype)
    return path


def spoil(broken: Path, empty: Path) -> None:
    """Make one file unreadable and one empty."""
    broken.write_bytes(b"RIFF\x00\x00\x00\x00WAVEfmt nonsense")
    empty.write_bytes(b"")


def esc_table(root: Path) -> Expected:
    rows = ["filename,fold,target,category,esc10,src_file,take"]
    for fold in range(1, 6):
        for i, (name, ten) in enumerate([("dog", "True"), ("rain", "True"), ("mouse_click", "False")]):
            for take in "AB":
                file = f"{fold}-{fold}00{i}-{take}-{i}.wav"
                sound(root / "audio" / file)
                rows.append(f"{file},{fold},{i},{name},{ten},{fold}00{i},{take}")
    (root / "meta").mkdir()
    (root / "meta" / "esc50.csv").write_text("\n".join(rows) + "\n")
    spoil(root / "audio" / "1-1000-A-0.wav", root / "audio" / "2-2001-B-1.wav")
    return Expected({"dog", "rain", "mouse_click"}, 30, folds={1, 2, 3, 4, 5})


def esc10_table(root: Path) -> Expected:
    esc_table(root)
    return Expected({"dog", "rain"}, 20, folds={1, 2, 3, 4, 5})


def esc10_folders(root: Path) -> Expected:
    for number, name in [("001", "Dog bark"), ("002", "Rain")]:
        for fold in range(1, 6):
            for take in "AB":
                sound(root / f"{number} - {name}" / f"{fold}-{fold}77{number}-{take}.ogg")
    spoil(root / "001 - Dog bark" / "1-177001-A.ogg", root / "002 - Rain" / "3-377002-B.ogg")
    (root / "README.md").write_text("not a sound")
    return Expected({"Dog bark", "Rain"}, 20, folds={1, 2, 3, 4, 5})


def urbansound8k(root: Path) -> Expected:
    rows = ["slice_file_name,fsID,start,end,salience,fold,classID,class"]
    for fold in range(1, 11):
        for number, name in enumerate(["siren", "drilling"]):
            file = f"{fold}0{number}-{number}-0-0.wav"
            sound(root / "audio" / f"fold{fold}" / file)
            rows.append(f"{file},{fold}0{number},0.0,0.3,1,{fold},{number},{name}")
    (root / "metadata").mkdir()
    (root / "metadata" / "UrbanSound8K.csv").write_text("\n".join(rows))
    spoil(root / "audio" / "fold1" / "100-0-0-0.wav", root / "audio" / "fold2" / "201-1-0-0.wav")
    return Expected({"siren", "drilling"}, 20, folds=set(range(1, 11)))


def _gtzan(root: Path, stems: list[str]) -> None:
    for stem in stems:
        sound(root / "genres_original" / stem.split(".")[0] / f"{stem}.wav")
    spoil(
        root / "genres_original" / "jazz" / "jazz.00054.wav",
        sound(root / "genres_original" / "blues" / "blues.00029.wav"),
    )


def gtzan(root: Path) -> Expected:
    # blues.00000 is a fault, 00029 in training, 00012 in test; jazz.00054 is the corrupt file (in no list)
    _gtzan(root, ["blues.00000", "blues.00029", "blues.00030", "blues.00012", "jazz.00001", "jazz.00011"])
    return Expected({"blues", "jazz"}, 0, splits={"train", "validation", "test"})


def gtzan_random(root: Path) -> Expected:
    stems = [f"{genre}.{i:05}" for genre in ("blues", "jazz") for i in range(10)]
    _gtzan(root, stems)
    return Expected({"blues", "jazz"}, 22)


def yesno(root: Path) -> Expected:
    for number in range(8):
        bits = [str(number >> i & 1) for i in range(3)] + ["1", "0", "0", "0", "1"]
        sound(root / "waves_yesno" / f"{'_'.join(bits)}.wav")
    spoil(root / "waves_yesno" / "0_0_0_1_0_0_0_1.wav", root / "waves_yesno" / "1_0_0_1_0_0_0_1.wav")
    return Expected({"yes 1", "yes 2", "yes 3", "yes 4", "yes 8"}, 8)


def nsynth(root: Path) -> Expected:
    for split in ("train", "valid", "test"):
        for family in ("guitar_acoustic", "synth_lead_synthetic"):
            for pitch in (60, 64):
                sound(root / f"nsynth-{split}" / "audio" / f"{family}_011-0{pitch}-100.wav")
    train = root / "nsynth-train" / "audio"
    spoil(train / "guitar_acoustic_011-060-100.wav", train / "synth_lead_synthetic_011-064-100.wav")
    return Expected({"guitar", "synth_lead"}, 12, splits={"train", "validation", "test"})


def speechcommands(root: Path) -> Expected:
    for word in ("yes", "no"):
        for i in range(6):
            sound(root / word / f"{i:08x}_nohash_0.wav")
    sound(root / "_background_noise_" / "white_noise.wav")
    (root / "validation_list.txt").write_text("yes/00000001_nohash_0.wav\nno/00000001_nohash_0.wav\n")
    (root / "testing_list.txt").write_text("yes/00000002_nohash_0.wav\nno/00000002_nohash_0.wav\n")
    spoil(root / "yes" / "00000003_nohash_0.wav", root / "no" / "00000004_nohash_0.wav")
    return Expected({"yes", "no"}, 12, splits={"train", "validation", "test"})


def fsdd(root: Path) -> Expected:
    for digit in "07":
        for take in (0, 4, 5, 49):
            sound(root / "recordings" / f"{digit}_jackson_{take}.wav")
    spoil(root / "recordings" / "0_jackson_5.wav", root / "recordings" / "7_jackson_0.wav")
    return Expected({"0", "7"}, 8, splits={"train", "test"})


def folder(root: Path) -> Expected:
    for name, suffix in [("dog", "wav"), ("dog", "flac"), ("rain", "ogg"), ("rain", "mp3")]:
        for i in range(3):
            sound(root / name / f"{suffix}{i}.{suffix}")
    spoil(root / "dog" / "wav0.wav", root / "rain" / "mp30.mp3")
    (root / "dog" / "._wav1.wav").write_bytes(b"resource fork of an archive made on a Mac")
    return Expected({"dog", "rain"}, 12)


def folder_splits(root: Path) -> Expected:
    for split in ("Train", "val", "test"):
        for name in ("dog", "rain"):
            for i in range(2):
                sound(root / split / name / f"{i}.wav")
    spoil(root / "Train" / "dog" / "0.wav", root / "test" / "rain" / "1.wav")
    return Expected({"dog", "rain"}, 12, splits={"train", "validation", "test"})


def manifest(root: Path) -> Expected:
    sound(root / "day.flac", 4.0)
    for i in range(6):
        sound(root / "more" / f"{i}.wav")
    rows = ["path,label,fold,start,end"]
    rows += [f"day.flac,{'dog' if i % 2 else 'rain'},{i % 2 + 1},{i},{i + 1}" for i in range(4)]
    rows += [f"more/{i}.wav,dog|rain,{i % 2 + 1},," for i in range(6)]
    (root / "clips.csv").write_text("\ufeff" + "\n".join(rows))
    spoil(root / "more" / "0.wav", root / "more" / "1.wav")
    return Expected({"dog", "rain"}, 10, folds={1, 2})


def synthetic(root: Path) -> Expected:
    from audio.datasets import synthetic as module

    return Expected(set(module.CLASSES), 8 * 5 * module.PER_FOLD, folds={1, 2, 3, 4, 5})


def huggingface(root: Path) -> Expected:
    import datasets

    files = [str(sound(root.parent / "sounds" / f"{i}.wav")) for i in range(8)]
    spoil(Path(files[0]), Path(files[1]))
    label = datasets.ClassLabel(names=["dog", "rain"])
    columns = {"audio": files, "label": [i % 2 for i in range(8)]}
    whole = (
        datasets.Dataset.from_dict(columns).cast_column("audio", datasets.Audio()).cast_column("label", label)
    )
    parts = {"train": whole.select(range(6)), "test": whole.select([6, 7])}
    datasets.DatasetDict(parts).save_to_disk(str(root))
    return Expected({"dog", "rain"}, 8, splits={"train", "test"})


LAYOUTS: dict[tuple[str, str], Callable[[Path], Expected]] = {
    ("esc10", "table"): esc10_table,
    ("esc10", "folders"): esc10_folders,
    ("esc50", "table"): esc_table,
    ("urbansound8k", "table"): urbansound8k,
    ("gtzan", "filtered"): gtzan,
    ("gtzan-random", "all"): gtzan_random,
    ("yesno", "release"): yesno,
    ("nsynth", "splits"): nsynth,
    ("speechcommands", "lists"): speechcommands,
    ("fsdd", "recordings"): fsdd,
    ("folder", "classes"): folder,
    ("folder", "splits"): folder_splits,
    ("csv", "parts"): manifest,
    ("huggingface", "disk"): huggingface,
    ("synthetic", "made"): synthetic,
}


@contextmanager
def a_folder_of_others() -> Iterator[tuple[Path, Callable[[str], None]]]:
    """A folder, and what closes one in it to this process, whoever runs that."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    closed: list[Path] = []

    def close(name: str) -> None:
        closed.append(folder / name)
        closed[-1].chmod(0)
        if os.geteuid() == 0:
            os.seteuid(NOBODY)

    try:
        yield folder, close
    finally:
        os.seteuid(os.getuid())
        for one in closed:
            one.chmod(0o755)
        shutil.rmtree(folder)
