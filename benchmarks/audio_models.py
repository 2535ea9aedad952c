"""What each model costs: parameters, training and inference a clip, exports.

    python -m benchmarks.audio_models                               # some usual ones
    python -m benchmarks.audio_models --quick                       # a minute: cnn and resnet18, cnn exported
    python -m benchmarks.audio_models --models all --batch 32
    python -m benchmarks.audio_models --models cnn resnet18 --data PATH --device cuda

Clips of five seconds go the whole way of a training step: gather, augmentation, front end, network, optimiser. All in
one process, one CPU thread, warm; a CPU is measured in CPU time, a GPU in wall time with everything computed on it
(`benchmarks.audio_device` tells how busy that keeps it).
Ratios to the small network of the same run are what to trust. Without `--data` the sounds are the synthetic ones.
"""

import argparse
import dataclasses
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from audio.clips.store import ClipStore
from audio.command_line import CommandLine
from audio.config import ExportConfig, PreprocessConfig, TrainConfig
from audio.devices import computing
from audio.distributed import build_engine
from audio.export.export import export
from audio.models import names
from audio.preprocessing.preprocess import preprocess
from audio.reporting.writers import NullWriter
from audio.training.train import train
from audio.training.trainer import Training
from benchmarks.audio_throughput import cpu_name

RESULTS = Path(__file__).parent / "results"
QUICK = ["cnn", "cnn6", "crnn", "mobilenet_v3_small", "resnet18", "transformer", "tutorial-cnn"]
ENCODERS = (
    "onnx",
    "ast",
    "wav2vec2",
    "whisper",
)  # their base sizes take minutes on a CPU; named explicitly they are run


def arguments() -> argparse.Namespace:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="*", default=QUICK, help="names, or all (but Hugging Face's)")
    parser.add_argument("--data", default="", help="folder in ESC-10's layout; synthetic sounds by default")
    parser.add_argument("--batch", type=int, default=16, help="clips of a step")
    parser.add_argument("--steps", type=int, default=3, help="steps measured, after one to warm up")
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--exports", nargs="*", default=["cnn", "resnet18"], help="models whose exports are timed"
    )
    parser.add_argument(
        "--epochs", type=int, default=6, help="trained before exporting, so that answers mean something"
    )
    parser.add_argument(
        "--quick", action="store_true", help="two models, one step each, one of them exported"
    )
    parser.add_argument("--out", type=Path, help="result file; benchmarks/results/models-DEVICE.json")
    args = parser.parse_args()
    if args.quick:
        args.models, args.exports, args.steps, args.epochs = ["cnn", "resnet18"], ["cnn"], 1, 2
    return args


def clock(device: torch.device) -> float:
    """CPU seconds, or wall seconds once the GPU has finished."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        return time.perf_counter()
    return time.process_time()


def milliseconds(work: Callable[[], Any], device: torch.device, steps: int, clips: int) -> float:
    """Milliseconds a clip: the fastest of some calls after one to warm up."""
    work()
    spent = []
    for _ in range(steps):
        started = clock(device)
        work()
        spent.append(clock(device) - started)
    return round(1000 * min(spent) / clips, 3)


def measure(name: str, store: ClipStore, args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """One model's figures."""
    config = TrainConfig(
        model=name,
        batch_size=args.batch,
        validation="none",
        device=args.device,
        threads=1,
        feature_cache="off",
    )
    engine = build_engine(config.device)
    run = Training(config, store, folder, NullWriter(), engine)
    random, dice = run.generators()
    indices = torch.arange(args.batch, device=engine.device) % len(run.feed)

    def learn() -> None:
        features, targets = run.feed.batch(indices, random, dice)
        run.stepper.train_step(features, targets, 1e-4, last=True)

    @torch.no_grad()
    def answer() -> None:
        with computing(engine.device, "fp32"):
            run.model(run.feed.waves.gather(indices))

    run.model.train()
    found = {
        "model": name,
        "parameters_millions": round(sum(p.numel() for p in run.model.parameters()) / 1e6, 2),
        "training_ms_a_clip": milliseconds(learn, engine.device, args.steps, args.batch),
    }
    run.model.eval()
    found["inference_ms_a_clip"] = milliseconds(answer, engine.device, args.steps, args.batch)
    return found


def exports(name: str, store: ClipStore, epochs: int, folder: Path) -> list[dict[str, Any]]:
    """Size, agreement and speed of the files of a model that has learnt something, one held-out clip at a time."""
    config = TrainConfig(model=name, epochs=epochs, validation="none", threads=1, debug_samples_every=0)
    result = train(config, store, checkpoint_dir=folder / name, progress=lambda *scalars: None)
    made = export(result.model_path, folder / name, store, ExportConfig())
    return [{"model": name, **dataclasses.asdict(one), "path": one.path.name} for one in made]


def main() -> None:
    args = arguments()
    torch.set_num_threads(1)
    chosen = [n for n in names() if n not in ENCODERS] if args.models == ["all"] else args.models
    device = torch.cuda.get_device_name() if args.device.startswith("cuda") else cpu_name()
    with tempfile.TemporaryDirectory() as where:
        dataset = "esc10" if args.data else "synthetic"
        settings = PreprocessConfig(dataset=dataset, data=args.data, duration=5.0)
        preprocess(settings, Path(where) / "store", progress=lambda *done: None)
        store = ClipStore.open(Path(where) / "store")
        rows = []
        for name in chosen:
            rows.append(measure(name, store, args, Path(where)))
            rows[-1]["times_the_small_network"] = round(
                rows[-1]["training_ms_a_clip"] / rows[0]["training_ms_a_clip"], 2
            )
            print(json.dumps(rows[-1]), flush=True)
        files = []
        for name in [n for n in args.exports if n in chosen]:
            files += exports(name, store, args.epochs, Path(where))
            print(*(json.dumps(one) for one in files[-3:]), sep="\n", flush=True)
    out = args.out or RESULTS / f"models-{args.device.split(':')[0]}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    about = {"device": device, "torch": torch.__version__, "batch": args.batch, "sounds": dataset}
    out.write_text(json.dumps({**about, "models": rows, "exports": files}, indent=1) + "\n")


if __name__ == "__main__":
    main()
