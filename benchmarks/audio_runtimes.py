"""Whether every exported file says what the model says, and what it costs: all recordings, heard as files are.

    python -m benchmarks.audio_runtimes --data PATH                           # preset esc10-quick, five folds
    python -m benchmarks.audio_runtimes --data PATH --epochs 10 --folds 1     # a quick look

The model of each fold and its exports hear every recording through `audio.inference.Predictor`. Agreement counts all of
them, accuracy those that the fold holds out. Models stay in --folder: a second call goes on from there.
"""

import argparse
import json
import tempfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from audio import presets
from audio.command_line import CommandLine
from audio.config import ExportConfig
from audio.export.check import Exported
from audio.export.export import export
from audio.inference.predictor import Predictor
from benchmarks.audio_robustness import model_of, store_of
from benchmarks.audio_throughput import cpu_name

RESULTS = Path(__file__).parent / "results"
FORMATS = ["torchscript", "onnx", "onnx-int8", "onnx-fp16"]
HEARD = ["onnx", "onnx-int8", "onnx-fp16"]  # by the predictor; TorchScript is checked by the export alone


def arguments() -> argparse.Namespace:
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="esc10-quick", choices=presets.names(), help="the recipe")
    parser.add_argument("--data", default="", help="folder of the recordings")
    parser.add_argument("--folds", type=int, nargs="*", help="held-out folds; all by default")
    parser.add_argument("--epochs", type=int, help="another number than the preset's")
    parser.add_argument("--folder", type=Path, help="where models stay; by default they do not")
    parser.add_argument("--out", type=Path, help="result file; benchmarks/results/runtimes-PRESET.json")
    return parser.parse_args()


def probabilities(model: Path, recordings: list[Path]) -> np.ndarray:
    """`(recording, class)`, on one thread."""
    predictor = Predictor(model, "cpu", threads=1)
    return np.stack([heard.probabilities for heard in predictor.several(recordings)])


def of_a_fold(model: Path, made: list[Exported], index: pd.DataFrame, root: Path, fold: int) -> pd.DataFrame:
    """A row for each way to compute: what it gets right, where it agrees, and what the export's check measured."""
    recordings = [root / clip for clip in index["clip"]]
    held = (index["fold"] == fold).to_numpy()
    classes = Predictor(model, "cpu", threads=1).classes
    truth = np.array([classes.index(label) for label in index["label"]])
    plain = probabilities(model, recordings)
    first = made[0]
    rows = [
        {"runtime": "pytorch", "megabytes": first.model_megabytes, "p50_ms": first.model_latency.p50}
        | _compared(plain, plain, truth, held)
    ]
    for one in made:
        about = {"runtime": one.format, "megabytes": one.megabytes, "p50_ms": one.latency.p50}
        answers = probabilities(one.path, recordings) if one.format in HEARD else None
        compared = {} if answers is None else _compared(answers, plain, truth, held)
        rows.append(about | {"refused": one.refused} | compared)
    return pd.DataFrame(rows).assign(fold=fold)


def _compared(answers: np.ndarray, plain: np.ndarray, truth: np.ndarray, held: np.ndarray) -> dict[str, Any]:
    label = answers.argmax(1)
    return {
        "clips": len(label),
        "same": int((label == plain.argmax(1)).sum()),
        "held_out": int(held.sum()),
        "right": int((label == truth)[held].sum()),
        "difference": float(np.abs(answers - plain).max()),
    }


def summed(folds: pd.DataFrame) -> list[dict[str, Any]]:
    """All folds' models together; sizes and times are their medians."""
    told = []
    eager = folds[folds["runtime"] == "pytorch"]
    for runtime, rows in folds.groupby("runtime", sort=False):
        one: dict[str, Any] = {
            "runtime": runtime,
            "times_smaller": round(float(eager["megabytes"].median() / rows["megabytes"].median()), 2),
            "times_faster": round(float(eager["p50_ms"].median() / rows["p50_ms"].median()), 2),
            "p50_ms": round(float(rows["p50_ms"].median()), 2),
        }
        if rows["clips"].notna().all():
            one |= {
                "answers": int(rows["clips"].sum()),
                "same_label": int(rows["same"].sum()),
                "accuracy": round(float(rows["right"].sum() / rows["held_out"].sum()), 4),
                "largest_difference": float(f"{rows['difference'].max():.2g}"),
            }
        refused = [reason for reason in rows.get("refused", pd.Series(dtype=str)).fillna("") if reason]
        told.append(one | {"refused": refused})
    return told


def main() -> None:
    args = arguments()
    preset = presets.find(args.preset)
    changed = {"epochs": args.epochs} if args.epochs else {}
    config = preset.train_config(threads=1, validation="none", debug_samples_every=0, **changed)
    out = args.out or RESULTS / f"runtimes-{args.preset}.json"
    where = nullcontext(str(args.folder)) if args.folder else tempfile.TemporaryDirectory()
    with where as kept:
        folder = Path(kept)
        store = store_of(folder, preset, args.data)
        tables = []
        for fold in args.folds or store.folds:
            of_fold = folder / f"fold-{fold}"
            model = model_of(of_fold, replace(config, fold=fold), store)
            made = export(model, of_fold, store, ExportConfig(formats=FORMATS, check_clips=1000))
            tables.append(of_a_fold(model, made, store.index, Path(args.data), fold))
            print(tables[-1].drop(columns=["refused"]).to_string(index=False), flush=True)
    told = {"preset": args.preset, "epochs": config.epochs, "cpu": cpu_name(), "threads": 1}
    told["runtimes"] = summed(pd.concat(tables))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(told, indent=1) + "\n")
    print(pd.DataFrame(told["runtimes"]).to_string(index=False))


if __name__ == "__main__":
    main()
