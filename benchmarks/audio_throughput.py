"""Speed of the data path and of a training epoch, against the way tutorials write them.

    python -m benchmarks.audio_throughput --data PATH               # folder in ESC-10's layout
    python -m benchmarks.audio_throughput                           # the built-in synthetic sounds

The tutorials' way (GTZAN and UrbanSound8K scripts): for every item and every epoch decode the file, build a
`MelSpectrogram(n_fft=2048, hop_length=640, n_mels=128)`, take its raw power, repeat it to three channels, pool it to
224 × 224, and train a ResNet-18 with Adam in batches of 16. Ours: the clip store and the batched front end, once at
equal settings (the same rate, transform, bands, pooling, network), and once as we train: the defaults, features kept on
a CPU, the small network with all its augmentation. What is built once, the store and the kept features, counts, spread
over the epochs of the default training. Both sides run here in one process, one thread, warm; what is compared is CPU
time a clip. On a CPU training takes its features from memory ("kept"); "computed" is the path that a data set too large
for that takes.
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
from torch import Tensor
from torch.nn import functional as F

from audio.clips.store import ClipStore
from audio.clips.waves import Waves
from audio.command_line import CommandLine
from audio.config import PreprocessConfig, TrainConfig
from audio.distributed import build_engine
from audio.features.logmel import LogMel
from audio.preprocessing.preprocess import preprocess
from audio.reporting.writers import NullWriter
from audio.training.trainer import Training

RESULTS = Path(__file__).parent / "results"
TUTORIAL = {"n_fft": 2048, "hop_length": 640, "n_mels": 128}  # samples, samples, bands
SIDE, BATCH = 224, 16  # pixels of their pictures, clips of their batches
EPOCHS = TrainConfig().epochs  # that what is built once serves
QUIET = {"progress": lambda done, total: None}

ITEM = "data: tutorials', decode and transform every item"
EQUAL = "data: ours at equal settings, store and batched log-mel"
COMPUTED = "data: ours at its defaults, features computed each time"
KEPT = "data: ours at its defaults, features kept, all augmentation"
STORE, CACHE = "once: building the store", "once: computing the features that are kept"
SPREAD = f"data: ours, features kept, with all that is built once over {EPOCHS} epochs"
THEIRS = "epoch: tutorials', ResNet-18 at 224², fp32"
SAME = "epoch: the same network on our data path at equal settings"
OURS = "epoch: ours, small network, all augmentation"
RATIOS = {  # what is compared: (the tutorials' row, ours)
    "data path, equal settings": (ITEM, EQUAL),
    "data path, features computed": (ITEM, COMPUTED),
    "data path, features kept": (ITEM, KEPT),
    "data path, features kept, with what is built once": (ITEM, SPREAD),
    "epoch, the same network": (THEIRS, SAME),
    "epoch": (THEIRS, OURS),
}


def tutorial_item(path: Path) -> Tensor:
    """One item as the tutorials make it: `(3, 224, 224)`."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    wave = torch.from_numpy(samples.mean(1))[None]
    mel = torchaudio.transforms.MelSpectrogram(rate, **TUTORIAL)(wave)
    return F.adaptive_avg_pool2d(mel, (SIDE, SIDE)).repeat(3, 1, 1)


class EqualPath:
    """Our data path at the tutorials' settings, on a store at the files' own rate with nothing trimmed."""

    def __init__(self, store: ClipStore) -> None:
        rate, size = store.sample_rate, int(store.index["frames"].median())
        self.waves = Waves(store, store.index, size, "loop", torch.device("cpu"))
        self.frontend = LogMel(rate, win_length=TUTORIAL["n_fft"], f_min=0.0, **TUTORIAL)

    def items(self, part: Tensor) -> Tensor:
        """Pictures `(batch, 3, 224, 224)` of some clips, of the logarithm of the same power."""
        features = self.frontend(self.waves.gather(part))
        return F.adaptive_avg_pool2d(features, (SIDE, SIDE)).repeat(1, 3, 1, 1)


def resnet_epoch(items: Callable[[Tensor], Tensor], clips: int, classes: int) -> Callable[[], None]:
    """An epoch of the tutorials' training over so many clips; `items` gives those of some positions."""
    model = torchvision.models.resnet18(num_classes=classes).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)

    def epoch() -> None:
        for part in torch.arange(clips // BATCH * BATCH).split(BATCH):
            loss = F.cross_entropy(model(items(part)), torch.arange(BATCH) % classes)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def cost(work: Callable[[], Any], clips: int, rounds: int) -> float:
    """CPU seconds a clip: the best of `rounds`, after one for warming up."""
    work()
    return min(once(work) for _ in range(rounds)) / clips


def once(work: Callable[[], Any]) -> float:
    """CPU seconds of this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


def measure(store: ClipStore, equal: ClipStore, paths: list[Path], rounds: int) -> dict[str, float]:
    """CPU seconds a clip of every path, both sides; `equal` is the store of the same files for equal settings."""
    few, classes = paths[:64], len(store.classes)
    theirs, same = (
        (lambda part: torch.stack([tutorial_item(few[i]) for i in part.tolist()])),
        EqualPath(equal),
    )
    config = TrainConfig(threads=1, validation="none", debug_samples_every=0, device="cpu")
    ours = Training(config, store, Path(tempfile.gettempdir()), NullWriter(), build_engine("cpu"))
    everything = torch.arange(min(len(ours.feed), 128))
    batches = everything.split(config.batch_size)  # as training draws them
    some, seldom = torch.arange(len(few)), max(1, rounds // 3)
    return {
        ITEM: cost(lambda: theirs(some), len(few), rounds),
        EQUAL: cost(lambda: [same.items(part) for part in some.split(BATCH)], len(few), rounds),
        COMPUTED: cost(
            lambda: [ours.model.features(ours.feed.waves.gather(part)) for part in batches],
            len(everything),
            rounds,
        ),
        KEPT: cost(lambda: draw(ours, everything), len(everything), rounds),
        CACHE: once(lambda: ours.feed.keep(ours.feed.speeds)) / len(ours.feed),
        THEIRS: cost(resnet_epoch(theirs, len(few), classes), len(few) // BATCH * BATCH, seldom),
        SAME: cost(resnet_epoch(same.items, len(few), classes), len(few) // BATCH * BATCH, seldom),
        OURS: cost(lambda: ours.run_epoch(lambda: False), ours.batches * ours.batch_size, rounds),
    }


def draw(run: Training, indices: Tensor) -> None:
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


def stores(data: str, folder: Path) -> tuple[ClipStore, ClipStore, Path, float]:
    """The store of the defaults, that for equal settings, the files' folder, and CPU seconds of building the first."""
    name = "esc10" if data else "synthetic"
    config = PreprocessConfig(dataset=name, data=data)
    spent = once(lambda: preprocess(config, folder / "store", workers=1, **QUIET))
    root = Path(data) if data else folder / "store-recordings"
    store = ClipStore.open(folder / "store")
    rate = soundfile.info(root / store.index["clip"].iloc[0]).samplerate
    whole = PreprocessConfig(dataset=name, data=data, sample_rate=rate, trim_silence=False)
    preprocess(whole, folder / "equal", workers=1, **QUIET)
    return store, ClipStore.open(folder / "equal"), root, spent


def result_of(costs: dict[str, float], clips: int) -> dict[str, Any]:
    """What is written down: milliseconds a clip, and how many times as fast as the tutorials' way."""
    return {
        "device": cpu_name(),
        "torch": torch.__version__,
        "clips": clips,
        "epochs": EPOCHS,
        "cpu_ms_a_clip": {name: round(1000 * seconds, 4) for name, seconds in costs.items()},
        "ratios": {name: round(costs[them] / costs[us], 1) for name, (them, us) in RATIOS.items()},
    }


def main() -> None:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="", help="folder in ESC-10's layout; empty: synthetic sounds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "throughput-cpu.json")
    args = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        store, equal, root, spent = stores(args.data, Path(folder))
        costs = measure(store, equal, [root / clip for clip in equal.index["clip"]], args.rounds)
        clips = len(store)
    costs[STORE] = spent / clips
    costs[SPREAD] = costs[KEPT] + (costs[STORE] + costs[CACHE]) / EPOCHS
    result = result_of(costs, clips)
    for name, seconds in costs.items():
        print(f"{name:76} {1000 * seconds:9.3f} ms a clip {1 / seconds:9.0f} clips/s a core")
    for name, ratio in result["ratios"].items():
        print(f"{name:76} {ratio:9.1f} times as fast as the tutorials' way")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
