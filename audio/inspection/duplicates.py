"""Clips that share their sound: found by their landmarks, and confirmed by the correlation of their waveforms.

Landmarks that two clips have in common vote for the time by which one is moved against the other, which takes a look at
each clip and not at each pair. What has votes enough is confirmed by `likeness`, and over a longer time by `coherence`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from audio.inspection.coherence import agree
from audio.inspection.landmarks import Landmarks
from audio.inspection.likeness import correlation

VOTES = 4  # landmarks in common, moved by the same time, from which a pair is looked at
PARTNERS = 10  # pairs of a clip that are looked at, those with the most votes
NEIGHBOURS = (
    10  # landmarks of one number that are held against each other; a sound that is in all clips has more
)
MOST = 6_000_000  # landmarks that vote; of more only a part does, the same of each clip
PLACES = (
    0.5,
    0.15,
    0.85,
)  # of the landmarks that agree, around which is compared: one of two may be edited in between
SHIFTS = 3  # by which a pair is tried, those with the most votes; sounds that repeat themselves have several
REACH = 4  # frames around such a shift in which the waveforms' own is looked for
COMPARED = 1 << 15  # samples that are compared
LONGER = 3.0  # s in which what seems to be a copy has to agree


@dataclass(frozen=True)
class Copy:
    """Two clips with the same sound."""

    first: int  # position of a clip
    second: int  # of another, behind it
    shift: float  # s from the start of the first to the same sound's in the second
    alike: float  # correlation, 0 to 1


def copies(
    found: list[Landmarks], hop: int, sample_rate: int, samples: Callable[[int, int, int], np.ndarray]
) -> list[Copy]:
    """Pairs of clips with the same sound, by their landmarks in frames of `hop` samples.

    `samples(clip, start, end)` gives a part of a clip's waveform, float32, as much of it as there is.
    """
    pairs = []
    for first, second in likely_pairs(found):
        for near, move in _where(found[first], found[second]):
            window = _window((first, second), near * hop, move * hop, samples)
            alike, lag = correlation(*window, REACH * hop, sample_rate)
            shift, longer = move * hop + lag, round(LONGER * sample_rate)
            if alike and agree(*_window((first, second), near * hop, shift, samples, longer), sample_rate):
                pairs.append(Copy(first, second, shift / sample_rate, alike))
                break
    return pairs


def likely_pairs(found: list[Landmarks]) -> list[tuple[int, int]]:
    """Positions of clips whose landmarks agree on a shift, the lower one first."""
    hashes = np.concatenate([one.hashes for one in found]) if found else np.empty(0, np.int64)
    clips = np.repeat(np.arange(len(found)), [len(one.hashes) for one in found])
    times = np.concatenate([one.times for one in found]) if found else hashes
    if len(hashes) > MOST:
        some = hashes * 2654435761 % 2**31 % -(-len(hashes) // MOST) == 0
        hashes, clips, times = hashes[some], clips[some], times[some]
    order = np.argsort(hashes, kind="stable")
    first, second, votes = _votes(hashes[order], clips[order], times[order], len(found))
    return _most_voted(first, second, votes)


def _votes(
    hashes: np.ndarray, clips: np.ndarray, times: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of clips and the most votes that they have for one shift, by landmarks sorted by hash and clip."""
    longest = int(times.max(initial=0)) + 2
    keys = [np.empty(0, np.int64)]
    for behind in range(1, NEIGHBOURS + 1):
        same = np.flatnonzero((hashes[behind:] == hashes[:-behind]) & (clips[behind:] != clips[:-behind]))
        a, b = clips[same], clips[same + behind]
        keys.append((a * count + b) * 2 * longest + times[same + behind] - times[same] + longest)
    shifts, votes = np.unique(np.concatenate(keys), return_counts=True)
    beside = np.flatnonzero(np.diff(shifts) == 1)  # a shift that is no whole number of frames votes for two
    votes[beside] += votes[beside + 1]
    kept = votes >= VOTES
    pairs, votes = shifts[kept] // (2 * longest), votes[kept]
    order = np.lexsort((-votes, pairs))
    pairs, best = np.unique(pairs[order], return_index=True)
    return pairs // max(1, count), pairs % max(1, count), votes[order][best]


def _most_voted(first: np.ndarray, second: np.ndarray, votes: np.ndarray) -> list[tuple[int, int]]:
    """Of each clip the pairs with the most votes, in order."""
    seen: Counter[int] = Counter()
    kept = []
    for i in np.argsort(-votes, kind="stable").tolist():
        a, b = int(first[i]), int(second[i])
        if seen[a] < PARTNERS or seen[b] < PARTNERS:
            kept.append((a, b))
            seen.update((a, b))
    return sorted(kept)


def _where(one: Landmarks, two: Landmarks) -> Iterator[tuple[int, int]]:
    """The shifts with the most votes: the frame in the first clip around which the landmarks are that agree on it, and
    by how many frames they are moved in the second.
    """
    order = np.argsort(two.hashes, kind="stable")
    hashes, times = two.hashes[order], two.times[order]
    low, high = (np.searchsorted(hashes, one.hashes, side) for side in ("left", "right"))
    count = high - low
    mine = np.repeat(np.arange(len(count)), count)
    theirs = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    moved = times[theirs] - one.times[mine]
    least = int(moved.min())
    votes = np.bincount(moved - least, minlength=2)
    votes = votes[:-1] + votes[1:]  # a shift that is no whole number of frames votes for two
    most = votes.max()
    for _ in range(SHIFTS):
        move = int(votes.argmax())
        if votes[move] < max(VOTES, most / 2):
            return
        agreeing = one.times[mine][(moved - least == move) | (moved - least == move + 1)]
        yield from ((int(near), move + least) for near in np.quantile(agreeing, PLACES))
        votes[max(0, move - REACH) : move + REACH + 1] = 0


def _window(
    pair: tuple[int, int],
    near: int,
    move: int,
    samples: Callable[[int, int, int], np.ndarray],
    size: int = COMPARED,
) -> tuple[np.ndarray, np.ndarray]:
    """What is compared of two clips: around `near` samples in the first, moved by `move` in the second."""
    start = max(0, -move, near - size // 2)
    one, two = _both(pair, start, start + size, move, samples)
    if len(one) < size:  # one of them ends there: as much before it as there is
        end = start + len(one)
        one, two = _both(pair, max(0, -move, end - size), end, move, samples)
    return one, two


def _both(
    pair: tuple[int, int], start: int, end: int, move: int, samples: Callable[[int, int, int], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    one, two = samples(pair[0], start, end), samples(pair[1], start + move, end + move)
    size = min(len(one), len(two))
    return one[:size], two[:size]
