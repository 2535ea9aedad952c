"""Several channels to one: the mean, or for surround sound the usual coefficients (ITU-R BS.775)."""

import numpy as np

SIDE = (
    0.5**0.5
)  # -3 dB: of the centre in each front channel, and of a surround channel in the front one beside it
WEIGHTS = {  # of a speaker in the mono mix, before they are made to add up to one
    **dict.fromkeys(("FL", "FR"), 0.5),
    "FC": SIDE,
    "LFE": 0.0,
    **dict.fromkeys(("BL", "BR", "SL", "SR"), 0.5 * SIDE),
    "BC": 0.5,
}
WAVE = {  # speakers by the number of channels, as WAV, FLAC and most others order them
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}
VORBIS = {  # as Ogg Vorbis and Opus order them
    5: ("FL", "FC", "FR", "BL", "BR"),
    6: ("FL", "FC", "FR", "BL", "BR", "LFE"),
    7: ("FL", "FC", "FR", "SL", "SR", "BC", "LFE"),
    8: ("FL", "FC", "FR", "SL", "SR", "BL", "BR", "LFE"),
}
Speakers = tuple[str, ...]


def to_mono(samples: np.ndarray, speakers: Speakers = ()) -> np.ndarray:
    """`(frames, channels)` → `(frames,)`: weighted where `speakers` names each channel (FL, FR, FC, …), else the mean.

    The weights add up to one, so that the mix of what is in full scale is; the subwoofer's channel is left out.
    """
    channels = samples.shape[1]
    if channels == 1:
        return samples[:, 0]
    if len(speakers) != channels or channels <= 2 or not set(speakers) <= WEIGHTS.keys():
        return np.asarray(samples.mean(axis=1))
    weights = np.array([WEIGHTS[name] for name in speakers], samples.dtype)
    return np.asarray(samples @ (weights / weights.sum()))
