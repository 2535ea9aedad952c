"""Named settings of the two jobs: the tutorials that this project follows, and its own recipes.

A preset gives the settings that differ from the defaults, with a sentence and its source. Where a tutorial held clips
out in a way that flatters (random pieces, the best epoch on the test set), the preset keeps the model and the
augmentation and changes the split; the sentence says so. Beside it stands the same `…-as-written`
(`audio.recipes.tutorials`).
`python -m audio.presets` lists them.
"""

from audio import registry
from audio.recipes.recipe import Preset, Settings
from audio.recipes.tutorials import AS_WRITTEN, WHISPER

__all__ = ["Preset", "everything", "find", "names"]

NO_AUGMENTATION: Settings = {"augment": False, "crop_seconds": None, "label_smoothing": 0.0, "ema": 0.0}
PLAIN_SPEED: Settings = {"speeds": [1.0], "eq_db": 0.0, "mixup": 0.0}
WIDE_MEL: Settings = {"n_fft": 2048, "win_length": 2048, "hop_length": 640, "n_mels": 128, "f_min": 0.0}
FULL_BAND: Settings = {  # all that a recording at 44.1 kHz holds, at the frame rate of the defaults
    "n_fft": 2048,
    "win_length": 2048,
    "hop_length": 1024,
    "n_mels": 80,
    "f_max": 20000.0,
    "frequency_mask_bands": 10,
}
MEL_16K: Settings = {"n_fft": 1024, "win_length": 1024, "hop_length": 256, "n_mels": 64}
IN_TURN: Settings = {"frontend": "logmel+pcen", "deltas": True, "members": 2}
OWN_RECIPE: Settings = {**FULL_BAND, **IN_TURN, "members": 4, "epochs": 140}
ROBUST: Settings = {  # any level, and noise from 5 dB above the sound to 25 dB below it
    "loudness": -30.0,
    "spectral_noise": 0.7,
    "snr_low_db": -5.0,
    "snr_high_db": 25.0,
}
FINE_TUNING: Settings = {  # stratified 8:1:1, the best of the development tenth, cosine
    "pretrained": True,
    "augment": True,
    **PLAIN_SPEED,
    "gain_db": 0.0,
    "crop_seconds": 10.0,
    "fold": 1,
    "validation": "development",
    "select": "best",
    "early_stop": 3,
    "label_smoothing": 0.0,
    "epochs": 15,
    "batch_size": 4,
    "accumulate": 4,
    "learning_rate": 3e-5,
    "weight_decay": 0.01,
    "ema": 0.0,
    "schedule": "cosine",
    "warmup": 0.1,
    "clip_norm": 1.0,
    "debug_samples_every": 1,
}
ON_MEL_16K: Settings = {
    **MEL_16K,
    **NO_AUGMENTATION,
    "epochs": 40,
    "batch_size": 32,
    "learning_rate": 1e-3,
    "weight_decay": 1e-4,
    "warmup": 0.05,
}
TUTORIALS_16K = "the CNN, CRNN and Transformer tutorials on 16 kHz mel spectrograms"


def _fine_tuned(network: str, settings: Settings, source: str = "") -> Preset:
    return Preset(
        f"GTZAN: {network}. Differs from the tutorial: folds drawn by recording, pieces of 10 s, "
        "decay 0.01, early stopping and the best epoch on the development tenth alone.",
        f"the fine-tuning guides of Hugging Face for audio classification{source}",
        {"dataset": "gtzan-random", "sample_rate": 16000, "trim_silence": False, "folds": 10},
        {**FINE_TUNING, **settings},
    )


OWN: dict[str, Preset] = {
    "esc10": Preset(
        "ESC-10 from scratch on the official folds: the project's own recipe, four small networks side by side.",
        "docs/audio.md; measured by benchmarks/audio_accuracy.py",
        {"dataset": "esc10", "sample_rate": 44100},
        OWN_RECIPE,
        chosen_on=(2, 3, 4, 5),
    ),
    "esc10-quick": Preset(
        "ESC-10 with one network and a short schedule: for trying the machinery out.",
        "docs/audio.md",
        {"dataset": "esc10"},
        {"epochs": 25},
        chosen_on=(2, 3, 4, 5),
    ),
    "esc10-robust": Preset(
        "ESC-10 with one network that hears quiet and noisy microphones as well: loudness, and noise of any colour.",
        "docs/guides/evaluation.md; measured by benchmarks/audio_robustness.py",
        {"dataset": "esc10"},
        {"epochs": 75, **ROBUST},
        chosen_on=(1, 2, 3, 4, 5),  # the share of noise and its ratios
    ),
    "esc50": Preset(
        "ESC-50 from scratch on the official folds, with the recipe for ESC-10.",
        "docs/audio.md",
        {"dataset": "esc50", "sample_rate": 44100},
        OWN_RECIPE,
        chosen_on=(2, 3, 4, 5),  # the clips of ESC-10 are among these, in the same folds
    ),
    "two-front-ends": Preset(
        "Any folder of classes from scratch: a small network on log-mel and one on PCEN, in the time of the defaults.",
        "docs/audio.md",
        {"dataset": "folder"},
        {**IN_TURN, "epochs": 75},
    ),
    "gtzan-resnet18": Preset(
        "GTZAN, the simple example as it should be: ImageNet ResNet-18 on log-mel at 224 px, Adam 1e-4, drawn folds.",
        "the ResNet-18 example for audio classification; its log is added, its best epoch on the test set is not taken",
        {"dataset": "gtzan-random", "trim_silence": False},
        {
            "model": "resnet18",
            "pretrained": True,
            "image_size": 224,
            **WIDE_MEL,
            **NO_AUGMENTATION,
            "epochs": 20,
            "batch_size": 16,
            "learning_rate": 1e-4,
            "weight_decay": 0.0,
            "dropout": 0.0,
            "schedule": "constant",
            "warmup": 0.0,
            "clip_norm": None,
        },
    ),
    "gtzan-resnext101": Preset(
        "GTZAN, the advanced example as it should be: ResNeXt-101 on log-mel at 512 px; warm-up, masks, step decay. "
        "Differs from the tutorial: drawn folds, pieces of 10 s, noise and gain on the sound, two masks an axis, "
        "batches of 8 twice, decay 1e-4.",
        "the ResNeXt-101 example for audio classification, on drawn folds instead of random pieces",
        {"dataset": "gtzan-random", "trim_silence": False},
        {
            "model": "resnext101_32x8d",
            "pretrained": True,
            "image_size": 512,
            **WIDE_MEL,
            **PLAIN_SPEED,
            "crop_seconds": 10.0,
            "gain_db": 6.0,
            "noise": 0.5,
            "snr_low_db": 10.0,
            "snr_high_db": 30.0,
            "time_masks": 2,
            "time_mask_frames": 40,
            "frequency_masks": 2,
            "frequency_mask_bands": 16,
            "epochs": 30,
            "batch_size": 8,
            "accumulate": 2,
            "learning_rate": 1e-4,
            "weight_decay": 1e-4,
            "schedule": "step",
            "step_epochs": 10,
            "step_factor": 0.1,
            "warmup": 0.05,
            "ema": 0.0,
        },
    ),
    "gtzan-wav2vec2": _fine_tuned(
        "wav2vec 2.0 fine-tuned, convolutions frozen", {"model": "wav2vec2", "freeze": "extractor"}
    ),
    "gtzan-wav2vec2-head": _fine_tuned(
        "the head of wav2vec 2.0 alone, at a rate that a new layer can use",
        {"model": "wav2vec2", "freeze": "backbone", "learning_rate": 1e-3},
    ),
    "gtzan-ast": _fine_tuned(
        "Audio Spectrogram Transformer (AudioSet weights) fine-tuned", {"model": "ast"}, "; Gong et al. 2021"
    ),
    "gtzan-whisper": _fine_tuned(
        "the encoder of Whisper small fine-tuned", {"model": "whisper", "encoder": WHISPER}
    ),
    "mel16k-cnn": Preset(
        "Any folder of classes: a small tutorial CNN on 16 kHz mel spectrograms. Differs from the tutorial: a "
        "narrower network, hop 256, no augmentation, rate 0.001 with warm-up, decay 1e-4, no class weights.",
        TUTORIALS_16K,
        {"dataset": "folder", "sample_rate": 16000, "trim_silence": False},
        {"model": "tutorial-cnn", **ON_MEL_16K},
    ),
    "mel16k-crnn": Preset(
        "Any folder of classes: a CRNN with a bidirectional LSTM on 16 kHz mel spectrograms. Differs from the "
        "tutorial: batch norm and the mean over time instead of last states, hop 256, no augmentation, decay 1e-4.",
        TUTORIALS_16K,
        {"dataset": "folder", "sample_rate": 16000, "trim_silence": False},
        {"model": "crnn", **ON_MEL_16K},
    ),
    "mel16k-transformer": Preset(
        "Any folder of classes: a Transformer encoder on 16 kHz mel spectrograms. Differs from the tutorial: frames "
        "instead of patches of 16 x 16, hop 256, no augmentation, warm-up, decay 1e-4.",
        TUTORIALS_16K,
        {"dataset": "folder", "sample_rate": 16000, "trim_silence": False},
        {"model": "transformer", **ON_MEL_16K, "learning_rate": 5e-4, "warmup": 0.1},
    ),
    "nsynth-resnet18": Preset(
        "NSynth, its own split: one-channel ResNet-18 with one-cycle and features computed on the device. Differs "
        "from the tutorial: all notes of eleven families (where=instrument_source=acoustic takes its part), log-mel "
        "of 64 bands, ten epochs from random weights, judged on the test folder.",
        "the NSynth tutorials; Engel et al. 2017, arXiv:1704.01279",
        {"dataset": "nsynth", "sample_rate": 16000, "trim_silence": False},
        {
            "model": "resnet18",
            "fold": 0,
            "validation": "development",
            **MEL_16K,
            **NO_AUGMENTATION,
            "epochs": 10,
            "batch_size": 64,
            "learning_rate": 3e-3,
            "weight_decay": 1e-2,
            "schedule": "one-cycle",
            "warmup": 0.3,
            "feature_cache": "off",
        },
    ),
    "urbansound8k-resnet18": Preset(
        "UrbanSound8K on its ten folds: ImageNet ResNet-18 with sounds and spectrograms to listen to in every "
        "epoch. Differs from the tutorial: log-mel of 128 bands at 224 px, batches of 16, "
        "rate 0.001; short clips are looped.",
        "the UrbanSound8K example with debug samples; Salamon et al. 2014",
        {"dataset": "urbansound8k", "duration": 4.0},
        {
            "model": "resnet18",
            "pretrained": True,
            "image_size": 224,
            **WIDE_MEL,
            **NO_AUGMENTATION,
            "epochs": 10,
            "batch_size": 16,
            "optimizer": "sgd",
            "learning_rate": 0.001,
            "weight_decay": 0.0,
            "schedule": "step",
            "step_epochs": 3,
            "step_factor": 0.1,
            "warmup": 0.0,
            "debug_samples_every": 1,
            "debug_samples": 16,
        },
    ),
    "yesno": Preset(
        "YESNO: eight-bit recordings of eight words to 8 kHz clips with several labels; a small network on top. "
        "Differs from the tutorial: the rate that the recordings have, and a training, which it lacks.",
        "torchaudio's tutorials on preprocessing with YESNO",
        {"dataset": "yesno", "sample_rate": 8000, "trim_silence": False},
        {"n_fft": 512, "win_length": 400, "hop_length": 160, "n_mels": 40, "speeds": [1.0], "epochs": 20},
    ),
}


for own, preset in {**OWN, **AS_WRITTEN}.items():
    registry.presets.register(own, preset)


def names() -> list[str]:
    """Names of all presets, sorted."""
    return registry.presets.names()


def find(name: str) -> Preset:
    """The preset of that name. Raises ConfigError, which lists those that exist."""
    found: Preset = registry.presets.find(name)
    return found


def everything() -> dict[str, Preset]:
    """All presets by name, sorted."""
    return {name: find(name) for name in names()}


if __name__ == "__main__":
    from audio import presets  # this file is __main__ here, and knows of no others

    for one, its in presets.everything().items():
        print(f"{one:34} {its.about}")
