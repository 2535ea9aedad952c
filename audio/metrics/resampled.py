"""The figures of `audio.metrics.scores` for many resamples of the same answers at once.

A resample is a weight for each clip: how often its recording was drawn. scikit-learn takes weights as well, and one
resample at a time: a thousand of two thousand clips of fifty classes take it a minute and a half, and two seconds here.
The tests hold each figure to scikit-learn's with `sample_weight`.
"""

from collections.abc import Iterator

import numpy as np

from audio.metrics.figures import Answers, hit_among

AT_ONCE = 4_000_000  # weights in memory at a time


def resampled(answers: Answers, places: np.ndarray, drawn: np.ndarray) -> dict[str, np.ndarray]:
    """Each figure `(resamples,)` and each class's `(resamples, classes)`, the latter under `class …`.

    `places` is the number of each clip's recording, `drawn` int `(resamples, recordings)`: how often each was drawn.
    NaN where a figure says nothing of a resample.
    """
    parts = [_figures(answers, places, some) for some in _blocks(drawn, len(places))]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _blocks(drawn: np.ndarray, clips: int) -> Iterator[np.ndarray]:
    step = max(1, AT_ONCE // max(1, clips))
    for start in range(0, len(drawn), step):
        yield drawn[start : start + step]


def _figures(answers: Answers, places: np.ndarray, drawn: np.ndarray) -> dict[str, np.ndarray]:
    truth, given = answers.targets, answers.given
    recordings = drawn.shape[1]

    def summed(values: np.ndarray) -> np.ndarray:
        """`(clips, …)` → `(resamples, …)`: sums over the clips that were drawn."""
        by_recording = np.zeros((recordings, *values.shape[1:]))
        np.add.at(by_recording, places, values)
        return drawn @ by_recording

    clips = summed(np.ones(len(places)))
    hits, support, predicted = summed(truth & given), summed(truth), summed(given)
    found = {
        "accuracy": summed((truth == given).all(1)) / clips,
        "balanced_accuracy": _mean(_share(hits, support)),
        "macro_f1": np.nan_to_num(_mean(_share(2 * hits, support + predicted))),
        "micro_f1": np.nan_to_num(_share(2 * hits.sum(1), (support + predicted).sum(1))),
    }
    found |= {f"top{k}": summed(hit_among(answers, k)) / clips for k in (3, 5) if k < len(answers.classes)}
    weights = drawn[:, places].astype(np.float32)
    curves = [
        _areas(truth[:, place], answers.probabilities[:, place], weights) for place in range(truth.shape[1])
    ]
    average_precision, auroc = (np.stack(areas, axis=1) for areas in zip(*curves, strict=True))
    return found | {
        "mean_average_precision": _mean(average_precision),
        "auroc": _mean(auroc),
        "class precision": np.where(support > 0, np.nan_to_num(_share(hits, predicted)), np.nan),
        "class recall": _share(hits, support),
        "class f1": _share(2 * hits, support + predicted),
        "class average_precision": average_precision,
        "class auroc": auroc,
    }


def _areas(truth: np.ndarray, score: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average precision and area under the ROC curve of one class, `(resamples,)` each; NaN where not defined."""
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))  # of clips with the same score
    weighted = weights[:, order]
    found = np.cumsum(weighted * truth[order], axis=1, dtype=np.float64)[:, last]
    others = np.cumsum(weighted * ~truth[order], axis=1, dtype=np.float64)[:, last]
    gained = np.diff(found, axis=1, prepend=0.0)
    precision = np.nan_to_num(_share(found, found + others))
    average_precision = _share((gained * precision).sum(1), found[:, -1])
    lost = np.diff(others, axis=1, prepend=0.0)
    auroc = _share((lost * (found - gained / 2)).sum(1), found[:, -1] * others[:, -1])
    return average_precision, auroc


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """NaN where there is no whole."""
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)


def _mean(values: np.ndarray) -> np.ndarray:
    """Of each resample over its classes, `(resamples,)`; NaN where no class has a value."""
    there = ~np.isnan(values)
    return _share(np.where(there, values, 0.0).sum(1), there.sum(1))
