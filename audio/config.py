"""Every parameter of the jobs of `audio/`, declared once: type, default, help, range or choices, unit and heading.

The tasks turn each into a command-line argument and so into a parameter that can be edited in a clone; see
`audio.parameters.parameter` for what else reads these lines. A record is held to them as it is made, and then to
`audio.parameters.contradictions`, for what two parameters do to each other.
"""

from dataclasses import dataclass, fields
from itertools import combinations
from typing import Any

from audio import registry
from audio.parameters.contradictions import refuse_contradictions, refuse_unreadable
from audio.parameters.parameter import Group, check, check_one, kinds, parameter, same_as
from audio.parameters.places import Place, settle

__all__ = [
    "EvaluateConfig",
    "ExportConfig",
    "Group",
    "Place",
    "PreprocessConfig",
    "ProbeConfig",
    "TrainConfig",
    "check_one",
    "hold",
    "kinds",
    "parameter",
    "plain",
    "same_as",
    "settle",
]

SPEED_LIMITS = (0.1, 10)  # times as fast, either way
PRECISIONS = ("fp32", "bf16", "fp16")
COPIED = ("noise", "shift", "gain")  # what copies are changed by
SPEEDS = (0.8, 0.87, 0.93, 1.0, 1.08, 1.16, 1.25)
DISTURBANCES = ("level", "noise", "band", "codec", "reverberation")
EXPORT_FORMATS = ("torchscript", "onnx", "onnx-int8")  # of any model
ALL_FORMATS = (*EXPORT_FORMATS, "onnx-fp16", "huggingface")
LARGEST_SEED = 2**32 - 1
DEVICES = ("auto", "cpu", "cuda")
SHOWN_SPLITS = ("test", "validation", "development", "all")


def hold(record: Any) -> None:
    """Make a record's paths absolute and hold every field to its declaration. Raises ConfigError."""
    settle(record)
    check(record)


RECORDINGS, MODEL, CLIPS, TRAINING = map(Group, ("Recordings", "Model", "Clips", "Training"))
FEATURES, LENGTH, AUGMENTATION = map(Group, ("Features", "Length of clips", "Augmentation"))
ROBUSTNESS, LEARNING_FROM = Group("Robustness"), Group("Teacher")
RUNNING, FILES, PLUGINS = map(Group, ("Running", "Files", "Plugins"))


def added_augmentations() -> list[str]:
    """Those that no parameter of their own switches on."""
    own = registry.augmentations
    return [name for name in own.names() if not own.entry(name).options.get("by")]


def note() -> Any:
    """The parameter with what is to be known of a preset's settings, which goes wherever they go."""
    return RUNNING("", "what is to be known of these settings; said at the start of every run with them")


def plugins() -> Any:
    """The parameter of every task that lets it use what is not in this project."""
    return PLUGINS(
        [],
        "files, folders or modules that add models, data sets, front ends, …; they travel with the task to its agent",
    )


@dataclass
class PreprocessConfig:
    """Recordings to a clip store."""

    dataset: str = RECORDINGS("synthetic", "data set, by its name", known=registry.datasets.names)
    data: Place = RECORDINGS(
        "", "folder of the recordings; empty: only for data sets that make or fetch their own"
    )
    sample_rate: int = RECORDINGS(
        22050, "rate of the store; recordings are converted once, with soxr HQ", 1000, 192000, unit="Hz"
    )
    duration: float | None = RECORDINGS(
        None, "that every stored clip is cut or filled to; none: natural length", 0.01, 3600, unit="s"
    )
    fill: str = RECORDINGS("loop", "how a clip shorter than `duration` is filled", choices=("loop", "zero"))
    where: str = RECORDINGS(
        "",
        "clips that are taken, by a column: instrument_source=acoustic; a|b for either, != for not, ; for and",
    )
    label_pattern: str = RECORDINGS(
        "", "regular expression whose group, found in a file's name, is the label; empty: the data set's own"
    )
    segment_seconds: float | None = RECORDINGS(
        None, "that longer recordings are cut into; none: they stay whole", 0.05, 3600, unit="s"
    )
    trim_silence: bool = RECORDINGS(True, "drop silence at both ends (below trim_db)")
    trim_db: float = RECORDINGS(
        -60.0, "level re the clip's peak, below which an edge counts as silence", -120, -1, unit="dB"
    )
    workers: int = RECORDINGS(0, "processes that decode; 0: one per CPU core", 0, 256)
    split: str = RECORDINGS(
        "own",
        "own: the data set's, else folds by recording; 8:2, 8:1:1: drawn once in each class, as tutorials do; flatters",
        choices=("own", "8:2", "8:1:1"),
    )
    folds: int = RECORDINGS(
        5, "drawn where the data set has neither folds nor splits; 10: tenths, for 8:1:1", 2, 1000
    )
    seed: int = RECORDINGS(0, "of the synthetic data set and of splits that are drawn", 0, LARGEST_SEED)
    note: str = note()
    plugins: list[Place] = plugins()

    def __post_init__(self) -> None:
        hold(self)
        refuse_unreadable(self)


@dataclass
class TrainConfig:
    """A clip store to a checkpoint. The defaults are a CPU-sized run of about a minute on ESC-10."""

    model: str = MODEL("cnn", "network, by its name", known=registry.models.names)
    members: int = MODEL(1, "networks of that kind trained side by side, whose answers are averaged", 1, 64)
    dropout: float = MODEL(0.3, "probability before the last layer", 0, 0.95)
    pretrained: bool = MODEL(
        False, "start from published weights where the model has them; needs the network"
    )
    weights: Place = MODEL(
        "", "to start from: a model.pt or its id, or a state dict of the same layers (torch or safetensors)"
    )
    encoder: Place = MODEL(
        "", "Hugging Face name or folder of wav2vec2, ast, whisper; empty: the usual base one; of onnx a file"
    )
    freeze: str = MODEL(
        "none",
        "what is not trained; backbone: all but the head; extractor: that of wav2vec2",
        choices=("none", "backbone", "extractor"),
    )
    prune: float = MODEL(
        0.0,
        "share of the channels that are taken out of every layer of `weights` before it is trained on; 0: none",
        0,
        0.95,
    )
    image_size: int = MODEL(
        0, "side that image networks see the spectrogram at; 0: as it is", 0, 4096, unit="px"
    )

    resize: str = MODEL(
        "antialiased",
        "how that size is reached; pooled: adaptive average pooling",
        choices=("antialiased", "pooled"),
    )

    fold: int = CLIPS(1, "held-out test fold; 0: the data set's own train/validation/test split", 0)
    validation: str = CLIPS(
        "held-out",
        "clips of the validation curve; those held out are only watched",
        choices=("held-out", "development", "none"),
    )
    development_fold: int = CLIPS(
        0, "fold taken from training for validation=development; 0: the one after `fold`", 0
    )
    development_share: float = CLIPS(
        0.2, "of training clips, drawn for development where there is none", 0.01, 0.9
    )
    select: str = CLIPS(
        "last",
        "weights that are kept as the model; best needs validation=development",
        choices=("last", "best"),
    )

    objective: str = TRAINING(
        "labels",
        "what is learned; byol: to hear two views of a sound as one, without labels (task pretrain)",
        choices=("labels", "byol"),
    )
    epochs: int = TRAINING(100, "passes over the training clips", 1)
    batch_size: int = TRAINING(32, "clips of a batch; fewer where an epoch would not have four batches", 1)
    learning_rate: float = TRAINING(0.003, "peak of the schedule", 1e-9, 10)
    weight_decay: float | None = TRAINING(
        None, "on matrices and kernels; none: 0.05 of adamw, 0.0005 of sgd", 0
    )
    optimizer: str = TRAINING(
        "adamw", "what makes steps of gradients; adamw without decay is Adam", choices=("adamw", "sgd")
    )
    momentum: float = TRAINING(0.9, "of sgd", 0, 0.9999)
    nesterov: bool = TRAINING(True, "sgd looks ahead along its momentum; false: as it was first written")
    decay_all: bool = TRAINING(False, "weight_decay on norms and biases too")
    schedule: str = TRAINING(
        "cosine", "course of the learning rate", choices=("cosine", "linear", "step", "one-cycle", "constant")
    )
    warmup: float = TRAINING(0.1, "share of all steps in which the rate rises from zero", 0, 0.9)
    warmup_epochs: int = TRAINING(
        0, "epochs in which the rate rises by equal steps, in place of warmup; 0: as warmup says", 0
    )
    step_epochs: int = TRAINING(
        0, "epochs between the falls of schedule=step; 0: two falls, at thirds of the way", 0
    )
    step_factor: float = TRAINING(0.1, "what the rate is multiplied by at a fall of schedule=step", 1e-6, 1)
    final_rate: float = TRAINING(0.0, "share of the peak at which cosine ends", 0, 1)
    accumulate: int = TRAINING(1, "batches whose gradients make one step of the optimiser", 1)
    clip_norm: float | None = TRAINING(5.0, "largest norm of the gradient; none: no clipping", 0)
    label_smoothing: float = TRAINING(
        0.0, "share of the target that is spread over all classes; 0: none", 0, 0.9
    )
    class_weights: str = TRAINING(
        "none",
        "weight of a clip's loss; balanced: inverse to the size of its class",
        choices=("none", "balanced"),
    )
    ema: float = TRAINING(
        0.99, "decay per step of the averaged weights that are evaluated; 0: none", 0, 0.9999
    )
    best_by: str = TRAINING(
        "loss",
        "figure of the development clips that select=best and early_stop follow",
        choices=("loss", "accuracy"),
    )
    early_stop: int = TRAINING(0, "epochs without a better figure of best_by before stopping; 0: never", 0)
    min_gain: float = TRAINING(0.0, "that a figure has to be better by, for early_stop to wait anew", 0, 100)

    teacher: list[Place] = LEARNING_FROM(
        [],
        "models of the same classes whose answers are learned besides the labels: their mean; files or ids",
    )
    teacher_weight: float = LEARNING_FROM(0.7, "share of the loss that follows the teacher", 0, 1)
    teacher_temperature: float = LEARNING_FROM(
        2.0, "that both answers are softened by; 1: as they are", 0.05, 100
    )

    loudness: float | None = FEATURES(
        None,
        "RMS level that every window is brought to; none: as it is. Encoders hear what they were trained with",
        -80,
        0,
        unit="dBFS",
    )
    frontend: str = FEATURES(
        "logmel",
        "features, by their name; logmel+pcen: one for each member, in turn",
        known=registry.features.names,
    )
    deltas: bool = FEATURES(False, "slope and curvature of the features as further channels")
    log_offset: float = FEATURES(1e-6, "power that is added under the logarithm", 1e-12, 1)
    top_db: float = FEATURES(
        80.0, "below its loudest, that each clip of frontend=meldb is cut at", 1, 300, unit="dB"
    )
    standardise: bool = FEATURES(
        True, "zero mean and unit deviation over the training clips; false: as computed"
    )
    repeat: int = FEATURES(1, "channels that the same features are given in; 3: as pictures have", 1, 16)
    n_fft: int = FEATURES(1024, "length of the Fourier transform", 2, unit="samples")
    win_length: int = FEATURES(1024, "length of the Hann window", 1, unit="samples")
    hop_length: int = FEATURES(512, "step between frames", 1, unit="samples")
    n_mels: int = FEATURES(64, "mel bands", 4, 512)
    f_min: float = FEATURES(20.0, "lower edge of the lowest band", 0, 192000, unit="Hz")
    f_max: float | None = FEATURES(
        None, "upper edge of the highest band; none: half the sample rate", 0, 192000, unit="Hz"
    )
    mel_scale: str = FEATURES("htk", "how mel bands are spaced", choices=("htk", "slaney"))
    mel_norm: str = FEATURES(
        "none", "how mel bands are scaled; slaney: to equal area", choices=("none", "slaney")
    )
    n_mfcc: int = FEATURES(40, "coefficients of frontend=mfcc", 1, 512)
    pcen_gain: float = FEATURES(0.98, "exponent of the automatic gain control of frontend=pcen", 0, 10)
    pcen_bias: float = FEATURES(2.0, "added before the root of frontend=pcen", 0, 1e6)
    pcen_power: float = FEATURES(0.5, "exponent of the root of frontend=pcen", 0, 10)
    pcen_seconds: float = FEATURES(
        0.4, "time constant of the smoothing of frontend=pcen", 1e-3, 100, unit="s"
    )

    clip_seconds: float | None = LENGTH(
        None, "of every clip; none: what 9 of 10 trained on fit in, up to 30", 0.05, 3600, unit="s"
    )
    crop_seconds: float | None = LENGTH(
        3.0, "random part of a clip that is trained on; none or longer: all of it", 0.05, 3600, unit="s"
    )
    fill: str = LENGTH("loop", "how short clips are filled", choices=("loop", "zero"))

    augment: bool = AUGMENTATION(True, "false: no augmentation at all")
    copies: list[str] = AUGMENTATION(
        [],
        "further copies of every training clip, each changed so once and for all; noise+gain: both in one",
        choices=tuple("+".join(kinds) for count in (1, 2, 3) for kinds in combinations(COPIED, count)),
    )
    copy_noise: float = AUGMENTATION(0.005, "deviation of the noise in copies, of full scale", 0, 1)
    copy_shift: float = AUGMENTATION(
        0.1, "share of a clip that copies are shifted by at most, circularly", 0, 1
    )
    copy_gain: float = AUGMENTATION(0.2, "largest change of level in copies (0.2: by 0.8 to 1.2)", 0, 0.99)
    speeds: list[float] = AUGMENTATION([*SPEEDS], "playback speeds drawn from", *SPEED_LIMITS)
    roll: bool = AUGMENTATION(True, "circular shift in time")
    gain_db: float = AUGMENTATION(6.0, "largest random gain either way; 0: none", 0, 100, unit="dB")
    eq_db: float = AUGMENTATION(
        6.0, "largest random gain of a smooth five-point equaliser; 0: none", 0, 100, unit="dB"
    )
    flip_time: float = AUGMENTATION(0.0, "probability of playing a clip backwards", 0, 1)
    flip_frequency: float = AUGMENTATION(0.0, "probability of turning the bands upside down", 0, 1)
    stretch: float = AUGMENTATION(0.0, "largest change of tempo at the same pitch (0.2: 20 %); 0: none", 0, 1)
    pitch: float = AUGMENTATION(
        0.0, "largest change of pitch at the same tempo; 0: none", 0, 24, unit="semitones"
    )
    noise: float = AUGMENTATION(0.0, "probability of white noise", 0, 1)
    spectral_noise: float = AUGMENTATION(
        0.0, "probability of noise from white to brown, added to the features: as cheap as none", 0, 1
    )
    background: Place = AUGMENTATION("", "folder of recordings that are mixed below the clips; empty: none")
    background_probability: float = AUGMENTATION(0.5, "of mixing a background below a clip", 0, 1)
    snr_low_db: float = AUGMENTATION(
        5.0, "lowest signal-to-noise ratio of noise, spectral_noise and background", -200, 200, unit="dB"
    )
    snr_high_db: float = AUGMENTATION(
        30.0, "highest signal-to-noise ratio of noise, spectral_noise and background", -200, 200, unit="dB"
    )
    mixup: float = AUGMENTATION(0.5, "probability of mixing a clip with another, in power; 0: never", 0, 1)
    mixup_alpha: float = AUGMENTATION(1.0, "of the Beta distribution of the share", 1e-3, 1000)
    cutmix: float = AUGMENTATION(
        0.0, "probability of replacing a stretch of time by another clip's; 0: never", 0, 1
    )
    time_masks: int = AUGMENTATION(2, "SpecAugment masks along time", 0, 1000)
    time_mask_frames: int = AUGMENTATION(
        16, "largest width of a time mask, up to time_mask_share of the clip", 0, unit="frames"
    )
    time_mask_share: float = AUGMENTATION(0.2, "of the clip that one time mask hides at most", 0.01, 1)
    frequency_masks: int = AUGMENTATION(2, "SpecAugment masks along frequency", 0, 1000)
    frequency_mask_bands: int = AUGMENTATION(8, "largest width of a frequency mask", 0, unit="bands")
    mask_least: int = AUGMENTATION(
        0, "smallest width of a mask; 0: it may hide nothing", 0, unit="bands or frames"
    )
    mask_probability: float = AUGMENTATION(1.0, "of masking a clip, along each axis by itself", 0, 1)
    mask_fill: str = AUGMENTATION(
        "mean", "what masks show: the mean of all clips, or silence", choices=("mean", "silence")
    )
    power_gain: float = AUGMENTATION(
        0.0,
        "largest share by which the power of the spectrogram is changed (0.2: by 0.8 to 1.2); 0: none",
        0,
        0.99,
    )
    power_gain_probability: float = AUGMENTATION(0.5, "of changing it so", 0, 1)
    power_noise: float = AUGMENTATION(
        0.0,
        "deviation of Gaussian noise on the power of the spectrogram, which stays at 0 or more; 0: none",
        0,
        1e6,
    )
    power_noise_probability: float = AUGMENTATION(0.5, "of adding it", 0, 1)
    augmentations: list[str] = AUGMENTATION(
        [], "of plugins, by their names, in this order", known=added_augmentations
    )

    seed: int = RUNNING(0, "of weights, order of clips and augmentation", 0, LARGEST_SEED)
    device: str = RUNNING(
        "auto", "what is computed on; auto: cuda when there is one; cuda:1: the second", known=DEVICES
    )
    precision: str = RUNNING(
        "auto",
        "that is computed in; auto: of fp32 and bf16 the faster one here, measured",
        choices=("auto", *PRECISIONS),
    )
    threads: int = RUNNING(
        0, "CPU threads of torch; 0: one for a small model, else torch's own choice", 0, 4096
    )
    processes: int = RUNNING(
        1, "that train together, each on a GPU or a part of the CPU; they share `batch_size`", 1, 1024
    )
    deterministic: bool = RUNNING(
        False, "refuse operations whose result differs from run to run (slower on a GPU)"
    )
    store_on_device: str = RUNNING(
        "auto", "keep clips in the GPU's memory; auto: when they fit", choices=("auto", "on", "off")
    )
    feature_cache: str = RUNNING(
        "auto",
        "compute features once rather than per batch; auto: on a CPU",
        choices=("auto", "on", "off"),
    )
    debug_samples_every: int = RUNNING(
        20, "epochs between audio and spectrogram samples, and at the end; 0: never", 0
    )
    debug_samples: int = RUNNING(8, "clips shown each time", 0)
    debug_batch: int = RUNNING(
        9, "clips of the first batch shown before anything is learned, as the network sees them; 0: none", 0
    )
    debug_augmentations: bool = RUNNING(True, "let each augmentation be heard and seen once, at the start")
    checkpoint_every: int = RUNNING(1, "epochs between last checkpoints", 1)
    overlap: str = RUNNING(
        "refuse",
        "held-out clips that `weights` were trained on; apart: evaluation gives them figures of their own",
        choices=("refuse", "apart"),
    )

    metrics: list[str] = RUNNING(
        [], "further figures of the validation clips, by their names", known=registry.metrics.names
    )
    note: str = note()
    plugins: list[Place] = plugins()

    def __post_init__(self) -> None:
        hold(self)
        refuse_contradictions(self)

    def learned_from(self) -> list[str]:
        """The files that bring what was learned from other clips: first weights, teachers."""
        return [one for one in (self.weights, *self.teacher) if one]

    def named_files(self) -> str:
        """The same at the head of a sentence, with the parameter that names them."""
        by = "weights" if self.weights else "teacher"
        return f"{', '.join(self.learned_from())}, which `{by}` names,"

    def changes_waveforms(self) -> bool:
        """Whether an augmentation works on waveforms, so that features can't be computed once for all."""
        own = (registry.augmentations.entries.get(name) for name in self.augmentations)
        on_waveforms = any(entry and entry.options.get("on") == "waveform" for entry in own)
        known = self.noise or self.background or self.stretch or self.pitch
        return self.augment and bool(known or on_waveforms)


@dataclass
class ProbeConfig:
    """A trained network as it is, and a linear layer behind it that is fitted in seconds."""

    model: str = same_as(TrainConfig, "model", default="onnx")
    pretrained: bool = same_as(TrainConfig, "pretrained")
    weights: Place = same_as(
        TrainConfig,
        "weights",
        help="a model.pt or its id, whose network and features are taken; or a state dict",
    )
    encoder: Place = same_as(TrainConfig, "encoder")
    fold: int = same_as(TrainConfig, "fold")
    shots: int = CLIPS(0, "clips of each class that are learned from, drawn by recording; 0: all", 0)
    clip_seconds: float | None = same_as(TrainConfig, "clip_seconds")
    fill: str = same_as(TrainConfig, "fill")
    strengths: list[float] = TRAINING(
        [0.001, 0.01, 0.1, 1.0, 10.0],
        "inverse regularisation of the layer, the best of which on parts of what is learned from is taken",
        1e-6,
        1e6,
        filled="give one or several, as 1.0",
    )
    settings: list[str] = FEATURES(
        [],
        "further settings of the network and its features, as hop_length=320; those of a model.pt are its own",
    )
    seed: int = RUNNING(0, "of the clips that are drawn, and of a network without weights", 0, LARGEST_SEED)
    overlap: str = same_as(TrainConfig, "overlap")
    batch_size: int = RUNNING(16, "clips that are computed at a time", 1)
    device: str = same_as(TrainConfig, "device")
    threads: int = same_as(TrainConfig, "threads")
    plugins: list[Place] = plugins()

    def __post_init__(self) -> None:
        hold(self)


@dataclass
class EvaluateConfig:
    """A checkpoint and a clip store to figures and a table of clips."""

    fold: int | None = CLIPS(None, "fold to evaluate on; none: the one the checkpoint held out", 1)
    split: str = CLIPS(
        "test",
        "split to evaluate on where there are no folds; development: the part that was drawn; all: every clip",
        known=SHOWN_SPLITS,
    )
    classes: str = CLIPS(
        "same",
        "of the data set and the model; shared: clips of classes that both have, others are left out and told",
        choices=("same", "shared"),
    )
    overlap: str = CLIPS(
        "refuse",
        "clips that the model was trained on; apart: with figures of their own",
        choices=("refuse", "apart"),
    )
    batch_size: int = RUNNING(32, "clips that are computed at a time", 1)
    speeds: list[float] = CLIPS(
        [1.0],
        "speeds whose answers are averaged",
        *SPEED_LIMITS,
        filled="use [1.0] for the clips as they are",
    )
    calibrated: bool = CLIPS(
        False,
        "answers at the temperature, of several labels the thresholds, that training fitted on development clips",
    )
    device: str = same_as(TrainConfig, "device")
    threads: int = same_as(TrainConfig, "threads")
    precision: str = RUNNING(
        "fp32",
        "that answers are computed in, whatever the training's was",
        choices=PRECISIONS,
    )
    metrics: list[str] = same_as(TrainConfig, "metrics", help="further figures, by their names")
    robustness: list[str] = ROBUSTNESS(
        [], "disturbances that the clips are heard under, besides as they are", choices=DISTURBANCES
    )
    robustness_clips: int = ROBUSTNESS(200, "clips of these curves, evenly over labels; 0: all", 0)
    slices: list[str] = ROBUSTNESS(
        [],
        "columns whose values have figures of their own; empty: those with few values, duration, loudness",
    )
    resamples: int = RUNNING(
        1000, "of the recordings, for the intervals of the figures; 0: no intervals", 0, 100_000
    )
    plugins: list[Place] = plugins()

    def __post_init__(self) -> None:
        hold(self)


@dataclass
class ExportConfig:
    """A checkpoint to files that run without this project."""

    formats: list[str] = FILES(
        [*EXPORT_FORMATS],
        "files that are made; huggingface: a folder for its library, of wav2vec2 and ast",
        choices=ALL_FORMATS,
        filled=f"it can be {', '.join(ALL_FORMATS)}",
    )
    tolerance: float = FILES(
        0.001, "largest difference of a logit from the model's (integers are reported alone)", 0
    )
    int8_tolerance: float = FILES(
        2.0, "accuracy that onnx-int8 and onnx-fp16 may lose on held-out clips", 0, 100, unit="points"
    )
    check_clips: int = FILES(100, "held-out clips that every file is checked with", 2)
    calibration_clips: int = FILES(64, "training clips that set the ranges of onnx-int8", 1)
    choosing_clips: int = FILES(
        128, "development clips, else other training clips, that choose how onnx-int8 is made; 0: none do", 0
    )
    plugins: list[Place] = plugins()

    def __post_init__(self) -> None:
        hold(self)


def plain(config: TrainConfig) -> dict[str, Any]:
    """The settings alone, without what a task's parameters add to them."""
    return {f.name: getattr(config, f.name) for f in fields(TrainConfig)}
