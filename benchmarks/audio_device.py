"""How busy training keeps its device when everything runs there: gathering, augmentation, features and network.

    python -m benchmarks.audio_device                               # on a GPU where there is one, else on the CPU
    python -m benchmarks.audio_device --data PATH --models resnet18 cnn14 --batch 256
    python -m benchmarks.audio_device --quick                       # half a minute on a CPU

Whole epochs of the real training loop, as `store_on_device=on` and `feature_cache=off` run it, in bf16 where that is
fast. On a GPU "busy" is the share of wall time in which it ran a kernel or a copy, from the profiler; without one the
same loop runs on one CPU thread, "busy" is CPU time over wall time, and the result says so. Written to
`benchmarks/results/device-cuda.json` or `device-cpu.json` with the device's name.
"""

import argparse
import dataclasses
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from audio.clips.store import ClipStore
from audio.command_line import CommandLine
from audio.config import PreprocessConfig, TrainConfig
from audio.devices import has_fast_bf16, pick_device
from audio.distributed import build_engine
from audio.preprocessing.preprocess import preprocess
from audio.reporting.writers import NullWriter
from audio.training.trainer import Training
from benchmarks.audio_throughput import cpu_name

RESULTS = Path(__file__).parent / "results"
ON_A_GPU, ON_A_CPU = ["cnn", "cnn-large", "resnet18", "cnn14"], ["cnn", "resnet18"]
ENOUGH = (
    6400  # clips of an epoch on a GPU: the set is repeated so often that steps outweigh the end of the epoch
)
GOAL = 0.9


def arguments() -> argparse.Namespace:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="*", help="names; a few that fit the device by default")
    parser.add_argument("--data", default="", help="folder in ESC-10's layout; synthetic sounds by default")
    parser.add_argument("--batch", type=int, help="clips of a step; 256 on a GPU, 32 on a CPU")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--quick", action="store_true", help="the small network and 64 clips only")
    parser.add_argument("--out", type=Path, help="result file; benchmarks/results/device-KIND.json")
    return parser.parse_args()


def busy_cpu(work: Callable[[], Any]) -> tuple[float, float]:
    """Share of the wall time that the process computed, and the wall time in seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall = time.perf_counter() - wall
    return (time.process_time() - cpu) / wall, wall


def busy_gpu(work: Callable[[], Any]) -> tuple[float, float]:
    """Share of the wall time in which the GPU ran a kernel or copied, and the wall time in seconds."""
    from torch.profiler import ProfilerActivity, profile

    torch.cuda.synchronize()
    started = time.perf_counter()
    with profile(activities=[ProfilerActivity.CUDA]) as trace:
        work()
        torch.cuda.synchronize()
        wall = time.perf_counter() - started
    spans = sorted(
        (e.time_range.start, e.time_range.end) for e in trace.events() if e.device_type.name == "CUDA"
    )
    return covered(spans) / 1e6 / wall, wall


def covered(spans: list[tuple[float, float]]) -> float:
    """Length that sorted stretches cover together; where they overlap it counts once."""
    total, reached = 0.0, float("-inf")
    for start, end in spans:
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def measure(name: str, store: ClipStore, args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """One model's epoch, after one to warm up."""
    device = pick_device(args.device)
    config = TrainConfig(
        model=name, device=args.device, batch_size=args.batch, threads=1, validation="none",
        feature_cache="off", store_on_device="on", debug_samples_every=0,
    )  # fmt: skip
    run = Training(config, store, folder, NullWriter(), build_engine(args.device))
    clips = run.batches * run.batch_size
    run.run_epoch(lambda: False)
    _, plain = busy_cpu(lambda: run.run_epoch(lambda: False))  # speed without the profiler
    busy, _ = (busy_gpu if device.type == "cuda" else busy_cpu)(lambda: run.run_epoch(lambda: False))
    return {"model": name, "clips_per_second": round(clips / plain, 1), "busy": round(busy, 3)}


def sounds(args: argparse.Namespace, folder: Path, clips: int) -> ClipStore:
    """Five-second clips, repeated up to about that many; fewer when that is what was asked for."""
    dataset = "esc10" if args.data else "synthetic"
    preprocess(
        PreprocessConfig(dataset=dataset, data=args.data, duration=5.0), folder, progress=lambda *done: None
    )
    store = ClipStore.open(folder)
    index = pd.concat([store.index] * max(1, clips // len(store))) if clips else store.index
    return dataclasses.replace(store, index=index.groupby("fold").head(16) if args.quick else index)


def main() -> None:
    args = arguments()
    device = pick_device(args.device)
    gpu = device.type == "cuda"
    models = ["cnn"] if args.quick else args.models or (ON_A_GPU if gpu else ON_A_CPU)
    args.batch = args.batch or (256 if gpu else 32)
    about = {
        "device": torch.cuda.get_device_name(device) if gpu else cpu_name(),
        "busy_is": "kernels and copies on the GPU over wall time"
        if gpu
        else "no GPU here: CPU time over wall time, one thread",
        "torch": torch.__version__,
        "bf16": has_fast_bf16(device),
        "batch": args.batch,
        "sounds": "ESC-10" if args.data else "synthetic",
    }
    print(f"{about['device']}: {about['busy_is']}")
    rows = []
    with tempfile.TemporaryDirectory() as where:
        store = sounds(args, Path(where) / "store", ENOUGH if gpu and not args.quick else 0)
        for name in models:
            rows.append(measure(name, store, args, Path(where)))
            verdict = "above" if rows[-1]["busy"] > GOAL else "below"
            print(
                f"{name:12} {rows[-1]['clips_per_second']:9.1f} clips/s, {rows[-1]['busy']:.1%} busy, {verdict} 90 %"
            )
    out = args.out or RESULTS / f"device-{device.type}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({**about, "models": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
