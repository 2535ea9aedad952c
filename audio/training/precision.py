"""Which precision trains faster here: measured once for a device and a kind of model, and remembered.

What a processor's flags say is no measure: with instructions for bfloat16, one Xeon trained a small network 24 % slower
in it. So both are tried on a batch, and what was found is kept in `precision.json` of the state folder.

A CPU's bfloat16 is not taken where a filter is laid over a map of one row or column: there oneDNN's gradient of the
weights reads memory that nothing was written to (torch 2.11, processors with AVX-512 BF16; strided and 5 x 5 filters),
and what it learns is chance, or NaN.
"""

import contextlib
import copy
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from audio import folders
from audio.config import TrainConfig
from audio.devices import computing, has_fast_bf16
from audio.models import Classifier

FILE = "precision.json"
CLIPS = 16  # of the batch that is tried, at most
ROUNDS, SECONDS = (2, 6), 4.0  # of both precisions after one to warm up: fewest and most; s that suffice
GAIN = 0.95  # of float32's time: half the digits have to bring something


def choose(config: TrainConfig, model: Classifier, features: Tensor, device: torch.device) -> tuple[str, str]:
    """The precision to train in, and a note when it was measured just now; `auto` is settled here.

    `features` `(batch, channel, band, frame)` are like those that are trained on.
    """
    wanted = config.precision
    if wanted == "fp32" or (wanted == "auto" and not has_fast_bf16(device)):
        return "fp32", ""
    if wanted in ("auto", "bf16") and device.type == "cpu" and meets_single_row(model, features[:1]):
        return "fp32", (
            "note: trains in fp32: these clips are so short that a filter of this network sees a single row or column, "
            "whose gradient in bf16 is wrong on a CPU"
        )
    if wanted != "auto":
        return wanted, ""
    key = _key(config, features, device)
    known = _remembered().get(key)
    if isinstance(known, dict) and known.get("precision") in ("fp32", "bf16"):
        return str(known["precision"]), ""
    times = measure(model, features[:CLIPS], device)
    fastest = "bf16" if times["bf16"] <= GAIN * times["fp32"] else "fp32"
    told = {f"{name}_ms": round(1000 * seconds, 2) for name, seconds in times.items()}
    _remember(key, {"precision": fastest, **told})
    return fastest, (
        f"note: trains in {fastest}: a batch takes {told['bf16_ms']:g} ms in bf16 and {told['fp32_ms']:g} ms in fp32 "
        "here, which is remembered"
    )


def meets_single_row(model: Classifier, features: Tensor) -> bool:
    """Whether any filter wider than one value is laid over a single one, in time or in frequency.

    The model and the random numbers of the training stay as they are.
    """
    tried, found = copy.deepcopy(model).eval(), []

    def look(layer: nn.Module, given: tuple[Tensor, ...]) -> None:
        assert isinstance(layer, nn.Conv1d | nn.Conv2d)
        spans = zip(layer.kernel_size, given[0].shape[2:], strict=True)
        found.append(any(width > 1 and size == 1 for width, size in spans))

    for layer in tried.modules():
        if isinstance(layer, nn.Conv1d | nn.Conv2d):
            layer.register_forward_pre_hook(look)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        tried.classify(features)
    return any(found)


def measure(model: Classifier, features: Tensor, device: torch.device) -> dict[str, float]:
    """Seconds of a forward and a backward pass in fp32 and in bf16: the shortest of several, in turns.

    The model and the random numbers of the training stay as they are.
    """
    tried = copy.deepcopy(model).train()
    found: dict[str, list[float]] = {"fp32": [], "bf16": []}
    began = time.perf_counter()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        for _ in range(ROUNDS[1] + 1):
            for precision, seconds in found.items():
                seconds.append(_pass(tried, features, device, precision))
            if len(seconds) > ROUNDS[0] and time.perf_counter() - began > SECONDS:
                break
    return {precision: min(seconds[1:]) for precision, seconds in found.items()}


def _pass(model: Classifier, features: Tensor, device: torch.device, precision: str) -> float:
    started = _now(device)
    with computing(device, precision):
        loss = model.classify(features).square().mean()
    loss.backward()
    model.zero_grad(set_to_none=True)
    return _now(device) - started


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def _key(config: TrainConfig, features: Tensor, device: torch.device) -> str:
    """What decides: device, threads, torch, model, and the size of what it is given."""
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor()
    size = "x".join(map(str, features.shape[1:]))
    kind = f"{config.members} {config.model} frozen={config.freeze} on {size}, image_size={config.image_size}"
    return f"{where}, {torch.get_num_threads()} threads, torch {torch.__version__}: {kind}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _file() -> Path:
    return folders.state() / FILE


def _remembered() -> dict[str, Any]:
    try:
        found = json.loads(_file().read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _remember(key: str, found: dict[str, Any]) -> None:
    """Kept for the next training; a folder that can't be written costs it another measurement."""
    file = _file()
    half = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        half.write_text(json.dumps({**_remembered(), key: found}, indent=1, ensure_ascii=False))
        half.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            half.unlink(missing_ok=True)
