"""How a preset for quiet and noisy sound holds up, beside another one that brings sound to no loudness.

    python -m benchmarks.audio_robustness --data PATH                           # preset esc10-robust, five folds
    python -m benchmarks.audio_robustness --data PATH --epochs 10 --folds 1     # a quick look

Each fold is held out in turn and evaluated under every condition of `audio.evaluation.disturbances` that is asked for;
the clips of all folds are counted together. Models stay in --folder: a second call goes on from there.
"""

import argparse
import json
import tempfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from audio import presets
from audio.checkpoints import checkpoint as checkpoints
from audio.clips.store import ClipStore
from audio.command_line import CommandLine
from audio.config import DISTURBANCES, EvaluateConfig, TrainConfig, plain
from audio.errors import AudioError
from audio.evaluation.evaluate import evaluate
from audio.preprocessing.preprocess import preprocess
from audio.training.train import train

RESULTS = Path(__file__).parent / "results"
PLAIN: dict[str, Any] = {"loudness": None}
WHERE = ["kind", "series", "degree", "unit"]


def arguments() -> argparse.Namespace:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="esc10-robust", choices=presets.names(), help="the recipe")
    parser.add_argument(
        "--beside", default="esc10-quick", choices=presets.names(), help="what it is compared with"
    )
    parser.add_argument("--data", default="", help="folder of the recordings")
    parser.add_argument("--folds", type=int, nargs="*", help="held-out folds; all by default")
    parser.add_argument("--epochs", type=int, help="another number than the presets'")
    parser.add_argument("--kinds", nargs="*", default=["level", "noise"], choices=DISTURBANCES)
    parser.add_argument("--folder", type=Path, help="where models stay; by default they do not")
    parser.add_argument("--out", type=Path, help="result file; benchmarks/results/robustness-PRESET.json")
    return parser.parse_args()


def store_of(folder: Path, preset: presets.Preset, data: str) -> ClipStore:
    """The clips of a preset in `folder`: those that an earlier call left there, else made of the recordings."""
    if not (folder / "store" / "store.json").exists():
        preprocess(preset.preprocess_config(data=data), folder / "store")
    return ClipStore.open(folder / "store")


def model_of(folder: Path, config: TrainConfig, store: ClipStore) -> Path:
    """The model of a fold: the one in `folder` if these settings made it, else a new one."""
    there = folder / "model.pt"
    try:
        if plain(checkpoints.config_of(checkpoints.load(there))) == plain(config):
            return there
    except AudioError:
        pass
    return train(config, store, checkpoint_dir=folder, progress=lambda *scalars: None).model_path


def curves(
    config: TrainConfig, store: ClipStore, folds: list[int], folder: Path, kinds: list[str]
) -> pd.DataFrame:
    """Accuracy under each condition: of all folds' clips, with the folds' own beside it."""
    tables = []
    for fold in folds:
        model = model_of(folder / f"fold-{fold}", replace(config, fold=fold), store)
        asked = EvaluateConfig(robustness=kinds, robustness_clips=0, resamples=0, threads=1)
        found = evaluate(model, store, asked).robustness
        assert found is not None
        tables.append(found.assign(fold=fold, right=found["accuracy"] * found["clips"]))
        print(f"fold {fold}: accuracy {found['accuracy'].iloc[0]:.4f}", flush=True)
    whole = pd.concat(tables)
    grouped = whole.groupby(WHERE, sort=False, dropna=False)
    summed = grouped[["right", "clips"]].sum().reset_index()
    by_fold = grouped["accuracy"].apply(lambda values: [round(float(value), 4) for value in values])
    summed["accuracy"] = (summed.pop("right") / summed["clips"]).round(4)
    summed["lost"] = ((summed["accuracy"].iloc[0] - summed["accuracy"]) * 100).round(2)
    return summed.assign(by_fold=list(by_fold))


def main() -> None:
    args = arguments()
    torch.set_num_threads(1)
    preset, beside = presets.find(args.preset), presets.find(args.beside)
    changed = {"epochs": args.epochs} if args.epochs else {}
    common: dict[str, Any] = {"threads": 1, "validation": "none", "debug_samples_every": 0, **changed}
    trained = {
        "robust": preset.train_config(**common),
        "plain": replace(beside.train_config(**common), **PLAIN),
    }
    out = args.out or RESULTS / f"robustness-{args.preset}.json"
    where = nullcontext(str(args.folder)) if args.folder else tempfile.TemporaryDirectory()
    with where as kept:
        folder = Path(kept)
        store = store_of(folder, preset, args.data)
        folds = args.folds or store.folds
        told: dict[str, Any] = {
            "preset": args.preset,
            "beside": args.beside,
            "epochs": {name: config.epochs for name, config in trained.items()},
            "folds": folds,
        }
        for name, config in trained.items():
            print(name, flush=True)
            found = curves(config, store, folds, folder / name, args.kinds)
            told[name] = json.loads(found.to_json(orient="records"))
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(json.dumps(told, indent=1) + "\n")
            print(found.drop(columns="by_fold").to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
