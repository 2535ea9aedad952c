"""Each tutorial's presets on ESC-10 in the layout of its set, as written and as it should be, without weights.

    python -m benchmarks.tutorials --data PATH                       # those of the pages, with few epochs
    python -m benchmarks.tutorials --data PATH --only mel16k-cnn --epochs 10

Random weights and few epochs are less than a tutorial has: what is compared is one preset with the other. Of each the
held-out clips have Wilson's interval. What is done is written after every preset; a second call goes on from there.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from audio import presets
from audio.clips.store import ClipStore
from audio.command_line import CommandLine
from audio.config import EvaluateConfig
from audio.evaluation.evaluate import evaluate
from audio.metrics.statistics import wilson
from audio.preprocessing.preprocess import preprocess
from audio.training.train import train
from benchmarks.tutorials import layouts

RESULTS = Path(__file__).parent.parent / "results" / "tutorials.json"
WRITTEN = "-as-written"
SECONDS = 5.0  # of a clip of ESC-10
EPOCHS = {  # of each pair: few enough for a CPU
    "urbansound8k-resnet18": 5,
    "gtzan-resnet18": 3,
    "mel16k-cnn": 10,
    "mel16k-crnn": 10,
    "mel16k-transformer": 10,
    "nsynth-resnet18": 10,
}


def measure(name: str, data: Path, epochs: int, seed: int) -> dict[str, Any]:
    """Preprocess, train and evaluate one preset, on the notes and the fold of the tutorial."""
    preset, written = presets.find(name), presets.find(f"{name.removesuffix(WRITTEN)}{WRITTEN}")
    changed: dict[str, Any] = {
        "pretrained": False,
        "epochs": epochs,
        "threads": 1,
        "seed": seed,
        "debug_samples_every": 0,
    }
    if presets.find(name).preprocess["dataset"] == "urbansound8k":
        changed["fold"] = written.train["fold"]
    if preset.train.get(
        "clip_seconds"
    ):  # as long as those of the set; these are shorter, and silence is no music
        changed["clip_seconds"] = SECONDS
    config = preset.train_config(**changed, debug_batch=0)
    preprocessing = preset.preprocess_config(data=str(data), where=written.preprocess_config().where)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        preprocess(preprocessing, store, progress=lambda *_: None)
        clips = ClipStore.open(store)
        started = time.process_time()
        result = train(config, clips, checkpoint_dir=Path(folder) / "out", progress=lambda *_: None)
        seconds = time.process_time() - started
        found = evaluate(result.model_path, clips, EvaluateConfig(threads=1))
    return {
        "preset": name,
        "seed": seed,
        "epochs": epochs,
        "clips": len(found.clips),
        "accuracy": round(found.accuracy, 4),
        "interval": [round(one, 4) for one in wilson(found.accuracy, len(found.clips))],
        "loss": round(float(found.loss), 4),
        "cpu_seconds": round(seconds),
    }


def main() -> None:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of ESC-10")
    parser.add_argument(
        "--only", choices=EPOCHS, nargs="*", default=[*EPOCHS], help="presets; all by default"
    )
    parser.add_argument("--epochs", type=int, help="another number than the usual few")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--each", type=int, default=40, help="clips of each class")
    parser.add_argument("--out", type=Path, default=RESULTS, help="result file")
    args = parser.parse_args()
    torch.set_num_threads(1)
    runs: list[dict[str, Any]] = json.loads(args.out.read_text())["runs"] if args.out.exists() else []
    done = {(run["preset"], run["seed"], run["epochs"]) for run in runs}
    clips = layouts.recordings(args.data, args.each)
    for name in args.only:
        for full, seed in ((f"{name}{end}", seed) for seed in args.seeds for end in (WRITTEN, "")):
            epochs = args.epochs or EPOCHS[name]
            if (full, seed, epochs) in done:
                continue
            with tempfile.TemporaryDirectory() as folder:
                layout = name.split("-")[0] if name.split("-")[0] in layouts.LAYOUTS else "folder"
                layouts.LAYOUTS[layout](Path(folder), clips)
                runs.append(measure(full, Path(folder), epochs, seed))
            print(*(f"{key} {value}" for key, value in runs[-1].items()), flush=True)
            args.out.write_text(json.dumps({"clips a class": args.each, "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
