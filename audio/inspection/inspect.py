"""What is wrong with a data set: duplicates, leaks across splits, silence, clipping, odd durations.

Equal samples are found by hash; the same sound at another level, in another format, with noise or from another start by
landmarks, confirmed by the correlation of the waveforms (`audio.inspection.duplicates`).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from tqdm import tqdm

from audio.clips.store import ClipStore
from audio.clips.table import Strip
from audio.devices import on_threads
from audio.inspection.duplicates import copies
from audio.inspection.landmarks import Landmarks, landmarks, sizes
from audio.io.clipping import CLIPPED_SHARE, Clipped
from audio.io.decoding import to_float

SILENT_DBFS = -60.0
LONG = 1 << 21  # samples that are looked at together; a longer clip is seen in such pieces
Finding = tuple[str, str, str, str]  # kind, clip, other, detail
COLUMNS = ["kind", "clip", "other", "detail"]


@dataclass
class Inspection:
    """What was found: `findings` has a row each, with `kind`, `clip`, `other` (clip or empty) and
    `detail`.
    """

    clips: int
    findings: pd.DataFrame

    def counts(self) -> dict[str, int]:
        """Findings of each kind, most frequent first."""
        return {str(kind): int(n) for kind, n in self.findings["kind"].value_counts().items()}


def inspect(store: ClipStore, *, progress: Callable[[int, int], None] | None = None) -> Inspection:
    """Look through every clip of a store. `progress(done, total)` as clips are read; None draws a bar on stderr.

    Kinds: `duplicate` (same samples), `near duplicate` (same sound), `same sound, other label`, `leak` (the same
    sound or the same source on two sides of the folds or splits), `silent`, `clipped`, `odd duration`, and what was
    noted when the clip was decoded: `truncated`, `channels cancel`, `DC offset`, `above full scale`.
    """
    with on_threads(1):  # clips are too short to share out, which costs several times the work
        return _inspect(store, progress)


def _inspect(store: ClipStore, progress: Callable[[int, int], None] | None) -> Inspection:
    findings = odd_durations(store)
    marked: list[Landmarks] = []
    by_content: dict[str, list[str]] = {}
    with tqdm(total=len(store), unit=" clips", disable=progress is not None) as bar:
        for i, clip in enumerate(store.index["clip"]):
            look = Look(store.sample_rate, int(store.index["frames"].iloc[i]), measures_clipping(store))
            for piece in store.pieces(clip, LONG):
                look.at(piece)
            by_content.setdefault(look.content, []).append(clip)
            marked.append(look.landmarks)
            notes = [note for note in store.index["notes"].iloc[i].split("; ") if note]
            findings += [(kind, clip, "", detail) for kind, detail in [*map(_noted, notes), *look.faults()]]
            bar.update()
            if progress:
                progress(i + 1, len(store))
    same = {pair for clips in by_content.values() for pair in combinations(clips, 2)}
    findings += [_pair(store, a, b, "duplicate", "the same samples") for a, b in sorted(same)]
    findings += near_duplicates(store, marked, same)
    findings += shared_sources(store)
    return Inspection(len(store), pd.DataFrame(findings, columns=COLUMNS))


def odd_durations(store: ClipStore) -> list[Finding]:
    """Clips whose duration is off by more than a tenth, where four of five agree on one."""
    durations = store.index["duration"]
    typical = float(durations.median())
    if ((durations - typical).abs() < 0.01 * typical).mean() < 0.8:
        return []
    odd = durations[(durations - typical).abs() > 0.1 * typical]
    return [("odd duration", str(c), "", f"{s:.2f} s; most have {typical:.2f} s") for c, s in odd.items()]


def _noted(note: str) -> tuple[str, str]:
    """Kind and detail of what preprocessing noted: `truncated: 3.20 s of 5.00 s are there`."""
    kind, _, detail = note.partition(": ")
    return kind, detail


class Look:
    """One clip, looked at piece by piece (float32 in -1..1): what it holds, its coarse picture, its faults."""

    def __init__(self, sample_rate: int, num_samples: int, clipping: bool) -> None:
        self._sample_rate, self._frames = sample_rate, 0
        self._digest = hashlib.blake2b(digest_size=16)
        self._strip = Strip(num_samples, 1)
        self._marked: list[Landmarks] = []
        self._clipped = Clipped() if clipping else None

    def at(self, piece: np.ndarray) -> None:
        self._digest.update(piece.tobytes())
        self._strip.add(piece)
        if self._clipped:
            self._clipped.add(piece)
        found = landmarks(piece, self._sample_rate)
        self._marked.append(Landmarks(found.hashes, found.times + self._frames))
        self._frames += len(piece) // sizes(self._sample_rate)[1]

    @property
    def content(self) -> str:
        """A hash of the samples."""
        return self._digest.hexdigest()

    @property
    def landmarks(self) -> Landmarks:
        """Those of all pieces; of a silent clip none, since one silence is like another."""
        heard = self._marked if self._strip.loudness >= SILENT_DBFS else []
        hashes, times = (
            np.concatenate([np.empty(0, np.int64), *arrays])
            for arrays in ([one.hashes for one in heard], [one.times for one in heard])
        )
        return Landmarks(hashes, times)

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong with the samples: kinds with details."""
        level = self._strip.loudness
        if level < SILENT_DBFS:
            return [("silent", f"{level:.0f} dBFS")]
        share = self._clipped.share if self._clipped else 0.0
        return [("clipped", f"{share:.1%} of the samples")] if share > CLIPPED_SHARE else []


def near_duplicates(store: ClipStore, marked: list[Landmarks], known: set[tuple[str, str]]) -> list[Finding]:
    """Pairs that share their sound without having the same samples; `marked` are the landmarks of each clip."""
    found, names = [], list(store.index["clip"])

    def samples(clip: int, start: int, end: int) -> np.ndarray:
        return to_float(store.pcm(names[clip])[max(0, start) : max(0, end)], store.scale(names[clip]))

    for copy in copies(marked, sizes(store.sample_rate)[1], store.sample_rate, samples):
        pair = names[copy.first], names[copy.second]
        if pair not in known:
            late = f", {abs(copy.shift):.3f} s {'later' if copy.shift > 0 else 'earlier'} in the second"
            moved = late if abs(copy.shift) >= 0.0005 else ""
            found.append(_pair(store, *pair, "near duplicate", f"correlation {copy.alike:.2f}{moved}"))
    return found


def measures_clipping(store: ClipStore) -> bool:
    """Whether clipping has to be looked for in the stored samples: it was not, in the file's own, by an old version."""
    return not store.manifest.get("clipping")


def sides(store: ClipStore, clip: str) -> str:
    """The fold or the split of a clip, in words."""
    row = store.index.loc[clip]
    return f"fold {row['fold']}" if row["fold"] else str(row["split"])


def _pair(store: ClipStore, one: str, two: str, kind: str, detail: str) -> Finding:
    """The finding for two clips of one sound: a leak when they are on two sides, else what was found."""
    labels = store.index.loc[one, "label"], store.index.loc[two, "label"]
    where = sides(store, one), sides(store, two)
    if where[0] != where[1]:
        return "leak", one, two, f"{detail}; {where[0]} and {where[1]}"
    if labels[0] != labels[1]:
        return "same sound, other label", one, two, f"{detail}; {labels[0]} and {labels[1]}"
    return kind, one, two, detail


def shared_sources(store: ClipStore) -> list[Finding]:
    """A finding for every source recording whose clips lie on two sides."""
    found = []
    for source, rows in store.index.groupby("source", sort=False):
        by_side: dict[str, str] = {}
        for clip in rows["clip"]:
            by_side.setdefault(sides(store, clip), clip)
        if len(by_side) > 1:
            one, two, *_ = by_side.values()
            found.append(("leak", one, two, f"source {source} is in {' and '.join(sorted(by_side))}"))
    return found
