"""Every setting of the three jobs: flat dataclasses, one line a field with its unit or special value.

A field's type is int, float, bool or str, one of these or None, or a list of int, float or str; the tasks
turn each into a command-line argument and so into a parameter that can be edited in a clone. The text after
a field is read by `describe` and shown as its help. Contradictions are refused where the record is made.
"""

import inspect
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from audio import told
from audio.errors import ConfigError
from audio.named import names_in

__all__ = ["EvaluateConfig", "ExportConfig", "Place", "PreprocessConfig", "TrainConfig", "describe", "settle"]

Place = Annotated[str, "place"]  # of a file or folder: `settle` makes it mean the same in every process
SPEED_LIMITS = (0.1, 10)  # times as fast, either way
PRECISIONS = ("fp32", "bf16", "fp16")
SPEEDS = (0.8, 0.87, 0.93, 1.0, 1.08, 1.16, 1.25)


def describe(config: type) -> dict[str, str]:
    """The one-line help of each field: the comment behind it in the source, own and inherited."""
    texts: dict[str, str] = {}
    for base in reversed(config.__mro__[:-1]):
        for line in inspect.getsource(base).splitlines():
            if found := re.match(r"    (\w+): [^#]*#\s*(.+)$", line):
                texts[found[1]] = found[2]
    return {f.name: texts.get(f.name, "") for f in fields(config)}


def one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    told.choices(name, choices)
    if value not in choices:
        raise ConfigError(f"{name} is {value!r}; it can be {', '.join(choices)}.")


def each_within(name: str, values: Sequence[float], low: float, high: float = float("inf")) -> None:
    for value in values:
        within(name, value, low, high)
    told.span(name, low, high, each=True)


def within(name: str, value: float | None, low: float, high: float = float("inf")) -> None:
    told.span(name, low, high)
    if value is not None and not low <= value <= high:
        span = f"at least {low:g}" if high == float("inf") else f"between {low:g} and {high:g}"
        raise ConfigError(f"{name} is {value}; it must be {span}.")


def settle(record: Any) -> None:
    """Make every `Place` of a record absolute, so that workers, agents and other folders find what was meant here.

    What is neither here nor written as a path (`ashraq/esc50`, an address) is a name, and stays. Links are kept.
    Raises ConfigError for a path that is not UTF-8: parameters are text.
    """
    for name, hint in get_type_hints(type(record), include_extras=True).items():
        if Place is hint and (written := getattr(record, name)):
            setattr(record, name, _absolute(name, written))


def _absolute(name: str, written: str) -> str:
    try:
        written.encode()
    except UnicodeEncodeError:
        raise ConfigError(
            f"{name} is {os.fsencode(written)!r}, which is not UTF-8: rename it, or make a link to it with such a name."
        ) from None
    path = Path(written).expanduser()
    is_path = written.startswith(("~", "./", "../")) or written in (".", "..") or os.path.lexists(path)
    return os.path.abspath(path) if is_path else written  # noqa: PTH100  resolve() would follow links


@dataclass
class PreprocessConfig:
    """Recordings to a clip store."""

    # Recordings
    dataset: str = "synthetic"  # name in the registry of audio.datasets (esc10, folder, synthetic, …)
    data: Place = ""  # folder of the recordings; empty: only for data sets that make or fetch their own
    sample_rate: int = 22050  # Hz of the store; recordings are converted once, with soxr HQ
    duration: float | None = None  # s that every stored clip is cut or filled to; None: natural length
    fill: str = "loop"  # how a clip shorter than `duration` is filled: loop, zero
    segment_seconds: float | None = None  # s that longer recordings are cut into; None: they stay whole
    trim_silence: bool = True  # drop silence at both ends (below trim_db)
    trim_db: float = -60.0  # dB re the clip's peak, below which an edge counts as silence
    workers: int = 0  # processes that decode; 0: one per CPU core
    folds: int = 5  # drawn where the data set has neither folds nor splits; 10: tenths, for 8:1:1
    seed: int = 0  # of the synthetic data set and of splits that are drawn

    def __post_init__(self) -> None:
        settle(self)
        within("sample_rate", self.sample_rate, 1000, 192000)
        within("duration", self.duration, 0.01, 3600)
        within("segment_seconds", self.segment_seconds, 0.05, 3600)
        within("trim_db", self.trim_db, -120, -1)
        within("workers", self.workers, 0, 256)
        within("folds", self.folds, 2, 1000)
        one_of("fill", self.fill, ("loop", "zero"))


@dataclass
class TrainConfig:
    """A clip store to a checkpoint. The defaults are a CPU-sized run of about a minute on ESC-10."""

    # Model
    model: str = "cnn"  # name in the registry of audio.models (cnn, crnn, resnet18, cnn14, wav2vec2, …)
    members: int = 1  # networks of that kind trained side by side, whose answers are averaged
    dropout: float = 0.3  # probability before the last layer
    pretrained: bool = False  # start from published weights where the model has them (needs the network)
    weights: Place = ""  # file of weights to start from: a model.pt, or a state dict of the same layers
    encoder: Place = ""  # Hugging Face name or folder of wav2vec2, ast, whisper; empty: the usual base one
    freeze: str = "none"  # what is not trained: none, backbone (all but the head), extractor (of wav2vec2)
    image_size: int = 0  # px a side that image networks see the spectrogram at; 0: as it is

    # Clips
    fold: int = 1  # held-out test fold; 0: the data set's own train/validation/test split
    validation: str = "held-out"  # clips of the validation curve: held-out (watched only), development, none
    development_fold: int = 0  # fold taken from training for validation=development; 0: the one after `fold`
    development_share: float = 0.2  # of training clips, drawn for development where there is none
    select: str = "last"  # weights that are kept as the model: last, best (needs validation=development)

    # Training
    epochs: int = 100  # passes over the training clips
    batch_size: int = 32  # clips; fewer where an epoch would not have four batches
    learning_rate: float = 0.003  # peak of the schedule
    weight_decay: float | None = None  # on matrices and kernels; None: 0.05 of adamw, 0.0005 of sgd
    optimizer: str = "adamw"  # adamw, sgd (with Nesterov's momentum)
    momentum: float = 0.9  # of sgd
    schedule: str = "cosine"  # cosine, step, one-cycle, constant
    warmup: float = 0.1  # share of all steps in which the rate rises from zero
    step_epochs: int = 0  # epochs between the falls of schedule=step; 0: two falls, at thirds of the way
    step_factor: float = 0.1  # what the rate is multiplied by at a fall of schedule=step
    final_rate: float = 0.0  # share of the peak at which cosine ends
    accumulate: int = 1  # batches whose gradients make one step of the optimiser
    clip_norm: float | None = 5.0  # largest norm of the gradient; None: no clipping
    label_smoothing: float = 0.0  # share of the target that is spread over all classes; 0: none
    class_weights: str = "none"  # weight of a clip's loss: none, balanced (inverse to the size of its class)
    ema: float = 0.99  # decay per step of the averaged weights that are evaluated; 0: none
    early_stop: int = 0  # epochs without a better validation loss before stopping; 0: never

    # Features
    frontend: str = "logmel"  # features: logmel, stft, pcen, mfcc; logmel+pcen: one for each member, in turn
    deltas: bool = False  # slope and curvature of the features as further channels
    n_fft: int = 1024  # samples of the Fourier transform
    win_length: int = 1024  # samples of the Hann window
    hop_length: int = 512  # samples between frames
    n_mels: int = 64  # mel bands
    f_min: float = 20.0  # Hz, lower edge of the lowest band
    f_max: float | None = None  # Hz, upper edge of the highest band; None: half the sample rate
    mel_scale: str = "htk"  # htk, slaney
    mel_norm: str = "none"  # none, slaney (bands of equal area)

    n_mfcc: int = 40  # coefficients of frontend=mfcc
    pcen_gain: float = 0.98  # exponent of the automatic gain control of frontend=pcen
    pcen_bias: float = 2.0  # added before the root of frontend=pcen
    pcen_power: float = 0.5  # exponent of the root of frontend=pcen
    pcen_seconds: float = 0.4  # s, time constant of the smoothing of frontend=pcen

    # Length of clips
    clip_seconds: float | None = None  # of every clip; None: what 9 of 10 trained on fit in, up to 30
    crop_seconds: float | None = 3.0  # random part of a clip that is trained on; None or longer: all of it
    fill: str = "loop"  # how short clips are filled: loop, zero

    # Augmentation
    augment: bool = True  # False: no augmentation at all
    speeds: list[float] = field(default_factory=lambda: [*SPEEDS])  # playback speeds drawn from
    roll: bool = True  # circular shift in time
    gain_db: float = 6.0  # largest random gain either way; 0: none
    eq_db: float = 6.0  # largest random gain of a smooth five-point equaliser; 0: none
    flip_time: float = 0.0  # probability of playing a clip backwards
    flip_frequency: float = 0.0  # probability of turning the bands upside down
    stretch: float = 0.0  # largest change of tempo at the same pitch (0.2: 20 %); 0: none
    pitch: float = 0.0  # largest change of pitch at the same tempo, in semitones; 0: none
    noise: float = 0.0  # probability of white noise
    background: Place = ""  # folder of recordings that are mixed below the clips; empty: none
    background_probability: float = 0.5  # of mixing a background below a clip
    snr_low_db: float = 5.0  # dB, lowest signal-to-noise ratio of noise and background
    snr_high_db: float = 30.0  # dB, highest signal-to-noise ratio of noise and background
    mixup: float = 0.5  # probability of mixing a clip with another, in power; 0: never
    mixup_alpha: float = 1.0  # of the Beta distribution of the share
    cutmix: float = 0.0  # probability of replacing a stretch of time by another clip's; 0: never
    time_masks: int = 2  # SpecAugment masks along time
    time_mask_frames: int = 16  # largest width of a time mask, up to a fifth of the clip
    frequency_masks: int = 2  # SpecAugment masks along frequency
    frequency_mask_bands: int = 8  # largest width of a frequency mask

    # Running
    seed: int = 0  # of weights, order of clips and augmentation
    device: str = "auto"  # auto (cuda when there is one), cpu, cuda, cuda:1, …
    precision: str = "auto"  # auto (of fp32 and bf16 the faster one here, measured), fp32, bf16, fp16
    threads: int = 0  # CPU threads of torch; 0: one for a small model, else torch's own choice
    processes: int = 1  # that train together, each on a GPU or a part of the CPU; they share `batch_size`
    deterministic: bool = False  # refuse operations whose result differs from run to run (slower on a GPU)
    store_on_device: str = "auto"  # clips in the GPU's memory: auto (when they fit), on, off
    feature_cache: str = "auto"  # auto (on a CPU), on, off: compute features once rather than per batch
    debug_samples_every: int = 20  # epochs between audio and spectrogram samples, and at the end; 0: never
    debug_samples: int = 8  # clips shown each time
    debug_augmentations: bool = True  # let each augmentation be heard and seen once, at the start
    checkpoint_every: int = 1  # epochs between last checkpoints
    overlap: str = "refuse"  # held-out clips that `weights` were trained on: refuse, apart (evaluation tells)

    def __post_init__(self) -> None:
        settle(self)
        within("epochs", self.epochs, 1)
        within("batch_size", self.batch_size, 1)
        within("learning_rate", self.learning_rate, 1e-9, 10)
        within("weight_decay", self.weight_decay, 0)
        within("fold", self.fold, 0)
        within("warmup", self.warmup, 0, 0.9)
        within("label_smoothing", self.label_smoothing, 0, 0.9)
        within("ema", self.ema, 0, 0.9999)
        within("dropout", self.dropout, 0, 0.95)
        within("development_share", self.development_share, 0.01, 0.9)
        within("members", self.members, 1, 64)
        within("image_size", self.image_size, 0, 4096)
        within("momentum", self.momentum, 0, 0.9999)
        within("step_epochs", self.step_epochs, 0)
        within("step_factor", self.step_factor, 1e-6, 1)
        within("final_rate", self.final_rate, 0, 1)
        within("accumulate", self.accumulate, 1)
        within("processes", self.processes, 1, 1024)
        within("mixup", self.mixup, 0, 1)
        for name in ("flip_time", "flip_frequency", "noise", "background_probability", "cutmix"):
            within(name, getattr(self, name), 0, 1)
        within("stretch", self.stretch, 0, 1)
        within("pitch", self.pitch, 0, 24)
        within("n_mels", self.n_mels, 4, 512)
        within("n_mfcc", self.n_mfcc, 1, 512)
        within("pcen_seconds", self.pcen_seconds, 1e-3, 100)
        within("n_fft", self.n_fft, 2)
        within("win_length", self.win_length, 1)
        within("hop_length", self.hop_length, 1)
        within("clip_seconds", self.clip_seconds, 0.05, 3600)
        within("crop_seconds", self.crop_seconds, 0.05, 3600)
        within("debug_samples_every", self.debug_samples_every, 0)
        within("checkpoint_every", self.checkpoint_every, 1)
        one_of("validation", self.validation, ("held-out", "development", "none"))
        one_of("select", self.select, ("last", "best"))
        one_of("optimizer", self.optimizer, ("adamw", "sgd"))
        one_of("schedule", self.schedule, ("cosine", "step", "one-cycle", "constant"))
        one_of("mel_scale", self.mel_scale, ("htk", "slaney"))
        one_of("mel_norm", self.mel_norm, ("none", "slaney"))
        one_of("fill", self.fill, ("loop", "zero"))
        one_of("freeze", self.freeze, ("none", "backbone", "extractor"))
        one_of("class_weights", self.class_weights, ("none", "balanced"))
        one_of("store_on_device", self.store_on_device, ("auto", "on", "off"))
        one_of("precision", self.precision, ("auto", *PRECISIONS))
        one_of("feature_cache", self.feature_cache, ("auto", "on", "off"))
        one_of("overlap", self.overlap, ("refuse", "apart"))
        self._refuse_contradictions()

    def changes_waveforms(self) -> bool:
        """Whether an augmentation works on waveforms, so that features can't be computed once for all."""
        return self.augment and bool(self.noise or self.background or self.stretch or self.pitch)

    def _refuse_contradictions(self) -> None:
        if self.n_fft % 2:
            raise ConfigError(
                f"n_fft is {self.n_fft}; it must be even: the bins of an odd one do not end at half the sample rate, "
                f"where the bands do. Use {self.n_fft + 1}."
            )
        if self.win_length > self.n_fft:
            raise ConfigError(f"win_length ({self.win_length}) is longer than n_fft ({self.n_fft}).")
        if self.f_max is not None and self.f_max <= self.f_min:
            raise ConfigError(f"f_max ({self.f_max:g} Hz) is not above f_min ({self.f_min:g} Hz).")
        if self.select == "best" and self.validation != "development":
            raise ConfigError(
                "select=best would choose weights on the test fold; "
                "use validation=development with it, or select=last."
            )
        if self.early_stop and self.validation != "development":
            raise ConfigError(
                "early_stop would choose the epoch on the test fold; "
                "use validation=development with it, or early_stop=0."
            )
        if self.members > 1 and (self.pretrained or self.weights or self.freeze != "none"):
            raise ConfigError(
                "members differ by their first weights: use pretrained=false, no weights, freeze=none."
            )
        if self.members < (count := len(names_in(self.frontend))):
            raise ConfigError(
                f"frontend={self.frontend} is {count} front ends, one for each member in turn: use members={count}, "
                "or more."
            )
        if self.batch_size < self.processes:
            raise ConfigError(
                f"batch_size ({self.batch_size}) gives each of {self.processes} processes no clip."
            )
        if self.snr_high_db < self.snr_low_db:
            raise ConfigError(
                f"snr_high_db ({self.snr_high_db:g}) is below snr_low_db ({self.snr_low_db:g})."
            )
        if self.feature_cache == "on" and self.changes_waveforms():
            raise ConfigError(
                "feature_cache=on computes features once, but noise, background, stretch and pitch change the "
                "sound in every epoch; use feature_cache=auto."
            )
        each_within("speeds", self.speeds, *SPEED_LIMITS)
        if self.augment and not self.speeds:
            raise ConfigError("speeds is empty; use [1.0] for no change of speed.")


@dataclass
class EvaluateConfig:
    """A checkpoint and a clip store to figures and a table of clips."""

    fold: int | None = None  # fold to evaluate on; None: the one the checkpoint held out
    split: str = "test"  # split to evaluate on where there are no folds; development: the part that was drawn
    overlap: str = "refuse"  # clips that the model was trained on: refuse, apart (with figures of their own)
    batch_size: int = 32  # clips
    speeds: list[float] = field(default_factory=lambda: [1.0])  # speeds whose answers are averaged
    device: str = "auto"  # auto (cuda when there is one), cpu, cuda, …
    threads: int = 0  # CPU threads of torch; 0: one for a small model, else torch's own choice
    precision: str = "fp32"  # that answers are computed in, whatever the training's was: fp32, bf16, fp16

    def __post_init__(self) -> None:
        within("fold", self.fold, 1)
        one_of("precision", self.precision, PRECISIONS)
        within("batch_size", self.batch_size, 1)
        one_of("overlap", self.overlap, ("refuse", "apart"))
        if not self.speeds:
            raise ConfigError("speeds is empty; use [1.0] for the clips as they are.")
        each_within("speeds", self.speeds, *SPEED_LIMITS)


EXPORT_FORMATS = ("torchscript", "onnx", "onnx-int8")


@dataclass
class ExportConfig:
    """A checkpoint to files that run without this project."""

    formats: list[str] = field(default_factory=lambda: [*EXPORT_FORMATS])  # torchscript, onnx, onnx-int8
    tolerance: float = 0.001  # largest difference of a logit from the model's (integers are reported alone)
    int8_tolerance: float = 2.0  # points of accuracy that onnx-int8 may lose on held-out clips
    check_clips: int = 100  # held-out clips that every file is checked with
    calibration_clips: int = 64  # training clips that set the ranges of onnx-int8

    def __post_init__(self) -> None:
        within("tolerance", self.tolerance, 0)
        within("int8_tolerance", self.int8_tolerance, 0, 100)
        within("check_clips", self.check_clips, 2)
        within("calibration_clips", self.calibration_clips, 1)
        if not self.formats:
            raise ConfigError(f"formats is empty; it can be {', '.join(EXPORT_FORMATS)}.")
        for form in self.formats:
            one_of("formats", form, EXPORT_FORMATS)
