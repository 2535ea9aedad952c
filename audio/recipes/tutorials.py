"""The tutorials that people come from, as written: their numbers, and said aloud what those flatter.

What can't be the same, or is not stated in a tutorial, is in the preset's own text, which is a setting too (`note`): it
goes with the settings into clones and is said at the start of every run. A preset of the same name without
`-as-written`, where there is one, is the same as it should be.
"""

from audio.recipes.recipe import Preset, Settings

NOTHING_ADDED: Settings = {  # neither augmentation nor anything else that the defaults bring
    "augment": False,
    "crop_seconds": None,
    "label_smoothing": 0.0,
    "ema": 0.0,
    "clip_norm": None,
    "dropout": 0.0,
    "standardise": False,
    "fill": "zero",
}
ONLY_SAID: Settings = {  # augmentation, without what the defaults switch on
    **NOTHING_ADDED,
    "augment": True,
    "speeds": [1.0],
    "roll": False,
    "gain_db": 0.0,
    "eq_db": 0.0,
    "mixup": 0.0,
    "time_masks": 0,
    "frequency_masks": 0,
}
GTZAN: Settings = {"dataset": "gtzan-random", "trim_silence": False, "fill": "zero", "seed": 42}
GTZAN_MEL: Settings = {
    "frontend": "melpower",
    "n_fft": 2048,
    "win_length": 2048,
    "hop_length": 640,
    "n_mels": 128,
    "f_min": 0.0,
    "repeat": 3,
    "resize": "pooled",
    "pretrained": True,
    "feature_cache": "off",
    "fold": 0,
    "batch_size": 16,
    "learning_rate": 1e-4,
    "weight_decay": 0.0,
    "warmup": 0.0,
    "clip_seconds": 30.0,
    "precision": "fp32",
    "seed": 42,
}
FINE_TUNED: Settings = {
    **ONLY_SAID,
    "copies": ["noise", "shift", "gain"],
    "standardise": True,
    "pretrained": True,
    "fold": 0,
    "validation": "development",
    "select": "best",
    "best_by": "accuracy",
    "epochs": 10,
    "batch_size": 8,
    "learning_rate": 3e-5,
    "weight_decay": 0.0,
    "schedule": "linear",
    "warmup": 0.1,
    "clip_norm": 1.0,
    "precision": "fp16",
    "clip_seconds": 30.0,
    "checkpoint_every": 1,
    "seed": 42,
}
HEAD_ALONE: Settings = {
    "freeze": "backbone",
    "schedule": "cosine",
    "batch_size": 4,
    "accumulate": 4,
    "early_stop": 3,
    "min_gain": 0.01,
}
ON_16K: Settings = {
    **ONLY_SAID,
    "standardise": False,
    "n_fft": 1024,
    "win_length": 1024,
    "hop_length": 512,
    "n_mels": 64,
    "f_min": 0.0,
    "weight_decay": 0.01,
    "decay_all": True,
    "schedule": "cosine",
    "warmup": 0.0,
    "class_weights": "balanced",
    "noise": 0.5,
    "snr_low_db": 5.0,
    "snr_high_db": 20.0,
    "stretch": 0.2,
    "time_masks": 1,
    "time_mask_frames": 15,
    "frequency_masks": 1,
    "frequency_mask_bands": 15,
    "mask_least": 5,
    "mask_probability": 0.5,
    "time_mask_share": 1.0,
    "flip_time": 0.5,
}
ENDS = "Curves have the names that they have everywhere here. An epoch's last batch is left out where it is not full"
OF_GTZAN = (
    "AS WRITTEN, AND FLATTERING: one random split 8:2 within each class of a set with copies and the same "
    "artists on both sides; what the tutorial calls its result is the best epoch on the clips it is tested "
    "on (here the curve shows it, and the last epoch is kept); raw power without a logarithm. Not the "
    "same: files in this project's order, the corrupt one left out; one rate of 22,050 Hz; batches of 16 "
    f"in validation too. {ENDS}."
)
OF_TUNING = (
    "AS WRITTEN, AND FLATTERING: one random split 8:1:1 of GTZAN, with copies and the same artists on both "
    "sides; 100 test clips, of which one is a point. The best epoch is chosen on the validation tenth "
    "alone. Not the same: files from the folder instead of the hub; the split is scikit-learn's within "
    "each class; wav2vec 2.0 and Whisper have one linear layer as their head where the library has two. fp16 is "
    "for a GPU: use --precision fp32 on a CPU. Not stated there, and so chosen here: one additional "
    f"copy with noise, one shifted, one with another level. {ENDS}."
)
OF_16K = (
    "AS WRITTEN: the accuracies that the tutorial claims (85 % of the CNN, 90 to 92 % of the CRNN) name no "
    "split, and can't be compared with figures on folds. Not stated there, and so chosen here: epochs 50, "
    "batches of 32, rate 0.001, folds drawn by recording. Not the same: the stretch is drawn for every "
    f"clip instead of with p 0.5, and mirrored means backwards in time. {ENDS}."
)
SIMPLE = "the simple GTZAN example with ResNet-18"
ADVANCED = "the advanced GTZAN example with ResNeXt-101"
TUNING = "the fine-tuning guides of Hugging Face for audio classification"
ON_MELS = "the CNN, CRNN and Transformer tutorials on 16 kHz mel spectrograms"


def _written(about: str, source: str, preprocess: Settings, train: Settings, note: str) -> Preset:
    said = {"note": note}
    return Preset(f"{about}, as written. {note}", source, {**preprocess, **said}, {**train, **said})


def _fine_tuned(model: str, encoder: str, head: bool = False) -> Preset:
    more = HEAD_ALONE if head else {}
    return _written(
        f"GTZAN fine-tuned: {encoder}{', the head alone' if head else ''}",
        TUNING,
        {**GTZAN, "sample_rate": 16000, "split": "8:1:1"},
        {**FINE_TUNED, "model": model, "encoder": encoder, **more},
        OF_TUNING,
    )


def _on_16k(network: str) -> Preset:
    return _written(
        f"Any folder of classes: the tutorial's {network} on 16 kHz",
        ON_MELS,
        {"dataset": "folder", "sample_rate": 16000, "trim_silence": False, "fill": "zero"},
        {
            **ON_16K,
            "model": f"tutorial16k-{network.lower()}",
            "epochs": 50,
            "batch_size": 32,
            "learning_rate": 1e-3,
        },
        OF_16K,
    )


WAV2VEC2, AST = "facebook/wav2vec2-base", "MIT/ast-finetuned-audioset-10-10-0.4593"
WHISPER = "openai/whisper-small"
AS_WRITTEN: dict[str, Preset] = {
    "yesno-as-written": _written(
        "YESNO: the preprocessing script, its recordings at 20,050 Hz",
        "the script on YESNO with torchaudio and an experiment tracker",
        {"dataset": "yesno", "sample_rate": 20050, "trim_silence": False},
        {"frontend": "logmel", "speeds": [1.0], "epochs": 20},
        "AS WRITTEN: the script only draws: waveform, mel and log-mel spectrogram of every recording; it trains "
        "nothing. The training of this preset is ours. Not the same: the recordings are at 8 kHz, and 20,050 Hz "
        "adds no sound to them; the script draws the mel spectrogram with and without a logarithm, here with it.",
    ),
    "urbansound8k-resnet18-as-written": _written(
        "UrbanSound8K: ImageNet ResNet-18, SGD, fold 10 held out",
        "the notebook on UrbanSound8K with torchaudio and an experiment tracker",
        {"dataset": "urbansound8k", "duration": 4.0, "fill": "zero", "trim_silence": False},
        {
            **NOTHING_ADDED,
            "frontend": "melpower",
            "model": "resnet18",
            "pretrained": True,
            "feature_cache": "off",
            "fold": 10,
            "epochs": 10,
            "batch_size": 4,
            "optimizer": "sgd",
            "momentum": 0.9,
            "nesterov": False,
            "learning_rate": 0.01,
            "weight_decay": 0.0,
            "schedule": "step",
            "step_epochs": 3,
            "step_factor": 0.1,
            "warmup": 0.0,
            "debug_samples_every": 1,
        },
        "AS WRITTEN: one of ten folds is one number without a spread; raw power without a logarithm. Not "
        "stated there, and so chosen here: 22,050 Hz, windows of 1024 samples, 64 bands. Not the same: "
        "scalars come once an epoch instead of every tenth iteration, debug samples once an epoch instead "
        f"of every 500th. {ENDS}.",
    ),
    "gtzan-resnet18-as-written": _written(
        "GTZAN, the simple example: ImageNet ResNet-18 at 224 px",
        SIMPLE,
        {**GTZAN, "split": "8:2"},
        {
            **NOTHING_ADDED,
            **GTZAN_MEL,
            "model": "resnet18",
            "image_size": 224,
            "epochs": 20,
            "schedule": "constant",
        },
        OF_GTZAN,
    ),
    "gtzan-resnext101-as-written": _written(
        "GTZAN, the advanced example: ImageNet ResNeXt-101 32x8d at 512 px",
        ADVANCED,
        {**GTZAN, "split": "8:2"},
        {
            **ONLY_SAID,
            **GTZAN_MEL,
            "model": "resnext101_32x8d",
            "image_size": 512,
            "epochs": 30,
            "schedule": "step",
            "warmup_epochs": 5,
            "step_epochs": 10,
            "step_factor": 0.1,
            "time_masks": 1,
            "time_mask_frames": 20,
            "time_mask_share": 1.0,
            "frequency_masks": 1,
            "frequency_mask_bands": 20,
            "mask_fill": "silence",
            "power_noise": 0.01,
            "power_noise_probability": 0.5,
            "power_gain": 0.2,
            "power_gain_probability": 0.5,
            "deterministic": True,
        },
        f"{OF_GTZAN} Masks, noise and gain come before the pooling to 512 px, and power never falls below zero.",
    ),
    "gtzan-wav2vec2-as-written": _fine_tuned("wav2vec2", WAV2VEC2),
    "gtzan-ast-as-written": _fine_tuned("ast", AST),
    "gtzan-whisper-as-written": _fine_tuned("whisper", WHISPER),
    "gtzan-wav2vec2-head-as-written": _fine_tuned("wav2vec2", WAV2VEC2, head=True),
    "mel16k-cnn-as-written": _on_16k("CNN"),
    "mel16k-crnn-as-written": _on_16k("CRNN"),
    "mel16k-transformer-as-written": _on_16k("Transformer"),
    "nsynth-resnet18-as-written": _written(
        "NSynth, acoustic notes: one-channel ResNet-18 on spectrograms that are made while training",
        "the NSynth tutorial with fastai; Engel et al. 2017, arXiv:1704.01279",
        {
            "dataset": "nsynth",
            "sample_rate": 16000,
            "trim_silence": False,
            "where": "instrument_source=acoustic",
            "label_pattern": r"(\w+)_\w+_\d+-\d+-\d+",
        },
        {
            **NOTHING_ADDED,
            "frontend": "meldb",
            "log_offset": 1e-10,
            "model": "resnet18",
            "pretrained": True,
            "fold": 0,
            "n_fft": 1024,
            "win_length": 1024,
            "hop_length": 256,
            "n_mels": 40,
            "f_min": 20.0,
            "f_max": 8000.0,
            "epochs": 3,
            "batch_size": 64,
            "learning_rate": 3e-3,
            "weight_decay": 0.01,
            "schedule": "one-cycle",
            "warmup": 0.3,
            "feature_cache": "off",
        },
        "AS WRITTEN: three epochs, watched on the validation folder. Not stated there, and so chosen here: "
        "batches of 64, peak rate 0.003, decay 0.01, one cycle that rises over 0.3 of the steps; of the "
        f"two variants this is the one without images made beforehand. {ENDS}.",
    ),
}
