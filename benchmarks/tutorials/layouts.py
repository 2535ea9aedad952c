"""ESC-10 laid out as the tutorials' sets are: copies under their names, in their folders, with their tables.

    python -m benchmarks.tutorials.layouts gtzan PATH laid-out/gtzan

The sounds stay those of ESC-10, so that `blues` is a dog. Clips of one recording stay together where a layout says so:
in a fold of UrbanSound8K, in a folder of NSynth. GTZAN's names and YESNO's can't.
"""

import argparse
import csv
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from audio.command_line import CommandLine
from audio.datasets.public.gtzan import GENRES

FAMILIES = ("bass", "brass", "flute", "guitar", "keyboard", "mallet", "organ", "reed", "string", "vocal")
NOTHING = "There are no class folders with .ogg files in {folder}: it should be a folder of ESC-10 ('001 - Dog bark')."


def recordings(folder: Path, each: int = 40) -> list[list[Path]]:
    """Of every class so many clips, those of different recordings first. Raises SystemExit when it is no ESC-10."""
    classes = [one for one in sorted(folder.iterdir()) if any(one.glob("*.ogg"))] if folder.is_dir() else []
    if len(classes) != len(FAMILIES):
        raise SystemExit(f"error: {NOTHING.format(folder=folder)}")
    return [_chosen(sorted(one.glob("*.ogg")), each) for one in classes]


def _chosen(files: Sequence[Path], each: int) -> list[Path]:
    """The first clip of every recording, then the second ones, and so on."""
    seen: dict[str, int] = {}
    ranks = {}
    for file in files:
        ranks[file] = seen.get(_source(file), 0)
        seen[_source(file)] = ranks[file] + 1
    return sorted(files, key=lambda file: (ranks[file], file.name))[:each]


def _source(file: Path) -> str:
    """The recording that a clip is from: `1-100032-A.ogg` is of 100032."""
    return file.name.split("-")[1]


def _in_turn(files: Sequence[Path], parts: int) -> dict[Path, int]:
    """Clip → a part, 0 to `parts` − 1, the same for the clips of one recording."""
    sources = list(dict.fromkeys(_source(file) for file in files))
    return {file: sources.index(_source(file)) % parts for file in files}


def gtzan(root: Path, clips: list[list[Path]]) -> None:
    """`genres_original/blues/blues.00000.ogg`."""
    for genre, files in zip(sorted(GENRES), clips, strict=True):
        for number, file in enumerate(files):
            _copy(file, root / "genres_original" / genre / f"{genre}.{number:05}.ogg")


def urbansound8k(root: Path, clips: list[list[Path]]) -> None:
    """`audio/fold1/1-100032-A.ogg`, and `metadata/UrbanSound8K.csv`; a recording is in one of the ten folds."""
    rows: list[list[object]] = [
        ["slice_file_name", "fsID", "start", "end", "salience", "fold", "classID", "class"]
    ]
    for label, files in enumerate(clips):
        for file, part in _in_turn(files, 10).items():
            _copy(file, root / "audio" / f"fold{part + 1}" / file.name)
            rows.append([file.name, _source(file), 0, 5, 1, part + 1, label, f"class_{label}"])
    (root / "metadata").mkdir(parents=True, exist_ok=True)
    with (root / "metadata" / "UrbanSound8K.csv").open("w", newline="") as table:
        csv.writer(table).writerows(rows)


def nsynth(root: Path, clips: list[list[Path]]) -> None:
    """`nsynth-train/audio/bass_acoustic_000-060-100.ogg`: eight of ten recordings to train on, and electronic ones."""
    for family, files in zip(FAMILIES, clips, strict=True):
        instruments: dict[str, int] = {}
        for number, (file, part) in enumerate(_in_turn(files, 10).items()):
            folder = root / f"nsynth-{'train' if part < 8 else 'valid' if part == 8 else 'test'}" / "audio"
            instrument = instruments.setdefault(_source(file), len(instruments))
            for source in ("acoustic", "electronic"):
                _copy(file, folder / f"{family}_{source}_{instrument:03}-{number % 128:03}-100.ogg")


def yesno(root: Path, clips: list[list[Path]]) -> None:
    """`waves_yesno/0_1_…_1.ogg`: sixty clips under sixty patterns of eight words, which say nothing of the sound."""
    everything = [file for files in zip(*clips, strict=False) for file in files][:60]
    for number, file in enumerate(everything):
        said = "_".join(str((number * 37 + 11) % 256 >> bit & 1) for bit in range(8))
        _copy(file, root / "waves_yesno" / f"{said}.ogg")


def folder(root: Path, clips: list[list[Path]]) -> None:
    """`dog_bark/1-100032-A.ogg`: a folder for each class."""
    for files in clips:
        for file in files:
            _copy(file, root / file.parent.name.partition(" - ")[2].lower().replace(" ", "_") / file.name)


LAYOUTS: dict[str, Callable[[Path, list[list[Path]]], None]] = {
    "gtzan": gtzan,
    "urbansound8k": urbansound8k,
    "nsynth": nsynth,
    "yesno": yesno,
    "folder": folder,
}


def _copy(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)


def main() -> None:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("layout", choices=LAYOUTS, help="whose")
    parser.add_argument("source", type=Path, help="folder of ESC-10, with a folder for each class")
    parser.add_argument("folder", type=Path, help="that is made")
    parser.add_argument("--each", type=int, default=40, help="clips of each class")
    args = parser.parse_args()
    if args.folder.exists() and any(args.folder.iterdir()):
        raise SystemExit(f"error: {args.folder} is there already, and holds something: name another.")
    chosen = recordings(args.source, args.each)
    LAYOUTS[args.layout](args.folder, chosen)
    print(f"{args.folder}: {sum(map(len, chosen))} clips of ESC-10 laid out as {args.layout}")


if __name__ == "__main__":
    main()
