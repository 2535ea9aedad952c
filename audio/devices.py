"""Where and with which precision to compute."""

import contextlib
import os
from collections.abc import Iterator

import torch
from torch import nn

from audio.config import TrainConfig
from audio.errors import ConfigError

HALVES = {"bf16": torch.bfloat16, "fp16": torch.float16}  # what autocast computes in
SMALL = 1_000_000  # parameters below which more CPU threads cost more than they bring


def pick_device(name: str) -> torch.device:
    """The device of that name, `auto` being the first GPU if there is one. Raises ConfigError."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device="cpu" if device.type == "cuda" else device).numpy(force=True)  # is it there?
    except (RuntimeError, AssertionError, ImportError) as error:
        raise ConfigError(f"device is {name!r}; it can be auto, cpu, cuda or cuda:N.") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        found = torch.cuda.device_count()
        raise ConfigError(f"device is {name!r}, but torch finds {found} CUDA devices here. Use auto or cpu.")
    return device


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bfloat16 is faster than float32: tensor cores, or AVX-512 BF16 / AMX instructions."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    checks = (
        getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )
    return device.type == "cpu" and any(check() for check in checks if check)


def prepare_device(device: torch.device, config: TrainConfig, processes: int = 1) -> None:
    """Set torch up for a training: threads, and whether its operations must give the same result every time."""
    if config.threads:
        torch.set_num_threads(config.threads)
    elif processes > 1 and device.type == "cpu":
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // processes))
    if config.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS reads it when it is first used
    torch.use_deterministic_algorithms(config.deterministic)
    torch.backends.cudnn.benchmark = not config.deterministic  # all batches have one shape


def spare_threads(model: nn.Module, threads: int = 0) -> int:
    """How many CPU threads suit a model: one for a small one on a CPU, unless `threads` says how many.

    Its operations are too short to share out: measured on two cores with other work on them, a second thread made an
    epoch of the small network five times as long, and its inference twenty times.
    """
    parameters = list(model.parameters())
    on_cpu = all(p.device.type == "cpu" for p in parameters)
    small = on_cpu and sum(p.numel() for p in parameters) < SMALL
    return threads or (1 if small else torch.get_num_threads())


@contextlib.contextmanager
def restored() -> Iterator[None]:
    """Whatever is set of torch inside is afterwards as it was: a training must not slow down who called it."""
    benchmark, deterministic = torch.backends.cudnn.benchmark, torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    with on_threads(torch.get_num_threads()):
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
            torch.backends.cudnn.benchmark = benchmark


@contextlib.contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Torch on so many CPU threads.

    It is around every batch that is heard, so it touches nothing else: what sets determinism imports torch's compiler.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextlib.contextmanager
def computing(device: torch.device, precision: str) -> Iterator[None]:
    """Compute in `precision`: fp32 in all of its digits, bf16 or fp16.

    A GPU's convolutions take 10 bits of float32 (TF32) by default; here they are what they are called.
    """
    kept = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = kept and precision != "fp32"
    try:
        with (
            torch.autocast(device.type, HALVES[precision])
            if precision in HALVES
            else contextlib.nullcontext()
        ):
            yield
    finally:
        torch.backends.cudnn.allow_tf32 = kept
