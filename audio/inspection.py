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

from audio.clips import loudness
from audio.decoding import fit
from audio.frontend import LogMel
from audio.store import ClipStore

LIKELY = 0.97  # cosine of coarse pictures from which a pair is looked at
PAIRS = 10  # likely pairs a clip that are looked at, in a set where all clips look alike
SAME = 0.95  # correlation of waveforms from which a pair is the same recording
SILENT_DBFS = -60.0
CLIPPED_SHARE = 0.001  # of samples in runs at the clip's own extremes
DEPTH = 9.2  # nats below the loudest spot (40 dB) that a coarse picture shows
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
    sound or the same source on two sides of the folds or splits), `silent`, `clipped`, `odd duration`.
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
            wave = store.waveform(clip)
            by_content.setdefault(hashlib.blake2b(wave.tobytes(), digest_size=16).hexdigest(), []).append(
                clip
            )
            pictures[i] = coarse_picture(layer, wave)
            findings += [(kind, clip, "", detail) for kind, detail in faults(wave)]
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


def faults(wave: np.ndarray) -> list[tuple[str, str]]:
    """What is wrong with one clip's samples: kinds with details."""
    level = loudness(wave)
    if level < SILENT_DBFS:
        return [("silent", f"{level:.0f} dBFS")]
    share = clipped_share(wave)
    return [("clipped", f"{share:.1%} of the samples")] if share > CLIPPED_SHARE else []


def clipped_share(wave: np.ndarray) -> float:
    """Share of samples in runs of three or more at the clip's own largest or smallest value."""
    level = np.abs(wave.astype(np.int32))
    peak = level.max(initial=0)
    if peak < 1000:  # 30 dB below full scale: a plateau there is quantisation, not clipping
        return 0.0
    at_peak = level >= peak - 1
    edges = np.flatnonzero(np.diff(np.concatenate([[0], at_peak.view(np.int8), [0]])))
    runs = edges[1::2] - edges[::2]
    return float(runs[runs >= RUN].sum() / len(wave))


def coarse_picture(layer: LogMel, wave: np.ndarray) -> np.ndarray:
    """A small log-mel picture of a clip, level and mean removed, of unit length: `(bands · frames,)`."""
    sound = torch.from_numpy(wave.astype(np.float32) / 32768.0)[None]
    mel = F.adaptive_avg_pool2d(layer(sound), PICTURE).flatten()
    mel = mel.clamp_min(mel.max() - DEPTH)
    mel = mel - mel.mean()
    return (mel / mel.norm().clamp_min(1e-6)).numpy()


def near_duplicates(store: ClipStore, pictures: np.ndarray, known: set[tuple[str, str]]) -> list[Finding]:
    """Pairs that sound the same without having the same samples."""
    found = []
    names = list(store.index["clip"])
    for a, b in likely_pairs(torch.from_numpy(pictures)):
        if (names[a], names[b]) in known:
            continue
        alike = correlation(store.waveform(names[a]), store.waveform(names[b]))
        if alike >= SAME:
            found.append(_pair(store, names[a], names[b], "near duplicate", f"correlation {alike:.3f}"))
    return found


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
