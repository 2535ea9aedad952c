"""What is wrong with a data set: duplicates, leaks across splits, silence, clipping, odd durations.

Duplicates are found in three steps, so that thousands of clips take seconds: equal samples by hash;
likely pairs by the cosine of a coarse log-mel picture; and for these the peak of the normalised
cross-correlation of the waveforms, which another file format, another level or a shift do not hide.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from audio.clips import Strip
from audio.decoding import fit
from audio.frontend import LogMel
from audio.store import ClipStore

LIKELY = 0.97  # cosine of coarse pictures from which a pair is looked at
PAIRS = 10  # likely pairs a clip that are looked at, in a set where all clips look alike
SAME = 0.95  # correlation of waveforms from which a pair is the same recording
SILENT_DBFS = -60.0
CLIPPED_SHARE = 0.001  # of samples in runs at the clip's own extremes
DEPTH = 9.2  # nats below the loudest spot (40 dB) that a coarse picture shows
STEP = 1.5 / 32768  # a step of 16 bits, and rounding: what still counts as the same extreme
FAINT = 1000 / 32768  # 30 dB below full scale: a plateau below it is quantisation, not clipping
LONG = 1 << 22  # samples that are looked at together; a longer clip is seen in such pieces
RUN = 3  # samples in a row at the extreme that count as clipped
PICTURE = (32, 24)  # bands and frames of the coarse picture
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
    with one_thread():
        return _inspect(store, progress)


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one CPU thread: clips are too short to share out, which costs several times the work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _inspect(store: ClipStore, progress: Callable[[int, int], None] | None) -> Inspection:
    findings = odd_durations(store)
    pictures = np.zeros((len(store), PICTURE[0] * PICTURE[1]), np.float32)
    by_content: dict[str, list[str]] = {}
    layer = LogMel(store.sample_rate, n_mels=PICTURE[0])
    with tqdm(total=len(store), unit=" clips", disable=progress is not None) as bar:
        for i, clip in enumerate(store.index["clip"]):
            look = Look(layer, int(store.index["frames"].iloc[i]))
            for piece in store.pieces(clip, LONG):
                look.at(piece)
            by_content.setdefault(look.content, []).append(clip)
            pictures[i] = look.picture
            notes = [note for note in store.index["notes"].iloc[i].split("; ") if note]
            findings += [(kind, clip, "", detail) for kind, detail in [*map(_noted, notes), *look.faults()]]
            bar.update()
            if progress:
                progress(i + 1, len(store))
    same = {pair for clips in by_content.values() for pair in combinations(clips, 2)}
    findings += [_pair(store, a, b, "duplicate", "the same samples") for a, b in sorted(same)]
    findings += near_duplicates(store, pictures, same)
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

    def __init__(self, layer: LogMel, num_samples: int) -> None:
        self._layer, self._num_samples = layer, num_samples
        self._digest = hashlib.blake2b(digest_size=16)
        self._strip = Strip(num_samples, 1)
        self._levels: list[np.ndarray] = []  # of the parts of the picture, each (bands, frames)
        self._clipped = Clipped()

    def at(self, piece: np.ndarray) -> None:
        self._digest.update(piece.tobytes())
        self._strip.add(piece)
        self._clipped.add(piece)
        share = (
            max(1, round(PICTURE[1] * len(piece) / self._num_samples))
            if self._num_samples > LONG
            else PICTURE[1]
        )
        mel = self._layer(torch.from_numpy(piece.copy())[None])
        self._levels.append(F.adaptive_avg_pool2d(mel, (PICTURE[0], share))[0, 0].numpy())

    @property
    def content(self) -> str:
        """A hash of the samples."""
        return self._digest.hexdigest()

    @property
    def picture(self) -> np.ndarray:
        """A small log-mel picture, level and mean removed, of unit length: `(bands · frames,)`."""
        whole = torch.from_numpy(np.concatenate(self._levels, axis=1))[None]
        mel = (
            F.adaptive_avg_pool2d(whole, PICTURE).flatten()
            if whole.shape[2] != PICTURE[1]
            else whole.flatten()
        )
        mel = mel.clamp_min(mel.max() - DEPTH)
        mel = mel - mel.mean()
        return (mel / mel.norm().clamp_min(1e-6)).numpy()

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong with the samples: kinds with details."""
        level = self._strip.loudness
        if level < SILENT_DBFS:
            return [("silent", f"{level:.0f} dBFS")]
        share = self._clipped.share
        return [("clipped", f"{share:.1%} of the samples")] if share > CLIPPED_SHARE else []


class Clipped:
    """Counts samples in runs of three or more at a clip's own largest or smallest value, piece by piece."""

    def __init__(self) -> None:
        self._peak, self._held, self._seen = 0.0, 0, 0

    def add(self, piece: np.ndarray) -> None:
        level = np.abs(piece)
        peak = float(level.max(initial=0.0))
        self._seen += len(piece)
        if peak > self._peak + STEP:
            self._peak, self._held = peak, 0
        if self._peak < FAINT or peak < self._peak - STEP:
            return
        at_peak = level >= self._peak - STEP
        edges = np.flatnonzero(np.diff(np.concatenate([[0], at_peak.view(np.int8), [0]])))
        runs = edges[1::2] - edges[::2]
        self._held += int(runs[runs >= RUN].sum())

    @property
    def share(self) -> float:
        """Of all samples."""
        return self._held / max(1, self._seen)


def near_duplicates(store: ClipStore, pictures: np.ndarray, known: set[tuple[str, str]]) -> list[Finding]:
    """Pairs that sound the same without having the same samples."""
    found = []
    names = list(store.index["clip"])
    for a, b in likely_pairs(torch.from_numpy(pictures)):
        if (names[a], names[b]) in known:
            continue
        alike = correlation(*(beginning(store, names[i]) for i in (a, b)))
        if alike >= SAME:
            found.append(_pair(store, names[a], names[b], "near duplicate", f"correlation {alike:.3f}"))
    return found


def beginning(store: ClipStore, clip: str) -> np.ndarray:
    """A clip, or as much of it as is looked at together, float32 `(num_samples,)`."""
    return next(store.pieces(clip, LONG), np.empty(0, np.float32))


def likely_pairs(pictures: Tensor, chunk: int = 1024) -> list[tuple[int, int]]:
    """Positions of pictures whose cosine is high, the lower first; the most alike ones where there are very many."""
    pairs: list[tuple[float, int, int]] = []
    for start in range(0, len(pictures), chunk):
        alike = pictures[start : start + chunk] @ pictures.T
        for a, b in (alike >= LIKELY).nonzero().tolist():
            if start + a < b:
                pairs.append((float(alike[a, b]), start + a, b))
    most = PAIRS * len(pictures)
    return [(a, b) for _, a, b in (pairs if len(pairs) <= most else sorted(pairs, reverse=True)[:most])]


def correlation(one: np.ndarray, two: np.ndarray) -> float:
    """Largest normalised cross-correlation of two waveforms over all shifts, 0 to 1."""
    one, two = (
        w[: len(w) // 4 * 4].reshape(-1, 4).sum(1, dtype=np.float32) for w in (one, two)
    )  # a quarter is enough
    frames = 2 * max(len(one), len(two))
    a, b = (torch.from_numpy(fit(w, frames, "zero")) for w in (one, two))
    size = 1 << (frames - 1).bit_length()
    product = torch.fft.rfft(a, size) * torch.fft.rfft(b, size).conj()
    scale = (a.norm() * b.norm()).clamp_min(1e-9)
    return float(torch.fft.irfft(product, size).abs().max() / scale)


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
