"""Good files with awkward samples: rates, lengths, levels, numbers that are none, channels that cancel."""

from functools import partial

import numpy as np

from .contract import Awkward, encoded, holding, tone
from .damage import rated


def floats(sound: np.ndarray, rate: int = 8000, subtype: str = "FLOAT") -> bytes:
    return encoded(sound, rate, subtype=subtype)


def stereo(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.stack([left, right], 1)


def with_one(value: float) -> np.ndarray:
    """A tone in which one sample has this value."""
    sound = tone()
    sound[500] = value
    return sound


def few(count: int) -> bytes:
    """A sound of so many samples."""
    return encoded(tone()[1 : count + 1])


RATES = (100, 1000, 4000, 11025, 12345, 37800, 192000, 384000, 768000)
READ = {
    **{f"{rate} Hz.wav": partial(rated, rate) for rate in RATES},
    **{f"{db} dB.wav": partial(floats, tone() * 10 ** (db / 20)) for db in (-60, -90, -120, -200, 20, 60)},
    "denormal.wav": partial(floats, tone() * 1e-310, subtype="DOUBLE"),
    "silence.wav": lambda: encoded(np.zeros(800)),
    "minus nought.wav": lambda: floats(np.full(800, -0.0)),
    "in units of 16 bits.wav": partial(floats, tone() * 32768),
    "offset alone.wav": lambda: encoded(np.full(800, 0.25)),
    "offset.wav": lambda: encoded(0.3 + 0.3 * tone()),
    "opposite.wav": lambda: encoded(stereo(tone(), -tone())),
    "one side.wav": lambda: encoded(stereo(tone(), 0 * tone())),
    "full scale.wav": lambda: encoded(np.sign(tone()) * 0.99999),
    **{f"{count} samples.wav": partial(few, count) for count in (1, 2, 3, 7, 255, 256, 257)},
}  # fmt: skip
SKIPPED = {
    "no number.wav": (partial(floats, with_one(np.nan)), "NaN"),
    "endless.wav": (partial(floats, with_one(np.inf)), "infinite"),
    "far above full scale.wav": (partial(floats, tone() * 1e30, subtype="DOUBLE"), "full scale"),
    "beyond single precision.wav": (partial(floats, tone() * 1e60, subtype="DOUBLE"), "infinite"),
    "too few for its rate.wav": (lambda: encoded(tone()[1:2], 44100), ""),
}

FILES = [
    *(Awkward(f"samples/{name}".encode(), holding(make)) for name, make in READ.items()),
    *(
        Awkward(f"samples/{name}".encode(), holding(make), "either", says)
        for name, (make, says) in SKIPPED.items()
    ),
    Awkward(b"samples/1 Hz.wav", holding(partial(rated, 1)), "either"),
    Awkward(b"samples/2 GHz.wav", holding(partial(rated, 2**31 - 1)), "either"),
]
