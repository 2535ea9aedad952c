"""What trainings, evaluations, predictions and exports set in their process is afterwards as it was."""

import logging
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from audio.clips.store import ClipStore
from audio.config import EvaluateConfig, ExportConfig, TrainConfig
from audio.evaluation.evaluate import evaluate
from audio.export.export import export
from audio.inference.predictor import Predictor
from audio.inspection.inspect import inspect
from audio.reporting.figures import waveform_figure
from audio.training.train import train
from tests.conftest import ROOT
from tests.unit.audio.conftest import ignore

Work = Callable[[ClipStore, Path, TrainConfig, Path], Any]


def settings() -> dict[str, Any]:
    return {
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "warn only": torch.is_deterministic_algorithms_warn_only_enabled(),
        "benchmark": torch.backends.cudnn.benchmark,
        "tf32": torch.backends.cudnn.allow_tf32,
        "default type": torch.get_default_dtype(),
        "gradients": torch.is_grad_enabled(),
        "warnings": list(warnings.filters),
        "logging": logging.root.manager.disable,
    }


@pytest.fixture(params=[False, True], ids=["as torch comes", "otherwise"])
def before(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """A process in another state than the one that is set, so that what is put back is seen to be what was there."""
    found = settings()
    torch.set_num_threads(3)
    torch.use_deterministic_algorithms(request.param, warn_only=request.param)
    torch.backends.cudnn.benchmark = request.param
    logging.disable(logging.DEBUG if request.param else logging.NOTSET)
    yield settings()
    torch.set_num_threads(found["threads"])
    torch.use_deterministic_algorithms(found["deterministic"], warn_only=found["warn only"])
    torch.backends.cudnn.benchmark = found["benchmark"]
    logging.disable(found["logging"])


@pytest.fixture(scope="module")
def trained(store: ClipStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    quick = TrainConfig(
        epochs=1, n_fft=256, win_length=256, hop_length=128, n_mels=16, crop_seconds=1.0, debug_samples_every=0
    )  # fmt: skip
    return train(quick, store, checkpoint_dir=tmp_path_factory.mktemp("trained"), progress=ignore).model_path


def fails(work: Callable[[], Any]) -> None:
    with pytest.raises(ZeroDivisionError):
        work()


def stop() -> bool:
    raise ZeroDivisionError


WORK: dict[str, Work] = {
    "train": lambda store, model, config, out: train(
        replace(config, deterministic=True), store, checkpoint_dir=out, progress=ignore
    ),
    "train, which fails": lambda store, model, config, out: fails(
        lambda: train(
            replace(config, threads=2), store, checkpoint_dir=out, progress=ignore, should_stop=stop
        )
    ),
    "evaluate": lambda store, model, config, out: evaluate(model, store, EvaluateConfig(threads=2)),
    "predict": lambda store, model, config, out: Predictor(model).waveforms(np.zeros((1, 8000), np.float32)),
    "inspect": lambda store, model, config, out: inspect(store),
    "export": lambda store, model, config, out: export(
        model, out, store, ExportConfig(formats=["torchscript"])
    ),
    "draw": lambda store, model, config, out: waveform_figure(
        np.zeros(800, np.float32), 8000, "狗 🐕"
    ).canvas.draw(),
}


@pytest.mark.parametrize("work", WORK.values(), ids=WORK.keys())
def test_the_process_is_left_as_it_was(work: Work, before, store, trained, tiny, tmp_path):
    work(store, trained, tiny, tmp_path)
    assert settings() == before


def test_hearing_a_batch_does_not_import_torchs_compiler():
    program = (
        "import sys; from audio.devices import on_threads\n"
        "with on_threads(1): pass\n"
        "print([name for name in sys.modules if name.startswith('torch._inductor')])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
