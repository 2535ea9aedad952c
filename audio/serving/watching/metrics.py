"""Figures of an endpoint for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

LATENCIES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
WINDOWS = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """One endpoint's; several in one process know nothing of each other."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "soundyard_model_requests", "Requests answered.", ("endpoint", "code"), registry=registry
        )
        self.seconds = Histogram(
            "soundyard_model_request_seconds",
            "From a request's first byte to its answer.",
            ("endpoint",),
            buckets=LATENCIES,
            registry=registry,
        )
        self.batches = Histogram(
            "soundyard_model_batch_windows", "Windows computed together.", buckets=WINDOWS, registry=registry
        )
        self.labels = Counter(
            "soundyard_model_answers", "Answers, by their most probable class.", ("label",), registry=registry
        )
        self.in_flight = Gauge(
            "soundyard_model_requests_in_flight", "Requests at this moment.", registry=registry
        )
        self.streams = Gauge("soundyard_model_streams", "Streams at this moment.", registry=registry)
        self.loads = Counter(
            "soundyard_model_loads",
            "Models that were loaded, or could not be.",
            ("result",),
            registry=registry,
        )
        self.model = Gauge(
            "soundyard_model_info", "The model that answers.", ("digest", "file"), registry=registry
        )
        self.shadow = Counter(
            "soundyard_model_shadow_answers",
            "Answers of the shadow model beside the model's own.",
            ("result",),
            registry=registry,
        )
        self.kept = Counter(
            "soundyard_model_kept", "Requests that were kept as data.", ("result",), registry=registry
        )
        ProcessCollector(registry=registry)

    def text(self) -> bytes:
        """All of them."""
        return generate_latest(self._registry)
