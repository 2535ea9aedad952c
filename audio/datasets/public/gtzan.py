"""GTZAN: a thousand half-minute excerpts in ten genres. No official split, and faults that flatter random ones.

B. L. Sturm, "The GTZAN dataset: Its contents, its faults, …", arXiv:1306.1461, counts exact replicas, artists on both
sides and wrong labels. `gtzan` therefore takes the fault-filtered split (443 training, 197 validation, 290 test
excerpts; Kereliuk, Sturm and Larsen 2015), whose lists come with torchaudio. `gtzan-random` keeps all files and draws
stratified folds, as many tutorials do: its figures are higher and not comparable. `jazz.00054.wav` is corrupt in the
copy most people have; it is skipped like any other unreadable file.
"""

from functools import cache, partial
from pathlib import Path

from audio.datasets.contract import Archive, Clip, DataSet, audio_files, unlike

LAYOUT = "a folder a genre (blues/blues.00000.wav), at the top, in genres/ or in genres_original/"
GENRES = {"blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"}
FILTERED = 930  # excerpts of the fault-filtered lists


def read(filtered: bool, root: Path, seed: int) -> list[Clip]:
    """The excerpts by genre; only those of the fault-filtered lists, with their split, when `filtered`."""
    clips = []
    for path in audio_files(root):
        if path.parent.name not in GENRES or not path.stem.startswith(path.parent.name):
            continue
        split = filtered_splits().get(path.stem, "") if filtered else ""
        if split or not filtered:
            clips.append(Clip(path, (path.parent.name,), split=split, source=path.stem))
    if not clips:
        raise unlike(root, "GTZAN", LAYOUT)
    return clips


@cache
def filtered_splits() -> dict[str, str]:
    """The split of each excerpt of the fault-filtered lists, by its name."""
    from torchaudio.datasets import gtzan as lists  # seconds to import, and few need it

    return {
        **dict.fromkeys(lists.filtered_train, "train"),
        **dict.fromkeys(lists.filtered_valid, "validation"),
        **dict.fromkeys(lists.filtered_test, "test"),
    }


def _describe(name: str, title: str, filtered: bool) -> DataSet:
    archive = Archive(
        "http://opihi.cs.uvic.ca/sound/genres.tar.gz",
        "sha256:24347e0223d2ba798e0a558c4c172d9d4a19c00bb7963fe055d183dadb4ef2c6",
        "genres",
    )
    reader = partial(read, filtered)
    clips = FILTERED if filtered else 1000
    return DataSet(
        name,
        title,
        reader,
        LAYOUT,
        homepage="http://marsyas.info",
        clips=clips,
        classes=10,
        archives=(archive,),
    )


GTZAN = _describe("gtzan", "GTZAN, fault-filtered split", filtered=True)
GTZAN_RANDOM = _describe("gtzan-random", "GTZAN, drawn folds", filtered=False)
