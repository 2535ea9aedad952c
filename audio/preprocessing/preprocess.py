"""Recordings to a clip store: decode, mix to one channel, resample once, in parallel processes, resumable.

Clips are written in the data set's order whatever the number of workers, so that the same input gives the same
bytes. A run that was killed goes on where it stood, unless the input or the settings changed since.
"""

import json
import math
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from audio.clips.identity import parts_of
from audio.clips.store import MANIFEST, ClipStore, finish_store
from audio.config import PreprocessConfig
from audio.datasets import Clip, DataSet
from audio.errors import DatasetError, StoreError
from audio.io.decoding import Prepared
from audio.preprocessing.drawn_split import draw_split
from audio.preprocessing.folds import draw_folds
from audio.preprocessing.journal import JOURNAL, Journal
from audio.preprocessing.listing import clip_ids, fingerprint, left_out, preparation_of, read_clips
from audio.preprocessing.workers import Part, prepare_all

FEW = 48  # clips below which starting processes costs more than it saves


@dataclass
class PreprocessReport:
    """What a preprocessing run did."""

    folder: Path  # of the store
    clips: int  # stored
    seconds: float  # of sound stored
    sample_rate: int  # Hz
    classes: list[str]
    per_class: dict[str, int]  # clips of each class
    per_fold: dict[int, int]  # clips of each fold; empty when there are none
    skipped: list[tuple[str, str]] = field(default_factory=list)  # (path, reason)
    noted: list[tuple[str, str]] = field(default_factory=list)  # (clip, what a person should know of it)
    left_out: list[tuple[str, str]] = field(
        default_factory=list
    )  # (sound that is no clip of the set, reason)
    others: dict[str, int] = field(default_factory=dict)  # files that are no sound, by suffix
    reused: int = 0  # clips taken over from an interrupted run or an earlier store
    elapsed: float = 0.0  # s
    dataset: dict[str, Any] = field(default_factory=dict)  # name, title, licence, homepage of the data set
    drawn: dict[str, Any] = field(
        default_factory=dict
    )  # how folds were drawn (`draw_folds`); empty: they were not
    flatters: str = ""  # what makes figures on its split too good (`draw_split`); empty: nothing known

    @property
    def clips_per_second(self) -> float:
        return (self.clips - self.reused) / max(self.elapsed, 1e-9)


def preprocess(
    config: PreprocessConfig,
    out_dir: str | Path,
    *,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    reuse_from: str | Path | None = None,
) -> PreprocessReport:
    """Write the clip store of `config.dataset` into `out_dir` and tell what was done.

    `progress(done, total)` is called after every clip; None draws a bar on stderr. `workers` overrides
    `config.workers`. Files that cannot be read or are empty are skipped and listed. A killed run
    continues where it stood; so does one that `should_stop` ended, which raises InterruptedError. Raises
    DatasetError (unknown set, wrong folder, nothing readable) and StoreError (disk full, not writable).

    `reuse_from` is an earlier store of the same data set: what has the same content, start and end is taken over from
    it without decoding, when the settings are the same, and folds that it has drawn stay.
    """
    started = time.monotonic()
    out = Path(out_dir).absolute()  # workers run in another folder
    if config.note:
        print(f"note: {config.note}", flush=True)
    dataset, root, clips = read_clips(config, out)
    count = workers if workers is not None else config.workers or os.cpu_count() or 1
    earlier = ClipStore.open(reuse_from) if reuse_from is not None else None
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / MANIFEST).unlink(missing_ok=True)
        with Journal(out, fingerprint(clips, config)) as journal:
            reused = len(journal.entries)
            names = clip_ids(clips, root)
            reused += _decode_rest(journal, clips, earlier, config, count, progress, should_stop)
            index, skipped = tabulate(clips, journal.entries, names, config.sample_rate)
            _refuse_nothing(index, skipped, root)
            several = dataset.multi_label or any(len(clip.labels) != 1 for clip in clips)
            manifest = _manifest(dataset, config, index, skipped, several)
            if config.split == "own":
                index, manifest["folds"] = draw_folds(index, several, config.seed, config.folds, earlier)
            else:
                index, manifest["split"] = draw_split(index, several, config.seed, config.split)
            finish_store(out, index, manifest)
        (out / JOURNAL).unlink()
    except InterruptedError:
        raise
    except OSError as error:
        free = shutil.disk_usage(out if out.exists() else out.parent).free / 2**20
        raise StoreError(
            f"The clip store in {out} could not be written: {error.strerror or error} ({free:.0f} MiB free). "
            "Make room or choose another folder, then run again; it continues where it stood."
        ) from error
    report = _report(out, index, skipped, manifest, reused, time.monotonic() - started)
    report.left_out, report.others = left_out(dataset, root, clips, config.where)
    return report


def _reusable(earlier: ClipStore | None, config: PreprocessConfig) -> dict[Part, str]:
    """The clips that an earlier store made with the same settings, by the content and the part of their file."""
    if earlier is None or earlier.manifest.get("preparation") != preparation_of(config):
        return {}
    if not earlier.manifest.get("clipping"):  # which was not measured in the files then
        return {}
    parts = zip(parts_of(earlier.index), earlier.index["clip"], strict=True)
    return {part: str(clip) for part, clip in parts if part}


def _decode_rest(
    journal: Journal,
    clips: list[Clip],
    earlier: ClipStore | None,
    config: PreprocessConfig,
    workers: int,
    progress: Callable[[int, int], None] | None,
    should_stop: Callable[[], bool],
) -> int:
    """Decode the clips that the journal lacks, and add them to it. Returns how many `earlier` had already."""
    rest = range(len(journal.entries), len(clips))
    reusable = _reusable(earlier, config)
    common = preparation_of(config)
    common["trim_db"] = common["trim_db"] if common.pop("trim_silence") else None
    common["scratch"] = str(journal.folder)
    del common["sound"]

    def job(i: int) -> dict[str, Any]:
        clip = clips[i]
        return {"path": str(clip.path), "start": clip.start, "end": clip.end, **common}

    taken = 0
    with tqdm(total=len(clips), initial=rest.start, unit=" clips", disable=progress is not None) as bar:
        answers = prepare_all(map(job, rest), 1 if len(rest) < FEW else workers, reusable.keys())
        for i, answer in zip(rest, answers, strict=True):
            if isinstance(answer, Prepared) and answer.known and earlier:
                answer = earlier.prepared(reusable[answer.content, clips[i].start, clips[i].end])
                taken += 1
            journal.add(answer)
            bar.update()
            if progress:
                progress(len(journal.entries), len(clips))
            if should_stop():
                raise InterruptedError(f"stopped after {len(journal.entries)} of {len(clips)} clips")
    return taken


def tabulate(
    clips: list[Clip], entries: list[dict[str, Any]], names: list[str], sample_rate: int
) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """The index table of the clips that were stored, and the skipped ones with their reasons."""
    rows, skipped, offset = [], [], 0
    for clip, name, entry in zip(clips, names, entries, strict=True):
        frames = int(entry["frames"])
        if "reason" in entry:
            skipped.append((name, entry["reason"]))
            continue
        row = {
            "clip": name,
            "label": "|".join(clip.labels),
            "fold": clip.fold,
            "split": clip.split,
            "offset": offset,
            "frames": frames,
            "duration": frames / sample_rate,
            "source": clip.source,
            "content": entry["content"],
            "start": clip.start,
            "end": math.inf if clip.end is None else clip.end,
            "scale": entry["scale"],
            "notes": "; ".join(entry.get("notes", ())),
            "columns": json.dumps(dict(clip.columns), ensure_ascii=False),
        }
        rows.append(row)
        offset += frames
    return pd.DataFrame(rows), skipped


def _refuse_nothing(index: pd.DataFrame, skipped: list[tuple[str, str]], root: Path) -> None:
    if len(index) == 0:
        name, reason = skipped[0]
        raise DatasetError(
            f"None of the {len(skipped)} files in {root} could be read; the first, {name}, {reason}."
        )


def _manifest(
    dataset: DataSet,
    config: PreprocessConfig,
    index: pd.DataFrame,
    skipped: list[tuple[str, str]],
    multi: bool,
) -> dict[str, Any]:
    labels = index["label"].str.split("|").explode() if multi else index["label"]
    about = {k: getattr(dataset, k) for k in ("name", "title", "licence", "homepage")}
    return {
        "sample_rate": config.sample_rate,
        "classes": sorted(set(labels) - {""}),
        "multi_label": multi,
        "clips": len(index),
        "preparation": preparation_of(config),
        "clipping": True,  # was measured in the files; the notes tell
        "dataset": about,
        "skipped": skipped,
        "folds": {},
        "split": {},
    }


def _report(
    out: Path,
    index: pd.DataFrame,
    skipped: list[tuple[str, str]],
    manifest: dict[str, Any],
    reused: int,
    elapsed: float,
) -> PreprocessReport:
    classes = manifest["classes"]
    labels = index["label"].str.split("|").explode() if manifest["multi_label"] else index["label"]
    counts = Counter(labels)
    folds = Counter(int(f) for f in index["fold"] if f > 0)
    return PreprocessReport(
        folder=out,
        clips=len(index),
        seconds=float(index["duration"].sum()),
        sample_rate=manifest["sample_rate"],
        classes=classes,
        per_class={name: counts[name] for name in classes},
        per_fold=dict(sorted(folds.items())),
        skipped=skipped,
        noted=[(clip, note) for clip, note in zip(index["clip"], index["notes"], strict=True) if note],
        reused=reused,
        elapsed=elapsed,
        dataset=manifest["dataset"],
        drawn=manifest["folds"],
        flatters=manifest["split"].get("flatters", ""),
    )
