"""Clipping: how much of a waveform lies flat at its own largest or smallest value, as what was cut off there does.

It is measured in the file's own samples, channel by channel: resampling makes waves of the flat tops, and the mean of
two channels is flat only where both are.
"""

import numpy as np

CLIPPED_SHARE = 0.001  # of samples in runs at the extremes, from which it is told
STEP = 1.5 / 32768  # a step of 16 bits, and rounding: what still counts as the same extreme
FAINT = 1000 / 32768  # 30 dB below full scale: a plateau below it is quantisation, not clipping
RUN = 3  # samples in a row at the extreme that count as clipped
DROP = 4 / 32768  # from a flat top to the sample beside it; the top of a slow wave is round


class Clipped:
    """Counts samples in runs of three or more at a channel's own largest or smallest value, piece by piece."""

    def __init__(self) -> None:
        self._peaks = {1: 0.0, -1: 0.0}  # of either sign: an offset moves both
        self._held = {1: 0, -1: 0}
        self._seen = 0

    def add(self, piece: np.ndarray) -> None:
        """A further piece, float32 `(num_samples,)`."""
        self._seen += len(piece)
        for sign in self._peaks:
            self._look(piece, sign)

    def _look(self, piece: np.ndarray, sign: int) -> None:
        peak = float((sign * piece).max(initial=0.0))
        if peak > self._peaks[sign] + STEP:
            self._peaks[sign], self._held[sign] = peak, 0
        if self._peaks[sign] < FAINT or peak < self._peaks[sign] - STEP:
            return
        at_peak = sign * piece >= self._peaks[sign] - STEP
        if np.count_nonzero(at_peak) >= RUN:
            self._held[sign] += _flat(sign * piece, at_peak)

    @property
    def share(self) -> float:
        """Of all samples."""
        return sum(self._held.values()) / max(1, self._seen)


def _flat(level: np.ndarray, at_peak: np.ndarray) -> int:
    """Samples in runs at the peak that are long enough, and cut off: what lies beside them is far below."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], at_peak.view(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    outside = np.concatenate(
        [[-np.inf], level, [-np.inf]]
    )  # what is before the piece, and behind it, is not known
    beside = np.minimum(outside[starts], outside[ends + 1])
    kept = (ends - starts >= RUN) & (beside < level.max() - DROP)
    return int((ends - starts)[kept].sum())
