"""Accuracy on a data set's official folds, from scratch, on a fixed schedule: nothing is chosen on a test fold.

    python -m benchmarks.audio_accuracy --preset esc10 --data PATH --jobs 2                # five folds, three seeds
    python -m benchmarks.audio_accuracy --preset esc10 --data PATH --seeds 0 --epochs 20   # a quick look

Each fold is held out in turn, a model is trained on the others for a number of epochs that is set beforehand, and the
weights of the last epoch are evaluated: once as the clips are, and once with the answers averaged over the speeds that
training drew from, which is reported beside it. What is done is written after every fold; a second call goes on from
there. With ``--jobs`` that many folds are trained at a time, each in a process of its own. CPU time is that of
training and plain evaluation together.
"""

import argparse
import json
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from functools import partial
from itertools import product
from multiprocessing import get_context, resource_tracker
from multiprocessing.pool import Pool
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import torch

from audio import interruption, presets
from audio.clips.store import ClipStore
from audio.command_line import CommandLine
from audio.config import EvaluateConfig, PreprocessConfig, TrainConfig
from audio.evaluation.evaluate import evaluate
from audio.preprocessing.preprocess import preprocess
from audio.training.train import train

RESULTS = Path(__file__).parent / "results"
PRINTED = ("seed", "fold", "accuracy", "cpu_seconds")


def arguments() -> argparse.Namespace:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="esc10", choices=presets.names(), help="the recipe")
    parser.add_argument(
        "--dataset", help="name in the registry of audio.datasets; that of the preset by default"
    )
    parser.add_argument("--data", default="", help="folder of the recordings")
    parser.add_argument("--folds", type=int, nargs="*", help="held-out folds; all by default")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--model", help="another than the preset's")
    parser.add_argument(
        "--members", type=int, help="networks trained side by side, if not as many as the preset says"
    )
    parser.add_argument("--epochs", type=int, help="another number than the preset's")
    parser.add_argument(
        "--threads", type=int, default=1, help="CPU threads of a fold; with one, CPU time is work done"
    )
    parser.add_argument("--jobs", type=int, default=1, help="folds trained at a time, a process for each")
    parser.add_argument("--out", type=Path, help="result file; benchmarks/results/accuracy-PRESET.json")
    return parser.parse_args()


def one_fold(store_path: Path, config: TrainConfig) -> dict[str, Any]:
    """Train with ``config.fold`` held out, evaluate on it."""
    torch.set_num_threads(config.threads)
    store = ClipStore.open(store_path)
    cpu, wall = time.process_time(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        result = train(config, store, checkpoint_dir=folder, progress=lambda *scalars: None)
        settings = EvaluateConfig(threads=config.threads)
        found = evaluate(result.model_path, store, settings)
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
        at_speeds = evaluate(result.model_path, store, replace(settings, speeds=list(config.speeds)))
    return {
        "fold": config.fold,
        "seed": config.seed,
        "accuracy": found.accuracy,
        "macro_f1": found.macro_f1,
        "accuracy_at_speeds": at_speeds.accuracy,
        "confusion": found.confusion.tolist(),
        "cpu_seconds": round(cpu, 1),
        "wall_seconds": round(wall, 1),
    }


def summarise(runs: list[dict[str, Any]], classes: list[str]) -> dict[str, Any]:
    """Mean and spread over seeds (each the mean of its folds) and over folds, and the per-class table."""
    by_seed, by_fold = defaultdict(list), defaultdict(list)
    for run in runs:
        by_seed[run["seed"]].append(run["accuracy"])
        by_fold[run["fold"]].append(run["accuracy"])
    seeds = [float(np.mean(values)) for values in by_seed.values()]
    folds = {fold: round(float(np.mean(values)), 4) for fold, values in sorted(by_fold.items())}
    at_speeds = [run["accuracy_at_speeds"] for run in runs if "accuracy_at_speeds" in run]
    confusion = np.sum([run["confusion"] for run in runs], axis=0)
    hits = np.diag(confusion)
    recall, precision = hits / np.maximum(confusion.sum(1), 1), hits / np.maximum(confusion.sum(0), 1)
    return {
        "mean": round(float(np.mean(seeds)), 4),
        "spread_over_seeds": round(float(np.std(seeds, ddof=1)), 4) if len(seeds) > 1 else None,
        "mean_at_speeds": round(float(np.mean(at_speeds)), 4) if len(at_speeds) == len(runs) else None,
        "by_seed": {seed: round(float(np.mean(values)), 4) for seed, values in sorted(by_seed.items())},
        "by_fold": folds,
        "spread_over_folds": round(float(np.std(list(folds.values()), ddof=1)), 4)
        if len(folds) > 1
        else None,
        "cpu_seconds_a_fold": round(float(np.mean([run["cpu_seconds"] for run in runs])), 1),
        "per_class": {
            name: {"recall": round(float(r), 3), "precision": round(float(p), 3)}
            for name, r, p in zip(classes, recall, precision, strict=True)
        },
    }


def recipe(args: argparse.Namespace) -> tuple[PreprocessConfig, TrainConfig]:
    """The preset's two configurations, with what the command line changes."""
    preset = presets.find(args.preset)
    changed = {name: getattr(args, name) for name in ("model", "members", "epochs") if getattr(args, name)}
    training = preset.train_config(threads=args.threads, validation="none", debug_samples_every=0, **changed)
    dataset = {"dataset": args.dataset} if args.dataset else {}
    return (
        preset.preprocess_config(data=args.data, **dataset),
        replace(training, checkpoint_every=training.epochs),
    )


def _processes(number: int) -> Pool:
    """That train. Ctrl-C is for this process, which ends them."""
    resource_tracker.ensure_running()  # it lets Ctrl-C through again when it is started
    with interruption.unheard():
        return get_context("spawn").Pool(number)


def main() -> None:
    args = arguments()
    out = args.out or RESULTS / f"accuracy-{args.preset}.json"
    preprocessing, training = recipe(args)
    settings = {
        "preset": args.preset,
        "dataset": preprocessing.dataset,
        "model": training.model,
        "members": training.members,
        "epochs": training.epochs,
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        _processes(args.jobs) as processes,
    ):
        path = Path(folder) / "store"
        preprocess(preprocessing, path)
        store = ClipStore.open(path)
        runs = json.loads(out.read_text())["runs"] if out.exists() else []
        done = {(run["seed"], run["fold"]) for run in runs}
        folds = [
            replace(training, fold=fold, seed=seed)
            for seed, fold in product(args.seeds, args.folds or store.folds)
            if (seed, fold) not in done
        ]
        for run in processes.imap_unordered(partial(one_fold, path), folds):
            print(*(f"{name} {run[name]}" for name in PRINTED), flush=True)
            runs = sorted([*runs, run], key=itemgetter("seed", "fold"))
            summary = summarise(runs, store.classes)
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(json.dumps({**settings, "summary": summary, "runs": runs}, indent=1) + "\n")
    print(json.dumps(summarise(runs, store.classes), indent=1))


if __name__ == "__main__":
    main()
