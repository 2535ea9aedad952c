"""What two parameters of a training contradict each other in, refused with what to do."""

from typing import TYPE_CHECKING

from audio.errors import ConfigError
from audio.named import names_in

if TYPE_CHECKING:
    from audio.config import PreprocessConfig, TrainConfig


def refuse_unreadable(config: "PreprocessConfig") -> None:
    """Raises ConfigError: a pattern or a condition that can't be read, before any file is."""
    from audio.datasets.choosing import conditions, labeller  # which know of clips

    conditions(config.where)
    if config.label_pattern:
        labeller(config.label_pattern)


def refuse_contradictions(config: "TrainConfig") -> None:
    """Raises ConfigError: the first contradiction there is."""
    for check in (
        _spectrum,
        _choosing,
        _schedule,
        _members,
        _pruning,
        _without_labels,
        _sharing,
        _augmentation,
    ):
        check(config)


def _spectrum(config: "TrainConfig") -> None:
    if config.n_fft % 2:
        raise ConfigError(
            f"n_fft is {config.n_fft}; it must be even: the bins of an odd one do not end at half the sample rate, "
            f"where the bands do. Use {config.n_fft + 1}."
        )
    if config.win_length > config.n_fft:
        raise ConfigError(f"win_length ({config.win_length}) is longer than n_fft ({config.n_fft}).")
    if config.deltas and config.repeat > 1:
        raise ConfigError(
            "deltas are channels of their own and can't be repeated: use repeat=1, or deltas=false."
        )
    if config.f_max is not None and config.f_max <= config.f_min:
        raise ConfigError(f"f_max ({config.f_max:g} Hz) is not above f_min ({config.f_min:g} Hz).")


def _choosing(config: "TrainConfig") -> None:
    """Nothing is chosen on the test fold."""
    if config.validation == "development":
        return
    if config.select == "best":
        raise ConfigError(
            "select=best would choose weights on the test fold; "
            "use validation=development with it, or select=last."
        )
    if config.early_stop:
        raise ConfigError(
            "early_stop would choose the epoch on the test fold; "
            "use validation=development with it, or early_stop=0."
        )


def _schedule(config: "TrainConfig") -> None:
    if config.warmup_epochs and config.schedule == "one-cycle":
        raise ConfigError(
            "schedule=one-cycle rises over its own share of the steps: use warmup, and warmup_epochs=0."
        )
    if config.warmup_epochs >= config.epochs and config.warmup_epochs:
        raise ConfigError(
            f"warmup_epochs ({config.warmup_epochs}) leaves none of {config.epochs} epochs: use fewer, or more epochs."
        )


def _members(config: "TrainConfig") -> None:
    if config.members > 1 and (config.pretrained or config.weights or config.freeze != "none"):
        raise ConfigError(
            "members differ by their first weights: use pretrained=false, no weights, freeze=none."
        )
    if config.members < (count := len(names_in(config.frontend))):
        raise ConfigError(
            f"frontend={config.frontend} is {count} front ends, one for each member in turn: use members={count}, "
            "or more."
        )


def _pruning(config: "TrainConfig") -> None:
    if not config.prune:
        return
    if not config.weights:
        raise ConfigError(
            "prune takes channels out of a trained network: name its file (weights=model.pt), or use prune=0."
        )
    if config.freeze != "none":
        raise ConfigError("A pruned network has to be trained on as a whole: use freeze=none, or prune=0.")


def _without_labels(config: "TrainConfig") -> None:
    if config.objective == "labels":
        return
    changes = {
        "validation": "none",
        "members": 1,
        "processes": 1,
        "teacher": [],
        "freeze": "none",
        "class_weights": "none",
    }
    if wrong := [f"{name}={value}" for name, value in changes.items() if getattr(config, name) != value]:
        raise ConfigError(
            f"objective={config.objective} trains one network without labels, in one process: use {', '.join(wrong)}."
        )


def _sharing(config: "TrainConfig") -> None:
    if config.batch_size < config.processes:
        raise ConfigError(
            f"batch_size ({config.batch_size}) gives each of {config.processes} processes no clip."
        )


def _augmentation(config: "TrainConfig") -> None:
    if config.snr_high_db < config.snr_low_db:
        raise ConfigError(
            f"snr_high_db ({config.snr_high_db:g}) is below snr_low_db ({config.snr_low_db:g})."
        )
    if config.feature_cache == "on" and config.changes_waveforms():
        raise ConfigError(
            "feature_cache=on computes features once, but noise, background, stretch and pitch change the "
            "sound in every epoch; use feature_cache=auto."
        )
    if config.augment and not config.speeds:
        raise ConfigError("speeds is empty; use [1.0] for no change of speed.")
