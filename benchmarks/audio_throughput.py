"""Speed of the data path and of a training epoch, against the way tutorials write them.

    python -m benchmarks.audio_throughput --data PATH               # folder in ESC-10's layout
    python -m benchmarks.audio_throughput                           # the built-in synthetic sounds

The tutorials' way (GTZAN and UrbanSound8K scripts): for every item and every epoch decode the file, build a
`MelSpectrogram(n_fft=2048, hop_length=640, n_mels=128)`, take its raw power, repeat it to three channels, pool it to
224 × 224, and train a ResNet-18 with Adam in batches of 16. Ours: the clip store, the batched front end, features
kept on a CPU, the default small network with all its augmentation. Both sides run here in one process, one thread,
warm; what is compared is CPU time a clip. On a
CPU training takes its features from memory ("kept"); "computed" is the path that a data set too large for that takes.
"""

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import soundfile
import torch
import torchaudio
import torchvision
from torch.nn import functional as F

from audio.clips.store import ClipStore
from audio.command_line import CommandLine
from audio.config import PreprocessConfig, TrainConfig
from audio.distributed import build_engine
from audio.preprocessing.preprocess import preprocess
from audio.reporting.writers import NullWriter
from audio.training.trainer import Training

RESULTS = Path(__file__).parent / "results"


def tutorial_item(path: Path) -> torch.Tensor:
    """One item as the tutorials make it: `(3, 224, 224)`."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    wave = torch.from_numpy(samples.mean(1))[None]
    mel = torchaudio.transforms.MelSpectrogram(rate, n_fft=2048, hop_length=640, n_mels=128)(wave)
    return F.adaptive_avg_pool2d(mel, (224, 224)).repeat(3, 1, 1)


def tutorial_epoch(paths: list[Path], classes: int, batch: int = 16) -> Callable[[], None]:
    """An epoch of the tutorials' training over `paths`."""
    model = torchvision.models.resnet18(num_classes=classes).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)

    def epoch() -> None:
        for start in range(0, len(paths) - batch + 1, batch):
            items = torch.stack([tutorial_item(path) for path in paths[start : start + batch]])
            loss = F.cross_entropy(model(items), torch.arange(batch) % classes)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def cost(work: Callable[[], Any], clips: int, rounds: int) -> float:
    """CPU seconds a clip: the best of `rounds`, after one for warming up."""
    work()
    times = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times) / clips


def measure(store: ClipStore, paths: list[Path], rounds: int) -> dict[str, float]:
    """CPU seconds a clip of every path, both sides."""
    few = paths[:64]
    ours = Training(
        TrainConfig(threads=1, validation="none", debug_samples_every=0, device="cpu"),
        store, Path(tempfile.gettempdir()), NullWriter(), build_engine("cpu"),
    )  # fmt: skip
    size = len(ours.feed.waves)
    everything = torch.arange(min(size, 128))
    batches = everything.split(ours.config.batch_size)  # as training draws them
    epoch = ours.batches * ours.config.batch_size
    return {
        "data: decode and transform every item": cost(
            lambda: [tutorial_item(p) for p in few], len(few), rounds
        ),
        "data: clip store, batched log-mel": cost(
            lambda: [ours.model.features(ours.feed.waves.gather(part)) for part in batches],
            len(everything),
            rounds,
        ),
        "data: kept features, all augmentation": cost(
            lambda: draw(ours, everything), len(everything), rounds
        ),
        "epoch: tutorial's, ResNet-18": cost(
            tutorial_epoch(few, len(store.classes)), len(few) // 16 * 16, max(1, rounds // 3)
        ),
        "epoch: ours, small network, all augmentation": cost(
            lambda: ours.run_epoch(lambda: False), epoch, rounds
        ),
    }


def draw(run: Training, indices: torch.Tensor) -> None:
    """Batches as training draws them."""
    random = torch.Generator().manual_seed(0)
    for part in indices.split(run.config.batch_size):
        run.feed.batch(part, random, random)


def cpu_name() -> str:
    """What the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")


def main() -> None:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="", help="folder in ESC-10's layout; empty: synthetic sounds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "throughput-cpu.json")
    args = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        config = PreprocessConfig(dataset="esc10" if args.data else "synthetic", data=args.data)
        report = preprocess(config, Path(folder) / "store", progress=lambda done, total: None)
        store = ClipStore.open(Path(folder) / "store")
        root = Path(args.data) if args.data else Path(folder) / "store-recordings"
        costs = measure(store, [root / clip for clip in store.index["clip"]], args.rounds)
    rows = list(costs.items())
    for name, seconds in rows:
        print(f"{name:48} {1000 * seconds:9.3f} ms a clip {1 / seconds:9.0f} clips/s a core")
    item, mel, kept, theirs, ours = costs.values()
    ratios = {"data path, features computed": item / mel, "data path, features kept": item / kept}
    ratios["epoch"] = theirs / ours
    for name, ratio in ratios.items():
        print(f"{name:48} {ratio:9.1f} times as fast as the tutorials' way")
    result = {
        "device": cpu_name(),
        "torch": torch.__version__,
        "clips": report.clips,
        "cpu_ms_a_clip": {name: round(1000 * seconds, 4) for name, seconds in rows},
        "ratios": {name: round(ratio, 1) for name, ratio in ratios.items()},
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
