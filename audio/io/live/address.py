"""Sound from an address that FFmpeg knows (HTTP, RTSP, Icecast, HLS, …), through PyAV."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np

from audio.errors import ConfigError
from audio.io.channels import Speakers
from audio.io.reading import Undecodable

SECONDS = 15.0  # that a server may be silent
PATIENT = {"rtsp_transport": "tcp"}  # so that no packet is lost on the way


class Address:
    """An open address, its first sound track."""

    def __init__(self, container: Any) -> None:
        self._container, self._stream = container, container.streams.audio[0]
        self.sample_rate = int(self._stream.rate)
        self.speakers: Speakers = tuple(channel.name for channel in self._stream.layout.channels)

    def blocks(self) -> Iterator[np.ndarray]:
        import av

        resampler = av.AudioResampler(format="fltp")  # the same rate and channels, in floating point
        try:
            for frame in self._container.decode(self._stream):
                for part in resampler.resample(frame):
                    yield part.to_ndarray().T
        except av.FFmpegError as error:
            raise Undecodable(f"breaks off; FFmpeg says: {error.strerror}") from error
        except ValueError as error:  # another rate or number of channels in the middle
            raise Undecodable(f"changes in the middle: {error}") from error


@contextmanager
def opened(address: str) -> Iterator[Address]:
    """Raises ConfigError: PyAV is not installed; Undecodable: nobody answers, or it is no sound."""
    if find_spec("av") is None:
        raise ConfigError("An address is read by the package av, which is not installed: pip install av")
    import av

    options = PATIENT if address.startswith("rtsp") else {}
    try:
        container = av.open(address, options=options, metadata_errors="ignore", timeout=SECONDS)
    except (av.FFmpegError, ValueError) as error:
        raise Undecodable(f"can't be opened; FFmpeg says: {getattr(error, 'strerror', error)}") from error
    with container:
        if not container.streams.audio:
            raise Undecodable("has no sound track")
        yield Address(container)
