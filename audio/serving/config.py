"""What an endpoint takes and allows: every parameter, declared once."""

from dataclasses import dataclass

from audio.events.config import EventConfig
from audio.parameters.parameter import Group

LIMITS, COMPUTING = Group("Limits"), Group("Computing")


@dataclass
class ServeConfig(EventConfig):
    """An endpoint's limits, and the parameters of its events."""

    megabytes: float = LIMITS(25.0, "of an upload at the most", 0.001, 100_000, unit="MB")
    longest: float = LIMITS(600.0, "of sound in an upload at the most", 0.1, unit="s")
    seconds: float = LIMITS(
        30.0, "that an upload may take, its answer, and the next message of a stream", 0.1, 86_400, unit="s"
    )
    waiting: int = LIMITS(64, "requests that are heard or wait for it at the most", 1, 10_000)
    streams: int = LIMITS(16, "streams at the same time at the most", 0, 10_000)
    connections: int = LIMITS(500, "connections at the same time at the most", 16, 60_000)
    drain: float = LIMITS(30.0, "that requests have to end after SIGTERM", 0, 86_400, unit="s")
    at_once: int = COMPUTING(4, "requests that are decoded and prepared at the same time", 1, 256)
    batch: int = COMPUTING(16, "windows of all requests that are computed together at the most", 1, 4096)
    threads: int = COMPUTING(1, "of the CPU that compute a batch; 0: as many as help", 0, 4096)
    look: float = COMPUTING(2.0, "between two looks for a newer model", 0.1, 86_400, unit="s")
